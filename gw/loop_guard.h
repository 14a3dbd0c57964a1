/* Loops: a call that was redirected too often, that may go no further, that is back on the trunk on
 * which it left, or that arrives over and over.
 *
 * The first two are told by the call itself (Diversion, RFC 5806; History-Info, RFC 7044; the
 * redirection counter of ISDN; Max-Forwards). For the others the guard remembers which calls it
 * sent out on which trunk: a peer that sends every call straight back makes each of them arrive
 * with the same caller and called number while its elder still waits. One return is no loop: a
 * network hands a call for one of our own numbers back to us, and it ends here. Callers who hide
 * are one to it, so their calls are judged by repetition alone.
 *
 * A trunk is named by its text (its group's, where it is in one: calls may return on a sister), so
 * an apply loses nothing. Memory is bounded. One thread, no clock.
 */
#ifndef GW_LOOP_GUARD_H
#define GW_LOOP_GUARD_H

#include "gw/rt/buf.h"
#include "gw/rt/stats.h"
#include "gw/rt/time.h"

/** Q.850 25: exchange routing error. */
#define GW_LOOP_CAUSE 25
/** Default of the pairs of numbers remembered. */
#define GW_LOOP_MAX 20000
/** Bound of `repeats`. */
#define GW_LOOP_REPEATS_MAX 16

/** The statement `loop`; negative where a check is off. gw_loop_rule_default is what a plan without
 * it has. */
struct gw_loop_rule {
    int hops;       /**< redirections allowed */
    int returns;    /**< how many calls in progress may be back on their trunk */
    int repeats;    /**< how often a call that we sent out may come in ... */
    rt_time within; /**< ... in this time */
};
extern const struct gw_loop_rule gw_loop_rule_default;

/** A call that came in. Numbers are in canonical form; an unknown caller is "". */
struct gw_loop_call {
    struct rt_str trunk, caller, called;
    unsigned diversions;   /**< entries of Diversion */
    unsigned history;      /**< redirections in History-Info */
    unsigned redirections; /**< counter of the ISDN redirecting number */
    int max_forwards;      /**< as received; negative: none */
    bool emergency;        /**< is never a loop */
};

enum gw_loop_kind {
    GW_LOOP_NONE,
    GW_LOOP_HOPS,
    GW_LOOP_FORWARDS,
    GW_LOOP_RETURNED,
    GW_LOOP_REPEATED,
    GW_LOOP_KINDS
};

struct gw_loop_verdict {
    enum gw_loop_kind kind;
    unsigned cause;  /**< Q.850; 0: no loop */
    unsigned status; /**< of SIP: 483 when Max-Forwards ran out, else 0: as the cause says */
    char text[160];  /**< for explain and logs; empty: no loop */
};

enum gw_loop_counter {
    GW_LOOP_COUNT_HOPS,
    GW_LOOP_COUNT_FORWARDS,
    GW_LOOP_COUNT_RETURNED,
    GW_LOOP_COUNT_REPEATED,
    GW_LOOP_COUNT_FORGOTTEN,
    GW_LOOP_NCOUNTERS
};
extern struct rt_counter gw_loop_counters[GW_LOOP_NCOUNTERS];

struct gw_loop_guard;
/** A leg that left. */
struct gw_loop_out;

/** `max`: 0 is GW_LOOP_MAX. ENOMEM. */
int gw_loop_guard_new(struct gw_loop_guard **out, unsigned max);
/** Legs must have ended. NULL is allowed. */
void gw_loop_guard_free(struct gw_loop_guard *g);

/** Whether the call is in a loop. Once per call that comes in: it is remembered as an arrival. */
bool gw_loop_check(struct gw_loop_guard *g, const struct gw_loop_rule *rule,
                   const struct gw_loop_call *call, rt_time now, struct gw_loop_verdict *v);
/** A leg is sent out. Returns what gw_loop_ended() takes; NULL: no room, and it is not watched. */
struct gw_loop_out *gw_loop_left(struct gw_loop_guard *g, struct rt_str trunk, struct rt_str caller,
                                 struct rt_str called, rt_time now);
/** The leg ended. NULL is allowed. */
void gw_loop_ended(struct gw_loop_guard *g, struct gw_loop_out *out);
/** Pairs of numbers remembered now. */
unsigned gw_loop_pairs(const struct gw_loop_guard *g);

#endif
