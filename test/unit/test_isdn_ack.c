/* Acknowledgements on the D channel: when a frame of their own is spent on one, and when a received
 * one wakes the signalling thread. Frames by hand from Q.921 3.6: address (SAPI 0, TEI 0), then
 * N(S) and N(R) each times two.
 */
#include "test/unit/isdn_rig.h"

#define RR  0x01
#define RNR 0x05

static struct isdn_io io;
static struct hdlc *far;
static struct isdn_frame got[8];
static unsigned ngot;

static void on_frame(void *arg, const uint8_t *frame, size_t len)
{
    (void)arg;
    ck_assert_uint_lt(ngot, RT_COUNT(got));
    got[ngot].len = (uint16_t)len;
    memcpy(got[ngot++].octets, frame, len);
}

static void run_line(void)
{
    uint8_t octets[80];

    hdlc_transmit(io.hdlc, octets, sizeof octets);
    hdlc_receive(far, octets, sizeof octets);
}

static void setup(void)
{
    memset(&io, 0, sizeof io);
    ngot = 0;
    ck_assert_int_eq(hdlc_new(&io.hdlc, on_frame, NULL), 0);
    ck_assert_int_eq(hdlc_new(&far, on_frame, NULL), 0);
    run_line(); /* flags, until there is more */
}

static void teardown(void)
{
    hdlc_free(io.hdlc);
    hdlc_free(far);
}

static struct isdn_frame iframe(unsigned ns, unsigned nr, uint8_t tei)
{
    return (struct isdn_frame){
        .len = 6, .octets = {0x02, tei, (uint8_t)(ns << 1), (uint8_t)(nr << 1), 0x08, 0x00}};
}

static struct isdn_frame supervisory(uint8_t kind, unsigned nr, bool final)
{
    return (struct isdn_frame){.len = 4, .octets = {0x00, 0x01, kind, (uint8_t)(nr << 1 | final)}};
}

/** As isdn_io_send_frame(). */
static void say(struct isdn_frame f)
{
    if (!isdn_ack_merged(&io, &f))
        ck_assert_int_eq(hdlc_send(io.hdlc, f.octets, f.len), 0);
}

START_TEST(frames_that_wait_carry_it)
{
    say(iframe(0, 1, 1)); /* on its way at once */
    say(iframe(1, 1, 1));
    say(iframe(2, 1, 1));
    say(supervisory(RR, 5, false));
    run_line();
    ck_assert_uint_eq(ngot, 3);
    ck_assert_uint_eq(got[0].octets[3], 1 << 1);
    ck_assert_uint_eq(got[1].octets[3], 5 << 1);
    ck_assert_uint_eq(got[2].octets[3], 5 << 1);
    ck_assert_uint_eq(got[2].octets[2], 2 << 1);
}
END_TEST

START_TEST(a_frame_takes_the_place_of_one_that_waits)
{
    say(iframe(0, 1, 1));
    say(supervisory(RR, 2, false)); /* the first is being sent: nothing waits */
    say(supervisory(RR, 3, false));
    say(iframe(1, 3, 1));
    run_line();
    ck_assert_uint_eq(ngot, 2);
    ck_assert_uint_eq(got[1].len, 6);
    ck_assert_uint_eq(got[1].octets[3], 3 << 1);
}
END_TEST

START_TEST(an_answer_to_a_poll_stays_a_frame)
{
    say(iframe(0, 1, 1));
    say(iframe(1, 1, 1));
    say(supervisory(RR, 2, true)); /* F = 1 (5.6.2) */
    run_line();
    ck_assert_uint_eq(ngot, 3);
    ck_assert_uint_eq(got[1].octets[3], 1 << 1);
    ck_assert_uint_eq(got[2].octets[3], 2 << 1 | 1);
}
END_TEST

START_TEST(another_terminal_acknowledges_for_itself)
{
    say(iframe(0, 1, 0x81));
    say(iframe(1, 1, 0x81));
    say(supervisory(RR, 2, false));
    run_line();
    ck_assert_uint_eq(ngot, 3);
    ck_assert_uint_eq(got[1].octets[3], 1 << 1);
}
END_TEST

static bool wakes(struct isdn_frame f)
{
    return isdn_ack_wakes(&io, f.octets, f.len);
}

static void sent(unsigned ns)
{
    struct isdn_frame f = iframe(ns, 0, 1);

    isdn_ack_sent(&io, f.octets, f.len);
}

START_TEST(it_wakes_when_the_window_was_full)
{
    io.window = 3;
    sent(126);
    ck_assert(wakes(iframe(0, 126, 1))); /* signalling knows that 126 is the next */
    ck_assert(!wakes(supervisory(RR, 127, false)));
    sent(127);
    sent(0); /* 126, 127 and 0 are out, as far as signalling knows */
    ck_assert(wakes(supervisory(RR, 1, false)));
    ck_assert(!wakes(supervisory(RR, 1, false)));
}
END_TEST

START_TEST(it_wakes_when_the_far_end_was_busy)
{
    io.window = 3;
    ck_assert(wakes(supervisory(RNR, 0, false)));
    ck_assert(wakes(supervisory(RR, 0, false)));
    ck_assert(!wakes(supervisory(RR, 0, false)));
}
END_TEST

static unsigned acks[2];

static void count_acks(void *arg, struct isdn_call *call, bool out, const char *name,
                       const uint8_t *frame, size_t len)
{
    (void)call;
    (void)name;
    if (out && len == 4 && frame[2] == RR)
        acks[arg == &rig.side[USER]]++;
}

/** SETUP is acknowledged by CALL PROCEEDING, CONNECT by CONNECT ACKNOWLEDGE, DISCONNECT by RELEASE
 * and that by RELEASE COMPLETE; CALL PROCEEDING and ALERTING alone by RR, and what nothing
 * follows: CONNECT ACKNOWLEDGE and RELEASE COMPLETE. */
START_TEST(what_is_answered_needs_none)
{
    rig_setup();
    acks[NET] = acks[USER] = 0;
    for (unsigned i = 0; i < 2; i++)
        rig.side[i].span->ops.trace = count_acks;
    struct isdn_call *c = rig_active(USER);
    isdn_call_release(c, 16, 0);
    fake_advance(RT_S);
    rig_expect_idle();
    ck_assert_uint_eq(acks[USER], 2);
    ck_assert_uint_eq(acks[NET], 2);
    rig_close();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("acknowledgements");
    TCase *tc = tcase_create("acknowledgements");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, frames_that_wait_carry_it);
    tcase_add_test(tc, a_frame_takes_the_place_of_one_that_waits);
    tcase_add_test(tc, an_answer_to_a_poll_stays_a_frame);
    tcase_add_test(tc, another_terminal_acknowledges_for_itself);
    tcase_add_test(tc, it_wakes_when_the_window_was_full);
    tcase_add_test(tc, it_wakes_when_the_far_end_was_busy);
    tcase_add_test(tc, what_is_answered_needs_none);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
