/* Channels out of service: hunting orders, blocking and draining, SERVICE messages (AT&T TR 41459,
 * ANSI T1.607 with NI-2's discriminator), restarts on request, and the D channel taken down.
 */
#include "test/unit/isdn_rig.h"

#define ONLY(t) (1u << (t))
#define TRAVEL  (100 * RT_MS)

static const char *variant; /* of both sides */

static void speak_variant(struct isdn_span_config *cfg)
{
    cfg->variant = variant;
}

static void with_service(void)
{
    variant = "ni2";
    rig_open(speak_variant);
    rig_up();
    fake_advance(20 * RT_S); /* every channel was told */
}

static unsigned barred(unsigned side, unsigned t)
{
    struct isdn_channel_status c;

    ck_assert_int_eq(isdn_channel_status(rig.side[side].span, t, &c), 0);
    return c.blocked;
}

/* ---- hunting ---- */

static unsigned taken(enum isdn_hunt hunt, uint32_t channels, struct isdn_call **out)
{
    struct isdn_setup in = rig_words("4711", true);
    struct isdn_call *c = NULL;

    ck_assert_int_eq(isdn_call_setup(&c, rig.side[USER].span, channels, hunt, &in, &rig.side[USER]),
                     0);
    if (out)
        *out = c;
    return isdn_call_channel(c);
}

START_TEST(odd_or_even_ones_go_first)
{
    static const struct {
        enum isdn_hunt hunt;
        unsigned want[6];
    } table[] = {{ISDN_ODD_FIRST, {1, 3, 5, 2, 4, 6}}, {ISDN_EVEN_FIRST, {2, 4, 6, 1, 3, 5}}};

    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(taken(table[_i].hunt, 0x7e, NULL), table[_i].want[i]);
}
END_TEST

/** The next channel is tried even when the one before it is free again. */
START_TEST(round_robin_goes_on_where_it_was)
{
    static const unsigned want[] = {2, 3, 4, 2, 3};
    struct isdn_call *c;

    for (size_t i = 0; i < RT_COUNT(want); i++) {
        ck_assert_uint_eq(taken(ISDN_ROUND_ROBIN, 0x1c, &c), want[i]);
        fake_advance(TRAVEL);
        isdn_call_release(c, 16, 0);
        fake_advance(RT_S);
    }
    ck_assert_uint_eq(taken(ISDN_ASCENDING, 0x60, NULL), 5); /* another trunk's */
    ck_assert_uint_eq(taken(ISDN_ROUND_ROBIN, 0x1c, NULL), 4);
    ck_assert_uint_eq(taken(ISDN_ROUND_ROBIN, 0x1c, NULL), 2);
}
END_TEST

START_TEST(the_channel_that_rests_longest_is_taken)
{
    struct isdn_call *first, *second;

    ck_assert_uint_eq(taken(ISDN_LEAST_RECENTLY_USED, 0x0e, &first), 1);
    ck_assert_uint_eq(taken(ISDN_LEAST_RECENTLY_USED, 0x0e, &second), 2);
    fake_advance(TRAVEL);
    isdn_call_release(second, 16, 0);
    fake_advance(RT_S);
    isdn_call_release(first, 16, 0);
    fake_advance(RT_S);
    ck_assert_uint_eq(taken(ISDN_LEAST_RECENTLY_USED, 0x0e, NULL), 3); /* never used */
    ck_assert_uint_eq(taken(ISDN_LEAST_RECENTLY_USED, 0x0e, NULL), 2);
    ck_assert_uint_eq(taken(ISDN_LEAST_RECENTLY_USED, 0x0e, NULL), 1);
}
END_TEST

START_TEST(hunting_orders_have_their_names)
{
    ck_assert_str_eq(isdn_hunt_name(ISDN_ASCENDING), "ascending");
    ck_assert_str_eq(isdn_hunt_name(ISDN_LEAST_RECENTLY_USED), "least-recently-used");
}
END_TEST

/* ---- blocked by us ---- */

START_TEST(without_service_messages_blocking_is_ours_alone)
{
    struct isdn_call *c = NULL;
    struct isdn_setup in = rig_words("4711", true);

    isdn_channel_block(rig.side[NET].span, 5, true);
    fake_advance(RT_S);
    ck_assert_uint_eq(barred(NET, 5), ISDN_BY_OPERATOR);
    ck_assert_uint_eq(barred(USER, 5), 0);
    ck_assert_int_eq(
        isdn_call_setup(&c, rig.side[NET].span, ONLY(5), ISDN_ASCENDING, &in, &rig.side[NET]),
        ENOSPC);
    struct isdn_call *in_call =
        isdn_call_new(rig.side[NET].span->link, pri_new_call(rig.side[NET].span->link->pri), false);
    ck_assert_uint_eq(isdn_channel_settle(in_call, 5, true), 44);
}
END_TEST

START_TEST(a_blocked_channel_keeps_its_call)
{
    struct isdn_call *c = rig_active(USER);
    unsigned t = isdn_call_channel(c);
    struct isdn_channel_status st;

    isdn_channel_drain(rig.side[USER].span, t);
    fake_advance(RT_S);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    isdn_channel_status(rig.side[USER].span, t, &st);
    ck_assert(st.draining);
    ck_assert_str_eq(st.call_state, "active");
    isdn_call_release(c, 16, 0);
    fake_advance(RT_S);
    isdn_channel_status(rig.side[USER].span, t, &st);
    ck_assert(!st.draining);
    ck_assert_ptr_null(st.call_state);
    ck_assert_uint_eq(st.blocked, ISDN_BY_OPERATOR);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[USER].span, ALL), 29);
}
END_TEST

START_TEST(there_is_no_status_of_what_is_no_timeslot)
{
    struct isdn_channel_status st;

    ck_assert_int_eq(isdn_channel_status(rig.side[USER].span, 0, &st), EINVAL);
    ck_assert_int_eq(isdn_channel_status(rig.side[USER].span, 32, &st), EINVAL);
    ck_assert_int_eq(isdn_channel_status(rig.side[USER].span, 16, &st), 0);
    ck_assert_int_eq(st.state, ISDN_CH_DCHAN);
    ck_assert_int_eq(isdn_channel_drain(rig.side[USER].span, 16), EINVAL);
}
END_TEST

/* ---- SERVICE ---- */

START_TEST(the_far_end_hears_of_a_blocked_channel)
{
    unsigned side = (unsigned)_i;
    struct isdn_call *c = NULL;
    struct isdn_setup in = rig_words("4711", true);

    isdn_channel_block(rig.side[side].span, 5, true);
    fake_advance(TRAVEL);
    ck_assert_uint_eq(barred(side, 5), ISDN_BY_OPERATOR);
    ck_assert_uint_eq(barred(!side, 5), ISDN_BY_FAR_END);
    ck_assert_int_eq(
        isdn_call_setup(&c, rig.side[!side].span, ONLY(5), ISDN_ASCENDING, &in, &rig.side[!side]),
        ENOSPC);
    isdn_channel_block(rig.side[!side].span, 5, true);
    fake_advance(TRAVEL);
    ck_assert_uint_eq(barred(side, 5), ISDN_BY_OPERATOR | ISDN_BY_FAR_END);
    isdn_channel_block(rig.side[side].span, 5, false);
    fake_advance(TRAVEL);
    ck_assert_uint_eq(barred(side, 5), ISDN_BY_FAR_END);
    ck_assert_uint_eq(barred(!side, 5), ISDN_BY_OPERATOR);
    ck_assert_uint_eq(rig.side[USER].span->telling, 0);
}
END_TEST

/** What it has blocked is for it to use. */
START_TEST(the_far_end_may_seize_what_it_blocked)
{
    struct isdn_span *s = rig.side[USER].span;

    isdn_channel_block(rig.side[NET].span, 5, true);
    fake_advance(TRAVEL);
    struct isdn_call *c = isdn_call_new(s->link, pri_new_call(s->link->pri), false);
    ck_assert_uint_eq(isdn_channel_settle(c, 5, true), 0);
    ck_assert_uint_eq(isdn_call_channel(c), 5);
}
END_TEST

START_TEST(a_drained_channel_is_told_when_its_call_is_over)
{
    struct isdn_call *c = rig_active(USER);
    unsigned t = isdn_call_channel(c);

    isdn_channel_drain(rig.side[USER].span, t);
    fake_advance(RT_S);
    ck_assert_uint_eq(barred(NET, t), 0);
    isdn_call_release(c, 16, 0);
    fake_advance(RT_S);
    ck_assert_uint_eq(barred(NET, t), ISDN_BY_FAR_END);
    isdn_channel_block(rig.side[USER].span, t, false);
    fake_advance(RT_S);
    ck_assert_uint_eq(barred(NET, t), 0);
    rig_expect_idle();
}
END_TEST

START_TEST(busy_out_takes_all_channels_and_gives_them_back)
{
    struct isdn_call *c = rig_active(NET);

    isdn_span_busy_out(rig.side[USER].span, true);
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[NET].span, ALL), 0);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[USER].span, ALL), 0);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    isdn_channel_block(rig.side[USER].span, 3, true);
    isdn_span_busy_out(rig.side[USER].span, false);
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(barred(NET, 3), ISDN_BY_FAR_END);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[NET].span, ALL), 28);
}
END_TEST

/** libpri takes SERVICE for an interface as news of its D channel. */
START_TEST(an_interface_out_of_service_is_no_dead_d_channel)
{
    struct isdn_span *s = rig.side[USER].span;

    pri_maintenance_service(rig.side[NET].span->link->pri, 1, -1, 2);
    isdn_dchan_poke(rig.side[NET].span->link);
    fake_advance(RT_S);
    ck_assert(rig_status(USER).dchannel_up);
    ck_assert(rig_status(NET).dchannel_up); /* and its acknowledgement none either */
    ck_assert_uint_eq(isdn_span_free_channels(s, ALL), 0);
    ck_assert_uint_eq(barred(USER, 31), ISDN_BY_FAR_END);
    pri_maintenance_service(rig.side[NET].span->link->pri, 1, -1, 0);
    isdn_dchan_poke(rig.side[NET].span->link);
    fake_advance(RT_S);
    ck_assert_uint_eq(isdn_span_free_channels(s, ALL), 30);
}
END_TEST

START_TEST(service_without_an_answer_is_said_twice_and_no_more)
{
    uint64_t sent, lost = rt_counted(&isdn_counters[ISDN_SERVICES_UNANSWERED]);

    pri_set_service_message_support(rig.side[NET].span->link->pri, 0);
    sent = rt_counted(&isdn_counters[ISDN_SERVICES]);
    isdn_span_busy_out(rig.side[USER].span, true);
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(rt_counted(&isdn_counters[ISDN_SERVICES]), sent + 2);
    ck_assert_uint_eq(rt_counted(&isdn_counters[ISDN_SERVICES_UNANSWERED]), lost + 1);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[USER].span, ALL), 0); /* here it holds */
}
END_TEST

START_TEST(at_the_start_the_far_end_is_told_what_is_blocked)
{
    variant = "ni2";
    rig_open(speak_variant);
    isdn_channel_block(rig.side[USER].span, 7, true);
    ck_assert_int_eq(isdn_memory_join(rig.side[NET].span, rig.side[USER].span), 0);
    fake_advance(30 * RT_S);
    ck_assert_uint_eq(barred(NET, 7), ISDN_BY_FAR_END);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[NET].span, ALL), 29);
}
END_TEST

/* ---- restarts on request ---- */

START_TEST(only_channels_without_a_call_are_restarted_one_at_a_time)
{
    struct isdn_span *s = rig.side[USER].span;
    struct isdn_call *c = rig_active(USER); /* on 31 */
    unsigned restarting = 0;

    ck_assert_int_eq(isdn_channel_restart(s, 31), EBUSY);
    ck_assert_int_eq(isdn_channel_restart(s, 16), EINVAL);
    ck_assert_uint_eq(isdn_span_restart_idle(s), 29);
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        restarting += rig_status(USER).channel[t] == ISDN_CH_RESTARTING;
    ck_assert_uint_eq(restarting, 1);
    fake_advance(10 * RT_S);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_RESTART, 28));
    ck_assert_ptr_null(rig_said(USER, Q931_T_RESTART, 29));
    ck_assert_int_eq(c->state, CALL_ACTIVE);
}
END_TEST

static void restart_often(struct isdn_span_config *cfg)
{
    if (!cfg->network)
        cfg->restart = 60 * RT_S;
}

START_TEST(the_plan_may_have_them_restarted_now_and_then)
{
    rig_open(restart_often);
    rig_up();
    fake_advance(49 * RT_S);
    ck_assert_ptr_null(rig_said(USER, Q931_T_RESTART, 0));
    fake_advance(10 * RT_S);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_RESTART, 29));
    fake_advance(60 * RT_S);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_RESTART, 59));
    ck_assert_ptr_null(rig_said(USER, Q931_T_RESTART, 60));
    ck_assert_ptr_null(rig_said(NET, Q931_T_RESTART, 0));
    rig_expect_idle();
}
END_TEST

/* ---- the D channel taken down ---- */

START_TEST(a_d_channel_taken_down_stays_down_until_it_may_come_back)
{
    unsigned side = (unsigned)_i;
    struct isdn_call *c = NULL;
    struct isdn_setup in = rig_words("4711", true);

    isdn_span_silence(rig.side[side].span, true);
    ck_assert(!rig_status(side).dchannel_up);
    fake_advance(RT_S);
    ck_assert(!rig_status(!side).dchannel_up);
    ck_assert_int_eq(
        isdn_call_setup(&c, rig.side[!side].span, ALL, ISDN_ASCENDING, &in, &rig.side[!side]),
        ENETDOWN);
    fake_advance(300 * RT_S);
    ck_assert(!rig_status(side).dchannel_up);
    ck_assert(!rig_status(!side).dchannel_up);
    isdn_span_silence(rig.side[side].span, false);
    fake_advance(15 * RT_S);
    ck_assert(rig_status(side).dchannel_up);
    ck_assert(rig_status(!side).dchannel_up);
    isdn_call_release(rig_active(USER), 16, 0);
    fake_advance(RT_S);
    rig_expect_idle();
}
END_TEST

static void fill(Suite *s)
{
    TCase *tc = tcase_create("channels"), *service = tcase_create("service"),
          *own = tcase_create("own");

    tcase_add_checked_fixture(tc, rig_setup, rig_close);
    tcase_add_loop_test(tc, odd_or_even_ones_go_first, 0, 2);
    tcase_add_test(tc, round_robin_goes_on_where_it_was);
    tcase_add_test(tc, the_channel_that_rests_longest_is_taken);
    tcase_add_test(tc, hunting_orders_have_their_names);
    tcase_add_test(tc, without_service_messages_blocking_is_ours_alone);
    tcase_add_test(tc, a_blocked_channel_keeps_its_call);
    tcase_add_test(tc, there_is_no_status_of_what_is_no_timeslot);
    tcase_add_test(tc, only_channels_without_a_call_are_restarted_one_at_a_time);
    tcase_add_loop_test(tc, a_d_channel_taken_down_stays_down_until_it_may_come_back, 0, 2);
    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(service, with_service, rig_close);
    tcase_add_loop_test(service, the_far_end_hears_of_a_blocked_channel, 0, 2);
    tcase_add_test(service, the_far_end_may_seize_what_it_blocked);
    tcase_add_test(service, a_drained_channel_is_told_when_its_call_is_over);
    tcase_add_test(service, busy_out_takes_all_channels_and_gives_them_back);
    tcase_add_test(service, an_interface_out_of_service_is_no_dead_d_channel);
    tcase_add_test(service, service_without_an_answer_is_said_twice_and_no_more);
    suite_add_tcase(s, service);
    tcase_add_checked_fixture(own, NULL, rig_close);
    tcase_add_test(own, at_the_start_the_far_end_is_told_what_is_blocked);
    tcase_add_test(own, the_plan_may_have_them_restarted_now_and_then);
    suite_add_tcase(s, own);
}

int main(void)
{
    return rig_run("isdn maintenance", fill);
}
