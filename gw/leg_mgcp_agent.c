/* The agent's side of a call on a channel of ours: a leg whose port is the agent's connection, and
 * which lives until the line's side of the call is gone too. Only then is the channel free, and the
 * agent told so.
 */
#include "gw/leg_mgcp_agent.h"
#include "gw/span_status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** How often a released call is looked at for the end of the line's side. */
#define DRAIN (10 * RT_MS)

static const struct gw_leg_ops agent_leg_ops;

/* ---- life ---- */

static void leg_free(struct gw_leg *leg)
{
    struct leg_mgcp_agent *l = agent_of(leg);

    if (l->channel && l->channel->leg == l)
        l->channel->leg = NULL;
    rt_defer_stop(&l->reaper);
    rt_defer_stop(&l->ready);
    rt_timer_stop(&l->drained);
    gw_leg_end(leg);
    free(l);
}

void leg_mgcp_agent_finish(struct leg_mgcp_agent *l)
{
    struct leg_mgcp_channel *ch = l->channel;

    if (!ch)
        return;
    l->channel = NULL;
    ch->leg = NULL;
    ch->since = rt_now();
    leg_mgcp_agent_cleared(ch);
    leg_mgcp_agent_join(ch);
}

/** A call of Q.931 has the channel: also one that ours has parted with, as it was refused. */
static bool line_busy(const struct leg_mgcp_channel *ch)
{
    const struct gw_span *span = leg_mgcp_agent_span(ch);
    struct gw_channel_status s;

    return span && gw_channel_status(&s, span->isdn, ch->timeslot) && s.call_state;
}

/** The channel is free once the line's side is gone: Q.931 has had its RELEASE COMPLETE. */
static void reap(void *arg)
{
    struct leg_mgcp_agent *l = arg;
    bool partner = l->leg.call && gw_call_partner(&l->leg);

    if (l->channel && (partner || line_busy(l->channel))) {
        rt_timer_start(&l->drained, DRAIN);
        return;
    }
    leg_mgcp_agent_finish(l);
    gw_call_leg_gone(&l->leg);
    leg_free(&l->leg);
}

static void ready(void *arg)
{
    struct leg_mgcp_agent *l = arg;

    if (l->leg.done || !l->channel)
        return;
    leg_mgcp_agent_join(l->channel);
    leg_mgcp_agent_heard(l->channel);
}

static struct leg_mgcp_agent *leg_new(struct gw *gw, const struct gw_trunk *trunk)
{
    struct leg_mgcp_agent *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    gw_leg_init(&l->leg, gw, &agent_leg_ops, trunk);
    rt_defer_init(&l->reaper, gw->loop, reap, l);
    rt_defer_init(&l->ready, gw->loop, ready, l);
    rt_timer_init(&l->drained, gw->loop, reap, l);
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

/* ---- calls of the line ---- */

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

/** A call that nobody would hear of is refused at once; it makes the agent be told that we are
 * there, as any activity of users does (4.4.7). */
static bool agent_hears(const struct leg_mgcp_channel *ch)
{
    struct mgcp_gw_endpoint_status s;

    if (!mgcp_gw_endpoint_in_service(ch->endpoint))
        return false;
    mgcp_gw_endpoint_status(ch->endpoint, &s);
    if (strcmp(s.service, "disconnected") != 0)
        return true;
    mgcp_gw_activity(ch->endpoint);
    return false;
}

static unsigned leg_setup(struct gw_leg *leg, const struct gw_hop *hop,
                          const struct gw_setup *setup)
{
    struct leg_mgcp_agent *l = agent_of(leg);
    struct leg_mgcp_channel *ch = channel_of(leg->gw, leg->trunk->export, leg->call->a);

    if (ch && ch->leg && ch->leg->leg.done)
        leg_mgcp_agent_finish(ch->leg); /* the line is free, or it could not call */
    if (!ch || ch->leg)
        return 44; /* requested circuit/channel not available */
    if (!agent_hears(ch))
        return 27; /* destination out of order */
    take(l, ch);
    l->overlap = ch->export->lines && !setup->complete;
    leg_mgcp_agent_seized(ch, hop->called.digits);
    if (ch->connections)
        rt_defer_start(&l->ready);
    return 0;
}

/* ---- calls of the agent ---- */

unsigned leg_mgcp_agent_call(struct leg_mgcp_channel *ch, const char *digits, const char *caller,
                             const char *name)
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
    rt_str_copy(setup.name, sizeof setup.name, rt_str(name));
    snprintf(setup.opening, sizeof setup.opening, "RQNT %.20s %.24s",
             mgcp_gw_endpoint_name(ch->endpoint), digits);
    take(l, ch);
    int err = gw_call_new(gw, &l->leg, &setup);
    if (err == 0)
        return 0;
    ch->leg = NULL;
    l->channel = NULL;
    rt_defer_start(&l->reaper);
    return err == EBUSY ? 42 : 41;
}

/* ---- both ---- */

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

void leg_mgcp_agent_sounds(struct leg_mgcp_agent *l)
{
    if (l->incoming || l->answered || l->leg.done || l->heard || l->overlap)
        return; /* who still dials was told with the dial tone */
    l->heard = true;
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_PROGRESS, .inband = true});
}

static void leg_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    struct leg_mgcp_agent *l = agent_of(leg);

    if (ev->type == GW_EV_COMPLETE)
        l->overlap = false;
    if (l->channel)
        leg_mgcp_agent_said(l, ev);
    if (ev->type != GW_EV_RELEASE)
        return;
    if (leg->port)
        media_part(leg->port);
    leg->port = NULL;
    rt_defer_start(&l->reaper);
}

static void leg_faxes(struct gw_leg *leg)
{
    const struct leg_mgcp_agent *l = agent_of(leg);
    uint8_t tones = leg->call ? leg->call->tones : 0;

    if (!l->channel)
        return;
    for (unsigned i = 0; i < 8; i++)
        if (tones >> i & 1)
            leg_mgcp_agent_fax(l->channel, (enum media_event_type)i);
}

static void leg_played(struct gw_leg *leg)
{
    const struct leg_mgcp_agent *l = agent_of(leg);

    if (l->channel)
        leg_mgcp_agent_played(l->channel, NULL);
}

static int leg_thread(const struct gw_leg *leg)
{
    (void)leg;
    return -1; /* the line's channel decides */
}

/** Its port is that of the connection that is heard; before there is one, nobody is. */
static unsigned leg_media(struct gw_leg *leg, unsigned thread)
{
    struct leg_mgcp_agent *l = agent_of(leg);

    (void)thread;
    leg->port = l->channel ? leg_mgcp_agent_port(l->channel) : NULL;
    return 0;
}

/** The call has joined what it knows of, both ways: the connection's mode decides. */
static void leg_suit(struct gw_leg *leg)
{
    const struct leg_mgcp_agent *l = agent_of(leg);

    if (l->channel)
        leg_mgcp_agent_join(l->channel);
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
    .suit = leg_suit,
    .faxes = leg_faxes,
    .played = leg_played,
    .channel = leg_channel,
    .stats = leg_stats,
    .free = leg_free,
};
