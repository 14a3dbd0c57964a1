/* Scores of a direction by intervals, the VoIP metrics block made of them, and faults that begin
 * and end. Expected scores: G.113's impairments and G.107's mapping by hand. */
#include "codec/quality.h"
#include "codec/quality_watch.h"

#include <check.h>

#define TOL 0.02

/** G.711 with concealment (G.113 appendix I: 0, 25.1 as 25), no delay. */
static struct quality_sample sample(uint64_t expected, uint64_t lost, uint64_t runs)
{
    return (struct quality_sample){.expected = expected,
                                   .lost = lost,
                                   .runs = runs,
                                   .bpl = 25,
                                   .signal_dbm0 = QUALITY_UNKNOWN,
                                   .noise_dbm0 = QUALITY_UNKNOWN,
                                   .echo_db = QUALITY_UNKNOWN};
}

START_TEST(intervals_are_scored_by_what_is_new)
{
    struct quality q = {0};
    struct quality_sample s = sample(500, 0, 0);

    ck_assert(!quality_interval(&q, &(struct quality_sample){.expected = 0}));
    ck_assert_uint_eq(q.intervals, 0);
    ck_assert(quality_interval(&q, &s));
    ck_assert_double_eq_tol(q.now.r, 93.2, TOL);
    ck_assert_double_eq_tol(q.now.mos_lq, 4.41, TOL);
    s = sample(1000, 25, 25); /* 5 percent of the second: 95 * 5 / 30 = 15.83 */
    ck_assert(quality_interval(&q, &s));
    /* BurstR of 25 runs in 25: 0.95, taken as 1 */
    ck_assert_double_eq_tol(q.now.r, 93.2 - 15.83, TOL);
    ck_assert_double_eq_tol(q.worst.r, 93.2 - 15.83, TOL);
    /* 2.5 percent of the call: 95 * 2.5 / 27.5 = 8.64 */
    ck_assert_double_eq_tol(q.call.r, 93.2 - 8.64, TOL);
    s = sample(1500, 25, 25);
    ck_assert(quality_interval(&q, &s));
    ck_assert_double_eq_tol(q.now.r, 93.2, TOL);
    ck_assert_double_eq_tol(q.worst.r, 93.2 - 15.83, TOL);
    ck_assert_double_eq_tol(quality_average(&q).r, 93.2 - 15.83 / 3, TOL);
    ck_assert(quality_average(&q).mos_lq > quality_average(&q).mos_cq);
}
END_TEST

START_TEST(discards_and_bursts_count)
{
    struct quality q = {0}, r = {0};
    struct quality_sample s = sample(1000, 20, 10);

    s.discarded = 20; /* 4 percent, in runs of four: BurstR 4 * 0.96 = 3.84 */
    quality_interval(&q, &s);
    ck_assert_double_eq_tol(q.now.r, 93.2 - 95 * 4 / (4 / 3.84 + 25), TOL);
    s.runs = 0;
    quality_interval(&r, &s);
    ck_assert_double_eq_tol(r.now.r, 93.2 - 95 * 4 / 29.0, TOL);
}
END_TEST

START_TEST(delay_and_echo_spoil_conversation_not_listening)
{
    struct quality q = {0};
    struct quality_sample s = sample(500, 0, 0);

    s.round_trip_ms = 400;
    s.near_ms = 60;
    ck_assert_uint_eq(quality_delay_ms(&s), 260);
    s.far_ms = 140;
    ck_assert_uint_eq(quality_delay_ms(&s), 300); /* RFC 3611 4.7.3: (400 + 60 + 140) / 2 */
    quality_interval(&q, &s);
    ck_assert_double_eq_tol(q.now.r, 72.67, TOL); /* test_emodel.c, 300 ms */
    ck_assert_double_eq_tol(q.now.mos_lq, 4.41, TOL);
    s.expected = 1000;
    s.echo_db = 15;
    quality_interval(&q, &s);
    ck_assert(q.now.mos_cq < 1.2);
    ck_assert_double_eq_tol(q.now.mos_lq, 4.41, TOL);
}
END_TEST

START_TEST(another_stream_begins_anew)
{
    struct quality q = {0};
    struct quality_sample s = sample(5000, 1000, 1000);

    quality_interval(&q, &s);
    s = sample(100, 0, 0);
    ck_assert(quality_interval(&q, &s));
    ck_assert_double_eq_tol(q.now.r, 93.2, TOL);
    s = sample(200, 500, 0); /* more lost than there was: all */
    ck_assert(quality_interval(&q, &s));
    ck_assert(q.now.r > 0 && q.now.r < 20);
    ck_assert(q.now.mos_cq >= 1);
}
END_TEST

START_TEST(remote_figures_come_from_reports)
{
    struct rtcp_news n = {.have_block = true, .lost = 10, .jitter = 160, .have_voip = true};
    struct quality_sample s = sample(0, 0, 0);

    n.voip = (struct rtcp_voip){
        .discard_rate = 64, .end_system_ms = 70, .signal_dbm0 = -20, .noise_dbm0 = -60};
    quality_remote(&s, &n, 1000, 8000);
    ck_assert_uint_eq(s.expected, 1000);
    ck_assert_uint_eq(s.lost, 10);
    ck_assert_uint_eq(s.discarded, 250);
    ck_assert_uint_eq(s.jitter_us, 20000);
    ck_assert_uint_eq(s.far_ms, 70);
    ck_assert_int_eq(s.signal_dbm0, -20);
}
END_TEST

START_TEST(voip_block_is_filled)
{
    struct burst b = {0};
    struct quality q = {0};
    struct quality_sample s = sample(100, 0, 0);
    struct quality_local l = {.ssrc = 5,
                              .burst = &b,
                              .packet_ms = 20,
                              .rerl_db = 200,
                              .plc = RTCP_PLC_ENHANCED,
                              .jba = RTCP_JBA_ADAPTIVE,
                              .jb_rate = 3,
                              .jb_nominal_ms = 40,
                              .jb_max_ms = 100,
                              .jb_abs_max_ms = 70000};
    struct rtcp_voip v;

    quality_voip(&v, &q, &l);
    ck_assert_uint_eq(v.r, RTCP_UNKNOWN);
    ck_assert_uint_eq(v.mos_lq, RTCP_UNKNOWN);
    burst_packets(&b, BURST_RECEIVED, 50);
    burst_packets(&b, BURST_LOST, 2);
    burst_packets(&b, BURST_RECEIVED, 48);
    s.lost = 2;
    s.runs = 1;
    s.round_trip_ms = 70000;
    s.signal_dbm0 = -21;
    s.near_ms = 50;
    s.noise_dbm0 = -200;
    quality_interval(&q, &s);
    quality_voip(&v, &q, &l);
    ck_assert_uint_eq(v.ssrc, 5);
    ck_assert_uint_eq(v.loss_rate, 5); /* 256 * 2 / 100 */
    ck_assert_uint_eq(v.burst_density, 255);
    ck_assert_uint_eq(v.burst_ms, 40);
    ck_assert_uint_eq(v.gap_ms, 1960);
    ck_assert_uint_eq(v.round_trip_ms, 65535);
    ck_assert_uint_eq(v.end_system_ms, 50);
    ck_assert_int_eq(v.signal_dbm0, -21);
    ck_assert_int_eq(v.noise_dbm0, -127);
    ck_assert_uint_eq(v.rerl_db, RTCP_UNKNOWN);
    ck_assert_uint_eq(v.gmin, 16);
    ck_assert_uint_eq(v.ext_r, RTCP_UNKNOWN);
    ck_assert_uint_le(v.mos_cq, 12); /* 35 s of delay */
    ck_assert(v.mos_lq > 39 && v.mos_lq < 43);
    ck_assert_uint_eq(v.jb_abs_max_ms, 65535);
}
END_TEST

/* ---- faults ---- */

static struct quality_watch w;
static struct quality_facts f;
static rt_time now;

static void start(void)
{
    w = (struct quality_watch){0};
    f = (struct quality_facts){.may_send = true, .may_receive = true};
    now = 100 * RT_S;
}

/** `s` seconds in which each of the three goes on or stands still; the events that changed. */
static uint32_t pass(unsigned s, bool sending, bool receiving, bool heard)
{
    uint32_t changed = 0;

    for (; s > 0; s--) {
        now += RT_S;
        f.sent += sending ? 50 : 0;
        f.received += receiving ? 50 : 0;
        if (now / RT_S % 5 == 0) {
            f.reports++;
            f.far_highest += heard ? 250 : 0;
        }
        uint32_t more = quality_watch(&w, &f, &quality_limits_default, now);
        ck_assert_uint_eq(changed & more, 0); /* once */
        changed |= more;
    }
    return changed;
}

START_TEST(a_good_call_has_no_faults)
{
    start();
    ck_assert_uint_eq(pass(30, false, false, false), 0); /* nobody has answered */
    f.answered = true;
    ck_assert_uint_eq(pass(600, true, true, true), 0);
    ck_assert_uint_eq(w.on, 0);
}
END_TEST

START_TEST(no_input_begins_once_and_ends_once)
{
    start();
    f.answered = true;
    ck_assert_uint_eq(pass(5, true, false, true), 0);
    ck_assert_uint_eq(pass(2, true, false, true), QUALITY_BIT(QUALITY_NO_INPUT));
    ck_assert(w.on & QUALITY_BIT(QUALITY_NO_INPUT));
    ck_assert_uint_eq(pass(60, true, false, true), 0);
    ck_assert_uint_eq(pass(1, true, true, true), QUALITY_BIT(QUALITY_NO_INPUT));
    ck_assert_uint_eq(w.on, 0);
    ck_assert_uint_eq(pass(60, true, true, true), 0);
    ck_assert_uint_eq(pass(6, true, false, true), QUALITY_BIT(QUALITY_NO_INPUT)); /* midway */
    f.answered = false;
    ck_assert_uint_eq(pass(1, true, false, true), QUALITY_BIT(QUALITY_NO_INPUT)); /* call over */
    ck_assert_uint_eq(w.on, 0);
}
END_TEST

START_TEST(no_output_is_what_the_far_end_reports)
{
    start();
    f.answered = true;
    ck_assert_uint_eq(pass(19, true, true, false), 0);
    ck_assert_uint_eq(pass(10, true, true, false), QUALITY_BIT(QUALITY_NO_OUTPUT));
    ck_assert_uint_eq(pass(100, true, true, false), 0);
    ck_assert_uint_eq(pass(5, true, true, true), QUALITY_BIT(QUALITY_NO_OUTPUT));
    ck_assert_uint_eq(w.on, 0);
}
END_TEST

START_TEST(a_far_end_without_reports_is_believed_to_hear)
{
    start();
    f.answered = true;
    for (unsigned i = 0; i < 300; i++) {
        now += RT_S;
        f.sent += 50;
        f.received += 50;
        ck_assert_uint_eq(quality_watch(&w, &f, &quality_limits_default, now), 0);
    }
}
END_TEST

START_TEST(dead_is_not_one_way)
{
    start();
    f.answered = true;
    ck_assert_uint_eq(pass(10, true, true, true), 0);
    ck_assert_uint_eq(pass(10, false, false, true), QUALITY_BIT(QUALITY_DEAD));
    ck_assert_uint_eq(w.on, QUALITY_BIT(QUALITY_DEAD));
    ck_assert_uint_eq(pass(1, true, true, true), QUALITY_BIT(QUALITY_DEAD));
    ck_assert_uint_eq(w.on, 0);
    /* we send, and nobody hears: one-way first, then it is known to be dead */
    ck_assert_uint_eq(pass(8, true, false, false), QUALITY_BIT(QUALITY_NO_INPUT));
    ck_assert_uint_eq(pass(30, true, false, false),
                      QUALITY_BIT(QUALITY_NO_INPUT) | QUALITY_BIT(QUALITY_DEAD));
    ck_assert_uint_eq(w.on, QUALITY_BIT(QUALITY_DEAD));
}
END_TEST

START_TEST(hold_and_silence_suppression_are_no_faults)
{
    start();
    f.answered = true;
    pass(10, true, true, true);
    f.may_receive = false; /* sendonly */
    ck_assert_uint_eq(pass(60, true, false, true), 0);
    f.may_send = false; /* inactive */
    ck_assert_uint_eq(pass(60, false, false, false), 0);
    f.may_send = f.may_receive = true; /* taken back: time counts from here */
    ck_assert_uint_eq(pass(4, true, false, true), 0);
    ck_assert_uint_eq(pass(2, true, false, true), QUALITY_BIT(QUALITY_NO_INPUT));

    start();
    f.answered = f.may_pause = true;
    pass(10, true, true, true);
    ck_assert_uint_eq(pass(100, true, false, true), 0);
    start();
    f.answered = f.may_pause = true; /* but not a single packet */
    ck_assert_uint_eq(pass(10, true, false, true), QUALITY_BIT(QUALITY_NO_INPUT));
}
END_TEST

static uint32_t level(int signal, int echo, double clipped)
{
    struct quality_levels l = {signal, echo, clipped};
    return quality_watch_levels(&w, &l, &quality_limits_default);
}

START_TEST(levels_have_margins)
{
    const int none = RTCP_UNKNOWN;

    start();
    ck_assert_uint_eq(level(-18, 40, 0), 0);
    ck_assert_uint_eq(level(-37, none, 0), QUALITY_BIT(QUALITY_LEVEL_LOW));
    ck_assert_uint_eq(level(none, none, 0), 0); /* silence says nothing */
    ck_assert_uint_eq(level(-35, none, 0), 0);
    ck_assert_uint_eq(level(-32, none, 0), QUALITY_BIT(QUALITY_LEVEL_LOW));
    ck_assert_uint_eq(level(-5, none, 0), QUALITY_BIT(QUALITY_LEVEL_HIGH));
    ck_assert_uint_eq(level(-8, none, 0.01), QUALITY_BIT(QUALITY_CLIPPING));
    ck_assert_uint_eq(level(-10, none, 0),
                      QUALITY_BIT(QUALITY_LEVEL_HIGH) | QUALITY_BIT(QUALITY_CLIPPING));
    ck_assert_uint_eq(level(-18, 12, 0), QUALITY_BIT(QUALITY_ECHO));
    ck_assert_uint_eq(level(-18, 27, 0), 0);
    ck_assert_uint_eq(level(-18, 28, 0), QUALITY_BIT(QUALITY_ECHO));
    ck_assert_uint_eq(w.on, 0);
    for (unsigned i = 0; i < QUALITY_EVENTS; i++)
        ck_assert_ptr_nonnull(quality_event_names[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("quality");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, intervals_are_scored_by_what_is_new);
    tcase_add_test(tc, discards_and_bursts_count);
    tcase_add_test(tc, delay_and_echo_spoil_conversation_not_listening);
    tcase_add_test(tc, another_stream_begins_anew);
    tcase_add_test(tc, remote_figures_come_from_reports);
    tcase_add_test(tc, voip_block_is_filled);
    tcase_add_test(tc, a_good_call_has_no_faults);
    tcase_add_test(tc, no_input_begins_once_and_ends_once);
    tcase_add_test(tc, no_output_is_what_the_far_end_reports);
    tcase_add_test(tc, a_far_end_without_reports_is_believed_to_hear);
    tcase_add_test(tc, dead_is_not_one_way);
    tcase_add_test(tc, hold_and_silence_suppression_are_no_faults);
    tcase_add_test(tc, levels_have_margins);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
