/* Calls that the operator has the gateway place, to try a trunk: it plays something to whoever
 * answers and releases after a while.
 */
#ifndef GW_TEST_CALL_H
#define GW_TEST_CALL_H

#include "gw/gw.h"

struct gw_test_call {
    struct dp_number called;
    const struct gw_trunk *via; /**< the only trunk that is tried, whatever the routes say */
    enum gw_local what;         /**< what who answers hears */
    const char *sound;          /**< GW_LOCAL_PLAY: path or name of a sound file of the plan */
    rt_time lasts;              /**< after the answer */
};

#define GW_TEST_CALL_LASTS (10 * RT_S)
/** How long it may ring. */
#define GW_TEST_CALL_RINGS (60 * RT_S)

/** Places it; `*number`: of the call. ENOENT: the plan has no such sound; ECANCELED: the gateway
 * drains; EBUSY: it has as many calls as it may; ENOMEM. */
int gw_test_call(struct gw *gw, const struct gw_test_call *t, unsigned *number);

#endif
