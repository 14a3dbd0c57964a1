/* The row that counts: the most specific number whose conditions hold; and what the row does to the
 * numbers. */
#include "dialplan/expr.h"
#include "dialplan/rewrite.h"
#include "dialplan/schedule.h"
#include "gw/leg.h"
#include "gw/route_priv.h"

#include <stdio.h>

/** Rows that an explanation names beside the one that counts. */
#define OTHERS_MAX 12

/* ---- conditions ---- */

static bool of_way(const struct gw_way *way, const struct gw_trunk *t)
{
    return way->trunk ? way->trunk == t : way->group == t->group;
}

/** Of what has no limit nothing is a share. */
static bool load_is(const struct gw_pass *p, const struct gw_condition *c)
{
    unsigned most, calls = c->way.trunk ? gw_pass_load(p, c->way.trunk, &most)
                                        : gw_pass_group_load(p, c->way.group, &most);
    uint64_t is = most > 0 ? 100ull * calls : 0, than = (uint64_t)c->value * most;

    return c->below ? is < than || most == 0 : is > than;
}

static bool caller_is(struct gw_pass *p, const struct gw_condition *c)
{
    const struct dp_number *n = &p->out->calling;

    if (c->caller == GW_CALLER_UNKNOWN)
        return n->digits[0] == '\0';
    if (c->caller == GW_CALLER_PRIVATE)
        return n->present == DP_RESTRICTED;
    return c->pattern && dp_pattern_match(c->pattern, n, p->q->from->site);
}

static bool carried(const char *wanted, const char *is)
{
    struct dp_number a, b;

    if (dp_number_parse(&a, rt_str(wanted)) == 0 && dp_number_parse(&b, rt_str(is)) == 0)
        return dp_number_equal(&a, &b);
    return strcmp(wanted, is) == 0;
}

static bool group_is(const struct gw_condition *c, const struct gw_carrier *k)
{
    return k && strcmp(c->word, k->tgrp) == 0 &&
           (!c->word2 || rt_str_caseeq(rt_str(c->word2), k->tgrp_context));
}

/** Index of gw_reason_words. */
static unsigned reason_of(enum gw_redirect r)
{
    static const unsigned words[] = {
        [GW_REDIRECT_UNKNOWN] = 0,     [GW_REDIRECT_BUSY] = 1,
        [GW_REDIRECT_NO_REPLY] = 2,    [GW_REDIRECT_UNCONDITIONAL] = 3,
        [GW_REDIRECT_DEFLECTION] = 3,  [GW_REDIRECT_DEFLECTION_ALERTING] = 2,
        [GW_REDIRECT_UNAVAILABLE] = 4,
    };
    return words[r];
}

static bool header_is(struct gw_pass *p, const struct gw_condition *c)
{
    const char *value = p->q->header ? p->q->header(p->q->arg, c->word) : NULL;
    return value && c->expr && dp_expr_exec(c->expr, rt_str(value), NULL) == 0;
}

static bool plain(struct gw_pass *p, const struct gw_condition *c, const char **why)
{
    const struct gw_route_query *q = p->q;
    const struct gw_carrier *k = q->carrier;

    switch (c->kind) {
    case GW_IF_CALLER:
        return caller_is(p, c);
    case GW_IF_FROM:
        return of_way(&c->way, q->from);
    case GW_IF_TIME:
        return c->time->schedule && dp_schedule_open(c->time->schedule, p->when, why);
    case GW_IF_BEARER:
        return q->bearer == c->value;
    case GW_IF_CODEC:
        return q->codec && q->codec(q->arg, c->word);
    case GW_IF_TON:
        return q->called.ton == (enum dp_ton)c->value;
    case GW_IF_CATEGORY:
        return q->category == c->value;
    case GW_IF_CIC:
        return carried(c->word, p->out->carrier.cic);
    case GW_IF_TGRP:
        return group_is(c, k);
    case GW_IF_CONTEXT:
        return q->context && rt_str_caseeq(rt_str(c->word), q->context);
    case GW_IF_REDIRECTED:
        return q->redirections > 0;
    case GW_IF_REASON:
        return q->redirections > 0 && reason_of(q->reason) == c->value;
    case GW_IF_ATTEST:
        return q->attest == (char)('A' + c->value);
    case GW_IF_HEADER:
        return header_is(p, c);
    case GW_IF_LOAD:
        return load_is(p, c);
    }
    return false;
}

bool gw_pass_holds(struct gw_pass *p, const struct gw_condition *c, const char **why)
{
    *why = NULL;
    return plain(p, c, why) != c->negated;
}

/** The first choice of a row all of whose conditions hold. */
static const struct gw_choice *choose(struct gw_pass *p, const struct gw_route *r)
{
    for (const struct gw_choice *c = r->choice; c; c = c->next) {
        const struct gw_condition *failed = NULL;
        const char *why = NULL;
        for (unsigned i = 0; !failed && i < c->nconditions; i++)
            if (!gw_pass_holds(p, c->condition[i], &why))
                failed = c->condition[i];
        if (!failed)
            return c;
        gw_explain_line(p->explain, &c->pos, "%s: not %s%s%s%s", c->text, failed->text,
                        why ? " (" : "", why ? why : "", why ? ")" : "");
    }
    return NULL;
}

/* ---- actions ---- */

static void replace(struct dp_number *n, const char *text)
{
    struct dp_number given;

    if (dp_number_parse(&given, rt_str(text)) != 0)
        return;
    given.present = n->present;
    given.screen = n->screen;
    *n = given;
}

static void prepend(struct dp_number *n, const char *text)
{
    char digits[2 * DP_DIGITS_MAX + 2];

    snprintf(digits, sizeof digits, "%s%s%s",
             text[0] == '+' ? ""
             : n->e164      ? "+"
                            : "",
             text, n->digits);
    replace(n, digits);
}

/** Takes digits from the front; what is left is as a person dialled it. */
static void strip(struct dp_number *n, unsigned count)
{
    size_t len = strlen(n->digits);

    if (count > len)
        count = (unsigned)len;
    memmove(n->digits, n->digits + count, len - count + 1);
    n->e164 = false;
    n->ton = DP_TON_UNKNOWN;
    n->npi = DP_NPI_UNKNOWN;
}

bool gw_pass_act(struct gw_pass *p, const struct gw_actions *a)
{
    struct gw_decision *d = p->out;
    struct dp_number before = d->called;

    if (a->strip > 0)
        strip(&d->called, a->strip);
    if (a->prepend)
        prepend(&d->called, a->prepend);
    if (a->rewrite)
        dp_rewrite_apply(a->rewrite, &d->called);
    if (a->called)
        replace(&d->called, a->called);
    bool changed = !dp_number_equal(&before, &d->called);
    if (changed)
        gw_pass_renormalise(p, !a->called);
    if (a->caller) {
        replace(&d->calling, a->caller);
        dp_normalise_calling(&d->calling, p->q->from->site);
    }
    if (a->has_present)
        d->calling.present = a->present;
    if (a->has_screen)
        d->calling.screen = a->screen;
    if (a->has_ton)
        p->ton = a;
    if (a->name)
        d->name = a->name;
    d->drop_subaddress |= a->drop_subaddress;
    if (changed) {
        char text[DP_TEXT_LEN], was[DP_TEXT_LEN];
        d->key = d->called;
        p->replaced |= before.e164 || a->called;
        gw_explain_line(p->explain, NULL, "called %s -> %s", dp_text(was, &before),
                        dp_text(text, &d->called));
    }
    return changed;
}

/* ---- the look-up ---- */

/** Rows that do not have the number, and those that have it and are less specific. */
static void explain_others(struct gw_pass *p, const struct gw_routes *routes)
{
    struct rt_buf misses = {0}, less = {0};
    unsigned n = 0, left = 0;

    for (const struct gw_route *r = routes->first; r; r = r->next) {
        bool has = dp_pattern_match(r->match, &p->out->key, p->q->from->site);
        if (r == p->out->route)
            continue;
        struct rt_buf *list = has ? &less : &misses;
        if (!has && n++ >= OTHERS_MAX) {
            left++;
            continue;
        }
        struct rt_buf all = {0};
        rt_buf_printf(&all, "%s%s%s", r->pattern, list->n > 0 ? ", " : "",
                      list->n > 0 ? list->p : "");
        rt_buf_release(list);
        *list = all; /* the list is last first */
    }
    if (less.n > 0)
        gw_explain_line(p->explain, NULL, "less specific: %s", less.p);
    if (misses.n > 0 && left > 0)
        gw_explain_line(p->explain, NULL, "not matched: %s and %u more", misses.p, left);
    else if (misses.n > 0)
        gw_explain_line(p->explain, NULL, "not matched: %s", misses.p);
    rt_buf_release(&misses);
    rt_buf_release(&less);
}

static const char *routes_name(const struct gw_pass *p, char *out, size_t cap)
{
    snprintf(out, cap, "routes from %s", p->q->from->name);
    return out;
}

/** The row and the choice in it that count, NULL: none. */
static const struct gw_choice *look_up(struct gw_pass *p, const struct gw_routes *routes,
                                       bool *found)
{
    struct gw_decision *d = p->out;
    const struct dp_site *site = p->q->from->site;
    char name[GW_NAME_LEN + 16];
    struct dp_match m;

    dp_table_find(&m, routes->table, &d->key, site);
    while (m.value) {
        d->route = m.value;
        d->complete = m.complete;
        if (p->explain)
            gw_explain_step(p->explain, "route", &d->route->pos, "%s: %s",
                            routes_name(p, name, sizeof name), d->route->pattern);
        *found = true;
        if (!d->route->choice)
            return NULL;
        const struct gw_choice *choice = choose(p, d->route);
        if (choice)
            return choice;
        gw_explain_line(p->explain, &d->route->pos, "no condition holds: the next less specific");
        *found = false;
        const struct dp_match after = m;
        dp_table_find_next(&m, routes->table, &d->key, site, &after);
    }
    d->route = NULL;
    d->complete = m.complete;
    if (p->explain)
        gw_explain_step(p->explain, "route", &routes->pos, "%s: nothing matches",
                        routes_name(p, name, sizeof name));
    return NULL;
}

/** A call's look-up; a number that is not complete yet has missed nothing. */
static void count(const struct gw_pass *p, unsigned round, bool found)
{
    if (!p->q->call)
        return;
    if (round == 0)
        rt_count(&gw_route_counters[GW_ROUTE_LOOKUPS]);
    if (!found && p->out->complete != DP_INCOMPLETE)
        rt_count(&gw_route_counters[GW_ROUTE_MISSES]);
}

/** A number that a row has changed goes through what screened the one dialled. A prefix that is
 * dialled hides nothing from the class; a number that the plan itself calls is none of its concern.
 */
static bool screened(struct gw_pass *p, const struct gw_actions *a)
{
    return gw_pass_became_emergency(p) || (!a->called && gw_pass_denied(p)) || gw_pass_key(p);
}

void gw_pass_table(struct gw_pass *p)
{
    const struct gw_routes *routes = p->q->from->routes;
    struct gw_decision *d = p->out;

    if (!routes) {
        gw_explain_step(p->explain, "route", NULL, "no routes from %s", p->q->from->name);
        return;
    }
    d->keep_tgrp = routes->keep_tgrp;
    for (unsigned round = 0; round < GW_ROUTE_ROUNDS; round++) {
        bool found = false;
        const struct gw_choice *choice = look_up(p, routes, &found);
        if (p->explain)
            explain_others(p, routes);
        /* invalid number format (address incomplete), no route to destination */
        d->cause = d->complete == DP_INCOMPLETE ? 28 : 3;
        count(p, round, found);
        if (!found)
            return;
        d->by[d->nby++] = d->route;
        bool changed = gw_pass_act(p, &d->route->actions);
        if (changed && screened(p, &d->route->actions))
            return;
        if (choice) {
            d->choice = choice;
            gw_pass_targets(p, choice);
            return;
        }
        if (!changed) {
            gw_explain_line(p->explain, NULL, "unchanged, and without a target");
            break;
        }
        if (round + 1 == GW_ROUTE_ROUNDS)
            gw_explain_line(p->explain, NULL, "routed again %u times and still without a target",
                            round);
    }
    gw_pass_refuse(p, 25, NULL); /* exchange routing error */
}
