/* What metrics hear of a call: gw/trunk_stats.h by the trunk that it came by, and by the one that
 * each attempt is placed over. */
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/trunk_stats.h"

static uint32_t ms_since(const struct gw_call *call, rt_time then)
{
    return (uint32_t)((rt_loop_now(call->gw->loop) - then) / RT_MS);
}

/* ---- the trunk that it came by ---- */

static void note(struct gw_call *call, struct gw_performance_event e)
{
    if (call->account.came)
        gw_trunk_stats_event(call->gw->stats, call->cdr.from_trunk, GW_IN, &e);
}

/** A joint stands for a caller who was counted already. A call that came in has its channel. */
void gw_call_came(struct gw_call *call)
{
    call->account.came = call->a && !call->a->joint;
    note(call, (struct gw_performance_event){.what = GW_PERFORMANCE_ATTEMPT});
    note(call, (struct gw_performance_event){.what = GW_PERFORMANCE_SEIZED});
}

/** Once, whichever target it is. */
void gw_call_rings(struct gw_call *call)
{
    if (call->account.rung)
        return;
    call->account.rung = true;
    note(call, (struct gw_performance_event){.what = GW_PERFORMANCE_RINGING,
                                             .ms = ms_since(call, call->started)});
}

void gw_call_count_answer(struct gw_call *call)
{
    note(call, (struct gw_performance_event){.what = GW_PERFORMANCE_ANSWERED,
                                             .ms = ms_since(call, call->started)});
}

void gw_call_count_end(struct gw_call *call, const struct gw_cause *cause)
{
    bool answered = call->answered != 0;

    if (call->emergency)
        gw_call_stats_emergency(call->gw->stats, answered);
    note(call, (struct gw_performance_event){.what = GW_PERFORMANCE_ENDED,
                                             .ms = answered ? ms_since(call, call->answered) : 0,
                                             .cause = cause->q850,
                                             .seized = true,
                                             .answered = answered});
}

/* ---- those that it goes to ---- */

void gw_call_count_attempt(struct gw_call *call, const struct gw_performance_event *e)
{
    if (call->account.by[0])
        gw_trunk_stats_event(call->gw->stats, gw_performance_name(call->account.by[0]), GW_OUT, e);
}

void gw_call_count_failover(struct gw_call *call, const struct gw_trunk *to)
{
    if (call->attempt.failed)
        gw_trunk_stats_failover(call->gw->stats, call->cdr.to_trunk, to->name,
                                call->attempt.failed);
    call->attempt.failed = 0;
}

/* ---- sound ---- */

static void media_of(struct gw_call *call, const struct gw_leg *leg, const struct gw_leg *other)
{
    struct media_stats m = {0};

    if (leg && leg->ops->stats(leg, &m))
        gw_trunk_stats_media(call->gw->stats, leg->trunk->name, other ? other->trunk->name : "",
                             &m);
}

void gw_call_count_media(struct gw_call *call)
{
    media_of(call, call->a, call->b);
    media_of(call, call->b, call->a);
}
