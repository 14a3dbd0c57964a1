/* What the stacks below say of themselves, in words: for those who may not include them (the
 * control socket, the web page).
 */
#ifndef GW_SPAN_STATUS_H
#define GW_SPAN_STATUS_H

#include "gw/rt/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct isdn_span;
struct sip_ua;

#define GW_TIMESLOTS 32

/** A span as `show span` prints it; a snapshot. */
struct gw_span_status {
    unsigned id;
    const char *alarm; /**< "ok", ... */
    bool dchannel_up;
    rt_time dchannel_since;            /**< rt_now() of the last change */
    unsigned calls, held;              /**< held: without a channel */
    const char *channel[GW_TIMESLOTS]; /**< state; NULL: no channel of this span */
    unsigned idle, busy, other;        /**< B channels; other: restarting or blocked */
    uint64_t rx_packets, tx_packets, lost, reordered, late, malformed, foreign, underruns, slips;
    uint64_t hdlc_bad;
    unsigned jitter_frames;
    uint64_t late_sent; /**< as isdn_span_status has it */
    rt_time tick_late_max;
    /* of an interface card */
    uint64_t violations, crc_errors, e_bits, frame_errors, errored_seconds, irq_misses;
};
void gw_span_status(struct gw_span_status *out, const struct isdn_span *span);
/** Closes a maintenance loop of an interface card, "local" or "remote", or opens it: "off". EINVAL:
 * another word; ENOTSUP: the span is no card's; ENOSYS: its card has no loops. */
int gw_span_loop(struct isdn_span *span, const char *word);
/* span_upkeep.c */
/** Blocks or frees those of `channels` that are B channels; `drain`: the far end is told when the
 * call is over. EINVAL: none is. */
int gw_span_block(struct isdn_span *span, uint32_t channels, bool block, bool drain);
/** Restarts a channel, or with timeslot 0 all that have no call: how many, or a negative errno. */
int gw_span_restart(struct isdn_span *span, unsigned timeslot);
/** All channels out of service, as nothing is behind us, or back. */
void gw_span_busy_out(struct isdn_span *span, bool out);
/** Takes the D channel down, or lets it come back. */
void gw_span_silence(struct isdn_span *span, bool silent);

/** The value of a timer or counter in use. */
rt_time gw_span_timer(const struct isdn_span *span, unsigned timer);

/** A channel as `show channels` prints it; a snapshot. */
struct gw_channel_status {
    const char *state;      /**< "idle", "draining", "out of service", ... */
    const char *blocked;    /**< "", "us", "far end", "both", "busy-out" */
    rt_time since;          /**< rt_now() when it began */
    const char *call_state; /**< NULL: no call */
    const char *timer;      /**< what ends it if nothing else does; NULL: nothing */
    rt_time due;            /**< when; 0: not known */
};
/** False: there is no such timeslot. */
bool gw_channel_status(struct gw_channel_status *out, const struct isdn_span *span,
                       unsigned timeslot);
/** Free channels among `channels` (bit n = timeslot n). */
unsigned gw_span_free(const struct isdn_span *span, uint32_t channels);

/** What the SIP user agent holds. */
struct gw_sip_status {
    unsigned client, server, dialogs, sessions, streams;
};
void gw_sip_status(struct gw_sip_status *out, const struct sip_ua *ua);
/** What a leg's session waits for, in words: "up; the session timer ends it in 85 s". `session` as
 * leg->ops->handle() has it. */
void gw_sip_waits(char *out, size_t cap, const void *session);

#endif
