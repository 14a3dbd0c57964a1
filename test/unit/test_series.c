/* Samples of seconds and minutes, by hand. */
#include "test/unit/watch_rig.h"

#include "gw/cdr.h"
#include "gw/performance.h"
#include "gw/series.h"

static void setup(void)
{
    start_with("");
}

static void note(enum gw_performance_what what, uint8_t cause)
{
    gw_series_note(gw->series,
                   &(struct gw_performance_event){.what = what, .cause = cause, .seized = true});
}

static unsigned count(bool minutes)
{
    unsigned n = 0;

    while (gw_series_at(gw->series, minutes, n))
        n++;
    return n;
}

static const struct gw_sample *newest(bool minutes)
{
    unsigned n = count(minutes);

    ck_assert_uint_gt(n, 0);
    return gw_series_at(gw->series, minutes, n - 1);
}

/** Three attempts: one answered, one busy, one that the network failed. */
START_TEST(a_second_has_what_was_in_it)
{
    struct gw_cdr r = {.start_time = 10 * RT_S,
                       .ring_time = 12 * RT_S,
                       .answer_time = 15 * RT_S,
                       .talk_ms = 61000,
                       .mos_a = 410,
                       .mos_b = 390};
    struct gw_cdr unanswered = {.start_time = 10 * RT_S, .ring_time = 11 * RT_S};
    struct gw_cdr attempt = r;

    for (unsigned i = 0; i < 3; i++) {
        note(GW_PERFORMANCE_ATTEMPT, 0);
        note(GW_PERFORMANCE_SEIZED, 0);
    }
    note(GW_PERFORMANCE_ANSWERED, 0);
    note(GW_PERFORMANCE_ENDED, 17); /* user busy: the network did what it should */
    note(GW_PERFORMANCE_ENDED, 38);
    gw_series_calls(gw->series, 7);
    gw_series_calls(gw->series, 5);
    gw_series_record(gw->series, &r);
    gw_series_record(gw->series, &unanswered);
    attempt.attempt = 1; /* the call's own record has it all */
    gw_series_record(gw->series, &attempt);
    fake_advance(1010 * RT_MS);
    const struct gw_sample *s = newest(false);
    ck_assert_uint_eq(s->attempts, 3);
    ck_assert_uint_eq(s->seizures, 3);
    ck_assert_uint_eq(s->answers, 1);
    ck_assert_uint_eq(s->effective, 2);
    ck_assert_uint_eq(s->calls, 0);
    ck_assert_uint_eq(s->peak, 7);
    ck_assert_uint_eq(s->ended, 1);
    ck_assert_uint_eq(s->talk_ms, 61000);
    ck_assert_uint_eq(s->rung, 2);
    ck_assert_uint_eq(s->pdd_ms, 3000);
    ck_assert_uint_eq(s->mos, 2);
    ck_assert_uint_eq(s->mos_sum, 800);
    fake_advance(RT_S);
    ck_assert_uint_eq(count(false), 2);
    ck_assert_uint_eq(newest(false)->attempts, 0);
    ck_assert_uint_eq(newest(false)->peak, 0);
    ck_assert_int_eq(newest(false)->at - s->at, RT_S);
}
END_TEST

START_TEST(a_minute_is_the_sum_of_its_seconds)
{
    for (unsigned i = 0; i < 180; i++) {
        note(GW_PERFORMANCE_ATTEMPT, 0);
        gw_series_calls(gw->series, i % 10);
        fake_advance(RT_S);
    }
    ck_assert_uint_ge(count(true), 2);
    const struct gw_sample *s = newest(true);
    ck_assert_uint_eq(s->attempts, 60);
    ck_assert_uint_eq(s->peak, 9);
    ck_assert_int_eq(
        s->at / (60 * RT_S) - gw_series_at(gw->series, true, count(true) - 2)->at / (60 * RT_S), 1);
}
END_TEST

START_TEST(five_minutes_and_a_day_are_kept)
{
    fake_advance(400 * RT_S);
    ck_assert_uint_eq(count(false), GW_SERIES_SECONDS);
    rt_time first = gw_series_at(gw->series, false, 0)->at;
    ck_assert_int_eq(newest(false)->at - first, (GW_SERIES_SECONDS - 1) * RT_S);
    fake_advance(25 * 3600 * RT_S);
    ck_assert_uint_eq(count(true), GW_SERIES_MINUTES);
}
END_TEST

START_TEST(without_series_nothing_happens)
{
    struct gw_cdr r = {.seq = 1};

    gw_series_calls(NULL, 1);
    gw_series_note(NULL, NULL);
    gw_series_record(NULL, &r);
    ck_assert_ptr_null(gw_series_at(NULL, true, 0));
    gw_series_free(NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("series");
    TCase *t = tcase_create("series");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, stop);
    tcase_add_test(t, a_second_has_what_was_in_it);
    tcase_add_test(t, a_minute_is_the_sum_of_its_seconds);
    tcase_add_test(t, five_minutes_and_a_day_are_kept);
    tcase_add_test(t, without_series_nothing_happens);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
