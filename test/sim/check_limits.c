/* Minutes and money that limits count, of a customer for each far end of SIP or ISDN: at rest they
 * are what the records of the run have; after a kill what the last minute's file had, after a stop
 * all of it.
 */
#include "gw/gw.h"
#include "gw/limits.h"
#include "gw/quota.h"
#include "gw/rt/file.h"
#include "test/sim/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RATES "/rates.csv"
/** The file of what is used is written each minute; with room for the timer and the disk. */
#define WRITTEN (75 * RT_S)
#define EACH    (5 * RT_S)
#define SAMPLES 32u
/** Between the clocks of a call and those of its limits. */
#define SLACK_MS 5

enum { MINUTES, MONEY, COUNTS };
static const char *const names[COUNTS] = {"us of talk", "micro-EUR"};

/** What each customer had used. */
struct sample {
    rt_time at;
    int32_t window[COUNTS]; /* which day, which month */
    int64_t used[SIM_FARS_MAX][COUNTS];
};

struct sim_limits {
    struct sample last[SAMPLES];
    unsigned n;
    struct sample base;        /* when the process had started */
    struct sample least, most; /* that the next process may begin with */
    bool waits;
    bool turned;   /* a day or a month began, maybe by a wall clock that was set */
    int64_t began; /* wall clock, ms: the process */
    int64_t recorded[SIM_FARS_MAX][COUNTS];
    unsigned calls[SIM_FARS_MAX];
    int64_t day; /* wall clock, ms: when the present one began */
};

/* ---- the plan ---- */

static bool has_customer(const struct sim *s, unsigned far)
{
    return s->far[far].kind == SIM_SIP || s->far[far].kind == SIM_SPAN;
}

void sim_limits_plan(const struct sim *s, struct rt_buf *out)
{
    rt_buf_puts(out, "usage /usage\ndeck retail {\n csv " RATES "\n currency EUR\n}\n");
    for (unsigned i = 0; i < s->nfars; i++) {
        if (!has_customer(s, i))
            continue;
        rt_buf_printf(out,
                      "customer c%u {\n trunks %s\n deck retail\n"
                      " limit 1000000 min/day, 1000000 EUR/month\n}\n",
                      i, s->far[i].trunk);
        if (*sim_limits_way(s, i))
            rt_buf_printf(out, "lcr way-%s {\n offer retail via %s\n}\n", s->far[i].trunk,
                          s->far[i].trunk);
    }
}

const char *sim_limits_way(const struct sim *s, unsigned to)
{
    return to % 2 == 0 && has_customer(s, to) ? "lcr way-" : "";
}

int sim_limits_start(struct sim *s)
{
    static const char rates[] = "prefix,rate,setup,first,step\n49,0.0600,0.0200,30,6\n"
                                "493,0.1000,0,1,1\n";

    s->checks->limits = calloc(1, sizeof *s->checks->limits);
    return s->checks->limits ? rt_file_replace(RATES, rates, sizeof rates - 1, 0644) : ENOMEM;
}

/* ---- samples ---- */

static void take_state(void *arg, const struct gw_limit_state *st)
{
    struct sample *out = arg;
    unsigned far;

    if (st->scope == GW_SCOPE_CUSTOMER && sscanf(st->name, "c%u", &far) == 1 &&
        far < SIM_FARS_MAX && (st->kind == GW_LIMIT_MINUTES || st->kind == GW_LIMIT_MONEY))
        out->used[far][st->kind == GW_LIMIT_MONEY ? MONEY : MINUTES] = st->used;
}

static int64_t look(struct sample *out, const struct sim *s)
{
    struct gw_limit_clock clock;

    gw_quota_clock(&clock, s->gw->plan, 0);
    *out = (struct sample){
        .at = rt_now(),
        .window = {clock.window[GW_WINDOW_DAY].key, clock.window[GW_WINDOW_MONTH].key}};
    gw_limits_each(s->gw->limits, &clock, take_state, out);
    return (clock.wall - clock.window[GW_WINDOW_DAY].into) * 1000;
}

void sim_limits_watch(struct sim *s)
{
    struct sim_limits *l = s->checks->limits;

    if (!s->gw || (l->n > 0 && rt_now() < l->last[(l->n - 1) % SAMPLES].at + EACH))
        return;
    struct sample *now = &l->last[l->n++ % SAMPLES];
    look(now, s);
    l->turned |= memcmp(now->window, l->base.window, sizeof now->window) != 0;
}

/* ---- over a restart ---- */

/** The newest that is in the file for sure. */
static const struct sample *written(const struct sim_limits *l)
{
    const struct sample *best = &l->base;

    for (unsigned i = 0; i < SAMPLES && i < l->n; i++) {
        const struct sample *one = &l->last[i];
        if (one->at > best->at && one->at + WRITTEN < rt_now())
            best = one;
    }
    return best;
}

void sim_limits_ends(struct sim *s, bool stopped)
{
    struct sim_limits *l = s->checks->limits;

    if (!s->gw)
        return;
    look(&l->most, s);
    l->least = stopped ? l->most : *written(l);
    l->waits = true;
}

static bool disk_failed(const struct sim *s, rt_time at)
{
    rt_time since = at - 2 * WRITTEN;

    return sim_fault_between(s, SIM_DISK_BAD, since, at) ||
           sim_fault_between(s, SIM_DISK_SLOW, since, at) ||
           sim_fault_between(s, SIM_MEMORY, since, at) ||
           sim_fault_between(s, SIM_STALL, since, at);
}

static void check_kept(struct sim *s, unsigned far, unsigned count)
{
    const struct sim_limits *l = s->checks->limits;
    int64_t is = l->base.used[far][count], most = l->most.used[far][count];
    int64_t least = disk_failed(s, l->most.at) ? 0 : l->least.used[far][count];

    if (l->base.window[count] != l->least.window[count] ||
        sim_fault_between(s, SIM_CLOCK, l->most.at - 2 * WRITTEN, rt_now()))
        return;
    if (is < least || is > most)
        sim_fail(s, "limits", "%s begins again with %lld %s, not %lld to %lld", s->far[far].trunk,
                 (long long)is, names[count], (long long)least, (long long)most);
}

void sim_limits_started(struct sim *s)
{
    struct sim_limits *l = s->checks->limits;

    look(&l->base, s);
    l->turned = false;
    l->began = rt_wall() / RT_MS;
    for (unsigned i = 0; i < s->nfars && l->waits; i++)
        for (unsigned k = 0; k < COUNTS; k++)
            check_kept(s, i, k);
    l->waits = false;
}

/* ---- at rest: records ---- */

static const char *text(const json_t *record, const char *name)
{
    const char *z = json_string_value(json_object_get(record, name));

    return z ? z : "";
}

/** "2026-03-01T08:04:32.410Z" in ms since 1970; 0: it is none. */
static int64_t ms_of(const char *z)
{
    struct tm tm = {0};
    const char *rest = strptime(z, "%Y-%m-%dT%H:%M:%S", &tm);

    return rest ? (int64_t)timegm(&tm) * 1000 + (*rest == '.' ? atoi(rest + 1) : 0) : 0;
}

/** "0.012500 EUR" */
static int64_t micro_of(const char *z)
{
    unsigned whole = 0, part = 0;

    return sscanf(z, "%u.%6u", &whole, &part) == 2 ? (int64_t)whole * 1000000 + part : 0;
}

void sim_limits_record(struct sim *s, const json_t *record)
{
    struct sim_limits *l = s->checks->limits;
    int64_t answered = ms_of(text(record, "answer_time"));
    int64_t talk = json_integer_value(json_object_get(record, "talk_ms"));
    int64_t before = l->turned && l->day > answered ? l->day - answered : 0;

    for (unsigned i = 0; i < s->nfars; i++) {
        if (answered == 0 || (s->starts > 1 && answered < l->began) ||
            strcmp(text(record, "from_trunk"), s->far[i].trunk) != 0)
            continue;
        l->calls[i]++;
        l->recorded[i][MINUTES] += talk > before ? (talk - before) * RT_MS : 0;
        l->recorded[i][MONEY] += micro_of(text(record, "price"));
    }
}

void sim_limits_day(struct sim *s)
{
    struct sample now;

    if (s->gw)
        s->checks->limits->day = look(&now, s);
}

/** A process that stands still sees the end of a call later than its clock has it. */
static int64_t slack(const struct sim *s, unsigned far)
{
    int64_t each = SLACK_MS * RT_MS;

    for (unsigned i = 0; i < s->nops; i++)
        if (s->op[i].kind == SIM_STALL)
            each += (int64_t)s->op[i].a[1] * RT_MS;
    return each * (s->checks->limits->calls[far] + 1);
}

static void check_far(struct sim *s, const struct sample *now, unsigned far, unsigned count)
{
    const struct sim_limits *l = s->checks->limits;
    bool same = now->window[count] == l->base.window[count];
    int64_t used = now->used[far][count] - (same ? l->base.used[far][count] : 0);
    int64_t is = l->recorded[far][count];
    /* a count divides what calls cost together, where each has a rest of its own */
    int64_t most = count == MONEY ? l->calls[far] + 1 : slack(s, far);

    if ((!same && count == MONEY) || !has_customer(s, far))
        return;
    if (used < is - most || used > is + most)
        sim_fail(s, "limits", "%s has used %lld %s, records have %lld", s->far[far].trunk,
                 (long long)used, names[count], (long long)is);
}

void sim_check_limits(struct sim *s)
{
    struct sample now;

    if (!s->gw || s->injected[SIM_MEMORY] > 0)
        return;
    if (s->injected[SIM_CLOCK] > 0 && (s->starts > 1 || s->checks->limits->turned))
        return; /* the times of records do not say what belongs where */
    look(&now, s);
    for (unsigned i = 0; i < s->nfars; i++)
        for (unsigned k = 0; k < COUNTS; k++)
            check_far(s, &now, i, k);
}
