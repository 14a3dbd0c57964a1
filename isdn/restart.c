/* RESTART, one channel at a time (Q.931 5.5), with T316 and N316. */
#include "isdn/isdn_priv.h"

#include <errno.h>

static void send_restart(struct isdn_span *s)
{
    struct isdn_link *l = isdn_group_link(s->group);

    rt_count(&isdn_counters[ISDN_RESTARTS]);
    rt_timer_start(&s->t316, s->timers[ISDN_T316]);
    pri_reset(l->pri, isdn_channel_code(s, s->restarting));
    isdn_dchan_poke(l);
}

/** A channel whose turn it is, and which has no call now; 0: none. It is out of service from here
 * on, and no other is. */
static unsigned refresh(struct isdn_span *s)
{
    while (s->to_refresh) {
        unsigned t = (unsigned)__builtin_ctz(s->to_refresh);
        s->to_refresh &= s->to_refresh - 1;
        if (s->channel[t].call ||
            (s->channel[t].state != ISDN_CH_IDLE && s->channel[t].state != ISDN_CH_BLOCKED))
            continue;
        isdn_channel_set(s, t, ISDN_CH_RESTARTING);
        return t;
    }
    return 0;
}

static void next(struct isdn_span *s)
{
    if (s->restarting || !isdn_group_link(s->group))
        return;
    s->restarting = s->to_restart ? (unsigned)__builtin_ctz(s->to_restart) : refresh(s);
    if (s->restarting == 0)
        return;
    s->to_restart &= ~(1u << s->restarting);
    s->restart_tries = 1;
    send_restart(s);
}

int isdn_channel_restart(struct isdn_span *s, unsigned t)
{
    if (s->cfg.multipoint || !isdn_channel_is_bearer(s, t))
        return EINVAL;
    if (s->channel[t].call || s->channel[t].state == ISDN_CH_RESTARTING)
        return EBUSY;
    s->to_refresh |= 1u << t;
    next(s);
    return 0;
}

unsigned isdn_span_restart_idle(struct isdn_span *s)
{
    unsigned n = 0;

    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        n += isdn_channel_restart(s, t) == 0;
    return n;
}

void isdn_restart_periodic(void *arg)
{
    struct isdn_span *s = arg;

    rt_timer_start(&s->restart, s->cfg.restart);
    isdn_span_restart_idle(s);
}

void isdn_restart_channel(struct isdn_span *s, unsigned t)
{
    isdn_channel_set(s, t, ISDN_CH_RESTARTING);
    s->to_restart |= 1u << t;
    next(s);
}

/** On a bus nobody restarts: each terminal has its own calls on the same channels. */
void isdn_span_restart(struct isdn_span *s)
{
    if (s->cfg.multipoint)
        return;
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        if (s->channel[t].state == ISDN_CH_IDLE || s->channel[t].state == ISDN_CH_BLOCKED) {
            isdn_channel_set(s, t, ISDN_CH_RESTARTING);
            s->to_restart |= 1u << t;
        }
    next(s);
}

/** The D channel is lost or set up anew: what was being restarted waits for it. */
static void suspend(struct isdn_span *s)
{
    rt_timer_stop(&s->t316);
    if (s->restarting)
        s->to_restart |= 1u << s->restarting;
    s->restarting = 0;
}

void isdn_restart_group(struct isdn_group *g, bool first)
{
    for (unsigned i = 0; i < ISDN_MEMBERS; i++) {
        if (!g->member[i])
            continue;
        suspend(g->member[i]);
        isdn_maint_resume(g->member[i], first);
        if (first)
            isdn_span_restart(g->member[i]);
        else
            next(g->member[i]);
    }
}

static void done(struct isdn_span *s, enum isdn_channel_state state)
{
    rt_timer_stop(&s->t316);
    if (s->channel[s->restarting].state == ISDN_CH_RESTARTING)
        isdn_channel_set(s, s->restarting, state);
    s->restarting = 0;
    next(s);
}

void isdn_restart_acked(struct isdn_span *s, unsigned t)
{
    if (t == s->restarting)
        done(s, ISDN_CH_IDLE);
}

/** Unanswered N316 times: the channel stays out of service (5.5.1). */
void isdn_restart_timeout(void *arg)
{
    struct isdn_span *s = arg;

    rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    if (s->restart_tries++ < (unsigned)s->timers[ISDN_N316]) {
        send_restart(s);
        return;
    }
    rt_log(RT_LOG_ISDN, RT_WARN, "%s: channel %u: no answer to RESTART, out of service", s->name,
           s->restarting);
    done(s, ISDN_CH_BLOCKED);
}

static void end_call(struct isdn_call *c)
{
    if (c->q931)
        pri_destroycall(c->link->pri, c->q931);
    c->q931 = NULL;
    isdn_channel_give(c, false);
    isdn_call_over(c, &(struct isdn_cause){.value = PRI_CAUSE_NORMAL_TEMPORARY_FAILURE});
}

static void restart_one(struct isdn_span *s, unsigned t)
{
    struct isdn_channel *ch = &s->channel[t];

    if (ch->call)
        end_call(ch->call);
    if (ch->state == ISDN_CH_BLOCKED)
        isdn_channel_set(s, t, ISDN_CH_IDLE); /* it answers again */
}

/** Timeslot 0: the interface, and with it the calls that are held and have no channel. */
static void restart_span(struct isdn_span *s, unsigned t)
{
    for (unsigned i = 1; i < ISDN_TIMESLOTS; i++)
        if (s->channel[i].state != ISDN_CH_NONE && (i == t || t == 0))
            restart_one(s, i);
    for (struct isdn_call *c = s->group->calls; c && t == 0; c = c->next)
        if (c->span == s && c->state != CALL_GONE && isdn_call_held(c))
            end_call(c);
}

/** libpri has acknowledged. */
void isdn_restart_received(struct isdn_link *l, struct isdn_span *s, unsigned t)
{
    rt_count(&isdn_counters[ISDN_RESTARTS]);
    for (unsigned i = 0; i < ISDN_MEMBERS; i++) {
        struct isdn_span *m = l->group->member[i];
        if (m && (m == s || !s))
            restart_span(m, s ? t : 0);
    }
}
