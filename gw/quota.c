/* Which limits a call counts for; quota.h has the words. */
#include "gw/quota.h"

#include "dialplan/zone.h"
#include "gw/rt/time.h"

#include <errno.h>
#include <stdlib.h>

/* ---- a plan and its counts ---- */

static int tie(struct gw_plan *p, struct gw_limits *store, enum gw_scope_kind kind,
               const char *name, const struct gw_quota *q)
{
    return q->n > 0 ? gw_limits_scope(&p->scopes[q->index], store, kind, name, q->rule, q->n) : 0;
}

int gw_quota_tie(struct gw_plan *p, struct gw_limits *store)
{
    const struct gw_dial_plan *d = &p->dial;
    int err = 0;

    p->scopes = calloc(d->nquotas + 1, sizeof(struct gw_limit_scope *));
    if (!p->scopes)
        return ENOMEM;
    for (unsigned i = 0; err == 0 && i < d->nclasses; i++)
        err = tie(p, store, GW_SCOPE_CLASS, d->classes[i].name, &d->classes[i].quota);
    for (unsigned i = 0; err == 0 && i < d->ngroups; i++)
        err = tie(p, store, GW_SCOPE_GROUP, d->groups[i].name, &d->groups[i].quota);
    for (unsigned i = 0; err == 0 && i < d->ncustomers; i++)
        err = tie(p, store, GW_SCOPE_CUSTOMER, d->customers[i].name, &d->customers[i].quota);
    for (unsigned i = 0; err == 0 && i < p->ntrunks; i++)
        err = tie(p, store, GW_SCOPE_TRUNK, p->trunks[i].name, &p->trunks[i].quota);
    return err;
}

void gw_quota_untie(struct gw_plan *p)
{
    for (unsigned i = 0; p->scopes && i < p->dial.nquotas; i++)
        gw_limits_scope_drop(p->scopes[i]);
    free(p->scopes);
    p->scopes = NULL;
}

/* ---- a call ---- */

/** Bits of the rules whose set has the number; all without a set. */
static uint32_t having(struct dp_pattern *const *set, unsigned n, const struct dp_number *number,
                       const struct dp_site *site)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < n; i++)
        if (!set[i] || dp_pattern_match(set[i], number, site))
            bits |= 1u << i;
    return bits;
}

static void add(struct gw_quota_uses *out, const struct gw_plan *p, const struct gw_quota *q,
                const struct dp_number *called, const struct dp_site *site)
{
    /* trunks that the plan does not write down have no index of their own */
    const struct gw_limit_scope *scope = p->scopes && q->n > 0 ? p->scopes[q->index] : NULL;

    if (!scope || out->n == GW_LIMITS_USES_MAX)
        return;
    out->use[out->n++] = (struct gw_limit_use){scope, having(q->counts, q->n, called, site),
                                               having(q->blocks, q->n, called, site)};
}

void gw_quota_caller(struct gw_quota_uses *out, const struct gw_plan *p,
                     const struct gw_trunk *from, const struct dp_number *called)
{
    out->n = 0;
    if (from->cls)
        add(out, p, &from->cls->quota, called, from->site);
    if (from->customer)
        add(out, p, &from->customer->quota, called, from->site);
    add(out, p, &from->quota, called, from->site);
    if (from->group)
        add(out, p, &from->group->quota, called, from->site);
}

void gw_quota_called(struct gw_quota_uses *out, const struct gw_plan *p, const struct gw_trunk *to,
                     const struct dp_number *called)
{
    out->n = 0;
    add(out, p, &to->quota, called, to->site);
    if (to->group)
        add(out, p, &to->group->quota, called, to->site);
}

/* ---- windows ---- */

/** The first day of the month that has a day, counted since 1970-01-01 (proleptic Gregorian, after
 * Howard Hinnant's "chrono-compatible low-level date algorithms"). */
static int64_t month_begin(int64_t days)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

    return days - (doy - (153 * mp + 2) / 5);
}

/** Seconds until that day begins there. One that has begun already, before clocks went back over
 * midnight, begins once more. */
static int64_t until(const struct dp_zone *zone, int64_t day, int64_t wall)
{
    int64_t begins = dp_zone_utc(zone, day * 86400);

    return begins > wall ? begins - wall : day * 86400 - dp_zone_offset(zone, wall) - wall;
}

void gw_quota_clock(struct gw_limit_clock *out, const struct gw_plan *p, int64_t wall)
{
    const struct dp_zone *zone = p->nsites > 0 && p->zones ? p->zones[0] : NULL;
    rt_time present = rt_wall(), at = wall ? wall * RT_S : present;

    out->wall = at / RT_S;
    out->now = rt_now() + (at > present ? at - present : 0);
    int64_t local = out->wall + dp_zone_offset(zone, out->wall), day = local / 86400;
    int64_t month = month_begin(day), next = month_begin(month + 31);
    const int64_t into[GW_WINDOWS] = {local % 3600, local % 86400, local - month * 86400};
    const int64_t left[GW_WINDOWS] = {3600 - local % 3600, until(zone, day + 1, out->wall),
                                      until(zone, next, out->wall)};
    for (unsigned i = 0; i < GW_WINDOWS; i++) {
        out->window[i].into = into[i] * RT_S + at % RT_S;
        out->window[i].left = left[i] * RT_S - at % RT_S;
    }
}
