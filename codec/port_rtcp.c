/* RTCP of a port: reports every 5 s or so, in both directions (RFC 3550 6).
 *
 * The socket is polled each 50 ms: the time a report waits there is counted as network delay by
 * both ends, so it must be short against the round trips that matter.
 */
#include "codec/media_priv.h"
#include "codec/rtcp.h"

#include "gw/rt/random.h"

#define POLL 5 /* services */

#define INTERVAL (5 * RT_S)

/** 6.3.1: 0.5 to 1.5 times the interval, over e - 1.5 for what reconsideration takes away. */
static rt_time random_interval(rt_time of)
{
    double factor = 0.5 + rt_random_u32() / 4294967296.0;
    return (rt_time)((double)of * factor / 1.21828);
}

void media_rtcp_start(struct media_port *p, rt_time now)
{
    p->rtp.next_report = now + random_interval(INTERVAL / 2);
}

/* ---- sending ---- */

static void send_report(struct media_port *p, rt_time now, bool bye)
{
    struct media_rtp_side *r = &p->rtp;
    struct rtcp_report report = {
        .ssrc = r->ssrc,
        .sender = p->stats.tx_packets != r->reported_packets,
        .wall = rt_wall(),
        .ts = r->ts,
        .packets = (uint32_t)(p->stats.tx_packets - r->packets_before),
        .octets = (uint32_t)(p->stats.tx_octets - r->octets_before),
        .source = &r->source,
        .last_sr = r->last_sr,
        .since_sr = r->last_sr ? (uint32_t)((now - r->sr_at) * 65536 / RT_S) : 0,
        .cname = r->cname,
        .bye = bye,
    };
    uint8_t out[RTCP_MAX];

    if (rt_addr_is_any(&r->rtcp_target))
        return; /* on hold by a null address: no RTCP either (RFC 3264 5.1) */
    rt_udp_send(r->rtcp, out, rtcp_write(out, &report), &r->rtcp_target);
    r->reported_packets = p->stats.tx_packets;
    r->reported = true;
}

void media_rtcp_bye(struct media_port *p, rt_time now)
{
    /* 6.3.7: who never sent anything says no goodbye */
    if (p->rtp.set && (p->rtp.reported || p->stats.tx_packets > 0))
        send_report(p, now, true);
}

void media_rtcp_collision(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    media_rtcp_bye(p, now);
    r->ssrc = rt_random_u32();
    r->seq = (uint16_t)rt_random_u32();
    r->gap = true;
    r->reported = false;
    r->packets_before = p->stats.tx_packets; /* 6.4.1: the counts begin with the SSRC */
    r->octets_before = p->stats.tx_octets;
}

/* ---- receiving ---- */

static void take_news(struct media_port *p, const struct rtcp_news *news, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    if (news->have_sr) {
        r->last_sr = news->sr_middle;
        r->sr_at = now;
    }
    if (!news->have_block)
        return;
    p->stats.remote_lost = news->lost;
    p->stats.remote_jitter_us = news->jitter * 125;
    /* 6.4.1: round trip in 1/65536 s */
    int32_t rtt = (int32_t)(rtcp_ntp_middle(rt_wall()) - news->last_sr - news->since_sr);
    if (news->last_sr != 0 && rtt >= 0)
        p->stats.rtt_us = (uint32_t)((uint64_t)rtt * RT_S / 65536);
}

static bool expected(const struct media_rtp_side *r, const union rt_addr *from)
{
    return r->set &&
           (rt_addr_same_host(from, &r->rtcp_target) || rt_addr_same_host(from, &r->target));
}

static void receive(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    union rt_addr from = {.sa.sa_family = AF_UNSPEC};
    struct rtcp_news news;
    uint8_t buf[1500];
    size_t len;

    for (unsigned n = 0; n < 4 && rt_udp_recv(r->rtcp, buf, sizeof buf, &len, &from) == 0; n++) {
        if (!expected(r, &from))
            rt_count(&media_counters[MEDIA_RTP_FOREIGN]);
        else if (len > sizeof buf || rtcp_read(&news, buf, len, r->ssrc) != 0)
            rt_count(&media_counters[MEDIA_RTCP_MALFORMED]);
        else
            take_news(p, &news, now);
    }
}

void media_rtcp_service(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    if (++r->services % POLL == 0)
        receive(p, now);
    if (!r->set || now < r->next_report)
        return;
    send_report(p, now, false);
    r->next_report = now + random_interval(INTERVAL);
}
