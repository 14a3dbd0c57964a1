/* What changed from one deck to the next. */
#include "dialplan/deck_priv.h"

#include <stdio.h>

/** A row that the walk is inside of. Its numbers come in pieces, cut by the exceptions below it. */
struct row {
    uint64_t prefix;
    uint32_t in_a, in_b;
};

struct walk {
    struct row row[DP_KEY_DIGITS + 1]; /* each inside the one before */
    unsigned nrows;
    struct dp_deck_diff *out;
    const struct dp_deck *before, *after;
    dp_deck_diff_fn *fn;
    void *arg;
    uint64_t biggest_at;
};

/** Below 0: cheaper afterwards. The rate counts first, then what is charged beside it. */
static int compare(const struct dp_class *before, const struct dp_class *after)
{
    const int64_t pair[][2] = {
        {before->rate, after->rate},
        {before->setup, after->setup},
        {before->first, after->first},
        {before->step, after->step},
    };

    for (size_t i = 0; i < RT_COUNT(pair); i++)
        if (pair[i][0] != pair[i][1])
            return pair[i][1] > pair[i][0] ? 1 : -1;
    return 0;
}

static double magnitude(double v)
{
    return v < 0 ? -v : v;
}

static void note_change(struct walk *w, uint64_t lo, int64_t before, int64_t after)
{
    if (before == 0)
        return;
    double percent = 100.0 * (double)(after - before) / (double)before;
    if (magnitude(percent) > magnitude(w->out->biggest)) {
        w->out->biggest = percent;
        w->biggest_at = lo;
    }
}

static void tell(const struct walk *w, uint64_t lo, const struct dp_class *before,
                 const struct dp_class *after)
{
    char text[DP_KEY_TEXT_LEN + 1] = "+";
    struct dp_rate old, new;

    if (!w->fn)
        return;
    dp_key_text(text + 1, lo);
    if (before)
        old = dp_deck_rate(w->before, before);
    if (after)
        new = dp_deck_rate(w->after, after);
    w->fn(w->arg, text, before ? &old : NULL, after ? &new : NULL);
}

/** Whether this is another piece of a row that was counted. A row's first piece begins with its own
 * prefix, as that is a number like those that continue it. */
static bool is_piece(struct walk *w, uint64_t lo, uint32_t in_a, uint32_t in_b)
{
    while (w->nrows > 0 && dp_key_end(w->row[w->nrows - 1].prefix) <= lo)
        w->nrows--;
    for (unsigned i = 0; i < w->nrows; i++)
        if (w->row[i].in_a == in_a && w->row[i].in_b == in_b)
            return true;
    if (w->nrows < RT_COUNT(w->row))
        w->row[w->nrows++] = (struct row){lo, in_a, in_b};
    return false;
}

static void on_range(void *arg, uint64_t lo, uint64_t hi, uint32_t in_a, uint32_t in_b)
{
    struct walk *w = arg;
    const struct dp_class *before = dp_deck_class(w->before, in_a);
    const struct dp_class *after = dp_deck_class(w->after, in_b);

    (void)hi;
    if ((!before && !after) || is_piece(w, lo, in_a, in_b))
        return;
    int order = before && after ? compare(before, after) : 1;
    if (order == 0) {
        w->out->same++;
        return;
    }
    if (!before)
        w->out->added++;
    else if (!after)
        w->out->removed++;
    else if (order > 0)
        w->out->up++;
    else
        w->out->down++;
    if (before && after)
        note_change(w, lo, before->rate, after->rate);
    tell(w, lo, before, after);
}

void dp_deck_diff(struct dp_deck_diff *out, const struct dp_deck *before,
                  const struct dp_deck *after, dp_deck_diff_fn *fn, void *arg)
{
    struct walk w = {.out = out, .before = before, .after = after, .fn = fn, .arg = arg};
    char text[DP_KEY_TEXT_LEN];

    *out = (struct dp_deck_diff){.added = 0};
    dp_image_walk_both(before->image, after->image, on_range, &w);
    if (out->biggest != 0)
        snprintf(out->biggest_prefix, sizeof out->biggest_prefix, "+%s",
                 dp_key_text(text, w.biggest_at));
}
