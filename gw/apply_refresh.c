/* Tables that are read again by themselves: lists after their `refresh`, decks when the prices of a
 * day to come are due. The plan's text stays the same, whatever its files say by now.
 */
#include "gw/apply_priv.h"

#include "dialplan/deck.h"
#include "gw/alarm.h"
#include "gw/rt/log.h"

/** The wall clock may jump: it is looked at that often. */
#define LOOK_EVERY (3600 * RT_S)
/** After a failure, and at least between two times. */
#define PAUSE (60 * RT_S)
#define LEAST (1 * RT_S)

/** The alarm's object. */
#define TABLES "tables"

#define NEVER INT64_MAX

/** How long until the next table is due; 0 or less: one is. Lists after so much time, whatever the
 * wall clock shows by then; prices when it shows their day. */
static rt_time next_due(const struct gw_plan *p)
{
    const struct gw_dial_plan *d = &p->dial;
    rt_time since = rt_now() - p->since, wall = rt_wall(), wait = NEVER;

    for (unsigned i = 0; i < d->nlists; i++)
        if (d->lists[i].refresh > 0 && d->lists[i].refresh - since < wait)
            wait = d->lists[i].refresh - since;
    for (unsigned i = 0; i < d->ndecks; i++) {
        int64_t change = d->decks[i].deck ? dp_deck_next_change(d->decks[i].deck) : DP_DECK_NEVER;
        if (change < NEVER / RT_S && change * RT_S - wall < wait)
            wait = change * RT_S - wall;
    }
    return wait;
}

void gw_apply_refresh_plan(struct gw_apply *a)
{
    rt_time due = next_due(a->gw->plan), now = rt_now(), wait = LOOK_EVERY;

    rt_timer_stop(&a->refresh);
    if (due == NEVER) { /* nor is there one that could be too old */
        a->retry = 0;
        gw_alarm_clear(a->gw->alarms, GW_ALARM_TABLE_AGE, TABLES);
        return;
    }
    if (due < wait)
        wait = due;
    if (wait < LEAST)
        wait = LEAST;
    if (a->retry != 0) /* one stayed as it was: it is due still */
        wait = a->retry > now + LEAST ? a->retry - now : LEAST;
    rt_timer_start(&a->refresh, wait);
}

static void on_time(void *arg)
{
    struct gw_apply *a = arg;
    struct gw_apply_request r = {.kind = GW_APPLY_REFRESH, .who = "refresh"};
    bool again = a->retry != 0 && a->retry <= rt_now();

    if (a->refreshing || (!again && next_due(a->gw->plan) > 0))
        gw_apply_refresh_plan(a);
    else if (gw_apply_submit(a, &r))
        a->refreshing = true;
    else
        rt_timer_start(&a->refresh, PAUSE);
}

/** A table that could not be read is the same as before. */
static bool stayed(const struct gw_plan *before, const struct gw_plan *after)
{
    const struct gw_dial_plan *x = &before->dial, *y = &after->dial;

    for (unsigned i = 0; i < x->nlists && i < y->nlists; i++)
        if (x->lists[i].list == y->lists[i].list)
            return true;
    for (unsigned i = 0; i < x->ndecks && i < y->ndecks; i++)
        if (x->decks[i].deck == y->decks[i].deck)
            return true;
    return false;
}

void gw_apply_refreshed(struct gw_apply *a, const struct gw_apply_job *j, int err)
{
    bool good = err == 0 && !stayed(j->previous, j->plan);

    a->refreshing = false;
    gw_alarm_set(a->gw->alarms, GW_ALARM_TABLE_AGE, TABLES, !good,
                 "a table that was due could not be read: the log says which");
    if (err == 0)
        rt_count(&gw_apply_counters[GW_APPLY_REFRESHES]);
    if (good) {
        a->retry = 0;
        return;
    }
    rt_count(&gw_apply_counters[GW_APPLY_REFRESH_FAILURES]);
    a->retry = rt_now() + PAUSE;
}

void gw_apply_refresh_init(struct gw_apply *a)
{
    rt_timer_init(&a->refresh, a->gw->loop, on_time, a);
}
