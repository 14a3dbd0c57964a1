/* At rest: nothing is held. No call, leg, dialog, transaction, socket or file that was not there
 * before the first call, and both ends of every span say the same of every channel.
 */
#include "gw/gw.h"
#include "gw/limits.h"
#include "gw/span_status.h"
#include "sip/sip.h"
#include "test/fake/fake.h"
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"
#include "test/sim/far_span.h"

#include <utlist.h>

#pragma weak sim_far_span_agrees

/** Peers are asked now and then whether they live: those transactions end. */
#define PATIENCE (60 * RT_S)
/** Timers that run now and then, and did not when the gateway had just started. */
#define TIMERS_MORE 12

static unsigned count_legs(const struct gw *gw)
{
    const struct gw_leg *leg;
    unsigned n = 0;

    DL_COUNT(gw->legs, leg, n);
    return n;
}

static void check_gateway(struct sim *s)
{
    const struct gw *gw = s->gw;
    unsigned legs = count_legs(gw);

    if (gw->ncalls || gw->calls || gw->clearing || legs)
        sim_fail(s, "rest", "%u calls, %u legs, %s clearing", gw->ncalls, legs,
                 gw->clearing ? gw->clearing->name : "none");
}

static void count_token(void *arg, struct gw_limit_token *t)
{
    unsigned *n = arg;

    (void)t;
    ++*n;
}

static void count_port(void *arg, struct media_port *p, unsigned id)
{
    (void)p;
    (void)id;
    ++*(unsigned *)arg;
}

/** Places in limits, media ports. */
static void check_places(struct sim *s)
{
    unsigned tokens = 0, ports = 0;

    if (s->gw->limits)
        gw_limits_tokens(s->gw->limits, count_token, &tokens);
    media_walk(s->gw->media, true, UINT32_MAX, count_port, &ports);
    if (tokens > 0 || ports > 0)
        sim_fail(s, "rest", "%u places in limits, %u media ports are held", tokens, ports);
}

static void check_sip(struct sim *s)
{
    struct sip_usage u;
    rt_time until = rt_now() + PATIENCE;

    for (;;) {
        sip_ua_usage(s->gw->sip, &u);
        if (u.client + u.server + u.dialogs + u.sessions == 0 || rt_now() >= until)
            break;
        fake_advance(RT_S);
    }
    if (u.client + u.server + u.dialogs + u.sessions > 0)
        sim_fail(s, "rest",
                 "SIP holds %u client and %u server transactions, %u dialogs, %u "
                 "sessions",
                 u.client, u.server, u.dialogs, u.sessions);
}

static void check_far(struct sim *s, struct sim_far *f)
{
    struct rt_buf why = {0};
    const struct isdn_span *ours = sim_span_of(s, f);
    struct sim_far *line = f->kind == SIM_AGENT ? sim_far_agent_line(f) : f;

    if (!f->ops->idle(f, &why))
        sim_fail(s, "channels", "%s still has %.*s", f->trunk, RT_STR(rt_buf_str(&why)));
    if (f->kind == SIM_AGENT && !sim_far_agent_agrees(f, &why))
        sim_fail(s, "agent", "%s: %.*s", f->trunk, RT_STR(rt_buf_str(&why)));
    if (ours && sim_far_span_agrees && !sim_far_span_agrees(line, ours, &why))
        sim_fail(s, "channels", "%s: %.*s", f->trunk, RT_STR(rt_buf_str(&why)));
    rt_buf_release(&why);
}

static void check_leaks(struct sim *s)
{
    const struct sim_checks *k = s->checks;
    struct fake_leaks is;

    fake_leaks(&is);
    /* a journal that nothing was written to since its start is not followed yet: a file fewer */
    if (is.udp != k->idle_udp || is.files > k->idle_files || is.loops != k->idle_loops)
        sim_fail(s, "rest", "%u sockets, %u files, %u loops are open; %u, %u, %u were at the start",
                 is.udp, is.files, is.loops, k->idle_udp, k->idle_files, k->idle_loops);
    if (is.timers > k->idle_timers + TIMERS_MORE + is.streams) /* each stream has one */
        sim_fail(s, "rest", "%u timers run; %u did at the start", is.timers, k->idle_timers);
}

/** Of a table, by the name that metrics have. */
struct wanted {
    const char *name;
    uint64_t value;
};

static void on_counter(void *arg, const struct rt_counter *c)
{
    struct wanted *w = arg;

    if (strcmp(c->name, w->name) == 0)
        w->value = rt_counted(c);
}

uint64_t sim_counted(const char *name)
{
    struct wanted w = {name, 0};

    rt_stats_each(on_counter, &w);
    return w.value;
}

/** Where nothing breaks there is nothing to repair; and what the auditor repairs was forgotten,
 * for which there is no excuse but a lack of memory. */
static void check_repairs(struct sim *s)
{
    uint64_t lines = sim_counted("isdn_audit_repairs_total"),
             found = sim_counted("audit_repairs_total");

    if (lines > 0 && !s->faults)
        sim_fail(s, "repairs", "%u channels were put right though nothing broke", (unsigned)lines);
    if (found > 0 && s->injected[SIM_MEMORY] == 0)
        sim_fail(s, "repairs", "the auditor put %u things right", (unsigned)found);
}

void sim_check_held(struct sim *s)
{
    const struct sim_call *c;

    if (!s->gw) {
        sim_fail(s, "rest", "the gateway does not run");
        return;
    }
    DL_FOREACH(s->calls, c)
    sim_fail(s, "ends", "call %u %s -> %s is not over", c->op->id, c->caller, c->called);
    check_gateway(s);
    check_places(s);
    check_sip(s);
    for (unsigned i = 0; i < s->nfars; i++)
        check_far(s, &s->far[i]);
    if (!s->failure[0])
        check_leaks(s);
    check_repairs(s);
}
