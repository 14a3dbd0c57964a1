/* Quality of calls: faults of their sound, and reports about it to a collector (RFC 6035). */
#ifndef GW_QUALITY_H
#define GW_QUALITY_H

#include "codec/quality_watch.h"
#include "codec/vqreport.h"
#include "gw/plan.h"
#include "gw/rt/stats.h"

struct gw;

/** Faults by their kind, then what was done. */
enum gw_quality_counter {
    GW_QUALITY_TIMEOUTS = QUALITY_EVENTS,
    GW_QUALITY_REPORTS,
    GW_QUALITY_REPORTS_REFUSED,
    GW_QUALITY_REPORTS_UNANSWERED,
    GW_QUALITY_REPORTS_DROPPED,
    GW_QUALITY_NCOUNTERS
};
extern struct rt_counter gw_quality_counters[GW_QUALITY_NCOUNTERS];

/** Sends a report of a call over `trunk` by PUBLISH, where its plan says; what becomes of it is
 * counted. */
void gw_quality_publish(struct gw *gw, const struct gw_trunk *trunk, const struct vqreport *r);
/** Reports on their way are given up. */
void gw_quality_stop(struct gw *gw);

#endif
