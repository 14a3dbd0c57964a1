/* Images: millions of prefixes and ranges, each with a number as its value, compiled into disjoint
 * sorted intervals of keys (dialplan/key.h) under a direct index of the first digits. The most
 * specific one that a number lies in is found with two or three cache misses.
 *
 * An image never changes once built, so any thread may look up without a lock; it is replaced as a
 * whole, and freed when the last that holds a reference lets go. What a value means (a rate, a row,
 * a bit) is its owner's business. One image holds E.164 numbers or raw ones, not both.
 */
#ifndef DIALPLAN_IMAGE_H
#define DIALPLAN_IMAGE_H

#include "dialplan/key.h"

#include <stddef.h>
#include <stdint.h>

/** The value where nothing was added; no row may have it. */
#define DP_IMAGE_NONE UINT32_MAX
/** Octets of the hash by which a saved image knows what it was made from. */
#define DP_IMAGE_HASH 32

struct dp_image;

/* ---- building ---- */

/** Rows on their way into an image, in any order; ordered ones are faster. */
struct dp_image_builder;
int dp_image_builder_new(struct dp_image_builder **out);
void dp_image_builder_free(struct dp_image_builder *b);
/** All numbers with a key in [lo, hi). For a range of numbers with whatever follows them, hi is
 * dp_key_end() of the last one. EINVAL: empty, or the value is DP_IMAGE_NONE; ENOMEM; E2BIG. */
int dp_image_add(struct dp_image_builder *b, uint64_t lo, uint64_t hi, uint32_t value);
/** All numbers that begin with `digits` (no "+"); "" is every number. EINVAL also for what is no
 * digit; E2BIG also for more than DP_KEY_DIGITS of them. */
int dp_image_add_prefix(struct dp_image_builder *b, const char *digits, uint32_t value);
/** Rows added so far. */
size_t dp_image_rows(const struct dp_image_builder *b);
/** Compiles the rows and empties the builder. Where rows overlap the narrower wins, that is the
 * longer prefix; of two equally wide the one that begins later, of two equal ones the one added
 * last. */
int dp_image_build(struct dp_image **out, struct dp_image_builder *b);

/** One more holder. Returns `img`. */
struct dp_image *dp_image_ref(struct dp_image *img);
/** One holder less: the last one frees it. NULL is fine. */
void dp_image_unref(struct dp_image *img);

/* ---- looking up ---- */

/** The value of the most specific row that has the key, or DP_IMAGE_NONE. */
uint32_t dp_image_find(const struct dp_image *img, uint64_t key);
/** The same in `n` images at once, which waits for memory once and not `n` times. */
void dp_image_find_many(const struct dp_image *const images[], size_t n, uint64_t key,
                        uint32_t out[]);
/** Where the value after this key's begins; DP_KEY_LAST: nowhere. When it is below dp_key_end(key),
 * more digits can give another value: overlap receiving waits for them. */
uint64_t dp_image_next(const struct dp_image *img, uint64_t key);

/* ---- all of it, in order ---- */

/** All numbers with a key in [lo, hi) have this value. */
struct dp_image_span {
    uint64_t lo, hi;
    uint32_t value;
};
/** Intervals: from 0 to DP_KEY_LAST without a gap, no two neighbours of the same value. */
size_t dp_image_intervals(const struct dp_image *img);
/** The interval `i`, below dp_image_intervals(). To go through all of them, dp_image_walk_both() is
 * faster. */
struct dp_image_span dp_image_interval(const struct dp_image *img, size_t i);
/** Calls `fn` with each interval in which neither image changes its value, in order: what a
 * difference of two is made of, as their values may mean different things. */
void dp_image_walk_both(const struct dp_image *a, const struct dp_image *b,
                        void (*fn)(void *arg, uint64_t lo, uint64_t hi, uint32_t in_a,
                                   uint32_t in_b),
                        void *arg);
/** Memory it takes. */
size_t dp_image_bytes(const struct dp_image *img);

/* ---- kept in a file ---- */

/** Writes it so that a reader sees the old file or the whole new one. `hash`: of what the image was
 * made from. */
int dp_image_save(const struct dp_image *img, const char *path, const uint8_t hash[DP_IMAGE_HASH]);
/** Takes it from a file as it stands there. ENOENT; EBADMSG: not an image, damaged, cut short, of
 * another version or kind of machine, or made from something else. */
int dp_image_map(struct dp_image **out, const char *path, const uint8_t hash[DP_IMAGE_HASH]);

#endif
