/* A one-way channel between two threads: a ring of fixed messages, one producer, one consumer.
 *
 * This is the only way signalling and media threads meet. A message is copied in and copied out, so
 * neither side ever holds a pointer into the other's memory, unless the message hands an object
 * over.
 */
#ifndef GW_RT_CHAN_H
#define GW_RT_CHAN_H

#include "gw/rt/loop.h"

#include <stddef.h>

struct rt_chan;

/** Called in the consumer's loop, once per message; `msg` is valid during the call only. */
typedef void rt_chan_fn(void *arg, const void *msg);

/** Makes a channel of `capacity` messages (rounded up to a power of two) of `size` octets each,
 * whose messages `fn` receives in `consumer`'s loop. Made before either thread uses it. */
int rt_chan_new(struct rt_chan **out, struct rt_loop *consumer, size_t size, size_t capacity,
                rt_chan_fn *fn, void *arg);
/** Frees it; both threads must have stopped using it. NULL is allowed. Messages not taken are lost.
 */
void rt_chan_free(struct rt_chan *c);
/** Copies `msg` in and wakes the consumer if it sleeps. EAGAIN when full: the caller counts or
 * retries. */
int rt_chan_send(struct rt_chan *c, const void *msg);
/** The same without waking: it is delivered when the consumer next runs for another reason. */
int rt_chan_post(struct rt_chan *c, const void *msg);

#endif
