/* CPU time of each codec per 20 ms: encoding, decoding and concealing through the table, and beside
 * it what the bare library takes for the same sound in the same run. Goal: within 10 % of it. The
 * table's `cost` comes from here.
 *
 * usage: bench_codecs [WORD]...     one JSON line each; without words: all
 *
 * The sound is a voice's harmonics that glide, over noise: 10 s, the least of several runs.
 */
#include "codec/codec.h"

#include <inttypes.h>
#include <math.h>
#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <spandsp.h>
#include <time.h>

#define FRAMES 500
#define FRAME  160
#define RUNS   9

enum { ENCODE, DECODE, CONCEAL, WORKS };

struct job {
    const struct codec *c;
    void *encoder, *decoder;
    uint8_t payload[FRAMES][CODEC_PAYLOAD_MAX];
    size_t len[FRAMES];
};

/** What a library does without us. `start` makes its state anew; octets of a payload are fixed but
 * for Opus. */
struct bare {
    enum codec_id id;
    void (*start)(void);
    size_t (*encode)(uint8_t *out, const int16_t *pcm);
    void (*decode)(int16_t *pcm, const uint8_t *payload, size_t len);
};

static int16_t sound[FRAMES][FRAME], heard[FRAME];
static struct job job;

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void make_sound(void)
{
    uint32_t state = 1;
    double phase = 0;

    for (size_t i = 0; i < (size_t)FRAMES * FRAME; i++) {
        double t = (double)i / 8000, sum = 0;
        phase += 2 * M_PI * 125 / 8000 * (1 + 0.3 * sin(2 * M_PI * 3 * t));
        for (int h = 1; h < 20; h++)
            sum += sin(h * phase + h * h) / h;
        state = state * 1664525u + 1013904223u;
        sound[i / FRAME][i % FRAME] =
            (int16_t)(1500 * (1.1 - cos(2 * M_PI * 5 * t)) * sum + (double)(state >> 24) - 128);
    }
}

/* ---- the bare libraries ---- */

static union {
    max_align_t align;
    uint8_t room[65536];
} encoder_room, decoder_room;

static void *const their_encoder = encoder_room.room, *const their_decoder = decoder_room.room;

static void g722_start(void)
{
    g722_encode_init(their_encoder, 64000, G722_SAMPLE_RATE_8000);
    g722_decode_init(their_decoder, 64000, G722_SAMPLE_RATE_8000);
}

static size_t bare_g722_encode(uint8_t *out, const int16_t *pcm)
{
    return (size_t)g722_encode(their_encoder, out, pcm, FRAME);
}

static void bare_g722_decode(int16_t *pcm, const uint8_t *payload, size_t len)
{
    g722_decode(their_decoder, pcm, payload, (int)len);
}

static void g726_start(int rate)
{
    g726_init(their_encoder, rate, G726_ENCODING_LINEAR, G726_PACKING_RIGHT);
    g726_init(their_decoder, rate, G726_ENCODING_LINEAR, G726_PACKING_RIGHT);
}

static void g726_32_start(void)
{
    g726_start(32000);
}

static void g726_40_start(void)
{
    g726_start(40000);
}

static void g726_24_start(void)
{
    g726_start(24000);
}

static void g726_16_start(void)
{
    g726_start(16000);
}

static size_t bare_g726_encode(uint8_t *out, const int16_t *pcm)
{
    return (size_t)g726_encode(their_encoder, out, pcm, FRAME);
}

static void bare_g726_decode(int16_t *pcm, const uint8_t *payload, size_t len)
{
    g726_decode(their_decoder, pcm, payload, (int)len);
}

static void gsm_start(void)
{
    gsm0610_init(their_encoder, GSM0610_PACKING_VOIP);
    gsm0610_init(their_decoder, GSM0610_PACKING_VOIP);
}

static size_t bare_gsm_encode(uint8_t *out, const int16_t *pcm)
{
    return (size_t)gsm0610_encode(their_encoder, out, pcm, FRAME);
}

static void bare_gsm_decode(int16_t *pcm, const uint8_t *payload, size_t len)
{
    gsm0610_decode(their_decoder, pcm, payload, (int)len);
}

/** At our bit rate and complexity. */
static void opus_start(void)
{
    OpusEncoder *e = their_encoder;

    opus_encoder_init(e, 8000, 1, OPUS_APPLICATION_AUDIO);
    opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(0));
    opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(e, OPUS_SET_BITRATE(24000));
    opus_decoder_init(their_decoder, 8000, 1);
}

static size_t bare_opus_encode(uint8_t *out, const int16_t *pcm)
{
    return (size_t)opus_encode(their_encoder, pcm, FRAME, out, CODEC_PAYLOAD_MAX);
}

static void bare_opus_decode(int16_t *pcm, const uint8_t *payload, size_t len)
{
    if (opus_decode(their_decoder, payload, (int)len, pcm, FRAME, 0) != FRAME)
        exit(1);
}

/** spandsp's G.711 is a function inline in its header. */
static size_t bare_a_encode(uint8_t *out, const int16_t *pcm)
{
    for (size_t i = 0; i < FRAME; i++)
        out[i] = linear_to_alaw(pcm[i]);
    return FRAME;
}

static void bare_a_decode(int16_t *pcm, const uint8_t *payload, size_t len)
{
    for (size_t i = 0; i < len; i++)
        pcm[i] = alaw_to_linear(payload[i]);
}

static size_t bare_u_encode(uint8_t *out, const int16_t *pcm)
{
    for (size_t i = 0; i < FRAME; i++)
        out[i] = linear_to_ulaw(pcm[i]);
    return FRAME;
}

static void bare_u_decode(int16_t *pcm, const uint8_t *payload, size_t len)
{
    for (size_t i = 0; i < len; i++)
        pcm[i] = ulaw_to_linear(payload[i]);
}

static const struct bare bares[] = {
    {CODEC_PCMA, NULL, bare_a_encode, bare_a_decode},
    {CODEC_PCMU, NULL, bare_u_encode, bare_u_decode},
    {CODEC_G722, g722_start, bare_g722_encode, bare_g722_decode},
    {CODEC_OPUS, opus_start, bare_opus_encode, bare_opus_decode},
    {CODEC_GSM, gsm_start, bare_gsm_encode, bare_gsm_decode},
    {CODEC_G726_40, g726_40_start, bare_g726_encode, bare_g726_decode},
    {CODEC_G726_32, g726_32_start, bare_g726_encode, bare_g726_decode},
    {CODEC_G726_24, g726_24_start, bare_g726_encode, bare_g726_decode},
    {CODEC_G726_16, g726_16_start, bare_g726_encode, bare_g726_decode},
};

/* ---- one run: microseconds per frame of each work ---- */

static void run_ours(double us[WORKS])
{
    const struct codec_ops *ops = job.c->ops;
    struct codec_params p = {.bitrate = 0};
    double begin = 0;

    if (codec_encoder_start(job.c, job.encoder, &p) != 0 ||
        codec_decoder_start(job.c, job.decoder) != 0)
        exit(1);
    begin = cpu_us();
    for (size_t i = 0; i < FRAMES; i++)
        job.len[i] = ops->encode(job.encoder, job.payload[i], sound[i], FRAME);
    us[ENCODE] = (cpu_us() - begin) / FRAMES;
    begin = cpu_us();
    for (size_t i = 0; i < FRAMES; i++)
        ops->decode(job.decoder, heard, job.payload[i], job.len[i]);
    us[DECODE] = (cpu_us() - begin) / FRAMES;
    us[CONCEAL] = 0;
    for (size_t i = 0; i < FRAMES && ops->conceal; i++) { /* every other packet is lost */
        ops->decode(job.decoder, heard, job.payload[i], job.len[i]);
        begin = cpu_us();
        ops->conceal(job.decoder, heard, FRAME, NULL, 0);
        us[CONCEAL] += (cpu_us() - begin) / FRAMES;
    }
    codec_encoder_stop(job.c, job.encoder);
    codec_decoder_stop(job.c, job.decoder);
}

static void run_bare(const struct bare *b, double us[WORKS])
{
    if (b->start)
        b->start();
    double begin = cpu_us();
    for (size_t i = 0; i < FRAMES; i++)
        job.len[i] = b->encode(job.payload[i], sound[i]);
    us[ENCODE] = (cpu_us() - begin) / FRAMES;
    begin = cpu_us();
    for (size_t i = 0; i < FRAMES; i++)
        b->decode(heard, job.payload[i], job.len[i]);
    us[DECODE] = (cpu_us() - begin) / FRAMES;
}

static const struct bare *bare_of(enum codec_id id)
{
    for (size_t i = 0; i < sizeof bares / sizeof bares[0]; i++)
        if (bares[i].id == id)
            return &bares[i];
    return NULL;
}

static void keep_least(double least[WORKS], const double us[WORKS])
{
    for (int w = 0; w < WORKS; w++)
        least[w] = us[w] < least[w] ? us[w] : least[w];
}

static void measure(const struct codec *c)
{
    double ours[WORKS] = {1e9, 1e9, 1e9}, theirs[WORKS] = {1e9, 1e9, 1e9}, us[WORKS] = {0};
    const struct bare *b = bare_of(c->id);

    job.c = c;
    job.encoder = calloc(1, codec_encoder_size(c) + 1);
    job.decoder = calloc(1, codec_decoder_size(c) + 1);
    if (!job.encoder || !job.decoder)
        exit(1);
    for (int r = 0; r < RUNS; r++) { /* in turn: whoever else is busy disturbs both */
        run_ours(us);
        keep_least(ours, us);
        if (b)
            run_bare(b, us);
        if (b)
            keep_least(theirs, us);
    }
    printf("{\"bench\": \"codec\", \"codec\": \"%s\", \"encode_us\": %.2f, \"decode_us\": %.2f, "
           "\"conceal_us\": %.2f, \"cost\": %.0f",
           c->word, ours[ENCODE], ours[DECODE], ours[CONCEAL], 10 * (ours[ENCODE] + ours[DECODE]));
    if (b)
        printf(", \"bare_encode_us\": %.2f, \"bare_decode_us\": %.2f, \"ratio\": %.2f",
               theirs[ENCODE], theirs[DECODE],
               (ours[ENCODE] + ours[DECODE]) / (theirs[ENCODE] + theirs[DECODE]));
    printf("}\n");
    free(job.encoder);
    free(job.decoder);
}

int main(int argc, char **argv)
{
    make_sound();
    for (int i = 1; i < argc; i++)
        if (!codec_by_word(argv[i]) || !codec_ready(codec_by_word(argv[i]))) {
            fprintf(stderr, "usage: bench_codecs [WORD]...\n");
            return 2;
        }
    for (unsigned id = 0; id < CODEC_COUNT; id++) {
        bool wanted = argc == 1;
        for (int i = 1; i < argc; i++)
            wanted |= codec_by_word(argv[i])->id == (enum codec_id)id;
        if (wanted && codec_ready(&codec_table[id]))
            measure(&codec_table[id]);
    }
    return 0;
}
