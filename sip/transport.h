/* Where messages enter and leave: UDP sockets here, TCP and TLS connections in conn.h (RFC 3261
 * 18). */
#ifndef SIP_TRANSPORT_H
#define SIP_TRANSPORT_H

#include "sip/message.h"

#define SIP_DOMAIN_LEN 256

/** The way to a peer: what a message came over, or where one shall go. */
struct sip_flow {
    enum sip_transport transport;
    union rt_addr addr;          /**< the far end */
    unsigned listener;           /**< UDP: the socket */
    uint64_t conn;               /**< TCP, TLS: the connection's number, 0: none yet */
    char domain[SIP_DOMAIN_LEN]; /**< TLS: whom a new connection must lead to (RFC 5922) */
};

struct sip_transports;

/** A whole message came. */
typedef void sip_received_fn(void *arg, struct rt_str wire, const struct sip_flow *flow);
/** A connection is gone: what was sent over it may be lost (RFC 3261 18.4). */
typedef void sip_broken_fn(void *arg, uint64_t conn);

int sip_transports_new(struct sip_transports **out, struct rt_loop *loop,
                       const struct sip_ua_config *cfg, sip_received_fn *received,
                       sip_broken_fn *broken, void *arg, unsigned *failed);
void sip_transports_free(struct sip_transports *t);
unsigned sip_transports_streams(const struct sip_transports *t);
/** Gives the UDP sockets their sieve (rt_udp_sieve()). */
void sip_transports_sieve(struct sip_transports *t, const struct rt_sieve_row *rows, unsigned n,
                          unsigned share);
/** Datagrams that the kernel has dropped. */
uint64_t sip_transports_dropped(const struct sip_transports *t);

/** The flow for a request to `hop`. */
void sip_flow_to(const struct sip_transports *t, const struct sip_hop *hop, struct sip_flow *out);
/** Sends; over TCP and TLS an existing connection to the same address (and verified domain) is
 * used, or one is made, and `flow->conn` says which. The errno of what failed at once. */
int sip_flow_send(struct sip_transports *t, struct sip_flow *flow, struct rt_str wire);
/** The address that we listen on for that flow; NULL: none. */
const union rt_addr *sip_flow_bound(const struct sip_transports *t, const struct sip_flow *flow);
/** Our host and port as that peer sees them, for Via and Contact: `192.0.2.1:5060`. Returns `out`.
 */
char *sip_flow_local(const struct sip_transports *t, const struct sip_flow *flow,
                     char out[RT_ADDR_LEN]);
/** Appends our Contact as that peer reaches it: `sip:192.0.2.1:5060;transport=tcp`. */
void sip_flow_contact(struct rt_buf *out, const struct sip_transports *t,
                      const struct sip_flow *flow);
/** What our Via says beside that: ";alias" where the far end may send its requests over the
 * connection of this one (RFC 5923), else "". */
const char *sip_flow_via(const struct sip_transports *t, const struct sip_flow *flow);
/** The same way over TCP instead of UDP. False: we do not listen there on TCP. */
bool sip_flow_by_tcp(const struct sip_transports *t, const struct sip_flow *udp,
                     struct sip_flow *out);
/** The port of a Via's `SIP/2.0/TLS host:port`, or `missing`; 0: it is none. */
uint16_t sip_via_port(struct rt_str head, uint16_t missing);
/** 5060, or 5061 for TLS. */
uint16_t sip_default_port(enum sip_transport t);
/** The transport in a Via: "UDP", "TCP", "TLS". */
const char *sip_transport_name(enum sip_transport t);
static inline bool sip_flow_reliable(const struct sip_flow *flow)
{
    return flow->transport != SIP_UDP;
}

#endif
