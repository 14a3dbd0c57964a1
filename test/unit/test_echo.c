/* The echo canceller's banks: lanes do not touch each other, all instruction sets give the same
 * bits, the tail is as long as it says, the tone disabler holds and lets go, and what has no echo
 * is left as it is. */
#include "test/unit/echo_rig.h"

#include <check.h>
#include <errno.h>

#define N RIG_S(6)

static const struct echo_config linear = {.nlp = false};
static const struct echo_config full = {.nlp = true, .comfort_noise = true, .tone_disabler = true};

static struct echo_bank *bank;
static int16_t far[N], line[N], out[N];

static void teardown(void)
{
    echo_bank_free(bank);
    bank = NULL;
}

/** A bank whose lane 5 works. */
static void start(unsigned tail, const struct echo_config *config)
{
    ck_assert_int_eq(echo_bank_new(&bank, tail), 0);
    echo_lane_start(bank, 5, config);
}

/** Noise and its echo: one tap, `delay` samples later, 10 dB down. */
static void one_tap(unsigned delay)
{
    struct rig_path p = {{0}};

    p.h[delay] = pow(10, -0.5);
    rig_seed = 11;
    rig_noise(far, N, -15);
    memset(line, 0, sizeof line);
    rig_echo(line, far, 0, N, &p, false);
    memcpy(out, line, sizeof out);
}

START_TEST(a_bank_wants_a_tail_of_16_to_128_ms)
{
    ck_assert_int_eq(echo_bank_new(&bank, 15), EINVAL);
    ck_assert_int_eq(echo_bank_new(&bank, 129), EINVAL);
    ck_assert_ptr_null(bank);
    echo_bank_free(NULL);
    for (unsigned tail = 16; tail <= 128; tail *= 2) {
        ck_assert_int_eq(echo_bank_new(&bank, tail), 0);
        teardown();
    }
}
END_TEST

/** The last tap of the tail is cancelled by 40 dB after 5 s; one that is far beyond it is not, and
 * nothing is added. */
START_TEST(the_tail_is_as_long_as_it_says)
{
    static const unsigned tails[] = {16, 32, 64, 128};
    unsigned tail = tails[_i];

    start(tail, &linear);
    one_tap(tail * 8 - 1);
    rig_run(bank, out, far, N);
    ck_assert_double_lt(rig_level(out, RIG_S(5), N), -25 - 40);
    if (tail < 128) {
        echo_lane_start(bank, 5, &linear);
        one_tap(tail * 8 + 160);
        rig_run(bank, out, far, N);
        ck_assert_double_lt(rig_level(out, RIG_S(1), N), -25 + 0.5);
    }
    teardown();
}
END_TEST

START_TEST(there_is_no_delay)
{
    start(64, &full);
    memset(far, 0, sizeof far);
    rig_noise(line, N, -20);
    memcpy(out, line, sizeof out);
    rig_run(bank, out, far, N);
    ck_assert_mem_eq(out, line, sizeof out);
}
END_TEST

START_TEST(statistics_tell_what_the_line_does)
{
    struct echo_stats s;

    start(64, &linear);
    echo_lane_stats(bank, 5, &s);
    ck_assert(!s.converged && s.erl == 0 && s.erle == 0);
    one_tap(70);
    rig_run(bank, out, far, N);
    echo_lane_stats(bank, 5, &s);
    ck_assert(s.converged && !s.double_talk && !s.disabled);
    ck_assert_int_ge(s.erl, 95);
    ck_assert_int_le(s.erl, 105);
    ck_assert_int_ge(s.erle, 300);
    ck_assert_uint_gt(s.transfers, 0);
}
END_TEST

START_TEST(lanes_do_not_touch_each_other)
{
    static int16_t in[LANES][ECHO_BLOCK], sent[LANES][ECHO_BLOCK], was[ECHO_BLOCK];

    start(32, &full);
    one_tap(100);
    rig_run(bank, out, far, N);
    teardown();
    start(32, &full);
    for (unsigned i = 0; i < N / ECHO_BLOCK; i++) {
        if (i == 100)
            echo_lane_start(bank, 6, &full);
        if (i == 300)
            echo_lane_stop(bank, 6);
        for (unsigned l = 0; l < LANES; l++) {
            rig_noise(in[l], ECHO_BLOCK, -10);
            rig_noise(sent[l], ECHO_BLOCK, -10);
        }
        memcpy(in[5], line + (size_t)i * ECHO_BLOCK, sizeof in[5]);
        memcpy(sent[5], far + (size_t)i * ECHO_BLOCK, sizeof sent[5]);
        memcpy(was, in[7], sizeof was);
        echo_bank_run(bank, 0xffff, in, (const int16_t(*)[ECHO_BLOCK])sent);
        ck_assert_mem_eq(in[5], out + (size_t)i * ECHO_BLOCK, sizeof in[5]);
        ck_assert_mem_eq(in[7], was, sizeof was); /* not started */
    }
}
END_TEST

START_TEST(a_lane_starts_afresh)
{
    static int16_t first[N];

    start(64, &full);
    one_tap(100);
    rig_run(bank, out, far, N);
    memcpy(first, out, sizeof first);
    echo_lane_stop(bank, 5);
    memcpy(out, line, sizeof out);
    rig_run(bank, out, far, N);
    ck_assert_mem_eq(out, line, sizeof out); /* a stopped lane is left alone */
    echo_lane_start(bank, 5, &full);
    rig_run(bank, out, far, N);
    ck_assert_double_lt(fabs(rig_level(out, 0, RIG_S(1)) - rig_level(first, 0, RIG_S(1))), 1);
    ck_assert_double_lt(rig_level(out, RIG_S(5), N), -60);
}
END_TEST

/** Sixteen lanes of all kinds: speech-like sounds, noise, tones, clipping, silence, double talk. */
static void lot(enum lanes_set set, int16_t result[][LANES][ECHO_BLOCK], unsigned blocks)
{
    static int16_t sent[LANES][RIG_S(3)], in[LANES][RIG_S(3)];
    int16_t rows[LANES][ECHO_BLOCK];
    struct rig_path p;
    unsigned n = blocks * ECHO_BLOCK;

    ck_assert_int_eq(echo_bank_new_set(&bank, 48, set), 0);
    rig_seed = 5;
    for (unsigned l = 0; l < LANES; l++) {
        struct echo_config c = {.nlp = l % 2, .comfort_noise = l % 4 == 1, .tone_disabler = true};
        echo_lane_start(bank, l, &c);
        memset(sent[l], 0, sizeof sent[l]);
        if (l % 4 == 0)
            rig_css(sent[l], n, l % 8, l);
        else if (l % 4 == 1)
            rig_noise(sent[l] + n / 2, n / 2, -20);
        else if (l % 4 == 2)
            rig_tones(sent[l], n, 100.0 * l, 300.0 * l, -15);
        rig_noise(in[l], n, l == 3 ? 6 : -30.0 - 3 * l);
        rig_own_path(&p, l % RIG_PATHS, 3 + l, 10 * l);
        rig_echo(in[l], sent[l], 0, n, &p, l % 3);
    }
    for (unsigned i = 0; i < blocks; i++) {
        for (unsigned l = 0; l < LANES; l++) {
            memcpy(result[i][l], in[l] + (size_t)i * ECHO_BLOCK, sizeof rows[l]);
            memcpy(rows[l], sent[l] + (size_t)i * ECHO_BLOCK, sizeof rows[l]);
        }
        echo_bank_run(bank, i % 7 ? 0xffff : 0xbfff, result[i], (const int16_t(*)[ECHO_BLOCK])rows);
    }
    teardown();
}

START_TEST(all_sets_give_the_same_bits)
{
    static int16_t plain[300][LANES][ECHO_BLOCK], other[300][LANES][ECHO_BLOCK];

    lot(LANES_PLAIN, plain, 300);
    for (int set = LANES_PLAIN + 1; set < LANES_SETS; set++) {
        if (!lanes_usable((enum lanes_set)set)) {
            printf("%s is not tested: not on this processor\n", lanes_name((enum lanes_set)set));
            continue;
        }
        lot((enum lanes_set)set, other, 300);
        for (unsigned i = 0; i < 300; i++)
            for (unsigned l = 0; l < LANES; l++)
                ck_assert_msg(memcmp(plain[i][l], other[i][l], sizeof plain[i][l]) == 0,
                              "%s: block %u, lane %u", lanes_name((enum lanes_set)set), i, l);
    }
}
END_TEST

static bool disabled(void)
{
    struct echo_stats s;

    echo_lane_stats(bank, 5, &s);
    return s.disabled;
}

/** G.168 7.8, G.165 4.8: 250 +- 150 ms after both directions have gone under the holding band. */
START_TEST(the_tone_disabler_holds_and_lets_go)
{
    unsigned hold = RIG_S(1), gap = RIG_S(0.1);

    start(64, &full);
    echo_lane_disable(bank, 5, true);
    ck_assert(disabled());
    rig_tones(far, N, 2100, 0, -28);
    rig_tones(line, N, 1000, 0, -28);
    memset(far + hold, 0, gap * sizeof far[0]);
    memset(line + hold, 0, gap * sizeof line[0]);
    memcpy(out, line, sizeof out);
    rig_run(bank, out, far, RIG_S(2));
    ck_assert_mem_eq(out, line, RIG_S(2) * sizeof out[0]);
    ck_assert(disabled()); /* a gap of 100 ms does not count */
    rig_tones(line, N, 1000, 0, -28);
    memset(far, 0, sizeof far);
    rig_run(bank, line, far, RIG_S(1));
    ck_assert(disabled()); /* one direction holds it */
    rig_tones(line, N, 1000, 0, -38);
    rig_run(bank, line, far, RIG_S(0.1));
    ck_assert(disabled());
    rig_run(bank, line, far, RIG_S(0.3));
    ck_assert(!disabled());
    echo_lane_disable(bank, 5, true);
    echo_lane_disable(bank, 5, false);
    ck_assert(!disabled());
    echo_lane_start(bank, 5, &linear);
    echo_lane_disable(bank, 5, true);
    ck_assert(!disabled()); /* it has no tone disabler */
}
END_TEST

/** The path is still known when a disabled lane comes back to work. */
START_TEST(a_disabled_lane_remembers_the_path)
{
    start(64, &full);
    one_tap(100);
    rig_run(bank, out, far, N);
    echo_lane_disable(bank, 5, true);
    memcpy(out, line, sizeof out);
    rig_run(bank, out, far, RIG_S(1));
    ck_assert_mem_eq(out, line, RIG_S(1) * sizeof out[0]);
    echo_lane_disable(bank, 5, false);
    rig_run(bank, out + RIG_S(1), far + RIG_S(1), RIG_S(1));
    ck_assert_double_lt(rig_level(out, RIG_S(1.1), RIG_S(2)), -55);
}
END_TEST

/** Full scale, square, on both sides for long: all stays finite and works afterwards. */
START_TEST(overload_does_no_lasting_harm)
{
    start(64, &linear);
    for (unsigned i = 0; i < N; i++) {
        far[i] = i / 37 % 2 ? 32767 : -32768;
        line[i] = i / 41 % 2 ? 32767 : -32768;
    }
    rig_run(bank, line, far, N);
    one_tap(100);
    rig_run(bank, out, far, N);
    ck_assert_double_lt(rig_level(out, RIG_S(5), N), -25 - 30);
}
END_TEST

/** Speech, of a prompt when they are installed, else the composite source signal. */
static void voice(int16_t *to, unsigned n, const char *prompt, bool near, double dbm0)
{
    if (!prompt || !rig_speech(to, n, prompt, dbm0))
        rig_css(to, n, near, dbm0);
    rig_alaw(to, n);
}

#define TALK RIG_S(20)

/** Who talks to whom; the last are made of composite source signals always. */
static const struct pair {
    const char *far, *near;
    double dbm0;
} pairs[] = {
    {"demo-instruct", "demo-congrats", -18}, {"demo-congrats", "demo-instruct", -12},
    {"demo-nogo", "demo-thanks", -30},       {"demo-abouttotry", "demo-congrats", -18},
    {"vm-instructions", "tt-monkeys", -18},  {NULL, NULL, -18},
};
#define PAIRS (sizeof pairs / sizeof pairs[0])

static int16_t said[TALK], heard[TALK], spoken[TALK], result[TALK];

/** Both ends talk; the echo is `erl` dB down between two samples. */
static void converse(const struct pair *p, double erl, unsigned from, unsigned to)
{
    struct rig_path path;

    voice(said, TALK, p->far, false, -18);
    voice(spoken, TALK, p->near, true, p->dbm0);
    memcpy(heard, spoken, sizeof heard);
    rig_own_path(&path, 2, erl, 100);
    if (to > from)
        rig_echo(heard, said, from, to, &path, true);
    memcpy(result, heard, sizeof result);
    start(64, &full);
    rig_run(bank, result, said, TALK);
    teardown();
}

/** Blocks that differ from what came from the line. */
static unsigned changed(unsigned from, unsigned to)
{
    unsigned n = 0;

    for (unsigned i = from; i < to; i += ECHO_BLOCK)
        n += memcmp(result + i, heard + i, ECHO_BLOCK * sizeof heard[0]) != 0;
    return n;
}

/** A far end that is digital to its ear has no echo: nothing may be done to what it says. */
START_TEST(a_line_without_echo_is_left_as_it_is)
{
    unsigned n;

    converse(&pairs[_i], 0, 0, 0);
    n = changed(0, TALK);
    ck_assert_msg(n == 0, "%u blocks of %u", n, TALK / ECHO_BLOCK);
    converse(&pairs[_i], 45, 0, TALK);
    n = changed(RIG_S(1), TALK);
    ck_assert_msg(n <= (TALK - RIG_S(1)) / ECHO_BLOCK / 100, "45 dB down: %u blocks", n);
}
END_TEST

/** A tone is no echo because the same one, as loud, sounds in the other direction. */
START_TEST(a_tone_in_both_directions_is_left_as_it_is)
{
    rig_tones(said, TALK, 1004, 0, -10);
    memset(heard, 0, sizeof heard);
    memcpy(heard + 160, said, (TALK - 160) * sizeof said[0]);
    memcpy(result, heard, sizeof result);
    start(64, &full);
    rig_run(bank, result, said, TALK);
    ck_assert_uint_eq(changed(0, TALK), 0);
}
END_TEST

/** An echo that has been learnt goes away while both speak, as after a transfer: it takes longest
 * when the near end is loud all the time. */
START_TEST(an_echo_that_has_gone_is_forgotten)
{
    unsigned n;

    converse(&pairs[_i], 12, 0, RIG_S(8));
    n = changed(RIG_S(3), RIG_S(8));
    ck_assert_msg(n > 100, "not cancelled: %u", n);
    n = changed(RIG_S(17), TALK);
    ck_assert_msg(n <= (TALK - RIG_S(17)) / ECHO_BLOCK / 100, "%u blocks", n);
}
END_TEST

/** Both speak over a hybrid of 12 dB: the near end's blocks that are muted (2 %, or 4 % when it
 * speaks as softly as the echo), and how like themselves all are. */
START_TEST(double_talk_is_not_gated)
{
    unsigned n = 0, muted = 0;
    double sum = 0;

    converse(&pairs[_i], 12, 0, TALK);
    for (unsigned i = RIG_S(1); i < TALK; i += ECHO_BLOCK) {
        int16_t wrong[ECHO_BLOCK];
        double level = rig_level(spoken, i, i + ECHO_BLOCK), snr;
        if (level < pairs[_i].dbm0 - 20)
            continue;
        for (unsigned k = 0; k < ECHO_BLOCK; k++)
            wrong[k] = (int16_t)(result[i + k] - spoken[i + k]);
        snr = level - rig_level(wrong, 0, ECHO_BLOCK);
        sum += fmax(-10, fmin(35, snr));
        muted += rig_level(result, i, i + ECHO_BLOCK) < level - 6;
        n++;
    }
    ck_assert_msg(muted * (pairs[_i].dbm0 < -20 ? 25 : 50) <= n, "%u of %u blocks are muted", muted,
                  n);
    ck_assert_msg(sum / n >= 12, "segmental SNR %.1f dB", sum / n);
}
END_TEST

/** The near end begins to speak while the residue is suppressed: its first block is heard. */
START_TEST(a_beginning_is_not_clipped)
{
    static const double levels[] = {-10, -20, -30};
    unsigned at = RIG_S(5);
    struct rig_path path;

    rig_css(far, N, false, -18);
    memset(line, 0, sizeof line);
    rig_own_path(&path, 2, 12, 100);
    rig_echo(line, far, 0, N, &path, false);
    rig_noise(out, ECHO_BLOCK * 10, levels[_i]);
    for (unsigned i = 0; i < ECHO_BLOCK * 10; i++)
        line[at + i] = (int16_t)(line[at + i] + out[i]);
    start(64, &full);
    rig_run(bank, line, far, N);
    ck_assert_double_lt(rig_peak(line, at - RIG_S(0.2), at), -60);
    for (unsigned i = 0; i < 10; i++)
        ck_assert_double_gt(rig_level(line, at + i * ECHO_BLOCK, at + (i + 1) * ECHO_BLOCK),
                            levels[_i] - 3);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("echo");
    TCase *tc = tcase_create("banks");
    SRunner *sr;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, a_bank_wants_a_tail_of_16_to_128_ms);
    tcase_add_loop_test(tc, the_tail_is_as_long_as_it_says, 0, 4);
    tcase_add_test(tc, there_is_no_delay);
    tcase_add_test(tc, statistics_tell_what_the_line_does);
    tcase_add_test(tc, lanes_do_not_touch_each_other);
    tcase_add_test(tc, a_lane_starts_afresh);
    tcase_add_test(tc, all_sets_give_the_same_bits);
    tcase_add_test(tc, the_tone_disabler_holds_and_lets_go);
    tcase_add_test(tc, a_disabled_lane_remembers_the_path);
    tcase_add_test(tc, overload_does_no_lasting_harm);
    tcase_add_loop_test(tc, a_line_without_echo_is_left_as_it_is, 0, PAIRS);
    tcase_add_test(tc, a_tone_in_both_directions_is_left_as_it_is);
    tcase_add_loop_test(tc, an_echo_that_has_gone_is_forgotten, 0, PAIRS);
    tcase_add_loop_test(tc, double_talk_is_not_gated, 0, PAIRS);
    tcase_add_loop_test(tc, a_beginning_is_not_clipped, 0, 3);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed != 0;
}
