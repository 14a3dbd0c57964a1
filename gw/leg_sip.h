/* The SIP adapter's hooks for the user agent. */
#ifndef GW_LEG_SIP_H
#define GW_LEG_SIP_H

#include "sip/sip.h"

/** For sip_ua_new(); its argument is the struct gw. */
extern const struct sip_ua_ops gw_leg_sip_ua_ops;

/** What became of INVITEs that bring digits one by one. */
enum gw_overlap_counter {
    GW_OVERLAP_MORE,
    GW_OVERLAP_LATE,
    GW_OVERLAP_AMBIGUOUS,
    GW_OVERLAP_CROWD,
    GW_OVERLAP_NCOUNTERS
};
extern struct rt_counter gw_overlap_counters[GW_OVERLAP_NCOUNTERS];

#endif
