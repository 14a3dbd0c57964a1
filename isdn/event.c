/* What libpri reports, as events of calls: the state that follows and the timer it starts. */
#include "isdn/isdn_priv.h"

#define CAUSE_TIMER     102
#define CAUSE_DEAD_LINK 27

/* ---- the D channel ---- */

static void dchannel(struct isdn_span *s, bool up)
{
    if (s->dchannel_up == up)
        return;
    s->dchannel_up = up;
    s->dchannel_since = rt_loop_now(s->loop);
    rt_log(RT_LOG_ISDN, up ? RT_NOTICE : RT_WARN, "%s: D channel %s, %u calls", s->name,
           up ? "up" : "down", s->ncalls);
    if (!up)
        isdn_restart_suspend(s);
    else if (!s->was_up)
        isdn_span_restart(s);
    else
        isdn_restart_next(s);
    s->was_up |= up;
    if (s->ops.changed)
        s->ops.changed(s->arg, s);
}

/* ---- progress of outgoing calls ---- */

/** The channel a response names, the progress in it, the state and the timer that follow. */
static void responded(struct isdn_call *c, int channel, enum isdn_call_state state,
                      enum isdn_timer timer, struct isdn_event *ev)
{
    c->state = state;
    if (!isdn_channel_answered(c, (unsigned)channel & 0xff))
        return;
    if (timer < ISDN_NTIMERS)
        isdn_call_start_timer(c, timer);
    else
        isdn_call_stop_timer(c);
    ev->channel = c->channel;
    isdn_call_tell(c, ev);
}

static void view_into(const struct isdn_span *s, struct isdn_event *ev)
{
    if (!s->viewed)
        return;
    ev->progress = s->view.progress;
    ev->cause = (struct isdn_cause){.value = s->view.cause, .location = s->view.location};
}

static void on_setup_ack(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_SETUP_ACK};

    view_into(c->span, &ev);
    responded(c, e->setup_ack.channel, CALL_OVERLAP_OUT, ISDN_T304, &ev);
}

static void on_proceeding(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_PROCEEDING};

    view_into(c->span, &ev);
    responded(c, e->proceeding.channel, CALL_OUTGOING, ISDN_T310, &ev);
}

/** PROGRESS changes no state and ends every timer: the call is somewhere that has its own (5.1.6).
 */
static void on_progress(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_PROGRESS};

    view_into(c->span, &ev);
    responded(c, e->proceeding.channel, c->state == CALL_SETUP ? CALL_OUTGOING : c->state,
              ISDN_NTIMERS, &ev);
}

static void on_alerting(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_ALERTING};

    view_into(c->span, &ev);
    responded(c, e->ringing.channel, CALL_OUTGOING, ISDN_T301, &ev);
}

/** The connected number comes as a subcommand. */
static void connected_into(struct isdn_event *ev, const struct pri_subcommands *subs)
{
    for (int i = 0; subs && i < subs->counter_subcmd; i++) {
        const struct pri_subcommand *sub = &subs->subcmd[i];
        const struct pri_party_number *n = &sub->u.connected_line.id.number;
        if (sub->cmd != PRI_SUBCMD_CONNECTED_LINE || !n->valid)
            continue;
        rt_str_copy(ev->connected.digits, sizeof ev->connected.digits, rt_str(n->str));
        ev->connected.ton = n->plan >> 4 & 7;
        ev->connected.npi = n->plan & 15;
        ev->connected.presentation = n->presentation >> 5 & 3;
        ev->connected.screening = n->presentation & 3;
    }
}

static void on_connect(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_CONNECT};
    int channel = e->answer.channel;

    view_into(c->span, &ev);
    connected_into(&ev, e->answer.subcmds);
    pri_connect_ack(c->span->pri, c->q931, 0);
    responded(c, channel, CALL_ACTIVE, ISDN_NTIMERS, &ev);
}

/* ---- incoming calls, and active ones ---- */

static void on_information(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_INFORMATION};

    if (c->state != CALL_OVERLAP_IN)
        return;
    rt_str_copy(ev.digits, sizeof ev.digits, rt_str(e->ring.callednum));
    isdn_call_start_timer(c, ISDN_T302);
    bool complete = c->span->viewed && c->span->view.complete;
    if (ev.digits[0])
        isdn_call_tell(c, &ev);
    if (complete && c->state == CALL_OVERLAP_IN) {
        isdn_call_stop_timer(c);
        isdn_call_tell(c, &(struct isdn_event){.type = ISDN_EV_COMPLETE});
    }
}

static void on_connect_ack(struct isdn_call *c, const pri_event *e)
{
    (void)e;
    if (c->state == CALL_CONNECTING) {
        c->state = CALL_ACTIVE;
        isdn_call_stop_timer(c);
    }
    isdn_call_tell(c, &(struct isdn_event){.type = ISDN_EV_CONNECT_ACK});
}

static void on_notify(struct isdn_call *c, const pri_event *e)
{
    isdn_call_tell(c,
                   &(struct isdn_event){.type = ISDN_EV_NOTIFY, .notify = (uint8_t)e->notify.info});
}

/* ---- clearing ---- */

/** DISCONNECT: with in-band tones they may be heard until somebody releases (5.3.4.1), at most
 * T306. */
static void on_disconnect(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_DISCONNECT, .channel = c->channel};

    view_into(c->span, &ev);
    if (ev.cause.value == 0)
        ev.cause.value = (uint8_t)e->hangup.cause;
    c->heard = ev.cause;
    if (c->state == CALL_RELEASING || c->state == CALL_TONES)
        return;
    c->state = CALL_HEARING;
    isdn_call_start_timer(c, ISDN_T306);
    isdn_call_tell(c, &ev);
}

/** What ended it when no message did: which timer, by the state it was in. */
static void timer_cause(const struct isdn_call *c, struct isdn_cause *out)
{
    out->local = true;
    if (c->state == CALL_SETUP && c->span->dchannel_up) {
        out->value = CAUSE_TIMER;
        out->timer = "T303";
    } else {
        out->value = CAUSE_DEAD_LINK;
        out->timer = c->state == CALL_ACTIVE ? "T309" : NULL;
    }
}

/** Why it is over: a timer, what DISCONNECT said, or what the last message says. */
static struct isdn_cause last_cause(const struct isdn_call *c, const pri_event *e, bool by_timer,
                                    bool doubtful)
{
    struct isdn_event ev = {.cause.value = 0};

    view_into(c->span, &ev);
    if (doubtful)
        ev.cause = (struct isdn_cause){c->cause, c->location, true, "T308"};
    else if (c->heard.local || (c->heard.value && ev.cause.value == 0))
        ev.cause = c->heard;
    else if (by_timer && c->state != CALL_RELEASING && c->state != CALL_TONES)
        timer_cause(c, &ev.cause);
    else if (ev.cause.value == 0)
        ev.cause.value = (uint8_t)e->hangup.cause;
    return ev.cause;
}

/** RELEASE or RELEASE COMPLETE came, or libpri gave up: `acked` calls it has freed itself. */
static void released(struct isdn_call *c, const pri_event *e, bool by_timer, bool acked)
{
    bool doubtful = by_timer && acked; /* T308 ran out twice (5.3.3) */
    struct isdn_cause cause = last_cause(c, e, by_timer, doubtful);

    if (by_timer)
        rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    if (!acked)
        pri_hangup(c->span->pri, c->q931, PRI_CAUSE_NORMAL_CLEARING);
    isdn_channel_give(c, doubtful);
    isdn_call_over(c, &cause);
}

/* ---- dispatch ---- */

typedef void call_event_fn(struct isdn_call *c, const pri_event *e);

static call_event_fn *const handlers[] = {
    [PRI_EVENT_SETUP_ACK] = on_setup_ack,     [PRI_EVENT_PROCEEDING] = on_proceeding,
    [PRI_EVENT_PROGRESS] = on_progress,       [PRI_EVENT_RINGING] = on_alerting,
    [PRI_EVENT_ANSWER] = on_connect,          [PRI_EVENT_INFO_RECEIVED] = on_information,
    [PRI_EVENT_CONNECT_ACK] = on_connect_ack, [PRI_EVENT_NOTIFY] = on_notify,
    [PRI_EVENT_HANGUP_REQ] = on_disconnect,
};

/** The call an event speaks of: each kind keeps it elsewhere. */
static q931_call *call_of(const pri_event *e)
{
    switch (e->e) {
    case PRI_EVENT_SETUP_ACK:
        return e->setup_ack.call;
    case PRI_EVENT_PROCEEDING:
    case PRI_EVENT_PROGRESS:
        return e->proceeding.call;
    case PRI_EVENT_RINGING:
        return e->ringing.call;
    case PRI_EVENT_ANSWER:
        return e->answer.call;
    case PRI_EVENT_INFO_RECEIVED:
        return e->ring.call;
    case PRI_EVENT_CONNECT_ACK:
        return e->connect_ack.call;
    case PRI_EVENT_NOTIFY:
        return e->notify.call;
    case PRI_EVENT_HANGUP:
    case PRI_EVENT_HANGUP_REQ:
    case PRI_EVENT_HANGUP_ACK:
        return e->hangup.call;
    default:
        return NULL;
    }
}

static void call_event(struct isdn_span *s, const pri_event *e, bool by_timer)
{
    q931_call *q931 = call_of(e);
    struct isdn_call *c = q931 ? isdn_call_find(s, q931) : NULL;

    if (!c) {
        rt_count(&isdn_counters[ISDN_UNEXPECTED]);
        if (e->e == PRI_EVENT_HANGUP && q931)
            pri_hangup(s->pri, q931, PRI_CAUSE_NORMAL_CLEARING);
        return;
    }
    if (e->e == PRI_EVENT_HANGUP || e->e == PRI_EVENT_HANGUP_ACK)
        released(c, e, by_timer, e->e == PRI_EVENT_HANGUP_ACK);
    else if ((size_t)e->e < RT_COUNT(handlers) && handlers[e->e])
        handlers[e->e](c, e);
}

void isdn_pri_event(struct isdn_span *s, const pri_event *e, bool by_timer)
{
    switch (e->e) {
    case PRI_EVENT_DCHAN_UP:
    case PRI_EVENT_DCHAN_DOWN:
        dchannel(s, e->e == PRI_EVENT_DCHAN_UP);
        break;
    case PRI_EVENT_RESTART:
        isdn_restart_received(s, e->restart.channel < 0 ? 0 : (unsigned)e->restart.channel & 0xff);
        break;
    case PRI_EVENT_RESTART_ACK:
        isdn_restart_acked(s, (unsigned)e->restartack.channel & 0xff);
        break;
    case PRI_EVENT_RING:
        isdn_call_arrived(s, e);
        break;
    default:
        call_event(s, e, by_timer);
        break;
    }
}

/** A call on which nothing was said yet is cleared by libpri without an event: it forgets it at
 * RELEASE COMPLETE; it answers DISCONNECT with RELEASE COMPLETE and keeps the record for ever. */
void isdn_pri_silence(struct isdn_span *s)
{
    struct isdn_event ev = {.type = ISDN_EV_RELEASED};
    struct isdn_call *c = isdn_call_by_reference(s, s->view.reference, !s->view.from_origin);

    if (!c)
        return;
    bool alive = isdn_call_alive(c);
    if (alive && (s->view.type != Q931_T_DISCONNECT || c->state != CALL_PRESENT))
        return;
    view_into(s, &ev);
    if (alive)
        pri_destroycall(s->pri, c->q931);
    isdn_call_lost(c, &ev.cause);
}

/** Nor does it always say so when calls go with the data link. */
void isdn_pri_sweep(struct isdn_span *s)
{
    struct isdn_cause cause = {.value = CAUSE_DEAD_LINK, .local = true};

    for (struct isdn_call *c = s->calls; c; c = c->next)
        if (c->state != CALL_GONE && !isdn_call_alive(c))
            isdn_call_lost(c, c->heard.value ? &c->heard : &cause);
}
