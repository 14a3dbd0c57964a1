/* Routes of the plan: `routes from a, b { PATTERN -> targets }` to sealed tables. */
#include "gw/plan_priv.h"

#include <errno.h>

#define ROUTES_MAX 1024

/** Rows of one table. Longer lists of numbers belong in files, not in the plan. */
#define ROWS_MAX 10000

/** The tokens of one target. */
struct words {
    const struct conf_token *t;
    size_t n;
};

/* ---- targets ---- */

static void not_yet(struct gw_compile *c, const struct conf_token *t)
{
    conf_error(c->diag, t->pos, "\"%s\" is not supported yet", t->text);
}

/** `reject CAUSE ["text"]` */
static void read_reject(struct gw_compile *c, struct gw_target *out, struct words w)
{
    uint64_t cause;

    out->kind = GW_TO_REJECT;
    if (w.n < 2 || rt_str_u64(&cause, rt_str(w.t[1].text), 127) != 0 || cause == 0) {
        conf_error(c->diag, w.t[w.n < 2 ? 0 : 1].pos,
                   "\"reject\" lacks a cause from 1 to 127, like: reject 21");
        return;
    }
    out->cause = (unsigned)cause;
    if (w.n > 2 && w.t[2].kind == CONF_TOKEN_STRING)
        out->text = w.t[2].text;
    else if (w.n > 2)
        conf_error(c->diag, w.t[2].pos, "a text after the cause stands in quotes");
    if (w.n > 3)
        conf_error(c->diag, w.t[3].pos, "unexpected \"%s\"", w.t[3].text);
}

/** `busy`: what `reject 17` does. */
static void read_busy(struct gw_compile *c, struct gw_target *out, struct words w)
{
    out->kind = GW_TO_REJECT;
    out->cause = 17; /* user busy */
    if (w.n > 1)
        conf_error(c->diag, w.t[1].pos, "unexpected \"%s\"", w.t[1].text);
}

/** `play FILE` */
static void read_play(struct gw_compile *c, struct gw_target *out, struct words w)
{
    out->kind = GW_TO_TRUNK;
    if (w.n < 2)
        conf_error(c->diag, w.t[0].pos, "\"play\" lacks a sound file, like: play /srv/closed.wav");
    else if (w.n > 2)
        conf_error(c->diag, w.t[2].pos, "unexpected \"%s\"", w.t[2].text);
    else
        out->trunk = gw_plan_local(c, GW_LOCAL_PLAY, &w.t[1]);
}

static void read_local(struct gw_compile *c, struct gw_target *out, struct words w,
                       enum gw_local what)
{
    out->kind = GW_TO_TRUNK;
    if (w.n > 1)
        conf_error(c->diag, w.t[1].pos, "unexpected \"%s\"", w.t[1].text);
    else
        out->trunk = gw_plan_local(c, what, NULL);
}

static void read_echo(struct gw_compile *c, struct gw_target *out, struct words w)
{
    read_local(c, out, w, GW_LOCAL_ECHO);
}

static void read_milliwatt(struct gw_compile *c, struct gw_target *out, struct words w)
{
    read_local(c, out, w, GW_LOCAL_MILLIWATT);
}

static const struct {
    const char *word;
    void (*read)(struct gw_compile *c, struct gw_target *out, struct words w);
} targets[] = {
    {"reject", read_reject}, {"busy", read_busy},           {"play", read_play},
    {"echo", read_echo},     {"milliwatt", read_milliwatt},
};

static void unknown_target(struct gw_compile *c, const struct conf_token *t)
{
    struct conf_suggest near = conf_suggest(t->text);

    for (unsigned i = 0; i < c->plan->ntrunks; i++)
        conf_suggest_offer(&near, c->plan->trunks[i].name);
    for (size_t i = 0; i < RT_COUNT(targets); i++)
        conf_suggest_offer(&near, targets[i].word);
    conf_suggest_error(c->diag, t->pos, "unknown trunk", &near);
}

/** `TRUNK`; what may follow it one day is refused by name. */
static void read_trunk(struct gw_compile *c, struct gw_target *out, struct words w)
{
    static const char *const later[] = {"called", "caller", "callback", NULL};

    out->kind = GW_TO_TRUNK;
    out->trunk = gw_plan_trunk(c->plan, rt_str(w.t[0].text));
    if (!out->trunk)
        unknown_target(c, &w.t[0]);
    if (w.n < 2)
        return;
    size_t len = strlen(w.t[1].text);
    if (gw_plan_among(later, w.t[1].text) || (len > 1 && w.t[1].text[len - 1] == '%'))
        not_yet(c, &w.t[1]);
    else
        conf_error(c->diag, w.t[1].pos, "unexpected \"%s\": targets are parted by commas",
                   w.t[1].text);
}

static void add_target(struct gw_compile *c, struct gw_route *r, struct words w)
{
    const struct gw_target *last = r->ntargets > 0 ? &r->target[r->ntargets - 1] : NULL;

    if (last && last->kind == GW_TO_REJECT) {
        conf_error(c->diag, w.t[0].pos, "\"%s\" is never reached: a refusal ends the list",
                   w.t[0].text);
        return;
    }
    if (r->ntargets == RT_COUNT(r->target)) {
        conf_error(c->diag, w.t[0].pos, "a route has at most %zu targets", RT_COUNT(r->target));
        return;
    }
    struct gw_target *out = &r->target[r->ntargets++];
    for (size_t i = 0; i < RT_COUNT(targets); i++)
        if (strcmp(w.t[0].text, targets[i].word) == 0) {
            targets[i].read(c, out, w);
            return;
        }
    if (gw_plan_among(gw_plan_target_words, w.t[0].text))
        not_yet(c, &w.t[0]);
    else
        read_trunk(c, out, w);
}

static void read_targets(struct gw_compile *c, struct gw_route *r, const struct conf_node *n)
{
    for (size_t i = 2, start = 2; i <= n->ntokens; i++) {
        if (i < n->ntokens && n->token[i].kind != CONF_TOKEN_COMMA)
            continue;
        if (i == start) {
            conf_error(c->diag, n->token[i < n->ntokens ? i : i - 1].pos,
                       "a target is missing here");
            return;
        }
        add_target(c, r, (struct words){&n->token[start], i - start});
        start = i + 1;
    }
}

/* ---- rows ---- */

static bool has_arrow(struct gw_compile *c, const struct conf_node *n)
{
    const char *number = n->token[0].text;

    if (n->ntokens > 1 && n->token[1].kind == CONF_TOKEN_ARROW &&
        strcmp(n->token[1].text, "->") == 0)
        return true;
    if (n->ntokens > 1)
        conf_error(c->diag, n->token[1].pos, "\"->\" must follow the number \"%s\"", number);
    else
        conf_error(c->diag, n->pos, "\"%s\" leads nowhere: \"-> TRUNK\" is missing", number);
    return false;
}

static void add_row(struct gw_compile *c, struct gw_routes *routes, const struct conf_node *n)
{
    struct gw_route *r = conf_alloc(c->arena, sizeof *r);
    struct dp_pattern *pattern;
    const char *why;
    void *other;

    if (!r)
        return;
    r->pattern = n->token[0].text;
    r->pos = n->pos;
    if (has_arrow(c, n))
        read_targets(c, r, n);
    if (dp_pattern_new(&pattern, rt_str(r->pattern), &why) != 0) {
        conf_error(c->diag, n->pos, "\"%s\" %s", r->pattern, why);
        return;
    }
    int err = dp_table_add(routes->table, pattern, r, &other);
    if (err == EEXIST) {
        const struct gw_route *first = other;
        conf_error(c->diag, n->pos, "\"%s\" is the same as \"%s\" at %s:%u:%u: put both in one row",
                   r->pattern, first->pattern, first->pos.file, first->pos.line, first->pos.column);
    } else if (err != 0) {
        c->arena->failed = true;
    }
}

static void add_from(struct gw_compile *c, struct gw_routes *routes, const struct conf_token *t)
{
    const struct gw_trunk *trunk = gw_plan_find_trunk(c, t);
    const struct gw_routes *other = trunk ? gw_plan_routes(c->plan, trunk) : NULL;

    if (!trunk)
        return;
    if (other) {
        conf_error(c->diag, t->pos, "trunk \"%s\" has its routes at %s:%u:%u already", trunk->name,
                   other->pos.file, other->pos.line, other->pos.column);
    } else if (routes->nfrom == RT_COUNT(routes->from)) {
        conf_error(c->diag, t->pos, "routes serve at most %zu trunks", RT_COUNT(routes->from));
    } else {
        routes->from[routes->nfrom++] = trunk;
    }
}

static void compile_routes(struct gw_compile *c, struct gw_routes *routes,
                           const struct conf_node *block)
{
    unsigned rows = 0;

    routes->pos = block->pos;
    if (dp_table_new(&routes->table) != 0) {
        c->arena->failed = true;
        return;
    }
    for (size_t i = 2; i < block->ntokens; i++)
        if (block->token[i].kind != CONF_TOKEN_COMMA)
            add_from(c, routes, &block->token[i]);
    for (const struct conf_node *n = block->child; n; n = n->next) {
        if (++rows > ROWS_MAX) {
            conf_error(c->diag, n->pos, "there are more than %d rows here", ROWS_MAX);
            break;
        }
        add_row(c, routes, n);
    }
    dp_table_seal(routes->table);
}

void gw_plan_compile_routes(struct gw_compile *c)
{
    struct gw_plan *p = c->plan;

    p->routes = gw_plan_array(c, "routes", sizeof *p->routes, ROUTES_MAX, &p->nroutes);
    const struct conf_node *n = conf_child(c->root, "routes");
    for (unsigned i = 0; i < p->nroutes; i++, n = conf_again(n, "routes"))
        compile_routes(c, &p->routes[i], n);
}
