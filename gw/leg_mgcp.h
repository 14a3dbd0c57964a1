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
/** What audits of other people's gateways put right. */
enum gw_mgcp_audit_counter {
    GW_MGCP_AUDIT_GONE,
    GW_MGCP_AUDIT_STRAY,
    GW_MGCP_AUDIT_HOOK,
    GW_MGCP_AUDIT_NCOUNTERS
};
extern struct rt_counter gw_mgcp_audit_counters[GW_MGCP_AUDIT_NCOUNTERS];

#endif
