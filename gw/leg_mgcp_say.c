/* What the other side of a call says, for a line: tones, modes, caller's hold, and the end. */
#include "gw/leg_mgcp_priv.h"

static void say_setup_ack(struct leg_mgcp *l, const struct gw_event *ev)
{
    (void)ev;
    leg_mgcp_await_digit(l);
}

/** The user hears that it rings there: his gateway plays it, unless there is something to hear. */
static void say_alerting(struct leg_mgcp *l, const struct gw_event *ev)
{
    l->rings = !ev->inband;
    rt_timer_stop(&l->patience);
    leg_mgcp_line_changed(l->line);
}

static void say_progress(struct leg_mgcp *l, const struct gw_event *ev)
{
    rt_timer_stop(&l->patience);
    if (!ev->inband || !l->rings)
        return;
    l->rings = false;
    leg_mgcp_line_changed(l->line);
}

static void say_connect(struct leg_mgcp *l, const struct gw_event *ev)
{
    (void)ev;
    l->answered = true;
    l->rings = false;
    rt_timer_stop(&l->patience);
    leg_mgcp_circuit_answered(l);
    leg_mgcp_line_changed(l->line);
}

static void say_hold(struct leg_mgcp *l, const struct gw_event *ev)
{
    l->far_holds = ev->type == GW_EV_HOLD;
}

/** Direct media: the other side offers anew, or wants to be offered. */
static void say_offer(struct leg_mgcp *l, const struct gw_event *ev)
{
    if (ev->sdp.n == 0)
        l->wants_offer = true;
    else
        l->owes_answer = true;
}

static void say_answer(struct leg_mgcp *l, const struct gw_event *ev)
{
    (void)l;
    (void)ev; /* a refusal leaves all as it was */
}

static void say_release(struct leg_mgcp *l, const struct gw_event *ev)
{
    leg_mgcp_line_left(l->line, l, ev->cause.q850 ? ev->cause.q850 : 16);
    leg_mgcp_leave(l);
}

static void say_digit(struct leg_mgcp *l, const struct gw_event *ev)
{
    if (!ev->inband && l->leg.port)
        media_digit(l->leg.port, ev->digits[0], ev->ms ? ev->ms : GW_DTMF_MS);
}

void leg_mgcp_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    static void (*const say[GW_EV_TYPES])(struct leg_mgcp *, const struct gw_event *) = {
        [GW_EV_SETUP_ACK] = say_setup_ack, [GW_EV_ALERTING] = say_alerting,
        [GW_EV_PROGRESS] = say_progress,   [GW_EV_CONNECT] = say_connect,
        [GW_EV_HOLD] = say_hold,           [GW_EV_RETRIEVE] = say_hold,
        [GW_EV_MEDIA_OFFER] = say_offer,   [GW_EV_MEDIA_ANSWER] = say_answer,
        [GW_EV_DTMF] = say_digit,          [GW_EV_RELEASE] = say_release,
    };
    struct leg_mgcp *l = leg_mgcp_of(leg);

    if (!say[ev->type] || !l->line)
        return;
    if (leg_mgcp_direct(l) && ev->sdp.n > 0 && ev->status == 0)
        leg_mgcp_describe_far(l, ev->sdp);
    say[ev->type](l, ev);
    if (l->listed)
        leg_mgcp_sync(l);
}
