/* An image's inside: one block of memory that is written to a file as it is. */
#ifndef DIALPLAN_IMAGE_PRIV_H
#define DIALPLAN_IMAGE_PRIV_H

#include "dialplan/image.h"
#include "gw/rt/file.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

/** Digits of the direct index, at most. */
#define DP_IMAGE_DEPTH 6

/** The block's beginning. The index follows: where the intervals of each slot begin, and an end; at
 * the next multiple of 64 the intervals. */
struct dp_image_header {
    char magic[8];
    uint32_t version;
    uint32_t depth;    /**< digits of a slot */
    uint32_t wide;     /**< how intervals are kept */
    uint32_t none;     /**< 0 */
    uint64_t n;        /**< intervals */
    uint64_t size;     /**< octets of the whole block */
    uint64_t checksum; /**< of the block with this 0; in a file only */
    uint8_t hash[DP_IMAGE_HASH];
    uint8_t rest[48];
};
_Static_assert(sizeof(struct dp_image_header) == 128, "part of the file's format");

/** Where an interval begins, and its value. */
struct dp_image_wide {
    uint32_t start[2]; /**< one 64-bit key at an alignment of 4 */
    uint32_t value;
};
/** The same without the digits that the slot tells: the next seven and the length. That is enough
 * for prefixes up to 13 digits, and half as many cache lines. */
struct dp_image_narrow {
    uint32_t rest;
    uint32_t value;
};

struct dp_image {
    const uint32_t *index;
    const struct dp_image_narrow *narrow; /**< NULL: wide */
    const struct dp_image_wide *wide;
    size_t n;
    unsigned depth;
    atomic_uint holders;
    struct rt_map *map;
};

static inline uint64_t dp_image_start(const struct dp_image_wide *e)
{
    uint64_t key;

    memcpy(&key, e->start, sizeof key);
    return key;
}

/* ---- where a key is ---- */

/** Neither ever falls as the key grows: the slot, and in the same slot the rest. */
struct dp_image_place {
    uint32_t slot;
    uint32_t rest;
};

/** A key with a nibble above 9 in its slot's digits. Where a prefix ends, 9 and one make A with
 * nothing behind: that has a slot of its own. Any other goes to the end of all slots that begin
 * like it. */
static inline bool dp_image_beyond(uint64_t key, unsigned depth, uint32_t keys, uint32_t *digits)
{
    unsigned first = 28 - (unsigned)__builtin_clz(keys); /* bits below its nibble */
    unsigned below = first + 64 - 4 * depth;

    if ((key & ~UINT64_C(15) & ((UINT64_C(16) << below) - 1)) == UINT64_C(10) << below)
        return false;
    uint32_t tail = (UINT32_C(16) << first) - 1;
    *digits = (*digits & ~tail) | (UINT32_C(0xaaaaaa) & tail);
    return true;
}

static inline struct dp_image_place dp_image_place(uint64_t key, unsigned depth)
{
    uint32_t d = (uint32_t)((key >> 32) >> (32 - 4 * depth));
    uint32_t keys = d & (d << 1 | d << 2) & 0x888888;
    bool longer = (key & ~UINT64_C(15)) << (4 * depth + 28) != 0 || dp_key_length(key) > depth + 7;
    uint32_t length = longer ? depth + 7 : dp_key_length(key);
    uint32_t rest = (uint32_t)(key << (4 * depth) >> 36) << 4 | length;

    if (__builtin_expect(keys != 0, 0) && dp_image_beyond(key, depth, keys, &d))
        rest = UINT32_MAX;
    d = (d & 0x0f0f0f) + 11 * (d >> 4 & 0x0f0f0f);
    return (struct dp_image_place){(d >> 16) * 14641 + (d >> 8 & 0xff) * 121 + (d & 0xff), rest};
}

/** The smallest key at a place, when dp_image_place() lost nothing of it. */
static inline uint64_t dp_image_key(struct dp_image_place at, unsigned depth)
{
    uint64_t key = (uint64_t)(at.rest >> 4) << 36 >> (4 * depth) | (at.rest & 15);

    for (unsigned i = depth; i > 0; i--, at.slot /= 11)
        key |= (uint64_t)(at.slot % 11) << (64 - 4 * i);
    return key;
}

/** Slots of an index of so many digits: 0 to 9, and what comes after. */
static inline uint32_t dp_image_slots(unsigned depth)
{
    uint32_t slots = 1;

    while (depth-- > 0)
        slots *= 11;
    return slots;
}

/** Where the intervals begin in the block. */
static inline size_t dp_image_offset(unsigned depth)
{
    size_t end = sizeof(struct dp_image_header) + (dp_image_slots(depth) + 1) * sizeof(uint32_t);
    return (end + 63) / 64 * 64;
}

/** Octets of an interval. */
static inline size_t dp_image_stride(bool wide)
{
    return wide ? sizeof(struct dp_image_wide) : sizeof(struct dp_image_narrow);
}

/** An image of a finished block; takes the map, also when it fails. */
int dp_image_of_map(struct dp_image **out, struct rt_map *map);

#endif
