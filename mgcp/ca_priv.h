/* The call agent's side, between its files: gateways and endpoints (ca.c), their commands
 * (ca_command.c), what gateways say on their own (ca_notify.c), service (ca_service.c) and how fast
 * endpoints are looked after when many want it at once (ca_pace.c).
 */
#ifndef MGCP_CA_PRIV_H
#define MGCP_CA_PRIV_H

#include "mgcp/message.h"
#include "mgcp/mgcp.h"
#include "mgcp/peer.h"

#include <uthash.h>

/** Endpoints a second that are looked after, by gateway where nothing is configured, and at least
 * by all gateways of a node together. */
#define MGCP_CA_RATE      200
#define MGCP_CA_NODE_RATE 1000
/** Endpoints of a node that wait for it; a restart of further ones is refused with 409. */
#define MGCP_CA_PENDING_MAX 20000
/** Commands that wait at an endpoint. */
#define MGCP_CA_QUEUE_MAX 64
/** How often a request or a deletion is sent again that was refused by 405 or 409. */
#define MGCP_CA_TRIES 3
/** Between two questions to a gateway that was lost. */
#define MGCP_CA_PROBE (10 * RT_S)

/** Where an endpoint waits to be looked after. The first two are paced. */
enum mgcp_ca_list {
    MGCP_CA_URGENT, /**< it comes back */
    MGCP_CA_IDLE,   /**< the periodic audit */
    MGCP_CA_SOON,   /**< it was busy: again in 5 s */
    MGCP_CA_LATER,  /**< it is not there: again in 5 min */
    MGCP_CA_LISTS   /**< so many; and: in none */
};

/** What for; or-ed. */
enum mgcp_ca_work {
    MGCP_CA_RESTARTED = 1, /**< the owner is told */
    MGCP_CA_AUDIT = 2,
    MGCP_CA_SEND = 4 /**< its commands are held until then */
};

/** A command: waiting, sent, or failed and not told yet. */
struct mgcp_ca_command {
    struct mgcp_ca_command *prev, *next;
    struct mgcp_ca_gateway *g;
    struct mgcp_ca_endpoint *e; /**< NULL: the gateway's own */
    mgcp_done_fn *done;         /**< NULL: nobody wants to know */
    void *arg;
    rt_time sent_at;
    uint32_t rid;         /**< X of the request in it; 0: there is none */
    uint16_t code, cause; /**< of one that failed without being answered */
    uint8_t verb, tries;
    bool flying; /**< the peer has it, and will say what came of it */
    bool failed; /**< in the gateway's list of those */
    bool orphan; /**< likewise: nobody wants to know any more */
    size_t n;
    char lines[]; /**< all but the command line, which is written when it is sent */
};

struct mgcp_ca_endpoint {
    UT_hash_handle hh; /**< by `local`, whatever its case */
    struct mgcp_ca_endpoint *prev, *next;
    struct mgcp_ca_gateway *g;
    const struct mgcp_ca_ops *ops;
    void *arg;
    struct mgcp_ca_command *sent, *queue;
    rt_time due;     /**< while in MGCP_CA_SOON and MGCP_CA_LATER */
    uint32_t rid;    /**< X of the last request that it has; 0: none */
    uint16_t reason; /**< E of the restart that is to be told */
    uint8_t queued;
    uint8_t service; /**< enum mgcp_service */
    uint8_t list;    /**< enum mgcp_ca_list */
    uint8_t work;    /**< enum mgcp_ca_work */
    bool named;      /**< in the answer to "*" */
    char local[];
};

/** The gateways of one node share its rate. */
struct mgcp_ca_pool {
    struct mgcp_ca_pool *prev, *next;
    struct mgcp_node *node;
    unsigned users;
    struct mgcp_ca_gateway *ring; /**< those with paced work, by `turn` */
    unsigned pending;             /**< endpoints in MGCP_CA_URGENT */
    rt_time turn;
    struct rt_timer timer;
};

struct mgcp_ca_gateway {
    struct mgcp_node *node;
    struct mgcp_peer *peer;
    char *name;
    rt_time audit_every;
    unsigned rate;
    bool started;
    bool doubted; /**< a command was not answered, but something was heard since: it is asked */
    bool lost;    /**< it does not answer */
    bool dropped; /**< and its endpoints know */
    struct mgcp_ca_endpoint *endpoints; /**< uthash */
    unsigned in_service, queued;
    rt_time heard_at;      /**< when it last said anything */
    rt_time unanswered_at; /**< when the command was sent that was given up last */
    uint32_t rid;          /**< the last X that was given away */
    /* what callbacks may pull from under us */
    struct mgcp_ca_endpoint *current;  /**< whose owner is being called; NULL: freed meanwhile */
    struct mgcp_ca_command *answering; /**< the one that is being told about */
    struct mgcp_ca_command *failed, *orphans;
    struct rt_defer defer; /**< tells of failed ones, and of the loss of the gateway */
    struct mgcp_ca_command *wild, *question; /**< AUEP of "*"; the one to a lost gateway */
    /* pace */
    struct mgcp_ca_gateway *prev, *next;
    struct mgcp_ca_pool *pool;
    struct mgcp_ca_endpoint *list[MGCP_CA_LISTS];
    rt_time turn, slowed_at;
    unsigned slowed; /**< intervals are 2^n times as long */
    bool ringed;
    struct rt_timer wait, audit, probe;
};

/* ---- ca.c ---- */

/** By the local part of a name, in any case; NULL. */
struct mgcp_ca_endpoint *mgcp_ca_find(struct mgcp_ca_gateway *g, struct rt_str local);
const struct mgcp_peculiar *mgcp_ca_dialect(const struct mgcp_ca_gateway *g);

/* ---- ca_command.c ---- */

/** A response of the peer's. */
void mgcp_ca_response(void *arg, void *command_arg, const struct mgcp_message *m);
/** Sends the next command of an endpoint when nothing is in its way. */
void mgcp_ca_next(struct mgcp_ca_endpoint *e);
/** Audits an endpoint on our own account, unless an audit waits already. */
void mgcp_ca_audit_send(struct mgcp_ca_endpoint *e);
/** A command of the gateway's own: AUEP of `local`. NULL: it could not be sent. */
struct mgcp_ca_command *mgcp_ca_ask(struct mgcp_ca_gateway *g, const char *local);
/** Nobody waits for it any more. NULL is allowed. */
void mgcp_ca_ask_end(struct mgcp_ca_command *c);
/** Frees what the peer had, once it is freed. */
void mgcp_ca_free_orphans(struct mgcp_ca_gateway *g);
/** Fails commands that wait, and with `sent` the one under way; their owners are told in this
 * round. */
void mgcp_ca_fail(struct mgcp_ca_endpoint *e, bool sent, unsigned code, unsigned cause);
/** Tells of failed commands. */
void mgcp_ca_tell_failed(struct mgcp_ca_gateway *g);
/** Frees all commands of an endpoint without a word. */
void mgcp_ca_discard(struct mgcp_ca_endpoint *e);

/* ---- ca_notify.c ---- */

void mgcp_ca_commanded(void *arg, struct mgcp_transaction *t, const struct mgcp_message *m,
                       unsigned refusal);

/* ---- ca_service.c ---- */

/** Tells the owner. False: the endpoint was freed by it. */
bool mgcp_ca_tell(struct mgcp_ca_endpoint *e, enum mgcp_service s, unsigned reason, bool restarted);
/** Its turn has come: does what it waited for. */
void mgcp_ca_serve(struct mgcp_ca_endpoint *e);
/** An endpoint is added to a gateway that has started. */
void mgcp_ca_added(struct mgcp_ca_endpoint *e);
/** What an answer means for the service of the endpoint; an audit's tells the owner more. False: it
 * was freed by its owner. */
bool mgcp_ca_judge(struct mgcp_ca_endpoint *e, const struct mgcp_ca_command *c,
                   const struct mgcp_result *r, const struct mgcp_message *m);
/** True when an answer has a connection's name that can be said again: no blanks, 32 characters. */
bool mgcp_ca_names_connection(const struct mgcp_message *m);
/** A CRCX that was done, or may have been, without telling the connection's name: what its call has
 * at the endpoint is deleted. */
void mgcp_ca_delete_nameless(struct mgcp_ca_command *c, const struct mgcp_message *m);
/** The answer to AUEP of "*". */
void mgcp_ca_named(struct mgcp_ca_gateway *g, const struct mgcp_message *m);
void mgcp_ca_reached(void *arg, bool answers);
/** The question to a gateway that was doubted is through. */
void mgcp_ca_questioned(struct mgcp_ca_gateway *g, bool answered);
/** The end of the round in which it was lost. */
void mgcp_ca_drop(struct mgcp_ca_gateway *g);

/** RSIP (2.3.12). */
struct mgcp_ca_restart {
    enum {
        MGCP_CA_GRACEFUL,
        MGCP_CA_FORCED,
        MGCP_CA_RESTART,
        MGCP_CA_DISCONNECTED,
        MGCP_CA_CANCEL,
        MGCP_CA_METHODS
    } method;
    unsigned delay, reason;
};
/** The method's name in RM; MGCP_CA_METHODS: none of them. */
unsigned mgcp_ca_method(struct rt_str text);
void mgcp_ca_restart(struct mgcp_ca_endpoint *e, const struct mgcp_ca_restart *r);
/** Timers of a gateway. */
void mgcp_ca_on_audit(void *arg);
void mgcp_ca_on_probe(void *arg);

/* ---- ca_pace.c ---- */

/** Joins the pool of the gateway's node; ENOMEM. */
int mgcp_ca_pace_join(struct mgcp_ca_gateway *g);
void mgcp_ca_pace_leave(struct mgcp_ca_gateway *g);
/** Adds work for an endpoint. It moves to `list` from a less urgent one. */
void mgcp_ca_work(struct mgcp_ca_endpoint *e, unsigned work, enum mgcp_ca_list list);
/** It has nothing to wait for any more. */
void mgcp_ca_idle(struct mgcp_ca_endpoint *e);
/** The gateway said that it has too much to do. */
void mgcp_ca_slow(struct mgcp_ca_gateway *g);
/** Endpoints that wait have been there for long enough. */
void mgcp_ca_on_wait(void *arg);

#endif
