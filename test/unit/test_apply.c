/* Change of the plan in a running gateway, under the fake clock. */
#include "test/unit/apply_rig.h"

/* ---- applying ---- */

START_TEST(a_file_comes_into_force)
{
    start();
    ck_assert_uint_eq(gw->plan->generation, 1);
    ck_assert_str_eq(gw->plan->who, "start");
    ck_assert_uint_eq(strlen(gw->plan->sha), 64);
    ck_assert_int_eq(put_in_force(SECOND, 0), 0);
    ck_assert_uint_eq(answers.generation[0], 2);
    ck_assert_uint_eq(gw->plan->generation, 2);
    ck_assert_str_eq(gw->plan->who, "me");
    ck_assert_str_eq(answers.changes, "+ routes from a: +49301* -> b  " FILE_NAME ":12\n"
                                      "- routes from a: +49* -> b  " FILE_NAME ":12\n");
    ck_assert_uint_eq(counted(GW_APPLY_LOADS), 1);
    ck_assert_uint_eq(gw_plans_alive(), 1);
}
END_TEST

START_TEST(a_diff_changes_nothing)
{
    start();
    put_file("/etc/other.conf", SECOND);
    submit(&(struct gw_apply_request){.kind = GW_APPLY_DIFF, .file = "/etc/other.conf"});
    fake_settle();
    ck_assert_int_eq(answers.err[0], 0);
    ck_assert_ptr_nonnull(strstr(answers.changes, "+49301*"));
    ck_assert_uint_eq(gw->plan->generation, 1);
    ck_assert_uint_eq(counted(GW_APPLY_LOADS), 0);
    ck_assert_uint_eq(gw_plans_alive(), 1);
}
END_TEST

/** How many alarms of the kind last; the text of one is kept. */
/** The alarm says the first of what is wrong, and is over with the next good plan. */
START_TEST(a_refused_plan_is_an_alarm)
{
    start();
    ck_assert_int_eq(put_in_force(HEAD "trunk a { }\nwrong\nwrong\n", 0), EINVAL);
    ck_assert_uint_eq(alarms(GW_ALARM_PLAN), 1);
    ck_assert_ptr_nonnull(strstr(alarm_of.text, FILE_NAME ":"));
    ck_assert_ptr_null(strchr(alarm_of.text, '\n'));
    submit(&(struct gw_apply_request){.kind = GW_APPLY_DIFF, .file = FILE_NAME}); /* only asks */
    fake_settle();
    ck_assert_uint_eq(alarms(GW_ALARM_PLAN), 1);
    ck_assert_int_eq(put_in_force(SECOND, 0), 0);
    ck_assert_uint_eq(alarms(GW_ALARM_PLAN), 0);
}
END_TEST

START_TEST(a_bad_file_is_refused)
{
    start();
    ck_assert_int_eq(put_in_force(HEAD "trunk a { }\nwrong\n", 0), EINVAL);
    ck_assert_ptr_nonnull(strstr(answers.errors, FILE_NAME ":9:1: unknown word \"wrong\""));
    ck_assert_uint_eq(answers.generation[0], 1);
    ck_assert_uint_eq(counted(GW_APPLY_FAILURES), 1);
    ck_assert_int_eq(put_in_force("", 0), EINVAL);
    ck_assert_uint_eq(gw_plans_alive(), 1);
    ck_assert_int_eq(status_of(0, "+33123"), 404);
}
END_TEST

/** Each of these is what the gateway was made of. */
static const struct {
    const char *text, *error;
} fixed[] = {
    {"version 1\nsip { listen udp:10.0.0.1:5070 }\nmedia { address 10.0.0.1\n ports 30000-30099\n "
     "threads 1 }\nadmin socket /tmp/s\nlog error\n" A,
     FILE_NAME ":2:1: \"sip\" cannot change while the gateway runs: restart it\n"},
    {"version 1\nsip { listen udp:10.0.0.1:5060 }\nadmin socket /tmp/s\n" A,
     FILE_NAME ":1:1: \"media\" cannot change while the gateway runs: restart it\n"},
    {HEAD A "cdr journal /cdr\n",
     FILE_NAME ":10:1: \"cdr\" cannot change while the gateway runs: restart it\n"},
    {HEAD A "span 1 { dahdi 1\n isdn euroisdn user }\n",
     FILE_NAME ":10:1: \"span\" cannot change while the gateway runs: restart it\n"},
    {HEAD A "history /h\n",
     FILE_NAME ":10:1: \"history\" cannot change while the gateway runs: restart it\n"},
};

START_TEST(what_it_is_made_of_cannot_change)
{
    start();
    ck_assert_int_eq(put_in_force(fixed[_i].text, 0), EINVAL);
    ck_assert_msg(strstr(answers.errors, fixed[_i].error), "%s", answers.errors);
    ck_assert_uint_eq(gw->plan->generation, 1);
}
END_TEST

START_TEST(other_layout_is_no_change)
{
    start();
    ck_assert_int_eq(put_in_force("version 1\nmedia { # all the same\n    ports 30000-30099\n"
                                  "address 10.0.0.1\nthreads 1\n}\n"
                                  "sip {\n  listen  udp:10.0.0.1:5060\n}\n"
                                  "admin socket /tmp/s\nlog error\n" A B,
                                  0),
                     EINVAL); /* the order inside a block is not looked through */
    ck_assert_int_eq(put_in_force("version 1\nmedia { # all the same\n    address 10.0.0.1\n"
                                  "ports 30000-30099\nthreads 1\n}\n"
                                  "sip {\n  listen  udp:10.0.0.1:5060\n}\n"
                                  "admin socket /tmp/s\nlog error\n" A B,
                                  0),
                     0);
}
END_TEST

START_TEST(two_requests_queue)
{
    start();
    put_file(FILE_NAME, SECOND);
    put_file("/etc/other.conf", THIRD);
    submit(&(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "one"});
    submit(
        &(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "two", .file = "/etc/other.conf"});
    fake_settle();
    ck_assert_uint_eq(answers.n, 2);
    ck_assert_int_eq(answers.err[0], 0);
    ck_assert_int_eq(answers.err[1], 0);
    ck_assert_uint_eq(answers.generation[0], 2);
    ck_assert_uint_eq(answers.generation[1], 3);
    ck_assert_str_eq(gw->plan->who, "two");
    ck_assert_ptr_nonnull(gw_plan_trunk(gw->plan, rt_str("c")));
}
END_TEST

START_TEST(what_is_under_way_at_the_stop_is_given_up)
{
    start();
    submit(&(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "one"});
    submit(&(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "two"});
    stop();
    ck_assert_uint_eq(answers.n, 0);
    ck_assert_uint_eq(gw_plans_alive(), 0);
}
END_TEST

/* ---- confirming ---- */

START_TEST(nobody_confirms)
{
    start();
    ck_assert_int_eq(put_in_force(SECOND, 300 * RT_S), 0);
    ck_assert_uint_eq(gw_plans_alive(), 2);
    fake_advance(300 * RT_S - RT_MS);
    ck_assert_uint_eq(gw->plan->generation, 2);
    fake_advance(RT_MS);
    ck_assert_uint_eq(gw->plan->generation, 1);
    ck_assert_uint_eq(gw_plans_alive(), 1);
    ck_assert_uint_eq(counted(GW_APPLY_ROLLBACKS), 1);
    ck_assert_uint_eq(gw_apply_confirm(apply), 0);
    ck_assert_int_eq(gw_history_find(gw_apply_history(apply), 2)->state, GW_HISTORY_UNCONFIRMED);
    ck_assert_int_eq(put_in_force(THIRD, 0), 0);
    ck_assert_uint_eq(gw->plan->generation, 3);
}
END_TEST

START_TEST(somebody_confirms)
{
    start();
    ck_assert_int_eq(put_in_force(SECOND, 300 * RT_S), 0);
    fake_advance(300 * RT_S - RT_MS);
    ck_assert_uint_eq(gw_apply_confirm(apply), 2);
    fake_advance(600 * RT_S);
    ck_assert_uint_eq(gw->plan->generation, 2);
    ck_assert_int_eq(gw_history_find(gw_apply_history(apply), 2)->state, GW_HISTORY_CONFIRMED);
    ck_assert_uint_eq(gw_plans_alive(), 1);
}
END_TEST

START_TEST(it_goes_back_to_what_was_confirmed)
{
    start();
    ck_assert_int_eq(put_in_force(SECOND, 60 * RT_S), 0);
    fake_advance(50 * RT_S);
    ck_assert_int_eq(put_in_force(THIRD, 60 * RT_S), 0);
    fake_advance(59 * RT_S);
    ck_assert_uint_eq(gw->plan->generation, 3);
    fake_advance(1 * RT_S);
    ck_assert_uint_eq(gw->plan->generation, 1);
}
END_TEST

START_TEST(going_on_confirms)
{
    start();
    ck_assert_int_eq(put_in_force(SECOND, 60 * RT_S), 0);
    ck_assert_int_eq(put_in_force(THIRD, 0), 0);
    fake_advance(120 * RT_S);
    ck_assert_uint_eq(gw->plan->generation, 3);
    ck_assert_uint_eq(gw_plans_alive(), 1);
}
END_TEST

/* ---- texts that are edited elsewhere ---- */

/** Puts such a text in force; what came of it. */
static int put_edited(const char *text, rt_time confirm)
{
    struct gw_sources edited = {.n = 0};
    unsigned n = answers.n;

    ck_assert_int_eq(gw_sources_add(&edited, FILE_NAME, rt_str(text)), 0);
    submit(&(struct gw_apply_request){
        .kind = GW_APPLY_FILE, .who = "me", .confirm = confirm, .edited = &edited});
    gw_sources_release(&edited);
    fake_settle();
    ck_assert_uint_eq(answers.n, n + 1);
    return answers.err[n];
}

static void file_has(const char *text)
{
    struct rt_buf now = {0};

    ck_assert_int_eq(rt_file_read(&now, FILE_NAME, 1 << 20), 0);
    ck_assert_msg(rt_str_eq(rt_buf_str(&now), text), "%.*s", (int)now.n, now.p);
    rt_buf_release(&now);
}

START_TEST(an_edited_text_is_saved)
{
    start();
    ck_assert_int_eq(put_edited(SECOND, 0), 0);
    ck_assert_uint_eq(gw->plan->generation, 2);
    file_has(SECOND);
    ck_assert_int_eq(put_edited(HEAD "wrong\n", 0), EINVAL);
    file_has(SECOND);
    put_file(FILE_NAME, THIRD); /* by somebody else */
    ck_assert_int_eq(put_edited(FIRST, 0), EBUSY);
    ck_assert_str_eq(answers.errors, FILE_NAME ": it cannot be saved: the file on the disk is not "
                                               "the one in force\n");
    file_has(THIRD);
}
END_TEST

START_TEST(what_does_not_come_into_force_is_not_left_in_the_file)
{
    start();
    gw->draining = true;
    ck_assert_int_eq(put_edited(SECOND, 0), ECANCELED);
    ck_assert_uint_eq(gw->plan->generation, 1);
    file_has(FIRST);
    gw->draining = false;
    ck_assert_int_eq(put_edited(SECOND, 0), 0);
    file_has(SECOND);
}
END_TEST

START_TEST(without_confirmation_the_file_is_put_back)
{
    start();
    ck_assert_int_eq(put_edited(SECOND, 60 * RT_S), 0);
    file_has(SECOND);
    fake_advance(50 * RT_S);
    ck_assert_int_eq(put_edited(THIRD, 60 * RT_S), 0);
    file_has(THIRD);
    fake_advance(61 * RT_S);
    ck_assert_uint_eq(gw->plan->generation, 1);
    file_has(FIRST);
    ck_assert_int_eq(put_edited(SECOND, 0), 0); /* editing goes on from there */
    file_has(SECOND);
}
END_TEST

START_TEST(a_file_that_somebody_changed_since_is_left_alone)
{
    start();
    ck_assert_int_eq(put_edited(SECOND, 60 * RT_S), 0);
    put_file(FILE_NAME, THIRD);
    fake_advance(61 * RT_S);
    ck_assert_uint_eq(gw->plan->generation, 1);
    file_has(THIRD);
}
END_TEST

START_TEST(a_confirmed_text_stays)
{
    start();
    ck_assert_int_eq(put_edited(SECOND, 60 * RT_S), 0);
    ck_assert_uint_eq(gw_apply_confirm(apply), 2);
    fake_advance(120 * RT_S);
    file_has(SECOND);
    ck_assert_int_eq(put_in_force(THIRD, 60 * RT_S), 0); /* by the file: it is the operator's own */
    fake_advance(61 * RT_S);
    ck_assert_uint_eq(gw->plan->generation, 2);
    file_has(THIRD);
}
END_TEST

/** The stop is nobody's no: the next start reads the file as it is. */
START_TEST(the_stop_comes_before_the_file_is_put_back)
{
    start();
    ck_assert_int_eq(put_edited(SECOND, 60 * RT_S), 0);
    stop();
    start();
    file_has(SECOND);
}
END_TEST

/* ---- history ---- */

static int roll_back(uint64_t generation)
{
    unsigned n = answers.n;

    submit(&(struct gw_apply_request){
        .kind = GW_APPLY_ROLLBACK, .generation = generation, .who = "me"});
    fake_settle();
    return answers.err[n];
}

START_TEST(an_earlier_plan_comes_back_as_a_new_generation)
{
    start();
    ck_assert_int_eq(put_in_force(SECOND, 0), 0);
    ck_assert_int_eq(put_in_force(THIRD, 0), 0);
    ck_assert_int_eq(roll_back(1), 0);
    ck_assert_uint_eq(gw->plan->generation, 4);
    ck_assert_str_eq(gw->plan->sha, gw_history_find(gw_apply_history(apply), 1)->sha);
    ck_assert_ptr_null(gw_plan_trunk(gw->plan, rt_str("c")));
    ck_assert_int_eq(roll_back(0), 0); /* to the one before: 3 */
    ck_assert_uint_eq(gw->plan->generation, 5);
    ck_assert_ptr_nonnull(gw_plan_trunk(gw->plan, rt_str("c")));
}
END_TEST

START_TEST(there_is_nothing_to_go_back_to)
{
    start();
    ck_assert_int_eq(roll_back(0), ENOENT);
    ck_assert_str_eq(answers.errors, "there is no earlier plan in the history\n");
    ck_assert_int_eq(roll_back(77), ENOENT);
    ck_assert_str_eq(answers.errors, "there is no generation 77 in the history\n");
}
END_TEST

#define KEPT "include parts/*.conf\nhistory /var/h keep 3\n"

START_TEST(a_folder_keeps_it_over_a_restart)
{
    put_file("/etc/parts/b.conf", B "routes from a { +49* -> b }\n");
    put_file(FILE_NAME, HEAD A KEPT);
    start();
    put_file("/etc/parts/c.conf", C);
    ck_assert_int_eq(put_in_force(HEAD A KEPT, 0), 0);
    ck_assert_int_eq(put_in_force(HEAD A KEPT "# other\n", 60 * RT_S), 0);
    stop(); /* nobody has confirmed 3: what the file says is in force from now on */
    start();
    ck_assert_uint_eq(gw->plan->generation, 3);
    ck_assert_int_eq(gw_history_find(gw_apply_history(apply), 3)->state, GW_HISTORY_UNCONFIRMED);
    rt_file_remove("/etc/parts/b.conf");
    ck_assert_int_eq(put_in_force(HEAD A "history /var/h keep 3\n", 0), 0);
    ck_assert_uint_eq(gw->plan->generation, 4);
    ck_assert_ptr_null(gw_history_find(gw_apply_history(apply), 1)); /* three are kept */
    ck_assert_int_eq(roll_back(2), 0); /* with the includes that it had */
    ck_assert_ptr_nonnull(gw_plan_trunk(gw->plan, rt_str("b")));
    ck_assert_ptr_nonnull(gw_plan_trunk(gw->plan, rt_str("c")));
    fake_settle();
    struct rt_buf text = {0};
    ck_assert_int_eq(rt_file_read(&text, "/var/h/000001.json", 1 << 20), ENOENT);
    ck_assert_int_eq(rt_file_read(&text, "/var/h/000005.json", 1 << 20), 0);
    ck_assert_ptr_nonnull(strstr(text.p, "\"confirmed\": true"));
    rt_buf_release(&text);
}
END_TEST

/* ---- calls ---- */

START_TEST(a_call_keeps_its_plan)
{
    start();
    call(0, "+4930222");
    ck_assert_int_eq(put_in_force(SECOND, 0), 0);
    ck_assert_int_eq(put_in_force(THIRD, 0), 0);
    ck_assert_uint_eq(gw->calls->plan->generation, 1);
    ck_assert_uint_eq(gw_plans_alive(), 2); /* 2 had no call */
    hang_up(0, "+4930222");
}
END_TEST

START_TEST(a_plan_is_freed_after_its_last_call)
{
    start();
    call(0, "+4930222");
    ck_assert_int_eq(put_in_force(SECOND, 0), 0);
    call(1, "+4930111");
    ck_assert_uint_eq(gw->ncalls, 2);
    ck_assert_uint_eq(gw_plans_alive(), 2);
    hang_up(0, "+4930222");
    fake_advance(40 * RT_S); /* the transactions are over too */
    ck_assert_uint_eq(gw->ncalls, 1);
    ck_assert_uint_eq(gw->calls->plan->generation, 2);
    ck_assert_uint_eq(gw_plans_alive(), 1);
    hang_up(1, "+4930111");
    fake_advance(40 * RT_S);
    ck_assert_uint_eq(gw->ncalls, 0);
    ck_assert_uint_eq(gw_plans_alive(), 1);
    ck_assert_uint_eq(gw->nended, 2);
    ck_assert_str_eq(gw_call_kind(gw->ended, 'a'), "sip");
    ck_assert_str_eq(gw_call_kind(gw->ended, 'b'), "sip");
}
END_TEST

START_TEST(a_call_outlives_its_trunk)
{
    start();
    call(0, "+4930222");
    ck_assert_int_eq(put_in_force(HEAD C "routes from c { * -> c }\n", 0), 0);
    ck_assert_ptr_null(gw_plan_trunk(gw->plan, rt_str("a")));
    request("INFO", 0, 2, "+4930222", to_tag[0], ""); /* its dialog knows it still */
    while (receive(0))
        continue;
    ck_assert_msg(strncmp(got, "SIP/2.0 200", 11) == 0, "%s", got);
    request("BYE", 0, 3, "+4930222", to_tag[0], "");
    expect(1, "BYE");
    answer(1, false);
    fake_advance(40 * RT_S);
    ck_assert_uint_eq(gw_plans_alive(), 1);
    ck_assert_int_eq(status_of(1, "+4930222"), 403); /* nobody knows a now */
}
END_TEST

START_TEST(new_calls_go_by_the_new_plan)
{
    start();
    ck_assert_int_eq(put_in_force(SECOND, 0), 0);
    ck_assert_int_eq(status_of(0, "+4930222"), 404);
    call(1, "+4930111");
}
END_TEST

/* ---- what is carried over ---- */

START_TEST(a_trunk_stays_blocked)
{
    start();
    ck_assert_int_eq(gw_block(gw, gw_plan_trunk(gw->plan, rt_str("b")), 0, false), 0);
    ck_assert_int_eq(put_in_force(HEAD C A B, 0), 0); /* at another index */
    ck_assert_int_eq(gw_trunk_service(gw, gw_plan_trunk(gw->plan, rt_str("b"))), GW_BLOCKED);
    ck_assert_int_eq(gw_trunk_service(gw, gw_plan_trunk(gw->plan, rt_str("a"))), GW_SERVING);
}
END_TEST

static unsigned failures_of(const char *trunk)
{
    struct gw_peer_status s;

    ck_assert(gw_peer_status(gw, gw_plan_trunk(gw->plan, rt_str(trunk)), &s));
    ck_assert_uint_eq(s.n, 1);
    return (unsigned)s.target[0].failures;
}

START_TEST(a_peer_keeps_what_is_known_of_it)
{
    struct sip_hop hop;

    start();
    const struct gw_trunk *b = gw_plan_trunk(gw->plan, rt_str("b"));
    ck_assert_uint_eq(gw_peer_hops(gw, b, &hop, 1), 1);
    gw_peer_report(gw, b, &hop, GW_PEER_FAILED, 0);
    ck_assert_uint_eq(failures_of("b"), 1);
    ck_assert_int_eq(put_in_force(THIRD, 0), 0);
    ck_assert_uint_eq(failures_of("b"), 1);
    ck_assert_int_eq(put_in_force(HEAD A "trunk b { sip sip:10.0.0.5\n numbers e164 }\n", 0), 0);
    ck_assert_uint_eq(failures_of("b"), 0);
    ck_assert_uint_eq(gw_peer_hops(gw, gw_plan_trunk(gw->plan, rt_str("b")), &hop, 1), 1);
    ck_assert_uint_eq(rt_addr_port(&hop.addr), 5060);
}
END_TEST

#define REGISTERED                                                                                 \
    HEAD A "trunk b { sip sip:10.0.0.3\n numbers e164\n register user %s secret file:/secret }\n"

START_TEST(registrations_follow_the_plan)
{
    char text[1024];

    put_file("/secret", "p\n");
    snprintf(text, sizeof text, REGISTERED, "one");
    put_file(FILE_NAME, text);
    start();
    expect(1, "REGISTER");
    ck_assert_ptr_nonnull(strstr(got, "<sip:one@10.0.0.3>"));
    answer(1, false);
    ck_assert_int_eq(put_in_force(text, 0), 0); /* nothing has changed: nothing is said */
    ck_assert(!receive(1));
    snprintf(text, sizeof text, REGISTERED, "two");
    ck_assert_int_eq(put_in_force(text, 0), 0);
    unsigned left = 0, came = 0;
    while (receive(1)) {
        left += strstr(got, "<sip:one@10.0.0.3>") && strstr(got, "\r\nExpires: 0\r\n");
        came += strstr(got, "<sip:two@10.0.0.3>") && !strstr(got, "\r\nExpires: 0\r\n");
        answer(1, false);
    }
    ck_assert_uint_eq(left, 1);
    ck_assert_uint_eq(came, 1);
    fake_advance(40 * RT_S);
    ck_assert_uint_eq(gw_plans_alive(), 1);
    ck_assert_int_eq(put_in_force(HEAD A, 0), 0);
    expect(1, "REGISTER");
    ck_assert_ptr_nonnull(strstr(got, "\r\nExpires: 0\r\n"));
    fake_advance(40 * RT_S); /* without an answer it is over as well */
    ck_assert_ptr_null(gw->registrations);
    ck_assert_uint_eq(gw_plans_alive(), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("apply");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, a_file_comes_into_force);
    tcase_add_test(c, a_diff_changes_nothing);
    tcase_add_test(c, a_bad_file_is_refused);
    tcase_add_test(c, a_refused_plan_is_an_alarm);
    tcase_add_loop_test(c, what_it_is_made_of_cannot_change, 0, RT_COUNT(fixed));
    tcase_add_test(c, other_layout_is_no_change);
    tcase_add_test(c, two_requests_queue);
    tcase_add_test(c, what_is_under_way_at_the_stop_is_given_up);
    tcase_add_test(c, nobody_confirms);
    tcase_add_test(c, somebody_confirms);
    tcase_add_test(c, it_goes_back_to_what_was_confirmed);
    tcase_add_test(c, going_on_confirms);
    tcase_add_test(c, an_edited_text_is_saved);
    tcase_add_test(c, what_does_not_come_into_force_is_not_left_in_the_file);
    tcase_add_test(c, without_confirmation_the_file_is_put_back);
    tcase_add_test(c, a_file_that_somebody_changed_since_is_left_alone);
    tcase_add_test(c, a_confirmed_text_stays);
    tcase_add_test(c, the_stop_comes_before_the_file_is_put_back);
    tcase_add_test(c, an_earlier_plan_comes_back_as_a_new_generation);
    tcase_add_test(c, there_is_nothing_to_go_back_to);
    tcase_add_test(c, a_folder_keeps_it_over_a_restart);
    tcase_add_test(c, a_call_keeps_its_plan);
    tcase_add_test(c, a_plan_is_freed_after_its_last_call);
    tcase_add_test(c, a_call_outlives_its_trunk);
    tcase_add_test(c, new_calls_go_by_the_new_plan);
    tcase_add_test(c, a_trunk_stays_blocked);
    tcase_add_test(c, a_peer_keeps_what_is_known_of_it);
    tcase_add_test(c, registrations_follow_the_plan);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
