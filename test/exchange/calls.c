/* A call's life: made, placed, ticked, ended, and how each is told. What arrives for it is in
 * calls_in.c and calls_event.c, its steps are done by act.c. */
#include "test/exchange/calls.h"

#include "test/exchange/act.h"
#include "test/exchange/load.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- reports ---- */

json_t *ex_call_json(const struct ex_call *c, const char *event)
{
    json_t *o = ex_event(event);

    ex_put_int(o, "call", c->id);
    ex_put_int(o, "span", c->span->rule->cfg.id);
    ex_put_text(o, "direction", c->incoming ? "in" : "out");
    ex_put_text(o, "called", c->called);
    ex_put_text(o, "caller", c->calling);
    if (c->slot > 0)
        ex_put_int(o, "channel", c->slot);
    return o;
}

void ex_call_put_cause(json_t *o, const struct isdn_cause *cause)
{
    ex_put_int(o, "cause", cause->value);
    ex_put_int(o, "location", cause->location);
    if (cause->timer)
        ex_put_text(o, "timer", cause->timer);
}

static void put_times(json_t *o, const struct ex_call *c)
{
    rt_time now = rt_now();

    ex_put_int(o, "ms", (now - c->begun) / RT_MS);
    ex_put_int(o, "answered_ms", c->answered ? (now - c->answered_at) / RT_MS : 0);
}

static void put_heard(json_t *o, const struct ex_call *c)
{
    if (c->media.measure)
        ex_put(o, "heard", ex_meter_json(&c->media.meter));
}

void ex_call_report(const struct ex_call *c, const char *event)
{
    json_t *o = ex_call_json(c, event);

    ex_put_text(o, "state", c->state);
    put_times(o, c);
    put_heard(o, c);
    ex_emit(o);
}

/* ---- life ---- */

void ex_call_set_slot(struct ex_call *c, unsigned slot)
{
    struct ex_span *s = c->span;

    if (slot == c->slot || slot >= ISDN_TIMESLOTS)
        return;
    if (s->by_slot[c->slot] == c) {
        s->by_slot[c->slot] = NULL;
        s->busy &= ~(1u << c->slot);
    }
    c->slot = slot;
    if (slot > 0) {
        s->by_slot[slot] = c;
        s->busy |= 1u << slot;
    }
}

static void send_digit(void *arg)
{
    struct ex_call *c = arg;
    char digit[2] = {c->pending[0]};

    if (!digit[0])
        return;
    if (isdn_call_information(c->isdn, digit, false) != 0)
        return;
    memmove(c->pending, c->pending + 1, strlen(c->pending));
    rt_timer_start(&c->digit_timer, c->pace);
}

static void heard_enough(void *arg)
{
    struct ex_call *c = arg;

    isdn_call_release(c->isdn, 16, (uint8_t)ex_span_location(c->span));
}

struct ex_call *ex_call_new(struct ex_span *s, bool incoming, bool measure)
{
    struct exchange *ex = s->ex;
    struct ex_call *c = calloc(1, sizeof *c);

    if (!c || ex_media_init(&c->media, s->law, measure) != 0) {
        free(c);
        return NULL;
    }
    c->span = s;
    c->id = ++ex->next_id;
    c->incoming = incoming;
    c->state = incoming ? "arrived" : "placed";
    c->begun = rt_now();
    rt_timer_init(&c->timer, ex->loop, ex_act_timer, c);
    rt_timer_init(&c->digit_timer, ex->loop, send_digit, c);
    rt_timer_init(&c->hear_timer, ex->loop, heard_enough, c);
    DL_APPEND(ex->calls, c);
    return c;
}

static void free_call(struct ex_call *c)
{
    rt_timer_stop(&c->timer);
    rt_timer_stop(&c->digit_timer);
    rt_timer_stop(&c->hear_timer);
    ex_call_set_slot(c, 0);
    DL_DELETE(c->span->ex->calls, c);
    ex_media_release(&c->media);
    free(c);
}

/** A `%` in a file name is the call's number, so that many calls of one rule do not collide. */
static void keep_recording(struct ex_call *c)
{
    struct ex_media *m = &c->media;
    struct rt_buf path = {0};

    if (!m->recording)
        return;
    for (const char *p = m->record; *p; p++) {
        if (*p == '%')
            rt_buf_printf(&path, "%u", c->id);
        else
            rt_buf_put(&path, p, 1);
    }
    int err = ex_worker_put(c->span->ex->worker, c->id, &m->heard, rt_buf_str(&path).p, m->compare);
    if (err != 0)
        ex_error("call %u: the recording is lost: %s", c->id, strerror(err));
    rt_buf_release(&path);
}

void ex_call_end(struct ex_call *c, const struct isdn_cause *cause, const char *by)
{
    struct exchange *ex = c->span->ex;
    json_t *o = ex_call_json(c, "released");

    ex_call_put_cause(o, cause);
    ex_put_text(o, "by", by);
    ex_put_bool(o, "answered", c->answered);
    put_times(o, c);
    put_heard(o, c);
    ex_emit(o);
    keep_recording(c);
    ex->totals.released++;
    ex->totals.cause[cause->value & 127u]++;
    struct ex_load *load = c->load;
    bool answered = c->answered;
    uint8_t value = cause->value; /* it may be the call's own */
    free_call(c);
    if (load)
        ex_load_ended(load, answered, value);
}

void ex_calls_forget(struct ex_span *s)
{
    const struct isdn_cause lost = {.value = 27, .local = true};
    struct ex_call *c, *tmp;

    DL_FOREACH_SAFE(s->ex->calls, c, tmp)
    {
        if (c->span == s)
            ex_call_end(c, &lost, "line");
    }
}

struct ex_call *ex_call_find(struct exchange *ex, unsigned id)
{
    struct ex_call *c;

    DL_SEARCH_SCALAR(ex->calls, c, id, id);
    return c;
}

void ex_call_release(struct ex_call *c, unsigned cause, unsigned location)
{
    if (!c->by) {
        c->by = "us";
        c->first = (struct isdn_cause){.value = (uint8_t)cause, .location = (uint8_t)location};
    }
    rt_timer_stop(&c->timer);
    rt_timer_stop(&c->digit_timer);
    isdn_call_release(c->isdn, (uint8_t)cause, (uint8_t)location);
}

/* ---- out ---- */

static int send_setup(struct ex_call *c, const struct ex_order *order)
{
    struct ex_span *s = c->span;
    uint32_t channels = ex_span_channels(s);
    struct isdn_setup setup = order->setup;

    setup.alaw = s->law == G711_A;
    setup.complete = !order->overlap;
    if (order->overlap) {
        rt_str_copy(c->pending, sizeof c->pending, rt_str(setup.called.digits));
        setup.called.digits[0] = '\0';
    }
    if (setup.channel)
        channels &= 1u << (setup.channel & 31u);
    /* from the far end of the channels: two ends that hunt alike collide all the time */
    return isdn_call_setup(&c->isdn, s->isdn, channels,
                           ex_span_network(s) ? ISDN_DESCENDING : ISDN_ASCENDING, &setup, c);
}

/** The next span that is up; without one, the next. */
static struct ex_span *spread(struct exchange *ex)
{
    struct ex_span *s = NULL;

    for (unsigned i = 0; i < ex->rules.nspans; i++) {
        s = &ex->spans[ex->next_span++ % ex->rules.nspans];
        if (s->isdn && isdn_span_free_channels(s->isdn, ex_span_channels(s)) > 0)
            break;
    }
    return s;
}

static struct ex_span *span_for(struct exchange *ex, const struct ex_order *order)
{
    if (order->spread)
        return spread(ex);
    return order->span ? ex_span_find(ex, order->span) : ex->spans;
}

static int failed(const struct ex_span *s, const struct ex_order *order, int err)
{
    json_t *o = ex_event("failed");

    if (s)
        ex_put_int(o, "span", s->rule->cfg.id);
    ex_put_text(o, "called", order->number);
    ex_put_text(o, "error", s ? strerror(err) : "there is no such span");
    ex_emit(o);
    return err;
}

int ex_call_place(struct exchange *ex, const struct ex_order *order, struct ex_load *load)
{
    struct ex_span *s = span_for(ex, order);
    struct ex_call *c;

    if (!s || !s->isdn)
        return failed(s, order, s ? ENETDOWN : EINVAL);
    if (!(c = ex_call_new(s, false, !order->deaf)))
        return failed(s, order, ENOMEM);
    rt_str_copy(c->called, sizeof c->called, rt_str(order->number));
    rt_str_copy(c->calling, sizeof c->calling, rt_str(order->from));
    c->steps = order->steps;
    c->nsteps = order->nsteps;
    c->early = order->early;
    c->pace = order->pace;
    c->refuses = order->refuses;
    int err = send_setup(c, order);
    if (err != 0) {
        free_call(c);
        return failed(s, order, err);
    }
    c->load = load;
    ex->totals.outgoing++;
    ex_call_set_slot(c, isdn_call_channel(c->isdn));
    ex_emit(ex_call_json(c, "placed"));
    return 0;
}

/* ---- audio ---- */

static void tell_dtmf(struct ex_call *c)
{
    json_t *o = ex_call_json(c, "dtmf");

    ex_put_text(o, "digits", c->media.meter.digits + c->dtmf_told);
    c->dtmf_told = c->media.meter.ndigits;
    ex_emit(o);
}

/** When the line carried the marker's first sample: the line takes and gives a tick's samples from
 * the tick on. */
static void tell_marker(struct ex_call *c, const char *way, rt_time tick, int64_t sample)
{
    json_t *o = ex_call_json(c, "marker");

    ex_put_text(o, "way", way);
    ex_put_int(o, "line_us", tick / RT_US + sample * (1000000 / AUDIO_RATE));
    ex_emit(o);
}

static void tell_markers(struct ex_call *c, unsigned frames)
{
    const struct ex_meter *m = &c->media.meter;

    if (c->media.marked >= 0)
        tell_marker(c, "sent", rt_now(), c->media.marked);
    if (m->delays == c->markers_told)
        return;
    c->markers_told = m->delays;
    tell_marker(c, "heard", rt_now(), (int64_t)m->marker - (int64_t)(m->samples - frames));
}

void ex_calls_tdm(void *arg, struct isdn_block *b)
{
    const struct ex_span *s = arg;

    b->used = 0;
    for (uint32_t left = s->busy; left != 0; left &= left - 1) {
        unsigned slot = (unsigned)__builtin_ctz(left);
        struct ex_call *c = s->by_slot[slot];
        if (ex_media_idle(&c->media))
            continue;
        b->used |= 1u << slot;
        ex_media_tick(&c->media, b->rx[slot], b->tx[slot], b->frames);
        if (c->media.meter.ndigits > c->dtmf_told)
            tell_dtmf(c);
        tell_markers(c, b->frames);
    }
}
