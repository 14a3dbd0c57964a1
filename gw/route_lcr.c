/* Least cost routing: the offers of carriers for a destination, by price and by how well they
 * complete calls. */
#include "dialplan/key.h"
#include "gw/gw.h"
#include "gw/performance.h"
#include "gw/route_priv.h"

#include <stdio.h>
#include <stdlib.h>

/** Digits that make a destination for quality, where its deck has no names. */
#define DESTINATION_DIGITS 6

/** A carrier that could take the call. */
struct candidate {
    const struct gw_offer *offer;
    struct dp_rate rate;
    int64_t cost;
    bool demoted;
    unsigned asr; /**< per mille; unknown: 1000 */
};

char *gw_rate_text(char out[GW_RATE_LEN], const struct dp_rate *r, const char *currency)
{
    snprintf(out, GW_RATE_LEN, "%lld.%06lld %s/min", (long long)(r->rate / 1000000),
             (long long)(r->rate % 1000000), currency);
    return out;
}

uint64_t gw_route_destination(const struct gw_lcr *l, const struct dp_number *n)
{
    char digits[DESTINATION_DIGITS + 1];

    if (l->per_trunk)
        return GW_PERFORMANCE_ALL;
    rt_str_copy(digits, sizeof digits,
                (struct rt_str){n->digits, strnlen(n->digits, DESTINATION_DIGITS)});
    return dp_key_of(digits);
}

/** Judges how well a carrier completes calls; `why`, of `cap` octets, is for explain alone: to
 * write it takes longer than to judge. */
static void judge(const struct gw_pass *p, const struct gw_lcr *l, struct candidate *c,
                  uint64_t destination, char *why, size_t cap)
{
    const struct gw_performance_demote rule = {.samples = l->samples,
                                               .asr = l->asr,
                                               .ner = l->ner,
                                               .acd_ms = (uint32_t)(l->acd / RT_MS),
                                               .pdd_ms = (uint32_t)(l->pdd / RT_MS)};
    struct gw_performance_figures f;

    c->asr = 1000;
    if (p->explain)
        rt_str_copy(why, cap, rt_str("quality unknown"));
    if (!p->q->gw || !p->q->gw->performance || p->q->world)
        return;
    struct gw_performance_trunk *t = gw_performance_trunk(p->q->gw->performance, c->offer->via);
    if (!t)
        return;
    gw_performance_get(&f, p->q->gw->performance, t, destination, rt_now());
    if (f.samples < l->samples)
        return;
    c->asr = f.asr;
    c->demoted = gw_performance_demoted(&f, &rule, p->explain ? why : NULL, cap);
    if (!c->demoted && p->explain)
        snprintf(why, cap, "asr %u.%u%%, acd %u s", f.asr / 10, f.asr % 10, f.acd_ms / 1000);
}

/** Whether the customer pays enough for it; what his deck does not have he cannot buy. */
static bool pays(const struct gw_pass *p, const struct gw_lcr *l, const struct candidate *c)
{
    const struct gw_customer *customer = p->q->from->customer;

    if (!l->has_margin || !customer || !customer->deck)
        return true;
    return p->out->priced &&
           p->out->price.rate * (10000 - (int64_t)l->margin) >= c->rate.rate * 10000;
}

static void explain_row(struct gw_pass *p, const struct candidate *c, const char *what)
{
    const struct gw_deck *deck = c->offer->deck;
    struct dp_deck_source source;
    char rate[GW_RATE_LEN];

    if (!p->explain)
        return;
    gw_rate_text(rate, &c->rate, deck->currency);
    if (dp_deck_source(deck->deck, dp_key_of(p->out->key.digits), &source) == 0)
        gw_explain_line(p->explain, NULL, "%s %s %s (deck %s, %s line %llu)", c->offer->via, rate,
                        what, deck->name, source.prefix, (unsigned long long)source.line);
    else
        gw_explain_line(p->explain, NULL, "%s %s %s (deck %s)", c->offer->via, rate, what,
                        deck->name);
}

static int by_cost(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->demoted != y->demoted)
        return x->demoted ? 1 : -1;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    if (x->asr != y->asr)
        return x->asr > y->asr ? -1 : 1;
    return x->offer < y->offer ? -1 : 1;
}

static int by_quality(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->demoted != y->demoted)
        return x->demoted ? 1 : -1;
    return x->asr != y->asr ? (x->asr > y->asr ? -1 : 1) : by_cost(a, b);
}

/** What the customer pays for the destination. */
static void price(struct gw_pass *p)
{
    const struct gw_customer *customer = p->q->from->customer;
    struct gw_decision *d = p->out;

    if (!customer || !customer->deck || d->priced)
        return;
    d->priced = dp_deck_find(customer->deck->deck, dp_key_of(d->key.digits), &d->price);
}

/** Whether all offers have to be judged before the first is tried. */
static bool judges_all(const struct gw_pass *p, const struct gw_target *target)
{
    return p->explain || target->lcr->quality_first || target->quality > 0;
}

/** Judges offers in the order of their price until `want` are good, and those of the same price;
 * the number of them. What is known has long left the caches: none is looked at in vain. */
static unsigned judge_some(const struct gw_pass *p, const struct gw_lcr *l, struct candidate *list,
                           unsigned n, unsigned want)
{
    uint64_t destination = gw_route_destination(l, &p->out->key);
    unsigned i, good = 0;

    for (i = 0; i < n && (good < want || list[i].cost == list[i - 1].cost); i++) {
        judge(p, l, &list[i], destination, NULL, 0);
        good += !list[i].demoted;
    }
    return i;
}

/** The offers that the customer pays for, by price. */
static unsigned collect(struct gw_pass *p, const struct gw_target *target,
                        struct candidate out[GW_LCR_OFFERS])
{
    const struct gw_lcr *l = target->lcr;
    const struct dp_deck *decks[GW_LCR_OFFERS];
    struct dp_deck_offer offers[DP_DECKS_MAX];
    uint64_t destination = gw_route_destination(l, &p->out->key);
    bool all = judges_all(p, target);
    char why[80];
    unsigned n = 0;

    for (unsigned i = 0; i < l->noffers; i++)
        decks[i] = l->offer[i].deck->deck;
    unsigned found = dp_deck_cheapest(offers, decks, l->noffers, dp_key_of(p->out->key.digits), 60);
    for (unsigned i = 0; i < found; i++) {
        struct candidate *c = &out[n];
        *c = (struct candidate){&l->offer[offers[i].deck], offers[i].rate, offers[i].cost, false,
                                1000};
        if (all)
            judge(p, l, c, destination, why, sizeof why);
        if (!pays(p, l, c)) {
            explain_row(p, c, "costs more than the customer pays");
            continue;
        }
        if (target->quality > 0 && c->asr <= target->quality) {
            explain_row(p, c, "is not good enough");
            continue;
        }
        explain_row(p, c, why);
        n++;
    }
    return n;
}

/** Adds the hops of an offer; 0: none can take the call. */
static unsigned offer(struct gw_pass *p, const struct gw_target *target, const struct candidate *c)
{
    struct gw_way way = {c->offer->trunk, c->offer->group};
    unsigned before = p->out->nhops, added = gw_pass_way(p, &way, target->name);

    for (unsigned k = before; k < p->out->nhops; k++) {
        struct gw_hop *hop = &p->out->hop[k];
        hop->lcr = target->lcr;
        hop->priced = true;
        hop->rate = c->rate;
        hop->offer = c->offer->deck->name;
    }
    return added > 0;
}

void gw_pass_lcr(struct gw_pass *p, const struct gw_target *target)
{
    const struct gw_lcr *l = target->lcr;
    struct candidate list[GW_LCR_OFFERS];
    const struct candidate *late[GW_LCR_OFFERS]; /* demoted ones: after all others */
    unsigned tried = 0, nlate = 0, n;

    if (!p->out->key.e164) {
        gw_explain_line(p->explain, NULL, "- %s: not an E.164 number", target->name);
        return;
    }
    price(p);
    n = collect(p, target, list);
    if (n == 0)
        gw_explain_line(p->explain, &l->pos, "- %s: no carrier offers it", target->name);
    for (unsigned i = 0, end; i < n && tried < l->tries; i = end) {
        end = judges_all(p, target) ? n : i + judge_some(p, l, list + i, n - i, l->tries - tried);
        qsort(list + i, end - i, sizeof *list, l->quality_first ? by_quality : by_cost);
        for (unsigned k = i; k < end && tried < l->tries; k++)
            if (list[k].demoted)
                late[nlate++] = &list[k];
            else
                tried += offer(p, target, &list[k]);
    }
    for (unsigned i = 0; i < nlate && tried < l->tries; i++)
        tried += offer(p, target, late[i]);
}
