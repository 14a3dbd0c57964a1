/* Rules of a `normalise` block: which row wins, in and out, and what is refused. */
#include "dialplan/rules.h"

#include <check.h>
#include <errno.h>

static struct dp_rules *rules;

static void in(int ton, const char *pattern, const char *tmpl)
{
    const char *why = "";

    ck_assert_msg(dp_rules_add(rules, ton, rt_str(pattern), rt_str(tmpl), &why) == 0, "%s: %s",
                  pattern, why);
}

static void out(const char *pattern, const char *tmpl, int ton)
{
    const char *why = "";

    ck_assert_msg(dp_rules_add_out(rules, rt_str(pattern), rt_str(tmpl), ton, &why) == 0, "%s: %s",
                  pattern, why);
}

/** The block odd-pbx of docs/configuration.md, the last row first: order decides nothing. */
static void setup(void)
{
    ck_assert_int_eq(dp_rules_new(&rules), 0);
    in(DP_TON_UNKNOWN, "[1-9]xxxxx*", "+4930&");
    in(DP_TON_UNKNOWN, "0(x*)", "+49\\1");
    in(DP_TON_UNKNOWN, "00*", "+*");
    in(DP_TON_NATIONAL, "*", "+49*");
    in(DP_TON_INTERNATIONAL, "*", "+*");
}

static void teardown(void)
{
    dp_rules_free(rules);
}

static struct dp_number wire(const char *digits, enum dp_ton ton)
{
    struct dp_number n = {.ton = ton, .npi = DP_NPI_ISDN};

    strcpy(n.digits, digits);
    return n;
}

struct row {
    const char *digits;
    enum dp_ton ton;
    const char *want;
    const char *rule; /* NULL: none */
};

static void check_in(const struct row *rows, size_t n)
{
    char text[DP_TEXT_LEN];

    for (size_t i = 0; i < n; i++) {
        struct dp_number num = wire(rows[i].digits, rows[i].ton);
        const char *rule = dp_rules_apply(rules, &num);
        ck_assert_msg(strcmp(dp_text(text, &num), rows[i].want) == 0, "%s: %s", rows[i].digits,
                      text);
        ck_assert_str_eq(rule ? rule : "(none)", rows[i].rule ? rows[i].rule : "(none)");
        if (!rule)
            ck_assert_int_eq(num.ton, rows[i].ton);
    }
}

START_TEST(the_row_that_fits_best_wins)
{
    static const struct row rows[] = {
        {"4315350", DP_TON_INTERNATIONAL, "+4315350", "international * => +*"},
        {"30901820", DP_TON_NATIONAL, "+4930901820", "national * => +49*"},
        {"0301", DP_TON_NATIONAL, "+490301", "national * => +49*"},
        {"004315350", DP_TON_UNKNOWN, "+4315350", "unknown 00* => +*"},
        {"030901820", DP_TON_UNKNOWN, "+4930901820", "unknown 0(x*) => +49\\1"},
        {"901820", DP_TON_UNKNOWN, "+4930901820", "unknown [1-9]xxxxx* => +4930&"},
        {"90182", DP_TON_UNKNOWN, "90182", NULL},
        {"0", DP_TON_UNKNOWN, "0", NULL},
        {"00", DP_TON_UNKNOWN, "00", NULL}, /* 00* fits, but leaves no number */
        {"901820", DP_TON_SUBSCRIBER, "901820", NULL},
        {"*21", DP_TON_UNKNOWN, "*21", NULL},
        {"4*9", DP_TON_INTERNATIONAL, "4*9", NULL}, /* no E.164 number */
        {"", DP_TON_INTERNATIONAL, "", NULL},
    };
    check_in(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(of_two_rows_with_one_pattern_the_one_with_the_type_wins)
{
    static const struct row rows[] = {
        {"712", DP_TON_SUBSCRIBER, "+493012", "subscriber 7* => +4930*"},
        {"712", DP_TON_UNKNOWN, "+498912", "any 7* => +4989*"},
        {"712", DP_TON_NETWORK, "+498912", "any 7* => +4989*"},
        /* a more specific pattern wins over the type */
        {"78", DP_TON_SUBSCRIBER, "+4978", "any 78 => +49&"},
    };

    in(DP_TON_ANY, "7*", "+4989*");
    in(DP_TON_SUBSCRIBER, "7*", "+4930*");
    in(DP_TON_ANY, "78", "+49&");
    check_in(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(an_e164_number_needs_a_row_of_its_own)
{
    struct dp_number n;

    ck_assert_int_eq(dp_number_parse(&n, rt_str("+4930901820")), 0);
    ck_assert_str_eq(dp_rules_apply(rules, &n), "international * => +*");
    ck_assert_str_eq(n.digits, "4930901820");
    ck_assert(n.e164);
    in(DP_TON_ANY, "+490*", "+49*"); /* a peer that says the trunk prefix after the code */
    ck_assert_int_eq(dp_number_parse(&n, rt_str("+49030901820")), 0);
    ck_assert_str_eq(dp_rules_apply(rules, &n), "any +490* => +49*");
    ck_assert_str_eq(n.digits, "4930901820");
}
END_TEST

START_TEST(rows_out_are_apart_and_give_a_type)
{
    static const struct {
        const char *number, *want, *rule;
        enum dp_ton ton;
        enum dp_npi npi;
    } rows[] = {
        {"+493090182117", "117", "out +4930901821(xx) => 1\\1", DP_TON_UNKNOWN, DP_NPI_UNKNOWN},
        {"+4930123456", "123456", "out +4930* => * ton subscriber", DP_TON_SUBSCRIBER, DP_NPI_ISDN},
        {"+498912345", "8912345", "out +49* => * ton national", DP_TON_NATIONAL, DP_NPI_ISDN},
        {"+4315350", "004315350", "out +x* => 00& ton unknown", DP_TON_UNKNOWN, DP_NPI_UNKNOWN},
        {"+882123", "+882123", "out +882* => +882*", DP_TON_INTERNATIONAL, DP_NPI_ISDN},
        {"112", "112", NULL, DP_TON_UNKNOWN, DP_NPI_UNKNOWN},
    };
    char text[DP_TEXT_LEN];
    const char *why;

    /* `+*` is no pattern: any E.164 number begins with a digit */
    ck_assert_int_eq(dp_rules_add_out(rules, rt_str("+*"), rt_str("00*"), DP_TON_ANY, &why),
                     EINVAL);
    out("+x*", "00&", DP_TON_UNKNOWN);
    out("+49*", "*", DP_TON_NATIONAL);
    out("+4930*", "*", DP_TON_SUBSCRIBER);
    out("+4930901821(xx)", "1\\1", DP_TON_ANY);
    out("+882*", "+882*", DP_TON_ANY);
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_number n;
        ck_assert_int_eq(dp_number_parse(&n, rt_str(rows[i].number)), 0);
        const char *rule = dp_rules_apply_out(rules, &n);
        ck_assert_str_eq(dp_text(text, &n), rows[i].want);
        ck_assert_str_eq(rule ? rule : "(none)", rows[i].rule ? rows[i].rule : "(none)");
        ck_assert_int_eq(n.ton, rows[i].ton);
        ck_assert_int_eq(n.npi, rows[i].npi);
    }
}
END_TEST

START_TEST(a_row_is_there_once)
{
    const char *why;

    ck_assert_int_eq(dp_rules_add(rules, DP_TON_UNKNOWN, rt_str("00*"), rt_str("+1*"), &why),
                     EEXIST);
    ck_assert_str_eq(why, "is there already");
    ck_assert_int_eq(dp_rules_add(rules, DP_TON_UNKNOWN, rt_str("0(0)*"), rt_str("+1*"), &why),
                     EEXIST); /* brackets make no other pattern */
    ck_assert_int_eq(dp_rules_add(rules, DP_TON_ANY, rt_str("00*"), rt_str("+1*"), &why), 0);
    out("00*", "1*", DP_TON_ANY); /* another direction */
    ck_assert_int_eq(dp_rules_add_out(rules, rt_str("00*"), rt_str("2*"), DP_TON_NATIONAL, &why),
                     EEXIST);
    ck_assert_int_eq(dp_rules_add(rules, DP_TON_ANY, rt_str("1yx"), rt_str("1"), &why), EINVAL);
    ck_assert_str_eq(why, "is not a number pattern");
    dp_rules_free(NULL);
}
END_TEST

START_TEST(types_have_names)
{
    static const char *const names[] = {"unknown", "international", "national",
                                        "network", "subscriber",    "abbreviated"};
    enum dp_ton ton;

    for (unsigned i = 0; i < RT_COUNT(names); i++) {
        ck_assert_int_eq(dp_ton_parse(&ton, rt_str(names[i])), 0);
        ck_assert_uint_eq(ton, i);
        ck_assert_str_eq(dp_ton_name(ton), names[i]);
    }
    ck_assert_int_eq(dp_ton_parse(&ton, rt_str("local")), EINVAL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp rules");
    TCase *tc = tcase_create("dp rules");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_row_that_fits_best_wins);
    tcase_add_test(tc, of_two_rows_with_one_pattern_the_one_with_the_type_wins);
    tcase_add_test(tc, an_e164_number_needs_a_row_of_its_own);
    tcase_add_test(tc, rows_out_are_apart_and_give_a_type);
    tcase_add_test(tc, a_row_is_there_once);
    tcase_add_test(tc, types_have_names);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
