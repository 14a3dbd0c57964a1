/* The fake clock and the loops it runs. */
#include "fake_priv.h"

#include "gw/rt/loop_priv.h"
#include "gw/rt/random.h"
#include "gw/rt/realtime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <utlist.h>

/** 2026-03-01 08:00:00 UTC: the morning of the examples. */
#define START_WALL ((rt_time)1772352000 * RT_S)
#define START_NOW  (1000 * RT_S)

/** Rounds at one instant after which something is taken to run in circles. */
#define MAX_ROUNDS 100000

struct fake_loop {
    struct rt_loop core;
    bool stop;
    struct fake_loop *prev, *next;
};

static struct fake_loop *loops;
static rt_time now = START_NOW;
static uint64_t seed = 1;
static int fake_realtime; /* what threads are refused with */

rt_time rt_now(void)
{
    return now;
}

rt_time rt_wall(void)
{
    return START_WALL + now - START_NOW;
}

/* libpri keeps time by the wall clock: its call is resolved here before the C library's. */
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    rt_time wall = rt_wall();

    (void)zone;
    tv->tv_sec = wall / RT_S;
    tv->tv_usec = wall % RT_S;
    return 0;
}

rt_time rt_thread_cpu(void)
{
    return 0;
}

/* ---- random: splitmix64 ---- */

void fake_seed(uint64_t s)
{
    seed = s;
}

static uint64_t next_random(void)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void rt_random_bytes(void *out, size_t len)
{
    unsigned char *p = out;

    for (uint64_t v; len > 0; p += sizeof v) {
        v = next_random();
        size_t n = len < sizeof v ? len : sizeof v;
        memcpy(p, &v, n);
        len -= n;
    }
}

/* ---- loops ---- */

int rt_loop_new(struct rt_loop **out, const char *name)
{
    struct fake_loop *l = calloc(1, sizeof *l);

    if (!l)
        return ENOMEM;
    rt_loop_core_init(&l->core, name, now);
    DL_APPEND(loops, l);
    *out = &l->core;
    return 0;
}

void rt_loop_free(struct rt_loop *loop)
{
    if (!loop)
        return;
    struct fake_loop *l = (struct fake_loop *)loop;
    DL_DELETE(loops, l);
    free(l);
}

void rt_loop_wake(struct rt_loop *loop)
{
    (void)loop; /* every loop is looked at */
}

void rt_loop_stop(struct rt_loop *loop)
{
    ((struct fake_loop *)loop)->stop = true;
}

int rt_loop_run(struct rt_loop *loop)
{
    struct fake_loop *l = (struct fake_loop *)loop;

    while (!l->stop)
        fake_advance(RT_MS);
    l->stop = false;
    return 0;
}

struct rt_thread {
    struct rt_loop *loop;
};

int rt_thread_start(struct rt_thread **out, struct rt_loop *loop)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return ENOMEM;
    (*out)->loop = loop;
    return 0;
}

void rt_thread_stop(struct rt_thread *t)
{
    free(t);
}

/** One script runs everything: nothing is more urgent than something else. */
int rt_realtime_thread(struct rt_thread *t, const struct rt_realtime *want, unsigned index)
{
    (void)t;
    (void)index;
    return want->mode == RT_REALTIME_ON ? fake_realtime : 0;
}

void fake_realtime_fail(int err)
{
    fake_realtime = err;
}

/** Those of a small computer. */
void rt_cpus_allowed(struct rt_cpus *out)
{
    *out = (struct rt_cpus){.set = {0xf}};
}

int rt_signal_watch(struct rt_loop *loop, int signo, rt_signal_fn *fn, void *arg)
{
    (void)loop;
    (void)signo;
    (void)fn;
    (void)arg;
    return 0; /* nobody sends signals here */
}

/* ---- time ---- */

static rt_time next_due(void)
{
    rt_time best = fake_net_next(), card = fake_dahdi_next();

    if (card < best)
        best = card;
    for (struct fake_loop *l = loops; l; l = l->next) {
        rt_time due = rt_loop_core_next(&l->core);
        if (due < best)
            best = due;
    }
    return best;
}

/** Everything that is due now, loop after loop, until all are quiet. */
static void run_instant(void)
{
    for (unsigned round = 0; next_due() <= now; round++) {
        if (round == MAX_ROUNDS)
            abort(); /* something schedules itself without time passing */
        fake_net_deliver(now);
        fake_dahdi_interrupt(now);
        for (struct fake_loop *l = loops, *next; l; l = next) {
            next = l->next;
            rt_loop_core_round(&l->core, now);
        }
    }
}

void fake_advance(rt_time d)
{
    rt_time target = now + d;

    for (;;) {
        run_instant();
        rt_time due = next_due();
        if (due > target)
            break;
        now = due;
    }
    now = target;
    for (struct fake_loop *l = loops; l; l = l->next)
        l->core.now = now;
}

void fake_reset(void)
{
    while (loops)
        rt_loop_free(&loops->core);
    fake_net_reset();
    fake_dns_reset();
    fake_dahdi_reset();
    fake_files_reset();
    fake_child_reset();
    fake_http_reset();
    now = START_NOW;
    seed = 1;
    fake_realtime = 0;
}

void fake_leaks(struct fake_leaks *out)
{
    *out = (struct fake_leaks){0};
    for (struct fake_loop *l = loops; l; l = l->next) {
        out->loops++;
        out->timers += l->core.wheel.count;
    }
    fake_net_leaks(out);
    fake_dahdi_leaks(out);
    fake_files_leaks(out);
    fake_child_leaks(out);
}
