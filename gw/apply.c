/* Requests for another plan, one at a time, and their answers. */
#include "gw/apply_priv.h"

#include "gw/alarm.h"
#include "gw/event.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct rt_counter gw_apply_counters[GW_APPLY_NCOUNTERS] = {
    [GW_APPLY_LOADS] = {"plan_loads_total", "Plans that came into force since the start", 0},
    [GW_APPLY_FAILURES] = {"plan_load_failures_total", "Plans that were refused", 0},
    [GW_APPLY_ROLLBACKS] = {"plan_rollbacks_total",
                            "Times that an earlier plan came into force again", 0},
    [GW_APPLY_REFRESHES] = {"plan_refreshes_total", "Times that tables were read again", 0},
    [GW_APPLY_REFRESH_FAILURES] = {"plan_refresh_failures_total",
                                   "Times that a table was due and could not be read", 0},
};

/* ---- one at a time ---- */

static void on_done(struct gw_aside_job *aside);

static void begin(struct gw_apply *a)
{
    if (a->busy || !a->jobs)
        return;
    a->busy = true;
    gw_apply_job_start(a->jobs, on_done);
}

struct gw_apply_job *gw_apply_submit(struct gw_apply *a, const struct gw_apply_request *r)
{
    struct gw_apply_job *j = gw_apply_job_new(a, r);

    if (!j)
        return NULL;
    DL_APPEND(a->jobs, j);
    begin(a);
    return j;
}

void gw_apply_await(struct gw_apply_job *j, gw_applied_fn *fn, void *arg)
{
    j->fn = fn;
    j->arg = arg;
}

void gw_apply_forget(struct gw_apply_job *j)
{
    if (j)
        j->fn = NULL;
}

/* ---- into force ---- */

/** What is said of a rollback when nobody says why. */
static void reason(struct gw_apply_job *j)
{
    if (j->kind == GW_APPLY_ROLLBACK && !j->why[0])
        snprintf(j->why, sizeof j->why, "rollback to generation %llu",
                 (unsigned long long)j->generation);
}

static void remember(struct gw_apply *a, const struct gw_apply_job *j)
{
    struct gw_history_entry e = {.generation = a->gw->plan->generation,
                                 .when = rt_wall(),
                                 .state =
                                     j->confirm ? GW_HISTORY_UNCONFIRMED : GW_HISTORY_CONFIRMED};

    rt_str_copy(e.who, sizeof e.who, rt_str(j->who));
    rt_str_copy(e.why, sizeof e.why, rt_str(j->why));
    rt_str_copy(e.sha, sizeof e.sha, rt_str(j->sha));
    e.file = rt_str_dup(rt_str(j->path));
    int err = e.file ? gw_sources_copy(&e.sources, &j->sources) : ENOMEM;
    if (err == 0)
        err = gw_history_add(a->history, &e);
    else
        free(e.file);
    if (err != 0)
        rt_log(RT_LOG_PLAN, RT_ERROR, "history: generation %llu is not kept: %s",
               (unsigned long long)a->gw->plan->generation, strerror(err));
}

/** Names the plan: a refresh is the same generation, with other tables. */
static void name(const struct gw_apply *a, const struct gw_apply_job *j)
{
    bool same = j->kind == GW_APPLY_REFRESH;

    j->plan->generation = same ? a->gw->plan->generation : a->last + 1;
    rt_str_copy(j->plan->sha, sizeof j->plan->sha, rt_str(j->sha));
    rt_str_copy(j->plan->who, sizeof j->plan->who, rt_str(j->who));
}

static int put_in_force(struct gw_apply *a, struct gw_apply_job *j)
{
    struct gw_plan *before = gw_plan_ref(a->gw->plan);
    struct gw_sources old = a->sources;
    struct rt_buf why = {0};

    name(a, j);
    int err = gw_apply_swap(a->gw, j->plan, &why);
    if (err != 0) {
        rt_buf_printf(&j->diag.text, "%s\n", why.n > 0 ? why.p : strerror(err));
        rt_buf_release(&why);
        gw_plan_unref(before);
        return err;
    }
    if (j->kind == GW_APPLY_REFRESH) {
        gw_plan_unref(before);
        return 0;
    }
    a->last = j->plan->generation;
    reason(j);
    remember(a, j);
    a->sources = j->sources;
    j->sources = (struct gw_sources){.n = 0};
    gw_apply_came(a, before, &old, j);
    return 0;
}

static void count(const struct gw_apply_job *j, int err)
{
    if (j->kind == GW_APPLY_DIFF || j->kind == GW_APPLY_REFRESH)
        return;
    rt_count(&gw_apply_counters[err == 0 ? GW_APPLY_LOADS : GW_APPLY_FAILURES]);
    if (err == 0 && j->kind == GW_APPLY_ROLLBACK)
        rt_count(&gw_apply_counters[GW_APPLY_ROLLBACKS]);
}

/** Whether it may come into force. */
static int check(const struct gw_apply *a, struct gw_apply_job *j)
{
    unsigned before = j->diag.errors;

    if (j->err != 0)
        return j->err;
    gw_apply_check(a->gw, j->plan, &j->diag);
    return j->diag.errors > before ? EINVAL : 0;
}

/* ---- what is said ---- */

static void log_lines(enum rt_level level, struct rt_str text)
{
    while (text.n > 0) {
        struct rt_str line = rt_str_cut(&text, '\n');
        rt_log(RT_LOG_PLAN, level, "%.*s", RT_STR(line));
    }
}

static void tell_log(const struct gw_apply *a, const struct gw_apply_job *j, int err)
{
    if (j->kind == GW_APPLY_DIFF)
        return;
    if (err != 0) {
        rt_log(RT_LOG_PLAN, RT_ERROR, "%s: refused; generation %llu stays in force",
               j->path ? j->path : "plan", (unsigned long long)a->gw->plan->generation);
        log_lines(RT_ERROR, rt_buf_str(&j->diag.text));
        return;
    }
    log_lines(RT_WARN, rt_buf_str(&j->diag.warned));
    rt_log(RT_LOG_PLAN, j->kind == GW_APPLY_REFRESH ? RT_INFO : RT_NOTICE,
           "generation %llu %s, by %s%s%s%s, read in %lld ms",
           (unsigned long long)a->gw->plan->generation,
           j->kind == GW_APPLY_REFRESH ? "has its tables read again" : "is in force", j->who,
           j->why[0] ? " (" : "", j->why, j->why[0] ? ")" : "", (long long)(j->took / RT_MS));
}

/** The alarm has the first line of what is wrong; listeners hear of another plan. */
static void tell_others(struct gw *gw, const struct gw_apply_job *j, int err)
{
    struct rt_str errors = rt_buf_str(&j->diag.text), first = rt_str_cut(&errors, '\n');
    char text[160];

    if (j->kind == GW_APPLY_DIFF || (j->kind == GW_APPLY_ROLLBACK && err == ENOENT))
        return; /* no plan was refused */
    rt_str_copy(text, sizeof text, first.n > 0 ? first : rt_str(strerror(err)));
    if (j->kind != GW_APPLY_REFRESH)
        gw_alarm_set(gw->alarms, GW_ALARM_PLAN, "plan", err != 0, text);
    if (err == 0)
        gw_event_plan(gw);
}

/** What the operator may not expect. */
static void note_of(char *out, size_t cap, const struct gw_apply *a, const struct gw_apply_job *j)
{
    bool other = j->kind == GW_APPLY_FILE && strcmp(j->path, a->file) != 0;

    out[0] = '\0';
    if (other || j->kind == GW_APPLY_ROLLBACK)
        snprintf(out, cap, "the next start reads %s", a->file);
}

static void answer(const struct gw_apply *a, const struct gw_apply_job *j, int err)
{
    char note[512] = "";
    struct gw_apply_result r = {.kind = j->kind,
                                .err = err,
                                .generation = a->gw->plan->generation,
                                .errors = err ? rt_buf_str(&j->diag.text) : rt_str(""),
                                .warnings = rt_buf_str(&j->diag.warned),
                                .changes = rt_buf_str(&j->changes),
                                .note = note,
                                .plan = j->plan};

    if (!j->fn)
        return;
    if (err == 0) {
        note_of(note, sizeof note, a, j);
        r.confirm = j->kind == GW_APPLY_DIFF ? 0 : j->confirm;
    } else if (r.errors.n == 0) {
        r.errors = rt_str(strerror(err));
    }
    j->fn(j->arg, &r);
}

/** All is over with a job. */
static void end(struct gw_apply *a, struct gw_apply_job *j, int err)
{
    a->busy = false;
    DL_DELETE(a->jobs, j);
    if (j->plan)
        a->took = j->took;
    count(j, err);
    tell_log(a, j, err);
    tell_others(a->gw, j, err);
    if (j->kind == GW_APPLY_REFRESH)
        gw_apply_refreshed(a, j, err);
    if (j->kind != GW_APPLY_DIFF)
        gw_apply_refresh_plan(a);
    answer(a, j, err);
    gw_apply_job_free(j);
    begin(a);
}

static void on_unsaved(struct gw_aside_job *aside)
{
    struct gw_apply_job *j = (struct gw_apply_job *)aside;
    end(j->apply, j, j->err);
}

/** The edited files are on the disk, or are not. */
static void on_saved(struct gw_aside_job *aside)
{
    struct gw_apply_job *j = (struct gw_apply_job *)aside;

    if (j->err == 0)
        j->err = put_in_force(j->apply, j);
    if (j->err != 0 && j->old.n > 0)
        gw_apply_unsave(j, on_unsaved);
    else
        end(j->apply, j, j->err);
}

static void on_done(struct gw_aside_job *aside)
{
    struct gw_apply_job *j = (struct gw_apply_job *)aside;
    struct gw_apply *a = j->apply;
    int err = check(a, j);

    if (err == 0 && j->kind == GW_APPLY_FILE && j->edited.n > 0) {
        gw_apply_save(j, on_saved);
        return;
    }
    if (err == 0 && j->kind != GW_APPLY_DIFF)
        err = put_in_force(a, j);
    end(a, j, err);
}

/* ---- asked ---- */

const struct gw_sources *gw_apply_sources(const struct gw_apply *a)
{
    return &a->sources;
}

const struct gw_history *gw_apply_history(const struct gw_apply *a)
{
    return a->history;
}

rt_time gw_apply_took(const struct gw_apply *a)
{
    return a->took;
}

/* ---- life ---- */

/** The plan that the gateway started with goes on as the generation that it was, if it is the last
 * that was in force. */
static int take_first(struct gw_apply *a)
{
    const struct gw_history_entry *last = gw_history_last(a->history);
    struct gw_plan *plan = a->gw->plan;
    struct gw_history_entry e = {.when = rt_wall(), .state = GW_HISTORY_CONFIRMED};

    rt_str_copy(plan->who, sizeof plan->who, rt_str("start"));
    gw_sources_sha(plan->sha, &a->sources);
    a->last = last ? last->generation : 0;
    if (last && strcmp(last->sha, plan->sha) == 0) {
        plan->generation = last->generation;
        rt_str_copy(plan->who, sizeof plan->who, rt_str(last->who));
        return 0;
    }
    plan->generation = e.generation = ++a->last;
    rt_str_copy(e.who, sizeof e.who, rt_str("start"));
    rt_str_copy(e.sha, sizeof e.sha, rt_str(plan->sha));
    e.file = rt_str_dup(rt_str(a->file));
    int err = e.file ? gw_sources_copy(&e.sources, &a->sources) : ENOMEM;
    if (err != 0) {
        free(e.file);
        return err;
    }
    return gw_history_add(a->history, &e);
}

int gw_apply_new(struct gw_apply **out, struct gw *gw, const char *file, struct gw_sources *sources)
{
    struct gw_apply *a = calloc(1, sizeof *a);

    if (!a)
        return ENOMEM;
    a->gw = gw;
    a->file = rt_str_dup(rt_str(file));
    a->sources = *sources;
    *sources = (struct gw_sources){.n = 0};
    gw_apply_confirm_init(a);
    gw_apply_refresh_init(a);
    int err = a->file ? gw_aside_new(&a->aside, gw->loop) : ENOMEM;
    if (err == 0)
        err = gw_history_new(&a->history, a->aside, gw->plan->dial.history, gw->plan->dial.keep);
    if (err == 0)
        err = take_first(a);
    if (err != 0) {
        gw_apply_free(a);
        return err;
    }
    gw->apply = a;
    gw_apply_refresh_plan(a);
    *out = a;
    return 0;
}

void gw_apply_free(struct gw_apply *a)
{
    struct gw_apply_job *j, *next;

    if (!a)
        return;
    if (a->gw->apply == a)
        a->gw->apply = NULL;
    gw_aside_free(a->aside);
    DL_FOREACH_SAFE(a->jobs, j, next)
    {
        DL_DELETE(a->jobs, j);
        gw_apply_job_free(j);
    }
    rt_timer_stop(&a->refresh);
    gw_apply_confirm_free(a);
    gw_history_free(a->history);
    gw_sources_release(&a->sources);
    free(a->file);
    free(a);
}
