/* UDP sockets and TCP connections of the user agent. */
#include "sip/transport.h"

#include <utlist.h>

#include <errno.h>
#include <stdlib.h>

#define CONNECTIONS_MAX 1024
#define UDP_BUFFER      (4 << 20)
#define BATCH           64 /* datagrams taken before timers get their turn */

struct conn {
    struct sip_transports *t;
    struct rt_stream *stream;
    union rt_addr peer; /**< as connected to, or as accepted from */
    uint64_t number;
    size_t scanned;
    struct conn *prev, *next;
};

struct listener {
    struct sip_transports *t;
    struct rt_udp *udp;
    struct rt_listener *tcp;
};

struct sip_transports {
    struct rt_loop *loop;
    struct sip_ua_config cfg;
    struct listener listener[9]; /* the last one is never open: sending over it fails */
    struct conn *conns;
    unsigned nconns;
    uint64_t last_number;
    sip_received_fn *received;
    sip_broken_fn *broken;
    void *arg;
    char buffer[SIP_MESSAGE_MAX + 1];
};

/* ---- UDP ---- */

/** RFC 5626 4.4.1 and others keep a binding alive with CRLFs or a few zero octets. */
static bool keepalive(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != '\r' && p[i] != '\n' && p[i] != '\0')
            return false;
    return true;
}

static void on_datagram(void *arg, struct rt_udp *u)
{
    struct listener *l = arg;
    struct sip_transports *t = l->t;
    struct sip_flow flow = {.transport = SIP_UDP, .listener = (unsigned)(l - t->listener)};
    size_t n;

    for (unsigned i = 0; i < BATCH; i++) {
        if (rt_udp_recv(u, t->buffer, SIP_MESSAGE_MAX, &n, &flow.addr) != 0)
            return;
        if (n > SIP_MESSAGE_MAX)
            rt_count(&sip_counters[SIP_RX_TRUNCATED]);
        else if (!keepalive(t->buffer, n))
            t->received(t->arg, (struct rt_str){t->buffer, n}, &flow);
    }
}

/* ---- TCP ---- */

static void conn_close(struct conn *c)
{
    struct sip_transports *t = c->t;
    uint64_t number = c->number;

    DL_DELETE(t->conns, c);
    t->nconns--;
    rt_stream_close(c->stream);
    free(c);
    t->broken(t->arg, number);
}

static size_t blank(const char *p, size_t n)
{
    size_t i = 0;

    while (i < n && (p[i] == '\r' || p[i] == '\n'))
        i++;
    return i;
}

/** True while the connection lives: a message's consequences may close it. */
static bool alive(const struct sip_transports *t, const struct conn *wanted)
{
    const struct conn *c;

    DL_FOREACH(t->conns, c)
    if (c == wanted)
        return true;
    return false;
}

static size_t on_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    struct conn *c = arg;
    struct sip_transports *t = c->t;
    struct sip_flow flow = {.transport = SIP_TCP, .addr = c->peer, .conn = c->number};
    size_t done = 0, total;

    (void)s;
    for (;;) {
        done += c->scanned == 0 ? blank(buf + done, len - done) : 0;
        if (done == len)
            return done;
        if (sip_frame((struct rt_str){buf + done, len - done}, &c->scanned, &total) != 0) {
            rt_count(&sip_counters[SIP_RX_TOO_LARGE]);
            conn_close(c);
            return len;
        }
        if (total == 0)
            return done;
        c->scanned = 0;
        t->received(t->arg, (struct rt_str){buf + done, total}, &flow);
        if (!alive(t, c))
            return len;
        done += total;
    }
}

static void on_closed(void *arg, struct rt_stream *s, int err)
{
    (void)s;
    (void)err;
    conn_close(arg);
}

static const struct rt_stream_ops stream_ops = {.data = on_data, .closed = on_closed};

static struct conn *conn_new(struct sip_transports *t)
{
    struct conn *c = t->nconns < CONNECTIONS_MAX ? calloc(1, sizeof *c) : NULL;

    if (!c)
        return NULL;
    c->t = t;
    c->number = ++t->last_number;
    return c;
}

static void conn_add(struct conn *c, struct rt_stream *s, const union rt_addr *peer)
{
    c->stream = s;
    c->peer = *peer;
    rt_stream_set_limit(s, 2 * SIP_MESSAGE_MAX);
    DL_APPEND(c->t->conns, c);
    c->t->nconns++;
}

static void on_accept(void *arg, struct rt_stream *s)
{
    struct listener *l = arg;
    struct conn *c = conn_new(l->t);

    if (!c)
        return; /* not owned: it is closed */
    conn_add(c, s, rt_stream_peer(s));
    rt_stream_own(s, &stream_ops, c);
}

static struct conn *find_conn(const struct sip_transports *t, const struct sip_flow *flow)
{
    struct conn *c, *same = NULL;

    DL_FOREACH(t->conns, c)
    {
        if (c->number == flow->conn)
            return c;
        if (rt_addr_equal(&c->peer, &flow->addr))
            same = c;
    }
    return same;
}

static int send_tcp(struct sip_transports *t, struct sip_flow *flow, struct rt_str wire)
{
    struct conn *c = find_conn(t, flow);
    struct rt_stream *s;

    if (!c) {
        c = conn_new(t);
        if (!c)
            return ENOBUFS;
        int err = rt_stream_connect(&s, t->loop, &flow->addr, &stream_ops, c);
        if (err != 0) {
            free(c);
            return err;
        }
        conn_add(c, s, &flow->addr);
    }
    flow->conn = c->number;
    return rt_stream_write(c->stream, wire.p, wire.n);
}

/* ---- both ---- */

int sip_flow_send(struct sip_transports *t, struct sip_flow *flow, struct rt_str wire)
{
    int err;

    if (flow->transport == SIP_TCP)
        err = send_tcp(t, flow, wire);
    else if (t->listener[flow->listener].udp)
        err = rt_udp_send(t->listener[flow->listener].udp, wire.p, wire.n, &flow->addr);
    else
        err = EAFNOSUPPORT;
    rt_count(&sip_counters[err == 0 ? SIP_TX_MESSAGES : SIP_TX_FAILED]);
    return err;
}

void sip_flow_to(const struct sip_transports *t, const struct sip_hop *hop, struct sip_flow *out)
{
    *out = (struct sip_flow){.transport = hop->transport, .addr = hop->addr};
    for (unsigned i = 0; i < t->cfg.nlisten; i++)
        if (t->cfg.listen[i].transport == hop->transport &&
            t->cfg.listen[i].addr.sa.sa_family == hop->addr.sa.sa_family) {
            out->listener = i;
            return;
        }
    out->listener = RT_COUNT(t->listener) - 1; /* none of that family: sending fails */
}

/** The port we listen on for that transport and family, 5060 when there is none. */
static uint16_t listening_port(const struct sip_transports *t, const struct sip_flow *flow)
{
    for (unsigned i = 0; i < t->cfg.nlisten; i++) {
        const struct listener *l = &t->listener[i];
        const union rt_addr *a = l->udp ? rt_udp_local(l->udp) : rt_listener_local(l->tcp);
        if (t->cfg.listen[i].transport == flow->transport &&
            a->sa.sa_family == flow->addr.sa.sa_family &&
            (flow->transport != SIP_UDP || i == flow->listener))
            return rt_addr_port(a);
    }
    return 5060;
}

char *sip_flow_local(const struct sip_transports *t, const struct sip_flow *flow,
                     char out[RT_ADDR_LEN])
{
    union rt_addr a = t->cfg.advertise;
    const union rt_addr *bound = &t->cfg.listen[flow->listener % t->cfg.nlisten].addr;

    if (a.sa.sa_family != flow->addr.sa.sa_family) {
        if (flow->transport == SIP_UDP && !rt_addr_is_any(bound))
            a = *bound;
        else if (rt_local_towards(&a, &flow->addr) != 0)
            a = *bound;
    }
    rt_addr_set_port(&a, listening_port(t, flow));
    return rt_addr_format(out, &a);
}

void sip_flow_contact(struct rt_buf *out, const struct sip_transports *t,
                      const struct sip_flow *flow)
{
    static const char *const param[] = {
        [SIP_UDP] = "", [SIP_TCP] = ";transport=tcp", [SIP_TLS] = ";transport=tls"};
    char local[RT_ADDR_LEN];

    rt_buf_printf(out, "sip:%s%s", sip_flow_local(t, flow, local), param[flow->transport]);
}

const char *sip_transport_name(enum sip_transport t)
{
    static const char *const names[] = {[SIP_UDP] = "UDP", [SIP_TCP] = "TCP", [SIP_TLS] = "TLS"};
    return names[t];
}

static int open_listener(struct sip_transports *t, unsigned i)
{
    struct listener *l = &t->listener[i];
    const struct sip_listen *cfg = &t->cfg.listen[i];

    l->t = t;
    if (cfg->transport == SIP_TCP)
        return rt_listen(&l->tcp, t->loop, &cfg->addr, on_accept, l);
    int err = rt_udp_open(&l->udp, t->loop, &cfg->addr, on_datagram, l);
    if (err == 0)
        rt_udp_set_buffers(l->udp, UDP_BUFFER);
    return err;
}

int sip_transports_new(struct sip_transports **out, struct rt_loop *loop,
                       const struct sip_ua_config *cfg, sip_received_fn *received,
                       sip_broken_fn *broken, void *arg, unsigned *failed)
{
    struct sip_transports *t = calloc(1, sizeof *t);

    if (!t)
        return ENOMEM;
    t->loop = loop;
    t->cfg = *cfg;
    t->received = received;
    t->broken = broken;
    t->arg = arg;
    for (unsigned i = 0; i < cfg->nlisten; i++) {
        int err = open_listener(t, i);
        if (err != 0) {
            if (failed)
                *failed = i;
            sip_transports_free(t);
            return err;
        }
    }
    *out = t;
    return 0;
}

static void forget(void *arg, uint64_t conn)
{
    (void)arg;
    (void)conn;
}

void sip_transports_free(struct sip_transports *t)
{
    if (!t)
        return;
    t->broken = forget;
    while (t->conns)
        conn_close(t->conns);
    for (unsigned i = 0; i < RT_COUNT(t->listener); i++) {
        if (t->listener[i].udp)
            rt_udp_close(t->listener[i].udp);
        if (t->listener[i].tcp)
            rt_listener_close(t->listener[i].tcp);
    }
    free(t);
}

unsigned sip_transports_streams(const struct sip_transports *t)
{
    return t->nconns;
}
