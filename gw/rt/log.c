/* The log: formatted once, written with one call, so that lines of two threads never mix. */
#include "gw/rt/log.h"

#include "gw/rt/time.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_LEN 1024

static const char *const level_names[] = {"error", "warn", "notice", "info", "debug"};
static const char *const subsys_names[RT_LOG_SUBSYSTEMS] = {
    "rt", "conf", "sip", "isdn", "mgcp", "media", "plan", "call", "cdr", "admin"};

static atomic_int levels[RT_LOG_SUBSYSTEMS] = {RT_INFO, RT_INFO, RT_INFO, RT_INFO, RT_INFO,
                                               RT_INFO, RT_INFO, RT_INFO, RT_INFO, RT_INFO};
static void (*sink)(void *, enum rt_subsys, enum rt_level, const char *);
static void *sink_arg;
static void (*tap)(enum rt_subsys, enum rt_level, const char *);
static bool journal;

_Static_assert(LOG_ERR + RT_WARN == LOG_WARNING && LOG_ERR + RT_DEBUG == LOG_DEBUG,
               "syslog(3) counts on from there as we do");

bool rt_log_on(enum rt_subsys sub, enum rt_level level)
{
    return (int)level <= atomic_load_explicit(&levels[sub], memory_order_relaxed);
}

static void write_line(enum rt_subsys sub, enum rt_level level, const char *text)
{
    char line[LINE_MAX_LEN + 64], stamp[RT_RFC3339_LEN];
    int n = journal ? snprintf(line, sizeof line, "<%d>%-6s %-5s %s\n", LOG_ERR + (int)level,
                               level_names[level], subsys_names[sub], text)
                    : snprintf(line, sizeof line, "%s %-6s %-5s %s\n", rt_rfc3339(stamp, rt_wall()),
                               level_names[level], subsys_names[sub], text);

    if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
        return; /* nowhere to say so */
}

/** Texts of strangers stand in lines: no control character makes another line of one, nor moves the
 * cursor of who reads it (C0, DEL, and C1 as UTF-8 writes them). */
static void defuse(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = *p == '\t' ? ' ' : '?';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
            p[0] = p[1] = '?';
    }
}

void rt_log(enum rt_subsys sub, enum rt_level level, const char *fmt, ...)
{
    char text[LINE_MAX_LEN];
    va_list ap;

    if (!rt_log_on(sub, level))
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    defuse(text);
    if (tap)
        tap(sub, level, text);
    if (sink)
        sink(sink_arg, sub, level, text);
    else
        write_line(sub, level, text);
}

void rt_log_set(enum rt_subsys sub, enum rt_level level)
{
    atomic_store_explicit(&levels[sub], (int)level, memory_order_relaxed);
}

void rt_log_set_all(enum rt_level level)
{
    for (unsigned i = 0; i < RT_LOG_SUBSYSTEMS; i++)
        rt_log_set((enum rt_subsys)i, level);
}

void rt_log_journal(bool on)
{
    journal = on;
}

const char *rt_log_level_name(enum rt_level level)
{
    return level_names[level];
}

const char *rt_log_subsys_name(enum rt_subsys sub)
{
    return subsys_names[sub];
}

static int find_name(unsigned *out, const char *const *names, size_t n, struct rt_str s)
{
    for (size_t i = 0; i < n; i++)
        if (rt_str_eq(s, names[i])) {
            *out = (unsigned)i;
            return 0;
        }
    return EINVAL;
}

int rt_log_level_parse(enum rt_level *out, struct rt_str s)
{
    unsigned i;
    int err = find_name(&i, level_names, RT_COUNT(level_names), s);

    if (err == 0)
        *out = (enum rt_level)i;
    return err;
}

int rt_log_subsys_parse(enum rt_subsys *out, struct rt_str s)
{
    unsigned i;
    int err = find_name(&i, subsys_names, RT_LOG_SUBSYSTEMS, s);

    if (err == 0)
        *out = (enum rt_subsys)i;
    return err;
}

void rt_log_sink(void (*fn)(void *arg, enum rt_subsys, enum rt_level, const char *line), void *arg)
{
    sink = fn;
    sink_arg = arg;
}

void rt_log_tap(void (*fn)(enum rt_subsys sub, enum rt_level level, const char *line))
{
    tap = fn;
}
