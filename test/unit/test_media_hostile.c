/* A far end that sends anything, to a port in each of its ways of working: nothing breaks, it is
 * counted, the call beside it notices nothing, and when the far end comes to its senses it is heard
 * again.
 */
#include "test/unit/media_hostile.h"

#include <errno.h>

enum way { TO_LINE, RELAYED, RELAYED_SECURE, SECURE, MUXED, APART, CLEAR, WAYS };

static const struct media_srtp_keys keys = {.suite = MEDIA_SRTP_AES_128_SHA1_80,
                                            .key = "0123456789abcdef",
                                            .salt = "saltsaltsalt",
                                            .nmki = MEDIA_SRTP_MKI_MAX};

/** The port under attack works in one of the ways. */
static void attacked(enum way way)
{
    struct media_rtp r = hostile_agreed("192.0.2.9:7000"), away = r;

    away.remote = rig_addr("192.0.2.7:7000");
    away.secure = way == RELAYED_SECURE;
    r.secure = way == SECURE;
    r.mux = way == MUXED || way == APART;
    r.apart_datagrams = way == APART;
    r.codec = way == CLEAR ? CODEC_CLEARMODE : CODEC_PCMA;
    hostile.rtp = rig->to = hostile_rtp(&r);
    if (way == RELAYED || way == RELAYED_SECURE) {
        hostile.other = hostile_rtp(&away);
        if (way == RELAYED_SECURE)
            ck_assert_int_eq(media_rtp_secure(hostile.other, &keys, &keys), 0);
    } else {
        hostile.other = hostile_tdm(3);
        if (way == CLEAR)
            rig_clear(hostile.other);
    }
    if (way == SECURE)
        ck_assert_int_eq(media_rtp_secure(hostile.rtp, &keys, &keys), 0);
    ck_assert_int_eq(media_join(hostile.rtp, hostile.other, MEDIA_BOTH), 0);
    hostile_run(20);
}

/* ---- what is thrown; never more than 16 in 10 ms, or the kernel's queue would be the test ---- */

static void rtp(uint8_t pt, uint16_t seq, uint32_t ts, uint32_t ssrc, size_t len)
{
    uint8_t packet[RTP_HEADER + 2000];

    rtp_write_header(packet, hostile_random() & 1, pt, seq, ts, ssrc);
    for (size_t i = 0; i < len; i++)
        packet[RTP_HEADER + i] = (uint8_t)hostile_random();
    hostile_throw(false, packet, RTP_HEADER + len);
}

static void all_lengths(void)
{
    static uint8_t packet[65507];

    for (size_t len = 0; len <= sizeof packet; len += len < 80 || (len > 2020 && len < 2060) ? 1
                                                      : len < 2000                           ? 13
                                                                   : 1511) {
        rtp_write_header(packet, false, 8, (uint16_t)len, (uint32_t)len * 160, 0x1111);
        hostile_throw(false, packet, len);
        hostile_throw(true, packet, len);
        hostile_run(2);
    }
}

static void lying_headers(void)
{
    uint8_t packet[200];

    for (unsigned i = 0; i < 1500; i++) {
        size_t len = hostile_random() % sizeof packet;
        for (size_t k = 0; k < sizeof packet; k++)
            packet[k] = (uint8_t)hostile_random();
        if (i % 2) /* as far as it is told by version and type, it is ours */
            packet[0] = (uint8_t)(0x80 | (packet[0] & 0x3f)), packet[1] = 8;
        hostile_throw(i % 16 == 0, packet, len);
        hostile_run(i % 3 == 0);
    }
}

static void any_type_and_size(void)
{
    static const size_t sizes[] = {0,   1,   2,   3,   4,   5,    10,   11,  20,
                                   32,  33,  38,  65,  80,  159,  160,  161, 240,
                                   321, 480, 481, 960, 961, 1440, 1441, 1999};
    uint16_t seq = 100;
    uint32_t ts = 5;

    for (uint8_t pt = 0; pt < 128; pt++)
        for (unsigned i = pt < 20 || pt > 95 ? 0 : 24; i < RT_COUNT(sizes); i++) {
            rtp(pt, seq++, ts, 0x2222, sizes[i]);
            ts += hostile_random() % 4 == 0 ? 0 : 160;
            hostile_run(1);
        }
}

static void jumps(void)
{
    for (unsigned i = 0; i < 800; i++) {
        uint16_t seq = (uint16_t)hostile_random();
        uint32_t ts = hostile_random();
        for (unsigned k = 0; k < 1 + i % 3; k++) /* two in a row are believed */
            rtp(i % 50 == 7   ? 101
                : i % 50 == 8 ? 13
                              : 8,
                (uint16_t)(seq + k), ts + 160 * k, 0x3333, i % 50 == 7 ? 4 : 160);
        hostile_run(2);
    }
}

static void storm_of_sources(void)
{
    uint32_t ours = media_rtp_ssrc(hostile.rtp);

    for (unsigned i = 0; i < 1500; i++) {
        rtp(i % 4 ? 8 : 101, (uint16_t)i, i * 160, i % 100 ? hostile_random() : ours,
            i % 4 ? 160 : 4);
        rtp(8, (uint16_t)i, i * 160, ours, 160);
        hostile_run(2);
    }
}

static void lying_reports(bool mux)
{
    uint8_t packet[120];
    uint32_t ours = media_rtp_ssrc(hostile.rtp);
    static const uint8_t types[] = {200, 201, 202, 203, 204, 205, 206, 207, 192, 223};

    for (unsigned i = 0; i < 1000; i++) {
        for (size_t k = 0; k < sizeof packet; k++)
            packet[k] = (uint8_t)(hostile_random() | (i % 5 == 0 ? 0xff : 0));
        struct rt_writer w = rt_writer(packet, sizeof packet);
        uint8_t type = types[i % RT_COUNT(types)];
        rt_write_u8(&w, (uint8_t)(0x80 | hostile_random() % (i % 7 == 0 ? 64 : 2)));
        rt_write_u8(&w, type);
        rt_write_u16(&w, (uint16_t)(i % 4 ? sizeof packet / 4 - 1 : hostile_random()));
        rt_write_u32(&w, i % 3 ? hostile_random() : ours); /* BYE: our own */
        if (type == 201)
            rt_write_u32(&w, ours); /* a block about us */
        hostile_throw(!mux, packet, i % 4 ? sizeof packet : hostile_random() % sizeof packet);
        hostile_run(13);
    }
}

static void others_protocols(void)
{
    uint8_t packet[1600];

    for (unsigned i = 0; i < 600; i++) {
        for (size_t k = 0; k < sizeof packet; k++)
            packet[k] = (uint8_t)hostile_random();
        packet[0] = (uint8_t)(i % 2 ? i % 4 : 20 + i % 44); /* STUN, DTLS */
        hostile_throw(i % 8 == 0, packet, hostile_random() % sizeof packet);
        hostile_run(i % 2);
    }
}

/* ---- afterwards ---- */

static unsigned loud(unsigned ts, unsigned from)
{
    return rig_others(ts, from, 0xd5);
}

/** The far end speaks as it should: what it says arrives. */
static void sensible(enum way way)
{
    struct media_stats before, s;
    uint8_t voice[160];
    uint16_t seq = 40000;
    unsigned from = 0;

    for (unsigned i = 0; i < 200; i++) {
        if (i == 150) {
            media_port_stats(hostile.rtp, &before);
            from = rig->at;
            hostile.relayed = 0;
        }
        for (unsigned k = 0; k < 160; k++)
            voice[k] = (uint8_t)(i * 160 + k) | 1;
        rig_send(rig->peer, way == CLEAR ? 97 : 8, i == 0, seq++, 160 * i, 0x4444, voice, 160);
        hostile_run(20);
    }
    media_port_stats(hostile.rtp, &s);
    ck_assert_uint_eq(s.malformed, before.malformed);
    if (way == SECURE) { /* none of it was */
        ck_assert_uint_eq(s.refused, before.refused + 50);
        ck_assert_uint_eq(loud(3, 0), 0);
        return;
    }
    ck_assert_uint_eq(s.rx_packets, before.rx_packets + 50);
    ck_assert_uint_eq(s.lost, before.lost);
    if (way == RELAYED || way == RELAYED_SECURE) {
        ck_assert_uint_ge(hostile.relayed, 49);
        return;
    }
    ck_assert_uint_eq(s.concealed, before.concealed);
    ck_assert_uint_ge(loud(3, from), 7500);
}

START_TEST(nothing_that_comes_breaks_a_port)
{
    enum way way = (enum way)_i;
    struct media_stats s;

    attacked(way);
    all_lengths();
    lying_headers();
    any_type_and_size();
    jumps();
    storm_of_sources();
    lying_reports(way == MUXED || way == APART);
    others_protocols();
    hostile_run(200);
    media_port_stats(hostile.rtp, &s);
    ck_assert_uint_gt(way == SECURE ? s.refused : s.malformed, 100);
    ck_assert_uint_lt(s.rtt_us, 60000000);
    if (way != SECURE)
        ck_assert_uint_gt(s.rx_packets, 3000);
    ck_assert((hostile.datagrams > 0) == (way == APART));
    sensible(way);
    hostile_unharmed();
}
END_TEST

/* ---- too much of it ---- */

/** What one service does not take waits: 16 of them in 10 ms, in order. */
START_TEST(a_flood_is_taken_in_portions)
{
    struct media_stats s;

    attacked(TO_LINE);
    hostile_run(180);
    for (unsigned i = 0; i < 160; i++)
        rtp(8, (uint16_t)i, i * 160, 1, 160);
    uint64_t last = 0;
    for (unsigned ms = 0; ms < 140; ms += 10) {
        hostile_run(10);
        media_port_stats(hostile.rtp, &s);
        ck_assert_uint_le(s.rx_packets - last, 16);
        last = s.rx_packets;
    }
    ck_assert_uint_eq(s.rx_packets, 160);
    ck_assert_uint_eq(s.lost + s.duplicate, 0);
    hostile_unharmed();
}
END_TEST

/** 1000 packets a second, then each packet twice, while another port goes on. */
START_TEST(a_thousand_packets_a_second_disturb_nobody)
{
    struct media_stats s;

    attacked((enum way)_i);
    for (unsigned ms = 0; ms < 5000; ms++) {
        rtp(8, (uint16_t)(ms & 0xffff), ms * 160, 1, 160);
        if (ms % 2)
            rtp(8, (uint16_t)ms, ms * 160, 1, 160);
        hostile_run(1);
    }
    hostile_run(100);
    media_port_stats(hostile.rtp, &s);
    ck_assert_uint_eq(s.rx_packets, 7500);
    ck_assert_uint_eq(s.duplicate, 2500);
    ck_assert_uint_eq(s.lost, 0);
    hostile_unharmed();
}
END_TEST

/** More than 64 of them in one look at all ports: the rest is counted, and sound goes on. */
START_TEST(a_flood_of_datagrams_for_signalling_is_bounded)
{
    struct media_rtp r = hostile_agreed("192.0.2.9:7000");
    struct media_port *ports[8];
    uint8_t stun[100] = {0, 1};

    r.apart_datagrams = true;
    for (unsigned i = 0; i < RT_COUNT(ports); i++)
        ports[i] = hostile_rtp(&r);
    hostile_run(20);
    uint64_t dropped = rt_counted(&media_counters[MEDIA_DATAGRAMS_DROPPED]);
    for (unsigned i = 0; i < 200 * RT_COUNT(ports); i++) {
        hostile.rtp = ports[i % RT_COUNT(ports)];
        hostile_throw(false, stun, sizeof stun);
    }
    hostile_run(300);
    dropped = rt_counted(&media_counters[MEDIA_DATAGRAMS_DROPPED]) - dropped;
    ck_assert_uint_gt(dropped, 0);
    ck_assert_uint_ge(hostile.datagrams, 13 * 64);
    ck_assert_uint_eq(hostile.datagrams + dropped, 200 * RT_COUNT(ports));
    attacked(APART);
    sensible(APART);
    hostile_unharmed();
}
END_TEST

/* ---- what may not happen because of what was agreed ---- */

/** A clock of telephone events that is none: no digit has a length then. */
START_TEST(events_with_an_absurd_clock_are_not_used)
{
    static const unsigned clocks[] = {1, 100, 999, 7999, 8001, 44100};

    for (unsigned i = 0; i < RT_COUNT(clocks); i++) {
        struct media_rtp r = hostile_agreed("192.0.2.9:7000");
        r.event_clock = clocks[i];
        hostile.rtp = rig->to = hostile_rtp(&r);
        hostile.other = hostile_tdm(3);
        ck_assert_int_eq(media_join(hostile.rtp, hostile.other, MEDIA_BOTH), 0);
        media_digit(hostile.rtp, '5', 100);
        for (unsigned k = 0; k < 20; k++) {
            rig_send(rig->peer, 101, k == 0, (uint16_t)k, 1000, 1, "\x07\x0a\xff\xff", 4);
            hostile_run(20);
        }
        media_close(hostile.rtp);
        media_close(hostile.other);
        hostile_run(50);
    }
    ck_assert_uint_eq(hostile.closed, 2 * RT_COUNT(clocks));
    hostile_unharmed();
}
END_TEST

/** What waits in the buffer, and what is made up for it, are of a codec that is agreed no more. */
START_TEST(a_codec_that_is_agreed_no_more_goes_quietly)
{
    for (unsigned i = 0; i < CODEC_CLEARMODE; i++) {
        struct media_rtp r = hostile_agreed("192.0.2.9:7000"), less = rig_agreed(CODEC_PCMA);
        uint8_t payload[CODEC_PAYLOAD_MAX];
        memset(payload, 0x55, sizeof payload);
        memset(less.payload, 255, sizeof less.payload);
        less.payload[CODEC_PCMA] = 8;
        hostile.rtp = rig->to = hostile_rtp(&r);
        hostile.other = hostile_tdm(3);
        ck_assert_int_eq(media_join(hostile.rtp, hostile.other, MEDIA_BOTH), 0);
        hostile_run(20);
        for (unsigned k = 0; k < 30; k++) {
            size_t n = 160;
            while (n > 0 && codec_table[i].ops->samples(payload, n) != 160)
                n--;
            rig_send(rig->peer, codec_table[i].payload, k == 0, (uint16_t)k,
                     codec_ticks(&codec_table[i], 160 * k), 1, payload, n > 0 ? n : 20);
            hostile_run(k < 20 ? 20 : 1);
        }
        ck_assert_int_eq(media_rtp_set(hostile.rtp, &less), 0);
        hostile_run(400);
        media_close(hostile.rtp);
        media_close(hostile.other);
        hostile_run(50);
    }
    hostile_unharmed();
}
END_TEST

/** Packets pass from port to port, until another codec comes that was agreed too. */
START_TEST(another_codec_on_a_port_that_relays_is_heard)
{
    struct media_stats s;

    attacked(RELAYED);
    sensible(RELAYED);
    hostile.relayed = 0;
    for (unsigned i = 0; i < 100; i++) {
        rig_send(rig->peer, 0, false, (uint16_t)(40200 + i), 160 * (200 + i), 0x4444,
                 "\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66"
                 "\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66"
                 "\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66"
                 "\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66"
                 "\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66"
                 "\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66"
                 "\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66"
                 "\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66\x77\x11\x22\x33\x44\x55\x66",
                 160);
        hostile_run(20);
    }
    ck_assert_uint_ge(hostile.relayed, 90); /* transcoded to A-law */
    media_port_stats(hostile.rtp, &s);
    ck_assert_uint_eq(s.concealed, 0);
    hostile_unharmed();
}
END_TEST

/** The far end uses our SSRC while we send on what another one says: the numbers under the new one
 * are of one row, whoever's sound it is. */
START_TEST(numbers_go_on_after_a_collision_on_a_port_that_relays)
{
    uint32_t before;
    uint16_t last;

    fake_seed((uint64_t)_i + 1);
    attacked(RELAYED);
    before = media_rtp_ssrc(hostile.rtp);
    rig->to = hostile.other;
    for (uint16_t i = 0; i < 20; i++) {
        rig_send(hostile.away, 8, false, i, 160 * i, 0x99, "12345678", 8);
        if (i == 10)
            rtp(8, 1, 1, before, 160);
        rig_run(20);
    }
    last = rig->heard[rig->nheard - 1].head.seq;
    ck_assert_uint_ne(rig->heard[rig->nheard - 1].head.ssrc, before);
    rig->nheard = 0;
    media_tone(hostile.rtp, tone_country("de", TONE_BUSY));
    rig_run(50);
    ck_assert_uint_ge(rig->nheard, 1);
    ck_assert_uint_eq(rig->heard[0].head.seq, (uint16_t)(last + 1));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, hostile_setup, hostile_teardown);
    tcase_add_loop_test(tc, nothing_that_comes_breaks_a_port, 0, WAYS);
    tcase_add_test(tc, a_flood_is_taken_in_portions);
    tcase_add_loop_test(tc, a_thousand_packets_a_second_disturb_nobody, TO_LINE, RELAYED + 1);
    tcase_add_test(tc, a_flood_of_datagrams_for_signalling_is_bounded);
    tcase_add_test(tc, events_with_an_absurd_clock_are_not_used);
    tcase_add_test(tc, a_codec_that_is_agreed_no_more_goes_quietly);
    tcase_add_test(tc, another_codec_on_a_port_that_relays_is_heard);
    tcase_add_loop_test(tc, numbers_go_on_after_a_collision_on_a_port_that_relays, 0, 6);
}

int main(void)
{
    return rig_main("media hostile", add);
}
