/* The timers of Q.931 table 9-1, each at its instant: with its default, and as configured. */
#include "test/unit/isdn_rig.h"

/** What each timer lasts in this test. */
static struct isdn_span_config t;

static const struct isdn_span_config shorter = {.timer[ISDN_T301] = 20 * RT_S,
                                                .timer[ISDN_T302] = 7 * RT_S,
                                                .timer[ISDN_T303] = 3 * RT_S,
                                                .timer[ISDN_T304] = 9 * RT_S,
                                                .timer[ISDN_T305] = 11 * RT_S,
                                                .timer[ISDN_T308] = 2 * RT_S,
                                                .timer[ISDN_T309] = 30 * RT_S,
                                                .timer[ISDN_T310] = 5 * RT_S,
                                                .timer[ISDN_T313] = 1500 * RT_MS,
                                                .timer[ISDN_T316] = 40 * RT_S};

static void configure(struct isdn_span_config *cfg)
{
    memcpy(cfg->timer, shorter.timer, sizeof cfg->timer);
}

/* Each test runs four times: bit 0 is the side whose timer it is, bit 1 says configured. */
#define RUNS 4

static unsigned begin(int i)
{
    unsigned side = (unsigned)i & 1;
    /* table 9-1 (network) and 9-2 (user) */
    static const struct isdn_span_config usual[2] = {[NET] = {.timer[ISDN_T301] = 180 * RT_S,
                                                              .timer[ISDN_T302] = 15 * RT_S,
                                                              .timer[ISDN_T303] = 4 * RT_S,
                                                              .timer[ISDN_T304] = 20 * RT_S,
                                                              .timer[ISDN_T305] = 30 * RT_S,
                                                              .timer[ISDN_T308] = 4 * RT_S,
                                                              .timer[ISDN_T309] = 6 * RT_S,
                                                              .timer[ISDN_T310] = 10 * RT_S,
                                                              .timer[ISDN_T316] = 120 * RT_S},
                                                     [USER] = {.timer[ISDN_T301] = 180 * RT_S,
                                                               .timer[ISDN_T302] = 15 * RT_S,
                                                               .timer[ISDN_T303] = 4 * RT_S,
                                                               .timer[ISDN_T304] = 30 * RT_S,
                                                               .timer[ISDN_T305] = 30 * RT_S,
                                                               .timer[ISDN_T308] = 4 * RT_S,
                                                               .timer[ISDN_T309] = 6 * RT_S,
                                                               .timer[ISDN_T310] = 60 * RT_S,
                                                               .timer[ISDN_T313] = 4 * RT_S,
                                                               .timer[ISDN_T316] = 120 * RT_S}};

    t = i & 2 ? shorter : usual[side];
    rig_open(i & 2 ? configure : NULL);
    rig_up();
    return side;
}

/** It ended by that timer `delay` after `from`, and the far end knows why. */
static void expect_expiry(unsigned side, rt_time from, rt_time delay, unsigned cause,
                          const char *timer)
{
    fake_advance(from + delay - rt_now() - RT_MS);
    ck_assert_ptr_null(rig_told(side, ISDN_EV_DISCONNECT));
    fake_advance(200 * RT_MS);
    const struct rig_note *n = rig_told(side, ISDN_EV_DISCONNECT);
    ck_assert_ptr_nonnull(n);
    rig_expect_after(from, n->at, delay);
    rig_expect_cause(&n->ev.cause, cause, 0, timer);
    rig_expect_cause(&rig_told(side, ISDN_EV_RELEASED)->ev.cause, cause, 0, timer);
    rig_expect_cause(&rig_told(!side, ISDN_EV_DISCONNECT)->ev.cause,
                     rig_said(side, Q931_T_DISCONNECT, 0)->view.cause, 0, NULL);
    rig_expect_idle();
}

START_TEST(t301_ends_a_call_nobody_answers)
{
    unsigned side = begin(_i);

    rig_call(side);
    isdn_call_alerting(rig.side[!side].in, 0);
    fake_advance(100 * RT_MS);
    expect_expiry(side, rig_told(side, ISDN_EV_ALERTING)->at, t.timer[ISDN_T301], 19, "T301");
    rig_close();
}
END_TEST

START_TEST(t302_says_the_number_is_complete)
{
    unsigned side = begin(_i);
    struct isdn_setup in = rig_words("0", false);
    struct isdn_call *c = rig_place(!side, &in);

    fake_advance(50 * RT_MS);
    isdn_call_setup_ack(rig.side[side].in, 0);
    fake_advance(t.timer[ISDN_T302] - RT_S);
    isdn_call_information(c, "1", false); /* restarts it */
    fake_advance(t.timer[ISDN_T302] - RT_S);
    ck_assert_ptr_null(rig_told(side, ISDN_EV_COMPLETE));
    fake_advance(2 * RT_S);
    rig_expect_after(rig_told(side, ISDN_EV_INFORMATION)->at, rig_told(side, ISDN_EV_COMPLETE)->at,
                     t.timer[ISDN_T302]);
    ck_assert_uint_eq(rig_times_told(side, ISDN_EV_COMPLETE), 1);
    isdn_call_release(rig.side[side].in, 28, 0);
    fake_advance(100 * RT_MS);
    rig_expect_said_cause(side, Q931_T_DISCONNECT, 28, 0);
    rig_expect_idle();
    rig_close();
}
END_TEST

START_TEST(t303_repeats_setup_once_and_gives_up)
{
    unsigned side = begin(_i);

    rig.side[!side].deaf[Q931_T_SETUP] = true;
    rig_call(side);
    rt_time first = rig_said(side, Q931_T_SETUP, 0)->at;
    fake_advance(2 * t.timer[ISDN_T303] + RT_S);
    rig_expect_after(first, rig_said(side, Q931_T_SETUP, 1)->at, t.timer[ISDN_T303]);
    ck_assert_ptr_null(rig_said(side, Q931_T_SETUP, 2));
    const struct rig_note *n = rig_told(side, ISDN_EV_RELEASED);
    rig_expect_after(first, n->at, 2 * t.timer[ISDN_T303]);
    rig_expect_cause(&n->ev.cause, 102, 0, "T303");
    /* 5.2.5.3, table 9-2: who was silent is told */
    rig_expect_after(first, rig_said(side, Q931_T_RELEASE_COMPLETE, 0)->at, 2 * t.timer[ISDN_T303]);
    rig_expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_setup_lost_once_is_a_call_all_the_same)
{
    unsigned side = begin(_i);

    rig.side[!side].deaf[Q931_T_SETUP] = true;
    struct isdn_call *c = rig_call(side);
    rig.side[!side].deaf[Q931_T_SETUP] = false;
    rig.side[!side].answers = true;
    fake_advance(t.timer[ISDN_T303] + RT_S);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    rig_close();
}
END_TEST

START_TEST(t304_ends_a_call_whose_digits_are_not_enough)
{
    unsigned side = begin(_i);
    struct isdn_setup in = rig_words("0", false);
    struct isdn_call *c = rig_place(side, &in);

    fake_advance(50 * RT_MS);
    isdn_call_setup_ack(rig.side[!side].in, 0);
    isdn_call_stop_timer(rig.side[!side].in); /* its T302 is not what is tested */
    fake_advance(t.timer[ISDN_T304] - RT_S);
    isdn_call_information(c, "1", false);
    isdn_call_stop_timer(rig.side[!side].in);
    rt_time from = rt_now();
    rig.side[!side].nnotes = 0;
    expect_expiry(side, from, t.timer[ISDN_T304], 102, "T304");
    rig_close();
}
END_TEST

START_TEST(t310_ends_a_call_that_goes_no_further)
{
    unsigned side = begin(_i);

    rig_call(side);
    isdn_call_proceeding(rig.side[!side].in, 0);
    fake_advance(100 * RT_MS);
    expect_expiry(side, rig_told(side, ISDN_EV_PROCEEDING)->at, t.timer[ISDN_T310], 102, "T310");
    rig_close();
}
END_TEST

START_TEST(progress_stops_t310)
{
    unsigned side = begin(_i);
    struct isdn_call *c = rig_call(side);

    isdn_call_proceeding(rig.side[!side].in, 0);
    isdn_call_progress(rig.side[!side].in, 8, 0);
    fake_advance(300 * RT_S);
    ck_assert_int_eq(c->state, CALL_OUTGOING);
    rig_close();
}
END_TEST

/** The user's alone (5.2.8). */
START_TEST(t313_ends_a_call_whose_connect_is_not_acknowledged)
{
    begin(_i | USER);
    rig.side[USER].deaf[Q931_T_CONNECT_ACK] = true;
    rig_call(NET);
    isdn_call_alerting(rig.side[USER].in, 0);
    isdn_call_connect(rig.side[USER].in, NULL);
    expect_expiry(USER, rt_now(), t.timer[ISDN_T313], 102, "T313");
    rig_close();
}
END_TEST

START_TEST(the_network_does_not_wait_for_connect_acknowledge)
{
    begin(_i & ~1);
    rig.side[NET].deaf[Q931_T_CONNECT_ACK] = true;
    rig_call(USER);
    isdn_call_connect(rig.side[NET].in, NULL);
    fake_advance(60 * RT_S);
    ck_assert_int_eq(rig.side[NET].in->state, CALL_ACTIVE);
    rig_close();
}
END_TEST

/* ---- clearing ---- */

START_TEST(t305_then_t308_twice_and_the_channel_is_restarted)
{
    unsigned side = begin(_i);
    struct isdn_call *c = rig_active(side);

    rig.side[!side].deaf[Q931_T_DISCONNECT] = true;
    rig.side[!side].deaf[Q931_T_RELEASE] = true;
    rig.side[!side].deaf[Q931_T_RESTART] = true;
    unsigned channel = isdn_call_channel(c);
    isdn_call_release(c, 31, 2);
    rt_time from = rt_now();
    fake_advance(t.timer[ISDN_T305] + 2 * t.timer[ISDN_T308] + RT_S);
    const struct rig_message *first = rig_said(side, Q931_T_RELEASE, 0);
    const struct rig_message *second = rig_said(side, Q931_T_RELEASE, 1);
    rig_expect_after(from, first->at, t.timer[ISDN_T305]);
    rig_expect_after(first->at, second->at, t.timer[ISDN_T308]);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(rig_said(side, Q931_T_RELEASE, i)->view.cause, 31);
        ck_assert_uint_eq(rig_said(side, Q931_T_RELEASE, i)->view.location, 2);
    }
    const struct rig_note *n = rig_told(side, ISDN_EV_RELEASED);
    rig_expect_after(second->at, n->at, t.timer[ISDN_T308]);
    rig_expect_cause(&n->ev.cause, 31, 2, "T308");
    ck_assert_int_eq(rig_status(side).channel[channel], ISDN_CH_RESTARTING);
    ck_assert_ptr_nonnull(rig_said(side, Q931_T_RESTART, 0));
    rig.side[!side].deaf[Q931_T_RESTART] = false;
    fake_advance(t.timer[ISDN_T316] + RT_S);
    ck_assert_int_eq(rig_status(side).channel[channel], ISDN_CH_IDLE);
    rig_expect_cause(&rig_told(!side, ISDN_EV_RELEASED)->ev.cause, 41, 0, NULL);
    rig_expect_idle();
    rig_close();
}
END_TEST

START_TEST(a_release_that_answers_no_disconnect_ends_at_t305)
{
    unsigned side = begin(_i);
    struct isdn_call *c = rig_active(side);

    rig.side[!side].waits = true; /* hears DISCONNECT and does nothing */
    isdn_call_release(c, 16, 0);
    rt_time from = rt_now();
    fake_advance(t.timer[ISDN_T305] + RT_S);
    rig_expect_after(from, rig_said(side, Q931_T_RELEASE, 0)->at, t.timer[ISDN_T305]);
    rig_expect_idle();
    rig_close();
}
END_TEST

START_TEST(t306_ends_the_tones)
{
    unsigned side = begin(_i);

    rig_active(!side);
    rig.side[!side].waits = true;
    isdn_call_disconnect_tones(rig.side[side].in, 17, 2);
    rt_time from = rt_now();
    fake_advance(30 * RT_S - RT_MS);
    ck_assert_ptr_null(rig_said(side, Q931_T_RELEASE, 0));
    fake_advance(200 * RT_MS);
    rig_expect_after(from, rig_said(side, Q931_T_RELEASE, 0)->at, 30 * RT_S);
    rig_expect_said_cause(side, Q931_T_RELEASE, 17, 2);
    rig_expect_cause(&rig_told(side, ISDN_EV_RELEASED)->ev.cause, 17, 2, "T306");
    rig_expect_idle();
    rig_close();
}
END_TEST

START_TEST(after_t306_an_unanswered_release_is_repeated)
{
    unsigned side = begin(_i);

    rig_active(!side);
    rig.side[!side].waits = true;
    rig.side[!side].deaf[Q931_T_RELEASE] = true;
    isdn_call_disconnect_tones(rig.side[side].in, 17, 2);
    rt_time from = rt_now();
    fake_advance(30 * RT_S + 3 * t.timer[ISDN_T308] + RT_S);
    for (unsigned i = 0; i < 3; i++)
        rig_expect_after(from, rig_said(side, Q931_T_RELEASE, i)->at,
                         30 * RT_S + i * t.timer[ISDN_T308]);
    rig_expect_cause(&rig_told(side, ISDN_EV_RELEASED)->ev.cause, 17, 2, "T308");
    rig_close();
}
END_TEST

START_TEST(a_listener_that_forgets_to_release_is_told_again)
{
    unsigned side = begin(_i);

    rig_active(side);
    rig.side[side].waits = true;
    rig.side[!side].span->timers[ISDN_T306] = 300 * RT_S;
    isdn_call_disconnect_tones(rig.side[!side].in, 17, 2);
    fake_advance(100 * RT_MS);
    rt_time from = rig_told(side, ISDN_EV_DISCONNECT)->at;
    ck_assert_uint_eq(rig_told(side, ISDN_EV_DISCONNECT)->ev.progress, 8);
    rig.side[side].waits = false;
    fake_advance(30 * RT_S);
    const struct rig_note *n = rig_told(side, ISDN_EV_DISCONNECT);
    rig_expect_after(from, n->at, 30 * RT_S);
    ck_assert_uint_eq(n->ev.progress, 0);
    rig_expect_cause(&n->ev.cause, 17, 2, NULL);
    rig_expect_idle();
    rig_close();
}
END_TEST

/* ---- the data link ---- */

/* Q.921 5.8.4, 5.5.1.3: when nothing is acknowledged the link is established anew; SABME goes out
 * 1 + N200 times, T200 apart, before layer 3 hears of a release (5.8.9 of Q.931). */
#define REESTABLISHING (4 * RT_S)

static rt_time lose_link(unsigned side)
{
    rig_cut();
    while (rig_status(side).dchannel_up)
        fake_advance(RT_MS);
    return rig_status(side).dchannel_since + REESTABLISHING;
}

START_TEST(t309_keeps_active_calls_and_then_clears_them_with_27)
{
    unsigned side = begin(_i);
    struct isdn_call *c = rig_active(side);
    rt_time down = lose_link(side);

    fake_advance(down + t.timer[ISDN_T309] - rt_now() - 2 * RT_MS);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_ptr_null(rig_told(side, ISDN_EV_RELEASED));
    fake_advance(RT_S);
    const struct rig_note *n = rig_told(side, ISDN_EV_RELEASED);
    ck_assert_ptr_nonnull(n);
    rig_expect_after(down, n->at, t.timer[ISDN_T309]);
    rig_expect_cause(&n->ev.cause, 27, 0, "T309");
    fake_advance(t.timer[ISDN_T309] + 30 * RT_S);
    ck_assert_ptr_nonnull(rig_told(!side, ISDN_EV_RELEASED));
    rig_expect_idle();
    rig_close();
}
END_TEST

START_TEST(calls_not_answered_yet_go_with_the_link)
{
    unsigned side = begin(_i);

    rig_call(side);
    isdn_call_alerting(rig.side[!side].in, 0);
    fake_advance(50 * RT_MS);
    rt_time down = lose_link(side);
    fake_advance(down - rt_now() + RT_MS);
    const struct rig_note *n = rig_told(side, ISDN_EV_RELEASED);
    ck_assert_ptr_nonnull(n);
    rig_expect_after(down, n->at, 0);
    rig_expect_cause(&n->ev.cause, 27, 0, NULL);
    ck_assert(n->ev.cause.local);
    fake_advance(30 * RT_S);
    rig_expect_idle();
    rig_close();
}
END_TEST

/** Q.921's timers are libpri's: it must not see that somebody sets the clock. */
START_TEST(a_clock_that_is_set_moves_no_timer_of_q921)
{
    static const rt_time steps[] = {0, -3600 * RT_S, 3600 * RT_S};
    rt_time took[RT_COUNT(steps)];

    for (unsigned i = 0; i < RT_COUNT(steps); i++) {
        unsigned side = begin(NET);
        fake_advance(RT_S);
        rt_time from = rt_now();
        fake_wall_step(steps[i]);
        rig_cut();
        while (rig_status(side).dchannel_up && rt_now() - from < 120 * RT_S)
            fake_advance(RT_MS);
        took[i] = rt_now() - from;
        rig_close();
    }
    ck_assert_int_lt(took[0], 120 * RT_S);
    ck_assert_int_eq(took[1], took[0]);
    ck_assert_int_eq(took[2], took[0]);
}
END_TEST

static void fill(Suite *s)
{
    TCase *tc = tcase_create("timers");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, t301_ends_a_call_nobody_answers, 0, RUNS);
    tcase_add_loop_test(tc, t302_says_the_number_is_complete, 0, RUNS);
    tcase_add_loop_test(tc, t303_repeats_setup_once_and_gives_up, 0, RUNS);
    tcase_add_loop_test(tc, a_setup_lost_once_is_a_call_all_the_same, 0, RUNS);
    tcase_add_loop_test(tc, t304_ends_a_call_whose_digits_are_not_enough, 0, RUNS);
    tcase_add_loop_test(tc, t310_ends_a_call_that_goes_no_further, 0, RUNS);
    tcase_add_loop_test(tc, progress_stops_t310, 0, RUNS);
    tcase_add_loop_test(tc, t313_ends_a_call_whose_connect_is_not_acknowledged, 0, RUNS);
    tcase_add_loop_test(tc, the_network_does_not_wait_for_connect_acknowledge, 0, RUNS);
    tcase_add_loop_test(tc, t305_then_t308_twice_and_the_channel_is_restarted, 0, RUNS);
    tcase_add_loop_test(tc, a_release_that_answers_no_disconnect_ends_at_t305, 0, RUNS);
    tcase_add_loop_test(tc, t306_ends_the_tones, 0, RUNS);
    tcase_add_loop_test(tc, after_t306_an_unanswered_release_is_repeated, 0, RUNS);
    tcase_add_loop_test(tc, a_listener_that_forgets_to_release_is_told_again, 0, RUNS);
    tcase_add_loop_test(tc, t309_keeps_active_calls_and_then_clears_them_with_27, 0, RUNS);
    tcase_add_loop_test(tc, calls_not_answered_yet_go_with_the_link, 0, RUNS);
    tcase_add_test(tc, a_clock_that_is_set_moves_no_timer_of_q921);
    suite_add_tcase(s, tc);
}

int main(void)
{
    return rig_run("isdn timers", fill);
}
