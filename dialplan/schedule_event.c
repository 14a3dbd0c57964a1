/* A VEVENT: when it is, when it is again, and when it is not after all. */
#include "dialplan/schedule_ics.h"

#include <errno.h>
#include <stdlib.h>

#define SPAN_DAYS_MAX 36600

/* ---- values ---- */

bool dp_ics_read_time(struct dp_ics_time *out, struct rt_str s)
{
    int y, m, d, hour, minute, second;

    *out = (struct dp_ics_time){.date = true};
    if (!dp_take_digits(&s, 4, &y) || !dp_take_digits(&s, 2, &m) || !dp_take_digits(&s, 2, &d) ||
        y < 1 || m < 1 || m > 12 || d < 1 || d > dp_month_days(y, m))
        return false;
    out->wall = dp_day_number(y, m, d) * DP_DAY_S;
    if (s.n == 0)
        return true;
    out->date = false;
    if (s.p[0] != 'T')
        return false;
    s = (struct rt_str){s.p + 1, s.n - 1};
    if (!dp_take_digits(&s, 2, &hour) || !dp_take_digits(&s, 2, &minute) ||
        !dp_take_digits(&s, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    out->wall += hour * 3600 + minute * 60 + second;
    out->fixed = rt_str_eq(s, "Z");
    return s.n == 0 || out->fixed;
}

int dp_ics_time(struct dp_ics *x, const struct dp_ics_line *l, struct rt_str text,
                struct dp_ics_time *out)
{
    struct rt_str tzid = dp_ics_param(l, "TZID");

    if (!dp_ics_read_time(out, rt_str_trim(text)))
        return dp_ics_fail(x, l->line, "has no date or time like 20261224 or 20261224T180000Z");
    if (out->date || out->fixed || tzid.n == 0)
        return 0;
    out->fixed = true;
    return dp_ics_zone(x, l->line, tzid, &out->zone);
}

/** The seconds that one of a span's letters stands for, or 0. Days count only before the T. */
static int64_t unit(char c, bool time)
{
    static const struct {
        char letter;
        bool time;
        int64_t seconds;
    } units[] = {{'W', false, 7 * DP_DAY_S},
                 {'D', false, DP_DAY_S},
                 {'H', true, 3600},
                 {'M', true, 60},
                 {'S', true, 1}};

    for (size_t i = 0; i < RT_COUNT(units); i++)
        if (units[i].letter == c && units[i].time == time)
            return units[i].seconds;
    return 0;
}

bool dp_ics_read_span(struct dp_ics_span *out, struct rt_str s)
{
    bool time = false, any = false;

    *out = (struct dp_ics_span){0, 0};
    if (s.n > 0 && s.p[0] == '+')
        s = (struct rt_str){s.p + 1, s.n - 1};
    if (s.n == 0 || s.p[0] != 'P')
        return false;
    for (size_t i = 1; i < s.n; i++) {
        int64_t v = 0, seconds;
        if (s.p[i] == 'T' && !time) {
            time = true;
            continue;
        }
        size_t digits = i;
        while (i < s.n && i < digits + 9 && s.p[i] >= '0' && s.p[i] <= '9')
            v = 10 * v + (s.p[i++] - '0');
        if (i == digits || i == s.n || (seconds = unit(s.p[i], time)) == 0)
            return false;
        any = true;
        if (time)
            out->seconds += v * seconds;
        else
            out->days += v * (seconds / DP_DAY_S);
    }
    return any && out->days + out->seconds / DP_DAY_S <= SPAN_DAYS_MAX;
}

/* ---- one event ---- */

struct event {
    struct dp_ics *x;
    struct dp_ics_block block;
    struct dp_ics_time start;
    struct dp_ics_span span;
    int64_t *gone; /* keys of occurrences that are not, sorted */
    int64_t *days; /* whole days without one */
    size_t ngone, ndays, room;
};

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static bool among(const int64_t *v, size_t n, int64_t key)
{
    return n > 0 && bsearch(&key, v, n, sizeof key, by_value) != NULL;
}

/** Adds one occurrence, unless it was taken out. */
static int occur(void *arg, int64_t wall)
{
    struct event *e = arg;
    int64_t key = dp_ics_key(&e->start, wall);
    struct dp_set *set = e->start.fixed ? &e->x->utc : &e->x->local;

    if (among(e->gone, e->ngone, key) ||
        among(e->days, e->ndays, dp_floor_div(wall, DP_DAY_S) * DP_DAY_S))
        return 0;
    int64_t end = dp_ics_key(&e->start, wall + e->span.days * DP_DAY_S) + e->span.seconds;
    return dp_set_add(set, key, end);
}

static int occur_again(void *arg, int64_t wall)
{
    const struct event *e = arg;
    int64_t length = (e->span.days + 1) * DP_DAY_S + e->span.seconds;

    return wall + length < e->x->from ? 0 : occur(arg, wall);
}

static int span_to(struct event *e, const struct dp_ics_line *l, struct rt_str text)
{
    struct dp_ics_time end;
    int err = dp_ics_time(e->x, l, text, &end);

    if (err != 0)
        return err;
    if (end.date != e->start.date || end.fixed != e->start.fixed)
        return dp_ics_fail(e->x, l->line, "is not the same kind of time as DTSTART");
    int64_t length = dp_ics_key(&end, end.wall) - dp_ics_key(&e->start, e->start.wall);
    if (length < 0 || length / DP_DAY_S > SPAN_DAYS_MAX)
        return dp_ics_fail(e->x, l->line, "ends before it begins, or more than a century later");
    e->span =
        end.date ? (struct dp_ics_span){length / DP_DAY_S, 0} : (struct dp_ics_span){0, length};
    return 0;
}

/** DTEND, else DURATION, else the day. */
static int read_span(struct event *e)
{
    const struct dp_ics_line *end = dp_ics_find(e->x, e->block, "DTEND");
    const struct dp_ics_line *lasts = dp_ics_find(e->x, e->block, "DURATION");
    int err = end ? span_to(e, end, end->value) : 0;

    if (!end && lasts &&
        (!dp_ics_read_span(&e->span, lasts->value) || (e->start.date && e->span.seconds > 0)))
        return dp_ics_fail(e->x, lasts->line, "is not a duration like PT2H, P1D of a date");
    /* A day that ends on itself is written by some programs and means that day. */
    if (e->start.date && e->span.days == 0)
        e->span.days = 1;
    return err;
}

/** Notes that there is no occurrence at `t`; a date takes out all of that day. */
static int take_out(struct event *e, const struct dp_ics_time *t)
{
    int64_t key = e->start.fixed && !t->fixed ? dp_zone_utc(e->start.zone, t->wall)
                                              : dp_ics_key(e->start.fixed ? t : &e->start, t->wall);

    if (e->ngone + e->ndays >= e->room) {
        size_t room = e->room ? 2 * e->room : 16;
        int64_t *gone = realloc(e->gone, room * sizeof *gone);
        if (gone)
            e->gone = gone;
        int64_t *days = gone ? realloc(e->days, room * sizeof *days) : NULL;
        if (!days)
            return ENOMEM;
        e->days = days;
        e->room = room;
    }
    if (t->date)
        e->days[e->ndays++] = t->wall;
    else
        e->gone[e->ngone++] = key;
    return 0;
}

static int read_exdates(struct event *e, const struct dp_ics_line *l)
{
    struct rt_str rest = l->value;
    int err = 0;

    while (rest.n > 0 && err == 0) {
        struct dp_ics_time t;
        err = dp_ics_spend(e->x, 1);
        if (err == 0)
            err = dp_ics_time(e->x, l, rt_str_cut(&rest, ','), &t);
        if (err == 0)
            err = take_out(e, &t);
    }
    return err;
}

/** Another event with the same UID may say how one occurrence is different. */
static int read_overrides(struct event *e)
{
    const struct dp_ics_line *uid = dp_ics_find(e->x, e->block, "UID");
    int err = uid ? dp_ics_spend(e->x, e->x->events.n / 8 + 1) : 0;

    for (size_t i = 0; uid && i < e->x->events.n && err == 0; i++) {
        struct dp_ics_block b = e->x->events.v[i];
        const struct dp_ics_line *id = dp_ics_find(e->x, b, "RECURRENCE-ID");
        const struct dp_ics_line *other = id ? dp_ics_find(e->x, b, "UID") : NULL;
        struct dp_ics_time t;
        if (!other || other->value.n != uid->value.n ||
            memcmp(other->value.p, uid->value.p, uid->value.n) != 0)
            continue;
        err = dp_ics_time(e->x, id, id->value, &t);
        if (err == 0)
            err = take_out(e, &t);
    }
    return err;
}

/** RDATE:20261224T120000,... or with VALUE=PERIOD a length of its own each. */
static int read_rdates(struct event *e, const struct dp_ics_line *l)
{
    struct rt_str rest = l->value;
    struct event one = *e;
    int err = 0;

    while (rest.n > 0 && err == 0) {
        struct rt_str length = rt_str_cut(&rest, ','), first = rt_str_cut(&length, '/');
        one.span = e->span;
        err = dp_ics_spend(e->x, 1);
        if (err == 0)
            err = dp_ics_time(e->x, l, first, &one.start);
        if (err != 0)
            break;
        if (one.start.date != e->start.date)
            return dp_ics_fail(e->x, l->line, "is not the same kind of time as DTSTART");
        if (length.n > 0 && !dp_ics_read_span(&one.span, length))
            err = span_to(&one, l, length);
        if (err == 0)
            err = occur(&one, one.start.wall);
    }
    return err;
}

/** Calls `fn` for the event's own lines called `name`. */
static int each_line(struct event *e, const char *name,
                     int (*fn)(struct event *e, const struct dp_ics_line *l))
{
    int err = 0;

    for (size_t i = dp_ics_own_line(e->x, e->block, e->block.begin); i < e->block.end && err == 0;
         i = dp_ics_own_line(e->x, e->block, i + 1))
        if (rt_str_caseeq(e->x->line[i].name, name))
            err = fn(e, &e->x->line[i]);
    return err;
}

static int read_rule(struct event *e, const struct dp_ics_line *l)
{
    return dp_ics_recur(e->x, l, &e->start, occur_again, e);
}

static int refuse_line(struct event *e, const struct dp_ics_line *l)
{
    return dp_ics_fail(e->x, l->line, "is not understood: EXDATE is");
}

static int read_event(struct event *e)
{
    bool repeats = dp_ics_find(e->x, e->block, "RRULE") || dp_ics_find(e->x, e->block, "RDATE");
    bool override = dp_ics_find(e->x, e->block, "RECURRENCE-ID") != NULL;
    int err = read_span(e);

    if (err == 0)
        err = each_line(e, "EXRULE", refuse_line);
    if (err == 0)
        err = each_line(e, "EXDATE", read_exdates);
    if (err == 0 && e->x->overrides && repeats && !override)
        err = read_overrides(e);
    if (err != 0)
        return err;
    if (e->ngone > 0)
        qsort(e->gone, e->ngone, sizeof *e->gone, by_value);
    if (e->ndays > 0)
        qsort(e->days, e->ndays, sizeof *e->days, by_value);
    err = occur(e, e->start.wall);
    if (err == 0)
        err = each_line(e, "RDATE", read_rdates);
    return err != 0 ? err : each_line(e, "RRULE", read_rule);
}

int dp_ics_event(struct dp_ics *x, struct dp_ics_block block)
{
    struct event e = {.x = x, .block = block};
    const struct dp_ics_line *start = dp_ics_find(x, block, "DTSTART");
    const struct dp_ics_line *status = dp_ics_find(x, block, "STATUS");
    const struct dp_ics_line *id = dp_ics_find(x, block, "RECURRENCE-ID");

    if (status && rt_str_caseeq(status->value, "CANCELLED"))
        return 0;
    if (!start)
        return dp_ics_fail(x, x->line[block.begin - 1].line, "has no DTSTART");
    if (id && dp_ics_param(id, "RANGE").n > 0)
        return dp_ics_fail(x, id->line, "with RANGE is not understood");
    int err = dp_ics_time(x, start, start->value, &e.start);
    if (err == 0)
        err = read_event(&e);
    free(e.gone);
    free(e.days);
    return err;
}
