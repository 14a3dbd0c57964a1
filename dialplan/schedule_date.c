/* Days by number, and dates, hours and instants as people write them. */
#include "dialplan/schedule_priv.h"

#include <errno.h>
#include <stdio.h>

int64_t dp_day_number(int year, int month, int day)
{
    /* Years begin in March here, so that the leap day is the last one of its year. */
    int64_t y = year - (month <= 2), era = dp_floor_div(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct dp_day dp_day_of(int64_t number)
{
    int64_t n = number + 719468, era = dp_floor_div(n, 146097), d = n - era * 146097;
    int64_t of_era = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t of_year = d - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t month = (5 * of_year + 2) / 153;
    struct dp_day out = {.day = (int)(of_year - (153 * month + 2) / 5 + 1)};

    out.month = (int)(month < 10 ? month + 3 : month - 9);
    out.year = (int)(of_era + era * 400) + (out.month <= 2);
    return out;
}

int dp_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

bool dp_take_digits(struct rt_str *s, size_t n, int *out)
{
    uint64_t v;

    if (s->n < n || rt_str_u64(&v, (struct rt_str){s->p, n}, 9999) != 0)
        return false;
    *out = (int)v;
    s->p += n;
    s->n -= n;
    return true;
}

static bool take(struct rt_str *s, char c)
{
    if (s->n == 0 || s->p[0] != c)
        return false;
    s->p++;
    s->n--;
    return true;
}

static bool take_day(struct rt_str *s, int64_t *out)
{
    int y, m, d;

    if (!dp_take_digits(s, 4, &y) || !take(s, '-') || !dp_take_digits(s, 2, &m) || !take(s, '-') ||
        !dp_take_digits(s, 2, &d))
        return false;
    if (y < 1970 || y > 2099 || m < 1 || m > 12 || d < 1 || d > dp_month_days(y, m))
        return false;
    *out = dp_day_number(y, m, d);
    return true;
}

/** 08:00, with `seconds` 08:00:30 too. 24:00 is the end of a day. */
static bool take_clock(struct rt_str *s, bool seconds, int64_t *out)
{
    int hour, minute, second = 0;

    if (!dp_take_digits(s, 2, &hour) || !take(s, ':') || !dp_take_digits(s, 2, &minute))
        return false;
    if (seconds && take(s, ':') && !dp_take_digits(s, 2, &second))
        return false;
    *out = hour * 3600 + minute * 60 + second;
    return minute < 60 && second < 60 && *out <= DP_DAY_S;
}

int dp_read_day(int64_t *out, struct rt_str text)
{
    int64_t day;

    if (!take_day(&text, &day) || text.n > 0)
        return EINVAL;
    *out = day;
    return 0;
}

const char *dp_read_hours(int64_t *from, int64_t *to, struct rt_str text)
{
    int64_t a, b;

    if (!take_clock(&text, false, &a) || !take(&text, '-') || !take_clock(&text, false, &b) ||
        text.n > 0 || a == DP_DAY_S)
        return "is not a range of hours like 08:00-18:00";
    if (a == b)
        return "begins when it ends; a whole day is 00:00-24:00";
    *from = a;
    *to = b < a ? b + DP_DAY_S : b;
    return NULL;
}

/** Z, +01:00, -0330; nothing when the clock is somebody else's. */
static bool take_offset(struct rt_str *s, bool *given, int64_t *east)
{
    int hour, minute;

    *given = s->n > 0;
    *east = 0;
    if (take(s, 'Z') || take(s, 'z') || !*given)
        return true;
    bool west = take(s, '-');
    if (!west && !take(s, '+'))
        return false;
    if (!dp_take_digits(s, 2, &hour) || (!take(s, ':') && s->n == 0) ||
        !dp_take_digits(s, 2, &minute))
        return false;
    *east = (hour * 3600 + minute * 60) * (west ? -1 : 1);
    return hour < 24 && minute < 60;
}

/** RFC 3339 5.6 allows a fraction of the second: it is not needed here. */
static bool skip_fraction(struct rt_str *s)
{
    if (!take(s, '.'))
        return true;
    const char *start = s->p;
    while (s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9')
        take(s, s->p[0]);
    return s->p > start;
}

int dp_time_parse(const char *text, const struct dp_zone *zone, int64_t *utc, const char **why)
{
    struct rt_str s = rt_str(text);
    int64_t day, clock, east;
    bool given;
    bool ok = take_day(&s, &day) && (take(&s, ' ') || take(&s, 'T') || take(&s, 't')) &&
              take_clock(&s, true, &clock) && skip_fraction(&s) && take_offset(&s, &given, &east);

    if (!ok || s.n > 0) {
        *why = "is not a time like \"2026-03-02 20:00\" or 2026-03-02T20:00:00+01:00";
        return EINVAL;
    }
    int64_t wall = day * DP_DAY_S + clock;
    *utc = given ? wall - east : dp_zone_utc(zone, wall);
    return 0;
}

char *dp_time_text(char out[DP_TIME_LEN], int64_t utc, const struct dp_zone *zone)
{
    int32_t east = dp_zone_offset(zone, utc), off = east < 0 ? -east : east;
    int64_t wall = utc + east, number = dp_floor_div(wall, DP_DAY_S);
    struct dp_day d = dp_day_of(number);
    unsigned s = (unsigned)(wall - number * DP_DAY_S);
    char offset[8] = "Z";

    if (zone)
        snprintf(offset, sizeof offset, "%c%02u:%02u", east < 0 ? '-' : '+',
                 (unsigned)off / 3600 % 100, (unsigned)off / 60 % 60);
    snprintf(out, DP_TIME_LEN, "%04u-%02u-%02uT%02u:%02u:%02u%s", (unsigned)d.year % 10000,
             (unsigned)d.month % 100, (unsigned)d.day % 100, s / 3600 % 100, s / 60 % 60, s % 60,
             offset);
    return out;
}
