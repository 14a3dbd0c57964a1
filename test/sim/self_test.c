/* The simulation tried out on itself: a harness that cannot fail proves nothing. Runs are written
 * down and read again, and a failure that was planted is found, made as short as it can be, and
 * comes again from what was written.
 */
#include "test/sim/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SCRIPTS 40
#define SEED    5
#define LENGTH  (180 * RT_S)

static bool wrong(const char *what, const char *is)
{
    printf("self-test: %s: %s\n", what, is);
    return false;
}

static bool make(struct sim *s, uint64_t seed, bool faults)
{
    *s = (struct sim){
        .seed = seed, .faults = faults, .harsh = faults && seed % 4 == 0, .length = LENGTH};
    return sim_script_make(s) == 0;
}

/** Reads what was printed of `s` into `again`. */
static bool read_again(struct sim *again, const struct sim *s, struct rt_buf *text)
{
    struct rt_buf why = {0};

    *again = (struct sim){.plant = s->plant};
    sim_script_print(s, text);
    bool good = sim_script_read(again, rt_buf_str(text), &why);
    if (!good)
        (void)wrong("a script cannot be read", why.p);
    rt_buf_release(&why);
    return good;
}

static bool same_text(uint64_t seed)
{
    static struct sim s, again;
    struct rt_buf first = {0}, second = {0};
    bool good = make(&s, seed, seed % 2 == 0) && read_again(&again, &s, &first);

    if (good) {
        sim_script_print(&again, &second);
        good = first.n == second.n && memcmp(first.p, second.p, first.n) == 0;
        if (!good)
            (void)wrong("a script that was read is another", first.p);
    }
    rt_buf_release(&first);
    rt_buf_release(&second);
    free(s.op);
    free(again.op);
    return good;
}

/** A call in the middle of the run, which is answered when nothing prevents it. */
static unsigned pick(const struct sim *s)
{
    for (unsigned i = s->nops / 2; i < s->nops; i++) {
        const struct sim_script *m = &s->op[i].call;
        if (s->op[i].kind == SIM_CALL && !m->refuse && !m->silent && !m->give_up && m->talk > 5000)
            return s->op[i].id;
    }
    return 0;
}

static bool found(const struct sim_outcome *out)
{
    return strncmp(out->failure, "planted: ", 9) == 0;
}

/** Twice the same, to the last octet. */
static bool same_again(const struct sim *s)
{
    static struct sim again;
    struct sim_outcome first, second;
    struct sim copy = *s;
    struct rt_buf text = {0};
    bool good = read_again(&again, s, &text);

    if (good) {
        sim_run_apart(&copy, &first);
        sim_run_apart(&again, &second);
        good = found(&first) && strcmp(first.failure, second.failure) == 0 &&
               first.digest == second.digest;
        if (!good)
            (void)wrong("what was written fails otherwise", second.failure);
    }
    rt_buf_release(&text);
    free(again.op);
    return good;
}

static bool plant(void)
{
    static struct sim s;
    struct sim_outcome out;

    if (!make(&s, SEED, true) || (s.plant = pick(&s)) == 0)
        return wrong("the script", "has no call to fail at");
    unsigned n = s.nops;
    sim_run_apart(&s, &out);
    bool good = found(&out) || wrong("what was planted is not found", out.failure);
    if (good) {
        sim_shrink(&s, out.failure);
        good = (s.nops == 1 && s.op[0].id == s.plant) ||
               wrong("the shortest run", "has more than the call that fails");
    }
    good = good && same_again(&s);
    if (good)
        printf("self-test: of %u operations the one that fails is left\n", n);
    free(s.op);
    return good;
}

/** A caller who is sent on late talks as long as the script has it once more: nothing is wrong. */
static const char sent_on[] =
    "seed 9005 faults 1 length 60000\n"
    "far span0 variety 12663115004048305244 emergency\n"
    "far sip1 variety 12231195915497797457\n"
    "+1.000 111 call sip1 span0 called-ends ring 7176 talk 200000 transfer 150000\n";

static bool lawful(const char *text)
{
    static struct sim s;
    struct sim_outcome out;
    struct rt_buf why = {0};

    s = (struct sim){0};
    bool good = sim_script_read(&s, rt_str(text), &why);
    if (good)
        sim_run_apart(&s, &out);
    if (!good || out.failure[0])
        good = wrong("what is lawful fails", good ? out.failure : why.p);
    rt_buf_release(&why);
    free(s.op);
    return good;
}

/** The disk is quick again, but still holds what came while it was slow, and the process is killed:
 * that is nobody's fault, and the call without a record none that anybody was promised. */
static const char held[] = "seed 1 faults 1 length 30000\n"
                           "far span0 variety 33 emergency\nfar sip1 variety 0\n"
                           "+10.000 1 disk-slow span0 800 1000\n"
                           "+10.100 2 call sip1 span0 ring 300 refuse 17\n"
                           "+11.200 3 call sip1 span0 ring 300 refuse 17\n"
                           "+13.000 4 kill span0 0 3000\n";

bool sim_self_test(void)
{
    bool good = true;

    for (uint64_t seed = 1; seed <= SCRIPTS && good; seed++)
        good = same_text(seed);
    return good && plant() && lawful(sent_on) && lawful(held);
}
