/* Taps: a port's packets handed out as they were on the wire, those of a secure one in the clear;
 * and nothing of a port that is not tapped. */
#include "test/unit/media_rig.h"

#include <errno.h>

#define MOST 700

static struct tapped {
    unsigned n;
    struct media_tapped packet[MOST];
} * taps;

static void on_tapped(void *arg, const struct media_tapped *p)
{
    ck_assert_ptr_eq(arg, taps);
    ck_assert_uint_lt(taps->n, MOST);
    taps->packet[taps->n++] = *p;
}

static void setup(void)
{
    rig_setup();
    taps = calloc(1, sizeof *taps);
    ck_assert_int_eq(media_taps(rig->m, on_tapped, taps), 0);
}

static void teardown(void)
{
    rig_teardown();
    free(taps);
}

static bool same(const union rt_addr *a, const char *text)
{
    union rt_addr b = rig_addr(text);
    return rt_addr_equal(a, &b);
}

/** Packets of a direction; RTP or RTCP by their second octet (RFC 5761 4). */
static unsigned count(bool sent, bool rtcp, uint64_t tag)
{
    unsigned n = 0;

    for (unsigned i = 0; i < taps->n; i++) {
        const struct media_tapped *t = &taps->packet[i];
        n += t->sent == sent && (t->data[1] >= 200 && t->data[1] <= 207) == rtcp && t->tag == tag;
    }
    return n;
}

/** A call that lasts: the port joined with a line. */
static struct media_port *talk(const struct media_rtp *r)
{
    struct media_port *p = rig_rtp(r), *line = rig_tdm(5);

    ck_assert_int_eq(media_join(p, line, MEDIA_BOTH), 0);
    rig->talks = true;
    return p;
}

START_TEST(both_directions_are_as_they_were)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *p = talk(&r);

    media_tap(p, 34);
    rig_run(1000);
    ck_assert_uint_ge(count(false, false, 34), 49);
    ck_assert_uint_ge(count(true, false, 34), 48);
    for (unsigned i = 0; i < taps->n; i++) {
        const struct media_tapped *t = &taps->packet[i];
        struct rtp_packet pk;
        if (t->data[1] >= 200)
            continue;
        ck_assert_int_eq(rtp_read(&pk, t->data, t->len), 0);
        ck_assert_uint_eq(pk.len, 160);
        ck_assert(t->sent == (pk.ssrc == media_rtp_ssrc(p)));
        ck_assert(same(&t->peer, "192.0.2.9:7000"));
        ck_assert(rt_addr_equal(&t->local, media_rtp_local(p)));
        ck_assert(t->wall > 0);
    }
}
END_TEST

START_TEST(reports_have_the_port_above)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *p = talk(&r);

    media_tap(p, 1);
    for (unsigned i = 0; i < 8 && count(true, true, 1) == 0; i++)
        rig_run(1000);
    ck_assert_uint_gt(count(true, true, 1), 0);
    for (unsigned i = 0; i < taps->n; i++)
        if (taps->packet[i].data[1] >= 200) {
            ck_assert(same(&taps->packet[i].peer, "192.0.2.9:7001"));
            ck_assert_uint_eq(rt_addr_port(&taps->packet[i].local),
                              rt_addr_port(media_rtp_local(p)) + 1);
        }
}
END_TEST

START_TEST(nothing_comes_of_a_port_that_is_not_tapped)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *p = talk(&r);

    rig_run(200);
    ck_assert_uint_eq(taps->n, 0);
    media_tap(p, 1);
    rig_run(200);
    ck_assert_uint_gt(taps->n, 0);
    media_tap(p, 0);
    rig_run(20);
    unsigned n = taps->n;
    rig_run(200);
    ck_assert_uint_eq(taps->n, n);
}
END_TEST

START_TEST(a_line_has_no_packets)
{
    struct media_port *line = rig_tdm(3);

    media_tap(line, 1);
    rig_run(100);
    ck_assert_uint_eq(taps->n, 0);
}
END_TEST

START_TEST(the_last_report_of_a_port_comes_after_it)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *p = talk(&r);

    media_tap(p, 9);
    rig_run(500);
    rig->talks = false;
    unsigned before = count(true, true, 9);
    media_close(p);
    rig_run(50);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 1);
    ck_assert_uint_eq(count(true, true, 9), before + 1); /* with the BYE */
}
END_TEST

START_TEST(a_secure_port_is_heard_in_the_clear)
{
    struct media_srtp_keys tx = {.suite = MEDIA_SRTP_AES_128_SHA1_80}, rx = tx;
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *p;
    uint8_t seen = 0;
    char buf[600];
    size_t n;

    memset(tx.key, 1, sizeof tx.key);
    memset(rx.key, 2, sizeof rx.key);
    r.remote = rig_addr("192.0.2.9:7000");
    r.secure = true;
    rt_udp_close(rig->peer); /* the rig would read what is not RTP to it */
    union rt_addr elsewhere = rig_addr("192.0.2.9:7777"), there = rig_addr("192.0.2.9:7000");
    ck_assert_int_eq(rt_udp_open(&rig->peer, rig->loop, &elsewhere, NULL, NULL), 0);
    struct rt_udp *far;
    ck_assert_int_eq(rt_udp_open(&far, rig->loop, &there, NULL, NULL), 0);
    p = talk(&r);
    rig->talks = false;
    ck_assert_int_eq(media_rtp_secure(p, &tx, &rx), 0);
    media_tap(p, 5);
    rig_run(200);
    for (unsigned i = 0; i < taps->n; i++)
        if (taps->packet[i].sent && taps->packet[i].data[1] < 200) {
            ck_assert_uint_eq(taps->packet[i].len, RTP_HEADER + 160);
            ck_assert_uint_eq(taps->packet[i].data[RTP_HEADER + 80], 0xd5);
            seen++;
        }
    ck_assert_uint_gt(seen, 5);
    ck_assert_int_eq(rt_udp_recv(far, buf, sizeof buf, &n, NULL), 0);
    ck_assert_uint_eq(n, RTP_HEADER + 160 + 10); /* with its tag: so it was on the wire */
    rt_udp_close(far);
}
END_TEST

START_TEST(what_signalling_does_not_take_is_counted)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *p = rig_rtp(&r);
    uint64_t dropped = rt_counted(&media_counters[MEDIA_TAPS_DROPPED]);
    static uint8_t much[MEDIA_TAPPED_MAX + 1];

    media_tap(p, 1);
    rig_run(20);
    much[0] = 0x80;
    much[1] = 8;
    ck_assert_int_eq(rt_udp_send(rig->peer, much, sizeof much, media_rtp_local(p)), 0);
    rig_run(20);
    ck_assert_uint_eq(rt_counted(&media_counters[MEDIA_TAPS_DROPPED]), dropped + 1);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, both_directions_are_as_they_were);
    tcase_add_test(tc, reports_have_the_port_above);
    tcase_add_test(tc, nothing_comes_of_a_port_that_is_not_tapped);
    tcase_add_test(tc, a_line_has_no_packets);
    tcase_add_test(tc, the_last_report_of_a_port_comes_after_it);
    tcase_add_test(tc, a_secure_port_is_heard_in_the_clear);
    tcase_add_test(tc, what_signalling_does_not_take_is_counted);
}

int main(void)
{
    return rig_main("media_tap", add);
}
