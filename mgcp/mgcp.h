/* MGCP (RFC 3435) as the gateway sees it: a node that owns the sockets, the call agent's side
 * (mgcp_ca_*: endpoints of other people's gateways), and the gateway's side (mgcp_gw_*: endpoints
 * of ours for other people's agents).
 *
 * Signalling thread only. Text in arguments and results is borrowed for the time of the call.
 * Clauses are RFC 3435's where no other is named.
 */
#ifndef MGCP_MGCP_H
#define MGCP_MGCP_H

#include "gw/rt/buf.h"
#include "gw/rt/loop.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"
#include "mgcp/config.h"
#include "mgcp/options.h"

#include <stdbool.h>
#include <stdint.h>

struct rt_dns;
struct mgcp_node;
struct mgcp_ca_gateway;
struct mgcp_ca_endpoint;
struct mgcp_gw;
struct mgcp_gw_endpoint;
struct mgcp_gw_connection;

/* ---- return and reason codes (2.4, 2.5) ---- */

/** What a return code asks a call agent to do (RFC 3661 2.3). */
enum mgcp_category {
    MGCP_NORMAL,
    MGCP_TEMPORARY,    /**< it may work later, or elsewhere */
    MGCP_STATE,        /**< the two sides disagree: audit */
    MGCP_REMOTE,       /**< the far end's description is at fault */
    MGCP_PROVISIONING, /**< it will never work */
    MGCP_SERVICE,      /**< the endpoint is out of service */
    MGCP_NO_CATEGORY
};
/** The standard's text of a return code; of an unknown one that of its class. */
const char *mgcp_code_text(unsigned code);
enum mgcp_category mgcp_code_category(unsigned code);
/** The Q.850 cause that a refusal is in a call; 41 where the table has none. */
unsigned mgcp_code_cause(unsigned code);
/** What an unknown code counts as (2.4): 3xx as 521, 4xx as 400, 5xx to 9xx as 510. */
unsigned mgcp_code_known(unsigned code);
/** A reason code (2.5): its text, and the Q.850 cause of a connection that ends by it. */
const char *mgcp_reason_text(unsigned reason);
unsigned mgcp_reason_cause(unsigned reason);
/** The reason code that a Q.850 cause is when we delete a connection on our own. */
unsigned mgcp_reason_of_cause(unsigned q850);

/* ---- the node ---- */

struct mgcp_node_config {
    union rt_addr listen[MGCP_LISTEN_MAX];
    unsigned nlisten;   /**< 1.. */
    const char *domain; /**< our own name; NULL: our address in brackets */
    struct rt_dns *dns; /**< for agents that have a name; NULL: none has */
    struct mgcp_timers timers;
};

struct mgcp_node_ops {
    /** A datagram went or came. `endpoint` is the owner's of the endpoint that the first message
     * in it names, or NULL. */
    void (*trace)(void *arg, void *endpoint, bool sent, struct rt_str wire,
                  const union rt_addr *local, const union rt_addr *peer);
};

/** Binds the sockets. The socket's errno, then `*failed` is the index of the address. */
int mgcp_node_new(struct mgcp_node **out, struct rt_loop *loop, const struct mgcp_node_config *cfg,
                  const struct mgcp_node_ops *ops, void *arg, unsigned *failed);
/** Once its gateways and roles are freed. NULL is allowed. */
void mgcp_node_free(struct mgcp_node *n);
/** Settings of a new plan. The addresses stay as they were. */
void mgcp_node_set(struct mgcp_node *n, const struct mgcp_timers *timers);

/* ---- call agent ---- */

/** A gateway that we are the agent of. */
struct mgcp_ca_config {
    const char *name; /**< the domain in its endpoints' names */
    union rt_addr address;
    enum mgcp_profile profile;
    rt_time audit; /**< its endpoints are audited so often; 0: at the start alone */
    unsigned rate; /**< endpoints a second that are looked after while many come back; 0: 200 */
};

enum mgcp_service {
    MGCP_UNKNOWN, /**< not heard of yet */
    MGCP_IN_SERVICE,
    MGCP_GRACEFUL, /**< calls go on, no new ones */
    MGCP_OUT_OF_SERVICE,
    MGCP_LOST /**< the gateway does not answer */
};
/** "unknown", "in service", "graceful", "out of service", "lost" */
const char *mgcp_service_name(enum mgcp_service s);

/** One event of a NTFY. */
struct mgcp_observed {
    struct rt_str package;    /**< as it came, or the default package's */
    struct rt_str name;       /**< "hd", "hu", "hf", "5", "of" */
    struct rt_str connection; /**< after "@"; empty: none */
    struct rt_str params;     /**< inside the parentheses */
};

/** What came of a command. */
struct mgcp_result {
    unsigned code;  /**< the final one, mgcp_code_known() applied; 0: no answer came */
    unsigned cause; /**< Q.850 of the failure; 0: it is done */
    enum mgcp_category category;
    struct rt_str connection; /**< I, of CRCX */
    struct rt_str endpoint;   /**< Z, of a command to "$": its local part */
    struct rt_str sdp;        /**< LC; empty: none */
    struct mgcp_statistics {
        bool present;
        uint64_t ps, os, pr, orx, pl; /**< packets and octets sent, received, packets lost */
        uint32_t ji, la;              /**< ms */
    } stats;                          /**< P */
    /** AUEP: the hook, when the gateway tells events' states. */
    enum { MGCP_HOOK_UNKNOWN, MGCP_ON_HOOK, MGCP_OFF_HOOK } hook;
};
/** Never from inside the call that sent the command; not called any more once the endpoint is
 * freed. */
typedef void mgcp_done_fn(void *arg, const struct mgcp_result *r);

struct mgcp_ca_ops {
    /** A NTFY with these events, in their order; it is answered already. */
    void (*notified)(void *arg, const struct mgcp_observed *ev, unsigned n);
    /** The endpoint came into service, went out of it, or its gateway was lost; `reason`: of the
     * RSIP, 0: none. `restarted`: whatever the endpoint had, connections, events and signals, is
     * gone. */
    void (*service)(void *arg, enum mgcp_service s, unsigned reason, bool restarted);
    /** The gateway deleted a connection by itself (2.3.8). */
    void (*deleted)(void *arg, struct rt_str connection, unsigned reason,
                    const struct mgcp_statistics *stats);
    /** What an audit found: the hook, and the connections (a list of ids between commas). */
    void (*audited)(void *arg, int hook, struct rt_str connections);
};

int mgcp_ca_new(struct mgcp_ca_gateway **out, struct mgcp_node *n,
                const struct mgcp_ca_config *cfg);
/** Its endpoints are freed before. NULL is allowed. */
void mgcp_ca_free(struct mgcp_ca_gateway *g);
void mgcp_ca_set(struct mgcp_ca_gateway *g, const struct mgcp_ca_config *cfg);
/** Begins: audits the endpoints that were added. */
void mgcp_ca_start(struct mgcp_ca_gateway *g);

/** An endpoint by the local part of its name: "aaln/1". EEXIST, ENOMEM; EINVAL: no such name. */
int mgcp_ca_endpoint_new(struct mgcp_ca_endpoint **out, struct mgcp_ca_gateway *g,
                         const char *local, const struct mgcp_ca_ops *ops, void *arg);
void mgcp_ca_endpoint_free(struct mgcp_ca_endpoint *e);
enum mgcp_service mgcp_ca_service(const struct mgcp_ca_endpoint *e);
const struct mgcp_peculiar *mgcp_ca_peculiar(const struct mgcp_ca_endpoint *e);

/** What a RQNT asks, alone or with a command that makes or changes a connection. Texts are in the
 * grammar of 3.2.2; NULL: the line is left out. */
struct mgcp_request {
    const char *events;    /**< R: "L/hu(N),L/hf(N),D/[0-9*#T](D)" */
    const char *signals;   /**< S: "L/rg,L/ci(...)"; NULL or "" stops what can be stopped */
    const char *digit_map; /**< D */
    const char *detect;    /**< T */
    bool loop;             /**< Q: loop; else step, the gateway's default */
};
int mgcp_ca_request(struct mgcp_ca_endpoint *e, const struct mgcp_request *r, mgcp_done_fn *done,
                    void *arg);

/** A connection to make or to change. */
struct mgcp_connect {
    const char *call;                   /**< C: up to 32 hexadecimal digits */
    const char *connection;             /**< I; NULL: a new one (CRCX) */
    const char *mode;                   /**< M: "sendrecv"; NULL: as it is (MDCX alone) */
    const char *options;                /**< L: "p:20, a:PCMA;PCMU"; NULL: none */
    struct rt_str sdp;                  /**< RC; empty: none */
    const struct mgcp_request *request; /**< NULL: none */
};
/** CRCX, or MDCX when it has a connection. */
int mgcp_ca_connect(struct mgcp_ca_endpoint *e, const struct mgcp_connect *c, mgcp_done_fn *done,
                    void *arg);
/** DLCX of one connection; `connection` NULL: of all of the call; `call` NULL too: of all. `done`
 * may be NULL. */
int mgcp_ca_delete(struct mgcp_ca_endpoint *e, const char *call, const char *connection,
                   mgcp_done_fn *done, void *arg);
/** A connection that an audit found and nobody wants: AUCX says of which call it is, DLCX follows
 * (2.3.7 has both names in it). One that cannot be deleted is found again by the next audit. */
int mgcp_ca_delete_stray(struct mgcp_ca_endpoint *e, struct rt_str connection);
/** AUEP of the endpoint now, as in the periodic audit. */
int mgcp_ca_audit(struct mgcp_ca_endpoint *e, mgcp_done_fn *done, void *arg);
/** No `done` with this argument is called any more; commands go on. */
void mgcp_ca_forget(struct mgcp_ca_endpoint *e, void *arg);

struct mgcp_ca_status {
    enum mgcp_service service;
    bool answers; /**< the gateway does */
    unsigned endpoints, in_service, queued, in_flight;
    uint64_t sent, received, repeated, timeouts;
    rt_time rtt; /**< smoothed; 0: not known */
};
void mgcp_ca_status(const struct mgcp_ca_gateway *g, struct mgcp_ca_status *out);

/* ---- gateway ---- */

struct mgcp_gw_config {
    const char *agents[MGCP_AGENTS_MAX]; /**< host or address, with port; the first is preferred */
    unsigned nagents;
    enum mgcp_profile profile;
    struct mgcp_restart restart;
    bool foreign; /**< N may name agents beyond these */
};

/** What a connection command asks of the media. */
struct mgcp_gw_media {
    struct rt_str call; /**< C */
    enum mgcp_mode mode;
    struct rt_str options;             /**< L as it came; empty: none */
    const struct mgcp_options *parsed; /**< of `options`; NULL: none */
    struct rt_str remote;              /**< RC; empty: none in this command */
    bool modify;
};

enum mgcp_signal_verb { MGCP_SIGNAL_START, MGCP_SIGNAL_STOP };

struct mgcp_gw_ops {
    /** First phase of CRCX and MDCX: checks, reserves, and writes our description to `local` (MDCX:
     * only when it changes). 200, or the code that refuses. A prepared connection is committed or
     * aborted next, in the same turn. `*owned` is the connection's of the owner. */
    unsigned (*prepare)(void *arg, struct mgcp_gw_connection *c, const struct mgcp_gw_media *m,
                        struct rt_buf *local);
    void (*commit)(void *arg, struct mgcp_gw_connection *c);
    void (*abort)(void *arg, struct mgcp_gw_connection *c);
    /** DLCX, or the endpoint restarts. Fills in the statistics; false: there are none. */
    bool (*remove)(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out);
    /** The same without an end: AUCX. */
    bool (*statistics)(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out);
    /** Whether an event can be detected as it is asked for: 200, 512, 538. `c` NULL: on the
     * endpoint, or on all connections. NULL: whatever the packages have. */
    unsigned (*requested)(void *arg, struct mgcp_gw_connection *c, const char *package,
                          const char *symbol, struct rt_str params);
    /** Whether a signal could start now: 200, 401, 402, 403, 513, 514. */
    unsigned (*check)(void *arg, struct mgcp_gw_connection *c, const char *package,
                      const char *symbol, struct rt_str params);
    /** Starts or stops it; time-outs are the endpoint's business. `c` NULL: on the endpoint. A
     * brief signal is only started; mgcp_gw_played() tells its end. */
    void (*signal)(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                   const char *package, const char *symbol, struct rt_str params);
    /** True while off-hook, or the trunk is seized. */
    bool (*off_hook)(void *arg);
    /** Writes what its media can in the grammar of L, and its modes: "a:PCMU;PCMA, p:10-60,
     * m:sendrecv;inactive" (3.2.2.3). NULL: nothing is said of it. */
    void (*capabilities)(void *arg, struct rt_buf *out);
};

/** Starts with no endpoint. ENOMEM. */
int mgcp_gw_new(struct mgcp_gw **out, struct mgcp_node *n, const struct mgcp_gw_config *cfg);
void mgcp_gw_free(struct mgcp_gw *g);
/** Announces the endpoints (4.4.6): RSIP restart after a random part of the restart delay. */
void mgcp_gw_start(struct mgcp_gw *g);

enum mgcp_endpoint_kind { MGCP_TRUNK_ENDPOINT, MGCP_LINE_ENDPOINT };
/** EEXIST, EINVAL, ENOMEM. */
int mgcp_gw_endpoint_new(struct mgcp_gw_endpoint **out, struct mgcp_gw *g, const char *local,
                         enum mgcp_endpoint_kind kind, const struct mgcp_gw_ops *ops, void *arg);
void mgcp_gw_endpoint_free(struct mgcp_gw_endpoint *e);
const char *mgcp_gw_endpoint_name(const struct mgcp_gw_endpoint *e);
/** An event was detected: notified, quarantined or ignored as the agent asked (4.4.1). `c` NULL:
 * on the endpoint. */
void mgcp_gw_event(struct mgcp_gw_endpoint *e, struct mgcp_gw_connection *c, const char *package,
                   const char *symbol, struct rt_str params);
/** Whether the agent asks for an event now; then `*params` is what its request has in parentheses,
 * and `*serial` differs from that of the request before. `c` NULL: on the endpoint. */
bool mgcp_gw_wanted(const struct mgcp_gw_endpoint *e, const struct mgcp_gw_connection *c,
                    const char *package, const char *symbol, struct rt_str *params,
                    unsigned *serial);
/** Local activity, such as a hook, that no event tells: it hurries RSIP (4.4.6, 4.4.7). */
void mgcp_gw_activity(struct mgcp_gw_endpoint *e);
/** A brief signal is through, or one failed: `failed`. */
void mgcp_gw_played(struct mgcp_gw_endpoint *e, struct mgcp_gw_connection *c, const char *package,
                    const char *symbol, bool failed);
/** Goes out of service: forced (`reason` 900..905, 000), or gracefully; back: restart. Many that
 * change in one turn share a RSIP where a wildcard names them. */
void mgcp_gw_endpoint_out(struct mgcp_gw_endpoint *e, unsigned reason, bool graceful);
void mgcp_gw_endpoint_back(struct mgcp_gw_endpoint *e);
bool mgcp_gw_endpoint_in_service(const struct mgcp_gw_endpoint *e);
/** The owner had to end it: DLCX goes to the agent (2.3.8). `c` is dead then. */
void mgcp_gw_connection_lost(struct mgcp_gw_connection *c, unsigned reason);
struct mgcp_gw_endpoint *mgcp_gw_connection_endpoint(const struct mgcp_gw_connection *c);
const char *mgcp_gw_connection_id(const struct mgcp_gw_connection *c);
enum mgcp_mode mgcp_gw_connection_mode(const struct mgcp_gw_connection *c);
/** What the owner keeps with it. */
void mgcp_gw_connection_own(struct mgcp_gw_connection *c, void *owned);
void *mgcp_gw_connection_owned(const struct mgcp_gw_connection *c);
/** Every connection of an endpoint; `fn` may end the one that it is given. */
void mgcp_gw_connections(const struct mgcp_gw_endpoint *e,
                         void (*fn)(void *arg, struct mgcp_gw_connection *c), void *arg);

struct mgcp_gw_endpoint_status {
    const char *service; /**< "restarting", "in service", "out of service", "disconnected" */
    unsigned connections, signals, requested, quarantined;
    char agent[RT_ADDR_LEN];
};
void mgcp_gw_endpoint_status(const struct mgcp_gw_endpoint *e, struct mgcp_gw_endpoint_status *out);

/** The agent of a role, as the transport sees it. */
struct mgcp_gw_status {
    union rt_addr address; /**< where commands go; none: not known */
    bool answers;
    unsigned in_flight, in_service;
    uint64_t sent, received, repeated, timeouts;
    rt_time rtt;
};
void mgcp_gw_status(const struct mgcp_gw *g, struct mgcp_gw_status *out);

/* ---- counters ---- */

enum mgcp_counter {
    MGCP_RX, /**< messages */
    MGCP_TX,
    MGCP_FOREIGN, /**< datagrams of strangers: dropped without a word */
    MGCP_MALFORMED,
    MGCP_REPEATED_RX, /**< commands that had come before */
    MGCP_REPEATED_TX,
    MGCP_TIMEOUTS,     /**< commands that nobody answered */
    MGCP_REFUSED,      /**< commands that we refused */
    MGCP_FAILED,       /**< commands of ours that were refused */
    MGCP_UNMATCHED,    /**< responses to nothing of ours */
    MGCP_OVERLOADED,   /**< 409 or 101 was said */
    MGCP_OVERSIZED,    /**< 533 was said */
    MGCP_RESTARTS,     /**< RSIPs that came */
    MGCP_DISCONNECTED, /**< peers lost */
    MGCP_UNTOLD,       /**< commands of ours given up while the agent was lost */
    MGCP_NCOUNTERS
};
extern struct rt_counter mgcp_counters[MGCP_NCOUNTERS];

#endif
