/* The SIP adapter's hooks for the user agent. */
#ifndef GW_LEG_SIP_H
#define GW_LEG_SIP_H

#include "sip/sip.h"

/** For sip_ua_new(); its argument is the struct gw. */
extern const struct sip_ua_ops gw_leg_sip_ua_ops;

#endif
