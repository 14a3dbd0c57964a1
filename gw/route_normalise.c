/* The first step of routing: numbers as the trunk says them become what they are (RFC 3398 12). */
#include "dialplan/rules.h"
#include "gw/route_priv.h"

#include <stdio.h>

const struct conf_pos *gw_pass_site_pos(const struct gw_pass *p, const char *keyword,
                                        const struct dp_number *n)
{
    const struct dp_site *site = p->q->from->site;
    const struct conf_node *node =
        p->plan->conf ? conf_child(conf_root(p->plan->conf), "site") : NULL;

    if (!site)
        return NULL;
    for (const struct dp_site *s = p->plan->sites; node && s != site; s++)
        node = conf_again(node, "site");
    node = node ? conf_child(node, keyword) : NULL;
    for (const struct dp_ddi *d = site->ddi; n && node && d; d = d->next) {
        if (strncmp(n->digits, d->e164_prefix, strlen(d->e164_prefix)) == 0 ||
            strncmp(n->digits, d->local_prefix, strlen(d->local_prefix)) == 0)
            break;
        if (d->next)
            node = conf_again(node, keyword);
    }
    return node ? &node->pos : NULL;
}

/** Makes a number what it is: by the trunk's own rules, else by those of the country. */
static dp_why normalise(struct dp_number *n, const struct gw_trunk *t,
                        dp_why (*by_country)(struct dp_number *, const struct dp_site *))
{
    const char *rule = t->rules && !n->e164 ? dp_rules_apply(t->rules, n) : NULL;

    if (rule && n->e164)
        return rule;
    dp_why why = by_country(n, t->site);
    return rule ? rule : why;
}

void gw_pass_renormalise(struct gw_pass *p, bool made)
{
    if (made)
        normalise(&p->out->called, p->q->from, dp_normalise_called);
    else
        dp_normalise_called(&p->out->called, p->q->from->site);
}

static const struct conf_pos *place(const struct gw_pass *p, dp_why why, const struct dp_number *n)
{
    bool ddi = strcmp(why, "ddi") == 0 || strcmp(why, "extension") == 0;

    if (strcmp(why, "E.164 as it stands") == 0 || strcmp(why, "no number") == 0)
        return NULL;
    return gw_pass_site_pos(p, ddi ? "ddi" : "dialling", ddi ? n : NULL);
}

void gw_pass_normalise(struct gw_pass *p)
{
    struct gw_decision *d = p->out;
    char before[DP_TEXT_LEN], after[DP_TEXT_LEN];

    d->called = p->q->called;
    d->calling = p->q->calling;
    dp_why called = normalise(&d->called, p->q->from, dp_normalise_called);
    dp_why calling = normalise(&d->calling, p->q->from, dp_normalise_calling);
    d->key = d->called;
    if (!p->explain)
        return;
    int width = (int)strlen(dp_text(before, &p->q->called));
    int other = (int)strlen(dp_text(before, &p->q->calling));
    width = width > other ? width : other;
    gw_explain_step(p->explain, "normalise", place(p, called, &d->called),
                    "called %-*s -> %s   (%s)", width, dp_text(before, &p->q->called),
                    dp_text(after, &d->called), called);
    gw_explain_line(p->explain, place(p, calling, &d->calling), "caller %-*s -> %s   (%s)", width,
                    dp_text(before, &p->q->calling), dp_text(after, &d->calling), calling);
}
