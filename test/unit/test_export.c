/* Reading the journal for those who get records: every cut, no record twice, nothing that is not on
 * the disk. */
#include "gw/cdr_priv.h"
#include "gw/export/segments.h"
#include "gw/export/state.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define JOURNAL "/cdr/cdr.journal"

static const struct gw_cdr_plan plan = {.journal = "/cdr"};
static struct export_batch batch;

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg, (void)sub, (void)level, (void)line;
}

static void setup(void)
{
    fake_reset();
    rt_log_sink(quiet, NULL);
}

static void teardown(void)
{
    rt_log_sink(NULL, NULL);
}

/* ---- writing ---- */

static struct gw_cdr_writer *start(void)
{
    struct gw_cdr_writer *w = NULL;
    const char *failed;

    ck_assert_int_eq(gw_cdr_writer_new(&w, &plan, &failed), 0);
    return w;
}

static struct gw_cdr record(uint64_t seq)
{
    struct gw_cdr r = {.seq = seq, .start_time = RT_S};

    snprintf(r.call_id, sizeof r.call_id, "%032u", (unsigned)seq);
    return r;
}

static void calls(struct gw_cdr_writer *w, unsigned n)
{
    while (n-- > 0) {
        struct gw_cdr r = record(gw_cdr_next_seq(w));
        gw_cdr_open(w, &r);
        gw_cdr_close(w, &r);
    }
}

static void pass(void)
{
    fake_advance(150 * RT_MS);
}

/* ---- reading ---- */

static struct export_journal *reader(const struct export_pos *at)
{
    struct export_journal *j;

    ck_assert_int_eq(export_journal_new(&j, "/cdr"), 0);
    int err = export_journal_seek(j, at);
    ck_assert(err == 0 || err == EAGAIN);
    return j;
}

static uint64_t seq_of(unsigned i)
{
    return (uint64_t)json_integer_value(json_object_get(batch.record[i].json, "seq"));
}

/** Reads all that there is, `max` at a time; each is one more than the last. The last one's. */
static uint64_t read_all(struct export_journal *j, uint64_t last, unsigned max,
                         struct export_pos *at)
{
    static const struct export_pos none;

    while (export_journal_read(j, &batch, max, &none) == 0 && batch.n > 0) {
        ck_assert_uint_le(batch.n, max);
        for (unsigned i = 0; i < batch.n; i++)
            ck_assert_uint_eq(seq_of(i), ++last);
        *at = batch.to;
    }
    export_batch_release(&batch);
    return last;
}

START_TEST(records_come_in_their_order_from_any_position)
{
    struct gw_cdr_writer *w = start();
    struct export_pos at = {.offset = 0};

    calls(w, 7);
    pass();
    for (uint64_t last = 0, next; last < 7; last = next) { /* another reader each time */
        struct export_journal *j = reader(&at);
        static const struct export_pos none;
        ck_assert_int_eq(export_journal_read(j, &batch, (unsigned)_i, &none), 0);
        next = last + batch.n;
        ck_assert_uint_gt(batch.n, 0);
        ck_assert_uint_eq(seq_of(0), last + 1);
        at = batch.to;
        export_batch_release(&batch);
        export_journal_free(j);
    }
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(what_is_not_on_the_disk_is_not_read)
{
    struct gw_cdr_writer *w = start();
    struct export_pos at = {.offset = 0};
    struct export_journal *j = reader(&at);

    calls(w, 3);
    fake_advance(30 * RT_MS); /* written, and synced in 70 ms */
    ck_assert_uint_eq(read_all(j, 0, 10, &at), 0);
    fake_files_fail(1, EIO); /* the sync: all is cut off and written again */
    pass();
    ck_assert_uint_eq(read_all(j, 0, 10, &at), 0);
    fake_advance(3 * RT_S);
    ck_assert_uint_eq(read_all(j, 0, 10, &at), 3);
    export_journal_free(j);
    gw_cdr_writer_free(w);
}
END_TEST

/* ---- every cut ---- */

/** How many closed records a journal of these octets may give, by hand: whole lines before what the
 * last whole mark says is on the disk. */
static uint64_t expected(struct rt_str text)
{
    uint64_t durable = 0, n = 0, at = 0;

    for (unsigned pass_no = 0; pass_no < 2; pass_no++, at = 0) {
        struct rt_str rest = text;
        while (rest.n > 0) {
            size_t before = rest.n;
            struct rt_str line = rt_str_cut(&rest, '\n');
            at += before - rest.n;
            if (line.n == before)
                break; /* no line end */
            const char *mark = memmem(line.p, line.n, "\"durable\":", 10);
            if (pass_no == 0 && mark)
                durable = strtoull(mark + 10, NULL, 10);
            if (pass_no == 1 && memcmp(line.p, "{\"close", 7) == 0 && at <= durable)
                n++;
        }
    }
    return n;
}

START_TEST(every_cut_of_a_journal_gives_whole_records_and_later_the_rest)
{
    struct gw_cdr_writer *w = start();
    struct rt_buf whole = {0};

    for (unsigned i = 0; i < 3; i++) {
        calls(w, 1);
        pass();
    }
    ck_assert_int_eq(rt_file_read(&whole, JOURNAL, SIZE_MAX), 0);
    gw_cdr_writer_free(w);
    for (size_t n = 0; n <= whole.n; n++) {
        struct export_pos at = {.offset = 0};
        rt_file_replace(JOURNAL, whole.p, n, 0640);
        struct export_journal *j = reader(&at);
        uint64_t last = read_all(j, 0, 2, &at);
        ck_assert_uint_eq(last, expected((struct rt_str){whole.p, n}));
        export_journal_free(j);
        rt_file_replace(JOURNAL, whole.p, whole.n, 0640); /* its writer went on */
        j = reader(&at);
        ck_assert_uint_eq(read_all(j, last, 2, &at), 3);
        export_journal_free(j);
    }
    rt_buf_release(&whole);
}
END_TEST

START_TEST(damaged_lines_are_left_out)
{
    static const char text[] =
        "{\"mark\":{\"durable\":1000,\"time\":1}}\n{\"close\":{\"call_id\":\"a\",\"seq\":1}}\n"
        "{\"close\":{\"call_id\":\"b\",\"se\n\n{\"close\":7}\n{\"close\":\nno\n{\"close\":{}}\n"
        "{\"close\":{\"call_id\":\"c\",\"seq\":2}}\n";
    struct export_pos at = {.offset = 0};

    rt_file_replace(JOURNAL "-000000000002", text, strlen(text), 0640);
    rt_file_replace(JOURNAL, "", 0, 0640);
    struct export_journal *j = reader(&at);
    ck_assert_uint_eq(read_all(j, 0, 10, &at), 2);
    ck_assert_uint_eq(export_journal_unreadable(j), 3); /* "{"close":" alone says nothing */
    export_journal_free(j);
}
END_TEST

/* ---- segments ---- */

START_TEST(archives_come_before_the_journal)
{
    struct gw_cdr_writer *w = start();
    struct export_pos at = {.offset = 0};

    gw_cdr_rotate_at(w, 2000);
    for (unsigned i = 0; i < 20; i++) {
        calls(w, 1);
        pass();
    }
    struct export_journal *j = reader(&at);
    ck_assert_uint_eq(read_all(j, 0, 3, &at), 20);
    export_journal_free(j);
    calls(w, 5); /* the position is in one of many, and more come */
    pass();
    calls(w, 1);
    pass();
    j = reader(&at);
    ck_assert_uint_eq(read_all(j, 20, 3, &at), 26);
    export_journal_free(j);
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(a_rotation_that_is_half_done_hides_nothing)
{
    struct gw_cdr_writer *w = start();
    struct export_pos at = {.offset = 0};

    calls(w, 2);
    pass();
    rt_file_rename(JOURNAL, JOURNAL ".old");
    struct export_journal *j;
    ck_assert_int_eq(export_journal_new(&j, "/cdr"), 0);
    ck_assert_int_eq(export_journal_seek(j, &at), EAGAIN); /* in a moment */
    static const char fresh[] = "{\"mark\":{\"durable\":0,\"time\":2}}\n";
    rt_file_replace(JOURNAL, fresh, strlen(fresh), 0640);
    ck_assert_int_eq(export_journal_seek(j, &at), 0);
    ck_assert_uint_eq(read_all(j, 0, 1, &at), 2);
    export_journal_free(j);
    gw_cdr_writer_free(w);
}
END_TEST

/** The fake disk knows when a file was put there whole. */
static void touch(const char *path)
{
    struct rt_buf text = {0};

    ck_assert_int_eq(rt_file_read(&text, path, SIZE_MAX), 0);
    ck_assert_int_eq(rt_file_replace(path, text.p, text.n, 0640), 0);
    rt_buf_release(&text);
}

START_TEST(only_what_all_have_is_removed_and_only_when_old)
{
    struct gw_cdr_writer *w = start();
    struct export_segments s;

    gw_cdr_rotate_at(w, 500);
    for (unsigned i = 0; i < 4; i++) {
        calls(w, 1);
        pass();
    }
    ck_assert_int_eq(export_segments_list(&s, "/cdr"), 0);
    ck_assert_uint_eq(s.n, 5);
    ck_assert(!s.list[4].archived);
    for (unsigned i = 0; i < 4; i++)
        touch(s.list[i].path);
    fake_advance(100 * RT_S);
    ck_assert_uint_eq(export_segments_clean("/cdr", s.list[2].id, 1000), 0);
    ck_assert_uint_eq(export_segments_clean("/cdr", s.list[2].id, 50), 2);
    ck_assert_uint_eq(export_segments_clean("/cdr", "none of them", 50), 0);
    export_segments_release(&s);
    ck_assert_int_eq(export_segments_list(&s, "/cdr"), 0);
    ck_assert_uint_eq(s.n, 3);
    export_segments_release(&s);
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(a_position_in_a_journal_that_is_gone_is_told)
{
    struct gw_cdr_writer *w = start();
    const struct export_pos gone = {.segment = "0123456789abcdef0123456789abcdef", .offset = 99};
    struct export_pos at = {.offset = 0};
    struct export_journal *j;

    calls(w, 1);
    pass();
    ck_assert_int_eq(export_journal_new(&j, "/cdr"), 0);
    ck_assert_int_eq(export_journal_seek(j, &gone), ENOENT);
    ck_assert_int_eq(export_journal_seek(j, &at), 0);
    ck_assert_uint_eq(read_all(j, 0, 1, &at), 1);
    ck_assert(export_journal_after(j, &at, &gone));
    ck_assert(!export_journal_after(j, &gone, &at));
    ck_assert(!export_journal_after(j, &at, &at));
    export_journal_free(j);
    gw_cdr_writer_free(w);
}
END_TEST

/* ---- the state file ---- */

START_TEST(positions_outlive_the_process)
{
    const struct export_pos at = {.segment = "aa", .offset = 17},
                            until = {.segment = "aa", .offset = 40};
    static const struct export_pos none;
    struct export_pos got, to;
    struct export_state *s;

    ck_assert_int_eq(export_state_new(&s, "/cdr"), 0);
    export_state_get(s, "radius", &got, &to);
    ck_assert_str_eq(got.segment, "");
    ck_assert_int_eq(export_state_set(s, "radius", &at, &until), 0);
    ck_assert_int_eq(export_state_set(s, "other", &at, &none), 0);
    export_state_free(s);
    ck_assert_int_eq(export_state_new(&s, "/cdr"), 0);
    export_state_get(s, "radius", &got, &to);
    ck_assert_str_eq(got.segment, "aa");
    ck_assert_uint_eq(got.offset, 17);
    ck_assert_uint_eq(to.offset, 40);
    export_state_get(s, "other", &got, &to);
    ck_assert_uint_eq(got.offset, 17);
    ck_assert_str_eq(to.segment, "");
    export_state_free(s);
}
END_TEST

START_TEST(a_damaged_state_file_is_begun_anew)
{
    static const char *const damaged[] = {
        "",
        "{",
        "[]",
        "{\"targets\":7}",
        "{\"targets\":{\"radius\":{\"segment\":5}}}",
        "{\"targets\":{\"radius\":{\"segment\":\"a\",\"offset\":-1}}}"};
    struct export_pos got, to;
    struct export_state *s;

    rt_file_replace("/cdr/export.state", damaged[_i], strlen(damaged[_i]), 0600);
    ck_assert_int_eq(export_state_new(&s, "/cdr"), 0);
    export_state_get(s, "radius", &got, &to);
    ck_assert_str_eq(got.segment, "");
    ck_assert_str_eq(to.segment, "");
    export_state_free(s);
}
END_TEST

/** What was promised before a crash is read again as it was, though more has come. */
START_TEST(a_batch_ends_where_it_was_promised)
{
    static const struct export_pos none;
    struct gw_cdr_writer *w = start();
    struct export_journal *j;

    calls(w, 3);
    pass();
    j = reader(&none);
    ck_assert_int_eq(export_journal_read(j, &batch, 100, &none), 0);
    ck_assert_uint_eq(batch.n, 3);
    struct export_pos from = batch.from, until = batch.to;
    export_journal_free(j);
    calls(w, 5);
    pass();
    j = reader(&from);
    ck_assert_int_eq(export_journal_read(j, &batch, 100, &until), 0);
    ck_assert_uint_eq(batch.n, 3);
    ck_assert_mem_eq(&batch.to, &until, sizeof until);
    ck_assert_mem_eq(&batch.from, &from, sizeof from);
    ck_assert_int_eq(export_journal_read(j, &batch, 100, &until), 0);
    ck_assert_uint_eq(batch.n, 5);
    export_batch_release(&batch);
    export_journal_free(j);
    gw_cdr_writer_free(w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("export");
    TCase *tc = tcase_create("export");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, records_come_in_their_order_from_any_position, 1, 9);
    tcase_add_test(tc, what_is_not_on_the_disk_is_not_read);
    tcase_add_test(tc, every_cut_of_a_journal_gives_whole_records_and_later_the_rest);
    tcase_add_test(tc, damaged_lines_are_left_out);
    tcase_add_test(tc, archives_come_before_the_journal);
    tcase_add_test(tc, a_rotation_that_is_half_done_hides_nothing);
    tcase_add_test(tc, only_what_all_have_is_removed_and_only_when_old);
    tcase_add_test(tc, a_position_in_a_journal_that_is_gone_is_told);
    tcase_add_test(tc, positions_outlive_the_process);
    tcase_add_loop_test(tc, a_damaged_state_file_is_begun_anew, 0, 6);
    tcase_add_test(tc, a_batch_ends_where_it_was_promised);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
