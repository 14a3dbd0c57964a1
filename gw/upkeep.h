/* What is out of service: trunks and channels that the operator blocks, and spans whose PBX is told
 * that there is nothing behind us. Survives in the gateway, whatever becomes of the plan's text.
 */
#ifndef GW_UPKEEP_H
#define GW_UPKEEP_H

#include "gw/plan.h"
#include "gw/rt/stats.h"

struct gw;
struct gw_span;
struct gw_trunk_upkeep;

enum gw_service {
    GW_SERVING,
    GW_DRAINING, /**< blocked, and calls go on that are waited for */
    GW_BLOCKED
};
/** "in service", "draining", "blocked" */
const char *gw_service_name(enum gw_service s);

/** ENOMEM. */
int gw_upkeep_start(struct gw *gw);
void gw_upkeep_stop(struct gw *gw);
/** What another plan's trunks begin with: those of the same name are blocked as they were. ENOMEM.
 */
int gw_upkeep_carry(struct gw_trunk_upkeep **out, const struct gw *gw, const struct gw_plan *plan);
/** Takes that over: the plan has just changed. */
void gw_upkeep_adopt(struct gw *gw, struct gw_trunk_upkeep *trunks);

/** No new calls over a trunk, or over one channel of it, either way; calls in progress stay. With
 * `drain` the far end is told only when they are over. EINVAL: it has no such channel. */
int gw_block(struct gw *gw, const struct gw_trunk *t, unsigned channel, bool drain);
int gw_unblock(struct gw *gw, const struct gw_trunk *t, unsigned channel);
/** The same for a timeslot of a span, 0: all, whatever trunks they belong to. EINVAL: no B channel.
 */
int gw_block_channel(struct gw_span *span, unsigned timeslot, bool drain);
int gw_unblock_channel(struct gw_span *span, unsigned timeslot);

enum gw_service gw_trunk_service(const struct gw *gw, const struct gw_trunk *t);
/** Why no call may use the trunk; NULL: it may. */
const char *gw_trunk_barred(const struct gw *gw, const struct gw_trunk *t);
/** Calls with a leg on this trunk. */
unsigned gw_trunk_calls(const struct gw *gw, const struct gw_trunk *t);

/** Restarts what has no call. The channels that will be; EINVAL, EBUSY of a single one: negative.
 */
int gw_restart(struct gw_span *span, unsigned timeslot);

/** peer.c: no server of the trunk lives. */
bool gw_peer_lost(const struct gw *gw, const struct gw_trunk *t);

/** A trunk went down or came back, or was blocked: spans are busied out, or taken back. */
void gw_busy_out_review(struct gw *gw);
/** True while the span takes no calls because there is nothing behind it. */
bool gw_busied_out(const struct gw_span *span);
/** "no", "refuse", "service", "dchannel"; "waits" while the D channel stays up for its calls. */
const char *gw_busy_out_word(const struct gw_span *span);

enum gw_upkeep_counter {
    GW_UPKEEP_BUSY_OUTS,
    GW_UPKEEP_REFUSED,
    GW_UPKEEP_SKIPPED,
    GW_UPKEEP_NCOUNTERS
};
extern struct rt_counter gw_upkeep_counters[GW_UPKEEP_NCOUNTERS];

#endif
