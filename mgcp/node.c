/* The node: its sockets, what comes and goes over them, and the trace. Strangers are counted and
 * never answered: a list of endpoints is a thousand times as long as the command that asks for it.
 */
#include "gw/rt/random.h"
#include "mgcp/node_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define UDP_BUFFER   (4 << 20)
#define BATCH        (4 * RT_UDP_BATCH) /* datagrams taken before timers get their turn */
#define DATAGRAM_MAX 65507u

/* ---- the trace ---- */

static void trace(struct mgcp_node *n, struct mgcp_peer *p, struct rt_str local, bool sent,
                  struct rt_str wire, const struct mgcp_way *way)
{
    void *endpoint = NULL;

    if (!n->ops.trace)
        return;
    if (p && p->ops.endpoint && local.n > 0)
        endpoint = p->ops.endpoint(p->arg, local);
    n->ops.trace(n->arg, endpoint, sent, wire, rt_udp_local(n->socket[way->socket].udp),
                 &way->addr);
}

/* ---- sending ---- */

static void put_out(struct mgcp_node *n, const struct mgcp_way *way, struct mgcp_peer *p,
                    struct rt_str local, struct rt_str text)
{
    trace(n, p, local, true, text, way);
    /* what the kernel refuses is lost, as it may be on the way: it is repeated */
    (void)rt_udp_send(n->socket[way->socket].udp, text.p, text.n, &way->addr);
}

static void count_sent(struct mgcp_peer *p, unsigned messages)
{
    rt_count_n(&mgcp_counters[MGCP_TX], messages);
    if (p)
        p->sent += messages;
}

static bool gathers_for(const struct mgcp_node *n, const struct mgcp_way *way)
{
    return n->gather.open && n->gather.way.socket == way->socket &&
           rt_addr_equal(&n->gather.way.addr, &way->addr);
}

void mgcp_node_flush(struct mgcp_node *n)
{
    struct mgcp_gather *g = &n->gather;

    if (g->text.n > 0)
        put_out(n, &g->way, g->peer, rt_str(g->local), rt_buf_str(&g->text));
    rt_buf_reset(&g->text);
    g->text.failed = false;
    g->peer = NULL;
}

void mgcp_node_answer(struct mgcp_node *n, const struct mgcp_way *way, struct mgcp_peer *p,
                      struct rt_str local, struct rt_str text, unsigned messages)
{
    struct mgcp_gather *g = &n->gather;

    count_sent(p, messages);
    if (!gathers_for(n, way)) {
        put_out(n, way, p, local, text);
        return;
    }
    if (g->text.n > 0 && g->text.n + text.n + MGCP_SEPARATOR > n->timers.datagram)
        mgcp_node_flush(n);
    if (g->text.n > 0) {
        mgcp_write_separator(&g->text);
    } else {
        g->peer = p;
        rt_str_copy(g->local, sizeof g->local, local);
    }
    rt_buf_put(&g->text, text.p, text.n);
    if (g->text.failed) {
        rt_buf_release(&g->text);
        put_out(n, way, p, local, text);
    }
}

void mgcp_node_send(struct mgcp_node *n, const struct mgcp_way *way, struct mgcp_peer *p,
                    struct rt_str local, struct rt_str text, unsigned messages)
{
    if (gathers_for(n, way))
        mgcp_node_flush(n);
    count_sent(p, messages);
    put_out(n, way, p, local, text);
}

/* ---- receiving ---- */

/** Says that a final response has come, which asked for it. It says nothing of ours: so it needs no
 * memory of the command, which is over when the response comes again. */
static void acknowledge(struct mgcp_node *n, const struct mgcp_way *from, struct mgcp_peer *p,
                        const struct mgcp_message *m)
{
    struct rt_buf out = {.p = NULL};

    mgcp_write_response(&out, 0, m->tid, NULL, NULL);
    if (!out.failed)
        mgcp_node_answer(n, from, p, (struct rt_str){NULL, 0}, rt_buf_str(&out), 1);
    rt_buf_release(&out);
}

static void take_final(struct mgcp_node *n, const struct mgcp_way *from,
                       const struct mgcp_message *m)
{
    struct mgcp_peer *p = mgcp_route_response(n, &from->addr, m->tid, mgcp_out_waits);
    bool asks = m->code >= 200 && mgcp_has(m, MGCP_P_K) && mgcp_value(m, MGCP_P_K).n == 0;

    if (asks)
        acknowledge(n, from, p, m);
    if (!p) {
        rt_count(&mgcp_counters[MGCP_UNMATCHED]);
        return;
    }
    p->received++;
    if (mgcp_peer_heard(p))
        return;
    mgcp_in_confirm_list(p, mgcp_value(m, MGCP_P_K));
    mgcp_out_response(p, m);
}

static bool unconfirmed(const struct mgcp_peer *p, uint32_t tid)
{
    return mgcp_in_kept(p, tid).n > 0;
}

static void take_response(struct mgcp_node *n, const struct mgcp_way *from,
                          const struct mgcp_message *m)
{
    if (m->code >= 100) {
        take_final(n, from, m);
        return;
    }
    struct mgcp_peer *p = mgcp_route_response(n, &from->addr, m->tid, unconfirmed);
    if (m->code != 0 || !p) {
        rt_count(&mgcp_counters[MGCP_UNMATCHED]);
        return;
    }
    p->received++;
    mgcp_in_confirmed(p, m->tid);
    (void)mgcp_peer_heard(p);
}

static void take_command(struct mgcp_node *n, const struct mgcp_way *from,
                         const struct mgcp_message *m, unsigned refusal)
{
    struct mgcp_peer *p = mgcp_route_command(n, &from->addr, m);

    p->received++;
    mgcp_places_prefer(p, &from->addr, m);
    if (mgcp_peer_heard(p))
        return;
    mgcp_in_command(p, m, refusal, from);
}

/** The peer that a message is traced with. */
static void trace_received(struct mgcp_node *n, const struct mgcp_way *from, struct rt_str wire,
                           const struct mgcp_message *m)
{
    struct mgcp_peer *p = NULL;
    struct rt_str local = {NULL, 0};

    if (!n->ops.trace)
        return;
    if (m && m->command) {
        p = mgcp_route_command(n, &from->addr, m);
        local = m->local;
    } else if (m) {
        p = mgcp_route_response(n, &from->addr, m->tid, mgcp_out_waits);
        local = p ? mgcp_wire_local(mgcp_out_text(p, m->tid)) : local;
    }
    trace(n, p, local, false, wire, from);
}

static void take_messages(struct mgcp_node *n, const struct mgcp_way *from, struct rt_str wire)
{
    struct mgcp_message m;
    struct rt_str rest = wire;
    unsigned refusal = 0;
    int err;

    for (bool first = true; (err = mgcp_read(&m, &rest, &refusal)) != ENOENT; first = false) {
        bool good = err == 0 || err == EPROTO;
        if (first)
            trace_received(n, from, wire, good ? &m : NULL);
        rt_count(&mgcp_counters[MGCP_RX]);
        if (err != 0)
            rt_count(&mgcp_counters[MGCP_MALFORMED]);
        if (good && m.command)
            take_command(n, from, &m, err == 0 ? 0 : refusal);
        else if (err == 0)
            take_response(n, from, &m);
        refusal = 0;
        if (!mgcp_route_known(n, &from->addr)) /* the peer went meanwhile */
            return;
    }
}

static void take_datagram(struct mgcp_node *n, const struct mgcp_way *from, struct rt_str wire)
{
    if (!mgcp_route_known(n, &from->addr)) {
        rt_count(&mgcp_counters[MGCP_FOREIGN]);
        return;
    }
    n->gather.open = true;
    n->gather.way = *from;
    take_messages(n, from, wire);
    mgcp_node_flush(n);
    n->gather.open = false;
}

static void on_datagram(void *arg, struct rt_udp *u)
{
    struct mgcp_socket *s = arg;
    struct mgcp_node *n = s->node;
    struct mgcp_way from = {.socket = (unsigned)(s - n->socket)};
    size_t len;

    for (unsigned i = 0; i < BATCH; i++) {
        if (rt_udp_recv(u, n->buffer, sizeof n->buffer, &len, &from.addr) != 0)
            return;
        if (len > sizeof n->buffer)
            rt_count(&mgcp_counters[MGCP_MALFORMED]);
        else
            take_datagram(n, &from, (struct rt_str){n->buffer, len});
    }
}

/* ---- what peers ask of it ---- */

struct rt_loop *mgcp_node_loop(const struct mgcp_node *n)
{
    return n->loop;
}

const struct mgcp_timers *mgcp_node_timers(const struct mgcp_node *n)
{
    return &n->timers;
}

const char *mgcp_node_domain(const struct mgcp_node *n)
{
    return n->domain;
}

bool mgcp_node_speaks(const struct mgcp_node *n, int family)
{
    for (unsigned i = 0; i < n->nsockets; i++)
        if (rt_udp_local(n->socket[i].udp)->sa.sa_family == family)
            return true;
    return false;
}

int mgcp_node_socket(const struct mgcp_node *n, const union rt_addr *to, bool agent, unsigned *out)
{
    union rt_addr near;
    unsigned best = 0;
    bool routed = rt_local_towards(&near, to) == 0;

    for (unsigned i = 0; i < n->nsockets; i++) {
        const union rt_addr *local = rt_udp_local(n->socket[i].udp);
        if (local->sa.sa_family != to->sa.sa_family)
            continue;
        bool port = rt_addr_port(local) == (agent ? MGCP_PORT_AGENT : MGCP_PORT_GATEWAY);
        bool host = routed && (rt_addr_is_any(local) || rt_addr_same_host(local, &near));
        unsigned score = 1 + (port ? 1 : 0) + (host ? 2 : 0);
        if (score > best) {
            best = score;
            *out = i;
        }
    }
    return best > 0 ? 0 : EAFNOSUPPORT;
}

char *mgcp_node_entity(const struct mgcp_node *n, const union rt_addr *to, char *out, size_t cap)
{
    char text[RT_ADDR_LEN];
    unsigned i = 0;

    (void)mgcp_node_socket(n, to, true, &i);
    union rt_addr a = *rt_udp_local(n->socket[i].udp);
    uint16_t port = rt_addr_port(&a);
    union rt_addr near;
    if (rt_addr_is_any(&a) && rt_local_towards(&near, to) == 0)
        a = near;
    rt_addr_set_port(&a, port);
    snprintf(out, cap, "ca@%s", rt_addr_format(text, &a));
    return out;
}

/* ---- life ---- */

static void set_timers(struct mgcp_node *n, const struct mgcp_timers *t)
{
    struct mgcp_timers *to = &n->timers;

    *to = *t;
    to->hist = to->hist ? to->hist : 30 * RT_S;
    to->max = to->max ? to->max : 20 * RT_S;
    to->first = to->first ? to->first : 200 * RT_MS;
    to->rto_max = to->rto_max ? to->rto_max : 4 * RT_S;
    to->longtran = to->longtran ? to->longtran : 5 * RT_S;
    to->provisional = to->provisional ? to->provisional : 200 * RT_MS;
    to->max1 = to->max1 ? to->max1 : 5;
    to->max2 = to->max2 ? to->max2 : 7;
    to->keep = to->keep ? to->keep : 30000;
    if (to->datagram == 0 || to->datagram > DATAGRAM_MAX)
        to->datagram = DATAGRAM_MAX;
}

void mgcp_node_set(struct mgcp_node *n, const struct mgcp_timers *timers)
{
    set_timers(n, timers);
}

static int open_socket(struct mgcp_node *n, const union rt_addr *local)
{
    struct mgcp_socket *s = &n->socket[n->nsockets];
    int err = rt_udp_open(&s->udp, n->loop, local, on_datagram, s);

    if (err != 0)
        return err;
    s->node = n;
    n->nsockets++;
    rt_udp_set_buffers(s->udp, UDP_BUFFER);
    (void)rt_udp_batch(s->udp); /* without, it goes on one by one */
    return 0;
}

/** "[192.0.2.1]" of the first socket; what it is bound to is not known when it is bound to all. */
static char *own_domain(const struct mgcp_node *n, const char *configured)
{
    char text[RT_ADDR_LEN], out[RT_ADDR_LEN + 2];
    union rt_addr a = *rt_udp_local(n->socket[0].udp), far, near;
    const char *somewhere = a.sa.sa_family == AF_INET6 ? "2001:db8::1" : "192.0.2.1";

    if (configured)
        return rt_str_dup(rt_str(configured));
    if (rt_addr_is_any(&a) && rt_addr_parse(&far, somewhere, strlen(somewhere), 9) == 0 &&
        rt_local_towards(&near, &far) == 0)
        a = near;
    snprintf(out, sizeof out, "[%s]", rt_addr_host(text, &a));
    return rt_str_dup(rt_str(out));
}

int mgcp_node_new(struct mgcp_node **out, struct rt_loop *loop, const struct mgcp_node_config *cfg,
                  const struct mgcp_node_ops *ops, void *arg, unsigned *failed)
{
    struct mgcp_node *n = calloc(1, sizeof *n);

    if (!n)
        return ENOMEM;
    n->loop = loop;
    n->dns = cfg->dns;
    if (ops)
        n->ops = *ops;
    n->arg = arg;
    n->tid = rt_random_below(MGCP_TID_MAX);
    set_timers(n, &cfg->timers);
    for (unsigned i = 0; i < cfg->nlisten && i < MGCP_LISTEN_MAX; i++) {
        int err = open_socket(n, &cfg->listen[i]);
        if (err != 0) {
            if (failed)
                *failed = i;
            mgcp_node_free(n);
            return err;
        }
    }
    n->domain = n->nsockets > 0 ? own_domain(n, cfg->domain) : NULL;
    if (!n->domain) {
        int err = n->nsockets > 0 ? ENOMEM : EINVAL;
        mgcp_node_free(n);
        return err;
    }
    *out = n;
    return 0;
}

void mgcp_node_free(struct mgcp_node *n)
{
    if (!n)
        return;
    for (unsigned i = 0; i < n->nsockets; i++)
        rt_udp_close(n->socket[i].udp);
    rt_buf_release(&n->gather.text);
    free(n->domain);
    free(n);
}
