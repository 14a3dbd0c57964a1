/* Time zones of the tz database: the offset of any instant, and the instant of a local time.
 *
 * Read from the compiled files of the system (TZif, RFC 8536, version 2 on, with the rule of the
 * footer for what comes after the last change listed), so that no year is guessed. A zone never
 * changes once made: any number of threads may ask it.
 */
#ifndef DIALPLAN_ZONE_H
#define DIALPLAN_ZONE_H

#include "gw/rt/buf.h"

#include <stdbool.h>
#include <stdint.h>

/** Where the system keeps its zones. */
#define DP_ZONE_FOLDER "/usr/share/zoneinfo/"
/** No change to come. */
#define DP_NEVER INT64_MAX

struct dp_zone;

/** Loads `name` (`Europe/Berlin`; `UTC` needs no file). ENOENT: there is no such zone, or `name`
 * is no name of one; EBADMSG: its file is damaged. */
int dp_zone_load(struct dp_zone **out, const char *name);
/** The same from the octets of a TZif file. EBADMSG. */
int dp_zone_parse(struct dp_zone **out, const char *name, struct rt_str tzif);
void dp_zone_free(struct dp_zone *z);
const char *dp_zone_name(const struct dp_zone *z);

/** Seconds east of UTC at `utc`; of NULL: 0. */
int32_t dp_zone_offset(const struct dp_zone *z, int64_t utc);
/** The next instant after `utc` at which the offset may change, or DP_NEVER. */
int64_t dp_zone_next(const struct dp_zone *z, int64_t utc);
/** The instant at which clocks show `local` (seconds since 1970-01-01 00:00 on that clock). A time
 * shown twice is its first; one that is left out when clocks go forward is read with the offset
 * from before, so 02:30 is 03:30 of summer time (both RFC 5545 3.3.5). */
int64_t dp_zone_utc(const struct dp_zone *z, int64_t local);

/** A zone of changes that the caller lists, in any order; for a VTIMEZONE. `before` holds until the
 * first. Takes nothing. */
struct dp_zone_change {
    int64_t utc;
    int32_t offset;
};
int dp_zone_make(struct dp_zone **out, const char *name, int32_t before,
                 const struct dp_zone_change *change, size_t n);

#endif
