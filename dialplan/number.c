/* Numbers as values, and the numbers in tel: and sip: URIs (RFC 3966, RFC 3261 19.1.6). Of a URI's
 * parameters only those that change the number are read: phone-context, and it only to know that
 * the number is not global.
 */
#include "dialplan/dialplan.h"

#include <errno.h>
#include <stdio.h>
#include <strings.h>

char *dp_text(char out[DP_TEXT_LEN], const struct dp_number *n)
{
    bool plus = n->e164 && n->digits[0];

    out[0] = '+';
    rt_str_copy(out + plus, DP_TEXT_LEN - plus, rt_str(n->digits));
    return out;
}

bool dp_number_equal(const struct dp_number *a, const struct dp_number *b)
{
    return a->e164 == b->e164 && strcmp(a->digits, b->digits) == 0;
}

/** Digits of RFC 3966: decimal in a global number; in a local one also * # and A-D of the keypad.
 * 0: none. */
static char phonedigit(char c, bool global)
{
    if (c >= '0' && c <= '9')
        return c;
    if (global)
        return 0;
    if (c == '*' || c == '#')
        return c;
    if (c >= 'a' && c <= 'd')
        return (char)(c - 'a' + 'A');
    return c >= 'A' && c <= 'D' ? c : 0;
}

static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')';
}

int dp_number_parse(struct dp_number *out, struct rt_str text)
{
    struct dp_number n = {.e164 = text.n > 0 && text.p[0] == '+'};
    size_t len = 0;

    for (size_t i = n.e164; i < text.n; i++) {
        char d = phonedigit(text.p[i], n.e164);
        if (!d && is_separator(text.p[i]))
            continue;
        if (!d)
            return EINVAL;
        if (len == DP_DIGITS_MAX)
            return E2BIG;
        n.digits[len++] = d;
    }
    if (len == 0)
        return EINVAL;
    n.ton = n.e164 ? DP_TON_INTERNATIONAL : DP_TON_UNKNOWN;
    n.npi = n.e164 ? DP_NPI_ISDN : DP_NPI_UNKNOWN;
    *out = n;
    return 0;
}

/** Undoes %XX into `out[cap]`; EINVAL for a broken escape, E2BIG for what cannot be a number any
 * more. */
static int unescape(char *out, size_t cap, size_t *len, struct rt_str s)
{
    *len = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%') {
            int octet = rt_str_escape(s, i);
            if (octet < 0)
                return EINVAL;
            c = (char)octet;
            i += 2;
        }
        if (*len == cap)
            return E2BIG;
        out[(*len)++] = c;
    }
    return 0;
}

static bool scheme(struct rt_str *uri, const char *name)
{
    size_t n = strlen(name);

    if (uri->n <= n || strncasecmp(uri->p, name, n) != 0 || uri->p[n] != ':')
        return false;
    uri->p += n + 1;
    uri->n -= n + 1;
    return true;
}

/** Whether what follows the host says `user=phone` (RFC 3261 19.1.1). */
static bool user_is_phone(struct rt_str host)
{
    struct rt_str params = rt_str_cut(&host, '?');

    rt_str_cut(&params, ';');
    while (params.n > 0)
        if (rt_str_caseeq(rt_str_cut(&params, ';'), "user=phone"))
            return true;
    return false;
}

static bool has_letter(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z')
            return true;
    return false;
}

int dp_number_from_uri(struct dp_number *out, struct rt_str uri)
{
    char user[2 * DP_DIGITS_MAX];
    size_t len;
    struct rt_str part;
    bool phone = true;

    if (scheme(&uri, "tel")) {
        part = rt_str_cut(&uri, ';');
    } else if (scheme(&uri, "sip") || scheme(&uri, "sips")) {
        if (uri.n == 0 || !memchr(uri.p, '@', uri.n))
            return EINVAL; /* a host alone names nobody */
        part = rt_str_cut(&uri, '@');
        phone = user_is_phone(uri);
        part = rt_str_cut(&part, ';'); /* telephone-subscriber's own parameters */
        part = rt_str_cut(&part, ':'); /* a password, which nobody should send */
    } else {
        return EINVAL;
    }
    int err = unescape(user, sizeof user, &len, part);
    if (err)
        return err;
    if (!phone && has_letter(user, len))
        return EINVAL; /* a name of letters A to D, not keys */
    return dp_number_parse(out, (struct rt_str){user, len});
}
