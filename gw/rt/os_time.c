/* The kernel's clocks. */
#include "gw/rt/file.h"
#include "gw/rt/time.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>
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

static rt_time ahead; /* of the monotonic clock */

static void begin(void)
{
    ahead = rt_wall() - rt_now();
}

rt_time rt_steady(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, begin);
    return rt_now() + ahead;
}

/* libpri's timers are instants of this clock: its call is resolved here before the C library's, or
 * a clock that is set would end them all at once, or none for an hour. */
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    rt_time now = rt_steady();

    (void)zone;
    tv->tv_sec = now / RT_S;
    tv->tv_usec = now % RT_S;
    return 0;
}

/** The kernel's word, or the service manager's: a service may see nothing of /proc/sys. */
char *rt_boot(char out[RT_BOOT_LEN])
{
    struct rt_buf text = {0};
    const char *told = getenv("TANDEM_BOOT_ID");

    out[0] = '\0';
    if (rt_file_read(&text, "/proc/sys/kernel/random/boot_id", RT_BOOT_LEN) == 0)
        rt_str_copy(out, RT_BOOT_LEN, rt_str_trim(rt_buf_str(&text)));
    else if (told)
        rt_str_copy(out, RT_BOOT_LEN, rt_str(told));
    rt_buf_release(&text);
    return out;
}

rt_time rt_thread_cpu(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
