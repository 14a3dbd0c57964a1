/* The exporter's process, and what it says of itself. The daemon never waits for it: it is started
 * at once when it ends, later and later when it does so again and again. Files between us and it
 * are small, but a disk may hang: a thread reads and writes them.
 *
 * It gets the statement `cdr` as it is in force, in a file of its own: while we run somebody may
 * have edited the plan's, and an exporter that starts again must not go by what the gateway does
 * not.
 */
#include "gw/export.h"

#include "gw/aside.h"
#include "gw/rt/child.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define PROGRAM "tandem-export"

#define PAUSE_LEAST RT_S
#define PAUSE_MOST  (60 * RT_S)
/** One that has run so long was all right: the next pause is the least again. */
#define PROVEN (60 * RT_S)
#define LOOK   (2 * RT_S)
/** How much its file may have. */
#define STATUS_MAX 16384

struct rt_counter gw_export_counters[GW_EXPORT_NCOUNTERS] = {
    [GW_EXPORT_RESTARTS] = {.name = "export_restarts_total",
                            .help = "Times that tandem-export was started again"},
};

/** A file that the thread reads or writes. */
struct errand {
    struct gw_aside_job job; /* the first member */
    struct gw_exporter *exporter;
    int err;            /* the thread's while it is on it */
    struct rt_buf text; /* likewise */
};

struct gw_exporter {
    struct errand reading, telling;
    struct gw_aside *aside;
    struct gw *gw;
    char *plan_path, *status_path;
    bool told; /* the file at plan_path is what the plan says */
    char program[PATH_MAX];
    struct rt_child *child; /* NULL: none runs */
    struct rt_timer again, look;
    rt_time pause, started;
    char down[160]; /* why there is none */
    struct gw_export_status status[GW_TARGETS_MAX];
    unsigned n;
};

/* ---- what it says ---- */

static uint64_t number(const json_t *object, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(object, key));
    return n > 0 ? (uint64_t)n : 0;
}

static void take_text(char *out, size_t cap, const json_t *text)
{
    const char *s = json_string_value(text);
    rt_str_copy(out, cap, rt_str(s ? s : ""));
}

static const char *kind_of(const struct gw_exporter *e, unsigned i)
{
    return gw_target_name(e->gw->plan->cdr.target[i].kind);
}

/** Its targets are the plan's, in their order. */
static void take(struct gw_exporter *e, const json_t *targets)
{
    for (unsigned i = 0; i < e->n; i++) {
        struct gw_export_status *s = &e->status[i];
        const json_t *t = json_array_get(targets, i);
        const char *name = json_string_value(json_object_get(t, "name"));
        if (!name || strcmp(name, kind_of(e, i)) != 0)
            continue;
        s->delivered = number(t, "delivered");
        s->failures = number(t, "failures");
        s->oldest_ms = (int64_t)number(t, "oldest_ms");
        take_text(s->error, sizeof s->error, json_object_get(t, "error"));
    }
}

/** In the thread. */
static void read_status(struct gw_aside_job *job)
{
    struct errand *x = (struct errand *)job;

    rt_buf_reset(&x->text);
    x->err = rt_file_read(&x->text, x->exporter->status_path, STATUS_MAX);
}

static void on_read(struct gw_aside_job *job)
{
    struct errand *x = (struct errand *)job;
    struct gw_exporter *e = x->exporter;

    if (e->child && x->err == 0) {
        json_t *root = json_loadb(x->text.p ? x->text.p : "", x->text.n, 0, NULL);
        take(e, json_object_get(root, "targets"));
        json_decref(root);
    }
    rt_timer_start_loose(&e->look, LOOK);
}

static void on_look(void *arg)
{
    struct gw_exporter *e = arg;

    gw_aside_do(e->aside, &e->reading.job);
}

unsigned gw_export_status(const struct gw_exporter *e, struct gw_export_status *out, unsigned max)
{
    unsigned n = !e ? 0 : e->n < max ? e->n : max;

    for (unsigned i = 0; i < n; i++) {
        out[i] = e->status[i];
        if (!e->child)
            rt_str_copy(out[i].error, sizeof out[i].error, rt_str(e->down));
    }
    return n;
}

/* ---- the process ---- */

static void pause_and_start(struct gw_exporter *e)
{
    rt_log(RT_LOG_CDR, RT_ERROR, "%s; records wait in the journal", e->down);
    rt_timer_start_loose(&e->again, e->pause);
    e->pause = e->pause * 2 < PAUSE_MOST ? e->pause * 2 : PAUSE_MOST;
}

static void fail(struct gw_exporter *e, const char *what, int err)
{
    snprintf(e->down, sizeof e->down, "%.120s: %s", what, strerror(err));
    pause_and_start(e);
}

static void on_ended(void *arg, int code, int signo)
{
    struct gw_exporter *e = arg;

    snprintf(e->down, sizeof e->down, PROGRAM " has ended by %s %d",
             signo ? "signal" : "itself with code", signo ? signo : code);
    rt_child_stop(e->child);
    e->child = NULL;
    if (e->gw->draining && code == 0 && signo == 0)
        return; /* who ends us all has told it too */
    if (rt_now() - e->started >= PROVEN)
        e->pause = PAUSE_LEAST;
    pause_and_start(e);
}

static void launch(struct gw_exporter *e)
{
    char name[] = PROGRAM, c[] = "-c", child[] = "--child";
    char *const argv[] = {name, c, e->plan_path, child, NULL};
    int err = rt_child_start(&e->child, e->gw->loop, e->program, argv, NULL, on_ended, e);

    if (err != 0) {
        e->child = NULL;
        fail(e, e->program, err);
        return;
    }
    e->started = rt_now();
}

/** In the thread. */
static void write_plan(struct gw_aside_job *job)
{
    struct errand *x = (struct errand *)job;

    x->err = rt_file_replace(x->exporter->plan_path, x->text.p, x->text.n, 0600);
}

static void on_written(struct gw_aside_job *job)
{
    struct errand *x = (struct errand *)job;
    struct gw_exporter *e = x->exporter;

    rt_buf_release(&x->text);
    e->told = x->err == 0;
    if (e->told)
        launch(e);
    else
        fail(e, e->plan_path, x->err);
}

/** Writes the statement `cdr` that is in force, which stays the same while we run. Passwords may
 * stand in it. */
static void tell_plan(struct gw_exporter *e)
{
    struct rt_buf *text = &e->telling.text;

    rt_buf_puts(text, "version 1\n");
    conf_print_keyword(e->gw->plan->conf, "cdr", text);
    if (!text->failed) {
        gw_aside_do(e->aside, &e->telling.job);
        return;
    }
    rt_buf_release(text);
    fail(e, e->plan_path, ENOMEM);
}

static void start(struct gw_exporter *e)
{
    if (e->told)
        launch(e);
    else
        tell_plan(e);
}

static void on_again(void *arg)
{
    rt_count(&gw_export_counters[GW_EXPORT_RESTARTS]);
    start(arg);
}

/* ---- life ---- */

/** "webhook"; another of the kind is "webhook 2". */
static void name_target(struct gw_exporter *e, unsigned i)
{
    unsigned same = 1;

    for (unsigned k = 0; k < i; k++)
        same += strcmp(kind_of(e, k), kind_of(e, i)) == 0;
    if (same == 1)
        rt_str_copy(e->status[i].name, sizeof e->status[i].name, rt_str(kind_of(e, i)));
    else
        snprintf(e->status[i].name, sizeof e->status[i].name, "%s %u", kind_of(e, i), same);
}

static char *beside_journal(const struct gw_cdr_plan *plan, const char *name)
{
    struct rt_buf path = {0};

    rt_buf_printf(&path, "%s/%s", plan->journal, name);
    return path.failed ? NULL : path.p;
}

static int prepare(struct gw_exporter *e)
{
    const struct gw_cdr_plan *plan = &e->gw->plan->cdr;

    e->status_path = beside_journal(plan, "export.status");
    e->plan_path = beside_journal(plan, "export.plan");
    if (!e->status_path || !e->plan_path)
        return ENOMEM;
    e->n = plan->ntargets;
    for (unsigned i = 0; i < e->n; i++)
        name_target(e, i);
    (void)rt_file_remove(e->status_path); /* what the last one said is not true any more */
    int err = rt_program_beside(e->program, sizeof e->program, PROGRAM);
    return err == ENOMEM ? err : 0; /* one that is not found cannot be started: that is said */
}

/** It is a part of the exporter. */
static void drop(struct gw_aside_job *job)
{
    (void)job;
}

int gw_exporter_start(struct gw_exporter **out, struct gw *gw)
{
    *out = NULL;
    if (gw->plan->cdr.ntargets == 0)
        return 0;
    struct gw_exporter *e = calloc(1, sizeof *e);
    if (!e)
        return ENOMEM;
    e->gw = gw;
    e->pause = PAUSE_LEAST;
    e->reading =
        (struct errand){.job = {.work = read_status, .done = on_read, .drop = drop}, .exporter = e};
    e->telling = (struct errand){.job = {.work = write_plan, .done = on_written, .drop = drop},
                                 .exporter = e};
    rt_timer_init(&e->again, gw->loop, on_again, e);
    rt_timer_init(&e->look, gw->loop, on_look, e);
    int err = prepare(e);
    if (err == 0)
        err = gw_aside_files(&e->aside, gw->loop, "exports");
    if (err != 0) {
        gw_exporter_stop(e);
        return err;
    }
    start(e);
    rt_timer_start_loose(&e->look, LOOK);
    *out = e;
    return 0;
}

void gw_exporter_stop(struct gw_exporter *e)
{
    if (!e)
        return;
    rt_timer_stop(&e->again);
    rt_timer_stop(&e->look);
    rt_child_stop(e->child);
    if (e->aside && gw_aside_end(e->aside) != 0)
        return; /* it still reads or writes */
    gw_aside_free(e->aside);
    rt_buf_release(&e->reading.text);
    rt_buf_release(&e->telling.text);
    free(e->plan_path);
    free(e->status_path);
    free(e);
}
