/* The writer of records: a thread that appends to the journal and makes it durable.
 *
 * The signalling thread pushes copies of records onto a stack that the writer takes whole, so that
 * it never waits for a disk. What came within WRITE_PACE is written at once, so that it outlives
 * the process; one fdatasync makes durable what came within SYNC_PACE. The other files, CSV and
 * JSON, follow the journal in a thread of their own (cdr_follow.c); the journal says how far they
 * are (a mark), so that after a crash each record is exported once.
 */
#include "gw/cdr_priv.h"
#include "gw/rt/chan.h"
#include "gw/rt/log.h"
#include "gw/rt/process.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define RETRY RT_S
/** A disk that has not answered for so long fails. */
#define PATIENCE (10 * RT_S)
/** What one write gathers: waking up for each record would cost more than writing it. */
#define WRITE_PACE (20 * RT_MS)
/** What one fdatasync gathers: more calls cost no more of them. */
#define SYNC_PACE   (100 * RT_MS)
#define ROTATE_SIZE (UINT64_C(64) << 20)

struct rt_counter gw_cdr_counters[GW_CDR_NCOUNTERS] = {
    [GW_CDR_WRITTEN] = {.name = "cdr_written_total", .help = "Lines made durable in the journal"},
    [GW_CDR_RECOVERED] = {.name = "cdr_recovered_total",
                          .help = "Records that a crash had left open, closed at the start"},
    [GW_CDR_EXPORTED] = {.name = "cdr_exported_total",
                         .help = "Records exported to the files beside the journal"},
    [GW_CDR_FAILURES] = {.name = "cdr_failures_total",
                         .help = "Failed attempts to write the journal or the files beside it"},
    [GW_CDR_DROPPED] = {.name = "cdr_dropped_total",
                        .help = "Records lost because the disk failed for too long"},
    [GW_CDR_UNREADABLE] = {.name = "cdr_unreadable_total",
                           .help = "Lines of the journal that could not be read at the start"},
};

/* ---- items ---- */

/** Without memory, what begins and ends is recorded all the same: so much may be on its way to the
 * disk at once. The kernel gives memory only for those that are ever used. */
#define RESERVE 1024
static struct gw_cdr_item reserve[RESERVE];
static atomic_bool reserve_used[RESERVE];

static struct gw_cdr_item *from_reserve(void)
{
    for (unsigned i = 0; i < RESERVE; i++)
        if (!atomic_exchange(&reserve_used[i], true))
            return &reserve[i];
    return NULL;
}

struct gw_cdr_item *gw_cdr_item_new(const struct gw_cdr *r, bool close)
{
    struct gw_cdr_item *item = malloc(sizeof *item);

    if (!item)
        item = from_reserve();
    if (!item)
        return NULL;
    item->r = *r;
    item->close = close;
    item->source = NULL;
    item->opening = NULL;
    item->explain = r->explain ? strdup(r->explain) : NULL;
    item->r.explain = item->explain; /* without memory for it the record goes without */
    return item;
}

void gw_cdr_item_free(struct gw_cdr_item *item)
{
    if (!item)
        return;
    json_decref(item->source);
    free(item->explain);
    if (item >= reserve && item < reserve + RESERVE)
        atomic_store(&reserve_used[item - reserve], false);
    else
        free(item);
}

void gw_cdr_items_free(struct gw_cdr_item **list)
{
    struct gw_cdr_item *item, *next;

    DL_FOREACH_SAFE(*list, item, next)
    gw_cdr_item_free(item);
    *list = NULL;
}

/* ---- the caller's side ---- */

/** Takes `item`; false: there is none, or too many wait. */
static bool push(struct gw_cdr_writer *w, struct gw_cdr_item *item)
{
    char ring = 1;

    if (!item || atomic_load(&w->queued) >= GW_CDR_QUEUE_MAX) {
        gw_cdr_item_free(item);
        rt_count(&gw_cdr_counters[GW_CDR_DROPPED]);
        return false;
    }
    atomic_fetch_add(&w->queued, 1);
    atomic_fetch_add(&w->opens, !item->close);
    item->next = atomic_load(&w->inbox);
    while (!atomic_compare_exchange_weak(&w->inbox, &item->next, item))
        continue;
    if (!atomic_exchange(&w->rung, true))
        (void)rt_chan_send(w->bell, &ring); /* full: it rings already */
    return true;
}

void gw_cdr_open(struct gw_cdr_writer *w, struct gw_cdr *r)
{
    r->opening = NULL;
    if (w->nowhere)
        return;
    struct gw_cdr_item *item = gw_cdr_item_new(r, false);
    if (push(w, item))
        r->opening = item;
}

void gw_cdr_close(struct gw_cdr_writer *w, struct gw_cdr *r)
{
    if (w->nowhere)
        return;
    struct gw_cdr_item *item = gw_cdr_item_new(r, true);
    if (item)
        item->opening = r->opening;
    r->opening = NULL;
    push(w, item);
}

uint64_t gw_cdr_next_seq(struct gw_cdr_writer *w)
{
    return w->next_seq++;
}

unsigned gw_cdr_recovered(const struct gw_cdr_writer *w)
{
    return w->recovered;
}

bool gw_cdr_failing(const struct gw_cdr_writer *w, unsigned *waiting)
{
    rt_time since = atomic_load(&w->follow.since);
    bool stuck = w->thread && rt_thread_stuck(w->thread, PATIENCE);

    *waiting = atomic_load(&w->queued);
    if (!w->journal_path && since != 0)
        stuck |= atomic_load(&w->follow.failing) || rt_now() - since >= PATIENCE;
    return atomic_load(&w->failing) || stuck;
}

bool gw_cdr_behind(const struct gw_cdr_writer *w, rt_time *since, uint64_t *octets)
{
    *since = atomic_load(&w->follow.since);
    *octets = atomic_load(&w->follow.behind);
    return w->journal_path && *since != 0 &&
           (atomic_load(&w->follow.failing) || rt_now() - *since >= PATIENCE);
}

/* ---- the writer's side ---- */

/** The stack has the newest on top; the batch is in the order of pushing. */
static void take_inbox(struct gw_cdr_writer *w)
{
    struct gw_cdr_item *item = atomic_exchange(&w->inbox, NULL), *taken = NULL;

    while (item) {
        struct gw_cdr_item *next = item->next;
        DL_PREPEND(taken, item);
        item = next;
    }
    if (!w->unwritten)
        w->unwritten = taken;
    if (taken)
        DL_CONCAT(w->batch, taken);
}

/** Opens the journal; one that was not there begins as one that follows another. */
static int reopen(struct gw_cdr_writer *w)
{
    if (w->journal)
        return 0;
    int err = gw_cdr_take_back(w);
    if (err == 0)
        err = rt_append_open(&w->journal, w->journal_path, 0640);
    if (err != 0)
        return err;
    w->journal_size = w->written_size = rt_append_size(w->journal);
    if (w->journal_size == 0) {
        gw_cdr_carry_over(&w->text, w);
        w->begun = w->seq_end;
        w->rotate_at = w->text.n + w->rotate_step;
        w->mark_due = false;
    }
    return 0;
}

/** Whoever moved the journal, or removed it, has what is in it: another one is begun, with the
 * records that are not over. Nothing that was written since the last fdatasync counts as written.
 */
static void leave_lost(struct gw_cdr_writer *w)
{
    if (!w->journal || rt_append_there(w->journal, w->journal_path))
        return;
    rt_count(&gw_cdr_counters[GW_CDR_FAILURES]);
    rt_log(RT_LOG_CDR, RT_ERROR, "%s: it was moved or removed; another is begun", w->journal_path);
    rt_append_close(w->journal);
    w->journal = NULL;
    w->journal_size = w->written_size = 0;
    w->rotate_at = w->rotate_step;
    w->closed = 0;
    w->segment = NULL; /* its records still go to the files: it is open there */
    w->unwritten = w->batch;
}

/** The lines of the batch that are not in the file yet, and the mark when one is due. */
static int write_journal(struct gw_cdr_writer *w)
{
    struct rt_buf *text = &w->text;
    struct gw_cdr_item *item;

    if (!w->journal_path)
        return 0;
    leave_lost(w);
    int err = reopen(w);
    if (w->mark_due)
        gw_cdr_mark(text, w);
    for (item = w->unwritten; item; item = item->next)
        gw_cdr_line(text, item);
    if (err == 0 && text->n > 0)
        err = gw_cdr_append(w->journal, &w->written_size, text);
    gw_cdr_empty_text(&w->text);
    if (err != 0)
        return err;
    w->unwritten = NULL;
    w->mark_due = false;
    return 0;
}

/** Makes durable what was written. A failure says nothing about what is on the disk: all of it is
 * written again. */
static int sync_journal(struct gw_cdr_writer *w)
{
    if (!w->journal || w->written_size == w->journal_size)
        return 0;
    int err = rt_append_sync(w->journal);
    if (err == 0) {
        w->journal_size = w->written_size;
        return 0;
    }
    w->written_size = w->journal_size;
    w->unwritten = w->batch;
    w->mark_due = true;
    return err;
}

void gw_cdr_settle(struct gw_cdr_writer *w, struct gw_cdr_item *item)
{
    if (item->r.seq >= w->seq_end)
        w->seq_end = item->r.seq + 1;
    if (item->opening) {
        DL_DELETE(w->open, item->opening);
        gw_cdr_item_free(item->opening);
        item->opening = NULL;
    }
    if (!item->close) {
        DL_APPEND(w->open, item);
    } else if (!w->journal_path) {
        DL_APPEND(w->rows, item);
    } else {
        w->closed++;
        gw_cdr_item_free(item);
    }
}

static void settle_batch(struct gw_cdr_writer *w)
{
    struct gw_cdr_item *item, *next;

    w->unwritten = NULL;
    DL_FOREACH_SAFE(w->batch, item, next)
    {
        if (w->journal_path)
            rt_count(&gw_cdr_counters[GW_CDR_WRITTEN]);
        DL_DELETE(w->batch, item);
        atomic_fetch_sub(&w->opens, !item->close);
        if (!item->close || w->journal_path)
            atomic_fetch_sub(&w->queued, 1);
        w->mark_due |= item->close; /* readers go by what a mark says is durable */
        gw_cdr_settle(w, item);
    }
}

/** Says the first failure and the recovery, not each attempt. */
static void report(struct gw_cdr_writer *w, const char *path, int err)
{
    if (err != 0) {
        rt_count(&gw_cdr_counters[GW_CDR_FAILURES]);
        if (!w->failing)
            rt_log(RT_LOG_CDR, RT_ERROR, "%s: %s; records wait in memory", path, strerror(err));
    } else if (w->failing) {
        rt_log(RT_LOG_CDR, RT_NOTICE, "records are written again");
    }
    w->failing = err != 0;
}

int gw_cdr_flush(struct gw_cdr_writer *w)
{
    /* before a file grows, a mark on the disk says how long it was */
    int err = w->unwritten || (w->mark_due && gw_cdr_follow_due(w)) ? write_journal(w) : 0;

    if (err == 0)
        err = sync_journal(w);
    if (err == 0) {
        settle_batch(w);
        err = gw_cdr_follow_durable(w);
    }
    if (err == 0 && w->journal && w->journal_size >= w->rotate_at && !gw_cdr_follow_full(w))
        err = gw_cdr_rotate(w);
    if (err == 0 && w->mark_due) /* now, not with the next record: readers wait for it */
        err = write_journal(w);
    report(w, w->journal_path, err);
    gw_cdr_follow(w);
    return err;
}

/** Writes what came, and the mark where it is due; the flush follows. While the disk fails its
 * timer sets the pace. */
static void write_on(struct gw_cdr_writer *w)
{
    if (w->failing)
        return;
    take_inbox(w);
    int err = write_journal(w);
    if (err != 0) {
        report(w, w->journal_path, err);
        rt_timer_start(&w->flush, RETRY);
    } else if (w->batch && !rt_timer_running(&w->flush)) {
        /* the flush that the bell started is over, and this came between it and now */
        rt_timer_start(&w->flush, SYNC_PACE);
    }
}

void gw_cdr_tell_progress(struct gw_cdr_writer *w)
{
    if (w->mark_due) /* with what came: on a slow disk no record waits for a mark */
        write_on(w);
}

static void on_bell(void *arg, const void *msg)
{
    struct gw_cdr_writer *w = arg;

    (void)msg;
    if (!rt_timer_running(&w->gather))
        rt_timer_start(&w->gather, WRITE_PACE);
    if (!rt_timer_running(&w->flush))
        rt_timer_start(&w->flush, SYNC_PACE);
}

static void on_gathered(void *arg)
{
    struct gw_cdr_writer *w = arg;

    atomic_store(&w->rung, false); /* what comes from here on rings again */
    if (atomic_load(&w->inbox))
        write_on(w);
}

static void on_flush(void *arg)
{
    struct gw_cdr_writer *w = arg;

    take_inbox(w);
    if (gw_cdr_flush(w) != 0)
        rt_timer_start(&w->flush, RETRY);
}

/* ---- life ---- */

static char *join(const char *dir, const char *name)
{
    struct rt_buf b = {0};

    rt_buf_printf(&b, "%s/%s", dir, name);
    return b.failed ? NULL : b.p;
}

static int take_paths(struct gw_cdr_writer *w, const struct gw_cdr_plan *plan)
{
    if (plan->journal) {
        w->journal_path = join(plan->journal, "cdr.journal");
        w->old_path = join(plan->journal, "cdr.journal.old");
        if (!w->journal_path || !w->old_path)
            return ENOMEM;
    }
    const char *const paths[] = {[GW_CDR_CSV] = plan->csv, [GW_CDR_JSON] = plan->json};
    for (unsigned i = 0; i < GW_CDR_NFORMS; i++) {
        w->follow.texts[i].path = paths[i] ? rt_str_dup(rt_str(paths[i])) : NULL;
        if (paths[i] && !w->follow.texts[i].path)
            return ENOMEM;
    }
    w->nowhere = !plan->journal && !gw_cdr_has_texts(w);
    return 0;
}

static int start_thread(struct gw_cdr_writer *w)
{
    int err = rt_loop_new(&w->loop, "cdr");

    if (err == 0)
        err = rt_chan_new(&w->bell, w->loop, sizeof(char), 4, on_bell, w);
    if (err != 0)
        return err;
    rt_timer_init(&w->flush, w->loop, on_flush, w);
    rt_timer_init(&w->gather, w->loop, on_gathered, w);
    err = gw_cdr_follow_start(w);
    if (err != 0)
        return err;
    if (gw_cdr_follow_due(w))
        rt_timer_start(&w->flush, 0);
    return rt_thread_start(&w->thread, w->loop);
}

static const char *first_path(const struct gw_cdr_plan *plan)
{
    return plan->journal ? plan->journal : plan->csv ? plan->csv : plan->json;
}

static int begin(struct gw_cdr_writer *w, const struct gw_cdr_plan *plan, const char **failed)
{
    int err = take_paths(w, plan);

    if (err != 0 || w->nowhere)
        return err;
    err = gw_cdr_recover(w, failed);
    w->unwritten = w->batch; /* the closings of what was left open */
    if (err == 0) {
        *failed = first_path(plan);
        err = gw_cdr_flush(w);
    }
    if (err == 0)
        err = start_thread(w);
    return err;
}

int gw_cdr_writer_new(struct gw_cdr_writer **out, const struct gw_cdr_plan *plan,
                      const char **failed)
{
    struct gw_cdr_writer *w = calloc(1, sizeof *w);

    *failed = first_path(plan);
    if (!w)
        return ENOMEM;
    w->seq_end = 1;
    w->mark_due = true;
    w->rotate_at = w->rotate_step = ROTATE_SIZE;
    gw_cdr_follow_init(w);
    int err = begin(w, plan, failed);
    if (err != 0) {
        gw_cdr_writer_free(w);
        return err;
    }
    w->next_seq = w->seq_end;
    rt_count_n(&gw_cdr_counters[GW_CDR_RECOVERED], w->recovered);
    if (w->recovered > 0)
        rt_log(RT_LOG_CDR, RT_NOTICE, "closed %u records that the last run left open",
               w->recovered);
    *out = w;
    return 0;
}

void gw_cdr_rotate_at(struct gw_cdr_writer *w, uint64_t octets)
{
    w->rotate_at = w->rotate_step = octets;
}

static void close_journal(struct gw_cdr_writer *w)
{
    rt_append_close(w->journal);
    w->journal = NULL;
}

/** The last that is written, in the thread: what came since the last ring, what the files lack, and
 * the mark. */
static void finish(void *arg)
{
    struct gw_cdr_writer *w = arg;

    rt_timer_stop(&w->flush);
    rt_timer_stop(&w->gather);
    take_inbox(w);
    int err = gw_cdr_flush(w);
    int behind = gw_cdr_follow_rest(w);
    if (err == 0 && w->mark_due)
        err = write_journal(w);
    if (err == 0)
        err = sync_journal(w);
    if (err == 0 && !w->journal_path)
        err = behind;
    if (err != 0)
        rt_log(RT_LOG_CDR, RT_ERROR, "%u records could not be written: %s",
               atomic_load(&w->queued) - atomic_load(&w->opens), strerror(err));
    close_journal(w);
}

/** At the end, of a thread that is left: without journal what it has is lost. */
static void say_left(struct gw_cdr_writer *w)
{
    unsigned n = atomic_load(&w->queued) - atomic_load(&w->opens);

    if (n > 0)
        rt_log(RT_LOG_CDR, RT_ERROR,
               "%u records could not be written: the disk of %s does not answer", n,
               w->journal_path ? w->journal_path : "the CSV or JSON file");
    else
        rt_log(RT_LOG_CDR, RT_ERROR,
               "the CSV or JSON file does not answer: the next start writes what it lacks");
}

void gw_cdr_writer_free(struct gw_cdr_writer *w)
{
    if (!w)
        return;
    bool followed = gw_cdr_follow_end(w); /* meanwhile the journal is still written */
    if (rt_thread_finish(w->thread, finish, w) != 0 || !followed) {
        say_left(w);
        return;
    }
    close_journal(w);
    gw_cdr_follow_release(w);
    gw_cdr_items_free(&w->batch);
    gw_cdr_items_free(&w->rows);
    HASH_CLEAR(hh, w->known);
    gw_cdr_items_free(&w->open);
    rt_buf_release(&w->text);
    rt_chan_free(w->bell);
    rt_loop_free(w->loop);
    free(w->journal_path);
    free(w->old_path);
    free(w);
}
