/* Whose a message is: references that come again, terminals of a bus that have the same one, and
 * what is said about things that are not there.
 */
#include "test/unit/isdn_rig.h"

/* ---- after a call ---- */

/** The cause that a call was refused with is none of a later message's (5.8.3.2 a). */
START_TEST(a_message_for_a_call_that_is_over_is_answered_with_cause_81)
{
    uint8_t information[] = {0x08, 0x02, 0x00, 0x00, Q931_T_INFORMATION, 0x28, 0x01, 0x41};

    rig_setup();
    struct isdn_call *c = rig_call(USER);
    information[2] = (uint8_t)(c->reference >> 8);
    information[3] = (uint8_t)c->reference;
    isdn_call_release(rig.side[NET].in, 17, 0);
    fake_advance(RT_S);
    rig_expect_said_cause(NET, Q931_T_RELEASE_COMPLETE, 17, 0);
    ck_assert_int_eq(isdn_span_say(rig.side[USER].span, information, sizeof information), 0);
    fake_advance(RT_S);
    const struct rig_message *m = rig_said(NET, Q931_T_RELEASE_COMPLETE, 1);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->view.cause, 81);
    rig_expect_idle();
    rig_close();
}
END_TEST

/* ---- restarts ---- */

START_TEST(a_restart_of_a_channel_that_is_not_there_ends_no_call)
{
    const pri_event e = {.restart = {.e = PRI_EVENT_RESTART, .channel = 40}};

    rig_setup();
    struct isdn_call *c = rig_active(USER);
    isdn_pri_event(rig.side[USER].span->link, &e, false);
    fake_advance(RT_S);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    isdn_call_release(c, 16, 0);
    fake_advance(5 * RT_S);
    rig_expect_idle();
    rig_close();
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

/** A call of the terminal to the network, answered. Returns the network's end. */
static struct isdn_call *bus_up(void)
{
    struct isdn_setup in = rig_words("4711", true);
    struct isdn_call *c = NULL;

    rig_open(bus);
    ck_assert_int_eq(isdn_memory_join(rig.side[NET].span, rig.side[USER].span), 0);
    fake_advance(10 * RT_S);
    rig.side[NET].answers = true;
    ck_assert_int_eq(
        isdn_call_setup(&c, rig.side[USER].span, ~0u, ISDN_ASCENDING, &in, &rig.side[USER]), 0);
    fake_advance(RT_S);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    rig.side[NET].answers = false;
    rig.nwire = 0;
    return rig.side[NET].in;
}

static void frame(const uint8_t *octets, size_t len)
{
    ck_assert_int_eq(isdn_span_send_frame(rig.side[USER].span, octets, len), 0);
    fake_advance(500 * RT_MS);
}

/** Another terminal gets the next TEI (Q.921 5.3.2), sets its link up, and calls. */
static void call_of_terminal(uint8_t tei, uint8_t reference)
{
    const uint8_t address = (uint8_t)(tei << 1 | 1);
    const uint8_t request[] = {0xfc, 0xff, 0x03, 0x0f, 0x12, 0x34, 0x01, 0xff};
    const uint8_t sabme[] = {0x00, address, 0x7f};
    const uint8_t setup[] = {0x00,         address, 0x00, 0x00, 0x08, 0x01, reference,
                             Q931_T_SETUP, 0xa1,    0x04, 0x03, 0x80, 0x90, 0xa3, /* speech */
                             0x70,         0x03,    0x81, 0x34, 0x32};

    frame(request, sizeof request);
    frame(sabme, sizeof sabme);
    frame(setup, sizeof setup);
}

START_TEST(terminals_may_have_the_same_reference)
{
    struct isdn_call *first = bus_up();

    call_of_terminal(first->tei + 1, (uint8_t)first->reference);
    struct isdn_call *second = rig.side[NET].in;
    ck_assert_uint_eq(rig.side[NET].setups, 2);
    ck_assert_ptr_ne(first, second);
    ck_assert_uint_eq(second->reference, first->reference);
    isdn_call_release(second, 17, 2);
    fake_advance(100 * RT_MS);
    rig_expect_said_cause(NET, Q931_T_RELEASE_COMPLETE, 17, 2);
    ck_assert_uint_eq(rig_said(NET, Q931_T_RELEASE_COMPLETE, 0)->view.tei, first->tei + 1);
    ck_assert_int_eq(first->state, CALL_ACTIVE);
    isdn_call_release(first, 18, 3);
    fake_advance(100 * RT_MS);
    rig_expect_said_cause(NET, Q931_T_DISCONNECT, 18, 3);
    fake_advance(10 * RT_S);
    rig_close();
}
END_TEST

/** libpri says that the call is over when a terminal that lost it does not answer RELEASE. */
START_TEST(a_terminal_that_lost_the_call_does_not_end_it)
{
    struct isdn_call *c = bus_up();
    const pri_event e = {.hangup = {.e = PRI_EVENT_HANGUP_ACK, .call = c->q931}};

    isdn_pri_event(c->link, &e, true);
    fake_advance(RT_S);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    isdn_call_release(c, 16, 0);
    fake_advance(10 * RT_S);
    rig_expect_no_records(NET);
    rig_close();
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("reference");

    tcase_add_test(t, a_message_for_a_call_that_is_over_is_answered_with_cause_81);
    tcase_add_test(t, a_restart_of_a_channel_that_is_not_there_ends_no_call);
    tcase_add_test(t, terminals_may_have_the_same_reference);
    tcase_add_test(t, a_terminal_that_lost_the_call_does_not_end_it);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("whose a message is", fill);
}
