/* What the files of the SIP adapter share among themselves. */
#ifndef GW_LEG_SIP_PRIV_H
#define GW_LEG_SIP_PRIV_H

#include "codec/sdp.h"
#include "gw/headers.h"
#include "gw/leg.h"
#include "sip/sip.h"

struct leg_sip_secure;
struct rt_dns_query;

/** What was agreed of a leg's stream, as long as it has a port. */
struct leg_sip_stream {
    struct media_rtp rtp;               /**< as the engine was told last */
    uint32_t theirs;                    /**< codecs that both have, CODEC_BIT() each */
    struct sdp_event event[SDP_EVENTS]; /**< and telephone-events */
    unsigned nevents;
    char *host; /**< a name instead of an address; NULL: none */
    bool found; /**< it has an address: */
    union rt_addr address;
    uint16_t port, rtcp_port;   /**< that go with the name; rtcp_port 0: the next one */
    struct rt_dns_query *query; /**< the name is being looked up */
};

struct leg_sip {
    struct gw_leg leg;
    struct sip_session *session; /**< NULL before the setup and after the end */
    unsigned thread;             /**< of the RTP port */
    struct rt_buf offer; /**< the caller's, kept until a port can answer it; empty: it made none */
    const struct sip_message *heard; /**< the INVITE that is being read; NULL: none is */
    struct rt_buf local_sdp;         /**< our last offer or answer */
    struct sdp_origin origin;
    bool far_holds;                /**< agreed: the far end does not receive */
    bool events;                   /**< agreed: digits go as telephone-event */
    struct leg_sip_stream *stream; /**< NULL: nothing was agreed for this port */
    struct leg_sip_secure *secure; /**< keys and paths of this port; NULL: it needs none */
    bool described;                /**< calling side: the answer to its offer has gone out */
    bool faxes;                    /**< a fax or a modem is heard: G.711 alone will do */
    bool recode;                   /**< and the far end has not been told */
    bool starved;                  /**< the last answer could not be used for lack of memory */
    bool agreed, answered, leaving;
    bool answer_due;       /**< our 200 carries an offer: the ACK brings the answer */
    bool progressed, rang; /**< called side: a provisional came; it was 180 */
    bool holding, held;    /**< we hold them, they hold us */
    bool asked;            /**< direct: their offer, or request for one, waits for the other side */
    bool incoming;         /**< its INVITE came to us */
    bool moved;            /**< our port is another, and the far end has not been told */
    bool reinviting;       /**< a re-INVITE of ours has no final response yet */
    bool offered_hold;     /**< what it says of `holding` */
    bool party_due;        /**< it has not been told who the other party is now */
    bool telling;          /**< an UPDATE says so, and has no final response yet */
    uint32_t party;        /**< a mark of who its own party is; 0: not said */
    struct leg_sip_overlap *overlap; /**< calling side: it may dial more; else NULL */
    struct leg_sip_targets *targets; /**< called side: where its INVITE goes */
    char *advice;                    /**< AOC-S that waits for the answer, as XML; NULL: none */
    struct leg_sip_quality *quality; /**< as long as there is a port (leg_sip_quality.c) */
    unsigned sessions;               /**< that have not had their last word */
    struct rt_timer parting;         /**< out of its call: how long its far end may take to leave */
    struct rt_defer reaper;
};

/* leg_sip.c: the leg's life */

/** A leg without call or session. NULL: out of memory. */
struct leg_sip *leg_sip_new(struct gw *gw, const struct gw_trunk *trunk);
/** Reports the end to the call and goes; the far end hears `reason` if it does not know yet. */
void leg_sip_end(struct leg_sip *l, const struct gw_cause *cause, const struct sip_reason *reason);
/** No description came that we can use. */
void leg_sip_end_without_media(struct leg_sip *l);
/** Tells the far end whether we hold it; one at a time, the rest when that is answered. */
void leg_sip_reoffer(struct leg_sip *l);

/** The same with what the far end had to say to the other side (`ev`: GW_EV_RELEASE). */
void leg_sip_end_by(struct leg_sip *l, const struct gw_event *ev, const struct sip_reason *reason);
/** Nowhere was anyone to be found: cause 27. */
void leg_sip_end_unreachable(struct leg_sip *l);

/* leg_sip_dial.c: where the INVITE goes */

#define LEG_SIP_REDIRECTIONS 5 /* 3xx followed, one after the other */

/** Notes what is called. 0, or a Q.850 cause: nobody is there. */
unsigned leg_sip_targets_new(struct leg_sip *l, const struct gw_hop *hop,
                             const struct gw_setup *setup);
/** Sends the INVITE, or begins to look for where to. 0, or a Q.850 cause. */
unsigned leg_sip_dial(struct leg_sip *l);
/** An address of the far end, as far as one is known yet. False: none is. */
bool leg_sip_far(const struct leg_sip *l, union rt_addr *out);
/** The target at hand has come to nothing. True: the next one is being tried. */
bool leg_sip_dial_next(struct leg_sip *l);
/** A 3xx came. True: it is being followed. */
/** The first number that a 3xx has among its contacts, for a network that may call there. */
void leg_sip_redirected_to(struct gw_event *out, const struct sip_message *msg);
bool leg_sip_dial_redirected(struct leg_sip *l, const struct sip_message *msg);
/** A server has shown what it is worth. */
void leg_sip_dial_tried(struct leg_sip *l, const struct sip_hop *hop, enum sip_try result,
                        const struct sip_message *msg);
void leg_sip_targets_free(struct leg_sip *l);

/* leg_sip_overlap.c: digits one by one */

/** An INVITE that may belong to a call that is here already. True: it does, and is dealt with.
 * `setup->sdp` is its offer. */
bool leg_sip_overlap_again(struct sip_session *s, const struct gw_trunk *trunk,
                           const struct gw_setup *setup);
/** The caller may dial digit by digit. False: not on this trunk, or not now. */
bool leg_sip_overlap_begin(struct leg_sip *l);
/** The caller is waited for no more. */
void leg_sip_overlap_end(struct leg_sip *l);
/** The call tells a calling leg that it wants more digits, or has enough; a called one that there
 * are more, or are all. */
void leg_sip_say_setup_ack(struct leg_sip *l, const struct gw_event *ev);
void leg_sip_say_proceeding(struct leg_sip *l, const struct gw_event *ev);
void leg_sip_say_digits(struct leg_sip *l, const struct gw_event *ev);
void leg_sip_say_complete(struct leg_sip *l, const struct gw_event *ev);

/* leg_sip_events.c: what the session tells us */
extern const struct sip_session_ops leg_sip_session_ops;

/* leg_sip_media.c: offer/answer and the RTP port */

/** The thread of the port, -1 while there is none. */
int leg_sip_thread(const struct gw_leg *leg);
/** Makes the RTP port; the calling side's answer, or the offer when its INVITE had none, can be
 * given from then on. */
unsigned leg_sip_media(struct gw_leg *leg, unsigned thread);
bool leg_sip_stats(const struct gw_leg *leg, struct media_stats *out);
/** Its renew(): a re-INVITE tells the far end of the new port. */
unsigned leg_sip_renew(struct gw_leg *leg, unsigned thread);
/** Our last offer or answer; borrowed. */
struct sip_body leg_sip_body(const struct leg_sip *l);
/** Describes our side anew, as an offer. */
void leg_sip_make_offer(struct leg_sip *l);
/** Answers `offer` into local_sdp and applies it. 0, or the SIP status that refuses it: then all is
 * as before (RFC 3261 14.2). */
int leg_sip_answer_offer(struct leg_sip *l, struct rt_str offer);
/** Applies the answer to our offer. ENOTSUP, EBADMSG: all is as before. */
int leg_sip_take_answer(struct leg_sip *l, struct rt_str answer);
/** True when the offer has nothing for us: told at once, before a channel is taken for it. */
bool leg_sip_unusable(const struct gw_trunk *t, const struct sip_message *msg);
/** The bearer that the offer in `out->sdp` asks for (RFC 4497 table 4, RFC 4040). */
void leg_sip_bearer_in(struct gw_setup *out, const struct gw_trunk *t);
/** Closes the RTP port, if there is one, and forgets what was agreed for it. */
void leg_sip_close_port(struct leg_sip *l);

/* leg_sip_stream.c: what of a stream depends on the other side of the call, and on names */

/** Made when it is not there yet. NULL: out of memory. */
struct leg_sip_stream *leg_sip_stream(struct leg_sip *l);
void leg_sip_stream_free(struct leg_sip *l);
/** The codecs of our trunk in the order in which they are said in an offer (`theirs` empty), or
 * looked for in their offer or answer. Returns how many. */
unsigned leg_sip_codec_order(const struct leg_sip *l, enum codec_id list[CODEC_COUNT],
                             struct rt_str theirs);
/** With this codec, and telephone-event or without, digits go to the far end by INFO. */
bool leg_sip_digits_apart(const struct leg_sip *l, enum codec_id codec, bool events);
/** And digits are looked for in the sound that comes from there: the other side wants them in
 * another form. */
bool leg_sip_listens(const struct leg_sip *l, enum codec_id codec, bool events);
/** The leg has agreed on something: the other side makes the best of it. */
void leg_sip_agreed(struct leg_sip *l);
/** Its suit() and faxes(). */
void leg_sip_suit(struct gw_leg *leg);
void leg_sip_codecs(const struct gw_leg *leg, struct gw_codec_far *out);
void leg_sip_faxes(struct gw_leg *leg);
/** Where RTP goes when the far end gave a host name: the address found before, or nowhere yet. */
void leg_sip_name_in(struct leg_sip *l, const struct sdp_audio *r, struct media_rtp *m);
/** Looks that name up; RTP follows when it is found. */
void leg_sip_name_ask(struct leg_sip *l, const struct sdp_audio *r);

/* leg_sip_quality.c: how it sounds */

/** There is a port from now on. */
void leg_sip_quality_begin(struct leg_sip *l);
/** What was agreed; fills what of `m` is about reports. */
void leg_sip_quality_agreed(struct leg_sip *l, struct media_rtp *m, const struct sdp_audio *r);
/** Silence, or faults that begin or end. */
void leg_sip_quality_event(struct leg_sip *l, const struct media_event *ev);
/** The port is about to be closed: reports what is to be reported. */
void leg_sip_quality_end(struct leg_sip *l);

/* leg_sip_offer.c: descriptions that pass between two SIP legs as they are */

/** Most octets of a description that is kept or passed on. */
#define LEG_SIP_SDP_MAX 8192

/** True while the call's media bypasses the gateway. */
bool leg_sip_direct(const struct leg_sip *l);
/** A description passed on as the body of a message. */
struct sip_body leg_sip_sdp(struct rt_str sdp);
/** A message's description; empty when it has none. 0, or the status that refuses it: 413, 415. */
int leg_sip_description(struct rt_str *out, const struct sip_message *msg);
/** Refuses their request with what leg_sip_description() said. */
void leg_sip_refuse_description(struct sip_session *s, int status);
/** For a response to their INVITE: what `ev` brought, else what was passed on before it (RFC 3261
 * 13.2.1: the 2xx repeats the answer of an unreliable 18x). */
struct rt_str leg_sip_pass_early(struct leg_sip *l, const struct gw_event *ev);
/** The call tells us what the other side offers, or answers. */
void leg_sip_pass_offer(struct leg_sip *l, const struct gw_event *ev);
void leg_sip_pass_answer(struct leg_sip *l, const struct gw_event *ev);
/** The session tells us; the call passes it on. */
void leg_sip_direct_reinvited(struct leg_sip *l, const struct sip_message *msg);
void leg_sip_direct_reanswered(struct leg_sip *l, int status, const struct sip_message *msg);
void leg_sip_direct_acked(struct leg_sip *l, const struct sip_message *msg);

/* leg_sip_party.c: another party while the call goes on */

/** What a message of theirs says of their own party; `tell`: the call hears of a change. */
void leg_sip_party_heard(struct leg_sip *l, const struct sip_message *msg, bool tell);
/** The call tells us who the other party is now. */
void leg_sip_say_identity(struct leg_sip *l, const struct gw_event *ev);
/** Says what had to wait for another exchange. */
void leg_sip_tell_party(struct leg_sip *l);
/** A change of ours has its final response. True: it was this one. */
bool leg_sip_party_told(struct leg_sip *l, int status);

/* leg_sip_transfer.c: REFER and Replaces */

/** REFER: the far end wants the other side elsewhere. */
void leg_sip_referred(void *arg, struct sip_session *s, const struct sip_message *msg);
/** The call tells us what becomes of it. */
void leg_sip_say_transfer(struct leg_sip *l, const struct gw_event *ev);
/** An INVITE with Replaces: takes the place of the leg it names, or refuses. */
void leg_sip_replacing(struct gw *gw, struct sip_session *s, const struct gw_trunk *trunk,
                       const struct sip_message *msg);
/** The timer of a leg that is out of its call: we release. */
void leg_sip_parted(void *arg);

/* leg_sip_info.c: digits in INFO */

/** Its body's digits go to the call. 200, or the status that refuses it: 400, 415, 469. */
int leg_sip_informed(void *arg, struct sip_session *s, const struct sip_message *msg);
/** The call tells us a digit. */
void leg_sip_say_dtmf(struct leg_sip *l, const struct gw_event *ev);
/** The digits of an INFO's body, and how long each lasts in `*ms` (0: not said). 0, 400, 415. */
int leg_sip_read_digits(char *out, size_t cap, unsigned *ms, const struct sip_body *body);

/* leg_sip_aoc.c: advice of charge in bodies */

bool leg_sip_is_aoc(const struct sip_body *body);
/** Tells the call what a body advises. 200, or the status that refuses it: 400, 415. */
int leg_sip_aoc_in(struct leg_sip *l, const struct sip_body *body);
/** The same for all that a response to INVITE, or a BYE, has of it. */
void leg_sip_aoc_with(struct leg_sip *l, const struct sip_message *msg);
/** The call tells us an advice. */
void leg_sip_say_aoc(struct leg_sip *l, const struct gw_event *ev);
/** Answered: what had to wait goes out. */
void leg_sip_aoc_flush(struct leg_sip *l);

/* leg_sip_identity.c: numbers in SIP's own headers, as we say them */

#define LEG_SIP_URI_LEN 384
#define LEG_SIP_HEADERS 12
#define LEG_SIP_TEXT    4096

/** URIs and header fields for one message; the headers point into `text`. */
struct leg_sip_identity {
    char request_uri[LEG_SIP_URI_LEN], from_uri[LEG_SIP_URI_LEN], from_name[64];
    char contact_user[LEG_SIP_URI_LEN]; /**< of our Contact; empty: none */
    struct sip_header headers[LEG_SIP_HEADERS];
    unsigned nheaders;
    size_t used; /**< octets of `text` */
    char text[LEG_SIP_TEXT];
};

/** For an INVITE towards `trunk` (RFC 3398 8.1.3 and 12, RFC 3323,
 * RFC 3325). */
void leg_sip_identity(struct leg_sip_identity *out, const struct gw *gw,
                      const struct gw_trunk *trunk, const struct gw_hop *hop,
                      const struct gw_setup *setup);
/** For our 18x: user-to-user information, and P-Early-Media when `heard` says whether there is
 * something to hear. */
void leg_sip_progress(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                      const struct gw_event *ev, bool heard);
/** Appends its header fields as lines. */
void leg_sip_lines(struct rt_buf *out, const struct leg_sip_identity *id);
/** For our 200: the connected number as P-Asserted-Identity (RFC 4497 9.1.3), user-to-user
 * information. */
void leg_sip_connected(struct leg_sip_identity *out, const struct gw *gw,
                       const struct gw_trunk *trunk, const struct gw_event *ev);
/** The identity of `ev` in the peer's form; `party`: Remote-Party-ID's word. */
void leg_sip_party(struct leg_sip_identity *out, const struct gw *gw, const struct gw_trunk *trunk,
                   const struct gw_event *ev, const char *party);
/** For a 301: the new number of cause 22 as Contact (RFC 3398 7.2.4.1). */
void leg_sip_moved(struct leg_sip_identity *out, const struct gw *gw, const struct gw_trunk *trunk,
                   const struct gw_cause *cause, int status);
/** Adds a header field; what has no room is left out as a whole. */
void leg_sip_add(struct leg_sip_identity *id, const char *name, const char *fmt, ...)
    RT_PRINTF(3, 4);
/** `sip:+49301234@192.0.2.1;user=phone`; without digits the host alone. */
void leg_sip_number_uri(char out[LEG_SIP_URI_LEN], const struct dp_number *n, const char *host);

/* leg_sip_headers.c: the trunk's header rules (gw/header_rules.h) on what we send */

/** Applies them to an INVITE: what it adds is in `h`, which has to live until it is sent. */
void leg_sip_rules_invite(struct gw_headers *h, const struct leg_sip *l, const struct gw_hop *hop,
                          const struct gw_setup *setup, struct sip_invite *inv);
/** The same for a final response with the header fields of `id`: those to send are in `h`. */
void leg_sip_rules_reply(struct gw_headers *h, const struct leg_sip *l, int status,
                         const struct leg_sip_identity *id);

/** Those of the plan's emergency calls. */
void leg_sip_emergency(struct leg_sip_identity *out, const struct gw_plan *plan);
/** Its header() and offers(), for routing. */
const char *leg_sip_header(struct gw_leg *leg, const char *name);
bool leg_sip_offers(struct gw_leg *leg, const char *codec);

/* leg_sip_identity_in.c: the same as peers say them */

/** The numbers of a received INVITE and all that goes with them. 0, or the SIP status that refuses
 * it: 484 (the Request-URI is no number), 483 (diverted too often), 500 (privacy is critical and of
 * no kind that we know: RFC 3323 4.2). */
int leg_sip_setup_in(struct gw_setup *out, const struct gw_trunk *trunk,
                     const struct sip_message *msg);
/** Alert-Info (leg_sip_ring.c): as gw_setup's `ring`. */
unsigned leg_sip_ring_in(const struct sip_message *msg);
/** The Q.850 cause that goes with a status of leg_sip_setup_in(), or with 488. */
unsigned leg_sip_setup_cause(int status);
/** The connected number and the user-to-user information of a received 200. */
void leg_sip_connected_in(struct gw_event *out, const struct gw_trunk *trunk,
                          const struct sip_message *msg);

/** Who the peer says that its `party` is. False: nobody, or it is not believed. */
bool leg_sip_party_in(struct gw_event *out, const struct gw_trunk *trunk,
                      const struct sip_message *msg, const char *party);

/** Goes over the values of a header field, in one field or in several. */
struct leg_sip_values {
    const struct sip_message *msg;
    const char *name;
    unsigned field;
    struct rt_str rest;
};
/** The next one; empty: no more. */
struct rt_str leg_sip_next(struct leg_sip_values *v);

/* leg_sip_redirect.c: who diverted the call, in Diversion and History-Info */

/** Adds what the trunk wants told. `target` is the Request-URI. */
void leg_sip_redirect(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                      const struct gw_setup *setup, const char *host, const char *target);
/** 0, or 483: it was diverted too often. */
int leg_sip_redirect_in(struct gw_setup *out, const struct gw_trunk *trunk,
                        const struct sip_message *msg);

/* leg_sip_carrier.c: trunk groups, carriers and ported numbers in URIs */

/** Appends the parameters of the number in a Request-URI (RFC 3966 3: phone-context, then the rest
 * by name). */
void leg_sip_carrier(char *out, size_t cap, const struct gw_trunk *trunk,
                     const struct gw_setup *setup, const struct gw_hop *hop);
/** The user part of our Contact: the trunk group that the call came by; empty: none. */
void leg_sip_contact(char *out, size_t cap, const struct gw_setup *setup,
                     const struct dp_number *caller);
/** What a caller says of them; of others than a trusted one only what its number is relative to
 * (RFC 4694 5). */
void leg_sip_carrier_in(struct gw_carrier *out, const struct sip_message *msg, bool trusted);

/* leg_sip_isub.c: ISDN subaddresses in URIs */

#define LEG_SIP_ISUB_LEN 160 /* of 20 octets, each escaped or in hexadecimal */

/** `;isub=1234;isub-encoding=nsap-ia5`; empty: none, or none that a URI can say. */
void leg_sip_isub(char *out, size_t cap, const struct gw_subaddress *s);
void leg_sip_isub_in(struct gw_subaddress *out, struct rt_str uri);

/* leg_sip_uui.c: what the two users say to each other, and whether it may be heard early */

/** Adds User-to-User (RFC 7433, RFC 7434); nothing when there is none. */
void leg_sip_uui(struct leg_sip_identity *out, const struct gw_uui *uui);
/** From any request or response. */
void leg_sip_uui_in(struct gw_uui *out, const struct sip_message *msg);
/** Adds P-Early-Media (RFC 5009): `supported` to an INVITE, a direction to an 18x. */
void leg_sip_early_header(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                          const char *value);
/** False when an 18x says that its sound is not to be heard; without P-Early-Media it is. */
bool leg_sip_early_authorised(const struct sip_message *msg);

/* leg_sip_cause.c: why it ended, and the ladder */

/** True when a Warning says that it was the media's kind (RFC 3261 20.43: 304, 305). */
bool leg_sip_warns_of_media(const struct sip_message *msg);
/** The Reason header field that a cause becomes; q850 0: none. */
void leg_sip_reason(struct sip_reason *out, const struct gw_cause *cause);
/** "INVITE 30123456 sdp", "200 OK (BYE)": a message's line for the ladder. Returns `out`. */
char *leg_sip_summary(char *out, size_t cap, struct rt_str wire);

#endif
