/* Who a message of a datagram is for: node_route.c, for node.c. */
#ifndef MGCP_NODE_PRIV_H
#define MGCP_NODE_PRIV_H

#include "mgcp/peer_priv.h"

/** True when a peer is at that host. */
bool mgcp_route_known(const struct mgcp_node *n, const union rt_addr *source);
/** The peer that a command is for; NULL: none is there. */
struct mgcp_peer *mgcp_route_command(const struct mgcp_node *n, const union rt_addr *source,
                                     const struct mgcp_message *m);
/** True when the peer waits for what has this id. */
typedef bool mgcp_route_fn(const struct mgcp_peer *p, uint32_t tid);
/** The peer there that waits for it; NULL: none does. */
struct mgcp_peer *mgcp_route_response(const struct mgcp_node *n, const union rt_addr *source,
                                      uint32_t tid, mgcp_route_fn *waits);

#endif
