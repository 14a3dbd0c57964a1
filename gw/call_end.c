/* How a call ends: what its legs are told, what of it is closed, kept and freed, and the tones of a
 * side that clears while the other still listens.
 */
#include "gw/call_priv.h"
#include "gw/alarm.h"
#include "gw/auditor.h"
#include "gw/call_sound.h"
#include "gw/event.h"
#include "gw/gw.h"
#include "gw/trace.h"

#include <stdlib.h>
#include <utlist.h>

/** How long the tones of a clearing far end are listened to: T306 of Q.931, with room for its
 * RELEASE. */
#define TONES_GUARD (32 * RT_S)

void gw_call_dismiss(struct gw_leg *leg, const struct gw_cause *cause)
{
    struct gw_event ev = {.type = GW_EV_RELEASE, .cause = *cause};

    if (!leg || leg->done)
        return;
    if (leg->call && leg->call->parting)
        ev.uui = *leg->call->parting;
    if (leg->port)
        media_part(leg->port);
    leg->done = true;
    leg->ops->tell(leg, &ev);
}

/* ---- over ---- */

static const char *kind_of(const struct gw_plan *plan, const char *trunk)
{
    const struct gw_trunk *t = gw_plan_trunk(plan, rt_str(trunk));

    if (!t)
        t = gw_plan_exported(plan, rt_str(trunk));
    return t ? gw_trunk_kind_name(t->kind) : "";
}

const char *gw_call_kind(const struct gw_call *call, char side)
{
    if (call->plan)
        return kind_of(call->plan, side == 'a' ? call->cdr.from_trunk : call->cdr.to_trunk);
    return call->kind[side == 'b'];
}

/** What is remembered of a call is no reason to keep its plan. */
static void let_go_of_plan(struct gw_call *call)
{
    for (int i = 0; i < 2; i++)
        call->kind[i] = gw_call_kind(call, i == 0 ? 'a' : 'b');
    gw_plan_unref(call->plan);
    call->plan = NULL;
}

/** Nobody points to it any more: it is kept for `show call` in place of the oldest. */
static void retire(struct gw_call *call)
{
    struct gw *gw = call->gw;

    let_go_of_plan(call);
    gw_trace_over(gw->trace, call);
    gw_auditor_call_goes(gw->auditor, call);
    DL_DELETE(gw->clearing, call);
    DL_PREPEND(gw->ended, call);
    if (++gw->nended <= GW_ENDED_MAX)
        return;
    struct gw_call *old = gw->ended->prev;
    DL_DELETE(gw->ended, old);
    gw->nended--;
    gw_call_free(old);
}

/** Everything is said: the record is closed; its legs may still be clearing. */
static void finish(struct gw_call *call, const struct gw_cause *cause)
{
    struct gw *gw = call->gw;

    rt_timer_stop(&call->timer);
    gw_call_attempt_over(call, cause);
    gw_call_account_over(call, cause);
    gw_record_attempt_end(call, cause);
    gw_record_call_end(call, cause);
    gw_event_call_end(call);
    if (call->emergency)
        gw_alarm_clear(gw->alarms, GW_ALARM_EMERGENCY, call->name);
    gw_transfer_abandon(call);
    gw_call_dialled(call);
    gw_auditor_call_goes(gw->auditor, call);
    DL_DELETE(gw->calls, call);
    gw->ncalls--;
    DL_PREPEND(gw->clearing, call);
    call->over = true;
    if (call->legs == 0)
        retire(call);
}

void gw_call_end(struct gw_call *call, const struct gw_cause *cause)
{
    struct gw_cause final = *cause;

    if (gw_cause_row(final.q850)->retry_channel)
        final.q850 = 34; /* a channel's trouble is ours: what the other side learns is that none was
                            left */
    if (call->fsm.state != GW_CALL_OVER)
        rt_fsm_goto(&call->fsm, GW_CALL_OVER);
    if (call->a && !call->a->done && call->a->trunk->kind == GW_TRUNK_SIP && call->answered == 0)
        gw_cause_answer(&final, &call->a->trunk->causes); /* what the caller gets */
    gw_record_media(call);
    gw_call_count_media(call);
    gw_call_dismiss(call->a, &final);
    gw_call_dismiss(call->b, &final);
    call->parting = NULL;
    finish(call, &final);
}

void gw_call_end_with(struct gw_call *call, unsigned q850, enum gw_released_by by)
{
    struct gw_cause cause = {.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL, .by = by};
    gw_call_end(call, &cause);
}

void gw_call_leg_gone(struct gw_leg *leg)
{
    struct gw_call *call = leg->call;

    gw_auditor_leg_goes(leg->gw->auditor, leg);
    DL_DELETE(leg->gw->legs, leg);
    gw_call_made_room(leg);
    if (!call)
        return;
    call->legs--;
    if (call->a == leg)
        call->a = NULL;
    if (call->b == leg)
        call->b = NULL;
    leg->call = NULL;
    if (call->over && call->legs == 0)
        retire(call);
}

void gw_call_recount(struct gw_call *call, unsigned legs)
{
    call->legs = legs;
    if (call->over && legs == 0)
        retire(call);
}

/* ---- freed ---- */

void gw_call_dialled(struct gw_call *call)
{
    if (call->dial) {
        rt_timer_stop(&call->dial->patience);
        gw_call_unresolve(call->dial);
    }
    free(call->dial);
    call->dial = NULL;
}

void gw_call_free(struct gw_call *call)
{
    gw_call_dialled(call);
    rt_buf_release(&call->ladder);
    free(call->explain);
    gw_call_sound_free(call);
    gw_call_unpriced(&call->account);
    gw_plan_unref(call->plan);
    free(call);
}

/* ---- clearing ---- */

void gw_call_leg_released(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    const struct gw_event *ev = arg;

    call->parting = &ev->uui;
    gw_call_end(call, &ev->cause);
}

/** One side clears and lets the other hear why: the path stays until it releases (Q.931 5.4.1). */
static void start_tones(struct gw_call *call, const struct gw_event *ev)
{
    call->cdr.cause = ev->cause;
    rt_timer_start(&call->timer, TONES_GUARD);
}

/** Tones are for a caller who has nowhere else to go: while a target is left they are not heard. */
void gw_call_b_tones(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    struct gw_event progress = *(const struct gw_event *)arg;

    if (!call->answered && gw_call_has_alternative(call, &progress.cause)) {
        gw_call_b_released(call, arg);
        return;
    }
    if (gw_call_announce(call, &progress.cause))
        return; /* instead of the tones */
    start_tones(call, arg);
    if (call->answered)
        return;
    progress.type = GW_EV_PROGRESS;
    gw_call_show_progress(call, &progress);
}

void gw_call_a_tones(void *obj, const void *arg)
{
    start_tones(obj, arg);
}

void gw_call_tones_over(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    struct gw_cause cause = call->cdr.cause;

    (void)arg;
    gw_call_end(call, &cause);
}

/** The side whose tones were heard releases: its DISCONNECT said why (Q.931 5.3: the first clearing
 * message's cause is the call's). */
void gw_call_tones_released(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    const struct gw_event *ev = arg;

    if (ev->cause.by == call->cdr.cause.by)
        gw_call_tones_over(obj, arg);
    else
        gw_call_leg_released(obj, arg);
}
