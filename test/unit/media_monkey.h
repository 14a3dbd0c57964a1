/* A monkey at the media engine: it opens ports in two threads, on two lines, and gives any order in
 * any order. Where it is let loose, kernel and clock are the test's matter.
 */
#ifndef TEST_UNIT_MEDIA_MONKEY_H
#define TEST_UNIT_MEDIA_MONKEY_H

#include "codec/media_priv.h"

#include <check.h>

#define PORTS 8

static const struct media_srtp_keys keys = {
    .suite = MEDIA_SRTP_AES_128_SHA1_80, .key = "0123456789abcdef", .salt = "saltsaltsalt"};

static struct slot {
    struct media_port *port; /* NULL: none, or given up */
    bool rtp;
    unsigned rounds; /* ports opened here */
} slots[PORTS];
static struct rt_udp *sinks[PORTS]; /* where the ports send to, and from where they hear */
static struct media *engine;
static const char *address = "192.0.2.1:0", *far_address = "192.0.2.7:7000";
static struct media_bank *banks[2];
static struct clip *clip;
static unsigned opened, closed, abandoned;
static uint32_t seed;

static inline uint32_t pick(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

static inline void told(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct slot *s = arg;

    if (ev->type != MEDIA_CLOSED)
        ck_assert_ptr_eq(s->port, p); /* nothing comes after media_close() */
    closed += ev->type == MEDIA_CLOSED;
}

static inline union rt_addr parsed(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

static inline union rt_addr sink_address(unsigned i)
{
    union rt_addr a = parsed(far_address);

    rt_addr_set_port(&a, (uint16_t)(rt_addr_port(&a) + 2 * i));
    return a;
}

static inline void begin_monkey(struct media *m, struct rt_loop *loop)
{
    int16_t pcm[400] = {1000, 2000, -3000};

    engine = m;
    memset(slots, 0, sizeof slots);
    for (unsigned i = 0; i < PORTS; i++) {
        union rt_addr a = sink_address(i);
        ck_assert_int_eq(rt_udp_open(&sinks[i], loop, &a, NULL, NULL), 0);
    }
    ck_assert_int_eq(clip_new(&clip, pcm, RT_COUNT(pcm)), 0);
    opened = closed = abandoned = 0;
}

/** After the engine. */
static inline void end_monkey(void)
{
    clip_drop(clip);
}

static inline void close_sinks(void)
{
    for (unsigned i = 0; i < PORTS; i++)
        rt_udp_close(sinks[i]);
}

/* ---- the far ends ---- */

static inline void send_something(unsigned i)
{
    uint8_t packet[300];
    static const uint8_t types[] = {8, 0, 9, 96, 3, 18, 110, 97, 101, 13, 50};
    static uint16_t seq[PORTS];
    size_t n = pick(8) ? 172 : pick(sizeof packet);

    if (!slots[i].port || !slots[i].rtp)
        return;
    for (size_t k = 0; k < n; k++)
        packet[k] = (uint8_t)pick(256);
    if (pick(20))
        rtp_write_header(packet, pick(10) == 0, types[pick(8) ? 0 : pick(RT_COUNT(types))], seq[i],
                         seq[i] * 160u, pick(50) ? 7 : pick(1000));
    seq[i]++;
    rt_udp_send(sinks[i], packet, n, media_rtp_local(slots[i].port));
}

/** What the far ends say and hear in about a millisecond. */
static inline void far_ends(void)
{
    uint8_t buf[2100];
    size_t len;

    for (unsigned i = 0; i < PORTS; i++) {
        if (pick(10) == 0)
            send_something(i);
        while (rt_udp_recv(sinks[i], buf, sizeof buf, &len, NULL) == 0)
            ck_assert_uint_le(len, sizeof buf);
    }
}

/* ---- what the monkey can do ---- */

static inline void open_slot(struct slot *s)
{
    union rt_addr local = parsed(address);

    if (s->port)
        return;
    s->rtp = pick(2);
    int err = s->rtp ? media_rtp_open(&s->port, engine, pick(2), &local, told, s)
                     : media_tdm_open(&s->port, banks[pick(2)], 1 + pick(4), told, s);
    if (err != 0)
        s->port = NULL;
    opened += err == 0;
}

static inline void give_up(struct slot *s)
{
    struct media_port *p = s->port;

    s->port = NULL;
    if (pick(2)) {
        media_close(p);
        return;
    }
    media_abandon(p);
    abandoned++;
}

static inline bool maybe(unsigned often)
{
    return pick(100) < often;
}

static inline void agree(struct slot *s)
{
    static const unsigned clocks[] = {0, 8000, 16000, 48000, 100};
    struct media_rtp r = {.codec = (enum codec_id)pick(CODEC_COUNT),
                          .event_payload = maybe(50) ? 101 : -1,
                          .event_clock = clocks[pick(RT_COUNT(clocks))],
                          .noise_payload = maybe(50) ? 13 : 0,
                          .ptime = pick(70),
                          .send = maybe(80),
                          .receive = maybe(80),
                          .apart = maybe(10),
                          .listen = maybe(30),
                          .fixed = maybe(10),
                          .xr = maybe(30),
                          .mux = maybe(20),
                          .secure = maybe(10),
                          .apart_datagrams = maybe(20),
                          .strict = maybe(20),
                          .gain_in = maybe(20) ? (int)pick(200) - 100 : 0,
                          .gain_out = maybe(20) ? (int)pick(200) - 100 : 0};

    if (maybe(60))
        r.codec = CODEC_PCMA;
    if (r.codec == CODEC_G729)
        return; /* its process does not run here */
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        r.payload[i] = maybe(80) ? codec_table[i].payload : 255;
    r.remote = maybe(90) ? sink_address((unsigned)(s - slots)) : parsed("0.0.0.0:0");
    media_rtp_set(s->port, &r);
}

static inline void of_rtp(struct slot *s)
{
    struct media_srtp_keys other = keys;
    union rt_addr a = sink_address(pick(PORTS));

    other.key[0] = (uint8_t)pick(3);
    if (maybe(60))
        agree(s);
    else if (maybe(40))
        media_rtp_secure(s->port, &other, &keys);
    else if (maybe(30))
        media_rtp_aim(s->port, &a, &a);
    else
        media_rtp_datagram(s->port, 1 + pick(2), &a, "\0\1", 2);
}

static inline void of_line(struct slot *s)
{
    struct media_line line = {.clear = maybe(20),
                              .echo = maybe(50),
                              .listen = maybe(50),
                              .gain_in = maybe(20) ? (int)pick(200) - 100 : 0};
    media_tdm_set(s->port, &line);
}

/** A tape is one port's: each gets its own, which nobody empties. */
static inline void record(struct slot *s)
{
    struct tape *tape = NULL;

    if (maybe(70))
        ck_assert_int_eq(tape_new(&tape), 0);
    media_record(s->port, tape);
    tape_drop(tape);
}

static inline void of_any(struct slot *s)
{
    struct media_stats stats;

    switch (pick(6)) {
    case 0:
        media_tone(s->port, maybe(50) ? tone_country("de", TONE_BUSY) : NULL);
        break;
    case 1:
        media_play(s->port, clip, pick(4));
        break;
    case 2:
        media_digit(s->port, "0123456789*#ABCDx"[pick(17)], pick(300));
        break;
    case 3:
        record(s);
        break;
    case 4:
        media_part(s->port);
        break;
    default:
        media_port_stats(s->port, &stats);
    }
}

static inline void act(void)
{
    struct slot *s = &slots[pick(PORTS)], *t = &slots[pick(PORTS)];
    uint32_t what = pick(100);

    if (!s->port)
        open_slot(s);
    else if (what < 8)
        give_up(s);
    else if (what < 40 && t->port)
        media_join(s->port, t->port, (enum media_flow)pick(4));
    else if (what < 75 && s->rtp)
        of_rtp(s);
    else if (what < 75)
        of_line(s);
    else
        of_any(s);
}

static inline void all_given_up(void)
{
    for (unsigned i = 0; i < PORTS; i++)
        if (slots[i].port)
            give_up(&slots[i]);
}

/** Each port closed, once, and nothing is left. */
static inline void ck_nothing_left(void)
{
    ck_assert_uint_eq(closed, opened - abandoned);
    ck_assert_uint_eq(HASH_COUNT(engine->ports), 0);
    ck_assert_uint_eq(banks[0]->active | banks[1]->active, 0);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_ptr_null(engine->threads[i].rtp);
        ck_assert_ptr_null(engine->threads[i].loans);
    }
}

#endif
