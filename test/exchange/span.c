/* The lines of the exchange: opened, closed, described. */
#include "test/exchange/calls.h"
#include "test/exchange/load.h"
#include "test/exchange/report.h"
#include "test/exchange/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define STOP_LOOK  (20 * RT_MS)
#define STOP_LIMIT (5 * RT_S) /* for far ends that do not answer RELEASE */

static void on_changed(void *arg, struct isdn_span *span)
{
    (void)span;
    ex_span_report(arg, "span");
}

/* ---- open and closed ---- */

int ex_spans_new(struct exchange *ex)
{
    ex->spans = calloc(ex->rules.nspans, sizeof *ex->spans);
    if (!ex->spans)
        return ENOMEM;
    for (unsigned i = 0; i < ex->rules.nspans; i++) {
        struct ex_span *s = &ex->spans[i];
        s->ex = ex;
        s->rule = &ex->rules.span[i];
        s->law = s->rule->cfg.mulaw ? G711_MU : G711_A;
        ex_fault_init(&s->fault, ex->loop);
        ex_storm_init(&s->storm, ex->loop, s);
    }
    return 0;
}

void ex_spans_free(struct exchange *ex)
{
    for (unsigned i = ex->rules.nspans; ex->spans && i-- > 0;) {
        ex_span_close(&ex->spans[i]);
        ex_trace_close(&ex->spans[i]);
    }
    free(ex->spans);
    ex->spans = NULL;
}

int ex_span_open(struct ex_span *s)
{
    const struct isdn_span_ops ops = {.tdm = ex_calls_tdm,
                                      .line = ex_fault_line,
                                      .tdm_arg = s,
                                      .changed = on_changed,
                                      .setup = ex_calls_setup,
                                      .event = ex_calls_event,
                                      .trace = ex_trace,
                                      .filter = ex_fault_filter};
    struct isdn_span_config cfg = s->rule->cfg;
    struct rt_buf why = {0};

    if (s->rule->lead >= 0 && !s->ex->spans[s->rule->lead].isdn)
        return ENETDOWN;
    if (s->rule->lead >= 0)
        cfg.lead = s->ex->spans[s->rule->lead].isdn;
    cfg.why = &why;
    int err = isdn_span_new(&s->isdn, &cfg, s->ex->loop, s->ex->loop, &ops, s);
    if (why.n > 0)
        ex_error("span %u: %s", s->rule->cfg.id, why.p);
    rt_buf_release(&why);
    return err;
}

void ex_span_close(struct ex_span *s)
{
    ex_fault_none(&s->fault);
    ex_storm_stop(&s->storm);
    ex_calls_forget(s);
    if (s->isdn)
        isdn_span_free(s->isdn);
    s->isdn = NULL;
}

/** The place of the span that has the first D channel of its group: maybe itself. */
static unsigned lead_of(const struct ex_span *s)
{
    return s->rule->lead >= 0 ? (unsigned)s->rule->lead : (unsigned)(s - s->ex->spans);
}

void ex_span_want(struct ex_span *s, bool open)
{
    struct exchange *ex = s->ex;

    for (unsigned i = 0; i < ex->rules.nspans; i++)
        if (lead_of(&ex->spans[i]) == lead_of(s))
            ex->spans[i].want = open;
}

bool ex_spans_pending(const struct exchange *ex)
{
    for (unsigned i = 0; i < ex->rules.nspans; i++)
        if (ex->spans[i].want != (ex->spans[i].isdn != NULL))
            return true;
    return false;
}

static void open_wanted(struct ex_span *s)
{
    if (!s->want || s->isdn)
        return;
    int err = ex_span_open(s);
    if (err != 0) {
        s->want = false;
        ex_error("span %u: %s", s->rule->cfg.id, strerror(err));
    }
    ex_span_report(s, "span");
}

void ex_spans_apply(struct exchange *ex)
{
    /* those that have their D channel elsewhere come after it, and go before it */
    for (unsigned i = ex->rules.nspans; i-- > 0;) {
        struct ex_span *s = &ex->spans[i];
        if (s->want || !s->isdn)
            continue;
        ex_span_close(s);
        ex_span_report(s, "span");
    }
    for (unsigned i = 0; i < ex->rules.nspans; i++)
        open_wanted(&ex->spans[i]);
}

struct ex_span *ex_span_find(const struct exchange *ex, unsigned id)
{
    for (unsigned i = 0; i < ex->rules.nspans; i++)
        if (ex->spans[i].rule->cfg.id == id)
            return &ex->spans[i];
    return NULL;
}

/* ---- how it stands ---- */

bool ex_span_up(const struct ex_span *s)
{
    struct isdn_span_status st;

    if (!s->isdn)
        return false;
    isdn_span_status(s->isdn, &st);
    for (unsigned i = 1; i < ISDN_TIMESLOTS; i++) {
        if (st.channel[i] == ISDN_CH_RESTARTING)
            return false;
    }
    /* a bus has its data link only while it is needed */
    return s->rule->cfg.multipoint ? st.alarm == ISDN_OK : st.dchannel_up;
}

bool ex_spans_up(const struct exchange *ex)
{
    for (unsigned i = 0; i < ex->rules.nspans; i++)
        if (ex->spans[i].want && !ex_span_up(&ex->spans[i]))
            return false;
    return true;
}

uint32_t ex_span_channels(const struct ex_span *s)
{
    return s->rule->cfg.timeslots & ~(1u << s->rule->cfg.dchannel) & ~1u;
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
                    {"hdlc_bad", st->hdlc_bad},
                    {"violations", st->violations},
                    {"crc_errors", st->crc_errors},
                    {"late_sent", st->late_sent},
                    {"tick_late_max_us", (uint64_t)st->tick_late_max}};

    for (size_t i = 0; i < RT_COUNT(counters); i++)
        ex_put_int(o, counters[i].name, (json_int_t)counters[i].value);
}

void ex_span_report(struct ex_span *s, const char *event)
{
    json_t *o = ex_event(event), *channels = json_object();
    struct isdn_span_status st = {.alarm = ISDN_LOS};
    char name[12];

    if (s->isdn)
        isdn_span_status(s->isdn, &st);
    for (unsigned i = 1; i < ISDN_TIMESLOTS; i++) {
        if (st.channel[i] == ISDN_CH_NONE || st.channel[i] == ISDN_CH_IDLE)
            continue;
        snprintf(name, sizeof name, "%u", i);
        ex_put_text(channels, name, isdn_channel_state_name(st.channel[i]));
    }
    ex_put_int(o, "span", s->rule->cfg.id);
    ex_put_bool(o, "open", s->isdn != NULL);
    ex_put_text(o, "alarm", isdn_alarm_name(st.alarm));
    ex_put_bool(o, "dchannel", st.dchannel_up);
    ex_put_int(o, "calls", st.calls);
    ex_put_int(o, "held", st.held);
    ex_put(o, "channels", channels);
    put_counters(o, &st);
    ex_put(o, "faults", ex_fault_json(&s->fault));
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
