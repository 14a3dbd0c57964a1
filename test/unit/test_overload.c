/* Admission by CPU time, with a clock and a thread that use what they are told to. */
#include "test/unit/watch_rig.h"

#include "gw/overload.h"

#define STEP (100 * RT_MS)

static rt_time used;

static void setup(void)
{
    used = 0;
    fake_thread_cpu(0);
    start_with("");
    (void)gw_overload_refuses(gw->overload); /* the first call: from now on it is measured */
}

/** The thread uses so much of a CPU, in thousandths, for so many steps of 100 ms. */
static void burn(unsigned permille, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        used += permille * STEP / 1000;
        fake_thread_cpu(used);
        fake_advance(STEP);
    }
}

static struct gw_overload_status status(void)
{
    struct gw_overload_status s;

    gw_overload_status(gw->overload, &s);
    return s;
}

/** How many of `n` calls that come at once are let in. */
static unsigned let_in(unsigned n)
{
    unsigned in = 0;

    while (n-- > 0)
        if (!gw_overload_refuses(gw->overload)) {
            gw_overload_took(gw->overload);
            in++;
        }
    return in;
}

/** A burst is no overload: half a second has to be seen first, and then more than 90 %. */
START_TEST(it_begins_above_the_upper_bound)
{
    burn(901, 4);
    ck_assert(!status().over);
    fake_advance(STEP - RT_MS);
    used += 90100;
    fake_thread_cpu(used);
    ck_assert(!status().over);
    fake_advance(RT_MS);
    ck_assert(status().over);
    ck_assert_uint_eq(status().cpu, 901);
}
END_TEST

START_TEST(at_the_bound_it_does_not_begin)
{
    burn(900, 15);
    ck_assert(!status().over);
    ck_assert_uint_eq(let_in(1000), 1000);
}
END_TEST

/** Between the bounds all stays as it is; below the lower one for a second, it ends. Of a window of
 * ten steps at 850, one without work leaves 765. */
START_TEST(it_ends_below_the_lower_bound)
{
    burn(950, 10);
    ck_assert(status().over);
    burn(850, 30);
    ck_assert(status().over);
    ck_assert_uint_eq(status().cpu, 850);
    burn(0, 9);
    ck_assert(status().over);
    burn(0, 1);
    ck_assert(!status().over);
}
END_TEST

/** 20 calls in the second before: of those 18 a second, then a tenth less each step. */
START_TEST(the_rate_falls_by_tenths_and_rises_by_twentieths)
{
    burn(950, 4);
    ck_assert_uint_eq(let_in(20), 20);
    burn(950, 1);
    ck_assert(status().over);
    ck_assert_double_eq_tol(status().rate, 18, 1e-9);
    burn(950, 1);
    ck_assert_double_eq_tol(status().rate, 16.2, 1e-9);
    burn(850, 20);
    double held = status().rate;
    burn(850, 5);
    ck_assert_double_eq_tol(status().rate, held, 1e-9);
    burn(0, 2); /* 765, 680 */
    ck_assert_double_eq_tol(status().rate, held * 1.05 * 1.05, 1e-9);
}
END_TEST

/** At 18 a second a call each 55 ms; the one that waits longest finds a token. */
START_TEST(calls_above_the_rate_are_refused)
{
    unsigned in = 0;

    burn(950, 4);
    (void)let_in(100);
    burn(950, 1);
    ck_assert_double_eq_tol(status().rate, 90, 1e-9);
    burn(850, 20); /* held at what it is then */
    double rate = status().rate;
    (void)let_in(1000);
    for (unsigned i = 0; i < 50; i++) {
        burn(850, 1);
        in += let_in(1000);
    }
    ck_assert_uint_ge(in, (unsigned)(5 * rate) - 1);
    ck_assert_uint_le(in, (unsigned)(5 * rate) + 1);
}
END_TEST

/** Calls that pass whatever happens are counted, so others wait for them, but not for ever. */
START_TEST(the_rate_never_falls_below_one_a_second)
{
    burn(1000, 100);
    ck_assert(status().over);
    ck_assert_double_eq_tol(status().rate, 1, 1e-9);
    for (unsigned i = 0; i < 1000; i++)
        gw_overload_took(gw->overload);
    burn(1000, 30);
    ck_assert_uint_eq(let_in(10), 1);
}
END_TEST

/** The loop stands still for so long. It comes as late to the tick of 20 ms that it missed. */
static void stand_still(rt_time d)
{
    fake_process_stall(0, d);
    fake_advance(d);
}

/** The tick that was due 20 ms after the loop stopped comes 200 ms late, which is not too late; and
 * 201, which is. */
START_TEST(it_begins_when_it_is_late)
{
    stand_still(220 * RT_MS);
    fake_advance(STEP);
    ck_assert(!status().over);
    ck_assert_int_eq(status().queue, 200 * RT_MS);
    fake_advance(10 * STEP);
    stand_still(221 * RT_MS);
    fake_advance(STEP);
    ck_assert(status().over);
    ck_assert_int_eq(status().queue, 201 * RT_MS);
}
END_TEST

/** The loop stops for 80 of each 100 ms: its ticks come 60 ms late, which is not yet in time. With
 * 60 they come 40 ms late; three instead of five come in each 100 ms, so ten steps take 1.7 s. */
START_TEST(it_ends_when_it_is_in_time)
{
    stand_still(300 * RT_MS);
    fake_advance(STEP);
    ck_assert(status().over);
    for (unsigned i = 0; i < 50; i++) {
        stand_still(80 * RT_MS);
        fake_advance(20 * RT_MS);
    }
    ck_assert(status().over);
    ck_assert_int_eq(status().queue, 60 * RT_MS);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert(i > 15 || status().over);
        stand_still(60 * RT_MS);
        fake_advance(40 * RT_MS);
    }
    ck_assert(!status().over);
}
END_TEST

/** Nobody calls: nothing is measured, and the next call is welcome. */
START_TEST(without_calls_it_sleeps)
{
    burn(500, 30);
    burn(1000, 100);
    ck_assert(!status().over);
    ck_assert_uint_eq(let_in(1), 1);
}
END_TEST

START_TEST(it_can_be_switched_off)
{
    stop();
    used = 0;
    fake_thread_cpu(0);
    start_with("overload {\n off\n}\n");
    (void)gw_overload_refuses(gw->overload);
    burn(1000, 15);
    ck_assert(!status().over);
}
END_TEST

START_TEST(bounds_are_the_plans)
{
    stop();
    used = 0;
    fake_thread_cpu(0);
    start_with("overload {\n cpu 50% until 40%\n queue 1s until 100ms\n}\n");
    ck_assert_uint_eq(gw->plan->overload.cpu, 500);
    ck_assert_uint_eq(gw->plan->overload.cpu_until, 400);
    ck_assert_int_eq(gw->plan->overload.queue, RT_S);
    ck_assert_int_eq(gw->plan->overload.queue_until, 100 * RT_MS);
    (void)gw_overload_refuses(gw->overload);
    burn(510, 5);
    ck_assert(status().over);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {it_begins_above_the_upper_bound,
                                  at_the_bound_it_does_not_begin,
                                  it_ends_below_the_lower_bound,
                                  the_rate_falls_by_tenths_and_rises_by_twentieths,
                                  calls_above_the_rate_are_refused,
                                  the_rate_never_falls_below_one_a_second,
                                  it_begins_when_it_is_late,
                                  it_ends_when_it_is_in_time,
                                  without_calls_it_sleeps,
                                  it_can_be_switched_off,
                                  bounds_are_the_plans};
    Suite *s = suite_create("overload");
    TCase *t = tcase_create("overload");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, stop);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
