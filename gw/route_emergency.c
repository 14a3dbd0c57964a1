/* Emergency calls: found before anything could refuse them, sent to the first trunk that lives,
 * with the number and the place of whoever calls. */
#include "gw/route_priv.h"

/** One of the numbers, or of those that are accepted for it: `+49112` too, where the plan says so.
 */
static const char *exactly(const struct gw_emergency *e, const struct dp_number *n)
{
    char text[DP_TEXT_LEN];

    dp_text(text, n);
    for (unsigned i = 0; i < e->nnumbers; i++)
        if (strcmp(text, e->number[i]) == 0)
            return e->number[i];
    for (unsigned i = 0; i < e->naccept; i++)
        if (strcmp(text, e->accept[i]) == 0)
            return gw_emergency_number(e, text);
    return NULL;
}

/** What telephones make of 112 that complete every number: +49112, which is too short to be one. */
static const char *completed(const struct gw_emergency *e, const struct gw_route_query *q)
{
    struct dp_number national;

    if (!q->called.e164 || q->from->overlap || dp_number_complete(&q->called) != DP_INCOMPLETE)
        return NULL;
    dp_format_number(&national, &q->called, DP_ISDN, q->from->site);
    return national.ton == DP_TON_NATIONAL ? exactly(e, &national) : NULL;
}

/** Whether the digits on the wire are what was dialled. With a type that says more of them they may
 * be the beginning of a longer number, where digits come one by one. */
static bool as_dialled(const struct gw_route_query *q)
{
    enum dp_ton ton = q->called.ton;

    return ton == DP_TON_UNKNOWN || ton == DP_TON_SUBSCRIBER ||
           (ton != DP_TON_INTERNATIONAL && !q->from->overlap);
}

/** The number that a call asks for: by what was dialled, and by what it became. A type of number
 * that was added to it, or a prefix that a trunk's rules take off, makes no difference. */
static const char *dialled(const struct gw_pass *p)
{
    const struct gw_emergency *e = &p->plan->dial.emergency;
    const char *number;

    if (!e->on)
        return NULL;
    if ((number = exactly(e, &p->out->called)) != NULL)
        return number;
    if (as_dialled(p->q))
        number = exactly(e, &p->q->called);
    return number ? number : completed(e, p->q);
}

const char *gw_route_emergency(const struct gw_plan *plan, const struct gw_trunk *from,
                               const struct dp_number *n)
{
    struct gw_route_query q = {.from = from, .called = *n};
    struct gw_decision d = {.nhops = 0};
    struct gw_pass p = {.out = &d, .plan = plan, .q = &q};

    if (!plan->dial.emergency.on)
        return NULL;
    gw_pass_normalise(&p);
    return dialled(&p);
}

/** The closest location that has the address. */
static const struct gw_emergency_place *locate(const struct gw_emergency *e,
                                               const union rt_addr *source)
{
    const struct gw_emergency_place *best = NULL;

    for (unsigned i = 0; i < e->nlocations; i++)
        if (source->sa.sa_family != AF_UNSPEC && rt_cidr_contains(&e->locations[i].from, source) &&
            (!best || e->locations[i].from.bits > best->from.bits))
            best = &e->locations[i];
    return best;
}

/** What is shown: the number of the place, which the emergency service can call back. */
static void show_caller(struct gw_pass *p)
{
    struct gw_decision *d = p->out;
    const struct gw_emergency_place *l = d->location;
    char text[DP_TEXT_LEN];

    if (!l) {
        gw_explain_line(p->explain, NULL, "location not known: the caller's own number is shown");
        d->calling.present = DP_ALLOWED;
        return;
    }
    d->calling = l->caller;
    d->calling.present = DP_ALLOWED;
    d->calling.screen = DP_NETWORK;
    gw_explain_line(p->explain, &l->pos, "location %s%s%s", dp_text(text, &l->caller),
                    l->place ? " " : "", l->place ? l->place : "");
}

/** Adds a trunk when it is `full`, or when it is not: a full one is taken when a call may be
 * dropped for this one. */
static void add(struct gw_pass *p, const struct gw_trunk *t, const struct gw_group *g, bool full)
{
    bool is_full = false;
    const char *why = gw_pass_unavailable(p, t, &is_full);
    bool preempt = is_full && p->plan->dial.emergency.preempt != GW_PREEMPT_NONE;

    if (is_full != full)
        return;
    if (why && !preempt) {
        gw_explain_line(p->explain, NULL, "%s: %s", t->name, why);
        return;
    }
    struct gw_hop *hop = gw_pass_hop(p, t, g, g ? g->name : t->name);
    if (!hop)
        return;
    hop->emergency = true;
    hop->preempt = preempt;
    gw_explain_line(p->explain, NULL, "%s%s", t->name,
                    preempt ? ": full, another call is dropped" : "");
}

/** Members of a group that have a channel before those that have none: no call is dropped while
 * one is free. */
static void send_over(struct gw_pass *p, const struct gw_way *way)
{
    for (unsigned full = 0; full < 2; full++) {
        if (way->trunk)
            add(p, way->trunk, NULL, full);
        for (unsigned i = 0; way->group && i < way->group->ntrunks; i++)
            add(p, way->group->trunk[i], way->group, full);
    }
}

/** The decision is `number`, whatever was found before. */
static void decide(struct gw_pass *p, const char *number)
{
    const struct gw_emergency *e = &p->plan->dial.emergency;
    struct gw_decision *d = p->out;

    d->emergency = true;
    rt_str_copy(d->called.digits, sizeof d->called.digits, rt_str(number));
    d->called.ton = DP_TON_UNKNOWN;
    d->called.npi = DP_NPI_UNKNOWN;
    d->called.e164 = false;
    d->key = d->called;
    d->complete = DP_COMPLETE;
    d->carrier = (struct dp_carrier_out){.set = false};
    p->ton = NULL;
    d->location = locate(e, &p->q->source);
    gw_explain_step(p->explain, "emergency", &e->pos, "%s: no class, limit or time refuses it",
                    number);
    show_caller(p);
    for (unsigned i = 0; i < e->nsend; i++)
        send_over(p, &e->send[i]);
    d->cause = 34; /* no circuit/channel available: when nothing lives */
}

bool gw_pass_emergency(struct gw_pass *p)
{
    const char *number = dialled(p);

    if (number)
        decide(p, number);
    else
        gw_explain_step(p->explain, "emergency", NULL, "no");
    return number != NULL;
}

bool gw_pass_became_emergency(struct gw_pass *p)
{
    const struct gw_emergency *e = &p->plan->dial.emergency;
    const char *number = e->on ? exactly(e, &p->out->called) : NULL;

    if (number)
        decide(p, number);
    return number != NULL;
}

static bool begins(const char (*list)[16], unsigned n, const char *digits)
{
    size_t len = strlen(digits);

    for (unsigned i = 0; i < n; i++)
        if (strncmp(list[i], digits, len) == 0 && list[i][len])
            return true;
    return false;
}

void gw_pass_await_emergency(struct gw_pass *p)
{
    const struct gw_emergency *e = &p->plan->dial.emergency;
    const struct dp_number *n = &p->q->called;

    if (!e->on || p->out->emergency || n->e164 || p->out->complete != DP_COMPLETE)
        return;
    if (begins((const char(*)[16])e->number, e->nnumbers, n->digits) ||
        begins((const char(*)[16])e->accept, e->naccept, n->digits))
        p->out->complete = DP_MAYBE_COMPLETE;
}
