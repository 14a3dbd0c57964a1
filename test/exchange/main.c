/* exchange: a small PSTN. See docs/exchange.md.
 *
 *   exchange [-c RULES] [--local A:P --remote A:P | --dahdi N] [--user|--network] [--daemon]
 * [--verbose]
 */
#include "gw/rt/log.h"
#include "gw/rt/realtime.h"
#include "test/exchange/load.h"
#include "test/exchange/manual.h"
#include "test/exchange/report.h"
#include "test/exchange/stdin.h"
#include "test/exchange/trace.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>

struct options {
    const char *rules;
    union rt_addr local, remote;
    unsigned dahdi; /**< 0: as the rules say */
    char side;      /**< 'u', 'n', or 0: as the rules say */
    bool daemon, verbose, manual;
};

static int usage(void)
{
    fprintf(stderr, "usage: exchange [-c RULES] [--local ADDRESS:PORT --remote ADDRESS:PORT]\n"
                    "                [--dahdi SPAN] [--user|--network] [--daemon] [--verbose]\n"
                    "       exchange --manual\n");
    return 2;
}

static int address(union rt_addr *out, const char *text)
{
    if (rt_addr_parse(out, text, strlen(text), 0) == 0 && rt_addr_port(out) != 0)
        return 0;
    fprintf(stderr, "exchange: \"%s\" is not an address with a port\n", text);
    return EINVAL;
}

static int number(unsigned *out, const char *text)
{
    uint64_t v = 0;

    if (rt_str_u64(&v, rt_str(text), 128) != 0 || v == 0) {
        fprintf(stderr, "exchange: \"%s\" is no number of a dahdi span\n", text);
        return EINVAL;
    }
    *out = (unsigned)v;
    return 0;
}

static int read_options(struct options *o, int argc, char **argv)
{
    static const struct option longs[] = {
        {"rules", required_argument, NULL, 'c'},  {"local", required_argument, NULL, 'l'},
        {"remote", required_argument, NULL, 'r'}, {"user", no_argument, NULL, 'u'},
        {"network", no_argument, NULL, 'n'},      {"daemon", no_argument, NULL, 'd'},
        {"verbose", no_argument, NULL, 'v'},      {"manual", no_argument, NULL, 'm'},
        {"dahdi", required_argument, NULL, 'D'},  {NULL, 0, NULL, 0}};
    int k, err = 0;

    while (err == 0 && (k = getopt_long(argc, argv, "c:v", longs, NULL)) != -1) {
        if (k == 'c')
            o->rules = optarg;
        else if (k == 'l')
            err = address(&o->local, optarg);
        else if (k == 'r')
            err = address(&o->remote, optarg);
        else if (k == 'u' || k == 'n')
            o->side = (char)k;
        else if (k == 'D')
            err = number(&o->dahdi, optarg);
        else if (k == 'd')
            o->daemon = true;
        else if (k == 'v')
            o->verbose = true;
        else if (k == 'm')
            o->manual = true;
        else
            err = EINVAL;
    }
    return err != 0 || optind != argc ? usage() : 0;
}

/** What the command line says overrides the rules. */
static void override(struct isdn_span_config *span, const struct options *o)
{
    if (rt_addr_port(&o->local))
        span->local = o->local;
    if (rt_addr_port(&o->remote))
        span->remote = o->remote;
    if (o->dahdi)
        ex_rules_dahdi(span, o->dahdi, span->line == ISDN_DAHDI ? span->frames : 0);
    if (o->side)
        span->network = o->side == 'n';
}

static int configure(struct exchange *ex, const struct options *o)
{
    ex_rules_init(&ex->rules);
    int err = o->rules ? ex_rules_load(&ex->rules, o->rules) : 0;
    if (err != 0)
        return err;
    if (ex->rules.nspans == 1) {
        override(&ex->rules.span[0].cfg, o);
    } else if (rt_addr_port(&o->local) || rt_addr_port(&o->remote) || o->dahdi || o->side) {
        fprintf(stderr,
                "exchange: --local, --remote, --dahdi, --user and --network are for one "
                "span; the rules have %u\n",
                ex->rules.nspans);
        return EINVAL;
    }
    for (unsigned i = 0; i < ex->rules.nspans; i++) {
        const struct isdn_span_config *cfg = &ex->rules.span[i].cfg;
        if (cfg->line == ISDN_DAHDI || (rt_addr_port(&cfg->local) && rt_addr_port(&cfg->remote)))
            continue;
        fprintf(stderr, "exchange: the pseudowire of span %u needs a local and a remote address\n",
                cfg->id);
        return EINVAL;
    }
    return 0;
}

/** What steps will play is read now: a file that is missing is found at once, and no call waits
 * for the disk. */
static int preload(struct exchange *ex)
{
    const struct audio_pcm *pcm;
    int err = 0;

    for (const struct ex_rule *r = ex->rules.first; r; r = r->next) {
        for (size_t i = 0; i < r->nsteps; i++) {
            const struct ex_step *s = &r->steps[i];
            int e =
                s->op == EX_PLAY || s->op == EX_EARLY ? ex_files_get(&ex->files, s->text, &pcm) : 0;
            if (e != 0) {
                fprintf(stderr, "exchange: number %s: %s: %s\n", r->pattern, s->text, strerror(e));
                err = e;
            }
        }
    }
    return err;
}

static void on_signal(void *arg, int signo)
{
    (void)signo;
    ex_stop(arg);
}

/** The first time a line that cannot be opened ends the program: it is a wrong configuration. */
static int open_all(struct exchange *ex)
{
    int err = 0;

    for (unsigned i = 0; i < ex->rules.nspans && err == 0; i++) {
        ex->spans[i].want = true;
        err = ex_span_open(&ex->spans[i]);
    }
    return err;
}

static int run(struct exchange *ex, bool daemon)
{
    struct ex_commands *commands = NULL;
    struct ex_stdin input = {0};
    const struct rt_realtime urgent = {.mode = RT_REALTIME_AUTO}; /* its lines are in this thread */
    int err = rt_realtime_thread(NULL, &urgent, 0);

    if (err == 0)
        err = ex_worker_new(&ex->worker, ex->loop);
    if (err == 0)
        err = open_all(ex);
    if (err == 0)
        err = ex_commands_new(&commands, ex, daemon);
    if (err == 0)
        err = ex_stdin_start(&input, ex->loop, commands);
    while (err == 0 && !ex->finished) {
        ex_spans_apply(ex);
        err = rt_loop_run(ex->loop);
    }
    ex_load_stop_all(ex);
    ex_spans_free(ex);
    ex_stdin_stop(&input);
    ex_commands_free(commands);
    rt_timer_stop(&ex->stop);
    ex_worker_free(ex->worker);
    return err;
}

static int manual(void)
{
    struct rt_buf out = {0};

    ex_manual(&out);
    fputs(rt_buf_str(&out).p, stdout);
    rt_buf_release(&out);
    return 0;
}

int main(int argc, char **argv)
{
    static struct exchange ex;
    struct options o = {0};

    if (read_options(&o, argc, argv) != 0)
        return 2;
    if (o.manual)
        return manual();
    rt_log_set_all(o.verbose ? RT_DEBUG : RT_WARN);
    if (configure(&ex, &o) != 0 || preload(&ex) != 0)
        return 3;
    int err = rt_loop_new(&ex.loop, "exchange");
    /* before any thread is made: they inherit the mask */
    if (err == 0)
        err = rt_signal_watch(ex.loop, SIGINT, on_signal, &ex);
    if (err == 0)
        err = rt_signal_watch(ex.loop, SIGTERM, on_signal, &ex);
    if (err == 0)
        err = ex_spans_new(&ex);
    if (err == 0)
        err = ex_traces_open(&ex);
    if (err == 0)
        err = run(&ex, o.daemon);
    if (err != 0)
        fprintf(stderr, "exchange: %s\n", strerror(err));
    ex_spans_free(&ex);
    ex_files_release(&ex.files);
    ex_rules_release(&ex.rules);
    rt_loop_free(ex.loop);
    return err == 0 ? 0 : 1;
}
