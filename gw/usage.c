/* The file of what has been used. Its text is gw/limits_save.c's. */
#include "gw/usage.h"

#include "gw/gw.h"
#include "gw/quota.h"
#include "gw/rt/file.h"
#include "gw/state_file.h"

#include <errno.h>
#include <stdlib.h>

#define EVERY    (60 * RT_S)
#define FILE_MAX ((size_t)256 << 20)
#define TITLE    "tandem usage 1"

struct rt_counter gw_usage_counters[GW_USAGE_NCOUNTERS] = {
    [GW_USAGE_FAILURES] = {"usage_failures_total",
                           "Times that minutes and money used could not be written", 0},
    [GW_USAGE_UNREADABLE] = {"usage_unreadable_total",
                             "Lines of minutes and money used that were no use at the start", 0},
};

static const struct gw_state_owner owner = {
    .name = "usage", .log = RT_LOG_CALL, .failures = &gw_usage_counters[GW_USAGE_FAILURES]};

struct gw_usage {
    struct gw *gw;
    struct gw_state_file *file; /* NULL: the plan wants none */
    struct rt_timer timer;
};

/** The file that the present plan names; another plan may name another one. */
static int follow(struct gw_usage *u)
{
    const char *path = u->gw->plan->dial.usage;

    if (u->file && path && strcmp(gw_state_file_path(u->file), path) == 0)
        return 0;
    gw_state_file_free(u->file);
    u->file = NULL;
    return path ? gw_state_file_new(&u->file, path, &owner) : 0;
}

static void save(struct gw_usage *u)
{
    struct gw_limit_clock clock;
    struct rt_buf text = {0};
    int err = follow(u);

    if (err != 0) {
        rt_count(owner.failures);
        rt_log(RT_LOG_CALL, RT_ERROR, "usage: %s", strerror(err));
    }
    if (!u->file)
        return;
    gw_quota_clock(&clock, u->gw->plan, 0);
    gw_state_head(&text, TITLE);
    gw_limits_save(u->gw->limits, &text, &clock);
    gw_state_file_write(u->file, &text);
    rt_buf_release(&text);
}

static void on_timer(void *arg)
{
    struct gw_usage *u = arg;

    save(u);
    rt_timer_start_loose(&u->timer, EVERY);
}

static int load(struct gw *gw, const char *path)
{
    struct gw_limit_clock clock;
    struct rt_buf text = {0};
    int err = rt_file_read(&text, path, FILE_MAX);

    if (err == 0) {
        struct rt_str lines = rt_buf_str(&text);
        rt_time wall;
        gw_quota_clock(&clock, gw->plan, 0);
        if (gw_state_open(&wall, &lines, TITLE, &owner)) /* an older version wrote no title */
            clock.wall = wall / RT_S;
        unsigned bad = gw_limits_load(gw->limits, lines, &clock);
        rt_count_n(&gw_usage_counters[GW_USAGE_UNREADABLE], bad);
        if (bad > 0)
            rt_log(RT_LOG_CALL, RT_WARN, "usage: %s: %u lines are no use", path, bad);
    }
    rt_buf_release(&text);
    return err == ENOENT ? 0 : err;
}

int gw_usage_start(struct gw *gw, struct rt_buf *why)
{
    const char *path = gw->plan->dial.usage;
    struct gw_usage *u = calloc(1, sizeof *u);

    if (!u)
        return ENOMEM;
    u->gw = gw;
    rt_timer_init(&u->timer, gw->loop, on_timer, u);
    gw->usage = u;
    int err = path ? load(gw, path) : 0;
    if (err == 0)
        err = follow(u);
    if (err != 0)
        rt_buf_printf(why, "usage %s: %s", path, strerror(err));
    else
        rt_timer_start_loose(&u->timer, EVERY);
    return err;
}

void gw_usage_stop(struct gw *gw)
{
    struct gw_usage *u = gw->usage;

    if (!u)
        return;
    if (rt_timer_running(&u->timer)) /* else it did not start: what is there stays */
        save(u);
    rt_timer_stop(&u->timer);
    gw_state_file_free(u->file);
    free(u);
    gw->usage = NULL;
}
