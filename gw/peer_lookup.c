/* A peer's servers by its name: looked up, merged with those known, looked up again. */
#include "gw/peer_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define BACKOFF_MIN (5 * RT_S)
#define BACKOFF_MAX (300 * RT_S)
#define AGAIN_MIN   RT_S

void gw_peer_free_server(struct gw_peer_server *s)
{
    sip_outside_cancel(s->ask);
    DL_DELETE(s->peer->servers, s);
    free(s);
}

/* ---- merging ---- */

static struct gw_peer_server *find(struct gw_peer *p, const struct sip_hop *hop)
{
    struct gw_peer_server *s;

    DL_FOREACH(p->servers, s)
    if (s->pub.place.hop.transport == hop->transport &&
        rt_addr_equal(&s->pub.place.hop.addr, &hop->addr))
        return s;
    return NULL;
}

static struct gw_peer_server *add(struct gw_peer *p)
{
    struct gw_peer_server *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->peer = p;
    s->pub.since = rt_now();
    DL_APPEND(p->servers, s);
    return s;
}

/** A server that was there before keeps its state; those not found any more go. */
static void merge(struct gw_peer *p, const struct sip_places *places)
{
    struct gw_peer_server *s, *next;

    for (unsigned i = 0; i < places->n; i++) {
        s = find(p, &places->place[i].hop);
        if (s && s->found)
            continue; /* one address under two names: the first counts */
        if (!s)
            s = add(p);
        if (!s)
            break;
        s->pub.place = places->place[i];
        s->pub.place.hop.domain = p->trunk->to.domain;
        s->found = true;
        DL_DELETE(p->servers, s);
        DL_APPEND(p->servers, s);
    }
    DL_FOREACH_SAFE(p->servers, s, next)
    {
        if (!s->found)
            gw_peer_free_server(s);
        else
            s->found = false;
    }
}

/* ---- looking up ---- */

static const char *explain(int err)
{
    return err == ENOTSUP     ? "none over a transport that we have"
           : err == ENOENT    ? "no such name, or no address"
           : err == ETIMEDOUT ? "no name server answers"
                              : "the name servers cannot tell";
}

static void failed(struct gw_peer *p, int err)
{
    rt_count(&gw_peer_counters[GW_PEER_LOOKUPS_FAILED]);
    if (p->err != err)
        rt_log(RT_LOG_SIP, RT_WARN, "trunk %s: servers of %s: %s%s", p->trunk->name,
               p->trunk->to.where, explain(err), p->servers ? "; the old ones are kept" : "");
    p->err = err;
    p->backoff = p->backoff ? 2 * p->backoff : BACKOFF_MIN;
    if (p->backoff > BACKOFF_MAX)
        p->backoff = BACKOFF_MAX;
    p->expires = rt_now() + p->backoff;
}

static void on_found(void *arg, const struct sip_places *places)
{
    struct gw_peer *p = arg;
    rt_time soonest = rt_now() + AGAIN_MIN;

    p->search = NULL;
    if (places->err != 0) {
        failed(p, places->err);
    } else {
        merge(p, places);
        gw_peer_health_start(p);
        p->err = 0;
        p->backoff = 0;
        p->expires = places->expires > soonest ? places->expires : soonest;
    }
    rt_timer_start_at(&p->again, p->expires);
    gw_peer_update_trunk(p);
}

static void search(void *arg)
{
    struct gw_peer *p = arg;
    int err = sip_locate(&p->search, p->gw->dns, p->gw->loop, &p->trunk->to.target, &p->means,
                         on_found, p);

    if (err != 0) {
        failed(p, err);
        rt_timer_start_at(&p->again, p->expires);
    }
}

void gw_peer_look_up(struct gw_peer *p)
{
    struct sip_places places;

    rt_timer_init(&p->again, p->gw->loop, search, p);
    if (sip_locate_numeric(&places, &p->trunk->to.target, &p->means)) {
        merge(p, &places);
        gw_peer_health_start(p);
        gw_peer_update_trunk(p);
    } else {
        search(p);
    }
}
