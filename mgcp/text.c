/* Cuts lists and groups in one pass, without looking into what is quoted. A quote inside a quoted
 * string is doubled, so that each one simply opens or closes. */
#include "mgcp/text.h"

#include <errno.h>

/** Where the text stands at each octet. */
struct scan {
    size_t depth;
    bool quoted;
};

/** False: a parenthesis closes what was never opened. */
static bool scan(struct scan *at, char c)
{
    if (c == '"')
        at->quoted = !at->quoted;
    else if (c == '(' && !at->quoted)
        at->depth++;
    else if (c == ')' && !at->quoted)
        return at->depth-- > 0;
    return true;
}

static struct rt_str behind(struct rt_str s, size_t n)
{
    return n < s.n ? (struct rt_str){s.p + n, s.n - n} : (struct rt_str){0};
}

int mgcp_text_cut(struct rt_str *list, char sep, struct rt_str *out)
{
    struct rt_str s = rt_str_trim(*list);
    struct scan at = {0};
    size_t i;

    *list = (struct rt_str){0};
    if (s.n == 0)
        return ENOENT;
    for (i = 0; i < s.n && (s.p[i] != sep || at.depth > 0 || at.quoted); i++)
        if (!scan(&at, s.p[i]))
            return EBADMSG;
    if (at.depth > 0 || at.quoted)
        return EBADMSG;
    *out = rt_str_trim((struct rt_str){s.p, i});
    *list = behind(s, i + 1);
    return 0;
}

int mgcp_text_group(struct rt_str *s, struct rt_str *inside)
{
    struct rt_str all = rt_str_trim(*s);
    struct scan at = {0};

    if (all.n == 0 || all.p[0] != '(')
        return ENOENT;
    for (size_t i = 0; i < all.n; i++) {
        scan(&at, all.p[i]);
        if (at.depth == 0) {
            *inside = rt_str_trim((struct rt_str){all.p + 1, i - 1});
            *s = rt_str_trim(behind(all, i + 1));
            return 0;
        }
    }
    return EBADMSG;
}
