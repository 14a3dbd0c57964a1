/* The gateway's role inside the folder: what it knows of its endpoints and their connections, and
 * the seam between connection handling (gw*.c here) and events (gw_events.h).
 *
 * Every command is checked over all endpoints that it names, then done: so one for many endpoints,
 * and one with a request for events in it, is done as a whole or not at all (4.4.2, 4.4.3).
 */
#ifndef MGCP_GW_PRIV_H
#define MGCP_GW_PRIV_H

#include "mgcp/message.h"
#include "mgcp/mgcp.h"
#include "mgcp/name.h"
#include "mgcp/package.h"
#include "mgcp/peer.h"

#include <uthash.h>

/** Connections that an endpoint may have; 540 beyond. */
#define MGCP_GW_CONNECTIONS 4
/** Digits of an id, and the NUL (3.2.2.5). */
#define MGCP_ID_LEN 33

struct mgcp_events_plan;
struct mgcp_gw_events;
struct mgcp_gw_rsip;
struct mgcp_gw_sent;

/** Where an endpoint stands towards its agent (4.4.5). */
enum mgcp_gw_service {
    MGCP_GW_QUIET,      /**< made, not announced yet */
    MGCP_GW_RESTARTING, /**< RSIP restart is due or under way: 405 */
    MGCP_GW_IN_SERVICE,
    MGCP_GW_DISCONNECTED, /**< in service, but its agent does not answer */
    MGCP_GW_OUT           /**< out of service: 501 */
};

/** Bearer information (EPCF, 2.3.2): how the endpoint's side is coded. */
enum mgcp_bearer { MGCP_BEARER_UNSET, MGCP_BEARER_A, MGCP_BEARER_MU };

struct mgcp_gw_connection {
    struct mgcp_gw_connection *prev, *next; /**< of the endpoint */
    struct mgcp_gw_endpoint *endpoint;
    char id[MGCP_ID_LEN], call[MGCP_ID_LEN];
    enum mgcp_mode mode;
    char *options;        /**< L as it holds; NULL: none was given */
    char *local, *remote; /**< descriptions; NULL: none yet. Signals need a remote one (527) */
    void *owned;
};

struct mgcp_gw_endpoint {
    UT_hash_handle hh; /**< by `key` */
    struct mgcp_gw *gw;
    char *name; /**< local part as configured */
    char *key;  /**< the same in lower case */
    const struct mgcp_gw_ops *ops;
    void *arg;
    struct mgcp_gw_connection *connections; /**< at most MGCP_GW_CONNECTIONS */
    struct mgcp_gw_events *events;          /**< requested events, signals...; NULL until used */
    struct mgcp_gw_sent *sent;              /**< commands of ours that are not answered yet */
    char *notified;                         /**< N; NULL: the configuration's agents */
    struct mgcp_gw_rsip *rsip;              /**< the announcement it is part of; NULL: none */
    struct mgcp_gw_endpoint *rsip_prev, *rsip_next;
    unsigned number;       /**< in order of making */
    uint16_t reason;       /**< of the last change of service (2.5) */
    uint8_t service;       /**< enum mgcp_gw_service */
    uint8_t kind;          /**< enum mgcp_endpoint_kind */
    uint8_t bearer;        /**< enum mgcp_bearer */
    uint16_t graceful : 1, /**< it goes out of service when it is idle */
        picked : 1,        /**< while names are merged */
        refused : 1;       /**< RSIP was refused for good: nothing more until a command comes */
};

/** RM (3.2.2.24). */
enum mgcp_gw_method {
    MGCP_RM_RESTART,
    MGCP_RM_FORCED,
    MGCP_RM_GRACEFUL,
    MGCP_RM_CANCEL,
    MGCP_RM_DISCONNECTED,
    MGCP_RM_COUNT
};

struct mgcp_gw {
    struct mgcp_node *node;
    struct rt_loop *loop;
    struct mgcp_peer *peer;
    struct mgcp_gw_endpoint *endpoints; /**< by key */
    unsigned nendpoints, made;
    struct mgcp_restart restart;
    enum mgcp_profile profile;
    bool foreign, started;
    char *notified;                /**< N that the peer is turned to; NULL: none */
    char *domain;                  /**< ours as the agent wrote it last (2.1.2); NULL: the node's */
    char *agents[MGCP_AGENTS_MAX]; /**< of the configuration */
    unsigned nagents;
    struct mgcp_gw_rsip *rsips; /**< announcements, in order */
    struct rt_defer gather;     /**< changes of this turn are told together */
};

/** A command that is being done. */
struct mgcp_gw_request {
    struct mgcp_gw *gw;
    struct mgcp_transaction *t;
    const struct mgcp_message *m;
    struct mgcp_gw_endpoint **endpoint; /**< all that it names */
    unsigned n;
    enum mgcp_wildcard kind;
    struct rt_buf out;   /**< lines and descriptions of the answer */
    const char *package; /**< of a code 8xx; NULL */
    const char *comment; /**< NULL: the code's own */
};

/** What a command does beside its own work: an encapsulated request for events, EPCF, and N. */
struct mgcp_gw_also {
    struct mgcp_events_plan *events;
    bool with_events, with_bearer, with_notified;
    enum mgcp_bearer bearer;
};

/* ---- gw.c ---- */

/** By the local part of a name, in any case; NULL: none. */
struct mgcp_gw_endpoint *mgcp_gw_find(struct mgcp_gw *g, struct rt_str local);
/** The connection with this id; NULL. */
struct mgcp_gw_connection *mgcp_gw_connection(const struct mgcp_gw_endpoint *e, struct rt_str id);
/** The whole name "aaln/1@[192.0.2.1]". */
void mgcp_gw_full_name(const struct mgcp_gw_endpoint *e, struct rt_buf *out);
/** A connection with an id, not linked to the endpoint yet. NULL: ENOMEM. */
struct mgcp_gw_connection *mgcp_gw_connection_new(struct mgcp_gw_endpoint *e);
/** Unlinks a connection and frees it; its events are gone and its owner knows. */
void mgcp_gw_connection_free(struct mgcp_gw_connection *c);
/** As after a restart: no connection, no event. */
void mgcp_gw_endpoint_clear(struct mgcp_gw_endpoint *e);
/** Copies `s` over `*text`; no text: NULL. Without memory `*text` stays. ENOMEM. */
int mgcp_gw_set_text(char **text, struct rt_str s);

/* ---- gw_dispatch.c ---- */

/** What the peer hands over; mgcp_peer_ops.command. */
void mgcp_gw_on_command(void *arg, struct mgcp_transaction *t, const struct mgcp_message *m,
                        unsigned refusal);
/** The endpoint in service, without connections and other than `but`, that a name with "$" may
 * stand for; NULL: none. `*known`: the name names some at all. */
struct mgcp_gw_endpoint *mgcp_gw_pick(struct mgcp_gw *g, struct rt_str local,
                                      const struct mgcp_gw_endpoint *but, bool *known);
/** First phase of what a command does beside its own work. 200, or the code that refuses. */
unsigned mgcp_gw_also_check(struct mgcp_gw_request *r, struct mgcp_gw_endpoint *e,
                            struct mgcp_gw_connection *created, struct mgcp_gw_also *out);
void mgcp_gw_also_commit(struct mgcp_gw_request *r, struct mgcp_gw_endpoint *e,
                         struct mgcp_gw_also *a);
void mgcp_gw_also_drop(struct mgcp_gw_also *a);

/* ---- gw_connect.c, gw_delete.c, gw_audit.c, gw_bulk.c: 200, 250, or the code that refuses ---- */

unsigned mgcp_gw_crcx(struct mgcp_gw_request *r);
unsigned mgcp_gw_mdcx(struct mgcp_gw_request *r);
unsigned mgcp_gw_dlcx(struct mgcp_gw_request *r);
unsigned mgcp_gw_auep(struct mgcp_gw_request *r);
unsigned mgcp_gw_aucx(struct mgcp_gw_request *r);
/** The value of a line of a package, "BA/F", in any case; no text: there is none. */
struct rt_str mgcp_gw_package_line(const struct mgcp_message *m, const char *name);
/** AUEP with BA/F (RFC 3624). */
unsigned mgcp_gw_bulk(struct mgcp_gw_request *r);
/** Deletes a connection; its statistics, where `out` is not NULL and there are any. */
void mgcp_gw_delete(struct mgcp_gw_connection *c, struct mgcp_statistics *out);
/** Once a connection is gone: an endpoint that waited to be idle goes out of service. */
void mgcp_gw_idle(struct mgcp_gw_endpoint *e);

/* ---- gw_send.c ---- */

/** A command from us: `lines` are whole lines with their line ends, in the standard's order. With
 * `with` it goes in the datagram of the command before, if that is not answered yet. What NTFY came
 * to is told to mgcp_events_notify_answered(). ENOMEM, ENOTCONN. */
int mgcp_gw_command(struct mgcp_gw_endpoint *e, enum mgcp_verb v, struct rt_str lines, bool with);
/** Says RSIP for the endpoints of `s->rsip`, or readies it to go behind an answer (`*text` is to be
 * released then). ENOMEM, ENOTCONN. */
int mgcp_gw_send_rsip(struct mgcp_gw *g, struct mgcp_gw_rsip *r, const char *name,
                      struct rt_str lines, struct mgcp_gw_sent **out, uint32_t *tid,
                      struct rt_buf *text);
/** Its answer is not waited for any more. NULL is allowed. */
void mgcp_gw_forget(struct mgcp_gw *g, struct mgcp_gw_sent *s);
/** What was held back while the endpoint was restarting or disconnected: goes now; or is given up.
 */
void mgcp_gw_release(struct mgcp_gw_endpoint *e);
void mgcp_gw_give_up(struct mgcp_gw_endpoint *e);
/** Nothing of this endpoint is told any more. */
void mgcp_gw_forget_all(struct mgcp_gw_endpoint *e);
/** What the peer hands over; mgcp_peer_ops.response. */
void mgcp_gw_on_response(void *arg, void *command_arg, const struct mgcp_message *m);
/** Whether N may be followed: 200, 510. */
unsigned mgcp_gw_notified_check(struct mgcp_gw *g, const struct mgcp_transaction *t,
                                struct rt_str n);
/** Follows N (empty: the source of `t`), as mgcp_peer_redirect(). */
int mgcp_gw_notified(struct mgcp_gw_endpoint *e, const struct mgcp_transaction *t, struct rt_str n);
/** The notified entity as N has it. */
void mgcp_gw_write_notified(const struct mgcp_gw_endpoint *e, struct rt_buf *out);

/* ---- gw_packages.c ---- */

/** Packages of this kind of endpoint in their order, ended by NULL. The first is the default. */
const char *const *mgcp_gw_packages(enum mgcp_endpoint_kind kind);
/** The package that `name` is on this endpoint (empty: the default one); NULL: 518. */
const struct mgcp_package *mgcp_gw_package(const struct mgcp_gw_endpoint *e, struct rt_str name);
/** "L:1,G:1" as in PL; without `versions` "L;G" as in A. */
void mgcp_gw_write_packages(const struct mgcp_gw_endpoint *e, bool versions, struct rt_buf *out);
/** Checks "package/symbol" to be detected (`signal` false) or applied, on a connection or not: 200,
 * 518, 522, 512 or 513, 538, in this order. `*sym` is it then. `with_params`: parentheses came. */
unsigned mgcp_gw_symbol(const struct mgcp_gw_endpoint *e, struct rt_str package, struct rt_str name,
                        bool signal, bool connection, bool with_params,
                        const struct mgcp_package **pkg, const struct mgcp_symbol **sym);

/* ---- events: gw_request.c, gw_detect.c, gw_signal.c ---- */

/** First phase of RQNT, or of the lines R S D T Q X N in CRCX, MDCX, DLCX: 200 and a plan, which is
 * committed or dropped in the same turn, or the code that refuses. `created`: what @$ stands for.
 */
unsigned mgcp_events_check(struct mgcp_gw_endpoint *e, const struct mgcp_message *m,
                           struct mgcp_gw_connection *created, struct mgcp_events_plan **out);
void mgcp_events_commit(struct mgcp_gw_endpoint *e, struct mgcp_events_plan *p);
/** NULL is allowed. */
void mgcp_events_drop(struct mgcp_events_plan *p);
/** As after a restart: no events, no signals, nothing observed; frees `e->events`. */
void mgcp_events_reset(struct mgcp_gw_endpoint *e);
/** The connection goes: its events and signals with it. It is still whole. */
void mgcp_events_connection_gone(struct mgcp_gw_endpoint *e, struct mgcp_gw_connection *c);
/** Writes the value of R, S, D, T, Q, X, O or ES for AUEP. */
void mgcp_events_audit(const struct mgcp_gw_endpoint *e, enum mgcp_param p, struct rt_buf *out);
/** A NTFY was answered; 0: nobody answered. */
void mgcp_events_notify_answered(struct mgcp_gw_endpoint *e, unsigned code);
/** No NTFY is to be answered any more: what waited for that goes on. */
void mgcp_events_told(struct mgcp_gw_endpoint *e);
/** Fills in signals, requested, quarantined. */
void mgcp_events_status(const struct mgcp_gw_endpoint *e, struct mgcp_gw_endpoint_status *out);
/** A NTFY is not answered yet, or the next RQNT is waited for (BA/S: N). */
bool mgcp_events_notifying(const struct mgcp_gw_endpoint *e);
/** A signal that is on or has a time-out is there (BA/S: S). */
bool mgcp_events_signalling(const struct mgcp_gw_endpoint *e);

/* ---- gw_restart.c ---- */

/** RM as text. */
const char *mgcp_gw_method_name(enum mgcp_gw_method m);
/** A command came for it: likewise, at once. */
void mgcp_gw_commanded(struct mgcp_gw_endpoint *e);
/** A command came for a disconnected endpoint: a new RSIP is ready, which goes behind the answer
 * (4.4.7). NULL: none. `*text` is to be released. */
struct mgcp_gw_sent *mgcp_gw_piggyback(struct mgcp_gw_endpoint *e, uint32_t *tid,
                                       struct rt_buf *text);
/** The agent does not answer this endpoint (4.4.7). */
void mgcp_gw_disconnected(struct mgcp_gw_endpoint *e);
/** It has to be told the agent, together with others of this turn. */
void mgcp_gw_announce(struct mgcp_gw_endpoint *e, enum mgcp_gw_method method);
/** It is part of no announcement any more. */
void mgcp_gw_unannounce(struct mgcp_gw_endpoint *e);
/** The answer to RSIP; NULL: none came. */
void mgcp_gw_rsip_answered(struct mgcp_gw_rsip *r, const struct mgcp_message *m);
/** Seconds of RD that a RSIP would have now. */
unsigned mgcp_gw_restart_delay(const struct mgcp_gw_endpoint *e);
void mgcp_gw_restart_init(struct mgcp_gw *g);
/** Every announcement ends unsaid. */
void mgcp_gw_restart_free(struct mgcp_gw *g);

/* ---- gw_rsip.c: announcements as sets of endpoints ---- */

/** Endpoints that are told the agent by one RSIP, once its name is known. */
struct mgcp_gw_rsip {
    struct mgcp_gw_rsip *prev, *next;
    struct mgcp_gw *gw;
    struct mgcp_gw_endpoint *endpoints;
    unsigned n;
    char *name;                /**< NULL: not named yet, more may join */
    struct mgcp_gw_sent *sent; /**< under way */
    struct rt_timer timer;     /**< until it is said */
    rt_time first;             /**< of the timer, once the turn is over */
    rt_time delay;             /**< of the timer after a failure; 0: there was none */
    rt_time since;             /**< the agent was lost; 0: it was not */
    rt_time ended;             /**< likewise, or the last procedure ended */
    uint16_t reason;
    uint8_t method, redirects;
    bool gathering; /**< goes on at the end of this turn */
};
/** NULL: ENOMEM. */
struct mgcp_gw_rsip *mgcp_gw_rsip_new(struct mgcp_gw *g, enum mgcp_gw_method method,
                                      unsigned reason);
void mgcp_gw_rsip_free(struct mgcp_gw_rsip *r);
void mgcp_gw_rsip_add(struct mgcp_gw_rsip *r, struct mgcp_gw_endpoint *e);
void mgcp_gw_rsip_remove(struct mgcp_gw_endpoint *e);
/** One that the same may still join; NULL: none. */
struct mgcp_gw_rsip *mgcp_gw_rsip_open(struct mgcp_gw *g, enum mgcp_gw_method method,
                                       unsigned reason);
/** Makes as few of it as wildcards allow, each with its name and for one agent; `r` is dead then.
 * `*out` is to be freed. ENOMEM: `r` is as before. */
int mgcp_gw_rsip_split(struct mgcp_gw_rsip *r, struct mgcp_gw_rsip ***out, unsigned *n);
/** The timer's: gw_restart.c. */
void mgcp_gw_rsip_due(void *arg);

#endif
