/* The receiving buffer: what is heard when a clock drifts, packets are missing, codecs change, or
 * the far end is silent. */
#include "test/unit/playout_rig.h"

#define LOUD 8000.0

/* ---- time scaling ---- */

/** Three minutes of a tone from a sender whose clock is `ppm` fast. */
static void drifting_tone(int ppm, double hz)
{
    double sent = 0;

    rig_start(20, 200);
    for (uint32_t i = 0; i < 9000; i++) {
        sent += 160 * (1 - ppm * 1e-6);
        while (rig_n + 80 <= sent)
            rig_get();
        rig_sine(&rig_l16, (uint16_t)i, i * 160, i * 160, 160, hz, LOUD);
    }
}

/** 200 ppm of three minutes are 288 samples. The delay follows by 10 ms steps of what was measured
 * over half a minute. Where periods are joined, no sample is off by more than 2 % of the tone. */
static void check_drift(int ppm, double hz)
{
    drifting_tone(ppm, hz);
    size_t first = 1200, last = rig_n - 80;
    int moved = (int)play.stats.expanded - (int)play.stats.accelerated;

    ck_assert_double_lt(rig_click(first, last, hz), 0.02 * LOUD);
    ck_assert_double_gt(rig_rms(first, last), 0.98 * LOUD / sqrt(2));
    ck_assert_uint_eq(play.stats.concealed, 0);
    ck_assert_uint_eq(play.stats.late, 0);
    ck_assert_int_le(abs(moved),
                     288 + 320); /* 320: from what is expected at first to what is needed */
    ck_assert_uint_gt(ppm > 0 ? play.stats.accelerated : play.stats.expanded, 0);
    ck_assert_uint_le(playout_depth(&play), 160 + 480);
}

START_TEST(a_fast_clock_makes_no_click)
{
    check_drift(200, 440);
    check_drift(200, 1000);
}
END_TEST

START_TEST(a_slow_clock_makes_no_click)
{
    check_drift(-200, 440);
    check_drift(-200, 1000);
}
END_TEST

START_TEST(a_stall_in_a_tone_is_worked_off_without_a_click)
{
    rig_start(10, 200);
    for (uint32_t i = 0; i < 2000; i++) {
        rig_sine(&rig_l16, (uint16_t)i, i * 160, i * 160, 160, 440, LOUD);
        if (i % 4 == 3 || i >= 1000) /* 80 ms at once for 20 s, then evenly */
            rig_run(i >= 1000 ? 2 : 8);
    }
    ck_assert_double_lt(rig_click(8000, rig_n, 440), 0.02 * LOUD);
    ck_assert_uint_eq(play.stats.discarded, 0);
}
END_TEST

START_TEST(in_a_pause_the_delay_changes_at_once)
{
    rig_start(10, 200);
    for (uint32_t i = 0; i < 500; i++) {
        rig_sine(&rig_l16, (uint16_t)i, i * 160, 0, 160, 440, i < 250 ? LOUD : 40);
        if (i == 300)
            play.target.want += 240; /* as after jitter was seen */
        rig_run(2);
        if (i == 302)
            ck_assert_int_eq((int32_t)(play.t - play.pos), play.target.want);
    }
    ck_assert_uint_ge(play.stats.expanded, 240);
}
END_TEST

/** What is repeated waits decoded: never more than there is room for. */
START_TEST(in_a_pause_a_far_longer_delay_is_reached_in_bounds)
{
    rig_start(10, 500);
    for (uint32_t i = 0; i < 500; i++) {
        rig_sine(&rig_l16, (uint16_t)i, i * 160, 0, 160, 440, i < 250 ? LOUD : 40);
        if (i >= 300)
            play.target.want = play.target.base + 3600; /* as where packets are so late */
        for (unsigned block = 0; block < 2; block++) {
            rig_run(1);
            ck_assert_uint_le(play.lin_n, PLAYOUT_LINEAR);
        }
        if (i == 400)
            ck_assert_int_eq((int32_t)(play.t - play.pos), play.target.want);
    }
    ck_assert_uint_ge(play.stats.expanded, 3200);
}
END_TEST

/* ---- what is missing ---- */

/** A tone of which packets from..to-1 are lost, as A-law or what `c` is. */
static void tone_with_gap(const struct codec *c, uint32_t from, uint32_t to, double hz)
{
    rig_start(60, 60);
    for (uint32_t i = 0; i < 100; i++) {
        if (i < from || i >= to)
            rig_sine(c, (uint16_t)i, i * 160 * (c->clock / 8000), i * 160, 160, hz, LOUD);
        rig_run(2);
    }
}

START_TEST(a_lost_packet_of_a_tone_is_hardly_heard)
{
    tone_with_gap(&rig_l16, 50, 51, 200);
    size_t gap = 480 + 50 * 160;

    ck_assert_uint_eq(play.stats.concealed, 160);
    ck_assert_double_lt(rig_click(gap - 80, gap + 320, 200), 0.03 * LOUD);
    /* the first 10 ms are as loud as the tone, the second is a tenth softer */
    ck_assert_double_eq_tol(rig_rms(gap, gap + 80), LOUD / sqrt(2), 0.02 * LOUD);
    ck_assert_double_eq_tol(rig_rms(gap + 80, gap + 160), 0.9 * LOUD / sqrt(2), 0.03 * LOUD);
    ck_assert_double_eq_tol(rig_rms(gap + 240, gap + 640), LOUD / sqrt(2), 0.01 * LOUD);
}
END_TEST

START_TEST(what_is_made_up_dies_away_in_60_ms)
{
    tone_with_gap(&rig_l16, 50, 60, 200);
    size_t gap = 480 + 50 * 160;

    ck_assert_double_eq_tol(rig_rms(gap + 240, gap + 320), 0.5 * LOUD / sqrt(2), 0.05 * LOUD);
    ck_assert_double_lt(rig_rms(gap + 480, gap + 1560), 1e-9);
    ck_assert_double_lt(rig_click(gap - 80, gap + 1500, 200), 0.03 * LOUD);
    ck_assert_uint_eq(play.stats.concealed, 480);
    ck_assert_uint_eq(play.stats.silent, 1600 - 480);
}
END_TEST

START_TEST(a_loss_in_g711_is_made_up_and_then_octets_pass_again)
{
    uint8_t payload[160];

    rig_start(60, 60);
    for (uint32_t i = 0; i < 100; i++) {
        int16_t pcm[160];
        for (unsigned k = 0; k < 160; k++)
            pcm[k] = (int16_t)lrint(LOUD * sin(2 * M_PI * 200 * (i * 160 + k) / 8000));
        g711_compress(payload, pcm, 160, G711_A);
        if (i != 50)
            playout_put(&play, &rig_pcma, (uint16_t)i, i * 160, payload, 160);
        rig_run(2);
    }
    size_t gap = 480 + 50 * 160;
    ck_assert_int_eq(rig_kind[gap / 80 - 1], PLAYOUT_OCTETS);
    for (unsigned b = 0; b < 3; b++) /* two made up, one blended */
        ck_assert_int_eq(rig_kind[gap / 80 + b], PLAYOUT_SAMPLES);
    ck_assert_int_eq(rig_kind[gap / 80 + 3], PLAYOUT_OCTETS);
    /* A-law's steps are up to 256 at this level, and the check adds four of them halved */
    ck_assert_double_lt(rig_click(gap - 80, gap + 320, 200), 600);
}
END_TEST

START_TEST(a_codec_makes_up_its_own)
{
    tone_with_gap(&rig_own, 50, 52, 200);
    size_t gap = 480 + 50 * 160;

    /* two blocks without, then what is told of the packet that follows: one packet's worth */
    ck_assert_uint_eq(rig_concealed, 3);
    ck_assert_uint_eq(rig_told, 1);
    ck_assert_int_eq(rig_pcm[gap], 1000);
    ck_assert_int_eq(rig_pcm[gap + 159], 1000);
    ck_assert_int_eq(rig_pcm[gap + 160], 2000);
    ck_assert_int_eq(rig_pcm[gap + 319], 2000);
    ck_assert_uint_eq(play.stats.concealed, 320);
}
END_TEST

/* ---- codecs ---- */

START_TEST(another_codec_makes_no_click)
{
    static const struct codec other = {.id = CODEC_G722, .clock = 8000, .ops = &l16_ops};

    rig_start(60, 60);
    for (uint32_t i = 0; i < 100; i++) { /* the second decoder's sound is 2.5 ms older */
        bool second = i % 10 >= 5;
        rig_sine(second ? &other : &rig_l16, (uint16_t)i, i * 160, i * 160 - (second ? 20.0 : 0),
                 160, 200, LOUD);
        rig_run(2);
    }
    /* a step of 20 samples of the phase would be a click of 0.3 of the tone and more */
    ck_assert_double_lt(rig_click(1000, rig_n, 200), 0.03 * LOUD);
    ck_assert_uint_eq(play.stats.concealed, 0);
}
END_TEST

START_TEST(a_codec_of_another_clock_goes_on_where_the_other_ended)
{
    rig_start(40, 40);
    for (uint32_t i = 0; i < 100; i++) {
        bool wide = i >= 50;
        rig_sine(wide ? &rig_own : &rig_l16, (uint16_t)i, wide ? 77 + i * 960 : i * 160, i * 160,
                 160, 200, LOUD);
        rig_run(2);
    }
    ck_assert_uint_eq(play.stats.concealed, 0);
    ck_assert_uint_eq(play.stats.jumps, 0);
    ck_assert_double_lt(rig_click(400, rig_n, 200), 0.01 * LOUD);
}
END_TEST

/* ---- pauses ---- */

START_TEST(comfort_noise_has_its_level)
{
    static const uint8_t level[] = {40};

    rig_start(40, 40);
    for (uint32_t i = 0; i < 10; i++) {
        rig_sine(&rig_l16, (uint16_t)i, i * 160, i * 160, 160, 440, LOUD);
        rig_run(2);
    }
    playout_put_noise(&play, 10, 1600, level, 1);
    rig_run(400);
    /* -40 dBov: 32124 / 100 */
    ck_assert_double_eq_tol(20 * log10(rig_rms(2400, rig_n) / 321.24), 0, 0.3);
    ck_assert_uint_eq(play.stats.concealed, 0);
    ck_assert_uint_ge(play.stats.silent, 399 * 80 - 320);
}
END_TEST

START_TEST(comfort_noise_has_its_spectrum)
{
    /* first coefficient 258 * (27 - 127) / 32768 = -0.787: each sample is 0.787 of the last one and
     * something new, so that is their correlation. The level stays. */
    static const uint8_t low[] = {30, 27}, third[] = {30, 127, 127, 27};

    rig_start(40, 40);
    rig_sine(&rig_l16, 0, 0, 0, 160, 440, LOUD);
    playout_put_noise(&play, 1, 160, low, 2);
    rig_run(1000);
    double r1 = 0, r3 = 0, r0 = rig_rms(1000, rig_n - 3);
    for (size_t i = 1000; i + 3 < rig_n; i++)
        r1 += (double)rig_pcm[i] * rig_pcm[i + 1];
    ck_assert_double_eq_tol(r1 / (double)(rig_n - 1003) / (r0 * r0), 0.787, 0.01);
    ck_assert_double_eq_tol(20 * log10(r0 / 1015.8), 0, 0.4);

    rig_start(40, 40);
    rig_sine(&rig_l16, 0, 0, 0, 160, 440, LOUD);
    playout_put_noise(&play, 1, 160, third, 4);
    rig_run(1000);
    r0 = rig_rms(1000, rig_n - 3);
    for (size_t i = 1000; i + 3 < rig_n; i++)
        r3 += (double)rig_pcm[i] * rig_pcm[i + 3];
    ck_assert_double_eq_tol(r3 / (double)(rig_n - 1003) / (r0 * r0), 0.787, 0.02);
}
END_TEST

START_TEST(sound_after_noise_comes_in_its_time)
{
    static const uint8_t level[] = {70};

    rig_start(40, 40);
    for (uint32_t i = 0; i < 100; i++) {
        if (i < 20 || i >= 60)
            rig_packet(i);
        if (i == 20)
            playout_put_noise(&play, (uint16_t)(1000 / 7 + 20), 1000 + 20 * 160, level, 1);
        rig_run(2);
    }
    ck_assert_int_eq(rig_heard(0, 20 * 160), 320);
    ck_assert_int_eq(rig_heard(61 * 160, 30 * 160), 320 + 61 * 160);
    ck_assert_double_gt(rig_rms(320 + 30 * 160, 320 + 50 * 160), 5);
    ck_assert_double_lt(rig_rms(320 + 30 * 160, 320 + 50 * 160), 20);
    ck_assert_uint_eq(play.stats.concealed, 0);
}
END_TEST

START_TEST(a_silent_sender_is_no_loss)
{
    rig_start(40, 40);
    for (uint32_t i = 0; i < 300; i++) { /* timestamps go on, sequence numbers too; no packets */
        if (i < 20 || i >= 200)
            rig_put(&rig_pcma, (uint16_t)(i < 20 ? i : i - 180), i * 160, i * 160, 160);
        rig_run(2);
    }
    ck_assert_int_eq(rig_heard(200 * 160, 80 * 160), 320 + 200 * 160);
    playout_finish(&play);
    ck_assert_uint_eq(play.burst.lost, 0);
    ck_assert_uint_le(play.stats.concealed, 480);
    ck_assert_uint_eq(play.stats.jumps, 0);
    ck_assert_uint_eq(play.stats.late, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("playout_sound");
    TCase *c = tcase_create("sound");

    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_fast_clock_makes_no_click);
    tcase_add_test(c, a_slow_clock_makes_no_click);
    tcase_add_test(c, a_stall_in_a_tone_is_worked_off_without_a_click);
    tcase_add_test(c, in_a_pause_the_delay_changes_at_once);
    tcase_add_test(c, in_a_pause_a_far_longer_delay_is_reached_in_bounds);
    tcase_add_test(c, a_lost_packet_of_a_tone_is_hardly_heard);
    tcase_add_test(c, what_is_made_up_dies_away_in_60_ms);
    tcase_add_test(c, a_loss_in_g711_is_made_up_and_then_octets_pass_again);
    tcase_add_test(c, a_codec_makes_up_its_own);
    tcase_add_test(c, another_codec_makes_no_click);
    tcase_add_test(c, a_codec_of_another_clock_goes_on_where_the_other_ended);
    tcase_add_test(c, comfort_noise_has_its_level);
    tcase_add_test(c, comfort_noise_has_its_spectrum);
    tcase_add_test(c, sound_after_noise_comes_in_its_time);
    tcase_add_test(c, a_silent_sender_is_no_loss);
    suite_add_tcase(s, c);
    SRunner *run = srunner_create(s);
    srunner_run_all(run, CK_NORMAL);
    int failed = srunner_ntests_failed(run);
    srunner_free(run);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
