/* What a target says before it is reached: progress, alerting, the answer (RFC 3398 7.2, 8.2). The
 * call machine's actions.
 */
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/trace.h"

/** The caller is to hear the called side from now on. */
static void open_early(struct gw_call *call)
{
    gw_call_tone_off(call);
    call->a->early = GW_EARLY_REMOTE;
    call->heard = !call->a->joint; /* nobody is listening there */
    gw_call_bridge(call);
}

void gw_call_show_progress(struct gw_call *call, const struct gw_event *ev)
{
    if (ev->inband)
        open_early(call);
    gw_call_described(call, ev->sdp);
    gw_call_tell(call->a, ev);
}

/** A cause says that it comes to nothing and that the caller hears why. An exchange waits for its
 * own timer; a SIP caller has none, and gets the refusal when he has heard enough (RFC 3398 7.2.5:
 * the interworking timer). */
void gw_call_b_progress(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    struct gw_event ev = *(const struct gw_event *)arg;

    gw_call_sign(call, false);
    if (ev.cause.q850 && call->b->trunk->interworking && !call->a->joint &&
        call->a->trunk->kind == GW_TRUNK_SIP) {
        ev.inband = true;
        call->cdr.cause = ev.cause;
        rt_timer_start(&call->timer, call->b->trunk->interworking);
    }
    gw_call_show_progress(call, &ev);
}

/** PROCEEDING and SETUP ACK say nothing to the caller unless there is something to hear (RFC
 * 4497 8.3.2). */
void gw_call_b_proceeding(void *obj, const void *arg)
{
    struct gw_event ev = *(const struct gw_event *)arg;

    if (ev.inband)
        gw_call_sign(obj, false);
    if (ev.type == GW_EV_SETUP_ACK)
        gw_call_asked(obj);
    else
        gw_call_number_done(obj);
    if (!ev.inband)
        return;
    ev.type = GW_EV_PROGRESS;
    gw_call_show_progress(obj, &ev);
}

void gw_call_b_alerting(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    struct gw_event ev = *(const struct gw_event *)arg;

    gw_call_number_done(call);
    gw_call_sign(call, true);
    rt_timer_stop(&call->timer);
    gw_record_ringing(call);
    gw_call_described(call, ev.sdp);
    if (ev.inband)
        open_early(call);
    else if (call->a->rings_audibly && call->a->early == GW_EARLY_NONE &&
             call->a->bearer != GW_BEARER_DATA64) {
        /* RFC 4497 8.2.1.2: a gateway that rings itself says so with progress indicator 8 */
        gw_call_tone(call, call->a, TONE_RINGBACK);
        call->a->early = GW_EARLY_TONE;
    }
    ev.inband = call->a->early != GW_EARLY_NONE;
    gw_call_tell(call->a, &ev);
}

/** An answer that cannot be bridged is none: the caller is refused, nothing is charged. */
void gw_call_b_connected(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    struct gw_event ev = *(const struct gw_event *)arg;

    gw_call_number_done(call);
    gw_call_sign(call, true);
    rt_timer_stop(&call->timer);
    gw_call_tone_off(call);
    unsigned cause = gw_call_bridge(call);
    if (cause != 0) {
        gw_call_end_with(call, cause, GW_BY_GATEWAY);
        return;
    }
    call->answered = rt_loop_now(call->gw->loop);
    call->gw->answered_calls++;
    gw_record_answer(call);
    gw_call_charged(call);
    gw_call_described(call, ev.sdp);
    gw_record_connected(call, &ev.connected);
    gw_call_reformat(&ev.connected, call->b->trunk, call->a->trunk);
    gw_call_tell(call->a, &ev);
    gw_call_early_holds(call);
    gw_call_record_answered(call);
    gw_call_dialled(call);
    if (call->b)
        gw_call_optimise(call->b);
}
