/* Which calls may be refused because channels are really all taken: looked at whenever one of them
 * is, at both ends of its span, and noted in the ledger's `crowded` of each call that wants one
 * just then.
 */
#include "gw/gw.h"
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"
#include "test/sim/far_span.h"

#include <utlist.h>

/** Both ends may have chosen the same channel at once, and each one that the other has just left.
 */
#define IN_FLIGHT 2
/** A refusal takes so long to reach the caller. */
#define ON_ITS_WAY (2 * RT_S)

static unsigned second(const struct sim *s, const struct sim_call *c)
{
    return (c->op->to + 1) % s->nfars;
}

/** It may want a channel of this far end in the end. */
static bool may_want(const struct sim *s, const struct sim_call *c, unsigned far)
{
    return c->op->from == far || c->op->to == far || second(s, c) == far || c->op->call.transfer ||
           c->op->call.emergency;
}

/** It may want one now: it has not been answered, and it is not long over. */
static bool wants_now(const struct sim_call *c)
{
    return !c->a.answered && (c->a.state != SIM_ENDED || rt_now() < c->a.ended + ON_ITS_WAY);
}

const struct isdn_span *sim_span_of(const struct sim *s, const struct sim_far *f)
{
    bool has = f->kind == SIM_SPAN || f->kind == SIM_AGENT;

    for (unsigned i = 0; has && s->gw && i < s->gw->nspans; i++)
        if (s->gw->plan->spans[i].id == f->index + 1)
            return s->gw->spans[i].isdn;
    return NULL;
}

bool sim_full(const struct sim *s, unsigned far)
{
    const struct sim_far *f = &s->far[far];
    struct far_span_kind k;

    if (f->kind == SIM_AGENT && f->own)
        f = sim_far_agent_line(f);
    const struct far_span *own = f->own;
    if (f->kind != SIM_SPAN || !own)
        return f->kind == SIM_LINES; /* which have one call each */
    far_span_kind(&k, f);
    uint32_t channels = k.timeslots & ~(1u << isdn_rate_dchannel(k.rate));
    const struct isdn_span *here = sim_span_of(s, f);
    return !here || isdn_span_free_channels(here, channels) <= IN_FLIGHT ||
           isdn_span_free_channels(own->span, channels) <= IN_FLIGHT;
}

uint64_t sim_portless(void)
{
    return sim_counted("media_ports_exhausted_total");
}

void sim_channel_taken(struct sim_far *f)
{
    struct sim *s = f->sim;
    struct sim_call *c;

    if (!sim_full(s, f->index))
        return;
    DL_FOREACH(s->calls, c)
    c->crowded |= may_want(s, c, f->index) && wants_now(c);
}
