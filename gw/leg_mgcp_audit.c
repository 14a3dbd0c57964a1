/* MGCP audited, twice over: what the gateways of our lines answer to AUEP (RFC 3435 2.3.10, 4.4.6)
 * is held against what we know of them, and what the adapter itself holds - lines, circuits,
 * channels of ours, connections that agents made - against its legs, for the gateway's auditor.
 *
 * That a gateway sees things otherwise is no fault of ours: it restarted, or a message was lost. So
 * it is logged and counted, and put right at once; no alarm is raised. What we ourselves have
 * forgotten is a finding as any other.
 */
#include "gw/auditor_priv.h"
#include "gw/leg_mgcp_agent.h"
#include "gw/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- lines, as their gateways see them ---- */

struct rt_counter gw_mgcp_audit_counters[GW_MGCP_AUDIT_NCOUNTERS] = {
    [GW_MGCP_AUDIT_GONE] = {"mgcp_audit_connections_gone_total",
                            "connections of calls that an audit did not find at their gateway", 0},
    [GW_MGCP_AUDIT_STRAY] = {"mgcp_audit_connections_stray_total",
                             "connections that an audit found and no call had", 0},
    [GW_MGCP_AUDIT_HOOK] = {"mgcp_audit_hooks_total",
                            "telephones whose hook an audit found otherwise", 0},
};

static void note(const struct leg_mgcp_line *line, enum gw_mgcp_audit_counter what,
                 const char *text)
{
    rt_count(&gw_mgcp_audit_counters[what]);
    rt_log(RT_LOG_CALL, RT_WARN, "audit: line %s@%s: %s: repaired", line->name, line->gateway->name,
           text);
}

static bool among(struct rt_str list, const char *id)
{
    while (list.n > 0)
        if (rt_str_caseeq(rt_str_trim(rt_str_cut(&list, ',')), id))
            return true;
    return false;
}

static struct leg_mgcp_line *line_of(struct gw_leg *leg)
{
    bool on_line = !leg->joint && leg->trunk && leg->trunk->kind == GW_TRUNK_MGCP;

    return on_line ? leg_mgcp_of(leg)->line : NULL;
}

/** One that is being deleted too, whose leg has left the line. */
static bool is_ours(const struct leg_mgcp_line *line, struct rt_str id)
{
    for (struct gw_leg *leg = line->gw->legs; leg; leg = leg->next)
        if (line_of(leg) == line && rt_str_caseeq(id, leg_mgcp_of(leg)->id))
            return true;
    return false;
}

/** In an idle line all are; beside calls they are deleted one by one. */
static void delete_strays(struct leg_mgcp_line *line, struct rt_str list)
{
    if (line->refs == 0 && list.n > 0) {
        note(line, GW_MGCP_AUDIT_STRAY, "connections, and no call");
        mgcp_ca_delete(line->endpoint, NULL, NULL, NULL, NULL);
        if (!line->plan->line)
            leg_mgcp_circuit_clear(line);
        return;
    }
    while (list.n > 0) {
        struct rt_str id = rt_str_trim(rt_str_cut(&list, ','));
        if (id.n == 0 || is_ours(line, id))
            continue;
        note(line, GW_MGCP_AUDIT_STRAY, "a connection that no call has");
        mgcp_ca_delete_stray(line->endpoint, id);
    }
}

void leg_mgcp_line_audited(void *arg, int hook, struct rt_str connections)
{
    struct leg_mgcp_line *line = arg;
    struct leg_mgcp *l, *next;
    bool off_hook = hook == MGCP_OFF_HOOK;

    DL_FOREACH_SAFE(line->legs, l, next)
    if (l->state == LEG_MGCP_UP && !among(connections, l->id)) {
        note(line, GW_MGCP_AUDIT_GONE, "it lacks the connection of a call");
        leg_mgcp_connection_gone(l, 41); /* temporary failure */
    }
    delete_strays(line, connections);
    if (hook != MGCP_HOOK_UNKNOWN && line->plan->line && off_hook != line->off_hook) {
        note(line, GW_MGCP_AUDIT_HOOK, off_hook ? "off the hook" : "on the hook");
        leg_mgcp_line_hook(line, off_hook);
    }
    if (!line->told)
        leg_mgcp_line_changed(line); /* what was refused is tried again */
}

/* ---- media ports of agents' channels ---- */

static void channel_ports(const struct leg_mgcp_channel *ch,
                          void (*fn)(void *arg, const struct media_port *p), void *arg)
{
    fn(arg, ch->bare);
    for (const struct leg_mgcp_agent_connection *c = ch->connections; c; c = c->after)
        fn(arg, c->port);
}

void gw_mgcp_ports(const struct gw *gw, void (*fn)(void *arg, const struct media_port *p),
                   void *arg)
{
    struct leg_mgcp_role *r;

    if (!gw->mgcp)
        return;
    DL_FOREACH(gw->mgcp->roles, r)
    for (unsigned i = 0; i < r->nchannels; i++)
        channel_ports(&r->channel[i], fn, arg);
}

/* ---- our own books: lines ---- */

static bool is_listed(const struct leg_mgcp_line *line, const struct leg_mgcp *which)
{
    const struct leg_mgcp *l = line->legs;

    while (l && l != which)
        l = l->next;
    return l != NULL;
}

static void look_at_line(struct gw_auditor *a, struct leg_mgcp_line *line)
{
    bool active = !line->active || is_listed(line, line->active);
    bool waiting = !line->waiting || is_listed(line, line->waiting);
    rt_time lasted;

    if ((line->refs == line->seen && active && waiting) ||
        !gw_auditor_suspect(a, GW_FOUND_LINE, line, (uint64_t)line->refs << 32 | line->seen, 0,
                            &lasted))
        return;
    if (!active)
        line->active = NULL;
    if (!waiting)
        line->waiting = NULL;
    line->refs = line->seen;
    gw_auditor_repaired(a, GW_FOUND_LINE, lasted, "%.40s@%.40s, %s", line->name,
                        line->gateway->name, leg_mgcp_line_state(line));
    leg_mgcp_line_changed(line);
    leg_mgcp_line_review(line);
}

/** Seized, and neither a call nor a timer nor anything still to be said will end it. */
static void look_at_circuit(struct gw_auditor *a, struct leg_mgcp_line *line)
{
    rt_time lasted;

    if (line->use == LEG_MGCP_FREE || line->refs > 0 || line->clearing != 0 || line->confirming ||
        rt_timer_running(&line->timer) ||
        !gw_auditor_suspect(a, GW_FOUND_LINE, line, (uint64_t)line->use << 48, 0, &lasted))
        return;
    leg_mgcp_circuit_reset(line);
    leg_mgcp_circuit_clear(line);
    gw_auditor_repaired(a, GW_FOUND_LINE, lasted, "circuit %.40s@%.40s", line->name,
                        line->gateway->name);
}

/** At one instant, or what was counted would not hold. */
static void look_at_lines(struct gw_auditor *a)
{
    struct leg_mgcp_gateway *g, *next_gateway;
    struct leg_mgcp_line *line, *next;

    DL_FOREACH(a->gw->mgcp->gateways, g)
    for (line = g->lines; line; line = line->hh.next)
        line->seen = 0;
    for (struct gw_leg *leg = a->gw->legs; leg; leg = leg->next)
        if ((line = line_of(leg)))
            line->seen++;
    DL_FOREACH_SAFE(a->gw->mgcp->gateways, g, next_gateway)
    for (line = g->lines; line; line = next) {
        next = line->hh.next; /* it may be the last that its gateway lived for */
        look_at_circuit(a, line);
        look_at_line(a, line);
    }
}

/* ---- our own books: channels that agents direct ---- */

struct looking {
    struct gw_auditor *a;
    struct leg_mgcp_channel *channel;
};

/** The channel's own of that connection, whoever that connection says it belongs to. */
static struct leg_mgcp_agent_connection *own_of(const struct leg_mgcp_channel *ch,
                                                const struct mgcp_gw_connection *m)
{
    struct leg_mgcp_agent_connection *c = ch->connections;

    while (c && c->mgcp != m)
        c = c->after;
    return c;
}

/** Its port is not among the media engine's. One that was opened since is no claim yet. */
static bool is_silent(const struct gw_auditor *a, const struct leg_mgcp_agent_connection *c)
{
    const struct gw_claim *port = c ? gw_claims_find(&a->claims, GW_CLAIM_PORT, c->port) : NULL;

    return port && !port->met && !a->claims.failed;
}

static bool has_leg(const struct gw *gw, const struct leg_mgcp_agent *l)
{
    const struct gw_leg *leg = gw->legs;

    while (leg && leg != &l->leg)
        leg = leg->next;
    return leg != NULL;
}

/** `silent`: its port is gone, and nothing may touch it. */
static void forget_connection(struct leg_mgcp_channel *ch, struct leg_mgcp_agent_connection *c,
                              bool silent)
{
    DL_DELETE2(ch->connections, c, prev, after);
    if (ch->leg && has_leg(ch->role->mgcp->gw, ch->leg) && ch->leg->leg.port == c->port)
        ch->leg->leg.port = NULL;
    if (!silent) {
        media_part(c->port);
        media_abandon(c->port);
    }
    free(c);
}

/** A connection that the channel does not have, or not as its own, or without media: nobody would
 * delete it but the agent, who is told. */
static void look_at_connection(void *arg, struct mgcp_gw_connection *m)
{
    const struct looking *on = arg;
    struct leg_mgcp_agent_connection *c = own_of(on->channel, m);
    bool agreed = c && mgcp_gw_connection_owned(m) == c;
    bool silent = is_silent(on->a, c);
    char id[40];
    rt_time lasted;

    if ((agreed && !silent) ||
        !gw_auditor_suspect(on->a, GW_FOUND_CONNECTION, m, silent, 0, &lasted))
        return;
    snprintf(id, sizeof id, "%s", mgcp_gw_connection_id(m));
    mgcp_gw_connection_own(m, NULL);
    if (c)
        forget_connection(on->channel, c, silent);
    mgcp_gw_connection_lost(m, 901); /* taken out of service */
    leg_mgcp_agent_join(on->channel);
    if (on->channel->leg && !on->channel->connections && !leg_mgcp_agent_listens(on->channel))
        leg_mgcp_agent_release(on->channel->leg, 41); /* temporary failure */
    gw_auditor_repaired(on->a, GW_FOUND_CONNECTION, lasted, "%.40s, connection %s%s",
                        mgcp_gw_endpoint_name(on->channel->endpoint), id,
                        silent ? ", no media port" : "");
}

/** The channel's leg is gone: it is free, and the agent told so. */
static void look_at_channel(struct gw_auditor *a, struct leg_mgcp_channel *ch)
{
    const struct leg_mgcp_agent *l = ch->leg;
    rt_time lasted;

    if (!l || a->claims.failed || gw_claims_find(&a->claims, GW_CLAIM_LEG, &l->leg) ||
        has_leg(a->gw, l) || !gw_auditor_suspect(a, GW_FOUND_CHANNEL, ch, 0, 0, &lasted))
        return;
    ch->leg = NULL;
    ch->since = rt_now();
    leg_mgcp_agent_cleared(ch);
    leg_mgcp_agent_join(ch);
    gw_auditor_repaired(a, GW_FOUND_CHANNEL, lasted, "%.60s", mgcp_gw_endpoint_name(ch->endpoint));
}

bool gw_audit_mgcp(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    struct leg_mgcp_role *r;

    (void)fresh;
    *budget -= *budget > 0;
    if (!a->gw->mgcp)
        return true;
    look_at_lines(a);
    DL_FOREACH(a->gw->mgcp->roles, r)
    for (unsigned i = 0; i < r->nchannels; i++) {
        struct looking on = {a, &r->channel[i]};
        look_at_channel(a, on.channel);
        mgcp_gw_connections(on.channel->endpoint, look_at_connection, &on);
    }
    return true;
}
