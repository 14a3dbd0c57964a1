/* A peer: a gateway that we are the agent of, or the agents that one gateway role of ours serves.
 * Commands and answers pass exactly once, over datagrams that may be lost, doubled and late
 * (RFC 3435 3.5, 4.3).
 *
 * node.c owns the sockets and finds the peer of a datagram; peer.c the addresses, transaction_*.c
 * what is under way. A peer that is no peer of ours gets no answer at all.
 */
#ifndef MGCP_PEER_H
#define MGCP_PEER_H

#include "mgcp/message.h"
#include "mgcp/mgcp.h"

struct mgcp_peer;
/** A command that came and is not answered yet. */
struct mgcp_transaction;

struct mgcp_peer_ops {
    /** A command that came for the first time: answered now or later by mgcp_answer(). `refusal`:
     * what mgcp_read() or mgcp_check_lines() has against it, 0: nothing. */
    void (*command)(void *arg, struct mgcp_transaction *t, const struct mgcp_message *m,
                    unsigned refusal);
    /** The final response to a command of ours, or a provisional one (100..199), which another
     * follows. NULL: nobody answered within 2 * T-HIST, or at any address. */
    void (*response)(void *arg, void *command_arg, const struct mgcp_message *m);
    /** Something came from the peer, after it was lost or for the first time; or it is lost. */
    void (*reached)(void *arg, bool answers);
    /** The owner's of the endpoint with this local part, for the trace; may give NULL. */
    void *(*endpoint)(void *arg, struct rt_str local);
};

struct mgcp_peer_config {
    bool agent_role;    /**< we are the agent: the peer is a gateway */
    const char *domain; /**< agent_role: the domain in the gateway's names */
    enum mgcp_profile profile;
    union rt_addr address[MGCP_AGENTS_MAX]; /**< numeric ones */
    const char *host[MGCP_AGENTS_MAX];      /**< names: asked of DNS; NULL where numeric */
    unsigned n;
};

int mgcp_peer_new(struct mgcp_peer **out, struct mgcp_node *n, const struct mgcp_peer_config *cfg,
                  const struct mgcp_peer_ops *ops, void *arg);
/** Commands under way are forgotten. NULL is allowed. */
void mgcp_peer_free(struct mgcp_peer *p);
void mgcp_peer_set(struct mgcp_peer *p, const struct mgcp_peer_config *cfg);
const struct mgcp_peculiar *mgcp_peer_peculiar(const struct mgcp_peer *p);
/** Where commands go now; none: nowhere (no address is known). */
bool mgcp_peer_address(const struct mgcp_peer *p, union rt_addr *out);
/** Commands go there from now on: the notified entity changed (GW role). `text` as N has it.
 * ENOENT: it has to be asked of DNS first, which is under way; EACCES: not one of the peer's own.
 */
int mgcp_peer_redirect(struct mgcp_peer *p, struct rt_str text, bool foreign);
/** It was lost and is tried again: counters of repetitions begin anew (4.4.7). */
void mgcp_peer_retry(struct mgcp_peer *p);

/** The next id (3.2.1.2): not used within the last three minutes. */
uint32_t mgcp_peer_tid(struct mgcp_peer *p);
/** Sends a command that was written with `tid`; repeats it until the final response. `with` is true
 * when it is to go in the same datagram as the command before, if that is not answered yet (4.4.1:
 * oldest first). ENOMEM, ENOTCONN: no address. */
int mgcp_peer_command(struct mgcp_peer *p, uint32_t tid, struct rt_str message, bool with,
                      void *command_arg);
/** No response to commands with this argument is told any more. */
void mgcp_peer_forget(struct mgcp_peer *p, void *command_arg);
unsigned mgcp_peer_in_flight(const struct mgcp_peer *p);

uint32_t mgcp_transaction_tid(const struct mgcp_transaction *t);
const union rt_addr *mgcp_transaction_source(const struct mgcp_transaction *t);
/** The final answer, written with the transaction's id; kept for T-HIST. Dead then. Over the size
 * that may be sent: 533 goes in its place. `also`: a command in the same datagram before it
 * (RSIP is the first that an agent hears: 4.4.4 rule 8, 4.4.6), as for mgcp_peer_command(), or no
 * text. */
void mgcp_answer(struct mgcp_transaction *t, struct rt_str response);
void mgcp_answer_with(struct mgcp_transaction *t, struct rt_str response, uint32_t also_tid,
                      struct rt_str also, void *also_arg);
/** An answer without lines. */
void mgcp_refuse(struct mgcp_transaction *t, unsigned code, const char *comment);
/** 100 now, with lines that the final answer repeats; by itself it is sent after 200 ms without. */
void mgcp_answer_provisional(struct mgcp_transaction *t, struct rt_str lines);

struct mgcp_peer_status {
    bool answers;
    unsigned in_flight;
    uint64_t sent, received, repeated, timeouts;
    rt_time rtt;
};
void mgcp_peer_status(const struct mgcp_peer *p, struct mgcp_peer_status *out);

/* ---- node.c, for peer.c ---- */

struct rt_loop *mgcp_node_loop(const struct mgcp_node *n);
const struct mgcp_timers *mgcp_node_timers(const struct mgcp_node *n);
const char *mgcp_node_domain(const struct mgcp_node *n);
/** Our notified entity for gateways: "ca@192.0.2.1:2727", by the socket that speaks to `to`. */
char *mgcp_node_entity(const struct mgcp_node *n, const union rt_addr *to, char *out, size_t cap);

#endif
