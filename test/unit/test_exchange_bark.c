/* The distance of spectra: nothing for the same sound wherever it lies, as much as a level differs,
 * everything where there is another sound or none. */
#include "test/audio/bark.h"
#include "test/audio/wav.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#define SECOND AUDIO_RATE
#define TOTAL  (4 * SECOND)

static int16_t ref[TOTAL], rec[TOTAL + 2 * SECOND];
static struct audio_bark b;

/** Syllables: every 200 ms three other tones, 150 ms long, over a little noise. */
static void speak(int16_t *out, long from, long n)
{
    static const double hz[][3] = {{300, 900, 2500},
                                   {500, 1500, 2400},
                                   {250, 2200, 3000},
                                   {700, 1100, 2600},
                                   {400, 2000, 2700}};
    unsigned noise = 1;

    for (long i = from; i < from + n; i++) {
        const double *f = hz[i / 1600 % 5];
        double x = 0, t = (double)i / SECOND;
        for (unsigned k = 0; k < 3 && i % 1600 < 1200; k++)
            x += 4000.0 / (k + 1) * sin(2 * M_PI * f[k] * t);
        noise = noise * 1103515245u + 12345u;
        *out++ = (int16_t)(x + (double)(noise >> 16 & 31));
    }
}

static void setup(void)
{
    memset(rec, 0, sizeof rec);
    speak(ref, 0, TOTAL);
}

START_TEST(same_sound_is_at_no_distance)
{
    memcpy(rec, ref, sizeof ref);
    ck_assert_int_eq(audio_bark(&b, ref, TOTAL, rec, TOTAL, 0), 0);
    ck_assert_double_lt(b.db, 0.01);
    ck_assert_double_eq_tol(b.bad_percent, 0, 0.01);
    ck_assert(b.blocks > 300 && b.blocks < 500); /* of 496, three quarters and more are speech */
}
END_TEST

/** 250 ms later than was said, and half as loud. */
START_TEST(delay_and_gain_do_not_count)
{
    for (long i = 0; i < TOTAL; i++)
        rec[i + 2000] = (int16_t)(ref[i] / 2);
    ck_assert_int_eq(audio_bark(&b, ref, TOTAL, rec, TOTAL + 2000, 0), 0);
    ck_assert_double_lt(b.db, 0.5);
}
END_TEST

/** A pause becomes 60 ms longer, and another one 20 ms shorter. */
START_TEST(moved_pauses_do_not_count)
{
    long first = 1600 * 5 - 200, second = 1600 * 12 - 200;

    memcpy(rec, ref, (size_t)first * sizeof *rec);
    memcpy(rec + first + 480, ref + first, (size_t)(second - first) * sizeof *rec);
    memcpy(rec + second + 480, ref + second + 160, (size_t)(TOTAL - second - 160) * sizeof *rec);
    ck_assert_int_eq(audio_bark(&b, ref, TOTAL, rec, TOTAL + 320, 0), 0);
    ck_assert_double_lt(b.db, 0.3);
}
END_TEST

/** A quarter of the speech is silence: those blocks are bad. */
START_TEST(what_is_lost_counts)
{
    memcpy(rec, ref, sizeof ref);
    memset(rec + SECOND, 0, SECOND * sizeof *rec);
    ck_assert_int_eq(audio_bark(&b, ref, TOTAL, rec, TOTAL, 0), 0);
    ck_assert_double_eq_tol(b.bad_percent, 25, 4);
    ck_assert_double_gt(b.db, 2);
}
END_TEST

START_TEST(noise_counts_as_much_as_there_is)
{
    unsigned noise = 7;
    double last = 0;

    for (int peak = 50; peak <= 5000; peak *= 10) {
        for (long i = 0; i < TOTAL; i++) {
            noise = noise * 1103515245u + 12345u;
            rec[i] = (int16_t)(ref[i] + (int)(noise >> 16) % (2 * peak) - peak);
        }
        ck_assert_int_eq(audio_bark(&b, ref, TOTAL, rec, TOTAL, 0), 0);
        ck_assert_double_gt(b.db, last + 0.5);
        last = b.db;
    }
    ck_assert_double_gt(b.bad_percent, 50);
}
END_TEST

START_TEST(nothing_to_compare)
{
    static const int16_t silence[SECOND];

    ck_assert_int_eq(audio_bark(&b, ref, 100, rec, TOTAL, 0), EINVAL);
    ck_assert_int_eq(audio_bark(&b, ref, TOTAL, rec, 0, 0), EINVAL);
    ck_assert_int_eq(audio_bark(&b, ref, TOTAL, silence, SECOND, 0), 0);
    ck_assert_double_gt(b.bad_percent, 99);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bark");
    TCase *t = tcase_create("bark");
    SRunner *r = srunner_create(s);

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, same_sound_is_at_no_distance);
    tcase_add_test(t, delay_and_gain_do_not_count);
    tcase_add_test(t, moved_pauses_do_not_count);
    tcase_add_test(t, what_is_lost_counts);
    tcase_add_test(t, noise_counts_as_much_as_there_is);
    tcase_add_test(t, nothing_to_compare);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
