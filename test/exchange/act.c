/* One function per step that is more than audio, and the runner that waits between them. */
#include "test/exchange/act.h"

#include "test/exchange/load.h"
#include "test/exchange/report.h"

#include <errno.h>

#define LOOK (20 * RT_MS) /* how often `wait played` looks */

void ex_act_answered(struct ex_call *c)
{
    c->answered = true;
    c->state = "answered";
    c->answered_at = rt_now();
    c->span->ex->totals.answered++;
    if (c->load)
        ex_load_answered(c->load, c->answered_at - c->begun);
}

static int proceeding(struct ex_call *c, const struct ex_step *s)
{
    c->state = "proceeding";
    return isdn_call_proceeding(c->isdn, (uint8_t)s->pi);
}

static int alerting(struct ex_call *c, const struct ex_step *s)
{
    c->state = "alerting";
    return isdn_call_alerting(c->isdn, (uint8_t)s->pi);
}

static int progress(struct ex_call *c, const struct ex_step *s)
{
    return isdn_call_progress(c->isdn, (uint8_t)s->pi, (uint8_t)s->cause);
}

static int early(struct ex_call *c, const struct ex_step *s)
{
    int err = progress(c, s);

    return err != 0 ? err : ex_media_step(&c->media, &c->span->ex->files, s);
}

static int answer(struct ex_call *c, const struct ex_step *s)
{
    if (s->pi)
        isdn_call_indicators(c->isdn, (uint16_t)(1u << (s->pi & 15u)));
    int err = isdn_call_connect(c->isdn, NULL);
    if (err == 0) {
        ex_act_answered(c);
        ex_emit(ex_call_json(c, "answered"));
    }
    return err;
}

static int hangup(struct ex_call *c, const struct ex_step *s)
{
    unsigned location = s->location;

    if (location == 0)
        location = ex_span_location(c->span);
    if (!s->tones) {
        ex_call_release(c, s->cause, location);
        return 0;
    }
    c->by = "us";
    c->first = (struct isdn_cause){.value = (uint8_t)s->cause, .location = (uint8_t)location};
    c->media.echo = false;
    ex_gen_cause(&c->media.gen, "de", s->cause);
    return isdn_call_disconnect_tones(c->isdn, (uint8_t)s->cause, (uint8_t)location);
}

static int notify(struct ex_call *c, const struct ex_step *s)
{
    return isdn_call_notify(c->isdn, (uint8_t)s->notify);
}

/** Takes the channel that the far end, hunting upwards, is about to take. */
static int glare(struct ex_call *c, const struct ex_step *s)
{
    struct ex_order order = {.span = c->span->rule->cfg.id,
                             .setup = {.channel = c->slot + 1, .calling.presentation = 2}};

    if (order.setup.channel == c->span->rule->cfg.dchannel)
        order.setup.channel++;
    rt_str_copy(order.number, sizeof order.number, rt_str(s->text));
    ex_number(&order.setup.called, s->text);
    ex_call_place(c->span->ex, &order, NULL); /* reports its own failure */
    return 0;
}

static int (*const acts[])(struct ex_call *c, const struct ex_step *s) = {
    [EX_PROCEEDING] = proceeding, [EX_ALERTING] = alerting, [EX_PROGRESS] = progress,
    [EX_EARLY] = early,           [EX_ANSWER] = answer,     [EX_HANGUP] = hangup,
    [EX_GLARE] = glare,           [EX_NOTIFY] = notify,
};

static int act(struct ex_call *c, const struct ex_step *s)
{
    if (s->op < RT_COUNT(acts) && acts[s->op])
        return acts[s->op](c, s);
    int err = ex_act_service(c, s);
    return err == ENOENT ? ex_media_step(&c->media, &c->span->ex->files, s) : err;
}

static void do_step(struct ex_call *c, const struct ex_step *s)
{
    int err = act(c, s);

    if (err != 0)
        ex_error("call %u: step %zu: %s%s%s", c->id, c->at, s->text, s->text[0] ? ": " : "",
                 strerror(err));
}

/** Waits as long as the step asks for; false: go on. */
static bool must_wait(struct ex_call *c, const struct ex_step *s)
{
    rt_time delay = s->op == EX_WAIT ? s->after + s->wait : s->after;

    if (delay > 0 && !c->waited) {
        c->waited = true;
        rt_timer_start(&c->timer, delay);
        return true;
    }
    if (s->op == EX_WAIT && s->wait == 0 && !ex_media_played(&c->media)) {
        rt_timer_start(&c->timer, LOOK);
        return true;
    }
    c->waited = false;
    return false;
}

void ex_call_run(struct ex_call *c)
{
    c->started = true;
    while (c->at < c->nsteps && !c->by) {
        const struct ex_step *s = &c->steps[c->at];
        if (must_wait(c, s))
            return;
        c->at++;
        if (s->op != EX_WAIT)
            do_step(c, s);
    }
}

void ex_act_timer(void *arg)
{
    ex_call_run(arg);
}
