/* What is remembered of trunks and spans that are out of service. */
#ifndef GW_UPKEEP_PRIV_H
#define GW_UPKEEP_PRIV_H

#include "gw/gw.h"
#include "gw/span_status.h"
#include "gw/upkeep.h"

struct gw_trunk_upkeep {
    bool blocked, drain;
};

struct gw_span_upkeep {
    bool out;    /**< nothing is behind it */
    bool silent; /**< and its D channel is down for that */
};

struct gw_upkeep {
    struct gw_trunk_upkeep *trunks; /**< by their index in the plan */
    struct gw_span_upkeep *spans;
    struct rt_timer timer; /**< D channels that wait for their calls */
};

void gw_busy_out_timeout(void *arg);

#endif
