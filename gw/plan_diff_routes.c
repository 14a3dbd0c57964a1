/* What changed in routes: tables by the trunks that they serve, rows by the numbers that they
 * match, and a row's meaning as one text. */
#include "dialplan/compare.h"
#include "dialplan/rewrite.h"
#include "gw/plan_diff_priv.h"

#include <stdlib.h>
#include <uthash.h>

/* ---- what a row does ---- */

static void add_condition(struct rt_buf *out, const struct gw_condition *c, bool canonical)
{
    if (!canonical) {
        rt_buf_puts(out, c->text);
        return;
    }
    rt_buf_puts(out, c->negated ? "not " : "");
    if (c->kind == GW_IF_TIME) {
        rt_buf_printf(out, "time %s", c->time->name);
    } else if (c->kind == GW_IF_CALLER && c->pattern) {
        rt_buf_puts(out, "caller ");
        dp_pattern_key(out, c->pattern);
    } else {
        rt_buf_puts(out, c->text + (c->negated && strncmp(c->text, "not ", 4) == 0 ? 4 : 0));
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct rt_buf *)a)->p, ((const struct rt_buf *)b)->p);
}

/** All of them have to hold: their order means nothing. */
static void add_conditions(struct rt_buf *out, const struct gw_choice *c, bool canonical)
{
    struct rt_buf text[GW_CONDITIONS] = {{0}};

    for (unsigned i = 0; i < c->nconditions; i++) {
        rt_buf_puts(&text[i], "");
        add_condition(&text[i], c->condition[i], canonical);
        out->failed |= text[i].failed || !text[i].p;
    }
    if (canonical && !out->failed)
        qsort(text, c->nconditions, sizeof *text, by_text);
    for (unsigned i = 0; i < c->nconditions; i++) {
        if (!out->failed)
            rt_buf_printf(out, "%s%s", i > 0 ? ", " : "when ", text[i].p);
        rt_buf_release(&text[i]);
    }
}

static void add_target(struct rt_buf *out, const struct gw_target *t, bool canonical)
{
    if (t->kind == GW_TO_REJECT && canonical) {
        rt_buf_printf(out, "reject %u%s%s", t->cause, t->text ? " " : "", t->text ? t->text : "");
        return;
    }
    rt_buf_puts(out, t->name);
    if (t->called)
        rt_buf_printf(out, " called %s", t->called);
    if (t->weight > 0)
        rt_buf_printf(out, " %u%%", t->weight);
}

static void add_choice(struct rt_buf *out, const struct gw_choice *c, bool alone, bool canonical)
{
    if (c->nconditions > 0)
        add_conditions(out, c, canonical);
    else if (!alone)
        rt_buf_puts(out, "otherwise");
    rt_buf_puts(out, out->n > 0 && out->p[out->n - 1] != ' ' ? " -> " : "-> ");
    for (unsigned i = 0; i < c->ntargets; i++) {
        rt_buf_puts(out, i > 0 ? ", " : "");
        add_target(out, &c->target[i], canonical);
    }
}

/** One action; each ends with "; ". */
static void action(struct rt_buf *out, const char *name, const char *value)
{
    if (value)
        rt_buf_printf(out, "%s %s; ", name, value);
}

static void add_actions(struct rt_buf *out, const struct gw_actions *a)
{
    static const char *const screens[] = {"none", "passed", "failed", "network"};

    if (a->strip > 0)
        rt_buf_printf(out, "strip %u; ", a->strip);
    action(out, "prepend", a->prepend);
    action(out, "rewrite", a->rewrite ? dp_rewrite_text(a->rewrite) : NULL);
    action(out, "called", a->called);
    action(out, "caller", a->caller);
    action(out, "name", a->name);
    if (a->has_present)
        action(out, "present", a->present == DP_RESTRICTED ? "restricted" : "allowed");
    if (a->has_screen)
        action(out, "screening", screens[a->screen]);
    if (a->has_ton)
        action(out, "ton", dp_ton_name(a->ton));
    if (a->drop_subaddress)
        action(out, "subaddress", "drop");
}

/** `-> pri, voipco`, `{ strip 5; -> lcr wholesale }`, `{ when open -> pbx; otherwise -> night }` */
static void meaning(struct rt_buf *out, const struct gw_route *r, bool canonical)
{
    struct rt_buf inside = {0};
    bool alone = !r->choice || !r->choice->next;

    add_actions(&inside, &r->actions);
    bool plain = alone && inside.n == 0 && r->choice && r->choice->nconditions == 0;
    for (const struct gw_choice *c = r->choice; c; c = c->next) {
        add_choice(&inside, c, alone, canonical);
        rt_buf_puts(&inside, c->next ? "; " : "");
    }
    struct rt_str text = rt_str_trim(rt_buf_str(&inside));
    if (text.n > 0 && text.p[text.n - 1] == ';')
        text.n--;
    rt_buf_printf(out, plain ? "%.*s" : "{ %.*s }", RT_STR(text));
    out->failed |= inside.failed;
    rt_buf_release(&inside);
}

/* ---- rows ---- */

/** A row of the former plan, by its numbers. */
struct entry {
    UT_hash_handle hh;
    const struct gw_route *route;
    bool seen;
    char key[];
};

static struct entry *index_rows(struct rt_buf *out, const struct gw_routes *t)
{
    struct entry *all = NULL;
    struct rt_buf key = {0};

    for (const struct gw_route *r = t->first; r; r = r->next) {
        rt_buf_reset(&key);
        dp_pattern_key(&key, r->match);
        struct entry *e = calloc(1, sizeof *e + key.n + 1);
        if (!e || key.failed) {
            out->failed = true;
            free(e);
            break;
        }
        e->route = r;
        memcpy(e->key, rt_buf_str(&key).p, key.n);
        HASH_ADD_STR(all, key, e);
    }
    rt_buf_release(&key);
    return all;
}

static void line(struct rt_buf *out, char sign, const char *name, const struct gw_route *r)
{
    rt_buf_printf(out, "%c %s: %s ", sign, name, r->pattern);
    meaning(out, r, false);
    gw_diff_end(out, r->pos);
}

static void compare_row(struct rt_buf *out, const char *name, const struct gw_route *a,
                        const struct gw_route *b)
{
    struct rt_buf x = {0}, y = {0};

    meaning(&x, a, true);
    meaning(&y, b, true);
    if (x.n != y.n || memcmp(x.p, y.p, x.n) != 0) {
        rt_buf_printf(out, "~ %s: %s ", name, b->pattern);
        meaning(out, b, false);
        rt_buf_puts(out, ", was ");
        meaning(out, a, false);
        gw_diff_end(out, b->pos);
    }
    rt_buf_release(&x);
    rt_buf_release(&y);
}

/** Rows in the order of the file; they are linked the other way round. */
static const struct gw_route **in_order(const struct gw_routes *t, size_t *n)
{
    *n = 0;
    for (const struct gw_route *r = t->first; r; r = r->next)
        ++*n;
    const struct gw_route **list = calloc(*n + 1, sizeof *list);
    size_t i = *n;
    for (const struct gw_route *r = t->first; r && list; r = r->next)
        list[--i] = r;
    return list;
}

static void compare_rows(struct rt_buf *out, const struct gw_routes *a, const struct gw_routes *b)
{
    struct entry *before = index_rows(out, a), *e, *next;
    struct rt_buf key = {0};
    size_t n = 0, na = 0;
    const struct gw_route **rows = in_order(b, &n), **old = in_order(a, &na);

    out->failed |= !rows || !old;
    for (size_t i = 0; !out->failed && i < n; i++) {
        rt_buf_reset(&key);
        dp_pattern_key(&key, rows[i]->match);
        HASH_FIND_STR(before, rt_buf_str(&key).p, e);
        if (e)
            compare_row(out, b->name, e->route, rows[i]);
        else
            line(out, '+', b->name, rows[i]);
        if (e)
            e->seen = true;
    }
    for (size_t i = 0; !out->failed && i < na; i++) {
        rt_buf_reset(&key);
        dp_pattern_key(&key, old[i]->match);
        HASH_FIND_STR(before, rt_buf_str(&key).p, e);
        if (!e->seen)
            line(out, '-', b->name, old[i]);
    }
    for (e = before; e; e = next) {
        next = e->hh.next;
        HASH_DEL(before, e);
        free(e);
    }
    rt_buf_release(&key);
    free(rows);
    free(old);
}

/* ---- tables ---- */

static bool serves(const struct gw_routes *t, const char *trunk)
{
    for (unsigned i = 0; i < t->nfrom; i++)
        if (strcmp(t->from[i]->name, trunk) == 0)
            return true;
    return false;
}

/** How many trunks both serve. */
static unsigned shared(const struct gw_routes *a, const struct gw_routes *b)
{
    unsigned n = 0;

    for (unsigned i = 0; i < a->nfrom; i++)
        n += serves(b, a->from[i]->name);
    return n;
}

/** The table of `d` that serves most of the trunks of `t`; NULL: none does. */
static const struct gw_routes *nearest(const struct gw_dial_plan *d, const struct gw_routes *t)
{
    const struct gw_routes *best = NULL;
    unsigned most = 0;

    for (unsigned i = 0; i < d->nroutes; i++) {
        unsigned n = shared(&d->routes[i], t);
        bool whole = n == t->nfrom && n == d->routes[i].nfrom;
        if (n > most || whole) {
            most = whole ? GW_ROUTES_FROM + 1 : n;
            best = &d->routes[i];
        }
    }
    return best;
}

static void compare_trunks(struct rt_buf *out, char sign, const struct gw_routes *a,
                           const struct gw_routes *b, const struct gw_routes *named)
{
    for (unsigned i = 0; i < b->nfrom; i++)
        if (!serves(a, b->from[i]->name)) {
            rt_buf_printf(out, "%c %s: from %s", sign, named->name, b->from[i]->name);
            gw_diff_end(out, b->pos);
        }
}

static void compare_table(struct rt_buf *out, const struct gw_routes *a, const struct gw_routes *b)
{
    compare_trunks(out, '+', a, b, b);
    compare_trunks(out, '-', b, a, b);
    if (a->keep_tgrp != b->keep_tgrp) {
        rt_buf_printf(out, "%c %s: tgrp keep", b->keep_tgrp ? '+' : '-', b->name);
        gw_diff_end(out, b->keep_tgrp ? b->pos : a->pos);
    }
    compare_rows(out, a, b);
}

static void whole(struct rt_buf *out, char sign, const struct gw_routes *t)
{
    size_t n = 0;
    const struct gw_route **rows = in_order(t, &n);

    for (size_t i = 0; rows && i < n; i++)
        line(out, sign, t->name, rows[i]);
    out->failed |= !rows;
    free(rows);
}

void gw_diff_routes(struct rt_buf *out, const struct gw_plan *before, const struct gw_plan *after)
{
    const struct gw_dial_plan *a = &before->dial, *b = &after->dial;

    for (unsigned i = 0; i < b->nroutes; i++) {
        const struct gw_routes *old = nearest(a, &b->routes[i]);
        if (old && nearest(b, old) == &b->routes[i])
            compare_table(out, old, &b->routes[i]);
        else
            whole(out, '+', &b->routes[i]);
    }
    for (unsigned i = 0; i < a->nroutes; i++) {
        const struct gw_routes *now = nearest(b, &a->routes[i]);
        if (!now || nearest(a, now) != &a->routes[i])
            whole(out, '-', &a->routes[i]);
    }
}
