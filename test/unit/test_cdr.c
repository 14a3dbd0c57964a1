/* Records: their text, and that no crash of the machine loses or doubles one. */
#include "gw/cdr_priv.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define JOURNAL "/cdr/cdr.journal"
#define CSV     "/log/cdr.csv"

static const struct gw_cdr_plan both = {.journal = "/cdr", .csv = CSV};

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    (void)line;
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

static struct gw_cdr record(uint64_t seq)
{
    struct gw_cdr r = {.seq = seq, .presentation = "allowed", .codec_a = "PCMA", .codec_b = "PCMA"};

    snprintf(r.call_id, sizeof r.call_id, "%032u", (unsigned)seq);
    strcpy(r.called_in, "+4930901820");
    r.start_time = RT_S;
    return r;
}

static struct gw_cdr_writer *start(const struct gw_cdr_plan *plan)
{
    struct gw_cdr_writer *w = NULL;
    const char *failed = NULL;

    ck_assert_int_eq(gw_cdr_writer_new(&w, plan, &failed), 0);
    fake_settle(); /* what the CSV lacks is brought there */
    return w;
}

/** The process is gone: nothing it would still do reaches the disk. */
static void kill_writer(struct gw_cdr_writer *w)
{
    fake_files_fail(1000, EIO);
    gw_cdr_writer_free(w);
    fake_files_fail(0, 0);
}

static void read_file(struct rt_buf *out, const char *path)
{
    rt_buf_reset(out);
    (void)rt_file_read(out, path, SIZE_MAX);
}

/** Counts the lines of the CSV whose second field is `seq`; all lines end in CRLF. */
static unsigned rows_of(uint64_t seq)
{
    struct rt_buf text = {0};
    unsigned n = 0;

    read_file(&text, CSV);
    struct rt_str rest = rt_buf_str(&text);
    while (rest.n > 0) {
        struct rt_str line = rt_str_cut(&rest, '\n');
        ck_assert_uint_gt(line.n, 0);
        ck_assert_int_eq(line.p[line.n - 1], '\r');
        rt_str_cut(&line, ',');
        uint64_t found = 0;
        if (rt_str_u64(&found, rt_str_cut(&line, ','), UINT64_MAX) == 0 && found == seq)
            n++;
    }
    rt_buf_release(&text);
    return n;
}

static bool contains(const char *path, const char *what)
{
    struct rt_buf text = {0};

    read_file(&text, path);
    bool found = text.n > 0 && strstr(text.p, what);
    rt_buf_release(&text);
    return found;
}

/* ---- text ---- */

/** What was said is on the disk within the writer's pace. */
static void durable(void)
{
    fake_advance(100 * RT_MS);
}

START_TEST(json_has_the_fields_of_the_design)
{
    struct gw_cdr r = record(7);
    struct rt_buf out = {0};
    json_error_t error;

    /* 2026-03-01T08:00:00.123Z, by `date -u -d ... +%s` */
    r.start_time = 1772352000 * RT_S + 123 * RT_MS;
    r.cause = (struct gw_cause){.q850 = 17, .location = 0, .sip_status = 486, .by = GW_BY_CALLED};
    r.mos_a = 406;
    strcpy(r.sip_call_id, "a\"b\\c\x01\xff\xc3\xa4");
    gw_cdr_json(&out, &r);
    json_t *j = json_loads(out.p, 0, &error);
    ck_assert_ptr_nonnull(j);
    ck_assert_str_eq(json_string_value(json_object_get(j, "start_time")),
                     "2026-03-01T08:00:00.123Z");
    ck_assert(json_is_null(json_object_get(j, "answer_time")));
    ck_assert_int_eq(json_integer_value(json_object_get(j, "cause_q850")), 17);
    ck_assert_int_eq(json_integer_value(json_object_get(j, "cause_location")), 0);
    ck_assert_str_eq(json_string_value(json_object_get(j, "released_by")), "called");
    ck_assert_str_eq(json_string_value(json_object_get(j, "sip_call_id")),
                     "a\"b\\c\x01\xef\xbf\xbd\xc3\xa4");
    ck_assert(json_is_null(json_object_get(j, "rtp_lost")));
    ck_assert(json_is_null(json_object_get(j, "mos_b")));
    ck_assert_ptr_nonnull(strstr(out.p, "\"mos_a\":4.06,"));
    struct gw_cdr back;
    gw_cdr_read(&back, j);
    ck_assert_int_eq(back.start_time, r.start_time);
    ck_assert_uint_eq(back.mos_a, 406);
    ck_assert_uint_eq(back.mos_b, 0);
    ck_assert_uint_eq(back.seq, 7);
    ck_assert_int_eq(back.cause.by, GW_BY_CALLED);
    ck_assert_str_eq(back.codec_a, "PCMA");
    json_decref(j);
    rt_buf_release(&out);
}
END_TEST

START_TEST(csv_quotes_as_rfc_4180_asks)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"plain", ",plain,"},
        {"a,b", ",\"a,b\","},
        {"a\"b", ",\"a\"\"b\","},
        {"a\r\nb", ",\"a\r\nb\","},
        /* a spreadsheet does not compute what a caller says; numbers stay numbers */
        {"=1+2", ",'=1+2,"},
        {"@SUM(A1)", ",'@SUM(A1),"},
        {"-x@host", ",'-x@host,"},
        {"+1+2", ",'+1+2,"},
        {"=A1,B1", ",\"'=A1,B1\","},
        {"+493012345", ",+493012345,"},
        {"-1.5", ",-1.5,"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct gw_cdr r = record(1);
        struct rt_buf out = {0};
        strcpy(r.sip_call_id, rows[i].in);
        gw_cdr_csv(&out, &r);
        ck_assert_ptr_nonnull(strstr(out.p, rows[i].out));
        ck_assert_str_eq(out.p + out.n - 2, "\r\n");
        rt_buf_release(&out);
    }
}
END_TEST

START_TEST(csv_header_and_rows_have_as_many_fields)
{
    struct rt_buf head = {0}, row = {0};
    struct gw_cdr r = record(1);
    unsigned commas[2] = {0, 0};

    gw_cdr_csv_header(&head);
    gw_cdr_csv(&row, &r);
    for (size_t i = 0; i < head.n; i++)
        commas[0] += head.p[i] == ',';
    for (size_t i = 0; i < row.n; i++)
        commas[1] += row.p[i] == ',';
    ck_assert_uint_eq(commas[0], commas[1]);
    ck_assert_int_eq(strncmp(head.p, "call_id,seq,attempt,generation,start_time,", 42), 0);
    rt_buf_release(&head);
    rt_buf_release(&row);
}
END_TEST

/* ---- the journal ---- */

START_TEST(a_record_is_exported_once_it_is_over)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r = record(gw_cdr_next_seq(w));
    struct fake_leaks leaks;

    ck_assert_uint_eq(r.seq, 1);
    gw_cdr_open(w, &r);
    durable();
    ck_assert_uint_eq(rows_of(1), 0);
    ck_assert(contains(JOURNAL, "{\"open\":{"));
    gw_cdr_close(w, &r);
    durable();
    ck_assert_uint_eq(rows_of(1), 1);
    gw_cdr_writer_free(w);
    w = start(&both);
    ck_assert_uint_eq(rows_of(1), 1);
    ck_assert_uint_eq(gw_cdr_recovered(w), 0);
    ck_assert_uint_eq(gw_cdr_next_seq(w), 2);
    gw_cdr_writer_free(w);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.loops + leaks.timers + leaks.files, 0);
}
END_TEST

START_TEST(what_was_left_open_is_closed_by_the_restart)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r = record(gw_cdr_next_seq(w));

    gw_cdr_open(w, &r);
    durable();
    fake_files_crash();
    kill_writer(w);
    for (unsigned i = 0; i < 3; i++) {
        w = start(&both);
        ck_assert_uint_eq(gw_cdr_recovered(w), i == 0);
        ck_assert_uint_eq(rows_of(1), 1);
        ck_assert(contains(CSV, ",41,2,,restart,"));
        fake_files_crash();
        kill_writer(w);
    }
}
END_TEST

START_TEST(nothing_durable_is_nothing_happened)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r = record(gw_cdr_next_seq(w));

    gw_cdr_open(w, &r); /* the writer has not run yet */
    fake_files_crash();
    kill_writer(w);
    w = start(&both);
    ck_assert_uint_eq(gw_cdr_recovered(w), 0);
    ck_assert_uint_eq(gw_cdr_next_seq(w), 1);
    gw_cdr_writer_free(w);
}
END_TEST

/** Where a file's records stand: after octet `end` there are `closed` closed ones. */
static unsigned count_closed(struct rt_str text)
{
    unsigned n = 0;

    while (text.n > 0) {
        size_t whole = text.n;
        struct rt_str line = rt_str_cut(&text, '\n');
        n += line.n < whole && line.n > 9 && memcmp(line.p, "{\"close\":", 9) == 0;
    }
    return n;
}

static unsigned count_opened(struct rt_str text)
{
    unsigned n = 0;

    while (text.n > 0) {
        size_t whole = text.n;
        struct rt_str line = rt_str_cut(&text, '\n');
        n += line.n < whole && line.n > 8 && memcmp(line.p, "{\"open\":", 8) == 0;
    }
    return n;
}

/** The length of the CSV when it has its header and `rows` rows. */
static size_t csv_length(const struct rt_buf *csv, unsigned rows)
{
    struct rt_str rest = rt_buf_str(csv);

    for (unsigned i = 0; i <= rows && rest.n > 0; i++)
        rt_str_cut(&rest, '\n');
    return csv->n - rest.n;
}

/** Rows that the last mark within `text` says are exported. */
static unsigned marked(struct rt_str text)
{
    unsigned n = 0;

    while (text.n > 0) {
        size_t whole = text.n;
        struct rt_str line = rt_str_cut(&text, '\n');
        const char *at = line.n < whole ? memmem(line.p, line.n, "\"exported\":", 11) : NULL;
        if (at)
            n = (unsigned)strtoul(at + 11, NULL, 10);
    }
    return n;
}

#define CALLS 4

/** Four calls one after the other, overlapping; the final state of both files. */
static void make_history(struct rt_buf *journal, struct rt_buf *csv)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r[CALLS];

    for (unsigned i = 0; i < CALLS; i++) {
        r[i] = record(gw_cdr_next_seq(w));
        gw_cdr_open(w, &r[i]);
        durable();
        if (i > 0)
            gw_cdr_close(w, &r[i - 1]);
        if (i % 2)
            durable();
    }
    gw_cdr_close(w, &r[CALLS - 1]);
    durable();
    read_file(journal, JOURNAL);
    read_file(csv, CSV);
    kill_writer(w);
}

/** A machine that stopped with these octets of both files on its disk starts again, twice. */
static void restart_with(const struct rt_buf *journal, size_t jn, const struct rt_buf *csv,
                         size_t cn)
{
    struct rt_str text = {journal->p, jn};

    fake_reset();
    rt_file_replace(JOURNAL, journal->p, jn, 0640);
    rt_file_replace(CSV, csv->p, cn, 0640);
    for (unsigned run = 0; run < 2; run++) {
        struct gw_cdr_writer *w = start(&both);
        unsigned opened = count_opened(text);
        if (run == 0)
            ck_assert_uint_eq(gw_cdr_recovered(w), opened - count_closed(text));
        for (unsigned seq = 1; seq <= CALLS; seq++)
            ck_assert_uint_eq(rows_of(seq), seq <= opened);
        fake_files_crash();
        kill_writer(w);
    }
}

START_TEST(no_crash_loses_or_doubles_a_record)
{
    struct rt_buf journal = {0}, csv = {0};
    unsigned cases = 0;

    make_history(&journal, &csv);
    for (size_t jn = 0; jn <= journal.n; jn += 37) {
        struct rt_str text = {journal.p, jn};
        size_t low = csv_length(&csv, marked(text)), high = csv_length(&csv, count_closed(text));
        if (marked(text) == 0)
            low = 0;
        if (count_closed(text) == 0)
            high = 0;
        for (size_t cn = low; cn <= high; cn += 41, cases++)
            restart_with(&journal, jn, &csv, cn);
    }
    ck_assert_uint_gt(cases, 100);
    rt_buf_release(&journal);
    rt_buf_release(&csv);
}
END_TEST

START_TEST(a_crash_at_every_sync_of_a_running_writer)
{
    for (unsigned steps = 1; steps <= 2 * CALLS; steps++) {
        fake_reset();
        struct gw_cdr_writer *w = start(&both);
        struct gw_cdr r = {0};
        for (unsigned i = 0; i < steps; i++) {
            if (i % 2 == 0) {
                r = record(gw_cdr_next_seq(w));
                gw_cdr_open(w, &r);
            } else {
                gw_cdr_close(w, &r);
            }
            durable();
        }
        fake_files_crash();
        kill_writer(w);
        w = start(&both);
        ck_assert_uint_eq(gw_cdr_recovered(w), steps % 2);
        for (unsigned seq = 1; seq <= CALLS; seq++)
            ck_assert_uint_eq(rows_of(seq), seq <= (steps + 1) / 2);
        gw_cdr_writer_free(w);
    }
}
END_TEST

START_TEST(a_failing_disk_only_delays)
{
    struct gw_cdr_writer *w = start(&both);

    for (unsigned failures = 1; failures <= 6; failures++) {
        struct gw_cdr r = record(gw_cdr_next_seq(w));
        fake_files_fail(failures, ENOSPC);
        gw_cdr_open(w, &r);
        gw_cdr_close(w, &r);
        fake_settle();
        fake_advance(100 * RT_MS);
        ck_assert_uint_eq(rows_of(r.seq), 0);
        fake_advance(10 * RT_S);
        ck_assert_uint_eq(rows_of(r.seq), 1);
    }
    gw_cdr_writer_free(w);
    w = start(&both);
    ck_assert_uint_eq(gw_cdr_recovered(w), 0);
    for (unsigned seq = 1; seq <= 6; seq++)
        ck_assert_uint_eq(rows_of(seq), 1);
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(a_torn_last_line_is_cut)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r = record(gw_cdr_next_seq(w));
    struct rt_append *a;

    gw_cdr_open(w, &r);
    durable();
    kill_writer(w);
    ck_assert_int_eq(rt_append_open(&a, JOURNAL, 0640), 0);
    rt_append_write(a, "{\"close\":{\"call_id\":\"0", 22);
    rt_append_sync(a);
    rt_append_close(a);
    w = start(&both);
    ck_assert_uint_eq(gw_cdr_recovered(w), 1);
    ck_assert(!contains(JOURNAL, "\"0{"));
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(rotation_carries_over_what_is_open)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r[3];

    gw_cdr_rotate_at(w, 1);
    for (unsigned i = 0; i < 3; i++) {
        r[i] = record(gw_cdr_next_seq(w));
        gw_cdr_open(w, &r[i]);
    }
    gw_cdr_close(w, &r[0]);
    durable(); /* one batch: then a new journal */
    ck_assert(contains(JOURNAL "-000000000003", "{\"close\":{"));
    ck_assert(!contains(JOURNAL, "{\"close\":{"));
    ck_assert(contains(JOURNAL, r[1].call_id));
    ck_assert(contains(JOURNAL, r[2].call_id));
    fake_files_crash();
    kill_writer(w);
    w = start(&both);
    ck_assert_uint_eq(gw_cdr_recovered(w), 2);
    ck_assert_uint_eq(gw_cdr_next_seq(w), 4);
    for (unsigned seq = 1; seq <= 3; seq++)
        ck_assert_uint_eq(rows_of(seq), 1);
    gw_cdr_writer_free(w);
}
END_TEST

struct closings {
    uint64_t seq;
    unsigned n;
};

static int count_closings(void *arg, const char *path)
{
    struct closings *c = arg;
    struct rt_buf text = {0};
    char call_id[64];

    snprintf(call_id, sizeof call_id, "\"call_id\":\"%032u\"", (unsigned)c->seq);
    read_file(&text, path);
    for (struct rt_str rest = rt_buf_str(&text); rest.n > 0;) {
        struct rt_str line = rt_str_cut(&rest, '\n');
        c->n += line.n > 9 && memcmp(line.p, "{\"close\":", 9) == 0 &&
                memmem(line.p, line.n, call_id, strlen(call_id)) != NULL;
    }
    rt_buf_release(&text);
    return 0;
}

/** In all journals that there are. */
static unsigned closings(uint64_t seq)
{
    struct closings c = {.seq = seq};

    (void)rt_glob(JOURNAL "*", count_closings, &c);
    return c.n;
}

START_TEST(no_journal_has_the_name_of_another)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r[5];

    for (unsigned i = 0; i < 5; i++) {
        r[i] = record(gw_cdr_next_seq(w));
        gw_cdr_open(w, &r[i]);
    }
    gw_cdr_rotate_at(w, 1);
    for (unsigned i = 0; i < 5; i++) { /* and no other begins */
        gw_cdr_close(w, &r[i]);
        durable();
    }
    gw_cdr_writer_free(w);
    w = start(&both);
    gw_cdr_rotate_at(w, 1);
    r[0] = record(gw_cdr_next_seq(w));
    gw_cdr_open(w, &r[0]);
    durable();
    for (unsigned seq = 1; seq <= 5; seq++)
        ck_assert_uint_eq(closings(seq), 1);
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(what_is_carried_over_makes_no_journal_too_long)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r;

    gw_cdr_rotate_at(w, 4000);
    for (unsigned i = 0; i < 20; i++) {
        r = record(gw_cdr_next_seq(w));
        gw_cdr_open(w, &r);
    }
    durable();
    struct rt_file_info info;
    ck_assert_int_eq(rt_file_stat(&info, JOURNAL "-000000000020"), 0);
    ck_assert_int_eq(rt_file_stat(&info, JOURNAL), 0);
    ck_assert_uint_gt(info.size, 4000);
    r = record(gw_cdr_next_seq(w));
    gw_cdr_open(w, &r);
    durable();
    ck_assert_int_eq(rt_file_stat(&info, JOURNAL "-000000000021"), ENOENT);
    gw_cdr_writer_free(w);
}
END_TEST

/** From each of its steps on the disk fails for a while, in the midst of a rotation too. */
START_TEST(a_rotation_that_fails_loses_nothing)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r[3];

    gw_cdr_rotate_at(w, 1);
    for (unsigned i = 0; i < 3; i++) {
        if (i == 1)
            fake_disk_die_at(fake_disk_steps() + 1 + (unsigned)_i, 0);
        r[i] = record(gw_cdr_next_seq(w));
        gw_cdr_open(w, &r[i]);
        if (i > 0)
            gw_cdr_close(w, &r[i - 1]);
        durable();
        fake_disk_die_at(0, 0);
        fake_advance(5 * RT_S); /* it is tried again */
    }
    gw_cdr_close(w, &r[2]);
    gw_cdr_writer_free(w);
    for (unsigned seq = 1; seq <= 3; seq++) {
        ck_assert_uint_eq(closings(seq), 1);
        ck_assert_uint_eq(rows_of(seq), 1);
    }
    w = start(&both);
    ck_assert_uint_eq(gw_cdr_recovered(w), 0);
    gw_cdr_writer_free(w);
}
END_TEST

/* An object in the journal, text in the CSV, after a crash too: of a call that was over and of one
 * that was not. */
#define WHY "{\"steps\": [{\"step\": \"route\", \"text\": \"a \\\"b\\\"\", \"lines\": []}]}"
#define WHY_CSV                                                                                    \
    ",\"{\"\"steps\"\": [{\"\"step\"\": \"\"route\"\", \"\"text\"\": \"\"a \\\"\"b\\\"\"\"\", "    \
    "\"\"lines\"\": []}]}\"\r\n"

START_TEST(an_explanation_goes_with_its_record)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r[3];
    struct rt_buf csv = {0};
    unsigned kept = 0;

    for (unsigned i = 0; i < 3; i++) {
        char *why = strdup(WHY);
        r[i] = record(gw_cdr_next_seq(w));
        r[i].explain = i < 2 ? why : NULL;
        gw_cdr_open(w, &r[i]);
        if (i != 1)
            gw_cdr_close(w, &r[i]);
        free(why); /* the writer has its own */
    }
    durable();
    ck_assert(contains(JOURNAL, "\"explain\":" WHY "}}\n"));
    ck_assert(contains(JOURNAL, "\"explain\":null}}\n"));
    fake_files_crash();
    kill_writer(w);
    rt_file_remove(CSV);
    w = start(&both);
    ck_assert_uint_eq(gw_cdr_recovered(w), 1);
    gw_cdr_writer_free(w);
    read_file(&csv, CSV);
    for (const char *at = csv.p; (at = strstr(at, WHY_CSV)); at++)
        kept++;
    ck_assert_uint_eq(kept, 2);
    rt_buf_release(&csv);
}
END_TEST

START_TEST(a_crash_inside_a_rotation_is_taken_back)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr r = record(gw_cdr_next_seq(w));

    gw_cdr_open(w, &r);
    durable();
    kill_writer(w);
    rt_file_rename(JOURNAL, JOURNAL ".old");
    w = start(&both);
    ck_assert_uint_eq(gw_cdr_recovered(w), 1);
    ck_assert_uint_eq(rows_of(1), 1);
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(without_journal_the_csv_alone_is_written)
{
    const struct gw_cdr_plan csv_only = {.csv = CSV};
    const struct gw_cdr_plan none = {.journal = NULL};
    struct gw_cdr_writer *w = start(&csv_only);
    struct gw_cdr r = record(gw_cdr_next_seq(w));

    gw_cdr_open(w, &r);
    gw_cdr_close(w, &r);
    gw_cdr_writer_free(w);
    ck_assert_uint_eq(rows_of(1), 1);
    w = start(&none);
    gw_cdr_open(w, &r);
    gw_cdr_close(w, &r);
    gw_cdr_writer_free(w);
    ck_assert_uint_eq(rows_of(1), 1);
}
END_TEST

#define LINES "/log/cdr.json"

static unsigned lines_of(uint64_t seq)
{
    struct rt_buf text = {0};
    unsigned n = 0;

    read_file(&text, LINES);
    struct rt_str rest = rt_buf_str(&text);
    while (rest.n > 0) {
        struct rt_str line = rt_str_cut(&rest, '\n');
        json_t *json = json_loadb(line.p, line.n, 0, NULL);
        ck_assert(json_is_object(json));
        n += (uint64_t)json_integer_value(json_object_get(json, "seq")) == seq;
        json_decref(json);
    }
    rt_buf_release(&text);
    return n;
}

/** Whichever write or sync fails: each file has each record once in the end, also after a crash. */
START_TEST(lines_of_json_are_written_beside_the_csv)
{
    const struct gw_cdr_plan all = {.journal = "/cdr", .csv = CSV, .json = LINES};

    fake_reset();
    struct gw_cdr_writer *w = start(&all);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        struct gw_cdr r = record(gw_cdr_next_seq(w));
        gw_cdr_open(w, &r);
        durable();
        gw_cdr_close(w, &r);
        fake_advance(50 * RT_MS); /* it is written; its sync and what follows are to come */
        fake_files_fail((unsigned)_i, EIO);
        fake_advance(60 * RT_MS);
        fake_advance(20 * RT_S);
        ck_assert_uint_eq(rows_of(seq), 1);
        ck_assert_uint_eq(lines_of(seq), 1);
        fake_files_crash();
        kill_writer(w);
        w = start(&all);
        ck_assert_uint_eq(rows_of(seq), 1);
        ck_assert_uint_eq(lines_of(seq), 1);
    }
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(a_burst_is_one_batch_and_none_is_lost)
{
    struct gw_cdr_writer *w = start(&both);
    struct rt_buf journal = {0};

    for (unsigned i = 0; i < 500; i++) {
        struct gw_cdr r = record(gw_cdr_next_seq(w));
        gw_cdr_open(w, &r);
        gw_cdr_close(w, &r);
    }
    durable();
    read_file(&journal, JOURNAL);
    ck_assert_uint_eq(count_opened(rt_buf_str(&journal)), 500);
    ck_assert_uint_eq(count_closed(rt_buf_str(&journal)), 500);
    ck_assert_uint_eq(rows_of(500), 1);
    rt_buf_release(&journal);
    gw_cdr_writer_free(w);
}
END_TEST

/** Of the first one's times: written after 20 ms, durable after 100. The third comes after the
 * flush that the first began, before the writing that the second began, and rings no bell of its
 * own. */
START_TEST(a_record_between_flush_and_writing_waits_for_no_other)
{
    struct gw_cdr_writer *w = start(&both);
    static const unsigned before[] = {0, 85, 18};

    for (unsigned i = 0; i < RT_COUNT(before); i++) {
        struct gw_cdr r = record(gw_cdr_next_seq(w));
        fake_advance(before[i] * RT_MS);
        gw_cdr_close(w, &r);
        fake_settle();
    }
    fake_advance(110 * RT_MS);
    ck_assert_uint_eq(rows_of(3), 1);
    gw_cdr_writer_free(w);
}
END_TEST

START_TEST(a_journal_that_is_moved_is_begun_anew)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr one = record(1), two = record(2);

    gw_cdr_open(w, &one);
    fake_advance(RT_S);
    ck_assert_int_eq(rt_file_rename(JOURNAL, "/elsewhere/cdr.journal"), 0);
    gw_cdr_open(w, &two);
    gw_cdr_close(w, &two);
    fake_advance(RT_S);
    ck_assert_uint_eq(rows_of(2), 1);
    kill_writer(w);
    w = start(&both); /* the first, which is still open, is in the new journal too */
    ck_assert_uint_eq(gw_cdr_recovered(w), 1);
    gw_cdr_writer_free(w);
    ck_assert_uint_eq(rows_of(1), 1);
    ck_assert_uint_eq(rows_of(2), 1);
}
END_TEST

START_TEST(a_csv_that_is_moved_is_begun_anew)
{
    struct gw_cdr_writer *w = start(&both);
    struct gw_cdr one = record(1), two = record(2);
    struct rt_buf text = {0};

    gw_cdr_open(w, &one);
    gw_cdr_close(w, &one);
    fake_advance(RT_S);
    ck_assert_int_eq(rt_file_rename(CSV, "/log/cdr.csv.1"), 0);
    gw_cdr_open(w, &two);
    gw_cdr_close(w, &two);
    fake_advance(RT_S);
    gw_cdr_writer_free(w);
    ck_assert_uint_eq(rows_of(1), 0);
    ck_assert_uint_eq(rows_of(2), 1);
    read_file(&text, CSV);
    ck_assert_int_eq(strncmp(text.p, "call_id,", 8), 0);
    rt_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cdr");
    TCase *tc = tcase_create("cdr");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_journal_that_is_moved_is_begun_anew);
    tcase_add_test(tc, a_csv_that_is_moved_is_begun_anew);
    tcase_add_test(tc, json_has_the_fields_of_the_design);
    tcase_add_test(tc, csv_quotes_as_rfc_4180_asks);
    tcase_add_test(tc, csv_header_and_rows_have_as_many_fields);
    tcase_add_test(tc, a_record_is_exported_once_it_is_over);
    tcase_add_test(tc, what_was_left_open_is_closed_by_the_restart);
    tcase_add_test(tc, nothing_durable_is_nothing_happened);
    tcase_add_test(tc, no_crash_loses_or_doubles_a_record);
    tcase_add_test(tc, a_crash_at_every_sync_of_a_running_writer);
    tcase_add_test(tc, a_failing_disk_only_delays);
    tcase_add_test(tc, a_torn_last_line_is_cut);
    tcase_add_test(tc, rotation_carries_over_what_is_open);
    tcase_add_test(tc, no_journal_has_the_name_of_another);
    tcase_add_test(tc, what_is_carried_over_makes_no_journal_too_long);
    tcase_add_loop_test(tc, a_rotation_that_fails_loses_nothing, 0, 16);
    tcase_add_test(tc, an_explanation_goes_with_its_record);
    tcase_add_test(tc, a_crash_inside_a_rotation_is_taken_back);
    tcase_add_test(tc, without_journal_the_csv_alone_is_written);
    tcase_add_loop_test(tc, lines_of_json_are_written_beside_the_csv, 0, 12);
    tcase_add_test(tc, a_burst_is_one_batch_and_none_is_lost);
    tcase_add_test(tc, a_record_between_flush_and_writing_waits_for_no_other);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
