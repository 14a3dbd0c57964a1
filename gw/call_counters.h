/* Calls that were refused before they were any. Apart from gw/call.h: who shows counters need not
 * know calls. */
#ifndef GW_CALL_COUNTERS_H
#define GW_CALL_COUNTERS_H

#include "gw/rt/stats.h"

enum gw_call_counter {
    GW_CALL_OVERLOAD,
    GW_CALL_DRAINED,
    GW_CALL_MALICIOUS,
    GW_CALL_DIVERTED,
    GW_CALL_ANNOUNCED,
    GW_CALL_EMERGENCIES,
    GW_CALL_PREEMPTIONS,
    GW_CALL_TOO_QUIET,
    GW_CALL_NCOUNTERS
};
extern struct rt_counter gw_call_counters[GW_CALL_NCOUNTERS];

#endif
