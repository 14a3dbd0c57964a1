/* Strangers at the ports of a call: nothing of the conversation goes to them, nothing of theirs is
 * heard, and nobody else hears from us because of them (docs/threat-model.md).
 */
#include "codec/ice.h"
#include "codec/stun.h"
#include "test/unit/media_rig.h"

#include <stdio.h>

static struct rt_udp *open_at(const char *text)
{
    union rt_addr a = rig_addr(text);
    struct rt_udp *u;

    ck_assert_int_eq(rt_udp_open(&u, rig->loop, &a, NULL, NULL), 0);
    return u;
}

static unsigned got(struct rt_udp *u)
{
    uint8_t buf[1500];
    size_t n;
    unsigned all = 0;

    while (rt_udp_recv(u, buf, sizeof buf, &n, NULL) == 0)
        all++;
    return all;
}

/** Everything that makes some relay or other answer, or send its media elsewhere. */
static const struct {
    const char *what;
    uint8_t octets[64];
    size_t n;
} probes[] = {
    {"empty RTP", {0x80, 0x08, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9}, 12},
    {"one octet", {0x00}, 1},
    {"STUN binding request", {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4}, 20},
    {"STUN indication", {0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4}, 20},
    {"DTLS hello", {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0}, 17},
    {"RTCP RR", {0x80, 201, 0, 1, 0, 0, 0, 9}, 8},
    {"RTCP SR",
     {0x80, 200, 0, 6, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9},
     28},
    {"RTCP BYE", {0x81, 203, 0, 1, 0, 0, 0x12, 0x34}, 8},
    {"RTCP XR RRTR", {0x80, 207, 0, 4, 0, 0, 0, 9, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8}, 20},
};

START_TEST(a_stranger_hears_nothing_and_is_not_heard)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);
    struct rt_udp *bleed = open_at("203.0.113.6:4000"), *same = open_at("192.0.2.9:7002");
    union rt_addr above = *media_rtp_local(rtp);
    struct media_stats before, after;

    rt_addr_set_port(&above, (uint16_t)(rt_addr_port(&above) + 1));
    rig->talks = true;
    rig_run(200); /* the far end has shown itself */
    media_port_stats(rtp, &before);
    unsigned heard = rig->nheard;
    for (unsigned round = 0; round < 20; round++) {
        for (size_t i = 0; i < RT_COUNT(probes); i++) {
            struct rt_udp *from = round % 2 ? bleed : same;
            rt_udp_send(from, probes[i].octets, probes[i].n, media_rtp_local(rtp));
            rt_udp_send(from, probes[i].octets, probes[i].n, &above);
        }
        for (unsigned k = 0; k < 4; k++) /* even in a row and with the numbers of the far end */
            rig_send(bleed, 8, false, (uint16_t)(rig->seq + 4 * round + k), rig->ts, rig->ssrc,
                     probes[0].octets, 60);
        rig_run(20);
    }
    rig_run(6000); /* reports too */
    media_port_stats(rtp, &after);
    ck_assert_uint_eq(got(bleed), 0);
    ck_assert_uint_eq(got(same), 0);
    ck_assert_uint_ge(after.foreign, before.foreign + 20);
    ck_assert_uint_eq(after.rx_packets - before.rx_packets, (6000 + 400) / 20);
    ck_assert_uint_ge(rig->nheard, heard);
    ck_assert_uint_ge(got(rig->peer_rtcp), 1); /* reports go where they went */
    rt_udp_close(bleed);
    rt_udp_close(same);
}
END_TEST

/** Only signalling moves it, and then the place where it was is a stranger's. */
START_TEST(a_call_moves_by_signalling_alone)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);
    struct rt_udp *other = open_at("203.0.113.6:4000");
    struct media_stats s;

    rig->talks = true;
    rig_run(200);
    rig->talks = false;
    rig_run(5000); /* long silence opens no door */
    for (uint16_t i = 0; i < 50; i++)
        rig_send(other, 8, false, i, 160u * i, 77, probes[0].octets, 60);
    rig_run(500);
    ck_assert_uint_eq(got(other), 0);
    media_port_stats(rtp, &s);
    uint64_t packets = s.rx_packets;
    r.remote = rig_addr("203.0.113.6:4000");
    media_rtp_set(rtp, &r);
    for (uint16_t i = 50; i < 60; i++)
        rig_send(other, 8, false, i, 160u * i, 77, probes[0].octets, 60);
    rig_run(500);
    media_port_stats(rtp, &s);
    ck_assert_uint_eq(s.rx_packets, packets + 10);
    uint64_t foreign = s.foreign;
    rig_talk();
    rig_run(20);
    media_port_stats(rtp, &s);
    ck_assert_uint_eq(s.foreign, foreign + 1);
    rt_udp_close(other);
}
END_TEST

START_TEST(the_ports_of_a_call_that_is_over_are_closed)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);
    struct fake_leaks open;

    fake_leaks(&open);
    unsigned with = open.udp;
    rig->talks = true;
    rig_run(200);
    rig->talks = false;
    media_close(rtp);
    rig_run(100);
    fake_leaks(&open);
    ck_assert_uint_eq(open.udp, with - 2); /* RTP and RTCP */
}
END_TEST

/** Checks without our password, each size that has a meaning: a victim gets little more than was
 * sent in its name. */
START_TEST(a_check_of_a_stranger_is_answered_shortly)
{
    uint8_t random[ICE_RANDOM] = {1}, out[STUN_MAX], answer[ICE_ANSWER];
    union rt_addr from = rig_addr("203.0.113.6:4000");
    size_t in, got, most = 0;
    struct ice ice;

    ice_init(&ice, random);
    for (unsigned what = 0; what < 4; what++) {
        struct rt_writer w = rt_writer(out, sizeof out);
        stun_begin(&w, STUN_REQUEST, STUN_BINDING, (const uint8_t *)"0123456789ab");
        if (what & 1)
            stun_put_text(&w, STUN_USERNAME, rt_str("nobody:far"));
        if (what & 2)
            stun_put_integrity(&w, "x", 1);
        stun_put_fingerprint(&w);
        in = rt_written(&w);
        ck_assert_int_eq(ice_input(&ice, 1, out, in, &from, RT_S, answer, &got), ICE_NOTHING);
        printf("a check of %zu octets: an answer of %zu\n", in, got);
        most = got > most ? got : most;
    }
    ck_assert_uint_le(most, 64);
    ck_assert_ptr_null(ice_address(&ice, 1)); /* and no media goes there */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_add_test(tc, a_stranger_hears_nothing_and_is_not_heard);
    tcase_add_test(tc, a_call_moves_by_signalling_alone);
    tcase_add_test(tc, the_ports_of_a_call_that_is_over_are_closed);
    tcase_add_test(tc, a_check_of_a_stranger_is_answered_shortly);
}

int main(void)
{
    return rig_main("threats_rtp", add);
}
