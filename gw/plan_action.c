/* What a route's block does to numbers: strip, prepend, rewrite, called, caller, and what is said
 * of them. */
#include "dialplan/rewrite.h"
#include "gw/plan_priv.h"

static const char *text_of(const struct conf_node *row, const char *keyword)
{
    const struct conf_node *n = conf_child(row, keyword);
    return n ? conf_arg(n, 0)->text : NULL;
}

static void read_rewrite(struct gw_compile *c, struct gw_actions *out, const struct conf_node *row)
{
    const struct conf_node *n = conf_child(row, "rewrite");
    const char *why;

    if (!n)
        return;
    const struct conf_token *from = conf_arg(n, 0), *to = conf_arg(n, 2);
    int err = dp_rewrite_parse(&out->rewrite, rt_str(from->text), rt_str(to->text), &why);
    if (err != 0 && !gw_plan_starved(c, err))
        conf_error(c->diag, from->pos, "\"%s => %s\" %s", from->text, to->text, why);
}

/** An index into `words`; false: the block does not say it. */
static bool said(unsigned *out, const struct conf_node *row, const char *keyword,
                 const char *const *words)
{
    const struct conf_node *n = conf_child(row, keyword);

    *out = gw_plan_choice(n, 0, words, 0);
    return n != NULL;
}

void gw_plan_compile_actions(struct gw_compile *c, struct gw_actions *out,
                             const struct conf_node *row)
{
    static const char *const present[] = {"allowed", "restricted", NULL};
    static const char *const screen[] = {"none", "passed", "failed", "network", NULL};
    static const char *const ton[] = {"unknown", "international", "national",
                                      "-",       "subscriber",    NULL};
    static const char *const keep[] = {"keep", "drop", NULL};
    const struct conf_node *strip = conf_child(row, "strip");
    unsigned value;

    out->strip = strip ? (unsigned)conf_uint(conf_arg(strip, 0)) : 0;
    out->prepend = text_of(row, "prepend");
    out->called = text_of(row, "called");
    out->caller = text_of(row, "caller");
    out->name = text_of(row, "name");
    read_rewrite(c, out, row);
    out->has_present = said(&value, row, "present", present);
    out->present = (enum dp_present)value;
    out->has_screen = said(&value, row, "screening", screen);
    out->screen = (enum dp_screen)value;
    out->has_ton = said(&value, row, "ton", ton);
    out->ton = (enum dp_ton)value;
    out->drop_subaddress = said(&value, row, "subaddress", keep) && value == 1;
}
