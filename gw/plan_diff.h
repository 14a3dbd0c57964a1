/* What changed from one plan to another: its meaning, not its text. Order, comments, layout and
 * spelling make no difference; what a statement says does. One line for each change:
 *
 *     + routes from pbx: +44* -> voipco  office.conf:72
 *     - trunk pri: own +49309018281  office.conf:17
 *     ~ trunk pri: limit 28 calls -> 30 calls  office.conf:18
 *     ~ deck beta: 1204 rates up, 12 new, 3 removed, biggest change +44920 +18 %  carrier.conf:55
 *
 * plan_diff.c compares blocks, plan_diff_words.c says when two statements are the same,
 * plan_diff_routes.c compares rows of routes, plan_diff_tables.c what is in files.
 */
#ifndef GW_PLAN_DIFF_H
#define GW_PLAN_DIFF_H

#include "gw/plan.h"

/** Appends a line for each change; none: the plans mean the same. Places are those of `after`, of
 * `before` for what is gone. */
void gw_plan_diff(struct rt_buf *out, const struct gw_plan *before, const struct gw_plan *after);

#endif
