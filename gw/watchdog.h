/* What the supervisor hears of the gateway's health: a word at half the interval that it wants,
 * from the signalling thread, and only while every media thread comes round too. One that hangs is
 * named in the log, and the supervisor starts the gateway anew.
 *
 * A thread that writes hangs when a disk does. A new start would end all calls and find the same
 * disk: so the supervisor is told that all is well, and the log and alarms say what is not. */
#ifndef GW_WATCHDOG_H
#define GW_WATCHDOG_H

#include "gw/rt/loop.h"

struct gw_watchdog {
    struct rt_timer timer;
    rt_time period;
    bool silent; /**< a thread hangs that calls wait for */
    bool waits;  /**< one hangs that they do not */
};

/** Starts it, with or without a supervisor. */
void gw_watchdog_start(struct gw_watchdog *w, struct rt_loop *loop);
void gw_watchdog_stop(struct gw_watchdog *w);

#endif
