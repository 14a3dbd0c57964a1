/* What one NAPTR record says of a number (RFC 6116 3.4, RFC 3402 3.2, RFC 3403 4.1), and where a
 * URI leads to.
 */
#include "dialplan/enum_priv.h"
#include "dialplan/expr.h"

#include <ctype.h>
#include <errno.h>

#define TOKEN_MAX 32 /* a type or subtype (RFC 6116 3.4.3) */

static const struct {
    const char *text;
    bool malformed;
} verdicts[DP_ENUM_NVERDICTS] = {
    [DP_ENUM_URI] = {"a URI", false},
    [DP_ENUM_REFERENCE] = {"refers to another name", false},
    [DP_ENUM_OTHER_FLAG] = {"an unknown flag", false},
    [DP_ENUM_OTHER_APP] = {"not for ENUM", false},
    [DP_ENUM_OTHER_SERVICE] = {"another service", false},
    [DP_ENUM_PRIVATE] = {"a service of a private network", false},
    [DP_ENUM_NO_MATCH] = {"for other numbers", false},
    [DP_ENUM_BAD_SERVICE] = {"its services cannot be read", true},
    [DP_ENUM_BAD_REGEXP] = {"its regexp is not a substitution that can be used", true},
    [DP_ENUM_BAD_NAME] = {"its replacement is not what it has to be", true},
    [DP_ENUM_BAD_URI] = {"its result is not a URI", true},
    [DP_ENUM_OTHER_SCHEME] = {"a URI that cannot be called", false},
};

const char *dp_enum_verdict_text(enum dp_enum_verdict v)
{
    return verdicts[v].text;
}

bool dp_enum_malformed(enum dp_enum_verdict v)
{
    return verdicts[v].malformed;
}

/* ---- services ---- */

static bool is_token(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-')
            return false;
    return s.n > 0 && s.n <= TOKEN_MAX;
}

static bool same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/** `type:subtype:...` against a word of the plan: the type, and the subtype if the word has one. */
static bool is_wanted(struct rt_str service, const char *word)
{
    struct rt_str subtype = rt_str(word), type = rt_str_cut(&subtype, ':');

    if (!same(rt_str_cut(&service, ':'), type))
        return false;
    if (subtype.n == 0)
        return true;
    while (service.n > 0)
        if (same(rt_str_cut(&service, ':'), subtype))
            return true;
    return false;
}

static enum dp_enum_verdict judge_service(const struct dp_enum_config *cfg, struct rt_str service)
{
    static const char *const usual[] = {"sip"};
    const char *const *wanted = cfg->nservices > 0 ? cfg->service : usual;
    unsigned n = cfg->nservices > 0 ? cfg->nservices : 1;
    struct rt_str rest = service;

    if (service.n == 0 || service.p[service.n - 1] == ':')
        return DP_ENUM_BAD_SERVICE;
    while (rest.n > 0)
        if (!is_token(rt_str_cut(&rest, ':')))
            return DP_ENUM_BAD_SERVICE;
    if (service.n > 1 && strncasecmp(service.p, "P-", 2) == 0 && !cfg->private_net)
        return DP_ENUM_PRIVATE;
    for (unsigned i = 0; i < n; i++)
        if (is_wanted(service, wanted[i]))
            return DP_ENUM_URI;
    return DP_ENUM_OTHER_SERVICE;
}

/** `E2U+sip+voice:tel`, or as it was before RFC 3761, `sip+E2U`: leaves the services alone. */
static bool take_application(struct rt_str *s)
{
    static const size_t len = 3;

    if (s->n < len)
        return false;
    if (strncasecmp(s->p, "E2U", len) == 0 && (s->n == len || s->p[len] == '+')) {
        *s = (struct rt_str){s->p + len, s->n - len};
        if (s->n > 0)
            *s = (struct rt_str){s->p + 1, s->n - 1};
        return true;
    }
    if (s->n == len || strncasecmp(s->p + s->n - len - 1, "+E2U", len + 1) != 0)
        return false;
    s->n -= len + 1;
    return true;
}

/** DP_ENUM_URI: one of the services is wanted. What we do not know beside it does not matter, but
 * one of a private network does. */
static enum dp_enum_verdict judge_services(const struct dp_enum_config *cfg, const char *field)
{
    struct rt_str rest = rt_str(field);
    bool wanted = false, bad = false, more;

    if (!take_application(&rest))
        return DP_ENUM_OTHER_APP;
    do {
        const char *end = rest.p + rest.n;
        struct rt_str service = rt_str_cut(&rest, '+');
        more = service.p + service.n < end;
        enum dp_enum_verdict v = judge_service(cfg, service);
        if (v == DP_ENUM_PRIVATE)
            return v;
        wanted = wanted || v == DP_ENUM_URI;
        bad = bad || v == DP_ENUM_BAD_SERVICE;
    } while (more);
    return wanted ? DP_ENUM_URI : bad ? DP_ENUM_BAD_SERVICE : DP_ENUM_OTHER_SERVICE;
}

/* ---- the substitution ---- */

struct substitution {
    char ere[256], repl[256];
    struct rt_str flags;
};

/** Takes the text up to the next delimiter that no backslash escapes. Escaped, it stands for itself
 * and in an expression for no operator. False: there is no delimiter. */
static bool take_field(char *out, struct rt_str *rest, char delim, bool ere)
{
    bool operator_ = ere && strchr(".[](){}*+?|^$", delim) != NULL;
    size_t n = 0;

    for (size_t i = 0; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == delim) {
            out[n] = '\0';
            *rest = (struct rt_str){rest->p + i + 1, rest->n - i - 1};
            return true;
        }
        bool pair = c == '\\' && i + 1 < rest->n;
        if (!pair || rest->p[i + 1] != delim || operator_)
            out[n++] = c;
        if (pair)
            out[n++] = rest->p[++i];
    }
    return false;
}

/** Exactly three delimiters, and nothing but `i` behind the last. */
static bool read_substitution(struct substitution *s, const char *regexp)
{
    struct rt_str rest = rt_str(regexp);

    if (rest.n == 0 || rest.n >= sizeof s->ere)
        return false;
    char delim = *rest.p;
    if ((delim >= '1' && delim <= '9') || delim == 'i' || delim == 'I' || delim == '\\')
        return false;
    rest = (struct rt_str){rest.p + 1, rest.n - 1};
    if (!take_field(s->ere, &rest, delim, true) || !take_field(s->repl, &rest, delim, false))
        return false;
    s->flags = rest;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] != 'i' && rest.p[i] != 'I')
            return false;
    return true;
}

/** The result is what the replacement says; the number around a match is no part of it. Case is no
 * matter: numbers have none. */
static enum dp_enum_verdict substitute(char out[DP_ENUM_URI_LEN], const char *regexp,
                                       const char *aus)
{
    struct substitution s;
    struct dp_expr_groups groups;
    struct dp_expr *e;
    const char *why;

    if (!read_substitution(&s, regexp) || dp_expr_new(&e, rt_str(s.ere), 0, &why) != 0)
        return DP_ENUM_BAD_REGEXP;
    enum dp_enum_verdict v = DP_ENUM_NO_MATCH;
    if (dp_expr_exec(e, rt_str(aus), &groups) == 0) {
        int err = dp_expr_replace(out, DP_ENUM_URI_LEN, rt_str(s.repl), &groups, DP_EXPR_DDDS);
        v = err == 0 ? DP_ENUM_URI : err == E2BIG ? DP_ENUM_BAD_URI : DP_ENUM_BAD_REGEXP;
    }
    dp_expr_free(e);
    return v;
}

/* ---- the URI ---- */

static const struct {
    const char *name;
    enum dp_enum_scheme scheme;
} schemes[] = {{"sip", DP_ENUM_SIP}, {"sips", DP_ENUM_SIPS}, {"tel", DP_ENUM_TEL}};

static bool is_scheme(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && (i == 0 || !strchr("+-.", s.p[i])))
            return false;
    return s.n > 0 && isalpha((unsigned char)s.p[0]);
}

/** Characters of RFC 3986 without `#`: an absolute URI has no fragment. */
static bool has_uri_characters(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%'
                ? rt_str_escape(s, i) < 0
                : !isalnum((unsigned char)s.p[i]) && !strchr("-._~:/?[]@!$&'()*+,;=", s.p[i]))
            return false;
    }
    return s.n > 0;
}

static size_t span(struct rt_str s, const char *set)
{
    size_t n = 0;

    while (n < s.n && memchr(set, s.p[n], strlen(set)))
        n++;
    return n;
}

/** What follows the user of a sip: URI; empty: it is no such URI, or has more than one `@`. */
static struct rt_str after_user(struct rt_str uri)
{
    struct rt_str none = {uri.p, 0}, rest = uri, scheme = rt_str_cut(&rest, ':');

    if (!rt_str_caseeq(scheme, "sip") && !rt_str_caseeq(scheme, "sips"))
        return none;
    const char *user_end = rest.n > 0 ? memchr(rest.p, '@', rest.n) : NULL;
    if (!user_end)
        return rest;
    rest = (struct rt_str){user_end + 1, rest.n - (size_t)(user_end + 1 - rest.p)};
    return rest.n > 0 && memchr(rest.p, '@', rest.n) ? none : rest;
}

/** Takes `host` or `[address]` and a port off the front. False: there is no host, or what follows
 * is neither port nor parameter. */
static bool take_host(struct rt_str *host, struct rt_str *rest)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    bool bracket = rest->n > 0 && rest->p[0] == '[';
    struct rt_str s = {rest->p + bracket, rest->n - bracket};

    *host = (struct rt_str){s.p, span(s, bracket ? "0123456789abcdefABCDEF:." : name)};
    s = (struct rt_str){s.p + host->n, s.n - host->n};
    if (host->n == 0 || (bracket && (s.n == 0 || s.p[0] != ']')))
        return false;
    s = (struct rt_str){s.p + bracket, s.n - bracket};
    if (s.n > 0 && s.p[0] == ':') {
        struct rt_str digits = {s.p + 1, s.n - 1};
        uint64_t port;
        digits.n = span(digits, "0123456789");
        if (rt_str_u64(&port, digits, UINT16_MAX) != 0 || port == 0)
            return false;
        s = (struct rt_str){s.p + 1 + digits.n, s.n - 1 - digits.n};
    }
    *rest = s;
    return s.n == 0 || s.p[0] == ';' || s.p[0] == '?';
}

struct rt_str dp_enum_host(struct rt_str uri)
{
    struct rt_str rest = after_user(uri), host;

    return take_host(&host, &rest) ? host : (struct rt_str){uri.p, 0};
}

static enum dp_enum_verdict judge_uri(struct dp_enum_uri *u, unsigned allowed)
{
    struct rt_str uri = rt_str(u->text), rest = uri, scheme = rt_str_cut(&rest, ':');
    struct dp_number number;

    if (!is_scheme(scheme) || !has_uri_characters(rest))
        return DP_ENUM_BAD_URI;
    u->scheme = 0;
    for (size_t i = 0; i < RT_COUNT(schemes); i++)
        if (rt_str_caseeq(scheme, schemes[i].name))
            u->scheme = schemes[i].scheme;
    if (!(u->scheme & (allowed ? allowed : ~0u)))
        return DP_ENUM_OTHER_SCHEME;
    bool valid =
        u->scheme == DP_ENUM_TEL ? dp_number_from_uri(&number, uri) == 0 : dp_enum_host(uri).n > 0;
    return valid ? DP_ENUM_URI : DP_ENUM_BAD_URI;
}

/* ---- a record ---- */

static bool is_root(const char *replacement)
{
    return replacement[0] == '\0' || strcmp(replacement, ".") == 0;
}

enum dp_enum_verdict dp_enum_judge(struct dp_enum_uri *out, const struct dp_enum_config *cfg,
                                   const char *aus, const struct rt_dns_naptr *record)
{
    char name[RT_DNS_NAME_LEN];

    if (record->flags[0] == '\0')
        return dp_enum_name_read(name, rt_str(record->replacement)) ? DP_ENUM_REFERENCE
                                                                    : DP_ENUM_BAD_NAME;
    if (!rt_str_caseeq(rt_str(record->flags), "u"))
        return DP_ENUM_OTHER_FLAG;
    enum dp_enum_verdict v = judge_services(cfg, record->service);
    if (v != DP_ENUM_URI)
        return v;
    if (!is_root(record->replacement))
        return DP_ENUM_BAD_NAME;
    v = substitute(out->text, record->regexp, aus);
    out->order = record->order;
    out->preference = record->preference;
    return v == DP_ENUM_URI ? judge_uri(out, cfg->schemes) : v;
}

/* ---- domains ---- */

static struct rt_str without_dot(struct rt_str s)
{
    if (s.n > 1 && s.p[s.n - 1] == '.')
        s.n--;
    return s;
}

bool dp_enum_domain_ok(struct rt_str host, const char *const *list, unsigned n)
{
    host = without_dot(host);
    for (unsigned i = 0; i < n; i++) {
        struct rt_str want = without_dot(rt_str(list[i]));
        bool below = want.n > 2 && want.p[0] == '*' && want.p[1] == '.';
        if (!below && host.n > 0 && same(host, want))
            return true;
        if (!below || host.n < want.n) /* at least one character stands for the asterisk */
            continue;
        want = (struct rt_str){want.p + 1, want.n - 1};
        if (same((struct rt_str){host.p + host.n - want.n, want.n}, want))
            return true;
    }
    return false;
}

bool dp_enum_uri_ok(struct rt_str uri, const char *const *list, unsigned n)
{
    struct rt_str rest = after_user(uri), host;

    if (!take_host(&host, &rest) || !dp_enum_domain_ok(host, list, n))
        return false;
    rest = rt_str_cut(&rest, '?');
    while (rest.n > 0) {
        struct rt_str value = rt_str_cut(&rest, ';'), name = rt_str_cut(&value, '=');
        size_t n_host = value.n; /* without a port */
        if (!rt_str_caseeq(name, "maddr"))
            continue;
        if (n_host > 2 && value.p[0] == '[')
            n_host -= 2;
        if (!take_host(&host, &value) || host.n != n_host || !dp_enum_domain_ok(host, list, n))
            return false;
    }
    return true;
}
