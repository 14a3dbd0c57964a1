/* GSM full rate (GSM 06.10) by spandsp: bit exact with libgsm, and it encodes in half the time.
 *
 * A lost frame is left to waveform concealment: repeating the last one through the decoder (GSM
 * 06.11) gives a segmental signal-to-noise ratio 1.5 dB worse where it was lost and 0.8 dB better
 * in the two frames after it, at 2 to 15 % of loss.
 *
 * RFC 3551 4.5.8: frames of 20 ms, 33 octets that begin with the signature 0xD.
 */
#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include "codec/codec_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <tiffio.h>
#include <spandsp.h>

#define FRAME     160 /* samples */
#define OCTETS    33
#define SIGNATURE 0xd

static size_t state_size(void)
{
    return sizeof(struct gsm0610_state_s);
}

static int decoder_start(void *state)
{
    return gsm0610_init(state, GSM0610_PACKING_VOIP) ? 0 : EINVAL;
}

static int encoder_start(void *state, const struct codec_params *p)
{
    (void)p;
    return decoder_start(state);
}

static size_t encode(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
    return (size_t)gsm0610_encode(state, out, pcm, (int)n);
}

static size_t samples(const uint8_t *payload, size_t len)
{
    if (len % OCTETS != 0 || len / OCTETS > CODEC_SAMPLES_MAX / FRAME)
        return 0;
    for (size_t i = 0; i < len; i += OCTETS)
        if (payload[i] >> 4 != SIGNATURE)
            return 0;
    return len / OCTETS * FRAME;
}

static size_t decode(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    return samples(payload, len) ? (size_t)gsm0610_decode(state, pcm, payload, (int)len) : 0;
}

const struct codec_ops codec_gsm = {
    .encoder_size = state_size,
    .encoder_start = encoder_start,
    .decoder_size = state_size,
    .decoder_start = decoder_start,
    .encode = encode,
    .samples = samples,
    .decode = decode,
};
