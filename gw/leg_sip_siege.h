/* The gateway's part in what the SIP user agent does under a flood or when it is full (sip/sip.h,
 * struct sip_ua_ops). */
#ifndef GW_LEG_SIP_SIEGE_H
#define GW_LEG_SIP_SIEGE_H

#include "sip/sip.h"

/** True for the address of a peer: one that the plan names, or a small block. */
bool leg_sip_spares(void *arg, const union rt_addr *from);
void leg_sip_friends(void *arg, sip_friend_fn *fn, void *ctx);
unsigned leg_sip_full(void *arg, const void *owner, const struct sip_message *msg,
                      struct sip_reason *reason);

#endif
