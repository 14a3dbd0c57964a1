/* Routing: one pipeline, run for a call or run to explain.
 *
 * ingress trunk -> normalise -> route -> targets -> egress format. The same function does both:
 * with a `struct rt_buf` it also writes every step with the line of the plan that decided it.
 */
#ifndef GW_ROUTE_H
#define GW_ROUTE_H

#include "gw/plan.h"

struct gw;

/** What routing is asked: a call as it arrived. */
struct gw_route_query {
    const struct gw *gw; /**< what of it is out of service is not used; NULL: all works */
    const struct gw_trunk *from;
    struct dp_number called, calling; /**< as on the wire */
    enum gw_bearer bearer;
    bool either; /**< of a SIP caller that would take a clear channel as well */
};

/** One way to try. */
struct gw_hop {
    const struct gw_trunk *trunk;
    struct dp_number called, calling; /**< in the trunk's format */
};

/** The decision. Either hops to try in order, or a rejection with its cause. */
struct gw_decision {
    struct dp_number called, calling; /**< normalised */
    const struct gw_route *route;     /**< the row that decided, or NULL */
    struct gw_hop hop[8];
    unsigned nhops;
    bool rejects;   /**< the list ends with a rejection: `cause` once every hop has failed */
    unsigned cause; /**< with no hops, or `rejects`: Q.850; 3 when no route matched, 28 while
                         incomplete */
    const char *text;
    enum dp_complete complete; /**< for overlap receiving */
};

/** Decides. With `explain`, every step is written there too. Never fails: what cannot be routed is
 * rejected. */
void gw_route(struct gw_decision *out, const struct gw_plan *p, const struct gw_route_query *q,
              struct rt_buf *explain);
/** The bearer of the call towards `to`. SIP tells speech from other audio as little as it needs to:
 * the setting of a span says what callers from SIP ask of it. 0, or 65: the trunk carries nothing
 * of the kind. */
unsigned gw_route_bearer(enum gw_bearer *out, const struct gw_route_query *q,
                         const struct gw_trunk *to);
/** Overrules a decision: the call goes to this trunk, and nowhere else. */
void gw_route_to(struct gw_decision *d, const struct gw_trunk *trunk);

#endif
