/* What happens in a run, drawn from its seed: which far ends there are, who calls whom and how, and
 * what breaks when. Each operation is drawn from a generator of its own.
 */
#include "test/sim/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[] = {"sip", "span", "lines", "users", "agent"};

const char *sim_kind_word(enum sim_kind kind)
{
    return kinds[kind];
}

const struct sim_far_ops *sim_far_of(enum sim_kind kind)
{
    const struct sim_far_ops *ops[] = {&sim_far_sip, &sim_far_span, &sim_far_lines, &sim_far_users,
                                       &sim_far_agent};
    return ops[kind];
}

void sim_far_init(struct sim *s, struct sim_far *f, unsigned index, enum sim_kind kind)
{
    f->sim = s;
    f->ops = sim_far_of(kind);
    f->kind = kind;
    f->index = index;
    snprintf(f->trunk, sizeof f->trunk, "%s%u", kinds[kind], index % 10);
    snprintf(f->host, sizeof f->host, "10.0.1.%u", index % 100 + 1);
}

/* ---- far ends ---- */

static bool has_kind(const struct sim *s, enum sim_kind kind)
{
    for (unsigned i = 0; i < s->nfars; i++)
        if (s->far[i].kind == kind)
            return true;
    return false;
}

/** One of the kinds there are: of MGCP and of registered users at most one. */
static enum sim_kind draw_kind(const struct sim *s, struct sim_dice *d)
{
    static const enum sim_kind bag[] = {SIM_SIP,  SIM_SIP,   SIM_SIP,   SIM_SPAN,
                                        SIM_SPAN, SIM_LINES, SIM_USERS, SIM_AGENT};

    for (unsigned tries = 0; tries < 50; tries++) {
        enum sim_kind k = bag[sim_below(d, RT_COUNT(bag))];
        if (k <= SIM_SPAN || !has_kind(s, k))
            return k;
    }
    return SIM_SIP;
}

static void draw_fars(struct sim *s, struct sim_dice *d)
{
    unsigned n = sim_between(d, 2, 5);

    for (unsigned i = 0; i < n; i++) {
        enum sim_kind k = i == 1 ? SIM_SIP : draw_kind(s, d);
        if (i == 0 && sim_often(d, 800))
            k = SIM_SPAN;
        sim_far_init(s, &s->far[i], i, k);
        s->far[i].variety = sim_roll(d);
        if (k == SIM_SPAN && !s->faults) /* a pseudowire sends without end: months are for cards */
            s->far[i].variety |= 1;
        s->far[i].emergency = (k == SIM_SPAN || k == SIM_SIP) && sim_often(d, 500);
        s->nfars++;
    }
    s->far[1].emergency |= !s->far[0].emergency;
}

/* ---- calls ---- */

/** Refusals that far ends make. */
static const uint8_t refusals[] = {1,  3,  17, 17, 17, 18, 19, 20, 21, 22, 27, 28,  31,
                                   34, 38, 41, 42, 47, 55, 57, 58, 65, 79, 88, 102, 127};

static void draw_manner(struct sim *s, struct sim_script *c, struct sim_dice *d)
{
    c->ring = sim_often(d, 100)   ? 0
              : sim_often(d, 900) ? sim_between(d, 1, 9000)
                                  : sim_between(d, 9000, 40000);
    c->progress = sim_often(d, 100) ? sim_between(d, 1, 3000) : 0;
    c->refuse = sim_often(d, 200) ? refusals[sim_below(d, RT_COUNT(refusals))] : 0;
    c->give_up = sim_often(d, 120) ? sim_between(d, 1, 30000) : 0;
    c->talk = s->faults
                  ? sim_often(d, 30) ? sim_between(d, 60000, 600000) : sim_between(d, 0, 40000)
                  : sim_between(d, 5000, 60000);
    c->called_ends = sim_often(d, 500);
    c->silent = sim_often(d, 20);
    c->overlap = sim_often(d, 150);
    c->hold = sim_often(d, 50) && c->talk > 4000 ? sim_between(d, 500, c->talk / 3) : 0;
    c->digits = sim_often(d, 80) ? sim_between(d, 1, 6) : 0;
    c->transfer = sim_often(d, 20) && c->talk > 6000 ? sim_between(d, 500, c->talk / 2) : 0;
}

/** No route leads to an agent and its line: they call each other. */
static void draw_island(const struct sim *s, struct sim_op *op)
{
    struct sim_script *c = &op->call;

    if (s->far[op->from].kind == SIM_AGENT)
        op->to = op->from;
    else
        op->from = op->to;
    c->overlap = false; /* MS/inf has all digits */
    c->transfer = 0;
    if (c->hold == 0 && c->digits == 0 && c->talk > 4000) { /* few calls are such an island's */
        c->hold = op->id % 4 == 0 ? c->talk / 4 : 0;
        c->digits = op->id % 4 == 2 ? 1 + op->id / 4 % 6 : 0;
    }
}

static void draw_call(struct sim *s, struct sim_op *op, struct sim_dice *d)
{
    struct sim_script *c = &op->call;

    op->from = sim_below(d, s->nfars);
    op->to = sim_below(d, s->nfars);
    if (op->to == op->from && sim_often(d, 900))
        op->to = (op->to + 1) % s->nfars;
    draw_manner(s, c, d);
    if (s->far[op->to].kind == SIM_SPAN && c->talk > 6000 && sim_often(d, 60))
        c->transfer = sim_between(d, 500, c->talk / 2);
    if (s->far[op->from].kind == SIM_SPAN && sim_often(d, 30))
        op->to = op->from; /* two calls of one exchange, which it may join */
    if (s->far[op->to].kind == SIM_LINES)
        c->refuse = 0; /* a telephone rings, and nobody answers: `silent` */
    if (s->far[op->from].kind == SIM_AGENT || s->far[op->to].kind == SIM_AGENT)
        draw_island(s, op);
    unsigned urgent = s->seed % 5 == 3 ? 150 : 20; /* in every fifth run many are in need */
    if (s->far[op->from].kind <= SIM_SPAN && sim_often(d, urgent)) { /* numbers have the id */
        *c = (struct sim_script){.emergency = true,
                                 .ring = c->ring % 5000,
                                 .talk = c->talk,
                                 .called_ends = c->called_ends};
        while (!s->far[op->to].emergency)
            op->to = (op->to + 1) % s->nfars;
    }
}

/* ---- faults ---- */

/** How often each kind comes, and what it is like. */
static const struct {
    unsigned weight, a0_least, a0_most, a1_least, a1_most;
} faults[SIM_OP_KINDS] = {
    [SIM_LOSS] = {10, 20, 900, 500, 60000},
    [SIM_TWICE] = {10, 50, 1000, 500, 60000},
    [SIM_DELAY] = {10, 5, 3000, 500, 60000},
    [SIM_CUT] = {8, 0, 0, 200, 120000},
    [SIM_FLAP] = {8, 0, 0, 100, 60000},
    [SIM_SLIP] = {5, 1, 5, 0, 0},
    [SIM_BLOCK] = {5, 0, 1, 2000, 120000},
    [SIM_RESTART] = {5, 0, 0, 0, 0},
    [SIM_RELEASE] = {6, 0, 9, 0, 0},
    [SIM_APPLY] = {6, 0, 3, 0, 0},
    [SIM_STALL] = {5, 0, 0, 20, 20000},
    [SIM_KILL] = {3, 0, 0, 50, 20000},
    [SIM_POWER] = {3, 0, 0, 1000, 60000},
    [SIM_STOP] = {2, 0, 0, 100, 20000},
    [SIM_DISK_SLOW] = {5, 1, 800, 1000, 60000},
    [SIM_DISK_BAD] = {4, 0, 0, 500, 30000},
    [SIM_MEMORY] = {2, 1, 60, 200, 10000},
    [SIM_GARBAGE] = {6, 1, 200, 0, 0},
    [SIM_PHONE] = {10, 0, 27, 1000, 150000},
    [SIM_CLOCK] = {0, 1, 7200, 0, 1}, /* drawn by itself */
    [SIM_CRASH] = {6, 0, 0, 100, 60000},
};

/** Kinds that are drawn among each other: all between calls and the clock. */
#define THEMES (SIM_CLOCK - 1)

/** In every second run one kind comes more often than all others, each in its turn. */
static enum sim_op_kind draw_fault_kind(const struct sim *s, struct sim_dice *d)
{
    unsigned sum = 0, theme = 1 + (unsigned)(s->seed / 2 % THEMES);

    if (s->seed % 2 == 0 && sim_often(d, 650))
        return (enum sim_op_kind)theme;

    for (unsigned k = 0; k < SIM_OP_KINDS; k++)
        sum += faults[k].weight;
    unsigned at = sim_below(d, sum), k = 0;
    for (; at >= faults[k].weight; k++)
        at -= faults[k].weight;
    return (enum sim_op_kind)k;
}

static void draw_values(struct sim_op *op, struct sim_dice *d)
{
    op->a[0] = sim_between(d, faults[op->kind].a0_least, faults[op->kind].a0_most);
    op->a[1] = sim_between(d, faults[op->kind].a1_least, faults[op->kind].a1_most);
}

static void draw_fault(struct sim *s, struct sim_op *op, struct sim_dice *d)
{
    op->kind = draw_fault_kind(s, d);
    op->from = op->to = sim_below(d, s->nfars);
    if (op->kind <= SIM_CUT && sim_often(d, 150))
        op->from = op->to = SIM_FARS_MAX;
    draw_values(op, d);
}

static void draw_clock(struct sim *s, struct sim_op *op, struct sim_dice *d)
{
    (void)s;
    op->kind = SIM_CLOCK;
    draw_values(op, d);
    if (sim_often(d, 500))
        op->a[0] = op->a[0] % 60 + 1;
}

/* ---- the whole ---- */

static struct sim_op *add(struct sim *s, unsigned *room, rt_time at)
{
    if (s->nops == *room) {
        unsigned more = *room ? *room * 2 : 256;
        struct sim_op *op = realloc(s->op, more * sizeof *op);
        if (!op)
            return NULL;
        s->op = op;
        *room = more;
    }
    struct sim_op *op = &s->op[s->nops++];
    *op = (struct sim_op){.at = at, .id = s->nops};
    return op;
}

/** Operations of one sort, each so long after the one before; now and then many at once. */
static int draw(struct sim *s, unsigned *room, struct sim_dice *d, rt_time mean, unsigned burst,
                void (*one)(struct sim *s, struct sim_op *op, struct sim_dice *d))
{
    for (rt_time at = sim_wait(d, mean); at < s->length; at += sim_wait(d, mean)) {
        unsigned n = sim_often(d, 20) ? sim_between(d, 2, burst) : 1;
        for (unsigned i = 0; i < n; i++) {
            struct sim_op *op = add(s, room, at + (rt_time)sim_below(d, n) * 100 * RT_MS);
            if (!op)
                return ENOMEM;
            struct sim_dice own = {sim_mix(s->seed, op->id)};
            one(s, op, &own);
        }
    }
    return 0;
}

static int by_time(const void *a, const void *b)
{
    const struct sim_op *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/** Seconds between faults: seldom, so that each is alone, or before the last one is over. */
static unsigned fault_pace(const struct sim *s, struct sim_dice *d)
{
    if (s->harsh)
        return sim_between(d, 2, 12);
    return sim_often(d, 600) ? sim_between(d, 60, 300) : sim_between(d, 5, 60);
}

int sim_script_make(struct sim *s)
{
    struct sim_dice d = {sim_mix(s->seed, 0)};
    unsigned room = 0;

    draw_fars(s, &d);
    rt_time mean = s->faults ? (rt_time)sim_between(&d, 500, 8000) * RT_MS
                             : (rt_time)sim_between(&d, 120, 300) * RT_S;
    if (s->faults && sim_often(&d, 200)) /* few calls, so that faults meet single ones */
        mean = (rt_time)sim_between(&d, 8000, 50000) * RT_MS;
    int err = draw(s, &room, &d, mean, s->faults ? 60 : 2, draw_call);
    if (err == 0 && s->faults)
        err = draw(s, &room, &d, (rt_time)fault_pace(s, &d) * RT_S, 6, draw_fault);
    if (err == 0 && s->faults)
        err = draw(s, &room, &d, 400 * RT_S, 2, draw_clock);
    if (s->nops > 0)
        qsort(s->op, s->nops, sizeof *s->op, by_time);
    return err;
}
