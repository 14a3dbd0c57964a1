/* Whether there is time for one more call: admission by the CPU time of the signalling thread and
 * by how late it is.
 *
 * One of the two above its upper bound (`overload` of the plan) is overload, both below the lower
 * ones end it. Meanwhile new calls are let in at a rate that falls by a tenth each 100 ms while
 * there is too much to do and rises by a twentieth while there is little, so that what is let in is
 * what can be done. Emergency calls and whatever belongs to a call always pass.
 */
#ifndef GW_OVERLOAD_H
#define GW_OVERLOAD_H

#include "gw/gw.h"

struct gw_overload;

/** ENOMEM. The bounds are those of the plan in force. */
int gw_overload_new(struct gw_overload **out, struct gw *gw);
void gw_overload_free(struct gw_overload *o);
/** Asked for each new call. True: it has to be refused. NULL is allowed, as below: never. */
bool gw_overload_refuses(struct gw_overload *o);
/** A call was let in. */
void gw_overload_took(struct gw_overload *o);

struct gw_overload_status {
    bool over;
    unsigned cpu;  /**< of the last second, in thousandths */
    rt_time queue; /**< how late the thread was at worst in the last 100 ms */
    double rate;   /**< calls let in per second, while over */
};
void gw_overload_status(const struct gw_overload *o, struct gw_overload_status *out);

#endif
