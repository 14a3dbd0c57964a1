/* The network side of RTP ports: whose packets are accepted, what is lost, and RTCP. */
#include "codec/rtcp.h"
#include "test/unit/media_rig.h"

#include <errno.h>
#include <math.h>

static struct rt_udp *open_at(const char *text)
{
    union rt_addr a = rig_addr(text);
    struct rt_udp *u;

    ck_assert_int_eq(rt_udp_open(&u, rig->loop, &a, NULL, NULL), 0);
    return u;
}

/** `n` packets of 20 ms from a socket, 20 ms apart. */
static void send_some(struct rt_udp *from, uint32_t ssrc, uint16_t seq, unsigned n)
{
    uint8_t payload[160];

    memset(payload, 0xd5, sizeof payload);
    for (unsigned i = 0; i < n; i++) {
        rig_send(from, 8, false, (uint16_t)(seq + i), 1000 + 160 * (seq + i), ssrc, payload, 160);
        rig_run(20);
    }
}

static unsigned received(struct rt_udp *u)
{
    uint8_t buf[600];
    size_t len;
    unsigned n = 0;

    while (rt_udp_recv(u, buf, sizeof buf, &len, NULL) == 0)
        n++;
    return n;
}

static struct media_stats stats_of(const struct media_port *p)
{
    struct media_stats s;
    media_port_stats(p, &s);
    return s;
}

/* ---- acceptance ---- */

START_TEST(three_packets_in_a_row_latch_and_then_all_others_are_foreign)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    struct rt_udp *nat = open_at("198.51.100.7:4000"), *thief = open_at("203.0.113.6:4000");

    media_join(tdm, rtp, MEDIA_BOTH);
    send_some(nat, 7, 1, 2);
    ck_assert_uint_eq(rig_count(MEDIA_RTP_STARTED), 0);
    send_some(nat, 7, 3, 1);
    ck_assert_uint_eq(rig_count(MEDIA_RTP_STARTED), 1);
    ck_assert_uint_eq(stats_of(rtp).foreign, 2);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 1);
    rig_run(40);
    received(nat);
    unsigned before = rig->nheard;
    rig_run(100);
    ck_assert_uint_eq(received(nat), 5); /* answered where it came from */
    ck_assert_uint_eq(rig->nheard, before);
    send_some(thief, 9, 1, 10);
    send_some(rig->peer, 9, 1, 10); /* locked: even the signalled address is another */
    ck_assert_uint_eq(stats_of(rtp).foreign, 22);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 1);
    media_rtp_set(rtp, &r); /* the same far end again: the latch stays */
    send_some(nat, 7, 4, 5);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 6);
    rt_udp_close(nat);
    rt_udp_close(thief);
}
END_TEST

START_TEST(the_signalled_address_locks_with_its_first_packet)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);
    struct rt_udp *thief = open_at("203.0.113.6:4000");

    send_some(rig->peer, 1, 1, 1);
    send_some(thief, 9, 1, 10);
    ck_assert_uint_eq(stats_of(rtp).foreign, 10);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 1);
    r.remote = rig_addr("203.0.113.6:4000"); /* signalling says so */
    media_rtp_set(rtp, &r);
    send_some(thief, 9, 11, 3);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 4);
    rt_udp_close(thief);
}
END_TEST

START_TEST(packets_that_do_not_follow_each_other_do_not_latch)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);
    struct rt_udp *a = open_at("198.51.100.7:4000"), *b = open_at("203.0.113.6:4000");

    for (uint16_t i = 0; i < 6; i++) {
        send_some(a, 7, i, 1);
        send_some(b, 8, i, 1);
    }
    for (uint16_t i = 0; i < 12; i += 2)
        send_some(a, 7, (uint16_t)(100 + i), 1);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 0);
    ck_assert_uint_eq(stats_of(rtp).foreign, 18);
    rt_udp_close(a);
    rt_udp_close(b);
}
END_TEST

START_TEST(nothing_is_accepted_before_the_answer)
{
    struct media_port *rtp = rig_rtp(NULL);

    send_some(rig->peer, 1, 1, 5);
    ck_assert_uint_eq(stats_of(rtp).foreign, 5);
    ck_assert_uint_eq(rig->nevents, 0);
}
END_TEST

START_TEST(what_is_no_rtp_is_counted)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);

    rt_udp_send(rig->peer, "x", 1, media_rtp_local(rtp));
    rt_udp_send(rig->peer, "\x40xxxxxxxxxxx", 12, media_rtp_local(rtp)); /* version 1 */
    rig_run(50);
    ck_assert_uint_eq(stats_of(rtp).malformed, 2);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 0);
}
END_TEST

START_TEST(payload_types_not_agreed_are_counted_and_not_heard)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    media_join(tdm, rtp, MEDIA_BOTH);
    for (uint16_t i = 0; i < 10; i++) {
        rig_send(rig->peer, 13, false, i, 1000u + 160u * i, 1, "\x40", 1); /* comfort noise */
        rig_run(20);
    }
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 10);
    ck_assert_uint_eq(rig_others(5, 0, 0xd5), 0);
}
END_TEST

START_TEST(silence_of_the_peer_is_told_once)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    rig_rtp(&r);

    rig_run(9900);
    ck_assert_uint_eq(rig_count(MEDIA_RTP_SILENT), 0);
    rig_run(200);
    ck_assert_uint_eq(rig_count(MEDIA_RTP_SILENT), 1);
    rig_run(15000);
    ck_assert_uint_eq(rig_count(MEDIA_RTP_SILENT), 1);
    send_some(rig->peer, 1, 1, 1);
    rig_run(10100);
    ck_assert_uint_eq(rig_count(MEDIA_RTP_SILENT), 2);
}
END_TEST

/* ---- loss ---- */

static unsigned npackets;

/** Loses the third packet of ten that go to the gateway, doubles the fifth, and the seventh comes
 * after the eighth. */
static unsigned bad_network(void *arg, const union rt_addr *from, const union rt_addr *to,
                            const void *buf, size_t len, rt_time *delay)
{
    (void)arg;
    (void)buf;
    (void)len;
    if (rt_addr_port(from) != 7000 || rt_addr_port(to) < 20000)
        return 1;
    unsigned n = npackets++ % 10;
    if (n == 6)
        *delay = 25 * RT_MS;
    return n == 2 ? 0 : n == 4 ? 2 : 1;
}

/** 400 Hz, -10 dBm0 or so. */
static uint8_t hum(unsigned at)
{
    int16_t pcm = (int16_t)lrint(7000 * sin(2 * M_PI * at / 20));
    uint8_t octet;

    g711_compress(&octet, &pcm, 1, G711_A);
    return octet;
}

START_TEST(what_the_network_does_is_counted_and_concealed)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    npackets = 0;
    fake_net_hook(bad_network, NULL);
    media_join(tdm, rtp, MEDIA_BOTH);
    rig->voice = hum;
    rig->talks = true;
    rig_run(2000);
    struct media_stats s = stats_of(rtp);
    ck_assert_uint_eq(s.lost, 10);
    ck_assert_uint_eq(s.duplicate, 10);
    ck_assert_uint_eq(s.reordered, 10);
    ck_assert_uint_eq(s.rx_packets, 100); /* duplicates included */
    /* at least the lost ones were made up; late ones before the buffer grew */
    ck_assert_uint_ge(s.concealed, 10 * 160);
    ck_assert_uint_le(s.concealed, 13 * 160);
    ck_assert_uint_le(s.late, 2);
    ck_assert_uint_ge(s.playout_ms, 20);
    /* a hum stays a hum: no hole of 5 ms anywhere */
    int16_t pcm[8000];
    g711_expand(pcm, &rig->out[5][8000], 8000, G711_A);
    for (unsigned i = 0; i + 40 < 8000; i++) {
        int peak = 0;
        for (unsigned k = 0; k < 40; k++)
            peak = abs(pcm[i + k]) > peak ? abs(pcm[i + k]) : peak;
        ck_assert_int_gt(peak, 3000);
    }
}
END_TEST

START_TEST(closing_reports_the_final_counters)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    rig->talks = true;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(1000);
    rig->talks = false;
    media_close(rtp);
    media_close(tdm);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 0);
    rig_run(10);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 2);
    const struct media_event *ev = &rig->events[rig->nevents - 2].ev;
    ck_assert_ptr_eq(rig->events[rig->nevents - 2].port, rtp);
    ck_assert_uint_eq(ev->stats.rx_packets, 50);
    ck_assert_uint_eq(ev->stats.rx_octets, 8000);
    ck_assert_uint_eq(ev->stats.tx_packets, rig->nheard);
    ck_assert_uint_eq(ev->stats.tx_octets, rig->nheard * 160);
}
END_TEST

START_TEST(the_next_source_starts_anew)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    media_join(tdm, rtp, MEDIA_BOTH);
    send_some(rig->peer, 1, 100, 5);
    send_some(rig->peer, 1, 106, 5); /* one lost */
    send_some(rig->peer, 2, 30000, 5);
    send_some(rig->peer, 2, 30007, 5); /* two lost */
    ck_assert_uint_eq(stats_of(rtp).lost, 3);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 20);
}
END_TEST

START_TEST(a_null_address_lets_nobody_in)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);
    struct rt_udp *thief = open_at("203.0.113.6:4000");

    send_some(rig->peer, 1, 1, 1);
    r.remote = rig_addr("0.0.0.0:7000"); /* held the old way */
    r.send = false;
    media_rtp_set(rtp, &r);
    send_some(thief, 9, 1, 10);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 1);
    ck_assert_uint_eq(stats_of(rtp).foreign, 10);
    r = rig_agreed(CODEC_PCMA);
    media_rtp_set(rtp, &r);
    send_some(rig->peer, 1, 2, 3);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 4);
    rt_udp_close(thief);
}
END_TEST

/* RFC 3550 8.2: on a collision BYE and another identifier; a loop changes it no second time. */
START_TEST(a_collision_of_identifiers_changes_ours_once)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(100);
    uint32_t before = rig->heard[rig->nheard - 1].head.ssrc;
    send_some(rig->peer, before, 1, 3);
    uint32_t after = rig->heard[rig->nheard - 1].head.ssrc;
    ck_assert_uint_ne(after, before);
    uint8_t buf[300];
    size_t len = 0;
    struct rtcp_news news = {.bye = false};
    ck_assert_int_eq(rt_udp_recv(rig->peer_rtcp, buf, sizeof buf, &len, NULL), 0);
    ck_assert_int_eq(rtcp_read(&news, buf, len, 1), 0);
    ck_assert(news.bye);
    send_some(rig->peer, after, 100, 3); /* an echo: everything comes back */
    ck_assert_uint_eq(rig->heard[rig->nheard - 1].head.ssrc, after);
}
END_TEST

/* ---- RTCP ---- */

/** The last compound packet that reached the peer's RTCP port; returns how many did. */
static unsigned rtcp_heard(uint8_t buf[RTCP_MAX], size_t *len)
{
    uint8_t next[RTCP_MAX];
    size_t n;
    unsigned count = 0;

    while (rt_udp_recv(rig->peer_rtcp, next, sizeof next, &n, NULL) == 0) {
        memcpy(buf, next, n);
        *len = n;
        count++;
    }
    return count;
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

START_TEST(sender_reports_say_what_was_sent_and_heard)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    uint8_t buf[RTCP_MAX];
    size_t len = 0;
    struct rtcp_news news;

    npackets = 0;
    fake_net_hook(bad_network, NULL);
    media_join(tdm, rtp, MEDIA_BOTH);
    rig->talks = true;
    for (unsigned i = 0; i < 60 && rtcp_heard(buf, &len) == 0; i++)
        rig_run(100);
    ck_assert_uint_gt(len, 0);
    ck_assert_int_eq(rtcp_read(&news, buf, len, rig->ssrc), 0);
    ck_assert(news.have_sr && news.have_block && !news.bye);
    ck_assert_uint_eq(buf[1], 200);
    ck_assert_uint_eq(be32(buf + 4), rig->heard[0].head.ssrc);
    /* counters as they were up to 100 ms ago */
    ck_assert_uint_le(be32(buf + 20), rig->nheard);
    ck_assert_uint_ge(be32(buf + 20) + 6, rig->nheard);
    ck_assert_uint_eq(be32(buf + 24), 160 * be32(buf + 20));
    uint32_t behind = rig->heard[rig->nheard - 1].head.ts - be32(buf + 16);
    ck_assert_int_le(abs((int32_t)behind), 100 * 8 + 160);
    /* a tenth is lost */
    ck_assert_uint_ge(news.lost * 10 + 10, be32(buf + 20));
    /* 5 s on average, 0.5 to 1.5 times that over 1.21828: 2.05 to 6.16 s */
    unsigned reports = 0;
    rig->talks = false;
    rig->nheard = 0;
    for (unsigned i = 0; i < 30; i++) {
        rig_run(1000);
        rig->nheard = 0;
        reports += rtcp_heard(buf, &len);
    }
    ck_assert_uint_ge(reports, 4);
    ck_assert_uint_le(reports, 15);
    media_close(rtp);
    rig_run(10);
    ck_assert_uint_eq(rtcp_heard(buf, &len), 1);
    ck_assert_int_eq(rtcp_read(&news, buf, len, rig->ssrc), 0);
    ck_assert(news.bye);
}
END_TEST

START_TEST(a_report_of_the_far_end_gives_the_round_trip)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    uint8_t buf[RTCP_MAX];
    size_t len = 0;
    struct rtcp_news news;

    media_join(tdm, rtp, MEDIA_BOTH);
    while (rtcp_heard(buf, &len) == 0) /* half an interval, at most 3.1 s */
        rig_run(1);
    ck_assert_int_eq(rtcp_read(&news, buf, len, 1), 0);
    rig_run(250); /* 200 ms of them at the far end, 50 under way */
    struct rtp_source us = {.valid = true, .ssrc = rig->heard[0].head.ssrc, .received = 1};
    us.highest = us.base + 9; /* ten expected, one came */
    us.jitter16 = 24 * 16;    /* 3 ms */
    struct rtcp_report report = {.ssrc = 5,
                                 .source = &us,
                                 .wall = rt_wall(),
                                 .last_sr = news.sr_middle,
                                 .since_sr = 65536 / 5,
                                 .cname = "far"};
    union rt_addr to = *media_rtp_local(rtp);
    rt_addr_set_port(&to, (uint16_t)(rt_addr_port(&to) + 1));
    len = rtcp_write(buf, &report);
    rt_udp_send(rig->peer_rtcp, buf, len, &to);
    rig_run(100);
    struct media_stats s = stats_of(rtp);
    ck_assert_uint_eq(s.remote_lost, 9);
    ck_assert_uint_eq(s.remote_jitter_us, 3000);
    ck_assert_uint_ge(s.rtt_us, 50000 - 100);
    ck_assert_uint_le(s.rtt_us, 50000 + 51000); /* it waits for the poll up to 50 ms */
    uint64_t bad = rt_counted(&media_counters[MEDIA_RTCP_MALFORMED]);
    rt_udp_send(rig->peer_rtcp, "junk", 4, &to);
    rig_run(100);
    ck_assert_uint_eq(rt_counted(&media_counters[MEDIA_RTCP_MALFORMED]), bad + 1);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_add_test(tc, three_packets_in_a_row_latch_and_then_all_others_are_foreign);
    tcase_add_test(tc, the_signalled_address_locks_with_its_first_packet);
    tcase_add_test(tc, packets_that_do_not_follow_each_other_do_not_latch);
    tcase_add_test(tc, nothing_is_accepted_before_the_answer);
    tcase_add_test(tc, what_is_no_rtp_is_counted);
    tcase_add_test(tc, payload_types_not_agreed_are_counted_and_not_heard);
    tcase_add_test(tc, silence_of_the_peer_is_told_once);
    tcase_add_test(tc, what_the_network_does_is_counted_and_concealed);
    tcase_add_test(tc, closing_reports_the_final_counters);
    tcase_add_test(tc, the_next_source_starts_anew);
    tcase_add_test(tc, a_null_address_lets_nobody_in);
    tcase_add_test(tc, a_collision_of_identifiers_changes_ours_once);
    tcase_add_test(tc, sender_reports_say_what_was_sent_and_heard);
    tcase_add_test(tc, a_report_of_the_far_end_gives_the_round_trip);
}

int main(void)
{
    return rig_main("media rtp", add);
}
