/* At rest: what the files say of calls. Each call and each attempt is closed exactly once in the
 * journal and once in the CSV, attempts are numbered without gaps, and every call that the called
 * side saw has its record, whatever broke meanwhile; only what a kill or a loss of power met before
 * it was written may be missing.
 */
#include "gw/cdr_priv.h"
#include "gw/gw.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"
#include "test/sim/engine.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

/** What is written and made durable at once (gw/cdr_writer.c) while the disk does not hold it. */
#define WRITTEN (200 * RT_MS)
#define SYNCED  (1500 * RT_MS)
/** How much later a datagram arrives than it was sent, when all that delays it comes together. */
#define LATE (7 * RT_S)
/** SIGTERM ends calls, and then the process. */
#define STOPS (6 * RT_S)

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

/** It was told to stop in this time, and the disk took nothing until it was gone: what waited in
 * memory is lost. */
static bool stopped_in_vain(const struct sim *s, rt_time from, rt_time to)
{
    for (unsigned i = 0; i < s->checks->nfaults; i++) {
        const struct sim_op *op = s->checks->fault[i];
        rt_time at = s->began + op->at;
        if (op->kind == SIM_STOP && at >= from && at <= to &&
            sim_fault_between(s, SIM_DISK_BAD, at, at + STOPS))
            return true;
    }
    return false;
}

/** While the disk fails what came then waits for so long. */
static rt_time waits(const struct sim *s, rt_time at)
{
    return sim_fault_between(s, SIM_DISK_BAD, at - SYNCED, at + SYNCED) ? 60 * RT_S : 0;
}

/** Since when records are only in the memory of a process that is lost now. The writer takes all
 * that came whenever the disk lets go of it; a loss of power takes what was written and not yet
 * synced too, which is done the time after. */
static rt_time unwritten_since(const struct sim *s, bool power)
{
    rt_time now = rt_now(), since = now - (power ? SYNCED : WRITTEN);
    struct fake_held held = fake_loop_held(s->gw->cdr->loop);
    rt_time began = (power ? held.before : held.since) - WRITTEN;

    return held.until + WRITTEN >= now && began < since ? began : since;
}

/** It stood still since it came, and wrote nothing. */
static bool stood_still(const struct sim *s, rt_time at)
{
    return sim_fault_between(s, SIM_STALL, at, at + WRITTEN) &&
           sim_fault_between(s, SIM_STALL, rt_now() - WRITTEN, rt_now());
}

void sim_records_lost(struct sim *s, bool power)
{
    rt_time now = rt_now(), since = unwritten_since(s, power);

    for (unsigned id = 0; id < s->nids; id++) {
        struct sim_call *c = s->of_id[id];
        rt_time at = c ? c->b.placed : 0;
        if (c && c->b.times > 0 && at <= now)
            c->lost |= at >= since || now <= at + waits(s, at) || stood_still(s, at);
        else if (c)
            c->unseen = now;
    }
}

/** The record of the call may never have been written. */
static bool excused(const struct sim *s, const struct sim_call *c)
{
    rt_time at = c->b.placed;
    rt_time slow = sim_fault_between(s, SIM_DISK_SLOW, at, at + SYNCED) ? 10 * RT_S : 0;

    return c->lost || (c->unseen && at - c->unseen < LATE) || /* it was on its way */
           sim_fault_between(s, SIM_MEMORY, at - RT_S, at + RT_S) ||
           stopped_in_vain(s, at, at + SYNCED + slow + waits(s, at));
}

static void check_seen(struct reading *r)
{
    const struct sim *s = r->s;

    for (unsigned id = 0; id < s->nids; id++) {
        const struct sim_call *c = s->of_id[id];
        if (!c || c->b.times == 0 || r->recorded[id] || excused(s, c))
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
