/* The routing pipeline, and its explanation: one function for both, so that what is explained is
 * what happens. */
#include "gw/route_priv.h"

#include "gw/rt/time.h"

#include <stdio.h>

struct rt_counter gw_route_counters[GW_ROUTE_NCOUNTERS] = {
    [GW_ROUTE_LOOKUPS] = {"route_lookups_total", "numbers looked up in routes, as far as dialled",
                          0},
    [GW_ROUTE_MISSES] = {"route_misses_total", "numbers that no row of the routes had", 0},
    [GW_ROUTE_LNP_PORTED] = {"lnp_ported_total", "numbers that a table of ported numbers has", 0},
    [GW_ROUTE_LNP_NOT_PORTED] = {"lnp_not_ported_total", "numbers that it does not have", 0},
    [GW_ROUTE_LNP_ERRORS] = {"lnp_errors_total", "numbers that no table could be asked for", 0},
};

void gw_pass_refuse(struct gw_pass *p, unsigned cause, const char *text)
{
    struct gw_decision *d = p->out;

    d->nhops = 0;
    d->rejects = true;
    d->refused = true;
    d->cause = cause;
    d->text = text;
    d->complete = DP_COMPLETE;
}

static void ingress(struct gw_pass *p)
{
    const struct gw_trunk *t = p->q->from;
    char host[RT_ADDR_LEN], block[RT_ADDR_LEN];

    if (!p->explain)
        return;
    for (unsigned i = 0; i < t->naccept; i++)
        if (p->q->source.sa.sa_family != AF_UNSPEC &&
            rt_cidr_contains(&t->accept[i], &p->q->source)) {
            gw_explain_step(p->explain, "ingress", &conf_child(t->node, "accept")->pos,
                            "trunk %s (%s matches accept %s/%u)", t->name,
                            rt_addr_host(host, &p->q->source),
                            rt_addr_host(block, &t->accept[i].addr), t->accept[i].bits);
            return;
        }
    gw_explain_step(p->explain, "ingress", &t->pos, "trunk %s%s%s", t->name,
                    t->customer ? ", customer " : "", t->customer ? t->customer->name : "");
}

static void explain_result(struct gw_pass *p)
{
    const struct gw_decision *d = p->out;

    if (d->nhops == 0 || d->rejects)
        gw_explain_step(p->explain, "reject", NULL, "cause %u %s%s%s", d->cause,
                        gw_cause_name(d->cause), d->text ? ": " : "", d->text ? d->text : "");
}

void gw_route(struct gw_decision *out, const struct gw_plan *plan, const struct gw_route_query *q,
              struct gw_explain *explain)
{
    static bool (*const screens[])(struct gw_pass *) = {gw_pass_emergency, gw_pass_class,
                                                        gw_pass_limits, gw_pass_key};
    struct gw_pass pass = {.out = out,
                           .plan = plan,
                           .q = q,
                           .explain = explain,
                           .when = q->when ? q->when : rt_wall() / RT_S};
    bool decided = false;

    memset(out, 0, sizeof *out);
    out->cause = 3; /* no route to destination */
    out->complete = DP_COMPLETE;
    out->cls = q->from->cls;
    ingress(&pass);
    gw_pass_normalise(&pass);
    for (size_t i = 0; !decided && i < RT_COUNT(screens); i++)
        decided = screens[i](&pass);
    if (!decided)
        gw_pass_table(&pass);
    gw_pass_await_emergency(&pass);
    gw_pass_egress(&pass);
    if (explain)
        explain_result(&pass);
    gw_explain_end(explain);
}

void gw_route_to(struct gw_decision *d, const struct gw_trunk *trunk)
{
    struct gw_route_query q = {.from = trunk};
    struct gw_pass p = {.out = d, .q = &q};

    d->nhops = 0;
    d->rejects = d->refused = false;
    d->route = NULL;
    d->choice = NULL;
    d->nby = 0;
    d->text = NULL;
    d->cause = 3; /* no route to destination */
    d->complete = DP_COMPLETE;
    gw_pass_hop(&p, trunk, NULL, trunk->name);
    gw_pass_egress(&p);
}

unsigned gw_route_bearer(enum gw_bearer *out, const struct gw_route_query *q,
                         const struct gw_trunk *to)
{
    *out = q->bearer;
    if (q->bearer == GW_BEARER_DATA64 && to->kind == GW_TRUNK_MGCP && gw_mgcp_has_lines(to->mgcp))
        return 65; /* bearer not implemented: a telephone line carries sound */
    if (q->bearer == GW_BEARER_DATA64 || q->from->kind != GW_TRUNK_SIP || to->kind != GW_TRUNK_SPAN)
        return 0;
    *out = to->bearer;
    return to->bearer == GW_BEARER_DATA64 && !q->either ? 65 : 0; /* bearer not implemented */
}

/* ---- the next hop ---- */

static bool has_status(const struct gw_outcomes *o, const struct gw_cause *c)
{
    return c->sip_status >= 300 && c->sip_status < 700 &&
           (o->sip[(c->sip_status - 300) / 64] >> (c->sip_status - 300) % 64 & 1);
}

static bool has_cause(const struct gw_outcomes *o, const struct gw_cause *c)
{
    return o->q850[c->q850 / 64 & 1] >> c->q850 % 64 & 1;
}

static bool among(const struct gw_outcomes *o, const struct gw_cause *c, bool silent)
{
    return (silent && o->on_timeout) || has_status(o, c) || has_cause(o, c);
}

/** Another member of the group may take what this one could not. */
static bool cranks(const struct gw_group *g, const struct gw_cause *c, bool silent)
{
    return g->cranks ? among(&g->crankback, c, silent)
                     : c->q850 == 34 || c->q850 == 42 || c->q850 == 44 || c->q850 == 47;
}

/** What says more decides first: silence before the cause that stands for it, a status before the
 * cause it became. */
static bool advances(const struct gw_hop *hop, const struct gw_cause *c, bool silent)
{
    static const struct gw_outcomes none;
    const struct gw_outcomes *stop = hop->lcr ? &hop->lcr->stop : &none;
    const struct gw_outcomes *advance = hop->lcr ? &hop->lcr->advance : &none;

    if (silent && (stop->on_timeout || advance->on_timeout))
        return !stop->on_timeout;
    if (has_status(stop, c) || has_status(advance, c))
        return !has_status(stop, c);
    if (has_cause(stop, c) || has_cause(advance, c))
        return !has_cause(stop, c);
    return gw_cause_advances(c);
}

/** Only the cause's own row says so, and knows no more than to try once. */
static bool guesses(const struct gw_hop *hop, const struct gw_cause *c, bool silent)
{
    const struct gw_lcr *l = hop->lcr;

    return gw_cause_advances_once(c) &&
           !(l && (among(&l->stop, c, silent) || among(&l->advance, c, silent)));
}

void gw_route_left(struct gw_decision *d, unsigned failed, const struct gw_cause *cause,
                   bool silent)
{
    d->guessed |= guesses(&d->hop[failed], cause, silent);
}

/** Another member of the group, found by the same target. */
static bool same_hunt(const struct gw_hop *a, const struct gw_hop *b)
{
    return a->group && a->group == b->group && a->target == b->target && a->offer == b->offer;
}

unsigned gw_route_next(const struct gw_decision *d, unsigned failed, const struct gw_cause *cause,
                       bool silent)
{
    const struct gw_hop *hop = &d->hop[failed];
    unsigned next = failed + 1;

    if (hop->emergency)
        return next;
    if (hop->group && cranks(hop->group, cause, silent)) {
        if (next < d->nhops && same_hunt(hop, &d->hop[next]))
            return next;
    } else {
        while (next < d->nhops && same_hunt(hop, &d->hop[next]))
            next++;
    }
    if (d->guessed && guesses(hop, cause, silent))
        return GW_NO_HOP;
    return advances(hop, cause, silent) ? next : GW_NO_HOP;
}
