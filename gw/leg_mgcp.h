/* MGCP in the gateway: what starts and stops it, for start.c and apply_swap.c alone. */
#ifndef GW_LEG_MGCP_H
#define GW_LEG_MGCP_H

#include "gw/gw.h"

/** Binds the sockets and begins with every gateway and agent of the plan; without `mgcp` there
 * nothing happens. `why` has a message for the operator. */
int gw_mgcp_start(struct gw *gw, struct rt_buf *why);
/** A new plan is in force: gateways, lines and trunks of it come and go. */
void gw_mgcp_adopt(struct gw *gw);
/** Legs are freed before. */
void gw_mgcp_stop(struct gw *gw);

#endif
