/* A run as text: a line for each far end and each operation, to be read, cut down and run again.
 *
 *     seed 17 faults 1 length 1800000
 *     far sip0 variety 81985529216486895 emergency
 *     +12.345 7 call sip0 span1 ring 3000 talk 20000
 *     +60.000 8 loss sip0 100 20000
 */
#include "test/sim/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

static const char *const words[SIM_OP_KINDS] = {
    [SIM_CALL] = "call",           [SIM_LOSS] = "loss",         [SIM_TWICE] = "twice",
    [SIM_DELAY] = "delay",         [SIM_CUT] = "cut",           [SIM_FLAP] = "flap",
    [SIM_SLIP] = "slip",           [SIM_BLOCK] = "block",       [SIM_RESTART] = "restart",
    [SIM_RELEASE] = "release",     [SIM_APPLY] = "apply",       [SIM_STALL] = "stall",
    [SIM_KILL] = "kill",           [SIM_POWER] = "power",       [SIM_STOP] = "stop",
    [SIM_DISK_SLOW] = "disk-slow", [SIM_DISK_BAD] = "disk-bad", [SIM_MEMORY] = "memory",
    [SIM_GARBAGE] = "garbage",     [SIM_PHONE] = "phone",       [SIM_CLOCK] = "clock",
    [SIM_CRASH] = "crash",
};

const char *sim_op_word(enum sim_op_kind kind)
{
    return words[kind];
}

/** What a call's line may say. */
static const struct {
    const char *name;
    bool flag;
    size_t at;
} manners[] = {
    {"emergency", true, offsetof(struct sim_script, emergency)},
    {"overlap", true, offsetof(struct sim_script, overlap)},
    {"silent", true, offsetof(struct sim_script, silent)},
    {"called-ends", true, offsetof(struct sim_script, called_ends)},
    {"ring", false, offsetof(struct sim_script, ring)},
    {"progress", false, offsetof(struct sim_script, progress)},
    {"refuse", false, offsetof(struct sim_script, refuse)},
    {"give-up", false, offsetof(struct sim_script, give_up)},
    {"talk", false, offsetof(struct sim_script, talk)},
    {"hold", false, offsetof(struct sim_script, hold)},
    {"digits", false, offsetof(struct sim_script, digits)},
    {"transfer", false, offsetof(struct sim_script, transfer)},
};

/* ---- writing ---- */

static const char *far_word(const struct sim *s, unsigned far)
{
    return far < s->nfars ? s->far[far].trunk : "all";
}

static void print_manner(const struct sim_script *c, struct rt_buf *out)
{
    for (size_t i = 0; i < RT_COUNT(manners); i++) {
        const void *at = (const char *)c + manners[i].at;
        if (manners[i].flag && *(const bool *)at)
            rt_buf_printf(out, " %s", manners[i].name);
        else if (!manners[i].flag && *(const unsigned *)at)
            rt_buf_printf(out, " %s %u", manners[i].name, *(const unsigned *)at);
    }
}

void sim_script_print(const struct sim *s, struct rt_buf *out)
{
    rt_buf_printf(out, "seed %" PRIu64 " faults %d length %" PRId64 "%s\n", s->seed, s->faults,
                  s->length / RT_MS, s->harsh ? " harsh" : "");
    for (unsigned i = 0; i < s->nfars; i++)
        rt_buf_printf(out, "far %s variety %" PRIu64 "%s\n", s->far[i].trunk, s->far[i].variety,
                      s->far[i].emergency ? " emergency" : "");
    for (unsigned i = 0; i < s->nops; i++) {
        const struct sim_op *op = &s->op[i];
        rt_buf_printf(out, "+%" PRId64 ".%03" PRId64 " %u %s %s", op->at / RT_S,
                      op->at % RT_S / RT_MS, op->id, words[op->kind], far_word(s, op->from));
        if (op->kind == SIM_CALL) {
            rt_buf_printf(out, " %s", far_word(s, op->to));
            print_manner(&op->call, out);
        } else {
            rt_buf_printf(out, " %u %u", op->a[0], op->a[1]);
        }
        rt_buf_puts(out, "\n");
    }
}

/* ---- reading ---- */

static struct rt_str next(struct rt_str *rest)
{
    *rest = rt_str_trim(*rest);
    return rt_str_cut(rest, ' ');
}

static bool number(uint64_t *out, struct rt_str *rest, uint64_t max)
{
    return rt_str_u64(out, next(rest), max) == 0;
}

static bool small(unsigned *out, struct rt_str *rest)
{
    uint64_t v = 0;
    bool good = number(&v, rest, UINT32_MAX);

    *out = (unsigned)v;
    return good;
}

static bool labelled(uint64_t *out, struct rt_str *rest, const char *name, uint64_t max)
{
    return rt_str_eq(next(rest), name) && number(out, rest, max);
}

static bool read_head(struct sim *s, struct rt_str rest)
{
    uint64_t faults, length;

    if (!number(&s->seed, &rest, UINT64_MAX) || !labelled(&faults, &rest, "faults", 1) ||
        !labelled(&length, &rest, "length", UINT32_MAX * UINT64_C(100)))
        return false;
    s->faults = faults != 0;
    s->length = (rt_time)length * RT_MS;
    struct rt_str last = next(&rest);
    s->harsh = rt_str_eq(last, "harsh");
    return s->harsh || last.n == 0;
}

static bool read_far(struct sim *s, struct rt_str rest)
{
    struct rt_str name = next(&rest);

    if (s->nfars == SIM_FARS_MAX)
        return false;
    for (unsigned k = 0; k < SIM_KINDS; k++) {
        size_t n = strlen(sim_kind_word((enum sim_kind)k));
        struct sim_far *f = &s->far[s->nfars];
        if (name.n < n || memcmp(name.p, sim_kind_word((enum sim_kind)k), n) != 0)
            continue;
        sim_far_init(s, f, s->nfars++, (enum sim_kind)k);
        if (!f->ops || !labelled(&f->variety, &rest, "variety", UINT64_MAX))
            return false;
        f->emergency = rt_str_eq(next(&rest), "emergency");
        return rt_str_eq(name, f->trunk);
    }
    return false;
}

static bool read_place(const struct sim *s, unsigned *out, struct rt_str *rest)
{
    struct rt_str name = next(rest);

    for (*out = 0; *out < s->nfars; (*out)++)
        if (rt_str_eq(name, s->far[*out].trunk))
            return true;
    *out = SIM_FARS_MAX;
    return rt_str_eq(name, "all");
}

static bool read_manner(struct sim_script *c, struct rt_str rest)
{
    for (struct rt_str w; (w = next(&rest)).n > 0;) {
        size_t i = 0;
        while (i < RT_COUNT(manners) && !rt_str_eq(w, manners[i].name))
            i++;
        if (i == RT_COUNT(manners))
            return false;
        void *at = (char *)c + manners[i].at;
        if (manners[i].flag)
            *(bool *)at = true;
        else if (!small(at, &rest))
            return false;
    }
    return true;
}

static bool read_time(rt_time *out, struct rt_str word)
{
    struct rt_str rest = {word.p + 1, word.n - 1}, whole = rt_str_cut(&rest, '.');
    uint64_t seconds, ms;

    if (rt_str_u64(&seconds, whole, UINT32_MAX) != 0 || rt_str_u64(&ms, rest, 999) != 0)
        return false;
    *out = (rt_time)seconds * RT_S + (rt_time)ms * RT_MS;
    return true;
}

static bool read_op(struct sim *s, struct rt_str at, struct rt_str rest)
{
    struct sim_op op = {.at = 0};
    struct sim_op *more = realloc(s->op, (s->nops + 1) * sizeof *more);
    unsigned k = 0;

    if (!more)
        return false;
    s->op = more;
    if (!read_time(&op.at, at) || !small(&op.id, &rest))
        return false;
    struct rt_str word = next(&rest);
    while (k < SIM_OP_KINDS && !rt_str_eq(word, words[k]))
        k++;
    if (k == SIM_OP_KINDS || !read_place(s, &op.from, &rest))
        return false;
    op.kind = (enum sim_op_kind)k;
    op.to = op.from;
    if (op.kind == SIM_CALL ? !read_place(s, &op.to, &rest) || op.from >= s->nfars ||
                                  op.to >= s->nfars || !read_manner(&op.call, rest)
                            : !small(&op.a[0], &rest) || !small(&op.a[1], &rest))
        return false;
    s->op[s->nops++] = op;
    return true;
}

bool sim_script_read(struct sim *s, struct rt_str text, struct rt_buf *why)
{
    for (unsigned line = 1; text.n > 0; line++) {
        struct rt_str rest = rt_str_trim(rt_str_cut(&text, '\n')), first = next(&rest);
        bool good = first.n == 0 || first.p[0] == '#';
        if (!good && rt_str_eq(first, "seed"))
            good = read_head(s, rest);
        else if (!good && rt_str_eq(first, "far"))
            good = read_far(s, rest);
        else if (!good && first.p[0] == '+')
            good = read_op(s, first, rest);
        if (!good) {
            rt_buf_printf(why, "line %u means nothing", line);
            return false;
        }
    }
    return true;
}
