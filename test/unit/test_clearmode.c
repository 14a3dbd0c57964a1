/* Clear channels (RFC 4040) in the codec folder: descriptions, and octets that pass as they are. */
#include "codec/playout.h"
#include "codec/sdp.h"
#include "test/unit/media_rig.h"

#include <errno.h>

#define PT 97

/** What the far end or the line says as its octet number `at`: every value, in no order that a
 * converter could keep. */
static uint8_t octet(unsigned at)
{
    uint32_t x = (at + 1) * 2654435761u;

    x ^= x >> 15;
    x *= 2246822519u;
    return (uint8_t)(x >> 24);
}

static uint8_t line(unsigned ts, unsigned at)
{
    return octet(at + 100000 * ts);
}

static struct media_rtp agreed(void)
{
    struct media_rtp r = rig_agreed(CODEC_CLEARMODE);

    memset(r.payload, 255, sizeof r.payload);
    r.payload[CODEC_CLEARMODE] = PT;
    rig->pt = PT;
    return r;
}

static struct media_port *clear_tdm(unsigned ts)
{
    struct media_port *p = rig_tdm(ts);

    rig_clear(p);
    return p;
}

static struct media_stats stats_of(const struct media_port *p)
{
    struct media_stats s;
    media_port_stats(p, &s);
    return s;
}

/** Where in what line `ts` took the far end's first octets are; what is before them is 0xff. */
static unsigned begins(unsigned ts)
{
    unsigned at = 0;

    while (at < rig->at && rig->out[ts][at] == 0xff)
        at++;
    ck_assert_uint_lt(at, rig->at);
    return at;
}

/** Line `ts` took the far end's octets, from number `from` on, from position `at` on. Returns how
 * many; 0xff from the last one on is allowed when the far end has ceased. */
static unsigned follows(unsigned ts, unsigned at, unsigned from, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ck_assert_msg(rig->out[ts][at + i] == octet(from + i), "octet %u of line %u", i, ts);
    return n;
}

/* ---- descriptions ---- */

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define BOTH HEAD "m=audio 4000 RTP/AVP 8 98\r\na=rtpmap:98 clearmode/8000\r\n"

static struct sdp_audio ours(enum codec_id codec)
{
    struct sdp_audio a = {.addr = rig_addr("192.0.2.1:5000"),
                          .codec = {{.id = codec, .payload = codec_table[codec].payload}},
                          .ncodecs = 1,
                          .event_payload = -1,
                          .ptime = 20};
    return a;
}

/** RFC 4040 6: the rtpmap's clock rate is 8000. */
START_TEST(an_offer_of_a_clear_channel)
{
    struct sdp_audio a = ours(CODEC_CLEARMODE), back;
    struct sdp_origin o = {7, 8};
    struct rt_buf text = {0};

    sdp_write_offer(&text, &a, &o);
    ck_assert_str_eq(text.p, "v=0\r\no=- 7 8 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
                             "t=0 0\r\nm=audio 5000 RTP/AVP 97\r\na=rtpmap:97 CLEARMODE/8000\r\n"
                             "a=ptime:20\r\na=sendrecv\r\n");
    ck_assert_int_eq(sdp_parse(&back, rt_buf_str(&text)), 0);
    ck_assert_uint_eq(back.ncodecs, 1);
    ck_assert_int_eq(back.codec[0].id, CODEC_CLEARMODE);
    rt_buf_release(&text);
}
END_TEST

START_TEST(a_dynamic_payload_type_means_what_its_rtpmap_says)
{
    struct sdp_audio a;

    ck_assert_int_eq(sdp_parse(&a, rt_str(HEAD "m=audio 4000 RTP/AVP 97\r\n")), ENOTSUP);
    ck_assert_int_eq(
        sdp_parse(&a, rt_str(HEAD "m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n")),
        ENOTSUP);
    ck_assert_int_eq(sdp_parse(&a, rt_str(BOTH)), 0);
    ck_assert_int_eq(a.codec[1].id, CODEC_CLEARMODE);
    ck_assert_uint_eq(a.codec[1].payload, 98);
}
END_TEST

START_TEST(the_codecs_of_a_body_are_those_of_all_its_streams)
{
    ck_assert_uint_eq(sdp_codecs(rt_str(BOTH), SDP_SECURITY_OFF),
                      1u << CODEC_PCMA | 1u << CODEC_CLEARMODE);
    ck_assert_uint_eq(sdp_codecs(rt_str(HEAD "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 98\r\n"
                                             "a=rtpmap:98 CLEARMODE/8000\r\n"),
                                 SDP_SECURITY_OFF),
                      1u << CODEC_PCMU | 1u << CODEC_CLEARMODE);
    ck_assert_uint_eq(sdp_codecs(rt_str(HEAD "m=audio 4000 RTP/AVP 5\r\n"), SDP_SECURITY_OFF), 0);
    ck_assert_uint_eq(sdp_codecs(rt_str("v=0\r\nm=audio x\r\n"), SDP_SECURITY_OFF), 0);
    ck_assert_uint_eq(sdp_codecs(rt_str(""), SDP_SECURITY_OFF), 0);
}
END_TEST

START_TEST(an_answer_takes_sound_or_octets_and_never_both)
{
    struct sdp_audio a, data = ours(CODEC_CLEARMODE), sound = ours(CODEC_PCMA);
    struct sdp_origin o = {1, 1};
    struct rt_buf text = {0};

    ck_assert_int_eq(sdp_answer(&text, &a, rt_str(BOTH), &data, &o), 0);
    ck_assert_ptr_nonnull(strstr(text.p, "RTP/AVP 98\r\na=rtpmap:98 CLEARMODE/8000\r\n"));
    rt_buf_reset(&text);
    ck_assert_int_eq(sdp_answer(&text, &a, rt_str(BOTH), &sound, &o), 0);
    ck_assert_ptr_nonnull(strstr(text.p, "RTP/AVP 8\r\n"));
    ck_assert_int_eq(sdp_accept(&a, rt_str(HEAD "m=audio 4000 RTP/AVP 8\r\n"), &data), ENOTSUP);
    rt_buf_release(&text);
}
END_TEST

/* ---- octets ---- */

START_TEST(every_octet_passes_from_rtp_to_the_line)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = clear_tdm(5), *rtp = rig_rtp(&r);

    rig->voice = octet;
    rig->talks = true;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(10000);
    unsigned at = begins(5);
    ck_assert_uint_lt(at, 8 * 120);
    follows(5, at, 0, rig->at - at);
    ck_assert_uint_eq(stats_of(rtp).concealed, 0);
}
END_TEST

START_TEST(every_octet_passes_from_the_line_to_rtp)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = clear_tdm(5), *rtp = rig_rtp(&r);

    rig->line = line;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(10000);
    ck_assert_uint_gt(rig->nheard, 490);
    unsigned first = 0;
    while (first < 4000 && line(5, first) != rig->heard[1].payload[0])
        first++;
    for (; first < 4000; first++) { /* the first packet may hold what was there before */
        unsigned same = 0;
        while (same < 160 && rig->heard[1].payload[same] == line(5, first + same))
            same++;
        if (same == 160)
            break;
    }
    for (unsigned i = 1; i < rig->nheard; i++) {
        ck_assert_uint_eq(rig->heard[i].head.payload_type, PT);
        ck_assert_uint_eq(rig->heard[i].head.len, 160);
        for (unsigned k = 0; k < 160; k++)
            ck_assert_uint_eq(rig->heard[i].payload[k], line(5, first + 160 * (i - 1) + k));
    }
}
END_TEST

START_TEST(a_lost_packet_is_0xff_and_what_follows_is_in_its_place)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = clear_tdm(5), *rtp = rig_rtp(&r);
    uint64_t before = media_counters[MEDIA_CLEAR_FILLED].value;

    rig->voice = octet;
    media_join(tdm, rtp, MEDIA_BOTH);
    for (unsigned i = 0; i < 200; i++) {
        if (i % 20 == 10) { /* never sent */
            rig->seq++;
            rig->ts += 160;
            rig->talked += 160;
        } else {
            rig_talk();
        }
        rig_run(20);
    }
    unsigned at = begins(5);
    for (unsigned i = 0; i < 190; i++)
        for (unsigned k = 0; k < 160; k++)
            ck_assert_uint_eq(rig->out[5][at + 160 * i + k],
                              i % 20 == 10 ? 0xff : octet(160 * i + k));
    ck_assert_uint_eq(stats_of(rtp).concealed % 160, 0);
    ck_assert_uint_ge(stats_of(rtp).concealed, 9 * 160);
    ck_assert_uint_ge(media_counters[MEDIA_CLEAR_FILLED].value - before, 9 * 160);
}
END_TEST

/** Packets that are up to 50 ms on their way, and so overtake each other. */
START_TEST(jitter_and_reordering_change_nothing)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = clear_tdm(5), *rtp = rig_rtp(&r);
    uint8_t payload[160];

    media_join(tdm, rtp, MEDIA_BOTH);
    for (unsigned ms = 0; ms < 10000; ms++) {
        for (unsigned i = ms > 60 ? (ms - 60) / 20 : 0; i * 20 <= ms; i++) {
            unsigned delay = i == 0 ? 0 : octet(i) % 51;
            if (i * 20 + delay != ms)
                continue;
            for (unsigned k = 0; k < 160; k++)
                payload[k] = octet(160 * i + k);
            rig_send(rig->peer, PT, false, (uint16_t)(65000 + i), 160 * i, 7, payload, 160);
        }
        rig_run(1);
    }
    unsigned at = begins(5);
    follows(5, at, 0, rig->at - at);
    ck_assert_uint_gt(stats_of(rtp).reordered, 50);
    ck_assert_uint_eq(stats_of(rtp).concealed, 0);
    ck_assert_uint_eq(stats_of(rtp).late, 0);
}
END_TEST

START_TEST(between_timeslots_of_different_laws_every_octet_passes)
{
    struct media_bank *bank;
    struct media_port *a = clear_tdm(5), *b;
    uint8_t rx[RIG_TS][8] = {{0}}, tx[RIG_TS][8];
    static uint8_t out[16000];

    ck_assert_int_eq(media_bank_new(&bank, rig->m, 0, G711_MU), 0);
    ck_assert_int_eq(media_tdm_open(&b, bank, 9, rig_event, NULL), 0);
    rig_clear(b);
    media_join(a, b, MEDIA_BOTH);
    rig->line = line;
    for (unsigned ms = 0, n = 0; ms < 2000; ms++) {
        rig_run(1);
        if (ms >= 500 && ms % 100 >= 41 && ms % 100 < 49)
            continue; /* this line's ticks come late, and then all at once */
        for (; n <= ms; n++) {
            for (unsigned i = 0; i < 8; i++)
                rx[9][i] = octet(8 * n + i);
            media_bank_tick(bank, 8, rx[0], tx[0], 8, rt_now());
            memcpy(out + 8 * n, tx[9], 8);
        }
    }
    unsigned at = begins(5), first = 0;
    while (rig->out[5][at] != octet(first) || rig->out[5][at + 1] != octet(first + 1))
        first++;
    ck_assert_uint_lt(first, 800);
    follows(5, at, first, rig->at - at);
    for (at = 0; out[at] == 0xff; at++)
        ;
    for (first = 0; out[at] != line(5, first) || out[at + 1] != line(5, first + 1); first++)
        ;
    ck_assert_uint_lt(first, 800);
    for (unsigned i = at; i < sizeof out; i++)
        ck_assert_uint_eq(out[i], line(5, first + i - at));
}
END_TEST

/* ---- what does not belong there ---- */

START_TEST(no_tone_and_no_digit_goes_into_the_stream)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = clear_tdm(5), *rtp = rig_rtp(&r);

    rig->voice = octet;
    rig->talks = true;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(200);
    media_tone(tdm, tone_country("de", TONE_RINGBACK));
    media_digit(tdm, '5', 100);
    media_digit(rtp, '5', 100);
    rig_run(1000);
    unsigned at = begins(5);
    follows(5, at, 0, rig->at - at);
    for (unsigned i = 0; i < rig->nheard; i++)
        ck_assert_uint_eq(rig->heard[i].head.payload_type, PT);
}
END_TEST

static uint8_t keys[8000];

static uint8_t keyed(unsigned ts, unsigned at)
{
    (void)ts;
    return at % 1600 < 800 ? keys[at % sizeof keys] : 0xd5; /* 100 ms, and as long a pause */
}

START_TEST(octets_that_would_be_a_digit_are_octets)
{
    struct media_rtp r = agreed();
    struct tone_spec spec = {.nsteps = 1, .dbm0 = -8.0f};
    struct tone_player player;
    int16_t pcm[8000];

    tone_dtmf('5', spec.step[0].hz);
    tone_start(&player, &spec);
    tone_play(&player, pcm, 8000);
    g711_compress(keys, pcm, 8000, G711_A);
    r.event_payload = 101; /* even if the far end had agreed to it */
    struct media_port *tdm = clear_tdm(5), *rtp = rig_rtp(&r);
    rig->line = keyed;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(1000);
    ck_assert_uint_eq(rig_count(MEDIA_DTMF), 0);
    for (unsigned i = 0; i < rig->nheard; i++)
        ck_assert_uint_eq(rig->heard[i].head.payload_type, PT);
    ck_assert_uint_eq(stats_of(rtp).digits, 0);
    r = rig_agreed(CODEC_PCMA);
    r.event_payload = 101;
    media_rtp_set(rtp, &r); /* nor when the other side is for sound */
    rig_run(1000);
    ck_assert_uint_eq(rig_count(MEDIA_DTMF), 0);
    ck_assert_uint_eq(stats_of(rtp).digits, 0);
}
END_TEST

START_TEST(sound_and_octets_do_not_meet)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    rig->voice = octet;
    rig->talks = true;
    rig->line = line;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(500);
    ck_assert_uint_eq(rig_others(5, 0, 0xd5), 0);
    ck_assert_uint_eq(rig->nheard, 0);
}
END_TEST

START_TEST(packets_of_another_kind_are_not_played)
{
    struct media_rtp r = agreed();

    r.payload[CODEC_PCMA] = 8;
    struct media_port *tdm = clear_tdm(5), *rtp = rig_rtp(&r);
    rig->pt = 8;
    rig->voice = octet;
    rig->talks = true;
    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(500);
    ck_assert_uint_eq(rig_others(5, 0, 0xff), 0);
    rig->pt = PT;
    rig_run(500);
    begins(5);
}
END_TEST

/* ---- the buffer ---- */

static struct playout buffer;

static void buffer_start(void)
{
    static void *const none[CODEC_COUNT];

    playout_init(&buffer, &(struct playout_config){.min_ms = 20, .max_ms = 200}, none);
    playout_set_mode(&buffer, PLAYOUT_CLEAR);
}

static void put(uint32_t ts)
{
    uint8_t octets[160];

    for (unsigned i = 0; i < 160; i++)
        octets[i] = octet(ts + i);
    playout_put(&buffer, &codec_table[CODEC_CLEARMODE], (uint16_t)(ts / 160), ts, octets, 160);
}

/** The next 80 octets; before the first packet there are none. */
static void get(uint8_t out[80])
{
    struct playout_block b;

    playout_get(&buffer, &b);
    if (b.kind == PLAYOUT_OCTETS)
        memcpy(out, b.octets, 80);
    else
        memset(out, 0xff, 80);
}

START_TEST(one_late_packet_moves_nothing)
{
    uint8_t out[80];

    buffer_start();
    for (uint32_t i = 0; i < 1000; i++) {
        if (i % 2 == 0 && i != 500)
            put(80 * i);
        if (i == 512) /* 60 ms and a block after its time began */
            put(80 * 500);
        get(out);
        if (i < 6)
            ck_assert_uint_eq(out[0], 0xff); /* 60 ms */
        else
            for (uint32_t k = 0; k < 80; k++)
                ck_assert_uint_eq(out[k],
                                  i - 6 == 500 || i - 6 == 501 ? 0xff : octet(80 * (i - 6) + k));
    }
    ck_assert_uint_eq(buffer.stats.late, 1);
    ck_assert_uint_eq(buffer.stats.concealed, 160);
    ck_assert_uint_eq(buffer.stats.slips, 0);
}
END_TEST

/** The far end's clock is off by 100 ppm: half of 60 ms, or 60 ms too much, are reached in some
 * minutes, and then one step puts it right. */
static void drift(int per_million, unsigned least, unsigned most)
{
    uint8_t out[80];
    uint32_t next = 0;

    buffer_start();
    for (uint64_t i = 0; i < 100 * 60 * 20; i++) { /* 20 minutes */
        while ((uint64_t)next * 1000000 <= i * 80 * (uint64_t)(1000000 + per_million)) {
            put(next);
            next += 160;
        }
        get(out);
    }
    ck_assert_uint_ge(buffer.stats.slips, least);
    ck_assert_uint_le(buffer.stats.slips, most);
    ck_assert_uint_eq(buffer.stats.late, 0);
}

START_TEST(a_clock_that_differs_is_followed_in_few_steps)
{
    drift(0, 0, 0);
    drift(100, 1, 3);  /* 960 octets in 20 minutes; a step each 480 */
    drift(-100, 2, 5); /* a step each 240 */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, an_offer_of_a_clear_channel);
    tcase_add_test(tc, a_dynamic_payload_type_means_what_its_rtpmap_says);
    tcase_add_test(tc, the_codecs_of_a_body_are_those_of_all_its_streams);
    tcase_add_test(tc, an_answer_takes_sound_or_octets_and_never_both);
    tcase_add_test(tc, one_late_packet_moves_nothing);
    tcase_add_test(tc, a_clock_that_differs_is_followed_in_few_steps);
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_add_test(tc, every_octet_passes_from_rtp_to_the_line);
    tcase_add_test(tc, every_octet_passes_from_the_line_to_rtp);
    tcase_add_test(tc, a_lost_packet_is_0xff_and_what_follows_is_in_its_place);
    tcase_add_test(tc, jitter_and_reordering_change_nothing);
    tcase_add_test(tc, between_timeslots_of_different_laws_every_octet_passes);
    tcase_add_test(tc, no_tone_and_no_digit_goes_into_the_stream);
    tcase_add_test(tc, octets_that_would_be_a_digit_are_octets);
    tcase_add_test(tc, sound_and_octets_do_not_meet);
    tcase_add_test(tc, packets_of_another_kind_are_not_played);
}

int main(void)
{
    return rig_main("clearmode", add);
}
