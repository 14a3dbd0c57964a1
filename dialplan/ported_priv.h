/* A table of ported numbers as it lies in its file, and the parts that make one.
 *
 *     head | rows | index | segments | places of routing numbers | their texts | tail
 *
 * Each part begins at a multiple of 8; numbers are in the machine's own byte order, which `order`
 * tells. The tail is written last: a file without it was never finished.
 *
 * A row is a number's last three digits and which routing number it has: 10 and 22 bits, or 32 and
 * 32 where there are more than four million routing numbers. The digits before them are the
 * number's block. A segment is a stretch of blocks; for each of them the index says where its rows
 * begin, and one entry more where the last one's end. The first digit of an E.164 number is no 0,
 * so that the number as an integer is unique whatever its length.
 */
#ifndef DIALPLAN_PORTED_PRIV_H
#define DIALPLAN_PORTED_PRIV_H

#include "dialplan/ported.h"
#include "gw/rt/file.h"

#define PORTED_VERSION  1
#define PORTED_ORDER    0x01020304u
#define PORTED_BLOCK    1000u /* numbers in a block */
#define PORTED_LOW_BITS 22    /* of a narrow row: the routing number */
#define PORTED_NARROW   (1u << PORTED_LOW_BITS)
#define PORTED_DIGITS   15 /* ITU-T E.164 6.2.1 */

#define PORTED_HEAD_MAGIC "tdb:lnp" /* 8 octets with the NUL */
#define PORTED_TAIL_MAGIC "tdb:end"

struct ported_head {
    char magic[8];
    uint32_t version, order;
    uint8_t spare[48];
};

struct ported_segment {
    uint64_t first; /**< block */
    uint64_t at;    /**< its place in the index; the next segment's ends it */
};

struct ported_tail {
    uint64_t rows, index, segments, routings, text; /**< how many of each; octets of text */
    uint64_t size;                                  /**< of the file */
    uint32_t wide;                                  /**< rows have 8 octets */
    uint32_t body;                                  /**< CRC-32 of all before the tail */
    uint32_t version, order;
    char magic[8];
    uint64_t spare;
    uint32_t zero;
    uint32_t crc; /**< CRC-32 of the tail before this */
};

/** Where the parts lie, from the counts of a tail. */
struct ported_layout {
    uint64_t rows, index, segments, places, text, tail, size;
};
/** False when the counts are more than `size` octets can hold. */
bool dp_ported_layout(struct ported_layout *out, const struct ported_tail *t, uint64_t size);
uint32_t dp_ported_tail_crc(const struct ported_tail *t);
/** A block's number and the digits within, of E.164 digits; false: they are none. */
bool dp_ported_split(uint64_t *number, struct rt_str digits);

/* ---- ported_sort.c: numbers in order, through a file when there are many ---- */

struct ported_record {
    uint64_t number;
    uint32_t routing;
    uint32_t spare;
};

/** Records that are put in order of their numbers; of equal ones the later comes later. */
struct ported_sorter {
    char *path;           /**< where runs go that do not fit */
    struct rt_file *file; /**< NULL: none yet */
    struct ported_record *rec, *scratch;
    size_t n, cap, max;
    bool unsorted;
    uint64_t *run; /**< records in each run that is in the file */
    size_t nruns;
    uint64_t written;
};
/** `max` records are held in memory. */
int dp_ported_sorter_init(struct ported_sorter *s, const char *path, size_t max);
void dp_ported_sorter_release(struct ported_sorter *s);
int dp_ported_sorter_add(struct ported_sorter *s, uint64_t number, uint32_t routing);
/** Gives all of them to `fn` in order, until it returns an errno. */
int dp_ported_sorter_each(struct ported_sorter *s,
                          int (*fn)(void *arg, uint64_t number, uint32_t routing), void *arg);

/* ---- ported_names.c: each routing number once ---- */

struct ported_names {
    struct rt_buf text;  /**< NUL-terminated, one after the other */
    struct rt_buf place; /**< uint32_t each: where it begins */
    uint32_t *slot;      /**< hash table of places + 1 */
    size_t nslots, n;
    uint32_t last; /**< the one given last: rows of one carrier stand together */
};
/** The text's number, from 0. ENOMEM, EFBIG. */
int dp_ported_name(uint32_t *out, struct ported_names *names, struct rt_str text);
void dp_ported_names_release(struct ported_names *names);

/* ---- ported_write.c: the file ---- */

#define PORTED_OUT 65536 /* octets written at a time; a multiple of 8 */

/** A table being written. */
struct ported_writer {
    struct rt_append *file;
    uint8_t *out;
    size_t n;
    uint64_t at;
    uint32_t crc;
    struct ported_tail tail;
    struct rt_buf index, segments;
    uint64_t block; /**< of the last row */
};
int dp_ported_write_begin(struct ported_writer *w, struct rt_append *file, bool wide);
int dp_ported_write_row(struct ported_writer *w, uint64_t number, uint32_t routing);
int dp_ported_write_end(struct ported_writer *w, const struct ported_names *names);
void dp_ported_write_release(struct ported_writer *w);

#endif
