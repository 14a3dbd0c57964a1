/* What the tests of far ends share: a gateway between them, and calls of a ledger. */
#ifndef TEST_UNIT_SIM_RIG_H
#define TEST_UNIT_SIM_RIG_H

#include "gw/rt/log.h"
#include "test/fake/fake.h"
#include "test/sim/far_lines.h"
#include "test/sim/far_span.h"
#include "test/unit/sim_engine.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

static struct sim sim;
static struct sim_op op[40];
static unsigned nops;
/** Far ends make other choices with each. */
static uint64_t seed;
#define SEEDS 4

struct sim_call *sim_call_of(struct sim *s, struct rt_str number)
{
    struct sim_call *c;

    DL_FOREACH(s->calls, c)
    if (rt_str_eq(number, c->called) || rt_str_eq(number, c->caller))
        return c;
    return NULL;
}

/* ---- the house ---- */

static inline unsigned network(void *arg, const union rt_addr *from, const union rt_addr *to,
                               const void *buf, size_t len, rt_time *delay)
{
    bool cut = false;

    (void)arg;
    (void)from;
    (void)buf;
    (void)len;
    (void)delay;
    for (unsigned i = 0; i < sim.nfars; i++)
        cut = cut || sim_far_span_cut(&sim.far[i], to);
    return cut ? 0 : 1;
}

static inline void plan_text(struct rt_buf *out)
{
    rt_buf_puts(out, "version 1\nlog error\nsip { listen udp:10.0.0.1:5060 }\n"
                     "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n "
                     "threads 1\n}\n"
                     "site berlin {\n dialling de area 30\n zone Europe/Berlin\n}\n");
    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->plan(&sim.far[i], out);
    sim_plan_mgcp(&sim, out);
    for (unsigned i = 0; i < sim.nfars; i++) {
        if (sim.far[i].kind == SIM_AGENT)
            continue; /* no trunk has its channels */
        rt_buf_printf(out, "routes from %s {\n", sim.far[i].trunk);
        for (unsigned k = 0; k < sim.nfars; k++)
            if (sim.far[k].kind == SIM_LINES)
                sim_phone_rows(&sim.far[k], out);
            else if (sim.far[k].kind != SIM_AGENT)
                rt_buf_printf(out, " +4930%u[000000..999999] -> %s\n", k, sim.far[k].trunk);
        rt_buf_puts(out, " * -> reject 1\n}\n");
    }
    const char *comma = "emergency {\n numbers 110, 112\n send ";
    for (unsigned i = 0; i < sim.nfars; i++)
        if (sim.far[i].emergency) {
            rt_buf_printf(out, "%s%s", comma, sim.far[i].trunk);
            comma = ", ";
        }
    rt_buf_puts(out, comma[0] == ',' ? "\n}\n" : "");
    rt_buf_puts(out, "cdr journal /cdr, csv /cdr.csv\n");
}

static inline void gateway_start(void)
{
    struct conf_diag diag = {0};
    struct rt_buf text = {0}, why = {0};
    struct gw_plan *plan = NULL;
    unsigned before = fake_process(SIM_PROCESS);

    plan_text(&text);
    rt_loop_new(&sim.inner, "signalling");
    int err = gw_plan_parse(&plan, "sim.conf", rt_buf_str(&text), &diag);
    ck_assert_msg(err == 0, "%s\n%s", diag.text.p, text.p);
    err = gw_start(&sim.gw, sim.inner, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p);
    gw_plan_unref(plan);
    conf_diag_release(&diag);
    rt_buf_release(&text);
    fake_process(before);
}

static inline void rig_begin(unsigned n)
{
    fake_reset();
    rt_log_set_all(RT_ERROR);
    memset(&sim, 0, sizeof sim);
    nops = 0;
    fake_local_address(SIM_GATEWAY);
    fake_net_hook(network, NULL);
    rt_loop_new(&sim.loop, "far ends");
    sim.nfars = n;
}

static inline void rig_far(unsigned i, const struct sim_far_ops *ops, enum sim_kind kind,
                           unsigned variety)
{
    struct sim_far *f = &sim.far[i];

    *f = (struct sim_far){.ops = ops, .sim = &sim, .kind = kind, .index = i, .variety = variety};
    snprintf(f->trunk, sizeof f->trunk, "%s%u", ops->name, i);
    snprintf(f->host, sizeof f->host, "10.0.1.%u", i + 1);
    ck_assert_int_eq(ops->start(f), 0);
}

static inline struct sim_call *place(struct sim_script script, unsigned from, unsigned to)
{
    struct sim_call *c = calloc(1, sizeof *c);

    op[nops] = (struct sim_op){.id = nops, .from = from, .to = to, .call = script};
    c->op = &op[nops++];
    c->chance = seed;
    snprintf(c->called, sizeof c->called, "+4930%u%06u", to, c->op->id);
    snprintf(c->caller, sizeof c->caller, "+4989%u%06u", from, c->op->id);
    DL_APPEND(sim.calls, c);
    sim.far[from].ops->call(&sim.far[from], c);
    return c;
}

static inline void rig_near(rt_time from, rt_time to, unsigned want)
{
    rt_time got = (to - from) / RT_MS;

    ck_assert_msg(from > 0 && to > 0 && got >= want - 200 && got <= want + 1200, "%lld ms, not %u",
                  (long long)got, want);
}

/** The call was answered and went as its script says, for far ends that notice within a second. */
static inline void rig_answered(const struct sim_call *c)
{
    const struct sim_script *s = &c->op->call;

    ck_assert_uint_eq(c->a.state, SIM_ENDED);
    ck_assert_uint_eq(c->b.state, SIM_ENDED);
    ck_assert_uint_eq(c->b.times, 1);
    rig_near(c->b.rang, c->b.answered, s->ring);
    rig_near(c->a.answered, c->a.ended, s->talk);
    ck_assert_uint_eq(c->a.by_us, !s->called_ends);
    ck_assert_uint_eq(c->b.by_us, s->called_ends);
}

static inline void rig_end(void)
{
    struct fake_leaks left;
    struct sim_call *c, *tmp;

    gw_stop(sim.gw);
    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->stop(&sim.far[i]);
    DL_FOREACH_SAFE(sim.calls, c, tmp)
    {
        DL_DELETE(sim.calls, c);
        free(c);
    }
    rt_loop_free(sim.inner);
    rt_loop_free(sim.loop);
    fake_settle();
    fake_leaks(&left);
    ck_assert_uint_eq(left.loops + left.udp + left.files + left.dahdi + left.timers, 0);
}

#endif
