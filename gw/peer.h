/* SIP peers: where each trunk's servers are, and which of them live.
 *
 * One per SIP trunk. Its name is looked up at the start and again whenever the answer is out of
 * date; what calls meet (reports) and what OPTIONS find (health checks) decide which servers are
 * tried. Signalling thread only.
 */
#ifndef GW_PEER_H
#define GW_PEER_H

#include "gw/plan.h"
#include "gw/rt/stats.h"
#include "sip/sip.h"

struct gw;

enum gw_peer_outcome {
    GW_PEER_ANSWERED, /**< any response but 503 */
    GW_PEER_BUSY503,
    GW_PEER_FAILED, /**< the transport: refused, unreachable, broken */
    GW_PEER_TIMEOUT /**< no response at all */
};

enum gw_peer_state {
    GW_PEER_UP,
    GW_PEER_PROBATION, /**< it failed: tried after the others, and again in its turn after a while
                        */
    GW_PEER_DOWN,      /**< health checks have had no answer: not tried */
    GW_PEER_UNKNOWN    /**< of a trunk: its name has not been looked up yet */
};
const char *gw_peer_state_name(enum gw_peer_state s);

/** The servers to try for one call, in order: those on probation last; `domain` is borrowed from
 * the plan. 0: all are down, or none is known; the call cannot leave over this trunk now. */
unsigned gw_peer_hops(struct gw *gw, const struct gw_trunk *t, struct sip_hop *out, unsigned max);
/** The address of a server that is not down, to see from where it is reached. False: there is none.
 */
bool gw_peer_address(const struct gw *gw, const struct gw_trunk *t, union rt_addr *out);
/** What a call met at one of them. `retry_after`: seconds of a 503's Retry-After, 0 without. */
void gw_peer_report(struct gw *gw, const struct gw_trunk *t, const struct sip_hop *hop,
                    enum gw_peer_outcome outcome, unsigned retry_after);
/** The trunk that accepts requests from `from`: by the plan, else the first without `accept` whose
 * servers have this address. NULL: nobody does. */
const struct gw_trunk *gw_peer_accepts(const struct gw *gw, const union rt_addr *from);

/** Whether that address is another trunk's, to call or to accept from, and neither this one's nor
 * its group's. */
bool gw_peer_foreign(const struct gw *gw, const struct gw_trunk *t, const union rt_addr *addr);

/** Calls `fn` with the address of each server of each trunk. */
void gw_peer_places(const struct gw *gw, sip_friend_fn *fn, void *ctx);

#define GW_HOP_LEN (RT_ADDR_LEN + 4)
/** `udp:10.0.0.2:5060`; returns `out`. */
char *gw_peer_hop_text(char out[GW_HOP_LEN], enum sip_transport t, const union rt_addr *addr);

/** What can be used to reach servers: what we listen with; TCP needs no listener. */
void gw_peer_means(struct sip_means *out, const struct gw_plan *plan);

/** One server, for the operator. */
struct gw_peer_target {
    struct sip_place place;
    enum gw_peer_state state;
    rt_time since;          /**< it is in that state, by rt_now() */
    rt_time last_answer;    /**< 0: none yet */
    rt_time round_trip;     /**< of the last health check that was answered; 0: none yet */
    unsigned long failures; /**< calls and checks, since the start */
};
struct gw_peer_status {
    enum gw_peer_state state; /**< never GW_PEER_PROBATION */
    rt_time since;
    rt_time expires; /**< when the name is looked up again; INT64_MAX: never */
    int err;         /**< of the last look-up */
    unsigned n;
    struct gw_peer_target target[SIP_PLACES_MAX];
};
/** False: it is no SIP trunk. */
bool gw_peer_status(const struct gw *gw, const struct gw_trunk *t, struct gw_peer_status *out);

/** True when two trunks lead to the same servers, found and checked in the same way. */
bool gw_peer_unchanged(const struct gw_trunk *a, const struct gw_trunk *b);

/** Peers of a plan that is to replace the present one. */
struct gw_peer_change {
    struct gw_peer **peers;
    unsigned n;
};
/** Those of trunks of the same name and unchanged are the present ones; nothing happens yet.
 * ENOMEM. */
int gw_peer_change_new(struct gw_peer_change *c, struct gw *gw, const struct gw_plan *plan);
void gw_peer_change_free(struct gw_peer_change *c);
/** gw->plan is the new one by now: its peers are in force, those of no trunk any more are gone. */
void gw_peer_change_done(struct gw_peer_change *c, struct gw *gw);
/** Looks up the peers that are new. */
void gw_peers_begin(struct gw *gw);

/** Looks up every peer and begins the health checks; SIP must be there. ENOMEM. */
int gw_peers_start(struct gw *gw);
void gw_peers_stop(struct gw *gw);

enum gw_peer_counter {
    GW_PEER_TRUNK_DOWN,
    GW_PEER_TARGET_DOWN,
    GW_PEER_ON_PROBATION,
    GW_PEER_CHECKS,
    GW_PEER_CHECKS_FAILED,
    GW_PEER_LOOKUPS_FAILED,
    GW_PEER_NCOUNTERS
};
extern struct rt_counter gw_peer_counters[GW_PEER_NCOUNTERS];

#endif
