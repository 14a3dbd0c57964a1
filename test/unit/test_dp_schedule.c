/* Time zones, weekly hours and calendars. Instants are worked out by hand or by the C library's own
 * localtime_r(), never by the code under test. */
#include "dialplan/schedule.h"
#include "test/fake/fake.h"
#include "test/unit/zone_files.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* UTC */
#define BERLIN_SPRING 1774746000 /* 2026-03-29 01:00: 02:00 becomes 03:00 */
#define BERLIN_AUTUMN 1792890000 /* 2026-10-25 01:00: 03:00 becomes 02:00 */
#define YORK_SPRING   1772953200 /* 2026-03-08 07:00 */
#define YORK_AUTUMN   1793512800 /* 2026-11-01 06:00 */
#define BERLIN_2099   4078429200 /* 2099-03-29 01:00, the last Sunday of March */
#define NOW           1795219200 /* 2026-11-21 00:00 */

static const char *const zones[] = {
    "Europe/Berlin",     "America/New_York", "Asia/Kolkata",         "Europe/Dublin",
    "Africa/Casablanca", "Australia/Sydney", "Australia/Lord_Howe",  "America/Sao_Paulo",
    "Pacific/Apia",      "Asia/Kathmandu",   "America/Scoresbysund", "Africa/Cairo"};

static void setup(void)
{
    fake_reset();
    for (size_t i = 0; i < RT_COUNT(zones); i++)
        zone_file(zones[i]);
}

static struct dp_zone *zone(const char *name)
{
    struct dp_zone *z;

    ck_assert_int_eq(dp_zone_load(&z, name), 0);
    return z;
}

static int64_t at(const char *text, const struct dp_zone *z)
{
    const char *why = "";
    int64_t t;

    ck_assert_msg(dp_time_parse(text, z, &t, &why) == 0, "%s %s", text, why);
    return t;
}

/* ---- zones ---- */

START_TEST(clocks_change_to_the_second)
{
    struct dp_zone *berlin = zone("Europe/Berlin"), *york = zone("America/New_York");
    struct dp_zone *kolkata = zone("Asia/Kolkata"), *utc = zone("UTC");

    ck_assert_int_eq(dp_zone_offset(berlin, BERLIN_SPRING - 1), 3600);
    ck_assert_int_eq(dp_zone_offset(berlin, BERLIN_SPRING), 7200);
    ck_assert_int_eq(dp_zone_offset(berlin, BERLIN_AUTUMN - 1), 7200);
    ck_assert_int_eq(dp_zone_offset(berlin, BERLIN_AUTUMN), 3600);
    ck_assert_int_eq(dp_zone_offset(berlin, BERLIN_2099 - 1), 3600);
    ck_assert_int_eq(dp_zone_offset(berlin, BERLIN_2099), 7200);
    ck_assert_int_eq(dp_zone_offset(york, YORK_SPRING - 1), -5 * 3600);
    ck_assert_int_eq(dp_zone_offset(york, YORK_SPRING), -4 * 3600);
    ck_assert_int_eq(dp_zone_offset(york, YORK_AUTUMN), -5 * 3600);
    ck_assert_int_eq(dp_zone_offset(kolkata, NOW), 5 * 3600 + 1800);
    ck_assert_int_eq(dp_zone_offset(utc, NOW), 0);
    ck_assert_int_eq(dp_zone_next(berlin, BERLIN_SPRING - 1), BERLIN_SPRING);
    ck_assert_int_eq(dp_zone_next(berlin, BERLIN_SPRING), BERLIN_AUTUMN);
    ck_assert(dp_zone_next(utc, 0) == DP_NEVER);
    dp_zone_free(berlin);
    dp_zone_free(york);
    dp_zone_free(kolkata);
    dp_zone_free(utc);
}
END_TEST

static void same_as_libc(const struct dp_zone *z, int64_t utc)
{
    time_t t = (time_t)utc;
    struct tm tm;

    localtime_r(&t, &tm);
    ck_assert_msg(dp_zone_offset(z, utc) == tm.tm_gmtoff, "%s at %lld: %d, should be %ld",
                  dp_zone_name(z), (long long)utc, dp_zone_offset(z, utc), tm.tm_gmtoff);
}

START_TEST(offsets_are_those_of_the_c_library_from_1970_to_2099)
{
    for (size_t i = 0; i < RT_COUNT(zones); i++) {
        struct dp_zone *z = zone(zones[i]);
        setenv("TZ", zones[i], 1);
        tzset();
        for (int64_t t = 0; t < 4102444800; t += 25 * 3600 + 17)
            same_as_libc(z, t);
        for (int64_t t = dp_zone_next(z, 0); t < 4102444800; t = dp_zone_next(z, t)) {
            same_as_libc(z, t - 1);
            same_as_libc(z, t);
        }
        dp_zone_free(z);
    }
}
END_TEST

START_TEST(doubtful_local_times_are_read_as_documented)
{
    struct dp_zone *berlin = zone("Europe/Berlin");
    char text[DP_TIME_LEN];

    ck_assert_int_eq(at("2026-03-29 01:59:59", berlin), BERLIN_SPRING - 1);
    ck_assert_int_eq(at("2026-03-29 03:00", berlin), BERLIN_SPRING);
    ck_assert_int_eq(at("2026-03-29 02:30", berlin), BERLIN_SPRING + 1800);
    ck_assert_int_eq(at("2026-10-25 01:59:59", berlin), BERLIN_AUTUMN - 3601);
    ck_assert_int_eq(at("2026-10-25 02:00", berlin), BERLIN_AUTUMN - 3600);
    ck_assert_int_eq(at("2026-10-25 02:59:59", berlin), BERLIN_AUTUMN - 1);
    ck_assert_int_eq(at("2026-10-25 03:00", berlin), BERLIN_AUTUMN + 3600);
    ck_assert_int_eq(at("2026-10-25T02:30:00+01:00", berlin), BERLIN_AUTUMN + 1800);
    ck_assert_int_eq(at("2026-10-25T01:00:00Z", berlin), BERLIN_AUTUMN);
    ck_assert_int_eq(at("1970-01-01 00:00", NULL), 0);
    ck_assert_int_eq(at("2024-02-29T12:00:00.25Z", NULL), 1709208000);
    ck_assert_str_eq(dp_time_text(text, BERLIN_AUTUMN, berlin), "2026-10-25T02:00:00+01:00");
    ck_assert_str_eq(dp_time_text(text, BERLIN_AUTUMN - 1, berlin), "2026-10-25T02:59:59+02:00");
    ck_assert_str_eq(dp_time_text(text, 0, NULL), "1970-01-01T00:00:00Z");
    dp_zone_free(berlin);
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
    static const char *const bad[] = {"",
                                      "2026-03-02",
                                      "2026-3-2 20:00",
                                      "2026-02-29 12:00",
                                      "2026-13-01 00:00",
                                      "1969-12-31 00:00",
                                      "2100-01-01 00:00",
                                      "2026-03-02 24:01",
                                      "2026-03-02 20:60",
                                      "2026-03-02 20:00 ",
                                      "2026-03-02T20:00:00+1",
                                      "2026-03-02T20:00:00.Z"};

    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        const char *why = NULL;
        int64_t t;
        ck_assert_int_eq(dp_time_parse(bad[i], NULL, &t, &why), EINVAL);
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

START_TEST(zones_that_are_none_are_refused)
{
    static const char *const bad[] = {"Europe/Berlim", "", "/etc/passwd", "../zoneinfo/UTC", "a b"};
    struct dp_zone *z;
    struct dp_schedule *s;
    struct rt_buf text = {0};

    for (size_t i = 0; i < RT_COUNT(bad); i++)
        ck_assert_int_eq(dp_zone_load(&z, bad[i]), ENOENT);
    ck_assert_int_eq(dp_schedule_new(&s, "Europe/Berlim"), ENOENT);
    ck_assert_int_eq(rt_file_read(&text, DP_ZONE_FOLDER "Europe/Berlin", 1 << 20), 0);
    for (size_t n = 0; n + 1 < text.n; n++)
        ck_assert_int_eq(dp_zone_parse(&z, "x", (struct rt_str){text.p, n}), EBADMSG);
    rt_buf_release(&text);
}
END_TEST

/* ---- hours ---- */

static struct dp_schedule *schedule(const char *name)
{
    struct dp_schedule *s;

    ck_assert_int_eq(dp_schedule_new(&s, name), 0);
    return s;
}

static void weekly(struct dp_schedule *s, const char *days, const char *hours)
{
    const char *why = "";

    ck_assert_msg(dp_schedule_add_weekly(s, days, hours, &why) == 0, "%s", why);
}

static bool open_at(const struct dp_schedule *s, const char *local)
{
    return dp_schedule_open(s, at(local, dp_schedule_zone(s)), NULL);
}

START_TEST(an_office_is_open_in_its_hours)
{
    struct dp_schedule *s = schedule("Europe/Berlin");
    const char *why;

    ck_assert(dp_schedule_open(s, NOW, &why));
    ck_assert_str_eq(why, "always");
    weekly(s, "mon-thu", "08:00-18:00");
    weekly(s, "fri", "08:00-16:00");
    /* 2026-03-02 is a Monday. */
    ck_assert(!open_at(s, "2026-03-02 07:59:59"));
    ck_assert(open_at(s, "2026-03-02 08:00"));
    ck_assert(open_at(s, "2026-03-02 17:59:59"));
    ck_assert(!open_at(s, "2026-03-02 18:00"));
    ck_assert(open_at(s, "2026-03-06 15:59"));
    ck_assert(!open_at(s, "2026-03-06 16:00"));
    ck_assert(!open_at(s, "2026-03-07 12:00"));
    ck_assert(!dp_schedule_open(s, at("2026-03-02 20:00", dp_schedule_zone(s)), &why));
    ck_assert_str_eq(why, "outside weekly hours");
    /* From Friday evening to Monday morning, clocks going forward in between. */
    ck_assert_int_eq(dp_schedule_next_change(s, at("2026-03-27 16:00", dp_schedule_zone(s))),
                     at("2026-03-30T08:00:00+02:00", NULL));
    dp_schedule_free(s);
}
END_TEST

START_TEST(hours_go_over_midnight_and_over_the_week)
{
    struct dp_schedule *s = schedule("UTC");

    weekly(s, "sat-sun", "22:00-06:00");
    ck_assert(open_at(s, "2026-03-07 22:00"));
    ck_assert(open_at(s, "2026-03-08 05:59"));
    ck_assert(!open_at(s, "2026-03-08 06:00"));
    ck_assert(open_at(s, "2026-03-08 23:59:59"));
    ck_assert(open_at(s, "2026-03-09 00:00"));
    ck_assert(!open_at(s, "2026-03-09 06:00"));
    ck_assert(!open_at(s, "2026-03-07 05:00"));
    ck_assert_int_eq(dp_schedule_next_change(s, at("2026-03-08 22:00", NULL)),
                     at("2026-03-09 06:00", NULL));
    dp_schedule_free(s);
    s = schedule("UTC");
    weekly(s, "sat-mon", "00:00-24:00");
    ck_assert(open_at(s, "2026-03-09 23:59"));
    ck_assert(!open_at(s, "2026-03-10 00:00"));
    ck_assert_int_eq(dp_schedule_next_change(s, at("2026-03-07 12:00", NULL)),
                     at("2026-03-10 00:00", NULL));
    weekly(s, "tue-fri", "00:00-24:00");
    ck_assert(dp_schedule_next_change(s, NOW) == DP_NEVER);
    dp_schedule_free(s);
}
END_TEST

START_TEST(hours_left_out_never_come_and_hours_shown_twice_count_twice)
{
    struct dp_schedule *s = schedule("Europe/Berlin");

    weekly(s, "sun", "02:00-03:00");
    ck_assert(!dp_schedule_open(s, BERLIN_SPRING - 1, NULL));
    ck_assert(!dp_schedule_open(s, BERLIN_SPRING, NULL));
    ck_assert_int_eq(dp_schedule_next_change(s, BERLIN_SPRING - 3600),
                     at("2026-04-05T02:00:00+02:00", NULL));
    ck_assert(!dp_schedule_open(s, BERLIN_AUTUMN - 3601, NULL));
    ck_assert(dp_schedule_open(s, BERLIN_AUTUMN - 3600, NULL));
    ck_assert(dp_schedule_open(s, BERLIN_AUTUMN + 3599, NULL));
    ck_assert(!dp_schedule_open(s, BERLIN_AUTUMN + 3600, NULL));
    ck_assert_int_eq(dp_schedule_next_change(s, BERLIN_AUTUMN - 3600), BERLIN_AUTUMN + 3600);
    dp_schedule_free(s);
}
END_TEST

START_TEST(words_that_are_no_hours_are_refused)
{
    static const char *const bad[][2] = {
        {"mon", "8:00-18:00"},  {"mon", "08:00-24:01"},  {"mon", "08:00-08:00"},
        {"mon", "24:00-06:00"}, {"mon", "08:00"},        {"mon", "08:60-09:00"},
        {"mun", "08:00-18:00"}, {"mon-", "08:00-18:00"}, {"daily-fri", "08:00-18:00"}};
    struct dp_schedule *s = schedule("UTC");

    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        const char *why = NULL;
        ck_assert_int_eq(dp_schedule_add_weekly(s, bad[i][0], bad[i][1], &why), EINVAL);
        ck_assert_ptr_nonnull(why);
    }
    ck_assert(dp_schedule_open(s, NOW, NULL));
    dp_schedule_free(s);
}
END_TEST

/** What the C library's clock says of two ranges of hours. */
static bool open_by_libc(int64_t utc, const int from[7], const int to[7])
{
    time_t t = (time_t)utc;
    struct tm tm;

    localtime_r(&t, &tm);
    int day = (tm.tm_wday + 6) % 7, minute = tm.tm_hour * 60 + tm.tm_min;
    return minute >= from[day] && minute < to[day];
}

START_TEST(every_minute_of_the_weeks_of_change_agrees_with_the_c_library)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    static const int64_t weeks[] = {BERLIN_SPRING, BERLIN_AUTUMN, BERLIN_2099, 1709164800};
    struct dp_schedule *s = schedule("Europe/Berlin");
    int from[7], to[7];

    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    srand(7);
    for (int d = 0; d < 7; d++) {
        char hours[64];
        from[d] = rand() % 700;
        to[d] = from[d] + 1 + rand() % (1440 - from[d]);
        snprintf(hours, sizeof hours, "%02d:%02d-%02d:%02d", from[d] / 60, from[d] % 60, to[d] / 60,
                 to[d] % 60);
        weekly(s, days[d], hours);
    }
    for (size_t w = 0; w < RT_COUNT(weeks); w++) {
        int64_t begin = weeks[w] - 4 * 86400, next = dp_schedule_next_change(s, begin);
        bool was = open_by_libc(begin, from, to);
        for (int64_t t = begin; t < begin + 8 * 86400; t += 60) {
            bool is = open_by_libc(t, from, to);
            ck_assert_msg(dp_schedule_open(s, t, NULL) == is, "at %lld", (long long)t);
            ck_assert_msg((is != was) == (t == next), "change at %lld, not %lld", (long long)t,
                          (long long)next);
            if (is != was)
                next = dp_schedule_next_change(s, t);
            was = is;
        }
    }
    dp_schedule_free(s);
}
END_TEST

/* ---- calendars ---- */

static struct dp_calendar *calendar(void)
{
    struct dp_calendar *c;

    ck_assert_int_eq(dp_calendar_new(&c), 0);
    return c;
}

static void date(struct dp_calendar *c, const char *day, const char *hours)
{
    const char *why = "";

    ck_assert_msg(dp_calendar_add_date(c, day, hours, &why) == 0, "%s", why);
}

START_TEST(dates_close_and_open_a_schedule)
{
    struct dp_schedule *s = schedule("Europe/Berlin");
    struct dp_calendar *c = calendar(), *extra = calendar();
    const struct dp_zone *z = dp_schedule_zone(s);
    const char *why;

    date(c, "2026-12-24", NULL);
    date(c, "2026-12-31", "12:00-24:00");
    date(c, "2027-02-01..2027-02-05", "22:00-06:00");
    weekly(s, "mon-fri", "08:00-18:00");
    ck_assert_int_eq(dp_schedule_except(s, c, "holidays"), 0);
    ck_assert(!dp_schedule_open(s, at("2026-12-24 10:00", z), &why));
    ck_assert_str_eq(why, "holidays");
    ck_assert(open_at(s, "2026-12-31 11:59:59"));
    ck_assert(!open_at(s, "2026-12-31 12:00"));
    ck_assert_int_eq(dp_schedule_next_change(s, at("2026-12-31 09:00", z)),
                     at("2026-12-31 12:00", z));
    ck_assert_int_eq(dp_schedule_next_change(s, at("2026-12-31 12:00", z)),
                     at("2027-01-01 08:00", z));
    ck_assert(dp_calendar_has(c, z, at("2027-02-06 05:59", z)));
    ck_assert(!dp_calendar_has(c, z, at("2027-02-06 06:00", z)));
    date(extra, "2027-03-01..2027-03-02", NULL);
    ck_assert_int_eq(dp_schedule_on(s, extra, "fair"), 0);
    ck_assert(!open_at(s, "2027-02-26 10:00"));
    ck_assert(dp_schedule_open(s, at("2027-03-01 10:00", z), &why));
    ck_assert_str_eq(why, "fair");
    ck_assert(!open_at(s, "2027-03-01 20:00"));
    ck_assert(dp_schedule_next_change(s, at("2027-03-02 18:00", z)) == DP_NEVER);
    dp_schedule_free(s);
    dp_calendar_free(c);
    dp_calendar_free(extra);
}
END_TEST

START_TEST(dates_that_are_none_are_refused)
{
    static const char *const bad[][2] = {
        {"2026-02-29", NULL},         {"2026-12-24..2026-12-23", NULL}, {"24.12.2026", NULL},
        {"2026-12-24..", NULL},       {"2026-01-01..2099-01-01", NULL}, {"2026-12-24", "12-24"},
        {"2026-12-24", "12:00-12:00"}};
    struct dp_calendar *c = calendar();

    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        const char *why = NULL;
        ck_assert_int_eq(dp_calendar_add_date(c, bad[i][0], bad[i][1], &why), EINVAL);
        ck_assert_ptr_nonnull(why);
    }
    ck_assert_uint_eq(dp_calendar_size(c), 0);
    dp_calendar_free(c);
}
END_TEST

/* ---- iCalendar ---- */

#define CAL(text)   "BEGIN:VCALENDAR\r\n" text "END:VCALENDAR\r\n"
#define EVENT(text) CAL("BEGIN:VEVENT\r\n" text "END:VEVENT\r\n")

static struct dp_calendar *ics(const char *text)
{
    struct dp_calendar *c = calendar();
    struct dp_ics_error e;
    int err = dp_calendar_add_ics(c, rt_str(text), NOW, &e);

    ck_assert_msg(err == 0, "%u: %s", e.line, e.text);
    return c;
}

/** Every instant of `want` (UTC, ending in NULL) begins an interval, and there are no others. */
static void covers(const char *text, const char *zone_name, const char *const *want,
                   const char *length)
{
    struct dp_calendar *c = ics(text);
    struct dp_zone *z = zone(zone_name);
    size_t n = 0;

    for (; want[n]; n++) {
        int64_t t = at(want[n], NULL), end = t + atoll(length);
        ck_assert_msg(!dp_calendar_has(c, z, t - 1) && dp_calendar_has(c, z, t), "%s", want[n]);
        ck_assert_msg(dp_calendar_has(c, z, end - 1) && !dp_calendar_has(c, z, end), "end of %s",
                      want[n]);
    }
    ck_assert_uint_eq(dp_calendar_size(c), n);
    dp_zone_free(z);
    dp_calendar_free(c);
}
#define COVERS(text, zone_name, length, ...)                                                       \
    covers(text, zone_name, (const char *const[]){__VA_ARGS__, NULL}, length)

START_TEST(the_holidays_of_berlin_are_read)
{
    static const char *const days[] = {"2026-01-01", "2026-03-08", "2026-04-03", "2026-04-06",
                                       "2026-05-01", "2026-05-14", "2026-05-25", "2026-10-03",
                                       "2026-12-25", "2026-12-26"};
    char text[20000];
    FILE *f = fopen("conf/examples/berlin-holidays.ics", "rb");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    struct dp_calendar *c = ics(text);
    struct dp_zone *z = zone("Europe/Berlin");
    size_t hit = 0, n = 0;

    for (int64_t t = at("2026-01-01 12:00", NULL); t < at("2027-01-01 00:00", NULL); t += 86400) {
        char day[DP_TIME_LEN];
        bool in = dp_calendar_has(c, z, t);
        dp_time_text(day, t, NULL);
        hit += in;
        ck_assert(!in || (n < RT_COUNT(days) && strncmp(day, days[n++], 10) == 0));
    }
    ck_assert_uint_eq(hit, RT_COUNT(days));
    ck_assert(dp_calendar_has(c, z, at("2026-12-24T23:00:00Z", NULL)));
    ck_assert(!dp_calendar_has(c, z, at("2026-12-24T22:59:59Z", NULL)));
    ck_assert(dp_calendar_has(c, z, at("2028-06-17 12:00", z)));
    ck_assert(dp_calendar_has(c, z, at("2036-01-01 12:00", z)));
    dp_zone_free(z);
    dp_calendar_free(c);
}
END_TEST

START_TEST(times_are_utc_of_a_zone_or_floating)
{
    COVERS(EVENT("DTSTART:20261224T100000Z\r\nDTEND:20261224T113000Z\r\n"), "Europe/Berlin", "5400",
           "2026-12-24T10:00:00Z");
    COVERS(EVENT("DTSTART;TZID=America/New_York:20261224T100000\r\nDURATION:PT1H\r\n"),
           "Europe/Berlin", "3600", "2026-12-24T15:00:00Z");
    COVERS(EVENT("DTSTART:20261224T100000\r\nDURATION:PT1H\r\n"), "Europe/Berlin", "3600",
           "2026-12-24T09:00:00Z");
    COVERS(EVENT("DTSTART:20261224T100000\r\nDURATION:PT1H\r\n"), "Asia/Kolkata", "3600",
           "2026-12-24T04:30:00Z");
    COVERS(EVENT("DTSTART;VALUE=DATE:20261224\r\n"), "Europe/Berlin", "86400",
           "2026-12-23T23:00:00Z");
    COVERS(EVENT("DTSTART;VALUE=DATE:20261224\r\nDURATION:P3D\r\n"), "Europe/Berlin", "259200",
           "2026-12-23T23:00:00Z");
    /* One nominal day over the change has 25 hours; 24 exact ones do not. */
    COVERS(EVENT("DTSTART;TZID=Europe/Berlin:20261024T120000\r\nDURATION:P1D\r\n"), "UTC", "90000",
           "2026-10-24T10:00:00Z");
    COVERS(EVENT("DTSTART;TZID=Europe/Berlin:20261024T120000\r\nDURATION:PT24H\r\n"), "UTC",
           "86400", "2026-10-24T10:00:00Z");
    /* Folded, with LF alone, a quoted parameter and a nested alarm. */
    COVERS("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;X=\"a:b;c\";TZID=Europe/Ber\n lin:2026122\n"
           "\t4T100000\nBEGIN:VALARM\nDURATION:PT9H\nEND:VALARM\nDURATION:PT1H\nEND:VEVENT\n"
           "END:VCALENDAR\n",
           "UTC", "3600", "2026-12-24T09:00:00Z");
}
END_TEST

START_TEST(events_repeat_and_are_taken_out)
{
    /* At ten on the clock, before and after it changes. */
    COVERS(EVENT("DTSTART;TZID=Europe/Berlin:20261023T100000\r\nDURATION:PT1H\r\n"
                 "RRULE:FREQ=DAILY;COUNT=4\r\nEXDATE;TZID=Europe/Berlin:20261024T100000\r\n"),
           "UTC", "3600", "2026-10-23T08:00:00Z", "2026-10-25T09:00:00Z", "2026-10-26T09:00:00Z");
    /* UNTIL is UTC and belongs to it; an EXDATE in UTC and one that is a whole day. */
    COVERS(EVENT("DTSTART;TZID=Europe/Berlin:20261102T100000\r\nDURATION:PT1H\r\n"
                 "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261118T090000Z\r\n"
                 "EXDATE:20261104T090000Z\r\nEXDATE;VALUE=DATE:20261111\r\n"),
           "UTC", "3600", "2026-11-02T09:00:00Z", "2026-11-09T09:00:00Z", "2026-11-16T09:00:00Z",
           "2026-11-18T09:00:00Z");
    /* The last Friday of the month; 29 February. */
    COVERS(EVENT("DTSTART;VALUE=DATE:20261030\r\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3\r\n"), "UTC",
           "86400", "2026-10-30T00:00:00Z", "2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z");
    COVERS(EVENT("DTSTART;VALUE=DATE:20240229\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29\r\n"),
           "UTC", "86400", "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z",
           "2036-02-29T00:00:00Z");
    COVERS(EVENT("DTSTART:20261201T100000Z\r\nDURATION:PT1H\r\n"
                 "RDATE:20261203T100000Z\r\nRDATE;VALUE=PERIOD:20261205T100000Z/PT1H\r\n"),
           "UTC", "3600", "2026-12-01T10:00:00Z", "2026-12-03T10:00:00Z", "2026-12-05T10:00:00Z");
}
END_TEST

START_TEST(one_occurrence_may_move_and_an_event_may_be_cancelled)
{
    COVERS(CAL("BEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261201T100000Z\r\nDURATION:PT1H\r\n"
               "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT\r\n"
               "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20261202T100000Z\r\n"
               "DTSTART:20261202T150000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
               "BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20261203T100000Z\r\nSTATUS:CANCELLED\r\n"
               "DTSTART:20261203T100000Z\r\nEND:VEVENT\r\n"),
           "UTC", "3600", "2026-12-01T10:00:00Z", "2026-12-02T15:00:00Z");
}
END_TEST

#define CUSTOM                                                                                     \
    "BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\nBEGIN:STANDARD\r\n"                        \
    "DTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"                        \
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n"                \
    "DTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"                        \
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"

START_TEST(a_zone_that_the_file_brings_along_is_understood)
{
    COVERS(CAL(CUSTOM "BEGIN:VEVENT\r\nDTSTART;TZID=W. Europe Standard Time:20261023T100000\r\n"
                      "DURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=4\r\nEND:VEVENT\r\n"),
           "UTC", "3600", "2026-10-23T08:00:00Z", "2026-10-24T08:00:00Z", "2026-10-25T09:00:00Z",
           "2026-10-26T09:00:00Z");
    COVERS(EVENT("DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20261224T100000\r\n"
                 "DURATION:PT1H\r\n"),
           "UTC", "3600", "2026-12-24T09:00:00Z");
}
END_TEST

START_TEST(what_is_wrong_with_a_calendar_is_told_by_line)
{
    static const struct {
        const char *text;
        unsigned line;
    } bad[] = {
        {"", 0},
        {"hello\n", 1},
        {"BEGIN:VEVENT\nEND:VEVENT\n", 1},
        {"BEGIN:VCALENDAR\nVERSION:2.0\n", 1},
        {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", 3},
        {EVENT("SUMMARY:x\n"), 2},
        {EVENT("DTSTART:2026-12-24\n"), 3},
        {EVENT("DTSTART:20260229\n"), 3},
        {EVENT("DTSTART;TZID=Nowhere:20261224T100000\n"), 3},
        {EVENT("DTSTART:20261224T100000\nDTEND:20261224T090000\n"), 4},
        {EVENT("DTSTART:20261224\nDTEND:20261224T090000\n"), 4},
        {EVENT("DTSTART:20261224\nDURATION:1D\n"), 4},
        {EVENT("DTSTART:20261224\nRRULE:FREQ=SECONDLY\n"), 4},
        {EVENT("DTSTART:20261224\nRRULE:FREQ=DAILY;BYHOUR=1,2\n"), 4},
        {EVENT("DTSTART:20261224\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n"), 4},
        {EVENT("DTSTART:20261224\nRRULE:FREQ=DAILY;INTERVAL=0\n"), 4},
        {EVENT("DTSTART:20261224\nRRULE:nonsense\n"), 4},
        {EVENT("DTSTART:20261224\nSUMMARY:a\n b\nEXRULE:FREQ=DAILY\n"), 6},
    };
    struct dp_calendar *c = calendar();

    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        struct dp_ics_error e;
        ck_assert_int_eq(dp_calendar_add_ics(c, rt_str(bad[i].text), NOW, &e), EBADMSG);
        ck_assert_msg(e.line == bad[i].line && e.text[0], "%zu: %u: %s", i, e.line, e.text);
    }
    ck_assert_uint_eq(dp_calendar_size(c), 0);
    dp_calendar_free(c);
}
END_TEST

START_TEST(a_file_may_not_cost_more_than_it_should)
{
    struct dp_calendar *c = calendar();
    struct rt_buf text = {0};
    struct dp_ics_error e;

    rt_buf_puts(&text, "BEGIN:VCALENDAR\n");
    for (int i = 0; i < 3000; i++)
        rt_buf_puts(&text, "BEGIN:VEVENT\nDTSTART:19700101T000000\nDURATION:PT1M\n"
                           "RRULE:FREQ=DAILY\nEND:VEVENT\n");
    rt_buf_puts(&text, "END:VCALENDAR\n");
    ck_assert_int_eq(dp_calendar_add_ics(c, rt_buf_str(&text), NOW, &e), E2BIG);
    ck_assert_str_eq(e.text, "has too many events");
    ck_assert_uint_eq(dp_calendar_size(c), 0);
    ck_assert_int_eq(dp_calendar_load_ics(c, "/none.ics", NOW, &e), ENOENT);
    ck_assert_str_eq(e.text, "No such file or directory");
    rt_file_replace("/x.ics", EVENT("DTSTART:20261224\n"), strlen(EVENT("DTSTART:20261224\n")), 0);
    ck_assert_int_eq(dp_calendar_load_ics(c, "/x.ics", NOW, &e), 0);
    ck_assert_uint_eq(dp_calendar_size(c), 1);
    rt_buf_release(&text);
    dp_calendar_free(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp schedule");
    TCase *tc = tcase_create("dp schedule");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, clocks_change_to_the_second);
    tcase_add_test(tc, offsets_are_those_of_the_c_library_from_1970_to_2099);
    tcase_add_test(tc, doubtful_local_times_are_read_as_documented);
    tcase_add_test(tc, what_is_no_time_is_refused);
    tcase_add_test(tc, zones_that_are_none_are_refused);
    tcase_add_test(tc, an_office_is_open_in_its_hours);
    tcase_add_test(tc, hours_go_over_midnight_and_over_the_week);
    tcase_add_test(tc, hours_left_out_never_come_and_hours_shown_twice_count_twice);
    tcase_add_test(tc, words_that_are_no_hours_are_refused);
    tcase_add_test(tc, every_minute_of_the_weeks_of_change_agrees_with_the_c_library);
    tcase_add_test(tc, dates_close_and_open_a_schedule);
    tcase_add_test(tc, dates_that_are_none_are_refused);
    tcase_add_test(tc, the_holidays_of_berlin_are_read);
    tcase_add_test(tc, times_are_utc_of_a_zone_or_floating);
    tcase_add_test(tc, events_repeat_and_are_taken_out);
    tcase_add_test(tc, one_occurrence_may_move_and_an_event_may_be_cancelled);
    tcase_add_test(tc, a_zone_that_the_file_brings_along_is_understood);
    tcase_add_test(tc, what_is_wrong_with_a_calendar_is_told_by_line);
    tcase_add_test(tc, a_file_may_not_cost_more_than_it_should);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
