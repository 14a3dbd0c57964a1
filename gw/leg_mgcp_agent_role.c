/* The gateway's roles of the plan: one for each agent, with the channels that it directs. Each
 * second the spans are looked at: what happens to a channel below its calls is told its agent.
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

/* ---- service ---- */

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

/** A channel with a call leaves when the call is over: what Q.931 keeps through an alarm (T309) is
 * kept here too, and the agent is told that no new one can begin. */
static void look_at(struct leg_mgcp_channel *ch)
{
    const struct gw_span *span = span_of(ch->role->mgcp->gw, ch->export);
    unsigned reason = span ? out_of_service(span, ch->timeslot) : 900;
    uint8_t now = reason == 0 ? LEG_MGCP_IN : ch->leg ? LEG_MGCP_LEAVING : LEG_MGCP_OUT;

    if (ch->told == now)
        return;
    ch->told = now;
    ch->since = rt_now();
    if (now == LEG_MGCP_IN)
        mgcp_gw_endpoint_back(ch->endpoint);
    else
        mgcp_gw_endpoint_out(ch->endpoint, reason, now == LEG_MGCP_LEAVING);
}

static void look(void *arg)
{
    struct leg_mgcp_role *r = arg;

    for (unsigned i = 0; i < r->nchannels; i++) {
        look_at(&r->channel[i]);
        leg_mgcp_agent_listen(&r->channel[i]);
    }
    rt_timer_start(&r->watch, WATCH);
}

/* ---- beginning and end ---- */

static struct gw_leg *leg_of(const struct leg_mgcp_traced *of)
{
    const struct leg_mgcp_channel *ch = (const struct leg_mgcp_channel *)of;

    return ch->leg ? &ch->leg->leg : NULL;
}

static void name_of(const struct leg_mgcp_traced *of, char *out, size_t cap)
{
    const struct leg_mgcp_channel *ch = (const struct leg_mgcp_channel *)of;

    snprintf(out, cap, "%s@%s", mgcp_gw_endpoint_name(ch->endpoint), ch->role->plan->address[0]);
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
                                    .since = rt_now()};
    leg_mgcp_agent_init(ch);
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
            leg_mgcp_agent_fini(&r->channel[i]);
        }
        mgcp_gw_free(r->gw);
        leg_mgcp_agent_forget_sounds(r);
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
                                        .profile = mgcp_profile_name(r->plan->profile),
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
