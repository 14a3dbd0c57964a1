/* A query of call records in one line: `to:+4420* cause:34 last:1h mos<3.5`.
 *
 * Terms are joined by "and"; `-TERM` is "not". A bare word is looked for in all numbers, trunks and
 * ids. One text, two uses: a condition of SQL with its values, and a test of a record in memory.
 *
 *   to:, from: (numbers; a final * is a wildcard)     trunk:, in:, out: (trunks)     id:
 *   cause:34  cause:34,41   sip:503   by:operator     state:answered|failed|emergency
 *   last:1h   since:2026-11-22T10:00   until:...      (RFC 3339 or a part of it, UTC)
 *   talk>60s  duration<6s  mos<3.5  loss>1%  pdd>5s   rule:office.conf  customer:NAME codec:opus
 *   attempt:0 (the calls alone, without their attempts)
 *
 * After a colon there may be several, with commas between; blanks are quoted: rule:"a.conf:3 b".
 * `since:` takes that instant in, `until:` leaves it out; `mos` is the worse side's; durations are
 * in s unless they say ms, s, m, h or d; >= and <= are taken too. Answered and failed are each
 * other's opposite. What is not known fits no comparison.
 */
#ifndef GW_RECORD_QUERY_H
#define GW_RECORD_QUERY_H

#include "gw/cdr.h"

struct gw_record_query;

/** Parses; `now` is the wall clock that `last:` counts from. EINVAL: `why` says what and where
 * ("mos<high: not a number"). An empty text matches everything. */
int gw_record_query_parse(struct gw_record_query **out, struct rt_str text, rt_time now, char *why,
                          size_t cap);
void gw_record_query_free(struct gw_record_query *q);
/** Whether a record matches. */
bool gw_record_query_match(const struct gw_record_query *q, const struct gw_cdr *r);

/** More values than this no query has. */
#define GW_RECORD_VALUES_MAX 256

/** A value of the condition: text, or a number when `text` is NULL. */
struct gw_record_value {
    const char *text;
    double number;
};
/** The condition for SQL's WHERE with `?` for each value, in their order: never a value itself.
 * Values are borrowed from `q`; returns how many there are. */
size_t gw_record_query_sql(const struct gw_record_query *q, struct rt_buf *out,
                           struct gw_record_value *values, size_t max);

#endif
