/* The register of counters. */
#include "gw/rt/stats.h"

#define MAX_TABLES 64

static struct {
    struct rt_counter *rows;
    size_t n;
} tables[MAX_TABLES];
static size_t ntables;

void rt_stats_register(struct rt_counter *table, size_t n)
{
    if (ntables == MAX_TABLES)
        return;
    tables[ntables].rows = table;
    tables[ntables++].n = n;
}

void rt_stats_each(void (*fn)(void *arg, const struct rt_counter *c), void *arg)
{
    for (size_t t = 0; t < ntables; t++)
        for (size_t i = 0; i < tables[t].n; i++)
            fn(arg, &tables[t].rows[i]);
}
