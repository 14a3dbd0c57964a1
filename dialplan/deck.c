/* Asking decks: the rate for a number, the cheapest of several, and what a call costs. */
#include "dialplan/deck.h"

#include "dialplan/deck_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct dp_deck *dp_deck_ref(struct dp_deck *d)
{
    atomic_fetch_add_explicit(&d->holders, 1, memory_order_relaxed);
    return d;
}

void dp_deck_unref(struct dp_deck *d)
{
    if (!d || atomic_fetch_sub_explicit(&d->holders, 1, memory_order_acq_rel) > 1)
        return;
    dp_image_unref(d->image);
    dp_classes_release(&d->classes);
    dp_files_free(d->files, d->nfiles);
    free(d->name);
    free(d->columns);
    free(d->table);
    free(d);
}

const struct dp_class *dp_deck_class(const struct dp_deck *d, uint32_t value)
{
    return value < d->classes.n ? &d->classes.class[value] : NULL;
}

struct dp_rate dp_deck_rate(const struct dp_deck *d, const struct dp_class *c)
{
    return (struct dp_rate){.rate = c->rate,
                            .setup = c->setup,
                            .first = c->first,
                            .step = c->step,
                            .name = d->classes.names.p + c->name};
}

bool dp_deck_find(const struct dp_deck *d, uint64_t key, struct dp_rate *out)
{
    const struct dp_class *c = dp_deck_class(d, dp_image_find(d->image, key));

    if (c)
        *out = dp_deck_rate(d, c);
    return c != NULL;
}

int64_t dp_rate_cost(const struct dp_rate *r, uint32_t seconds)
{
    int64_t charged = seconds, step = r->step > 0 ? r->step : 1;

    if (seconds == 0)
        return 0;
    if (charged <= r->first)
        charged = r->first;
    else
        charged = r->first + (charged - r->first + step - 1) / step * step;
    /* a minute's rate in whole parts and the rest, so that the product stays within 64 bits */
    return r->setup + r->rate / 60 * charged + (r->rate % 60 * charged + 30) / 60;
}

/** What one deck asks, before its rate is written out. */
struct bid {
    int64_t cost;
    unsigned deck;
    const struct dp_class *class;
};

static unsigned ask(struct bid bid[DP_DECKS_MAX], const struct dp_deck *const decks[], unsigned n,
                    uint64_t key, uint32_t seconds)
{
    const struct dp_image *image[DP_DECKS_MAX];
    const struct dp_class *found[DP_DECKS_MAX];
    uint32_t value[DP_DECKS_MAX];
    unsigned deck[DP_DECKS_MAX], asked = 0, nfound = 0;

    for (unsigned i = 0; i < n && i < DP_DECKS_MAX; i++)
        if (decks[i]) {
            deck[asked] = i;
            image[asked++] = decks[i]->image;
        }
    if (asked == 0)
        return 0;
    dp_image_find_many(image, asked, key, value);
    for (unsigned i = 0; i < asked; i++) {
        found[i] = dp_deck_class(decks[deck[i]], value[i]);
        if (found[i]) /* their misses are waited for together, too */
            __builtin_prefetch(found[i]);
    }
    for (unsigned i = 0; i < asked; i++) {
        if (!found[i])
            continue;
        struct dp_rate rate = dp_deck_rate(decks[deck[i]], found[i]);
        bid[nfound++] = (struct bid){dp_rate_cost(&rate, seconds), deck[i], found[i]};
    }
    return nfound;
}

unsigned dp_deck_cheapest(struct dp_deck_offer out[DP_DECKS_MAX],
                          const struct dp_deck *const decks[], unsigned n, uint64_t key,
                          uint32_t seconds)
{
    struct bid bid[DP_DECKS_MAX];
    unsigned found = ask(bid, decks, n, key, seconds);

    for (unsigned i = 1; i < found; i++) {
        struct bid b = bid[i];
        unsigned at = i;
        for (; at > 0 && bid[at - 1].cost > b.cost; at--)
            bid[at] = bid[at - 1];
        bid[at] = b;
    }
    for (unsigned i = 0; i < found; i++)
        out[i] = (struct dp_deck_offer){bid[i].deck, bid[i].cost,
                                        dp_deck_rate(decks[bid[i].deck], bid[i].class)};
    return found;
}

void dp_deck_info(const struct dp_deck *d, struct dp_deck_info *out)
{
    *out = (struct dp_deck_info){
        .name = d->name,
        .rows = d->facts.rows,
        .bad = d->facts.bad,
        .classes = d->classes.n,
        .ranges = dp_image_intervals(d->image),
        .bytes = dp_image_bytes(d->image) + d->classes.cap * sizeof *d->classes.class +
                 d->classes.names.cap + sizeof *d,
        .built_for = d->facts.built_for,
        .modified = d->facts.modified,
        .next_change = d->facts.next_change,
        .future_rows = d->facts.future_rows,
    };
}

int64_t dp_deck_next_change(const struct dp_deck *d)
{
    return d->facts.next_change;
}

/* ---- where a rate comes from ---- */

/** The best row so far for a key. */
struct search {
    uint64_t key, lo, hi;
    int64_t date, now;
    bool found;
};

/** The order of dp_image_build() and of dates: narrower, beginning later, later date, read last. */
static bool beats(const struct search *s, uint64_t lo, uint64_t hi, int64_t date)
{
    if (!s->found || hi - lo != s->hi - s->lo)
        return !s->found || hi - lo < s->hi - s->lo;
    if (lo != s->lo)
        return lo > s->lo;
    return date >= s->date;
}

static void describe(struct dp_deck_source *out, const struct search *s, const char *file,
                     uint64_t line)
{
    char lo[DP_KEY_TEXT_LEN], hi[DP_KEY_TEXT_LEN];
    uint64_t unit = UINT64_C(1) << (64 - 4 * dp_key_length(s->lo));

    snprintf(out->file, sizeof out->file, "%s", file);
    out->line = line;
    dp_key_text(lo, s->lo);
    if (s->hi == dp_key_end(s->lo)) {
        snprintf(out->prefix, sizeof out->prefix, "+%s", lo);
        return;
    }
    /* the end is behind the last one and all that continues it */
    dp_key_text(hi, ((s->hi - unit) & ~UINT64_C(15)) | dp_key_length(s->lo));
    snprintf(out->prefix, sizeof out->prefix, "+%s-+%s", lo, hi);
}

static int search_file(const struct dp_deck *d, const char *file, struct search *s,
                       struct dp_deck_source *out)
{
    struct dp_rows_config cfg = {
        .path = file, .columns = d->columns, .table = d->table, .fields = dp_deck_fields};
    char why[DP_ROWS_WHY];
    const struct dp_row *row;
    struct dp_price price;
    struct dp_rows *rows;
    uint64_t lo, hi;
    int64_t date;
    int err = dp_rows_open(&rows, &cfg, why);

    if (err != 0)
        return err;
    while ((err = dp_rows_next(rows, &row)) == 0) {
        if (dp_deck_row_range(row, &lo, &hi, &date) || s->key < lo || s->key >= hi ||
            date > s->now || !beats(s, lo, hi, date) || dp_deck_row_price(row, &price) ||
            !dp_price_fits(&price, d->factor))
            continue;
        *s = (struct search){s->key, lo, hi, date, s->now, true};
        describe(out, s, file, row->line);
    }
    dp_rows_close(rows);
    return err == ENODATA ? 0 : err;
}

int dp_deck_source(const struct dp_deck *d, uint64_t key, struct dp_deck_source *out)
{
    struct search s = {.key = key, .now = d->facts.built_for};
    struct dp_deck_source found;
    int err = 0;

    for (unsigned i = 0; err == 0 && i < d->nfiles; i++)
        err = search_file(d, d->files[i], &s, &found);
    if (err != 0 || !s.found)
        return err != 0 ? err : ENOENT;
    *out = found;
    return 0;
}
