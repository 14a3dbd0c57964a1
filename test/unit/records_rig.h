/* Records for tests of queries: some worked out by hand, more made up, in memory and in SQLite. */
#ifndef TEST_UNIT_RECORDS_RIG_H
#define TEST_UNIT_RECORDS_RIG_H

#include "gw/cdr_sql.h"
#include "gw/rt/random.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/** 2026-11-22T10:00:00Z. */
#define NOON    (INT64_C(1795341600) * RT_S)
#define NBYHAND 8u
#define NALL    40u

/** Records are named by letters, `a` to `h` by hand, in the order of their start. */
static struct gw_cdr records[NALL];

static void set(char *out, size_t cap, const char *text)
{
    rt_str_copy(out, cap, rt_str(text));
}

static void begin_record(unsigned i, rt_time start, const char *in, const char *out,
                         const char *caller, const char *called)
{
    struct gw_cdr *r = &records[i];

    *r = (struct gw_cdr){.seq = i + 1, .start_time = start, .end_time = start + 30 * RT_S};
    snprintf(r->call_id, sizeof r->call_id, "%c%031u", 'a' + (int)(i % 26), i);
    snprintf(r->sip_call_id, sizeof r->sip_call_id, "%u@192.0.2.7:5060", i);
    set(r->from_trunk, sizeof r->from_trunk, in);
    set(r->to_trunk, sizeof r->to_trunk, out);
    set(r->caller, sizeof r->caller, caller);
    set(r->called, sizeof r->called, called);
    r->presentation = "allowed";
    r->codec_a = r->codec_b = "";
}

static void answer_call(unsigned i, rt_time after, int64_t talk_ms)
{
    struct gw_cdr *r = &records[i];

    r->answer_time = r->start_time + after;
    r->talk_ms = talk_ms;
    r->duration_ms = talk_ms + after / RT_MS;
    r->cause = (struct gw_cause){.q850 = 16, .by = GW_BY_CALLER};
    r->codec_a = r->codec_b = "pcma";
}

static void fail_call(unsigned i, unsigned q850, int sip, enum gw_released_by by)
{
    records[i].cause = (struct gw_cause){.q850 = (uint8_t)q850, .sip_status = sip, .by = by};
}

static void by_hand(void)
{
    begin_record(0, NOON - 48 * 3600 * RT_S, "pri", "carrier", "+493012345", "+442079460000");
    answer_call(0, 4 * RT_S, 61000);
    records[0].ring_time = records[0].start_time + 2500 * RT_MS;
    records[0].mos_a = 420;
    records[0].mos_b = 350;
    begin_record(1, NOON - 3601 * RT_S, "pri", "carrier", "+493012346", "+442079460001");
    fail_call(1, 34, 503, GW_BY_GATEWAY);
    begin_record(2, NOON - 3600 * RT_S, "pri", "backup", "+493012346", "+442079460001");
    records[2].attempt = 1;
    fail_call(2, 41, 500, GW_BY_CALLED);
    begin_record(3, NOON - 1800 * RT_S, "carrier", "pri", "+442079460000", "+493012345");
    answer_call(3, 2 * RT_S, 5999);
    records[3].mos_a = 349;
    records[3].have_rtp = true;
    records[3].rtp = (struct media_stats){.rx_packets = 99, .lost = 1};
    begin_record(4, NOON - 60 * RT_S, "office", "carrier", "", "112");
    answer_call(4, 8 * RT_S, 60000);
    records[4].ring_time = records[4].start_time + 5001 * RT_MS;
    records[4].emergency = true;
    records[4].codec_b = "OPUS";
    begin_record(5, NOON - RT_S, "office", "pri", "201", "202");
    answer_call(5, RT_S, 0);
    fail_call(5, 16, 0, GW_BY_OPERATOR);
    set(records[5].route_rule, sizeof records[5].route_rule, "office.conf:69 national");
    set(records[5].customer, sizeof records[5].customer, "acme");
    records[5].have_rtp = true;
    records[5].rtp = (struct media_stats){.rx_packets = 98, .lost = 2};
    begin_record(6, NOON, "office", "pri", "201", "*69");
    fail_call(6, 28, 484, GW_BY_CALLED);
    set(records[6].called_in, sizeof records[6].called_in, "069");
    set(records[6].caller_out, sizeof records[6].caller_out, "+4930201");
    begin_record(7, NOON + 3600 * RT_S, "a \"b\" c", "", "", "");
    records[7].end_time = 0; /* nothing is known of it */
}

static const char *any(const char *const *words, unsigned n)
{
    return words[rt_random_below(n)];
}

/** The others: of few values, so that queries find some. */
static void made_up(void)
{
    static const char *const trunks[] = {"pri", "carrier", "office", "backup"};
    static const char *const numbers[] = {"+442079460000", "+493012345", "201", "202", "112", ""};
    static const char *const codecs[] = {"", "pcma", "pcmu", "opus", "g722"};

    for (unsigned i = NBYHAND; i < NALL; i++) {
        struct gw_cdr *r = &records[i];
        begin_record(i, NOON - (rt_time)rt_random_below(7200) * RT_S + rt_random_below(1000000),
                     any(trunks, 4), any(trunks, 4), any(numbers, 6), any(numbers, 6));
        r->attempt = rt_random_below(3);
        fail_call(i, rt_random_below(3) ? 16 + rt_random_below(30) : 0,
                  rt_random_below(2) ? 400 + (int)rt_random_below(200) : 0,
                  (enum gw_released_by)rt_random_below(GW_BY_RESTART + 1));
        if (rt_random_below(2))
            r->ring_time = r->start_time + rt_random_below(8000000);
        if (rt_random_below(2))
            r->answer_time = r->start_time + rt_random_below(9000000);
        r->talk_ms = r->answer_time ? rt_random_below(120000) : 0;
        r->duration_ms = r->talk_ms + rt_random_below(9000);
        r->mos_a = (uint16_t)(rt_random_below(2) ? 100 + rt_random_below(400) : 0);
        r->mos_b = (uint16_t)(rt_random_below(2) ? 100 + rt_random_below(400) : 0);
        r->have_rtp = rt_random_below(2);
        r->rtp =
            (struct media_stats){.rx_packets = rt_random_below(1000), .lost = rt_random_below(20)};
        r->emergency = rt_random_below(5) == 0;
        r->codec_a = any(codecs, 5);
        r->codec_b = any(codecs, 5);
        set(r->customer, sizeof r->customer, rt_random_below(2) ? "acme" : "");
        set(r->route_rule, sizeof r->route_rule, rt_random_below(2) ? "b.conf:3 all" : "");
    }
}

/* ---- in SQLite ---- */

static void bind_field(sqlite3_stmt *st, const struct gw_cdr *r, size_t i)
{
    struct gw_cdr_value v;
    char text[400];

    gw_cdr_value(&v, r, i);
    rt_str_copy(text, sizeof text, v.text);
    if (v.type == GW_CDR_NOTHING)
        sqlite3_bind_null(st, (int)i + 1);
    else if (v.type == GW_CDR_STRING)
        sqlite3_bind_text(st, (int)i + 1, text, -1, SQLITE_TRANSIENT);
    else if (gw_cdr_field_type(i) == GW_CDR_FLAG)
        sqlite3_bind_int(st, (int)i + 1, 1);
    else if (gw_cdr_field_type(i) == GW_CDR_DECIMAL)
        sqlite3_bind_double(st, (int)i + 1, atof(text));
    else
        sqlite3_bind_int64(st, (int)i + 1, atoll(text));
}

static void insert(sqlite3 *db, const struct gw_cdr *r)
{
    struct rt_buf sql = {0}, json = {0};
    sqlite3_stmt *st = NULL;
    int json_at = (int)gw_cdr_nfields() + 1;

    rt_buf_puts(&sql, "INSERT INTO cdr VALUES (?");
    for (size_t i = 0; i < gw_cdr_nfields(); i++)
        rt_buf_puts(&sql, ",?");
    rt_buf_puts(&sql, ")");
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql.p, -1, &st, NULL), SQLITE_OK);
    for (size_t i = 0; i < gw_cdr_nfields(); i++)
        bind_field(st, r, i);
    gw_cdr_json(&json, r);
    sqlite3_bind_text(st, json_at, json.p, -1, SQLITE_TRANSIENT);
    ck_assert_int_eq(sqlite3_step(st), SQLITE_DONE);
    sqlite3_finalize(st);
    rt_buf_release(&sql);
    rt_buf_release(&json);
}

/** Makes the table and puts all records in. */
static inline void fill(sqlite3 *db)
{
    struct rt_buf sql = {0};

    by_hand();
    made_up();
    gw_cdr_sql_create(&sql, GW_CDR_SQLITE_TABLE, GW_CDR_SQLITE);
    ck_assert_int_eq(sqlite3_exec(db, sql.p, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql.p, NULL, NULL, NULL), SQLITE_OK); /* there already */
    rt_buf_release(&sql);
    for (unsigned i = 0; i < NALL; i++)
        insert(db, &records[i]);
}

#endif
