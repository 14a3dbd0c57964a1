/* From one RTP port to another, packet by packet, when both sides speak the same codec and nothing
 * is to be heard or said on the way: no buffer, no decoding, the delay of one look at the socket.
 * Losses, order and pauses stay as they are for the far end to deal with; sequence numbers and
 * timestamps go on from what was sent before.
 */
#include "codec/media_priv.h"

/** Nothing but what the other side brings goes out of the port. */
static bool says_nothing(const struct media_port *p)
{
    return !p->source && p->ndigits == 0 && p->digit_pause == 0 && !p->sounding &&
           !p->rtp.event_out.active;
}

/** Digits come in a form that the other side takes. */
static bool same_digits(const struct media_rtp *from, const struct media_rtp *to)
{
    bool events = from->event_payload >= 0, takes = to->event_payload >= 0;

    return events == takes && from->event_clock == to->event_clock && !from->listen && !to->apart;
}

/** Whether who sends may describe his silence: in packets of comfort noise, or in G.729's own. */
static bool describes(const struct media_rtp *c)
{
    return c->noise_payload > 0 || (c->codec == CODEC_G729 && c->params.dtx);
}

static bool has(const struct media_rtp *c, enum codec_id id)
{
    return c->payload[id] < 128;
}

bool media_relays(const struct media_port *p)
{
    const struct media_port *q = p->peer;

    if (!q || p->kind != MEDIA_RTP || q->kind != MEDIA_RTP || !q->hears || !p->rtp.kit ||
        !q->rtp.kit || p->clear != q->clear || p->reel || q->reel)
        return false;
    const struct media_rtp *from = &p->rtp.kit->conf, *to = &q->rtp.kit->conf;
    return from->receive && to->send && !rt_addr_is_any(&q->rtp.target) && has(from, to->codec) &&
           from->codec == to->codec && !p->rtp.relay.other && p->gain_in == 0 && q->gain_out == 0 &&
           says_nothing(q) && same_digits(from, to) && (!describes(from) || describes(to));
}

/** The payload type that it has on the other side, or -1. */
static int payload_for(const struct media_rtp *to, int role)
{
    if (role == MEDIA_ROLE_EVENT)
        return to->event_payload;
    if (role == MEDIA_ROLE_NOISE)
        return to->noise_payload > 0 ? to->noise_payload : -1;
    return role == (int)to->codec ? to->payload[role] : -1;
}

static uint32_t ticks(const struct media_rtp_side *r)
{
    return r->kit->codec ? codec_ticks(r->kit->codec, r->ts) : r->ts;
}

/** Where the numbers of one source begin among ours. */
static void start(struct media_rtp_side *from, const struct media_rtp_side *to,
                  const struct rtp_packet *pk)
{
    from->relay.started = true;
    from->relay.ssrc = pk->ssrc;
    from->relay.seq = (uint16_t)(to->seq - pk->seq);
    from->relay.ts = ticks(to) - pk->ts;
}

/** What we say next comes after it: the source's clock may be faster than ours. */
static void follow(struct media_rtp_side *to, uint16_t seq, uint32_t ts)
{
    uint32_t per_sample = to->kit->codec ? codec_ticks(to->kit->codec, 1) : 1;
    int32_t ahead = (int32_t)(ts - ticks(to));

    if ((int16_t)(seq - to->seq) >= 0)
        to->seq = (uint16_t)(seq + 1);
    if (ahead > 0)
        to->ts += (uint32_t)ahead / per_sample;
}

void media_relay(struct media_port *p, const struct rtp_packet *pk, int role)
{
    struct media_rtp_side *from = &p->rtp, *to = &p->peer->rtp;
    int payload = payload_for(&to->kit->conf, role);

    if (payload < 0 || payload > 127)
        return;
    bool fresh = !from->relay.started || from->relay.ssrc != pk->ssrc;
    if (fresh)
        start(from, to, pk);
    uint16_t seq = (uint16_t)(pk->seq + from->relay.seq);
    uint32_t ts = pk->ts + from->relay.ts;
    /* the payload has at least a header's room before it, and the datagram's buffer the rest */
    uint8_t *packet = (uint8_t *)(uintptr_t)pk->payload - RTP_HEADER;
    rtp_write_header(packet, pk->marker || fresh, (uint8_t)payload, seq, ts, to->ssrc);
    follow(to, seq, ts);
    p->peer->stats.tx_packets++;
    p->peer->stats.tx_octets += pk->len;
    media_rtp_out(p->peer, 1, packet, RTP_HEADER + pk->len);
}
