/* Numbers as values, and the numbers in tel: and sip: URIs (RFC 3966, RFC 3261 19.1.6). */
#include "dialplan/dialplan.h"

#include <check.h>
#include <errno.h>

/** The text of a parsed number, or "EINVAL" or "E2BIG". */
static const char *outcome(int err, const struct dp_number *n)
{
    static char out[DP_TEXT_LEN];

    if (err)
        return err == EINVAL ? "EINVAL" : err == E2BIG ? "E2BIG" : "?";
    return dp_text(out, n);
}

#define FORTY "1234567890123456789012345678901234567890"

START_TEST(digits_are_read_and_separators_dropped)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"+493012345", "+493012345"},
        {"112", "112"},
        {"0049.30-(123)45", "00493012345"},
        {"+1-201-555-0123", "+12015550123"}, /* RFC 3966 3 */
        {"(030) 12", "EINVAL"},              /* RFC 3966 5.1.1: no spaces */
        {"*21*49#", "*21*49#"},
        {"#31#", "#31#"},
        {"12ab", "12AB"}, /* the keypad's fourth column */
        {"12aBcD", "12ABCD"},
        {"12e", "EINVAL"},
        {"+49a", "EINVAL"}, /* RFC 3966 3: phonedigit of a global number is a DIGIT */
        {"+49*", "EINVAL"},
        {"+49#", "EINVAL"},
        {"4+9", "EINVAL"},
        {"++49", "EINVAL"},
        {"", "EINVAL"},
        {"+", "EINVAL"},
        {"-.()", "EINVAL"},
        {"+-", "EINVAL"},
        {"alice", "EINVAL"},
        {FORTY, FORTY},
        {"+" FORTY, "+" FORTY},
        {FORTY "1", "E2BIG"},
        {FORTY "--", FORTY},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_number n = {.digits = "7"};
        int err = dp_number_parse(&n, rt_str(rows[i].text));
        ck_assert_str_eq(outcome(err, &n), rows[i].want);
        if (err)
            ck_assert_str_eq(n.digits, "7"); /* untouched */
    }
}
END_TEST

START_TEST(a_plus_makes_it_international_in_the_isdn_plan)
{
    struct dp_number n;

    ck_assert_int_eq(dp_number_parse(&n, rt_str("+4930")), 0);
    ck_assert(n.e164);
    ck_assert_int_eq(n.ton, DP_TON_INTERNATIONAL);
    ck_assert_int_eq(n.npi, DP_NPI_ISDN);
    ck_assert_int_eq(dp_number_parse(&n, rt_str("4930")), 0);
    ck_assert(!n.e164);
    ck_assert_int_eq(n.ton, DP_TON_UNKNOWN);
    ck_assert_int_eq(n.npi, DP_NPI_UNKNOWN);
    ck_assert_int_eq(n.present, DP_ALLOWED);
    ck_assert_int_eq(n.screen, DP_USER_NOT_SCREENED);
}
END_TEST

START_TEST(no_number_has_no_text)
{
    struct dp_number none = {.e164 = true};
    char out[DP_TEXT_LEN];

    ck_assert_str_eq(dp_text(out, &none), "");
}
END_TEST

START_TEST(equality_is_digits_and_whether_it_is_global)
{
    struct dp_number a = {.digits = "4930", .e164 = true, .present = DP_RESTRICTED};
    struct dp_number b = {.digits = "4930", .e164 = true, .ton = DP_TON_INTERNATIONAL};
    struct dp_number c = {.digits = "4930"}, d = {.digits = "49301", .e164 = true};

    ck_assert(dp_number_equal(&a, &b));
    ck_assert(!dp_number_equal(&a, &c));
    ck_assert(!dp_number_equal(&a, &d));
}
END_TEST

START_TEST(the_number_of_a_uri)
{
    static const struct {
        const char *uri, *want;
    } rows[] = {
        /* RFC 3966 6 and 4 */
        {"tel:+1-201-555-0123", "+12015550123"},
        {"tel:7042;phone-context=example.com", "7042"},
        {"tel:863-1234;phone-context=+1-914-555", "8631234"}, /* a scope, no prefix: 5.1.5 */
        {"tel:+358-555-1234567;postd=pp22", "+3585551234567"},
        {"tel:+1-212-555-3141;isub=1411", "+12125553141"},
        {"TEL:+4930;ext=17", "+4930"},
        {"tel:911;phone-context=+1", "911"},
        {"tel:+", "EINVAL"},
        {"tel:", "EINVAL"},
        {"tel:;phone-context=+1", "EINVAL"},
        {"tel:+1 201", "EINVAL"},
        {"tel:alice", "EINVAL"},
        {"tel:%2B4930", "+4930"},
        /* RFC 3261 19.1.3 and 19.1.6 */
        {"sip:+1-212-555-1212:1234@gateway.com;user=phone", "+12125551212"},
        {"sip:1212@gateway.com", "1212"},
        {"sip:+358-555-1234567;postd=pp22@foo.com;user=phone", "+3585551234567"},
        {"sip:+358-555-1234567;phone-context=5.1@foo.com;user=phone", "+3585551234567"},
        {"sips:+4930123@[2001:db8::1]:5061;transport=tcp", "+4930123"},
        {"SIP:%2b4930123@192.0.2.1", "+4930123"},
        {"sip:*21%23@pbx.example", "*21#"},
        {"sip:alice@atlanta.com", "EINVAL"},
        {"sip:alice@atlanta.com;user=phone", "EINVAL"},
        {"sip:%61lice@atlanta.com", "EINVAL"},
        {"sip:atlanta.com", "EINVAL"},
        {"sip:4930", "EINVAL"},
        {"sip:@atlanta.com", "EINVAL"},
        {"sip:", "EINVAL"},
        {"sip:12%2@a", "EINVAL"},
        {"sip:12%@a", "EINVAL"},
        {"sip:12%zz@a", "EINVAL"},
        {"sip:12%00@a", "EINVAL"},
        {"mailto:4930@a", "EINVAL"},
        {"4930", "EINVAL"},
        {"", "EINVAL"},
        {"sip", "EINVAL"},
        {"sip:" FORTY "1@a", "E2BIG"},
        {"sip:" FORTY FORTY "1@a", "E2BIG"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_number n = {.digits = "7"};
        int err = dp_number_from_uri(&n, rt_str(rows[i].uri));
        ck_assert_msg(strcmp(outcome(err, &n), rows[i].want) == 0, "%s: %s", rows[i].uri,
                      outcome(err, &n));
    }
}
END_TEST

START_TEST(a_name_of_the_letters_a_to_d_is_a_number_only_when_the_uri_says_so)
{
    struct dp_number n;

    ck_assert_int_eq(dp_number_from_uri(&n, rt_str("sip:dad@example.com")), EINVAL);
    ck_assert_int_eq(dp_number_from_uri(&n, rt_str("sip:dad@example.com?user=phone")), EINVAL);
    ck_assert_int_eq(
        dp_number_from_uri(&n, rt_str("sip:dad@example.com;transport=tcp;User=Phone?a=b")), 0);
    ck_assert_str_eq(n.digits, "DAD");
    ck_assert_int_eq(dp_number_from_uri(&n, rt_str("tel:12a;phone-context=example.com")), 0);
    ck_assert_str_eq(n.digits, "12A");
}
END_TEST

START_TEST(only_the_octets_of_the_slice_are_read)
{
    struct dp_number n;

    ck_assert_int_eq(dp_number_from_uri(&n, (struct rt_str){"tel:123456", 7}), 0);
    ck_assert_str_eq(n.digits, "123");
    ck_assert_int_eq(dp_number_from_uri(&n, (struct rt_str){"tel:1%2B", 6}), EINVAL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp number");
    TCase *tc = tcase_create("dp number");

    tcase_add_test(tc, digits_are_read_and_separators_dropped);
    tcase_add_test(tc, a_plus_makes_it_international_in_the_isdn_plan);
    tcase_add_test(tc, no_number_has_no_text);
    tcase_add_test(tc, equality_is_digits_and_whether_it_is_global);
    tcase_add_test(tc, the_number_of_a_uri);
    tcase_add_test(tc, a_name_of_the_letters_a_to_d_is_a_number_only_when_the_uri_says_so);
    tcase_add_test(tc, only_the_octets_of_the_slice_are_read);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
