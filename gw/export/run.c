/* All targets of a plan: started together, each in its thread. This one says every second how they
 * are (the file export.status, which the gateway reads), and removes journals that all have.
 *
 * Told to end it waits for what the threads are doing, but not long: one may be looking a name up
 * or waiting for an answer, which libraries do not let go of. What is cut off is delivered again or
 * known to be there, as after any crash.
 */
#include "gw/export/run.h"

#include "gw/export/segments.h"
#include "gw/export/target.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define STATUS     RT_S
#define NOTE_EVERY 10 /* seconds */
#define CLEAN      (600 * RT_S)
/** By then the databases have said where they are. */
#define CLEAN_FIRST (3 * RT_S)
#define LOCK_TRIES  20
#define LOCK_PAUSE  (250 * RT_MS)
/** For what is under way at the end. */
#define PATIENCE (1500 * RT_MS)

struct run {
    const struct gw_cdr_plan *plan;
    struct rt_loop *loop;
    struct rt_append *lock;
    struct export_state *state;
    struct export_target *target[GW_TARGETS_MAX];
    struct rt_timer start, status, clean;
    unsigned tries, seconds;
    char *status_path;
    char *said;
    int code;
    struct rt_loop *end_loop;
    struct rt_thread *end_thread;
    struct rt_timer end;
};

/* ---- how they are ---- */

static json_t *one_status(struct export_target *t)
{
    struct export_status s;

    export_target_status(t, &s);
    return json_pack("{s:s,s:I,s:I,s:I,s:s}", "name", s.name, "delivered", (json_int_t)s.delivered,
                     "failures", (json_int_t)s.failures, "oldest_ms", (json_int_t)s.oldest_ms,
                     "error", s.error);
}

/** Written only when it says something new. */
static void write_status(struct run *r)
{
    json_t *list = json_array(), *root = json_pack("{s:O}", "targets", list);

    for (unsigned i = 0; i < r->plan->ntargets; i++)
        json_array_append_new(list, one_status(r->target[i]));
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(list);
    json_decref(root);
    if (!text || (r->said && strcmp(text, r->said) == 0) ||
        rt_file_replace(r->status_path, text, strlen(text), 0640) != 0) {
        free(text);
        return;
    }
    free(r->said);
    r->said = text;
}

static void on_status(void *arg)
{
    struct run *r = arg;

    write_status(r);
    if (++r->seconds % NOTE_EVERY == 0)
        for (unsigned i = 0; i < r->plan->ntargets; i++)
            export_target_note(r->target[i]);
    rt_timer_start_loose(&r->status, STATUS);
}

/* ---- journals that all have ---- */

/** The position that is behind all others; false when one is not known yet. */
static bool last_of_all(struct run *r, struct export_pos *last)
{
    struct export_journal *j;
    bool known = r->plan->ntargets > 0;

    if (export_journal_new(&j, r->plan->journal) != 0)
        return false;
    for (unsigned i = 0; known && i < r->plan->ntargets; i++) {
        struct export_status s;
        export_target_status(r->target[i], &s);
        known = s.at.segment[0] != '\0';
        if (known && (i == 0 || export_journal_after(j, last, &s.at)))
            *last = s.at;
    }
    export_journal_free(j);
    return known;
}

static void on_clean(void *arg)
{
    struct run *r = arg;
    struct export_pos last;
    unsigned n = 0;

    if (r->plan->keep > 0 && last_of_all(r, &last))
        n = export_segments_clean(r->plan->journal, last.segment, r->plan->keep / RT_S);
    if (n > 0)
        rt_log(RT_LOG_CDR, RT_INFO, "removed %u journals that every target has", n);
    rt_timer_start_loose(&r->clean, CLEAN);
}

/* ---- start and end ---- */

static int start_targets(struct run *r)
{
    int err = export_state_new(&r->state, r->plan->journal);

    for (unsigned i = 0; err == 0 && i < r->plan->ntargets; i++)
        err = export_target_new(&r->target[i], r->plan, i, r->state);
    if (err == 0) {
        rt_timer_start(&r->status, 0);
        rt_timer_start_loose(&r->clean, CLEAN_FIRST);
    }
    return err;
}

/** Two of us would deliver everything twice. One whose gateway has just died ends in a moment. */
static void on_start(void *arg)
{
    struct run *r = arg;
    struct rt_buf path = {0};

    rt_buf_printf(&path, "%s/export.lock", r->plan->journal);
    int err = path.failed ? ENOMEM : rt_append_open(&r->lock, path.p, 0640);
    rt_buf_release(&path);
    if (err == EBUSY && ++r->tries < LOCK_TRIES) {
        rt_timer_start(&r->start, LOCK_PAUSE);
        return;
    }
    if (err == 0)
        err = start_targets(r);
    if (err == 0)
        return;
    rt_log(RT_LOG_CDR, RT_ERROR, "%s: %s", r->plan->journal,
           err == EBUSY ? "another tandem-export is at work" : strerror(err));
    r->code = 1;
    rt_loop_stop(r->loop);
}

static void on_signal(void *arg, int signo)
{
    struct run *r = arg;

    (void)signo;
    rt_loop_stop(r->loop);
}

static int run_loop(struct run *r)
{
    struct rt_buf path = {0};
    int err = rt_loop_new(&r->loop, "export");

    if (err != 0)
        return err;
    rt_timer_init(&r->start, r->loop, on_start, r);
    rt_timer_init(&r->status, r->loop, on_status, r);
    rt_timer_init(&r->clean, r->loop, on_clean, r);
    rt_buf_printf(&path, "%s/export.status", r->plan->journal);
    r->status_path = path.p;
    err = path.failed ? ENOMEM : rt_signal_watch(r->loop, SIGTERM, on_signal, r);
    if (err == 0 && signal(SIGINT, SIG_IGN) != SIG_IGN) /* nobody had it ignored */
        err = rt_signal_watch(r->loop, SIGINT, on_signal, r);
    if (err != 0)
        return err;
    rt_timer_start(&r->start, 0);
    return rt_loop_run(r->loop);
}

/** In a thread of its own: the others may be stuck. */
static void on_end(void *arg)
{
    const struct run *r = arg;
    _exit(r->code);
}

/** Without the memory for it the end takes as long as it takes. */
static void limit_end(struct run *r)
{
    if (rt_loop_new(&r->end_loop, "end") != 0)
        return;
    rt_timer_init(&r->end, r->end_loop, on_end, r);
    rt_timer_start(&r->end, PATIENCE);
    (void)rt_thread_start(&r->end_thread, r->end_loop);
}

static void end_targets(struct run *r)
{
    limit_end(r);
    for (unsigned i = 0; i < r->plan->ntargets; i++)
        export_target_free(r->target[i]);
    rt_thread_stop(r->end_thread);
    if (r->end_loop)
        rt_timer_stop(&r->end);
    rt_loop_free(r->end_loop);
}

int export_run(const struct gw_cdr_plan *plan)
{
    struct run r = {.plan = plan};

    if (plan->ntargets == 0) {
        rt_log(RT_LOG_CDR, RT_ERROR, "this plan has no targets of records");
        return 3;
    }
    int err = run_loop(&r);
    if (r.state)
        write_status(&r);
    if (r.loop) {
        rt_timer_stop(&r.start);
        rt_timer_stop(&r.status);
        rt_timer_stop(&r.clean);
    }
    end_targets(&r);
    export_state_free(r.state);
    rt_append_close(r.lock);
    rt_loop_free(r.loop);
    free(r.status_path);
    free(r.said);
    return err != 0 ? 1 : r.code;
}
