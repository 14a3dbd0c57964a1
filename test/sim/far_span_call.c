/* Calls of a span's far end, on both sides: each follows its script and writes down what it saw.
 *
 * A call that does not go as its script says is ended by the far end all the same: after four
 * minutes without an answer, and ten seconds after it should have been over.
 */
#include "test/sim/engine.h"
#include "test/sim/far_span.h"

#include <stdlib.h>
#include <utlist.h>

#pragma weak sim_channel_taken

#define UNANSWERED (240 * RT_S)
#define OVERDUE    (10 * RT_S)
/** A call that is sent on is as much longer than its script. */
#define MOVED (10 * RT_S)

/** Q.850, and the location that says it: 0 the user, 2 the network. */
#define CLEAR    16
#define LOCATION 0

/** Without a simulation nobody counts. */
static void taken(struct sim_far *f)
{
    if (sim_channel_taken)
        sim_channel_taken(f);
}

static rt_time ms(unsigned n)
{
    return n * RT_MS;
}

struct sim_seen *far_span_seen(const struct far_span_leg *l)
{
    struct sim_seen *seen = !l->c ? NULL : l->caller ? &l->c->a : &l->c->b;

    return seen && seen->placed == l->placed ? seen : NULL;
}

/* ---- a leg's life ---- */

void far_span_release(struct far_span_leg *l, uint8_t cause)
{
    if (l->releasing)
        return;
    l->releasing = true;
    rt_timer_stop(&l->step);
    rt_timer_stop(&l->give_up);
    rt_timer_stop(&l->bound);
    struct sim_seen *seen = far_span_seen(l);
    if (seen && !seen->cause)
        seen->by_us = true;
    isdn_call_release(l->call, cause, LOCATION);
}

static void on_step(void *arg)
{
    struct far_span_leg *l = arg;
    l->then(l);
}

static void on_end(void *arg)
{
    far_span_release(arg, CLEAR);
}

void far_span_later(struct far_span_leg *l, rt_time d, void (*then)(struct far_span_leg *l))
{
    l->then = then;
    rt_timer_start(&l->step, d);
}

struct far_span_leg *far_span_leg_new(struct far_span *own, bool caller)
{
    struct far_span_leg *l = calloc(1, sizeof *l);
    struct rt_loop *loop = own->far->sim->loop;

    if (!l)
        return NULL;
    l->own = own;
    l->caller = caller;
    rt_timer_init(&l->step, loop, on_step, l);
    rt_timer_init(&l->give_up, loop, on_end, l);
    rt_timer_init(&l->bound, loop, on_end, l);
    rt_timer_start(&l->bound, UNANSWERED);
    DL_APPEND(own->legs, l);
    return l;
}

void far_span_leg_free(struct far_span_leg *l)
{
    rt_timer_stop(&l->step);
    rt_timer_stop(&l->give_up);
    rt_timer_stop(&l->bound);
    far_span_mute(l);
    DL_DELETE(l->own->legs, l);
    free(l);
}

/** The ledger's side is this leg's from now on. */
static void leg_take(struct far_span_leg *l, struct sim_call *c)
{
    struct sim_seen *seen = l->caller ? &c->a : &c->b;

    l->c = c;
    l->placed = rt_now();
    *seen = (struct sim_seen){
        .state = SIM_PLACED, .placed = l->placed, .times = seen->times + !l->caller};
}

static void rings(struct far_span_leg *l)
{
    struct sim_seen *seen = far_span_seen(l);

    if (seen && seen->state < SIM_RINGS) {
        seen->state = SIM_RINGS;
        seen->rang = rt_now();
    }
}

static void end_of_talk(struct far_span_leg *l)
{
    far_span_release(l, CLEAR);
}

/** The hook of a telephone, to an agent. */
static void flashed(struct far_span_leg *l)
{
    struct sim_seen *seen = far_span_seen(l);

    if (seen && seen->flashes++ == 0)
        seen->flashed = rt_now();
}

static void retrieve(struct far_span_leg *l)
{
    const struct sim_script *s = &l->c->op->call;

    if (isdn_call_held(l->call) && isdn_call_retrieve(l->call) == 0)
        flashed(l);
    if (!s->called_ends)
        far_span_later(l, ms(s->talk > 2 * s->hold ? s->talk - 2 * s->hold : 1000), end_of_talk);
}

static void hold(struct far_span_leg *l)
{
    if (isdn_call_hold(l->call) == 0)
        flashed(l);
    far_span_later(l, ms(l->c->op->call.hold), retrieve);
}

/** Behind a call agent it is that which holds, but for telephones. */
static bool holds(const struct far_span_leg *l)
{
    const struct sim_far *f = l->own->far;

    const struct sim_far *outside = &f->sim->far[f->index];

    return l->caller && l->c->op->call.hold > 0 &&
           (outside->kind == f->kind || sim_far_has_lines(outside));
}

/** It is answered: who is to end it does so after a while; the other one if that does not. */
static void talks(struct far_span_leg *l)
{
    const struct sim_script *s = &l->c->op->call;
    rt_time over = ms(s->talk > 2 * s->hold ? s->talk : 2 * s->hold + 1000);
    rt_time longer = s->transfer ? ms(s->transfer + s->progress + s->ring) + MOVED : 0;
    struct sim_seen *seen = far_span_seen(l);

    if (seen) {
        seen->state = SIM_TALKS;
        seen->answered = rt_now();
    }
    rt_timer_stop(&l->step);
    far_span_speak(l);
    rt_timer_start(&l->bound, over + longer + OVERDUE);
    if (far_span_sends_on(l))
        far_span_later(l, ms(s->transfer), far_span_consult);
    else if (holds(l))
        far_span_later(l, ms(s->hold), hold);
    else if (l->caller != s->called_ends)
        far_span_later(l, over, end_of_talk);
}

/* ---- calling ---- */

static void number(struct isdn_number *out, const char *e164, bool international)
{
    out->ton = international ? 1 : 2;
    out->npi = 1;
    rt_str_copy(out->digits, sizeof out->digits, rt_str(e164 + (international ? 1 : 3)));
}

/** The digits that follow +49. */
static const char *national(const struct sim_call *c)
{
    return c->called + 3;
}

static void send_digit(struct far_span_leg *l)
{
    const char *all = national(l->c);
    char digit[2] = {all[l->sent]};
    bool last = l->sent + 1 >= strlen(all);

    if (!digit[0])
        return;
    l->sent++;
    bool complete = last && sim_chance(l->c, 11, 2) == 0;
    if (isdn_call_information(l->call, digit, complete) == 0 && !last)
        far_span_later(l, ms(40 + sim_chance(l->c, 20 + (unsigned)l->sent, 400)), send_digit);
}

/** An emergency call's number is of no plan; others are national or international. */
static void make_setup(struct isdn_setup *s, struct far_span_leg *l, const struct sim_call *c,
                       bool overlap)
{
    if (c->op->call.emergency)
        s->called = (struct isdn_number){.digits = "112", .npi = 1};
    else
        number(&s->called, c->called, !overlap && sim_chance(c, 12, 4) == 0);
    number(&s->calling, c->caller, sim_chance(c, 13, 4) == 0);
    if (!overlap)
        return;
    l->sent = sim_chance(c, 14, 4);
    s->called.digits[l->sent] = '\0';
    s->complete = false;
}

int far_span_dial(struct far_span_leg *l, struct isdn_setup *s)
{
    struct far_span_kind k;

    far_span_kind(&k, l->own->far);
    s->bearer = l->bearer;
    s->alaw = k.rate == ISDN_E1;
    uint32_t channels = k.timeslots & ~(1u << isdn_rate_dchannel(k.rate));
    int err = isdn_call_setup(&l->call, l->own->span, channels, ISDN_ASCENDING, s, l);
    if (err == 0)
        taken(l->own->far);
    return err;
}

void far_span_call(struct sim_far *f, struct sim_call *c)
{
    struct far_span *own = f->own;
    struct far_span_kind k;
    struct far_span_leg *l = far_span_leg_new(own, true);

    if (!l)
        return;
    far_span_kind(&k, f);
    bool overlap = c->op->call.overlap && !c->op->call.emergency && k.rate == ISDN_E1;
    struct isdn_setup s = {.complete = true};
    make_setup(&s, l, c, overlap);
    if (far_span_dial(l, &s) != 0) {
        far_span_leg_free(l); /* no channel, no line: it is not placed */
        return;
    }
    leg_take(l, c);
    if (c->op->call.give_up > 0)
        rt_timer_start(&l->give_up, ms(c->op->call.give_up));
}

/* ---- being called ---- */

static void answer(struct far_span_leg *l)
{
    const struct sim_script *s = &l->c->op->call;

    if (s->refuse > 0)
        far_span_release(l, (uint8_t)s->refuse);
    else if (isdn_call_connect(l->call, NULL) == 0)
        talks(l);
}

static void alert(struct far_span_leg *l)
{
    isdn_call_alerting(l->call, 0);
    rings(l);
    far_span_later(l, ms(l->c->op->call.ring), answer);
}

/** The number is whole. */
static void proceed(struct far_span_leg *l)
{
    const struct sim_script *s = &l->c->op->call;
    const char *called = l->c->called;
    const size_t n = strlen(l->digits), tail = SIM_ID_DIGITS + 1; /* with the far end's digit */

    l->direct = n >= tail && strcmp(called + strlen(called) - tail, l->digits + n - tail) == 0;

    isdn_call_proceeding(l->call, 0);
    if (s->progress > 0)
        isdn_call_progress(l->call, 8, 0);
    far_span_later(l, ms(s->progress), s->ring > 0 ? alert : answer);
}

/** A number as it is on the line, in E.164. */
static struct rt_str e164(char out[64], const struct isdn_number *n, const char *digits)
{
    static const char *const heads[8] = {[1] = "+", [2] = "+49", [4] = "+4930"};
    const char *head = heads[n->ton & 7] ? heads[n->ton & 7] : "";

    if (n->ton == 0 && digits[0] == '0') {
        head = digits[1] == '0' ? "+" : "+49";
        digits += digits[1] == '0' ? 2 : 1;
    }
    RT_JOIN(out, 64, rt_str(head), rt_str(digits));
    return rt_str(out);
}

static struct sim_call *call_of(struct far_span_leg *l, const struct isdn_number *n,
                                const char *digits)
{
    char text[64];
    return digits[0] ? sim_call_of(l->own->far->sim, e164(text, n, digits)) : NULL;
}

static void refuse_unknown(struct far_span_leg *l, const char *digits)
{
    const struct sim *s = l->own->far->sim;
    bool unsaid = sim_far_has_lines(&s->far[l->own->far->index]) && s->injected[SIM_MEMORY] > 0;

    if (!unsaid) /* a telephone is rung all the same when there is no memory for who calls it */
        sim_fail(l->own->far->sim, "unknown-number", "%s is called at %s, which belongs to no call",
                 digits[0] ? digits : "(no digits)", l->own->far->trunk);
    far_span_release(l, 1); /* unallocated number */
}

void far_span_on_setup(void *arg, struct isdn_call *call, const struct isdn_setup *s)
{
    struct far_span *own = arg;
    struct far_span_leg *l = far_span_leg_new(own, false);

    if (!l) {
        isdn_call_release(call, 41, LOCATION);
        return;
    }
    l->call = call;
    isdn_call_own(call, l);
    taken(own->far);
    rt_str_copy(l->digits, sizeof l->digits, rt_str(s->called.digits));
    l->ton = s->called.ton;
    l->bearer = s->bearer;
    struct sim_call *c = call_of(l, &s->called, l->digits);
    bool whole = c != NULL || s->complete;
    if (!c)
        c = call_of(l, &s->calling, s->calling.digits);
    if (c)
        leg_take(l, c);
    else if (whole) {
        refuse_unknown(l, l->digits);
        return;
    }
    if (whole && !c->op->call.silent)
        proceed(l);
}

/** More of the called number; `complete`: that is all of it. */
static void take_digits(struct far_span_leg *l, const char *more, bool complete)
{
    const struct isdn_number plan = {.ton = l->ton};
    size_t n = strlen(l->digits);

    rt_str_copy(l->digits + n, sizeof l->digits - n, rt_str(more));
    struct sim_call *c = call_of(l, &plan, l->digits);
    if (!l->c && c)
        leg_take(l, c);
    if (!l->c && complete)
        refuse_unknown(l, l->digits);
    else if (l->c && !l->then && (c || complete) && !l->c->op->call.silent)
        proceed(l);
}

/* ---- what happens to both ---- */

static void on_released(struct far_span_leg *l, const struct isdn_event *ev)
{
    struct sim_seen *seen = far_span_seen(l);

    far_span_parted(l);
    if (seen) {
        if (!seen->by_us && !seen->cause)
            seen->cause = ev->cause.value;
        seen->state = SIM_ENDED;
        seen->ended = rt_now();
    }
    far_span_leg_free(l);
}

static void on_disconnect(struct far_span_leg *l, const struct isdn_event *ev)
{
    struct sim_seen *seen = far_span_seen(l);

    far_span_parted(l);
    if (seen && !seen->by_us)
        seen->cause = ev->cause.value;
    far_span_release(l, ev->cause.value);
}

static void on_setup_ack(struct far_span_leg *l, const struct isdn_event *ev)
{
    (void)ev;
    if (l->caller && !l->consults && l->c->op->call.overlap)
        far_span_later(l, ms(100), send_digit);
}

/** It has all digits it wants. */
static void on_proceeding(struct far_span_leg *l, const struct isdn_event *ev)
{
    (void)ev;
    rt_timer_stop(&l->step);
}

static void on_alerting(struct far_span_leg *l, const struct isdn_event *ev)
{
    on_proceeding(l, ev);
    rings(l);
}

static void on_connect(struct far_span_leg *l, const struct isdn_event *ev)
{
    (void)ev;
    if (l->consults)
        far_span_consulted(l);
    else if (l->caller && !l->releasing)
        talks(l);
}

static void on_information(struct far_span_leg *l, const struct isdn_event *ev)
{
    if (!l->caller)
        take_digits(l, ev->digits, false);
}

static void on_complete(struct far_span_leg *l, const struct isdn_event *ev)
{
    (void)ev;
    if (!l->caller)
        take_digits(l, "", true);
}

void far_span_on_event(void *arg, struct isdn_call *call, void *call_arg,
                       const struct isdn_event *ev)
{
    static void (*const table[ISDN_EV_RELEASED + 1])(struct far_span_leg *,
                                                     const struct isdn_event *) = {
        [ISDN_EV_SETUP_ACK] = on_setup_ack,        [ISDN_EV_INFORMATION] = on_information,
        [ISDN_EV_COMPLETE] = on_complete,          [ISDN_EV_PROCEEDING] = on_proceeding,
        [ISDN_EV_ALERTING] = on_alerting,          [ISDN_EV_CONNECT] = on_connect,
        [ISDN_EV_DISCONNECT] = on_disconnect,      [ISDN_EV_RELEASED] = on_released,
        [ISDN_EV_TRANSFER] = far_span_on_transfer,
    };

    (void)arg;
    (void)call;
    if (call_arg && table[ev->type])
        table[ev->type](call_arg, ev);
}

void far_span_forget(struct far_span *own)
{
    struct far_span_leg *l, *tmp;

    DL_FOREACH_SAFE(own->legs, l, tmp)
    far_span_leg_free(l);
}

void far_span_list(const struct far_span *own, struct rt_buf *why)
{
    const struct far_span_leg *l;

    DL_FOREACH(own->legs, l)
    rt_buf_printf(why, "%s: call %s of %s is left on channel %u of its far end\n", own->far->trunk,
                  l->caller ? "from" : "to", l->c ? l->c->called : l->digits,
                  isdn_call_channel(l->call));
}
