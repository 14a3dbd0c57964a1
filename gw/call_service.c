/* Supplementary services of a call: callers identified as malicious, called users that send a call
 * on, and networks that are asked to do so or to join what we have joined.
 */
#include "gw/call_counters.h"
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/hits.h"
#include "gw/transfer.h"

/** Diversions after which a call is a loop (EN 300 207-1 9.2.1). */
#define DIVERSIONS_MAX 5

/* ---- malicious calls ---- */

static void malicious(struct gw_call *call)
{
    call->cdr.malicious = true;
    rt_count(&gw_call_counters[GW_CALL_MALICIOUS]);
    rt_log(RT_LOG_CALL, RT_NOTICE, "%s: the called side has its caller %s identified as malicious",
           call->name, call->cdr.caller);
}

void gw_call_mcid_from_b(void *obj, const void *arg)
{
    struct gw_call *call = obj;

    malicious(call);
    gw_call_tell(call->a, arg);
}

void gw_call_identify(struct gw_call *call)
{
    malicious(call);
    gw_call_tell(call->a, &(struct gw_event){.type = GW_EV_MCID});
}

/* ---- sent on ---- */

/** Who was called until now has diverted it. */
static void divert_setup(struct gw_setup *s, const struct gw_decision *was,
                         const struct dp_number *to, enum gw_redirect reason)
{
    if (s->redirecting.digits[0] && s->original.digits[0] == '\0') {
        s->original = s->redirecting;
        s->original_reason = s->redirect_reason;
    }
    s->redirecting = was->called;
    s->redirect_reason = reason;
    s->redirections++;
    s->calling = was->calling;
    s->called = *to;
    s->complete = true;
    s->target = (struct rt_str){"", 0};
}

/** The plan routes the number as if who diverted had called it; `out` is that. */
static bool route(struct gw_decision *out, const struct gw_call *call, const struct dp_number *to)
{
    const struct gw_dialling *dial = call->dial;
    struct gw_route_query q = {.gw = call->gw,
                               .call = true,
                               .carrier = &dial->setup.carrier,
                               .redirections = dial->setup.redirections + 1,
                               .reason = GW_REDIRECT_DEFLECTION,
                               .from = dial->decision.hop[dial->hop].trunk,
                               .called = *to,
                               .calling = dial->decision.calling,
                               .bearer = dial->setup.bearer,
                               .either = dial->setup.either};

    if (dial->setup.redirections >= DIVERSIONS_MAX || to->digits[0] == '\0')
        return false;
    gw_route(out, call->plan, &q, NULL);
    return out->nhops > 0;
}

/** Who diverted pays for it as for a call of his own. False: he has no more. */
static bool diverts(struct gw_call *call, const struct gw_decision *d)
{
    const struct gw_dialling *dial = call->dial;

    return gw_call_diverts(call, dial->decision.hop[dial->hop].trunk, d);
}

/** Calls there instead; the attempt before it is over. */
static void go(struct gw_call *call, const struct gw_decision *d, const struct dp_number *to,
               enum gw_redirect reason)
{
    struct gw_cause cause = {.q850 = 31, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY};

    rt_count(&gw_call_counters[GW_CALL_DIVERTED]);
    divert_setup(&call->dial->setup, &call->dial->decision, to, reason);
    gw_call_unresolve(call->dial);
    call->dial->decision = *d;
    gw_hits_note(call->gw, d);
    call->dial->hop = 0;
    call->dial->channel_retries = 0;
    call->dial->open = false;
    dp_text(call->cdr.called, &d->called);
    dp_text(call->cdr.redirecting, &call->dial->setup.redirecting);
    gw_record_route(call);
    gw_call_emergency(call);
    rt_fsm_goto(&call->fsm, GW_CALL_TRYING);
    gw_call_tell(call->a, &(struct gw_event){.type = GW_EV_PROGRESS, .diverted = true});
    gw_call_try(call, &cause);
}

static void tell_accepted(struct gw_call *call, const struct gw_event *ev)
{
    struct gw_event yes = *ev;

    yes.status = 200;
    gw_call_tell(call->b, &yes);
}

static bool follow(struct gw_call *call, const struct gw_event *ev)
{
    struct gw_cause cause = {.q850 = 31, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_CALLED};
    struct gw_decision d;

    if (!route(&d, call, &ev->connected) || !diverts(call, &d))
        return false;
    tell_accepted(call, ev);
    gw_call_drop_attempt(call, &cause);
    go(call, &d, &ev->connected, ev->reason);
    return true;
}

/** The caller learns where to call: 302 with the number as its Contact. */
static bool pass(struct gw_call *call, const struct gw_event *ev)
{
    struct gw_cause cause = {.q850 = 23, .location = GW_LOC_USER, .by = GW_BY_CALLED};
    struct dp_number to = ev->connected;
    char number[DP_TEXT_LEN];

    if (call->a->joint || call->a->trunk->kind != GW_TRUNK_SIP)
        return follow(call, ev);
    gw_call_reformat(&to, call->b->trunk, call->a->trunk);
    rt_str_copy(cause.diagnostic, sizeof cause.diagnostic, rt_str(dp_text(number, &to)));
    tell_accepted(call, ev);
    gw_call_end(call, &cause);
    return true;
}

static bool refuse(struct gw_call *call, const struct gw_event *ev)
{
    (void)call;
    (void)ev;
    return false;
}

void gw_call_deflected(void *obj, const void *arg)
{
    static bool (*const ways[])(struct gw_call *, const struct gw_event *) = {
        [GW_DEFLECTION_MAP] = refuse, [GW_DEFLECTION_FOLLOW] = follow, [GW_DEFLECTION_PASS] = pass};
    struct gw_call *call = obj;

    if (!ways[call->b->trunk->deflection](call, arg))
        gw_call_tell(call->b, &(struct gw_event){.type = GW_EV_DEFLECT});
}

/* ---- sent on by the caller's network ---- */

bool gw_call_hand_back(struct gw_call *call, const struct gw_event *ev)
{
    struct gw_leg *a = call->a;
    struct gw_event out = {.type = GW_EV_DEFLECT, .connected = ev->connected, .reason = ev->reason};

    if (ev->connected.digits[0] == '\0' || !call->dial || call->dial->back.type || a->joint ||
        !a->trunk->deflects || !a->ops->deflect)
        return false;
    call->dial->back = out;
    call->dial->back_cause = ev->cause;
    gw_call_reformat(&out.connected, call->b->trunk, a->trunk);
    if (a->ops->deflect(a, &call->dial->setup.called, &out.connected, ev->reason) != 0)
        return false;
    gw_call_drop_attempt(call, &ev->cause);
    rt_fsm_goto(&call->fsm, GW_CALL_TRYING);
    return true;
}

/** It does not: we call there ourselves. */
void gw_call_not_deflected(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    struct gw_decision d;

    (void)arg;
    if (!call->dial->back.type || call->b)
        return;
    if (route(&d, call, &call->dial->back.connected) && diverts(call, &d))
        go(call, &d, &call->dial->back.connected, call->dial->back.reason);
    else
        gw_call_end(call, &call->dial->back_cause);
}

/* ---- joined elsewhere ---- */

/** Its alarm and its record last as long as it does, and nothing takes its channel: elsewhere
 * nobody would see to that (RFC 6881 12). */
static bool stays_here(const struct gw_call *call)
{
    return call->emergency || call->callback;
}

void gw_call_optimise(struct gw_leg *leg)
{
    struct gw_leg *other = leg->call ? gw_call_partner(leg) : NULL;

    if (!other || !leg->ops->merge || leg->ops != other->ops || leg->done || other->done ||
        !leg->trunk->optimise || !other->trunk->optimise || !leg->call->answered ||
        !other->call->answered || stays_here(leg->call) || stays_here(other->call))
        return;
    if (leg->ops->merge(leg, other) == 0)
        rt_count(&gw_transfer_counters[GW_TRANSFER_OUTSIDE]);
}
