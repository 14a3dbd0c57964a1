/* The octets of a table's file, plain or unpacked on the way. What packs it is told by the first
 * octets, for names lie. Both packers allow several streams one after the other, which is what
 * concatenated files are; a stream that has begun must end.
 */
#include "dialplan/rows_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define PACKED (256 * 1024)
/* Numbers and prices pack ten to one, thirty to one at best. What packs far better was made to fill
 * a disk or the memory, unless it is small in any case. */
#define BOMB_RATIO 100
#define BOMB_SMALL (64 * 1024 * 1024)

enum packing { PLAIN, GZIP, ZSTD };

struct dp_source {
    struct rt_file *file;
    uint64_t at;
    enum packing packing;
    bool inside; /* a stream has begun and not ended */
    bool held;   /* the last read was full: the unpacker may have more without more of the file */
    z_stream gzip;
    ZSTD_DStream *zstd;
    unsigned char *packed; /* PACKED octets of the file */
    size_t have, used;     /* of them */
    uint64_t unpacked;
};

static int start_unpacking(struct dp_source *s)
{
    static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    unsigned char head[4];
    size_t got;
    int err = rt_file_read_at(s->file, 0, head, sizeof head, &got);

    if (err != 0)
        return err;
    if (got >= sizeof gzip && memcmp(head, gzip, sizeof gzip) == 0)
        s->packing = GZIP;
    else if (got >= sizeof zstd && memcmp(head, zstd, sizeof zstd) == 0)
        s->packing = ZSTD;
    else
        return 0;
    s->packed = malloc(PACKED);
    if (!s->packed)
        return ENOMEM;
    if (s->packing == ZSTD)
        return (s->zstd = ZSTD_createDStream()) ? 0 : ENOMEM;
    return inflateInit2(&s->gzip, 16 + MAX_WBITS) == Z_OK ? 0 : ENOMEM;
}

int dp_source_open(struct dp_source **out, const char *path)
{
    struct dp_source *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    int err = rt_file_open(&s->file, path);
    if (err == 0)
        err = start_unpacking(s);
    if (err != 0) {
        dp_source_close(s);
        return err;
    }
    *out = s;
    return 0;
}

void dp_source_close(struct dp_source *s)
{
    if (!s)
        return;
    if (s->packing == GZIP)
        inflateEnd(&s->gzip);
    ZSTD_freeDStream(s->zstd);
    rt_file_close(s->file);
    free(s->packed);
    free(s);
}

static int read_packed(struct dp_source *s)
{
    int err = rt_file_read_at(s->file, s->at, s->packed, PACKED, &s->have);

    s->used = 0;
    s->at += s->have;
    return err;
}

/** Unpacks what there is into `buf`; 0 with `*got` 0 when more of the file is needed. */
static int unpack_gzip(struct dp_source *s, char *buf, size_t cap, size_t *got)
{
    s->gzip.next_in = s->packed + s->used;
    s->gzip.avail_in = (uInt)(s->have - s->used);
    s->gzip.next_out = (Bytef *)buf;
    s->gzip.avail_out = (uInt)cap;
    int result = inflate(&s->gzip, Z_NO_FLUSH);
    s->used = s->have - s->gzip.avail_in;
    *got = cap - s->gzip.avail_out;
    s->inside = result != Z_STREAM_END;
    if (result == Z_STREAM_END)
        return inflateReset(&s->gzip) == Z_OK ? 0 : EBADMSG;
    return result == Z_OK || result == Z_BUF_ERROR ? 0 : result == Z_MEM_ERROR ? ENOMEM : EBADMSG;
}

static int unpack_zstd(struct dp_source *s, char *buf, size_t cap, size_t *got)
{
    ZSTD_inBuffer in = {s->packed, s->have, s->used};
    ZSTD_outBuffer out = {buf, cap, 0};
    size_t result = ZSTD_decompressStream(s->zstd, &out, &in);

    s->used = in.pos;
    *got = out.pos;
    s->inside = result != 0;
    return ZSTD_isError(result) ? EBADMSG : 0;
}

static bool is_bomb(struct dp_source *s, size_t got)
{
    s->unpacked += got;
    return s->unpacked > BOMB_SMALL + BOMB_RATIO * (s->at - s->have + s->used);
}

int dp_source_read(struct dp_source *s, char *buf, size_t cap, size_t *got)
{
    int err = 0;

    if (s->packing == PLAIN) {
        err = rt_file_read_at(s->file, s->at, buf, cap, got);
        s->at += *got;
        return err;
    }
    for (*got = 0; err == 0 && *got == 0;) {
        if (s->used == s->have && !s->held) {
            err = read_packed(s);
            if (err == 0 && s->have == 0)
                err = s->inside ? EBADMSG : 0;
            if (err != 0 || s->have == 0)
                return err;
        }
        err = s->packing == GZIP ? unpack_gzip(s, buf, cap, got) : unpack_zstd(s, buf, cap, got);
        s->held = s->inside && *got == cap;
        if (err == 0 && is_bomb(s, *got))
            err = EFBIG;
    }
    return err;
}
