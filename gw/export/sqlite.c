/* Records into a file of SQLite.
 *
 * The records of a batch and the position after them are one transaction: whatever ends us, both
 * are there or neither. What a lost transaction held is still in the journal, so the file need not
 * be synced for each (synchronous=NORMAL with a write-ahead log).
 */
#include "gw/cdr_sql.h"
#include "gw/export/sql.h"
#include "gw/export/target.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#define BUSY_MS    5000
#define CLEAN_ROWS 2000

struct sqlite {
    struct export_target *target;
    sqlite3 *db;
    sqlite3_stmt *insert, *place, *forget, *clean;
    struct export_columns columns;
};

static int say(struct sqlite *s)
{
    export_target_why(s->target, "%s: %s", export_target_where(s->target), sqlite3_errmsg(s->db));
    return EIO;
}

static int run(struct sqlite *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : say(s);
}

static int prepare(struct sqlite *s, sqlite3_stmt **out, const char *sql)
{
    return sqlite3_prepare_v2(s->db, sql, -1, out, NULL) == SQLITE_OK ? 0 : say(s);
}

/** Executes a statement that gives no rows. */
static int execute(struct sqlite *s, sqlite3_stmt *st)
{
    int got = sqlite3_step(st);
    int err = got == SQLITE_DONE ? 0 : say(s);

    sqlite3_reset(st);
    return err;
}

/* ---- opening ---- */

static int make_tables(struct sqlite *s)
{
    struct rt_buf sql = {0};

    gw_cdr_sql_create(&sql, GW_CDR_SQLITE_TABLE, GW_CDR_SQLITE);
    rt_buf_puts(&sql, "CREATE TABLE IF NOT EXISTS \"cdr_position\" "
                      "(\"segment\" TEXT PRIMARY KEY, \"position\" INTEGER NOT NULL);");
    int err = sql.failed ? ENOMEM : run(s, sql.p);
    rt_buf_release(&sql);
    return err;
}

static int read_columns(struct sqlite *s)
{
    sqlite3_stmt *st;
    int err = prepare(s, &st, "SELECT * FROM \"cdr\" LIMIT 0");

    s->columns.n = 0;
    for (int i = 0; err == 0 && i < sqlite3_column_count(st); i++)
        export_columns_add(&s->columns, sqlite3_column_name(st, i));
    sqlite3_finalize(st);
    return err;
}

static int prepare_insert(struct sqlite *s)
{
    struct rt_buf sql = {0};

    rt_buf_puts(&sql, "INSERT INTO \"cdr\" (");
    export_columns_list(&sql, &s->columns, "");
    rt_buf_puts(&sql, ", \"json\") VALUES (");
    for (size_t i = 0; i < s->columns.n; i++)
        rt_buf_puts(&sql, "?, ");
    rt_buf_puts(&sql, "?) ON CONFLICT (\"call_id\", \"attempt\") DO NOTHING");
    int err = sql.failed ? ENOMEM : prepare(s, &s->insert, sql.p);
    rt_buf_release(&sql);
    return err;
}

static int find_place(struct sqlite *s)
{
    sqlite3_stmt *st;
    int err = prepare(s, &st, "SELECT \"segment\", \"position\" FROM \"cdr_position\"");
    int got = SQLITE_DONE;

    while (err == 0 && (got = sqlite3_step(st)) == SQLITE_ROW) {
        const char *segment = (const char *)sqlite3_column_text(st, 0);
        struct export_pos pos = {.offset = (uint64_t)sqlite3_column_int64(st, 1)};
        if (segment && rt_str_copy(pos.segment, sizeof pos.segment, rt_str(segment)))
            export_target_found(s->target, &pos);
    }
    if (err == 0 && got != SQLITE_DONE)
        err = say(s);
    sqlite3_finalize(st);
    return err;
}

static int prepare_all(struct sqlite *s)
{
    int err = prepare_insert(s);

    if (err == 0)
        err = prepare(s, &s->place,
                      "INSERT INTO \"cdr_position\" VALUES (?, ?) ON CONFLICT "
                      "(\"segment\") DO UPDATE SET \"position\" = excluded.\"position\"");
    if (err == 0)
        err = prepare(s, &s->forget, "DELETE FROM \"cdr_position\" WHERE \"segment\" = ?");
    if (err == 0)
        err = prepare(s, &s->clean,
                      "DELETE FROM \"cdr\" WHERE rowid IN (SELECT rowid FROM \"cdr\" WHERE "
                      "\"start_time\" < ? LIMIT ?)");
    return err;
}

static void close_file(void *own)
{
    struct sqlite *s = own;
    sqlite3_stmt **const all[] = {&s->insert, &s->place, &s->forget, &s->clean};

    for (size_t i = 0; i < RT_COUNT(all); i++) {
        sqlite3_finalize(*all[i]);
        *all[i] = NULL;
    }
    sqlite3_close(s->db);
    s->db = NULL;
}

static int open_file(void *own)
{
    struct sqlite *s = own;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int err = 0;

    if (sqlite3_open_v2(export_target_where(s->target), &s->db, flags, NULL) != SQLITE_OK)
        err = say(s);
    sqlite3_busy_timeout(s->db, BUSY_MS);
    if (err == 0)
        err = run(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
    if (err == 0)
        err = make_tables(s);
    if (err == 0)
        err = read_columns(s);
    if (err == 0)
        err = prepare_all(s);
    if (err == 0)
        err = find_place(s);
    if (err != 0)
        close_file(s);
    return err;
}

/* ---- records ---- */

static int bind_object(sqlite3_stmt *st, int at, const json_t *v)
{
    char *text = json_dumps(v, JSON_COMPACT | JSON_PRESERVE_ORDER);
    return text ? sqlite3_bind_text(st, at, text, -1, free) : SQLITE_NOMEM;
}

/** The texts live until the statement is executed. */
static int bind_value(sqlite3_stmt *st, int at, const json_t *v)
{
    switch (v ? json_typeof(v) : JSON_NULL) {
    case JSON_STRING:
        return sqlite3_bind_text(st, at, json_string_value(v), (int)json_string_length(v),
                                 SQLITE_STATIC);
    case JSON_INTEGER:
        return sqlite3_bind_int64(st, at, json_integer_value(v));
    case JSON_REAL:
        return sqlite3_bind_double(st, at, json_real_value(v));
    case JSON_TRUE:
        return sqlite3_bind_int(st, at, 1);
    case JSON_FALSE:
        return sqlite3_bind_int(st, at, 0);
    case JSON_OBJECT:
    case JSON_ARRAY:
        return bind_object(st, at, v);
    case JSON_NULL:
        break;
    }
    return sqlite3_bind_null(st, at);
}

static int insert(struct sqlite *s, const struct export_record *r)
{
    int n = (int)s->columns.n, got = SQLITE_OK;

    for (int i = 0; got == SQLITE_OK && i < n; i++)
        got = bind_value(s->insert, i + 1, json_object_get(r->json, s->columns.name[i]));
    if (got == SQLITE_OK)
        got = sqlite3_bind_text(s->insert, n + 1, r->text.p, (int)r->text.n, SQLITE_STATIC);
    return got == SQLITE_OK ? execute(s, s->insert) : say(s);
}

/** One row per journal that is being read: the one we leave goes when the next has one. */
static int note_place(struct sqlite *s, const struct export_batch *b)
{
    sqlite3_bind_text(s->place, 1, b->to.segment, -1, SQLITE_STATIC);
    sqlite3_bind_int64(s->place, 2, (sqlite3_int64)b->to.offset);
    int err = execute(s, s->place);
    if (err == 0 && b->left[0] && strcmp(b->left, b->to.segment) != 0) {
        sqlite3_bind_text(s->forget, 1, b->left, -1, SQLITE_STATIC);
        err = execute(s, s->forget);
    }
    return err;
}

static void deliver(void *own, const struct export_batch *b)
{
    struct sqlite *s = own;
    int err = run(s, "BEGIN IMMEDIATE");

    for (unsigned i = 0; err == 0 && i < b->n; i++)
        err = insert(s, &b->record[i]);
    if (err == 0)
        err = note_place(s, b);
    if (err == 0)
        err = run(s, "COMMIT");
    if (err != 0 && s->db)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    export_target_done(s->target, err);
}

/** Rows that are older than they are kept, a few at a time: readers are not kept waiting. */
static void upkeep(void *own)
{
    struct sqlite *s = own;
    rt_time keep = export_target_plan(s->target)->keep;
    char before[RT_RFC3339_LEN];

    if (keep == 0)
        return;
    rt_rfc3339(before, rt_wall() - keep);
    do {
        sqlite3_bind_text(s->clean, 1, before, -1, SQLITE_STATIC);
        sqlite3_bind_int(s->clean, 2, CLEAN_ROWS);
    } while (execute(s, s->clean) == 0 && sqlite3_changes(s->db) == CLEAN_ROWS);
}

/* ---- life ---- */

static int create(void **own, struct export_target *t)
{
    struct sqlite *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->target = t;
    *own = s;
    return 0;
}

const struct export_ops export_sqlite = {
    .batch = EXPORT_BATCH_MAX,
    .keeps_place = true,
    .create = create,
    .open = open_file,
    .deliver = deliver,
    .close = close_file,
    .upkeep = upkeep,
    .free = free,
};
