/* MGCP in the gateway: what starts, stops and audits it, for start.c, apply_swap.c and the auditor
 * alone. */
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

/* leg_mgcp_audit.c */
/** The media ports of channels that agents direct, and of connections that agents made; NULL among
 * them. Legs say themselves what they have. */
void gw_mgcp_ports(const struct gw *gw, void (*fn)(void *arg, const struct media_port *p),
                   void *arg);
/** A connection that has no owner here. True: it is to be deleted, and its agent told. */
typedef bool gw_mgcp_astray_fn(void *arg, const void *connection, const char *name);
void gw_mgcp_astray(const struct gw *gw, gw_mgcp_astray_fn *fn, void *arg);

#endif
