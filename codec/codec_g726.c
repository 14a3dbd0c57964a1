/* G.726 at its four rates by spandsp, in either order of bits.
 *
 * RFC 3551 4.5.4 puts the first sample into an octet's least significant bits, AAL2 (ITU-T I.366.2
 * annex E, the AAL2-G726 names of the same section) into the most significant ones. Both make
 * packets of whole octets: eight samples are as many octets as a sample has bits.
 */
#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include "codec/codec_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <tiffio.h>
#include <spandsp.h>

#define GROUP 8 /* samples */

static size_t state_size(void)
{
    return sizeof(struct g726_state_s);
}

static int start(void *state, int bits, int packing)
{
    return g726_init(state, 8000 * bits, G726_ENCODING_LINEAR, packing) ? 0 : EINVAL;
}

static size_t encode(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
    return (size_t)g726_encode(state, out, pcm, (int)n);
}

static size_t samples(size_t len, size_t bits)
{
    return len % bits == 0 && len / bits <= CODEC_SAMPLES_MAX / GROUP ? len / bits * GROUP : 0;
}

/** spandsp shifts the reconstructed signal's 14 bits up to 16 without a limit, so that what is too
 * loud would come out with its sign turned. The state has that signal last, as a floating point
 * number: an exponent over six bits, and 1024 less when it is negative (G.726 4.2.6, SR0). */
static int16_t limited(const struct g726_state_s *s, int16_t pcm)
{
    int last = s->sr[0] < 0 ? s->sr[0] + 1024 : s->sr[0];

    if (last < 14 << 6)
        return pcm;
    return s->sr[0] < 0 ? INT16_MIN : INT16_MAX;
}

static size_t decode(void *state, int16_t *pcm, const uint8_t *payload, size_t len, size_t bits)
{
    struct g726_state_s *s = state;
    bool low_first = s->packing == G726_PACKING_RIGHT;
    size_t n = samples(len, bits);

    for (size_t i = 0; i < n; payload += bits) {
        uint64_t group = 0;
        for (size_t k = 0; k < bits; k++)
            group |= (uint64_t)payload[k] << 8 * (low_first ? k : bits - 1 - k);
        for (size_t k = 0; k < GROUP; k++, i++) {
            uint64_t code = group >> bits * (low_first ? k : GROUP - 1 - k);
            pcm[i] = limited(s, s->dec_func(s, (uint8_t)(code & ((1u << bits) - 1))));
        }
    }
    return n;
}

/* A rate's functions, which know its bits; spandsp's state has both the rate and the order. */
#define RATE(BITS)                                                                                 \
    static int encoder_start_##BITS(void *state, const struct codec_params *p)                     \
    {                                                                                              \
        (void)p;                                                                                   \
        return start(state, BITS, G726_PACKING_RIGHT);                                             \
    }                                                                                              \
    static int aal2_encoder_start_##BITS(void *state, const struct codec_params *p)                \
    {                                                                                              \
        (void)p;                                                                                   \
        return start(state, BITS, G726_PACKING_LEFT);                                              \
    }                                                                                              \
    static int decoder_start_##BITS(void *state)                                                   \
    {                                                                                              \
        return start(state, BITS, G726_PACKING_RIGHT);                                             \
    }                                                                                              \
    static int aal2_decoder_start_##BITS(void *state)                                              \
    {                                                                                              \
        return start(state, BITS, G726_PACKING_LEFT);                                              \
    }                                                                                              \
    static size_t samples_##BITS(const uint8_t *payload, size_t len)                               \
    {                                                                                              \
        (void)payload;                                                                             \
        return samples(len, BITS);                                                                 \
    }                                                                                              \
    static size_t decode_##BITS(void *state, int16_t *pcm, const uint8_t *payload, size_t len)     \
    {                                                                                              \
        return decode(state, pcm, payload, len, BITS);                                             \
    }

RATE(5)
RATE(4)
RATE(3)
RATE(2)

#define OPS(ORDER, BITS)                                                                           \
    {                                                                                              \
        .encoder_size = state_size, .encoder_start = ORDER##encoder_start_##BITS,                  \
        .decoder_size = state_size, .decoder_start = ORDER##decoder_start_##BITS,                  \
        .encode = encode, .samples = samples_##BITS, .decode = decode_##BITS,                      \
    }

const struct codec_ops codec_g726[4] = {OPS(, 5), OPS(, 4), OPS(, 3), OPS(, 2)};
const struct codec_ops codec_aal2_g726[4] = {OPS(aal2_, 5), OPS(aal2_, 4), OPS(aal2_, 3),
                                             OPS(aal2_, 2)};
