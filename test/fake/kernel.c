/* The fake clock and the loops it runs. */
#include "fake_priv.h"

#include "gw/rt/loop_priv.h"
#include "gw/rt/random.h"
#include "gw/rt/realtime.h"

#include <errno.h>
#include <stdio.h>
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
    unsigned owner;
    rt_time stalled; /* until when it is not run */
    rt_time held[2]; /* when that began, and the one before it */
    bool stop;
    struct fake_loop *prev, *next;
};

static struct fake_loop *loops;
static struct fake_loop *cursor; /* the one to be run next in this round */
static struct rt_thread *threads;
static rt_time now = START_NOW;
static rt_time stepped; /* the wall clock */
static unsigned boots;  /* of the machine */
static uint64_t seed = 1;
static int fake_realtime; /* what threads are refused with */

rt_time rt_now(void)
{
    return now;
}

rt_time rt_steady(void)
{
    return START_WALL + now - START_NOW;
}

rt_time rt_wall(void)
{
    return rt_steady() + stepped;
}

void fake_wall_step(rt_time by)
{
    stepped += by;
}

char *rt_boot(char out[RT_BOOT_LEN])
{
    snprintf(out, RT_BOOT_LEN, "boot-%u", boots);
    return out;
}

void fake_reboot(void)
{
    boots++;
}

/* As the program's own (gw/rt/os_time.c). */
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    rt_time steady = rt_steady();

    (void)zone;
    tv->tv_sec = steady / RT_S;
    tv->tv_usec = steady % RT_S;
    return 0;
}

static rt_time thread_cpu;

rt_time rt_thread_cpu(void)
{
    return thread_cpu;
}

void fake_thread_cpu(rt_time used)
{
    thread_cpu = used;
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
    struct fake_loop *l = fake_alloc(sizeof *l);

    rt_loop_core_init(&l->core, name, now);
    l->owner = fake_process_now();
    DL_APPEND(loops, l);
    *out = &l->core;
    return 0;
}

void rt_loop_free(struct rt_loop *loop)
{
    if (!loop)
        return;
    struct fake_loop *l = (struct fake_loop *)loop;
    if (cursor == l)
        cursor = l->next;
    fake_net_loop_gone(loop);
    fake_place_forget(loop);
    DL_DELETE(loops, l);
    free(l);
}

rt_time fake_loop_stalled_until(const struct rt_loop *loop)
{
    return ((const struct fake_loop *)loop)->stalled;
}

struct fake_held fake_loop_held(const struct rt_loop *loop)
{
    const struct fake_loop *l = (const struct fake_loop *)loop;

    return (struct fake_held){.since = l->held[0], .before = l->held[1], .until = l->stalled};
}

void fake_loop_stall(rt_time d)
{
    struct fake_loop *l = (struct fake_loop *)fake_loop_now();

    if (!l || d <= 0)
        return;
    if (l->held[0] != now) { /* else it is one callback's: one time */
        l->held[1] = l->held[0];
        l->held[0] = now;
    }
    l->stalled = (l->stalled > now ? l->stalled : now) + d;
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
    unsigned owner;
    struct rt_loop *loop;
    const char *name;
    struct rt_thread *prev, *next;
};

int rt_thread_start(struct rt_thread **out, struct rt_loop *loop)
{
    struct rt_thread *t = fake_alloc(sizeof *t);

    t->loop = loop;
    t->name = loop->name; /* every loop is run, with a thread or without */
    t->owner = fake_process_now();
    DL_APPEND(threads, t);
    *out = t;
    return 0;
}

void rt_thread_stop(struct rt_thread *t)
{
    if (!t)
        return;
    DL_DELETE(threads, t);
    free(t);
}

static rt_time end_by = INT64_MAX;
static unsigned threads_left;

void rt_threads_end_by(rt_time at)
{
    end_by = at;
}

unsigned rt_threads_left(void)
{
    return threads_left;
}

/** Time passes for nobody else. */
static int leave_thread(struct rt_thread *t)
{
    if (end_by == INT64_MAX)
        abort(); /* it waits for ever */
    now = end_by > now + RT_S ? end_by : now + RT_S;
    threads_left++;
    DL_DELETE(threads, t);
    free(t);
    return ETIMEDOUT;
}

int rt_thread_finish(struct rt_thread *t, rt_timer_fn *last, void *arg)
{
    if (!t)
        return 0;
    if (fake_hangs(t->loop))
        return leave_thread(t);
    if (last && fake_hang_armed()) {
        struct fake_place before = fake_enter(t->owner, t->loop);
        bool over = fake_hang_run(last, arg);
        fake_leave(before);
        if (!over)
            return leave_thread(t);
    } else if (last) {
        last(arg);
    }
    rt_thread_stop(t);
    return 0;
}

const char *fake_thread_name(const struct rt_thread *t)
{
    return t->name;
}

void fake_loops_kill(unsigned process)
{
    for (struct fake_loop *l = loops, *next; l; l = next) {
        next = l->next;
        if (l->owner == process)
            rt_loop_free(&l->core);
    }
    for (struct rt_thread *t = threads, *next; t; t = next) {
        next = t->next;
        if (t->owner == process)
            rt_thread_stop(t);
    }
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

static rt_time loop_due(const struct fake_loop *l)
{
    rt_time due = rt_loop_core_next(&l->core);
    rt_time until = due == INT64_MAX ? 0 : fake_stalled_until(l->owner, &l->core);

    return due < until ? until : due;
}

static rt_time next_due(void)
{
    rt_time best = fake_net_next(), card = fake_dahdi_next();

    if (card < best)
        best = card;
    for (struct fake_loop *l = loops; l; l = l->next) {
        rt_time due = loop_due(l);
        if (due < best)
            best = due;
    }
    return best;
}

static bool has_thread(const struct rt_loop *loop)
{
    const struct rt_thread *t;

    DL_FOREACH(threads, t)
    if (t->loop == loop)
        return true;
    return false;
}

static void run_round(void *arg)
{
    rt_loop_core_round(arg, now);
}

/** One round of each loop. A callback may free any of them. */
static void run_loops(void)
{
    struct fake_loop *l = loops;

    for (; l; l = cursor) {
        cursor = l->next;
        if (fake_stalled_until(l->owner, &l->core) != 0)
            continue;
        struct fake_place before = fake_enter(l->owner, &l->core);
        if (fake_hang_armed() && has_thread(&l->core))
            (void)fake_hang_run(run_round, &l->core);
        else
            run_round(&l->core);
        fake_leave(before);
    }
}

/** Everything that is due now, loop after loop, until all are quiet. */
static void run_instant(void)
{
    for (unsigned round = 0; next_due() <= now; round++) {
        if (round == MAX_ROUNDS)
            abort(); /* something schedules itself without time passing */
        fake_net_deliver(now);
        fake_dahdi_interrupt(now);
        run_loops();
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
        if (fake_stalled_until(l->owner, &l->core) == 0)
            l->core.now = now;
}

void fake_reset(void)
{
    fake_disk_hang(NULL);
    fake_owner_reset();
    while (loops)
        rt_loop_free(&loops->core);
    fake_net_reset();
    fake_dns_reset();
    fake_dahdi_reset();
    fake_files_reset();
    fake_child_reset();
    fake_http_reset();
    now = START_NOW;
    stepped = 0;
    boots = 0;
    seed = 1;
    fake_realtime = 0;
    thread_cpu = 0;
    end_by = INT64_MAX;
    threads_left = 0;
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
