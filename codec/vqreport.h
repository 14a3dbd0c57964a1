/* Voice quality reports, application/vq-rtcpxr (RFC 6035 4.6): what a collector is told of a call's
 * sound, as text from plain figures.
 */
#ifndef CODEC_VQREPORT_H
#define CODEC_VQREPORT_H

#include "codec/quality.h"

#define VQREPORT_TYPE "application/vq-rtcpxr"

/** What SDP agreed on; name NULL: not told. */
struct vqreport_session {
    unsigned payload_type;
    const char *name; /**< IANA's: "PCMA" */
    unsigned rate;    /**< of sampling, Hz */
    unsigned packets_per_s;
    unsigned frame_ms, frame_octets, frames_per_packet;
    const char *fmtp; /**< NULL: none */
    bool silence_suppression;
};

/** One direction. What is left out of `voip` (RTCP_UNKNOWN) is left out of the report. */
struct vqreport_metrics {
    rt_time start, stop; /**< rt_wall() of the stream's ends, or of the interval's */
    struct vqreport_session session;
    bool have_voip;
    struct rtcp_voip voip;  /**< ours from quality_voip(), the far end's as it came */
    unsigned far_system_ms; /**< end system delay of the other end, 0: unknown */
    bool have_jitter;
    uint32_t jitter_us;
    double loss, discard;  /**< percent; negative: what voip says, in steps of 0.4 */
    double r_lq;           /**< R without delay; negative: unknown */
    double mos_lq, mos_cq; /**< finer than voip's; 0: what voip says */
};
/** With what voip says and nothing else: the start for either direction. `voip` may be NULL. */
struct vqreport_metrics vqreport_metrics(const struct rtcp_voip *voip, rt_time start, rt_time stop);

struct vqreport_end {
    const char *id;      /**< name-addr or addr-spec of SIP */
    const char *address; /**< IPv4 or IPv6, without brackets */
    uint16_t port;
    uint32_t ssrc;
    const char *group; /**< for the collector's sums; NULL: "-" */
    const char *mac;   /**< NULL: not told */
};

struct vqreport {
    bool interval; /**< VQIntervalReport, else VQSessionReport */
    bool final;    /**< CallTerm: the last of the call */
    const char *call_id;
    const char *orig_id; /**< who began the call: one of the ends' ids */
    struct vqreport_end local, remote;
    const struct vqreport_metrics *local_metrics;  /**< of what we hear */
    const struct vqreport_metrics *remote_metrics; /**< of what the far end hears; NULL: unknown */
    const char *dialog, *to_tag, *from_tag;        /**< NULL: no such dialog */
};
/** Appends the report. What peers wrote into ids and names cannot begin a line of its own: octets
 * that the grammar does not have there are replaced. ENOMEM. */
int vqreport_write(struct rt_buf *out, const struct vqreport *r);

#endif
