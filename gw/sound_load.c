/* Sound files read whole, mixed to one channel and brought to 8 kHz by libspeexdsp's resampler. */
#include "gw/sound_load.h"

#include "gw/rt/file.h"

#include <errno.h>
#include <sndfile.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>

#define RATE         8000
#define CHANNELS_MAX 8
#define RATE_MAX     192000
#define QUALITY      10 /* it is done once, and heard often */
#define CHUNK        1024

/** A file in memory, as libsndfile sees it. */
struct memory {
    struct rt_buf data;
    sf_count_t at;
};

static sf_count_t io_size(void *arg)
{
    return (sf_count_t)((struct memory *)arg)->data.n;
}

static sf_count_t io_seek(sf_count_t offset, int whence, void *arg)
{
    struct memory *m = arg;
    sf_count_t to = offset + (whence == SEEK_CUR ? m->at : whence == SEEK_END ? io_size(m) : 0);

    if (to < 0)
        return -1;
    m->at = to;
    return to;
}

static sf_count_t io_read(void *buf, sf_count_t count, void *arg)
{
    struct memory *m = arg;
    sf_count_t left = m->at < io_size(m) ? io_size(m) - m->at : 0;

    if (count > left)
        count = left;
    memcpy(buf, m->data.p + (count > 0 ? m->at : 0), (size_t)count);
    m->at += count;
    return count;
}

/** Nothing is written. */
static sf_count_t io_write(const void *buf, sf_count_t count, void *arg)
{
    (void)buf;
    (void)count;
    (void)arg;
    return 0;
}

static sf_count_t io_tell(void *arg)
{
    return ((struct memory *)arg)->at;
}

/* ---- one channel of 8 kHz ---- */

struct taker {
    SNDFILE *sound;
    SF_INFO info;
    SpeexResamplerState *resampler;
    struct rt_buf pcm;
};

static size_t read_mixed(struct taker *t, float mono[CHUNK])
{
    float frames[CHUNK * CHANNELS_MAX];
    sf_count_t n = sf_readf_float(t->sound, frames, CHUNK);

    for (sf_count_t i = 0; i < n; i++) {
        mono[i] = 0;
        for (int c = 0; c < t->info.channels; c++)
            mono[i] += frames[i * t->info.channels + c];
        mono[i] *= 32767.0f / (float)t->info.channels;
    }
    return n > 0 ? (size_t)n : 0;
}

static void keep(struct taker *t, const float *samples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = samples[i] > 32767.0f    ? 32767.0f
                  : samples[i] < -32768.0f ? -32768.0f
                                           : samples[i];
        int16_t s = (int16_t)(v < 0 ? v - 0.5f : v + 0.5f);
        rt_buf_put(&t->pcm, &s, sizeof s);
    }
}

static void resample(struct taker *t, const float *in, size_t n)
{
    float out[CHUNK];

    for (size_t done = 0; done < n;) {
        spx_uint32_t took = (spx_uint32_t)(n - done), made = CHUNK;
        speex_resampler_process_float(t->resampler, 0, in + done, &took, out, &made);
        keep(t, out, made);
        done += took;
        if (took == 0 && made == 0)
            return;
    }
}

/** The whole file; at the end as much silence as the filter still holds back. */
static int take(struct taker *t)
{
    float mono[CHUNK];
    uint64_t frames = 0;
    size_t n;

    while ((n = read_mixed(t, mono)) > 0) {
        frames += n;
        if (frames > (uint64_t)t->info.samplerate * GW_SOUND_SECONDS)
            return EFBIG;
        resample(t, mono, n);
    }
    memset(mono, 0, sizeof mono);
    for (size_t left = (size_t)speex_resampler_get_input_latency(t->resampler); left > 0;
         left -= n) {
        n = left < CHUNK ? left : CHUNK;
        resample(t, mono, n);
    }
    size_t most =
        (size_t)((frames * RATE + (uint64_t)t->info.samplerate - 1) / (uint64_t)t->info.samplerate);
    if (t->pcm.n > most * sizeof(int16_t))
        t->pcm.n = most * sizeof(int16_t);
    return t->pcm.failed ? ENOMEM : t->pcm.n == 0 ? ENODATA : 0;
}

static int convert(struct clip **out, struct taker *t)
{
    int err = 0;

    if (t->info.channels > CHANNELS_MAX || t->info.samplerate > RATE_MAX)
        return ENOTSUP;
    t->resampler = speex_resampler_init(1, (spx_uint32_t)t->info.samplerate, RATE, QUALITY, &err);
    if (!t->resampler)
        return ENOMEM;
    speex_resampler_skip_zeros(t->resampler);
    err = take(t);
    if (err == 0)
        err = clip_new(out, (const int16_t *)(const void *)t->pcm.p, t->pcm.n / sizeof(int16_t));
    speex_resampler_destroy(t->resampler);
    rt_buf_release(&t->pcm);
    return err;
}

int gw_sound_load(struct clip **out, const char *path, const char **why)
{
    SF_VIRTUAL_IO io = {io_size, io_seek, io_read, io_write, io_tell};
    struct memory m = {.at = 0};
    struct taker t = {.sound = NULL};

    int err = rt_file_read(&m.data, path, GW_SOUND_OCTETS);
    if (err == 0) {
        t.sound = sf_open_virtual(&io, SFM_READ, &t.info, &m);
        *why = t.sound ? NULL : sf_strerror(NULL);
        err = t.sound ? convert(out, &t) : EINVAL;
    }
    if (t.sound)
        sf_close(t.sound);
    rt_buf_release(&m.data);
    return err;
}
