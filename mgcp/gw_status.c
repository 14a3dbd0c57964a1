/* What a role and its endpoints are doing: for people. */
#include "mgcp/gw_priv.h"

void mgcp_gw_status(const struct mgcp_gw *g, struct mgcp_gw_status *out)
{
    const struct mgcp_gw_endpoint *e;
    struct mgcp_peer_status peer;

    mgcp_peer_status(g->peer, &peer);
    *out = (struct mgcp_gw_status){.answers = peer.answers,
                                   .in_flight = peer.in_flight,
                                   .sent = peer.sent,
                                   .received = peer.received,
                                   .repeated = peer.repeated,
                                   .timeouts = peer.timeouts,
                                   .rtt = peer.rtt};
    mgcp_peer_address(g->peer, &out->address);
    for (e = g->endpoints; e; e = e->hh.next)
        out->in_service += mgcp_gw_endpoint_in_service(e);
}

void mgcp_gw_connections(const struct mgcp_gw_endpoint *e,
                         void (*fn)(void *arg, struct mgcp_gw_connection *c), void *arg)
{
    struct mgcp_gw_connection *c, *next;

    for (c = e->connections; c; c = next) {
        next = c->next;
        fn(arg, c);
    }
}
