/* What the files of the SIP adapter share among themselves. */
#ifndef GW_LEG_SIP_PRIV_H
#define GW_LEG_SIP_PRIV_H

#include "gw/leg.h"
#include "sip/sip.h"

struct leg_sip {
    struct gw_leg leg;
    struct sip_session *session; /**< NULL before the setup and after the end */
    unsigned thread;             /**< of the RTP port */
    struct rt_buf offer; /**< the caller's, kept until a port can answer it; empty: it made none */
    struct rt_buf local_sdp; /**< our last offer or answer */
    struct sdp_origin origin;
    struct sdp_audio remote; /**< what was agreed */
    bool agreed, answered, leaving;
    bool answer_due;       /**< our 200 carries an offer: the ACK brings the answer */
    bool progressed, rang; /**< called side: a provisional came; it was 180 */
    bool holding, held;    /**< we hold them, they hold us */
    bool reinviting;       /**< a re-INVITE of ours has no final response yet */
    bool offered_hold;     /**< what it says of `holding` */
    struct rt_defer reaper;
};

/* leg_sip_media.c: offer/answer and the RTP port */

/** The thread of the port, -1 while there is none. */
int leg_sip_thread(const struct gw_leg *leg);
/** Makes the RTP port; the calling side's answer, or the offer when its INVITE had none, can be
 * given from then on. */
unsigned leg_sip_media(struct gw_leg *leg, unsigned thread);
bool leg_sip_stats(const struct gw_leg *leg, struct media_stats *out);
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
bool leg_sip_unusable(const struct gw_media_plan *m, const struct sip_message *msg);

/* leg_sip_identity.c: numbers and causes in SIP's own headers */

#define LEG_SIP_URI_LEN 192
#define LEG_SIP_HEADERS 4

/** URIs and header fields for one message; the headers point into `text`. */
struct leg_sip_identity {
    char request_uri[LEG_SIP_URI_LEN], from_uri[LEG_SIP_URI_LEN], from_name[64];
    struct sip_header headers[LEG_SIP_HEADERS];
    unsigned nheaders;
    char text[LEG_SIP_HEADERS][LEG_SIP_URI_LEN + 80];
};

/** For an INVITE towards `trunk` (RFC 3398 8.1.3 and 12, RFC 3323,
 * RFC 3325). */
void leg_sip_identity(struct leg_sip_identity *out, const struct gw *gw,
                      const struct gw_trunk *trunk, const struct gw_hop *hop,
                      const struct gw_setup *setup);
/** For our 200: the connected number as P-Asserted-Identity (RFC 4497 9.1.3). */
void leg_sip_connected(struct leg_sip_identity *out, const struct gw *gw,
                       const struct gw_trunk *trunk, const struct dp_number *connected);
/** For a 301: the new number of cause 22 as Contact (RFC 3398 7.2.4.1). */
void leg_sip_moved(struct leg_sip_identity *out, const struct gw *gw, const struct gw_trunk *trunk,
                   const struct gw_cause *cause, int status);
/** The numbers of a received INVITE. 0, or the SIP status that refuses it (484: the Request-URI is
 * no number). */
int leg_sip_setup_in(struct gw_setup *out, const struct sip_message *msg);
/** The connected number of a received 200. */
void leg_sip_connected_in(struct dp_number *out, const struct sip_message *msg);
/** True when a Warning says that it was the media's kind (RFC 3261 20.43: 304, 305). */
bool leg_sip_warns_of_media(const struct sip_message *msg);
/** The Reason header field that a cause becomes; q850 0: none. */
void leg_sip_reason(struct sip_reason *out, const struct gw_cause *cause);
/** "INVITE 30123456 sdp", "200 OK (BYE)": a message's line for the ladder. Returns `out`. */
char *leg_sip_summary(char *out, size_t cap, struct rt_str wire);

#endif
