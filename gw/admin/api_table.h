/* One file of a table, read as the plan would read it. */
#ifndef GW_ADMIN_API_TABLE_H
#define GW_ADMIN_API_TABLE_H

#include "dialplan/rows.h"

#include <jansson.h>

/** A text of an object; "" where it has none. */
const char *gw_api_table_text(const json_t *table, const char *key);

/** Reads the file at `path` as that table, a line of `plan tables`, and adds to `one` what is in
 * it: `rows`, `rejects`, `first_reject`, and for a deck what would change against the file at
 * `before` (`added`, `removed`, `up`, `down`, `same`). 0, or HTTP's status of the refusal with the
 * reason in `why`. Reads the disk: for a thread of its own. */
unsigned gw_api_table_read(const json_t *table, const char *path, const char *before, json_t *one,
                           char why[DP_ROWS_WHY]);

#endif
