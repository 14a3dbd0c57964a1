/* Series of sound: what goes into a step, and how steps become longer. */
#include "gw/call_sound.h"

#include <check.h>
#include <stdlib.h>

static struct gw_sound_series s;
static struct media_stats now;

static void setup(void)
{
    s = (struct gw_sound_series){.n = 0};
    now = (struct media_stats){.rx_packets = 0};
}

static void teardown(void)
{
    gw_sound_release(&s);
}

/** 10 s pass: packets that came and were lost, the score of the interval. */
static void step(unsigned came, unsigned lost, uint16_t mos, uint32_t jitter_us)
{
    now.rx_packets += came;
    now.lost += lost;
    now.heard.mos_cq = mos;
    now.jitter_us = jitter_us;
    gw_sound_add(&s, &now);
}

static void is(unsigned i, uint16_t mos, uint16_t loss, uint16_t jitter)
{
    ck_assert_uint_lt(i, s.n);
    ck_assert_uint_eq(s.point[i].mos, mos);
    ck_assert_uint_eq(s.point[i].loss, loss);
    ck_assert_uint_eq(s.point[i].jitter, jitter);
}

START_TEST(a_step_has_what_happened_in_it)
{
    step(500, 0, 440, 1200);
    step(450, 50, 320, 20000);
    step(500, 0, 430, 1000);
    ck_assert_uint_eq(s.n, 3);
    is(0, 440, 0, 120);
    is(1, 320, 100, 2000); /* 50 of 500 */
    is(2, 430, 0, 100);
    ck_assert_int_eq(gw_sound_step(&s), 10 * RT_S);
}
END_TEST

START_TEST(without_a_packet_nothing_is_known)
{
    step(500, 0, 440, 1200);
    step(0, 0, 440, 1200); /* media keeps its last figures */
    is(1, 0, 0, 120);
    ck_assert_uint_eq(s.point[1].packets, 0);
}
END_TEST

START_TEST(packets_that_come_late_are_no_loss)
{
    step(490, 10, 400, 0);
    now.lost -= 5;
    step(505, 0, 400, 0);
    is(0, 400, 20, 0);
    is(1, 400, 0, 0);
}
END_TEST

START_TEST(another_port_begins_anew)
{
    step(5000, 100, 400, 0);
    now = (struct media_stats){.rx_packets = 0};
    step(400, 100, 300, 0);
    is(1, 300, 200, 0);
}
END_TEST

START_TEST(two_steps_become_one_when_all_are_full)
{
    for (unsigned i = 0; i < GW_SOUND_STEPS; i++)
        step(500, 0, i % 2 ? 400 : 200, i % 2 ? 1000 : 3000);
    ck_assert_uint_eq(s.n, GW_SOUND_STEPS);
    step(500, 500, 100, 0);
    ck_assert_uint_eq(s.n, GW_SOUND_STEPS / 2 + 1);
    ck_assert_int_eq(gw_sound_step(&s), 20 * RT_S);
    is(0, 300, 0, 200);
    is(31, 300, 0, 200);
    is(32, 100, 500, 0); /* half of its time */
    step(500, 0, 300, 1000);
    ck_assert_uint_eq(s.n, GW_SOUND_STEPS / 2 + 1);
    is(32, 200, 250, 50);
    step(500, 0, 440, 0);
    ck_assert_uint_eq(s.n, GW_SOUND_STEPS / 2 + 2);
}
END_TEST

START_TEST(what_one_half_does_not_know_is_the_others)
{
    for (unsigned i = 0; i < GW_SOUND_STEPS; i++)
        step(i % 2 ? 500 : 0, 0, 400, 1000);
    step(500, 0, 400, 1000);
    is(0, 400, 0, 100);
}
END_TEST

START_TEST(a_day_fits)
{
    for (unsigned i = 0; i < 8640; i++)
        step(500, 5, 410, 2000);
    ck_assert_uint_le(s.n, GW_SOUND_STEPS);
    ck_assert_int_eq(gw_sound_step(&s), 2560 * RT_S); /* 64 of 1280 s are less than a day */
    for (unsigned i = 0; i < s.n; i++)
        is(i, 410, 9, 200); /* 5 of 505 */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("call_sound");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_step_has_what_happened_in_it);
    tcase_add_test(tc, without_a_packet_nothing_is_known);
    tcase_add_test(tc, packets_that_come_late_are_no_loss);
    tcase_add_test(tc, another_port_begins_anew);
    tcase_add_test(tc, two_steps_become_one_when_all_are_full);
    tcase_add_test(tc, what_one_half_does_not_know_is_the_others);
    tcase_add_test(tc, a_day_fits);
    suite_add_tcase(suite, tc);
    SRunner *sr = srunner_create(suite);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
