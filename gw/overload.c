/* A tick each 20 ms that asks how late it comes, and each fifth of them what it all took.
 *
 * What is late is what waited: a loop that comes late to a timer comes as late to a datagram. The
 * socket's queue is read in batches, timers between them, so that a long queue shows in the CPU
 * time: a thread that is never idle has one.
 */
#include "gw/overload.h"
#include "gw/event.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>

#define TICK  (20 * RT_MS)
#define TICKS 5  /* in a step */
#define STEPS 10 /* in a second */
/** Steps without a new call after which nothing is measured any more. */
#define UNUSED (2 * STEPS)
#define LESS   0.9
#define MORE   1.05
/** Calls a second that are let in at the least: something has to end the overload that only new
 * calls can show the end of. */
#define RATE_MIN 1.0
/** Calls that may come at once: those of a tenth of a second, and one that was not yet whole. */
#define BURST(rate) ((rate) / STEPS + 1)

struct gw_overload {
    struct gw *gw;
    struct rt_timer tick;
    rt_time due, late; /* late: at worst in this step */
    unsigned ticks;
    rt_time cpu[STEPS], at[STEPS]; /* a ring: of the thread, and the clock */
    unsigned step;
    unsigned taken[STEPS]; /* calls */
    bool over;
    bool running;
    unsigned calm;       /* steps in a row with little to do and nobody refused */
    unsigned unused;     /* steps in a row without a new call */
    bool asked, refused; /* for a new call, in this step */
    double rate, tokens;
    struct gw_overload_status now;
};

/* ---- rate ---- */

static double taken_in_a_second(const struct gw_overload *o)
{
    unsigned n = 0;

    for (unsigned i = 0; i < STEPS; i++)
        n += o->taken[i];
    return n;
}

static void refill(struct gw_overload *o)
{
    o->tokens += o->rate / STEPS;
    if (o->tokens > BURST(o->rate))
        o->tokens = BURST(o->rate);
}

static void begin(struct gw_overload *o)
{
    double rate = taken_in_a_second(o);

    o->over = true;
    o->calm = 0;
    o->rate = rate > RATE_MIN ? rate : RATE_MIN;
    o->tokens = 0;
    rt_log(RT_LOG_CALL, RT_WARN,
           "overload: %u %% of a CPU, %lld ms late; calls are refused above %.0f a second",
           o->now.cpu / 10, (long long)(o->now.queue / RT_MS), o->rate * LESS);
    gw_event_status(o->gw);
}

static void end(struct gw_overload *o)
{
    o->over = false;
    rt_log(RT_LOG_CALL, RT_NOTICE, "the overload is over");
    gw_event_status(o->gw);
}

/** The level, and the rate by what the last step took. */
static void judge(struct gw_overload *o)
{
    const struct gw_overload_plan *p = &o->gw->plan->overload;
    bool above = o->now.cpu > p->cpu || o->now.queue > p->queue;
    bool below = o->now.cpu < p->cpu_until && o->now.queue < p->queue_until;

    if (p->off)
        above = false, below = true;
    if (!o->over && above)
        begin(o);
    if (!o->over)
        return;
    if (above)
        o->rate = o->rate * LESS > RATE_MIN ? o->rate * LESS : RATE_MIN;
    else if (below)
        o->rate *= MORE;
    o->now.rate = o->rate;
    refill(o);
    o->calm = below && !o->refused ? o->calm + 1 : 0;
    if (o->calm >= STEPS)
        end(o);
}

/* ---- measuring ---- */

static void measure(struct gw_overload *o)
{
    unsigned next = (o->step + 1) % STEPS; /* the oldest: a second ago */
    rt_time cpu = rt_thread_cpu(), now = rt_now(), passed = now - o->at[next];

    o->now.cpu = passed >= RT_S / 2 ? (unsigned)((cpu - o->cpu[next]) * 1000 / passed)
                                    : 0; /* a burst is none */
    o->now.queue = o->late;
    o->late = 0;
    o->step = next;
    o->cpu[next] = cpu;
    o->at[next] = now;
}

static void on_tick(void *arg)
{
    struct gw_overload *o = arg;
    rt_time now = rt_now();

    if (now - o->due > o->late)
        o->late = now - o->due;
    if (++o->ticks == TICKS) {
        o->ticks = 0;
        measure(o);
        judge(o);
        o->unused = o->asked ? 0 : o->unused + 1;
        o->asked = false;
        o->taken[o->step] = 0;
        o->refused = false;
        o->running = o->over || o->unused < UNUSED;
        if (!o->running)
            return;
    }
    o->due += TICK;
    if (o->due <= now)
        o->due = now + TICK;
    rt_timer_start_at(&o->tick, o->due);
}

/* ---- calls ---- */

/** From here on it is measured; while no calls come nobody needs to know. */
static void start(struct gw_overload *o)
{
    for (unsigned i = 0; i < STEPS; i++) {
        o->cpu[i] = rt_thread_cpu();
        o->at[i] = rt_now();
    }
    o->running = true;
    o->ticks = o->unused = 0;
    o->late = 0;
    o->due = rt_now() + TICK;
    rt_timer_start_at(&o->tick, o->due);
}

bool gw_overload_refuses(struct gw_overload *o)
{
    if (!o)
        return false;
    if (!o->running)
        start(o);
    o->asked = true;
    bool refused = o->over && o->tokens < 1;
    o->refused |= refused;
    return refused;
}

void gw_overload_took(struct gw_overload *o)
{
    if (!o)
        return;
    o->taken[o->step]++;
    if (o->over && o->tokens > -BURST(o->rate))
        o->tokens--; /* below 0: emergency calls came, for which others have to wait */
}

void gw_overload_status(const struct gw_overload *o, struct gw_overload_status *out)
{
    *out = o ? o->now : (struct gw_overload_status){.over = false};
    out->over = o && o->over;
}

/* ---- life ---- */

int gw_overload_new(struct gw_overload **out, struct gw *gw)
{
    struct gw_overload *o = calloc(1, sizeof *o);

    if (!o)
        return ENOMEM;
    o->gw = gw;
    rt_timer_init(&o->tick, gw->loop, on_tick, o);
    *out = o;
    return 0;
}

void gw_overload_free(struct gw_overload *o)
{
    if (!o)
        return;
    rt_timer_stop(&o->tick);
    free(o);
}
