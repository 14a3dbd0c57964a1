/* A media engine with one bank of timeslots, the line and the RTP peer played by the test: each
 * millisecond the line brings and takes 8 octets of every timeslot, and the peer hears every
 * packet.
 */
#ifndef TEST_UNIT_MEDIA_RIG_H
#define TEST_UNIT_MEDIA_RIG_H

#include "codec/media.h"
#include "codec/rtp.h"
#include "gw/rt/buf.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdlib.h>

#define RIG_LOG  (60 * 8000)
#define RIG_TS   32
#define RIG_PKTS 2048

/** What line `ts` brings as its octet number `at`. */
typedef uint8_t rig_line_fn(unsigned ts, unsigned at);

static struct rig {
    struct rt_loop *loop;
    struct media *m;
    struct media_bank *bank;
    rig_line_fn *line;
    unsigned at;                  /* octets that passed in each timeslot */
    uint8_t out[RIG_TS][RIG_LOG]; /* what the line took */
    uint8_t rx[RIG_TS][8], tx[RIG_TS][8];

    struct rt_udp *peer, *peer_rtcp;
    struct {
        struct rtp_packet head;
        rt_time when;
        uint8_t payload[480];
    } heard[RIG_PKTS];
    unsigned nheard;
    bool talks; /* the peer sends a packet of 20 ms each 20 ms */
    unsigned talked;
    uint16_t seq;
    uint32_t ts, ssrc;
    uint8_t pt;
    uint8_t (*voice)(unsigned at);
    struct media_port *to;

    struct {
        void *arg;
        struct media_port *port;
        struct media_event ev;
        rt_time when;
    } events[256];
    unsigned nevents;
} * rig;

static inline void rig_event(void *arg, struct media_port *p, const struct media_event *ev)
{
    ck_assert_uint_lt(rig->nevents, 256);
    rig->events[rig->nevents].arg = arg;
    rig->events[rig->nevents].port = p;
    rig->events[rig->nevents].when = rt_now();
    rig->events[rig->nevents++].ev = *ev;
}

static inline unsigned rig_count(enum media_event_type type)
{
    unsigned n = 0;

    for (unsigned i = 0; i < rig->nevents; i++)
        n += rig->events[i].ev.type == type;
    return n;
}

static inline union rt_addr rig_addr(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

static inline uint8_t rig_silent_line(unsigned ts, unsigned at)
{
    (void)ts;
    (void)at;
    return 0xd5;
}

static inline void rig_setup_ports(uint16_t low, uint16_t high)
{
    struct media_config cfg = {.threads = 2, .port_low = low, .port_high = high};
    union rt_addr a = rig_addr("192.0.2.9:7000"), b = rig_addr("192.0.2.9:7001");

    fake_reset();
    rig = calloc(1, sizeof *rig);
    rig->line = rig_silent_line;
    rig->ssrc = 0x1234;
    rig->pt = 8;
    rig->seq = 65530; /* it wraps in every test */
    rig->ts = 0xffffff00;
    ck_assert_int_eq(rt_loop_new(&rig->loop, "signalling"), 0);
    ck_assert_int_eq(media_new(&rig->m, rig->loop, &cfg), 0);
    ck_assert_int_eq(media_bank_new(&rig->bank, rig->m, 0, G711_A), 0);
    ck_assert_int_eq(media_start(rig->m), 0);
    ck_assert_int_eq(rt_udp_open(&rig->peer, rig->loop, &a, NULL, NULL), 0);
    ck_assert_int_eq(rt_udp_open(&rig->peer_rtcp, rig->loop, &b, NULL, NULL), 0);
}

static inline void rig_setup(void)
{
    rig_setup_ports(20000, 20099);
}

static inline void rig_teardown(void)
{
    struct fake_leaks leaks;

    rt_udp_close(rig->peer);
    rt_udp_close(rig->peer_rtcp);
    media_free(rig->m);
    rt_loop_free(rig->loop);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.udp + leaks.timers + leaks.loops, 0);
    free(rig);
}

static inline void rig_send(struct rt_udp *from, uint8_t pt, bool marker, uint16_t seq, uint32_t ts,
                            uint32_t ssrc, const void *payload, size_t n)
{
    uint8_t packet[RTP_HEADER + 480];

    rtp_write_header(packet, marker, pt, seq, ts, ssrc);
    memcpy(packet + RTP_HEADER, payload, n);
    ck_assert_int_eq(rt_udp_send(from, packet, RTP_HEADER + n, media_rtp_local(rig->to)), 0);
}

/** The peer's next packet of voice. */
static inline void rig_talk(void)
{
    uint8_t payload[160];

    for (unsigned i = 0; i < 160; i++)
        payload[i] = rig->voice ? rig->voice(rig->talked + i) : 0xd5;
    rig_send(rig->peer, rig->pt, false, rig->seq, rig->ts, rig->ssrc, payload, 160);
    rig->seq++;
    rig->ts += 160;
    rig->talked += 160;
}

static inline void rig_hear(void)
{
    uint8_t buf[1000];
    size_t len;

    while (rt_udp_recv(rig->peer, buf, sizeof buf, &len, NULL) == 0) {
        ck_assert_uint_lt(rig->nheard, RIG_PKTS);
        struct rtp_packet *pk = &rig->heard[rig->nheard].head;
        ck_assert_int_eq(rtp_read(pk, buf, len), 0);
        ck_assert_uint_le(pk->len, 480);
        memcpy(rig->heard[rig->nheard].payload, pk->payload, pk->len);
        pk->payload = rig->heard[rig->nheard].payload;
        rig->heard[rig->nheard++].when = rt_now();
    }
}

static inline void rig_run(unsigned ms)
{
    for (; ms > 0; ms--) {
        if (rig->talks && rig->at / 8 % 20 == 0)
            rig_talk();
        fake_advance(RT_MS);
        for (unsigned ts = 0; ts < RIG_TS; ts++)
            for (unsigned i = 0; i < 8; i++) {
                rig->rx[ts][i] = rig->line(ts, rig->at + i);
                rig->tx[ts][i] = 0xd5;
            }
        media_bank_tick(rig->bank, 8, rig->rx[0], rig->tx[0], 8, rt_now());
        for (unsigned ts = 0; ts < RIG_TS; ts++)
            memcpy(&rig->out[ts][rig->at], rig->tx[ts], 8);
        rig->at += 8;
        fake_settle();
        rig_hear();
    }
}

static inline struct media_rtp rig_agreed(enum codec_id codec)
{
    struct media_rtp r = {.remote = rig_addr("192.0.2.9:7000"),
                          .codec = codec,
                          .event_payload = -1,
                          .ptime = 20,
                          .send = true,
                          .receive = true};

    memset(r.payload, 255, sizeof r.payload);
    r.payload[CODEC_PCMA] = 8;
    r.payload[CODEC_PCMU] = 0;
    return r;
}

static inline struct media_port *rig_rtp(const struct media_rtp *r)
{
    union rt_addr local = rig_addr("192.0.2.1:0");
    struct media_port *p;

    ck_assert_int_eq(media_rtp_open(&p, rig->m, 0, &local, rig_event, NULL), 0);
    if (r)
        media_rtp_set(p, r);
    rig->to = p;
    return p;
}

static inline struct media_port *rig_tdm(unsigned ts)
{
    struct media_port *p;

    ck_assert_int_eq(media_tdm_open(&p, rig->bank, ts, rig_event, NULL), 0);
    return p;
}

/** A clear channel's from now on. */
static inline void rig_clear(struct media_port *p)
{
    media_tdm_set(p, &(struct media_line){.clear = true});
}

/** Octets the line of `ts` took from `from` on that are not `value`. */
static inline unsigned rig_others(unsigned ts, unsigned from, uint8_t value)
{
    unsigned n = 0;

    for (unsigned i = from; i < rig->at; i++)
        n += rig->out[ts][i] != value;
    return n;
}

static inline int rig_main(const char *name, void (*add)(TCase *))
{
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, 30);
    add(tc);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}

#endif
