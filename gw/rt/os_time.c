/* The kernel's clocks. */
#include "gw/rt/time.h"

#include <time.h>

static rt_time read_clock(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (rt_time)ts.tv_sec * RT_S + ts.tv_nsec / 1000;
}

rt_time rt_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

rt_time rt_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

rt_time rt_thread_cpu(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
