/* Metrics of the tables that the plan reads, and of routes. */
#include "dialplan/deck.h"
#include "dialplan/list.h"
#include "dialplan/ported.h"
#include "gw/metrics_priv.h"
#include "gw/trunk_stats.h"

#include <stdlib.h>

struct table {
    const char *kind, *name;
    uint64_t rows, bad, bytes;
    int64_t modified; /**< 0: not known */
};

static struct table of_deck(const struct gw_deck *deck)
{
    struct dp_deck_info i;

    dp_deck_info(deck->deck, &i);
    return (struct table){"deck", deck->name, i.rows, i.bad, i.bytes, i.modified};
}

static struct table of_list(const struct gw_list *l)
{
    return (struct table){.kind = "list",
                          .name = l->name,
                          .rows = dp_list_rows(l->list),
                          .bad = dp_list_bad(l->list),
                          .bytes = dp_list_bytes(l->list)};
}

static struct table of_lnp(const struct gw_lnp *l)
{
    struct table t = {.kind = "lnp", .name = l->name};

    if (l->table) {
        t.rows = dp_ported_rows(l->table);
        t.bytes = dp_ported_bytes(l->table);
    }
    return t;
}

/** All of them; NULL: none, or no memory. */
static struct table *collect(const struct gw_dial_plan *d, unsigned *n)
{
    struct table *t = calloc(d->ndecks + d->nlists + d->nlnps + 1, sizeof *t);

    *n = 0;
    for (unsigned i = 0; t && i < d->ndecks; i++)
        t[(*n)++] = of_deck(&d->decks[i]);
    for (unsigned i = 0; t && i < d->nlists; i++)
        t[(*n)++] = of_list(&d->lists[i]);
    for (unsigned i = 0; t && i < d->nlnps; i++)
        t[(*n)++] = of_lnp(&d->lnps[i]);
    return t;
}

#define OF(t) GW_LABELS("table", (t)->name, "kind", (t)->kind)

static void tables(struct gw_outlet *o, const struct table *t, unsigned n)
{
    int64_t now = rt_wall() / RT_S;

    gw_outlet_gauge(o, "tandem_tables", "Tables read from files", n);
    gw_outlet_name(o, "tandem_table_rows", GW_METRIC_GAUGE, "Good rows");
    for (unsigned i = 0; i < n; i++)
        gw_outlet_put(o, OF(&t[i]), (double)t[i].rows);
    gw_outlet_name(o, "tandem_table_rejected_rows", GW_METRIC_GAUGE, "Bad rows");
    for (unsigned i = 0; i < n; i++)
        gw_outlet_put(o, OF(&t[i]), (double)t[i].bad);
    gw_outlet_name(o, "tandem_table_bytes", GW_METRIC_GAUGE, "Octets in memory, or mapped");
    for (unsigned i = 0; i < n; i++)
        gw_outlet_put(o, OF(&t[i]), (double)t[i].bytes);
    gw_outlet_name(o, "tandem_table_age_seconds", GW_METRIC_GAUGE,
                   "Since a rate deck's newest file was written");
    for (unsigned i = 0; i < n; i++)
        if (t[i].modified > 0)
            gw_outlet_put(o, OF(&t[i]), now > t[i].modified ? (double)(now - t[i].modified) : 0);
}

/** Rows that had a part in a call's way, by the routes that they are of. */
static void routes(struct gw_outlet *o)
{
    const struct gw_dial_plan *d = &o->gw->plan->dial;
    struct gw_call_stats *s = o->gw->stats;

    if (!s)
        return;
    for (unsigned i = 0; i < d->nroutes; i++)
        if (d->routes[i].name)
            gw_call_stats_route(s, d->routes[i].name, false);
    gw_outlet_name(o, "tandem_route_hits_total", GW_METRIC_COUNTER,
                   "Calls that rows of these routes had a part in");
    for (const struct gw_route_stats *r = s->routes; r; r = r->hh.next)
        gw_outlet_put(o, GW_LABELS("table", r->name), (double)r->calls);
}

void gw_metrics_tables(struct gw_outlet *o)
{
    unsigned n;
    struct table *t = collect(&o->gw->plan->dial, &n);

    if (t)
        tables(o, t, n);
    free(t);
    routes(o);
}
