/* Limits that count: calls at once, calls per second, calls, minutes and money per hour, day or
 * month, of a trunk, group, class, customer, prefix or source; and the fraud rules, which block a
 * set of numbers for a while when such a count passes its value.
 *
 * The counts belong to a scope's name and a rule's words, not to a plan: an apply that changes
 * only a value goes on counting where the last plan stood. A rule (`struct gw_limit`) belongs to a
 * plan; gw_limits_scope() ties a scope's rules to their counts once, so that a call does no work
 * with text.
 *
 *   leg begins            gw_limits_take()        every scope of the leg, or none and why
 *   it is answered        gw_limits_answered()    from here minutes and money run by themselves
 *   a charge is told      gw_limits_charge()
 *   it ends               gw_limits_release()     with its exact cost, where it is known
 *
 * Minutes and money of running calls are always part of the count: a count knows how many calls
 * run and what they cost together per minute, and adds up when it is looked at.
 *
 * A window lasts as long as the wall clock gave it when it began, by the monotonic clock: whoever
 * sets the wall clock meanwhile neither ends it nor prolongs it. The next one begins as the clock
 * shows then, and when less than half of that is left, lasts over the following one too. A window
 * in which nothing was used follows the clock at once.
 *
 * One thread. No clock: the caller gives both times and the site's windows.
 */
#ifndef GW_LIMITS_H
#define GW_LIMITS_H

#include "gw/rt/buf.h"
#include "gw/rt/stats.h"
#include "gw/rt/time.h"

/** Rules of one scope, for the masks of struct gw_limit_use. */
#define GW_LIMITS_RULES_MAX 32
/** Scopes of one gw_limits_take(). */
#define GW_LIMITS_USES_MAX 16
/** A rate above it counts as this: 1000 units of money a minute. */
#define GW_LIMITS_RATE_MAX 1000000000

enum gw_scope_kind {
    GW_SCOPE_TRUNK,
    GW_SCOPE_GROUP,
    GW_SCOPE_CLASS,
    GW_SCOPE_CUSTOMER,
    GW_SCOPE_PREFIX,
    GW_SCOPE_SOURCE,
    GW_SCOPE_KINDS
};
/** "trunk", "group" ... as the plan says it. */
extern const char *const gw_scope_names[GW_SCOPE_KINDS];

enum gw_limit_kind {
    GW_LIMIT_CALLS,   /**< calls at once; with a window: calls begun in it */
    GW_LIMIT_SAME,    /**< calls at once to one destination (struct gw_limit_call's `dest`) */
    GW_LIMIT_CPS,     /**< value: calls per 1000 s, so 3 cps is 3000 */
    GW_LIMIT_MINUTES, /**< value: microseconds of talk in the window */
    GW_LIMIT_MONEY,   /**< value: micro-units of money in the window */
    GW_LIMIT_KINDS
};

enum gw_limit_window { GW_WINDOW_HOUR, GW_WINDOW_DAY, GW_WINDOW_MONTH, GW_WINDOW_NONE };
#define GW_WINDOWS GW_WINDOW_NONE

/** What a fraud rule does when its value is passed. */
struct gw_limit_block {
    rt_time period;     /**< how long; 0: no fraud rule, the limit itself refuses */
    const char *set;    /**< numbers that are blocked meanwhile; NULL: all */
    const char *notify; /**< handed to the event; NULL: nobody */
};

/** A rule as compiled; belongs to its plan. Texts must live as long as it does.
 *
 * `set` names what it counts, and is part of the count's identity: "international", or
 * "international, time night" - anything that the caller can decide (`applies`). NULL: all calls.
 */
struct gw_limit {
    enum gw_limit_kind kind;
    enum gw_limit_window window; /**< minutes and money need one; calls may have one */
    int64_t value;
    unsigned burst;  /**< of calls per second: how many at once; 0: as many as a second's */
    unsigned resume; /**< percent of the value below which `limited` ends; 0: 90 */
    const char *set;
    const char *unit; /**< currency of money, for texts */
    struct gw_limit_block block;
};

/** Now, by every clock that matters here; of each window in the site's zone, how long it has been
 * going on by the wall clock, and how long it is still to last: more than 0. */
struct gw_limit_clock {
    rt_time now;
    int64_t wall; /**< UTC seconds */
    struct {
        rt_time into, left;
    } window[GW_WINDOWS];
};

/** What a leg is going to cost, known before it starts. */
struct gw_limit_call {
    uint64_t dest;  /**< its destination, as the caller divides them; 0: none */
    int64_t rate;   /**< micro-units of money per minute */
    int64_t first;  /**< charged when it is answered */
    bool emergency; /**< counts, but is never refused */
};

struct gw_limits;
/** A scope tied to the rules of one plan. */
struct gw_limit_scope;
/** What a leg has taken. */
struct gw_limit_token;

/** One scope of a leg. Bits are indexes of its rules. */
struct gw_limit_use {
    const struct gw_limit_scope *scope;
    uint32_t applies; /**< rules whose set the call is in; those without a set always apply */
    uint32_t blocked; /**< rules whose block's set the called number is in; without set: always */
};

/** Why a leg was refused. */
struct gw_limit_verdict {
    bool refused;
    enum gw_scope_kind scope;
    const struct gw_limit *limit;
    int64_t used;    /**< in the units of the limit's value */
    rt_time blocked; /**< for a fraud rule: how much longer */
    char text[160];  /**< "class staff: 10 of 10 calls"; empty when not refused */
};

enum gw_limit_event_kind {
    GW_LIMIT_LIMITED,   /**< the first refusal */
    GW_LIMIT_RESUMED,   /**< use fell below `resume` percent, or a new window began */
    GW_LIMIT_FRAUD,     /**< a fraud rule passed its value: its block begins */
    GW_LIMIT_UNBLOCKED, /**< the block is over, or was lifted */
};

/** Borrowed for the callback. */
struct gw_limit_event {
    enum gw_limit_event_kind kind;
    enum gw_scope_kind scope;
    const char *name;   /**< of the scope */
    const char *notify; /**< of the rule; may be NULL */
    const char *text;   /**< one line for people */
    unsigned blocks;    /**< that stand in the scope now */
};

/** One count, for `show limits`. Borrowed for the callback. */
struct gw_limit_state {
    enum gw_scope_kind scope;
    const char *name;
    enum gw_limit_kind kind;
    enum gw_limit_window window;
    const char *set, *unit;
    int64_t used, value;     /**< value 0: no plan has the rule any more */
    const char *block_set;   /**< NULL: all, or no fraud rule */
    rt_time ends;            /**< how much longer its window lasts; 0: it has none */
    rt_time period, blocked; /**< of a fraud rule; how much longer, 0: not now */
    bool limited;
    unsigned calls; /**< of the whole scope, at once */
};

enum gw_limits_counter {
    GW_LIMITS_CALLS,
    GW_LIMITS_CPS,
    GW_LIMITS_MINUTES,
    GW_LIMITS_MONEY,
    GW_LIMITS_BLOCKED,
    GW_LIMITS_FRAUD,
    GW_LIMITS_EMERGENCY,
    GW_LIMITS_NCOUNTERS
};
extern struct rt_counter gw_limits_counters[GW_LIMITS_NCOUNTERS];

/** A store without counts. ENOMEM. */
int gw_limits_new(struct gw_limits **out);
/** Tokens and scopes must have been given back. NULL is allowed. */
void gw_limits_free(struct gw_limits *s);
/** Who hears of events; called from within take, answered, charge, release, lift and tick. It must
 * not call back into the store. */
void gw_limits_listen(struct gw_limits *s, void (*fn)(void *arg, const struct gw_limit_event *e),
                      void *arg);

/** Ties the rules of scope `name` to their counts, which are made when there are none. `rules`
 * must live until gw_limits_scope_drop(). The last one tied gives the values that ticks and `show
 * limits` go by. EINVAL: no name, or a rule without a value or without a window that it needs;
 * EEXIST: two
 * rules of the same words; E2BIG: too many rules. */
int gw_limits_scope(struct gw_limit_scope **out, struct gw_limits *s, enum gw_scope_kind kind,
                    const char *name, const struct gw_limit *rules, unsigned n);
/** Unties them: once the plan that owns the rules is gone. Counts stay. A rule that no plan has
 * any more blocks nothing. NULL is allowed. */
void gw_limits_scope_drop(struct gw_limit_scope *scope);
/** Calls that hold a place in it now, of every plan. */
unsigned gw_limits_scope_calls(const struct gw_limit_scope *scope);

/** Takes a place in every scope, or in none. EBUSY: refused, `v` says by what; E2BIG, ENOMEM.
 * A refused call uses nothing up, but it may set off a fraud rule. `v` may be NULL. */
int gw_limits_take(const struct gw_limit_use *uses, unsigned n, const struct gw_limit_call *call,
                   const struct gw_limit_clock *clock, struct gw_limit_verdict *v,
                   struct gw_limit_token **out);
/** What gw_limits_take() would answer, without any effect: for `explain` and for hunting. */
bool gw_limits_check(const struct gw_limit_use *uses, unsigned n, const struct gw_limit_call *call,
                     const struct gw_limit_clock *clock, struct gw_limit_verdict *v);
/** The leg was answered: its minutes and its rate run from now. A second time does nothing. */
void gw_limits_answered(struct gw_limit_token *t, const struct gw_limit_clock *clock);
/** Money that the rate does not know of. `unit`: its currency, then only limits in that count it;
 * NULL: all do. */
void gw_limits_charge(struct gw_limit_token *t, int64_t micro, const char *unit,
                      const struct gw_limit_clock *clock);
/** Gives the places back. `cost`: what the whole leg cost, in place of what was counted for it;
 * negative: what was counted stands. NULL token is allowed. */
void gw_limits_release(struct gw_limit_token *t, int64_t cost, const struct gw_limit_clock *clock);

/** Every token that is taken and not given back; `fn` may give back the one that it is given. */
void gw_limits_tokens(const struct gw_limits *s, void (*fn)(void *arg, struct gw_limit_token *t),
                      void *arg);
/** A count of what is at once that is not what the tokens together hold. */
struct gw_limit_drift {
    const void *count; /**< what tells it from others; not to be followed */
    enum gw_scope_kind scope;
    const char *name; /**< of the scope */
    const char *what; /**< "calls", "calls to one destination", "running minutes" ... */
    int64_t counted, held;
};
/** Compares all of them; `fn` says of each that is wrong whether it is to be set right.
 * limits_audit.c says which counts these are, and why the others cannot be wrong. */
void gw_limits_compare(struct gw_limits *s, const struct gw_limit_clock *clock,
                       bool (*fn)(void *arg, const struct gw_limit_drift *d), void *arg);
/** Once in some 10 s: running calls may pass a fraud rule, windows and blocks end, and scopes that
 * hold nothing are forgotten. */
void gw_limits_tick(struct gw_limits *s, const struct gw_limit_clock *clock);
/** Ends the blocks of a scope by an operator's word; the same amount again sets the rule off
 * again. Returns how many there were. */
unsigned gw_limits_lift(struct gw_limits *s, enum gw_scope_kind kind, const char *name,
                        const struct gw_limit_clock *clock);
/** Every count, by scope in the order they came up. */
void gw_limits_each(struct gw_limits *s, const struct gw_limit_clock *clock,
                    void (*fn)(void *arg, const struct gw_limit_state *state), void *arg);
/** The line of `explain`: "staff 3/10 calls; fraud 0.42/30.00 EUR/day". */
void gw_limits_explain(struct rt_buf *out, const struct gw_limit_use *uses, unsigned n,
                       const struct gw_limit_clock *clock);

/** What must survive a restart, counts of windows and blocks, as lines of JSON. */
void gw_limits_save(struct gw_limits *s, struct rt_buf *out, const struct gw_limit_clock *clock);
/** Reads it back, before or after scopes are tied; windows that are over count nothing.
 * `clock->wall`: what the clock would show now by which it was saved. Returns the number of lines
 * that were no use. */
unsigned gw_limits_load(struct gw_limits *s, struct rt_str text,
                        const struct gw_limit_clock *clock);

#endif
