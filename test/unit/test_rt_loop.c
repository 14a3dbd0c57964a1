/* The loop, its timers and channels, under the fake clock. */
#include "gw/rt/chan.h"
#include "gw/rt/random.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdlib.h>

static struct rt_loop *loop;

static void setup(void)
{
    fake_reset();
    rt_loop_new(&loop, "test");
}

static void teardown(void)
{
    rt_loop_free(loop);
}

static void count(void *arg)
{
    ++*(unsigned *)arg;
}

START_TEST(a_timer_fires_at_its_exact_millisecond)
{
    static const rt_time delays[] = {
        0,          RT_MS,      500 * RT_MS, 32767 * RT_MS, 32768 * RT_MS, 32769 * RT_MS,
        180 * RT_S, 7200 * RT_S};
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++) {
        struct rt_timer t;
        unsigned fired = 0;
        rt_timer_init(&t, loop, count, &fired);
        rt_timer_start(&t, delays[i]);
        if (delays[i] > 0) {
            fake_advance(delays[i] - 1);
            ck_assert_uint_eq(fired, 0);
            fake_advance(1);
        } else {
            fake_settle();
        }
        ck_assert_uint_eq(fired, 1);
        fake_advance(10 * RT_S);
        ck_assert_uint_eq(fired, 1);
    }
}
END_TEST

START_TEST(loose_timers_fire_together_and_never_early)
{
    struct rt_timer t[3];
    unsigned fired[3] = {0};

    for (unsigned i = 0; i < 3; i++)
        rt_timer_init(&t[i], loop, count, &fired[i]);
    fake_advance(20 * RT_MS - rt_now() % (20 * RT_MS) + 1); /* 1 us after a multiple of 20 ms */
    rt_timer_start_loose(&t[0], 5 * RT_S);
    rt_timer_start_loose(&t[2], 999 * RT_MS); /* not so long that it would matter */
    fake_advance(15 * RT_MS);
    rt_timer_start_loose(&t[1], 5 * RT_S - 15 * RT_MS);
    fake_advance(984 * RT_MS - 1);
    ck_assert_uint_eq(fired[2], 0);
    fake_advance(1);
    ck_assert_uint_eq(fired[2], 1);
    fake_advance(4021 * RT_MS - 2); /* 5.02 s after the multiple, less 1 us */
    ck_assert_uint_eq(fired[0] + fired[1], 0);
    fake_advance(1);
    ck_assert_uint_eq(fired[0] + fired[1], 2);
}
END_TEST

START_TEST(a_stopped_timer_never_fires)
{
    struct rt_timer t;
    unsigned fired = 0;

    rt_timer_init(&t, loop, count, &fired);
    rt_timer_start(&t, 5 * RT_MS);
    rt_timer_stop(&t);
    rt_timer_stop(&t);
    fake_advance(RT_S);
    ck_assert_uint_eq(fired, 0);
}
END_TEST

struct periodic {
    struct rt_timer t;
    unsigned fired;
    rt_time last;
};

static void again(void *arg)
{
    struct periodic *p = arg;
    p->fired++;
    p->last = rt_now();
    rt_timer_start(&p->t, RT_MS);
}

START_TEST(a_timer_may_restart_itself)
{
    struct periodic p = {.fired = 0};

    rt_timer_init(&p.t, loop, again, &p);
    rt_timer_start(&p.t, RT_MS);
    fake_advance(RT_S);
    ck_assert_uint_eq(p.fired, 1000);
    rt_timer_stop(&p.t);
}
END_TEST

#define MANY 100000

struct many {
    struct rt_timer t;
    rt_time wanted;
    rt_time got;
};

static void note(void *arg)
{
    struct many *m = arg;
    m->got = rt_now();
}

START_TEST(a_hundred_thousand_timers_all_fire_on_time)
{
    struct many *m = calloc(MANY, sizeof *m);
    rt_time start = rt_now();

    for (unsigned i = 0; i < MANY; i++) {
        m[i].wanted = start + (rt_time)rt_random_below(60 * 1000) * RT_MS;
        rt_timer_init(&m[i].t, loop, note, &m[i]);
        rt_timer_start_at(&m[i].t, m[i].wanted);
    }
    for (unsigned i = 0; i < MANY; i += 3)
        rt_timer_stop(&m[i].t);
    fake_advance(60 * RT_S);
    for (unsigned i = 0; i < MANY; i++)
        ck_assert_int_eq(m[i].got, i % 3 == 0 ? 0 : m[i].wanted);
    free(m);
}
END_TEST

static void sum(void *arg, const void *msg)
{
    *(uint64_t *)arg = *(uint64_t *)arg * 31 + *(const uint32_t *)msg;
}

START_TEST(a_channel_keeps_order_and_says_when_it_is_full)
{
    struct rt_chan *c;
    uint64_t got = 0, want = 0;

    ck_assert_int_eq(rt_chan_new(&c, loop, sizeof(uint32_t), 8, sum, &got), 0);
    for (uint32_t i = 1; i <= 8; i++) {
        ck_assert_int_eq(rt_chan_send(c, &i), 0);
        want = want * 31 + i;
    }
    ck_assert_int_ne(rt_chan_send(c, &(uint32_t){9}), 0);
    fake_settle();
    ck_assert_uint_eq(got, want);
    ck_assert_int_eq(rt_chan_send(c, &(uint32_t){9}), 0);
    rt_chan_free(c);
}
END_TEST

START_TEST(deferred_work_runs_once_per_round)
{
    struct rt_defer d;
    unsigned ran = 0;

    rt_defer_init(&d, loop, count, &ran);
    rt_defer_start(&d);
    rt_defer_start(&d);
    fake_settle();
    ck_assert_uint_eq(ran, 1);
    rt_defer_start(&d);
    rt_defer_stop(&d);
    fake_settle();
    ck_assert_uint_eq(ran, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rt loop");
    TCase *tc = tcase_create("rt loop");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_timer_fires_at_its_exact_millisecond);
    tcase_add_test(tc, loose_timers_fire_together_and_never_early);
    tcase_add_test(tc, a_stopped_timer_never_fires);
    tcase_add_test(tc, a_timer_may_restart_itself);
    tcase_add_test(tc, a_hundred_thousand_timers_all_fire_on_time);
    tcase_add_test(tc, a_channel_keeps_order_and_says_when_it_is_full);
    tcase_add_test(tc, deferred_work_runs_once_per_round);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
