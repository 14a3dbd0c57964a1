/* ISDN lines of the plan: `span 1 { pseudowire ...; e1; isdn euroisdn user }`. */
#include "gw/plan_priv.h"

#define SPANS_MAX 256

/** What a UDP packet holds without being cut up on an Ethernet (1500 less IPv6 and UDP headers). */
#define PAYLOAD_MAX 1452

/** What the receive buffer has room for (isdn/pw_jitter.h). */
#define JITTER_PACKETS 512

static void read_address(struct gw_compile *c, union rt_addr *out, const struct conf_token *t)
{
    rt_addr_parse(out, t->text, strlen(t->text), 0);
    if (rt_addr_port(out) == 0)
        conf_error(c->diag, t->pos, "\"%s\" lacks a port", t->text);
}

static void check_packet(struct gw_compile *c, const struct gw_span_plan *s,
                         const struct conf_node *n)
{
    unsigned octets = 4 + s->frames * (unsigned)__builtin_popcount(s->timeslots);
    rt_time packet = (rt_time)s->frames * 125;

    if (octets > PAYLOAD_MAX)
        conf_error(c->diag, n->pos, "packets of %u frames would be %u octets, more than %d",
                   s->frames, octets, PAYLOAD_MAX);
    if (s->jitter < packet || s->jitter > 500 * RT_MS || s->jitter > JITTER_PACKETS * packet)
        conf_error(
            c->diag, n->pos,
            "\"jitter\" must be as long as a packet (%lld us) and at most 500ms and %d packets",
            (long long)packet, JITTER_PACKETS);
}

static void read_pseudowire(struct gw_compile *c, struct gw_span_plan *s,
                            const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "pseudowire");
    const struct conf_token *remote, *t;

    gw_plan_check_no_dahdi(c, span);
    if (!n) {
        conf_error(c->diag, span->pos, "span %u lacks \"pseudowire\" or \"dahdi\"", s->id);
        return;
    }
    remote = conf_labelled(n, "remote");
    read_address(c, &s->local, conf_labelled(n, "local"));
    read_address(c, &s->remote, remote);
    t = conf_labelled(n, "frames");
    s->frames = t ? (unsigned)conf_uint(t) : 8;
    t = conf_labelled(n, "jitter");
    s->jitter = t ? conf_duration(t) : 4 * RT_MS;
    if (s->local.sa.sa_family != s->remote.sa.sa_family)
        conf_error(c->diag, remote->pos, "one end is IPv4, the other IPv6");
    else if (rt_addr_is_any(&s->remote) || rt_addr_equal(&s->local, &s->remote))
        conf_error(c->diag, remote->pos, "\"%s\" is no address of a far end", remote->text);
    check_packet(c, s, n);
}

/** One of e1, t1 and bri; E1 when none is there. Framing and line code mean something on a real
 * line alone. */
static void read_line(struct gw_compile *c, struct gw_span_plan *s, const struct conf_node *span)
{
    const struct conf_node *line = NULL;

    for (enum isdn_rate r = ISDN_E1; r <= ISDN_BRI; r++) {
        const struct conf_node *n = conf_child(span, isdn_rate_name(r));
        if (n && line)
            conf_error(c->diag, n->pos, "span %u is either \"%s\" or \"%s\"", s->id,
                       isdn_rate_name(s->rate), isdn_rate_name(r));
        if (!n)
            continue;
        line = n;
        s->rate = r;
    }
    s->mulaw = s->rate == ISDN_T1;
    if (s->rate == ISDN_BRI) {
        s->multipoint = conf_has(line, "multipoint");
        return;
    }
    if (s->kind == GW_SPAN_DAHDI) {
        gw_plan_compile_framing(c, s, line);
        return;
    }
    for (size_t i = 1; line && i < line->ntokens; i++)
        conf_error(c->diag, line->token[i].pos,
                   "\"%s\": a pseudowire has no framing and no line code", line->token[i].text);
}

static void read_timeslots(struct gw_compile *c, struct gw_span_plan *s,
                           const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "timeslots");
    const struct conf_token *t;
    uint64_t low, high;

    s->timeslots = n ? 0 : isdn_rate_timeslots(s->rate);
    for (size_t i = 0; n && (t = conf_arg(n, i)); i++) {
        conf_range(t, &low, &high);
        for (uint64_t slot = low; slot <= high && slot < 32; slot++)
            s->timeslots |= 1u << slot;
        if (s->timeslots & ~isdn_rate_timeslots(s->rate))
            conf_error(c->diag, t->pos, "%s",
                       s->rate == ISDN_BRI ? "a BRI has timeslots 1 to 3"
                                           : "a T1 has timeslots 1 to 24");
    }
}

static const struct isdn_variant *read_variant(struct gw_compile *c, const struct gw_span_plan *s,
                                               const struct conf_token *t)
{
    const struct isdn_variant *v = isdn_variant(t->text), *row;

    if (!v) {
        struct conf_suggest near = conf_suggest(t->text);
        for (unsigned i = 0; (row = isdn_variant_at(i)); i++)
            conf_suggest_offer(&near, row->name);
        conf_suggest_error(c->diag, t->pos, "unknown ISDN variant", &near);
        return isdn_variant_at(0);
    }
    if (!(v->rates >> s->rate & 1))
        conf_error(c->diag, t->pos, "\"%s\" is not spoken on %s lines", v->name,
                   isdn_rate_name(s->rate));
    return v;
}

static void read_isdn(struct gw_compile *c, struct gw_span_plan *s, const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "isdn");
    const struct conf_token *d = conf_labelled(n, "dchannel");

    s->variant = read_variant(c, s, conf_arg(n, 0));
    if (s->rate == ISDN_BRI)
        s->mulaw = s->variant->features & ISDN_F_MULAW_BRI;
    s->network = strcmp(conf_arg(n, 1)->text, "network") == 0;
    s->dchannel = d ? (unsigned)conf_uint(d) : isdn_rate_dchannel(s->rate);
    if (!(s->timeslots >> s->dchannel & 1))
        conf_error(c->diag, d ? d->pos : n->pos,
                   "the D channel in timeslot %u is not carried by span %u", s->dchannel, s->id);
}

/* ---- timers ---- */

static void read_timer(struct gw_compile *c, struct gw_span_plan *s, const struct conf_node *n)
{
    enum isdn_timer t = isdn_timer_by_name(conf_arg(n, 0)->text);
    const struct isdn_timer_row *row = isdn_timer_row(t);
    rt_time value = row->count ? (rt_time)conf_uint(conf_arg(n, 1)) : conf_duration(conf_arg(n, 1));
    rt_time unit = row->count ? 1 : row->low % RT_S ? RT_MS : RT_S;

    if (value < row->low || value > row->high)
        conf_error(c->diag, conf_arg(n, 1)->pos, "\"%s\" may be %lld to %lld%s", row->name,
                   (long long)(row->low / unit), (long long)(row->high / unit),
                   row->count     ? ""
                   : unit == RT_S ? " s"
                                  : " ms");
    s->timer[t] = value;
}

static void read_timers(struct gw_compile *c, struct gw_span_plan *s, const struct conf_node *span)
{
    const struct conf_node *n;

    for (n = conf_child(span, "timer"); n; n = conf_again(n, "timer"))
        read_timer(c, s, n);
    for (n = conf_child(span, "counter"); n; n = conf_again(n, "counter"))
        read_timer(c, s, n);
}

/* ---- NFAS ---- */

static struct gw_span_plan *span_before(const struct gw_compile *c, const struct gw_span_plan *s,
                                        uint64_t id)
{
    for (struct gw_span_plan *o = c->plan->spans; o < s; o++)
        if (o->id == id)
            return o;
    return NULL;
}

static void check_member(struct gw_compile *c, const struct gw_span_plan *s,
                         const struct conf_node *n, bool backup)
{
    for (const struct gw_span_plan *o = c->plan->spans; o < s; o++) {
        if (o != s->lead && o->lead != s->lead)
            continue;
        if (o->interface == s->interface)
            conf_error(c->diag, n->pos, "interface %u is span %u, at %s:%u:%u", s->interface, o->id,
                       o->pos.file, o->pos.line, o->pos.column);
        if (backup && o != s->lead && o->dchannel)
            conf_error(c->diag, n->pos, "span %u has the backup D channel already, at %s:%u:%u",
                       o->id, o->pos.file, o->pos.line, o->pos.column);
    }
}

/** `nfas 1 interface 2 [backup]`: its calls are signalled over the D channel of span 1. */
static void read_nfas(struct gw_compile *c, struct gw_span_plan *s, const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "nfas");

    if (!n)
        return;
    s->lead = span_before(c, s, conf_uint(conf_arg(n, 0)));
    s->interface = (unsigned)conf_uint(conf_labelled(n, "interface"));
    if (!conf_has(n, "backup"))
        s->dchannel = 0;
    if (!(s->variant->features & ISDN_F_NFAS))
        conf_error(c->diag, n->pos, "\"%s\" has no spans with a common D channel",
                   s->variant->name);
    if (!s->lead || s->lead->lead)
        conf_error(c->diag, conf_arg(n, 0)->pos,
                   "span %s is none before this one with a D channel of its own",
                   conf_arg(n, 0)->text);
    else if (s->lead->variant != s->variant || s->lead->network != s->network)
        conf_error(c->diag, n->pos, "variant and side are not those of span %u", s->lead->id);
    else
        check_member(c, s, n, s->dchannel != 0);
}

/** The number, and the address that packets come to, belong to one span alone. */
static void check_unique(struct gw_compile *c, const struct gw_span_plan *s,
                         const struct conf_node *n)
{
    char local[RT_ADDR_LEN];

    for (const struct gw_span_plan *o = c->plan->spans; o < s; o++) {
        if (o->id == s->id)
            gw_plan_twice(c, n, o->pos);
        else if (s->local.sa.sa_family != AF_UNSPEC && rt_addr_equal(&o->local, &s->local))
            conf_error(c->diag, n->pos, "span %u uses %s, which is that of span %u at %s:%u:%u",
                       s->id, rt_addr_format(local, &s->local), o->id, o->pos.file, o->pos.line,
                       o->pos.column);
    }
}

static void read_trace(struct gw_span_plan *s, const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "trace");

    s->trace = n ? conf_arg(n, 0)->text : NULL;
}

/** A plan without any `span` has a card: span N is DAHDI's span N, an E1 of EuroISDN where we are
 * the user. */
static void assume_spans(struct gw_compile *c)
{
    static const struct gw_span_plan card = {
        .kind = GW_SPAN_DAHDI, .frames = 80, .rate = ISDN_E1, .dchannel = 16};
    struct gw_plan *p = c->plan;
    unsigned n = 0;

    for (const struct conf_node *t = conf_child(c->root, "trunk"); t; t = conf_again(t, "trunk"))
        n += conf_child(t, "span") != NULL;
    if (n == 0 || !(p->spans = conf_alloc(c->arena, n * sizeof *p->spans)))
        return;
    for (const struct conf_node *t = conf_child(c->root, "trunk"); t; t = conf_again(t, "trunk")) {
        const struct conf_node *at = conf_child(t, "span");
        unsigned id = at ? (unsigned)conf_uint(conf_arg(at, 0)) : 0, i = 0;
        while (i < p->nspans && p->spans[i].id != id)
            i++;
        if (!at || i < p->nspans)
            continue;
        struct gw_span_plan *s = &p->spans[p->nspans++];
        *s = card;
        s->id = s->dahdi = id;
        s->pos = at->pos;
        s->timeslots = isdn_rate_timeslots(s->rate);
        s->variant = isdn_variant("euroisdn");
    }
}

void gw_plan_compile_spans(struct gw_compile *c)
{
    struct gw_plan *p = c->plan;

    if (!conf_child(c->root, "span")) {
        assume_spans(c);
        return;
    }
    p->spans = gw_plan_array(c, "span", sizeof *p->spans, SPANS_MAX, &p->nspans);
    const struct conf_node *n = conf_child(c->root, "span");
    for (unsigned i = 0; i < p->nspans; i++, n = conf_again(n, "span")) {
        struct gw_span_plan *s = &p->spans[i];
        s->id = (unsigned)conf_uint(conf_arg(n, 0));
        s->kind = conf_child(n, "dahdi") ? GW_SPAN_DAHDI : GW_SPAN_PSEUDOWIRE;
        s->pos = n->pos;
        read_line(c, s, n);
        read_timeslots(c, s, n);
        if (s->kind == GW_SPAN_DAHDI)
            gw_plan_compile_dahdi(c, s, n);
        else
            read_pseudowire(c, s, n);
        read_isdn(c, s, n);
        read_trace(s, n);
        read_timers(c, s, n);
        read_nfas(c, s, n);
        check_unique(c, s, n);
    }
}
