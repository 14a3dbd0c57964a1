/* Sessions from inside: one INVITE, its dialog, and what is under way in it.
 *
 * Each concern has its file: session.c the life, _uac and _attempt our INVITE, _early its forks,
 * _uas their INVITE, _reliable provisionals with PRACK, _offer their changes, _change ours, _timer
 * the refreshes, _refer transfers, _inside whatever else we ask in the dialog, _dialog what they
 * ask.
 */
#ifndef SIP_SESSION_H
#define SIP_SESSION_H

#include "sip/dialog.h"
#include "sip/digest.h"
#include "sip/trans.h"

enum sip_session_state {
    SIP_S_CALLING,    /**< our INVITE is out, nothing came */
    SIP_S_PROCEEDING, /**< a provisional came: it may be cancelled now */
    SIP_S_INCOMING,   /**< their INVITE waits for our final answer */
    SIP_S_UP,         /**< a 2xx was sent or received */
    SIP_S_LEAVING,    /**< our BYE is out */
    SIP_S_OVER
};

/** Where offer and answer stand (RFC 3264, RFC 6337 2). */
enum sip_exchange {
    SIP_X_NONE,   /**< nothing was offered yet */
    SIP_X_OURS,   /**< our offer waits for its answer */
    SIP_X_THEIRS, /**< their offer waits for ours */
    SIP_X_AGREED
};

/** Which message carries our answer to the offer that is pending. */
enum sip_vehicle {
    SIP_V_NONE,
    SIP_V_RESPONSE, /**< the 2xx to `offer_st`: re-INVITE, UPDATE, PRACK */
    SIP_V_PRACK,    /**< our PRACK to a provisional that brought an offer */
    SIP_V_ACK       /**< our ACK to a 2xx that brought one */
};

struct sip_attempt;
struct sip_early;
struct sip_reliable;
struct sip_inside;
struct sip_transfer;

struct sip_session {
    UT_hash_handle hh;        /**< in ua->sessions, by our tag */
    UT_hash_handle by_caller; /**< called ones: in ua->callers, by `caller_key` */
    char *caller_key;         /**< Call-ID and the caller's tag (8.2.2.2); a NUL, Request-URI */
    struct sip_ua *ua;
    const struct sip_session_ops *ops; /**< NULL: no owner yet, or no more */
    void *arg;
    const void *peer; /**< whose the call is, as accept() says; held; NULL: anybody's */
    struct sip_session_options opt;
    enum sip_session_state state;
    bool closed; /**< the owner has let go of the handle */
    bool quiet;  /**< the owner knows the end: no callback any more, the rest is protocol */
    struct sip_dialog d;
    enum sip_exchange exchange;
    bool offered; /**< our INVITE had an offer */

    /* what the peer can do, as it last said */
    bool peer_update, peer_100rel, peer_needs_100rel, peer_timer;

    struct sip_attempt *attempt;    /**< our INVITE, until its final answer */
    struct sip_early *early;        /**< its forks that sent reliable provisionals */
    struct sip_ctrans *invite_ct;   /**< our INVITE */
    uint32_t sent_cseq;             /**< its CSeq */
    struct sip_ctrans *reinvite_ct; /**< our last re-INVITE */
    bool reinviting;                /**< it has no final answer yet */
    bool refreshing;                /**< our change is not the owner's but the session timer's */
    bool by_update;                 /**< our last change was an UPDATE */
    bool relays;         /**< offers and answers are those of another session's far end */
    unsigned challenged; /**< times that our re-INVITE was */
    unsigned laters;     /**< times in a row that our change was put off by 500 with Retry-After */
    struct sip_ctrans *cancel_ct;
    struct sip_inside *inside;    /**< our other requests in the dialog */
    struct sip_inside *bye;       /**< the BYE among them */
    struct sip_inside *update;    /**< the UPDATE among them */
    struct sip_strans *invite_st; /**< their INVITE or re-INVITE, until it is acknowledged */
    bool accepted;                /**< invite_st: 2xx sent, ACK awaited */
    uint32_t invite_cseq;         /**< of invite_st, for its ACK */
    struct rt_buf ack;            /**< our ACK to the last 2xx */
    uint32_t ack_cseq;
    struct sip_reliable *reliable; /**< their INVITE: our provisionals with PRACK */
    enum sip_vehicle vehicle;
    struct sip_strans *offer_st;   /**< SIP_V_RESPONSE: UPDATE or PRACK; a re-INVITE is invite_st */
    bool offer_in_prack;           /**< offer_st is a PRACK */
    struct sip_early *offer_early; /**< SIP_V_PRACK: the fork */
    uint32_t offer_cseq;           /**< SIP_V_ACK: of the 2xx */
    char *media_tag;               /**< of the fork whose early description was taken */
    unsigned pracks;               /**< ours under way that belong to an offer or answer */

    struct rt_timer no_answer; /**< Timer C; while nothing came, the time that a hop has */
    struct sip_locate *locate; /**< where the dialog's requests go is being looked up */
    uint32_t ack_waits;        /**< for that: the CSeq of our first ACK; 0: it does not */
    rt_time no_answer_after;
    struct rt_timer repeat; /**< of a 2xx (13.3.1.4), of a reliable provisional (RFC 3262 3), of
                               another one each minute (13.3.1.1) */
    rt_time repeat_interval, repeat_until;
    struct rt_timer glare; /**< until a re-INVITE is tried again (14.1) */
    struct rt_buf reinvite_body, reinvite_type;
    char *asserted;         /**< header fields of our changes, or NULL */
    struct rt_timer expiry; /**< RFC 4028: the next refresh, or the end */
    rt_time interval;       /**< agreed; 0: the session does not expire */
    rt_time min_se;         /**< the largest Min-SE seen; 0: none */
    unsigned raised;        /**< times that a 422 made us raise it, since the last 2xx */
    rt_time dies;           /**< when it ends unless it is refreshed */
    bool refresher;         /**< we are */
    struct {
        bool waits, refresher, able;
        rt_time interval;
    } grant;                       /**< what becomes of these once our 2xx is sent */
    struct sip_auth_state auth;    /**< what servers have asked of us */
    struct sip_transfer *transfer; /**< REFER in either direction */
    rt_time heard;                 /**< the last message of the far end */
    bool asking;                   /**< our OPTIONS has no final response yet */
    bool bye_waits;                /**< closed before the ACK to our 2xx came (15) */
    struct sip_reason bye_reason;
    char *bye_lines; /**< more header fields for it, or NULL */
    const char *bye_type;
    char *bye_body; /**< of that type, for our BYE or our answer to theirs; NULL: none */
    struct rt_defer reaper;
};

/* session.c */
struct sip_session *sip_session_new(struct sip_ua *ua);
void sip_session_free(struct sip_session *s);
/** Says whose it is, once. */
void sip_session_hold(struct sip_session *s, const void *owner);
/** Puts it into the hash, once its tag is known. */
void sip_session_register(struct sip_session *s);
/** Over: tells the owner once; the rest follows when it closes. */
void sip_session_end(struct sip_session *s, enum sip_end why, const struct sip_msg *m);
/** Once it is closed and silent: the last word to the owner in this round, and the end of it. */
void sip_session_reap(struct sip_session *s);
void sip_session_bye(struct sip_session *s, const struct sip_reason *reason);
/** The body that goes with the end; empty: none. */
struct sip_body sip_session_parting(const struct sip_session *s);
/** The dialog is lost (12.2.1.2): BYE, for whoever may still be there. */
void sip_session_lost(struct sip_session *s, enum sip_end why, const struct sip_msg *m);
/** Their INVITE that is under way will get no other answer: 487 when it had none (RFC 3261 15.1.2).
 */
void sip_session_drop_invite(struct sip_session *s);
/** Sends ACK for the 2xx to our INVITE or re-INVITE with that CSeq, or repeats it. */
void sip_session_ack(struct sip_session *s, uint32_t cseq, const struct sip_body *body);
/** Remembers who calls, for sip_session_merged(). ENOMEM. */
int sip_session_register_caller(struct sip_session *s, const struct sip_msg *m);
/** True when this INVITE is here already, having come another way (RFC 3261 8.2.2.2). */
bool sip_session_merged(const struct sip_ua *ua, const struct sip_msg *m);
/** The session of a request inside a dialog, or NULL. */
struct sip_session *sip_session_find(const struct sip_ua *ua, const struct sip_msg *m);
/** Notes what a message of the peer says it can do: Allow, Supported, Require. */
void sip_session_learn(struct sip_session *s, const struct sip_msg *m);
/** The value of Supported under these options (NULL: none are on). */
const char *sip_session_supported(const struct sip_session_options *opt);

/* session_attempt.c: our INVITE as it is sent, and sent again */
/** Keeps what is needed to send it. ENOMEM. */
int sip_attempt_new(struct sip_session *s, const struct sip_invite *inv);
void sip_attempt_free(struct sip_session *s);
/** Sends the INVITE to the hop whose turn it is. `cseq` 0: the next one. */
int sip_attempt_send(struct sip_session *s, uint32_t cseq);
/** A final response, or NULL for silence or a broken way (`result` says which): true when the
 * INVITE has been sent again, elsewhere or better. */
bool sip_attempt_again(struct sip_session *s, enum sip_try result, const struct sip_msg *m);
/** The hop whose turn it is has shown what it is worth; only the first time counts. */
void sip_attempt_tried(struct sip_session *s, enum sip_try result, const struct sip_msg *m);

/** The INVITEs with fewer digits are cancelled: one was answered, or nobody waits any more. */
void sip_attempt_leave_formers(struct sip_session *s);
/** True while every INVITE so far was refused and one with more digits may follow. */
bool sip_attempt_rests(const struct sip_session *s);

/* session_uac.c */
void sip_session_invite_event(void *arg, struct sip_ctrans *t, enum sip_client_event ev,
                              const struct sip_msg *m);
void sip_session_on_no_answer(void *arg);
/** A URI that cannot break out of its place in a header field. */
bool sip_session_clean_uri(struct rt_str uri);
/** Cancels our INVITE now, or as soon as a provisional comes. */
void sip_session_cancel(struct sip_session *s, const struct sip_reason *reason);

/* session_early.c: forks of our INVITE that send reliable provisionals */
struct sip_early {
    struct sip_early *next;
    struct sip_dialog d;
    uint32_t rseq;
    struct rt_buf answer; /**< to our INVITE's offer, should it be wanted later */
    bool agreed;          /**< it was told, or its offer was answered */
};
/** True when the provisional is new: not a repetition, and in its order (RFC 3262 4). `*early` is
 * its fork when it is reliable and wants its PRACK, else NULL. */
bool sip_early_take(struct sip_session *s, const struct sip_msg *m, struct sip_early **early);
struct sip_early *sip_early_find(const struct sip_session *s, struct rt_str tag);
/** `described`: offer or answer was in the provisional. */
void sip_early_prack(struct sip_session *s, struct sip_early *e, const struct sip_body *body,
                     bool described);
/** The fork heard so far is heard no more: what was under way with it comes to nothing, and the
 * INVITE's offer waits for another one. True: the owner is to hear it of a change of his. */
bool sip_early_unhear(struct sip_session *s);
void sip_early_free(struct sip_session *s);

/* session_fork.c */
/** Acknowledges a 2xx that nobody wants, and leaves its dialog. */
void sip_fork_leave(struct sip_ctrans *t, const struct sip_msg *m);
/** Nobody waits for this INVITE any more: whatever still answers it is left. NULL is allowed. */
void sip_fork_orphan(struct sip_ctrans *t);
/** The session is over: its INVITE keeps the ACK for what may be repeated of the 2xx, and the
 * session, which is much larger, need not wait for that. False: it has to. */
bool sip_fork_hand_over(struct sip_session *s);

/* session_uas.c */
#define SIP_PROVISIONAL_REPEAT (60 * RT_S) /* RFC 3261 13.3.1.1: proxies give up after Timer C */

/** A new INVITE: makes the session, tells the owner, answers 100. */
void sip_session_invited(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                         const void *owner);
/** ACK to a 2xx. */
void sip_session_acked(struct sip_session *s, const struct sip_msg *m);
void sip_session_server_event(void *arg, struct sip_strans *t, enum sip_server_event ev,
                              const struct sip_msg *m);
void sip_session_on_repeat(void *arg);
/** Sends 200 to their INVITE or re-INVITE, repeated until the ACK. */
int sip_session_respond_2xx(struct sip_session *s, const struct sip_body *body,
                            struct rt_str further);
/** Sends a response to their INVITE or re-INVITE. EPROTO when there is none to answer. */
int sip_session_respond(struct sip_session *s, struct sip_response *r);
/** The description for a response to their INVITE: NULL once it has arrived for certain. */
const struct sip_body *sip_session_still_to_say(const struct sip_session *s,
                                                const struct sip_body *body);
/** Answered and acknowledged, or as good as that: the rest is the transaction's own affair. */
void sip_session_forget_invite(struct sip_session *s);

/* session_reliable.c: provisionals with PRACK (RFC 3262), as the called side */
/** Says a provisional or the 2xx in its turn. `body` may be NULL. ENOMEM. */
int sip_reliable_say(struct sip_session *s, int status, const struct sip_body *body,
                     const struct sip_reason *reason, struct rt_str lines);
/** True while a provisional waits for its PRACK, or the offer in one for its answer. */
bool sip_reliable_waits(const struct sip_session *s);
/** The same, for a provisional with a description. */
bool sip_reliable_exchanging(const struct sip_session *s);
/** Repeats it, or gives up; says it anew each minute once it was acknowledged. */
void sip_reliable_on_repeat(struct sip_session *s);
/** What waited its turn: each until one waits for its PRACK again. */
void sip_reliable_go_on(struct sip_session *s);
void sip_reliable_prack(struct sip_session *s, const struct sip_msg *m,
                        const struct sip_flow *flow);
void sip_reliable_free(struct sip_session *s);

/* session_offer.c: their changes */
void sip_session_reinvited(struct sip_session *s, const struct sip_msg *m,
                           const struct sip_flow *flow);
void sip_session_updated(struct sip_session *s, const struct sip_msg *m,
                         const struct sip_flow *flow);
/** The offer in their UPDATE or PRACK will get no answer (RFC 3261 15.1.2). */
void sip_session_drop_offer(struct sip_session *s);

/* session_change.c: ours */
/** The fork that our UPDATE went to is gone. True: the owner waits for what becomes of it. */
bool sip_session_drop_update(struct sip_session *s);
/** Tells the owner that nothing came of it. */
void sip_session_no_change(struct sip_session *s);
void sip_session_on_glare(void *arg);
/** Refreshes the session by UPDATE, or by a re-INVITE with the description in use. */
void sip_session_refresh(struct sip_session *s);

/* session_timer.c (RFC 4028) */
/** Appends Session-Expires and Min-SE for a request of ours. */
void sip_expiry_ask(const struct sip_session *s, struct rt_buf *lines);
/** What a request asks for: 0, or 422. */
int sip_expiry_inspect(const struct sip_session_options *opt, const struct sip_msg *m);
/** Appends our Min-SE. */
void sip_expiry_min(const struct sip_session_options *opt, struct rt_buf *lines);
/** Answers 422 with it. */
void sip_expiry_refuse(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow);
/** Chooses what our 2xx to `m` will say. */
void sip_expiry_grant(struct sip_session *s, const struct sip_msg *m);
/** Appends the fields of our 2xx as they were chosen, and starts the timer. */
void sip_expiry_say(struct sip_session *s, struct rt_buf *lines);
/** What their 2xx says; starts the timer. */
void sip_expiry_take(struct sip_session *s, const struct sip_msg *m);
/** 422: remembers its Min-SE. False when it says nothing new. */
bool sip_expiry_raise(struct sip_session *s, const struct sip_msg *m);
/** A refresh was refused, or could not begin (`soon`): once more, unless it is too late. */
void sip_expiry_failed(struct sip_session *s, bool soon);
void sip_session_on_expiry(void *arg);

/* session_refer.c */
void sip_session_referred(struct sip_session *s, const struct sip_msg *m,
                          const struct sip_flow *flow);
void sip_session_notified(struct sip_session *s, const struct sip_msg *m,
                          const struct sip_flow *flow);
void sip_transfer_free(struct sip_session *s);
/** Their REFER that waits for an answer will get no other: 487. */
void sip_transfer_drop(struct sip_session *s);

/* session_locate.c */
/** A target refresh in the dialog (12.2). */
void sip_session_retarget(struct sip_session *s, const struct sip_msg *m);
/** The dialog is made or refreshed: looks up where its requests go, when that is a name. */
void sip_session_locate(struct sip_session *s);

/* session_inside.c: our requests in the dialog that are neither INVITE nor ACK */

/** The final response, or NULL: none came (`ev` says why). The handle is dead after it. */
typedef void sip_inside_fn(struct sip_session *s, enum sip_client_event ev,
                           const struct sip_msg *m);
/** Sends one in dialog `d` (the session's, or a fork's); answers a challenge by itself. `fn` may be
 * NULL. NULL: out of memory. */
struct sip_inside *sip_inside_send(struct sip_session *s, struct sip_dialog *d, const char *method,
                                   const struct sip_extras *x, sip_inside_fn *fn);
/** A fork's dialog is gone: what is under way in it goes on in `to`, or (NULL) is not tried again.
 */
void sip_inside_rebase(struct sip_session *s, const struct sip_dialog *from, struct sip_dialog *to);
/** Nobody waits for its answer any more. */
void sip_inside_forget(struct sip_inside *i);
void sip_inside_free_all(struct sip_session *s);

/* session_auth.c */
/** Challenges answered for one request: that of a server and that of a proxy, and each once more
 * for a nonce that has become stale. */
#define SIP_CHALLENGES_MAX 4
/** Appends what answers the challenge in `m`, if there are credentials for it and they were not
 * refused just now. */
bool sip_session_authorise(struct sip_session *s, const struct sip_msg *m, const char *method,
                           const char *uri, const struct sip_body *body, struct rt_buf *lines);

/** A final response came: unless it is a challenge, what we said of ourselves was believed. */
void sip_session_believed(struct sip_session *s, const struct sip_msg *m);
/** Appends what earlier challenges taught us to say, for a new request. */
void sip_session_introduce(struct sip_session *s, const char *method, const char *uri,
                           const struct sip_body *body, struct rt_buf *lines);

/* session_dialog.c */
/** A request inside the dialog, ACK excepted. */
void sip_session_request(struct sip_session *s, const struct sip_msg *m,
                         const struct sip_flow *flow);
/** Answers over a transaction of its own, so that a repetition gets the same answer. */
void sip_session_answer_request(struct sip_session *s, const struct sip_msg *m,
                                const struct sip_flow *flow, const struct sip_response *r);
void sip_session_answer_status(struct sip_session *s, const struct sip_msg *m,
                               const struct sip_flow *flow, int status);
/** 500 with Retry-After of 0 to 10 s (14.2, RFC 3311 5.2): they shall not all try again at the same
 * instant. */
void sip_session_answer_later(struct sip_session *s, const struct sip_msg *m,
                              const struct sip_flow *flow);

/* inspect.c */
/** How sessions of that owner are held; never NULL. */
const struct sip_session_options *sip_ua_options(const struct sip_ua *ua, const void *owner);
/** What a request outside dialogs, INVITE or OPTIONS, asks for: 0 when we can do it, else the
 * status that refuses it. */
int sip_inspect(const struct sip_session_options *opt, const struct sip_msg *m);
/** The same for a request inside one. */
int sip_inspect_inside(const struct sip_session_options *opt, const struct sip_msg *m);
/** Appends Accept with the bodies that a session's messages may have. */
void sip_accept(struct rt_buf *lines, const struct sip_session_options *opt);
/** Appends the fields with which that status tells how to do better. */
void sip_advise(struct rt_buf *lines, const struct sip_session_options *opt,
                const struct sip_msg *m, int status);

/* ua.c */
/** Answers a request that shall leave no trace: no transaction is made. */
void sip_ua_answer(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                   const struct sip_response *r);

#endif
