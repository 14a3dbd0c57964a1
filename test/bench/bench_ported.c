/* A table of ported numbers beside a binary search over sorted 64-bit numbers: CPU time of the
 * build, octets a number, and time of a look-up when each depends on the one before and goes
 * anywhere in the table.
 *
 * Numbers are spread over all of +1, given in no order, with 20 000 routing numbers.
 *
 * usage: bench_ported [ROWS [FILE]]      20000000, /tmp/bench_ported.tdb; one JSON line each
 */
#include "dialplan/ported.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FIRST    12000000000u
#define SPAN     8000000000u /* numbers that +1 could have */
#define ROUTINGS 20000
#define LOOKUPS  2000000

static uint64_t rows = 20000000, step;

static double cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/** The i-th number in order. */
static uint64_t number_at(uint64_t i)
{
    return FIRST + i * step + mix(i) % step;
}

static struct rt_str decimal(char room[RT_DECIMAL_LEN], uint64_t v)
{
    return rt_decimal(room, v);
}

static int build(const char *path, struct dp_ported_report *report)
{
    struct dp_ported_builder *b;
    char n[RT_DECIMAL_LEN], r[RT_DECIMAL_LEN];
    const char *why;
    int err = dp_ported_builder_new(&b, path, NULL);

    /* a stride that is prime to any number of rows visits all of them */
    for (uint64_t i = 0, at = 0; err == 0 && i < rows; i++, at = (at + 2147483647u) % rows)
        err = dp_ported_builder_add(b, decimal(n, number_at(at)),
                                    decimal(r, 12000000000u + mix(at) % ROUTINGS), &why);
    double start = cpu();
    if (err == 0)
        err = dp_ported_builder_finish(b, report);
    printf("{\"bench\":\"ported\",\"what\":\"finish\",\"cpu_s\":%.2f}\n", cpu() - start);
    dp_ported_builder_free(b);
    return err;
}

/** CPU time to make up the numbers, which is not the builder's. */
static double input_time(void)
{
    double start = cpu();
    char n[RT_DECIMAL_LEN], r[RT_DECIMAL_LEN];
    volatile size_t sum = 0;

    for (uint64_t i = 0, at = 0; i < rows; i++, at = (at + 2147483647u) % rows)
        sum += decimal(n, number_at(at)).n + decimal(r, 12000000000u + mix(at) % ROUTINGS).n;
    (void)sum; /* it keeps the loop */
    return cpu() - start;
}

/** Nanoseconds of one look-up; half of them are of numbers that are not ported. */
static double find_time(const struct dp_ported *t, unsigned *found)
{
    char n[RT_DECIMAL_LEN];
    const char *routing;
    double start = cpu();
    uint64_t at = 1;

    for (unsigned i = 0; i < LOOKUPS; i++) {
        bool hit =
            dp_ported_find_digits(t, decimal(n, number_at(at % rows) + (i & 1)), &routing) == 0;
        *found += hit;
        at = mix(at + (hit ? (uint8_t)routing[9] : i));
    }
    return (cpu() - start) / LOOKUPS * 1e9;
}

static double reference_time(unsigned *found)
{
    uint64_t *all = malloc(rows * sizeof *all), at = 1;
    char n[RT_DECIMAL_LEN];

    if (!all)
        return 0;
    for (uint64_t i = 0; i < rows; i++)
        all[i] = number_at(i);
    double start = cpu();
    for (unsigned i = 0; i < LOOKUPS; i++) {
        uint64_t want, low = 0, high = rows;
        rt_str_u64(&want, decimal(n, number_at(at % rows) + (i & 1)), UINT64_MAX);
        while (low < high) {
            uint64_t mid = low + (high - low) / 2;
            if (all[mid] < want)
                low = mid + 1;
            else
                high = mid;
        }
        bool hit = low < rows && all[low] == want;
        *found += hit;
        at = mix(at + (hit ? low : i));
    }
    double ns = (cpu() - start) / LOOKUPS * 1e9;
    free(all);
    return ns;
}

int main(int argc, char **argv)
{
    const char *path = argc > 2 ? argv[2] : "/tmp/bench_ported.tdb";
    struct dp_ported_report report = {.rows = 0};
    char why[DP_PORTED_WHY];
    struct dp_ported *t;
    unsigned found = 0, reference = 0;

    if (argc > 1)
        rows = strtoull(argv[1], NULL, 10);
    if (rows == 0 || rows > SPAN / 2)
        return 2;
    step = SPAN / rows;
    double input = input_time(), start = cpu();
    int err = build(path, &report);
    double built = cpu() - start - input;
    if (err == 0)
        err = dp_ported_open(&t, path, why);
    if (err != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(err));
        return 1;
    }
    printf("{\"bench\":\"ported\",\"what\":\"build\",\"rows\":%llu,\"cpu_s\":%.2f,"
           "\"octets_per_number\":%.2f,\"megabytes\":%.0f}\n",
           (unsigned long long)report.rows, built, (double)report.bytes / (double)report.rows,
           (double)report.bytes / 1e6);
    start = cpu();
    err = dp_ported_check(t, why);
    printf("{\"bench\":\"ported\",\"what\":\"check\",\"cpu_s\":%.2f,\"good\":%s}\n", cpu() - start,
           err == 0 ? "true" : "false");
    find_time(t, &found); /* the pages are there now */
    found = 0;
    double ns = find_time(t, &found);
    printf("{\"bench\":\"ported\",\"what\":\"find\",\"ns\":%.0f,\"found\":%u}\n", ns, found);
    dp_ported_close(t);
    ns = reference_time(&reference);
    printf("{\"bench\":\"ported\",\"what\":\"binary search\",\"ns\":%.0f,\"found\":%u}\n", ns,
           reference);
    if (argc <= 2)
        unlink(path);
    return 0;
}
