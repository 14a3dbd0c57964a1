/* The process that codes G.729: it is started at once when it ends, later and later when it does so
 * again and again. */
#include "gw/g729.h"

#include "codec/g729.h"
#include "gw/rt/child.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PAUSE_LEAST (50 * RT_MS)
#define PAUSE_MOST  (30 * RT_S)
/** One that has run so long was all right: the next pause is the least again. */
#define PROVEN (30 * RT_S)
/** Whether it stands still is looked at so often. */
#define WATCH (1 * RT_S)

/** Below the media threads, which wait for nobody, and above all ordinary processes. */
#define PRIORITY (RT_REALTIME_PRIORITY / 2)

struct gw_g729 {
    struct rt_loop *loop;
    struct rt_shared shared;
    struct rt_child *child; /* NULL: none runs */
    struct rt_timer again, watch;
    rt_time pause, started;
    unsigned restarts;
    const struct gw_media_plan *plan;
};

/** The plan's codecs are there as long as the gateway. */
static bool has_g729(const struct gw_codecs *list)
{
    for (unsigned i = 0; i < list->n; i++)
        if (list->id[i] == CODEC_G729)
            return true;
    return false;
}

static bool wanted(const struct gw_plan *plan)
{
    bool found = has_g729(&plan->media.codecs);

    for (unsigned i = 0; i < plan->ntrunks; i++)
        found |= has_g729(&plan->trunks[i].media.codecs);
    return found && plan->media.g729;
}

static void pause_and_start(struct gw_g729 *g)
{
    rt_timer_start(&g->again, g->pause);
    g->pause = g->pause * 2 < PAUSE_MOST ? g->pause * 2 : PAUSE_MOST;
}

static void over(struct gw_g729 *g)
{
    g729_set_running(false);
    rt_timer_stop(&g->watch);
    rt_child_stop(g->child);
    g->child = NULL;
    if (rt_now() - g->started >= PROVEN)
        g->pause = PAUSE_LEAST;
    pause_and_start(g);
}

static void on_ended(void *arg, int code, int signo)
{
    struct gw_g729 *g = arg;

    rt_log(RT_LOG_MEDIA, RT_ERROR, "g729: %s has ended by %s %d and is started again",
           g->plan->g729, signo ? "signal" : "itself with code", signo ? signo : code);
    over(g);
}

static void on_watch(void *arg)
{
    struct gw_g729 *g = arg;

    if (!g729_stuck()) {
        rt_timer_start_loose(&g->watch, WATCH);
        return;
    }
    rt_log(RT_LOG_MEDIA, RT_ERROR, "g729: %s stands still and is started again", g->plan->g729);
    over(g);
}

static int start(struct gw_g729 *g)
{
    char threads[12], priority[12], name[] = "tandem-g729";
    char *const argv[] = {name, threads, priority, NULL};
    bool realtime = g->plan->realtime.mode != RT_REALTIME_OFF;

    snprintf(threads, sizeof threads, "%u", g->plan->threads);
    snprintf(priority, sizeof priority, "%d", realtime ? PRIORITY : 0);
    int err = rt_child_start(&g->child, g->loop, g->plan->g729, argv, &g->shared, on_ended, g);
    if (err != 0)
        return err;
    g->started = rt_now();
    g729_set_running(true);
    rt_timer_start_loose(&g->watch, 2 * WATCH); /* it may find work that waits already */
    return 0;
}

static void on_again(void *arg)
{
    struct gw_g729 *g = arg;
    int err = start(g);

    g->restarts++;
    rt_count(&g729_counters[G729_RESTARTS]);
    if (err == 0) {
        rt_log(RT_LOG_MEDIA, RT_NOTICE, "g729: %s runs again", g->plan->g729);
        return;
    }
    rt_log(RT_LOG_MEDIA, RT_ERROR, "g729: %s: %s", g->plan->g729, strerror(err));
    pause_and_start(g);
}

void gw_g729_adopt(struct gw_g729 *g, const struct gw_plan *plan)
{
    if (g)
        g->plan = &plan->media;
}

int gw_g729_new(struct gw_g729 **out, struct rt_loop *loop, const struct gw_plan *plan,
                struct rt_buf *why)
{
    *out = NULL;
    if (!wanted(plan))
        return 0;
    struct gw_g729 *g = calloc(1, sizeof *g);
    if (!g)
        return ENOMEM;
    g->loop = loop;
    g->plan = &plan->media;
    g->pause = PAUSE_LEAST;
    rt_timer_init(&g->again, loop, on_again, g);
    rt_timer_init(&g->watch, loop, on_watch, g);
    int err = rt_shared_new(&g->shared, "g729", g729_shared_size());
    if (err != 0) {
        rt_buf_printf(why, "g729: %s", strerror(err));
        gw_g729_free(g);
        return err;
    }
    g729_attach(g->shared.mem, plan->media.threads);
    *out = g;
    return 0;
}

int gw_g729_start(struct gw_g729 *g, struct rt_buf *why)
{
    int err = g ? start(g) : 0;

    if (err != 0)
        rt_buf_printf(why, "g729: %s: %s", g->plan->g729, strerror(err));
    return err;
}

void gw_g729_free(struct gw_g729 *g)
{
    if (!g)
        return;
    rt_timer_stop(&g->again);
    rt_timer_stop(&g->watch);
    rt_child_stop(g->child);
    g729_detach();
    rt_shared_free(&g->shared);
    free(g);
}

void gw_g729_status(struct gw_g729_status *out, const struct gw_g729 *g)
{
    *out = (struct gw_g729_status){.state = !g ? "off" : g->child ? "running" : "down"};
    if (!g)
        return;
    out->streams = g729_streams();
    out->restarts = g->restarts;
    out->pid = g->child ? rt_child_pid(g->child) : 0;
}
