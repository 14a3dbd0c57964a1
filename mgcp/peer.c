/* A peer: its life, whether it answers, and what is known of it. */
#include "mgcp/peer_priv.h"

#include <errno.h>
#include <stdlib.h>

/* ---- calls that may free it ---- */

void mgcp_guard_enter(struct mgcp_peer *p, struct mgcp_guard *g)
{
    *g = (struct mgcp_guard){.outer = p->guards};
    p->guards = g;
}

bool mgcp_guard_leave(struct mgcp_peer *p, struct mgcp_guard *g)
{
    if (!g->gone)
        p->guards = g->outer;
    return g->gone;
}

/* ---- whether it answers ---- */

/** True when the peer is gone. */
static bool tell_reach(struct mgcp_peer *p, enum mgcp_reach now)
{
    struct mgcp_guard g;

    if (p->reach == now)
        return false;
    p->reach = now;
    if (!p->ops.reached)
        return false;
    mgcp_guard_enter(p, &g);
    p->ops.reached(p->arg, now == MGCP_REACH_ANSWERS);
    return mgcp_guard_leave(p, &g);
}

bool mgcp_peer_heard(struct mgcp_peer *p)
{
    return tell_reach(p, MGCP_REACH_ANSWERS);
}

void mgcp_peer_lose(struct mgcp_peer *p)
{
    if (p->reach != MGCP_REACH_LOST)
        rt_count(&mgcp_counters[MGCP_DISCONNECTED]);
    (void)tell_reach(p, MGCP_REACH_LOST);
}

/* ---- life ---- */

static int take_config(struct mgcp_peer *p, const struct mgcp_peer_config *cfg)
{
    char *domain = cfg->domain ? rt_str_dup(rt_str(cfg->domain)) : NULL;

    if (cfg->domain && !domain)
        return ENOMEM;
    free(p->domain);
    p->domain = domain;
    p->agent_role = cfg->agent_role;
    p->profile = cfg->profile;
    return mgcp_places_set(p, cfg);
}

int mgcp_peer_new(struct mgcp_peer **out, struct mgcp_node *n, const struct mgcp_peer_config *cfg,
                  const struct mgcp_peer_ops *ops, void *arg)
{
    struct mgcp_peer *p = calloc(1, sizeof *p);

    if (!p)
        return ENOMEM;
    p->node = n;
    p->ops = *ops;
    p->arg = arg;
    mgcp_places_init(p);
    mgcp_in_init(p);
    mgcp_out_init(p);
    int err = take_config(p, cfg);
    if (err != 0) {
        mgcp_peer_free(p);
        return err;
    }
    *out = p;
    return 0;
}

void mgcp_peer_free(struct mgcp_peer *p)
{
    if (!p)
        return;
    for (struct mgcp_guard *g = p->guards; g; g = g->outer)
        g->gone = true;
    if (p->node->gather.peer == p)
        mgcp_node_flush(p->node);
    mgcp_out_free(p);
    mgcp_in_free(p);
    mgcp_places_free(p);
    free(p->confirm);
    free(p->domain);
    free(p);
}

void mgcp_peer_set(struct mgcp_peer *p, const struct mgcp_peer_config *cfg)
{
    (void)take_config(p, cfg); /* an address that cannot be had is as one that does not answer */
}

/* ---- what is known of it ---- */

const struct mgcp_peculiar *mgcp_peer_peculiar(const struct mgcp_peer *p)
{
    return mgcp_peculiar(p->profile);
}

bool mgcp_peer_address(const struct mgcp_peer *p, union rt_addr *out)
{
    if (p->current)
        *out = p->current->way.addr;
    return p->current != NULL;
}

/** There are a thousand million ids: those of three minutes are far behind when they begin anew. */
uint32_t mgcp_peer_tid(struct mgcp_peer *p)
{
    struct mgcp_node *n = p->node;

    do
        n->tid = n->tid >= MGCP_TID_MAX ? 1 : n->tid + 1;
    while (mgcp_out_waits(p, n->tid));
    return n->tid;
}

void mgcp_peer_status(const struct mgcp_peer *p, struct mgcp_peer_status *out)
{
    *out = (struct mgcp_peer_status){.answers = p->reach == MGCP_REACH_ANSWERS,
                                     .in_flight = mgcp_peer_in_flight(p),
                                     .sent = p->sent,
                                     .received = p->received,
                                     .repeated = p->repeated,
                                     .timeouts = p->timeouts,
                                     .rtt = p->average};
}
