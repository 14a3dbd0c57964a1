/* Patterns beside each other: which are the same, which is more specific, which numbers lie where.
 * For whoever compares plans, or looks for rows that never count; calls are routed by tables
 * (dialplan/dialplan.h).
 */
#ifndef DIALPLAN_COMPARE_H
#define DIALPLAN_COMPARE_H

#include "dialplan/dialplan.h"

enum dp_fit {
    DP_NO,
    DP_PARTIAL, /**< with more digits it could fit */
    DP_FITS
};
enum dp_fit dp_pattern_fit(const struct dp_pattern *p, const struct dp_number *n,
                           const struct dp_site *site);
/** Below 0 when `a` is more specific: more fixed digits, then digits of ranges and classes, then
 * positions, then without a tail, then the narrower; numbers before sets before `*`. */
int dp_pattern_order(const struct dp_pattern *a, const struct dp_pattern *b);
/** Equal in what they match, however they are written. */
bool dp_pattern_equal(const struct dp_pattern *a, const struct dp_pattern *b);
/** `*` alone. */
bool dp_pattern_catch_all(const struct dp_pattern *p);
/** A set, of a country or a caller's: it has no digits of its own. */
bool dp_pattern_is_set(const struct dp_pattern *p);
/** The keys between which all numbers lie that it matches: [*lo, *hi). `lo` is the first of these
 * numbers. Not for sets and `*`. */
void dp_pattern_hull(const struct dp_pattern *p, uint64_t *lo, uint64_t *hi);

/** Appends one text for all patterns that match the same; a set's is what it was made from. */
void dp_pattern_key(struct rt_buf *out, const struct dp_pattern *p);

/** What a pattern of digits is like; of a set and of `*` all are 0. */
struct dp_pattern_facts {
    unsigned digits;  /**< positions */
    bool e164;        /**< numbers with "+" */
    bool prefix;      /**< more digits may follow; of `*` too */
    bool exact;       /**< each position has one digit */
    uint64_t numbers; /**< that it matches with as many digits; UINT32_MAX: so many, or more */
};
void dp_pattern_facts(struct dp_pattern_facts *out, const struct dp_pattern *p);
/** Whether `wide` is a prefix, or `*`, that has every number of `p`; a set is within `*` alone. */
bool dp_pattern_within(const struct dp_pattern *p, const struct dp_pattern *wide);

#endif
