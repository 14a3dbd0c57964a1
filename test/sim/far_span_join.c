/* Transfers on a span. The user of a PBX sends a caller on: it calls another far end and has the
 * gateway, its network, join the two calls (EuroISDN's ECT, NI-2's TBCT). And the exchange at the
 * far end takes over two calls of its own that the gateway has joined, where it is asked to
 * (`optimise`).
 */
#include "test/sim/far_span.h"

#define CLEAR 16
/** The location of an exchange that clears (Q.850): the network. */
#define EXCHANGE 2

/** QSIG's path replacement is nothing that a user of ours may ask for. */
static bool may_join(const struct far_span *own)
{
    struct far_span_kind k;

    far_span_kind(&k, own->far);
    const char *transfer = isdn_variant(k.variant)->transfer;
    return !k.network && transfer && strcmp(transfer, "path replacement") != 0;
}

bool far_span_sends_on(const struct far_span_leg *l)
{
    const struct sim_far *f = l->own->far;

    return !l->caller && l->direct && l->c->op->call.transfer > 0 && may_join(l->own) &&
           sim_target(f->sim, l->c, f->index) != f->index;
}

/* ---- the user ---- */

static void stop(struct far_span_leg *l)
{
    far_span_release(l, CLEAR);
}

/** It goes on with the first call alone, as the script has it. */
static void go_on(struct far_span_leg *l)
{
    const struct sim_script *s = &l->c->op->call;

    if (isdn_call_held(l->call))
        isdn_call_retrieve(l->call);
    if (s->called_ends)
        far_span_later(l, (s->talk > s->transfer ? s->talk - s->transfer : 1000) * RT_MS, stop);
}

void far_span_consult(struct far_span_leg *l)
{
    struct far_span *own = l->own;
    struct far_span_leg *second = far_span_leg_new(own, true);
    struct isdn_setup s = {.complete = true, .called = {.ton = 2, .npi = 1}, .calling = s.called};

    if (!second)
        return;
    rt_str_copy(s.called.digits, sizeof s.called.digits, rt_str(l->c->called + 3));
    rt_str_copy(s.calling.digits, sizeof s.calling.digits, rt_str(l->c->called + 3));
    s.called.digits[2] = (char)('0' + sim_target(own->far->sim, l->c, own->far->index));
    second->c = l->c;
    second->bearer = l->bearer; /* other bearers are not joined */
    second->consults = true;
    if (sim_chance(l->c, 50, 2) == 0)
        isdn_call_hold(l->call);
    if (far_span_dial(second, &s) != 0) {
        far_span_leg_free(second);
        go_on(l);
        return;
    }
    second->mate = l;
    l->mate = second;
}

void far_span_consulted(struct far_span_leg *l)
{
    struct far_span_leg *first = l->mate;

    if (!first || first->releasing || l->releasing)
        return;
    bool swap = sim_chance(l->c, 51, 2) == 0; /* either of the two may ask for it */
    struct isdn_call *x = swap ? first->call : l->call, *y = swap ? l->call : first->call;
    if (isdn_call_join(x, y) == 0)
        l->c->moved.asked = rt_now();
    else
        far_span_release(l, CLEAR);
}

void far_span_parted(struct far_span_leg *l)
{
    struct far_span_leg *mate = l->mate;

    if (!mate)
        return;
    l->mate = mate->mate = NULL;
    if (isdn_call_joined(l->call)) {
        l->c->moved.done = rt_now();
        return;
    }
    if (mate->consults)
        stop(mate);
    else if (!mate->releasing)
        go_on(mate);
}

/* ---- the exchange ---- */

void far_span_on_transfer(struct far_span_leg *l, const struct isdn_event *ev)
{
    struct far_span_leg *other = ev->other ? isdn_call_owner(ev->other) : NULL;

    if (!ev->other) {
        l->c->moved.refused = rt_now();
        if (l->mate)
            stop(l->consults ? l : l->mate);
        return;
    }
    if (!other || !l->c || l->releasing || other->releasing || sim_chance(l->c, 52, 4) == 0 ||
        isdn_call_transferred(l->call, true) != 0)
        return;
    l->c->moved.outside = rt_now();
    far_span_release(l, CLEAR);
    far_span_release(other, CLEAR);
}
