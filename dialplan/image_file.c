/* Images in files: the block as it stands in memory, so that taking one up again needs no reading,
 * only a look at every octet for the checksum. Whatever else lies in the file is refused. */
#include "dialplan/image_priv.h"

#include <errno.h>

#define VERSION 1

/** Written by a machine of the other byte order it reads otherwise. */
static const char magic[8] = "dpimage";

static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum << 31 | sum >> 33;
}

/** Four sums side by side, as memory is faster than one multiplication after the other. */
static uint64_t checksum(const void *block, size_t size)
{
    uint64_t sum[4] = {1, 2, 3, 4}, word[4] = {0};
    const char *p = block;

    for (; size >= sizeof word; size -= sizeof word, p += sizeof word) {
        memcpy(word, p, sizeof word);
        for (unsigned i = 0; i < 4; i++)
            sum[i] = mix(sum[i], word[i]);
    }
    memset(word, 0, sizeof word);
    memcpy(word, p, size);
    for (unsigned i = 0; i < 4; i++)
        sum[0] = mix(mix(sum[0], word[i]), sum[i]);
    return sum[0];
}

/** Of the block as if its header were `h`, whose own checksum counts as 0. */
static uint64_t checksum_of(struct dp_image_header h, const void *block)
{
    h.checksum = 0;
    return mix(checksum(&h, sizeof h),
               checksum((const char *)block + sizeof h, (size_t)h.size - sizeof h));
}

/** A block's header as it goes into a file. */
static struct dp_image_header header_of(const void *block, const uint8_t hash[DP_IMAGE_HASH])
{
    struct dp_image_header h = *(const struct dp_image_header *)block;

    memcpy(h.magic, magic, sizeof h.magic);
    h.version = VERSION;
    memcpy(h.hash, hash, sizeof h.hash);
    h.checksum = checksum_of(h, block);
    return h;
}

/** Not synced: an image is made again from what it was made from, and one that a power failure
 * tears has another checksum. */
static int write_file(const char *path, const struct dp_image_header *h, const char *block)
{
    struct rt_file *f;
    int err = rt_file_remove(path);

    if (err == 0)
        err = rt_file_create(&f, path, 0644);
    if (err != 0)
        return err;
    err = rt_file_write_at(f, 0, h, sizeof *h);
    if (err == 0)
        err = rt_file_write_at(f, sizeof *h, block + sizeof *h, (size_t)h->size - sizeof *h);
    rt_file_close(f);
    return err;
}

int dp_image_save(const struct dp_image *img, const char *path, const uint8_t hash[DP_IMAGE_HASH])
{
    const char *block = rt_map_data(img->map);
    struct dp_image_header h = header_of(block, hash);
    struct rt_buf temp = {0};

    rt_buf_printf(&temp, "%s.new", path);
    int err = temp.failed ? ENOMEM : write_file(temp.p, &h, block);
    if (err == 0)
        err = rt_file_rename(temp.p, path);
    else if (!temp.failed)
        rt_file_remove(temp.p);
    rt_buf_release(&temp);
    return err;
}

/** Whether a header can be one of a block of this size. */
static bool header_fits(const struct dp_image_header *h, size_t size,
                        const uint8_t hash[DP_IMAGE_HASH])
{
    return memcmp(h->magic, magic, sizeof h->magic) == 0 && h->version == VERSION &&
           memcmp(h->hash, hash, sizeof h->hash) == 0 && h->size == size &&
           h->depth <= DP_IMAGE_DEPTH && h->n > 0 && h->n < UINT32_MAX &&
           size >= dp_image_offset(h->depth) &&
           size - dp_image_offset(h->depth) == h->n * dp_image_stride(h->wide);
}

/** Whether every look-up stays within the intervals, whatever they are: the first slot has the
 * first of them, which begins at 0. */
static bool index_fits(const struct dp_image_header *h)
{
    const uint32_t *index = (const void *)(h + 1);
    const char *intervals = (const char *)h + dp_image_offset(h->depth);
    uint32_t slots = dp_image_slots(h->depth);
    bool fits = index[0] == 0 && index[1] > 0 && index[slots] == h->n;

    for (uint32_t i = 0; i < slots; i++)
        fits = fits && index[i] <= index[i + 1];
    return fits && memcmp(intervals, "\0\0\0\0\0\0\0", h->wide ? 8 : 4) == 0;
}

static bool sound(const struct rt_map *map, const uint8_t hash[DP_IMAGE_HASH])
{
    const struct dp_image_header *h = rt_map_data(map);

    return rt_map_size(map) >= sizeof *h && header_fits(h, rt_map_size(map), hash) &&
           h->checksum == checksum_of(*h, h) && index_fits(h);
}

int dp_image_map(struct dp_image **out, const char *path, const uint8_t hash[DP_IMAGE_HASH])
{
    struct rt_map *map;
    int err = rt_map_file(&map, path);

    if (err != 0)
        return err;
    if (!sound(map, hash)) {
        rt_map_free(map);
        return EBADMSG;
    }
    return dp_image_of_map(out, map);
}
