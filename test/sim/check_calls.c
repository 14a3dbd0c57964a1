/* While a run goes on: no call of the gateway stays in a state for longer than something ends it,
 * no deadline of a channel passes, and no leg is without its call.
 */
#include "gw/gw.h"
#include "gw/span_status.h"
#include "test/sim/engine.h"

#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

/** What ends each state at last: T301, session timers and so on, with room for a process that stood
 * still meanwhile. */
static const rt_time longest[GW_CALL_STATES] = {
    [GW_CALL_COLLECTING] = 120 * RT_S, [GW_CALL_TRYING] = 400 * RT_S,
    [GW_CALL_PROCEEDING] = 400 * RT_S, [GW_CALL_ALERTING] = 400 * RT_S,
    [GW_CALL_CONNECTED] = 3600 * RT_S, [GW_CALL_TONES] = 120 * RT_S,
    [GW_CALL_OVER] = 200 * RT_S,
};
/** An answered call whose far ends are both done with it: undisturbed, and after messages were
 * lost, when only a session timer or the next re-INVITE finds out. */
#define DONE_MAX      (45 * RT_S)
#define DONE_MAX_LOST (2100 * RT_S)

#define LEGS_PACE (10 * RT_S)
#define DUE_MAX   (2 * RT_S)

struct sim_age {
    unsigned number;
    unsigned state;
    rt_time since;
    bool seen;
    UT_hash_handle hh;
};

void sim_check_forget_calls(struct sim *s)
{
    struct sim_age *a, *next;

    HASH_ITER(hh, s->checks->ages, a, next)
    {
        HASH_DEL(s->checks->ages, a);
        free(a);
    }
}

/** Since when the call is in its state. */
static rt_time since(struct sim *s, const struct gw_call *call)
{
    struct sim_age *a;

    HASH_FIND(hh, s->checks->ages, &call->number, sizeof call->number, a);
    if (!a) {
        a = calloc(1, sizeof *a);
        if (!a)
            return rt_now();
        a->number = call->number;
        a->state = GW_CALL_STATES;
        HASH_ADD(hh, s->checks->ages, number, sizeof a->number, a);
    }
    a->seen = true;
    if (a->state != (unsigned)call->fsm.state) {
        a->state = (unsigned)call->fsm.state;
        a->since = rt_now();
    }
    return a->since;
}

static void drop_unseen(struct sim *s)
{
    struct sim_age *a, *next;

    HASH_ITER(hh, s->checks->ages, a, next)
    {
        if (!a->seen) {
            HASH_DEL(s->checks->ages, a);
            free(a);
            continue;
        }
        a->seen = false;
    }
}

/* ---- calls ---- */

static void check_connected(struct sim *s, const struct gw_call *call)
{
    const struct sim_call *c = sim_call_of(s, rt_str(call->cdr.caller));
    rt_time most = c && c->disturbed ? DONE_MAX_LOST : DONE_MAX;

    if (c && c->over && rt_now() > c->over + most && !call->transfer)
        sim_fail(s, "ends", "%s (%s to %s) is answered still, %d s after both far ends left it",
                 call->name, c->caller, c->called, (int)((rt_now() - c->over) / RT_S));
}

static void check_call(struct sim *s, const struct gw_call *call, bool clearing)
{
    unsigned state = (unsigned)call->fsm.state;
    rt_time began = since(s, call);

    if (rt_now() > began + longest[clearing ? GW_CALL_OVER : state])
        sim_fail(s, "ends", "%s (%s to %s) is %s since %d s%s", call->name, call->cdr.caller,
                 call->cdr.called, gw_call_state_name((enum gw_call_state)state),
                 (int)((rt_now() - began) / RT_S), clearing ? ", and still clearing" : "");
    if (state == GW_CALL_CONNECTED && !clearing)
        check_connected(s, call);
}

/* ---- legs ---- */

static bool has_leg(const struct gw *gw, const struct gw_leg *leg)
{
    const struct gw_leg *l;

    DL_FOREACH(gw->legs, l)
    if (l == leg)
        return true;
    return leg == NULL;
}

static bool has_call(const struct gw *gw, const struct gw_call *call)
{
    const struct gw_call *c;

    DL_FOREACH(gw->calls, c)
    if (c == call)
        return true;
    DL_FOREACH(gw->clearing, c)
    if (c == call)
        return true;
    return false;
}

static void check_legs(struct sim *s)
{
    const struct gw_leg *leg;
    const struct gw_call *call;
    unsigned n = 0;

    DL_FOREACH(s->gw->legs, leg)
    if (leg->call && !has_call(s->gw, leg->call))
        sim_fail(s, "orphans", "a leg of trunk %s belongs to a call that is in no list",
                 leg->trunk ? leg->trunk->name : "-");
    DL_FOREACH(s->gw->calls, call)
    {
        n++;
        if (!has_leg(s->gw, call->a) || !has_leg(s->gw, call->b))
            sim_fail(s, "orphans", "%s has a leg that is in no list", call->name);
    }
    if (n != s->gw->ncalls)
        sim_fail(s, "orphans", "%u calls are counted, %u are there", s->gw->ncalls, n);
}

/* ---- channels ---- */

static void check_deadlines(struct sim *s)
{
    struct gw_channel_status st;
    rt_time now = rt_now();

    if (sim_fault_between(s, SIM_STALL, now - 30 * RT_S, now))
        return;
    for (unsigned i = 0; i < s->gw->nspans; i++)
        for (unsigned ts = 1; ts < GW_TIMESLOTS; ts++)
            if (gw_channel_status(&st, s->gw->spans[i].isdn, ts) && st.due != 0 &&
                st.due < now - DUE_MAX)
                sim_fail(s, "ends", "channel %u of span %u should have been left by %s %d ms ago",
                         ts, s->gw->plan->spans[i].id, st.timer ? st.timer : "-",
                         (int)((now - st.due) / RT_MS));
}

void sim_check_calls(struct sim *s)
{
    const struct gw_call *call;

    if (!s->gw)
        return;
    DL_FOREACH(s->gw->calls, call)
    check_call(s, call, false);
    DL_FOREACH(s->gw->clearing, call)
    check_call(s, call, true);
    drop_unseen(s);
    if (rt_now() < s->checks->legs_at + LEGS_PACE)
        return;
    s->checks->legs_at = rt_now();
    check_legs(s);
    check_deadlines(s);
}
