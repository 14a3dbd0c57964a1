/* Any octets as payloads of any codec. The first octet says which codec, the second how the rest is
 * cut into packets; an odd one has every fourth packet lost and made up. */
#include "codec/codec.h"
#include "test/fuzz/fuzz.h"

#include <string.h>

#define GUARD 16 /* samples */

static void take(const struct codec *c, void *state, const uint8_t *payload, size_t len, bool lost)
{
    int16_t pcm[CODEC_SAMPLES_MAX + GUARD];
    size_t n = c->ops->samples(payload, len);

    fuzz_check(n <= CODEC_SAMPLES_MAX);
    memset(pcm + n, 0x5a, (CODEC_SAMPLES_MAX + GUARD - n) * sizeof *pcm);
    if (lost && c->ops->conceal)
        c->ops->conceal(state, pcm, 80 * (1 + len % 6), payload, len);
    else
        fuzz_check(c->ops->decode(state, pcm, payload, len) <= n);
    for (size_t i = lost ? CODEC_SAMPLES_MAX : n; i < CODEC_SAMPLES_MAX + GUARD; i++)
        fuzz_check(pcm[i] == 0x5a5a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct codec *c = &codec_table[data[0] % CODEC_COUNT];
    size_t each = data[1] ? data[1] : size;
    bool losing = data[1] % 2 == 1;
    if (!codec_ready(c))
        return 0;
    void *state = malloc(codec_decoder_size(c) + 1);
    if (!state || codec_decoder_start(c, state) != 0)
        abort();
    data += 2;
    size -= 2;
    for (unsigned i = 0; size > 0; i++) {
        size_t n = size < each ? size : each;
        take(c, state, data, n, losing && i % 4 == 3);
        data += n;
        size -= n;
    }
    codec_decoder_stop(c, state);
    free(state);
    return 0;
}
