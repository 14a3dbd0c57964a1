/* Tables of ported numbers: compiled, looked up, damaged. */
#include "dialplan/ported_priv.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define TABLE "lnp/test.tdb"

static struct dp_ported *table;
static struct dp_ported_report report;
static char why[DP_PORTED_WHY];

static void fresh(void)
{
    rt_file_remove(TABLE);
    table = NULL;
    memset(&report, 0, sizeof report);
}

static void done(void)
{
    dp_ported_close(table);
}

static struct dp_ported_builder *builder(const struct dp_ported_rules *rules)
{
    struct dp_ported_builder *b;

    ck_assert_int_eq(dp_ported_builder_new(&b, TABLE, rules), 0);
    return b;
}

static void add(struct dp_ported_builder *b, const char *number, const char *routing)
{
    const char *reason;

    ck_assert_int_eq(dp_ported_builder_add(b, rt_str(number), rt_str(routing), &reason), 0);
}

static void finish(struct dp_ported_builder *b)
{
    ck_assert_int_eq(dp_ported_builder_finish(b, &report), 0);
    dp_ported_builder_free(b);
    ck_assert_msg(dp_ported_open(&table, TABLE, why) == 0, "%s", why);
    ck_assert_int_eq(dp_ported_check(table, why), 0);
    ck_assert_uint_eq(dp_ported_rows(table), report.rows);
    ck_assert_uint_eq(dp_ported_routings(table), report.routings);
    ck_assert_uint_eq(dp_ported_bytes(table), report.bytes);
}

/** The routing number, or "-". */
static const char *find(const char *number)
{
    struct dp_number n;
    const char *routing = "?";

    ck_assert_int_eq(dp_number_parse(&n, rt_str(number)), 0);
    int err = dp_ported_find(table, &n, &routing);
    ck_assert(err == 0 || err == ENOENT);
    return err == 0 ? routing : "-";
}

/* ---- look-ups ---- */

START_TEST(a_ported_number_has_its_routing_number)
{
    struct dp_ported_builder *b = builder(NULL);

    add(b, "+12025331234", "+12025440000"); /* RFC 4694 6 */
    add(b, "+1-202-533-1235", "+1-202-544-0000");
    add(b, "+12025331000", "+13035550000");
    add(b, "493012345", "D086");
    add(b, "+999999999999999", "d086");
    add(b, "+7", "+7495");
    add(b, "+70", "+7496");
    finish(b);
    ck_assert_uint_eq(report.rows, 7);
    ck_assert_uint_eq(report.routings, 5);
    ck_assert_uint_eq(report.duplicates, 0);
    ck_assert_str_eq(find("+12025331234"), "+12025440000");
    ck_assert_str_eq(find("+12025331235"), "+12025440000");
    ck_assert_str_eq(find("+12025331000"), "+13035550000");
    ck_assert_str_eq(find("+493012345"), "D086");
    ck_assert_str_eq(find("+999999999999999"), "D086");
    ck_assert_str_eq(find("+7"), "+7495"); /* a number's length counts */
    ck_assert_str_eq(find("+70"), "+7496");
    ck_assert_str_eq(find("+700"), "-");
    ck_assert_str_eq(find("+12025331236"), "-");
    ck_assert_str_eq(find("+1202533123"), "-");
    ck_assert_str_eq(find("+120253312345"), "-");
    ck_assert_str_eq(find("+12025330999"), "-");
    ck_assert_str_eq(find("+12025332000"), "-");
    ck_assert_str_eq(find("12025331234"), "-"); /* not E.164 */
    ck_assert_str_eq(find("+1234567890123456"), "-");
    ck_assert_str_eq(find("+0493012345"), "-");
}
END_TEST

START_TEST(an_empty_table_has_nothing)
{
    finish(builder(NULL));
    ck_assert_uint_eq(report.rows, 0);
    ck_assert_str_eq(find("+12025331234"), "-");
    ck_assert_str_eq(find("+1"), "-");
}
END_TEST

START_TEST(the_last_row_of_a_number_counts)
{
    struct dp_ported_builder *b = builder(NULL);

    add(b, "+12025331234", "+1");
    add(b, "+12025331230", "+2");
    add(b, "+12025331234", "+3");
    finish(b);
    ck_assert_uint_eq(report.rows, 2);
    ck_assert_uint_eq(report.duplicates, 1);
    ck_assert_str_eq(find("+12025331234"), "+3");
}
END_TEST

START_TEST(numbers_without_plus_are_of_the_country)
{
    const struct dp_ported_rules rules = {.country = "1"};
    struct dp_ported_builder *b = builder(&rules);

    add(b, "2025331234", "2025440000");
    add(b, "+442079460148", "D086");
    add(b, "202-533-1235", "+443");
    finish(b);
    ck_assert_str_eq(find("+12025331234"), "+12025440000");
    ck_assert_str_eq(find("+442079460148"), "D086");
    ck_assert_str_eq(find("+12025331235"), "+443");
}
END_TEST

START_TEST(rows_that_are_none_are_refused)
{
    static const struct {
        const char *number, *routing, *why;
    } rows[] = {
        {"", "+1", "not an E.164 number"},
        {"+", "+1", "not an E.164 number"},
        {"+0123", "+1", "not an E.164 number"},
        {"+1234567890123456", "+1", "not an E.164 number"},
        {"+12A", "+1", "not an E.164 number"},
        {"12 34", "+1", "not an E.164 number"},
        {"+1+2", "+1", "not an E.164 number"},
        {"+12", "", "not a routing number"},
        {"+12", "+", "not a routing number"},
        {"+12", "xyz", "not a routing number"},
        {"+12", "12345678901234567890123456789012345678901234", "not a routing number"},
    };
    struct dp_ported_builder *b = builder(NULL);
    const char *reason;

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        int err =
            dp_ported_builder_add(b, rt_str(rows[i].number), rt_str(rows[i].routing), &reason);
        ck_assert_msg(err == EINVAL && strcmp(reason, rows[i].why) == 0, "row %zu", i);
    }
    finish(b);
    ck_assert_uint_eq(report.rows, 0);
}
END_TEST

/* ---- many ---- */

#define MANY 60000

static uint64_t state;

static uint64_t dice(uint64_t sides)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % sides;
}

/** Dense in one area code, in others, and anywhere. */
static uint64_t some_number(void)
{
    switch (dice(3)) {
    case 0:
        return 12025000000 + dice(50000);
    case 1:
        return 12000000000 + dice(8000000000);
    default: {
        uint64_t top = 10;
        for (uint64_t more = dice(PORTED_DIGITS); more > 0; more--)
            top *= 10;
        return 1 + dice(top - 1);
    }
    }
}

struct pair {
    uint64_t number;
    unsigned order, routing;
};

static int by_number(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static const char *find_value(uint64_t v)
{
    char text[32];
    const char *routing;

    snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    return dp_ported_find_digits(table, rt_str(text), &routing) == 0 ? routing : "-";
}

/** What was added is found as it was added last, what was not is not found. */
static void check_all(struct pair *all, uint64_t seed)
{
    size_t distinct = 0;
    char want[16];

    qsort(all, MANY, sizeof *all, by_number);
    for (size_t i = 0; i < MANY; i++) {
        if (i + 1 < MANY && all[i + 1].number == all[i].number)
            continue;
        distinct++;
        snprintf(want, sizeof want, "+%u", all[i].routing);
        ck_assert_msg(strcmp(find_value(all[i].number), want) == 0, "seed %llu: %llu",
                      (unsigned long long)seed, (unsigned long long)all[i].number);
        if (i + 1 < MANY && all[i + 1].number > all[i].number + 1)
            ck_assert_str_eq(find_value(all[i].number + 1), "-");
    }
    ck_assert_uint_eq(report.rows, distinct);
    ck_assert_uint_eq(report.duplicates, MANY - distinct);
}

/** Too many for the memory given, in no order, some twice. */
START_TEST(many_numbers_are_found_whatever_their_order)
{
    const struct dp_ported_rules rules = {.memory = 1};
    uint64_t seed = 20260101 + (uint64_t)_i;
    struct pair *all = calloc(MANY, sizeof *all);
    char number[32], routing[16];

    state = seed;
    struct dp_ported_builder *b = builder(_i == 0 ? &rules : NULL);
    for (unsigned i = 0; i < MANY; i++) {
        all[i] = (struct pair){some_number(), i, 1 + (unsigned)dice(5000)};
        snprintf(number, sizeof number, "+%llu", (unsigned long long)all[i].number);
        snprintf(routing, sizeof routing, "+%u", all[i].routing);
        add(b, number, routing);
    }
    finish(b);
    check_all(all, seed);
    /* the index grows with the rows, however far they are from each other */
    ck_assert_uint_le(report.bytes, MANY * (4 + 8 * 4 + 24) + 5000 * 12 + 8192);
    free(all);
}
END_TEST

START_TEST(wide_rows_are_found_as_well)
{
    struct ported_names names = {.n = 0};
    struct ported_writer w;
    struct rt_append *f;
    uint32_t one, two;

    ck_assert_int_eq(dp_ported_name(&one, &names, rt_str("+1")), 0);
    ck_assert_int_eq(dp_ported_name(&two, &names, rt_str("+2")), 0);
    ck_assert_int_eq(dp_ported_name(&one, &names, rt_str("+1")), 0);
    ck_assert_uint_eq(one, 0);
    ck_assert_uint_eq(two, 1);
    ck_assert_int_eq(rt_append_open(&f, TABLE, 0644), 0);
    ck_assert_int_eq(dp_ported_write_begin(&w, f, true), 0);
    for (uint64_t n = 12025331000; n < 12025333000; n += 3)
        ck_assert_int_eq(dp_ported_write_row(&w, n, n % 2 ? one : two), 0);
    ck_assert_int_eq(dp_ported_write_end(&w, &names), 0);
    dp_ported_write_release(&w);
    dp_ported_names_release(&names);
    rt_append_close(f);
    ck_assert_int_eq(dp_ported_open(&table, TABLE, why), 0);
    for (uint64_t n = 12025331000; n < 12025333000; n++)
        ck_assert_str_eq(find_value(n), (n - 12025331000) % 3 ? "-" : n % 2 ? "+1" : "+2");
}
END_TEST

/* ---- files ---- */

static void small_table(void)
{
    struct dp_ported_builder *b = builder(NULL);

    add(b, "+12025331234", "+12025440000");
    add(b, "+12025331235", "+13035550000");
    add(b, "+493012345", "D086");
    finish(b);
    dp_ported_close(table);
    table = NULL;
}

/** Opens the file's first `len` octets with octet `at` changed by `flip`. */
static int open_damaged(size_t len, size_t at, uint8_t flip)
{
    struct rt_buf file = {0};

    ck_assert_int_eq(rt_file_read(&file, TABLE, 1 << 20), 0);
    len = len < file.n ? len : file.n;
    if (at < len)
        file.p[at] = (char)(file.p[at] ^ flip);
    ck_assert_int_eq(rt_file_replace("lnp/damaged.tdb", file.p, len, 0644), 0);
    rt_buf_release(&file);
    return dp_ported_open(&table, "lnp/damaged.tdb", why);
}

START_TEST(a_torn_file_is_refused)
{
    small_table();
    size_t size = (size_t)report.bytes;
    for (size_t len = 0; len < size; len++) {
        ck_assert_int_eq(open_damaged(len, SIZE_MAX, 0), EBADMSG);
        ck_assert_str_ne(why, "");
    }
    ck_assert_str_eq(why, "torn: its end is missing");
    ck_assert_int_eq(open_damaged(20, SIZE_MAX, 0), EBADMSG);
    ck_assert_str_eq(why, "too short for a compiled table");
    ck_assert_int_eq(open_damaged(size, SIZE_MAX, 0), 0);
}
END_TEST

START_TEST(a_changed_octet_is_noticed_and_never_harms)
{
    small_table();
    size_t size = (size_t)report.bytes, tail = size - sizeof(struct ported_tail);
    for (size_t at = 0; at < size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            int err = open_damaged(size, at, (uint8_t)(1u << bit));
            ck_assert_msg(err == EBADMSG || (err == 0 && at >= 16 && at < tail), "octet %zu", at);
            if (err != 0)
                continue;
            ck_assert_int_eq(dp_ported_check(table, why), EBADMSG);
            find("+12025331234");
            find("+493012345");
            dp_ported_close(table);
            table = NULL;
        }
    }
}
END_TEST

START_TEST(another_kind_of_file_is_named_as_such)
{
    static const struct {
        size_t at;
        uint8_t flip;
        const char *why;
    } rows[] = {
        {0, 1, "not a compiled table of ported numbers"},
        {8, 3, "compiled by another version: compile it again"},
        {12, 5, "compiled on a machine of another byte order"},
    };

    small_table();
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        ck_assert_int_eq(open_damaged(SIZE_MAX, rows[i].at, rows[i].flip), EBADMSG);
        ck_assert_str_eq(why, rows[i].why);
    }
    ck_assert_int_eq(dp_ported_open(&table, "lnp/none.tdb", why), ENOENT);
}
END_TEST

START_TEST(a_build_that_is_given_up_leaves_the_old_table)
{
    struct rt_buf left = {0};
    struct dp_ported_builder *b;

    small_table();
    b = builder(NULL);
    add(b, "+1", "+2");
    dp_ported_builder_free(b);
    ck_assert_int_eq(rt_file_read(&left, TABLE ".new", 100), ENOENT);
    ck_assert_int_eq(dp_ported_open(&table, TABLE, why), 0);
    ck_assert_str_eq(find("+12025331234"), "+12025440000");
    rt_buf_release(&left);
}
END_TEST

/* ---- CSV ---- */

static int build(const char *csv, const struct dp_ported_rules *rules)
{
    ck_assert_int_eq(rt_file_replace("lnp/test.csv", csv, strlen(csv), 0644), 0);
    return dp_ported_build("lnp/test.csv", TABLE, rules, &report, why);
}

START_TEST(a_csv_is_compiled)
{
    static const char *const files[] = {
        "number,routing\n+12025331234,+12025440000\n+12025331235,D086\n",
        "routing;carrier;number\n+12025440000;a;+12025331234\nD086;b;+12025331235\n",
        "+12025331234,+12025440000\r\n# all\r\n+12025331235,D086\r\n",
    };

    for (size_t i = 0; i < RT_COUNT(files); i++) {
        ck_assert_msg(build(files[i], NULL) == 0, "%zu: %s", i, why);
        ck_assert_uint_eq(report.rows, 2);
        ck_assert_uint_eq(report.bad, 0);
        ck_assert_int_eq(dp_ported_open(&table, TABLE, why), 0);
        ck_assert_str_eq(find("+12025331234"), "+12025440000");
        ck_assert_str_eq(find("+12025331235"), "D086");
        dp_ported_close(table);
        table = NULL;
    }
}
END_TEST

START_TEST(bad_rows_fail_a_build_unless_they_are_few)
{
    const char *csv = "number,routing\n+12025331234,+12025440000\nfoo,D086\n+12025331236,x\n";
    struct dp_ported_rules rules = {.max_bad = 1};

    ck_assert_int_eq(build(csv, &rules), EINVAL);
    ck_assert_str_eq(why, "2 bad rows: line 3: not an E.164 number");
    ck_assert_int_eq(dp_ported_open(&table, TABLE, why), ENOENT);
    rules.max_bad = 2;
    ck_assert_int_eq(build(csv, &rules), 0);
    ck_assert_uint_eq(report.rows, 1);
    ck_assert_uint_eq(report.bad, 2);
    ck_assert_str_eq(report.first_bad, "line 3: not an E.164 number");
    ck_assert_int_eq(dp_ported_build("lnp/none.csv", TABLE, NULL, &report, why), ENOENT);
    ck_assert_str_ne(why, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp ported");
    TCase *tc = tcase_create("dp ported");

    tcase_add_checked_fixture(tc, fresh, done);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_ported_number_has_its_routing_number);
    tcase_add_test(tc, an_empty_table_has_nothing);
    tcase_add_test(tc, the_last_row_of_a_number_counts);
    tcase_add_test(tc, numbers_without_plus_are_of_the_country);
    tcase_add_test(tc, rows_that_are_none_are_refused);
    tcase_add_loop_test(tc, many_numbers_are_found_whatever_their_order, 0, 3);
    tcase_add_test(tc, wide_rows_are_found_as_well);
    tcase_add_test(tc, a_torn_file_is_refused);
    tcase_add_test(tc, a_changed_octet_is_noticed_and_never_harms);
    tcase_add_test(tc, another_kind_of_file_is_named_as_such);
    tcase_add_test(tc, a_build_that_is_given_up_leaves_the_old_table);
    tcase_add_test(tc, a_csv_is_compiled);
    tcase_add_test(tc, bad_rows_fail_a_build_unless_they_are_few);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
