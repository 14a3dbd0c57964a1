/* Supplementary services between the line and the call: charges, malicious calls, deflection,
 * transfer. */
#include "gw/aoc.h"
#include "gw/leg_isdn_priv.h"
#include "gw/transfer.h"

#include <errno.h>

/* ---- heard ---- */

static void hear_aoc(struct leg_isdn *l, const struct isdn_event *in)
{
    if (!l->leg.trunk->session.aoc)
        return;
    rt_count(&gw_aoc_counters[GW_AOC_RECEIVED]);
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_AOC, .aoc = in->aoc});
}

static void hear_mcid(struct leg_isdn *l, const struct isdn_event *in)
{
    (void)in;
    gw_call_note(&l->leg, false, "malicious call identification");
    gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_MCID});
}

static void hear_deflect(struct leg_isdn *l, const struct isdn_event *in)
{
    struct gw_event ev = {.type = GW_EV_DEFLECT, .reason = gw_redirect_from_q931(in->notify)};

    leg_isdn_number_in(&ev.connected, &in->connected);
    if (ev.connected.digits[0])
        gw_call_note(&l->leg, false, "deflection to %s", ev.connected.digits);
    gw_call_event(&l->leg, &ev);
}

/** 0, or the Q.850 cause that refuses it. */
static unsigned transfer(struct leg_isdn *l, struct isdn_call *other)
{
    struct leg_isdn *second = isdn_call_owner(other);

    if (!l->leg.trunk->session.sip.refer || !second || !second->leg.call || second->leg.done ||
        strcmp(second->leg.trunk->name, l->leg.trunk->name) != 0) {
        rt_count(&gw_transfer_counters[GW_TRANSFER_REFUSED]);
        return 21; /* call rejected */
    }
    if (!gw_call_transferable(&l->leg))
        return 31; /* normal, unspecified */
    return gw_call_transfer_to(&l->leg, &second->leg);
}

static void hear_transfer(struct leg_isdn *l, const struct isdn_event *in)
{
    if (!in->other) {
        gw_call_note(&l->leg, false, "not joined by the exchange");
        rt_count(&gw_transfer_counters[GW_TRANSFER_FAILED]);
        return;
    }
    gw_call_note(&l->leg, false, "transfer");
    if (transfer(l, in->other) != 0)
        isdn_call_transferred(l->call, false);
}

/** Both calls may be up by now. */
static void hear_connect_ack(struct leg_isdn *l, const struct isdn_event *in)
{
    (void)in;
    gw_call_optimise(&l->leg);
}

bool leg_isdn_service_heard(struct leg_isdn *l, const struct isdn_event *in)
{
    static void (*const hearings[])(struct leg_isdn *, const struct isdn_event *) = {
        [ISDN_EV_AOC] = hear_aoc,
        [ISDN_EV_MCID] = hear_mcid,
        [ISDN_EV_DEFLECT] = hear_deflect,
        [ISDN_EV_TRANSFER] = hear_transfer,
        [ISDN_EV_CONNECT_ACK] = hear_connect_ack,
    };

    if ((size_t)in->type >= RT_COUNT(hearings) || !hearings[in->type])
        return false;
    hearings[in->type](l, in);
    return true;
}

/* ---- said ---- */

void leg_isdn_say_aoc(struct leg_isdn *l, const struct gw_event *ev)
{
    if (l->leg.trunk->session.aoc && isdn_call_aoc(l->call, ev->aoc) == 0)
        rt_count(&gw_aoc_counters[GW_AOC_SENT]);
}

void leg_isdn_say_mcid(struct leg_isdn *l, const struct gw_event *ev)
{
    (void)ev;
    isdn_call_mcid(l->call);
}

void leg_isdn_say_deflect(struct leg_isdn *l, const struct gw_event *ev)
{
    isdn_call_deflected(l->call, ev->status == 200);
}

/** Its calls are joined: the result comes with their DISCONNECT (EN 300 369-1 9.2). */
void leg_isdn_say_transfer(struct leg_isdn *l, const struct gw_event *ev)
{
    if (ev->status != 200)
        return;
    isdn_call_transferred(l->call, true);
    leg_isdn_close_port(l);
    isdn_call_release(l->call, 16, GW_LOC_PUBLIC_LOCAL);
}

/* ---- asked of the line ---- */

int leg_isdn_deflect(struct gw_leg *leg, const struct dp_number *from, const struct dp_number *to,
                     enum gw_redirect reason)
{
    struct leg_isdn *l = isdn_of(leg);
    struct isdn_number here = {.npi = 0}, there = {.npi = 0};

    if (!l->call)
        return ENOTCONN;
    leg_isdn_number_out(&here, from);
    leg_isdn_number_out(&there, to);
    return isdn_call_deflect(l->call, &here, &there, gw_redirect_row(reason)->q931);
}

int leg_isdn_merge(struct gw_leg *leg, struct gw_leg *other)
{
    struct leg_isdn *x = isdn_of(leg), *y = isdn_of(other);

    return x->call && y->call ? isdn_call_join(x->call, y->call) : ENOTCONN;
}
