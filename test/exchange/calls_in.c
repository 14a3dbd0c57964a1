/* Calls that arrive: what SETUP said is told, and a rule is looked for. */
#include "test/exchange/act.h"
#include "test/exchange/report.h"

#include <stdio.h>

/* ---- told ---- */

void ex_put_hex(json_t *o, const char *key, const uint8_t *octets, size_t len)
{
    struct rt_buf b = {0};

    for (size_t i = 0; i < len; i++)
        rt_buf_printf(&b, "%02x", octets[i]);
    if (len > 0)
        ex_put_text(o, key, rt_buf_str(&b).p);
    rt_buf_release(&b);
}

void ex_put_uui(json_t *o, const struct isdn_uui *uui)
{
    if (!uui->present)
        return;
    ex_put_int(o, "uui_protocol", uui->protocol);
    ex_put_hex(o, "uui", uui->octets, uui->len);
}

static void put_text(json_t *o, const char *key, const char *value)
{
    if (value[0])
        ex_put_text(o, key, value);
}

/** The digits under `key`, what else is said of them under names that begin with it. */
static void put_diversion(json_t *o, const struct isdn_diversion *d)
{
    if (d->count == 0)
        return;
    ex_put_text(o, "redirecting", d->last.digits);
    ex_put_int(o, "redirecting_reason", d->last_reason);
    ex_put_int(o, "diversions", d->count);
    if (!d->first.digits[0])
        return;
    ex_put_text(o, "redirecting_first", d->first.digits);
    ex_put_int(o, "redirecting_first_reason", d->first_reason);
}

static void put_numbers(json_t *o, const struct isdn_setup *s)
{
    ex_put_int(o, "called_type", s->called.ton);
    ex_put_int(o, "caller_type", s->calling.ton);
    ex_put_int(o, "presentation", s->calling.presentation);
    ex_put_int(o, "screening", s->calling.screening);
    put_text(o, "network_caller", s->network.digits);
    put_diversion(o, &s->diversion);
    ex_put_hex(o, "subaddress", s->called_sub.octets, s->called_sub.len);
    ex_put_hex(o, "caller_subaddress", s->calling_sub.octets, s->calling_sub.len);
}

static void tell(const struct ex_call *c, const struct isdn_setup *s)
{
    json_t *o = ex_call_json(c, "arrived");

    put_numbers(o, s);
    ex_put_bool(o, "complete", s->complete);
    ex_put_int(o, "progress", s->progress);
    ex_put_int(o, "bearer", s->bearer);
    put_text(o, "display", s->display);
    put_text(o, "keypad", s->keypad);
    ex_put_uui(o, &s->uui);
    ex_put_hex(o, "hlc", s->hlc, s->hlc_len);
    ex_put_hex(o, "llc", s->llc, s->llc_len);
    if (s->charges)
        ex_put_int(o, "charges", s->charges);
    ex_emit(o);
}

/* ---- a rule for it ---- */

static void start(struct ex_call *c, const struct ex_rule *rule)
{
    json_t *o = ex_call_json(c, "matched");

    c->started = true;
    c->refuses = rule->refuses;
    if (rule->deaf)
        ex_media_deafen(&c->media);
    ex_put_text(o, "rule", rule->pattern);
    ex_emit(o);
    c->steps = rule->steps;
    c->nsteps = rule->nsteps;
    for (size_t i = 0; i < c->nsteps; i++)
        if (c->steps[i].op == EX_AOC)
            isdn_call_advises(c->isdn, true);
    ex_call_run(c);
}

void ex_call_route(struct ex_call *c, bool complete)
{
    bool more;
    const struct ex_rule *rule = ex_rules_find(&c->span->ex->rules, c->called, &more);

    if (c->started || c->by)
        return;
    if (rule && (complete || strlen(c->called) >= rule->digits)) {
        start(c, rule);
    } else if (complete || (!rule && !more)) {
        ex_call_release(c, more ? 28 : 1, ex_span_location(c->span));
    } else if (!c->acked) {
        c->acked = true;
        isdn_call_setup_ack(c->isdn, c->called[0] ? 0 : 8);
        if (!c->called[0])
            ex_gen_country(&c->media.gen, "de", "dial");
    }
}

void ex_calls_setup(void *arg, struct isdn_call *call, const struct isdn_setup *setup)
{
    struct ex_span *s = arg;
    struct ex_call *c = s->ex->stopping ? NULL : ex_call_new(s, true, true);

    isdn_call_own(call, c);
    if (!c) {
        isdn_call_release(call, 41, 0);
        return;
    }
    s->ex->totals.incoming++;
    c->isdn = call;
    c->media.law = setup->bearer == ISDN_DATA64 || setup->alaw ? G711_A : G711_MU;
    rt_str_copy(c->called, sizeof c->called, rt_str(setup->called.digits));
    rt_str_copy(c->calling, sizeof c->calling, rt_str(setup->calling.digits));
    ex_call_set_slot(c, isdn_call_channel(call));
    tell(c, setup);
    ex_call_route(c, setup->complete);
}
