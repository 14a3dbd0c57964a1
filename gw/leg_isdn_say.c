/* What the other side says, in Q.931's words (RFC 4497 8; RFC 3398 7.2 and 8.2 with Q.931's
 * messages). */
#include "gw/leg_isdn_priv.h"

static uint8_t inband_pi(struct leg_isdn *l, const struct gw_event *ev)
{
    if (!ev->inband)
        return 0;
    l->told_inband = true;
    return ISDN_PI_INBAND;
}

static void say_setup_ack(struct leg_isdn *l, const struct gw_event *ev)
{
    l->asked = true;
    leg_isdn_with(l, ev);
    isdn_call_setup_ack(l->call, ev->inband ? ISDN_PI_INBAND : 0); /* dial tone */
}

static void say_proceeding(struct leg_isdn *l, const struct gw_event *ev)
{
    l->asked = false;
    leg_isdn_with(l, ev);
    isdn_call_proceeding(l->call, inband_pi(l, ev));
}

/** PROGRESS with indicator 8 when there is something to hear, before that once with indicator 1:
 * the exchange's T310 must not end a call that goes on (RFC 4497 8.2.1.3). What adds nothing is not
 * sent: Q.931 3.1.8 makes the indicator mandatory. */
static void say_progress(struct leg_isdn *l, const struct gw_event *ev)
{
    uint16_t news = leg_isdn_news(l, ev);
    bool inband = ev->inband && !l->told_inband;

    if (ev->diverted)
        isdn_call_notify(l->call, ISDN_NOTICE_DIVERTING);
    if (!inband && !news && (l->told_inband || l->told_progress || l->alerted))
        return;
    l->told_progress = true;
    leg_isdn_with(l, ev);
    isdn_call_progress(l->call,
                       inband ? inband_pi(l, ev)
                       : news ? (uint8_t)__builtin_ctz(news)
                              : ISDN_PI_NOT_END_TO_END,
                       ev->cause.q850);
}

/** ALERTING is sent once; what comes later can only be PROGRESS (Q.931 5.2.4). */
static void say_alerting(struct leg_isdn *l, const struct gw_event *ev)
{
    if (l->alerted) {
        say_progress(l, ev);
        return;
    }
    l->alerted = true;
    l->asked = false;
    leg_isdn_with(l, ev);
    leg_isdn_say_identity(l, ev); /* QSIG has the called name there */
    isdn_call_alerting(l->call, inband_pi(l, ev));
}

static void say_connect(struct leg_isdn *l, const struct gw_event *ev)
{
    struct gw_event with = *ev;

    if (l->leg.trunk->origin_not_isdn && leg_isdn_partner_is_sip(&l->leg))
        with.indicators |= 1u << ISDN_PI_TARGET_NOT_ISDN;
    leg_isdn_say_identity(l, ev);
    leg_isdn_with(l, &with);
    leg_isdn_connected_sub(l, ev);
    l->asked = false;
    isdn_call_connect(l->call, NULL);
}

static void say_information(struct leg_isdn *l, const struct gw_event *ev)
{
    isdn_call_information(l->call, ev->digits, false);
}

static void say_complete(struct leg_isdn *l, const struct gw_event *ev)
{
    isdn_call_information(l->call, ev->digits, true);
}

/** Digits are tones on the B channel: exchanges take keypad information for dialling. */
static void say_dtmf(struct leg_isdn *l, const struct gw_event *ev)
{
    if (!ev->inband && l->leg.port)
        media_digit(l->leg.port, ev->digits[0], ev->ms ? ev->ms : GW_DTMF_MS);
}

static void say_hold(struct leg_isdn *l, const struct gw_event *ev)
{
    (void)ev;
    leg_isdn_say_hold(l, true);
}

static void say_retrieve(struct leg_isdn *l, const struct gw_event *ev)
{
    (void)ev;
    leg_isdn_say_hold(l, false);
}

static void say_release(struct leg_isdn *l, const struct gw_event *ev)
{
    leg_isdn_close_port(l);
    if (l->call) {
        leg_isdn_with(l, ev);
        isdn_call_release(l->call, ev->cause.q850, ev->cause.location);
    } else {
        rt_defer_start(&l->reaper);
    }
}

typedef void say_fn(struct leg_isdn *l, const struct gw_event *ev);

static say_fn *const sayings[GW_EV_TYPES] = {
    [GW_EV_SETUP_ACK] = say_setup_ack,
    [GW_EV_INFORMATION] = say_information,
    [GW_EV_COMPLETE] = say_complete,
    [GW_EV_PROCEEDING] = say_proceeding,
    [GW_EV_PROGRESS] = say_progress,
    [GW_EV_ALERTING] = say_alerting,
    [GW_EV_CONNECT] = say_connect,
    [GW_EV_HOLD] = say_hold,
    [GW_EV_RETRIEVE] = say_retrieve,
    [GW_EV_IDENTITY] = leg_isdn_say_identity,
    [GW_EV_DTMF] = say_dtmf,
    [GW_EV_AOC] = leg_isdn_say_aoc,
    [GW_EV_MCID] = leg_isdn_say_mcid,
    [GW_EV_DEFLECT] = leg_isdn_say_deflect,
    [GW_EV_TRANSFER] = leg_isdn_say_transfer,
    [GW_EV_DISCONNECT] = say_release,
    [GW_EV_RELEASE] = say_release,
};

void leg_isdn_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    struct leg_isdn *l = isdn_of(leg);

    if (sayings[ev->type] && (l->call || ev->type == GW_EV_RELEASE))
        sayings[ev->type](l, ev);
}
