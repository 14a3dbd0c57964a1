/* While a call goes on: who holds it, and who the parties are. */
#include "gw/call_priv.h"

/* ---- hold ---- */

/** Before the answer neither side has anything to say to it. */
void gw_call_early_holds(struct gw_call *call)
{
    const struct gw_event hold = {.type = GW_EV_HOLD};

    if (call->b && call->b->holds)
        gw_call_tell(call->a, &hold);
    if (call->a && call->a->holds)
        gw_call_tell(call->b, &hold);
}

unsigned gw_call_rejoin(struct gw_leg *leg)
{
    struct gw_call *call = leg->call;
    struct gw_leg *other = gw_call_partner(leg);

    if (call->answered == 0)
        return call->b ? gw_call_bridge(call) : 0;
    unsigned cause = leg->ops->media(leg, 0);
    return cause || !other ? cause : gw_call_connect_media(leg, other);
}

/* ---- the party of one side is another now: each trunk has its own way with numbers ---- */

static void introduce(struct gw_event ev, const struct gw_leg *from, struct gw_leg *to)
{
    gw_call_reformat(&ev.connected, from->trunk, to->trunk);
    gw_call_tell(to, &ev);
}

void gw_call_identity_to_b(void *obj, const void *arg)
{
    const struct gw_call *call = obj;

    introduce(*(const struct gw_event *)arg, call->a, call->b);
}

void gw_call_identity_to_a(void *obj, const void *arg)
{
    struct gw_call *call = obj;
    const struct gw_event *ev = arg;

    gw_record_connected(call, &ev->connected);
    introduce(*ev, call->b, call->a);
}
