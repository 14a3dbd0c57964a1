/* G.722 at 64 kbit/s by spandsp, in the telephone band alone.
 *
 * The lower of G.722's two bands is nearly all that 8 kHz sound has: it is coded as it is, without
 * the filters that split and join the bands (G722_SAMPLE_RATE_8000), the upper band as silence.
 * That takes 8 us for 20 ms both ways; with the filters 21, and a conversion to 16 kHz on top.
 * What it costs: where the bands meet (3.4 to 4.6 kHz) a far end in wide band hears a mirror image,
 * 20 dB down for 3 kHz and 11 dB for 3.4 kHz, and its own sound there is folded in, 5 dB down
 * from 4.2 kHz and 21 dB from 5 kHz. Telephone speech has little at either place; below 3 kHz the
 * level is exact.
 */
#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include "codec/codec_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <tiffio.h>
#include <spandsp.h>

#define RATE 64000

static size_t encoder_size(void)
{
    return sizeof(struct g722_encode_state_s);
}

static int encoder_start(void *state, const struct codec_params *p)
{
    (void)p;
    return g722_encode_init(state, RATE, G722_SAMPLE_RATE_8000) ? 0 : EINVAL;
}

static size_t decoder_size(void)
{
    return sizeof(struct g722_decode_state_s);
}

static int decoder_start(void *state)
{
    return g722_decode_init(state, RATE, G722_SAMPLE_RATE_8000) ? 0 : EINVAL;
}

static size_t encode(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
    return (size_t)g722_encode(state, out, pcm, (int)n);
}

/** An octet has 6 bits of the lower band's sample and 2 of the upper's. */
static size_t samples(const uint8_t *payload, size_t len)
{
    (void)payload;
    return len <= CODEC_SAMPLES_MAX ? len : 0;
}

static size_t decode(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    size_t n = samples(payload, len);

    return n ? (size_t)g722_decode(state, pcm, payload, (int)n) : 0;
}

const struct codec_ops codec_g722 = {
    .encoder_size = encoder_size,
    .encoder_start = encoder_start,
    .decoder_size = decoder_size,
    .decoder_start = decoder_start,
    .encode = encode,
    .samples = samples,
    .decode = decode,
};
