/* The timer wheel: 32768 slots of 1 ms, and behind it one of turns. Arming and cancelling are O(1).
 * A turn is longer than 64*T1 of SIP, so most timers never see the second wheel; what is further
 * away than one turn waits there until its turn begins, so that the many long timers of calls at
 * rest are not walked past to find the next short one. Both kinds of loop, the kernel's and the
 * tests', run on it.
 */
#ifndef GW_RT_WHEEL_H
#define GW_RT_WHEEL_H

#include "gw/rt/loop.h"

#define RT_WHEEL_SLOTS 32768u
/** Some two hours; what is further away is looked at once in so many turns. */
#define RT_WHEEL_TURNS 256u

struct rt_timer_list {
    struct rt_timer *first, **last;
};

struct rt_wheel {
    struct rt_timer_list slot[RT_WHEEL_SLOTS];
    uint64_t used[RT_WHEEL_SLOTS / 64];       /**< slots that may hold a timer */
    uint64_t words[RT_WHEEL_SLOTS / 64 / 64]; /**< words of `used` that are not 0 */
    struct rt_timer_list far[RT_WHEEL_TURNS]; /**< by the turn they are due in */
    struct rt_timer_list due;                 /**< taken off the slots, about to fire */
    int64_t tick;                             /**< every slot before this one has been run */
    int64_t turn;                             /**< the timers of this turn are in their slots */
    unsigned count, nfar;
};

void rt_wheel_init(struct rt_wheel *w, rt_time now);
void rt_wheel_add(struct rt_wheel *w, struct rt_timer *t);
void rt_wheel_remove(struct rt_wheel *w, struct rt_timer *t);
/** The earliest due time, or INT64_MAX when nothing is armed. May be early by whole turns, never
 * late. */
rt_time rt_wheel_next(const struct rt_wheel *w);
/** Takes the next timer that is due at `now` off the wheel and returns it, or NULL. Timers armed
 * since the last rt_wheel_collect() are left for the next round. */
struct rt_timer *rt_wheel_pop(struct rt_wheel *w);
/** Gathers everything due at `now`, in order of slots. */
void rt_wheel_collect(struct rt_wheel *w, rt_time now);

#endif
