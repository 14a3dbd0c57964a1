/* G.711 behind the descriptor: an octet a sample, no state (codec/g711.h does the work). */
#include "codec/codec_priv.h"
#include "codec/g711.h"

static size_t g711_samples(const uint8_t *payload, size_t len)
{
    (void)payload;
    return len <= CODEC_SAMPLES_MAX ? len : 0;
}

static size_t encode_a(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
    (void)state;
    g711_compress(out, pcm, n, G711_A);
    return n;
}

static size_t encode_mu(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
    (void)state;
    g711_compress(out, pcm, n, G711_MU);
    return n;
}

static size_t decode(int16_t *pcm, const uint8_t *payload, size_t len, enum g711_law law)
{
    size_t n = g711_samples(payload, len);

    g711_expand(pcm, payload, n, law);
    return n;
}

static size_t decode_a(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    (void)state;
    return decode(pcm, payload, len, G711_A);
}

static size_t decode_mu(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    (void)state;
    return decode(pcm, payload, len, G711_MU);
}

const struct codec_ops codec_pcma = {
    .encode = encode_a,
    .samples = g711_samples,
    .decode = decode_a,
};

const struct codec_ops codec_pcmu = {
    .encode = encode_mu,
    .samples = g711_samples,
    .decode = decode_mu,
};
