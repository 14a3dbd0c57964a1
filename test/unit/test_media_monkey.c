/* Any order in any order: a monkey with eight ports in two threads, on two lines, while packets and
 * octets flow, rings overflow, and owners go away. Whatever it does, each port closes once, nothing
 * is left, and a call afterwards works. The seeds are fixed.
 */
#include "codec/media_priv.h"
#include "test/unit/media_rig.h"

#define PORTS 8
#define STEPS 2500

static const struct media_srtp_keys keys = {.suite = MEDIA_SRTP_AES_128_SHA1_80,
                                            .key = "0123456789abcdef",
                                            .salt = "saltsaltsalt"};

static struct slot {
    struct media_port *port; /* NULL: none, or given up */
    bool rtp;
    unsigned rounds; /* ports opened here */
} slots[PORTS];
static struct rt_udp *sinks[PORTS];
static struct media_bank *banks[2];
static struct clip *clip;
static struct tape *tape;
static unsigned opened, closed, abandoned;
static uint32_t seed;

static uint32_t pick(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

static void told(void *arg, struct media_port *p, const struct media_event *ev)
{
    struct slot *s = arg;

    if (ev->type != MEDIA_CLOSED)
        ck_assert_ptr_eq(s->port, p); /* nothing comes after media_close() */
    closed += ev->type == MEDIA_CLOSED;
}

static union rt_addr sink_address(unsigned i)
{
    union rt_addr a = rig_addr("192.0.2.7:0");

    rt_addr_set_port(&a, (uint16_t)(7000 + 2 * i));
    return a;
}

static uint8_t noisy_line(unsigned ts, unsigned at)
{
    return (uint8_t)(ts * 31 + at * 167u + at / 256 * 31u);
}

static void setup(void)
{
    int16_t pcm[400] = {1000, 2000, -3000};

    rig_setup();
    rig->line = noisy_line;
    banks[0] = rig->bank;
    ck_assert_int_eq(media_bank_new(&banks[1], rig->m, 1, G711_MU), 0);
    memset(slots, 0, sizeof slots);
    for (unsigned i = 0; i < PORTS; i++) {
        union rt_addr a = sink_address(i);
        ck_assert_int_eq(rt_udp_open(&sinks[i], rig->loop, &a, NULL, NULL), 0);
    }
    ck_assert_int_eq(clip_new(&clip, pcm, RT_COUNT(pcm)), 0);
    ck_assert_int_eq(tape_new(&tape), 0);
    opened = closed = abandoned = 0;
}

static void teardown(void)
{
    for (unsigned i = 0; i < PORTS; i++)
        rt_udp_close(sinks[i]);
    rig_teardown();
    clip_drop(clip);
    tape_drop(tape);
}

/* ---- time passes ---- */

static void send_something(unsigned i)
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

static void run(unsigned ms)
{
    static uint8_t rx[RIG_TS][8], tx[RIG_TS][8];
    struct tape_block block;
    uint8_t buf[2100];
    size_t len;

    for (; ms > 0; ms--) {
        for (unsigned i = 0; i < PORTS; i++) {
            if (pick(10) == 0)
                send_something(i);
            while (rt_udp_recv(sinks[i], buf, sizeof buf, &len, NULL) == 0)
                ck_assert_uint_le(len, sizeof buf);
        }
        for (unsigned i = 0; i < sizeof rx; i++)
            rx[i / 8][i % 8] = (uint8_t)pick(256);
        media_bank_tick(banks[1], 8, rx[0], tx[0], 8, rt_now());
        rig_run(1);
        while (pick(3) && tape_take(tape, &block))
            continue;
    }
}

/* ---- what the monkey can do ---- */

static void open_slot(struct slot *s)
{
    union rt_addr local = rig_addr("192.0.2.1:0");

    if (s->port)
        return;
    s->rtp = pick(2);
    int err = s->rtp ? media_rtp_open(&s->port, rig->m, pick(2), &local, told, s)
                     : media_tdm_open(&s->port, banks[pick(2)], 1 + pick(4), told, s);
    if (err != 0)
        s->port = NULL;
    opened += err == 0;
}

static void give_up(struct slot *s)
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

static bool maybe(unsigned often)
{
    return pick(100) < often;
}

static void agree(struct slot *s)
{
    static const unsigned clocks[] = {0, 8000, 16000, 48000, 100};
    struct media_rtp r = {.codec = (enum codec_id)pick(CODEC_COUNT),
                          .event_payload = maybe(50) ? 101 : -1,
                          .event_clock = clocks[pick(RT_COUNT(clocks))],
                          .noise_payload = maybe(50) ? 13 : 0,
                          .ptime = pick(70),
                          .send = maybe(80), .receive = maybe(80), .apart = maybe(10),
                          .listen = maybe(30), .fixed = maybe(10), .xr = maybe(30),
                          .mux = maybe(20), .secure = maybe(10),
                          .apart_datagrams = maybe(20), .strict = maybe(20),
                          .gain_in = maybe(20) ? (int)pick(200) - 100 : 0,
                          .gain_out = maybe(20) ? (int)pick(200) - 100 : 0};

    if (maybe(60))
        r.codec = CODEC_PCMA;
    if (r.codec == CODEC_G729)
        return; /* its process does not run here */
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        r.payload[i] = maybe(80) ? codec_table[i].payload : 255;
    r.remote = maybe(90) ? sink_address((unsigned)(s - slots)) : rig_addr("0.0.0.0:0");
    media_rtp_set(s->port, &r);
}

static void of_rtp(struct slot *s)
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

static void of_line(struct slot *s)
{
    struct media_line line = {.clear = maybe(20), .echo = maybe(50), .listen = maybe(50),
                              .gain_in = maybe(20) ? (int)pick(200) - 100 : 0};
    media_tdm_set(s->port, &line);
}

static void of_any(struct slot *s)
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
        media_record(s->port, maybe(50) ? tape : NULL);
        break;
    case 4:
        media_part(s->port);
        break;
    default:
        media_port_stats(s->port, &stats);
    }
}

static void act(void)
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

/** Everything is given up: each port closes, once, and nothing is left. */
static void all_close(void)
{
    for (unsigned i = 0; i < PORTS; i++)
        if (slots[i].port)
            give_up(&slots[i]);
    run(2500); /* RTP ports rest */
    ck_assert_uint_eq(closed, opened - abandoned);
    ck_assert_uint_eq(HASH_COUNT(rig->m->ports), 0);
    ck_assert_uint_eq(rig->m->nmoving, 0);
    ck_assert_uint_eq(banks[0]->active | banks[1]->active, 0);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_ptr_null(rig->m->threads[i].rtp);
        ck_assert_ptr_null(rig->m->threads[i].loans);
    }
}

static void a_call_works(void)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp;
    union rt_addr local = rig_addr("192.0.2.1:0");

    ck_assert_int_eq(media_rtp_open(&rtp, rig->m, 1, &local, rig_event, NULL), 0);
    ck_assert_int_eq(media_rtp_set(rtp, &r), 0);
    ck_assert_int_eq(media_join(tdm, rtp, MEDIA_BOTH), 0);
    rig->nheard = 0;
    run(500);
    ck_assert_uint_ge(rig->nheard, 22);
}

START_TEST(any_order_leaves_nothing_behind)
{
    seed = 0x9e3779b9u * (unsigned)(_i + 1);
    for (unsigned i = 0; i < STEPS; i++) {
        act();
        if (pick(3) == 0)
            run(pick(12));
    }
    all_close();
    a_call_works();
}
END_TEST

/* Thousands of orders between two looks at the ring. */
START_TEST(rings_that_overflow_lose_orders_but_no_port)
{
    uint64_t dropped = rt_counted(&media_counters[MEDIA_ORDERS_DROPPED]);

    seed = 0x85ebca6bu * (unsigned)(_i + 1);
    for (unsigned burst = 0; burst < 4; burst++) {
        for (unsigned i = 0; i < 9000; i++)
            act();
        run(1 + pick(30));
    }
    ck_assert_uint_gt(rt_counted(&media_counters[MEDIA_ORDERS_DROPPED]), dropped);
    all_close();
    a_call_works();
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, any_order_leaves_nothing_behind, 0, 8);
    tcase_add_loop_test(tc, rings_that_overflow_lose_orders_but_no_port, 0, 4);
}

int main(void)
{
    return rig_main("media monkey", add);
}
