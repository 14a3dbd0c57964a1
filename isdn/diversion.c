/* Calls of ours that are diverted elsewhere, as the exchange tells it: by a notification with the
 * Redirection number on a bus (EN 300 207-1 9.3), by Facility elsewhere.
 */
#include "isdn/isdn_priv.h"

static bool concerns(const struct isdn_call *c)
{
    return c && c->outgoing && c->state < CALL_HEARING;
}

/** In whatever message; why is said to nobody but who knows whether it rang. */
void isdn_diversion_noticed(struct isdn_link *l)
{
    struct isdn_event ev;
    struct isdn_call *c = isdn_call_of(l, &l->view, false);

    if (!concerns(c) || !isdn_hear_diverting(&ev, l))
        return;
    ev.notify = c->running == ISDN_T301 ? ISDN_REASON_NO_REPLY : ISDN_REASON_UNKNOWN;
    isdn_call_tell(c, &ev);
}

/** After a diversion of our own libpri tells the answer to it in the same way: the number that we
 * called ourselves is no news. */
void isdn_diversion_told(struct isdn_call *c, const struct pri_subcommand *sub)
{
    const struct pri_party_redirecting *r = &sub->u.redirecting;
    struct isdn_event ev = {.type = ISDN_EV_DIVERTED, .notify = isdn_reason_in(r->reason)}, noticed;

    if (!concerns(c) || !r->to.number.valid || isdn_hear_diverting(&noticed, c->link))
        return;
    isdn_number_in(&ev.connected, &r->to.number);
    if (ev.connected.digits[0] && strcmp(ev.connected.digits, c->called.digits) != 0)
        isdn_call_tell(c, &ev);
}
