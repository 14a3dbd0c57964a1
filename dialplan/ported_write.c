/* Writing a table of ported numbers: rows as they come in order, the index beside them in memory.
 */
#include "dialplan/ported_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

/* The index grows by no more than this for each row, so that numbers far from each other do not
 * fill it with blocks that have none; they get a segment of their own. */
#define INDEX_PER_ROW 8
#define INDEX_FREE    1024

static int flush(struct ported_writer *w)
{
    int err = rt_append_write(w->file, w->out, w->n);

    w->crc = (uint32_t)crc32_z(w->crc, w->out, w->n);
    w->n = 0;
    return err;
}

static int put(struct ported_writer *w, const void *data, size_t len)
{
    const uint8_t *p = data;
    int err = 0;

    w->at += len;
    while (err == 0 && len > 0) {
        size_t some = PORTED_OUT - w->n < len ? PORTED_OUT - w->n : len;
        memcpy(w->out + w->n, p, some);
        w->n += some;
        p += some;
        len -= some;
        if (w->n == PORTED_OUT)
            err = flush(w);
    }
    return err;
}

/** A part, and what is needed after it for the next to begin at a multiple of 8. */
static int put_part(struct ported_writer *w, const void *data, size_t len)
{
    static const uint8_t zero[8];
    int err = put(w, data, len);

    return err == 0 ? put(w, zero, (8 - w->at % 8) % 8) : err;
}

int dp_ported_write_begin(struct ported_writer *w, struct rt_append *file, bool wide)
{
    const struct ported_head head = {
        .magic = PORTED_HEAD_MAGIC, .version = PORTED_VERSION, .order = PORTED_ORDER};

    memset(w, 0, sizeof *w);
    w->file = file;
    w->tail.wide = wide;
    w->out = malloc(PORTED_OUT);
    return w->out ? put(w, &head, sizeof head) : ENOMEM;
}

static uint64_t index_size(const struct ported_writer *w)
{
    return w->index.n / sizeof(uint32_t);
}

/** The index up to the block `to`, whose rows begin here. */
static int enter_block(struct ported_writer *w, uint64_t to)
{
    uint32_t rows = (uint32_t)w->tail.rows;
    uint64_t gap = to - w->block, room = INDEX_FREE + INDEX_PER_ROW * w->tail.rows;
    bool apart = w->tail.segments == 0 || (gap > 1 && index_size(w) + gap > room);

    if (apart) {
        if (w->tail.segments > 0)
            rt_buf_put(&w->index, &rows, sizeof rows);
        const struct ported_segment s = {.first = to, .at = index_size(w)};
        rt_buf_put(&w->segments, &s, sizeof s);
        w->tail.segments++;
        gap = 1;
    }
    for (; gap > 0; gap--)
        rt_buf_put(&w->index, &rows, sizeof rows);
    w->block = to;
    return w->index.failed || w->segments.failed ? ENOMEM : 0;
}

int dp_ported_write_row(struct ported_writer *w, uint64_t number, uint32_t routing)
{
    uint64_t block = number / PORTED_BLOCK, low = number % PORTED_BLOCK;
    uint64_t wide = low << 32 | routing;
    uint32_t narrow = (uint32_t)low << PORTED_LOW_BITS | routing;
    int err = 0;

    if (w->tail.rows == UINT32_MAX)
        return EFBIG;
    if (w->tail.segments == 0 || block != w->block)
        err = enter_block(w, block);
    if (err != 0)
        return err;
    w->tail.rows++;
    return w->tail.wide ? put(w, &wide, sizeof wide) : put(w, &narrow, sizeof narrow);
}

int dp_ported_write_end(struct ported_writer *w, const struct ported_names *names)
{
    uint32_t rows = (uint32_t)w->tail.rows;

    if (w->tail.segments > 0)
        rt_buf_put(&w->index, &rows, sizeof rows);
    if (w->index.failed)
        return ENOMEM;
    w->tail.index = index_size(w);
    w->tail.routings = names->n;
    w->tail.text = names->text.n;
    int err = put_part(w, NULL, 0);
    if (err == 0)
        err = put_part(w, w->index.p, w->index.n);
    if (err == 0)
        err = put_part(w, w->segments.p, w->segments.n);
    if (err == 0)
        err = put_part(w, names->place.p, names->place.n);
    if (err == 0)
        err = put_part(w, names->text.p, names->text.n);
    if (err == 0)
        err = flush(w);
    if (err != 0)
        return err;
    w->tail.body = w->crc;
    w->tail.size = w->at + sizeof w->tail;
    w->tail.version = PORTED_VERSION;
    w->tail.order = PORTED_ORDER;
    memcpy(w->tail.magic, PORTED_TAIL_MAGIC, sizeof w->tail.magic);
    w->tail.crc = dp_ported_tail_crc(&w->tail);
    err = rt_append_write(w->file, &w->tail, sizeof w->tail);
    return err == 0 ? rt_append_sync(w->file) : err;
}

void dp_ported_write_release(struct ported_writer *w)
{
    free(w->out);
    rt_buf_release(&w->index);
    rt_buf_release(&w->segments);
}
