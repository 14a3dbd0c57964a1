/* The number in a header field's URI, and its rewriting by a pattern of the dial plan. */
#include "dialplan/dialplan.h"
#include "gw/headers.h"

#include <stdio.h>

struct rt_str gw_header_uri(struct rt_str value)
{
    struct sip_name_addr a;

    sip_name_addr(&a, value);
    return a.uri;
}

struct rt_str gw_header_number(struct rt_str uri)
{
    struct sip_uri u;

    return sip_uri_read(&u, uri) == 0 && u.user.n > 0 ? u.user : rt_str("");
}

/** True when a pattern is a name like `national`. */
static bool is_set(const char *pattern)
{
    return pattern[0] >= 'a' && pattern[0] <= 'z' && pattern[0] != 'x';
}

static bool ends_in_star(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && s[n - 1] == '*';
}

/** How many digits stand before the final `*` of a pattern. */
static size_t digits_before_star(const char *pattern)
{
    size_t n = 0;

    if (is_set(pattern))
        return 0;
    for (const char *s = pattern; *s && !(s[0] == '*' && !s[1]); s++) {
        if (*s == '+' || *s == '-' || *s == '\\')
            continue;
        n++;
        if (*s != '[')
            continue;
        const char *close = strchr(s, ']'), *dots = strstr(s, "..");
        if (dots && close && dots < close)
            n += (size_t)(dots - s) - 2; /* [00..99] is two digits */
        s = close ? close : s;
    }
    return n;
}

const char *gw_header_number_error(const char *pattern, const char *replacement)
{
    const char *digits = replacement + (replacement[0] == '+');
    size_t n = strspn(digits, "0123456789#");

    if (ends_in_star(replacement) && !ends_in_star(pattern) && !is_set(pattern))
        return "ends in *, but the pattern does not";
    if (digits[n] != '\0' && !(digits[n] == '*' && digits[n + 1] == '\0'))
        return "is no number like +49*, 0* or 110";
    if (digits[0] == '\0')
        return "leaves no number";
    return NULL;
}

/** The number that takes the place of `n`. */
static void replacement(char out[2 * DP_TEXT_LEN], const struct dp_number *n,
                        const struct gw_header_rule *r)
{
    size_t fixed = digits_before_star(r->pattern), have = strlen(n->digits);
    size_t len = strlen(r->value) - ends_in_star(r->value);

    snprintf(out, 2 * DP_TEXT_LEN, "%.*s%s", (int)len, r->value,
             ends_in_star(r->value) && fixed <= have ? n->digits + fixed : "");
}

bool gw_header_rewrite(char *out, size_t cap, struct rt_str value, const struct gw_header_rule *r,
                       const struct dp_site *site)
{
    struct rt_str digits = gw_header_number(gw_header_uri(value));
    char with[2 * DP_TEXT_LEN];
    struct dp_pattern *pattern;
    const char *why, *end = value.p + value.n;
    struct dp_number n;

    if (digits.n == 0 || dp_number_parse(&n, digits) != 0 ||
        dp_pattern_new(&pattern, rt_str(r->pattern), &why) != 0)
        return false;
    bool matches = dp_pattern_match(pattern, &n, site);
    dp_pattern_free(pattern);
    if (!matches)
        return false;
    replacement(with, &n, r);
    int len = snprintf(out, cap, "%.*s%s%.*s", (int)(digits.p - value.p), value.p, with,
                       (int)(end - digits.p - (ptrdiff_t)digits.n), digits.p + digits.n);
    return len > 0 && (size_t)len < cap;
}
