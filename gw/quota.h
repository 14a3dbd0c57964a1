/* The limits of a plan and what has been used of them: which trunks, groups, classes and customers
 * a call counts for.
 *
 * A plan has the rules (struct gw_quota), gw/limits.h the counts, which outlive plans. Each plan is
 * tied to them once, before its first call.
 */
#ifndef GW_QUOTA_H
#define GW_QUOTA_H

#include "gw/limits.h"
#include "gw/plan.h"

/** Scopes of one side of a call, in the order they are asked. */
struct gw_quota_uses {
    struct gw_limit_use use[GW_LIMITS_USES_MAX];
    unsigned n;
};

/** Ties the quotas of a plan to their counts. ENOMEM. */
int gw_quota_tie(struct gw_plan *p, struct gw_limits *store);
/** Unties them; of a plan that is about to be freed. */
void gw_quota_untie(struct gw_plan *p);
/** What a call from `from` to `called` counts for there: its class, its customer, trunk and group.
 * None while the plan is not tied. */
void gw_quota_caller(struct gw_quota_uses *out, const struct gw_plan *p,
                     const struct gw_trunk *from, const struct dp_number *called);
/** What a call over `to` counts for: the trunk, and its group. */
void gw_quota_called(struct gw_quota_uses *out, const struct gw_plan *p, const struct gw_trunk *to,
                     const struct dp_number *called);
/** The windows of now, or of `wall` when that is not 0, in the zone of the plan's first site: one
 * zone for all, for a count has one window, whichever trunk's call looks at it. */
void gw_quota_clock(struct gw_limit_clock *out, const struct gw_plan *p, int64_t wall);

#endif
