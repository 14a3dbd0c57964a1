/* The invariants, put together: what is looked at while a run goes on, and when it is at rest; and
 * which calls a fault may have touched.
 */
#include "test/fake/fake.h"
#include "test/sim/engine.h"

#include <errno.h>
#include <stdlib.h>

/* ---- faults by the script ---- */

static rt_time ends_at(const struct sim_op *op)
{
    bool lasts = sim_op_lasts(op->kind) || op->kind == SIM_STALL;
    return op->at + (lasts ? (rt_time)op->a[1] * RT_MS : 0);
}

/** Faults are few among calls: they are picked out once. */
static bool pick_faults(struct sim *s)
{
    struct sim_checks *k = s->checks;
    unsigned n = 0;

    for (unsigned i = 0; i < s->nops; i++)
        n += s->op[i].kind != SIM_CALL;
    k->fault = calloc(n + 1, sizeof *k->fault);
    if (!k->fault)
        return false;
    for (unsigned i = 0; i < s->nops; i++)
        if (s->op[i].kind != SIM_CALL)
            k->fault[k->nfaults++] = &s->op[i];
    return true;
}

bool sim_fault_between(const struct sim *s, enum sim_op_kind kind, rt_time from, rt_time to)
{
    for (unsigned i = 0; i < s->checks->nfaults; i++) {
        const struct sim_op *op = s->checks->fault[i];
        if (op->kind == kind && s->began + op->at <= to && s->began + ends_at(op) >= from)
            return true;
    }
    return false;
}

/* ---- what a fault may do to calls ---- */

/** What a fault of a kind touches: nothing at all, calls of its far end, all calls. */
enum reach { NOTHING, ITS_FAR, ALL };

/** `setup`: only calls that are not yet answered. `after`: how long it is felt when it is over:
 * peers are asked again whether they live, the D channel comes up, channels are restarted, timers
 * end. */
static const struct effect {
    enum reach reach;
    bool setup;
    unsigned after; /* s */
} effects[SIM_OP_KINDS] = {
    [SIM_LOSS] = {ITS_FAR, false, 60}, [SIM_DELAY] = {ITS_FAR, false, 40},
    [SIM_CUT] = {ITS_FAR, false, 60},  [SIM_FLAP] = {ITS_FAR, false, 40},
    [SIM_SLIP] = {ITS_FAR, false, 15}, [SIM_BLOCK] = {ITS_FAR, true, 2},
    [SIM_STALL] = {ALL, false, 40},    [SIM_KILL] = {ALL, false, 20},
    [SIM_POWER] = {ALL, false, 20},    [SIM_STOP] = {ALL, false, 20},
    [SIM_MEMORY] = {ALL, false, 40},   [SIM_CRASH] = {ITS_FAR, false, 60},
    /* doubled datagrams, restarts of idle channels, a new plan, a slow or broken disk, garbage,
     * the wall clock, what telephones do: nothing; a call that the operator ends is known by the
     * time of its end */
};

/** So late that a message is not yet sent again (T1, T200), and no line notices. */
#define HARDLY_LATE 400 /* ms */
/** The line of a far end is felt by its calls in other ways than a SIP peer's. */
static bool is_sip(const struct sim *s, unsigned far)
{
    return far < s->nfars && (s->far[far].kind == SIM_SIP || s->far[far].kind == SIM_USERS);
}

/** This fault may do something to calls of this far end. */
static bool touches(const struct sim *s, const struct sim_op *op, unsigned far)
{
    if ((op->kind == SIM_FLAP || op->kind == SIM_SLIP) && s->far[op->from].kind != SIM_SPAN &&
        s->far[op->from].kind != SIM_AGENT)
        return false; /* there is no line */
    if (is_sip(s, far) && ((op->kind == SIM_DELAY && op->a[0] <= HARDLY_LATE) ||
                           (op->kind == SIM_STALL && op->a[1] <= HARDLY_LATE)))
        return false;
    return effects[op->kind].reach == ALL || op->from == SIM_FARS_MAX || far == SIM_FARS_MAX ||
           op->from == far;
}

/** How long the call takes to its answer, and in all, at the most and by its script. */
static rt_time until_answer(const struct sim_script *c)
{
    unsigned ms = c->progress + c->ring + (c->silent ? 240000 : 0);

    if (c->refuse || c->silent)
        ms *= 2; /* a second target may be tried */
    return (rt_time)(ms + (c->overlap ? 20000 : 0)) * RT_MS + 3 * RT_S;
}

static rt_time life(const struct sim_script *c)
{
    rt_time moved = c->transfer ? (rt_time)c->transfer * RT_MS + until_answer(c) : 0;

    return until_answer(c) + moved + (c->refuse ? 0 : (rt_time)c->talk * RT_MS) + 10 * RT_S;
}

/** Its channels or its way may change after the answer too. */
static bool set_up_again(const struct sim_script *c)
{
    return c->hold > 0 || c->transfer > 0;
}

/** True when one of these faults overlaps the call, at `far`; SIM_FARS_MAX: at any. */
static bool touched(const struct sim *s, const struct sim_op *call, unsigned far)
{
    for (unsigned i = 0; i < s->checks->nfaults; i++) {
        const struct sim_op *op = s->checks->fault[i];
        const struct effect *e = &effects[op->kind];
        bool setup = e->setup && !set_up_again(&call->call);
        rt_time to = call->at + (setup ? until_answer(&call->call) : life(&call->call));
        if (e->reach != NOTHING && op->at <= to && ends_at(op) + e->after * RT_S >= call->at &&
            touches(s, op, far))
            return true;
    }
    return false;
}

/** The line of at least one trunk for emergency calls is good all the time. */
static bool emergency_disturbed(const struct sim *s, const struct sim_op *call)
{
    for (unsigned i = 0; i < s->nfars; i++)
        if (s->far[i].emergency && !touched(s, call, i))
            return false;
    return true;
}

bool sim_emergency_touched(const struct sim *s, const struct sim_call *c)
{
    for (unsigned i = 0; i < s->nfars; i++)
        if (c->op->call.emergency && s->far[i].emergency && touched(s, c->op, i))
            return true;
    return false;
}

static unsigned fallback(const struct sim *s, const struct sim_op *op)
{
    return (op->to + 1) % s->nfars;
}

void sim_checks_plan(struct sim *s, struct sim_call *c)
{
    const struct sim_op *op = c->op;

    c->disturbed = !s->gw || touched(s, op, op->from);
    if (op->call.emergency)
        c->disturbed |= emergency_disturbed(s, op);
    else
        c->disturbed |= touched(s, op, op->to) || touched(s, op, fallback(s, op)) ||
                        (op->call.transfer && touched(s, op, SIM_FARS_MAX));
    if (s->far[op->to].ops->presence)
        c->presence = s->far[op->to].ops->presence(&s->far[op->to], c);
    c->crowded = sim_full(s, op->from) || sim_full(s, op->to);
    c->portless = sim_portless();
}

bool sim_emergency_at(const struct sim *s, rt_time at)
{
    for (unsigned i = 0; i < s->nops && s->began + s->op[i].at <= at + RT_S; i++)
        if (s->op[i].kind == SIM_CALL && s->op[i].call.emergency &&
            s->began + s->op[i].at > at - 30 * RT_S)
            return true;
    return false;
}

/* ---- when ---- */

int sim_checks_start(struct sim *s)
{
    s->checks = calloc(1, sizeof *s->checks);
    return s->checks && pick_faults(s) ? sim_limits_start(s) : ENOMEM;
}

void sim_checks_started(struct sim *s)
{
    sim_check_forget_calls(s); /* numbers begin again */
    sim_limits_started(s);
}

void sim_checks_idle(struct sim *s)
{
    struct fake_leaks is;

    fake_leaks(&is);
    s->checks->idle_udp = is.udp;
    s->checks->idle_files = is.files;
    s->checks->idle_timers = is.timers;
    s->checks->idle_loops = is.loops;
}

void sim_check(struct sim *s)
{
    if (s->failure[0])
        return;
    sim_check_calls(s);
    sim_check_outcomes(s);
    for (unsigned i = 0; s->gw && i < s->nfars; i++)
        if (s->far[i].ops->check)
            s->far[i].ops->check(&s->far[i]);
    sim_limits_watch(s);
}

void sim_check_rest(struct sim *s)
{
    sim_check_held(s);
    sim_limits_day(s);
    sim_check_records(s);
    sim_check_limits(s);
    sim_check_transfers(s);
}
