/* Rate decks: prices, increments, effective dates, several files, guards, the cache, differences,
 * the choice among decks; and against a plain search through all rows. */
#include "dialplan/deck.h"
#include "dialplan/key.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* 2026-03-01T00:00:00Z: 20513 days after 1970-01-01 */
#define MARCH (INT64_C(20513) * 86400)

static struct dp_deck_report report;
static const char *const one_file[] = {"a.csv", NULL};

static void put(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0644), 0);
}

static struct dp_deck_config config(const char *columns)
{
    return (struct dp_deck_config){.name = "a",
                                   .patterns = one_file,
                                   .columns = columns,
                                   .bad_ppm = DP_DECK_ANY,
                                   .change_ppm = DP_DECK_ANY,
                                   .now = MARCH};
}

static struct dp_deck *load(const struct dp_deck_config *cfg)
{
    struct dp_deck *d = NULL;

    ck_assert_msg(dp_deck_load(&d, cfg, NULL, &report) == 0, "%s", report.why);
    return d;
}

static struct dp_deck *load_text(const char *text, const char *columns)
{
    struct dp_deck_config cfg = config(columns);

    put("a.csv", text);
    return load(&cfg);
}

/** The rate of a number; -1: there is none. */
static int64_t rate_of(const struct dp_deck *d, const char *digits)
{
    struct dp_rate r;
    return dp_deck_find(d, dp_key_of(digits), &r) ? r.rate : -1;
}

START_TEST(the_longest_prefix_decides)
{
    struct dp_deck *d = load_text("49,0.01\n+4930,0.02\n493012,0.5\n44*,1\n", "prefix, rate");

    ck_assert_int_eq(rate_of(d, "4989123"), 10000);
    ck_assert_int_eq(rate_of(d, "493099"), 20000);
    ck_assert_int_eq(rate_of(d, "49301299"), 500000);
    ck_assert_int_eq(rate_of(d, "493"), 10000);
    ck_assert_int_eq(rate_of(d, "4"), -1);
    ck_assert_int_eq(rate_of(d, "441"), 1000000);
    ck_assert_int_eq(rate_of(d, "45"), -1);
    ck_assert_uint_eq(report.rows, 4);
    dp_deck_unref(d);
}
END_TEST

START_TEST(ranges_have_both_ends_and_what_follows_them)
{
    struct dp_deck *d = load_text("from,to,rate\n4915100,4915149,0.1\n4915120,4915120,0.2\n", NULL);

    ck_assert_int_eq(rate_of(d, "491509"), -1);
    ck_assert_int_eq(rate_of(d, "4915100"), 100000);
    ck_assert_int_eq(rate_of(d, "491511234"), 100000);
    ck_assert_int_eq(rate_of(d, "4915120777"), 200000);
    ck_assert_int_eq(rate_of(d, "49151499999"), 100000);
    ck_assert_int_eq(rate_of(d, "4915150"), -1);
    dp_deck_unref(d);
}
END_TEST

START_TEST(all_columns_of_a_row)
{
    struct dp_rate r;
    struct dp_deck *d = load_text("prefix,Rate,SETUP,first,step,name\n"
                                  "49,0.0123456,0.05,60,6,\"Germany, fixed\"\n1,0.01,,,,\n",
                                  NULL);

    ck_assert(dp_deck_find(d, dp_key_of("4930"), &r));
    ck_assert_int_eq(r.rate, 12346); /* 12345.6 millionths */
    ck_assert_int_eq(r.setup, 50000);
    ck_assert_uint_eq(r.first, 60);
    ck_assert_uint_eq(r.step, 6);
    ck_assert_str_eq(r.name, "Germany, fixed");
    ck_assert(dp_deck_find(d, dp_key_of("1"), &r));
    ck_assert_uint_eq(r.first, 1);
    ck_assert_uint_eq(r.step, 1);
    ck_assert_str_eq(r.name, "");
    dp_deck_unref(d);
}
END_TEST

START_TEST(a_currency_is_converted_and_rounded_once)
{
    struct dp_deck_config cfg = config("prefix, rate");

    cfg.factor = 1090000;
    put("a.csv", "49,0.012345\n44,0.0000005\n33;0,1\n");
    struct dp_deck *d = load(&cfg);
    ck_assert_int_eq(rate_of(d, "49"), 13456); /* 12345 * 1.09 = 13456.05 */
    ck_assert_int_eq(rate_of(d, "44"), 1);     /* 0.5 * 1.09 = 0.545 */
    dp_deck_unref(d);
}
END_TEST

START_TEST(cost_is_setup_and_what_the_increments_charge)
{
    static const struct {
        struct dp_rate rate;
        uint32_t seconds;
        int64_t cost;
    } rows[] = {
        {{60000, 0, 1, 1, ""}, 0, 0},
        {{60000, 500, 1, 1, ""}, 1, 1500},
        {{60000, 0, 60, 60, ""}, 1, 60000},
        {{60000, 0, 60, 60, ""}, 60, 60000},
        {{60000, 0, 60, 60, ""}, 61, 120000},
        {{60000, 0, 30, 6, ""}, 31, 36000},
        {{60000, 0, 30, 6, ""}, 36, 36000},
        {{60000, 0, 30, 6, ""}, 37, 42000},
        {{100, 0, 1, 1, ""}, 1, 2},  /* 1.67 */
        {{100, 0, 1, 1, ""}, 8, 13}, /* 13.33 */
        {{90, 0, 1, 1, ""}, 1, 2},   /* 1.5: up */
        {{60000, 0, 0, 0, ""}, 7, 7000},
        {{100000000000, 0, 1, 1, ""}, 4294967295, 0},
    };

    for (size_t i = 0; i + 1 < RT_COUNT(rows); i++)
        ck_assert_int_eq(dp_rate_cost(&rows[i].rate, rows[i].seconds), rows[i].cost);
    /* the dearest rate for the longest call: 1e11 / 60 * 4294967295, rounded, fits */
    ck_assert_int_eq(dp_rate_cost(&rows[12].rate, 4294967295), INT64_C(7158278825000000000));
}
END_TEST

START_TEST(the_latest_date_that_has_come_counts)
{
    const char *text = "prefix,rate,effective\n"
                       "49,0.03,2026-02-01\n49,0.01,2025-01-01\n49,0.04,2026-03-02\n"
                       "49,0.05,2026-03-03T12:00:00+02:00\n44,0.1,2026-03-01\n"
                       "44,0.2,2026-02-28T23:59:59Z\n33,0.7,\n33,0.8,\n";
    struct dp_deck_info info;
    struct dp_deck *d = load_text(text, NULL);

    ck_assert_int_eq(rate_of(d, "49"), 30000);
    ck_assert_int_eq(rate_of(d, "44"), 100000); /* begins this very second */
    ck_assert_int_eq(rate_of(d, "33"), 800000); /* of equals the last one */
    ck_assert_int_eq(dp_deck_next_change(d), MARCH + 86400);
    dp_deck_info(d, &info);
    ck_assert_uint_eq(info.future_rows, 2);
    ck_assert_uint_eq(info.rows, 8);
    dp_deck_unref(d);

    struct dp_deck_config cfg = config(NULL);
    cfg.now = MARCH + 86400;
    d = load(&cfg);
    ck_assert_int_eq(rate_of(d, "49"), 40000);
    ck_assert_int_eq(dp_deck_next_change(d), MARCH + 2 * 86400 + 36000);
    dp_deck_unref(d);
    cfg.now = MARCH + 3 * 86400;
    d = load(&cfg);
    ck_assert_int_eq(rate_of(d, "49"), 50000);
    ck_assert_int_eq(dp_deck_next_change(d), DP_DECK_NEVER);
    dp_deck_unref(d);
}
END_TEST

START_TEST(files_merge_in_the_order_of_names)
{
    static const char *const patterns[] = {"rates/*.csv", NULL};
    struct dp_deck_config cfg = config("prefix, rate");

    cfg.patterns = patterns;
    put("rates/b.csv", "49,0.2\n44,0.2\n");
    put("rates/a.csv", "49,0.1\n33,0.1\n");
    put("rates/a.csv.rejects", "49,9\n");
    struct dp_deck *d = load(&cfg);
    ck_assert_uint_eq(report.files, 2);
    ck_assert_int_eq(rate_of(d, "49"), 200000);
    ck_assert_int_eq(rate_of(d, "44"), 200000);
    ck_assert_int_eq(rate_of(d, "33"), 100000);
    dp_deck_unref(d);
}
END_TEST

START_TEST(each_bad_row_has_its_reason)
{
    struct rt_buf got = {0};
    struct dp_deck *d = load_text("prefix,from,to,rate,setup,first,effective\n"
                                  "49,,,0.1,,,\n"
                                  "4x,,,0.1,,,\n"
                                  ",,,0.1,,,\n"
                                  "1234567890123456,,,0.1,,,\n"
                                  "49,,,,,,\n"
                                  "49,,,1.2.3,,,\n"
                                  "49,,,-1,,,\n"
                                  "49,,,1e3,,,\n"
                                  "49,,,9999999,,,\n"
                                  "49,,,200000,,,\n"
                                  "49,,,1,,90000,\n"
                                  "49,,,1,,1,2026-02-29\n"
                                  ",49,481,1,,,\n"
                                  ",49,48,1,,,\n",
                                  NULL);

    ck_assert_uint_eq(report.bad, 13);
    ck_assert_uint_eq(report.rows, 1);
    ck_assert_str_eq(report.bad_row, "a.csv: line 3: prefix is no number");
    ck_assert_int_eq(rt_file_read(&got, "a.csv.rejects", 1 << 20), 0);
    ck_assert_str_eq(got.p,
                     "4x,,,0.1,,,\t# line 3: prefix is no number\n"
                     ",,,0.1,,,\t# line 4: prefix is empty\n"
                     "1234567890123456,,,0.1,,,\t# line 5: prefix has more than 15 digits\n"
                     "49,,,,,,\t# line 6: price is empty\n"
                     "49,,,1.2.3,,,\t# line 7: price is no number\n"
                     "49,,,-1,,,\t# line 8: price is negative\n"
                     "49,,,1e3,,,\t# line 9: price is no number\n"
                     "49,,,9999999,,,\t# line 10: price is too high\n"
                     "49,,,200000,,,\t# line 11: price is too high\n"
                     "49,,,1,,90000,\t# line 12: increment is no number of seconds up to a day\n"
                     "49,,,1,,1,2026-02-29\t# line 13: date is none (YYYY-MM-DD or RFC 3339)\n"
                     ",49,481,1,,,\t# line 14: from and to have not as many digits\n"
                     ",49,48,1,,,\t# line 15: to is below from\n");
    rt_buf_release(&got);
    dp_deck_unref(d);
}
END_TEST

START_TEST(a_broken_upload_never_replaces_a_good_deck)
{
    struct dp_deck_config cfg = config("prefix, rate");
    struct dp_deck *d = NULL,
                   *good = load_text("1,1\n2,1\n3,1\n4,1\n5,1\n6,1\n7,1\n8,1\n9,1\n90,1\n",
                                     "prefix, rate");

    cfg.change_ppm = 300000; /* 30 % */
    cfg.bad_ppm = 1000;      /* 0.1 % */
    put("a.csv", "1,1\n2,1\n3,1\n4,1\n5,1\n6,1\n7,1\n");
    ck_assert_int_eq(dp_deck_load(&d, &cfg, good, &report), 0); /* exactly 30 % fewer */
    dp_deck_unref(d);
    put("a.csv", "1,1\n2,1\n3,1\n4,1\n5,1\n6,1\n");
    ck_assert_int_eq(dp_deck_load(&d, &cfg, good, &report), EBADMSG);
    ck_assert_str_eq(report.why, "6 rows where 10 are in use, more than 30% off");
    put("a.csv", "1,1\n2,1\n3,1\n4,1\n5,1\n6,1\n7,1\n8,1\n9,1\n90");
    ck_assert_int_eq(dp_deck_load(&d, &cfg, good, &report), EBADMSG);
    ck_assert_str_eq(report.why, "1 of 10 rows are bad, more than 0.1%; "
                                 "a.csv: line 10: 1 columns where 2 are needed");
    put("a.csv", "");
    ck_assert_int_eq(dp_deck_load(&d, &cfg, NULL, &report), EBADMSG);
    ck_assert_str_eq(report.why, "not one good row");
    put("a.csv", "\x1f\x8b\x08");
    ck_assert_int_eq(dp_deck_load(&d, &cfg, NULL, &report), EBADMSG);
    ck_assert_str_eq(report.why, "a.csv: the file is damaged or ends early");
    rt_file_remove("a.csv");
    ck_assert_int_eq(dp_deck_load(&d, &cfg, NULL, &report), ENOENT);
    ck_assert_str_eq(report.why, "a.csv: No such file or directory");
    put("a.csv", "prefix,price\n49,1\n");
    cfg.columns = NULL;
    ck_assert_int_eq(dp_deck_load(&d, &cfg, NULL, &report), EINVAL);
    ck_assert_str_eq(report.why,
                     "a.csv: a deck needs the columns prefix (or from and to) and rate");
    dp_deck_unref(good);
}
END_TEST

START_TEST(the_cache_is_taken_only_when_it_fits)
{
    struct dp_deck_config cfg = config("prefix, rate, effective, name");
    struct dp_rate r;

    cfg.cache = "cache";
    put("a.csv", "49,0.1,,Germany\n49,0.2,2026-03-05,Germany\n44x,1,,\n");
    dp_deck_unref(load(&cfg));
    ck_assert(!report.cached);
    struct dp_deck *d = load(&cfg);
    ck_assert(report.cached);
    ck_assert_uint_eq(report.bad, 1);
    ck_assert(dp_deck_find(d, dp_key_of("4930"), &r));
    ck_assert_int_eq(r.rate, 100000);
    ck_assert_str_eq(r.name, "Germany");
    ck_assert_int_eq(dp_deck_next_change(d), MARCH + 4 * 86400);
    dp_deck_unref(d);

    cfg.now = MARCH + 4 * 86400; /* the waiting row's day */
    d = load(&cfg);
    ck_assert(!report.cached);
    ck_assert_int_eq(rate_of(d, "49"), 200000);
    dp_deck_unref(d);
    cfg.now = MARCH; /* a clock that went back */
    dp_deck_unref(load(&cfg));
    ck_assert(!report.cached);
    cfg.factor = 2000000;
    dp_deck_unref(load(&cfg));
    ck_assert(!report.cached);
    put("a.csv", "49,0.3,,\n");
    d = load(&cfg);
    ck_assert(!report.cached);
    ck_assert_int_eq(rate_of(d, "49"), 600000);
    dp_deck_unref(d);
}
END_TEST

START_TEST(a_damaged_cache_is_none)
{
    struct dp_deck_config cfg = config("prefix, rate");
    const char *file = _i % 2 == 0 ? "cache/a.rates" : "cache/a.image";
    struct rt_buf b = {0};

    cfg.cache = "cache";
    put("a.csv", "49,0.1\n44,0.2\n");
    dp_deck_unref(load(&cfg));
    ck_assert_int_eq(rt_file_read(&b, file, 1 << 24), 0);
    if (_i < 2)
        b.n -= 5;
    else
        b.p[b.n - 6] ^= 1;
    ck_assert_int_eq(rt_file_replace(file, b.p, b.n, 0644), 0);
    struct dp_deck *d = load(&cfg);
    ck_assert(!report.cached);
    ck_assert_int_eq(rate_of(d, "49"), 100000);
    dp_deck_unref(d);
    rt_buf_release(&b);
}
END_TEST

START_TEST(the_row_of_a_rate_is_found_again)
{
    struct dp_deck_source s;
    struct dp_deck *d = load_text("prefix,from,to,rate,effective\n49,,,1,\n4930,,,2,2025-01-01\n"
                                  "4930,,,3,2026-01-01\n4930,,,4,2027-01-01\n,4410,4419,1,\n"
                                  "493012,,,x,\n493012,,,300000,\n",
                                  NULL);

    ck_assert_int_eq(dp_deck_source(d, dp_key_of("49301234"), &s), 0);
    ck_assert_str_eq(s.file, "a.csv");
    ck_assert_uint_eq(s.line, 4);
    ck_assert_str_eq(s.prefix, "+4930");
    ck_assert_int_eq(dp_deck_source(d, dp_key_of("44155"), &s), 0);
    ck_assert_uint_eq(s.line, 6);
    ck_assert_str_eq(s.prefix, "+4410-+4419");
    ck_assert_int_eq(dp_deck_source(d, dp_key_of("1"), &s), ENOENT);
    dp_deck_unref(d);
}
END_TEST

START_TEST(the_cheapest_comes_first)
{
    struct dp_deck *dear = load_text("49,0.03\n", "prefix, rate");
    struct dp_deck *steps = load_text("49,0.01,60,60\n", "prefix, rate, first, step");
    struct dp_deck *none = load_text("44,0.01\n", "prefix, rate");
    const struct dp_deck *decks[] = {dear, NULL, steps, none, dear};
    struct dp_deck_offer offer[DP_DECKS_MAX];

    ck_assert_uint_eq(dp_deck_cheapest(offer, decks, 5, dp_key_of("4930"), 10), 3);
    ck_assert_uint_eq(offer[0].deck, 0); /* 0.005 for ten seconds, before its equal */
    ck_assert_int_eq(offer[0].cost, 5000);
    ck_assert_uint_eq(offer[1].deck, 4);
    ck_assert_uint_eq(offer[2].deck, 2); /* 0.01 for the minute begun */
    ck_assert_int_eq(offer[2].cost, 10000);
    ck_assert_uint_eq(dp_deck_cheapest(offer, decks, 5, dp_key_of("4930"), 60), 3);
    ck_assert_uint_eq(offer[0].deck, 2);
    ck_assert_uint_eq(dp_deck_cheapest(offer, decks, 5, dp_key_of("1"), 60), 0);
    ck_assert_uint_eq(dp_deck_cheapest(offer, decks, 0, dp_key_of("49"), 60), 0);
    dp_deck_unref(dear);
    dp_deck_unref(steps);
    dp_deck_unref(none);
}
END_TEST

static void write_change(void *arg, const char *prefix, const struct dp_rate *before,
                         const struct dp_rate *after)
{
    rt_buf_printf(arg, "%s %d %d;", prefix, before ? (int)before->rate : -1,
                  after ? (int)after->rate : -1);
}

START_TEST(a_difference_tells_what_an_operator_asks)
{
    struct rt_buf text = {0};
    struct dp_deck_diff diff;
    struct dp_deck *a = load_text("1,0.1,x\n44,0.1,x\n44920,0.1,y\n49,0.1,x\n4930,0.2,x\n7,1,x\n",
                                  "prefix, rate, name");
    struct dp_deck *b = load_text("1,0.1,new name\n33,0.5,x\n44,0.1,x\n44920,0.118,y\n49,0.09,x\n"
                                  "4930,0.2,x\n",
                                  "prefix, rate, name");

    dp_deck_diff(&diff, a, b, write_change, &text);
    ck_assert_uint_eq(diff.added, 1);
    ck_assert_uint_eq(diff.removed, 1);
    ck_assert_uint_eq(diff.up, 1);
    ck_assert_uint_eq(diff.down, 1); /* 49, once, though 4930 stands in the middle */
    ck_assert_uint_eq(diff.same, 3); /* 1, 44, 4930 */
    ck_assert_double_eq_tol(diff.biggest, 18, 1e-9);
    ck_assert_str_eq(diff.biggest_prefix, "+44920");
    ck_assert_str_eq(text.p, "+33 -1 500000;+44920 100000 118000;+49 100000 90000;+7 1000000 -1;");
    dp_deck_diff(&diff, a, a, NULL, NULL);
    ck_assert_uint_eq(diff.added + diff.removed + diff.up + diff.down, 0);
    ck_assert_str_eq(diff.biggest_prefix, "");
    rt_buf_release(&text);
    dp_deck_unref(a);
    dp_deck_unref(b);
}
END_TEST

START_TEST(a_table_of_a_database)
{
    char path[] = "/tmp/test_dp_deck.XXXXXX", named[64];
    const char *const patterns[] = {named, NULL};
    struct dp_deck_config cfg = config("prefix:dialcode, rate:peak");
    struct dp_deck *d;
    sqlite3 *db;
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(named, sizeof named, "sqlite:%s", path);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db,
                                  "CREATE TABLE rates(dialcode TEXT, peak REAL, off REAL);"
                                  "INSERT INTO rates VALUES('49',0.25,1),('4x',1,1),('44',2,0.5)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    cfg.patterns = patterns;
    cfg.table = "rates";
    d = load(&cfg);
    ck_assert_int_eq(rate_of(d, "4930"), 250000);
    ck_assert_uint_eq(report.bad, 1);
    dp_deck_unref(d);
    cfg.table = "SELECT dialcode, off AS peak FROM rates WHERE dialcode = '44'";
    d = load(&cfg);
    ck_assert_int_eq(rate_of(d, "441"), 500000);
    ck_assert_int_eq(rate_of(d, "49"), -1);
    dp_deck_unref(d);
    cfg.table = "none";
    ck_assert_int_eq(dp_deck_load(&d, &cfg, NULL, &report), EINVAL);
    ck_assert_ptr_nonnull(strstr(report.why, "no such table: none"));
    cfg.table = NULL;
    ck_assert_int_eq(dp_deck_load(&d, &cfg, NULL, &report), EINVAL);
    ck_assert_ptr_nonnull(strstr(report.why, "a database needs a table"));
    unlink(path);
    snprintf(named, sizeof named, "sqlite:%s", path);
    ck_assert_int_eq(dp_deck_load(&d, &cfg, NULL, &report), EINVAL);
    cfg.table = "rates";
    ck_assert_int_eq(dp_deck_load(&d, &cfg, NULL, &report), ENOENT);
}
END_TEST

/* ---- against a search through all rows ---- */

#define ROWS 300

struct plain_row {
    char from[16], to[16];
    int day; /* after MARCH; below 0: it counts */
    unsigned rate;
};

static struct plain_row plain[ROWS];
static uint64_t seed;

static unsigned below(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)((seed >> 33) % n);
}

static void make_rows(struct rt_buf *text)
{
    rt_buf_puts(text, "from,to,rate,effective\n");
    for (unsigned i = 0; i < ROWS; i++) {
        struct plain_row *r = &plain[i];
        int digits = 1 + (int)below(4);
        unsigned top = digits == 1 ? 10 : digits == 2 ? 100 : digits == 3 ? 1000 : 10000;
        unsigned lo = below(top), hi = below(3) > 0 ? lo : lo + below(10 - lo % 10);
        snprintf(r->from, sizeof r->from, "%0*u", digits, lo);
        snprintf(r->to, sizeof r->to, "%0*u", digits, hi);
        r->day = (int)below(4) - 3;
        r->rate = i + 1;
        rt_buf_printf(text, "%s,%s,0.%06u,2026-%s\n", r->from, r->to, r->rate,
                      r->day == -3   ? "02-26"
                      : r->day == -2 ? "02-27"
                      : r->day == -1 ? "02-28"
                                     : "03-04");
    }
}

/** The narrowest wins, then the one that begins later, the later date, the later row. */
static int64_t plain_rate(const char *number)
{
    const struct plain_row *best = NULL;
    uint64_t best_width = 0;

    for (unsigned i = 0; i < ROWS; i++) {
        const struct plain_row *r = &plain[i];
        size_t n = strlen(r->from);
        if (strlen(number) < n || strncmp(number, r->from, n) < 0 ||
            strncmp(number, r->to, n) > 0 || r->day >= 0)
            continue;
        uint64_t width = (uint64_t)(atoi(r->to) - atoi(r->from) + 1) * 10000;
        for (size_t k = 0; k < n; k++)
            width /= 10;
        int order = !best                ? 1
                    : width < best_width ? 1
                    : width > best_width ? -1
                                         : strcmp(r->from, best->from);
        if (order > 0 || (order == 0 && r->day >= best->day)) {
            best = r;
            best_width = width;
        }
    }
    return best ? (int64_t)best->rate : -1;
}

START_TEST(any_deck_is_what_its_rows_say)
{
    struct rt_buf text = {0};
    char number[8];
    unsigned odd = 0;

    seed = (uint64_t)_i + 1;
    make_rows(&text);
    struct dp_deck *d = load_text(text.p, NULL);
    for (unsigned i = 0; i < 100000; i += 7) {
        snprintf(number, sizeof number, "%05u", i);
        odd += rate_of(d, number) != plain_rate(number);
    }
    ck_assert_msg(odd == 0, "seed %d: %u numbers differ", _i + 1, odd);
    dp_deck_unref(d);
    rt_buf_release(&text);
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
    Suite *s = suite_create("dp deck");
    TCase *t = tcase_create("dp deck");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_longest_prefix_decides);
    tcase_add_test(t, ranges_have_both_ends_and_what_follows_them);
    tcase_add_test(t, all_columns_of_a_row);
    tcase_add_test(t, a_currency_is_converted_and_rounded_once);
    tcase_add_test(t, cost_is_setup_and_what_the_increments_charge);
    tcase_add_test(t, the_latest_date_that_has_come_counts);
    tcase_add_test(t, files_merge_in_the_order_of_names);
    tcase_add_test(t, each_bad_row_has_its_reason);
    tcase_add_test(t, a_broken_upload_never_replaces_a_good_deck);
    tcase_add_test(t, the_cache_is_taken_only_when_it_fits);
    tcase_add_loop_test(t, a_damaged_cache_is_none, 0, 4);
    tcase_add_test(t, the_row_of_a_rate_is_found_again);
    tcase_add_test(t, the_cheapest_comes_first);
    tcase_add_test(t, a_difference_tells_what_an_operator_asks);
    tcase_add_test(t, a_table_of_a_database);
    tcase_add_loop_test(t, any_deck_is_what_its_rows_say, 0, 10);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
