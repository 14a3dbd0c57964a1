/* Draining: calls end when they end; somebody looks whether any is left. */
#include "gw/drain.h"

#include <errno.h>
#include <stdlib.h>

#define PERIOD (100 * RT_MS)

struct gw_drain {
    struct gw *gw;
    struct rt_timer look;
    void (*fn)(void *arg);
    void *arg;
};

static void on_look(void *arg)
{
    struct gw_drain *d = arg;

    if (!gw_idle(d->gw))
        rt_timer_start(&d->look, PERIOD);
    else if (d->fn)
        d->fn(d->arg);
}

int gw_drain_new(struct gw_drain **out, struct gw *gw)
{
    struct gw_drain *d = calloc(1, sizeof *d);

    if (!d)
        return ENOMEM;
    d->gw = gw;
    rt_timer_init(&d->look, gw->loop, on_look, d);
    *out = d;
    return 0;
}

void gw_drain_free(struct gw_drain *d)
{
    if (d)
        rt_timer_stop(&d->look);
    free(d);
}

void gw_drain_then(struct gw_drain *d, void (*fn)(void *arg), void *arg)
{
    d->fn = fn;
    d->arg = arg;
}

void gw_drain(struct gw *gw)
{
    if (gw->draining)
        return;
    gw->draining = true;
    rt_log(RT_LOG_CALL, RT_NOTICE, "draining: the gateway stops after %u calls", gw->ncalls);
    rt_timer_start(&gw->drain->look, PERIOD);
}
