/* The media engine: ports opened, joined, heard, parted and closed, and what passes between a
 * timeslot and an RTP stream. The line is A-law, as on an E1.
 */
#include "test/unit/media_rig.h"

#include <errno.h>

/** A sequence in which no value tells another: any misplaced octet shows. */
static uint8_t pattern(unsigned at)
{
    return (uint8_t)(at * 167u + at / 256 * 31u);
}

static uint8_t line_pattern(unsigned ts, unsigned at)
{
    (void)ts;
    return pattern(at);
}

/** Where the pattern that `got` shows began, or -1 when it is not the pattern in order. */
static int pattern_offset(const uint8_t *got, unsigned n)
{
    for (unsigned start = 0; start < 16000; start++) {
        unsigned i = 0;
        while (i < n && got[i] == pattern(start + i))
            i++;
        if (i == n)
            return (int)start;
    }
    return -1;
}

/* ---- through ---- */

START_TEST(line_octets_reach_the_peer_unchanged)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    rig->line = line_pattern;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(500);
    ck_assert_uint_ge(rig->nheard, 23);
    /* the first block is cut short by the timeslot's phase: the pattern begins inside it */
    int start = pattern_offset(rig->heard[1].payload, 160) - 160;
    ck_assert_int_ge(start, -80);
    ck_assert(rig->heard[0].head.marker);
    for (unsigned i = 0; i < rig->nheard; i++) {
        const struct rtp_packet *pk = &rig->heard[i].head, *first = &rig->heard[0].head;
        ck_assert_uint_eq(pk->payload_type, 8);
        ck_assert_uint_eq(pk->len, 160);
        ck_assert_uint_eq(pk->seq, (uint16_t)(first->seq + i));
        ck_assert_uint_eq(pk->ts, (uint32_t)(first->ts + 160 * i));
        ck_assert_uint_eq(pk->ssrc, first->ssrc);
        ck_assert(i == 0 || !pk->marker);
        for (int k = 0, at = start + 160 * (int)i; k < 160; k++, at++)
            ck_assert_uint_eq(pk->payload[k], at < 0 ? 0xd5 : pattern((unsigned)at));
    }
}
END_TEST

START_TEST(the_peers_octets_reach_the_line_unchanged)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    struct media_stats s;

    rig->voice = pattern;
    rig->talks = true;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(1000);
    /* the first sounds within 60 ms: a packet, the jitter buffer's 20 ms, two blocks */
    int start = pattern_offset(&rig->out[5][8 * 60], 400);
    ck_assert_int_ge(start, 0);
    for (unsigned i = 8 * 60; i < rig->at; i++)
        ck_assert_uint_eq(rig->out[5][i], pattern((unsigned)start + i - 8 * 60));
    media_port_stats(rtp, &s);
    ck_assert_uint_eq(s.rx_packets, 50);
    ck_assert_uint_eq(s.rx_octets, 50 * 160);
    ck_assert_uint_eq(s.lost + s.late + s.concealed + s.malformed + s.foreign, 0);
    ck_assert_uint_eq(rig_count(MEDIA_RTP_STARTED), 1);
}
END_TEST

START_TEST(laws_are_converted_when_they_differ)
{
    struct media_rtp r = rig_agreed(CODEC_PCMU);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    rig->pt = 0;
    rig->talks = true;
    rig->voice = pattern;
    rig->line = line_pattern;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(300);
    uint8_t wanted[160], got[400], back[400];
    bool found = false;
    for (unsigned start = 0; start < 2000 && !found; start++) {
        for (unsigned i = 0; i < 160; i++)
            wanted[i] = pattern(start + i);
        g711_convert(wanted, wanted, 160, G711_A, G711_MU);
        found = memcmp(wanted, rig->heard[1].payload, 160) == 0;
    }
    ck_assert(found);
    ck_assert_uint_eq(rig->heard[0].head.payload_type, 0);
    found = false;
    memcpy(got, &rig->out[5][8 * 100], 400);
    for (unsigned start = 0; start < 2000 && !found; start++) {
        for (unsigned i = 0; i < 400; i++)
            back[i] = pattern(start + i);
        g711_convert(back, back, 400, G711_MU, G711_A);
        found = memcmp(back, got, 400) == 0;
    }
    ck_assert(found);
}
END_TEST

START_TEST(what_comes_is_known_by_its_payload_type)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    rig->pt = 0; /* it sends mu-law although we send A-law: both were agreed */
    rig->voice = NULL;
    rig->talks = true;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(200);
    uint8_t a;
    g711_convert(&a, &(uint8_t){0xd5}, 1, G711_MU, G711_A);
    ck_assert_uint_eq(rig_others(5, 8 * 100, a), 0);
}
END_TEST

START_TEST(two_timeslots_hear_each_other)
{
    struct media_port *a = rig_tdm(3), *b = rig_tdm(17);

    rig->line = line_pattern;
    media_join(a, b, MEDIA_BOTH);
    rig_run(1000);
    for (unsigned ts = 3; ts <= 17; ts += 14) {
        int start = pattern_offset(&rig->out[ts][800], 400);
        ck_assert_int_ge(start, 0);
        ck_assert_int_le(800 - start, 8 * 30); /* delay */
        for (unsigned i = 800; i < rig->at; i++)
            ck_assert_uint_eq(rig->out[ts][i], pattern((unsigned)start + i - 800));
    }
    media_part(a);
    unsigned from = rig->at + 80;
    rig_run(100);
    ck_assert_uint_eq(rig_others(3, from, 0xd5) + rig_others(17, from, 0xd5), 0);
}
END_TEST

START_TEST(two_rtp_ports_hear_each_other)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA), away = r;
    away.remote = rig_addr("192.0.2.9:7010");
    away.codec = CODEC_PCMU;
    struct media_port *a = rig_rtp(&away), *b = rig_rtp(&r);
    struct rt_udp *other;

    ck_assert_int_eq(rt_udp_open(&other, rig->loop, &away.remote, NULL, NULL), 0);
    rig->voice = pattern;
    rig->talks = true;
    media_join(a, b, MEDIA_BOTH);
    rig_run(500);
    uint8_t buf[300], wanted[160];
    size_t len;
    struct rtp_packet pk;
    unsigned n = 0;
    while (rt_udp_recv(other, buf, sizeof buf, &len, NULL) == 0) {
        ck_assert_int_eq(rtp_read(&pk, buf, len), 0);
        ck_assert_uint_eq(pk.payload_type, 0);
        n++;
    }
    ck_assert_uint_ge(n, 21);
    bool found = false;
    for (unsigned start = 0; start < 4000 && !found; start++) {
        for (unsigned i = 0; i < 160; i++)
            wanted[i] = pattern(start + i);
        g711_convert(wanted, wanted, 160, G711_A, G711_MU);
        found = memcmp(wanted, pk.payload, 160) == 0;
    }
    ck_assert(found);
    ck_assert_uint_eq(rig->nheard, 0); /* the other one never spoke */
    rt_udp_close(other);
}
END_TEST

/* ---- flow ---- */

START_TEST(sound_passes_only_as_the_flow_allows)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    rig->line = line_pattern;
    rig->voice = pattern;
    rig->talks = true;
    media_join(tdm, rtp, MEDIA_FLOW_NONE);
    rig_run(200);
    ck_assert_uint_eq(rig->nheard, 0);
    ck_assert_uint_eq(rig_others(5, 0, 0xd5), 0);
    media_join(tdm, rtp, MEDIA_A_TO_B);
    rig_run(200);
    ck_assert_uint_ge(rig->nheard, 9);
    ck_assert_uint_eq(rig_others(5, 0, 0xd5), 0);
    media_join(tdm, rtp, MEDIA_B_TO_A);
    rig_run(10);
    unsigned heard = rig->nheard;
    rig_run(200);
    ck_assert_uint_eq(rig->nheard, heard);
    ck_assert_int_ge(pattern_offset(&rig->out[5][rig->at - 400], 400), 0);
}
END_TEST

START_TEST(hold_stops_sending_and_the_timestamp_goes_on)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA), held = r;
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    held.send = false;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(400);
    media_rtp_set(rtp, &held);
    rig_run(20);
    unsigned before = rig->nheard;
    rig_run(1000);
    ck_assert_uint_eq(rig->nheard, before);
    media_rtp_set(rtp, &r);
    rig_run(100);
    ck_assert_uint_gt(rig->nheard, before);
    const struct rtp_packet *last = &rig->heard[before - 1].head, *next = &rig->heard[before].head;
    ck_assert(next->marker);
    ck_assert(!rig->heard[before + 1].head.marker);
    ck_assert_uint_eq(next->seq, (uint16_t)(last->seq + 1));
    rt_time gap = rig->heard[before].when - rig->heard[before - 1].when;
    ck_assert_int_eq((int64_t)(next->ts - last->ts) * 125, gap);
}
END_TEST

START_TEST(a_peer_on_hold_is_not_heard)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    rig->voice = pattern;
    rig->talks = true;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(200);
    r.receive = false;
    media_rtp_set(rtp, &r);
    rig_run(20);
    unsigned from = rig->at;
    rig_run(200);
    ck_assert_uint_eq(rig_others(5, from, 0xd5), 0);
    struct media_stats s;
    media_port_stats(rtp, &s);
    ck_assert_uint_eq(s.rx_packets, 21);
    ck_assert_uint_eq(s.concealed, 0);
}
END_TEST

START_TEST(packet_time_is_as_agreed)
{
    static const struct {
        unsigned asked, octets;
    } cases[] = {{0, 160}, {10, 80}, {30, 240}, {60, 480}, {25, 160}, {5, 80}, {100, 480}};

    for (unsigned i = 0; i < RT_COUNT(cases); i++) {
        struct media_rtp r = rig_agreed(CODEC_PCMA);
        r.ptime = cases[i].asked;
        struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
        rig->nheard = 0;
        media_join(tdm, rtp, MEDIA_BOTH);
        rig_run(300);
        ck_assert_uint_gt(rig->nheard, 3);
        for (unsigned k = 0; k < rig->nheard; k++)
            ck_assert_uint_eq(rig->heard[k].head.len, cases[i].octets);
        media_close(tdm);
        media_close(rtp);
        rig_run(20);
    }
}
END_TEST

/* ---- tones ---- */

START_TEST(a_tone_replaces_the_peer_until_it_is_stopped)
{
    /* 1 kHz: 8 samples a period, -3 dBm0 */
    static const struct tone_spec spec = {
        .step = {{.hz = {1000, 0}, .on = 0}}, .nsteps = 1, .dbm0 = -3};
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    rig->voice = pattern;
    rig->talks = true;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(100);
    media_tone(tdm, &spec);
    rig_run(20);
    unsigned from = rig->at;
    rig_run(100);
    int16_t pcm[800];
    int peak = 0;
    g711_expand(pcm, &rig->out[5][from], 800, G711_A);
    for (unsigned i = 0; i < 792; i++) {
        ck_assert_int_le(abs(pcm[i] - pcm[i + 8]),
                         1024); /* the period is kept, but for companding */
        peak = pcm[i] > peak ? pcm[i] : peak;
    }
    /* 22816 x 10^(-3/20) = 16153; A-law's steps are 1024 there */
    ck_assert_int_ge(peak, 15100);
    ck_assert_int_le(peak, 17200);
    media_tone(tdm, NULL);
    rig_run(100);
    ck_assert_int_ge(pattern_offset(&rig->out[5][rig->at - 400], 400), 0);
}
END_TEST

START_TEST(a_port_without_peer_sends_a_tone_and_then_nothing)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);

    rig_run(100);
    ck_assert_uint_eq(rig->nheard, 0);
    media_tone(rtp, tone_country("us", TONE_BUSY));
    rig_run(1000);
    ck_assert_uint_ge(rig->nheard, 48);
    media_tone(rtp, NULL);
    rig_run(20);
    unsigned n = rig->nheard;
    rig_run(200);
    ck_assert_uint_eq(rig->nheard, n);
}
END_TEST

/* ---- handles ---- */

START_TEST(a_timeslot_has_one_port_and_can_be_reopened_at_once)
{
    struct media_port *p = rig_tdm(5), *q;

    ck_assert_int_eq(media_tdm_open(&q, rig->bank, 5, rig_event, NULL), EBUSY);
    ck_assert_int_eq(media_tdm_open(&q, rig->bank, 32, rig_event, NULL), EINVAL);
    rig_run(10);
    media_close(p);
    ck_assert_int_eq(media_tdm_open(&q, rig->bank, 5, rig_event, &q), 0);
    ck_assert_uint_eq(rig->nevents, 0); /* never from inside the call */
    media_tone(q, tone_country("us", TONE_DIAL));
    rig_run(50);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 1);
    ck_assert_ptr_eq(rig->events[0].port, p);
    ck_assert_uint_gt(rig_others(5, rig->at - 80, 0xd5), 60);
}
END_TEST

START_TEST(closing_one_leaves_the_other_silent_and_whole)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r), *again;

    rig->line = line_pattern;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(200);
    media_close(tdm);
    rig_run(20);
    unsigned n = rig->nheard;
    rig_run(200);
    ck_assert_uint_eq(rig->nheard, n);
    again = rig_tdm(6);
    media_join(again, rtp, MEDIA_BOTH);
    rig_run(100);
    ck_assert_uint_gt(rig->nheard, n);
    ck_assert(rig->heard[n].head.marker);
}
END_TEST

START_TEST(a_flood_of_orders_loses_no_close)
{
    struct media_port *p = rig_tdm(5), *q;
    uint64_t dropped = rt_counted(&media_counters[MEDIA_ORDERS_DROPPED]);

    for (unsigned i = 0; i < 3000; i++)
        media_tone(p, NULL);
    ck_assert_uint_gt(rt_counted(&media_counters[MEDIA_ORDERS_DROPPED]), dropped);
    media_close(p);
    ck_assert_int_eq(media_tdm_open(&q, rig->bank, 5, rig_event, NULL), EBUSY);
    rig_run(50);
    ck_assert_uint_eq(rig_count(MEDIA_CLOSED), 1);
    rig_tdm(5);
}
END_TEST

static void small_range(void)
{
    rig_setup_ports(20001, 20006); /* 20002 and 20004 */
}

START_TEST(ports_run_out_and_come_back_after_a_rest)
{
    union rt_addr local = rig_addr("192.0.2.1:0");
    struct media_port *a = rig_rtp(NULL), *b = rig_rtp(NULL), *c;

    ck_assert_uint_eq(rt_addr_port(media_rtp_local(a)), 20002);
    ck_assert_uint_eq(rt_addr_port(media_rtp_local(b)), 20004);
    ck_assert_int_eq(media_rtp_open(&c, rig->m, 0, &local, rig_event, NULL), EADDRINUSE);
    ck_assert_uint_eq(rt_counted(&media_counters[MEDIA_PORTS_EXHAUSTED]), 1);
    media_close(a);
    rig_run(100);
    ck_assert_int_eq(media_rtp_open(&c, rig->m, 0, &local, rig_event, NULL), EADDRINUSE);
    rig_run(3000);
    ck_assert_int_eq(media_rtp_open(&c, rig->m, 0, &local, rig_event, NULL), 0);
    ck_assert_uint_eq(rt_addr_port(media_rtp_local(c)), 20002);
}
END_TEST

static int urgent(struct media_port **out)
{
    union rt_addr local = rig_addr("192.0.2.1:0");
    return media_rtp_open_urgent(out, rig->m, 0, &local, rig_event, NULL);
}

START_TEST(what_is_kept_is_for_urgent_ports_alone)
{
    union rt_addr local = rig_addr("192.0.2.1:0");
    struct media_port *a, *b;

    media_keep(rig->m, 1);
    rig_rtp(NULL);
    ck_assert_int_eq(media_rtp_open(&a, rig->m, 0, &local, rig_event, NULL), EADDRINUSE);
    ck_assert_uint_eq(rt_counted(&media_counters[MEDIA_PORTS_EXHAUSTED]), 1);
    ck_assert_uint_eq(rt_counted(&media_counters[MEDIA_PORTS_KEPT]), 0);
    ck_assert_int_eq(urgent(&a), 0);
    ck_assert_uint_eq(rt_addr_port(media_rtp_local(a)), 20004);
    ck_assert_uint_eq(rt_counted(&media_counters[MEDIA_PORTS_KEPT]), 1);
    ck_assert_int_eq(urgent(&b), EADDRINUSE);
    ck_assert_uint_eq(rt_counted(&media_counters[MEDIA_PORTS_EXHAUSTED]), 2);
}
END_TEST

START_TEST(an_urgent_port_leaves_what_is_kept_where_it_can)
{
    struct media_port *a;

    media_keep(rig->m, 1);
    ck_assert_int_eq(urgent(&a), 0);
    ck_assert_uint_eq(rt_counted(&media_counters[MEDIA_PORTS_KEPT]), 0);
}
END_TEST

START_TEST(an_urgent_port_does_not_wait_for_a_rest)
{
    struct media_port *a = rig_rtp(NULL), *b;

    rig_rtp(NULL);
    media_close(a);
    rig_run(100);
    ck_assert_int_eq(urgent(&b), 0);
    ck_assert_uint_eq(rt_addr_port(media_rtp_local(b)), 20002);
}
END_TEST

START_TEST(an_urgent_port_finds_nothing_where_other_programs_have_all)
{
    union rt_addr taken[] = {rig_addr("192.0.2.1:20002"), rig_addr("192.0.2.1:20005")};
    struct rt_udp *u[2];
    struct media_port *a;

    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(rt_udp_open(&u[i], rig->loop, &taken[i], NULL, NULL), 0);
    ck_assert_int_eq(urgent(&a), EADDRINUSE);
    rt_udp_close(u[1]);
    ck_assert_int_eq(urgent(&a), 0);
    ck_assert_uint_eq(rt_addr_port(media_rtp_local(a)), 20004);
    rt_udp_close(u[0]);
}
END_TEST

START_TEST(a_pair_another_program_uses_is_passed_over)
{
    union rt_addr taken = rig_addr("192.0.2.1:20003");
    struct rt_udp *u;

    ck_assert_int_eq(rt_udp_open(&u, rig->loop, &taken, NULL, NULL), 0);
    ck_assert_uint_eq(rt_addr_port(media_rtp_local(rig_rtp(NULL))), 20004);
    rt_udp_close(u);
}
END_TEST

START_TEST(a_bad_configuration_is_refused)
{
    struct media *m;

    ck_assert_int_eq(
        media_new(&m, rig->loop,
                  &(struct media_config){.threads = 0, .port_low = 20000, .port_high = 20010}),
        EINVAL);
    ck_assert_int_eq(
        media_new(&m, rig->loop,
                  &(struct media_config){.threads = 65, .port_low = 20000, .port_high = 20010}),
        EINVAL);
    ck_assert_int_eq(
        media_new(&m, rig->loop,
                  &(struct media_config){.threads = 1, .port_low = 20000, .port_high = 20000}),
        EINVAL);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_add_test(tc, line_octets_reach_the_peer_unchanged);
    tcase_add_test(tc, the_peers_octets_reach_the_line_unchanged);
    tcase_add_test(tc, laws_are_converted_when_they_differ);
    tcase_add_test(tc, what_comes_is_known_by_its_payload_type);
    tcase_add_test(tc, two_timeslots_hear_each_other);
    tcase_add_test(tc, two_rtp_ports_hear_each_other);
    tcase_add_test(tc, sound_passes_only_as_the_flow_allows);
    tcase_add_test(tc, hold_stops_sending_and_the_timestamp_goes_on);
    tcase_add_test(tc, a_peer_on_hold_is_not_heard);
    tcase_add_test(tc, packet_time_is_as_agreed);
    tcase_add_test(tc, a_tone_replaces_the_peer_until_it_is_stopped);
    tcase_add_test(tc, a_port_without_peer_sends_a_tone_and_then_nothing);
    tcase_add_test(tc, a_timeslot_has_one_port_and_can_be_reopened_at_once);
    tcase_add_test(tc, closing_one_leaves_the_other_silent_and_whole);
    tcase_add_test(tc, a_flood_of_orders_loses_no_close);
    tcase_add_test(tc, a_bad_configuration_is_refused);
}

static void add_small(TCase *tc)
{
    tcase_add_checked_fixture(tc, small_range, rig_teardown);
    tcase_add_test(tc, ports_run_out_and_come_back_after_a_rest);
    tcase_add_test(tc, what_is_kept_is_for_urgent_ports_alone);
    tcase_add_test(tc, an_urgent_port_leaves_what_is_kept_where_it_can);
    tcase_add_test(tc, an_urgent_port_does_not_wait_for_a_rest);
    tcase_add_test(tc, an_urgent_port_finds_nothing_where_other_programs_have_all);
    tcase_add_test(tc, a_pair_another_program_uses_is_passed_over);
}

int main(void)
{
    return rig_main("media", add) | rig_main("media ports", add_small);
}
