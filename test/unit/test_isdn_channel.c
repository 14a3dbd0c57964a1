/* Channels: who gets which (Q.931 5.1.2, 5.2.3, 5.7), RESTART (5.5), and the D channel's own life.
 */
#include "test/unit/isdn_rig.h"

#define CALLED  "4711"
#define ONLY(t) (1u << (t))
#define T316    (120 * RT_S)
#define TRAVEL  (100 * RT_MS)

static int place_on(struct isdn_call **c, unsigned side, uint32_t channels)
{
    struct isdn_setup in = rig_words(CALLED, true);

    *c = NULL;
    return isdn_call_setup(c, rig.side[side].span, channels, ISDN_ASCENDING, &in, &rig.side[side]);
}

static enum isdn_channel_state state(unsigned side, unsigned t)
{
    return rig_status(side).channel[t];
}

/* ---- hunting ---- */

START_TEST(channels_are_hunted_from_either_end)
{
    struct isdn_setup in = rig_words(CALLED, true);
    struct isdn_call *c;
    static const struct {
        enum isdn_hunt hunt;
        uint32_t channels;
        unsigned want;
    } table[] = {{ISDN_ASCENDING, ALL, 1},         {ISDN_DESCENDING, ALL, 31},
                 {ISDN_ASCENDING, ALL, 2},         {ISDN_DESCENDING, ALL, 30},
                 {ISDN_ASCENDING, 0x00ff0000, 17}, /* 16 is the D channel */
                 {ISDN_DESCENDING, 0x0000f000, 15}};

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        ck_assert_int_eq(isdn_call_setup(&c, rig.side[USER].span, table[i].channels, table[i].hunt,
                                         &in, &rig.side[USER]),
                         0);
        ck_assert_uint_eq(isdn_call_channel(c), table[i].want);
    }
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[USER].span, ALL), 24);
}
END_TEST

START_TEST(when_all_are_busy_it_is_enospc_and_nothing_is_left)
{
    struct isdn_call *c;

    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(place_on(&c, USER, 0x0e), 0);
    ck_assert_int_eq(place_on(&c, USER, 0x0e), ENOSPC);
    ck_assert_int_eq(place_on(&c, USER, 0), ENOSPC);
    ck_assert_int_eq(place_on(&c, USER, ONLY(16)), ENOSPC);
    ck_assert_uint_eq(rig_status(USER).calls, 3);
}
END_TEST

START_TEST(a_setup_that_cannot_be_sent_leaves_nothing)
{
    struct isdn_setup in = rig_words("", true); /* libpri wants a called number */
    struct isdn_call *c = NULL;

    int err = isdn_call_setup(&c, rig.side[USER].span, ALL, ISDN_ASCENDING, &in, &rig.side[USER]);
    fake_advance(TRAVEL);
    if (err == 0)
        isdn_call_release(c, 16, 0);
    fake_advance(RT_S);
    rig_expect_idle();
}
END_TEST

START_TEST(a_blocked_channel_is_not_hunted)
{
    struct isdn_span *s = rig.side[USER].span;
    struct isdn_call *c;

    ck_assert_int_eq(isdn_channel_block(s, 1, true), 0);
    ck_assert_int_eq(isdn_channel_block(s, 16, true), EINVAL);
    ck_assert_int_eq(isdn_channel_block(s, 0, true), EINVAL);
    ck_assert_int_eq(isdn_channel_block(s, 32, true), EINVAL);
    ck_assert_int_eq(state(USER, 1), ISDN_CH_BLOCKED);
    ck_assert_uint_eq(isdn_span_free_channels(s, ALL), 29);
    ck_assert_int_eq(place_on(&c, USER, ALL), 0);
    ck_assert_uint_eq(isdn_call_channel(c), 2);
    isdn_channel_block(s, 1, false);
    ck_assert_int_eq(state(USER, 1), ISDN_CH_IDLE);
}
END_TEST

START_TEST(channels_have_their_names)
{
    ck_assert_str_eq(isdn_channel_state_name(state(USER, 0)), "none");
    ck_assert_str_eq(isdn_channel_state_name(state(USER, 1)), "idle");
    ck_assert_str_eq(isdn_channel_state_name(state(USER, 16)), "signalling");
}
END_TEST

/* ---- the channel of a SETUP ---- */

START_TEST(a_preferred_channel_that_is_busy_becomes_another)
{
    unsigned side = (unsigned)_i;
    struct isdn_call *c;

    isdn_channel_block(rig.side[!side].span, 5, true);
    ck_assert_int_eq(place_on(&c, side, ONLY(5)), 0);
    fake_advance(TRAVEL);
    ck_assert_uint_eq(rig.side[!side].setup.channel, 1);
    isdn_call_proceeding(rig.side[!side].in, 0);
    fake_advance(TRAVEL);
    ck_assert_uint_eq(isdn_call_channel(c), 1);
    ck_assert_uint_eq(rig_told(side, ISDN_EV_PROCEEDING)->ev.channel, 1);
    ck_assert_int_eq(state(side, 5), ISDN_CH_IDLE);
    ck_assert_int_eq(state(side, 1), ISDN_CH_BUSY);
}
END_TEST

START_TEST(when_the_called_side_has_no_channel_it_refuses_with_34)
{
    unsigned side = (unsigned)_i;
    struct isdn_call *c;

    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        isdn_channel_block(rig.side[!side].span, t, true);
    ck_assert_int_eq(place_on(&c, side, ALL), 0);
    fake_advance(TRAVEL);
    ck_assert_uint_eq(rig.side[!side].setups, 0);
    ck_assert_uint_eq(rig.side[!side].nnotes, 0); /* its owner never heard of it */
    rig_expect_said_cause(!side, Q931_T_RELEASE_COMPLETE, 34, 0);
    rig_expect_cause(&rig_told(side, ISDN_EV_RELEASED)->ev.cause, 34, 0, NULL);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(rig_status(i).calls, 0);
        rig_expect_no_records(i);
    }
}
END_TEST

/** The rules themselves, for what our own SETUP never says. */
START_TEST(an_exclusive_channel_is_that_or_none)
{
    struct isdn_span *s = rig.side[NET].span;
    static const struct {
        unsigned wanted;
        bool exclusive;
        unsigned cause, channel;
    } table[] = {{7, true, 0, 7},   {7, true, 44, 0},  {7, false, 0, 1},  {0xff, false, 0, 2},
                 {16, true, 82, 0}, {16, false, 0, 3}, {40, true, 82, 0}, {0, true, 0, 4}};

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        struct isdn_call *c = isdn_call_new(s->link, pri_new_call(s->link->pri), false);
        ck_assert_uint_eq(isdn_channel_settle(c, table[i].wanted, table[i].exclusive),
                          table[i].cause);
        ck_assert_uint_eq(isdn_call_channel(c), table[i].channel);
    }
}
END_TEST

/* ---- both at once ---- */

START_TEST(glare_the_network_keeps_the_channel_and_both_calls_live)
{
    struct isdn_call *net, *user;
    uint64_t before = rt_counted(&isdn_counters[ISDN_GLARES]);

    rig.side[NET].answers = rig.side[USER].answers = true;
    ck_assert_int_eq(place_on(&net, NET, ALL), 0);
    ck_assert_int_eq(place_on(&user, USER, ALL), 0);
    ck_assert_uint_eq(isdn_call_channel(net), 1);
    ck_assert_uint_eq(isdn_call_channel(user), 1);
    fake_advance(RT_S);
    ck_assert_int_eq(net->state, CALL_ACTIVE);
    ck_assert_int_eq(user->state, CALL_ACTIVE);
    ck_assert_uint_eq(isdn_call_channel(net), 1);
    ck_assert_uint_eq(isdn_call_channel(user), 2);
    ck_assert_uint_eq(isdn_call_channel(rig.side[USER].in), 1);
    ck_assert_uint_eq(isdn_call_channel(rig.side[NET].in), 2);
    ck_assert_uint_eq(rt_counted(&isdn_counters[ISDN_GLARES]), before + 2);
    isdn_call_release(net, 16, 0);
    isdn_call_release(user, 16, 0);
    fake_advance(RT_S);
    rig_expect_idle();
}
END_TEST

START_TEST(glare_on_the_last_channel_costs_the_users_call)
{
    struct isdn_call *net, *user;

    for (unsigned i = 0; i < 2; i++)
        for (unsigned t = 2; t < ISDN_TIMESLOTS; t++)
            isdn_channel_block(rig.side[i].span, t, true);
    rig.side[USER].answers = true;
    ck_assert_int_eq(place_on(&net, NET, ALL), 0);
    ck_assert_int_eq(place_on(&user, USER, ALL), 0);
    fake_advance(RT_S);
    ck_assert_int_eq(net->state, CALL_ACTIVE);
    rig_expect_cause(&rig_told(USER, ISDN_EV_RELEASED)->ev.cause, 34, 0, NULL);
    ck_assert_uint_eq(rig_status(USER).calls, 1);
    ck_assert_int_eq(state(USER, 1), ISDN_CH_BUSY);
    isdn_call_release(net, 16, 0);
    fake_advance(RT_S);
    ck_assert_int_eq(state(USER, 1), ISDN_CH_IDLE);
    ck_assert_uint_eq(rig_status(NET).calls + rig_status(USER).calls, 0);
}
END_TEST

START_TEST(thirty_from_each_side_at_once_share_the_channels)
{
    struct isdn_call *c;

    rig.side[NET].answers = rig.side[USER].answers = true;
    for (unsigned i = 0; i < 30; i++) {
        ck_assert_int_eq(place_on(&c, NET, ALL), 0);
        ck_assert_int_eq(place_on(&c, USER, ALL), 0);
    }
    fake_advance(5 * RT_S);
    ck_assert_uint_eq(rig_status(NET).calls, 30);
    ck_assert_uint_eq(rig_status(USER).calls, 30);
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        for (unsigned i = 0; i < 2 && t != 16; i++)
            ck_assert_int_eq(state(i, t), ISDN_CH_BUSY);
    for (unsigned i = 0; i < 2; i++)
        while (rig.side[i].span->group->calls &&
               rig.side[i].span->group->calls->state == CALL_ACTIVE) {
            isdn_call_release(rig.side[i].span->group->calls, 16, 0);
            fake_advance(TRAVEL);
        }
    rig_expect_idle();
}
END_TEST

/* ---- RESTART ---- */

START_TEST(every_channel_is_restarted_when_the_d_channel_first_comes_up)
{
    isdn_memory_join(rig.side[NET].span, rig.side[USER].span);
    fake_advance(10 * RT_S);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_ptr_nonnull(rig_said(i, Q931_T_RESTART, 29));
        ck_assert_ptr_null(rig_said(i, Q931_T_RESTART, 30));
        ck_assert_ptr_nonnull(rig_said(i, Q931_T_RESTART_ACK, 29));
    }
    rig_expect_idle();
    ck_assert_uint_eq(rig.side[USER].changes, 1);
}
END_TEST

START_TEST(a_restart_of_one_channel_ends_its_call_alone)
{
    unsigned side = (unsigned)_i;
    struct isdn_call *first = rig_active(side), *second = rig_active(side);
    unsigned t = isdn_call_channel(first);

    rig.side[!side].span->channel[t].state = ISDN_CH_IDLE; /* as if it had forgotten the call */
    isdn_restart_channel(rig.side[!side].span, t);
    fake_advance(TRAVEL);
    const struct rig_note *n = rig_told(side, ISDN_EV_RELEASED);
    ck_assert_ptr_eq(n->call, first);
    rig_expect_cause(&n->ev.cause, 41, 0, NULL);
    ck_assert_int_eq(state(side, t), ISDN_CH_IDLE);
    ck_assert_int_eq(second->state, CALL_ACTIVE);
    ck_assert_uint_eq(rig_times_told(side, ISDN_EV_RELEASED), 1);
}
END_TEST

START_TEST(a_restart_of_all_channels_ends_every_call)
{
    unsigned side = (unsigned)_i;

    for (unsigned i = 0; i < 5; i++)
        rig_active(side);
    isdn_restart_received(rig.side[side].span->link, NULL, 0);
    fake_advance(TRAVEL);
    ck_assert_uint_eq(rig_times_told(side, ISDN_EV_RELEASED), 5);
    ck_assert_uint_eq(rig_status(side).calls, 0);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[side].span, ALL), 30);
    rig_expect_no_records(side);
}
END_TEST

START_TEST(a_far_end_that_starts_anew_clears_what_it_forgot)
{
    rig_active(NET);
    rig_active(NET);
    rig_active(USER);
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++) /* the network has lost its memory */
        if (state(NET, t) == ISDN_CH_BUSY)
            rig.side[NET].span->channel[t].state = ISDN_CH_IDLE;
    isdn_span_restart(rig.side[NET].span);
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(rig_status(USER).calls, 0);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[USER].span, ALL), 30);
}
END_TEST

START_TEST(a_restart_never_answered_blocks_the_channel)
{
    unsigned side = (unsigned)_i;

    rig.side[!side].deaf[Q931_T_RESTART] = true;
    isdn_restart_channel(rig.side[side].span, 9);
    rt_time from = rt_now();
    fake_advance(T316 - RT_MS);
    ck_assert_ptr_null(rig_said(side, Q931_T_RESTART, 1));
    fake_advance(TRAVEL);
    rig_expect_after(from, rig_said(side, Q931_T_RESTART, 1)->at, T316);
    ck_assert_int_eq(state(side, 9), ISDN_CH_RESTARTING);
    fake_advance(T316);
    ck_assert_ptr_null(rig_said(side, Q931_T_RESTART, 2)); /* N316 is 2 */
    ck_assert_int_eq(state(side, 9), ISDN_CH_BLOCKED);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[side].span, ALL), 29);
    rig.side[!side].deaf[Q931_T_RESTART] = false;
    isdn_restart_channel(rig.side[!side].span, 9); /* it lives again */
    fake_advance(TRAVEL);
    ck_assert_int_eq(state(side, 9), ISDN_CH_IDLE);
}
END_TEST

START_TEST(a_blocked_channel_is_tried_again_by_a_restart_of_all)
{
    rig.side[NET].deaf[Q931_T_RESTART] = true;
    isdn_restart_channel(rig.side[USER].span, 9);
    fake_advance(2 * T316 + RT_S);
    ck_assert_int_eq(state(USER, 9), ISDN_CH_BLOCKED);
    rig.side[NET].deaf[Q931_T_RESTART] = false;
    isdn_span_restart(rig.side[USER].span);
    fake_advance(10 * RT_S);
    rig_expect_idle();
}
END_TEST

/* ---- the D channel ---- */

START_TEST(without_a_d_channel_it_is_enetdown)
{
    struct isdn_call *c;

    ck_assert_int_eq(place_on(&c, USER, ALL), ENETDOWN);
    ck_assert_int_eq(place_on(&c, USER, 0), ENETDOWN);
    ck_assert_uint_eq(rig_status(USER).calls, 0);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[USER].span, ALL), 30);
    ck_assert(!rig_status(USER).dchannel_up);
}
END_TEST

static void wait_for_link(bool up)
{
    for (unsigned i = 0; i < 2; i++)
        for (unsigned n = 0; rig_status(i).dchannel_up != up && n < 60000; n++)
            fake_advance(RT_MS);
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(rig_status(i).dchannel_up, up);
}

START_TEST(active_calls_outlive_a_short_loss)
{
    struct isdn_call *c = rig_active(USER), *none;

    rig_cut();
    wait_for_link(false);
    ck_assert_int_eq(place_on(&none, USER, ALL), ENETDOWN);
    isdn_memory_join(rig.side[NET].span, rig.side[USER].span);
    wait_for_link(true);
    fake_advance(30 * RT_S);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_int_eq(rig.side[NET].in->state, CALL_ACTIVE);
    ck_assert_ptr_null(rig_said(USER, Q931_T_RESTART, 0)); /* the first time only */
    isdn_call_release(c, 16, 0);
    fake_advance(TRAVEL);
    rig_expect_idle();
}
END_TEST

START_TEST(a_restart_waits_for_the_d_channel)
{
    rig.side[NET].deaf[Q931_T_RESTART] = true;
    isdn_restart_channel(rig.side[USER].span, 9);
    fake_advance(TRAVEL);
    rig_cut();
    fake_advance(3 * T316);
    ck_assert_int_eq(state(USER, 9), ISDN_CH_RESTARTING); /* nobody could have answered */
    rig.side[NET].deaf[Q931_T_RESTART] = false;
    isdn_memory_join(rig.side[NET].span, rig.side[USER].span);
    fake_advance(60 * RT_S);
    rig_expect_idle();
}
END_TEST

/** Q.921 5.7: a SABME on a link that is up drops what it had not acknowledged; without a word said
 * again the channel would wait for T316. */
START_TEST(a_restart_is_said_again_when_the_link_is_set_up_anew)
{
    const struct isdn_frame sabme = {.len = 3, .octets = {0x02, 0x01, 0x7f}};

    rig.side[NET].deaf[Q931_T_RESTART] = true;
    isdn_restart_channel(rig.side[USER].span, 9);
    fake_advance(TRAVEL);
    ck_assert_ptr_null(rig_said(USER, Q931_T_RESTART, 1));
    rig.side[NET].deaf[Q931_T_RESTART] = false;
    isdn_dchan_frame(rig.side[USER].span->link, &sabme);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_RESTART, 1));
    fake_advance(60 * RT_S);
    rig_expect_idle();
}
END_TEST

START_TEST(a_call_nothing_was_said_on_goes_with_the_link)
{
    struct isdn_setup in = rig_words(CALLED, true);

    rig_place(USER, &in);
    fake_advance(20 * RT_MS);
    ck_assert_int_eq(rig.side[NET].in->state, CALL_PRESENT);
    rig_cut();
    fake_advance(60 * RT_S);
    rig_expect_cause(&rig_told(NET, ISDN_EV_RELEASED)->ev.cause, 27, 0, NULL);
    rig_expect_idle();
}
END_TEST

START_TEST(calls_come_again_after_a_long_loss)
{
    rig_active(USER);
    rig_active(NET);
    rig_cut();
    fake_advance(300 * RT_S);
    rig_expect_idle();
    isdn_memory_join(rig.side[NET].span, rig.side[USER].span);
    wait_for_link(true);
    fake_advance(RT_S);
    struct isdn_call *c = rig_active(NET);
    isdn_call_release(c, 16, 0);
    fake_advance(TRAVEL);
    rig_expect_idle();
}
END_TEST

static void open_only(void)
{
    rig_open(NULL);
}

static void fill(Suite *s)
{
    TCase *tc = tcase_create("channels"), *restart = tcase_create("restart"),
          *down = tcase_create("down");

    tcase_add_checked_fixture(tc, rig_setup, rig_close);
    tcase_add_test(tc, channels_are_hunted_from_either_end);
    tcase_add_test(tc, when_all_are_busy_it_is_enospc_and_nothing_is_left);
    tcase_add_test(tc, a_setup_that_cannot_be_sent_leaves_nothing);
    tcase_add_test(tc, a_blocked_channel_is_not_hunted);
    tcase_add_test(tc, channels_have_their_names);
    tcase_add_loop_test(tc, a_preferred_channel_that_is_busy_becomes_another, 0, 2);
    tcase_add_loop_test(tc, when_the_called_side_has_no_channel_it_refuses_with_34, 0, 2);
    tcase_add_test(tc, an_exclusive_channel_is_that_or_none);
    tcase_add_test(tc, glare_the_network_keeps_the_channel_and_both_calls_live);
    tcase_add_test(tc, glare_on_the_last_channel_costs_the_users_call);
    tcase_add_test(tc, thirty_from_each_side_at_once_share_the_channels);
    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(restart, rig_setup, rig_close);
    tcase_add_loop_test(restart, a_restart_of_one_channel_ends_its_call_alone, 0, 2);
    tcase_add_loop_test(restart, a_restart_of_all_channels_ends_every_call, 0, 2);
    tcase_add_test(restart, a_far_end_that_starts_anew_clears_what_it_forgot);
    tcase_add_loop_test(restart, a_restart_never_answered_blocks_the_channel, 0, 2);
    tcase_add_test(restart, a_blocked_channel_is_tried_again_by_a_restart_of_all);
    tcase_add_test(restart, active_calls_outlive_a_short_loss);
    tcase_add_test(restart, a_restart_waits_for_the_d_channel);
    tcase_add_test(restart, a_restart_is_said_again_when_the_link_is_set_up_anew);
    tcase_add_test(restart, a_call_nothing_was_said_on_goes_with_the_link);
    tcase_add_test(restart, calls_come_again_after_a_long_loss);
    suite_add_tcase(s, restart);
    tcase_add_checked_fixture(down, open_only, rig_close);
    tcase_add_test(down, without_a_d_channel_it_is_enetdown);
    tcase_add_test(down, every_channel_is_restarted_when_the_d_channel_first_comes_up);
    suite_add_tcase(s, down);
}

int main(void)
{
    return rig_run("isdn channels", fill);
}
