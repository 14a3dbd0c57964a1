/* What traces are kept in: the files that a thread writes, and the ring of the last messages. */
#include "gw/rt/file.h"
#include "gw/trace_file.h"
#include "gw/trace_ring.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH "/var/log/span.pcapng"
#define SOON (200 * RT_MS)

static struct rt_loop *loop;
static struct gw_trace_files *files;
static struct gw_trace_file *file;

static void setup(void)
{
    struct rt_buf head = {0};

    fake_reset();
    rt_loop_new(&loop, "test");
    rt_buf_puts(&head, "HEAD.");
    ck_assert_int_eq(gw_trace_files_new(&files, loop, &head), 0);
    ck_assert_ptr_null(head.p); /* taken */
}

static void finish(void)
{
    struct fake_leaks left;

    gw_trace_files_free(files);
    files = NULL;
    rt_loop_free(loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.loops, 0);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.files, 0);
}

static void begin(void)
{
    ck_assert_int_eq(gw_trace_file_open(&file, files, PATH), 0);
}

static void put(const char *text)
{
    gw_trace_file_put(file, rt_str(text));
}

static void holds(const char *path, const char *want)
{
    struct rt_buf text = {0};

    ck_assert_int_eq(rt_file_read(&text, path, 1 << 20), 0);
    ck_assert_str_eq(text.p, want);
    rt_buf_release(&text);
}

START_TEST(blocks_are_in_the_file_soon)
{
    begin();
    holds(PATH, "HEAD.");
    put("a");
    put("b");
    holds(PATH, "HEAD."); /* the caller does not wait for it */
    fake_advance(SOON);
    holds(PATH, "HEAD.ab");
    put("c");
    fake_advance(SOON);
    holds(PATH, "HEAD.abc");
    finish();
}
END_TEST

START_TEST(the_last_ones_are_written_at_the_end)
{
    begin();
    put("a");
    finish();
    holds(PATH, "HEAD.a");
}
END_TEST

START_TEST(one_path_is_one_file)
{
    struct gw_trace_file *again = NULL;

    begin();
    ck_assert_int_eq(gw_trace_file_open(&again, files, PATH), 0);
    ck_assert_ptr_eq(again, file);
    finish();
}
END_TEST

START_TEST(what_an_earlier_run_wrote_is_put_aside)
{
    ck_assert_int_eq(rt_file_replace(PATH, "earlier", 7, 0600), 0);
    begin();
    holds(PATH ".old", "earlier");
    holds(PATH, "HEAD.");
    finish();
}
END_TEST

START_TEST(a_file_that_has_grown_is_put_aside)
{
    gw_trace_files_limit(files, 4);
    begin();
    put("aaaa");
    fake_advance(SOON);
    put("b");
    fake_advance(SOON);
    holds(PATH ".old", "HEAD.aaaa");
    holds(PATH, "HEAD.b");
    finish();
}
END_TEST

START_TEST(a_full_disk_costs_packets_and_nothing_else)
{
    uint64_t failures = rt_counted(&gw_trace_counters[GW_TRACE_FAILURES]);
    uint64_t dropped = rt_counted(&gw_trace_counters[GW_TRACE_DROPPED]);

    begin();
    put("a");
    fake_advance(SOON);
    fake_files_fail(1, ENOSPC);
    put("b");
    put("c");
    fake_advance(SOON);
    holds(PATH, "HEAD.a");
    ck_assert_uint_eq(rt_counted(&gw_trace_counters[GW_TRACE_FAILURES]), failures + 1);
    ck_assert_uint_eq(rt_counted(&gw_trace_counters[GW_TRACE_DROPPED]), dropped + 2);
    put("d");
    fake_advance(SOON);
    holds(PATH, "HEAD.ad");
    finish();
}
END_TEST

START_TEST(a_disk_that_is_too_slow_takes_no_memory)
{
    uint64_t dropped = rt_counted(&gw_trace_counters[GW_TRACE_DROPPED]);
    struct rt_buf block = {0};

    begin();
    for (unsigned i = 0; i < 65536; i++)
        rt_buf_puts(&block, "0123456789abcdef");
    for (unsigned i = 0; i < 9; i++) /* 1 MiB each, 8 may wait */
        gw_trace_file_put(file, rt_buf_str(&block));
    ck_assert_uint_eq(rt_counted(&gw_trace_counters[GW_TRACE_DROPPED]), dropped + 1);
    fake_advance(SOON);
    gw_trace_file_put(file, rt_buf_str(&block));
    ck_assert_uint_eq(rt_counted(&gw_trace_counters[GW_TRACE_DROPPED]), dropped + 1);
    rt_buf_release(&block);
    finish();
}
END_TEST

START_TEST(a_path_that_cannot_be_opened_is_an_error)
{
    fake_files_fail(1, EACCES);
    ck_assert_int_ne(gw_trace_file_open(&file, files, PATH), 0);
    finish();
}
END_TEST

/* ---- the ring ---- */

static uint64_t add(struct gw_trace_ring *r, unsigned call, size_t n)
{
    char block[256];

    memset(block, (int)('A' + call % 26), sizeof block);
    return gw_trace_ring_add(r, &(struct gw_trace_entry){.call = call}, (struct rt_str){block, n});
}

/** Walks the ring: the calls of its entries ascend by one and end with `last`; how many. */
static unsigned walk(const struct gw_trace_ring *r, unsigned last)
{
    const struct gw_trace_entry *e;
    unsigned n = 0, call = 0, spoilt = 0;

    for (uint64_t at = 0; (e = gw_trace_ring_next(r, &at)) != NULL; n++) {
        struct rt_str block = gw_trace_entry_block(e);
        ck_assert(n == 0 || e->call == call + 1);
        call = e->call;
        for (size_t i = 0; i < block.n; i++)
            spoilt += block.p[i] != (char)('A' + call % 26);
    }
    ck_assert_uint_eq(spoilt, 0);
    ck_assert_uint_eq(call, last);
    return n;
}

START_TEST(the_newest_overwrite_the_oldest)
{
    struct gw_trace_ring *r = NULL;

    ck_assert_int_eq(gw_trace_ring_new(&r, 1024), 0);
    for (unsigned call = 1; call <= 1000; call++) {
        ck_assert(add(r, call, 1 + call * 37 % 200) != GW_TRACE_NOWHERE);
        unsigned n = walk(r, call);
        ck_assert_uint_ge(n, call < 3 ? call : 3); /* 3 of at most 200 and a head fit always */
    }
    gw_trace_ring_free(r);
    finish();
}
END_TEST

START_TEST(an_entry_is_found_as_long_as_it_is_there)
{
    struct gw_trace_ring *r = NULL;

    ck_assert_int_eq(gw_trace_ring_new(&r, 512), 0);
    uint64_t at = add(r, 1, 100);
    ck_assert_uint_eq(gw_trace_ring_at(r, at)->call, 1);
    ck_assert_ptr_null(gw_trace_ring_at(r, GW_TRACE_NOWHERE));
    for (unsigned call = 2; call < 8; call++)
        add(r, call, 100);
    ck_assert_ptr_null(gw_trace_ring_at(r, at));
    gw_trace_ring_free(r);
    finish();
}
END_TEST

START_TEST(what_is_longer_than_the_ring_is_not_kept)
{
    struct gw_trace_ring *r = NULL;

    ck_assert_int_eq(gw_trace_ring_new(&r, 128), 0);
    add(r, 1, 10);
    ck_assert(add(r, 2, 200) == GW_TRACE_NOWHERE);
    ck_assert_uint_eq(walk(r, 1), 1);
    gw_trace_ring_free(r);
    finish();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("trace");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, blocks_are_in_the_file_soon);
    tcase_add_test(tc, the_last_ones_are_written_at_the_end);
    tcase_add_test(tc, one_path_is_one_file);
    tcase_add_test(tc, what_an_earlier_run_wrote_is_put_aside);
    tcase_add_test(tc, a_file_that_has_grown_is_put_aside);
    tcase_add_test(tc, a_full_disk_costs_packets_and_nothing_else);
    tcase_add_test(tc, a_disk_that_is_too_slow_takes_no_memory);
    tcase_add_test(tc, a_path_that_cannot_be_opened_is_an_error);
    tcase_add_test(tc, the_newest_overwrite_the_oldest);
    tcase_add_test(tc, an_entry_is_found_as_long_as_it_is_there);
    tcase_add_test(tc, what_is_longer_than_the_ring_is_not_kept);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
