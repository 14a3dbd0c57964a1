/* The reserve for hash tables (hash.h): pieces of three sizes, of which the kernel gives memory
 * only for those that are ever used. */
#include "gw/rt/hash.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* A new table has 32 buckets in 512 octets; it grows by doubling them. */
#define SMALL  1024u
#define MIDDLE (64u << 10)
#define LARGE  (1u << 20)

static _Alignas(max_align_t) unsigned char small[512][SMALL], middle[16][MIDDLE], large[4][LARGE];
static atomic_bool small_used[512], middle_used[16], large_used[4];

static const struct pieces {
    unsigned char *first;
    size_t size, n;
    atomic_bool *used;
} reserve[] = {{small[0], SMALL, 512, small_used},
               {middle[0], MIDDLE, 16, middle_used},
               {large[0], LARGE, 4, large_used}};
#define SIZES (sizeof reserve / sizeof reserve[0])

static void *piece_of(const struct pieces *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (!atomic_exchange(&r->used[i], true))
            return r->first + i * r->size;
    return NULL;
}

void *rt_hash_alloc(size_t size)
{
    void *p = malloc(size);

    for (size_t k = 0; !p && k < SIZES; k++)
        if (size <= reserve[k].size)
            p = piece_of(&reserve[k]);
    return p;
}

void rt_hash_free(void *p)
{
    uintptr_t at = (uintptr_t)p;

    for (size_t k = 0; k < SIZES; k++) {
        uintptr_t first = (uintptr_t)reserve[k].first;
        if (at >= first && at < first + reserve[k].n * reserve[k].size) {
            atomic_store(&reserve[k].used[(at - first) / reserve[k].size], false);
            return;
        }
    }
    free(p);
}
