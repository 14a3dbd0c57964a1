/* Calendars: days by the clock on the wall and instants, side by side. */
#include "dialplan/schedule_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdlib.h>

#define RANGE_DAYS_MAX 3660

int dp_calendar_new(struct dp_calendar **out)
{
    struct dp_calendar *c = calloc(1, sizeof *c);

    if (!c)
        return ENOMEM;
    *out = c;
    return 0;
}

void dp_calendar_free(struct dp_calendar *c)
{
    if (!c)
        return;
    dp_set_release(&c->local);
    dp_set_release(&c->utc);
    free(c);
}

/** `2026-12-24` or `2026-12-24..2027-01-02`. */
static const char *read_days(int64_t *first, int64_t *last, const char *date)
{
    const char *dots = strstr(date, "..");
    struct rt_str a = {date, dots ? (size_t)(dots - date) : strlen(date)};
    struct rt_str b = dots ? rt_str(dots + 2) : a;

    if (dp_read_day(first, a) != 0 || dp_read_day(last, b) != 0)
        return "is not a date like 2026-12-24, or two with \"..\" between";
    if (*last < *first)
        return "ends before it begins";
    return *last - *first >= RANGE_DAYS_MAX ? "is longer than ten years" : NULL;
}

int dp_calendar_add_date(struct dp_calendar *c, const char *date, const char *hours,
                         const char **why)
{
    int64_t first, last, from = 0, to = DP_DAY_S;
    size_t before = c->local.n;
    int err = 0;

    *why = read_days(&first, &last, date);
    if (!*why && hours)
        *why = dp_read_hours(&from, &to, rt_str(hours));
    if (*why)
        return EINVAL;
    for (int64_t day = first; day <= last && err == 0; day++)
        err = dp_set_add(&c->local, day * DP_DAY_S + from, day * DP_DAY_S + to);
    if (err != 0) {
        c->local.n = before; /* the settled ones are in front */
        *why = "is more than a calendar can hold";
        return err;
    }
    dp_set_settle(&c->local);
    return 0;
}

int dp_calendar_load_ics(struct dp_calendar *c, const char *path, int64_t now,
                         struct dp_ics_error *error)
{
    struct rt_buf text = {0};
    int err = rt_file_read(&text, path, DP_ICS_MAX);

    *error = (struct dp_ics_error){.line = 0};
    if (err == 0 && text.failed)
        err = ENOMEM;
    if (err != 0)
        rt_str_copy(error->text, sizeof error->text,
                    rt_str(err == EFBIG ? "is larger than 4 MiB" : strerror(err)));
    else
        err = dp_calendar_add_ics(c, rt_buf_str(&text), now, error);
    rt_buf_release(&text);
    return err;
}

bool dp_calendar_has(const struct dp_calendar *c, const struct dp_zone *zone, int64_t utc)
{
    return dp_set_has(&c->utc, utc) || dp_set_has(&c->local, utc + dp_zone_offset(zone, utc));
}

size_t dp_calendar_size(const struct dp_calendar *c)
{
    return c->local.n + c->utc.n;
}
