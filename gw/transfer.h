/* What is counted of transfers (call_transfer.c). */
#ifndef GW_TRANSFER_H
#define GW_TRANSFER_H

#include "gw/rt/stats.h"

enum gw_transfer_counter {
    GW_TRANSFER_BLIND,
    GW_TRANSFER_ATTENDED,
    GW_TRANSFER_REPLACED,
    GW_TRANSFER_FAILED,
    GW_TRANSFER_REFUSED,
    GW_TRANSFER_OUTSIDE,
    GW_TRANSFER_JOINED,
    GW_TRANSFER_NCOUNTERS
};
extern struct rt_counter gw_transfer_counters[GW_TRANSFER_NCOUNTERS];

#endif
