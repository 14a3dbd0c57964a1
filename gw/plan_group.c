/* Groups of trunks, and customers: what is said once for several trunks. */
#include "gw/plan_priv.h"

#include <stddef.h>

#define GROUPS_MAX    1024
#define CUSTOMERS_MAX 10000

/* ---- members ---- */

/** The trunk as the compiler may still change it. */
static struct gw_trunk *own_trunk(struct gw_compile *c, const struct conf_token *t)
{
    const struct gw_trunk *found = gw_plan_find_trunk(c, t);
    return found ? &c->plan->trunks[found->index] : NULL;
}

/** What the group says counts where the trunk says nothing. */
static void inherit(struct gw_compile *c, struct gw_trunk *t, const struct gw_trunk *common,
                    const struct conf_node *block)
{
    const struct conf_node *own = t->node;

    if (conf_child(block, "numbers") && !conf_child(own, "numbers")) {
        t->numbers = common->numbers;
        t->rules = common->rules;
    }
    if (conf_child(block, "cic") && !conf_child(own, "cic")) {
        memcpy(t->identity.cic, common->identity.cic, sizeof t->identity.cic);
        memcpy(t->identity.cic_context, common->identity.cic_context,
               sizeof t->identity.cic_context);
    }
    if (conf_child(block, "tgrp") && !conf_child(own, "tgrp")) {
        memcpy(t->identity.tgrp, common->identity.tgrp, sizeof t->identity.tgrp);
        memcpy(t->identity.tgrp_context, common->identity.tgrp_context,
               sizeof t->identity.tgrp_context);
    }
    (void)c;
}

/* ---- hunting ---- */

/** `channels even descending`: which first, and in which direction. */
static int read_channels(struct gw_words *w, enum isdn_hunt *out)
{
    bool odd = gw_words_is(w, "odd"), even = !odd && gw_words_is(w, "even");
    bool down = gw_words_is(w, "descending"), up = !down && gw_words_is(w, "ascending");

    if (odd || even)
        *out = odd ? (down ? ISDN_ODD_FIRST_DOWN : ISDN_ODD_FIRST)
                   : (down ? ISDN_EVEN_FIRST_DOWN : ISDN_EVEN_FIRST);
    else if (down || up)
        *out = down ? ISDN_DESCENDING : ISDN_ASCENDING;
    else if (gw_words_is(w, "round-robin"))
        *out = ISDN_ROUND_ROBIN;
    else if (gw_words_is(w, "least-recently-used"))
        *out = ISDN_LEAST_RECENTLY_USED;
    else
        return -1;
    return 0;
}

/** `hunt least-busy trunk, channels even descending` */
static void read_hunt(struct gw_compile *c, struct gw_group *g, const struct conf_node *n,
                      enum isdn_hunt *channels, bool *has_channels)
{
    static const char *const words[] = {"order",  "least-busy", "round-robin",
                                        "random", "channels",   NULL};
    struct gw_words w = gw_words(c, n, 1);

    do {
        int i = gw_words_choice(&w, "a way to hunt", words);
        if (i < 0)
            return;
        if (i < 4) {
            g->hunt = (enum gw_group_hunt)i;
            gw_words_is(&w, "trunk");
        } else if (read_channels(&w, channels) == 0) {
            *has_channels = true;
        } else {
            conf_error(c->diag, w.t[-1].pos,
                       "\"channels\" wants: odd, even, ascending, descending, round-robin or "
                       "least-recently-used");
            return;
        }
    } while (gw_words_comma(&w));
    gw_words_end(&w);
}

/** Whether a trunk's own `channels` says in which order they are taken. */
static bool has_own_order(const struct gw_trunk *trunk)
{
    const struct conf_node *channels = conf_child(trunk->node, "channels");

    for (enum isdn_hunt h = 0; channels && h < ISDN_HUNTS; h++)
        if (conf_has(channels, isdn_hunt_name(h)))
            return true;
    return false;
}

/* ---- groups ---- */

static void add_member(struct gw_compile *c, struct gw_group *g, const struct conf_token *t)
{
    struct gw_trunk *trunk = own_trunk(c, t);

    if (!trunk)
        return;
    if (trunk->group) {
        conf_error(c->diag, t->pos, "trunk \"%s\" is in group \"%s\" at %s:%u:%u already",
                   trunk->name, trunk->group->name, trunk->group->pos.file, trunk->group->pos.line,
                   trunk->group->pos.column);
    } else if (g->ntrunks == GW_GROUP_TRUNKS) {
        conf_error(c->diag, t->pos, "a group has at most %d trunks", GW_GROUP_TRUNKS);
    } else {
        trunk->group = g;
        g->trunk[g->ntrunks++] = trunk;
    }
}

static void compile_group(struct gw_compile *c, struct gw_group *g, const struct conf_node *block)
{
    const struct conf_node *hunt = conf_child(block, "hunt");
    const struct conf_node *crankback = conf_child(block, "crankback");
    const struct conf_node *trunks = conf_child(block, "trunks");
    struct gw_trunk common = {.kind = GW_TRUNK_SPAN};
    enum isdn_hunt channels = ISDN_ASCENDING;
    const struct conf_token *t;
    bool has_channels = false;

    if (gw_plan_trunk(c->plan, rt_str(g->name)))
        conf_error(c->diag, conf_arg(block, 0)->pos, "\"%s\" is the name of a trunk already",
                   g->name);
    if (gw_plan_among(gw_plan_target_words, g->name))
        conf_error(c->diag, conf_arg(block, 0)->pos,
                   "\"%s\" means something else in routes and cannot name a group", g->name);
    for (size_t i = 0; (t = conf_arg(trunks, i)) != NULL; i++)
        add_member(c, g, t);
    if (hunt)
        read_hunt(c, g, hunt, &channels, &has_channels);
    gw_plan_compile_reserve(c, &g->reserve, conf_child(block, "reserve"));
    gw_plan_compile_quota(c, &g->quota, NULL, block);
    if (crankback) {
        struct gw_words w = gw_words(c, crankback, 1);
        gw_words_is(&w, "on");
        gw_plan_compile_outcomes(c, &g->crankback, &w);
        g->cranks = true;
    }
    gw_plan_compile_numbers(c, &common, block);
    gw_plan_compile_carrier(c, &common, block);
    gw_plan_compile_tgrp(c, &common, block);
    for (unsigned i = 0; i < g->ntrunks; i++) {
        struct gw_trunk *trunk = &c->plan->trunks[g->trunk[i]->index];
        inherit(c, trunk, &common, block);
        if (has_channels && !has_own_order(trunk))
            trunk->hunt = channels;
    }
}

void gw_plan_compile_groups(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    d->groups = gw_plan_array(c, "group", sizeof *d->groups, GROUPS_MAX, &d->ngroups);
    gw_plan_names(c, "group", d->groups, d->ngroups, sizeof *d->groups,
                  offsetof(struct gw_group, pos));
    const struct conf_node *n = conf_child(c->root, "group");
    for (unsigned i = 0; i < d->ngroups; i++, n = conf_again(n, "group")) {
        d->groups[i].index = i;
        compile_group(c, &d->groups[i], n);
    }
}

/* ---- customers ---- */

static void compile_customer(struct gw_compile *c, struct gw_customer *out,
                             const struct conf_node *block)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct conf_node *deck = conf_child(block, "deck");
    const struct conf_node *trunks = conf_child(block, "trunks");
    const struct conf_token *t;

    out->cls = gw_plan_class(c, block);
    if (deck)
        out->deck =
            gw_plan_named(c, conf_arg(deck, 0), "deck", d->decks, d->ndecks, sizeof *d->decks);
    gw_plan_compile_quota(c, &out->quota, NULL, block);
    if (out->cls && out->cls->per_customer && out->quota.n == 0)
        conf_warn(c->diag, block->pos,
                  "customer \"%s\" has no limit, and class \"%s\" leaves limits to customers",
                  out->name, out->cls->name);
    for (size_t i = 0; (t = conf_arg(trunks, i)) != NULL; i++) {
        struct gw_trunk *trunk = own_trunk(c, t);
        if (!trunk)
            continue;
        if (trunk->customer) {
            conf_error(c->diag, t->pos, "trunk \"%s\" belongs to customer \"%s\" already",
                       trunk->name, trunk->customer->name);
            continue;
        }
        if (out->ntrunks == RT_COUNT(out->trunk)) {
            conf_error(c->diag, t->pos, "a customer has at most %zu trunks", RT_COUNT(out->trunk));
            return;
        }
        trunk->customer = out;
        if (out->cls)
            trunk->cls = out->cls;
        out->trunk[out->ntrunks++] = trunk;
    }
}

void gw_plan_compile_customers(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    d->customers =
        gw_plan_array(c, "customer", sizeof *d->customers, CUSTOMERS_MAX, &d->ncustomers);
    gw_plan_names(c, "customer", d->customers, d->ncustomers, sizeof *d->customers,
                  offsetof(struct gw_customer, pos));
    const struct conf_node *n = conf_child(c->root, "customer");
    for (unsigned i = 0; i < d->ncustomers; i++, n = conf_again(n, "customer")) {
        d->customers[i].index = i;
        compile_customer(c, &d->customers[i], n);
    }
}
