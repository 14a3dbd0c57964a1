/* The codec folder's pure parts: G.711, RTP, RTCP and telephone events. SDP has
 * test_codec_sdp.c. */
#include "codec/event.h"
#include "codec/g711.h"
#include "codec/rtcp.h"
#include "codec/tone.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- G.711 ---- */

static int16_t expand(uint8_t octet, enum g711_law law)
{
    int16_t pcm;
    g711_expand(&pcm, &octet, 1, law);
    return pcm;
}

static uint8_t compress(int pcm, enum g711_law law)
{
    int16_t in = (int16_t)pcm;
    uint8_t out;
    g711_compress(&out, &in, 1, law);
    return out;
}

static uint8_t cross(uint8_t octet, enum g711_law from)
{
    g711_convert(&octet, &octet, 1, from, from == G711_A ? G711_MU : G711_A);
    return octet;
}

START_TEST(g711_decoder_values_are_the_recommendations)
{
    /* G.711 tables 1a and 2a, column 8 (quantized value), scaled to 16 bits: A-law x 16 / 2 of
     * 4096 full scale = x 8, mu-law x 4 of 8159. Even bits of A-law inverted, all of mu-law's. */
    static const struct {
        enum g711_law law;
        uint8_t octet;
        int16_t pcm;
    } cases[] = {
        {G711_A, 0xd5, 8},       /* first positive interval: 1 of 4096 */
        {G711_A, 0x55, -8},      /* first negative */
        {G711_A, 0xd4, 24},      /* 3 */
        {G711_A, 0xaa, 32256},   /* 4032: the last positive */
        {G711_A, 0x2a, -32256},  /* the last negative */
        {G711_MU, 0xff, 0},      /* 0 */
        {G711_MU, 0x7f, 0},      /* minus 0 */
        {G711_MU, 0xfe, 8},      /* 2 */
        {G711_MU, 0x80, 32124},  /* 8031: the last positive */
        {G711_MU, 0x00, -32124}, /* the last negative */
        {G711_MU, 0xef, 132},    /* 33: the second segment's first */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_int_eq(expand(cases[i].octet, cases[i].law), cases[i].pcm);
    ck_assert_uint_eq(g711_silence(G711_A), 0xd5);
    ck_assert_uint_eq(g711_silence(G711_MU), 0xff);
}
END_TEST

START_TEST(g711_every_octet_survives_linear)
{
    for (unsigned i = 0; i < 256; i++) {
        uint8_t octet = (uint8_t)i;
        ck_assert_uint_eq(compress(expand(octet, G711_A), G711_A), octet);
        /* mu-law has two zeros; linear has one */
        if (octet != 0x7f)
            ck_assert_uint_eq(compress(expand(octet, G711_MU), G711_MU), octet);
    }
}
END_TEST

START_TEST(g711_full_scale_is_the_last_interval)
{
    ck_assert_uint_eq(compress(32767, G711_A), 0xaa);
    ck_assert_uint_eq(compress(-32768, G711_A), 0x2a);
    ck_assert_uint_eq(compress(32767, G711_MU), 0x80);
    ck_assert_uint_eq(compress(-32768, G711_MU), 0x00);
    ck_assert_uint_eq(compress(0, G711_MU), 0xff);
}
END_TEST

START_TEST(g711_quantizes_within_half_an_interval)
{
    static const enum g711_law laws[] = {G711_A, G711_MU};

    for (unsigned l = 0; l < 2; l++)
        for (int v = -32000; v <= 32000; v += 7) {
            int back = expand(compress(v, laws[l]), laws[l]);
            /* intervals grow with the segment: at most 1/16 of the value, half of it is the error
             */
            ck_assert_int_le(abs(back - v), abs(v) / 31 + 16);
        }
}
END_TEST

START_TEST(g711_conversion_of_the_milliwatt_is_the_recommendations)
{
    /* G.711 table 5 (A-law) and 6 (mu-law): one period of 1 kHz at 0 dBm0 */
    static const uint8_t a[] = {0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4};
    static const uint8_t mu[] = {0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e};

    for (unsigned i = 0; i < 8; i++) {
        ck_assert_uint_eq(cross(a[i], G711_A), mu[i]);
        ck_assert_uint_eq(cross(mu[i], G711_MU), a[i]);
    }
    ck_assert_int_eq(expand(0xb4, G711_A), -expand(0x34, G711_A));
}
END_TEST

START_TEST(g711_conversion_keeps_sign_and_order)
{
    for (unsigned i = 0; i < 256; i++) {
        int16_t v = expand((uint8_t)i, G711_A);
        int16_t w = expand(cross((uint8_t)i, G711_A), G711_MU);
        ck_assert(v > 0 ? w >= 0 : w <= 0);
        ck_assert_int_le(abs(v - w), abs(v) / 16 + 16);
    }
}
END_TEST

/* ---- RTP ---- */

START_TEST(rtp_header_is_written_and_read)
{
    uint8_t d[RTP_HEADER + 3];
    struct rtp_packet p;

    rtp_write_header(d, true, 8, 0xfffe, 0x01020304, 0xa0b0c0d0);
    memcpy(d + RTP_HEADER, "abc", 3);
    ck_assert_mem_eq(d, "\x80\x88\xff\xfe\x01\x02\x03\x04\xa0\xb0\xc0\xd0", 12);
    ck_assert_int_eq(rtp_read(&p, d, sizeof d), 0);
    ck_assert(p.marker);
    ck_assert_uint_eq(p.payload_type, 8);
    ck_assert_uint_eq(p.seq, 0xfffe);
    ck_assert_uint_eq(p.ts, 0x01020304);
    ck_assert_uint_eq(p.ssrc, 0xa0b0c0d0);
    ck_assert_uint_eq(p.len, 3);
    ck_assert_mem_eq(p.payload, "abc", 3);
}
END_TEST

#define FIXED "\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03"

START_TEST(rtp_options_are_skipped_and_bad_packets_refused)
{
    struct rtp_packet p;
    static const struct {
        const char *octets;
        size_t n;
        int err;
        size_t payload;
    } cases[] = {
        {"\x82\x08" FIXED "CSR1CSR2xy", 22, 0, 2},                 /* two CSRCs */
        {"\x90\x08" FIXED "\xbe\xde\x00\x01wordxyz", 23, 0, 3},    /* one word of extension */
        {"\xa0\x08" FIXED "xy\x00\x00\x03", 17, 0, 2},             /* three of padding */
        {"\xa0\x08" FIXED "\x00\x02", 14, 0, 0},                   /* padding alone */
        {"\x80\x08" FIXED, 12, 0, 0},                              /* nothing */
        {"\xa0\x08" FIXED "xy\x06", 15, EBADMSG, 0},               /* more padding than packet */
        {"\xa0\x08" FIXED "xy\x00", 15, EBADMSG, 0},               /* padding of nothing */
        {"\x82\x08" FIXED "CSR1", 16, EBADMSG, 0},                 /* CSRC missing */
        {"\x90\x08" FIXED "\xbe\xde\x00\x02word", 20, EBADMSG, 0}, /* extension cut */
        {"\x40\x08" FIXED, 12, EBADMSG, 0},                        /* version 1 */
        {"\x80\x08" FIXED, 11, EBADMSG, 0},                        /* cut */
        {"", 0, EBADMSG, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int err = rtp_read(&p, (const uint8_t *)cases[i].octets, cases[i].n);
        ck_assert_int_eq(err, cases[i].err);
        if (err == 0)
            ck_assert_uint_eq(p.len, cases[i].payload);
    }
}
END_TEST

static enum rtp_order arrive(struct rtp_source *s, uint16_t seq, uint32_t ts, uint32_t at)
{
    struct rtp_packet p = {.seq = seq, .ts = ts, .ssrc = 1};
    return rtp_source_packet(s, &p, at);
}

START_TEST(rtp_source_counts_over_the_wrap)
{
    struct rtp_source s = {.valid = false};

    ck_assert_int_eq(arrive(&s, 65534, 0, 0), RTP_RESTART);
    ck_assert_int_eq(arrive(&s, 65535, 160, 160), RTP_NEXT);
    ck_assert_int_eq(arrive(&s, 1, 480, 480), RTP_NEXT); /* 0 is missing */
    ck_assert_uint_eq(rtp_source_lost(&s), 1);
    ck_assert_uint_eq(rtp_source_fraction(&s), 64); /* 1 of 4: 64/256 */
    ck_assert_int_eq(arrive(&s, 0, 320, 500), RTP_OLD);
    ck_assert_uint_eq(rtp_source_lost(&s), 0);
    ck_assert_int_eq(arrive(&s, 0, 320, 500), RTP_DUPLICATE);
    ck_assert_int_eq(arrive(&s, 1, 480, 500), RTP_DUPLICATE);
    ck_assert_uint_eq(s.duplicate, 2);
    ck_assert_uint_eq(s.reordered, 1);
    ck_assert_uint_eq(rtp_source_fraction(&s), 0); /* more came than was expected */
}
END_TEST

START_TEST(rtp_source_jumps_only_when_two_packets_say_so)
{
    struct rtp_source s = {.valid = false};

    ck_assert_int_eq(arrive(&s, 1000, 0, 0), RTP_RESTART);
    ck_assert_uint_eq(s.highest, 1000);                 /* no cycle yet: RFC 3550 6.4.1 */
    ck_assert_int_eq(arrive(&s, 700, 0, 0), RTP_STRAY); /* A.1: bad_seq */
    ck_assert_int_eq(arrive(&s, 1001, 160, 160), RTP_NEXT);
    ck_assert_int_eq(arrive(&s, 30000, 0, 0), RTP_STRAY);
    ck_assert_int_eq(arrive(&s, 30001, 0, 0), RTP_RESTART);
    ck_assert_int_eq(arrive(&s, 30002, 160, 160), RTP_NEXT);
    ck_assert_uint_eq(rtp_source_lost(&s), 0);
}
END_TEST

START_TEST(rtp_jitter_bears_any_timestamp)
{
    struct rtp_source s = {.valid = false};

    arrive(&s, 1, 0x80000001, 0);
    arrive(&s, 2, 0x80000000, 0); /* the transit goes from one end of its range to the other */
    ck_assert_uint_eq(s.jitter16, 1);
}
END_TEST

START_TEST(rtp_jitter_follows_the_formula)
{
    /* A.8: J += (|D| - J) / 16; transits 0, 16, 16, 0 in timestamp units */
    struct rtp_source s = {.valid = false};

    arrive(&s, 1, 0, 0);
    arrive(&s, 2, 160, 176); /* D = 16: J = 1 */
    ck_assert_uint_eq(s.jitter16 >> 4, 1);
    arrive(&s, 3, 320, 336); /* D = 0: J = 15/16 */
    ck_assert_uint_eq(s.jitter16, 15);
    arrive(&s, 4, 480, 480); /* D = -16 */
    ck_assert_uint_eq(s.jitter16, 30);
}
END_TEST

/* ---- RTCP ---- */

START_TEST(rtcp_time_is_ntp)
{
    /* 2^16 s after 1970 and half a second: NTP seconds 2208988800 + 65536 = 0x83ab7e80, middle
     * 0x7e80.8000 */
    ck_assert_uint_eq(rtcp_ntp_middle(65536 * RT_S + RT_S / 2), 0x7e808000);
}
END_TEST

START_TEST(rtcp_report_is_written_octet_for_octet)
{
    struct rtp_source s = {.valid = true,
                           .ssrc = 0x11223344,
                           .base = 100,
                           .highest = 109,
                           .received = 8,
                           .jitter16 = 5 << 4};
    struct rtcp_report r = {.ssrc = 0xaabbccdd,
                            .sender = true,
                            .wall = 65536 * RT_S + RT_S / 2,
                            .ts = 0x01020304,
                            .packets = 7,
                            .octets = 1120,
                            .source = &s,
                            .last_sr = 0x55667788,
                            .since_sr = 0x8000,
                            .cname = "abc",
                            .bye = true};
    static const uint8_t want[] = {
        0x81, 200,  0,    12,   0xaa, 0xbb, 0xcc, 0xdd, /* SR, one block, 13 words */
        0x83, 0xab, 0x7e, 0x80, 0x80, 0,    0,    0,    /* NTP */
        1,    2,    3,    4,    0,    0,    0,    7,    0,    0,    4,    0x60, 0x11, 0x22,
        0x33, 0x44, 51,   0,    0,    2, /* 2 of 10 lost: 512/10 */
        0,    0,    0,    109,  0,    0,    0,    5,    0x55, 0x66, 0x77, 0x88, 0,    0,
        0x80, 0,    0x81, 202,  0,    3,    0xaa, 0xbb, 0xcc, 0xdd, 1,    3,    'a',  'b',
        'c',  0,    0,    0,    0x81, 203,  0,    1,    0xaa, 0xbb, 0xcc, 0xdd,
    };
    uint8_t out[RTCP_MAX];

    ck_assert_uint_eq(rtcp_write(out, &r), sizeof want);
    ck_assert_mem_eq(out, want, sizeof want);
}
END_TEST

START_TEST(rtcp_receiver_report_is_read_back)
{
    struct rtp_source s = {.valid = true, .ssrc = 9, .base = 1, .highest = 5, .received = 2};
    struct rtcp_report r = {.ssrc = 8, .source = &s, .last_sr = 77, .since_sr = 88, .cname = "x"};
    struct rtcp_news news;
    uint8_t out[RTCP_MAX];
    size_t n = rtcp_write(out, &r);

    ck_assert_uint_eq(out[1], 201);
    ck_assert_int_eq(rtcp_read(&news, out, n, 9), 0);
    ck_assert(news.have_block && !news.have_sr && !news.bye);
    ck_assert_uint_eq(news.lost, 3);
    ck_assert_uint_eq(news.last_sr, 77);
    ck_assert_uint_eq(news.since_sr, 88);
    ck_assert_int_eq(rtcp_read(&news, out, n, 10), 0); /* about somebody else */
    ck_assert(!news.have_block);
}
END_TEST

START_TEST(rtcp_what_is_none_is_refused)
{
    struct rtcp_news news;
    static const struct {
        const char *octets;
        size_t n;
    } cases[] = {
        {"", 0},
        {"\x80\xc9\x00", 3},
        {"\x80\xc9\x00\x02\x00\x00\x00\x01", 8},                  /* longer than the datagram */
        {"\x40\xc9\x00\x01\x00\x00\x00\x01", 8},                  /* version */
        {"\x80\x08\x00\x01\x00\x00\x00\x01", 8},                  /* RTP */
        {"\x81\xca\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00", 12}, /* begins with SDES */
        {"\xa0\xc9\x00\x01\x00\x00\x00\x01\x80\xc9\x00\x01\x00\x00\x00\x01", 16}, /* first padded */
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_int_eq(rtcp_read(&news, (const uint8_t *)cases[i].octets, cases[i].n, 1),
                         EBADMSG);
}
END_TEST

/* ---- telephone events ---- */

START_TEST(event_is_sent_with_updates_and_three_ends)
{
    struct event_sender s = {.active = false};
    uint8_t p[EVENT_PAYLOAD];
    unsigned packets = 0, ends = 0;
    bool marker;

    static const unsigned tick[] = {80, 480}; /* clocks of 8 and 48 kHz */
    event_sender_start(&s, 5, 1000);
    for (unsigned i = 0; i < 20; i++) {
        if (i == 10)
            event_sender_stop(&s);
        if (!event_sender_tick(&s, tick[_i], p, &marker))
            continue;
        ck_assert_uint_eq(p[0], 5);
        ck_assert(marker == (packets == 0));
        ends += p[1] >> 7;
        unsigned duration = (unsigned)(p[2] << 8 | p[3]);
        unsigned ticks = packets == 0 ? 1 : packets < 6 ? 2 * packets : 10;
        ck_assert_uint_eq(duration, ticks * tick[_i]);
        packets++;
    }
    ck_assert_uint_eq(ends, 3);
    ck_assert_uint_eq(packets, 9); /* 10, 20, 40, 60, 80, 100 ms, the end and two repetitions */
    ck_assert(!s.active);
}
END_TEST

/* RFC 4733 2.5.1.2 lets updates come each 50 ms; the clock of the timestamps makes no difference.
 */
START_TEST(event_lasts_from_update_to_update)
{
    static const unsigned tick[] = {80, 480};
    struct event_receiver r = {.known = false};
    uint8_t p[EVENT_PAYLOAD];
    unsigned n = tick[_i];

    event_write(p, 1, false, 10, (uint16_t)(2 * n));
    ck_assert(event_receiver_packet(&r, 5000, p, 4));
    for (unsigned at = 7; at < 27; at += 5) {
        for (unsigned i = 0; i < 5; i++)
            ck_assert(event_receiver_tick(&r, n));
        event_write(p, 1, false, 10, (uint16_t)(at * n));
        ck_assert(!event_receiver_packet(&r, 5000, p, 4));
    }
    unsigned more = 0;
    while (event_receiver_tick(&r, n))
        more++;
    ck_assert_uint_eq(more, 22 + 15 - 20); /* 150 ms after the last update's end */
}
END_TEST

/* RFC 4733 2.5.1.3: a packet with the largest duration and no end, then a segment that begins
 * there, without marker. */
START_TEST(event_longer_than_its_field_goes_on_in_segments)
{
    struct event_sender s = {.active = false};
    struct event_receiver r = {.known = false};
    uint8_t p[EVENT_PAYLOAD];
    bool marker, full = false;
    unsigned fresh = 0, last = 0;
    uint32_t ts = 1000, length = 0;

    event_sender_start(&s, 5, ts);
    for (unsigned i = 0; i < 1000; i++) { /* 10 s */
        if (i == 990)
            event_sender_stop(&s);
        if (!event_sender_tick(&s, 80, p, &marker))
            continue;
        last = (unsigned)(p[2] << 8 | p[3]);
        ck_assert(marker == (i == 0));
        if (s.ts != ts) {
            ck_assert(full);
            ck_assert_uint_eq(s.ts, ts + 0xffff);
            ts = s.ts;
        }
        full |= last == 0xffff && !(p[1] & 0x80);
        fresh += event_receiver_packet(&r, s.ts, p, 4);
    }
    ck_assert(!s.active);
    ck_assert_uint_eq(ts, 1000 + 0xffff);
    ck_assert_uint_eq(last, 990 * 80 - 0xffff);
    ck_assert_uint_eq(fresh, 1);
    length = event_receiver_length(&r);
    ck_assert_uint_eq(length, 990 * 80); /* the whole digit, not its last segment */
}
END_TEST

START_TEST(event_that_repeats_is_one_digit)
{
    struct event_receiver r = {.known = false};
    uint8_t p[EVENT_PAYLOAD];

    event_write(p, 11, false, 10, 160);
    ck_assert(event_receiver_packet(&r, 5000, p, 4));
    event_write(p, 11, true, 10, 800);
    ck_assert(!event_receiver_packet(&r, 5000, p, 4));
    ck_assert(!event_receiver_packet(&r, 5000, p, 4));
    unsigned played = 0;
    while (event_receiver_tick(&r, 80))
        played += 80;
    ck_assert_uint_eq(played, 800);
    ck_assert(!event_receiver_packet(&r, 4000, p, 4)); /* an old one */
    ck_assert(event_receiver_packet(&r, 9000, p, 4));  /* its first packets were lost */
    ck_assert(!event_receiver_packet(&r, 12000, p, 3));
    event_write(p, 16, false, 10, 160); /* flash: no digit */
    ck_assert(!event_receiver_packet(&r, 12000, p, 4));
}
END_TEST

START_TEST(event_codes_are_the_rfcs)
{
    static const char digits[] = "0123456789*#ABCD"; /* RFC 4733 3.2 */

    for (int i = 0; i < 16; i++) {
        ck_assert_int_eq(event_of_digit(digits[i]), i);
        ck_assert_int_eq(event_digit((uint8_t)i), digits[i]);
    }
    ck_assert_int_eq(event_of_digit('E'), -1);
    ck_assert_int_eq(event_of_digit('\0'), -1);
    ck_assert_int_eq(event_digit(16), 0);
    uint8_t p[4];
    event_write(p, 3, true, 10, 0x1234);
    ck_assert_mem_eq(p, "\x03\x8a\x12\x34", 4);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("codec");
    TCase *tc = tcase_create("codec");

    tcase_add_test(tc, g711_decoder_values_are_the_recommendations);
    tcase_add_test(tc, g711_every_octet_survives_linear);
    tcase_add_test(tc, g711_full_scale_is_the_last_interval);
    tcase_add_test(tc, g711_quantizes_within_half_an_interval);
    tcase_add_test(tc, g711_conversion_of_the_milliwatt_is_the_recommendations);
    tcase_add_test(tc, g711_conversion_keeps_sign_and_order);
    tcase_add_test(tc, rtp_header_is_written_and_read);
    tcase_add_test(tc, rtp_options_are_skipped_and_bad_packets_refused);
    tcase_add_test(tc, rtp_source_counts_over_the_wrap);
    tcase_add_test(tc, rtp_source_jumps_only_when_two_packets_say_so);
    tcase_add_test(tc, rtp_jitter_follows_the_formula);
    tcase_add_test(tc, rtp_jitter_bears_any_timestamp);
    tcase_add_test(tc, rtcp_time_is_ntp);
    tcase_add_test(tc, rtcp_report_is_written_octet_for_octet);
    tcase_add_test(tc, rtcp_receiver_report_is_read_back);
    tcase_add_test(tc, rtcp_what_is_none_is_refused);
    tcase_add_loop_test(tc, event_is_sent_with_updates_and_three_ends, 0, 2);
    tcase_add_loop_test(tc, event_lasts_from_update_to_update, 0, 2);
    tcase_add_test(tc, event_longer_than_its_field_goes_on_in_segments);
    tcase_add_test(tc, event_that_repeats_is_one_digit);
    tcase_add_test(tc, event_codes_are_the_rfcs);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
