/* The jitter buffer of a G.711 stream: packets in as they come, octets out as the line needs them.
 *
 * Octets lie in a ring by their timestamp. The play position stays behind what arrives by a margin
 * that follows the measured lateness: it grows at once when a packet came too late, and shrinks in
 * quiet moments after all have been early for a while, which is also how it follows a clock that
 * differs from ours. What is missing when its time comes is made
 * up from what was played before (ITU-T G.711 appendix I style, spandsp's plc). Pure: bytes and
 * times in, octets out.
 *
 * A clear channel's octets are no sound: the margin is fixed, nothing is made up, what is missing
 * is 0xff. Only a clock that differs from ours moves the play position, in few steps, each told by
 * `slips`.
 */
#ifndef CODEC_JITTER_H
#define CODEC_JITTER_H

#include "codec/g711.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JITTER_RING 4096 /* octets: 512 ms */

struct jitter {
    enum g711_law law;
    bool clear;        /**< a clear channel: octets, no sound */
    uint32_t min, max; /**< margin's bounds, octets */
    bool started;
    bool primed;     /**< the first octet has been played: gaps are gaps now */
    uint32_t play;   /**< timestamp of the next octet to play */
    uint32_t newest; /**< timestamp after the last octet received */
    uint32_t margin; /**< wanted distance, octets */
    int32_t least;   /**< smallest head start in this window */
    int32_t most;    /**< clear: largest head start in this window */
    uint32_t window; /**< octets played in this window */
    bool missing;    /**< the last octets were made up */
    uint32_t dry;    /**< octets made up in a row */
    void *plc;       /**< spandsp's state, made when first needed */
    uint64_t late, concealed, skipped, slips;
    uint64_t have[JITTER_RING / 64];
    uint8_t ring[JITTER_RING];
};

/** `min` and `max` bound the margin, in octets (8 = 1 ms); max is at most 1600, more is cut. */
void jitter_init(struct jitter *j, uint32_t min, uint32_t max);
void jitter_release(struct jitter *j);
/** Forgets what is buffered: another source, another law, a new timeline. */
void jitter_reset(struct jitter *j, enum g711_law law);
/** From now on it is a clear channel's, or a voice's; what is buffered is forgotten when it was the
 * other. */
void jitter_clear(struct jitter *j, bool clear);
/** A packet's octets. */
void jitter_put(struct jitter *j, uint32_t ts, const uint8_t *octets, size_t n);
/** The next `n` (at most 160) octets, silence (clear: 0xff) before the first packet. */
void jitter_get(struct jitter *j, uint8_t *out, size_t n);
/** Octets between the play position and the newest received. */
uint32_t jitter_depth(const struct jitter *j);

#endif
