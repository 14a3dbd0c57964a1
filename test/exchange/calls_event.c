/* What a call hears after SETUP: told as an event, and answered where the call's rule does not. */
#include "test/exchange/act.h"
#include "test/exchange/report.h"

#include "isdn/aoc.h"

#define HEAR_TONES (2 * RT_S) /* how long a far end's clearing tones are listened to */

/* ---- reactions ---- */

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
    ex_call_route(c, false);
}

static void on_complete(struct ex_call *c, const struct isdn_event *ev)
{
    (void)ev;
    ex_call_route(c, true);
}

static void on_ringing(struct ex_call *c, const struct isdn_event *ev)
{
    rt_timer_stop(&c->digit_timer);
    if (c->early && ev->progress != 0 && !c->started)
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

/** As the network we have nobody to call in its place: the request is granted, and that is all. */
static void on_deflect(struct ex_call *c, const struct isdn_event *ev)
{
    (void)ev;
    if (isdn_call_deflected(c->isdn, !c->refuses) == 0 && !c->refuses)
        ex_call_release(c, 16, ex_span_location(c->span));
}

static void on_transfer(struct ex_call *c, const struct isdn_event *ev)
{
    struct ex_call *other = ev->other ? isdn_call_owner(ev->other) : NULL;

    if (isdn_call_transferred(c->isdn, !c->refuses) != 0 || c->refuses || !other)
        return;
    ex_call_release(c, 16, ex_span_location(c->span));
    ex_call_release(other, 16, ex_span_location(other->span));
}

/** How each event changes a call, and what it is called here: isdn_event_name() speaks Q.931,
 * events here speak of calls. Those without a function are told and no more. */
static const struct {
    const char *name, *state;
    void (*fn)(struct ex_call *c, const struct isdn_event *ev);
} table[] = {
    [ISDN_EV_SETUP_ACK] = {"setup_ack", "dialling", on_setup_ack},
    [ISDN_EV_INFORMATION] = {"digits", NULL, on_information},
    [ISDN_EV_COMPLETE] = {"complete", NULL, on_complete},
    [ISDN_EV_PROCEEDING] = {"proceeding", "proceeding", on_ringing},
    [ISDN_EV_ALERTING] = {"alerting", "alerting", on_ringing},
    [ISDN_EV_PROGRESS] = {"progress", NULL, on_ringing},
    [ISDN_EV_CONNECT] = {"answered", "answered", on_connect},
    [ISDN_EV_CONNECT_ACK] = {"connected", NULL, NULL},
    [ISDN_EV_NOTIFY] = {"notify", NULL, NULL},
    [ISDN_EV_HOLD] = {"hold", "held", NULL},
    [ISDN_EV_RETRIEVE] = {"retrieve", "answered", NULL},
    [ISDN_EV_HELD] = {"held", NULL, NULL},
    [ISDN_EV_IDENTITY] = {"identity", NULL, NULL},
    [ISDN_EV_DIVERTED] = {"diverted", NULL, NULL},
    [ISDN_EV_KEYPAD] = {"keypad", NULL, NULL},
    [ISDN_EV_AOC] = {"aoc", NULL, NULL},
    [ISDN_EV_MCID] = {"mcid", NULL, NULL},
    [ISDN_EV_DEFLECT] = {"deflect", NULL, on_deflect},
    [ISDN_EV_TRANSFER] = {"transfer", NULL, on_transfer},
    [ISDN_EV_DISCONNECT] = {"disconnect", "clearing", on_disconnect},
    [ISDN_EV_RELEASED] = {"released", "released", NULL},
};

/* ---- told ---- */

static void put_charge(json_t *o, const struct isdn_aoc *aoc)
{
    static const char *const charges[] = {[ISDN_AOC_NOT_AVAILABLE] = "not available",
                                          [ISDN_AOC_FREE] = "free",
                                          [ISDN_AOC_MONEY] = "money",
                                          [ISDN_AOC_UNITS_COUNTED] = "units"};
    const struct isdn_aoc_money *m = &aoc->de.money;
    double amount = m->cost;

    ex_put_text(o, "charge", charges[aoc->de.charge]);
    for (unsigned i = m->multiplier; i < ISDN_AOC_ONE; i++)
        amount /= 10;
    for (unsigned i = ISDN_AOC_ONE; i < m->multiplier; i++)
        amount *= 10;
    if (aoc->de.charge == ISDN_AOC_MONEY) {
        ex_put(o, "amount", json_real(amount));
        ex_put_text(o, "currency", m->currency);
    }
    if (aoc->de.charge == ISDN_AOC_UNITS_COUNTED && aoc->de.nunits > 0)
        ex_put_int(o, "units", aoc->de.unit[0].number);
}

static void put_aoc(json_t *o, const struct isdn_aoc *aoc)
{
    static const char *const kinds[] = {[ISDN_AOC_S] = "s", [ISDN_AOC_D] = "d", [ISDN_AOC_E] = "e"};

    ex_put_text(o, "kind", kinds[aoc->kind]);
    if (aoc->kind == ISDN_AOC_S)
        ex_put_int(o, "rates", aoc->s.n);
    else
        put_charge(o, aoc);
}

static void put_party(json_t *o, const struct isdn_event *ev)
{
    if (ev->connected.digits[0]) {
        ex_put_text(o, "connected", ev->connected.digits);
        ex_put_int(o, "connected_type", ev->connected.ton);
        ex_put_int(o, "connected_presentation", ev->connected.presentation);
    }
    if (ev->name[0])
        ex_put_text(o, "name", ev->name);
    ex_put_hex(o, "connected_subaddress", ev->connected_sub.octets, ev->connected_sub.len);
}

static void tell(const struct ex_call *c, const struct isdn_event *ev)
{
    json_t *o = ex_call_json(c, table[ev->type].name);
    struct ex_call *other = ev->other ? isdn_call_owner(ev->other) : NULL;

    if (ev->progress)
        ex_put_int(o, "progress", ev->progress);
    if (ev->cause.value)
        ex_call_put_cause(o, &ev->cause);
    if (ev->type == ISDN_EV_INFORMATION || ev->type == ISDN_EV_KEYPAD)
        ex_put_text(o, "digits", ev->digits);
    if (ev->type == ISDN_EV_NOTIFY)
        ex_put_int(o, "notify", ev->notify);
    if (ev->type == ISDN_EV_DIVERTED || ev->type == ISDN_EV_DEFLECT)
        ex_put_int(o, "reason", ev->notify);
    put_party(o, ev);
    ex_put_uui(o, &ev->uui);
    if (ev->type == ISDN_EV_AOC && ev->aoc)
        put_aoc(o, ev->aoc);
    if (other)
        ex_put_int(o, "other", other->id);
    ex_put_int(o, "ms", (rt_now() - c->begun) / RT_MS);
    ex_emit(o);
}

static void over(struct ex_call *c, const struct isdn_event *ev)
{
    const char *by = ev->cause.timer ? "timer" : c->by ? c->by : ev->cause.local ? "line" : "them";

    if (ev->uui.present) {
        json_t *o = ex_call_json(c, "uui");
        ex_put_uui(o, &ev->uui);
        ex_emit(o);
    }
    ex_call_end(c, c->by && !ev->cause.timer ? &c->first : &ev->cause, by);
}

void ex_calls_event(void *arg, struct isdn_call *call, void *call_arg, const struct isdn_event *ev)
{
    struct ex_call *c = call_arg;

    (void)arg;
    if (!c)
        return;
    ex_call_set_slot(c, ev->channel ? ev->channel : isdn_call_channel(call));
    if (ev->type == ISDN_EV_RELEASED) {
        over(c, ev);
        return;
    }
    tell(c, ev);
    if (table[ev->type].state)
        c->state = table[ev->type].state;
    if (table[ev->type].fn)
        table[ev->type].fn(c, ev);
}
