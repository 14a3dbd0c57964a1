/* Payloads that wait: a ring of octets in the order of arrival, and a short list of what lies where
 * in the order of play. The oldest give way when there is no room. */
#include "codec/playout_priv.h"

#include <string.h>

void playout_store_clear(struct playout *p)
{
    p->count = 0;
    p->lin_n = 0;
    p->size = PLAYOUT_PART;
}

void playout_store_pop(struct playout *p)
{
    p->first = (uint8_t)((p->first + 1) % PLAYOUT_ENTRIES);
    p->count--;
}

void playout_store_discard(struct playout *p)
{
    struct playout_entry *e = playout_entry(p, 0);

    if (e->id != PLAYOUT_IS_NOISE) {
        p->stats.discarded++;
        playout_fates_bad(p, e->seq);
    }
    playout_store_pop(p);
}

/** A run of `len` octets; the ring's end is left out when it is too short for them. */
static uint32_t run_of(const struct playout *p, unsigned len)
{
    uint32_t over = p->head % p->size + len;

    return over > p->size ? p->head + p->size - p->head % p->size : p->head;
}

/** Something that waits would be overwritten. */
static bool too_small(const struct playout *p, unsigned len)
{
    uint32_t end = run_of(p, len) + len;

    if (len > p->size)
        return true;
    for (unsigned i = 0; i < p->count; i++)
        if (end - p->entries[(p->first + i) % PLAYOUT_ENTRIES].at > p->size)
            return true;
    return false;
}

/** From the part of the ring that is used as long as it suffices to the whole of it. */
static void use_all(struct playout *p)
{
    uint8_t part[PLAYOUT_PART];

    memcpy(part, p->ring, sizeof part);
    p->size = PLAYOUT_RING;
    for (unsigned i = 0; i < p->count; i++) {
        const struct playout_entry *e = playout_entry(p, i);
        if (p->head - e->at <= PLAYOUT_PART)
            memcpy(p->ring + e->at % PLAYOUT_RING, part + e->at % PLAYOUT_PART, e->len);
    }
}

static uint32_t allocate(struct playout *p, unsigned len)
{
    if (p->size < PLAYOUT_RING && too_small(p, len))
        use_all(p);
    uint32_t at = run_of(p, len);

    p->head = at + len;
    while (p->count > 0 && !playout_alive(p, playout_entry(p, 0)))
        playout_store_discard(p);
    return at;
}

void playout_store_insert(struct playout *p, const struct playout_entry *e, const uint8_t *payload)
{
    unsigned i;

    for (i = p->count; i > 0; i--) {
        int32_t after = (int32_t)(e->pos - playout_entry(p, i - 1)->pos);
        if (after == 0 && playout_entry(p, i - 1)->id == e->id) {
            p->stats.duplicate++;
            return;
        }
        if (after >= 0)
            break;
    }
    if (p->count == PLAYOUT_ENTRIES) {
        playout_store_discard(p);
        i -= i > 0;
    }
    unsigned before = p->count;
    uint32_t at = allocate(p, e->len);
    unsigned gone = before - p->count;

    i = i > gone ? i - gone : 0;
    for (unsigned k = p->count; k > i; k--)
        *playout_entry(p, k) = *playout_entry(p, k - 1);
    struct playout_entry *new = playout_entry(p, i);
    *new = *e;
    new->at = at;
    memcpy(p->ring + at % p->size, payload, e->len);
    p->count++;
}
