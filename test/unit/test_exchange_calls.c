/* Two exchanges back to back: steps in their order and at their time, overlap, services, loads. */
#include "test/unit/exchange_rig.h"

#define RULES                                                                                      \
    "number 100 {\n proceeding\n alerting after 200ms\n answer after 300ms\n hangup after 1s\n}\n" \
    "number 101 {\n cause 21\n}\n"                                                                 \
    "number 102 {\n proceeding\n connected +4930 name Otto\n subaddress 12\n uui hello\n answer\n" \
    " aoc d 1.25 EUR after 100ms\n notify 121\n aoc e 7 after 100ms\n hangup\n}\n"                 \
    "number 103 {\n channel refuse\n}\n"                                                           \
    "number 104 {\n channel other\n wait 5s\n}\n"                                                  \
    "number 105 {\n measure off\n proceeding\n answer\n}\n"                                        \
    "number 106 {\n services refuse\n proceeding\n answer\n}\n"                                    \
    "number 107 {\n proceeding\n raw 6e270180\n wait 5s\n}\n"                                      \
    "number 108 {\n proceeding\n answer\n hold after 100ms\n retrieve after 200ms\n}\n"            \
    "number 030* {\n digits 6\n proceeding\n answer\n}\n"

static void setup(void)
{
    rig_open(" overlap", RULES,
             "number 900 {\n proceeding\n deflect 4711\n wait 5s\n}\n"
             "number 901 {\n proceeding\n answer\n mcid after 100ms\n}\n");
}

static void teardown(void)
{
    ck_assert_ptr_null(rig_event("error", 0, 0));
    rig_close();
}

START_TEST(steps_in_order_and_time)
{
    rig_say(USER, "call 100 from 4711");
    fake_advance(5 * RT_S);
    rig_expect_int(rig_must("placed", 2), "channel", 1); /* a user hunts upwards here */
    rig_expect_text(rig_must("arrived", 1), "caller", "4711");
    rig_expect_text(rig_must("matched", 1), "rule", "100");
    ck_assert_int_le(json_integer_value(json_object_get(rig_must("proceeding", 2), "ms")), 60);
    json_int_t rings = json_integer_value(json_object_get(rig_must("alerting", 2), "ms"));
    json_int_t answers = json_integer_value(json_object_get(rig_must("answered", 2), "ms"));
    ck_assert_int_ge(rings, 200);
    ck_assert_int_le(rings, 260);
    ck_assert_int_ge(answers - rings, 299);
    ck_assert_int_le(answers - rings, 320);
    json_t *end = rig_must("released", 2);
    rig_expect_int(end, "cause", 16);
    rig_expect_int(end, "location", 2);
    rig_expect_text(end, "by", "them");
    rig_expect_text(rig_must("released", 1), "by", "us");
}
END_TEST

START_TEST(refusals)
{
    rig_say(USER, "call 101");
    rig_say(USER, "call 103");
    rig_say(USER, "call 999");
    fake_advance(2 * RT_S);
    rig_expect_int(rig_event("released", 2, 0), "cause", 21);
    rig_expect_int(rig_event("released", 2, 1), "cause", 44);
    rig_expect_int(rig_event("released", 2, 2), "cause", 1); /* no rule */
}
END_TEST

/** Q.931 5.2.3.1: the response to a SETUP that was exclusive names the same channel. */
START_TEST(another_channel)
{
    rig_say(USER, "call 104");
    fake_advance(2 * RT_S);
    rig_expect_int(rig_must("placed", 2), "channel", 1);
    ck_assert(rig_event("proceeding", 2, 0) || rig_event("released", 2, 0));
    rig_say(USER, "release all");
    fake_advance(5 * RT_S);
}
END_TEST

START_TEST(elements_and_services)
{
    rig_say(USER, "call 102 from 22 display Emil uui 0x0102 keypad *1# pi 3 "
                  "redirecting 33 reason 1 subaddress ab hlc 9181");
    fake_advance(3 * RT_S);
    json_t *in = rig_must("arrived", 1);
    rig_expect_text(in, "uui", "0102");
    rig_expect_text(in, "keypad", "*1#");
    rig_expect_text(in, "redirecting", "33");
    rig_expect_int(in, "redirecting_reason", 1);
    rig_expect_text(in, "subaddress", "506162");
    rig_expect_text(in, "hlc", "9181");
    rig_expect_int(in, "progress", 3);
    json_t *answer = rig_must("answered", 2);
    rig_expect_text(answer, "connected", "4930");
    rig_expect_int(answer, "connected_type", 1);
    rig_expect_text(answer, "name", "Otto");
    rig_expect_text(answer, "connected_subaddress", "503132");
    rig_expect_text(answer, "uui", "68656c6c6f"); /* "hello" */
    json_t *d = rig_event("aoc", 2, 0), *e = rig_event("aoc", 2, 1);
    rig_expect_text(d, "kind", "d");
    rig_expect_text(d, "currency", "EUR");
    ck_assert_double_eq_tol(json_real_value(json_object_get(d, "amount")), 1.25, 1e-9);
    rig_expect_text(e, "kind", "e");
    rig_expect_int(e, "units", 7);
    rig_expect_int(rig_must("notify", 2), "notify", 121);
}
END_TEST

START_TEST(overlap_sending)
{
    rig_say(USER, "call 030123 overlap pace 50ms");
    fake_advance(3 * RT_S);
    ck_assert_ptr_nonnull(rig_event("setup_ack", 2, 0));
    rig_expect_text(rig_event("digits", 1, 0), "digits", "0");
    ck_assert_ptr_nonnull(rig_event("digits", 1, 5));
    ck_assert_ptr_null(rig_event("digits", 1, 6));
    rig_expect_text(rig_must("matched", 1), "rule", "030*");
    rig_say(USER, "release all cause 31");
    fake_advance(2 * RT_S);
    rig_expect_int(rig_must("released", 1), "cause", 31);
}
END_TEST

/** A pause that is longer than T302 (10 s on the network side, Q.931 table 9-1): incomplete. */
START_TEST(overlap_stops)
{
    rig_say(USER, "call 030123 overlap pace 20s");
    fake_advance(30 * RT_S);
    rig_expect_int(rig_must("released", 2), "cause", 28);
    ck_assert_ptr_nonnull(rig_event("complete", 1, 0));
}
END_TEST

START_TEST(a_load_reports)
{
    rig_say(USER, "call 105 count 20 rate 20/s measure off for 300ms");
    rig_say(USER, "wait calls");
    fake_advance(5 * RT_S);
    json_t *load = rig_must("load", 0);
    rig_expect_int(load, "placed", 20);
    rig_expect_int(load, "answered", 20);
    rig_expect_int(json_object_get(load, "causes"), "16", 20);
    double p50 = json_real_value(json_object_get(load, "setup_ms_p50"));
    double most = json_real_value(json_object_get(load, "setup_ms_max"));
    ck_assert(p50 > 5 && p50 <= json_real_value(json_object_get(load, "setup_ms_p99")));
    ck_assert(most >= p50 && most < 100);
    ck_assert_int_ge(json_integer_value(json_object_get(load, "outstanding")), 1);
    ck_assert_ptr_null(json_object_get(rig_must("released", 2), "heard")); /* measure off */
    ck_assert_ptr_null(json_object_get(rig_must("released", 1), "heard"));
}
END_TEST

START_TEST(a_message_as_it_is)
{
    rig_say(USER, "call 107");
    fake_advance(1 * RT_S);
    rig_expect_int(rig_must("notify", 2), "notify", 0); /* 80: user suspended */
    rig_say(USER, "release all");
    fake_advance(2 * RT_S);
}
END_TEST

START_TEST(hold_and_retrieve)
{
    rig_say(USER, "call 108");
    fake_advance(250 * RT_MS);
    ck_assert_ptr_nonnull(rig_event("hold", 2, 0));
    ck_assert_ptr_nonnull(rig_event("held", 1, 0));
    ck_assert_uint_eq(rig.ex[NET].spans[0].busy, 0); /* a held call has no channel */
    fake_advance(2 * RT_S);
    ck_assert_ptr_nonnull(rig_event("retrieve", 2, 0));
    ck_assert_ptr_nonnull(rig_event("held", 1, 1));
    ck_assert_uint_ne(rig.ex[NET].spans[0].busy, 0);
    rig_say(USER, "release all");
    fake_advance(2 * RT_S);
}
END_TEST

START_TEST(deflection_and_mcid)
{
    rig_say(NET, "call 900");
    fake_advance(2 * RT_S);
    rig_expect_text(rig_must("deflect", 1), "connected", "4711");
    ck_assert_ptr_nonnull(rig_event("released", 2, 0));
    rig_say(NET, "call 901 for 1s");
    fake_advance(3 * RT_S);
    ck_assert_ptr_nonnull(rig_event("mcid", 1, 0));
}
END_TEST

/** ECT (EN 300 369-1): the network takes both calls and clears them. */
START_TEST(transfer_joins)
{
    rig_say(USER, "call 105 from 22");
    rig_say(USER, "call 105 from 22 wait 500ms transfer");
    fake_advance(3 * RT_S);
    ck_assert_ptr_nonnull(rig_event("transfer", 1, 0));
    ck_assert_ptr_nonnull(rig_event("released", 2, 1));
    ck_assert_ptr_null(rig.ex[USER].calls);
}
END_TEST

START_TEST(transfer_refused)
{
    rig_say(USER, "call 106 from 22");
    rig_say(USER, "call 106 from 22 wait 500ms transfer");
    fake_advance(3 * RT_S);
    ck_assert_ptr_nonnull(rig_event("transfer", 1, 0));
    ck_assert_ptr_nonnull(rig_event("transfer", 2, 0)); /* what came of it */
    ck_assert_ptr_null(rig_event("released", 2, 0));
    rig_say(USER, "release all");
    fake_advance(2 * RT_S);
}
END_TEST

START_TEST(no_such_thing)
{
    rig_say(USER, "call 105 span 9");
    rig_expect_text(rig_must("failed", 0), "error", "there is no such span");
    rig_say(USER, "call 105 channel 16");
    ck_assert_ptr_nonnull(rig_event("failed", 2, 0));
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("calls");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, steps_in_order_and_time);
    tcase_add_test(t, refusals);
    tcase_add_test(t, another_channel);
    tcase_add_test(t, elements_and_services);
    tcase_add_test(t, overlap_sending);
    tcase_add_test(t, overlap_stops);
    tcase_add_test(t, a_load_reports);
    tcase_add_test(t, a_message_as_it_is);
    tcase_add_test(t, hold_and_retrieve);
    tcase_add_test(t, deflection_and_mcid);
    tcase_add_test(t, transfer_joins);
    tcase_add_test(t, transfer_refused);
    tcase_add_test(t, no_such_thing);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("exchange_calls", fill);
}
