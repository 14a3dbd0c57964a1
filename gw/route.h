/* Routing: one pipeline, run for a call or run to explain.
 *
 * ingress trunk -> normalise -> emergency? -> class -> limits -> dips -> most specific route ->
 * targets -> egress format. The same function does both: with a `struct gw_explain` it also writes
 * every step with the line of the plan that decided it.
 *
 * route.c is the pipeline. Its steps: route_normalise.c, route_emergency.c, route_class.c,
 * route_key.c (ported numbers, carriers), route_table.c (rows, conditions, actions), route_target.c
 * (targets to hops), route_lcr.c, route_egress.c.
 */
#ifndef GW_ROUTE_H
#define GW_ROUTE_H

#include "dialplan/deck.h"
#include "dialplan/tel.h"
#include "gw/explain.h"
#include "gw/plan.h"
#include "gw/redirect.h"
#include "gw/rt/stats.h"

#include <limits.h>

struct gw;
struct gw_carrier;

#define GW_HOPS 16
/** A row that changes the number without naming a target sends it through the table again, three
 * times at most: so many look-ups. */
#define GW_ROUTE_ROUNDS 4

/** What a test of the plan says the world is like. */
struct gw_route_world {
    struct {
        struct dp_number number;
        char routing[DP_TEXT_LEN];
    } ported[8];
    unsigned nported;
    const struct gw_trunk *busy[16]; /**< no free channel, no call more */
    unsigned nbusy;
    const struct gw_trunk *down[16];
    unsigned ndown;
    struct {
        struct gw_way way;
        unsigned q850, sip; /**< one of them */
        bool answers;
    } outcome[8];
    unsigned noutcomes;
};

/** What routing is asked: a call as it arrived. */
struct gw_route_query {
    const struct gw *gw; /**< what of it is out of service or full is not used; NULL: all works */
    const struct gw_trunk *from;
    struct dp_number called, calling; /**< as on the wire */
    enum gw_bearer bearer;
    bool either;          /**< of a SIP caller that would take a clear channel as well */
    int64_t when;         /**< UTC seconds; 0: now */
    union rt_addr source; /**< where a SIP call came from; none: not known */
    const struct gw_carrier *carrier; /**< what it says of carriers and ported numbers, or NULL */
    unsigned redirections;            /**< how often it was diverted */
    enum gw_redirect reason;
    const char *context; /**< phone-context of the number called, or NULL */
    unsigned category;   /**< the caller's, index of gw_category_words */
    char attest;         /**< 'A', 'B', 'C' of a verified identity; 0: none */
    bool priority;       /**< of those that channels are reserved for */
    /** A header field of the INVITE; NULL: it has none. */
    const char *(*header)(void *arg, const char *name);
    /** Whether the caller's description has this codec. */
    bool (*codec)(void *arg, const char *name);
    void *arg;
    bool call; /**< it is a call, and no question: turns are taken, what is refused is counted */
    const struct gw_route_world *world; /**< of a test; NULL: the real one */
};

/** One way to try. */
struct gw_hop {
    const struct gw_trunk *trunk;
    const struct gw_group *group;     /**< that the trunk was hunted in; NULL: named itself */
    const struct gw_lcr *lcr;         /**< whose advance and stop count; NULL: the cause decides */
    const struct gw_enum_plan *ask;   /**< ENUM says where to, when it is this hop's turn */
    struct dp_number called, calling; /**< in the trunk's format */
    struct dp_number routing;         /**< of a ported number, for ISUP; then `called` is the GAP */
    struct dp_carrier_out carrier;
    bool emergency; /**< it may take reserved channels, and a channel of another call */
    bool preempt;   /**< there is no free channel: it has to */
    bool priced;
    struct dp_rate rate; /**< what it costs, when priced */
    const char *offer;   /**< name of the deck, when priced */
    const char *target;  /**< as the plan has it: "lcr wholesale" */
};

/** The decision. Either hops to try in order, or a rejection with its cause. */
struct gw_decision {
    struct dp_number called, calling; /**< normalised */
    struct dp_number key;             /**< what it was routed on: `called`, or its routing number */
    const struct gw_route *route;     /**< the row that decided, or NULL */
    const struct gw_choice *choice;   /**< of that row */
    const struct gw_route *by[GW_ROUTE_ROUNDS]; /**< the rows that had a part in it, the last one
                                                     decided: for gw/hits.h */
    unsigned nby;
    const struct gw_class *cls;
    struct gw_hop hop[GW_HOPS];
    unsigned nhops;
    bool rejects;   /**< the list ends with a rejection: `cause` once every hop has failed */
    unsigned cause; /**< with no hops, or `rejects`: Q.850; 3 when no route matched, 28 while
                         incomplete */
    const char *text;
    enum dp_complete complete; /**< for overlap receiving */
    bool emergency;
    const struct gw_emergency_place *location; /**< of an emergency call; NULL: not known */
    bool callback; /**< from the emergency service, to the telephone that called it */
    bool refused;  /**< by a class, a limit or a loop: no dial plan's failure */
    bool guessed;  /**< a hop was left after a cause that says nothing of the others */
    bool dipped;
    struct dp_carrier_out carrier; /**< what is known of it, before it is fitted to a hop */
    bool own_rn, own_cic;          /**< its codes are our network's: another carrier is not told */
    const char *name;              /**< shown as the caller's; NULL: as it is */
    bool drop_subaddress, keep_tgrp;
    bool priced;
    struct dp_rate price; /**< what the customer pays, when priced */
};

enum gw_route_counter {
    GW_ROUTE_LNP_ERRORS,
    GW_ROUTE_LNP_PORTED,
    GW_ROUTE_LNP_NOT_PORTED,
    GW_ROUTE_LOOKUPS,
    GW_ROUTE_MISSES,
    GW_ROUTE_NCOUNTERS
};
extern struct rt_counter gw_route_counters[GW_ROUTE_NCOUNTERS];

/** Decides. With `explain`, every step is written there too. Never fails: what cannot be routed is
 * rejected. */
void gw_route(struct gw_decision *out, const struct gw_plan *p, const struct gw_route_query *q,
              struct gw_explain *explain);
/** The bearer of the call towards `to`. SIP tells speech from other audio as little as it needs to:
 * the setting of a span says what callers from SIP ask of it. 0, or 65: the trunk carries nothing
 * of the kind. */
unsigned gw_route_bearer(enum gw_bearer *out, const struct gw_route_query *q,
                         const struct gw_trunk *to);
/** Overrules a decision: the call goes to this trunk, and nowhere else. */
void gw_route_to(struct gw_decision *d, const struct gw_trunk *trunk);
/** Nothing may be tried after that, whatever is left. */
#define GW_NO_HOP UINT_MAX
/** The hop after `failed` that is to be tried next; d->nhops: none is left, GW_NO_HOP: the cause
 * stands. `cause` is why it failed, `silent`: nothing was heard of it within the time. */
unsigned gw_route_next(const struct gw_decision *d, unsigned failed, const struct gw_cause *cause,
                       bool silent);
/** The hop is left for the next one: what a cause allows only once in a call is used up by it. */
void gw_route_left(struct gw_decision *d, unsigned failed, const struct gw_cause *cause,
                   bool silent);
/** What quality is counted for, of a number called. */
uint64_t gw_route_destination(const struct gw_lcr *l, const struct dp_number *n);
/** The emergency number that a call from `from` asks for; NULL: it is another call. */
const char *gw_route_emergency(const struct gw_plan *p, const struct gw_trunk *from,
                               const struct dp_number *called);
struct gw_limit_verdict;
/** The Q.850 cause of a call that a limit of its caller's side refuses. */
unsigned gw_route_limit_cause(const struct gw_limit_verdict *v);
/** A rate as text: "0.0029 USD/min". Returns `out`. */
#define GW_RATE_LEN 48
char *gw_rate_text(char out[GW_RATE_LEN], const struct dp_rate *r, const char *currency);

#endif
