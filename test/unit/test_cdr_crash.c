/* The machine dies at every single step that the writer of records asks of the disk, and in the
 * middle of every write: no record that was durable is lost, none is there twice, every line is
 * whole, no sequence number is given out again.
 */
#include "gw/cdr_priv.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define JOURNAL "/cdr/cdr.journal"
#define CSV     "/log/cdr.csv"
#define JSON    "/log/cdr.json"
#define CALLS   40
#define MORE    3
#define SEQ_MAX 256
/** The journal rotates twice, while calls are open. */
#define ROTATE_AT ((uint64_t)100 << 10)

static const struct gw_cdr_plan plan = {.journal = "/cdr", .csv = CSV, .json = JSON};

/** What the workload knows of a sequence number. */
static struct {
    char call_id[GW_CALL_ID_LEN];
    unsigned attempt;
    bool given;
    bool durable;                /**< its opening, or its closing, was on the disk in time */
    unsigned journal, csv, json; /**< closings found */
    struct gw_cdr_item *opening; /**< the writer's, for its closing */
} record[SEQ_MAX];

static struct gw_cdr_writer *writer;
static unsigned tried, lost, doubled;
/** The disk of the CSV does not answer from one call to another: the journal rotates meanwhile. */
static bool hangs;
#define HANGS_FROM 5
#define HANGS_TO   35
static uint64_t given; /* the highest number so far */

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg, (void)sub, (void)level, (void)line;
}

/* ---- the workload ---- */

static void start_writer(void)
{
    const char *failed = NULL;

    ck_assert_int_eq(gw_cdr_writer_new(&writer, &plan, &failed), 0);
    gw_cdr_rotate_at(writer, ROTATE_AT);
}

static struct gw_cdr about(uint64_t seq)
{
    struct gw_cdr r = {.seq = seq,
                       .attempt = record[seq].attempt,
                       .presentation = "allowed",
                       .codec_a = "PCMA",
                       .codec_b = "PCMA",
                       .start_time = rt_wall()};

    strcpy(r.call_id, record[seq].call_id);
    strcpy(r.called_in, "+4930901820");
    return r;
}

static uint64_t open_record(unsigned call, unsigned attempt)
{
    uint64_t seq = gw_cdr_next_seq(writer);

    ck_assert_uint_lt(seq, SEQ_MAX);
    /* one that never reached the disk may come again: then no file has the first */
    ck_assert_msg(!record[seq].durable, "number %u was given out again", (unsigned)seq);
    snprintf(record[seq].call_id, sizeof record[seq].call_id, "%032u", call);
    record[seq].attempt = attempt;
    record[seq].given = true;
    given = seq > given ? seq : given;
    struct gw_cdr r = about(seq);
    gw_cdr_open(writer, &r);
    record[seq].opening = r.opening;
    return seq;
}

static void close_record(uint64_t seq)
{
    struct gw_cdr r = about(seq);

    r.opening = record[seq].opening;
    r.end_time = rt_wall();
    r.cause = (struct gw_cause){.q850 = 16, .by = GW_BY_CALLER};
    gw_cdr_close(writer, &r);
}

/** What the writer holds to be on the disk: all but what it has yet to make durable. */
static void acknowledge(void)
{
    const struct gw_cdr_item *item;

    for (uint64_t i = 1; i <= given; i++)
        record[i].durable = record[i].given;
    for (item = atomic_load(&writer->inbox); item; item = item->next)
        if (!item->close)
            record[item->r.seq].durable = false;
    DL_FOREACH(writer->batch, item)
    if (!item->close)
        record[item->r.seq].durable = false;
}

/** Calls of one to three attempts that overlap: each ends six calls after it began. */
static void work(unsigned first, unsigned calls)
{
    uint64_t seq[CALLS + MORE][4] = {{0}};

    for (unsigned i = 0; i < calls + 6 && !fake_disk_died(); i++) {
        if (hangs && (i == HANGS_FROM || i == HANGS_TO))
            fake_disk_hang(i == HANGS_FROM ? "/log" : NULL);
        for (unsigned a = 0; i < calls && a <= 1 + i % 3; a++)
            seq[i][a] = open_record(first + i, a);
        fake_advance(30 * RT_MS);
        for (unsigned a = 4; i >= 6 && a-- > 0;)
            if (seq[i - 6][a] != 0)
                close_record(seq[i - 6][a]);
        fake_advance(i % 4 * 30 * RT_MS);
    }
    fake_disk_hang(NULL);
    fake_advance(2 * RT_S);
}

/* ---- what is there afterwards ---- */

static unsigned *count_of(uint64_t seq, const char *path)
{
    if (seq == 0 || seq >= SEQ_MAX || !record[seq].given)
        ck_abort_msg("%s: number %u was never given out", path, (unsigned)seq);
    return strcmp(path, CSV) == 0    ? &record[seq].csv
           : strcmp(path, JSON) == 0 ? &record[seq].json
                                     : &record[seq].journal;
}

static void is_the_record(uint64_t seq, const json_t *r, const char *path)
{
    const char *id = json_string_value(json_object_get(r, "call_id"));

    (void)count_of(seq, path);
    if (!id || strcmp(id, record[seq].call_id) != 0 ||
        (unsigned)json_integer_value(json_object_get(r, "attempt")) != record[seq].attempt)
        ck_abort_msg("%s: number %u is another record", path, (unsigned)seq);
}

static void read_journal_line(struct rt_str line, const char *path)
{
    json_t *root = json_loadb(line.p, line.n, 0, NULL);
    const json_t *open = json_object_get(root, "open"), *close = json_object_get(root, "close");
    const json_t *r = open ? open : close;
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(r, "seq"));

    if (!root || (!r && !json_object_get(root, "mark")))
        ck_abort_msg("%s: no line: %.*s", path, RT_STR(line));
    if (r)
        is_the_record(seq, r, path);
    if (close)
        ++*count_of(seq, path);
    json_decref(root);
}

static void read_json_line(struct rt_str line, const char *path)
{
    json_t *r = json_loadb(line.p, line.n, 0, NULL);
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(r, "seq"));

    if (!r)
        ck_abort_msg("%s: no line: %.*s", path, RT_STR(line));
    is_the_record(seq, r, path);
    ++*count_of(seq, path);
    json_decref(r);
}

static unsigned fields(struct rt_str line)
{
    unsigned n = 1;

    for (size_t i = 0; i < line.n; i++)
        n += line.p[i] == ',';
    return n;
}

static void read_csv_line(struct rt_str line, const char *path)
{
    struct rt_str all = line;
    uint64_t seq = 0, attempt = 0;

    if (line.n == 0 || line.p[line.n - 1] != '\r' || fields(line) != gw_cdr_nfields())
        ck_abort_msg("%s: no line: %.*s", path, RT_STR(line));
    struct rt_str id = rt_str_cut(&line, ',');
    if (rt_str_eq(id, "call_id"))
        return;
    if (rt_str_u64(&seq, rt_str_cut(&line, ','), SEQ_MAX) != 0 ||
        rt_str_u64(&attempt, rt_str_cut(&line, ','), 9) != 0)
        ck_abort_msg("%s: no line: %.*s", path, RT_STR(all));
    ++*count_of(seq, path);
    if (!rt_str_eq(id, record[seq].call_id) || attempt != record[seq].attempt)
        ck_abort_msg("%s: number %u is another record", path, (unsigned)seq);
}

static void read_lines(const char *path, void (*fn)(struct rt_str line, const char *path))
{
    struct rt_buf text = {0};

    ck_assert_int_eq(rt_file_read(&text, path, SIZE_MAX), 0);
    struct rt_str rest = rt_buf_str(&text);
    if (rest.n > 0 && rest.p[rest.n - 1] != '\n')
        ck_abort_msg("%s: its last line is torn", path);
    while (rest.n > 0)
        fn(rt_str_cut(&rest, '\n'), path);
    rt_buf_release(&text);
}

static int one_journal(void *arg, const char *path)
{
    (void)arg;
    read_lines(path, read_journal_line);
    return 0;
}

/** All journals together, those put aside too. */
static void read_all(void)
{
    ck_assert_int_eq(rt_glob(JOURNAL "*", one_journal, NULL), 0);
    read_lines(CSV, read_csv_line);
    read_lines(JSON, read_json_line);
}

static void judge(uint64_t step, size_t kept, bool synced_only)
{
    for (uint64_t i = 1; i <= given; i++) {
        unsigned most = record[i].journal, least = record[i].journal;
        const unsigned counts[] = {record[i].csv, record[i].json};
        for (unsigned k = 0; k < RT_COUNT(counts); k++) {
            most = counts[k] > most ? counts[k] : most;
            least = counts[k] < least ? counts[k] : least;
        }
        doubled += most > 1;
        lost += record[i].durable && least == 0;
        if (most > 1 || (record[i].durable && least == 0) || most != least)
            ck_abort_msg("died at step %u after %zu octets, %s: record %u is %u, %u, %u times in "
                         "journal, CSV, JSON",
                         (unsigned)step, kept, synced_only ? "unsynced lost" : "unsynced kept",
                         (unsigned)i, record[i].journal, record[i].csv, record[i].json);
    }
}

/* ---- one death ---- */

static void begin(void)
{
    fake_reset();
    rt_log_sink(quiet, NULL);
    memset(record, 0, sizeof record);
    given = 0;
    writer = NULL;
}

/** Nothing that the process still does reaches the disk, so it may as well end in order. */
static void die(bool synced_only)
{
    acknowledge();
    gw_cdr_writer_free(writer);
    if (synced_only)
        fake_files_crash();
}

/** The writer runs, and the machine dies at that step. How many octets the write has that it dies
 * in; 0: it is none. */
static size_t try_once(uint64_t step, size_t kept, bool synced_only)
{
    const char *failed = NULL;

    begin();
    fake_disk_die_at(step, kept);
    if (gw_cdr_writer_new(&writer, &plan, &failed) == 0) {
        gw_cdr_rotate_at(writer, ROTATE_AT);
        work(1, CALLS);
        die(synced_only);
    }
    if (!fake_disk_died())
        ck_abort_msg("step %u never came", (unsigned)step);
    size_t len = fake_disk_torn();
    fake_disk_die_at(0, 0);
    start_writer();
    work(1000, MORE);
    gw_cdr_writer_free(writer);
    read_all();
    judge(step, kept, synced_only);
    tried++;
    return len;
}

/** Of a write nothing, half, or all but one octet is made. */
static void try_step(uint64_t step, bool synced_only)
{
    size_t len = try_once(step, 0, synced_only);

    if (len == 0 || synced_only) /* what a write leaves is not synced */
        return;
    try_once(step, len / 2, false);
    try_once(step, len - 1, false);
}

START_TEST(no_death_of_the_machine_loses_or_doubles_a_record)
{
    hangs = _i == 1;
    tried = 0;
    begin();
    start_writer();
    work(1, CALLS);
    acknowledge();
    gw_cdr_writer_free(writer);
    uint64_t steps = fake_disk_steps();
    read_all();
    judge(0, 0, false);
    ck_assert_uint_gt(steps, 100);
    for (uint64_t n = 1; n <= steps; n++) {
        try_step(n, false);
        try_step(n, true);
    }
    printf("%sjournal crash points %u, records lost %u, doubled %u\n", hangs ? "CSV hangs: " : "",
           tried, lost, doubled);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("cdr crash");
    TCase *t = tcase_create("every step");

    tcase_set_timeout(t, 600); /* seconds; on a busy machine its ten take longer */
    tcase_add_loop_test(t, no_death_of_the_machine_loses_or_doubles_a_record, 0, 2);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    rt_log_sink(NULL, NULL);
    return failed != 0;
}
