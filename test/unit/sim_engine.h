/* What far ends say to the simulation's engine when something is wrong, for tests without one. */
#ifndef TEST_UNIT_SIM_ENGINE_H
#define TEST_UNIT_SIM_ENGINE_H

#include "test/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>

/** The first failure is kept. */
void sim_fail(struct sim *s, const char *invariant, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (s->failure[0] == '\0') {
        size_t n = (size_t)snprintf(s->failure, sizeof s->failure, "%s: ", invariant);
        vsnprintf(s->failure + n, sizeof s->failure - n, fmt, ap);
    }
    va_end(ap);
}

#endif
