/* Emergency calls that could go wrong. */
#include "gw/plan_lint_priv.h"

/** Where the argument `i` of the block's statement stands. */
static struct conf_pos place(struct gw_lint *l, const char *keyword, size_t i)
{
    const struct conf_node *n = conf_child(conf_child(l->c->root, "emergency"), keyword);
    const struct conf_token *t = n ? conf_arg(n, i) : NULL;

    return t ? t->pos : l->plan->dial.emergency.pos;
}

/* ---- room ---- */

static bool reserves(const struct gw_reserve *r)
{
    return r->channels > 0 && (r->who & GW_FOR_EMERGENCY);
}

static void no_room(struct gw_lint *l, const struct gw_emergency *e)
{
    for (unsigned i = 0; i < e->nsend; i++) {
        const struct gw_group *g = e->send[i].group;
        bool some = !g || reserves(&g->reserve);
        for (unsigned k = 0; g && k < g->ntrunks; k++)
            some |= reserves(&g->trunk[k]->reserve);
        if (!some)
            gw_lint_warn(l, place(l, "send", i),
                         "group \"%s\" takes emergency calls and reserves no channels for them",
                         g->name);
    }
}

/* ---- ways ---- */

/** Whether calls from `t` can go anywhere else. */
static bool has_way(const struct gw_emergency *e, const struct gw_trunk *t)
{
    for (unsigned i = 0; i < e->nsend; i++) {
        const struct gw_way *w = &e->send[i];
        if (w->trunk && w->trunk != t)
            return true;
        for (unsigned k = 0; w->group && k < w->group->ntrunks; k++)
            if (w->group->trunk[k] != t)
                return true;
    }
    return false;
}

/** Whether people are behind a trunk, and not a network. */
static bool has_people(const struct gw_trunk *t)
{
    return t->routes &&
           (t->registered || t->numbers == DP_AS_DIALLED || t->numbers == DP_NATIONAL_PREFIX);
}

static void no_way(struct gw_lint *l, const struct gw_emergency *e)
{
    for (unsigned i = 0; i < l->plan->ntrunks; i++) {
        const struct gw_trunk *t = &l->plan->trunks[i];
        if (has_people(t) && !has_way(e, t))
            gw_lint_warn(l, place(l, "send", 0),
                         "emergency calls from \"%s\" can only go back to it", t->name);
    }
}

/* ---- numbers ---- */

static bool listed(const struct gw_emergency *e, const char *digits)
{
    for (unsigned i = 0; i < e->nnumbers; i++)
        if (strcmp(e->number[i], digits) == 0)
            return true;
    return false;
}

static bool routed(const struct gw_plan *p, const struct dp_number *n, const struct dp_site *site)
{
    struct dp_match m;

    for (unsigned i = 0; i < p->dial.nroutes; i++) {
        dp_table_find(&m, p->dial.routes[i].table, n, site);
        if (m.value && !gw_lint_refuses(m.value))
            return true;
    }
    return false;
}

static struct conf_pos site_place(struct gw_lint *l, unsigned i)
{
    const struct conf_node *n = conf_child(l->c->root, "site");

    while (i-- > 0)
        n = conf_again(n, "site");
    return conf_child(n, "dialling")->pos;
}

/** All three digits that are an emergency number in the country of a site. */
static void not_served(struct gw_lint *l, unsigned index, const struct dp_pattern *emergency)
{
    const struct dp_site *site = &l->plan->sites[index];
    struct dp_number n = {.digits = "000"};

    for (unsigned v = 0; v < 1000 && l->plan->dial.nroutes > 0; v++) {
        n.digits[0] = (char)('0' + v / 100);
        n.digits[1] = (char)('0' + v / 10 % 10);
        n.digits[2] = (char)('0' + v % 10);
        if (dp_pattern_match(emergency, &n, site) && !listed(&l->plan->dial.emergency, n.digits) &&
            !routed(l->plan, &n, site))
            gw_lint_warn(l, site_place(l, index),
                         "the emergency number %s is neither in \"emergency\" nor routed",
                         n.digits);
    }
}

static void numbers(struct gw_lint *l)
{
    struct dp_pattern *emergency;
    const char *why;

    if (dp_pattern_new(&emergency, rt_str("emergency"), &why) != 0)
        return;
    for (unsigned i = 0; i < l->plan->nsites; i++) {
        bool again = false;
        for (unsigned k = 0; k < i; k++)
            again |= l->plan->sites[k].country == l->plan->sites[i].country;
        if (!again && l->plan->sites[i].country)
            not_served(l, i, emergency);
    }
    dp_pattern_free(emergency);
}

/* ---- what is shown ---- */

static void check_own(struct gw_lint *l, const struct gw_emergency_place *p,
                      const struct gw_trunk *t)
{
    char text[DP_TEXT_LEN];
    struct dp_match m;

    if (!t->own)
        return;
    dp_table_find(&m, t->own, &p->caller, t->site);
    if (!m.value)
        gw_lint_warn(l, p->pos, "%s is not within \"own\" of \"%s\", which takes emergency calls",
                     dp_text(text, &p->caller), t->name);
}

static void locations(struct gw_lint *l, const struct gw_emergency *e)
{
    for (unsigned i = 0; i < e->nlocations; i++)
        for (unsigned k = 0; k < e->nsend; k++) {
            const struct gw_group *g = e->send[k].group;
            if (e->send[k].trunk)
                check_own(l, &e->locations[i], e->send[k].trunk);
            for (unsigned m = 0; g && m < g->ntrunks; m++)
                check_own(l, &e->locations[i], g->trunk[m]);
        }
}

void gw_lint_emergency(struct gw_lint *l)
{
    const struct gw_emergency *e = &l->plan->dial.emergency;

    numbers(l);
    if (!e->on)
        return;
    no_room(l, e);
    no_way(l, e);
    locations(l, e);
}
