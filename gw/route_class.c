/* What a caller may call: his class, the limits that hold for him, and calls that were diverted too
 * often. */
#include "gw/route_priv.h"

#include "gw/gw.h"
#include "gw/quota.h"
#include "gw/trunk_stats.h"

#include <stdio.h>

/** Counts a call that its trunk's callers may not make. */
static void reject(const struct gw_pass *p, enum gw_reject why)
{
    if (p->q->call && p->q->gw)
        gw_trunk_stats_reject(p->q->gw->stats, p->q->from->name, why);
}

/* ---- class ---- */

/** A denial's reason as the caller and the explanation get it. */
static bool deny(struct gw_pass *p, const struct gw_class *cls, const struct gw_permit *permit,
                 const char *what)
{
    gw_explain_step(p->explain, "class", &permit->pos, "%s: deny %s%s%s%s", cls->name, what,
                    permit->text, permit->reason ? ", " : "", permit->reason ? permit->reason : "");
    reject(p, GW_REJECT_CLASS);
    gw_pass_refuse(p, permit->cause, permit->reason);
    return true;
}

/** The number as far as it is dialled is denied; more digits may find an `allow`. */
static bool deny_called(struct gw_pass *p, const struct gw_class *cls, const struct dp_match *m)
{
    deny(p, cls, m->value, "");
    if (cls->allows)
        p->out->complete = m->complete;
    return true;
}

/** Nothing allows the number yet: it goes nowhere before it has more digits. */
static bool not_yet(struct gw_pass *p, const struct gw_class *cls)
{
    gw_explain_step(p->explain, "class", &cls->pos, "%s: allows nothing like it yet", cls->name);
    gw_pass_refuse(p, 28, NULL); /* invalid number format (address incomplete) */
    p->out->complete = DP_INCOMPLETE;
    return true;
}

static bool may_not(struct gw_pass *p, const struct gw_class *cls)
{
    gw_explain_step(p->explain, "class", &cls->pos, "%s: allows nothing like it", cls->name);
    reject(p, GW_REJECT_CLASS);
    gw_pass_refuse(p, 21, NULL); /* call rejected */
    return true;
}

/** What the class says of the number called. The most specific row counts, but who allows a country
 * does not mean its premium numbers, nor those of a list: only the whole number lifts that. */
static const struct gw_permit *permit_of(struct dp_match *m, const struct gw_pass *p,
                                         const struct gw_class *cls)
{
    const struct dp_site *site = p->q->from->site;
    const struct gw_permit *best, *other;
    struct dp_match next;

    dp_table_find(m, cls->called, &p->out->called, site);
    best = m->value;
    if (!best || best->deny || best->whole)
        return best;
    for (next = *m; next.value;) {
        struct dp_match after = next;
        dp_table_find_next(&next, cls->called, &p->out->called, site, &after);
        other = next.value;
        if (other && other->firm) {
            *m = next;
            return other;
        }
    }
    return best;
}

bool gw_pass_class(struct gw_pass *p)
{
    const struct gw_class *cls = p->out->cls;
    const struct dp_site *site = p->q->from->site;
    const struct gw_permit *permit;
    struct dp_match m;

    if (!cls) {
        gw_explain_step(p->explain, "class", NULL, "none");
        return false;
    }
    dp_table_find(&m, cls->caller, &p->out->calling, site);
    if (m.value)
        return deny(p, cls, m.value, "caller ");
    permit = permit_of(&m, p, cls);
    if (permit && permit->deny)
        return deny_called(p, cls, &m);
    if (cls->hops > 0 && p->q->redirections > cls->hops) {
        gw_explain_step(p->explain, "class", &cls->pos, "%s: diverted %u times, more than %u",
                        cls->name, p->q->redirections, cls->hops);
        reject(p, GW_REJECT_CLASS);
        gw_pass_refuse(p, 25, "diverted too often"); /* exchange routing error */
        return true;
    }
    if (!permit && cls->allows)
        return m.complete == DP_INCOMPLETE ? not_yet(p, cls) : may_not(p, cls);
    if (permit)
        gw_explain_step(p->explain, "class", &permit->pos, "%s: allow %s", cls->name, permit->text);
    else
        gw_explain_step(p->explain, "class", &cls->pos, "%s: nothing denies it", cls->name);
    return false;
}

bool gw_pass_denied(struct gw_pass *p)
{
    const struct gw_class *cls = p->out->cls;
    const struct gw_permit *permit;
    struct dp_match m;

    if (!cls)
        return false;
    permit = permit_of(&m, p, cls);
    return permit && permit->deny && deny_called(p, cls, &m);
}

/* ---- limits ---- */

/* A rate that will be lower soon, or calls that will be over: 42 switching equipment congestion;
 * what was used up, or is blocked, is refused for good: 21 call rejected */
unsigned gw_route_limit_cause(const struct gw_limit_verdict *v)
{
    bool soon = v->limit && v->blocked == 0 && v->limit->window == GW_WINDOW_NONE;
    return soon ? 42 : 21;
}

static bool over(struct gw_pass *p, const struct gw_limit_verdict *v)
{
    reject(p, gw_reject_of(v));
    gw_explain_line(p->explain, NULL, "refused: %s", v->text);
    gw_pass_refuse(p, gw_route_limit_cause(v), NULL);
    return true;
}

void gw_pass_refused(const struct gw_pass *p, const struct gw_quota_uses *uses,
                     const struct gw_limit_call *call, const struct gw_limit_clock *clock)
{
    struct gw_limit_token *token;

    if (p->q->call && gw_limits_take(uses->use, uses->n, call, clock, NULL, &token) == 0)
        gw_limits_release(token, 0, clock);
}

bool gw_pass_limits(struct gw_pass *p)
{
    struct gw_limit_call call = {.rate = 0};
    struct gw_limit_clock clock;
    struct gw_limit_verdict v;
    struct gw_quota_uses uses;

    gw_quota_caller(&uses, p->plan, p->q->from, &p->out->called);
    if (uses.n == 0) {
        gw_explain_step(p->explain, "limits", NULL, "none");
        return false;
    }
    gw_quota_clock(&clock, p->plan, p->q->when);
    if (p->explain) {
        struct rt_buf text = {0};
        gw_limits_explain(&text, uses.use, uses.n, &clock);
        gw_explain_step(p->explain, "limits", NULL, "%s", text.n > 0 ? text.p : "none");
        rt_buf_release(&text);
    }
    if (gw_limits_check(uses.use, uses.n, &call, &clock, &v))
        return false;
    gw_pass_refused(p, &uses, &call, &clock);
    return over(p, &v);
}
