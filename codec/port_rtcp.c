/* RTCP of a port: reports every 5 s or so, in both directions (RFC 3550 6), with those on quality
 * where they are agreed on (RFC 3611).
 *
 * The socket is watched by the thread's loop: the time a report waits would be counted as network
 * delay by both ends.
 */
#include "codec/demux.h"
#include "codec/media_priv.h"
#include "codec/rtcp.h"

#include "gw/rt/random.h"

/** Services after which rare things are looked after: 50 ms. */
#define OFTEN 5
/** Datagrams in that time that are too many. */
#define FLOOD 16

void media_rtcp_start(struct media_port *p, rt_time now)
{
    p->rtp.next_report = now + rtcp_interval(rt_random_u32(), true);
}

/** Hz of the timestamps that we send. */
static unsigned clock_of(const struct media_rtp_side *r)
{
    return r->kit->codec ? r->kit->codec->clock : 8000;
}

/* ---- sending ---- */

/** What was agreed on beside: quality, and what a receiver needs to know the round trip. Who tells
 * us his time is answered in any case. */
static void extend(struct rtcp_report *report, struct rtcp_voip *voip, const struct media_port *p,
                   rt_time now)
{
    const struct media_rating *g = &p->rtp.rating;
    bool xr = p->rtp.kit->conf.xr;

    report->reference_time = xr;
    if (g->reference) {
        report->dlrr_ssrc = g->reference_ssrc;
        report->last_rr = g->reference;
        report->since_rr = rtcp_since(now - g->reference_at);
    }
    if (xr && media_rate_voip(p, voip))
        report->voip = voip;
}

static void send_report(struct media_port *p, rt_time now, bool bye)
{
    struct media_rtp_side *r = &p->rtp;
    struct rtcp_report report = {
        .ssrc = r->ssrc,
        .sender = p->stats.tx_packets != r->reported_packets,
        .wall = rt_steady(),
        .ts = r->kit->codec ? codec_ticks(r->kit->codec, r->ts) : r->ts,
        .packets = (uint32_t)(p->stats.tx_packets - r->packets_before),
        .octets = (uint32_t)(p->stats.tx_octets - r->octets_before),
        .source = &r->source,
        .last_sr = r->last_sr,
        .since_sr = r->last_sr ? rtcp_since(now - r->sr_at) : 0,
        .cname = r->cname,
        .bye = bye,
    };
    _Alignas(8) uint8_t out[RTCP_MAX + MEDIA_SRTP_TRAILER];
    struct rtcp_voip voip;

    if (rt_addr_is_any(&r->rtcp_target))
        return; /* on hold by a null address: no RTCP either (RFC 3264 5.1) */
    extend(&report, &voip, p, now);
    media_rtp_out(p, 2, out, rtcp_write(out, &report));
    r->reported_packets = p->stats.tx_packets;
    r->reported = true;
}

void media_rtcp_bye(struct media_port *p, rt_time now)
{
    /* 6.3.7: who never sent anything says no goodbye */
    if (p->rtp.kit && (p->rtp.reported || p->stats.tx_packets > 0))
        send_report(p, now, true);
}

void media_rtcp_renew(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    if (r->slot.now)
        return; /* the keys are for this one */
    media_rtcp_bye(p, now);
    r->ssrc = rt_random_u32();
    r->seq = (uint16_t)rt_random_u32();
    if (p->peer && p->peer->kind == MEDIA_RTP)
        p->peer->rtp.relay.started = false; /* what it sends on has numbers of this one */
    r->gap = true;
    r->reported = false;
    r->packets_before = p->stats.tx_packets; /* 6.4.1: the counts begin with the SSRC */
    r->octets_before = p->stats.tx_octets;
}

/* ---- receiving ---- */

/** By the answer to a report of ours, or to our reference time when we send nothing. */
static void take_round_trip(struct media_port *p, const struct rtcp_news *news)
{
    rt_time wall = rt_steady(), rtt;
    bool known = news->have_block && rtcp_round_trip(&rtt, wall, news->last_sr, news->since_sr);

    if (!known && news->have_dlrr)
        known = rtcp_round_trip(&rtt, wall, news->last_rr, news->since_rr);
    if (known)
        p->stats.rtt_us = (uint32_t)rtt;
}

static void take_news(struct media_port *p, struct rtcp_news *news, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    unsigned clock = clock_of(r);

    rtcp_bound(news, p->stats.tx_packets - r->packets_before, clock);
    if (news->have_sr) {
        r->last_sr = news->sr_middle;
        r->sr_at = now;
    }
    if (news->reference) {
        r->rating.reference = news->reference;
        r->rating.reference_ssrc = news->ssrc;
        r->rating.reference_at = now;
    }
    take_round_trip(p, news);
    if (news->have_block) {
        p->stats.remote_lost = news->lost;
        p->stats.remote_jitter_us = rtcp_jitter_us(news->jitter, clock);
    }
    media_rate_news(p, news, clock);
}

static bool expected(const struct media_rtp_side *r, const union rt_addr *from)
{
    return r->kit &&
           (rt_addr_same_host(from, &r->rtcp_target) || rt_addr_same_host(from, &r->target));
}

void media_rtcp_take(struct media_port *p, const union rt_addr *from, uint8_t *data, size_t len,
                     rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    struct rtcp_news news;

    if (!expected(r, from)) {
        rt_count(&media_counters[MEDIA_RTP_FOREIGN]);
        return;
    }
    if (!media_rtp_open_packet(p, data, &len, true, now))
        return;
    if (p->tap)
        media_tap_note(p, false, 2, data, len, from);
    if (rtcp_read(&news, data, len, r->ssrc) != 0)
        rt_count(&media_counters[MEDIA_RTCP_MALFORMED]);
    else
        take_news(p, &news, now);
}

static bool apart(struct media_port *p, const union rt_addr *from, const uint8_t *data, size_t len)
{
    const struct media_rtp_side *r = &p->rtp;

    if (!r->kit || !r->kit->conf.apart_datagrams || len > MEDIA_DATAGRAM_MAX ||
        demux_kind(data, len) != DEMUX_STUN)
        return false;
    media_rtp_mail(p, 2, from, data, len);
    return true;
}

static void on_datagrams(void *arg, struct rt_udp *u)
{
    struct media_port *p = arg;
    rt_time now = rt_loop_now(p->thread->loop);
    union rt_addr from = {.sa.sa_family = AF_UNSPEC};
    _Alignas(8) uint8_t buf[2048];
    size_t len;

    for (unsigned n = 0; n < FLOOD && rt_udp_recv(u, buf, sizeof buf, &len, &from) == 0; n++) {
        p->rtp.rtcp_taken++;
        if (!apart(p, &from, buf, len))
            media_rtcp_take(p, &from, buf, len > sizeof buf ? 0 : len, now);
    }
    if (p->rtp.rtcp_taken >= FLOOD) /* the rest waits in the socket */
        rt_udp_watch(u, NULL, NULL, NULL);
}

void media_rtcp_watch(struct media_port *p)
{
    rt_udp_watch(p->rtp.rtcp, p->thread->loop, on_datagrams, p);
}

void media_rtcp_unwatch(struct media_port *p)
{
    rt_udp_watch(p->rtp.rtcp, NULL, NULL, NULL);
}

void media_rtcp_service(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    media_rate(p, now);
    if (++r->services % OFTEN == 0) {
        if (r->rtcp_taken >= FLOOD)
            media_rtcp_watch(p);
        r->rtcp_taken = 0;
        media_rtp_unload(p, now);
    }
    if (!r->kit || now < r->next_report)
        return;
    send_report(p, now, false);
    r->next_report = now + rtcp_interval(rt_random_u32(), false);
}
