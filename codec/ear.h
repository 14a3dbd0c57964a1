/* Tones in sound, on sixteen channels at once: DTMF digits, the answer tone of modems and faxes,
 * the calling tone of a fax, and a country's call-progress tones.
 *
 * A bank is sixteen lanes; a lane is one direction of one call. Every 10 ms the bank is given a
 * block of each lane and says what was heard in it. Kernels (codec/lanes/ear.c) compute the
 * spectrum at the wanted frequencies over windows of 20 ms for all lanes in one pass; deciding what
 * it means is done per lane, and only where something sounds.
 */
#ifndef CODEC_EAR_H
#define CODEC_EAR_H

#include <stdbool.h>
#include <stdint.h>
#include "codec/lanes.h"

/** Samples of a block: 10 ms. */
#define EAR_BLOCK 80u

/** What a lane listens for: a mask. */
enum ear_what {
    EAR_DTMF = 1u,
    EAR_ANSWER_TONE = 2u, /**< 2100 Hz: V.25, T.30 CED, V.8 ANSam */
    EAR_CNG = 4u,         /**< T.30: 1100 Hz for 0.5 s, every 3.5 s */
    EAR_PROGRESS = 8u     /**< the country's dial, ring-back, busy, congestion, SIT */
};

/** What is heard besides digits: bits. */
enum ear_tone {
    EAR_HEARD_ANSWER = 1u,    /**< 2100 Hz for 250 ms */
    EAR_HEARD_REVERSALS = 2u, /**< its phase reversed twice, 450 ms apart (G.168, V.25, V.8) */
    EAR_HEARD_AM = 4u,        /**< its amplitude moves at 15 Hz: ANSam (V.8) */
    EAR_HEARD_CNG = 8u,       /**< one whole burst of the calling tone: begun only, never over */
    EAR_HEARD_DIAL = 16u,     /**< progress tones: two cycles of the cadence; SIT: one */
    EAR_HEARD_RINGBACK = 32u,
    EAR_HEARD_BUSY = 64u,
    EAR_HEARD_CONGESTION = 128u,
    EAR_HEARD_SIT = 256u
};

/** Times in ms. A digit's length and a pause's are measured to about 2 ms; the limit lies halfway
 * between what must be accepted and what must not (ITU-T Q.24 table A.1). */
struct ear_config {
    unsigned on;         /**< the shortest tone that is a digit: 40 */
    unsigned on_none;    /**< the longest that is none: 23 */
    unsigned off;        /**< the shortest pause between two digits: 40 */
    unsigned off_none;   /**< the longest interruption that is no pause: 10 */
    const char *country; /**< of progress tones (tone_country()); NULL: ITU's */
};
#define EAR_CONFIG_DEFAULT                                                                         \
    {                                                                                              \
        .on = 40, .on_none = 23, .off = 40, .off_none = 10                                         \
    }

/** What a lane heard in a block. */
struct ear_heard {
    char digit;        /**< that sounds now; 0: none */
    char ended;        /**< that has ended; 0: none */
    uint16_t ended_ms; /**< how long that one sounded */
    uint32_t serial;   /**< digits begun since the lane's start */
    bool hush;         /**< is, or may be, part of a digit: do not pass this block on as voice */
    uint16_t begun, over, now; /**< enum ear_tone: begun or ended in this block; heard now */
};

struct ear_bank;

/** A bank whose lanes are all stopped; `config` NULL: EAR_CONFIG_DEFAULT. EINVAL: a country's tones
 * need more frequencies than there is room for, or the config's limits are not in order. ENOMEM. */
int ear_bank_new(struct ear_bank **out, const struct ear_config *config);
/** NULL is fine. */
void ear_bank_free(struct ear_bank *b);
/** Starts a lane anew: nothing was heard, no digit counted. `what`: mask of enum ear_what. */
void ear_lane_start(struct ear_bank *b, unsigned lane, unsigned what);
/** A stopped lane hears nothing. A digit that sounds is forgotten: its length so far is the last
 * that was told. */
void ear_lane_stop(struct ear_bank *b, unsigned lane);
/** Adds to or takes from what a lane listens for; whatever goes on listening is not disturbed. */
void ear_lane_want(struct ear_bank *b, unsigned lane, unsigned what);
/** How long the digit that sounds on a lane has sounded, ms; 0: none. */
unsigned ear_lane_digit_ms(const struct ear_bank *b, unsigned lane);

/** Hears one block of every lane whose bit is in `active`; the rows of others are not looked at,
 * and their time stands still. `out` is written for all lanes (zero for those that are not active).
 */
void ear_bank_listen(struct ear_bank *b, uint16_t active, const int16_t pcm[LANES][EAR_BLOCK],
                     struct ear_heard out[LANES]);

/** The instruction set in use; choosing another is for tests and benches. False: not usable here.
 */
bool ear_use(enum lanes_set set);

#endif
