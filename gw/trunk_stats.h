/* What calls did on each trunk, by direction: attempts, seizures, answers, talk, causes, waits,
 * sound; who was refused and why; and what is counted of calls without a trunk. For metrics:
 * nothing here ever goes back, and it goes on over another plan by the trunks' names. Signalling
 * thread.
 *
 * Beside gw/performance.h, which counts by window and destination for routing.
 */
#ifndef GW_TRUNK_STATS_H
#define GW_TRUNK_STATS_H

#include "gw/histogram.h"
#include "gw/limits.h"
#include "gw/performance.h"

#include <uthash.h>

struct media_stats;

enum gw_direction {
    GW_IN,  /**< calls that came by the trunk; media that came from it */
    GW_OUT, /**< calls placed over it; media that went to it */
    GW_DIRECTIONS
};
/** "in", "out" */
const char *gw_direction_name(enum gw_direction d);

/** Why a trunk did not take, or did not give, a call. */
enum gw_reject {
    GW_REJECT_CAC,        /**< a limit of calls at once */
    GW_REJECT_CPS,        /**< a limit of calls per second */
    GW_REJECT_LIMIT,      /**< another limit: minutes, money */
    GW_REJECT_FRAUD,      /**< a rule against fraud blocks */
    GW_REJECT_NO_CHANNEL, /**< all are busy */
    GW_REJECT_RESERVED,   /**< those left are kept for others */
    GW_REJECT_DOWN,       /**< blocked, out of service, or nobody answers there */
    GW_REJECT_CLASS,      /**< its callers may not call that */
    GW_REJECT_OVERLOAD,   /**< the gateway has as many calls as it may */
    GW_REJECT_DRAINING,   /**< the gateway stops */
    GW_REJECTS
};
/** "cac", "cps", ... */
const char *gw_reject_name(enum gw_reject r);
/** Of a limit that has refused. */
enum gw_reject gw_reject_of(const struct gw_limit_verdict *v);

/** Calls now, by what they are at. */
enum gw_trunk_call {
    GW_TRUNK_SETUP,
    GW_TRUNK_RINGING,
    GW_TRUNK_TALK,
    GW_TRUNK_TONES,
    GW_TRUNK_CALLS
};

#define GW_STATS_CURRENCIES 4

struct gw_direction_stats {
    uint64_t attempts, seizures, answers, talk_ms;
    uint64_t brief;                        /**< answered calls of less than 6 s */
    uint64_t releases[128];                /**< by Q.850 cause */
    struct gw_histogram ringing, answer;   /**< seconds since the attempt */
    struct gw_histogram mos, loss, jitter; /**< 1..5; a share of the packets; seconds */
    struct {
        char currency[4];
        int64_t micro;
    } money[GW_STATS_CURRENCIES];   /**< IN: what customers pay; OUT: what carriers get */
    unsigned calls[GW_TRUNK_CALLS]; /**< scratch of who writes metrics */
};

struct gw_trunk_stats {
    struct gw_direction_stats by[GW_DIRECTIONS];
    uint64_t rejects[GW_REJECTS];
    struct gw_histogram echo; /**< dB of return loss that the far end hears of its line */
    UT_hash_handle hh;
    char name[];
};

/** A call that one trunk could not take and another one got. */
struct gw_failover {
    uint64_t count;
    UT_hash_handle hh;
    unsigned cause;
    char key[]; /**< "from\nto\ncause" */
};

/** Blocks of a rule against fraud. */
struct gw_block_stats {
    uint64_t count;
    UT_hash_handle hh;
    enum gw_scope_kind scope;
    char name[]; /**< a digit for its kind, then its name where that is no number */
};

enum gw_emergency_outcome { GW_EMERGENCY_ANSWERED, GW_EMERGENCY_FAILED, GW_EMERGENCY_OUTCOMES };

/** Routes of the plan. */
struct gw_route_stats {
    uint64_t calls; /**< that rows of theirs had a part in */
    UT_hash_handle hh;
    char name[];
};

struct gw_call_stats {
    struct gw_trunk_stats *trunks;
    struct gw_failover *failovers;
    struct gw_block_stats *blocks;
    struct gw_route_stats *routes;
    struct gw_histogram decision, enums; /**< seconds */
    uint64_t emergencies[GW_EMERGENCY_OUTCOMES];
};

/** ENOMEM. */
int gw_call_stats_new(struct gw_call_stats **out);
/** NULL is allowed. */
void gw_call_stats_free(struct gw_call_stats *s);

/* NULL `s` is allowed from here on: nothing is counted. Nor is it short of memory. */

/** The trunk of that name, made when it is new; NULL: none can be. */
struct gw_trunk_stats *gw_trunk_stats(struct gw_call_stats *s, const char *trunk);
/** As gw/performance.h has it; ANSWERED with `ms` since the attempt. */
void gw_trunk_stats_event(struct gw_call_stats *s, const char *trunk, enum gw_direction d,
                          const struct gw_performance_event *e);
void gw_trunk_stats_reject(struct gw_call_stats *s, const char *trunk, enum gw_reject why);
/** The account of an RTP port at the end of its call. `line`: the trunk behind it, whose echo the
 * port has heard of. */
void gw_trunk_stats_media(struct gw_call_stats *s, const char *trunk, const char *line,
                          const struct media_stats *m);
void gw_trunk_stats_money(struct gw_call_stats *s, const char *trunk, enum gw_direction d,
                          const char *currency, int64_t micro);
void gw_trunk_stats_failover(struct gw_call_stats *s, const char *from, const char *to,
                             unsigned cause);
/** A rule of that scope has begun to block; `begun` false: there is such a rule, it has not. */
void gw_trunk_stats_block(struct gw_call_stats *s, enum gw_scope_kind scope, const char *name,
                          bool begun);
/** A row of the routes has a part in a call's way; `called` false: there are such routes. */
void gw_call_stats_route(struct gw_call_stats *s, const char *routes, bool called);
/** How long it took to decide where a call goes, and to ask ENUM. */
void gw_call_stats_decided(struct gw_call_stats *s, rt_time took);
void gw_call_stats_enum(struct gw_call_stats *s, rt_time took);
void gw_call_stats_emergency(struct gw_call_stats *s, bool answered);

#endif
