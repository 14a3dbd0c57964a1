/* What leg_sip_secure.c (descriptions) and leg_sip_path.c (datagrams) share. */
#ifndef GW_LEG_SIP_SECURE_PRIV_H
#define GW_LEG_SIP_SECURE_PRIV_H

#include "codec/dtls.h"
#include "codec/ice.h"
#include "codec/sdes.h"
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "gw/leg_sip_secure.h"

/** An ice-ufrag or ice-pwd (RFC 8839 5.4). */
#define LEG_SIP_ICE_TEXT 257

/** Of one port. */
struct leg_sip_secure {
    struct leg_sip *leg;
    struct rt_timer timer; /**< of the handshake and of consent */

    /* keys in the description */
    struct sdes_line
        own[MEDIA_SRTP_NSUITES]; /**< one for each suite, the same for the port's life */
    struct sdp_crypto line[MEDIA_SRTP_NSUITES]; /**< as text, in `text` */
    unsigned nown;
    struct rt_buf text;

    /* as agreed last */
    enum sdp_security security;
    enum sdp_profile profile;
    unsigned chosen; /**< SDES: which of our lines */
    bool mux;

    /* the handshake */
    struct dtls *dtls; /**< NULL: none */
    bool active, started, keyed, failed;
    rt_time path_due; /**< it waits for ICE so long; 0: it does not */
    struct dtls_fingerprint print[DTLS_FINGERPRINTS];
    unsigned nprints;
    union rt_addr described; /**< where RTP goes by the description */
    union rt_addr from;      /**< where its datagrams come from; none came: AF_UNSPEC */

    /* ICE */
    struct ice ice, fresh; /**< `fresh`: for the answer to an offer that restarts it */
    bool restarts;
    bool iced;                                           /**< agreed */
    char ufrag[LEG_SIP_ICE_TEXT], pwd[LEG_SIP_ICE_TEXT]; /**< theirs */
    struct sdp_candidate candidate[ICE_COMPONENTS];
    union rt_addr last[ICE_COMPONENTS]; /**< where media went before a restart */
};

/** An address to which nothing is sent, and from which nothing comes. */
static inline union rt_addr leg_sip_nowhere(void)
{
    return (union rt_addr){.in4 = {.sin_family = AF_INET}};
}

/* leg_sip_path.c */

/** Makes the handshake fit what was agreed, and begins it when it is time. */
void leg_sip_path_shake(struct leg_sip *l, const struct sdp_audio *r);
/** Begins a handshake that waited for our description. */
void leg_sip_path_start(struct leg_sip *l);
/** Makes ICE fit what was agreed. */
void leg_sip_path_ice(struct leg_sip *l, const struct sdp_audio *r);
/** The timer. */
void leg_sip_path_due(void *arg);
/** Says good-bye. */
void leg_sip_path_close(struct leg_sip *l);

#endif
