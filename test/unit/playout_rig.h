/* A sender, a network and a line around one receiving buffer: packets are put when they arrive, a
 * block is got each 10 ms, and all that came out is kept. */
#ifndef TEST_UNIT_PLAYOUT_RIG_H
#define TEST_UNIT_PLAYOUT_RIG_H

#include "codec/g711.h"
#include "codec/playout.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RIG_OUT (8000 * 260)

static struct playout play;
static struct playout_block rig_block;
static int16_t rig_pcm[RIG_OUT];    /* what was heard; nothing: 0 */
static uint8_t rig_octets[RIG_OUT]; /* the same as octets; samples as A-law has them */
static uint8_t rig_kind[RIG_OUT / 80];
static size_t rig_n;

/* ---- codecs ---- */

static unsigned rig_concealed, rig_told;

static inline size_t l16_samples(const uint8_t *payload, size_t len)
{
    (void)payload;
    return len % 2 ? 0 : len / 2;
}

static inline size_t l16_decode(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    (void)state;
    for (size_t i = 0; i < len / 2; i++)
        pcm[i] = (int16_t)(payload[2 * i] << 8 | payload[2 * i + 1]);
    return len / 2;
}

/** A codec that makes up its own: full 1000s, and 2000s when it was told of the next payload. */
static inline void own_conceal(void *state, int16_t *pcm, size_t n, const uint8_t *next, size_t len)
{
    (void)state;
    (void)len;
    rig_concealed++;
    rig_told += next != NULL;
    for (size_t i = 0; i < n; i++)
        pcm[i] = next ? 2000 : 1000;
}

__attribute__((unused)) static const struct codec_ops l16_ops = {.samples = l16_samples,
                                                                 .decode = l16_decode};
__attribute__((unused)) static const struct codec_ops own_ops = {
    .samples = l16_samples, .decode = l16_decode, .conceal = own_conceal};
__attribute__((unused)) static const struct codec rig_pcma = {
    .id = CODEC_PCMA, .clock = 8000, .bpl = 25};
__attribute__((unused)) static const struct codec rig_pcmu = {
    .id = CODEC_PCMU, .clock = 8000, .bpl = 25};
__attribute__((unused)) static const struct codec rig_clear = {.id = CODEC_CLEARMODE,
                                                               .clock = 8000};
__attribute__((unused)) static const struct codec rig_l16 = {
    .id = CODEC_L16, .clock = 8000, .ops = &l16_ops, .bpl = 25};
__attribute__((unused)) static const struct codec rig_own = {
    .id = CODEC_OPUS, .clock = 48000, .ops = &own_ops, .bpl = 25};
static void *const rig_decoders[CODEC_COUNT];

/* ---- steps ---- */

static inline void rig_start(unsigned min_ms, unsigned max_ms)
{
    struct playout_config conf = {.min_ms = (uint16_t)min_ms, .max_ms = (uint16_t)max_ms};

    playout_init(&play, &conf, rig_decoders);
    rig_n = 0;
    rig_concealed = rig_told = 0;
    memset(rig_pcm, 0, sizeof rig_pcm);
    memset(rig_octets, 0, sizeof rig_octets);
}

static inline void rig_get(void)
{
    playout_get(&play, &rig_block);
    rig_kind[rig_n / 80] = (uint8_t)rig_block.kind;
    if (rig_block.kind == PLAYOUT_OCTETS) {
        memcpy(rig_octets + rig_n, rig_block.octets, 80);
        if (rig_block.id != CODEC_CLEARMODE)
            g711_expand(rig_pcm + rig_n, rig_block.octets, 80,
                        rig_block.id == CODEC_PCMU ? G711_MU : G711_A);
    } else if (rig_block.kind == PLAYOUT_SAMPLES) {
        memcpy(rig_pcm + rig_n, rig_block.pcm, 80 * sizeof *rig_pcm);
        g711_compress(rig_octets + rig_n, rig_block.pcm, 80, G711_A);
    }
    rig_n += 80;
}

static inline void rig_run(unsigned blocks)
{
    while (blocks-- > 0)
        rig_get();
}

/** The octet that the sender says at sample `at`: loud, never the same for long. */
static inline uint8_t rig_octet(uint32_t at)
{
    uint32_t x = (at + 1) * 2654435761u;

    x ^= x >> 15;
    x *= 2246822519u;
    return (uint8_t)(x >> 24);
}

static inline void rig_put(const struct codec *c, uint16_t seq, uint32_t ts, uint32_t at, size_t n)
{
    uint8_t payload[1440];

    for (size_t i = 0; i < n; i++)
        payload[i] = rig_octet(at + (uint32_t)i);
    playout_put(&play, c, seq, ts, payload, n);
}

/** A 20 ms packet of A-law number `i`, whose timestamps start at `ts0`. */
static inline void rig_packet_from(uint32_t ts0, uint32_t i)
{
    rig_put(&rig_pcma, (uint16_t)(ts0 / 7 + i), ts0 + i * 160, i * 160, 160);
}

static inline void rig_packet(uint32_t i)
{
    rig_packet_from(1000, i);
}

/** Where the octets from `at` on were heard, `n` of them in a row; -1: not. */
static inline long rig_heard(uint32_t at, size_t n)
{
    for (size_t from = 0; from + n <= rig_n; from++) {
        size_t i = 0;
        while (i < n && rig_octets[from + i] == rig_octet(at + (uint32_t)i))
            i++;
        if (i == n)
            return (long)from;
    }
    return -1;
}

/** `n` samples of a sine from sample `at` on, as L16. */
static inline void rig_sine(const struct codec *c, uint16_t seq, uint32_t ts, double at, size_t n,
                            double hz, double amplitude)
{
    uint8_t payload[2 * CODEC_SAMPLES_MAX];

    for (size_t i = 0; i < n; i++) {
        int v = (int)lrint(amplitude * sin(2 * M_PI * hz * (at + (double)i) / 8000));
        payload[2 * i] = (uint8_t)(v >> 8);
        payload[2 * i + 1] = (uint8_t)v;
    }
    playout_put(&play, c, seq, ts, payload, 2 * n);
}

/** How far the worst sample in [from, to) is off what its neighbours say a sine of `hz` has there:
 * x[i+1] + x[i-1] = 2 cos(w) x[i]. A click of c is told as c at least. */
static inline double rig_click(size_t from, size_t to, double hz)
{
    double worst = 0, k = 2 * cos(2 * M_PI * hz / 8000);

    for (size_t i = from + 1; i + 1 < to; i++) {
        double off = fabs(rig_pcm[i + 1] + rig_pcm[i - 1] - k * rig_pcm[i]);
        worst = off > worst ? off : worst;
    }
    return worst;
}

static inline double rig_rms(size_t from, size_t to)
{
    double sum = 0;

    for (size_t i = from; i < to; i++)
        sum += (double)rig_pcm[i] * rig_pcm[i];
    return sqrt(sum / (double)(to - from));
}

#endif
