/* Tapes: a ring of blocks between two threads. */
#include "codec/tape.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct tape {
    atomic_uint users;
    atomic_bool ended;
    atomic_uint head, tail; /**< blocks written, taken */
    /* the writer's */
    uint64_t at;
    bool full; /**< the block in progress has no room */
    struct tape_block block[TAPE_BLOCKS];
};

int tape_new(struct tape **out)
{
    struct tape *t = calloc(1, sizeof *t);

    if (!t)
        return ENOMEM;
    atomic_store(&t->users, 1);
    t->full = true; /* until a block has begun */
    *out = t;
    return 0;
}

void tape_hold(struct tape *t)
{
    atomic_fetch_add(&t->users, 1);
}

void tape_drop(struct tape *t)
{
    if (t && atomic_fetch_sub(&t->users, 1) == 1)
        free(t);
}

/* ---- who takes ---- */

bool tape_take(struct tape *t, struct tape_block *out)
{
    unsigned tail = atomic_load_explicit(&t->tail, memory_order_relaxed);

    if (atomic_load_explicit(&t->head, memory_order_acquire) == tail)
        return false;
    *out = t->block[tail % TAPE_BLOCKS];
    atomic_store_explicit(&t->tail, tail + 1, memory_order_release);
    return true;
}

bool tape_ended(const struct tape *t)
{
    return atomic_load_explicit(&t->ended, memory_order_acquire);
}

/* ---- who writes ---- */

void tape_end(struct tape *t)
{
    atomic_store_explicit(&t->ended, true, memory_order_release);
}

static void put(int16_t to[TAPE_BLOCK], const int16_t *pcm)
{
    if (pcm)
        memcpy(to, pcm, TAPE_BLOCK * sizeof *to);
    else
        memset(to, 0, TAPE_BLOCK * sizeof *to);
}

void tape_hear(struct tape *t, const int16_t *pcm)
{
    unsigned head = atomic_load_explicit(&t->head, memory_order_relaxed);
    struct tape_block *b = &t->block[head % TAPE_BLOCKS];

    t->full = head - atomic_load_explicit(&t->tail, memory_order_acquire) == TAPE_BLOCKS;
    if (t->full) {
        t->at++;
        return;
    }
    b->at = t->at++;
    put(b->in, pcm);
}

void tape_say(struct tape *t, const int16_t *pcm)
{
    unsigned head = atomic_load_explicit(&t->head, memory_order_relaxed);

    if (t->full)
        return;
    put(t->block[head % TAPE_BLOCKS].out, pcm);
    t->full = true; /* nothing more until the next one begins */
    atomic_store_explicit(&t->head, head + 1, memory_order_release);
}
