/* The call machine: RFC 3398 7.2 (SIP to PSTN) and 8.2 (PSTN to SIP) in neutral events, one table
 * for both.
 *
 * Side a called, side b is the target being tried. What each side says and hears in its own
 * protocol is its adapter's business; digits and targets are call_dial.c's, the end is
 * call_end.c's, records call_record.c's, sound is call_media.c's.
 */
#include "gw/call.h"
#include "gw/call_counters.h"
#include "gw/call_priv.h"
#include "gw/event.h"
#include "gw/gw.h"
#include "gw/overload.h"
#include "gw/series.h"
#include "gw/trunk_stats.h"
#include "gw/upkeep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct rt_counter gw_call_counters[GW_CALL_NCOUNTERS] = {
    [GW_CALL_OVERLOAD] = {"calls_refused_full_total", "calls refused: as many as there may be", 0},
    [GW_CALL_DRAINED] = {"calls_refused_draining_total", "calls refused: the gateway stops", 0},
    [GW_CALL_MALICIOUS] = {"calls_malicious_total", "calls whose callers were identified", 0},
    [GW_CALL_ANNOUNCED] = {"calls_announced_total",
                           "calls whose callers heard an announcement why they came to nothing", 0},
    [GW_CALL_EMERGENCIES] = {"emergency_calls_total", "calls to the emergency service", 0},
    [GW_CALL_PREEMPTIONS] = {"preemptions_total", "calls released for an emergency call", 0},
    [GW_CALL_TOO_QUIET] = {"attempts_too_quiet_total",
                           "attempts left for the next carrier since nothing was heard in time", 0},
    [GW_CALL_DIVERTED] = {"calls_diverted_total", "calls that we sent on for who was called", 0},
};

/* What the machine is fed: the neutral events, told apart by side. */
enum machine_event {
    FROM_A,
    FROM_B = GW_EV_TYPES,
    TONES_END = 2 * GW_EV_TYPES,
    CLEAR,
    MACHINE_EVENTS
};
#define A(type) (FROM_A + GW_EV_##type)
#define B(type) (FROM_B + GW_EV_##type)

static const char *const state_names[GW_CALL_STATES] = {
    [GW_CALL_COLLECTING] = "collecting",
    [GW_CALL_TRYING] = "trying",
    [GW_CALL_PROCEEDING] = "proceeding",
    [GW_CALL_ALERTING] = "alerting",
    [GW_CALL_CONNECTED] = "connected",
    [GW_CALL_TONES] = "tones",
    [GW_CALL_OVER] = "over",
};

const char *gw_call_state_name(enum gw_call_state s)
{
    return s < GW_CALL_STATES ? state_names[s] : "?";
}

void gw_call_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    if (leg && !leg->done)
        leg->ops->tell(leg, ev);
}

/* ---- hold, and what far ends agree among themselves ---- */

static void relay_to_b(void *obj, const void *arg)
{
    gw_call_tell(((struct gw_call *)obj)->b, arg);
}

static void relay_to_a(void *obj, const void *arg)
{
    gw_call_tell(((struct gw_call *)obj)->a, arg);
}

static void digits_to_b(void *obj, const void *arg)
{
    gw_record_digits(obj, arg);
    relay_to_b(obj, arg);
}

static void digits_to_a(void *obj, const void *arg)
{
    gw_record_digits(obj, arg);
    relay_to_a(obj, arg);
}

static void answer_to_b(void *obj, const void *arg)
{
    gw_call_described(obj, ((const struct gw_event *)arg)->sdp);
    relay_to_b(obj, arg);
}

static void answer_to_a(void *obj, const void *arg)
{
    gw_call_described(obj, ((const struct gw_event *)arg)->sdp);
    relay_to_a(obj, arg);
}

/* ---- advice of charge ---- */

static void aoc_to_b(void *obj, const void *arg)
{
    gw_record_charge(obj, ((const struct gw_event *)arg)->aoc);
    relay_to_b(obj, arg);
}

static void aoc_to_a(void *obj, const void *arg)
{
    gw_record_charge(obj, ((const struct gw_event *)arg)->aoc);
    relay_to_a(obj, arg);
}

/* ---- the table ---- */

#define ANY  RT_FSM_ANY
#define KEEP RT_FSM_KEEP

static const struct rt_fsm_row rows[] = {
    {GW_CALL_COLLECTING, A(INFORMATION), gw_call_collect, KEEP},
    {GW_CALL_COLLECTING, A(COMPLETE), gw_call_complete, KEEP},

    {GW_CALL_TRYING, A(INFORMATION), gw_call_more, KEEP},
    {GW_CALL_TRYING, A(COMPLETE), gw_call_no_more, KEEP},
    {GW_CALL_TRYING, B(SETUP_ACK), gw_call_b_proceeding, KEEP},
    {GW_CALL_TRYING, B(PROCEEDING), gw_call_b_proceeding, KEEP},
    {GW_CALL_TRYING, B(PROGRESS), gw_call_b_progress, GW_CALL_PROCEEDING},
    {GW_CALL_TRYING, B(ALERTING), gw_call_b_alerting, GW_CALL_ALERTING},
    {GW_CALL_TRYING, B(CONNECT), gw_call_b_connected, GW_CALL_CONNECTED},
    {GW_CALL_TRYING, B(DEFLECT), gw_call_deflected, KEEP},
    {GW_CALL_TRYING, A(DEFLECT), gw_call_not_deflected, KEEP},
    {GW_CALL_TRYING, B(DISCONNECT), gw_call_b_tones, GW_CALL_TONES},
    {GW_CALL_TRYING, B(RELEASE), gw_call_b_released, KEEP},

    {GW_CALL_PROCEEDING, A(INFORMATION), gw_call_more, KEEP},
    {GW_CALL_PROCEEDING, A(COMPLETE), gw_call_no_more, KEEP},
    {GW_CALL_PROCEEDING, B(PROCEEDING), gw_call_b_proceeding, KEEP},
    {GW_CALL_PROCEEDING, B(PROGRESS), gw_call_b_progress, KEEP},
    {GW_CALL_PROCEEDING, B(ALERTING), gw_call_b_alerting, GW_CALL_ALERTING},
    {GW_CALL_PROCEEDING, B(CONNECT), gw_call_b_connected, GW_CALL_CONNECTED},
    {GW_CALL_PROCEEDING, B(DEFLECT), gw_call_deflected, KEEP},
    {GW_CALL_PROCEEDING, B(DISCONNECT), gw_call_b_tones, GW_CALL_TONES},
    {GW_CALL_PROCEEDING, B(RELEASE), gw_call_b_released, KEEP},
    {GW_CALL_PROCEEDING, TONES_END, gw_call_tones_over, GW_CALL_OVER},

    {GW_CALL_ALERTING, B(PROGRESS), gw_call_b_progress, KEEP},
    {GW_CALL_ALERTING, B(ALERTING), gw_call_b_alerting, KEEP},
    {GW_CALL_ALERTING, B(CONNECT), gw_call_b_connected, GW_CALL_CONNECTED},
    {GW_CALL_ALERTING, B(DEFLECT), gw_call_deflected, KEEP},
    {GW_CALL_ALERTING, B(DISCONNECT), gw_call_b_tones, GW_CALL_TONES},
    {GW_CALL_ALERTING, B(RELEASE), gw_call_b_released, KEEP},
    {GW_CALL_ALERTING, TONES_END, gw_call_tones_over, GW_CALL_OVER},

    {GW_CALL_CONNECTED, A(HOLD), relay_to_b, KEEP},
    {GW_CALL_CONNECTED, A(RETRIEVE), relay_to_b, KEEP},
    {GW_CALL_CONNECTED, B(HOLD), relay_to_a, KEEP},
    {GW_CALL_CONNECTED, B(RETRIEVE), relay_to_a, KEEP},
    {GW_CALL_CONNECTED, A(IDENTITY), gw_call_identity_to_b, KEEP},
    {GW_CALL_CONNECTED, B(IDENTITY), gw_call_identity_to_a, KEEP},
    {GW_CALL_CONNECTED, A(DISCONNECT), gw_call_a_tones, GW_CALL_TONES},
    {GW_CALL_CONNECTED, B(DISCONNECT), gw_call_b_tones, GW_CALL_TONES},
    {GW_CALL_CONNECTED, B(PROGRESS), NULL, KEEP}, /* early media goes on by itself */

    {GW_CALL_TONES, B(PROGRESS), NULL, KEEP},
    {GW_CALL_TONES, A(RELEASE), gw_call_tones_released, GW_CALL_OVER},
    {GW_CALL_TONES, B(RELEASE), gw_call_tones_released, GW_CALL_OVER},
    {GW_CALL_TONES, TONES_END, gw_call_tones_over, GW_CALL_OVER},

    /* Whatever the state: digits after the number was complete are ignored (RFC 3398 8.1.1 of SAM),
     * a side that clears ends the call. */
    {ANY, A(INFORMATION), NULL, KEEP},
    {ANY, A(COMPLETE), NULL, KEEP},
    {ANY, A(HOLD), NULL, KEEP},
    {ANY, A(RETRIEVE), NULL, KEEP},
    {ANY, B(HOLD), NULL, KEEP},
    {ANY, B(RETRIEVE), NULL, KEEP},
    {ANY, A(IDENTITY), NULL, KEEP},
    {ANY, B(IDENTITY), NULL, KEEP},
    {ANY, A(MEDIA_OFFER), relay_to_b, KEEP},
    {ANY, B(MEDIA_OFFER), relay_to_a, KEEP},
    {ANY, A(MEDIA_ANSWER), answer_to_b, KEEP},
    {ANY, B(MEDIA_ANSWER), answer_to_a, KEEP},
    {ANY, A(DTMF), digits_to_b, KEEP},
    {ANY, B(DTMF), digits_to_a, KEEP},
    {ANY, A(AOC), aoc_to_b, KEEP},
    {ANY, B(AOC), aoc_to_a, KEEP},
    {ANY, A(MCID), NULL, KEEP}, /* who called identifies nobody */
    {ANY, B(MCID), gw_call_mcid_from_b, KEEP},
    {ANY, A(DEFLECT), NULL, KEEP},
    {ANY, B(DEFLECT), NULL, KEEP},
    {ANY, A(DISCONNECT), gw_call_leg_released, GW_CALL_OVER},
    {ANY, A(RELEASE), gw_call_leg_released, GW_CALL_OVER},
    {ANY, B(RELEASE), gw_call_leg_released, GW_CALL_OVER},
    {ANY, CLEAR, gw_call_leg_released, GW_CALL_OVER},
};

#define SIDES(event, text) [A(event)] = "a " text, [B(event)] = "b " text

static const char *const event_names[MACHINE_EVENTS] = {
    SIDES(SETUP_ACK, "setup-ack"),
    SIDES(INFORMATION, "information"),
    SIDES(COMPLETE, "complete"),
    SIDES(PROCEEDING, "proceeding"),
    SIDES(PROGRESS, "progress"),
    SIDES(ALERTING, "alerting"),
    SIDES(CONNECT, "connect"),
    SIDES(HOLD, "hold"),
    SIDES(RETRIEVE, "retrieve"),
    SIDES(IDENTITY, "identity"),
    SIDES(MEDIA_OFFER, "media-offer"),
    SIDES(MEDIA_ANSWER, "media-answer"),
    SIDES(DTMF, "dtmf"),
    SIDES(AOC, "aoc"),
    SIDES(MCID, "mcid"),
    SIDES(DEFLECT, "deflect"),
    SIDES(DISCONNECT, "disconnect"),
    SIDES(RELEASE, "release"),
    [TONES_END] = "tones end",
    [CLEAR] = "clear",
};

static const struct rt_fsm_spec machine = {
    .name = "call",
    .log = RT_LOG_CALL,
    .states = state_names,
    .events = event_names,
    .nstates = GW_CALL_STATES,
    .nevents = MACHINE_EVENTS,
    .rows = rows,
    .nrows = RT_COUNT(rows),
};

/* ---- in and out ---- */

static void on_timer(void *arg)
{
    struct gw_call *call = arg;
    rt_fsm_event(&call->fsm, TONES_END, NULL);
}

bool gw_call_full(const struct gw *gw)
{
    unsigned most = gw->plan->sip.calls;
    return (most != 0 && gw->ncalls >= most) || gw_overload_refuses(gw->overload);
}

int gw_call_admits(const struct gw *gw, const struct gw_trunk *from, const struct dp_number *called)
{
    bool full = gw_call_full(gw);

    if ((gw->draining || full) && gw_route_emergency(gw->plan, from, called))
        return 0;
    if (gw->draining || full) {
        rt_count(&gw_call_counters[gw->draining ? GW_CALL_DRAINED : GW_CALL_OVERLOAD]);
        gw_trunk_stats_reject(gw->stats, from->name,
                              gw->draining ? GW_REJECT_DRAINING : GW_REJECT_OVERLOAD);
    }
    return gw->draining ? ECANCELED : full ? EBUSY : 0;
}

int gw_call_new(struct gw *gw, struct gw_leg *leg, const struct gw_setup *setup)
{
    int full = leg->joint && !gw->draining ? 0 : gw_call_admits(gw, leg->trunk, &setup->called);
    if (full != 0)
        return full;
    if (!leg->joint && gw_trunk_barred(gw, leg->trunk) &&
        !gw_route_emergency(gw->plan, leg->trunk, &setup->called)) {
        rt_count(&gw_upkeep_counters[GW_UPKEEP_SKIPPED]);
        gw_trunk_stats_reject(gw->stats, leg->trunk->name, GW_REJECT_DOWN);
        return ECANCELED;
    }
    struct gw_call *call = calloc(1, sizeof *call);
    struct gw_dialling *dial = calloc(1, sizeof *dial);
    if (!call || !dial) {
        free(call);
        free(dial);
        return ENOMEM;
    }
    call->gw = gw;
    call->dial = dial;
    call->plan = gw_plan_ref(leg->plan ? leg->plan : gw->plan);
    call->number = ++gw->next_number;
    char room[RT_DECIMAL_LEN];
    RT_JOIN(call->name, sizeof call->name, rt_str("call "), rt_decimal(room, call->number));
    call->started = rt_loop_now(gw->loop);
    dial->setup = *setup;
    call->a = leg;
    call->legs = 1;
    leg->call = call;
    leg->side = 'a';
    leg->bearer = setup->bearer;
    rt_timer_init(&call->timer, gw->loop, on_timer, call);
    rt_timer_init(&dial->patience, gw->loop, gw_call_impatient, call);
    rt_fsm_init(&call->fsm, &machine, GW_CALL_COLLECTING, call->name, call);
    DL_APPEND(gw->calls, call);
    gw->ncalls++;
    gw->total_calls++;
    gw_overload_took(gw->overload);
    gw_series_calls(gw->series, gw->ncalls);
    gw_call_note_text(leg, false, rt_str(setup->opening));
    gw_call_begin(call);
    if (!call->over)
        gw_event_call(call);
    return 0;
}

void gw_call_event(struct gw_leg *leg, const struct gw_event *ev)
{
    struct gw_call *call = leg->call;
    struct gw_event from = *ev;

    if (!call || leg->done)
        return;
    if (from.cause.by == GW_BY_NONE)
        from.cause.by = leg->side == 'a' ? GW_BY_CALLER : GW_BY_CALLED;
    if (ev->type == GW_EV_RELEASE) {
        leg->done = true;
        if (leg->port)
            media_part(leg->port);
        if (gw_transfer_left(leg))
            return;
    }
    if (ev->type == GW_EV_HOLD || ev->type == GW_EV_RETRIEVE)
        leg->holds = ev->type == GW_EV_HOLD;
    int before = (int)call->fsm.state;
    rt_fsm_event(&call->fsm, (leg->side == 'a' ? FROM_A : FROM_B) + (int)ev->type, &from);
    if (!call->over && (int)call->fsm.state != before)
        gw_event_call(call);
}

void gw_call_release(struct gw_call *call, unsigned q850, enum gw_released_by by)
{
    struct gw_event ev = {
        .type = GW_EV_RELEASE,
        .cause = {.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL, .by = by},
    };
    rt_fsm_event(&call->fsm, CLEAR, &ev);
}
