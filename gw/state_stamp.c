/* When a state file was written, in its first line: the wall clock, the monotonic one, and which
 * start of the machine that belongs to. Instants in the file are by the wall clock as it was then;
 * it may have been set since.
 */
#include "gw/state_file.h"

void gw_state_head(struct rt_buf *out, const char *title)
{
    char boot[RT_BOOT_LEN];

    rt_buf_printf(out, "%s\t%lld\t%lld\t%s\n", title, (long long)(rt_wall() / RT_MS),
                  (long long)(rt_now() / RT_MS), rt_boot(boot));
}

/** Since it was written: by the monotonic clock within one start of the machine, else by the wall
 * clock. That shows an earlier time when it was set back: then nobody knows. */
static rt_time since(rt_time wall, rt_time now, struct rt_str boot,
                     const struct gw_state_owner *owner)
{
    char present[RT_BOOT_LEN];
    rt_time by_wall = rt_wall() - wall, by_now = rt_now() - now;

    rt_boot(present);
    if (present[0] && rt_str_eq(boot, present) && by_now >= 0)
        return by_now;
    if (by_wall >= 0)
        return by_wall;
    rt_log(owner->log, RT_WARN, "%s: its file is %lld s ahead of the clock: nothing has run off",
           owner->name, (long long)(-by_wall / RT_S));
    return 0;
}

bool gw_state_open(rt_time *wall, struct rt_str *text, const char *title,
                   const struct gw_state_owner *owner)
{
    struct rt_str rest = *text, line = rt_str_cut(&rest, '\n');
    uint64_t at, now;

    if (!rt_str_eq(rt_str_cut(&line, '\t'), title))
        return false;
    *text = rest;
    *wall = rt_wall();
    if (rt_str_u64(&at, rt_str_cut(&line, '\t'), INT64_MAX / RT_MS) == 0 &&
        rt_str_u64(&now, rt_str_cut(&line, '\t'), INT64_MAX / RT_MS) == 0)
        *wall = (rt_time)at * RT_MS + since((rt_time)at * RT_MS, (rt_time)now * RT_MS, line, owner);
    return true;
}
