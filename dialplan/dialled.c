/* The forms in which numbers are dialled: of a pattern, of a site's extensions, of a country. */
#include "dialplan/dialled.h"
#include "dialplan/pattern.h"

/** A form that is being made. */
struct form {
    struct dp_dialled d;
    dp_dialled_fn fn;
    void *arg;
};

static uint16_t key(char c)
{
    const char *at = c ? strchr(DP_DIALLED_KEYS, c) : NULL;
    return at ? (uint16_t)(1u << (at - DP_DIALLED_KEYS)) : 0;
}

static void push(struct form *f, uint16_t set)
{
    if (f->d.n < DP_DIGITS_MAX)
        f->d.set[f->d.n++] = set;
}

static void push_digits(struct form *f, const char *digits)
{
    for (; *digits; digits++)
        push(f, key(*digits));
}

static void emit(struct form *f, unsigned min, unsigned max)
{
    f->d.min = min > f->d.n ? min : f->d.n;
    f->d.max = max < DP_DIGITS_MAX ? max : DP_DIGITS_MAX;
    if (f->d.n <= f->d.max)
        f->fn(f->arg, &f->d);
}

/* ---- ranges ---- */

static uint16_t decimal_from(uint64_t low, uint64_t high)
{
    return (uint16_t)((2u << high) - (1u << low));
}

/** Writes what counts from `low` to `high` at the positions `at` and on, as rows of sets: a first
 * digit whose tail does not begin with zeros, one whose tail does not end with nines, and those
 * between. */
static void spread(struct form *f, unsigned at, unsigned width, uint64_t low, uint64_t high)
{
    uint64_t unit = 1;

    if (width == 0) {
        emit(f, f->d.n, f->d.max);
        return;
    }
    for (unsigned i = 1; i < width; i++)
        unit *= 10;
    uint64_t first = low / unit, last = high / unit;
    if (first < last && low % unit > 0) {
        f->d.set[at] = decimal_from(first, first);
        spread(f, at + 1, width - 1, low % unit, unit - 1);
        low = ++first * unit;
    }
    if (first < last && high % unit < unit - 1) {
        f->d.set[at] = decimal_from(last, last);
        spread(f, at + 1, width - 1, 0, high % unit);
        high = last-- * unit - 1;
    }
    f->d.set[at] = decimal_from(first, last);
    spread(f, at + 1, width - 1, low % unit, high % unit);
}

/* ---- patterns ---- */

/** Whether an E.164 number of the pattern may begin with `digits`. */
static bool may_begin(const struct dp_shape *s, const char *digits)
{
    for (unsigned i = 0; digits[i] && i < s->n; i++)
        if (!(s->mask[i] & key(digits[i])))
            return false;
    return true;
}

static unsigned dials_of_digits(const struct dp_shape *s, const struct dp_site *site)
{
    char area[2 * DP_DIGITS_MAX + 1];
    unsigned dials = DP_DIALS_INTERNATIONAL;

    if (!site || !site->country || !may_begin(s, site->country->code))
        return dials;
    RT_JOIN(area, sizeof area, rt_str(site->country->code), rt_str(site->area));
    return dials | DP_DIALS_NATIONAL | (may_begin(s, area) ? DP_DIALS_LOCAL : 0);
}

/** Any national number may be dialled as an international one. */
static const unsigned dials_of_class[DP_CLASSES] = {
    [DP_CLASS_EMERGENCY] = DP_DIALS_SHORT,
    [DP_CLASS_FREEPHONE] = DP_DIALS_SHORT | DP_DIALS_NATIONAL | DP_DIALS_INTERNATIONAL,
    [DP_CLASS_PREMIUM] = DP_DIALS_SHORT | DP_DIALS_NATIONAL | DP_DIALS_INTERNATIONAL,
    [DP_CLASS_MOBILE] = DP_DIALS_NATIONAL | DP_DIALS_INTERNATIONAL,
    [DP_CLASS_NATIONAL] = DP_DIALS_NATIONAL | DP_DIALS_LOCAL | DP_DIALS_INTERNATIONAL,
    [DP_CLASS_INTERNATIONAL] = DP_DIALS_INTERNATIONAL,
};

unsigned dp_pattern_dialled(const struct dp_pattern *p, const struct dp_site *site,
                            dp_dialled_fn fn, void *arg)
{
    const struct dp_shape *s = &p->shape;
    struct form f = {.d = {.kind = DP_DIALLED_ROW, .n = s->n}, .fn = fn, .arg = arg};

    if (!s->has && s->cls != DP_CLASSES)
        return dials_of_class[s->cls];
    if (s->has || s->n == 0)
        return DP_DIALS_SHORT | DP_DIALS_NATIONAL | DP_DIALS_LOCAL | DP_DIALS_INTERNATIONAL;
    if (s->plus)
        return dials_of_digits(s, site);
    memcpy(f.d.set, s->mask, sizeof f.d.set);
    f.d.max = s->prefix ? DP_DIGITS_MAX : s->n;
    spread(&f, s->at, s->width, s->low, s->high);
    return 0;
}

/* ---- sites ---- */

void dp_site_extensions(const struct dp_site *site, dp_dialled_fn fn, void *arg)
{
    for (const struct dp_ddi *d = site ? site->ddi : NULL; d; d = d->next) {
        struct form f = {.d = {.kind = DP_DIALLED_EXTENSION}, .fn = fn, .arg = arg};
        push_digits(&f, d->local_prefix);
        unsigned at = f.d.n;
        for (unsigned i = 0; i < d->local_width; i++)
            push(&f, DP_DIALLED_DECIMAL);
        f.d.max = f.d.n;
        if (f.d.n == at + d->local_width)
            spread(&f, at, d->local_width, d->local_low, d->local_low + d->high - d->low);
    }
}

static void short_codes(const struct dp_country *c, const struct form *blank)
{
    for (const struct dp_short *s = c->shorts; s && s->prefix; s++) {
        struct form f = *blank;
        f.d.kind = DP_DIALLED_SHORT;
        push_digits(&f, s->prefix);
        emit(&f, s->min, s->max);
    }
}

/** Whether lengths depend on digits after these. */
static bool branches(const struct dp_country *c, const char *nsn)
{
    for (const struct dp_length *l = c->lengths; l && l->prefix; l++)
        if (strlen(l->prefix) > strlen(nsn) && dp_begins(l->prefix, nsn))
            return true;
    return false;
}

/** The lengths of all numbers that begin so. False: they depend on what follows. */
static bool known(const struct dp_country *c, char *nsn, unsigned len, unsigned digit,
                  unsigned *min, unsigned *max)
{
    nsn[len] = (char)('0' + digit);
    nsn[len + 1] = '\0';
    bool is = !branches(c, nsn);
    if (is)
        dp_national_length(c, nsn, min, max);
    nsn[len] = '\0';
    return is;
}

/** Forms of the national numbers that begin with `nsn`, those of one length at a time. */
static void national(const struct dp_country *c, const struct form *blank, char *nsn)
{
    unsigned len = (unsigned)strlen(nsn), seen = 0;

    for (unsigned d = 0; d < 10; d++) {
        unsigned min, max, low, high;
        if (seen >> d & 1)
            continue;
        struct form f = *blank;
        if (!known(c, nsn, len, d, &min, &max)) {
            nsn[len] = (char)('0' + d);
            nsn[len + 1] = '\0';
            national(c, blank, nsn);
            nsn[len] = '\0';
            continue;
        }
        uint16_t set = 0;
        for (unsigned e = d; e < 10; e++)
            if (known(c, nsn, len, e, &low, &high) && low == min && high == max)
                set |= (uint16_t)(1u << e);
        seen |= set;
        push_digits(&f, nsn);
        push(&f, set);
        emit(&f, f.d.prefix + min, max > 0 ? f.d.prefix + max : 0);
    }
}

static void national_forms(const struct dp_country *c, const struct form *blank)
{
    char nsn[DP_DIGITS_MAX + 1] = "";
    struct form f = *blank;

    if (c->national[0]) {
        f.d.kind = DP_DIALLED_PREFIXED;
        push_digits(&f, c->national);
        f.d.prefix = f.d.n;
        national(c, &f, nsn);
    }
    if (c->closed || !c->national[0]) {
        f = *blank;
        f.d.kind = DP_DIALLED_PLAIN;
        national(c, &f, nsn);
    }
}

/** What the area's numbers may begin with: not what prefixes begin with. */
static void local_forms(const struct dp_site *site, const struct form *blank)
{
    const struct dp_country *c = site->country;
    unsigned area = (unsigned)strlen(site->area), min, max;
    struct form f = *blank;

    if (area == 0 || c->subscriber_max == 0)
        return;
    dp_national_length(c, site->area, &min, &max);
    min = min > area ? min - area : 0;
    max = max > area ? max - area : 0;
    f.d.kind = DP_DIALLED_PLAIN;
    push(&f, DP_DIALLED_DECIMAL & ~key(c->national[0]) & ~key(c->international[0]));
    emit(&f, min > c->subscriber_min ? min : c->subscriber_min,
         max < c->subscriber_max ? max : c->subscriber_max);
}

static void international_form(const struct dp_country *c, const struct form *blank)
{
    struct form f = *blank;

    f.d.kind = DP_DIALLED_PREFIXED;
    push_digits(&f, c->international);
    f.d.prefix = f.d.n;
    push(&f, DP_DIALLED_DECIMAL & ~key('0')); /* no country code begins with 0 */
    emit(&f, f.d.n, f.d.prefix + 15);         /* E.164 6.1 */
}

void dp_site_dialled(const struct dp_site *site, unsigned dials, dp_dialled_fn fn, void *arg)
{
    const struct dp_country *c = site ? site->country : NULL;
    const struct form blank = {.fn = fn, .arg = arg};

    if (!c)
        return;
    if (dials & DP_DIALS_SHORT)
        short_codes(c, &blank);
    if (dials & DP_DIALS_NATIONAL)
        national_forms(c, &blank);
    if (dials & DP_DIALS_LOCAL)
        local_forms(site, &blank);
    if (dials & DP_DIALS_INTERNATIONAL)
        international_form(c, &blank);
}
