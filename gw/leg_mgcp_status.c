/* What lines, endpoints and gateways are doing (gw/mgcp_status.h). */
#include "gw/leg_mgcp_priv.h"
#include "gw/mgcp_status.h"

#include <stdio.h>
#include <utlist.h>

unsigned gw_mgcp_free(const struct gw *gw, const struct gw_trunk *t)
{
    unsigned n = 0;

    for (unsigned i = 0; i < t->mgcp->nendpoints; i++) {
        const struct leg_mgcp_line *line = leg_mgcp_find(gw, t->mgcp->endpoint[i]);
        n += line && leg_mgcp_is_free(line);
    }
    return n;
}

static const struct leg_mgcp_gateway *gateway_of(const struct gw *gw, const struct gw_trunk *t)
{
    const struct leg_mgcp_gateway *g;

    for (g = gw->mgcp ? gw->mgcp->gateways : NULL; g; g = g->next)
        if (strcasecmp(g->name, t->mgcp->gateway->name) == 0)
            return g;
    return NULL;
}

bool gw_mgcp_up(const struct gw *gw, const struct gw_trunk *t)
{
    const struct leg_mgcp_gateway *g = gateway_of(gw, t);
    struct mgcp_ca_status s;

    if (!g)
        return false;
    mgcp_ca_status(g->ca, &s);
    return s.answers;
}

/** The n-th endpoint of the plan that is a line, or is none. */
static const struct gw_mgcp_endpoint *nth(const struct gw_mgcp_plan *p, bool line, unsigned *i)
{
    for (unsigned g = 0; g < p->ngateways; g++)
        for (unsigned k = 0; k < p->gateways[g].nendpoints; k++)
            if (p->gateways[g].endpoint[k].line == line && (*i)-- == 0)
                return &p->gateways[g].endpoint[k];
    return NULL;
}

static unsigned calls_of(const struct leg_mgcp_line *line)
{
    const struct leg_mgcp *l;
    unsigned n = 0;

    for (l = line->legs; l; l = l->next)
        n++;
    return n;
}

bool gw_line_status(struct gw_line_status *out, const struct gw *gw, unsigned i)
{
    const struct gw_mgcp_endpoint *e = nth(&gw->plan->mgcp, true, &i);
    const struct leg_mgcp_line *line = e ? leg_mgcp_find(gw, e) : NULL;

    if (!e)
        return false;
    *out = (struct gw_line_status){.gateway = e->gateway->name,
                                   .endpoint = e->local,
                                   .number = e->as ? e->as->number : "",
                                   .trunk = e->trunk ? e->trunk->name : "",
                                   .service = mgcp_service_name(MGCP_UNKNOWN),
                                   .hook = "unknown",
                                   .state = "idle"};
    if (!line)
        return true;
    out->service = mgcp_service_name(line->service);
    out->hook = line->service == MGCP_IN_SERVICE ? line->off_hook ? "off" : "on" : "unknown";
    out->state = leg_mgcp_line_state(line);
    out->calls = calls_of(line);
    out->messages = line->messages;
    out->since = line->since;
    return true;
}

bool gw_endpoint_status(struct gw_endpoint_status *out, const struct gw *gw, unsigned i)
{
    const struct gw_mgcp_endpoint *e = nth(&gw->plan->mgcp, false, &i);
    const struct leg_mgcp_line *line = e ? leg_mgcp_find(gw, e) : NULL;

    if (!e)
        return leg_mgcp_export_status(out, gw, i);
    *out = (struct gw_endpoint_status){.peer = e->gateway->name,
                                       .role = "ours to use",
                                       .trunk = e->trunk ? e->trunk->name : "",
                                       .service = mgcp_service_name(MGCP_UNKNOWN),
                                       .state = "idle"};
    rt_str_copy(out->endpoint, sizeof out->endpoint, rt_str(e->local));
    if (!line)
        return true;
    out->service = mgcp_service_name(line->service);
    out->state = line->legs                       ? "busy"
                 : line->use == LEG_MGCP_FREE     ? "idle"
                 : line->use == LEG_MGCP_CLEARING ? "clearing"
                                                  : "seized";
    out->connections = line->refs;
    out->since = line->since;
    return true;
}

bool gw_mgcp_peer_status(struct gw_mgcp_peer_status *out, const struct gw *gw, unsigned i)
{
    const struct leg_mgcp_gateway *g = gw->mgcp ? gw->mgcp->gateways : NULL;
    struct mgcp_ca_status s;

    while (g && i > 0) {
        g = g->next;
        i--;
    }
    if (!g)
        return gw->mgcp && leg_mgcp_agent_status(out, gw, i);
    mgcp_ca_status(g->ca, &s);
    *out = (struct gw_mgcp_peer_status){.name = g->name,
                                        .role = "gateway",
                                        .answers = s.answers,
                                        .rtt = s.rtt,
                                        .queued = s.queued,
                                        .endpoints = s.endpoints,
                                        .in_service = s.in_service,
                                        .sent = s.sent,
                                        .received = s.received,
                                        .repeated = s.repeated,
                                        .lost = s.timeouts};
    if (g->plan) { /* else its last calls are ending */
        out->address = g->plan->address;
        out->profile = mgcp_profile_name(g->plan->profile);
    }
    return true;
}
