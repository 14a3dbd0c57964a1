/* Decks from real files: found by pattern, packed, rejected, cached, and mapped again. */
#include "dialplan/deck.h"
#include "dialplan/key.h"
#include "gw/rt/file.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char folder[] = "/tmp/real_deck.XXXXXX";

static const char *path(const char *name)
{
    static char out[4][80];
    static unsigned turn;
    char *p = out[turn++ % 4];

    snprintf(p, sizeof out[0], "%s/%s", folder, name);
    return p;
}

static void put(const char *name, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path(name), text, strlen(text), 0644), 0);
}

static void setup(void)
{
    strcpy(strchr(folder, '.'), ".XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int remove_one(void *arg, const char *file)
{
    (void)arg;
    return remove(file) == 0 ? 0 : errno;
}

static void teardown(void)
{
    rt_glob(path("cache/*"), remove_one, NULL);
    rt_glob(path("*"), remove_one, NULL);
    ck_assert_int_eq(rmdir(folder), 0);
}

static int note_name(void *arg, const char *file)
{
    rt_buf_printf(arg, "%s ", strrchr(file, '/') + 1);
    return strstr(file, "stop") ? ECANCELED : 0;
}

START_TEST(patterns_find_files_in_order)
{
    struct rt_buf b = {0};

    put("b.csv", "");
    put("B.csv", "");
    put("a10.csv", "");
    put("a9.csv", "");
    put(".hidden.csv", "");
    ck_assert_int_eq(rt_glob(path("*.csv"), note_name, &b), 0);
    ck_assert_str_eq(b.p, "B.csv a10.csv a9.csv b.csv ");
    rt_buf_reset(&b);
    ck_assert_int_eq(rt_glob(path("a?.csv"), note_name, &b), 0);
    ck_assert_int_eq(rt_glob(path("b.csv"), note_name, &b), 0);
    ck_assert_str_eq(b.p, "a9.csv b.csv ");
    ck_assert_int_eq(rt_glob(path("*.tsv"), note_name, &b), ENOENT);
    ck_assert_int_eq(rt_glob(path("none.csv"), note_name, &b), ENOENT);
    put("b.csv-stop", "");
    rt_buf_reset(&b);
    ck_assert_int_eq(rt_glob(path("b.*"), note_name, &b), ECANCELED);
    rt_buf_release(&b);
    remove(path(".hidden.csv"));
}
END_TEST

START_TEST(a_file_is_opened_for_reading_only)
{
    struct rt_file_info info;
    struct rt_file *f;
    char got[8];
    size_t n;

    ck_assert_int_eq(rt_file_open(&f, path("none")), ENOENT);
    ck_assert_int_eq(rt_file_open(&f, folder), EISDIR);
    ck_assert_int_eq(rt_file_stat(&info, path("none")), ENOENT);
    put("a", "12345");
    ck_assert_int_eq(rt_file_stat(&info, path("a")), 0);
    ck_assert_uint_eq(info.size, 5);
    ck_assert_int_gt(info.modified, 1700000000);
    ck_assert_int_eq(rt_file_open(&f, path("a")), 0);
    ck_assert_uint_eq(rt_file_size(f), 5);
    ck_assert_int_eq(rt_file_read_at(f, 3, got, sizeof got, &n), 0);
    ck_assert_uint_eq(n, 2);
    ck_assert_mem_eq(got, "45", 2);
    ck_assert_int_eq(rt_file_write_at(f, 0, "x", 1), EBADF);
    rt_file_close(f);
}
END_TEST

START_TEST(a_packed_deck_is_cached_and_mapped)
{
    const char *const patterns[] = {path("*.csv.gz"), NULL};
    char cache[80];
    struct dp_deck_config cfg = {.name = "alpha",
                                 .patterns = patterns,
                                 .columns = "prefix, rate",
                                 .cache = cache,
                                 .bad_ppm = DP_DECK_ANY,
                                 .change_ppm = DP_DECK_ANY};
    struct dp_deck_report report;
    struct dp_rate r;
    struct stat st;

    snprintf(cache, sizeof cache, "%s", path("cache"));
    gzFile gz = gzopen(path("a.csv.gz"), "w");
    for (unsigned i = 0; i < 100000; i++)
        gzprintf(gz, "%u,0.%03u\n", 100000 + i, i % 1000);
    gzprintf(gz, "49x,1\n");
    gzclose(gz);
    for (unsigned i = 0; i < 2; i++) {
        struct dp_deck *d;
        ck_assert_msg(dp_deck_load(&d, &cfg, NULL, &report) == 0, "%s", report.why);
        ck_assert_int_eq(report.cached, i == 1);
        ck_assert_uint_eq(report.rows, 100000);
        ck_assert_uint_eq(report.bad, 1);
        ck_assert(dp_deck_find(d, dp_key_of("1234567"), &r));
        ck_assert_int_eq(r.rate, 456000);
        ck_assert(!dp_deck_find(d, dp_key_of("23"), &r));
        dp_deck_unref(d);
    }
    ck_assert_int_eq(stat(path("a.csv.gz.rejects"), &st), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("real deck");
    TCase *t = tcase_create("real deck");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, patterns_find_files_in_order);
    tcase_add_test(t, a_file_is_opened_for_reading_only);
    tcase_add_test(t, a_packed_deck_is_cached_and_mapped);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
