/* A leg leaves its call to others: transfers, and legs that are replaced.
 *
 * Two calls are joined by a pair of joints, legs without a far end: each stands in its call for a
 * leg of the other call, and what one is told the other one says. So each call keeps its machine,
 * its record and its ladder, however often a leg changes hands. Their voice is joined past them:
 * the ports of the two legs that are left. The media of joined calls is never direct.
 *
 * A blind transfer calls with a joint in the place of the caller. Until that call is answered the
 * first one goes on as it is; a leg that does not wait for the answer leaves its place to the other
 * joint.
 */
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/transfer.h"

#include <stdio.h>
#include <stdlib.h>

struct rt_counter gw_transfer_counters[GW_TRANSFER_NCOUNTERS] = {
    [GW_TRANSFER_BLIND] = {.name = "transfers_blind_total",
                           .help = "Calls that a peer had us make for the other side"},
    [GW_TRANSFER_ATTENDED] = {.name = "transfers_attended_total",
                              .help = "Pairs of calls that a peer had us join"},
    [GW_TRANSFER_REPLACED] = {.name = "transfers_replaced_total",
                              .help = "Legs that an INVITE with Replaces took the place of"},
    [GW_TRANSFER_FAILED] = {.name = "transfers_failed_total",
                            .help = "Transfers that were begun and came to nothing"},
    [GW_TRANSFER_REFUSED] = {.name = "transfers_refused_total",
                             .help = "Requests for a transfer that were refused"},
    [GW_TRANSFER_OUTSIDE] = {.name = "transfers_outside_total",
                             .help = "Pairs of calls that an exchange was asked to join"},
    [GW_TRANSFER_JOINED] = {.name = "transfers_joined_total",
                            .help = "Calls that an exchange released because it joined them"},
};

/** First: a leg. Of a pair, or alone while it calls and the transferor has not left. */
struct joint {
    struct gw_leg leg;
    struct joint *twin;      /**< NULL: none yet, or no more */
    struct gw_call *waiting; /**< while it calls: the call that is to be transferred */
    struct gw_leg *asked_by; /**< while it calls: the leg to be told; NULL: it has left */
    struct rt_buf lines, target;
    int told; /**< status */
    struct rt_defer reaper;
};

static struct joint *joint_of(struct gw_leg *leg)
{
    return (struct joint *)leg;
}

/* ---- the joint as a leg ---- */

static void joint_free(struct gw_leg *leg)
{
    struct joint *j = joint_of(leg);

    rt_defer_stop(&j->reaper);
    if (j->twin)
        j->twin->twin = NULL;
    if (j->waiting)
        j->waiting->transfer = NULL;
    rt_buf_release(&j->lines);
    rt_buf_release(&j->target);
    gw_leg_end(leg);
    free(j);
}

static void reap(void *arg)
{
    struct joint *j = arg;

    gw_call_leg_gone(&j->leg);
    joint_free(&j->leg);
}

static struct gw_leg *other_side(const struct gw_leg *leg)
{
    return leg->side == 'a' ? leg->call->b : leg->call->a;
}

struct gw_leg *gw_call_partner(const struct gw_leg *leg)
{
    struct gw_leg *at = other_side(leg);

    while (at && at->joint && joint_of(at)->twin)
        at = other_side(&joint_of(at)->twin->leg);
    return at && !at->joint ? at : NULL;
}

/** The thread of the leg that is to be joined; a port made elsewhere would have to move. */
static int joint_thread(const struct gw_leg *leg)
{
    const struct joint *j = (const struct joint *)leg;
    const struct gw_leg *stays = j->asked_by ? gw_call_partner(j->asked_by)
                                 : j->twin   ? gw_call_partner(&j->twin->leg)
                                             : NULL;

    return stays ? stays->ops->thread(stays) : -1;
}

static void joint_tell(struct gw_leg *leg, const struct gw_event *ev);

static const struct gw_leg_ops joint_ops = {
    .name = "joint",
    .tell = joint_tell,
    .thread = joint_thread,
    .media = gw_leg_no_media,
    .channel = gw_leg_no_channel,
    .stats = gw_leg_no_stats,
    .free = joint_free,
};

static struct joint *joint_new(const struct gw_leg *instead)
{
    struct joint *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    gw_leg_init(&j->leg, instead->gw, &joint_ops, instead->trunk);
    j->leg.joint = true;
    rt_defer_init(&j->reaper, instead->gw->loop, reap, j);
    return j;
}

/** The leg goes into the call in the place of `old`, which is nobody's side any more. */
static void take_place(struct gw_leg *leg, struct gw_leg *old)
{
    struct gw_call *call = old->call;

    leg->side = old->side;
    leg->call = call;
    call->legs++;
    *(leg->side == 'a' ? &call->a : &call->b) = leg;
}

/** The same for a joint, which says of `old` what the record wants to know at the end. */
static void stand_in(struct joint *j, struct gw_leg *old)
{
    gw_record_media(old->call);
    j->leg.codec = old->codec;
    rt_str_copy(j->leg.call_id, sizeof j->leg.call_id, rt_str(old->call_id));
    take_place(&j->leg, old);
}

/** One that came to no call. */
static void drop(struct joint *j)
{
    if (j)
        rt_defer_start(&j->reaper);
}

static void pair(struct joint *x, struct joint *y)
{
    x->twin = y;
    y->twin = x;
}

/** Releases the joint's call from its side. */
static void release(struct joint *j, const struct gw_cause *cause)
{
    struct gw_event ev = {.type = GW_EV_RELEASE, .cause = *cause};

    if (ev.cause.by == GW_BY_CALLER || ev.cause.by == GW_BY_CALLED)
        ev.cause.by = GW_BY_NONE; /* it was the side of another call */
    if (!j->leg.done)
        gw_call_event(&j->leg, &ev);
    rt_defer_start(&j->reaper);
}

/* ---- two calls become one conversation ---- */

/** Who was held by the one that left is held no more; who holds the one that left holds whoever
 * comes. */
static void settle_hold(const struct gw_leg *left, const struct gw_leg *stays, struct gw_leg *comes)
{
    if (left->holds)
        gw_call_tell(other_side(left), &(struct gw_event){.type = GW_EV_RETRIEVE});
    if (stays->holds)
        gw_call_tell(comes, &(struct gw_event){.type = GW_EV_HOLD});
}

/** Voice between two legs; what their calls had before is over. 0 or a Q.850 cause. */
static unsigned join_voice(struct gw_leg *x, struct gw_leg *y)
{
    bool direct_x = x->call->direct, direct_y = y->call->direct;

    x->call->direct = y->call->direct = false;
    unsigned cause = gw_call_connect_media(x, y);
    if (cause != 0) {
        x->call->direct = direct_x;
        y->call->direct = direct_y;
    }
    return cause;
}

/** The leg is out of its call and is told so; its far end releases it. */
static void let_go(struct gw_leg *leg)
{
    if (leg->port)
        media_part(leg->port);
    gw_call_tell(leg, &(struct gw_event){.type = GW_EV_TRANSFER, .status = 200});
    leg->done = true;
}

/* ---- blind ---- */

bool gw_call_transferable(const struct gw_leg *leg)
{
    const struct gw_call *call = leg->call;
    bool can = call && !leg->done && call->fsm.state == GW_CALL_CONNECTED && !call->transfer &&
               gw_call_partner(leg);

    if (!can)
        rt_count(&gw_transfer_counters[GW_TRANSFER_REFUSED]);
    return can;
}

/** It came to nothing: the call goes on, or ends when its leg has left. */
static void come_to_nothing(struct joint *j, const struct gw_cause *cause)
{
    struct gw_event ev = {.type = GW_EV_TRANSFER, .cause = *cause};

    rt_count(&gw_transfer_counters[GW_TRANSFER_FAILED]);
    if (j->waiting)
        j->waiting->transfer = NULL;
    j->waiting = NULL;
    if (j->asked_by)
        gw_call_tell(j->asked_by, &ev);
    else if (j->twin)
        release(j->twin, cause);
    j->asked_by = NULL;
}

/** The new target has answered: its call and the one that waits are joined. 0 or a Q.850 cause. */
static unsigned complete(struct joint *j)
{
    struct gw_leg *left = j->asked_by;
    struct gw_leg *comes = j->leg.call->b;
    struct joint *twin = left ? joint_new(left) : j->twin;
    struct gw_leg *stays = left ? gw_call_partner(left) : twin ? gw_call_partner(&twin->leg) : NULL;

    unsigned cause = twin && stays ? join_voice(stays, comes) : 41; /* temporary failure */
    if (cause != 0) {
        if (left)
            drop(twin);
        return cause;
    }
    j->waiting->transfer = NULL;
    j->waiting = NULL;
    j->asked_by = NULL;
    if (left) {
        settle_hold(left, stays, comes);
        stand_in(twin, left);
        pair(j, twin);
        let_go(left);
    }
    gw_call_suit(comes);
    gw_call_optimise(comes);
    return 0;
}

static void tell_how_it_goes(struct joint *j, const struct gw_event *ev)
{
    int status = ev->type == GW_EV_ALERTING ? 180 : 183;

    if (j->asked_by && status != j->told)
        gw_call_tell(j->asked_by, &(struct gw_event){.type = GW_EV_TRANSFER, .status = status});
    j->told = status;
}

/** While it calls. */
static void told_as_caller(struct joint *j, const struct gw_event *ev)
{
    if (ev->type == GW_EV_ALERTING || ev->type == GW_EV_PROGRESS)
        tell_how_it_goes(j, ev);
    if (ev->type != GW_EV_CONNECT)
        return;
    struct gw_cause cause = {.location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY};
    cause.q850 = (uint8_t)complete(j);
    if (cause.q850 == 0)
        return;
    come_to_nothing(j, &cause);
    release(j, &cause);
}

static void joint_tell(struct gw_leg *leg, const struct gw_event *ev)
{
    struct joint *j = joint_of(leg);

    if (ev->type == GW_EV_RELEASE) {
        if (j->waiting)
            come_to_nothing(j, &ev->cause);
        else if (j->twin)
            release(j->twin, &ev->cause);
        release(j, &ev->cause);
    } else if (j->waiting) {
        told_as_caller(j, ev);
    } else if (j->twin && (ev->type == GW_EV_HOLD || ev->type == GW_EV_RETRIEVE ||
                           ev->type == GW_EV_DTMF || ev->type == GW_EV_IDENTITY)) {
        gw_call_event(&j->twin->leg, ev);
    }
}

/** The number of a leg's far end as the plan knows it. */
static void number_of(struct dp_number *out, const struct gw_leg *leg)
{
    const struct gw_cdr *r = &leg->call->cdr;

    memset(out, 0, sizeof *out);
    dp_number_parse(out, rt_str(leg->side == 'a' ? r->caller : r->called));
    if (leg->side == 'a' && r->presentation && strcmp(r->presentation, "restricted") == 0)
        out->present = DP_RESTRICTED;
    else if (out->digits[0] == '\0')
        out->present = DP_UNAVAILABLE;
}

/** The other side calls, and was sent on by the one who asked for it. */
static void make_setup(struct gw_setup *out, struct joint *j, const struct gw_transfer *to)
{
    const struct gw_leg *by = j->asked_by;
    char digits[DP_TEXT_LEN];

    *out = (struct gw_setup){.called = to->called,
                             .complete = true,
                             .redirections = 1,
                             .bearer = gw_call_partner(by)->bearer};
    number_of(&out->calling, gw_call_partner(by));
    number_of(&out->redirecting, by);
    if (out->redirecting.digits[0] == '\0')
        out->redirections = 0;
    gw_carrier_came(&out->carrier, by->trunk);
    rt_buf_put(&j->lines, to->lines.p, to->lines.n);
    rt_buf_put(&j->target, to->target.p, to->target.n);
    out->lines = rt_buf_str(&j->lines);
    out->target = rt_buf_str(&j->target);
    snprintf(out->opening, sizeof out->opening, "REFER %s", dp_text(digits, &to->called));
}

void gw_call_transfer(struct gw_leg *leg, const struct gw_transfer *to)
{
    struct gw_cause none = {
        .q850 = 41, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY}; /* temporary failure */
    struct joint *j = joint_new(leg);
    struct gw_setup setup;

    rt_count(&gw_transfer_counters[GW_TRANSFER_BLIND]);
    if (!j) {
        gw_call_tell(leg, &(struct gw_event){.type = GW_EV_TRANSFER, .cause = none});
        return;
    }
    j->asked_by = leg;
    j->waiting = leg->call;
    leg->call->transfer = &j->leg;
    make_setup(&setup, j, to);
    if (j->lines.failed || j->target.failed || gw_call_new(leg->gw, &j->leg, &setup) != 0) {
        come_to_nothing(j, &none);
        drop(j);
    }
}

/** The other side waits alone and hears that it is being called elsewhere. */
bool gw_transfer_left(struct gw_leg *leg)
{
    struct gw_call *call = leg->call;
    struct joint *j = call->transfer ? joint_of(call->transfer) : NULL;

    if (!j || j->asked_by != leg)
        return false;
    struct joint *twin = joint_new(leg);
    if (!twin)
        return false;
    stand_in(twin, leg);
    pair(j, twin);
    struct gw_leg *stays = gw_call_partner(leg);
    if (leg->holds)
        gw_call_tell(other_side(leg), &(struct gw_event){.type = GW_EV_RETRIEVE});
    j->asked_by = NULL;
    if (stays && stays->port)
        gw_call_tone(stays->call, stays, TONE_RINGBACK);
    return true;
}

void gw_transfer_abandon(struct gw_call *call)
{
    struct joint *j = call->transfer ? joint_of(call->transfer) : NULL;
    struct gw_cause cause = {.q850 = 16, .location = GW_LOC_PUBLIC_LOCAL};

    if (!j)
        return;
    rt_count(&gw_transfer_counters[GW_TRANSFER_FAILED]);
    call->transfer = NULL;
    j->waiting = NULL;
    j->asked_by = NULL;
    release(j, &cause);
}

/* ---- attended ---- */

unsigned gw_call_transfer_to(struct gw_leg *leg, struct gw_leg *second)
{
    struct gw_leg *x = gw_call_partner(leg), *y = gw_call_partner(second);

    if (!x || !y || leg->call == second->call || second->done || second->call->transfer ||
        second->call->fsm.state != GW_CALL_CONNECTED)
        return 31; /* normal, unspecified */
    struct joint *j = joint_new(leg), *k = joint_new(second);
    unsigned cause = j && k ? join_voice(x, y) : 41;
    if (cause != 0) {
        drop(j);
        drop(k);
        rt_count(&gw_transfer_counters[GW_TRANSFER_FAILED]);
        return cause;
    }
    rt_count(&gw_transfer_counters[GW_TRANSFER_ATTENDED]);
    settle_hold(leg, x, y);
    settle_hold(second, y, x);
    stand_in(j, leg);
    stand_in(k, second);
    pair(j, k);
    let_go(leg);
    gw_call_dismiss(second, &(struct gw_cause){.q850 = 16, .location = GW_LOC_PUBLIC_LOCAL});
    gw_call_suit(x);
    gw_call_optimise(x);
    return 0;
}

/* ---- replaced ---- */

/** A leg that rings is taken by another: it has answered. */
static unsigned pick_up(struct gw_leg *old, struct gw_leg *leg)
{
    struct gw_call *call = old->call;

    rt_count(&gw_transfer_counters[GW_TRANSFER_REPLACED]);
    call->direct = false;
    leg->bearer = old->bearer;
    take_place(leg, old);
    gw_call_dismiss(old, &(struct gw_cause){.q850 = 16, .location = GW_LOC_PUBLIC_LOCAL});
    gw_call_event(leg, &(struct gw_event){.type = GW_EV_CONNECT});
    gw_call_tell(leg, &(struct gw_event){.type = GW_EV_CONNECT});
    return 0;
}

unsigned gw_call_replace(struct gw_leg *old, struct gw_leg *leg)
{
    struct gw_call *call = old->call;
    struct gw_leg *stays = gw_call_partner(old);
    bool was_direct = call->direct;

    if (call->answered == 0)
        return pick_up(old, leg);
    if (!stays)
        return 31; /* normal, unspecified */
    int thread = stays->ops->thread(stays);
    call->direct = false;
    gw_record_media(call);
    leg->call = call;
    leg->bearer = old->bearer;
    unsigned cause = leg->ops->media(leg, thread < 0 ? 0 : (unsigned)thread);
    if (cause == 0)
        cause = join_voice(stays, leg);
    if (cause != 0) {
        leg->call = NULL;
        call->direct = was_direct;
        return cause;
    }
    take_place(leg, old);
    gw_call_suit(leg);
    gw_call_tell(leg, &(struct gw_event){.type = GW_EV_CONNECT});
    settle_hold(old, stays, leg);
    if (call->transfer && joint_of(call->transfer)->asked_by == old)
        gw_transfer_abandon(call); /* nobody is left who wants it */
    rt_count(&gw_transfer_counters[GW_TRANSFER_REPLACED]);
    gw_call_dismiss(old, &(struct gw_cause){.q850 = 16, .location = GW_LOC_PUBLIC_LOCAL});
    return 0;
}
