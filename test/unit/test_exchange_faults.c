/* Faults, storms and messages as they are: what the far end sees of them, and that it recovers. */
#include "test/unit/exchange_rig.h"

static void setup(void)
{
    rig_open("", "number 100 {\n proceeding\n answer\n}\n", "number 4711 {\n cause 21\n}\n");
}

static void teardown(void)
{
    rig_close();
}

static struct isdn_span_status status(unsigned side)
{
    struct isdn_span_status st;

    isdn_span_status(rig.ex[side].spans[0].isdn, &st);
    return st;
}

/** A call goes through within that time. */
static void expect_call(rt_time limit)
{
    json_array_clear(rig.said);
    rig_say(USER, "call 100 for 100ms");
    fake_advance(limit);
    ck_assert_ptr_nonnull(rig_event("answered", 2, 0));
    rig_expect_int(rig_must("released", 2), "cause", 16);
}

/** Q.921 5.9.1: T200 is 1 s. What is lost is repeated. */
START_TEST(lost_frames)
{
    struct ex_fault *f = &rig.ex[NET].spans[0].fault;

    rig_say(NET, "fault lose 3");
    expect_call(10 * RT_S);
    ck_assert_uint_eq(f->done.lost, 3);
    ck_assert_uint_eq(f->lose, 0);
    rig_say(NET, "fault lose-in 2");
    expect_call(10 * RT_S);
    ck_assert_uint_eq(f->done.lost_in, 2);
}
END_TEST

START_TEST(wrong_check_sequences)
{
    uint64_t before = status(USER).hdlc_bad;

    rig_say(NET, "fault wrong-fcs 2");
    expect_call(10 * RT_S);
    ck_assert_uint_eq(status(USER).hdlc_bad - before, 2);
}
END_TEST

/** A gap in N(S) is answered with REJ, and what it asks for comes at once (Q.921 5.8.1). */
START_TEST(numbers_jump)
{
    rig_say(NET, "fault jump");
    expect_call(5 * RT_S);
    ck_assert_uint_eq(rig.ex[NET].spans[0].fault.done.jumped, 1);
    ck_assert(status(USER).dchannel_up);
}
END_TEST

START_TEST(random_frames)
{
    rig_say(NET, "fault garbage 50");
    fake_advance(10 * RT_S);
    rig_expect_int(rig_must("storm", 1), "sent", 50);
    fake_advance(20 * RT_S);
    ck_assert(status(USER).dchannel_up);
    expect_call(10 * RT_S);
}
END_TEST

START_TEST(frame_that_never_closes)
{
    rig_say(NET, "fault never-close");
    fake_advance(30 * RT_S); /* T203 10 s, then T200 four times */
    ck_assert(!status(USER).dchannel_up);
    rig_say(NET, "fault none");
    fake_advance(15 * RT_S);
    ck_assert(status(USER).dchannel_up);
    expect_call(5 * RT_S);
}
END_TEST

START_TEST(flapping)
{
    struct ex_fault *f = &rig.ex[NET].spans[0].fault;

    rig_say(NET, "fault flap every 2s for 500ms");
    fake_advance(200 * RT_MS);
    ck_assert(f->cut);
    fake_advance(1 * RT_S);
    ck_assert(!f->cut);
    fake_advance(1 * RT_S);
    ck_assert(f->cut);
    rig_say(NET, "fault none");
    fake_advance(10 * RT_S);
    ck_assert(!f->cut);
    expect_call(5 * RT_S);
}
END_TEST

/** Q.931 table 9-1: T303 is 4 s, SETUP is repeated once, then the call is cleared. */
START_TEST(silent_in_q931)
{
    rig_say(NET, "mute q931");
    rig_say(USER, "call 100");
    fake_advance(12 * RT_S);
    rig_expect_text(rig_must("released", 2), "timer", "T303");
    ck_assert_ptr_null(rig_event("arrived", 1, 0));
    ck_assert(status(USER).dchannel_up);
    rig_say(NET, "fault none");
    expect_call(5 * RT_S);
}
END_TEST

START_TEST(silent_in_q921)
{
    rig_say(NET, "mute q921");
    fake_advance(30 * RT_S);
    ck_assert(!status(USER).dchannel_up);
    rig_say(NET, "fault none");
    fake_advance(15 * RT_S);
    ck_assert(status(USER).dchannel_up);
}
END_TEST

START_TEST(many_restarts)
{
    rig_say(NET, "storm restart 100");
    fake_advance(5 * RT_S);
    rig_expect_int(rig_must("storm", 1), "sent", 100);
    ck_assert_uint_eq(isdn_span_free_channels(rig.ex[USER].spans[0].isdn, 0xfffefffe), 30);
    expect_call(5 * RT_S);
}
END_TEST

/** SETUPs with call references that nobody here keeps: each is told, and refused by a rule. */
START_TEST(many_setups)
{
    rig_say(NET, "storm setup 60 4711");
    fake_advance(5 * RT_S);
    ck_assert_ptr_nonnull(rig_event("arrived", 2, 59));
    ck_assert_ptr_null(rig_event("arrived", 2, 60));
    fake_advance(30 * RT_S);
    ck_assert_ptr_null(rig.ex[USER].calls);
    expect_call(5 * RT_S);
}
END_TEST

/** STATUS ENQUIRY for a call that is none is answered with STATUS, cause 81 or 30 (Q.931 5.8.10);
 * nothing becomes of it here. */
START_TEST(messages_as_they_are)
{
    rig_say(NET, "raw 0802123475");
    rig_say(NET, "raw 75 reference 77");
    rig_say(NET, "raw 75 reference 77 answering");
    fake_advance(2 * RT_S);
    ck_assert_ptr_null(rig_event("error", 0, 0));
    ck_assert(status(USER).dchannel_up);
    expect_call(5 * RT_S);
}
END_TEST

static void expect_error(const char *line, const char *error)
{
    json_array_clear(rig.said);
    rig_say(NET, line);
    rig_expect_text(rig_must("error", 0), "text", error);
}

START_TEST(wrong_commands)
{
    expect_error("fault bogus", "fault: there is no such fault");
    expect_error("fault lose", "fault: a number of frames is missing");
    expect_error("fault lose 1 span 7", "fault: there is no span 7");
    expect_error("fault lose 1 please", "fault: unknown word \"please\"");
    expect_error("fault flap every 1s for 2s",
                 "fault: it is \"flap every TIME for TIME\", less for than every");
    expect_error("storm hail 3", "storm: \"hail\" is not restart|setup");
    expect_error("raw 7", "raw: \"7\" is not a message in hex");
    expect_error("raw 75 call 8", "raw: there is no call 8");
    expect_error("mute q9", "mute: \"q9\" is not q921|q931");
    expect_error("dance", "unknown command \"dance\"");
    expect_error("down 9", "down: there is no span 9");
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("faults");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, lost_frames);
    tcase_add_test(t, wrong_check_sequences);
    tcase_add_test(t, numbers_jump);
    tcase_add_test(t, random_frames);
    tcase_add_test(t, frame_that_never_closes);
    tcase_add_test(t, flapping);
    tcase_add_test(t, silent_in_q931);
    tcase_add_test(t, silent_in_q921);
    tcase_add_test(t, many_restarts);
    tcase_add_test(t, many_setups);
    tcase_add_test(t, messages_as_they_are);
    tcase_add_test(t, wrong_commands);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("exchange_faults", fill);
}
