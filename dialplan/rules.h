/* A `normalise` block: rules of a trunk whose peer says its numbers in its own way.
 *
 *     normalise odd-pbx {
 *         ton international *      => +*        # the type of number, in words
 *         unknown           0(x*)  => +49\1     # `ton` may be left out
 *         any               7(xx)  => +493090182\1
 *         out               +49*   => 0* ton unknown
 *     }
 *
 * Of the rows for a number on its way in, and of those on its way out, the one with the most
 * specific pattern wins, as in routes; of two with the same pattern the one that names the type.
 * Order in the block decides nothing. Any E.164 number is `+x*`.
 */
#ifndef DIALPLAN_RULES_H
#define DIALPLAN_RULES_H

#include "dialplan/dialplan.h"

struct dp_rules;
int dp_rules_new(struct dp_rules **out);
void dp_rules_free(struct dp_rules *r);

/** Numbers of each type. */
#define DP_TON_ANY (-1)
/** A row for numbers on their way in. `ton` is of enum dp_ton, or DP_TON_ANY; pattern and template
 * as in dp_rewrite_parse(). EINVAL, EEXIST (the row is there already) with the reason in `why`. */
int dp_rules_add(struct dp_rules *r, int ton, struct rt_str pattern, struct rt_str tmpl,
                 const char **why);
/** A row for numbers on their way out; the result gets the type `ton` and the ISDN plan.
 * DP_TON_ANY: international after a `+`, else unknown, and then the plan is. */
int dp_rules_add_out(struct dp_rules *r, struct rt_str pattern, struct rt_str tmpl, int ton,
                     const char **why);

/** Applies the row that fits best: its text for explain, `unknown 0(x*) => +49\1`. NULL: no row
 * fits, or its result would be no number; `n` is as it was. */
const char *dp_rules_apply(const struct dp_rules *r, struct dp_number *n);
/** Likewise on the way out. NULL: the number goes out as it is. */
const char *dp_rules_apply_out(const struct dp_rules *r, struct dp_number *n);

#endif
