/* A table of patterns: sorted once by how specific they are, then the first that fits is the
 * answer.
 *
 * A look-up walks the rows in that order. Plans written by hand have tens or hundreds of rows;
 * tables of millions come from files and get an index of their own (docs/decisions).
 */
#include "dialplan/pattern.h"

#include <errno.h>
#include <stdlib.h>

struct row {
    struct dp_pattern *pattern;
    void *value;
};

struct dp_table {
    struct row *rows;
    size_t n, cap;
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
    for (size_t i = 0; i < t->n; i++)
        dp_pattern_free(t->rows[i].pattern);
    free(t->rows);
    free(t);
}

int dp_table_add(struct dp_table *t, struct dp_pattern *p, void *value, void **other)
{
    for (size_t i = 0; i < t->n; i++)
        if (dp_pattern_equal(t->rows[i].pattern, p)) {
            *other = t->rows[i].value;
            dp_pattern_free(p);
            return EEXIST;
        }
    if (t->n == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 16;
        struct row *rows = realloc(t->rows, cap * sizeof *rows);
        if (!rows) {
            dp_pattern_free(p);
            return ENOMEM;
        }
        t->rows = rows;
        t->cap = cap;
    }
    t->rows[t->n++] = (struct row){p, value};
    return 0;
}

static int by_specificity(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int d = dp_pattern_order(x->pattern, y->pattern);
    return d ? d
             : strcmp(x->pattern->text, y->pattern->text); /* disjoint or not, the same each time */
}

int dp_table_seal(struct dp_table *t)
{
    if (t->n > 0)
        qsort(t->rows, t->n, sizeof *t->rows, by_specificity);
    return 0;
}

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
    bool open_ended = m->pattern && (m->pattern->prefix || m->pattern->cls != DP_CLASSES);

    if (!m->pattern)
        return partial || dp_may_become_e164(n, site) ? DP_INCOMPLETE : DP_COMPLETE;
    if (partial && dp_pattern_catch_all(m->pattern))
        return DP_INCOMPLETE;
    if (full_length(n, site))
        return DP_COMPLETE;
    return partial || open_ended ? DP_MAYBE_COMPLETE : DP_COMPLETE;
}

void dp_table_find(struct dp_match *out, const struct dp_table *t, const struct dp_number *n,
                   const struct dp_site *site)
{
    bool partial = false;

    *out = (struct dp_match){.complete = DP_COMPLETE};
    for (size_t i = 0; i < t->n; i++) {
        enum dp_fit fit = dp_pattern_fit(t->rows[i].pattern, n, site);
        if (fit == DP_PARTIAL)
            partial = true;
        if (fit == DP_FITS && !out->pattern) {
            out->pattern = t->rows[i].pattern;
            out->value = t->rows[i].value;
        }
    }
    out->complete = completeness(out, partial, n, site);
}

void dp_table_explain(const struct dp_table *t, const struct dp_number *n,
                      const struct dp_site *site,
                      void (*fn)(void *arg, const struct dp_pattern *p, bool matches), void *arg)
{
    for (size_t i = 0; i < t->n; i++)
        fn(arg, t->rows[i].pattern, dp_pattern_match(t->rows[i].pattern, n, site));
}
