/* What a call uses up and what it costs: loops and limits before it is placed, limits of each side
 * while it lasts, money at its end, and how well the trunk did for the next ones.
 *
 * Every token is given back once: the called side's with its attempt, the caller's with the call.
 */
#include "dialplan/key.h"
#include "gw/call_priv.h"
#include "gw/gw.h"
#include "gw/loop_guard.h"
#include "gw/performance.h"
#include "gw/quota.h"
#include "gw/series.h"
#include "gw/trunk_stats.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t ms_since(const struct gw_call *call, rt_time then)
{
    return (uint32_t)((rt_loop_now(call->gw->loop) - then) / RT_MS);
}

/* ---- loops ---- */

/** Calls may come back on a sister of the trunk. */
static struct rt_str name_of(const struct gw_trunk *t)
{
    return rt_str(t->group ? t->group->name : t->name);
}

/** A call that comes back without its number is nobody's. */
static struct rt_str text_of(char room[DP_TEXT_LEN], const struct dp_number *n)
{
    return n->digits[0] ? rt_str(dp_text(room, n)) : rt_str("");
}

static bool loops(struct gw_call *call, struct gw_cause *cause)
{
    const struct gw_setup *s = &call->dial->setup;
    const struct gw_decision *d = &call->dial->decision;
    const struct gw_trunk *from = call->a->trunk;
    bool sip = from->kind == GW_TRUNK_SIP;
    char caller[DP_TEXT_LEN], called[DP_TEXT_LEN];
    struct gw_loop_rule rule = gw_loop_rule_default;
    struct gw_loop_call c = {.trunk = name_of(from),
                             .caller = text_of(caller, &d->calling),
                             .called = text_of(called, &d->called),
                             .diversions = sip ? s->redirections : 0,
                             .redirections = sip ? 0 : s->redirections,
                             .max_forwards = s->hops_used ? 71 - (int)s->hops_used : -1,
                             .emergency = d->emergency};
    struct gw_loop_verdict v;

    if (sip)
        rule.hops = (int)from->identity.redirections;
    if (call->a->joint || !call->gw->loops ||
        !gw_loop_check(call->gw->loops, &rule, &c, rt_now(), &v))
        return false;
    *cause = (struct gw_cause){.q850 = (uint8_t)v.cause,
                               .location = GW_LOC_PUBLIC_LOCAL,
                               .by = GW_BY_GATEWAY,
                               .sip_status = v.status};
    rt_log(RT_LOG_CALL, RT_NOTICE, "%s: refused: %s", call->name, v.text);
    return true;
}

/* ---- the caller's side ---- */

/** What it is going to cost, as limits want to know it: what is charged at the answer at once. */
static void known_cost(struct gw_limit_call *out, const struct dp_rate *r)
{
    out->rate = r->rate;
    out->first = r->setup;
}

/** Without memory it is not known. */
static void set_price(struct gw_priced **out, const struct dp_rate *r, const char *currency)
{
    if (!*out && !(*out = calloc(1, sizeof **out)))
        return;
    (*out)->rate = *r;
    rt_str_copy((*out)->currency, sizeof(*out)->currency, rt_str(currency));
}

void gw_call_unpriced(struct gw_account *a)
{
    free(a->price);
    free(a->cost);
    a->price = a->cost = NULL;
}

static void remember_price(struct gw_call *call)
{
    const struct gw_decision *d = &call->dial->decision;
    const struct gw_customer *c = call->a->trunk->customer;

    if (d->priced && c && c->deck)
        set_price(&call->account.price, &d->price, c->deck->currency);
}

static bool over_limit(struct gw_call *call, struct gw_cause *cause)
{
    const struct gw_decision *d = &call->dial->decision;
    struct gw_limit_call c = {.emergency = d->emergency || d->callback,
                              .dest = dp_key_of(d->called.digits)};
    struct gw_limit_clock clock;
    struct gw_limit_verdict v;
    struct gw_quota_uses uses;

    if (d->priced)
        known_cost(&c, &d->price);
    gw_quota_caller(&uses, call->plan, call->a->trunk, &d->called);
    gw_quota_clock(&clock, call->plan, 0);
    if (uses.n == 0 || gw_limits_take(uses.use, uses.n, &c, &clock, &v, &call->account.caller) == 0)
        return false;
    gw_trunk_stats_reject(call->gw->stats, call->a->trunk->name, gw_reject_of(&v));
    *cause = (struct gw_cause){.q850 = (uint8_t)gw_route_limit_cause(&v),
                               .location = GW_LOC_PUBLIC_LOCAL,
                               .by = GW_BY_GATEWAY};
    return true;
}

bool gw_call_screen(struct gw_call *call, struct gw_cause *cause)
{
    if (call->dial->screened)
        return true;
    call->dial->screened = true;
    remember_price(call);
    return !loops(call, cause) && !over_limit(call, cause);
}

static void give_back(struct gw_call *call, struct gw_limit_token **token, int64_t cost)
{
    struct gw_limit_clock clock;

    if (!*token)
        return;
    gw_quota_clock(&clock, call->plan, 0);
    gw_limits_release(*token, cost, &clock);
    *token = NULL;
}

bool gw_call_diverts(struct gw_call *call, const struct gw_trunk *by, const struct gw_decision *d)
{
    struct gw_limit_call c = {.emergency = d->emergency, .dest = dp_key_of(d->called.digits)};
    struct gw_limit_clock clock;
    struct gw_limit_verdict v;
    struct gw_quota_uses uses;

    give_back(call, &call->account.diverter, -1); /* who sent it here sends it nowhere any more */
    if (d->priced)
        known_cost(&c, &d->price);
    gw_quota_caller(&uses, call->plan, by, &d->called);
    gw_quota_clock(&clock, call->plan, 0);
    if (uses.n == 0 ||
        gw_limits_take(uses.use, uses.n, &c, &clock, &v, &call->account.diverter) == 0)
        return true;
    gw_trunk_stats_reject(call->gw->stats, by->name, gw_reject_of(&v));
    return false;
}

/* ---- an attempt ---- */

static void remember_cost(struct gw_call *call, const struct gw_hop *hop)
{
    const struct gw_dial_plan *d = &call->plan->dial;

    free(call->account.cost);
    call->account.cost = NULL;
    for (unsigned i = 0; hop->priced && hop->offer && i < d->ndecks; i++)
        if (strcmp(d->decks[i].name, hop->offer) == 0)
            set_price(&call->account.cost, &hop->rate, d->decks[i].currency);
}

static void note(struct gw_call *call, const struct gw_performance_event *e)
{
    struct gw_account *a = &call->account;

    for (size_t i = 0; i < RT_COUNT(a->by); i++)
        if (a->by[i])
            gw_performance_note(call->gw->performance, a->by[i], a->dest, e,
                                rt_loop_now(call->gw->loop));
    if (a->by[0])
        gw_series_note(call->gw->series, e);
    gw_call_count_attempt(call, e);
}

static void begin_counting(struct gw_call *call, const struct gw_hop *hop)
{
    struct gw_performance *p = call->gw->performance;
    const struct gw_group *g = hop->trunk->group;
    struct gw_account *a = &call->account;

    a->by[0] = p ? gw_performance_trunk(p, hop->trunk->name) : NULL;
    a->by[1] = p && g ? gw_performance_trunk(p, g->name) : NULL;
    a->dest =
        hop->lcr ? gw_route_destination(hop->lcr, &call->dial->decision.key) : GW_PERFORMANCE_ALL;
    a->seized = a->rang = false;
    note(call, &(struct gw_performance_event){.what = GW_PERFORMANCE_ATTEMPT});
}

unsigned gw_call_take(struct gw_call *call, const struct gw_hop *hop)
{
    struct gw_limit_call c = {.emergency = call->emergency || call->callback};
    struct gw_limit_clock clock;
    struct gw_limit_verdict v;
    struct gw_quota_uses uses;

    remember_cost(call, hop);
    if (hop->priced)
        known_cost(&c, &hop->rate);
    gw_quota_called(&uses, call->plan, hop->trunk, &call->dial->decision.called);
    gw_quota_clock(&clock, call->plan, 0);
    if (uses.n > 0 &&
        gw_limits_take(uses.use, uses.n, &c, &clock, &v, &call->account.called) != 0) {
        gw_trunk_stats_reject(call->gw->stats, hop->trunk->name, gw_reject_of(&v));
        return 34; /* no circuit/channel available */
    }
    begin_counting(call, hop);
    return 0;
}

static void seized(struct gw_call *call)
{
    if (call->account.seized)
        return;
    call->account.seized = true;
    note(call, &(struct gw_performance_event){.what = GW_PERFORMANCE_SEIZED});
}

void gw_call_left(struct gw_call *call)
{
    const struct gw_decision *d = &call->dial->decision;
    char caller[DP_TEXT_LEN], called[DP_TEXT_LEN];

    if (call->b->trunk->kind == GW_TRUNK_SPAN)
        seized(call); /* it has its channel */
    if (call->gw->loops)
        call->account.out =
            gw_loop_left(call->gw->loops, name_of(call->b->trunk), text_of(caller, &d->calling),
                         text_of(called, &d->called), rt_now());
}

void gw_call_sign(struct gw_call *call, bool rings)
{
    struct gw_account *a = &call->account;

    if (call->dial && !call->dial->room.waits)
        rt_timer_stop(&call->dial->patience);
    seized(call);
    if (!rings || a->rang)
        return;
    gw_call_rings(call);
    a->rang = true;
    note(call, &(struct gw_performance_event){.what = GW_PERFORMANCE_RINGING,
                                              .ms = ms_since(call, call->attempt.started)});
}

void gw_call_charged(struct gw_call *call)
{
    struct gw_account *a = &call->account;
    struct gw_limit_clock clock;

    note(call, &(struct gw_performance_event){.what = GW_PERFORMANCE_ANSWERED,
                                              .ms = ms_since(call, call->attempt.started)});
    gw_call_count_answer(call);
    gw_quota_clock(&clock, call->plan, 0);
    if (a->caller)
        gw_limits_answered(a->caller, &clock);
    if (a->called)
        gw_limits_answered(a->called, &clock);
    if (a->diverter)
        gw_limits_answered(a->diverter, &clock);
}

/** No call costs more: a peer may say anything. A million. */
#define ADVICE_MAX INT64_C(1000000000000)

static int64_t micro_of(const struct isdn_aoc_money *m)
{
    int64_t micro = (int64_t)m->cost * 1000;

    for (unsigned i = ISDN_AOC_THOUSANDTH; i < m->multiplier && micro < ADVICE_MAX; i++)
        micro *= 10;
    return micro < ADVICE_MAX ? micro : ADVICE_MAX;
}

/** Each advice is the sum so far (ETS 300 182-1 clause 9): what it grew by is new. */
void gw_call_advised(struct gw_call *call, const struct isdn_aoc *aoc)
{
    struct gw_account *a = &call->account;
    struct gw_limit_clock clock;

    if (!a->caller || a->price || aoc->kind == ISDN_AOC_S || aoc->de.charge != ISDN_AOC_MONEY)
        return;
    int64_t sum = micro_of(&aoc->de.money);
    if (sum <= a->advised)
        return;
    gw_quota_clock(&clock, call->plan, 0);
    gw_limits_charge(a->caller, sum - a->advised, aoc->de.money.currency, &clock);
    a->advised = sum;
}

/* ---- the end ---- */

/** What talk of so long costs; negative: there is no rate. */
static int64_t cost_of(const struct gw_call *call, const struct gw_priced *p)
{
    if (!p)
        return -1;
    if (call->answered == 0)
        return 0;
    return dp_rate_cost(&p->rate, (ms_since(call, call->answered) + 999) / 1000);
}

/** "0.012500 EUR" of an answered call. */
static void write_money(char out[GW_MONEY_LEN], int64_t micro, const struct gw_priced *p)
{
    out[0] = '\0';
    if (p && micro >= 0)
        snprintf(out, GW_MONEY_LEN, "%u.%06u %.3s", (unsigned)(micro / 1000000),
                 (unsigned)(micro % 1000000), p->currency);
}

void gw_call_attempt_over(struct gw_call *call, const struct gw_cause *cause)
{
    struct gw_account *a = &call->account;
    bool answered = call->answered != 0;
    int64_t cost = cost_of(call, a->cost);

    if (answered)
        write_money(call->cdr.cost, cost, a->cost);
    if (answered && a->cost)
        gw_trunk_stats_money(call->gw->stats, call->cdr.to_trunk, GW_OUT, a->cost->currency, cost);
    give_back(call, &a->called, cost);
    gw_loop_ended(call->gw->loops, a->out);
    a->out = NULL;
    if (!a->by[0] && !a->by[1])
        return;
    if (cause->by == GW_BY_CALLED)
        seized(call);
    note(call, &(struct gw_performance_event){.what = GW_PERFORMANCE_ENDED,
                                              .ms = answered ? ms_since(call, call->answered) : 0,
                                              .cause = cause->q850,
                                              .seized = a->seized,
                                              .answered = answered});
    a->by[0] = a->by[1] = NULL;
}

void gw_call_account_over(struct gw_call *call, const struct gw_cause *cause)
{
    struct gw_account *a = &call->account;
    int64_t price = cost_of(call, a->price);

    if (call->answered)
        write_money(call->cdr.price, price, a->price);
    if (call->answered && a->price)
        gw_trunk_stats_money(call->gw->stats, call->cdr.from_trunk, GW_IN, a->price->currency,
                             price);
    gw_call_count_end(call, cause);
    give_back(call, &a->caller, price);
    give_back(call, &a->diverter, -1);
}
