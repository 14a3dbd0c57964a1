/* Peers come and go with plans: those that a new plan has unchanged are carried over as they are,
 * with what is known of their servers.
 */
#include "gw/peer_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

static bool has_peer(const struct gw_trunk *t)
{
    return t->kind == GW_TRUNK_SIP && !t->registered && !t->by_enum;
}

static void begin(struct gw_peer *p)
{
    gw_peer_means(&p->means, p->gw->plan);
    gw_peer_look_up(p);
}

static struct gw_peer *peer_new(struct gw *gw, const struct gw_trunk *t)
{
    struct gw_peer *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    *p = (struct gw_peer){.gw = gw, .trunk = t, .expires = INT64_MAX};
    p->state = GW_PEER_UNKNOWN;
    p->since = rt_now();
    return p;
}

static void peer_free(struct gw_peer *p)
{
    if (!p)
        return;
    rt_timer_stop(&p->again);
    rt_timer_stop(&p->check);
    sip_locate_cancel(p->search);
    while (p->servers)
        gw_peer_free_server(p->servers);
    free(p);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool gw_peer_unchanged(const struct gw_trunk *a, const struct gw_trunk *b)
{
    const struct gw_peer_plan *x = &a->to, *y = &b->to;

    return has_peer(a) && has_peer(b) && rt_addr_equal(&a->peer, &b->peer) &&
           a->transport == b->transport && x->target.sips == y->target.sips &&
           x->target.chosen == y->target.chosen && x->target.transport == y->target.transport &&
           x->target.port == y->target.port && same_text(x->domain, y->domain) &&
           same_text(x->where, y->where) && x->health == y->health && x->down == y->down &&
           x->up == y->up && x->probation == y->probation && x->probation_max == y->probation_max;
}

void gw_peer_change_free(struct gw_peer_change *c)
{
    for (unsigned i = 0; c->peers && i < c->n; i++)
        if (c->peers[i] && c->peers[i]->fresh)
            peer_free(c->peers[i]);
    free(c->peers);
    *c = (struct gw_peer_change){.n = 0};
}

int gw_peer_change_new(struct gw_peer_change *c, struct gw *gw, const struct gw_plan *plan)
{
    *c = (struct gw_peer_change){.n = plan->ntrunks};
    c->peers = calloc(plan->ntrunks + 1, sizeof(struct gw_peer *));
    if (!c->peers)
        return ENOMEM;
    for (unsigned i = 0; i < plan->ntrunks; i++) {
        const struct gw_trunk *t = &plan->trunks[i];
        const struct gw_trunk *was = gw->peers ? gw_plan_trunk(gw->plan, rt_str(t->name)) : NULL;
        if (!has_peer(t))
            continue;
        if (was && gw_peer_unchanged(was, t) && gw->peers[was->index]) {
            c->peers[i] = gw->peers[was->index];
            continue;
        }
        c->peers[i] = peer_new(gw, t);
        if (!c->peers[i]) {
            gw_peer_change_free(c);
            return ENOMEM;
        }
        c->peers[i]->fresh = true;
    }
    return 0;
}

/** The same peer in the words of another plan. */
static void carry(struct gw_peer *p, const struct gw_trunk *t)
{
    struct gw_peer_server *s;

    p->trunk = t;
    DL_FOREACH(p->servers, s)
    s->pub.place.hop.domain = t->to.domain;
}

void gw_peer_change_done(struct gw_peer_change *c, struct gw *gw)
{
    struct gw_peer **before = gw->peers;
    unsigned n = gw->npeers;

    gw->peers = c->peers;
    gw->npeers = c->n;
    for (unsigned i = 0; i < gw->npeers; i++)
        if (gw->peers[i] && !gw->peers[i]->fresh) {
            before[gw->peers[i]->trunk->index] = NULL;
            carry(gw->peers[i], &gw->plan->trunks[i]);
        }
    for (unsigned i = 0; i < n; i++)
        peer_free(before[i]);
    free(before);
    *c = (struct gw_peer_change){.n = 0};
}

void gw_peers_begin(struct gw *gw)
{
    for (unsigned i = 0; i < gw->npeers; i++)
        if (gw->peers[i] && gw->peers[i]->fresh) {
            gw->peers[i]->fresh = false;
            begin(gw->peers[i]);
        }
}

int gw_peers_start(struct gw *gw)
{
    struct gw_peer_change c;
    int err = gw_peer_change_new(&c, gw, gw->plan);

    if (err != 0)
        return err;
    gw_peer_change_done(&c, gw);
    gw_peers_begin(gw);
    return 0;
}

void gw_peers_stop(struct gw *gw)
{
    for (unsigned i = 0; i < gw->npeers; i++)
        peer_free(gw->peers[i]);
    free(gw->peers);
    gw->peers = NULL;
    gw->npeers = 0;
}
