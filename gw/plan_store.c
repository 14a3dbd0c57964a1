/* Where a gateway keeps what it makes of its plans, and what it has counted: `history`, `cache`,
 * `usage`; and by which program it sends `mail`. */
#include "gw/plan_priv.h"

/** Plans that are kept, in a folder and in memory alone. */
#define KEEP           100
#define KEEP_IN_MEMORY 20

static const char *path_of(struct gw_compile *c, const char *keyword)
{
    const struct conf_node *n = conf_child(c->root, keyword);
    return n ? gw_plan_path(c, conf_arg(n, 0)) : NULL;
}

void gw_plan_compile_store(struct gw_compile *c)
{
    const struct conf_node *history = conf_child(c->root, "history");
    const struct conf_token *keep = history ? conf_labelled(history, "keep") : NULL;
    struct gw_dial_plan *d = &c->plan->dial;

    d->history = path_of(c, "history");
    d->cache = path_of(c, "cache");
    d->usage = path_of(c, "usage");
    d->mail = path_of(c, "mail");
    d->keep = keep ? (unsigned)conf_uint(keep) : history ? KEEP : KEEP_IN_MEMORY;
}
