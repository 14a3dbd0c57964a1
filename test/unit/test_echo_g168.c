/* The echo canceller in the tests of ITU-T G.168 section 6.4.2, as far as they can be built from
 * the text: each over eight hybrids (test/unit/echo_rig.h), echo loss 6 dB, the least for which a
 * canceller must work, and libspeexdsp's canceller hears the same.
 *
 * Limits: those marked G.165 are of CCITT G.165 (1988) 3.4.2, whose tests G.168 took over: 27 dB
 * after 500 ms (test 2), the near end's level under double talk (3A), 10 dB over the steady state
 * after it (3B) and after two minutes (4), -40 dBm0 after 500 ms without an echo path (5). All
 * others are ours.
 */
#include "test/unit/echo_rig.h"

#include <check.h>

#define LONGEST RIG_S(160)

static int16_t far[LONGEST], line[LONGEST], ours[LONGEST], speex[LONGEST], talk[LONGEST];
static struct rig_path path;
static struct echo_stats stats;

static const struct echo_config linear = {.nlp = false};
static const struct echo_config silent = {.nlp = true};
static const struct echo_config full = {.nlp = true, .comfort_noise = true};

/** Our canceller over `n` samples of `far` and `line`. */
static void cancel(const struct echo_config *config, unsigned n)
{
    struct echo_bank *b;

    ck_assert_int_eq(echo_bank_new(&b, 64), 0);
    echo_lane_start(b, 5, config);
    memcpy(ours, line, n * sizeof ours[0]);
    rig_run(b, ours, far, n);
    echo_lane_stats(b, 5, &stats);
    echo_bank_free(b);
}

/** And speexdsp's. */
static void cancel_both(const struct echo_config *config, unsigned n)
{
    cancel(config, n);
    memcpy(speex, line, n * sizeof speex[0]);
    rig_speex(speex, far, n, 160, 64);
}

/** A composite source signal at `dbm0`, its echo by hybrid `model` in `line`. */
static void prepare(unsigned model, unsigned n, double dbm0, bool alaw)
{
    rig_g168_path(&path, model, 6, 30 * model);
    rig_css(far, n, false, dbm0);
    if (alaw)
        rig_alaw(far, n);
    memset(line, 0, n * sizeof line[0]);
    rig_echo(line, far, 0, n, &path, alaw);
}

#define AT_MOST(what, got, limit)                                                                  \
    ck_assert_msg((got) <= (limit), "hybrid %d: %s: %.1f, limit %.1f", _i, what, (double)(got),    \
                  (double)(limit))

START_TEST(t2a_converges_with_suppressor)
{
    static const double levels[] = {-5, -10, -20, -30};

    for (unsigned i = 0; i < 4; i++) {
        prepare((unsigned)_i, RIG_S(6), levels[i], true);
        cancel(&silent, RIG_S(6));
        AT_MOST("combined loss after 500 ms (G.165)", rig_peak(ours, RIG_S(0.5), RIG_S(1)),
                levels[i] - 27);
        AT_MOST("steady state", rig_peak(ours, RIG_S(1), RIG_S(6)), -65);
    }
}
END_TEST

START_TEST(t2a_converges_again_when_the_path_changes)
{
    unsigned n = RIG_S(12), at = RIG_S(5.6);
    struct rig_path other;

    prepare((unsigned)_i, n, -10, false);
    rig_g168_path(&other, ((unsigned)_i + 3) % RIG_PATHS, 8, 150);
    memset(line + at, 0, (n - at) * sizeof line[0]);
    rig_echo(line, far, at, n, &other, false);
    cancel(&silent, n);
    AT_MOST("combined loss 1 s after", rig_peak(ours, at + RIG_S(1), n), -10 - 27);
    AT_MOST("steady state", rig_peak(ours, at + RIG_S(2), n), -65);
}
END_TEST

/** The signal has a period of 700 ms: parts of whole periods are compared. */
START_TEST(t2b_converges_without_suppressor)
{
    double mine, theirs;

    prepare((unsigned)_i, RIG_S(14), -10, false);
    cancel_both(&linear, RIG_S(14));
    AT_MOST("combined loss after 1 s", rig_level(ours, RIG_S(1.05), RIG_S(1.75)), -10 - 25);
    mine = rig_level(ours, RIG_S(0), RIG_S(0.7));
    theirs = rig_level(speex, RIG_S(0), RIG_S(0.7));
    AT_MOST("first 700 ms beside speexdsp", mine, theirs + 1);
    mine = rig_level(ours, RIG_S(10.5), RIG_S(14));
    AT_MOST("steady state, combined loss", mine, -10 - 45);
}
END_TEST

START_TEST(t2b_through_g711_leaves_little_but_its_noise)
{
    prepare((unsigned)_i, RIG_S(14), -10, true);
    cancel_both(&linear, RIG_S(14));
    AT_MOST("steady state, combined loss", rig_level(ours, RIG_S(10.5), RIG_S(14)), -10 - 33);
    AT_MOST("beside speexdsp", rig_level(ours, RIG_S(10.5), RIG_S(14)),
            rig_level(speex, RIG_S(10.5), RIG_S(14)) + 3);
}
END_TEST

START_TEST(t2c_converges_in_noise)
{
    prepare((unsigned)_i, RIG_S(10), -10, false);
    rig_noise(talk, RIG_S(10), -40);
    for (unsigned i = 0; i < RIG_S(10); i++)
        line[i] = (int16_t)(line[i] + talk[i]);
    cancel(&linear, RIG_S(10));
    for (unsigned i = 0; i < RIG_S(10); i++)
        ours[i] = (int16_t)(ours[i] - talk[i]);
    AT_MOST("echo in the noise, below its level", rig_level(ours, RIG_S(7), RIG_S(9.8)), -40);
}
END_TEST

/** Double talk from `from` to `to`: what remains in the outputs is echo and what was done to the
 * near end's sound. */
static void double_talk(unsigned model, double near, double from, double to, unsigned n,
                        const struct echo_config *config)
{
    prepare(model, n, -15, false);
    rig_css(talk, n, true, near);
    for (unsigned i = 0; i < n; i++) {
        talk[i] = i >= RIG_S(from) && i < RIG_S(to) ? talk[i] : 0;
        line[i] = (int16_t)fmax(-32124, fmin(32124, line[i] + talk[i]));
    }
    cancel_both(config, n);
    for (unsigned i = 0; i < n; i++) {
        ours[i] = (int16_t)(ours[i] - talk[i]);
        speex[i] = (int16_t)(speex[i] - talk[i]);
    }
}

START_TEST(t3a_converges_although_the_near_end_speaks_softly)
{
    double_talk((unsigned)_i, -30, 0, 5.6, RIG_S(7), &linear);
    AT_MOST("echo under the near end's level (G.165)", rig_level(ours, RIG_S(5.6), RIG_S(7)), -30);
    AT_MOST("beside speexdsp", rig_level(ours, RIG_S(1.4), RIG_S(5.6)),
            rig_level(speex, RIG_S(1.4), RIG_S(5.6)) - 3);
}
END_TEST

START_TEST(t3b_stays_converged_while_the_near_end_speaks)
{
    static const double levels[] = {-10, -15, -30};

    for (unsigned i = 0; i < 3; i++) {
        double before, after;
        double_talk((unsigned)_i, levels[i], 5.6, 11.2, RIG_S(14), &linear);
        before = rig_level(ours, RIG_S(4.2), RIG_S(5.6));
        after = rig_level(ours, RIG_S(11.2), RIG_S(12.6));
        AT_MOST("after double talk (G.165)", after, before + 10);
        AT_MOST("during it", rig_level(ours, RIG_S(5.6), RIG_S(11.2)), before + 10);
        AT_MOST("beside speexdsp", rig_level(ours, RIG_S(5.6), RIG_S(11.2)),
                rig_level(speex, RIG_S(5.6), RIG_S(11.2)) - 10);
    }
}
END_TEST

START_TEST(t3c_lets_the_near_end_through)
{
    double_talk((unsigned)_i, -20, 5.6, 11.2, RIG_S(14), &full);
    AT_MOST("what the suppressor took or left",
            rig_level(ours, RIG_S(5.6), RIG_S(11.2)) - rig_level(talk, RIG_S(5.6), RIG_S(11.2)),
            -12);
    AT_MOST("echo afterwards", rig_level(ours, RIG_S(11.6), RIG_S(14)), -60);
}
END_TEST

START_TEST(t4_forgets_nothing_in_two_minutes)
{
    unsigned silence = RIG_S(120), n = RIG_S(5.6);
    double before;

    prepare((unsigned)_i, n + silence + n, -10, false);
    memset(far + n, 0, silence * sizeof far[0]);
    memset(line, 0, sizeof line);
    rig_echo(line, far, 0, n + silence + n, &path, false);
    cancel(&linear, n + silence + n);
    before = rig_level(ours, RIG_S(4.2), RIG_S(5.6));
    AT_MOST("after two minutes (G.165)",
            rig_level(ours, n + silence + RIG_S(0.1), n + silence + RIG_S(0.8)), before + 10);
}
END_TEST

START_TEST(t5_adds_nothing_when_the_path_opens)
{
    unsigned n = RIG_S(8), at = RIG_S(5.6);

    prepare((unsigned)_i, n, -10, false);
    memset(line + at, 0, (n - at) * sizeof line[0]);
    cancel(&full, n);
    AT_MOST("suppressed, 500 ms after (G.165)", rig_peak(ours, at + RIG_S(0.5), n), -40);
    cancel(&linear, n);
    AT_MOST("linear, a second after", rig_peak(ours, at + RIG_S(1), n), -40);
}
END_TEST

/** Tones of G.168 6.4.2.7. */
static const double tones[][2] = {{697, 0},    {941, 0},    {1336, 0},   {1633, 0},
                                  {697, 1209}, {770, 1336}, {852, 1477}, {941, 1633}};

START_TEST(t6_narrow_band_signals_do_not_make_it_diverge)
{
    unsigned n = RIG_S(5.6), tone = RIG_S(5);
    double before;

    prepare((unsigned)_i, n, -10, false);
    rig_tones(far + n, tone, tones[_i][0], tones[_i][1], -10);
    rig_css(far + n + tone, n, false, -10);
    memset(line, 0, sizeof line);
    rig_echo(line, far, 0, 2 * n + tone, &path, false);
    cancel(&linear, 2 * n + tone);
    before = rig_level(ours, RIG_S(4.2), n);
    AT_MOST("tone's echo", rig_peak(ours, n + RIG_S(0.5), n + tone), -10 - 25);
    AT_MOST("after the tone", rig_level(ours, n + tone + RIG_S(0.1), n + tone + RIG_S(0.8)),
            before + 10);
}
END_TEST

START_TEST(t7_a_tone_from_the_start_is_stable)
{
    unsigned n = RIG_S(60);

    prepare((unsigned)_i, RIG_S(1), -10, false);
    rig_tones(far, n, tones[_i][0], tones[_i][1], -10);
    memset(line, 0, sizeof line);
    rig_echo(line, far, 0, n, &path, false);
    cancel(&linear, n);
    AT_MOST("tone's echo", rig_peak(ours, RIG_S(10), n), -10 - 27);
}
END_TEST

START_TEST(t9_comfort_noise_is_as_loud_as_the_line)
{
    unsigned n = RIG_S(30);
    double got;

    prepare((unsigned)_i, n, -10, false);
    memset(far + RIG_S(5), 0, RIG_S(5) * sizeof far[0]);
    memset(far + RIG_S(15), 0, RIG_S(10) * sizeof far[0]);
    memset(line, 0, sizeof line);
    rig_noise(line, RIG_S(20), -45);
    rig_noise(line + RIG_S(20), RIG_S(10), -55);
    rig_echo(line, far, 0, n, &path, false);
    cancel(&full, n);
    got = rig_level(ours, RIG_S(11), RIG_S(15));
    AT_MOST("2 dB from -45", fabs(got + 45), 2);
    got = rig_level(ours, RIG_S(26), RIG_S(30));
    AT_MOST("2 dB from -55", fabs(got + 55), 2);
}
END_TEST

START_TEST(speech_is_cancelled)
{
    unsigned n = RIG_S(25);

    if (!rig_speech(far, n, "demo-congrats", -18)) {
        printf("asterisk-core-sounds-en-wav is not installed: no speech\n");
        return;
    }
    prepare((unsigned)_i, RIG_S(1), -10, false);
    rig_speech(far, n, "demo-congrats", -18);
    rig_alaw(far, n);
    memset(line, 0, sizeof line);
    rig_echo(line, far, 0, n, &path, true);
    cancel_both(&linear, n);
    AT_MOST("after 3 s", rig_level(ours, RIG_S(3), RIG_S(10)), -18 - 18);
    AT_MOST("after 10 s", rig_level(ours, RIG_S(10), n), -18 - 30);
    AT_MOST("beside speexdsp", rig_level(ours, RIG_S(10), n), rig_level(speex, RIG_S(10), n) + 3);
}
END_TEST

/** A conversation: the far end speaks all the time, the near end for two seconds of every four. */
START_TEST(a_conversation_is_carried)
{
    unsigned n = RIG_S(24);
    double level = _i % 2 ? -30 : -18;
    static int16_t full_out[RIG_S(24)];

    if (!rig_speech(talk, n, "demo-instruct", level))
        return;
    prepare((unsigned)_i, RIG_S(1), -10, false);
    rig_speech(far, n, "demo-congrats", -18);
    rig_alaw(far, n);
    for (unsigned i = 0; i < n; i++)
        talk[i] = i / RIG_S(2) % 2 || i < RIG_S(4) ? 0 : talk[i];
    memcpy(line, talk, n * sizeof line[0]);
    rig_echo(line, far, 0, n, &path, true);
    cancel(&full, n);
    memcpy(full_out, ours, sizeof full_out);
    cancel_both(&linear, n);
    for (unsigned i = 0; i < n; i++) {
        ours[i] = (int16_t)(ours[i] - talk[i]);
        speex[i] = (int16_t)(speex[i] - talk[i]);
        full_out[i] = (int16_t)(full_out[i] - talk[i]);
    }
    for (unsigned at = RIG_S(8); at < n; at += RIG_S(4)) {
        double near = rig_level(talk, at, at + RIG_S(2));
        double mine = rig_level(ours, at, at + RIG_S(2));
        AT_MOST("both speak: echo", mine, -18 - 15);
        AT_MOST("both speak: beside speexdsp", mine, rig_level(speex, at, at + RIG_S(2)) - 6);
        AT_MOST("both speak: what the suppressor took or left",
                rig_level(full_out, at, at + RIG_S(2)), near - 6);
        AT_MOST("the far end alone, suppressed",
                rig_level(full_out, at + RIG_S(2.2), at + RIG_S(4)), -38);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("echo_g168");
    TCase *tc = tcase_create("hybrids");
    SRunner *sr;
    int failed;
    double probe[256];

    if (rig_corpus("d2", probe, 256) == 0)
        printf("../shared/corpora/audio/g168 is not there: own hybrids and voice only\n");
    rig_css(far, 1, false, 0);
    rig_css(far, 1, true, 0);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, t2a_converges_with_suppressor, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t2a_converges_again_when_the_path_changes, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t2b_converges_without_suppressor, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t2b_through_g711_leaves_little_but_its_noise, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t2c_converges_in_noise, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t3a_converges_although_the_near_end_speaks_softly, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t3b_stays_converged_while_the_near_end_speaks, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t3c_lets_the_near_end_through, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t4_forgets_nothing_in_two_minutes, 0, 2);
    tcase_add_loop_test(tc, t5_adds_nothing_when_the_path_opens, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t6_narrow_band_signals_do_not_make_it_diverge, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t7_a_tone_from_the_start_is_stable, 0, RIG_PATHS);
    tcase_add_loop_test(tc, t9_comfort_noise_is_as_loud_as_the_line, 0, RIG_PATHS);
    tcase_add_loop_test(tc, speech_is_cancelled, 0, RIG_PATHS);
    tcase_add_loop_test(tc, a_conversation_is_carried, 0, RIG_PATHS);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
