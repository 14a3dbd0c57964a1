/* A SETUP for which there is no channel, and one is being cleared: nothing is answered until it has
 * come free, since the first response names the channel (Q.931 5.2.3, 3.1.14). The far end waits
 * for that response as long as its T303 runs. When both sides seized one channel, the network may
 * give up its own call, which 5.7 does not forbid: it only lets it prefer that call.
 */
#include "isdn/isdn_priv.h"

#include <stdlib.h>

/** Into the second T303, or past the only one: never when the SETUP is just coming again. */
#define WAIT(s) ((s)->timers[ISDN_T303] * 3 / 2)

struct isdn_waiting {
    struct isdn_setup setup;
    int code;       /**< the channel that the SETUP names, in libpri's words */
    bool exclusive; /**< and no other */
    struct isdn_span *span;
    unsigned timeslot;     /**< that is being cleared, of that span */
    struct rt_timer timer; /**< WAIT; none is left once the channel is there */
};

void isdn_crowded_stop(struct isdn_call *c)
{
    if (!c->waiting)
        return;
    rt_timer_stop(&c->waiting->timer);
    free(c->waiting);
    c->waiting = NULL;
}

/** The channel is there; or in the end any that the SETUP accepts. */
static void on_timer(void *arg)
{
    struct isdn_call *c = arg;
    struct isdn_waiting w = *c->waiting;
    unsigned cause = 0;

    isdn_crowded_stop(c);
    if (c->channel == 0)
        cause = isdn_channel_settle(c, w.code, w.exclusive);
    if (cause == 0) {
        isdn_call_present(c, &w.setup);
        return;
    }
    rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    rt_log(RT_LOG_ISDN, RT_INFO, "%s/%u: not free in time for a call that arrived", w.span->name,
           w.timeslot);
    isdn_call_release(c, (uint8_t)cause, 0);
}

void isdn_crowded_freed(struct isdn_span *s, unsigned t)
{
    for (struct isdn_call *c = s->group->calls; c; c = c->next) {
        struct isdn_waiting *w = c->waiting;
        if (!w || c->channel != 0 || w->span != s || w->timeslot != t || !isdn_channel_idle(s, t))
            continue;
        c->span = s;
        isdn_channel_take(c, t);
        rt_timer_start(&w->timer, 0); /* not from inside the end of the call that had it */
    }
}

/** The only channel that it accepts; 0: any. */
static unsigned insists_on(const struct isdn_call *c, int code, bool exclusive)
{
    unsigned t;

    isdn_channel_span(c->link, code, &t);
    return exclusive && t != ISDN_UNNAMED ? t : 0;
}

bool isdn_crowded_wait(struct isdn_call *c, const struct isdn_setup *setup, int code,
                       bool exclusive)
{
    struct isdn_waiting *w = c->span->ops.crowded ? calloc(1, sizeof *w) : NULL;

    if (!w)
        return false;
    w->setup = *setup;
    w->setup.channel = insists_on(c, code, exclusive);
    w->code = code;
    w->exclusive = exclusive;
    w->span = c->span;
    w->timeslot = c->span->ops.crowded(c->span->arg, &w->setup);
    if (w->timeslot == 0) {
        free(w);
        return false;
    }
    c->waiting = w;
    rt_timer_init(&w->timer, c->span->loop, on_timer, c);
    rt_timer_start(&w->timer, WAIT(c->span));
    isdn_crowded_freed(w->span, w->timeslot); /* it may be free by now */
    return true;
}
