/* The pseudowire's receive buffer: packets by sequence number in, one packet per tick out. Pure.
 *
 * It starts to play when `depth` packets are there, counts what is lost, and as late what comes
 * after its time or twice, and keeps its filling near `depth`: the far end's clock is not ours, so
 * now and then one packet too many is dropped, or one is made up. Each of those is a slip.
 */
#ifndef ISDN_PW_JITTER_H
#define ISDN_PW_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PW_RING      128 /* packets there is room for, at least */
#define PW_DEPTH_MAX 512

struct pw_jitter {
    unsigned depth;  /**< packets wanted in the buffer */
    unsigned ring;   /**< payloads there is room for: four times `depth`, a power of two */
    size_t size;     /**< octets of a payload */
    uint8_t *octets; /**< `ring` payloads */
    uint8_t *have;   /**< enum pw_slot of pw_jitter.c for each, behind them */
    bool playing;
    uint16_t play;         /**< sequence number of the next to play */
    uint16_t newest;       /**< after the highest received */
    bool any;              /**< a packet was received since the reset */
    unsigned least, ticks; /**< smallest filling in this window */
    unsigned dry;          /**< ticks without a packet in a row */
    uint64_t lost, late, reordered, underruns, slips;
};

/** ENOMEM. `depth` 1..PW_DEPTH_MAX packets of `size` octets. */
int pw_jitter_init(struct pw_jitter *j, unsigned depth, size_t size);
void pw_jitter_release(struct pw_jitter *j);
/** A received payload; NULL: none came with it (L bit), silence plays in its place. */
void pw_jitter_put(struct pw_jitter *j, uint16_t seq, const uint8_t *payload);
/** The payload to play in this tick, or NULL: nothing, play silence. */
const uint8_t *pw_jitter_get(struct pw_jitter *j);
/** Packets waiting. */
unsigned pw_jitter_filling(const struct pw_jitter *j);

#endif
