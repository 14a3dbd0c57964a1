/* Registering with a peer (RFC 3261 10.2, RFC 3608, RFC 6140): renewal, challenges, failures, and
 * leaving, over the fake network.
 */
#include "test/unit/auth_rig.h"

#define HEAD "version 1\nsip { listen udp:192.0.2.10 }\n"
#define TRUNK(more)                                                                                \
    HEAD "trunk carrier {\n sip sip:192.0.2.1\n register user gw secret file:/secret " more "\n}"  \
         "\n"

static void start(const char *plan)
{
    fake_reset();
    ck_assert_int_eq(rt_file_replace("/secret", "secret\n", 7, 0600), 0);
    rig_start(plan);
}

/** Takes the next REGISTER. */
static void expect(unsigned cseq)
{
    char want[32];

    snprintf(want, sizeof want, "%u REGISTER", cseq);
    ck_assert_msg(rig_next(), "no REGISTER %u", cseq);
    ck_assert_str_eq(rig_field("CSeq", 0), want);
}

/** Answers the request in rig.in. */
static void answer(const char *status, const char *lines)
{
    struct rt_buf out = {0};

    rt_buf_printf(
        &out,
        "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=far\r\nCall-ID: %s\r\nCSeq: %s\r\n"
        "%sContent-Length: 0\r\n\r\n",
        status, rig_field("Via", 0), rig_field("From", 0), rig_field("To", 0),
        rig_field("Call-ID", 0), rig_field("CSeq", 0), lines);
    rig_send(out.p);
    rt_buf_release(&out);
    fake_settle();
}

#define OK_LINES                                                                                   \
    "Contact: <sip:other@h>;expires=5, <sip:gw@192.0.2.10:5060>;expires=1000\r\n"                  \
    "Service-Route: <sip:p1;lr>\r\nService-Route: <sip:p2;lr>\r\n"

static struct gw_register_status status;

static void keep(void *arg, const struct gw_register_status *s)
{
    (void)arg;
    status = *s;
}

static void state_is(const char *state)
{
    gw_register_each(&rig.gw, keep, NULL);
    ck_assert_str_eq(status.state, state);
}

/** The next request comes between `from` and `to`, and not before it is due. */
static void expect_between(rt_time from, rt_time to, unsigned cseq)
{
    gw_register_each(&rig.gw, keep, NULL);
    rt_time wait = status.next - rt_now();

    ck_assert_int_ge(wait, from);
    ck_assert_int_le(wait, to);
    fake_advance(wait - RT_MS);
    ck_assert_msg(!rig_next(), "too early: %s", rig.in);
    fake_advance(RT_MS);
    expect(cseq);
}

START_TEST(it_registers_and_renews)
{
    char call_id[100];

    start(TRUNK("domain example.com expires 30min"));
    expect(1);
    ck_assert_int_eq(strncmp(rig.in, "REGISTER sip:example.com SIP/2.0\r\n", 34), 0);
    ck_assert_str_eq(rig_field("To", 0), "<sip:gw@example.com>");
    ck_assert_str_eq(rig_field("Contact", 0), "<sip:gw@192.0.2.10:5060>;expires=1800");
    ck_assert_str_eq(rig_field("Expires", 0), "1800");
    ck_assert_str_eq(rig_field("Supported", 0), "path");
    rt_str_copy(call_id, sizeof call_id, rt_str(rig_field("Call-ID", 0)));
    state_is("registering");
    answer("200 OK", OK_LINES);
    state_is("registered");
    ck_assert_int_eq(status.until - rt_now(), 1000 * RT_S);
    ck_assert_int_eq(status.last, 200);
    const struct gw_trunk *t = &rig.gw.plan->trunks[0];
    ck_assert(rt_str_eq(gw_register_routes(&rig.gw, t), "<sip:p1;lr>, <sip:p2;lr>"));
    expect_between(500 * RT_S, 900 * RT_S, 2);
    ck_assert_str_eq(rig_field("Call-ID", 0), call_id);
    answer("200 OK", "Expires: 100\r\n"); /* our contact is not listed */
    ck_assert_int_eq(status.until > 0, 1);
    expect_between(50 * RT_S, 90 * RT_S, 3);
    ck_assert(rt_str_eq(gw_register_routes(&rig.gw, t), ""));
    rig_stop();
}
END_TEST

START_TEST(challenges_are_answered)
{
    start(TRUNK(""));
    expect(1);
    ck_assert_str_eq(rig_field("Authorization", 0), "");
    answer("401 Unauthorized",
           "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n");
    expect(2);
    ck_assert_ptr_nonnull(strstr(rig_field("Authorization", 0), "nc=00000001"));
    answer("200 OK", "Expires: 100\r\n");
    state_is("registered");
    expect_between(50 * RT_S, 90 * RT_S, 3); /* the nonce is used again */
    ck_assert_ptr_nonnull(strstr(rig_field("Authorization", 0), "nc=00000002"));
    answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\", nonce=\"m\", stale=true\r\n");
    expect(4);
    answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\", nonce=\"o\"\r\n");
    ck_assert(!rig_next()); /* wrong: it waits */
    state_is("registered"); /* until then */
    fake_advance(100 * RT_S);
    rig_stop();
}
END_TEST

START_TEST(a_longer_life_is_accepted)
{
    start(TRUNK("expires 60s"));
    expect(1);
    answer("423 Interval Too Brief", "Min-Expires: 600\r\n");
    expect(2);
    ck_assert_str_eq(rig_field("Expires", 0), "600");
    answer("423 Interval Too Brief", "Min-Expires: 600\r\n");
    ck_assert(!rig_next());
    state_is("failed");
    rig_stop();
}
END_TEST

START_TEST(failures_wait_longer_each_time)
{
    static const unsigned waits[] = {30, 60, 120, 240, 480, 960, 1800, 1800};

    start(TRUNK(""));
    for (unsigned i = 0; i < RT_COUNT(waits); i++) {
        expect(i + 1);
        answer("403 Forbidden", "");
        state_is("failed");
        ck_assert_int_ge(status.next - rt_now(), waits[i] * RT_S / 2);
        ck_assert_int_le(status.next - rt_now(), waits[i] * RT_S);
        fake_advance(status.next - rt_now());
    }
    expect(9);
    answer("500 Server Error", "Retry-After: 7200 (later)\r\n");
    state_is("failed");
    ck_assert_int_eq(status.next - rt_now(), 7200 * RT_S);
    fake_advance(7200 * RT_S);
    expect(10);
    answer("302 Moved", "Contact: <sip:192.0.2.99>\r\n"); /* not followed */
    ck_assert(!rig_next());
    ck_assert_int_eq(status.last, 500);
    state_is("failed");
    ck_assert_int_eq(status.last, 302);
    rig_stop();
}
END_TEST

START_TEST(a_whole_number_block_is_registered)
{
    start(TRUNK("bulk"));
    expect(1);
    ck_assert_str_eq(rig_field("Contact", 0), "<sip:192.0.2.10:5060;bnc>;expires=3600");
    ck_assert_str_eq(rig_field("Require", 0), "gin");
    ck_assert_str_eq(rig_field("Proxy-Require", 0), "gin");
    ck_assert_str_eq(rig_field("To", 0), "<sip:gw@192.0.2.1>");
    answer("200 OK", "Contact: <sip:192.0.2.10:5060;bnc>;expires=700\r\n");
    state_is("registered");
    ck_assert_int_eq(status.until - rt_now(), 700 * RT_S);
    rig_stop();
}
END_TEST

START_TEST(it_takes_its_leave)
{
    start(TRUNK(""));
    expect(1);
    answer("200 OK", OK_LINES);
    gw_register_leave(&rig.gw);
    ck_assert(!gw_register_idle(&rig.gw));
    expect(2);
    ck_assert_str_eq(rig_field("Expires", 0), "0");
    ck_assert_str_eq(rig_field("Contact", 0), "<sip:gw@192.0.2.10:5060>;expires=0");
    gw_register_leave(&rig.gw);
    answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n");
    expect(3);
    answer("200 OK", "");
    ck_assert(gw_register_idle(&rig.gw));
    state_is("gone");
    ck_assert_int_eq(status.until, 0);
    rig_stop();
}
END_TEST

START_TEST(nobody_answers)
{
    start(TRUNK(""));
    fake_advance(32 * RT_S); /* 64*T1 */
    state_is("failed");
    ck_assert_int_eq(status.last, 0);
    gw_register_leave(&rig.gw); /* nothing to take back */
    ck_assert(gw_register_idle(&rig.gw));
    rig_stop();
}
END_TEST

/* ---- the plan ---- */

START_TEST(wrong_plans_are_refused)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"trunk a { sip registered }\n", "trunk \"a\" needs a \"registrar\""},
        {"trunk a {\n sip sip:192.0.2.1\n challenge\n}\n", "trunk \"a\" needs a \"registrar\""},
        {"trunk a {\n sip sip:192.0.2.1\n auth user u secret hunter2\n}\n", "file:PATH"},
        {"trunk a {\n sip sip:192.0.2.1\n auth user u secret file:/none\n}\n",
         "/none: No such file"},
        {"trunk a {\n sip sip:192.0.2.1\n auth user u secret file:/two\n}\n",
         "a secret is one line"},
        {"trunk a {\n sip sip:192.0.2.1\n auth user u secret file:/secret\n"
         " auth user v secret file:/secret\n}\n",
         "has credentials for this realm already"},
        {"trunk a {\n sip sip:192.0.2.1\n register user u secret file:/secret expires 5s\n}\n",
         "lasts from 10s to 7d"},
        {"registrar {\n realm r\n users file:/none\n}\ntrunk a { sip registered }\n",
         "/none: No such file"},
        {"registrar {\n realm r\n users file:/users\n expires 2h-3h\n}\n"
         "trunk a { sip registered }\n",
         "an hour or more"},
        {"registrar {\n realm r\n users file:/users\n expires 5\n}\ntrunk a { sip registered }\n",
         "is not a range of durations"},
    };
    char text[600];

    fake_reset();
    rt_file_replace("/secret", "s", 1, 0600);
    rt_file_replace("/two", "s\nt\n", 4, 0600);
    rt_file_replace("/users", "", 0, 0600);
    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct conf_diag diag = {.errors = 0};
        struct gw_plan *p = NULL;
        snprintf(text, sizeof text, HEAD "%s", cases[i].text);
        ck_assert_int_eq(gw_plan_parse(&p, "t.conf", rt_str(text), &diag), EINVAL);
        ck_assert_msg(strstr(diag.text.p, cases[i].want), "%s", diag.text.p);
        ck_assert_ptr_null(strstr(diag.text.p, "hunter2"));
        conf_diag_release(&diag);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("register");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, it_registers_and_renews);
    tcase_add_test(tc, challenges_are_answered);
    tcase_add_test(tc, a_longer_life_is_accepted);
    tcase_add_test(tc, failures_wait_longer_each_time);
    tcase_add_test(tc, a_whole_number_block_is_registered);
    tcase_add_test(tc, it_takes_its_leave);
    tcase_add_test(tc, nobody_answers);
    tcase_add_test(tc, wrong_plans_are_refused);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
