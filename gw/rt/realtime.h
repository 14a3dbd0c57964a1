/* Threads that have to run when it is time: real-time priority, CPUs of their own, and how late
 * their ticks came.
 *
 * Priority is asked for from the kernel, which grants it to root, to CAP_SYS_NICE and within
 * RLIMIT_RTPRIO. A thread that then does not come to rest for a second loses it again, so that an
 * endless loop cannot take the computer with it.
 */
#ifndef GW_RT_REALTIME_H
#define GW_RT_REALTIME_H

#include "gw/rt/loop.h"
#include "gw/rt/stats.h"

#include <stdint.h>

/** Low: above all ordinary processes, below the interrupt threads of a real-time kernel (50). */
#define RT_REALTIME_PRIORITY 10
#define RT_CPUS_MAX          1024

struct rt_cpus {
    uint64_t set[RT_CPUS_MAX / 64];
};

static inline void rt_cpus_add(struct rt_cpus *c, unsigned cpu)
{
    if (cpu < RT_CPUS_MAX)
        c->set[cpu / 64] |= (uint64_t)1 << cpu % 64;
}
static inline bool rt_cpus_has(const struct rt_cpus *c, unsigned cpu)
{
    return cpu < RT_CPUS_MAX && (c->set[cpu / 64] >> cpu % 64 & 1);
}
/** The n-th CPU of the set, from the beginning again when there are no more; RT_CPUS_MAX: empty. */
unsigned rt_cpus_nth(const struct rt_cpus *c, unsigned n);
/** The CPUs that this process may use. */
void rt_cpus_allowed(struct rt_cpus *out);

enum rt_realtime_mode {
    RT_REALTIME_OFF,
    RT_REALTIME_AUTO, /**< where it is permitted */
    RT_REALTIME_ON    /**< an error where it is not */
};
struct rt_realtime {
    enum rt_realtime_mode mode;
    struct rt_cpus cpus; /**< empty: wherever the kernel likes */
};

/** What has to be done where it is not permitted. */
#define RT_REALTIME_HELP                                                                           \
    "needs CAP_SYS_NICE or a limit of real-time priority of 10 (systemd: LimitRTPRIO=10)"

/** Gives thread `index` of several its priority and its CPU. `t` NULL: the calling thread, which is
 * to be the process's first. EPERM: priority is wanted, not permitted; EINVAL: a CPU that there is
 * not. */
int rt_realtime_thread(struct rt_thread *t, const struct rt_realtime *want, unsigned index);

/* ---- how late ticks came ---- */

enum rt_realtime_counter {
    RT_TICKS_IN_TIME, /**< less than 0.1 ms late */
    RT_TICKS_LATE_300US,
    RT_TICKS_LATE_1MS,
    RT_TICKS_LATE_3MS,
    RT_TICKS_LATE_10MS,
    RT_TICKS_LATE_30MS,
    RT_TICKS_LATE_MORE,
    RT_TICKS_LATEST,
    RT_REALTIME_THREADS,
    RT_REALTIME_LOST,
    RT_REALTIME_NCOUNTERS
};
extern struct rt_counter rt_realtime_counters[RT_REALTIME_NCOUNTERS];

/** Counts a tick that was due at `due` and began at `now`; any thread. */
void rt_tick_counted(rt_time due, rt_time now);

#endif
