/* RIFF chunks to samples and back. Chunks other than `fmt ` and `data` are skipped. */
#include "test/audio/wav.h"

#include "gw/rt/buf.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (256u << 20)

int audio_pcm_put(struct audio_pcm *a, const int16_t *pcm, size_t n)
{
    if (a->n + n > a->cap) {
        size_t cap = a->cap ? a->cap : AUDIO_RATE;
        while (cap < a->n + n)
            cap *= 2;
        int16_t *p = realloc(a->p, cap * sizeof *p);
        if (!p)
            return ENOMEM;
        a->p = p;
        a->cap = cap;
    }
    memcpy(a->p + a->n, pcm, n * sizeof *pcm);
    a->n += n;
    return 0;
}

void audio_pcm_release(struct audio_pcm *a)
{
    free(a->p);
    *a = (struct audio_pcm){0};
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[1] << 8 | p[0]);
}

static bool format_fits(const uint8_t *fmt, size_t len)
{
    return len >= 16 && le16(fmt) == 1 && le16(fmt + 2) == 1 && le32(fmt + 4) == AUDIO_RATE &&
           le16(fmt + 14) == 16;
}

static int put_data(struct audio_pcm *out, const uint8_t *p, size_t len)
{
    int16_t pcm[512];

    for (size_t at = 0; at + 2 <= len;) {
        size_t n = 0;
        for (; n < RT_COUNT(pcm) && at + 2 <= len; at += 2)
            pcm[n++] = (int16_t)le16(p + at);
        int err = audio_pcm_put(out, pcm, n);
        if (err != 0)
            return err;
    }
    return 0;
}

static int parse(struct audio_pcm *out, const uint8_t *b, size_t size)
{
    bool format = false;

    if (size < 12 || memcmp(b, "RIFF", 4) != 0 || memcmp(b + 8, "WAVE", 4) != 0)
        return EINVAL;
    for (size_t at = 12; at + 8 <= size;) {
        size_t len = le32(b + at + 4), left = size - at - 8;
        const uint8_t *body = b + at + 8;
        if (len > left) /* a recorder that was killed leaves a length too large */
            len = left;
        if (memcmp(b + at, "fmt ", 4) == 0) {
            if (!format_fits(body, len))
                return ENOTSUP;
            format = true;
        } else if (memcmp(b + at, "data", 4) == 0) {
            return format ? put_data(out, body, len) : EINVAL;
        }
        at += 8 + len + (len & 1);
    }
    return EINVAL;
}

int audio_wav_read(struct audio_pcm *out, const char *path)
{
    struct rt_buf file = {0};
    int err = rt_file_read(&file, path, FILE_MAX);

    if (err == 0)
        err = parse(out, (const uint8_t *)file.p, file.n);
    if (err != 0)
        audio_pcm_release(out);
    rt_buf_release(&file);
    return err;
}

static void put_le(struct rt_buf *b, uint32_t v, unsigned octets)
{
    for (unsigned i = 0; i < octets; i++) {
        uint8_t o = (uint8_t)(v >> (8 * i));
        rt_buf_put(b, &o, 1);
    }
}

int audio_wav_write(const char *path, const int16_t *pcm, size_t n)
{
    struct rt_buf b = {0};
    uint32_t bytes = (uint32_t)(n * 2);

    rt_buf_puts(&b, "RIFF");
    put_le(&b, bytes + 36, 4);
    rt_buf_puts(&b, "WAVEfmt ");
    put_le(&b, 16, 4);
    put_le(&b, 1, 2); /* PCM */
    put_le(&b, 1, 2); /* one channel */
    put_le(&b, AUDIO_RATE, 4);
    put_le(&b, AUDIO_RATE * 2, 4);
    put_le(&b, 2, 2);
    put_le(&b, 16, 2);
    rt_buf_puts(&b, "data");
    put_le(&b, bytes, 4);
    for (size_t i = 0; i < n; i++)
        put_le(&b, (uint16_t)pcm[i], 2);
    int err = b.failed ? ENOMEM : rt_file_replace(path, b.p, b.n, 0644);
    rt_buf_release(&b);
    return err;
}
