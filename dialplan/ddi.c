/* Direct-dialling blocks: one to one between E.164 numbers and extensions, `+4930901821[00..99] <->
 * 1[00..99]`. */
#include "dialplan/dialplan_priv.h"

#include <errno.h>
#include <stdlib.h>

struct half {
    char prefix[DP_DIGITS_MAX + 1];
    uint64_t low, high;
    unsigned width;
};

/** Reads `digits` or `digits[LOW..HIGH]`; LOW and HIGH have one length. */
static const char *read_half(struct half *out, struct rt_str text)
{
    struct rt_str rest = text, digits = rt_str_cut(&rest, '[');
    struct dp_number n = {.e164 = false};

    memset(out, 0, sizeof *out);
    if (digits.n > 0 && dp_number_parse(&n, digits) != 0)
        return "is not a number";
    memcpy(out->prefix, n.digits, sizeof n.digits);
    if (digits.n == text.n) /* no range: a block of one */
        return digits.n > 0 ? NULL : "is empty";
    bool closed = rest.n > 0 && rest.p[rest.n - 1] == ']';
    struct rt_str range = rt_str_cut(&rest, ']'), low = rt_str_cut(&range, '.');
    if (!closed || rest.n > 0 || range.n < 2 || range.p[0] != '.')
        return "is not a range like [00..99]";
    struct rt_str high = {range.p + 1, range.n - 1};
    if (low.n != high.n || low.n > 15 || rt_str_u64(&out->low, low, UINT64_MAX) != 0 ||
        rt_str_u64(&out->high, high, UINT64_MAX) != 0 || out->low > out->high)
        return "is not a range of equal lengths, low to high";
    out->width = (unsigned)low.n;
    return strlen(out->prefix) + out->width > DP_DIGITS_MAX ? "is too long" : NULL;
}

int dp_ddi_parse(struct dp_ddi **out, struct rt_str e164, struct rt_str local, const char **why)
{
    struct half e, l;

    *why = e164.n > 0 && e164.p[0] == '+' ? read_half(&e, e164) : "must begin with an E.164 number";
    if (!*why)
        *why = local.n > 0 && local.p[0] == '+' ? "has two E.164 numbers" : read_half(&l, local);
    if (!*why && e.high - e.low != l.high - l.low)
        *why = "has two ranges of different size";
    if (*why)
        return EINVAL;
    struct dp_ddi *d = calloc(1, sizeof *d);
    if (!d) {
        *why = "out of memory";
        return ENOMEM;
    }
    memcpy(d->e164_prefix, e.prefix, sizeof e.prefix);
    memcpy(d->local_prefix, l.prefix, sizeof l.prefix);
    d->low = e.low;
    d->high = e.high;
    d->width = e.width;
    d->local_low = l.low;
    d->local_width = l.width;
    *out = d;
    return 0;
}

/** The position of `digits` in prefix[low..low+size], or -1. */
static int64_t position(const char *digits, const char *prefix, unsigned width, uint64_t low,
                        uint64_t size)
{
    size_t len = strlen(prefix);
    uint64_t v = low;

    if (strncmp(digits, prefix, len) != 0 || strlen(digits) != len + width)
        return -1;
    if (width > 0 && rt_str_u64(&v, rt_str(digits + len), UINT64_MAX) != 0)
        return -1;
    return v >= low && v - low <= size ? (int64_t)(v - low) : -1;
}

static int64_t e164_position(const struct dp_ddi *d, const char *digits)
{
    return position(digits, d->e164_prefix, d->width, d->low, d->high - d->low);
}

static int64_t local_position(const struct dp_ddi *d, const char *digits)
{
    return position(digits, d->local_prefix, d->local_width, d->local_low, d->high - d->low);
}

const struct dp_ddi *dp_ddi_of_e164(const struct dp_site *site, const char *digits)
{
    const struct dp_ddi *d = site ? site->ddi : NULL;

    while (d && e164_position(d, digits) < 0)
        d = d->next;
    return d;
}

const struct dp_ddi *dp_ddi_of_local(const struct dp_site *site, const char *digits)
{
    const struct dp_ddi *d = site ? site->ddi : NULL;

    while (d && local_position(d, digits) < 0)
        d = d->next;
    return d;
}

/** Writes `prefix` and `v` with `width` digits; read_half() has seen that it fits. */
static void write_number(char *digits, const char *prefix, unsigned width, uint64_t v)
{
    size_t len = strlen(prefix);

    memcpy(digits, prefix, len);
    digits[len + width] = '\0';
    for (unsigned i = width; i > 0; i--) {
        digits[len + i - 1] = (char)('0' + v % 10);
        v /= 10;
    }
}

void dp_ddi_to_e164(char *digits, const struct dp_ddi *d)
{
    write_number(digits, d->e164_prefix, d->width, d->low + (uint64_t)local_position(d, digits));
}

void dp_ddi_to_local(char *digits, const struct dp_ddi *d)
{
    write_number(digits, d->local_prefix, d->local_width,
                 d->local_low + (uint64_t)e164_position(d, digits));
}
