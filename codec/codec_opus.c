/* Opus (RFC 6716) over RTP (RFC 7587) by libopus, at its 8 kHz interface: narrow band out, whatever
 * the far end's band in, stereo mixed to one channel.
 */
#include "codec/codec_priv.h"

#include <errno.h>
#include <opus/opus.h>
#include <stdalign.h>
#include <string.h>

#define RATE  8000
#define BLOCK 80 /* 10 ms: the shortest frame that we write */

/* Bits are cheaper than time. Segmental signal-to-noise ratio of speech: 22 dB at 20 kbit/s and
 * complexity 0, 24.8 dB at complexity 10 in four times the time, or at 24 kbit/s in 4 % more, which
 * is still a third of G.711's. */
#define COMPLEXITY  0
#define BITRATE     24000
#define BITRATE_LOW 6000 /* of maxaveragebitrate (RFC 7587 6.1) */

static size_t encoder_size(void)
{
    return (size_t)opus_encoder_get_size(1);
}

static size_t decoder_size(void)
{
    return (size_t)opus_decoder_get_size(1);
}

static opus_int32 bitrate(const struct codec_params *p)
{
    if (p->bitrate == 0 || p->bitrate >= BITRATE)
        return BITRATE;
    return p->bitrate < BITRATE_LOW ? BITRATE_LOW : (opus_int32)p->bitrate;
}

static int encoder_start(void *state, const struct codec_params *p)
{
    OpusEncoder *e = state;

    /* Not OPUS_APPLICATION_VOIP, whose high-pass filter turns the phase of speech that a telephone
     * has filtered already: 22 dB become 10. What the signal is makes it speech's mode. */
    if (opus_encoder_init(e, RATE, 1, OPUS_APPLICATION_AUDIO) != OPUS_OK)
        return EINVAL;
    opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(COMPLEXITY));
    opus_encoder_ctl(e, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(e, OPUS_SET_BITRATE(bitrate(p)));
    opus_encoder_ctl(e, OPUS_SET_VBR(!p->cbr));
    opus_encoder_ctl(e, OPUS_SET_INBAND_FEC(p->fec));
    opus_encoder_ctl(e, OPUS_SET_DTX(p->dtx));
    return 0;
}

static int decoder_start(void *state)
{
    return opus_decoder_init(state, RATE, 1) == OPUS_OK ? 0 : EINVAL;
}

static void encoder_loss(void *state, unsigned percent)
{
    opus_encoder_ctl(state, OPUS_SET_PACKET_LOSS_PERC((opus_int32)(percent < 100 ? percent : 100)));
}

/** A frame of Opus has 10, 20, 40 or 60 ms, no other multiple of our blocks. */
static bool is_frame(size_t n)
{
    return n == BLOCK || n == 2 * BLOCK || n == 4 * BLOCK || n == 6 * BLOCK;
}

/** A packet that is no frame long: several frames of 10 ms in one (RFC 6716 3.2.5). */
static size_t encode_blocks(OpusEncoder *e, uint8_t *out, const int16_t *pcm, size_t n)
{
    uint8_t frames[CODEC_PAYLOAD_MAX];
    alignas(max_align_t) uint8_t memory[1024];
    OpusRepacketizer *r = (OpusRepacketizer *)memory;
    size_t used = 0, room = sizeof frames / (n / BLOCK);

    if ((size_t)opus_repacketizer_get_size() > sizeof memory)
        return 0;
    opus_repacketizer_init(r);
    for (size_t i = 0; i < n; i += BLOCK) {
        opus_int32 got = opus_encode(e, pcm + i, BLOCK, frames + used, (opus_int32)room);
        if (got <= 0 || opus_repacketizer_cat(r, frames + used, got) != OPUS_OK)
            return 0;
        used += (size_t)got;
    }
    opus_int32 got = opus_repacketizer_out(r, out, CODEC_PAYLOAD_MAX);
    return got > 0 ? (size_t)got : 0;
}

static size_t encode(void *state, uint8_t *out, const int16_t *pcm, size_t n)
{
    if (!is_frame(n))
        return encode_blocks(state, out, pcm, n);
    opus_int32 got = opus_encode(state, pcm, (int)n, out, CODEC_PAYLOAD_MAX);
    return got > 2 ? (size_t)got : 0; /* 1 or 2 octets say that it need not be sent (DTX) */
}

static size_t samples(const uint8_t *payload, size_t len)
{
    if (len == 0 || len > INT32_MAX)
        return 0;
    int n = opus_packet_get_nb_samples(payload, (opus_int32)len, RATE);
    return n > 0 && n <= (int)CODEC_SAMPLES_MAX ? (size_t)n : 0;
}

static size_t decode(void *state, int16_t *pcm, const uint8_t *payload, size_t len)
{
    size_t n = samples(payload, len);
    int got = n ? opus_decode(state, payload, (opus_int32)len, pcm, (int)n, 0) : 0;

    return got > 0 ? (size_t)got : 0;
}

static void conceal(void *state, int16_t *pcm, size_t n, const uint8_t *next, size_t len)
{
    bool fec = next && samples(next, len) > 0;
    int got = opus_decode(state, fec ? next : NULL, fec ? (opus_int32)len : 0, pcm, (int)n, fec);
    size_t filled = got > 0 ? (size_t)got : 0;

    if (filled < n)
        memset(pcm + filled, 0, (n - filled) * sizeof *pcm);
}

const struct codec_ops codec_opus = {
    .encoder_size = encoder_size,
    .encoder_start = encoder_start,
    .decoder_size = decoder_size,
    .decoder_start = decoder_start,
    .encode = encode,
    .loss = encoder_loss,
    .samples = samples,
    .decode = decode,
    .conceal = conceal,
};
