/* What is allowed in a plan and looks wrong: warnings, each with its place, never errors. Here:
 * what is never used, and what is out of date.
 *
 * plan_lint_rows.c and plan_lint_tables.c look at routes, plan_lint_emergency.c at emergency calls,
 * plan_lint_callers.c at who may call what and as whom, plan_lint_mgcp.c at gateways.
 */
#include "dialplan/deck.h"
#include "gw/plan_lint_priv.h"

#include <stdlib.h>
#include <uthash.h>

/** Rates older than this are probably not those of today. */
#define DECK_DAYS 30

/* ---- what a row does ---- */

bool gw_lint_refuses(const struct gw_route *r)
{
    for (const struct gw_choice *c = r->choice; c; c = c->next)
        if (c->ntargets == 0 || c->target[0].kind != GW_TO_REJECT)
            return false;
    return r->choice != NULL;
}

bool gw_lint_always(const struct gw_route *r)
{
    const struct gw_choice *last = r->choice;

    while (last && last->next)
        last = last->next;
    return !last || last->nconditions == 0;
}

static void of_group(const struct gw_group *g, void (*fn)(void *arg, const struct gw_trunk *to),
                     void *arg)
{
    for (unsigned i = 0; i < g->ntrunks; i++)
        fn(arg, g->trunk[i]);
}

static void of_lcr(const struct gw_lcr *l, void (*fn)(void *arg, const struct gw_trunk *to),
                   void *arg)
{
    for (unsigned i = 0; i < l->noffers; i++) {
        if (l->offer[i].trunk)
            fn(arg, l->offer[i].trunk);
        if (l->offer[i].group)
            of_group(l->offer[i].group, fn, arg);
    }
}

void gw_lint_trunks(const struct gw_target *t, void (*fn)(void *arg, const struct gw_trunk *to),
                    void *arg)
{
    if (t->trunk && t->trunk->kind != GW_TRUNK_LOCAL)
        fn(arg, t->trunk);
    if (t->group)
        of_group(t->group, fn, arg);
    if (t->lcr)
        of_lcr(t->lcr, fn, arg);
    if (t->resolve && t->resolve->via)
        fn(arg, t->resolve->via);
    for (unsigned i = 0; t->customer && i < t->customer->ntrunks; i++)
        fn(arg, t->customer->trunk[i]);
}

/* ---- where calls go ---- */

static void mark(void *arg, const struct gw_trunk *to)
{
    struct gw_lint *l = arg;
    l->target[to->index] = true;
}

static void mark_way(struct gw_lint *l, const struct gw_trunk *t, const struct gw_group *g)
{
    mark(l, t ? t : g->trunk[0]);
    for (unsigned i = 0; g && i < g->ntrunks; i++)
        mark(l, g->trunk[i]);
    if (g)
        l->grouped[g->index] = true;
}

static void mark_row(struct gw_lint *l, const struct gw_route *r)
{
    for (const struct gw_choice *c = r->choice; c; c = c->next)
        for (unsigned i = 0; i < c->ntargets; i++) {
            const struct gw_target *t = &c->target[i];
            gw_lint_trunks(t, mark, l);
            if (t->group)
                l->grouped[t->group->index] = true;
            for (unsigned k = 0; t->lcr && k < t->lcr->noffers; k++)
                if (t->lcr->offer[k].group)
                    l->grouped[t->lcr->offer[k].group->index] = true;
        }
}

static void mark_emergency(struct gw_lint *l)
{
    const struct gw_emergency *e = &l->plan->dial.emergency;

    for (unsigned i = 0; i < e->nsend; i++)
        mark_way(l, e->send[i].trunk, e->send[i].group);
    for (unsigned i = 0; i < e->nnotify; i++) {
        struct rt_str rest = rt_str(e->notify[i]);
        const struct gw_trunk *t = gw_plan_trunk(l->plan, rt_str_cut(&rest, ':'));
        if (t)
            mark(l, t);
    }
}

static bool starts_calls(const struct gw_group *g)
{
    for (unsigned i = 0; i < g->ntrunks; i++)
        if (g->trunk[i]->routes)
            return true;
    return false;
}

static void unused_trunks(struct gw_lint *l)
{
    const struct gw_dial_plan *d = &l->plan->dial;

    for (unsigned i = 0; i < d->nroutes; i++)
        for (const struct gw_route *r = d->routes[i].first; r; r = r->next)
            mark_row(l, r);
    mark_emergency(l);
    for (unsigned i = 0; i < l->plan->ntrunks; i++) {
        const struct gw_trunk *t = &l->plan->trunks[i];
        if (!l->target[i] && !t->routes)
            gw_lint_warn(l, t->pos,
                         "trunk \"%s\" is never used: no routes come from it or lead to it",
                         t->name);
    }
    for (unsigned i = 0; i < d->ngroups; i++)
        if (!l->grouped[i] && !starts_calls(&d->groups[i]))
            gw_lint_warn(l, d->groups[i].pos, "group \"%s\" is never used", d->groups[i].name);
}

/* ---- names ---- */

/** A thing that has a name, and whether anything speaks of it. */
struct name {
    UT_hash_handle hh;
    const char *kind, *name;
    struct conf_pos pos;
    bool used;
    char key[GW_NAME_LEN + 12]; /* "list irsf" */
};

static void name_key(char out[GW_NAME_LEN + 12], const char *kind, const char *name)
{
    RT_JOIN(out, GW_NAME_LEN + 12, rt_str(kind), rt_str(" "), rt_str(name));
}

static void use(struct name **all, const char *kind, const char *name)
{
    char key[GW_NAME_LEN + 12];
    struct name *n;

    name_key(key, kind, name);
    HASH_FIND_STR(*all, key, n);
    if (n)
        n->used = true;
}

/** The statement of a name: all of these kinds begin with it. */
static const char *const kinds[] = {"list", "calendar", "time", "class",
                                    "deck", "lcr",      "enum", "normalise"};

static struct name *collect(struct gw_lint *l)
{
    struct name *all = NULL;

    for (size_t k = 0; k < RT_COUNT(kinds); k++)
        for (const struct conf_node *n = conf_child(l->c->root, kinds[k]); n;
             n = conf_again(n, kinds[k])) {
            struct name *one = calloc(1, sizeof *one);
            if (!one)
                return all;
            one->kind = kinds[k];
            one->name = conf_arg(n, 0)->text;
            one->pos = n->pos;
            name_key(one->key, one->kind, one->name);
            HASH_ADD_STR(all, key, one);
        }
    return all;
}

/** Statements whose words are names of one kind. */
static const struct {
    const char *in, *keyword, *kind;
} references[] = {
    {"PATTERN", "when", "time"},       {"time", "except", "calendar"},
    {"time", "on", "calendar"},        {"trunk", "class", "class"},
    {"customer", "class", "class"},    {"customer", "deck", "deck"},
    {"lcr", "offer", "deck"},          {"trunk", "numbers", "normalise"},
    {"group", "numbers", "normalise"},
};

/** `in NAME`, `lcr NAME`, `enum NAME`: wherever they stand. */
static void use_pair(struct name **all, const struct conf_token *t)
{
    if (strcmp(t[0].text, "in") == 0)
        use(all, "list", t[1].text);
    else if (strcmp(t[0].text, "lcr") == 0 || strcmp(t[0].text, "enum") == 0)
        use(all, t[0].text, t[1].text);
}

static void walk(struct name **all, const struct conf_node *block)
{
    for (const struct conf_node *n = block->child; n; n = n->next) {
        for (size_t i = 0; i < RT_COUNT(references); i++)
            if (strcmp(references[i].in, n->row->in) == 0 &&
                strcmp(references[i].keyword, n->row->keyword) == 0)
                for (size_t k = 1; k < n->ntokens; k++)
                    use(all, references[i].kind, n->token[k].text);
        for (size_t k = 0; n->row->in[0] && k + 1 < n->ntokens; k++)
            use_pair(all, &n->token[k]);
        walk(all, n);
    }
}

static void unused_names(struct gw_lint *l)
{
    struct name *all = collect(l), *n, *next;

    walk(&all, l->c->root);
    for (n = all; n; n = next) {
        next = n->hh.next;
        if (!n->used)
            gw_lint_warn(l, n->pos, "%s \"%s\" is never used", n->kind, n->name);
        HASH_DEL(all, n);
        free(n);
    }
}

/* ---- out of date ---- */

static void old_decks(struct gw_lint *l)
{
    const struct gw_dial_plan *d = &l->plan->dial;
    struct dp_deck_info info;

    for (unsigned i = 0; i < d->ndecks; i++) {
        if (!d->decks[i].deck)
            continue;
        dp_deck_info(d->decks[i].deck, &info);
        int64_t days = (rt_wall() / RT_S - info.modified) / 86400;
        if (info.modified > 0 && days > DECK_DAYS)
            gw_lint_warn(l, d->decks[i].pos, "deck \"%s\" is %lld days old", d->decks[i].name,
                         (long long)days);
    }
}

void gw_plan_lint(struct gw_compile *c)
{
    struct gw_lint l = {.c = c, .plan = c->plan};

    if (c->diag->errors > 0 || c->arena->failed)
        return;
    l.target = calloc(c->plan->ntrunks + 1, sizeof *l.target);
    l.grouped = calloc(c->plan->dial.ngroups + 1, sizeof *l.grouped);
    if (l.target && l.grouped) {
        gw_lint_rows(&l);
        gw_lint_tables(&l);
        unused_trunks(&l); /* finds the targets that the rest needs */
        gw_lint_emergency(&l);
        gw_lint_callers(&l);
        gw_lint_mgcp(&l);
        unused_names(&l);
        old_decks(&l);
    }
    free(l.target);
    free(l.grouped);
}
