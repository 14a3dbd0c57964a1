/* Frames of G.729 gathered into packets. With annex B an encoder answers speech with a frame, the
 * beginning of silence with a description, and silence with nothing; a packet is frames without a
 * gap, the description last (RFC 3551 4.5.6).
 *
 * So when speech begins in the middle of a packet's time, that packet does not take it: the frames
 * wait until they fill one, and what is left over goes out with the description that ends the
 * talkspurt. It is later by less than a packet, and all of it is there.
 */
#ifndef CODEC_G729_PACK_H
#define CODEC_G729_PACK_H

#include "codec/g729/shm.h"

#include <stdbool.h>
#include <stddef.h>

/** What may wait: a packet's frames, and those that come meanwhile. */
#define G729_PACK_MAX (2u * G729_FRAMES)

/** Zeroed at the start of a stream. */
struct g729_pack {
    unsigned n;
    uint8_t len[G729_PACK_MAX];
    uint8_t frame[G729_PACK_MAX][G729_FRAME_OCTETS];
};

/** What the encoder answered to the next 10 ms: G729_FRAME_OCTETS, G729_SID_OCTETS or 0 octets. */
void g729_pack_add(struct g729_pack *p, const uint8_t *frame, size_t len);
/** The next packet of `frames` at most, once so many were added; `out` has G729_OCTETS. Returns the
 * octets, 0: nothing is sent. */
size_t g729_pack_take(struct g729_pack *p, uint8_t *out, unsigned frames);

#endif
