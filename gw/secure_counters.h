/* What is counted of secure media's signalling: SRTP refused or missing, DTLS, ICE. */
#ifndef GW_SECURE_COUNTERS_H
#define GW_SECURE_COUNTERS_H

#include "gw/rt/stats.h"

enum gw_secure_counter {
    GW_SECURE_OFFERS_REFUSED,
    GW_SECURE_ANSWERS_REFUSED,
    GW_SECURE_DTLS_UP,
    GW_SECURE_DTLS_FAILED,
    GW_SECURE_ICE_NOMINATED,
    GW_SECURE_ICE_LOST,
    GW_SECURE_ICE_UNAUTHENTIC,
    GW_SECURE_ICE_MALFORMED,
    GW_SECURE_STRAY,
    GW_SECURE_NCOUNTERS
};
extern struct rt_counter gw_secure_counters[GW_SECURE_NCOUNTERS];

#endif
