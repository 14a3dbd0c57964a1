/* pcapng blocks and the headers of traced messages, octet by octet. */
#include "gw/pcapng.h"
#include "gw/trace_ip.h"

#include <check.h>
#include <stdlib.h>

static struct rt_buf out;

static void teardown(void)
{
    rt_buf_release(&out);
}

static void expect(const void *octets, size_t n)
{
    ck_assert(!out.failed);
    ck_assert_uint_eq(out.n, n);
    ck_assert_mem_eq(out.p, octets, n);
}

START_TEST(a_section_says_its_byte_order_and_no_length)
{
    static const uint8_t want[] = {
        0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
        0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28,   0,    0, 0,
    };

    gw_pcapng_section(&out);
    expect(want, sizeof want);
}
END_TEST

START_TEST(an_interface_has_its_link_its_name_and_microseconds)
{
    static const uint8_t want[] = {
        1,   0, 0, 0, 44,  0,   0,   0,                   /* type, length */
        177, 0, 0, 0, 0,   0,   0,   0,                   /* link type, no limit */
        2,   0, 6, 0, 's', 'p', 'a', 'n', ' ', '1', 0, 0, /* if_name, filled up */
        9,   0, 1, 0, 6,   0,   0,   0,                   /* if_tsresol 10^-6 */
        0,   0, 0, 0, 44,  0,   0,   0,                   /* end, length */
    };

    gw_pcapng_interface(&out, GW_PCAPNG_LINUX_LAPD, "span 1");
    expect(want, sizeof want);
}
END_TEST

static const uint8_t packet[] = {
    6,   0,   0,   0,   52,  0, 0, 0, /* type, length */
    1,   0,   0,   0,                 /* interface */
    5,   0,   0,   0,   6,   0, 0, 0, /* time: upper half, lower half */
    5,   0,   0,   0,   5,   0, 0, 0, /* octets kept, octets there were */
    'a', 'b', 'c', 'd', 'e', 0, 0, 0, /* filled up */
    2,   0,   4,   0,   2,   0, 0, 0, /* epb_flags: outbound */
    0,   0,   0,   0,   52,  0, 0, 0, /* end, length */
};

static void make_packet(bool sent)
{
    gw_pcapng_packet(&out, &(struct gw_pcapng_packet){.interface = 1,
                                                      .wall = (rt_time)0x0000000500000006,
                                                      .sent = sent,
                                                      .part = {rt_str("ab"), rt_str("cde")}});
}

START_TEST(a_packet_has_its_time_its_octets_and_its_direction)
{
    make_packet(true);
    expect(packet, sizeof packet);
    ck_assert_str_eq(out.p + GW_PCAPNG_DATA_AT, "abcde");
    rt_buf_reset(&out);
    make_packet(false);
    ck_assert_uint_eq((uint8_t)out.p[40], 1); /* inbound */
}
END_TEST

START_TEST(a_comment_joins_the_options)
{
    static const uint8_t tail[] = {
        2, 0, 4, 0, 2,   0,   0, 0, /* epb_flags as before */
        1, 0, 2, 0, 'h', 'i', 0, 0, /* opt_comment */
        0, 0, 0, 0, 60,  0,   0, 0,
    };

    gw_pcapng_comment(&out, (struct rt_str){(const char *)packet, sizeof packet}, rt_str("hi"));
    ck_assert_uint_eq(out.n, 60);
    ck_assert_uint_eq((uint8_t)out.p[4], 60);
    ck_assert_mem_eq(out.p + 8, packet + 8, 28);
    ck_assert_mem_eq(out.p + 36, tail, sizeof tail);
}
END_TEST

START_TEST(lapd_frames_say_their_direction_and_our_side)
{
    static const uint8_t want[] = {0, 4, 0x20, 0xfd, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x30};
    uint8_t header[GW_PCAPNG_LAPD_LEN];

    gw_pcapng_lapd(header, true, true);
    ck_assert_mem_eq(header, want, sizeof want);
    gw_pcapng_lapd(header, false, false);
    ck_assert_uint_eq(header[1], 0);
    ck_assert_uint_eq(header[6], 0);
}
END_TEST

static union rt_addr address(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

START_TEST(ipv4_has_the_checksum_of_rfc_1071)
{
    /* 4500 + 0020 + 4000 + 4011 + c000 + 0201 + c000 + 0202 = 24934; 4934 + 2; ~4936 = b6c9 */
    static const uint8_t want[] = {0x45, 0,    0,    32,   0, 0,  0x40, 0, 64, 17,
                                   0xb6, 0xc9, 192,  0,    2, 1,  192,  0, 2,  2,
                                   0x13, 0xc4, 0x13, 0xc6, 0, 12, 0,    0};
    union rt_addr from = address("192.0.2.1:5060"), to = address("192.0.2.2:5062");
    uint8_t header[GW_TRACE_IP_MAX];

    ck_assert_uint_eq(gw_trace_ip(header, &from, &to, rt_str("abcd")), sizeof want);
    ck_assert_mem_eq(header, want, sizeof want);
}
END_TEST

START_TEST(ipv6_has_the_checksum_of_udp)
{
    /* 2001 + 0db8 + 1, 2001 + 0db8 + 2, length a, 11, 13c4, 13c5, a, 6162: e485; ~ = 1b7a */
    static const uint8_t want[] = {0x60, 0, 0, 0, 0, 10, 17, 64};
    static const uint8_t udp[] = {0x13, 0xc4, 0x13, 0xc5, 0, 10, 0x1b, 0x7a};
    union rt_addr from = address("[2001:db8::1]:5060"), to = address("[2001:db8::2]:5061");
    uint8_t header[GW_TRACE_IP_MAX];

    ck_assert_uint_eq(gw_trace_ip(header, &from, &to, rt_str("ab")), 48);
    ck_assert_mem_eq(header, want, sizeof want);
    ck_assert_uint_eq(header[23], 1);
    ck_assert_uint_eq(header[39], 2);
    ck_assert_mem_eq(header + 40, udp, sizeof udp);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pcapng");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, a_section_says_its_byte_order_and_no_length);
    tcase_add_test(tc, an_interface_has_its_link_its_name_and_microseconds);
    tcase_add_test(tc, a_packet_has_its_time_its_octets_and_its_direction);
    tcase_add_test(tc, a_comment_joins_the_options);
    tcase_add_test(tc, lapd_frames_say_their_direction_and_our_side);
    tcase_add_test(tc, ipv4_has_the_checksum_of_rfc_1071);
    tcase_add_test(tc, ipv6_has_the_checksum_of_udp);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
