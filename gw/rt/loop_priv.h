/* What both kinds of loop share: timers, deferred work, channels. os_loop.c and test/fake/ build on
 * it. */
#ifndef GW_RT_LOOP_PRIV_H
#define GW_RT_LOOP_PRIV_H

#include "gw/rt/chan.h"
#include "gw/rt/wheel.h"

struct rt_loop {
    const char *name;
    struct rt_wheel wheel;
    struct rt_defer *deferred;
    struct rt_chan *chans; /**< the ones this loop consumes */
    rt_time now;
};

void rt_loop_core_init(struct rt_loop *l, const char *name, rt_time now);
/** Runs one round at `now`: messages, due timers, deferred work. */
void rt_loop_core_round(struct rt_loop *l, rt_time now);
/** When the loop must run again at the latest: now, when something waits; INT64_MAX, when nothing
 * does. */
rt_time rt_loop_core_next(const struct rt_loop *l);
void rt_loop_core_deferred(struct rt_loop *l);

/** Given by the kind of loop: makes a sleeping loop run a round; any thread may call it. */
void rt_loop_wake(struct rt_loop *l);

/* chan.c */
/** Delivers what waits in a loop's channels. */
void rt_chans_run(struct rt_loop *l);
bool rt_chans_pending(const struct rt_loop *l);

#endif
