/* Calls a second over one D channel, in virtual time: two spans back to back under the fake kernel.
 * Calls of no length take each channel as soon as it is free. The line is counted bit by bit,
 * stuffing and check sequences included. The limit is 64 kbit/s divided by a call's information
 * frames, with one flag between two of them, in the direction that has more of them.
 *
 * usage: count_dchannel VARIANT FRAMES K [SECONDS [SHARE]]
 *
 * FRAMES are an eighth of a millisecond each and make a tick; K is Q.921's window. With SHARE the
 * calls come evenly instead, at that share of the limit: what a set-up takes then.
 */
#include "gw/rt/log.h"
#include "isdn/isdn.h"
#include "test/fake/fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DCHANNEL 16
#define FLAG     0x7e
#define BITS     4096
#define SAMPLES  65536

enum kind { IFRAMES, RRS, OTHERS, KINDS };

/** One direction of the line. */
struct wire {
    uint8_t last;   /* eight bits */
    bool bit[BITS]; /* since the last flag */
    unsigned n;
    uint64_t frames[KINDS], bits[KINDS];
};

struct side {
    struct isdn_span *span;
    struct wire wire;
};

static struct {
    struct rt_loop *signalling, *io;
    struct side caller, callee;
    bool counting, refills;
    uint64_t ended, failed;
    rt_time took[SAMPLES]; /* from SETUP to CONNECT */
    unsigned ntook;
} bench;

struct call {
    rt_time begun;
    bool answered;
};

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "count_dchannel: %s\n", what);
    exit(1);
}

/* ---- the line ---- */

/** Bit `i` of the frame, the stuffed ones left out. */
static unsigned control(const struct wire *w, unsigned bits)
{
    unsigned ones = 0, at = 0, octet = 0;

    for (unsigned i = 0; i < bits && at < 24; i++) {
        if (ones == 5) {
            ones = 0;
            continue;
        }
        ones = w->bit[i] ? ones + 1 : 0;
        if (at >= 16)
            octet |= (unsigned)w->bit[i] << (at - 16);
        at++;
    }
    return octet;
}

static void end_of_frame(struct wire *w)
{
    unsigned bits = w->n - 8; /* without the flag that ends it */

    if (w->n < 8 + 32)
        return;
    unsigned octet = control(w, bits);
    enum kind k = (octet & 1) == 0 ? IFRAMES : octet == 1 ? RRS : OTHERS;
    w->frames[k]++;
    w->bits[k] += bits + 8;
}

static void take_octet(struct wire *w, uint8_t octet)
{
    for (int i = 7; i >= 0; i--) {
        bool bit = octet >> i & 1;
        w->last = (uint8_t)(w->last << 1 | bit);
        if (w->n < BITS)
            w->bit[w->n++] = bit;
        if (w->last != FLAG)
            continue;
        end_of_frame(w);
        w->n = 0;
    }
}

static void on_line(void *arg, struct isdn_block *b)
{
    struct side *s = arg;

    for (unsigned i = 0; bench.counting && i < b->frames; i++)
        take_octet(&s->wire, b->tx[DCHANNEL][i]);
}

/* ---- calls ---- */

static bool place(void)
{
    static const struct isdn_setup setup = {.called = {"3012345678", 2, 1, 0, 0},
                                            .calling = {"8912345678", 2, 1, 0, 1},
                                            .bearer = ISDN_AUDIO_31,
                                            .alaw = true,
                                            .complete = true};
    struct call *mine = calloc(1, sizeof *mine);
    struct isdn_call *c;

    need(mine, "memory");
    mine->begun = rt_now();
    int err = isdn_call_setup(&c, bench.caller.span, ~(uint32_t)1, ISDN_ROUND_ROBIN, &setup, mine);
    if (err != 0)
        free(mine);
    return err == 0;
}

static void on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
    (void)arg;
    (void)setup;
    isdn_call_proceeding(call, 0);
    isdn_call_alerting(call, 0);
    isdn_call_connect(call, NULL);
}

static void answered(struct isdn_call *call, struct call *mine)
{
    mine->answered = true;
    if (bench.counting)
        bench.took[bench.ntook++ % SAMPLES] = rt_now() - mine->begun;
    isdn_call_release(call, 16, 0);
}

static void on_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    struct call *mine = call_arg;

    (void)arg;
    if (ev->type == ISDN_EV_CONNECT)
        answered(call, mine);
    else if (ev->type == ISDN_EV_DISCONNECT)
        isdn_call_release(call, 16, 0);
    if (ev->type != ISDN_EV_RELEASED || !mine)
        return;
    bench.ended += bench.counting && mine->answered;
    bench.failed += bench.counting && !mine->answered;
    free(mine);
}

static void run(rt_time until, rt_time gap)
{
    while (rt_now() < until) {
        while (gap == 0 && place())
            ;
        if (gap > 0 && !place())
            bench.failed++;
        fake_advance(gap > 0 ? gap : RT_MS);
    }
}

/* ---- the figures ---- */

static double limit(uint64_t calls)
{
    const struct side *s = bench.caller.wire.bits[IFRAMES] > bench.callee.wire.bits[IFRAMES]
                               ? &bench.caller
                               : &bench.callee;
    return calls ? 64000.0 * (double)calls / (double)s->wire.bits[IFRAMES] : 0;
}

static int by_time(const void *a, const void *b)
{
    rt_time x = *(const rt_time *)a, y = *(const rt_time *)b;
    return x < y ? -1 : x > y;
}

static void print_side(const char *name, const struct wire *w, double calls)
{
    printf(", \"%s_iframes\": %.2f, \"%s_octets\": %.1f, \"%s_rrs\": %.2f, \"%s_rr_octets\": %.1f",
           name, (double)w->frames[IFRAMES] / calls, name, (double)w->bits[IFRAMES] / 8 / calls,
           name, (double)w->frames[RRS] / calls, name, (double)w->bits[RRS] / 8 / calls);
}

static void print_all(const char *variant, unsigned frames, unsigned k, double seconds)
{
    double calls = (double)bench.ended, most = limit(bench.ended);
    unsigned n = bench.ntook < SAMPLES ? bench.ntook : SAMPLES;

    need(n > 0 && bench.ended > 0, "no call");
    qsort(bench.took, n, sizeof bench.took[0], by_time);
    printf("{\"variant\": \"%s\", \"frames\": %u, \"k\": %u, \"calls_per_s\": %.2f, "
           "\"limit_per_s\": %.2f, "
           "\"share\": %.4f, \"failed\": %llu",
           variant, frames, k, calls / seconds, most, calls / seconds / most,
           (unsigned long long)bench.failed);
    print_side("caller", &bench.caller.wire, calls);
    print_side("callee", &bench.callee.wire, calls);
    printf(", \"setup_ms_median\": %.1f, \"setup_ms_p99\": %.1f}\n",
           (double)bench.took[n / 2] / 1000, (double)bench.took[n * 99 / 100] / 1000);
}

static void clear_figures(void)
{
    bench.caller.wire = bench.callee.wire = (struct wire){.n = 0};
    bench.ended = bench.failed = bench.ntook = 0;
    bench.counting = true;
}

static struct isdn_span *open_side(struct side *s, const char *variant, unsigned frames, unsigned k,
                                   bool network)
{
    static const struct isdn_span_ops ops = {.line = on_line, .setup = on_setup, .event = on_event};
    struct isdn_span_ops mine = ops;
    struct isdn_span_config cfg = {.id = network,
                                   .line = ISDN_MEMORY,
                                   .frames = frames,
                                   .timeslots = ~(uint32_t)1,
                                   .network = network,
                                   .variant = variant,
                                   .timer[ISDN_K] = k,
                                   .dchannel = DCHANNEL};

    mine.tdm_arg = s;
    need(isdn_span_new(&s->span, &cfg, bench.signalling, bench.io, &mine, s) == 0, "span");
    return s->span;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    unsigned frames = (unsigned)atoi(argv[2]), k = (unsigned)atoi(argv[3]);
    unsigned seconds = argc > 4 ? (unsigned)atoi(argv[4]) : 60;
    double share = argc > 5 ? atof(argv[5]) : 0;

    rt_log_set_all(RT_ERROR);
    fake_reset();
    need(rt_loop_new(&bench.signalling, "signalling") == 0, "loop");
    need(rt_loop_new(&bench.io, "media") == 0, "loop");
    open_side(&bench.callee, argv[1], frames, k, true);
    open_side(&bench.caller, argv[1], frames, k, false);
    need(isdn_memory_join(bench.caller.span, bench.callee.span) == 0, "join");
    fake_advance(20 * RT_S);
    run(rt_now() + 2 * RT_S, 0);
    clear_figures();
    run(rt_now() + seconds * RT_S, 0);
    if (share > 0) {
        rt_time gap = (rt_time)(RT_S / (limit(bench.ended) * share));
        fake_advance(2 * RT_S);
        clear_figures();
        run(rt_now() + seconds * RT_S, gap);
    }
    print_all(argv[1], frames, k, seconds);
    return 0;
}
