/* A pattern's inside, for table.c. */
#ifndef DIALPLAN_PATTERN_H
#define DIALPLAN_PATTERN_H

#include "dialplan/compare.h"
#include "dialplan/dialplan_priv.h"
#include "dialplan/key.h"

/** What a pattern matches, in one form however it is written: the same octets where it is the same.
 * No padding between the members, and 0 where nothing is. */
struct dp_shape {
    dp_set_has has; /**< a set of the caller's */
    const void *arg;
    uint64_t low, high;           /**< the counting range */
    unsigned at, width;           /**< its positions; width 0: none */
    enum dp_class cls;            /**< a country's set; DP_CLASSES: none */
    unsigned n;                   /**< digit positions */
    uint16_t mask[DP_DIGITS_MAX]; /**< which digits fit at each */
    uint32_t plus;                /**< E.164 numbers; else raw ones */
    uint32_t prefix;              /**< more may follow */
};

struct dp_pattern {
    struct dp_shape shape;
    unsigned fixed, ranged; /**< positions with one digit, and with a choice narrower than x */
    size_t row;             /**< its place in a sealed table */
    char *text;
};

#endif
