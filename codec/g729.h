/* G.729's link to the process that codes it (codec/g729/): the memory that both share is lent to
 * the codec here, by whoever keeps the process running. Without it the codec is in the table, and
 * not ready (codec_ready()).
 *
 * A media thread never waits for the process. What an encoder or decoder is given is answered with
 * the next packet, so each direction is one packet later than its neighbours in the table; an
 * answer that is not there by then is a packet not sent, or made up.
 */
#ifndef CODEC_G729_H
#define CODEC_G729_H

#include "gw/rt/stats.h"

#include <stdbool.h>
#include <stddef.h>

enum g729_counter {
    G729_REQUESTS,
    G729_LATE,     /**< answers that were not there when they were needed */
    G729_DROPPED,  /**< requests not made: too many are not answered */
    G729_INVALID,  /**< answers that cannot be */
    G729_NO_SLOTS, /**< streams refused: there are too many */
    G729_RESTARTS, /**< of the process; counted by whoever starts it */
    G729_NCOUNTERS
};
extern struct rt_counter g729_counters[G729_NCOUNTERS];

/** Octets of the memory. */
size_t g729_shared_size(void);
/** Lends it, zeroed and aligned to 64 octets, for a process of 1 to 64 `threads`; before any
 * stream starts. It is taken back when none is left. */
void g729_attach(void *shared, unsigned threads);
void g729_detach(void);
/** Tells whether the process runs. Streams go on when it ends and comes back: they are silent
 * meanwhile. */
void g729_set_running(bool running);
/** Whether the process stands still: a stream waits for it as long as it can, and nothing was
 * answered since the last call of this. To be asked once a second. */
bool g729_stuck(void);
/** Encoders and decoders there are. */
unsigned g729_streams(void);

#endif
