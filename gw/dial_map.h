/* The digit map of a line's trunk, made of the plan: what people there may dial, so that a gateway
 * knows by itself when the digits are enough (RFC 3435 2.1.5).
 */
#ifndef GW_DIAL_MAP_H
#define GW_DIAL_MAP_H

#include "gw/plan.h"
#include "gw/rt/buf.h"

/** Octets that a map has at most: gateways need not take more than 2048. */
#define GW_DIAL_MAP_MAX 2000

/** Appends the map of the trunk's routes, its site and the plan's emergency numbers: what nothing
 * longer begins with is sent at once, the rest after the timer. ENOMEM. */
int gw_dial_map(struct rt_buf *out, const struct gw_trunk *t);

#endif
