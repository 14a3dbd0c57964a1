/* What changed in the files that a plan names: rates by what they became, lists and ported numbers
 * by how many they are. */
#include "dialplan/deck.h"
#include "dialplan/list.h"
#include "dialplan/ported.h"
#include "gw/plan_diff_priv.h"

static void count(struct rt_buf *out, bool *first, uint64_t n, const char *what)
{
    if (n == 0)
        return;
    rt_buf_printf(out, "%s%llu %s", *first ? "" : ", ", (unsigned long long)n, what);
    *first = false;
}

static void deck(struct rt_buf *out, const struct gw_deck *a, const struct gw_deck *b)
{
    struct dp_deck_diff d;
    bool first = true;

    if (a->deck == b->deck || !a->deck || !b->deck)
        return;
    dp_deck_diff(&d, a->deck, b->deck, NULL, NULL);
    if (d.up + d.down + d.added + d.removed == 0)
        return;
    rt_buf_printf(out, "~ deck %s: ", b->name);
    count(out, &first, d.up, "rates up");
    count(out, &first, d.down, "rates down");
    count(out, &first, d.added, "new");
    count(out, &first, d.removed, "removed");
    if (d.biggest != 0)
        rt_buf_printf(out, ", biggest change %s %+.3g %%", d.biggest_prefix, d.biggest);
    gw_diff_end(out, b->pos);
}

static void decks(struct rt_buf *out, const struct gw_dial_plan *a, const struct gw_dial_plan *b)
{
    for (unsigned i = 0; i < b->ndecks; i++)
        for (unsigned k = 0; k < a->ndecks; k++)
            if (strcmp(a->decks[k].name, b->decks[i].name) == 0)
                deck(out, &a->decks[k], &b->decks[i]);
}

/** `~ list irsf: 120 numbers -> 130 numbers` */
static void sizes(struct rt_buf *out, const char *what, const char *name, uint64_t a, uint64_t b,
                  struct conf_pos at)
{
    if (a == b)
        return;
    rt_buf_printf(out, "~ %s %s: %llu numbers -> %llu numbers", what, name, (unsigned long long)a,
                  (unsigned long long)b);
    gw_diff_end(out, at);
}

static void lists(struct rt_buf *out, const struct gw_dial_plan *a, const struct gw_dial_plan *b)
{
    for (unsigned i = 0; i < b->nlists; i++)
        for (unsigned k = 0; k < a->nlists; k++)
            if (strcmp(a->lists[k].name, b->lists[i].name) == 0)
                sizes(out, "list", b->lists[i].name, dp_list_rows(a->lists[k].list),
                      dp_list_rows(b->lists[i].list), b->lists[i].pos);
}

static uint64_t ported(const struct gw_lnp *l)
{
    return l->table ? dp_ported_rows(l->table) : 0;
}

static void lnps(struct rt_buf *out, const struct gw_dial_plan *a, const struct gw_dial_plan *b)
{
    for (unsigned i = 0; i < b->nlnps; i++)
        for (unsigned k = 0; k < a->nlnps; k++)
            if (strcmp(a->lnps[k].name, b->lnps[i].name) == 0)
                sizes(out, "lnp", b->lnps[i].name, ported(&a->lnps[k]), ported(&b->lnps[i]),
                      b->lnps[i].pos);
}

void gw_diff_tables(struct rt_buf *out, const struct gw_plan *before, const struct gw_plan *after)
{
    decks(out, &before->dial, &after->dial);
    lists(out, &before->dial, &after->dial);
    lnps(out, &before->dial, &after->dial);
}
