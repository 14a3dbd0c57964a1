/* Inside the ear: arrays with a column per lane that the kernels fill, and the state of each kind
 * of detector.
 *
 * The window is Hann's, 20 ms long, and moves by 10 ms. Hann windows that overlap by half sum up to
 * a constant, so that the sum of a tone's amplitudes over the blocks, divided by the amplitude of a
 * window which it fills, is the tone's length: tones and pauses are measured far more finely than
 * the blocks are long.
 */
#ifndef CODEC_EAR_PRIV_H
#define CODEC_EAR_PRIV_H

#include "codec/ear.h"
#include "codec/tone.h"

#include <math.h>

/** Frequencies of a set at most: 8 of DTMF, 2 of dial tone. Even. */
#define EAR_BINS 10

/** Power of a 0 dBm0 sine, in squared 16-bit samples: G.711's A-law full scale is +3.14 dBm0. */
#define EAR_0DBM0 2.603e8f

/** Two blocks folded about their middle: sums and differences of samples equally far from it, so
 * that a cosine needs the one and a sine the other. */
struct ear_fold {
    _Alignas(64) float even[EAR_BLOCK][LANES];
    _Alignas(64) float odd[EAR_BLOCK][LANES];
    _Alignas(64) float energy[LANES]; /**< mean power in the window */
};

/** What a frequency is compared with: window times cosine, window times sine. */
struct ear_table {
    float c[EAR_BLOCK], s[EAR_BLOCK];
};

/** The spectrum: re^2 + im^2 is a tone's power. Phase is that in the window's middle. */
struct ear_bins {
    _Alignas(64) float re[EAR_BINS][LANES];
    _Alignas(64) float im[EAR_BINS][LANES];
};

/** The strongest frequency of each DTMF group. */
struct ear_pick {
    _Alignas(64) int32_t low[LANES], high[LANES]; /**< 0-3 each */
    _Alignas(64) float plow[LANES], phigh[LANES]; /**< power */
    _Alignas(64) float dial[LANES];               /**< power of dial tone: bins 8 and 9 */
};

/** Exported once per instruction set by codec/lanes/ear.c. */
struct ear_kernel {
    /** Folds `prev` with the next block, which then is `prev`. keep: 1, or 0 for silence. */
    void (*fold)(struct ear_fold *f, float prev[EAR_BLOCK][LANES],
                 const int16_t pcm[LANES][EAR_BLOCK], const float keep[LANES],
                 const float window[EAR_BLOCK]);
    /** Spectrum at `n` frequencies, an even number. */
    void (*bins)(struct ear_bins *out, const struct ear_fold *f, const struct ear_table *t,
                 unsigned n);
    void (*pick)(struct ear_pick *out, const struct ear_bins *b);
};

/** A set of frequencies. */
struct ear_set {
    struct ear_bins bins[2]; /**< of this block (`at`) and of the one before */
    struct ear_table table[EAR_BINS];
    float hz[EAR_BINS];
    float turn[EAR_BINS][2]; /**< by how much the phase turns in a block: cosine, sine */
    unsigned n, at;
};

/** A complex amplitude. */
struct ear_point {
    float re, im;
};

static inline struct ear_point ear_now(const struct ear_set *s, unsigned bin, unsigned lane)
{
    const struct ear_bins *b = &s->bins[s->at];

    return (struct ear_point){b->re[bin][lane], b->im[bin][lane]};
}

static inline struct ear_point ear_before(const struct ear_set *s, unsigned bin, unsigned lane)
{
    const struct ear_bins *b = &s->bins[!s->at];

    return (struct ear_point){b->re[bin][lane], b->im[bin][lane]};
}

static inline float ear_power(struct ear_point p)
{
    return p.re * p.re + p.im * p.im;
}

/** a times b, and a times b's conjugate. */
static inline struct ear_point ear_times(struct ear_point a, struct ear_point b)
{
    return (struct ear_point){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static inline struct ear_point ear_over(struct ear_point a, struct ear_point b)
{
    return (struct ear_point){a.re * b.re + a.im * b.im, a.im * b.re - a.re * b.im};
}

/** What a bin's tone did from the last block to this one, beyond what its frequency does: power
 * times the phase that it gained. */
static inline struct ear_point ear_gain(const struct ear_set *s, unsigned bin, unsigned lane)
{
    struct ear_point turn = {s->turn[bin][0], s->turn[bin][1]};

    return ear_over(ear_over(ear_now(s, bin, lane), ear_before(s, bin, lane)), turn);
}

/** Angle in half turns, -1..1: as much is the offset from the bin's frequency in units of 50 Hz. */
static inline float ear_angle(struct ear_point p)
{
    return atan2f(p.im, p.re) * (float)M_1_PI;
}

/** What to multiply a bin's power by when the tone lies `x` units of 50 Hz beside it: the window's
 * answer there, inverted, as a series. */
static inline float ear_beside(float x)
{
    return 1.0f + x * x * (1.29f + 1.05f * x * x);
}

/* ---- DTMF: ear_dtmf.c ---- */

struct ear_limits {
    float on, off; /**< in blocks */
};

/** A digit that may become one. */
struct ear_candidate {
    int key; /**< 4 * row + column, -1: none */
    float lead, sum, peak;
    unsigned blocks, full, glides; /**< full: good ones; glides: of these, off the one before */
    bool well;                     /**< the last block was good */
    float offset[2];               /**< from the frequencies in it, units of 50 Hz */
    struct ear_point gain[2];
};

struct ear_dtmf {
    struct ear_candidate cand;
    int key; /**< of the digit that sounds, -1: none */
    float sum, peak, gap;
    uint32_t serial;
    unsigned dial, dial_hold; /**< blocks with nothing but dial tone; that it is believed for */
    float dial_all;           /**< dial tone in parts of what its bins have of it */
    float before;             /**< power in the last window */
};

extern const float ear_dtmf_hz[EAR_BINS];
void ear_dtmf_start(struct ear_dtmf *d);
void ear_dtmf_hear(struct ear_dtmf *d, const struct ear_set *s, const struct ear_pick *pick,
                   unsigned lane, float energy, const struct ear_limits *limits,
                   struct ear_heard *out);
unsigned ear_dtmf_ms(const struct ear_dtmf *d);

/* ---- a single frequency: ear_single.c ---- */

struct ear_single {
    float share;  /**< of the power in the window that is the tone's; may pass 1 a little */
    float offset; /**< Hz from the bin's frequency */
    float power;
};
/** Measures a bin; all zero when there is next to nothing of it. */
struct ear_single ear_single(const struct ear_set *s, unsigned bin, unsigned lane, float energy);

/* ---- answer tone and calling tone: ear_answer.c, ear_cng.c ---- */

/** The bins of the set for modems and faxes. */
enum { EAR_BIN_2100, EAR_BIN_1100 };
extern const float ear_modem_hz[2];

#define EAR_AM_BLOCKS 40u /**< 400 ms: six periods of 15 Hz */

struct ear_answer {
    struct ear_point last[4]; /**< 2100 Hz of the last blocks, zero where it was disturbed */
    struct ear_point turn;    /**< the smoothed phase gained per block */
    unsigned on, missing;     /**< blocks */
    unsigned since;           /**< blocks since the last reversal; 0: none yet */
    unsigned reversals;       /**< in a row at the right interval */
    float sum;                /**< amplitudes of the current stretch */
    struct ear_point am;      /**< and their part at 15 Hz */
    unsigned am_at;
    uint16_t now;
};
void ear_answer_hear(struct ear_answer *a, const struct ear_set *s, unsigned lane, float energy,
                     struct ear_heard *out);

struct ear_cng {
    unsigned blocks, good, missing;
    float sum, peak; /**< amplitudes: the burst's length, as with digits */
};
void ear_cng_hear(struct ear_cng *c, const struct ear_set *s, unsigned lane, float energy,
                  struct ear_heard *out);

/* ---- progress: ear_progress.c, ear_cadence.c ---- */

/** What sounds in a block: index of a combination, or one of these. */
enum { EAR_SILENCE = -1, EAR_OTHER = -2 };

#define EAR_COMBOS 10u
#define EAR_PHASES 8u /**< of a cadence: four steps with a pause each */
#define EAR_RUNS   16u

/** One or two frequencies at once: bins, the second -1 for one. */
struct ear_combo {
    int bin[2];
};

/** Blocks of the same kind in a row; of a cadence, how many there should be (0: for ever). */
struct ear_run {
    int what;
    unsigned blocks;
};

/** A tone of the country as a cycle of runs. */
struct ear_cadence {
    unsigned n;    /**< runs of a cycle; 0: the country has no such tone */
    unsigned need; /**< runs in a row that prove it; of an endless one, blocks */
    struct ear_run run[EAR_PHASES];
    float tolerance; /**< of a run's length, part of one */
};

/** What the country's tones are, for all lanes of a bank. */
struct ear_country {
    struct ear_combo combo[EAR_COMBOS];
    unsigned ncombos, nhz;
    float hz[EAR_BINS];
    struct ear_cadence cadence[TONE_KINDS];
};
/** EINVAL: too many frequencies or combinations. */
int ear_country_make(struct ear_country *c, const char *country);

/** Runs heard; the last is the current one. Start zeroed. */
struct ear_rhythm {
    struct ear_run run[EAR_RUNS];
    enum tone_kind kind; /**< that is heard now */
};
/** Takes what a block is, and says which tone is heard now. */
enum tone_kind ear_rhythm_take(struct ear_rhythm *r, const struct ear_country *c, int what);

struct ear_progress {
    struct ear_point ring[4][EAR_BINS]; /**< the last blocks, to tell close frequencies apart */
    float energy[4];
    unsigned at;
    float loud; /**< power of the last tone: what silence is measured by */
    struct ear_rhythm rhythm;
};
void ear_progress_hear(struct ear_progress *p, const struct ear_country *c, const struct ear_set *s,
                       unsigned lane, float energy, struct ear_heard *out);

#endif
