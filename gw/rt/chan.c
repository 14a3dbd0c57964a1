/* A single-producer single-consumer ring: the producer owns `tail`, the consumer owns `head`; each
 * keeps a copy of the other's so that the shared line moves only when the ring looks full or empty.
 */
#include "gw/rt/loop_priv.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define CACHE_LINE 64

/** Messages delivered in one round, so that a flood cannot starve the timers. */
#define BATCH 1024

struct rt_chan {
    struct rt_loop *consumer;
    rt_chan_fn *fn;
    void *arg;
    size_t size, mask;
    struct rt_chan *prev, *next; /* in the consumer's list */
    alignas(CACHE_LINE) _Atomic size_t tail;
    size_t head_seen;
    alignas(CACHE_LINE) _Atomic size_t head;
    alignas(CACHE_LINE) unsigned char ring[];
};

int rt_chan_new(struct rt_chan **out, struct rt_loop *consumer, size_t size, size_t capacity,
                rt_chan_fn *fn, void *arg)
{
    size_t slots = 2;

    while (slots < capacity)
        slots *= 2;
    size_t bytes =
        (sizeof(struct rt_chan) + slots * size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
    struct rt_chan *c = aligned_alloc(CACHE_LINE, bytes);
    if (!c)
        return ENOMEM;
    memset(c, 0, bytes);
    c->consumer = consumer;
    c->fn = fn;
    c->arg = arg;
    c->size = size;
    c->mask = slots - 1;
    DL_APPEND(consumer->chans, c);
    *out = c;
    return 0;
}

void rt_chan_free(struct rt_chan *c)
{
    if (!c)
        return;
    DL_DELETE(c->consumer->chans, c);
    free(c);
}

int rt_chan_post(struct rt_chan *c, const void *msg)
{
    size_t tail = atomic_load_explicit(&c->tail, memory_order_relaxed);

    if (tail - c->head_seen > c->mask) {
        c->head_seen = atomic_load_explicit(&c->head, memory_order_acquire);
        if (tail - c->head_seen > c->mask)
            return EAGAIN;
    }
    memcpy(c->ring + (tail & c->mask) * c->size, msg, c->size);
    atomic_store_explicit(&c->tail, tail + 1, memory_order_release);
    return 0;
}

int rt_chan_send(struct rt_chan *c, const void *msg)
{
    int err = rt_chan_post(c, msg);

    if (err == 0)
        rt_loop_wake(c->consumer);
    return err;
}

static bool pending(const struct rt_chan *c)
{
    /* sequentially consistent: pairs with the fence of a loop about to sleep (os_loop.c) */
    return atomic_load(&c->tail) != atomic_load_explicit(&c->head, memory_order_relaxed);
}

bool rt_chans_pending(const struct rt_loop *l)
{
    const struct rt_chan *c;

    DL_FOREACH(l->chans, c)
    if (pending(c))
        return true;
    return false;
}

static void deliver(struct rt_chan *c)
{
    size_t head = atomic_load_explicit(&c->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&c->tail, memory_order_acquire);

    for (unsigned n = 0; head != tail && n < BATCH; n++) {
        c->fn(c->arg, c->ring + (head & c->mask) * c->size);
        atomic_store_explicit(&c->head, ++head, memory_order_release);
    }
}

void rt_chans_run(struct rt_loop *l)
{
    struct rt_chan *c;

    DL_FOREACH(l->chans, c)
    deliver(c);
}
