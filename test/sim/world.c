/* The world: the gateway as a process of the fake kernel, started, stopped and killed, and the time
 * line of a run.
 */
#include "gw/apply.h"
#include "gw/cdr_priv.h"
#include "gw/export.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"
#include "test/sim/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define PLAN_FILE "/sim.conf"
/** How long SIGTERM waits for calls, as gw/daemon.c does. */
#define STOP_TIMEOUT (5 * RT_S)
/** Octets of a journal in every third run: it rotates while all else goes on. */
#define SHORT_JOURNAL 200000
/** Between two looks at everything. */
#define STEP (10 * RT_S)
/** The longest that anything may still go on after the last operation: a session that nobody
 * refreshes (half an hour) and what comes after it. */
#define REST_MAX (2400 * RT_S)
/** All is quiet, but transactions live on: 64 * T1, T305 and T308 twice, T309. */
#define REST_MIN (150 * RT_S)

/** How often cards interrupt where nothing breaks, in ms, with calls and without: months pass. */
#define CALM_CHUNK 10
#define CALM_LAZY  80

/** Something of an operation that is to be done: it begins, or it ends. */
struct step {
    rt_time at;
    const struct sim_op *op;
    bool begins;
};

struct sim_world {
    struct step *step;
    unsigned nsteps;
    unsigned down;     /**< operations that keep the gateway from running */
    unsigned failures; /**< to start, one after the other */
    struct gw_sources sources;
};

/* ---- the gateway's process ---- */

/** What the gateway reads, or needs to start, may fail just now. */
static bool starved(const struct sim *s)
{
    rt_time now = rt_now();

    return sim_fault_between(s, SIM_MEMORY, now, now) ||
           sim_fault_between(s, SIM_DISK_BAD, now, now);
}

static int load(struct sim *s, struct gw_plan **plan)
{
    struct conf_diag diag = {.errors = 0};
    struct conf_reader reader = gw_sources_record(&s->world->sources);
    int err = gw_plan_load_through(plan, PLAN_FILE, &reader, NULL, &diag);

    if (err != 0 && err != ENOMEM && err != EIO && !starved(s))
        sim_fail(s, "plan", "%s", diag.text.n > 0 ? diag.text.p : strerror(err));
    conf_diag_release(&diag);
    return err;
}

static void tell(struct sim *s, enum sim_gateway_event what)
{
    for (unsigned i = 0; i < s->nfars; i++)
        if (s->far[i].ops->gateway)
            s->far[i].ops->gateway(&s->far[i], what);
}

/** Ends what a start that came to nothing has made. */
static void undo(struct sim *s)
{
    if (s->gw) {
        gw_apply_free(s->apply);
        gw_stop(s->gw);
    }
    s->apply = NULL;
    s->gw = NULL;
    gw_sources_release(&s->world->sources);
    fake_settle();
    rt_loop_free(s->inner);
    s->inner = NULL;
}

static int start_inside(struct sim *s)
{
    struct rt_buf why = {0};
    struct gw_plan *plan = NULL;
    int err = rt_loop_new(&s->inner, "tandem");

    if (err != 0)
        return err;
    err = load(s, &plan);
    if (err == 0)
        err = gw_start(&s->gw, s->inner, plan, &why);
    gw_plan_unref(plan);
    if (err != 0)
        s->gw = NULL;
    else
        err = gw_apply_new(&s->apply, s->gw, PLAN_FILE, &s->world->sources);
    if (err == 0 && s->seed % 3 == 0)
        gw_cdr_rotate_at(s->gw->cdr, SHORT_JOURNAL);
    if (err != 0) {
        if (getenv("SIM_DEBUG"))
            fprintf(stderr, "start: %s %s\n", strerror(err), why.n > 0 ? why.p : "");
        undo(s);
    }
    rt_buf_release(&why);
    return err;
}

int sim_gateway_start(struct sim *s)
{
    unsigned before = fake_process(SIM_PROCESS);
    struct fake_leaks was, is;

    fake_leaks(&was);
    int err = start_inside(s);
    fake_process(before);
    if (err == 0) {
        s->starts++;
        s->world->failures = 0;
        tell(s, SIM_STARTED);
        sim_checks_started(s);
        return 0;
    }
    fake_leaks(&is);
    if (is.loops != was.loops || is.udp > was.udp || is.files > was.files)
        sim_fail(s, "start", "failed with %d and left %d loops, %d udp, %d files behind", err,
                 (int)is.loops - (int)was.loops, (int)is.udp - (int)was.udp,
                 (int)is.files - (int)was.files);
    return err;
}

void sim_gateway_stop(struct sim *s)
{
    if (!s->gw)
        return;
    unsigned before = fake_process(SIM_PROCESS);
    gw_release_all(s->gw);
    fake_process(before);
    for (rt_time until = rt_now() + STOP_TIMEOUT; !gw_idle(s->gw) && rt_now() < until;)
        fake_advance(10 * RT_MS);
    fake_process(SIM_PROCESS);
    s->checks->total += s->gw->total_calls;
    sim_limits_ends(s, true);
    undo(s);
    fake_process(before);
    tell(s, SIM_STOPPED);
}

void sim_gateway_kill(struct sim *s, bool power)
{
    if (s->gw) {
        sim_records_lost(s, power);
        tell(s, SIM_KILLED);
    }
    if (s->gw)
        s->checks->total += s->gw->total_calls;
    sim_limits_ends(s, false);
    fake_process_kill(SIM_PROCESS);
    if (power) {
        fake_files_crash();
        fake_reboot();
    }
    s->gw = NULL;
    s->apply = NULL;
    s->inner = NULL;
    s->world->sources = (struct gw_sources){.n = 0}; /* it went with the process */
}

/** Again and again, as a supervisor does, when memory or the disk fail. */
static void try_start(struct sim *s)
{
    if (s->gw || s->world->down > 0 || s->failure[0] || sim_gateway_start(s) == 0)
        return;
    if (!starved(s) && s->world->failures++ > 0)
        sim_fail(s, "start", "the gateway does not start, %u times", s->world->failures);
}

/* ---- the time line ---- */

static int by_time(const void *a, const void *b)
{
    const struct step *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->op != y->op)
        return x->op < y->op ? -1 : 1; /* in the order of the script */
    return (int)y->begins - (int)x->begins;
}

static bool make_steps(struct sim *s)
{
    struct sim_world *w = s->world;

    w->step = calloc(2 * (size_t)s->nops + 1, sizeof *w->step);
    if (!w->step)
        return false;
    for (unsigned i = 0; i < s->nops; i++) {
        const struct sim_op *op = &s->op[i];
        rt_time ends = op->at + (rt_time)op->a[1] * RT_MS;
        w->step[w->nsteps++] = (struct step){op->at, op, true};
        if (sim_op_lasts(op->kind))
            w->step[w->nsteps++] = (struct step){ends, op, false};
        if (op->kind != SIM_CALL && s->began + ends > s->faulty)
            s->faulty = s->began + ends;
        if (op->id >= s->nids)
            s->nids = op->id + 1;
    }
    qsort(w->step, w->nsteps, sizeof *w->step, by_time);
    s->of_id = calloc(s->nids + 1, sizeof(struct sim_call *));
    return s->of_id != NULL;
}

/** The failure that tests of the engine itself want. */
static void check_plant(struct sim *s)
{
    const struct sim_call *c = s->plant != 0 && s->plant < s->nids ? s->of_id[s->plant] : NULL;

    if (c && c->b.answered)
        sim_fail(s, "planted", "call %u was answered", s->plant);
}

/** Lets time pass up to an instant, looking at everything now and then. */
static void pass(struct sim *s, rt_time until)
{
    while (rt_now() < until && !s->failure[0]) {
        rt_time step = s->gw || s->world->down > 0 ? STEP : RT_S, left = until - rt_now();
        fake_advance(step < left ? step : left);
        try_start(s);
        sim_check(s);
        check_plant(s);
    }
}

static void place(struct sim *s, const struct sim_op *op)
{
    struct sim_call *c = calloc(1, sizeof *c);

    if (!c)
        return;
    c->op = op;
    c->chance = s->seed;
    sim_number(c->caller, op->from, op->id);
    sim_number(c->called, op->to, op->id);
    sim_checks_plan(s, c);
    s->of_id[op->id] = c;
    DL_APPEND(s->calls, c);
    s->far[op->from].ops->call(&s->far[op->from], c);
}

static void end_gateway(struct sim *s, const struct step *step)
{
    struct sim_world *w = s->world;

    if (!step->begins) {
        w->down--;
        try_start(s);
        return;
    }
    s->injected[step->op->kind]++;
    w->down++;
    if (step->op->kind == SIM_STOP)
        sim_gateway_stop(s);
    else
        sim_gateway_kill(s, step->op->kind == SIM_POWER);
}

static void take(struct sim *s, const struct step *step)
{
    if (getenv("SIM_DEBUG"))
        fprintf(stderr, "+%.3f %u %s %s\n", (double)(rt_now() - s->began) / (double)RT_S,
                step->op->id, sim_op_word(step->op->kind), step->begins ? "" : "ends");
    if (step->op->kind == SIM_CALL)
        place(s, step->op);
    else if (sim_op_ends(step->op->kind))
        end_gateway(s, step);
    else
        sim_fault(s, step->op, step->begins);
    fake_settle();
    sim_check(s);
}

/* ---- a run ---- */

static bool at_rest(struct sim *s)
{
    bool idle = s->gw && gw_idle(s->gw);
    struct rt_buf why = {0};

    for (unsigned i = 0; idle && i < s->nfars; i++)
        idle = s->far[i].ops->idle(&s->far[i], &why);
    rt_buf_release(&why);
    return idle;
}

/** Until nothing goes on any more, or must have ended. */
static void come_to_rest(struct sim *s)
{
    for (rt_time until = rt_now() + REST_MAX; rt_now() < until && !at_rest(s) && !s->failure[0];)
        pass(s, rt_now() + STEP);
    pass(s, rt_now() + REST_MIN);
}

static bool begin(struct sim *s)
{
    struct rt_buf text = {0};

    fake_reset();
    fake_seed(s->seed);
    if (!s->faults) {
        fake_dahdi_chunk(CALM_CHUNK);
        fake_dahdi_lazy(CALM_LAZY);
    }
    s->began = s->faulty = rt_now();
    s->world = calloc(1, sizeof *s->world);
    if (!s->world || rt_loop_new(&s->loop, "far ends") != 0 || sim_checks_start(s) != 0 ||
        !make_steps(s))
        return false;
    sim_net_start(s);
    sim_plan(s, 0, &text);
    rt_file_replace(PLAN_FILE, text.p, text.n, 0644);
    rt_buf_release(&text);
    for (unsigned i = 0; i < s->nfars; i++) {
        s->far[i].sim = s; /* which may be a copy of the one that they were drawn for */
        if (s->far[i].ops->start(&s->far[i]) != 0)
            sim_fail(s, "far", "%s does not start", s->far[i].trunk);
    }
    return !s->failure[0];
}

static void end(struct sim *s)
{
    unsigned before = fake_process(SIM_PROCESS);

    if (s->gw) {
        s->checks->total += s->gw->total_calls;
        undo(s);
    }
    fake_process(before);
    for (unsigned i = 0; i < s->nfars; i++)
        s->far[i].ops->stop(&s->far[i]);
    free(s->world->step);
}

void sim_run(struct sim *s)
{
    if (!begin(s)) {
        sim_fail(s, "begin", "the far ends cannot be made");
        return;
    }
    try_start(s);
    pass(s, rt_now() + 30 * RT_S); /* Q.921 comes up, channels are restarted */
    rt_time zero = rt_now();
    s->faulty += zero - s->began;
    s->began = zero;
    sim_checks_idle(s);
    for (unsigned i = 0; i < s->world->nsteps && !s->failure[0]; i++) {
        pass(s, zero + s->world->step[i].at);
        if (!s->failure[0])
            take(s, &s->world->step[i]);
    }
    pass(s, zero + s->length);
    come_to_rest(s);
    if (!s->failure[0])
        sim_check_rest(s);
    if (!s->failure[0])
        end(s);
}
