/* The CSV on another disk than the journal: one that hangs or fails holds neither the journal nor
 * its rotation, costs no memory, and in the end has each record once, over a kill too.
 */
#include "gw/cdr_priv.h"
#include "gw/rt/log.h"
#include "gw/rt/process.h"
#include "test/fake/fake.h"
#include "test/unit/log_lines.h"

#include <check.h>
#include <errno.h>

#define JOURNAL "/cdr/cdr.journal"
#define CSV     "/log/cdr.csv"
#define JSON    "/log/cdr.json"

static const struct gw_cdr_plan plan = {.journal = "/cdr", .csv = CSV, .json = JSON};
static const struct gw_cdr_plan csv_only = {.csv = CSV};

static struct gw_cdr_writer *w;
/** Those that were killed: their memory is lost with them, which is no leak. */
static struct gw_cdr_writer *killed[2];
static unsigned nkilled;

static void start(const struct gw_cdr_plan *p)
{
    const char *failed = NULL;

    fake_process(1);
    ck_assert_int_eq(gw_cdr_writer_new(&w, p, &failed), 0);
    fake_settle();
}

static void setup(void)
{
    fake_reset();
    nkilled = 0;
    log_lines_keep();
}

static void teardown(void)
{
    rt_log_sink(NULL, NULL);
}

static void calls(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct gw_cdr r = {.seq = gw_cdr_next_seq(w), .presentation = "allowed"};
        snprintf(r.call_id, sizeof r.call_id, "call-%u", (unsigned)r.seq);
        gw_cdr_open(w, &r);
        gw_cdr_close(w, &r);
    }
}

static unsigned count(const char *path, const char *what)
{
    struct rt_buf text = {0};
    unsigned n = 0;

    (void)rt_file_read(&text, path, SIZE_MAX);
    for (const char *p = text.n ? text.p : NULL; p && (p = strstr(p, what)) != NULL; p++)
        n++;
    rt_buf_release(&text);
    return n;
}

static int count_closed(void *arg, const char *path)
{
    *(unsigned *)arg += count(path, "{\"close\":");
    return 0;
}

/** In all journals. */
static unsigned closed(void)
{
    unsigned n = 0;

    (void)rt_glob(JOURNAL "*", count_closed, &n);
    return n;
}

/** Each from the first to the last, once, in both files. */
static void have_all(unsigned last)
{
    char what[64];

    ck_assert_uint_eq(count(CSV, "\r\n"), last + 1); /* with the header */
    ck_assert_uint_eq(count(JSON, "\n"), last);
    for (unsigned i = 1; i <= last; i++) {
        snprintf(what, sizeof what, "call-%u,", i);
        ck_assert_uint_eq(count(CSV, what), 1);
    }
}

static bool behind(void)
{
    uint64_t octets;
    rt_time since;

    return gw_cdr_behind(w, &since, &octets);
}

static unsigned waiting(void)
{
    unsigned n;

    ck_assert(!gw_cdr_failing(w, &n));
    return n;
}

/** By SIGKILL, what gw_cdr_writer_free() has left. */
static void kill_rest(void)
{
    fake_files_fail(100000, EIO);
    fake_disk_hang(NULL);
    fake_files_fail(0, 0);
    fake_process_kill(1);
    ck_assert_uint_lt(nkilled, RT_COUNT(killed));
    killed[nkilled++] = w;
}

/** By SIGKILL, also of who waits for the disk. */
static void kill_writer(void)
{
    rt_threads_end_by(rt_now());
    fake_files_fail(100000, EIO);
    gw_cdr_writer_free(w);
    kill_rest();
}

START_TEST(a_csv_that_hangs_does_not_hold_the_journal)
{
    start(&plan);
    calls(1);
    fake_advance(RT_S);
    fake_disk_hang("/log");
    for (unsigned i = 0; i < 20; i++) { /* each durable in its time, as ever */
        calls(1);
        fake_advance(100 * RT_MS);
        ck_assert_uint_eq(closed(), 2 + i);
        ck_assert_uint_eq(waiting(), 0);
    }
    /* the first of them was durable 100 ms after it began */
    fake_advance(8 * RT_S + 99 * RT_MS);
    ck_assert(!behind());
    fake_advance(RT_MS);
    ck_assert(behind());
    fake_disk_hang(NULL);
    fake_advance(100 * RT_MS);
    ck_assert(!behind());
    have_all(21);
    gw_cdr_writer_free(w);
    have_all(21);
}
END_TEST

START_TEST(the_journal_rotates_meanwhile_and_no_record_stays_in_memory)
{
    start(&plan);
    gw_cdr_rotate_at(w, 20000);
    fake_disk_hang("/log");
    for (unsigned i = 0; i < 100; i++) {
        calls(5);
        fake_advance(100 * RT_MS);
        ck_assert_uint_eq(waiting(), 0);
    }
    ck_assert_uint_eq(closed(), 500);
    ck_assert_uint_gt(w->follow.nsegments, 10);
    ck_assert_ptr_null(w->rows);
    ck_assert_ptr_null(w->batch);
    fake_disk_hang(NULL);
    fake_advance(RT_S);
    have_all(500);
    ck_assert_uint_le(w->follow.nsegments, 1);
    gw_cdr_writer_free(w);
}
END_TEST

/** Journals that are open wait up to a bound; then the last one grows. */
START_TEST(so_many_journals_wait_and_no_more)
{
    start(&plan);
    gw_cdr_rotate_at(w, 1);
    fake_disk_hang("/log");
    for (unsigned i = 0; i < 100; i++) {
        calls(1);
        fake_advance(100 * RT_MS);
    }
    ck_assert_uint_le(w->follow.nsegments, 64);
    ck_assert_uint_eq(closed(), 100);
    fake_disk_hang(NULL);
    fake_advance(RT_S);
    have_all(100);
    gw_cdr_writer_free(w);
}
END_TEST

/** At any time, with journals put aside or none, and while the files catch up. */
START_TEST(a_kill_while_it_hangs_loses_and_doubles_nothing)
{
    unsigned rounds = (unsigned)_i;

    start(&plan);
    gw_cdr_rotate_at(w, 8000);
    calls(7);
    fake_advance(RT_S);
    fake_disk_hang("/log");
    for (unsigned i = 0; i < rounds; i++) {
        calls(3);
        fake_advance(100 * RT_MS);
    }
    if (rounds % 2) /* some of it reaches the files, and no mark says so */
        fake_disk_hang(NULL);
    kill_writer();
    start(&plan);
    have_all(7 + 3 * rounds);
    fake_disk_hang("/log");
    calls(2);
    fake_advance(RT_S);
    kill_writer();
    start(&plan);
    calls(1);
    gw_cdr_writer_free(w);
    have_all(10 + 3 * rounds);
}
END_TEST

/** Whenever the disk lets go of the writer, what came meanwhile is written with whatever it writes
 * next: how far the CSV is may wait, a record may not. */
START_TEST(on_a_slow_disk_no_record_waits_for_a_mark)
{
    rt_time came;

    start(&plan);
    fake_disk_slow(300 * RT_MS, 600 * RT_MS);
    calls(1);
    fake_advance(_i * 50 * RT_MS + 10 * RT_MS);
    calls(1);
    came = rt_now();
    while (fake_loop_held(w->loop).since <= came && rt_now() < came + 5 * RT_S)
        fake_advance(10 * RT_MS);
    ck_assert_uint_eq(closed(), 2);
    fake_advance(10 * RT_S);
    have_all(2);
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(a_csv_that_fails_is_told_once_and_catches_up)
{
    start(&plan);
    fake_advance(RT_S);
    fake_disk_hang("/log");
    calls(3);
    fake_advance(RT_S);
    fake_files_fail(5, ENOSPC); /* two pieces of work: the truncation fails too */
    fake_disk_hang(NULL);
    ck_assert(!behind());
    fake_advance(10 * RT_MS);
    ck_assert(behind());
    ck_assert_ptr_nonnull(strstr(lines, "No space left on device; records wait in the journal"));
    fake_advance(5 * RT_S);
    ck_assert(!behind());
    have_all(3);
    ck_assert_ptr_nonnull(strstr(lines, "the files beside the journal are written again"));
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(at_the_end_what_the_journal_has_is_not_called_lost)
{
    start(&plan);
    fake_disk_hang("/log");
    calls(3);
    fake_advance(RT_S);
    calls(3);
    rt_threads_end_by(rt_now() + 10 * RT_S);
    gw_cdr_writer_free(w);
    ck_assert_uint_eq(closed(), 6);
    ck_assert_uint_eq(rt_threads_left(), 1);
    ck_assert_ptr_null(strstr(lines, "could not be written"));
    ck_assert_ptr_nonnull(strstr(lines, "does not answer: the next start writes what it lacks"));
    kill_rest();
    start(&plan);
    have_all(6);
    gw_cdr_writer_free(w);
}
END_TEST

/** Then memory is all that there is. */
START_TEST(without_journal_records_wait_in_memory)
{
    unsigned n;

    start(&csv_only);
    fake_disk_hang("/log");
    for (unsigned i = 0; i < 5; i++) {
        calls(1);
        fake_advance(RT_S);
    }
    ck_assert(!gw_cdr_failing(w, &n));
    ck_assert_uint_eq(n, 5);
    fake_advance(6 * RT_S);
    ck_assert(gw_cdr_failing(w, &n));
    ck_assert(!behind());
    fake_disk_hang(NULL);
    fake_advance(RT_S);
    ck_assert_uint_eq(waiting(), 0);
    ck_assert_uint_eq(count(CSV, "\r\n"), 6);
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(without_journal_a_steady_load_is_not_behind)
{
    unsigned n;

    start(&csv_only);
    for (unsigned i = 0; i < 300; i++) {
        calls(1);
        fake_advance(50 * RT_MS);
        ck_assert(!gw_cdr_failing(w, &n));
    }
    gw_cdr_writer_free(w);
    ck_assert_uint_eq(count(CSV, "\r\n"), 301);
}
END_TEST

/** A line of the journal that somebody has damaged costs that record, and five seconds. */
START_TEST(a_damaged_line_stops_nothing)
{
    struct rt_append *a;

    start(&plan);
    fake_disk_hang("/log");
    calls(1);
    fake_advance(RT_S);
    kill_writer();
    ck_assert_int_eq(rt_append_open(&a, JOURNAL, 0640), 0);
    rt_append_write(a, "{\"close\":{\"call\n", 16);
    rt_append_sync(a);
    rt_append_close(a);
    start(&plan);
    calls(1);
    fake_advance(6 * RT_S);
    have_all(2);
    gw_cdr_writer_free(w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cdr follow");
    TCase *t = tcase_create("another disk");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_csv_that_hangs_does_not_hold_the_journal);
    tcase_add_test(t, the_journal_rotates_meanwhile_and_no_record_stays_in_memory);
    tcase_add_test(t, so_many_journals_wait_and_no_more);
    tcase_add_loop_test(t, a_kill_while_it_hangs_loses_and_doubles_nothing, 0, 12);
    tcase_add_loop_test(t, on_a_slow_disk_no_record_waits_for_a_mark, 0, 80);
    tcase_add_test(t, a_csv_that_fails_is_told_once_and_catches_up);
    tcase_add_test(t, at_the_end_what_the_journal_has_is_not_called_lost);
    tcase_add_test(t, without_journal_records_wait_in_memory);
    tcase_add_test(t, without_journal_a_steady_load_is_not_behind);
    tcase_add_test(t, a_damaged_line_stops_nothing);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
