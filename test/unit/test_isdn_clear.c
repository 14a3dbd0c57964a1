/* Clearing a call from every state and from both sides: the cause and location meant are the ones
 * on the wire and the ones told; tones; nothing is left.
 */
#include "test/unit/isdn_rig.h"

typedef void stage_fn(struct isdn_call *in);

static void stage_present(struct isdn_call *in)
{
    (void)in;
}

static void stage_overlap(struct isdn_call *in)
{
    isdn_call_setup_ack(in, 0);
}

static void stage_proceeding(struct isdn_call *in)
{
    isdn_call_proceeding(in, 0);
}

static void stage_alerting(struct isdn_call *in)
{
    isdn_call_alerting(in, 0);
}

static void stage_active(struct isdn_call *in)
{
    isdn_call_connect(in, NULL);
}

static stage_fn *const stages[] = {stage_present, stage_overlap, stage_proceeding, stage_alerting,
                                   stage_active};
#define NSTAGES RT_COUNT(stages)

/** A call from `from` at that stage; the caller's handle. */
static struct isdn_call *call_at(unsigned from, size_t stage)
{
    struct isdn_setup in = rig_words("1", false);
    struct isdn_call *c = rig_place(from, &in);

    fake_advance(50 * RT_MS);
    stages[stage](rig.side[!from].in);
    fake_advance(50 * RT_MS);
    return c;
}

START_TEST(the_called_side_refuses_with_the_cause_it_means)
{
    static const struct {
        uint8_t cause, location;
    } table[] = {{1, 0}, {17, 1}, {27, 2}, {34, 3}, {102, 4}, {127, 10}, {111, 5}, {88, 0}};
    unsigned from = (unsigned)_i / NSTAGES, to = !from;
    size_t stage = (unsigned)_i % NSTAGES;
    uint8_t first = stage == 0 ? Q931_T_RELEASE_COMPLETE : Q931_T_DISCONNECT;

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        call_at(from, stage);
        rig.nwire = 0;
        rig.side[from].nnotes = 0;
        isdn_call_release(rig.side[to].in, table[i].cause, table[i].location);
        fake_advance(100 * RT_MS);
        rig_expect_said_cause(to, first, table[i].cause, table[i].location);
        const struct rig_note *n =
            rig_told(from, stage == 0 ? ISDN_EV_RELEASED : ISDN_EV_DISCONNECT);
        rig_expect_cause(&n->ev.cause, table[i].cause, table[i].location, NULL);
        rig_expect_idle();
    }
}
END_TEST

START_TEST(the_calling_side_gives_up_with_the_cause_it_means)
{
    unsigned from = (unsigned)_i / NSTAGES, to = !from;
    struct isdn_call *c = call_at(from, (unsigned)_i % NSTAGES);

    isdn_call_release(c, 102, 2);
    fake_advance(100 * RT_MS);
    rig_expect_said_cause(from, Q931_T_DISCONNECT, 102, 2);
    /* where nothing was said yet it is over at once */
    const struct rig_note *n =
        rig_told(to, (unsigned)_i % NSTAGES ? ISDN_EV_DISCONNECT : ISDN_EV_RELEASED);
    rig_expect_cause(&n->ev.cause, 102, 2, NULL);
    ck_assert_uint_eq(rig_times_told(to, ISDN_EV_RELEASED), 1);
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_RELEASED), 1);
    rig_expect_idle();
}
END_TEST

START_TEST(both_sides_clear_at_once)
{
    struct isdn_call *c = call_at((unsigned)_i / NSTAGES, (unsigned)_i % NSTAGES);

    isdn_call_release(c, 16, 0);
    isdn_call_release(rig.side[!((unsigned)_i / NSTAGES)].in, 17, 0);
    fake_advance(100 * RT_MS);
    for (unsigned s = 0; s < 2; s++)
        ck_assert_uint_eq(rig_times_told(s, ISDN_EV_RELEASED), 1);
    rig_expect_idle();
}
END_TEST

START_TEST(disconnect_with_tones_is_heard_until_the_listener_releases)
{
    unsigned from = (unsigned)_i / NSTAGES, to = !from;
    struct isdn_call *c = call_at(from, (unsigned)_i % NSTAGES);

    rig.side[from].waits = true;
    ck_assert_int_eq(isdn_call_disconnect_tones(rig.side[to].in, 17, 2), 0);
    fake_advance(5 * RT_S);
    const struct isdn_event *ev = &rig_told(from, ISDN_EV_DISCONNECT)->ev;
    ck_assert_uint_eq(ev->progress, 8);
    rig_expect_cause(&ev->cause, 17, 2, NULL);
    rig_expect_said_cause(to, Q931_T_DISCONNECT, 17, 2);
    ck_assert_uint_eq(rig_status(from).calls, 1);
    ck_assert_uint_eq(rig_status(to).calls, 1);
    isdn_call_release(c, 16, 0);
    fake_advance(100 * RT_MS);
    rig_expect_said_cause(from, Q931_T_RELEASE, 16, 0);
    rig_expect_idle();
}
END_TEST

START_TEST(disconnect_with_tones_ends_when_the_speaker_releases)
{
    unsigned from = (unsigned)_i / NSTAGES, to = !from;

    call_at(from, (unsigned)_i % NSTAGES);
    rig.side[from].waits = true;
    isdn_call_disconnect_tones(rig.side[to].in, 1, 2);
    fake_advance(5 * RT_S);
    isdn_call_release(rig.side[to].in, 1, 2);
    fake_advance(100 * RT_MS);
    rig_expect_said_cause(to, Q931_T_RELEASE, 1, 2);
    ck_assert_ptr_null(rig_said(to, Q931_T_RELEASE, 1));
    ck_assert_ptr_null(rig_said(to, Q931_T_PROGRESS, 0));
    rig_expect_cause(&rig_told(from, ISDN_EV_RELEASED)->ev.cause, 1, 2, NULL);
    rig_expect_idle();
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(rig_times_told(to, ISDN_EV_RELEASED), 1);
}
END_TEST

START_TEST(an_answer_in_the_wrong_state_is_eproto)
{
    struct isdn_call *c = rig_active(USER), *in = rig.side[NET].in;

    ck_assert_int_eq(isdn_call_setup_ack(in, 0), EPROTO);
    ck_assert_int_eq(isdn_call_proceeding(in, 0), EPROTO);
    ck_assert_int_eq(isdn_call_alerting(in, 0), EPROTO);
    ck_assert_int_eq(isdn_call_progress(in, 8, 0), EPROTO);
    ck_assert_int_eq(isdn_call_connect(in, NULL), EPROTO);
    ck_assert_int_eq(isdn_call_connect(c, NULL), EPROTO);
    ck_assert_int_eq(isdn_call_information(c, "1", false), EPROTO);
    isdn_call_release(c, 16, 0);
    ck_assert_int_eq(isdn_call_notify(c, 0), EPROTO);
    ck_assert_int_eq(isdn_call_disconnect_tones(c, 16, 0), EPROTO);
    isdn_call_release(c, 17, 0); /* once is enough */
    fake_advance(100 * RT_MS);
    rig_expect_said_cause(USER, Q931_T_DISCONNECT, 16, 0);
    rig_expect_idle();
}
END_TEST

START_TEST(a_caller_that_vanishes_with_release_complete_is_released)
{
    struct isdn_setup in = rig_words("1", true);

    rig.side[USER].deaf[Q931_T_RELEASE_COMPLETE] = true;
    for (unsigned i = 0; i < 3; i++) { /* RELEASE COMPLETE to a call nothing was said on */
        struct isdn_call *c = rig_place(USER, &in);
        fake_advance(50 * RT_MS);
        struct isdn_call *gone = rig.side[NET].in;
        c->state = CALL_PRESENT; /* as if it were not ours */
        isdn_call_release(c, 88, 0);
        fake_advance(100 * RT_MS);
        rig_expect_said_cause(USER, Q931_T_RELEASE_COMPLETE, 88, 0);
        ck_assert_ptr_eq(rig_told(NET, ISDN_EV_RELEASED)->call, gone);
        rig_expect_cause(&rig_told(NET, ISDN_EV_RELEASED)->ev.cause, 88, 0, NULL);
        rig_expect_idle();
    }
}
END_TEST

static void fill(Suite *s)
{
    TCase *clearing = tcase_create("clearing");

    tcase_add_checked_fixture(clearing, rig_setup, rig_close);
    tcase_add_loop_test(clearing, the_called_side_refuses_with_the_cause_it_means, 0, 2 * NSTAGES);
    tcase_add_loop_test(clearing, the_calling_side_gives_up_with_the_cause_it_means, 0,
                        2 * NSTAGES);
    tcase_add_loop_test(clearing, both_sides_clear_at_once, 0, 2 * NSTAGES);
    tcase_add_loop_test(clearing, disconnect_with_tones_is_heard_until_the_listener_releases, 0,
                        2 * NSTAGES);
    tcase_add_loop_test(clearing, disconnect_with_tones_ends_when_the_speaker_releases, 0,
                        2 * NSTAGES);
    tcase_add_test(clearing, an_answer_in_the_wrong_state_is_eproto);
    tcase_add_test(clearing, a_caller_that_vanishes_with_release_complete_is_released);
    suite_add_tcase(s, clearing);
}

int main(void)
{
    return rig_run("isdn clearing", fill);
}
