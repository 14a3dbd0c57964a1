/* Rewriting of numbers. The pattern without its brackets is an ordinary one; a group is a span of
 * its positions, found by reading the pattern as far as the bracket. */
#include "dialplan/rewrite_priv.h"

#include <errno.h>
#include <stdlib.h>

/* ---- reading the pattern ---- */

struct reading {
    struct dp_rewrite *r;
    char *plain; /**< the pattern's text without brackets */
    size_t n;
    bool open;
    const char *why;
    int err; /**< of a pattern in it */
};

/** How many positions the plain text so far has: an x after it keeps a final * literal. */
static const char *position(unsigned *out, struct reading *rd)
{
    struct dp_pattern *p;
    const char *why;

    rd->plain[rd->n] = 'x';
    rd->err = dp_pattern_new(&p, (struct rt_str){rd->plain, rd->n + 1}, &why);
    if (rd->err != 0)
        return "has a ( or ) where no group can begin or end";
    *out = p->shape.n - 1;
    dp_pattern_free(p);
    return NULL;
}

static void bracket(struct reading *rd, char c)
{
    struct dp_rewrite *r = rd->r;

    if ((c == '(') == rd->open) {
        rd->why = rd->open ? "has a ( inside a (" : "has a ) without (";
        return;
    }
    if (c == '(' && r->ngroups == DP_GROUPS_MAX) {
        rd->why = "has more than 9 groups";
        return;
    }
    rd->open = c == '(';
    if (rd->open)
        rd->why = position(&r->group[r->ngroups].from, rd);
    else
        rd->why = position(&r->group[r->ngroups++].to, rd);
}

/** Whether the last thing in the pattern is its wildcard within a group, `0(x*)`. */
static bool tail_in_group(struct rt_str text)
{
    return text.n >= 2 && text.p[text.n - 1] == ')' && text.p[text.n - 2] == '*' &&
           (text.n == 2 || text.p[text.n - 3] != '\\');
}

static int read_pattern(struct dp_rewrite *r, struct rt_str text, const char **why)
{
    struct reading rd = {.r = r, .plain = malloc(text.n + 2)};

    if (!rd.plain)
        return ENOMEM;
    for (size_t i = 0; i < text.n && !rd.why; i++) {
        if (text.p[i] == '(' || text.p[i] == ')')
            bracket(&rd, text.p[i]);
        else
            rd.plain[rd.n++] = text.p[i];
    }
    if (!rd.why && rd.open)
        rd.why = "has a ( without )";
    if (!rd.why)
        rd.err = dp_pattern_new(&r->pattern, (struct rt_str){rd.plain, rd.n}, &rd.why);
    if (!rd.why && dp_pattern_is_set(r->pattern))
        rd.why = "is a set of numbers: digits are wanted";
    if (!rd.why && tail_in_group(text))
        r->group[r->ngroups - 1].to = DP_DIGITS_MAX;
    for (unsigned i = 0; !rd.why && i < r->ngroups; i++)
        if (r->group[i].from == r->group[i].to)
            rd.why = "has an empty group";
    free(rd.plain);
    *why = rd.why;
    return rd.err == ENOMEM ? ENOMEM : rd.why ? EINVAL : 0;
}

/* ---- reading the template ---- */

static const char *push(struct dp_rewrite *r, char op)
{
    if (r->nops == sizeof r->op)
        return "is too long";
    r->op[r->nops++] = op;
    return NULL;
}

static bool is_key(char c)
{
    return c && strchr("0123456789*#ABCD", c);
}

static const char *escaped(struct dp_rewrite *r, char c)
{
    if (c == '*')
        return push(r, '*');
    if (c < '1' || c > '9')
        return "has a \\ before what is neither a group nor *";
    if ((unsigned)(c - '0') > r->ngroups)
        return "names a group that the pattern has not";
    return push(r, (char)(OP_GROUP + (c - '1')));
}

static const char *read_template(struct dp_rewrite *r, struct rt_str text)
{
    const char *why = text.n > 0 ? NULL : "is empty";

    for (size_t i = 0; i < text.n && !why; i++) {
        char c = text.p[i];
        bool last = i + 1 == text.n;
        if (c == '+' && i == 0) {
            r->plus = true;
        } else if (c == '\\') {
            why = escaped(r, last ? '\0' : text.p[++i]);
        } else if (c == '*' && last) {
            why = r->pattern->shape.prefix
                      ? push(r, OP_TAIL)
                      : "ends with *, but the pattern has no tail: \\* is the key";
        } else if (c == '&') {
            why = push(r, OP_ALL);
        } else if (is_key(c)) {
            why =
                r->plus && (c < '0' || c > '9') ? "has a key that no E.164 number has" : push(r, c);
        } else if (c != '-' || r->nops == 0 || last) {
            why = "is not made of digits, \\1, & and a final *";
        }
    }
    return !why && r->nops == 0 ? "is empty" : why;
}

/* ---- the whole ---- */

int dp_rewrite_parse(struct dp_rewrite **out, struct rt_str pattern, struct rt_str tmpl,
                     const char **why)
{
    struct dp_rewrite *r = calloc(1, sizeof *r);
    size_t room = pattern.n + tmpl.n + sizeof " => ";

    *why = "out of memory";
    if (!r || !(r->text = malloc(room))) {
        dp_rewrite_free(r);
        return ENOMEM;
    }
    RT_JOIN(r->text, room, pattern, rt_str(" => "), tmpl);
    int err = read_pattern(r, pattern, why);
    if (err == 0 && (*why = read_template(r, tmpl)) != NULL)
        err = EINVAL;
    if (err != 0) {
        dp_rewrite_free(r);
        return err;
    }
    *out = r;
    return 0;
}

void dp_rewrite_free(struct dp_rewrite *r)
{
    if (!r)
        return;
    dp_pattern_free(r->pattern);
    free(r->text);
    free(r);
}

const char *dp_rewrite_text(const struct dp_rewrite *r)
{
    return r->text;
}

/* ---- applying ---- */

/** What an operation puts there: digits of `from`, or the key itself. */
static struct rt_str piece(const struct dp_rewrite *r, const char *op, const char *from)
{
    size_t len = strlen(from), begin = 0, end = len;

    if (*op == OP_TAIL) {
        begin = r->pattern->shape.n;
    } else if (*op != OP_ALL) {
        unsigned group = (unsigned)(*op - OP_GROUP);
        if (*op < OP_GROUP || group >= DP_GROUPS_MAX)
            return (struct rt_str){op, 1};
        begin = r->group[group].from;
        end = r->group[group].to < len ? r->group[group].to : len;
    }
    return (struct rt_str){from + begin, end - begin};
}

bool dp_rewrite_apply(const struct dp_rewrite *r, struct dp_number *n)
{
    char digits[DP_DIGITS_MAX + 1];
    size_t len = 0;

    if (dp_pattern_fit(r->pattern, n, NULL) != DP_FITS)
        return false;
    for (unsigned i = 0; i < r->nops; i++) {
        struct rt_str add = piece(r, &r->op[i], n->digits);
        if (add.n > DP_DIGITS_MAX - len)
            return false;
        memcpy(digits + len, add.p, add.n);
        len += add.n;
    }
    digits[len] = '\0';
    if (len == 0 || (r->plus && digits[strspn(digits, "0123456789")] != '\0'))
        return false;
    memcpy(n->digits, digits, len + 1);
    n->e164 = r->plus;
    n->ton = r->plus ? DP_TON_INTERNATIONAL : DP_TON_UNKNOWN;
    n->npi = r->plus ? DP_NPI_ISDN : DP_NPI_UNKNOWN;
    return true;
}
