/* Inside of peers and the node: how node.c, peer.c, place.c and transaction_*.c share their work.
 *
 * A peer has places (its addresses), each known to the node by host and port and by host alone.
 * What came is a transaction while it is executed, and an answer for T-HIST after that; what went
 * is a command, in a bundle with those that travel in the same datagram.
 */
#ifndef MGCP_PEER_PRIV_H
#define MGCP_PEER_PRIV_H

#include "gw/rt/dns.h"
#include "mgcp/peer.h"

#include <uthash.h>

/* ---- the node ---- */

/** Octets of a host and its port, or 0 for whoever is at that host. */
struct mgcp_spot_key {
    uint8_t host[16];
    uint8_t port[2];
};

struct mgcp_place;

/** One place in the list of a spot. */
struct mgcp_link {
    struct mgcp_place *place;
    struct mgcp_spot *spot;
    struct mgcp_link *prev, *next;
};

/** Where peers are. */
struct mgcp_spot {
    UT_hash_handle hh;
    struct mgcp_spot_key key;
    struct mgcp_link *links;
};

/** A far address, and the socket that speaks to it. */
struct mgcp_way {
    union rt_addr addr;
    unsigned socket;
};

struct mgcp_socket {
    struct mgcp_node *node;
    struct rt_udp *udp;
};

/** Answers of the datagram that is being worked on: they leave together. */
struct mgcp_gather {
    bool open;
    struct mgcp_way way;
    struct rt_buf text;
    struct mgcp_peer *peer; /**< of the first */
    char local[256];        /**< of the endpoint it is about */
};

struct mgcp_node {
    struct rt_loop *loop;
    struct rt_dns *dns;
    struct mgcp_node_ops ops;
    void *arg;
    struct mgcp_timers timers; /**< no zero is left in it */
    char *domain;
    struct mgcp_socket socket[MGCP_LISTEN_MAX];
    unsigned nsockets;
    struct mgcp_spot *spots;
    uint32_t tid; /**< the last one given; shared by all peers, so a response belongs to one */
    struct mgcp_gather gather;
    char buffer[RT_UDP_MAX];
};

/** Enters and takes away a place. ENOMEM. */
int mgcp_node_link(struct mgcp_node *n, struct mgcp_place *place);
void mgcp_node_unlink(struct mgcp_node *n, struct mgcp_place *place);
/** The socket for that address; `agent`: we speak as the agent. EAFNOSUPPORT. */
int mgcp_node_socket(const struct mgcp_node *n, const union rt_addr *to, bool agent, unsigned *out);
/** True when a socket speaks that family. */
bool mgcp_node_speaks(const struct mgcp_node *n, int family);
/** Sends an answer, with others of the same turn. `local`: the endpoint it is about. */
void mgcp_node_answer(struct mgcp_node *n, const struct mgcp_way *way, struct mgcp_peer *p,
                      struct rt_str local, struct rt_str text, unsigned messages);
/** Sends commands, behind the answers that wait for the same peer. */
void mgcp_node_send(struct mgcp_node *n, const struct mgcp_way *way, struct mgcp_peer *p,
                    struct rt_str local, struct rt_str text, unsigned messages);
/** Sends the answers that wait. */
void mgcp_node_flush(struct mgcp_node *n);

/* ---- places of a peer ---- */

/** Octets that separate two messages, at most. */
#define MGCP_SEPARATOR 8
#define MGCP_PLACES    16
/** The agent that a redirection named, behind those of the configuration. */
#define MGCP_REDIRECTED MGCP_AGENTS_MAX
#define MGCP_ENTRIES    (MGCP_AGENTS_MAX + 1)

struct mgcp_place {
    struct mgcp_way way;
    unsigned entry, slot;
    struct mgcp_peer *peer;
    struct mgcp_link link[2]; /**< by host and port, by host */
};

/** A question of DNS. */
struct mgcp_ask {
    struct mgcp_peer *peer;
    struct rt_dns_query *query;
    unsigned entry;
    int family;
};

/** One address or name of the configuration, or the redirected one. */
struct mgcp_entry {
    char *host; /**< NULL: numeric, or not in use */
    uint16_t port;
    bool own_only; /**< addresses at other hosts than the peer's are left out */
    struct mgcp_ask ask[2];
};

enum mgcp_reach { MGCP_REACH_UNKNOWN, MGCP_REACH_ANSWERS, MGCP_REACH_LOST };

/** Set when the peer is freed within a call that goes on. */
struct mgcp_guard {
    bool gone;
    struct mgcp_guard *outer;
};

struct mgcp_transaction;
struct mgcp_answer;
struct mgcp_command;
struct mgcp_bundle;

/** An id to be confirmed in the next command. */
struct mgcp_confirm {
    uint32_t tid;
    rt_time at;
};
#define MGCP_CONFIRMS 16

struct mgcp_peer {
    struct mgcp_node *node;
    struct mgcp_peer_ops ops;
    void *arg;
    bool agent_role;
    enum mgcp_profile profile;
    char *domain;
    struct mgcp_guard *guards;
    enum mgcp_reach reach;
    /* place.c */
    struct mgcp_place *place[MGCP_PLACES];
    struct mgcp_place *current; /**< NULL: no address is known */
    struct mgcp_entry entry[MGCP_ENTRIES];
    unsigned open;    /**< questions */
    int wanted;       /**< entry to turn to once it is known; -1: none */
    rt_time resolved; /**< when DNS answered last */
    rt_time expires;  /**< when what it said is out of date */
    struct rt_timer refresh;
    /* transaction_in.c */
    struct mgcp_transaction *executing;   /**< by id */
    struct mgcp_transaction *unconfirmed; /**< answered, and repeated until 000 comes */
    struct mgcp_answer *answers, *oldest; /**< by id; by age */
    struct rt_timer forget;
    /* transaction_out.c */
    struct mgcp_command *commands, *first; /**< by id; by age */
    struct mgcp_bundle *bundles;
    struct mgcp_bundle *lanes; /**< the last one of each endpoint, by its name */
    struct rt_timer give_up;
    rt_time average, deviation;   /**< AAD and ADEV (3.5.3); 0: not known */
    rt_time carried;              /**< time-out of a repetition that helped, for the next command */
    struct mgcp_confirm *confirm; /**< MGCP_CONFIRMS of them; NULL: none yet */
    unsigned nconfirm;
    uint64_t sent, received, repeated, timeouts;
};

void mgcp_guard_enter(struct mgcp_peer *p, struct mgcp_guard *g);
/** True when the peer is gone. */
bool mgcp_guard_leave(struct mgcp_peer *p, struct mgcp_guard *g);
/** Something came. True when the peer is gone. */
bool mgcp_peer_heard(struct mgcp_peer *p);
/** It is lost: tells so, once. */
void mgcp_peer_lose(struct mgcp_peer *p);

void mgcp_places_init(struct mgcp_peer *p);
/** Takes over the addresses and names of a configuration. ENOMEM. */
int mgcp_places_set(struct mgcp_peer *p, const struct mgcp_peer_config *cfg);
void mgcp_places_free(struct mgcp_peer *p);
/** Asks DNS for all names again. False: there are none, or they were asked within 5 s. */
bool mgcp_places_ask(struct mgcp_peer *p);
/** The next place whose slot is not in `tried`; NULL: none. */
struct mgcp_place *mgcp_places_next(const struct mgcp_peer *p, unsigned tried);
/** Commands go there from now on. */
void mgcp_places_turn(struct mgcp_peer *p, struct mgcp_place *place);
/** A command came from `source`: the agent is there now, if that is one of its places. */
void mgcp_places_prefer(struct mgcp_peer *p, const union rt_addr *source,
                        const struct mgcp_message *m);

/* ---- commands received ---- */

/** `refusal`: what mgcp_read() says. The peer may be gone then. */
void mgcp_in_command(struct mgcp_peer *p, const struct mgcp_message *m, unsigned refusal,
                     const struct mgcp_way *from);
/** "000". False: it confirms nothing of ours. */
bool mgcp_in_confirmed(struct mgcp_peer *p, uint32_t tid);
/** The ids of a line K. */
void mgcp_in_confirm_list(struct mgcp_peer *p, struct rt_str list);
/** An answer that is kept; no text when there is none. */
struct rt_str mgcp_in_kept(const struct mgcp_peer *p, uint32_t tid);
void mgcp_in_free(struct mgcp_peer *p);
void mgcp_in_init(struct mgcp_peer *p);

/* ---- commands sent ---- */

/** A response 100..999 to a command of this peer's. The peer may be gone then. */
void mgcp_out_response(struct mgcp_peer *p, const struct mgcp_message *m);
bool mgcp_out_waits(const struct mgcp_peer *p, uint32_t tid);
/** Takes a command over without sending it: it went before the answer `front`, to `way`. */
int mgcp_out_follow(struct mgcp_peer *p, uint32_t tid, struct rt_str message, void *arg,
                    uint32_t front, const struct mgcp_way *way);
/** The octets of a command that is not answered yet; no text when it is. */
struct rt_str mgcp_out_text(const struct mgcp_peer *p, uint32_t tid);
/** Commands go somewhere else: all that wait are sent again (4.3). */
void mgcp_out_redirected(struct mgcp_peer *p);
/** DNS has answered: those that waited for it go on. The peer may be gone then. */
void mgcp_out_resolved(struct mgcp_peer *p);
/** That place is no more, or is another. */
void mgcp_out_forget_place(struct mgcp_peer *p, unsigned slot);
/** How long until the first repetition, by what is known of the peer. */
rt_time mgcp_out_first(const struct mgcp_peer *p);
void mgcp_out_init(struct mgcp_peer *p);
void mgcp_out_free(struct mgcp_peer *p);
/** The next time-out after a repetition (3.5.3); doubles `*delay`. */
rt_time mgcp_out_backoff(const struct mgcp_peer *p, rt_time *delay);

/* ---- text (wire.c) ---- */

/** The endpoint's local part in a command as it is written; no text when it is none. */
struct rt_str mgcp_wire_local(struct rt_str message);
/** Copies a message, with a line put behind its last one, before its description. */
void mgcp_wire_with_line(struct rt_buf *out, struct rt_str message, const char *name,
                         struct rt_str value);

#endif
