/* The telephone numbers of a run's calls, and its failure. */
#include "test/sim/engine.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- numbers: +49 30 D IIIIII ---- */

unsigned sim_digit(unsigned far)
{
    return far;
}

void sim_number(char out[16], unsigned far, unsigned id)
{
    snprintf(out, 16, "+4930%u%0*u", sim_digit(far) % 10, SIM_ID_DIGITS, id % 1000000u);
}

struct sim_call *sim_call_of(struct sim *s, struct rt_str number)
{
    unsigned id = 0, digits = 0, unit = 1;

    for (size_t i = number.n; i > 0 && digits < SIM_ID_DIGITS; i--) {
        char c = number.p[i - 1];
        if (c < '0' || c > '9') {
            if (digits > 0)
                return NULL;
            continue; /* what stands behind the digits */
        }
        id += unit * (unsigned)(c - '0');
        unit *= 10;
        digits++;
    }
    return digits == SIM_ID_DIGITS && id < s->nids ? s->of_id[id] : NULL;
}

/* ---- failures ---- */

void sim_fail(struct sim *s, const char *invariant, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (s->failure[0])
        return;
    n = snprintf(s->failure, sizeof s->failure, "%s: at +%.3f ", invariant,
                 (double)(rt_now() - s->began) / (double)RT_S);
    va_start(ap, fmt);
    vsnprintf(s->failure + n, sizeof s->failure - (size_t)n, fmt, ap);
    va_end(ap);
}
