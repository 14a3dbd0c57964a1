/* Numbers as values, and the numbers of tel: and sip: URIs (RFC 3966, RFC 3261 19.1.6), of which
 * dialplan/tel.h reads the rest as well.
 */
#include "dialplan/tel.h"

#include <errno.h>

char *dp_text(char out[DP_TEXT_LEN], const struct dp_number *n)
{
    bool plus = n->e164 && n->digits[0];

    out[0] = '+';
    rt_str_copy(out + plus, DP_TEXT_LEN - plus, rt_str(n->digits));
    return out;
}

static const char *const ton_names[] = {
    [DP_TON_UNKNOWN] = "unknown",       [DP_TON_INTERNATIONAL] = "international",
    [DP_TON_NATIONAL] = "national",     [DP_TON_NETWORK] = "network",
    [DP_TON_SUBSCRIBER] = "subscriber", [DP_TON_ABBREVIATED] = "abbreviated",
};

int dp_ton_parse(enum dp_ton *out, struct rt_str word)
{
    for (size_t i = 0; i < RT_COUNT(ton_names); i++)
        if (rt_str_eq(word, ton_names[i])) {
            *out = (enum dp_ton)i;
            return 0;
        }
    return EINVAL;
}

const char *dp_ton_name(enum dp_ton ton)
{
    return ton_names[ton];
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

int dp_number_from_uri(struct dp_number *out, struct rt_str uri)
{
    struct dp_tel tel;
    const char *why;
    int err = dp_tel_read(&tel, uri, &why);

    return err != 0 ? err : dp_number_parse(out, rt_str(tel.number));
}
