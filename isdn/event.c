/* What libpri reports, as events of calls: the state that follows and the timer it starts. */
#include "isdn/ie_channel.h"
#include "isdn/isdn_priv.h"

/* ---- the D channel ---- */

static void changed(struct isdn_group *g)
{
    for (unsigned i = 0; i < ISDN_MEMBERS; i++)
        if (g->member[i] && g->member[i]->ops.changed)
            g->member[i]->ops.changed(g->member[i]->arg, g->member[i]);
}

static void dchannel(struct isdn_link *l, bool up)
{
    struct isdn_group *g = l->group;
    bool first = up && !g->link[0]->was_up && !(g->link[1] && g->link[1]->was_up);

    if (l->up == up)
        return;
    bool again = up && l->was_up;
    l->up = up;
    l->was_up |= up;
    l->since = rt_loop_now(l->span->loop);
    if (!isdn_enough_said(l))
        rt_log(RT_LOG_ISDN, up ? RT_NOTICE : RT_WARN, "%s: D channel %s, %u calls", l->span->name,
               up ? "up" : "down", g->ncalls);
    isdn_group_supervise(l);
    isdn_restart_group(g, first);
    if (again)
        isdn_audit_link(l);
    changed(g);
}

/* ---- progress of outgoing calls ---- */

/** The channel a response names, the progress in it, the state and the timer that follow. */
static void responded(struct isdn_call *c, int channel, enum isdn_call_state state,
                      enum isdn_timer timer, struct isdn_event *ev)
{
    c->state = state;
    if (!isdn_channel_answered(c, channel))
        return;
    if (timer < ISDN_NTIMERS)
        isdn_call_start_timer(c, timer);
    else
        isdn_call_stop_timer(c);
    ev->channel = c->channel;
    isdn_call_tell(c, ev);
}

static void on_setup_ack(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_SETUP_ACK};

    isdn_hear_event(&ev, c->link);
    responded(c, e->setup_ack.channel, CALL_OVERLAP_OUT, ISDN_T304, &ev);
}

static void on_proceeding(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_PROCEEDING};

    isdn_hear_event(&ev, c->link);
    responded(c, e->proceeding.channel, CALL_OUTGOING, ISDN_T310, &ev);
}

/** PROGRESS changes no state and ends every timer: the call is somewhere that has its own (5.1.6).
 */
static void on_progress(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_PROGRESS};

    isdn_hear_event(&ev, c->link);
    responded(c, e->proceeding.channel, c->state == CALL_SETUP ? CALL_OUTGOING : c->state,
              ISDN_NTIMERS, &ev);
}

/** The connected number and name come as a subcommand, also by Facility. */
static void connected_into(struct isdn_event *ev, const struct pri_subcommands *subs)
{
    for (int i = 0; subs && i < subs->counter_subcmd; i++)
        if (subs->subcmd[i].cmd == PRI_SUBCMD_CONNECTED_LINE)
            isdn_identity_into(ev, &subs->subcmd[i].u.connected_line.id);
}

static void on_alerting(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_ALERTING};

    connected_into(&ev, e->ringing.subcmds);
    isdn_hear_event(&ev, c->link);
    responded(c, e->ringing.channel, CALL_OUTGOING, ISDN_T301, &ev);
}

static void on_connect(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_CONNECT};
    int channel = e->answer.channel;

    connected_into(&ev, e->answer.subcmds);
    isdn_hear_event(&ev, c->link);
    pri_connect_ack(c->link->pri, c->q931, 0);
    responded(c, channel, CALL_ACTIVE, ISDN_NTIMERS, &ev);
}

/* ---- incoming calls, and active ones ---- */

/** Digits by Called number, by keypad, or both: libpri tells of one. Keypad is the user's own word
 * at any time, and dials while digits are wanted. */
static void on_information(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_INFORMATION}, keys = {.type = ISDN_EV_KEYPAD};
    bool wanted = c->state == CALL_OVERLAP_IN, complete = c->link->viewed && c->link->view.complete;

    (void)e;
    if (wanted)
        isdn_call_start_timer(c, ISDN_T302);
    if (isdn_hear_keypad(keys.digits, c->link))
        isdn_call_tell(c, &keys);
    if (wanted && isdn_hear_called(ev.digits, c->link) && ev.digits[0])
        isdn_call_tell(c, &ev);
    if (wanted && complete && c->state == CALL_OVERLAP_IN) {
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
    isdn_identity_flush(c);
    isdn_call_tell(c, &(struct isdn_event){.type = ISDN_EV_CONNECT_ACK});
}

/* ---- clearing ---- */

/** DISCONNECT: with in-band tones they may be heard until somebody releases (5.3.4.1), at most
 * T306. */
static void on_disconnect(struct isdn_call *c, const pri_event *e)
{
    struct isdn_event ev = {.type = ISDN_EV_DISCONNECT, .channel = c->channel};

    isdn_hear_event(&ev, c->link);
    if (ev.cause.value == 0)
        ev.cause.value = (uint8_t)e->hangup.cause;
    c->heard = ev.cause;
    if (c->state == CALL_RELEASING || c->state == CALL_TONES)
        return;
    c->state = CALL_HEARING;
    isdn_call_start_timer(c, ISDN_T306);
    isdn_call_tell(c, &ev);
}

/** What ended it when no message did: which timer, by the state it was in. On a bus libpri waits
 * for every terminal, and has the gravest of their causes then. */
static void timer_cause(const struct isdn_call *c, int libpri, struct isdn_cause *out)
{
    bool asking = c->state >= CALL_SETUP && c->state <= CALL_OUTGOING;

    out->local = true;
    if (asking && c->span->cfg.multipoint && libpri > 0) {
        out->value = (uint8_t)libpri;
        return;
    }
    if (c->state == CALL_SETUP && c->link->up) {
        out->value = PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE;
        out->timer = "T303";
    } else {
        out->value = PRI_CAUSE_DESTINATION_OUT_OF_ORDER;
        out->timer = c->state == CALL_ACTIVE ? "T309" : NULL;
    }
}

/** Why it is over: a timer, what DISCONNECT said, or what the last message says (`c->last`). */
static struct isdn_cause last_cause(const struct isdn_call *c, const pri_event *e, bool by_timer,
                                    bool doubtful)
{
    struct isdn_cause cause = c->last.cause;

    if (doubtful)
        cause = (struct isdn_cause){c->cause, c->location, true, "T308"};
    else if (c->heard.local || (c->heard.value && cause.value == 0))
        cause = c->heard;
    else if (by_timer && c->state != CALL_RELEASING && c->state != CALL_TONES)
        timer_cause(c, e->hangup.cause, &cause);
    else if (cause.value == 0)
        cause.value = (uint8_t)e->hangup.cause;
    return cause;
}

/** Nothing answered SETUP: libpri forgets the call without a word, and a far end that was late
 * would keep it (5.2.5.3; table 9-2, T303: RELEASE COMPLETE). */
static void say_given_up(struct isdn_call *c, const struct isdn_cause *cause)
{
    if (!cause->timer || strcmp(cause->timer, "T303") != 0)
        return;
    c->cause = cause->value;
    c->location = 0; /* user */
    isdn_call_say_clearing(c, Q931_T_RELEASE_COMPLETE);
}

/** RELEASE or RELEASE COMPLETE came, or libpri gave up: `acked` calls it has freed itself. */
static void released(struct isdn_call *c, const pri_event *e, bool by_timer, bool acked)
{
    bool doubtful = by_timer && acked; /* T308 ran out twice (5.3.3) */

    isdn_hear_event(&c->last, c->link);
    struct isdn_cause cause = last_cause(c, e, by_timer, doubtful);
    if (by_timer)
        rt_count(&isdn_counters[ISDN_TIMER_EXPIRIES]);
    isdn_audit_ended(c);
    if (!acked)
        say_given_up(c, &cause);
    if (!acked)
        pri_hangup(c->link->pri, c->q931, PRI_CAUSE_NORMAL_CLEARING);
    isdn_channel_give(c, doubtful);
    isdn_call_over(c, &cause);
}

/* ---- dispatch ---- */

/* Where libpri keeps the call of each kind of event, and the subcommands with it. */
#define KEPT(kind) offsetof(pri_event, kind.call), offsetof(pri_event, kind.subcmds)

static const struct row {
    size_t call, subcommands;
    void (*act)(struct isdn_call *c, const pri_event *e); /**< NULL: the subcommands are all */
} rows[] = {
    [PRI_EVENT_SETUP_ACK] = {KEPT(setup_ack), on_setup_ack},
    [PRI_EVENT_PROCEEDING] = {KEPT(proceeding), on_proceeding},
    [PRI_EVENT_PROGRESS] = {KEPT(proceeding), on_progress},
    [PRI_EVENT_RINGING] = {KEPT(ringing), on_alerting},
    [PRI_EVENT_ANSWER] = {KEPT(answer), on_connect},
    [PRI_EVENT_INFO_RECEIVED] = {KEPT(ring), on_information},
    [PRI_EVENT_KEYPAD_DIGIT] = {KEPT(digit), on_information},
    [PRI_EVENT_CONNECT_ACK] = {KEPT(connect_ack), on_connect_ack},
    [PRI_EVENT_FACILITY] = {KEPT(facility), NULL},
    [PRI_EVENT_NOTIFY] = {KEPT(notify), NULL}, /* isdn_identity_notified() */
    [PRI_EVENT_HOLD] = {KEPT(hold), isdn_hold_received},
    [PRI_EVENT_HOLD_ACK] = {KEPT(hold_ack), isdn_hold_acked},
    [PRI_EVENT_HOLD_REJ] = {KEPT(hold_rej), isdn_hold_refused},
    [PRI_EVENT_RETRIEVE] = {KEPT(retrieve), isdn_retrieve_received},
    [PRI_EVENT_RETRIEVE_ACK] = {KEPT(retrieve_ack), isdn_retrieve_acked},
    [PRI_EVENT_RETRIEVE_REJ] = {KEPT(retrieve_rej), isdn_retrieve_refused},
    [PRI_EVENT_HANGUP_REQ] = {KEPT(hangup), on_disconnect},
    [PRI_EVENT_HANGUP] = {KEPT(hangup), NULL}, /* released() */
    [PRI_EVENT_HANGUP_ACK] = {KEPT(hangup), NULL},
};

static void *kept(const pri_event *e, size_t offset)
{
    void *p;

    memcpy(&p, (const char *)e + offset, sizeof p);
    return p;
}

/** On a bus: a terminal that did not get the call has not answered RELEASE. libpri gives that up
 * and says it of the call, which goes on. */
static bool of_one_terminal(const struct isdn_call *c, const pri_event *e)
{
    return e->e == PRI_EVENT_HANGUP_ACK && c->state < CALL_TONES && isdn_call_alive(c);
}

static void call_event(struct isdn_link *l, const pri_event *e, bool by_timer)
{
    const struct row *row = (size_t)e->e < RT_COUNT(rows) ? &rows[e->e] : NULL;
    q931_call *q931 = row && row->call ? kept(e, row->call) : NULL;
    struct isdn_call *c = q931 ? isdn_call_find(l, q931) : NULL;

    if (!c) {
        rt_count(&isdn_counters[ISDN_UNEXPECTED]);
        if (e->e == PRI_EVENT_HANGUP && q931)
            pri_hangup(l->pri, q931, PRI_CAUSE_NORMAL_CLEARING);
        return;
    }
    if (of_one_terminal(c, e))
        return;
    isdn_subcommands(c, e, kept(e, row->subcommands));
    if (e->e == PRI_EVENT_HANGUP || e->e == PRI_EVENT_HANGUP_ACK)
        released(c, e, by_timer, e->e == PRI_EVENT_HANGUP_ACK);
    else if (row->act)
        row->act(c, e);
}

/** A RESTART without a channel: of the interface that it names, or of all (4.5.25). libpri leaves
 * both out. */
static void restarted_whole(struct isdn_link *l)
{
    struct isdn_ie_channel channel = {.interface_len = 0};
    enum isdn_ie_restart class = ISDN_RESTART_ALL;
    struct isdn_ie ie;

    if (!l->frame || !q931_find(&ie, l->frame->octets, l->frame->len, ISDN_IE_RESTART, 0) ||
        isdn_ie_read_restart(&class, &ie) != 0 || class != ISDN_RESTART_INTERFACE) {
        isdn_restart_received(l, NULL, 0);
        return;
    }
    if (q931_find(&ie, l->frame->octets, l->frame->len, ISDN_IE_CHANNEL, 0) &&
        isdn_ie_read_channel(&channel, &ie) != 0)
        channel.interface_len = 0;
    struct isdn_span *s = isdn_channel_interface(l, &channel);
    if (s)
        isdn_restart_received(l, s, 0);
}

/** `code` as libpri gives it: a channel, an interface (channel 0, or none named), or less than
 * that. What is not there has nothing to restart. */
static void restarted(struct isdn_link *l, int code)
{
    unsigned t;
    struct isdn_span *s = isdn_channel_span(l, code, &t);

    if (code < 0)
        restarted_whole(l);
    else if (s && t == ISDN_UNNAMED)
        isdn_restart_received(l, s, 0);
    else if (s && t < ISDN_TIMESLOTS)
        isdn_restart_received(l, s, t);
    else
        rt_count(&isdn_counters[ISDN_UNEXPECTED]);
}

static void restart_acked(struct isdn_link *l, int code)
{
    unsigned t;
    struct isdn_span *s = isdn_channel_span(l, code, &t);

    if (s)
        isdn_restart_acked(s, t);
}

void isdn_pri_event(struct isdn_link *l, const pri_event *e, bool by_timer)
{
    switch (e->e) {
    case PRI_EVENT_DCHAN_UP:
    case PRI_EVENT_DCHAN_DOWN:
        if (!isdn_maint_interface(l, e->e == PRI_EVENT_DCHAN_UP))
            dchannel(l, e->e == PRI_EVENT_DCHAN_UP);
        break;
    case PRI_EVENT_SERVICE:
        isdn_maint_received(l, e->service.channel, e->service.changestatus);
        break;
    case PRI_EVENT_SERVICE_ACK:
        isdn_maint_acked(l, e->service_ack.channel);
        break;
    case PRI_EVENT_RESTART:
        restarted(l, e->restart.channel);
        break;
    case PRI_EVENT_RESTART_ACK:
        restart_acked(l, e->restartack.channel);
        break;
    case PRI_EVENT_RING:
        isdn_call_arrived(l, e);
        break;
    default:
        call_event(l, e, by_timer);
        break;
    }
}

/** A call on which nothing was said yet is cleared by libpri without an event: it forgets it at
 * RELEASE COMPLETE; it answers DISCONNECT with RELEASE COMPLETE and keeps the record for ever. */
void isdn_pri_silence(struct isdn_link *l)
{
    struct isdn_event ev = {.type = ISDN_EV_RELEASED};
    struct isdn_call *c = isdn_call_of(l, &l->view, false);

    if (!c)
        return;
    bool alive = isdn_call_alive(c);
    if (alive && (l->view.type != Q931_T_DISCONNECT || c->state != CALL_PRESENT))
        return;
    isdn_hear_event(&ev, l);
    if (alive)
        pri_destroycall(l->pri, c->q931);
    c->last.uui = ev.uui;
    isdn_call_lost(c, &ev.cause);
}

/** Nor does it always say so when calls go with the data link. */
void isdn_pri_sweep(struct isdn_link *l)
{
    struct isdn_cause cause = {.value = PRI_CAUSE_DESTINATION_OUT_OF_ORDER, .local = true};

    for (struct isdn_call *c = l->group->calls; c; c = c->next)
        if (c->link == l && c->state != CALL_GONE && !isdn_call_alive(c))
            isdn_call_lost(c, c->heard.value ? &c->heard : &cause);
}
