/* What the parts of the table reader share: octets of a file, columns, and two kinds of table. */
#ifndef DIALPLAN_ROWS_PRIV_H
#define DIALPLAN_ROWS_PRIV_H

#include "dialplan/rows.h"
#include "gw/rt/file.h"

/* ---- rows_source.c: a file's octets, unpacked ---- */

struct dp_source;
/** Opens a file and looks at its first octets: gzip, zstd or plain. */
int dp_source_open(struct dp_source **out, const char *path);
void dp_source_close(struct dp_source *s);
/** The next octets, at most `cap`; 0 of them only at the end. EBADMSG: packed data that is damaged
 * or ends early. */
int dp_source_read(struct dp_source *s, char *buf, size_t cap, size_t *got);

/* ---- rows_columns.c: which column is which field ---- */

/** Column -> field, or -1. */
struct dp_columns {
    signed char field[DP_ROW_COLUMNS];
    unsigned need; /**< columns that a row must have */
    unsigned has;  /**< bit of each field that has a column */
};
/** Binds by `cfg->columns` or by the first line's cells. `*header` says whether that line was one
 * (then it is no row). EINVAL with `why`. */
int dp_columns_bind(struct dp_columns *c, bool *header, const struct dp_rows_config *cfg,
                    const struct rt_str *cell, unsigned ncells, char why[DP_ROWS_WHY]);

/* ---- the reader ---- */

struct dp_text;
struct dp_database;

struct dp_rows {
    const char *path;
    struct dp_columns columns;
    struct dp_row row;    /* fields without a column stay empty */
    struct dp_text *text; /**< one of these two */
    struct dp_database *database;
    uint64_t bad;
    char first_bad[DP_ROWS_WHY];
    char *rejects;
    struct rt_append *out; /**< opened with the first bad row */
    struct rt_buf pending;
};

/* ---- rows_text.c ---- */

int dp_text_open(struct dp_rows *r, const struct dp_rows_config *cfg, char why[DP_ROWS_WHY]);
/** The next row into `r->row`. */
int dp_text_next(struct dp_rows *r);
void dp_text_close(struct dp_text *t);

/* ---- rows_sqlite.c ---- */

/** Whether a path names a database; `*file` is its file then. */
bool dp_database_path(const char *path, const char **file);
int dp_database_open(struct dp_rows *r, const struct dp_rows_config *cfg, const char *file,
                     char why[DP_ROWS_WHY]);
/** The next row into `r->row`. */
int dp_database_next(struct dp_rows *r);
void dp_database_close(struct dp_database *d);

#endif
