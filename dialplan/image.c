/* Looking up in images. */
#include "dialplan/image_priv.h"

#include <errno.h>
#include <stdlib.h>

/** Intervals before and after a guess among which the answer is looked for first. */
#define NEAR 12
/** Images whose cache misses are waited for together. */
#define IMAGES_MAX 32

int dp_image_of_map(struct dp_image **out, struct rt_map *map)
{
    struct dp_image *img = calloc(1, sizeof *img);

    if (!img) {
        rt_map_free(map);
        return ENOMEM;
    }
    const struct dp_image_header *h = rt_map_data(map);
    const char *block = rt_map_data(map);
    img->map = map;
    img->n = (size_t)h->n;
    img->depth = h->depth;
    img->index = (const void *)(block + sizeof *h);
    const void *intervals = block + dp_image_offset(h->depth);
    img->narrow = h->wide ? NULL : intervals;
    img->wide = h->wide ? intervals : NULL;
    atomic_init(&img->holders, 1);
    *out = img;
    return 0;
}

struct dp_image *dp_image_ref(struct dp_image *img)
{
    atomic_fetch_add_explicit(&img->holders, 1, memory_order_relaxed);
    return img;
}

void dp_image_unref(struct dp_image *img)
{
    if (!img || atomic_fetch_sub_explicit(&img->holders, 1, memory_order_acq_rel) > 1)
        return;
    rt_map_free(img->map);
    free(img);
}

/* ---- one key ---- */

/** The intervals of a slot still to be searched: the answer is one of the `n` after `at`, or `at`,
 * which wraps around before the first of all and comes back, as that begins at 0. */
struct search {
    uint64_t key;
    size_t at;
    uint32_t n, rest;
};

static inline struct search search_of(const struct dp_image *img, uint64_t key,
                                      struct dp_image_place p)
{
    uint32_t from = img->index[p.slot];
    return (struct search){key, (size_t)from - 1, img->index[p.slot + 1] - from, p.rest};
}

/** Where the answer is, near enough, when the slot's intervals lie evenly. */
struct window {
    uint32_t lo, hi; /**< of the `n` */
};

static inline struct window window_of(const struct search *s)
{
    uint32_t digits = (s->rest >> 28) * 100 + (s->rest >> 24 & 15) * 10 + (s->rest >> 20 & 15);
    uint64_t guess = (uint64_t)s->n * digits / 1000;

    if (guess > s->n)
        guess = s->n; /* keys beyond 9 */
    return (struct window){guess > NEAR ? (uint32_t)guess - NEAR : 0,
                           guess + NEAR < s->n ? (uint32_t)guess + NEAR : s->n};
}

/** Asks for the memory that the search looks at first: few lines, as those that are not needed keep
 * the others waiting. */
static inline void prefetch(const struct dp_image *img, const struct search *s)
{
    if (img->wide) {
        __builtin_prefetch(&img->wide[s->at + (s->n + 1) / 2]);
        return;
    }
    const char *from = (const char *)(img->narrow + (s->at + window_of(s).lo + 1));
    for (int octets = -8; octets < 200; octets += 64)
        __builtin_prefetch(from + octets);
}

/** Leaves of the search the window, or what is on one side of it. */
static inline void aim(const struct dp_image_narrow *e, struct search *s)
{
    struct window w = window_of(s);

    if (w.lo > 0 && __builtin_expect(e[s->at + w.lo].rest > s->rest, 0)) {
        s->n = w.lo - 1;
        return;
    }
    if (w.hi < s->n && __builtin_expect(e[s->at + w.hi + 1].rest <= s->rest, 0)) {
        s->at += w.hi + 1;
        s->n -= w.hi + 1;
        return;
    }
    s->at += w.lo;
    s->n = w.hi - w.lo;
}

/** The last interval that begins at the key or before it. The steps have no branch: half of them
 * would be guessed wrong. */
static inline size_t run(const struct dp_image *img, struct search s)
{
    const struct dp_image_narrow *e = img->narrow;
    size_t half;

    if (img->wide) {
        for (; s.n > 0; s.n /= 2) {
            half = (s.n + 1) / 2;
            s.at += half & -(size_t)(dp_image_start(&img->wide[s.at + half]) <= s.key);
        }
        return s.at;
    }
    aim(e, &s);
    for (; s.n > 0; s.n /= 2) {
        half = (s.n + 1) / 2;
        s.at += half & -(size_t)(e[s.at + half].rest <= s.rest);
    }
    return s.at;
}

static inline uint32_t value_at(const struct dp_image *img, size_t i)
{
    return img->narrow ? img->narrow[i].value : img->wide[i].value;
}

static size_t locate(const struct dp_image *img, uint64_t key)
{
    struct search s = search_of(img, key, dp_image_place(key, img->depth));

    prefetch(img, &s);
    return run(img, s);
}

uint32_t dp_image_find(const struct dp_image *img, uint64_t key)
{
    return value_at(img, locate(img, key));
}

static void find_some(const struct dp_image *const images[], size_t n, uint64_t key, uint32_t out[])
{
    struct dp_image_place places[IMAGES_MAX];
    struct search searches[IMAGES_MAX];

    for (size_t i = 0; i < n; i++) {
        places[i] = dp_image_place(key, images[i]->depth);
        __builtin_prefetch(&images[i]->index[places[i].slot]);
    }
    for (size_t i = 0; i < n; i++) {
        searches[i] = search_of(images[i], key, places[i]);
        prefetch(images[i], &searches[i]);
    }
    for (size_t i = 0; i < n; i++)
        out[i] = value_at(images[i], run(images[i], searches[i]));
}

void dp_image_find_many(const struct dp_image *const images[], size_t n, uint64_t key,
                        uint32_t out[])
{
    for (size_t i = 0; i < n; i += IMAGES_MAX)
        find_some(images + i, n - i < IMAGES_MAX ? n - i : IMAGES_MAX, key, out + i);
}

/* ---- intervals ---- */

/** The slot in which an interval begins: the last one that begins at it or before it. */
static uint32_t slot_of(const struct dp_image *img, size_t i)
{
    uint32_t slot = 0;

    for (uint32_t n = dp_image_slots(img->depth); n > 1;) {
        uint32_t half = n / 2;
        if (img->index[slot + half] <= i)
            slot += half;
        n -= half;
    }
    return slot;
}

/** Where an interval of this slot, or of one of the next, begins; after the last: at the end. */
static uint64_t start_at(const struct dp_image *img, size_t i, uint32_t *slot)
{
    if (i >= img->n)
        return DP_KEY_LAST;
    if (img->wide)
        return dp_image_start(&img->wide[i]);
    while (img->index[*slot + 1] <= i)
        ++*slot;
    return dp_image_key((struct dp_image_place){*slot, img->narrow[i].rest}, img->depth);
}

uint64_t dp_image_next(const struct dp_image *img, uint64_t key)
{
    uint32_t slot = dp_image_place(key, img->depth).slot;
    size_t next = locate(img, key) + 1;

    return start_at(img, next, &slot);
}

size_t dp_image_intervals(const struct dp_image *img)
{
    return img->n;
}

struct dp_image_span dp_image_interval(const struct dp_image *img, size_t i)
{
    uint32_t slot = slot_of(img, i);
    uint64_t lo = start_at(img, i, &slot), hi = start_at(img, i + 1, &slot);

    return (struct dp_image_span){lo, hi, value_at(img, i)};
}

/** An interval on the way through all of them. */
struct step {
    const struct dp_image *img;
    size_t i;
    uint32_t slot;
    uint64_t hi; /**< where the next one begins */
};

static void step_on(struct step *s)
{
    s->i++;
    s->hi = start_at(s->img, s->i + 1, &s->slot);
}

void dp_image_walk_both(const struct dp_image *a, const struct dp_image *b,
                        void (*fn)(void *arg, uint64_t lo, uint64_t hi, uint32_t in_a,
                                   uint32_t in_b),
                        void *arg)
{
    struct step x = {.img = a, .i = SIZE_MAX}, y = {.img = b, .i = SIZE_MAX};

    step_on(&x);
    step_on(&y);
    for (uint64_t lo = 0, hi; lo < DP_KEY_LAST; lo = hi) {
        hi = x.hi < y.hi ? x.hi : y.hi;
        fn(arg, lo, hi, value_at(a, x.i), value_at(b, y.i));
        if (x.hi == hi)
            step_on(&x);
        if (y.hi == hi)
            step_on(&y);
    }
}

size_t dp_image_bytes(const struct dp_image *img)
{
    return sizeof *img + rt_map_size(img->map);
}
