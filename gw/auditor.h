/* The auditor: compares what the gateway's parts hold with one another while it runs - calls, legs,
 * channels, SIP sessions, media ports, MGCP connections, limits - and repairs what no timer caught.
 *
 * A pass goes over all of them in slices of a few hundred, so that signalling never waits for it.
 * Legs say what they hold; whatever is held by nobody, or is held and is not there, is a suspect.
 * What is in motion looks wrong for a moment: a suspect becomes a finding only when the next pass
 * sees it again, and where a protocol may take its time only when that has passed. Each repair is
 * logged, counted, and raises an alarm: none ever should be needed. docs/architecture.md.
 */
#ifndef GW_AUDITOR_H
#define GW_AUDITOR_H

#include "gw/rt/stats.h"
#include "gw/rt/time.h"

#include <stdbool.h>

struct gw;
struct gw_auditor;
struct gw_call;
struct gw_leg;

/** What can be wrong. */
enum gw_finding {
    GW_FOUND_LEG_ALONE,  /**< a leg without a call, or one that its call does not know */
    GW_FOUND_LEG_STUCK,  /**< a released leg that does not go */
    GW_FOUND_LEG_LOST,   /**< a leg whose session, Q.931 call or media port is gone */
    GW_FOUND_CALL_EMPTY, /**< a call without a leg that it needs */
    GW_FOUND_CALL_LATE,  /**< a call that is in its state for longer than anything may last */
    GW_FOUND_CALL_STUCK, /**< a call that is over and waits for legs that are gone */
    GW_FOUND_CHANNEL,    /**< a channel that is busy without a leg, or with another's call */
    GW_FOUND_SESSION,    /**< a SIP session without a leg */
    GW_FOUND_PORT,       /**< a media port that nobody has */
    GW_FOUND_CONNECTION, /**< an MGCP connection that nobody has, or without media */
    GW_FOUND_LINE,       /**< a line or circuit of an MGCP gateway that nobody holds */
    GW_FOUND_LIMITS, /**< a place in limits that no call holds, or a count that no places make up */
    GW_FOUND_COUNT,  /**< the number of calls is another than there are */
    GW_FINDINGS
};

enum gw_auditor_counter {
    GW_AUDITOR_PASSES,
    GW_AUDITOR_REPAIRS,
    GW_AUDITOR_FOUND, /**< one for each kind: GW_AUDITOR_FOUND + enum gw_finding */
    GW_AUDITOR_NCOUNTERS = GW_AUDITOR_FOUND + GW_FINDINGS
};
extern struct rt_counter gw_auditor_counters[GW_AUDITOR_NCOUNTERS];

/** Begins; the first pass is due after the plan's `auditor every`. ENOMEM. */
int gw_auditor_start(struct gw *gw);
void gw_auditor_stop(struct gw *gw);
/** The plan is another one. */
void gw_auditor_adopt(struct gw *gw);

/** It is about to leave the list it is in. NULL auditor is allowed. */
void gw_auditor_leg_goes(struct gw_auditor *a, const struct gw_leg *leg);
void gw_auditor_call_goes(struct gw_auditor *a, const struct gw_call *call);

/** What the last pass was like: for tests and measurements. */
struct gw_auditor_status {
    unsigned objects;  /**< looked at */
    unsigned suspects; /**< seen once, or not for long enough yet */
    unsigned slices;
    bool running; /**< a pass is under way */
};
void gw_auditor_status(const struct gw_auditor *a, struct gw_auditor_status *out);

#endif
