/* SDP (RFC 8866) and the offer/answer model (RFC 3264) as pure functions: bodies in, decisions out.
 *
 * Covers what a voice gateway meets: one audio stream used, others refused with port 0; G.711,
 * CLEARMODE (RFC 4040), telephone-event; hold by direction attribute or by a null address. No
 * socket and no call here.
 */
#ifndef CODEC_SDP_H
#define CODEC_SDP_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"

#include <stdbool.h>

/** Codecs this build translates, and the 64 kbit/s of a clear channel, which it passes on
 * untouched. The name is the rtpmap's encoding name. */
enum codec_id { CODEC_PCMA, CODEC_PCMU, CODEC_CLEARMODE, CODEC_COUNT };
struct codec_info {
    const char *name; /**< "PCMA": matched without case (RFC 4855) */
    const char *word; /**< "pcma": in the configuration */
    unsigned clock;   /**< Hz */
    uint8_t payload;  /**< payload type: static (RFC 3551), or from 96 on what we offer */
};
extern const struct codec_info codec_table[CODEC_COUNT];

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

/** What one side of a stream can do, or what both agreed on. */
struct sdp_audio {
    union rt_addr addr;           /**< where this side receives RTP */
    union rt_addr rtcp;           /**< where it receives RTCP (RFC 3605); none: RTP's port + 1 */
    enum sdp_direction direction; /**< as seen from this side */
    struct {
        enum codec_id id;
        uint8_t payload;
    } codec[CODEC_COUNT]; /**< in order of preference */
    unsigned ncodecs;
    int event_payload;        /**< telephone-event payload type (RFC 4733), -1: none */
    uint32_t events;          /**< bit n: event n, from fmtp; 0..15 by default */
    unsigned ptime, maxptime; /**< ms; 0: not said */
};

/** A description being exchanged; the origin's version must grow with each change (RFC 3264 8). */
struct sdp_origin {
    uint64_t session, version;
};

/** Reads a body. EBADMSG: malformed; ENOTSUP: no audio stream we could use (no RTP/AVP audio with a
 * port and a codec of ours). Of several the first is taken. */
int sdp_parse(struct sdp_audio *out, struct rt_str body);

/** The codecs that any usable stream of a body names: bit n for codec_id n. 0: none, or malformed.
 */
unsigned sdp_codecs(struct rt_str body);

/** Writes an offer or a bare description of `a`. */
void sdp_write_offer(struct rt_buf *out, const struct sdp_audio *a, const struct sdp_origin *o);

/** Answers `offer` (the body) with what `local` can do: `*agreed` gets the remote's view to send to
 * (codecs both have, the offer's order kept, its payload types, a packet time within its limit and
 * ours) and `out` the answer's text with every m= line of the offer, the unused ones at port 0.
 * ENOTSUP: no codec in common (488); EBADMSG. */
int sdp_answer(struct rt_buf *out, struct sdp_audio *agreed, struct rt_str offer,
               const struct sdp_audio *local, const struct sdp_origin *o);

/** Reads the answer to an offer made of `local`. ENOTSUP, EBADMSG. */
int sdp_accept(struct sdp_audio *agreed, struct rt_str answer, const struct sdp_audio *local);

/** True when the far end put us on hold: it will not receive (sendonly, inactive, or c=0.0.0.0 as
 * RFC 3264 8.4). */
bool sdp_held(const struct sdp_audio *remote);

#endif
