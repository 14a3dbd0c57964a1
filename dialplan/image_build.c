/* Rows into intervals: a radix sort by where they begin, then one sweep over the keys with the rows
 * that are open at each. Both are linear, so ten million rows take about a second. */
#include "dialplan/image_priv.h"

#include <errno.h>
#include <stdlib.h>

/** Intervals are counted in 32 bits, and a row can make two and begins after the first. */
#define ROWS_MAX (UINT32_MAX / 2 - 1)

/** A prefix's end follows from its beginning; other rows have theirs in `ends`. */
struct row {
    uint64_t lo;
    uint32_t value;
    uint32_t end; /**< 0: a prefix; else the place in `ends`, plus one */
};

struct dp_image_builder {
    struct row *rows;
    size_t n, cap;
    uint64_t *ends;
    size_t nends, ends_cap;
    bool ordered; /**< no row begins before the one added before it */
};

int dp_image_builder_new(struct dp_image_builder **out)
{
    struct dp_image_builder *b = calloc(1, sizeof *b);

    if (!b)
        return ENOMEM;
    b->ordered = true;
    *out = b;
    return 0;
}

static void forget_rows(struct dp_image_builder *b)
{
    free(b->rows);
    free(b->ends);
    *b = (struct dp_image_builder){.ordered = true};
}

void dp_image_builder_free(struct dp_image_builder *b)
{
    if (!b)
        return;
    forget_rows(b);
    free(b);
}

size_t dp_image_rows(const struct dp_image_builder *b)
{
    return b->n;
}

/** Doubles an array of `size` each when it is full. */
static int grow(void **array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return 0;
    size_t more = *cap > 0 ? 2 * *cap : 64;
    void *p = realloc(*array, more * size);
    if (!p)
        return ENOMEM;
    *array = p;
    *cap = more;
    return 0;
}

static int add_end(struct dp_image_builder *b, uint64_t hi)
{
    void *array = b->ends;
    int err = grow(&array, b->nends, &b->ends_cap, sizeof *b->ends);

    b->ends = array;
    if (err == 0)
        b->ends[b->nends++] = hi;
    return err;
}

int dp_image_add(struct dp_image_builder *b, uint64_t lo, uint64_t hi, uint32_t value)
{
    bool prefix = hi == dp_key_end(lo);
    void *array = b->rows;

    if (lo >= hi || value == DP_IMAGE_NONE)
        return EINVAL;
    if (b->n >= ROWS_MAX)
        return E2BIG;
    int err = grow(&array, b->n, &b->cap, sizeof *b->rows);
    b->rows = array;
    if (err == 0 && !prefix)
        err = add_end(b, hi);
    if (err != 0)
        return err;
    if (b->n > 0 && lo < b->rows[b->n - 1].lo)
        b->ordered = false;
    b->rows[b->n++] = (struct row){lo, value, prefix ? 0 : (uint32_t)b->nends};
    return 0;
}

int dp_image_add_prefix(struct dp_image_builder *b, const char *digits, uint32_t value)
{
    uint64_t key = dp_key_of(digits);
    unsigned n = dp_key_length(key);

    if (digits[n] != '\0')
        return n == DP_KEY_DIGITS ? E2BIG : EINVAL;
    return dp_image_add(b, key, dp_key_end(key), value);
}

/* ---- sorting ---- */

#define RADIX_BITS 11
#define RADIX_SIZE (1u << RADIX_BITS)
#define PASSES     6

static inline unsigned radix(uint64_t key, unsigned pass)
{
    return (unsigned)(key >> (RADIX_BITS * pass)) & (RADIX_SIZE - 1);
}

/** One stable pass; `count` becomes where the next row of each bucket goes. */
static void deal(struct row *to, const struct row *from, size_t n, unsigned pass,
                 uint32_t count[RADIX_SIZE])
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < RADIX_SIZE; i++) {
        uint32_t c = count[i];
        count[i] = sum;
        sum += c;
    }
    for (size_t i = 0; i < n; i++)
        to[count[radix(from[i].lo, pass)]++] = from[i];
}

/** By where they begin, equal ones as added. Passes over bits in which all keys are the same are
 * left out: prefixes are short, most of a key is 0. */
static int sort(struct dp_image_builder *b)
{
    if (b->ordered)
        return 0;
    uint32_t(*count)[RADIX_SIZE] = calloc(PASSES, sizeof *count);
    struct row *other = malloc(b->n * sizeof *other);
    if (!count || !other) {
        free(count);
        free(other);
        return ENOMEM;
    }
    for (size_t i = 0; i < b->n; i++)
        for (unsigned pass = 0; pass < PASSES; pass++)
            count[pass][radix(b->rows[i].lo, pass)]++;
    for (unsigned pass = 0; pass < PASSES; pass++) {
        if (count[pass][radix(b->rows[0].lo, pass)] == b->n)
            continue;
        deal(other, b->rows, b->n, pass, count[pass]);
        struct row *sorted = other;
        other = b->rows;
        b->rows = sorted;
    }
    b->cap = b->n;
    b->ordered = true;
    free(other);
    free(count);
    return 0;
}

/* ---- the sweep ---- */

struct open_row {
    uint64_t end, width;
    uint32_t value;
};

/** The rows open at the current key that can still win: the narrowest last. Each ends after the
 * narrower ones, as it could not win before and need not be kept after. */
struct sweep {
    struct open_row *open;
    size_t nopen, cap;
    struct dp_image_wide *entries;
    size_t n;
};

/** From `key` on the value is another. */
static void emit(struct sweep *s, uint64_t key, uint32_t value)
{
    if (s->n > 0 && dp_image_start(&s->entries[s->n - 1]) == key)
        s->n--;
    if (s->n > 0 && s->entries[s->n - 1].value == value)
        return;
    struct dp_image_wide *e = &s->entries[s->n++];
    memcpy(e->start, &key, sizeof key);
    e->value = value;
}

/** Rows that end up to `key`. */
static void close_until(struct sweep *s, uint64_t key)
{
    while (s->nopen > 0 && s->open[s->nopen - 1].end <= key) {
        uint64_t end = s->open[--s->nopen].end;
        emit(s, end, s->nopen > 0 ? s->open[s->nopen - 1].value : DP_IMAGE_NONE);
    }
}

static int open_row(struct sweep *s, struct open_row row)
{
    void *array = s->open;
    int err = grow(&array, s->nopen, &s->cap, sizeof *s->open);
    size_t at = s->nopen, keep;

    s->open = array;
    if (err != 0)
        return err;
    while (at > 0 && s->open[at - 1].width < row.width)
        at--; /* narrower ones stay above; those that last as long leave it nothing */
    if (at < s->nopen && s->open[at].end >= row.end)
        return 0;
    for (keep = at; keep > 0 && s->open[keep - 1].end <= row.end;)
        keep--; /* and it leaves nothing to these */
    memmove(&s->open[keep + 1], &s->open[at], (s->nopen - at) * sizeof *s->open);
    s->open[keep] = row;
    s->nopen = s->nopen - at + keep + 1;
    return 0;
}

static int sweep(struct sweep *s, const struct dp_image_builder *b)
{
    int err = 0;

    emit(s, 0, DP_IMAGE_NONE);
    for (size_t i = 0; i < b->n && err == 0; i++) {
        const struct row *r = &b->rows[i];
        uint64_t end = r->end > 0 ? b->ends[r->end - 1] : dp_key_end(r->lo);
        close_until(s, r->lo);
        err = open_row(s, (struct open_row){end, end - r->lo, r->value});
        if (err == 0)
            emit(s, r->lo, s->open[s->nopen - 1].value);
    }
    close_until(s, DP_KEY_LAST - 1); /* what lasts to the end needs no end */
    free(s->open);
    return err;
}

/* ---- the block ---- */

/** Half as many slots as rows, or fewer: an index that costs less than what it leads to. */
static unsigned depth_for(size_t rows)
{
    unsigned depth = 0;

    while (depth < DP_IMAGE_DEPTH && 2 * (size_t)dp_image_slots(depth + 1) <= rows)
        depth++;
    return depth;
}

static void fill_index(uint32_t *index, unsigned depth, const struct sweep *s)
{
    uint32_t slots = dp_image_slots(depth), next = 0;

    for (size_t i = 0; i < s->n; i++)
        for (uint32_t slot = dp_image_place(dp_image_start(&s->entries[i]), depth).slot;
             next <= slot;)
            index[next++] = (uint32_t)i;
    while (next <= slots)
        index[next++] = (uint32_t)s->n;
}

static bool all_narrow(unsigned depth, const struct sweep *s)
{
    bool narrow = true;

    for (size_t i = 0; i < s->n && narrow; i++) {
        uint64_t key = dp_image_start(&s->entries[i]);
        narrow = dp_image_key(dp_image_place(key, depth), depth) == key;
    }
    return narrow;
}

/** Makes wide intervals narrow where they stand: each is written at or before where it was read. */
static void make_narrow(unsigned depth, const struct sweep *s)
{
    char *to = (char *)s->entries;

    for (size_t i = 0; i < s->n; i++) {
        struct dp_image_wide wide = s->entries[i];
        struct dp_image_narrow narrow = {dp_image_place(dp_image_start(&wide), depth).rest,
                                         wide.value};
        memcpy(to + i * sizeof narrow, &narrow, sizeof narrow);
    }
}

static void finish(struct rt_map *map, unsigned depth, const struct sweep *s)
{
    char *block = rt_map_data(map);
    bool wide = !all_narrow(depth, s);
    size_t size = dp_image_offset(depth) + s->n * dp_image_stride(wide);

    fill_index((void *)(block + sizeof(struct dp_image_header)), depth, s);
    if (!wide)
        make_narrow(depth, s);
    *(struct dp_image_header *)(void *)block =
        (struct dp_image_header){.depth = depth, .wide = wide, .n = s->n, .size = size};
    rt_map_shrink(map, size);
}

static int build_map(struct rt_map **out, struct dp_image_builder *b)
{
    unsigned depth = depth_for(b->n);
    size_t offset = dp_image_offset(depth), room = 2 * b->n + 1;
    struct rt_map *map;
    int err = rt_map_memory(&map, offset + room * sizeof(struct dp_image_wide));

    if (err != 0)
        return err;
    struct sweep s = {.entries = (void *)((char *)rt_map_data(map) + offset)};
    err = sweep(&s, b);
    if (err != 0) {
        rt_map_free(map);
        return err;
    }
    finish(map, depth, &s);
    *out = map;
    return 0;
}

int dp_image_build(struct dp_image **out, struct dp_image_builder *b)
{
    struct rt_map *map;
    int err = sort(b);

    if (err == 0)
        err = build_map(&map, b);
    forget_rows(b);
    return err != 0 ? err : dp_image_of_map(out, map);
}
