/* Lists, name-addr and parameters (RFC 3261 25.1), read without copying. */
#include "sip/text.h"

#include <string.h>

/** The position after a quoted string that starts at `i`. */
static size_t skip_quoted(struct rt_str s, size_t i)
{
    for (i++; i < s.n && s.p[i] != '"'; i++)
        if (s.p[i] == '\\')
            i++;
    return i < s.n ? i + 1 : s.n;
}

/** The same where quotes and brackets do stand before it. */
static size_t find_slowly(struct rt_str s, char c)
{
    bool inside = false;

    for (size_t i = 0; i < s.n;) {
        if (s.p[i] == '"' && !inside) {
            i = skip_quoted(s, i);
            continue;
        }
        if (s.p[i] == '<')
            inside = true;
        else if (s.p[i] == '>')
            inside = false;
        else if (s.p[i] == c && !inside)
            return i;
        i++;
    }
    return s.n;
}

/** The first `c` outside quotes and angle brackets, or `s.n`. */
static size_t find_outside(struct rt_str s, char c)
{
    const char *at = s.n > 0 ? memchr(s.p, c, s.n) : NULL;

    if (!at)
        return s.n;
    size_t before = (size_t)(at - s.p);
    if (!memchr(s.p, '"', before) && !memchr(s.p, '<', before))
        return before;
    return find_slowly(s, c);
}

static struct rt_str from(struct rt_str s, size_t i)
{
    return i < s.n ? (struct rt_str){s.p + i, s.n - i} : (struct rt_str){s.p + s.n, 0};
}

struct rt_str sip_list_next(struct rt_str *rest)
{
    while (rest->n > 0) {
        size_t i = find_outside(*rest, ',');
        struct rt_str v = rt_str_trim((struct rt_str){rest->p, i});
        *rest = from(*rest, i + 1);
        if (v.n > 0)
            return v;
    }
    return (struct rt_str){"", 0};
}

static struct rt_str unquote(struct rt_str s)
{
    s = rt_str_trim(s);
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
        return (struct rt_str){s.p + 1, s.n - 2};
    return s;
}

/** The first `<` outside a quoted string, or `s.n`. */
static size_t find_bracket(struct rt_str s)
{
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] == '<')
            return i;
        i = s.p[i] == '"' ? skip_quoted(s, i) : i + 1;
    }
    return s.n;
}

void sip_name_addr(struct sip_name_addr *out, struct rt_str value)
{
    size_t open = find_bracket(value);

    memset(out, 0, sizeof *out);
    if (open == value.n) {
        struct rt_str rest = value;
        out->uri = rt_str_trim(rt_str_cut(&rest, ';'));
        out->params = rest;
        return;
    }
    out->name = unquote((struct rt_str){value.p, open});
    struct rt_str rest = from(value, open + 1);
    out->uri = rt_str_trim(rt_str_cut(&rest, '>'));
    rt_str_cut(&rest, ';');
    out->params = rest;
}

struct rt_str sip_param(struct rt_str params, const char *name)
{
    while (params.n > 0) {
        size_t i = find_outside(params, ';');
        struct rt_str value = {params.p, i};
        params = from(params, i + 1);
        struct rt_str key = rt_str_trim(rt_str_cut(&value, '='));
        if (rt_str_caseeq(key, name))
            return unquote(value);
    }
    return (struct rt_str){NULL, 0};
}

void sip_put_quoted(struct rt_buf *out, struct rt_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            rt_buf_puts(out, "\\");
        if ((unsigned char)text.p[i] >= ' ')
            rt_buf_put(out, &text.p[i], 1);
    }
}

void sip_copy_quoted(char *out, size_t cap, struct rt_str quoted)
{
    size_t n = 0;

    for (size_t i = 0; i < quoted.n && n + 1 < cap; i++) {
        if (quoted.p[i] == '\\' && i + 1 < quoted.n)
            i++;
        out[n++] = quoted.p[i];
    }
    out[n] = '\0';
}

struct rt_str sip_uri_host(struct rt_str rest)
{
    const char *at = rest.n > 0 ? memrchr(rest.p, '@', rest.n) : NULL;

    if (at) /* the user part may have `;` and `?` of its own */
        rest = from(rest, (size_t)(at + 1 - rest.p));
    rest = rt_str_cut(&rest, ';');
    return rt_str_cut(&rest, '?');
}

bool sip_uri_hop(struct rt_str uri, struct sip_hop *out)
{
    struct rt_str scheme = rt_str_cut(&uri, ':');

    if (!rt_str_caseeq(scheme, "sip"))
        return false;
    struct rt_str host = sip_uri_host(uri);
    struct rt_str params = from(uri, (size_t)(host.p + host.n - uri.p));
    params = rt_str_cut(&params, '?');
    struct rt_str how = sip_param(params, "transport");
    bool tls = rt_str_caseeq(how, "tls");
    *out = (struct sip_hop){.transport = tls                         ? SIP_TLS
                                         : rt_str_caseeq(how, "tcp") ? SIP_TCP
                                                                     : SIP_UDP};
    return rt_addr_parse(&out->addr, host.p, host.n, tls ? 5061 : 5060) == 0;
}

bool sip_has_token(const struct sip_scan *s, const char *name, const char *token)
{
    for (unsigned i = 0;; i++) {
        struct rt_str rest = sip_scan_header(s, name, i), v;
        if (rest.n == 0 && !sip_scan_has(s, name, i))
            return false; /* an empty one may stand before another (7.3.1) */
        while ((v = sip_list_next(&rest)).n > 0)
            if (rt_str_caseeq(rt_str_trim(rt_str_cut(&v, ';')), token))
                return true;
    }
}
