/* The last messages of all calls: what `trace call` writes of a call that nobody thought of
 * tracing.
 *
 * A ring of octets in which the newest overwrite the oldest. Each entry is a pcapng block, ready to
 * be written.
 */
#ifndef GW_TRACE_RING_H
#define GW_TRACE_RING_H

#include "gw/rt/buf.h"
#include "gw/rt/time.h"

struct gw_trace_ring;

/** What is known of a message. */
struct gw_trace_entry {
    uint32_t size;   /**< of the entry in the ring; private */
    uint32_t len;    /**< octets of the block, 0: filler; private */
    unsigned call;   /**< its number, 0: none yet */
    uint16_t sip_at; /**< where the SIP message begins in the block, 0: it is none */
    uint16_t sip_len;
    char side;  /**< of the call: 'a' or 'b' */
    rt_time at; /**< when it came */
};

/** Where no entry ever is. */
#define GW_TRACE_NOWHERE UINT64_MAX

int gw_trace_ring_new(struct gw_trace_ring **out, size_t octets);
void gw_trace_ring_free(struct gw_trace_ring *r);
/** Octets that it has room for. */
size_t gw_trace_ring_size(const struct gw_trace_ring *r);
/** Adds a block; returns where it is. GW_TRACE_NOWHERE: it is longer than the ring. */
uint64_t gw_trace_ring_add(struct gw_trace_ring *r, const struct gw_trace_entry *about,
                           struct rt_str block);
/** The entry there, or NULL when it was overwritten. */
struct gw_trace_entry *gw_trace_ring_at(const struct gw_trace_ring *r, uint64_t at);
/** The next entry from `*at` on, which starts at 0 and is moved behind it. NULL: there is none. */
const struct gw_trace_entry *gw_trace_ring_next(const struct gw_trace_ring *r, uint64_t *at);
struct rt_str gw_trace_entry_block(const struct gw_trace_entry *e);
/** The SIP message; empty when it is none. */
struct rt_str gw_trace_entry_sip(const struct gw_trace_entry *e);

#endif
