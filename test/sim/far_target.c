/* Where far ends of every kind send their calls on to. */
#include "test/sim/sim.h"

unsigned sim_target(const struct sim *s, const struct sim_call *c, unsigned self)
{
    unsigned chosen = self, skip = sim_chance(c, 34, SIM_FARS_MAX);

    for (unsigned i = 0; i < s->nfars; i++) {
        unsigned n = (i + skip) % s->nfars;
        bool fits = n != self && (s->far[n].kind == SIM_SIP || s->far[n].kind == SIM_SPAN);
        if (fits && (chosen == self || chosen == c->op->from))
            chosen = n;
    }
    return chosen;
}
