/* Line echo cancellation (ITU-T G.168) for LANES channels in one pass.
 *
 * What goes out on a two-wire line comes back from the hybrid, distorted and up to a tail later.
 * The bank learns that path for each lane and subtracts what it predicts; what remains is
 * suppressed while only the far end speaks, and comfort noise of the same spectrum as the line's
 * own noise takes its place.
 *
 * Adaptation is a partitioned-block Kalman filter in the frequency domain (Enzner and Vary 2006,
 * Kuech et al. 2014): blocks of 10 ms, no delay besides the block. Every bin of every partition
 * knows how uncertain it is, so that steps are long while nothing is known and short in double
 * talk. A foreground filter, which alone is heard, takes over the adapting one only when that has
 * proved better.
 *
 * A bank belongs to one thread at a time. Only echo_bank_new() and echo_bank_free() use the heap.
 */
#ifndef CODEC_ECHO_H
#define CODEC_ECHO_H

#include "codec/lanes.h"

#include <stdint.h>

/** Samples of a block: 10 ms. */
#define ECHO_BLOCK 80
/** Bounds and usual value of a tail, ms. */
#define ECHO_TAIL_MIN     16u
#define ECHO_TAIL_MAX     128u
#define ECHO_TAIL_DEFAULT 64u

struct echo_bank;

/** What a lane does; zeroed: a bare linear canceller. */
struct echo_config {
    bool nlp;           /**< suppress what the filter leaves */
    bool comfort_noise; /**< put noise where that was; without: silence */
    bool tone_disabler; /**< echo_lane_disable() is heeded */
};

/** How a lane fares. */
struct echo_stats {
    int16_t erl;        /**< loss of the echo path, 0.1 dB; 0 while nothing is known */
    int16_t erle;       /**< what the filter adds to it, 0.1 dB, without the suppressor */
    bool converged;     /**< the filter has learnt the path */
    bool double_talk;   /**< both ends speak, or the line's end alone */
    bool suppressing;   /**< the residue is being suppressed */
    bool disabled;      /**< by tone: passed through unchanged */
    uint32_t transfers; /**< times that the foreground took over the adapting filter */
    uint32_t changes;   /**< times that the path seemed to have changed */
};

/** Allocates a bank for echoes of up to `tail_ms`; 0 or EINVAL, ENOMEM. All lanes are stopped. */
int echo_bank_new(struct echo_bank **out, unsigned tail_ms);
/** Likewise with the kernels of one instruction set; EINVAL when the processor lacks it. */
int echo_bank_new_set(struct echo_bank **out, unsigned tail_ms, enum lanes_set set);
/** Frees; NULL does nothing. */
void echo_bank_free(struct echo_bank *b);

/** Starts a lane afresh: it knows no path. */
void echo_lane_start(struct echo_bank *b, unsigned lane, const struct echo_config *config);
/** Stops a lane; its column is left alone from now on. */
void echo_lane_stop(struct echo_bank *b, unsigned lane);
/** Switches a lane through when a detector has heard 2100 Hz with phase reversals (G.168 section
 * 7), or, with `on` false, back to work at once. A lane that is switched through returns to work by
 * itself when both directions have stayed under -36 dBm0 for 250 ms, and remembers the path. */
void echo_lane_disable(struct echo_bank *b, unsigned lane, bool on);

/** Cancels 10 ms of the started lanes in `active` (bit n: lane n). `near`: what came from the line,
 * replaced by what is to be passed on; `far`: what was sent to the line in the same 10 ms. Rows of
 * other lanes are not touched. */
void echo_bank_run(struct echo_bank *b, uint16_t active, int16_t near[LANES][ECHO_BLOCK],
                   const int16_t far[LANES][ECHO_BLOCK]);

/** Reads how a lane fares. */
void echo_lane_stats(const struct echo_bank *b, unsigned lane, struct echo_stats *out);

#endif
