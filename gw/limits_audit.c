/* The counts of the limits held against what tokens hold: for the gateway's auditor, which sees to
 * it that each token has its call.
 *
 * What goes up with a token and down with it again could stay up for ever, and be compared:
 *
 *   calls of a scope, calls to one destination, calls at once of a set    one of each token
 *   what minutes and money grow by                                        of each answered token
 *
 * What cannot leak has nothing that would have to be given back. A bucket of calls per second is
 * one instant, at which it is full, and no later than an empty one would be. Counts of a window
 * (calls begun, minutes, money) begin with 0 in the next; no money is set aside for what a call may
 * still cost: it is counted as it is spent. A block has its end, and `limited` is judged anew at
 * each tick. Ties and scopes are a plan's, not a call's.
 */
#include "gw/limits_priv.h"

#include <stdlib.h>

struct comparing {
    bool (*fn)(void *arg, const struct gw_limit_drift *d);
    void *arg;
};

/* ---- what tokens hold ---- */

static void reset(struct gw_limits *s)
{
    for (struct gw_limit_party *p = s->parties; p; p = p->hh.next) {
        p->held = 0;
        for (struct gw_limit_meter *m = p->meters; m; m = m->next) {
            m->held = m->held_rate = 0;
            for (struct gw_limit_dest *d = m->dests; d; d = d->hh.next)
                d->held = 0;
        }
    }
}

static void add_up(const struct gw_limit_token *t)
{
    for (unsigned i = 0; i < t->n; i++) {
        const struct gw_limit_held *h = &t->held[i];
        if (!h->meter)
            h->party->held++;
        else if (h->dest)
            h->dest->held++;
        else if (gw_limit_counts_apart(h->meter))
            h->meter->held++;
        else if (gw_limit_sums(h->meter) && t->answered)
            h->meter->held_rate += gw_limit_rate(h->meter, t);
    }
}

/* ---- compared ---- */

static bool is_wrong(const struct comparing *c, const struct gw_limit_party *p, const void *count,
                     const char *what, int64_t counted, int64_t held)
{
    struct gw_limit_drift d = {.count = count,
                               .scope = p->kind,
                               .name = gw_limit_party_name(p),
                               .what = what,
                               .counted = counted,
                               .held = held};

    return counted != held && c->fn(c->arg, &d);
}

/** A destination that nobody holds is there no more. */
static void compare_dests(const struct comparing *c, struct gw_limit_meter *m)
{
    struct gw_limit_dest *d, *next;

    HASH_ITER(hh, m->dests, d, next)
    {
        if (!is_wrong(c, m->party, d, "calls to one destination", d->calls, d->held))
            continue;
        d->calls = d->held;
        if (d->calls == 0) {
            HASH_DEL(m->dests, d);
            free(d);
        }
    }
}

static void compare_meter(const struct comparing *c, struct gw_limit_meter *m,
                          const struct gw_limit_clock *clock)
{
    bool apart = gw_limit_counts_apart(m) && m->window == GW_WINDOW_NONE;

    if (apart && is_wrong(c, m->party, &m->used, "calls of a set", m->used, m->held))
        m->used = m->held;
    if (gw_limit_sums(m) &&
        is_wrong(c, m->party, &m->rate,
                 m->kind == GW_LIMIT_MINUTES ? "running minutes" : "running money", m->rate,
                 m->held_rate)) {
        gw_limit_settle(m, clock); /* what has run up so far stands */
        m->rate = m->held_rate;
    }
    compare_dests(c, m);
    gw_limit_watch(m, clock);
}

void gw_limits_compare(struct gw_limits *s, const struct gw_limit_clock *clock,
                       bool (*fn)(void *arg, const struct gw_limit_drift *d), void *arg)
{
    struct comparing c = {fn, arg};

    reset(s);
    for (const struct gw_limit_token *t = s->tokens; t; t = t->next)
        add_up(t);
    for (struct gw_limit_party *p = s->parties; p; p = p->hh.next) {
        if (is_wrong(&c, p, &p->calls, "calls", p->calls, p->held))
            p->calls = p->held;
        for (struct gw_limit_meter *m = p->meters; m; m = m->next)
            compare_meter(&c, m, clock);
    }
}
