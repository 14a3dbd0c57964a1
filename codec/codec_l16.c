/* L16 at 8 kHz, one channel (RFC 3551 4.5.11): 16-bit linear in network order, no state. */
#include "codec/codec_priv.h"

#include <arpa/inet.h>
#include <string.h>

static size_t l16_samples(const uint8_t *payload, size_t len)
{
    (void)payload;
    return len % 2 == 0 && len / 2 <= CODEC_SAMPLES_MAX ? len / 2 : 0;
}

static size_t l16_encode(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
    (void)state;
    for (size_t i = 0; i < n; i++) {
        uint16_t word = htons((uint16_t)pcm[i]);
        memcpy(out + 2 * i, &word, sizeof word);
    }
    return 2 * n;
}

static size_t l16_decode(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    size_t n = l16_samples(payload, len);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        uint16_t word;
        memcpy(&word, payload + 2 * i, sizeof word);
        pcm[i] = (int16_t)ntohs(word);
    }
    return n;
}

const struct codec_ops codec_l16 = {
    .encode = l16_encode,
    .samples = l16_samples,
    .decode = l16_decode,
};
