/* The plan's own addresses and outlets: SIP, records, control socket, log. */
#include "gw/plan_priv.h"

/* ---- sip ---- */

static void add_listen(struct gw_compile *c, const struct conf_token *t)
{
    struct gw_sip_plan *sip = &c->plan->sip;
    struct rt_str rest = rt_str(t->text), how = rt_str_cut(&rest, ':');
    bool tls = rt_str_eq(how, "tls");
    struct gw_listen l = {.transport = tls ? SIP_TLS : rt_str_eq(how, "tcp") ? SIP_TCP : SIP_UDP};

    rt_addr_parse(&l.addr, rest.p, rest.n, tls ? 5061 : 5060);
    if (rt_addr_port(&l.addr) == 0) {
        conf_error(c->diag, t->pos, "\"%s\" has no port that can be listened on", t->text);
        return;
    }
    for (unsigned i = 0; i < sip->nlisten; i++)
        if (sip->listen[i].transport == l.transport &&
            rt_addr_equal(&sip->listen[i].addr, &l.addr)) {
            conf_error(c->diag, t->pos, "\"%s\" is listened on twice", t->text);
            return;
        }
    if (sip->nlisten == RT_COUNT(sip->listen)) {
        conf_error(c->diag, t->pos, "there are more than %zu addresses to listen on",
                   RT_COUNT(sip->listen));
        return;
    }
    sip->listen[sip->nlisten++] = l;
}

static void add_resolver(struct gw_compile *c, const struct conf_token *t)
{
    struct gw_sip_plan *sip = &c->plan->sip;

    if (sip->nresolvers == RT_COUNT(sip->resolver)) {
        conf_error(c->diag, t->pos, "there are more than %zu name servers",
                   RT_COUNT(sip->resolver));
        return;
    }
    union rt_addr *a = &sip->resolver[sip->nresolvers++];
    rt_addr_parse(a, t->text, strlen(t->text), 53);
    if (rt_addr_is_any(a) || rt_addr_port(a) == 0)
        conf_error(c->diag, t->pos, "\"%s\" is no address of a name server", t->text);
}

/** A number of the `limits` block, or of its pair `per-source`. */
static void read_limit(const struct conf_node *block, const char *keyword, unsigned *all,
                       unsigned *source)
{
    const struct conf_node *n = conf_child(block, keyword);
    const struct conf_token *t;

    if (n && (t = conf_arg(n, 0)))
        *all = (unsigned)conf_uint(t);
    if (n && source && (t = conf_labelled(n, "per-source")))
        *source = (unsigned)conf_uint(t);
}

/** What is not said stays 0: sip/ knows its defaults. */
static void read_limits(struct gw_compile *c, const struct conf_node *block)
{
    struct sip_limits *l = &c->plan->sip.limits;
    const struct conf_node *patience = conf_child(block, "patience");
    const struct conf_token *t = patience ? conf_arg(patience, 0) : NULL;

    read_limit(block, "transactions", &l->transactions, &l->source_transactions);
    read_limit(block, "rate", &l->rate, &l->source_rate);
    read_limit(block, "refusals", &l->refusals, NULL);
    read_limit(block, "message", &l->message, NULL);
    read_limit(block, "headers", &l->headers, NULL);
    gw_plan_compile_ban(block, l);
    if (!t)
        return;
    l->patience = conf_duration(t);
    if (l->patience < RT_S)
        conf_error(c->diag, t->pos, "\"patience\" is at least 1s");
}

/** A plan without `sip` listens at the usual port, and calls peers over TLS without a certificate
 * of its own. */
static void assume_sip(struct gw_sip_plan *sip)
{
    static const enum sip_transport transports[] = {SIP_UDP, SIP_TCP};
    static const char any[] = "0.0.0.0";

    for (size_t i = 0; i < RT_COUNT(transports); i++) {
        struct gw_listen *l = &sip->listen[sip->nlisten++];
        l->transport = transports[i];
        rt_addr_parse(&l->addr, any, strlen(any), 5060);
    }
    sip->client = true;
}

void gw_plan_compile_sip(struct gw_compile *c)
{
    const struct conf_node *block = conf_child(c->root, "sip");
    const struct conf_token *t;

    if (!block) {
        assume_sip(&c->plan->sip);
        return;
    }
    if (conf_child(block, "limits"))
        read_limits(c, conf_child(block, "limits"));
    for (const struct conf_node *n = conf_child(block, "listen"); n; n = conf_again(n, "listen"))
        for (size_t i = 0; (t = conf_arg(n, i)); i++)
            add_listen(c, t);
    for (const struct conf_node *n = conf_child(block, "resolver"); n;
         n = conf_again(n, "resolver"))
        for (size_t i = 0; (t = conf_arg(n, i)); i++)
            add_resolver(c, t);
    const struct conf_node *calls = conf_child(block, "calls");
    if (calls)
        c->plan->sip.calls = (unsigned)conf_uint(conf_arg(calls, 0));
    const struct conf_node *advertise = conf_child(block, "advertise");
    if (advertise) {
        t = conf_arg(advertise, 0);
        rt_addr_parse(&c->plan->sip.advertise, t->text, strlen(t->text), 0);
        if (rt_addr_is_any(&c->plan->sip.advertise))
            conf_error(c->diag, t->pos, "\"%s\" is no address that a peer could use", t->text);
    }
}

/* ---- ports ---- */

/** Whether two sockets could want the same address. */
static bool same_place(const union rt_addr *a, const union rt_addr *b)
{
    return rt_addr_is_any(a) || rt_addr_is_any(b) || rt_addr_same_host(a, b);
}

/** A UDP port of ours that lies among those of RTP would be taken from it, or the other way round.
 */
static void check_against_rtp(struct gw_compile *c, const union rt_addr *a, struct conf_pos at)
{
    const struct gw_media_plan *m = &c->plan->media;
    uint16_t port = rt_addr_port(a);
    bool none = m->address.sa.sa_family == AF_UNSPEC;

    if (port >= m->port_low && port <= m->port_high && (none || same_place(a, &m->address)))
        conf_error(c->diag, at, "port %u is one of the ports for RTP, %u-%u", port, m->port_low,
                   m->port_high);
}

/** Those of MGCP. */
static void check_mgcp_port(struct gw_compile *c, const union rt_addr *a, struct conf_pos at)
{
    const struct gw_plan *p = c->plan;

    check_against_rtp(c, a, at);
    for (unsigned i = 0; i < p->sip.nlisten; i++)
        if (p->sip.listen[i].transport == SIP_UDP &&
            rt_addr_port(a) == rt_addr_port(&p->sip.listen[i].addr) &&
            same_place(a, &p->sip.listen[i].addr))
            conf_error(c->diag, at, "port %u is one that SIP listens on", rt_addr_port(a));
    for (unsigned i = 0; i < p->nspans; i++)
        if (p->spans[i].kind == GW_SPAN_PSEUDOWIRE &&
            rt_addr_port(a) == rt_addr_port(&p->spans[i].local) &&
            same_place(a, &p->spans[i].local))
            conf_error(c->diag, at, "port %u is that of span %u", rt_addr_port(a), p->spans[i].id);
}

void gw_plan_check_ports(struct gw_compile *c)
{
    const struct gw_plan *p = c->plan;
    const struct conf_node *sip = conf_child(c->root, "sip"), *mgcp = conf_child(c->root, "mgcp");

    for (unsigned i = 0; i < p->mgcp.nlisten; i++)
        check_mgcp_port(c, &p->mgcp.listen[i], mgcp->pos);
    for (unsigned i = 0; i < p->sip.nlisten; i++)
        if (p->sip.listen[i].transport == SIP_UDP)
            check_against_rtp(c, &p->sip.listen[i].addr, sip ? sip->pos : c->root->pos);
    for (unsigned i = 0; i < p->nspans; i++) {
        const struct gw_span_plan *s = &p->spans[i];
        if (s->kind != GW_SPAN_PSEUDOWIRE)
            continue;
        check_against_rtp(c, &s->local, s->pos);
        for (unsigned k = 0; k < p->sip.nlisten; k++)
            if (p->sip.listen[k].transport == SIP_UDP &&
                rt_addr_port(&s->local) == rt_addr_port(&p->sip.listen[k].addr) &&
                same_place(&s->local, &p->sip.listen[k].addr))
                conf_error(c->diag, s->pos, "port %u is one that SIP listens on",
                           rt_addr_port(&s->local));
    }
}
