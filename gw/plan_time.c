/* Calendars and times of the plan. */
#include "dialplan/schedule.h"
#include "gw/plan_priv.h"

#include <stddef.h>

#define TIMES_MAX 1024

/* ---- calendars ---- */

static bool is_hours(const struct conf_token *t)
{
    return t && strchr(t->text, ':') != NULL;
}

/** `date 2026-12-24, 2026-12-31 12:00-24:00` */
static void read_dates(struct gw_compile *c, struct dp_calendar *calendar,
                       const struct conf_node *n)
{
    struct gw_words w = gw_words(c, n, 1);

    do {
        const struct conf_token *date = gw_words_take(&w, "a date"), *hours = gw_words_peek(&w);
        const char *why;
        if (!date)
            return;
        if (is_hours(hours))
            w.t++;
        else
            hours = NULL;
        if (dp_calendar_add_date(calendar, date->text, hours ? hours->text : NULL, &why) != 0)
            conf_error(c->diag, date->pos, "\"%s%s%s\" %s", date->text, hours ? " " : "",
                       hours ? hours->text : "", why);
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}

static void read_file(struct gw_compile *c, struct dp_calendar *calendar,
                      const struct conf_token *t)
{
    struct dp_ics_error error = {.line = 0};

    int err = dp_calendar_load_ics(calendar, gw_plan_path(c, t), rt_wall() / RT_S, &error);
    if (err == 0)
        return;
    if (error.line > 0)
        conf_error(c->diag, t->pos, "\"%s\": line %u: %s", t->text, error.line, error.text);
    else
        conf_error(c->diag, t->pos, "\"%s\": %s", t->text,
                   error.text[0] ? error.text : strerror(err));
}

static void compile_calendar(struct gw_compile *c, struct gw_calendar *out,
                             const struct conf_node *block)
{
    const struct conf_token *t;

    if (dp_calendar_new(&out->calendar) != 0) {
        c->arena->failed = true;
        return;
    }
    for (const struct conf_node *n = conf_child(block, "file"); n; n = conf_again(n, "file"))
        for (size_t i = 0; (t = conf_arg(n, i)) != NULL; i++)
            read_file(c, out->calendar, t);
    for (const struct conf_node *n = conf_child(block, "date"); n; n = conf_again(n, "date"))
        read_dates(c, out->calendar, n);
}

/* ---- times ---- */

/** `weekly mon-thu 08:00-18:00, fri 08:00-16:00` */
static void read_weekly(struct gw_compile *c, struct dp_schedule *s, const struct conf_node *n)
{
    struct gw_words w = gw_words(c, n, 1);

    do {
        const struct conf_token *days = gw_words_take(&w, "a day");
        const struct conf_token *hours = days ? gw_words_take(&w, "a range of hours") : NULL;
        const char *why;
        if (!hours)
            return;
        if (dp_schedule_add_weekly(s, days->text, hours->text, &why) != 0)
            conf_error(c->diag, days->pos, "\"%s %s\" %s", days->text, hours->text, why);
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}

static void read_calendars(struct gw_compile *c, struct dp_schedule *s, const struct conf_node *n,
                           int (*add)(struct dp_schedule *s, const struct dp_calendar *calendar,
                                      const char *name))
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct conf_token *t;

    for (size_t i = 0; n && (t = conf_arg(n, i)) != NULL; i++) {
        const struct gw_calendar *k =
            gw_plan_named(c, t, "calendar", d->calendars, d->ncalendars, sizeof *d->calendars);
        if (k && k->calendar && add(s, k->calendar, k->name) != 0)
            c->arena->failed = true;
    }
}

/** The zone of the plan's only site, or of all when they agree; else the time has to say it. */
static const char *site_zone(struct gw_compile *c, const struct conf_node *time)
{
    const char *zone = NULL;

    for (unsigned i = 0; i < c->plan->nsites; i++) {
        const char *other = c->plan->sites[i].zone ? c->plan->sites[i].zone : "UTC";
        if (zone && strcmp(zone, other) != 0)
            conf_error(c->diag, time->pos, "\"zone\" is missing: the sites have several");
        zone = other;
    }
    return zone ? zone : "UTC";
}

static void compile_time(struct gw_compile *c, struct gw_time *out, const struct conf_node *block)
{
    const struct conf_node *zone = conf_child(block, "zone");
    const char *name = zone ? conf_arg(zone, 0)->text : site_zone(c, block);
    int err = dp_schedule_new(&out->schedule, name);

    if (err != 0 && !gw_plan_starved(c, err))
        conf_error(c->diag, zone ? conf_arg(zone, 0)->pos : block->pos,
                   "\"%s\" is no time zone like Europe/Berlin", name);
    if (err != 0)
        return;
    for (const struct conf_node *n = conf_child(block, "weekly"); n; n = conf_again(n, "weekly"))
        read_weekly(c, out->schedule, n);
    read_calendars(c, out->schedule, conf_child(block, "except"), dp_schedule_except);
    read_calendars(c, out->schedule, conf_child(block, "on"), dp_schedule_on);
}

void gw_plan_compile_times(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    d->calendars = gw_plan_array(c, "calendar", sizeof *d->calendars, TIMES_MAX, &d->ncalendars);
    gw_plan_names(c, "calendar", d->calendars, d->ncalendars, sizeof *d->calendars,
                  offsetof(struct gw_calendar, pos));
    const struct conf_node *n = conf_child(c->root, "calendar");
    for (unsigned i = 0; i < d->ncalendars; i++, n = conf_again(n, "calendar"))
        compile_calendar(c, &d->calendars[i], n);
    d->times = gw_plan_array(c, "time", sizeof *d->times, TIMES_MAX, &d->ntimes);
    gw_plan_names(c, "time", d->times, d->ntimes, sizeof *d->times, offsetof(struct gw_time, pos));
    n = conf_child(c->root, "time");
    for (unsigned i = 0; i < d->ntimes; i++, n = conf_again(n, "time"))
        compile_time(c, &d->times[i], n);
}

void gw_plan_free_times(struct gw_plan *p)
{
    struct gw_dial_plan *d = &p->dial;

    for (unsigned i = 0; i < d->ntimes; i++)
        dp_schedule_free(d->times[i].schedule);
    for (unsigned i = 0; i < d->ncalendars; i++)
        dp_calendar_free(d->calendars[i].calendar);
}
