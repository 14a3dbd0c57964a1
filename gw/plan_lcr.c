/* Least cost routing of the plan: which carriers offer what, and how one is chosen. */
#include "gw/plan_priv.h"

#include <stddef.h>

#define LCRS_MAX 256

static void add_offer(struct gw_compile *c, struct gw_lcr *l, const struct conf_node *n)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct conf_token *deck = conf_arg(n, 0), *via = conf_labelled(n, "via");
    struct gw_way way;

    if (l->noffers == GW_LCR_OFFERS) {
        conf_error(c->diag, n->pos, "there are more than %d offers", GW_LCR_OFFERS);
        return;
    }
    struct gw_offer *o = &l->offer[l->noffers];
    o->pos = n->pos;
    o->via = via->text;
    o->deck = gw_plan_named(c, deck, "deck", d->decks, d->ndecks, sizeof *d->decks);
    if (!gw_plan_way(c, &way, via) || !o->deck)
        return;
    o->trunk = way.trunk;
    o->group = way.group;
    l->noffers++;
}

/** `order cost, then quality` */
static void read_order(struct gw_compile *c, struct gw_lcr *l, const struct conf_node *n)
{
    static const char *const words[] = {"cost", "quality", NULL};
    struct gw_words w = gw_words(c, n, 1);
    int first = gw_words_choice(&w, "cost or quality", words);

    l->quality_first = first == 1;
    if (first < 0 || w.t == w.end)
        return;
    gw_words_comma(&w);
    gw_words_is(&w, "then");
    if (gw_words_choice(&w, "cost or quality", words) == first)
        conf_error(c->diag, w.t[-1].pos, "\"%s\" stands twice", w.t[-1].text);
    gw_words_end(&w);
}

/** `quality window 15min, samples 30, per destination` */
static void read_quality(struct gw_compile *c, struct gw_lcr *l, const struct conf_node *n)
{
    static const char *const words[] = {"window", "samples", "per", NULL};
    struct gw_words w = gw_words(c, n, 1);
    uint64_t samples;

    do {
        int i = gw_words_choice(&w, "window, samples or per", words);
        if (i < 0)
            return;
        if (i == 0 && !gw_words_duration(&w, "a duration", &l->window))
            return;
        if (i == 1) {
            if (!gw_words_number(&w, "a number of calls", 1, 100000, &samples))
                return;
            l->samples = (unsigned)samples;
        }
        if (i == 2) {
            l->per_trunk = gw_words_is(&w, "trunk");
            if (!l->per_trunk && !gw_words_is(&w, "destination")) {
                conf_error(c->diag, n->pos, "\"per\" wants: destination, or: trunk");
                return;
            }
        }
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}

/** `demote asr < 35%, acd < 45s, pdd > 8s` */
static void read_demote(struct gw_compile *c, struct gw_lcr *l, const struct conf_node *n)
{
    static const char *const words[] = {"asr", "ner", "acd", "pdd", NULL};
    struct gw_words w = gw_words(c, n, 1);

    do {
        int i = gw_words_choice(&w, "asr, ner, acd or pdd", words);
        if (i < 0)
            return;
        const char *sign = i == 3 ? ">" : "<";
        if (!gw_words_is(&w, sign)) {
            conf_error(c->diag, w.t < w.end ? w.t->pos : n->pos, "\"%s\" wants: %s", words[i],
                       i < 2   ? "< 35%"
                       : i < 3 ? "< 45s"
                               : "> 8s");
            return;
        }
        if (!(i < 2 ? gw_words_percent(&w, "a percentage", 1000, i == 0 ? &l->asr : &l->ner)
                    : gw_words_duration(&w, "a duration", i == 2 ? &l->acd : &l->pdd)))
            return;
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}

static void compile_lcr(struct gw_compile *c, struct gw_lcr *l, const struct conf_node *block)
{
    const struct conf_node *order = conf_child(block, "order");
    const struct conf_node *margin = conf_child(block, "margin");
    const struct conf_node *quality = conf_child(block, "quality");
    const struct conf_node *demote = conf_child(block, "demote");
    const struct conf_node *tries = conf_child(block, "tries");
    const struct conf_node *advance = conf_child(block, "advance");
    const struct conf_node *stop = conf_child(block, "stop");

    l->window = 900 * RT_S;
    l->samples = 30;
    l->tries = tries && conf_arg(tries, 0) ? (unsigned)conf_uint(conf_arg(tries, 0)) : 3;
    for (const struct conf_node *n = conf_child(block, "offer"); n; n = conf_again(n, "offer"))
        add_offer(c, l, n);
    if (order)
        read_order(c, l, order);
    if (margin) {
        struct gw_words w = gw_words(c, margin, 1);
        l->has_margin = gw_words_percent(&w, "a percentage", 10000, &l->margin) && gw_words_end(&w);
        if (l->margin >= 10000)
            conf_error(c->diag, margin->pos, "no price leaves a margin of 100%% or more");
    }
    if (quality)
        read_quality(c, l, quality);
    if (demote)
        read_demote(c, l, demote);
    if (advance) {
        struct gw_words w = gw_words(c, advance, 1);
        gw_plan_compile_outcomes(c, &l->advance, &w);
        l->has_advance = true;
    }
    if (stop) {
        struct gw_words w = gw_words(c, stop, 1);
        gw_plan_compile_outcomes(c, &l->stop, &w);
        l->has_stop = true;
    }
    for (unsigned i = 0; i < 2; i++)
        if (l->advance.q850[i] & l->stop.q850[i])
            conf_error(c->diag, stop->pos, "cause %d is in \"advance\" and in \"stop\"",
                       (int)(64 * i) + __builtin_ctzll(l->advance.q850[i] & l->stop.q850[i]));
    for (unsigned i = 0; i < RT_COUNT(l->stop.sip); i++)
        if (l->advance.sip[i] & l->stop.sip[i])
            conf_error(c->diag, stop->pos, "sip %d is in \"advance\" and in \"stop\"",
                       (int)(300 + 64 * i) + __builtin_ctzll(l->advance.sip[i] & l->stop.sip[i]));
}

void gw_plan_compile_lcrs(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    d->lcrs = gw_plan_array(c, "lcr", sizeof *d->lcrs, LCRS_MAX, &d->nlcrs);
    gw_plan_names(c, "lcr", d->lcrs, d->nlcrs, sizeof *d->lcrs, offsetof(struct gw_lcr, pos));
    const struct conf_node *n = conf_child(c->root, "lcr");
    for (unsigned i = 0; i < d->nlcrs; i++, n = conf_again(n, "lcr")) {
        d->lcrs[i].index = i;
        compile_lcr(c, &d->lcrs[i], n);
    }
}
