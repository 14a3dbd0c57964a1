/* Trunks of the plan: a SIP peer, or channels of a span. */
#include "gw/plan_priv.h"

#define TRUNKS_MAX 1024

const char *const gw_plan_target_words[] = {"reject", "lcr",       "enum",     "play",      "busy",
                                            "echo",   "milliwatt", "customer", "emergency", NULL};

/* ---- what every trunk has ---- */

static void read_site(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "site");
    const struct conf_node *site = conf_child(c->root, "site");

    if (!n) {
        if (c->plan->nsites == 1)
            t->site = &c->plan->sites[0];
        else if (c->plan->nsites > 1)
            conf_error(c->diag, trunk->pos, "trunk \"%s\" lacks \"site\": there are several",
                       t->name);
        return;
    }
    struct conf_suggest near = conf_suggest(conf_arg(n, 0)->text);
    for (unsigned i = 0; i < c->plan->nsites; i++, site = conf_again(site, "site")) {
        conf_suggest_offer(&near, conf_arg(site, 0)->text);
        if (strcmp(conf_arg(site, 0)->text, near.word) == 0)
            t->site = &c->plan->sites[i];
    }
    if (!t->site)
        conf_suggest_error(c->diag, conf_arg(n, 0)->pos, "unknown site", &near);
}

static void read_numbers(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const later[] = {"isup-national", "isup-international", NULL};
    const struct conf_node *n = conf_child(trunk, "numbers");

    t->numbers = t->kind == GW_TRUNK_SPAN ? DP_ISDN : DP_E164;
    if (!n || dp_format_parse(&t->numbers, rt_str(conf_arg(n, 0)->text)) == 0)
        return;
    struct conf_suggest near = conf_suggest(conf_arg(n, 0)->text);
    if (gw_plan_among(later, near.word)) {
        conf_error(c->diag, conf_arg(n, 0)->pos, "number format \"%s\" is not supported yet",
                   near.word);
        return;
    }
    for (enum dp_format f = DP_E164; f <= DP_AS_DIALLED; f++)
        conf_suggest_offer(&near, dp_format_name(f));
    conf_suggest_error(c->diag, conf_arg(n, 0)->pos, "unknown number format", &near);
}

/* ---- sip ---- */

static void read_parameter(struct gw_compile *c, struct gw_trunk *t, struct rt_str param,
                           struct conf_pos at)
{
    if (rt_str_caseeq(param, "transport=tcp"))
        t->transport = GW_TCP;
    else if (rt_str_caseeq(param, "transport=udp"))
        t->transport = GW_UDP;
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
    bool udp = t->transport == GW_TCP; /* a connection of our own needs no listener */

    for (unsigned i = 0; i < c->plan->sip.nlisten; i++)
        udp = udp || c->plan->sip.listen[i].transport == GW_UDP;
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

static void compile_sip(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const strange[] = {"channels", "overlap"};
    const struct conf_node *sip = conf_child(trunk, "sip");

    for (size_t i = 0; i < RT_COUNT(strange); i++) {
        const struct conf_node *n = conf_child(trunk, strange[i]);
        if (n)
            conf_error(c->diag, n->pos, "\"%s\" is for trunks on a span", strange[i]);
    }
    read_peer(c, t, conf_arg(sip, 0));
    check_listener(c, t, sip);
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
static void check_accepts(struct gw_compile *c, const struct gw_trunk *a, const struct gw_trunk *b)
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

/* ---- span ---- */

static const struct gw_span_plan *find_span(struct gw_compile *c, const struct conf_token *t)
{
    uint64_t id = conf_uint(t);

    for (unsigned i = 0; i < c->plan->nspans; i++)
        if (c->plan->spans[i].id == id)
            return &c->plan->spans[i];
    conf_error(c->diag, t->pos, "there is no span %s", t->text);
    return NULL;
}

static void add_channels(struct gw_compile *c, struct gw_trunk *t, const struct conf_token *range)
{
    const struct gw_span_plan *s = t->span;
    uint64_t low, high;

    conf_range(range, &low, &high);
    for (uint64_t ch = low; ch <= high && ch < 32; ch++) {
        if (ch == s->dchannel) {
            conf_error(c->diag, range->pos, "channel %u is the D channel of span %u", s->dchannel,
                       s->id);
            return;
        }
        if (!(s->timeslots >> ch & 1)) {
            conf_error(c->diag, range->pos, "channel %u is not carried by span %u", (unsigned)ch,
                       s->id);
            return;
        }
        t->channels |= 1u << ch;
    }
}

static void compile_span(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *accept = conf_child(trunk, "accept");
    const struct conf_node *n = conf_child(trunk, "channels");
    const struct conf_token *token;

    if (accept)
        conf_error(c->diag, accept->pos, "\"accept\" is for trunks with a SIP peer");
    t->overlap = conf_child(trunk, "overlap") != NULL;
    t->span = find_span(c, conf_arg(conf_child(trunk, "span"), 0));
    if (!t->span)
        return;
    if (!n) {
        t->channels = t->span->timeslots & ~(1u << t->span->dchannel);
        return;
    }
    t->hunt = conf_has(n, "descending") ? GW_HUNT_DESCENDING : GW_HUNT_ASCENDING;
    for (size_t i = 0; (token = conf_arg(n, i)); i++)
        if (token->text[0] >= '0' && token->text[0] <= '9')
            add_channels(c, t, token);
}

static void check_channels(struct gw_compile *c, const struct gw_trunk *a, const struct gw_trunk *b)
{
    uint32_t both = a->channels & b->channels;

    if (a->span == b->span && both)
        conf_error(c->diag, b->pos,
                   "trunks \"%s\" and \"%s\" (at %s:%u:%u) both have channel %d of span %u",
                   b->name, a->name, a->pos.file, a->pos.line, a->pos.column, __builtin_ctz(both),
                   a->span->id);
}

/* ---- all ---- */

static void compile_trunk(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    const struct conf_node *sip = conf_child(n, "sip"), *span = conf_child(n, "span");

    t->pos = n->pos;
    t->kind = span ? GW_TRUNK_SPAN : GW_TRUNK_SIP;
    gw_plan_name(c, t->name, n);
    if (gw_plan_among(gw_plan_target_words, t->name))
        conf_error(c->diag, conf_arg(n, 0)->pos,
                   "\"%s\" means something else in routes and cannot name a trunk", t->name);
    read_site(c, t, n);
    read_numbers(c, t, n);
    if (sip && span)
        conf_error(c->diag, n->pos, "trunk \"%s\" has both \"sip\" and \"span\"", t->name);
    else if (sip)
        compile_sip(c, t, n);
    else if (span)
        compile_span(c, t, n);
    else
        conf_error(c->diag, n->pos, "trunk \"%s\" leads nowhere: \"sip\" or \"span\" is missing",
                   t->name);
}

static void check_pair(struct gw_compile *c, const struct gw_trunk *a, const struct gw_trunk *b,
                       const struct conf_node *n)
{
    if (strcmp(a->name, b->name) == 0)
        gw_plan_twice(c, n, a->pos);
    else if (a->span && b->span)
        check_channels(c, a, b);
    else if (a->kind == GW_TRUNK_SIP && b->kind == GW_TRUNK_SIP)
        check_accepts(c, a, b);
}

void gw_plan_compile_trunks(struct gw_compile *c)
{
    struct gw_plan *p = c->plan;

    p->trunks = gw_plan_array(c, "trunk", sizeof *p->trunks, TRUNKS_MAX, &p->ntrunks);
    const struct conf_node *n = conf_child(c->root, "trunk");
    for (unsigned i = 0; i < p->ntrunks; i++, n = conf_again(n, "trunk")) {
        p->trunks[i].index = i;
        compile_trunk(c, &p->trunks[i], n);
        for (unsigned k = 0; k < i; k++)
            check_pair(c, &p->trunks[k], &p->trunks[i], n);
    }
}
