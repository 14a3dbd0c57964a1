/* Patterns and direct-dialling blocks as an operator writes them. The input is lines: a pattern, a
 * second one, a number, and the two halves of a block. What holds for any of them: a pattern equals
 * itself, the order of two is the same both ways, and a number that fits fits again.
 */
#include "dialplan/pattern.h"
#include "test/fuzz/fuzz.h"

static void check_pair(const struct dp_pattern *a, const struct dp_pattern *b)
{
    int ab = dp_pattern_order(a, b), ba = dp_pattern_order(b, a);

    fuzz_check((ab < 0) == (ba > 0) && (ab > 0) == (ba < 0));
    fuzz_check(dp_pattern_equal(a, b) == dp_pattern_equal(b, a));
    fuzz_check(!dp_pattern_equal(a, b) || ab == 0);
}

static void check_pattern(const struct dp_pattern *p, const struct dp_number *n,
                          const struct dp_site *site)
{
    const struct dp_shape *s = &p->shape;

    fuzz_check(dp_pattern_order(p, p) == 0 && dp_pattern_equal(p, p));
    fuzz_check(s->n <= DP_DIGITS_MAX && p->fixed + p->ranged <= s->n);
    fuzz_check(s->width == 0 || (s->at + s->width <= s->n && s->low < s->high));
    fuzz_check(dp_pattern_match(p, n, site) == (dp_pattern_fit(p, n, site) == DP_FITS));
}

static void check_table(struct dp_pattern *a, struct dp_pattern *b, const struct dp_number *n,
                        const struct dp_site *site)
{
    static int first, second;
    bool either = dp_pattern_match(a, n, site) || dp_pattern_match(b, n, site);
    struct dp_table *t;
    struct dp_match m;
    void *other;

    if (dp_table_new(&t) != 0)
        return;
    dp_table_add(t, a, &first, &other);
    dp_table_add(t, b, &second, &other);
    dp_table_seal(t);
    dp_table_find(&m, t, n, site);
    fuzz_check((m.value != NULL) == either);
    dp_table_free(t);
}

static void write_decimal(char *out, unsigned width, uint64_t v)
{
    out[width] = '\0';
    for (; width > 0; v /= 10)
        out[--width] = (char)('0' + v % 10);
}

static void check_block(struct rt_str e164, struct rt_str local)
{
    struct dp_site site = {.area = ""};
    char digits[DP_DIGITS_MAX + 1] = "", before[DP_DIGITS_MAX + 1];
    const char *why;

    if (dp_ddi_parse(&site.ddi, e164, local, &why) != 0)
        return;
    const struct dp_ddi *d = site.ddi;
    for (uint64_t step = 0; step < 2; step++) { /* the first of the block and the last */
        size_t len = strlen(d->e164_prefix);
        memcpy(digits, d->e164_prefix, len);
        write_decimal(digits + len, d->width, d->low + step * (d->high - d->low));
        memcpy(before, digits, sizeof before);
        fuzz_check(dp_ddi_of_e164(&site, digits) == d);
        dp_ddi_to_local(digits, d);
        fuzz_check(dp_ddi_of_local(&site, digits) == d);
        dp_ddi_to_e164(digits, d);
        fuzz_check(strcmp(digits, before) == 0);
    }
    free(site.ddi);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dp_site site = {.country = dp_country(rt_str("de")), .area = "30"};
    struct rt_str rest = {(const char *)data, size};
    struct rt_str first = rt_str_cut(&rest, '\n'), second = rt_str_cut(&rest, '\n');
    struct rt_str digits = rt_str_cut(&rest, '\n'), e164 = rt_str_cut(&rest, '\n');
    struct dp_number n = {.e164 = false};
    struct dp_pattern *a = NULL, *b = NULL;
    const char *why;

    dp_number_parse(&n, digits);
    check_block(e164, rest);
    if (dp_pattern_new(&a, first, &why) == 0)
        check_pattern(a, &n, &site);
    if (dp_pattern_new(&b, second, &why) == 0)
        check_pattern(b, &n, &site);
    if (a && b) {
        check_pair(a, b);
        check_table(a, b, &n, &site);
        return 0;
    }
    dp_pattern_free(a);
    dp_pattern_free(b);
    return 0;
}
