/* Weekly hours and calendars together: open or not, and until when. */
#include "dialplan/schedule_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define HORIZON_S (100LL * 366 * DP_DAY_S)

struct use {
    const struct dp_calendar *calendar;
    char *name;
    struct use *prev, *next;
};

struct dp_schedule {
    struct dp_zone *zone;
    struct dp_set week; /* seconds since Monday 00:00, settled */
    bool weekly;
    struct use *except, *on;
};

int dp_schedule_new(struct dp_schedule **out, const char *zone)
{
    struct dp_schedule *s = calloc(1, sizeof *s);
    int err = s ? dp_zone_load(&s->zone, zone) : ENOMEM;

    if (err != 0) {
        free(s);
        return err;
    }
    *out = s;
    return 0;
}

static void release_uses(struct use **head)
{
    struct use *u, *next;

    DL_FOREACH_SAFE(*head, u, next)
    {
        DL_DELETE(*head, u);
        free(u->name);
        free(u);
    }
}

void dp_schedule_free(struct dp_schedule *s)
{
    if (!s)
        return;
    release_uses(&s->except);
    release_uses(&s->on);
    dp_set_release(&s->week);
    dp_zone_free(s->zone);
    free(s);
}

const struct dp_zone *dp_schedule_zone(const struct dp_schedule *s)
{
    return s->zone;
}

/* ---- building ---- */

/** 0 is Monday; -1: no day. */
static int read_weekday(struct rt_str text)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

    for (int i = 0; i < 7; i++)
        if (rt_str_caseeq(text, names[i]))
            return i;
    return -1;
}

static int add_hours(struct dp_schedule *s, int day, int64_t from, int64_t to)
{
    int64_t at = day * DP_DAY_S, beyond = at + to - DP_WEEK_S;
    int err = dp_set_add(&s->week, at + from, beyond > 0 ? DP_WEEK_S : at + to);

    return err != 0 || beyond <= 0 ? err : dp_set_add(&s->week, 0, beyond);
}

int dp_schedule_add_weekly(struct dp_schedule *s, const char *days, const char *hours,
                           const char **why)
{
    struct rt_str last = rt_str(days), first = rt_str_cut(&last, '-');
    bool daily = rt_str_caseeq(first, "daily") && !strchr(days, '-');
    int from = daily ? 0 : read_weekday(first);
    int to = daily ? 6 : strchr(days, '-') ? read_weekday(last) : from, err = 0;
    int64_t begin, end;

    if (from < 0 || to < 0) {
        *why = "is no day of the week, or range of them, like mon-fri";
        return EINVAL;
    }
    *why = dp_read_hours(&begin, &end, rt_str(hours));
    if (*why)
        return EINVAL;
    for (int n = (to - from + 7) % 7, i = 0; i <= n && err == 0; i++)
        err = add_hours(s, (from + i) % 7, begin, end);
    if (err != 0)
        *why = "cannot be added";
    s->weekly = true;
    dp_set_settle(&s->week);
    return err;
}

static int add_use(struct use **head, const struct dp_calendar *c, const char *name)
{
    struct use *u = calloc(1, sizeof *u);

    if (!u || !(u->name = rt_str_dup(rt_str(name)))) {
        free(u);
        return ENOMEM;
    }
    u->calendar = c;
    DL_APPEND(*head, u);
    return 0;
}

int dp_schedule_except(struct dp_schedule *s, const struct dp_calendar *c, const char *name)
{
    return add_use(&s->except, c, name);
}

int dp_schedule_on(struct dp_schedule *s, const struct dp_calendar *c, const char *name)
{
    return add_use(&s->on, c, name);
}

/* ---- asking ---- */

static int64_t wall_of(const struct dp_schedule *s, int64_t utc)
{
    return utc + dp_zone_offset(s->zone, utc);
}

/** Monday 00:00 before `wall`. */
static int64_t week_of(int64_t wall)
{
    int64_t day = dp_floor_div(wall, DP_DAY_S);

    return (day - dp_weekday(day)) * DP_DAY_S;
}

static const struct use *holding(const struct dp_schedule *s, const struct use *head, int64_t utc)
{
    const struct use *u = head;

    while (u && !dp_calendar_has(u->calendar, s->zone, utc))
        u = u->next;
    return u;
}

bool dp_schedule_open(const struct dp_schedule *s, int64_t utc, const char **why)
{
    const struct use *u = holding(s, s->except, utc);
    const char *unused;
    int64_t wall = wall_of(s, utc);

    if (!why)
        why = &unused;
    if (u) {
        *why = u->name;
        return false;
    }
    if (s->weekly && !dp_set_has(&s->week, wall - week_of(wall))) {
        *why = "outside weekly hours";
        return false;
    }
    u = holding(s, s->on, utc);
    if (s->on && !u) {
        *why = s->on->name;
        return false;
    }
    *why = u ? u->name : s->weekly ? "weekly hours" : "always";
    return true;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/** The next time on the wall, after `wall`, at which the week's hours begin or end. */
static int64_t next_of_week(const struct dp_schedule *s, int64_t wall)
{
    int64_t monday = week_of(wall), next = dp_set_next(&s->week, wall - monday);

    if (s->week.n == 1 && s->week.v[0].to - s->week.v[0].from == DP_WEEK_S)
        return DP_NEVER;
    if (next == DP_NEVER)
        next = DP_WEEK_S + s->week.v[0].from;
    return monday + next;
}

/** The next instant after `utc` at which anything may change. */
static int64_t next_edge(const struct dp_schedule *s, int64_t utc)
{
    int32_t offset = dp_zone_offset(s->zone, utc);
    int64_t wall = DP_NEVER, instant = dp_zone_next(s->zone, utc);
    const struct use *const heads[] = {s->except, s->on};

    if (s->weekly)
        wall = next_of_week(s, utc + offset);
    for (size_t i = 0; i < RT_COUNT(heads); i++) {
        for (const struct use *u = heads[i]; u; u = u->next) {
            wall = sooner(wall, dp_set_next(&u->calendar->local, utc + offset));
            instant = sooner(instant, dp_set_next(&u->calendar->utc, utc));
        }
    }
    /* When clocks change before `wall`, that change comes first and is looked at. */
    return wall == DP_NEVER ? instant : sooner(instant, wall - offset);
}

int64_t dp_schedule_next_change(const struct dp_schedule *s, int64_t utc)
{
    bool open = dp_schedule_open(s, utc, NULL);
    int64_t t = utc;

    do {
        t = next_edge(s, t);
        if (t == DP_NEVER || t - utc > HORIZON_S)
            return DP_NEVER;
    } while (dp_schedule_open(s, t, NULL) == open);
    return t;
}
