/* A process that is asked to be somebody else and says that it is; its supervisor is the test. */
#include "fake_priv.h"
#include "process.h"

#include "gw/rt/log.h"
#include "gw/rt/process.h"

#include <errno.h>
#include <string.h>

#define TOLD_MAX 64

static rt_time interval;
static const char *hanging, *forbidden;
static char told[TOLD_MAX][64];
static unsigned ntold;

void fake_process_reset(void)
{
    interval = 0;
    hanging = forbidden = NULL;
    ntold = 0;
}

void fake_process_supervise(rt_time every)
{
    interval = every;
}

void fake_process_hang(const char *thread)
{
    hanging = thread;
}

void fake_process_forbid(const char *path)
{
    forbidden = path;
}

unsigned fake_process_told(const char *lines)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ntold && i < TOLD_MAX; i++)
        n += strcmp(told[i], lines) == 0;
    return n;
}

int rt_process_enter(const struct rt_process *want, struct rt_buf *why)
{
    (void)want;
    (void)why;
    return 0;
}

int rt_process_confine(const struct rt_process *want, struct rt_buf *why)
{
    (void)want;
    (void)why;
    return 0;
}

int rt_process_give(const struct rt_process *want, const char *path)
{
    (void)want;
    (void)path;
    return 0;
}

static int may(const char *path)
{
    return forbidden && strcmp(path, forbidden) == 0 ? EACCES : 0;
}

int rt_process_reads(const char *path)
{
    return may(path);
}

int rt_process_writes(const char *path)
{
    return may(path);
}

int rt_notify(const char *lines)
{
    if (interval == 0)
        return ENOENT;
    rt_str_copy(told[ntold % TOLD_MAX], sizeof told[0], rt_str(lines));
    ntold++;
    return 0;
}

bool rt_stderr_is_journal(void)
{
    return false;
}

rt_time rt_watchdog_interval(void)
{
    return interval;
}

void rt_thread_for(struct rt_thread *t, enum rt_thread_for what)
{
    (void)t;
    (void)what;
}

bool rt_thread_stuck(struct rt_thread *t, rt_time patience)
{
    (void)patience;
    return hanging && strcmp(fake_thread_name(t), hanging) == 0;
}

const char *rt_threads_stuck(enum rt_thread_for what, rt_time patience)
{
    bool media = hanging && strncmp(hanging, "media", 5) == 0;

    (void)patience;
    return media == (what == RT_FOR_CALLS) ? hanging : NULL;
}
