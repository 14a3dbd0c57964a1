/* The exporter's process, and what it says of itself. The daemon never waits for it: it is started
 * at once when it ends, later and later when it does so again and again, and its file is small.
 *
 * It gets the statement `cdr` as it is in force, in a file of its own: while we run somebody may
 * have edited the plan's, and an exporter that starts again must not go by what the gateway does
 * not.
 */
#include "gw/export.h"

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

struct gw_exporter {
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

static void on_look(void *arg)
{
    struct gw_exporter *e = arg;
    struct rt_buf text = {0};

    if (e->child && rt_file_read(&text, e->status_path, STATUS_MAX) == 0) {
        json_t *root = json_loadb(text.p ? text.p : "", text.n, 0, NULL);
        take(e, json_object_get(root, "targets"));
        json_decref(root);
    }
    rt_buf_release(&text);
    rt_timer_start_loose(&e->look, LOOK);
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

/** Writes the statement `cdr` that is in force, which stays the same while we run. Passwords may
 * stand in it. */
static int tell_plan(struct gw_exporter *e)
{
    struct rt_buf text = {0};

    if (e->told)
        return 0;
    rt_buf_puts(&text, "version 1\n");
    conf_print_keyword(e->gw->plan->conf, "cdr", &text);
    int err = text.failed ? ENOMEM : rt_file_replace(e->plan_path, text.p, text.n, 0600);
    rt_buf_release(&text);
    e->told = err == 0;
    return err;
}

static void start(struct gw_exporter *e)
{
    char name[] = PROGRAM, c[] = "-c", child[] = "--child";
    char *const argv[] = {name, c, e->plan_path, child, NULL};
    const char *what = e->plan_path;
    int err = tell_plan(e);

    if (err == 0) {
        what = e->program;
        err = rt_child_start(&e->child, e->gw->loop, what, argv, NULL, on_ended, e);
    }
    if (err != 0) {
        e->child = NULL;
        snprintf(e->down, sizeof e->down, "%.120s: %s", what, strerror(err));
        pause_and_start(e);
        return;
    }
    e->started = rt_now();
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
    rt_timer_init(&e->again, gw->loop, on_again, e);
    rt_timer_init(&e->look, gw->loop, on_look, e);
    int err = prepare(e);
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
    free(e->plan_path);
    free(e->status_path);
    free(e);
}
