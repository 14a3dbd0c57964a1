/* Calls that the two sides may see differently: STATUS ENQUIRY and T322 (Q.931 5.8.10), STATUS with
 * another state (5.8.11), the data link set up anew (5.8.9), and the watch over every state.
 */
#include "test/unit/isdn_rig.h"

#define T322     (4 * RT_S)
#define TRAVEL   (100 * RT_MS)
#define WATCH    (11 * RT_S) /* within which it looks */
#define MINUTE   (60 * RT_S)
#define ENQUIRED 30 /* cause: response to STATUS ENQUIRY */
#define PROTOCOL 111

static uint64_t repairs, enquiries;

static void remember(void)
{
    rig_setup();
    repairs = rt_counted(&isdn_counters[ISDN_AUDIT_REPAIRS]);
    enquiries = rt_counted(&isdn_counters[ISDN_STATUS_ENQUIRIES]);
}

static void expect_repairs(unsigned n)
{
    ck_assert_uint_eq(rt_counted(&isdn_counters[ISDN_AUDIT_REPAIRS]) - repairs, n);
}

/** STATUS from whoever has the call `c`. */
static void say_status(struct isdn_call *c, uint8_t cause, uint8_t state)
{
    const struct isdn_ie_cause why = {.value = cause};
    const struct isdn_ie_state what = {.value = state};
    struct isdn_ie_value v[2];

    ck_assert_int_eq(isdn_ie_write_cause(&v[0], &why), 0);
    ck_assert_int_eq(isdn_ie_write_state(&v[1], &what), 0);
    ck_assert_int_eq(isdn_call_say(c, Q931_T_STATUS, v, 2), 0);
    fake_advance(TRAVEL);
}

/* ---- the link ---- */

static void wait_for_link(bool up)
{
    for (unsigned i = 0; i < 2; i++)
        for (unsigned n = 0; rig_status(i).dchannel_up != up && n < 60000; n++)
            fake_advance(RT_MS);
}

START_TEST(calls_that_outlive_the_link_are_asked_about)
{
    struct isdn_call *c = rig_active(USER);

    rig_cut();
    wait_for_link(false);
    rig.nwire = 0;
    isdn_memory_join(rig.side[NET].span, rig.side[USER].span);
    wait_for_link(true);
    fake_advance(2 * T322 + RT_S);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_ptr_nonnull(rig_said(i, Q931_T_STATUS_ENQUIRY, 0));
        ck_assert_ptr_null(rig_said(i, Q931_T_STATUS_ENQUIRY, 1));
    }
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_int_eq(rig.side[NET].in->state, CALL_ACTIVE);
    expect_repairs(0);
}
END_TEST

/** Thirty calls are asked about, four at a time, and none is lost. */
START_TEST(a_full_line_is_asked_in_turns)
{
    for (unsigned i = 0; i < 30; i++)
        rig_active(NET);
    rig.nwire = 0;
    isdn_audit_link(rig.side[NET].span->link);
    fake_advance(20 * RT_MS);
    ck_assert_ptr_null(rig_said(NET, Q931_T_STATUS_ENQUIRY, 4));
    fake_advance(2 * RT_S);
    ck_assert_ptr_nonnull(rig_said(NET, Q931_T_STATUS_ENQUIRY, 29));
    ck_assert_ptr_null(rig_said(NET, Q931_T_STATUS_ENQUIRY, 30));
    fake_advance(2 * T322);
    ck_assert_uint_eq(rig_status(NET).calls, 30);
    expect_repairs(0);
}
END_TEST

/* ---- T322 ---- */

START_TEST(t322_asks_again_and_then_clears_with_41)
{
    unsigned side = (unsigned)_i;
    struct isdn_call *c = rig_active(side);
    unsigned t = isdn_call_channel(c);

    rig.nwire = 0;
    rig.side[side].waits = true;
    rig.side[!side].deaf[Q931_T_STATUS_ENQUIRY] = true;
    isdn_audit_link(c->link);
    fake_advance(TRAVEL);
    const rt_time first = rig_said(side, Q931_T_STATUS_ENQUIRY, 0)->at;
    fake_advance(T322);
    rig_expect_after(first, rig_said(side, Q931_T_STATUS_ENQUIRY, 1)->at, T322);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    fake_advance(T322);
    ck_assert_ptr_null(rig_said(side, Q931_T_STATUS_ENQUIRY, 2));
    rig_expect_said_cause(side, Q931_T_DISCONNECT, 41, 0);
    rig_expect_cause(&rig_told(side, ISDN_EV_DISCONNECT)->ev.cause, 41, 0, "T322");
    fake_advance(RT_S);
    ck_assert_int_eq(rig_status(side).channel[t], ISDN_CH_IDLE);
    rig_expect_idle();
    expect_repairs(1);
    ck_assert_uint_eq(rt_counted(&isdn_counters[ISDN_STATUS_ENQUIRIES]) - enquiries, 2);
}
END_TEST

START_TEST(a_release_ends_t322)
{
    struct isdn_call *c = rig_active(USER);

    rig.side[NET].deaf[Q931_T_STATUS_ENQUIRY] = true;
    isdn_audit_link(c->link);
    fake_advance(TRAVEL);
    isdn_call_release(rig.side[NET].in, 16, 0);
    fake_advance(10 * RT_S);
    rig_expect_idle();
    expect_repairs(0);
}
END_TEST

START_TEST(what_the_far_end_forgot_is_ended_by_asking)
{
    struct isdn_call *c = rig_active(USER), *far = rig.side[NET].in;

    pri_destroycall(far->link->pri, far->q931);
    isdn_audit_link(c->link);
    fake_advance(RT_S);
    ck_assert_ptr_nonnull(rig_told(USER, ISDN_EV_RELEASED));
    ck_assert_uint_eq(rig_status(USER).calls, 0);
    expect_repairs(1);
}
END_TEST

/* ---- STATUS ---- */

/** It may have crossed with a message of ours: we ask, and the answer fits. */
START_TEST(another_state_unasked_is_asked_for_again)
{
    struct isdn_call *c = rig_active(USER);

    rig.nwire = 0;
    say_status(rig.side[NET].in, PROTOCOL, 3);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_STATUS_ENQUIRY, 0));
    fake_advance(10 * RT_S);
    ck_assert_ptr_null(rig_said(USER, Q931_T_STATUS_ENQUIRY, 1));
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    expect_repairs(0);
}
END_TEST

START_TEST(another_state_in_the_answer_clears_with_101)
{
    unsigned side = (unsigned)_i;
    struct isdn_call *c = rig_active(side);

    rig.side[side].waits = true;
    rig.side[!side].deaf[Q931_T_STATUS_ENQUIRY] = true;
    isdn_audit_link(c->link);
    fake_advance(TRAVEL);
    rig.nwire = 0;
    say_status(rig.side[!side].in, ENQUIRED, 3);
    rig_expect_said_cause(side, Q931_T_DISCONNECT, 101, 0);
    rig_expect_cause(&rig_told(side, ISDN_EV_DISCONNECT)->ev.cause, 101, 0, NULL);
    fake_advance(RT_S);
    rig_expect_idle();
    expect_repairs(1);
}
END_TEST

/** Null ends it at once, without a message (5.8.11). */
START_TEST(null_in_the_answer_ends_the_call)
{
    struct isdn_call *c = rig_active(USER);

    rig.side[NET].deaf[Q931_T_STATUS_ENQUIRY] = true;
    isdn_audit_link(c->link);
    fake_advance(TRAVEL);
    rig.nwire = 0;
    say_status(rig.side[NET].in, ENQUIRED, 0);
    ck_assert_ptr_null(rig_said(USER, Q931_T_DISCONNECT, 0));
    ck_assert_ptr_nonnull(rig_told(USER, ISDN_EV_RELEASED));
    ck_assert_uint_eq(rig_status(USER).calls, 0);
    expect_repairs(1);
}
END_TEST

/** Table 4-8, from both ends of the line, and what libpri makes of it. */
START_TEST(states_that_can_both_be_right_are_left_alone)
{
    static const uint8_t fits[] = {8, 10, 11, 12, 19};
    struct isdn_call *c = rig_active(USER);

    rig.side[NET].deaf[Q931_T_STATUS_ENQUIRY] = true;
    for (size_t i = 0; i < RT_COUNT(fits); i++) {
        isdn_audit_link(c->link);
        fake_advance(TRAVEL);
        say_status(rig.side[NET].in, ENQUIRED, fits[i]);
        ck_assert_int_eq(c->state, CALL_ACTIVE);
    }
    fake_advance(3 * T322);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    expect_repairs(0);
}
END_TEST

START_TEST(a_call_that_is_answered_meanwhile_is_no_mismatch)
{
    rig.side[NET].answers = false;
    struct isdn_call *c = rig_call(USER), *far = rig.side[NET].in;

    isdn_call_proceeding(far, 0);
    fake_advance(TRAVEL);
    rig.side[NET].deaf[Q931_T_STATUS_ENQUIRY] = true;
    isdn_audit_link(c->link);
    fake_advance(TRAVEL);
    isdn_call_connect(far, NULL);
    fake_advance(TRAVEL);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    say_status(far, ENQUIRED, 3); /* what it was when it was asked */
    fake_advance(3 * T322);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    expect_repairs(0);
}
END_TEST

/* ---- the watch ---- */

static void audit_each_minute(struct isdn_span_config *cfg)
{
    if (!cfg->network)
        cfg->audit = MINUTE;
}

START_TEST(active_calls_are_asked_about_as_the_plan_says)
{
    rig_open(audit_each_minute);
    rig_up();
    struct isdn_call *c = rig_active(USER);
    fake_advance(50 * RT_S);
    ck_assert_ptr_null(rig_said(USER, Q931_T_STATUS_ENQUIRY, 0));
    fake_advance(25 * RT_S);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_STATUS_ENQUIRY, 0));
    fake_advance(MINUTE + WATCH);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_STATUS_ENQUIRY, 1));
    ck_assert_ptr_null(rig_said(USER, Q931_T_STATUS_ENQUIRY, 2));
    ck_assert_ptr_null(rig_said(NET, Q931_T_STATUS_ENQUIRY, 0));
    ck_assert_int_eq(c->state, CALL_ACTIVE);
}
END_TEST

/** PROGRESS ends T310 and begins nothing. */
START_TEST(a_call_without_a_timer_is_asked_about_and_then_ended)
{
    struct isdn_call *c = rig_call(USER);
    struct isdn_channel_status st;

    isdn_call_progress(rig.side[NET].in, 8, 0);
    fake_advance(WATCH);
    isdn_channel_status(rig.side[USER].span, isdn_call_channel(c), &st);
    ck_assert_str_eq(st.timer, "supervision");
    ck_assert_int_gt(st.due, rt_now());
    rig.nwire = 0;
    c->seen_at -= 31 * MINUTE;
    c->audited -= 31 * MINUTE;
    fake_advance(WATCH);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_STATUS_ENQUIRY, 0));
    ck_assert_int_eq(c->state, CALL_OUTGOING);
    c->seen_at -= 31 * MINUTE;
    fake_advance(WATCH);
    rig_expect_cause(&rig_told(USER, ISDN_EV_DISCONNECT)->ev.cause, 102, 0, "supervision");
    fake_advance(RT_S);
    rig_expect_idle();
    expect_repairs(1);
}
END_TEST

START_TEST(a_release_that_never_ends_is_forgotten_and_its_channel_restarted)
{
    struct isdn_call *c = rig_active(USER);
    unsigned t = isdn_call_channel(c);

    rig.side[NET].deaf[Q931_T_DISCONNECT] = true;
    isdn_call_release(c, 16, 0);
    fake_advance(WATCH);
    rig.nwire = 0;
    c->seen_at -= 30 * MINUTE;
    fake_advance(WATCH);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_RESTART, 0));
    fake_advance(RT_S);
    ck_assert_int_eq(rig_status(USER).channel[t], ISDN_CH_IDLE);
    rig_expect_idle();
}
END_TEST

START_TEST(what_ends_a_state_can_be_seen)
{
    struct isdn_call *c = rig_call(USER);
    struct isdn_channel_status st;

    isdn_channel_status(rig.side[USER].span, isdn_call_channel(c), &st);
    ck_assert_str_eq(st.call_state, "setup");
    ck_assert_str_eq(st.timer, "t303");
    ck_assert_int_eq(st.due, 0); /* libpri's */
    isdn_call_proceeding(rig.side[NET].in, 0);
    fake_advance(TRAVEL);
    isdn_channel_status(rig.side[USER].span, isdn_call_channel(c), &st);
    ck_assert_str_eq(st.call_state, "outgoing proceeding");
    ck_assert_str_eq(st.timer, "t310");
    ck_assert_int_gt(st.due, rt_now());
}
END_TEST

static void fill(Suite *s)
{
    TCase *tc = tcase_create("status"), *watch = tcase_create("watch"), *own = tcase_create("own");

    tcase_add_checked_fixture(tc, remember, rig_close);
    tcase_add_test(tc, calls_that_outlive_the_link_are_asked_about);
    tcase_add_test(tc, a_full_line_is_asked_in_turns);
    tcase_add_loop_test(tc, t322_asks_again_and_then_clears_with_41, 0, 2);
    tcase_add_test(tc, a_release_ends_t322);
    tcase_add_test(tc, what_the_far_end_forgot_is_ended_by_asking);
    tcase_add_test(tc, another_state_unasked_is_asked_for_again);
    tcase_add_loop_test(tc, another_state_in_the_answer_clears_with_101, 0, 2);
    tcase_add_test(tc, null_in_the_answer_ends_the_call);
    tcase_add_test(tc, states_that_can_both_be_right_are_left_alone);
    tcase_add_test(tc, a_call_that_is_answered_meanwhile_is_no_mismatch);
    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(watch, remember, rig_close);
    tcase_add_test(watch, a_call_without_a_timer_is_asked_about_and_then_ended);
    tcase_add_test(watch, a_release_that_never_ends_is_forgotten_and_its_channel_restarted);
    tcase_add_test(watch, what_ends_a_state_can_be_seen);
    suite_add_tcase(s, watch);
    tcase_add_checked_fixture(own, NULL, rig_close);
    tcase_add_test(own, active_calls_are_asked_about_as_the_plan_says);
    suite_add_tcase(s, own);
}

int main(void)
{
    return rig_run("isdn audit", fill);
}
