/* What the MGCP adapter holds, as the gateway's auditor wants to know it. */
#include "gw/leg_mgcp_agent.h"

#include <stdio.h>
#include <utlist.h>

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

struct looking {
    const struct leg_mgcp_channel *channel;
    gw_mgcp_astray_fn *fn;
    void *arg;
};

/** A connection whose owner is none of the channel's: nobody would delete it but the agent. */
static void look_at(void *arg, struct mgcp_gw_connection *m)
{
    const struct looking *on = arg;
    char name[96];

    for (const struct leg_mgcp_agent_connection *c = on->channel->connections; c; c = c->after)
        if (c == mgcp_gw_connection_owned(m))
            return;
    snprintf(name, sizeof name, "%.40s, connection %.40s",
             mgcp_gw_endpoint_name(on->channel->endpoint), mgcp_gw_connection_id(m));
    if (on->fn(on->arg, m, name)) {
        mgcp_gw_connection_own(m, NULL);
        mgcp_gw_connection_lost(m, 901); /* taken out of service */
    }
}

void gw_mgcp_astray(const struct gw *gw, gw_mgcp_astray_fn *fn, void *arg)
{
    struct leg_mgcp_role *r;

    if (!gw->mgcp)
        return;
    DL_FOREACH(gw->mgcp->roles, r)
    for (unsigned i = 0; i < r->nchannels; i++) {
        struct looking on = {&r->channel[i], fn, arg};
        mgcp_gw_connections(r->channel[i].endpoint, look_at, &on);
    }
}
