/* A caller who is told why his call comes to nothing: an announcement of the plan's, by the cause,
 * played before the release (Q.931 5.4.1: what is heard in-band goes before the clearing; RFC 3398
 * 7.2.5, 8.2: early media, then the final response). */
#include "gw/call_counters.h"
#include "gw/call_priv.h"
#include "gw/gw.h"

/** Once, and once again. */
#define TIMES 2
/** No caller listens any longer; a channel costs something. */
#define LONGEST (30 * RT_S)

/** What he hears; NULL: nothing. */
static struct clip *announcement(const struct gw_call *call, const struct gw_cause *cause)
{
    const struct gw_leg *a = call->a;
    unsigned q850 = gw_cause_row(cause->q850)->retry_channel ? 34 : cause->q850;

    if (!a || a->done || a->joint || call->direct || call->answered != 0 ||
        a->bearer == GW_BEARER_DATA64 || call->announcing || cause->by == GW_BY_CALLER)
        return NULL;
    return gw_plan_announcement(call->plan, a->trunk, q850);
}

bool gw_call_announce(struct gw_call *call, const struct gw_cause *cause)
{
    struct clip *clip = announcement(call, cause);

    if (!clip || !gw_call_play(call, call->a, clip, TIMES))
        return false;
    if (call->b)
        gw_call_drop_attempt(call, cause);
    rt_count(&gw_call_counters[GW_CALL_ANNOUNCED]);
    call->announcing = call->heard = true;
    call->cdr.cause = *cause;
    call->a->early = GW_EARLY_TONE;
    if (call->fsm.state != GW_CALL_TONES)
        rt_fsm_goto(&call->fsm, GW_CALL_TONES);
    rt_timer_start(&call->timer, LONGEST);
    gw_call_tell(call->a, &(struct gw_event){.type = GW_EV_PROCEEDING});
    gw_call_tell(call->a, &(struct gw_event){.type = GW_EV_PROGRESS, .inband = true});
    return true;
}

void gw_call_fail(struct gw_call *call, const struct gw_cause *cause)
{
    if (!gw_call_announce(call, cause))
        gw_call_end(call, cause);
}

void gw_call_played(struct gw_leg *leg)
{
    struct gw_call *call = leg->call;

    if (!call || leg->done)
        return;
    if (call->a != leg) { /* an agent that calls had it played there */
        if (call->a && !call->a->done && call->a->ops->played)
            call->a->ops->played(call->a);
        return;
    }
    if (call->announcing) {
        struct gw_cause cause = call->cdr.cause;
        gw_call_end(call, &cause);
    } else if (call->b && !call->b->done && call->b->ops->played) {
        call->b->ops->played(call->b);
    }
}
