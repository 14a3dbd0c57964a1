/* The gateway's role (RFC 3435 2, seen from the gateway): which endpoints there are, their
 * connections, and whether they are in service. Commands are in gw_dispatch.c, what is told the
 * agent of service in gw_restart.c.
 */
#include "gw/rt/random.h"
#include "mgcp/gw_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/** Digits of the ids that we choose. */
#define ID_DIGITS 8

int mgcp_gw_set_text(char **text, struct rt_str s)
{
    char *copy = s.p && s.n > 0 ? rt_str_dup(s) : NULL;
    if (!copy && s.n > 0)
        return ENOMEM;
    free(*text);
    *text = copy;
    return 0;
}

/* ---- the role ---- */

static void on_reached(void *arg, bool answers)
{
    /* A command that comes, and a RSIP that is answered, say the same of one endpoint at a time. */
    (void)arg;
    (void)answers;
}

static void *on_endpoint(void *arg, struct rt_str local)
{
    struct mgcp_gw_endpoint *e = mgcp_gw_find(arg, local);
    return e ? e->arg : NULL;
}

static const struct mgcp_peer_ops peer_ops = {
    .command = mgcp_gw_on_command,
    .response = mgcp_gw_on_response,
    .reached = on_reached,
    .endpoint = on_endpoint,
};

static int open_peer(struct mgcp_gw *g, const struct mgcp_gw_config *cfg)
{
    struct mgcp_peer_config p = {.profile = cfg->profile};
    unsigned port =
        mgcp_peculiar(cfg->profile)->agent_port_gateway ? MGCP_PORT_GATEWAY : MGCP_PORT_AGENT;
    for (unsigned i = 0; i < cfg->nagents && i < MGCP_AGENTS_MAX; i++) {
        struct rt_str text = rt_str(cfg->agents[i]);
        if (mgcp_gw_set_text(&g->agents[i], text))
            return ENOMEM;
        g->nagents = i + 1;
        if (rt_addr_parse(&p.address[i], text.p, text.n, (uint16_t)port))
            p.host[i] = g->agents[i];
    }
    p.n = g->nagents;
    return mgcp_peer_new(&g->peer, g->node, &p, &peer_ops, g);
}

int mgcp_gw_new(struct mgcp_gw **out, struct mgcp_node *n, const struct mgcp_gw_config *cfg)
{
    struct mgcp_gw *g = calloc(1, sizeof(*g));
    if (!g)
        return ENOMEM;
    g->node = n;
    g->loop = mgcp_node_loop(n);
    g->restart = cfg->restart;
    g->profile = cfg->profile;
    g->foreign = cfg->foreign;
    mgcp_gw_restart_init(g);
    int err = open_peer(g, cfg);
    if (err) {
        mgcp_gw_free(g);
        return err;
    }
    *out = g;
    return 0;
}

void mgcp_gw_free(struct mgcp_gw *g)
{
    if (!g)
        return;
    struct mgcp_gw_endpoint *e, *tmp;
    HASH_ITER(hh, g->endpoints, e, tmp)
    {
        mgcp_gw_endpoint_free(e);
    }
    mgcp_gw_restart_free(g);
    mgcp_peer_free(g->peer);
    for (unsigned i = 0; i < MGCP_AGENTS_MAX; i++)
        free(g->agents[i]);
    free(g->notified);
    free(g->domain);
    free(g);
}

/* ---- endpoints ---- */

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

struct mgcp_gw_endpoint *mgcp_gw_find(struct mgcp_gw *g, struct rt_str local)
{
    char key[256];
    struct mgcp_gw_endpoint *e = NULL;
    if (!rt_str_copy(key, sizeof(key), local))
        return NULL;
    lower(key);
    HASH_FIND_STR(g->endpoints, key, e);
    return e;
}

static int check_name(struct mgcp_gw *g, const char *local)
{
    enum mgcp_wildcard kind = MGCP_ONE;
    if (mgcp_name_check(rt_str(local), &kind) || kind != MGCP_ONE)
        return EINVAL;
    return mgcp_gw_find(g, rt_str(local)) ? EEXIST : 0;
}

int mgcp_gw_endpoint_new(struct mgcp_gw_endpoint **out, struct mgcp_gw *g, const char *local,
                         enum mgcp_endpoint_kind kind, const struct mgcp_gw_ops *ops, void *arg)
{
    int err = check_name(g, local);
    if (err)
        return err;
    struct mgcp_gw_endpoint *e = calloc(1, sizeof(*e));
    if (!e)
        return ENOMEM;
    e->name = rt_str_dup(rt_str(local));
    e->key = rt_str_dup(rt_str(local));
    if (!e->name || !e->key) {
        free(e->name);
        free(e->key);
        free(e);
        return ENOMEM;
    }
    lower(e->key);
    e->gw = g;
    e->ops = ops;
    e->arg = arg;
    e->kind = (uint8_t)kind;
    e->number = g->made++;
    e->service = MGCP_GW_QUIET;
    HASH_ADD_KEYPTR(hh, g->endpoints, e->key, strlen(e->key), e);
    g->nendpoints++;
    if (g->started) { /* it came later than the others: it is announced on its own */
        e->service = MGCP_GW_RESTARTING;
        mgcp_gw_announce(e, MGCP_RM_RESTART);
    }
    *out = e;
    return 0;
}

void mgcp_gw_endpoint_clear(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_connection *c, *tmp;
    struct mgcp_statistics unused = {0};
    DL_FOREACH_SAFE(e->connections, c, tmp)
    {
        mgcp_events_connection_gone(e, c);
        e->ops->remove(e->arg, c, &unused);
        mgcp_gw_connection_free(c);
    }
    mgcp_events_reset(e);
}

void mgcp_gw_endpoint_free(struct mgcp_gw_endpoint *e)
{
    if (!e)
        return;
    mgcp_gw_unannounce(e);
    mgcp_gw_forget_all(e);
    mgcp_gw_endpoint_clear(e);
    HASH_DELETE(hh, e->gw->endpoints, e);
    e->gw->nendpoints--;
    free(e->notified);
    free(e->name);
    free(e->key);
    free(e);
}

const char *mgcp_gw_endpoint_name(const struct mgcp_gw_endpoint *e)
{
    return e->name;
}

void mgcp_gw_full_name(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    const struct mgcp_gw *g = e->gw;
    rt_buf_puts(out, e->name);
    rt_buf_put(out, "@", 1);
    rt_buf_puts(out, g->domain ? g->domain : mgcp_node_domain(g->node));
}

bool mgcp_gw_endpoint_in_service(const struct mgcp_gw_endpoint *e)
{
    return e->service != MGCP_GW_OUT;
}

/* ---- service ---- */

static void go_out(struct mgcp_gw_endpoint *e)
{
    bool told = e->service != MGCP_GW_QUIET;
    e->graceful = 0;
    e->refused = 0;
    mgcp_gw_endpoint_clear(e);
    mgcp_gw_forget_all(e);
    e->service = MGCP_GW_OUT;
    if (told)
        mgcp_gw_announce(e, MGCP_RM_FORCED);
}

void mgcp_gw_idle(struct mgcp_gw_endpoint *e)
{
    if (e->graceful && !e->connections)
        go_out(e);
}

void mgcp_gw_endpoint_out(struct mgcp_gw_endpoint *e, unsigned reason, bool graceful)
{
    if (e->service == MGCP_GW_OUT || (graceful && e->graceful))
        return;
    e->reason = (uint16_t)reason;
    if (!graceful || !e->connections) {
        go_out(e);
        return;
    }
    e->graceful = 1;
    /* Who is disconnected has a RSIP of its own to be answered first; connections go on. */
    if (e->service == MGCP_GW_IN_SERVICE)
        mgcp_gw_announce(e, MGCP_RM_GRACEFUL);
}

void mgcp_gw_endpoint_back(struct mgcp_gw_endpoint *e)
{
    if (e->service == MGCP_GW_OUT) {
        e->reason = 0;
        e->service = e->gw->started ? MGCP_GW_RESTARTING : MGCP_GW_QUIET;
        if (e->gw->started)
            mgcp_gw_announce(e, MGCP_RM_RESTART);
    } else if (e->graceful) {
        e->graceful = 0;
        e->reason = 0;
        if (e->service == MGCP_GW_IN_SERVICE)
            mgcp_gw_announce(e, MGCP_RM_CANCEL);
    }
}

void mgcp_gw_endpoint_status(const struct mgcp_gw_endpoint *e, struct mgcp_gw_endpoint_status *out)
{
    static const char *const service[] = {
        [MGCP_GW_QUIET] = "restarting",      [MGCP_GW_RESTARTING] = "restarting",
        [MGCP_GW_IN_SERVICE] = "in service", [MGCP_GW_DISCONNECTED] = "disconnected",
        [MGCP_GW_OUT] = "out of service",
    };
    const struct mgcp_gw_connection *c;
    union rt_addr agent;
    memset(out, 0, sizeof(*out));
    mgcp_events_status(e, out);
    out->service = service[e->service];
    DL_FOREACH(e->connections, c)
    {
        out->connections++;
    }
    if (mgcp_peer_address(e->gw->peer, &agent))
        rt_addr_format(out->agent, &agent);
}

/* ---- connections ---- */

struct mgcp_gw_connection *mgcp_gw_connection(const struct mgcp_gw_endpoint *e, struct rt_str id)
{
    struct mgcp_gw_connection *c;
    DL_FOREACH(e->connections, c)
    {
        if (rt_str_caseeq(id, c->id))
            return c;
    }
    return NULL;
}

struct mgcp_gw_connection *mgcp_gw_connection_new(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_connection *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->endpoint = e;
    do {
        rt_random_hex(c->id, ID_DIGITS);
    } while (mgcp_gw_connection(e, rt_str(c->id)));
    return c;
}

void mgcp_gw_connection_free(struct mgcp_gw_connection *c)
{
    if (c->prev)
        DL_DELETE(c->endpoint->connections, c);
    free(c->options);
    free(c->local);
    free(c->remote);
    free(c);
}

struct mgcp_gw_endpoint *mgcp_gw_connection_endpoint(const struct mgcp_gw_connection *c)
{
    return c->endpoint;
}

const char *mgcp_gw_connection_id(const struct mgcp_gw_connection *c)
{
    return c->id;
}

enum mgcp_mode mgcp_gw_connection_mode(const struct mgcp_gw_connection *c)
{
    return c->mode;
}

void mgcp_gw_connection_own(struct mgcp_gw_connection *c, void *owned)
{
    c->owned = owned;
}

void *mgcp_gw_connection_owned(const struct mgcp_gw_connection *c)
{
    return c->owned;
}
