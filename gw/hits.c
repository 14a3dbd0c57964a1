/* Hits of routes; hits.h has the words. */
#include "gw/hits.h"
#include "gw/gw.h"
#include "gw/trunk_stats.h"

#include <stdlib.h>
#include <uthash.h>

/** Counts that may outnumber the plan's rows before those of rows that are gone are forgotten. */
#define SPARE 1024

struct entry {
    struct gw_hit hit;
    bool seen; /* by forget() */
    UT_hash_handle hh;
    char key[]; /* "routes from pbx" NUL "+49*" */
};

struct gw_hits {
    struct entry *entries; /* uthash */
};

/** Empty: no memory. */
static struct rt_str key_of(struct rt_buf *room, const struct gw_route *r)
{
    rt_buf_reset(room);
    if (r->table->name)
        rt_buf_puts(room, r->table->name);
    rt_buf_put(room, "", 1);
    if (r->pattern)
        rt_buf_puts(room, r->pattern);
    return rt_buf_str(room);
}

static struct entry *find(const struct gw_hits *h, struct rt_str key)
{
    struct entry *e = NULL;

    if (h)
        HASH_FIND(hh, h->entries, key.p, key.n, e);
    return e;
}

static struct entry *add(struct gw_hits *h, struct rt_str key)
{
    struct entry *e = calloc(1, sizeof *e + key.n);

    if (!e)
        return NULL;
    memcpy(e->key, key.p, key.n);
    HASH_ADD(hh, h->entries, key, key.n, e);
    return e;
}

/** Forgets the rows that the plan does not have. */
static void forget(struct gw_hits *h, const struct gw_plan *plan)
{
    struct rt_buf room = {0};
    struct entry *e, *next;

    for (unsigned i = 0; i < plan->dial.nroutes; i++)
        for (const struct gw_route *r = plan->dial.routes[i].first; r; r = r->next)
            if ((e = find(h, key_of(&room, r))) != NULL)
                e->seen = true;
    rt_buf_release(&room);
    HASH_ITER(hh, h->entries, e, next)
    {
        if (!e->seen) {
            HASH_DEL(h->entries, e);
            free(e);
        } else {
            e->seen = false;
        }
    }
}

static void count(struct gw *gw, const struct gw_route *r, struct rt_buf *room)
{
    struct rt_str key = key_of(room, r);
    struct entry *e = find(gw->hits, key);

    if (!e && HASH_COUNT(gw->hits->entries) >= gw->plan->dial.nrows + SPARE)
        forget(gw->hits, gw->plan);
    if (!e && !(e = add(gw->hits, key)))
        return;
    e->hit.calls++;
    e->hit.last = rt_wall();
}

void gw_hits_note(struct gw *gw, const struct gw_decision *d)
{
    struct rt_buf room = {0};

    if (d->nby > 0 && !gw->hits)
        gw->hits = calloc(1, sizeof *gw->hits);
    for (unsigned i = 0; gw->hits && i < d->nby; i++) {
        count(gw, d->by[i], &room);
        if (d->by[i]->table->name)
            gw_call_stats_route(gw->stats, d->by[i]->table->name, true);
    }
    rt_buf_release(&room);
}

struct gw_hit gw_hits_of(const struct gw *gw, const struct gw_route *r)
{
    struct rt_buf room = {0};
    const struct entry *e = find(gw->hits, key_of(&room, r));

    rt_buf_release(&room);
    return e ? e->hit : (struct gw_hit){0};
}

void gw_hits_free(struct gw_hits *h)
{
    struct entry *e, *next;

    if (!h)
        return;
    HASH_ITER(hh, h->entries, e, next)
    {
        HASH_DEL(h->entries, e);
        free(e);
    }
    free(h);
}
