/* Calls that are sent on: who asks for it with both its calls answered is let out of them, the two
 * who are left then talk until one of them ends it, and the gateway counts what far ends saw.
 */
#include "test/sim/engine.h"

/** Between what one far end does and what another hears of it. */
#define PASSES (3 * RT_S)

/** One of the three left before the answer to who asked can have come. */
static bool left_before(const struct sim_call *c)
{
    rt_time by = c->moved.refused ? c->moved.refused : c->moved.asked + PASSES;

    return (c->a.ended && c->a.ended < by) || (c->b.ended && c->b.ended < by);
}

const char *sim_check_moved(const struct sim *s, const struct sim_call *c)
{
    const struct sim_moved *m = &c->moved;
    rt_time apart = c->a.ended - c->b.ended;

    if (m->outside || sim_emergency_at(s, c->a.ended))
        return NULL;
    if (m->asked && !m->done && !left_before(c))
        return m->refused ? "its two calls were not joined, by refusal"
                          : "its two calls were not joined";
    if (!m->done)
        return NULL;
    if (c->b.times < 2 || !c->b.answered)
        return "it was sent on to nobody";
    if (!c->a.by_us && !c->b.by_us)
        return "it was joined, and neither of the two ended it";
    return apart > PASSES || apart < -PASSES ? "it was joined, and its sides ended apart" : NULL;
}

void sim_check_moves(struct sim *s, const struct sim_call *c)
{
    s->checks->joined += c->moved.asked && c->moved.done;
    s->checks->outside += c->moved.outside != 0 && !c->disturbed;
}

/** With faults the gateway may have joined calls whose far end never heard of it. */
static void check_count(struct sim *s, const char *name, unsigned seen)
{
    uint64_t n = sim_counted(name);

    if (n < seen || (n > seen && !s->faults))
        sim_fail(s, "transfer", "%s is %u, far ends saw %u", name, (unsigned)n, seen);
}

void sim_check_transfers(struct sim *s)
{
    check_count(s, "transfers_attended_total", s->checks->joined);
    if (s->injected[SIM_MEMORY] == 0 && s->checks->outside > 0 &&
        sim_counted("transfers_joined_total") == 0)
        sim_fail(s, "transfer", "an exchange took %u calls over, and none is counted",
                 s->checks->outside);
}
