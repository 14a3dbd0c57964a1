/* What both databases have in common. */
#ifndef GW_EXPORT_SQL_H
#define GW_EXPORT_SQL_H

#include "gw/rt/buf.h"

/** Which columns of the record a table has: one that an older version has made lacks some. They are
 * in `json` all the same. */
struct export_columns {
    const char *name[128]; /**< of fields */
    size_t n;
};
/** Takes `name` if it is a field. */
void export_columns_add(struct export_columns *c, const char *name);
/** Writes `"call_id", "seq", ...`, each after `prefix`. */
void export_columns_list(struct rt_buf *out, const struct export_columns *c, const char *prefix);
/** The name of the table of positions that belongs to `table`; to be freed. */
char *export_place_table(const char *table);

#endif
