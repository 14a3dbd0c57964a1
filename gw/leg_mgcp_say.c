/* What the other side of a call says, for a line: tones, modes, caller's hold, and the end. */
#include "gw/leg_mgcp_priv.h"

static void say_setup_ack(struct leg_mgcp *l, const struct gw_event *ev)
{
    (void)ev;
    leg_mgcp_await_digit(l);
}

static void say_proceeding(struct leg_mgcp *l, const struct gw_event *ev)
{
    (void)ev;
    leg_mgcp_enough_digits(l);
}

/** The user hears that it rings there: his gateway plays it, unless there is something to hear. */
static void say_alerting(struct leg_mgcp *l, const struct gw_event *ev)
{
    l->rings = !ev->inband;
    leg_mgcp_enough_digits(l);
    leg_mgcp_line_changed(l->line);
}

static void say_progress(struct leg_mgcp *l, const struct gw_event *ev)
{
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
    leg_mgcp_enough_digits(l);
    leg_mgcp_circuit_answered(l);
    leg_mgcp_line_changed(l->line);
}

/** Direct media: the other side offers anew, or wants to be offered. */
static void say_offer(struct leg_mgcp *l, const struct gw_event *ev)
{
    if (ev->sdp.n == 0)
        l->wants_offer = true;
    else
        l->owes_answer = true;
}

/** The user may have changed his mind meanwhile. */
static void say_answer(struct leg_mgcp *l, const struct gw_event *ev)
{
    (void)ev;
    l->offering = false;
    leg_mgcp_offer_hold(l);
}

/** One that came to no line has nothing to leave but the call. */
static void say_release(struct leg_mgcp *l, const struct gw_event *ev)
{
    if (l->line)
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
        [GW_EV_SETUP_ACK] = say_setup_ack, [GW_EV_PROCEEDING] = say_proceeding,
        [GW_EV_ALERTING] = say_alerting,   [GW_EV_PROGRESS] = say_progress,
        [GW_EV_CONNECT] = say_connect,     [GW_EV_MEDIA_OFFER] = say_offer,
        [GW_EV_MEDIA_ANSWER] = say_answer, [GW_EV_DTMF] = say_digit,
        [GW_EV_RELEASE] = say_release,
    };
    struct leg_mgcp *l = leg_mgcp_of(leg);

    if (!l->line && ev->type != GW_EV_RELEASE)
        return;
    if (leg_mgcp_direct(l) && ev->sdp.n > 0 && ev->status == 0) /* a refusal changes nothing */
        leg_mgcp_describe_far(l, ev->sdp);
    if (say[ev->type])
        say[ev->type](l, ev);
    if (l->listed)
        leg_mgcp_sync(l);
}
