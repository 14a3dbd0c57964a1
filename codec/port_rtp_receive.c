/* RTP ports, incoming: which packets are accepted, and where their contents go.
 *
 * Packets are polled when the port is served, not by the loop: a service that found one in order
 * expects no second, and asks for more only when the one before found one too. But those that only
 * pass from one port to another are taken as they come.
 */
#include "codec/demux.h"
#include "codec/media_priv.h"
#include "codec/rtcp.h"

#define PACKETS_MAX  16 /**< in one service */
#define DATAGRAM_MAX 2048
#define LATCH_AFTER  3  /**< packets in a row from one source */
#define FLOOD        64 /**< relayed in 10 ms: one packet each 0.16 ms */

/** Services that were as expected before any is spared; of those, one in so many is not. */
#define CALM        32u
#define LOOK_ANYWAY 16u

#define SILENT_AFTER (10 * RT_S)

/* ---- accepting ---- */

/** Counts packets in a row of a source that was not signalled; true when there are enough. */
static bool latch(struct media_rtp_side *r, const union rt_addr *from, const struct rtp_packet *pk)
{
    bool next = r->candidate_count > 0 && rt_addr_equal(from, &r->candidate) &&
                pk->ssrc == r->candidate_ssrc && pk->seq == (uint16_t)(r->candidate_seq + 1);

    if (r->role[pk->payload_type] == MEDIA_ROLE_NONE)
        return false;
    r->candidate = *from;
    r->candidate_ssrc = pk->ssrc;
    r->candidate_seq = pk->seq;
    r->candidate_count = next ? r->candidate_count + 1 : 1;
    if (r->candidate_count < LATCH_AFTER)
        return false;
    r->target = r->rtcp_target = *from;
    rt_addr_set_port(&r->rtcp_target, (uint16_t)(rt_addr_port(from) + !r->kit->conf.mux));
    r->locked = r->latched = true;
    return true;
}

static bool accepted(struct media_port *p, const union rt_addr *from, const struct rtp_packet *pk)
{
    struct media_rtp_side *r = &p->rtp;

    if (r->kit && rt_addr_equal(from, &r->target)) {
        r->locked = true;
        return true;
    }
    if (r->kit && !r->kit->conf.strict && !r->locked && !r->aimed && latch(r, from, pk))
        return true;
    p->stats.foreign++;
    rt_count(&media_counters[MEDIA_RTP_FOREIGN]);
    return false;
}

/** Hz of the timestamps that come. */
static unsigned clock_of(const struct media_rtp_side *r, int role)
{
    if (role >= 0 && role < CODEC_COUNT)
        return codec_table[role].clock;
    return r->kit->codec ? r->kit->codec->clock : 8000;
}

/** When the packet came, by the clock of its timestamps. An event's packets repeat one timestamp:
 * they tell no jitter. Nor does the first one of another clock. */
static uint32_t arrival_of(struct media_rtp_side *r, const struct rtp_packet *pk, int role,
                           rt_time now)
{
    unsigned clock = clock_of(r, role);
    uint32_t arrival = (uint32_t)(now / (RT_S / 8000) * (clock / 1000) / 8);

    if (role == MEDIA_ROLE_EVENT)
        return pk->ts + r->source.transit;
    if (r->clock != clock) {
        if (r->clock != 0)
            r->source.jitter16 = (uint32_t)((uint64_t)r->source.jitter16 * clock / r->clock);
        r->source.transit = arrival - pk->ts;
        r->clock = clock;
    }
    return arrival;
}

/** Sequence, loss and jitter. */
static enum rtp_order account(struct media_port *p, const struct rtp_packet *pk, int role,
                              rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    uint64_t lost = rtp_source_lost(&r->source);
    uint32_t arrival = arrival_of(r, pk, role, now);
    unsigned clock = r->clock ? r->clock : 8000; /* 0: nothing but events came */
    enum rtp_order order = rtp_source_packet(&r->source, pk, arrival);

    if (order == RTP_RESTART)
        r->lost_before += lost;
    p->stats.duplicate += order == RTP_DUPLICATE;
    p->stats.reordered += order == RTP_OLD;
    p->stats.lost = r->lost_before + rtp_source_lost(&r->source);
    p->stats.jitter_us = (uint32_t)((uint64_t)(r->source.jitter16 >> 4) * 1000000 / clock);
    return order;
}

/* ---- digits received ---- */

/** The far end uses our SSRC (RFC 3550 8.2): we change ours, once, since a far end that sends our
 * own packets back would make us change for ever. */
static void check_collision(struct media_port *p, const struct rtp_packet *pk, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    if (pk->ssrc != r->ssrc || r->collided)
        return;
    r->collided = true;
    media_rtcp_renew(p, now);
}

/** The digit is over; the sound that comes next starts a buffer of its own. */
static void end_digit(struct media_port *p)
{
    struct media_rtp_side *r = &p->rtp;

    media_tell_digit(p, r->digit, r->digit_ms);
    r->digit = 0;
    playout_reset(&r->playout);
}

static void take_event(struct media_port *p, const struct rtp_packet *pk)
{
    struct media_rtp_side *r = &p->rtp;

    if (pk->ssrc != r->digit_ssrc)
        r->event_in.known = false; /* another source's timestamps tell nothing about this one's */
    r->digit_ssrc = pk->ssrc;
    playout_seen(&r->playout, pk->seq);
    if (!event_receiver_packet(&r->event_in, pk->ts, pk->payload, pk->len))
        return;
    if (r->digit)
        end_digit(p);
    r->digit = event_digit(r->event_in.event);
    r->digit_serial++;
}

static unsigned event_clock(const struct media_rtp_side *r)
{
    return r->kit && r->kit->conf.event_clock ? r->kit->conf.event_clock : 8000;
}

static void hear_digit(struct media_port *p, struct media_heard *h)
{
    struct media_rtp_side *r = &p->rtp;

    if (!r->digit)
        return;
    unsigned per_ms = event_clock(r) / 1000;
    r->digit_ms = event_receiver_length(&r->event_in) / per_ms;
    if (!event_receiver_tick(&r->event_in, MEDIA_BLOCK_MS * per_ms)) {
        end_digit(p);
        return;
    }
    h->digit = r->digit;
    h->serial = r->digit_serial;
}

/* ---- receiving ---- */

static void take_sound(struct media_port *p, const struct rtp_packet *pk, int role)
{
    struct media_rtp_side *r = &p->rtp;
    struct playout *b = &r->playout;

    if (!r->wanted || r->digit)
        return;
    if (role == MEDIA_ROLE_NOISE)
        playout_put_noise(b, pk->seq, pk->ts, pk->payload, pk->len);
    else
        playout_put(b, &codec_table[role], pk->seq, pk->ts, pk->payload, pk->len);
    if (b->stats.late != p->stats.late) {
        rt_count_n(&media_counters[MEDIA_RTP_LATE], b->stats.late - p->stats.late);
        p->stats.late = b->stats.late;
    }
}

static void note_arrival(struct media_port *p, const struct rtp_packet *pk, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    p->stats.rx_packets++;
    p->stats.rx_octets += pk->len;
    r->last_rx = now;
    r->silent = false;
    if (r->started)
        return;
    r->started = true;
    media_tell(p, &(struct media_event){.type = MEDIA_RTP_STARTED});
}

static void take(struct media_port *p, const struct rtp_packet *pk, const union rt_addr *from,
                 rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    int role = r->role[pk->payload_type];

    if (!accepted(p, from, pk))
        return;
    note_arrival(p, pk, now);
    check_collision(p, pk, now);
    enum rtp_order order = account(p, pk, role, now);
    if (order == RTP_RESTART) {
        r->last_sr = 0; /* that was another source's */
        r->relay.started = false;
        playout_reset(&r->playout);
        if (!r->digit)
            r->event_in = (struct event_receiver){.known = false};
    }
    if (order == RTP_DUPLICATE || order == RTP_STRAY || role == MEDIA_ROLE_NONE ||
        !r->kit->conf.receive)
        return;
    if (role < CODEC_COUNT)
        r->relay.other = role != (int)r->kit->conf.codec;
    if (role == MEDIA_ROLE_EVENT)
        take_event(p, pk);
    else if (!r->relaying)
        take_sound(p, pk, role);
    else
        playout_seen(&r->playout, pk->seq);
    if (r->relaying)
        media_relay(p, pk, role);
}

/** True when it was neither RTP nor RTCP and signalling has it now. */
static bool apart(struct media_port *p, const union rt_addr *from, const uint8_t *data, size_t len)
{
    const struct media_rtp_side *r = &p->rtp;

    if (!r->kit || !r->kit->conf.apart_datagrams || len > MEDIA_DATAGRAM_MAX)
        return false;
    enum demux_kind kind = demux_kind(data, len);
    if (kind != DEMUX_STUN && kind != DEMUX_DTLS)
        return false;
    media_rtp_mail(p, 1, from, data, len);
    return true;
}

static void take_datagram(struct media_port *p, const union rt_addr *from, uint8_t *data,
                          size_t len, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    struct rtp_packet pk;

    if (apart(p, from, data, len))
        return;
    if (r->kit && r->kit->conf.mux && rtcp_is(data, len)) {
        media_rtcp_take(p, from, data, len, now);
        return;
    }
    if (!media_rtp_open_packet(p, data, &len, false, now))
        return;
    if (p->tap)
        media_tap_note(p, false, 1, data, len, from);
    if (rtp_read(&pk, data, len) != 0) {
        p->stats.malformed++;
        rt_count(&media_counters[MEDIA_RTP_MALFORMED]);
        return;
    }
    take(p, &pk, from, now);
}

/** Takes what waits; returns how many datagrams there were. */
static unsigned receive(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    union rt_addr from = {.sa.sa_family = AF_UNSPEC};
    /* what is sent on may be protected where it lies */
    _Alignas(8) uint8_t buf[DATAGRAM_MAX + MEDIA_SRTP_TRAILER];
    size_t len;
    unsigned n = 0;

    while (n < PACKETS_MAX && rt_udp_recv(r->rtp, buf, DATAGRAM_MAX, &len, &from) == 0) {
        n++;
        /* what was cut is no packet of ours: rtp_read() is told so by no octets */
        take_datagram(p, &from, buf, len > DATAGRAM_MAX ? 0 : len, now);
        if (!r->busy)
            break;
    }
    r->busy = n > 0;
    return n;
}

/** Packets of 20 ms come in every other service: once that is so for a while, the service after one
 * that found a packet is spared, but for one in sixteen, which tells whether it is still so. A look
 * that finds nothing costs as much as half a packet. */
static void poll(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    /* of two numbers next to each other one is that of a service that could be spared */
    bool after = r->busy, spared = after && r->calm >= CALM && r->calm % LOOK_ANYWAY > 1;
    unsigned n = 0;

    if (spared)
        r->busy = false;
    else
        n = receive(p, now);
    r->calm = n == (after ? 0 : 1) ? r->calm + 1 : 0;
}

static void watch_silence(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    if (!r->kit || !r->kit->conf.receive || r->silent || now - r->last_rx < SILENT_AFTER)
        return;
    r->silent = true;
    media_tell(p, &(struct media_event){.type = MEDIA_RTP_SILENT});
}

/** What the buffer of a clear channel did in this block. */
static void count_filled(const struct media_port *p)
{
    const struct playout_stats *b = &p->rtp.playout.stats;

    if (!p->clear)
        return;
    rt_count_n(&media_counters[MEDIA_CLEAR_FILLED], b->concealed - p->stats.concealed);
    rt_count_n(&media_counters[MEDIA_CLEAR_SLIPS], b->slips - p->rtp.slips);
}

static void take_block(struct sound *out, const struct playout_block *b)
{
    if (b->kind == PLAYOUT_SAMPLES)
        sound_set_pcm(out, b->pcm);
    else if (b->kind == PLAYOUT_OCTETS && b->id == CODEC_CLEARMODE)
        sound_set_clear(out, b->octets);
    else if (b->kind == PLAYOUT_OCTETS)
        sound_set_octets(out, b->octets, b->id == CODEC_PCMA ? G711_A : G711_MU);
}

static void play(struct media_port *p)
{
    struct playout *b = &p->rtp.playout;
    struct playout_block block;

    playout_get(b, &block);
    take_block(&p->heard.sound, &block);
    count_filled(p);
    p->stats.concealed = b->stats.concealed;
    p->rtp.slips = b->stats.slips;
    p->stats.playout_ms = playout_depth(b) / 8;
}

static void follow_relay(struct media_port *p);

/** Packets that are only sent on do not wait for the next 10 ms, as long as there are not too many:
 * a flood is left in the socket until then. */
static void on_datagrams(void *arg, struct rt_udp *u)
{
    struct media_port *p = arg;
    struct media_rtp_side *r = &p->rtp;

    follow_relay(p);
    if (!r->relaying)
        return; /* something of ours goes first now */
    r->busy = true;
    r->taken += receive(p, rt_loop_now(p->thread->loop));
    r->flooded = r->taken > FLOOD;
    if (r->flooded)
        rt_udp_watch(u, NULL, NULL, NULL);
}

static bool watch(struct media_port *p)
{
    p->rtp.flooded = false;
    return rt_udp_watch(p->rtp.rtp, p->thread->loop, on_datagrams, p) == 0;
}

void media_rtp_unwatch(struct media_port *p)
{
    if (p->rtp.relaying)
        rt_udp_watch(p->rtp.rtp, NULL, NULL, NULL);
    p->rtp.relaying = p->rtp.flooded = false;
}

static void follow_relay(struct media_port *p)
{
    struct media_rtp_side *r = &p->rtp;
    bool relays = media_relays(p);

    if (relays == r->relaying)
        return;
    r->relay.started = false;
    media_rtp_unwatch(p);
    r->relaying = relays && watch(p);
}

void media_rtp_hear(struct media_port *p, bool wanted, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    follow_relay(p);
    wanted = wanted && r->kit && r->kit->conf.receive && !r->relaying;
    if (wanted != r->wanted)
        playout_reset(&r->playout);
    r->wanted = wanted;
    if (r->flooded)
        r->relaying = watch(p);
    r->taken = 0;
    if (!r->relaying)
        poll(p, now);
    watch_silence(p, now);
    hear_digit(p, &p->heard);
    if (wanted && !p->heard.digit)
        play(p);
}
