/* Sets of CPUs, and the counters of ticks: what needs no kernel. */
#include "gw/rt/realtime.h"

struct rt_counter rt_realtime_counters[RT_REALTIME_NCOUNTERS] = {
    [RT_TICKS_IN_TIME] = {"media_ticks_late_100us_total",
                          "Ticks of media threads less than 0.1 ms late", 0},
    [RT_TICKS_LATE_300US] = {"media_ticks_late_300us_total", "0.1 to 0.3 ms late", 0},
    [RT_TICKS_LATE_1MS] = {"media_ticks_late_1ms_total", "0.3 to 1 ms late", 0},
    [RT_TICKS_LATE_3MS] = {"media_ticks_late_3ms_total", "1 to 3 ms late", 0},
    [RT_TICKS_LATE_10MS] = {"media_ticks_late_10ms_total", "3 to 10 ms late", 0},
    [RT_TICKS_LATE_30MS] = {"media_ticks_late_30ms_total", "10 to 30 ms late", 0},
    [RT_TICKS_LATE_MORE] = {"media_ticks_late_more_total", "30 ms late and more", 0},
    [RT_TICKS_LATEST] = {"media_ticks_latest_us",
                         "The latest tick of a media thread since the start", 0},
    [RT_REALTIME_THREADS] = {"realtime_threads_total", "Threads that were given real-time priority",
                             0},
    [RT_REALTIME_LOST] = {"realtime_lost_total",
                          "Threads that lost it again: a second without coming to rest", 0},
};

void rt_tick_counted(rt_time due, rt_time now)
{
    static const rt_time below[] = {100 * RT_US, 300 * RT_US, RT_MS,
                                    3 * RT_MS,   10 * RT_MS,  30 * RT_MS};
    _Atomic uint64_t *latest = &rt_realtime_counters[RT_TICKS_LATEST].value;
    rt_time late = now > due ? now - due : 0;
    size_t i = 0;

    while (i < sizeof below / sizeof *below && late >= below[i])
        i++;
    rt_count(&rt_realtime_counters[RT_TICKS_IN_TIME + i]);
    uint64_t worst = atomic_load_explicit(latest, memory_order_relaxed), us = (uint64_t)late;
    while (us > worst && !atomic_compare_exchange_weak(latest, &worst, us))
        ;
}

unsigned rt_cpus_nth(const struct rt_cpus *c, unsigned n)
{
    unsigned count = 0, seen = 0;

    for (unsigned cpu = 0; cpu < RT_CPUS_MAX; cpu++)
        count += rt_cpus_has(c, cpu);
    for (unsigned cpu = 0; count > 0 && cpu < RT_CPUS_MAX; cpu++)
        if (rt_cpus_has(c, cpu) && seen++ == n % count)
            return cpu;
    return RT_CPUS_MAX;
}
