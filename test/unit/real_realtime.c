/* Real-time priority and CPUs from the real kernel. Where this process may not have the priority
 * only what `auto` and `on` say of that is tried. */
#include "gw/rt/realtime.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static struct rt_loop *loop;
static struct rt_timer timer;
static _Atomic int policy, priority, cpu;

static bool permitted(void)
{
    struct sched_param none = {0}, some = {.sched_priority = RT_REALTIME_PRIORITY};
    bool may = sched_setscheduler(0, SCHED_FIFO, &some) == 0;

    sched_setscheduler(0, SCHED_OTHER, &none);
    return may;
}

static void look(void *arg)
{
    struct sched_param p;

    (void)arg;
    sched_getparam(0, &p);
    priority = p.sched_priority;
    cpu = sched_getcpu();
    policy = sched_getscheduler(0);
}

/** What a thread finds itself to be. */
static int run_thread(const struct rt_realtime *want, unsigned index)
{
    struct rt_thread *t;

    policy = -1;
    rt_loop_new(&loop, "real");
    rt_timer_init(&timer, loop, look, NULL);
    rt_timer_start(&timer, 50 * RT_MS); /* it has them by then */
    ck_assert_int_eq(rt_thread_start(&t, loop), 0);
    int err = rt_realtime_thread(t, want, index);
    for (int i = 0; i < 1000 && policy < 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    rt_thread_stop(t);
    rt_timer_stop(&timer);
    rt_loop_free(loop);
    return err;
}

START_TEST(off_leaves_a_thread_as_it_is)
{
    ck_assert_int_eq(run_thread(&(struct rt_realtime){.mode = RT_REALTIME_OFF}, 0), 0);
    ck_assert_int_eq(policy, SCHED_OTHER);
}
END_TEST

START_TEST(on_is_what_the_kernel_permits)
{
    int err = run_thread(&(struct rt_realtime){.mode = RT_REALTIME_ON}, 0);

    if (!permitted()) {
        ck_assert_int_eq(err, EPERM);
        return;
    }
    ck_assert_int_eq(err, 0);
    ck_assert_int_eq(policy & ~SCHED_RESET_ON_FORK, SCHED_FIFO);
    ck_assert_int_eq(priority, RT_REALTIME_PRIORITY);
    ck_assert_uint_eq(rt_counted(&rt_realtime_counters[RT_REALTIME_THREADS]), 1);
}
END_TEST

START_TEST(auto_is_never_an_error)
{
    /* the limit of a user who may not: root keeps its capability, and may */
    setrlimit(RLIMIT_RTPRIO, &(struct rlimit){0, 0});
    ck_assert_int_eq(run_thread(&(struct rt_realtime){.mode = RT_REALTIME_AUTO}, 0), 0);
    ck_assert_int_eq(policy & ~SCHED_RESET_ON_FORK, permitted() ? SCHED_FIFO : SCHED_OTHER);
}
END_TEST

START_TEST(a_thread_has_its_cpu)
{
    struct rt_cpus allowed;
    struct rt_realtime want = {.mode = RT_REALTIME_OFF};

    rt_cpus_allowed(&allowed);
    ck_assert_uint_ne(rt_cpus_nth(&allowed, 0), RT_CPUS_MAX);
    rt_cpus_add(&want.cpus, rt_cpus_nth(&allowed, 0));
    rt_cpus_add(&want.cpus, rt_cpus_nth(&allowed, 1));
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(run_thread(&want, i), 0);
        ck_assert_int_eq(cpu, (int)rt_cpus_nth(&want.cpus, i));
    }
}
END_TEST

START_TEST(a_cpu_that_there_is_not_is_an_error)
{
    struct rt_cpus allowed;
    struct rt_realtime want = {.mode = RT_REALTIME_AUTO};

    rt_cpus_allowed(&allowed);
    if (rt_cpus_has(&allowed, RT_CPUS_MAX - 1))
        return;
    rt_cpus_add(&want.cpus, RT_CPUS_MAX - 1);
    ck_assert_int_eq(run_thread(&want, 0), EINVAL);
}
END_TEST

static void never_rest(void *arg)
{
    rt_time end = rt_now() + 5 * RT_S;

    (void)arg;
    look(NULL);
    while (sched_getscheduler(0) != SCHED_OTHER && rt_now() < end)
        ;
    look(NULL);
    priority = -1;
    rt_loop_stop(loop);
}

/** An endless loop loses its priority after a second of it, and the process lives on. */
START_TEST(who_does_not_rest_loses_the_priority)
{
    const struct rt_realtime want = {.mode = RT_REALTIME_ON};
    struct rt_thread *t;

    if (!permitted())
        return;
    rt_loop_new(&loop, "real");
    rt_timer_init(&timer, loop, never_rest, NULL);
    rt_timer_start(&timer, 20 * RT_MS);
    ck_assert_int_eq(rt_thread_start(&t, loop), 0);
    ck_assert_int_eq(rt_realtime_thread(t, &want, 0), 0);
    for (int i = 0; i < 1000 && priority != -1; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    rt_thread_stop(t);
    rt_loop_free(loop);
    ck_assert_int_eq(policy, SCHED_OTHER);
    ck_assert_uint_eq(rt_counted(&rt_realtime_counters[RT_REALTIME_LOST]), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("real-time priority from the real kernel");
    TCase *tc = tcase_create("real");

    tcase_set_timeout(tc, 30);
    tcase_add_test(tc, off_leaves_a_thread_as_it_is);
    tcase_add_test(tc, on_is_what_the_kernel_permits);
    tcase_add_test(tc, auto_is_never_an_error);
    tcase_add_test(tc, a_thread_has_its_cpu);
    tcase_add_test(tc, a_cpu_that_there_is_not_is_an_error);
    tcase_add_test(tc, who_does_not_rest_loses_the_priority);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
