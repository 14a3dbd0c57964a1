/* The span of the exchange: opened, closed, described. */
#include "test/exchange/exchange.h"

#include "test/exchange/calls.h"
#include "test/exchange/load.h"
#include "test/exchange/report.h"

#include <stdio.h>

#define STOP_LOOK  (20 * RT_MS)
#define STOP_LIMIT (5 * RT_S) /* for far ends that do not answer RELEASE */

static void on_changed(void *arg, struct isdn_span *span)
{
    (void)span;
    ex_span_report(arg, "span");
}

int ex_span_open(struct exchange *ex)
{
    static const struct isdn_span_ops ops = {.tdm = ex_calls_tdm,
                                             .changed = on_changed,
                                             .setup = ex_calls_setup,
                                             .event = ex_calls_event};
    struct isdn_span_ops own = ops;

    own.tdm_arg = ex;
    return isdn_span_new(&ex->span, &ex->rules.span, ex->loop, ex->loop, &own, ex);
}

void ex_span_close(struct exchange *ex)
{
    ex_calls_forget(ex);
    if (ex->span)
        isdn_span_free(ex->span);
    ex->span = NULL;
}

bool ex_span_up(const struct exchange *ex)
{
    struct isdn_span_status st;

    if (!ex->span)
        return false;
    isdn_span_status(ex->span, &st);
    for (unsigned i = 1; i < ISDN_TIMESLOTS; i++) {
        if (st.channel[i] == ISDN_CH_RESTARTING)
            return false;
    }
    return st.dchannel_up;
}

uint32_t ex_span_channels(const struct exchange *ex)
{
    return ex->rules.span.timeslots & ~(1u << ex->rules.span.dchannel) & ~1u;
}

static void put_counters(json_t *o, const struct isdn_span_status *st)
{
    const struct {
        const char *name;
        uint64_t value;
    } counters[] = {{"rx_packets", st->rx_packets},
                    {"tx_packets", st->tx_packets},
                    {"lost", st->lost},
                    {"reordered", st->reordered},
                    {"late", st->late},
                    {"malformed", st->malformed},
                    {"foreign", st->foreign},
                    {"underruns", st->underruns},
                    {"slips", st->slips},
                    {"hdlc_bad", st->hdlc_bad}};

    for (size_t i = 0; i < RT_COUNT(counters); i++)
        ex_put_int(o, counters[i].name, (json_int_t)counters[i].value);
}

void ex_span_report(struct exchange *ex, const char *event)
{
    json_t *o = ex_event(event), *channels = json_object();
    struct isdn_span_status st = {.alarm = ISDN_LOS};
    char name[12];

    if (ex->span)
        isdn_span_status(ex->span, &st);
    for (unsigned i = 1; i < ISDN_TIMESLOTS; i++) {
        if (st.channel[i] == ISDN_CH_NONE || st.channel[i] == ISDN_CH_IDLE)
            continue;
        snprintf(name, sizeof name, "%u", i);
        ex_put_text(channels, name, isdn_channel_state_name(st.channel[i]));
    }
    ex_put_bool(o, "open", ex->span != NULL);
    ex_put_text(o, "alarm", isdn_alarm_name(st.alarm));
    ex_put_bool(o, "dchannel", st.dchannel_up);
    ex_put_int(o, "calls", st.calls);
    ex_put(o, "channels", channels);
    put_counters(o, &st);
    ex_emit(o);
}

/* ---- the end ---- */

static void look_whether_over(void *arg)
{
    struct exchange *ex = arg;
    bool waiting = ex->calls || ex_worker_pending(ex->worker) > 0;

    if (waiting && rt_now() < ex->stop_by) {
        rt_timer_start(&ex->stop, STOP_LOOK);
        return;
    }
    ex->finished = true;
    rt_loop_stop(ex->loop);
}

void ex_stop(struct exchange *ex)
{
    struct ex_call *c, *tmp;

    if (ex->stopping)
        ex->stop_by = rt_now();
    else
        ex->stop_by = rt_now() + STOP_LIMIT;
    ex->stopping = true;
    ex_load_stop_all(ex);
    for (c = ex->calls; c; c = tmp) {
        tmp = c->next;
        ex_call_release(c, 16, 0);
    }
    rt_timer_stop(&ex->stop);
    rt_timer_init(&ex->stop, ex->loop, look_whether_over, ex);
    rt_timer_start(&ex->stop, 0);
}
