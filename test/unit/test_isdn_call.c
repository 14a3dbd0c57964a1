/* Calls between a network and a user, both ways: what is told, and what is on the wire. */
#include "test/unit/isdn_rig.h"

static void expect_sequence(unsigned side, const enum isdn_event_type *want, unsigned n)
{
    ck_assert_uint_eq(rig.side[side].nnotes, n);
    for (unsigned i = 0; i < n; i++)
        ck_assert_str_eq(isdn_event_name(rig.side[side].notes[i].ev.type),
                         isdn_event_name(want[i]));
}

START_TEST(a_call_en_bloc_runs_through)
{
    unsigned from = (unsigned)_i, to = !from;
    static const enum isdn_event_type caller[] = {ISDN_EV_PROCEEDING, ISDN_EV_ALERTING,
                                                  ISDN_EV_CONNECT, ISDN_EV_RELEASED};
    struct isdn_call *c = rig_call(from);

    ck_assert_uint_eq(rig.side[to].setups, 1);
    ck_assert_str_eq(rig.side[to].setup.called.digits, "4711");
    ck_assert(rig.side[to].setup.complete);
    ck_assert_uint_eq(rig.side[to].setup.channel, from == NET ? 1 : 31);
    struct isdn_call *in = rig.side[to].in;
    ck_assert_uint_eq(isdn_call_channel(in), isdn_call_channel(c));
    ck_assert_ptr_eq(isdn_call_owner(c), &rig.side[from]);
    ck_assert_ptr_eq(isdn_call_span(c), rig.side[from].span);
    isdn_call_proceeding(in, 0);
    fake_advance(100 * RT_MS);
    isdn_call_alerting(in, 0);
    fake_advance(100 * RT_MS);
    isdn_call_connect(in, NULL);
    fake_advance(100 * RT_MS);
    ck_assert_int_eq(in->state, CALL_ACTIVE);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    ck_assert_uint_eq(rig_status(from).channel[from == NET ? 1 : 31], ISDN_CH_BUSY);
    ck_assert_uint_eq(rig_status(to).calls, 1);
    isdn_call_release(c, 16, 0);
    fake_advance(100 * RT_MS);
    expect_sequence(from, caller, 4);
    ck_assert_ptr_nonnull(rig_told(to, ISDN_EV_CONNECT_ACK));
    ck_assert_ptr_nonnull(rig_told(to, ISDN_EV_DISCONNECT));
    ck_assert_ptr_nonnull(rig_told(to, ISDN_EV_RELEASED));
    rig_expect_idle();
    static const uint8_t order[] = {0x05, 0x02, 0x01, 0x07, 0x0f, 0x45, 0x4d, 0x5a};
    ck_assert_uint_eq(rig.nwire, sizeof order);
    for (size_t i = 0; i < sizeof order; i++)
        ck_assert_uint_eq(rig.wire[i].view.type, order[i]);
    ck_assert(rig_said(from, Q931_T_SETUP, 0)->view.complete);
}
END_TEST

START_TEST(the_called_side_releases)
{
    unsigned from = (unsigned)_i, to = !from;

    rig_active(from);
    isdn_call_release(rig.side[to].in, 16, 2);
    fake_advance(100 * RT_MS);
    rig_expect_cause(&rig_told(from, ISDN_EV_DISCONNECT)->ev.cause, 16, 2, NULL);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_DISCONNECT)->ev.progress, 0);
    rig_expect_idle();
}
END_TEST

START_TEST(an_overlap_call_collects_its_digits)
{
    unsigned from = (unsigned)_i, to = !from;
    struct isdn_setup in = rig_words("03", false);
    struct isdn_call *c = rig_place(from, &in);

    ck_assert_int_eq(isdn_call_information(c, "1", false), EPROTO); /* before SETUP ACKNOWLEDGE */
    fake_advance(100 * RT_MS);
    ck_assert(!rig.side[to].setup.complete);
    ck_assert_str_eq(rig.side[to].setup.called.digits, "03");
    isdn_call_setup_ack(rig.side[to].in, 8);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_SETUP_ACK)->ev.progress, 8);
    ck_assert_uint_eq(rig_told(from, ISDN_EV_SETUP_ACK)->ev.channel, isdn_call_channel(c));
    ck_assert_int_eq(isdn_call_information(c, "0", false), 0);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(rig_told(to, ISDN_EV_INFORMATION)->ev.digits, "0");
    ck_assert_int_eq(isdn_call_information(c, "12", false), 0);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(rig_told(to, ISDN_EV_INFORMATION)->ev.digits, "12");
    ck_assert_uint_eq(rig_times_told(to, ISDN_EV_INFORMATION), 2); /* what is said at once is one */
    isdn_call_alerting(rig.side[to].in, 0);
    fake_advance(100 * RT_MS);
    ck_assert_int_eq(isdn_call_information(c, "3", false), EPROTO);
    ck_assert_ptr_nonnull(rig_told(from, ISDN_EV_PROCEEDING));
    ck_assert_ptr_nonnull(rig_told(from, ISDN_EV_ALERTING));
    isdn_call_connect(rig.side[to].in, NULL);
    fake_advance(100 * RT_MS);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
    isdn_call_release(c, 16, 0);
    fake_advance(100 * RT_MS);
    rig_expect_idle();
}
END_TEST

START_TEST(progress_while_digits_are_wanted_lets_more_follow)
{
    struct isdn_setup in = rig_words("0", false);
    struct isdn_call *c = rig_place(USER, &in);

    fake_advance(100 * RT_MS);
    isdn_call_setup_ack(rig.side[NET].in, 0);
    isdn_call_progress(rig.side[NET].in, 8, 0);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(rig_told(USER, ISDN_EV_PROGRESS)->ev.progress, 8);
    ck_assert_int_eq(isdn_call_information(c, "5", false), 0);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(rig_told(NET, ISDN_EV_INFORMATION)->ev.digits, "5");
}
END_TEST

/* ---- what a SETUP and a CONNECT carry ---- */

START_TEST(a_setup_carries_what_it_was_given)
{
    unsigned from = (unsigned)_i, to = !from;
    struct isdn_setup in = rig_words("30123456", true);
    const struct isdn_setup *out = &rig.side[to].setup;

    in.called.ton = 2;
    strcpy(in.calling.digits, "49301000");
    in.calling.ton = 1;
    in.calling.npi = 1;
    in.calling.screening = 3;
    strcpy(in.diversion.last.digits, "30555");
    in.diversion.last.ton = 2;
    in.diversion.last.npi = 1;
    in.diversion.last.screening = 1;
    in.diversion.last_reason = 15; /* unconditional */
    strcpy(in.display, "Anna");
    in.bearer = ISDN_SPEECH;
    in.progress = 3;
    rig_place(from, &in);
    fake_advance(100 * RT_MS);
    ck_assert_str_eq(out->called.digits, "30123456");
    ck_assert_uint_eq(out->called.ton, 2);
    ck_assert_uint_eq(out->called.npi, 1);
    ck_assert_str_eq(out->calling.digits, "49301000");
    ck_assert_uint_eq(out->calling.ton, 1);
    ck_assert_uint_eq(out->calling.presentation, 0);
    ck_assert_uint_eq(out->calling.screening, 3);
    ck_assert_str_eq(out->diversion.last.digits, "30555");
    ck_assert_uint_eq(out->diversion.last.ton, 2);
    ck_assert_uint_eq(out->diversion.last_reason, 15);
    ck_assert_int_eq(out->bearer, ISDN_SPEECH);
    ck_assert(out->alaw);
    ck_assert_uint_eq(out->progress, 3);
    if (from == NET) /* the network alone sends Display (3.1.14) */
        ck_assert_str_eq(out->display, "Anna");
}
END_TEST

START_TEST(clir_and_no_number_stay_what_they_are)
{
    static const struct {
        const char *digits;
        uint8_t presentation, screening;
    } table[] = {{"30777", 1, 0}, {"30777", 1, 3}, {"30777", 0, 1}, {"", 2, 3}, {"", 1, 3}};
    const struct isdn_number *n = &rig.side[NET].setup.calling;

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        struct isdn_setup in = rig_words("110", true);
        strcpy(in.calling.digits, table[i].digits);
        in.calling.presentation = table[i].presentation;
        in.calling.screening = table[i].screening;
        rig_place(USER, &in);
        fake_advance(100 * RT_MS);
        ck_assert_str_eq(n->digits, table[i].digits);
        ck_assert_uint_eq(n->presentation, table[i].presentation);
        ck_assert_uint_eq(n->screening, table[i].screening);
        isdn_call_release(rig.side[NET].in, 1, 0);
        fake_advance(100 * RT_MS);
    }
    rig_expect_idle();
}
END_TEST

START_TEST(bearers_stay_what_they_are)
{
    for (unsigned b = ISDN_SPEECH; b <= ISDN_DATA64; b++) {
        struct isdn_setup in = rig_words("1", true);
        in.bearer = (enum isdn_bearer)b;
        rig_place(USER, &in);
        fake_advance(100 * RT_MS);
        ck_assert_uint_eq(rig.side[NET].setup.bearer, b);
        isdn_call_release(rig.side[NET].in, 65, 2);
        fake_advance(100 * RT_MS);
    }
    rig_expect_idle();
}
END_TEST

START_TEST(the_connected_number_comes_with_connect)
{
    unsigned from = (unsigned)_i, to = !from;
    struct isdn_number n = {
        .digits = "30999", .ton = 2, .npi = 1, .presentation = 1, .screening = 3};

    rig_call(from);
    isdn_call_connect(rig.side[to].in, &n);
    fake_advance(100 * RT_MS);
    const struct isdn_event *ev = &rig_told(from, ISDN_EV_CONNECT)->ev;
    ck_assert_str_eq(ev->connected.digits, "30999");
    ck_assert_uint_eq(ev->connected.ton, 2);
    ck_assert_uint_eq(ev->connected.npi, 1);
    ck_assert_uint_eq(ev->connected.presentation, 1);
    ck_assert_uint_eq(ev->connected.screening, 3);
    ck_assert(q931_has(&rig_said(to, Q931_T_CONNECT, 0)->view, 0x4c));
}
END_TEST

START_TEST(notifications_go_both_ways)
{
    static const uint8_t codes[] = {0x00, 0x01, 0x79, 0x7a};
    struct isdn_call *c = rig_active(USER);

    for (size_t i = 0; i < sizeof codes; i++) {
        ck_assert_int_eq(isdn_call_notify(c, codes[i]), 0);
        ck_assert_int_eq(isdn_call_notify(rig.side[NET].in, codes[i]), 0);
        fake_advance(100 * RT_MS);
        for (unsigned s = 0; s < 2; s++)
            ck_assert_uint_eq(rig_told(s, ISDN_EV_NOTIFY)->ev.notify, codes[i]);
    }
}
END_TEST

/* ---- progress indicators ---- */

typedef int say_fn(struct isdn_call *c, uint8_t progress);

static int say_progress(struct isdn_call *c, uint8_t progress)
{
    return isdn_call_progress(c, progress, 0);
}

START_TEST(each_message_carries_its_own_progress_indicator)
{
    static const struct {
        say_fn *say;
        uint8_t type;
        enum isdn_event_type ev;
    } table[] = {{isdn_call_setup_ack, Q931_T_SETUP_ACK, ISDN_EV_SETUP_ACK},
                 {isdn_call_proceeding, Q931_T_CALL_PROCEEDING, ISDN_EV_PROCEEDING},
                 {say_progress, Q931_T_PROGRESS, ISDN_EV_PROGRESS},
                 {isdn_call_alerting, Q931_T_ALERTING, ISDN_EV_ALERTING}};
    static const uint8_t indicators[] = {1, 2, 3, 8};
    unsigned from = (unsigned)_i, to = !from;

    for (size_t k = 0; k < sizeof indicators; k++) {
        struct isdn_setup in = rig_words("1", false);
        in.progress = indicators[k];
        rig_place(from, &in);
        fake_advance(50 * RT_MS);
        ck_assert_uint_eq(rig.side[to].setup.progress, indicators[k]);
        for (size_t i = 0; i < RT_COUNT(table); i++) { /* all at once: they queue */
            uint8_t pi = indicators[(k + i) % sizeof indicators];
            ck_assert_int_eq(table[i].say(rig.side[to].in, pi), 0);
        }
        fake_advance(200 * RT_MS);
        for (size_t i = 0; i < RT_COUNT(table); i++) {
            uint8_t pi = indicators[(k + i) % sizeof indicators];
            ck_assert_uint_eq(rig_said(to, table[i].type, (unsigned)k)->view.progress, pi);
            ck_assert_uint_eq(rig_told(from, table[i].ev)->ev.progress, pi);
        }
        isdn_call_release(rig.side[to].in, 16, 0);
        fake_advance(100 * RT_MS);
    }
    rig_expect_idle();
}
END_TEST

START_TEST(without_an_indicator_none_is_sent)
{
    rig.side[NET].answers = true;
    rig_call(USER);
    for (unsigned i = 0; i < rig.nwire; i++)
        ck_assert(!q931_has(&rig.wire[i].view, 0x1e));
}
END_TEST

START_TEST(progress_may_carry_a_cause)
{
    rig_call(USER);
    isdn_call_proceeding(rig.side[NET].in, 0);
    isdn_call_progress(rig.side[NET].in, 8, 17);
    fake_advance(100 * RT_MS);
    ck_assert_uint_eq(rig_told(USER, ISDN_EV_PROGRESS)->ev.cause.value, 17);
    ck_assert_uint_eq(rig_told(USER, ISDN_EV_PROGRESS)->ev.progress, 8);
}
END_TEST

/* ---- many ---- */

START_TEST(thirty_calls_at_once)
{
    unsigned from = (unsigned)_i, to = !from;
    struct isdn_call *calls[30];
    struct isdn_setup in = rig_words("4711", true);

    rig.side[to].answers = true;
    for (unsigned i = 0; i < 30; i++)
        calls[i] = rig_place(from, &in);
    struct isdn_call *more = calls[0];
    ck_assert_int_eq(
        isdn_call_setup(&more, rig.side[from].span, ALL, ISDN_ASCENDING, &in, &rig.side[from]),
        ENOSPC);
    fake_advance(2 * RT_S);
    for (unsigned i = 0; i < 30; i++)
        ck_assert_int_eq(calls[i]->state, CALL_ACTIVE);
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_CONNECT), 30);
    ck_assert_uint_eq(rig_status(to).calls, 30);
    ck_assert_uint_eq(isdn_span_free_channels(rig.side[to].span, ALL), 0);
    for (unsigned i = 0; i < 30; i++)
        isdn_call_release(calls[i], (uint8_t)(16 + i), 0);
    fake_advance(2 * RT_S);
    for (unsigned i = 0; i < 30; i++) {
        const struct rig_message *m = rig_said(from, Q931_T_DISCONNECT, i);
        ck_assert_uint_eq(m->view.cause, 16 + i);
    }
    rig_expect_idle();
}
END_TEST

START_TEST(a_thousand_calls_leave_nothing)
{
    for (unsigned i = 0; i < 1000; i++) {
        unsigned from = i & 1;
        rig.nwire = 0;
        rig.side[0].nnotes = rig.side[1].nnotes = 0;
        rig.side[!from].answers = i % 3 != 0;
        struct isdn_call *c = rig_call(from);
        if (i % 3 != 0)
            isdn_call_release(c, 16, 0);
        else
            isdn_call_release(rig.side[!from].in, 17, 0);
        fake_advance(100 * RT_MS);
        ck_assert_uint_eq(rig_times_told(from, ISDN_EV_RELEASED), 1);
        rig_expect_idle();
    }
    rig_expect_idle();
}
END_TEST

static void fill(Suite *s)
{
    TCase *tc = tcase_create("calls");

    tcase_add_checked_fixture(tc, rig_setup, rig_close);
    tcase_add_loop_test(tc, a_call_en_bloc_runs_through, 0, 2);
    tcase_add_loop_test(tc, the_called_side_releases, 0, 2);
    tcase_add_loop_test(tc, an_overlap_call_collects_its_digits, 0, 2);
    tcase_add_test(tc, progress_while_digits_are_wanted_lets_more_follow);
    tcase_add_loop_test(tc, a_setup_carries_what_it_was_given, 0, 2);
    tcase_add_test(tc, clir_and_no_number_stay_what_they_are);
    tcase_add_test(tc, bearers_stay_what_they_are);
    tcase_add_loop_test(tc, the_connected_number_comes_with_connect, 0, 2);
    tcase_add_test(tc, notifications_go_both_ways);
    tcase_add_loop_test(tc, each_message_carries_its_own_progress_indicator, 0, 2);
    tcase_add_test(tc, without_an_indicator_none_is_sent);
    tcase_add_test(tc, progress_may_carry_a_cause);
    tcase_add_loop_test(tc, thirty_calls_at_once, 0, 2);
    tcase_add_test(tc, a_thousand_calls_leave_nothing);
    suite_add_tcase(s, tc);
}

int main(void)
{
    return rig_run("isdn calls", fill);
}
