/* The table of records in SQL: a column for each field of a record (gw/cdr.h), and the record
 * whole.
 *
 * tandem-export writes it, `tandem records` and the web page read it. Columns have the fields'
 * names, always quoted: `group` is a word of SQL. What is null in JSON is NULL.
 */
#ifndef GW_CDR_SQL_H
#define GW_CDR_SQL_H

#include "gw/cdr.h"

/** The table in a file of SQLite; elsewhere the plan names it. */
#define GW_CDR_SQLITE_TABLE "cdr"

enum gw_cdr_dialect {
    GW_CDR_SQLITE,  /**< times are text, flags are 1 */
    GW_CDR_POSTGRES /**< times are timestamptz, flags boolean, objects jsonb */
};

/** Statements that make the table and its indexes where they are missing, each ended by a
 * semicolon: the fields in their order, then `json`, the object that gw_cdr_json() writes. A record
 * is known by (call_id, attempt). `table` may have a schema: "billing.cdr". */
void gw_cdr_sql_create(struct rt_buf *out, const char *table, enum gw_cdr_dialect dialect);
/** A name in double quotes, each of its parts by itself. */
void gw_cdr_sql_name(struct rt_buf *out, const char *name);

#endif
