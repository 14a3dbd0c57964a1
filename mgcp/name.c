/* Names of endpoints: terms between slashes, each a text, a wildcard, or a text that ends with a
 * range of numbers (RFC 3435 2.1.2, appendix E.5).
 */
#include "mgcp/name.h"
#include "gw/rt/net.h"

#include <errno.h>
#include <stdlib.h>

#define NAME_LEN  255
#define RANGE_LEN 128 /* appendix E.5: a range is bounded to a reasonably small value */
#define HIGHEST   999999999

/* ---- terms ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

static struct rt_str from(struct rt_str s, size_t at)
{
    return (struct rt_str){s.p + at, s.n - at};
}

/** Takes the first term off a name, and the slash after it. False: none is left. */
static bool next_term(struct rt_str *term, struct rt_str *rest)
{
    if (!rest->p)
        return false;
    *term = rt_str_cut(rest, '/');
    if (rest->n == 0 && rest->p == term->p + term->n) /* no slash was there */
        rest->p = NULL;
    return true;
}

static bool is_wildcard(struct rt_str term)
{
    return rt_str_eq(term, "*") || rt_str_eq(term, "$");
}

/** The text before a term's range, and what is between its brackets. False: it has none. */
static bool split_range(struct rt_str term, struct rt_str *stem, struct rt_str *range)
{
    const char *open = term.n > 0 ? memchr(term.p, '[', term.n) : NULL;

    if (!open || term.p[term.n - 1] != ']')
        return false;
    size_t at = (size_t)(open - term.p);
    *stem = (struct rt_str){term.p, at};
    *range = (struct rt_str){open + 1, term.n - at - 2};
    return true;
}

/** Takes `1-15` or `17` off the front of a range. */
static int next_span(struct rt_str *range, uint64_t *low, uint64_t *high)
{
    struct rt_str upto = rt_str_cut(range, ','), first = upto;
    const char *dash = upto.n > 0 ? memchr(upto.p, '-', upto.n) : NULL;

    if (dash)
        first = rt_str_cut(&upto, '-');
    if (rt_str_u64(low, first, HIGHEST) != 0 || rt_str_u64(high, upto, HIGHEST) != 0)
        return EINVAL;
    return *low <= *high ? 0 : EINVAL;
}

static bool range_ok(struct rt_str range)
{
    uint64_t low, high;

    if (range.n == 0 || range.n > RANGE_LEN || range.p[range.n - 1] == ',')
        return false;
    while (range.n > 0)
        if (next_span(&range, &low, &high) != 0)
            return false;
    return true;
}

/** The number that `digits` is, without leading zeros (appendix E.1). */
static bool number_of(uint64_t *out, struct rt_str digits)
{
    if (digits.n > 1 && digits.p[0] == '0')
        return false;
    return rt_str_u64(out, digits, HIGHEST) == 0;
}

static bool in_range(struct rt_str range, struct rt_str digits)
{
    uint64_t n, low, high;

    if (!number_of(&n, digits))
        return false;
    while (range.n > 0 && next_span(&range, &low, &high) == 0)
        if (n >= low && n <= high)
            return true;
    return false;
}

static bool term_matches(struct rt_str wild, struct rt_str term)
{
    struct rt_str stem, range;

    if (is_wildcard(wild))
        return true;
    if (!split_range(wild, &stem, &range))
        return same(wild, term);
    return term.n > stem.n && same(stem, (struct rt_str){term.p, stem.n}) &&
           in_range(range, from(term, stem.n));
}

/* ---- whole names ---- */

/** Printable, and no delimiter, wildcard or bracket. */
static bool plain(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("*$/@[", s.p[i]))
            return false;
    return true;
}

static bool term_ok(struct rt_str term, bool *all, bool *any)
{
    struct rt_str stem, range;

    *any = *any || rt_str_eq(term, "$");
    *all = *all || rt_str_eq(term, "*");
    if (is_wildcard(term))
        return true;
    if (!split_range(term, &stem, &range))
        return term.n > 0 && plain(term);
    *all = true;
    return plain(stem) && range_ok(range);
}

int mgcp_name_check(struct rt_str local, enum mgcp_wildcard *kind)
{
    bool all = false, any = false;
    struct rt_str term;

    if (local.n == 0 || local.n > NAME_LEN)
        return EINVAL;
    while (next_term(&term, &local))
        if (!term_ok(term, &all, &any))
            return EINVAL;
    *kind = any ? MGCP_ANY : all ? MGCP_ALL : MGCP_ONE;
    return 0;
}

bool mgcp_name_matches(struct rt_str local, struct rt_str name)
{
    struct rt_str wild = {"", 0}, term;

    while (next_term(&wild, &local))
        if (!next_term(&term, &name) || !term_matches(wild, term))
            return false;
    return !name.p || is_wildcard(wild);
}

static bool host_ok(struct rt_str host)
{
    bool dot = true; /* a label begins */

    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool letter = is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && c != '-' && (c != '.' || dot))
            return false;
        dot = c == '.';
    }
    return host.n > 0;
}

bool mgcp_domain_check(struct rt_str domain)
{
    union rt_addr address;
    uint64_t number;

    if (domain.n == 0 || domain.n > NAME_LEN)
        return false;
    if (domain.p[0] == '#')
        return rt_str_u64(&number, from(domain, 1), UINT64_MAX) == 0;
    if (domain.p[0] != '[')
        return host_ok(domain);
    if (domain.p[domain.n - 1] != ']' || memchr(domain.p + 1, '[', domain.n - 1))
        return false;
    struct rt_str inside = {domain.p + 1, domain.n - 2};
    return rt_addr_parse(&address, inside.p, inside.n, 0) == 0 && rt_addr_port(&address) == 0;
}

bool mgcp_name_nth(char *out, size_t cap, const char *prefix, unsigned n)
{
    char room[RT_DECIMAL_LEN];
    struct rt_str piece[] = {rt_str(prefix), rt_str("/"), rt_decimal(room, n)};

    rt_str_join(out, cap, piece, RT_COUNT(piece));
    return piece[0].n + piece[1].n + piece[2].n < cap;
}

/* ---- many names by one ---- */

/** Octets of the leading terms that all names share, with the slash after them. */
static size_t shared_terms(const char *const *name, unsigned n)
{
    size_t shared = strlen(name[0]);

    for (unsigned i = 1; i < n; i++) {
        size_t k = 0;
        while (k < shared && name[i][k] && strncasecmp(name[i] + k, name[0] + k, 1) == 0)
            k++;
        shared = k;
    }
    while (shared > 0 && name[0][shared - 1] != '/')
        shared--;
    return shared;
}

static bool names_none_of(const char *wild, const char *const *other, unsigned m)
{
    for (unsigned i = 0; i < m; i++)
        if (mgcp_name_matches(rt_str(wild), rt_str(other[i])))
            return false;
    return true;
}

static int by_value(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/** Writes sorted numbers as `1-5,7`. */
static void put_spans(struct rt_buf *b, const unsigned *number, unsigned n)
{
    for (unsigned i = 0, last; i < n; i = last + 1) {
        for (last = i; last + 1 < n && number[last + 1] <= number[last] + 1;)
            last++;
        rt_buf_puts(b, i > 0 ? "," : "");
        rt_buf_put_u64(b, number[i]);
        if (number[last] == number[i])
            continue;
        rt_buf_puts(b, "-");
        rt_buf_put_u64(b, number[last]);
    }
}

/** The names' terms at octet `at`: `stem` octets that all share and a number each. False where they
 * are not so. `*deep`: terms follow, in all of them. */
static bool take_numbers(unsigned *number, size_t *stem, bool *deep, const char *const *name,
                         unsigned n, size_t at)
{
    for (unsigned i = 0; i < n; i++) {
        struct rt_str rest = rt_str(name[i] + at), term;
        uint64_t value;
        if (!next_term(&term, &rest))
            return false;
        size_t digits = term.n;
        while (digits > 0 && is_digit(term.p[digits - 1]))
            digits--;
        if (i == 0) {
            *stem = digits;
            *deep = rest.p != NULL;
        }
        if (digits != *stem || (rest.p != NULL) != *deep ||
            strncasecmp(name[i] + at, name[0] + at, digits) != 0 ||
            !number_of(&value, from(term, digits)))
            return false;
        number[i] = (unsigned)value;
    }
    return true;
}

/** `aaln/[1-5,7]`, or of a term before the last `ds/ds1-[1-2]/`, and a star. */
static void put_range(struct rt_buf *b, const char *const *name, unsigned n, size_t at)
{
    unsigned *number = malloc(n * sizeof *number);
    size_t stem = 0;
    bool deep = false;

    if (number && take_numbers(number, &stem, &deep, name, n, at)) {
        qsort(number, n, sizeof *number, by_value);
        rt_buf_put(b, name[0], at + stem);
        rt_buf_puts(b, "[");
        put_spans(b, number, n);
        rt_buf_puts(b, deep ? "]/*" : "]");
    }
    free(number);
}

/** Takes the candidate when it is a name and does not say too much. */
static bool settle(char *out, size_t cap, struct rt_buf *b, const char *const *other, unsigned m)
{
    struct rt_str s = rt_buf_str(b);
    enum mgcp_wildcard kind;

    return !b->failed && s.n < cap && mgcp_name_check(s, &kind) == 0 &&
           names_none_of(s.p, other, m) && rt_str_copy(out, cap, s);
}

bool mgcp_name_merge(char *out, size_t cap, const char *const *name, unsigned n,
                     const char *const *other, unsigned m, bool ranges)
{
    struct rt_buf b = {.p = NULL};

    if (n == 0)
        return false;
    size_t at = shared_terms(name, n);
    rt_buf_put(&b, name[0], n == 1 ? strlen(name[0]) : at);
    rt_buf_puts(&b, n == 1 ? "" : "*");
    bool found = settle(out, cap, &b, other, m);
    if (!found && n > 1 && ranges) {
        rt_buf_reset(&b);
        put_range(&b, name, n, at);
        found = settle(out, cap, &b, other, m);
    }
    rt_buf_release(&b);
    return found;
}

/* ---- notified entities ---- */

/** Takes `:port` off the end of a domain. */
static int take_port(struct mgcp_entity *e, struct rt_str *domain)
{
    size_t end = domain->n;
    uint64_t port;

    while (end > 0 && domain->p[end - 1] != ':' && domain->p[end - 1] != ']')
        end--;
    if (end == 0 || domain->p[end - 1] == ']')
        return end == 0 || end == domain->n ? 0 : EINVAL;
    if (rt_str_u64(&port, from(*domain, end), 65535) != 0 || port == 0)
        return EINVAL;
    e->port = (unsigned)port;
    domain->n = end - 1;
    return 0;
}

int mgcp_entity_read(struct mgcp_entity *out, struct rt_str text)
{
    struct mgcp_entity e = {.local = {"", 0}};
    struct rt_str domain = rt_str_trim(text);
    const char *sign = domain.n > 0 ? memchr(domain.p, '@', domain.n) : NULL;
    enum mgcp_wildcard kind = MGCP_ONE;

    if (sign) {
        e.local = rt_str_cut(&domain, '@');
        if (mgcp_name_check(e.local, &kind) != 0 || kind != MGCP_ONE)
            return EINVAL;
    }
    if (take_port(&e, &domain) != 0 || !mgcp_domain_check(domain))
        return EINVAL;
    e.host = domain;
    if (domain.p[0] == '[')
        e.host = (struct rt_str){domain.p + 1, domain.n - 2};
    *out = e;
    return 0;
}
