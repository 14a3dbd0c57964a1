/* Rate decks: from a file of ten million rows to rates that calls can ask for, the same packed and
 * from the cache, what changed between two decks, and the choice among twenty.
 *
 * Beside it reading the same file and counting its lines: the floor of anything that looks at every
 * octet. All times are CPU time of this thread.
 *
 * usage: bench_deck [ROWS [FOLDER]]      one JSON line a measurement
 */
#include "dialplan/deck.h"
#include "dialplan/key.h"
#include "gw/rt/file.h"
#include "gw/rt/time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define DECKS 20

static char folder[200] = "/tmp/bench_deck.XXXXXX";
static uint64_t seed = 1;

static void need(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "bench_deck: %s: %s\n", what, strerror(err));
    exit(1);
}

static const char *path(const char *name)
{
    static char out[4][260];
    static unsigned turn;
    char *p = out[turn++ % 4];

    snprintf(p, sizeof out[0], "%s/%s", folder, name);
    return p;
}

static uint32_t random_below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((seed >> 33) % n);
}

/* ---- files ---- */

/** How prefixes lie: one after the other with a gap here and there, as in the largest decks, whose
 * rows are number blocks; or scattered over the world. */
enum lie { DENSE, SCATTERED };

/** The first rows are North America and a hundred others; below them 45 % North America with seven
 * to nine digits, the rest countries with five to nine. */
static uint64_t scattered_prefix(unsigned i)
{
    static const unsigned below[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    unsigned country = 20 + random_below(70), more = 3 + random_below(5), least = i % 3;
    char digits[20];

    if (i < 71)
        snprintf(digits, sizeof digits, "%u", i == 0 ? 1 : i + 19);
    else if (i % 100 < 45)
        snprintf(digits, sizeof digits, "1%u%05u%0*u", 2 + random_below(8), random_below(100000),
                 (int)least, random_below(below[least]));
    else
        snprintf(digits, sizeof digits, "%u%0*u", country, (int)more, random_below(below[more]));
    return dp_key_of(digits);
}

/** Eight digits, and every thousand rows a city or a country above them. */
static uint64_t dense_prefix(unsigned i)
{
    static uint32_t next;
    char digits[20];

    next = i == 0 ? 10000000 : next;
    snprintf(digits, sizeof digits, "%u",
             i % 1000 != 999 ? next : next / (i % 3000 == 2999 ? 10000 : 1000));
    next += i % 1000 == 999 ? 0 : random_below(100) < 85 ? 1 : 1 + random_below(5);
    return dp_key_of(digits);
}

static int by_key(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/** Different ones, in order; `*rows` becomes how many there are. */
static uint64_t *make_prefixes(unsigned *rows, enum lie lie)
{
    uint64_t *prefix = malloc(*rows * sizeof *prefix);
    unsigned n = 0;

    need(prefix ? 0 : ENOMEM, "prefixes");
    for (unsigned i = 0; i < *rows; i++)
        prefix[i] = lie == DENSE ? dense_prefix(i) : scattered_prefix(i);
    qsort(prefix, *rows, sizeof *prefix, by_key);
    for (unsigned i = 0; i < *rows; i++)
        if (n == 0 || prefix[n - 1] != prefix[i])
            prefix[n++] = prefix[i];
    *rows = n;
    return prefix;
}

enum order { SORTED, SHUFFLED };

/** `change` is added to every hundredth rate. */
static void write_deck(const char *file, unsigned rows, enum lie lie, enum order order,
                       unsigned change)
{
    uint64_t *prefix = make_prefixes(&rows, lie);
    FILE *f = fopen(file, "w");
    char line[64], digits[DP_KEY_TEXT_LEN];

    need(f ? 0 : ENOENT, file);
    for (unsigned i = 0; i < rows; i++) {
        /* a prime step that visits every row once */
        uint64_t at = order == SORTED ? i : (uint64_t)i * 2147483647 % rows;
        unsigned rate = random_below(5000) + (i % 100 == 0 ? change : 0);
        int n = snprintf(line, sizeof line, "%s,0.%05u\n", dp_key_text(digits, prefix[at]), rate);
        fwrite(line, 1, (size_t)n, f);
    }
    fclose(f);
    free(prefix);
}

static void pack_gzip(const char *from, const char *to)
{
    static char chunk[1 << 20];
    FILE *in = fopen(from, "r");
    gzFile out = gzopen(to, "w1");
    size_t n;

    need(in && out ? 0 : ENOENT, to);
    while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
        gzwrite(out, chunk, (unsigned)n);
    gzclose(out);
    fclose(in);
}

static void pack_zstd(const char *from, const char *to)
{
    static char chunk[1 << 20], packed[1 << 21];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    size_t n;

    need(in && out ? 0 : ENOENT, to);
    while ((n = fread(chunk, 1, sizeof chunk, in)) > 0)
        fwrite(packed, 1, ZSTD_compress(packed, sizeof packed, chunk, n, 3), out);
    fclose(in);
    fclose(out);
}

/* ---- measurements ---- */

static void say(const char *what, rt_time begin, const char *unit, double figure)
{
    printf("{\"bench\": \"deck\", \"what\": \"%s\", \"cpu_ms\": %.1f, \"%s\": %.2f}\n", what,
           (double)(rt_thread_cpu() - begin) / 1000, unit, figure);
    fflush(stdout);
}

static void floor_of(const char *file)
{
    static char chunk[1 << 18];
    rt_time begin = rt_thread_cpu();
    FILE *f = fopen(file, "r");
    uint64_t lines = 0;
    size_t n;

    need(f ? 0 : ENOENT, file);
    setvbuf(f, NULL, _IONBF, 0);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        for (const char *p = chunk; (p = memchr(p, '\n', n - (size_t)(p - chunk))) != NULL; p++)
            lines++;
    fclose(f);
    say("floor: read and count lines", begin, "mrows", (double)lines / 1e6);
}

static void rows_only(const char *file)
{
    static const char *const fields[] = {"prefix", "rate", NULL};
    struct dp_rows_config cfg = {.path = file, .columns = "prefix, rate", .fields = fields};
    char why[DP_ROWS_WHY];
    const struct dp_row *row;
    struct dp_rows *rows;
    uint64_t n = 0;
    rt_time begin = rt_thread_cpu();

    need(dp_rows_open(&rows, &cfg, why), why);
    while (dp_rows_next(rows, &row) == 0)
        n += row->field[1].n > 0;
    dp_rows_close(rows);
    say("rows cut into cells", begin, "mrows", (double)n / 1e6);
}

static struct dp_deck *load(const char *what, const char *file, const char *columns,
                            const char *cache)
{
    const char *const patterns[] = {file, NULL};
    struct dp_deck_config cfg = {.name = "bench",
                                 .patterns = patterns,
                                 .columns = columns,
                                 .cache = cache,
                                 .bad_ppm = 0,
                                 .change_ppm = DP_DECK_ANY,
                                 .now = 1767225600};
    struct dp_deck_report report;
    struct dp_deck_info info;
    struct dp_deck *d;
    rt_time begin = rt_thread_cpu();

    if (dp_deck_load(&d, &cfg, NULL, &report) != 0) {
        fprintf(stderr, "bench_deck: %s\n", report.why);
        exit(1);
    }
    if (!what)
        return d;
    dp_deck_info(d, &info);
    say(what, begin, "bytes_per_prefix", (double)info.bytes / (double)info.rows);
    return d;
}

static void one_deck(unsigned rows)
{
    char csv[260], cache[260];

    snprintf(csv, sizeof csv, "%s", path("big.csv"));
    snprintf(cache, sizeof cache, "%s", path("cache"));
    write_deck(csv, rows, DENSE, SORTED, 0);
    floor_of(csv);
    floor_of(csv);
    rows_only(csv);
    dp_deck_unref(load("csv to live", csv, "prefix, rate", NULL));
    dp_deck_unref(load("csv to live", csv, "prefix, rate", NULL));
    pack_gzip(csv, path("big.csv.gz"));
    dp_deck_unref(load("csv.gz to live", path("big.csv.gz"), "prefix, rate", NULL));
    pack_zstd(csv, path("big.csv.zst"));
    dp_deck_unref(load("csv.zst to live", path("big.csv.zst"), "prefix, rate", NULL));
    dp_deck_unref(load("csv to live, and to the cache", csv, "prefix, rate", cache));
    dp_deck_unref(load("from the cache", csv, "prefix, rate", cache));
    write_deck(csv, rows, DENSE, SHUFFLED, 0);
    dp_deck_unref(load("csv in no order to live", csv, "prefix, rate", NULL));
    write_deck(csv, rows, SCATTERED, SORTED, 0);
    dp_deck_unref(load("scattered prefixes to live", csv, "prefix, rate", NULL));
}

static void difference(void)
{
    struct dp_deck_diff diff;

    seed = 7;
    write_deck(path("a.csv"), 1000000, SCATTERED, SORTED, 0);
    seed = 7;
    write_deck(path("b.csv"), 1000000, SCATTERED, SORTED, 17);
    rt_time begin = rt_thread_cpu();
    struct dp_deck *a = load(NULL, path("a.csv"), "prefix, rate", NULL);
    struct dp_deck *b = load(NULL, path("b.csv"), "prefix, rate", NULL);
    say("load two of a million", begin, "mrows", 2);
    begin = rt_thread_cpu();
    dp_deck_diff(&diff, a, b, NULL, NULL);
    say("difference of the two", begin, "changed", (double)(diff.up + diff.down));
    dp_deck_unref(a);
    dp_deck_unref(b);
}

static void choice(void)
{
    const struct dp_deck *decks[DECKS];
    struct dp_deck *own[DECKS];
    struct dp_deck_offer offer[DP_DECKS_MAX];
    const unsigned calls = 300000;
    uint64_t found = 0;
    char digits[20];

    for (unsigned i = 0; i < DECKS; i++) {
        write_deck(path("one.csv"), 500000, SCATTERED, SORTED, 0);
        decks[i] = own[i] = load(NULL, path("one.csv"), "prefix, rate", NULL);
    }
    uint64_t *key = malloc(calls * sizeof *key);
    need(key ? 0 : ENOMEM, "keys");
    for (unsigned i = 0; i < calls; i++) {
        dp_key_text(digits, scattered_prefix(100 + random_below(1000)));
        snprintf(digits + strlen(digits), 5, "%04u", random_below(10000));
        key[i] = dp_key_of(digits);
    }
    rt_time begin = rt_thread_cpu();
    for (unsigned i = 0; i < calls; i++)
        found += dp_deck_cheapest(offer, decks, DECKS, key[i], 180);
    say("20 decks of 500,000, found and sorted by cost", begin, "us_per_call",
        (double)(rt_thread_cpu() - begin) / calls);
    fprintf(stderr, "offers per call: %.2f\n", (double)found / calls);
    for (unsigned i = 0; i < DECKS; i++)
        dp_deck_unref(own[i]);
    free(key);
}

int main(int argc, char **argv)
{
    unsigned rows = argc > 1 ? (unsigned)atoi(argv[1]) : 10000000;
    static const char *const files[] = {
        "big.csv", "big.csv.gz",        "big.csv.zst",       "a.csv", "b.csv",
        "one.csv", "cache/bench.image", "cache/bench.rates", "cache"};

    if (argc > 2)
        snprintf(folder, sizeof folder, "%s/bench_deck.XXXXXX", argv[2]);
    need(mkdtemp(folder) ? 0 : errno, folder);
    one_deck(rows);
    difference();
    choice();
    for (size_t i = 0; i < RT_COUNT(files); i++)
        remove(path(files[i]));
    rmdir(folder);
    return 0;
}
