/* A call agent as a far end: its life, its crashes, and what the plan says of it (far_agent.h). */
#include "test/sim/far_agent.h"

#include "gw/gw.h"
#include "gw/mgcp_status.h"
#include "isdn/isdn.h"
#include "test/sim/engine.h"
#include "test/sim/far_span.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#pragma weak sim_fault_between

#define AUDIT (7 * RT_S)

const char *const far_agent_phase_name[FAR_AGENT_PHASES] = {
    "out of service", "being reset", "free",     "calling",      "offered",
    "ringing",        "talking",     "clearing", "being deleted"};

/* ---- what may excuse what is wrong ---- */

bool far_agent_quiet(const struct far_agent *own, rt_time back)
{
    static const enum sim_op_kind kinds[] = {SIM_LOSS,  SIM_DELAY, SIM_CUT,    SIM_FLAP, SIM_SLIP,
                                             SIM_STALL, SIM_KILL,  SIM_POWER,  SIM_STOP, SIM_MEMORY,
                                             SIM_CRASH, SIM_BLOCK, SIM_RESTART};
    const struct sim *s = own->far->sim;
    rt_time now = rt_now();

    if (!sim_fault_between)
        return true;
    for (size_t i = 0; i < RT_COUNT(kinds); i++)
        if (sim_fault_between(s, kinds[i], now - back, now))
            return false;
    return s->gw != NULL;
}

bool far_agent_starved(const struct far_agent *own)
{
    rt_time now = rt_now();

    return sim_fault_between && sim_fault_between(own->far->sim, SIM_MEMORY, now - 60 * RT_S, now);
}

void far_agent_wrong(struct far_agent *own, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    sim_fail(own->far->sim, "agent", "%s: %s", own->far->trunk, text);
}

/* ---- life ---- */

/** It begins with no memory: every channel is asked. */
static int wake(struct far_agent *own)
{
    const struct sim_far *f = own->far;
    union rt_addr a;

    rt_addr_parse(&a, f->host, strlen(f->host), MGCP_PORT_AGENT);
    int err = rt_udp_open(&own->sock, f->sim->loop, &a, far_agent_receive, own);
    if (err != 0)
        return err;
    own->tid = (uint32_t)(sim_mix(f->variety, ++own->lives) % 900000000u);
    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++) {
        struct far_agent_channel *ch = &own->channel[i];
        if (ch->timeslot == 0)
            continue;
        far_agent_media_open(ch);
        far_agent_reset(ch);
    }
    rt_timer_start(&own->audit, AUDIT);
    return 0;
}

static void sleep_now(struct far_agent *own)
{
    rt_timer_stop(&own->audit);
    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++) {
        struct far_agent_channel *ch = &own->channel[i];
        if (ch->timeslot == 0)
            continue;
        far_agent_ended(ch, true, 0);
        ch->connection[0] = '\0';
        ch->lifted = false;
        far_agent_tone_stopped(ch);
        rt_timer_stop(&ch->go_on);
        far_agent_forget(ch);
        far_agent_media_close(ch);
        far_agent_phase(ch, FAR_AGENT_OUT, 0);
    }
    far_agent_wire_stop(own);
    if (own->sock)
        rt_udp_close(own->sock);
    own->sock = NULL;
}

static void add_channels(struct far_agent *own)
{
    struct rt_loop *loop = own->far->sim->loop;
    struct far_span_kind k;

    far_span_kind(&k, &own->line);
    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++) {
        struct far_agent_channel *ch = &own->channel[i];
        ch->own = own;
        if (!(k.timeslots >> i & 1) || i == isdn_rate_dchannel(k.rate))
            continue;
        ch->timeslot = i;
        rt_timer_init(&ch->bound, loop, far_agent_on_bound, ch);
        rt_timer_init(&ch->step, loop, far_agent_on_step, ch);
        rt_timer_init(&ch->give_up, loop, far_agent_on_give_up, ch);
        rt_timer_init(&ch->act, loop, far_agent_on_act, ch);
        rt_timer_init(&ch->go_on, loop, far_agent_on_go_on, ch);
        rt_timer_init(&ch->tone.overdue, loop, far_agent_on_overdue, ch);
    }
}

static int agent_start(struct sim_far *f)
{
    struct far_agent *own = calloc(1, sizeof *own);

    if (!own)
        return ENOMEM;
    own->far = f;
    f->own = own;
    own->line = *f;
    own->line.ops = &sim_far_span;
    own->line.kind = SIM_SPAN;
    own->line.own = NULL;
    own->line.variety |= 1; /* cards: what cuts pseudowires knows far ends by their kind */
    rt_addr_parse(&own->gateway, SIM_GATEWAY, strlen(SIM_GATEWAY), MGCP_PORT_GATEWAY);
    rt_timer_init(&own->audit, f->sim->loop, far_agent_on_audit, own);
    int err = own->line.ops->start(&own->line);
    if (err == 0)
        add_channels(own);
    return err ? err : wake(own);
}

static void agent_stop(struct sim_far *f)
{
    struct far_agent *own = f->own;

    if (!own)
        return;
    sleep_now(own);
    own->line.ops->stop(&own->line);
    free(own);
    f->own = NULL;
}

struct sim_far *sim_far_agent_line(const struct sim_far *f)
{
    struct far_agent *own = f->own;

    return own ? &own->line : NULL;
}

static void agent_call(struct sim_far *f, struct sim_call *c)
{
    struct far_agent *own = f->own;

    if (sim_chance(c, 40, 2))
        own->line.ops->call(&own->line, c);
    else
        far_agent_call(own, c);
}

static void agent_fault(struct sim_far *f, const struct sim_op *op, bool begins)
{
    struct far_agent *own = f->own;

    if (!own)
        return;
    if (op->kind != SIM_CRASH) {
        own->line.ops->fault(&own->line, op, begins);
        return;
    }
    own->down += begins ? 1u : 0;
    own->down -= !begins && own->down > 0;
    if (begins && own->sock)
        sleep_now(own);
    else if (!begins && own->down == 0 && wake(own) != 0)
        sim_fail(f->sim, "far", "%s does not start again", f->trunk);
}

/* ---- at rest ---- */

static bool agent_idle(struct sim_far *f, struct rt_buf *why)
{
    struct far_agent *own = f->own;
    size_t before = why->n;

    if (!own->sock)
        rt_buf_printf(why, "%s: the agent is down\n", f->trunk);
    if (far_agent_in_flight(own) > 0)
        rt_buf_printf(why, "%s: %u commands are on their way\n", f->trunk,
                      far_agent_in_flight(own));
    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++) {
        const struct far_agent_channel *ch = &own->channel[i];
        if (ch->timeslot == 0 || (ch->phase == FAR_AGENT_FREE && !ch->leaving))
            continue;
        rt_buf_printf(why, "%s: channel %u is %s%s, connection %s, call %s\n", f->trunk, i,
                      far_agent_phase_name[ch->phase], ch->leaving ? ", leaving" : "",
                      ch->connection[0] ? ch->connection : "none", ch->c ? ch->c->called : "none");
    }
    return own->line.ops->idle(&own->line, why) && why->n == before;
}

bool sim_far_agent_agrees(struct sim_far *f, struct rt_buf *why)
{
    char prefix[16];
    struct gw_endpoint_status st;
    size_t before = why->n;

    snprintf(prefix, sizeof prefix, "ds/a%u/", f->index);
    for (unsigned i = 0; gw_endpoint_status(&st, f->sim->gw, i); i++) {
        if (strncmp(st.endpoint, prefix, strlen(prefix)) != 0 ||
            (st.connections == 0 && strcmp(st.state, "idle") == 0 &&
             strcmp(st.service, "in service") == 0))
            continue;
        rt_buf_printf(why, "the gateway has %s %s, %s, with %u connections\n", st.endpoint,
                      st.service, st.state, st.connections);
    }
    return why->n == before;
}

/* ---- the plan ---- */

static void agent_plan(const struct sim_far *f, struct rt_buf *out)
{
    struct sim_far line = *f;

    line.variety |= 1;
    far_span_plan(&line, out);
}

static void agent_mgcp(const struct sim_far *f, struct rt_buf *out)
{
    rt_buf_printf(out, " agent %s:%u exports span %u as ds/a%u%s restart-delay 2s\n", f->host,
                  MGCP_PORT_AGENT, f->index + 1, f->index, sim_far_has_lines(f) ? " lines" : "");
}

const struct sim_far_ops sim_far_agent = {.name = "agent",
                                          .start = agent_start,
                                          .stop = agent_stop,
                                          .call = agent_call,
                                          .idle = agent_idle,
                                          .fault = agent_fault,
                                          .plan = agent_plan,
                                          .mgcp = agent_mgcp};
