/* CPU time of telling a listener what calls do: 10000 events of calls written, added and read,
 * beside an empty loop; what 100 calls a second, of four events each, would take of a core.
 *
 * One line of JSON: ns per event, and the share of a core in thousandths.
 */
#include "gw/event.h"
#include "gw/gw.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define EVENTS 10000
#define RUNS   7
/** Events between two reads: those of a quarter of a second. */
#define BATCH 100
/** 100 calls a second that begin, ring, are answered and end. */
#define PER_SECOND 400

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/** Four events of each call, which are never told as one. */
static double measure(struct gw *gw, struct gw_call *call, size_t *octets)
{
    struct rt_buf out = {0};
    bool lost;
    uint64_t at = gw_events_read(gw->events, 0, &out, &lost);
    double begin = cpu_ns();

    for (unsigned i = 0; i < EVENTS; i++) {
        call->number++;
        gw_event_call(call);
        if (i % BATCH != BATCH - 1)
            continue;
        rt_buf_reset(&out);
        at = gw_events_read(gw->events, at, &out, &lost);
        *octets += out.n;
        if (lost)
            abort();
    }
    double took = cpu_ns() - begin;
    rt_buf_release(&out);
    return took / EVENTS;
}

int main(void)
{
    static struct gw_plan plan;
    struct gw gw = {.plan = &plan};
    struct gw_call call = {.gw = &gw,
                           .plan = &plan,
                           .cdr = {.call_id = "0123456789abcdef0123456789abcdef",
                                   .from_trunk = "customer-17",
                                   .to_trunk = "carrier-berlin",
                                   .to_channel = "3/17",
                                   .caller = "+4930901821",
                                   .called = "+4989123456789",
                                   .codec_a = "pcma",
                                   .codec_b = "pcma"}};
    double best = 1e18;
    size_t octets = 0;

    if (rt_loop_new(&gw.loop, "bench") != 0 || gw_events_new(&gw.events, &gw) != 0)
        return 1;
    for (unsigned i = 0; i < RUNS; i++) {
        double ns = measure(&gw, &call, &octets);
        best = ns < best ? ns : best;
    }
    printf("{\"bench\":\"events\",\"ns_per_event\":%.0f,\"octets_per_event\":%zu,"
           "\"core_permille_at_100_calls_per_s\":%.2f}\n",
           best, octets / EVENTS / RUNS, best * PER_SECOND / 1e6);
    gw_events_free(gw.events);
    rt_loop_free(gw.loop);
    return 0;
}
