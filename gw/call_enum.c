/* Targets that ENUM finds: asked for when it is their turn, and tried one after the other. What it
 * does not know, or what leads where nothing may go, leaves the call to the next target.
 */
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/trunk_stats.h"

#include <stdlib.h>

void gw_call_unresolve(struct gw_dialling *dial)
{
    struct gw_resolved *r = &dial->resolved;

    gw_enum_cancel(r->asking);
    free(r->uri);
    *r = (struct gw_resolved){.hop = 0};
    rt_timer_stop(&dial->patience);
    dial->room = (struct gw_room){.hop = 0};
}

/* ---- what may be called ---- */

static bool is_host(struct rt_str host, const union rt_addr *a)
{
    char text[RT_ADDR_LEN];

    return a->sa.sa_family != AF_UNSPEC && rt_str_caseeq(host, rt_addr_host(text, a));
}

/** A call to ourselves would come back here. */
static bool is_ours(const struct gw_plan *p, struct rt_str host)
{
    if (is_host(host, &p->sip.advertise))
        return true;
    for (unsigned i = 0; i < p->sip.nlisten; i++)
        if (is_host(host, &p->sip.listen[i].addr))
            return true;
    for (unsigned i = 0; i < p->registrar.ndomains; i++)
        if (rt_str_caseeq(host, p->registrar.domains[i]))
            return true;
    return false;
}

static bool usable(const struct gw_call *call, const struct gw_trunk *via,
                   const struct dp_enum_uri *u)
{
    struct rt_str uri = rt_str(u->text);

    if (u->scheme == DP_ENUM_TEL || is_ours(call->plan, dp_enum_host(uri)))
        return false;
    return via->ndomains == 0 || dp_enum_uri_ok(uri, via->domains, via->ndomains);
}

/* ---- asking ---- */

static void keep(struct gw_call *call, const struct gw_trunk *via, const struct gw_enum_answer *a)
{
    struct gw_resolved *r = &call->dial->resolved;

    r->uri = a->n > 0 ? calloc(a->n, sizeof *r->uri) : NULL;
    for (unsigned i = 0; r->uri && i < a->n; i++) {
        if (usable(call, via, &a->uri[i]))
            r->uri[r->n++] = a->uri[i];
        else
            rt_log(RT_LOG_CALL, RT_INFO, "%s: %s may not be called", call->name, a->uri[i].text);
    }
}

static void on_answer(void *arg, const struct gw_enum_answer *a)
{
    struct gw_call *call = arg;
    struct gw_dialling *dial = call->dial;

    dial->resolved.asking = NULL;
    gw_call_stats_enum(call->gw->stats, a->took);
    rt_log(RT_LOG_CALL, RT_INFO, "%s: enum: %s%s", call->name, gw_enum_result_text(a->result),
           a->cached ? ", as remembered" : "");
    if (a->result == GW_ENUM_FOUND)
        keep(call, dial->decision.hop[dial->hop].trunk, a);
    gw_call_go_on(call);
}

enum gw_ready gw_call_resolve(struct gw_call *call, const struct gw_hop *hop)
{
    struct gw_dialling *dial = call->dial;
    struct gw_resolved *r = &dial->resolved;

    if (r->hop == dial->hop + 1)
        return r->asking ? GW_WAIT : r->at < r->n ? GW_READY : GW_SKIP;
    gw_call_unresolve(dial);
    r->hop = dial->hop + 1;
    r->config = gw_enum_config(hop->ask);
    if (!call->gw->enums || gw_enum_ask(&r->asking, call->gw->enums, &r->config,
                                        &dial->decision.called, on_answer, call) != 0) {
        r->asking = NULL;
        return GW_SKIP;
    }
    return GW_WAIT;
}
