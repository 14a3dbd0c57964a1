/* What the parts of the iCalendar reader share: content lines, values, rules. */
#ifndef DIALPLAN_SCHEDULE_ICS_H
#define DIALPLAN_SCHEDULE_ICS_H

#include "dialplan/schedule_priv.h"

/** Steps that reading one file may take: lines compared, occurrences looked at. */
#define DP_ICS_WORK      2000000
#define DP_ICS_RULE_WORK 200 /* what a rule costs before its first occurrence */

/** One content line, unfolded: NAME;PARAM=VALUE:value. */
struct dp_ics_line {
    struct rt_str name, params, value;
    unsigned line; /**< in the file */
};
/** The lines between a BEGIN and its END. */
struct dp_ics_block {
    size_t begin, end;
};
struct dp_ics_blocks {
    struct dp_ics_block *v;
    size_t n, cap;
};
struct dp_ics_zone;

/** A file being read. */
struct dp_ics {
    struct rt_buf text;
    struct dp_ics_line *line;
    size_t nlines, cap;
    struct dp_ics_blocks events, zones;
    struct dp_ics_zone *known;
    int64_t from, to; /**< what repeats is worked out between these instants */
    unsigned work;    /**< steps left */
    bool overrides;   /**< some event is one occurrence of another */
    struct dp_ics_error *error;
    struct dp_set local, utc; /**< found */
};

/** A DATE or DATE-TIME: what the clock of its zone shows. */
struct dp_ics_time {
    int64_t wall; /**< seconds since 1970-01-01 00:00 on that clock */
    bool date;    /**< a whole day */
    bool fixed;   /**< has a zone: `zone`, NULL being UTC */
    const struct dp_zone *zone;
};
/** Nominal days and exact seconds (RFC 5545 3.3.6). */
struct dp_ics_span {
    int64_t days, seconds;
};

/** Notes what is wrong with the line, the first time. Returns EBADMSG. */
int dp_ics_fail(struct dp_ics *x, unsigned line, const char *why);
/** Takes `steps` from what may be done. E2BIG. */
int dp_ics_spend(struct dp_ics *x, size_t steps);
/** The index of the next line of `b` itself, not of a block inside it, from `i` on; `b.end`: none.
 */
size_t dp_ics_own_line(const struct dp_ics *x, struct dp_ics_block b, size_t i);
/** The first own line called `name`, or NULL. */
const struct dp_ics_line *dp_ics_find(const struct dp_ics *x, struct dp_ics_block b,
                                      const char *name);
/** The value of a parameter without quotes; empty: not there. */
struct rt_str dp_ics_param(const struct dp_ics_line *l, const char *name);

/** Reads `20261224`, `20261224T180000`, `20261224T180000Z` without any zone but Z. False: is none.
 */
bool dp_ics_read_time(struct dp_ics_time *out, struct rt_str text);
/** The same as a value of `l`, with its TZID. EBADMSG. */
int dp_ics_time(struct dp_ics *x, const struct dp_ics_line *l, struct rt_str text,
                struct dp_ics_time *out);
/** `-P1DT2H30M`: `*minus` apart. False: is none, or longer than a century. */
bool dp_ics_read_span(struct dp_ics_span *out, struct rt_str text);
/** The instant, or for times without a zone what the clock shows. */
static inline int64_t dp_ics_key(const struct dp_ics_time *t, int64_t wall)
{
    return t->fixed ? dp_zone_utc(t->zone, wall) : wall;
}

/** Calls `fn` with what the clock shows at each occurrence of the rule in line `l` but `start`
 * itself, in order, up to the window's end. The first errno of `fn`; EBADMSG; E2BIG. */
int dp_ics_recur(struct dp_ics *x, const struct dp_ics_line *l, const struct dp_ics_time *start,
                 int (*fn)(void *arg, int64_t wall), void *arg);

/** The zone a TZID means: of the tz database, else of the file. NULL in `*out` is UTC. EBADMSG. */
int dp_ics_zone(struct dp_ics *x, unsigned line, struct rt_str tzid, const struct dp_zone **out);
void dp_ics_release_zones(struct dp_ics *x);
/** Adds what a VEVENT covers to the sets. */
int dp_ics_event(struct dp_ics *x, struct dp_ics_block event);

#endif
