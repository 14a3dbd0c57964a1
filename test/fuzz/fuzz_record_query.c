/* Queries of call records as people type them, and what is made of them. The input is a query. What
 * holds for any that is accepted: its SQL is one that SQLite understands, with a `?` for each of
 * its values and nothing of what was typed; SQLite finds a record when the test in memory does.
 */
#include "gw/cdr_sql.h"
#include "gw/record_query.h"
#include "test/fuzz/fuzz.h"

#include <sqlite3.h>
#include <stdio.h>

#define NOW (INT64_C(1795341600) * RT_S)

static const struct gw_cdr record = {
    .call_id = "0123456789abcdef0123456789abcdef",
    .seq = 1,
    .start_time = NOW - 60 * RT_S,
    .ring_time = NOW - 58 * RT_S,
    .answer_time = NOW - 50 * RT_S,
    .talk_ms = 50000,
    .duration_ms = 60000,
    .from_trunk = "pri",
    .to_trunk = "carrier",
    .caller = "+493012345",
    .called = "+442079460000",
    .cause = {.q850 = 16, .by = GW_BY_CALLER},
    .codec_a = "pcma",
    .codec_b = "opus",
    .have_rtp = true,
    .rtp = {.rx_packets = 990, .lost = 10},
    .mos_a = 410,
};

static void put_field(sqlite3_stmt *st, size_t i)
{
    struct gw_cdr_value v;
    int at = (int)i + 1;

    gw_cdr_value(&v, &record, i);
    if (v.type == GW_CDR_NOTHING)
        sqlite3_bind_null(st, at);
    else /* the column makes a number of it */
        sqlite3_bind_text(st, at, v.text.p, (int)v.text.n, SQLITE_TRANSIENT);
}

/** A database that has the record. */
static sqlite3 *database(void)
{
    struct rt_buf sql = {0};
    sqlite3_stmt *st = NULL;
    sqlite3 *db = NULL;

    fuzz_check(sqlite3_open(":memory:", &db) == SQLITE_OK);
    gw_cdr_sql_create(&sql, GW_CDR_SQLITE_TABLE, GW_CDR_SQLITE);
    fuzz_check(sqlite3_exec(db, sql.p, NULL, NULL, NULL) == SQLITE_OK);
    rt_buf_reset(&sql);
    rt_buf_puts(&sql, "INSERT INTO " GW_CDR_SQLITE_TABLE " VALUES (");
    for (size_t i = 0; i < gw_cdr_nfields(); i++)
        rt_buf_puts(&sql, "?,");
    rt_buf_puts(&sql, "'{}')");
    fuzz_check(sqlite3_prepare_v2(db, sql.p, -1, &st, NULL) == SQLITE_OK);
    for (size_t i = 0; i < gw_cdr_nfields(); i++)
        put_field(st, i);
    fuzz_check(sqlite3_step(st) == SQLITE_DONE);
    sqlite3_finalize(st);
    rt_buf_release(&sql);
    return db;
}

static bool found_by_sql(sqlite3 *db, const struct gw_record_query *q)
{
    struct gw_record_value values[GW_RECORD_VALUES_MAX];
    struct rt_buf sql = {0};
    sqlite3_stmt *st = NULL;

    rt_buf_puts(&sql, "SELECT 1 FROM " GW_CDR_SQLITE_TABLE " WHERE ");
    size_t n = gw_record_query_sql(q, &sql, values, GW_RECORD_VALUES_MAX);
    fuzz_check(n <= GW_RECORD_VALUES_MAX);
    fuzz_check(sqlite3_prepare_v2(db, sql.p, -1, &st, NULL) == SQLITE_OK);
    fuzz_check(sqlite3_bind_parameter_count(st) == (int)n);
    for (size_t i = 0; i < n; i++) {
        if (values[i].text)
            sqlite3_bind_text(st, (int)i + 1, values[i].text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_double(st, (int)i + 1, values[i].number);
    }
    int rc = sqlite3_step(st);
    fuzz_check(rc == SQLITE_ROW || rc == SQLITE_DONE);
    sqlite3_finalize(st);
    rt_buf_release(&sql);
    return rc == SQLITE_ROW;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sqlite3 *db;
    struct rt_str text = {(const char *)data, size};
    struct gw_record_query *q = NULL;
    char why[200] = "";

    if (!db)
        db = database();
    if (gw_record_query_parse(&q, text, NOW, why, sizeof why) != 0) {
        fuzz_check(why[0] != '\0');
        return 0;
    }
    fuzz_check(found_by_sql(db, q) == gw_record_query_match(q, &record));
    gw_record_query_free(q);
    return 0;
}
