/* The watchdog's timer. */
#include "gw/watchdog.h"

#include "gw/rt/log.h"
#include "gw/rt/process.h"

/** How often threads are looked at where no supervisor wants to hear of it. */
#define UNASKED (10 * RT_S)

/** Calls go on without what these threads do: it is the operator who hears of them. */
static void look_at_files(struct gw_watchdog *w)
{
    const char *stuck = rt_threads_stuck(RT_FOR_FILES, w->period);

    if (stuck && !w->waits)
        rt_log(RT_LOG_RT, RT_ERROR,
               "watchdog: thread %s waits for a disk or a file that does not answer; calls go on",
               stuck);
    else if (!stuck && w->waits)
        rt_log(RT_LOG_RT, RT_NOTICE, "watchdog: all files answer");
    w->waits = stuck != NULL;
}

static void look_at_calls(struct gw_watchdog *w)
{
    const char *stuck = rt_threads_stuck(RT_FOR_CALLS, w->period);

    if (stuck && !w->silent)
        rt_log(RT_LOG_RT, RT_ERROR, "watchdog: thread %s hangs: the supervisor is not told", stuck);
    else if (!stuck && w->silent)
        rt_log(RT_LOG_RT, RT_NOTICE, "watchdog: all threads go on");
    w->silent = stuck != NULL;
    if (!stuck)
        (void)rt_notify("WATCHDOG=1\n"); /* a supervisor that cannot be told finds out */
}

static void on_period(void *arg)
{
    struct gw_watchdog *w = arg;

    rt_timer_start(&w->timer, w->period);
    look_at_files(w);
    look_at_calls(w);
}

void gw_watchdog_start(struct gw_watchdog *w, struct rt_loop *loop)
{
    rt_time wanted = rt_watchdog_interval();

    w->period = wanted > 0 ? wanted / 2 : UNASKED;
    w->silent = w->waits = false;
    rt_timer_init(&w->timer, loop, on_period, w);
    rt_timer_start(&w->timer, 0);
}

void gw_watchdog_stop(struct gw_watchdog *w)
{
    rt_timer_stop(&w->timer);
}
