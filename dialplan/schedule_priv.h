/* What the parts of a schedule share: days by number, words of dates, sets of intervals. */
#ifndef DIALPLAN_SCHEDULE_PRIV_H
#define DIALPLAN_SCHEDULE_PRIV_H

#include "dialplan/schedule.h"

#include <stddef.h>

#define DP_DAY_S  86400
#define DP_WEEK_S (7 * DP_DAY_S)

/* ---- days (schedule_date.c), proleptic Gregorian, counted from 1970-01-01 ---- */

struct dp_day {
    int year, month, day; /**< month and day count from 1 */
};
int64_t dp_day_number(int year, int month, int day);
struct dp_day dp_day_of(int64_t number);
int dp_month_days(int year, int month);
/** 0 is Monday. */
static inline int dp_weekday(int64_t number)
{
    return (int)(((number + 3) % 7 + 7) % 7);
}
/** Divided towards the past: the day that a second belongs to. */
static inline int64_t dp_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/** `2026-12-24`, years 1970 to 2099: the day's number. EINVAL. */
int dp_read_day(int64_t *out, struct rt_str text);
/** `08:00-18:00` as seconds of the day; `to` is beyond the day's end for hours into the next one. A
 * constant text when it is none, else NULL. */
const char *dp_read_hours(int64_t *from, int64_t *to, struct rt_str text);

/* ---- sets of intervals (schedule_set.c) ---- */

/** `from` is in it, `to` is not. */
struct dp_interval {
    int64_t from, to;
};
/** Start zeroed. Sorted and without overlaps after dp_set_settle(). */
struct dp_set {
    struct dp_interval *v;
    size_t n, cap;
};
/** E2BIG beyond DP_CALENDAR_MAX; an empty interval is nothing. */
int dp_set_add(struct dp_set *s, int64_t from, int64_t to);
void dp_set_settle(struct dp_set *s);
void dp_set_release(struct dp_set *s);
bool dp_set_has(const struct dp_set *s, int64_t t);
/** The first begin or end after `t`, or DP_NEVER. */
int64_t dp_set_next(const struct dp_set *s, int64_t t);

/* ---- calendars ---- */

struct dp_calendar {
    struct dp_set local; /**< by the clock on the wall: days, floating times */
    struct dp_set utc;   /**< instants: times with a zone */
};

/** Takes a number of `n` digits, at most four, off the front. */
bool dp_take_digits(struct rt_str *s, size_t n, int *out);

#endif
