/* What a trunk with a span hears and says in ISDN's own words: progress indicators, and which of
 * two callers' numbers counts.
 */
#include "gw/plan_priv.h"

#define INDICATOR_8 (1u << 8)
#define INDICATOR_1 (1u << 1) /* not end-to-end ISDN: something may be heard */

static void read_caller(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "caller");

    if (!n)
        return;
    const char *word = conf_arg(n, 0)->text;
    t->caller_network = strcmp(word, "network") == 0;
    if (!t->caller_network && strcmp(word, "user") != 0)
        conf_error(c->diag, conf_arg(n, 0)->pos, "\"%s\" is for trunks with a SIP peer", word);
}

void gw_plan_compile_isdn(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *inband = conf_child(trunk, "inband"),
                           *origin = conf_child(trunk, "origin-not-isdn");

    t->inband = INDICATOR_8 | INDICATOR_1;
    if (inband && strcmp(conf_arg(inband, 0)->text, "8") == 0)
        t->inband = INDICATOR_8;
    t->origin_not_isdn = origin && strcmp(conf_arg(origin, 0)->text, "yes") == 0;
    read_caller(c, t, trunk);
}
