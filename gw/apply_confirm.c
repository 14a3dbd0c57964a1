/* A plan that somebody has to confirm: when nobody does in time, the one before comes back. It was
 * kept for that as it is, so that going back reads nothing and takes no time. Files that were saved
 * with the plan (apply_save.c) then get the text of the one before again.
 */
#include "gw/apply_priv.h"

#include "gw/reload.h"
#include "gw/rt/log.h"

/** When going back has failed, for want of memory say. */
#define RETRY (1 * RT_S)

static void forget(struct gw_apply_fallback *f)
{
    rt_timer_stop(&f->timer);
    gw_plan_unref(f->plan);
    gw_sources_release(&f->sources);
    gw_sources_release(&f->saved);
    f->plan = NULL;
    f->waiting = 0;
}

static void on_time(void *arg)
{
    struct gw_apply *a = arg;
    struct gw_apply_fallback *f = &a->fallback;
    struct rt_buf why = {0};
    int err = gw_apply_swap(a->gw, f->plan, &why);

    if (err != 0) {
        rt_log(RT_LOG_PLAN, RT_ERROR, "generation %llu was not confirmed; going back failed: %s",
               (unsigned long long)f->waiting, why.n > 0 ? why.p : strerror(err));
        rt_buf_release(&why);
        rt_timer_start(&f->timer, RETRY);
        return;
    }
    rt_count(&gw_apply_counters[GW_APPLY_ROLLBACKS]);
    rt_log(RT_LOG_PLAN, RT_WARN,
           "generation %llu was not confirmed: generation %llu is in force again",
           (unsigned long long)f->waiting, (unsigned long long)a->gw->plan->generation);
    gw_sources_release(&a->sources);
    a->sources = f->sources;
    f->sources = (struct gw_sources){.n = 0};
    gw_apply_go_back(a);
    forget(f);
    gw_reload_users(a->gw); /* they may be others by now */
    gw_apply_refresh_plan(a);
}

void gw_apply_came(struct gw_apply *a, struct gw_plan *before, struct gw_sources *sources,
                   const struct gw_apply_job *j)
{
    struct gw_apply_fallback *f = &a->fallback;

    if (j->confirm == 0 || f->plan) { /* what was confirmed last is what to go back to */
        gw_plan_unref(before);
        gw_sources_release(sources);
    } else {
        f->plan = before;
        f->sources = *sources;
    }
    if (j->confirm == 0) {
        (void)gw_apply_confirm(a); /* who goes on from there has accepted it */
        return;
    }
    gw_apply_saved(f, j);
    f->waiting = a->gw->plan->generation;
    f->until = rt_now() + j->confirm;
    rt_timer_start_at(&f->timer, f->until);
}

uint64_t gw_apply_confirm(struct gw_apply *a)
{
    struct gw_apply_fallback *f = &a->fallback;
    uint64_t confirmed = f->waiting;

    if (confirmed) {
        gw_history_mark(a->history, confirmed, GW_HISTORY_CONFIRMED);
        rt_log(RT_LOG_PLAN, RT_NOTICE, "generation %llu is confirmed",
               (unsigned long long)confirmed);
        forget(f);
    }
    return confirmed;
}

uint64_t gw_apply_waiting(const struct gw_apply *a, rt_time *until)
{
    *until = a->fallback.until;
    return a->fallback.waiting;
}

void gw_apply_confirm_init(struct gw_apply *a)
{
    rt_timer_init(&a->fallback.timer, a->gw->loop, on_time, a);
}

void gw_apply_confirm_free(struct gw_apply *a)
{
    forget(&a->fallback);
}
