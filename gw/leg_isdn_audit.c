/* The auditor's look at what the ISDN stack holds: Q.931 calls, and channels. */
#include "gw/auditor_priv.h"
#include "gw/span_status.h"
#include "isdn/isdn.h"

#include <stdio.h>

struct on_span {
    struct gw_auditor *a;
    const struct gw_span *span;
};

static void end_call(const struct isdn_call_view *v, bool held)
{
    if (!held)
        isdn_call_own(v->call, NULL);
    if (v->clearing)
        isdn_call_forget(v->call);
    else
        isdn_call_release(v->call, 41, GW_LOC_PUBLIC_LOCAL); /* temporary failure */
}

static void look_at_q931(void *arg, const struct isdn_call_view *v)
{
    const struct on_span *on = arg;
    bool held = gw_auditor_meets(on->a, GW_CLAIM_Q931, v->call);
    rt_time least = v->clearing ? gw_audit_clearing_time(on->span->isdn) : 0, lasted;
    char state[40];

    if (v->over || (held && !v->astray) ||
        !gw_auditor_suspect(on->a, GW_FOUND_CHANNEL, v->call, v->mark << 8 | v->channel, least,
                            &lasted))
        return;
    snprintf(state, sizeof state, "%s", v->state);
    unsigned channel = v->channel;
    end_call(v, held);
    gw_auditor_repaired(on->a, GW_FOUND_CHANNEL, lasted, "channel %u/%u, state %s%s",
                        isdn_span_id(on->span->isdn), channel, state,
                        held ? ", which is another call's" : ", no call");
}

static void look_at_strays(struct gw_auditor *a, const struct gw_span *span)
{
    uint32_t stray = isdn_span_stray(span->isdn);
    rt_time lasted;

    for (unsigned t = 0; stray && t < GW_TIMESLOTS; t++) {
        if (!(stray >> t & 1) || !gw_auditor_suspect(a, GW_FOUND_CHANNEL, span, t, 0, &lasted))
            continue;
        isdn_channel_free_stray(span->isdn, t);
        gw_auditor_repaired(a, GW_FOUND_CHANNEL, lasted, "channel %u/%u, no Q.931 call",
                            isdn_span_id(span->isdn), t);
    }
}

bool gw_audit_spans(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    struct gw *gw = a->gw;

    if (fresh)
        a->span = 0;
    for (; *budget > 0 && a->span < gw->nspans; a->span++) {
        struct on_span on = {a, &gw->spans[a->span]};
        isdn_span_calls(on.span->isdn, look_at_q931, &on);
        look_at_strays(a, on.span);
        *budget -= *budget < 32 ? *budget : 32; /* calls of a span */
    }
    return a->span >= gw->nspans;
}
