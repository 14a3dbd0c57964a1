/* Where the user agent listens, and the ways from it to a peer. */
#include "sip/transport.h"
#include "sip/conn.h"
#include "sip/count.h"

#include <errno.h>
#include <stdlib.h>

#define UDP_BUFFER (16 << 20)         /* 40,000 requests a second for a third of a second */
#define BATCH      (4 * RT_UDP_BATCH) /* datagrams taken before timers get their turn */
/** To be woken for each datagram costs more than to read it: above this many in a window the socket
 * is looked at each millisecond instead. */
#define WINDOW     (20 * RT_MS)
#define MANY       80
#define LOOK_EVERY RT_MS

struct listener {
    struct sip_transports *t;
    struct rt_udp *udp;
    struct rt_listener *stream; /**< TCP, TLS */
    enum sip_transport transport;
    struct rt_timer look; /**< runs instead of being woken */
    rt_time window;       /**< began then, */
    unsigned n;           /**< and so many datagrams came in it */
};

struct sip_transports {
    struct rt_loop *loop;
    struct sip_ua_config cfg;
    struct listener listener[9]; /* the last one is never open: sending over it fails */
    struct sip_conns *conns;
    sip_received_fn *received;
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

/** Takes a batch at most; how many there were. */
static unsigned take_datagrams(struct listener *l)
{
    struct sip_transports *t = l->t;
    struct sip_flow flow = {.transport = SIP_UDP, .listener = (unsigned)(l - t->listener)};
    unsigned i;
    size_t n;

    for (i = 0; i < BATCH; i++) {
        if (rt_udp_recv(l->udp, t->buffer, SIP_MESSAGE_MAX, &n, &flow.addr) != 0)
            break;
        if (n > SIP_MESSAGE_MAX)
            rt_count(&sip_counters[SIP_RX_TRUNCATED]);
        else if (!keepalive(t->buffer, n))
            t->received(t->arg, (struct rt_str){t->buffer, n}, &flow);
    }
    return i;
}

/** Whether many came in the window that is over. One that was over long ago tells nothing. */
static bool is_busy(struct listener *l, unsigned came)
{
    rt_time age = rt_loop_now(l->t->loop) - l->window;
    bool busy = age < 2 * WINDOW && l->n >= MANY;

    if (age >= WINDOW) {
        l->window += age;
        l->n = 0;
    }
    l->n += came;
    return age >= WINDOW && busy;
}

static void on_datagram(void *arg, struct rt_udp *u)
{
    struct listener *l = arg;
    unsigned came = take_datagrams(l);

    if (is_busy(l, came) && came < BATCH && rt_udp_watch(u, l->t->loop, NULL, NULL) == 0)
        rt_timer_start(&l->look, LOOK_EVERY);
}

/** What was left over is read in the next round, after the others had their turn: by waking up,
 * which waits for no timer. */
static void on_look(void *arg)
{
    struct listener *l = arg;
    unsigned came = take_datagrams(l);
    bool over =
        came == BATCH || (rt_loop_now(l->t->loop) - l->window >= WINDOW && l->n + came < MANY / 2);

    is_busy(l, came);
    if (!over || rt_udp_watch(l->udp, l->t->loop, on_datagram, l) != 0)
        rt_timer_start(&l->look, LOOK_EVERY);
}

/* ---- ways ---- */

int sip_flow_send(struct sip_transports *t, struct sip_flow *flow, struct rt_str wire)
{
    int err;

    if (flow->transport != SIP_UDP)
        err = sip_conns_send(t->conns, flow, wire);
    else if (t->listener[flow->listener].udp)
        err = rt_udp_send(t->listener[flow->listener].udp, wire.p, wire.n, &flow->addr);
    else
        err = EAFNOSUPPORT;
    rt_count(&sip_counters[err == 0 ? SIP_TX_MESSAGES : SIP_TX_FAILED]);
    if (err == 0)
        sip_count_sent(wire);
    return err;
}

void sip_flow_to(const struct sip_transports *t, const struct sip_hop *hop, struct sip_flow *out)
{
    char host[RT_ADDR_LEN];

    *out = (struct sip_flow){.transport = hop->transport, .addr = hop->addr, .conn = hop->conn};
    if (hop->transport == SIP_TLS) /* a name that is cut is nobody's: it will not be verified */
        rt_str_copy(out->domain, sizeof out->domain,
                    rt_str(hop->domain ? hop->domain : rt_addr_host(host, &hop->addr)));
    for (unsigned i = 0; i < t->cfg.nlisten; i++)
        if (t->cfg.listen[i].transport == hop->transport &&
            t->cfg.listen[i].addr.sa.sa_family == hop->addr.sa.sa_family) {
            out->listener = i;
            return;
        }
    out->listener = RT_COUNT(t->listener) - 1; /* none of that family: sending fails */
}

/** Our listener for that transport and family; the flow's own socket for UDP. NULL: none. */
static const struct listener *listening(const struct sip_transports *t, const struct sip_flow *flow)
{
    for (unsigned i = 0; i < t->cfg.nlisten; i++)
        if (t->cfg.listen[i].transport == flow->transport &&
            t->cfg.listen[i].addr.sa.sa_family == flow->addr.sa.sa_family &&
            (flow->transport != SIP_UDP || i == flow->listener))
            return &t->listener[i];
    return NULL;
}

const union rt_addr *sip_flow_bound(const struct sip_transports *t, const struct sip_flow *flow)
{
    const struct listener *l = listening(t, flow);

    if (!l)
        return NULL;
    return l->udp ? rt_udp_local(l->udp) : rt_listener_local(l->stream);
}

/** The port to be named to that peer: of the listener, or the default one when there is none. */
static uint16_t listening_port(const struct sip_transports *t, const struct sip_flow *flow)
{
    const union rt_addr *bound = sip_flow_bound(t, flow);
    return bound ? rt_addr_port(bound) : sip_default_port(flow->transport);
}

bool sip_flow_by_tcp(const struct sip_transports *t, const struct sip_flow *udp,
                     struct sip_flow *out)
{
    *out = (struct sip_flow){.transport = SIP_TCP, .addr = udp->addr};
    return listening(t, out) != NULL;
}

const char *sip_flow_via(const struct sip_transports *t, const struct sip_flow *flow)
{
    return flow->transport == SIP_TLS && t->cfg.tls && rt_tls_mutual(t->cfg.tls) ? ";alias" : "";
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

uint16_t sip_default_port(enum sip_transport t)
{
    return t == SIP_TLS ? 5061 : 5060;
}

uint16_t sip_via_port(struct rt_str head, uint16_t missing)
{
    head = rt_str_trim(head);
    const char *colon = head.p ? memrchr(head.p, ':', head.n) : NULL;
    const char *bracket = head.p ? memrchr(head.p, ']', head.n) : NULL;
    uint64_t port = 0;

    if (!colon || colon < bracket)
        return missing;
    struct rt_str text = {colon + 1, head.n - (size_t)(colon + 1 - head.p)};
    return rt_str_u64(&port, rt_str_trim(text), 65535) == 0 ? (uint16_t)port : 0;
}

/* ---- life ---- */

static void on_accept(void *arg, struct rt_stream *s)
{
    struct listener *l = arg;
    sip_conns_accept(l->t->conns, l->transport, s);
}

static int open_listener(struct sip_transports *t, unsigned i)
{
    struct listener *l = &t->listener[i];
    const struct sip_listen *cfg = &t->cfg.listen[i];

    l->t = t;
    l->transport = cfg->transport;
    rt_timer_init(&l->look, t->loop, on_look, l);
    if (cfg->transport == SIP_TLS && !t->cfg.tls)
        return EPROTONOSUPPORT;
    if (cfg->transport != SIP_UDP)
        return rt_listen(&l->stream, t->loop, &cfg->addr, on_accept, l);
    int err = rt_udp_open(&l->udp, t->loop, &cfg->addr, on_datagram, l);
    if (err == 0) {
        rt_udp_set_buffers(l->udp, UDP_BUFFER);
        (void)rt_udp_batch(l->udp); /* without, it goes on one by one */
    }
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
    t->arg = arg;
    t->conns = sip_conns_new(&(struct sip_conns_config){.loop = loop,
                                                        .tls = cfg->tls,
                                                        .max = cfg->connections,
                                                        .per_source = cfg->per_source,
                                                        .idle = cfg->idle,
                                                        .keepalive = cfg->keepalive,
                                                        .patience = cfg->limits.patience,
                                                        .received = received,
                                                        .broken = broken,
                                                        .arg = arg});
    if (!t->conns) {
        free(t);
        return ENOMEM;
    }
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

void sip_transports_free(struct sip_transports *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < RT_COUNT(t->listener); i++) {
        if (t->listener[i].udp)
            rt_timer_stop(&t->listener[i].look);
        rt_udp_close(t->listener[i].udp);
        if (t->listener[i].stream)
            rt_listener_close(t->listener[i].stream);
    }
    sip_conns_free(t->conns);
    free(t);
}

void sip_transports_sieve(struct sip_transports *t, const struct rt_sieve_row *rows, unsigned n,
                          unsigned share)
{
    for (unsigned i = 0; i < t->cfg.nlisten; i++)
        if (t->listener[i].udp)
            (void)rt_udp_sieve(t->listener[i].udp, rows, n, share); /* without, all is read */
}

uint64_t sip_transports_dropped(const struct sip_transports *t)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < t->cfg.nlisten; i++)
        if (t->listener[i].udp)
            sum += rt_udp_dropped(t->listener[i].udp);
    return sum;
}

unsigned sip_transports_streams(const struct sip_transports *t)
{
    return t->conns->accepted + t->conns->opened;
}
