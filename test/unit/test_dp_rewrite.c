/* Rewriting: groups, tails, what is refused, what gives no number; and random rewrites, of which
 * each result is put together again by hand. */
#include "dialplan/rewrite.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct dp_number number(const char *text)
{
    struct dp_number n;

    ck_assert_int_eq(dp_number_parse(&n, rt_str(text)), 0);
    return n;
}

/** What becomes of `text`; "-" when the rewrite does not apply, and then nothing has changed. */
static const char *rewritten(char out[DP_TEXT_LEN], const char *pattern, const char *tmpl,
                             const char *text)
{
    struct dp_rewrite *r;
    const char *why;

    ck_assert_msg(dp_rewrite_parse(&r, rt_str(pattern), rt_str(tmpl), &why) == 0, "%s => %s: %s",
                  pattern, tmpl, why);
    struct dp_number n = number(text), before = n;
    bool yes = dp_rewrite_apply(r, &n);
    dp_rewrite_free(r);
    if (!yes) {
        ck_assert_int_eq(memcmp(&n, &before, sizeof n), 0);
        return "-";
    }
    ck_assert_int_eq(n.ton, n.e164 ? DP_TON_INTERNATIONAL : DP_TON_UNKNOWN);
    ck_assert_int_eq(n.npi, n.e164 ? DP_NPI_ISDN : DP_NPI_UNKNOWN);
    return dp_text(out, &n);
}

START_TEST(a_number_is_rewritten)
{
    static const struct {
        const char *pattern, *tmpl, *number, *want;
    } rows[] = {
        /* the plan's examples */
        {"9(xxx)*", "+1\\1*", "92125550100", "+12125550100"},
        {"9(xxx)*", "+1\\1*", "9212", "+1212"}, /* an empty tail */
        {"9(xxx)*", "+1\\1*", "921", "-"},
        {"9(xxx)*", "+1\\1*", "82125550100", "-"},
        {"9(xxx)*", "+1\\1*", "+92125550100", "-"}, /* a raw pattern, an E.164 number */
        {"0(x*)", "+49\\1", "030901820", "+4930901820"},
        {"0(x*)", "+49\\1", "03", "+493"},
        {"0(x*)", "+49\\1", "0", "-"},
        {"00*", "+*", "004315350", "+4315350"},
        {"00*", "+*", "00", "-"}, /* nothing is left */
        {"*", "+*", "4930901820", "+4930901820"},
        {"*", "+49*", "30901820", "+4930901820"},
        {"*", "+*", "+4930901820", "+4930901820"},
        {"[1-9]xxxxx*", "+4930&", "901820", "+4930901820"},
        {"[1-9]xxxxx*", "+4930&", "90182017", "+493090182017"},
        {"[1-9]xxxxx*", "+4930&", "90182", "-"},
        /* groups */
        {"(xxx)(xxx)(xxxx)", "\\3\\2\\1", "2125550100", "0100555212"},
        {"(x)(x)(x)(x)(x)(x)(x)(x)(x)", "\\9\\8\\7\\6\\5\\4\\3\\2\\1", "123456789", "987654321"},
        {"(xx)", "\\1\\1", "42", "4242"},
        {"1([00..99])", "+4930901821\\1", "123", "+493090182123"},
        {"1([20..29])", "+4930901821\\1", "123", "+493090182123"},
        {"1([20..29])", "+4930901821\\1", "130", "-"},
        {"([2-9])xx*", "\\1*", "2125", "25"},
        {"(*)", "+49\\1", "30", "+4930"},
        {"(x*)", "\\1", "30", "30"},
        {"+49(30)*", "0\\1*", "+4930901820", "030901820"},
        {"+49*", "0*", "+4930901820", "030901820"},
        {"+(49)*", "\\1*", "+4930", "4930"},
        /* keys */
        {"*21*", "21*", "*21117", "21117"},
        {"*(21)*", "\\1*", "*21117", "21117"}, /* the first star is a key */
        {"\\*", "0", "*", "0"},
        {"#31#*", "*", "#31#030901820", "030901820"},
        {"7788#*", "*", "7788#14155550123", "14155550123"},
        {"1xx", "*21*&#", "117", "*21*117#"},
        {"1xx", "&\\*", "117", "117*"},
        {"*", "+*", "12*3", "-"}, /* no E.164 number has keys */
        {"*", "9*", "12*3", "912*3"},
        {"9-(212)-*", "+1-\\1-*", "92125550100", "+12125550100"}, /* separators */
        {"112", "+4930112", "112", "+4930112"},
    };
    char text[DP_TEXT_LEN];

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        const char *is = rewritten(text, rows[i].pattern, rows[i].tmpl, rows[i].number);
        ck_assert_msg(strcmp(is, rows[i].want) == 0, "%s => %s: %s is %s, not %s", rows[i].pattern,
                      rows[i].tmpl, rows[i].number, is, rows[i].want);
    }
}
END_TEST

START_TEST(what_is_no_rewrite_is_refused_with_a_reason)
{
    static const struct {
        const char *pattern, *tmpl, *why;
    } rows[] = {
        {"1[00..99]", "+49\\1", "names a group that the pattern has not"},
        {"(1)", "\\2", "names a group that the pattern has not"},
        {"1(2", "\\1", "has a ( without )"},
        {"12)", "1", "has a ) without ("},
        {"(1(2)3)", "\\1", "has a ( inside a ("},
        {"1()2", "\\1", "has an empty group"},
        {"(1)(2)(3)(4)(5)(6)(7)(8)(9)(0)", "1", "has more than 9 groups"},
        {"[2(3])", "1", "has a ( or ) where no group can begin or end"},
        {"1yx", "1", "is not a number pattern"},
        {"", "1", "is not a number pattern"},
        {"()", "1", "is not a number pattern"},
        {"national", "+*", "is a set of numbers: digits are wanted"},
        {"9xxx", "+1*", "ends with *, but the pattern has no tail: \\* is the key"},
        {"9*", "", "is empty"},
        {"9*", "+", "is empty"},
        {"9*", "1\\", "has a \\ before what is neither a group nor *"},
        {"9*", "\\0", "has a \\ before what is neither a group nor *"},
        {"9*", "+1#*", "has a key that no E.164 number has"},
        {"9*", "1+*", "is not made of digits, \\1, & and a final *"},
        {"9*", "1x*", "is not made of digits, \\1, & and a final *"},
        {"9*", "-1", "is not made of digits, \\1, & and a final *"},
        {"9*", "11111111112222222222333333333344444444445*", "is too long"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_rewrite *r = NULL;
        const char *why = NULL;
        int err = dp_rewrite_parse(&r, rt_str(rows[i].pattern), rt_str(rows[i].tmpl), &why);
        ck_assert_msg(err == EINVAL, "%s => %s", rows[i].pattern, rows[i].tmpl);
        ck_assert_msg(strcmp(why, rows[i].why) == 0, "%s => %s: %s", rows[i].pattern, rows[i].tmpl,
                      why);
        ck_assert_ptr_null(r);
    }
}
END_TEST

START_TEST(a_result_too_long_is_none)
{
    char text[DP_TEXT_LEN];
    static const char *const digits = "1234567890123456789012345678901234567890";

    ck_assert_str_eq(rewritten(text, "*", "&", digits), digits);
    ck_assert_str_eq(rewritten(text, "*", "1&", digits), "-");
    ck_assert_str_eq(rewritten(text, "x*", "1*", digits), digits);
    ck_assert_str_eq(rewritten(text, "*", "&&", digits), "-");
}
END_TEST

START_TEST(presentation_and_screening_stay)
{
    struct dp_rewrite *r;
    const char *why;
    struct dp_number n = number("0301234");

    n.present = DP_RESTRICTED;
    n.screen = DP_NETWORK;
    ck_assert_int_eq(dp_rewrite_parse(&r, rt_str("0*"), rt_str("+49*"), &why), 0);
    ck_assert_str_eq(dp_rewrite_text(r), "0* => +49*");
    ck_assert(dp_rewrite_apply(r, &n));
    ck_assert_str_eq(n.digits, "49301234");
    ck_assert_int_eq(n.present, DP_RESTRICTED);
    ck_assert_int_eq(n.screen, DP_NETWORK);
    dp_rewrite_free(r);
    dp_rewrite_free(NULL);
}
END_TEST

/** Splits a random number at random into groups with stars between; the template takes the groups
 * in a random order. */
START_TEST(random_groups_are_found_again)
{
    const char *given = getenv("SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 20260101u;

    printf("seed %u\n", seed);
    for (unsigned round = 0; round < 20000; round++) {
        char pattern[128], tmpl[64], digits[DP_DIGITS_MAX + 1] = "", want[128] = "";
        char group[9][8];
        unsigned groups = 1 + (unsigned)rand_r(&seed) % 9;
        int at = 0, to = 0;
        for (unsigned g = 0; g < groups; g++) {
            unsigned len = 1 + (unsigned)rand_r(&seed) % 4;
            at += snprintf(pattern + at, sizeof pattern - (size_t)at, "(");
            for (unsigned i = 0; i < len; i++) {
                char d = (char)('0' + rand_r(&seed) % 10);
                bool literal = rand_r(&seed) % 2;
                at += snprintf(pattern + at, sizeof pattern - (size_t)at, "%c", literal ? d : 'x');
                group[g][i] = d;
            }
            group[g][len] = '\0';
            strcat(digits, group[g]);
            at += snprintf(pattern + at, sizeof pattern - (size_t)at, ")");
        }
        for (unsigned i = 0; i < 9; i++) {
            unsigned g = (unsigned)rand_r(&seed) % groups;
            to += snprintf(tmpl + to, sizeof tmpl - (size_t)to, "\\%u", g + 1);
            strcat(want, group[g]);
        }
        char text[DP_TEXT_LEN];
        const char *is = rewritten(text, pattern, tmpl, digits);
        ck_assert_msg(strcmp(is, want) == 0, "%s => %s: %s is %s, not %s", pattern, tmpl, digits,
                      is, want);
    }
}
END_TEST

/** Nothing that a file can say breaks it. */
START_TEST(random_text_is_read_or_refused)
{
    static const char letters[] = "0123456789x*#()[]\\+&-.ABnational";
    unsigned seed = 4711;

    for (unsigned round = 0; round < 100000; round++) {
        char pattern[24], tmpl[24];
        for (unsigned i = 0; i < 23; i++) {
            pattern[i] = letters[(unsigned)rand_r(&seed) % (sizeof letters - 1)];
            tmpl[i] = letters[(unsigned)rand_r(&seed) % (sizeof letters - 1)];
        }
        struct dp_rewrite *r = NULL;
        const char *why = NULL;
        struct rt_str p = {pattern, (size_t)rand_r(&seed) % 12};
        struct rt_str t = {tmpl, (size_t)rand_r(&seed) % 6};
        if (dp_rewrite_parse(&r, p, t, &why) != 0) {
            ck_assert_ptr_nonnull(why);
            continue;
        }
        struct dp_number n = number("1234*");
        dp_rewrite_apply(r, &n);
        dp_rewrite_free(r);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp rewrite");
    TCase *tc = tcase_create("dp rewrite");

    tcase_add_test(tc, a_number_is_rewritten);
    tcase_add_test(tc, what_is_no_rewrite_is_refused_with_a_reason);
    tcase_add_test(tc, a_result_too_long_is_none);
    tcase_add_test(tc, presentation_and_screening_stay);
    tcase_add_test(tc, random_groups_are_found_again);
    tcase_add_test(tc, random_text_is_read_or_refused);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
