/* A deck's inside, and what its parts share. */
#ifndef DIALPLAN_DECK_PRIV_H
#define DIALPLAN_DECK_PRIV_H

#include "dialplan/deck.h"
#include "dialplan/image.h"

#include <stdatomic.h>

/* ---- deck_cell.c: what stands in cells; each returns a reason, or NULL when all is well ---- */

/** A prefix of E.164: digits after an optional "+", a "*" at the end is allowed. */
const char *dp_cell_prefix(uint64_t *key, struct rt_str s);
/** All numbers from one prefix to another of equal length, with what follows them. */
const char *dp_cell_range(uint64_t *lo, uint64_t *hi, struct rt_str from, struct rt_str to);
/** A price in thousand-millionths; "." or "," before the decimals. */
const char *dp_cell_price(int64_t *nano, struct rt_str s);
/** Seconds of an increment, up to a day; empty: `otherwise`. */
const char *dp_cell_seconds(uint32_t *out, struct rt_str s, uint32_t otherwise);
/** YYYY-MM-DD or RFC 3339 as UTC seconds; empty: ever since. */
const char *dp_cell_date(int64_t *out, struct rt_str s);

/* ---- deck_class.c: rows of equal price share one class ---- */

struct dp_class {
    int64_t rate, setup;
    uint32_t first, step;
    uint32_t name; /**< where it begins in `names` */
    uint32_t unused;
};

/** A row's prices as they were read. */
struct dp_price {
    int64_t rate, setup; /* thousand-millionths */
    uint32_t first, step;
    struct rt_str name;
};

struct dp_classes {
    struct dp_class *class;
    uint32_t n, cap;
    struct rt_buf names;
};
struct dp_interning;
int dp_interning_new(struct dp_interning **out, struct dp_classes *into, int64_t factor);
void dp_interning_free(struct dp_interning *in);
/** Whether a price in our currency is one that a deck can have. */
bool dp_price_fits(const struct dp_price *p, int64_t factor);
/** The class of a price, a new one when need be. ERANGE: in our currency it is too high. */
int dp_intern(struct dp_interning *in, const struct dp_price *p, uint32_t *out);
void dp_classes_release(struct dp_classes *c);

/* ---- the deck ---- */

/** The facts about a deck that its cached image needs beside it. */
struct dp_deck_facts {
    uint64_t rows, bad, future_rows;
    int64_t built_for, modified, next_change;
};

struct dp_deck {
    char *name, *columns, *table;
    char **files;
    unsigned nfiles;
    struct dp_image *image;
    struct dp_classes classes;
    struct dp_deck_facts facts;
    int64_t factor;
    atomic_uint holders;
};

/** Fields of a deck's table; the names are dp_deck_fields[]. */
enum dp_deck_field {
    DF_PREFIX,
    DF_FROM,
    DF_TO,
    DF_RATE,
    DF_SETUP,
    DF_FIRST,
    DF_STEP,
    DF_DATE,
    DF_NAME
};
extern const char *const dp_deck_fields[];
/** Reads the range of a row, and its date. Returns a reason, or NULL. */
const char *dp_deck_row_range(const struct dp_row *row, uint64_t *lo, uint64_t *hi, int64_t *date);
/** Reads what a row asks. Returns a reason, or NULL. */
const char *dp_deck_row_price(const struct dp_row *row, struct dp_price *out);
/** Whether the table has the columns of a deck. */
bool dp_deck_columns(const struct dp_rows *rows, char why[DP_ROWS_WHY]);
/** The class that the deck's image has for a key, or NULL. */
const struct dp_class *dp_deck_class(const struct dp_deck *d, uint32_t value);
/** A class as others see it. */
struct dp_rate dp_deck_rate(const struct dp_deck *d, const struct dp_class *c);

/* ---- deck_files.c ---- */

/** Files that patterns mean, in the order of patterns and names; rejects files are none. */
int dp_files_find(char ***files, unsigned *n, const char *const *patterns, char why[DP_ROWS_WHY]);
void dp_files_free(char **files, unsigned n);
/** Appends to `out` what a load of this file calls its rejects. */
void dp_files_rejects(struct rt_buf *out, const char *file);

/* ---- deck_guard.c ---- */

/** What the guards look at. */
struct dp_guard {
    uint64_t rows, bad;
    uint64_t was; /**< rows in use until now, 0: none are */
    uint32_t bad_ppm, change_ppm;
    const char *bad_row;
};
/** EBADMSG with `why` when a load must not come into use. */
int dp_guard_check(const struct dp_guard *g, char why[DP_ROWS_WHY]);

/* ---- deck_cache.c ---- */

/** SHA-256 of what a deck is made from. ENOTSUP: it can change without its file changing. */
int dp_deck_hash(uint8_t hash[DP_IMAGE_HASH], const struct dp_deck *d);
/** Fills image, classes and facts from the cache; ENOENT, EBADMSG: there is nothing that fits. */
int dp_deck_from_cache(struct dp_deck *d, const struct dp_deck_config *cfg,
                       const uint8_t hash[DP_IMAGE_HASH]);
int dp_deck_to_cache(const struct dp_deck *d, const struct dp_deck_config *cfg,
                     const uint8_t hash[DP_IMAGE_HASH]);

#endif
