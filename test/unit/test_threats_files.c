/* Files that somebody else made: tables packed to fill the memory
 * (docs/threat-model.md).
 */
#include "dialplan/rows.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define BLOCK (8 * 1024 * 1024)

static struct rt_buf pack_gzip(const char *text)
{
    struct rt_buf out = {0};
    z_stream z = {0};

    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    rt_buf_reserve(&out, deflateBound(&z, BLOCK) + 64);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = BLOCK;
    z.next_out = (Bytef *)out.p;
    z.avail_out = (uInt)out.cap;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.n = z.total_out;
    deflateEnd(&z);
    return out;
}

static struct rt_buf pack_zstd(const char *text)
{
    struct rt_buf out = {0};

    rt_buf_reserve(&out, ZSTD_compressBound(BLOCK) + 1);
    out.n = ZSTD_compress(out.p, out.cap, text, BLOCK, 3);
    ck_assert(!ZSTD_isError(out.n));
    return out;
}

/** 100 blocks of 8 MiB in a few hundred kB. */
START_TEST(a_packed_table_does_not_fill_the_memory)
{
    static const char *const fields[] = {"prefix", NULL};
    struct dp_rows_config cfg = {
        .path = "t.csv", .columns = "prefix", .fields = fields, .rejects = "t.csv.rejects"};
    char *text = malloc(BLOCK), why[DP_ROWS_WHY];
    struct rt_buf bomb = {0};
    struct dp_rows *rows;
    const struct dp_row *row;
    unsigned n = 0;
    int err;

    fake_reset();
    for (size_t i = 0; i < BLOCK; i += 16)
        memcpy(text + i, "491234567890123\n", 16);
    struct rt_buf one = _i == 0 ? pack_gzip(text) : pack_zstd(text);
    for (unsigned i = 0; i < 100; i++)
        rt_buf_put(&bomb, one.p, one.n);
    ck_assert_int_eq(rt_file_replace("t.csv", bomb.p, bomb.n, 0644), 0);
    ck_assert_int_eq(dp_rows_open(&rows, &cfg, why), 0);
    while ((err = dp_rows_next(rows, &row)) == 0)
        n++;
    ck_assert_int_eq(err, EFBIG);
    dp_rows_close(rows);
    ck_assert_uint_lt(n, 100 * 1024 * 1024 / 16);
    rt_buf_release(&one);
    rt_buf_release(&bomb);
    free(text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("threats_files");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, a_packed_table_does_not_fill_the_memory, 0, 2);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
