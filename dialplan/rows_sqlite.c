/* Rows of a database: a table or a query of an SQLite file, which is only read. */
#include "dialplan/rows_priv.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define BUSY_MS 2000

struct dp_database {
    sqlite3 *db;
    sqlite3_stmt *rows;
    unsigned columns;
    struct rt_buf text; /* the row as it goes to the rejects file */
};

static bool ends_in(const char *path, const char *tail)
{
    size_t n = strlen(path), m = strlen(tail);
    return n > m && strcasecmp(path + n - m, tail) == 0;
}

bool dp_database_path(const char *path, const char **file)
{
    static const char prefix[] = "sqlite:";

    *file = path;
    if (strncmp(path, prefix, sizeof prefix - 1) == 0) {
        *file = path + sizeof prefix - 1;
        return true;
    }
    return ends_in(path, ".db") || ends_in(path, ".sqlite") || ends_in(path, ".sqlite3");
}

static int complain(const struct dp_database *d, char why[DP_ROWS_WHY])
{
    int code = sqlite3_errcode(d->db);

    snprintf(why, DP_ROWS_WHY, "%s", sqlite3_errmsg(d->db));
    if (code == SQLITE_CANTOPEN)
        return ENOENT;
    return code == SQLITE_NOMEM ? ENOMEM : code == SQLITE_ERROR ? EINVAL : EBADMSG;
}

static int prepare(struct dp_database *d, const char *table, char why[DP_ROWS_WHY])
{
    bool query = strncasecmp(table, "select ", 7) == 0;
    char *sql =
        query ? sqlite3_mprintf("%s", table) : sqlite3_mprintf("SELECT * FROM \"%w\"", table);

    if (!sql)
        return ENOMEM;
    int code = sqlite3_prepare_v2(d->db, sql, -1, &d->rows, NULL);
    sqlite3_free(sql);
    if (code != SQLITE_OK)
        return complain(d, why);
    if (d->rows && sqlite3_column_count(d->rows) > 0)
        return 0;
    snprintf(why, DP_ROWS_WHY, "the query gives no rows");
    return EINVAL;
}

static int bind_columns(struct dp_rows *r, struct dp_database *d, const struct dp_rows_config *cfg,
                        char why[DP_ROWS_WHY])
{
    struct rt_str cell[DP_ROW_COLUMNS];
    bool header;

    for (unsigned i = 0; i < d->columns && i < DP_ROW_COLUMNS; i++)
        cell[i] = rt_str(sqlite3_column_name(d->rows, (int)i));
    return dp_columns_bind(&r->columns, &header, cfg, cell,
                           d->columns < DP_ROW_COLUMNS ? d->columns : DP_ROW_COLUMNS, why);
}

int dp_database_open(struct dp_rows *r, const struct dp_rows_config *cfg, const char *file,
                     char why[DP_ROWS_WHY])
{
    struct dp_database *d = r->database = calloc(1, sizeof *d);

    if (!d)
        return ENOMEM;
    if (!cfg->table || !*cfg->table) {
        snprintf(why, DP_ROWS_WHY, "a database needs a table");
        return EINVAL;
    }
    if (sqlite3_open_v2(file, &d->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return d->db ? complain(d, why) : ENOMEM;
    sqlite3_busy_timeout(d->db, BUSY_MS);
    int err = prepare(d, cfg->table, why);
    if (err != 0)
        return err;
    d->columns = (unsigned)sqlite3_column_count(d->rows);
    return bind_columns(r, d, cfg, why);
}

static struct rt_str cell(struct dp_database *d, unsigned i)
{
    const char *p = (const char *)sqlite3_column_text(d->rows, (int)i);
    return p ? rt_str_trim((struct rt_str){p, (size_t)sqlite3_column_bytes(d->rows, (int)i)})
             : rt_str("");
}

int dp_database_next(struct dp_rows *r)
{
    struct dp_database *d = r->database;
    int code = sqlite3_step(d->rows);

    if (code != SQLITE_ROW)
        return code == SQLITE_DONE ? ENODATA : code == SQLITE_NOMEM ? ENOMEM : EBADMSG;
    rt_buf_reset(&d->text);
    for (unsigned i = 0; i < d->columns; i++) {
        struct rt_str s = cell(d, i);
        rt_buf_puts(&d->text, i > 0 ? "," : "");
        rt_buf_put(&d->text, s.p, s.n);
        if (i < DP_ROW_COLUMNS && r->columns.field[i] >= 0)
            r->row.field[r->columns.field[i]] = s;
    }
    r->row.text = rt_buf_str(&d->text);
    r->row.line++;
    return d->text.failed ? ENOMEM : 0;
}

void dp_database_close(struct dp_database *d)
{
    if (!d)
        return;
    sqlite3_finalize(d->rows);
    sqlite3_close(d->db);
    rt_buf_release(&d->text);
    free(d);
}
