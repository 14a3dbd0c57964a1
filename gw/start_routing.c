/* What routing knows from one call to the next comes up: limits, figures of carriers, loops, ENUM.
 */
#include "gw/alarm.h"
#include "gw/emergency.h"
#include "gw/enum.h"
#include "gw/hits.h"
#include "gw/loop_guard.h"
#include "gw/notify.h"
#include "gw/performance.h"
#include "gw/quota.h"
#include "gw/start_priv.h"
#include "gw/trunk_stats.h"
#include "gw/usage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNTING (10 * RT_S)

static void count_limits(void *arg)
{
    struct gw *gw = arg;
    struct gw_limit_clock clock;

    gw_quota_clock(&clock, gw->plan, 0);
    gw_limits_tick(gw->limits, &clock);
    rt_timer_start(&gw->counting, COUNTING);
}

/** A scope may have more than one block: the alarm is over with the last. */
static void tell_fraud(struct gw *gw, enum gw_scope_kind scope, const char *name, bool blocked,
                       const char *text)
{
    char object[sizeof((struct gw_alarm *)0)->object];

    snprintf(object, sizeof object, "%s %s", gw_scope_names[scope], name);
    gw_alarm_set(gw->alarms, GW_ALARM_FRAUD, object, blocked, text);
}

static void on_limit(void *arg, const struct gw_limit_event *e)
{
    bool bad = e->kind == GW_LIMIT_LIMITED || e->kind == GW_LIMIT_FRAUD;

    rt_log(RT_LOG_CALL, bad ? RT_WARN : RT_NOTICE, "%s", e->text);
    if (e->kind == GW_LIMIT_FRAUD)
        gw_trunk_stats_block(((struct gw *)arg)->stats, e->scope, e->name, true);
    if (e->kind == GW_LIMIT_FRAUD || (e->kind == GW_LIMIT_UNBLOCKED && e->blocks == 0))
        tell_fraud(arg, e->scope, e->name, e->blocks > 0, e->text);
    if (e->notify)
        gw_notify(arg, e->notify, e->text);
}

/** A block of the run before stands on. */
static void on_standing(void *arg, const struct gw_limit_state *s)
{
    char text[sizeof((struct gw_alarm *)0)->text];

    if (s->blocked <= 0)
        return;
    snprintf(text, sizeof text, "%s blocked for fraud since before the start",
             s->block_set ? s->block_set : "all");
    tell_fraud(arg, s->scope, s->name, true, text);
}

static void tell_standing(struct gw *gw)
{
    struct gw_limit_clock clock;

    gw_quota_clock(&clock, gw->plan, 0);
    gw_limits_each(gw->limits, &clock, on_standing, gw);
}

static int start_limits(struct gw *gw, struct rt_buf *why)
{
    int err = gw_limits_new(&gw->limits);

    if (err == 0) {
        gw_limits_listen(gw->limits, on_limit, gw);
        err = gw_quota_tie(gw->plan, gw->limits);
    }
    if (err != 0) {
        rt_buf_printf(why, "limits: %s", strerror(err));
        return err;
    }
    rt_timer_init(&gw->counting, gw->loop, count_limits, gw);
    rt_timer_start(&gw->counting, COUNTING);
    err = gw_usage_start(gw, why);
    if (err == 0)
        tell_standing(gw);
    return err;
}

rt_time gw_plan_window(const struct gw_plan *plan)
{
    rt_time window = 0;

    for (unsigned i = 0; i < plan->dial.nlcrs; i++)
        if (plan->dial.lcrs[i].window > window)
            window = plan->dial.lcrs[i].window;
    return window;
}

int gw_start_routing(struct gw *gw, struct rt_buf *why)
{
    int err = start_limits(gw, why);

    gw->turns = calloc(gw->plan->dial.ngroups + 1, sizeof *gw->turns);
    if (err == 0 && !gw->turns)
        err = ENOMEM;
    if (err == 0)
        err = gw_performance_new(&gw->performance, gw_plan_window(gw->plan), 0);
    if (err == 0)
        err = gw_call_stats_new(&gw->stats);
    if (err == 0)
        err = gw_loop_guard_new(&gw->loops, 0);
    if (err == 0)
        err = gw_enum_new(&gw->enums, gw->loop, gw->dns, 0);
    return err;
}

void gw_stop_routing(struct gw *gw)
{
    rt_timer_stop(&gw->counting);
    gw_usage_stop(gw);
    gw_emergency_forget(gw);
    gw_quota_untie(gw->plan); /* whoever else still has the plan */
    gw_limits_free(gw->limits);
    gw_performance_free(gw->performance);
    gw_call_stats_free(gw->stats);
    gw_loop_guard_free(gw->loops);
    gw_hits_free(gw->hits);
    free(gw->turns);
}
