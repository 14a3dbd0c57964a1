/* What limits have counted outlives the gateway, and mail leaves it: a small plan under the fake
 * kernel. */
#include "gw/alarm.h"
#include "gw/gw.h"
#include "gw/notify.h"
#include "gw/quota.h"
#include "gw/rt/file.h"
#include "gw/usage.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define KEPT "/var/usage"
#define HEAD HEAD_OF("fraud 1 calls/hour international then block international 12h")
#define HEAD_OF(limit)                                                                             \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "media { address 10.0.0.1\n ports 30000-30099\n threads 1 }\n"                                 \
    "admin socket /tmp/s\nlog error\n"                                                             \
    "site berlin {\n dialling de area 30\n zone Europe/Berlin\n}\n"                                \
    "class staff {\n " limit "\n}\n"                                                               \
    "trunk pbx { sip sip:10.0.0.2\n numbers e164\n site berlin\n class staff }\n"                  \
    "trunk a { sip sip:10.0.0.3\n numbers e164 }\n"                                                \
    "routes from pbx { * -> a }\n"
#define PLAN HEAD "usage " KEPT "\n"

static struct rt_loop *loop;
static struct gw *gw;

static void start(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;
    struct rt_buf why = {0};
    int err = gw_plan_parse(&plan, "t.conf", rt_str(text), &diag);

    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p);
    rt_buf_release(&why);
    gw_plan_unref(plan);
    fake_settle();
}

static void stop(void)
{
    gw_stop(gw);
    gw = NULL;
    fake_settle();
}

static void setup(void)
{
    fake_reset();
    rt_log_set_all(RT_ERROR);
    for (size_t i = 0; i < GW_USAGE_NCOUNTERS; i++)
        gw_usage_counters[i].value = 0;
    for (size_t i = 0; i < GW_NOTIFY_NCOUNTERS; i++)
        gw_notify_counters[i].value = 0;
    ck_assert_int_eq(rt_loop_new(&loop, "test"), 0);
}

static void teardown(void)
{
    struct fake_leaks left;

    stop();
    rt_loop_free(loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.loops, 0);
    ck_assert_uint_eq(left.files, 0);
    ck_assert_uint_eq(left.children, 0);
    ck_assert_uint_eq(gw_plans_alive(), 0);
}

/** Whether the caller's side of a call from pbx is let in. */
static bool let_in(void)
{
    const struct dp_number called = {.digits = "443012345678", .e164 = true};
    struct gw_limit_call c = {.rate = 0};
    struct gw_limit_token *token = NULL;
    struct gw_limit_clock clock;
    struct gw_quota_uses uses;

    gw_quota_caller(&uses, gw->plan, gw_plan_trunk(gw->plan, rt_str("pbx")), &called);
    gw_quota_clock(&clock, gw->plan, 0);
    bool in = gw_limits_take(uses.use, uses.n, &c, &clock, NULL, &token) == 0;
    if (in)
        gw_limits_release(token, 0, &clock);
    return in;
}

static uint64_t counted(enum gw_usage_counter c)
{
    return rt_counted(&gw_usage_counters[c]);
}

START_TEST(a_block_outlives_the_gateway)
{
    start(PLAN);
    ck_assert(let_in());
    ck_assert(!let_in());
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_CRITICAL), 1);
    stop();
    start(PLAN);
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_CRITICAL), 1);
    ck_assert(!let_in());
    fake_advance(11 * 3600 * RT_S);
    ck_assert(!let_in());
    stop();
    start(PLAN);
    ck_assert(!let_in());
    ck_assert_uint_eq(counted(GW_USAGE_UNREADABLE), 0);
    ck_assert_uint_eq(counted(GW_USAGE_FAILURES), 0);
    fake_advance(3601 * RT_S); /* 12 h and a second after it began */
    ck_assert(let_in());
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_CRITICAL), 0);
}
END_TEST

START_TEST(a_killed_gateway_loses_a_minute_at_most)
{
    start(PLAN);
    ck_assert(let_in());
    ck_assert(!let_in());
    fake_advance(61 * RT_S);
    fake_files_fail(1000, EIO); /* nothing of the end reaches the disk */
    stop();
    fake_files_fail(0, 0);
    fake_files_crash();
    ck_assert_uint_eq(counted(GW_USAGE_FAILURES), 1);
    start(PLAN);
    ck_assert(!let_in());
}
END_TEST

START_TEST(without_usage_all_is_forgotten)
{
    start(HEAD);
    ck_assert(let_in());
    ck_assert(!let_in());
    stop();
    start(HEAD);
    ck_assert(let_in());
}
END_TEST

START_TEST(lines_that_are_no_use_are_counted)
{
    static const char text[] = "{\"scope\":\"class\"\nrubbish\n\n{}\n";

    ck_assert_int_eq(rt_file_replace(KEPT, text, sizeof text - 1, 0600), 0);
    start(PLAN);
    ck_assert_uint_eq(counted(GW_USAGE_UNREADABLE), 3);
    ck_assert(let_in());
}
END_TEST

/* An hour of the site, which UTC counts by another number: the gateway's own looks at the counts,
 * each 10 s, must not begin another one. */
START_TEST(a_window_lasts_its_hour)
{
    start(HEAD);
    ck_assert(let_in());
    fake_advance(25 * RT_S);
    ck_assert(!let_in());
}
END_TEST

/* ---- a wall clock that is set ---- */

#define H (3600 * RT_S)

static const char hour_plan[] = HEAD_OF("limit 1 calls/hour") "usage " KEPT "\n";
static const rt_time sets[] = {0, H, -H, H / 2, -H / 2, 40 * 24 * H, -40 * 24 * H};

START_TEST(setting_the_clock_gives_no_new_hour)
{
    start(hour_plan);
    ck_assert(let_in());
    fake_wall_step(sets[_i]);
    fake_advance(H - 30 * RT_S);
    ck_assert(!let_in());
    fake_advance(31 * RT_S);
    ck_assert(let_in());
}
END_TEST

START_TEST(nor_does_setting_it_while_the_gateway_does_not_run)
{
    start(hour_plan);
    ck_assert(let_in());
    stop();
    fake_advance(H / 6);
    fake_wall_step(sets[_i]);
    start(hour_plan);
    ck_assert(!let_in());
    fake_advance(H - H / 6 - 30 * RT_S);
    ck_assert(!let_in());
    fake_advance(31 * RT_S);
    ck_assert(let_in());
}
END_TEST

START_TEST(a_block_lasts_its_time_whatever_the_clock_shows)
{
    static const char plan[] =
        HEAD_OF("fraud 1 calls/hour international then block international 30min") "usage " KEPT
                                                                                   "\n";

    start(plan);
    ck_assert(let_in());
    ck_assert(!let_in());
    stop();
    fake_wall_step(sets[_i]);
    start(plan);
    fake_advance(H / 2 - 30 * RT_S);
    ck_assert(!let_in());
    fake_advance(31 * RT_S);
    ck_assert(let_in());
}
END_TEST

/* Only the wall clock can say how long the machine was off; set back, it prolongs nothing. */
START_TEST(after_a_start_of_the_machine_a_clock_set_back_locks_nobody_out)
{
    start(hour_plan);
    ck_assert(let_in());
    stop();
    fake_wall_step(-40 * 24 * H);
    fake_reboot();
    start(hour_plan);
    fake_advance(H - 30 * RT_S);
    ck_assert(!let_in());
    fake_advance(31 * RT_S);
    ck_assert(let_in());
}
END_TEST

/** What an hour, a day and a month have left at that instant. */
static void expect_left(int64_t wall, int64_t hour, int64_t day, int64_t month)
{
    struct gw_limit_clock c;

    gw_quota_clock(&c, gw->plan, wall);
    ck_assert_int_eq(c.window[GW_WINDOW_HOUR].left, hour * RT_S);
    ck_assert_int_eq(c.window[GW_WINDOW_DAY].left, day * RT_S);
    ck_assert_int_eq(c.window[GW_WINDOW_MONTH].left, month * RT_S);
}

/* Europe/Berlin: 2026-03-29 has 23 hours, 2026-10-25 has 25. */
START_TEST(windows_end_by_the_clock_of_the_site)
{
    start(HEAD);
    expect_left(1772352000, 3600, 15 * 3600, 30 * 86400 + 14 * 3600);              /* 03-01 09:00 */
    expect_left(1774740600, 1800, 22 * 3600 + 1800, 2 * 86400 + 22 * 3600 + 1800); /* 03-29 00:30 */
    expect_left(1792881000, 1800, 24 * 3600 + 1800, 7 * 86400 + 1800);             /* 10-25 00:30 */
    expect_left(1798757999, 1, 1, 1); /* 12-31 23:59:59 */
}
END_TEST

/* ---- mail ---- */

START_TEST(mail_goes_through_its_program)
{
    static const char message[] = "To: ops@example.com\n"
                                  "Subject: tandem: class staff:  blocked ??\n"
                                  "Date: Sun, 01 Mar 2026 08:00:00 +0000\n"
                                  "Auto-Submitted: auto-generated\n"
                                  "MIME-Version: 1.0\n"
                                  "Content-Type: text/plain; charset=UTF-8\n"
                                  "Content-Transfer-Encoding: 8bit\n"
                                  "\n"
                                  "class staff:\n blocked \xc3\xa4\n";

    fake_child_program("/usr/sbin/sendmail");
    start(HEAD "mail /usr/sbin/sendmail\n");
    gw_notify(gw, "mail:ops@example.com", "class staff:\n blocked \xc3\xa4");
    ck_assert_str_eq(fake_child_fed(), message);
    ck_assert(fake_child_end(0, 0));
    gw_notify(gw, "ops@example.com", "x");
    ck_assert(fake_child_end(75, 0)); /* EX_TEMPFAIL */
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_MAILED]), 2);
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_FAILED]), 1);
}
END_TEST

START_TEST(ten_mails_a_minute)
{
    fake_child_program("/usr/sbin/sendmail");
    start(HEAD "mail /usr/sbin/sendmail\n");
    for (unsigned i = 0; i < 12; i++)
        gw_notify(gw, "ops@example.com", "x");
    ck_assert_uint_eq(fake_child_starts(), 10);
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_FAILED]), 2);
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_LOGGED]), 2);
    fake_advance(61 * RT_S); /* those that hang are ended */
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_FAILED]), 12);
    gw_notify(gw, "ops@example.com", "x");
    ck_assert_uint_eq(fake_child_starts(), 11);
}
END_TEST

START_TEST(a_program_that_is_missing_is_told)
{
    start(HEAD "mail /usr/sbin/sendmail\n");
    gw_notify(gw, "ops@example.com", "x");
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_FAILED]), 1);
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_LOGGED]), 1);
    stop();
    start(HEAD); /* without the statement the log has it, and nothing failed */
    gw_notify(gw, "ops@example.com", "x");
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_FAILED]), 1);
    ck_assert_uint_eq(rt_counted(&gw_notify_counters[GW_NOTIFY_LOGGED]), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("usage");
    TCase *tc = tcase_create("usage");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60); /* hours of a whole gateway */
    tcase_add_test(tc, a_block_outlives_the_gateway);
    tcase_add_test(tc, a_killed_gateway_loses_a_minute_at_most);
    tcase_add_test(tc, without_usage_all_is_forgotten);
    tcase_add_test(tc, lines_that_are_no_use_are_counted);
    tcase_add_test(tc, a_window_lasts_its_hour);
    tcase_add_loop_test(tc, setting_the_clock_gives_no_new_hour, 0, RT_COUNT(sets));
    tcase_add_loop_test(tc, nor_does_setting_it_while_the_gateway_does_not_run, 0, RT_COUNT(sets));
    tcase_add_loop_test(tc, a_block_lasts_its_time_whatever_the_clock_shows, 0, RT_COUNT(sets));
    tcase_add_test(tc, after_a_start_of_the_machine_a_clock_set_back_locks_nobody_out);
    tcase_add_test(tc, windows_end_by_the_clock_of_the_site);
    tcase_add_test(tc, mail_goes_through_its_program);
    tcase_add_test(tc, ten_mails_a_minute);
    tcase_add_test(tc, a_program_that_is_missing_is_told);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
