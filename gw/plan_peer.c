/* A trunk whose far end is a SIP peer: where it is, and who may call over it. */
#include "gw/plan_priv.h"

static void read_parameter(struct gw_compile *c, struct gw_trunk *t, struct rt_str param,
                           struct conf_pos at)
{
    if (rt_str_caseeq(param, "transport=tcp"))
        t->transport = SIP_TCP;
    else if (rt_str_caseeq(param, "transport=udp"))
        t->transport = SIP_UDP;
    else
        conf_error(c->diag, at, "\"%.*s\" is not supported yet", RT_STR(param));
}

/** `sip:ADDRESS[:PORT][;transport=udp|tcp]`. */
static void read_peer(struct gw_compile *c, struct gw_trunk *t, const struct conf_token *uri)
{
    struct rt_str rest = rt_str(uri->text), scheme = rt_str_cut(&rest, ':');

    if (rt_str_eq(rt_str(uri->text), "enum") || rt_str_caseeq(scheme, "sips")) {
        conf_error(c->diag, uri->pos, "\"%.*s\" is not supported yet", RT_STR(scheme));
        return;
    }
    if (!rt_str_caseeq(scheme, "sip") || memchr(rest.p, '@', rest.n)) {
        conf_error(c->diag, uri->pos, "\"%s\" is not a peer like sip:10.1.0.10", uri->text);
        return;
    }
    struct rt_str host = rt_str_cut(&rest, ';');
    while (rest.n > 0)
        read_parameter(c, t, rt_str_cut(&rest, ';'), uri->pos);
    if (rt_addr_parse(&t->peer, host.p, host.n, 5060) != 0)
        conf_error(c->diag, uri->pos,
                   "\"%.*s\" is not an address: host names are not supported yet", RT_STR(host));
    else if (rt_addr_is_any(&t->peer) || rt_addr_port(&t->peer) == 0)
        conf_error(c->diag, uri->pos, "\"%.*s\" is no address that can be called", RT_STR(host));
}

static void check_listener(struct gw_compile *c, const struct gw_trunk *t,
                           const struct conf_node *sip)
{
    bool udp = t->transport == SIP_TCP; /* a connection of our own needs no listener */

    for (unsigned i = 0; i < c->plan->sip.nlisten; i++)
        udp = udp || c->plan->sip.listen[i].transport == SIP_UDP;
    if (c->plan->sip.nlisten == 0)
        conf_error(c->diag, sip->pos, "there is no \"sip\" block with an address to listen on");
    else if (!udp)
        conf_error(c->diag, sip->pos, "this peer is called over UDP, but no \"listen udp:...\"");
}

static void read_accept(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    for (size_t i = 2; i < n->ntokens; i++) {
        const struct conf_token *block = &n->token[i];
        if (block->kind == CONF_TOKEN_COMMA)
            continue;
        if (t->naccept == RT_COUNT(t->accept)) {
            conf_error(c->diag, block->pos, "a trunk accepts calls from at most %zu blocks",
                       RT_COUNT(t->accept));
            return;
        }
        rt_cidr_parse(&t->accept[t->naccept++], block->text, strlen(block->text));
    }
}

void gw_plan_compile_peer(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const strange[] = {"channels", "overlap"};
    static void (*const parts[])(struct gw_compile *, struct gw_trunk *,
                                 const struct conf_node *) = {
        gw_plan_compile_session,
    };
    const struct conf_node *sip = conf_child(trunk, "sip");

    for (size_t i = 0; i < RT_COUNT(strange); i++) {
        const struct conf_node *n = conf_child(trunk, strange[i]);
        if (n)
            conf_error(c->diag, n->pos, "\"%s\" is for trunks on a span", strange[i]);
    }
    read_peer(c, t, conf_arg(sip, 0));
    check_listener(c, t, sip);
    for (size_t i = 0; i < RT_COUNT(parts); i++)
        parts[i](c, t, trunk);
    for (const struct conf_node *n = conf_child(trunk, "accept"); n; n = conf_again(n, "accept"))
        read_accept(c, t, n);
}

/** Block `i` of those `t` accepts calls from; its peer alone when none is named. False: no more. */
static bool accepted(const struct gw_trunk *t, unsigned i, struct rt_cidr *out)
{
    if (i < t->naccept) {
        *out = t->accept[i];
        return true;
    }
    *out = (struct rt_cidr){t->peer, t->peer.sa.sa_family == AF_INET6 ? 128 : 32};
    return t->naccept == 0 && i == 0 && t->peer.sa.sa_family != AF_UNSPEC;
}

/** A call that two trunks would accept alike belongs to neither. */
void gw_plan_check_peers(struct gw_compile *c, const struct gw_trunk *a, const struct gw_trunk *b)
{
    struct rt_cidr x, y;

    for (unsigned i = 0; accepted(a, i, &x); i++)
        for (unsigned k = 0; accepted(b, k, &y); k++)
            if (x.bits == y.bits && rt_cidr_contains(&x, &y.addr)) {
                char host[RT_ADDR_LEN];
                conf_error(c->diag, b->pos,
                           "trunks \"%s\" and \"%s\" (at %s:%u:%u) both accept calls from %s/%u",
                           b->name, a->name, a->pos.file, a->pos.line, a->pos.column,
                           rt_addr_host(host, &y.addr), y.bits);
                return;
            }
}
