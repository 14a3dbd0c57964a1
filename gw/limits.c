/* What a leg takes from its scopes, and gives back: first every rule is asked, then every count
 * moves, so nothing has to be undone.
 */
#include "gw/limits_priv.h"

#include <errno.h>
#include <stdlib.h>

/* ---- asking ---- */

/** What a leg asks with. */
struct question {
    const struct gw_limit_call *call;
    const struct gw_limit_clock *clock;
    struct gw_limit_verdict *v;
    bool dry; /**< nothing may change */
};

static bool counts(const struct gw_limit_use *use, unsigned i)
{
    return !use->scope->ties[i].rule->set || (use->applies >> i & 1) != 0;
}

static bool in_block(const struct gw_limit_use *use, unsigned i)
{
    return !use->scope->ties[i].rule->block.set || (use->blocked >> i & 1) != 0;
}

/** A fraud rule: whether the number is blocked, perhaps by this very call. */
static bool fraud_refuses(const struct question *q, struct gw_limit_meter *m,
                          const struct gw_limit_use *use, unsigned i)
{
    const struct gw_limit *rule = use->scope->ties[i].rule;
    rt_time now = q->clock->now;

    if (m->blocked <= now && counts(use, i) && gw_limit_passed(m, rule, q->call->dest, now)) {
        if (q->dry)
            m->blocked = now + rule->block.period;
        else
            gw_limit_trip(m, rule, q->call->dest, q->clock);
    }
    return m->blocked > now && in_block(use, i);
}

static void fill(const struct question *q, const struct gw_limit_meter *m,
                 const struct gw_limit *rule)
{
    struct gw_limit_verdict *v = q->v;
    rt_time now = q->clock->now;

    v->refused = true;
    v->scope = m->party->kind;
    v->limit = rule;
    v->used = gw_limit_used(m, rule, q->call->dest, now);
    v->blocked = m->fraud ? m->blocked - now : 0;
    if (m->fraud)
        gw_limit_block_text(v->text, sizeof(v->text), m->party, rule, v->used, v->blocked);
    else
        gw_limit_text(v->text, sizeof(v->text), m->party, rule, v->used);
}

/** One rule of one scope; of `m` may be a copy. */
static bool refuses(const struct question *q, struct gw_limit_meter *m,
                    const struct gw_limit_use *use, unsigned i)
{
    const struct gw_limit *rule = use->scope->ties[i].rule;

    if (m->fraud ? !fraud_refuses(q, m, use, i)
                 : !counts(use, i) || !gw_limit_passed(m, rule, q->call->dest, q->clock->now))
        return false;
    if (!q->call->emergency)
        fill(q, m, rule);
    return true;
}

unsigned gw_limits_scope_calls(const struct gw_limit_scope *scope)
{
    return scope->party->calls;
}

bool gw_limits_check(const struct gw_limit_use *uses, unsigned n, const struct gw_limit_call *call,
                     const struct gw_limit_clock *clock, struct gw_limit_verdict *v)
{
    struct question q = {.call = call, .clock = clock, .v = v, .dry = true};

    *v = (struct gw_limit_verdict){0};
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < uses[i].scope->n; k++) {
            struct gw_limit_meter copy = *uses[i].scope->ties[k].meter;
            gw_limit_settle(&copy, clock);
            if (refuses(&q, &copy, &uses[i], k) && !call->emergency)
                return false;
        }
    }
    return true;
}

static void refused(struct gw_limit_meter *m, const struct gw_limit *rule, const char *text)
{
    static const enum gw_limits_counter counter[GW_LIMIT_KINDS] = {
        [GW_LIMIT_CALLS] = GW_LIMITS_CALLS, [GW_LIMIT_SAME] = GW_LIMITS_CALLS,
        [GW_LIMIT_CPS] = GW_LIMITS_CPS,     [GW_LIMIT_MINUTES] = GW_LIMITS_MINUTES,
        [GW_LIMIT_MONEY] = GW_LIMITS_MONEY,
    };

    rt_count(&gw_limits_counters[m->fraud ? GW_LIMITS_BLOCKED : counter[m->kind]]);
    if (m->fraud || m->limited)
        return;
    m->limited = true;
    gw_limit_say(m, GW_LIMIT_LIMITED, rule, text);
}

/** Asks every rule of every scope; false: refused. */
static bool ask(const struct question *q, const struct gw_limit_use *uses, unsigned n)
{
    bool passed = false;

    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < uses[i].scope->n; k++) {
            const struct gw_limit_tie *t = &uses[i].scope->ties[k];
            gw_limit_watch(t->meter, q->clock);
            if (!refuses(q, t->meter, &uses[i], k))
                continue;
            passed = true;
            if (q->call->emergency)
                continue;
            refused(t->meter, t->rule, q->v->text);
            return false;
        }
    }
    if (passed)
        rt_count(&gw_limits_counters[GW_LIMITS_EMERGENCY]);
    return true;
}

/* ---- taking ---- */

static struct gw_limit_dest *dest_get(struct gw_limit_meter *m, uint64_t dest)
{
    struct gw_limit_dest *d;

    HASH_FIND(hh, m->dests, &dest, sizeof(dest), d);
    if (d)
        return d;
    d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->dest = dest;
    HASH_ADD(hh, m->dests, dest, sizeof(d->dest), d);
    return d;
}

static void dest_put(struct gw_limit_meter *m, struct gw_limit_dest *d)
{
    if (d->calls > 0)
        return;
    HASH_DEL(m->dests, d);
    free(d);
}

/** Finds all that the leg will hold; counts nothing yet. */
static int gather(struct gw_limit_token *t, const struct gw_limit_use *uses, unsigned n,
                  uint64_t dest)
{
    for (unsigned i = 0; i < n; i++) {
        const struct gw_limit_scope *scope = uses[i].scope;
        t->held[t->n++] = (struct gw_limit_held){.party = scope->party};
        for (unsigned k = 0; k < scope->n; k++) {
            const struct gw_limit_tie *tie = &scope->ties[k];
            struct gw_limit_held h = {
                .party = scope->party, .meter = tie->meter, .rule = tie->rule};
            if (!counts(&uses[i], k) || (h.meter->kind == GW_LIMIT_SAME && dest == 0))
                continue;
            if (h.meter->kind == GW_LIMIT_SAME) {
                h.dest = dest_get(h.meter, dest);
                if (!h.dest)
                    return ENOMEM;
            }
            t->held[t->n++] = h;
        }
    }
    return 0;
}

static void drop(struct gw_limit_token *t)
{
    for (unsigned i = 0; i < t->n; i++) {
        if (t->held[i].dest)
            dest_put(t->held[i].meter, t->held[i].dest);
    }
    free(t);
}

static void enter(const struct gw_limit_held *h, rt_time now)
{
    if (!h->meter)
        h->party->calls++;
    else if (h->dest)
        h->dest->calls++;
    else if (h->meter->kind == GW_LIMIT_CPS)
        gw_limit_drip(h->meter, h->rule, now);
    else if (gw_limit_counts_apart(h->meter))
        h->meter->used++;
}

static int reserve(struct gw_limit_token **out, const struct gw_limit_use *uses, unsigned n,
                   const struct gw_limit_call *call, rt_time now)
{
    struct gw_limit_token *t;
    size_t most = n;

    for (unsigned i = 0; i < n; i++)
        most += uses[i].scope->n;
    t = malloc(sizeof(*t) + most * sizeof(t->held[0]));
    if (!t)
        return ENOMEM;
    *t = (struct gw_limit_token){.rate = call->rate, .first = call->first};
    if (t->rate < 0)
        t->rate = 0;
    if (t->rate > GW_LIMITS_RATE_MAX)
        t->rate = GW_LIMITS_RATE_MAX;
    if (gather(t, uses, n, call->dest) != 0) {
        drop(t);
        return ENOMEM;
    }
    for (unsigned i = 0; i < t->n; i++)
        enter(&t->held[i], now);
    if (n > 0) {
        t->store = uses[0].scope->party->store;
        DL_APPEND(t->store->tokens, t);
    }
    *out = t;
    return 0;
}

int gw_limits_take(const struct gw_limit_use *uses, unsigned n, const struct gw_limit_call *call,
                   const struct gw_limit_clock *clock, struct gw_limit_verdict *v,
                   struct gw_limit_token **out)
{
    struct gw_limit_verdict ours;
    struct question q = {.call = call, .clock = clock, .v = v ? v : &ours};

    *out = NULL;
    q.v->refused = false;
    q.v->text[0] = '\0';
    if (n > GW_LIMITS_USES_MAX)
        return E2BIG;
    if (!ask(&q, uses, n))
        return EBUSY;
    return reserve(out, uses, n, call, clock->now);
}

/* ---- minutes and money ---- */

/** Adds to what has run up, or takes from it; a fraud rule counts on from there. */
static void spend(struct gw_limit_meter *m, int64_t micro)
{
    m->used += micro;
    if (m->used < m->base)
        m->base = m->used > 0 ? m->used : 0;
    if (m->used < 0)
        m->used = 0;
}

void gw_limits_answered(struct gw_limit_token *t, const struct gw_limit_clock *clock)
{
    if (t->answered)
        return;
    t->answered = true;
    t->since = clock->now;
    for (unsigned i = 0; i < t->n; i++) {
        struct gw_limit_meter *m = t->held[i].meter;
        if (!gw_limit_sums(t->held[i].meter))
            continue;
        gw_limit_settle(m, clock);
        m->rate += gw_limit_rate(m, t);
        if (m->kind == GW_LIMIT_MONEY)
            spend(m, t->first);
        gw_limit_watch(m, clock);
    }
    t->charged += t->first;
}

void gw_limits_charge(struct gw_limit_token *t, int64_t micro, const char *unit,
                      const struct gw_limit_clock *clock)
{
    for (unsigned i = 0; i < t->n; i++) {
        struct gw_limit_meter *m = t->held[i].meter;
        if (!m || m->kind != GW_LIMIT_MONEY || (unit && (!m->unit || strcmp(m->unit, unit) != 0)))
            continue;
        gw_limit_settle(m, clock);
        spend(m, micro);
        gw_limit_watch(m, clock);
    }
    t->charged += micro;
}

/** What the call has been counted for since `from`. */
static int64_t counted(const struct gw_limit_token *t, rt_time from, rt_time now)
{
    rt_time begin = t->since > from ? t->since : from;
    rt_time talk = t->answered && now > begin ? now - begin : 0;

    return (begin == t->since ? t->charged : 0) + t->rate * (talk / GW_LIMITS_MINUTE) +
           t->rate * (talk % GW_LIMITS_MINUTE) / GW_LIMITS_MINUTE;
}

/** Puts right what was counted, `more` being negative when it was too much: of a window no more
 * than the call has put into it, for the rest was counted in an earlier one. */
static void correct(const struct gw_limit_token *t, struct gw_limit_meter *m, int64_t more,
                    const struct gw_limit_clock *clock)
{
    int64_t least = -counted(t, m->began, clock->now);

    spend(m, more > least ? more : least);
}

static void leave(const struct gw_limit_token *t, struct gw_limit_held *h, int64_t more,
                  const struct gw_limit_clock *clock)
{
    struct gw_limit_meter *m = h->meter;

    gw_limit_settle(m, clock);
    if (gw_limit_sums(m) && t->answered)
        m->rate -= gw_limit_rate(m, t);
    if (m->kind == GW_LIMIT_MONEY && more != 0)
        correct(t, m, more, clock);
    if (h->dest) {
        h->dest->calls--;
        dest_put(m, h->dest);
    }
    if (gw_limit_counts_apart(m) && m->window == GW_WINDOW_NONE)
        m->used--;
}

void gw_limits_release(struct gw_limit_token *t, int64_t cost, const struct gw_limit_clock *clock)
{
    if (!t)
        return;
    int64_t more = cost >= 0 ? cost - counted(t, t->since, clock->now) : 0;

    for (unsigned i = 0; i < t->n; i++) {
        if (!t->held[i].meter)
            t->held[i].party->calls--;
        else
            leave(t, &t->held[i], more, clock);
    }
    for (unsigned i = 0; i < t->n; i++) {
        if (t->held[i].meter)
            gw_limit_watch(t->held[i].meter, clock);
    }
    if (t->store)
        DL_DELETE(t->store->tokens, t);
    free(t);
}

void gw_limits_tokens(const struct gw_limits *s, void (*fn)(void *arg, struct gw_limit_token *t),
                      void *arg)
{
    struct gw_limit_token *t, *next;

    for (t = s->tokens; t; t = next) {
        next = t->next;
        fn(arg, t);
    }
}
