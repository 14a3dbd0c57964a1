/* RTCP octet for octet (RFC 3550 6.4 to 6.6, RFC 3611 3 and 4), what peers may send and what they
 * may not. What test_codec.c has is not repeated. */
#include "codec/rtcp.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define US 0x11223344u

static const struct rtcp_voip voip = {
    .ssrc = US,
    .loss_rate = 12,
    .discard_rate = 13,
    .burst_density = 84,
    .gap_density = 10,
    .burst_ms = 120,
    .gap_ms = 520,
    .round_trip_ms = 0x1234,
    .end_system_ms = 65,
    .signal_dbm0 = -18,
    .noise_dbm0 = -50,
    .rerl_db = 42,
    .gmin = 16,
    .r = 88,
    .ext_r = RTCP_UNKNOWN,
    .mos_lq = 41,
    .mos_cq = 40,
    .plc = RTCP_PLC_ENHANCED,
    .jba = RTCP_JBA_ADAPTIVE,
    .jb_rate = 5,
    .jb_nominal_ms = 40,
    .jb_max_ms = 80,
    .jb_abs_max_ms = 300,
};

START_TEST(extended_reports_octet_for_octet)
{
    struct rtcp_report r = {.ssrc = 0xaabbccdd,
                            .wall = 65536 * RT_S + RT_S / 2,
                            .cname = "abc",
                            .reference_time = true,
                            .dlrr_ssrc = US,
                            .last_rr = 0x55667788,
                            .since_rr = 0x10000,
                            .voip = &voip,
                            .bye = true,
                            .reason = "hang up"};
    static const uint8_t want[] = {
        0x80, 201, 0,    1,    0xaa, 0xbb, 0xcc, 0xdd, /* RR, nobody heard */
        0x81, 202, 0,    3,    0xaa, 0xbb, 0xcc, 0xdd, 1,    3,    'a',  'b',  'c', 0,    0,
        0,                                                                  /* SDES */
        0x80, 207, 0,    17,   0xaa, 0xbb, 0xcc, 0xdd,                      /* XR: 1 + 3 + 4 + 9 */
        4,    0,   0,    2,    0x83, 0xab, 0x7e, 0x80, 0x80, 0,    0,    0, /* reference time */
        5,    0,   0,    3,    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0,   1,    0,
        0,                                             /* DLRR */
        7,    0,   0,    8,    0x11, 0x22, 0x33, 0x44, /* VoIP metrics */
        12,   13,  84,   10,   0,    120,  2,    8,    0x12, 0x34, 0,    65,   238, 206,  42,
        16,   88,  127,  41,   40,   0xb5, 0,    0,    40,   0,    80,   1,    44,  0x81, 203,
        0,    3,   0xaa, 0xbb, 0xcc, 0xdd, 7,    'h',  'a',  'n',  'g',  ' ',  'u', 'p',
    };
    uint8_t out[RTCP_MAX];

    ck_assert_uint_eq(rtcp_write(out, &r), sizeof want);
    ck_assert_mem_eq(out, want, sizeof want);
}
END_TEST

START_TEST(everything_is_read_back)
{
    struct rtp_source s = {.valid = true,
                           .ssrc = US,
                           .base = 100,
                           .highest = 0x1006d,
                           .received = 65540,
                           .jitter16 = 80};
    struct rtcp_report r = {.ssrc = 7,
                            .sender = true,
                            .wall = 65536 * RT_S,
                            .packets = 70,
                            .octets = 11200,
                            .source = &s,
                            .last_sr = 1,
                            .since_sr = 2,
                            .cname = "x@y",
                            .reference_time = true,
                            .dlrr_ssrc = US,
                            .last_rr = 3,
                            .since_rr = 4,
                            .voip = &voip,
                            .bye = true,
                            .reason = "done"};
    struct rtcp_news n;
    uint8_t out[RTCP_MAX];
    size_t len = rtcp_write(out, &r);

    ck_assert_int_eq(rtcp_read(&n, out, len, US), 0);
    ck_assert(n.have_sr && n.have_block && n.have_dlrr && n.have_voip && n.bye);
    ck_assert_uint_eq(n.ssrc, 7);
    ck_assert_uint_eq(n.packets, 70);
    ck_assert_uint_eq(n.octets, 11200);
    ck_assert_uint_eq(n.highest, 0x1006d);
    ck_assert_uint_eq(n.lost, 6); /* 0x1006d - 100 + 1 expected */
    ck_assert_uint_eq(n.jitter, 5);
    ck_assert_uint_eq(n.reference, 0x7e800000);
    ck_assert_uint_eq(n.sr_middle, 0x7e800000);
    ck_assert_uint_eq(n.last_rr, 3);
    ck_assert_uint_eq(n.since_rr, 4);
    ck_assert(rt_str_eq(n.cname, "x@y") && rt_str_eq(n.reason, "done"));
    ck_assert_int_eq(n.voip.signal_dbm0, -18);
    ck_assert_int_eq(n.voip.noise_dbm0, -50);
    ck_assert_uint_eq(n.voip.plc, RTCP_PLC_ENHANCED);
    ck_assert_uint_eq(n.voip.jba, RTCP_JBA_ADAPTIVE);
    ck_assert_uint_eq(n.voip.jb_rate, 5);
    ck_assert_uint_eq(n.voip.round_trip_ms, 0x1234);
    ck_assert_uint_eq(n.voip.jb_abs_max_ms, 300);

    ck_assert_int_eq(rtcp_read(&n, out, len, US + 1), 0); /* about somebody else */
    ck_assert(n.have_sr && !n.have_block && !n.have_dlrr && !n.have_voip);
    for (size_t cut = 0; cut < len; cut++) { /* no part of it is a whole report, but by chance */
        int rc = rtcp_read(&n, out, cut, US);
        ck_assert(rc == EBADMSG || cut == 52 || cut == 68 || cut == 68 + 72);
    }
}
END_TEST

START_TEST(long_names_are_cut)
{
    char name[400];
    struct rtp_source s = {.valid = true, .ssrc = US};
    struct rtcp_report r = {.ssrc = 7,
                            .sender = true,
                            .source = &s,
                            .cname = name,
                            .reference_time = true,
                            .last_rr = 3,
                            .voip = &voip,
                            .bye = true,
                            .reason = name};
    struct rtcp_news n;
    uint8_t out[RTCP_MAX];

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_uint_eq(rtcp_write(out, &r), RTCP_MAX);
    ck_assert_int_eq(rtcp_read(&n, out, RTCP_MAX, US), 0);
    ck_assert_uint_eq(n.cname.n, 255);
    ck_assert_uint_eq(n.reason.n, 255);
    for (size_t i = 250; i < 256; i++) { /* each way of padding */
        name[i] = '\0';
        ck_assert_int_eq(rtcp_read(&n, out, rtcp_write(out, &r), US), 0);
        ck_assert_uint_eq(n.cname.n, i < 255 ? i : 255);
        name[i] = 'n';
    }
}
END_TEST

#define RR "\x80\xc9\x00\x01\x00\x00\x00\x07"
/* a receiver report from 7 and more; what it comes to */
static const struct {
    const char *octets;
    size_t n;
    int rc;
    bool bye;
    const char *cname;
} cases[] = {
    /* other packet types are passed over: APP, RTPFB, RSI, one that nobody has defined */
    {RR "\x80\xcc\x00\x02\x00\x00\x00\x07name", 20, 0, false, ""},
    {RR "\x81\xcd\x00\x02\x00\x00\x00\x07\x00\x00\x00\x00", 20, 0, false, ""},
    {RR "\x80\xd1\x00\x00", 12, 0, false, ""},
    {RR "\x80\xdf\x00\x00", 12, 0, false, ""},
    {RR "\x80\xe0\x00\x00", 12, EBADMSG, false, ""}, /* 224: not RTCP's */
    /* SDES: others than CNAME, other sources, no null at the end, a lying length, no chunk */
    {RR "\x81\xca\x00\x03\x00\x00\x00\x07\x02\x01"
        "A\x01\x01"
        "c\0\0",
     24, 0, false, "c"},
    {RR "\x82\xca\x00\x04\x00\x00\x00\x08\x01\x01"
        "o\0\x00\x00\x00\x07\x01\x01"
        "c\0",
     28, 0, false, "c"},
    {RR "\x81\xca\x00\x02\x00\x00\x00\x07\x01\x02"
        "cc",
     20, 0, false, "cc"},
    {RR "\x81\xca\x00\x02\x00\x00\x00\x07\x01\x03"
        "cc",
     20, EBADMSG, false, ""},
    {RR "\x82\xca\x00\x02\x00\x00\x00\x07\x01\x01"
        "c\0",
     20, EBADMSG, false, ""},
    {RR "\x80\xca\x00\x00", 12, 0, false, ""},
    /* BYE: of the sender, of others, of nobody, a count and a length that lie */
    {RR "\x81\xcb\x00\x01\x00\x00\x00\x07", 16, 0, true, ""},
    {RR "\x82\xcb\x00\x02\x00\x00\x00\x09\x00\x00\x00\x07", 20, 0, true, ""},
    {RR "\x81\xcb\x00\x01\x00\x00\x00\x09", 16, 0, false, ""},
    {RR "\x80\xcb\x00\x00", 12, 0, false, ""},
    {RR "\x82\xcb\x00\x01\x00\x00\x00\x07", 16, EBADMSG, false, ""},
    {RR "\x81\xcb\x00\x02\x00\x00\x00\x07\x04"
        "abc",
     20, EBADMSG, false, ""},
    /* padding: of the last packet only, and not more than there is */
    {RR "\xa1\xcb\x00\x02\x00\x00\x00\x07\x00\x00\x00\x04", 20, 0, true, ""},
    {RR "\xa1\xcb\x00\x02\x00\x00\x00\x07\x00\x00\x00\x00", 20, EBADMSG, false, ""},
    {RR "\xa1\xcb\x00\x02\x00\x00\x00\x07\x00\x00\x00\x03", 20, EBADMSG, false, ""},
    {RR "\xa1\xcb\x00\x02\x00\x00\x00\x07\x00\x00\x00\x0c", 20, EBADMSG, false, ""},
    {RR "\xa0\xcb\x00\x00", 12, EBADMSG, false, ""},
    {RR "\xa1\xcb\x00\x02\x00\x00\x00\x07\x00\x00\x00\x04\x80\xcb\x00\x00", 24, EBADMSG, false, ""},
    /* XR: none, an unknown block, a block longer than its packet, half a block */
    {RR "\x80\xcf\x00\x01\x00\x00\x00\x07", 16, 0, false, ""},
    {RR "\x80\xcf\x00\x02\x00\x00\x00\x07\x99\x00\x00\x00", 20, 0, false, ""},
    {RR "\x80\xcf\x00\x02\x00\x00\x00\x07\x07\x00\x00\x08", 20, EBADMSG, false, ""},
    {RR "\x80\xcf\x00\x02\x00\x00\x00\x07\x07\x00\x00\x00", 20, 0, false, ""},
    {RR "\x80\xcf\x00\x00", 12, EBADMSG, false, ""},
    /* report blocks that are not there, a profile's extension that is */
    {"\x81\xc9\x00\x01\x00\x00\x00\x07", 8, EBADMSG, false, ""},
    {"\x80\xc8\x00\x01\x00\x00\x00\x07", 8, EBADMSG, false, ""},
    {"\x80\xc9\x00\x02\x00\x00\x00\x07what", 12, 0, false, ""},
};

START_TEST(what_peers_may_send)
{
    struct rtcp_news n;
    size_t i = (size_t)_i;

    memset(&n, 0, sizeof n);
    ck_assert_int_eq(rtcp_read(&n, (const uint8_t *)cases[i].octets, cases[i].n, US), cases[i].rc);
    ck_assert_int_eq(n.bye, cases[i].bye);
    ck_assert(rt_str_eq(n.cname, cases[i].cname));
    ck_assert(!n.have_voip && !n.have_sr && !n.have_block);
}
END_TEST

/** Writes the block with one octet changed and reads it back. */
static struct rtcp_news changed(size_t at, uint8_t octet)
{
    struct rtcp_report r = {.ssrc = 7, .cname = "c", .voip = &voip};
    struct rtcp_news n;
    uint8_t out[RTCP_MAX];
    size_t len = rtcp_write(out, &r);

    out[len - 36 + at] = octet;
    ck_assert_int_eq(rtcp_read(&n, out, len, US), 0);
    return n;
}

START_TEST(metrics_out_of_range_are_unknown)
{
    ck_assert_uint_eq(changed(24, 100).voip.r, 100);
    ck_assert_uint_eq(changed(24, 101).voip.r, RTCP_UNKNOWN);
    ck_assert_uint_eq(changed(25, 200).voip.ext_r, RTCP_UNKNOWN);
    ck_assert_uint_eq(changed(26, 9).voip.mos_lq, RTCP_UNKNOWN);
    ck_assert_uint_eq(changed(27, 51).voip.mos_cq, RTCP_UNKNOWN);
    ck_assert_uint_eq(changed(22, 128).voip.rerl_db, RTCP_UNKNOWN);
    ck_assert_uint_eq(changed(28, 0x15).voip.jba, RTCP_JBA_UNKNOWN); /* 01 is reserved */
    ck_assert(!changed(23, 0).have_voip);                            /* Gmin MUST not be zero */
    ck_assert(!changed(7, 0).have_voip);                             /* another's SSRC */
    ck_assert(!changed(0, 77).have_voip);                            /* another block */
}
END_TEST

START_TEST(lies_are_bounded)
{
    struct rtcp_news n = {.lost = 0x7fffff, .jitter = 0xffffffff};
    rt_time rtt = -1;
    rt_time wall = 70000 * RT_S;
    uint32_t now = rtcp_ntp_middle(wall);

    rtcp_bound(&n, 500, 8000);
    ck_assert_uint_eq(n.lost, 500);
    ck_assert_uint_eq(n.jitter, 80000);
    ck_assert_uint_eq(rtcp_jitter_us(80, 8000), 10000);
    ck_assert_uint_eq(rtcp_jitter_us(960, 48000), 20000);
    ck_assert_uint_eq(rtcp_jitter_us(0xffffffff, 8000), 10000000);
    ck_assert_uint_eq(rtcp_jitter_us(5, 0), 0);

    ck_assert(rtcp_round_trip(&rtt, wall, now - 65536, 32768)); /* a second ago, half of it there */
    ck_assert_int_eq(rtt, RT_S / 2);
    ck_assert(rtcp_round_trip(&rtt, wall, now - 5, 5));
    ck_assert_int_eq(rtt, 0);
    ck_assert(!rtcp_round_trip(&rtt, wall, 0, 0));           /* no report came */
    ck_assert(!rtcp_round_trip(&rtt, wall, now - 5, 6));     /* kept longer than it was away */
    ck_assert(!rtcp_round_trip(&rtt, wall, now + 65536, 0)); /* from the future */
    ck_assert(!rtcp_round_trip(&rtt, wall, now - 31 * 65536, 0));
    ck_assert_uint_eq(rtcp_since(RT_S), 65536);
    ck_assert_uint_eq(rtcp_since(-1), 0);
    ck_assert_uint_eq(rtcp_since(100000 * RT_S), 0xffffffff);
}
END_TEST

START_TEST(negative_loss_is_none)
{
    /* 24 bits of -1: more packets came than were sent */
    static const uint8_t rr[] = {0x81, 201,  0,    7,    0,    0, 0, 7, 0x11, 0x22, 0x33,
                                 0x44, 0x10, 0xff, 0xff, 0xff, 0, 0, 0, 1,    0,    0,
                                 0,    2,    0,    0,    0,    0, 0, 0, 0,    0};
    struct rtcp_news n;

    ck_assert_int_eq(rtcp_read(&n, rr, sizeof rr, US), 0);
    ck_assert_uint_eq(n.lost, 0);
    ck_assert_uint_eq(n.fraction, 16);
}
END_TEST

START_TEST(rtp_and_rtcp_are_told_apart)
{
    /* RFC 5761 4, for every second octet: 192..223 is RTCP; so no payload type 64..95 with marker
     */
    for (unsigned second = 0; second < 256; second++) {
        uint8_t packet[12] = {0x80, (uint8_t)second};
        ck_assert_int_eq(rtcp_is(packet, sizeof packet), second >= 192 && second <= 223);
    }
    for (unsigned pt = 0; pt < 128; pt++) {
        uint8_t plain[2] = {0x80, (uint8_t)pt}, marked[2] = {0x80, (uint8_t)(pt | 128)};
        ck_assert_int_eq(rtcp_mux_payload((uint8_t)pt), !rtcp_is(plain, 2) && !rtcp_is(marked, 2));
    }
    ck_assert(!rtcp_is((const uint8_t *)"\x80", 1));
    ck_assert(!rtcp_is((const uint8_t *)"\x00\xc8", 2)); /* STUN begins so */
}
END_TEST

START_TEST(interval_is_random_about_five_seconds)
{
    /* 6.3.1: [0.5, 1.5] times Td, over e - 3/2 */
    ck_assert_int_eq(rtcp_interval(0, false), (rt_time)(2500000 / 1.21828));
    ck_assert_int_eq(rtcp_interval(0x80000000, false), (rt_time)(5000000 / 1.21828));
    ck_assert(rtcp_interval(0xffffffff, false) < 7500000 / 1.21828);
    ck_assert_int_eq(rtcp_interval(0x80000000, true), (rt_time)(2500000 / 1.21828));
}
END_TEST

START_TEST(any_octets_do_no_harm)
{
    struct rtp_source s = {.valid = true, .ssrc = US};
    struct rtcp_report r = {
        .ssrc = 7, .sender = true, .source = &s, .cname = "c", .voip = &voip, .bye = true};
    uint8_t good[RTCP_MAX];
    size_t len = rtcp_write(good, &r);

    srand(11);
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t *exact = malloc(len); /* so that a sanitizer sees its end */
        struct rtcp_news n;
        memcpy(exact, good, len);
        for (int k = rand() % 4; k >= 0; k--)
            exact[(size_t)rand() % len] = (uint8_t)rand();
        if (rtcp_read(&n, exact, len, US) == 0 && n.cname.p)
            ck_assert((const uint8_t *)n.cname.p + n.cname.n <= exact + len);
        free(exact);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rtcp");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, extended_reports_octet_for_octet);
    tcase_add_test(tc, everything_is_read_back);
    tcase_add_test(tc, long_names_are_cut);
    tcase_add_loop_test(tc, what_peers_may_send, 0, (int)RT_COUNT(cases));
    tcase_add_test(tc, metrics_out_of_range_are_unknown);
    tcase_add_test(tc, lies_are_bounded);
    tcase_add_test(tc, negative_loss_is_none);
    tcase_add_test(tc, rtp_and_rtcp_are_told_apart);
    tcase_add_test(tc, interval_is_random_about_five_seconds);
    tcase_add_test(tc, any_octets_do_no_harm);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
