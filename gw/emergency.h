/* Who called the emergency service, and from which location: so that the service reaches the
 * telephone that called it, and not the building.
 */
#ifndef GW_EMERGENCY_H
#define GW_EMERGENCY_H

#include "gw/plan.h"

struct gw;

/** A telephone that called the emergency service. */
struct gw_emergency_caller {
    const struct gw_trunk *trunk; /**< of the present plan */
    struct dp_number caller;      /**< as its trunk knows it */
};

/** How many RTP port pairs ordinary calls leave to those to the emergency service: one in sixteen,
 * 2 to 8, and no more than half of them; 0 where the plan has no emergency numbers. */
unsigned gw_emergency_ports(const struct gw_plan *plan);
/** Remembers a call: `shown` is the number that the service saw. */
void gw_emergency_remember(struct gw *gw, const struct dp_number *shown,
                           const struct gw_trunk *trunk, const struct dp_number *caller);
/** The telephone that last called as `shown` within the plan's `callback`, by a trunk that the plan
 * still has. False: none. */
bool gw_emergency_callback(const struct gw *gw, const struct gw_plan *plan,
                           const struct dp_number *shown, struct gw_emergency_caller *out);
/** One that is remembered; `trunk` is its name, the plan may have it no more. */
struct gw_emergency_known {
    const struct dp_number *shown, *caller;
    const char *trunk;
    rt_time ago, left; /**< since the call; as long as a call back still finds the telephone */
};
/** Everyone who is remembered within the plan's `callback`, the last one first. Borrowed for the
 * callback. */
void gw_emergency_each(const struct gw *gw,
                       void (*fn)(void *arg, const struct gw_emergency_known *k), void *arg);
/** Forgets all; the gateway stops. */
void gw_emergency_forget(struct gw *gw);

#endif
