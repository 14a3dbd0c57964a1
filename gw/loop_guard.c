/* The memory of calls that left, and its questions. One entry is a trunk, a caller and a called
 * number; it holds how many such calls are out, and when the last ones came in.
 */
#include "gw/loop_guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

/** Longer keys are not remembered: numbers are not that long. */
#define KEY_MAX 256

const struct gw_loop_rule gw_loop_rule_default = {
    .hops = 5,
    .returns = 1,
    .repeats = 10,
    .within = 10 * RT_S,
};

struct rt_counter gw_loop_counters[GW_LOOP_NCOUNTERS] = {
    [GW_LOOP_COUNT_HOPS] = {.name = "loop_hops_total",
                            .help = "Calls refused because they were redirected too often"},
    [GW_LOOP_COUNT_FORWARDS] = {.name = "loop_max_forwards_total",
                                .help = "Calls refused because Max-Forwards ran out"},
    [GW_LOOP_COUNT_RETURNED] = {.name = "loop_returned_total",
                                .help = "Calls refused because they were back on the trunk on "
                                        "which they left"},
    [GW_LOOP_COUNT_REPEATED] = {.name = "loop_repeated_total",
                                .help = "Calls refused because they came in over and over"},
    [GW_LOOP_COUNT_FORGOTTEN] = {.name = "loop_forgotten_total",
                                 .help = "Calls that left unwatched for want of room"},
};

struct gw_loop_out {
    unsigned out;                    /**< legs now */
    rt_time left;                    /**< when the last one left */
    rt_time in[GW_LOOP_REPEATS_MAX]; /**< arrivals, a ring */
    unsigned arrivals;
    struct gw_loop_out *prev, *next; /**< no leg out: used longest ago first */
    UT_hash_handle hh;
    size_t key_len;
    char key[];
};

struct gw_loop_guard {
    struct gw_loop_out *pairs, *idle;
    unsigned n, max;
};

int gw_loop_guard_new(struct gw_loop_guard **out, unsigned max)
{
    struct gw_loop_guard *g = calloc(1, sizeof(*g));

    *out = g;
    if (!g)
        return ENOMEM;
    g->max = max > 0 ? max : GW_LOOP_MAX;
    return 0;
}

void gw_loop_guard_free(struct gw_loop_guard *g)
{
    struct gw_loop_out *o, *next;

    if (!g)
        return;
    HASH_ITER(hh, g->pairs, o, next)
    {
        HASH_DEL(g->pairs, o);
        free(o);
    }
    free(g);
}

/* ---- what left ---- */

/** Each part ends with a NUL, so no two calls share a key. 0: too long. */
static size_t key_of(char key[KEY_MAX], struct rt_str trunk, struct rt_str caller,
                     struct rt_str called)
{
    const struct rt_str part[] = {trunk, caller, called};
    size_t n = 0;

    for (size_t i = 0; i < RT_COUNT(part); i++) {
        if (part[i].n >= KEY_MAX - n)
            return 0;
        if (part[i].n > 0)
            memcpy(key + n, part[i].p, part[i].n);
        n += part[i].n;
        key[n++] = '\0';
        if (n == KEY_MAX)
            return 0;
    }
    return n;
}

static struct gw_loop_out *find(const struct gw_loop_guard *g, const char *key, size_t n)
{
    struct gw_loop_out *o;

    HASH_FIND(hh, g->pairs, key, n, o);
    return o;
}

/** Makes room by forgetting what is out no more. False: all are out. */
static bool room(struct gw_loop_guard *g)
{
    struct gw_loop_out *old = g->idle;

    if (g->n < g->max)
        return true;
    if (!old)
        return false;
    DL_DELETE(g->idle, old);
    HASH_DEL(g->pairs, old);
    free(old);
    g->n--;
    return true;
}

/** A pair without legs, not among the idle ones. */
static struct gw_loop_out *make(struct gw_loop_guard *g, const char *key, size_t n)
{
    struct gw_loop_out *o = room(g) ? calloc(1, sizeof(*o) + n) : NULL;

    if (!o)
        return NULL;
    memcpy(o->key, key, n);
    o->key_len = n;
    HASH_ADD_KEYPTR(hh, g->pairs, o->key, n, o);
    g->n++;
    return o;
}

struct gw_loop_out *gw_loop_left(struct gw_loop_guard *g, struct rt_str trunk, struct rt_str caller,
                                 struct rt_str called, rt_time now)
{
    char key[KEY_MAX];
    size_t n = key_of(key, trunk, caller, called);
    struct gw_loop_out *o = n > 0 ? find(g, key, n) : NULL;

    if (o && o->out == 0)
        DL_DELETE(g->idle, o);
    else if (!o && n > 0)
        o = make(g, key, n);
    if (!o) {
        rt_count(&gw_loop_counters[GW_LOOP_COUNT_FORGOTTEN]);
        return NULL;
    }
    o->out++;
    o->left = now;
    return o;
}

void gw_loop_ended(struct gw_loop_guard *g, struct gw_loop_out *out)
{
    if (out && --out->out == 0)
        DL_APPEND(g->idle, out);
}

unsigned gw_loop_pairs(const struct gw_loop_guard *g)
{
    return g->n;
}

/* ---- what came in ---- */

static unsigned most(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

/** Diversion, History-Info and the redirection counter tell of the same redirections. */
static unsigned hops_of(const struct gw_loop_call *c)
{
    return most(most(c->diversions, c->history), c->redirections);
}

/** Remembers an arrival of what was sent out; whether it is one too many. */
static bool arrive(struct gw_loop_out *o, const struct gw_loop_rule *rule, rt_time now)
{
    unsigned repeats = rule->repeats > GW_LOOP_REPEATS_MAX ? GW_LOOP_REPEATS_MAX
                       : rule->repeats > 0                 ? (unsigned)rule->repeats
                                                           : 0;
    bool loop = repeats > 0 && o->arrivals >= repeats && now - o->left <= rule->within &&
                now - o->in[(o->arrivals - repeats) % GW_LOOP_REPEATS_MAX] <= rule->within;

    o->in[o->arrivals++ % GW_LOOP_REPEATS_MAX] = now;
    return loop;
}

static enum gw_loop_kind judge(struct gw_loop_guard *g, const struct gw_loop_rule *rule,
                               const struct gw_loop_call *call, rt_time now,
                               struct gw_loop_out **found)
{
    char key[KEY_MAX];
    size_t n = key_of(key, call->trunk, call->caller, call->called);
    struct gw_loop_out *o = n > 0 ? find(g, key, n) : NULL;
    bool repeated = o && arrive(o, rule, now);

    *found = o;
    if (call->max_forwards == 0)
        return GW_LOOP_FORWARDS;
    if (rule->hops >= 0 && hops_of(call) > (unsigned)rule->hops)
        return GW_LOOP_HOPS;
    if (o && call->caller.n > 0 && rule->returns >= 0 && o->out > (unsigned)rule->returns)
        return GW_LOOP_RETURNED;
    return repeated ? GW_LOOP_REPEATED : GW_LOOP_NONE;
}

static void explain(struct gw_loop_verdict *v, const struct gw_loop_rule *rule,
                    const struct gw_loop_call *c, const struct gw_loop_out *o)
{
    switch (v->kind) {
    case GW_LOOP_HOPS:
        snprintf(v->text, sizeof(v->text), "loop: %u redirections, %d allowed", hops_of(c),
                 rule->hops);
        break;
    case GW_LOOP_FORWARDS:
        snprintf(v->text, sizeof(v->text), "loop: Max-Forwards is 0");
        break;
    case GW_LOOP_RETURNED:
        snprintf(v->text, sizeof(v->text), "loop: %.*s is out on %.*s %u times and is back",
                 RT_STR(c->called), RT_STR(c->trunk), o->out);
        break;
    case GW_LOOP_REPEATED:
        snprintf(v->text, sizeof(v->text), "loop: %.*s came in from %.*s over %d times in %d s",
                 RT_STR(c->called), RT_STR(c->trunk), rule->repeats, (int)(rule->within / RT_S));
        break;
    case GW_LOOP_NONE:
    case GW_LOOP_KINDS:
    default:
        break;
    }
}

bool gw_loop_check(struct gw_loop_guard *g, const struct gw_loop_rule *rule,
                   const struct gw_loop_call *call, rt_time now, struct gw_loop_verdict *v)
{
    struct gw_loop_out *o;

    v->kind = judge(g, rule, call, now, &o);
    if (call->emergency)
        v->kind = GW_LOOP_NONE;
    v->cause = v->status = 0;
    v->text[0] = '\0';
    if (v->kind == GW_LOOP_NONE)
        return false;
    v->cause = GW_LOOP_CAUSE;
    v->status = v->kind == GW_LOOP_FORWARDS ? 483 : 0;
    explain(v, rule, call, o);
    rt_count(&gw_loop_counters[v->kind - GW_LOOP_HOPS]);
    return true;
}
