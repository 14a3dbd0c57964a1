/* Look-ups in ENUM (enum.h): a query drives the machine of dialplan/enum.h with the answers of the
 * DNS; what comes out is kept by number, suffix and services. Servers that are silent are noticed
 * by the query's own clock, long before the DNS gives up: therefore an old answer is kept here,
 * too.
 */
#include "gw/enum.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#define ENTRIES_DEFAULT 16384
#define STALE_TTL       (30 * RT_S)    /* RFC 8767 4: how long before the servers are asked again */
#define STALE_MAX       (86400 * RT_S) /* no answer older than this is given */

struct rt_counter gw_enum_counters[GW_ENUM_NCOUNTERS] = {
    [GW_ENUM_C_QUERIES] = {"enum_queries_total", "Numbers looked up in ENUM", 0},
    [GW_ENUM_C_FOUND] = {"enum_found_total", "Numbers that ENUM has", 0},
    [GW_ENUM_C_MISSING] = {"enum_missing_total", "Numbers that ENUM does not have", 0},
    [GW_ENUM_C_FAILED] = {"enum_failed_total", "Numbers of which ENUM could not be asked", 0},
    [GW_ENUM_C_CACHED] = {"enum_cached_total", "Numbers answered without a question", 0},
    [GW_ENUM_C_STALE] = {"enum_stale_total", "Numbers answered out of date for want of servers", 0},
    [GW_ENUM_C_CHAINED] = {"enum_chained_total", "References to other names followed", 0},
    [GW_ENUM_C_LOOPS] = {"enum_loops_total", "References not followed as they lead too far", 0},
    [GW_ENUM_C_MALFORMED] = {"enum_malformed_total", "Records of ENUM that make no sense", 0},
    [GW_ENUM_C_TOO_SLOW] = {"enum_too_slow_total", "Numbers not answered within the timeout", 0},
};

static const char *const result_texts[] = {
    [GW_ENUM_FOUND] = "found", [GW_ENUM_MISSING] = "not in ENUM", [GW_ENUM_UNKNOWN] = "unknown"};

/** What is known of a number. */
struct entry {
    char *key; /* "+441632960083 e164.arpa 0 sip ..." */
    struct dp_enum_uri *uri;
    unsigned n;                /* 0: missing */
    bool stale;                /* already when it came from the DNS */
    rt_time expires;           /* of the answer itself */
    rt_time until;             /* no question before this */
    struct entry *prev, *next; /* the least recently used first */
    UT_hash_handle hh;
};

struct gw_enum {
    struct rt_loop *loop;
    struct rt_dns *dns;
    unsigned max;
    struct entry *entries; /* uthash */
    struct entry *used;    /* utlist */
    struct gw_enum_query *open;
};

struct gw_enum_query {
    struct gw_enum *e;
    const struct gw_enum_config *cfg;
    char *key;
    struct dp_enum *machine; /* NULL: answered without a question */
    struct rt_dns_query *asking;
    struct rt_timer timeout;
    struct rt_defer over;
    rt_time started, expires; /* the first of the DNS's answers to expire */
    bool stale;               /* one of them was */
    struct gw_enum_answer answer;
    struct dp_enum_uri *uri; /* the answer's */
    gw_enum_fn *fn;
    void *arg;
    struct gw_enum_query *prev, *next;
};

const char *gw_enum_result_text(enum gw_enum_result r)
{
    return result_texts[r];
}

/* ---- what is remembered ---- */

/** What an answer depends on. NULL without memory. */
static char *key_of(const struct gw_enum_config *cfg, const char *aus)
{
    const struct dp_enum_config *r = &cfg->rules;
    struct rt_buf b = {.p = NULL};

    rt_buf_printf(&b, "%s %s %u %d", aus, r->suffix, r->schemes, r->private_net);
    for (unsigned i = 0; i < r->nservices; i++)
        rt_buf_printf(&b, " %s", r->service[i]);
    if (!b.failed)
        return b.p;
    rt_buf_release(&b);
    return NULL;
}

static struct entry *entry_of(struct gw_enum *e, const char *key)
{
    struct entry *found;

    HASH_FIND_STR(e->entries, key, found);
    if (found) {
        DL_DELETE(e->used, found);
        DL_APPEND(e->used, found);
    }
    return found;
}

static void forget(struct gw_enum *e, struct entry *old)
{
    HASH_DEL(e->entries, old);
    DL_DELETE(e->used, old);
    free(old->uri);
    free(old->key);
    free(old);
}

static struct dp_enum_uri *copy_uris(const struct dp_enum_uri *uri, unsigned n)
{
    struct dp_enum_uri *copy = calloc(n ? n : 1, sizeof *copy);

    if (copy && n > 0)
        memcpy(copy, uri, n * sizeof *copy);
    return copy;
}

/** Keeps the answer of a query; without memory it is not kept. */
static void remember(struct gw_enum_query *q)
{
    struct gw_enum *e = q->e;
    struct entry *n = entry_of(e, q->key);

    if (n)
        forget(e, n);
    if (HASH_COUNT(e->entries) >= e->max)
        forget(e, e->used);
    n = calloc(1, sizeof *n);
    struct dp_enum_uri *uri = n ? copy_uris(q->answer.uri, q->answer.n) : NULL;
    char *key = uri ? rt_str_dup(rt_str(q->key)) : NULL;
    if (!key) {
        free(uri);
        free(n);
        return;
    }
    *n = (struct entry){.key = key,
                        .uri = uri,
                        .n = q->answer.n,
                        .stale = q->stale,
                        .expires = q->answer.expires,
                        .until = q->answer.expires};
    HASH_ADD_KEYPTR(hh, e->entries, n->key, strlen(n->key), n);
    DL_APPEND(e->used, n);
}

static struct gw_enum_answer answer_of(const struct entry *n)
{
    return (struct gw_enum_answer){.result = n->n > 0 ? GW_ENUM_FOUND : GW_ENUM_MISSING,
                                   .uri = n->uri,
                                   .n = n->n,
                                   .stale = n->stale || rt_now() >= n->expires,
                                   .expires = n->until};
}

/** An old answer for a query without a new one; the servers have a while before they are asked
 * again. */
static void use_old(struct gw_enum_query *q)
{
    struct entry *n = entry_of(q->e, q->key);

    if (!n || n->n == 0 || rt_now() >= n->expires + STALE_MAX)
        return;
    n->until = rt_now() + STALE_TTL;
    q->answer = answer_of(n);
}

/* ---- the end of a query ---- */

static void free_query(struct gw_enum_query *q)
{
    rt_dns_cancel(q->asking);
    rt_timer_stop(&q->timeout);
    rt_defer_stop(&q->over);
    dp_enum_free(q->machine);
    free(q->uri);
    free(q->key);
    free(q);
}

static void count_answer(const struct gw_enum_answer *a)
{
    static const enum gw_enum_counter of[] = {[GW_ENUM_FOUND] = GW_ENUM_C_FOUND,
                                              [GW_ENUM_MISSING] = GW_ENUM_C_MISSING,
                                              [GW_ENUM_UNKNOWN] = GW_ENUM_C_FAILED};

    rt_count(&gw_enum_counters[of[a->result]]);
    if (a->cached)
        rt_count(&gw_enum_counters[GW_ENUM_C_CACHED]);
    if (a->stale)
        rt_count(&gw_enum_counters[GW_ENUM_C_STALE]);
}

static void tell(void *arg)
{
    struct gw_enum_query *q = arg;

    q->answer.took = rt_now() - q->started;
    count_answer(&q->answer);
    DL_DELETE(q->e->open, q);
    q->fn(q->arg, &q->answer);
    free_query(q);
}

/** When the answer is to be asked for anew: as the DNS says, but no later than the plan. */
static rt_time expiry(const struct gw_enum_query *q, rt_time most)
{
    rt_time end = rt_now() + most;

    return q->expires < end ? q->expires : end;
}

/** The machine is done, or `late`. */
static void conclude(struct gw_enum_query *q, bool late)
{
    const struct dp_enum_notes *notes = dp_enum_notes(q->machine);
    struct gw_enum_answer *a = &q->answer;
    rt_time most;

    a->uri = dp_enum_uris(q->machine, &a->n);
    a->result = a->n > 0                             ? GW_ENUM_FOUND
                : late || dp_enum_failed(q->machine) ? GW_ENUM_UNKNOWN
                                                     : GW_ENUM_MISSING;
    a->stale = q->stale;
    a->expires = rt_now();
    rt_count_n(&gw_enum_counters[GW_ENUM_C_CHAINED], notes->chained);
    rt_count_n(&gw_enum_counters[GW_ENUM_C_LOOPS], notes->loops);
    rt_count_n(&gw_enum_counters[GW_ENUM_C_MALFORMED], notes->malformed);
    if (a->result == GW_ENUM_UNKNOWN) {
        use_old(q);
    } else {
        most = a->n > 0 ? q->cfg->cache : q->cfg->negative;
        a->expires = expiry(q, most);
        if (most > 0)
            remember(q);
    }
    tell(q);
}

static void on_timeout(void *arg)
{
    struct gw_enum_query *q = arg;

    rt_count(&gw_enum_counters[GW_ENUM_C_TOO_SLOW]);
    rt_dns_cancel(q->asking); /* the DNS goes on with it, for who asks next */
    q->asking = NULL;
    conclude(q, true);
}

/* ---- its way ---- */

static void on_records(void *arg, const struct rt_dns_answer *a);

/** Asks for the name that the machine wants; without memory that name has failed. */
static void ask_names(struct gw_enum_query *q, enum dp_enum_step step)
{
    while (step == DP_ENUM_ASK) {
        if (rt_dns_ask(&q->asking, q->e->dns, dp_enum_name(q->machine), RT_DNS_NAPTR, on_records,
                       q) == 0)
            return;
        step = dp_enum_fail(q->machine);
    }
    conclude(q, false);
}

static void on_records(void *arg, const struct rt_dns_answer *a)
{
    struct gw_enum_query *q = arg;
    enum dp_enum_step step;

    q->asking = NULL;
    q->stale = q->stale || a->stale;
    if (a->expires < q->expires)
        q->expires = a->expires;
    if (a->err == 0 || a->err == ENOENT)
        step = dp_enum_take(q->machine, a->record, a->n);
    else
        step = dp_enum_fail(q->machine);
    ask_names(q, step);
}

/** Answers from what is remembered. The URIs are copied, as they may be forgotten before they are
 * told. ENOENT: the DNS is to be asked. */
static int answer_at_once(struct gw_enum_query *q)
{
    const struct entry *n = entry_of(q->e, q->key);

    if (!n || rt_now() >= n->until)
        return ENOENT;
    q->uri = copy_uris(n->uri, n->n);
    if (!q->uri)
        return ENOMEM;
    q->answer = answer_of(n);
    q->answer.uri = q->uri;
    q->answer.cached = true;
    return 0;
}

/** Starts the machine. EINVAL: the number or the suffix is none, and never to be asked for. */
static int start(struct gw_enum_query *q, const struct dp_number *n)
{
    int err = dp_enum_new(&q->machine, &q->cfg->rules, n);

    if (err != 0)
        return err;
    rt_timer_start(&q->timeout, q->cfg->timeout > 0 ? q->cfg->timeout : GW_ENUM_TIMEOUT);
    return rt_dns_ask(&q->asking, q->e->dns, dp_enum_name(q->machine), RT_DNS_NAPTR, on_records, q);
}

static int begin(struct gw_enum_query *q, const struct dp_number *n)
{
    char aus[DP_ENUM_AUS_LEN];
    int err = dp_enum_aus(aus, n);

    if (err == 0) {
        q->key = key_of(q->cfg, aus);
        err = q->key ? answer_at_once(q) : ENOMEM;
    }
    if (err == ENOENT)
        err = start(q, n);
    if (err == EINVAL) {
        q->answer = (struct gw_enum_answer){.result = GW_ENUM_MISSING, .expires = rt_now()};
        err = 0;
    }
    if (err == 0 && !q->asking)
        rt_defer_start(&q->over);
    return err;
}

int gw_enum_ask(struct gw_enum_query **out, struct gw_enum *e, const struct gw_enum_config *cfg,
                const struct dp_number *n, gw_enum_fn *fn, void *arg)
{
    struct gw_enum_query *q = calloc(1, sizeof *q);

    if (!q)
        return ENOMEM;
    *q = (struct gw_enum_query){
        .e = e, .cfg = cfg, .started = rt_now(), .expires = INT64_MAX, .fn = fn, .arg = arg};
    rt_timer_init(&q->timeout, e->loop, on_timeout, q);
    rt_defer_init(&q->over, e->loop, tell, q);
    int err = begin(q, n);
    if (err != 0) {
        free_query(q);
        return err;
    }
    rt_count(&gw_enum_counters[GW_ENUM_C_QUERIES]);
    DL_APPEND(e->open, q);
    *out = q;
    return 0;
}

void gw_enum_cancel(struct gw_enum_query *q)
{
    if (!q)
        return;
    DL_DELETE(q->e->open, q);
    free_query(q);
}

bool gw_enum_peek(struct gw_enum_answer *out, struct gw_enum *e, const struct gw_enum_config *cfg,
                  const struct dp_number *n)
{
    char aus[DP_ENUM_AUS_LEN];
    char *key = dp_enum_aus(aus, n) == 0 ? key_of(cfg, aus) : NULL;
    const struct entry *found = key ? entry_of(e, key) : NULL;

    free(key);
    if (!found || rt_now() >= found->until)
        return false;
    *out = answer_of(found);
    out->cached = true;
    return true;
}

/* ---- life ---- */

int gw_enum_new(struct gw_enum **out, struct rt_loop *loop, struct rt_dns *dns, unsigned entries)
{
    struct gw_enum *e = calloc(1, sizeof *e);

    if (!e)
        return ENOMEM;
    *e = (struct gw_enum){.loop = loop, .dns = dns, .max = entries ? entries : ENTRIES_DEFAULT};
    *out = e;
    return 0;
}

void gw_enum_free(struct gw_enum *e)
{
    if (!e)
        return;
    while (e->open)
        gw_enum_cancel(e->open);
    while (e->used)
        forget(e, e->used);
    free(e);
}

unsigned gw_enum_entries(const struct gw_enum *e)
{
    return HASH_COUNT(e->entries);
}
