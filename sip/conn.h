/* Connections, TCP and TLS alike: framing, deadlines, keep-alives, limits, and where they are
 * found again. conn.c runs them, conn_table.c finds them. */
#ifndef SIP_CONN_H
#define SIP_CONN_H

#include "gw/rt/loop.h"
#include "gw/rt/tls.h"
#include "sip/transport.h"

#include <uthash.h>

/** What a connection is found by: an address with its port, or a host alone. Compared as octets. */
struct sip_conn_key {
    uint8_t role;
    uint8_t family;
    uint16_t port;
    uint8_t host[16];
};

/** Everything at one key. */
struct sip_conn_place {
    UT_hash_handle hh;
    struct sip_conn_key key;
    struct sip_conn_at *first;
    unsigned n;
};

/** A connection's entry at one place. */
struct sip_conn_at {
    struct sip_conn *conn;
    struct sip_conn_place *place; /**< NULL: it has none */
    struct sip_conn_at *prev, *next;
};

/** Why a connection stands at a place. */
enum sip_conn_role {
    SIP_CONN_TCP,    /**< its far end's address */
    SIP_CONN_TLS,    /**< the same */
    SIP_CONN_ALIAS,  /**< TLS: the address the far end listens on (RFC 5923) */
    SIP_CONN_SOURCE, /**< accepted ones: the host, for the limit */
    SIP_CONN_ROLES
};

struct sip_conn {
    UT_hash_handle hh; /**< by number */
    uint64_t number;
    struct sip_conns *all;
    struct rt_stream *tcp; /**< one of the two */
    struct rt_tls_stream *tls;
    union rt_addr peer; /**< as connected to, or as accepted from */
    char *domain;       /**< TLS: whom we connected to; NULL: accepted */
    bool opened;        /**< by us */
    bool up;
    bool alias_read;                       /**< it had its chance to name an alias */
    struct sip_conn_at at[SIP_CONN_ROLES]; /**< by role */
    size_t scanned;                        /**< of the message being received */
    unsigned blanks;                       /**< octets of a double CRLF seen (RFC 5626 4.4.1) */
    bool pong_due, ponged;                 /**< to our pings; it knows how */
    bool ping_sent;                        /**< the timer waits for its pong */
    rt_time used;                          /**< something went or came */
    struct rt_timer deadline, quiet, keepalive;
};

struct sip_conns_config {
    struct rt_loop *loop;
    struct rt_tls *tls;       /**< NULL: none */
    unsigned max, per_source; /**< accepted ones; as many of our own */
    rt_time idle, keepalive;  /**< keepalive 0: none */
    rt_time patience;         /**< for a message, from its first octet to the last */
    sip_received_fn *received;
    sip_broken_fn *broken;
    void *arg;
};

struct sip_conns {
    struct sip_conns_config cfg;
    struct sip_conn *by_number;
    struct sip_conn_place *places;
    unsigned accepted, opened;
    uint64_t last_number;
};

/* conn.c */
struct sip_conns *sip_conns_new(const struct sip_conns_config *cfg);
/** Closes every connection; nobody is told. NULL is allowed. */
void sip_conns_free(struct sip_conns *t);
/** Takes an accepted stream, or leaves it to be closed. */
void sip_conns_accept(struct sip_conns *t, enum sip_transport how, struct rt_stream *s);
/** Sends over the connection that `flow` names, else over one that leads there, else over a new
 * one; `flow->conn` says which it was. */
int sip_conns_send(struct sip_conns *t, struct sip_flow *flow, struct rt_str wire);

/* conn_table.c */
/** Puts a connection at `addr` in that role. ENOMEM. */
int sip_conn_place(struct sip_conn *c, enum sip_conn_role role, const union rt_addr *addr);
/** Takes it away from everywhere. */
void sip_conn_displace(struct sip_conn *c);
struct sip_conn *sip_conn_numbered(const struct sip_conns *t, uint64_t number);
/** A connection that leads where the flow shall go: same address, and for TLS the same verified
 * domain. NULL: none. */
struct sip_conn *sip_conn_towards(const struct sip_conns *t, const struct sip_flow *flow);
/** How many were accepted from that host. */
unsigned sip_conn_from(const struct sip_conns *t, const union rt_addr *host);

#endif
