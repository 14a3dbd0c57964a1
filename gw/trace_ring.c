/* The ring: positions count up for ever, what is at them is at their remainder. An entry is never
 * broken by the ring's end: what is left there is skipped.
 */
#include "gw/trace_ring.h"

#include <errno.h>
#include <stdlib.h>

#define ALIGN 8u

struct gw_trace_ring {
    size_t octets;
    uint64_t head, tail; /**< the next to be written, the oldest that is there */
    char *p;
};

int gw_trace_ring_new(struct gw_trace_ring **out, size_t octets)
{
    struct gw_trace_ring *r = calloc(1, sizeof *r);

    if (!r)
        return ENOMEM;
    r->octets = octets / ALIGN * ALIGN;
    r->p = malloc(r->octets);
    if (!r->p) {
        free(r);
        return ENOMEM;
    }
    *out = r;
    return 0;
}

void gw_trace_ring_free(struct gw_trace_ring *r)
{
    if (!r)
        return;
    free(r->p);
    free(r);
}

size_t gw_trace_ring_size(const struct gw_trace_ring *r)
{
    return r->octets;
}

static struct gw_trace_entry *place(const struct gw_trace_ring *r, uint64_t at)
{
    return (struct gw_trace_entry *)(void *)(r->p + at % r->octets);
}

/** Octets until the ring begins anew. */
static size_t straight(const struct gw_trace_ring *r, uint64_t at)
{
    return r->octets - (size_t)(at % r->octets);
}

/** Where the next entry is: a rest that is too short for an entry has none. */
static uint64_t skip(const struct gw_trace_ring *r, uint64_t at)
{
    size_t rest = straight(r, at);
    return rest < sizeof(struct gw_trace_entry) ? at + rest : at;
}

/** Forgets the oldest until there is room for `size` octets. */
static void make_room(struct gw_trace_ring *r, size_t size)
{
    while (r->head + size - r->tail > r->octets) {
        uint64_t at = skip(r, r->tail);
        r->tail = at == r->tail ? at + place(r, at)->size : at;
    }
}

/** Fills the rest of the ring when `size` octets do not fit in it. */
static void turn(struct gw_trace_ring *r, size_t size)
{
    size_t rest = straight(r, r->head);

    if (rest >= size)
        return;
    make_room(r, rest);
    if (rest >= sizeof(struct gw_trace_entry))
        *place(r, r->head) = (struct gw_trace_entry){.size = (uint32_t)rest};
    r->head += rest;
}

uint64_t gw_trace_ring_add(struct gw_trace_ring *r, const struct gw_trace_entry *about,
                           struct rt_str block)
{
    size_t size = (sizeof *about + block.n + ALIGN - 1) / ALIGN * ALIGN;

    if (size > r->octets)
        return GW_TRACE_NOWHERE;
    turn(r, size);
    make_room(r, size);
    uint64_t at = r->head;
    struct gw_trace_entry *e = place(r, at);
    *e = *about;
    e->size = (uint32_t)size;
    e->len = (uint32_t)block.n;
    memcpy(e + 1, block.p, block.n);
    r->head += size;
    return at;
}

struct gw_trace_entry *gw_trace_ring_at(const struct gw_trace_ring *r, uint64_t at)
{
    return at >= r->tail && at < r->head ? place(r, at) : NULL;
}

const struct gw_trace_entry *gw_trace_ring_next(const struct gw_trace_ring *r, uint64_t *at)
{
    if (*at < r->tail)
        *at = r->tail;
    while ((*at = skip(r, *at)) < r->head) {
        const struct gw_trace_entry *e = place(r, *at);
        *at += e->size;
        if (e->len > 0)
            return e;
    }
    return NULL;
}

struct rt_str gw_trace_entry_block(const struct gw_trace_entry *e)
{
    return (struct rt_str){(const char *)(e + 1), e->len};
}

struct rt_str gw_trace_entry_sip(const struct gw_trace_entry *e)
{
    return (struct rt_str){(const char *)(e + 1) + e->sip_at, e->sip_at ? e->sip_len : 0};
}
