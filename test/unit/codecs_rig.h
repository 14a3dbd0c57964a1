/* What the tests of codecs share: started states, and a signal with something of everything. */
#ifndef TEST_UNIT_CODECS_RIG_H
#define TEST_UNIT_CODECS_RIG_H

#include "codec/codec.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

struct coder {
    const struct codec *c;
    void *encoder, *decoder;
};

static inline void coder_open(struct coder *k, const struct codec *c, const struct codec_params *p)
{
    static const struct codec_params none = {.bitrate = 0};

    k->c = c;
    k->encoder = codec_encoder_size(c) ? malloc(codec_encoder_size(c)) : NULL;
    k->decoder = codec_decoder_size(c) ? malloc(codec_decoder_size(c)) : NULL;
    ck_assert_int_eq(codec_encoder_start(c, k->encoder, p ? p : &none), 0);
    ck_assert_int_eq(codec_decoder_start(c, k->decoder), 0);
}

static inline void coder_close(struct coder *k)
{
    codec_encoder_stop(k->c, k->encoder);
    codec_decoder_stop(k->c, k->decoder);
    free(k->encoder);
    free(k->decoder);
}

/** Always the same numbers (Numerical Recipes' generator). */
static inline uint32_t noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/** A voice's harmonics, higher and lower three times a second around 125 Hz, louder and softer five
 * times, over some noise. */
static inline void voice(int16_t *pcm, size_t n)
{
    uint32_t state = 1;
    double phase = 0;

    for (size_t i = 0; i < n; i++) {
        double t = (double)i / 8000, sum = 0;
        phase += 2 * M_PI * 125 / 8000 * (1 + 0.3 * sin(2 * M_PI * 3 * t));
        for (int h = 1; h < 20; h++)
            sum += sin(h * phase + h * h) / h;
        sum *= 3000 * (1.1 - cos(2 * M_PI * 5 * t));
        pcm[i] = (int16_t)(sum + (double)(noise(&state) % 200) - 100);
    }
}

/** Signal to noise, dB, when `b` is `delay` samples late. */
static inline double snr(const int16_t *a, const int16_t *b, size_t n, size_t delay)
{
    double signal = 1, error = 1;

    for (size_t i = 0; i + delay < n; i++) {
        double d = (double)a[i] - b[i + delay];
        signal += (double)a[i] * a[i];
        error += d * d;
    }
    return 10 * log10(signal / error);
}

#endif
