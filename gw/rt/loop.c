/* The part of a loop that asks no kernel: timers, deferred work, one round of callbacks. */
#include "gw/rt/loop_priv.h"

#include <utlist.h>

/** Deferred work may defer more; a round takes this many generations before it looks at the outside
 * again. */
#define DEFER_ROUNDS 8
/** What loose timers are put off to a multiple of. */
#define LOOSE (20 * RT_MS)

void rt_loop_core_init(struct rt_loop *l, const char *name, rt_time now)
{
    l->name = name;
    l->now = now;
    l->deferred = NULL;
    l->chans = NULL;
    rt_wheel_init(&l->wheel, now);
}

rt_time rt_loop_now(const struct rt_loop *l)
{
    return l->now;
}

void rt_timer_init(struct rt_timer *t, struct rt_loop *loop, rt_timer_fn *fn, void *arg)
{
    *t = (struct rt_timer){.fn = fn, .arg = arg, .loop = loop};
}

void rt_timer_start_at(struct rt_timer *t, rt_time due)
{
    rt_timer_stop(t);
    t->due = due;
    rt_wheel_add(&t->loop->wheel, t);
}

void rt_timer_start(struct rt_timer *t, rt_time delay)
{
    rt_timer_start_at(t, rt_now() + (delay > 0 ? delay : 0));
}

void rt_timer_start_loose(struct rt_timer *t, rt_time delay)
{
    rt_time due = rt_now() + delay + LOOSE - 1;

    if (delay < RT_S)
        rt_timer_start(t, delay);
    else
        rt_timer_start_at(t, due - due % LOOSE);
}

void rt_timer_stop(struct rt_timer *t)
{
    if (rt_timer_running(t))
        rt_wheel_remove(&t->loop->wheel, t);
}

void rt_defer_init(struct rt_defer *d, struct rt_loop *loop, rt_timer_fn *fn, void *arg)
{
    *d = (struct rt_defer){.fn = fn, .arg = arg, .loop = loop};
}

void rt_defer_start(struct rt_defer *d)
{
    if (d->waiting)
        return;
    d->waiting = true;
    DL_APPEND(d->loop->deferred, d);
}

void rt_defer_stop(struct rt_defer *d)
{
    if (!d->waiting)
        return;
    d->waiting = false;
    DL_DELETE(d->loop->deferred, d);
}

void rt_loop_core_deferred(struct rt_loop *l)
{
    for (unsigned round = 0; round < DEFER_ROUNDS && l->deferred; round++) {
        struct rt_defer *last = l->deferred->prev, *d;
        do {
            d = l->deferred;
            rt_defer_stop(d);
            d->fn(d->arg);
        } while (d != last && l->deferred);
    }
}

static void run_timers(struct rt_loop *l)
{
    struct rt_timer *t;

    rt_wheel_collect(&l->wheel, l->now);
    while ((t = rt_wheel_pop(&l->wheel)) != NULL)
        t->fn(t->arg);
}

void rt_loop_core_round(struct rt_loop *l, rt_time now)
{
    l->now = now;
    rt_chans_run(l);
    rt_loop_core_deferred(l);
    run_timers(l);
    rt_loop_core_deferred(l);
}

rt_time rt_loop_core_next(const struct rt_loop *l)
{
    if (l->deferred || rt_chans_pending(l))
        return l->now;
    return rt_wheel_next(&l->wheel);
}
