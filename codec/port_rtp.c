/* RTP ports: which packets are accepted, where their contents go, and what is sent.
 *
 * Packets are polled when the port is served, not by the loop: a service that found one in order
 * expects no second, and asks for more only when the one before found one too.
 */
#include "codec/media_priv.h"

#include "gw/rt/random.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <tiffio.h>
#include <spandsp.h>

#define DSCP_EF 46 /* RFC 4594 4.1 */

#define PACKETS_MAX 16 /**< in one service */
#define LATCH_AFTER 3  /**< packets in a row from one source */

#define SILENT_AFTER (10 * RT_S)

#define DEFAULT_PTIME 20

enum { ROLE_NONE = -1, ROLE_EVENT = CODEC_COUNT };

static const enum g711_law law_of[CODEC_COUNT] = {[CODEC_PCMA] = G711_A, [CODEC_PCMU] = G711_MU};

/* ---- signalling's part ---- */

/** Opens both sockets of a pair. */
static int open_pair(struct media_rtp_side *r, struct rt_loop *loop, uint16_t port)
{
    union rt_addr above = r->local;

    rt_addr_set_port(&r->local, port);
    rt_addr_set_port(&above, (uint16_t)(port + 1));
    int err = rt_udp_open(&r->rtp, loop, &r->local, NULL, NULL);
    if (err != 0)
        return err;
    err = rt_udp_open(&r->rtcp, loop, &above, NULL, NULL);
    if (err != 0) {
        rt_udp_close(r->rtp);
        r->rtp = NULL;
    }
    return err;
}

/** Takes pairs until one is not in use by another program. */
static int find_pair(struct media_rtp_side *r, struct media *m, struct rt_loop *loop)
{
    rt_time now = rt_now();

    for (;;) {
        uint16_t port = media_pairs_take(&m->pairs, now);
        if (port == 0) {
            rt_count(&media_counters[MEDIA_PORTS_EXHAUSTED]);
            return EADDRINUSE;
        }
        int err = open_pair(r, loop, port);
        if (err == 0) {
            r->pair = port;
            return 0;
        }
        media_pairs_give(&m->pairs, port, now);
        if (err != EADDRINUSE)
            return err;
    }
}

int media_rtp_init(struct media_port *p, struct media *m, const union rt_addr *local)
{
    struct media_rtp_side *r = &p->rtp;

    r->local = *local;
    int err = find_pair(r, m, p->thread->loop);
    if (err != 0)
        return err;
    rt_udp_set_dscp(r->rtp, DSCP_EF);
    rt_udp_set_dscp(r->rtcp, DSCP_EF);
    rt_random_hex(r->cname, sizeof r->cname - 1); /* RFC 7022 4.2: names a session, nobody */
    r->ssrc = rt_random_u32();
    r->ts = rt_random_u32();
    r->seq = (uint16_t)rt_random_u32();
    r->gap = true;
    jitter_init(&r->jitter, (uint32_t)(m->cfg.jitter_min / 125),
                (uint32_t)(m->cfg.jitter_max / 125));
    r->jitter.plc = plc_init(NULL); /* now: a media thread allocates nothing */
    return r->jitter.plc ? 0 : ENOMEM;
}

void media_rtp_release(struct media_port *p, struct media *m)
{
    struct media_rtp_side *r = &p->rtp;

    jitter_release(&r->jitter);
    rt_udp_close(r->rtp);
    rt_udp_close(r->rtcp);
    if (r->pair)
        media_pairs_give(&m->pairs, r->pair, rt_now());
}

/* ---- what was agreed ---- */

/** Sound and a clear channel's octets do not mix. */
static void set_roles(struct media_rtp_side *r, bool clear)
{
    memset(r->role, ROLE_NONE, sizeof r->role);
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if (r->conf.payload[i] < 128 && (i == CODEC_CLEARMODE) == clear)
            r->role[r->conf.payload[i]] = (int8_t)i;
    if (!clear && r->conf.event_payload >= 0 && r->conf.event_payload < 128)
        r->role[r->conf.event_payload] = ROLE_EVENT;
}

/** A new far end: what was latched was another's. */
static void set_target(struct media_rtp_side *r, const struct media_rtp *new)
{
    bool moved = !r->set || !rt_addr_equal(&r->conf.remote, &new->remote);

    if (moved) {
        r->target = new->remote;
        r->locked = rt_addr_is_any(&new->remote); /* on hold: nobody is expected */
        r->latched = r->collided = false;
        r->candidate_count = 0;
    }
    if (r->latched)
        return;
    r->rtcp_target = new->remote_rtcp;
    if (new->remote_rtcp.sa.sa_family == AF_UNSPEC) {
        r->rtcp_target = new->remote;
        rt_addr_set_port(&r->rtcp_target, (uint16_t)(rt_addr_port(&new->remote) + 1));
    }
}

static unsigned valid_ptime(unsigned ms)
{
    if (ms == 0)
        return DEFAULT_PTIME;
    return ms < 10 ? 10 : ms > 60 ? 60 : ms / MEDIA_BLOCK_MS * MEDIA_BLOCK_MS;
}

void media_rtp_apply(struct media_port *p, const struct media_rtp *conf, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    bool first = !r->set, receiving = r->set && r->conf.receive;

    set_target(r, conf);
    r->conf = *conf;
    if (r->conf.codec >= CODEC_COUNT)
        r->conf.codec = CODEC_PCMA;
    r->conf.ptime = valid_ptime(conf->ptime);
    r->set = true;
    r->fill = 0;
    p->law = law_of[r->conf.codec];
    p->clear = r->conf.codec == CODEC_CLEARMODE;
    set_roles(r, p->clear);
    jitter_clear(&r->jitter, p->clear);
    if (conf->receive && !receiving) {
        r->last_rx = now;
        r->silent = false;
    }
    if (first)
        media_rtcp_start(p, now);
}

bool media_rtp_events(const struct media_port *p)
{
    return p->rtp.set && !p->clear && p->rtp.conf.event_payload >= 0;
}

/* ---- accepting ---- */

/** Counts packets in a row of a source that was not signalled; true when there are enough. */
static bool latch(struct media_rtp_side *r, const union rt_addr *from, const struct rtp_packet *pk)
{
    bool next = r->candidate_count > 0 && rt_addr_equal(from, &r->candidate) &&
                pk->ssrc == r->candidate_ssrc && pk->seq == (uint16_t)(r->candidate_seq + 1);

    if (r->role[pk->payload_type] == ROLE_NONE)
        return false;
    r->candidate = *from;
    r->candidate_ssrc = pk->ssrc;
    r->candidate_seq = pk->seq;
    r->candidate_count = next ? r->candidate_count + 1 : 1;
    if (r->candidate_count < LATCH_AFTER)
        return false;
    r->target = r->rtcp_target = *from;
    rt_addr_set_port(&r->rtcp_target, (uint16_t)(rt_addr_port(from) + 1));
    r->locked = r->latched = true;
    return true;
}

static bool accepted(struct media_port *p, const union rt_addr *from, const struct rtp_packet *pk)
{
    struct media_rtp_side *r = &p->rtp;

    if (r->set && rt_addr_equal(from, &r->target)) {
        r->locked = true;
        return true;
    }
    if (r->set && !r->locked && latch(r, from, pk))
        return true;
    p->stats.foreign++;
    rt_count(&media_counters[MEDIA_RTP_FOREIGN]);
    return false;
}

/** Sequence, loss and jitter. An event's packets repeat one timestamp: they tell no jitter. */
static enum rtp_order account(struct media_port *p, const struct rtp_packet *pk, bool event,
                              rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    uint64_t lost = rtp_source_lost(&r->source);
    uint32_t arrival = event ? pk->ts + r->source.transit : (uint32_t)(now / 125);
    enum rtp_order order = rtp_source_packet(&r->source, pk, arrival);

    if (order == RTP_RESTART)
        r->lost_before += lost;
    p->stats.duplicate += order == RTP_DUPLICATE;
    p->stats.reordered += order == RTP_OLD;
    p->stats.lost = r->lost_before + rtp_source_lost(&r->source);
    p->stats.jitter_us = (r->source.jitter16 >> 4) * 125;
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
    media_rtcp_collision(p, now);
}

/** The digit is over; the sound that comes next starts a buffer of its own. */
static void end_digit(struct media_port *p)
{
    struct media_rtp_side *r = &p->rtp;

    media_tell_digit(p, r->digit, r->digit_ms);
    r->digit = 0;
    jitter_reset(&r->jitter, r->jitter.law);
}

static void take_event(struct media_port *p, const struct rtp_packet *pk)
{
    struct media_rtp_side *r = &p->rtp;

    if (pk->ssrc != r->digit_ssrc)
        r->event_in.known = false; /* another source's timestamps tell nothing about this one's */
    r->digit_ssrc = pk->ssrc;
    if (!event_receiver_packet(&r->event_in, pk->ts, pk->payload, pk->len))
        return;
    if (r->digit)
        end_digit(p);
    r->digit = event_digit(r->event_in.event);
    r->digit_serial++;
}

static void hear_digit(struct media_port *p, struct media_heard *h)
{
    struct media_rtp_side *r = &p->rtp;

    if (!r->digit)
        return;
    r->digit_ms = event_receiver_length(&r->event_in) / 8;
    if (!event_receiver_tick(&r->event_in, MEDIA_BLOCK)) {
        end_digit(p);
        return;
    }
    h->digit = r->digit;
    h->serial = r->digit_serial;
}

/* ---- receiving ---- */

static void take_sound(struct media_port *p, const struct rtp_packet *pk, enum g711_law law)
{
    struct media_rtp_side *r = &p->rtp;

    if (!r->wanted || r->digit)
        return;
    if (r->jitter.law != law)
        jitter_reset(&r->jitter, law);
    jitter_put(&r->jitter, pk->ts, pk->payload, pk->len);
    if (r->jitter.late != p->stats.late) {
        rt_count_n(&media_counters[MEDIA_RTP_LATE], r->jitter.late - p->stats.late);
        p->stats.late = r->jitter.late;
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
    enum rtp_order order = account(p, pk, role == ROLE_EVENT, now);
    if (order == RTP_RESTART) {
        r->last_sr = 0; /* that was another source's */
        jitter_reset(&r->jitter, r->jitter.law);
        if (!r->digit)
            r->event_in = (struct event_receiver){.known = false};
    }
    if (order == RTP_DUPLICATE || order == RTP_STRAY || role == ROLE_NONE || !r->conf.receive)
        return; /* comfort noise and the like are counted and not played */
    if (role == ROLE_EVENT)
        take_event(p, pk);
    else
        take_sound(p, pk, law_of[role]);
}

static void receive(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    union rt_addr from = {.sa.sa_family = AF_UNSPEC};
    struct rtp_packet pk;
    uint8_t buf[2048];
    size_t len;
    unsigned n = 0;

    while (n < PACKETS_MAX && rt_udp_recv(r->rtp, buf, sizeof buf, &len, &from) == 0) {
        n++;
        if (len > sizeof buf || rtp_read(&pk, buf, len) != 0) {
            p->stats.malformed++;
            rt_count(&media_counters[MEDIA_RTP_MALFORMED]);
        } else {
            take(p, &pk, &from, now);
        }
        if (!r->busy)
            break;
    }
    r->busy = n > 0;
}

static void watch_silence(struct media_port *p, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    if (!r->set || !r->conf.receive || r->silent || now - r->last_rx < SILENT_AFTER)
        return;
    r->silent = true;
    media_tell(p, &(struct media_event){.type = MEDIA_RTP_SILENT});
}

/** What the buffer of a clear channel did in this block. */
static void count_filled(const struct media_port *p)
{
    const struct jitter *j = &p->rtp.jitter;

    if (!p->clear)
        return;
    rt_count_n(&media_counters[MEDIA_CLEAR_FILLED], j->concealed - p->stats.concealed);
    rt_count_n(&media_counters[MEDIA_CLEAR_SLIPS], j->slips - p->rtp.slips);
}

void media_rtp_hear(struct media_port *p, struct media_heard *h, bool wanted, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    struct jitter *j = &r->jitter;

    wanted = wanted && r->conf.receive;
    if (wanted != r->wanted)
        jitter_reset(j, j->law);
    r->wanted = wanted;
    receive(p, now);
    watch_silence(p, now);
    hear_digit(p, h);
    if (!wanted || h->digit || !j->started)
        return;
    jitter_get(j, h->octets, MEDIA_BLOCK);
    h->sound = true;
    h->law = j->law;
    count_filled(p);
    p->stats.concealed = j->concealed;
    p->rtp.slips = j->slips;
    p->stats.playout_ms = jitter_depth(j) / 8;
}
