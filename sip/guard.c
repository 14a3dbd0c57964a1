/* Sources of requests and their shares. Time is counted in whole seconds: a share is used up or it
 * is not, and the next second brings a new one.
 *
 * The table is a set of short rows, found by a hash that nobody outside can predict. A source that
 * finds its row full takes the place of the one that was silent longest; where each has INVITEs
 * open, it shares the entry that is for all such. So the table neither grows nor slows down, and
 * what a crowd of sources gains is only that each begins anew.
 */
#include "sip/guard.h"
#include "gw/rt/loop.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <stdlib.h>

#define ROWS       4096
#define WAYS       4
#define TRUSTED    (60 * RT_S) /* a source that was let in is listened to for so long */
#define CHALLENGES 10          /* as many for each refusal: phones register all at once */

struct rt_counter sip_guard_counters[SIP_GUARD_NCOUNTERS] = {
    [SIP_GUARD_FULL] = {"sip_refused_transactions_total", "requests over the limit of transactions",
                        0},
    [SIP_GUARD_CROWD] = {"sip_refused_transactions_source_total",
                         "INVITEs over the limit of one address", 0},
    [SIP_GUARD_RATE] = {"sip_refused_rate_total", "requests over the rate of all", 0},
    [SIP_GUARD_SOURCE_RATE] = {"sip_refused_rate_source_total",
                               "requests over the rate of one address", 0},
    [SIP_GUARD_LARGE] = {"sip_refused_large_total", "requests larger than allowed", 0},
    [SIP_GUARD_SILENT] = {"sip_refused_silently_total", "strangers' requests left unanswered", 0},
    [SIP_GUARD_UNREAD] = {"sip_unread_total", "messages of strangers dropped unread", 0},
    [SIP_GUARD_MIMICRY] = {"sip_mimicry_total", "messages that somebody else could read otherwise",
                           0},
    [SIP_GUARD_BODY] = {"sip_refused_bodies_total", "bodies that are malformed or not understood",
                        0},
};

/** Who sends: an IPv4 address as it is, of an IPv6 address the network. */
struct who {
    uint64_t high, low;
};

struct sip_source {
    struct who who;
    bool taken;
    rt_time used, admitted;
    rt_time second; /**< the counts are of this one */
    unsigned requests, refusals, challenges;
    unsigned open; /**< INVITEs */
};

struct sip_guard {
    struct rt_loop *loop;
    struct sip_limits limits;
    uint64_t seed;
    rt_time second;
    unsigned requests; /**< in this second */
    struct sip_source others;
    struct sip_source source[ROWS][WAYS];
};

/* ---- the table ---- */

static struct who who_is(const union rt_addr *a)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct who w = {0, 0};

    if (a->sa.sa_family == AF_INET) {
        w = (struct who){AF_INET, a->in4.sin_addr.s_addr};
    } else if (a->sa.sa_family == AF_INET6) {
        const uint8_t *octets = a->in6.sin6_addr.s6_addr;
        bool ipv4 = memcmp(octets, mapped, sizeof mapped) == 0;
        uint32_t last;
        memcpy(&last, octets + 12, sizeof last);
        w = (struct who){ipv4 ? AF_INET : AF_INET6, last};
        if (!ipv4)
            memcpy(&w.low, octets, sizeof w.low); /* a /64 is one customer */
    }
    return w;
}

static struct sip_source *row_of(struct sip_guard *g, struct who w)
{
    uint64_t h = (w.low ^ g->seed) * 0x9e3779b97f4a7c15u;

    h = (h ^ (h >> 29) ^ w.high) * 0xbf58476d1ce4e5b9u;
    return g->source[(h >> 32) % ROWS];
}

static struct sip_source *find(struct sip_guard *g, struct who w)
{
    struct sip_source *row = row_of(g, w);

    for (unsigned i = 0; i < WAYS; i++)
        if (row[i].taken && row[i].who.low == w.low && row[i].who.high == w.high)
            return &row[i];
    return NULL;
}

/** A place in its row: an empty one, or that of who was silent longest. */
static struct sip_source *place(struct sip_guard *g, struct who w)
{
    struct sip_source *row = row_of(g, w), *best = NULL;

    for (unsigned i = 0; i < WAYS; i++) {
        if (!row[i].taken)
            best = &row[i];
        else if (row[i].open == 0 && (!best || (best->taken && row[i].used < best->used)))
            best = &row[i];
    }
    if (!best)
        return &g->others;
    *best = (struct sip_source){.who = w, .taken = true, .admitted = INT64_MIN / 2};
    return best;
}

/** The source's entry with the counts of this second. */
static struct sip_source *source_of(struct sip_guard *g, const union rt_addr *from)
{
    struct who w = who_is(from);
    struct sip_source *s = find(g, w);
    rt_time now = rt_loop_now(g->loop);

    if (!s)
        s = place(g, w);
    s->used = now;
    if (s->second != now / RT_S) {
        s->second = now / RT_S;
        s->requests = s->refusals = s->challenges = 0;
    }
    return s;
}

/* ---- strangers ---- */

bool sip_guard_listens(struct sip_guard *g, const union rt_addr *from)
{
    const struct sip_source *s = find(g, who_is(from));
    rt_time now = rt_loop_now(g->loop);

    if (!s || s->second != now / RT_S || s->refusals < g->limits.refusals ||
        now - s->admitted < TRUSTED)
        return true;
    rt_count(&sip_guard_counters[SIP_GUARD_UNREAD]);
    return false;
}

void sip_guard_admitted(struct sip_guard *g, const union rt_addr *from)
{
    source_of(g, from)->admitted = rt_loop_now(g->loop);
}

bool sip_guard_refuses(struct sip_guard *g, const union rt_addr *from, bool challenge)
{
    struct sip_source *s = source_of(g, from);
    unsigned *n = challenge ? &s->challenges : &s->refusals;

    if (challenge && s->used - s->admitted < TRUSTED)
        return true; /* a crowd of users behind one address, one of whom has proved to be one */
    if (*n < g->limits.refusals * (challenge ? CHALLENGES : 1)) {
        ++*n;
        return true;
    }
    rt_count(&sip_guard_counters[SIP_GUARD_SILENT]);
    return false;
}

/* ---- shares ---- */

/** What ends something is never refused: it is cheap, and saves more than it costs. */
static bool counts(const struct sip_msg *m)
{
    return m->method != SIP_ACK && m->method != SIP_CANCEL && m->method != SIP_BYE &&
           m->method != SIP_PRACK;
}

static int refuse(enum sip_guard_counter why)
{
    rt_count(&sip_guard_counters[why]);
    return 503;
}

int sip_guard_request(struct sip_guard *g, const struct sip_msg *m, unsigned transactions)
{
    struct sip_source *s = source_of(g, &m->pub.from_addr);

    if (!counts(m))
        return 0;
    if (s->requests >= g->limits.source_rate)
        return refuse(SIP_GUARD_SOURCE_RATE);
    if (m->method == SIP_INVITE && !m->to_tag.p && s->open >= g->limits.source_transactions)
        return refuse(SIP_GUARD_CROWD);
    if (transactions >= g->limits.transactions)
        return refuse(SIP_GUARD_FULL);
    if (g->second != s->second) {
        g->second = s->second;
        g->requests = 0;
    }
    if (g->requests >= g->limits.rate)
        return refuse(SIP_GUARD_RATE);
    g->requests++; /* what one source is refused is not taken from the others */
    s->requests++;
    return 0;
}

int sip_guard_size(const struct sip_guard *g, const struct sip_msg *m)
{
    size_t head = m->scan.total - m->scan.body.n;

    if (m->scan.total <= g->limits.message && m->scan.nheaders <= g->limits.headers)
        return 0;
    rt_count(&sip_guard_counters[SIP_GUARD_LARGE]);
    return head <= g->limits.message && m->scan.nheaders <= g->limits.headers ? 413 : 513;
}

struct sip_source *sip_guard_hold(struct sip_guard *g, const union rt_addr *from)
{
    struct sip_source *s = source_of(g, from);

    s->open++;
    return s;
}

void sip_guard_release(struct sip_source *s)
{
    if (s)
        s->open--;
}

/* ---- life ---- */

static void or_default(unsigned *limit, unsigned deflt)
{
    if (*limit == 0)
        *limit = deflt;
}

int sip_guard_new(struct sip_guard **out, struct rt_loop *loop, const struct sip_limits *limits)
{
    struct sip_guard *g = calloc(1, sizeof *g);

    if (!g)
        return ENOMEM;
    g->loop = loop;
    g->limits = *limits;
    rt_random_bytes(&g->seed, sizeof g->seed);
    or_default(&g->limits.transactions, 500000);
    or_default(&g->limits.source_transactions, 10000);
    or_default(&g->limits.rate, 10000);
    or_default(&g->limits.source_rate, 5000);
    or_default(&g->limits.refusals, 20);
    or_default(&g->limits.message, SIP_MESSAGE_MAX);
    or_default(&g->limits.headers, SIP_HEADERS_MAX);
    g->others.admitted = INT64_MIN / 2;
    *out = g;
    return 0;
}

void sip_guard_free(struct sip_guard *g)
{
    free(g);
}
