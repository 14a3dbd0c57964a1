/* The statement `process`, the secrets of a plan, and what the supervisor hears. */
#include "gw/process.h"
#include "gw/watchdog.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"
#include "test/fake/process.h"
#include "test/unit/plan_rig.h"

#include <errno.h>

#define HEAD "version 1\nsip { listen udp:10.0.0.1:5060 }\n"

static char logged[1024];

static void keep_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    rt_str_copy(logged, sizeof logged, rt_str(line));
}

static void begin(void)
{
    fake_reset();
    fake_process_reset();
    logged[0] = '\0';
    rt_log_sink(keep_line, NULL);
    setup();
}

static void end(void)
{
    teardown();
    rt_log_sink(NULL, NULL);
}

/* ---- the statement ---- */

START_TEST(nothing_is_said)
{
    rig_plan(HEAD);
    ck_assert_ptr_nonnull(plan);
    ck_assert_ptr_null(plan->process.user);
    ck_assert_ptr_null(plan->process.group);
    ck_assert_ptr_null(plan->process.crash);
    ck_assert_int_eq(plan->process.seccomp, RT_SECCOMP_ON);
    ck_assert_int_eq(plan->process.core, RT_CORE_REGISTERS);
}
END_TEST

START_TEST(all_is_said)
{
    rig_plan(HEAD "process {\n user tandem\n group telephony\n seccomp log\n core off\n"
                  " crash /var/log/tandem/crash\n}\n");
    ck_assert_ptr_nonnull(plan);
    ck_assert_str_eq(plan->process.user, "tandem");
    ck_assert_str_eq(plan->process.group, "telephony");
    ck_assert_str_eq(plan->process.crash, "/var/log/tandem/crash");
    ck_assert_int_eq(plan->process.seccomp, RT_SECCOMP_LOG);
    ck_assert_int_eq(plan->process.core, RT_CORE_OFF);
}
END_TEST

START_TEST(words_that_there_are_not)
{
    rig_plan(HEAD "process {\n seccomp maybe\n}\n");
    ck_assert_ptr_null(plan);
    ck_assert_ptr_nonnull(strstr(diag.text.p, "t.conf:4:10: "));
}
END_TEST

/* ---- secrets ---- */

START_TEST(secrets_are_known)
{
    rig_plan(HEAD "admin http 127.0.0.1:8080 {\n users /etc/tandem/users\n}\n"
                  "cdr journal /var/cdr, radius:127.0.0.1:1813 {\n"
                  " radius-secret credential:radius\n}\n"
                  "alarms {\n webhook https://x.example/ token /etc/tandem/token\n}\n");
    ck_assert_msg(plan != NULL, "%s", diag.text.p);
    ck_assert_uint_eq(plan->process.nsecrets, 2); /* a credential is always ours to read */
    ck_assert_str_eq(plan->process.secret[0], "/etc/tandem/users");
    ck_assert_str_eq(plan->process.secret[1], "/etc/tandem/token");
}
END_TEST

START_TEST(passwords_in_the_plan)
{
    static const struct {
        const char *target;
        unsigned warnings;
    } rows[] = {
        {"\"postgres:host=db password=geheim\"", 1},
        {"\"postgres:postgresql://tandem:geheim@db/cdr\"", 1},
        {"\"postgres:host=db passfile=/etc/tandem/pgpass\"", 0},
        {"\"postgres:postgresql://tandem@db:5432/cdr\"", 0},
        {"\"webhook:https://u:geheim@x.example/cdr\"", 1},
        {"\"webhook:https://x.example:8443/cdr\"", 0},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        rig_plan(HEAD "cdr journal /var/cdr, %s\n", rows[i].target);
        ck_assert_msg(plan != NULL, "%s: %s", rows[i].target, diag.text.p);
        bool warned = strstr(rt_buf_str(&diag.warned).p, "stands in the plan") != NULL;
        ck_assert_msg(warned == (rows[i].warnings > 0), "%s", rows[i].target);
        ck_assert_msg(!warned || !strstr(diag.warned.p, "geheim"), "%s", diag.warned.p);
        teardown();
        setup();
    }
}
END_TEST

/* ---- what the user may ---- */

START_TEST(what_cannot_be_written)
{
    struct rt_buf why = {0};

    rig_plan(HEAD "process {\n user tandem\n}\ncdr journal /var/cdr, csv /var/cdr.csv\n");
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(gw_process_enter(plan, &why), 0);
    fake_process_forbid("/var/cdr.csv");
    ck_assert_int_eq(gw_process_enter(plan, &why), EACCES);
    ck_assert_str_eq(why.p,
                     "process: user \"tandem\" cannot write to /var/cdr.csv: Permission denied");
    rt_buf_release(&why);
}
END_TEST

START_TEST(what_cannot_be_read_again)
{
    struct rt_buf why = {0};

    rig_plan(HEAD "process {\n user tandem\n}\n"
                  "alarms {\n webhook https://x.example/ token /etc/tandem/token\n}\n");
    ck_assert_ptr_nonnull(plan);
    fake_process_forbid("/etc/tandem/token");
    ck_assert_int_eq(gw_process_confine(plan, &why), 0);
    ck_assert_str_eq(logged, "process: user \"tandem\" cannot read /etc/tandem/token again: "
                             "Permission denied; the next apply needs it");
}
END_TEST

/* ---- the watchdog ---- */

START_TEST(half_the_interval)
{
    struct gw_watchdog w;
    struct rt_loop *loop;

    ck_assert_int_eq(rt_loop_new(&loop, "main"), 0);
    fake_process_supervise(30 * RT_S);
    gw_watchdog_start(&w, loop);
    fake_advance(60 * RT_S); /* at 0, 15, 30, 45, 60 */
    ck_assert_uint_eq(fake_process_told("WATCHDOG=1\n"), 5);
    gw_watchdog_stop(&w);
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(fake_process_told("WATCHDOG=1\n"), 5);
    rt_loop_free(loop);
}
END_TEST

START_TEST(a_thread_hangs)
{
    struct gw_watchdog w;
    struct rt_loop *loop;

    ck_assert_int_eq(rt_loop_new(&loop, "main"), 0);
    fake_process_supervise(30 * RT_S);
    gw_watchdog_start(&w, loop);
    fake_advance(RT_S);
    fake_process_hang("media1");
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(fake_process_told("WATCHDOG=1\n"), 1);
    ck_assert_str_eq(logged, "watchdog: thread media1 hangs: the supervisor is not told");
    fake_process_hang(NULL);
    fake_advance(15 * RT_S);
    ck_assert_uint_eq(fake_process_told("WATCHDOG=1\n"), 2);
    ck_assert_str_eq(logged, "watchdog: all threads go on");
    gw_watchdog_stop(&w);
    rt_loop_free(loop);
}
END_TEST

/** Calls matter more than records: nobody starts the gateway anew for a dead disk. */
START_TEST(a_disk_hangs)
{
    struct gw_watchdog w;
    struct rt_loop *loop;

    ck_assert_int_eq(rt_loop_new(&loop, "main"), 0);
    fake_process_supervise(30 * RT_S);
    gw_watchdog_start(&w, loop);
    fake_advance(RT_S);
    fake_process_hang("cdr");
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(fake_process_told("WATCHDOG=1\n"), 5);
    ck_assert_str_eq(logged, "watchdog: thread cdr waits for a disk or a file that does not "
                             "answer; calls go on");
    fake_process_hang(NULL);
    fake_advance(15 * RT_S);
    ck_assert_str_eq(logged, "watchdog: all files answer");
    gw_watchdog_stop(&w);
    rt_loop_free(loop);
}
END_TEST

/** It is looked at all the same. */
START_TEST(nobody_asks)
{
    struct gw_watchdog w;
    struct rt_loop *loop;

    ck_assert_int_eq(rt_loop_new(&loop, "main"), 0);
    gw_watchdog_start(&w, loop);
    fake_process_hang("trace");
    fake_advance(10 * RT_S);
    ck_assert_str_eq(logged, "watchdog: thread trace waits for a disk or a file that does not "
                             "answer; calls go on");
    gw_watchdog_stop(&w);
    rt_loop_free(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process");
    TCase *tc = tcase_create("process");

    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, nothing_is_said);
    tcase_add_test(tc, all_is_said);
    tcase_add_test(tc, words_that_there_are_not);
    tcase_add_test(tc, secrets_are_known);
    tcase_add_test(tc, passwords_in_the_plan);
    tcase_add_test(tc, what_cannot_be_written);
    tcase_add_test(tc, what_cannot_be_read_again);
    tcase_add_test(tc, half_the_interval);
    tcase_add_test(tc, a_thread_hangs);
    tcase_add_test(tc, a_disk_hangs);
    tcase_add_test(tc, nobody_asks);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
