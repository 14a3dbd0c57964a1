/* Call deflection and rerouteing (EN 300 207-1; QSIG: ETS 300 258): a called user has the network
 * call somebody else.
 *
 * What the network says to our request libpri keeps to itself: the network clears the call when it
 * has done it, an error or a reject is read in its message (isdn_service_heard()), and after a
 * while silence is a refusal.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>

/* ---- asked by the called user ---- */

void isdn_deflect_asked(struct isdn_call *c, const struct pri_subcommand *sub)
{
    const struct pri_rerouting_data *r = &sub->u.rerouting;
    struct isdn_event ev = {.type = ISDN_EV_DEFLECT,
                            .notify = isdn_reason_in(r->deflection.reason)};

    isdn_number_in(&ev.connected, &r->deflection.to.number);
    c->service.asked = ISDN_ASKED_DEFLECT;
    c->service.invoke = r->invoke_id;
    isdn_call_tell(c, &ev);
    isdn_call_deflected(c, false); /* the owner has answered; if not, it is done here */
}

int isdn_call_deflected(struct isdn_call *c, bool ok)
{
    if (c->service.asked != ISDN_ASKED_DEFLECT)
        return EPROTO;
    c->service.asked = ISDN_ASKED_NOTHING;
    int rc = pri_rerouting_rsp(c->link->pri, isdn_service_target(c), c->service.invoke,
                               ok ? PRI_REROUTING_RSP_OK_CLEAR : PRI_REROUTING_RSP_NOT_ALLOWED);
    isdn_dchan_poke(c->link);
    return rc == 0 ? 0 : EPROTO;
}

/* ---- asked by us ---- */

int isdn_call_deflect(struct isdn_call *c, const struct isdn_number *from,
                      const struct isdn_number *to, uint8_t reason)
{
    struct pri_party_redirecting d = {.count = 1, .reason = isdn_reason_out(reason)};

    if (!(c->span->variant->features & ISDN_F_DEFLECT))
        return ENOTSUP;
    if (!isdn_call_unanswered(c) || c->service.doing != ISDN_DOING_NOTHING)
        return EPROTO;
    if (c->state != CALL_INCOMING)
        isdn_call_proceeding(c, 0); /* FACILITY is no first answer to SETUP */
    isdn_number_out(&d.from.number, from);
    isdn_number_out(&d.to.number, to);
    d.from.number.valid = d.to.number.valid = 1; /* the request has both */
    if (pri_reroute_call(c->link->pri, c->q931, NULL, &d, 0) != 0)
        return EPROTO;
    isdn_service_begin(c, ISDN_DOING_DEFLECT);
    isdn_dchan_poke(c->link);
    return 0;
}
