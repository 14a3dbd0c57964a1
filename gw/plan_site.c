/* Sites of the plan: the country, the area, the own numbers. */
#include "dialplan/zone.h"
#include "gw/plan_priv.h"

#define SITES_MAX 1024

static void read_dialling(struct gw_compile *c, struct dp_site *s, const struct conf_node *site)
{
    const struct conf_node *n = conf_child(site, "dialling");
    const struct conf_token *name = conf_arg(n, 0), *area = conf_labelled(n, "area");

    s->country = dp_country(rt_str(name->text));
    if (!s->country) {
        struct conf_suggest near = conf_suggest(name->text);
        for (const char *const *k = dp_country_names(); *k; k++)
            conf_suggest_offer(&near, *k);
        conf_suggest_error(c->diag, name->pos, "unknown country", &near);
    }
    if (!area)
        return;
    bool digits = area->text[strspn(area->text, "0123456789")] == '\0';
    if (!digits || !rt_str_copy(s->area, sizeof s->area, rt_str(area->text)))
        conf_error(c->diag, area->pos, "\"%s\" is not an area code like 30", area->text);
}

static void read_main(struct gw_compile *c, struct dp_site *s, const struct conf_node *site)
{
    const struct conf_node *n = conf_child(site, "main");
    const struct conf_token *t = n ? conf_arg(n, 0) : NULL;

    if (t && (dp_number_parse(&s->main, rt_str(t->text)) != 0 || !s->main.e164))
        conf_error(c->diag, t->pos, "\"%s\" is not an international number like +4930901820",
                   t->text);
}

static void read_zone(struct gw_compile *c, struct dp_site *s, struct dp_zone **zone,
                      const struct conf_node *site)
{
    const struct conf_node *n = conf_child(site, "zone");

    if (!n)
        return;
    s->zone = conf_arg(n, 0)->text;
    int err = dp_zone_load(zone, s->zone);
    if (err != 0 && !gw_plan_starved(c, err))
        conf_error(c->diag, conf_arg(n, 0)->pos, "\"%s\" is no time zone like Europe/Berlin",
                   s->zone);
}

static bool overlap(const char *prefix_a, unsigned width_a, uint64_t low_a, uint64_t size_a,
                    const char *prefix_b, unsigned width_b, uint64_t low_b, uint64_t size_b)
{
    return width_a == width_b && strcmp(prefix_a, prefix_b) == 0 && low_a <= low_b + size_b &&
           low_b <= low_a + size_a;
}

static bool ddi_overlap(const struct dp_ddi *a, const struct dp_ddi *b)
{
    uint64_t na = a->high - a->low, nb = b->high - b->low;

    return overlap(a->e164_prefix, a->width, a->low, na, b->e164_prefix, b->width, b->low, nb) ||
           overlap(a->local_prefix, a->local_width, a->local_low, na, b->local_prefix,
                   b->local_width, b->local_low, nb);
}

static void read_ddi(struct gw_compile *c, struct dp_site *s, const struct conf_node *site)
{
    struct dp_ddi **tail = &s->ddi;

    for (const struct conf_node *n = conf_child(site, "ddi"); n; n = conf_again(n, "ddi")) {
        const struct conf_token *a = conf_arg(n, 0), *b = conf_arg(n, 2);
        struct dp_ddi *d;
        const char *why;
        int err = dp_ddi_parse(&d, rt_str(a->text), rt_str(b->text), &why);
        if (err != 0 && !gw_plan_starved(c, err))
            conf_error(c->diag, a->pos, "\"%s <-> %s\" %s", a->text, b->text, why);
        if (err != 0)
            continue;
        for (const struct dp_ddi *o = s->ddi; o; o = o->next)
            if (ddi_overlap(o, d))
                conf_error(c->diag, a->pos, "\"%s <-> %s\" has numbers of another block", a->text,
                           b->text);
        *tail = d;
        tail = &d->next;
    }
}

void gw_plan_compile_sites(struct gw_compile *c)
{
    struct gw_plan *p = c->plan;
    char name[GW_NAME_LEN];

    p->sites = gw_plan_array(c, "site", sizeof *p->sites, SITES_MAX, &p->nsites);
    p->zones = conf_alloc(c->arena, (p->nsites + 1) * sizeof(struct dp_zone *));
    const struct conf_node *first = conf_child(c->root, "site"), *n = first;
    for (unsigned i = 0; i < p->nsites; i++, n = conf_again(n, "site")) {
        gw_plan_name(c, name, n);
        for (const struct conf_node *o = first; o != n; o = conf_again(o, "site"))
            if (strcmp(conf_arg(o, 0)->text, name) == 0)
                gw_plan_twice(c, n, o->pos);
        read_dialling(c, &p->sites[i], n);
        read_main(c, &p->sites[i], n);
        if (p->zones)
            read_zone(c, &p->sites[i], &p->zones[i], n);
        dp_site_seal(&p->sites[i]);
        read_ddi(c, &p->sites[i], n);
        dp_site_seal(&p->sites[i]);
    }
}
