/* Compiled decks on disk: `NAME.image` and beside it `NAME.rates`, the classes and facts. The rates
 * know by a hash what they were made from; the image knows by the hash of the rates' file that the
 * two belong together, which also shows any damage. The effective dates that had come are part of
 * the facts: on the day of the next change the cache does not fit any more.
 */
#include "dialplan/deck_priv.h"
#include "dialplan/rows_priv.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>

#define CHUNK (256 * 1024)
#define MAX   (UINT64_C(1) << 32)

_Static_assert(SHA256_DIGEST_SIZE == DP_IMAGE_HASH, "an image is known by SHA-256");

/** Beginning of a rates file; the classes follow, then the names. */
struct head {
    char magic[8];
    uint8_t hash[DP_IMAGE_HASH];
    struct dp_deck_facts facts;
    uint64_t classes, names;
};

static const char magic[8] = "dprates1";

static void finish(struct sha256_ctx *ctx, uint8_t hash[DP_IMAGE_HASH])
{
    sha256_digest(ctx, DP_IMAGE_HASH, hash);
}

static int hash_file(struct sha256_ctx *ctx, const char *path)
{
    struct rt_file *f;
    uint64_t at = 0;
    size_t got = 1;
    uint8_t *chunk = malloc(CHUNK);

    if (!chunk)
        return ENOMEM;
    int err = rt_file_open(&f, path);
    if (err != 0) {
        free(chunk);
        return err;
    }
    for (; err == 0 && got > 0; at += got) {
        err = rt_file_read_at(f, at, chunk, CHUNK, &got);
        if (err == 0)
            sha256_update(ctx, got, chunk);
    }
    sha256_update(ctx, sizeof at, (const uint8_t *)&at);
    rt_file_close(f);
    free(chunk);
    return err;
}

int dp_deck_hash(uint8_t hash[DP_IMAGE_HASH], const struct dp_deck *d)
{
    struct sha256_ctx ctx;
    const char *file;
    int err = 0;

    sha256_init(&ctx);
    sha256_update(&ctx, sizeof d->factor, (const uint8_t *)&d->factor);
    sha256_update(&ctx, strlen(d->columns) + 1, (const uint8_t *)d->columns);
    for (unsigned i = 0; err == 0 && i < d->nfiles; i++)
        err = dp_database_path(d->files[i], &file) ? ENOTSUP : hash_file(&ctx, d->files[i]);
    finish(&ctx, hash);
    return err;
}

static void hash_buf(uint8_t hash[DP_IMAGE_HASH], const struct rt_buf *b)
{
    struct sha256_ctx ctx;

    sha256_init(&ctx);
    sha256_update(&ctx, b->n, (const uint8_t *)b->p);
    finish(&ctx, hash);
}

static int cache_path(struct rt_buf *out, const struct dp_deck_config *cfg, const char *kind)
{
    rt_buf_reset(out);
    rt_buf_printf(out, "%s/%s.%s", cfg->cache, cfg->name, kind);
    return out->failed ? ENOMEM : 0;
}

/** Whether what is in the file is whole, and made from the same; then it becomes the deck's. */
static int take_rates(struct dp_deck *d, const struct rt_buf *b, const uint8_t hash[DP_IMAGE_HASH])
{
    struct head h;

    if (b->n < sizeof h)
        return EBADMSG;
    memcpy(&h, b->p, sizeof h);
    if (memcmp(h.magic, magic, sizeof magic) != 0 || memcmp(h.hash, hash, DP_IMAGE_HASH) != 0 ||
        h.classes > (b->n - sizeof h) / sizeof(struct dp_class) || h.names == 0 ||
        h.names != b->n - sizeof h - h.classes * sizeof(struct dp_class) || b->p[b->n - 1] != '\0')
        return EBADMSG;
    if (d->facts.built_for < h.facts.built_for || d->facts.built_for >= h.facts.next_change)
        return EBADMSG;
    const char *p = b->p + sizeof h;
    d->classes.class = malloc((size_t)h.classes * sizeof(struct dp_class) + 1);
    if (!d->classes.class)
        return ENOMEM;
    memcpy(d->classes.class, p, (size_t)h.classes * sizeof(struct dp_class));
    d->classes.n = d->classes.cap = (uint32_t)h.classes;
    rt_buf_put(&d->classes.names, p + h.classes * sizeof(struct dp_class), (size_t)h.names);
    for (uint32_t i = 0; i < d->classes.n; i++)
        if (d->classes.class[i].name >= h.names)
            return EBADMSG;
    h.facts.built_for = d->facts.built_for;
    h.facts.modified = d->facts.modified;
    d->facts = h.facts;
    return d->classes.names.failed ? ENOMEM : 0;
}

int dp_deck_from_cache(struct dp_deck *d, const struct dp_deck_config *cfg,
                       const uint8_t hash[DP_IMAGE_HASH])
{
    struct dp_deck_facts before = d->facts;
    struct rt_buf path = {0}, rates = {0};
    uint8_t of_rates[DP_IMAGE_HASH];
    int err = cache_path(&path, cfg, "rates");

    if (err == 0)
        err = rt_file_read(&rates, path.p, (size_t)MAX);
    if (err == 0)
        err = take_rates(d, &rates, hash);
    if (err == 0) {
        hash_buf(of_rates, &rates);
        err = cache_path(&path, cfg, "image");
    }
    if (err == 0)
        err = dp_image_map(&d->image, path.p, of_rates);
    if (err != 0) {
        dp_classes_release(&d->classes);
        d->facts = before;
    }
    rt_buf_release(&path);
    rt_buf_release(&rates);
    return err;
}

int dp_deck_to_cache(const struct dp_deck *d, const struct dp_deck_config *cfg,
                     const uint8_t hash[DP_IMAGE_HASH])
{
    struct head h = {.facts = d->facts, .classes = d->classes.n, .names = d->classes.names.n};
    struct rt_buf path = {0}, rates = {0};
    uint8_t of_rates[DP_IMAGE_HASH];

    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.hash, hash, DP_IMAGE_HASH);
    rt_buf_put(&rates, &h, sizeof h);
    rt_buf_put(&rates, d->classes.class, d->classes.n * sizeof *d->classes.class);
    rt_buf_put(&rates, d->classes.names.p, d->classes.names.n);
    hash_buf(of_rates, &rates);
    int err = rates.failed ? ENOMEM : cache_path(&path, cfg, "image");
    if (err == 0)
        err = dp_image_save(d->image, path.p, of_rates);
    if (err == 0)
        err = cache_path(&path, cfg, "rates");
    if (err == 0)
        err = rt_file_replace(path.p, rates.p, rates.n, 0640);
    rt_buf_release(&path);
    rt_buf_release(&rates);
    return err;
}
