/* URIs split at their delimiters. Nothing is copied and nothing unescaped: a slice of the URI is
 * what its writer meant, and `%40` is no `@`. */
#include "sip/uri.h"
#include "sip/value.h"

#include <ctype.h>
#include <errno.h>

static const char *const schemes[] = {
    [SIP_SCHEME_SIP] = "sip", [SIP_SCHEME_SIPS] = "sips", [SIP_SCHEME_TEL] = "tel"};

/* What a part allows besides letters, digits and `mark` (RFC 3261 25.1: user-unreserved,
 * param-unreserved, hnv-unreserved). The `;` and `=` of a user part separate there: they are
 * escaped within a name. */
static const char mark[] = "-_.!~*'()";
static const char *const allowed[] = {
    [SIP_URI_USER] = "&+$,/?",
    [SIP_URI_PARAM] = "[]/:&+$",
    [SIP_URI_HEADER] = "[]/?:+$",
};

static const struct rt_str nothing = {NULL, 0};

/* ---- reading ---- */

/** No control character, no space, nothing beyond ASCII, and none of `<>"`. */
static bool is_plain(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("<>\"", s.p[i]))
            return false;
    return true;
}

/** Host and port; an IPv6 address keeps its brackets. */
static int read_host(struct sip_uri *out, struct rt_str s)
{
    out->host = s;
    if (s.n > 0 && s.p[0] == '[') {
        const char *close = memchr(s.p, ']', s.n);
        if (!close)
            return EINVAL;
        out->host.n = (size_t)(close + 1 - s.p);
        struct rt_str rest = {close + 1, s.n - out->host.n};
        if (rest.n > 0 && rest.p[0] != ':')
            return EINVAL;
        if (rest.n > 0)
            out->port = (struct rt_str){rest.p + 1, rest.n - 1};
    } else {
        out->port = s;
        out->host = rt_str_cut(&out->port, ':');
    }
    return out->host.n > 0 ? 0 : EINVAL;
}

/** `user;params:password`. Parameters of a number may hold a `:`, so a password is only looked for
 * where there are none. */
static void read_user(struct sip_uri *out, struct rt_str s)
{
    out->user_params = s;
    out->user = rt_str_cut(&out->user_params, ';');
    if (memchr(out->user.p, ':', out->user.n)) {
        out->password = out->user;
        out->user = rt_str_cut(&out->password, ':');
    }
}

static int read_sip(struct sip_uri *out, struct rt_str rest)
{
    const char *at = rest.n > 0 ? memrchr(rest.p, '@', rest.n) : NULL;

    if (at) {
        struct rt_str user = {rest.p, (size_t)(at - rest.p)};
        rest = (struct rt_str){at + 1, rest.n - user.n - 1};
        read_user(out, user);
        if (out->user.n == 0)
            return EINVAL;
    }
    out->headers = rest;
    out->params = rt_str_cut(&out->headers, '?');
    struct rt_str host = rt_str_cut(&out->params, ';');
    return read_host(out, host);
}

int sip_uri_read(struct sip_uri *out, struct rt_str text)
{
    struct rt_str rest = rt_str_trim(text);

    memset(out, 0, sizeof *out);
    if (!is_plain(rest))
        return EINVAL;
    struct rt_str scheme = rt_str_cut(&rest, ':');
    for (size_t i = 0; i < RT_COUNT(schemes); i++) {
        if (!rt_str_caseeq(scheme, schemes[i]))
            continue;
        out->scheme = (enum sip_scheme)i;
        if (i != SIP_SCHEME_TEL)
            return read_sip(out, rest);
        out->user_params = rest;
        out->user = rt_str_cut(&out->user_params, ';');
        return out->user.n > 0 ? 0 : EINVAL;
    }
    return EINVAL;
}

struct rt_str sip_uri_param(const struct sip_uri *u, const char *name)
{
    return sip_param(u->params, name);
}

struct rt_str sip_uri_phone_param(const struct sip_uri *u, const char *name)
{
    struct rt_str v = sip_param(u->user_params, name);

    return v.p ? v : sip_uri_param(u, name);
}

struct rt_str sip_uri_header(const struct sip_uri *u, const char *name)
{
    struct rt_str rest = u->headers;

    while (rest.n > 0) {
        struct rt_str value = rt_str_cut(&rest, '&'), key = rt_str_cut(&value, '=');
        if (rt_str_caseeq(key, name))
            return value;
    }
    return nothing;
}

/* ---- writing ---- */

static void put_part(struct rt_buf *out, const char *before, struct rt_str s)
{
    if (s.n == 0)
        return;
    rt_buf_puts(out, before);
    rt_buf_put(out, s.p, s.n);
}

void sip_uri_write(struct rt_buf *out, const struct sip_uri *u)
{
    rt_buf_puts(out, schemes[u->scheme]);
    put_part(out, ":", u->user);
    put_part(out, ":", u->password); /* where there is one there are no parameters after it */
    put_part(out, ";", u->user_params);
    if (u->scheme == SIP_SCHEME_TEL)
        return;
    put_part(out, u->user.n > 0 ? "@" : ":", u->host);
    put_part(out, ":", u->port);
    put_part(out, ";", u->params);
    put_part(out, "?", u->headers);
}

/* ---- escapes ---- */

int sip_uri_unescape(char *out, size_t cap, struct rt_str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        int c = s.p[i] == '%' ? rt_str_escape(s, i) : (unsigned char)s.p[i];
        out[n] = '\0';
        if (c <= 0)
            return EINVAL;
        if (n + 1 == cap)
            return E2BIG;
        if (s.p[i] == '%')
            i += 2;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return 0;
}

static bool may_stand(char c, enum sip_uri_part part)
{
    return c != '\0' && (isalnum((unsigned char)c) || strchr(mark, c) || strchr(allowed[part], c));
}

int sip_uri_escape(char *out, size_t cap, struct rt_str s, enum sip_uri_part part)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = may_stand(s.p[i], part);
        out[n] = '\0';
        if (n + (plain ? 1 : 3) >= cap)
            return E2BIG;
        if (plain) {
            out[n++] = s.p[i];
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[c >> 4];
        out[n++] = digits[c & 15];
    }
    out[n] = '\0';
    return 0;
}

bool sip_uri_fits(struct rt_str s, enum sip_uri_part part)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%' ? rt_str_escape(s, i) <= 0 : !may_stand(s.p[i], part))
            return false;
        i += s.p[i] == '%' ? 2 : 0;
    }
    return true;
}
