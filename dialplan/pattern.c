/* Number patterns (docs/configuration.md): `112`, `+49*`, `1xx`, `[2-9]xx`, `+49309[00..99]`,
 * `*21*`, `*`, and the country's sets. A pattern is a row of digit sets, at most one counting
 * range, and whether more may follow.
 */
#include "dialplan/pattern.h"

#include <errno.h>
#include <stdlib.h>

_Static_assert(sizeof(struct dp_shape) == 48 + 2 * DP_DIGITS_MAX + 8, "shapes are compared whole");

#define ALL_DECIMAL 0x3ff

/** In the order of keys (dialplan/key.h). */
static const char alphabet[] = "0123456789ABCD*#";

static const uint16_t bits[256] = {
    ['0'] = 1 << 0,  ['1'] = 1 << 1,  ['2'] = 1 << 2,  ['3'] = 1 << 3,
    ['4'] = 1 << 4,  ['5'] = 1 << 5,  ['6'] = 1 << 6,  ['7'] = 1 << 7,
    ['8'] = 1 << 8,  ['9'] = 1 << 9,  ['A'] = 1 << 10, ['B'] = 1 << 11,
    ['C'] = 1 << 12, ['D'] = 1 << 13, ['*'] = 1 << 14, ['#'] = 1 << 15,
};

/** The bit of one dialled digit; 0: none. */
static uint16_t bit_of(char c)
{
    return bits[(uint8_t)c];
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
    struct dp_shape *s = &c->p->shape;

    if (s->n == DP_DIGITS_MAX)
        c->why = "is too long";
    else if (s->plus && (mask & ~ALL_DECIMAL))
        c->why = "has a key that no E.164 number has: only a final * is a wildcard";
    else
        s->mask[s->n++] = mask;
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
    struct dp_shape *p = &c->p->shape;

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
        c->p->shape.prefix = true; /* only a final * is a wildcard */
    } else if (ch == '\\') {
        ch = next(c);
        if (bit_of(ch))
            push(c, bit_of(ch));
        else
            c->why = "has a \\ before what is no digit";
    } else if (ch == '-' && c->p->shape.n > 0 && c->s.n > 0) {
        return; /* a visual separator */
    } else if (bit_of(ch)) {
        push(c, bit_of(ch));
    } else {
        c->why = "is not a number pattern";
    }
}

static bool counting(const struct dp_shape *s, unsigned i)
{
    return s->width > 0 && i >= s->at && i < s->at + s->width;
}

static void count(struct dp_pattern *p)
{
    const struct dp_shape *s = &p->shape;

    for (unsigned i = 0; i < s->n; i++) {
        if (single(s->mask[i]))
            p->fixed++;
        else if (counting(s, i) || s->mask[i] != ALL_DECIMAL)
            p->ranged++;
    }
}

static void read_pattern(struct cursor *c)
{
    struct dp_shape *s = &c->p->shape;

    s->cls = dp_class_parse(c->s);
    if (s->cls != DP_CLASSES)
        return;
    if (c->s.n > 0 && c->s.p[0] == '+') {
        s->plus = true;
        next(c);
    }
    while (c->s.n > 0 && !c->why)
        read_char(c, next(c));
    if (!c->why && s->n == 0 && (!s->prefix || s->plus))
        c->why = "is not a number pattern";
    count(c->p);
}

/** A pattern that has its text, and matches nothing yet. */
static struct dp_pattern *blank(struct rt_str text)
{
    struct dp_pattern *p = calloc(1, sizeof *p);

    if (p && !(p->text = rt_str_dup(text))) {
        free(p);
        return NULL;
    }
    return p;
}

int dp_pattern_new(struct dp_pattern **out, struct rt_str text, const char **why)
{
    struct dp_pattern *p = blank(text);

    *why = "out of memory";
    if (!p)
        return ENOMEM;
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

int dp_pattern_new_set(struct dp_pattern **out, const char *text, dp_set_has has, const void *arg)
{
    struct dp_pattern *p = blank(rt_str(text));

    if (!p)
        return ENOMEM;
    p->shape.cls = DP_CLASSES;
    p->shape.has = has;
    p->shape.arg = arg;
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

bool dp_pattern_is_set(const struct dp_pattern *p)
{
    return p->shape.has || p->shape.cls != DP_CLASSES;
}

bool dp_pattern_catch_all(const struct dp_pattern *p)
{
    return !dp_pattern_is_set(p) && p->shape.n == 0;
}

/* ---- matching ---- */

/** Whether the digits the range covers, as far as they go, can still lie in it. */
static bool range_holds(const struct dp_shape *s, const char *digits, size_t len)
{
    uint64_t low = 0, span = 1;
    size_t have = len > s->at ? len - s->at : 0;

    if (s->width == 0)
        return true;
    if (have > s->width)
        have = s->width;
    for (size_t i = 0; i < s->width; i++) {
        low = low * 10 + (i < have ? (uint64_t)(digits[s->at + i] - '0') : 0);
        if (i >= have)
            span *= 10;
    }
    return low <= s->high && low + span - 1 >= s->low;
}

static enum dp_fit fit_digits(const struct dp_shape *s, const struct dp_number *n)
{
    size_t len = strlen(n->digits);

    if (n->e164 != (bool)s->plus && s->n > 0)
        return DP_NO;
    if (len > s->n && !s->prefix)
        return DP_NO;
    for (size_t i = 0; i < len && i < s->n; i++)
        if (!(s->mask[i] & bit_of(n->digits[i])))
            return DP_NO;
    if (!range_holds(s, n->digits, len))
        return DP_NO;
    return len < s->n ? DP_PARTIAL : DP_FITS;
}

enum dp_fit dp_pattern_fit(const struct dp_pattern *p, const struct dp_number *n,
                           const struct dp_site *site)
{
    enum dp_class cls = p->shape.cls;

    if (p->shape.has)
        return p->shape.has(p->shape.arg, n) ? DP_FITS : DP_NO;
    if (cls == DP_CLASSES)
        return fit_digits(&p->shape, n);
    if (dp_class_match(cls, n, site))
        return DP_FITS;
    return dp_class_may_match(cls, n, site) ? DP_PARTIAL : DP_NO;
}

bool dp_pattern_match(const struct dp_pattern *p, const struct dp_number *n,
                      const struct dp_site *site)
{
    return dp_pattern_fit(p, n, site) == DP_FITS;
}

/** The first or the last number of the pattern's length that it matches. */
static void extreme(char out[DP_DIGITS_MAX + 1], const struct dp_shape *s, bool last)
{
    for (unsigned i = 0; i < s->n; i++)
        out[i] = alphabet[last ? 31 - __builtin_clz(s->mask[i]) : __builtin_ctz(s->mask[i])];
    uint64_t value = last ? s->high : s->low;
    for (unsigned i = s->width; i > 0; i--, value /= 10)
        out[s->at + i - 1] = (char)('0' + value % 10);
    out[s->n] = '\0';
}

void dp_pattern_hull(const struct dp_pattern *p, uint64_t *lo, uint64_t *hi)
{
    char digits[DP_DIGITS_MAX + 1];

    extreme(digits, &p->shape, false);
    *lo = dp_key_of(digits);
    extreme(digits, &p->shape, true);
    uint64_t last = dp_key_of(digits);
    *hi = p->shape.prefix || p->shape.n > DP_KEY_DIGITS ? dp_key_end(last) : last + 1;
}

/* ---- order ---- */

/** Numbers before a caller's sets before a country's before `*`. */
static int rank(const struct dp_pattern *p)
{
    if (dp_pattern_catch_all(p))
        return 3;
    return p->shape.has ? 1 : p->shape.cls == DP_CLASSES ? 0 : 2;
}

static int down(unsigned a, unsigned b)
{
    return a > b ? -1 : a < b;
}

/** How much the range and the classes let through: decides between two at the same positions. */
static uint64_t breadth(const struct dp_shape *s)
{
    uint64_t sum = s->width > 0 ? s->high - s->low : 0;

    for (unsigned i = 0; i < s->n; i++)
        sum += (unsigned)__builtin_popcount(s->mask[i]);
    return sum;
}

int dp_pattern_order(const struct dp_pattern *a, const struct dp_pattern *b)
{
    int d = rank(a) - rank(b);

    if (d == 0)
        d = (int)a->shape.cls - (int)b->shape.cls;
    if (d == 0)
        d = down(a->fixed, b->fixed);
    if (d == 0)
        d = down(a->ranged, b->ranged);
    if (d == 0)
        d = down(a->shape.n, b->shape.n);
    if (d == 0)
        d = (int)a->shape.prefix - (int)b->shape.prefix;
    if (d != 0)
        return d;
    uint64_t x = breadth(&a->shape), y = breadth(&b->shape);
    return x < y ? -1 : x > y;
}

bool dp_pattern_equal(const struct dp_pattern *a, const struct dp_pattern *b)
{
    return memcmp(&a->shape, &b->shape, sizeof a->shape) == 0;
}
