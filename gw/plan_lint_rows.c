/* Rows of routes that never count, or take other numbers than their author may think. */
#include "dialplan/compare.h"
#include "dialplan/key.h"
#include "gw/plan_lint_priv.h"

#include <stdlib.h>

/** Steps that looking for one row's numbers may take; what needs more is not warned about. */
#define BUDGET 20000
/** Numbers of a block that are tried one by one. */
#define BLOCK_MAX 10000

/* ---- rows whose numbers others take ---- */

struct row {
    const struct gw_route *route;
    struct dp_pattern_facts facts;
    uint64_t lo, hi; /* keys of its numbers: [lo, hi) */
};

static int by_low(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

/** What remains to be looked at: rows that have numbers with the digits so far. */
struct cover {
    const struct row *whole;
    int budget;
};

static bool covered(struct cover *c, const struct row *const *list, size_t n,
                    struct dp_number *digits);

/** The rows that have numbers with these digits; true when one of them takes all that follow. */
static bool narrow(const struct row *const *list, size_t n, const struct row **out, size_t *nout,
                   bool *exact, const struct dp_number *digits)
{
    *nout = 0;
    *exact = false;
    for (size_t i = 0; i < n; i++) {
        enum dp_fit fit = dp_pattern_fit(list[i]->route->match, digits, NULL);
        if (fit == DP_FITS && list[i]->facts.prefix)
            return true;
        *exact |= fit == DP_FITS;
        if (fit == DP_PARTIAL)
            out[(*nout)++] = list[i];
    }
    return false;
}

/** Whether each number that goes on after these digits is taken. */
static bool goes_on(struct cover *c, const struct row *const *list, size_t n,
                    struct dp_number *digits)
{
    static const char keys[] = "0123456789ABCD*#";
    size_t len = strlen(digits->digits);
    bool all = true;

    for (size_t k = 0; all && keys[k] && (k < 10 || !digits->e164); k++) {
        digits->digits[len] = keys[k];
        digits->digits[len + 1] = '\0';
        if (dp_pattern_fit(c->whole->route->match, digits, NULL) != DP_NO)
            all = covered(c, list, n, digits);
    }
    digits->digits[len] = '\0';
    return all;
}

static bool covered(struct cover *c, const struct row *const *list, size_t n,
                    struct dp_number *digits)
{
    const struct dp_pattern_facts *f = &c->whole->facts;
    size_t len = strlen(digits->digits), left;
    bool exact, ends = dp_pattern_fit(c->whole->route->match, digits, NULL) == DP_FITS;

    if (n == 0 || c->budget < (int)n || len == DP_KEY_DIGITS)
        return false;
    c->budget -= (int)n;
    const struct row **rest = malloc(n * sizeof *rest);
    if (!rest)
        return false;
    bool all = narrow(list, n, rest, &left, &exact, digits);
    if (!all && ends && !exact && !(f->e164 && f->prefix))
        left = 0; /* the number that ends here is this row's */
    else if (!all && ends && !f->prefix)
        all = exact;
    if (!all && left > 0)
        all = goes_on(c, rest, left, digits);
    free(rest);
    return all;
}

/** Rows from `row` on that could take its numbers. */
static void check_covered(struct gw_lint *l, const struct row *rows, size_t n,
                          const struct row *row)
{
    struct cover c = {row, BUDGET};
    struct dp_number digits = {.e164 = row->facts.e164};
    const struct row *list[512];
    const struct row *at = row;
    size_t count = 0;

    while (at > rows && at[-1].lo == row->lo)
        at--;
    for (; at < rows + n && at->lo < row->hi && count < RT_COUNT(list); at++)
        if (at != row && gw_lint_always(at->route) &&
            dp_pattern_order(at->route->match, row->route->match) < 0)
            list[count++] = at;
    if (count > 0 && covered(&c, list, count, &digits))
        gw_lint_warn(l, row->route->pos,
                     "\"%s\" is never reached: more specific rows take all its numbers",
                     row->route->pattern);
}

static void check_emergency(struct gw_lint *l, const struct row *row)
{
    const struct gw_emergency *e = &l->plan->dial.emergency;
    const struct gw_route *r = row->route;

    if (row->facts.e164 || row->facts.prefix || !row->facts.exact)
        return;
    for (unsigned i = 0; e->on && i < e->nnumbers + e->naccept; i++) {
        struct dp_number n = {.digits = ""};
        const char *text = i < e->nnumbers ? e->number[i] : e->accept[i - e->nnumbers];
        rt_str_copy(n.digits, sizeof n.digits, rt_str(text));
        if (dp_pattern_fit(r->match, &n, NULL) == DP_FITS) {
            gw_lint_warn(l, r->pos, "\"%s\" is never reached: it is an emergency number (%s:%u)",
                         r->pattern, e->pos.file, e->pos.line);
            return;
        }
    }
}

/* ---- the edges of blocks ---- */

static void full_number(struct dp_number *out, const struct dp_ddi *d, uint64_t v)
{
    char digits[2 * DP_DIGITS_MAX];

    *out = (struct dp_number){.e164 = true};
    RT_JOIN(digits, sizeof digits, rt_str(d->e164_prefix), rt_str("0000000000000000000"));
    size_t prefix = strlen(d->e164_prefix);
    for (unsigned i = d->width; i > 0; i--, v /= 10)
        digits[prefix + i - 1] = (char)('0' + v % 10);
    digits[prefix + d->width] = '\0';
    rt_str_copy(out->digits, sizeof out->digits, rt_str(digits));
}

static void check_edge(struct gw_lint *l, const struct row *row, const struct dp_ddi *d)
{
    const struct dp_pattern_facts *f = &row->facts;
    const struct gw_route *r = row->route;
    uint64_t inside = 0, size = d->high - d->low + 1, all = f->numbers;
    struct dp_number first, last;

    if (!f->e164 || f->prefix || f->digits != strlen(d->e164_prefix) + d->width || size > BLOCK_MAX)
        return;
    for (uint64_t v = d->low; v <= d->high; v++) {
        full_number(&first, d, v);
        inside += dp_pattern_match(r->match, &first, NULL);
    }
    if (inside == 0 || inside == size || inside == all)
        return;
    full_number(&first, d, d->low);
    full_number(&last, d, d->high);
    gw_lint_warn(l, r->pos,
                 "\"%s\" crosses the edge of the block from +%s to +%s: it takes %llu of its %llu "
                 "numbers and %llu others",
                 r->pattern, first.digits, last.digits, (unsigned long long)inside,
                 (unsigned long long)size, (unsigned long long)(all - inside));
}

static void check_edges(struct gw_lint *l, const struct row *row)
{
    struct dp_number n;

    for (unsigned i = 0; i < l->plan->nsites; i++)
        for (const struct dp_ddi *d = l->plan->sites[i].ddi; d; d = d->next) {
            full_number(&n, d, d->low);
            uint64_t lo = dp_key_of(n.digits);
            full_number(&n, d, d->high);
            if (row->lo <= dp_key_of(n.digits) && lo < row->hi)
                check_edge(l, row, d);
        }
}

/* ---- rows that take extensions ---- */

/** A row and how many extensions it takes. */
struct taker {
    const struct gw_route *route;
    unsigned n;
};

static void extension(struct dp_number *out, const struct dp_ddi *d, uint64_t v)
{
    *out = (struct dp_number){.e164 = false};
    rt_str_copy(out->digits, sizeof out->digits, rt_str(d->local_prefix));
    size_t prefix = strlen(out->digits);
    for (unsigned i = d->local_width; i > 0; i--, v /= 10)
        out->digits[prefix + i - 1] = (char)('0' + v % 10);
}

/** Whether a row takes numbers of any length, extensions among them. */
static bool greedy(const struct gw_route *r, const struct dp_number *n)
{
    struct dp_pattern_facts f;

    dp_pattern_facts(&f, r->match);
    return f.prefix && f.digits < strlen(n->digits);
}

static void count(struct taker *list, size_t max, const struct gw_route *r)
{
    for (size_t i = 0; i < max; i++) {
        if (list[i].route && list[i].route != r)
            continue;
        list[i].route = r;
        list[i].n++;
        return;
    }
}

/** `1xx`, `1[10..59]` */
static void block_text(struct rt_buf *out, const struct dp_ddi *d)
{
    uint64_t high = d->local_low + (d->high - d->low), all = 1;

    for (unsigned i = 0; i < d->local_width; i++)
        all *= 10;
    rt_buf_puts(out, d->local_prefix);
    if (d->local_low == 0 && high == all - 1)
        rt_buf_printf(out, "%.*s", (int)d->local_width, "xxxxxxxxxxxxxxxxxxxx");
    else if (d->local_width > 0)
        rt_buf_printf(out, "[%0*llu..%0*llu]", (int)d->local_width,
                      (unsigned long long)d->local_low, (int)d->local_width,
                      (unsigned long long)high);
}

static void check_extensions(struct gw_lint *l, const struct gw_routes *t,
                             const struct dp_site *site, const struct dp_ddi *d)
{
    struct taker list[8] = {{NULL, 0}};
    struct rt_buf text = {0};
    struct dp_match m;
    struct dp_number n;

    for (uint64_t v = 0; v <= d->high - d->low && v < BLOCK_MAX; v++) {
        extension(&n, d, d->local_low + v);
        dp_table_find(&m, t->table, &n, site);
        if (m.value && greedy(m.value, &n) && !gw_lint_refuses(m.value))
            count(list, RT_COUNT(list), m.value);
    }
    block_text(&text, d);
    for (size_t i = 0; i < RT_COUNT(list) && list[i].route; i++)
        gw_lint_warn(l, list[i].route->pos, "\"%s\" in %s also takes %s (%u extensions)",
                     list[i].route->pattern, t->name, text.p ? text.p : "", list[i].n);
    rt_buf_release(&text);
}

/** People dial extensions where numbers are as dialled. */
static void check_internal(struct gw_lint *l, const struct gw_routes *t)
{
    for (unsigned i = 0; i < t->nfrom; i++) {
        const struct gw_trunk *from = t->from[i];
        if (!from->site || (from->numbers != DP_AS_DIALLED && from->numbers != DP_NATIONAL_PREFIX))
            continue;
        for (const struct dp_ddi *d = from->site->ddi; d; d = d->next)
            check_extensions(l, t, from->site, d);
        return;
    }
}

/* ---- all rows ---- */

static void check_table(struct gw_lint *l, const struct gw_routes *t)
{
    size_t n = 0, max = 0;

    for (const struct gw_route *r = t->first; r; r = r->next)
        max++;
    struct row *rows = calloc(max + 1, sizeof *rows);
    for (const struct gw_route *r = t->first; r && rows; r = r->next) {
        if (dp_pattern_is_set(r->match) || dp_pattern_catch_all(r->match))
            continue;
        rows[n].route = r;
        dp_pattern_facts(&rows[n].facts, r->match);
        dp_pattern_hull(r->match, &rows[n].lo, &rows[n].hi);
        check_emergency(l, &rows[n++]);
    }
    if (rows && n > 1)
        qsort(rows, n, sizeof *rows, by_low);
    for (size_t i = 0; i < n; i++) {
        check_covered(l, rows, n, &rows[i]);
        check_edges(l, &rows[i]);
    }
    free(rows);
    check_internal(l, t);
}

void gw_lint_rows(struct gw_lint *l)
{
    for (unsigned i = 0; i < l->plan->dial.nroutes; i++)
        check_table(l, &l->plan->dial.routes[i]);
}
