/* Records looked up in an SQLite file. The file is a real one: SQLite reads and writes it itself.
 */
#include "gw/records.h"
#include "test/fake/fake.h"
#include "test/unit/records_rig.h"

#include <errno.h>
#include <unistd.h>

static char folder[64], path[96];
static struct gw_records *r;
static sqlite3 *db;

static void setup(void)
{
    fake_reset();
    snprintf(folder, sizeof folder, "/tmp/test_records.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/cdr.sqlite", folder);
    db = NULL;
    ck_assert_int_eq(gw_records_new(&r, path), 0);
}

static void teardown(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char name[128];

    gw_records_free(r);
    sqlite3_close(db);
    for (size_t i = 0; i < RT_COUNT(endings); i++) {
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
    rmdir(folder);
}

static void open_filled(void)
{
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL), SQLITE_OK);
    fill(db);
}

/** What was found: the seq of each, blanks between. */
struct list {
    struct rt_buf text;
    rt_time each; /* passes at each record */
};

static void on_record(void *arg, struct rt_str json)
{
    struct list *l = arg;
    static const char member[] = "\"seq\":";
    const char *at = memmem(json.p, json.n, member, strlen(member));

    ck_assert_ptr_nonnull(at);
    rt_buf_printf(&l->text, "%s%d", l->text.n > 0 ? " " : "", atoi(at + strlen(member)));
    ck_assert_int_eq(json.p[0], '{');
    ck_assert_int_eq(json.p[json.n - 1], '}');
    fake_advance(l->each);
}

static int find_in(struct gw_records *from, const char *text, uint64_t before, unsigned limit,
                   struct list *l)
{
    struct gw_record_query *q = NULL;
    char why[200];

    rt_buf_reset(&l->text);
    ck_assert_int_eq(gw_record_query_parse(&q, rt_str(text), NOON, why, sizeof why), 0);
    int n = gw_records_find(from, q, before, limit, on_record, l);
    gw_record_query_free(q);
    return n;
}

START_TEST(newest_first_and_pages)
{
    struct list l = {.each = 0};

    open_filled();
    ck_assert_int_eq(find_in(r, "", 0, 5, &l), 5);
    ck_assert_str_eq(l.text.p, "40 39 38 37 36");
    ck_assert_int_eq(find_in(r, "", 36, 3, &l), 3);
    ck_assert_str_eq(l.text.p, "35 34 33");
    ck_assert_int_eq(find_in(r, "to:+44*", 4, 100, &l), 3);
    ck_assert_str_eq(l.text.p, "3 2 1");
    ck_assert_int_eq(find_in(r, "to:+44*", 1, 100, &l), 0);
    ck_assert_int_eq(find_in(r, "", 0, 0, &l), 0);
    ck_assert_int_eq(find_in(r, "", 0, 1000, &l), (int)NALL);
    rt_buf_release(&l.text);
}
END_TEST

START_TEST(the_object_is_the_whole_record)
{
    struct gw_record_query *q = NULL;
    struct rt_buf expected = {0};
    struct list l = {.each = 0};
    char why[200];

    open_filled();
    gw_cdr_json(&expected, &records[4]);
    sqlite3_stmt *st = NULL;
    ck_assert_int_eq(gw_record_query_parse(&q, rt_str("state:emergency to:112 pdd>5s in:office"),
                                           NOON, why, sizeof why),
                     0);
    ck_assert_int_ge(gw_records_find(r, q, 6, 1, on_record, &l), 1);
    ck_assert_str_eq(l.text.p, "5");
    ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT json FROM cdr WHERE seq = 5", -1, &st, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(st, 0), expected.p);
    sqlite3_finalize(st);
    gw_record_query_free(q);
    rt_buf_release(&expected);
    rt_buf_release(&l.text);
}
END_TEST

START_TEST(a_file_that_comes_later)
{
    struct list l = {.each = 0};

    ck_assert_int_eq(find_in(r, "", 0, 5, &l), -ENOENT);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE other (x)", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(find_in(r, "", 0, 5, &l), 0); /* nothing exported yet */
    sqlite3_close(db);
    open_filled();
    ck_assert_int_eq(find_in(r, "", 0, 5, &l), 5);
    sqlite3_close(db); /* its writer is gone */
    db = NULL;
    ck_assert_int_eq(find_in(r, "", 0, 5, &l), 5);
    rt_buf_release(&l.text);
}
END_TEST

START_TEST(what_is_no_database)
{
    struct list l = {.each = 0};
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    for (unsigned i = 0; i < 100; i++)
        fputs("this is no database\n", f);
    fclose(f);
    ck_assert_int_eq(find_in(r, "", 0, 5, &l), -EBADMSG);
    unlink(path);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE cdr (seq, json)", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(find_in(r, "", 0, 5, &l), 0);
    ck_assert_int_eq(find_in(r, "mos<3", 0, 5, &l), -EBADMSG); /* not a text "mos_a" */
    rt_buf_release(&l.text);
}
END_TEST

START_TEST(a_long_search_is_given_up)
{
    struct list l = {.each = 2 * RT_S};

    open_filled();
    ck_assert_int_eq(find_in(r, "", 0, 100, &l), -ETIMEDOUT);
    ck_assert_str_eq(l.text.p, "40 39 38");
    ck_assert_int_eq(find_in(r, "", 0, 2, &l), 2);
    rt_buf_release(&l.text);
}
END_TEST

START_TEST(a_writer_disturbs_nobody)
{
    struct list l = {.each = 0};

    open_filled();
    ck_assert_int_eq(
        sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM cdr WHERE seq > 5", NULL, NULL, NULL),
        SQLITE_OK);
    ck_assert_int_eq(find_in(r, "", 0, 2, &l), 2);
    ck_assert_str_eq(l.text.p, "40 39");
    ck_assert_int_eq(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(find_in(r, "", 0, 2, &l), 2);
    ck_assert_str_eq(l.text.p, "5 4");
    rt_buf_release(&l.text);
}
END_TEST

START_TEST(the_table_of_postgres)
{
    struct rt_buf sql = {0};

    gw_cdr_sql_create(&sql, "billing.calls", GW_CDR_POSTGRES);
    static const char *const parts[] = {
        "CREATE TABLE IF NOT EXISTS \"billing\".\"calls\" (\n  \"call_id\" text NOT NULL,\n",
        "  \"start_time\" timestamptz,\n",
        "  \"group\" text,\n",
        "  \"mos_a\" numeric,\n",
        "  \"emergency\" boolean,\n",
        "  \"json\" jsonb NOT NULL,\n  PRIMARY KEY (\"call_id\", \"attempt\")\n);\n",
        "CREATE INDEX IF NOT EXISTS \"calls_seq\" ON \"billing\".\"calls\" (\"seq\");\n"};
    for (size_t i = 0; i < RT_COUNT(parts); i++)
        ck_assert_msg(strstr(sql.p, parts[i]) != NULL, "%s", parts[i]);
    rt_buf_reset(&sql);
    gw_cdr_sql_name(&sql, "a\"b");
    ck_assert_str_eq(sql.p, "\"a\"\"b\"");
    rt_buf_release(&sql);
}
END_TEST

START_TEST(the_file_that_a_plan_names)
{
    struct gw_cdr_plan plan = {.journal = "/j", .ntargets = 2};

    plan.target[0] = (struct gw_target_plan){GW_TARGET_POSTGRES, "host=db"};
    plan.target[1] = (struct gw_target_plan){GW_TARGET_SQLITE, "/d"};
    ck_assert_str_eq(gw_records_path(&plan), "/d");
    plan.ntargets = 1;
    ck_assert_ptr_null(gw_records_path(&plan));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("records");
    TCase *t = tcase_create("records");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, newest_first_and_pages);
    tcase_add_test(t, the_object_is_the_whole_record);
    tcase_add_test(t, a_file_that_comes_later);
    tcase_add_test(t, what_is_no_database);
    tcase_add_test(t, a_long_search_is_given_up);
    tcase_add_test(t, a_writer_disturbs_nobody);
    tcase_add_test(t, the_table_of_postgres);
    tcase_add_test(t, the_file_that_a_plan_names);
    suite_add_tcase(s, t);
    SRunner *run = srunner_create(s);
    srunner_run_all(run, CK_ENV);
    int failed = srunner_ntests_failed(run);
    srunner_free(run);
    return failed ? 1 : 0;
}
