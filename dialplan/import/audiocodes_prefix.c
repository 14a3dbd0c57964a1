/* Prefixes as AudioCodes writes them: digits, `x`, `n`, `z`, ranges of one digit or of several. */
#include "dialplan/import/import_priv.h"

/** Adds `piece` to each of the patterns from `from` to `to`, as new ones at the end. */
static bool extend(struct dp_im *im, struct dp_im_prefixes *p, unsigned from, unsigned to,
                   const char *piece)
{
    for (unsigned i = from; i < to; i++) {
        if (p->n == DP_IM_PREFIXES)
            return false;
        p->text[p->n++] = dp_im_print(im, "%s%s", p->text[i], piece);
    }
    return true;
}

static void drop_first(struct dp_im_prefixes *p, unsigned n)
{
    memmove(p->text, p->text + n, (p->n - n) * sizeof p->text[0]);
    p->n -= n;
}

/** `120-125` of `[120-125,150]` as `[120..125]`, `150` as it is. */
static const char *range_text(struct dp_im *im, struct rt_str part)
{
    struct rt_str low = rt_str_trim(rt_str_cut(&part, '-')), high = rt_str_trim(part);

    if (!dp_im_digits(low) || low.n > 15 || (high.n > 0 && !dp_im_digits(high)))
        return NULL;
    if (high.n == 0)
        return dp_im_keep(im, low);
    if (low.n == 1 && high.n == 1)
        return dp_im_print(im, "[%.*s-%.*s]", RT_STR(low), RT_STR(high));
    return dp_im_print(im, "[%.*s..%.*s]", RT_STR(low), RT_STR(high));
}

static bool add_ranges(struct dp_im *im, struct dp_im_prefixes *p, struct rt_str body)
{
    unsigned before = p->n;

    while (body.n > 0) {
        const char *text = range_text(im, rt_str_trim(rt_str_cut(&body, ',')));
        if (!text || !extend(im, p, 0, before, text))
            return false;
    }
    drop_first(p, before);
    return p->n > 0;
}

static bool add_char(struct dp_im *im, struct dp_im_prefixes *p, char c)
{
    char piece[2] = {c, '\0'};
    unsigned n = p->n;
    const char *text = c == 'x' || c == 'X'                                            ? "x"
                       : c == 'z' || c == 'Z'                                          ? "[1-9]"
                       : c == 'n' || c == 'N'                                          ? "[2-9]"
                       : c == '*'                                                      ? "\\*"
                       : (c >= '0' && c <= '9') || (c == '+' && p->text[0][0] == '\0') ? piece
                                                                                       : NULL;
    if (!text || !extend(im, p, 0, n, text))
        return false;
    drop_first(p, n);
    return true;
}

bool dp_im_prefix(struct dp_im *im, struct dp_im_prefixes *p, struct rt_str s)
{
    bool exact = s.n > 1 && s.p[s.n - 1] == '#';

    p->text[0] = "";
    p->n = 1;
    s.n -= exact;
    if (rt_str_eq(s, "*") || s.n == 0) {
        p->text[0] = "*";
        return !exact;
    }
    while (s.n > 0) {
        char c = s.p[0];
        s.p++;
        s.n--;
        if (c == '[') {
            if (!memchr(s.p, ']', s.n) || !add_ranges(im, p, rt_str_cut(&s, ']')))
                return false;
        } else if (!add_char(im, p, c)) {
            return false;
        }
    }
    for (unsigned i = 0; i < p->n && !exact; i++)
        p->text[i] = dp_im_print(im, "%s*", p->text[i]);
    return true;
}
