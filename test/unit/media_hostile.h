/* For tests of the media engine against bad input: a far end that says anything, and beside it a
 * call that must not notice. The bystander's line and peer are checked octet by octet.
 */
#ifndef TEST_UNIT_MEDIA_HOSTILE_H
#define TEST_UNIT_MEDIA_HOSTILE_H

#include "test/unit/media_rig.h"

#define BYSTANDER_TS 7

static struct hostile {
    uint32_t seed;
    unsigned closed, datagrams, digits; /* events told */
    struct rt_udp *calm_peer, *away;
    struct media_port *calm_tdm, *calm;
    unsigned calm_at; /* octets its peer has said */
    uint16_t calm_seq;
    uint32_t calm_ts;
    unsigned calm_heard; /* packets its peer has heard */
    unsigned relayed;
    struct media_port *tdm, *rtp, *other; /* the port under attack, and what it is joined with */
} hostile;

/** Xorshift: the same in every run. */
static inline uint32_t hostile_random(void)
{
    hostile.seed ^= hostile.seed << 13;
    hostile.seed ^= hostile.seed >> 17;
    hostile.seed ^= hostile.seed << 5;
    return hostile.seed;
}

static inline void hostile_told(void *arg, struct media_port *p, const struct media_event *ev)
{
    (void)arg;
    (void)p;
    hostile.closed += ev->type == MEDIA_CLOSED;
    hostile.datagrams += ev->type == MEDIA_DATAGRAM;
    hostile.digits += ev->type == MEDIA_DTMF;
}

static inline uint8_t hostile_pattern(unsigned at)
{
    return (uint8_t)(at * 167u + at / 256 * 31u);
}

static inline uint8_t hostile_line(unsigned ts, unsigned at)
{
    return ts == BYSTANDER_TS ? hostile_pattern(at) : 0xd5;
}

static inline struct media_port *hostile_rtp(const struct media_rtp *r)
{
    union rt_addr local = rig_addr("192.0.2.1:0");
    struct media_port *p;

    ck_assert_int_eq(media_rtp_open(&p, rig->m, 0, &local, hostile_told, NULL), 0);
    ck_assert_int_eq(media_rtp_set(p, r), 0);
    return p;
}

static inline struct media_port *hostile_tdm(unsigned ts)
{
    struct media_port *p;

    ck_assert_int_eq(media_tdm_open(&p, rig->bank, ts, hostile_told, NULL), 0);
    return p;
}

/** With every codec there is, digits and comfort noise; PCMA to send. */
static inline struct media_rtp hostile_agreed(const char *remote)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);

    for (unsigned i = 0; i < CODEC_COUNT; i++)
        r.payload[i] = codec_table[i].payload;
    r.event_payload = 101;
    r.noise_payload = 13;
    r.remote = rig_addr(remote);
    return r;
}

static inline void hostile_setup(void)
{
    union rt_addr calm = rig_addr("192.0.2.8:7000"), away = rig_addr("192.0.2.7:7000");
    struct media_rtp r = rig_agreed(CODEC_PCMA);

    rig_setup();
    memset(&hostile, 0, sizeof hostile);
    hostile.seed = 0x2545f491;
    hostile.calm_seq = 65000;
    ck_assert_int_eq(rt_udp_open(&hostile.calm_peer, rig->loop, &calm, NULL, NULL), 0);
    ck_assert_int_eq(rt_udp_open(&hostile.away, rig->loop, &away, NULL, NULL), 0);
    rig->line = hostile_line;
    r.remote = calm;
    r.fixed = true; /* nothing is cut in a pause */
    hostile.calm_tdm = hostile_tdm(BYSTANDER_TS);
    hostile.calm = hostile_rtp(&r);
    ck_assert_int_eq(media_join(hostile.calm_tdm, hostile.calm, MEDIA_BOTH), 0);
}

static inline void hostile_teardown(void)
{
    rt_udp_close(hostile.calm_peer);
    rt_udp_close(hostile.away);
    rig_teardown();
}

/** The bystander's peer speaks, and hears packets in order, one each 20 ms. */
static inline void hostile_calm(void)
{
    uint8_t packet[RTP_HEADER + 160], buf[300];
    struct rtp_packet pk;
    size_t len;

    if (rig->at / 8 % 20 == 0) {
        rtp_write_header(packet, false, 8, hostile.calm_seq++, hostile.calm_ts, 0x5151);
        for (unsigned i = 0; i < 160; i++)
            packet[RTP_HEADER + i] = hostile_pattern(hostile.calm_at++);
        hostile.calm_ts += 160;
        rt_udp_send(hostile.calm_peer, packet, sizeof packet, media_rtp_local(hostile.calm));
    }
    while (rt_udp_recv(hostile.calm_peer, buf, sizeof buf, &len, NULL) == 0) {
        ck_assert_int_eq(rtp_read(&pk, buf, len), 0);
        ck_assert_uint_eq(pk.len, 160);
        hostile.calm_heard++;
    }
}

static inline void hostile_run(unsigned ms)
{
    uint8_t buf[2400];
    size_t len;

    for (; ms > 0; ms--) {
        hostile_calm();
        rig_run(1);
        rig->nheard = 0;
        while (rt_udp_recv(hostile.away, buf, sizeof buf, &len, NULL) == 0)
            hostile.relayed++;
    }
}

/** To the port under attack, from its agreed far end; `rtcp`: to the port above. */
static inline void hostile_throw(bool rtcp, const void *data, size_t len)
{
    union rt_addr to = *media_rtp_local(hostile.rtp);

    if (rtcp)
        rt_addr_set_port(&to, (uint16_t)(rt_addr_port(&to) + 1));
    rt_udp_send(rtcp ? rig->peer_rtcp : rig->peer, data, len, &to);
}

/** The bystander noticed nothing: each octet, in time. */
static inline void hostile_unharmed(void)
{
    const uint8_t *got = rig->out[BYSTANDER_TS];
    struct media_stats s;
    int start = -1;

    for (unsigned i = 0; start < 0 && i < 8000; i++) {
        unsigned n = 0;
        while (n < 400 && got[800 + n] == hostile_pattern(i + n))
            n++;
        start = n == 400 ? (int)i : -1;
    }
    ck_assert_int_ge(start, 0);
    for (unsigned i = 800; i < rig->at; i++)
        ck_assert_uint_eq(got[i], hostile_pattern((unsigned)start + i - 800));
    media_port_stats(hostile.calm, &s);
    ck_assert_uint_eq(s.lost + s.late + s.concealed + s.malformed + s.foreign, 0);
    ck_assert_uint_ge(hostile.calm_heard + 2, rig->at / 160);
}

#endif
