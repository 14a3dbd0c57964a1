/* All instruction sets of the kernels over many channels side by side, on the same sound: every
 * sample, decision and number that they keep must have the same bits as those of the plain set.
 * What the plain set gives is printed as sums, which must be the same on every machine
 * (test/arm/run).
 *
 * The sound is made of integers: noise that rises and falls like speech, its echo by paths that
 * change, both ends at once, DTMF, answer tones with reversals, faxes' calling tones, call
 * progress, overload, silence. Lanes start, stop and pause in between.
 *
 * usage: lanes     (12 seconds of sound; status 1: something differs, or was not in the sound)
 */
#include "codec/ear_priv.h"
#include "codec/echo_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BLOCK  80
#define PATH   200 /* samples of an echo path: 25 ms */
#define DIGITS 4u  /* lanes 0-3 of the ear have DTMF */
#define CYCLE  16u /* blocks of a digit, 80 ms, and its pause */
#define BLOCKS 1200u

LANES_EACH(const struct ear_kernel, ear_kernel);
static const struct ear_kernel *const ears[LANES_SETS] = LANES_TABLE(ear_kernel);

struct block {
    int16_t row[LANES][BLOCK];
};

/** The same things done with each set. */
struct run {
    struct echo_bank *echo;
    struct ear_bank *ear;
    struct block near;
    struct ear_heard heard[LANES];
    float prev[EAR_BLOCK][LANES];
    struct ear_fold fold;
    struct ear_bins bins;
    struct ear_pick pick;
};

static struct run runs[LANES_SETS];
/** Of what the plain set gave. */
static struct {
    uint64_t sound, echo, filters, ear, spectrum;
} sums;
/** What it did and heard, all lanes together. */
static struct {
    unsigned suppressed, talked, disabled, limited; /* blocks */
    unsigned begun;                                 /* enum ear_tone */
    char dialled[DIGITS][BLOCKS / CYCLE + 1], heard[DIGITS][BLOCKS / CYCLE + 1];
} seen;
static bool wrong;

/* ---- sums and comparison ---- */

/** FNV-1a. */
static void add(uint64_t *sum, const void *data, size_t size)
{
    const unsigned char *p = data;

    if (*sum == 0)
        *sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        *sum = (*sum ^ p[i]) * 0x100000001b3u;
}

/** Adds what the plain set gave to a sum, or says where this set's is not the same. */
static void same(enum lanes_set set, const char *what, unsigned block, uint64_t *sum,
                 const void *plain, const void *mine, size_t size)
{
    const unsigned char *p = plain, *m = mine;
    size_t at = 0;

    if (set == LANES_PLAIN) {
        add(sum, plain, size);
        return;
    }
    if (memcmp(p, m, size) == 0)
        return;
    while (p[at] == m[at])
        at++;
    if (!wrong)
        printf("%s: %s differs in block %u at byte %zu of %zu\n", lanes_name(set), what, block, at,
               size);
    wrong = true;
}

/* ---- sound ---- */

struct source {
    uint32_t seed;
    int32_t a, b;       /* of a resonance */
    int16_t past[PATH]; /* of the far end, the newest first */
    struct tone_player player;
};
static struct source sources[2][LANES];

static int16_t clip(int32_t x)
{
    return (int16_t)(x > 32767 ? 32767 : x < -32768 ? -32768 : x);
}

static int32_t noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (int32_t)(*seed >> 16) - 32768;
}

/** Noise through a resonance at 500-1300 Hz, loud and soft by syllables, with pauses. */
static int16_t speech(struct source *s, unsigned lane, unsigned block)
{
    static const int32_t loud[8] = {3, 7, 12, 8, 4, 0, 9, 2};
    int32_t level = block / 150 % 4 == lane % 4 ? 0 : loud[(block / 9 + lane) % 8];
    int32_t x = noise(&s->seed) / 64;
    int32_t y = x + (s->a * (28000 - 700 * (int32_t)lane) >> 14) - (s->b * 14000 >> 14);

    s->b = s->a;
    s->a = y;
    return clip(y * level / 4);
}

/** What comes back of the far end: a path per lane, another one from the middle on. */
static int16_t echo(const struct source *far, unsigned lane, bool later)
{
    int32_t sum = 0;
    unsigned delay = 8 + 9 * lane + (later && lane % 3 == 0 ? 37 : 0);
    uint32_t seed = lane * 77u + (later && lane % 3 == 1);

    for (unsigned i = 0; i < 24; i++)
        sum += noise(&seed) / 3 * far->past[delay + i] / (32768 * (1 + (int32_t)i / 6));
    return clip(sum);
}

/** The far end and the line of an echo lane. */
static void make_line(int16_t *far, int16_t *near, unsigned l, unsigned block)
{
    struct source *f = &sources[0][l], *o = &sources[1][l];

    for (unsigned n = 0; n < BLOCK; n++) {
        far[n] = speech(f, l, block);
        if (l == 15)
            far[n] = (block * BLOCK + n) / 6 % 2 ? 30000 : -30000; /* a tone */
        memmove(f->past + 1, f->past, (PATH - 1) * sizeof *f->past);
        f->past[0] = far[n];
        int32_t y = echo(f, l, block > BLOCKS / 2) + noise(&o->seed) / 4096;
        if (l % 4 == 2 && block / 100 % 3 == 2)
            y += speech(o, l + 3, block);
        near[n] = clip(l == 14 ? 8 * y : y); /* overload */
    }
}

static void play(struct source *s, int16_t *pcm, const struct tone_spec *spec)
{
    if (s->player.spec != spec)
        tone_start(&s->player, spec);
    tone_play(&s->player, pcm, BLOCK);
}

static void dial(struct source *s, int16_t *pcm, unsigned lane, unsigned block)
{
    static struct tone_spec spec[DIGITS];

    if (block % CYCLE == 0) {
        char digit = "123A456B789C*0#D"[(block / CYCLE * 5 + lane) % 16];
        seen.dialled[lane][block / CYCLE] = digit;
        spec[lane] = (struct tone_spec){.nsteps = 1, .dbm0 = -8};
        tone_dtmf(digit, spec[lane].step[0].hz);
        tone_start(&s->player, &spec[lane]);
    }
    if (block % CYCLE < CYCLE / 2)
        tone_play(&s->player, pcm, BLOCK);
}

/** 15 Hz, by a fifth up and down, as V.8 has it (here with corners). */
static int16_t modulate(int16_t x, unsigned at)
{
    int32_t slope = (int32_t)(at * 15 % 8000) - 4000;

    return (int16_t)(x * (12000 - (slope < 0 ? -slope : slope)) / 10000);
}

/** The tone of a lane of the ear; none: false. */
static bool make_tone(struct source *s, int16_t *pcm, unsigned l, unsigned block)
{
    static const struct tone_spec answer = {{{{2100, 0}, 0, 0}}, 1, -12};
    static const struct tone_spec calling = {{{{1100, 0}, 500, 3000}}, 1, -10};

    if (l < DIGITS)
        dial(s, pcm, l, block);
    else if (l < 6)
        play(s, pcm, &answer);
    else if (l == 6)
        play(s, pcm, &calling);
    else if (l < 12)
        play(s, pcm, tone_country("de", (enum tone_kind)(TONE_DIAL + l - 7)));
    return l < 12;
}

/** The sound of a lane of the ear: a tone or speech, and noise. */
static void make_sound(int16_t *pcm, unsigned l, unsigned block)
{
    struct source *s = &sources[1][l];

    memset(pcm, 0, BLOCK * sizeof *pcm);
    bool tone = make_tone(s, pcm, l, block);
    for (unsigned n = 0; n < BLOCK; n++) {
        if (l == 4)
            pcm[n] = modulate(pcm[n], block * BLOCK + n);
        if (l == 5 && block / 45 % 2)
            pcm[n] = (int16_t)-pcm[n]; /* reversals every 450 ms */
        if (!tone && l < 15)
            pcm[n] = speech(s, l, block);
        pcm[n] = (int16_t)(pcm[n] + noise(&s->seed) / (l == 15 ? 2 : 2048));
    }
}

/* ---- one block of everything ---- */

/** What a lane says of itself. Its losses are decibels by the C library's logarithm, which may
 * round otherwise on another machine: they are in no sum. */
static void echo_says(enum lanes_set set, unsigned block, unsigned lane)
{
    struct echo_stats s[2];
    uint32_t v[2][6];
    bool equal;

    echo_lane_stats(runs[LANES_PLAIN].echo, lane, &s[0]);
    echo_lane_stats(runs[set].echo, lane, &s[1]);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t all[] = {s[i].converged, s[i].double_talk, s[i].suppressing,
                          s[i].disabled,  s[i].transfers,   s[i].changes};
        memcpy(v[i], all, sizeof v[i]);
    }
    same(set, "echo: decision", block, &sums.echo, v[0], v[1], sizeof v[0]);
    equal = s[0].erl == s[1].erl && s[0].erle == s[1].erle;
    if (set != LANES_PLAIN)
        same(set, "echo: loss", block, NULL, &(bool){true}, &equal, sizeof equal);
}

/** What the canceller knows. */
static void echo_knows(enum lanes_set set, unsigned block)
{
    const struct echo_arrays *p = &runs[LANES_PLAIN].echo->a, *a = &runs[set].echo->a;
    size_t cells = a->parts * ECHO_BINS;
    uint64_t *sum = &sums.filters;

    same(set, "echo: spectrum", block, sum, p->x, a->x, cells * sizeof *a->x);
    same(set, "echo: foreground", block, sum, p->wf, a->wf, cells * sizeof *a->wf);
    same(set, "echo: filter", block, sum, p->wb, a->wb, cells * sizeof *a->wb);
    same(set, "echo: certainty", block, sum, p->p, a->p, cells * sizeof *a->p);
    same(set, "echo: share", block, sum, p->share, a->share, sizeof a->share);
    same(set, "echo: noise", block, sum, p->noise, a->noise, sizeof a->noise);
    same(set, "echo: comfort", block, sum, p->comfort, a->comfort, sizeof a->comfort);
}

static void echo_block(enum lanes_set set, unsigned block, uint16_t active,
                       const struct block *near, const struct block *far)
{
    struct run *r = &runs[set], *plain = &runs[LANES_PLAIN];

    r->near = *near;
    echo_bank_run(r->echo, active, r->near.row, far->row);
    same(set, "echo: sample", block, &sums.echo, &plain->near, &r->near, sizeof r->near);
    for (unsigned l = 0; l < LANES; l++)
        echo_says(set, block, l);
    if (block % 10 == 9)
        echo_knows(set, block);
}

static void ear_says(enum lanes_set set, unsigned block, unsigned lane)
{
    const struct ear_heard *of[2] = {&runs[LANES_PLAIN].heard[lane], &runs[set].heard[lane]};
    uint32_t v[2][8];

    for (unsigned i = 0; i < 2; i++) {
        const struct ear_heard *h = of[i];
        uint32_t all[] = {(unsigned char)h->digit,
                          (unsigned char)h->ended,
                          h->ended_ms,
                          h->serial,
                          h->hush,
                          h->begun,
                          h->over,
                          h->now};
        memcpy(v[i], all, sizeof v[i]);
    }
    same(set, "ear: decision", block, &sums.ear, v[0], v[1], sizeof v[0]);
}

static void ear_block(enum lanes_set set, unsigned block, uint16_t active, const struct block *pcm)
{
    struct run *r = &runs[set];

    ear_use(set);
    ear_bank_listen(r->ear, active, pcm->row, r->heard);
    for (unsigned l = 0; l < LANES; l++)
        ear_says(set, block, l);
}

/** The ear's kernels alone, down to the last bit of what they compute. */
static void spectrum(enum lanes_set set, unsigned block, const struct block *pcm,
                     const struct ear_table table[EAR_BINS], const float window[EAR_BLOCK])
{
    float keep[LANES];
    struct run *r = &runs[set], *plain = &runs[LANES_PLAIN];

    for (unsigned l = 0; l < LANES; l++)
        keep[l] = block % 16 != l;
    ears[set]->fold(&r->fold, r->prev, pcm->row, keep, window);
    ears[set]->bins(&r->bins, &r->fold, table, EAR_BINS);
    ears[set]->pick(&r->pick, &r->bins);
    same(set, "ear: fold", block, &sums.spectrum, &plain->fold, &r->fold, sizeof r->fold);
    same(set, "ear: spectrum", block, &sums.spectrum, &plain->bins, &r->bins, sizeof r->bins);
    same(set, "ear: pick", block, &sums.spectrum, &plain->pick, &r->pick, sizeof r->pick);
}

/** Notes what the plain set did with a block. */
static void look(void)
{
    struct run *r = &runs[LANES_PLAIN];
    struct echo_stats s;

    for (unsigned l = 0; l < LANES; l++) {
        const struct ear_heard *h = &r->heard[l];
        echo_lane_stats(r->echo, l, &s);
        seen.suppressed += s.suppressing;
        seen.talked += s.double_talk;
        seen.disabled += s.disabled;
        for (unsigned n = 0; n < BLOCK; n++)
            seen.limited += r->near.row[l][n] == 32767 || r->near.row[l][n] == -32768;
        seen.begun |= h->begun;
        if (l < DIGITS && h->ended && strlen(seen.heard[l]) < BLOCKS / CYCLE)
            seen.heard[l][strlen(seen.heard[l])] = h->ended;
    }
}

/* ---- the whole ---- */

static void start_echo(struct run *r, unsigned lane)
{
    struct echo_config c = {
        .nlp = lane % 8 != 1, .comfort_noise = lane % 8 != 2, .tone_disabler = true};

    echo_lane_start(r->echo, lane, &c);
}

/** Lanes that are started anew, stopped or switched through on the way. */
static void disturb(struct run *r, unsigned block)
{
    if (block % 230 == 229)
        echo_lane_stop(r->echo, block / 230 % LANES);
    if (block % 230 == 30 && block > 230)
        start_echo(r, (block / 230 - 1) % LANES);
    if (block % 400 == 300)
        echo_lane_disable(r->echo, 5 + block / 400 % 3, true);
    if (block % 170 == 169)
        ear_lane_want(r->ear, 12, block % 340 < 170 ? EAR_DTMF | EAR_CNG : 15);
}

static bool start(enum lanes_set set)
{
    struct run *r = &runs[set];

    if (!lanes_usable(set))
        return true;
    if (echo_bank_new_set(&r->echo, ECHO_TAIL_DEFAULT, set) != 0 ||
        ear_bank_new(&r->ear, &(struct ear_config){40, 23, 40, 10, "de"}) != 0)
        return false;
    for (unsigned l = 0; l < LANES; l++) {
        start_echo(r, l);
        ear_lane_start(r->ear, l, EAR_DTMF | EAR_ANSWER_TONE | EAR_CNG | EAR_PROGRESS);
    }
    return true;
}

static void make_tables(struct ear_table table[EAR_BINS], float window[EAR_BLOCK])
{
    uint32_t seed = 4711;

    for (unsigned k = 0; k < EAR_BINS; k++)
        for (unsigned i = 0; i < EAR_BLOCK; i++) {
            table[k].c[i] = (float)noise(&seed) / 2000000.0f;
            table[k].s[i] = (float)noise(&seed) / 2000000.0f;
            window[i] = (float)(EAR_BLOCK - i) / 3200.0f;
        }
}

static void run_all(void)
{
    static struct ear_table table[EAR_BINS];
    static float window[EAR_BLOCK];
    static struct block far, near, pcm;

    make_tables(table, window);
    for (unsigned b = 0; b < BLOCKS; b++) {
        uint16_t active = b % 50 == 49 ? (uint16_t)(0xffffu << b / 50 % 16) : 0xffff;
        for (unsigned l = 0; l < LANES; l++) {
            make_line(far.row[l], near.row[l], l, b);
            make_sound(pcm.row[l], l, b);
        }
        add(&sums.sound, &far, sizeof far);
        add(&sums.sound, &near, sizeof near);
        add(&sums.sound, &pcm, sizeof pcm);
        for (enum lanes_set set = LANES_PLAIN; set < LANES_SETS; set++)
            if (runs[set].echo) {
                disturb(&runs[set], b);
                echo_block(set, b, active, &near, &far);
                ear_block(set, b, b % 200 == 99 ? 0x5555 : 0xffff, &pcm);
                spectrum(set, b, &pcm, table, window);
            }
        look();
    }
}

/** A comparison is worth nothing where nothing happened. */
static bool happened(void)
{
    const unsigned tones = 2 * EAR_HEARD_SIT - 1;
    unsigned transfers = 0, changes = 0, converged = 0;
    bool dialled = true;

    for (unsigned l = 0; l < LANES; l++) {
        struct echo_stats s;
        echo_lane_stats(runs[LANES_PLAIN].echo, l, &s);
        transfers += s.transfers;
        changes += s.changes;
        converged += s.converged;
    }
    for (unsigned l = 0; l < DIGITS; l++)
        dialled = dialled && strcmp(seen.dialled[l], seen.heard[l]) == 0;
    printf(
        "echo: %u lanes of %d converged, %u transfers, %u changes of path; blocks: %u suppressed, "
        "%u of the near end, %u switched through; %u samples at the limit\n",
        converged, LANES, transfers, changes, seen.suppressed, seen.talked, seen.disabled,
        seen.limited);
    printf("ear: %u digits each on %u lanes %s; tones %#x of %#x\n", BLOCKS / CYCLE, DIGITS,
           dialled ? "as dialled" : "NOT as dialled", seen.begun, tones);
    return converged >= 12 && transfers && changes && seen.suppressed && seen.talked &&
           seen.disabled && seen.limited && dialled && seen.begun == tones;
}

int main(void)
{
    printf("sets:");
    for (enum lanes_set set = LANES_PLAIN; set < LANES_SETS; set++) {
        if (!start(set))
            return 1;
        printf(" %s", runs[set].echo ? lanes_name(set) : "");
    }
    printf("\n");
    run_all();
    printf("%s\n", wrong ? "they differ" : "they agree bit for bit");
    wrong |= !happened();
    printf("sum of sound %016" PRIx64 "\nsum of echo %016" PRIx64 "\nsum of filters %016" PRIx64
           "\nsum of ear %016" PRIx64 "\nsum of spectra %016" PRIx64 "\n",
           sums.sound, sums.echo, sums.filters, sums.ear, sums.spectrum);
    return wrong;
}
