/* Regular expressions that anybody may have written: POSIX extended ones with groups, matched in
 * time proportional to the text and in memory that is known before they are compiled.
 *
 * The engine is TRE, which runs all branches side by side and never goes back. What would make it
 * slow or large is refused before it sees the expression: references back to a group, bounds such
 * as ((a{0,100}){0,100}){0,100}, and everything that POSIX leaves undefined and TRE understands in
 * a way of its own (approximate matches, `(?`, `\Q`, `*?`).
 */
#ifndef DIALPLAN_EXPR_H
#define DIALPLAN_EXPR_H

#include "gw/rt/buf.h"

/** The longest expression: that of a NAPTR record is no longer (RFC 1035 3.3). */
#define DP_EXPR_PATTERN_MAX 255
/** The longest text that is matched. */
#define DP_EXPR_SUBJECT_MAX 1024
/** Places of an expression once its bounds are written out: `(ab){3}` has nine. */
#define DP_EXPR_PLACES_MAX 256
/** The match as a whole and `\1` to `\9`. */
#define DP_EXPR_GROUPS 10

enum dp_expr_flag { DP_EXPR_ICASE = 1 };

/** Immutable: any thread may match with it. */
struct dp_expr;

/** What matched: slices of the subject. A group that took no part has `p` NULL. */
struct dp_expr_groups {
    struct rt_str group[DP_EXPR_GROUPS];
    unsigned n; /**< groups that the expression has, the whole included; more than nine are not told
                 */
};

/** Compiles `pattern`; `flags` are of enum dp_expr_flag. EINVAL: not an expression, or one of those
 * refused; EOVERFLOW: too long or too large; ENOMEM. `*why` is then static text that completes "the
 * expression ...": "refers back to a group". */
int dp_expr_new(struct dp_expr **out, struct rt_str pattern, unsigned flags, const char **why);
/** NULL is allowed. */
void dp_expr_free(struct dp_expr *e);

/** Looks for the leftmost longest match anywhere in `subject`. `groups` may be NULL. ENOENT: no
 * match; E2BIG: the subject is too long; ENOMEM. */
int dp_expr_exec(const struct dp_expr *e, struct rt_str subject, struct dp_expr_groups *groups);

/** How a replacement is written. */
enum dp_expr_style {
    DP_EXPR_SED, /**< `\1` to `\9`, `&` the whole match, `\&` and `\\` themselves */
    DP_EXPR_DDDS /**< RFC 3402 3.2: `\1` to `\9`; all else stands for itself */
};
/** Writes `text` into `out[cap]` with what the groups matched, NUL-terminated. EINVAL: it names a
 * group that the expression does not have, or ends in a lone backslash (DP_EXPR_SED); E2BIG. */
int dp_expr_replace(char *out, size_t cap, struct rt_str text, const struct dp_expr_groups *groups,
                    enum dp_expr_style style);

#endif
