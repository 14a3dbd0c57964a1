/* A pattern's inside, for table.c. */
#ifndef DIALPLAN_PATTERN_H
#define DIALPLAN_PATTERN_H

#include "dialplan/dialplan_priv.h"

struct dp_pattern {
    char *text;
    enum dp_class cls;            /**< a country's set; DP_CLASSES: by digits */
    bool plus;                    /**< E.164 numbers; else raw ones */
    bool prefix;                  /**< more may follow */
    unsigned n;                   /**< digit positions */
    uint16_t mask[DP_DIGITS_MAX]; /**< which digits fit at each */
    unsigned at, width;           /**< the counting range's positions; width 0: none */
    uint64_t low, high;
    unsigned fixed, ranged; /**< positions with one digit, and with a choice narrower than x */
};

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

#endif
