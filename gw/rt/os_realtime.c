/* Real-time priority, CPUs and memory, from the Linux kernel. */
#include "gw/rt/log.h"
#include "gw/rt/os_loop.h"
#include "gw/rt/realtime.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/** A thread that runs for so long without coming to rest once is in a loop, or has far too much to
 * do. */
#define RESTLESS 1000000 /* us */

_Static_assert(sizeof(struct rt_cpus) * 8 == CPU_SETSIZE, "as many as glibc has");

/* The kernel sends SIGXCPU to the thread itself, while that runs. sched_setscheduler() is one
 * system call and nothing else, errno is kept. */
static void on_restless(int signo)
{
    int kept = errno;
    const struct sched_param ordinary = {.sched_priority = 0};

    (void)signo;
    /* only root may take back what was said of the threads that it starts (sched(7)) */
    if ((sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) != SCHED_OTHER &&
        (sched_setscheduler(0, SCHED_OTHER, &ordinary) == 0 ||
         sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &ordinary) == 0))
        rt_count(&rt_realtime_counters[RT_REALTIME_LOST]);
    errno = kept;
}

static bool may_lock(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}, {0}};
    struct rlimit limit;

    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
        return true;
    return syscall(SYS_capget, &head, data) == 0 && (data[0].effective >> CAP_IPC_LOCK & 1);
}

/** No loop can hang the computer: once for the process, before a thread has priority. */
static int limit_restless(void)
{
    static bool done;
    struct sigaction act = {.sa_handler = on_restless, .sa_flags = SA_RESTART};
    struct rlimit limit;

    if (done)
        return 0;
    if (sigaction(SIGXCPU, &act, NULL) != 0 || getrlimit(RLIMIT_RTTIME, &limit) != 0)
        return errno;
    if (limit.rlim_cur > RESTLESS)
        limit.rlim_cur = RESTLESS;
    done = setrlimit(RLIMIT_RTTIME, &limit) == 0;
    return done ? 0 : errno;
}

/** No page that was used goes away. Within a limit memory is not locked: what is asked for later
 * would be refused. */
static void lock_memory(void)
{
    static bool tried;

    if (!tried && (!may_lock() || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0))
        rt_log(RT_LOG_MEDIA, RT_INFO,
               "realtime: memory is not locked: needs CAP_IPC_LOCK (systemd: "
               "LimitMEMLOCK=infinity)");
    tried = true;
}

static int raise_priority(pthread_t id)
{
    const struct sched_param param = {.sched_priority = RT_REALTIME_PRIORITY};
    int err = limit_restless();

    /* what the thread starts in its turn is ordinary again */
    if (err == 0)
        err = pthread_setschedparam(id, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
    if (err != 0)
        return err;
    rt_count(&rt_realtime_counters[RT_REALTIME_THREADS]);
    lock_memory();
    return 0;
}

static void say_refused(void)
{
    static bool said;

    if (!said)
        rt_log(RT_LOG_MEDIA, RT_INFO, "realtime: not permitted; " RT_REALTIME_HELP);
    said = true;
}

static int pin(pthread_t id, const struct rt_cpus *cpus, unsigned index)
{
    unsigned cpu = rt_cpus_nth(cpus, index);
    cpu_set_t set;

    if (cpu == RT_CPUS_MAX)
        return 0;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return pthread_setaffinity_np(id, sizeof set, &set);
}

int rt_realtime_thread(struct rt_thread *t, const struct rt_realtime *want, unsigned index)
{
    pthread_t id = t ? rt_thread_id(t) : pthread_self();
    int err = pin(id, &want->cpus, index);

    if (err != 0 || want->mode == RT_REALTIME_OFF)
        return err;
    err = raise_priority(id);
    if (err != 0 && want->mode == RT_REALTIME_AUTO) {
        say_refused();
        return 0;
    }
    return err;
}

void rt_cpus_allowed(struct rt_cpus *out)
{
    cpu_set_t set;

    memset(out, 0, sizeof *out);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return;
    for (unsigned cpu = 0; cpu < RT_CPUS_MAX; cpu++)
        if (CPU_ISSET(cpu, &set))
            rt_cpus_add(out, cpu);
}
