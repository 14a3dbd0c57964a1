/* The webhook: each change of an alarm is posted by a program of its own (tandem-export --post), so
 * that no HTTP server can hold the signalling thread up. A few run at once, some wait; those of one
 * alarm go one after the other, so that nobody hears that it is over before that it began.
 */
#include "gw/alarm_priv.h"
#include "gw/rt/child.h"

#include <errno.h>
#include <stdlib.h>

#define PROGRAM   "tandem-export"
#define RUNS_MAX  4
#define QUEUE_MAX 200
/** The program tries for a minute. */
#define PATIENCE (90 * RT_S)

/** A change that waits, or whose program runs. */
struct post {
    struct gw_alarm_post *owner;
    struct rt_child *child;
    struct rt_timer patience;
    uint64_t alarm;
    char *json;
    struct post *prev, *next;
};

struct gw_alarm_post {
    struct gw *gw;
    struct post *waiting, *running;
    unsigned nwaiting, nrunning;
    bool failing; /**< said once */
};

static void post_free(struct post *p)
{
    rt_timer_stop(&p->patience);
    rt_child_stop(p->child);
    free(p->json);
    free(p);
}

/** Says the first failure and the first success after it. */
static void report(struct gw_alarm_post *o, const char *why)
{
    rt_count(&gw_alarm_counters[why ? GW_ALARM_UNPOSTED : GW_ALARM_POSTED]);
    if (why && !o->failing)
        rt_log(RT_LOG_ADMIN, RT_WARN, "alarms: webhook: %s", why);
    else if (!why && o->failing)
        rt_log(RT_LOG_ADMIN, RT_NOTICE, "alarms: the webhook takes them again");
    o->failing = why != NULL;
}

static void run_next(struct gw_alarm_post *o);

static void end(struct post *p, const char *why)
{
    struct gw_alarm_post *o = p->owner;

    DL_DELETE(o->running, p);
    o->nrunning--;
    post_free(p);
    report(o, why);
    run_next(o);
}

static void on_ended(void *arg, int code, int signo)
{
    end(arg, code != 0 || signo != 0 ? "not taken, however often it was tried" : NULL);
}

static void on_patience(void *arg)
{
    end(arg, "the program that posts takes too long");
}

static int start(struct post *p)
{
    const struct gw_alarm_plan *plan = &p->owner->gw->plan->alarms;
    char path[512], *argv[8] = {rt_str_dup(rt_str(PROGRAM)), rt_str_dup(rt_str("--post")),
                                rt_str_dup(rt_str(plan->webhook))};
    const char *more[] = {plan->token ? "--token" : NULL, plan->token, plan->ca ? "--ca" : NULL,
                          plan->ca};
    unsigned n = 3;

    for (size_t i = 0; i < RT_COUNT(more); i++)
        if (more[i])
            argv[n++] = rt_str_dup(rt_str(more[i]));
    int err = rt_program_beside(path, sizeof path, PROGRAM);
    for (unsigned i = 0; i < n; i++)
        err = argv[i] ? err : ENOMEM;
    if (err == 0)
        err =
            rt_child_feed(&p->child, p->owner->gw->loop, path, argv, rt_str(p->json), on_ended, p);
    for (unsigned i = 0; i < n; i++)
        free(argv[i]);
    return err;
}

static bool runs(const struct gw_alarm_post *o, uint64_t alarm)
{
    const struct post *p;

    DL_SEARCH_SCALAR(o->running, p, alarm, alarm);
    return p != NULL;
}

/** The first whose turn it is; NULL: none. */
static struct post *next_of(struct gw_alarm_post *o)
{
    struct post *p = o->nrunning < RUNS_MAX ? o->waiting : NULL;

    while (p && runs(o, p->alarm))
        p = p->next;
    return p;
}

static void run_next(struct gw_alarm_post *o)
{
    struct post *p;

    while ((p = next_of(o))) {
        DL_DELETE(o->waiting, p);
        o->nwaiting--;
        int err = o->gw->plan->alarms.webhook ? start(p) : ECANCELED;
        if (err != 0) {
            post_free(p);
            report(o, strerror(err));
            continue;
        }
        DL_APPEND(o->running, p);
        o->nrunning++;
        rt_timer_start_loose(&p->patience, PATIENCE);
    }
}

void gw_alarm_post(struct gw_alarm_post *o, uint64_t alarm, struct rt_str json)
{
    struct post *p = calloc(1, sizeof *p);

    if (!p || !(p->json = rt_str_dup(json))) {
        free(p);
        rt_count(&gw_alarm_counters[GW_ALARM_NOT_POSTED]);
        return;
    }
    p->owner = o;
    p->alarm = alarm;
    rt_timer_init(&p->patience, o->gw->loop, on_patience, p);
    DL_APPEND(o->waiting, p);
    if (++o->nwaiting > QUEUE_MAX) {
        struct post *oldest = o->waiting;
        DL_DELETE(o->waiting, oldest);
        o->nwaiting--;
        post_free(oldest);
        rt_count(&gw_alarm_counters[GW_ALARM_NOT_POSTED]);
    }
    run_next(o);
}

int gw_alarm_post_new(struct gw_alarm_post **out, struct gw *gw)
{
    struct gw_alarm_post *o = calloc(1, sizeof *o);

    if (!o)
        return ENOMEM;
    o->gw = gw;
    *out = o;
    return 0;
}

static void free_list(struct post **list)
{
    while (*list) {
        struct post *p = *list;
        DL_DELETE(*list, p);
        post_free(p);
    }
}

void gw_alarm_post_free(struct gw_alarm_post *o)
{
    if (!o)
        return;
    free_list(&o->waiting);
    free_list(&o->running);
    free(o);
}
