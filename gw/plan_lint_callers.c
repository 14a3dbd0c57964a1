/* Who may call what, and as whom: what costs money or is not shown. */
#include "gw/plan_lint_priv.h"

/* ---- identities ---- */

static void main_numbers(struct gw_lint *l)
{
    char text[DP_TEXT_LEN];
    struct dp_match m;

    for (unsigned i = 0; i < l->plan->ntrunks; i++) {
        const struct gw_trunk *t = &l->plan->trunks[i];
        if (!t->own || !l->target[i] || !t->site || !t->site->main.digits[0])
            continue;
        dp_table_find(&m, t->own, &t->site->main, t->site);
        if (!m.value)
            gw_lint_warn(l, conf_child(t->node, "own")->pos,
                         "%s, the main number of the site, is not within \"own\" of \"%s\": "
                         "callers without a number of their own are not shown",
                         dp_text(text, &t->site->main), t->name);
    }
}

/* ---- numbers that cost ---- */

/** Numbers of a kind at one site: premium, international. */
struct sample {
    struct dp_number number[32];
    unsigned n;
};

static void add_sample(struct sample *s, const struct dp_pattern *p, const struct dp_number *n,
                       const struct dp_site *site)
{
    if (s->n < RT_COUNT(s->number) && n->e164 && dp_pattern_match(p, n, site))
        s->number[s->n++] = *n;
}

/** National numbers of each beginning of three digits. */
static void premium(struct sample *s, const struct dp_site *site)
{
    struct dp_pattern *p;
    const char *why;

    s->n = 0;
    if (!site || !site->country || dp_pattern_new(&p, rt_str("premium"), &why) != 0)
        return;
    for (unsigned v = 100; v < 1000; v++) {
        struct dp_number n = {.digits = "0001234567", .ton = DP_TON_NATIONAL, .npi = DP_NPI_ISDN};
        n.digits[0] = (char)('0' + v / 100);
        n.digits[1] = (char)('0' + v / 10 % 10);
        n.digits[2] = (char)('0' + v % 10);
        dp_normalise_called(&n, site);
        add_sample(s, p, &n, site);
    }
    dp_pattern_free(p);
}

static void international(struct sample *s, const struct dp_site *site)
{
    static const char *const texts[] = {"+442079460148", "+33140205050", "+8821612345678"};
    struct dp_pattern *p;
    struct dp_number n;
    const char *why;

    s->n = 0;
    if (!site || dp_pattern_new(&p, rt_str("international"), &why) != 0)
        return;
    for (size_t i = 0; i < RT_COUNT(texts); i++)
        if (dp_number_parse(&n, rt_str(texts[i])) == 0)
            add_sample(s, p, &n, site);
    dp_pattern_free(p);
}

/* ---- classes ---- */

/** Warns once: a class that lets premium numbers pass and does not say so. */
static bool check_class(struct gw_lint *l, const struct gw_class *cls, const struct dp_site *site)
{
    char text[DP_TEXT_LEN];
    struct sample s;
    struct dp_match m;

    premium(&s, site);
    for (unsigned i = 0; i < s.n; i++) {
        dp_table_find(&m, cls->called, &s.number[i], site);
        const struct gw_permit *permit = m.value;
        if (permit ? permit->deny || strcmp(permit->text, "premium") == 0 : cls->allows)
            continue;
        if (permit)
            gw_lint_warn(l, permit->pos, "class \"%s\": \"%s\" allows premium numbers too, like %s",
                         cls->name, permit->text, dp_text(text, &s.number[i]));
        else
            gw_lint_warn(l, cls->pos, "class \"%s\": nothing denies premium numbers like %s",
                         cls->name, dp_text(text, &s.number[i]));
        return true;
    }
    return false;
}

static void classes(struct gw_lint *l)
{
    const struct gw_dial_plan *d = &l->plan->dial;

    for (unsigned i = 0; i < d->nclasses; i++) {
        const struct dp_site *last = NULL;
        for (unsigned k = 0; k < l->plan->ntrunks; k++) {
            const struct gw_trunk *t = &l->plan->trunks[k];
            if (t->cls != &d->classes[i] || !t->site || t->site == last)
                continue;
            last = t->site;
            if (check_class(l, t->cls, t->site))
                break;
        }
    }
}

/* ---- trunks without one ---- */

static void leaves(void *arg, const struct gw_trunk *to)
{
    bool *out = arg;
    *out |= to->numbers != DP_AS_DIALLED; /* a PBX is no way out */
}

/** The row that takes one of these numbers out of the house; NULL: none does. */
static const struct gw_route *way_out(const struct gw_trunk *t, const struct sample *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        struct dp_match m;
        bool out = false;
        dp_table_find(&m, t->routes->table, &s->number[i], t->site);
        const struct gw_route *r = m.value;
        const struct gw_choice *c = r ? r->choice : NULL;
        for (unsigned k = 0; c && k < c->ntargets; k++)
            gw_lint_trunks(&c->target[k], leaves, &out);
        if (out)
            return r;
    }
    return NULL;
}

static void check_trunk(struct gw_lint *l, const struct gw_trunk *t)
{
    struct sample s;

    premium(&s, t->site);
    const struct gw_route *costs = way_out(t, &s);
    international(&s, t->site);
    const struct gw_route *abroad = way_out(t, &s), *r = costs ? costs : abroad;
    if (r)
        gw_lint_warn(l, t->pos, "trunk \"%s\" has no class: its callers reach %s numbers (%s:%u)",
                     t->name,
                     !abroad  ? "premium"
                     : !costs ? "international"
                              : "premium and international",
                     r->pos.file, r->pos.line);
}

static void without_class(struct gw_lint *l)
{
    const struct gw_dial_plan *d = &l->plan->dial;

    for (unsigned i = 0; i < l->plan->ntrunks; i++) {
        const struct gw_trunk *t = &l->plan->trunks[i];
        if (t->kind != GW_TRUNK_SPAN && t->routes && !t->cls && !t->customer)
            check_trunk(l, t);
    }
    for (unsigned i = 0; i < d->ncustomers; i++) {
        const struct gw_customer *customer = &d->customers[i];
        bool some = customer->cls;
        for (unsigned k = 0; k < customer->ntrunks; k++)
            some |= customer->trunk[k]->cls != NULL;
        if (!some)
            gw_lint_warn(l, customer->pos,
                         "customer \"%s\" has no class: nothing limits what it calls",
                         customer->name);
    }
}

void gw_lint_callers(struct gw_lint *l)
{
    main_numbers(l);
    classes(l);
    without_class(l);
}
