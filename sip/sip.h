/* The SIP user agent: sessions that a gateway starts and receives, over UDP and TCP.
 *
 * One `sip_ua` per gateway: transports, transactions (RFC 3261 17, RFC 6026), dialogs, INVITE
 * sessions. Bodies are octets here; what SDP means is the owner's business. All of it runs in one
 * thread, the loop's.
 */
#ifndef SIP_SIP_H
#define SIP_SIP_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"
#include "gw/rt/tls.h"
#include "sip/config.h"
#include "sip/contact.h"
#include "sip/digest.h"
#include "sip/uri.h"
#include "sip/value.h"

#include <stdbool.h>

struct sip_ua;
struct sip_session;

#define SIP_HOPS_MAX  16
#define SIP_ASIDE_MAX 4

/** Where requests go: the next hop, already resolved. */
struct sip_hop {
    enum sip_transport transport;
    union rt_addr addr;
    const char *domain; /**< TLS: the name its certificate must bear (RFC 5922 7.1); borrowed until
                           the call returns. NULL: the address itself */
    uint64_t conn;      /**< an open connection that is used as long as it lives; 0: any */
};

/** One header field to add to a message, or one received: name without colon, value without CRLF.
 */
struct sip_header {
    struct rt_str name, value;
};

/** A message's body; both empty: none. Borrowed. */
struct sip_body {
    struct rt_str type; /**< "application/sdp" */
    struct rt_str data;
};

/** The causes carried by Reason header fields (RFC 3326, in responses RFC 6432, location RFC 8606).
 */
struct sip_reason {
    int q850;     /**< 1..127, or 0: none given */
    int location; /**< Q.850 location code 0..15, or -1 */
    int sip;      /**< SIP status given as the reason, or 0 */
    char text[64];
};

/** A received request or response as its owner needs it; borrowed, valid during the callback. */
struct sip_message {
    int status;           /**< responses: 100..699; requests: 0 */
    struct rt_str method; /**< requests */
    struct rt_str request_uri;
    struct rt_str from_uri, to_uri; /**< addr-spec alone */
    struct rt_str from_name;        /**< display name, without quotes: sip_copy_quoted() */
    struct rt_str call_id;
    struct rt_str contact_uri; /**< the first Contact, empty: none */
    struct sip_body body;
    struct sip_body aside[SIP_ASIDE_MAX]; /**< responses to INVITE: what stands beside a
                                             description, or instead of it */
    unsigned nasides;
    struct sip_reason reason;
    int max_forwards;        /**< requests: 0..255; 70 when the field is absent */
    int retry_after;         /**< responses: seconds; -1: not given */
    bool offer;              /**< the body is an offer: sip_session_answer() or _decline() it */
    union rt_addr from_addr; /**< where it really came from */
    enum sip_transport transport;
    uint64_t conn;       /**< the connection it came over; 0: UDP */
    const void *parsed;  /**< for sip_message_header() */
    const void *overlay; /**< the owner's: what it reads instead of header fields; NULL */
};

/** The `i`-th header field of that name (long form, any case), or an empty slice. */
struct rt_str sip_message_header(const struct sip_message *m, const char *name, unsigned i);

/** Copies a quoted string's inside without its escapes, cut if need be, always NUL-terminated. */
void sip_copy_quoted(char *out, size_t cap, struct rt_str quoted);

/** How a session ended when nobody here asked for it. */
enum sip_end {
    SIP_END_REFUSED,   /**< final response 300..699 to our INVITE: `msg` has it */
    SIP_END_TIMEOUT,   /**< our INVITE was never finally answered (Timer B, or Timer C after a
                          provisional) */
    SIP_END_TRANSPORT, /**< could not be sent */
    SIP_END_BYE,       /**< the far end sent BYE */
    SIP_END_CANCEL,    /**< the far end cancelled its INVITE; 200 and 487 are already sent */
    SIP_END_NO_ACK,    /**< our 2xx was never acknowledged (64*T1); BYE is already sent */
    SIP_END_NO_PRACK,  /**< our reliable provisional was never acknowledged; 504 is already sent */
    SIP_END_EXPIRED,   /**< the session was not refreshed (RFC 4028 10); BYE is already sent */
    SIP_END_GONE       /**< a request inside the dialog got 481 or 408, or nothing (RFC 5057) */
};

/** What became of one of the places that an INVITE was sent to. */
enum sip_try { SIP_TRY_ANSWERED, SIP_TRY_BUSY, SIP_TRY_TIMEOUT, SIP_TRY_TRANSPORT };

/** What a session tells its owner. Any may call any sip_session_* function, sip_session_close()
 * included. */
struct sip_session_ops {
    /** 101..199 to our INVITE. Each fork that answers is told; `msg->body` is only set for the
     * first stream chosen. */
    void (*provisional)(void *arg, struct sip_session *s, const struct sip_message *msg);
    /** The first 2xx to our INVITE; ACK has been sent. Later 2xx of other forks are acknowledged
     * and released inside. */
    void (*answered)(void *arg, struct sip_session *s, const struct sip_message *msg);
    /** ACK to our 2xx; its body is the answer when the INVITE had no offer. */
    void (*acked)(void *arg, struct sip_session *s, const struct sip_message *msg);
    /** A re-INVITE, or an offer in UPDATE or PRACK: sip_session_answer() or sip_session_decline(),
     * now or later. An empty body (re-INVITE only) asks us for an offer. */
    void (*reinvited)(void *arg, struct sip_session *s, const struct sip_message *msg);
    /** An UPDATE without an offer; it is answered by itself. May be NULL. */
    void (*updated)(void *arg, struct sip_session *s, const struct sip_message *msg);
    /** A final response to sip_session_reinvite() or sip_session_update(): 200..699, or 0 when none
     * came, or the fork that got our UPDATE is gone. */
    void (*reanswered)(void *arg, struct sip_session *s, int status, const struct sip_message *msg);
    /** Our description as it is now, for a re-INVITE that only refreshes the session (RFC 4028
     * 7.4). May be NULL: then only UPDATE refreshes. */
    void (*describe)(void *arg, struct sip_session *s, struct sip_body *out);
    /** REFER: sip_session_refer_answer(), now or later. May be NULL: 603. */
    void (*referred)(void *arg, struct sip_session *s, const struct sip_message *msg);
    /** One of the INVITE's hops has shown what it is worth: once for each that was tried, but for
     * the one where the call was given up. May be NULL. */
    void (*tried)(void *arg, struct sip_session *s, const struct sip_hop *hop, enum sip_try result,
                  const struct sip_message *msg);
    /** INFO inside the dialog: the status to answer, 200 or 415. May be NULL: then INFO gets 405.
     */
    int (*info)(void *arg, struct sip_session *s, const struct sip_message *msg);
    /** Over. `msg` is NULL when no message caused it. The handle stays until sip_session_close().
     */
    void (*ended)(void *arg, struct sip_session *s, enum sip_end why,
                  const struct sip_message *msg);
    /** The last word, some time after sip_session_close(): the far end's answers to what the close
     * sent have been traced, and the handle is dead. May be NULL. */
    void (*gone)(void *arg, struct sip_session *s);
};

/** What an owner answers to a request that makes no session. */
struct sip_reply {
    int status;          /**< 200..699, 0: say nothing */
    struct rt_buf lines; /**< header fields, each "Name: value\r\n"; freed by the user agent */
};

typedef void sip_friend_fn(void *ctx, const struct rt_cidr *block);

struct sip_ua_ops {
    /** Whose is this request? A non-NULL owner lets it in. NULL: `refusal` is answered (it is 403
     * unless changed: 401 with its challenge), and nothing is made of it. Asked for every request
     * but ACK and CANCEL of transactions that are already here. */
    const void *(*accept)(void *arg, const struct sip_message *msg, struct sip_reply *refusal);
    /** A request outside any dialog that is neither INVITE, OPTIONS nor one of a session: REGISTER
     * and NOTIFY above all. May be NULL, or leave `reply` as it is: 405, to NOTIFY 481. */
    void (*request)(void *arg, const void *owner, const struct sip_message *msg,
                    struct sip_reply *reply);
    /** A new INVITE (a 100 goes out by itself within 200 ms). The callee calls sip_session_own()
     * and answers now or later, or sip_session_refuse() and close. `owner` is what accept() gave.
     */
    void (*invite)(void *arg, struct sip_session *s, const void *owner,
                   const struct sip_message *msg);
    /** How sessions of that owner are held; borrowed for the call. May be NULL: no extensions. */
    const struct sip_session_options *(*options)(void *arg, const void *owner);
    /** A session keeps its owner, who may be gone from accept() meanwhile: held when it is made,
     * dropped when it is freed. May be NULL. */
    void (*hold)(void *arg, const void *owner);
    void (*drop)(void *arg, const void *owner);
    /** Whether two owners stand for the same peer. May be NULL: when they are one and the same. */
    bool (*same)(void *arg, const void *a, const void *b);
    /** Whether nobody at this address is ever banned: a peer of the plan. May be NULL: none is. */
    bool (*spared)(void *arg, const union rt_addr *from);
    /** Calls `fn` with each block of addresses that peers send from. May be NULL. */
    void (*friends)(void *arg, sip_friend_fn *fn, void *ctx);
    /** Whether a new call has to be refused for want of room in the whole of us, before anything is
     * made of it: the seconds after which it may be tried again; 0: it is welcome. `reason` is
     * filled in. May be NULL. */
    unsigned (*full)(void *arg, const void *owner, const struct sip_message *msg,
                     struct sip_reason *reason);
    /** Each message on the wire that belongs to a session or is about to (retransmissions too): for
     * the ladder and the trace. `session` is NULL for what has none, `local` when we do not listen
     * there. May be NULL. */
    void (*trace)(void *arg, struct sip_session *session, bool sent, struct rt_str wire,
                  const union rt_addr *local, const union rt_addr *peer);
};

/** What we can use. */
struct sip_means {
    unsigned transports; /**< bit n: enum sip_transport n */
    bool ipv4, ipv6;
    bool ipv6_first; /**< of a server that has both */
};

struct rt_dns;

struct sip_listen {
    enum sip_transport transport;
    union rt_addr addr;
};

struct sip_ua_config {
    struct sip_listen listen[8];
    unsigned nlisten;
    union rt_addr advertise; /**< host for Via and Contact; none: the interface towards the peer */
    const char *user_agent;  /**< for Server and User-Agent, borrowed for the life of the ua */
    struct rt_dns *dns;     /**< for names in routes and contacts; borrowed; NULL: requests go where
                               the dialog began */
    struct sip_means means; /**< with `dns`: what can be used */
    rt_time t1, t2, t4;     /**< 0: 500 ms, 4 s, 5 s (RFC 3261 17) */
    struct rt_tls *tls;     /**< borrowed for the life of the ua; NULL: no TLS */
    unsigned connections;   /**< accepted at the same time; 0: 1024 */
    unsigned per_source;    /**< of these from one address; 0: 64 */
    rt_time idle;           /**< an unused connection is closed after it; 0: 15 min */
    rt_time keepalive;      /**< pings on connections we opened (RFC 5626 4.4.1); 0: none */
    size_t max_udp;         /**< larger requests go by TCP (RFC 3261 18.1.1); 0: 1300 octets */
    struct sip_limits limits;
};

/** Opens every listener; on failure nothing stays open and `*failed` (if given) is the index of the
 * one that failed. */
int sip_ua_new(struct sip_ua **out, struct rt_loop *loop, const struct sip_ua_config *cfg,
               const struct sip_ua_ops *ops, void *arg, unsigned *failed);
/** Closes the sockets and frees everything; sessions still open are forgotten without a message. */
void sip_ua_free(struct sip_ua *ua);
/** Live server and client transactions and dialogs: for `show status` and the tests' leak checks.
 */
struct sip_usage {
    unsigned client, server, dialogs, sessions, streams;
};
void sip_ua_usage(const struct sip_ua *ua, struct sip_usage *out);

/* ---- floods ---- */

/** A source that is not listened to. */
struct sip_banned {
    union rt_addr addr; /**< port 0; of IPv6 the /64 around it */
    rt_time since, until;
    uint64_t ignored; /**< messages of it; not those that the kernel has dropped */
};
typedef void sip_banned_fn(void *arg, const struct sip_banned *b);
void sip_ua_bans(struct sip_ua *ua, sip_banned_fn *fn, void *arg);
/** ENOENT: it is not banned. */
int sip_ua_unban(struct sip_ua *ua, const union rt_addr *addr);
/** What floods do to us. */
struct sip_siege {
    unsigned bans;
    bool besieged;    /**< most strangers' datagrams are dropped by the kernel, unseen */
    uint64_t dropped; /**< datagrams that the kernel has dropped, for that or for want of room */
};
void sip_ua_siege(const struct sip_ua *ua, struct sip_siege *out);

/* ---- requests outside any dialog ---- */

struct sip_outside;

/** REGISTER, OPTIONS: a request that makes no dialog. All borrowed until the call returns. */
struct sip_outside_request {
    struct sip_hop hop;
    const char *method;
    struct rt_str request_uri, from_uri, to_uri;
    struct rt_str call_id, from_tag; /**< empty: new ones */
    uint32_t cseq;                   /**< 0: 1 */
    bool contact;                    /**< with our Contact */
    struct rt_str lines;             /**< further header fields, each "Name: value\r\n" */
    struct sip_body body;
};
/** The final response, or NULL: none came in 64*T1, or the way there is broken. The handle is dead.
 */
typedef void sip_outside_fn(void *arg, const struct sip_message *msg);
/** Sends it; `fn` is called once, never from inside this call. ENOMEM. */
int sip_outside(struct sip_outside **out, struct sip_ua *ua, const struct sip_outside_request *r,
                sip_outside_fn *fn, void *arg);
/** Waits for no answer any more. NULL is allowed. */
void sip_outside_cancel(struct sip_outside *o);
/** Our host and port as that hop sees them, for URIs that name us. Returns `out`. */
char *sip_ua_local(const struct sip_ua *ua, const struct sip_hop *hop, char out[RT_ADDR_LEN]);

/* ---- calling ---- */

struct sip_invite {
    const struct sip_hop *hops; /**< tried in order, while one says nothing, is out of reach or
                                   answers 503 (RFC 3263 4.3) */
    unsigned nhops;             /**< 1..SIP_HOPS_MAX */
    rt_time try_for; /**< a hop that says nothing for so long is left for the next; 0: 64*T1 */
    const struct sip_session_options *options; /**< NULL: no extensions */
    const void *peer; /**< whose the call is, as accept() says of their requests; NULL: anybody's */
    unsigned hops_used; /**< Max-Forwards is 70 less that (RFC 7332 5.1); 0..70 */
    struct rt_str request_uri, from_uri, from_name, to_uri;
    struct rt_str contact_user;       /**< of our Contact, a number with parameters; empty: none */
    struct sip_body body;             /**< the offer */
    const struct sip_header *headers; /**< P-Asserted-Identity, Privacy, ... */
    unsigned nheaders;
    struct rt_str lines;  /**< further ones, each "Name: value\r\n" */
    struct rt_str routes; /**< a preloaded route set: "Route: <...>\r\n" lines (RFC 3608) */
    bool more;            /**< digits may follow: see sip_session_extend() */
    rt_time
        no_answer; /**< Timer C: give up when ringing this long; 0: 3 min and more is the owner's */
};

/** Sends an INVITE. Everything given is copied. EINVAL for a URI that is none; ENOMEM. Transport
 * failure comes by ops->ended, never from inside this call. */
int sip_session_invite(struct sip_session **out, struct sip_ua *ua, const struct sip_invite *inv,
                       const struct sip_session_ops *ops, void *arg);

/** Sends a further INVITE of the same call with more digits (RFC 3578 3.2); those before it end by
 * their 484, or are cancelled once one is answered. Until sip_session_complete() no refusal ends
 * the session. EPROTO: it was not begun with `more`, or is answered or complete; EINVAL; ENOMEM. */
int sip_session_extend(struct sip_session *s, struct rt_str request_uri, struct rt_str to_uri);
/** No more digits will come: when every INVITE is refused, the best refusal is the end, told by
 * ops->ended, never from inside this call. */
void sip_session_complete(struct sip_session *s);

/* ---- answering ---- */

/** Gives a received session its owner; done inside ops->invite. */
void sip_session_own(struct sip_session *s, const struct sip_session_ops *ops, void *arg);
/** The unanswered INVITE of the same caller (Call-ID and From tag) beside this new one: overlap
 * signalling (RFC 3578 3.5). `*overtaken`: this one is the earlier, by its CSeq. NULL: none. */
struct sip_session *sip_session_former(const struct sip_session *s, bool *overtaken);
/** Sends 101..199: reliably (RFC 3262) when the caller asks for it, or allows it and there is a
 * body; one waits for the PRACK of the other. The body may be given each time: it is left out once
 * it has been acknowledged. While their INVITE without an offer has none of ours yet, a caller who
 * requires it hears nothing. `lines` as in sip_invite. */
int sip_session_progress(struct sip_session *s, int status, const struct sip_body *body,
                         const struct sip_reason *reason, struct rt_str lines);
/** Sends 200 to the INVITE, once no description waits for its PRACK, and repeats it until the ACK
 * (RFC 3261 13.3.1.4). */
int sip_session_accept(struct sip_session *s, const struct sip_body *body,
                       const struct sip_header *headers, unsigned nheaders, struct rt_str lines);
/** Sends 300..699 to the INVITE: the session is over then. */
int sip_session_refuse(struct sip_session *s, int status, const char *phrase,
                       const struct sip_reason *reason, const struct sip_header *headers,
                       unsigned nheaders);

/* ---- in the dialog ---- */

/** Answers the offer that ops->reinvited() brought, or a message with `offer` set, in whatever
 * message its answer belongs: 200 to re-INVITE, UPDATE or PRACK, or our PRACK or ACK. When the
 * offer was a request for one, `body` is our offer and ops->acked() brings the answer. */
int sip_session_answer(struct sip_session *s, const struct sip_body *body);
/** Refuses it with 300..699: re-INVITE and UPDATE; all is as before. EPROTO when it came in a
 * message that cannot be refused: a response, PRACK. */
int sip_session_decline(struct sip_session *s, int status, const struct sip_reason *reason);
/** Sends a re-INVITE; an empty body asks for an offer. A glare (491) is retried by itself after the
 * time of RFC 3261 14.1, and a 500 after its Retry-After. EALREADY when an exchange is running. */
int sip_session_reinvite(struct sip_session *s, const struct sip_body *body);
/** Sends an offer, or nothing but header fields, by UPDATE (RFC 3311), before the answer too.
 * EOPNOTSUPP: the peer does not allow it, or has not got our first description for certain;
 * EALREADY. */
int sip_session_update(struct sip_session *s, const struct sip_body *body);
/** Header fields that each re-INVITE and UPDATE of ours has from now on; `lines` as in sip_invite.
 * ENOMEM. An UPDATE without a body says them at once (RFC 5876 4). */
int sip_session_assert(struct sip_session *s, struct rt_str lines);
/** Sends INFO with that body. Nobody is told what becomes of it. */
int sip_session_info(struct sip_session *s, const struct sip_body *body);
/** Answers REFER: 202 (a NOTIFY with 100 follows, RFC 3515 2.4.4), or 300..699. */
int sip_session_refer_answer(struct sip_session *s, int status);
/** Tells who sent REFER how it goes: the status of the call it asked for; 200 and more is the last.
 */
int sip_session_notify(struct sip_session *s, int status);
/** Sends REFER; ops->reanswered() is not called: `fn` is, with the status of REFER itself when it
 * is refused, then with those of each NOTIFY; 0: nothing came. */
typedef void sip_refer_fn(void *arg, int status);
int sip_session_refer(struct sip_session *s, struct rt_str refer_to, struct rt_str lines,
                      sip_refer_fn *fn, void *arg);
/** The session that `Replaces` in a received INVITE names (RFC 3891 3), or NULL. */
struct sip_session *sip_session_replaced(struct sip_ua *ua, const struct sip_message *msg,
                                         bool *early_only);
/** The same for the value of a Replaces that did not come in an INVITE. */
struct sip_session *sip_session_named(struct sip_ua *ua, struct rt_str replaces, bool *early_only);

/** The owner passes on to another session what the far ends agree among themselves, or does so no
 * more. As long as it does, a 491 to our re-INVITE is told, not tried again. */
void sip_session_relay(struct sip_session *s, bool relays);

/** Header fields for the BYE of sip_session_close(), should it send one; `lines` as in sip_invite.
 */
void sip_session_farewell(struct sip_session *s, struct rt_str lines);
/** A body for that BYE, or for our 200 to theirs: text, of a type that is borrowed for good. */
void sip_session_farewell_body(struct sip_session *s, const char *type, struct rt_str text);
/** Ends it in whatever way its state asks for: refuse with 480 while unanswered (use
 * sip_session_refuse() to choose), CANCEL once a provisional came, ACK+BYE when a 2xx crosses the
 * CANCEL, BYE when up. No callback but ops->gone comes after this; what the protocol still needs
 * happens in the background. `reason` may be NULL. */
void sip_session_close(struct sip_session *s, const struct sip_reason *reason);

/** The owner given by sip_session_invite() or sip_session_own(); NULL while there is none, and
 * after the close unless it waits for ops->gone. */
void *sip_session_owner(const struct sip_session *s);
/** The dialog's Call-ID, for the CDR. Borrowed. */
struct rt_str sip_session_call_id(const struct sip_session *s);
/** Where its requests go at present, for who needs an address towards it. Borrowed. */
const union rt_addr *sip_session_far(const struct sip_session *s);

/* ---- for who compares what is here with what should be (sip/session_audit.c) ---- */

/** A session as it is; borrowed for the callback. */
struct sip_session_view {
    struct sip_session *session;
    const void *owner; /**< as sip_session_own() has it; NULL: none, or no more */
    uint64_t mark;     /**< no other session ever has it */
    struct rt_str call_id;
    bool closed;   /**< its owner has let go of it */
    bool up;       /**< answered, and neither side has ended it */
    bool timed;    /**< it expires unless it is refreshed (RFC 4028) */
    rt_time heard; /**< rt_now() of the far end's last message */
};
typedef void sip_walk_fn(void *arg, const struct sip_session_view *v);
/** Looks at up to `most` sessions: the first ones, or those after the last one looked at. Returns
 * how many; fewer than `most`: these were the last. `fn` may do anything. */
unsigned sip_ua_walk(struct sip_ua *ua, bool first, unsigned most, sip_walk_fn *fn, void *arg);
/** The owner is gone: no session calls it any more, and those not closed yet are. */
void sip_ua_disown(struct sip_ua *ua, const void *owner);
/** Ends a session without another word, in the next round: ops->gone() is its last. */
void sip_session_discard(struct sip_session *s);
/** Asks the far end of an answered session whether it is still there, by OPTIONS: no answer, 408
 * and 481 end the session (SIP_END_GONE), any other answer changes nothing. EPROTO: it is not up;
 * EALREADY: it is being asked; ENOMEM. */
int sip_session_ask(struct sip_session *s);
/** What a session waits for. */
struct sip_session_status {
    const char *state; /**< "calling", "proceeding", "incoming", "up", "leaving", "over" */
    const char *timer; /**< that ends it: "session", "refresh", "C"; NULL: none does */
    rt_time due;       /**< when, by rt_now() */
    rt_time heard;     /**< as above */
};
void sip_session_status(const struct sip_session *s, struct sip_session_status *out);

enum sip_audit_counter { SIP_AUDIT_ASKED, SIP_AUDIT_LOST, SIP_AUDIT_NCOUNTERS };
extern struct rt_counter sip_audit_counters[SIP_AUDIT_NCOUNTERS];

/* ---- finding servers: RFC 3263 ---- */

/** Reads a sip: or sips: URI; user, headers and other parameters are passed over. EINVAL; ENOTSUP
 * for a transport that is not ours. */
int sip_target_parse(struct sip_target *out, struct rt_str uri);

#define SIP_PLACES_MAX 16

/** One server's address. */
struct sip_place {
    struct sip_hop hop; /**< its domain is the target's; of sip_locate_numeric() NULL */
    unsigned group;     /**< by NAPTR, or by transport: lower ones first */
    uint16_t priority, weight;
    unsigned record; /**< addresses of one server stay together */
};

/** Where a target's servers are, in the order to try them. */
struct sip_places {
    int err; /**< 0: at least one; ENOENT: there is none; ENOTSUP: only over transports that we do
                not have; ETIMEDOUT, EIO: the name servers fail */
    bool stale;
    rt_time expires; /**< by rt_now(): when to look again; INT64_MAX for a numeric address */
    struct sip_place place[SIP_PLACES_MAX];
    unsigned n;
};

struct sip_locate;
/** Valid during the callback. */
typedef void sip_locate_fn(void *arg, const struct sip_places *places);
/** Looks for the servers of a target, which is copied; `fn` is called once, never from inside this
 * call. A response goes by the same rules (RFC 3263 5): its target is the sent-by of Via with the
 * transport of the request chosen. ENOMEM. */
int sip_locate(struct sip_locate **out, struct rt_dns *dns, struct rt_loop *loop,
               const struct sip_target *target, const struct sip_means *means, sip_locate_fn *fn,
               void *arg);
/** `fn` is not called any more. NULL is allowed; not after `fn` was called. */
void sip_locate_cancel(struct sip_locate *l);
/** The same at once for a target that is a numeric address. False: it is a name. */
bool sip_locate_numeric(struct sip_places *out, const struct sip_target *target,
                        const struct sip_means *means);
/** Puts places in the order to try them: by group and priority, then by chance and weight (RFC
 * 2782). */
void sip_places_order(struct sip_place *place, unsigned n);

/* ---- counters ---- */

enum sip_counter {
    SIP_RX_MESSAGES,
    SIP_TX_MESSAGES,
    SIP_RX_MALFORMED,
    SIP_RX_TRUNCATED,
    SIP_RX_TOO_LARGE,
    SIP_RX_FORBIDDEN,
    SIP_RX_STRAY,
    SIP_RX_RETRANSMITTED,
    SIP_TX_RETRANSMITTED,
    SIP_TX_FAILED,
    SIP_TIMEOUTS,
    SIP_RX_OUT_OF_ORDER,
    SIP_RX_FOREIGN,
    SIP_NCOUNTERS
};
extern struct rt_counter sip_counters[SIP_NCOUNTERS];

/** Messages by their method, or that of their CSeq, received or sent; `of`: 0 a request, 1..6 a
 * response of that hundred. Calls `fn` for each that can be. */
void sip_messages_each(void (*fn)(void *arg, const char *method, bool sent, unsigned of,
                                  uint64_t count),
                       void *arg);

/** What the limits have kept out. */
enum sip_guard_counter {
    SIP_GUARD_FULL,
    SIP_GUARD_CROWD,
    SIP_GUARD_RATE,
    SIP_GUARD_SOURCE_RATE,
    SIP_GUARD_EXCESS,
    SIP_GUARD_LARGE,
    SIP_GUARD_SILENT,
    SIP_GUARD_UNREAD,
    SIP_GUARD_MIMICRY,
    SIP_GUARD_BANNED,
    SIP_GUARD_IGNORED,
    SIP_GUARD_BODY,
    SIP_GUARD_NCOUNTERS
};
extern struct rt_counter sip_guard_counters[SIP_GUARD_NCOUNTERS];

enum sip_conn_counter {
    SIP_CONN_ACCEPTED,
    SIP_CONN_OPENED,
    SIP_CONN_FULL,
    SIP_CONN_CROWD,
    SIP_CONN_SLOW,
    SIP_CONN_IDLE,
    SIP_CONN_DEAD,
    SIP_CONN_PINGS,
    SIP_CONN_ALIASED,
    SIP_CONN_MADDR,
    SIP_CONN_SWITCHED,
    SIP_CONN_UNSWITCHED,
    SIP_CONN_NCOUNTERS
};
extern struct rt_counter sip_conn_counters[SIP_CONN_NCOUNTERS];

/** The phrase of a status code as RFC 3261 21 prints it; "Unknown" for others. */
const char *sip_phrase(int status);

#endif
