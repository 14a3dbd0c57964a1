/* What legs of all kinds share: the making of one by its trunk's kind, and names for the log. */
#include "gw/leg.h"
#include "gw/gw.h"

#include <utlist.h>

struct gw_leg *gw_leg_new(struct gw *gw, struct gw_call *call, const struct gw_trunk *trunk)
{
    static struct gw_leg *(*const make[])(struct gw *, struct gw_call *,
                                          const struct gw_trunk *) = {
        [GW_TRUNK_SIP] = gw_leg_sip_new,     [GW_TRUNK_SPAN] = gw_leg_isdn_new,
        [GW_TRUNK_MGCP] = gw_leg_mgcp_new,   [GW_TRUNK_AGENT] = gw_leg_agent_new,
        [GW_TRUNK_LOCAL] = gw_leg_local_new,
    };
    return make[trunk->kind](gw, call, trunk);
}

const char *gw_early_name(enum gw_early e)
{
    static const char *const names[] = {"none", "tone", "remote"};
    return names[e];
}

void gw_carrier_came(struct gw_carrier *out, const struct gw_trunk *by)
{
    rt_str_copy(out->from_tgrp, sizeof out->from_tgrp, rt_str(by->identity.tgrp));
    rt_str_copy(out->from_context, sizeof out->from_context, rt_str(by->identity.tgrp_context));
}

void gw_leg_init(struct gw_leg *leg, struct gw *gw, const struct gw_leg_ops *ops,
                 const struct gw_trunk *trunk)
{
    leg->ops = ops;
    leg->gw = gw;
    leg->serial = ++gw->last_leg;
    leg->trunk = trunk;
    leg->plan = trunk && trunk->plan ? gw_plan_ref(trunk->plan) : NULL;
    leg->codec = leg->srtp = leg->keying = leg->ice = "";
    DL_APPEND(gw->legs, leg);
}

void gw_leg_end(struct gw_leg *leg)
{
    gw_plan_unref(leg->plan);
    leg->plan = NULL;
}

int gw_leg_open_rtp(struct gw_leg *leg, unsigned thread, const union rt_addr *local,
                    media_event_fn *fn)
{
    const struct gw_call *c = leg->call;

    if (c && (c->emergency || c->callback))
        return media_rtp_open_urgent(&leg->port, leg->gw->media, thread, local, fn, leg);
    return media_rtp_open(&leg->port, leg->gw->media, thread, local, fn, leg);
}

/* ---- without a port ---- */

int gw_leg_any_thread(const struct gw_leg *leg)
{
    (void)leg;
    return -1;
}

unsigned gw_leg_no_media(struct gw_leg *leg, unsigned thread)
{
    (void)leg;
    (void)thread;
    return 0;
}

void gw_leg_no_channel(const struct gw_leg *leg, char *out, size_t cap)
{
    (void)leg;
    if (cap > 0)
        out[0] = '\0';
}

bool gw_leg_no_stats(const struct gw_leg *leg, struct media_stats *out)
{
    (void)leg;
    (void)out;
    return false;
}
