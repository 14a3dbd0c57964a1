/* CPU time and memory of images: building one of millions of random prefixes, looking up in it
 * (each look-up waiting for the one before, and one after the other), twenty decks at once for the
 * cheapest, two images beside each other, saving and taking up again. Beside it what a plain binary
 * search over the same intervals takes in the same run.
 *
 * usage: bench_dialplan [ROWS]      one JSON line each; without: 10 million rows
 *
 * Prefixes are those of an A-Z deck: 45 % of them in North America, 7 to 9 digits, the rest all
 * over the world with 5 to 10. Look-ups are numbers of random rows. Goals: below 20 octets a
 * prefix, below 0.4 us a look-up with cold caches, below 4 us for twenty decks.
 */
#include "dialplan/image.h"
#include "gw/rt/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOOKS    2000000
#define DECKS    20
#define DECK_ROW 500000
#define PAIR_ROW 1000000
#define RATES    1000

static uint64_t seed = 1;
static volatile uint64_t nothing; /* 0, but the compiler does not know */

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 32) * below >> 32);
}

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(err));
    exit(1);
}

static void *room(size_t n, size_t size)
{
    void *p = calloc(n, size);

    must(p ? 0 : 12, "memory");
    return p;
}

/* ---- prefixes and numbers ---- */

/** Adds random digits up to `n` of them. */
static uint64_t longer(uint64_t key, unsigned n)
{
    unsigned have = dp_key_length(key);

    for (key -= have; have < n; have++)
        key |= (uint64_t)draw(10) << (60 - 4 * have);
    return key | have;
}

static uint64_t draw_prefix(void)
{
    static const char *const codes[] = {"20",  "27",  "30",  "31",  "33",  "34",  "39",  "40",
                                        "44",  "48",  "49",  "52",  "55",  "61",  "62",  "63",
                                        "7",   "81",  "86",  "90",  "91",  "92",  "212", "234",
                                        "254", "351", "353", "358", "370", "380", "420", "421",
                                        "502", "593", "880", "966", "971", "972", "994", "998"};

    if (draw(100) < 45)
        return longer(dp_key_of("1"), 7 + draw(3));
    return longer(dp_key_of(codes[draw(sizeof codes / sizeof codes[0])]), 5 + draw(6));
}

static uint64_t *draw_rows(size_t n)
{
    uint64_t *rows = room(n, sizeof *rows);

    for (size_t i = 0; i < n; i++)
        rows[i] = draw_prefix();
    return rows;
}

static uint64_t *draw_numbers(const uint64_t *rows, size_t n)
{
    uint64_t *numbers = room(LOOKS, sizeof *numbers);

    for (size_t i = 0; i < LOOKS; i++)
        numbers[i] = longer(rows[draw((uint32_t)n)], 11 + draw(3));
    return numbers;
}

static struct dp_image *build(const uint64_t *rows, size_t n)
{
    struct dp_image_builder *b;
    struct dp_image *img;

    must(dp_image_builder_new(&b), "builder");
    for (size_t i = 0; i < n; i++)
        must(dp_image_add(b, rows[i], dp_key_end(rows[i]), (uint32_t)(i % RATES)), "add");
    must(dp_image_build(&img, b), "build");
    dp_image_builder_free(b);
    return img;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/** How many different prefixes; sorts them. */
static size_t distinct(uint64_t *rows, size_t n)
{
    size_t sum = 0;

    qsort(rows, n, sizeof *rows, by_key);
    for (size_t i = 0; i < n; i++)
        sum += i == 0 || rows[i] != rows[i - 1];
    return sum;
}

/* ---- the reference: the same intervals without an index ---- */

struct plain {
    uint64_t *start;
    uint32_t *value;
    size_t n;
};

static struct plain plain_of(const struct dp_image *img)
{
    struct plain p = {.n = dp_image_intervals(img)};

    p.start = room(p.n, sizeof *p.start);
    p.value = room(p.n, sizeof *p.value);
    for (size_t i = 0; i < p.n; i++) {
        struct dp_image_span v = dp_image_interval(img, i);
        p.start[i] = v.lo;
        p.value[i] = v.value;
    }
    return p;
}

static uint32_t plain_find(const struct plain *p, uint64_t key)
{
    size_t at = 0, n = p->n;

    while (n > 1) {
        size_t half = n / 2;
        if (p->start[at + half] <= key)
            at += half;
        n -= half;
    }
    return p->value[at];
}

/* ---- measuring ---- */

struct figures {
    double cold, warm; /**< ns */
    uint64_t sum;      /**< of the values: both ways of looking up must agree */
};

static struct figures measure_image(const struct dp_image *img, const uint64_t *numbers)
{
    struct figures f = {.sum = 0};
    uint64_t zero = nothing;
    uint32_t value = 0;
    double from = cpu_us();

    for (size_t i = 0; i < LOOKS; i++)
        f.sum += value = dp_image_find(img, numbers[i] | (value & zero));
    f.cold = (cpu_us() - from) * 1000 / LOOKS;
    from = cpu_us();
    for (size_t i = 0; i < LOOKS; i++)
        f.sum += dp_image_find(img, numbers[i]);
    f.warm = (cpu_us() - from) * 1000 / LOOKS;
    return f;
}

static struct figures measure_plain(const struct plain *p, const uint64_t *numbers)
{
    struct figures f = {.sum = 0};
    uint64_t zero = nothing;
    uint32_t value = 0;
    double from = cpu_us();

    for (size_t i = 0; i < LOOKS; i++)
        f.sum += value = plain_find(p, numbers[i] | (value & zero));
    f.cold = (cpu_us() - from) * 1000 / LOOKS;
    from = cpu_us();
    for (size_t i = 0; i < LOOKS; i++)
        f.sum += plain_find(p, numbers[i]);
    f.warm = (cpu_us() - from) * 1000 / LOOKS;
    return f;
}

static void print(const char *of, struct figures f)
{
    printf("{\"bench\":\"dialplan\",\"of\":\"%s\",\"cold_ns\":%.0f,\"back_to_back_ns\":%.0f,"
           "\"sum\":%" PRIu64 "}\n",
           of, f.cold, f.warm, f.sum);
}

static void measure_file(const struct dp_image *img, const uint64_t *numbers)
{
    static const uint8_t hash[DP_IMAGE_HASH] = {1};
    struct dp_image *mapped;
    char path[64];

    snprintf(path, sizeof path, "/tmp/bench_dialplan.%ld", (long)getpid());
    double from = cpu_us();
    must(dp_image_save(img, path, hash), "save");
    double saved = cpu_us();
    must(dp_image_map(&mapped, path, hash), "map");
    double done = cpu_us();
    printf("{\"bench\":\"dialplan\",\"of\":\"file\",\"save_ms\":%.0f,\"map_ms\":%.0f}\n",
           (saved - from) / 1000, (done - saved) / 1000);
    print("image from file", measure_image(mapped, numbers));
    dp_image_unref(mapped);
    rt_file_remove(path);
}

static void measure_one(size_t n)
{
    uint64_t *rows = draw_rows(n), *numbers = draw_numbers(rows, n);
    double from = cpu_us();
    struct dp_image *img = build(rows, n);
    double built = cpu_us() - from;
    size_t prefixes = distinct(rows, n);
    from = cpu_us();
    struct dp_image *ordered = build(rows, n);
    double again = cpu_us() - from;

    printf("{\"bench\":\"dialplan\",\"of\":\"build\",\"rows\":%zu,\"prefixes\":%zu,"
           "\"intervals\":%zu,\"build_s\":%.2f,\"build_ordered_s\":%.2f,"
           "\"bytes_per_prefix\":%.1f}\n",
           n, prefixes, dp_image_intervals(img), built / 1e6, again / 1e6,
           (double)dp_image_bytes(img) / (double)prefixes);
    dp_image_unref(ordered);
    struct plain plain = plain_of(img);
    print("image", measure_image(img, numbers));
    print("binary search", measure_plain(&plain, numbers));
    measure_file(img, numbers);
    free(plain.start);
    free(plain.value);
    free(numbers);
    free(rows);
    dp_image_unref(img);
}

/* ---- twenty decks ---- */

struct offer {
    uint32_t cost, deck;
};

static size_t offers_of(struct offer out[DECKS], const struct dp_image *const decks[DECKS],
                        uint32_t rates[DECKS][RATES], uint64_t key)
{
    uint32_t values[DECKS];
    size_t n = 0;

    dp_image_find_many(decks, DECKS, key, values);
    for (uint32_t i = 0; i < DECKS; i++) {
        if (values[i] == DP_IMAGE_NONE)
            continue;
        struct offer o = {rates[i][values[i]], i};
        size_t at = n++;
        for (; at > 0 && out[at - 1].cost > o.cost; at--)
            out[at] = out[at - 1];
        out[at] = o;
    }
    return n;
}

static void measure_decks(void)
{
    static uint32_t rates[DECKS][RATES];
    const struct dp_image *decks[DECKS];
    struct dp_image *owned[DECKS];
    struct offer offers[DECKS];
    uint64_t *rows = NULL, sum = 0, zero = nothing, looks = 200000, bytes = 0;
    size_t found = 0, last = 0;

    for (size_t i = 0; i < DECKS; i++) {
        free(rows);
        rows = draw_rows(DECK_ROW);
        decks[i] = owned[i] = build(rows, DECK_ROW);
        bytes += dp_image_bytes(decks[i]);
        for (size_t j = 0; j < RATES; j++)
            rates[i][j] = draw(1000000);
    }
    uint64_t *numbers = draw_numbers(rows, DECK_ROW);
    double from = cpu_us();
    for (size_t i = 0; i < looks; i++) {
        last = offers_of(offers, decks, rates, numbers[i] | (last & zero));
        found += last;
        sum += last > 0 ? offers[0].cost : 0;
    }
    double us = (cpu_us() - from) / (double)looks;
    printf("{\"bench\":\"dialplan\",\"of\":\"%d decks of %d\",\"look_up_and_sort_us\":%.2f,"
           "\"offers\":%.1f,\"mbytes\":%.0f,\"sum\":%" PRIu64 "}\n",
           DECKS, DECK_ROW, us, (double)found / (double)looks, (double)bytes / 1e6, sum);
    for (size_t i = 0; i < DECKS; i++)
        dp_image_unref(owned[i]);
    free(numbers);
    free(rows);
}

/* ---- two images ---- */

static void count_change(void *arg, uint64_t lo, uint64_t hi, uint32_t a, uint32_t b)
{
    size_t *changes = arg;

    (void)lo;
    (void)hi;
    *changes += a != b;
}

static void measure_pair(void)
{
    uint64_t *rows = draw_rows(PAIR_ROW);
    struct dp_image *a = build(rows, PAIR_ROW);
    size_t changes = 0;

    for (size_t i = 0; i < PAIR_ROW; i += 100)
        rows[i] = draw_prefix();
    struct dp_image *b = build(rows, PAIR_ROW);
    double from = cpu_us();
    dp_image_walk_both(a, b, count_change, &changes);
    printf("{\"bench\":\"dialplan\",\"of\":\"two of %d\",\"walk_ms\":%.0f,\"changes\":%zu,"
           "\"bytes_per_row\":%.1f}\n",
           PAIR_ROW, (cpu_us() - from) / 1000, changes, (double)dp_image_bytes(a) / PAIR_ROW);
    dp_image_unref(a);
    dp_image_unref(b);
    free(rows);
}

int main(int argc, char **argv)
{
    long rows = argc > 1 ? strtol(argv[1], NULL, 10) : 10000000;

    if (rows < 1) {
        fprintf(stderr, "usage: bench_dialplan [ROWS]\n");
        return 2;
    }
    measure_one((size_t)rows);
    measure_decks();
    measure_pair();
    return 0;
}
