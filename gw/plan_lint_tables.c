/* Tables of routes as wholes: calls that go in circles, and calls that fall through. */
#include "dialplan/compare.h"
#include "gw/plan_lint_priv.h"

#include <stdlib.h>
#include <uthash.h>

/* ---- loops ---- */

/** A row by its table and its numbers. */
struct entry {
    UT_hash_handle hh;
    const struct gw_route *route;
    char key[];
};

/** A search for rows that send back what another row of the same numbers sends. */
struct search {
    struct gw_lint *l;
    struct entry *all;
    const struct gw_route *row;
    const struct gw_trunk *from, *back; /* `back`: what the other row has to lead to */
    bool found;
};

static void row_key(struct rt_buf *out, const struct gw_routes *t, const struct gw_route *r)
{
    rt_buf_reset(out);
    rt_buf_printf(out, "%p ", (const void *)t);
    dp_pattern_key(out, r->match);
}

static void index_row(struct search *s, const struct gw_route *r)
{
    struct rt_buf key = {0};

    row_key(&key, r->table, r);
    struct entry *e = calloc(1, sizeof *e + key.n + 1);
    if (e && !key.failed) {
        e->route = r;
        memcpy(e->key, key.p, key.n);
        HASH_ADD_STR(s->all, key, e);
    } else {
        free(e);
    }
    rt_buf_release(&key);
}

static void leads_back(void *arg, const struct gw_trunk *to)
{
    struct search *s = arg;
    s->found |= to == s->back;
}

/** Calls go from `from` to `to`: do they come back, whatever they are? */
static void look_back(void *arg, const struct gw_trunk *to)
{
    struct search *s = arg;
    struct rt_buf key = {0};
    struct entry *e = NULL;

    if (s->found || to->index <= s->from->index || !to->routes)
        return;
    row_key(&key, to->routes, s->row);
    HASH_FIND_STR(s->all, rt_buf_str(&key).p, e);
    rt_buf_release(&key);
    if (!e || !e->route->choice || e->route->choice->nconditions > 0)
        return;
    s->back = s->from;
    for (unsigned i = 0; i < e->route->choice->ntargets; i++)
        gw_lint_trunks(&e->route->choice->target[i], leads_back, s);
    if (s->found)
        gw_lint_warn(s->l, s->row->pos,
                     "\"%s\" goes from %s to %s, and from there back (%s:%u): a number that "
                     "neither has may go in circles",
                     s->row->pattern, s->from->name, to->name, e->route->pos.file,
                     e->route->pos.line);
}

static void check_row_loop(struct search *s, const struct gw_route *r)
{
    const struct gw_choice *c = r->choice;
    bool found = false;

    for (unsigned i = 0; c && c->nconditions == 0 && i < r->table->nfrom && !found; i++)
        for (unsigned k = 0; k < c->ntargets && !found; k++) {
            s->row = r;
            s->from = r->table->from[i];
            s->found = false;
            gw_lint_trunks(&c->target[k], look_back, s);
            found = s->found;
        }
}

/** A set, a prefix or `*`: numbers that nobody need have. */
static bool many(const struct gw_route *r)
{
    struct dp_pattern_facts f;

    dp_pattern_facts(&f, r->match);
    return f.prefix || f.digits == 0;
}

static void loops(struct gw_lint *l)
{
    struct search s = {.l = l};
    const struct gw_dial_plan *d = &l->plan->dial;
    struct entry *e, *next;

    for (unsigned i = 0; i < d->nroutes; i++)
        for (const struct gw_route *r = d->routes[i].first; r; r = r->next)
            index_row(&s, r);
    for (unsigned i = 0; i < d->nroutes; i++)
        for (const struct gw_route *r = d->routes[i].first; r; r = r->next)
            if (many(r))
                check_row_loop(&s, r);
    for (e = s.all; e; e = next) {
        next = e->hh.next;
        HASH_DEL(s.all, e);
        free(e);
    }
}

/* ---- gaps ---- */

/** Another row takes what falls through. */
static bool has_net(const struct gw_route *r)
{
    for (const struct gw_route *o = r->table->first; o; o = o->next) {
        if (o != r && gw_lint_always(o) && dp_pattern_within(r->match, o->match))
            return true;
    }
    return false;
}

static void gaps(struct gw_lint *l, const struct gw_routes *t)
{
    unsigned rows = 0, looked = 0;

    for (const struct gw_route *r = t->first; r; r = r->next)
        rows++;
    for (const struct gw_route *r = t->first; r && looked < 1000; r = r->next) {
        if (gw_lint_always(r))
            continue;
        looked += rows > 1000;
        if (!has_net(r))
            gw_lint_warn(l, r->pos,
                         "\"%s\" has no \"otherwise\", and no less specific number takes what is "
                         "left: it is refused",
                         r->pattern);
    }
}

void gw_lint_tables(struct gw_lint *l)
{
    loops(l);
    for (unsigned i = 0; i < l->plan->dial.nroutes; i++)
        gaps(l, &l->plan->dial.routes[i]);
}
