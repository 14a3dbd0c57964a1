/* At rest: what the files say of calls. Each call and each attempt is closed exactly once in the
 * journal and once in the CSV, attempts are numbered without gaps, and every call that the called
 * side saw has its record, whatever broke meanwhile; only what a kill or a loss of power met before
 * it was written may be missing.
 */
#include "gw/gw.h"
#include "gw/rt/file.h"
#include "test/sim/engine.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

/** What is written and made durable at once (gw/cdr_writer.c), with room for a slow round. */
#define WRITTEN (200 * RT_MS)
#define SYNCED  (1500 * RT_MS)

struct record {
    char key[48]; /**< call_id/attempt */
    unsigned opens, closes, rows;
    bool attempt;
    UT_hash_handle hh;
};

/** Of a call: which attempts it had. */
struct whole {
    char id[GW_CALL_ID_LEN];
    unsigned most, n;
    UT_hash_handle hh;
};

struct reading {
    struct sim *s;
    struct record *records;
    struct whole *wholes;
    bool *recorded;    /**< by operation's id */
    unsigned answered; /**< calls that say when they were */
};

static struct record *record_of(struct reading *r, const char *id, unsigned attempt)
{
    struct record *rec;
    char key[sizeof rec->key];

    snprintf(key, sizeof key, "%.40s/%u", id, attempt);
    HASH_FIND_STR(r->records, key, rec);
    if (!rec && (rec = calloc(1, sizeof *rec)) != NULL) {
        memcpy(rec->key, key, sizeof rec->key);
        rec->attempt = attempt > 0;
        HASH_ADD_STR(r->records, key, rec);
    }
    return rec;
}

static void note_attempt(struct reading *r, const char *id, unsigned attempt)
{
    struct whole *w;

    HASH_FIND_STR(r->wholes, id, w);
    if (!w && (w = calloc(1, sizeof *w)) != NULL) {
        rt_str_copy(w->id, sizeof w->id, rt_str(id));
        HASH_ADD_STR(r->wholes, id, w);
    }
    if (!w || attempt == 0)
        return;
    w->n++;
    if (attempt > w->most)
        w->most = attempt;
}

/* ---- the journal ---- */

static void note_caller(struct reading *r, const json_t *record)
{
    static const char *const names[] = {"caller", "caller_in", "called"};

    for (size_t i = 0; i < RT_COUNT(names); i++) {
        const char *text = json_string_value(json_object_get(record, names[i]));
        const struct sim_call *c = text ? sim_call_of(r->s, rt_str(text)) : NULL;
        if (c) {
            r->recorded[c->op->id] = true;
            return;
        }
    }
}

/** Whatever the wall clock was set to meanwhile. */
static void check_order(struct reading *r, const json_t *record)
{
    static const char *const names[] = {"start_time", "ring_time", "answer_time", "end_time"};
    const char *before = "";

    for (size_t i = 0; i < RT_COUNT(names); i++) {
        const char *at = json_string_value(json_object_get(record, names[i]));
        if (!at || !*at)
            continue;
        if (strcmp(at, before) < 0)
            sim_fail(r->s, "records", "%s is %s, what came before it %s", names[i], at, before);
        before = at;
    }
}

static void take_line(struct reading *r, struct rt_str line)
{
    json_t *json = json_loadb(line.p, line.n, 0, NULL);
    json_t *open = json_object_get(json, "open"), *close = json_object_get(json, "close");
    json_t *is = open ? open : close;
    const char *id = json_string_value(json_object_get(is, "call_id"));
    unsigned attempt = (unsigned)json_integer_value(json_object_get(is, "attempt"));

    if (!json)
        sim_fail(r->s, "records", "the journal has a line that is no JSON: %.60s", line.p);
    if (is && id) {
        struct record *rec = record_of(r, id, attempt);
        if (rec && open)
            rec->opens++;
        if (rec && close && rec->closes++ == 0) {
            note_attempt(r, id, attempt);
            if (attempt == 0)
                sim_limits_record(r->s, is);
            check_order(r, is);
            r->answered += attempt == 0 && json_string_length(json_object_get(is, "answer_time"));
        }
        note_caller(r, is);
    }
    json_decref(json);
}

static int take_journal(void *arg, const char *path)
{
    struct reading *r = arg;
    struct rt_buf text = {0};

    if (rt_file_read(&text, path, (size_t)1 << 30) == 0)
        for (struct rt_str rest = rt_buf_str(&text); rest.n > 0;) {
            struct rt_str line = rt_str_cut(&rest, '\n');
            if (line.n > 0)
                take_line(r, line);
        }
    rt_buf_release(&text);
    return 0;
}

/* ---- CSV ---- */

static int column(struct rt_str head, const char *name)
{
    for (int i = 0; head.n > 0; i++)
        if (rt_str_eq(rt_str_cut(&head, ','), name))
            return i;
    return -1;
}

/** One of the first fields, which have no commas of their own. */
static struct rt_str field(struct rt_str row, int at)
{
    for (; at > 0; at--)
        (void)rt_str_cut(&row, ',');
    return rt_str_cut(&row, ',');
}

static void take_csv(struct reading *r)
{
    struct rt_buf text = {0};
    char id[GW_CALL_ID_LEN];
    uint64_t attempt;

    if (rt_file_read(&text, "/cdr.csv", (size_t)1 << 30) != 0)
        return;
    struct rt_str rest = rt_buf_str(&text), head = rt_str_trim(rt_str_cut(&rest, '\n'));
    int ids = column(head, "call_id"), attempts = column(head, "attempt");
    while (rest.n > 0 && ids >= 0 && attempts >= 0) {
        struct rt_str row = rt_str_trim(rt_str_cut(&rest, '\n'));
        if (row.n == 0 || rt_str_u64(&attempt, field(row, attempts), 1000) != 0) {
            sim_fail(r->s, "records", "a line of the CSV is no record: %.60s", row.p);
            break;
        }
        rt_str_copy(id, sizeof id, field(row, ids));
        struct record *rec = record_of(r, id, (unsigned)attempt);
        if (rec)
            rec->rows++;
    }
    rt_buf_release(&text);
}

/* ---- what has to be so ---- */

static uint64_t check_each(struct reading *r)
{
    uint64_t calls = 0;

    for (const struct record *rec = r->records; rec; rec = rec->hh.next) {
        calls += !rec->attempt;
        if (rec->closes != 1)
            sim_fail(r->s, "records", "%s is closed %u times in the journal (opened %u times)",
                     rec->key, rec->closes, rec->opens);
        if (rec->rows != rec->closes)
            sim_fail(r->s, "records", "%s has %u rows in the CSV", rec->key, rec->rows);
    }
    for (const struct whole *w = r->wholes; w; w = w->hh.next)
        if (w->n != w->most)
            sim_fail(r->s, "records", "call %s has %u attempts, the last is number %u", w->id, w->n,
                     w->most);
    return calls;
}

/** The record of a call that came then may never have been written. */
static bool excused(const struct sim *s, rt_time at)
{
    rt_time slow = sim_fault_between(s, SIM_DISK_SLOW, at, at + SYNCED) ? 10 * RT_S : 0;

    if (sim_fault_between(s, SIM_DISK_BAD, at - SYNCED, at + SYNCED))
        slow = 60 * RT_S;
    return sim_fault_between(s, SIM_MEMORY, at - RT_S, at + RT_S) ||
           sim_fault_between(s, SIM_KILL, at, at + WRITTEN + slow) ||
           sim_fault_between(s, SIM_POWER, at, at + SYNCED + slow);
}

static void check_seen(struct reading *r)
{
    const struct sim *s = r->s;

    for (unsigned id = 0; id < s->nids; id++) {
        const struct sim_call *c = s->of_id[id];
        if (!c || c->b.times == 0 || r->recorded[id] || excused(s, c->b.placed))
            continue;
        sim_fail(r->s, "records", "call %u %s -> %s has none, but the called side saw it at +%.3f",
                 id, c->caller, c->called, (double)(c->b.placed - s->began) / (double)RT_S);
    }
}

static void check_total(struct reading *r, uint64_t calls)
{
    const struct sim *s = r->s;
    uint64_t total = s->checks->total + s->gw->total_calls;

    if (s->injected[SIM_KILL] + s->injected[SIM_POWER] + s->injected[SIM_MEMORY] == 0 &&
        calls != total)
        sim_fail(r->s, "counters", "%u calls were counted, %u are in the journal", (unsigned)total,
                 (unsigned)calls);
    if (s->starts == 1 && s->injected[SIM_MEMORY] == 0 && r->answered != s->gw->answered_calls)
        sim_fail(r->s, "counters", "%u answers were counted, %u are in the journal",
                 (unsigned)s->gw->answered_calls, r->answered);
}

static void forget(struct reading *r)
{
    struct record *rec, *next;
    struct whole *w, *after;

    HASH_ITER(hh, r->records, rec, next)
    {
        HASH_DEL(r->records, rec);
        free(rec);
    }
    HASH_ITER(hh, r->wholes, w, after)
    {
        HASH_DEL(r->wholes, w);
        free(w);
    }
    free(r->recorded);
}

void sim_check_records(struct sim *s)
{
    struct reading r = {.s = s, .recorded = calloc(s->nids + 1, sizeof(bool))};

    if (!r.recorded || !s->gw || s->failure[0]) {
        free(r.recorded);
        return;
    }
    (void)rt_glob("/cdr/cdr.journal*", take_journal, &r); /* none: then no call was either */
    take_csv(&r);
    uint64_t calls = check_each(&r);
    check_seen(&r);
    check_total(&r, calls);
    forget(&r);
}
