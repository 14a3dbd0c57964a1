/* What number is called, and where: the caller's digits until they are enough, then one target
 * after the other. A failing target is left for the next one while the caller has heard nothing;
 * causes 6 and 44 try another channel of the same trunk. A target may have to be waited for: until
 * ENUM says where it is, or until a channel is free for an emergency call.
 */
#include "gw/call_counters.h"
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/trace.h"
#include "gw/trunk_stats.h"

#include <stdlib.h>
#include "gw/hits.h"

/** Channels tried on one trunk after causes 6 and 44, before it counts as full. */
#define CHANNEL_RETRIES 3

/* ---- targets ---- */

void gw_call_reformat(struct dp_number *n, const struct gw_trunk *from, const struct gw_trunk *to)
{
    struct dp_number kept = *n;

    if (n->digits[0] == '\0')
        return;
    dp_normalise_calling(&kept, from->site);
    dp_format_number(n, &kept, to->numbers, to->site);
}

/** Decides what both sides carry; a caller who was answered already keeps what he has. 0, or 65. */
static unsigned choose_bearer(struct gw_call *call, const struct gw_trunk *to)
{
    const struct gw_setup *setup = &call->dial->setup;
    bool fixed = call->a->port != NULL;
    struct gw_route_query q = {.from = call->a->trunk,
                               .bearer = fixed ? call->a->bearer : setup->bearer,
                               .either = setup->either && !fixed};

    unsigned cause = gw_route_bearer(&call->b->bearer, &q, to);
    if (call->a->joint && setup->bearer == GW_BEARER_SPEECH)
        call->b->bearer = GW_BEARER_SPEECH; /* an ISDN caller whom a SIP peer transfers: SIP has no
                                               speech of its own */
    if (cause == 0)
        call->a->bearer = call->b->bearer;
    call->cdr.bearer = gw_bearer_name(call->a->bearer);
    return cause;
}

/** What the target is told of the call: as it came, with what routing did to it. */
static void set_up(struct gw_setup *out, const struct gw_call *call, const struct gw_hop *hop)
{
    const struct gw_dialling *dial = call->dial;
    const struct gw_decision *d = &dial->decision;

    *out = dial->setup;
    out->complete = !dial->open;
    gw_call_reformat(&out->redirecting, call->a->trunk, hop->trunk);
    gw_call_reformat(&out->original, call->a->trunk, hop->trunk);
    if (d->name) {
        rt_str_copy(out->name, sizeof out->name, rt_str(d->name));
        out->name_restricted = false;
    }
    if (d->drop_subaddress)
        out->called_sub.len = out->calling_sub.len = 0;
    if (d->keep_tgrp && out->carrier.from_tgrp[0] == '\0')
        gw_carrier_came(&out->carrier, call->a->trunk);
    if (hop->ask)
        out->target = rt_str(dial->resolved.uri[dial->resolved.at].text);
}

/** The leg's own part. */
static unsigned begin(struct gw_call *call, const struct gw_hop *hop, const struct gw_setup *setup)
{
    unsigned cause = call->b->ops->setup(call->b, hop, setup);

    if (cause == 34) /* no circuit/channel available */
        gw_trunk_stats_reject(call->gw->stats, hop->trunk->name, GW_REJECT_NO_CHANNEL);
    return cause;
}

/** Starts the attempt at decision.hop[call->dial->hop]. 0, or the cause why it cannot start. */
static unsigned try_hop(struct gw_call *call)
{
    const struct gw_hop *hop = &call->dial->decision.hop[call->dial->hop];
    struct gw_setup setup;

    call->b = gw_leg_new(call->gw, call, hop->trunk);
    if (!call->b)
        return 41; /* temporary failure */
    call->legs++;
    call->b->side = 'b';
    gw_call_choose_media(call, hop->trunk);
    set_up(&setup, call, hop);
    call->dial->asked = false;
    call->dial->unsent[0] = '\0';
    unsigned cause = choose_bearer(call, hop->trunk);
    gw_record_attempt_start(call, hop);
    if (cause == 0)
        cause = gw_call_take(call, hop);
    if (cause == 0)
        cause = gw_call_reserve(call);
    if (cause == 0)
        cause = begin(call, hop, &setup);
    gw_record_channel(call);
    if (cause == 0)
        gw_call_left(call);
    return cause;
}

void gw_call_drop_attempt(struct gw_call *call, const struct gw_cause *cause)
{
    rt_timer_stop(&call->dial->patience);
    call->attempt.failed = cause->q850;
    gw_call_attempt_over(call, cause);
    gw_record_attempt_end(call, cause);
    gw_call_dismiss(call->b, cause);
    call->b = NULL;
}

/** The cause that routing itself decided. */
static void rejection(const struct gw_call *call, struct gw_cause *out)
{
    *out = (struct gw_cause){.q850 = (uint8_t)call->dial->decision.cause,
                             .location = GW_LOC_PUBLIC_LOCAL,
                             .by = GW_BY_GATEWAY};
    if (call->dial->decision.text)
        rt_str_copy(out->text, sizeof out->text, rt_str(call->dial->decision.text));
}

/* ---- one after the other ---- */

static struct gw_cause own(unsigned q850)
{
    return (struct gw_cause){
        .q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY};
}

/** Another URI of the hop at hand, after this cause. */
static bool has_uri(const struct gw_dialling *dial, const struct gw_cause *cause)
{
    return dial->decision.hop[dial->hop].ask && dial->resolved.at + 1 < dial->resolved.n &&
           gw_cause_advances(cause);
}

/** Leaves the hop at hand for what comes after it. */
static void leave_hop(struct gw_dialling *dial, const struct gw_cause *cause, bool silent)
{
    dial->channel_retries = 0;
    if (has_uri(dial, cause)) {
        dial->resolved.at++;
        return;
    }
    unsigned left = dial->hop;
    dial->hop = gw_route_next(&dial->decision, left, cause, silent);
    gw_route_left(&dial->decision, left, cause, silent);
}

static enum gw_ready prepare(struct gw_call *call)
{
    const struct gw_hop *hop = &call->dial->decision.hop[call->dial->hop];

    return hop->ask ? gw_call_resolve(call, hop) : gw_call_make_room(call, hop);
}

/** The plan's carriers may have to say something soon, where there is another one. */
static void watch_silence(struct gw_call *call)
{
    const struct gw_lcr *lcr = call->dial->decision.hop[call->dial->hop].lcr;

    if (lcr && lcr->has_advance && lcr->advance.on_timeout && lcr->advance.timeout > 0)
        rt_timer_start(&call->dial->patience, lcr->advance.timeout);
}

/** Tries hop after hop from call->dial->hop on, until one starts. When none is left, ends the call
 * with the plan's own rejection, if the list has one, else with `*cause`. */
static void try_from(struct gw_call *call, struct gw_cause *cause)
{
    struct gw_dialling *dial = call->dial;

    while (dial->hop < dial->decision.nhops) {
        enum gw_ready ready = prepare(call);
        if (ready == GW_WAIT)
            return;
        if (ready == GW_SKIP) {
            *cause = own(3); /* no route to destination */
            dial->hop++;
            continue;
        }
        unsigned q850 = try_hop(call);
        if (q850 == 0) {
            watch_silence(call);
            return;
        }
        *cause = own(q850);
        if (call->b)
            gw_call_drop_attempt(call, cause);
        leave_hop(dial, cause, false);
    }
    if (dial->hop == dial->decision.nhops && dial->decision.rejects)
        rejection(call, cause);
    gw_call_fail(call, cause);
}

void gw_call_try(struct gw_call *call, struct gw_cause *cause)
{
    try_from(call, cause);
}

void gw_call_go_on(struct gw_call *call)
{
    struct gw_cause cause = own(3); /* no route to destination */

    if (call->dial->decision.rejects)
        rejection(call, &cause);
    try_from(call, &cause);
}

/** Nothing was heard of the target in the time that the plan gives it: the next one, if any. */
static void too_quiet(struct gw_call *call)
{
    struct gw_dialling *dial = call->dial;
    struct gw_cause cause = own(18); /* no user responding */

    cause.sip_status = 408;
    if (!call->b || call->heard || call->fsm.state != GW_CALL_TRYING ||
        (!has_uri(dial, &cause) &&
         gw_route_next(&dial->decision, dial->hop, &cause, true) >= dial->decision.nhops))
        return;
    rt_count(&gw_call_counters[GW_CALL_TOO_QUIET]);
    gw_call_drop_attempt(call, &cause);
    leave_hop(dial, &cause, true);
    try_from(call, &cause);
}

void gw_call_impatient(void *arg)
{
    struct gw_call *call = arg;
    struct gw_dialling *dial = call->dial;
    struct gw_cause cause = own(34); /* no circuit/channel available */

    if (!dial->room.waits) {
        too_quiet(call);
        return;
    }
    if (!gw_call_has_room(call))
        leave_hop(dial, &cause, false);
    try_from(call, &cause);
}

/** The routing is decided and the number complete: the first target is tried. */
static void dial(struct gw_call *call)
{
    struct gw_cause cause;

    rejection(call, &cause);
    gw_record_route(call);
    gw_hits_note(call->gw, &call->dial->decision);
    gw_call_tone_off(call);
    gw_call_emergency(call);
    if (call->dial->decision.nhops == 0 || !gw_call_screen(call, &cause)) {
        gw_call_fail(call, &cause);
        return;
    }
    call->dial->open = gw_call_may_open(call);
    rt_fsm_goto(&call->fsm, GW_CALL_TRYING);
    try_from(call, &cause);
    if (call->fsm.state != GW_CALL_OVER && !call->announcing && !call->dial->open)
        gw_call_tell(call->a, &(struct gw_event){.type = GW_EV_PROCEEDING});
}

static bool may_advance(const struct gw_call *call, const struct gw_cause *cause)
{
    const struct gw_dialling *dial = call->dial;

    if (call->heard || !dial || call->fsm.state == GW_CALL_CONNECTED)
        return false;
    return has_uri(dial, cause) ||
           gw_route_next(&dial->decision, dial->hop, cause, false) != GW_NO_HOP;
}

/** The last channel was seized from both sides, and there is no other trunk: now it is full, which
 * it was not when the way was chosen. */
static bool may_make_room(const struct gw_call *call, const struct gw_cause *cause)
{
    const struct gw_dialling *dial = call->dial;

    return cause->q850 == 34 && gw_call_may_make_room(call) &&
           gw_route_next(&dial->decision, dial->hop, cause, false) >= dial->decision.nhops;
}

static bool may_retry_channel(const struct gw_call *call, const struct gw_cause *cause)
{
    bool other = gw_cause_row(cause->q850)->retry_channel || may_make_room(call, cause);

    return other && !call->heard && call->b && call->b->trunk->kind == GW_TRUNK_SPAN &&
           call->dial->channel_retries < CHANNEL_RETRIES;
}

bool gw_call_has_alternative(const struct gw_call *call, const struct gw_cause *cause)
{
    const struct gw_dialling *dial = call->dial;

    return may_retry_channel(call, cause) ||
           (may_advance(call, cause) &&
            (has_uri(dial, cause) ||
             gw_route_next(&dial->decision, dial->hop, cause, false) < dial->decision.nhops));
}

void gw_call_b_released(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    const struct gw_event *ev = arg;
    struct gw_cause cause = ev->cause;
    bool retry = may_retry_channel(call, &cause);

    if (gw_call_hand_back(call, ev))
        return;
    if (!retry && !may_advance(call, &cause)) {
        if (gw_call_announce(call, &cause))
            return;
        call->parting = &ev->uui;
        gw_call_end(call, &cause);
        return;
    }
    gw_call_drop_attempt(call, &cause);
    if (retry) {
        call->dial->channel_retries++;
        call->dial->decision.hop[call->dial->hop].preempt |= cause.q850 == 34;
    } else {
        leave_hop(call->dial, &cause, false);
    }
    rt_fsm_goto(&call->fsm, GW_CALL_TRYING);
    try_from(call, &cause);
}

/* ---- the caller's digits (overlap receiving, Q.931 5.1.3; RFC 3578 prefers one INVITE with all of
 * them) ---- */

static const char *header_of(void *arg, const char *name)
{
    struct gw_leg *a = arg;
    return a->ops->header ? a->ops->header(a, name) : NULL;
}

static bool offers(void *arg, const char *codec)
{
    struct gw_leg *a = arg;
    return a->ops->offers && a->ops->offers(a, codec);
}

/** An agent directs the channel: nothing of ours is routed. Of telephones it collects the digits,
 * and says by its answer that it has them. */
static void route_export(struct gw_call *call, const struct gw_mgcp_export *e)
{
    bool outwards = call->a->trunk->kind == GW_TRUNK_AGENT;

    gw_route_to(&call->dial->decision, outwards ? e->outside : e->inside);
    if (e->lines && !outwards && !call->dial->setup.complete)
        call->dial->decision.complete = DP_MAYBE_COMPLETE;
}

/** The routes have no say in a test call: who placed it chose the trunk. */
static void explain_test(struct gw_call *call, const struct gw_trunk *via)
{
    struct gw_explain why = {.step = 0};

    gw_explain_step(&why, "ingress", NULL, "test call");
    gw_explain_step(&why, "targets", NULL, "%s, as the operator said", via->name);
    gw_explain_end(&why);
    gw_record_explain(call, &why);
    gw_explain_release(&why);
}

/** Routes it, and keeps why where the plan wants that. */
static void decide(struct gw_call *call, struct gw_route_query *q)
{
    struct gw_explain why = {.step = 0};
    rt_time began = rt_now();

    if (call->dial->setup.via) {
        gw_route(&call->dial->decision, call->plan, q, NULL);
        explain_test(call, call->dial->setup.via);
    } else if (call->plan->explain) {
        gw_route(&call->dial->decision, call->plan, q, &why);
        gw_record_explain(call, &why);
        gw_explain_release(&why);
    } else {
        gw_route(&call->dial->decision, call->plan, q, NULL);
    }
    gw_call_stats_decided(call->gw->stats, rt_now() - began);
}

void gw_call_route(struct gw_call *call)
{
    const struct gw_setup *s = &call->dial->setup;
    struct gw_route_query q = {.gw = call->gw,
                               .from = call->a->trunk,
                               .called = s->called,
                               .calling = s->calling,
                               .bearer = s->bearer,
                               .either = s->either,
                               .source = s->source,
                               .carrier = &s->carrier,
                               .redirections = s->redirections,
                               .reason = s->redirect_reason,
                               .context = s->carrier.phone_context,
                               .category = s->category,
                               .priority = s->priority,
                               .header = header_of,
                               .codec = offers,
                               .arg = call->a,
                               .call = true};

    decide(call, &q);
    call->priority = s->priority;
    const struct gw_mgcp_export *e = call->a->trunk->export;
    if (e)
        route_export(call, e);
    else if (s->via)
        gw_route_to(&call->dial->decision, s->via);
    else if (s->target.n > 0)
        gw_route_to(&call->dial->decision, call->a->trunk);
    gw_record_numbers(call);
}

static bool wants_dial_tone(const struct gw_call *call)
{
    return call->dial->setup.called.digits[0] == '\0' && call->a->rings_audibly &&
           call->a->bearer != GW_BEARER_DATA64;
}

void gw_call_consider(struct gw_call *call)
{
    if (call->dial->setup.complete || call->dial->decision.complete == DP_COMPLETE ||
        gw_call_may_open(call)) {
        dial(call);
        return;
    }
    if (wants_dial_tone(call))
        gw_call_tone(call, call->a, TONE_DIAL);
}

void gw_call_begin(struct gw_call *call)
{
    gw_call_route(call);
    gw_record_call_start(call);
    gw_trace_opened(call->gw->trace, call);
    if (!call->dial->setup.complete && call->dial->decision.complete != DP_COMPLETE)
        gw_call_tell(call->a,
                     &(struct gw_event){.type = GW_EV_SETUP_ACK, .inband = wants_dial_tone(call)});
    gw_call_consider(call);
}

static void append(struct gw_call *call, struct rt_str more)
{
    char *digits = call->dial->setup.called.digits;
    size_t have = strlen(digits);

    if (more.n == 0)
        return;
    rt_str_copy(digits + have, sizeof call->dial->setup.called.digits - have, more);
    gw_call_route(call);
}

void gw_call_append(struct gw_call *call, const char *more)
{
    const char *digits = call->dial->setup.called.digits;
    struct rt_str all = rt_str(more);
    bool hash = all.n > 0 && more[all.n - 1] == '#';

    append(call, (struct rt_str){more, all.n - hash});
    if (!hash)
        return;
    /* the caller's word that a number which may be enough is all of it; else a key as others are */
    if (call->dial->decision.complete == DP_MAYBE_COMPLETE && digits[0] != '*' && digits[0] != '#')
        call->dial->setup.complete = true;
    else
        append(call, rt_str("#"));
}

void gw_call_collect(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    const struct gw_event *ev = arg;

    gw_call_tone_off(call);
    gw_call_append(call, ev->digits);
    gw_call_consider(call);
}

void gw_call_complete(void *obj, const void *arg)
{
    struct gw_call *call = obj;

    (void)arg;
    call->dial->setup.complete = true;
    gw_call_consider(call);
}
