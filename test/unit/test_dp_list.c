/* Lists of numbers: prefixes, exact numbers, ranges, their texts, and what is raw. */
#include "dialplan/deck.h"
#include "dialplan/list.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>

static const char *const one_file[] = {"l.csv", NULL};
static char why[DP_ROWS_WHY];

static struct dp_list_config config(const char *columns)
{
    return (struct dp_list_config){.patterns = one_file,
                                   .columns = columns,
                                   .bad_ppm = DP_DECK_ANY,
                                   .change_ppm = DP_DECK_ANY};
}

static struct dp_list *load(const char *text, const char *columns, bool raw)
{
    struct dp_list_config cfg = config(columns);
    struct dp_list *l = NULL;

    cfg.raw = raw;
    ck_assert_int_eq(rt_file_replace("l.csv", text, strlen(text), 0644), 0);
    ck_assert_msg(dp_list_load(&l, &cfg, NULL, why) == 0, "%s", why);
    return l;
}

/** The text of the row for a number as dp_number_parse() reads it. */
static const char *find(const struct dp_list *l, const char *text)
{
    struct dp_number n = {.e164 = false};

    ck_assert_int_eq(dp_number_parse(&n, rt_str(text)), 0);
    return dp_list_find(l, &n);
}

START_TEST(one_column_is_prefixes)
{
    struct dp_list *l = load("# IPRN\n+882\n883\n\n+2521234\n", NULL, false);

    ck_assert_str_eq(find(l, "+88216123"), "");
    ck_assert_str_eq(find(l, "+883"), "");
    ck_assert_ptr_null(find(l, "+88"));
    ck_assert_ptr_null(find(l, "+252123"));
    ck_assert_ptr_null(find(l, "882")); /* an extension is no satellite */
    ck_assert_uint_eq(dp_list_rows(l), 3);
    dp_list_unref(l);
}
END_TEST

START_TEST(a_header_names_the_columns)
{
    struct dp_list *l = load("Prefix,Reason\n882,satellite\n88216,Thuraya\n49,\n", NULL, false);

    ck_assert_str_eq(find(l, "+88299"), "satellite");
    ck_assert_str_eq(find(l, "+8821612"), "Thuraya");
    ck_assert_str_eq(find(l, "+4930"), "");
    ck_assert_ptr_null(find(l, "+1"));
    dp_list_unref(l);
}
END_TEST

START_TEST(a_number_is_that_one_only)
{
    struct dp_list *l = load("number,name\n+493012,bad\n", NULL, false);

    ck_assert_str_eq(find(l, "+493012"), "bad");
    ck_assert_ptr_null(find(l, "+4930123"));
    ck_assert_ptr_null(find(l, "+49301"));
    dp_list_unref(l);
}
END_TEST

START_TEST(ranges)
{
    struct dp_list *l = load("4400,4419,\"a, b\"\n", "from, to, reason", false);

    ck_assert_str_eq(find(l, "+44009"), "a, b");
    ck_assert_str_eq(find(l, "+4419123"), "a, b");
    ck_assert_ptr_null(find(l, "+442"));
    ck_assert_ptr_null(find(l, "+440"));
    dp_list_unref(l);
}
END_TEST

START_TEST(raw_numbers_are_a_list_of_their_own)
{
    struct dp_list *l = load("*21*\n\"#31#\"\n47\n", NULL, true);

    ck_assert(find(l, "*21*5") != NULL);
    ck_assert(find(l, "#31#") != NULL);
    ck_assert(find(l, "4711") != NULL);
    ck_assert_ptr_null(find(l, "+4711"));
    ck_assert_ptr_null(find(l, "21"));
    dp_list_unref(l);
}
END_TEST

START_TEST(an_empty_list_lists_nobody)
{
    struct dp_list *l = load("", NULL, false);
    struct dp_number nobody = {.e164 = true};

    ck_assert_ptr_null(find(l, "+49"));
    dp_list_unref(l);
    l = load("49\n", NULL, false);
    ck_assert(!dp_list_has(l, &nobody));
    dp_list_unref(l);
}
END_TEST

START_TEST(bad_rows_and_guards)
{
    struct dp_list_config cfg = config(NULL);
    struct dp_list *next = NULL, *l = load("prefix\n49\n4x\n44\n1\n", NULL, false);
    struct rt_buf got = {0};

    ck_assert_uint_eq(dp_list_rows(l), 3);
    ck_assert_uint_eq(dp_list_bad(l), 1);
    ck_assert_int_eq(rt_file_read(&got, "l.csv.rejects", 1000), 0);
    ck_assert_str_eq(got.p, "4x\t# line 3: prefix is no number\n");
    rt_buf_release(&got);
    cfg.bad_ppm = 0;
    ck_assert_int_eq(dp_list_load(&next, &cfg, l, why), EBADMSG);
    ck_assert_str_eq(why, "1 of 4 rows are bad, more than 0%; "
                          "l.csv: line 3: prefix is no number");
    cfg.bad_ppm = DP_DECK_ANY;
    cfg.change_ppm = 300000;
    ck_assert_int_eq(rt_file_replace("l.csv", "49\n", 3, 0644), 0);
    ck_assert_int_eq(dp_list_load(&next, &cfg, l, why), EBADMSG);
    ck_assert_str_eq(why, "1 rows where 3 are in use, more than 30% off");
    ck_assert_int_eq(rt_file_replace("l.csv", "name\n49\n", 8, 0644), 0);
    ck_assert_int_eq(dp_list_load(&next, &cfg, NULL, why), EINVAL);
    ck_assert_str_eq(why, "l.csv: a list needs a column prefix, number, or from and to");
    rt_file_remove("l.csv");
    ck_assert_int_eq(dp_list_load(&next, &cfg, NULL, why), ENOENT);
    ck_assert_str_eq(why, "l.csv: No such file or directory");
    dp_list_unref(l);
}
END_TEST

static void setup(void)
{
    fake_reset();
}

static void teardown(void)
{
    struct fake_leaks leaks = {0};

    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.files, 0);
    fake_reset();
}

int main(void)
{
    Suite *s = suite_create("dp list");
    TCase *t = tcase_create("dp list");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, one_column_is_prefixes);
    tcase_add_test(t, a_header_names_the_columns);
    tcase_add_test(t, a_number_is_that_one_only);
    tcase_add_test(t, ranges);
    tcase_add_test(t, raw_numbers_are_a_list_of_their_own);
    tcase_add_test(t, an_empty_list_lists_nobody);
    tcase_add_test(t, bad_rows_and_guards);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
