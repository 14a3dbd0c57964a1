/* Waveform concealment and time scaling by themselves. */
#include "codec/conceal.h"
#include "codec/stretch.h"

#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <spandsp.h>

/** A vowel whose pitch moves between 100 and 160 Hz, with some breath. */
static void vowel(int16_t *pcm, size_t n)
{
    double phase = 0;
    uint32_t seed = 1;

    for (size_t i = 0; i < n; i++) {
        double v = 0;
        seed = seed * 1664525u + 1013904223u;
        phase += (130 + 30 * sin(2 * M_PI * 0.9 * (double)i / 8000)) / 8000;
        for (int h = 1; h <= 20; h++)
            v += sin(2 * M_PI * h * phase) * exp(-pow((h * 130 - 600) / 500.0, 2));
        pcm[i] = (int16_t)(2500 * v + (double)(int32_t)seed / 2147483648.0 * 200);
    }
}

static double error_of(const int16_t *a, const int16_t *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)(a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

START_TEST(speech_is_made_up_at_least_as_well_as_by_spandsp)
{
    static int16_t said[80000], made[160];
    double ours = 0, theirs = 0;

    vowel(said, 80000);
    for (size_t at = 800; at + 400 < 80000; at += 560) {
        struct conceal c;
        plc_state_t *plc = plc_init(NULL);
        conceal_start(&c, said + at);
        conceal_make(&c, made, 160);
        ours += error_of(made, said + at, 160);
        plc_rx(plc, said + at - 480, 480);
        plc_fillin(plc, made, 160);
        theirs += error_of(made, said + at, 160);
        plc_free(plc);
    }
    ck_assert_double_le(ours, theirs);
}
END_TEST

START_TEST(what_is_made_up_starts_where_the_sound_ended)
{
    static int16_t said[80000];
    int16_t made[640];
    struct conceal c;

    vowel(said, 80000);
    for (size_t at = 800; at < 79000; at += 333) {
        int step = 0;
        for (size_t i = at - 400; i < at; i++) {
            int d = abs(said[i] - said[i - 1]);
            step = d > step ? d : step;
        }
        conceal_start(&c, said + at);
        conceal_make(&c, made, 640);
        ck_assert_int_le(abs(made[0] - said[at - 1]), step + step / 2);
        for (unsigned i = 1; i < 640; i++) /* nowhere a step that was not in the sound */
            ck_assert_int_le(abs(made[i] - made[i - 1]), step + step / 2);
        for (unsigned i = 480; i < 640; i++)
            ck_assert_int_eq(made[i], 0);
    }
}
END_TEST

START_TEST(extremes_do_not_overflow)
{
    int16_t said[480], made[160];
    struct conceal c;

    for (unsigned i = 0; i < 480; i++)
        said[i] = i / 25 % 2 ? INT16_MAX : INT16_MIN;
    conceal_start(&c, said + 480);
    conceal_make(&c, made, 160);
    for (unsigned i = 0; i < 80; i++) /* period 50: the square wave goes on */
        ck_assert_int_eq(made[i], (480 + i) / 25 % 2 ? INT16_MAX : INT16_MIN);
    memset(said, 0, sizeof said);
    conceal_start(&c, said + 480);
    conceal_make(&c, made, 160);
    for (unsigned i = 0; i < 160; i++)
        ck_assert_int_eq(made[i], 0);
}
END_TEST

START_TEST(a_period_is_found)
{
    int16_t x[400];
    float alike;

    for (int i = 0; i < 400; i++) /* period 64: 125 Hz and its fifth harmonic */
        x[i] = (int16_t)(5000 * sin(2 * M_PI * i / 64) + 3000 * sin(2 * M_PI * 5 * i / 64 + 1));
    ck_assert_int_eq(stretch_find(x, 20, 100, &alike), 64);
    ck_assert_float_gt(alike, 0.999f);
    ck_assert_int_eq(stretch_find(x + 200, -100, -20, &alike), -64);
    ck_assert_float_gt(alike, 0.999f);
    stretch_find(x, 20, 40, &alike);
    ck_assert_float_lt(alike, 0.8f);
}
END_TEST

START_TEST(a_fade_starts_here_and_ends_there)
{
    int16_t x[240], out[80];

    for (int i = 0; i < 240; i++)
        x[i] = (int16_t)(i < 80 ? 1600 : i < 160 ? 0 : -1600);
    stretch_fade(out, x, 80);
    ck_assert_int_eq(out[0], 1590); /* 1600 * 159 / 160 */
    ck_assert_int_eq(out[79], 10);
    stretch_fade(out, x + 160, -80);
    ck_assert_int_eq(out[0], -1590);
    ck_assert_int_eq(out[79], -10);
    ck_assert_int_eq(stretch_peak(x, 240), 1600);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("conceal");
    TCase *c = tcase_create("waveform");

    tcase_add_test(c, speech_is_made_up_at_least_as_well_as_by_spandsp);
    tcase_add_test(c, what_is_made_up_starts_where_the_sound_ended);
    tcase_add_test(c, extremes_do_not_overflow);
    tcase_add_test(c, a_period_is_found);
    tcase_add_test(c, a_fade_starts_here_and_ends_there);
    suite_add_tcase(s, c);
    SRunner *run = srunner_create(s);
    srunner_run_all(run, CK_NORMAL);
    int failed = srunner_ntests_failed(run);
    srunner_free(run);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
