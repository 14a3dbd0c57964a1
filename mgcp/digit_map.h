/* Digit maps (RFC 3435 2.1.5, RFC 3660 2.2 and 2.7): compiled once, shared by all lines that have
 * the same, run as a set of positions. The shortest match wins.
 */
#ifndef MGCP_DIGIT_MAP_H
#define MGCP_DIGIT_MAP_H

#include "gw/rt/buf.h"

#include <stdbool.h>
#include <stdint.h>

/** Positions that a map may have, all alternatives together. */
#define MGCP_MAP_POSITIONS 2048

struct mgcp_map;

/** Compiles `text`. Maps of the same text are one; mgcp_map_free() gives a reference back. 0;
 * EBADMSG: `*refusal` is 510 (malformed), 537 (a letter that is none), 502 (too large); ENOMEM. */
int mgcp_map_new(struct mgcp_map **out, struct rt_str text, unsigned *refusal);
struct mgcp_map *mgcp_map_ref(struct mgcp_map *m);
void mgcp_map_free(struct mgcp_map *m);
struct rt_str mgcp_map_text(const struct mgcp_map *m);

/** Digits against a map. */
struct mgcp_map_run {
    struct mgcp_map *map; /**< one reference */
    uint64_t *set;        /**< where the digits so far may stand */
    unsigned digits;
};
enum mgcp_map_verdict { MGCP_MAP_PARTIAL, MGCP_MAP_MATCH, MGCP_MAP_MISMATCH };
enum mgcp_map_timer {
    MGCP_TIMER_NONE,
    MGCP_TIMER_PARTIAL, /**< T-partial, 16 s */
    MGCP_TIMER_CRITICAL /**< T alone would complete a match: T-critical, 4 s */
};

/** Before the first digit. ENOMEM. Takes a reference to the map. */
int mgcp_map_start(struct mgcp_map_run *r, struct mgcp_map *m);
void mgcp_map_stop(struct mgcp_map_run *r);
/** Feeds one digit: 0-9 * # A-D, extension letters, or 'T' when the timer ran out. `*timer`: the
 * one that runs now, after a partial match. */
enum mgcp_map_verdict mgcp_map_feed(struct mgcp_map_run *r, char digit, enum mgcp_map_timer *timer);

#endif
