/* A request for another plan, and what the thread does about it. */
#include "gw/apply_priv.h"
#include "gw/plan_diff.h"
#include "gw/rt/net.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

static void drop(struct gw_aside_job *aside)
{
    struct gw_apply_job *j = (struct gw_apply_job *)aside;

    DL_DELETE(j->apply->jobs, j);
    gw_apply_job_free(j);
}

struct gw_apply_job *gw_apply_job_new(struct gw_apply *a, const struct gw_apply_request *r)
{
    struct gw_apply_job *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    j->apply = a;
    j->kind = r->kind;
    j->generation = r->generation;
    j->confirm = r->confirm;
    j->uid = r->uid;
    rt_str_copy(j->who, sizeof j->who, rt_str(r->who));
    rt_str_copy(j->why, sizeof j->why, rt_str(r->why));
    if (r->edited && gw_sources_copy(&j->edited, r->edited) != 0) {
        free(j);
        return NULL;
    }
    if (r->kind == GW_APPLY_FILE || r->kind == GW_APPLY_DIFF) {
        j->path = rt_str_dup(rt_str(r->file ? r->file : a->file));
        if (!j->path) {
            gw_apply_job_free(j);
            return NULL;
        }
    }
    return j;
}

void gw_apply_job_free(struct gw_apply_job *j)
{
    free(j->path);
    free(j->kept);
    gw_plan_unref(j->previous);
    gw_plan_unref(j->plan);
    gw_sources_release(&j->sources);
    gw_sources_release(&j->edited);
    gw_sources_release(&j->known);
    gw_sources_release(&j->old);
    conf_diag_release(&j->diag);
    rt_buf_release(&j->changes);
    free(j);
}

/* ---- in the thread ---- */

static int find_sources(struct gw_apply_job *j)
{
    int err = j->kept ? gw_history_read(&j->sources, j->kept) : 0;

    if (err != 0)
        rt_buf_printf(&j->diag.text, "%s: %s\n", j->kept,
                      err == EBADMSG ? "this is no plan of the history" : strerror(err));
    if (err == 0 && j->replay && !j->path) {
        j->path = rt_str_dup(rt_str(j->sources.file[0].path));
        err = j->path ? 0 : ENOMEM;
    }
    return err;
}

static void work(struct gw_aside_job *aside)
{
    struct gw_apply_job *j = (struct gw_apply_job *)aside;
    struct conf_reader reader = gw_apply_reader(j);
    rt_time start = rt_now();

    if (!j->who[0])
        rt_user_name(j->who, sizeof j->who, j->uid);
    if (j->err == 0)
        j->err = find_sources(j);
    if (j->err == 0)
        j->err = gw_plan_load_through(&j->plan, j->path, &reader, j->previous, &j->diag);
    if (j->err == 0) {
        gw_sources_sha(j->sha, &j->sources);
        if (j->kind != GW_APPLY_REFRESH)
            gw_plan_diff(&j->changes, j->previous, j->plan);
    }
    j->took = rt_now() - start;
}

/* ---- what to read ---- */

/** The one before `generation`, but for those that nobody confirmed. */
static const struct gw_history_entry *last_good(const struct gw_history *h, uint64_t generation)
{
    const struct gw_history_entry *e = gw_history_last(h);

    while (e && (e->generation >= generation || e->state == GW_HISTORY_UNCONFIRMED))
        e = gw_history_before(h, e);
    return e;
}

/** The sources of an earlier generation, in memory or in a file. */
static int earlier(struct gw_apply_job *j)
{
    const struct gw_history *h = j->apply->history;
    const struct gw_history_entry *e = j->generation ? gw_history_find(h, j->generation)
                                                     : last_good(h, j->apply->gw->plan->generation);

    if (!e) {
        rt_buf_printf(&j->diag.text,
                      j->generation ? "there is no generation %llu in the history\n"
                                    : "there is no earlier plan in the history\n",
                      (unsigned long long)j->generation);
        return ENOENT;
    }
    j->generation = e->generation;
    j->replay = true;
    if (e->sources.n > 0)
        return gw_sources_copy(&j->sources, &e->sources);
    j->kept = gw_history_path(h, e->generation);
    return j->kept ? 0 : ENOMEM;
}

static int present(struct gw_apply_job *j)
{
    j->replay = true;
    return gw_sources_copy(&j->sources, &j->apply->sources);
}

/** What those had that are edited: whoever edited them knows no other text. */
static int file(struct gw_apply_job *j)
{
    int err = 0;

    for (unsigned i = 0; i < j->edited.n && err == 0; i++) {
        const struct gw_source *f = gw_sources_find(&j->apply->sources, j->edited.file[i].path);
        err = f ? gw_sources_add(&j->known, f->path, rt_buf_str(&f->text)) : ENOENT;
    }
    return err;
}

void gw_apply_job_start(struct gw_apply_job *j, void (*done)(struct gw_aside_job *aside))
{
    static int (*const find[])(struct gw_apply_job *) = {[GW_APPLY_FILE] = file,
                                                         [GW_APPLY_DIFF] = file,
                                                         [GW_APPLY_ROLLBACK] = earlier,
                                                         [GW_APPLY_REFRESH] = present};

    j->err = find[j->kind](j);
    j->previous = gw_plan_ref(j->apply->gw->plan);
    j->aside.work = work;
    j->aside.done = done;
    j->aside.drop = drop;
    gw_aside_do(j->apply->aside, &j->aside);
}
