/* The echo canceller's insides: what its kernels (codec/lanes/echo.c) and its control logic share.
 */
#ifndef CODEC_ECHO_PRIV_H
#define CODEC_ECHO_PRIV_H

#include "codec/echo.h"

/** Points of the transform, half of them (that of its complex inner one), and bins. */
#define ECHO_N    (2 * ECHO_BLOCK)
#define ECHO_HALF ECHO_BLOCK
#define ECHO_BINS (ECHO_BLOCK + 1)
/** Partitions of the longest tail. */
#define ECHO_PARTS 13
/** Mean square of 0 dBm0: a sine of 3.14 dBm0 has peaks of 32124 (G.711, A-law). */
#define ECHO_DBM0 2.5e8f
/** Ratio from which on a filter has converged: 12 dB. */
#define ECHO_CONVERGED 16.0f
/** How uncertain a filter is that knows nothing: the power of a path's partition. */
#define ECHO_UNKNOWN 0.3f
/** Partitions that are constrained after a step. */
#ifndef ECHO_CONSTRAINED
#define ECHO_CONSTRAINED 3
#endif

/** A complex number per lane. */
struct echo_c {
    float re[LANES], im[LANES];
};
/** A number per lane. */
struct echo_f {
    float v[LANES];
};

/** Twiddle factors: of the radix 5 and first radix 4 pass, and of the split into a real
 * transform. */
struct echo_fft {
    float w5[16][4][2], w4[4][3][2], split[ECHO_BINS][2];
    float window[ECHO_BLOCK][2]; /**< falling and rising half of the noise's window */
};

/** The arrays of a bank; all but `parts` are owned by it. */
struct echo_arrays {
    unsigned parts; /**< partitions of the tail */
    unsigned head;  /**< where in `x` the newest block is; older ones follow */
    unsigned turn;  /**< which of `far` is this block */
    struct echo_fft fft;
    struct echo_f far[2][ECHO_BLOCK]; /**< the previous and this block of the far end */
    struct echo_f near[ECHO_BLOCK], fore[ECHO_BLOCK], back[ECHO_BLOCK]; /**< signal, errors */
    struct echo_f comfort[ECHO_N];    /**< noise of this block, and the half that it leaves */
    struct echo_f noise[ECHO_BINS];   /**< spectrum of the line's noise */
    struct echo_f weight[ECHO_PARTS]; /**< mean power of a partition of the adapting filter */
    struct echo_f share[ECHO_PARTS];  /**< what it may learn, 1: that of most power */
    struct echo_f floor;              /**< of that in all bins: what leaks from the others */
    struct echo_f hold[ECHO_BINS];    /**< spectrum of the error, held */
    struct echo_f expect[ECHO_BINS]; /**< spectrum of the error that the filter expects of itself */
    struct echo_c yf[ECHO_BINS], yb[ECHO_BINS]; /**< predictions; yb: the error's spectrum later */
    float last[3][LANES]; /**< samples before this block: far end, near end, output */
    uint32_t seed[LANES];
    struct echo_c *x;       /**< [parts][bins]: spectra of the far end, a ring */
    struct echo_c *wf, *wb; /**< [parts][bins]: foreground and adapting filter */
    struct echo_f *p;       /**< [parts][bins]: how uncertain the latter is */
};

/** Kernels. Arrays of LANES are per lane. */
struct echo_kernels {
    /** From rows by channel to columns; rows that are not in `active` give zeros. */
    void (*gather)(struct echo_f *to, uint16_t active, const int16_t rows[LANES][ECHO_BLOCK]);
    /** Makes a block's high end louder; `last`: its last sample as it was. */
    void (*emphasise)(struct echo_f *block, float last[LANES]);
    /** Undoes that; `last`: the last sample that it gave. */
    void (*restore)(struct echo_f *block, float last[LANES]);
    /** Mean square of a block. */
    void (*power)(float out[LANES], const struct echo_f *block);
    /** Mean square of the difference of two blocks. */
    void (*apart)(float out[LANES], const struct echo_f *a, const struct echo_f *b);
    /** The spectrum of the far end's last two blocks into the ring; `peak`: how much of it lies in
     * few bins (sum of squares of powers over square of their sum). */
    void (*analyse)(struct echo_arrays *a, float peak[LANES]);
    /** Predictions of the foreground filter, and with `both` of the adapting one as well. */
    void (*filter)(struct echo_arrays *a, bool both);
    /** Errors in time: `fore`, and with `both` `back`. */
    void (*subtract)(struct echo_arrays *a, bool both);
    /** The error's spectrum into `yb`. */
    void (*error)(struct echo_arrays *a, const struct echo_f *e);
    /** A Kalman step of the lanes with `gain` 1 (0: none). A filter is held to be wrong by `slack`
     * of its power at least, and keeps `keep` of itself. */
    void (*adapt)(struct echo_arrays *a, const float gain[LANES], const float slack[LANES],
                  const float keep[LANES]);
    /** Takes from a partition what would be circular convolution. */
    void (*constrain)(struct echo_arrays *a, unsigned part);
    /** Copies the lanes with `take` nonzero from one filter to the other. */
    void (*copy)(struct echo_arrays *a, struct echo_c *to, const struct echo_c *from,
                 const uint32_t take[LANES]);
    /** Makes the adapting filter at least that uncertain. */
    void (*doubt)(struct echo_arrays *a, const float least[LANES]);
    /** Lanes with `take` have filters of zeros again. */
    void (*forget)(struct echo_arrays *a, const uint32_t take[LANES]);
    /** Lanes with `take`: what came from the line instead of the foreground's error. */
    void (*bypass)(struct echo_arrays *a, const uint32_t take[LANES]);
    /** Follows the noise's spectrum (`yb` has the error's): the share by which a lane follows. */
    void (*listen)(struct echo_arrays *a, const float share[LANES]);
    /** Makes a block of noise in `comfort`. */
    void (*murmur)(struct echo_arrays *a);
    /** Writes rows: from `fore` times a gain that goes from g[0] to g[1] over `1 / slope` samples;
     * with `fill` 1 noise makes up for what the gain takes. */
    void (*scatter)(struct echo_arrays *a, uint16_t active, int16_t rows[LANES][ECHO_BLOCK],
                    float g[2][LANES], const float slope[LANES], const float fill[LANES]);
};

/** A lane's levels (mean squares), marks and counters. */
struct echo_lane {
    struct echo_config config;
    bool disabled;
    float recent[ECHO_PARTS + 1]; /**< the far end's last blocks, a ring */
    float x, d, held;             /**< this block's far and near end, loudest far end of the tail */
    float near, fore, back;       /**< smoothed, emphasised: from the line, errors of the filters */
    float gained[2], spread[2];   /**< by how much the adapting filter is better: over a short and a
                                       long while, and how much that would vary by chance */
    float record;                 /**< best power ratio of `near` to `back` that was held */
    float error, echo;            /**< this block's error of the foreground, emphasised, and what it
                                       predicts, held a while */
    float residue;                /**< of `error` to `echo` while only the far end speaks */
    float quiet, lowest[2];       /**< noise of the line; least level of two windows */
    float gain;                   /**< of the suppressor at the end of the block */
    float px, pd, pe;             /**< long averages while only the far end speaks */
    bool far_speaks, near_speaks; /**< in this block */
    uint8_t good, worse, bad;     /**< blocks in a row that the adapting filter has been better or
                                       much worse, and that the foreground only did harm */
    uint8_t tonal, changed;       /**< blocks in a row of a tone, of a path that seems another */
    uint8_t poor;                 /**< blocks that it has achieved little */
    uint8_t rest;                 /**< blocks until the path may be found changed again */
    uint8_t hang, idle;           /**< blocks until the suppressor may act; both ends silent */
    uint8_t linger;               /**< blocks that it goes on when the far end has ended */
    uint32_t heard;               /**< blocks of noise that were followed */
    float proof; /**< that there is an echo: bits by which the foreground predicts it */
    bool echoes; /**< so it is held: what the foreground gives is heard */
    uint32_t transfers, changes;
};

struct echo_bank {
    struct echo_arrays a;
    const struct echo_kernels *k;
    uint16_t started;
    unsigned block, part; /**< counters: of blocks, of the partition that is constrained next */
    struct echo_lane lane[LANES];
};

/** Levels of a block, emphasised: from the line, errors of the foreground and of the adapting
 * filter, their difference, and the echo that the foreground predicts. */
struct echo_levels {
    float near, fore, back, apart, echo;
};

/** What the control logic wants done with a block. */
struct echo_orders {
    float gain[LANES];        /**< of adaptation: 0, 1 */
    float slack[LANES];       /**< share of the filter's power that is held to be wrong */
    float keep[LANES];        /**< what is left of a filter that does not help: 1, or less */
    uint32_t forward[LANES];  /**< adapting filter to foreground */
    uint32_t backward[LANES]; /**< and back */
    uint32_t forget[LANES];   /**< both, and learn again */
    uint32_t bypass[LANES];   /**< what came from the line is heard, not this block's error */
    float doubt[LANES];
    bool any_gain, any_forward, any_backward, any_doubt, any_forget, any_bypass;
};

/** Sets a lane's levels for a new call. */
void echo_lane_reset(struct echo_lane *s, const struct echo_config *config);
/** Takes in the levels of this block: `x` and `d` mean squares of either direction. */
void echo_lane_hear(struct echo_bank *b, unsigned lane, float x, float d, float peak);
/** True when some lane of `active` has something to learn from this block. */
bool echo_wants(const struct echo_bank *b, uint16_t active);
/** Judges the filters by the errors that they left; `both`: the adapting one has run as well. */
void echo_judge(struct echo_bank *b, unsigned lane, const struct echo_levels *v, bool both,
                struct echo_orders *o);
/** Decides on suppression, follows the line's noise, and writes the block. */
void echo_suppress(struct echo_bank *b, uint16_t active, const float error[LANES],
                   int16_t near[LANES][ECHO_BLOCK]);

#endif
