/* ISDN lines of the plan: `span 1 { pseudowire ...; e1; isdn euroisdn user }`. */
#include "gw/plan_priv.h"

#define SPANS_MAX 256

/** What a UDP packet holds without being cut up on an Ethernet (1500 less IPv6 and UDP headers). */
#define PAYLOAD_MAX 1452

static uint32_t all_timeslots(const struct gw_span_plan *s)
{
    return s->t1 ? 0x01fffffe : 0xfffffffe;
}

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
    if (s->jitter < packet || s->jitter > 500 * RT_MS)
        conf_error(c->diag, n->pos,
                   "\"jitter\" must be as long as a packet (%lld us) and at most 500ms",
                   (long long)packet);
}

static void read_pseudowire(struct gw_compile *c, struct gw_span_plan *s,
                            const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "pseudowire");
    const struct conf_token *remote, *t;

    if (!n) {
        conf_error(c->diag, span->pos, "span %u lacks \"pseudowire\"", s->id);
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

/** Framing and line code mean something on a real line alone. */
static void read_line(struct gw_compile *c, struct gw_span_plan *s, const struct conf_node *span)
{
    const struct conf_node *e1 = conf_child(span, "e1"), *t1 = conf_child(span, "t1");
    const struct conf_node *line = t1 ? t1 : e1;

    s->t1 = t1 != NULL;
    if (e1 && t1)
        conf_error(c->diag, t1->pos, "span %u is either \"e1\" or \"t1\"", s->id);
    for (size_t i = 1; line && i < line->ntokens; i++)
        conf_error(c->diag, line->token[i].pos,
                   "\"%s\" is not supported yet: a pseudowire has no line code",
                   line->token[i].text);
}

static void read_timeslots(struct gw_compile *c, struct gw_span_plan *s,
                           const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "timeslots");
    const struct conf_token *t;
    uint64_t low, high;

    s->timeslots = n ? 0 : all_timeslots(s);
    for (size_t i = 0; n && (t = conf_arg(n, i)); i++) {
        conf_range(t, &low, &high);
        for (uint64_t slot = low; slot <= high && slot < 32; slot++)
            s->timeslots |= 1u << slot;
        if (s->timeslots & ~all_timeslots(s))
            conf_error(c->diag, t->pos, "a T1 has timeslots 1 to 24");
    }
}

static void read_isdn(struct gw_compile *c, struct gw_span_plan *s, const struct conf_node *span)
{
    static const char *const later[] = {"ni1", "ni2", "dms100", "5ess", "4ess", "qsig", NULL};
    const struct conf_node *n = conf_child(span, "isdn");
    const struct conf_token *variant = conf_arg(n, 0), *d = conf_labelled(n, "dchannel");

    if (gw_plan_among(later, variant->text)) {
        conf_error(c->diag, variant->pos, "ISDN variant \"%s\" is not supported yet",
                   variant->text);
    } else if (strcmp(variant->text, "euroisdn") != 0) {
        struct conf_suggest near = conf_suggest(variant->text);
        conf_suggest_offer(&near, "euroisdn");
        conf_suggest_error(c->diag, variant->pos, "unknown ISDN variant", &near);
    }
    rt_str_copy(s->variant, sizeof s->variant, rt_str(variant->text));
    s->network = strcmp(conf_arg(n, 1)->text, "network") == 0;
    s->dchannel = d ? (unsigned)conf_uint(d) : s->t1 ? 24 : 16;
    if (!(s->timeslots >> s->dchannel & 1))
        conf_error(c->diag, d ? d->pos : n->pos,
                   "the D channel in timeslot %u is not carried by span %u", s->dchannel, s->id);
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

void gw_plan_compile_spans(struct gw_compile *c)
{
    struct gw_plan *p = c->plan;

    p->spans = gw_plan_array(c, "span", sizeof *p->spans, SPANS_MAX, &p->nspans);
    const struct conf_node *n = conf_child(c->root, "span");
    for (unsigned i = 0; i < p->nspans; i++, n = conf_again(n, "span")) {
        struct gw_span_plan *s = &p->spans[i];
        s->id = (unsigned)conf_uint(conf_arg(n, 0));
        s->kind = GW_SPAN_PSEUDOWIRE;
        s->pos = n->pos;
        read_line(c, s, n);
        read_timeslots(c, s, n);
        read_pseudowire(c, s, n);
        read_isdn(c, s, n);
        check_unique(c, s, n);
    }
}
