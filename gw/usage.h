/* Minutes and money used, and blocks of fraud rules, kept over a restart in the file that the plan
 * names (`usage`): read before the first call, written each minute and at the end.
 */
#ifndef GW_USAGE_H
#define GW_USAGE_H

#include "gw/rt/buf.h"
#include "gw/rt/stats.h"

struct gw;

/** Reads the file into gw->limits; no file is no error. The errno of reading, told in `why`. */
int gw_usage_start(struct gw *gw, struct rt_buf *why);
/** Writes it a last time: when no call is left, and before the limits go. */
void gw_usage_stop(struct gw *gw);

enum gw_usage_counter { GW_USAGE_FAILURES, GW_USAGE_UNREADABLE, GW_USAGE_NCOUNTERS };
extern struct rt_counter gw_usage_counters[GW_USAGE_NCOUNTERS];

#endif
