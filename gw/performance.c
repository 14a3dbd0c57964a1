/* Sliding windows of call outcomes: a ring of fifteen sums per pair of trunk and destination, and
 * the running total of the ring, so that a question costs no walk.
 */
#include "gw/performance.h"

/** Pairs are many and seldom asked for: each step along a chain would wait for memory. */
#define HASH_BKT_CAPACITY_THRESH 2

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#define WINDOW (900 * RT_S)

struct sums {
    uint32_t samples, answers, effective, ended, rung;
    uint64_t talk_ms, pdd_ms;
};

struct ring {
    int64_t at; /**< number of the newest part */
    struct sums total;
    struct sums part[GW_PERFORMANCE_BUCKETS];
};

struct pair_key {
    struct gw_performance_trunk *trunk;
    uint64_t dest;
};

/** What a search reads stands together. */
struct pair {
    struct pair_key key;
    UT_hash_handle hh;
    struct ring ring;
    struct pair *prev, *next; /**< used longest ago first */
};

struct gw_performance_trunk {
    struct ring ring;
    struct gw_performance_totals totals;
    UT_hash_handle hh;
    char name[];
};

/** Power of two. */
#define SEEN 32768

struct gw_performance {
    rt_time width; /**< of a part */
    unsigned max, n;
    struct gw_performance_trunk *trunks;
    struct pair *pairs, *lru;
    uint32_t seen[SEEN]; /**< pairs by their destination: most that are asked about have none */
};

struct rt_counter gw_performance_counters[GW_PERFORMANCE_NCOUNTERS] = {
    [GW_PERFORMANCE_FORGOTTEN] = {.name = "performance_forgotten_total",
                                  .help = "Pairs of trunk and destination forgotten for want of "
                                          "room"},
};

/* ---- a ring ---- */

static void sums_less(struct sums *a, const struct sums *b)
{
    a->samples -= b->samples;
    a->answers -= b->answers;
    a->effective -= b->effective;
    a->ended -= b->ended;
    a->rung -= b->rung;
    a->talk_ms -= b->talk_ms;
    a->pdd_ms -= b->pdd_ms;
}

/** Lets what is too old go. */
static void ring_turn(struct ring *r, int64_t at)
{
    if (at - r->at >= GW_PERFORMANCE_BUCKETS) {
        *r = (struct ring){.at = at};
        return;
    }
    while (r->at < at) {
        struct sums *old = &r->part[++r->at % GW_PERFORMANCE_BUCKETS];
        sums_less(&r->total, old);
        *old = (struct sums){0};
    }
}

static bool effective(uint8_t cause)
{
    return cause == 17 || cause == 18 || cause == 19 || cause == 21 || cause == 1 || cause == 28;
}

/** What one event adds. */
static struct sums sums_of(const struct gw_performance_event *e)
{
    switch (e->what) {
    case GW_PERFORMANCE_RINGING:
        return (struct sums){.rung = 1, .pdd_ms = e->ms};
    case GW_PERFORMANCE_ANSWERED:
        return (struct sums){.samples = 1, .answers = 1, .effective = 1};
    case GW_PERFORMANCE_ENDED:
        if (e->answered)
            return (struct sums){.ended = 1, .talk_ms = e->ms};
        return (struct sums){.samples = e->seized, .effective = e->seized && effective(e->cause)};
    case GW_PERFORMANCE_ATTEMPT:
    case GW_PERFORMANCE_SEIZED:
    default:
        return (struct sums){0};
    }
}

static void sums_more(struct sums *a, const struct sums *b)
{
    a->samples += b->samples;
    a->answers += b->answers;
    a->effective += b->effective;
    a->ended += b->ended;
    a->rung += b->rung;
    a->talk_ms += b->talk_ms;
    a->pdd_ms += b->pdd_ms;
}

static void ring_add(struct ring *r, int64_t at, const struct sums *s)
{
    ring_turn(r, at);
    sums_more(&r->total, s);
    sums_more(&r->part[r->at % GW_PERFORMANCE_BUCKETS], s);
}

/* ---- the store ---- */

int gw_performance_new(struct gw_performance **out, rt_time window, unsigned max)
{
    struct gw_performance *p = calloc(1, sizeof(*p));

    *out = p;
    if (!p)
        return ENOMEM;
    p->max = max > 0 ? max : GW_PERFORMANCE_MAX;
    gw_performance_window(p, window);
    return 0;
}

static unsigned place_of(uint64_t dest)
{
    return (unsigned)(dest * UINT64_C(0x9e3779b97f4a7c15) >> 49);
}

static void pair_free(struct gw_performance *p, struct pair *pair)
{
    p->seen[place_of(pair->key.dest)]--;
    HASH_DEL(p->pairs, pair);
    DL_DELETE(p->lru, pair);
    free(pair);
    p->n--;
}

void gw_performance_free(struct gw_performance *p)
{
    struct gw_performance_trunk *t, *next;

    if (!p)
        return;
    while (p->lru)
        pair_free(p, p->lru);
    HASH_ITER(hh, p->trunks, t, next)
    {
        HASH_DEL(p->trunks, t);
        free(t);
    }
    free(p);
}

void gw_performance_window(struct gw_performance *p, rt_time window)
{
    rt_time width = (window > 0 ? window : WINDOW) / GW_PERFORMANCE_BUCKETS;

    if (width < 1)
        width = 1;
    if (width == p->width)
        return;
    p->width = width;
    while (p->lru)
        pair_free(p, p->lru);
    for (struct gw_performance_trunk *t = p->trunks; t; t = t->hh.next)
        t->ring = (struct ring){0};
}

struct gw_performance_trunk *gw_performance_trunk(struct gw_performance *p, const char *name)
{
    struct gw_performance_trunk *t;
    size_t n = strlen(name);

    HASH_FIND(hh, p->trunks, name, n, t);
    if (t)
        return t;
    t = calloc(1, sizeof(*t) + n + 1);
    if (!t)
        return NULL;
    memcpy(t->name, name, n);
    HASH_ADD_KEYPTR(hh, p->trunks, t->name, n, t);
    return t;
}

static struct pair *pair_find(const struct gw_performance *p, struct gw_performance_trunk *trunk,
                              uint64_t dest)
{
    struct pair_key key = {trunk, dest};
    struct pair *pair;

    if (p->seen[place_of(dest)] == 0)
        return NULL;
    HASH_FIND(hh, p->pairs, &key, sizeof(key), pair);
    return pair;
}

/** Finds the pair and makes it the last to be forgotten. NULL: no memory. */
static struct pair *pair_use(struct gw_performance *p, struct gw_performance_trunk *trunk,
                             uint64_t dest)
{
    struct pair *pair = pair_find(p, trunk, dest);

    if (pair) {
        DL_DELETE(p->lru, pair);
        DL_APPEND(p->lru, pair);
        return pair;
    }
    if (p->n >= p->max) {
        pair_free(p, p->lru);
        rt_count(&gw_performance_counters[GW_PERFORMANCE_FORGOTTEN]);
    }
    pair = calloc(1, sizeof(*pair));
    if (!pair)
        return NULL;
    pair->key = (struct pair_key){trunk, dest};
    HASH_ADD(hh, p->pairs, key, sizeof(pair->key), pair);
    DL_APPEND(p->lru, pair);
    p->seen[place_of(dest)]++;
    p->n++;
    return pair;
}

static void count_totals(struct gw_performance_totals *t, const struct gw_performance_event *e,
                         const struct sums *s)
{
    t->attempts += e->what == GW_PERFORMANCE_ATTEMPT;
    t->seizures += e->what == GW_PERFORMANCE_SEIZED;
    t->answers += s->answers;
    t->effective += s->effective;
    t->talk_ms += s->talk_ms;
    t->rung += s->rung;
    t->pdd_ms += s->pdd_ms;
}

void gw_performance_add(struct gw_performance_totals *t, const struct gw_performance_event *e)
{
    struct sums s = sums_of(e);

    count_totals(t, e, &s);
}

void gw_performance_note(struct gw_performance *p, struct gw_performance_trunk *trunk,
                         uint64_t dest, const struct gw_performance_event *e, rt_time now)
{
    struct sums s = sums_of(e);
    int64_t at = now / p->width;

    count_totals(&trunk->totals, e, &s);
    if (s.samples == 0 && s.ended == 0 && s.rung == 0)
        return;
    ring_add(&trunk->ring, at, &s);
    struct pair *pair = dest != GW_PERFORMANCE_ALL ? pair_use(p, trunk, dest) : NULL;
    if (pair)
        ring_add(&pair->ring, at, &s);
}

/* ---- figures ---- */

static uint32_t per_mille(uint32_t part, uint32_t whole)
{
    return whole > 0 ? (uint32_t)((uint64_t)part * 1000 / whole) : 0;
}

static uint32_t mean(uint64_t sum, uint32_t n)
{
    uint64_t m = n > 0 ? sum / n : 0;

    return m < UINT32_MAX ? (uint32_t)m : UINT32_MAX;
}

void gw_performance_get(struct gw_performance_figures *out, const struct gw_performance *p,
                        struct gw_performance_trunk *trunk, uint64_t dest, rt_time now)
{
    struct ring *r = &trunk->ring;

    *out = (struct gw_performance_figures){0};
    if (dest != GW_PERFORMANCE_ALL) {
        struct pair *pair = pair_find(p, trunk, dest);
        if (!pair)
            return;
        r = &pair->ring;
    }
    ring_turn(r, now / p->width);
    const struct sums *s = &r->total;
    *out = (struct gw_performance_figures){
        .samples = s->samples,
        .answers = s->answers,
        .effective = s->effective,
        .ended = s->ended,
        .rung = s->rung,
        .asr = per_mille(s->answers, s->samples),
        .ner = per_mille(s->effective, s->samples),
        .acd_ms = mean(s->talk_ms, s->ended),
        .pdd_ms = mean(s->pdd_ms, s->rung),
    };
}

static bool known(uint32_t n, const struct gw_performance_demote *rule)
{
    return n > 0 && n >= rule->samples;
}

static void say_ratio(char *why, size_t cap, const char *what, uint32_t is, uint32_t least)
{
    if (why)
        snprintf(why, cap, "%s %u.%u%% < %u.%u%%", what, is / 10, is % 10, least / 10, least % 10);
}

static void say_time(char *why, size_t cap, const char *what, uint32_t is, char sign,
                     uint32_t bound)
{
    if (why)
        snprintf(why, cap, "%s %u.%us %c %u.%us", what, is / 1000, is / 100 % 10, sign,
                 bound / 1000, bound / 100 % 10);
}

bool gw_performance_demoted(const struct gw_performance_figures *f,
                            const struct gw_performance_demote *rule, char *why, size_t cap)
{
    if (known(f->samples, rule) && f->asr < rule->asr)
        say_ratio(why, cap, "asr", f->asr, rule->asr);
    else if (known(f->samples, rule) && f->ner < rule->ner)
        say_ratio(why, cap, "ner", f->ner, rule->ner);
    else if (known(f->ended, rule) && f->acd_ms < rule->acd_ms)
        say_time(why, cap, "acd", f->acd_ms, '<', rule->acd_ms);
    else if (known(f->rung, rule) && rule->pdd_ms > 0 && f->pdd_ms > rule->pdd_ms)
        say_time(why, cap, "pdd", f->pdd_ms, '>', rule->pdd_ms);
    else
        return false;
    return true;
}

const struct gw_performance_totals *gw_performance_totals(const struct gw_performance_trunk *t)
{
    return &t->totals;
}

const char *gw_performance_name(const struct gw_performance_trunk *t)
{
    return t->name;
}

void gw_performance_each(struct gw_performance *p,
                         void (*fn)(void *arg, struct gw_performance_trunk *t), void *arg)
{
    for (struct gw_performance_trunk *t = p->trunks; t; t = t->hh.next)
        fn(arg, t);
}

unsigned gw_performance_pairs(const struct gw_performance *p)
{
    return p->n;
}
