/* Looking records up: the file is opened for each question, so that one that is made or replaced in
 * between is found, and nothing is held while nobody asks.
 */
#include "gw/records.h"

#include "gw/cdr_sql.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#define PATIENCE (5 * RT_S)
#define BUSY_MS  1000
#define STEPS    20000 /* of SQLite's machine between two looks at the clock: some milliseconds */

struct gw_records {
    char *path;
};

/** One question. */
struct search {
    sqlite3 *db;
    sqlite3_stmt *st;
    rt_time until;
};

const char *gw_records_path(const struct gw_cdr_plan *plan)
{
    for (unsigned i = 0; i < plan->ntargets; i++)
        if (plan->target[i].kind == GW_TARGET_SQLITE)
            return plan->target[i].where;
    return NULL;
}

int gw_records_new(struct gw_records **out, const char *path)
{
    struct gw_records *r = calloc(1, sizeof *r);

    if (!r)
        return ENOMEM;
    r->path = rt_str_dup(rt_str(path));
    if (!r->path) {
        free(r);
        return ENOMEM;
    }
    *out = r;
    return 0;
}

void gw_records_free(struct gw_records *r)
{
    if (!r)
        return;
    free(r->path);
    free(r);
}

/* ---- the file ---- */

static int too_late(void *arg)
{
    const struct search *s = arg;

    return rt_now() >= s->until;
}

/** What SQLite says as an errno. */
static int error_of(int rc)
{
    static const struct {
        int rc, err;
    } table[] = {{SQLITE_OK, 0},           {SQLITE_DONE, 0},          {SQLITE_NOMEM, ENOMEM},
                 {SQLITE_BUSY, EBUSY},     {SQLITE_LOCKED, EBUSY},    {SQLITE_CANTOPEN, EACCES},
                 {SQLITE_PERM, EACCES},    {SQLITE_AUTH, EACCES},     {SQLITE_INTERRUPT, ETIMEDOUT},
                 {SQLITE_NOTADB, EBADMSG}, {SQLITE_CORRUPT, EBADMSG}, {SQLITE_ERROR, EBADMSG}};

    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (table[i].rc == (rc & 0xff))
            return table[i].err;
    return EIO;
}

/** Why a file was not opened. */
static int refusal(const struct search *s, int rc)
{
    int err = (rc & 0xff) == SQLITE_CANTOPEN && s->db ? sqlite3_system_errno(s->db) : 0;

    return err != 0 ? err : error_of(rc);
}

static int open_file(struct search *s, const char *path, const char *sql)
{
    int rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);

    if (rc != SQLITE_OK)
        return rc;
    sqlite3_busy_timeout(s->db, BUSY_MS);
    /* a column that is missing is an error, not a text in double quotes */
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_progress_handler(s->db, STEPS, too_late, s);
    return sqlite3_prepare_v2(s->db, sql, -1, &s->st, NULL);
}

static void close_file(struct search *s)
{
    sqlite3_finalize(s->st);
    sqlite3_close(s->db);
    s->st = NULL;
    s->db = NULL;
}

/** The path as a URI that says: nobody writes it. */
static void still(struct rt_buf *out, const char *path)
{
    rt_buf_puts(out, "file:");
    for (const char *p = path; *p; p++) {
        if (strchr("%?#", *p))
            rt_buf_printf(out, "%%%02X", (unsigned char)*p);
        else
            rt_buf_put(out, p, 1);
    }
    rt_buf_puts(out, "?immutable=1");
}

/** A file that its writer has closed lacks the two that readers share with him; who may not make
 * them here reads it as it stands. */
static int open_still(struct search *s, const char *path, const char *sql)
{
    struct rt_buf uri = {0}, wal = {0};
    struct rt_file_info info;
    int rc = SQLITE_CANTOPEN;

    rt_buf_printf(&wal, "%s-wal", path);
    still(&uri, path);
    if (!uri.failed && !wal.failed && rt_file_stat(&info, wal.p) != 0) {
        close_file(s);
        rc = open_file(s, uri.p, sql);
    }
    rt_buf_release(&uri);
    rt_buf_release(&wal);
    return rc;
}

/** A path is none of SQLite's URIs, whatever it begins with. */
static int open_search(struct search *s, const char *path, const char *sql)
{
    struct rt_buf named = {0};

    rt_buf_printf(&named, "%s%s", strchr("/.", path[0]) ? "" : "./", path);
    int rc = named.failed ? SQLITE_NOMEM : open_file(s, named.p, sql);
    if (((rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY) &&
        refusal(s, rc) != ENOENT)
        rc = open_still(s, named.p, sql);
    if (rc == SQLITE_ERROR && strncmp(sqlite3_errmsg(s->db), "no such table", 13) == 0)
        rc = SQLITE_DONE; /* nothing was written yet */
    rt_buf_release(&named);
    return rc;
}

/* ---- the question ---- */

static void add_sql(struct rt_buf *out, const struct gw_record_query *q, bool before,
                    struct gw_record_value *values, size_t *n)
{
    rt_buf_puts(out, "SELECT \"json\" FROM " GW_CDR_SQLITE_TABLE " WHERE ");
    *n = gw_record_query_sql(q, out, values, GW_RECORD_VALUES_MAX);
    rt_buf_printf(out, "%s ORDER BY \"seq\" DESC LIMIT ?", before ? " AND \"seq\" < ?" : "");
}

static int bind_values(struct search *s, const struct gw_record_value *values, size_t n,
                       uint64_t before, unsigned limit)
{
    int at = 1, rc = SQLITE_OK;

    for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
        rc = values[i].text ? sqlite3_bind_text(s->st, at++, values[i].text, -1, SQLITE_STATIC)
                            : sqlite3_bind_double(s->st, at++, values[i].number);
    if (rc == SQLITE_OK && before > 0)
        rc = sqlite3_bind_int64(s->st, at++, (sqlite3_int64)before);
    return rc == SQLITE_OK ? sqlite3_bind_int64(s->st, at, limit) : rc;
}

/** Gives the rows to `fn`; how many, or a negative errno. */
static int give(struct search *s, gw_record_fn *fn, void *arg)
{
    int n = 0, rc;

    while ((rc = sqlite3_step(s->st)) == SQLITE_ROW) {
        const void *text = sqlite3_column_text(s->st, 0);
        int len = sqlite3_column_bytes(s->st, 0);
        if (!text)
            return -ENOMEM;
        fn(arg, (struct rt_str){text, (size_t)len});
        n++;
        if (too_late(s))
            return -ETIMEDOUT;
    }
    return rc == SQLITE_DONE ? n : -error_of(rc);
}

int gw_records_find(struct gw_records *r, const struct gw_record_query *q, uint64_t before,
                    unsigned limit, gw_record_fn *fn, void *arg)
{
    struct gw_record_value values[GW_RECORD_VALUES_MAX];
    struct search s = {.until = rt_now() + PATIENCE};
    struct rt_buf sql = {0};
    size_t n = 0;

    add_sql(&sql, q, before > 0, values, &n);
    int rc = sql.failed ? SQLITE_NOMEM : open_search(&s, r->path, sql.p);
    if (rc == SQLITE_OK)
        rc = bind_values(&s, values, n, before, limit);
    int given = rc == SQLITE_OK ? give(&s, fn, arg) : -refusal(&s, rc);
    close_file(&s);
    rt_buf_release(&sql);
    return given;
}
