/* A cord between two timeslots. Lines tick on their own, perhaps in different threads: each end
 * writes its blocks into a ring that the other one reads, with no lock.
 */
#include "codec/media_priv.h"

#include <errno.h>
#include <stdlib.h>

/** Blocks of a clear channel that wait before the first of them goes on: lines of one clock take
 * and bring their blocks in any order, and never one too few. */
#define CLEAR_FIRST 2

void media_cord_drop(struct media_cord *c)
{
    if (atomic_fetch_sub(&c->users, 1) == 1)
        free(c);
}

static void give_back(struct media_loan *l)
{
    media_cord_drop(((struct media_cord_end *)l)->cord);
}

int media_cord_new(struct media_cord **out)
{
    struct media_cord *c = calloc(1, sizeof *c);

    if (!c)
        return ENOMEM;
    for (unsigned i = 0; i < 2; i++) {
        c->end[i].loan.give_back = give_back;
        c->end[i].cord = c;
    }
    atomic_store(&c->users, 2);
    *out = c;
    return 0;
}

void media_cord_push(struct media_cord *c, unsigned end, struct media_heard *h, enum g711_law law)
{
    struct media_cord_ring *r = &c->ring[!end];
    unsigned head = atomic_load_explicit(&r->head, memory_order_relaxed);
    bool clear = h->sound.forms & SOUND_CLEAR;

    if (!h->sound.forms)
        return;
    if (head - atomic_load_explicit(&r->tail, memory_order_acquire) == MEDIA_CORD_BLOCKS - 1) {
        if (clear) /* the other line is slower: a block is left out */
            rt_count(&media_counters[MEDIA_CLEAR_SLIPS]);
        return;
    }
    struct media_cord_block *b = &r->block[head % MEDIA_CORD_BLOCKS];
    b->clear = clear;
    b->law = (uint8_t)law;
    memcpy(b->octets, clear ? h->sound.octets[0] : sound_octets(&h->sound, law), MEDIA_BLOCK);
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
}

void media_cord_pop(struct media_cord *c, unsigned end, struct media_heard *h, bool clear)
{
    struct media_cord_ring *r = &c->ring[end];
    unsigned tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    unsigned waiting = atomic_load_explicit(&r->head, memory_order_acquire) - tail;

    *h = (struct media_heard){.digit = 0};
    if (waiting < (clear && !r->flows ? CLEAR_FIRST : 1u)) {
        if (clear && r->flows) /* the other line is slower */
            rt_count_n(&media_counters[MEDIA_CLEAR_FILLED], MEDIA_BLOCK);
        return;
    }
    struct media_cord_block *b = &r->block[tail % MEDIA_CORD_BLOCKS];
    r->flows = true;
    if (b->clear)
        sound_set_clear(&h->sound, b->octets);
    else
        sound_set_octets(&h->sound, b->octets, (enum g711_law)b->law);
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
}
