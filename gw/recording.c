/* Sound files by libsndfile, which sees the file through gw/rt/file.h alone. */
#include "gw/recording.h"

#include "gw/rt/file.h"

#include <errno.h>
#include <sndfile.h>
#include <stdlib.h>

#define RATE 8000
/** Samples after which a WAV's header is brought up to date. */
#define UPDATE RATE
/** Of a page of Ogg, ms: what a crash may lose. */
#define PAGE_MS 1000.0
/** Samples of each side that a WAV holds: 4 octets, in a file of less than 4 GiB. */
#define MOST ((UINT64_C(1) << 30) - 1024)

#define CHUNK 800

struct gw_recording {
    struct rt_file *file;
    uint64_t at; /**< where libsndfile is */
    int err;     /**< the first failure of the file */
    SNDFILE *sound;
    char *path, *part;
    enum gw_record_format format;
    uint64_t samples, updated;
};

const char *gw_record_format_name(enum gw_record_format f)
{
    static const char *const names[GW_RECORD_FORMATS] = {"wav", "opus"};
    return names[f];
}

/* ---- the file as libsndfile sees it ---- */

static sf_count_t io_size(void *arg)
{
    struct gw_recording *r = arg;
    return (sf_count_t)rt_file_size(r->file);
}

static sf_count_t io_seek(sf_count_t offset, int whence, void *arg)
{
    struct gw_recording *r = arg;
    sf_count_t from = whence == SEEK_CUR ? (sf_count_t)r->at : whence == SEEK_END ? io_size(r) : 0;

    if (from + offset < 0)
        return -1;
    r->at = (uint64_t)(from + offset);
    return (sf_count_t)r->at;
}

static sf_count_t io_read(void *buf, sf_count_t count, void *arg)
{
    struct gw_recording *r = arg;
    size_t got = 0;

    if (rt_file_read_at(r->file, r->at, buf, (size_t)count, &got) != 0)
        return 0;
    r->at += got;
    return (sf_count_t)got;
}

static sf_count_t io_write(const void *buf, sf_count_t count, void *arg)
{
    struct gw_recording *r = arg;
    int err = rt_file_write_at(r->file, r->at, buf, (size_t)count);

    if (err != 0) {
        if (r->err == 0)
            r->err = err;
        return 0;
    }
    r->at += (uint64_t)count;
    return count;
}

static sf_count_t io_tell(void *arg)
{
    return (sf_count_t)((struct gw_recording *)arg)->at;
}

/* ---- life ---- */

static void release(struct gw_recording *r)
{
    if (r->sound)
        sf_close(r->sound);
    rt_file_close(r->file);
    free(r->path);
    free(r->part);
    free(r);
}

static int open_sound(struct gw_recording *r)
{
    static const int formats[GW_RECORD_FORMATS] = {
        [GW_RECORD_WAV] = SF_FORMAT_WAV | SF_FORMAT_PCM_16,
        [GW_RECORD_OPUS] = SF_FORMAT_OGG | SF_FORMAT_OPUS,
    };
    SF_VIRTUAL_IO io = {io_size, io_seek, io_read, io_write, io_tell};
    SF_INFO info = {.samplerate = RATE, .channels = 2, .format = formats[r->format]};
    double page = PAGE_MS;

    if (!sf_format_check(&info))
        return ENOTSUP;
    r->sound = sf_open_virtual(&io, SFM_WRITE, &info, r);
    if (!r->sound)
        return r->err != 0 ? r->err : ENOTSUP;
    if (r->format == GW_RECORD_OPUS)
        sf_command(r->sound, SFC_SET_OGG_PAGE_LATENCY_MS, &page, sizeof page);
    else
        sf_command(r->sound, SFC_UPDATE_HEADER_NOW, NULL, 0);
    return r->err;
}

static int set_paths(struct gw_recording *r, const char *path)
{
    struct rt_buf part = {0};

    r->path = rt_str_dup(rt_str(path));
    rt_buf_printf(&part, "%s.part", path);
    r->part = part.p;
    return r->path && !part.failed ? 0 : ENOMEM;
}

int gw_recording_open(struct gw_recording **out, const char *path, enum gw_record_format format)
{
    struct gw_recording *r = calloc(1, sizeof *r);

    if (!r)
        return ENOMEM;
    r->format = format;
    int err = set_paths(r, path);
    if (err == 0)
        err = rt_file_create(&r->file, r->part, 0640);
    if (err == 0) {
        err = open_sound(r);
        if (err != 0)
            (void)rt_file_remove(r->part);
    }
    if (err != 0) {
        release(r);
        return err;
    }
    *out = r;
    return 0;
}

/** The header says how much there is: now and then, so that a crash loses little. */
static void update(struct gw_recording *r)
{
    if (r->format != GW_RECORD_WAV || r->samples - r->updated < UPDATE)
        return;
    sf_command(r->sound, SFC_UPDATE_HEADER_NOW, NULL, 0);
    r->updated = r->samples;
}

static int put(struct gw_recording *r, const int16_t *frames, size_t n)
{
    if (r->err != 0)
        return r->err;
    if (r->format == GW_RECORD_WAV && r->samples + n > MOST)
        return EFBIG;
    sf_count_t done = sf_writef_short(r->sound, frames, (sf_count_t)n);
    r->samples += n;
    if (done != (sf_count_t)n && r->err == 0)
        r->err = EIO;
    if (r->err == 0)
        update(r);
    return r->err;
}

int gw_recording_write(struct gw_recording *r, const int16_t *left, const int16_t *right, size_t n)
{
    int16_t frames[2 * CHUNK];
    int err = 0;

    for (size_t done = 0, m; err == 0 && done < n; done += m) {
        m = n - done < CHUNK ? n - done : CHUNK;
        for (size_t i = 0; i < m; i++) {
            frames[2 * i] = left[done + i];
            frames[2 * i + 1] = right[done + i];
        }
        err = put(r, frames, m);
    }
    return err;
}

int gw_recording_skip(struct gw_recording *r, uint64_t n)
{
    static const int16_t silence[2 * CHUNK];
    int err = 0;

    for (uint64_t m; err == 0 && n > 0; n -= m) {
        m = n < CHUNK ? n : CHUNK;
        err = put(r, silence, (size_t)m);
    }
    return err;
}

int gw_recording_close(struct gw_recording *r)
{
    sf_close(r->sound);
    r->sound = NULL;
    int err = r->err;
    int renamed = rt_file_rename(r->part, r->path);
    release(r);
    return err != 0 ? err : renamed;
}
