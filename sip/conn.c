/* Connections from their first octet to the last, TCP and TLS alike. */
#include "sip/conn.h"
#include "sip/text.h"

#include <errno.h>
#include <stdlib.h>

#define SETUP_TIME   (5 * RT_S)  /* for a connection of ours: a SYN and its copies at 1 s and 3 s */
#define MESSAGE_TIME (30 * RT_S) /* for a message, from its first octet to the last */
#define PONG_TIME    (10 * RT_S) /* RFC 5626 4.4.1 */
#define CONNECTIONS  1024
#define PER_SOURCE   64
#define IDLE         (900 * RT_S)

struct rt_counter sip_conn_counters[SIP_CONN_NCOUNTERS] = {
    [SIP_CONN_ACCEPTED] = {"sip_connections_accepted_total", "connections accepted", 0},
    [SIP_CONN_OPENED] = {"sip_connections_opened_total", "connections opened", 0},
    [SIP_CONN_FULL] = {"sip_connections_refused_total", "connections over the limit", 0},
    [SIP_CONN_CROWD] = {"sip_connections_refused_source_total",
                        "connections over the limit of one address", 0},
    [SIP_CONN_SLOW] = {"sip_connections_slow_total",
                       "connections closed: a message or the handshake took too long", 0},
    [SIP_CONN_IDLE] = {"sip_connections_idle_total", "connections closed: nothing went over them",
                       0},
    [SIP_CONN_DEAD] = {"sip_connections_dead_total", "connections closed: no answer to a ping", 0},
    [SIP_CONN_PINGS] = {"sip_pings_total", "pings answered", 0},
    [SIP_CONN_ALIASED] = {"sip_aliases_total", "connections that peers offer for requests to them",
                          0},
    [SIP_CONN_MADDR] = {"sip_maddr_total", "Via maddr parameters not followed", 0},
    [SIP_CONN_SWITCHED] = {"sip_large_requests_total", "requests too large for UDP, sent by TCP",
                           0},
    [SIP_CONN_UNSWITCHED] = {"sip_large_requests_udp_total",
                             "large requests sent by UDP because TCP failed", 0},
};

/* ---- ends ---- */

static void conn_free(struct sip_conn *c)
{
    rt_timer_stop(&c->deadline);
    rt_timer_stop(&c->quiet);
    rt_timer_stop(&c->keepalive);
    rt_tls_close(c->tls);
    rt_stream_close(c->tcp);
    free(c->domain);
    free(c);
}

static void conn_close(struct sip_conn *c)
{
    struct sip_conns *t = c->all;
    uint64_t number = c->number;

    --*(c->opened ? &t->opened : &t->accepted);
    HASH_DEL(t->by_number, c);
    sip_conn_displace(c);
    conn_free(c);
    t->cfg.broken(t->cfg.arg, number);
}

static void conn_drop(struct sip_conn *c, enum sip_conn_counter why)
{
    rt_count(&sip_conn_counters[why]);
    conn_close(c);
}

static int put(struct sip_conn *c, const char *p, size_t n)
{
    c->used = rt_loop_now(c->all->cfg.loop);
    return c->tls ? rt_tls_write(c->tls, p, n) : rt_stream_write(c->tcp, p, n);
}

/* ---- timers ---- */

static void on_deadline(void *arg)
{
    conn_drop(arg, SIP_CONN_SLOW);
}

/** Looks now and then rather than being started anew with each message. */
static void on_quiet(void *arg)
{
    struct sip_conn *c = arg;
    rt_time left = c->used + c->all->cfg.idle - rt_loop_now(c->all->cfg.loop);

    if (left > 0)
        rt_timer_start(&c->quiet, left);
    else
        conn_drop(c, SIP_CONN_IDLE);
}

/** Pings, and PONG_TIME later looks for the pong. Whoever never answered one may not know how: RFC
 * 3261 only asks to ignore it. */
static void on_keepalive(void *arg)
{
    struct sip_conn *c = arg;
    rt_time rest = c->all->cfg.keepalive - PONG_TIME;

    if (!c->ping_sent) {
        c->ping_sent = c->pong_due = true;
        put(c, "\r\n\r\n", 4);
        rt_timer_start(&c->keepalive, PONG_TIME);
    } else if (c->pong_due && c->ponged) {
        conn_drop(c, SIP_CONN_DEAD);
    } else {
        c->ping_sent = false;
        rt_timer_start(&c->keepalive, rest > RT_S ? rest : RT_S);
    }
}

static void come_up(struct sip_conn *c)
{
    c->up = true;
    c->used = rt_loop_now(c->all->cfg.loop);
    rt_timer_stop(&c->deadline);
    rt_timer_start(&c->quiet, c->all->cfg.idle);
    if (c->opened && c->all->cfg.keepalive > 0)
        rt_timer_start(&c->keepalive, c->all->cfg.keepalive);
}

/* ---- what comes ---- */

/** Octets between messages: a pong to our ping, a ping to be answered (RFC 5626 4.4.1), or nothing
 * (RFC 3261 7.5). Returns how many there are. */
static size_t blank(struct sip_conn *c, const char *p, size_t n)
{
    static const char ping[] = "\r\n\r\n";
    size_t i = 0;

    for (; i < n && (p[i] == '\r' || p[i] == '\n'); i++) {
        c->blanks = p[i] == ping[c->blanks] ? c->blanks + 1 : p[i] == '\r';
        if (c->blanks == 2 && c->pong_due) {
            c->ponged = true;
            c->pong_due = false;
            c->blanks = 0;
        } else if (c->blanks == 4) {
            rt_count(&sip_conn_counters[SIP_CONN_PINGS]);
            put(c, "\r\n", 2);
            c->blanks = 0;
        }
    }
    return i;
}

/** RFC 5923: whoever has proved who he is may have requests sent to him over the connection he
 * opened, when his Via says `alias`. They are meant for the address in it: its port, and the host
 * it really comes from. */
static void read_alias(struct sip_conn *c, struct rt_str wire)
{
    struct sip_scan scan;

    c->alias_read = true;
    if (!rt_tls_verified(c->tls) || sip_scan(&scan, wire) != 0)
        return;
    struct rt_str rest = sip_scan_header(&scan, "Via", 0);
    struct rt_str params = sip_list_next(&rest), head = rt_str_cut(&params, ';');
    uint16_t port = sip_via_port(head, 5061);
    union rt_addr there = c->peer;

    if (!sip_param(params, "alias").p || port == 0)
        return;
    rt_addr_set_port(&there, port);
    if (sip_conn_place(c, SIP_CONN_ALIAS, &there) == 0)
        rt_count(&sip_conn_counters[SIP_CONN_ALIASED]);
}

/** Gives a message to the user agent; true while the connection lives: what follows may close it.
 */
static bool give(struct sip_conn *c, struct rt_str wire)
{
    struct sip_conns *t = c->all;
    struct sip_flow flow = {
        .transport = c->tls ? SIP_TLS : SIP_TCP, .addr = c->peer, .conn = c->number};

    if (c->tls && !c->opened && !c->alias_read)
        read_alias(c, wire);
    t->cfg.received(t->cfg.arg, wire, &flow);
    return sip_conn_numbered(t, flow.conn) != NULL;
}

static size_t receive(struct sip_conn *c, const char *buf, size_t len)
{
    size_t done = 0, total;

    c->used = rt_loop_now(c->all->cfg.loop);
    for (;;) {
        done += c->scanned == 0 ? blank(c, buf + done, len - done) : 0;
        if (done == len)
            return done;
        c->blanks = 0;
        if (sip_frame((struct rt_str){buf + done, len - done}, &c->scanned, &total) != 0) {
            rt_count(&sip_counters[SIP_RX_TOO_LARGE]);
            conn_close(c);
            return len;
        }
        if (total == 0) {
            if (!rt_timer_running(&c->deadline))
                rt_timer_start(&c->deadline, c->all->cfg.patience);
            return done;
        }
        c->scanned = 0;
        rt_timer_stop(&c->deadline);
        if (!give(c, (struct rt_str){buf + done, total}))
            return len;
        done += total;
    }
}

static size_t on_tcp_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    (void)s;
    return receive(arg, buf, len);
}

static size_t on_tls_data(void *arg, struct rt_tls_stream *s, const char *buf, size_t len)
{
    (void)s;
    return receive(arg, buf, len);
}

static void on_tcp_connected(void *arg, struct rt_stream *s)
{
    (void)s;
    come_up(arg);
}

static void on_tls_connected(void *arg, struct rt_tls_stream *s)
{
    (void)s;
    come_up(arg);
}

static void on_tcp_closed(void *arg, struct rt_stream *s, int err)
{
    (void)s;
    (void)err;
    conn_close(arg);
}

static void on_tls_closed(void *arg, struct rt_tls_stream *s, int err)
{
    (void)s;
    (void)err;
    conn_close(arg);
}

static const struct rt_stream_ops tcp_ops = {
    .connected = on_tcp_connected, .data = on_tcp_data, .closed = on_tcp_closed};
static const struct rt_tls_ops tls_ops = {
    .connected = on_tls_connected, .data = on_tls_data, .closed = on_tls_closed};

/* ---- begins ---- */

static struct sip_conn *conn_new(struct sip_conns *t, const union rt_addr *peer)
{
    struct sip_conn *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->all = t;
    c->peer = *peer;
    rt_timer_init(&c->deadline, t->cfg.loop, on_deadline, c);
    rt_timer_init(&c->quiet, t->cfg.loop, on_quiet, c);
    rt_timer_init(&c->keepalive, t->cfg.loop, on_keepalive, c);
    return c;
}

/** A stream has been found for it: it counts from here on. ENOMEM: it is gone. */
static int conn_add(struct sip_conn *c)
{
    struct sip_conns *t = c->all;

    if (c->tls)
        rt_tls_set_limit(c->tls, 2 * SIP_MESSAGE_MAX);
    else
        rt_stream_set_limit(c->tcp, 2 * SIP_MESSAGE_MAX);
    if (sip_conn_place(c, c->tls ? SIP_CONN_TLS : SIP_CONN_TCP, &c->peer) != 0 ||
        (!c->opened && sip_conn_place(c, SIP_CONN_SOURCE, &c->peer) != 0)) {
        sip_conn_displace(c);
        conn_free(c);
        return ENOMEM;
    }
    c->number = ++t->last_number;
    HASH_ADD(hh, t->by_number, number, sizeof c->number, c);
    ++*(c->opened ? &t->opened : &t->accepted);
    rt_count(&sip_conn_counters[c->opened ? SIP_CONN_OPENED : SIP_CONN_ACCEPTED]);
    return 0;
}

void sip_conns_accept(struct sip_conns *t, enum sip_transport how, struct rt_stream *s)
{
    const union rt_addr *peer = rt_stream_peer(s);
    bool full = t->accepted >= t->cfg.max;

    if (full || sip_conn_from(t, peer) >= t->cfg.per_source) {
        rt_count(&sip_conn_counters[full ? SIP_CONN_FULL : SIP_CONN_CROWD]);
        return; /* not owned: it is closed */
    }
    struct sip_conn *c = conn_new(t, peer);
    if (!c)
        return;
    if (how == SIP_TLS) {
        if (!t->cfg.tls || rt_tls_accept(&c->tls, t->cfg.tls, t->cfg.loop, s, &tls_ops, c) != 0) {
            free(c);
            return;
        }
    } else {
        c->tcp = s;
        rt_stream_own(s, &tcp_ops, c);
    }
    if (conn_add(c) != 0)
        return;
    if (how == SIP_TLS)
        rt_timer_start(&c->deadline, t->cfg.patience);
    else
        come_up(c);
}

static int connect_to(struct sip_conn *c, const struct sip_flow *flow)
{
    const struct sip_conns_config *cfg = &c->all->cfg;

    c->opened = true;
    if (flow->transport == SIP_TCP)
        return rt_stream_connect(&c->tcp, cfg->loop, &flow->addr, &tcp_ops, c);
    if (!cfg->tls)
        return EPROTONOSUPPORT;
    c->domain = rt_str_dup(rt_str(flow->domain));
    if (!c->domain)
        return ENOMEM;
    return rt_tls_connect(&c->tls, cfg->tls, cfg->loop, &flow->addr, c->domain, &tls_ops, c);
}

static int dial(struct sip_conn **out, struct sip_conns *t, const struct sip_flow *flow)
{
    if (t->opened >= t->cfg.max) {
        rt_count(&sip_conn_counters[SIP_CONN_FULL]);
        return ENOBUFS;
    }
    struct sip_conn *c = conn_new(t, &flow->addr);
    if (!c)
        return ENOMEM;
    int err = connect_to(c, flow);
    if (err != 0) {
        conn_free(c);
        return err;
    }
    err = conn_add(c);
    if (err != 0)
        return err;
    rt_timer_start(&c->deadline, SETUP_TIME);
    *out = c;
    return 0;
}

int sip_conns_send(struct sip_conns *t, struct sip_flow *flow, struct rt_str wire)
{
    struct sip_conn *c = flow->conn ? sip_conn_numbered(t, flow->conn) : NULL;
    char host[RT_ADDR_LEN];
    int err;

    if (flow->transport == SIP_TLS && !flow->domain[0])
        rt_str_copy(flow->domain, sizeof flow->domain, rt_str(rt_addr_host(host, &flow->addr)));
    if (!c)
        c = sip_conn_towards(t, flow);
    if (c) {
        flow->conn = c->number;
        err = put(c, wire.p, wire.n);
        if (err != EPIPE)
            return err;
        flow->conn = 0; /* it has ended, only nobody has told us yet: what waits for it fails */
        conn_close(c);
    }
    err = dial(&c, t, flow);
    if (err != 0)
        return err;
    flow->conn = c->number;
    return put(c, wire.p, wire.n);
}

/* ---- all of them ---- */

struct sip_conns *sip_conns_new(const struct sip_conns_config *cfg)
{
    struct sip_conns *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->cfg = *cfg;
    t->cfg.max = cfg->max ? cfg->max : CONNECTIONS;
    t->cfg.per_source = cfg->per_source ? cfg->per_source : PER_SOURCE;
    t->cfg.idle = cfg->idle ? cfg->idle : IDLE;
    t->cfg.patience = cfg->patience ? cfg->patience : MESSAGE_TIME;
    return t;
}

void sip_conns_free(struct sip_conns *t)
{
    struct sip_conn *c, *next;

    if (!t)
        return;
    HASH_ITER(hh, t->by_number, c, next)
    {
        HASH_DEL(t->by_number, c);
        sip_conn_displace(c);
        conn_free(c);
    }
    free(t);
}
