/* When: calendars of days, weekly opening hours, and local times.
 *
 * Everything is decided by what a clock on the wall shows at an instant. So hours that are left out
 * when clocks go forward never come, and those shown twice when they go back count both times.
 * After they are built, calendars and schedules do not change: any number of threads may ask them.
 *
 * Errors are EINVAL with `*why` a constant text to follow the word: `"8:00" is not a time of day
 * like 08:00`. Times are UTC seconds.
 */
#ifndef DIALPLAN_SCHEDULE_H
#define DIALPLAN_SCHEDULE_H

#include "dialplan/zone.h"

/* ---- calendars ---- */

#define DP_ICS_MAX      (4u << 20) /**< octets of an .ics file */
#define DP_CALENDAR_MAX 100000     /**< intervals of a calendar */

/** A set of days and hours. Days, and times without a zone, are those of whoever asks. */
struct dp_calendar;

int dp_calendar_new(struct dp_calendar **out);
void dp_calendar_free(struct dp_calendar *c);
/** Adds `2026-12-24` or `2026-12-24..2027-01-02` (both ends included); with `hours` (`12:00-24:00`,
 * `22:00-06:00` into the day after) only these of each day. E2BIG: too many. */
int dp_calendar_add_date(struct dp_calendar *c, const char *date, const char *hours,
                         const char **why);

/** What is wrong with an .ics file, and where. */
struct dp_ics_error {
    unsigned line; /**< 0: of the file as a whole */
    char text[160];
};
/** Adds the events of an iCalendar text (RFC 5545): all-day and timed ones, DTEND or DURATION, UTC,
 * TZID (the tz database first, else the VTIMEZONE of the file) and floating times, RRULE, RDATE,
 * EXDATE, RECURRENCE-ID, STATUS:CANCELLED. What repeats is worked out from two years before `now`
 * to ten years after it. EBADMSG with `*error`; E2BIG: larger than DP_ICS_MAX or too many events.
 * Nothing is added when it fails. */
int dp_calendar_add_ics(struct dp_calendar *c, struct rt_str ics, int64_t now,
                        struct dp_ics_error *error);
/** The same from a file; the errno of reading it too. */
int dp_calendar_load_ics(struct dp_calendar *c, const char *path, int64_t now,
                         struct dp_ics_error *error);

/** True when `utc` is in the calendar for clocks of `zone`. */
bool dp_calendar_has(const struct dp_calendar *c, const struct dp_zone *zone, int64_t utc);
/** Intervals in it; touching ones count once. */
size_t dp_calendar_size(const struct dp_calendar *c);

/* ---- schedules ---- */

struct dp_schedule;

/** An empty schedule, open always, on the clocks of `zone` (`Europe/Berlin`). The errors of
 * dp_zone_load(). */
int dp_schedule_new(struct dp_schedule **out, const char *zone);
void dp_schedule_free(struct dp_schedule *s);
const struct dp_zone *dp_schedule_zone(const struct dp_schedule *s);
/** Opens it at these hours only, and those added before and after: days `fri`, `mon-thu`, `sat-mon`
 * or `daily`; hours `08:00-18:00`, `22:00-06:00` into the day after, `00:00-24:00`. */
int dp_schedule_add_weekly(struct dp_schedule *s, const char *days, const char *hours,
                           const char **why);
/** Closed while any of these holds. Borrows `c` for as long as the schedule lives; `name` is copied
 * for dp_schedule_open(). */
int dp_schedule_except(struct dp_schedule *s, const struct dp_calendar *c, const char *name);
/** Open only while any of these holds (and the weekly hours, when there are some). Borrows `c`. */
int dp_schedule_on(struct dp_schedule *s, const struct dp_calendar *c, const char *name);

/** True when it is open at `utc`. `*why`, when not NULL: "weekly hours", "outside weekly hours",
 * "always", or the name of the calendar that decided; lives as long as the schedule. */
bool dp_schedule_open(const struct dp_schedule *s, int64_t utc, const char **why);
/** The first instant after `utc` at which it opens or closes, or DP_NEVER within 100 years. */
int64_t dp_schedule_next_change(const struct dp_schedule *s, int64_t utc);

/* ---- times written by people ---- */

/** Reads `2026-03-02 20:00`, `2026-03-02T20:00:05` (of `zone`; NULL: UTC) or RFC 3339 with its own
 * offset (`2026-03-02T20:00:00Z`, `+01:00`), years 1970 to 2099. Doubtful local times as
 * dp_zone_utc(). */
int dp_time_parse(const char *text, const struct dp_zone *zone, int64_t *utc, const char **why);
/** Room for dp_time_text(). */
#define DP_TIME_LEN 32
/** `2026-03-02T20:00:00+01:00` on the clocks of `zone` (NULL: UTC, `Z`). Returns `out`. */
char *dp_time_text(char out[DP_TIME_LEN], int64_t utc, const struct dp_zone *zone);

#endif
