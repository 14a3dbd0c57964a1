/* The watch over calls: how many a trunk answers beside the hour before, how short they are, how
 * they sound; and slips of spans. Each minute is kept apart, so that windows are sums of minutes.
 */
#include "gw/alarm_watch.h"
#include "gw/performance.h"
#include "gw/span_status.h"

#include <stdio.h>
#include <stdlib.h>

/** An answered call that ends in that time is short. */
#define BRIEF_MS 6000
/** ITU-T G.822: more in an hour than a good connection has in a day. */
#define SLIPS_MAX 5

struct gw_watch_trunk *gw_watch_trunk(struct gw_alarm_watch *w, const char *name)
{
    struct gw_watch_trunk *t;

    HASH_FIND_STR(w->trunks, name, t);
    if (t || !(t = calloc(1, sizeof *t)))
        return t;
    rt_str_copy(t->name, sizeof t->name, rt_str(name));
    HASH_ADD_STR(w->trunks, name, t);
    return t;
}

/* ---- what is noted ---- */

static void note(struct gw_alarm_watch *w, const char *name, const struct gw_cdr *r)
{
    struct gw_watch_trunk *t = name[0] ? gw_watch_trunk(w, name) : NULL;
    const uint16_t mos[] = {r->mos_a, r->mos_b};

    if (!t)
        return;
    t->now.ended++;
    t->now.brief += r->talk_ms < BRIEF_MS;
    for (size_t i = 0; i < RT_COUNT(mos); i++)
        if (mos[i] > 0) {
            t->now.mos_sum += mos[i];
            t->now.mos++;
        }
}

void gw_alarm_record(struct gw_alarms *a, const struct gw_cdr *r)
{
    if (!a || !a->watch || r->attempt != 0 || r->answer_time == 0)
        return;
    note(a->watch, r->from_trunk, r);
    if (strcmp(r->from_trunk, r->to_trunk) != 0)
        note(a->watch, r->to_trunk, r);
}

/** What has come to the totals since the last minute. */
static void take_totals(void *arg, struct gw_performance_trunk *p)
{
    struct gw_alarm_watch *w = arg;
    const struct gw_performance_totals *sum = gw_performance_totals(p);
    const char *name = gw_performance_name(p);
    struct gw_watch_trunk *t =
        gw_plan_trunk(w->gw->plan, rt_str(name)) ? gw_watch_trunk(w, name) : NULL;

    if (!t)
        return;
    t->now.seizures = (unsigned)(sum->seizures - t->seizures);
    t->now.answers = (unsigned)(sum->answers - t->answers);
    t->seizures = sum->seizures;
    t->answers = sum->answers;
}

/* ---- windows ---- */

/** The sum of minutes `from` to `to` ago. */
static struct gw_watch_minute sum(const struct gw_alarm_watch *w, const struct gw_watch_trunk *t,
                                  unsigned from, unsigned to)
{
    struct gw_watch_minute s = {0};

    for (unsigned i = from; i < to && i < w->turns; i++) {
        const struct gw_watch_minute *m = &t->past[(w->turns - 1 - i) % GW_WATCH_MINUTES];
        s.seizures += m->seizures;
        s.answers += m->answers;
        s.ended += m->ended;
        s.brief += m->brief;
        s.mos_sum += m->mos_sum;
        s.mos += m->mos;
    }
    return s;
}

static unsigned permille(unsigned part, unsigned whole)
{
    unsigned share = whole > 0 ? (unsigned)((uint64_t)part * 1000 / whole) : 0;

    return share < 1000 ? share : 1000;
}

static void look_at_answers(struct gw_alarm_watch *w, const struct gw_watch_trunk *t,
                            const struct gw_watch_minute *now, const char *object)
{
    const struct gw_alarm_plan *p = &w->gw->plan->alarms;
    struct gw_watch_minute before = sum(w, t, GW_WATCH_RECENT, GW_WATCH_MINUTES);
    unsigned is = permille(now->answers, now->seizures);
    unsigned was = permille(before.answers, before.seizures);

    if (p->asr_drop == 0 || now->seizures < p->asr_samples || before.seizures < p->asr_samples)
        return;
    gw_alarm_look(w, GW_ALARM_ASR, object, was > is && was - is >= p->asr_drop,
                  "%u.%u %% of calls answered in the last 15 minutes, %u.%u %% in the hour before",
                  is / 10, is % 10, was / 10, was % 10);
}

static void look_at_length(struct gw_alarm_watch *w, const struct gw_watch_minute *now,
                           const char *object)
{
    const struct gw_alarm_plan *p = &w->gw->plan->alarms;

    if (p->short_calls > 0 && now->ended >= p->short_samples)
        gw_alarm_look(w, GW_ALARM_SHORT_CALLS, object,
                      permille(now->brief, now->ended) >= p->short_calls,
                      "%u of %u answered calls in the last 15 minutes ended within 6 s", now->brief,
                      now->ended);
}

static void look_at_sound(struct gw_alarm_watch *w, const struct gw_watch_minute *now,
                          const char *object)
{
    const struct gw_alarm_plan *p = &w->gw->plan->alarms;
    unsigned mos = now->mos > 0 ? now->mos_sum / now->mos : 0;

    if (p->mos > 0 && now->mos > 0 && now->mos >= p->mos_samples)
        gw_alarm_look(w, GW_ALARM_QUALITY, object, mos < p->mos,
                      "MOS %u.%02u on average in the last 15 minutes", mos / 100, mos % 100);
}

void gw_watch_calls(struct gw_alarm_watch *w)
{
    struct gw_watch_trunk *t, *next;
    char object[GW_NAME_LEN + 8];

    if (w->gw->performance)
        gw_performance_each(w->gw->performance, take_totals, w);
    w->turns++;
    HASH_ITER(hh, w->trunks, t, next)
    {
        if (!gw_plan_trunk(w->gw->plan, rt_str(t->name))) {
            HASH_DEL(w->trunks, t);
            free(t);
            continue;
        }
        t->past[(w->turns - 1) % GW_WATCH_MINUTES] = t->now;
        t->now = (struct gw_watch_minute){0};
        struct gw_watch_minute now = sum(w, t, 0, GW_WATCH_RECENT);
        snprintf(object, sizeof object, "trunk %s", t->name);
        look_at_answers(w, t, &now, object);
        look_at_length(w, &now, object);
        look_at_sound(w, &now, object);
    }
}

void gw_watch_calls_free(struct gw_alarm_watch *w)
{
    struct gw_watch_trunk *t, *next;

    HASH_ITER(hh, w->trunks, t, next)
    {
        HASH_DEL(w->trunks, t);
        free(t);
    }
}

/* ---- slips ---- */

/** Runs after gw_watch_calls() in the same second: `turns` minutes are over. */
void gw_watch_slips(struct gw_alarm_watch *w)
{
    for (unsigned i = 0; i < w->gw->nspans; i++) {
        uint64_t *ring = w->spans[i].slips, *oldest = &ring[w->turns % GW_WATCH_SLIPS];
        struct gw_span_status s;
        char object[32];

        gw_span_status(&s, w->gw->spans[i].isdn);
        uint64_t in_hour = s.slips - (w->turns > GW_WATCH_SLIPS ? *oldest : 0);
        snprintf(object, sizeof object, "span %u", s.id);
        gw_alarm_look(w, GW_ALARM_SLIPS, object, in_hour > SLIPS_MAX, "%llu slips in the last hour",
                      (unsigned long long)in_hour);
        *oldest = s.slips;
    }
}
