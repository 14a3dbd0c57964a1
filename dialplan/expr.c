/* Regular expressions of strangers (expr.h): the engine, behind the walk of expr_check.c, and what
 * a replacement makes of a match.
 */
#include "dialplan/expr_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <tre/tre.h>

struct dp_expr {
    regex_t re;
};

/* ---- life ---- */

int dp_expr_new(struct dp_expr **out, struct rt_str pattern, unsigned flags, const char **why)
{
    bool icase = (flags & DP_EXPR_ICASE) != 0;
    int err = dp_expr_check(pattern, icase, why);

    if (err != 0)
        return err;
    struct dp_expr *e = calloc(1, sizeof *e);
    if (e)
        err = tre_regncomp(&e->re, pattern.p, pattern.n, REG_EXTENDED | (icase ? REG_ICASE : 0));
    if (!e || err != 0) {
        free(e);
        *why = !e || err == REG_ESPACE ? "found no memory" : "is not one of POSIX";
        return !e || err == REG_ESPACE ? ENOMEM : EINVAL;
    }
    *out = e;
    return 0;
}

void dp_expr_free(struct dp_expr *e)
{
    if (!e)
        return;
    tre_regfree(&e->re);
    free(e);
}

/* ---- matching ---- */

int dp_expr_exec(const struct dp_expr *e, struct rt_str subject, struct dp_expr_groups *groups)
{
    regmatch_t m[DP_EXPR_GROUPS];

    if (subject.n > DP_EXPR_SUBJECT_MAX)
        return E2BIG;
    int err = tre_regnexec(&e->re, subject.n > 0 ? subject.p : "", subject.n,
                           groups ? DP_EXPR_GROUPS : 0, m, 0);
    if (err != 0)
        return err == REG_NOMATCH ? ENOENT : ENOMEM;
    if (!groups)
        return 0;
    *groups = (struct dp_expr_groups){.n = (unsigned)e->re.re_nsub + 1};
    for (unsigned i = 0; i < DP_EXPR_GROUPS && i < groups->n; i++)
        if (m[i].rm_so >= 0)
            groups->group[i] =
                (struct rt_str){subject.p + m[i].rm_so, (size_t)(m[i].rm_eo - m[i].rm_so)};
    return 0;
}

/* ---- replacing ---- */

/** Takes the next piece off the front of `text`: what a group matched, or a character as it is. */
static int next_piece(struct rt_str *piece, struct rt_str *text,
                      const struct dp_expr_groups *groups, enum dp_expr_style style)
{
    char c = text->p[0], next = text->n > 1 ? text->p[1] : '\0';
    bool sed = style == DP_EXPR_SED;
    size_t used = 1;
    int group = -1;

    *piece = (struct rt_str){text->p, 1};
    if (sed && c == '&') {
        group = 0;
    } else if (c == '\\' && next >= '1' && next <= '9') {
        group = next - '0';
        used = 2;
    } else if (sed && c == '\\') {
        if (next != '\\' && next != '&')
            return EINVAL;
        piece->p++;
        used = 2;
    }
    if (group >= 0 && (unsigned)group >= groups->n)
        return EINVAL;
    if (group >= 0)
        *piece = groups->group[group];
    *text = (struct rt_str){text->p + used, text->n - used};
    return 0;
}

int dp_expr_replace(char *out, size_t cap, struct rt_str text, const struct dp_expr_groups *groups,
                    enum dp_expr_style style)
{
    size_t n = 0;

    while (text.n > 0) {
        struct rt_str piece;
        int err = next_piece(&piece, &text, groups, style);
        if (err != 0)
            return err;
        if (piece.n >= cap - n)
            return E2BIG;
        if (piece.n > 0)
            memcpy(out + n, piece.p, piece.n);
        n += piece.n;
    }
    if (n >= cap)
        return E2BIG;
    out[n] = '\0';
    return 0;
}
