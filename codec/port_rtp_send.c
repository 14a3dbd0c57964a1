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
    media_rtp_out(p, 1, packet, RTP_HEADER + payload);
}

static bool may_send(const struct media_rtp_side *r)
{
    return r->kit && r->kit->conf.send && !rt_addr_is_any(&r->target);
}

/* ---- digits ---- */

/** Starts and stops the sender as digits come and go. */
static void follow_digit(struct media_rtp_side *r, char digit, uint32_t id)
{
    struct event_sender *s = &r->event_out;

    if (!digit && s->active && !s->stopping)
        event_sender_stop(s);
    if (digit && (id != r->event_id || !s->active || s->stopping)) {
        unsigned factor = r->kit->conf.event_clock ? r->kit->conf.event_clock / 8000 : 1;
        event_sender_start(s, (uint8_t)event_of_digit(digit), r->ts * factor);
        r->event_id = id;
    }
}

/** A digit's timestamps and durations are in its own clock's units. */
static void send_event(struct media_port *p)
{
    struct media_rtp_side *r = &p->rtp;
    const struct media_rtp *c = &r->kit->conf;
    _Alignas(8) uint8_t packet[RTP_HEADER + EVENT_PAYLOAD + MEDIA_SRTP_TRAILER];
    unsigned factor = c->event_clock ? c->event_clock / 8000 : 1;
    bool marker = false;

    if (!event_sender_tick(&r->event_out, MEDIA_BLOCK * factor, packet + RTP_HEADER, &marker))
        return;
    rtp_write_header(packet, marker, (uint8_t)c->event_payload, r->seq, r->event_out.ts, r->ssrc);
    send_packet(p, packet, EVENT_PAYLOAD);
}

/* ---- sound ---- */

/** Sound gathers until it fills a packet: octets of a law in the packet itself, samples for other
 * encoders beside it. Returns the octets of the payload, 0: nothing is to be sent. */
static size_t gather(struct media_port *p, struct sound *sound)
{
    struct media_rtp_side *r = &p->rtp;
    const struct media_kit *k = r->kit;
    bool octets = p->clear || k->conf.codec == CODEC_PCMA || k->conf.codec == CODEC_PCMU;
    uint8_t *payload = r->packet + RTP_HEADER;

    if (p->clear)
        memcpy(payload + r->fill, sound->octets[0], MEDIA_BLOCK);
    else if (octets)
        memcpy(payload + r->fill, sound_octets(sound, p->law), MEDIA_BLOCK);
    else
        memcpy(r->pending + r->fill, sound_pcm(sound), MEDIA_BLOCK * sizeof *r->pending);
    r->fill += MEDIA_BLOCK;
    if (r->fill < k->conf.ptime * 8)
        return 0;
    return octets ? r->fill : k->codec->ops->encode(k->encoder, payload, r->pending, r->fill);
}

/** Whether the block is speech, when silence is not sent but described (RFC 3389). */
static void judge(struct media_port *p, struct sound *sound)
{
    struct media_rtp_side *r = &p->rtp;

    if (r->kit->conf.noise_payload <= 0 || p->clear || r->kit->conf.fixed) {
        r->voiced = true;
        return;
    }
    enum vad_verdict verdict = vad_block(&r->vad, sound_pcm(sound));
    r->voiced |= verdict == VAD_SPEECH;
    r->described |= verdict == VAD_DESCRIBE;
}

static void send_noise(struct media_port *p)
{
    struct media_rtp_side *r = &p->rtp;
    const struct media_kit *k = r->kit;

    rtp_write_header(r->packet, false, (uint8_t)k->conf.noise_payload, r->seq,
                     codec_ticks(k->codec, r->packet_ts), r->ssrc);
    send_packet(p, r->packet, vad_describe(&r->vad, r->packet + RTP_HEADER));
}

/** The packet that is full, or what stands for it in silence: then the next one begins a talkspurt.
 */
static void send_full(struct media_port *p, size_t n)
{
    struct media_rtp_side *r = &p->rtp;
    const struct media_kit *k = r->kit;

    if (!r->voiced || n == 0) {
        if (!r->voiced && r->described)
            send_noise(p);
        r->gap = true;
        return;
    }
    rtp_write_header(r->packet, r->gap, k->conf.payload[k->conf.codec], r->seq,
                     k->codec ? codec_ticks(k->codec, r->packet_ts) : r->packet_ts, r->ssrc);
    r->gap = false;
    send_packet(p, r->packet, n);
}

static void send_sound(struct media_port *p, struct sound *sound)
{
    struct media_rtp_side *r = &p->rtp;

    if (r->fill == 0) {
        r->packet_ts = r->ts;
        r->voiced = r->described = false;
    }
    judge(p, sound);
    size_t n = gather(p, sound);
    if (r->fill < r->kit->conf.ptime * 8)
        return;
    r->fill = 0;
    send_full(p, n);
}

void media_rtp_pass(struct media_port *p)
{
    struct media_rtp_side *r = &p->rtp;

    r->fill = 0;
    r->gap = true;
    r->ts += MEDIA_BLOCK;
}

void media_rtp_emit(struct media_port *p, struct sound *sound, char digit, uint32_t id)
{
    struct media_rtp_side *r = &p->rtp;
    bool sending = may_send(r);

    if (sending && r->kit->conf.event_payload >= 0)
        follow_digit(r, digit, id);
    else
        r->event_out.active = false;
    if (r->event_out.active)
        send_event(p);
    else if (sound && sending && r->kit->conf.payload[r->kit->conf.codec] < 128) {
        send_sound(p, sound);
        r->ts += MEDIA_BLOCK;
        return;
    }
    media_rtp_pass(p);
}
