/* CPU lists, counters of late ticks, and the plan's statements about real-time priority. */
#include "gw/gw.h"
#include "test/fake/fake.h"
#include "test/unit/plan_rig.h"

#include <errno.h>

#define PLAN                                                                                       \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:10.0.0.1:5060\n}\n"                                                        \
    "media {\n%s\n}\n"

static const struct rt_realtime *accepted(const char *statements)
{
    rig_plan(PLAN, statements);
    ck_assert_msg(plan, "%s", diag.text.p ? diag.text.p : "-");
    return &plan->media.realtime;
}

START_TEST(cpus_are_taken_in_turn)
{
    struct rt_cpus c = {{0}};

    ck_assert_uint_eq(rt_cpus_nth(&c, 0), RT_CPUS_MAX);
    rt_cpus_add(&c, 7);
    rt_cpus_add(&c, 2);
    rt_cpus_add(&c, 1000);
    rt_cpus_add(&c, RT_CPUS_MAX); /* there is no such one */
    static const unsigned expected[] = {2, 7, 1000, 2, 7};
    for (unsigned i = 0; i < RT_COUNT(expected); i++)
        ck_assert_uint_eq(rt_cpus_nth(&c, i), expected[i]);
    ck_assert(rt_cpus_has(&c, 7));
    ck_assert(!rt_cpus_has(&c, 8) && !rt_cpus_has(&c, RT_CPUS_MAX));
}
END_TEST

static const struct {
    rt_time late;
    enum rt_realtime_counter counts;
} ticks[] = {
    {-5, RT_TICKS_IN_TIME},      {0, RT_TICKS_IN_TIME},       {99, RT_TICKS_IN_TIME},
    {100, RT_TICKS_LATE_300US},  {300, RT_TICKS_LATE_1MS},    {999, RT_TICKS_LATE_1MS},
    {1000, RT_TICKS_LATE_3MS},   {3000, RT_TICKS_LATE_10MS},  {9999, RT_TICKS_LATE_10MS},
    {10000, RT_TICKS_LATE_30MS}, {30000, RT_TICKS_LATE_MORE}, {9000000, RT_TICKS_LATE_MORE}};

START_TEST(a_late_tick_counts_once_where_it_belongs)
{
    uint64_t before[RT_REALTIME_NCOUNTERS];

    for (int i = 0; i < RT_REALTIME_NCOUNTERS; i++)
        before[i] = rt_counted(&rt_realtime_counters[i]);
    rt_tick_counted(50000, 50000 + ticks[_i].late);
    for (int i = RT_TICKS_IN_TIME; i <= RT_TICKS_LATE_MORE; i++)
        ck_assert_uint_eq(rt_counted(&rt_realtime_counters[i]) - before[i],
                          i == (int)ticks[_i].counts);
}
END_TEST

START_TEST(the_latest_tick_is_kept)
{
    rt_tick_counted(0, 12345);
    rt_tick_counted(0, 17);
    ck_assert_uint_eq(rt_counted(&rt_realtime_counters[RT_TICKS_LATEST]), 12345);
}
END_TEST

START_TEST(by_default_priority_is_had_where_it_is_permitted)
{
    const struct rt_realtime *r = accepted("");

    ck_assert_int_eq(r->mode, RT_REALTIME_AUTO);
    ck_assert_uint_eq(rt_cpus_nth(&r->cpus, 0), RT_CPUS_MAX);
}
END_TEST

START_TEST(the_plan_says_how_and_where)
{
    const struct rt_realtime *r = accepted(" threads 4\n realtime on\n cpus 2-4,7");
    static const unsigned expected[] = {2, 3, 4, 7, 2};

    ck_assert_int_eq(r->mode, RT_REALTIME_ON);
    for (unsigned i = 0; i < RT_COUNT(expected); i++)
        ck_assert_uint_eq(rt_cpus_nth(&r->cpus, i), expected[i]);
    teardown();
    setup();
    ck_assert_int_eq(accepted(" realtime off\n cpus 0")->mode, RT_REALTIME_OFF);
    ck_assert_uint_eq(rt_cpus_nth(&plan->media.realtime.cpus, 0), 0);
}
END_TEST

START_TEST(what_is_no_mode_or_cpu_is_refused)
{
    static const char *const wrong[] = {" realtime yes", " cpus 1024", " cpus 3-2", " cpus all"};

    rig_plan(PLAN, wrong[_i]);
    ck_assert_ptr_null(plan);
}
END_TEST

/** What gw_start() says of a plan; the fake computer has CPUs 0 to 3. */
static int start(const char *statements, struct rt_buf *why)
{
    struct rt_loop *loop;
    struct gw *gw = NULL;

    accepted(statements);
    rt_loop_new(&loop, "test");
    int err = gw_start(&gw, loop, plan, why);
    if (err == 0)
        gw_stop(gw);
    rt_loop_free(loop);
    return err;
}

START_TEST(on_does_not_start_without_and_auto_does)
{
    struct rt_buf why = {0};

    fake_reset();
    fake_realtime_fail(EPERM);
    ck_assert_int_eq(start(" realtime on", &why), EPERM);
    ck_assert_ptr_nonnull(strstr(why.p, "realtime on: not permitted"));
    ck_assert_ptr_nonnull(strstr(why.p, "CAP_SYS_NICE"));
    ck_assert_ptr_nonnull(strstr(why.p, "LimitRTPRIO"));
    rt_buf_release(&why);
    teardown();
    setup();
    fake_reset();
    fake_realtime_fail(EPERM);
    ck_assert_int_eq(start(" realtime auto", &why), 0);
    rt_buf_release(&why);
}
END_TEST

START_TEST(a_cpu_that_there_is_not_is_named)
{
    struct rt_buf why = {0};

    fake_reset();
    ck_assert_int_eq(start(" cpus 1-5", &why), EINVAL);
    ck_assert_ptr_nonnull(strstr(why.p, "no CPU 4"));
    rt_buf_release(&why);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("real-time priority");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, cpus_are_taken_in_turn);
    tcase_add_loop_test(tc, a_late_tick_counts_once_where_it_belongs, 0, RT_COUNT(ticks));
    tcase_add_test(tc, the_latest_tick_is_kept);
    tcase_add_test(tc, by_default_priority_is_had_where_it_is_permitted);
    tcase_add_test(tc, the_plan_says_how_and_where);
    tcase_add_loop_test(tc, what_is_no_mode_or_cpu_is_refused, 0, 4);
    tcase_add_test(tc, on_does_not_start_without_and_auto_does);
    tcase_add_test(tc, a_cpu_that_there_is_not_is_named);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
