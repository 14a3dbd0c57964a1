/* What breaks, and what an operator does: each operation but calls, and those that end the gateway.
 */
#include "gw/apply.h"
#include "gw/rt/file.h"
#include "gw/span_status.h"
#include "gw/upkeep.h"
#include "test/fake/fake.h"
#include "test/sim/engine.h"

#include <errno.h>
#include <limits.h>

bool sim_op_ends(enum sim_op_kind kind)
{
    return kind == SIM_KILL || kind == SIM_POWER || kind == SIM_STOP;
}

bool sim_op_lasts(enum sim_op_kind kind)
{
    static const bool lasts[SIM_OP_KINDS] = {
        [SIM_LOSS] = true,  [SIM_TWICE] = true,     [SIM_DELAY] = true,    [SIM_CUT] = true,
        [SIM_FLAP] = true,  [SIM_BLOCK] = true,     [SIM_KILL] = true,     [SIM_POWER] = true,
        [SIM_STOP] = true,  [SIM_DISK_SLOW] = true, [SIM_DISK_BAD] = true, [SIM_MEMORY] = true,
        [SIM_PHONE] = true, [SIM_CRASH] = true,
    };
    return lasts[kind];
}

static void far_fault(struct sim *s, const struct sim_op *op, bool begins)
{
    struct sim_far *f = &s->far[op->from];

    if (f->ops->fault)
        f->ops->fault(f, op, begins);
}

/* ---- the operator ---- */

static void block(struct sim *s, const struct sim_op *op, bool begins)
{
    const char *name = s->far[op->from].trunk;
    const struct gw_trunk *t = s->gw ? gw_plan_trunk(s->gw->plan, rt_str(name)) : NULL;

    if (!t)
        return;
    if (begins)
        (void)gw_block(s->gw, t, 0, op->a[0] != 0); /* trunks without channels have no draining */
    else
        (void)gw_unblock(s->gw, t, 0);
}

static void restart(struct sim *s, const struct sim_op *op, bool begins)
{
    const char *name = s->far[op->from].trunk;
    const struct gw_trunk *t = s->gw ? gw_plan_trunk(s->gw->plan, rt_str(name)) : NULL;

    if (!begins || !t || t->kind != GW_TRUNK_SPAN)
        return;
    for (unsigned i = 0; i < s->gw->nspans; i++)
        if (s->gw->plan->spans[i].id == t->span->id)
            (void)gw_restart(&s->gw->spans[i], 0);
}

static void release(struct sim *s, const struct sim_op *op, bool begins)
{
    struct gw_call *call = s->gw ? s->gw->calls : NULL;

    for (unsigned i = 0; call && i < op->a[0]; i++)
        call = call->next;
    if (begins && call)
        gw_call_release(call, 31, GW_BY_OPERATOR);
}

static void on_applied(void *arg, const struct gw_apply_result *r)
{
    struct sim *s = arg;
    rt_time now = rt_now();

    /* without memory or disk it may fail, or be cut off; anything else is a plan that is good */
    bool stops = r->err == ECANCELED && sim_fault_between(s, SIM_STOP, now - 20 * RT_S, now);
    if (r->err != 0 && !stops && r->err != ENOMEM && r->err != EIO &&
        !sim_fault_between(s, SIM_MEMORY, now - 20 * RT_S, now) &&
        !sim_fault_between(s, SIM_DISK_BAD, now - 20 * RT_S, now))
        sim_fail(s, "apply", "error %d, %.*s", r->err, RT_STR(r->errors));
}

static void apply(struct sim *s, const struct sim_op *op, bool begins)
{
    struct rt_buf text = {0};

    if (!begins || !s->gw || !s->apply)
        return;
    sim_plan(s, op->a[0], &text);
    if (!text.failed && rt_file_replace("/sim.conf", text.p, text.n, 0644) == 0) {
        struct gw_apply_request r = {.kind = GW_APPLY_FILE, .who = "simulation"};
        struct gw_apply_job *job = gw_apply_submit(s->apply, &r);
        if (job)
            gw_apply_await(job, on_applied, s);
    }
    rt_buf_release(&text);
}

/* ---- the machine ---- */

static void stall(struct sim *s, const struct sim_op *op, bool begins)
{
    if (begins && s->gw)
        fake_process_stall(SIM_PROCESS, (rt_time)op->a[1] * RT_MS);
}

static void disk_slow(struct sim *s, const struct sim_op *op, bool begins)
{
    rt_time each = begins ? (rt_time)op->a[0] * RT_MS : 0;

    (void)s;
    fake_disk_slow(each, 2 * each);
}

static void disk_bad(struct sim *s, const struct sim_op *op, bool begins)
{
    (void)s;
    (void)op;
    fake_files_fail(begins ? UINT_MAX : 0, EIO);
}

static void memory(struct sim *s, const struct sim_op *op, bool begins)
{
    sim_memory_fail(begins ? op->a[0] : 0, sim_mix(s->seed, op->id));
}

static void garbage(struct sim *s, const struct sim_op *op, bool begins)
{
    if (begins)
        sim_net_garbage(s, op);
}

static void set_clock(struct sim *s, const struct sim_op *op, bool begins)
{
    (void)s;
    if (begins)
        fake_wall_step((op->a[1] ? -1 : 1) * (rt_time)op->a[0] * RT_S);
}

/** Inside the gateway's process, as if the operator's command had come there. */
static bool inside(enum sim_op_kind kind)
{
    return kind == SIM_BLOCK || kind == SIM_RESTART || kind == SIM_RELEASE || kind == SIM_APPLY;
}

void sim_fault(struct sim *s, const struct sim_op *op, bool begins)
{
    static void (*const table[SIM_OP_KINDS])(struct sim * s, const struct sim_op *op,
                                             bool begins) = {
        [SIM_LOSS] = sim_net_fault, [SIM_TWICE] = sim_net_fault, [SIM_DELAY] = sim_net_fault,
        [SIM_CUT] = sim_net_fault,  [SIM_FLAP] = far_fault,      [SIM_SLIP] = far_fault,
        [SIM_BLOCK] = block,        [SIM_RESTART] = restart,     [SIM_RELEASE] = release,
        [SIM_APPLY] = apply,        [SIM_STALL] = stall,         [SIM_DISK_SLOW] = disk_slow,
        [SIM_DISK_BAD] = disk_bad,  [SIM_MEMORY] = memory,       [SIM_GARBAGE] = garbage,
        [SIM_PHONE] = far_fault,    [SIM_CLOCK] = set_clock,     [SIM_CRASH] = far_fault,
    };

    if (!table[op->kind])
        return;
    unsigned before = inside(op->kind) ? fake_process(SIM_PROCESS) : fake_process_now();
    table[op->kind](s, op, begins);
    fake_process(before);
    if (begins)
        s->injected[op->kind]++;
}
