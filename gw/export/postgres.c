/* Records into PostgreSQL, by libpq.
 *
 * A batch is one statement with one value: the array of its records. The server takes it apart by
 * the table's own types. Records and position are one transaction.
 */
#include "gw/cdr_sql.h"
#include "gw/export/sql.h"
#include "gw/export/target.h"

#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

struct postgres {
    struct export_target *target;
    const char *table;
    char *where, *place;
    PGconn *db;
    struct export_columns columns;
    struct rt_buf array;
};

/* ---- statements ---- */

/** What the server says may begin with "ERROR:  ". */
static int say(struct postgres *p, const char *message)
{
    export_target_why(p->target, "%s", message[0] ? message : "the connection is gone");
    return EIO;
}

static int check(struct postgres *p, PGresult *r, PGresult **out)
{
    ExecStatusType got = PQresultStatus(r);
    int err = got == PGRES_COMMAND_OK || got == PGRES_TUPLES_OK
                  ? 0
                  : say(p, r ? PQresultErrorMessage(r) : PQerrorMessage(p->db));

    if (err == 0 && out)
        *out = r;
    else
        PQclear(r);
    return err;
}

static int run(struct postgres *p, const char *sql)
{
    return check(p, PQexec(p->db, sql), NULL);
}

/** Runs what a buffer has and frees it. */
static int run_buf(struct postgres *p, struct rt_buf *sql, PGresult **out)
{
    int err = sql->failed ? ENOMEM : check(p, PQexec(p->db, sql->p), out);

    rt_buf_release(sql);
    return err;
}

/* ---- opening ---- */

static void quiet(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

/** Ours come first: what the plan says counts more. */
static int connect_db(struct postgres *p)
{
    const char *const keys[] = {"connect_timeout", "tcp_user_timeout", "application_name",
                                "dbname",          "client_encoding",  NULL};
    const char *const values[] = {"10", "30000", "tandem-export", p->where, "UTF8", NULL};

    p->db = PQconnectdbParams(keys, values, 1);
    if (PQstatus(p->db) != CONNECTION_OK)
        return say(p, PQerrorMessage(p->db));
    PQsetNoticeProcessor(p->db, quiet, NULL);
    return 0;
}

static bool has_table(struct postgres *p, const char *table)
{
    struct rt_buf name = {0};
    bool found = false;

    gw_cdr_sql_name(&name, table);
    const char *const values[] = {name.p};
    PGresult *r = PQexecParams(p->db, "SELECT to_regclass($1)", 1, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(r) == PGRES_TUPLES_OK)
        found = !PQgetisnull(r, 0, 0);
    PQclear(r);
    rt_buf_release(&name);
    return found;
}

/** One who may write into tables need not be one who may make them. */
static int make_tables(struct postgres *p)
{
    struct rt_buf sql = {0};
    int err = 0;

    if (!has_table(p, p->table)) {
        gw_cdr_sql_create(&sql, p->table, GW_CDR_POSTGRES);
        err = run_buf(p, &sql, NULL);
    }
    if (err != 0 || has_table(p, p->place))
        return err;
    rt_buf_puts(&sql, "CREATE TABLE IF NOT EXISTS ");
    gw_cdr_sql_name(&sql, p->place);
    rt_buf_puts(&sql, " (\"segment\" text PRIMARY KEY, \"position\" bigint NOT NULL)");
    return run_buf(p, &sql, NULL);
}

static int read_columns(struct postgres *p)
{
    struct rt_buf sql = {0};
    PGresult *r;

    rt_buf_puts(&sql, "SELECT * FROM ");
    gw_cdr_sql_name(&sql, p->table);
    rt_buf_puts(&sql, " LIMIT 0");
    int err = run_buf(p, &sql, &r);
    if (err != 0)
        return err;
    p->columns.n = 0;
    for (int i = 0; i < PQnfields(r); i++)
        export_columns_add(&p->columns, PQfname(r, i));
    PQclear(r);
    return 0;
}

static int prepare(struct postgres *p, const char *name, struct rt_buf *sql)
{
    int err = sql->failed ? ENOMEM : check(p, PQprepare(p->db, name, sql->p, 0, NULL), NULL);

    rt_buf_release(sql);
    return err;
}

static int prepare_insert(struct postgres *p)
{
    struct rt_buf sql = {0};

    rt_buf_puts(&sql, "INSERT INTO ");
    gw_cdr_sql_name(&sql, p->table);
    rt_buf_puts(&sql, " (");
    export_columns_list(&sql, &p->columns, "");
    rt_buf_puts(&sql, ", \"json\") SELECT ");
    export_columns_list(&sql, &p->columns, "r.");
    rt_buf_puts(&sql, ", e.value::jsonb FROM json_array_elements($1::json) AS e(value) "
                      "CROSS JOIN LATERAL json_populate_record(NULL::");
    gw_cdr_sql_name(&sql, p->table);
    rt_buf_puts(&sql, ", e.value) AS r ON CONFLICT (\"call_id\", \"attempt\") DO NOTHING");
    return prepare(p, "records", &sql);
}

static int prepare_place(struct postgres *p)
{
    struct rt_buf sql = {0};

    rt_buf_puts(&sql, "INSERT INTO ");
    gw_cdr_sql_name(&sql, p->place);
    rt_buf_puts(&sql, " AS p VALUES ($1, $2::bigint) ON CONFLICT (\"segment\") "
                      "DO UPDATE SET \"position\" = excluded.\"position\"");
    int err = prepare(p, "place", &sql);
    if (err != 0)
        return err;
    rt_buf_puts(&sql, "DELETE FROM ");
    gw_cdr_sql_name(&sql, p->place);
    rt_buf_puts(&sql, " WHERE \"segment\" = $1");
    return prepare(p, "forget", &sql);
}

/** Other gateways may write into the same tables: only our journals' rows say something to us. */
static int find_place(struct postgres *p)
{
    struct rt_buf sql = {0};
    PGresult *r;

    rt_buf_puts(&sql, "SELECT \"segment\", \"position\" FROM ");
    gw_cdr_sql_name(&sql, p->place);
    int err = run_buf(p, &sql, &r);
    if (err != 0)
        return err;
    for (int i = 0; i < PQntuples(r); i++) {
        struct export_pos pos = {.offset = 0};
        if (rt_str_copy(pos.segment, sizeof pos.segment, rt_str(PQgetvalue(r, i, 0))) &&
            rt_str_u64(&pos.offset, rt_str(PQgetvalue(r, i, 1)), INT64_MAX) == 0)
            export_target_found(p->target, &pos);
    }
    PQclear(r);
    return 0;
}

static void close_db(void *own)
{
    struct postgres *p = own;

    PQfinish(p->db);
    p->db = NULL;
}

static int open_db(void *own)
{
    static int (*const steps[])(struct postgres *) = {connect_db,     make_tables,   read_columns,
                                                      prepare_insert, prepare_place, find_place};
    struct postgres *p = own;
    int err = 0;

    for (size_t i = 0; err == 0 && i < RT_COUNT(steps); i++)
        err = steps[i](p);
    if (err != 0)
        close_db(p);
    return err;
}

/* ---- records ---- */

static int insert(struct postgres *p, const struct export_batch *b)
{
    rt_buf_reset(&p->array);
    for (unsigned i = 0; i < b->n; i++) {
        rt_buf_puts(&p->array, i == 0 ? "[" : ",\n");
        rt_buf_put(&p->array, b->record[i].text.p, b->record[i].text.n);
    }
    rt_buf_puts(&p->array, "]");
    if (p->array.failed) {
        rt_buf_release(&p->array);
        return ENOMEM;
    }
    const char *const values[] = {p->array.p};
    return check(p, PQexecPrepared(p->db, "records", 1, values, NULL, NULL, 0), NULL);
}

static int note_place(struct postgres *p, const struct export_batch *b)
{
    char offset[24];
    const char *const values[] = {b->to.segment, offset}, *const left[] = {b->left};

    snprintf(offset, sizeof offset, "%" PRIu64, b->to.offset);
    int err = check(p, PQexecPrepared(p->db, "place", 2, values, NULL, NULL, 0), NULL);
    if (err == 0 && b->left[0] && strcmp(b->left, b->to.segment) != 0)
        err = check(p, PQexecPrepared(p->db, "forget", 1, left, NULL, NULL, 0), NULL);
    return err;
}

static void deliver(void *own, const struct export_batch *b)
{
    struct postgres *p = own;
    int err = run(p, "BEGIN");

    if (err == 0)
        err = insert(p, b);
    if (err == 0)
        err = note_place(p, b);
    if (err == 0)
        err = run(p, "COMMIT");
    export_target_done(p->target, err); /* a failure closes the connection: nothing is left of it */
}

/* ---- life ---- */

static void free_own(void *own)
{
    struct postgres *p = own;

    rt_buf_release(&p->array);
    free(p->where);
    free(p->place);
    free(p);
}

/** "postgres:host=..." as it stands; of "postgres://..." libpq wants the whole. */
static int create(void **own, struct export_target *t)
{
    struct postgres *p = calloc(1, sizeof *p);
    struct rt_buf where = {0};

    if (!p)
        return ENOMEM;
    p->target = t;
    p->table = export_target_plan(t)->table;
    rt_buf_printf(&where, "%s%s", strncmp(export_target_where(t), "//", 2) == 0 ? "postgres:" : "",
                  export_target_where(t));
    p->where = where.p;
    p->place = export_place_table(p->table);
    if (where.failed || !p->place) {
        free_own(p);
        return ENOMEM;
    }
    *own = p;
    return 0;
}

const struct export_ops export_postgres = {
    .batch = EXPORT_BATCH_MAX,
    .keeps_place = true,
    .create = create,
    .open = open_db,
    .deliver = deliver,
    .close = close_db,
    .free = free_own,
};
