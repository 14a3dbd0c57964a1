/* Targets become hops: trunks as they are, groups by their hunting, customers, carriers by price,
 * ENUM when its turn comes. What cannot take the call now is passed over. */
#include "gw/emergency.h"
#include "gw/enum.h"
#include "gw/gw.h"
#include "gw/mgcp_status.h"
#include "gw/quota.h"
#include "gw/route_priv.h"
#include "gw/rt/random.h"
#include "gw/span_status.h"
#include "gw/trunk_stats.h"
#include "gw/upkeep.h"

#include <stdio.h>

/** Members of a group that are tried. */
#define GROUP_TRIES 4

/* ---- what is up, and how full it is ---- */

static unsigned free_channels(const struct gw *gw, const struct gw_trunk *t)
{
    for (unsigned i = 0; i < gw->nspans; i++)
        if (gw->spans[i].isdn && gw->plan->spans[i].id == t->span->id)
            return gw_span_free(gw->spans[i].isdn, t->channels);
    return 0;
}

/** Channels or endpoints that the trunk has; 0: a call of it needs none. */
static unsigned size_of(const struct gw_trunk *t)
{
    return t->kind == GW_TRUNK_SPAN   ? (unsigned)__builtin_popcount(t->channels)
           : t->kind == GW_TRUNK_MGCP ? t->mgcp->nendpoints
                                      : 0;
}

/** Endpoints of which any can take the call. A line is chosen by the number that is called: whether
 * it is free is said by itself. */
static bool has_pool(const struct gw_trunk *t)
{
    return t->kind == GW_TRUNK_SPAN || (t->kind == GW_TRUNK_MGCP && !gw_mgcp_has_lines(t->mgcp));
}

unsigned gw_pass_load(const struct gw_pass *p, const struct gw_trunk *t, unsigned *most)
{
    const struct gw_route_world *w = p->q->world;
    unsigned free;

    *most = size_of(t);
    bool sized = *most > 0;
    for (unsigned i = 0; !sized && i < t->quota.n; i++)
        if (t->quota.rule[i].kind == GW_LIMIT_CALLS && t->quota.rule[i].window == GW_WINDOW_NONE &&
            !t->quota.rule[i].set && (*most == 0 || t->quota.rule[i].value < *most))
            *most = (unsigned)t->quota.rule[i].value;
    for (unsigned i = 0; w && i < w->nbusy; i++)
        if (w->busy[i] == t)
            return *most;
    if (w || !p->q->gw)
        return 0;
    if (!sized && t->quota.n > 0 && t->plan->scopes)
        return gw_limits_scope_calls(t->plan->scopes[t->quota.index]); /* counted already */
    if (!sized)
        return gw_trunk_calls(p->q->gw, t);
    free = t->kind == GW_TRUNK_SPAN ? free_channels(p->q->gw, t) : gw_mgcp_free(p->q->gw, t);
    return *most > free ? *most - free : 0;
}

unsigned gw_pass_group_load(const struct gw_pass *p, const struct gw_group *g, unsigned *most)
{
    unsigned calls = 0, all = 0, one;
    bool unlimited = false;

    for (unsigned i = 0; i < g->ntrunks; i++) {
        calls += gw_pass_load(p, g->trunk[i], &one);
        all += one;
        unlimited |= one == 0;
    }
    *most = unlimited ? 0 : all;
    for (unsigned i = 0; i < g->quota.n; i++) {
        const struct gw_limit *l = &g->quota.rule[i];
        if (l->kind == GW_LIMIT_CALLS && l->window == GW_WINDOW_NONE && !l->set &&
            (*most == 0 || l->value < *most))
            *most = (unsigned)l->value;
    }
    return calls;
}

static bool in(const struct gw_trunk *const *list, unsigned n, const struct gw_trunk *t)
{
    for (unsigned i = 0; i < n; i++)
        if (list[i] == t)
            return true;
    return false;
}

/** Channels of the trunk's group, or its own, that this call may not have. An emergency call may
 * have all. */
static unsigned reserved(const struct gw_pass *p, const struct gw_reserve *r)
{
    bool mine = p->out->emergency || (p->q->priority && (r->who & GW_FOR_PRIORITY));
    return mine ? 0 : r->channels;
}

static bool kept(const struct gw_pass *p, const struct gw_trunk *t)
{
    unsigned own = reserved(p, &t->reserve),
             common = t->group ? reserved(p, &t->group->reserve) : 0;
    unsigned most;

    if (own > 0 && gw_pass_load(p, t, &most) + own >= most && most > 0)
        return true;
    return common > 0 && gw_pass_group_load(p, t->group, &most) + common >= most && most > 0;
}

static const char *reject(const struct gw_pass *p, const struct gw_trunk *t, enum gw_reject why,
                          const char *text)
{
    if (p->q->call && p->q->gw)
        gw_trunk_stats_reject(p->q->gw->stats, t->name, why);
    return text;
}

/** The limits of the trunk and its group. */
static const char *over_limit(struct gw_pass *p, const struct gw_trunk *t)
{
    static char text[160]; /* signalling thread, or a tool's only one */
    struct gw_limit_call call = {.emergency = p->out->emergency};
    struct gw_limit_clock clock;
    struct gw_limit_verdict v;
    struct gw_quota_uses uses;

    gw_quota_called(&uses, p->plan, t, &p->out->called);
    if (uses.n == 0)
        return NULL;
    gw_quota_clock(&clock, p->plan, p->q->when);
    if (gw_limits_check(uses.use, uses.n, &call, &clock, &v))
        return NULL;
    gw_pass_refused(p, &uses, &call, &clock);
    rt_str_copy(text, sizeof text, rt_str(v.text));
    return reject(p, t, gw_reject_of(&v), text);
}

const char *gw_pass_unavailable(struct gw_pass *p, const struct gw_trunk *t, bool *full)
{
    const struct gw_route_world *w = p->q->world;
    const char *why = p->q->gw && !w ? gw_trunk_barred(p->q->gw, t) : NULL;
    unsigned most;

    *full = false;
    if (w && in(w->down, w->ndown, t))
        return "down";
    if (why)
        return reject(p, t, GW_REJECT_DOWN, why);
    if (has_pool(t) && gw_pass_load(p, t, &most) >= most && most > 0) {
        *full = true;
        return reject(p, t, GW_REJECT_NO_CHANNEL, "no channel is free");
    }
    if (w && in(w->busy, w->nbusy, t)) {
        *full = true;
        return "busy";
    }
    if (kept(p, t))
        return reject(p, t, GW_REJECT_RESERVED, "the channels left are reserved");
    return over_limit(p, t);
}

void gw_pass_health(struct rt_buf *out, const struct gw_pass *p, const struct gw_trunk *t)
{
    unsigned most, calls = gw_pass_load(p, t, &most);

    if (!p->q->gw && !p->q->world) {
        rt_buf_puts(out, "not asked: no gateway runs here");
        return;
    }
    if (t->kind == GW_TRUNK_SPAN)
        rt_buf_printf(out, "up, %u/%u channels busy", calls, most);
    else if (t->kind == GW_TRUNK_MGCP)
        rt_buf_printf(out, "up, %u/%u %s busy", calls, most,
                      gw_mgcp_has_lines(t->mgcp) ? "lines" : "channels");
    else if (most > 0)
        rt_buf_printf(out, "up, %u/%u calls", calls, most);
    else
        rt_buf_printf(out, "up, %u call%s", calls, calls == 1 ? "" : "s");
}

/* ---- hops ---- */

struct gw_hop *gw_pass_hop(struct gw_pass *p, const struct gw_trunk *trunk,
                           const struct gw_group *group, const char *target)
{
    struct gw_decision *d = p->out;

    if (d->nhops == GW_HOPS)
        return NULL;
    struct gw_hop *hop = &d->hop[d->nhops++];
    *hop = (struct gw_hop){.trunk = trunk,
                           .group = group,
                           .called = d->called,
                           .calling = d->calling,
                           .target = target};
    return hop;
}

static void explain_way(struct gw_pass *p, const struct gw_trunk *t, const char *why)
{
    struct rt_buf health = {0};

    if (!p->explain)
        return;
    if (!why)
        gw_pass_health(&health, p, t);
    unsigned n = p->out->nhops;
    gw_explain_line(p->explain, NULL, "%u %-6s %s%s", n, t->name, why ? why : health.p,
                    n == 1 && !why ? "          <- taken" : "");
    rt_buf_release(&health);
}

static unsigned add_trunk(struct gw_pass *p, const struct gw_trunk *t, const struct gw_group *g,
                          const char *target)
{
    bool full;
    const char *why = gw_pass_unavailable(p, t, &full);

    if (why) {
        gw_explain_line(p->explain, NULL, "- %-6s skipped: %s", t->name, why);
        if (p->out->complete != DP_INCOMPLETE)
            p->out->cause = 34; /* no circuit/channel available */
        if (p->q->call)
            rt_count(&gw_upkeep_counters[GW_UPKEEP_SKIPPED]);
        return 0;
    }
    if (!gw_pass_hop(p, t, g, target))
        return 0;
    explain_way(p, t, NULL);
    return 1;
}

/** Whose turn it is; an explanation takes none. A call that began under another plan finds its
 * group by name. */
static unsigned turn(const struct gw_pass *p, const struct gw_group *g)
{
    const struct gw *gw = p->q->gw;
    const struct gw_group *now = p->plan == gw->plan ? g : gw_plan_group(gw->plan, rt_str(g->name));

    if (!gw->turns || !now || g->ntrunks == 0)
        return 0;
    unsigned *turn = &gw->turns[now->index];
    return (p->q->call ? (*turn)++ : *turn) % g->ntrunks;
}

/** Members of a group in the order of hunting; indexes into its list. */
static void hunt(struct gw_pass *p, const struct gw_group *g, unsigned order[GW_GROUP_TRUNKS])
{
    unsigned start = 0;
    bool test = p->q->world || !p->q->gw;

    if (g->hunt == GW_HUNT_ROUND_ROBIN && !test)
        start = turn(p, g);
    if (g->hunt == GW_HUNT_RANDOM && !test)
        start = rt_random_below(g->ntrunks ? g->ntrunks : 1);
    for (unsigned i = 0; i < g->ntrunks; i++)
        order[i] = (start + i) % g->ntrunks;
    if (g->hunt != GW_HUNT_LEAST_BUSY)
        return;
    unsigned load[GW_GROUP_TRUNKS], most;
    for (unsigned i = 0; i < g->ntrunks; i++) {
        unsigned calls = gw_pass_load(p, g->trunk[i], &most);
        load[i] = most > 0 ? calls * 1000 / most : calls;
    }
    for (unsigned i = 1; i < g->ntrunks; i++) /* stable, and groups are small */
        for (unsigned k = i; k > 0 && load[order[k]] < load[order[k - 1]]; k--) {
            unsigned swap = order[k];
            order[k] = order[k - 1];
            order[k - 1] = swap;
        }
}

unsigned gw_pass_way(struct gw_pass *p, const struct gw_way *way, const char *target)
{
    unsigned order[GW_GROUP_TRUNKS], added = 0;

    if (way->trunk)
        return add_trunk(p, way->trunk, NULL, target);
    hunt(p, way->group, order);
    for (unsigned i = 0; i < way->group->ntrunks && added < GROUP_TRIES; i++)
        added += add_trunk(p, way->group->trunk[order[i]], way->group, target);
    return added;
}

/* ---- targets ---- */

static void to_way(struct gw_pass *p, const struct gw_target *t)
{
    struct gw_way way = {t->trunk, t->group};
    gw_pass_way(p, &way, t->name);
}

static void to_customer(struct gw_pass *p, const struct gw_target *t)
{
    for (unsigned i = 0; i < t->customer->ntrunks; i++)
        add_trunk(p, t->customer->trunk[i], NULL, t->name);
}

/** What is remembered of the number. */
static const char *known(const struct gw_pass *p, const struct gw_enum_plan *plan)
{
    struct gw_enum_config cfg = gw_enum_config(plan);
    struct gw_enum_answer a;

    if (!p->q->gw || !p->q->gw->enums || !gw_enum_peek(&a, p->q->gw->enums, &cfg, &p->out->called))
        return "asked when it is called";
    return gw_enum_result_text(a.result);
}

/** ENUM is asked when it is this hop's turn; explained from what is remembered. */
static void to_enum(struct gw_pass *p, const struct gw_target *t)
{
    struct gw_hop *hop;
    const char *why;
    bool full;

    if (!p->out->called.e164) {
        gw_explain_line(p->explain, NULL, "- %s: not an E.164 number", t->name);
        return;
    }
    if (p->q->world && !p->q->gw) {
        gw_explain_line(p->explain, NULL, "- %s: not asked in a test", t->name);
        return;
    }
    if ((why = gw_pass_unavailable(p, t->resolve->via, &full)) != NULL) {
        gw_explain_line(p->explain, NULL, "- %-6s skipped: %s: %s", t->name, t->resolve->via->name,
                        why);
        return;
    }
    if (!(hop = gw_pass_hop(p, t->resolve->via, NULL, t->name)))
        return;
    hop->ask = t->resolve;
    if (p->explain)
        gw_explain_line(p->explain, NULL, "%u %-6s %s", p->out->nhops, t->name,
                        known(p, t->resolve));
}

/** Back to the telephone that called the emergency service. */
static void to_callback(struct gw_pass *p, const struct gw_target *t)
{
    struct gw_decision *d = p->out;
    struct gw_emergency_caller who;
    char text[DP_TEXT_LEN];

    if (!p->q->gw || !gw_emergency_callback(p->q->gw, p->plan, &d->called, &who)) {
        gw_explain_line(p->explain, &t->pos, "nobody called the emergency service from %s",
                        dp_text(text, &d->called));
        d->cause = 1; /* unallocated number */
        return;
    }
    struct gw_hop *hop = gw_pass_hop(p, who.trunk, NULL, t->name);
    if (!hop)
        return;
    d->callback = true;
    hop->called = who.caller;
    hop->emergency = true;
    gw_explain_line(p->explain, &t->pos, "%s called the emergency service from here",
                    dp_text(text, &who.caller));
}

static void to_reject(struct gw_pass *p, const struct gw_target *t)
{
    struct gw_decision *d = p->out;

    d->rejects = true;
    if (d->complete != DP_INCOMPLETE)
        d->cause = t->cause;
    d->text = t->text;
}

static void (*const kinds[])(struct gw_pass *, const struct gw_target *) = {
    [GW_TO_TRUNK] = to_way,         [GW_TO_GROUP] = to_way, [GW_TO_LCR] = gw_pass_lcr,
    [GW_TO_CUSTOMER] = to_customer, [GW_TO_ENUM] = to_enum, [GW_TO_CALLBACK] = to_callback,
    [GW_TO_REJECT] = to_reject,
};

/** Another number for this target alone. */
static void call_instead(struct gw_pass *p, unsigned from, const char *text)
{
    for (unsigned i = from; i < p->out->nhops; i++) {
        struct dp_number n;
        if (dp_number_parse(&n, rt_str(text)) != 0)
            continue;
        dp_normalise_called(&n, p->out->hop[i].trunk->site);
        p->out->hop[i].called = n;
    }
}

/** The order to try targets in: as written, or by their shares (RFC 2782: a target's chance to be
 * the next one is its share of what is left; here exactly, as none has a weight of 0 that would
 * have to be given a chance). What has no share is last. In a test the greatest share is first. */
static void order_of(const struct gw_pass *p, const struct gw_choice *c, unsigned order[GW_TARGETS])
{
    for (unsigned i = 0; i < c->ntargets; i++)
        order[i] = i;
    for (unsigned i = 0; c->weighted && i < c->ntargets; i++) {
        unsigned sum = 0, pick = i;
        for (unsigned k = i; k < c->ntargets; k++)
            sum += c->target[order[k]].weight;
        if (p->q->world) {
            for (unsigned k = i; k < c->ntargets; k++)
                if (c->target[order[k]].weight > c->target[order[pick]].weight)
                    pick = k;
        } else {
            unsigned at = rt_random_below(sum ? sum : 1), seen = 0;
            for (pick = i; pick + 1 < c->ntargets; pick++)
                if ((seen += c->target[order[pick]].weight) > at)
                    break;
        }
        unsigned chosen = order[pick];
        memmove(&order[i + 1], &order[i], (pick - i) * sizeof *order);
        order[i] = chosen;
    }
}

void gw_pass_targets(struct gw_pass *p, const struct gw_choice *choice)
{
    unsigned order[GW_TARGETS];

    if (choice->nconditions > 0)
        gw_explain_line(p->explain, &choice->pos, "%s", choice->text);
    gw_explain_later(p->explain, "targets", NULL);
    order_of(p, choice, order);
    for (unsigned i = 0; i < choice->ntargets; i++) {
        const struct gw_target *t = &choice->target[order[i]];
        unsigned before = p->out->nhops;
        kinds[t->kind](p, t);
        if (t->called)
            call_instead(p, before, t->called);
        if (t->kind == GW_TO_REJECT)
            return; /* a share of the calls may be refused before the others are tried */
    }
}
