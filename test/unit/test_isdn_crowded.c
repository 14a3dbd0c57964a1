/* A SETUP for which there is no channel, while the owner clears one for it
 * (Q.931 5.1.2, 5.2.3, 5.7).
 */
#include "test/unit/isdn_rig.h"

#define TRAVEL (100 * RT_MS)

static struct {
    struct isdn_call *victim; /* released when a channel is asked for; NULL: it goes on */
    unsigned asked, only;
} owner;

static unsigned clear_one(void *arg, const struct isdn_setup *setup)
{
    (void)arg;
    owner.asked++;
    owner.only = setup->channel;
    if (owner.victim)
        isdn_call_release(owner.victim, 8, 0);
    return 1;
}

/** Channel 1 is the only one, and the network has a call on it. */
static struct isdn_call *full(void)
{
    memset(&owner, 0, sizeof owner);
    for (unsigned i = 0; i < 2; i++)
        for (unsigned t = 2; t < ISDN_TIMESLOTS; t++)
            isdn_channel_block(rig.side[i].span, t, true);
    rig.side[NET].span->ops.crowded = clear_one;
    return rig_active(NET);
}

/** The user asks for channel 1 all the same. */
static struct isdn_call *another(void)
{
    struct isdn_setup in = rig_words("112", true);
    struct isdn_call *c = NULL;

    rig.side[NET].answers = true;
    rig.side[USER].span->channel[1].state = ISDN_CH_IDLE;
    ck_assert_int_eq(
        isdn_call_setup(&c, rig.side[USER].span, ALL, ISDN_ASCENDING, &in, &rig.side[USER]), 0);
    return c;
}

START_TEST(a_call_waits_until_a_channel_was_cleared_for_it)
{
    struct isdn_call *first = full(), *c = another();

    owner.victim = first;
    fake_advance(RT_S);
    ck_assert_uint_eq(owner.asked, 1);
    ck_assert_uint_eq(owner.only, 0);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_uint_eq(isdn_call_channel(c), 1);
    ck_assert_uint_eq(rig.side[NET].setups, 1);
    ck_assert_uint_eq(rig.side[NET].setup.channel, 1);
    ck_assert_uint_eq(rig_status(NET).calls, 1);
    /* first the other is over, then the channel is named */
    ck_assert_int_ge(rig_said(NET, Q931_T_CALL_PROCEEDING, 0)->at,
                     rig_said(NET, Q931_T_RELEASE_COMPLETE, 0)->at);
}
END_TEST

START_TEST(a_call_for_which_none_comes_free_in_time_is_refused_with_34)
{
    full();
    another();
    fake_advance(5900 * RT_MS);
    ck_assert_ptr_null(rig_said(NET, Q931_T_RELEASE_COMPLETE, 0));
    fake_advance(200 * RT_MS);
    rig_expect_said_cause(NET, Q931_T_RELEASE_COMPLETE, 34, 0);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_SETUP, 1));
    ck_assert_uint_eq(owner.asked, 1);
    ck_assert_uint_eq(rig.side[NET].setups, 0);
    ck_assert_uint_eq(rig_status(NET).calls, 1);
}
END_TEST

START_TEST(the_second_setup_is_the_same_call)
{
    struct isdn_call *first = full(), *c = another();

    fake_advance(5 * RT_S);
    ck_assert_ptr_nonnull(rig_said(USER, Q931_T_SETUP, 1));
    isdn_call_release(first, 16, 0);
    fake_advance(RT_S);
    ck_assert_uint_eq(owner.asked, 1);
    ck_assert_uint_eq(rig.side[NET].setups, 1);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_uint_eq(rig_status(NET).calls, 1);
}
END_TEST

START_TEST(who_gives_up_while_it_waits_is_forgotten)
{
    struct isdn_call *first = full(), *c = another();

    fake_advance(TRAVEL);
    isdn_call_release(c, 16, 0);
    fake_advance(TRAVEL);
    isdn_call_release(first, 16, 0);
    fake_advance(10 * RT_S);
    ck_assert_uint_eq(owner.asked, 1);
    ck_assert_uint_eq(rig.side[NET].setups, 0);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(rig_status(i).calls, 0);
        rig_expect_no_records(i);
    }
    ck_assert_int_eq(rig_status(NET).channel[1], ISDN_CH_IDLE);
}
END_TEST

START_TEST(the_owner_is_told_of_the_only_channel_that_will_do)
{
    struct isdn_span *s = rig.side[NET].span;
    struct isdn_setup in = rig_words("112", true);

    full();
    struct isdn_call *c = isdn_call_new(s->link, pri_new_call(s->link->pri), false);
    ck_assert(isdn_crowded_wait(c, &in, 1, true));
    ck_assert_uint_eq(owner.only, 1);
    isdn_call_lost(c, &(struct isdn_cause){.value = 41});
}
END_TEST

static void fill(Suite *s)
{
    TCase *tc = tcase_create("crowded");

    tcase_add_checked_fixture(tc, rig_setup, rig_close);
    tcase_add_test(tc, a_call_waits_until_a_channel_was_cleared_for_it);
    tcase_add_test(tc, a_call_for_which_none_comes_free_in_time_is_refused_with_34);
    tcase_add_test(tc, the_second_setup_is_the_same_call);
    tcase_add_test(tc, who_gives_up_while_it_waits_is_forgotten);
    tcase_add_test(tc, the_owner_is_told_of_the_only_channel_that_will_do);
    suite_add_tcase(s, tc);
}

int main(void)
{
    return rig_run("isdn crowded", fill);
}
