/* What a span reports, as neutral events of legs: calls that arrive, and what happens to calls. */
#include "gw/leg_isdn_priv.h"
#include "gw/trace.h"
#include "gw/transfer.h"
#include "gw/upkeep.h"

#include <errno.h>
#include <stdio.h>

static void cause_in(struct gw_cause *out, const struct isdn_cause *c)
{
    *out = (struct gw_cause){.q850 = c->value, .location = c->location};
    if (!c->local)
        return;
    out->by = GW_BY_GATEWAY;
    if (c->timer)
        snprintf(out->text, sizeof out->text, "%s expired", c->timer);
}

/** The new number of cause 22, in the form that everybody can call. */
static void new_number_in(struct gw_cause *out, const struct isdn_number *in,
                          const struct gw_trunk *trunk)
{
    char text[DP_TEXT_LEN];
    struct dp_number n;

    if (in->digits[0] == '\0')
        return;
    leg_isdn_number_in(&n, in);
    dp_normalise_calling(&n, trunk->site);
    rt_str_copy(out->diagnostic, sizeof out->diagnostic, rt_str(dp_text(text, &n)));
}

static void refuse(struct isdn_call *call, uint8_t q850)
{
    isdn_call_release(call, q850, GW_LOC_PUBLIC_LOCAL);
}

/** Such calls are refused by nothing that could be otherwise. */
static bool is_emergency(const struct gw *gw, const struct gw_trunk *trunk,
                         const struct isdn_setup *s)
{
    struct dp_number called;

    leg_isdn_number_in(&called, &s->called);
    return gw_route_emergency(gw->plan, trunk, &called) != NULL;
}

/** What an emergency call that arrives could use. */
struct wish {
    const struct gw *gw;
    const struct gw_span *span;
    const struct isdn_setup *setup;
};

/** It has a channel that the call would take, of a trunk where its number is an emergency number.
 */
static bool fits(const struct gw_leg *leg, const void *arg)
{
    const struct wish *w = arg;
    const struct isdn_call *call = leg_isdn_call(leg);
    unsigned channel = call ? isdn_call_channel(call) : 0;

    return channel != 0 && isdn_call_span(call) == w->span->isdn &&
           (w->setup->channel == 0 || w->setup->channel == channel) &&
           is_emergency(w->gw, leg->trunk, w->setup);
}

static unsigned on_crowded(void *arg, const struct isdn_setup *s)
{
    const struct gw_span *span = arg;
    const struct wish wish = {span->gw, span, s};
    struct gw_leg *leg =
        gw_call_expendable(span->gw, span->gw->plan->dial.emergency.preempt, fits, &wish);
    char name[24];

    if (!leg)
        return 0;
    unsigned channel = isdn_call_channel(leg_isdn_call(leg));
    snprintf(name, sizeof name, "a call of span %u", isdn_span_id(span->isdn));
    gw_call_preempt(leg, name);
    return channel;
}

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *s)
{
    struct gw_span *span = arg;
    struct gw *gw = span->gw;
    const struct gw_trunk *trunk =
        gw_plan_channel(gw->plan, isdn_span_id(span->isdn), isdn_call_channel(call));
    struct gw_setup setup = {.complete = s->complete, .progress = s->progress};

    if (!trunk) {
        rt_log(RT_LOG_CALL, RT_NOTICE,
               "span %u: a call on channel %u, which is no trunk's: refused",
               isdn_span_id(span->isdn), isdn_call_channel(call));
        refuse(call, 3); /* no route */
        return;
    }
    if (gw_busied_out(span) && !is_emergency(gw, trunk, s)) {
        rt_count(&gw_upkeep_counters[GW_UPKEEP_REFUSED]);
        refuse(call, 38); /* network out of order */
        return;
    }
    if (s->adapted) {
        refuse(call, 65); /* bearer capability not implemented */
        return;
    }
    struct leg_isdn *l = leg_isdn_new(gw, span, trunk);
    if (!l) {
        refuse(call, 41);
        return;
    }
    leg_isdn_carried_in(&setup, s, trunk);
    leg_isdn_bearer_in(&setup, s);
    gw_carrier_came(&setup.carrier, trunk);
    setup.complete = s->complete || !trunk->overlap;
    snprintf(setup.opening, sizeof setup.opening, "SETUP %s", setup.called.digits);
    l->call = call;
    isdn_call_own(call, l);
    isdn_call_advises(call, trunk->session.aoc);
    int err = gw_call_new(gw, &l->leg, &setup);
    if (err != 0)
        refuse(call, err == EBUSY ? 42 : 41); /* RELEASED comes and reaps the leg */
}

/** Keypad information dials while digits are wanted; later they are digits for the far end. */
static void on_keypad(struct leg_isdn *l, const char *digits)
{
    struct gw_event ev = {.type = GW_EV_INFORMATION};

    if (l->asked) {
        rt_str_copy(ev.digits, sizeof ev.digits, rt_str(digits));
        gw_call_event(&l->leg, &ev);
        return;
    }
    ev = (struct gw_event){.type = GW_EV_DTMF, .ms = GW_DTMF_MS};
    for (; *digits && !l->leg.done; digits++) {
        ev.digits[0] = *digits;
        if (strchr("0123456789*#ABCD", *digits))
            gw_call_event(&l->leg, &ev);
    }
}

static void on_released(struct leg_isdn *l, const struct gw_event *ev)
{
    if (isdn_call_channel(l->call) != 0)
        l->channel = isdn_call_channel(l->call);
    l->call = NULL;
    leg_isdn_close_port(l);
    gw_call_event(&l->leg, ev);
    rt_defer_start(&l->reaper);
}

/** The far end clears. With tones (indicator 8 and no other) it is heard out; without, the release
 * is answered at once (Q.931 5.3.3, 5.4.1). */
static void on_disconnect(struct leg_isdn *l, const struct gw_event *ev, bool tones)
{
    struct gw_event out = *ev;

    if (!tones) {
        out.type = GW_EV_RELEASE;
        isdn_call_release(l->call, ev->cause.q850, GW_LOC_PUBLIC_LOCAL);
    }
    gw_call_event(&l->leg, &out);
}

/** The same event in neutral words. False: it has none, as CONNECT ACK, which the other side need
 * not know. */
static bool neutral(struct gw_event *out, const struct isdn_event *in)
{
    static const struct {
        bool known;
        enum gw_event_type type;
    } types[] = {
        [ISDN_EV_SETUP_ACK] = {true, GW_EV_SETUP_ACK},
        [ISDN_EV_INFORMATION] = {true, GW_EV_INFORMATION},
        [ISDN_EV_COMPLETE] = {true, GW_EV_COMPLETE},
        [ISDN_EV_PROCEEDING] = {true, GW_EV_PROCEEDING},
        [ISDN_EV_ALERTING] = {true, GW_EV_ALERTING},
        [ISDN_EV_PROGRESS] = {true, GW_EV_PROGRESS},
        [ISDN_EV_CONNECT] = {true, GW_EV_CONNECT},
        [ISDN_EV_DISCONNECT] = {true, GW_EV_DISCONNECT},
        [ISDN_EV_RELEASED] = {true, GW_EV_RELEASE},
    };

    if ((size_t)in->type >= RT_COUNT(types) || !types[in->type].known)
        return false;
    *out = (struct gw_event){.type = types[in->type].type, .indicators = in->indicators};
    rt_str_copy(out->digits, sizeof out->digits, rt_str(in->digits));
    cause_in(&out->cause, &in->cause);
    leg_isdn_number_in(&out->connected, &in->connected);
    leg_isdn_name_in(out->name, in->name);
    leg_isdn_sub_in(&out->connected_sub, &in->connected_sub);
    leg_isdn_uui_in(&out->uui, &in->uui);
    return true;
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *in)
{
    struct leg_isdn *l = call_arg;
    struct gw_event ev;

    (void)arg;
    if (!l || leg_isdn_heard(l, in) || leg_isdn_service_heard(l, in))
        return; /* no leg: refused before it had one */
    if (in->type == ISDN_EV_KEYPAD) {
        on_keypad(l, in->digits);
        return;
    }
    if (!neutral(&ev, in))
        return;
    ev.inband = in->indicators & l->leg.trunk->inband;
    new_number_in(&ev.cause, &in->changed, l->leg.trunk);
    if (in->type == ISDN_EV_DISCONNECT && isdn_call_joined(call)) {
        ev.cause.by = GW_BY_TRANSFER;
        rt_count(&gw_transfer_counters[GW_TRANSFER_JOINED]);
    }
    if (in->type == ISDN_EV_RELEASED)
        on_released(l, &ev);
    else if (in->type == ISDN_EV_DISCONNECT)
        on_disconnect(l, &ev, in->progress == ISDN_PI_INBAND);
    else
        gw_call_event(&l->leg, &ev);
}

/** The trace, and the ladder's line. An incoming SETUP is traced before the call has an owner: its
 * line is the setup's `opening`. */
static void on_trace(void *arg, struct isdn_call *call, bool sent, const char *name,
                     const uint8_t *frame, size_t len)
{
    const struct gw_span *span = arg;
    struct leg_isdn *l = call ? isdn_call_owner(call) : NULL;

    gw_trace_lapd(span->gw->trace, span, l ? &l->leg : NULL, sent, name != NULL,
                  (struct rt_str){(const char *)frame, len});
    if (l && name)
        gw_call_note(&l->leg, sent, "%s", name);
}

const struct isdn_span_ops gw_leg_isdn_span_ops = {
    .setup = on_setup,
    .crowded = on_crowded,
    .event = on_event,
    .trace = on_trace,
};
