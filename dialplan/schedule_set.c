/* Sets of intervals: gathered in any order, then sorted, joined and searched. */
#include "dialplan/schedule_priv.h"

#include <errno.h>
#include <stdlib.h>

int dp_set_add(struct dp_set *s, int64_t from, int64_t to)
{
    if (from >= to)
        return 0;
    if (s->n >= DP_CALENDAR_MAX)
        return E2BIG;
    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 16;
        struct dp_interval *more = realloc(s->v, cap * sizeof *more);
        if (!more)
            return ENOMEM;
        s->v = more;
        s->cap = cap;
    }
    s->v[s->n++] = (struct dp_interval){from, to};
    return 0;
}

static int by_begin(const void *a, const void *b)
{
    const struct dp_interval *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

void dp_set_settle(struct dp_set *s)
{
    size_t kept = 0;

    if (s->n == 0)
        return;
    qsort(s->v, s->n, sizeof *s->v, by_begin);
    for (size_t i = 1; i < s->n; i++) {
        if (s->v[i].from > s->v[kept].to)
            s->v[++kept] = s->v[i];
        else if (s->v[i].to > s->v[kept].to)
            s->v[kept].to = s->v[i].to;
    }
    s->n = kept + 1;
}

void dp_set_release(struct dp_set *s)
{
    free(s->v);
    *s = (struct dp_set){NULL, 0, 0};
}

/** How many begin at `t` or before. */
static size_t begun(const struct dp_set *s, int64_t t)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->v[mid].from <= t)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool dp_set_has(const struct dp_set *s, int64_t t)
{
    size_t i = begun(s, t);

    return i > 0 && t < s->v[i - 1].to;
}

int64_t dp_set_next(const struct dp_set *s, int64_t t)
{
    size_t i = begun(s, t);

    if (i > 0 && t < s->v[i - 1].to)
        return s->v[i - 1].to;
    return i < s->n ? s->v[i].from : DP_NEVER;
}
