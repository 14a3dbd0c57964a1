/* The digit map of a trunk's routes. Each form of a number that can be dialled is an alternative.
 * The shortest match wins, so a form that is the beginning of another one ends with the timer;
 * emergency numbers never do. Alternatives that differ in one digit are made one. The last ones
 * take whatever else is dialled: what does not fit into a map is only sent later.
 */
#include "gw/dial_map.h"
#include "dialplan/dialled.h"

#include <errno.h>
#include <stdlib.h>

/** Alternatives at most, before they are merged; what is beyond is given up. */
#define FORMS 1024

#define STAR 0x4000
#define HASH 0x8000

struct form {
    struct dp_dialled d;
    bool emergency;
    bool waits; /**< for the timer */
};

struct making {
    struct form *form;
    unsigned n;
};

static void add(void *arg, const struct dp_dialled *d)
{
    struct making *m = arg;

    if (m->n < FORMS)
        m->form[m->n++] = (struct form){.d = *d};
}

/* ---- what is dialled ---- */

static uint16_t set_of(char c)
{
    const char *at = c ? strchr(DP_DIALLED_KEYS, c) : NULL;
    return at ? (uint16_t)(1u << (at - DP_DIALLED_KEYS)) : 0;
}

/** An emergency number as it stands. One in E.164 is nothing that is dialled. */
static void add_emergency(struct making *m, const char *digits)
{
    struct dp_dialled d = {.kind = DP_DIALLED_ROW};

    for (; *digits && d.n < DP_DIGITS_MAX; digits++)
        if ((d.set[d.n++] = set_of(*digits)) == 0)
            return;
    d.min = d.max = d.n;
    if (d.n == 0 || m->n == FORMS)
        return;
    add(m, &d);
    m->form[m->n - 1].emergency = true;
}

static void collect(struct making *m, const struct gw_trunk *t)
{
    const struct gw_emergency *e = &t->plan->dial.emergency;
    unsigned dials = 0;

    for (unsigned i = 0; e->on && i < e->nnumbers; i++)
        add_emergency(m, e->number[i]);
    for (unsigned i = 0; e->on && i < e->naccept; i++)
        add_emergency(m, e->accept[i]);
    for (const struct gw_route *r = t->routes ? t->routes->first : NULL; r; r = r->next)
        dials |= dp_pattern_dialled(r->match, t->site, add, m);
    if (t->routes)
        dp_site_extensions(t->site, add, m);
    dp_site_dialled(t->site, dials, add, m);
}

/* ---- what is the beginning of what ---- */

/** What may follow the sets of a form: after a star code numbers, and keys between them. */
static uint16_t tail(const struct dp_dialled *d)
{
    return DP_DIALLED_DECIMAL | (d->set[0] & (STAR | HASH) ? STAR | HASH : 0);
}

static uint16_t set_at(const struct dp_dialled *d, unsigned i)
{
    return i < d->n ? d->set[i] : tail(d);
}

static bool fixed(const struct dp_dialled *d)
{
    return d->min == d->max;
}

/** Whether every beginning that `d` allows is one that `wide` allows, as far as `wide` has sets. */
static bool within(const struct dp_dialled *d, const struct dp_dialled *wide)
{
    for (unsigned i = 0; i < wide->n; i++)
        if (set_at(d, i) & ~wide->set[i])
            return false;
    return true;
}

/** Whether `b` says nothing of numbers that begin as `a`: a short code is no beginning of a number
 * without prefix, and the longest beginning of a short code says how long it is. */
static bool of_no_concern(const struct dp_dialled *a, const struct dp_dialled *b)
{
    if (a->kind != DP_DIALLED_SHORT)
        return false;
    return b->kind == DP_DIALLED_PLAIN ||
           (b->kind == DP_DIALLED_SHORT && b->n < a->n && within(a, b));
}

static bool begins(const struct dp_dialled *a, const struct dp_dialled *b)
{
    if (b->max <= a->max || of_no_concern(a, b))
        return false;
    for (unsigned i = 0; i < a->max; i++)
        if (!(set_at(a, i) & set_at(b, i)))
            return false;
    return true;
}

/** What of form `i` begins `longer` waits; the rest of it becomes forms of their own. */
static void split(struct making *m, unsigned i, const struct dp_dialled *longer)
{
    struct form rest = m->form[i];

    rest.waits = true;
    for (; rest.d.n < rest.d.max; rest.d.n++)
        rest.d.set[rest.d.n] = tail(&rest.d);
    for (unsigned k = 0; k < rest.d.n && m->n + rest.d.n - k <= FORMS; k++) {
        struct form other = rest;
        other.d.set[k] &= (uint16_t)~set_at(longer, k);
        other.waits = false;
        if (other.d.set[k] == 0)
            continue;
        m->form[m->n++] = other;
        rest.d.set[k] &= set_at(longer, k);
    }
    m->form[i] = rest;
}

/** Decides which ones wait. What is of no fixed length does in any case. */
static void decide(struct making *m)
{
    for (unsigned i = 0; i < m->n; i++) {
        m->form[i].waits = !fixed(&m->form[i].d);
        for (unsigned k = 0; k < m->n && !m->form[i].waits && !m->form[i].emergency; k++) {
            struct dp_dialled longer = m->form[k].d;
            if (begins(&m->form[i].d, &longer))
                split(m, i, &longer);
        }
    }
}

/* ---- fewer of them ---- */

/** Of numbers that wait anyway the prefix says enough: `0x.T`. */
static void shorten(struct form *f)
{
    struct dp_dialled *d = &f->d;

    if (!f->waits || (d->kind != DP_DIALLED_PREFIXED && d->kind != DP_DIALLED_PLAIN))
        return;
    d->n = d->prefix > 0 ? d->prefix : 1;
    d->min = d->n;
    d->max = DP_DIGITS_MAX;
}

/** The only place where they differ; -1: none, -2: several, or what does not merge. */
static int difference(const struct form *a, const struct form *b)
{
    int at = -1;

    if (a->waits != b->waits || a->d.n != b->d.n || fixed(&a->d) != fixed(&b->d) ||
        (fixed(&a->d) && a->d.max != b->d.max))
        return -2;
    for (unsigned i = 0; i < a->d.n; i++) {
        if (a->d.set[i] == b->d.set[i])
            continue;
        if (at >= 0)
            return -2;
        at = (int)i;
    }
    return at;
}

/** Whether each digit of `b`, as far as it has to go, is one that `a` takes. */
static bool takes(const struct dp_dialled *a, const struct dp_dialled *b)
{
    for (unsigned i = 0; i < b->n || i < b->min; i++)
        if (set_at(b, i) & ~set_at(a, i))
            return false;
    return true;
}

/** Whether `b` is not needed beside `a`: all its digits end as soon by `a`. */
static bool covers(const struct form *a, const struct form *b)
{
    if (fixed(&a->d)) /* one that waits is left to those of any length */
        return !a->waits && fixed(&b->d) && a->d.max == b->d.max && takes(&a->d, &b->d);
    return b->waits && a->d.n <= b->d.n && takes(&a->d, &b->d) &&
           (fixed(&b->d) || !(tail(&b->d) & ~tail(&a->d)));
}

static void drop(struct making *m, unsigned i)
{
    memmove(&m->form[i], &m->form[i + 1], (--m->n - i) * sizeof *m->form);
}

/** Makes one of two, where they are as good as one. */
static bool join(struct making *m, unsigned i, unsigned k)
{
    struct form *a = &m->form[i], *b = &m->form[k];
    int at = difference(a, b);

    if (covers(b, a))
        *a = *b;
    else if (at >= 0)
        a->d.set[at] |= b->d.set[at];
    else if (at != -1 && !covers(a, b))
        return false;
    drop(m, k);
    return true;
}

static void merge(struct making *m)
{
    bool changed = true;

    while (changed) {
        changed = false;
        for (unsigned i = 0; i < m->n; i++)
            for (unsigned k = m->n - 1; k > i; k--)
                changed = (k < m->n && join(m, i, k)) || changed;
    }
}

/* ---- text ---- */

static void put_set(struct rt_buf *b, uint16_t set)
{
    bool alone = (set & (set - 1)) == 0;

    if (set == DP_DIALLED_DECIMAL) {
        rt_buf_puts(b, "x");
        return;
    }
    rt_buf_puts(b, alone ? "" : "[");
    for (unsigned i = 0, last; i < 16; i = last + 1) {
        last = i;
        if (!(set >> i & 1))
            continue;
        while (i < 10 && last < 9 && set >> (last + 1) & 1)
            last++;
        rt_buf_put(b, &DP_DIALLED_KEYS[i], 1);
        rt_buf_puts(b, last > i + 1 ? "-" : "");
        if (last > i)
            rt_buf_put(b, &DP_DIALLED_KEYS[last], 1);
    }
    rt_buf_puts(b, alone ? "" : "]");
}

static void put_form(struct rt_buf *b, const struct form *f)
{
    const struct dp_dialled *d = &f->d;

    for (unsigned i = 0; i < (fixed(d) ? d->max : d->n); i++)
        put_set(b, set_at(d, i));
    if (!fixed(d))
        rt_buf_puts(b, tail(d) == DP_DIALLED_DECIMAL ? "x." : "[0-9*#].");
    rt_buf_puts(b, f->waits ? "T" : "");
}

static const char last_ones[] = "x.T|*[0-9*#].T|#[0-9*#].T)";

/** Those that are sent at once come first; of what does not fit the rest is given up. */
static void put_map(struct rt_buf *out, const struct making *m)
{
    struct rt_buf one = {.p = NULL};
    size_t start = out->n;

    rt_buf_puts(out, "(");
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < m->n; i++) {
            if (m->form[i].waits != (pass == 1))
                continue;
            rt_buf_reset(&one);
            put_form(&one, &m->form[i]);
            rt_buf_puts(&one, "|");
            if (out->n - start + one.n + sizeof last_ones <= GW_DIAL_MAP_MAX)
                rt_buf_put(out, one.p, one.n);
        }
    rt_buf_puts(out, last_ones);
    out->failed = out->failed || one.failed;
    rt_buf_release(&one);
}

int gw_dial_map(struct rt_buf *out, const struct gw_trunk *t)
{
    struct making m = {.form = calloc(FORMS, sizeof *m.form)};

    if (!m.form)
        return ENOMEM;
    collect(&m, t);
    decide(&m);
    for (unsigned i = 0; i < m.n; i++)
        shorten(&m.form[i]);
    merge(&m);
    put_map(out, &m);
    free(m.form);
    return out->failed ? ENOMEM : 0;
}
