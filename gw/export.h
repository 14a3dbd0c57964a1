/* The exporter as the daemon sees it: a process of its own (gw/export/) that reads the journal and
 * delivers records to databases and servers. It is started beside us, started again when it ends,
 * and tells how far it is in a file beside the journal. Signalling thread.
 */
#ifndef GW_EXPORT_H
#define GW_EXPORT_H

#include "gw/gw.h"
#include "gw/rt/stats.h"

struct gw_exporter;

/** Starts `tandem-export` for the plan's targets; none: `*out` is NULL. It reads what the plan says
 * of records from a file beside the journal: the plan's own may say something else by now. An errno
 * only for want of memory or of a thread: a program that is missing or dies is tried again, and is
 * an alarm.
 */
int gw_exporter_start(struct gw_exporter **out, struct gw *gw);
/** Ends it; what it has not delivered it delivers next time. NULL is allowed. */
void gw_exporter_stop(struct gw_exporter *e);

/** A target, as the exporter last said. */
struct gw_export_status {
    char name[32];      /**< "postgres" */
    uint64_t delivered; /**< records since the exporter's start */
    uint64_t failures;  /**< attempts */
    int64_t oldest_ms;  /**< age of the oldest record that it does not have; 0: it has all */
    char error[160];    /**< of the last attempt; empty: it went well */
};
/** How many targets there are, `max` at most. With an exporter that is not there each has its
 * error. */
unsigned gw_export_status(const struct gw_exporter *e, struct gw_export_status *out, unsigned max);

enum gw_export_counter { GW_EXPORT_RESTARTS, GW_EXPORT_NCOUNTERS };
extern struct rt_counter gw_export_counters[GW_EXPORT_NCOUNTERS];

#endif
