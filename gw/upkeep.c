/* Blocking and freeing trunks and channels, and restarting channels, as the operator asks. */
#include "gw/upkeep_priv.h"

#include <errno.h>
#include <stdlib.h>

struct rt_counter gw_upkeep_counters[GW_UPKEEP_NCOUNTERS] = {
    [GW_UPKEEP_BUSY_OUTS] = {"busy_outs_total", "spans without anything behind them", 0},
    [GW_UPKEEP_REFUSED] = {"busy_out_refused_total",
                           "calls refused because nothing was behind their span", 0},
    [GW_UPKEEP_SKIPPED] = {"blocked_total", "calls that a blocked trunk did not take", 0},
};

const char *gw_service_name(enum gw_service s)
{
    static const char *const names[] = {
        [GW_SERVING] = "in service", [GW_DRAINING] = "draining", [GW_BLOCKED] = "blocked"};
    return names[s];
}

int gw_upkeep_start(struct gw *gw)
{
    struct gw_upkeep *u = calloc(1, sizeof *u);

    gw->upkeep = u;
    if (!u)
        return ENOMEM;
    u->trunks = calloc(gw->plan->ntrunks + 1, sizeof *u->trunks);
    u->spans = calloc(gw->plan->nspans + 1, sizeof *u->spans);
    rt_timer_init(&u->timer, gw->loop, gw_busy_out_timeout, gw);
    return u->trunks && u->spans ? 0 : ENOMEM;
}

int gw_upkeep_carry(struct gw_trunk_upkeep **out, const struct gw *gw, const struct gw_plan *plan)
{
    struct gw_trunk_upkeep *trunks = calloc(plan->ntrunks + 1, sizeof *trunks);

    if (!trunks)
        return ENOMEM;
    for (unsigned i = 0; i < plan->ntrunks; i++) {
        const struct gw_trunk *was = gw_plan_trunk(gw->plan, rt_str(plan->trunks[i].name));
        if (was)
            trunks[i] = gw->upkeep->trunks[was->index];
    }
    *out = trunks;
    return 0;
}

void gw_upkeep_adopt(struct gw *gw, struct gw_trunk_upkeep *trunks)
{
    free(gw->upkeep->trunks);
    gw->upkeep->trunks = trunks;
}

void gw_upkeep_stop(struct gw *gw)
{
    if (!gw->upkeep)
        return;
    rt_timer_stop(&gw->upkeep->timer);
    free(gw->upkeep->trunks);
    free(gw->upkeep->spans);
    free(gw->upkeep);
    gw->upkeep = NULL;
}

/* ---- channels ---- */

/** 0: all. */
static uint32_t bits(unsigned timeslot)
{
    return timeslot == 0 ? UINT32_MAX : timeslot < GW_TIMESLOTS ? 1u << timeslot : 0;
}

int gw_block_channel(struct gw_span *span, unsigned timeslot, bool drain)
{
    return gw_span_block(span->isdn, bits(timeslot), true, drain);
}

/** A trunk with a channel that is free takes calls again. */
int gw_unblock_channel(struct gw_span *span, unsigned timeslot)
{
    const struct gw_plan *p = span->gw->plan;

    for (unsigned i = 0; i < p->ntrunks; i++)
        if (p->trunks[i].span == &p->spans[span->index] && (p->trunks[i].channels & bits(timeslot)))
            span->gw->upkeep->trunks[i].blocked = false;
    return gw_span_block(span->isdn, bits(timeslot), false, false);
}

int gw_restart(struct gw_span *span, unsigned timeslot)
{
    return gw_span_restart(span->isdn, timeslot);
}

/* ---- trunks ---- */

static struct gw_span *span_of(const struct gw *gw, const struct gw_trunk *t)
{
    for (unsigned i = 0; i < gw->nspans; i++)
        if (gw->plan->spans[i].id == t->span->id)
            return &gw->spans[i];
    return NULL;
}

/** By name: a call may have begun under another plan. */
static struct gw_trunk_upkeep *upkeep_of(const struct gw *gw, const struct gw_trunk *t)
{
    const struct gw_plan *p = gw->plan;

    if (t->index < p->ntrunks && &p->trunks[t->index] == t)
        return &gw->upkeep->trunks[t->index];
    t = gw_plan_trunk(p, rt_str(t->name));
    return t ? &gw->upkeep->trunks[t->index] : NULL;
}

static int set_trunk(struct gw *gw, const struct gw_trunk *t, unsigned channel, bool block,
                     bool drain)
{
    struct gw_trunk_upkeep *u = upkeep_of(gw, t);

    if (!u)
        return EINVAL;
    if (t->kind == GW_TRUNK_SPAN) {
        struct gw_span *span = span_of(gw, t);
        int err =
            span ? gw_span_block(span->isdn, t->channels & bits(channel), block, drain) : EINVAL;
        if (err != 0)
            return err;
    } else if (channel != 0) {
        return EINVAL;
    }
    if (channel == 0 || !block) /* with one channel free it takes calls again */
        *u = (struct gw_trunk_upkeep){.blocked = block, .drain = drain};
    gw_busy_out_review(gw);
    return 0;
}

int gw_block(struct gw *gw, const struct gw_trunk *t, unsigned channel, bool drain)
{
    return set_trunk(gw, t, channel, true, drain);
}

int gw_unblock(struct gw *gw, const struct gw_trunk *t, unsigned channel)
{
    return set_trunk(gw, t, channel, false, false);
}

unsigned gw_trunk_calls(const struct gw *gw, const struct gw_trunk *t)
{
    unsigned n = 0;

    for (const struct gw_leg *leg = gw->legs; leg; leg = leg->next)
        n += !leg->done && leg->trunk &&
             (leg->trunk == t || (leg->plan != t->plan && strcmp(leg->trunk->name, t->name) == 0));
    return n;
}

enum gw_service gw_trunk_service(const struct gw *gw, const struct gw_trunk *t)
{
    const struct gw_trunk_upkeep *u = upkeep_of(gw, t);

    if (!u || !u->blocked)
        return GW_SERVING;
    return u->drain && gw_trunk_calls(gw, t) > 0 ? GW_DRAINING : GW_BLOCKED;
}

const char *gw_trunk_barred(const struct gw *gw, const struct gw_trunk *t)
{
    const struct gw_trunk_upkeep *u = upkeep_of(gw, t);

    return u && u->blocked ? "blocked by the operator" : NULL;
}
