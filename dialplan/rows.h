/* Tables of millions of rows, read as a stream: rate decks, lists of numbers, portability data.
 *
 * Text with one row a line (`.csv`, plain or compressed by gzip or zstd, told by its content) or a
 * table of an SQLite database. Text is read in blocks and cut into slices where it lies: nothing is
 * allocated for a row, and no file is ever whole in memory.
 *
 * What counts as text: RFC 4180 with the freedoms that real files take. The separator is `,` `;` or
 * a tab, whichever the first line has most of; lines end in LF or CRLF; a byte order mark is
 * skipped; blanks around a cell without quotes are not part of it; empty lines and lines that begin
 * with `#` are none (a cell that begins with `#` is put in quotes when it comes first). A last line
 * without line end counts if it has all its columns.
 *
 * A bad row never stops the reading: it is counted and goes to the rejects file with its reason. A
 * compressed file that ends early is an error of the whole.
 */
#ifndef DIALPLAN_ROWS_H
#define DIALPLAN_ROWS_H

#include "gw/rt/buf.h"

#include <stdbool.h>
#include <stdint.h>

/** Fields that a reader may ask for, columns that a file may have, octets in one row. */
#define DP_ROW_FIELDS  12
#define DP_ROW_COLUMNS 64
#define DP_ROW_LEN     65536
/** Room for a message about a table and its NUL. */
#define DP_ROWS_WHY 256
/** Bad rows written to the rejects file; those after it are counted only. */
#define DP_ROWS_REJECTS 10000

/** What to read. All is borrowed while dp_rows_open() runs, `path` until the end. */
struct dp_rows_config {
    const char *path;    /**< a file; `sqlite:FILE`; or FILE ending in .db, .sqlite, .sqlite3 */
    const char *columns; /**< NULL or "": the first line names them. `prefix, -, rate` names columns
                            by place (`-` skips one), `prefix:dialcode, rate:peak` by the file's
                            header: FIELD:HEADER */
    const char *table;   /**< of a database: a table's name, or a query that begins with SELECT */
    const char *const *fields; /**< NULL-terminated names that the caller knows; the first one that
                                  the file has is the key: it tells a header line from a row */
    const char *rejects;       /**< where bad rows go; NULL: nowhere */
};

/** A row: slices of the reader's. */
struct dp_row {
    struct rt_str field[DP_ROW_FIELDS]; /**< in the order of `fields`; empty when absent */
    struct rt_str text;                 /**< as it stands in the file, without line end */
    uint64_t line;                      /**< from 1; of a database: which row */
};

struct dp_rows;
/** Opens a table and binds its columns. `why` says what is wrong. ENOENT and the like: no such
 * file; EINVAL: columns, header or table; EBADMSG: not what it says it is; ENOMEM. */
int dp_rows_open(struct dp_rows **out, const struct dp_rows_config *cfg, char why[DP_ROWS_WHY]);
/** True when the table has a column for field `i`. */
bool dp_rows_has(const struct dp_rows *r, unsigned i);
/** The next good row, the reader's own until the next call. ENODATA: there is none; EBADMSG, EIO
 * and others: the file broke off, the
 * whole load is void. */
int dp_rows_next(struct dp_rows *r, const struct dp_row **out);
/** Says that the row just read is bad after all. */
void dp_rows_reject(struct dp_rows *r, const struct dp_row *row, const char *reason);
/** Rows refused so far, by the reader and by dp_rows_reject(). */
uint64_t dp_rows_bad(const struct dp_rows *r);
/** The first of them, "line 17: rate is no number"; "" when there is none. */
const char *dp_rows_first_bad(const struct dp_rows *r);
/** Closes it; a rejects file is there afterwards exactly if rows were bad. */
void dp_rows_close(struct dp_rows *r);

#endif
