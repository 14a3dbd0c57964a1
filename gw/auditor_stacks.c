/* The auditor's look at what nobody's stack but the gateway itself holds: media ports, places in
 * limits, the number of calls. What Q.931, SIP and MGCP hold is looked at by their adapters
 * (leg_isdn_audit.c, leg_sip_audit.c, leg_mgcp_audit.c). What a leg holds was noted
 * before; what it does not hold must be on its way to its end.
 */
#include "gw/auditor_priv.h"
#include "gw/plan.h"
#include "gw/quota.h"

bool gw_auditor_meets(struct gw_auditor *a, enum gw_claim_kind kind, const void *what)
{
    struct gw_claim *c = gw_claims_find(&a->claims, kind, what);

    if (c)
        c->met = true;
    return c || a->claims.failed;
}

/* ---- media ---- */

static void look_at_port(void *arg, struct media_port *p, unsigned id)
{
    struct gw_auditor *a = arg;
    rt_time lasted;

    if (gw_auditor_meets(a, GW_CLAIM_PORT, p) ||
        !gw_auditor_suspect(a, GW_FOUND_PORT, p, id, 0, &lasted))
        return;
    media_abandon(p);
    gw_auditor_repaired(a, GW_FOUND_PORT, lasted, "port %u", id);
}

bool gw_audit_ports(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    unsigned most = *budget, n = media_walk(a->gw->media, fresh, most, look_at_port, a);

    *budget -= n;
    return n < most;
}

/* ---- limits, and the number of calls: at one instant, or they could not be compared ---- */

static void look_at_token(void *arg, struct gw_limit_token *t)
{
    struct gw_auditor *a = arg;
    struct gw_limit_clock clock;
    rt_time lasted;

    if (gw_auditor_meets(a, GW_CLAIM_TOKEN, t) ||
        !gw_auditor_suspect(a, GW_FOUND_LIMITS, t, 0, 0, &lasted))
        return;
    gw_quota_clock(&clock, a->gw->plan, 0);
    gw_limits_release(t, -1, &clock);
    gw_auditor_repaired(a, GW_FOUND_LIMITS, lasted, "no call");
}

static bool look_at_drift(void *arg, const struct gw_limit_drift *d)
{
    struct gw_auditor *a = arg;
    rt_time lasted;

    if (!gw_auditor_suspect(a, GW_FOUND_LIMITS, d->count, (uint64_t)(d->counted - d->held), 0,
                            &lasted))
        return false;
    gw_auditor_repaired(a, GW_FOUND_LIMITS, lasted, "%s %.40s, %s: %lld for %lld",
                        gw_scope_names[d->scope], d->name, d->what, (long long)d->counted,
                        (long long)d->held);
    return true;
}

/** Each place has its call, and each count its places: a count is compared after the places that no
 * call had are given back, so that it is found once. */
static void look_at_limits(struct gw_auditor *a)
{
    struct gw_limit_clock clock;

    gw_quota_clock(&clock, a->gw->plan, 0);
    gw_limits_tokens(a->gw->limits, look_at_token, a);
    gw_limits_compare(a->gw->limits, &clock, look_at_drift, a);
}

bool gw_audit_limits(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    struct gw *gw = a->gw;
    unsigned n = 0;
    rt_time lasted;

    (void)fresh;
    *budget -= *budget > 0;
    for (const struct gw_call *call = gw->calls; call; call = call->next, n++) {
        gw_claims_add(&a->claims, GW_CLAIM_TOKEN, call->account.caller, 0);
        gw_claims_add(&a->claims, GW_CLAIM_TOKEN, call->account.called, 0);
        gw_claims_add(&a->claims, GW_CLAIM_TOKEN, call->account.diverter, 0);
    }
    if (gw->limits)
        look_at_limits(a);
    if (n == gw->ncalls ||
        !gw_auditor_suspect(a, GW_FOUND_COUNT, gw, (uint64_t)gw->ncalls << 32 | n, 0, &lasted))
        return true;
    unsigned was = gw->ncalls;
    gw->ncalls = n;
    gw_auditor_repaired(a, GW_FOUND_COUNT, lasted, "%u for %u", was, n);
    return true;
}
