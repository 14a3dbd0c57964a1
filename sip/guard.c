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
#define TRUSTED    (60 * RT_S)   /* a source that was let in may ask for challenges for so long */
#define KNOWN      (3600 * RT_S) /* one that has proved to be there is heard for so long, */
#define ASKED      (60 * RT_S)   /* one that we have asked something for so long */
#define AWAY       4096          /* calls turned away that are remembered, */
#define AWAY_FOR   (32 * RT_S)   /* for as long as a transaction may last */
#define BAN_WINDOW (10 * RT_S)
#define CHALLENGES 10 /* as many for each refusal: phones register all at once */
/** Requests over a source's rate that are answered in a second. */
#define TOLD 1000
/** When the rate of all is used up, a source that has had less than the hundredth part of it is
 * still let in, until these are a tenth more. */
#define SMALL(rate)   ((rate) / 100)
#define RESERVE(rate) ((rate) / 10)

struct rt_counter sip_guard_counters[SIP_GUARD_NCOUNTERS] = {
    [SIP_GUARD_FULL] = {"sip_refused_transactions_total", "requests over the limit of transactions",
                        0},
    [SIP_GUARD_CROWD] = {"sip_refused_transactions_source_total",
                         "INVITEs over the limit of one address", 0},
    [SIP_GUARD_RATE] = {"sip_refused_rate_total", "requests over the rate of all", 0},
    [SIP_GUARD_SOURCE_RATE] = {"sip_refused_rate_source_total",
                               "requests over the rate of one address", 0},
    [SIP_GUARD_EXCESS] = {"sip_unread_rate_source_total",
                          "requests far over the rate of one address, dropped unread", 0},
    [SIP_GUARD_LARGE] = {"sip_refused_large_total", "requests larger than allowed", 0},
    [SIP_GUARD_SILENT] = {"sip_refused_silently_total", "strangers' requests left unanswered", 0},
    [SIP_GUARD_UNREAD] = {"sip_unread_total", "messages of strangers dropped unread", 0},
    [SIP_GUARD_MIMICRY] = {"sip_mimicry_total", "messages that somebody else could read otherwise",
                           0},
    [SIP_GUARD_BANNED] = {"sip_banned_total", "addresses that were refused too often", 0},
    [SIP_GUARD_IGNORED] = {"sip_banned_messages_total", "messages of banned addresses", 0},
    [SIP_GUARD_BODY] = {"sip_refused_bodies_total", "bodies that are malformed or not understood",
                        0},
};

/** What a source was refused: in its second, and offences in BAN_WINDOW. */
struct tally {
    unsigned refusals, challenges;
    rt_time offended; /**< the offences are from then on */
    unsigned offences;
};

struct sip_source {
    struct sip_who who;
    union rt_addr addr;
    bool taken;
    rt_time used, admitted;
    rt_time known;  /**< until then */
    rt_time second; /**< the counts are of this one */
    unsigned requests, excess;
    unsigned open;         /**< INVITEs */
    struct tally tally[2]; /**< of what is not proven, and of what is */
};

/** A transaction whose INVITE was turned away. */
struct away {
    uint64_t hash;
    rt_time until;
};

struct sip_guard {
    struct rt_loop *loop;
    struct sip_limits limits;
    uint64_t seed;
    rt_time second;
    unsigned requests; /**< in this second */
    rt_time flooded;   /**< the last second in which a source was told often enough */
    uint64_t offences;
    const struct sip_guard_ops *ops; /**< NULL: nobody watches */
    void *arg;
    struct sip_bans bans;
    rt_time away_until; /* the last one is forgotten */
    struct away away[AWAY];
    struct sip_source others;
    struct sip_source source[ROWS][WAYS];
};

/* ---- the table ---- */

static struct sip_source *row_of(struct sip_guard *g, struct sip_who w)
{
    return g->source[sip_who_hash(w, g->seed) % ROWS];
}

static struct sip_source *find(struct sip_guard *g, struct sip_who w)
{
    struct sip_source *row = row_of(g, w);

    for (unsigned i = 0; i < WAYS; i++)
        if (row[i].taken && row[i].who.low == w.low && row[i].who.high == w.high)
            return &row[i];
    return NULL;
}

/** Whether `a` makes room before `b`: strangers before those who are known, else who was silent
 * longest. */
static bool goes_first(const struct sip_source *a, const struct sip_source *b, rt_time now)
{
    bool known = now < a->known;

    return known == (now < b->known) ? a->used < b->used : !known;
}

/** A place in its row: an empty one, or that of another one. Strangers take no place from who is
 * known: a crowd of forged ones would make us forget him. */
static struct sip_source *place(struct sip_guard *g, const union rt_addr *from, struct sip_who w,
                                bool known)
{
    struct sip_source *row = row_of(g, w), *best = NULL;
    rt_time now = rt_loop_now(g->loop);

    for (unsigned i = 0; i < WAYS; i++) {
        if (!row[i].taken)
            best = &row[i];
        else if (row[i].open == 0 && (!best || (best->taken && goes_first(&row[i], best, now))))
            best = &row[i];
    }
    if (!best || (best->taken && !known && now < best->known))
        return &g->others;
    *best = (struct sip_source){
        .who = w, .addr = *from, .taken = true, .admitted = INT64_MIN / 2, .known = INT64_MIN};
    return best;
}

/** The source's entry with the counts of this second; `known`: it is, or will be. */
static struct sip_source *entry_of(struct sip_guard *g, const union rt_addr *from, bool known)
{
    struct sip_who w = sip_who(from);
    struct sip_source *s = find(g, w);
    rt_time now = rt_loop_now(g->loop);

    if (!s)
        s = place(g, from, w, known);
    s->used = now;
    if (s->second != now / RT_S) {
        s->second = now / RT_S;
        s->requests = s->excess = 0;
        for (unsigned i = 0; i < RT_COUNT(s->tally); i++)
            s->tally[i].refusals = s->tally[i].challenges = 0;
    }
    return s;
}

static struct sip_source *source_of(struct sip_guard *g, const union rt_addr *from)
{
    return entry_of(g, from, false);
}

/* ---- strangers ---- */

bool sip_guard_listens(struct sip_guard *g, const union rt_addr *from, bool proven)
{
    struct sip_who who = sip_who(from);
    rt_time now = rt_loop_now(g->loop);
    struct sip_ban *ban = sip_bans_find(&g->bans, who, now);

    if (ban && (ban->proven || !proven)) {
        ban->ignored++;
        rt_count(&sip_guard_counters[SIP_GUARD_IGNORED]);
        return false;
    }
    const struct sip_source *s = find(g, who);
    if (!s || s->second != now / RT_S || s->tally[proven].refusals < g->limits.refusals ||
        now < s->known)
        return true;
    rt_count(&sip_guard_counters[SIP_GUARD_UNREAD]);
    sip_guard_offends(g, from, proven);
    return false;
}

bool sip_guard_refuses(struct sip_guard *g, const union rt_addr *from, bool proven, bool challenge)
{
    struct sip_source *s = source_of(g, from);
    struct tally *t = &s->tally[proven];
    unsigned *n = challenge ? &t->challenges : &t->refusals;

    if (!challenge)
        sip_guard_offends(g, from, proven);
    if (challenge && s->used - s->admitted < TRUSTED)
        return true; /* a crowd of users behind one address, one of whom has proved to be one */
    if (*n < g->limits.refusals * (challenge ? CHALLENGES : 1)) {
        ++*n;
        return true;
    }
    rt_count(&sip_guard_counters[SIP_GUARD_SILENT]);
    if (challenge)
        sip_guard_offends(g, from, proven);
    return false;
}

/* ---- bans ---- */

/** One offence more in its window. True: it is one too many. */
static bool is_too_much(const struct sip_guard *g, struct tally *t, rt_time now)
{
    if (now - t->offended >= BAN_WINDOW) {
        t->offended = now;
        t->offences = 0;
    }
    if (++t->offences <= g->limits.ban_after || g->limits.ban_after == SIP_BAN_NEVER)
        return false;
    t->offences = 0;
    return true;
}

void sip_guard_offends(struct sip_guard *g, const union rt_addr *from, bool proven)
{
    struct sip_source *s = source_of(g, from);

    if (s->used < s->known)
        return; /* a peer in confusion is no flood of strangers */
    g->offences++;
    if (s == &g->others || !is_too_much(g, &s->tally[proven], s->used))
        return;
    if (g->ops && g->ops->spared(g->arg, from)) {
        s->known = s->used + ASKED;
        return;
    }
    sip_bans_add(&g->bans, from, proven, s->used, s->used + g->limits.ban_for);
    rt_count(&sip_guard_counters[SIP_GUARD_BANNED]);
    if (g->ops)
        g->ops->banned(g->arg, from, proven);
}

/** Known from now on for that long, at least; what was only said of it is not believed any more. */
static struct sip_source *know(struct sip_guard *g, const union rt_addr *from, rt_time life)
{
    struct sip_source *s = entry_of(g, from, true);
    const struct sip_ban *ban = sip_bans_find(&g->bans, sip_who(from), s->used);

    if (s != &g->others && s->known < s->used + life)
        s->known = s->used + life;
    if (ban && !ban->proven) {
        sip_bans_lift(&g->bans, from, s->used);
        if (g->ops)
            g->ops->lifted(g->arg, from);
    }
    return s;
}

void sip_guard_admitted(struct sip_guard *g, const union rt_addr *from)
{
    struct sip_source *s = know(g, from, KNOWN);

    if (s != &g->others)
        s->admitted = s->used;
}

void sip_guard_proved(struct sip_guard *g, const union rt_addr *from)
{
    know(g, from, KNOWN);
}

void sip_guard_asks(struct sip_guard *g, const union rt_addr *from)
{
    know(g, from, ASKED);
}

void sip_guard_watch(struct sip_guard *g, const struct sip_guard_ops *ops, void *arg)
{
    g->ops = ops;
    g->arg = arg;
}

struct sip_bans *sip_guard_bans(struct sip_guard *g)
{
    return &g->bans;
}

uint64_t sip_guard_offences(const struct sip_guard *g)
{
    return g->offences;
}

unsigned sip_guard_known(const struct sip_guard *g, union rt_addr *out, unsigned room)
{
    rt_time now = rt_loop_now(g->loop);
    unsigned n = 0;

    for (unsigned i = 0; i < ROWS * WAYS && n < room; i++) {
        const struct sip_source *s = &g->source[i / WAYS][i % WAYS];
        if (s->taken && now < s->known)
            out[n++] = s->addr;
    }
    return n;
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
    if (s->requests >= g->limits.source_rate) {
        if (++s->excess >= TOLD)
            g->flooded = s->second;
        return refuse(SIP_GUARD_SOURCE_RATE);
    }
    if (m->method == SIP_INVITE && !m->to_tag.p && s->open >= g->limits.source_transactions)
        return refuse(SIP_GUARD_CROWD);
    if (transactions >= g->limits.transactions)
        return refuse(SIP_GUARD_FULL);
    if (g->second != s->second) {
        g->second = s->second;
        g->requests = 0;
    }
    unsigned rate = g->limits.rate;
    if (g->requests >= rate + (s->requests < SMALL(rate) ? RESERVE(rate) : 0))
        return refuse(SIP_GUARD_RATE);
    g->requests++; /* what one source is refused is not taken from the others */
    s->requests++;
    return 0;
}

/** The same by its first octets. */
static bool counts_unread(struct rt_str wire)
{
    static const char *const never[] = {"SIP/2.0 ", "ACK ", "CANCEL ", "BYE ", "PRACK "};

    for (size_t i = 0; i < RT_COUNT(never); i++) {
        size_t n = strlen(never[i]);
        if (wire.n >= n && memcmp(wire.p, never[i], n) == 0)
            return false;
    }
    return true;
}

bool sip_guard_excess(struct sip_guard *g, const union rt_addr *from, struct rt_str wire)
{
    rt_time second = rt_loop_now(g->loop) / RT_S;

    if (g->flooded != second)
        return false;
    const struct sip_source *s = find(g, sip_who(from));
    if (!s || s->second != second || s->excess < TOLD || !counts_unread(wire))
        return false;
    rt_count(&sip_guard_counters[SIP_GUARD_EXCESS]);
    return true;
}

int sip_guard_size(const struct sip_guard *g, const struct sip_msg *m)
{
    size_t head = m->scan.total - m->scan.body.n;

    if (m->scan.total <= g->limits.message && m->scan.nheaders <= g->limits.headers)
        return 0;
    rt_count(&sip_guard_counters[SIP_GUARD_LARGE]);
    return head <= g->limits.message && m->scan.nheaders <= g->limits.headers ? 413 : 513;
}

/* ---- calls turned away ---- */

static uint64_t transaction_hash(const struct sip_guard *g, const struct sip_msg *m)
{
    const struct rt_str parts[] = {m->branch, m->pub.call_id, m->from_tag};
    uint64_t h = g->seed ^ m->cseq;

    for (size_t k = 0; k < RT_COUNT(parts); k++)
        for (size_t i = 0; i < parts[k].n; i++)
            h = (h ^ (uint8_t)parts[k].p[i]) * 1099511628211u;
    return h ^ h >> 32;
}

void sip_guard_turn_away(struct sip_guard *g, const struct sip_msg *m)
{
    uint64_t h = transaction_hash(g, m);

    g->away_until = rt_loop_now(g->loop) + AWAY_FOR;
    g->away[h % AWAY] = (struct away){h, g->away_until};
}

bool sip_guard_turned_away(const struct sip_guard *g, const struct sip_msg *m)
{
    if (rt_loop_now(g->loop) >= g->away_until)
        return false; /* there were none of late */
    uint64_t h = transaction_hash(g, m);
    const struct away *a = &g->away[h % AWAY];
    return a->hash == h && rt_loop_now(g->loop) < a->until;
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
    g->bans.seed = g->seed;
    or_default(&g->limits.transactions, 500000);
    or_default(&g->limits.source_transactions, 10000);
    or_default(&g->limits.rate, 10000);
    or_default(&g->limits.source_rate, 5000);
    or_default(&g->limits.refusals, 20);
    or_default(&g->limits.ban_after, 1000);
    if (g->limits.ban_for == 0)
        g->limits.ban_for = 600 * RT_S;
    or_default(&g->limits.message, SIP_MESSAGE_MAX);
    or_default(&g->limits.headers, SIP_HEADERS_MAX);
    g->others.admitted = INT64_MIN / 2;
    g->others.known = INT64_MIN;
    *out = g;
    return 0;
}

void sip_guard_free(struct sip_guard *g)
{
    free(g);
}
