/* How long to wait for a response (RFC 3435 3.5.3): estimated as TCP does, from commands that were
 * sent once; doubled, with chance in it, for each repetition.
 */
#include "gw/rt/random.h"
#include "mgcp/out_priv.h"

#define DEVIATIONS 4 /* N of 3.5.3, as in TCP */

rt_time mgcp_out_first(const struct mgcp_peer *p)
{
    const struct mgcp_timers *set = &p->node->timers;
    rt_time rto = p->average + DEVIATIONS * p->deviation;

    if (p->carried)
        return p->carried;
    /* below `first` a peer that takes its time has not yet said 100 (RFC 3661) */
    if (rto < set->first)
        return set->first;
    return rto < set->rto_max ? rto : set->rto_max;
}

rt_time mgcp_out_backoff(const struct mgcp_peer *p, rt_time *delay)
{
    rt_time max = p->node->timers.rto_max;

    *delay = 2 * *delay < 2 * max ? 2 * *delay : 2 * max; /* half of it is the most that is used */
    uint32_t ms = (uint32_t)(*delay / RT_MS), half = ms / 2;
    rt_time rto = (half + rt_random_below(ms - half + 1)) * RT_MS + DEVIATIONS * p->deviation;
    return rto < max ? rto : max;
}

static void sample(struct mgcp_peer *p, rt_time took)
{
    rt_time off = took > p->average ? took - p->average : p->average - took;

    if (p->average == 0) {
        p->average = took > 0 ? took : 1;
        p->deviation = took / 2;
        return;
    }
    p->average += (took - p->average) / 8;
    p->deviation += (off - p->deviation) / 4;
}

/** A first response, or the only one. */
void mgcp_out_learn(struct mgcp_peer *p, const struct mgcp_command *c)
{
    if (c->provisional)
        return;
    if (c->repeated) {
        p->carried = c->bundle->rto;
        return;
    }
    sample(p, rt_now() - c->sent);
    p->carried = 0;
}
