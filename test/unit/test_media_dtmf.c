/* Digits through the media engine: tones of the line become telephone events and are muted, events
 * become tones, orders become either.
 */
#include "test/unit/media_rig.h"

#include <inttypes.h>
#include <math.h>
#include <tiffio.h>
#include <spandsp.h>

/* ---- the line's digits: `keys`, `on` samples each, `off` between, the first at `begin` ---- */

static const char *keys;
static unsigned begin, on, off;

static uint8_t line_keys(unsigned ts, unsigned at)
{
    unsigned n = at < begin ? 0 : (at - begin) / (on + off);
    unsigned in = at < begin ? 0 : (at - begin) % (on + off);
    float hz[2];
    uint8_t octet = 0xd5;

    (void)ts;
    if (at < begin || n >= strlen(keys) || in >= on || !tone_dtmf(keys[n], hz))
        return octet;
    double s =
        sin(2 * M_PI * (double)hz[0] * in / 8000) + sin(2 * M_PI * (double)hz[1] * in / 8000);
    int16_t pcm = (int16_t)lrint(5000 * s); /* -13 dBm0 each */
    g711_compress(&octet, &pcm, 1, G711_A);
    return octet;
}

static void press(const char *text, unsigned on_ms, unsigned off_ms, unsigned phase)
{
    keys = text;
    on = on_ms * 8;
    off = off_ms * 8;
    begin = rig->at + 400 + phase;
    rig->line = line_keys;
}

static struct media_rtp with_events(void)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    r.event_payload = 101;
    return r;
}

/** The digits told by the engine, of one port. */
static void told(char *out, const struct media_port *p)
{
    for (unsigned i = 0; i < rig->nevents; i++)
        if (rig->events[i].ev.type == MEDIA_DTMF && rig->events[i].port == p)
            *out++ = rig->events[i].ev.digit;
    *out = '\0';
}

/** The digits heard by the peer as events: one for each timestamp, with three ends each. */
static void heard_events(char *out, unsigned *duration)
{
    static const char digits[] = "0123456789*#ABCD";
    unsigned n = 0, ends = 0;
    uint32_t ts = 0;

    for (unsigned i = 0; i < rig->nheard; i++) {
        const struct rtp_packet *pk = &rig->heard[i].head;
        if (pk->payload_type != 101)
            continue;
        ck_assert_uint_eq(pk->len, 4);
        if (n == 0 || pk->ts != ts) {
            ck_assert_uint_eq(ends, n == 0 ? 0 : 3);
            ck_assert(pk->marker);
            out[n++] = digits[pk->payload[0]];
            ends = 0;
        } else {
            ck_assert(!pk->marker);
        }
        ts = pk->ts;
        ends += pk->payload[1] >> 7;
        if (duration && pk->payload[1] >> 7)
            *duration = (unsigned)(pk->payload[2] << 8 | pk->payload[3]);
    }
    ck_assert_uint_eq(ends, n == 0 ? 0 : 3);
    out[n] = '\0';
}

START_TEST(the_lines_digits_become_events)
{
    struct media_rtp r = with_events();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    char got[40], events[40];
    unsigned duration = 0;
    struct media_stats s;

    media_join(tdm, rtp, MEDIA_BOTH);
    press("0123456789*#ABCD55", 80, 80, 0);
    rig_run(18 * 160 + 300);
    told(got, tdm);
    heard_events(events, &duration);
    ck_assert_str_eq(got, keys);
    ck_assert_str_eq(events, keys);
    ck_assert_uint_ge(duration, 50 * 8);
    ck_assert_uint_le(duration, 110 * 8);
    for (unsigned i = 0; i < rig->nevents; i++) {
        ck_assert_uint_ge(rig->events[i].ev.ms, 50);
        ck_assert_uint_le(rig->events[i].ev.ms, 110);
    }
    media_port_stats(tdm, &s);
    ck_assert_uint_eq(s.digits, 18);
}
END_TEST

/** Samples of the tone that the peer could hear. */
static unsigned leaked(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < rig->nheard; i++)
        for (unsigned k = 0; rig->heard[i].head.payload_type == 8 && k < 160; k++) {
            int16_t pcm;
            g711_expand(&pcm, &rig->heard[i].payload[k], 1, G711_A);
            n += abs(pcm) > 100;
        }
    return n;
}

/* The tone may begin anywhere in the detector's blocks of 102 samples and ours of 80. */
START_TEST(little_of_the_tone_is_heard_beside_the_event)
{
    struct media_rtp r = with_events();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    unsigned worst = 0;

    media_join(tdm, rtp, MEDIA_BOTH);
    for (unsigned phase = 0; phase < 408; phase += 6) {
        rig->nheard = 0;
        press("5", 100, 100, phase);
        rig_run(400);
        if (leaked() > worst)
            worst = leaked();
    }
    ck_assert_uint_eq(rig_count(MEDIA_DTMF), 68);
    ck_assert_uint_le(worst, 23 * 8);
}
END_TEST

START_TEST(without_events_the_tone_passes_untouched)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    media_join(tdm, rtp, MEDIA_BOTH);
    press("5", 100, 100, 0);
    rig_run(400);
    ck_assert_uint_gt(leaked(), 90 * 8);
    ck_assert_uint_eq(rig_count(MEDIA_DTMF), 0);
}
END_TEST

START_TEST(speech_is_not_muted)
{
    struct media_rtp r = with_events();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);

    media_join(tdm, rtp, MEDIA_BOTH);
    keys = "";
    rig_run(1000);
    for (unsigned i = 0; i < rig->nheard; i++)
        ck_assert_uint_eq(rig->heard[i].head.payload_type, 8);
    ck_assert_uint_ge(rig->nheard, 48);
    ck_assert(rig->heard[0].head.marker);
    for (unsigned i = 1; i < rig->nheard; i++)
        ck_assert(!rig->heard[i].head.marker);
}
END_TEST

/* ---- towards the line ---- */

/** What a receiver at the end of line `ts` makes of it. */
static void line_hears(unsigned ts, char *out)
{
    dtmf_rx_state_t *rx = dtmf_rx_init(NULL, NULL, NULL);
    int16_t pcm[80];

    for (unsigned i = 0; i + 80 <= rig->at; i += 80) {
        g711_expand(pcm, &rig->out[ts][i], 80, G711_A);
        dtmf_rx(rx, pcm, 80);
    }
    out[dtmf_rx_get(rx, out, 40)] = '\0';
    dtmf_rx_free(rx);
}

/** The peer sends a digit as an event of `ms`, its voice meanwhile silent. */
static void send_event(uint8_t event, unsigned ms)
{
    uint32_t ts = rig->ts;
    bool voice = rig->talks;

    rig->talks = false;
    for (unsigned at = 20; at <= ms + 40; at += 20) {
        bool end = at >= ms;
        unsigned duration = (end ? ms : at) * 8;
        uint8_t p[4] = {event, (uint8_t)(end << 7 | 10), (uint8_t)(duration >> 8),
                        (uint8_t)duration};
        rig_send(rig->peer, 101, at == 20, rig->seq++, ts, rig->ssrc, p, 4);
        rig->ts += 160;
        rig_run(20);
    }
    rig->talks = voice;
}

START_TEST(events_become_tones_of_the_line)
{
    struct media_rtp r = with_events();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    char got[41], line[41];
    struct media_stats s;

    media_join(tdm, rtp, MEDIA_BOTH);
    rig->talks = true;
    rig_run(200);
    for (uint8_t event = 0; event < 16; event++) {
        send_event(event, 100);
        rig_run(100);
    }
    send_event(3, 60);
    rig_run(60);
    send_event(3, 60); /* the same again is another digit */
    rig_run(200);
    told(got, rtp);
    line_hears(5, line);
    ck_assert_str_eq(got, "0123456789*#ABCD33");
    ck_assert_str_eq(line, "0123456789*#ABCD33");
    ck_assert_uint_eq(rig->events[1].ev.ms, 100);
    media_port_stats(rtp, &s);
    ck_assert_uint_eq(s.digits, 18);
    ck_assert_uint_eq(s.lost, 0);
    ck_assert_uint_eq(s.concealed, 0);
}
END_TEST

START_TEST(a_lost_end_ends_the_tone_all_the_same)
{
    struct media_rtp r = with_events();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    char got[41];

    media_join(tdm, rtp, MEDIA_BOTH);
    rig_send(rig->peer, 101, true, 1, 1000, 1, "\x07\x0a\x00\xa0", 4);
    rig_run(400);
    told(got, rtp);
    ck_assert_str_eq(got, "7");
    ck_assert_uint_eq(rig_others(5, rig->at - 800, 0xd5), 0);
}
END_TEST

START_TEST(a_new_source_with_older_timestamps_has_digits_too)
{
    struct media_rtp r = with_events();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    char got[41];

    media_join(tdm, rtp, MEDIA_BOTH);
    rig_send(rig->peer, 101, true, 1, 500000, 1, "\x07\x8a\x01\x90", 4);
    rig_run(20);
    rig_send(rig->peer, 101, true, 9000, 1000, 2, "\x08\x0a\x00\xa0", 4); /* while 7 sounds */
    rig_run(20);
    rig_send(rig->peer, 101, false, 9001, 1000, 2, "\x08\x8a\x01\x90", 4);
    rig_run(300);
    told(got, rtp);
    ck_assert_str_eq(got, "78");
}
END_TEST

/* Without a pause between them each still goes out long enough to be a digit (Q.24: 40 ms). */
START_TEST(digits_without_pause_are_not_lost)
{
    struct media_rtp r = with_events();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    char line[41];

    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(100);
    send_event(1, 60);
    rig->ts += 10;
    rig_send(rig->peer, 101, true, rig->seq++, rig->ts, rig->ssrc, "\x02\x0a\x00\xa0", 4);
    rig_run(20);
    rig_send(rig->peer, 101, true, rig->seq++, rig->ts + 160, rig->ssrc, "\x03\x0a\x00\xa0", 4);
    rig_run(10);
    rig_send(rig->peer, 101, false, rig->seq++, rig->ts + 160, rig->ssrc, "\x03\x8a\x01\x40", 4);
    rig_run(400);
    line_hears(5, line);
    ck_assert_ptr_nonnull(strchr(line, '3'));
}
END_TEST

/* ---- by order ---- */

START_TEST(ordered_digits_go_out_as_the_port_does_it)
{
    struct media_rtp r = with_events();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    char events[41], line[41];
    unsigned duration = 0;

    media_join(tdm, rtp, MEDIA_BOTH);
    for (const char *d = "1#77"; *d; d++) {
        media_digit(tdm, *d, 80);
        media_digit(rtp, *d, 80);
    }
    media_digit(tdm, 'x', 80); /* no digit */
    rig_run(1000);
    line_hears(5, line);
    heard_events(events, &duration);
    ck_assert_str_eq(line, "1#77");
    ck_assert_str_eq(events, "1#77");
    ck_assert_uint_eq(duration, 640);
    ck_assert_uint_eq(rig_count(MEDIA_DTMF), 0); /* sent, not heard */
}
END_TEST

START_TEST(without_events_an_ordered_digit_is_a_tone)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *rtp = rig_rtp(&r);
    dtmf_rx_state_t *rx = dtmf_rx_init(NULL, NULL, NULL);
    char got[10];
    int16_t pcm[160];

    media_digit(rtp, '9', 100);
    rig_run(300);
    ck_assert_uint_eq(rig->nheard, 5);
    for (unsigned i = 0; i < rig->nheard; i++) {
        g711_expand(pcm, rig->heard[i].payload, 160, G711_A);
        dtmf_rx(rx, pcm, 160);
    }
    got[dtmf_rx_get(rx, got, 9)] = '\0';
    ck_assert_str_eq(got, "9");
    dtmf_rx_free(rx);
}
END_TEST

START_TEST(events_pass_from_peer_to_peer)
{
    struct media_rtp r = with_events(), away = r;
    away.remote = rig_addr("192.0.2.9:7010");
    away.event_payload = 96;
    struct media_port *a = rig_rtp(&away), *b = rig_rtp(&r);
    struct rt_udp *other;
    uint8_t buf[300];
    size_t len;
    struct rtp_packet pk;
    unsigned ends = 0;

    ck_assert_int_eq(rt_udp_open(&other, rig->loop, &away.remote, NULL, NULL), 0);
    media_join(a, b, MEDIA_BOTH);
    rig_run(100);
    send_event(11, 100);
    rig_run(200);
    while (rt_udp_recv(other, buf, sizeof buf, &len, NULL) == 0) {
        ck_assert_int_eq(rtp_read(&pk, buf, len), 0);
        if (pk.payload_type != 96)
            continue;
        ck_assert_uint_eq(pk.payload[0], 11);
        ends += pk.payload[1] >> 7;
    }
    ck_assert_uint_eq(ends, 3);
    rt_udp_close(other);
}
END_TEST

/* RFC 4733 2.5.1.4: the end is sent three times, even when the next digit comes 10 ms later. */
START_TEST(a_digit_has_three_ends_before_the_next_begins)
{
    struct media_rtp r = with_events(), away = r;
    away.remote = rig_addr("192.0.2.9:7010");
    away.codec = CODEC_PCMU; /* or packets would pass as they came */
    struct media_port *b = rig_rtp(&r), *a = rig_rtp(&away);
    struct rt_udp *other;
    char events[41];

    ck_assert_int_eq(rt_udp_open(&other, rig->loop, &away.remote, NULL, NULL), 0);
    media_join(a, b, MEDIA_BOTH);
    rig_run(100);
    rig_send(other, 101, true, 1, 1000, 1, "\x04\x8a\x01\x90", 4); /* 50 ms */
    rig_run(65);
    rig_send(other, 101, true, 2, 1600, 1, "\x06\x8a\x01\x90", 4);
    rig_run(300);
    heard_events(events, NULL);
    ck_assert_str_eq(events, "46");
    rt_udp_close(other);
}
END_TEST

/* What is ordered lasts as long as was ordered (40 ms at least). */
START_TEST(an_ordered_digit_is_as_long_as_ordered)
{
    struct media_rtp r = with_events();
    struct media_port *rtp = rig_rtp(&r);
    char events[41];
    unsigned duration = 0;

    media_digit(rtp, '5', 1);
    rig_run(300);
    heard_events(events, &duration);
    ck_assert_str_eq(events, "5");
    ck_assert_uint_eq(duration, 40 * 8);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
    tcase_add_test(tc, the_lines_digits_become_events);
    tcase_add_test(tc, little_of_the_tone_is_heard_beside_the_event);
    tcase_add_test(tc, without_events_the_tone_passes_untouched);
    tcase_add_test(tc, speech_is_not_muted);
    tcase_add_test(tc, events_become_tones_of_the_line);
    tcase_add_test(tc, a_lost_end_ends_the_tone_all_the_same);
    tcase_add_test(tc, a_new_source_with_older_timestamps_has_digits_too);
    tcase_add_test(tc, digits_without_pause_are_not_lost);
    tcase_add_test(tc, ordered_digits_go_out_as_the_port_does_it);
    tcase_add_test(tc, without_events_an_ordered_digit_is_a_tone);
    tcase_add_test(tc, events_pass_from_peer_to_peer);
    tcase_add_test(tc, a_digit_has_three_ends_before_the_next_begins);
    tcase_add_test(tc, an_ordered_digit_is_as_long_as_ordered);
}

int main(void)
{
    return rig_main("media dtmf", add);
}
