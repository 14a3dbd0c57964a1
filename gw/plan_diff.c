/* The comparison of plans: blocks by name, what they say by what it is about. */
#include "gw/plan_diff_priv.h"

#include <stdlib.h>

/** Two things: what is compared, and what their lines begin with: "trunk pri: ". */
struct pair {
    struct rt_buf *out;
    const char *path;
};

void gw_diff_end(struct rt_buf *out, struct conf_pos at)
{
    if (at.file)
        rt_buf_printf(out, "  %s:%u", at.file, at.line);
    rt_buf_puts(out, "\n");
}

static void line(const struct pair *p, char sign, const struct gw_said *s)
{
    const char *space = s->keyword[0] && s->shown[0] ? " " : "";

    rt_buf_printf(p->out, "%c %s%s%s%s", sign, p->path, s->keyword, space, s->shown);
    gw_diff_end(p->out, s->pos);
}

static void changed(const struct pair *p, const struct gw_said *a, const struct gw_said *b)
{
    const char *space = b->keyword[0] ? " " : "";

    rt_buf_printf(p->out, "~ %s%s%s%s -> %s", p->path, b->keyword, space,
                  a->shown[0] ? a->shown : "(nothing)", b->shown[0] ? b->shown : "(nothing)");
    gw_diff_end(p->out, b->pos);
}

/* ---- one block ---- */

static void compare(const struct pair *p, const struct conf_node *a, const struct conf_node *b);

static bool is_block(const struct gw_said *s)
{
    return s->node->row->flags & CONF_BLOCK;
}

/** A test is one thing: what it says in which order. */
static bool is_test(const struct gw_said *s)
{
    return strcmp(s->keyword, "test") == 0;
}

static void all_words(struct rt_buf *out, const struct conf_node *block)
{
    for (const struct conf_node *n = block->child; n; n = n->next) {
        gw_said_words(out, n, 0, true);
        rt_buf_puts(out, "\n");
    }
}

static void compare_tests(const struct pair *p, const struct gw_said *a, const struct gw_said *b)
{
    struct rt_buf x = {0}, y = {0};

    all_words(&x, a->node);
    all_words(&y, b->node);
    if (x.n != y.n || (x.n > 0 && memcmp(x.p, y.p, x.n) != 0)) {
        rt_buf_printf(p->out, "~ test %s: another call or expectation", b->shown);
        gw_diff_end(p->out, b->pos);
    }
    rt_buf_release(&x);
    rt_buf_release(&y);
}

static void both(const struct pair *p, const struct gw_said *a, const struct gw_said *b)
{
    struct rt_buf path = {0};

    if (is_test(b)) {
        compare_tests(p, a, b);
        return;
    }
    if (strcmp(a->key, b->key) != 0)
        changed(p, a, b);
    if (!is_block(b) && !is_block(a))
        return;
    rt_buf_printf(&path, "%s%s%s%s: ", p->path, b->keyword, b->shown[0] ? " " : "", b->shown);
    compare(&(struct pair){p->out, path.p ? path.p : ""}, a->node, b->node);
    rt_buf_release(&path);
}

/** What is compared elsewhere, or means nothing by itself. */
static bool is_other(const struct conf_node *n)
{
    static const char *const others[] = {"routes", "include", "version"};

    for (size_t i = 0; i < RT_COUNT(others); i++)
        if (n->row->in[0] == '\0' && strcmp(n->token[0].text, others[i]) == 0)
            return true;
    return false;
}

static void collect(struct gw_sayings *s, const struct conf_node *block)
{
    for (const struct conf_node *n = block->child; n; n = n->next)
        if (!is_other(n))
            gw_sayings_add(s, n);
}

static int same_thing(const struct gw_said *a, const struct gw_said *b)
{
    int d = strcmp(a->keyword, b->keyword);
    return d != 0 ? d : strcmp(a->id, b->id);
}

static int by_thing(const void *a, const void *b)
{
    const struct gw_said *x = a, *y = b;
    int d = same_thing(x, y);

    return d != 0 ? d : strcmp(x->key, y->key);
}

static void sort(struct gw_sayings *s)
{
    if (s->n > 1)
        qsort(s->said, s->n, sizeof *s->said, by_thing);
}

/** The end of what is about the same thing as s->said[i]. */
static size_t run(const struct gw_sayings *s, size_t i)
{
    size_t end = i + 1;

    while (end < s->n && same_thing(&s->said[i], &s->said[end]) == 0)
        end++;
    return end;
}

/** What is about the same thing in both: equal ones first fall away, then one changes into another.
 */
static void compare_runs(const struct pair *p, const struct gw_said *a, size_t na,
                         const struct gw_said *b, size_t nb)
{
    const struct gw_said *gone[64];
    size_t ngone = 0, i = 0, k = 0, used = 0;

    if (na == 1 && nb == 1) {
        both(p, a, b);
        return;
    }
    for (; i < na; i++) {
        while (k < nb && strcmp(b[k].key, a[i].key) < 0)
            k++;
        if (k < nb && strcmp(b[k].key, a[i].key) == 0)
            k++;
        else if (ngone < RT_COUNT(gone))
            gone[ngone++] = &a[i];
        else
            line(p, '-', &a[i]);
    }
    for (i = k = 0; k < nb; k++) {
        while (i < na && strcmp(a[i].key, b[k].key) < 0)
            i++;
        if (i < na && strcmp(a[i].key, b[k].key) == 0)
            i++;
        else if (used < ngone)
            changed(p, gone[used++], &b[k]);
        else
            line(p, '+', &b[k]);
    }
    while (used < ngone)
        line(p, '-', gone[used++]);
}

static void merge(const struct pair *p, const struct gw_sayings *a, const struct gw_sayings *b)
{
    size_t i = 0, k = 0;

    while (i < a->n || k < b->n) {
        int d = i == a->n ? 1 : k == b->n ? -1 : same_thing(&a->said[i], &b->said[k]);
        if (d < 0) {
            line(p, '-', &a->said[i++]);
        } else if (d > 0) {
            line(p, '+', &b->said[k++]);
        } else {
            size_t ea = run(a, i), eb = run(b, k);
            compare_runs(p, &a->said[i], ea - i, &b->said[k], eb - k);
            i = ea;
            k = eb;
        }
    }
}

static void compare(const struct pair *p, const struct conf_node *a, const struct conf_node *b)
{
    struct gw_sayings x = {.n = 0}, y = {.n = 0};

    collect(&x, a);
    collect(&y, b);
    sort(&x);
    sort(&y);
    if (x.failed || y.failed)
        p->out->failed = true;
    else
        merge(p, &x, &y);
    gw_sayings_release(&x);
    gw_sayings_release(&y);
}

void gw_plan_diff(struct rt_buf *out, const struct gw_plan *before, const struct gw_plan *after)
{
    struct pair top = {out, ""};

    if (before == after)
        return;
    compare(&top, conf_root(before->conf), conf_root(after->conf));
    gw_diff_tables(out, before, after);
    gw_diff_routes(out, before, after);
}
