/* The lines of the rule file: `span N { ... }`, in tandem's own words. */
#include "conf/conf.h"
#include "test/exchange/rules.h"

#include <string.h>

static void read_timers(struct isdn_span_config *s, const struct conf_node *span)
{
    const struct conf_node *n;

    for (n = conf_child(span, "timer"); n; n = conf_again(n, "timer"))
        s->timer[isdn_timer_by_name(conf_arg(n, 0)->text)] = conf_duration(conf_arg(n, 1));
    for (n = conf_child(span, "counter"); n; n = conf_again(n, "counter"))
        s->timer[isdn_timer_by_name(conf_arg(n, 0)->text)] = (rt_time)conf_uint(conf_arg(n, 1));
}

static void read_address(union rt_addr *out, const struct conf_node *n, const char *label,
                         struct conf_diag *diag)
{
    const struct conf_token *t = conf_labelled(n, label);

    if (t && (rt_addr_parse(out, t->text, strlen(t->text), 0) != 0 || rt_addr_port(out) == 0))
        conf_error(diag, t->pos, "\"%s\" is not an address with a port", t->text);
}

static void read_pseudowire(struct isdn_span_config *s, const struct conf_node *n,
                            struct conf_diag *diag)
{
    const struct conf_token *frames = conf_labelled(n, "frames");
    const struct conf_token *jitter = conf_labelled(n, "jitter");

    read_address(&s->local, n, "local", diag);
    read_address(&s->remote, n, "remote", diag);
    if (frames)
        s->frames = (unsigned)conf_uint(frames);
    if (jitter)
        s->jitter = conf_duration(jitter);
}

static void read_isdn(struct isdn_span_config *s, const struct conf_node *n)
{
    const struct conf_token *dchannel = conf_labelled(n, "dchannel");

    /* the tree is freed before the span: what is known by name is kept by name */
    const struct isdn_variant *v = isdn_variant(conf_arg(n, 0)->text);

    s->variant = v ? v->name : "";
    if (v && s->rate == ISDN_BRI)
        s->mulaw = v->features & ISDN_F_MULAW_BRI;
    s->network = strcmp(conf_arg(n, 1)->text, "network") == 0;
    if (dchannel)
        s->dchannel = (unsigned)conf_uint(dchannel);
}

static uint32_t read_timeslots(const struct conf_node *n)
{
    uint32_t mask = 0;
    const struct conf_token *t;

    for (size_t i = 0; (t = conf_arg(n, i)) != NULL; i++) {
        struct rt_str rest = rt_str(t->text);
        while (rest.n > 0) {
            struct rt_str part = rt_str_cut(&rest, ','), low = rt_str_cut(&part, '-');
            uint64_t from = 0, to = 0;
            rt_str_u64(&from, low, 31);
            if (part.n == 0 || rt_str_u64(&to, part, 31) != 0)
                to = from;
            for (uint64_t k = from; k <= to; k++)
                mask |= 1u << k;
        }
    }
    return mask;
}

static void read_rate(struct isdn_span_config *s, const struct conf_node *span)
{
    const struct conf_node *n;

    for (enum isdn_rate r = ISDN_E1; r <= ISDN_BRI; r++) {
        if (!(n = conf_child(span, isdn_rate_name(r))))
            continue;
        s->rate = r;
        s->mulaw = r == ISDN_T1;
        s->timeslots = isdn_rate_timeslots(r);
        s->dchannel = isdn_rate_dchannel(r);
        s->multipoint = conf_has(n, "multipoint");
    }
}

/** `nfas 1 interface 1 [backup]`: calls are signalled over the D channel of that span. */
static void read_nfas(struct ex_rules *r, struct ex_span_rule *s, const struct conf_node *n,
                      struct conf_diag *diag)
{
    for (unsigned i = 0; i < r->nspans; i++)
        if (r->span[i].cfg.id == conf_uint(conf_arg(n, 0)) && r->span[i].lead < 0)
            s->lead = (int)i;
    s->cfg.interface = (unsigned)conf_uint(conf_labelled(n, "interface"));
    if (!conf_has(n, "backup"))
        s->cfg.dchannel = 0;
    if (s->lead < 0)
        conf_error(diag, conf_arg(n, 0)->pos,
                   "span %s is none before this one with a D channel of its own",
                   conf_arg(n, 0)->text);
}

static void read_statements(struct isdn_span_config *s, const struct conf_node *span,
                            struct conf_diag *diag)
{
    const struct conf_node *n;

    read_rate(s, span);
    if ((n = conf_child(span, "pseudowire")))
        read_pseudowire(s, n, diag);
    if ((n = conf_child(span, "dahdi")))
        ex_rules_dahdi(s, (unsigned)conf_uint(conf_arg(n, 0)),
                       conf_labelled(n, "block") ? (unsigned)conf_uint(conf_labelled(n, "block"))
                                                 : 0);
    if ((n = conf_child(span, "timeslots")))
        s->timeslots = read_timeslots(n);
    if ((n = conf_child(span, "isdn"))) {
        read_isdn(s, n);
        if (!*s->variant)
            conf_error(diag, n->pos, "unknown ISDN variant");
    }
    s->overlap = conf_child(span, "overlap") != NULL;
    read_timers(s, span);
}

static bool id_taken(const struct ex_rules *r, unsigned id)
{
    for (unsigned i = 0; i < r->nspans; i++)
        if (r->span[i].cfg.id == id)
            return true;
    return false;
}

void ex_rules_span(struct ex_rules *r, const struct conf_node *span, struct conf_diag *diag)
{
    const struct conf_node *n;

    if (r->nspans == EX_SPANS_MAX) {
        conf_error(diag, span->pos, "there are more than %d spans", EX_SPANS_MAX);
        return;
    }
    struct ex_span_rule *s = &r->span[r->nspans];
    ex_rules_default(s, r->nspans + 1);
    if (conf_arg(span, 0))
        s->cfg.id = (unsigned)conf_uint(conf_arg(span, 0));
    if (id_taken(r, s->cfg.id))
        conf_error(diag, span->pos, "there is a span %u already", s->cfg.id);
    read_statements(&s->cfg, span, diag);
    if ((n = conf_child(span, "nfas")))
        read_nfas(r, s, n, diag);
    if ((n = conf_child(span, "trace")))
        s->trace = rt_str_dup(rt_str(conf_arg(n, 0)->text));
    r->nspans++;
}

void ex_rules_dahdi(struct isdn_span_config *s, unsigned number, unsigned block)
{
    s->line = ISDN_DAHDI;
    s->dahdi = number;
    s->frames = block ? block : 80;
}

void ex_rules_default(struct ex_span_rule *out, unsigned id)
{
    *out = (struct ex_span_rule){.lead = -1,
                                 .cfg = {.id = id,
                                         .line = ISDN_PSEUDOWIRE,
                                         .frames = 8,
                                         .timeslots = isdn_rate_timeslots(ISDN_E1),
                                         .network = true,
                                         .variant = "euroisdn",
                                         .dchannel = 16}};
}
