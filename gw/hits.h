/* How often each row of the plan's routes had a part in a call's way, and when it last did: which
 * rows are dead, and which one a change would touch.
 *
 * Counts are kept by the names of the routes and the pattern's text, beside the plan and not in it,
 * so that they go on over a new plan. Explanations and tests of the plan do not count.
 */
#ifndef GW_HITS_H
#define GW_HITS_H

#include "gw/route.h"

struct gw;
struct gw_hits;

struct gw_hit {
    uint64_t calls;
    rt_time last; /**< wall clock; 0: never */
};

/** A call goes the way that was decided, or is rejected by it. Short of memory, nothing is counted.
 */
void gw_hits_note(struct gw *gw, const struct gw_decision *d);
/** What was counted for a row, of whatever plan. */
struct gw_hit gw_hits_of(const struct gw *gw, const struct gw_route *r);
/** NULL is allowed. */
void gw_hits_free(struct gw_hits *h);

#endif
