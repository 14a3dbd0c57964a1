/* Which row of two a number meets: in the source by its own rules, here by what is more specific.
 */
#include "dialplan/import/import_priv.h"

/** The numbers that `p` counts at these positions; false: they are not one run. */
static bool run_at(const struct dp_pattern *p, unsigned at, unsigned width, uint64_t *low,
                   uint64_t *high)
{
    if (p->shape.width == width && p->shape.at == at) {
        *low = p->shape.low;
        *high = p->shape.high;
        return true;
    }
    if (at + width > p->shape.n)
        return false;
    *low = 0;
    for (unsigned i = at; i < at + width; i++) {
        uint16_t mask = p->shape.mask[i];
        if (mask == 0 || (mask & (mask - 1)) || mask > 1u << 9)
            return false;
        *low = *low * 10 + (unsigned)__builtin_ctz(mask);
    }
    *high = *low;
    return true;
}

/** Their counting ranges have no number in common. */
static bool apart(const struct dp_pattern *a, const struct dp_pattern *b)
{
    uint64_t low, high;

    return a->shape.width > 0 && run_at(b, a->shape.at, a->shape.width, &low, &high) &&
           (high < a->shape.low || low > a->shape.high);
}

bool dp_im_overlap(const struct dp_pattern *a, const struct dp_pattern *b)
{
    unsigned shared = a->shape.n < b->shape.n ? a->shape.n : b->shape.n;

    if (dp_pattern_catch_all(a) || dp_pattern_catch_all(b))
        return true;
    if (a->shape.cls != b->shape.cls || a->shape.plus != b->shape.plus)
        return false;
    for (unsigned i = 0; i < shared; i++)
        if ((a->shape.mask[i] & b->shape.mask[i]) == 0)
            return false;
    if ((a->shape.n < b->shape.n && !a->shape.prefix) ||
        (b->shape.n < a->shape.n && !b->shape.prefix))
        return false;
    return !apart(a, b) && !apart(b, a);
}

bool dp_im_covers(const struct dp_pattern *a, const struct dp_pattern *b)
{
    uint64_t low, high;

    if (dp_pattern_catch_all(a) || dp_pattern_equal(a, b))
        return true;
    if (a->shape.cls != b->shape.cls || a->shape.plus != b->shape.plus || b->shape.n < a->shape.n ||
        ((b->shape.n > a->shape.n || b->shape.prefix) && !a->shape.prefix))
        return false;
    for (unsigned i = 0; i < a->shape.n; i++)
        if (b->shape.mask[i] & ~a->shape.mask[i])
            return false;
    return a->shape.width == 0 || (run_at(b, a->shape.at, a->shape.width, &low, &high) &&
                                   low >= a->shape.low && high <= a->shape.high);
}

unsigned dp_im_leading(const struct dp_pattern *p)
{
    unsigned n = 0;

    while (n < p->shape.n && (p->shape.mask[n] & (p->shape.mask[n] - 1)) == 0 &&
           !(p->shape.width > 0 && n >= p->shape.at && n < p->shape.at + p->shape.width))
        n++;
    return n;
}

/** A call that meets either of them has the same fate. */
static bool same_fate(const struct dp_im_row *a, const struct dp_im_row *b)
{
    if (a->when || b->when || a->ntargets != b->ntargets || !dp_im_same_digits(a, b))
        return false;
    for (unsigned i = 0; i < a->ntargets; i++)
        if (strcmp(a->target[i], b->target[i]) != 0)
            return false;
    return true;
}

/** A row for the same numbers, whoever calls. */
static bool always(const struct dp_im_routes *r, const struct dp_im_row *row)
{
    for (size_t i = 0; i < r->nrows; i++)
        if (!r->row[i]->when && dp_pattern_equal(r->row[i]->pattern, row->pattern))
            return true;
    return false;
}

/** `winner` came first in the source, `loser` does here. */
static void tell(struct dp_im *im, const struct dp_im_routes *r, const struct dp_im_row *winner,
                 const struct dp_im_row *loser)
{
    bool all = dp_im_covers(winner->pattern, loser->pattern) && always(r, winner);

    dp_im_report(im, loser->pos,
                 "order: %s is more specific than %s (%s:%u), which came first for %s: here %s",
                 dp_pattern_text(loser->pattern), dp_pattern_text(winner->pattern),
                 winner->pos.file, winner->pos.line, all ? "all its numbers" : "numbers of both",
                 all ? "this row comes into use; take it out to keep what was"
                     : "these numbers take this row");
}

/** Marks rows that are not the first of their pattern: they are one statement with it. */
static bool *mark_repeated(struct dp_im *im, const struct dp_im_routes *r)
{
    bool *repeated = dp_im_alloc(im, r->nrows + 1);

    for (size_t i = 1; repeated && i < r->nrows; i++)
        for (size_t k = 0; k < i && !repeated[i]; k++)
            repeated[i] = dp_pattern_equal(r->row[k]->pattern, r->row[i]->pattern);
    return repeated;
}

static void check_pair(struct dp_im *im, const struct dp_im_routes *r, const struct dp_im_row *a,
                       const struct dp_im_row *b, dp_im_first *first)
{
    if (!dp_im_overlap(a->pattern, b->pattern))
        return;
    int there = first(a, b), here = dp_pattern_order(a->pattern, b->pattern);
    if (there == 0 || here == 0 || (there < 0) == (here < 0) || same_fate(a, b))
        return;
    tell(im, r, there < 0 ? a : b, there < 0 ? b : a);
}

void dp_im_check_order(struct dp_im *im, const struct dp_im_routes *r, dp_im_first *first)
{
    bool *repeated = mark_repeated(im, r);

    for (size_t i = 0; repeated && i < r->nrows && im->out->dropped < DP_IM_REPORTS; i++)
        for (size_t j = i + 1; j < r->nrows && !repeated[i]; j++)
            if (!repeated[j])
                check_pair(im, r, r->row[i], r->row[j], first);
}
