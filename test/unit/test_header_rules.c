/* Header rules: exact text out, what the adapter reads in, what the plan refuses, and what explain
 * says. */
#include "gw/headers.h"
#include "gw/plan.h"
#include "gw/route.h"
#include "sip/message.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD                                                                                       \
    "version 1\nsip { listen udp:10.0.0.1:5060 }\nsite b { dialling de area 30 }\n"                \
    "trunk pbx {\n sip sip:10.0.0.2\n" /* a test adds from line 6 on */

static struct gw_plan *plan;

static const struct gw_trunk *trunk(const char *rules)
{
    struct conf_diag diag = {.errors = 0};
    char text[2048];

    snprintf(text, sizeof text, HEAD "%s\n}\n", rules);
    gw_plan_unref(plan);
    int err = gw_plan_parse(&plan, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    return &plan->trunks[0];
}

static void tidy(void)
{
    gw_plan_unref(plan);
    plan = NULL;
}

/* ---- out ---- */

struct out_row {
    const char *rules;
    int on;
    const char *carried;
    const char *want; /* the fields as lines, then From and To when they changed */
};

static const struct out_row out_rows[] = {
    {"headers out {\n}", 0, "", "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\n"},
    {"headers out {\n set X-A \"one {called} two\"\n}", 0, "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\nX-A: one +4989777 two\n"},
    {"headers out {\n set privacy none\n}", 0, "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nprivacy: none\n"},
    {"headers out {\n set P-Charge-Info \"<{user-uri}>;n={caller};t={trunk};i={call-id}\"\n}", 0,
     "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\n"
     "P-Charge-Info: <sip:+4930123@gw>;n=+4930123;t=pbx;i=abc\n"},
    {"headers out {\n remove P-Asserted-Identity\n remove X-None\n}", 0, "", "Privacy: id\n"},
    {"headers out {\n copy P-Asserted-Identity to X-Orig\n remove P-Asserted-Identity\n}", 0, "",
     "Privacy: id\nX-Orig: <sip:+4930123@gw>\n"},
    {"headers out {\n copy From to X-From\n}", 0, "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\nX-From: <sip:+4930123@gw>\n"},
    {"headers out {\n number From +49* -> 0*\n}", 0, "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\nfrom sip:030123@gw\n"},
    {"headers out {\n number P-Asserted-Identity +49* -> 0*\n number To +4989xxx -> +491\n}", 0, "",
     "P-Asserted-Identity: <sip:030123@gw>\nPrivacy: id\nto sip:+491@peer;user=phone\n"},
    {"headers out {\n number From +44* -> 0*\n}", 0, "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\n"},
    {"headers out {\n pass X-A, X-B\n}", 0, "X-B: 2\r\nX-C: 3\r\nX-A: 1\r\nx-b: 4\r\n",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\nX-A: 1\nX-B: 2\nX-B: 4\n"},
    /* what a rule is for */
    {"headers out {\n set X-A 1\n}", 200, "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\n"},
    {"headers out {\n set X-A 1 on 200, 486\n set X-B 2 on INVITE\n}", 486, "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\nX-A: 1\n"},
    {"headers out {\n set X-A 1 on INVITE, 200\n}", 0, "",
     "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\nX-A: 1\n"},
    {"headers in {\n set X-A 1\n}", 0, "", "P-Asserted-Identity: <sip:+4930123@gw>\nPrivacy: id\n"},
};

static void show(struct rt_buf *b, const char *name, struct rt_str is, const char *was)
{
    if (!rt_str_eq(is, was))
        rt_buf_printf(b, "%s %.*s\n", name, RT_STR(is));
}

START_TEST(what_is_sent)
{
    const struct out_row *row = &out_rows[_i];
    const struct gw_trunk *t = trunk(row->rules);
    static const char from[] = "sip:+4930123@gw", to[] = "sip:+4989777@peer;user=phone";
    struct rt_str from_uri = rt_str(from), to_uri = rt_str(to);
    struct sip_header given[] = {{rt_str("P-Asserted-Identity"), rt_str("<sip:+4930123@gw>")},
                                 {rt_str("Privacy"), rt_str("id")}};
    struct gw_header_out out = {
        .on = row->on,
        .headers = given,
        .nheaders = 2,
        .from_uri = &from_uri,
        .to_uri = &to_uri,
        .words = {.called = rt_str("+4989777"),
                  .caller = rt_str("+4930123"),
                  .call_id = rt_str("abc"),
                  .user_uri = rt_str(from)},
        .carried = row->carried,
    };
    struct rt_buf text = {0};
    struct gw_headers h;

    gw_header_rules_out(&h, t, &out);
    for (unsigned i = 0; i < h.n; i++)
        rt_buf_printf(&text, "%.*s: %.*s\n", RT_STR(h.field[i].name), RT_STR(h.field[i].value));
    show(&text, "from", from_uri, from);
    show(&text, "to", to_uri, to);
    ck_assert_str_eq(text.p ? text.p : "", row->want);
    rt_buf_release(&text);
}
END_TEST

START_TEST(what_has_no_room_is_left_out_and_counted)
{
    const struct gw_trunk *t = trunk("headers out {\n set X-A \"{user-uri}\"\n set X-B 1\n}");
    static char big[5000];
    struct gw_header_out out = {.words = {.user_uri = {big, sizeof big}}};
    uint64_t before = rt_counted(&gw_header_counters[GW_HEADER_DROPPED]);
    struct gw_headers h;

    memset(big, 'x', sizeof big);
    gw_header_rules_out(&h, t, &out);
    ck_assert_uint_eq(h.n, 1);
    ck_assert(rt_str_eq(h.field[0].name, "X-B"));
    ck_assert_uint_eq(rt_counted(&gw_header_counters[GW_HEADER_DROPPED]), before + 1);
}
END_TEST

/* ---- numbers ---- */

static const struct {
    const char *pattern, *with, *value, *want; /* NULL: untouched */
} numbers[] = {
    {"+49*", "0*", "<sip:+4930123@a>", "<sip:030123@a>"},
    {"+49*", "0*", "\"A\" <sip:+4930123@a;x=1>;tag=2", "\"A\" <sip:030123@a;x=1>;tag=2"},
    {"+49*", "0*", "<tel:+49-30-123;x=1>", "<tel:030123;x=1>"},
    {"+49*", "+*", "sip:+4930123@a", "sip:+30123@a"},
    {"0*", "+49*", "<sip:030123@a>", "<sip:+4930123@a>"},
    {"*", "00*", "<sip:30123@a>", "<sip:0030123@a>"},
    {"1xx*", "9*", "<sip:12345@a>", "<sip:945@a>"},
    {"1[2-4]*", "9*", "<sip:13777@a>", "<sip:9777@a>"},
    {"20[00..99]*", "9*", "<sip:2055777@a>", "<sip:9777@a>"},
    {"112", "110", "<sip:112@a>", "<sip:110@a>"},
    {"international", "00*", "<sip:+43123456@a>", "<sip:0043123456@a>"},
    {"+49*", "0*", "\"<sip:1>\" <sip:+4930123@a>", "\"<sip:1>\" <sip:030123@a>"},
    {"+49*", "0*", "<sip:+4930123:pw@a>", "<sip:030123:pw@a>"},
    {"+49*", "0*", "<sip:alice@a>", NULL},
    {"+49*", "0*", "<sip:a>", NULL},
    {"+49*", "0*", "<sip:anonymous@anonymous.invalid>", NULL},
    {"+49*", "0*", "<sip:4930123@a>", NULL},
    {"+49*", "0*", "", NULL},
};

START_TEST(a_number_is_rewritten_where_it_stands)
{
    struct gw_header_rule r = {.pattern = numbers[_i].pattern, .value = numbers[_i].with};
    const struct gw_trunk *t = trunk("");
    char out[128];
    bool done = gw_header_rewrite(out, sizeof out, rt_str(numbers[_i].value), &r, t->site);

    ck_assert_int_eq(done, numbers[_i].want != NULL);
    if (done)
        ck_assert_str_eq(out, numbers[_i].want);
}
END_TEST

/* ---- in ---- */

static const char invite[] = "INVITE sip:+4989777@gw SIP/2.0\r\n"
                             "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKx\r\n"
                             "From: \"A\" <sip:030123@pbx>;tag=1\r\n"
                             "To: <sip:+4989777@gw>\r\n"
                             "Call-ID: c1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
                             "X-A: 1\r\nX-A: 2\r\nX-B: b\r\n"
                             "P-Asserted-Identity: <sip:030123@pbx>\r\n"
                             "Content-Length: 0\r\n\r\n";

static struct sip_msg parsed;

static const struct sip_message *received_text(const char *text)
{
    sip_parser_init();
    ck_assert_int_eq(sip_msg_read(&parsed, rt_str(text)), 0);
    return &parsed.pub;
}

static const struct sip_message *received(void)
{
    return received_text(invite);
}

static void is(const struct sip_message *m, const char *name, unsigned i, const char *want)
{
    struct rt_str v = gw_header(m, name, i);
    ck_assert_msg(rt_str_eq(v, want), "%s[%u] is \"%.*s\"", name, i, RT_STR(v));
}

START_TEST(without_rules_the_message_is_read_as_it_is)
{
    const struct sip_message *m = received();
    struct gw_headers h;

    ck_assert_ptr_eq(gw_header_rules_in(&h, trunk(""), m, NULL), m);
    ck_assert_ptr_eq(gw_header_rules_in(&h, trunk("headers in {\n set X-A 9 on 200\n}"), m, NULL),
                     m);
    is(m, "X-A", 1, "2");
}
END_TEST

START_TEST(what_the_adapter_reads)
{
    const struct gw_trunk *t = trunk("headers in {\n"
                                     " number From 0* -> +49*\n"
                                     " number P-Asserted-Identity 0* -> +49*\n"
                                     " copy P-Asserted-Identity to X-Orig\n"
                                     " remove X-B\n"
                                     " set X-A \"{caller} {called} {call-id}\"\n"
                                     " pass X-Orig, X-A, X-None\n}");
    char carried[GW_CARRIED_LEN] = "";
    struct gw_headers h;
    const struct sip_message *m = gw_header_rules_in(&h, t, received(), carried);

    ck_assert(rt_str_eq(m->from_uri, "sip:+4930123@pbx"));
    ck_assert(rt_str_eq(m->request_uri, "sip:+4989777@gw"));
    is(m, "p-asserted-identity", 0, "<sip:+4930123@pbx>");
    is(m, "P-Asserted-Identity", 1, "");
    is(m, "X-Orig", 0, "<sip:+4930123@pbx>");
    is(m, "X-B", 0, "");
    is(m, "X-A", 0, "030123 +4989777 c1");
    is(m, "X-A", 1, "");
    is(m, "Max-Forwards", 0, "70");
    ck_assert_str_eq(carried, "X-Orig: <sip:+4930123@pbx>\r\nX-A: 030123 +4989777 c1\r\n");
}
END_TEST

START_TEST(each_number_of_a_list_is_rewritten)
{
    static const char two[] = "P-Asserted-Identity: \"B, b\" <sip:030123@pbx>,<tel:030124>\r\n";
    const struct gw_trunk *t = trunk("headers in {\n number P-Asserted-Identity 0* -> +49*\n}");
    struct gw_headers h;
    const char *field = strstr(invite, "P-Asserted-Identity");
    char text[1024];

    snprintf(text, sizeof text, "%.*s%sContent-Length: 0\r\n\r\n", (int)(field - invite), invite,
             two);
    const struct sip_message *m = gw_header_rules_in(&h, t, received_text(text), NULL);
    is(m, "P-Asserted-Identity", 0, "\"B, b\" <sip:+4930123@pbx>");
    is(m, "P-Asserted-Identity", 1, "<tel:+4930124>");
    is(m, "P-Asserted-Identity", 2, "");
}
END_TEST

START_TEST(as_many_names_as_there_are_rules)
{
    struct rt_buf rules = {0};
    struct gw_headers h;

    rt_buf_puts(&rules, "headers in {\n");
    for (unsigned i = 0; i < GW_HEADER_RULES_MAX - 1; i++)
        rt_buf_printf(&rules, " remove X-None-%u\n", i);
    rt_buf_puts(&rules, " remove X-A\n}");
    const struct sip_message *m = gw_header_rules_in(&h, trunk(rules.p), received(), NULL);
    is(m, "X-A", 0, "");
    rt_buf_release(&rules);
}
END_TEST

START_TEST(a_field_too_long_is_not_carried)
{
    const struct gw_trunk *t = trunk("headers in {\n pass X-A, X-B\n}");
    char carried[GW_CARRIED_LEN];
    uint64_t before = rt_counted(&gw_header_counters[GW_HEADER_NOT_CARRIED]);
    struct gw_headers h;

    memset(carried, 'x', sizeof carried - 8); /* room for "X-B" alone: 3 + 1 + 4 is one too many */
    carried[sizeof carried - 8] = '\0';
    gw_header_rules_in(&h, t, received(), carried);
    ck_assert_uint_eq(strlen(carried), sizeof carried - 8);
    ck_assert_uint_eq(rt_counted(&gw_header_counters[GW_HEADER_NOT_CARRIED]), before + 3);
}
END_TEST

/* ---- at load ---- */

static const struct {
    const char *rules, *want;
} refusals[] = {
    {"headers out {\n set Via x\n}",
     "t.conf:7:6: \"Via\" is the gateway's own and cannot be changed\n"},
    {"headers out {\n remove call-id\n}",
     "t.conf:7:9: \"call-id\" is the gateway's own and cannot be changed\n"},
    {"headers out {\n copy X-A to Content-Length\n}",
     "t.conf:7:14: \"Content-Length\" is the gateway's own and cannot be changed\n"},
    {"headers in {\n pass Max-Forwards\n}",
     "t.conf:7:7: \"Max-Forwards\" is the gateway's own and cannot be changed\n"},
    {"headers out {\n set CSeq 1\n set Route x\n set Record-Route x\n}",
     "t.conf:7:6: \"CSeq\" is the gateway's own and cannot be changed\n"
     "t.conf:8:6: \"Route\" is the gateway's own and cannot be changed\n"
     "t.conf:9:6: \"Record-Route\" is the gateway's own and cannot be changed\n"},
    {"headers out {\n set From x\n}",
     "t.conf:7:6: \"From\" can only have its number rewritten: number From +49* -> 0*\n"},
    {"headers out {\n set v x\n}",
     "t.conf:7:6: \"v\" is a short form: header fields have their long name\n"},
    {"headers out {\n set X:A x\n}", "t.conf:7:6: \"X:A\" is no name of a header field\n"},
    {"headers out {\n set X-A \"{nobody}\"\n}",
     "t.conf:7:10: \"{nobody}\" is none of {called}, {caller}, {trunk}, {call-id}, {user-uri}\n"},
    {"headers out {\n number Form +49* -> 0*\n}",
     "t.conf:7:9: no number stands in \"Form\" - did you mean \"From\"?\n"},
    {"headers out {\n number From 1y* -> 0*\n}", "t.conf:7:14: \"1y*\" is not a number pattern\n"},
    {"headers out {\n number From 112 -> 0*\n}",
     "t.conf:7:21: \"0*\" ends in *, but the pattern does not\n"},
    {"headers out {\n number From +49* -> x\n}",
     "t.conf:7:22: \"x\" is no number like +49*, 0* or 110\n"},
    {"headers out {\n set X-A 1 on BYE\n}",
     "t.conf:7:15: \"BYE\" is neither INVITE nor a final status from 200 to 699\n"},
    {"headers out {\n set X-A 1 on INVITE, 180\n}",
     "t.conf:7:23: \"180\" is neither INVITE nor a final status from 200 to 699\n"},
    {"headers in {\n}\n headers in {\n}", "t.conf:8:2: headers \"in\" stands twice, first at "
                                          "t.conf:6:1\n"},
    {"headers up {\n}", "t.conf:6:9: \"up\" is none of in|out\n"},
};

START_TEST(what_the_plan_refuses)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;
    char text[1024];

    snprintf(text, sizeof text, HEAD "%s\n}\n", refusals[_i].rules);
    ck_assert_int_eq(gw_plan_parse(&p, "t.conf", rt_str(text), &diag), EINVAL);
    ck_assert_str_eq(diag.text.p, refusals[_i].want);
    conf_diag_release(&diag);
}
END_TEST

/* ---- explain ---- */

START_TEST(explain_shows_causes_and_rules)
{
    struct gw_route_query q = {.from = NULL};
    struct gw_decision d;
    struct gw_explain text = {.step = 0};

    trunk("causes rfc4497 {\n sip 480 -> 20\n}\n headers out {\n"
          " set X-A \"{called}\"\n remove X-B\n number From +49* -> 0*\n"
          " copy From to X-C\n pass X-D\n}\n"
          "}\nroutes from pbx {\n * -> pbx");
    q.from = &plan->trunks[0];
    ck_assert_int_eq(dp_number_parse(&q.called, rt_str("+4989777")), 0);
    ck_assert_int_eq(dp_number_parse(&q.calling, rt_str("+4930123")), 0);
    gw_route(&d, plan, &q, &text);
    const char *at = strstr(text.text.p, "               causes rfc4497");
    ck_assert_ptr_nonnull(at);
    ck_assert_str_eq(at, "               causes rfc4497 after rows of its own:\n"
                         "                 t.conf:7 sip 480 -> 20\n"
                         "               header rule t.conf:10 set X-A: +4989777\n"
                         "               header rule t.conf:11 remove X-B: there is none\n"
                         "               header rule t.conf:12 number From: +4930123 -> 030123\n"
                         "               header rule t.conf:13 copy From to X-C: <sip:030123@->\n"
                         "               header rule t.conf:14 pass X-D: when the caller's trunk "
                         "passes it in\n");
    gw_explain_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("header_rules");
    TCase *tc = tcase_create("header_rules");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, fake_reset, tidy);
    tcase_add_loop_test(tc, what_is_sent, 0, RT_COUNT(out_rows));
    tcase_add_test(tc, what_has_no_room_is_left_out_and_counted);
    tcase_add_loop_test(tc, a_number_is_rewritten_where_it_stands, 0, RT_COUNT(numbers));
    tcase_add_test(tc, without_rules_the_message_is_read_as_it_is);
    tcase_add_test(tc, what_the_adapter_reads);
    tcase_add_test(tc, each_number_of_a_list_is_rewritten);
    tcase_add_test(tc, as_many_names_as_there_are_rules);
    tcase_add_test(tc, a_field_too_long_is_not_carried);
    tcase_add_loop_test(tc, what_the_plan_refuses, 0, RT_COUNT(refusals));
    tcase_add_test(tc, explain_shows_causes_and_rules);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
