/* What number is called, and where: the caller's digits until they are enough, then one target
 * after the other. A failing target is left for the next one while the caller has heard nothing;
 * causes 6 and 44 try another channel of the same trunk.
 */
#include "gw/call_priv.h"
#include "gw/gw.h"

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

/** Starts the attempt at decision.hop[call->dial->hop]. 0, or the cause why it cannot start. */
static unsigned try_hop(struct gw_call *call)
{
    const struct gw_hop *hop = &call->dial->decision.hop[call->dial->hop];
    struct gw_setup setup = call->dial->setup;

    call->b = gw_leg_new(call->gw, call, hop->trunk);
    if (!call->b)
        return 41; /* temporary failure */
    call->legs++;
    call->b->side = 'b';
    gw_call_choose_media(call, hop->trunk);
    setup.complete = !call->dial->open;
    call->dial->asked = false;
    call->dial->unsent[0] = '\0';
    gw_call_reformat(&setup.redirecting, call->a->trunk, hop->trunk);
    gw_call_reformat(&setup.original, call->a->trunk, hop->trunk);
    unsigned cause = choose_bearer(call, hop->trunk);
    gw_record_attempt_start(call, hop);
    if (cause == 0)
        cause = gw_call_reserve(call);
    if (cause == 0)
        cause = call->b->ops->setup(call->b, hop, &setup);
    gw_record_channel(call);
    return cause;
}

void gw_call_drop_attempt(struct gw_call *call, const struct gw_cause *cause)
{
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

/** Tries hop after hop from call->dial->hop on, until one starts. When none is left, ends the call
 * with the plan's own rejection, if the list has one, else with `*cause`. */
static void try_from(struct gw_call *call, struct gw_cause *cause)
{
    for (; call->dial->hop < call->dial->decision.nhops;
         call->dial->hop++, call->dial->channel_retries = 0) {
        unsigned q850 = try_hop(call);
        if (q850 == 0)
            return;
        *cause = (struct gw_cause){
            .q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY};
        if (call->b)
            gw_call_drop_attempt(call, cause);
        if (!gw_cause_row(q850)->advance)
            break;
    }
    if (call->dial->hop == call->dial->decision.nhops && call->dial->decision.rejects)
        rejection(call, cause);
    gw_call_fail(call, cause);
}

void gw_call_try(struct gw_call *call, struct gw_cause *cause)
{
    try_from(call, cause);
}

/** The routing is decided and the number complete: the first target is tried. */
static void dial(struct gw_call *call)
{
    struct gw_cause cause;

    rejection(call, &cause);
    gw_record_route(call);
    gw_call_tone_off(call);
    if (call->dial->decision.nhops == 0) {
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
    if (call->heard || call->fsm.state == GW_CALL_CONNECTED)
        return false;
    return gw_cause_advances(cause);
}

static bool may_retry_channel(const struct gw_call *call, const struct gw_cause *cause)
{
    return gw_cause_row(cause->q850)->retry_channel && !call->heard &&
           call->dial->channel_retries < CHANNEL_RETRIES;
}

bool gw_call_has_alternative(const struct gw_call *call, const struct gw_cause *cause)
{
    return may_retry_channel(call, cause) ||
           (may_advance(call, cause) && call->dial->hop + 1 < call->dial->decision.nhops);
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
    if (retry)
        call->dial->channel_retries++;
    else
        call->dial->hop++;
    rt_fsm_goto(&call->fsm, GW_CALL_TRYING);
    try_from(call, &cause);
}

/* ---- the caller's digits (overlap receiving, Q.931 5.1.3; RFC 3578 prefers one INVITE with all of
 * them) ---- */

void gw_call_route(struct gw_call *call)
{
    struct gw_route_query q = {.gw = call->gw,
                               .from = call->a->trunk,
                               .called = call->dial->setup.called,
                               .calling = call->dial->setup.calling,
                               .bearer = call->dial->setup.bearer,
                               .either = call->dial->setup.either};

    gw_route(&call->dial->decision, call->plan, &q, NULL);
    if (call->dial->setup.target.n > 0)
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
    if (!call->dial->setup.complete && call->dial->decision.complete != DP_COMPLETE)
        gw_call_tell(call->a,
                     &(struct gw_event){.type = GW_EV_SETUP_ACK, .inband = wants_dial_tone(call)});
    gw_call_consider(call);
}

void gw_call_append(struct gw_call *call, const char *more)
{
    char *digits = call->dial->setup.called.digits;
    size_t have = strlen(digits);

    rt_str_copy(digits + have, sizeof call->dial->setup.called.digits - have, rt_str(more));
    gw_call_route(call);
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
