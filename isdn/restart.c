/* RESTART, one channel at a time (Q.931 5.5), with T316 and N316. */
#include "isdn/isdn_priv.h"

#define T316 (120 * RT_S)
#define N316 2

#define CAUSE_TEMPORARY 41

static void send_restart(struct isdn_span *s)
{
    rt_count(&isdn_counters[ISDN_RESTARTS]);
    rt_timer_start(&s->t316, s->cfg.t316 ? s->cfg.t316 : T316);
    pri_reset(s->pri, (int)s->restarting);
    isdn_dchan_poke(s);
}

void isdn_restart_next(struct isdn_span *s)
{
    if (s->restarting || s->to_restart == 0 || !s->dchannel_up)
        return;
    for (unsigned t = 1; t < ISDN_TIMESLOTS && !s->restarting; t++)
        if (s->to_restart >> t & 1)
            s->restarting = t;
    s->to_restart &= ~(1u << s->restarting);
    s->restart_tries = 1;
    send_restart(s);
}

void isdn_restart_channel(struct isdn_span *s, unsigned t)
{
    s->channel[t].state = ISDN_CH_RESTARTING;
    s->to_restart |= 1u << t;
    isdn_restart_next(s);
}

void isdn_span_restart(struct isdn_span *s)
{
    for (unsigned t = 1; t < ISDN_TIMESLOTS; t++)
        if (s->channel[t].state == ISDN_CH_IDLE || s->channel[t].state == ISDN_CH_BLOCKED) {
            s->channel[t].state = ISDN_CH_RESTARTING;
            s->to_restart |= 1u << t;
        }
    isdn_restart_next(s);
}

void isdn_restart_suspend(struct isdn_span *s)
{
    rt_timer_stop(&s->t316);
    if (s->restarting)
        s->to_restart |= 1u << s->restarting;
    s->restarting = 0;
}

static void done(struct isdn_span *s, enum isdn_channel_state state)
{
    rt_timer_stop(&s->t316);
    if (s->channel[s->restarting].state == ISDN_CH_RESTARTING)
        s->channel[s->restarting].state = state;
    s->restarting = 0;
    isdn_restart_next(s);
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
    if (s->restart_tries++ < N316) {
        send_restart(s);
        return;
    }
    rt_log(RT_LOG_ISDN, RT_WARN, "%s: channel %u: no answer to RESTART, out of service", s->name,
           s->restarting);
    done(s, ISDN_CH_BLOCKED);
}

static void restart_one(struct isdn_span *s, unsigned t)
{
    struct isdn_channel *ch = &s->channel[t];

    if (ch->call) {
        struct isdn_call *c = ch->call;
        if (c->q931)
            pri_destroycall(s->pri, c->q931);
        c->q931 = NULL;
        isdn_channel_give(c, false);
        isdn_call_over(c, &(struct isdn_cause){.value = CAUSE_TEMPORARY, .local = false});
    }
    if (ch->state == ISDN_CH_BLOCKED)
        ch->state = ISDN_CH_IDLE; /* it answers again */
}

/** The far end restarts one channel, or all of them: libpri has acknowledged. */
void isdn_restart_received(struct isdn_span *s, unsigned t)
{
    rt_count(&isdn_counters[ISDN_RESTARTS]);
    for (unsigned i = 1; i < ISDN_TIMESLOTS; i++)
        if (s->channel[i].state != ISDN_CH_NONE && (i == t || t == 0 || t >= ISDN_TIMESLOTS))
            restart_one(s, i);
}
