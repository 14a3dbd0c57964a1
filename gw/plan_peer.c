/* A trunk whose far end is a SIP peer: where it is, and who may call over it. */
#include "gw/plan_priv.h"
#include "sip/sip.h"

#include <errno.h>
#include <stdio.h>

/** Only what says where the peer is may stand in its URI. */
static void check_parameters(struct gw_compile *c, const struct conf_token *uri)
{
    struct rt_str rest = rt_str(uri->text);

    rt_str_cut(&rest, ';');
    while (rest.n > 0) {
        struct rt_str param = rt_str_cut(&rest, ';'), value = param, name = rt_str_cut(&value, '=');
        if (!rt_str_caseeq(name, "transport") && !rt_str_caseeq(name, "maddr"))
            conf_error(c->diag, uri->pos, "\"%.*s\" is not supported yet", RT_STR(param));
    }
}

/** Host and port as URIs have them. */
static const char *write_where(struct gw_compile *c, const struct sip_target *t)
{
    bool bracket = memchr(t->domain.p, ':', t->domain.n) != NULL;
    size_t room = t->domain.n + 10;
    char *out = conf_alloc(c->arena, room);

    if (out && t->port)
        snprintf(out, room, bracket ? "[%.*s]:%u" : "%.*s:%u", RT_STR(t->domain), t->port);
    else if (out)
        snprintf(out, room, bracket ? "[%.*s]" : "%.*s", RT_STR(t->domain));
    return out;
}

static const char *write_domain(struct gw_compile *c, const struct sip_target *t)
{
    char *out = conf_alloc(c->arena, t->domain.n + 1);

    if (out)
        rt_str_copy(out, t->domain.n + 1, t->domain);
    return out;
}

/** No name ends in a number: 10.1.0.300 is an address gone wrong. */
static bool is_number(struct rt_str host)
{
    size_t i = host.n;

    while (i > 0 && host.p[i - 1] >= '0' && host.p[i - 1] <= '9')
        i--;
    return i < host.n && (i == 0 || host.p[i - 1] == '.');
}

/** `sip:HOST[:PORT][;transport=udp|tcp|tls]`, `sips:...`; the host is an address or a name. */
static void read_peer(struct gw_compile *c, struct gw_trunk *t, const struct conf_token *uri)
{
    static const uint16_t ports[] = {[SIP_UDP] = 5060, [SIP_TCP] = 5060, [SIP_TLS] = 5061};
    struct sip_target *target = &t->to.target;

    t->by_enum = rt_str_eq(rt_str(uri->text), "enum");
    if (t->by_enum)
        return;
    int err = strchr(uri->text, '@') ? EINVAL : sip_target_parse(target, rt_str(uri->text));
    if (err != 0) {
        conf_error(c->diag, uri->pos,
                   err == ENOTSUP
                       ? "\"%s\" names no transport that there is"
                       : "\"%s\" is not a peer like sip:10.1.0.10 or sip:sbc.example.com",
                   uri->text);
        return;
    }
    check_parameters(c, uri);
    t->transport = target->transport;
    t->to.where = write_where(c, target);
    t->to.domain = write_domain(c, target);
    if (rt_addr_parse(&t->peer, target->host.p, target->host.n, 0) != 0) {
        if (is_number(target->host))
            conf_error(c->diag, uri->pos, "\"%.*s\" is neither an address nor a name",
                       RT_STR(target->host));
        return;
    }
    rt_addr_set_port(&t->peer, target->port ? target->port : ports[t->transport]);
    if (rt_addr_is_any(&t->peer))
        conf_error(c->diag, uri->pos, "\"%.*s\" is no address that can be called",
                   RT_STR(target->host));
}

static void check_listener(struct gw_compile *c, const struct gw_trunk *t,
                           const struct conf_node *sip)
{
    /* a connection of our own needs no listener; a name may lead to one */
    bool reachable =
        t->transport != SIP_UDP || (!t->to.target.chosen && t->peer.sa.sa_family == AF_UNSPEC);

    int family = t->peer.sa.sa_family;
    bool heard = family == AF_UNSPEC;

    for (unsigned i = 0; i < c->plan->sip.nlisten; i++) {
        const struct gw_listen *l = &c->plan->sip.listen[i];
        reachable = reachable || l->transport == SIP_UDP;
        heard = heard || l->addr.sa.sa_family == family;
    }
    if (c->plan->sip.nlisten == 0)
        conf_error(c->diag, sip->pos, "there is no \"sip\" block with an address to listen on");
    else if (!heard)
        conf_error(c->diag, sip->pos, "this peer has an IPv%d address, but \"sip\" listens on none",
                   family == AF_INET6 ? 6 : 4);
    else if (!reachable)
        conf_error(c->diag, sip->pos, "this peer is called over UDP, but no \"listen udp:...\"");
    else if (t->transport == SIP_TLS && !gw_plan_speaks_tls(c->plan))
        conf_error(c->diag, sip->pos, "this peer is called over TLS, but \"sip\" has no \"tls\"");
}

/** How it is noticed whether the peer lives. */
static void compile_health(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *health = conf_child(trunk, "health");
    const struct conf_node *probation = conf_child(trunk, "probation");
    const struct conf_token *v;

    t->to.down = 2;
    t->to.up = 3;
    t->to.probation = 30 * RT_S;
    t->to.probation_max = 600 * RT_S;
    if (health) {
        t->to.health = conf_duration(conf_labelled(health, "every"));
        t->to.down = (v = conf_labelled(health, "down")) ? (unsigned)conf_uint(v) : t->to.down;
        t->to.up = (v = conf_labelled(health, "up")) ? (unsigned)conf_uint(v) : t->to.up;
        if (t->to.health < RT_S)
            conf_error(c->diag, health->pos, "a peer is asked at most once a second");
    }
    if (!probation)
        return;
    t->to.probation = (v = conf_arg(probation, 0)) ? conf_duration(v) : t->to.probation;
    if ((v = conf_labelled(probation, "max")))
        t->to.probation_max = conf_duration(v);
    else if (t->to.probation_max < t->to.probation)
        t->to.probation_max = t->to.probation;
    if (t->to.probation < RT_S || t->to.probation_max < t->to.probation)
        conf_error(c->diag, probation->pos,
                   "probation lasts a second at least, and \"max\" not less");
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
    static const char *const of_servers[] = {"health", "probation"};
    static const char *const of_spans[] = {"optimise",           "channels",   "hold",
                                           "interworking-timer", "bearer",     "inband",
                                           "origin-not-isdn",    "echo-cancel"};
    static void (*const parts[])(struct gw_compile *, struct gw_trunk *,
                                 const struct conf_node *) = {
        compile_health,          gw_plan_compile_session, gw_plan_compile_auth,
        gw_plan_compile_causes,  gw_plan_compile_headers, gw_plan_compile_identity,
        gw_plan_compile_overlap, gw_plan_compile_stream,  gw_plan_compile_quality,
        gw_plan_compile_secure,
    };
    const struct conf_node *sip = conf_child(trunk, "sip");

    const struct conf_node *n;

    for (size_t i = 0; i < RT_COUNT(of_spans); i++)
        if ((n = conf_child(trunk, of_spans[i])))
            conf_error(c->diag, n->pos, "\"%s\" is for trunks on a span", of_spans[i]);
    gw_plan_check_services(c, trunk);
    t->registered = strcmp(conf_arg(sip, 0)->text, "registered") == 0;
    for (size_t i = 0; t->registered && i < RT_COUNT(of_servers); i++)
        if ((n = conf_child(trunk, of_servers[i])))
            conf_error(c->diag, n->pos, "\"%s\" needs a peer: registered users have no servers",
                       of_servers[i]);
    if (!t->registered)
        read_peer(c, t, conf_arg(sip, 0));
    check_listener(c, t, sip);
    for (size_t i = 0; i < RT_COUNT(parts); i++)
        parts[i](c, t, trunk);
    t->session.sip.credentials = t->auth.credentials;
    t->session.sip.symmetric =
        t->registered || t->auth.challenge || conf_child(trunk, "nat") != NULL;
    for (n = conf_child(trunk, "accept"); n; n = conf_again(n, "accept"))
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
