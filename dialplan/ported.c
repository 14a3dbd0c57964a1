/* Looking up ported numbers in a compiled table as it lies in memory (ported_priv.h has its form).
 *
 * What a look-up reads is checked where it is read: a damaged file gives wrong answers at most.
 */
#include "dialplan/ported_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

_Static_assert(sizeof(struct ported_head) == 64, "the file's form");
_Static_assert(sizeof(struct ported_tail) == 88, "the file's form");

struct dp_ported {
    struct rt_map *map;
    const uint8_t *base;
    struct ported_tail tail;
    struct ported_layout at;
    const uint32_t *index, *place;
    const struct ported_segment *segment;
};

/* ---- the file's form ---- */

/** Takes `n` things of `each` octets behind `*end`; what follows begins at a multiple of 8. */
static bool take(uint64_t *end, uint64_t size, uint64_t n, uint64_t each)
{
    if (*end > size || n > (size - *end) / each)
        return false;
    *end = (*end + n * each + 7) & ~(uint64_t)7;
    return true;
}

bool dp_ported_layout(struct ported_layout *out, const struct ported_tail *t, uint64_t size)
{
    uint64_t end = sizeof(struct ported_head);
    bool fits = true;

    out->rows = end;
    fits = fits && take(&end, size, t->rows, t->wide ? 8 : 4);
    out->index = end;
    fits = fits && take(&end, size, t->index, 4);
    out->segments = end;
    fits = fits && take(&end, size, t->segments, sizeof(struct ported_segment));
    out->places = end;
    fits = fits && take(&end, size, t->routings, 4);
    out->text = end;
    fits = fits && take(&end, size, t->text, 1);
    out->tail = end;
    fits = fits && take(&end, size, 1, sizeof *t);
    out->size = end;
    return fits;
}

uint32_t dp_ported_tail_crc(const struct ported_tail *t)
{
    return (uint32_t)crc32_z(0, (const uint8_t *)t, offsetof(struct ported_tail, crc));
}

bool dp_ported_split(uint64_t *number, struct rt_str digits)
{
    uint64_t v = 0;

    if (digits.n == 0 || digits.n > PORTED_DIGITS || digits.p[0] == '0')
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(digits.p[i] - '0');
    }
    *number = v;
    return true;
}

/* ---- opening ---- */

/** Why it is no table of ours; NULL: it is one. */
static const char *read_frame(struct dp_ported *t, uint64_t size)
{
    struct ported_head head;

    if (size < sizeof head + sizeof t->tail)
        return "too short for a compiled table";
    memcpy(&head, t->base, sizeof head);
    memcpy(&t->tail, t->base + size - sizeof t->tail, sizeof t->tail);
    if (memcmp(head.magic, PORTED_HEAD_MAGIC, sizeof head.magic) != 0)
        return "not a compiled table of ported numbers";
    if (head.order != PORTED_ORDER)
        return "compiled on a machine of another byte order";
    if (head.version != PORTED_VERSION)
        return "compiled by another version: compile it again";
    if (memcmp(t->tail.magic, PORTED_TAIL_MAGIC, sizeof t->tail.magic) != 0)
        return "torn: its end is missing";
    if (t->tail.crc != dp_ported_tail_crc(&t->tail) || t->tail.order != head.order ||
        t->tail.version != head.version)
        return "damaged: its end does not match its checksum";
    if (t->tail.size != size || !dp_ported_layout(&t->at, &t->tail, size) || t->at.size != size)
        return "torn: its size is not the one it was written with";
    return NULL;
}

/** The small parts that every look-up relies on. */
static const char *check_segments(const struct dp_ported *t)
{
    const struct ported_tail *n = &t->tail;

    for (uint64_t i = 0; i < n->segments; i++) {
        uint64_t end = i + 1 < n->segments ? t->segment[i + 1].at : n->index;
        if (t->segment[i].at >= end || end > n->index ||
            (i > 0 && t->segment[i].first <= t->segment[i - 1].first))
            return "damaged: its segments are not in order";
    }
    if (n->text > 0 && t->base[t->at.text + n->text - 1] != '\0')
        return "damaged: its routing numbers have no end";
    return NULL;
}

static int refuse(struct dp_ported *t, char why[DP_PORTED_WHY], const char *reason)
{
    snprintf(why, DP_PORTED_WHY, "%s", reason);
    dp_ported_close(t);
    return EBADMSG;
}

int dp_ported_open(struct dp_ported **out, const char *path, char why[DP_PORTED_WHY])
{
    struct dp_ported *t = calloc(1, sizeof *t);

    why[0] = '\0';
    if (!t)
        return ENOMEM;
    int err = rt_map_file(&t->map, path);
    if (err != 0) {
        snprintf(why, DP_PORTED_WHY, "%s", strerror(err));
        dp_ported_close(t);
        return err;
    }
    t->base = rt_map_data(t->map);
    const char *reason = read_frame(t, rt_map_size(t->map));
    if (reason)
        return refuse(t, why, reason);
    t->index = (const uint32_t *)(const void *)(t->base + t->at.index);
    t->segment = (const struct ported_segment *)(const void *)(t->base + t->at.segments);
    t->place = (const uint32_t *)(const void *)(t->base + t->at.places);
    reason = check_segments(t);
    if (reason)
        return refuse(t, why, reason);
    *out = t;
    return 0;
}

void dp_ported_close(struct dp_ported *t)
{
    if (!t)
        return;
    rt_map_free(t->map);
    free(t);
}

int dp_ported_check(const struct dp_ported *t, char why[DP_PORTED_WHY])
{
    why[0] = '\0';
    if ((uint32_t)crc32_z(0, t->base, t->at.tail) == t->tail.body)
        return 0;
    snprintf(why, DP_PORTED_WHY, "damaged: its rows do not match their checksum");
    return EBADMSG;
}

uint64_t dp_ported_rows(const struct dp_ported *t)
{
    return t->tail.rows;
}

uint64_t dp_ported_routings(const struct dp_ported *t)
{
    return t->tail.routings;
}

uint64_t dp_ported_bytes(const struct dp_ported *t)
{
    return t->tail.size;
}

/* ---- looking up ---- */

/** The index entry of a block; NULL: no segment has it. */
static const uint32_t *block_entry(const struct dp_ported *t, uint64_t block)
{
    uint64_t low = 0, high = t->tail.segments;

    while (low < high) { /* the first segment that begins behind the block */
        uint64_t mid = low + (high - low) / 2;
        if (t->segment[mid].first <= block)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == 0)
        return NULL;
    const struct ported_segment *s = &t->segment[low - 1];
    uint64_t end = low < t->tail.segments ? s[1].at : t->tail.index;
    uint64_t at = block - s->first;
    return at < end - s->at - 1 ? t->index + s->at + at : NULL;
}

/** The routing number's place of the row in [a, b) whose last digits are `low`. */
static bool find_narrow(uint32_t *routing, const uint32_t *row, uint32_t a, uint32_t b,
                        uint32_t low)
{
    while (a < b) {
        uint32_t mid = a + (b - a) / 2, digits = row[mid] >> PORTED_LOW_BITS;
        if (digits == low) {
            *routing = row[mid] & (PORTED_NARROW - 1);
            return true;
        }
        if (digits < low)
            a = mid + 1;
        else
            b = mid;
    }
    return false;
}

static bool find_wide(uint32_t *routing, const uint64_t *row, uint32_t a, uint32_t b, uint32_t low)
{
    while (a < b) {
        uint32_t mid = a + (b - a) / 2;
        uint64_t digits = row[mid] >> 32;
        if (digits == low) {
            *routing = (uint32_t)row[mid];
            return true;
        }
        if (digits < low)
            a = mid + 1;
        else
            b = mid;
    }
    return false;
}

int dp_ported_find_digits(const struct dp_ported *t, struct rt_str digits, const char **routing)
{
    const void *rows = t->base + t->at.rows;
    uint64_t number;
    uint32_t which;

    if (!dp_ported_split(&number, digits))
        return ENOENT;
    const uint32_t *entry = block_entry(t, number / PORTED_BLOCK);
    uint32_t low = (uint32_t)(number % PORTED_BLOCK);
    if (!entry || entry[0] > entry[1] || entry[1] > t->tail.rows)
        return ENOENT;
    if (!(t->tail.wide ? find_wide(&which, rows, entry[0], entry[1], low)
                       : find_narrow(&which, rows, entry[0], entry[1], low)))
        return ENOENT;
    if (which >= t->tail.routings || t->place[which] >= t->tail.text)
        return ENOENT;
    *routing = (const char *)t->base + t->at.text + t->place[which];
    return 0;
}

int dp_ported_find(const struct dp_ported *t, const struct dp_number *n, const char **routing)
{
    return n->e164 ? dp_ported_find_digits(t, rt_str(n->digits), routing) : ENOENT;
}
