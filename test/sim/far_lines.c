/* Telephones behind an MGCP gateway: the gateway, and what the plan says of it (far_lines.h). */
#include "test/sim/far_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define AGENT SIM_GATEWAY ":2727"

/* ---- life ---- */

static int add_phone(struct far_lines *own, unsigned i)
{
    struct far_phone *p = &own->phone[i];
    char name[16];

    far_phone_init(p, own, i + 1);
    snprintf(name, sizeof name, "aaln/%u", i + 1);
    return mgcp_gw_endpoint_new(&p->e, own->gw, name, MGCP_LINE_ENDPOINT, &far_phone_ops, p);
}

static int lines_start(struct sim_far *f)
{
    struct far_lines *own = calloc(1, sizeof *own);
    char domain[24];
    unsigned failed;

    if (!own)
        return ENOMEM;
    own->far = f;
    f->own = own;
    snprintf(domain, sizeof domain, "iad%u.test", f->index);
    struct mgcp_node_config node = {.nlisten = 1, .domain = domain};
    struct mgcp_gw_config gw = {
        .agents = {AGENT},
        .nagents = 1,
        .restart = {.mwd = 2 * RT_S, .tdinit = 2 * RT_S, .tdmin = 2 * RT_S, .tdmax = 30 * RT_S}};
    rt_addr_parse(&node.listen[0], f->host, strlen(f->host), MGCP_PORT_GATEWAY);
    int err = mgcp_node_new(&own->node, f->sim->loop, &node, NULL, NULL, &failed);
    if (err == 0)
        err = mgcp_gw_new(&own->gw, own->node, &gw);
    for (unsigned i = 0; i < SIM_LINES_EACH && err == 0; i++)
        err = add_phone(own, i);
    if (err == 0)
        mgcp_gw_start(own->gw);
    return err;
}

static void lines_stop(struct sim_far *f)
{
    struct far_lines *own = f->own;

    if (!own)
        return;
    for (unsigned i = 0; i < SIM_LINES_EACH; i++) {
        struct far_phone *p = &own->phone[i];
        if (p->e)
            mgcp_gw_endpoint_free(p->e);
        far_phone_stop(p);
    }
    if (own->gw)
        mgcp_gw_free(own->gw);
    mgcp_node_free(own->node);
    free(own);
    f->own = NULL;
}

/** A telephone says only its own number, by which nobody would know an emergency call. */
static void lines_call(struct sim_far *f, struct sim_call *c)
{
    struct far_lines *own = f->own;
    struct far_phone *p = NULL;

    for (unsigned i = 0; i < SIM_LINES_EACH && !p; i++) {
        p = &own->phone[(sim_phone_of(c) + i) % SIM_LINES_EACH]; /* the called one comes last */
        if (!far_phone_free(p))
            p = NULL;
    }
    c->phone = p ? p->number : 0;
    if (p && !c->op->call.emergency)
        far_phone_call(p, c);
}

static bool lines_idle(struct sim_far *f, struct rt_buf *why)
{
    struct far_lines *own = f->own;
    struct mgcp_gw_status st;
    size_t before = why->n;

    mgcp_gw_status(own->gw, &st);
    if (st.in_flight > 0)
        rt_buf_printf(why, "%s: %u commands are on their way\n", f->trunk, st.in_flight);
    for (unsigned i = 0; i < SIM_LINES_EACH; i++) {
        const struct far_phone *p = &own->phone[i];
        if (far_phone_free(p))
            continue;
        rt_buf_printf(why, "%s: telephone %u is %s-hook%s, %u connections, call %s, %s\n", f->trunk,
                      i + 1, p->off_hook ? "off" : "on", p->rings ? ", rings" : "", p->connections,
                      p->c ? p->c->called : "none",
                      mgcp_gw_endpoint_in_service(p->e) ? "in service" : "out of service");
    }
    return why->n == before;
}

/* ---- the plan ---- */

static void lines_mgcp(const struct sim_far *f, struct rt_buf *out)
{
    rt_buf_printf(out, " gateway iad%u.test address %s:%u lines 1-%u\n", f->index, f->host,
                  MGCP_PORT_GATEWAY, SIM_LINES_EACH);
}

static void lines_plan(const struct sim_far *f, struct rt_buf *out)
{
    char number[16];

    rt_buf_printf(out,
                  "trunk %s {\n" SIM_LIMIT
                  " mgcp iad%u.test lines 1-%u\n flash off\n call-waiting off\n",
                  f->trunk, f->index, SIM_LINES_EACH);
    rt_buf_puts(out, " three-way off\n");
    for (unsigned i = 1; i <= SIM_LINES_EACH; i++) {
        sim_phone_number(number, f, i);
        rt_buf_printf(out, " line %u number %s\n", i, number);
    }
    rt_buf_puts(out, "}\n");
}

const struct sim_far_ops sim_far_lines = {.name = "lines",
                                          .start = lines_start,
                                          .stop = lines_stop,
                                          .call = lines_call,
                                          .idle = lines_idle,
                                          .plan = lines_plan,
                                          .mgcp = lines_mgcp};
