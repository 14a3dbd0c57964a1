/* Transactions (RFC 3261 17, RFC 6026): requests that get exactly one final answer each.
 *
 * They live in two hash tables of the user agent and free themselves; an owner holds a pointer only
 * until it is told SIP_TRANS_OVER, or until it detaches.
 */
#ifndef SIP_TRANS_H
#define SIP_TRANS_H

#include "gw/rt/fsm.h"
#include "sip/build.h"

#include <uthash.h>

/* Chains of one or two instead of ten: what is passed over has not been touched for seconds, and
 * lies in memory that no cache has. And not so many small steps up from the start. */
#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 5U
#undef HASH_INITIAL_NUM_BUCKETS
#define HASH_INITIAL_NUM_BUCKETS 256U
#undef HASH_INITIAL_NUM_BUCKETS_LOG2
#define HASH_INITIAL_NUM_BUCKETS_LOG2 8U

struct sip_session;

/** A machine's declaration from its rows and its file's `state_names`, `event_names`, NSTATES and
 * NEVENTS. */
#define SIP_TRANS_SPEC(label, table)                                                               \
    {                                                                                              \
        .name = label, .log = RT_LOG_SIP, .states = state_names, .events = event_names,            \
        .nstates = NSTATES, .nevents = NEVENTS, .rows = table, .nrows = RT_COUNT(table)            \
    }

/* ---- client ---- */

enum sip_client_event {
    SIP_CT_PROVISIONAL,
    SIP_CT_FINAL,     /**< 200..699; a 2xx to INVITE comes again for each copy and fork */
    SIP_CT_TIMEOUT,   /**< Timer B or F */
    SIP_CT_TRANSPORT, /**< could not be sent */
    SIP_CT_OVER       /**< the pointer is dead when this returns; always the last */
};
typedef void sip_client_fn(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                           const struct sip_msg *m);

struct sip_ctrans {
    UT_hash_handle hh;
    struct sip_ua *ua;
    struct rt_fsm fsm;
    char key[SIP_BRANCH_LEN + 16]; /**< branch and method */
    bool invite;
    struct sip_flow flow;
    struct rt_buf wire; /**< the request */
    struct rt_buf udp;  /**< the same for UDP, while it goes by TCP for its size */
    unsigned udp_listener;
    struct rt_buf ack;  /**< to the final response, repeated with it; of a 2xx: once its session
                             is gone */
    struct rt_buf left; /**< INVITE: tags of the forks that were left, each in spaces */
    bool cancelled;     /**< INVITE: CANCEL is out */
    struct rt_timer retransmit, timeout;
    rt_time interval;
    struct rt_defer start; /**< a failure is never reported from inside the call that sends */
    struct sip_session *session;
    sip_client_fn *fn;
    void *arg;
};

/** Sends `wire` (taken over, also on failure) as a new transaction. ENOMEM. */
int sip_ctrans_new(struct sip_ctrans **out, struct sip_ua *ua, const struct sip_flow *flow,
                   const char *branch, const char *method, struct rt_buf *wire,
                   struct sip_session *session, sip_client_fn *fn, void *arg);
/** The owner wants to hear no more; the transaction goes on by itself, for 64*T1 at most. */
void sip_ctrans_detach(struct sip_ctrans *t);
/** Sends CANCEL for an INVITE transaction (RFC 3261 9.1), as a transaction of its own. EPROTO: it
 * has its final response. */
int sip_ctrans_cancel(struct sip_ctrans **out, struct sip_ctrans *invite,
                      const struct sip_reason *reason, sip_client_fn *fn, void *arg);
/** The transaction of a response. NULL: none. */
struct sip_ctrans *sip_ctrans_find(const struct sip_ua *ua, const struct sip_msg *m);
void sip_ctrans_response(struct sip_ctrans *t, const struct sip_msg *m);
/** A connection broke: transactions that wait for an answer over it have failed. */
void sip_ctrans_broken(struct sip_ua *ua, uint64_t conn);
void sip_ctrans_free_all(struct sip_ua *ua);

/* ---- server ---- */

enum sip_server_event {
    SIP_ST_CANCELLED, /**< CANCEL came; it is already answered 200 */
    SIP_ST_ACK,       /**< ACK to a non-2xx: only for the trace */
    SIP_ST_OVER       /**< the pointer is dead when this returns */
};
typedef void sip_server_fn(void *arg, struct sip_strans *t, enum sip_server_event ev,
                           const struct sip_msg *m);

struct sip_strans {
    UT_hash_handle hh;
    struct sip_ua *ua;
    struct rt_fsm fsm;
    bool invite;
    struct sip_source *source; /**< INVITE: whose share it takes, until it is acknowledged */
    struct sip_flow flow;
    struct sip_echo echo; /**< until the final response: nothing is built after it */
    struct rt_buf last;   /**< the last response, as long as it may have to be repeated */
    struct rt_timer retransmit, timeout;
    rt_time interval;
    struct sip_session *session;
    sip_server_fn *fn;
    void *arg;
    char key[];
};

/** A transaction for a request that has none yet; `fn` may be NULL. ENOMEM. */
int sip_strans_new(struct sip_strans **out, const struct sip_msg *m, struct sip_ua *ua,
                   const struct sip_flow *flow, struct sip_session *session, sip_server_fn *fn,
                   void *arg);
/** Answers. A second final answer is not sent. */
void sip_strans_respond(struct sip_strans *t, const struct sip_response *r);
/** Sends the last response once more: the 2xx to an INVITE, whose repetition is the session's. */
void sip_strans_repeat(struct sip_strans *t);
void sip_strans_detach(struct sip_strans *t);
/** The transaction of a request: the INVITE's for its ACK and its CANCEL. NULL: none. */
struct sip_strans *sip_strans_find(const struct sip_ua *ua, const struct sip_msg *m);
/** A request that found its transaction again: a repetition, or the ACK to a non-2xx. */
void sip_strans_again(struct sip_strans *t, const struct sip_msg *m);
/** CANCEL for this INVITE. */
void sip_strans_cancelled(struct sip_strans *t, const struct sip_msg *m);
void sip_strans_free_all(struct sip_ua *ua);

#endif
