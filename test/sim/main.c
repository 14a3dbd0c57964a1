/* Simulates the whole gateway from seeds (README.md here): run -s SEED -h HOURS [-n RUNS]
 * [-t TRACE] [--calm], or --self-test. */
#include "gw/counters.h"
#include "gw/rt/log.h"
#include "test/sim/engine.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct options {
    uint64_t seed, runs;
    double hours;
    const char *trace;
    unsigned plant;
    bool calm, harsh, print, keep, self_test;
};

struct totals {
    uint64_t seeds, calls, answered, disturbed, faults, talked, violations;
    rt_time simulated;
};

static void usage(void)
{
    fprintf(stderr,
            "usage: run [-s SEED] [-n RUNS] [-h HOURS] [-t TRACE] [--calm] [--harsh] [--print] "
            "[--keep]\n"
            "           [--plant ID] [--self-test]\n"
            "  -s SEED   the first seed (1)\n  -n RUNS   so many, each with the next seed (1)\n"
            "  -h HOURS  of the gateway's time (1)\n  -t TRACE  a run that was written down\n"
            "  --calm    nothing breaks, and calls are few\n"
            "  --harsh   something breaks every 2 to 12 s, and there are 40 RTP ports\n"
            "  --print   writes the run down and does nothing\n"
            "  --keep    a failing run is not made shorter\n"
            "  --plant   the run fails when the call of this number is answered\n"
            "  --self-test  fails unless what is planted is found, and made short\n");
}

static bool read_options(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {{"calm", no_argument, NULL, 'c'},
                                          {"harsh", no_argument, NULL, 'r'},
                                          {"print", no_argument, NULL, 'p'},
                                          {"keep", no_argument, NULL, 'k'},
                                          {"plant", required_argument, NULL, 'f'},
                                          {"self-test", no_argument, NULL, 'x'},
                                          {NULL, 0, NULL, 0}};

    for (int c; (c = getopt_long(argc, argv, "s:n:h:t:", longs, NULL)) != -1;)
        switch (c) {
        case 's':
            o->seed = strtoull(optarg, NULL, 10);
            break;
        case 'n':
            o->runs = strtoull(optarg, NULL, 10);
            break;
        case 'h':
            o->hours = strtod(optarg, NULL);
            break;
        case 't':
            o->trace = optarg;
            break;
        case 'c':
            o->calm = true;
            break;
        case 'r':
            o->harsh = true;
            break;
        case 'p':
            o->print = true;
            break;
        case 'k':
            o->keep = true;
            break;
        case 'f':
            o->plant = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'x':
            o->self_test = true;
            break;
        default:
            return false;
        }
    return optind == argc && o->hours > 0 && !(o->calm && o->harsh);
}

static bool read_trace(struct sim *s, const char *path)
{
    struct rt_buf text = {0}, why = {0};
    FILE *f = fopen(path, "r"); /* the fake kernel's files are not the disk's */
    char chunk[4096];

    if (!f) {
        perror(path);
        return false;
    }
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        rt_buf_put(&text, chunk, n);
    fclose(f);
    bool good = sim_script_read(s, rt_buf_str(&text), &why);
    if (!good)
        fprintf(stderr, "%s: %s\n", path, why.p);
    rt_buf_release(&text);
    rt_buf_release(&why);
    return good;
}

/** Prints the shortest run that fails, and writes it to build/sim/SEED.trace. */
static void write_trace(const struct sim *s)
{
    struct rt_buf text = {0};
    char path[64];

    mkdir("build", 0777);
    mkdir("build/sim", 0777);
    snprintf(path, sizeof path, "build/sim/%" PRIu64 ".trace", s->seed);
    sim_script_print(s, &text);
    FILE *f = fopen(path, "w");
    if (f) {
        fwrite(text.p, 1, text.n, f);
        fclose(f);
    }
    printf("%.*s", RT_STR(rt_buf_str(&text)));
    printf("again: run -t %s\n", path);
    rt_buf_release(&text);
}

static void run_one(struct sim *s, const struct options *o, struct totals *t)
{
    struct sim_outcome out;

    sim_run_apart(s, &out);
    t->seeds++;
    t->calls += out.calls;
    t->answered += out.answered;
    t->disturbed += out.disturbed;
    t->faults += out.faults;
    t->talked += out.talked;
    t->simulated += out.simulated;
    if (o->runs == 1)
        printf("seed %" PRIu64 ": digest %016" PRIx64 " of %" PRIu64 " datagrams\n", s->seed,
               out.digest, out.messages);
    if (!out.failure[0])
        return;
    t->violations++;
    printf("seed %" PRIu64 ": %s\n", s->seed, out.failure);
    fflush(stdout);
    if (o->trace || o->keep)
        return;
    sim_shrink(s, out.failure);
    sim_run_apart(s, &out);
    printf("shortest: %s\n", out.failure);
    write_trace(s);
}

static bool make(struct sim *s, const struct options *o, uint64_t seed)
{
    *s = (struct sim){.seed = seed, .faults = !o->calm, .harsh = o->harsh, .plant = o->plant};
    s->length = (rt_time)(o->hours * 3600.0) * RT_S;
    return o->trace ? read_trace(s, o->trace) : sim_script_make(s) == 0;
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1, .runs = 1, .hours = 1};
    struct totals t = {0};

    if (!read_options(&o, argc, argv)) {
        usage();
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    gw_stats_register();
    rt_log_set_all(getenv("SIM_LOG") ? RT_DEBUG : RT_ERROR);
    if (o.self_test)
        return sim_self_test() ? 0 : 1;
    for (uint64_t i = 0; i < o.runs; i++) {
        static struct sim s;
        if (!make(&s, &o, o.seed + i))
            return 2;
        if (o.print) {
            struct rt_buf text = {0};
            sim_script_print(&s, &text);
            printf("%.*s", RT_STR(rt_buf_str(&text)));
            rt_buf_release(&text);
        } else {
            run_one(&s, &o, &t);
        }
        free(s.op);
    }
    if (o.print)
        return 0;
    printf("sim: seeds %" PRIu64 ", simulated hours %.2f, call-hours %.2f, calls %" PRIu64
           " (%" PRIu64 " answered, %" PRIu64 " disturbed), faults %" PRIu64 ", violations %" PRIu64
           "\n",
           t.seeds, (double)t.simulated / (double)RT_S / 3600.0, (double)t.talked / 3600000.0,
           t.calls, t.answered, t.disturbed, t.faults, t.violations);
    return t.violations > 0 ? 1 : 0;
}
