/* Minutes and money that limits count, of each far end's trunk, of a customer for each of SIP or
 * ISDN, and of two groups of trunks: at rest they are what the records of the run have; after a
 * kill what the last minute's file had, after a stop all of it.
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

/** Who has limits: for each far end a customer and a trunk, then groups. */
#define TRUNKS   SIM_FARS_MAX
#define GROUPS   (2 * SIM_FARS_MAX)
#define NGROUPS  2
#define ACCOUNTS (GROUPS + NGROUPS)

/** What each had used. */
struct sample {
    rt_time at;
    rt_time ends[ACCOUNTS][COUNTS]; /* its day, its month */
    int64_t used[ACCOUNTS][COUNTS];
};

struct sim_limits {
    struct sample last[SAMPLES];
    unsigned n;
    struct sample base;        /* when the process had started */
    struct sample least, most; /* that the next process may begin with */
    bool waits;
    bool turned;   /* a day or a month began, maybe by a wall clock that was set */
    int64_t began; /* wall clock, ms: the process */
    int64_t recorded[ACCOUNTS][COUNTS];
    unsigned calls[ACCOUNTS];
    int64_t day; /* wall clock, ms: when the present one began */
};

/* ---- the plan ---- */

static bool has_customer(const struct sim *s, unsigned far)
{
    return s->far[far].kind == SIM_SIP || s->far[far].kind == SIM_SPAN;
}

static bool has_trunk(const struct sim *s, unsigned far)
{
    return s->far[far].kind != SIM_AGENT;
}

/** One of the groups: every second trunk. */
static void put_group(const struct sim *s, unsigned group, struct rt_buf *out)
{
    const char *before = " trunks ";

    for (unsigned i = group; i < s->nfars; i += NGROUPS) {
        if (!has_trunk(s, i))
            continue;
        if (before[1] == 't')
            rt_buf_printf(out, "group g%u {\n", group);
        rt_buf_printf(out, "%s%s", before, s->far[i].trunk);
        before = ", ";
    }
    if (before[0] == ',')
        rt_buf_puts(out, "\n" SIM_LIMIT "}\n");
}

void sim_limits_plan(const struct sim *s, struct rt_buf *out)
{
    rt_buf_puts(out, "usage /usage\ndeck retail {\n csv " RATES "\n currency EUR\n}\n");
    for (unsigned i = 0; i < s->nfars; i++) {
        if (!has_customer(s, i))
            continue;
        rt_buf_printf(out, "customer c%u {\n trunks %s\n deck retail\n" SIM_LIMIT "}\n", i,
                      s->far[i].trunk);
        if (*sim_limits_way(s, i))
            rt_buf_printf(out, "lcr way-%s {\n offer retail via %s\n}\n", s->far[i].trunk,
                          s->far[i].trunk);
    }
    for (unsigned i = 0; i < NGROUPS; i++)
        put_group(s, i, out);
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

struct looking {
    const struct sim *s;
    struct sample *out;
};

/** ACCOUNTS: none of ours. */
static unsigned account_of(const struct sim *s, const struct gw_limit_state *st)
{
    unsigned n = ACCOUNTS;

    if (st->scope == GW_SCOPE_CUSTOMER && sscanf(st->name, "c%u", &n) == 1)
        return n < SIM_FARS_MAX ? n : ACCOUNTS;
    if (st->scope == GW_SCOPE_GROUP && sscanf(st->name, "g%u", &n) == 1)
        return n < NGROUPS ? GROUPS + n : ACCOUNTS;
    for (unsigned i = 0; i < s->nfars && st->scope == GW_SCOPE_TRUNK; i++)
        if (strcmp(st->name, s->far[i].trunk) == 0)
            return TRUNKS + i;
    return ACCOUNTS;
}

static void take_state(void *arg, const struct gw_limit_state *st)
{
    struct looking *l = arg;
    unsigned who = account_of(l->s, st);

    unsigned count = st->kind == GW_LIMIT_MONEY ? MONEY : MINUTES;

    if (who == ACCOUNTS || (st->kind != GW_LIMIT_MINUTES && st->kind != GW_LIMIT_MONEY))
        return;
    l->out->used[who][count] = st->used;
    l->out->ends[who][count] = rt_now() + st->ends;
}

/** The file of what is used knows the end of a window to the second. */
static bool same_window(const struct sample *a, const struct sample *b, unsigned who,
                        unsigned count)
{
    rt_time later = a->ends[who][count] - b->ends[who][count];

    return later < 3 * RT_S && later > -3 * RT_S;
}

static bool same_windows(const struct sample *a, const struct sample *b)
{
    for (unsigned i = 0; i < ACCOUNTS; i++)
        for (unsigned k = 0; k < COUNTS; k++)
            if (!same_window(a, b, i, k))
                return false;
    return true;
}

static int64_t look(struct sample *out, const struct sim *s)
{
    struct gw_limit_clock clock;

    gw_quota_clock(&clock, s->gw->plan, 0);
    *out = (struct sample){.at = rt_now()};
    gw_limits_each(s->gw->limits, &clock, take_state, &(struct looking){s, out});
    return (rt_wall() - clock.window[GW_WINDOW_DAY].into) / RT_MS;
}

void sim_limits_watch(struct sim *s)
{
    struct sim_limits *l = s->checks->limits;

    if (!s->gw || (l->n > 0 && rt_now() < l->last[(l->n - 1) % SAMPLES].at + EACH))
        return;
    struct sample *now = &l->last[l->n++ % SAMPLES];
    look(now, s);
    l->turned |= !same_windows(now, &l->base);
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

/** For people. */
static const char *name_of(const struct sim *s, unsigned who)
{
    static char text[32];
    static const char *const kinds[] = {"customer of", "trunk", "group"};

    if (who < GROUPS)
        snprintf(text, sizeof text, "%s %s", kinds[who / TRUNKS], s->far[who % TRUNKS].trunk);
    else
        snprintf(text, sizeof text, "%s %u", kinds[2], who - GROUPS);
    return text;
}

static void check_kept(struct sim *s, unsigned who, unsigned count)
{
    const struct sim_limits *l = s->checks->limits;
    int64_t is = l->base.used[who][count], most = l->most.used[who][count];
    int64_t least = disk_failed(s, l->most.at) ? 0 : l->least.used[who][count];

    if (!same_window(&l->base, &l->least, who, count) ||
        sim_fault_between(s, SIM_CLOCK, l->most.at - 2 * WRITTEN, rt_now()))
        return;
    if (is < least || is > most)
        sim_fail(s, "limits", "%s begins again with %lld %s, not %lld to %lld", name_of(s, who),
                 (long long)is, names[count], (long long)least, (long long)most);
}

void sim_limits_started(struct sim *s)
{
    struct sim_limits *l = s->checks->limits;

    look(&l->base, s);
    l->turned = false;
    l->began = rt_wall() / RT_MS;
    for (unsigned i = 0; i < ACCOUNTS && l->waits; i++)
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

static void count(struct sim_limits *l, unsigned who, int64_t talk, int64_t micro)
{
    l->calls[who]++;
    l->recorded[who][MINUTES] += talk;
    l->recorded[who][MONEY] += micro;
}

/** One side of a call: its trunk, and the group of that. */
static void count_side(struct sim *s, const char *trunk, int64_t talk, int64_t micro, bool pays)
{
    struct sim_limits *l = s->checks->limits;

    for (unsigned i = 0; i < s->nfars; i++) {
        if (strcmp(trunk, s->far[i].trunk) != 0)
            continue;
        count(l, TRUNKS + i, talk, micro);
        count(l, GROUPS + i % NGROUPS, talk, micro);
        if (pays)
            count(l, i, talk, micro);
    }
}

void sim_limits_record(struct sim *s, const json_t *record)
{
    const struct sim_limits *l = s->checks->limits;
    int64_t answered = ms_of(text(record, "answer_time"));
    int64_t talk = json_integer_value(json_object_get(record, "talk_ms"));
    int64_t before = l->turned && l->day > answered ? l->day - answered : 0;

    if (answered == 0 || (s->starts > 1 && answered < l->began))
        return;
    talk = talk > before ? (talk - before) * RT_MS : 0;
    count_side(s, text(record, "from_trunk"), talk, micro_of(text(record, "price")), true);
    count_side(s, text(record, "to_trunk"), talk, micro_of(text(record, "cost")), false);
}

void sim_limits_day(struct sim *s)
{
    struct sample now;

    if (s->gw)
        s->checks->limits->day = look(&now, s);
}

/** A process that stands still sees the end of a call later than its clock has it. */
static int64_t slack(const struct sim *s, unsigned who)
{
    int64_t each = SLACK_MS * RT_MS;

    for (unsigned i = 0; i < s->nops; i++)
        if (s->op[i].kind == SIM_STALL)
            each += (int64_t)s->op[i].a[1] * RT_MS;
    return each * (s->checks->limits->calls[who] + 1);
}

static void check_one(struct sim *s, const struct sample *now, unsigned who, unsigned count)
{
    const struct sim_limits *l = s->checks->limits;
    bool same = same_window(now, &l->base, who, count);
    int64_t used = now->used[who][count] - (same ? l->base.used[who][count] : 0);
    int64_t is = l->recorded[who][count];
    /* a count divides what calls cost together, where each has a rest of its own */
    int64_t most = count == MONEY ? l->calls[who] + 1 : slack(s, who);

    if ((!same && count == MONEY) || (who < s->nfars && !has_customer(s, who)))
        return;
    if (used < is - most || used > is + most)
        sim_fail(s, "limits", "%s has used %lld %s, records have %lld", name_of(s, who),
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
    for (unsigned i = 0; i < ACCOUNTS; i++)
        for (unsigned k = 0; k < COUNTS; k++)
            check_one(s, &now, i, k);
}
