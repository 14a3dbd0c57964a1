/* MGCP's beginning and end in the gateway: the node, the gateways of the plan with their lines, and
 * what becomes of them under another plan.
 */
#include "gw/dial_maps.h"
#include "gw/leg_mgcp_priv.h"
#include "gw/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- traces ---- */

/** The line "X: ..." of a message, without its name; no text: it has none. */
static struct rt_str line_of(struct rt_str wire, char code)
{
    while (wire.n > 0) {
        struct rt_str line = rt_str_trim(rt_str_cut(&wire, '\n'));
        if (line.n == 0)
            break;
        if (line.n > 2 && (line.p[0] | 0x20) == (code | 0x20) && line.p[1] == ':')
            return rt_str_trim((struct rt_str){line.p + 2, line.n - 2});
    }
    return (struct rt_str){"", 0};
}

/** "CRCX aaln/1 recvonly", "NTFY aaln/1 L/hd", "200": the ladder's line. */
static void note(struct gw_leg *leg, bool sent, struct rt_str wire)
{
    struct rt_str rest = wire;
    struct rt_str line = rt_str_trim(rt_str_cut(&rest, '\n'));
    struct rt_str verb = rt_str_cut(&line, ' '), tid = rt_str_cut(&line, ' ');
    struct rt_str name = rt_str_cut(&line, ' '), local = rt_str_cut(&name, '@'), what = {"", 0};

    if (verb.n == 3 && verb.p[0] >= '0' && verb.p[0] <= '9') {
        gw_call_note(leg, sent, "%.*s %.*s", RT_STR(verb), RT_STR(tid));
        return;
    }
    for (const char *code = "OSM"; *code && what.n == 0; code++)
        what = line_of(rest, *code);
    gw_call_note(leg, sent, "%.*s %.*s%s%.*s", RT_STR(verb), RT_STR(local), what.n > 0 ? " " : "",
                 RT_STR(what));
}

static void on_trace(void *arg, void *endpoint, bool sent, struct rt_str wire,
                     const union rt_addr *local, const union rt_addr *peer)
{
    struct gw_mgcp *m = arg;
    const struct leg_mgcp_traced *of = endpoint;
    struct gw_leg *leg = of ? of->leg(endpoint) : NULL;
    char name[96] = "";

    if (of)
        of->name(endpoint, name, sizeof name);
    gw_trace_mgcp(m->gw->trace, leg, name, sent, wire, local, peer);
    if (leg)
        note(leg, sent, wire);
}

static struct gw_leg *leg_of(const struct leg_mgcp_traced *of)
{
    const struct leg_mgcp_line *line = (const struct leg_mgcp_line *)of;

    return line->active ? &line->active->leg : line->legs ? &line->legs->leg : NULL;
}

static void name_of(const struct leg_mgcp_traced *of, char *out, size_t cap)
{
    const struct leg_mgcp_line *line = (const struct leg_mgcp_line *)of;

    RT_JOIN(out, cap, rt_str(line->name), rt_str("@"), rt_str(line->gateway->name));
}

static const struct leg_mgcp_traced traced_line = {.leg = leg_of, .name = name_of};

static const struct mgcp_node_ops node_ops = {.trace = on_trace};

/* ---- lines ---- */

static struct leg_mgcp_gateway *gateway_named(const struct gw_mgcp *m, const char *name)
{
    struct leg_mgcp_gateway *g;

    DL_FOREACH(m->gateways, g)
    if (strcasecmp(g->name, name) == 0)
        return g;
    return NULL;
}

struct leg_mgcp_line *leg_mgcp_find(const struct gw *gw, const struct gw_mgcp_endpoint *e)
{
    struct leg_mgcp_gateway *g = gw->mgcp ? gateway_named(gw->mgcp, e->gateway->name) : NULL;
    struct leg_mgcp_line *line = NULL;

    if (g)
        HASH_FIND_STR(g->lines, e->local, line);
    return line;
}

static int add_line(struct leg_mgcp_gateway *g, const struct gw_mgcp_endpoint *e)
{
    struct leg_mgcp_line *line = calloc(1, sizeof *line);

    if (!line)
        return ENOMEM;
    line->traced = traced_line;
    line->gw = g->mgcp->gw;
    line->gateway = g;
    line->name = strdup(e->local);
    int err = line->name
                  ? mgcp_ca_endpoint_new(&line->endpoint, g->ca, e->local, &leg_mgcp_line_ops, line)
                  : ENOMEM;
    if (err != 0) {
        free(line->name);
        free(line);
        return err;
    }
    leg_mgcp_line_init(line);
    leg_mgcp_line_plan(line, e);
    line->service = mgcp_ca_service(line->endpoint);
    HASH_ADD_KEYPTR(hh, g->lines, line->name, strlen(line->name), line);
    return 0;
}

/** Its calls go on with the plan that it was last in; when they are over so is the line. */
static void drop_line(struct leg_mgcp_line *line)
{
    line->gone = true;
    if (line->refs > 0)
        rt_log(RT_LOG_CALL, RT_NOTICE, "mgcp: %s@%s is not in the plan any more: its calls go on",
               line->name, line->gateway->name);
    leg_mgcp_line_review(line);
}

static void forget_line(struct leg_mgcp_line *line)
{
    HASH_DEL(line->gateway->lines, line);
    leg_mgcp_line_free(line);
}

static void drop_gateway(struct leg_mgcp_gateway *g)
{
    if (g->lines)
        return; /* with its last line */
    DL_DELETE(g->mgcp->gateways, g);
    mgcp_ca_free(g->ca);
    free(g->name);
    free(g);
}

void leg_mgcp_line_review(struct leg_mgcp_line *line)
{
    struct leg_mgcp_gateway *g = line->gateway;

    if (!line->gone || line->refs > 0)
        return;
    forget_line(line);
    if (!g->plan)
        drop_gateway(g);
}

/* ---- gateways ---- */

static void config_of(struct mgcp_ca_config *out, const struct gw_mgcp_gateway *p)
{
    *out = (struct mgcp_ca_config){.name = p->name,
                                   .address = p->address,
                                   .profile = p->profile,
                                   .audit = p->audit,
                                   .rate = p->rate};
}

static int add_lines(struct leg_mgcp_gateway *g)
{
    for (unsigned i = 0; i < g->plan->nendpoints; i++) {
        const struct gw_mgcp_endpoint *e = &g->plan->endpoint[i];
        struct leg_mgcp_line *line = NULL;
        int err = 0;

        HASH_FIND_STR(g->lines, e->local, line);
        if (!line)
            err = add_line(g, e);
        else
            line->gone = false;
        if (line && line->plan != e) {
            bool same = line->plan->line == e->line && !line->off_hook && !line->legs;
            leg_mgcp_line_plan(line, e);
            if (!same) /* else it is asked for what it was asked for */
                leg_mgcp_line_changed(line);
        }
        if (err != 0)
            return err;
    }
    return 0;
}

static int add_gateway(struct gw_mgcp *m, const struct gw_mgcp_gateway *p)
{
    struct leg_mgcp_gateway *g = calloc(1, sizeof *g);
    struct mgcp_ca_config cfg;

    if (!g)
        return ENOMEM;
    config_of(&cfg, p);
    g->mgcp = m;
    g->plan = p;
    g->name = strdup(p->name);
    int err = g->name ? mgcp_ca_new(&g->ca, m->node, &cfg) : ENOMEM;
    if (err != 0) {
        free(g->name);
        free(g);
        return err;
    }
    DL_APPEND(m->gateways, g);
    err = add_lines(g);
    if (err == 0)
        mgcp_ca_start(g->ca);
    return err;
}

static int start_gateways(struct gw_mgcp *m)
{
    const struct gw_mgcp_plan *p = &m->gw->plan->mgcp;
    int err = 0;

    for (unsigned i = 0; err == 0 && i < p->ngateways; i++)
        err = add_gateway(m, &p->gateways[i]);
    return err;
}

/* ---- another plan ---- */

/** Whatever the new plan does not name is on its way out. */
static void part_with_all(struct gw_mgcp *m)
{
    struct leg_mgcp_gateway *g;
    struct leg_mgcp_line *line, *next;

    DL_FOREACH(m->gateways, g)
    {
        g->plan = NULL;
        HASH_ITER(hh, g->lines, line, next)
        line->gone = true;
    }
}

static int adopt_gateway(struct gw_mgcp *m, const struct gw_mgcp_gateway *p)
{
    struct leg_mgcp_gateway *g = gateway_named(m, p->name);
    struct mgcp_ca_config cfg;

    if (!g)
        return add_gateway(m, p);
    g->plan = p;
    config_of(&cfg, p);
    mgcp_ca_set(g->ca, &cfg);
    int err = add_lines(g);
    mgcp_ca_start(g->ca);
    return err;
}

static void drop_the_rest(struct gw_mgcp *m)
{
    struct leg_mgcp_gateway *g, *after;
    struct leg_mgcp_line *line, *next;

    DL_FOREACH_SAFE(m->gateways, g, after)
    {
        bool last = g->plan == NULL;
        bool empty = g->lines == NULL;
        HASH_ITER(hh, g->lines, line, next)
        if (line->gone)
            drop_line(line);
        if (last && empty)
            drop_gateway(g);
    }
}

void gw_mgcp_adopt(struct gw *gw)
{
    const struct gw_mgcp_plan *p = &gw->plan->mgcp;
    int err = 0;

    if (!gw->mgcp)
        return;
    mgcp_node_set(gw->mgcp->node, &p->timers);
    part_with_all(gw->mgcp);
    for (unsigned i = 0; i < p->ngateways; i++)
        if (adopt_gateway(gw->mgcp, &p->gateways[i]) != 0)
            err = ENOMEM;
    drop_the_rest(gw->mgcp);
    leg_mgcp_roles_adopt(gw->mgcp);
    if (err != 0)
        rt_log(RT_LOG_CALL, RT_ERROR, "mgcp: out of memory: some lines are missing");
}

/* ---- beginning and end ---- */

static int start_node(struct gw_mgcp *m, struct rt_buf *why)
{
    const struct gw_mgcp_plan *p = &m->gw->plan->mgcp;
    struct mgcp_node_config cfg = {
        .nlisten = p->nlisten, .domain = p->domain, .dns = m->gw->dns, .timers = p->timers};
    char addr[RT_ADDR_LEN];
    unsigned failed = 0;

    memcpy(cfg.listen, p->listen, sizeof cfg.listen);
    int err = mgcp_node_new(&m->node, m->gw->loop, &cfg, &node_ops, m, &failed);
    if (err != 0)
        rt_buf_printf(why, "mgcp on %s: %s", rt_addr_format(addr, &p->listen[failed]),
                      strerror(err));
    return err;
}

int gw_mgcp_start(struct gw *gw, struct rt_buf *why)
{
    if (!gw->plan->mgcp.on)
        return 0;
    gw->mgcp = calloc(1, sizeof *gw->mgcp);
    if (!gw->mgcp)
        return ENOMEM;
    gw->mgcp->gw = gw;
    int err = start_node(gw->mgcp, why);
    if (err != 0)
        return err;
    err = start_gateways(gw->mgcp);
    if (err == 0)
        err = leg_mgcp_roles_start(gw->mgcp, why);
    if (err != 0 && why->n == 0)
        rt_buf_printf(why, "mgcp: %s", strerror(err));
    return err;
}

void gw_mgcp_stop(struct gw *gw)
{
    struct leg_mgcp_gateway *g, *after;
    struct leg_mgcp_line *line, *next;
    struct gw_mgcp *m = gw->mgcp;

    if (!m)
        return;
    leg_mgcp_roles_stop(m);
    DL_FOREACH_SAFE(m->gateways, g, after)
    {
        HASH_ITER(hh, g->lines, line, next)
        forget_line(line);
        drop_gateway(g);
    }
    mgcp_node_free(m->node);
    gw_dial_maps_free(m->maps);
    free(m);
    gw->mgcp = NULL;
}
