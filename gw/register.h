/* Registering with peers (RFC 3261 10.2, RFC 3608, RFC 6140): one registration for each trunk with
 * `register`, renewed ahead of its end, taken back at the shutdown.
 */
#ifndef GW_REGISTER_H
#define GW_REGISTER_H

#include "gw/plan.h"

struct gw;
struct gw_register;

/** Begins to register wherever the plan says so; SIP and the peers must be there. ENOMEM. */
int gw_register_start(struct gw *gw);
/** Takes back those that a plan, which is about to come into force, does not go on with. */
void gw_register_part(struct gw *gw, const struct gw_plan *plan);
/** gw->plan is that plan now: goes on with the others, and begins what is new. ENOMEM. */
int gw_register_adopt(struct gw *gw);
/** Takes every registration back; the loop has to run until gw_register_idle(). Told twice, it does
 * nothing. */
void gw_register_leave(struct gw *gw);
/** True when no request is under way after gw_register_leave(). */
bool gw_register_idle(const struct gw *gw);
/** Frees all; waits for nothing. */
void gw_register_stop(struct gw *gw);

/** The Service-Route of a trunk's registration, a list for a Route header field of requests that
 * the caller begins there (RFC 3608 5). Empty: none. */
struct rt_str gw_register_routes(const struct gw *gw, const struct gw_trunk *trunk);

/** A registration, for the operator. */
struct gw_register_status {
    const struct gw_trunk *trunk;
    const char *state; /**< "registering", "registered", "failed", "leaving", "gone" */
    rt_time until;     /**< by rt_now(): the registrar keeps us until then; 0: it does not */
    rt_time next;      /**< of the next request; 0: one is under way, or none will come */
    int last;          /**< status that the last request got; 0: nothing came */
};
void gw_register_each(const struct gw *gw,
                      void (*fn)(void *arg, const struct gw_register_status *s), void *arg);

enum gw_register_counter {
    GW_REGISTER_SENT,
    GW_REGISTER_DONE,
    GW_REGISTER_FAILED,
    GW_REGISTER_NCOUNTERS
};
extern struct rt_counter gw_register_counters[GW_REGISTER_NCOUNTERS];

#endif
