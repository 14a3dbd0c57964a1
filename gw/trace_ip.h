/* IP and UDP headers for what is traced above the sockets, where no header is seen any more. */
#ifndef GW_TRACE_IP_H
#define GW_TRACE_IP_H

#include "gw/rt/net.h"

#include "gw/rt/buf.h"

/** IPv6 and UDP. */
#define GW_TRACE_IP_MAX 48
/** IPv4 and UDP. */
#define GW_TRACE_IP4 28
/** The longest content that an IP packet has room for. */
#define GW_TRACE_IP_CONTENT (65535 - GW_TRACE_IP_MAX)

/** Writes the headers of a datagram that carries `content`; returns how many octets they are. IPv6
 * when one of the addresses is, IPv4 else. */
size_t gw_trace_ip(uint8_t out[GW_TRACE_IP_MAX], const union rt_addr *from, const union rt_addr *to,
                   struct rt_str content);

#endif
