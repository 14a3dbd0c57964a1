/* A histogram of Prometheus: counts per bucket, a sum. One thread writes and reads. */
#ifndef GW_HISTOGRAM_H
#define GW_HISTOGRAM_H

#include <stdint.h>

#define GW_HISTOGRAM_BUCKETS 16

struct gw_histogram {
    const double
        *bound; /**< upper ones, ascending, GW_HISTOGRAM_BUCKETS at most, 0 ends; borrowed */
    uint64_t count[GW_HISTOGRAM_BUCKETS + 1]; /**< the last: above all of them. Not cumulative */
    double sum;
};
void gw_histogram_add(struct gw_histogram *h, double value);
uint64_t gw_histogram_count(const struct gw_histogram *h);

#endif
