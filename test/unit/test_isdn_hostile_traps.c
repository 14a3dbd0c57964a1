/* Where libpri trusts the far end more than it may: each thing that is kept from it (wording.c), by
 * what would come of it.
 */
#include "test/unit/isdn_hostile.h"

static struct isdn_call *present(void)
{
    rig.side[hostile.victim].answers = false;
    struct isdn_call *far = rig_call(hostile.attacker);

    ck_assert_int_eq(rig.side[hostile.victim].in->state, CALL_PRESENT);
    rig.nwire = 0;
    return far;
}

static struct isdn_call *near(void)
{
    return rig.side[hostile.victim].in;
}

static void expect_status(unsigned cause)
{
    const struct rig_message *m = rig_said(hostile.victim, Q931_T_STATUS, 0);

    ck_assert_msg(m, "no STATUS");
    ck_assert_uint_eq(m->view.cause, cause);
}

/** It would stop T305, and the call would never end. */
START_TEST(connect_ack_does_not_stop_the_timers_of_clearing)
{
    hostile_begin(_i, false);
    struct isdn_call *far = present();
    isdn_call_alerting(near(), 0);
    memset(rig.side[hostile.attacker].deaf, true, sizeof rig.side[0].deaf);
    rig.side[hostile.victim].deaf[Q931_T_RELEASE_COMPLETE] = true; /* of the attacker's T303 */
    isdn_call_release(near(), 17, 0);
    fake_advance(100 * RT_MS);
    hostile_say_of(far, Q931_T_CONNECT_ACK, NULL, 0);
    fake_advance(100 * RT_MS);
    expect_status(101);
    fake_advance(30 * RT_S); /* T305 */
    ck_assert_ptr_nonnull(rig_said(hostile.victim, Q931_T_RELEASE, 0));
    fake_advance(8 * RT_S); /* T308, twice */
    ck_assert_uint_eq(rig_status(hostile.victim).calls, 0);
    hostile_end();
}
END_TEST

/** The call would be active, and DISCONNECT never sent. */
START_TEST(who_calls_cannot_answer)
{
    static const uint8_t channel[] = {0x18, 0x03, 0xa9, 0x83, 0x81};

    hostile_begin(_i, false);
    struct isdn_call *far = present();
    hostile_say_of(far, Q931_T_CONNECT, channel, sizeof channel);
    fake_advance(200 * RT_MS);
    expect_status(101);
    ck_assert_int_eq(near()->state, CALL_PRESENT);
    ck_assert_ptr_null(rig_told(hostile.victim, ISDN_EV_CONNECT));
    isdn_call_release(far, 16, 0);
    fake_advance(RT_S);
    hostile_end();
}
END_TEST

/** libpri insists on cause 96 then, which is no cause for RELEASE COMPLETE, and says nothing. */
START_TEST(a_call_is_refused_after_a_message_that_lacks_something)
{
    hostile_begin(_i, false);
    struct isdn_call *far = present();
    hostile_say_of(far, Q931_T_PROGRESS, NULL, 0); /* no Progress indicator */
    fake_advance(200 * RT_MS);
    expect_status(96);
    isdn_call_release(near(), 21, 1);
    fake_advance(200 * RT_MS);
    rig_expect_said_cause(hostile.victim, Q931_T_RELEASE_COMPLETE, 21, 1);
    ck_assert_uint_eq(hostile_records(hostile.victim), 0);
    ck_assert_uint_eq(hostile_records(hostile.attacker), 0);
    hostile_end();
}
END_TEST

/** libpri keeps what it carries for us as keypad information, and would dial it. */
START_TEST(a_repeated_setup_has_no_words_of_ours)
{
    struct isdn_ie ie;

    hostile_begin(_i, false);
    memset(rig.side[hostile.victim].deaf, true, sizeof rig.side[0].deaf);
    struct isdn_call *c = rig_call(hostile.attacker);
    ck_assert_int_eq(isdn_call_say(c, Q931_T_STATUS_ENQUIRY, NULL, 0), 0);
    fake_advance(5 * RT_S); /* T303 */
    const struct rig_message *m = rig_said(hostile.attacker, Q931_T_SETUP, 1);
    ck_assert_ptr_nonnull(m);
    ck_assert(!q931_find(&ie, m->octets, m->len, ISDN_IE_KEYPAD, 0));
    ck_assert(q931_find(&ie, m->octets, m->len, ISDN_IE_CALLED, 0));
    fake_advance(10 * RT_S);
    hostile_end();
}
END_TEST

/** Its elements would become the live call's, its channel first (5.8.3.2 e). */
START_TEST(a_second_setup_changes_nothing)
{
    static const uint8_t other[] = {0x04, 0x03, 0x80, 0x90, 0xa3, 0x18, 0x03,
                                    0xa9, 0x83, 0x87, 0x70, 0x02, 0x80, 0x39};

    hostile_begin(_i, false);
    struct isdn_call *far = present();
    unsigned channel = near()->channel;
    hostile_say_of(far, Q931_T_SETUP, other, sizeof other);
    fake_advance(200 * RT_MS);
    ck_assert_uint_eq(rig.side[hostile.victim].setups, 1);
    isdn_call_alerting(near(), 0);
    isdn_call_connect(near(), NULL);
    fake_advance(200 * RT_MS);
    ck_assert_int_eq(far->state, CALL_ACTIVE);
    ck_assert_uint_eq(far->channel, channel);
    ck_assert_uint_eq(near()->channel, channel);
    hostile_end();
}
END_TEST

/** 5.8.3.2 d: the flag says that the victim made the reference. */
START_TEST(a_setup_to_who_made_the_reference_is_ignored)
{
    static const uint8_t body[] = {0x04, 0x03, 0x80, 0x90, 0xa3, 0x18, 0x03, 0xa1, 0x83, 0x87};

    hostile_begin(_i, false);
    rig.nwire = 0;
    hostile_message(STRANGE, true, Q931_T_SETUP, body, sizeof body);
    fake_advance(RT_S);
    ck_assert_uint_eq(rig.side[hostile.victim].setups, 0);
    ck_assert_uint_eq(hostile_records(hostile.victim), 0);
    ck_assert_ptr_null(rig_said(hostile.victim, Q931_T_RELEASE_COMPLETE, 0));
    hostile_end();
}
END_TEST

/* ---- elements ---- */

#define LEAST "04 03 80 90 a3 18 03 a1 83 85 "

/** What is wrong is as if it were not there; what follows is read (5.8.7.2). */
START_TEST(elements_that_lie_about_their_length_are_left_out)
{
    static const char *const table[] = {
        LEAST "6c 03 01 31 32 70 02 80 35", /* no octet of the number's group ends it */
        LEAST "6c 02 00 00 70 02 80 35",
        LEAST "28 00 6c 00 70 02 80 35", /* empty */
        LEAST "74 03 00 00 00 70 02 80 35",
        LEAST "1e 01 81 70 02 80 35", /* an octet short */
        LEAST "08 01 81 70 02 80 35",
        LEAST "70 02 80 35 6c 09 00 83 31", /* beyond the message's end */
        LEAST "70 02 80 35 7e",
        LEAST "6d 20 80 50 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 "
              "30 30 30 30 30 30 70 02 80 35", /* a subaddress of 31 octets */
    };
    uint8_t b[100];

    hostile_begin(_i, false);
    rig.side[hostile.victim].answers = false;
    for (unsigned i = 0; i < RT_COUNT(table); i++) {
        hostile_message(STRANGE + i, false, Q931_T_SETUP, b, hostile_hex(b, table[i]));
        fake_advance(200 * RT_MS);
        ck_assert_uint_eq(rig.side[hostile.victim].setups, i + 1);
        ck_assert_str_eq(rig.side[hostile.victim].setup.called.digits, "5");
        ck_assert_str_eq(rig.side[hostile.victim].setup.calling.digits, "");
        ck_assert_uint_eq(rig.side[hostile.victim].setup.calling_sub.len, 0);
        hostile_message(STRANGE + i, false, Q931_T_RELEASE_COMPLETE, "\x08\x02\x81\x90", 4);
        fake_advance(200 * RT_MS);
        ck_assert_uint_eq(hostile_records(hostile.victim), 0);
    }
    hostile_end();
}
END_TEST

/** The Bearer capability is mandatory: without it, or broken, cause 96 (5.8.6.1). */
START_TEST(a_setup_without_its_bearer_is_refused)
{
    static const char *const table[] = {"18 03 a1 83 85", "04 01 80 18 03 a1 83 85", "04",
                                        "04 09 80"};
    uint8_t b[100];

    hostile_begin(_i, false);
    for (unsigned i = 0; i < RT_COUNT(table); i++) {
        rig.nwire = 0;
        hostile_message(STRANGE + i, false, Q931_T_SETUP, b, hostile_hex(b, table[i]));
        fake_advance(200 * RT_MS);
        rig_expect_said_cause(hostile.victim, Q931_T_RELEASE_COMPLETE, 96,
                              rig_said(hostile.victim, Q931_T_RELEASE_COMPLETE, 0)->view.location);
        ck_assert_uint_eq(hostile_records(hostile.victim), 0);
    }
    ck_assert_uint_eq(rig.side[hostile.victim].setups, 0);
    hostile_end();
}
END_TEST

/* ---- a bus ---- */

static void bus(struct isdn_span_config *cfg)
{
    cfg->rate = ISDN_BRI;
    cfg->timeslots = isdn_rate_timeslots(ISDN_BRI);
    cfg->dchannel = 3;
    cfg->multipoint = true;
    cfg->overlap = false;
}

/** libpri would keep a record of the terminal beyond the terminal, and look at it then. */
START_TEST(nobody_restarts_a_bus)
{
    static const uint8_t restart[] = {0x08, 0x01, 0x00, 0x46, 0x18, 0x01, 0x89, 0x79, 0x01, 0x80};

    rig_open(bus);
    ck_assert_int_eq(isdn_memory_join(rig.side[NET].span, rig.side[USER].span), 0);
    fake_advance(10 * RT_S);
    struct isdn_setup in = rig_words("4711", true);
    rig.side[NET].answers = true;
    struct isdn_call *c = NULL;
    ck_assert_int_eq(
        isdn_call_setup(&c, rig.side[USER].span, ~0u, ISDN_ASCENDING, &in, &rig.side[USER]), 0);
    fake_advance(RT_S);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    rig.nwire = 0;
    uint64_t before = isdn_counters[ISDN_RESTARTS].value;
    ck_assert_int_eq(isdn_span_say(rig.side[USER].span, restart, sizeof restart), 0);
    fake_advance(RT_S);
    ck_assert_uint_eq(isdn_counters[ISDN_RESTARTS].value, before);
    ck_assert_ptr_null(rig_said(NET, Q931_T_RESTART_ACK, 0));
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    isdn_call_release(c, 16, 0);
    fake_advance(10 * RT_S);
    rig_expect_no_records(NET);
    rig_close();
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("traps");

    tcase_add_loop_test(t, connect_ack_does_not_stop_the_timers_of_clearing, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, who_calls_cannot_answer, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, a_call_is_refused_after_a_message_that_lacks_something, 0,
                        HOSTILE_LINES);
    tcase_add_loop_test(t, a_repeated_setup_has_no_words_of_ours, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, a_second_setup_changes_nothing, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, a_setup_to_who_made_the_reference_is_ignored, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, elements_that_lie_about_their_length_are_left_out, 0, HOSTILE_LINES);
    tcase_add_loop_test(t, a_setup_without_its_bearer_is_refused, 0, HOSTILE_LINES);
    tcase_add_test(t, nobody_restarts_a_bus);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("traps of libpri", fill);
}
