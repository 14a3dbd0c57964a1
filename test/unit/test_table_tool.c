/* `tandem table`: its command line, what it finds and with which exit code. */
#include "gw/rt/file.h"
#include "gw/table_tool.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static struct rt_buf out, err;

static void put(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0644), 0);
}

static void setup(void)
{
    fake_reset();
    put("npac.csv", "number,routing\n2025331234,2025440000\n2025331235,2025440000\n");
    put("torn.csv", "number,routing\n2025331234,2025440000\nx,2025440000\n");
    put("alpha.csv", "prefix,rate\n44,0.01\n4420,0.005\n");
    put("bad.csv", "prefix,rate\n44,0.01\n4420,cheap\n");
    put("swap.csv", "0.01,44\n");
    put("junk.tdb", "this is no table, and never was one");
}

static void teardown(void)
{
    rt_buf_release(&out);
    rt_buf_release(&err);
}

/** Runs the words of a line, which are parted by blanks. */
static int run(bool json, const char *line)
{
    char text[300], *word[20];
    int n = 0;

    snprintf(text, sizeof text, "%s", line);
    for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
        word[n++] = w;
    rt_buf_reset(&out);
    rt_buf_reset(&err);
    return gw_table_tool(&out, &err, json, n, word);
}

static bool has(const struct rt_buf *b, const char *what)
{
    return b->n > 0 && strstr(b->p, what);
}

START_TEST(a_compiled_table_is_good)
{
    ck_assert_int_eq(run(false, "compile lnp npac.csv npac.tdb --country 1"), 0);
    ck_assert_msg(has(&out, "rows             2\n"), "%s", out.p);
    ck_assert(has(&out, "routings         1\n"));
    ck_assert(has(&out, "bad              0\n"));
    ck_assert_uint_eq(err.n, 0);
    ck_assert_int_eq(run(true, "check npac.tdb"), 0);
    ck_assert_msg(has(&out, "{\"table\":\"npac.tdb\",\"rows\":2,\"routings\":1,\"bytes\":"), "%s",
                  out.p);
}
END_TEST

START_TEST(every_line_has_its_exit_code)
{
    static const struct {
        const char *line;
        int code;
        const char *out, *err;
    } rows[] = {
        {"compile lnp torn.csv torn.tdb", 1, "first_bad        line 3", "torn.csv: "},
        {"compile lnp torn.csv torn.tdb --max-bad 1", 0, "bad              1\n", NULL},
        {"compile lnp none.csv none.tdb", 1, NULL, "none.csv: "},
        {"check junk.tdb", 1, NULL, "junk.tdb: "},
        {"check none.tdb", 1, NULL, "No such file"},
        {"check deck alpha.csv", 0, "rows             2\n", NULL},
        {"check deck alpha.csv", 0, "bad              0\n", NULL},
        {"check deck bad.csv", 1, "bad              1\n", "there are bad rows: bad.csv: line 3"},
        {"check deck bad.csv --max-bad 1", 0, "first_bad        bad.csv: line 3", NULL},
        {"check deck alpha.csv bad.csv", 1, "files            2\n", "there are bad rows"},
        {"check deck none.csv", 1, NULL, "none.csv"},
        {"check deck npac.csv", 1, NULL, "deck: "},
        {"check deck swap.csv --columns rate,prefix", 0, "rows             1\n", NULL},
        {"check deck", 1, NULL, "deck: "}, /* a table of that name */
        {"", 2, NULL, "usage: tandem table compile lnp"},
        {"check", 2, NULL, "usage:"},
        {"compile lnp npac.csv", 2, NULL, "usage:"},
        {"compile deck a b", 2, NULL, "usage:"},
        {"check npac.tdb --loud", 2, NULL, "--loud"},
        {"check deck alpha.csv --columns", 2, NULL, "--columns"},
        {"check deck alpha.csv --max-bad x", 2, NULL, "not a number: x"},
        {"compile lnp npac.csv npac.tdb --country +1", 2, NULL, "not a country code"},
    };

    int code = run(false, rows[_i].line);
    ck_assert_msg(code == rows[_i].code, "%d: %s%s", code, out.n ? out.p : "", err.n ? err.p : "");
    ck_assert_msg(!rows[_i].out || has(&out, rows[_i].out), "%s", out.n ? out.p : "nothing");
    ck_assert_msg(!rows[_i].err || has(&err, rows[_i].err), "%s", err.n ? err.p : "nothing");
    ck_assert((code == 0) == (err.n == 0));
}
END_TEST

#define ROWS 22

START_TEST(a_deck_is_one_object_of_json)
{
    ck_assert_int_eq(run(true, "check deck alpha.csv"), 0);
    ck_assert_msg(has(&out, "{\"files\":1,\"rows\":2,\"bad\":0,\"first_bad\":\"\",\"rates\":2,"),
                  "%s", out.p);
    ck_assert_str_eq(out.p + out.n - 2, "}\n");
}
END_TEST

START_TEST(an_old_table_stays_where_the_new_one_is_refused)
{
    ck_assert_int_eq(run(false, "compile lnp npac.csv npac.tdb"), 0);
    ck_assert_int_eq(run(false, "compile lnp torn.csv npac.tdb"), 1);
    ck_assert_int_eq(run(false, "check npac.tdb"), 0);
    ck_assert(has(&out, "rows             2\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table_tool");
    TCase *tc = tcase_create("table");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_compiled_table_is_good);
    tcase_add_loop_test(tc, every_line_has_its_exit_code, 0, ROWS);
    tcase_add_test(tc, a_deck_is_one_object_of_json);
    tcase_add_test(tc, an_old_table_stays_where_the_new_one_is_refused);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
