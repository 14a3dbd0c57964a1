/* Quality of RTP ports: figures of both directions, reports in RTCP, faults. */
#include "codec/quality_watch.h"
#include "codec/rtcp.h"
#include "test/unit/media_rig.h"

#include <math.h>

static struct media_port *rtp, *line;
static struct rtcp_news news;
static unsigned reports;
static uint16_t last_sent; /* our last packet */

/** PCMA and nothing else. */
static struct media_rtp agreed(void)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);

    memset(r.payload, 255, sizeof r.payload);
    memset(r.payload_in, 255, sizeof r.payload_in);
    r.payload[CODEC_PCMA] = r.payload_in[CODEC_PCMA] = 8;
    return r;
}

static void setup_with(const struct media_rtp *r)
{
    rig_setup();
    rtp = rig_rtp(r);
    line = rig_tdm(1);
    media_join(rtp, line, MEDIA_BOTH);
}

static void setup(void)
{
    struct media_rtp r = agreed();

    r.xr = true;
    reports = 0;
    setup_with(&r);
    rig->talks = true;
}

static void teardown(void)
{
    media_close(rtp);
    media_close(line);
    rig_run(20);
    rig_teardown();
}

/** Reads what came to the peer's RTCP port. */
static void hear_reports(void)
{
    uint8_t buf[1500];
    size_t len;

    while (rt_udp_recv(rig->peer_rtcp, buf, sizeof buf, &len, NULL) == 0) {
        struct rtcp_news n;
        ck_assert_int_eq(rtcp_read(&n, buf, len, rig->ssrc), 0);
        if (n.have_voip || !news.have_voip)
            news = n;
        reports++;
    }
}

static struct media_stats stats_after(unsigned s)
{
    struct media_stats out;

    for (unsigned i = 0; i < s; i++) {
        rig_run(1000);
        hear_reports();
        last_sent = rig->nheard > 0 ? rig->heard[rig->nheard - 1].head.seq : last_sent;
        rig->nheard = 0;
    }
    media_port_stats(rtp, &out);
    return out;
}

/** The peer reports on us: `highest` of our sequence numbers, so many lost. */
static void report(uint32_t highest, const struct rtcp_voip *voip)
{
    uint8_t out[RTCP_MAX];
    struct rtp_source heard = {.valid = true,
                               .ssrc = media_rtp_ssrc(rtp),
                               .base = highest,
                               .highest = highest,
                               .received = 1};
    struct rtcp_report r = {.ssrc = rig->ssrc,
                            .wall = rt_wall(),
                            .source = &heard,
                            .cname = "peer",
                            .reference_time = true,
                            .voip = voip};
    union rt_addr to = *media_rtp_local(rtp);
    size_t n = rtcp_write(out, &r);

    rt_addr_set_port(&to, (uint16_t)(rt_addr_port(&to) + 1));
    ck_assert_int_eq(rt_udp_send(rig->peer_rtcp, out, n, &to), 0);
}

/* ---- figures ---- */

/* G.711 without loss: MOS-LQ is that of R 93.2, 4.41 (ITU-T G.107 table 2 and annex B). The delay,
 * under 100 ms, costs at most 3: all of it as talker echo at the default TELR of 65 dB */
START_TEST(a_good_call_has_the_models_default_rating)
{
    struct media_stats s = stats_after(12);

    ck_assert_uint_ge(s.heard.mos_lq, 440);
    ck_assert_uint_le(s.heard.mos_lq, 441);
    ck_assert_uint_ge(s.heard.r, 9000);
    ck_assert_uint_le(s.heard.r, 9330);
    ck_assert_uint_ge(s.heard.mos_cq, 434); /* annex B: MOS 4.34 for R 90 */
    ck_assert_uint_eq(s.heard.loss, 0);
    ck_assert_uint_eq(s.far.r, 0);             /* nobody said anything */
    ck_assert_uint_eq(s.delay_out_ms, 30);     /* a packet of 20 ms and a block */
    ck_assert_uint_ge(s.delay_in_ms, 20 + 10); /* the buffer's least, and a block */
    ck_assert_uint_le(s.delay_in_ms, 80);
    ck_assert_uint_le(s.one_way_ms, 150);
}
END_TEST

/* every 20th packet of G.711 with concealment: Ie,eff = 95 * 5 / (5 / BurstR + Bpl), BurstR = 1 for
 * losses alone, Bpl 25.1 with concealment and 4.3 without (G.113 appendix I), so R is 93.2 - 15.8
 * or 93.2 - 51: whichever the table says, R and MOS fall, and loss is 5 percent */
START_TEST(loss_lowers_the_rating)
{
    for (unsigned i = 0; i < 50 * 12; i++) {
        if (i % 20 == 19) {
            rig->seq++;
            rig->ts += 160;
        } else {
            rig_talk();
        }
        rig_run(20);
    }
    struct media_stats s;
    media_port_stats(rtp, &s);
    double ppl = 5, bpl = codec_table[CODEC_PCMA].bpl, ie = codec_table[CODEC_PCMA].ie;
    double r = 93.2 - ie - (95 - ie) * ppl / (ppl + bpl);

    ck_assert_uint_ge(s.heard.loss, 470);
    ck_assert_uint_le(s.heard.loss, 530);
    ck_assert_double_eq_tol(s.heard.r / 100.0, r, 4);
    ck_assert_uint_le(s.heard.r_worst, s.heard.r);
    ck_assert_uint_eq(s.heard.burst_ms, 0);     /* 20 apart: all in gaps */
    ck_assert_uint_ge(s.heard.gap_density, 12); /* 5 percent of 256 */
    ck_assert_uint_le(s.heard.gap_density, 13);
}
END_TEST

/** 1000 Hz, whose amplitude is that of -15 dBm0: 3.14 + 15 dB below the limit. */
static uint8_t tone(unsigned at)
{
    double x = 32768 * pow(10, -18.14 / 20) * sin(2 * M_PI * at / 8);
    int16_t pcm = (int16_t)lround(x);
    uint8_t out;

    g711_compress(&out, &pcm, 1, G711_A);
    return out;
}

/** It sounds for a second, then is silent for one. */
static uint8_t phrases(unsigned at)
{
    return at / 8000 % 2 == 0 ? tone(at) : 0xd5;
}

START_TEST(the_level_is_that_of_the_speech_alone)
{
    rig->voice = phrases;
    struct media_stats s = stats_after(11);

    ck_assert_int_ge(s.heard.level_dbm0, -16);
    ck_assert_int_le(s.heard.level_dbm0, -14);
    ck_assert_int_le(s.heard.noise_dbm0, -65); /* A-law's silence */
    ck_assert_uint_eq(s.faults, 0);
}
END_TEST

static uint8_t whisper(unsigned at)
{
    int16_t pcm = (int16_t)lround(32768 * pow(10, -43.14 / 20) * sin(2 * M_PI * at / 8));
    uint8_t out = 0xd5;

    if (at / 8000 % 2 == 0)
        g711_compress(&out, &pcm, 1, G711_A);
    return out;
}

START_TEST(too_quiet_is_told_once_and_ends)
{
    unsigned begun = 0, ended = 0;

    rig->voice = whisper; /* -40 dBm0 */
    stats_after(21);
    rig->voice = phrases;
    struct media_stats s = stats_after(20);
    for (unsigned i = 0; i < rig->nevents; i++) {
        begun += rig->events[i].ev.begun == QUALITY_BIT(QUALITY_LEVEL_LOW);
        ended += rig->events[i].ev.ended == QUALITY_BIT(QUALITY_LEVEL_LOW);
    }
    ck_assert_uint_eq(rig_count(MEDIA_QUALITY), 2);
    ck_assert_uint_eq(begun, 1);
    ck_assert_uint_eq(ended, 1);
    ck_assert_uint_eq(s.faults, 0);
}
END_TEST

/* ---- faults ---- */

START_TEST(one_way_sound_is_told_and_ends)
{
    struct media_stats s = stats_after(3);

    ck_assert_uint_eq(s.faults, 0);
    rig->talks = false;
    s = stats_after(7);
    ck_assert_uint_eq(s.faults, QUALITY_BIT(QUALITY_NO_INPUT));
    rig->talks = true;
    s = stats_after(2);
    ck_assert_uint_eq(s.faults, 0);
    ck_assert_uint_eq(rig_count(MEDIA_QUALITY), 2);
}
END_TEST

START_TEST(before_the_answer_nothing_is_missed)
{
    media_join(rtp, line, MEDIA_A_TO_B);
    rig->talks = false;
    struct media_stats s = stats_after(12);

    ck_assert_uint_eq(s.faults, 0);
    ck_assert_uint_eq(rig_count(MEDIA_QUALITY), 0);
}
END_TEST

/* ---- reports ---- */

START_TEST(reports_tell_the_quality_that_we_hear)
{
    stats_after(16);
    ck_assert_uint_ge(reports, 2);
    ck_assert(news.have_voip);
    ck_assert_uint_ne(news.reference, 0);
    ck_assert_uint_eq(news.voip.loss_rate, 0);
    ck_assert_uint_eq(news.voip.gmin, 16);
    ck_assert_uint_ge(news.voip.r, 91);
    ck_assert_uint_le(news.voip.r, 93);
    ck_assert_uint_eq(news.voip.mos_lq, 44);
    ck_assert_int_eq(news.voip.jba, RTCP_JBA_ADAPTIVE);
    struct media_voip v;
    media_port_voip(rtp, &v);
    ck_assert(v.have_heard && !v.have_far);
    ck_assert_uint_eq(v.far_ssrc, rig->ssrc);
    ck_assert_uint_eq(v.heard.gmin, 16);
}
END_TEST

START_TEST(nothing_of_it_goes_to_who_did_not_ask)
{
    struct media_rtp r = agreed();

    media_rtp_set(rtp, &r);
    memset(&news, 0, sizeof news);
    stats_after(16);
    ck_assert_uint_ge(reports, 2);
    ck_assert(!news.have_voip && news.reference == 0);
}
END_TEST

START_TEST(what_the_far_end_reports_is_the_other_direction)
{
    struct rtcp_voip voip = {.ssrc = media_rtp_ssrc(rtp),
                             .end_system_ms = 60,
                             .signal_dbm0 = -17,
                             .noise_dbm0 = -55,
                             .rerl_db = 40,
                             .gmin = 16,
                             .r = 90,
                             .ext_r = RTCP_UNKNOWN,
                             .mos_lq = 43,
                             .mos_cq = 42};
    struct media_stats s;
    struct media_voip v;

    memset(&news, 0, sizeof news);
    for (unsigned i = 0; i < 5; i++) {
        s = stats_after(4);
        report(last_sent, &voip);
    }
    s = stats_after(3);
    media_port_voip(rtp, &v);
    ck_assert_uint_ge(s.far.mos_cq, 400);
    ck_assert_int_eq(s.far.level_dbm0, -17);
    ck_assert_int_eq(s.far.noise_dbm0, -55);
    ck_assert_uint_eq(s.heard.echo_db, 40);
    ck_assert(v.have_far);
    ck_assert_uint_eq(v.far.mos_lq, 43);
    ck_assert(news.have_dlrr); /* its reference time is answered */
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_good_call_has_the_models_default_rating);
    tcase_add_test(tc, the_level_is_that_of_the_speech_alone);
    tcase_add_test(tc, too_quiet_is_told_once_and_ends);
    tcase_add_test(tc, one_way_sound_is_told_and_ends);
    tcase_add_test(tc, before_the_answer_nothing_is_missed);
    tcase_add_test(tc, reports_tell_the_quality_that_we_hear);
    tcase_add_test(tc, nothing_of_it_goes_to_who_did_not_ask);
    tcase_add_test(tc, what_the_far_end_reports_is_the_other_direction);
}

static void setup_lossy(void)
{
    struct media_rtp r = agreed();

    setup_with(&r);
}

static void add_lossy(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup_lossy, teardown);
    tcase_add_test(tc, loss_lowers_the_rating);
}

int main(void)
{
    return rig_main("quality", add) | rig_main("loss", add_lossy);
}
