/* Counts of each trunk, found by name. */
#include "gw/trunk_stats.h"

#include "codec/media.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** Answered calls shorter than that are of no use to anybody: a storm of them is a fault or a
 * fraud.
 */
#define BRIEF_MS 6000
/** Pairs of trunks with a cause, and rules, that are told apart. */
#define FAILOVERS_MAX 2000
#define BLOCKS_MAX    1000
#define ROUTES_MAX    2000

static const double seconds[] = {0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 30, 60, 120, 0};
static const double mos[] = {1.5, 2, 2.5, 2.8, 3.1, 3.3, 3.6, 3.8, 4, 4.1, 4.2, 4.3, 4.4, 0};
static const double loss[] = {0.0001, 0.001, 0.0025, 0.005, 0.01, 0.02,
                              0.03,   0.05,  0.1,    0.2,   0.5,  0};
static const double jitter[] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03,
                                0.05,   0.08,  0.12,  0.2,   0.5,  0};
static const double decibels[] = {6, 12, 18, 24, 30, 36, 42, 48, 55, 65, 0};
static const double decision[] = {1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4,
                                  2e-4, 5e-4, 1e-3, 5e-3, 2e-2, 0.1,  0};
static const double lookup[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                0.2,   0.3,   0.5,   1,    2,    5,    0};

const char *gw_direction_name(enum gw_direction d)
{
    return d == GW_IN ? "in" : "out";
}

const char *gw_reject_name(enum gw_reject r)
{
    static const char *const names[] = {
        [GW_REJECT_CAC] = "cac",
        [GW_REJECT_CPS] = "cps",
        [GW_REJECT_LIMIT] = "limit",
        [GW_REJECT_FRAUD] = "fraud",
        [GW_REJECT_NO_CHANNEL] = "no_channel",
        [GW_REJECT_RESERVED] = "reserved",
        [GW_REJECT_DOWN] = "down",
        [GW_REJECT_CLASS] = "class",
        [GW_REJECT_OVERLOAD] = "overload",
        [GW_REJECT_DRAINING] = "draining",
    };
    return names[r];
}

enum gw_reject gw_reject_of(const struct gw_limit_verdict *v)
{
    static const enum gw_reject of[GW_LIMIT_KINDS] = {
        [GW_LIMIT_CALLS] = GW_REJECT_CAC,   [GW_LIMIT_SAME] = GW_REJECT_CAC,
        [GW_LIMIT_CPS] = GW_REJECT_CPS,     [GW_LIMIT_MINUTES] = GW_REJECT_LIMIT,
        [GW_LIMIT_MONEY] = GW_REJECT_LIMIT,
    };

    if (v->blocked > 0)
        return GW_REJECT_FRAUD;
    return v->limit ? of[v->limit->kind] : GW_REJECT_LIMIT;
}

/* ---- the store ---- */

int gw_call_stats_new(struct gw_call_stats **out)
{
    struct gw_call_stats *s = calloc(1, sizeof *s);

    *out = s;
    if (!s)
        return ENOMEM;
    s->decision.bound = decision;
    s->enums.bound = lookup;
    for (enum gw_scope_kind k = 0; k < GW_SCOPE_KINDS;
         k++) /* Prometheus shall see their first one */
        if (k == GW_SCOPE_PREFIX || k == GW_SCOPE_SOURCE)
            gw_trunk_stats_block(s, k, "", false);
    return 0;
}

void gw_call_stats_free(struct gw_call_stats *s)
{
    struct gw_trunk_stats *t, *t_next;
    struct gw_failover *f, *f_next;
    struct gw_block_stats *b, *b_next;
    struct gw_route_stats *r, *r_next;

    if (!s)
        return;
    HASH_ITER(hh, s->trunks, t, t_next)
    {
        HASH_DEL(s->trunks, t);
        free(t);
    }
    HASH_ITER(hh, s->failovers, f, f_next)
    {
        HASH_DEL(s->failovers, f);
        free(f);
    }
    HASH_ITER(hh, s->blocks, b, b_next)
    {
        HASH_DEL(s->blocks, b);
        free(b);
    }
    HASH_ITER(hh, s->routes, r, r_next)
    {
        HASH_DEL(s->routes, r);
        free(r);
    }
    free(s);
}

static void set_bounds(struct gw_trunk_stats *t)
{
    for (unsigned d = 0; d < GW_DIRECTIONS; d++) {
        t->by[d].ringing.bound = t->by[d].answer.bound = seconds;
        t->by[d].mos.bound = mos;
        t->by[d].loss.bound = loss;
        t->by[d].jitter.bound = jitter;
    }
    t->echo.bound = decibels;
}

struct gw_trunk_stats *gw_trunk_stats(struct gw_call_stats *s, const char *trunk)
{
    struct gw_trunk_stats *t;
    size_t n = strlen(trunk);

    if (!s || n == 0)
        return NULL;
    HASH_FIND(hh, s->trunks, trunk, n, t);
    if (t)
        return t;
    t = calloc(1, sizeof *t + n + 1);
    if (!t)
        return NULL;
    memcpy(t->name, trunk, n);
    set_bounds(t);
    HASH_ADD_KEYPTR(hh, s->trunks, t->name, n, t);
    return t;
}

/* ---- calls ---- */

static void ended(struct gw_direction_stats *d, const struct gw_performance_event *e)
{
    d->releases[e->cause & 127]++;
    if (!e->answered)
        return;
    d->talk_ms += e->ms;
    d->brief += e->ms < BRIEF_MS;
}

void gw_trunk_stats_event(struct gw_call_stats *s, const char *trunk, enum gw_direction d,
                          const struct gw_performance_event *e)
{
    struct gw_trunk_stats *t = gw_trunk_stats(s, trunk);

    if (!t)
        return;
    t->by[d].attempts += e->what == GW_PERFORMANCE_ATTEMPT;
    t->by[d].seizures += e->what == GW_PERFORMANCE_SEIZED;
    t->by[d].answers += e->what == GW_PERFORMANCE_ANSWERED;
    if (e->what == GW_PERFORMANCE_RINGING)
        gw_histogram_add(&t->by[d].ringing, e->ms / 1e3);
    else if (e->what == GW_PERFORMANCE_ANSWERED)
        gw_histogram_add(&t->by[d].answer, e->ms / 1e3);
    else if (e->what == GW_PERFORMANCE_ENDED)
        ended(&t->by[d], e);
}

void gw_trunk_stats_reject(struct gw_call_stats *s, const char *trunk, enum gw_reject why)
{
    struct gw_trunk_stats *t = gw_trunk_stats(s, trunk);

    if (t)
        t->rejects[why]++;
}

void gw_trunk_stats_money(struct gw_call_stats *s, const char *trunk, enum gw_direction d,
                          const char *currency, int64_t micro)
{
    struct gw_trunk_stats *t = micro > 0 ? gw_trunk_stats(s, trunk) : NULL;

    for (unsigned i = 0; t && i < GW_STATS_CURRENCIES; i++) {
        char *name = t->by[d].money[i].currency;
        if (name[0] && strcmp(name, currency) != 0)
            continue;
        rt_str_copy(name, sizeof t->by[d].money[i].currency, rt_str(currency));
        t->by[d].money[i].micro += micro;
        return;
    }
}

/* ---- sound ---- */

static void heard(struct gw_direction_stats *d, uint64_t played, uint64_t lost, uint32_t jitter_us,
                  const struct media_quality *q)
{
    if (played + lost == 0)
        return;
    gw_histogram_add(&d->loss, (double)lost / (double)(played + lost));
    gw_histogram_add(&d->jitter, jitter_us / 1e6);
    if (q->mos_cq_average > 0)
        gw_histogram_add(&d->mos, q->mos_cq_average / 100.0);
}

void gw_trunk_stats_media(struct gw_call_stats *s, const char *trunk, const char *line,
                          const struct media_stats *m)
{
    struct gw_trunk_stats *t = gw_trunk_stats(s, trunk);

    if (!t)
        return;
    heard(&t->by[GW_IN], m->rx_packets, m->lost, m->jitter_us, &m->heard);
    if (m->reports > 0) { /* what goes is known only if somebody says how it came */
        uint64_t lost = m->remote_lost < m->tx_packets ? m->remote_lost : m->tx_packets;
        heard(&t->by[GW_OUT], m->tx_packets - lost, lost, m->remote_jitter_us, &m->far);
    }
    if (m->erl > 0 && (t = gw_trunk_stats(s, line)) != NULL)
        gw_histogram_add(&t->echo, (m->erl + m->erle) / 10.0);
}

/* ---- calls without a trunk of their own ---- */

void gw_trunk_stats_failover(struct gw_call_stats *s, const char *from, const char *to,
                             unsigned cause)
{
    char key[160];
    int n = snprintf(key, sizeof key, "%s\n%s\n%u", from, to, cause);
    struct gw_failover *f;

    if (!s || n < 0 || (size_t)n >= sizeof key || strcmp(from, to) == 0)
        return;
    HASH_FIND(hh, s->failovers, key, (size_t)n, f);
    if (!f) {
        f = HASH_COUNT(s->failovers) < FAILOVERS_MAX ? calloc(1, sizeof *f + (size_t)n + 1) : NULL;
        if (!f)
            return;
        memcpy(f->key, key, (size_t)n);
        f->cause = cause;
        HASH_ADD_KEYPTR(hh, s->failovers, f->key, (size_t)n, f);
    }
    f->count++;
}

void gw_trunk_stats_block(struct gw_call_stats *s, enum gw_scope_kind scope, const char *name,
                          bool begun)
{
    char key[2 + 64];
    bool numbers = scope == GW_SCOPE_PREFIX || scope == GW_SCOPE_SOURCE; /* no labels */
    size_t n =
        (size_t)snprintf(key, sizeof key, "%c%.63s", (char)('0' + scope), numbers ? "" : name);
    struct gw_block_stats *b;

    if (!s)
        return;
    HASH_FIND(hh, s->blocks, key, n, b);
    if (!b) {
        b = HASH_COUNT(s->blocks) < BLOCKS_MAX ? calloc(1, sizeof *b + n + 1) : NULL;
        if (!b)
            return;
        memcpy(b->name, key, n);
        b->scope = scope;
        HASH_ADD_KEYPTR(hh, s->blocks, b->name, n, b);
    }
    b->count += begun;
}

void gw_call_stats_route(struct gw_call_stats *s, const char *routes, bool called)
{
    size_t n = strlen(routes);
    struct gw_route_stats *r;

    if (!s)
        return;
    HASH_FIND(hh, s->routes, routes, n, r);
    if (!r) {
        r = HASH_COUNT(s->routes) < ROUTES_MAX ? calloc(1, sizeof *r + n + 1) : NULL;
        if (!r)
            return;
        memcpy(r->name, routes, n);
        HASH_ADD_KEYPTR(hh, s->routes, r->name, n, r);
    }
    r->calls += called;
}

void gw_call_stats_decided(struct gw_call_stats *s, rt_time took)
{
    if (s)
        gw_histogram_add(&s->decision, (double)took / (double)RT_S);
}

void gw_call_stats_enum(struct gw_call_stats *s, rt_time took)
{
    if (s)
        gw_histogram_add(&s->enums, (double)took / (double)RT_S);
}

void gw_call_stats_emergency(struct gw_call_stats *s, bool answered)
{
    if (s)
        s->emergencies[answered ? GW_EMERGENCY_ANSWERED : GW_EMERGENCY_FAILED]++;
}
