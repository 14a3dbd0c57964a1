/* The call agent's side: gateways, and their endpoints by name (RFC 3435 2.1.2). */
#include <strings.h>

#include "gw/rt/buf.h"

static unsigned hash_name(const char *name, size_t n);

/* Case does not count in names: neither in the hash nor when two are compared. */
#define HASH_FUNCTION(key, n, hashv) ((hashv) = hash_name((const char *)(key), (n)))
#define HASH_KEYCMP(a, b, n)         strncasecmp((a), (b), (n))

#include "gw/rt/random.h"
#include "mgcp/ca_priv.h"
#include "mgcp/name.h"

#include <errno.h>
#include <stdlib.h>

/* FNV-1a over lower-case letters. */
static unsigned hash_name(const char *name, size_t n)
{
    unsigned h = 2166136261u;

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
    }
    return h ^ h >> 15;
}

/* ---- gateways ---- */

static void *endpoint_of(void *arg, struct rt_str local)
{
    struct mgcp_ca_endpoint *e = mgcp_ca_find(arg, local);

    return e ? e->arg : NULL;
}

static const struct mgcp_peer_ops peer_ops = {
    .command = mgcp_ca_commanded,
    .response = mgcp_ca_response,
    .reached = mgcp_ca_reached,
    .endpoint = endpoint_of,
};

static void on_defer(void *arg)
{
    struct mgcp_ca_gateway *g = arg;

    if (g->lost && !g->dropped)
        mgcp_ca_drop(g);
    else
        mgcp_ca_tell_failed(g);
}

static struct mgcp_peer_config peer_config(const struct mgcp_ca_gateway *g,
                                           const struct mgcp_ca_config *cfg)
{
    return (struct mgcp_peer_config){
        .agent_role = true,
        .domain = g->name,
        .profile = cfg->profile,
        .address = {cfg->address},
        .n = 1,
    };
}

int mgcp_ca_new(struct mgcp_ca_gateway **out, struct mgcp_node *n, const struct mgcp_ca_config *cfg)
{
    struct mgcp_ca_gateway *g = calloc(1, sizeof *g);
    struct rt_loop *loop = mgcp_node_loop(n);
    struct mgcp_peer_config pc;
    int err = ENOMEM;

    if (!g)
        return ENOMEM;
    g->node = n;
    g->audit_every = cfg->audit;
    g->rate = cfg->rate;
    g->rid = rt_random_u32();
    rt_defer_init(&g->defer, loop, on_defer, g);
    rt_timer_init(&g->wait, loop, mgcp_ca_on_wait, g);
    rt_timer_init(&g->audit, loop, mgcp_ca_on_audit, g);
    rt_timer_init(&g->probe, loop, mgcp_ca_on_probe, g);
    g->name = rt_str_dup(rt_str(cfg->name));
    if (g->name)
        err = mgcp_ca_pace_join(g);
    if (!err) {
        pc = peer_config(g, cfg);
        err = mgcp_peer_new(&g->peer, n, &pc, &peer_ops, g);
    }
    if (err) {
        mgcp_ca_free(g);
        return err;
    }
    *out = g;
    return 0;
}

void mgcp_ca_free(struct mgcp_ca_gateway *g)
{
    struct mgcp_ca_endpoint *e, *next;

    if (!g)
        return;
    HASH_ITER(hh, g->endpoints, e, next)
    {
        mgcp_ca_endpoint_free(e);
    }
    mgcp_ca_ask_end(g->wild);
    mgcp_ca_ask_end(g->question);
    rt_defer_stop(&g->defer);
    rt_timer_stop(&g->wait);
    rt_timer_stop(&g->audit);
    rt_timer_stop(&g->probe);
    mgcp_ca_pace_leave(g);
    mgcp_peer_free(g->peer);
    mgcp_ca_free_orphans(g);
    free(g->name);
    free(g);
}

void mgcp_ca_set(struct mgcp_ca_gateway *g, const struct mgcp_ca_config *cfg)
{
    struct mgcp_peer_config pc;
    char *name = strcmp(cfg->name, g->name) != 0 ? rt_str_dup(rt_str(cfg->name)) : NULL;

    if (name) {
        free(g->name);
        g->name = name;
    }
    pc = peer_config(g, cfg);
    mgcp_peer_set(g->peer, &pc);
    g->rate = cfg->rate;
    if (g->audit_every == cfg->audit)
        return;
    g->audit_every = cfg->audit;
    rt_timer_stop(&g->audit);
    if (g->started && g->audit_every > 0)
        rt_timer_start(&g->audit, g->audit_every);
}

const struct mgcp_peculiar *mgcp_ca_dialect(const struct mgcp_ca_gateway *g)
{
    return mgcp_peer_peculiar(g->peer);
}

/* The best that any of its endpoints is in. */
static enum mgcp_service service_of(const struct mgcp_ca_gateway *g)
{
    static const enum mgcp_service order[] = {MGCP_GRACEFUL, MGCP_UNKNOWN, MGCP_OUT_OF_SERVICE,
                                              MGCP_LOST};
    const struct mgcp_ca_endpoint *e;
    unsigned n[MGCP_LOST + 1] = {0};

    if (g->lost)
        return MGCP_LOST;
    if (g->in_service > 0)
        return MGCP_IN_SERVICE;
    for (e = g->endpoints; e; e = e->hh.next)
        n[e->service]++;
    for (unsigned i = 0; i < RT_COUNT(order); i++)
        if (n[order[i]] > 0)
            return order[i];
    return MGCP_UNKNOWN;
}

void mgcp_ca_status(const struct mgcp_ca_gateway *g, struct mgcp_ca_status *out)
{
    struct mgcp_peer_status p;

    mgcp_peer_status(g->peer, &p);
    *out = (struct mgcp_ca_status){
        .service = service_of(g),
        .answers = p.answers,
        .endpoints = HASH_COUNT(g->endpoints),
        .in_service = g->in_service,
        .queued = g->queued,
        .in_flight = p.in_flight,
        .sent = p.sent,
        .received = p.received,
        .repeated = p.repeated,
        .timeouts = p.timeouts,
        .rtt = p.rtt,
    };
}

/* ---- endpoints ---- */

struct mgcp_ca_endpoint *mgcp_ca_find(struct mgcp_ca_gateway *g, struct rt_str local)
{
    struct mgcp_ca_endpoint *e = NULL;

    if (local.n > 0)
        HASH_FIND(hh, g->endpoints, local.p, local.n, e);
    return e;
}

int mgcp_ca_endpoint_new(struct mgcp_ca_endpoint **out, struct mgcp_ca_gateway *g,
                         const char *local, const struct mgcp_ca_ops *ops, void *arg)
{
    struct rt_str name = rt_str(local);
    struct mgcp_ca_endpoint *e;
    enum mgcp_wildcard kind;

    if (mgcp_name_check(name, &kind) != 0 || kind != MGCP_ONE)
        return EINVAL;
    if (mgcp_ca_find(g, name))
        return EEXIST;
    e = calloc(1, sizeof *e + name.n + 1);
    if (!e)
        return ENOMEM;
    e->g = g;
    e->ops = ops;
    e->arg = arg;
    e->list = MGCP_CA_LISTS;
    memcpy(e->local, local, name.n);
    HASH_ADD_KEYPTR(hh, g->endpoints, e->local, name.n, e);
    if (g->started)
        mgcp_ca_added(e);
    *out = e;
    return 0;
}

void mgcp_ca_endpoint_free(struct mgcp_ca_endpoint *e)
{
    struct mgcp_ca_gateway *g;

    if (!e)
        return;
    g = e->g;
    mgcp_ca_idle(e);
    mgcp_ca_discard(e);
    if (e->service == MGCP_IN_SERVICE)
        g->in_service--;
    if (g->current == e)
        g->current = NULL;
    HASH_DELETE(hh, g->endpoints, e);
    free(e);
}

enum mgcp_service mgcp_ca_service(const struct mgcp_ca_endpoint *e)
{
    return (enum mgcp_service)e->service;
}

const struct mgcp_peculiar *mgcp_ca_peculiar(const struct mgcp_ca_endpoint *e)
{
    return mgcp_ca_dialect(e->g);
}
