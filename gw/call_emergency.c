/* Calls to the emergency service: who called is remembered and told, and another call makes way
 * where there is no channel, for a call that leaves and (leg_isdn_hear.c) for one that arrives.
 */
#include "gw/alarm.h"
#include "gw/call_counters.h"
#include "gw/call_priv.h"
#include "gw/emergency.h"
#include "gw/gw.h"
#include "gw/notify.h"
#include "gw/span_status.h"

#include <stdio.h>
#include <utlist.h>

/** How long the channel of a call that was released for this one is waited for. */
#define ROOM_TIME (4 * RT_S)

/* ---- who calls ---- */

/** What the service sees of the caller, and whom that is. */
static void remember(struct gw_call *call)
{
    const struct gw_dialling *dial = call->dial;
    const struct gw_hop *hop = &dial->decision.hop[0];
    struct dp_number shown = hop->calling, caller = dial->setup.calling;

    if (dial->decision.nhops == 0)
        return;
    dp_normalise_calling(&shown, hop->trunk->site);
    dp_normalise_calling(&caller, call->a->trunk->site);
    if (shown.digits[0] && caller.digits[0])
        gw_emergency_remember(call->gw, &shown, call->a->trunk, &caller);
}

static void tell(struct gw_call *call)
{
    const struct gw_decision *d = &call->dial->decision;
    const struct gw_emergency *e = &call->plan->dial.emergency;
    char text[200], caller[DP_TEXT_LEN], called[DP_TEXT_LEN];
    const char *place = d->location ? d->location->place : NULL;

    dp_text(caller, &call->dial->setup.calling);
    snprintf(text, sizeof text, "emergency call to %s from %s on trunk %s%s%s",
             dp_text(called, &d->called), caller[0] ? caller : "an unknown number",
             call->a->trunk->name, place ? ", " : "", place ? place : "");
    rt_log(RT_LOG_CALL, RT_NOTICE, "%s: %s", call->name, text);
    gw_alarm_raise(call->gw->alarms, GW_ALARM_EMERGENCY, call->name, "%s", text);
    for (unsigned i = 0; i < e->nnotify; i++)
        gw_notify(call->gw, e->notify[i], text);
}

void gw_call_emergency(struct gw_call *call)
{
    const struct gw_decision *d = &call->dial->decision;

    call->callback = d->callback;
    if (!d->emergency || call->emergency)
        return;
    call->emergency = call->cdr.emergency = true;
    rt_count(&gw_call_counters[GW_CALL_EMERGENCIES]);
    remember(call);
    tell(call);
}

/* ---- room ---- */

static bool full(const struct gw_call *call, const struct gw_trunk *t)
{
    const struct gw *gw = call->gw;

    for (unsigned i = 0; t->kind == GW_TRUNK_SPAN && i < gw->nspans; i++)
        if (gw->plan->spans[i].id == t->span->id)
            return gw_span_free(gw->spans[i].isdn, t->channels) == 0;
    return false;
}

/** The leg of a call that may be dropped. */
static struct gw_leg *ordinary(const struct gw_call *call, bool outbound)
{
    struct gw_leg *leg = outbound ? call->b : call->a;

    return leg && !leg->done && !leg->joint && !call->emergency && !call->callback ? leg : NULL;
}

/** Whether `x` goes before `y`, which came before it. */
static bool goes_first(const struct gw_call *x, const struct gw_call *y, enum gw_preempt how)
{
    return how != GW_PREEMPT_LOWEST || !x->priority || y->priority;
}

/** The newest call; of those we placed where there is one. */
struct gw_leg *gw_call_expendable(const struct gw *gw, enum gw_preempt how, gw_leg_fits *fits,
                                  const void *arg)
{
    struct gw_leg *best = NULL, *leg;
    struct gw_call *c;

    if (how == GW_PREEMPT_NONE)
        return NULL;
    for (unsigned outbound = 2; !best && outbound-- > 0;)
        DL_FOREACH(gw->calls, c)
        {
            leg = ordinary(c, outbound == 1);
            if (leg && fits(leg, arg) && (!best || goes_first(c, best->call, how)))
                best = leg;
        }
    return best;
}

void gw_call_preempt(struct gw_leg *leg, const char *name)
{
    rt_count(&gw_call_counters[GW_CALL_PREEMPTIONS]);
    rt_log(RT_LOG_CALL, RT_NOTICE, "%s: released for %s, which is an emergency call",
           leg->call->name, name);
    leg->call->cdr.preempted = true;
    gw_call_release(leg->call, 8, GW_BY_GATEWAY); /* preemption */
}

/** It has no channel, or none any more: the far end's call took it. */
static bool lost_channel(const struct gw_leg *leg)
{
    char channel[96] = "";

    leg->ops->channel(leg, channel, sizeof channel);
    return channel[0] == '\0';
}

/** It has a channel of that trunk. */
static bool is_on(const struct gw_leg *leg, const void *arg)
{
    const struct gw_trunk *t = arg;

    return leg->trunk->kind == GW_TRUNK_SPAN && strcmp(leg->trunk->name, t->name) == 0 &&
           !leg->away && !lost_channel(leg);
}

bool gw_call_may_make_room(const struct gw_call *call)
{
    const struct gw_dialling *dial = call->dial;
    const struct gw_hop *hop = dial ? &dial->decision.hop[dial->hop] : NULL;

    return dial && dial->hop < dial->decision.nhops && hop->emergency && call->b &&
           lost_channel(call->b) && call->plan->dial.emergency.preempt != GW_PREEMPT_NONE &&
           dial->room.hop != dial->hop + 1 && full(call, hop->trunk);
}

enum gw_ready gw_call_make_room(struct gw_call *call, const struct gw_hop *hop)
{
    struct gw_room *room = &call->dial->room;
    struct gw_leg *leg;

    if (room->waits)
        return GW_WAIT;
    if (!hop->preempt || room->hop == call->dial->hop + 1 || !full(call, hop->trunk))
        return GW_READY;
    room->hop = call->dial->hop + 1;
    leg = gw_call_expendable(call->gw, call->plan->dial.emergency.preempt, is_on, hop->trunk);
    if (!leg)
        return GW_READY; /* the exchange has the last word */
    room->waits = true;
    room->awaited = leg;
    rt_timer_start(&call->dial->patience, ROOM_TIME);
    gw_call_preempt(leg, call->name);
    return GW_WAIT;
}

void gw_call_made_room(const struct gw_leg *leg)
{
    struct gw_call *c;

    DL_FOREACH(leg->gw->calls, c)
    {
        if (!c->dial || !c->dial->room.waits || c->dial->room.awaited != leg)
            continue;
        c->dial->room.awaited = NULL;
        rt_timer_start(&c->dial->patience, 0);
    }
}

bool gw_call_has_room(struct gw_call *call)
{
    struct gw_room *room = &call->dial->room;
    bool there = room->awaited == NULL;

    room->waits = false;
    room->awaited = NULL;
    if (!there)
        rt_log(RT_LOG_CALL, RT_WARN, "%s: the channel of a call that was released is not free yet",
               call->name);
    return there;
}
