/* The last lines of the log, for the operator who was not looking: `show log`, and the page.
 *
 * Lines come from every thread and are copied under a lock; one is held there for no longer than a
 * copy takes.
 */
#ifndef GW_LOG_RING_H
#define GW_LOG_RING_H

#include "gw/rt/log.h"
#include "gw/rt/time.h"

#define GW_LOG_RING 1000
/** Room for a line; what is longer is cut. */
#define GW_LOG_LINE 384

struct gw_log_line {
    rt_time at; /**< rt_wall() */
    enum rt_level level;
    enum rt_subsys subsystem;
    char text[GW_LOG_LINE];
};

/** From now on lines are kept. Before there are threads; twice does no harm. */
void gw_log_ring_start(void);
/** The next line after `*at`, which starts at 0; oldest first. False: there is no more. */
bool gw_log_ring_next(uint64_t *at, struct gw_log_line *out);

#endif
