/* The isdn/ side of calls: what arrives is told as an event and moves the call on; its steps are
 * done by act.c. */
#include "test/exchange/calls.h"

#include "test/exchange/act.h"
#include "test/exchange/load.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define DIGIT_PACE (100 * RT_MS) /* overlap sending: a quick finger */
#define HEAR_TONES (2 * RT_S)    /* how long a far end's clearing tones are listened to */

/* ---- reports ---- */

json_t *ex_call_json(const struct ex_call *c, const char *event)
{
    json_t *o = ex_event(event);

    ex_put_int(o, "call", c->id);
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

void ex_call_report(const struct ex_call *c, const char *event)
{
    json_t *o = ex_call_json(c, event);

    ex_put_text(o, "state", c->state);
    put_times(o, c);
    ex_put(o, "heard", ex_meter_json(&c->media.meter));
    ex_emit(o);
}

/* ---- life ---- */

static void set_slot(struct ex_call *c, unsigned slot)
{
    struct ex_call **by_slot = c->ex->by_slot;

    if (slot == c->slot || slot >= ISDN_TIMESLOTS)
        return;
    if (by_slot[c->slot] == c)
        by_slot[c->slot] = NULL;
    c->slot = slot;
    if (slot > 0)
        by_slot[slot] = c;
}

static void send_digit(void *arg)
{
    struct ex_call *c = arg;
    char digit[2] = {c->pending[0]};

    if (!digit[0])
        return;
    if (isdn_call_information(c->isdn, digit) != 0)
        return;
    memmove(c->pending, c->pending + 1, strlen(c->pending));
    rt_timer_start(&c->digit_timer, DIGIT_PACE);
}

static void heard_enough(void *arg)
{
    struct ex_call *c = arg;

    isdn_call_release(c->isdn, 16, c->ex->rules.span.network ? 2 : 0);
}

static struct ex_call *new_call(struct exchange *ex, bool incoming)
{
    struct ex_call *c = calloc(1, sizeof *c);

    if (!c || ex_media_init(&c->media, ex->law) != 0) {
        free(c);
        return NULL;
    }
    c->ex = ex;
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
    set_slot(c, 0);
    DL_DELETE(c->ex->calls, c);
    ex_media_release(&c->media);
    free(c->steps);
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
    int err = ex_worker_put(c->ex->worker, c->id, &m->heard, rt_buf_str(&path).p, m->compare);
    if (err != 0)
        ex_error("call %u: the recording is lost: %s", c->id, strerror(err));
    rt_buf_release(&path);
}

static void end_call(struct ex_call *c, const struct isdn_cause *cause, const char *by)
{
    json_t *o = ex_call_json(c, "released");

    ex_call_put_cause(o, cause);
    ex_put_text(o, "by", by);
    ex_put_bool(o, "answered", c->answered);
    put_times(o, c);
    ex_put(o, "heard", ex_meter_json(&c->media.meter));
    ex_emit(o);
    keep_recording(c);
    c->ex->totals.released++;
    c->ex->totals.cause[cause->value & 127u]++;
    struct ex_load *load = c->load;
    bool answered = c->answered;
    free_call(c);
    if (load)
        ex_load_ended(load, answered, cause->value);
}

void ex_calls_forget(struct exchange *ex)
{
    const struct isdn_cause lost = {.value = 27, .local = true};
    struct ex_call *c, *tmp;

    DL_FOREACH_SAFE(ex->calls, c, tmp)
    {
        end_call(c, &lost, "line");
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

/** `+49...` is an international number, anything else of unknown type. */
static void put_number(struct isdn_number *out, const char *number)
{
    bool plus = number[0] == '+';

    out->npi = 1;
    out->ton = plus ? 1 : 0;
    rt_str_copy(out->digits, sizeof out->digits, rt_str(number + plus));
}

static int copy_steps(struct ex_call *c, const struct ex_step *steps, size_t n)
{
    c->steps = calloc(n + 1, sizeof *steps);
    if (!c->steps)
        return ENOMEM;
    if (n > 0)
        memcpy(c->steps, steps, n * sizeof *steps);
    c->nsteps = n;
    return 0;
}

static int send_setup(struct ex_call *c, const struct ex_order *order)
{
    struct exchange *ex = c->ex;
    uint32_t channels = ex_span_channels(ex);
    struct isdn_setup setup = {.bearer = order->data ? ISDN_DATA64 : ISDN_SPEECH,
                               .alaw = ex->law == G711_A,
                               .complete = !order->overlap,
                               .channel = order->channel};

    put_number(&setup.called, order->number);
    put_number(&setup.calling, order->from);
    if (!order->from[0])
        setup.calling.presentation = 2;
    if (order->overlap) {
        rt_str_copy(c->pending, sizeof c->pending, rt_str(setup.called.digits));
        setup.called.digits[0] = '\0';
    }
    if (order->channel)
        channels &= 1u << (order->channel & 31u);
    /* from the far end of the channels: two ends that hunt alike collide all the time */
    return isdn_call_setup(&c->isdn, ex->span, channels,
                           ex->rules.span.network ? ISDN_DESCENDING : ISDN_ASCENDING, &setup, c);
}

int ex_call_place(struct exchange *ex, const struct ex_order *order, struct ex_load *load)
{
    struct ex_call *c = new_call(ex, false);
    int err = c ? copy_steps(c, order->steps, order->nsteps) : ENOMEM;

    if (err == 0) {
        rt_str_copy(c->called, sizeof c->called, rt_str(order->number));
        rt_str_copy(c->calling, sizeof c->calling, rt_str(order->from));
        c->early = order->early;
        err = ex->span ? send_setup(c, order) : ENETDOWN;
    }
    if (err != 0) {
        json_t *o = ex_event("failed");
        ex_put_text(o, "called", order->number);
        ex_put_text(o, "error", strerror(err));
        ex_emit(o);
        if (c)
            free_call(c);
        return err;
    }
    c->load = load;
    ex->totals.outgoing++;
    set_slot(c, isdn_call_channel(c->isdn));
    ex_emit(ex_call_json(c, "placed"));
    return 0;
}

/* ---- in ---- */

static void start(struct ex_call *c, const struct ex_rule *rule)
{
    json_t *o = ex_call_json(c, "matched");

    c->started = true;
    ex_put_text(o, "rule", rule->pattern);
    ex_emit(o);
    if (copy_steps(c, rule->steps, rule->nsteps) == 0)
        ex_call_run(c);
}

/** Looks for a rule; asks for more digits while there may be more and they may help. */
static void route(struct ex_call *c, bool complete)
{
    bool more;
    const struct ex_rule *rule = ex_rules_find(&c->ex->rules, c->called, &more);

    if (c->started || c->by)
        return;
    if (rule && (complete || strlen(c->called) >= rule->digits)) {
        start(c, rule);
    } else if (complete || (!rule && !more)) {
        ex_call_release(c, more ? 28 : 1, c->ex->rules.span.network ? 2 : 0);
    } else if (!c->acked) {
        c->acked = true;
        isdn_call_setup_ack(c->isdn, c->called[0] ? 0 : 8);
        if (!c->called[0])
            ex_gen_country(&c->media.gen, "de", "dial");
    }
}

void ex_calls_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
    struct exchange *ex = arg;
    struct ex_call *c = ex->stopping ? NULL : new_call(ex, true);

    isdn_call_own(call, c);
    if (!c) {
        isdn_call_release(call, 41, 0);
        return;
    }
    ex->totals.incoming++;
    c->isdn = call;
    c->media.law = setup->bearer == ISDN_DATA64 || setup->alaw ? G711_A : G711_MU;
    rt_str_copy(c->called, sizeof c->called, rt_str(setup->called.digits));
    rt_str_copy(c->calling, sizeof c->calling, rt_str(setup->calling.digits));
    set_slot(c, isdn_call_channel(call));
    json_t *o = ex_call_json(c, "arrived");
    ex_put_int(o, "called_type", setup->called.ton);
    ex_put_int(o, "caller_type", setup->calling.ton);
    ex_put_int(o, "presentation", setup->calling.presentation);
    ex_put_int(o, "screening", setup->calling.screening);
    ex_put_bool(o, "complete", setup->complete);
    ex_put_int(o, "progress", setup->progress);
    ex_put_int(o, "bearer", setup->bearer);
    if (setup->redirecting.digits[0])
        ex_put_text(o, "redirecting", setup->redirecting.digits);
    if (setup->display[0])
        ex_put_text(o, "display", setup->display);
    ex_emit(o);
    route(c, setup->complete);
}

/* ---- events ---- */

static void on_setup_ack(struct ex_call *c, const struct isdn_event *ev)
{
    (void)ev;
    rt_timer_start(&c->digit_timer, 0);
}

static void on_information(struct ex_call *c, const struct isdn_event *ev)
{
    size_t n = strlen(c->called);

    rt_str_copy(c->called + n, sizeof c->called - n, rt_str(ev->digits));
    if (c->acked && !c->started)
        ex_gen_silence(&c->media.gen);
    route(c, false);
}

static void on_complete(struct ex_call *c, const struct isdn_event *ev)
{
    (void)ev;
    route(c, true);
}

static void on_ringing(struct ex_call *c, const struct isdn_event *ev)
{
    rt_timer_stop(&c->digit_timer);
    if (c->early && ev->progress != 0)
        ex_call_run(c);
}

static void on_connect(struct ex_call *c, const struct isdn_event *ev)
{
    (void)ev;
    ex_act_answered(c);
    rt_timer_stop(&c->digit_timer);
    if (!c->started)
        ex_call_run(c);
}

static void on_disconnect(struct ex_call *c, const struct isdn_event *ev)
{
    if (!c->by) {
        c->by = "them";
        c->first = ev->cause;
    }
    rt_timer_stop(&c->timer);
    rt_timer_stop(&c->digit_timer);
    rt_timer_start(&c->hear_timer, ev->progress == 8 ? HEAR_TONES : 0);
}

/** How each event changes a call; those without a function are told and no more. */
static const struct {
    void (*fn)(struct ex_call *c, const struct isdn_event *ev);
    const char *state;
} reactions[] = {
    [ISDN_EV_SETUP_ACK] = {on_setup_ack, "dialling"},
    [ISDN_EV_INFORMATION] = {on_information, NULL},
    [ISDN_EV_COMPLETE] = {on_complete, NULL},
    [ISDN_EV_PROCEEDING] = {on_ringing, "proceeding"},
    [ISDN_EV_ALERTING] = {on_ringing, "alerting"},
    [ISDN_EV_PROGRESS] = {on_ringing, NULL},
    [ISDN_EV_CONNECT] = {on_connect, "answered"},
    [ISDN_EV_CONNECT_ACK] = {NULL, NULL},
    [ISDN_EV_NOTIFY] = {NULL, NULL},
    [ISDN_EV_DISCONNECT] = {on_disconnect, "clearing"},
    [ISDN_EV_RELEASED] = {NULL, "released"},
};

/** JSON names: isdn_event_name() speaks Q.931, events here speak of calls. */
static const char *const names[] = {
    [ISDN_EV_SETUP_ACK] = "setup_ack", [ISDN_EV_INFORMATION] = "digits",
    [ISDN_EV_COMPLETE] = "complete",   [ISDN_EV_PROCEEDING] = "proceeding",
    [ISDN_EV_ALERTING] = "alerting",   [ISDN_EV_PROGRESS] = "progress",
    [ISDN_EV_CONNECT] = "answered",    [ISDN_EV_CONNECT_ACK] = "connected",
    [ISDN_EV_NOTIFY] = "notify",       [ISDN_EV_DISCONNECT] = "disconnect",
    [ISDN_EV_RELEASED] = "released",
};

static void tell(const struct ex_call *c, const struct isdn_event *ev)
{
    json_t *o = ex_call_json(c, names[ev->type]);

    if (ev->progress)
        ex_put_int(o, "progress", ev->progress);
    if (ev->cause.value)
        ex_call_put_cause(o, &ev->cause);
    if (ev->type == ISDN_EV_INFORMATION)
        ex_put_text(o, "digits", ev->digits);
    if (ev->type == ISDN_EV_NOTIFY)
        ex_put_int(o, "notify", ev->notify);
    if (ev->connected.digits[0])
        ex_put_text(o, "connected", ev->connected.digits);
    ex_put_int(o, "ms", (rt_now() - c->begun) / RT_MS);
    ex_emit(o);
}

void ex_calls_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    struct ex_call *c = call_arg;

    (void)arg;
    if (!c)
        return;
    set_slot(c, ev->channel ? ev->channel : isdn_call_channel(call));
    if (ev->type == ISDN_EV_RELEASED) {
        const char *by = ev->cause.timer   ? "timer"
                         : c->by           ? c->by
                         : ev->cause.local ? "line"
                                           : "them";
        end_call(c, c->by && !ev->cause.timer ? &c->first : &ev->cause, by);
        return;
    }
    tell(c, ev);
    if (reactions[ev->type].state)
        c->state = reactions[ev->type].state;
    if (reactions[ev->type].fn)
        reactions[ev->type].fn(c, ev);
}

/* ---- audio ---- */

static void tell_dtmf(struct ex_call *c)
{
    json_t *o = ex_call_json(c, "dtmf");

    ex_put_text(o, "digits", c->media.meter.digits + c->dtmf_told);
    c->dtmf_told = c->media.meter.ndigits;
    ex_emit(o);
}

void ex_calls_tdm(void *arg, struct isdn_block *b)
{
    struct exchange *ex = arg;

    for (unsigned slot = 1; slot < ISDN_TIMESLOTS; slot++) {
        struct ex_call *c = ex->by_slot[slot];
        if (!c)
            continue;
        ex_media_tick(&c->media, b->rx[slot], b->tx[slot], b->frames);
        if (c->media.meter.ndigits > c->dtmf_told)
            tell_dtmf(c);
    }
}
