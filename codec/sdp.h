/* SDP (RFC 8866) and the offer/answer model (RFC 3264) as pure functions: bodies in, decisions out.
 *
 * Covers what a voice gateway meets: one audio stream used, others refused with port 0; all codecs
 * of codec/codec.h, telephone-event, comfort noise; the plain and the secure profiles with their
 * keys (RFC 4568) and fingerprints (RFC 5763), ICE (RFC 8839), RTCP's port; hold by direction
 * attribute or by a null address. No socket, no cipher and no call here: keys, fingerprints and
 * candidates pass as text.
 */
#ifndef CODEC_SDP_H
#define CODEC_SDP_H

#include "codec/codec.h"
#include "gw/rt/buf.h"
#include "gw/rt/net.h"

#include <stdbool.h>

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

/** What an m= line calls its transport: RTP/AVP, RTP/AVPF, RTP/SAVP, RTP/SAVPF,
 * UDP/TLS/RTP/SAVP, UDP/TLS/RTP/SAVPF. */
enum sdp_profile {
    SDP_AVP,
    SDP_AVPF,
    SDP_SAVP,
    SDP_SAVPF,
    SDP_TLS_SAVP,
    SDP_TLS_SAVPF,
    SDP_PROFILES
};

/** What was agreed to protect a stream. */
enum sdp_security { SDP_PLAIN, SDP_SDES, SDP_DTLS };

/** Roles in the handshake (RFC 4145 4, RFC 5763 5). */
enum sdp_setup {
    SDP_SETUP_NONE,
    SDP_SETUP_ACTIVE,
    SDP_SETUP_PASSIVE,
    SDP_SETUP_ACTPASS,
    SDP_SETUP_HOLDCONN
};

/** A codec of one side. */
struct sdp_codec {
    enum codec_id id;
    uint8_t payload;    /**< payload type that this side wants to receive; agreed: to send with */
    uint8_t payload_in; /**< agreed: the one that we said, to receive by */
    struct codec_params params; /**< what this side's fmtp asks of the other's encoder */
};

/** telephone-event at one clock rate (RFC 4733 7.1: that of the sound it goes with). */
struct sdp_event {
    unsigned clock;
    uint8_t payload, payload_in; /**< as in struct sdp_codec */
};
#define SDP_EVENTS 4

/** `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...` (RFC 4568 9.1): the value is what follows the
 * tag. */
struct sdp_crypto {
    unsigned tag;
    struct rt_str value;
};
#define SDP_CRYPTOS 8

/** `a=fingerprint:sha-256 4A:AD:...` (RFC 8122 5). */
struct sdp_fingerprint {
    struct rt_str hash, value;
};
#define SDP_FINGERPRINTS 4

/** A host candidate of ours (RFC 8839 5.1). */
struct sdp_candidate {
    union rt_addr addr;
    unsigned component; /**< 1: RTP, 2: RTCP */
    uint32_t priority;
};
#define SDP_CANDIDATES 16

/** ICE of one side; agreed: the far end's, and without `ufrag` when ICE is not used. */
struct sdp_ice {
    struct rt_str ufrag, pwd; /**< no ufrag: no ICE */
    bool lite;
    bool mismatch; /**< said, or seen: the default address is none of the candidates */
    const struct sdp_candidate *own; /**< ours, to be written */
    unsigned nown;
    struct rt_str candidate[SDP_CANDIDATES]; /**< theirs: the attribute's value as it came */
    unsigned ncandidates;
};

/** Whose order of codecs an answer has. CHEAPEST: by the cost of the codec's table. */
enum sdp_order { SDP_ORDER_OFFER, SDP_ORDER_OURS, SDP_ORDER_CHEAPEST };
/** OFF: secure profiles are refused. OPTIONAL: the most secure that both can do; an offer is
 * RTP/AVP with keys beside (RFC 8643). REQUIRED: plain streams are refused. Both by the keys and
 * the fingerprints of our side: SDES wants some `crypto`, DTLS some `fingerprint`. */
enum sdp_need { SDP_SECURITY_OFF, SDP_SECURITY_OPTIONAL, SDP_SECURITY_REQUIRED };

/** What our side wants beyond what it describes; zeroed: a plain stream, the offer's order. */
struct sdp_wish {
    enum sdp_order order;
    enum sdp_need security;
    bool feedback; /**< offer a profile with feedback (RFC 4585) */
    bool again;    /**< offer the profile in `profile`: it was agreed on before */
    /** ACTIVE, PASSIVE: our role in a handshake that was done, kept where the far end leaves it to
     * us (RFC 8842 5.2). */
    enum sdp_setup role;
    bool xr;    /**< answer who offers reports on quality likewise */
    bool names; /**< addresses may be host names: the caller resolves `host` */
    bool ptime; /**< an answer asks for our packet time; else it repeats theirs */
    /** Whether a crypto line of the far end can be used, by its value; NULL: by the suite's name,
     * and no session parameter that cannot be ignored. */
    bool (*crypto_usable)(struct rt_str value);
};

/** What one side of a stream can do, or what both agreed on. Text in it is borrowed: from the body
 * it was read from, or from the caller. */
struct sdp_audio {
    union rt_addr addr;           /**< where this side receives RTP */
    struct rt_str host;           /**< its name when it gave one (RFC 8866 5.7): `addr` is null */
    union rt_addr rtcp;           /**< where it receives RTCP (RFC 3605); none: RTP's port + 1 */
    enum sdp_direction direction; /**< as seen from this side */
    struct sdp_codec codec[CODEC_COUNT]; /**< in order of preference, each once */
    unsigned ncodecs;
    int event_payload;    /**< telephone-event's payload type (RFC 4733), -1: none. Ours: at 8000
                             Hz, further clocks follow by themselves. Agreed: to send, the one of
                             the first codec's clock */
    int event_payload_in; /**< agreed: what we said for the same clock, to receive by; -1: none */
    unsigned event_clock; /**< agreed: the clock of both */
    struct sdp_event event[SDP_EVENTS]; /**< of each clock */
    unsigned nevents;
    uint32_t events;          /**< bit n: event n, from fmtp; 0..15 by default */
    int cn_payload;           /**< comfort noise (RFC 3389); -1 or 0: none */
    int cn_payload_in;        /**< agreed: what we said */
    unsigned ptime, maxptime; /**< ms; 0: not said */
    bool rtcp_xr;             /**< wants reports on quality (RFC 3611 5), or offers them */
    bool rtcp_mux;            /**< RTCP on RTP's port (RFC 5761); agreed: both want it */

    enum sdp_profile profile;
    enum sdp_security security;            /**< agreed */
    struct sdp_crypto crypto[SDP_CRYPTOS]; /**< agreed with SDES: theirs, one */
    unsigned ncryptos;
    unsigned crypto_own; /**< agreed with SDES: index into our crypto */
    struct sdp_fingerprint fingerprint[SDP_FINGERPRINTS];
    unsigned nfingerprints;
    enum sdp_setup setup; /**< as this side said it */
    bool dtls_active;     /**< agreed with DTLS: we begin the handshake */
    struct sdp_ice ice;

    struct rt_str mid;    /**< the m= line's name (RFC 5888), repeated in the answer */
    bool bundled;         /**< that name is in a BUNDLE group (RFC 8843) */
    struct sdp_wish wish; /**< of ours alone */
};

/** A description being exchanged; the origin's version must grow with each change (RFC 3264 8). */
struct sdp_origin {
    uint64_t session, version;
};

/** Reads a body. EBADMSG: malformed; ENOTSUP: no audio stream we could use (no RTP audio of any
 * profile with a port and a codec of ours). Of several the first is taken. */
int sdp_parse(struct sdp_audio *out, struct rt_str body);

/** The codecs that streams of a body name whose profile `need` leaves: bit n for codec_id n. 0:
 * none, or malformed. */
unsigned sdp_codecs(struct rt_str body, enum sdp_need need);

/** What the streams of a body could be protected by: bit n for enum sdp_security n. 0: there are no
 * usable streams, or it is malformed. */
unsigned sdp_securities(struct rt_str body);

/** True when a payload type stands for a codec or for events in `a`. */
bool sdp_payload_taken(const struct sdp_audio *a, unsigned payload);

/** Writes an offer or a bare description of `a`. */
void sdp_write_offer(struct rt_buf *out, const struct sdp_audio *a, const struct sdp_origin *o);

/** Answers `offer` (the body) with what `local` can do: `*agreed` gets the remote's view to send to
 * (codecs both have, in the order of `local`'s wish, its payload types, a packet time within its
 * limit and ours) and `out` the answer's text with every m= line of the offer, the unused ones at
 * port 0. ENOTSUP: no codec or no security in common (488); EAFNOSUPPORT: the only streams in
 * common are of the other address family (488); EBADMSG. */
int sdp_answer(struct rt_buf *out, struct sdp_audio *agreed, struct rt_str offer,
               const struct sdp_audio *local, const struct sdp_origin *o);

/** Reads the answer to an offer made of `local`. ENOTSUP, EAFNOSUPPORT, EBADMSG. */
int sdp_accept(struct sdp_audio *agreed, struct rt_str answer, const struct sdp_audio *local);

/** True when the far end put us on hold: it will not receive (sendonly, inactive, or c=0.0.0.0 as
 * RFC 3264 8.4; with ICE a null address only means that checks will tell). */
bool sdp_held(const struct sdp_audio *remote);

#endif
