/* Number patterns (docs/configuration.md): `112`, `+49*`, `1xx`, `[2-9]xx`, `+49309[00..99]`,
 * `*21*`, `*`, and the country's sets. A pattern is a row of digit sets, at most one counting
 * range, and whether more may follow.
 */
#include "dialplan/pattern.h"

#include <errno.h>
#include <stdlib.h>

static const char alphabet[] = "0123456789*#ABCD";

#define ALL_DECIMAL 0x3ff

/** The bit of one dialled digit; 0: none. */
static uint16_t bit_of(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (uint16_t)(1u << (at - alphabet)) : 0;
}

static bool single(uint16_t mask)
{
    return (mask & (mask - 1)) == 0;
}

/* ---- reading ---- */

struct cursor {
    struct rt_str s;
    struct dp_pattern *p;
    const char *why;
};

static void push(struct cursor *c, uint16_t mask)
{
    if (c->p->n == DP_DIGITS_MAX)
        c->why = "is too long";
    else if (c->p->plus && (mask & ~ALL_DECIMAL))
        c->why = "has a key that no E.164 number has: only a final * is a wildcard";
    else
        c->p->mask[c->p->n++] = mask;
}

static char next(struct cursor *c)
{
    char ch = c->s.n > 0 ? c->s.p[0] : '\0';

    if (c->s.n > 0) {
        c->s.p++;
        c->s.n--;
    }
    return ch;
}

/** The digits from `low` to `high`. */
static uint16_t between(char low, char high)
{
    uint16_t mask = 0;

    for (char d = low; d <= high; d++)
        mask |= bit_of(d);
    return mask;
}

/** Notes the range at the current position when it needs counting: more than one digit wide. */
static void push_range(struct cursor *c, struct rt_str low, struct rt_str high)
{
    struct dp_pattern *p = c->p;

    if (low.n == 1) {
        push(c, between(low.p[0], high.p[0]));
        return;
    }
    if (low.n > 0 && p->width > 0) {
        c->why = "has two ranges: one is enough for any block";
        return;
    }
    if (low.n > 0) {
        rt_str_u64(&p->low, low, UINT64_MAX);
        rt_str_u64(&p->high, high, UINT64_MAX);
        p->at = p->n;
        p->width = (unsigned)low.n;
    }
    for (size_t i = 0; i < low.n; i++)
        push(c, ALL_DECIMAL);
}

/** `[00..99]`: both ends of one length, low to high. Digits both ends share are plain digits, and
 * a tail from 0 to 9 is plain x's, so that one set of numbers has one form. */
static void read_range(struct cursor *c, struct rt_str body)
{
    struct rt_str rest = body, low = rt_str_cut(&rest, '.');
    struct rt_str high = {rest.p + 1, rest.n > 0 ? rest.n - 1 : 0};
    uint64_t from, to;
    size_t tail = 0;

    if (low.n != high.n || low.n == 0 || low.n > 15 || rt_str_u64(&from, low, UINT64_MAX) != 0 ||
        rt_str_u64(&to, high, UINT64_MAX) != 0 || from > to) {
        c->why = "has a range whose ends are not of one length, low to high";
        return;
    }
    for (; low.n > 0 && low.p[0] == high.p[0]; low.p++, low.n--, high.p++, high.n--)
        push(c, bit_of(low.p[0]));
    for (; low.n > 0 && low.p[low.n - 1] == '0' && high.p[high.n - 1] == '9'; low.n--, high.n--)
        tail++;
    push_range(c, low, high);
    while (tail-- > 0)
        push(c, ALL_DECIMAL);
}

/** `[2-9]`, `[135]`: one digit of a class. */
static void read_class(struct cursor *c, struct rt_str body)
{
    uint16_t mask = 0;

    for (size_t i = 0; i < body.n; i++) {
        char from = body.p[i], to = from;
        if (i + 2 < body.n && body.p[i + 1] == '-') {
            to = body.p[i + 2];
            i += 2;
        }
        if (!bit_of(from) || !bit_of(to) || from > to) {
            c->why = "has a class that is not like [2-9] or [135]";
            return;
        }
        mask |= between(from, to);
    }
    if (mask == 0)
        c->why = "has an empty class";
    else
        push(c, mask);
}

static void read_bracket(struct cursor *c)
{
    const char *close = memchr(c->s.p, ']', c->s.n);

    if (!close) {
        c->why = "has a [ without ]";
        return;
    }
    struct rt_str body = rt_str_cut(&c->s, ']');
    if (memmem(body.p, body.n, "..", 2))
        read_range(c, body);
    else
        read_class(c, body);
}

static void read_char(struct cursor *c, char ch)
{
    if (ch == '[') {
        read_bracket(c);
    } else if (ch == 'x') {
        push(c, ALL_DECIMAL);
    } else if (ch == '*' && c->s.n == 0) {
        c->p->prefix = true; /* only a final * is a wildcard */
    } else if (ch == '\\') {
        ch = next(c);
        if (bit_of(ch))
            push(c, bit_of(ch));
        else
            c->why = "has a \\ before what is no digit";
    } else if (ch == '-' && c->p->n > 0 && c->s.n > 0) {
        return; /* a visual separator */
    } else if (bit_of(ch)) {
        push(c, bit_of(ch));
    } else {
        c->why = "is not a number pattern";
    }
}

static void count(struct dp_pattern *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        bool counting = p->width > 0 && i >= p->at && i < p->at + p->width;
        if (single(p->mask[i]))
            p->fixed++;
        else if (counting || p->mask[i] != ALL_DECIMAL)
            p->ranged++;
    }
}

static void read_pattern(struct cursor *c)
{
    c->p->cls = dp_class_parse(c->s);
    if (c->p->cls != DP_CLASSES)
        return;
    if (c->s.n > 0 && c->s.p[0] == '+') {
        c->p->plus = true;
        next(c);
    }
    while (c->s.n > 0 && !c->why)
        read_char(c, next(c));
    if (!c->why && c->p->n == 0 && (!c->p->prefix || c->p->plus))
        c->why = "is not a number pattern";
    count(c->p);
}

int dp_pattern_new(struct dp_pattern **out, struct rt_str text, const char **why)
{
    struct dp_pattern *p = calloc(1, sizeof *p);

    *why = "out of memory";
    if (!p || !(p->text = rt_str_dup(text))) {
        free(p);
        return ENOMEM;
    }
    struct cursor c = {text, p, NULL};
    read_pattern(&c);
    *why = c.why;
    if (c.why) {
        dp_pattern_free(p);
        return EINVAL;
    }
    *out = p;
    return 0;
}

void dp_pattern_free(struct dp_pattern *p)
{
    if (!p)
        return;
    free(p->text);
    free(p);
}

const char *dp_pattern_text(const struct dp_pattern *p)
{
    return p->text;
}

/* ---- matching ---- */

/** Whether the digits the range covers, as far as they go, can still lie in it. */
static bool range_holds(const struct dp_pattern *p, const char *digits, size_t len)
{
    uint64_t low = 0, span = 1;
    size_t have = len > p->at ? len - p->at : 0;

    if (p->width == 0)
        return true;
    if (have > p->width)
        have = p->width;
    for (size_t i = 0; i < p->width; i++) {
        low = low * 10 + (i < have ? (uint64_t)(digits[p->at + i] - '0') : 0);
        if (i >= have)
            span *= 10;
    }
    return low <= p->high && low + span - 1 >= p->low;
}

static enum dp_fit fit_digits(const struct dp_pattern *p, const struct dp_number *n)
{
    size_t len = strlen(n->digits);

    if (n->e164 != p->plus && (p->n > 0 || p->plus))
        return DP_NO;
    if (len > p->n && !p->prefix)
        return DP_NO;
    for (size_t i = 0; i < len && i < p->n; i++)
        if (!(p->mask[i] & bit_of(n->digits[i])))
            return DP_NO;
    if (!range_holds(p, n->digits, len))
        return DP_NO;
    return len < p->n ? DP_PARTIAL : DP_FITS;
}

enum dp_fit dp_pattern_fit(const struct dp_pattern *p, const struct dp_number *n,
                           const struct dp_site *site)
{
    if (p->cls == DP_CLASSES)
        return fit_digits(p, n);
    if (dp_class_match(p->cls, n, site))
        return DP_FITS;
    return dp_class_may_match(p->cls, n, site) ? DP_PARTIAL : DP_NO;
}

bool dp_pattern_match(const struct dp_pattern *p, const struct dp_number *n,
                      const struct dp_site *site)
{
    return dp_pattern_fit(p, n, site) == DP_FITS;
}

/* ---- order ---- */

bool dp_pattern_catch_all(const struct dp_pattern *p)
{
    return p->cls == DP_CLASSES && p->n == 0;
}

/** Numbers before sets before `*`. */
static int rank(const struct dp_pattern *p)
{
    if (dp_pattern_catch_all(p))
        return 2;
    return p->cls == DP_CLASSES ? 0 : 1;
}

static int down(unsigned a, unsigned b)
{
    return a > b ? -1 : a < b;
}

/** How much the range and the classes let through: decides between two at the same positions. */
static uint64_t breadth(const struct dp_pattern *p)
{
    uint64_t sum = p->width > 0 ? p->high - p->low : 0;

    for (unsigned i = 0; i < p->n; i++)
        sum += (unsigned)__builtin_popcount(p->mask[i]);
    return sum;
}

int dp_pattern_order(const struct dp_pattern *a, const struct dp_pattern *b)
{
    int d = rank(a) - rank(b);

    if (d == 0 && a->cls != DP_CLASSES)
        d = (int)a->cls - (int)b->cls;
    if (d == 0)
        d = down(a->fixed, b->fixed);
    if (d == 0)
        d = down(a->ranged, b->ranged);
    if (d == 0)
        d = down(a->n, b->n);
    if (d == 0)
        d = (int)a->prefix - (int)b->prefix;
    if (d == 0 && breadth(a) != breadth(b))
        d = breadth(a) < breadth(b) ? -1 : 1;
    return d;
}

bool dp_pattern_equal(const struct dp_pattern *a, const struct dp_pattern *b)
{
    return a->cls == b->cls && a->plus == b->plus && a->prefix == b->prefix && a->n == b->n &&
           memcmp(a->mask, b->mask, a->n * sizeof a->mask[0]) == 0 && a->width == b->width &&
           (a->width == 0 || (a->at == b->at && a->low == b->low && a->high == b->high));
}
