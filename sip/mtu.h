/* Requests too large for a datagram (RFC 3261 18.1.1). */
#ifndef SIP_MTU_H
#define SIP_MTU_H

#include "sip/ua.h"

/** A request written for UDP that is larger than a datagram should be: `wire` and `flow` become
 * those of TCP, and `udp` keeps what there was for the case that nobody listens. True when it was
 * done; not without a TCP listener of ours, whose port the Via has to name. */
bool sip_mtu_switch(const struct sip_ua *ua, struct sip_flow *flow, struct rt_buf *wire,
                    struct rt_buf *udp);

#endif
