/* The store of counts: scopes by name, their counts by the words of a rule, the plans' ties to
 * them, and the round that watches them all. */
#include "gw/limits_priv.h"

#include <errno.h>
#include <stdlib.h>

const char *const gw_scope_names[GW_SCOPE_KINDS] = {
    [GW_SCOPE_TRUNK] = "trunk",       [GW_SCOPE_GROUP] = "group",   [GW_SCOPE_CLASS] = "class",
    [GW_SCOPE_CUSTOMER] = "customer", [GW_SCOPE_PREFIX] = "prefix", [GW_SCOPE_SOURCE] = "source",
};

struct rt_counter gw_limits_counters[GW_LIMITS_NCOUNTERS] = {
    [GW_LIMITS_CALLS] = {.name = "limit_refused_calls_total",
                         .help = "Legs refused by a limit of calls"},
    [GW_LIMITS_CPS] = {.name = "limit_refused_cps_total",
                       .help = "Legs refused by a limit of calls per second"},
    [GW_LIMITS_MINUTES] = {.name = "limit_refused_minutes_total",
                           .help = "Legs refused by a limit of minutes"},
    [GW_LIMITS_MONEY] = {.name = "limit_refused_money_total",
                         .help = "Legs refused by a limit of money"},
    [GW_LIMITS_BLOCKED] = {.name = "limit_refused_fraud_total",
                           .help = "Legs refused by the block of a fraud rule"},
    [GW_LIMITS_FRAUD] = {.name = "fraud_blocks_total", .help = "Blocks begun by fraud rules"},
    [GW_LIMITS_EMERGENCY] = {.name = "limit_emergency_total",
                             .help = "Emergency legs let through where others were refused"},
};

int gw_limits_new(struct gw_limits **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : ENOMEM;
}

static void meter_free(struct gw_limit_meter *m)
{
    struct gw_limit_dest *d, *next;

    HASH_ITER(hh, m->dests, d, next)
    {
        HASH_DEL(m->dests, d);
        free(d);
    }
    DL_DELETE(m->party->meters, m);
    free(m->set);
    free(m->unit);
    free(m->block_set);
    free(m);
}

static void party_free(struct gw_limits *s, struct gw_limit_party *p)
{
    while (p->meters)
        meter_free(p->meters);
    HASH_DEL(s->parties, p);
    free(p);
}

void gw_limits_free(struct gw_limits *s)
{
    if (!s)
        return;
    while (s->parties)
        party_free(s, s->parties);
    free(s);
}

void gw_limits_listen(struct gw_limits *s, void (*fn)(void *arg, const struct gw_limit_event *e),
                      void *arg)
{
    s->listen = fn;
    s->arg = arg;
}

struct gw_limit_party *gw_limit_party_get(struct gw_limits *s, enum gw_scope_kind kind,
                                          struct rt_str name)
{
    struct gw_limit_party *p = calloc(1, sizeof(*p) + name.n + 2), *old;

    if (!p)
        return NULL;
    p->store = s;
    p->kind = kind;
    p->key_len = name.n + 1;
    p->key[0] = (char)('a' + kind);
    memcpy(p->key + 1, name.p, name.n);
    HASH_FIND(hh, s->parties, p->key, p->key_len, old);
    if (old) {
        free(p);
        return old;
    }
    HASH_ADD_KEYPTR(hh, s->parties, p->key, p->key_len, p);
    return p;
}

static bool text_eq(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool text_dup(char **out, const char *z)
{
    *out = z ? strdup(z) : NULL;
    return !z || *out;
}

static struct gw_limit_meter *meter_find(const struct gw_limit_party *p,
                                         const struct gw_limit *rule)
{
    struct gw_limit_meter *m;

    DL_FOREACH(p->meters, m)
    {
        if (m->kind == rule->kind && m->window == rule->window &&
            m->fraud == (rule->block.period > 0) && text_eq(m->set, rule->set) &&
            text_eq(m->unit, rule->unit) && text_eq(m->block_set, rule->block.set))
            return m;
    }
    return NULL;
}

struct gw_limit_meter *gw_limit_meter_get(struct gw_limit_party *p, const struct gw_limit *rule)
{
    struct gw_limit_meter *m = meter_find(p, rule);

    if (m)
        return m;
    m = calloc(1, sizeof(*m));
    if (!m)
        return NULL;
    m->party = p;
    m->kind = rule->kind;
    m->window = rule->window;
    m->fraud = rule->block.period > 0;
    DL_APPEND(p->meters, m);
    if (!text_dup(&m->set, rule->set) || !text_dup(&m->unit, rule->unit) ||
        !text_dup(&m->block_set, rule->block.set)) {
        meter_free(m);
        return NULL;
    }
    return m;
}

/* ---- the ties of a plan ---- */

/** Keeps a hundred times a value within 63 bits. */
#define VALUE_MAX INT64_C(90000000000000000)
#define CPS_MAX   INT64_C(1000000000)

static bool rule_valid(const struct gw_limit *r)
{
    bool sums = r->kind == GW_LIMIT_MINUTES || r->kind == GW_LIMIT_MONEY;

    return r->kind < GW_LIMIT_KINDS && r->window <= GW_WINDOW_NONE && r->value > 0 &&
           r->value <= (r->kind == GW_LIMIT_CPS ? CPS_MAX : VALUE_MAX) &&
           (r->kind == GW_LIMIT_CALLS || sums == (r->window != GW_WINDOW_NONE)) &&
           r->resume <= 100 && r->block.period >= 0;
}

/** Two rules of the same words would count every call twice. */
static bool tied(const struct gw_limit_scope *scope, const struct gw_limit_meter *m)
{
    for (unsigned i = 0; i < scope->n; i++) {
        if (scope->ties[i].meter == m)
            return true;
    }
    return false;
}

static int tie(struct gw_limit_scope *scope, const struct gw_limit *rule)
{
    struct gw_limit_meter *m;

    if (!rule_valid(rule))
        return EINVAL;
    m = gw_limit_meter_get(scope->party, rule);
    if (!m)
        return ENOMEM;
    if (tied(scope, m))
        return EEXIST;
    struct gw_limit_tie *t = &scope->ties[scope->n++];
    t->rule = rule;
    t->meter = m;
    DL_PREPEND(m->ties, t);
    return 0;
}

int gw_limits_scope(struct gw_limit_scope **out, struct gw_limits *s, enum gw_scope_kind kind,
                    const char *name, const struct gw_limit *rules, unsigned n)
{
    struct gw_limit_scope *scope;
    int err = 0;

    *out = NULL;
    if (!name || !*name || kind >= GW_SCOPE_KINDS)
        return EINVAL;
    if (n > GW_LIMITS_RULES_MAX)
        return E2BIG;
    scope = calloc(1, sizeof(*scope) + n * sizeof(scope->ties[0]));
    if (!scope)
        return ENOMEM;
    scope->party = gw_limit_party_get(s, kind, rt_str(name));
    if (!scope->party) {
        free(scope);
        return ENOMEM;
    }
    scope->party->refs++;
    for (unsigned i = 0; i < n && err == 0; i++)
        err = tie(scope, &rules[i]);
    if (err != 0) {
        gw_limits_scope_drop(scope);
        return err;
    }
    *out = scope;
    return 0;
}

void gw_limits_scope_drop(struct gw_limit_scope *scope)
{
    if (!scope)
        return;
    for (unsigned i = 0; i < scope->n; i++)
        DL_DELETE(scope->ties[i].meter->ties, &scope->ties[i]);
    scope->party->refs--;
    free(scope);
}

/* ---- the round ---- */

static void party_tick(struct gw_limits *s, struct gw_limit_party *p,
                       const struct gw_limit_clock *clock)
{
    struct gw_limit_meter *m, *next;

    DL_FOREACH_SAFE(p->meters, m, next)
    {
        gw_limit_watch(m, clock);
        if (p->calls == 0 && gw_limit_idle(m))
            meter_free(m);
    }
    if (p->calls == 0 && p->refs == 0 && !p->meters)
        party_free(s, p);
}

void gw_limits_tick(struct gw_limits *s, const struct gw_limit_clock *clock)
{
    struct gw_limit_party *p, *next;

    HASH_ITER(hh, s->parties, p, next)
    {
        party_tick(s, p, clock);
    }
}

unsigned gw_limits_lift(struct gw_limits *s, enum gw_scope_kind kind, const char *name,
                        const struct gw_limit_clock *clock)
{
    unsigned lifted = 0;

    for (struct gw_limit_party *p = s->parties; p; p = p->hh.next) {
        struct gw_limit_meter *m;
        if (p->kind != kind || strcmp(gw_limit_party_name(p), name) != 0)
            continue;
        DL_FOREACH(p->meters, m)
        {
            gw_limit_settle(m, clock);
            if (m->blocked <= clock->now)
                continue;
            m->blocked = 0;
            if (m->window != GW_WINDOW_NONE)
                m->base = m->used;
            gw_limit_say(m, GW_LIMIT_UNBLOCKED, m->ties ? m->ties->rule : NULL,
                         "lifted by the operator");
            lifted++;
        }
    }
    return lifted;
}

/** The fullest destination: what a limit of calls to one of them shows. */
static uint64_t fullest(const struct gw_limit_meter *m)
{
    const struct gw_limit_dest *most = m->dests;

    for (const struct gw_limit_dest *d = m->dests; d; d = d->hh.next) {
        if (d->calls > most->calls)
            most = d;
    }
    return most ? most->dest : 0;
}

static struct gw_limit_state state_of(const struct gw_limit_meter *m, rt_time now)
{
    const struct gw_limit *rule = m->ties ? m->ties->rule : NULL;
    bool bucket = m->kind == GW_LIMIT_CPS;

    return (struct gw_limit_state){
        .scope = m->party->kind,
        .name = gw_limit_party_name(m->party),
        .kind = m->kind,
        .window = m->window,
        .set = m->set,
        .unit = m->unit,
        .used = bucket && !rule ? 0 : gw_limit_used(m, rule, fullest(m), now),
        .value = rule ? rule->value : 0,
        .block_set = m->block_set,
        .ends = m->window == GW_WINDOW_NONE ? 0 : m->ends - now,
        .period = rule ? rule->block.period : 0,
        .blocked = m->blocked > now ? m->blocked - now : 0,
        .limited = m->limited,
        .calls = m->party->calls,
    };
}

void gw_limits_each(struct gw_limits *s, const struct gw_limit_clock *clock,
                    void (*fn)(void *arg, const struct gw_limit_state *state), void *arg)
{
    for (const struct gw_limit_party *p = s->parties; p; p = p->hh.next) {
        struct gw_limit_meter *m;
        DL_FOREACH(p->meters, m)
        {
            gw_limit_settle(m, clock);
            struct gw_limit_state state = state_of(m, clock->now);
            fn(arg, &state);
        }
    }
}
