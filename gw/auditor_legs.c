/* The auditor's look at legs and calls: whether they know each other, and whether anything takes
 * longer than it can.
 */
#include "gw/auditor_priv.h"
#include "gw/call_priv.h"
#include "gw/leg_mgcp.h"
#include "gw/plan.h"
#include "gw/span_status.h"

#include <stdio.h>

/** What a leg and its call are called in the log. */
struct name {
    char text[140];
};

static void name_call(struct name *out, const struct gw_call *call)
{
    snprintf(out->text, sizeof out->text, "%s, trunk %.40s, channel %.20s, state %s", call->name,
             call->cdr.from_trunk, call->cdr.from_channel[0] ? call->cdr.from_channel : "-",
             gw_call_state_name((enum gw_call_state)call->fsm.state));
}

static void name_leg(struct name *out, const struct gw_leg *leg)
{
    char channel[64] = "";
    const struct gw_call *call = leg->call;

    leg->ops->channel(leg, channel, sizeof channel);
    snprintf(out->text, sizeof out->text, "%s, trunk %.40s, channel %.40s, state %s",
             call ? call->name : "no call", leg->trunk ? leg->trunk->name : "-",
             channel[0] ? channel : "-",
             call ? gw_call_state_name((enum gw_call_state)call->fsm.state) : "-");
}

/* ---- how long things take ---- */

#define MIN    (60 * RT_S)
#define MARGIN (30 * RT_S)

/** A CANCEL that waits for a provisional, its final response, and the BYE to a 2xx that crossed it:
 * 64*T1 each. */
#define SIP_CLEARING (3 * 32 * RT_S + MARGIN)

rt_time gw_audit_clearing_time(const struct isdn_span *span)
{
    return gw_span_timer(span, ISDN_T305) + 2 * gw_span_timer(span, ISDN_T308) + MARGIN;
}

static rt_time span_clearing(const struct gw_leg *leg)
{
    rt_time most = MIN;

    for (unsigned i = 0; i < leg->gw->nspans; i++)
        if (&leg->plan->spans[i] == leg->trunk->span || !leg->plan)
            most = gw_audit_clearing_time(leg->gw->spans[i].isdn);
    return most;
}

/** From its release to its end. */
static rt_time clearing_time(const struct gw_leg *leg)
{
    static const rt_time by_kind[] = {
        [GW_TRUNK_SIP] = SIP_CLEARING,
        [GW_TRUNK_MGCP] = 5 * MIN,  /* DLCX, given up when its gateway is lost */
        [GW_TRUNK_AGENT] = 5 * MIN, /* it waits for its line */
        [GW_TRUNK_LOCAL] = MIN,
    };

    if (leg->joint || !leg->trunk)
        return MIN;
    if (leg->trunk->kind == GW_TRUNK_SPAN)
        return span_clearing(leg);
    return by_kind[leg->trunk->kind];
}

/** Before it has a call: a telephone's user takes his time to dial. */
static rt_time opening_time(const struct gw_leg *leg)
{
    return leg->trunk && leg->trunk->kind == GW_TRUNK_MGCP ? 10 * MIN : clearing_time(leg);
}

/** What ends each state of a call are its legs' timers; after so long none of them will. The
 * longest is libpri's state without a timer, which isdn/audit.c ends after 62 min. */
static const rt_time limits[GW_CALL_STATES] = {
    [GW_CALL_TRYING] = 65 * MIN,
    [GW_CALL_PROCEEDING] = 65 * MIN,
    [GW_CALL_ALERTING] = 65 * MIN,
    [GW_CALL_TONES] = 5 * MIN, /* T306, and our own guard behind it */
};

/* ---- legs ---- */

static enum gw_claim_kind handle_kind(const struct gw_leg *leg)
{
    return leg->trunk->kind == GW_TRUNK_SIP ? GW_CLAIM_SESSION : GW_CLAIM_Q931;
}

static void claim(struct gw_claims *c, const struct gw_leg *leg)
{
    gw_claims_add(c, GW_CLAIM_LEG, leg, 0);
    gw_claims_add(c, GW_CLAIM_CALL, leg->call, 0);
    gw_claims_add(c, GW_CLAIM_PORT, leg->port, leg->serial);
    if (leg->ops->handle)
        gw_claims_add(c, handle_kind(leg), leg->ops->handle(leg), leg->serial);
}

static void free_leg(struct gw_leg *leg)
{
    if (leg->ops->abandon)
        leg->ops->abandon(leg);
    gw_call_leg_gone(leg);
    leg->ops->free(leg);
}

static const struct gw_cause failure = {
    .q850 = 41, .location = GW_LOC_PUBLIC_LOCAL, .by = GW_BY_GATEWAY}; /* temporary failure */

static bool is_known(const struct gw_leg *leg)
{
    return leg->call && !leg->call->over && (leg->call->a == leg || leg->call->b == leg);
}

/** Repaired by its adapter's own release; what does not go by that is found as stuck. */
static void look_at_leg(struct gw_auditor *a, struct gw_leg *leg)
{
    rt_time lasted, least;
    struct name name;

    claim(&a->claims, leg);
    if (leg->done) {
        if (!gw_auditor_suspect(a, GW_FOUND_LEG_STUCK, leg, leg->serial, clearing_time(leg),
                                &lasted))
            return;
        name_leg(&name, leg);
        free_leg(leg);
        gw_auditor_repaired(a, GW_FOUND_LEG_STUCK, lasted, "%s", name.text);
        return;
    }
    if (is_known(leg))
        return;
    least = leg->call ? 0 : opening_time(leg);
    if (!gw_auditor_suspect(a, GW_FOUND_LEG_ALONE, leg, leg->serial, least, &lasted))
        return;
    name_leg(&name, leg);
    gw_call_dismiss(leg, &failure);
    gw_auditor_repaired(a, GW_FOUND_LEG_ALONE, lasted, "%s", name.text);
}

static void claim_port(void *arg, const struct media_port *p)
{
    gw_claims_add(&((struct gw_auditor *)arg)->claims, GW_CLAIM_PORT, p, 0);
}

bool gw_audit_legs(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    if (fresh) {
        a->leg = a->gw->legs;
        gw_mgcp_ports(a->gw, claim_port, a);
    }
    for (; *budget > 0 && a->leg; (*budget)--) {
        struct gw_leg *leg = a->leg;
        a->leg = leg->next;
        look_at_leg(a, leg);
    }
    return a->leg == NULL;
}

/* ---- legs that hold what is not there ---- */

static struct gw_leg *leg_of(const struct gw *gw, uint64_t serial)
{
    struct gw_leg *leg = gw->legs;

    while (leg && leg->serial != serial)
        leg = leg->next;
    return leg;
}

/** What it holds must not be touched any more. */
static void give_up(struct gw_leg *leg, const struct gw_claim *c)
{
    struct gw_call *call = leg->call;

    if (c->kind == GW_CLAIM_PORT)
        leg->port = NULL;
    else
        leg->ops->abandon(leg);
    if (call && !call->over)
        gw_call_release(call, failure.q850, failure.by);
    else
        free_leg(leg);
}

static void look_at_claim(struct gw_auditor *a, const struct gw_claim *c)
{
    struct gw_leg *leg;
    struct name name;
    rt_time lasted;

    if (!c->what || c->met || c->serial == 0)
        return;
    leg = leg_of(a->gw, c->serial);
    if (!leg ||
        (c->kind == GW_CLAIM_PORT ? leg->port != c->what : leg->ops->handle(leg) != c->what) ||
        !gw_auditor_suspect(a, GW_FOUND_LEG_LOST, c->what, c->serial, 0, &lasted))
        return;
    snprintf(name.text, sizeof name.text, "%s, trunk %.40s",
             leg->call ? leg->call->name : "no call", leg->trunk->name);
    give_up(leg, c);
    gw_auditor_repaired(a, GW_FOUND_LEG_LOST, lasted, "%s", name.text);
}

bool gw_audit_unmet(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    if (fresh)
        a->row = 0;
    for (; *budget > 0 && a->row < a->claims.size; a->row++) {
        if (!a->claims.row[a->row].what)
            continue;
        (*budget)--;
        look_at_claim(a, &a->claims.row[a->row]);
    }
    return a->row >= a->claims.size;
}

/* ---- calls ---- */

static unsigned count_legs(const struct gw_call *call)
{
    unsigned n = 0;

    for (const struct gw_leg *leg = call->gw->legs; leg; leg = leg->next)
        n += leg->call == call;
    return n;
}

/** So many legs point to it as it believes. True: it was wrong, and the call may be gone. */
static bool recounted(struct gw_auditor *a, struct gw_call *call)
{
    const struct gw_claim *c = gw_claims_find(&a->claims, GW_CLAIM_CALL, call);
    unsigned n = c ? c->n : 0;
    struct name name;
    rt_time lasted;

    if (a->claims.failed || n == call->legs ||
        !gw_auditor_suspect(a, GW_FOUND_CALL_STUCK, call,
                            (uint64_t)call->number << 32 | call->legs << 8 | n, 0, &lasted))
        return false;
    name_call(&name, call);
    gw_call_recount(call, count_legs(call));
    gw_auditor_repaired(a, GW_FOUND_CALL_STUCK, lasted, "%s", name.text);
    return true;
}

/** A leg that is not among those that were seen may be gone: it must not be touched. */
static bool is_live(const struct gw_auditor *a, const struct gw_leg *leg)
{
    return leg && gw_claims_find(&a->claims, GW_CLAIM_LEG, leg) && !leg->done;
}

static bool exists(const struct gw *gw, const struct gw_leg *leg)
{
    const struct gw_leg *l = gw->legs;

    while (l && l != leg)
        l = l->next;
    return l != NULL;
}

/** True: it lacked a leg, and is released. */
static bool emptied(struct gw_auditor *a, struct gw_call *call)
{
    bool lacks =
        !is_live(a, call->a) || (call->fsm.state == GW_CALL_CONNECTED && !is_live(a, call->b));
    struct name name;
    rt_time lasted;

    if (a->claims.failed || !lacks ||
        !gw_auditor_suspect(a, GW_FOUND_CALL_EMPTY, call, call->number, 0, &lasted))
        return false;
    if (!exists(a->gw, call->a))
        call->a = NULL;
    if (!exists(a->gw, call->b))
        call->b = NULL;
    name_call(&name, call);
    gw_call_release(call, failure.q850, failure.by);
    gw_auditor_repaired(a, GW_FOUND_CALL_EMPTY, lasted, "%s", name.text);
    return true;
}

static void look_at_call(struct gw_auditor *a, struct gw_call *call)
{
    rt_time limit = limits[call->fsm.state], lasted;
    struct name name;

    if (recounted(a, call) || emptied(a, call))
        return;
    if (limit == 0 || !gw_auditor_suspect(a, GW_FOUND_CALL_LATE, call,
                                          (uint64_t)call->number << 8 | (unsigned)call->fsm.state,
                                          limit + a->patience, &lasted))
        return;
    name_call(&name, call);
    /* 31: normal, unspecified: it was being cleared; 41: temporary failure */
    gw_call_release(call, call->fsm.state == GW_CALL_TONES ? 31 : failure.q850, failure.by);
    gw_auditor_repaired(a, GW_FOUND_CALL_LATE, lasted, "%s", name.text);
}

bool gw_audit_calls(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    if (fresh)
        a->call = a->gw->calls;
    for (; *budget > 0 && a->call; (*budget)--) {
        struct gw_call *call = a->call;
        a->call = call->next;
        look_at_call(a, call);
    }
    return a->call == NULL;
}

bool gw_audit_clearing(struct gw_auditor *a, bool fresh, unsigned *budget)
{
    if (fresh)
        a->call = a->gw->clearing;
    for (; *budget > 0 && a->call; (*budget)--) {
        struct gw_call *call = a->call;
        a->call = call->next;
        recounted(a, call);
    }
    return a->call == NULL;
}
