/* A load lives until its last call has ended, and then says what became of them. */
#include "test/exchange/load.h"

#include "test/exchange/order.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct ex_load {
    struct ex_load *prev, *next;
    struct exchange *ex;
    struct ex_order order;
    unsigned count, placed, ended, answered, refused, cause[128];
    unsigned waiting, waiting_most; /* calls between SETUP and CONNECT */
    uint32_t *latency;              /* of each answer, in units of 10 us */
    unsigned nlatency;
    rt_time due, interval, begun, last;
    double rate; /* at which calls were really placed */
    struct rt_timer timer;
};

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/** The nearest rank: of `n` values sorted, the one that `percent` of them do not exceed. */
static double percentile(const uint32_t *sorted, unsigned n, unsigned percent)
{
    unsigned rank = (unsigned)(((uint64_t)n * percent + 99) / 100);

    return sorted[rank > 0 ? rank - 1 : 0] / 100.0;
}

/** ms from SETUP to CONNECT. */
static void put_latency(json_t *o, const struct ex_load *l)
{
    if (l->nlatency == 0)
        return;
    qsort(l->latency, l->nlatency, sizeof *l->latency, by_value);
    ex_put(o, "setup_ms_p50", json_real(percentile(l->latency, l->nlatency, 50)));
    ex_put(o, "setup_ms_p99", json_real(percentile(l->latency, l->nlatency, 99)));
    ex_put(o, "setup_ms_max", json_real(l->latency[l->nlatency - 1] / 100.0));
}

static void report(const struct ex_load *l)
{
    json_t *o = ex_event("load"), *causes = json_object();
    char name[8];

    for (unsigned i = 0; i < RT_COUNT(l->cause); i++) {
        snprintf(name, sizeof name, "%u", i & 127u);
        if (l->cause[i])
            ex_put_int(causes, name, l->cause[i]);
    }
    ex_put_text(o, "number", l->order.number);
    ex_put_int(o, "placed", l->placed);
    ex_put_int(o, "answered", l->answered);
    ex_put_int(o, "refused", l->refused);
    ex_put_int(o, "outstanding", l->waiting_most);
    ex_put(o, "rate", json_real(l->rate));
    put_latency(o, l);
    ex_put_int(o, "seconds", (rt_now() - l->begun) / RT_S);
    ex_put(o, "causes", causes);
    ex_emit(o);
}

static void finish(struct ex_load *l)
{
    if (l->placed < l->count || l->ended < l->placed)
        return;
    if (l->count > 1)
        report(l);
    rt_timer_stop(&l->timer);
    DL_DELETE(l->ex->loads, l);
    ex_order_free(&l->order);
    free(l->latency);
    free(l);
}

static void on_due(void *arg)
{
    struct ex_load *l = arg;

    while (l->placed < l->count && l->due <= rt_now()) {
        l->placed++;
        l->due += l->interval;
        if (ex_call_place(l->ex, &l->order, l) != 0) {
            l->refused++;
            l->ended++;
        } else if (++l->waiting > l->waiting_most) {
            l->waiting_most = l->waiting;
        }
        l->last = rt_now();
    }
    if (l->placed > 1 && l->last > l->begun)
        l->rate = (double)(l->placed - 1) * (double)RT_S / (double)(l->last - l->begun);
    if (l->placed < l->count)
        rt_timer_start_at(&l->timer, l->due);
    finish(l);
}

int ex_load_start(struct exchange *ex, const struct ex_order *order, unsigned count, double rate)
{
    struct ex_load *l = calloc(1, sizeof *l);

    if (!l)
        return ENOMEM;
    l->latency = calloc(count, sizeof *l->latency);
    if (!l->latency) {
        free(l);
        return ENOMEM;
    }
    l->ex = ex;
    l->order = *order;
    l->count = count;
    l->interval = (rt_time)((double)RT_S / rate);
    l->begun = l->due = rt_now();
    DL_APPEND(ex->loads, l);
    rt_timer_init(&l->timer, ex->loop, on_due, l);
    rt_timer_start(&l->timer, 0);
    return 0;
}

void ex_load_answered(struct ex_load *l, rt_time after)
{
    l->waiting--;
    l->answered++;
    if (l->nlatency < l->count)
        l->latency[l->nlatency++] = (uint32_t)(after / 10);
}

void ex_load_ended(struct ex_load *l, bool answered, unsigned cause)
{
    l->ended++;
    l->waiting -= !answered;
    l->cause[cause & 127u]++;
    finish(l);
}

void ex_load_stop_all(struct exchange *ex)
{
    struct ex_load *l, *tmp;

    DL_FOREACH_SAFE(ex->loads, l, tmp)
    {
        l->count = l->placed;
        rt_timer_stop(&l->timer);
        finish(l);
    }
}
