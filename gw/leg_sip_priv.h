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
    bool rang;          /**< called side: 180 came */
    bool holding, held; /**< we hold them, they hold us */
    struct rt_defer reaper;
};

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
/** The Reason header field that a cause becomes; q850 0: none. */
void leg_sip_reason(struct sip_reason *out, const struct gw_cause *cause);
/** "INVITE 30123456 sdp", "200 OK (BYE)": a message's line for the ladder. Returns `out`. */
char *leg_sip_summary(char *out, size_t cap, struct rt_str wire);

#endif
