/* The cache of names: every answer for as long as its TTL says, denials too (RFC 2308), one
 * question at a time per name and type, and old answers while the servers are silent (RFC 8767).
 *
 * Every query is answered from a deferred callback, so that no caller is called back before its own
 * call has returned.
 */
#include "gw/rt/dns_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#define ENTRIES_DEFAULT 4096
#define TTL_MIN         1u
#define TTL_MAX         86400u
#define FAILURE_TTL     (5 * RT_S)     /* RFC 9520 3.2: a failure is remembered, but shortly */
#define STALE_TTL       (30 * RT_S)    /* RFC 8767 4 */
#define STALE_MAX       (86400 * RT_S) /* and no answer older than this */
#define KEY_LEN         (RT_DNS_NAME_LEN + 8)

struct rt_counter rt_dns_counters[RT_DNS_NCOUNTERS] = {
    [RT_DNS_QUERIES] = {"dns_queries_total", "Questions sent to name servers", 0},
    [RT_DNS_CACHED] = {"dns_cached_total", "Questions answered from the cache", 0},
    [RT_DNS_JOINED] = {"dns_joined_total", "Questions that waited for one already sent", 0},
    [RT_DNS_STALE] = {"dns_stale_total", "Answers given out of date as no server answered", 0},
    [RT_DNS_FAILED] = {"dns_failed_total", "Questions that no server answered", 0},
    [RT_DNS_MALFORMED] = {"dns_malformed_total", "Answers of name servers that make no sense", 0},
    [RT_DNS_EVICTED] = {"dns_evicted_total", "Answers forgotten for want of room", 0},
};

/** One name and type: what is known of it, and who wants to know. */
struct entry {
    char key[KEY_LEN]; /* "33 _sip._udp.example.com" */
    struct rt_dns *dns;
    enum rt_dns_type type;
    bool asking, filled, telling;
    int err;
    union rt_dns_record *record; /* kept over failures */
    unsigned n;
    rt_time expires; /* of the records or the denial */
    rt_time retry;   /* no question before this: one has just failed */
    int failure;     /* how */
    struct rt_dns_query *waiting;
    struct rt_defer deliver;
    struct entry *prev, *next; /* the least recently used first */
    UT_hash_handle hh;
};

struct rt_dns_query {
    struct entry *entry; /* NULL: the name is none */
    rt_dns_fn *fn;
    void *arg;
    struct rt_defer refuse;
    struct rt_dns *dns;
    struct rt_dns_query *prev, *next;
};

struct rt_dns {
    struct rt_loop *loop;
    struct rt_dns_port *port;
    struct entry *entries; /* uthash */
    struct entry *used;    /* utlist */
    struct rt_dns_query *refused;
    unsigned max;
};

static void free_entry(struct entry *e)
{
    struct rt_dns_query *q, *next;

    DL_FOREACH_SAFE(e->waiting, q, next)
    free(q);
    rt_defer_stop(&e->deliver);
    HASH_DEL(e->dns->entries, e);
    DL_DELETE(e->dns->used, e);
    free(e->record);
    free(e);
}

/* ---- answers ---- */

/** What can be said now. False: nothing, the servers have to be asked. */
static bool answer_of(const struct entry *e, struct rt_dns_answer *out)
{
    rt_time now = rt_now();

    *out = (struct rt_dns_answer){
        .err = e->err, .expires = e->expires, .record = e->record, .n = e->n};
    if (e->filled && now < e->expires)
        return true;
    if (now >= e->retry)
        return false;
    out->expires = e->retry;
    if (e->filled && e->n > 0 && now < e->expires + STALE_MAX) {
        out->stale = true;
        return true;
    }
    *out = (struct rt_dns_answer){.err = e->failure, .expires = e->retry};
    return true;
}

static const char *name_of(const struct entry *e)
{
    return strchr(e->key, ' ') + 1;
}

/** Answers those who wait; who asks again from a callback waits for the next time. */
static void deliver(void *arg)
{
    struct entry *e = arg;
    struct rt_dns_query *q, *last = e->waiting ? e->waiting->prev : NULL;
    struct rt_dns_answer a;

    answer_of(e, &a);
    e->telling = true;
    for (bool end = false; !end && (q = e->waiting) != NULL;) {
        end = q == last;
        DL_DELETE(e->waiting, q);
        if (a.stale)
            rt_count(&rt_dns_counters[RT_DNS_STALE]);
        q->fn(q->arg, &a);
        free(q);
    }
    e->telling = false;
}

static rt_time lifetime(uint32_t ttl)
{
    return (rt_time)(ttl < TTL_MIN ? TTL_MIN : ttl > TTL_MAX ? TTL_MAX : ttl) * RT_S;
}

/** The servers have failed: what was known stays. */
static void fail(struct entry *e, int err)
{
    bool old = e->filled && e->n > 0;

    rt_count(&rt_dns_counters[err == EBADMSG ? RT_DNS_MALFORMED : RT_DNS_FAILED]);
    e->failure = err == EBADMSG ? EIO : err;
    e->retry = rt_now() + (old ? STALE_TTL : FAILURE_TTL);
}

static void on_reply(void *arg, int err, const uint8_t *msg, size_t len)
{
    struct entry *e = arg;
    struct rt_dns_found found = {.err = err};

    e->asking = false;
    if (msg)
        rt_dns_read(&found, msg, len, name_of(e), e->type);
    if (found.err != 0 && found.err != ENOENT) {
        fail(e, found.err);
    } else {
        free(e->record);
        e->record = found.record;
        e->n = found.n;
        e->err = found.err;
        e->filled = true;
        e->retry = 0;
        e->expires = rt_now() + lifetime(found.ttl);
    }
    rt_defer_start(&e->deliver);
}

/* ---- questions ---- */

/** Forgets the entry used longest ago that nobody waits for. */
static void make_room(struct rt_dns *d)
{
    struct entry *e, *next;

    if (HASH_COUNT(d->entries) < d->max)
        return;
    DL_FOREACH_SAFE(d->used, e, next)
    {
        if (e->asking || e->waiting || e->telling)
            continue;
        rt_count(&rt_dns_counters[RT_DNS_EVICTED]);
        free_entry(e);
        return;
    }
}

static struct entry *entry_of(struct rt_dns *d, const char *name, enum rt_dns_type type)
{
    char key[KEY_LEN];
    struct entry *e;

    snprintf(key, sizeof key, "%d %s", (int)type, name);
    HASH_FIND_STR(d->entries, key, e);
    if (e) {
        DL_DELETE(d->used, e);
        DL_APPEND(d->used, e);
        return e;
    }
    make_room(d);
    e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    memcpy(e->key, key, sizeof key);
    e->dns = d;
    e->type = type;
    rt_defer_init(&e->deliver, d->loop, deliver, e);
    HASH_ADD_STR(d->entries, key, e);
    DL_APPEND(d->used, e);
    return e;
}

/** A name that is none has no records; no server need say so. */
static void refuse(void *arg)
{
    struct rt_dns_query *q = arg;
    struct rt_dns_answer a = {.err = ENOENT, .expires = rt_now() + lifetime(TTL_MAX)};

    DL_DELETE(q->dns->refused, q);
    q->fn(q->arg, &a);
    free(q);
}

static void ask_servers(struct entry *e)
{
    e->asking = true;
    rt_count(&rt_dns_counters[RT_DNS_QUERIES]);
    rt_dns_port_ask(e->dns->port, name_of(e), e->type, on_reply, e);
}

static void look_up(struct entry *e)
{
    struct rt_dns_answer a;

    if (e->asking) {
        rt_count(&rt_dns_counters[RT_DNS_JOINED]);
    } else if (answer_of(e, &a)) {
        rt_count(&rt_dns_counters[RT_DNS_CACHED]);
        rt_defer_start(&e->deliver);
    } else {
        ask_servers(e);
    }
}

int rt_dns_ask(struct rt_dns_query **out, struct rt_dns *d, const char *name, enum rt_dns_type type,
               rt_dns_fn *fn, void *arg)
{
    struct rt_dns_query *q = calloc(1, sizeof *q);
    char lower[RT_DNS_NAME_LEN];
    bool valid = rt_dns_name(lower, name);

    if (!q)
        return ENOMEM;
    *q = (struct rt_dns_query){.fn = fn, .arg = arg, .dns = d};
    q->entry = valid ? entry_of(d, lower, type) : NULL;
    if (valid && !q->entry) {
        free(q);
        return ENOMEM;
    }
    *out = q;
    if (!valid) {
        DL_APPEND(d->refused, q);
        rt_defer_init(&q->refuse, d->loop, refuse, q);
        rt_defer_start(&q->refuse);
        return 0;
    }
    DL_APPEND(q->entry->waiting, q);
    look_up(q->entry);
    return 0;
}

void rt_dns_cancel(struct rt_dns_query *q)
{
    if (!q)
        return;
    if (q->entry) {
        DL_DELETE(q->entry->waiting, q);
    } else {
        rt_defer_stop(&q->refuse);
        DL_DELETE(q->dns->refused, q);
    }
    free(q);
}

/* ---- life ---- */

int rt_dns_new(struct rt_dns **out, struct rt_loop *loop, const struct rt_dns_config *cfg)
{
    struct rt_dns *d = calloc(1, sizeof *d);

    if (!d)
        return ENOMEM;
    d->loop = loop;
    d->max = cfg->entries ? cfg->entries : ENTRIES_DEFAULT;
    int err = rt_dns_port_new(&d->port, loop, cfg);
    if (err != 0) {
        free(d);
        return err;
    }
    *out = d;
    return 0;
}

void rt_dns_free(struct rt_dns *d)
{
    struct entry *e, *next;

    if (!d)
        return;
    rt_dns_port_free(d->port);
    DL_FOREACH_SAFE(d->used, e, next)
    free_entry(e);
    while (d->refused)
        rt_dns_cancel(d->refused);
    free(d);
}

unsigned rt_dns_entries(const struct rt_dns *d)
{
    return HASH_COUNT(d->entries);
}
