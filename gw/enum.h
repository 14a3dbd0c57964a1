/* ENUM look-ups of calls: asks the DNS by the rules of dialplan/enum.h within a time that a caller
 * can wait, and remembers what came of it.
 *
 * "Not in ENUM" and "not known" are different answers: the first is the DNS's own, the second means
 * that no server could say. Numbers are remembered per suffix and services; an old answer is given
 * where a newer one is not to be had in time.
 */
#ifndef GW_ENUM_H
#define GW_ENUM_H

#include "dialplan/enum.h"
#include "gw/rt/loop.h"

/** What a plan without these settings has. */
#define GW_ENUM_TIMEOUT  (300 * RT_MS)
#define GW_ENUM_CACHE    (3600 * RT_S)
#define GW_ENUM_NEGATIVE (300 * RT_S)

/** An `enum` of the plan. Borrowed; must outlive the queries made with it, not the cache. */
struct gw_enum_config {
    struct dp_enum_config rules;
    rt_time timeout;  /**< for all questions of one number together; 0: GW_ENUM_TIMEOUT */
    rt_time cache;    /**< a found number is kept as long as its TTL and no longer; 0: not kept */
    rt_time negative; /**< and a missing one as long as its SOA says and no longer; 0: not kept */
};

enum gw_enum_result {
    GW_ENUM_FOUND,
    GW_ENUM_MISSING, /**< no such name, or no record that we can use; a number that is not E.164 */
    GW_ENUM_UNKNOWN  /**< no answer in time, or the servers cannot */
};
/** "found", "not in ENUM", "unknown". */
const char *gw_enum_result_text(enum gw_enum_result r);

/** Borrowed: valid during the callback; that of gw_enum_peek() until the next call. */
struct gw_enum_answer {
    enum gw_enum_result result;
    const struct dp_enum_uri *uri; /**< in the order to try them */
    unsigned n;
    rt_time took;    /**< since gw_enum_ask() */
    bool cached;     /**< without a question */
    bool stale;      /**< out of date, and no newer answer is to be had */
    rt_time expires; /**< by rt_now(); of an unknown one, now */
};

/** One for a loop: the cache, shared by all the plan's `enum`s and kept over a new plan. */
struct gw_enum;
struct gw_enum_query;

typedef void gw_enum_fn(void *arg, const struct gw_enum_answer *a);

/** `entries`: numbers remembered; 0: 16384. ENOMEM. */
int gw_enum_new(struct gw_enum **out, struct rt_loop *loop, struct rt_dns *dns, unsigned entries);
/** Queries still open are forgotten without a callback. NULL is allowed. */
void gw_enum_free(struct gw_enum *e);
/** Looks a number up; `fn` is called once, never from inside this call, and no later than the
 * timeout. ENOMEM. */
int gw_enum_ask(struct gw_enum_query **out, struct gw_enum *e, const struct gw_enum_config *cfg,
                const struct dp_number *n, gw_enum_fn *fn, void *arg);
/** `fn` is not called any more. NULL is allowed; not after `fn` was called. */
void gw_enum_cancel(struct gw_enum_query *q);

/** What is remembered of a number, without a question (explain). False: nothing that would be used.
 */
bool gw_enum_peek(struct gw_enum_answer *out, struct gw_enum *e, const struct gw_enum_config *cfg,
                  const struct dp_number *n);
/** Numbers remembered, for `show status`. */
unsigned gw_enum_entries(const struct gw_enum *e);

enum gw_enum_counter {
    GW_ENUM_C_QUERIES,
    GW_ENUM_C_FOUND,
    GW_ENUM_C_MISSING,
    GW_ENUM_C_FAILED,
    GW_ENUM_C_CACHED,
    GW_ENUM_C_STALE,
    GW_ENUM_C_CHAINED,
    GW_ENUM_C_LOOPS,
    GW_ENUM_C_MALFORMED,
    GW_ENUM_C_TOO_SLOW,
    GW_ENUM_NCOUNTERS
};
extern struct rt_counter gw_enum_counters[GW_ENUM_NCOUNTERS];

#endif
