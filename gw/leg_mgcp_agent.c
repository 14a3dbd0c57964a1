/* The agent's side of a call on a channel of ours, and the roles of the plan: one for each agent,
 * with the channels that it directs.
 */
#include "gw/leg_mgcp_agent.h"
#include "gw/mgcp_status.h"
#include "gw/span_status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** How often spans are looked at for alarms. */
#define WATCH RT_S

/* ---- the leg ---- */

static const struct gw_leg_ops agent_leg_ops;

static void leg_free(struct gw_leg *leg)
{
    struct leg_mgcp_agent *l = agent_of(leg);

    if (l->channel && l->channel->leg == l)
        l->channel->leg = NULL;
    rt_defer_stop(&l->reaper);
    gw_leg_end(leg);
    free(l);
}

static void reap(void *arg)
{
    struct leg_mgcp_agent *l = arg;
    struct leg_mgcp_channel *ch = l->channel;

    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
    if (ch) {
        leg_mgcp_agent_cleared(ch);
        leg_mgcp_agent_join(ch);
    }
}

static struct leg_mgcp_agent *leg_new(struct gw *gw, const struct gw_trunk *trunk)
{
    struct leg_mgcp_agent *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    gw_leg_init(&l->leg, gw, &agent_leg_ops, trunk);
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    return l;
}

struct gw_leg *gw_leg_agent_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk)
{
    struct leg_mgcp_agent *l = gw->mgcp ? leg_new(gw, trunk) : NULL;

    if (!l)
        return NULL;
    l->leg.call = call;
    return &l->leg;
}

static void take(struct leg_mgcp_agent *l, struct leg_mgcp_channel *ch)
{
    l->channel = ch;
    ch->leg = l;
    ch->since = rt_now();
    leg_mgcp_agent_close_bare(ch);
}

/** The channel of an export that a leg's channel "1/17" is. */
static struct leg_mgcp_channel *channel_of(struct gw *gw, const struct gw_mgcp_export *e,
                                           const struct gw_leg *line)
{
    struct leg_mgcp_role *r;
    char name[24];
    unsigned span = 0, timeslot = 0;

    line->ops->channel(line, name, sizeof name);
    if (sscanf(name, "%u/%u", &span, &timeslot) != 2)
        return NULL;
    DL_FOREACH(gw->mgcp->roles, r)
    for (unsigned i = 0; i < r->nchannels; i++)
        if (r->channel[i].timeslot == timeslot && r->channel[i].export->span->id == span &&
            e->span->id == span)
            return &r->channel[i];
    return NULL;
}

static unsigned leg_setup(struct gw_leg *leg, const struct gw_hop *hop,
                          const struct gw_setup *setup)
{
    struct leg_mgcp_agent *l = agent_of(leg);
    struct leg_mgcp_channel *ch = channel_of(leg->gw, leg->trunk->export, leg->call->a);

    (void)setup;
    if (!ch || ch->leg)
        return 44; /* requested circuit/channel not available */
    if (!mgcp_gw_endpoint_in_service(ch->endpoint))
        return 27; /* destination out of order: no agent has heard of it */
    take(l, ch);
    leg_mgcp_agent_seized(ch, hop->called.digits);
    return 0;
}

unsigned leg_mgcp_agent_call(struct leg_mgcp_channel *ch, const char *digits, const char *caller)
{
    struct gw *gw = ch->role->mgcp->gw;
    struct leg_mgcp_agent *l = leg_new(gw, ch->export->inside);
    struct gw_setup setup = {.complete = true, .channel = ch->timeslot};

    if (!l)
        return 41;
    l->incoming = true;
    l->leg.side = 'a';
    rt_str_copy(setup.called.digits, sizeof setup.called.digits, rt_str(digits));
    rt_str_copy(setup.calling.digits, sizeof setup.calling.digits, rt_str(caller));
    snprintf(setup.opening, sizeof setup.opening, "RQNT %s %s", mgcp_gw_endpoint_name(ch->endpoint),
             digits);
    take(l, ch);
    int err = gw_call_new(gw, &l->leg, &setup);
    if (err == 0)
        return 0;
    ch->leg = NULL;
    l->channel = NULL;
    rt_defer_start(&l->reaper);
    return err == EBUSY ? 42 : 41;
}

void leg_mgcp_agent_release(struct leg_mgcp_agent *l, unsigned q850)
{
    struct gw_event ev = {.type = GW_EV_RELEASE,
                          .cause = {.q850 = (uint8_t)q850,
                                    .location = GW_LOC_PUBLIC_LOCAL,
                                    .by = l->incoming ? GW_BY_CALLER : GW_BY_CALLED}};

    if (l->leg.done)
        return;
    l->leg.port = NULL; /* the connection keeps it */
    gw_call_event(&l->leg, &ev);
    rt_defer_start(&l->reaper);
}

static void leg_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    struct leg_mgcp_agent *l = agent_of(leg);

    if (l->channel)
        leg_mgcp_agent_said(l, ev);
    if (ev->type != GW_EV_RELEASE)
        return;
    if (leg->port)
        media_part(leg->port);
    leg->port = NULL;
    rt_defer_start(&l->reaper);
}

static int leg_thread(const struct gw_leg *leg)
{
    (void)leg;
    return -1; /* the line's channel decides */
}

/** Its port is the first connection's; before there is one, nobody is heard. */
static unsigned leg_media(struct gw_leg *leg, unsigned thread)
{
    struct leg_mgcp_agent *l = agent_of(leg);

    (void)thread;
    if (l->channel && l->channel->connections)
        leg->port = l->channel->connections->port;
    return 0;
}

static void leg_channel(const struct gw_leg *leg, char *out, size_t cap)
{
    const struct leg_mgcp_agent *l = (const struct leg_mgcp_agent *)leg;

    snprintf(out, cap, "%s", l->channel ? mgcp_gw_endpoint_name(l->channel->endpoint) : "");
}

static bool leg_stats(const struct gw_leg *leg, struct media_stats *out)
{
    if (!leg->port)
        return false;
    media_port_stats(leg->port, out);
    return true;
}

static const struct gw_leg_ops agent_leg_ops = {
    .name = "mgcp",
    .setup = leg_setup,
    .tell = leg_tell,
    .thread = leg_thread,
    .media = leg_media,
    .channel = leg_channel,
    .stats = leg_stats,
    .free = leg_free,
};

/* ---- roles ---- */

static const struct gw_span *span_of(const struct gw *gw, const struct gw_mgcp_export *e)
{
    for (unsigned i = 0; i < gw->nspans; i++)
        if (gw->plan->spans[i].id == e->span->id)
            return &gw->spans[i];
    return NULL;
}

/** Reason codes of 2.5: the line below is lost, or the channel itself. 0: it works. */
static unsigned out_of_service(const struct gw_span *span, unsigned timeslot)
{
    struct gw_span_status s;
    struct gw_channel_status c;

    gw_span_status(&s, span->isdn);
    if (strcmp(s.alarm, "ok") != 0 || !s.dchannel_up)
        return 902;
    if (gw_channel_status(&c, span->isdn, timeslot) && c.blocked[0] != '\0')
        return strcmp(c.blocked, "us") == 0 ? 904 : 905;
    return 0;
}

static void look(void *arg)
{
    struct leg_mgcp_role *r = arg;

    for (unsigned i = 0; i < r->nchannels; i++) {
        struct leg_mgcp_channel *ch = &r->channel[i];
        const struct gw_span *span = span_of(r->mgcp->gw, ch->export);
        unsigned reason = span ? out_of_service(span, ch->timeslot) : 900;
        if (ch->in_service == (reason == 0))
            continue;
        ch->in_service = reason == 0;
        ch->since = rt_now();
        if (reason == 0)
            mgcp_gw_endpoint_back(ch->endpoint);
        else
            mgcp_gw_endpoint_out(ch->endpoint, reason, false);
    }
    rt_timer_start(&r->watch, WATCH);
}

static struct gw_leg *leg_of(const struct leg_mgcp_traced *of)
{
    const struct leg_mgcp_channel *ch = (const struct leg_mgcp_channel *)of;

    return ch->leg ? &ch->leg->leg : NULL;
}

static void name_of(const struct leg_mgcp_traced *of, char *out, size_t cap)
{
    const struct leg_mgcp_channel *ch = (const struct leg_mgcp_channel *)of;

    rt_str_copy(out, cap, rt_str(mgcp_gw_endpoint_name(ch->endpoint)));
}

static int add_channel(struct leg_mgcp_role *r, const struct gw_mgcp_export *e, unsigned timeslot)
{
    struct leg_mgcp_channel *ch = &r->channel[r->nchannels];
    char name[64];

    snprintf(name, sizeof name, "%s/%u", e->prefix, timeslot);
    *ch = (struct leg_mgcp_channel){.traced = {.leg = leg_of, .name = name_of},
                                    .role = r,
                                    .export = e,
                                    .timeslot = timeslot,
                                    .in_service = true,
                                    .since = rt_now()};
    int err = mgcp_gw_endpoint_new(&ch->endpoint, r->gw, name,
                                   e->lines ? MGCP_LINE_ENDPOINT : MGCP_TRUNK_ENDPOINT,
                                   &leg_mgcp_agent_ops, ch);
    if (err == 0)
        r->nchannels++;
    return err;
}

static unsigned count_channels(const struct gw_mgcp_agent *p)
{
    unsigned n = 0;

    for (unsigned i = 0; i < p->nexports; i++)
        n += (unsigned)__builtin_popcount(p->export[i].channels);
    return n;
}

static int add_channels(struct leg_mgcp_role *r)
{
    int err = 0;

    r->channel = calloc(count_channels(r->plan) + 1, sizeof *r->channel);
    if (!r->channel)
        return ENOMEM;
    for (unsigned i = 0; err == 0 && i < r->plan->nexports; i++)
        for (unsigned ts = 1; err == 0 && ts < 32; ts++)
            if (r->plan->export[i].channels >> ts & 1)
                err = add_channel(r, &r->plan->export[i], ts);
    return err;
}

static int start_role(struct gw_mgcp *m, const struct gw_mgcp_agent *p)
{
    struct leg_mgcp_role *r = calloc(1, sizeof *r);
    struct mgcp_gw_config cfg = {
        .nagents = p->n, .profile = p->profile, .restart = p->restart, .foreign = p->foreign};

    if (!r)
        return ENOMEM;
    r->mgcp = m;
    r->plan = p;
    rt_timer_init(&r->watch, m->gw->loop, look, r);
    DL_APPEND(m->roles, r);
    memcpy(cfg.agents, p->address, sizeof cfg.agents);
    int err = mgcp_gw_new(&r->gw, m->node, &cfg);
    if (err == 0)
        err = add_channels(r);
    if (err != 0)
        return err;
    look(r); /* channels of a line that is down begin out of service */
    mgcp_gw_start(r->gw);
    return 0;
}

int leg_mgcp_roles_start(struct gw_mgcp *m, struct rt_buf *why)
{
    const struct gw_mgcp_plan *p = &m->gw->plan->mgcp;
    int err = 0;

    for (unsigned i = 0; err == 0 && i < p->nagents; i++)
        err = start_role(m, &p->agents[i]);
    if (err != 0)
        rt_buf_printf(why, "mgcp: channels for agents: %s", strerror(err));
    return err;
}

void leg_mgcp_roles_adopt(struct gw_mgcp *m)
{
    const struct gw_mgcp_plan *p = &m->gw->plan->mgcp;
    struct leg_mgcp_role *r;
    unsigned i = 0;

    /* agents change by a restart alone (gw/apply_check.c): the same, in the same order */
    DL_FOREACH(m->roles, r)
    {
        const struct gw_mgcp_agent *was = r->plan;
        r->plan = &p->agents[i++];
        for (unsigned k = 0; k < r->nchannels; k++)
            r->channel[k].export = &r->plan->export[r->channel[k].export - was->export];
    }
}

void leg_mgcp_roles_stop(struct gw_mgcp *m)
{
    struct leg_mgcp_role *r, *next;

    DL_FOREACH_SAFE(m->roles, r, next)
    {
        DL_DELETE(m->roles, r);
        rt_timer_stop(&r->watch);
        for (unsigned i = 0; i < r->nchannels; i++) {
            mgcp_gw_endpoint_free(r->channel[i].endpoint);
            leg_mgcp_agent_close_bare(&r->channel[i]);
        }
        mgcp_gw_free(r->gw);
        free(r->channel);
        free(r);
    }
}

/* ---- status ---- */

bool leg_mgcp_export_status(struct gw_endpoint_status *out, const struct gw *gw, unsigned i)
{
    struct leg_mgcp_role *r = gw->mgcp ? gw->mgcp->roles : NULL;
    struct mgcp_gw_endpoint_status s;

    while (r && i >= r->nchannels) {
        i -= r->nchannels;
        r = r->next;
    }
    if (!r)
        return false;
    const struct leg_mgcp_channel *ch = &r->channel[i];
    mgcp_gw_endpoint_status(ch->endpoint, &s);
    *out = (struct gw_endpoint_status){.peer = r->plan->address[0],
                                       .role = "exported",
                                       .trunk = "",
                                       .service = s.service,
                                       .state = ch->leg ? "busy" : "idle",
                                       .connections = s.connections,
                                       .since = ch->since};
    rt_str_copy(out->endpoint, sizeof out->endpoint, rt_str(mgcp_gw_endpoint_name(ch->endpoint)));
    return true;
}

bool leg_mgcp_agent_status(struct gw_mgcp_peer_status *out, const struct gw *gw, unsigned i)
{
    const struct leg_mgcp_role *r = gw->mgcp->roles;
    struct mgcp_gw_status s;

    for (; r && i > 0; i--)
        r = r->next;
    if (!r)
        return false;
    mgcp_gw_status(r->gw, &s);
    *out = (struct gw_mgcp_peer_status){.name = r->plan->address[0],
                                        .role = "agent",
                                        .address = s.address,
                                        .answers = s.answers,
                                        .rtt = s.rtt,
                                        .queued = s.in_flight,
                                        .endpoints = r->nchannels,
                                        .in_service = s.in_service,
                                        .sent = s.sent,
                                        .received = s.received,
                                        .repeated = s.repeated,
                                        .lost = s.timeouts};
    return true;
}
