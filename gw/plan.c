/* The plan's life: read, compiled, referred to, freed; and the look-ups in it. */
#include "gw/plan_priv.h"

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

static int compile(struct gw_plan **out, struct conf *tree, struct conf_diag *diag)
{
    static void (*const steps[])(struct gw_compile *) = {
        gw_plan_compile_sip,         gw_plan_compile_tls,    gw_plan_compile_media,
        gw_plan_compile_certificate, gw_plan_compile_spans,  gw_plan_compile_sites,
        gw_plan_compile_registrar,   gw_plan_compile_sounds, gw_plan_compile_trunks,
        gw_plan_compile_upkeep,      gw_plan_compile_routes, gw_plan_compile_records,
        gw_plan_check_ports,
    };
    static atomic_uint_fast64_t generations;
    struct whole *w = calloc(1, sizeof *w);

    if (!w) {
        conf_free(tree);
        return ENOMEM;
    }
    struct gw_compile c = {&w->plan, &w->arena, conf_root(tree), diag};
    unsigned before = diag->errors;
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
    *out = &w->plan;
    return 0;
}

int gw_plan_load(struct gw_plan **out, const char *path, struct conf_diag *diag)
{
    struct conf *tree;
    int err = conf_load(&tree, &conf_tandem, path, diag);

    return err != 0 ? err : compile(out, tree, diag);
}

int gw_plan_parse(struct gw_plan **out, const char *name, struct rt_str text,
                  struct conf_diag *diag)
{
    struct conf *tree;
    int err = conf_parse(&tree, &conf_tandem, name, text, diag);

    return err != 0 ? err : compile(out, tree, diag);
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

void gw_plan_unref(struct gw_plan *p)
{
    struct whole *w = (struct whole *)(void *)p;

    if (!p || --p->refs > 0)
        return;
    for (unsigned i = 0; i < p->nroutes; i++)
        dp_table_free(p->routes[i].table);
    for (unsigned i = 0; i < p->nsites; i++)
        free_ddi(p->sites[i].ddi);
    gw_plan_free_sounds(p);
    conf_free(p->conf);
    conf_arena_release(&w->arena);
    free(w);
}

/* ---- look-ups ---- */

const struct gw_trunk *gw_plan_trunk(const struct gw_plan *p, struct rt_str name)
{
    for (unsigned i = 0; i < p->ntrunks; i++)
        if (rt_str_eq(name, p->trunks[i].name))
            return &p->trunks[i];
    return NULL;
}

/** How closely `t` describes `from`: the length of its longest block that holds it plus one, 0 when
 * none does. */
static unsigned closeness(const struct gw_trunk *t, const union rt_addr *from)
{
    unsigned best = 0;

    if (t->kind != GW_TRUNK_SIP)
        return 0;
    if (t->naccept == 0)
        return rt_addr_same_host(&t->peer, from) ? 129 : 0;
    for (unsigned i = 0; i < t->naccept; i++)
        if (rt_cidr_contains(&t->accept[i], from) && t->accept[i].bits + 1 > best)
            best = t->accept[i].bits + 1;
    return best;
}

const struct gw_trunk *gw_plan_accepts(const struct gw_plan *p, const union rt_addr *from)
{
    const struct gw_trunk *best = NULL;
    unsigned closest = 0;

    for (unsigned i = 0; i < p->ntrunks; i++) {
        unsigned c = closeness(&p->trunks[i], from);
        if (c > closest) {
            closest = c;
            best = &p->trunks[i];
        }
    }
    return best;
}

const struct gw_trunk *gw_plan_channel(const struct gw_plan *p, unsigned span, unsigned timeslot)
{
    for (unsigned i = 0; i < p->ntrunks; i++) {
        const struct gw_trunk *t = &p->trunks[i];
        if (t->span && t->span->id == span && timeslot < 32 && (t->channels >> timeslot & 1))
            return t;
    }
    return NULL;
}

const struct gw_routes *gw_plan_routes(const struct gw_plan *p, const struct gw_trunk *trunk)
{
    for (unsigned i = 0; i < p->nroutes; i++)
        for (unsigned k = 0; k < p->routes[i].nfrom; k++)
            if (p->routes[i].from[k] == trunk)
                return &p->routes[i];
    return NULL;
}
