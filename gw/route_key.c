/* What a call is routed on: the number called, or where it is reached now (RFC 4694 5). */
#include "dialplan/ported.h"
#include "gw/leg.h"
#include "gw/route_priv.h"

#include <errno.h>

/* ---- what the call says ---- */

static bool trusted(const struct gw_pass *p, const struct gw_lnp *l)
{
    if (!l)
        return !p->q->from->identity.untrusted;
    if (l->trust_customers && p->q->from->customer)
        return true;
    for (unsigned i = 0; i < l->ntrust; i++)
        if (l->trust[i] == p->q->from)
            return true;
    return !l->trust_customers && l->ntrust == 0 && !p->q->from->identity.untrusted;
}

static void said(struct dp_carrier_out *out, const struct gw_carrier *c)
{
    *out = (struct dp_carrier_out){.set = false};
    if (!c)
        return;
    out->set = c->npdi || c->rn[0] || c->cic[0];
    out->npdi = c->npdi;
    rt_str_copy(out->rn, sizeof out->rn, rt_str(c->rn));
    rt_str_copy(out->rn_context, sizeof out->rn_context, rt_str(c->rn_context));
    rt_str_copy(out->cic, sizeof out->cic, rt_str(c->cic));
    rt_str_copy(out->cic_context, sizeof out->cic_context, rt_str(c->cic_context));
}

/* ---- look-up ---- */

/** The `lnp` that looks such numbers up. */
static const struct gw_lnp *responsible(const struct gw_pass *p)
{
    const struct gw_dial_plan *d = &p->plan->dial;
    struct dp_match m;

    for (unsigned i = 0; i < d->nlnps; i++) {
        if (!d->lnps[i].numbers)
            return &d->lnps[i];
        dp_table_find(&m, d->lnps[i].numbers, &p->out->called, p->q->from->site);
        if (m.value)
            return &d->lnps[i];
    }
    return NULL;
}

/** 0 and the routing number, ENOENT: not ported, EIO: no table. */
static int look_up(const struct gw_pass *p, const struct gw_lnp *l, const char **routing)
{
    const struct gw_route_world *w = p->q->world;

    for (unsigned i = 0; w && i < w->nported; i++)
        if (dp_number_equal(&w->ported[i].number, &p->out->called)) {
            *routing = w->ported[i].routing;
            return 0;
        }
    if (!l->table)
        return w && w->nported > 0 ? ENOENT : EIO;
    return dp_ported_find(l->table, &p->out->called, routing);
}

static void set_key(struct gw_pass *p, const char *text)
{
    struct dp_number n;

    if (dp_number_parse(&n, rt_str(text)) == 0)
        p->out->key = n;
}

static struct dp_carrier_own own_codes(const struct gw_pass *p)
{
    const struct gw_network *w = &p->plan->dial.network;
    return (struct dp_carrier_own){w->cic, w->node, w->lrn};
}

/** A number ported to `routing` is routed on that; one ported to us, on itself. */
static void ported(struct gw_pass *p, const struct gw_lnp *l, const char *routing)
{
    struct dp_carrier_own own = own_codes(p);
    struct dp_carrier_out found = {.set = true};
    struct dp_key_rule rule;

    rt_str_copy(found.rn, sizeof found.rn, rt_str(routing));
    dp_key_decide(&rule, &found, &own, true);
    dp_key_dipped(&p->out->carrier, rule.drop_rn ? NULL : routing);
    p->out->own_rn = rule.foreign_rn_off;
    if (rule.key == DP_KEY_RN)
        set_key(p, routing);
    gw_explain_step(p->explain, "lnp", &l->pos, "%s: ported, routed on %s%s%s", l->name,
                    rule.key == DP_KEY_RN ? routing : rule.why, rule.key == DP_KEY_RN ? "" : " ",
                    rule.key == DP_KEY_RN ? "" : routing);
}

/** The table was asked: what it says, for the route and for the next carrier. */
static bool dip(struct gw_pass *p, const struct gw_lnp *l)
{
    struct gw_decision *d = p->out;
    const char *routing = NULL;
    int err = look_up(p, l, &routing);

    if (err == 0 || err == ENOENT)
        rt_count(&gw_route_counters[err == 0 ? GW_ROUTE_LNP_PORTED : GW_ROUTE_LNP_NOT_PORTED]);
    if (err == 0) {
        ported(p, l, routing);
        d->dipped = true;
        return false;
    }
    if (err == ENOENT) {
        d->dipped = true;
        if (l->mark_npdi)
            dp_key_dipped(&d->carrier, NULL);
        d->own_rn = d->own_rn && d->carrier.rn[0];
        gw_explain_step(p->explain, "lnp", &l->pos, "%s: not ported", l->name);
        return false;
    }
    rt_count(&gw_route_counters[GW_ROUTE_LNP_ERRORS]);
    gw_explain_step(p->explain, "lnp", &l->pos, "%s: %s cannot be read", l->name, l->path);
    if (l->on_error_reject)
        gw_pass_refuse(p, 41, NULL); /* temporary failure */
    return l->on_error_reject;
}

bool gw_pass_key(struct gw_pass *p)
{
    struct dp_carrier_own own = own_codes(p);
    const struct gw_lnp *l = p->out->called.e164 ? responsible(p) : NULL;
    struct gw_decision *d = p->out;
    struct dp_carrier_out in;
    struct dp_key_rule rule;

    d->carrier = (struct dp_carrier_out){.set = false};
    d->own_rn = d->own_cic = d->dipped = false;
    said(&in, p->replaced ? NULL : p->q->carrier);
    if (!in.set && !l)
        return false;
    dp_key_decide(&rule, &in, &own, trusted(p, l));
    dp_key_pass(&d->carrier, &in, &rule, false);
    d->own_rn = rule.foreign_rn_off;
    d->own_cic = rule.foreign_cic_off;
    if (in.set)
        gw_explain_step(p->explain, "carrier", NULL, "%s", rule.why);
    if (rule.key == DP_KEY_RN)
        set_key(p, in.rn);
    if (!l || (!rule.may_dip && l->skip_npdi) || rule.key != DP_KEY_NUMBER)
        return false;
    return dip(p, l);
}
