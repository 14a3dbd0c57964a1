/* The files of traces: blocks gather in the caller's loop and are handed over as a whole. */
#include "gw/trace_file.h"

#include "gw/rt/chan.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <utlist.h>

#define FLUSH_PACE (100 * RT_MS)
/** Octets that wait while the disk is slow; what comes beyond is dropped and counted. */
#define WAITING_MAX ((size_t)8 << 20)

struct rt_counter gw_trace_counters[GW_TRACE_NCOUNTERS] = {
    [GW_TRACE_FAILURES] = {.name = "trace_failures_total",
                           .help = "Failed attempts to write a trace's file"},
    [GW_TRACE_DROPPED] = {.name = "trace_dropped_total",
                          .help = "Packets that are missing in a trace: its disk or its client was "
                                  "too slow, or failed"},
};

struct gw_trace_file {
    struct gw_trace_files *files;
    char *path, *old;
    struct rt_buf waiting; /* the caller's loop gathers here */
    unsigned packets;
    size_t size; /* handed over since the file began */
    /* the writer's thread */
    struct rt_append *file;
    bool failing;
    struct gw_trace_file *prev, *next;
};

/** What goes to the writer. */
struct batch {
    struct gw_trace_file *file;
    struct rt_buf octets;
    unsigned packets;
    bool anew; /* the file is put aside first */
    struct batch *next;
};

struct gw_trace_files {
    struct rt_buf head;
    size_t limit;
    struct rt_timer flush;
    struct gw_trace_file *file;
    struct rt_loop *writer;
    struct rt_thread *thread;
    _Atomic(struct batch *) inbox; /* a stack, taken whole */
    atomic_size_t queued;          /* octets in it */
    struct rt_chan *bell;
};

/* ---- the writer's thread ---- */

/** Opens the file; one that has something in it is put aside. */
static int open_new(struct gw_trace_file *f)
{
    rt_append_close(f->file);
    f->file = NULL;
    int err = rt_append_open(&f->file, f->path, 0640);
    if (err != 0 || rt_append_size(f->file) == 0)
        return err;
    err = rt_file_rename(f->path, f->old);
    rt_append_close(f->file);
    f->file = NULL;
    return err != 0 ? err : rt_append_open(&f->file, f->path, 0640);
}

/** Says the first failure and the recovery, not each attempt. */
static void report(struct gw_trace_file *f, unsigned packets, int err)
{
    if (err != 0) {
        rt_count(&gw_trace_counters[GW_TRACE_FAILURES]);
        rt_count_n(&gw_trace_counters[GW_TRACE_DROPPED], packets);
        if (!f->failing)
            rt_log(RT_LOG_RT, RT_ERROR, "trace %s: %s; packets are dropped", f->path,
                   strerror(err));
    } else if (f->failing) {
        rt_log(RT_LOG_RT, RT_NOTICE, "trace %s: is written again", f->path);
    }
    f->failing = err != 0;
}

/** A failed write leaves the file as it was (rt_append_write): the next batch fits behind it. */
static void write_batch(struct batch *b)
{
    struct gw_trace_file *f = b->file;
    int err = b->anew || !f->file ? open_new(f) : 0;

    if (err == 0 && rt_append_size(f->file) == 0)
        err = rt_append_write(f->file, f->files->head.p, f->files->head.n);
    if (err == 0)
        err = rt_append_write(f->file, b->octets.p, b->octets.n);
    report(f, b->packets, err);
    rt_buf_release(&b->octets);
}

/** The stack has the newest on top. */
static void write_inbox(struct gw_trace_files *t)
{
    struct batch *b = atomic_exchange(&t->inbox, NULL), *ordered = NULL;

    while (b) {
        struct batch *next = b->next;
        LL_PREPEND(ordered, b);
        b = next;
    }
    while ((b = ordered) != NULL) {
        LL_DELETE(ordered, b);
        atomic_fetch_sub(&t->queued, b->octets.n);
        write_batch(b);
        free(b);
    }
}

/** The last batches, and the files are closed. */
static void write_last(void *arg)
{
    struct gw_trace_files *t = arg;
    struct gw_trace_file *f;

    write_inbox(t);
    DL_FOREACH(t->file, f)
    {
        rt_append_close(f->file);
        f->file = NULL;
    }
}

static void on_bell(void *arg, const void *msg)
{
    (void)msg;
    write_inbox(arg);
}

/* ---- the caller's loop ---- */

/** Hands over what waits. */
static void push(struct gw_trace_file *f)
{
    struct gw_trace_files *t = f->files;
    struct batch *b = f->waiting.n > 0 ? malloc(sizeof *b) : NULL;

    if (!b)
        return; /* nothing to do, or no memory: the next time */
    *b = (struct batch){.file = f, .octets = f->waiting, .packets = f->packets};
    b->anew = f->size >= t->limit;
    f->size = (b->anew ? 0 : f->size) + b->octets.n;
    f->waiting = (struct rt_buf){0};
    f->packets = 0;
    atomic_fetch_add(&t->queued, b->octets.n);
    b->next = atomic_load(&t->inbox);
    while (!atomic_compare_exchange_weak(&t->inbox, &b->next, b))
        continue;
}

static void on_flush(void *arg)
{
    struct gw_trace_files *t = arg;
    struct gw_trace_file *f;
    char ring = 1;

    DL_FOREACH(t->file, f)
    push(f);
    (void)rt_chan_send(t->bell, &ring); /* full: it rings already */
}

void gw_trace_file_put(struct gw_trace_file *f, struct rt_str block)
{
    if (f->waiting.n + atomic_load(&f->files->queued) + block.n <= WAITING_MAX)
        rt_buf_reserve(&f->waiting, block.n); /* all of it: half a block would spoil the rest */
    else
        f->waiting.failed = true;
    if (f->waiting.failed) {
        f->waiting.failed = false;
        rt_count(&gw_trace_counters[GW_TRACE_DROPPED]);
        return;
    }
    rt_buf_put(&f->waiting, block.p, block.n);
    f->packets++;
    if (!rt_timer_running(&f->files->flush))
        rt_timer_start(&f->files->flush, FLUSH_PACE);
}

/* ---- life ---- */

void gw_trace_files_limit(struct gw_trace_files *t, size_t octets)
{
    t->limit = octets;
}

static void file_free(struct gw_trace_file *f)
{
    rt_append_close(f->file);
    rt_buf_release(&f->waiting);
    free(f->path);
    free(f->old);
    free(f);
}

int gw_trace_file_open(struct gw_trace_file **out, struct gw_trace_files *t, const char *path)
{
    struct gw_trace_file *f;
    struct rt_buf old = {0};

    DL_FOREACH(t->file, f)
    if (strcmp(f->path, path) == 0) {
        *out = f;
        return 0;
    }
    f = calloc(1, sizeof *f);
    if (!f)
        return ENOMEM;
    f->files = t;
    f->path = rt_str_dup(rt_str(path));
    rt_buf_printf(&old, "%s.old", path);
    f->old = old.p;
    int err = f->path && !old.failed ? open_new(f) : ENOMEM;
    if (err == 0)
        err = rt_append_write(f->file, t->head.p, t->head.n);
    if (err != 0) {
        file_free(f);
        return err;
    }
    DL_APPEND(t->file, f);
    *out = f;
    return 0;
}

static int start(struct gw_trace_files *t)
{
    int err = rt_loop_new(&t->writer, "trace");

    if (err == 0)
        err = rt_chan_new(&t->bell, t->writer, sizeof(char), 4, on_bell, t);
    if (err == 0)
        err = rt_thread_start(&t->thread, t->writer);
    return err;
}

int gw_trace_files_new(struct gw_trace_files **out, struct rt_loop *loop, struct rt_buf *head)
{
    struct gw_trace_files *t = head->failed ? NULL : calloc(1, sizeof *t);

    if (!t)
        return ENOMEM;
    t->limit = GW_TRACE_FILE_MAX;
    t->head = *head;
    *head = (struct rt_buf){0};
    rt_timer_init(&t->flush, loop, on_flush, t);
    int err = start(t);
    if (err != 0) {
        gw_trace_files_free(t);
        return err;
    }
    *out = t;
    return 0;
}

void gw_trace_files_free(struct gw_trace_files *t)
{
    struct gw_trace_file *f, *next;

    if (!t)
        return;
    rt_timer_stop(&t->flush);
    DL_FOREACH(t->file, f)
    push(f);
    if (rt_thread_finish(t->thread, write_last, t) != 0) {
        rt_log(RT_LOG_RT, RT_ERROR, "traces: the disk does not answer: %zu octets are lost",
               atomic_load(&t->queued));
        return;
    }
    DL_FOREACH_SAFE(t->file, f, next)
    file_free(f);
    rt_chan_free(t->bell);
    rt_loop_free(t->writer);
    rt_buf_release(&t->head);
    free(t);
}
