/* The watch: once a second everything is looked at whose turn it is. What is not well becomes an
 * alarm when it has been so for a while, and the alarm ends when it has been well for a while: two
 * tables say what is looked at how often, and how long the whiles are.
 */
#include "gw/alarm_watch.h"
#include "gw/aside.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/** Lines and peers come up in that time. */
#define WARM_UP (10 * RT_S)

#define BIT(kind) (1u << GW_ALARM_##kind)

static const struct check {
    void (*look)(struct gw_alarm_watch *w);
    rt_time every;
    rt_time from;   /**< after the start */
    uint32_t kinds; /**< of which it tells all that there is, at once */
} checks[] = {
    {gw_watch_spans, RT_S, WARM_UP, BIT(SPAN) | BIT(DCHANNEL)},
    {gw_watch_trunks, RT_S, WARM_UP, BIT(TRUNK) | BIT(CHANNELS)},
    {gw_watch_registrations, RT_S, WARM_UP, BIT(REGISTRATION)},
    {gw_watch_calls, 60 * RT_S, 0, BIT(ASR) | BIT(QUALITY) | BIT(SHORT_CALLS)},
    {gw_watch_slips, 60 * RT_S, 0, BIT(SLIPS)},
    {gw_watch_records, RT_S, 0, BIT(RECORDS) | BIT(EXPORT) | BIT(AUDIT)},
    {gw_watch_files, RT_S, 0, BIT(FILE)},
    {gw_watch_load, 5 * RT_S, WARM_UP, BIT(OVERLOAD)},
    {gw_watch_disks, 10 * RT_S, 0, 0},
    {gw_watch_certificates, 600 * RT_S, 0, 0},
};
_Static_assert(RT_COUNT(checks) <= RT_COUNT(((struct gw_alarm_watch *)0)->next), "room for all");

/** How long it has to be so, and how long well. */
static const struct {
    rt_time rise, fall;
} holds[GW_ALARM_KINDS] = {
    [GW_ALARM_SPAN] = {2 * RT_S, 5 * RT_S},
    [GW_ALARM_DCHANNEL] = {2 * RT_S, 5 * RT_S},
    [GW_ALARM_TRUNK] = {2 * RT_S, 5 * RT_S},
    [GW_ALARM_REGISTRATION] = {2 * RT_S, 5 * RT_S},
    [GW_ALARM_CHANNELS] = {10 * RT_S, 30 * RT_S},
    [GW_ALARM_OVERLOAD] = {5 * RT_S, 10 * RT_S},
    [GW_ALARM_DISK] = {0, 30 * RT_S},
    [GW_ALARM_FILE] = {0, 2 * RT_S},
    [GW_ALARM_RECORDS] = {0, 2 * RT_S},
    [GW_ALARM_EXPORT] = {10 * RT_S, 5 * RT_S},
};

/** Something that is not well, or was. */
struct gw_watch_state {
    char key[GW_ALARM_KEY_LEN];
    enum gw_alarm_kind kind;
    bool is, raised;
    rt_time since; /**< `is` changed */
    unsigned round;
    UT_hash_handle hh;
};

static struct gw_watch_state *find(struct gw_alarm_watch *w, enum gw_alarm_kind kind,
                                   const char *object, bool make)
{
    char key[GW_ALARM_KEY_LEN] = "";
    struct gw_watch_state *s;

    gw_alarm_key(key, kind, object);
    HASH_FIND_STR(w->states, key, s);
    if (s || !make || !(s = calloc(1, sizeof *s)))
        return s;
    memcpy(s->key, key, sizeof s->key);
    s->kind = kind;
    s->since = w->now;
    HASH_ADD_STR(w->states, key, s);
    return s;
}

/** It is well, and was for long enough; or there is no such object any more. */
static void forget(struct gw_alarm_watch *w, struct gw_watch_state *s)
{
    if (s->raised)
        gw_alarm_clear(w->gw->alarms, s->kind, s->key + 1);
    HASH_DEL(w->states, s);
    free(s);
}

void gw_alarm_look(struct gw_alarm_watch *w, enum gw_alarm_kind kind, const char *object, bool is,
                   const char *fmt, ...)
{
    struct gw_watch_state *s = find(w, kind, object, is);
    char text[sizeof((struct gw_alarm *)0)->text];
    va_list ap;

    if (!s)
        return;
    s->round = w->round;
    if (s->is != is)
        s->since = w->now;
    s->is = is;
    if (!is) {
        if (!s->raised || w->now - s->since >= holds[kind].fall)
            forget(w, s);
        return;
    }
    if (!s->raised && w->now - s->since < holds[kind].rise)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    s->raised = true;
    gw_alarm_raise(w->gw->alarms, kind, object, "%s", text);
}

void gw_alarm_look_away(struct gw_alarm_watch *w, enum gw_alarm_kind kind, const char *object)
{
    struct gw_watch_state *s = find(w, kind, object, false);

    if (s)
        s->round = w->round;
}

void gw_alarm_sweep(struct gw_alarm_watch *w, uint32_t kinds)
{
    struct gw_watch_state *s, *next;

    HASH_ITER(hh, w->states, s, next)
    if ((kinds & 1u << s->kind) && s->round != w->round)
        forget(w, s);
}

static void on_tick(void *arg)
{
    struct gw_alarm_watch *w = arg;

    w->now = rt_now();
    if (w->now - w->due > w->lag)
        w->lag = w->now - w->due;
    w->round++;
    for (size_t i = 0; i < RT_COUNT(checks); i++) {
        if (w->now < w->next[i])
            continue;
        w->next[i] = w->now + checks[i].every;
        checks[i].look(w);
        gw_alarm_sweep(w, checks[i].kinds);
    }
    w->due += RT_S;
    if (w->due <= w->now)
        w->due = w->now + RT_S;
    rt_timer_start_at(&w->tick, w->due);
}

int gw_alarm_watch_start(struct gw *gw)
{
    struct gw_alarm_watch *w = calloc(1, sizeof *w);

    if (!w)
        return ENOMEM;
    w->gw = gw;
    gw->alarms->watch = w;
    w->spans = calloc(gw->nspans + 1, sizeof *w->spans);
    w->media_cpu = calloc(media_threads(gw->media) + 1, sizeof *w->media_cpu);
    w->due = rt_now() + RT_S;
    for (size_t i = 0; i < RT_COUNT(checks); i++)
        w->next[i] = rt_now() + checks[i].from;
    rt_timer_init(&w->tick, gw->loop, on_tick, w);
    rt_timer_start_at(&w->tick, w->due);
    return w->spans && w->media_cpu ? gw_aside_new(&w->aside, gw->loop) : ENOMEM;
}

void gw_alarm_watch_stop(struct gw *gw)
{
    struct gw_alarm_watch *w = gw->alarms ? gw->alarms->watch : NULL;
    struct gw_watch_state *s, *next;

    if (!w)
        return;
    rt_timer_stop(&w->tick);
    gw_aside_free(w->aside);
    HASH_ITER(hh, w->states, s, next)
    {
        HASH_DEL(w->states, s);
        free(s);
    }
    gw_watch_calls_free(w);
    free(w->spans);
    free(w->media_cpu);
    free(w->calls);
    free(w->known);
    free(w);
    gw->alarms->watch = NULL;
}
