/* Recurrence rules, worked out by libical. Its parser and its zones are not used: they keep state
 * for the whole process. What would make it count seconds for centuries is refused. */
#include "dialplan/schedule_ics.h"

#include <errno.h>
#include <libical/ical.h>
#include <pthread.h>
#include <stdlib.h>

#define RULE_MAX 512

/** A rule cut into what libical is given and what is looked after here. */
struct rule {
    char text[RULE_MAX];
    size_t n;
    bool limited;
    struct dp_ics_time until;
};

static void tame(void)
{
    icalerror_set_errors_are_fatal(false);
}

static bool is_word(struct rt_str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rt_str_caseeq(s, words[i]))
            return true;
    return false;
}

/** NULL when this part of the rule may stand. */
static const char *read_part(struct rule *r, struct rt_str part)
{
    static const char *const days[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    static const char *const clock[] = {"BYHOUR", "BYMINUTE", "BYSECOND"};
    static const char *const others[] = {"FREQ", "INTERVAL",   "COUNT",     "BYDAY",    "BYMONTH",
                                         "WKST", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"};
    struct rt_str value = part, name = rt_str_cut(&value, '=');

    if (rt_str_caseeq(name, "UNTIL")) {
        r->limited = true;
        return dp_ics_read_time(&r->until, value) ? NULL : "has no time in UNTIL";
    }
    if (rt_str_caseeq(name, "FREQ") && !is_word(value, days, RT_COUNT(days)))
        return "repeats oftener than daily, or is no rule";
    if (is_word(name, clock, RT_COUNT(clock))) {
        if (memchr(value.p, ',', value.n))
            return "repeats oftener than daily";
    } else if (!is_word(name, others, RT_COUNT(others))) {
        return "has a part that is not understood";
    }
    if (value.n == 0 || r->n + part.n + 2 > sizeof r->text)
        return "is empty in a part, or too long";
    if (r->n > 0)
        r->text[r->n++] = ';';
    memcpy(r->text + r->n, part.p, part.n);
    r->n += part.n;
    r->text[r->n] = '\0';
    return NULL;
}

static const char *read_rule(struct rule *r, struct rt_str text)
{
    const char *why = NULL;

    while (text.n > 0 && !why) {
        struct rt_str part = rt_str_cut(&text, ';');
        if (part.n > 0)
            why = read_part(r, part);
    }
    return why ? why : r->n > 0 ? NULL : "is empty";
}

/** A month's day that no month has would be looked for until the end of time. */
static bool feasible(const struct icalrecurrencetype *r)
{
    if (r->by_month[0] == ICAL_RECURRENCE_ARRAY_MAX ||
        r->by_month_day[0] == ICAL_RECURRENCE_ARRAY_MAX)
        return true;
    for (size_t m = 0; m < RT_COUNT(r->by_month) && r->by_month[m] != ICAL_RECURRENCE_ARRAY_MAX;
         m++)
        for (size_t d = 0;
             d < RT_COUNT(r->by_month_day) && r->by_month_day[d] != ICAL_RECURRENCE_ARRAY_MAX; d++)
            if (r->by_month[m] >= 1 && r->by_month[m] <= 12 &&
                abs(r->by_month_day[d]) <= dp_month_days(2000, r->by_month[m]))
                return true;
    return false;
}

static struct icaltimetype to_ical(const struct dp_ics_time *t)
{
    int64_t day = dp_floor_div(t->wall, DP_DAY_S);
    int s = (int)(t->wall - day * DP_DAY_S);
    struct dp_day d = dp_day_of(day);

    return (struct icaltimetype){.year = d.year,
                                 .month = d.month,
                                 .day = d.day,
                                 .hour = s / 3600,
                                 .minute = s / 60 % 60,
                                 .second = s % 60,
                                 .is_date = t->date};
}

static int64_t from_ical(struct icaltimetype t)
{
    return dp_day_number(t.year, t.month, t.day) * DP_DAY_S + t.hour * 3600 + t.minute * 60 +
           t.second;
}

static bool beyond(const struct rule *r, const struct dp_ics_time *start, int64_t wall)
{
    if (!r->limited)
        return false;
    if (r->until.date)
        return wall >= r->until.wall + DP_DAY_S;
    /* In a zone UNTIL is UTC (RFC 5545 3.3.10); without one it is what the clock shows. */
    return r->until.fixed ? dp_ics_key(start, wall) > r->until.wall : wall > r->until.wall;
}

/** ENOENT: it never holds, and looking for that has taken long. */
static int run(struct dp_ics *x, icalrecur_iterator *it, const struct rule *r,
               const struct dp_ics_time *start, int (*fn)(void *arg, int64_t wall), void *arg)
{
    bool any = false;
    int err = 0;

    while (err == 0) {
        struct icaltimetype t = icalrecur_iterator_next(it);
        if (icaltime_is_null_time(t))
            return any ? 0 : ENOENT;
        any = true;
        int64_t wall = from_ical(t);
        if (wall > x->to + DP_DAY_S || beyond(r, start, wall))
            break;
        err = dp_ics_spend(x, 1);
        if (err == 0 && wall != start->wall)
            err = fn(arg, wall);
    }
    return err;
}

int dp_ics_recur(struct dp_ics *x, const struct dp_ics_line *l, const struct dp_ics_time *start,
                 int (*fn)(void *arg, int64_t wall), void *arg)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct rule r = {.n = 0};
    const char *why = read_rule(&r, l->value);
    int err = dp_ics_spend(x, DP_ICS_RULE_WORK);

    if (why)
        return dp_ics_fail(x, l->line, why);
    if (err != 0)
        return err;
    pthread_once(&once, tame);
    struct icalrecurrencetype rule = icalrecurrencetype_from_string(r.text);
    if (rule.freq == ICAL_NO_RECURRENCE || rule.interval < 1 || !feasible(&rule))
        return dp_ics_fail(x, l->line, "is no rule that ever holds");
    icalrecur_iterator *it = icalrecur_iterator_new(rule, to_ical(start));
    if (!it)
        return dp_ics_fail(x, l->line, "is no rule that ever holds");
    err = run(x, it, &r, start, fn, arg);
    icalrecur_iterator_free(it);
    return err == ENOENT ? dp_ics_fail(x, l->line, "is no rule that ever holds") : err;
}
