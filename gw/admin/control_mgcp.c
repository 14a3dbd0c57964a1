/* `show lines` and `show endpoints`: what MGCP gateways have, and what agents direct here. Without
 * a gateway that runs: what the plan says of them. `mwi`: messages wait for the user of a line. */
#include "gw/admin/control_priv.h"
#include "gw/mgcp_status.h"

#include <stdio.h>

/** How long ago, when it is known. */
static void answer_since(struct gw_answer *a, rt_time since)
{
    if (since > 0)
        gw_answer_number(a, "since_ms", (rt_now() - since) / RT_MS);
}

/* ---- lines ---- */

static void running_line(struct gw_answer *a, const struct gw_line_status *s)
{
    gw_answer_begin(a, "line");
    gw_answer_text(a, "gateway", s->gateway);
    gw_answer_text(a, "endpoint", s->endpoint);
    gw_answer_text(a, "number", s->number);
    gw_answer_text(a, "trunk", s->trunk);
    gw_answer_text(a, "service", s->service);
    gw_answer_text(a, "hook", s->hook);
    gw_answer_text(a, "state", s->state);
    gw_answer_number(a, "calls", s->calls);
    gw_answer_flag(a, "messages", s->messages);
    answer_since(a, s->since);
    gw_answer_end(a);
}

static void planned_line(struct gw_answer *a, const struct gw_mgcp_endpoint *e)
{
    gw_answer_begin(a, "line");
    gw_answer_text(a, "gateway", e->gateway->name);
    gw_answer_text(a, "endpoint", e->local);
    gw_answer_text(a, "number", e->as ? e->as->number : "");
    gw_answer_text(a, "name", e->as && e->as->name ? e->as->name : "");
    gw_answer_text(a, "trunk", e->trunk ? e->trunk->name : "");
    gw_answer_end(a);
}

int gw_show_lines(struct gw_answer *a, const struct gw_args *args)
{
    const struct gw_mgcp_plan *m = &a->plan->mgcp;
    struct gw_line_status s;
    unsigned n = 0;

    (void)args;
    for (unsigned i = 0; a->gw && gw_line_status(&s, a->gw, i); i++, n++)
        running_line(a, &s);
    for (unsigned g = 0; !a->gw && g < m->ngateways; g++)
        for (unsigned i = 0; i < m->gateways[g].nendpoints; i++)
            if (m->gateways[g].endpoint[i].line) {
                planned_line(a, &m->gateways[g].endpoint[i]);
                n++;
            }
    if (n == 0)
        snprintf(a->note, sizeof a->note, "no lines");
    return GW_EXIT_OK;
}

int gw_verb_mwi(struct gw_answer *a, const struct gw_args *args)
{
    const char *number = args->arg[0], *word = args->arg[1];
    bool on = strcmp(word, "on") == 0;

    if (!on && strcmp(word, "off") != 0)
        return gw_answer_fail(a, GW_EXIT_USAGE, "%.20s: on or off", word);
    if (gw_line_messages(a->gw, number, on) != 0)
        return gw_answer_fail(a, GW_EXIT_FAILED, "%.40s: no line has this number", number);
    snprintf(a->note, sizeof a->note, "%.40s: messages %s", number, on ? "wait" : "wait no more");
    rt_log(RT_LOG_ADMIN, RT_NOTICE, "%.40s: %s, says the operator", number,
           on ? "messages wait" : "messages wait no more");
    return GW_EXIT_OK;
}

/* ---- endpoints ---- */

static void running_peer(struct gw_answer *a, const struct gw_mgcp_peer_status *s)
{
    char addr[RT_ADDR_LEN];

    gw_answer_begin(a, "gateway");
    gw_answer_text(a, "gateway", s->name);
    gw_answer_text(a, "role", s->role);
    gw_answer_text(a, "address", rt_addr_format(addr, &s->address));
    if (s->profile)
        gw_answer_text(a, "profile", s->profile);
    gw_answer_number(a, "endpoints", s->endpoints);
    gw_answer_number(a, "in_service", s->in_service);
    gw_answer_flag(a, "up", s->answers);
    answer_since(a, s->since);
    if (s->rtt > 0)
        gw_answer_number(a, "rtt_ms", (s->rtt + RT_MS / 2) / RT_MS);
    gw_answer_number(a, "queued", s->queued);
    gw_answer_number(a, "sent", (int64_t)s->sent);
    gw_answer_number(a, "received", (int64_t)s->received);
    gw_answer_number(a, "repeated", (int64_t)s->repeated);
    gw_answer_number(a, "lost", (int64_t)s->lost);
    gw_answer_end(a);
}

static void running_endpoint(struct gw_answer *a, const struct gw_endpoint_status *s)
{
    gw_answer_begin(a, "endpoint");
    gw_answer_text(a, "peer", s->peer);
    gw_answer_text(a, "endpoint", s->endpoint);
    gw_answer_text(a, "role", s->role);
    gw_answer_text(a, "trunk", s->trunk);
    gw_answer_text(a, "service", s->service);
    gw_answer_text(a, "state", s->state);
    gw_answer_number(a, "connections", s->connections);
    answer_since(a, s->since);
    gw_answer_end(a);
}

static unsigned running(struct gw_answer *a)
{
    struct gw_mgcp_peer_status peer;
    struct gw_endpoint_status endpoint;
    unsigned n = 0;

    for (unsigned i = 0; gw_mgcp_peer_status(&peer, a->gw, i); i++, n++)
        running_peer(a, &peer);
    for (unsigned i = 0; gw_endpoint_status(&endpoint, a->gw, i); i++, n++)
        running_endpoint(a, &endpoint);
    return n;
}

static void planned_gateway(struct gw_answer *a, const struct gw_mgcp_gateway *g)
{
    char addr[RT_ADDR_LEN];

    gw_answer_begin(a, "gateway");
    gw_answer_text(a, "gateway", g->name);
    gw_answer_text(a, "role", "gateway");
    gw_answer_text(a, "address", rt_addr_format(addr, &g->address));
    gw_answer_text(a, "profile", mgcp_profile_name(g->profile));
    gw_answer_number(a, "endpoints", g->nendpoints);
    gw_answer_end(a);
}

static void planned_agent(struct gw_answer *a, const struct gw_mgcp_agent *g)
{
    unsigned n = 0;

    for (unsigned i = 0; i < g->nexports; i++)
        n += (unsigned)__builtin_popcount(g->export[i].channels);
    gw_answer_begin(a, "gateway");
    gw_answer_text(a, "gateway", g->address[0]);
    gw_answer_text(a, "role", "agent");
    gw_answer_text(a, "address", g->address[0]);
    gw_answer_text(a, "profile", mgcp_profile_name(g->profile));
    gw_answer_number(a, "endpoints", n);
    gw_answer_end(a);
}

static void planned_endpoint(struct gw_answer *a, const char *peer, const char *endpoint,
                             const char *role, const char *trunk)
{
    gw_answer_begin(a, "endpoint");
    gw_answer_text(a, "peer", peer);
    gw_answer_text(a, "endpoint", endpoint);
    gw_answer_text(a, "role", role);
    gw_answer_text(a, "trunk", trunk);
    gw_answer_end(a);
}

static void planned_exports(struct gw_answer *a, const struct gw_mgcp_agent *g)
{
    char name[64];

    for (unsigned i = 0; i < g->nexports; i++)
        for (unsigned ch = 1; ch < 32; ch++) {
            if (!(g->export[i].channels >> ch & 1))
                continue;
            snprintf(name, sizeof name, "%s/%u", g->export[i].prefix, ch);
            planned_endpoint(a, g->address[0], name, "exported", "");
        }
}

static unsigned planned(struct gw_answer *a)
{
    const struct gw_mgcp_plan *m = &a->plan->mgcp;

    for (unsigned i = 0; i < m->ngateways; i++)
        planned_gateway(a, &m->gateways[i]);
    for (unsigned i = 0; i < m->nagents; i++)
        planned_agent(a, &m->agents[i]);
    for (unsigned g = 0; g < m->ngateways; g++)
        for (unsigned i = 0; i < m->gateways[g].nendpoints; i++) {
            const struct gw_mgcp_endpoint *e = &m->gateways[g].endpoint[i];
            if (!e->line)
                planned_endpoint(a, e->gateway->name, e->local, "ours to use",
                                 e->trunk ? e->trunk->name : "");
        }
    for (unsigned i = 0; i < m->nagents; i++)
        planned_exports(a, &m->agents[i]);
    return m->ngateways + m->nagents;
}

int gw_show_endpoints(struct gw_answer *a, const struct gw_args *args)
{
    (void)args;
    if ((a->gw ? running(a) : planned(a)) == 0)
        snprintf(a->note, sizeof a->note, "no gateways and no agents");
    return GW_EXIT_OK;
}
