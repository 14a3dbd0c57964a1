/* The audit log: the signalling thread keeps entries and makes lines of them; a thread of its own
 * appends those to the file and makes them durable.
 */
#include "gw/audit.h"

#include "gw/cdr.h"
#include "gw/rt/chan.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"
#include "gw/rt/process.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define FILE_MODE 0640
#define RETRY     RT_S
/** A disk that has not answered for so long fails. */
#define PATIENCE (10 * RT_S)
/** Octets that wait for a disk that fails; beyond it lines are lost to the file, and counted. */
#define WAITING_MAX ((size_t)16 << 20)

struct rt_counter gw_audit_counters[GW_AUDIT_NCOUNTERS] = {
    [GW_AUDIT_ENTRIES] = {.name = "audit_entries_total", .help = "Entries of the audit log"},
    [GW_AUDIT_FAILURES] = {.name = "audit_failures_total",
                           .help = "Failed attempts to write the audit log, and lines that were "
                                   "lost to its file"},
};

/** A line on its way to the writer. */
struct line {
    struct rt_buf text;
    struct line *next;
};

struct gw_audit {
    struct gw_audit_entry kept[GW_AUDIT_KEPT]; /* a ring */
    unsigned count, newest;
    char *path;                   /* NULL: memory only */
    _Atomic(struct line *) inbox; /* a stack, taken whole */
    atomic_bool failing;
    atomic_uint unwritten; /* lines that are not known to be on the disk */
    struct rt_chan *bell;
    struct rt_loop *writer;
    struct rt_thread *thread;
    /* the writer's */
    struct rt_append *file;
    uint64_t size;         /* of the file, of what is known to be on the disk */
    struct rt_buf waiting; /* not on the disk yet */
    unsigned nwaiting;     /* lines in it */
    struct rt_timer retry;
};

/* ---- the writer's thread ---- */

static void gather(struct gw_audit *a, struct line *l)
{
    bool lost = a->waiting.n + l->text.n > WAITING_MAX;

    if (!lost) {
        rt_buf_put(&a->waiting, l->text.p, l->text.n);
        lost = a->waiting.failed; /* no memory: this line is lost, the next may fit */
        a->waiting.failed = false;
    }
    if (lost) {
        rt_count(&gw_audit_counters[GW_AUDIT_FAILURES]);
        atomic_fetch_sub(&a->unwritten, 1);
    } else {
        a->nwaiting++;
    }
    rt_buf_release(&l->text);
    free(l);
}

/** The stack has the newest on top. */
static void take_inbox(struct gw_audit *a)
{
    struct line *l = atomic_exchange(&a->inbox, NULL), *ordered = NULL;

    while (l) {
        struct line *next = l->next;
        LL_PREPEND(ordered, l);
        l = next;
    }
    while ((l = ordered) != NULL) {
        LL_DELETE(ordered, l);
        gather(a, l);
    }
}

/** Appends what waits; what a failure left is cut off by the next attempt. */
static int write_waiting(struct gw_audit *a)
{
    int err = 0;

    if (a->waiting.n == 0)
        return 0;
    if (rt_append_size(a->file) != a->size)
        err = rt_append_truncate(a->file, a->size);
    if (err == 0)
        err = rt_append_write(a->file, a->waiting.p, a->waiting.n);
    if (err == 0)
        err = rt_append_sync(a->file);
    if (err != 0)
        return err;
    a->size = rt_append_size(a->file);
    rt_buf_reset(&a->waiting);
    atomic_fetch_sub(&a->unwritten, a->nwaiting);
    a->nwaiting = 0;
    return 0;
}

/** Says the first failure and the recovery, not each attempt. */
static void report(struct gw_audit *a, int err)
{
    bool was = atomic_exchange(&a->failing, err != 0);

    if (err != 0)
        rt_count(&gw_audit_counters[GW_AUDIT_FAILURES]);
    if (err != 0 && !was)
        rt_log(RT_LOG_ADMIN, RT_ERROR, "audit %s: %s; entries wait in memory", a->path,
               strerror(err));
    else if (err == 0 && was)
        rt_log(RT_LOG_ADMIN, RT_NOTICE, "audit %s: is written again", a->path);
}

static void flush(void *arg)
{
    struct gw_audit *a = arg;

    take_inbox(a);
    int err = write_waiting(a);
    report(a, err);
    if (err != 0)
        rt_timer_start(&a->retry, RETRY);
}

static void write_last(void *arg)
{
    struct gw_audit *a = arg;

    rt_timer_stop(&a->retry);
    take_inbox(a);
    report(a, write_waiting(a));
    rt_append_close(a->file);
    a->file = NULL;
}

static void on_bell(void *arg, const void *msg)
{
    const struct gw_audit *a = arg;

    (void)msg;
    if (!rt_timer_running(&a->retry)) /* while the disk fails it sets the pace */
        flush(arg);
}

/* ---- the signalling thread ---- */

static void push(struct gw_audit *a, const struct gw_audit_entry *e)
{
    struct line *l = a->path ? calloc(1, sizeof *l) : NULL;
    char ring = 1;

    if (!l)
        return;
    gw_audit_json(&l->text, e);
    rt_buf_puts(&l->text, "\n");
    if (l->text.failed) {
        rt_count(&gw_audit_counters[GW_AUDIT_FAILURES]);
        rt_buf_release(&l->text);
        free(l);
        return;
    }
    atomic_fetch_add(&a->unwritten, 1);
    l->next = atomic_load(&a->inbox);
    while (!atomic_compare_exchange_weak(&a->inbox, &l->next, l))
        continue;
    (void)rt_chan_send(a->bell, &ring); /* full: it rings already */
}

void gw_audit_json(struct rt_buf *out, const struct gw_audit_entry *e)
{
    const char *const members[][2] = {{"who", e->who},
                                      {"from", e->from},
                                      {"what", e->what},
                                      {"why", e->why},
                                      {"outcome", e->outcome}};
    char at[RT_RFC3339_LEN];

    rt_buf_printf(out, "{\"at\":\"%s\"", rt_rfc3339(at, e->at));
    for (size_t i = 0; i < RT_COUNT(members); i++) {
        rt_buf_printf(out, ",\"%s\":", members[i][0]);
        gw_json_text(out, members[i][1]);
    }
    rt_buf_puts(out, "}");
}

void gw_audit_note(struct gw_audit *a, const struct gw_audit_entry *e)
{
    rt_log(RT_LOG_ADMIN, RT_NOTICE, "audit: %s (%s): %s%s%s%s: %s", e->who, e->from, e->what,
           e->why[0] ? " (" : "", e->why, e->why[0] ? ")" : "", e->outcome);
    rt_count(&gw_audit_counters[GW_AUDIT_ENTRIES]);
    if (!a)
        return;
    a->newest = (a->newest + 1) % GW_AUDIT_KEPT;
    a->count += a->count < GW_AUDIT_KEPT;
    a->kept[a->newest] = *e;
    a->kept[a->newest].at = rt_wall();
    push(a, &a->kept[a->newest]);
}

const struct gw_audit_entry *gw_audit_at(const struct gw_audit *a, unsigned i)
{
    return a && i < a->count ? &a->kept[(a->newest + GW_AUDIT_KEPT - i) % GW_AUDIT_KEPT] : NULL;
}

bool gw_audit_failing(const struct gw_audit *a)
{
    return a && (atomic_load(&a->failing) || (a->thread && rt_thread_stuck(a->thread, PATIENCE)));
}

/* ---- life ---- */

static int start(struct gw_audit *a, const char *path)
{
    a->path = rt_str_dup(rt_str(path));
    int err = a->path ? rt_append_open(&a->file, path, FILE_MODE) : ENOMEM;
    if (err != 0)
        return err;
    a->size = rt_append_size(a->file);
    err = rt_loop_new(&a->writer, "audit");
    if (err == 0)
        err = rt_chan_new(&a->bell, a->writer, sizeof(char), 4, on_bell, a);
    if (err != 0)
        return err;
    rt_timer_init(&a->retry, a->writer, flush, a);
    return rt_thread_start(&a->thread, a->writer);
}

int gw_audit_new(struct gw_audit **out, struct rt_loop *loop, const char *path)
{
    struct gw_audit *a = calloc(1, sizeof *a);

    (void)loop;
    if (!a)
        return ENOMEM;
    int err = path ? start(a, path) : 0;
    if (err != 0) {
        gw_audit_free(a);
        return err;
    }
    *out = a;
    return 0;
}

void gw_audit_free(struct gw_audit *a)
{
    if (!a)
        return;
    if (rt_thread_finish(a->thread, write_last, a) != 0) {
        rt_log(RT_LOG_ADMIN, RT_ERROR,
               "audit %s: it does not answer: %u lines could not be written", a->path,
               atomic_load(&a->unwritten));
        return;
    }
    rt_chan_free(a->bell);
    rt_loop_free(a->writer);
    rt_append_close(a->file);
    rt_buf_release(&a->waiting);
    free(a->path);
    free(a);
}
