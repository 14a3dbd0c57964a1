/* Users of the registrar from an SQLite database: opened read-only, read once, closed. */
#include "gw/users.h"

#include <sqlite3.h>

#define QUERY "SELECT name, realm, algorithm, ha1 FROM users"

static struct rt_str column(sqlite3_stmt *st, int i)
{
    const void *text = sqlite3_column_text(st, i);
    int n = sqlite3_column_bytes(st, i);

    return (struct rt_str){text ? text : "", text && n > 0 ? (size_t)n : 0};
}

static int read_rows(struct gw_users *u, sqlite3 *db, const char *path, struct conf_diag *diag)
{
    sqlite3_stmt *st = NULL;
    struct conf_pos row = {path, 0, 1};
    int rc = sqlite3_prepare_v2(db, QUERY, -1, &st, NULL);

    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(st);
        if (rc != SQLITE_ROW)
            break;
        row.line++;
        gw_users_add(u, diag, row, column(st, 0), column(st, 1), column(st, 2), column(st, 3));
    }
    sqlite3_finalize(st);
    return rc;
}

void gw_users_read_sqlite(struct gw_users *u, const char *path, struct conf_pos at,
                          struct conf_diag *diag)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(db, 1000);
        rc = read_rows(u, db, path, diag);
    }
    if (rc != SQLITE_OK && rc != SQLITE_DONE)
        conf_error(diag, at, "%s: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
    sqlite3_close(db);
}
