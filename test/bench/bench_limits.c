/* CPU time of the counts that every call passes: taking and giving back five scopes, noting a
 * call's outcome, and asking the loop guard; beside an empty loop over the same data in the same
 * run.
 *
 * One line of JSON each, ns per turn: the least of several runs.
 */
#include "gw/limits.h"
#include "gw/loop_guard.h"
#include "gw/performance.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TURNS  200000
#define RUNS   7
#define SCOPES 5
#define DESTS  20000

static const struct gw_limit rules[] = {
    {.kind = GW_LIMIT_CALLS, .window = GW_WINDOW_NONE, .value = 1000},
    {.kind = GW_LIMIT_CPS, .window = GW_WINDOW_NONE, .value = 900000000},
    {.kind = GW_LIMIT_MONEY,
     .window = GW_WINDOW_DAY,
     .value = 1000000 * RT_S,
     .unit = "EUR",
     .block = {.period = RT_S}},
};

static struct gw_limits *limits;
static struct gw_limit_scope *scope[SCOPES];
static struct gw_limit_use use[SCOPES];
static struct gw_limit_clock at = {.window = {[GW_WINDOW_DAY] = {.left = 86400 * RT_S}}};
static struct gw_performance *performance;
static struct gw_performance_trunk *trunk;
static struct gw_loop_guard *guard;
static volatile uint64_t sink;

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void nothing(unsigned i)
{
    sink += i;
}

static void take_release(unsigned i)
{
    struct gw_limit_call call = {.dest = i, .rate = 10000};
    struct gw_limit_verdict v;
    struct gw_limit_token *t;

    at.now += 10 * RT_MS;
    if (gw_limits_take(use, SCOPES, &call, &at, &v, &t) != 0) {
        fprintf(stderr, "bench_limits: %s\n", v.text);
        exit(1);
    }
    gw_limits_release(t, -1, &at);
}

static void take_answer_release(unsigned i)
{
    struct gw_limit_call call = {.dest = i, .rate = 10000};
    struct gw_limit_verdict v;
    struct gw_limit_token *t;

    at.now += 10 * RT_MS;
    if (gw_limits_take(use, SCOPES, &call, &at, &v, &t) != 0) {
        fprintf(stderr, "bench_limits: %s\n", v.text);
        exit(1);
    }
    gw_limits_answered(t, &at);
    gw_limits_release(t, 100, &at);
}

static void note(unsigned i)
{
    struct gw_performance_event e = {.what = GW_PERFORMANCE_ENDED, .cause = 17, .seized = true};

    gw_performance_note(performance, trunk, i * 2654435761u % DESTS + 1, &e, i * RT_MS);
}

static void get(unsigned i)
{
    struct gw_performance_figures f;

    gw_performance_get(&f, performance, trunk, i * 2654435761u % DESTS + 1, TURNS * RT_MS);
    sink += f.asr;
}

static void loop(unsigned i)
{
    char called[RT_DECIMAL_LEN];
    struct gw_loop_verdict v;
    struct gw_loop_call c = {.trunk = {"voipco", 6},
                             .caller = {"+4930901820", 11},
                             .called = rt_decimal(called, 493000000000 + i % DESTS),
                             .max_forwards = 70};
    struct gw_loop_out *out;

    sink += gw_loop_check(guard, &gw_loop_rule_default, &c, i * RT_S, &v);
    out = gw_loop_left(guard, c.trunk, c.caller, c.called, i * RT_S);
    gw_loop_ended(guard, out);
}

static double least(void (*turn)(unsigned i))
{
    double best = 1e18;

    for (int run = 0; run < RUNS; run++) {
        double begin = cpu_ns();
        for (unsigned i = 0; i < TURNS; i++)
            turn(i);
        double ns = (cpu_ns() - begin) / TURNS;
        best = ns < best ? ns : best;
    }
    return best;
}

static void prepare(void)
{
    static const char *const name[SCOPES] = {"voipco", "alpha", "staff", "acme", "192.0.2.1"};
    static const enum gw_scope_kind kind[SCOPES] = {GW_SCOPE_TRUNK, GW_SCOPE_GROUP, GW_SCOPE_CLASS,
                                                    GW_SCOPE_CUSTOMER, GW_SCOPE_SOURCE};
    int err = gw_limits_new(&limits);

    for (int i = 0; i < SCOPES && err == 0; i++) {
        err = gw_limits_scope(&scope[i], limits, kind[i], name[i], rules, RT_COUNT(rules));
        use[i] = (struct gw_limit_use){.scope = scope[i]};
    }
    if (err == 0)
        err = gw_performance_new(&performance, 0, 0);
    if (err == 0)
        err = gw_loop_guard_new(&guard, 0);
    if (err != 0)
        exit(1);
    trunk = gw_performance_trunk(performance, "voipco");
    at.now = RT_S;
}

int main(void)
{
    static const struct {
        const char *name;
        void (*turn)(unsigned i);
    } work[] = {
        {"take_release_5_scopes", take_release},
        {"take_answer_release_5_scopes", take_answer_release},
        {"performance_note", note},
        {"performance_get", get},
        {"loop_check_left_ended", loop},
    };
    double floor_ns;

    prepare();
    floor_ns = least(nothing);
    for (size_t i = 0; i < RT_COUNT(work); i++)
        printf("{\"bench\": \"limits\", \"work\": \"%s\", \"ns\": %.1f, \"empty_ns\": %.1f}\n",
               work[i].name, least(work[i].turn), floor_ns);
    for (int i = 0; i < SCOPES; i++)
        gw_limits_scope_drop(scope[i]);
    gw_limits_free(limits);
    gw_performance_free(performance);
    gw_loop_guard_free(guard);
    return 0;
}
