/* Rate decks: what a carrier asks for a call to each prefix, from files of up to millions of rows.
 *
 * A deck is built in a loader's thread and never changes afterwards; whoever reads it holds a
 * reference. Its prefixes are one interval image (dialplan/image.h), whose values name rate
 * classes: rows of equal rate, setup, increments and destination share one. Which row of which file
 * a rate came from is not kept but found again when somebody asks (dp_deck_source).
 *
 * Money is int64_t millionths of the plan's currency. A price is read with up to nine decimals,
 * multiplied by the deck's exchange rate and rounded once, half away from zero.
 *
 * Rows may have an effective date. Of the rows for one prefix the one of the latest date that has
 * come counts, of equal dates the last one read; rows of days to come wait, and the deck says when
 * it has to be built again.
 */
#ifndef DIALPLAN_DECK_H
#define DIALPLAN_DECK_H

#include "dialplan/rows.h"

/** Never: no row waits for its day. */
#define DP_DECK_NEVER INT64_MAX
/** Decks that one call may choose among. */
#define DP_DECKS_MAX 32
/** No limit, for the guards of struct dp_deck_config. */
#define DP_DECK_ANY UINT32_MAX

/** Where a deck comes from. Fields of its table: prefix or from and to; rate; and if wanted setup,
 * first, step (seconds), effective (YYYY-MM-DD or RFC 3339), name. Borrowed while loading. */
struct dp_deck_config {
    const char *name;            /**< also the name of its files in the cache */
    const char *const *patterns; /**< files, NULL-terminated; several merge in the order of names */
    const char *columns, *table; /**< as in struct dp_rows_config */
    int64_t factor;              /**< 1 of the deck's currency in millionths of ours; 0: the same */
    uint32_t bad_ppm;            /**< more bad rows of a million than this: refuse the load */
    uint32_t change_ppm;         /**< row count off by more of a million than this: refuse it */
    const char *cache;           /**< folder of compiled images, or NULL */
    int64_t now;                 /**< UTC seconds: which effective dates have come */
};

/** What a load found, also when it failed. */
struct dp_deck_report {
    uint64_t rows, bad; /**< good rows and bad ones, of all files */
    unsigned files;
    bool cached;               /**< the compiled image was taken as it is */
    char why[DP_ROWS_WHY];     /**< why it failed; "" when it did not */
    char bad_row[DP_ROWS_WHY]; /**< the first bad row, "alpha.csv: line 17: ..." */
};

struct dp_deck;

/** Builds a deck with one reference. `previous` (or NULL) is what the guard against sudden change
 * compares with. EBADMSG: a file is broken, or a guard refused; ENOENT: no file; EINVAL: columns;
 * ENOMEM. On failure nothing replaces `previous`. */
int dp_deck_load(struct dp_deck **out, const struct dp_deck_config *cfg,
                 const struct dp_deck *previous, struct dp_deck_report *report);
struct dp_deck *dp_deck_ref(struct dp_deck *d);
void dp_deck_unref(struct dp_deck *d);

/** What a call to some prefix costs. */
struct dp_rate {
    int64_t rate, setup;  /**< a minute, and once */
    uint32_t first, step; /**< seconds: the least that is charged, and in what steps after it */
    const char *name;     /**< the destination's, "" when the deck has none; lives with the deck */
};

/** The rate for a number, as a key of dialplan/key.h. False: the deck has none. */
bool dp_deck_find(const struct dp_deck *d, uint64_t key, struct dp_rate *out);
/** What a call that was answered and lasted so long costs; 0 for 0 seconds. */
int64_t dp_rate_cost(const struct dp_rate *r, uint32_t seconds);

/** What one deck of several asks. */
struct dp_deck_offer {
    unsigned deck; /**< index into the decks asked */
    int64_t cost;
    struct dp_rate rate;
};
/** The offers of at most DP_DECKS_MAX decks for a call of `seconds`, the cheapest first and equal
 * ones in the order of the decks. Decks may be NULL. Returns how many there are. */
unsigned dp_deck_cheapest(struct dp_deck_offer out[DP_DECKS_MAX],
                          const struct dp_deck *const decks[], unsigned n, uint64_t key,
                          uint32_t seconds);

/** About a deck as a whole. */
struct dp_deck_info {
    const char *name;
    uint64_t rows, bad;
    uint32_t classes;
    uint64_t ranges;      /**< disjoint ranges of numbers in the image */
    size_t bytes;         /**< memory, of the image and the classes */
    int64_t built_for;    /**< the instant whose effective dates count */
    int64_t modified;     /**< when its newest file was written; the deck's age */
    int64_t next_change;  /**< the next effective date, DP_DECK_NEVER: none waits */
    uint64_t future_rows; /**< rows whose date is still to come */
};
void dp_deck_info(const struct dp_deck *d, struct dp_deck_info *out);
/** When the deck must be loaded again for rows that wait; DP_DECK_NEVER. */
int64_t dp_deck_next_change(const struct dp_deck *d);

/** The row that a rate came from. */
struct dp_deck_source {
    char file[DP_ROWS_WHY];
    uint64_t line;
    char prefix[48]; /**< "+4930", or "from-to" of a range */
};
/** Finds the row that decides for a number by reading the files again (about 50 ns a row): for
 * explain. ENOENT: none, or the files changed since. */
int dp_deck_source(const struct dp_deck *d, uint64_t key, struct dp_deck_source *out);

/** What changed from one deck to another. Counted in ranges of numbers that have one rate before
 * and one after: a prefix with exceptions inside is one, and so are neighbours alike. */
struct dp_deck_diff {
    uint64_t added, removed, up, down, same;
    double biggest; /**< the biggest change of a rate in percent, of either sign; 0: none */
    char biggest_prefix[48]; /**< its first number or prefix, "+44920" */
};
/** Each changed range in order: NULL where a deck has none. */
typedef void dp_deck_diff_fn(void *arg, const char *prefix, const struct dp_rate *before,
                             const struct dp_rate *after);
/** `fn` may be NULL. Names of destinations do not count as a change. */
void dp_deck_diff(struct dp_deck_diff *out, const struct dp_deck *before,
                  const struct dp_deck *after, dp_deck_diff_fn *fn, void *arg);

#endif
