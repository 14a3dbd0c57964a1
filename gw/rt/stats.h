/* Counters: what was dropped, refused, retried. One table per folder, read by the CLI and /metrics.
 *
 * A counter is bumped from any thread without a lock and never goes back.
 */
#ifndef GW_RT_STATS_H
#define GW_RT_STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct rt_counter {
    const char *name; /**< in Prometheus style without prefix: "sip_dropped_total" */
    const char *help;
    _Atomic uint64_t value;
};

static inline void rt_count(struct rt_counter *c)
{
    atomic_fetch_add_explicit(&c->value, 1, memory_order_relaxed);
}
static inline void rt_count_n(struct rt_counter *c, uint64_t n)
{
    atomic_fetch_add_explicit(&c->value, n, memory_order_relaxed);
}
static inline uint64_t rt_counted(const struct rt_counter *c)
{
    return atomic_load_explicit(&c->value, memory_order_relaxed);
}

/** Makes a folder's table of `n` counters known; it must live for ever. Done once, by main(). */
void rt_stats_register(struct rt_counter *table, size_t n);
/** Calls `fn` for every registered counter, in the order of registration. */
void rt_stats_each(void (*fn)(void *arg, const struct rt_counter *c), void *arg);

#endif
