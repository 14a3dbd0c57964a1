/* Patterns and tables: what matches, which row wins, which rows are the same, and whether an
 * incomplete number is to be waited for. */
#include "dialplan/dialplan.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct dp_site site;

static void setup(void)
{
    memset(&site, 0, sizeof site);
    site.country = dp_country(rt_str("de"));
    strcpy(site.area, "30");
    const char *why;
    ck_assert_int_eq(
        dp_ddi_parse(&site.ddi, rt_str("+4930901821[00..99]"), rt_str("1[00..99]"), &why), 0);
}

static void teardown(void)
{
    free(site.ddi);
}

static struct dp_pattern *pattern(const char *text)
{
    struct dp_pattern *p = NULL;
    const char *why = NULL;

    ck_assert_msg(dp_pattern_new(&p, rt_str(text), &why) == 0, "%s: %s", text, why);
    ck_assert_str_eq(dp_pattern_text(p), text);
    return p;
}

static struct dp_number number(const char *text)
{
    struct dp_number n = {.e164 = false};

    if (text[0]) /* no digits: the beginning of overlap */
        ck_assert_int_eq(dp_number_parse(&n, rt_str(text)), 0);
    return n;
}

static bool matches(const char *text, const char *digits)
{
    struct dp_pattern *p = pattern(text);
    struct dp_number n = number(digits);
    bool yes = dp_pattern_match(p, &n, &site);

    dp_pattern_free(p);
    return yes;
}

START_TEST(a_pattern_matches_what_it_says)
{
    static const struct {
        const char *pattern, *number;
        bool want;
    } rows[] = {
        {"112", "112", true},
        {"112", "1123", false},
        {"112", "11", false},
        {"112", "+112", false},
        {"+112", "112", false},
        {"+49*", "+49", true},
        {"+49*", "+4930901820", true},
        {"+49*", "+48", false},
        {"+49*", "4930", false},
        {"+49-30-90*", "+493090", true},
        {"1xx", "100", true},
        {"1xx", "199", true},
        {"1xx", "1000", false},
        {"1xx", "1*0", false}, /* x is a digit, not a key */
        {"x", "#", false},
        {"[2-9]xx", "200", true},
        {"[2-9]xx", "100", false},
        {"[135]", "3", true},
        {"[135]", "2", false},
        {"[1-37-9]", "3", true},
        {"[1-37-9]", "5", false},
        {"[*#]1", "#1", true},
        {"[A-D]1", "C1", true},
        {"+4930901821[00..99]", "+493090182100", true},
        {"+4930901821[00..99]", "+493090182199", true},
        {"+4930901821[00..99]", "+49309018210", false},
        {"+4930901821[00..99]", "+4930901821000", false},
        {"+49309[07..42]", "+4930907", true},
        {"+49309[07..42]", "+4930942", true},
        {"+49309[07..42]", "+4930906", false},
        {"+49309[07..42]", "+4930943", false},
        {"+49309[095..105]x", "+493090950", true},
        {"+49309[095..105]x", "+493091059", true},
        {"+49309[095..105]x", "+493091060", false},
        {"[17..42]*", "17", true},
        {"[17..42]*", "42999", true},
        {"[17..42]*", "43", false},
        {"[17..42]*", "4", false},
        {"*21*", "*21", true}, /* the first star is the key, the last one the tail */
        {"*21*", "*2149301", true},
        {"*21*", "21", false},
        {"#31#", "#31#", true},
        {"#31#", "#31", false},
        {"*21\\*", "*21*", true},
        {"*21\\*", "*211", false},
        {"**", "*1", true},
        {"**", "11", false},
        {"*", "112", true},
        {"*", "+49", true},
        {"*", "*#", true},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(matches(rows[i].pattern, rows[i].number) == rows[i].want, "%s %s",
                      rows[i].pattern, rows[i].number);
}
END_TEST

START_TEST(sets_come_from_the_country)
{
    static const struct {
        const char *set, *number;
        bool want;
    } rows[] = {
        {"emergency", "112", true},
        {"emergency", "110", true},
        {"emergency", "1120", false},
        {"emergency", "115", false},
        {"emergency", "+49112", false}, /* a short code has no international form */
        {"freephone", "+498001234567", true},
        {"freephone", "116117", true},
        {"freephone", "+4930800", false},
        {"freephone", "+18001234567", false}, /* another country's is not ours */
        {"premium", "+499001234567", true},
        {"premium", "11833", true},
        {"premium", "+491371234567", true},
        {"mobile", "+4915112345678", true},
        {"mobile", "+491601234567", true},
        {"mobile", "+491701234567", true},
        {"mobile", "+4930151", false},
        {"internal", "117", true},
        {"internal", "217", false},
        {"internal", "+493090182117", false},
        {"national", "+4930901820", true},
        {"national", "+4315350", false},
        {"national", "112", false},
        {"international", "+4315350", true},
        {"international", "+4930901820", false},
        {"international", "0043", false},
    };
    struct dp_pattern *p = pattern("national");
    struct dp_number n = number("+4930901820");

    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(matches(rows[i].set, rows[i].number) == rows[i].want, "%s %s", rows[i].set,
                      rows[i].number);
    ck_assert(!dp_pattern_match(p, &n, NULL)); /* nobody said where we are */
    dp_pattern_free(p);
}
END_TEST

START_TEST(what_is_no_pattern_is_refused_with_a_reason)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", "is not a number pattern"},
        {"+", "is not a number pattern"},
        {"+*", "is not a number pattern"},
        {"1yx", "is not a number pattern"},
        {"nation", "is not a number pattern"},
        {"1 2", "is not a number pattern"},
        {"-12", "is not a number pattern"},
        {"12-", "is not a number pattern"},
        {"1+2", "is not a number pattern"},
        {"1]", "is not a number pattern"},
        {"[12", "has a [ without ]"},
        {"[]", "has an empty class"},
        {"[9-2]", "has a class that is not like [2-9] or [135]"},
        {"[2-]", "has a class that is not like [2-9] or [135]"},
        {"[x]", "has a class that is not like [2-9] or [135]"},
        {"[9..2]", "has a range whose ends are not of one length, low to high"},
        {"[1..20]", "has a range whose ends are not of one length, low to high"},
        {"[..]", "has a range whose ends are not of one length, low to high"},
        {"[1..]", "has a range whose ends are not of one length, low to high"},
        {"[1...9]", "has a range whose ends are not of one length, low to high"},
        {"[a..b]", "has a range whose ends are not of one length, low to high"},
        {"[17..42][17..42]", "has two ranges: one is enough for any block"},
        {"1\\x", "has a \\ before what is no digit"},
        {"1\\", "has a \\ before what is no digit"},
        {"12345678901234567890123456789012345678901", "is too long"},
        {"+49*1", "has a key that no E.164 number has: only a final * is a wildcard"},
        {"+49[1#]", "has a key that no E.164 number has: only a final * is a wildcard"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_pattern *p = NULL;
        const char *why = NULL;
        ck_assert_msg(dp_pattern_new(&p, rt_str(rows[i].text), &why) == EINVAL, "%s", rows[i].text);
        ck_assert_ptr_null(p);
        ck_assert_str_eq(why, rows[i].why);
    }
}
END_TEST

/* ---- tables: values are the texts of the rows ---- */

static struct dp_table *table(const char *const *texts)
{
    struct dp_table *t;
    void *other;
    union {
        const char *in;
        void *out;
    } value; /* the table wants a pointer it may hand back as non-const */

    ck_assert_int_eq(dp_table_new(&t), 0);
    for (; *texts; texts++) {
        value.in = *texts;
        ck_assert_int_eq(dp_table_add(t, pattern(*texts), value.out, &other), 0);
    }
    ck_assert_int_eq(dp_table_seal(t), 0);
    return t;
}

struct listing {
    char text[400];
};

static void list(void *arg, const struct dp_pattern *p, bool match)
{
    struct listing *l = arg;
    strcat(strcat(strcat(l->text, match ? "=" : ""), dp_pattern_text(p)), " ");
}

START_TEST(the_most_specific_row_comes_first_whatever_the_order_written)
{
    static const char *const rows[] = {
        "*",           "international", "national",       "emergency",      "+49*",
        "+49301*",     "+49309xx",      "+49309[07..42]", "+49309[07..12]", "+49309[0-4]x",
        "+49309[02]x", "+4930907",      "+49309xx*",      "+49309*",        NULL};
    struct dp_table *t = table(rows);
    struct dp_number n = number("+4930907");
    struct listing l = {.text = ""};

    dp_table_explain(t, &n, &site, list, &l);
    ck_assert_str_eq(l.text, "=+4930907 "                       /* 7 fixed */
                             "=+49309[07..12] =+49309[07..42] " /* 5 fixed, 2 counted */
                             "=+49309[02]x =+49309[0-4]x "      /* 5 fixed, 1 chosen */
                             "=+49309xx =+49309xx* +49301* =+49309* "
                             "=+49* emergency =national international =* ");
    dp_table_free(t);
}
END_TEST

START_TEST(the_best_row_is_found)
{
    static const char *const rows[] = {
        "*", "+49*", "+4930*", "+4930901821xx", "112", "national", "international", "1xx", NULL};
    static const struct {
        const char *number, *want;
    } looks[] = {
        {"+493090182117", "+4930901821xx"},
        {"+49309018211", "+4930*"},
        {"+4930", "+4930*"},
        {"+4989", "+49*"},
        {"+4315350", "international"},
        {"112", "112"},
        {"117", "1xx"},
        {"217", "*"},
        {"*21", "*"},
    };
    struct dp_table *t = table(rows);
    struct dp_match m;

    for (size_t i = 0; i < RT_COUNT(looks); i++) {
        struct dp_number n = number(looks[i].number);
        dp_table_find(&m, t, &n, &site);
        ck_assert_ptr_nonnull(m.value);
        ck_assert_str_eq(m.value, looks[i].want);
        ck_assert_str_eq(dp_pattern_text(m.pattern), looks[i].want);
    }
    dp_table_free(t);
}
END_TEST

START_TEST(an_empty_table_finds_nothing)
{
    struct dp_table *t = table((const char *const[]){NULL});
    struct dp_number n = number("+49");
    struct dp_match m;

    dp_table_find(&m, t, &n, &site);
    ck_assert_ptr_null(m.value);
    ck_assert_ptr_null(m.pattern);
    dp_table_free(t);
    dp_table_free(NULL);
}
END_TEST

START_TEST(two_rows_for_the_same_numbers_are_one_too_many)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"+49*", "+49*", true},
        {"+49-30*", "+4930*", true},
        {"1[00..99]", "1xx", true},
        {"1[10..19]", "11x", true},
        {"1[100..149]", "11[0-4]x", true},
        {"1[05..05]", "105", true},
        {"1[0..4]", "1[0-4]", true},
        {"[5]", "5", true},
        {"[0-9]", "x", true},
        {"[321]", "[1-3]", true},
        {"\\*1", "*1", true},
        {"*", "*", true},
        {"national", "national", true},
        {"+49*", "49*", false},
        {"+49*", "+49", false},
        {"+49*", "+49x", false},
        {"1[07..42]", "1[07..43]", false},
        {"1[07..42]", "1xx", false},
        {"national", "international", false},
        {"*", "national", false},
        {"[2-9]", "[2-8]", false},
    };
    static int first, second;

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_table *t;
        void *other = NULL;
        ck_assert_int_eq(dp_table_new(&t), 0);
        ck_assert_int_eq(dp_table_add(t, pattern(rows[i].a), &first, &other), 0);
        int err = dp_table_add(t, pattern(rows[i].b), &second, &other);
        ck_assert_msg(err == (rows[i].equal ? EEXIST : 0), "%s %s", rows[i].a, rows[i].b);
        ck_assert_ptr_eq(other, rows[i].equal ? &first : NULL);
        dp_table_free(t);
    }
}
END_TEST

/* ---- overlap ---- */

static enum dp_complete complete(const char *const *rows, struct dp_number n)
{
    struct dp_table *t = table(rows);
    struct dp_match m;

    dp_table_find(&m, t, &n, &site);
    dp_table_free(t);
    return m.complete;
}

START_TEST(a_number_is_waited_for_while_more_digits_could_change_the_answer)
{
    static const char *const rows[] = {"+4930901821xx", "+44*", "112", "11833", NULL};
    static const struct {
        const char *number;
        enum dp_complete want;
    } looks[] = {
        {"+4", DP_INCOMPLETE},
        {"+49309018211", DP_INCOMPLETE},
        {"+493090182117", DP_COMPLETE},
        {"+4931", DP_COMPLETE}, /* nothing can match any more */
        {"+44", DP_MAYBE_COMPLETE},
        {"+44123456789012", DP_MAYBE_COMPLETE},
        {"+441234567890123", DP_COMPLETE}, /* E.164 6.1: 15 digits */
        {"11", DP_INCOMPLETE},
        {"112", DP_COMPLETE},
        {"1183", DP_INCOMPLETE},
        {"11833", DP_COMPLETE},
        {"*2", DP_COMPLETE},
    };

    for (size_t i = 0; i < RT_COUNT(looks); i++)
        ck_assert_msg(complete(rows, number(looks[i].number)) == looks[i].want, "%s",
                      looks[i].number);
}
END_TEST

START_TEST(a_longer_row_keeps_a_shorter_match_waiting)
{
    static const char *const rows[] = {"1", "1234", "*", NULL};

    ck_assert_int_eq(complete(rows, number("1")), DP_MAYBE_COMPLETE);
    ck_assert_int_eq(complete(rows, number("12")), DP_INCOMPLETE); /* only * fits so far */
    ck_assert_int_eq(complete(rows, number("1234")), DP_COMPLETE);
    ck_assert_int_eq(complete(rows, number("13")), DP_MAYBE_COMPLETE);
}
END_TEST

START_TEST(what_is_dialled_with_prefixes_is_waited_for_until_it_is_a_number)
{
    static const char *const rows[] = {"+49*", NULL};
    static const struct {
        const char *number;
        enum dp_complete want;
    } looks[] = {
        {"", DP_INCOMPLETE},    {"0", DP_INCOMPLETE},    {"00", DP_INCOMPLETE},
        {"030", DP_INCOMPLETE}, {"9018", DP_INCOMPLETE}, /* five digits make a subscriber's number
                                                          */
        {"110", DP_COMPLETE},                            /* a short code stays what it is */
        {"*21", DP_COMPLETE},
    };

    for (size_t i = 0; i < RT_COUNT(looks); i++)
        ck_assert_msg(complete(rows, number(looks[i].number)) == looks[i].want, "%s",
                      looks[i].number);
    struct dp_number n = number("030");
    n.ton = DP_TON_ABBREVIATED; /* the network said what it is */
    ck_assert_int_eq(complete(rows, n), DP_COMPLETE);
    n.ton = DP_TON_UNKNOWN;
    n.npi = DP_NPI_PRIVATE;
    ck_assert_int_eq(complete(rows, n), DP_COMPLETE);
}
END_TEST

START_TEST(the_beginning_of_a_set_is_waited_for)
{
    static const char *const mobile[] = {"mobile", NULL}, *const national[] = {"national", NULL};

    ck_assert_int_eq(complete(mobile, number("+4")), DP_INCOMPLETE);
    ck_assert_int_eq(complete(mobile, number("+49")), DP_INCOMPLETE);
    ck_assert_int_eq(complete(mobile, number("+491")), DP_INCOMPLETE);
    ck_assert_int_eq(complete(mobile, number("+4915")), DP_MAYBE_COMPLETE);
    ck_assert_int_eq(complete(mobile, number("+492")), DP_COMPLETE);
    ck_assert_int_eq(complete(national, number("+4")), DP_INCOMPLETE);
    ck_assert_int_eq(complete(national, number("+49")), DP_MAYBE_COMPLETE);
    ck_assert_int_eq(complete(national, number("+43")), DP_COMPLETE);
    /* +49 and 13 digits: the longest national number */
    ck_assert_int_eq(complete(national, number("+491234567890123")), DP_COMPLETE);
}
END_TEST

START_TEST(a_closed_numbering_plan_knows_the_last_digit)
{
    static const char *const rows[] = {"+1*", NULL};

    site.country = dp_country(rt_str("us"));
    ck_assert_int_eq(complete(rows, number("+1212555010")), DP_MAYBE_COMPLETE);
    ck_assert_int_eq(complete(rows, number("+12125550100")), DP_COMPLETE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp pattern");
    TCase *tc = tcase_create("dp pattern");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_pattern_matches_what_it_says);
    tcase_add_test(tc, sets_come_from_the_country);
    tcase_add_test(tc, what_is_no_pattern_is_refused_with_a_reason);
    tcase_add_test(tc, the_most_specific_row_comes_first_whatever_the_order_written);
    tcase_add_test(tc, the_best_row_is_found);
    tcase_add_test(tc, an_empty_table_finds_nothing);
    tcase_add_test(tc, two_rows_for_the_same_numbers_are_one_too_many);
    tcase_add_test(tc, a_number_is_waited_for_while_more_digits_could_change_the_answer);
    tcase_add_test(tc, a_longer_row_keeps_a_shorter_match_waiting);
    tcase_add_test(tc, what_is_dialled_with_prefixes_is_waited_for_until_it_is_a_number);
    tcase_add_test(tc, the_beginning_of_a_set_is_waited_for);
    tcase_add_test(tc, a_closed_numbering_plan_knows_the_last_digit);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
