/* Two buckets for each try, that of the address and that of the user at the address. A bucket is
 * the time when it will be empty: each wrong try puts some seconds in, time takes them out.
 *
 * They are short rows found by a hash that nobody outside can predict; who finds a row full takes
 * the place of the one used longest ago.
 */
#include "gw/guess.h"

#include "gw/rt/random.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>

#define ROWS  4096
#define WAYS  4
#define TRIES 10            /* the last ones are known again: as many as a user has at once */
#define KNOWN (3600 * RT_S) /* a user who was right is taken for himself there for so long */

struct bucket {
    uint64_t key; /* 0: free */
    rt_time used, empty;
    rt_time right;         /* 0: never */
    uint32_t tried[TRIES]; /* wrong ones; 0: none */
    unsigned next;
};

struct gw_guesses {
    uint64_t seed;
    struct bucket bucket[ROWS][WAYS];
};

/** What a wrong try costs, and how much fits in. */
static const struct measure {
    rt_time cost, room;
} of_user = {30 * RT_S, 300 * RT_S}, of_address = {RT_S, 100 * RT_S};

static uint64_t mix(uint64_t h, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211); /* FNV-1a */
    return h;
}

/** Of an IPv6 address its /64: who has one address there has them all. */
static uint64_t key_of(const struct gw_guesses *g, const union rt_addr *from, struct rt_str user)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t octets[16] = {0};

    rt_addr_octets(octets, from);
    uint64_t h = mix(g->seed, octets, memcmp(octets, mapped, sizeof mapped) == 0 ? 16 : 8);
    h = mix(h, (const uint8_t *)user.p, user.n);
    h ^= h >> 32;
    return h ? h : 1;
}

static const struct bucket *find(const struct gw_guesses *g, uint64_t key)
{
    const struct bucket *row = g->bucket[key % ROWS];

    for (unsigned i = 0; i < WAYS; i++)
        if (row[i].key == key)
            return &row[i];
    return NULL;
}

static struct bucket *take(struct gw_guesses *g, uint64_t key, rt_time now)
{
    struct bucket *row = g->bucket[key % ROWS], *best = &row[0];

    for (unsigned i = 0; i < WAYS; i++) {
        if (row[i].key == key) {
            best = &row[i];
            break;
        }
        if (row[i].used < best->used)
            best = &row[i];
    }
    if (best->key != key)
        *best = (struct bucket){.key = key};
    best->used = now;
    return best;
}

static bool is_full(const struct bucket *b, const struct measure *m, rt_time now)
{
    return b && b->empty - now > m->room - m->cost;
}

static void pour(struct bucket *b, const struct measure *m, rt_time now)
{
    if (!is_full(b, m, now))
        b->empty = (b->empty > now ? b->empty : now) + m->cost;
}

bool gw_guesses_allow(const struct gw_guesses *g, const union rt_addr *from, struct rt_str user,
                      rt_time now)
{
    const struct bucket *own = find(g, key_of(g, from, user));

    if (is_full(own, &of_user, now))
        return false;
    if (own && own->right != 0 && now - own->right < KNOWN)
        return true; /* others at his address are not his affair */
    return !is_full(find(g, key_of(g, from, (struct rt_str){"", 0})), &of_address, now);
}

void gw_guesses_right(struct gw_guesses *g, const union rt_addr *from, struct rt_str user,
                      rt_time now)
{
    struct bucket *own = take(g, key_of(g, from, user), now);

    own->right = now;
    own->empty = 0;
}

/** Of credentials; nobody outside can find others that have the same. */
static uint32_t digest_of(const struct gw_guesses *g, struct rt_str credentials)
{
    uint32_t out;
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, sizeof g->seed, (const uint8_t *)&g->seed);
    sha256_update(&ctx, credentials.n, (const uint8_t *)credentials.p);
    sha256_digest(&ctx, sizeof out, (uint8_t *)&out);
    return out ? out : 1;
}

/** Whether that has been tried before; it is remembered. */
static bool is_repeated(struct bucket *b, uint32_t digest)
{
    for (unsigned i = 0; i < TRIES; i++)
        if (b->tried[i] == digest)
            return true;
    b->tried[b->next] = digest;
    b->next = (b->next + 1) % TRIES;
    return false;
}

void gw_guesses_wrong(struct gw_guesses *g, const union rt_addr *from, struct rt_str user,
                      struct rt_str credentials, rt_time now)
{
    struct bucket *own = take(g, key_of(g, from, user), now);

    if (is_repeated(own, digest_of(g, credentials)))
        return;
    pour(own, &of_user, now);
    pour(take(g, key_of(g, from, (struct rt_str){"", 0}), now), &of_address, now);
}

int gw_guesses_new(struct gw_guesses **out)
{
    struct gw_guesses *g = calloc(1, sizeof *g);

    if (!g)
        return ENOMEM;
    rt_random_bytes(&g->seed, sizeof g->seed);
    *out = g;
    return 0;
}

void gw_guesses_free(struct gw_guesses *g)
{
    free(g);
}
