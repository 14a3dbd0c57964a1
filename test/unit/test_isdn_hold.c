/* Hold and retrieve over two joined spans (EN 300 141, EN 300 196-1): messages, channels, refusals,
 * collisions, timers. Each in three variants and from either side.
 */
#include "test/unit/isdn_cases.h"

#define CASES 6 /* variants and sides */

static void expect_busy(unsigned channels)
{
    for (unsigned i = 0; i < 2; i++)
        ck_assert_uint_eq(isdn_span_free_channels(rig.side[i].span, ALL), 30 - channels);
}

static unsigned channel_of(const struct isdn_call *c)
{
    return isdn_call_channel(c);
}

/** Holds the active call `c` of `from` and expects it done. */
static void hold(struct isdn_call *c)
{
    ck_assert_int_eq(isdn_call_hold(c), 0);
    moment();
    ck_assert(isdn_call_held(c));
}

static void expect_outcome(unsigned side, unsigned cause, const char *timer)
{
    const struct rig_note *n = rig_told(side, ISDN_EV_HELD);

    ck_assert_msg(n, "no outcome");
    rig_expect_cause(&n->ev.cause, cause, n->ev.cause.location, timer);
}

START_TEST(held_and_retrieved_on_the_same_channel)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from), *in = rig.side[to].in;
    unsigned channel = channel_of(c);

    hold(c);
    ck_assert(isdn_call_held(in));
    ck_assert_uint_eq(channel_of(c), 0);
    ck_assert_uint_eq(channel_of(in), 0);
    expect_busy(0);
    expect_outcome(from, 0, NULL);
    ck_assert_ptr_nonnull(rig_told(to, ISDN_EV_HOLD));
    ck_assert_ptr_nonnull(rig_said(from, Q931_T_HOLD, 0));
    ck_assert_ptr_nonnull(rig_said(to, Q931_T_HOLD_ACK, 0));
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(rig_status(i).calls, 1);
        ck_assert_uint_eq(rig_status(i).held, 1);
    }
    ck_assert_int_eq(isdn_call_hold(c), EPROTO);
    ck_assert_int_eq(isdn_call_retrieve(in), EPROTO); /* who holds retrieves */

    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    moment();
    ck_assert_uint_eq(channel_of(c), channel);
    ck_assert_uint_eq(channel_of(in), channel);
    ck_assert_uint_eq(rig_told(to, ISDN_EV_RETRIEVE)->ev.channel, channel);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_HELD)->ev.channel, channel);
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_HELD), 2);
    expect_busy(1);
    ck_assert_uint_eq(rig_status(from).held, 0);
    ck_assert_int_eq(isdn_call_retrieve(c), EPROTO);
    isdn_call_release(c, 16, 0);
    moment();
    rig_expect_idle();
}
END_TEST

START_TEST(retrieved_on_another_channel_when_its_own_is_taken)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from), *in = rig.side[to].in;
    unsigned channel = channel_of(c);

    hold(c);
    struct isdn_call *other = rig_active(from);
    ck_assert_uint_eq(channel_of(other), channel);
    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    moment();
    ck_assert_uint_ne(channel_of(c), 0);
    ck_assert_uint_ne(channel_of(c), channel);
    ck_assert_uint_eq(channel_of(in), channel_of(c));
    expect_busy(2);
    isdn_call_release(c, 16, 0);
    isdn_call_release(other, 16, 0);
    moment();
    rig_expect_idle();
}
END_TEST

START_TEST(held_again_by_the_other_side)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from), *in = rig.side[to].in;

    hold(c);
    isdn_call_retrieve(c);
    moment();
    hold(in);
    ck_assert_ptr_nonnull(rig_told(from, ISDN_EV_HOLD));
    ck_assert_int_eq(isdn_call_retrieve(c), EPROTO);
    ck_assert_int_eq(isdn_call_retrieve(in), 0);
    moment();
    ck_assert_ptr_nonnull(rig_told(from, ISDN_EV_RETRIEVE));
    ck_assert_uint_eq(channel_of(c), channel_of(in));
    expect_busy(1);
}
END_TEST

START_TEST(held_before_the_answer)
{
    open_case(_i);
    struct isdn_call *c = rig_call(from);

    isdn_call_alerting(rig.side[to].in, 0);
    moment();
    hold(c);
    isdn_call_connect(rig.side[to].in, NULL);
    moment();
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_CONNECT)->ev.channel, 0);
    ck_assert(isdn_call_held(c));
    expect_busy(0);
    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    moment();
    ck_assert_uint_eq(channel_of(c), channel_of(rig.side[to].in));
    expect_busy(1);
}
END_TEST

/* ---- ends ---- */

START_TEST(a_held_call_is_released_by_who_holds)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from);

    hold(c);
    isdn_call_release(c, 16, 0);
    moment();
    rig_expect_cause(&rig_told(to, ISDN_EV_DISCONNECT)->ev.cause, 16, 0, NULL);
    rig_expect_idle();
}
END_TEST

/** RESTART of the whole interface (Q.931 5.5.2): both ends forget the call. */
START_TEST(a_held_call_goes_with_its_interface)
{
    open_case(_i);
    hold(rig_active(from));
    for (unsigned i = 0; i < 2; i++)
        isdn_restart_received(rig.side[i].span->link, NULL, 0);
    moment();
    for (unsigned i = 0; i < 2; i++)
        ck_assert_uint_eq(rig_told(i, ISDN_EV_RELEASED)->ev.cause.value, 41);
    rig_expect_idle();
}
END_TEST

START_TEST(a_held_call_is_released_by_who_is_held)
{
    open_case(_i);
    hold(rig_active(from));
    isdn_call_release(rig.side[to].in, 16, 0);
    moment();
    ck_assert_ptr_nonnull(rig_told(from, ISDN_EV_DISCONNECT));
    rig_expect_idle();
}
END_TEST

START_TEST(released_while_the_retrieval_is_under_way)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from);

    hold(c);
    rig.side[to].deaf[Q931_T_RETRIEVE] = true;
    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    moment();
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[from].span, ALL), 29);
    isdn_call_release(c, 16, 0);
    moment();
    rig_expect_idle();
    fake_advance(10 * RT_S); /* no timer is left */
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_HELD), 1);
}
END_TEST

/* ---- refusals ---- */

START_TEST(hold_without_an_answer_ends_by_its_timer)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from);

    rig.side[to].deaf[Q931_T_HOLD] = true;
    ck_assert_int_eq(isdn_call_hold(c), 0);
    fake_advance(3900 * RT_MS);
    ck_assert_ptr_null(rig_told(from, ISDN_EV_HELD));
    fake_advance(200 * RT_MS); /* T-HOLD, 4 s */
    expect_outcome(from, 97, "T-HOLD");
    ck_assert(!isdn_call_held(c));
    expect_busy(1);
    rig.side[to].deaf[Q931_T_HOLD] = false;
    hold(c);
}
END_TEST

START_TEST(retrieval_without_an_answer_leaves_it_held)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from);

    hold(c);
    rig.side[to].deaf[Q931_T_RETRIEVE] = true;
    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    fake_advance(4100 * RT_MS); /* T-RETRIEVE, 4 s */
    expect_outcome(from, 97, "T-RETRIEVE");
    ck_assert(isdn_call_held(c));
    expect_busy(0);
    rig.side[to].deaf[Q931_T_RETRIEVE] = false;
    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    moment();
    expect_busy(1);
}
END_TEST

static void block_all(unsigned side, bool blocked)
{
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        if (ALL >> t & 1)
            isdn_channel_block(rig.side[side].span, t, blocked);
}

START_TEST(retrieval_where_no_channel_is_free)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from);

    hold(c);
    block_all(from, true);
    ck_assert_int_eq(isdn_call_retrieve(c), ENOSPC); /* none here: nothing is sent */
    ck_assert_ptr_null(rig_said(from, Q931_T_RETRIEVE, 0));
    block_all(from, false);
    block_all(to, true);
    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    moment();
    /* the network names a channel and no other, the user any: 44 and 34 */
    expect_outcome(from, from == NET ? 44 : 34, NULL);
    ck_assert_uint_eq(rig_said(to, Q931_T_RETRIEVE_REJECT, 0)->view.cause, from == NET ? 44 : 34);
    ck_assert(isdn_call_held(c) && isdn_call_held(rig.side[to].in));
    block_all(to, false);
    fake_advance(5 * RT_S); /* SERVICE says so channel by channel */
    expect_busy(0);
    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    moment();
    expect_busy(1);
}
END_TEST

START_TEST(no_hold_before_a_response_or_after_the_end)
{
    open_case(_i);
    struct isdn_call *c = rig_call(from);

    ck_assert_int_eq(isdn_call_hold(c), EPROTO);
    ck_assert_int_eq(isdn_call_hold(rig.side[to].in), EPROTO);
    isdn_call_alerting(rig.side[to].in, 0);
    moment();
    isdn_call_release(c, 16, 0);
    ck_assert_int_eq(isdn_call_hold(c), EPROTO);
    ck_assert_int_eq(isdn_call_retrieve(c), EPROTO);
    moment();
    rig_expect_idle();
}
END_TEST

/* ---- collisions ---- */

START_TEST(both_hold_at_once_and_the_network_does)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from), *in = rig.side[to].in;
    struct isdn_call *network = from == NET ? c : in, *user = from == NET ? in : c;

    ck_assert_int_eq(isdn_call_hold(network), 0);
    ck_assert_int_eq(isdn_call_hold(user), 0);
    fake_advance(5 * RT_S); /* T-HOLD of the user runs out and means nothing */
    expect_outcome(NET, 0, NULL);
    expect_outcome(USER, 101, rig_told(USER, ISDN_EV_HELD)->ev.cause.timer);
    ck_assert_uint_eq(rig_times_told(USER, ISDN_EV_HELD), 1);
    ck_assert_uint_eq(rig_times_told(USER, ISDN_EV_HOLD), 1);
    ck_assert_uint_eq(rig_times_told(NET, ISDN_EV_HOLD), 0);
    expect_busy(0);
    ck_assert_int_eq(isdn_call_retrieve(user), EPROTO);
    ck_assert_int_eq(isdn_call_retrieve(network), 0);
    moment();
    expect_busy(1);
    isdn_call_release(c, 16, 0);
    moment();
    rig_expect_idle();
}
END_TEST

START_TEST(retrieval_by_the_user_meets_a_call_of_the_network)
{
    open_case(2 * (_i) + USER);
    struct isdn_call *c = rig_active(USER);
    struct isdn_setup words = rig_words("4712", true);
    struct isdn_call *other = NULL;
    unsigned channel = channel_of(c);

    rig.side[USER].answers = true;
    hold(c);
    ck_assert_int_eq(isdn_call_setup(&other, rig.side[NET].span, 1u << channel, ISDN_ASCENDING,
                                     &words, &rig.side[NET]),
                     0);
    ck_assert_int_eq(isdn_call_retrieve(c), 0);
    fake_advance(500 * RT_MS);
    ck_assert_int_eq(other->state, CALL_ACTIVE);
    ck_assert_uint_eq(channel_of(other), channel);
    ck_assert_uint_ne(channel_of(c), channel);
    ck_assert_uint_ne(channel_of(c), 0);
    expect_busy(2);
}
END_TEST

/* ---- NOTIFY ---- */

START_TEST(notifications_by_variant)
{
    open_case(_i);
    struct isdn_call *c = rig_active(from);
    bool euro = strcmp(variant, "euroisdn") == 0;

    ck_assert_int_eq(isdn_call_notify(c, 0), 0);
    moment();
    ck_assert_uint_eq(rig_told(to, ISDN_EV_NOTIFY)->ev.notify, 0);
    ck_assert_int_eq(isdn_call_notify(c, 0x79), euro ? 0 : EINVAL);
    ck_assert_int_eq(isdn_call_notify(c, 0x80), EINVAL);
    moment();
    ck_assert_uint_eq(rig_told(to, ISDN_EV_NOTIFY)->ev.notify, euro ? 0x79 : 0);
}
END_TEST

START_TEST(notified_before_the_answer)
{
    open_case(_i);
    struct isdn_call *c = rig_call(from);

    ck_assert_int_eq(isdn_call_notify(c, 0), EPROTO);
    isdn_call_alerting(rig.side[to].in, 0);
    moment();
    ck_assert_int_eq(isdn_call_notify(c, 0), 0);
    ck_assert_int_eq(isdn_call_notify(rig.side[to].in, 1), 0);
    moment();
    ck_assert_ptr_nonnull(rig_told(to, ISDN_EV_NOTIFY));
    ck_assert_uint_eq(rig_told(from, ISDN_EV_NOTIFY)->ev.notify, 1);
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("hold");

    tcase_add_checked_fixture(t, NULL, rig_close);
    tcase_add_loop_test(t, held_and_retrieved_on_the_same_channel, 0, CASES);
    tcase_add_loop_test(t, retrieved_on_another_channel_when_its_own_is_taken, 0, CASES);
    tcase_add_loop_test(t, held_again_by_the_other_side, 0, CASES);
    tcase_add_loop_test(t, held_before_the_answer, 0, CASES);
    tcase_add_loop_test(t, a_held_call_is_released_by_who_holds, 0, CASES);
    tcase_add_loop_test(t, a_held_call_is_released_by_who_is_held, 0, CASES);
    tcase_add_loop_test(t, a_held_call_goes_with_its_interface, 0, CASES);
    tcase_add_loop_test(t, released_while_the_retrieval_is_under_way, 0, CASES);
    tcase_add_loop_test(t, hold_without_an_answer_ends_by_its_timer, 0, CASES);
    tcase_add_loop_test(t, retrieval_without_an_answer_leaves_it_held, 0, CASES);
    /* not ni2: there SERVICE tells the far end which channels are blocked */
    tcase_add_loop_test(t, retrieval_where_no_channel_is_free, 0, CASES - 2);
    tcase_add_loop_test(t, no_hold_before_a_response_or_after_the_end, 0, CASES);
    tcase_add_loop_test(t, both_hold_at_once_and_the_network_does, 0, CASES);
    tcase_add_loop_test(t, retrieval_by_the_user_meets_a_call_of_the_network, 0, 3);
    tcase_add_loop_test(t, notifications_by_variant, 0, CASES);
    tcase_add_loop_test(t, notified_before_the_answer, 0, CASES);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("isdn_hold", fill);
}
