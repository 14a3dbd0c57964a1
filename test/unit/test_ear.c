/* DTMF in sixteen lanes at once: levels, twist, frequencies, times, noise and dial tone as ITU-T
 * Q.24 has them for its operators, the muting of the tone, and speech. */
#include "test/unit/ear_sound.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <tiffio.h>
#include <spandsp.h>

static const char all[] = "123A456B789C*0#D";
static const struct digit usual = {.on = 40, .off = 40, .low = -10, .high = -10};

static struct sound sound;
static struct found found[LANES];

static void setup(void)
{
    sound.n = 0;
    sound_silence(&sound, 100);
}

/** All lanes heard these digits. */
static void expect(const char *digits, const char *what)
{
    sound_hear(&sound, found, EAR_DTMF, NULL);
    for (unsigned l = 0; l < LANES; l++) {
        ck_assert_msg(strcmp(found[l].digits, digits) == 0, "%s, lane %u: %s, not %s", what, l,
                      found[l].digits, digits);
        ck_assert_msg(strcmp(found[l].ended, digits) == 0, "%s, lane %u: ended %s, not %s", what, l,
                      found[l].ended, digits);
    }
}

/** The same digits in tones of one kind, from an empty sound. */
static void expect_kind(const struct digit *d, const char *digits, const char *what)
{
    setup();
    sound_digits(&sound, all, d);
    expect(digits, what);
}

START_TEST(levels_from_0_to_26_below_are_digits)
{
    for (int level = 0; level >= -26; level -= 2) {
        struct digit d = usual;
        char what[32];
        d.low = d.high = level;
        snprintf(what, sizeof what, "%d dBm0", level);
        expect_kind(&d, all, what);
    }
}
END_TEST

START_TEST(what_is_36_below_is_none)
{
    struct digit d = usual;

    d.on = 200;
    d.low = d.high = -36;
    expect_kind(&d, "", "-36 dBm0");
}
END_TEST

START_TEST(either_tone_may_be_8_dB_weaker_but_not_12)
{
    static const struct {
        double low, high;
        bool good;
    } t[] = {{-10, -2, true},  {-4, -12, true},  {-18, -26, true},
             {-26, -18, true}, {-16, -4, false}, {-4, -16, false}};

    for (unsigned i = 0; i < sizeof t / sizeof *t; i++) {
        struct digit d = usual;
        char what[32];
        d.low = t[i].low;
        d.high = t[i].high;
        snprintf(what, sizeof what, "%.0f/%.0f dBm0", d.low, d.high);
        expect_kind(&d, t[i].good ? all : "", what);
    }
}
END_TEST

START_TEST(frequencies_off_by_a_part_and_a_half_in_a_hundred_are_digits)
{
    for (int low = -1; low <= 1; low++)
        for (int high = -1; high <= 1; high++) {
            struct digit d = usual;
            char what[48];
            d.part_low = 0.015 * low;
            d.part_high = 0.015 * high;
            d.hz_low = 2 * low;
            d.hz_high = 2 * high;
            snprintf(what, sizeof what, "%+d/%+d times 1.5 %% + 2 Hz", low, high);
            expect_kind(&d, all, what);
        }
}
END_TEST

START_TEST(frequencies_off_by_three_and_a_half_are_none)
{
    for (int low = -1; low <= 1; low++)
        for (int high = -1; high <= 1; high++) {
            struct digit d = usual;
            char what[32];
            if (!low && !high)
                continue;
            d.on = 100;
            d.part_low = 0.035 * low;
            d.part_high = 0.035 * high;
            snprintf(what, sizeof what, "%+d/%+d times 3.5 %%", low, high);
            expect_kind(&d, "", what);
        }
}
END_TEST

START_TEST(tones_of_23_ms_are_none)
{
    struct digit d = usual;

    for (d.on = 5; d.on <= 23; d.on += 3)
        expect_kind(&d, "", "short");
}
END_TEST

START_TEST(lengths_are_measured)
{
    static const unsigned lengths[] = {40, 50, 67, 100, 133, 250, 1000};

    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct digit d = usual;
        d.on = lengths[i];
        expect_kind(&d, all, "lengths");
        for (unsigned l = 0; l < LANES; l++)
            for (unsigned k = 0; k < 16; k++)
                ck_assert_msg(abs((int)found[l].ms[k] - (int)lengths[i]) <= 3, "%u ms, not %u",
                              found[l].ms[k], lengths[i]);
    }
}
END_TEST

START_TEST(the_same_digit_again_after_40_ms_is_another)
{
    sound_digits(&sound, "5555500000****", &usual);
    expect("5555500000****", "again");
}
END_TEST

START_TEST(interruptions_of_10_ms_are_bridged)
{
    struct digit part = usual;

    for (unsigned i = 0; i < 16; i++) {
        char c = all[i];
        part.off = 10;
        sound_digit(&sound, c, &part);
        part.on = 60;
        sound_digit(&sound, c, &part);
        part.off = 40;
        sound_digit(&sound, c, &part);
    }
    expect(all, "interrupted");
}
END_TEST

START_TEST(digits_follow_each_other_without_a_pause)
{
    struct digit d = usual;

    d.on = 60;
    d.off = 0;
    sound_digits(&sound, "1590DC", &d);
    expect("1590DC", "no pause");
}
END_TEST

START_TEST(noise_15_dB_below_does_no_harm)
{
    for (uint32_t seed = 1; seed <= 12; seed++) {
        setup();
        for (unsigned k = 0; k < 6; k++)
            sound_digits(&sound, all, &usual);
        /* both tones together have -7 dBm0 */
        sound_noise(&sound, -22, seed);
        expect("123A456B789C*0#D123A456B789C*0#D123A456B789C*0#D"
               "123A456B789C*0#D123A456B789C*0#D123A456B789C*0#D",
               "noise");
    }
}
END_TEST

START_TEST(all_at_once_is_tolerated)
{
    static const double twist[] = {-6, 0, 6};

    for (uint32_t i = 0; i < 12; i++) {
        struct digit d = usual;
        d.on = 50;
        d.low = -12 - twist[i % 3] / 2;
        d.high = -12 + twist[i % 3] / 2;
        d.part_low = i & 1 ? 0.015 : -0.015;
        d.part_high = i & 2 ? 0.015 : -0.015;
        d.hz_low = i & 1 ? 2 : -2;
        d.hz_high = i & 2 ? 2 : -2;
        setup();
        sound_digits(&sound, all, &d);
        sound_noise(&sound, -9 - 15, i + 1); /* 15 dB below both tones */
        expect(all, "all at once");
    }
}
END_TEST

START_TEST(dial_tone_does_no_harm)
{
    static const struct {
        double hz[2], dbm0;
    } tones[] = {{{350, 440}, -13}, {{425, 0}, -10}, {{350, 450}, -13}, {{400, 0}, -10}};

    for (unsigned i = 0; i < sizeof tones / sizeof *tones; i++)
        for (int level = -4; level >= -16; level -= 4) {
            struct digit d = usual;
            d.on = d.off = 50;
            d.low = d.high = level;
            setup();
            sound_silence(&sound, 400);
            sound_digits(&sound, all, &d);
            for (unsigned k = 0; k < 2; k++)
                if (tones[i].hz[k] > 0)
                    sound_mix(&sound, 800, sound.n, tones[i].hz[k], tones[i].dbm0, k);
            char what[64];
            snprintf(what, sizeof what, "%.0f + %.0f Hz, digits of %d dBm0", tones[i].hz[0],
                     tones[i].hz[1], level);
            expect(all, what);
        }
}
END_TEST

START_TEST(noise_and_single_tones_are_no_digits)
{
    sound_silence(&sound, 20000);
    sound_noise(&sound, -10, 7);
    for (double hz = 300; hz < 3400; hz += 23)
        sound_sines(&sound, 60, hz, -6, 0, 0);
    for (double hz = 300; hz < 3000; hz += 37) /* a rich sound: six harmonics */
        for (unsigned k = 1; k <= 6; k++)
            if (k == 1)
                sound_sines(&sound, 60, hz / 2, -10, 0, 0);
            else
                sound_mix(&sound, sound.n - 480, sound.n, hz / 2 * k, -10 - 2.0 * k, k);
    expect("", "no digits");
}
END_TEST

START_TEST(times_are_the_configurations)
{
    const struct ear_config config = {.on = 65, .on_none = 45, .off = 80, .off_none = 50};
    struct digit d = usual;
    struct ear_bank *b;

    sound_digits(&sound, "12", &d); /* 40 ms: too short */
    d.on = 65;
    d.off = 50;
    sound_digits(&sound, "33", &d); /* one: the pause is none */
    d.off = 80;
    sound_digits(&sound, "344", &d);
    sound_hear(&sound, found, EAR_DTMF, &config);
    for (unsigned l = 0; l < LANES; l++)
        ck_assert_str_eq(found[l].digits, "344");
    const struct ear_config wrong = {.on = 20, .on_none = 23, .off = 40, .off_none = 10};
    ck_assert_int_ne(ear_bank_new(&b, &wrong), 0);
}
END_TEST

/** Samples of a tone that pass before muting begins, and blocks muted in all. */
static unsigned leak(unsigned delay, bool spandsp, unsigned *muted)
{
    static int16_t pcm[LANES][EAR_BLOCK];
    struct ear_heard heard[LANES];
    dtmf_rx_state_t *rx = dtmf_rx_init(NULL, NULL, NULL);
    struct ear_bank *b;
    unsigned passed = 0;

    ear_bank_new(&b, NULL);
    ear_lane_start(b, 3, EAR_DTMF);
    *muted = 0;
    for (size_t at = 0; at < sound.n; at += EAR_BLOCK) {
        unsigned tone = 0;
        for (unsigned i = 0; i < EAR_BLOCK; i++) {
            pcm[3][i] = sound_sample(&sound, (long)(at + i) - (long)delay);
            tone += at + i >= 800 + delay && at + i < 1600 + delay;
        }
        ear_bank_listen(b, 1 << 3, (const int16_t(*)[EAR_BLOCK])pcm, heard);
        dtmf_rx(rx, pcm[3], EAR_BLOCK);
        bool hush = spandsp ? dtmf_rx_status(rx) != 0 : heard[3].hush;
        passed += hush ? 0 : tone;
        *muted += hush;
    }
    ear_bank_free(b);
    dtmf_rx_free(rx);
    return passed;
}

START_TEST(little_of_a_tone_passes_as_voice)
{
    unsigned sum = 0, sum_spandsp = 0;
    struct digit d = usual;

    d.on = d.off = 100;
    sound_digit(&sound, '5', &d);
    sound_silence(&sound, 100);
    sound_noise(&sound, -50, 3); /* a line, not a void */
    for (unsigned delay = 0; delay < 408; delay++) {
        unsigned muted, others, ours = leak(delay, false, &muted);
        sum += ours;
        sum_spandsp += leak(delay, true, &others);
        ck_assert_msg(ours <= 92, "%u samples pass with delay %u", ours, delay);
        ck_assert_uint_le(muted, 14); /* 100 ms of tone, and until its end is certain */
    }
    ck_assert_msg(sum < sum_spandsp, "%u samples pass, spandsp %u", sum, sum_spandsp);
    printf("passes as voice: %.1f ms on average, spandsp %.1f ms\n", sum / 408.0 / 8,
           sum_spandsp / 408.0 / 8);
}
END_TEST

/** Gives all lanes the sound's next blocks, and the bank those of `active`. */
static void go_on(struct ear_bank *b, uint16_t active, unsigned blocks, struct ear_heard *heard)
{
    static int16_t pcm[LANES][EAR_BLOCK];
    static size_t at;

    for (; blocks > 0; blocks--, at += EAR_BLOCK) {
        for (unsigned l = 0; l < LANES; l++)
            for (unsigned i = 0; i < EAR_BLOCK; i++)
                pcm[l][i] = sound_sample(&sound, (long)(at + i));
        ear_bank_listen(b, active, (const int16_t(*)[EAR_BLOCK])pcm, heard);
    }
}

START_TEST(lanes_start_stop_and_rest)
{
    struct ear_heard heard[LANES];
    struct ear_bank *b;

    sound.n = 0;
    sound_sines(&sound, 1000, 770, -10, 1336, -10);
    ear_bank_new(&b, NULL);
    ear_lane_start(b, 0, EAR_DTMF);
    ear_lane_start(b, 1, EAR_DTMF);
    ear_lane_start(b, 2, EAR_CNG);
    ear_lane_start(b, 99, EAR_DTMF);
    go_on(b, 0x000d, 20, heard);
    ck_assert_int_eq(heard[0].digit, '5');
    ck_assert(heard[0].hush);
    ck_assert_uint_eq(heard[0].serial, 1);
    ck_assert_int_le(abs((int)ear_lane_digit_ms(b, 0) - 195), 5);
    ck_assert_int_eq(heard[1].digit, 0);
    ck_assert_uint_eq(heard[1].serial, 0);
    ck_assert_int_eq(heard[2].digit, 0);
    ck_assert_uint_eq(ear_lane_digit_ms(b, 1), 0);
    ear_lane_stop(b, 0);
    ear_lane_want(b, 2, EAR_CNG | EAR_DTMF);
    go_on(b, 0xffff, 1, heard);
    ck_assert_int_eq(heard[0].digit, 0);
    ck_assert(!heard[0].hush);
    ear_lane_start(b, 0, EAR_DTMF);
    go_on(b, 0xffff, 6, heard);
    for (unsigned l = 0; l < 3; l++) {
        ck_assert_int_eq(heard[l].digit, '5');
        ck_assert_uint_eq(heard[l].serial, 1);
    }
    ear_bank_free(b);
    ear_bank_free(NULL);
}
END_TEST

/* ---- speech ---- */

static unsigned others;

static void other_digit(void *arg, int code, int level, int delay)
{
    (void)arg;
    (void)level;
    (void)delay;
    others += code != 0;
}

/** Appends a recording (44 octets of header, 16 bit, 8 kHz) as far as there is room. */
static void append(const char *path)
{
    FILE *f = fopen(path, "rb");
    int16_t x;

    if (!f || fseek(f, 44, SEEK_SET) != 0)
        return;
    while (sound.n < SOUND_MS * 8 && fread(&x, sizeof x, 1, f) == 1)
        sound.x[sound.n++] = x;
    fclose(f);
}

START_TEST(speech_is_no_digit)
{
    dtmf_rx_state_t *rx = dtmf_rx_init(NULL, NULL, NULL);
    unsigned ours = 0, hushed = 0;
    glob_t g;

    if (glob("/usr/share/asterisk/sounds/en_US_f_Allison/vm-*.wav", 0, NULL, &g) != 0) {
        printf("no recorded speech here (asterisk-core-sounds-en-wav): not tried\n");
        return;
    }
    dtmf_rx_set_realtime_callback(rx, other_digit, NULL);
    for (size_t i = 0; i < g.gl_pathc; i++)
        append(g.gl_pathv[i]);
    for (size_t i = 0; i < sound.n; i++) {
        int16_t x = sound_sample(&sound, (long)i);
        dtmf_rx(rx, &x, 1);
    }
    sound_hear(&sound, found, EAR_DTMF, NULL); /* sixteen ways of cutting it into blocks */
    for (unsigned l = 0; l < LANES; l++) {
        ours += found[l].n;
        hushed += found[l].hushed;
    }
    printf("speech: %.0f s, %u digits, spandsp %u\n", (double)sound.n / 8000, ours, others);
    ck_assert_uint_eq(ours, 0);
    ck_assert_uint_le(ours, others);
    ck_assert_uint_le(hushed, 16 * 60); /* 1 % muted would be too much */
    globfree(&g);
    dtmf_rx_free(rx);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ear");
    TCase *tc = tcase_create("DTMF");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, levels_from_0_to_26_below_are_digits);
    tcase_add_test(tc, what_is_36_below_is_none);
    tcase_add_test(tc, either_tone_may_be_8_dB_weaker_but_not_12);
    tcase_add_test(tc, frequencies_off_by_a_part_and_a_half_in_a_hundred_are_digits);
    tcase_add_test(tc, frequencies_off_by_three_and_a_half_are_none);
    tcase_add_test(tc, tones_of_23_ms_are_none);
    tcase_add_test(tc, lengths_are_measured);
    tcase_add_test(tc, the_same_digit_again_after_40_ms_is_another);
    tcase_add_test(tc, interruptions_of_10_ms_are_bridged);
    tcase_add_test(tc, digits_follow_each_other_without_a_pause);
    tcase_add_test(tc, noise_15_dB_below_does_no_harm);
    tcase_add_test(tc, all_at_once_is_tolerated);
    tcase_add_test(tc, dial_tone_does_no_harm);
    tcase_add_test(tc, noise_and_single_tones_are_no_digits);
    tcase_add_test(tc, times_are_the_configurations);
    tcase_add_test(tc, little_of_a_tone_passes_as_voice);
    tcase_add_test(tc, lanes_start_stop_and_rest);
    tcase_add_test(tc, speech_is_no_digit);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
