/* Rewriting a number: a pattern with groups and a template, `9(xxx)* => +1\1*`. The action
 * `rewrite` and the rows of a `normalise` block are the same thing. No regular expressions: a
 * pattern fits or it does not, and each group is the digits at its place.
 */
#ifndef DIALPLAN_REWRITE_H
#define DIALPLAN_REWRITE_H

#include "dialplan/dialplan.h"

#define DP_GROUPS_MAX 9

/** A pattern and what becomes of a number that it matches. */
struct dp_rewrite;
/** Reads a number pattern (dp_pattern_new(), no country set) in which `( )` mark groups, one after
 * the other, and a template of
 *
 *     +        in front: the result is an E.164 number, else it is a raw one
 *     0-9 * #  themselves, A-D too; \* is a star at the end
 *     \1 .. \9 what the group matched
 *     &        all digits that the pattern matched, with its tail
 *     *        at the end: the tail, what the pattern's final * matched
 *     -        between digits: nothing
 *
 * EINVAL with the reason in `why`: `"(1(2)x" has a ( inside a (`. */
int dp_rewrite_parse(struct dp_rewrite **out, struct rt_str pattern, struct rt_str tmpl,
                     const char **why);
void dp_rewrite_free(struct dp_rewrite *r);
/** Rewrites `n`; its presentation and screening stay. Type and plan become those of an E.164 number
 * or unknown. False, and `n` is as it was: the pattern does not match, or the result would be no
 * number (empty, too long, or keys like # in an E.164 one). */
bool dp_rewrite_apply(const struct dp_rewrite *r, struct dp_number *n);
/** `9(xxx)* => +1\1*` */
const char *dp_rewrite_text(const struct dp_rewrite *r);

#endif
