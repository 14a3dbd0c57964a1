/* One plan in the place of another: whatever belongs to trunks and groups is carried over by name,
 * and all of it is made before anything changes.
 */
#include "gw/apply.h"
#include "gw/auditor.h"
#include "gw/emergency.h"
#include "gw/g729.h"
#include "gw/gw.h"
#include "gw/leg_mgcp.h"
#include "gw/peer.h"
#include "gw/performance.h"
#include "gw/quota.h"
#include "gw/register.h"
#include "gw/registrar.h"
#include "gw/start.h"
#include "gw/upkeep.h"

#include <errno.h>
#include <stdlib.h>

/** What is ready to be exchanged. */
struct ready {
    struct gw_peer_change peers;
    struct gw_trunk_upkeep *upkeep;
    unsigned *turns;
    bool tied; /**< by us */
};

static int carry_turns(unsigned **out, const struct gw *gw, const struct gw_plan *plan)
{
    unsigned *turns = calloc(plan->dial.ngroups + 1, sizeof *turns);

    if (!turns)
        return ENOMEM;
    for (unsigned i = 0; gw->turns && i < plan->dial.ngroups; i++) {
        const struct gw_group *was = gw_plan_group(gw->plan, rt_str(plan->dial.groups[i].name));
        if (was)
            turns[i] = gw->turns[was->index];
    }
    *out = turns;
    return 0;
}

/** The plan that was tied last gives the values that are watched: one that comes back is tied anew.
 */
static int tie(struct ready *r, struct gw *gw, struct gw_plan *plan)
{
    if (!gw->limits)
        return 0;
    r->tied = !plan->scopes;
    gw_quota_untie(plan);
    return gw_quota_tie(plan, gw->limits);
}

static int prepare(struct ready *r, struct gw *gw, struct gw_plan *plan, struct rt_buf *why)
{
    int err = gw_upkeep_carry(&r->upkeep, gw, plan);

    if (err == 0)
        err = gw_peer_change_new(&r->peers, gw, plan);
    if (err == 0)
        err = carry_turns(&r->turns, gw, plan);
    if (err == 0)
        err = tie(r, gw, plan);
    if (err == 0)
        err = gw_start_identity(gw, plan, why);
    if (err == 0 && !gw->g729)
        err = gw_g729_new(&gw->g729, gw->loop, plan, why);
    return err;
}

/** As if nothing had been. */
static void give_back(struct ready *r, struct gw *gw, struct gw_plan *plan)
{
    gw_g729_adopt(gw->g729, gw->plan);
    gw_peer_change_free(&r->peers);
    free(r->upkeep);
    free(r->turns);
    if (r->tied)
        gw_quota_untie(plan);
}

static void exchange(struct ready *r, struct gw *gw, struct gw_plan *plan)
{
    struct gw_plan *before = gw->plan;

    gw_register_part(gw, plan);
    gw->plan = gw_plan_ref(plan);
    gw_peer_change_done(&r->peers, gw);
    gw_upkeep_adopt(gw, r->upkeep);
    free(gw->turns);
    gw->turns = r->turns;
    gw_g729_adopt(gw->g729, plan);
    media_keep(gw->media, gw_emergency_ports(plan));
    if (gw->performance)
        gw_performance_window(gw->performance, gw_plan_window(plan));
    rt_log_set_all(plan->log);
    if (gw->registrar)
        gw_registrar_adopt(gw->registrar, &plan->registrar);
    if (gw_register_adopt(gw) != 0)
        rt_log(RT_LOG_SIP, RT_ERROR, "registrations: out of memory: some are missing");
    gw_peers_begin(gw);
    gw_mgcp_adopt(gw);
    gw_busy_out_review(gw);
    gw_auditor_adopt(gw);
    gw_plan_unref(before);
}

int gw_apply_swap(struct gw *gw, struct gw_plan *plan, struct rt_buf *why)
{
    struct ready r = {.tied = false};

    if (gw->draining) {
        rt_buf_puts(why, "the gateway stops");
        return ECANCELED;
    }
    int err = prepare(&r, gw, plan, why);

    if (err == 0)
        exchange(&r, gw, plan);
    else
        give_back(&r, gw, plan);
    return err;
}
