/* Which servers of a peer a call may try: the states, what changes them, who asks. */
#include "gw/event.h"
#include "gw/peer_priv.h"
#include "gw/upkeep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** A trial that nobody reports on is over by then: 64*T1, the longest that a request waits. */
#define TRIAL_MAX (32 * RT_S)

struct rt_counter gw_peer_counters[GW_PEER_NCOUNTERS] = {
    [GW_PEER_TRUNK_DOWN] = {"peer_trunk_down_total", "SIP trunks that lost their last server", 0},
    [GW_PEER_TARGET_DOWN] = {"peer_target_down_total", "Servers that health checks found down", 0},
    [GW_PEER_ON_PROBATION] = {"peer_probation_total", "Servers put on probation by a call", 0},
    [GW_PEER_CHECKS] = {"peer_checks_total", "Health checks sent", 0},
    [GW_PEER_CHECKS_FAILED] = {"peer_checks_failed_total", "Health checks without a good answer",
                               0},
    [GW_PEER_LOOKUPS_FAILED] = {"peer_lookups_failed_total", "Look-ups of peers that found nothing",
                                0},
};

const char *gw_peer_state_name(enum gw_peer_state s)
{
    static const char *const names[] = {[GW_PEER_UP] = "up",
                                        [GW_PEER_PROBATION] = "probation",
                                        [GW_PEER_DOWN] = "down",
                                        [GW_PEER_UNKNOWN] = "unknown"};
    return names[s];
}

static struct gw_peer *peer_of(const struct gw *gw, const struct gw_trunk *t)
{
    if (t->index < gw->npeers && gw->peers[t->index] && gw->peers[t->index]->trunk == t)
        return gw->peers[t->index];
    for (unsigned i = 0; i < gw->npeers; i++) /* a call that began under an older plan */
        if (gw->peers[i] && strcmp(gw->peers[i]->trunk->name, t->name) == 0)
            return gw->peers[i];
    return NULL;
}

/* ---- states ---- */

char *gw_peer_hop_text(char out[GW_HOP_LEN], enum sip_transport t, const union rt_addr *addr)
{
    char text[RT_ADDR_LEN];

    snprintf(out, GW_HOP_LEN, "%s:%s", sip_transport_word(t), rt_addr_format(text, addr));
    return out;
}

void gw_peer_update_trunk(struct gw_peer *p)
{
    enum gw_peer_state state = GW_PEER_DOWN;
    const struct gw_peer_server *s;

    DL_FOREACH(p->servers, s)
    if (!s->down)
        state = GW_PEER_UP;
    if (!p->servers && p->err == 0)
        state = GW_PEER_UNKNOWN;
    if (state == p->state)
        return;
    if (state == GW_PEER_DOWN) {
        rt_count(&gw_peer_counters[GW_PEER_TRUNK_DOWN]);
        rt_log(RT_LOG_SIP, RT_WARN, "trunk %s: down: %s", p->trunk->name,
               p->servers ? "no server answers health checks" : "its servers cannot be found");
    } else if (p->state == GW_PEER_DOWN) {
        rt_log(RT_LOG_SIP, RT_NOTICE, "trunk %s: up", p->trunk->name);
    }
    p->state = state;
    p->since = rt_now();
    gw_busy_out_review(p->gw);
    gw_event_trunk(p->gw, p->trunk);
}

bool gw_peer_lost(const struct gw *gw, const struct gw_trunk *t)
{
    const struct gw_peer *p = peer_of(gw, t);

    return p && p->state == GW_PEER_DOWN;
}

void gw_peer_update(struct gw_peer_server *s, const char *why)
{
    enum gw_peer_state state = s->down       ? GW_PEER_DOWN
                               : s->retry_at ? GW_PEER_PROBATION
                                             : GW_PEER_UP;
    const struct sip_hop *hop = &s->pub.place.hop;
    char text[GW_HOP_LEN];

    if (state == s->pub.state)
        return;
    if (state == GW_PEER_DOWN)
        rt_count(&gw_peer_counters[GW_PEER_TARGET_DOWN]);
    s->pub.state = state;
    s->pub.since = rt_now();
    rt_log(RT_LOG_SIP, RT_NOTICE, "trunk %s: server %s: %s: %s", s->peer->trunk->name,
           gw_peer_hop_text(text, hop->transport, &hop->addr), gw_peer_state_name(state), why);
    gw_peer_update_trunk(s->peer);
}

/* ---- what calls meet ---- */

/** A failure during probation changes nothing: others had been told to avoid it. After it, the
 * trial has failed, and the next probation is twice as long. */
static void punish(struct gw_peer_server *s, unsigned retry_after)
{
    const struct gw_peer_plan *to = &s->peer->trunk->to;
    rt_time now = rt_now(), length = s->penalty;

    s->good = 0;
    s->trial_until = 0;
    if (now < s->retry_at && retry_after == 0)
        return;
    if (now >= s->retry_at) {
        length = s->penalty ? 2 * s->penalty : to->probation;
        s->penalty = length = length < to->probation_max ? length : to->probation_max;
        rt_count(&gw_peer_counters[GW_PEER_ON_PROBATION]);
    }
    if (retry_after > 0) {
        length = (rt_time)retry_after * RT_S;
        length = length < to->probation_max ? length : to->probation_max;
    }
    if (now + length > s->retry_at)
        s->retry_at = now + length;
}

void gw_peer_report(struct gw *gw, const struct gw_trunk *t, const struct sip_hop *hop,
                    enum gw_peer_outcome outcome, unsigned retry_after)
{
    static const char *const why[] = {[GW_PEER_ANSWERED] = "it answers again",
                                      [GW_PEER_BUSY503] = "it answered 503",
                                      [GW_PEER_FAILED] = "it cannot be reached",
                                      [GW_PEER_TIMEOUT] = "it did not answer"};
    struct gw_peer *p = peer_of(gw, t);
    struct gw_peer_server *s = NULL;

    DL_FOREACH(p ? p->servers : NULL, s)
    if (s->pub.place.hop.transport == hop->transport &&
        rt_addr_equal(&s->pub.place.hop.addr, &hop->addr))
        break;
    if (!s)
        return; /* a redirection's target, or one that is gone since */
    if (outcome == GW_PEER_ANSWERED || outcome == GW_PEER_BUSY503)
        s->pub.last_answer = rt_now();
    if (outcome == GW_PEER_ANSWERED) {
        s->penalty = s->retry_at = s->trial_until = 0;
    } else {
        s->pub.failures++;
        punish(s, outcome == GW_PEER_BUSY503 ? retry_after : 0);
    }
    gw_peer_update(s, why[outcome]);
}

/* ---- what calls may try ---- */

/** Copies the places of the servers that are on probation, or of those that are not. */
static unsigned gather(const struct gw_peer *p, bool held, struct sip_place *out)
{
    rt_time now = rt_now();
    const struct gw_peer_server *s;
    unsigned n = 0;

    DL_FOREACH(p->servers, s)
    if (!s->down && (now < s->retry_at || now < s->trial_until) == held && n < SIP_PLACES_MAX)
        out[n++] = s->pub.place;
    sip_places_order(out, n);
    return n;
}

/** The first server of a call is the one it will meet: if that was on probation, this is its trial.
 */
static void begin_trial(struct gw_peer *p, const struct sip_place *first)
{
    rt_time now = rt_now();
    struct gw_peer_server *s;

    DL_FOREACH(p->servers, s)
    if (s->retry_at && s->retry_at <= now && s->trial_until <= now &&
        s->pub.place.hop.transport == first->hop.transport &&
        rt_addr_equal(&s->pub.place.hop.addr, &first->hop.addr))
        s->trial_until = now + TRIAL_MAX;
}

unsigned gw_peer_hops(struct gw *gw, const struct gw_trunk *t, struct sip_hop *out, unsigned max)
{
    struct gw_peer *p = peer_of(gw, t);
    struct sip_place all[2 * SIP_PLACES_MAX];
    unsigned n;

    if (!p)
        return 0;
    unsigned turn = gather(p, false, all);
    n = turn + gather(p, true, all + turn);
    if (turn > 0)
        begin_trial(p, &all[0]);
    if (n > max)
        n = max;
    for (unsigned i = 0; i < n; i++)
        out[i] = all[i].hop;
    return n;
}

bool gw_peer_address(const struct gw *gw, const struct gw_trunk *t, union rt_addr *out)
{
    const struct gw_peer *p = peer_of(gw, t);
    const struct gw_peer_server *s;

    DL_FOREACH(p ? p->servers : NULL, s)
    if (!s->down) {
        *out = s->pub.place.hop.addr;
        return true;
    }
    return false;
}

const struct gw_trunk *gw_peer_accepts(const struct gw *gw, const union rt_addr *from)
{
    const struct gw_trunk *by_plan = gw_plan_accepts(gw->plan, from);
    const struct gw_peer_server *s;

    if (by_plan)
        return by_plan;
    for (unsigned i = 0; i < gw->npeers; i++) {
        const struct gw_peer *p = gw->peers[i];
        if (!p || p->trunk->naccept > 0)
            continue;
        DL_FOREACH(p->servers, s)
        if (rt_addr_same_host(&s->pub.place.hop.addr, from))
            return p->trunk;
    }
    return NULL;
}

static bool akin(const struct gw_trunk *a, const struct gw_trunk *b)
{
    return a == b || (a->group && a->group == b->group);
}

bool gw_peer_foreign(const struct gw *gw, const struct gw_trunk *t, const union rt_addr *addr)
{
    const struct gw_trunk *accepts = gw_peer_accepts(gw, addr);
    const struct gw_peer_server *s;
    bool foreign = accepts != NULL;

    if (accepts && akin(accepts, t))
        return false;
    for (unsigned i = 0; i < gw->npeers; i++)
        DL_FOREACH(gw->peers[i] ? gw->peers[i]->servers : NULL, s)
        {
            if (!rt_addr_same_host(&s->pub.place.hop.addr, addr))
                continue;
            if (akin(gw->peers[i]->trunk, t))
                return false;
            foreign = true;
        }
    return foreign;
}

static void tell_place(const union rt_addr *addr, sip_friend_fn *fn, void *ctx)
{
    if (addr->sa.sa_family == AF_INET || addr->sa.sa_family == AF_INET6)
        fn(ctx, &(struct rt_cidr){*addr, addr->sa.sa_family == AF_INET ? 32 : 128});
}

void gw_peer_places(const struct gw *gw, sip_friend_fn *fn, void *ctx)
{
    const struct gw_peer_server *s;

    for (unsigned i = 0; i < gw->plan->ntrunks; i++)
        tell_place(&gw->plan->trunks[i].peer, fn, ctx);
    for (unsigned i = 0; i < gw->npeers; i++)
        DL_FOREACH(gw->peers[i] ? gw->peers[i]->servers : NULL, s)
    tell_place(&s->pub.place.hop.addr, fn, ctx);
}

/* ---- the operator ---- */

bool gw_peer_status(const struct gw *gw, const struct gw_trunk *t, struct gw_peer_status *out)
{
    const struct gw_peer *p = peer_of(gw, t);
    const struct gw_peer_server *s;

    if (!p)
        return false;
    *out = (struct gw_peer_status){
        .state = p->state, .since = p->since, .expires = p->expires, .err = p->err};
    DL_FOREACH(p->servers, s)
    if (out->n < SIP_PLACES_MAX)
        out->target[out->n++] = s->pub;
    return true;
}

/* ---- life ---- */

/** What can be used: what we listen with; a connection of our own needs no listener. */
void gw_peer_means(struct sip_means *out, const struct gw_plan *plan)
{
    struct sip_means m = {.transports = 1u << SIP_TCP};

    if (gw_plan_speaks_tls(plan))
        m.transports |= 1u << SIP_TLS;
    for (unsigned i = 0; i < plan->sip.nlisten; i++) {
        const struct gw_listen *l = &plan->sip.listen[i];
        m.transports |= 1u << l->transport;
        m.ipv4 = m.ipv4 || l->addr.sa.sa_family == AF_INET;
        m.ipv6 = m.ipv6 || l->addr.sa.sa_family == AF_INET6;
    }
    m.ipv6_first = m.ipv6;
    *out = m;
}
