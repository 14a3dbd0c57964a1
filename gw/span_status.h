/* What the stacks below say of themselves, in words: for those who may not include them (the
 * control socket, the web page).
 */
#ifndef GW_SPAN_STATUS_H
#define GW_SPAN_STATUS_H

#include "gw/rt/time.h"

#include <stdbool.h>
#include <stdint.h>

struct isdn_span;
struct sip_ua;

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
void gw_span_status(struct gw_span_status *out, const struct isdn_span *span);
/** Free channels among `channels` (bit n = timeslot n). */
unsigned gw_span_free(const struct isdn_span *span, uint32_t channels);

/** What the SIP user agent holds. */
struct gw_sip_status {
    unsigned client, server, dialogs, sessions, streams;
};
void gw_sip_status(struct gw_sip_status *out, const struct sip_ua *ua);

/** Makes the counters of every folder known; once, by main(). */
void gw_stats_register(void);

#endif
