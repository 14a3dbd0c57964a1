/* A leg: one side of a call, whatever its protocol, and the neutral events that pass between the
 * sides.
 *
 * The events are Q.931's own. A leg's adapter (leg_sip.c, leg_isdn.c) tells its call what came with
 * gw_call_event(), and the call tells a leg what to say with leg->ops->tell(). Neither adapter
 * knows the other exists.
 */
#ifndef GW_LEG_H
#define GW_LEG_H

#include "codec/media.h"
#include "dialplan/dialplan.h"
#include "gw/bearer.h"
#include "gw/cause.h"
#include "gw/redirect.h"
#include "gw/route.h"

struct gw;
struct isdn_aoc;
struct gw_call;
struct gw_codec_far;
struct gw_leg;

/** User-to-user information (Q.931 4.5.30, RFC 7433); `present` even when it is empty. */
struct gw_uui {
    bool present;
    uint8_t protocol; /**< protocol discriminator */
    uint8_t len;
    uint8_t data[131];
};

/** What a call says of trunk groups (RFC 4904) and of carriers and ported numbers (RFC 4694), in
 * the characters of a URI; empty: nothing. */
struct gw_carrier {
    char tgrp[GW_NAME_LEN], tgrp_context[GW_CONTEXT_LEN];      /**< the group it is to leave by */
    char from_tgrp[GW_NAME_LEN], from_context[GW_CONTEXT_LEN]; /**< the group it came by */
    char rn[DP_TEXT_LEN], rn_context[GW_CONTEXT_LEN]; /**< routing number, with "+" or a context */
    char cic[GW_CIC_LEN], cic_context[GW_CONTEXT_LEN];
    bool npdi;                          /**< the number was looked up already */
    char phone_context[GW_CONTEXT_LEN]; /**< what a called number that is not global belongs to */
};

/** The group that a call came by is the trunk's own. */
void gw_carrier_came(struct gw_carrier *out, const struct gw_trunk *by);

/** An information element that passes between ISDNs as it is: its contents; `len` 0: none. */
struct gw_element {
    uint8_t len, data[18];
};

/** An ISDN subaddress (Q.931 4.5.9, the `isub` of RFC 3966). */
struct gw_subaddress {
    uint8_t len; /**< 0: none */
    bool user;   /**< user specified; else NSAP, with its AFI */
    bool odd;    /**< user specified: the last half octet is filler */
    uint8_t octets[20];
};

/** Room for a party's name, in UTF-8. */
#define GW_PARTY_NAME_LEN 64

/** A call being offered: what SETUP, IAM or INVITE say, without their spelling. */
struct gw_setup {
    struct dp_number called, calling;
    struct dp_number redirecting; /**< the last that diverted it; no digits: nobody, or unknown */
    struct dp_number original;    /**< the first that did, when there were several */
    enum gw_redirect redirect_reason, original_reason;
    unsigned redirections; /**< how often it was diverted */
    struct gw_carrier carrier;
    enum gw_bearer bearer;
    bool either;                /**< a SIP caller whose offer has CLEARMODE beside audio, or asks
                                     us to offer: it is data where the target wants that */
    struct gw_element hlc, llc; /**< high and low layer compatibility */
    struct gw_uui uui;
    struct gw_subaddress called_sub, calling_sub;
    char keypad[33];              /**< keypad information beside the called number */
    char name[GW_PARTY_NAME_LEN]; /**< calling name, empty: none */
    bool name_restricted;         /**< it is not to be shown */
    unsigned ring;                /**< how a telephone is to ring there: 1..8, 0: nothing said */
    bool complete;                /**< no more digits will come */
    unsigned channel;     /**< the timeslot that a line has to take; 0: any that its trunk has */
    uint8_t progress;     /**< progress indicator of the originating side, 0: none */
    uint16_t indicators;  /**< all of them, bit n: description n (Q.931 4.5.23) */
    union rt_addr source; /**< where a SIP caller is, or a line's gateway; else none */
    unsigned category;    /**< of the caller, as in gw_route_query */
    bool priority;        /**< a peer that we trust says so */
    bool sos;             /**< the emergency service is called by its name, RFC 5031 */
    unsigned hops_used;   /**< of SIP's Max-Forwards, 1..70; 0: the call begins here */
    char opening[56];     /**< the message that brought it: the ladder's first line */
    char carried[GW_CARRIED_LEN]; /**< header fields that its trunk passes on, as lines */
    struct rt_str sdp; /**< the caller's offer, kept by its leg until the answer; empty: it asks for
                            one, or knows no descriptions */
    struct rt_str lines; /**< more header fields for SIP targets, kept likewise */
    const struct gw_trunk
        *via;             /**< the operator's test call: the only trunk that is tried; else NULL */
    struct rt_str target; /**< kept likewise: the SIP URI that is called, at the peer of the trunk
                               the call comes by; empty: the plan routes the number */
};

/** How long a digit lasts that came without a duration. */
#define GW_DTMF_MS 160

enum gw_event_type {
    GW_EV_SETUP_ACK,   /**< the far end wants more digits */
    GW_EV_INFORMATION, /**< more digits: `digits` */
    GW_EV_COMPLETE,    /**< no more digits will come */
    GW_EV_PROCEEDING,
    GW_EV_PROGRESS, /**< `inband` when there is something to hear; `cause` when it carries one */
    GW_EV_ALERTING, /**< `inband` when the far end rings audibly itself */
    GW_EV_CONNECT,
    GW_EV_HOLD, /**< remote hold: nobody listens there */
    GW_EV_RETRIEVE,
    GW_EV_IDENTITY,     /**< the party there is now `connected`, with the name `name` */
    GW_EV_MEDIA_OFFER,  /**< of a call whose media is direct: `sdp` is offered; empty: the other
                             side shall offer */
    GW_EV_MEDIA_ANSWER, /**< the answer: `sdp`, or the SIP `status` that refuses the offer */
    GW_EV_DTMF,     /**< a digit: `digits`, `ms`; `inband` when the media engine has passed it on */
    GW_EV_TRANSFER, /**< to a leg that asked for a transfer: `status` 180, 183; 200: it is out of
                       the call, and is expected to release; 0: it came to nothing by `cause` */
    GW_EV_AOC,      /**< advice of charge: `aoc` */
    GW_EV_MCID,     /**< the called side has its caller identified as malicious */
    GW_EV_DEFLECT,  /**< from a called leg: it is to be called at `connected` instead; `status` 200
                       tells it that this is done, and it is released next, else it is not. From a
                       calling leg: what ops->deflect() asked is refused */
    GW_EV_DISCONNECT, /**< clearing, with tones to hear until the release: `cause` */
    GW_EV_RELEASE,    /**< over: `cause`; the leg is done and says nothing after this */
    GW_EV_TYPES
};

struct gw_event {
    enum gw_event_type type;
    bool inband;
    bool diverted; /**< PROGRESS: the call goes to somebody else */
    char digits[DP_DIGITS_MAX + 1];
    struct gw_cause cause;
    struct dp_number connected;         /**< CONNECT, IDENTITY; no digits: none */
    char name[64];                      /**< CONNECT, IDENTITY; empty: none */
    struct gw_subaddress connected_sub; /**< CONNECT */
    uint16_t indicators;     /**< progress indicators, bit n: description n (Q.931 4.5.23) */
    struct gw_uui uui;       /**< ALERTING, PROGRESS, CONNECT, DISCONNECT, RELEASE */
    enum gw_redirect reason; /**< DEFLECT, RELEASE with `connected` */
    struct rt_str sdp; /**< PROGRESS, ALERTING, CONNECT, MEDIA_*: the far end's description as it
                            came, when media is direct; borrowed for the time of the call */
    int status;        /**< MEDIA_ANSWER: 400..699 refuses, 0: `sdp` answers; TRANSFER */
    const struct isdn_aoc *aoc; /**< AOC: borrowed for the time of the call */
    unsigned ms;                /**< DTMF: how long the digit lasted; 0: not known */
};

/** What is heard before the answer: a declared state of the calling leg. */
enum gw_early { GW_EARLY_NONE, GW_EARLY_TONE, GW_EARLY_REMOTE };
const char *gw_early_name(enum gw_early e);

struct gw_leg_ops {
    const char *name; /**< "sip", "isdn" */
    /** Starts an outgoing leg towards `hop`. 0, or a Q.850 cause when it cannot even start (34: no
     * channel). */
    unsigned (*setup)(struct gw_leg *leg, const struct gw_hop *hop, const struct gw_setup *setup);
    /** Says an event to the leg's far end. After GW_EV_RELEASE the leg clears by itself,
     *  says gw_call_leg_gone() when it is through, and frees itself. */
    void (*tell)(struct gw_leg *leg, const struct gw_event *ev);
    /** The media thread that the leg's port is in, or will be; -1 when it does not care. */
    int (*thread)(const struct gw_leg *leg);
    /** Makes the leg's media port in `thread` if there is none. 0, or a Q.850 cause (47). */
    unsigned (*media)(struct gw_leg *leg, unsigned thread);
    /** Makes a port for an answered leg that has none, since its media went past us, and agrees on
     * it with the far end. 0, or a Q.850 cause: all is as before. NULL: there is always one. */
    unsigned (*renew)(struct gw_leg *leg, unsigned thread);
    /** Has a calling leg's network call `to` in place of `from`; it releases the leg when it does,
     * else GW_EV_DEFLECT comes. An errno: it cannot be asked. NULL: never. */
    int (*deflect)(struct gw_leg *leg, const struct dp_number *from, const struct dp_number *to,
                   enum gw_redirect reason);
    /** Has the exchange of two legs of this kind join their far ends without us: it releases both
     * when it does. An errno: it cannot be asked now. NULL: never. */
    int (*merge)(struct gw_leg *leg, struct gw_leg *other);
    /** The other side's media is another, or what is agreed there: what depends on it is set anew.
     * NULL: nothing does. */
    void (*suit)(struct gw_leg *leg);
    /** A fax or a modem is heard in the call: its sound has to pass as it is from now on. NULL: it
     * does. */
    void (*faxes)(struct gw_leg *leg);
    /** What the other side was played is over. NULL: it plays nothing. */
    void (*played)(struct gw_leg *leg);
    /** A header field of the message that is at hand; NULL: it has none, or there is no message.
     * NULL: never one. */
    const char *(*header)(struct gw_leg *leg, const char *name);
    /** What codecs its side has; `out` is zeroed but for `now`, CODEC_COUNT. NULL: nobody knows. */
    void (*codecs)(const struct gw_leg *leg, struct gw_codec_far *out);
    /** Whether the caller's description has this codec. NULL: it has none. */
    bool (*offers)(struct gw_leg *leg, const char *codec);
    /** The channel's name for records: "1/17", or "". */
    void (*channel)(const struct gw_leg *leg, char *out, size_t cap);
    /** The media's account, when there is one. */
    bool (*stats)(const struct gw_leg *leg, struct media_stats *out);
    /** What its stack knows it by: a session, a Q.931 call. NULL, and without it: nothing at
     * present. */
    const void *(*handle)(const struct gw_leg *leg);
    /** Its stack forgets it, and ends by itself what it still has of it: it is freed next, although
     * it waits for something. NULL: nobody points to it. */
    void (*abandon)(struct gw_leg *leg);
    /** Frees the leg without a word to anyone: the gateway stops and its stacks are gone. */
    void (*free)(struct gw_leg *leg);
};

/** First member of every adapter's leg. */
struct gw_leg {
    const struct gw_leg_ops *ops;
    struct gw *gw;
    struct gw_call *call; /**< as long as the leg lives: the ladder goes on after the release */
    uint64_t serial;      /**< no other leg ever has it */
    bool done;            /**< released: no event passes either way any more */
    bool rings_audibly;   /**< calling leg: its far end expects ring-back from us */
    bool holds;           /**< its far end holds the other side */
    bool away;            /**< held without a channel: gw_call_rejoin() when it has one again */
    bool joint;           /**< no far end: it stands for a leg of another call (call_transfer.c) */
    const struct gw_trunk *trunk;
    struct gw_plan *plan;       /**< the trunk's; one reference */
    enum gw_bearer bearer;      /**< what its media carries */
    struct media_port *port;    /**< NULL until media() */
    enum gw_early early;        /**< calling leg: what it hears */
    char side;                  /**< 'a' calling, 'b' called */
    bool recorded;              /**< its port has a tape */
    const char *codec;          /**< for the CDR: "PCMA", "" */
    const char *srtp;           /**< likewise the suite that protects it: "AES_CM_...", "" */
    const char *keying;         /**< for `show call`: "sdes", "dtls", "dtls handshake", "" */
    const char *ice;            /**< likewise: "checking", "nominated", "lost", "" */
    char call_id[128];          /**< SIP's Call-ID; empty for protocols without one */
    struct gw_leg *prev, *next; /**< in gw->legs */
};

/** Fills in a zeroed leg and counts it among the gateway's; gw_call_leg_gone() takes it out again.
 */
void gw_leg_init(struct gw_leg *leg, struct gw *gw, const struct gw_leg_ops *ops,
                 const struct gw_trunk *trunk);
/** Lets go of the leg's plan: the last thing that ops->free() does with it. */
void gw_leg_end(struct gw_leg *leg);
/** Makes an outgoing leg of the trunk's kind (not started). NULL: out of memory. */
struct gw_leg *gw_leg_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk);
struct gw_leg *gw_leg_sip_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk);
struct gw_leg *gw_leg_local_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk);
struct gw_leg *gw_leg_isdn_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk);
struct gw_leg *gw_leg_mgcp_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk);
struct gw_leg *gw_leg_agent_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk);

/** Opens the leg's RTP port, its events for the leg; what is kept for emergency calls is theirs and
 * those of who calls back. As media_rtp_open(). */
int gw_leg_open_rtp(struct gw_leg *leg, unsigned thread, const union rt_addr *local,
                    media_event_fn *fn);

/* Operations of legs that have no port and no channel of their own. */
int gw_leg_any_thread(const struct gw_leg *leg);
unsigned gw_leg_no_media(struct gw_leg *leg, unsigned thread);
void gw_leg_no_channel(const struct gw_leg *leg, char *out, size_t cap);
bool gw_leg_no_stats(const struct gw_leg *leg, struct media_stats *out);

#endif
