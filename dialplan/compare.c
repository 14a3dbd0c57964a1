/* What patterns are like, and one spelling for all that are the same. */
#include "dialplan/pattern.h"

static void add_position(struct rt_buf *out, const struct dp_shape *s, unsigned i)
{
    static const char alphabet[] = "0123456789ABCD*#";

    if (s->width > 0 && i == s->at)
        rt_buf_printf(out, "[%llu..%llu/%u]", (unsigned long long)s->low,
                      (unsigned long long)s->high, s->width);
    if (s->width > 0 && i >= s->at && i < s->at + s->width)
        return;
    if ((s->mask[i] & (s->mask[i] - 1)) == 0)
        rt_buf_printf(out, "%s%c", s->mask[i] >> 14 & 1 ? "\\" : "",
                      alphabet[__builtin_ctz(s->mask[i])]);
    else
        rt_buf_printf(out, "[%x]", s->mask[i]);
}

void dp_pattern_key(struct rt_buf *out, const struct dp_pattern *p)
{
    const struct dp_shape *s = &p->shape;

    if (dp_pattern_is_set(p)) {
        rt_buf_puts(out, p->text);
        return;
    }
    rt_buf_puts(out, s->plus ? "+" : "");
    for (unsigned i = 0; i < s->n; i++)
        add_position(out, s, i);
    rt_buf_puts(out, s->prefix ? "*" : "");
}

static uint64_t numbers_of(const struct dp_shape *s)
{
    uint64_t n = s->width > 0 ? s->high - s->low + 1 : 1;

    for (unsigned i = 0; i < s->n && n < UINT32_MAX; i++)
        if (s->width == 0 || i < s->at || i >= s->at + s->width)
            n *= (unsigned)__builtin_popcount(s->mask[i]);
    return n < UINT32_MAX ? n : UINT32_MAX;
}

void dp_pattern_facts(struct dp_pattern_facts *out, const struct dp_pattern *p)
{
    const struct dp_shape *s = &p->shape;

    *out = (struct dp_pattern_facts){.prefix = s->prefix};
    if (dp_pattern_is_set(p) || s->n == 0)
        return;
    out->digits = s->n;
    out->e164 = s->plus;
    out->exact = p->fixed == s->n;
    out->numbers = numbers_of(s);
}

bool dp_pattern_within(const struct dp_pattern *p, const struct dp_pattern *wide)
{
    const struct dp_shape *a = &p->shape, *b = &wide->shape;

    if (dp_pattern_catch_all(wide))
        return true;
    if (dp_pattern_is_set(p) || dp_pattern_is_set(wide) || !b->prefix || b->width > 0 ||
        b->n > a->n || a->plus != b->plus)
        return false;
    for (unsigned i = 0; i < b->n; i++)
        if (a->mask[i] & ~b->mask[i])
            return false;
    return true;
}
