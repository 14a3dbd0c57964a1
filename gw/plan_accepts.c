/* Whose request this is, by its source: addresses in a hash, larger blocks in a list with the
 * longest first. Most plans name addresses, and a thousand of them cost what one does.
 */
#include "gw/plan_priv.h"

#include <stdlib.h>

/** A block, and whose it is. */
struct way {
    const struct gw_trunk *trunk;
    const struct rt_cidr *block; /* NULL: the address of the trunk's peer */
    unsigned closeness;          /* the longer the block the closer; 0: an empty place */
    uint8_t host[16];            /* of an address */
};

struct gw_accepts {
    struct way *slot; /* open addressing */
    size_t nslots;    /* a power of two, or 0 */
    struct way *list; /* the closest first, then as the trunks stand */
    size_t nlist;
};

/** A peer that the trunk names is closer than any block. */
#define PEER 129

/** What an address or a block counts for. */
static bool is_address(const struct rt_cidr *b)
{
    return b->bits == (b->addr.sa.sa_family == AF_INET ? 32u : 128u);
}

static bool before(const struct way *a, const struct way *b)
{
    return a->closeness != b->closeness ? a->closeness > b->closeness
                                        : a->trunk->index < b->trunk->index;
}

static int in_order(const void *a, const void *b)
{
    return before(a, b) ? -1 : before(b, a);
}

/** FNV-1a. Only plans put addresses in. */
static size_t hash(const uint8_t host[16])
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    for (unsigned i = 0; i < 16; i++)
        h = (h ^ host[i]) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 32);
}

/** The place of an address, or the empty one where it belongs. */
static struct way *place(const struct gw_accepts *a, const uint8_t host[16])
{
    size_t i = hash(host) & (a->nslots - 1);

    while (a->slot[i].closeness > 0 && memcmp(a->slot[i].host, host, 16) != 0)
        i = (i + 1) & (a->nslots - 1);
    return &a->slot[i];
}

static void add_address(struct gw_accepts *a, struct way w, const union rt_addr *addr)
{
    if (!rt_addr_octets(w.host, addr))
        return;
    struct way *p = place(a, w.host);
    if (p->closeness == 0 || before(&w, p))
        *p = w;
}

static void add_trunk(struct gw_accepts *a, const struct gw_trunk *t)
{
    if (t->naccept == 0)
        add_address(a, (struct way){.trunk = t, .closeness = PEER}, &t->peer);
    for (unsigned i = 0; i < t->naccept; i++) {
        const struct rt_cidr *b = &t->accept[i];
        struct way w = {.trunk = t, .block = b, .closeness = b->bits + 1};
        if (is_address(b))
            add_address(a, w, &b->addr);
        else
            a->list[a->nlist++] = w;
    }
}

void gw_plan_compile_accepts(struct gw_compile *c)
{
    struct gw_plan *p = c->plan;
    struct gw_accepts *a = conf_alloc(c->arena, sizeof *a);
    size_t n = 1, slots = 2;

    for (unsigned i = 0; i < p->ntrunks; i++)
        n += p->trunks[i].naccept + 1;
    while (slots < 2 * n)
        slots *= 2;
    struct way *slot = conf_alloc(c->arena, slots * sizeof *slot);
    struct way *list = conf_alloc(c->arena, n * sizeof *list);
    if (!a || !slot || !list)
        return;
    *a = (struct gw_accepts){.slot = slot, .nslots = slots, .list = list};
    for (unsigned i = 0; i < p->ntrunks; i++)
        if (p->trunks[i].kind == GW_TRUNK_SIP)
            add_trunk(a, &p->trunks[i]);
    qsort(list, a->nlist, sizeof *list, in_order);
    p->accepts = a;
}

const struct gw_trunk *gw_plan_accepts(const struct gw_plan *p, const union rt_addr *from)
{
    const struct gw_accepts *a = p->accepts;
    uint8_t host[16];

    if (!a || !rt_addr_octets(host, from))
        return NULL;
    const struct way *best = place(a, host);
    for (size_t i = 0; i < a->nlist; i++) {
        const struct way *w = &a->list[i];
        if (best->closeness > 0 && before(best, w))
            break;
        if (rt_cidr_contains(w->block, from))
            return w->trunk;
    }
    return best->trunk;
}
