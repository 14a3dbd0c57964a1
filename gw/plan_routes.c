/* Routes of the plan: `routes from a, b { PATTERN -> targets }`, and rows with a block of actions
 * and conditions, to sealed tables. */
#include "gw/plan_priv.h"

#include <errno.h>

#define ROUTES_MAX 4096

/** Rows of one table. Longer lists of numbers belong in files, not in the plan. */
#define ROWS_MAX 100000

/* ---- choices ---- */

/** A new choice at the end of the route's list. */
static struct gw_choice *add_choice(struct gw_compile *c, struct gw_route *r, const char *text,
                                    struct conf_pos pos)
{
    struct gw_choice *choice = conf_alloc(c->arena, sizeof *choice), **tail = &r->choice;

    if (!choice)
        return NULL;
    choice->text = text;
    choice->pos = pos;
    while (*tail)
        tail = &(*tail)->next;
    return *tail = choice;
}

static bool take_arrow(struct gw_words *w)
{
    return gw_words_is(w, "->");
}

/** `when CONDITIONS -> targets`, `otherwise -> targets`, `use targets` */
static void read_choice(struct gw_compile *c, struct gw_route *r, const struct conf_node *n)
{
    const char *keyword = n->token[0].text;
    bool when = strcmp(keyword, "when") == 0, use = strcmp(keyword, "use") == 0;
    struct gw_words w = gw_words(c, n, 1);
    struct gw_choice *choice = add_choice(c, r, keyword, n->pos);
    unsigned errors = c->diag->errors;

    if (!choice)
        return;
    if (when) {
        gw_plan_compile_when(c, choice, &w);
        choice->text = gw_plan_text(c, n->token, w.t);
    }
    if (!use && !take_arrow(&w)) {
        if (c->diag->errors == errors)
            conf_error(c->diag, w.t < w.end ? w.t->pos : n->pos, "\"-> TARGET\" is missing here");
        return;
    }
    gw_plan_compile_targets(c, choice, &w);
}

static void read_block(struct gw_compile *c, struct gw_route *r, const struct conf_node *row)
{
    static const char *const kinds[] = {"when", "otherwise", "use", NULL};
    const struct gw_choice *last = r->choice; /* of the row's own arrow */

    gw_plan_compile_actions(c, &r->actions, row);
    for (const struct conf_node *n = row->child; n; n = n->next) {
        if (!gw_plan_among(kinds, n->token[0].text))
            continue;
        if (last && last->nconditions == 0) {
            conf_error(c->diag, n->pos, "\"%s\" is never reached: \"%s\" at line %u always holds",
                       n->token[0].text, last->text[0] ? last->text : "->", last->pos.line);
            return;
        }
        read_choice(c, r, n);
        for (last = r->choice; last && last->next;)
            last = last->next;
    }
    if (!r->choice && r->actions.strip == 0 && !r->actions.prepend && !r->actions.rewrite &&
        !r->actions.called)
        conf_error(c->diag, row->pos, "\"%s\" leads nowhere: \"use TRUNK\" is missing", r->pattern);
}

/* ---- rows ---- */

/** A row's arrow and targets, its block, or both: actions belong to the targets then. */
static void read_row(struct gw_compile *c, struct gw_route *r, const struct conf_node *n,
                     struct gw_words *w)
{
    bool arrow = take_arrow(w);

    if (!arrow && w->t < w->end) {
        conf_error(c->diag, w->t->pos, "\"->\" must follow the number \"%s\"", r->pattern);
        return;
    }
    if (!arrow && !n->child) {
        conf_error(c->diag, n->pos, "\"%s\" leads nowhere: \"-> TRUNK\" is missing", r->pattern);
        return;
    }
    if (arrow) {
        struct gw_choice *choice = add_choice(c, r, "", n->pos);
        w->pos = n->pos;
        if (choice)
            gw_plan_compile_targets(c, choice, w);
    }
    if (n->child)
        read_block(c, r, n);
}

static void already_routed(struct gw_compile *c, const struct gw_route *r,
                           const struct gw_route *first)
{
    static const char rest[] = "put both in one block with \"when\"";

    if (r->pos.file && first->pos.file && strcmp(r->pos.file, first->pos.file) != 0)
        conf_error(c->diag, r->pos, "\"%s\" is already routed at %s:%u: %s", r->pattern,
                   first->pos.file, first->pos.line, rest);
    else
        conf_error(c->diag, r->pos, "\"%s\" is already routed at line %u: %s", r->pattern,
                   first->pos.line, rest);
}

static void add_row(struct gw_compile *c, struct gw_routes *routes, const struct conf_node *n)
{
    struct gw_route *r = conf_alloc(c->arena, sizeof *r);
    struct gw_words w = gw_words(c, n, 0);
    void *other;

    if (!r)
        return;
    r->next = routes->first;
    routes->first = r;
    struct dp_pattern *pattern = gw_plan_pattern(c, &w);
    r->pattern = gw_plan_text(c, n->token, w.t);
    r->pos = n->pos;
    r->table = routes;
    r->index = c->plan->dial.nrows++;
    read_row(c, r, n, &w);
    if (!pattern)
        return;
    r->match = pattern;
    int err = dp_table_add(routes->table, pattern, r, &other);
    if (err == EEXIST) {
        const struct gw_route *first = other;
        already_routed(c, r, first);
        r->match = NULL; /* freed */
    } else if (err != 0) {
        c->arena->failed = true;
    }
}

/* ---- tables ---- */

static void claim(struct gw_compile *c, struct gw_routes *routes, const struct conf_token *t)
{
    unsigned before = routes->nfrom;

    gw_plan_add_trunks(c, routes->from, &routes->nfrom, GW_ROUTES_FROM, t);
    for (unsigned i = before; i < routes->nfrom; i++) {
        struct gw_trunk *trunk = &c->plan->trunks[routes->from[i]->index];
        if (trunk->routes) {
            conf_error(c->diag, t->pos, "trunk \"%s\" has its routes at %s:%u:%u already",
                       trunk->name, trunk->routes->pos.file, trunk->routes->pos.line,
                       trunk->routes->pos.column);
            continue;
        }
        trunk->routes = routes;
    }
}

static void compile_routes(struct gw_compile *c, struct gw_routes *routes,
                           const struct conf_node *block)
{
    unsigned rows = 0;

    routes->pos = block->pos;
    routes->name = gw_plan_text(c, block->token, block->token + block->ntokens);
    routes->keep_tgrp = conf_child(block, "tgrp") != NULL;
    if (dp_table_new(&routes->table) != 0) {
        c->arena->failed = true;
        return;
    }
    for (size_t i = 2; i < block->ntokens; i++)
        if (block->token[i].kind != CONF_TOKEN_COMMA)
            claim(c, routes, &block->token[i]);
    for (const struct conf_node *n = block->child; n; n = n->next) {
        if (!(n->row->flags & CONF_ANY_KEYWORD))
            continue;
        if (++rows > ROWS_MAX) {
            conf_error(c->diag, n->pos, "there are more than %d rows here", ROWS_MAX);
            break;
        }
        add_row(c, routes, n);
    }
    if (dp_table_seal(routes->table) != 0)
        c->arena->failed = true;
}

void gw_plan_compile_routes(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    d->routes = gw_plan_array(c, "routes", sizeof *d->routes, ROUTES_MAX, &d->nroutes);
    const struct conf_node *n = conf_child(c->root, "routes");
    for (unsigned i = 0; i < d->nroutes; i++, n = conf_again(n, "routes"))
        compile_routes(c, &d->routes[i], n);
}
