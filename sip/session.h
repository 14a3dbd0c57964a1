/* Sessions from inside: one INVITE, its dialog, and what is under way in it. */
#ifndef SIP_SESSION_H
#define SIP_SESSION_H

#include "sip/dialog.h"
#include "sip/trans.h"

enum sip_session_state {
    SIP_S_CALLING,    /**< our INVITE is out, nothing came */
    SIP_S_PROCEEDING, /**< a provisional came: it may be cancelled now */
    SIP_S_INCOMING,   /**< their INVITE waits for our final answer */
    SIP_S_UP,         /**< a 2xx was sent or received */
    SIP_S_LEAVING,    /**< our BYE is out */
    SIP_S_OVER
};

struct sip_session {
    UT_hash_handle hh;        /**< in ua->sessions, by our tag */
    UT_hash_handle by_caller; /**< called ones: in ua->callers, by `caller_key` */
    char *caller_key;         /**< Call-ID and the caller's tag (8.2.2.2) */
    struct sip_ua *ua;
    const struct sip_session_ops *ops; /**< NULL: no owner yet, or no more */
    void *arg;
    enum sip_session_state state;
    bool closed; /**< the owner has let go of the handle */
    bool quiet;  /**< the owner knows the end: no callback any more, the rest is protocol */
    struct sip_dialog d;

    struct sip_ctrans *invite_ct;   /**< our INVITE */
    struct sip_ctrans *reinvite_ct; /**< our last re-INVITE */
    bool reinviting;                /**< it has no final answer yet */
    struct sip_ctrans *cancel_ct;
    struct sip_ctrans *bye_ct;
    struct sip_strans *invite_st; /**< their INVITE or re-INVITE, until it is acknowledged */
    bool accepted;                /**< invite_st: 2xx sent, ACK awaited */
    uint32_t invite_cseq;         /**< of invite_st, for its ACK */
    struct rt_buf ack;            /**< our ACK to the last 2xx */
    uint32_t ack_cseq;
    char *media_tag;    /**< of the fork whose early description was taken */
    struct rt_buf left; /**< tags of the forks that were left, each in spaces */

    struct rt_timer no_answer; /**< Timer C */
    rt_time no_answer_after;
    struct rt_timer repeat; /**< of a 2xx (13.3.1.4), or of a provisional each minute (13.3.1.1) */
    rt_time repeat_interval, repeat_until;
    struct rt_timer glare; /**< until a re-INVITE is tried again (14.1) */
    struct rt_buf reinvite_body, reinvite_type;
    bool bye_waits; /**< closed before the ACK to our 2xx came (15) */
    struct sip_reason bye_reason;
    struct rt_defer reaper;
};

/* session.c */
struct sip_session *sip_session_new(struct sip_ua *ua);
void sip_session_free(struct sip_session *s);
/** Puts it into the hash, once its tag is known. */
void sip_session_register(struct sip_session *s);
/** Over: tells the owner once; the rest follows when it closes. */
void sip_session_end(struct sip_session *s, enum sip_end why, const struct sip_msg *m);
/** Once it is closed and silent: the last word to the owner in this round, and the end of it. */
void sip_session_reap(struct sip_session *s);
void sip_session_bye(struct sip_session *s, const struct sip_reason *reason);
/** Their INVITE that is under way will get no other answer: 487 when it had none (RFC 3261 15.1.2).
 */
void sip_session_drop_invite(struct sip_session *s);
/** Sends ACK for the 2xx `m` to our INVITE or re-INVITE, or repeats it. */
void sip_session_ack(struct sip_session *s, const struct sip_msg *m);
/** Remembers who calls, for sip_session_merged(). ENOMEM. */
int sip_session_register_caller(struct sip_session *s, const struct sip_msg *m);
/** True when this INVITE is here already, having come another way (RFC 3261 8.2.2.2). */
bool sip_session_merged(const struct sip_ua *ua, const struct sip_msg *m);
/** The session of a request inside a dialog, or NULL. */
struct sip_session *sip_session_find(const struct sip_ua *ua, const struct sip_msg *m);

/* session_uas.c */
/** A new INVITE: makes the session, tells the owner, answers 100. */
void sip_session_invited(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                         const void *owner);
/** ACK to a 2xx. */
void sip_session_acked(struct sip_session *s, const struct sip_msg *m);
void sip_session_server_event(void *arg, struct sip_strans *t, enum sip_server_event ev,
                              const struct sip_msg *m);
void sip_session_on_repeat(void *arg);

/* session_uac.c */
void sip_session_on_no_answer(void *arg);
/** Cancels our INVITE now, or as soon as a provisional comes. */
void sip_session_cancel(struct sip_session *s, const struct sip_reason *reason);

/* session_dialog.c */
/** A request inside the dialog, ACK excepted. */
void sip_session_request(struct sip_session *s, const struct sip_msg *m,
                         const struct sip_flow *flow);
void sip_session_on_glare(void *arg);

/* ua.c */
/** Answers a request that shall leave no trace: no transaction is made. */
void sip_ua_answer(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                   const struct sip_response *r);

#endif
