/* A histogram of Prometheus. */
#include "gw/histogram.h"

/** Index behind the last bound. */
static unsigned end_of(const struct gw_histogram *h)
{
    unsigned n = 0;

    while (n < GW_HISTOGRAM_BUCKETS && h->bound[n] > 0)
        n++;
    return n;
}

void gw_histogram_add(struct gw_histogram *h, double value)
{
    unsigned end = end_of(h), i = 0;

    while (i < end && value > h->bound[i]) /* a bound is inclusive: `le` */
        i++;
    h->count[i < end ? i : GW_HISTOGRAM_BUCKETS]++;
    h->sum += value;
}

uint64_t gw_histogram_count(const struct gw_histogram *h)
{
    uint64_t n = 0;

    for (unsigned i = 0; i <= GW_HISTOGRAM_BUCKETS; i++)
        n += h->count[i];
    return n;
}
