/* The table reader: separators, quotes, headers, columns, bad rows, and packed files cut short. */
#include "dialplan/rows.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

static const char *const fields[] = {"prefix", "rate", "name", NULL};
static char why[DP_ROWS_WHY];
static struct dp_rows *rows;
static struct rt_buf seen;

static void put(const char *path, const char *data, size_t n)
{
    ck_assert_int_eq(rt_file_replace(path, data, n, 0644), 0);
}

static int open_rows(const char *path, const char *columns)
{
    struct dp_rows_config cfg = {
        .path = path, .columns = columns, .fields = fields, .rejects = "t.csv.rejects"};
    return dp_rows_open(&rows, &cfg, why);
}

/** All rows as `line:prefix|rate|name;`, and closes the table. The reader's last word. */
static int read_all(void)
{
    const struct dp_row *row;
    int err;

    rt_buf_reset(&seen);
    rt_buf_puts(&seen, "");
    while ((err = dp_rows_next(rows, &row)) == 0)
        rt_buf_printf(&seen, "%d:%.*s|%.*s|%.*s;", (int)row->line, RT_STR(row->field[0]),
                      RT_STR(row->field[1]), RT_STR(row->field[2]));
    dp_rows_close(rows);
    return err;
}

static void expect(const char *data, const char *columns, const char *want)
{
    put("t.csv", data, strlen(data));
    ck_assert_msg(open_rows("t.csv", columns) == 0, "%s", why);
    ck_assert_int_eq(read_all(), ENODATA);
    ck_assert_str_eq(seen.p, want);
}

static void expect_rejects(const char *want)
{
    struct rt_buf got = {0};

    if (!want) {
        ck_assert_int_eq(rt_file_read(&got, "t.csv.rejects", 1 << 20), ENOENT);
        return;
    }
    ck_assert_int_eq(rt_file_read(&got, "t.csv.rejects", 1 << 20), 0);
    ck_assert_str_eq(got.p, want);
    rt_buf_release(&got);
}

START_TEST(test_separators)
{
    expect("49,0.1,Germany\n44,0.2,UK\n", "prefix, rate, name", "1:49|0.1|Germany;2:44|0.2|UK;");
    expect("49;0,1;Germany\r\n44;0,2;UK\r\n", "prefix, rate, name",
           "1:49|0,1|Germany;2:44|0,2|UK;");
    expect("49\t0.1\tGermany, all\n", "prefix, rate, name", "1:49|0.1|Germany, all;");
    expect("49;0,1\n", "prefix, rate", "1:49|0,1|;");
}
END_TEST

START_TEST(test_lines)
{
    expect("\xef\xbb\xbf# a deck\n\n  \n49, 0.1 ,x\n#44,1,y\n\n1,2,z", "prefix, rate, name",
           "4:49|0.1|x;7:1|2|z;");
    expect("", "prefix, rate", "");
    expect("# nothing\n", "prefix, rate", "");
    expect("", NULL, "");
    expect_rejects(NULL);
}
END_TEST

START_TEST(test_quotes)
{
    expect("\"49\",\"0.1\",\"Germany, \"\"all\"\"\"\n44,0.2,5\" pipe\n", "prefix, rate, name",
           "1:49|0.1|Germany, \"all\";2:44|0.2|5\" pipe;");
    expect("49,0.1,\"two\nlines\"\n44,0.2,x\n", "prefix, rate, name",
           "1:49|0.1|two\nlines;3:44|0.2|x;");
    expect("\"#31#\",1,\"\"\n", "prefix, rate, name", "1:#31#|1|;");
}
END_TEST

START_TEST(test_header)
{
    expect("Name,RATE,x,prefix\nGermany,0.1,,49\n", NULL, "2:49|0.1|Germany;");
    expect("destination,dialcode,peak\nGermany,49,0.1\n",
           "prefix:dialcode, name:destination, rate:peak", "2:49|0.1|Germany;");
    expect("code,what,price\n49,-,0.1\n", "prefix, -, rate", "2:49|0.1|;");
    expect("49\n44\n", NULL, "1:49||;2:44||;"); /* one column is the first field */
}
END_TEST

START_TEST(test_columns_wrong)
{
    static const struct {
        const char *data, *columns, *why;
    } rows_of[] = {
        {"a,b\n1,2\n", NULL, "the first line names no column \"prefix\""},
        {"49,0.1\n", NULL, "the first line names no column \"prefix\""},
        {"code,rate\n", "prefix:dialcode, rate:rate", "no column is headed \"dialcode\""},
        {"49,0.1\n", "prefix, cost", "unknown column \"cost\""},
        {"49,0.1\n", "prefix, rate, prefix", "column 3 is given twice"},
        {"a,b\n", "prefix:a, rate", "columns are either all FIELD:HEADER or all by place"},
        {"\xff\xfe"
         "4\0",
         "prefix", "the file is UTF-16, not UTF-8"},
    };

    for (size_t i = 0; i < RT_COUNT(rows_of); i++) {
        put("t.csv", rows_of[i].data, strlen(rows_of[i].data));
        ck_assert_int_ne(open_rows("t.csv", rows_of[i].columns), 0);
        ck_assert_str_eq(why, rows_of[i].why);
    }
    ck_assert_int_eq(open_rows("none.csv", "prefix"), ENOENT);
}
END_TEST

START_TEST(test_bad_rows)
{
    const struct dp_row *row;

    expect("49,0.1\n44\n1,0.2\n33,\"0.3\n", "prefix, rate", "1:49|0.1|;3:1|0.2|;");
    expect_rejects("44\t# line 2: 1 columns where 2 are needed\n"
                   "33,\"0.3\t# line 4: a quote is not closed\n");
    expect("49,0.1\n1,0.2", "prefix, rate", "1:49|0.1|;2:1|0.2|;");
    expect_rejects(NULL); /* a load without bad rows takes the old file away */
    expect("49,0.1\n1", "prefix, rate", "1:49|0.1|;"); /* cut off in the last row */
    expect_rejects("1\t# line 2: 1 columns where 2 are needed\n");

    put("t.csv", "49,x\n", 5);
    ck_assert_int_eq(open_rows("t.csv", "prefix, rate"), 0);
    ck_assert_int_eq(dp_rows_next(rows, &row), 0);
    dp_rows_reject(rows, row, "rate is no number");
    ck_assert_uint_eq(dp_rows_bad(rows), 1);
    ck_assert_str_eq(dp_rows_first_bad(rows), "line 1: rate is no number");
    dp_rows_close(rows);
    expect_rejects("49,x\t# line 1: rate is no number\n");
}
END_TEST

/** A file of several blocks, `n` rows of differing length. */
static struct rt_buf many(unsigned n)
{
    struct rt_buf b = {0};

    for (unsigned i = 0; i < n; i++)
        rt_buf_printf(&b, "%u,0.%u,\"name %u\"\n", 100000 + i, i, i * 7919 % 1000003);
    return b;
}

static unsigned count_rows(const char *path, int *end)
{
    const struct dp_row *row;
    unsigned n = 0;

    ck_assert_msg(open_rows(path, "prefix, rate, name") == 0, "%s", why);
    while ((*end = dp_rows_next(rows, &row)) == 0) {
        uint64_t prefix;
        /* libcheck writes down every assertion that holds, and these are many */
        if (rt_str_u64(&prefix, row->field[0], 999999) != 0 || prefix != 100000 + n ||
            row->line != ++n)
            ck_abort_msg("line %u: %.*s after %u rows", (unsigned)row->line, RT_STR(row->field[0]),
                         n);
    }
    ck_assert_uint_eq(dp_rows_bad(rows), 0);
    dp_rows_close(rows);
    return n;
}

START_TEST(test_blocks)
{
    struct rt_buf b = many(50000); /* 1.3 MB */
    int end;

    put("t.csv", b.p, b.n);
    ck_assert_uint_eq(count_rows("t.csv", &end), 50000);
    ck_assert_int_eq(end, ENODATA);
    rt_buf_release(&b);
}
END_TEST

START_TEST(test_long_row)
{
    struct rt_buf b = {0};

    rt_buf_puts(&b, "49,0.1\n");
    for (unsigned i = 0; i < 100000; i++)
        rt_buf_puts(&b, "44444");
    rt_buf_puts(&b, ",1\n1,0.2\n");
    put("t.csv", b.p, b.n);
    ck_assert_int_eq(open_rows("t.csv", "prefix, rate"), 0);
    ck_assert_int_eq(read_all(), ENODATA);
    ck_assert_str_eq(seen.p, "1:49|0.1|;3:1|0.2|;");
    rt_buf_release(&b);
}
END_TEST

static struct rt_buf gzip(const struct rt_buf *b)
{
    struct rt_buf out = {0};
    z_stream z = {0};

    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    rt_buf_reserve(&out, deflateBound(&z, b->n) + 64);
    z.next_in = (Bytef *)b->p;
    z.avail_in = (uInt)b->n;
    z.next_out = (Bytef *)out.p;
    z.avail_out = (uInt)out.cap;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.n = z.total_out;
    deflateEnd(&z);
    return out;
}

static struct rt_buf zstd(const struct rt_buf *b)
{
    struct rt_buf out = {0};

    rt_buf_reserve(&out, ZSTD_compressBound(b->n) + 1);
    out.n = ZSTD_compress(out.p, out.cap, b->p, b->n, 3);
    ck_assert(!ZSTD_isError(out.n));
    return out;
}

START_TEST(test_packed)
{
    struct rt_buf b = many(50000), packed = _i == 0 ? gzip(&b) : zstd(&b);
    static const unsigned cut[] = {1, 4, 9, 1000};
    int end;

    put("t.csv", packed.p, packed.n); /* whatever its name says */
    ck_assert_uint_eq(count_rows("t.csv", &end), 50000);
    ck_assert_int_eq(end, ENODATA);
    for (size_t i = 0; i < RT_COUNT(cut); i++) {
        put("t.csv", packed.p, packed.n - cut[i]);
        count_rows("t.csv", &end);
        ck_assert_int_eq(end, EBADMSG);
    }
    rt_buf_release(&b);
    rt_buf_release(&packed);
}
END_TEST

START_TEST(test_packed_twice)
{
    struct rt_buf first = {0}, second = {0};

    rt_buf_puts(&first, "49,0.1,a\n");
    rt_buf_puts(&second, "44,0.2,b\n");
    struct rt_buf both = _i == 0 ? gzip(&first) : zstd(&first);
    struct rt_buf tail = _i == 0 ? gzip(&second) : zstd(&second);
    rt_buf_put(&both, tail.p, tail.n);
    put("t.csv", both.p, both.n);
    ck_assert_int_eq(open_rows("t.csv", "prefix, rate, name"), 0);
    ck_assert_int_eq(read_all(), ENODATA);
    ck_assert_str_eq(seen.p, "1:49|0.1|a;2:44|0.2|b;");
    rt_buf_release(&first);
    rt_buf_release(&second);
    rt_buf_release(&both);
    rt_buf_release(&tail);
}
END_TEST

START_TEST(test_rejects_limit)
{
    struct rt_buf b = {0}, got = {0};
    unsigned lines = 0;

    for (unsigned i = 0; i < DP_ROWS_REJECTS + 500; i++)
        rt_buf_puts(&b, "49\n");
    put("t.csv", b.p, b.n);
    ck_assert_int_eq(open_rows("t.csv", "prefix, rate"), 0);
    ck_assert_int_eq(read_all(), ENODATA);
    ck_assert_int_eq(rt_file_read(&got, "t.csv.rejects", 1 << 24), 0);
    for (const char *p = got.p; (p = strchr(p, '\n')) != NULL; p++)
        lines++;
    ck_assert_uint_eq(lines, DP_ROWS_REJECTS + 1);
    rt_buf_release(&b);
    rt_buf_release(&got);
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
    rt_buf_release(&seen);
    fake_reset();
}

int main(void)
{
    Suite *s = suite_create("dp_rows");
    TCase *t = tcase_create("rows");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_separators);
    tcase_add_test(t, test_lines);
    tcase_add_test(t, test_quotes);
    tcase_add_test(t, test_header);
    tcase_add_test(t, test_columns_wrong);
    tcase_add_test(t, test_bad_rows);
    tcase_add_test(t, test_blocks);
    tcase_add_test(t, test_long_row);
    tcase_add_loop_test(t, test_packed, 0, 2);
    tcase_add_loop_test(t, test_packed_twice, 0, 2);
    tcase_add_test(t, test_rejects_limit);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed > 0;
}
