/* Busy-out: while every SIP trunk behind a span is down or blocked, its PBX is told so and routes
 * elsewhere. When the trunks count as down, and as up again, is the health checks' business.
 */
#include "gw/upkeep_priv.h"

/** How often it is seen whether the calls are over that keep a D channel up. */
#define PATIENCE (1 * RT_S)

static struct gw_span_upkeep *upkeep_of(const struct gw_span *span)
{
    return &span->gw->upkeep->spans[span->index];
}

static const struct gw_upkeep_plan *plan_of(const struct gw_span *span)
{
    return &span->gw->plan->spans[span->index].upkeep;
}

bool gw_busied_out(const struct gw_span *span)
{
    return upkeep_of(span)->out;
}

const char *gw_busy_out_word(const struct gw_span *span)
{
    const struct gw_span_upkeep *u = upkeep_of(span);
    enum gw_busy_out how = plan_of(span)->busy_out;

    if (!u->out)
        return "no";
    return how == GW_BUSY_DCHANNEL && !u->silent ? "waits" : gw_busy_out_name(how);
}

static bool lost(const struct gw *gw, const struct gw_trunk *t)
{
    return gw_trunk_barred(gw, t) || gw_peer_lost(gw, t);
}

static bool nothing_behind(const struct gw_span *span)
{
    const struct gw_upkeep_plan *p = plan_of(span);

    for (unsigned i = 0; i < p->nbehind; i++)
        if (!lost(span->gw, p->behind[i]))
            return false;
    return p->nbehind > 0;
}

/** Of all spans that its D channel serves. */
static bool has_calls(const struct gw_span *span)
{
    const struct gw *gw = span->gw;
    const struct gw_span_plan *p = &gw->plan->spans[span->index];
    struct gw_span_status s;

    for (unsigned i = 0; i < gw->nspans; i++) {
        if (&gw->plan->spans[i] != p && gw->plan->spans[i].lead != p)
            continue;
        gw_span_status(&s, gw->spans[i].isdn);
        if (s.calls > 0)
            return true;
    }
    return false;
}

/** Calls in progress would be lost with the D channel: new ones are refused until they are over. */
static void settle_dchannel(struct gw_span *span)
{
    struct gw_span_upkeep *u = upkeep_of(span);
    bool silent = u->out && (u->silent || !has_calls(span));

    if (silent != u->silent)
        gw_span_silence(span->isdn, silent);
    u->silent = silent;
    if (u->out && !silent)
        rt_timer_start(&span->gw->upkeep->timer, PATIENCE);
}

static void change(struct gw_span *span, bool out)
{
    struct gw_span_upkeep *u = upkeep_of(span);

    if (u->out != out) {
        u->out = out;
        if (out)
            rt_count(&gw_upkeep_counters[GW_UPKEEP_BUSY_OUTS]);
        rt_log(RT_LOG_ISDN, out ? RT_WARN : RT_NOTICE, "span %u: %s",
               span->gw->plan->spans[span->index].id,
               out ? "busied out: nothing is behind it" : "takes calls again");
        if (plan_of(span)->busy_out == GW_BUSY_SERVICE)
            gw_span_busy_out(span->isdn, out);
    }
    if (plan_of(span)->busy_out == GW_BUSY_DCHANNEL)
        settle_dchannel(span);
}

void gw_busy_out_review(struct gw *gw)
{
    for (unsigned i = 0; i < gw->nspans; i++)
        if (plan_of(&gw->spans[i])->nbehind > 0)
            change(&gw->spans[i], nothing_behind(&gw->spans[i]));
}

void gw_busy_out_timeout(void *arg)
{
    gw_busy_out_review(arg);
}
