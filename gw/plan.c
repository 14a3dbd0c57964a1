/* The plan's life: read, compiled, referred to, freed; and the look-ups in it. */
#include "dialplan/expr.h"
#include "dialplan/rewrite.h"
#include "dialplan/rules.h"
#include "dialplan/zone.h"
#include "gw/plan_priv.h"
#include "gw/quota.h"
#include "gw/users.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/** The plan and what it is built of. */
struct whole {
    struct gw_plan plan;
    struct conf_arena arena;
};

/* ---- helpers of the compilers ---- */

void *gw_plan_array(struct gw_compile *c, const char *keyword, size_t size, unsigned max,
                    unsigned *n)
{
    *n = 0;
    for (const struct conf_node *s = conf_child(c->root, keyword); s; s = conf_again(s, keyword)) {
        if (*n == max) {
            conf_error(c->diag, s->pos, "there are more than %u of \"%s\"", max, keyword);
            *n = 0;
            return NULL;
        }
        ++*n;
    }
    void *array = *n > 0 ? conf_alloc(c->arena, *n * size) : NULL;
    if (!array)
        *n = 0;
    return array;
}

bool gw_plan_name(struct gw_compile *c, char out[GW_NAME_LEN], const struct conf_node *n)
{
    const struct conf_token *t = conf_arg(n, 0);

    if (rt_str_copy(out, GW_NAME_LEN, rt_str(t->text)))
        return true;
    conf_error(c->diag, t->pos, "\"%s\" is longer than %d characters", t->text, GW_NAME_LEN - 1);
    return false;
}

void gw_plan_twice(struct gw_compile *c, const struct conf_node *n, struct conf_pos first)
{
    conf_error(c->diag, n->pos, "%s \"%s\" stands twice, first at %s:%u:%u", n->token[0].text,
               conf_arg(n, 0)->text, first.file, first.line, first.column);
}

const struct gw_trunk *gw_plan_find_trunk(struct gw_compile *c, const struct conf_token *t)
{
    const struct gw_trunk *found = gw_plan_trunk(c->plan, rt_str(t->text));
    struct conf_suggest near = conf_suggest(t->text);

    if (found)
        return found;
    for (unsigned i = 0; i < c->plan->ntrunks; i++)
        conf_suggest_offer(&near, c->plan->trunks[i].name);
    conf_suggest_error(c->diag, t->pos, "unknown trunk", &near);
    return NULL;
}

bool gw_plan_among(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

unsigned gw_plan_choice(const struct conf_node *n, size_t i, const char *const *words,
                        unsigned deflt)
{
    const struct conf_token *t = n ? conf_arg(n, i) : NULL;

    for (unsigned k = 0; t && words[k]; k++)
        if (strcmp(t->text, words[k]) == 0)
            return k;
    return deflt;
}

/* ---- life ---- */

static atomic_uint alive;

static int compile(struct gw_plan **out, struct conf *tree, struct conf_diag *diag, bool untested,
                   const struct gw_plan *previous)
{
    static void (*const steps[])(struct gw_compile *) = {
        gw_plan_compile_store,     gw_plan_compile_sip,         gw_plan_compile_tls,
        gw_plan_compile_media,     gw_plan_compile_certificate, gw_plan_compile_spans,
        gw_plan_compile_sites,     gw_plan_compile_registrar,   gw_plan_compile_sounds,
        gw_plan_compile_records,   gw_plan_compile_overload,    gw_plan_compile_lists,
        gw_plan_compile_rules,     gw_plan_compile_times,       gw_plan_compile_classes,
        gw_plan_compile_mgcp,      gw_plan_compile_trunks,      gw_plan_compile_exports,
        gw_plan_compile_upkeep,    gw_plan_compile_accepts,     gw_plan_compile_groups,
        gw_plan_compile_decks,     gw_plan_compile_customers,   gw_plan_compile_lcrs,
        gw_plan_compile_lnps,      gw_plan_compile_enums,       gw_plan_compile_network,
        gw_plan_compile_emergency, gw_plan_compile_routes,      gw_plan_compile_tests,
        gw_plan_compile_process,   gw_plan_check_ports,         gw_plan_lint,
    };
    static atomic_uint_fast64_t generations;
    struct whole *w = calloc(1, sizeof *w);

    if (!w) {
        conf_free(tree);
        return ENOMEM;
    }
    struct gw_compile c = {.plan = &w->plan,
                           .arena = &w->arena,
                           .root = conf_root(tree),
                           .diag = diag,
                           .previous = previous,
                           .untested = untested};
    unsigned before = diag->errors;
    atomic_fetch_add(&alive, 1);
    w->plan.conf = tree;
    w->plan.refs = 1;
    for (size_t i = 0; i < RT_COUNT(steps); i++)
        steps[i](&c);
    int err = w->arena.failed ? ENOMEM : diag->errors > before ? EINVAL : 0;
    if (err != 0) {
        gw_plan_unref(&w->plan);
        return err;
    }
    w->plan.generation = atomic_fetch_add(&generations, 1) + 1;
    w->plan.loaded = rt_wall();
    w->plan.since = rt_now();
    *out = &w->plan;
    return 0;
}

int gw_plan_load(struct gw_plan **out, const char *path, struct conf_diag *diag)
{
    struct conf *tree;
    int err = conf_load(&tree, &conf_tandem, path, diag);

    return err != 0 ? err : compile(out, tree, diag, false, NULL);
}

int gw_plan_load_untested(struct gw_plan **out, const char *path, struct conf_diag *diag)
{
    struct conf *tree;
    int err = conf_load(&tree, &conf_tandem, path, diag);

    return err != 0 ? err : compile(out, tree, diag, true, NULL);
}

int gw_plan_parse(struct gw_plan **out, const char *name, struct rt_str text,
                  struct conf_diag *diag)
{
    struct conf *tree;
    int err = conf_parse(&tree, &conf_tandem, name, text, diag);

    return err != 0 ? err : compile(out, tree, diag, false, NULL);
}

int gw_plan_load_through(struct gw_plan **out, const char *path, const struct conf_reader *reader,
                         const struct gw_plan *previous, struct conf_diag *diag)
{
    struct conf *tree;
    int err = conf_load_through(&tree, &conf_tandem, path, reader, diag);

    return err != 0 ? err : compile(out, tree, diag, false, previous);
}

struct gw_plan *gw_plan_ref(struct gw_plan *p)
{
    p->refs++;
    return p;
}

static void free_ddi(struct dp_ddi *d)
{
    while (d) {
        struct dp_ddi *next = d->next;
        free(d);
        d = next;
    }
}

static void free_route(const struct gw_route *r)
{
    dp_rewrite_free(r->actions.rewrite);
    for (const struct gw_choice *c = r->choice; c; c = c->next)
        for (unsigned i = 0; i < c->nconditions; i++) {
            dp_pattern_free(c->condition[i]->pattern);
            dp_expr_free(c->condition[i]->expr);
        }
}

/** What of the dial plan is not in the arena. */
static void free_dial(struct gw_plan *p)
{
    struct gw_dial_plan *d = &p->dial;

    for (unsigned i = 0; i < d->nroutes; i++) {
        for (const struct gw_route *r = d->routes[i].first; r; r = r->next)
            free_route(r);
        dp_table_free(d->routes[i].table);
    }
    for (unsigned i = 0; i < d->nclasses; i++) {
        dp_table_free(d->classes[i].called);
        dp_table_free(d->classes[i].caller);
        gw_plan_free_quota(&d->classes[i].quota);
    }
    for (unsigned i = 0; i < p->ntrunks; i++) {
        dp_table_free(p->trunks[i].own);
        gw_plan_free_quota(&p->trunks[i].quota);
    }
    for (unsigned i = 0; i < d->ngroups; i++)
        gw_plan_free_quota(&d->groups[i].quota);
    for (unsigned i = 0; i < d->ncustomers; i++)
        gw_plan_free_quota(&d->customers[i].quota);
    for (unsigned i = 0; i < d->nrules; i++)
        dp_rules_free(d->rules[i].rules);
    gw_plan_free_times(p);
    gw_plan_free_tables(p);
}

void gw_plan_unref(struct gw_plan *p)
{
    struct whole *w = (struct whole *)(void *)p;

    if (!p || --p->refs > 0)
        return;
    free_dial(p);
    gw_quota_untie(p);
    for (unsigned i = 0; i < p->nsites; i++) {
        free_ddi(p->sites[i].ddi);
        dp_zone_free(p->zones ? p->zones[i] : NULL);
    }
    gw_plan_free_sounds(p);
    gw_users_free(p->registrar.known);
    conf_free(p->conf);
    conf_arena_release(&w->arena);
    free(w);
    atomic_fetch_sub(&alive, 1);
}

unsigned gw_plans_alive(void)
{
    return atomic_load(&alive);
}

/* ---- look-ups ---- */

const struct gw_trunk *gw_plan_exported(const struct gw_plan *p, struct rt_str name)
{
    for (unsigned i = 0; i < p->mgcp.nagents; i++)
        for (unsigned k = 0; k < p->mgcp.agents[i].nexports; k++) {
            const struct gw_mgcp_export *e = &p->mgcp.agents[i].export[k];
            if (e->outside && rt_str_eq(name, e->outside->name))
                return e->outside;
            if (e->inside && rt_str_eq(name, e->inside->name))
                return e->inside;
        }
    return NULL;
}

const char *gw_trunk_kind_name(enum gw_trunk_kind kind)
{
    static const char *const names[] = {[GW_TRUNK_SIP] = "sip",
                                        [GW_TRUNK_SPAN] = "isdn",
                                        [GW_TRUNK_MGCP] = "mgcp",
                                        [GW_TRUNK_AGENT] = "agent",
                                        [GW_TRUNK_LOCAL] = "local"};
    return names[kind];
}

const struct gw_trunk *gw_plan_trunk(const struct gw_plan *p, struct rt_str name)
{
    for (unsigned i = 0; i < p->ntrunks; i++)
        if (rt_str_eq(name, p->trunks[i].name))
            return &p->trunks[i];
    return NULL;
}

static bool has_channel(const struct gw_trunk *t, unsigned span, unsigned timeslot)
{
    return t && t->span && t->span->id == span && timeslot < 32 && (t->channels >> timeslot & 1);
}

const struct gw_trunk *gw_plan_channel(const struct gw_plan *p, unsigned span, unsigned timeslot)
{
    for (unsigned i = 0; i < p->ntrunks; i++) {
        const struct gw_trunk *t = &p->trunks[i];
        if (has_channel(t, span, timeslot))
            return t;
    }
    for (unsigned i = 0; i < p->mgcp.nagents; i++)
        for (unsigned k = 0; k < p->mgcp.agents[i].nexports; k++)
            if (has_channel(p->mgcp.agents[i].export[k].outside, span, timeslot))
                return p->mgcp.agents[i].export[k].outside;
    return NULL;
}

const struct gw_group *gw_plan_group(const struct gw_plan *p, struct rt_str name)
{
    for (unsigned i = 0; i < p->dial.ngroups; i++)
        if (rt_str_eq(name, p->dial.groups[i].name))
            return &p->dial.groups[i];
    return NULL;
}

const struct gw_customer *gw_plan_customer(const struct gw_plan *p, struct rt_str name)
{
    for (unsigned i = 0; i < p->dial.ncustomers; i++)
        if (rt_str_eq(name, p->dial.customers[i].name))
            return &p->dial.customers[i];
    return NULL;
}
