/* Numbers of far ends that have several telephones: each has one of its own, and the last digit of
 * a number called says which one it leads to. */
#include "test/sim/sim.h"

#include <stdio.h>

unsigned sim_phone_of(const struct sim_call *c)
{
    return (unsigned)(c->called[strlen(c->called) - 1] - '0') % SIM_PHONES + 1;
}

void sim_phone_number(char out[16], const struct sim_far *f, unsigned phone)
{
    snprintf(out, 16, "+4930%s%u00%u", f->kind == SIM_USERS ? "888" : "777", f->index % 10,
             phone % 10);
}

void sim_phone_rows(const struct sim_far *f, struct rt_buf *out)
{
    static const char *const last[SIM_PHONES] = {"048", "159", "26", "37"};
    char number[16];

    for (unsigned i = 0; i < SIM_PHONES; i++) {
        sim_phone_number(number, f, i + 1);
        rt_buf_printf(out, " +4930%uxxxxx[%s] -> %s called %s\n", f->index, last[i], f->trunk,
                      number);
    }
}
