/* Gateways of MGCP that look wrong: of no trunk, two at one address. */
#include "gw/plan_lint_priv.h"

static bool in_use(const struct gw_mgcp_gateway *g)
{
    for (unsigned i = 0; i < g->nendpoints; i++)
        if (g->endpoint[i].trunk)
            return true;
    return false;
}

static void same_address(struct gw_lint *l, const struct gw_mgcp_gateway *g)
{
    const struct gw_mgcp_gateway *other = l->plan->mgcp.gateways;

    while (other < g && !rt_addr_equal(&other->address, &g->address))
        other++;
    if (other < g)
        gw_lint_warn(l, g->pos, "gateway \"%s\" has the address of gateway \"%s\" (at %s:%u:%u)",
                     g->name, other->name, other->pos.file, other->pos.line, other->pos.column);
}

void gw_lint_mgcp(struct gw_lint *l)
{
    const struct gw_mgcp_plan *p = &l->plan->mgcp;

    for (unsigned i = 0; i < p->ngateways; i++) {
        const struct gw_mgcp_gateway *g = &p->gateways[i];
        if (!in_use(g))
            gw_lint_warn(l, g->pos, "gateway \"%s\" is in no trunk: its users hear congestion tone",
                         g->name);
        same_address(l, g);
    }
}
