/* Queries of records: what they find by hand, and that memory and SQL find the same. */
#include "gw/record_query.h"
#include "test/fake/fake.h"
#include "test/unit/records_rig.h"

#include <errno.h>

static sqlite3 *db;

static void setup(void)
{
    fake_reset();
    ck_assert_int_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
    fill(db);
}

static void teardown(void)
{
    sqlite3_close(db);
}

/** Which records SQL finds. */
static void find_by_sql(const struct gw_record_query *q, bool found[NALL])
{
    struct gw_record_value values[GW_RECORD_VALUES_MAX];
    struct rt_buf sql = {0};
    sqlite3_stmt *st = NULL;

    rt_buf_puts(&sql, "SELECT seq FROM cdr WHERE ");
    size_t n = gw_record_query_sql(q, &sql, values, GW_RECORD_VALUES_MAX);
    ck_assert_uint_le(n, GW_RECORD_VALUES_MAX);
    ck_assert_msg(sqlite3_prepare_v2(db, sql.p, -1, &st, NULL) == SQLITE_OK, "%s: %s", sql.p,
                  sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_bind_parameter_count(st), (int)n);
    for (size_t i = 0; i < n; i++) {
        if (values[i].text)
            sqlite3_bind_text(st, (int)i + 1, values[i].text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_double(st, (int)i + 1, values[i].number);
    }
    memset(found, 0, NALL * sizeof *found);
    while (sqlite3_step(st) == SQLITE_ROW)
        found[sqlite3_column_int(st, 0) - 1] = true;
    sqlite3_finalize(st);
    rt_buf_release(&sql);
}

/** Both ways; `letters` gets those by hand. Returns how many of all. */
static unsigned find(const char *text, char letters[NBYHAND + 1])
{
    struct gw_record_query *q = NULL;
    bool by_sql[NALL];
    char why[200] = "";
    unsigned n = 0, total = 0;

    ck_assert_msg(gw_record_query_parse(&q, rt_str(text), NOON, why, sizeof why) == 0, "%s: %s",
                  text, why);
    find_by_sql(q, by_sql);
    for (unsigned i = 0; i < NALL; i++) {
        bool here = gw_record_query_match(q, &records[i]);
        ck_assert_msg(here == by_sql[i], "%s: record %u: %d in memory, %d by SQL", text, i, here,
                      by_sql[i]);
        total += here;
        if (here && i < NBYHAND)
            letters[n++] = (char)('a' + i);
    }
    letters[n] = '\0';
    gw_record_query_free(q);
    return total;
}

static const struct {
    const char *query, *finds;
} table[] = {
    {"", "abcdefgh"},
    {"  \t ", "abcdefgh"},
    {"to:+442079460000", "a"},
    {"to:+4420*", "abc"},
    {"to:*", "abcdefgh"},
    {"to:069", "g"},
    {"to:*69", "g"}, /* a * in front is a digit of a telephone */
    {"from:201", "fg"},
    {"from:+4930*", "abcg"},
    {"from:201,+493012345", "afg"},
    {"trunk:pri", "abcdfg"},
    {"in:pri", "abc"},
    {"out:pri", "dfg"},
    {"in:office out:pri", "fg"},
    {"out:back*", "c"},
    {"id:c0000000000000000000000000000002", "c"},
    {"id:c00*", "c"},
    {"id:3@192.0.2.7:5060", "d"},
    {"cause:34", "b"},
    {"cause:34,41", "bc"},
    {"-cause:16", "bcgh"},
    {"sip:503", "b"},
    {"-sip:503,500,484", "adefh"},
    {"by:operator", "f"},
    {"by:called,gateway", "bcg"},
    {"state:answered", "adef"},
    {"state:failed", "bcgh"},
    {"state:emergency", "e"},
    {"state:failed,emergency", "bcegh"},
    {"-state:emergency", "abcdfgh"},
    {"last:1h", "cdefgh"},
    {"last:3600s", "cdefgh"},
    {"last:60m until:2026-11-22T10", "cdef"},
    {"last:1.5h", "bcdefgh"},
    {"last:3d", "abcdefgh"},
    {"last:2min", "efgh"},
    {"since:2026-11-22T10:00", "gh"},
    {"since:2026-11-22T10:00:00Z", "gh"},
    {"since:2026-11-22T11:00:00+01:00", "gh"},
    {"since:2026-11-22", "bcdefgh"},
    {"since:2026-11", "abcdefgh"},
    {"since:2027", ""},
    {"until:2026-11-22", "a"},
    {"until:2026-11-22T09", "ab"},
    {"since:2026-11-22T09 until:2026-11-22T10", "cdef"},
    {"talk>60s", "a"},
    {"talk>=60", "ae"},
    {"talk>1m", "a"},
    {"talk<6s", "bcdfgh"},
    {"talk<=5999ms", "bcdfgh"},
    {"duration>65s", "e"},
    {"duration<8s state:answered", "df"},
    {"mos<3.5", "d"},
    {"mos<=3.5", "ad"},
    {"mos>3.49", "a"},
    {"-mos<3.5", "abcefgh"},
    {"loss>1%", "f"},
    {"loss>=1", "df"},
    {"loss<0.5", ""},
    {"pdd>5s", "e"},
    {"pdd>5001ms", ""},
    {"pdd<=2.5s", "adf"},
    {"rule:office.conf", "f"},
    {"rule:\"office.conf:69 national\"", "f"},
    {"customer:acme", "f"},
    {"codec:opus", "e"},
    {"codec:PCMA", "adef"},
    {"attempt:0", "abdefgh"},
    {"attempt:1", "c"},
    {"7946000", "abcd"},
    {"acme", "f"},
    {"\"to:\"", ""},
    {"-pri -office", "h"},
    {"pri -to:+44*", "dfg"},
    {"192.0.2.7:5060 -carrier", "cfgh"},
    {"in:\"a\"", ""},
};

START_TEST(a_query_finds_what_it_says)
{
    char letters[NBYHAND + 1];

    find(table[_i].query, letters);
    ck_assert_msg(strcmp(letters, table[_i].finds) == 0, "%s finds %s, not %s", table[_i].query,
                  letters, table[_i].finds);
}
END_TEST

static const struct {
    const char *query, *why;
} wrong[] = {
    {"mos<high", "mos<high: not a number"},
    {"mos<3.", "mos<3.: not a number"},
    {"mos:3", "mos:3: takes < or >"},
    {"to>5", "to>5: takes a colon"},
    {"talk>5y", "talk>5y: not a duration like 60s"},
    {"talk>9999999999999999", "talk>9999999999999999: not a duration like 60s"},
    {"last:soon", "last:soon: not a duration like 1h"},
    {"since:yesterday", "since:yesterday: not a time like 2026-11-22T10:00"},
    {"since:2026-13", "since:2026-13: not a time like 2026-11-22T10:00"},
    {"cause:128", "cause:128: not a number from 1 to 127"},
    {"cause:0", "cause:0: not a number from 1 to 127"},
    {"sip:5xx", "sip:5xx: not a number from 100 to 699"},
    {"by:me", "by:me: not one of caller, called, gateway, operator, transfer, restart"},
    {"state:dead", "state:dead: not one of answered, failed, emergency"},
    {"to:", "to:: a value is missing"},
    {"cause:34,,41", "cause:34,,41: a value is missing"},
    {"-", "-: a value is missing"},
    {"\"\"", "\"\": a value is missing"},
    {"a \"b", "\"b: a quote is not closed"},
    {"a\001", "query: a character that is none"},
    {"colour:red",
     "colour:red: unknown word; there are to, from, trunk, in, out, id, cause, sip, by, state, "
     "last, since, until, talk, duration, mos, loss, pdd, rule, customer, codec, attempt"},
};

START_TEST(a_wrong_query_says_why)
{
    struct gw_record_query *q = NULL;
    char why[300] = "";

    ck_assert_int_eq(gw_record_query_parse(&q, rt_str(wrong[_i].query), NOON, why, sizeof why),
                     EINVAL);
    ck_assert_str_eq(why, wrong[_i].why);
}
END_TEST

START_TEST(too_much_is_refused)
{
    struct gw_record_query *q = NULL;
    struct rt_buf text = {0};
    char why[300] = "";

    for (unsigned i = 0; i < 33; i++)
        rt_buf_puts(&text, "cause:1 ");
    ck_assert_int_eq(gw_record_query_parse(&q, rt_buf_str(&text), NOON, why, sizeof why), EINVAL);
    ck_assert_str_eq(why, "cause:1: that is too much for one query");
    rt_buf_reset(&text);
    rt_buf_puts(&text, "to:1");
    for (unsigned i = 0; i < 100; i++)
        rt_buf_puts(&text, ",1");
    ck_assert_int_eq(gw_record_query_parse(&q, rt_buf_str(&text), NOON, why, sizeof why), EINVAL);
    rt_buf_reset(&text);
    for (unsigned i = 0; i < 2001; i++)
        rt_buf_puts(&text, "1");
    ck_assert_int_eq(gw_record_query_parse(&q, rt_buf_str(&text), NOON, why, sizeof why), EINVAL);
    ck_assert_str_eq(why, "query: too long");
    rt_buf_release(&text);
}
END_TEST

START_TEST(a_value_is_never_in_the_sql)
{
    struct gw_record_value values[GW_RECORD_VALUES_MAX];
    struct gw_record_query *q = NULL;
    struct rt_buf sql = {0};
    char why[200];

    ck_assert_int_eq(
        gw_record_query_parse(&q, rt_str("in:x';--* -mos<3.5 state:failed"), NOON, why, sizeof why),
        0);
    ck_assert_uint_eq(gw_record_query_sql(q, &sql, values, GW_RECORD_VALUES_MAX), 2);
    ck_assert_str_eq(
        sql.p, "(instr(\"from_trunk\", ?) = 1) AND coalesce((coalesce(min(\"mos_a\", "
               "\"mos_b\"), \"mos_a\", \"mos_b\") < ?), 0) = 0 AND (\"answer_time\" IS NULL)");
    ck_assert_str_eq(values[0].text, "x';--");
    ck_assert_ptr_null(values[1].text);
    ck_assert_double_eq(values[1].number, 3.5);
    gw_record_query_free(q);
    rt_buf_release(&sql);
}
END_TEST

/** A term out of those that the table has, or a comparison with a limit of its own. */
static void add_random_term(struct rt_buf *out)
{
    static const char *const measures[] = {"talk", "duration", "mos", "loss", "pdd"};
    static const char *const ops[] = {"<", ">", "<=", ">="};
    static const char *const units[][2] = {
        {"s", "ms"}, {"s", "ms"}, {"", ""}, {"%", ""}, {"s", ""}};
    static const unsigned most[] = {120, 130, 5, 5, 9};
    unsigned m = rt_random_below(5);

    rt_buf_puts(out, rt_random_below(3) ? " " : " -");
    if (rt_random_below(2))
        rt_buf_printf(out, "%s%s%u.%02u%s", measures[m], any(ops, 4), rt_random_below(most[m]),
                      rt_random_below(100), units[m][rt_random_below(2)]);
    else
        rt_buf_printf(out, "cause:%u,%u,%u", 16 + rt_random_below(30), 16 + rt_random_below(30),
                      16 + rt_random_below(30));
}

START_TEST(random_queries_agree)
{
    char letters[NBYHAND + 1];
    unsigned some = 0;

    fake_seed((uint64_t)_i + 7);
    for (unsigned i = 0; i < 500; i++) {
        struct rt_buf text = {0};
        for (unsigned n = rt_random_below(4); n > 0; n--) {
            const char *known = table[rt_random_below(RT_COUNT(table))].query;
            if (rt_random_below(2) == 0)
                rt_buf_printf(&text, " %s", known);
            else
                add_random_term(&text);
        }
        unsigned found = find(rt_buf_str(&text).p, letters);
        some += found > 0 && found < NALL;
        rt_buf_release(&text);
    }
    ck_assert_uint_gt(some, 100); /* they do find something */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("record query");
    TCase *t = tcase_create("record query");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, a_query_finds_what_it_says, 0, (int)RT_COUNT(table));
    tcase_add_loop_test(t, a_wrong_query_says_why, 0, (int)RT_COUNT(wrong));
    tcase_add_test(t, too_much_is_refused);
    tcase_add_test(t, a_value_is_never_in_the_sql);
    tcase_add_loop_test(t, random_queries_agree, 0, 4);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
