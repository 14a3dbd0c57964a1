/* RTCP: compound packets of sender and receiver reports, SDES CNAME, BYE (RFC 3550 6) and extended
 * reports (RFC 3611: VoIP metrics, receiver reference time, DLRR), as octets and figures: nothing
 * here knows a socket or a clock.
 */
#ifndef CODEC_RTCP_H
#define CODEC_RTCP_H

#include "codec/rtp.h"
#include "gw/rt/buf.h"
#include "gw/rt/time.h"

/** Room for the longest packet that rtcp_write() makes: a sender report with a block, 255 octets of
 * CNAME, three extended blocks, 255 octets of reason. */
#define RTCP_MAX 656

/** A metric that is not known (RFC 3611 4.7.4, 4.7.5). */
#define RTCP_UNKNOWN 127

/** Packet loss concealment and jitter buffer as in RFC 3611 4.7.6. */
enum rtcp_plc { RTCP_PLC_UNSAID, RTCP_PLC_NONE, RTCP_PLC_ENHANCED, RTCP_PLC_STANDARD };
enum rtcp_jba { RTCP_JBA_UNKNOWN, RTCP_JBA_RESERVED, RTCP_JBA_FIXED, RTCP_JBA_ADAPTIVE };

/** The VoIP metrics block (RFC 3611 4.7) in its own units: rates in 1/256, times in ms, levels in
 * dBm0, MOS times 10. */
struct rtcp_voip {
    uint32_t ssrc; /**< of the source that is reported on */
    uint8_t loss_rate, discard_rate, burst_density, gap_density;
    uint16_t burst_ms, gap_ms;
    uint16_t round_trip_ms, end_system_ms; /**< 0: unknown */
    int8_t signal_dbm0, noise_dbm0;        /**< RTCP_UNKNOWN */
    uint8_t rerl_db;                       /**< residual echo return loss; RTCP_UNKNOWN */
    uint8_t gmin;
    uint8_t r, ext_r;       /**< 0..100, RTCP_UNKNOWN */
    uint8_t mos_lq, mos_cq; /**< 10..50, RTCP_UNKNOWN */
    enum rtcp_plc plc;
    enum rtcp_jba jba;
    uint8_t jb_rate; /**< 0..15 */
    uint16_t jb_nominal_ms, jb_max_ms, jb_abs_max_ms;
};

/** What we have to say in one compound packet. */
struct rtcp_report {
    uint32_t ssrc;
    bool sender;               /**< we have sent since the last report */
    rt_time wall;              /**< rt_steady() */
    uint32_t ts;               /**< RTP timestamp of that instant */
    uint32_t packets, octets;  /**< sent */
    struct rtp_source *source; /**< heard; NULL: nobody */
    uint32_t last_sr;          /**< middle 32 bits of the last SR's NTP time, 0: none came */
    uint32_t since_sr;         /**< 1/65536 s since it came */
    const char *cname;         /**< cut at 255 octets */
    bool bye;
    const char *reason; /**< of the BYE; NULL: none is given */

    /* extended reports; the peer should have asked for them (a=rtcp-xr, RFC 3611 5) */
    bool reference_time;          /**< say what time it is, for the answer in a DLRR */
    uint32_t dlrr_ssrc;           /**< who said so last, */
    uint32_t last_rr;             /**< rtcp_news.reference of it, 0: nobody did, */
    uint32_t since_rr;            /**< and 1/65536 s since */
    const struct rtcp_voip *voip; /**< NULL: none */
};
/** Writes SR or RR, SDES, XR when there is any, and BYE; returns the octets. */
size_t rtcp_write(uint8_t out[RTCP_MAX], const struct rtcp_report *r);

/** What a received compound packet says about the source `our_ssrc` and its sender. */
struct rtcp_news {
    uint32_t ssrc; /**< the sender's */
    bool have_sr, have_block, bye;
    uint32_t sr_middle;       /**< of its NTP time */
    uint32_t packets, octets; /**< that it has sent (have_sr) */
    uint8_t fraction;         /**< of our packets lost since its last report, 1/256 */
    uint32_t lost, jitter;    /**< as the far end hears us; timestamp units */
    uint32_t highest;         /**< extended sequence number that it heard last */
    uint32_t last_sr, since_sr;
    struct rt_str cname, reason; /**< borrowed, inside the datagram; any octets */
    uint32_t reference;          /**< its receiver reference time, middle 32 bits; 0: none */
    bool have_dlrr;
    uint32_t last_rr, since_rr; /**< the answer to our reference time */
    bool have_voip;
    struct rtcp_voip voip; /**< about us; what is out of range is RTCP_UNKNOWN */
};
/** EBADMSG: not RTCP (RFC 3550 A.2), or a length in it is wrong: then nothing of it is taken. What
 * is not known here (APP, feedback, other blocks) is passed over. */
int rtcp_read(struct rtcp_news *out, const uint8_t *data, size_t len, uint32_t our_ssrc);
/** Bounds what a peer claims by what can be: losses by the packets `sent`, jitter by 10 s at
 * `clock` Hz. */
void rtcp_bound(struct rtcp_news *news, uint64_t sent, unsigned clock);
/** Jitter in microseconds. */
uint32_t rtcp_jitter_us(uint32_t jitter, unsigned clock);

/** Middle 32 bits of the NTP time of `wall`. */
uint32_t rtcp_ntp_middle(rt_time wall);
/** Duration in 1/65536 s, for since_sr and since_rr: at most 0xffffffff, at least 0. */
uint32_t rtcp_since(rt_time duration);
/** Round trip of a report that arrived at `wall` and holds `last` and `since` (of an SR or of a
 * reference time of ours). False: it tells nothing, or nothing that can be (`last` 0, less than 0,
 * more than 30 s). */
bool rtcp_round_trip(rt_time *out, rt_time wall, uint32_t last, uint32_t since);

/** RFC 5761 4: whether a datagram at a port for both is RTCP. */
static inline bool rtcp_is(const uint8_t *data, size_t len)
{
    return len >= 2 && data[0] >> 6 == 2 && data[1] >= 192 && data[1] <= 223;
}
/** RFC 5761 4: whether a payload type can be told from RTCP. */
static inline bool rtcp_mux_payload(uint8_t pt)
{
    return pt < 64 || pt > 95;
}

/** RFC 3550 6.3.1: the time to the next report, from a random number: 0.5 to 1.5 times 5 s (half of
 * that before the first) over e - 1.5, for what reconsideration takes away. */
rt_time rtcp_interval(uint32_t random, bool first);

#endif
