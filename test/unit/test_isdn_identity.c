/* Who the connected party is: with CONNECT, and when it changes after the answer (EctInform of
 * EN 300 369-1, CallTransferComplete of ECMA-178); what NOTIFY says of it.
 */
#include "test/unit/isdn_cases.h"

#define CASES 4 /* variants and sides */

static struct isdn_number party(const char *digits, unsigned presentation)
{
    struct isdn_number n = {
        .ton = 2, .npi = 1, .presentation = (uint8_t)presentation, .screening = 3};

    rt_str_copy(n.digits, sizeof n.digits, rt_str(digits));
    return n;
}

static void expect_party(const struct isdn_number *n, const char *digits, unsigned presentation)
{
    ck_assert_str_eq(n->digits, digits);
    ck_assert_uint_eq(n->presentation, presentation);
}

static void expect_identity(unsigned side, const char *digits, unsigned presentation)
{
    const struct rig_note *n = rig_told(side, ISDN_EV_IDENTITY);

    ck_assert_msg(n, "no identity");
    expect_party(&n->ev.connected, digits, presentation);
}

/* ---- with CONNECT: all variants ---- */

START_TEST(connect_says_who_answered)
{
    open_case(_i);
    struct isdn_call *c = rig_call(from);
    struct isdn_number n = party("3055501", 0);

    ck_assert_int_eq(isdn_call_connect(rig.side[to].in, &n), 0);
    moment();
    const struct isdn_number *got = &rig_told(from, ISDN_EV_CONNECT)->ev.connected;
    expect_party(got, "3055501", 0);
    ck_assert_uint_eq(got->ton, 2);
    ck_assert_uint_eq(got->npi, 1);
    ck_assert_uint_eq(got->screening, 3);
    ck_assert_int_eq(c->state, CALL_ACTIVE);
}
END_TEST

START_TEST(connect_says_that_the_number_is_restricted)
{
    open_case(_i);
    struct isdn_number n = party(_i % 2 ? "3055501" : "", 1);

    rig_call(from);
    isdn_call_connect(rig.side[to].in, &n);
    moment();
    expect_party(&rig_told(from, ISDN_EV_CONNECT)->ev.connected, _i % 2 ? "3055501" : "", 1);
}
END_TEST

START_TEST(what_is_known_before_the_answer_goes_with_connect)
{
    open_case(_i);
    struct isdn_number n = party("3055501", 0);

    rig_call(from);
    isdn_call_alerting(rig.side[to].in, 0);
    ck_assert_int_eq(isdn_call_identity(rig.side[to].in, &n, "Berta"), 0);
    moment();
    ck_assert_ptr_null(rig_told(from, ISDN_EV_IDENTITY));
    isdn_call_connect(rig.side[to].in, NULL);
    moment();
    expect_party(&rig_told(from, ISDN_EV_CONNECT)->ev.connected, "3055501", 0);
    ck_assert_ptr_null(rig_said(to, Q931_T_FACILITY, 0));
}
END_TEST

/* ---- after it: euroisdn and qsig ---- */

START_TEST(the_called_party_changes)
{
    open_case(_i);
    struct isdn_number n = party("3055502", 0);

    rig_active(from);
    ck_assert_int_eq(isdn_call_identity(rig.side[to].in, &n, "Carla"), 0);
    moment();
    ck_assert_ptr_nonnull(rig_said(to, Q931_T_FACILITY, 0));
    expect_identity(from, "3055502", 0);
    if (strcmp(variant, "qsig") == 0)
        ck_assert_str_eq(rig_told(from, ISDN_EV_IDENTITY)->ev.name, "Carla");
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_IDENTITY), 1);
    ck_assert_int_eq(isdn_call_identity(rig.side[to].in, &n, "Carla"), 0); /* as it was */
    moment();
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_IDENTITY), 1);
}
END_TEST

START_TEST(the_calling_party_changes)
{
    open_case(_i);
    struct isdn_number n = party("3055503", 0);
    struct isdn_call *c = rig_active(from);

    ck_assert_int_eq(isdn_call_identity(c, &n, NULL), 0);
    moment();
    expect_identity(to, "3055503", 0);
}
END_TEST

START_TEST(a_restricted_party_is_told_as_such)
{
    open_case(_i);
    struct isdn_number n = party("3055504", 1);

    rig_active(from);
    ck_assert_int_eq(isdn_call_identity(rig.side[to].in, &n, NULL), 0);
    moment();
    expect_identity(from, "3055504", 1);
}
END_TEST

START_TEST(a_change_between_connect_and_its_acknowledgement)
{
    open_case(_i);
    struct isdn_number n = party("3055505", 0);

    rig_call(from);
    isdn_call_connect(rig.side[to].in, NULL);
    ck_assert_int_eq(isdn_call_identity(rig.side[to].in, &n, NULL), 0);
    moment();
    expect_identity(from, "3055505", 0);
}
END_TEST

START_TEST(other_variants_have_no_word_for_it)
{
    open_case(4 + _i);
    struct isdn_number n = party("3055506", 0);

    rig_active(from);
    ck_assert_int_eq(isdn_call_identity(rig.side[to].in, &n, NULL), EINVAL);
    moment();
    ck_assert_ptr_null(rig_told(from, ISDN_EV_IDENTITY));
}
END_TEST

START_TEST(not_while_nothing_was_said_or_all_was)
{
    open_case(_i);
    struct isdn_number n = party("3055507", 0);
    struct isdn_call *c = rig_call(from);

    ck_assert_int_eq(isdn_call_identity(c, &n, NULL), EPROTO);
    isdn_call_alerting(rig.side[to].in, 0);
    moment();
    isdn_call_release(c, 16, 0);
    ck_assert_int_eq(isdn_call_identity(c, &n, NULL), EPROTO);
}
END_TEST

/* ---- NOTIFY with a Redirection number (EN 300 369-1, EN 300 207-1) ---- */

static int notify_of(struct isdn_call *c, uint8_t code, const char *digits)
{
    struct isdn_ie_notification n = {.description = code};
    struct isdn_ie_number number = {.ton = 2, .npi = 1, .screened = true};
    struct isdn_ie_value v[2];

    rt_str_copy(number.digits, sizeof number.digits, rt_str(digits));
    ck_assert_int_eq(isdn_ie_write_notification(&v[0], &n), 0);
    ck_assert_int_eq(isdn_ie_write_number(&v[1], ISDN_IE_REDIRECTION, &number), 0);
    return isdn_call_say(c, Q931_T_NOTIFY, v, digits[0] ? 2 : 1);
}

START_TEST(notify_of_transfer_names_the_new_party)
{
    static const uint8_t codes[] = {0x68, 0x69, 0x6a, 0x7b};
    open_case(_i % 2);
    uint8_t code = codes[_i / 2];

    rig_active(from);
    ck_assert_int_eq(notify_of(rig.side[to].in, code, "3055508"), 0);
    moment();
    ck_assert_uint_eq(rig_told(from, ISDN_EV_NOTIFY)->ev.notify, code);
    expect_party(&rig_told(from, ISDN_EV_NOTIFY)->ev.connected, "3055508", 0);
    expect_identity(from, "3055508", 0);
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_NOTIFY), 1);
    ck_assert_uint_eq(rig_times_told(from, ISDN_EV_IDENTITY), 1);
}
END_TEST

START_TEST(bare_notify_names_nobody)
{
    static const uint8_t codes[] = {0x68, 0x69, 0x6a, 0x7b};
    open_case(_i % 2);
    uint8_t code = codes[_i / 2];

    rig_active(from);
    ck_assert_int_eq(notify_of(rig.side[to].in, code, ""), 0);
    moment();
    ck_assert_uint_eq(rig_told(from, ISDN_EV_NOTIFY)->ev.notify, code);
    ck_assert_ptr_null(rig_told(from, ISDN_EV_IDENTITY));
}
END_TEST

START_TEST(before_the_answer_nobody_is_connected_yet)
{
    open_case(_i);
    rig_call(from);
    isdn_call_proceeding(rig.side[to].in, 0);
    moment();
    ck_assert_int_eq(notify_of(rig.side[to].in, 0x7b, "3055509"), 0);
    moment();
    ck_assert_uint_eq(rig_told(from, ISDN_EV_NOTIFY)->ev.notify, 0x7b);
    ck_assert_ptr_null(rig_told(from, ISDN_EV_IDENTITY));
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("identity");

    tcase_add_checked_fixture(t, NULL, rig_close);
    tcase_add_loop_test(t, connect_says_who_answered, 0, CASES + 2);
    tcase_add_loop_test(t, connect_says_that_the_number_is_restricted, 0, CASES + 2);
    tcase_add_loop_test(t, what_is_known_before_the_answer_goes_with_connect, 0, CASES + 2);
    tcase_add_loop_test(t, the_called_party_changes, 0, CASES);
    tcase_add_loop_test(t, the_calling_party_changes, 0, CASES);
    tcase_add_loop_test(t, a_restricted_party_is_told_as_such, 0, CASES);
    tcase_add_loop_test(t, a_change_between_connect_and_its_acknowledgement, 0, CASES);
    tcase_add_loop_test(t, other_variants_have_no_word_for_it, 0, 2);
    tcase_add_loop_test(t, not_while_nothing_was_said_or_all_was, 0, CASES);
    tcase_add_loop_test(t, notify_of_transfer_names_the_new_party, 0, 8);
    tcase_add_loop_test(t, bare_notify_names_nobody, 0, 8);
    tcase_add_loop_test(t, before_the_answer_nobody_is_connected_yet, 0, CASES);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("isdn_identity", fill);
}
