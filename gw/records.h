/* Call records of the past, looked up in the SQLite file that tandem-export keeps (`cdr
 * sqlite:FILE`). Reads only; in a thread that may wait for the disk, never the signalling thread.
 */
#ifndef GW_RECORDS_H
#define GW_RECORDS_H

#include "gw/record_query.h"

struct gw_records;

/** The file that a plan has records in, borrowed; NULL: none. */
const char *gw_records_path(const struct gw_cdr_plan *plan);
/** What is said then. */
#define GW_RECORDS_NONE "the plan keeps no records in SQLite (cdr journal FOLDER, sqlite:FILE)"

/** Opens for reading; a file that does not exist yet is opened when it does. ENOMEM. */
int gw_records_new(struct gw_records **out, const char *path);
void gw_records_free(struct gw_records *r);

/** One record as the JSON object that gw_cdr_json() writes. */
typedef void gw_record_fn(void *arg, struct rt_str json);
/** Calls `fn` for those that match, newest first, `limit` at most, of those before the record
 * `before` (its seq; 0: from the newest). How many are given to `fn`; a negative errno: ENOENT: no
 * file; EBADMSG: it has no call records; ETIMEDOUT: it took more than 5 s. */
int gw_records_find(struct gw_records *r, const struct gw_record_query *q, uint64_t before,
                    unsigned limit, gw_record_fn *fn, void *arg);

#endif
