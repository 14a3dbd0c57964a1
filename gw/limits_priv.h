/* What the files of the limits share. */
#ifndef GW_LIMITS_PRIV_H
#define GW_LIMITS_PRIV_H

#include "gw/limits.h"

#include <uthash.h>
#include <utlist.h>

/** Microseconds of a minute. */
#define GW_LIMITS_MINUTE (60 * RT_S)

struct gw_limit_meter;

/** A rule of a plan, tied to its count. */
struct gw_limit_tie {
    const struct gw_limit *rule;
    struct gw_limit_meter *meter;
    struct gw_limit_tie *prev, *next;
};

/** Calls at once to one destination, while there are any. */
struct gw_limit_dest {
    uint64_t dest;
    unsigned calls, held; /**< `held`: of them by tokens, while they are compared */
    UT_hash_handle hh;
};

/** A count. What names it is copied: it outlives every plan. */
struct gw_limit_meter {
    struct gw_limit_party *party;
    enum gw_limit_kind kind;
    enum gw_limit_window window;
    char *set, *unit, *block_set; /**< NULL as in the rule */
    bool fraud;
    struct gw_limit_tie *ties; /**< the newest first: its values hold for what no call asks for */

    int64_t used;        /**< in units of the rule's value, up to `at` */
    int64_t base;        /**< of a fraud rule: what its last block has answered for */
    rt_time began, ends; /**< the window that `used` belongs to */
    rt_time closed;      /**< when the last one ended in which something was used */
    rt_time at;
    int64_t rate; /**< of running calls: how many, or micro-units of money a minute together */
    int64_t rest; /**< of the last division, in 1/60000000 */
    int64_t full; /**< calls per second: when the bucket will be full again, in ns */
    struct gw_limit_dest *dests;
    bool limited;
    int64_t held, held_rate; /**< of `used` and `rate` by tokens, while they are compared */
    rt_time blocked;         /**< until when; 0: not */
    struct gw_limit_meter *prev, *next;
};

/** A scope by name, whatever plans say of it. */
struct gw_limit_party {
    struct gw_limits *store;
    enum gw_scope_kind kind;
    unsigned calls; /**< at once */
    unsigned held;  /**< of them by tokens, while they are compared */
    unsigned refs;  /**< of struct gw_limit_scope */
    struct gw_limit_meter *meters;
    UT_hash_handle hh;
    size_t key_len;
    char key[]; /**< kind as a letter, then the name and NUL */
};

struct gw_limit_scope {
    struct gw_limit_party *party;
    unsigned n;
    struct gw_limit_tie ties[];
};

/** One count, or with no meter the scope itself. */
struct gw_limit_held {
    struct gw_limit_party *party;
    struct gw_limit_meter *meter;
    const struct gw_limit *rule; /**< used while the leg takes, not later */
    struct gw_limit_dest *dest;
};

struct gw_limit_token {
    struct gw_limit_token *prev, *next; /**< in store->tokens */
    struct gw_limits *store;            /**< NULL: of no scope */
    bool answered;
    rt_time since;
    int64_t rate;
    int64_t charged; /**< beside the rate */
    int64_t first;
    unsigned n;
    struct gw_limit_held held[];
};

struct gw_limits {
    struct gw_limit_party *parties;
    struct gw_limit_token *tokens; /**< that are taken and not given back */
    void (*listen)(void *arg, const struct gw_limit_event *e);
    void *arg;
};

static inline const char *gw_limit_party_name(const struct gw_limit_party *p)
{
    return p->key + 1;
}

/** Calls of a scope's own count are not counted twice. */
static inline bool gw_limit_counts_apart(const struct gw_limit_meter *m)
{
    return m->kind == GW_LIMIT_CALLS && (m->set || m->window != GW_WINDOW_NONE);
}

/** Adds up while calls run; NULL is allowed. */
static inline bool gw_limit_sums(const struct gw_limit_meter *m)
{
    return m && m->kind >= GW_LIMIT_MINUTES;
}

/** What a token of it adds to `rate` while it is answered. */
static inline int64_t gw_limit_rate(const struct gw_limit_meter *m, const struct gw_limit_token *t)
{
    return m->kind == GW_LIMIT_MINUTES ? 1 : t->rate;
}

/* limits_store.c */
/** Finds the scope, or makes it. NULL: no memory. */
struct gw_limit_party *gw_limit_party_get(struct gw_limits *s, enum gw_scope_kind kind,
                                          struct rt_str name);
/** Finds the count of a rule, or makes it. NULL: no memory. */
struct gw_limit_meter *gw_limit_meter_get(struct gw_limit_party *p, const struct gw_limit *rule);

/* limits_meter.c */
/** Brings the sums of a window up to now. Tells nobody. */
void gw_limit_settle(struct gw_limit_meter *m, const struct gw_limit_clock *clock);
/** Brings everything up to now: windows and blocks end, fraud is found, `limited` ends. */
void gw_limit_watch(struct gw_limit_meter *m, const struct gw_limit_clock *clock);
/** What is in use, in units of the rule's value; of a settled meter. */
int64_t gw_limit_used(const struct gw_limit_meter *m, const struct gw_limit *rule, uint64_t dest,
                      rt_time now);
/** Whether one call more would pass the rule's value; of a settled meter. */
bool gw_limit_passed(const struct gw_limit_meter *m, const struct gw_limit *rule, uint64_t dest,
                     rt_time now);
/** Takes one from the bucket. */
void gw_limit_drip(struct gw_limit_meter *m, const struct gw_limit *rule, rt_time now);
/** Begins the rule's block. */
void gw_limit_trip(struct gw_limit_meter *m, const struct gw_limit *rule, uint64_t dest,
                   const struct gw_limit_clock *clock);
void gw_limit_say(struct gw_limit_meter *m, enum gw_limit_event_kind kind,
                  const struct gw_limit *rule, const char *text);
/** Whether it holds nothing that is worth keeping without a plan; of a settled meter. */
bool gw_limit_idle(const struct gw_limit_meter *m);

/* limits_text.c */
/** "class staff: 120 of 120 min/day international" */
void gw_limit_text(char *out, size_t cap, const struct gw_limit_party *p,
                   const struct gw_limit *rule, int64_t used);
/** "class staff: international blocked for fraud, 11 h 59 min more (30.12 of 30.00 EUR/day)" */
void gw_limit_block_text(char *out, size_t cap, const struct gw_limit_party *p,
                         const struct gw_limit *rule, int64_t used, rt_time more);

#endif
