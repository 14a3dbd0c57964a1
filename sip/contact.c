/* Contact values, and URIs compared (RFC 3261 19.1.4). */
#include "sip/contact.h"

#include "sip/text.h"

#include <ctype.h>
#include <stdio.h>

/* ---- numbers ---- */

/** delta-seconds; RFC 3261 20.19: more than 2**32-1 is that, and 10.2.1.1: nonsense is an hour. */
static uint32_t seconds(struct rt_str s)
{
    uint64_t v = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (!isdigit((unsigned char)s.p[i]))
            return 3600;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
        if (v > UINT32_MAX)
            v = UINT32_MAX;
    }
    return s.n > 0 ? (uint32_t)v : 3600;
}

/** `0.7` as 700; what is no qvalue is as if it were not there. */
static unsigned qvalue(struct rt_str s)
{
    unsigned v = 0, scale = 1000;

    if (s.n == 0 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.') || s.n > 5)
        return 1000;
    v = s.p[0] == '1' ? 1000 : 0;
    for (size_t i = 2; i < s.n; i++) {
        if (!isdigit((unsigned char)s.p[i]))
            return 1000;
        scale /= 10;
        v += (unsigned)(s.p[i] - '0') * scale;
    }
    return v > 1000 ? 1000 : v;
}

/* ---- fields ---- */

bool sip_contact_next(struct sip_contact *out, struct sip_contacts *at, const struct sip_message *m)
{
    struct sip_name_addr a;
    struct rt_str v;

    while ((v = sip_list_next(&at->rest)).n == 0) {
        at->rest = sip_message_header(m, "Contact", at->field++);
        if (at->rest.n == 0)
            return false;
    }
    sip_name_addr(&a, v);
    struct rt_str q = sip_param(a.params, "q"), expires = sip_param(a.params, "expires");
    *out = (struct sip_contact){.uri = a.uri,
                                .q = q.p ? qvalue(q) : 1000,
                                .has_expires = expires.p != NULL,
                                .expires = expires.p ? seconds(expires) : 0};
    return true;
}

bool sip_message_seconds(uint32_t *out, const struct sip_message *m, const char *name)
{
    struct rt_str v = sip_message_header(m, name, 0);

    if (v.n == 0)
        return false;
    v = rt_str_cut(&v, ';');
    *out = seconds(rt_str_trim(rt_str_cut(&v, '('))); /* Retry-After may have a comment */
    return true;
}

uint32_t sip_message_cseq(const struct sip_message *m)
{
    struct rt_str v = rt_str_trim(sip_message_header(m, "CSeq", 0));
    uint64_t n = 0;
    size_t i = 0;

    while (i < v.n && isdigit((unsigned char)v.p[i]))
        i++;
    rt_str_u64(&n, (struct rt_str){v.p, i}, UINT32_MAX);
    return (uint32_t)n;
}

void sip_message_list(struct rt_buf *out, const struct sip_message *m, const char *name)
{
    struct rt_str rest, v;

    for (unsigned i = 0; (rest = sip_message_header(m, name, i)).n > 0; i++)
        while ((v = sip_list_next(&rest)).n > 0)
            rt_buf_printf(out, "%s%.*s", out->n > 0 ? ", " : "", RT_STR(v));
}

/* ---- URIs in pieces ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/** The character at the front of `s`, `%41` undone. */
static char take(struct rt_str *s, bool *escaped)
{
    char c = s->p[0];
    size_t n = 1;

    *escaped = c == '%' && s->n >= 3 && hex(s->p[1]) >= 0 && hex(s->p[2]) >= 0;
    if (*escaped) {
        c = (char)(hex(s->p[1]) << 4 | hex(s->p[2]));
        n = 3;
    }
    *s = (struct rt_str){s->p + n, s->n - n};
    return c;
}

/** Equal with escapes undone; an escaped reserved character is not the character itself. */
static bool same_text(struct rt_str a, struct rt_str b, bool any_case)
{
    while (a.n > 0 && b.n > 0) {
        bool ea, eb;
        char x = take(&a, &ea), y = take(&b, &eb);
        if (any_case) {
            x = (char)tolower((unsigned char)x);
            y = (char)tolower((unsigned char)y);
        }
        if (x != y || (ea != eb && strchr(";/?:@&=+$,", x)))
            return false;
    }
    return a.n == b.n;
}

struct pieces {
    struct rt_str scheme, user, host, port, params, headers;
    bool has_user;
};

static void take_apart(struct pieces *out, struct rt_str uri)
{
    *out = (struct pieces){.user = {"", 0}, .port = {"", 0}};
    if (uri.n == 0)
        uri = rt_str("");
    out->scheme = rt_str_cut(&uri, ':');
    const char *at = uri.n > 0 ? memrchr(uri.p, '@', uri.n) : NULL;
    if (at) {
        out->has_user = true;
        out->user = (struct rt_str){uri.p, (size_t)(at - uri.p)};
        uri = (struct rt_str){at + 1, uri.n - out->user.n - 1};
    }
    struct rt_str front = rt_str_cut(&uri, '?');
    out->headers = uri;
    out->host = rt_str_cut(&front, ';');
    out->params = front;
    const char *end = out->host.n > 0 ? memrchr(out->host.p, ']', out->host.n) : NULL;
    size_t skip = end ? (size_t)(end - out->host.p) : 0;
    const char *colon =
        out->host.n > skip ? memchr(out->host.p + skip, ':', out->host.n - skip) : NULL;
    if (colon) {
        size_t n = (size_t)(colon - out->host.p);
        out->port = (struct rt_str){colon + 1, out->host.n - n - 1};
        out->host.n = n;
    }
}

bool sip_uri_user(char *out, size_t cap, struct rt_str uri)
{
    struct pieces p;
    size_t n = 0;
    bool escaped;

    take_apart(&p, uri);
    struct rt_str user = rt_str_cut(&p.user, ';');
    while (user.n > 0 && n + 1 < cap) {
        out[n] = take(&user, &escaped);
        if (out[n++] == '\0')
            n = cap; /* a name that would end early is no name */
    }
    if (n == 0 || n >= cap || user.n > 0) {
        out[0] = '\0';
        return false;
    }
    out[n] = '\0';
    return true;
}

struct rt_str sip_uri_domain(struct rt_str uri)
{
    struct pieces p;

    take_apart(&p, uri);
    if (p.host.n >= 2 && p.host.p[0] == '[')
        return (struct rt_str){p.host.p + 1, p.host.n - 2};
    return p.host;
}

/** Each parameter of `a` that `b` has as well is the same; those that may not stand in one alone do
 * not. */
static bool agree(struct rt_str a, struct rt_str b)
{
    static const char *const both[] = {"user", "ttl", "method", "maddr", "transport"};

    while (a.n > 0) {
        struct rt_str value = rt_str_cut(&a, ';');
        struct rt_str name = rt_str_cut(&value, '=');
        char key[32];
        if (name.n == 0 || !rt_str_copy(key, sizeof key, name))
            continue;
        struct rt_str other = sip_param(b, key);
        if (other.p && !same_text(value, other, true))
            return false;
        for (size_t i = 0; !other.p && i < RT_COUNT(both); i++)
            if (rt_str_caseeq(name, both[i]))
                return false;
    }
    return true;
}

/** The headers of both, whatever their order. */
static bool same_headers(struct rt_str a, struct rt_str b)
{
    size_t in_a = 0, in_b = 0;

    for (struct rt_str r = b; r.n > 0; in_b++)
        rt_str_cut(&r, '&');
    while (a.n > 0) {
        struct rt_str x = rt_str_cut(&a, '&'), rest = b;
        bool found = false;
        while (!found && rest.n > 0)
            found = same_text(x, rt_str_cut(&rest, '&'), true);
        if (!found)
            return false;
        in_a++;
    }
    return in_a == in_b;
}

bool sip_uri_same(struct rt_str a, struct rt_str b)
{
    struct pieces x, y;

    if (a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0))
        return true; /* even one that no rule makes sense of */
    take_apart(&x, a);
    take_apart(&y, b);
    return same_text(x.scheme, y.scheme, true) && x.has_user == y.has_user &&
           same_text(x.user, y.user, false) && same_text(x.host, y.host, true) &&
           same_text(x.port, y.port, false) && agree(x.params, y.params) &&
           agree(y.params, x.params) && same_headers(x.headers, y.headers);
}
