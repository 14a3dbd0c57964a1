/* The answer tone with its reversals and modulation (V.25, V.8, G.168), the fax's calling tone
 * (T.30), call-progress tones, and the kernels of all instruction sets beside the plain ones. */
#include "test/unit/ear_sound.h"
#include "codec/ear_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <tiffio.h>
#include <spandsp.h>

LANES_EACH(const struct ear_kernel, ear_kernel);

static struct sound sound;
static struct found found[LANES];

static void setup(void)
{
    sound.n = 0;
    sound_silence(&sound, 300);
}

/** Every lane heard `tone` begin `begun` times and end `over` times. */
static void expect(unsigned tone, unsigned begun, unsigned over, const char *what)
{
    unsigned i = sound_bit(tone);

    for (unsigned l = 0; l < LANES; l++) {
        ck_assert_msg(found[l].begun[i] == begun, "%s: tone %u begun %u times in lane %u, not %u",
                      what, tone, found[l].begun[i], l, begun);
        ck_assert_msg(found[l].over[i] == over, "%s: tone %u over %u times in lane %u, not %u",
                      what, tone, found[l].over[i], l, over);
    }
}

/* ---- the answer tone ---- */

struct answer {
    double hz, dbm0, ms, every, jump, depth;
};

/** 2100 Hz whose phase jumps by `jump` degrees each `every` ms, and whose amplitude moves by
 * `depth` at 15 Hz. */
static void answer(const struct answer *a)
{
    size_t from = sound.n;
    double phase = 0.2;

    sound_silence(&sound, a->ms);
    for (size_t i = from; i < sound.n; i++) {
        double t = (double)(i - from) / 8;
        if (a->every > 0 && i > from && (i - from) % (size_t)(a->every * 8) == 0)
            phase += a->jump * M_PI / 180;
        sound.x[i] += sound_peak(a->dbm0) * (1 + a->depth * sin(2 * M_PI * 0.015 * t)) *
                      sin(2 * M_PI * a->hz / 1000 * t + phase);
    }
    sound_silence(&sound, 300);
}

static void expect_answer(const struct answer *a, unsigned reversals, unsigned am, const char *what)
{
    setup();
    answer(a);
    sound_hear(&sound, found, EAR_ANSWER_TONE, NULL);
    expect(EAR_HEARD_ANSWER, 1, 1, what);
    expect(EAR_HEARD_REVERSALS, reversals, reversals, what);
    expect(EAR_HEARD_AM, am, am, what);
}

START_TEST(the_answer_tone_of_a_fax_has_neither_reversals_nor_modulation)
{
    for (double dbm0 = 0; dbm0 >= -31; dbm0 -= 6.2)
        for (double hz = 2079; hz <= 2121; hz += 21)
            expect_answer(&(struct answer){.hz = hz, .dbm0 = dbm0, .ms = 3000}, 0, 0, "CED");
    for (unsigned l = 0; l < LANES; l++)
        ck_assert_uint_le(found[l].begun_at[0], 300 + 300 + 10);
}
END_TEST

START_TEST(reversals_of_180_degrees_each_450_ms_are_heard)
{
    for (double every = 425; every <= 475; every += 25)
        for (double jump = 155; jump <= 205; jump += 25)
            for (double hz = 2085; hz <= 2115; hz += 15)
                expect_answer(&(struct answer){hz, -20, 3000, every, jump, 0}, 1, 0, "reversals");
    /* G.168 7.3: within a second of the tone's begin, when the jumps are 450 ms apart */
    expect_answer(&(struct answer){2100, -31, 3000, 450, 180, 0}, 1, 0, "weak");
    for (unsigned l = 0; l < LANES; l++)
        ck_assert_uint_le(found[l].begun_at[1], 300 + 1000);
}
END_TEST

START_TEST(modulation_at_15_hz_is_heard_with_reversals_and_without)
{
    expect_answer(&(struct answer){2100, -12, 3500, 450, 180, 0.2}, 1, 1, "ANSam");
    expect_answer(&(struct answer){2099, -25, 3500, 0, 0, 0.2}, 0, 1, "ANSam without reversals");
}
END_TEST

START_TEST(other_jumps_are_no_reversals)
{
    expect_answer(&(struct answer){2100, -12, 3000, 450, 110, 0}, 0, 0, "110 degrees");
    expect_answer(&(struct answer){2100, -12, 3000, 450, -110, 0}, 0, 0, "-110 degrees");
    expect_answer(&(struct answer){2100, -12, 3000, 300, 180, 0}, 0, 0, "300 ms");
    expect_answer(&(struct answer){2100, -12, 3000, 600, 180, 0}, 0, 0, "600 ms");
}
END_TEST

START_TEST(noise_11_dB_below_the_answer_tone_does_no_harm)
{
    for (uint32_t seed = 1; seed <= 5; seed++) {
        setup();
        answer(&(struct answer){2100, -15, 3000, 450, 180, 0});
        sound_noise(&sound, -26, seed);
        sound_hear(&sound, found, EAR_ANSWER_TONE, NULL);
        expect(EAR_HEARD_ANSWER, 1, 1, "noise");
        expect(EAR_HEARD_REVERSALS, 1, 1, "noise");
    }
}
END_TEST

START_TEST(other_tones_are_no_answer_tone)
{
    for (double hz = 300; hz < 3400; hz += 50)
        if (fabs(hz - 2100) > 60)
            sound_sines(&sound, 500, hz, -6, 0, 0);
    sound_sines(&sound, 2000, 2100, -38, 0, 0);
    sound_sines(&sound, 200, 2100, -10, 0, 0);
    sound_hear(&sound, found, EAR_ANSWER_TONE, NULL);
    expect(EAR_HEARD_ANSWER, 0, 0, "others");
}
END_TEST

/* ---- the calling tone ---- */

START_TEST(the_calling_tone_is_heard_once_a_burst)
{
    for (double hz = 1062; hz <= 1138; hz += 38)
        for (double ms = 425; ms <= 575; ms += 75) {
            setup();
            for (unsigned i = 0; i < 3; i++) {
                sound_sines(&sound, ms, hz, -10 - 12.0 * i, 0, 0);
                sound_silence(&sound, 3000);
            }
            sound_hear(&sound, found, EAR_CNG, NULL);
            expect(EAR_HEARD_CNG, 3, 0, "CNG");
        }
}
END_TEST

START_TEST(spandsps_calling_tone_and_answer_tones_are_heard)
{
    static const struct {
        int type;
        unsigned what, tone, least;
    } t[] = {{MODEM_CONNECT_TONES_FAX_CNG, EAR_CNG, EAR_HEARD_CNG, 2},
             {MODEM_CONNECT_TONES_FAX_CED, EAR_ANSWER_TONE, EAR_HEARD_ANSWER, 1},
             {MODEM_CONNECT_TONES_ANS_PR, EAR_ANSWER_TONE, EAR_HEARD_REVERSALS, 1},
             {MODEM_CONNECT_TONES_ANSAM, EAR_ANSWER_TONE, EAR_HEARD_AM, 1},
             {MODEM_CONNECT_TONES_ANSAM_PR, EAR_ANSWER_TONE, EAR_HEARD_REVERSALS, 1}};

    for (unsigned i = 0; i < sizeof t / sizeof *t; i++) {
        modem_connect_tones_tx_state_t *tx = modem_connect_tones_tx_init(NULL, t[i].type);
        int16_t pcm[80];
        setup();
        for (unsigned k = 0; k < 800; k++) {
            int n = modem_connect_tones_tx(tx, pcm, 80);
            for (int j = 0; j < 80; j++)
                sound.x[sound.n++] = j < n ? pcm[j] : 0;
        }
        modem_connect_tones_tx_free(tx);
        sound_hear(&sound, found, t[i].what, NULL);
        for (unsigned l = 0; l < LANES; l++)
            ck_assert_msg(found[l].begun[sound_bit(t[i].tone)] >= t[i].least, "tone %d lane %u",
                          t[i].type, l);
    }
}
END_TEST

START_TEST(other_bursts_are_no_calling_tone)
{
    static const double ms[] = {100, 250, 380, 640, 1000};

    for (unsigned i = 0; i < sizeof ms / sizeof *ms; i++) {
        sound_sines(&sound, ms[i], 1100, -10, 0, 0);
        sound_silence(&sound, 500);
    }
    sound_sines(&sound, 500, 1000, -10, 0, 0);
    sound_silence(&sound, 500);
    sound_sines(&sound, 500, 1200, -10, 0, 0);
    sound_silence(&sound, 500);
    sound_sines(&sound, 500, 941, -10, 1336, -10);
    sound_hear(&sound, found, EAR_CNG, NULL);
    expect(EAR_HEARD_CNG, 0, 0, "others");
}
END_TEST

/* ---- progress ---- */

static const uint16_t bits[TONE_KINDS] = {[TONE_DIAL] = EAR_HEARD_DIAL,
                                          [TONE_RINGBACK] = EAR_HEARD_RINGBACK,
                                          [TONE_BUSY] = EAR_HEARD_BUSY,
                                          [TONE_CONGESTION] = EAR_HEARD_CONGESTION,
                                          [TONE_SIT] = EAR_HEARD_SIT};

/** Plays `ms` of a cadence, its times multiplied by `stretch`, frequencies moved by `hz`. */
static void play(const struct tone_spec *spec, double ms, double stretch, double hz)
{
    for (double t = 0; t < ms;)
        for (unsigned i = 0; i < spec->nsteps && t < ms; i++) {
            const struct tone_step *s = &spec->step[i];
            double on = s->on ? s->on * stretch : ms, off = s->off * stretch;
            sound_sines(&sound, on, (double)s->hz[0] + hz, (double)spec->dbm0,
                        s->hz[1] > 0 ? (double)s->hz[1] + hz : 0, (double)spec->dbm0);
            sound_silence(&sound, off);
            t += on + off;
        }
}

/** Every lane heard this kind once, and no other. */
static void expect_kind(enum tone_kind kind, const char *country)
{
    for (unsigned k = TONE_DIAL; k < TONE_KINDS; k++)
        for (unsigned l = 0; l < LANES; l++)
            ck_assert_msg(found[l].begun[sound_bit(bits[k])] == (k == kind) &&
                              found[l].over[sound_bit(bits[k])] == (k == kind),
                          "%s, kind %u played: kind %u begun %u over %u in lane %u", country, kind,
                          k, found[l].begun[sound_bit(bits[k])], found[l].over[sound_bit(bits[k])],
                          l);
}

START_TEST(the_tones_of_a_country_are_heard)
{
    static const char *const countries[] = {"de", "us", "itu"};
    static const double stretch[] = {0.92, 1, 1.08}, hz[] = {-5, 0, 5};
    static const double length[TONE_KINDS] = {[TONE_DIAL] = 5000,
                                              [TONE_RINGBACK] = 17000,
                                              [TONE_BUSY] = 4800,
                                              [TONE_CONGESTION] = 2400,
                                              [TONE_SIT] = 1500};

    for (unsigned c = 0; c < 3; c++)
        for (unsigned kind = TONE_DIAL; kind < TONE_KINDS; kind++)
            for (unsigned i = 0; i < 3; i++) {
                struct ear_config config = EAR_CONFIG_DEFAULT;
                config.country = countries[c];
                setup();
                play(tone_country(countries[c], (enum tone_kind)kind), length[kind], stretch[i],
                     hz[i]);
                sound_silence(&sound, 5500);
                sound_hear(&sound, found, EAR_PROGRESS, &config);
                expect_kind((enum tone_kind)kind, countries[c]);
            }
}
END_TEST

START_TEST(two_cycles_prove_a_tone)
{
    play(tone_country("de", TONE_BUSY), 4800, 1, 0);
    sound_hear(&sound, found, EAR_PROGRESS, &(struct ear_config){40, 23, 40, 10, "de"});
    for (unsigned l = 0; l < LANES; l++) {
        unsigned at = found[l].begun_at[sound_bit(EAR_HEARD_BUSY)];
        /* second tone over: 300 + 480 + 480 + 480 ms, and what it takes to be sure of it */
        ck_assert_uint_ge(at, 1740);
        ck_assert_uint_le(at, 1740 + 100);
    }
}
END_TEST

START_TEST(a_noisy_line_has_tones_as_well)
{
    play(tone_country("us", TONE_BUSY), 4000, 1, 0);
    sound_silence(&sound, 1500);
    sound_noise(&sound, -45, 5);
    sound_hear(&sound, found, EAR_PROGRESS, &(struct ear_config){40, 23, 40, 10, "us"});
    expect_kind(TONE_BUSY, "us");
}
END_TEST

START_TEST(other_cadences_are_none)
{
    /* 425 Hz: one burst; 100/100 ms; 700/700 ms; and a pause filled with noise */
    sound_sines(&sound, 480, 425, -12, 0, 0);
    sound_silence(&sound, 1500);
    for (unsigned i = 0; i < 10; i++) {
        sound_sines(&sound, 100, 425, -12, 0, 0);
        sound_silence(&sound, 100);
    }
    for (unsigned i = 0; i < 5; i++) {
        sound_sines(&sound, 700, 425, -12, 0, 0);
        sound_silence(&sound, 700);
    }
    for (unsigned i = 0; i < 5; i++) {
        sound_sines(&sound, 480, 425, -12, 0, 0);
        sound_sines(&sound, 480, 1000, -12, 0, 0);
    }
    sound_hear(&sound, found, EAR_PROGRESS, &(struct ear_config){40, 23, 40, 10, "de"});
    for (unsigned k = TONE_DIAL; k < TONE_KINDS; k++)
        expect(bits[k], 0, 0, "other cadences");
}
END_TEST

/* ---- instruction sets ---- */

static const struct ear_kernel *const kernels[LANES_SETS] = LANES_TABLE(ear_kernel);

/** All that a set computes from some blocks of noise: the last block's results. */
struct result {
    struct ear_fold fold;
    struct ear_bins bins;
    struct ear_pick pick;
    _Alignas(64) float prev[EAR_BLOCK][LANES];
};

static void compute(struct result *r, const struct ear_kernel *k)
{
    static int16_t pcm[LANES][EAR_BLOCK];
    static struct ear_table table[EAR_BINS];
    float window[EAR_BLOCK], keep[LANES];
    uint32_t seed = 4711;

    memset(r, 0, sizeof *r);
    for (unsigned i = 0; i < EAR_BLOCK; i++) {
        window[i] = (float)(EAR_BLOCK - i) / 6400.0f;
        for (unsigned b = 0; b < EAR_BINS; b++) {
            table[b].c[i] = (float)(sound_random(&seed) - 0.5) * window[i];
            table[b].s[i] = (float)(sound_random(&seed) - 0.5) * window[i];
        }
    }
    for (unsigned l = 0; l < LANES; l++)
        keep[l] = l != 5;
    for (unsigned block = 0; block < 3; block++) {
        for (unsigned l = 0; l < LANES; l++)
            for (unsigned i = 0; i < EAR_BLOCK; i++)
                pcm[l][i] = (int16_t)(65536.0 * sound_random(&seed) - 32768.0);
        k->fold(&r->fold, r->prev, (const int16_t(*)[EAR_BLOCK])pcm, keep, window);
    }
    /* the last block is there sample by sample, and silence where nothing is kept */
    for (unsigned l = 0; l < LANES; l++)
        for (unsigned i = 0; i < EAR_BLOCK; i++)
            ck_assert(r->prev[i][l] == (l == 5 ? 0.0f : (float)pcm[l][i]));
    k->bins(&r->bins, &r->fold, table, EAR_BINS);
    k->pick(&r->pick, &r->bins);
}

START_TEST(all_instruction_sets_give_the_same_bits)
{
    static struct result plain, other;

    compute(&plain, kernels[LANES_PLAIN]);
    for (unsigned set = 0; set < LANES_SETS; set++) {
        if (!lanes_usable((enum lanes_set)set)) {
            printf("%s: this processor has it not\n", lanes_name((enum lanes_set)set));
            continue;
        }
        compute(&other, kernels[set]);
        ck_assert_msg(memcmp(&plain, &other, sizeof plain) == 0, "%s differs",
                      lanes_name((enum lanes_set)set));
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ear tones");
    TCase *tc = tcase_create("tones");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, the_answer_tone_of_a_fax_has_neither_reversals_nor_modulation);
    tcase_add_test(tc, reversals_of_180_degrees_each_450_ms_are_heard);
    tcase_add_test(tc, modulation_at_15_hz_is_heard_with_reversals_and_without);
    tcase_add_test(tc, other_jumps_are_no_reversals);
    tcase_add_test(tc, noise_11_dB_below_the_answer_tone_does_no_harm);
    tcase_add_test(tc, other_tones_are_no_answer_tone);
    tcase_add_test(tc, the_calling_tone_is_heard_once_a_burst);
    tcase_add_test(tc, spandsps_calling_tone_and_answer_tones_are_heard);
    tcase_add_test(tc, other_bursts_are_no_calling_tone);
    tcase_add_test(tc, the_tones_of_a_country_are_heard);
    tcase_add_test(tc, two_cycles_prove_a_tone);
    tcase_add_test(tc, a_noisy_line_has_tones_as_well);
    tcase_add_test(tc, other_cadences_are_none);
    tcase_add_test(tc, all_instruction_sets_give_the_same_bits);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
