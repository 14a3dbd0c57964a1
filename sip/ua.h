/* The user agent's inside: what transactions, sessions and dispatch share. */
#ifndef SIP_UA_H
#define SIP_UA_H

#include "sip/message.h"
#include "sip/transport.h"

#define SIP_TAG_LEN    17 /* 16 hexadecimal digits: 64 random bits (RFC 3261 19.3 wants 32) */
#define SIP_BRANCH_LEN 32

struct sip_ctrans;
struct sip_strans;
struct sip_guard;

struct sip_ua {
    struct rt_loop *loop;
    struct sip_ua_config cfg;
    const struct sip_ua_ops *ops;
    void *arg;
    rt_time t1, t2, t4;
    struct sip_transports *transports;
    struct sip_guard *guard;
    struct sip_ctrans *client;    /**< uthash by branch and method */
    struct sip_strans *server;    /**< uthash by branch, sent-by and method */
    struct sip_session *sessions; /**< uthash by our tag */
    struct sip_session *walk;     /**< where sip_ua_walk() goes on; NULL: at its end */
    struct sip_session *callers;  /**< uthash by Call-ID and caller's tag: for merged requests */
    struct sip_msg msg;           /**< the message being handled */
    struct sip_sieve *sieve;      /**< sip/sieve.h */
};

/** Sends and traces. The errno of what failed at once. */
int sip_ua_send(struct sip_ua *ua, struct sip_flow *flow, struct rt_str wire,
                struct sip_session *session);
/** Tells the owner of a message received. */
void sip_ua_trace(struct sip_ua *ua, struct sip_session *session, struct rt_str wire,
                  const struct sip_flow *flow);

#endif
