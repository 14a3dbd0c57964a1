/* What follows the journal: the CSV and the file of JSON lines, whose disks may be slower than the
 * journal's, full, or silent. A thread of their own reads on in the journal, no further than that
 * is durable, and brings the closed records to them, a piece at a time; so however far they are
 * behind costs no memory, and the journal never waits. Without journal it is handed the records.
 *
 * The writer's thread keeps the books: which journals are due (cdr_segments.c), how far they are
 * followed. The thread has the files and a piece; each struct says whose its members are.
 */
#include "gw/cdr_priv.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define RETRY RT_S
/** Octets of the journal that are read at once, and records that are written at once. */
#define CHUNK    ((size_t)256 << 10)
#define ROWS_MAX 500
/** A line that cannot be read is damaged, or memory is short: after so many attempts, damaged. */
#define ATTEMPTS 5

/* ---- in the thread ---- */

/** A closed record; EAGAIN: it is to be tried again. */
static int read_closed(struct gw_cdr_follow *f, struct rt_str line)
{
    struct gw_cdr_item *item = NULL;
    json_t *root = json_loadb(line.p, line.n, 0, NULL);
    json_t *record = json_object_get(root, "close");
    int err = record ? gw_cdr_item_read(&item, record, true) : EBADMSG;

    json_decref(root);
    if (err != 0 && (f->rows || ++f->attempts < ATTEMPTS))
        return EAGAIN;
    f->attempts = 0;
    if (err == 0) {
        DL_APPEND(f->rows, item);
        return 0;
    }
    rt_count(&gw_cdr_counters[GW_CDR_UNREADABLE]);
    rt_log(RT_LOG_CDR, RT_WARN, "%s: a line of %zu octets is no record", f->failed, line.n);
    return 0;
}

static bool is_closed(struct rt_str line)
{
    size_t n = strlen(GW_CDR_CLOSE);
    return line.n > n && memcmp(line.p, GW_CDR_CLOSE, n) == 0;
}

static int read_lines(struct gw_cdr_follow *f, struct rt_str text)
{
    unsigned n = 0;

    while (text.n > 0 && n < ROWS_MAX) {
        struct rt_str line = rt_str_cut(&text, '\n');
        bool closed = is_closed(line), wanted = closed && f->counted >= f->skip;
        int err = wanted ? read_closed(f, line) : 0;
        if (err != 0)
            return f->rows ? 0 : err;
        n += wanted;
        f->counted += closed;
        f->to += line.n + 1;
    }
    return 0;
}

/** At least a whole line of the journal, where there is one. */
static int fetch(struct gw_cdr_follow *f, struct rt_str *out)
{
    size_t got;

    *out = (struct rt_str){"", 0};
    for (size_t want = CHUNK;; want *= 2) {
        size_t len = f->until - f->at < want ? (size_t)(f->until - f->at) : want;
        rt_buf_reset(&f->journal);
        rt_buf_reserve(&f->journal, len);
        if (f->journal.failed) {
            rt_buf_release(&f->journal);
            return ENOMEM;
        }
        int err = rt_file_read_at(f->file, f->at, f->journal.p, len, &got);
        if (err != 0)
            return err;
        const char *end = got > 0 ? memrchr(f->journal.p, '\n', got) : NULL;
        if (end)
            *out = (struct rt_str){f->journal.p, (size_t)(end - f->journal.p) + 1};
        if (end || got < want)
            return 0;
    }
}

/** The next closed records, none or some. */
static int read_rows(struct gw_cdr_follow *f)
{
    struct rt_str text;

    f->to = f->at;
    f->counted = f->closed;
    f->failed = f->writer->journal_path;
    int err = fetch(f, &text);
    if (err == 0 && text.n == 0)
        f->to = f->until; /* somebody has cut it short */
    if (err == 0)
        err = read_lines(f, text);
    gw_cdr_empty_text(&f->journal);
    return err;
}

/** One piece. What has been read stays until it is written. */
static void bring(struct gw_cdr_follow *f)
{
    struct gw_cdr_item *item;
    unsigned n;

    f->err = !f->rows && f->file ? read_rows(f) : 0;
    DL_COUNT(f->rows, item, n);
    if (f->err == 0 && n > 0)
        f->err = gw_cdr_write_texts(f);
    if (f->err != 0)
        return;
    gw_cdr_items_free(&f->rows);
    f->written += n;
    f->at = f->to;
    f->closed = f->counted;
}

static void work(struct gw_aside_job *job)
{
    bring((struct gw_cdr_follow *)job);
}

/* ---- the writer's books ---- */

bool gw_cdr_has_texts(const struct gw_cdr_writer *w)
{
    return w->follow.texts[GW_CDR_CSV].path || w->follow.texts[GW_CDR_JSON].path;
}

bool gw_cdr_follow_due(const struct gw_cdr_writer *w)
{
    const struct gw_cdr_segment *s = w->follow.segments;

    return w->follow.busy || w->rows || w->follow.rows || (s && (s->next || s->at < s->durable));
}

void gw_cdr_follow_place(const struct gw_cdr_writer *w, bool fresh, uint64_t *exported,
                         uint64_t *of)
{
    const struct gw_cdr_segment *s = w->follow.segments;
    bool all = !s || (!s->next && s->at == s->durable);

    *exported = *of = 0;
    if (!gw_cdr_has_texts(w)) {
        *exported = fresh ? 0 : w->closed;
    } else if (!(all && (fresh || s != w->segment)) && s) {
        *exported = s->closed > s->skip ? s->closed : s->skip;
        *of = fresh || s != w->segment ? s->begun : 0;
    }
}

int gw_cdr_follow_durable(struct gw_cdr_writer *w)
{
    int err = 0;

    if (!w->journal || !gw_cdr_has_texts(w))
        return 0;
    if (!w->segment)
        err = gw_cdr_segment_add(&w->segment, &w->follow, w->journal_path, w->begun);
    if (err == 0)
        w->segment->durable = w->journal_size;
    return err;
}

/** Takes what the thread has done. */
static void collect(struct gw_cdr_writer *w)
{
    struct gw_cdr_follow *f = &w->follow;
    uint64_t n = f->written - f->collected;

    if (f->file) {
        f->segments->at = f->at;
        f->segments->closed = f->closed;
    } else {
        atomic_fetch_sub(&w->queued, (unsigned)n);
    }
    for (unsigned i = 0; i < GW_CDR_NFORMS; i++)
        f->texts[i].marked = f->texts[i].size;
    rt_count_n(&gw_cdr_counters[GW_CDR_EXPORTED], n);
    f->collected = f->written;
    w->mark_due |= n > 0;
}

/** Leaves the journals that are followed to their end, but for the one that is written. */
static void leave_done(struct gw_cdr_writer *w)
{
    struct gw_cdr_follow *f = &w->follow;

    while (f->segments && f->segments != w->segment && f->segments->at == f->segments->durable) {
        gw_cdr_segment_drop(f, f->segments);
        w->mark_due = true;
    }
}

/** Since when the files lack something, and how much. */
static void note_lag(struct gw_cdr_writer *w)
{
    struct gw_cdr_follow *f = &w->follow;
    const struct gw_cdr_segment *s;
    uint64_t behind = 0;

    DL_FOREACH(f->segments, s)
    behind += s->durable - s->at;
    atomic_store(&f->behind, behind);
    if (!gw_cdr_follow_due(w)) {
        f->goal = NULL;
        atomic_store(&f->since, 0);
    } else if (atomic_load(&f->since) == 0 ||
               (f->segments &&
                (!f->goal || (f->goal == f->segments && f->segments->at >= f->goal_size)))) {
        f->goal = f->segments ? f->segments->prev : NULL; /* the last */
        f->goal_size = f->goal ? f->goal->durable : 0;
        atomic_store(&f->since, rt_now());
    }
}

/** Says the first failure and the recovery, not each attempt. */
static void report(struct gw_cdr_writer *w)
{
    struct gw_cdr_follow *f = &w->follow;

    if (f->err != 0) {
        rt_count(&gw_cdr_counters[GW_CDR_FAILURES]);
        if (!f->failing)
            rt_log(RT_LOG_CDR, RT_ERROR, "%s: %s; records wait in %s", f->failed, strerror(f->err),
                   w->journal_path ? "the journal" : "memory");
    } else if (f->failing) {
        rt_log(RT_LOG_CDR, RT_NOTICE, "the files beside the journal are written again");
    }
    f->failing = f->err != 0;
}

/** Hands over a piece; false: there is none. */
static bool prepare(struct gw_cdr_writer *w)
{
    struct gw_cdr_follow *f = &w->follow;
    struct gw_cdr_segment *s;

    leave_done(w);
    note_lag(w);
    s = f->segments;
    if (f->rows)
        return true;
    if (w->rows) {
        f->rows = w->rows;
        w->rows = NULL;
        atomic_store(&f->since, rt_now()); /* those before are there */
        return true;
    }
    if (!s || s->at == s->durable)
        return false;
    f->file = s->file;
    f->at = s->at;
    f->until = s->durable;
    f->closed = s->closed;
    f->skip = s->skip;
    return true;
}

/* ---- in the writer's thread ---- */

void gw_cdr_follow(struct gw_cdr_writer *w)
{
    struct gw_cdr_follow *f = &w->follow;

    if (!f->aside || f->busy || rt_timer_running(&f->again) || !prepare(w))
        return;
    f->busy = true;
    gw_aside_do(f->aside, &f->job);
}

static void on_done(struct gw_aside_job *job)
{
    struct gw_cdr_follow *f = (struct gw_cdr_follow *)job;
    struct gw_cdr_writer *w = f->writer;

    f->busy = false;
    report(w);
    if (f->err != 0) {
        rt_timer_start(&f->again, RETRY);
        return;
    }
    collect(w);
    leave_done(w);
    note_lag(w);
    gw_cdr_tell_progress(w);
    gw_cdr_follow(w);
}

static void on_again(void *arg)
{
    gw_cdr_follow(arg);
}

/** It is a part of the writer. */
static void drop(struct gw_aside_job *job)
{
    (void)job;
}

/* ---- life ---- */

void gw_cdr_follow_init(struct gw_cdr_writer *w)
{
    w->follow.writer = w;
    w->follow.job = (struct gw_aside_job){.work = work, .done = on_done, .drop = drop};
}

int gw_cdr_follow_start(struct gw_cdr_writer *w)
{
    rt_timer_init(&w->follow.again, w->loop, on_again, w);
    return gw_cdr_has_texts(w) ? gw_aside_files(&w->follow.aside, w->loop, "cdr-files") : 0;
}

bool gw_cdr_follow_end(struct gw_cdr_writer *w)
{
    w->follow.left = w->follow.aside && gw_aside_end(w->follow.aside) != 0;
    return !w->follow.left;
}

int gw_cdr_follow_rest(struct gw_cdr_writer *w)
{
    struct gw_cdr_follow *f = &w->follow;

    rt_timer_stop(&f->again);
    if (f->left || !f->aside)
        return 0;
    if (f->busy)
        collect(w); /* it may have been done, and not been said */
    f->err = 0;
    while (f->err == 0 && prepare(w)) {
        bring(f);
        if (f->err == 0)
            collect(w);
    }
    report(w);
    for (unsigned i = 0; i < GW_CDR_NFORMS; i++) {
        rt_append_close(f->texts[i].file);
        f->texts[i].file = NULL;
    }
    return f->err;
}

void gw_cdr_follow_release(struct gw_cdr_writer *w)
{
    struct gw_cdr_follow *f = &w->follow;

    gw_aside_free(f->aside);
    while (f->segments)
        gw_cdr_segment_drop(f, f->segments);
    gw_cdr_items_free(&f->rows);
    rt_buf_release(&f->journal);
    rt_buf_release(&f->out);
    for (unsigned i = 0; i < GW_CDR_NFORMS; i++) {
        rt_append_close(f->texts[i].file);
        free(f->texts[i].path);
    }
}
