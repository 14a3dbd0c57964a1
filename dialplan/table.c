/* A table of patterns. Sorted once by how specific they are; then each look-up tries only the rows
 * whose hull, the interval between their first and their last number, has the number.
 *
 * Hulls of E.164 and of raw patterns are kept apart, each sorted by where they begin. Those that
 * have a key are found from the last one that begins before it: backwards, and over whatever ends
 * before the key at once (`up`). Sets and `*` have no hull: they are tried after all others.
 */
#include "dialplan/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

#define NONE UINT32_MAX

struct row {
    struct dp_pattern *pattern;
    void *value;
    UT_hash_handle hh; /* by shape, until the table is sealed */
};

struct hull {
    uint64_t lo, hi;
    uint32_t row;
    uint32_t up; /**< the last one before it that ends after it; NONE: none */
};

struct hulls {
    struct hull *a;
    uint32_t n;
};

struct dp_table {
    struct row **rows;
    size_t n, cap;
    struct row *by_shape;
    struct hulls raw, e164;
    size_t sets; /**< the first row without a hull */
    bool sealed;
};

int dp_table_new(struct dp_table **out)
{
    struct dp_table *t = calloc(1, sizeof *t);

    if (!t)
        return ENOMEM;
    *out = t;
    return 0;
}

void dp_table_free(struct dp_table *t)
{
    if (!t)
        return;
    HASH_CLEAR(hh, t->by_shape);
    for (size_t i = 0; i < t->n; i++) {
        dp_pattern_free(t->rows[i]->pattern);
        free(t->rows[i]);
    }
    free(t->rows);
    free(t->raw.a);
    free(t->e164.a);
    free(t);
}

static int make_room(struct dp_table *t)
{
    if (t->n < t->cap)
        return 0;
    size_t cap = t->cap ? 2 * t->cap : 16;
    struct row **rows = realloc(t->rows, cap * sizeof *rows);
    if (!rows)
        return ENOMEM;
    t->rows = rows;
    t->cap = cap;
    return 0;
}

int dp_table_add(struct dp_table *t, struct dp_pattern *p, void *value, void **other)
{
    struct row *row;

    HASH_FIND(hh, t->by_shape, &p->shape, sizeof p->shape, row);
    if (row) {
        *other = row->value;
        dp_pattern_free(p);
        return EEXIST;
    }
    row = make_room(t) == 0 ? calloc(1, sizeof *row) : NULL;
    if (!row) {
        dp_pattern_free(p);
        return ENOMEM;
    }
    row->pattern = p;
    row->value = value;
    HASH_ADD_KEYPTR(hh, t->by_shape, &p->shape, sizeof p->shape, row);
    t->rows[t->n++] = row;
    return 0;
}

/* ---- sealing ---- */

static int by_specificity(const void *a, const void *b)
{
    const struct dp_pattern *x = (*(struct row *const *)a)->pattern;
    const struct dp_pattern *y = (*(struct row *const *)b)->pattern;
    int d = dp_pattern_order(x, y);
    return d ? d : strcmp(x->text, y->text); /* disjoint or not, the same each time */
}

/** By where they begin, those that end last first: so a hull comes after all that it lies in. */
static int by_start(const void *a, const void *b)
{
    const struct hull *x = a, *y = b;

    if (x->lo != y->lo)
        return x->lo < y->lo ? -1 : 1;
    if (x->hi != y->hi)
        return x->hi > y->hi ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void link_up(struct hulls *h)
{
    for (uint32_t i = 0; i < h->n; i++) {
        uint32_t up = i - 1; /* of the first one: NONE */
        while (up != NONE && h->a[up].hi <= h->a[i].hi)
            up = h->a[up].up;
        h->a[i].up = up;
    }
}

static int index_rows(struct hulls *h, const struct dp_table *t, bool e164)
{
    h->a = calloc(t->sets + 1, sizeof *h->a);
    if (!h->a)
        return ENOMEM;
    for (size_t i = 0; i < t->sets; i++) {
        const struct dp_pattern *p = t->rows[i]->pattern;
        if ((bool)p->shape.plus != e164)
            continue;
        struct hull *hull = &h->a[h->n++];
        hull->row = (uint32_t)i;
        dp_pattern_hull(p, &hull->lo, &hull->hi);
    }
    qsort(h->a, h->n, sizeof *h->a, by_start);
    link_up(h);
    return 0;
}

int dp_table_seal(struct dp_table *t)
{
    HASH_CLEAR(hh, t->by_shape);
    if (t->n > 0)
        qsort(t->rows, t->n, sizeof *t->rows, by_specificity);
    for (size_t i = 0; i < t->n; i++) {
        struct dp_pattern *p = t->rows[i]->pattern;
        p->row = i;
        if (!dp_pattern_is_set(p) && !dp_pattern_catch_all(p))
            t->sets = i + 1;
    }
    int err = t->n < NONE ? index_rows(&t->raw, t, false) : E2BIG;
    if (err == 0)
        err = index_rows(&t->e164, t, true);
    t->sealed = err == 0;
    return err;
}

/* ---- looking up ---- */

/** How long an E.164 number can become (E.164 6.1: 15 digits). */
static bool full_length(const struct dp_number *n, const struct dp_site *site)
{
    size_t len = strlen(n->digits), max = 15;

    if (!n->e164)
        return len >= DP_DIGITS_MAX;
    if (site && site->country) {
        size_t code = strlen(site->country->code);
        if (strncmp(n->digits, site->country->code, code) == 0)
            max = code + site->country->national_max;
    }
    return len >= max;
}

/** What more digits could change: a row that fits them better, or the tail of the one that fits
 * now. */
static enum dp_complete completeness(const struct dp_match *m, bool partial,
                                     const struct dp_number *n, const struct dp_site *site)
{
    const struct dp_pattern *p = m->pattern;
    bool open_ended = p && (p->shape.prefix || dp_pattern_is_set(p));

    if (!p)
        return partial || dp_may_become_e164(n, site) ? DP_INCOMPLETE : DP_COMPLETE;
    if (partial && dp_pattern_catch_all(p))
        return DP_INCOMPLETE;
    if (full_length(n, site))
        return DP_COMPLETE;
    return partial || open_ended ? DP_MAYBE_COMPLETE : DP_COMPLETE;
}

/** A look-up on its way: the most specific row from `first` on that fits, and whether any row could
 * with more digits. */
struct look {
    const struct dp_table *t;
    const struct dp_number *n;
    const struct dp_site *site;
    size_t first, best; /**< best: SIZE_MAX for none */
    bool partial;
};

static void try_row(struct look *l, size_t row)
{
    enum dp_fit fit = dp_pattern_fit(l->t->rows[row]->pattern, l->n, l->site);

    if (fit == DP_PARTIAL)
        l->partial = true;
    else if (fit == DP_FITS && row >= l->first && row < l->best)
        l->best = row;
}

/** The first hull that begins after the key. */
static uint32_t after_key(const struct hulls *h, uint64_t key)
{
    uint32_t at = 0;

    for (uint32_t n = h->n; n > 0;) {
        uint32_t half = n / 2;
        if (h->a[at + half].lo <= key) {
            at += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return at;
}

/** Rows that the number's digits decide. One that begins after the number and still among its
 * continuations fits it with more digits. */
static void try_hulls(struct look *l, const struct hulls *h)
{
    uint64_t key = dp_key_of(l->n->digits);
    uint32_t next = after_key(h, key);

    if (next < h->n && h->a[next].lo < dp_key_end(key))
        try_row(l, h->a[next].row);
    for (uint32_t i = next - 1; i != NONE;) {
        bool inside = h->a[i].hi > key;
        if (inside)
            try_row(l, h->a[i].row);
        i = inside ? i - 1 : h->a[i].up;
    }
}

/** Sets and `*`: a caller's set can only fit, and is not asked in vain. */
static void try_sets(struct look *l)
{
    for (size_t i = l->t->sets; i < l->t->n; i++)
        if (!l->t->rows[i]->pattern->shape.has || (l->best == SIZE_MAX && i >= l->first))
            try_row(l, i);
}

static void find_from(struct dp_match *out, struct look l)
{
    *out = (struct dp_match){.complete = DP_COMPLETE};
    if (l.t->sealed) {
        try_hulls(&l, l.n->e164 ? &l.t->e164 : &l.t->raw);
        try_sets(&l);
    }
    if (l.best != SIZE_MAX) {
        out->pattern = l.t->rows[l.best]->pattern;
        out->value = l.t->rows[l.best]->value;
    }
    out->complete = completeness(out, l.partial, l.n, l.site);
}

void dp_table_find(struct dp_match *out, const struct dp_table *t, const struct dp_number *n,
                   const struct dp_site *site)
{
    find_from(out, (struct look){t, n, site, 0, SIZE_MAX, false});
}

void dp_table_find_next(struct dp_match *out, const struct dp_table *t, const struct dp_number *n,
                        const struct dp_site *site, const struct dp_match *after)
{
    size_t first = after->pattern ? after->pattern->row + 1 : t->n;

    find_from(out, (struct look){t, n, site, first, SIZE_MAX, false});
}

void dp_table_explain(const struct dp_table *t, const struct dp_number *n,
                      const struct dp_site *site,
                      void (*fn)(void *arg, const struct dp_pattern *p, bool matches), void *arg)
{
    for (size_t i = 0; i < t->n; i++)
        fn(arg, t->rows[i]->pattern, dp_pattern_match(t->rows[i]->pattern, n, site));
}
