/* What the stacks below say of themselves, in words: for those who may not include them (the
 * control socket, the web page).
 */
#ifndef GW_SPAN_STATUS_H
#define GW_SPAN_STATUS_H

#include "gw/gw.h"

#define GW_TIMESLOTS 32

/** A span as `show span` prints it; a snapshot. */
struct gw_span_status {
    unsigned id;
    const char *alarm; /**< "ok", ... */
    bool dchannel_up;
    rt_time dchannel_since; /**< rt_now() of the last change */
    unsigned calls;
    const char *channel[GW_TIMESLOTS]; /**< state; NULL: no channel of this span */
    unsigned idle, busy, other;        /**< B channels; other: restarting or blocked */
    uint64_t rx_packets, tx_packets, lost, reordered, late, malformed, foreign, underruns, slips;
    uint64_t hdlc_bad;
    unsigned jitter_frames;
};
/** `index` is the span's place in gw->spans. */
void gw_span_status(const struct gw *gw, unsigned index, struct gw_span_status *out);
/** The place of the span with this number in gw->spans, or -1. */
int gw_span_index(const struct gw *gw, unsigned id);
/** Free channels of a span's trunk; 0 for others. */
unsigned gw_trunk_free_channels(const struct gw *gw, const struct gw_trunk *trunk);

/** What the SIP user agent holds. */
struct gw_sip_status {
    unsigned client, server, dialogs, sessions, streams;
};
void gw_sip_status(const struct gw *gw, struct gw_sip_status *out);

/** Makes the counters of every folder known; once, by main(). */
void gw_stats_register(void);

#endif
