/* Contact values, and URIs compared (RFC 3261 19.1.4). */
#include "sip/contact.h"
#include "sip/text.h"
#include "sip/uri.h"

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

/** The character at the front of `s`, `%41` undone. */
static char take(struct rt_str *s, bool *escaped)
{
    int octet = rt_str_escape(*s, 0);
    size_t n = octet >= 0 ? 3 : 1;
    char c = octet >= 0 ? (char)octet : s->p[0];

    *escaped = octet >= 0;
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

bool sip_uri_user(char *out, size_t cap, struct rt_str uri)
{
    struct sip_uri u;

    out[0] = '\0';
    if (sip_uri_read(&u, uri) != 0 || u.user.n == 0)
        return false;
    if (sip_uri_unescape(out, cap, u.user) == 0)
        return true;
    out[0] = '\0'; /* a name that is cut is another one */
    return false;
}

struct rt_str sip_uri_domain(struct rt_str uri)
{
    struct sip_uri u;

    if (sip_uri_read(&u, uri) != 0)
        return rt_str("");
    if (u.host.n >= 2 && u.host.p[0] == '[')
        return (struct rt_str){u.host.p + 1, u.host.n - 2};
    return u.host;
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
    struct sip_uri x, y;

    if (a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0))
        return true; /* even one that no rule makes sense of */
    if (sip_uri_read(&x, a) != 0 || sip_uri_read(&y, b) != 0)
        return false;
    return x.scheme == y.scheme && same_text(x.user, y.user, false) &&
           same_text(x.user_params, y.user_params, false) &&
           same_text(x.password, y.password, false) && same_text(x.host, y.host, true) &&
           same_text(x.port, y.port, false) && agree(x.params, y.params) &&
           agree(y.params, x.params) && same_headers(x.headers, y.headers);
}
