/* Two RTP ports with one codec: packets pass as they are, with numbers of ours. */
#include "test/unit/media_rig.h"

#include <errno.h>

static struct media_port *to_peer, *from_away;
static struct rt_udp *away;
static uint16_t away_seq;
static uint32_t away_ts;

static struct media_rtp agreed(enum codec_id codec, uint8_t payload)
{
    struct media_rtp r = rig_agreed(codec);

    memset(r.payload, 255, sizeof r.payload);
    r.payload[codec] = payload;
    return r;
}

static void setup(void)
{
    union rt_addr a = rig_addr("192.0.2.9:7010");

    rig_setup();
    ck_assert_int_eq(rt_udp_open(&away, rig->loop, &a, NULL, NULL), 0);
    away_seq = 500;
    away_ts = 90000;
}

static void teardown(void)
{
    rt_udp_close(away);
    rig_teardown();
}

/** Joins two ports of one codec whose payload types differ: 111 towards the rig's peer, 112 the
 * other way. */
static void join(enum codec_id codec)
{
    struct media_rtp near = agreed(codec, 111), far = agreed(codec, 112);

    near.event_payload = 101;
    far.event_payload = 96;
    far.remote = rig_addr("192.0.2.9:7010");
    to_peer = rig_rtp(&near);
    from_away = rig_rtp(&far); /* rig->to: what is sent goes here */
    ck_assert_int_eq(media_join(to_peer, from_away, MEDIA_BOTH), 0);
    rig_run(20);
}

static void say(uint8_t pt, bool marker, const char *payload)
{
    rig_send(away, pt, marker, away_seq++, away_ts, 0x77, payload, strlen(payload));
    away_ts += 960;
    rig_run(20);
}

START_TEST(packets_pass_as_they_are)
{
    join(CODEC_OPUS);
    say(112, true, "first");
    away_seq++; /* lost */
    away_ts += 960;
    say(112, false, "third");
    say(112, false, "fourth");
    ck_assert_uint_eq(rig->nheard, 3);
    static const char *const texts[] = {"first", "third", "fourth"};
    for (unsigned i = 0; i < 3; i++) {
        const struct rtp_packet *pk = &rig->heard[i].head, *first = &rig->heard[0].head;
        unsigned step = i == 0 ? 0 : i + 1; /* the gap stays a gap */
        ck_assert_uint_eq(pk->payload_type, 111);
        ck_assert_uint_eq(pk->len, strlen(texts[i]));
        ck_assert_mem_eq(pk->payload, texts[i], pk->len);
        ck_assert_uint_eq(pk->ssrc, first->ssrc);
        ck_assert_uint_ne(pk->ssrc, 0x77);
        ck_assert_uint_eq(pk->seq, (uint16_t)(first->seq + step));
        ck_assert_uint_eq(pk->ts, first->ts + 960 * step);
        ck_assert_int_eq(pk->marker, i == 0);
    }
    struct media_stats in, out;
    media_port_stats(from_away, &in);
    media_port_stats(to_peer, &out);
    ck_assert_uint_eq(in.rx_packets, 3);
    ck_assert_uint_eq(in.lost, 1);
    ck_assert_uint_eq(out.tx_packets, 3);
    ck_assert_uint_eq(in.concealed, 0);
}
END_TEST

START_TEST(a_packet_waits_for_one_look_at_most)
{
    join(CODEC_G722);
    rt_time sent = rt_now();
    rig_send(away, 112, true, 1, 1, 0x77, "x", 1);
    rig_run(20);
    ck_assert_uint_eq(rig->nheard, 1);
    ck_assert_int_le(rig->heard[0].when - sent, 10 * RT_MS);
}
END_TEST

START_TEST(digits_pass_and_are_told)
{
    join(CODEC_OPUS);
    say(112, true, "voice");
    rig_send(away, 96, true, away_seq++, away_ts, 0x77, "\x05\x0a\x03\x20", 4);
    rig_run(20);
    rig_send(away, 96, false, away_seq++, away_ts, 0x77, "\x05\x8a\x03\x20", 4);
    rig_run(300);
    ck_assert_uint_eq(rig->nheard, 3);
    ck_assert_uint_eq(rig->heard[1].head.payload_type, 101);
    ck_assert_mem_eq(rig->heard[2].payload, "\x05\x8a\x03\x20", 4);
    ck_assert_uint_eq(rig_count(MEDIA_DTMF), 1);
}
END_TEST

START_TEST(a_tone_of_ours_goes_before_it_and_the_numbers_go_on)
{
    join(CODEC_PCMU);
    say(112, true, "one");
    media_tone(to_peer, tone_country("us", TONE_DIAL));
    rig_run(1);
    say(112, false, "two");
    say(112, false, "three");
    unsigned n = rig->nheard;
    ck_assert_uint_ge(n, 2);
    ck_assert_uint_eq(rig->heard[1].head.len, 160); /* the tone */
    media_tone(to_peer, NULL);
    rig_run(20);
    say(112, false, "four");
    const struct rtp_packet *last = &rig->heard[rig->nheard - 1].head;
    ck_assert_uint_eq(last->len, 4);
    ck_assert_uint_eq(last->seq, (uint16_t)(rig->heard[rig->nheard - 2].head.seq + 1));
    ck_assert(last->marker);
}
END_TEST

START_TEST(another_source_goes_on_where_the_first_was)
{
    join(CODEC_OPUS);
    say(112, true, "one");
    rig_send(away, 112, false, 9000, 5, 0x88, "two", 3);
    rig_run(20);
    rig_send(away, 112, false, 9001, 965, 0x88, "three", 5);
    rig_run(20);
    const struct rtp_packet *a = &rig->heard[0].head, *b = &rig->heard[rig->nheard - 1].head;
    ck_assert_uint_eq(b->ssrc, a->ssrc);
    ck_assert_uint_eq(b->seq, (uint16_t)(a->seq + rig->nheard - 1));
    ck_assert_uint_lt(b->ts - a->ts, 48000);
}
END_TEST

START_TEST(different_codecs_are_translated)
{
    struct media_rtp near = agreed(CODEC_PCMA, 8), far = agreed(CODEC_PCMU, 0);
    uint8_t payload[160];

    far.remote = rig_addr("192.0.2.9:7010");
    to_peer = rig_rtp(&near);
    from_away = rig_rtp(&far);
    ck_assert_int_eq(media_join(to_peer, from_away, MEDIA_BOTH), 0);
    memset(payload, 0x7f, sizeof payload);
    for (unsigned i = 0; i < 20; i++) {
        rig_send(away, 0, i == 0, away_seq++, away_ts, 0x77, payload, sizeof payload);
        away_ts += 160;
        rig_run(20);
    }
    ck_assert_uint_ge(rig->nheard, 10);
    ck_assert_uint_eq(rig->heard[5].head.payload_type, 8);
}
END_TEST

/* RFC 3550 A.1: two in a row after a jump are a source that began anew. */
START_TEST(a_source_that_begins_anew_goes_on_where_it_was)
{
    join(CODEC_OPUS);
    say(112, true, "one");
    say(112, false, "two");
    away_seq = 40000;
    away_ts = 7;
    say(112, false, "stray");
    say(112, false, "three");
    say(112, false, "four");
    ck_assert_uint_eq(rig->nheard, 4);
    for (unsigned i = 1; i < 4; i++) {
        const struct rtp_packet *a = &rig->heard[i - 1].head, *b = &rig->heard[i].head;
        ck_assert_uint_eq(b->seq, (uint16_t)(a->seq + 1));
        ck_assert_uint_lt(b->ts - a->ts, 48000);
    }
}
END_TEST

START_TEST(what_we_say_comes_after_what_passed)
{
    join(CODEC_PCMU);
    say(112, true, "one");
    away_ts += 8000; /* its clock is fast: a second, by and by */
    say(112, false, "two");
    media_tone(to_peer, tone_country("us", TONE_DIAL));
    rig_run(100);
    ck_assert_uint_ge(rig->nheard, 4);
    for (unsigned i = 1; i < rig->nheard; i++)
        ck_assert_int_gt((int32_t)(rig->heard[i].head.ts - rig->heard[i - 1].head.ts), 0);
}
END_TEST

/** Silence described to who takes no description would be packets lost. */
START_TEST(comfort_noise_passes_only_to_who_takes_it)
{
    struct media_rtp near = agreed(CODEC_PCMU, 0), far = agreed(CODEC_PCMU, 0);
    uint8_t payload[160];

    far.remote = rig_addr("192.0.2.9:7010");
    far.noise_payload = 13;
    near.noise_payload = _i == 0 ? 0 : 13;
    to_peer = rig_rtp(&near);
    from_away = rig_rtp(&far);
    ck_assert_int_eq(media_join(to_peer, from_away, MEDIA_BOTH), 0);
    memset(payload, 0x7f, sizeof payload);
    for (unsigned i = 0; i < 20; i++) {
        bool noise = i >= 10;
        if (i <= 10)
            rig_send(away, noise ? 13 : 0, false, away_seq++, away_ts, 0x77,
                     noise ? (const uint8_t[]){40} : payload, noise ? 1 : sizeof payload);
        away_ts += 160;
        rig_run(20);
    }
    ck_assert_uint_ge(rig->nheard, _i == 0 ? 17 : 11);
    ck_assert_uint_le(rig->nheard, _i == 0 ? 20 : 11);
    ck_assert_uint_eq(rig->heard[rig->nheard - 1].head.payload_type, _i == 0 ? 0 : 13);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, packets_pass_as_they_are);
    tcase_add_test(tc, a_packet_waits_for_one_look_at_most);
    tcase_add_test(tc, digits_pass_and_are_told);
    tcase_add_test(tc, a_tone_of_ours_goes_before_it_and_the_numbers_go_on);
    tcase_add_test(tc, another_source_goes_on_where_the_first_was);
    tcase_add_test(tc, different_codecs_are_translated);
    tcase_add_test(tc, a_source_that_begins_anew_goes_on_where_it_was);
    tcase_add_test(tc, what_we_say_comes_after_what_passed);
    tcase_add_loop_test(tc, comfort_noise_passes_only_to_who_takes_it, 0, 2);
}

int main(void)
{
    return rig_main("media relay", add);
}
