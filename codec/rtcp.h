/* RTCP: sender and receiver reports, SDES CNAME, BYE (RFC 3550 6). */
#ifndef CODEC_RTCP_H
#define CODEC_RTCP_H

#include "codec/rtp.h"
#include "gw/rt/time.h"

#define RTCP_MAX 256

/** What we have to say in one compound packet. */
struct rtcp_report {
    uint32_t ssrc;
    bool sender;               /**< we have sent since the last report */
    rt_time wall;              /**< rt_wall() */
    uint32_t ts;               /**< RTP timestamp of that instant */
    uint32_t packets, octets;  /**< sent */
    struct rtp_source *source; /**< heard; NULL: nobody */
    uint32_t last_sr;          /**< middle 32 bits of the last SR's NTP time, 0: none came */
    uint32_t since_sr;         /**< 1/65536 s since it came */
    const char *cname;
    bool bye;
};
/** Writes SR or RR, SDES and BYE; returns the octets. */
size_t rtcp_write(uint8_t out[RTCP_MAX], const struct rtcp_report *r);

/** What a received compound packet says about the source `our_ssrc` and its sender. */
struct rtcp_news {
    bool have_sr, have_block, bye;
    uint32_t sr_middle;    /**< of its NTP time */
    uint32_t lost, jitter; /**< as the far end hears us */
    uint32_t last_sr, since_sr;
};
/** EBADMSG: not RTCP (RFC 3550 A.2). */
int rtcp_read(struct rtcp_news *out, const uint8_t *data, size_t len, uint32_t our_ssrc);

/** Middle 32 bits of the NTP time of `wall`. */
uint32_t rtcp_ntp_middle(rt_time wall);

#endif
