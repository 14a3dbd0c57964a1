/* What the SIP user agent asks the gateway when there is too much: whom never to shut out, and
 * whether there is room for one more call.
 */
#include "gw/gw.h"
#include "gw/leg_sip.h"
#include "gw/leg_sip_priv.h"
#include "gw/peer.h"
#include "gw/plan.h"
#include "gw/registrar.h"
#include "gw/leg_sip_siege.h"
#include "gw/rt/random.h"

#include <errno.h>

/** Larger blocks are nobody's address in particular. */
#define IPV4_BITS 24
#define IPV6_BITS 64

static bool holds(const struct rt_cidr *b, const union rt_addr *from)
{
    return b->bits >= (b->addr.sa.sa_family == AF_INET ? IPV4_BITS : IPV6_BITS) &&
           rt_cidr_contains(b, from);
}

/** Whether somebody is registered there. */
struct home {
    struct rt_cidr at;
    bool found;
};

static void look_for_home(void *arg, const struct gw_binding *b)
{
    struct home *h = arg;

    h->found |= rt_cidr_contains(&h->at, &b->received);
}

static bool is_home(const struct gw *gw, const union rt_addr *from)
{
    struct home h = {{*from, from->sa.sa_family == AF_INET ? 32 : IPV6_BITS}, false};

    gw_registrar_each(gw->registrar, look_for_home, &h);
    return h.found;
}

bool leg_sip_spares(void *arg, const union rt_addr *from)
{
    const struct gw *gw = arg;
    const struct gw_trunk *t = gw_peer_accepts(gw, from);

    if (!t)
        return is_home(gw, from);
    for (unsigned i = 0; i < t->naccept; i++)
        if (holds(&t->accept[i], from))
            return true;
    return t->naccept == 0;
}

void leg_sip_friends(void *arg, sip_friend_fn *fn, void *ctx)
{
    const struct gw *gw = arg;

    for (unsigned i = 0; i < gw->plan->ntrunks; i++) {
        const struct gw_trunk *t = &gw->plan->trunks[i];
        if (t->kind != GW_TRUNK_SIP)
            continue;
        for (unsigned k = 0; k < t->naccept; k++)
            fn(ctx, &t->accept[k]);
    }
    gw_peer_places(gw, fn, ctx);
}

unsigned leg_sip_full(void *arg, const void *owner, const struct sip_message *msg,
                      struct sip_reason *reason)
{
    struct gw *gw = arg;
    struct gw_setup setup = {.complete = true};
    struct gw_cause cause = {.q850 = 42, .location = GW_LOC_PUBLIC_LOCAL};
    struct gw_headers rules;

    /* what goes on with a call, and what needs a longer look, takes the long way */
    if (!gw_call_full(gw) || owner == &gw->plan->registrar || gw->overlapping ||
        gw_header(msg, "Replaces", 0).n > 0)
        return 0;
    msg = gw_header_rules_in(&rules, owner, msg, setup.carried);
    if (leg_sip_setup_in(&setup, owner, msg) != 0 || setup.sos ||
        gw_call_admits(gw, owner, &setup.called) != EBUSY)
        return 0;
    leg_sip_reason(reason, &cause);
    return 5 + rt_random_below(6); /* not all at the same time */
}
