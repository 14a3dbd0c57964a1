/* Samples of a second and of a minute, each in a ring. A minute is what its seconds add up to, by
 * the wall clock; a second is what was counted since the last tick.
 */
#include "gw/series.h"
#include "gw/performance.h"

#include <errno.h>
#include <stdlib.h>

struct ring {
    struct gw_sample *sample;
    unsigned room, n, at; /**< at: the next to be written */
};

struct gw_series {
    struct gw *gw;
    struct rt_timer tick;
    rt_time cpu, when; /**< of the last tick */
    struct gw_performance_totals seen;
    struct gw_sample now;    /**< the second that goes on */
    struct gw_sample minute; /**< of whole seconds so far; `at` 0: none */
    unsigned seconds;        /**< in it */
    struct ring of_seconds, of_minutes;
    struct gw_sample seconds_room[GW_SERIES_SECONDS];
    struct gw_sample minutes_room[GW_SERIES_MINUTES];
};

static void push(struct ring *r, const struct gw_sample *s)
{
    r->sample[r->at] = *s;
    r->at = (r->at + 1) % r->room;
    if (r->n < r->room)
        r->n++;
}

/** Sums are added, what is "now" is the later's; the share of the CPU is divided in the end. */
static void add(struct gw_sample *sum, const struct gw_sample *s)
{
    if (s->peak > sum->peak)
        sum->peak = s->peak;
    sum->calls = s->calls;
    sum->attempts += s->attempts;
    sum->seizures += s->seizures;
    sum->answers += s->answers;
    sum->effective += s->effective;
    sum->talk_ms += s->talk_ms;
    sum->ended += s->ended;
    sum->pdd_ms += s->pdd_ms;
    sum->rung += s->rung;
    sum->mos_sum += s->mos_sum;
    sum->mos += s->mos;
    sum->cpu_permille += s->cpu_permille;
}

static void end_minute(struct gw_series *s)
{
    s->minute.cpu_permille /= s->seconds;
    push(&s->of_minutes, &s->minute);
    s->seconds = 0;
}

static int64_t minute_of(rt_time wall)
{
    return wall / (60 * RT_S);
}

/** The second that is over joins its minute, or begins one. */
static void to_minute(struct gw_series *s, const struct gw_sample *second)
{
    if (s->seconds > 0 && minute_of(second->at) != minute_of(s->minute.at))
        end_minute(s);
    if (s->seconds++ == 0)
        s->minute = *second;
    else
        add(&s->minute, second);
}

static unsigned permille(rt_time used, rt_time of)
{
    return of > 0 && used > 0 ? (unsigned)(used * 1000 / of) : 0;
}

static void take_totals(struct gw_series *s)
{
    s->now.attempts = (unsigned)s->seen.attempts;
    s->now.seizures = (unsigned)s->seen.seizures;
    s->now.answers = (unsigned)s->seen.answers;
    s->now.effective = (unsigned)s->seen.effective;
    s->seen = (struct gw_performance_totals){0};
}

static void on_tick(void *arg)
{
    struct gw_series *s = arg;
    rt_time now = rt_now(), cpu = rt_thread_cpu();

    take_totals(s);
    s->now.calls = s->gw->ncalls;
    s->now.cpu_permille = permille(cpu - s->cpu, now - s->when);
    push(&s->of_seconds, &s->now);
    to_minute(s, &s->now);
    s->now = (struct gw_sample){.at = rt_wall(), .peak = s->gw->ncalls};
    s->cpu = cpu;
    s->when = now;
    rt_timer_start(&s->tick, RT_S);
}

/* ---- what is counted ---- */

void gw_series_calls(struct gw_series *s, unsigned calls)
{
    if (s && calls > s->now.peak)
        s->now.peak = calls;
}

void gw_series_note(struct gw_series *s, const struct gw_performance_event *e)
{
    if (s)
        gw_performance_add(&s->seen, e);
}

static void add_mos(struct gw_sample *now, uint16_t mos)
{
    if (mos == 0)
        return;
    now->mos_sum += mos;
    now->mos++;
}

void gw_series_record(struct gw_series *s, const struct gw_cdr *r)
{
    rt_time rung = r->ring_time ? r->ring_time : r->answer_time;

    if (!s || r->attempt != 0)
        return;
    if (r->answer_time) {
        s->now.ended++;
        s->now.talk_ms += (uint64_t)r->talk_ms;
    }
    if (rung > r->start_time) {
        s->now.rung++;
        s->now.pdd_ms += (uint64_t)(rung - r->start_time) / RT_MS;
    }
    add_mos(&s->now, r->mos_a);
    add_mos(&s->now, r->mos_b);
}

const struct gw_sample *gw_series_at(const struct gw_series *s, bool minutes, unsigned i)
{
    const struct ring *r = s ? minutes ? &s->of_minutes : &s->of_seconds : NULL;

    if (!r || i >= r->n)
        return NULL;
    return &r->sample[(r->at + r->room - r->n + i) % r->room];
}

/* ---- life ---- */

int gw_series_new(struct gw_series **out, struct gw *gw)
{
    struct gw_series *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->gw = gw;
    s->of_seconds = (struct ring){.sample = s->seconds_room, .room = GW_SERIES_SECONDS};
    s->of_minutes = (struct ring){.sample = s->minutes_room, .room = GW_SERIES_MINUTES};
    s->now.at = rt_wall();
    s->when = rt_now();
    s->cpu = rt_thread_cpu();
    rt_timer_init(&s->tick, gw->loop, on_tick, s);
    rt_timer_start(&s->tick, RT_S);
    *out = s;
    return 0;
}

void gw_series_free(struct gw_series *s)
{
    if (!s)
        return;
    rt_timer_stop(&s->tick);
    free(s);
}
