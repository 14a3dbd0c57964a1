/* RTP ports, outgoing: blocks gathered into packets, digits as telephone events. The timestamp
 * advances whether anything is sent or not; the first packet after a gap carries the marker
 * (RFC 3551 4.1).
 */
#include "codec/media_priv.h"

static void send_packet(struct media_port *p, uint8_t *packet, size_t payload)
{
    struct media_rtp_side *r = &p->rtp;

    r->seq++;
    p->stats.tx_packets++;
    p->stats.tx_octets += payload;
    rt_udp_send(r->rtp, packet, RTP_HEADER + payload, &r->target);
}

static bool may_send(const struct media_rtp_side *r)
{
    return r->set && r->conf.send && !rt_addr_is_any(&r->target);
}

/* ---- digits ---- */

/** Starts and stops the sender as digits come and go. */
static void follow_digit(struct media_rtp_side *r, char digit, uint32_t id)
{
    struct event_sender *s = &r->event_out;

    if (!digit && s->active && !s->stopping)
        event_sender_stop(s);
    if (digit && (id != r->event_id || !s->active || s->stopping)) {
        event_sender_start(s, (uint8_t)event_of_digit(digit), r->ts);
        r->event_id = id;
    }
}

static void send_event(struct media_port *p)
{
    struct media_rtp_side *r = &p->rtp;
    uint8_t packet[RTP_HEADER + EVENT_PAYLOAD];
    bool marker = false;

    if (!event_sender_tick(&r->event_out, MEDIA_BLOCK, packet + RTP_HEADER, &marker))
        return;
    rtp_write_header(packet, marker, (uint8_t)r->conf.event_payload, r->seq, r->event_out.ts,
                     r->ssrc);
    send_packet(p, packet, EVENT_PAYLOAD);
}

/* ---- sound ---- */

static void send_sound(struct media_port *p, const uint8_t *octets)
{
    struct media_rtp_side *r = &p->rtp;

    if (r->fill == 0)
        r->packet_ts = r->ts;
    memcpy(r->packet + RTP_HEADER + r->fill, octets, MEDIA_BLOCK);
    r->fill += MEDIA_BLOCK;
    if (r->fill < r->conf.ptime * 8)
        return;
    rtp_write_header(r->packet, r->gap, r->conf.payload[r->conf.codec], r->seq, r->packet_ts,
                     r->ssrc);
    r->gap = false;
    size_t n = r->fill;
    r->fill = 0;
    send_packet(p, r->packet, n);
}

void media_rtp_emit(struct media_port *p, const uint8_t *octets, char digit, uint32_t id)
{
    struct media_rtp_side *r = &p->rtp;
    bool sending = may_send(r);

    if (sending && r->conf.event_payload >= 0)
        follow_digit(r, digit, id);
    else
        r->event_out.active = false;
    if (r->event_out.active)
        send_event(p);
    else if (octets && sending && r->conf.payload[r->conf.codec] < 128) {
        send_sound(p, octets);
        r->ts += MEDIA_BLOCK;
        return;
    }
    r->fill = 0;
    r->gap = true;
    r->ts += MEDIA_BLOCK;
}
