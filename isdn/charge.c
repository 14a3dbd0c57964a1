/* Advice of charge on the line (ETS 300 182): charges told and heard, and requests for them, which
 * a user makes in its SETUP and the network answers.
 *
 * An answer is a FACILITY of its own and must not be the first thing said to a SETUP, so it waits
 * for that. Rates are answered with themselves when they are known before CONNECT, else refused
 * with it: the user has waited long enough by then.
 */
#include "isdn/aoc.h"
#include "isdn/isdn_priv.h"

#include <errno.h>

/* libpri's word for an advice is the bit of its kind */
_Static_assert(PRI_AOC_REQUEST_S == 1 << ISDN_AOC_S && PRI_AOC_REQUEST_D == 1 << ISDN_AOC_D &&
                   PRI_AOC_REQUEST_E == 1 << ISDN_AOC_E,
               "requests are bits of kinds");

/* ---- received ---- */

static void tell(struct isdn_call *c, const struct isdn_aoc *aoc)
{
    isdn_call_tell(c, &(struct isdn_event){.type = ISDN_EV_AOC, .aoc = aoc});
}

void isdn_charge_s(struct isdn_call *c, const struct pri_subcommand *sub)
{
    struct isdn_aoc aoc;

    isdn_aoc_from_s(&aoc, &sub->u.aoc_s);
    tell(c, &aoc);
}

void isdn_charge_d(struct isdn_call *c, const struct pri_subcommand *sub)
{
    struct isdn_aoc aoc;

    isdn_aoc_from_d(&aoc, &sub->u.aoc_d);
    tell(c, &aoc);
}

void isdn_charge_e(struct isdn_call *c, const struct pri_subcommand *sub)
{
    struct isdn_aoc aoc;

    isdn_aoc_from_e(&aoc, &sub->u.aoc_e);
    tell(c, &aoc);
}

void isdn_charge_replied(struct isdn_call *c, const struct pri_subcommand *sub)
{
    struct isdn_aoc aoc;

    if (sub->u.aoc_request_response.valid_aoc_s) {
        isdn_aoc_from_s(&aoc, &sub->u.aoc_request_response.aoc_s);
        tell(c, &aoc);
    } else if (sub->u.aoc_request_response.charging_response <
               PRI_AOC_REQ_RSP_CHARGING_INFO_FOLLOWS) {
        rt_count(&isdn_counters[ISDN_CHARGES_REFUSED]);
    }
}

void isdn_charge_asked(struct isdn_call *c, const struct pri_subcommand *sub)
{
    const struct pri_subcmd_aoc_request *r = &sub->u.aoc_request;

    for (unsigned kind = ISDN_AOC_S; kind <= ISDN_AOC_E; kind++)
        if (r->charging_request == 1 << kind) {
            c->service.charges |= (uint8_t)(1u << kind);
            c->service.charge_invoke[kind] = r->invoke_id;
        }
    if (c->state != CALL_PRESENT)
        isdn_charge_answer(c, c->state == CALL_ACTIVE);
}

uint8_t isdn_charge_wanted(struct isdn_call *c, const struct pri_subcommands *subs)
{
    for (int i = 0; subs && i < subs->counter_subcmd; i++)
        if (subs->subcmd[i].cmd == PRI_SUBCMD_AOC_CHARGING_REQ)
            isdn_charge_asked(c, &subs->subcmd[i]);
    return c->service.charges;
}

/* ---- answered ---- */

static bool waits(struct isdn_call *c, enum isdn_aoc_kind kind)
{
    bool yes = c->service.charges >> kind & 1;

    c->service.charges &= (uint8_t) ~(1u << kind);
    return yes;
}

void isdn_charge_answer(struct isdn_call *c, bool last)
{
    struct isdn_service *s = &c->service;

    for (unsigned kind = ISDN_AOC_D; kind <= ISDN_AOC_E; kind++)
        if (waits(c, kind))
            pri_aoc_de_request_response_send(c->link->pri, c->q931,
                                             s->advises ? PRI_AOC_REQ_RSP_CHARGING_INFO_FOLLOWS
                                                        : PRI_AOC_REQ_RSP_ERROR_NOT_AVAILABLE,
                                             s->charge_invoke[kind]);
    if ((last || !s->advises) && waits(c, ISDN_AOC_S))
        pri_aoc_s_request_response_send(c->link->pri, c->q931, s->charge_invoke[ISDN_AOC_S], NULL);
}

void isdn_call_advises(struct isdn_call *c, bool yes)
{
    c->service.advises = yes;
}

/* ---- told ---- */

static int say_s(struct isdn_call *c, const struct isdn_aoc *aoc)
{
    struct pri_subcmd_aoc_s out;

    isdn_aoc_to_s(&out, aoc);
    if (c->state != CALL_PRESENT && waits(c, ISDN_AOC_S))
        return pri_aoc_s_request_response_send(c->link->pri, isdn_service_target(c),
                                               c->service.charge_invoke[ISDN_AOC_S], &out);
    return pri_aoc_s_send(c->link->pri, isdn_service_target(c), &out);
}

static int say_d(struct isdn_call *c, const struct isdn_aoc *aoc)
{
    struct pri_subcmd_aoc_d out;

    isdn_aoc_to_d(&out, aoc);
    return pri_aoc_d_send(c->link->pri, isdn_service_target(c), &out);
}

/** libpri keeps it for the next message, and a second one beside it. */
static int say_e(struct isdn_call *c, const struct isdn_aoc *aoc)
{
    struct pri_subcmd_aoc_e out;

    if (c->service.total)
        return -1;
    isdn_aoc_to_e(&out, aoc);
    c->service.total = true;
    return pri_aoc_e_send(c->link->pri, isdn_service_target(c), &out);
}

int isdn_call_aoc(struct isdn_call *c, const struct isdn_aoc *aoc)
{
    static int (*const sayings[])(struct isdn_call *, const struct isdn_aoc *) = {
        [ISDN_AOC_S] = say_s, [ISDN_AOC_D] = say_d, [ISDN_AOC_E] = say_e};

    if (!(c->span->variant->features & ISDN_F_AOC))
        return ENOTSUP;
    if (c->state == CALL_PRESENT || c->state == CALL_SETUP || c->state >= CALL_RELEASING)
        return EPROTO;
    int rc = sayings[aoc->kind](c, aoc);
    isdn_dchan_poke(c->link);
    return rc == 0 ? 0 : EPROTO;
}
