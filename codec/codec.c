/* The table of codecs, and looking things up in it.
 *
 * Impairment and robustness are ITU-T G.113 appendix I's provisional planning values where that has
 * the codec: G.711 with the concealment of its appendix I 0 and 25, G.726 at 40, 32, 24 and
 * 16 kbit/s 2, 7, 25 and 50, G.729 10, GSM full rate 20. By analogy, not in G.113: G.722 (its lower
 * band is an ADPCM of 48 kbit/s) and L16 as G.711; Opus in narrow band 5, as GSM enhanced full
 * rate, and with its own concealment as robust as G.711; of G.726, GSM and G.729 the robustness
 * (G.711's, whose concealment they get; G.729's 19 is that of annex A with its voice activity
 * detection).
 */
#include "codec/codec_priv.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* What we offer, and what it says to the far end's encoder (RFC 7587 6.1): 8 kHz is all we can
 * play, and what we send has no more; its forward error correction is welcome. */
#define OPUS_FMTP "maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1"

const struct codec codec_table[CODEC_COUNT] = {
    {CODEC_PCMA, "PCMA", "pcma", 8, 8000, 1, NULL, 80, 1, 0, 25, &codec_pcma},
    {CODEC_PCMU, "PCMU", "pcmu", 0, 8000, 1, NULL, 80, 1, 0, 25, &codec_pcmu},
    {CODEC_G722, "G722", "g722", 9, 8000, 1, NULL, 80, 84, 0, 25, &codec_g722},
    {CODEC_OPUS, "opus", "opus", 96, 48000, 2, OPUS_FMTP, 80, 340, 5, 25, &codec_opus},
    {CODEC_G729, "G729", "g729", 18, 8000, 1, NULL, 80, 580, 10, 19, &codec_g729},
    {CODEC_GSM, "GSM", "gsm", 3, 8000, 1, NULL, 160, 95, 20, 25, &codec_gsm},
    {CODEC_G726_40, "G726-40", "g726-40", 102, 8000, 1, NULL, 80, 223, 2, 25, &codec_g726[0]},
    {CODEC_G726_32, "G726-32", "g726-32", 103, 8000, 1, NULL, 80, 219, 7, 25, &codec_g726[1]},
    {CODEC_G726_24, "G726-24", "g726-24", 104, 8000, 1, NULL, 80, 207, 25, 25, &codec_g726[2]},
    {CODEC_G726_16, "G726-16", "g726-16", 105, 8000, 1, NULL, 80, 200, 50, 25, &codec_g726[3]},
    {CODEC_AAL2_G726_40, "AAL2-G726-40", "aal2-g726-40", 106, 8000, 1, NULL, 80, 223, 2, 25,
     &codec_aal2_g726[0]},
    {CODEC_AAL2_G726_32, "AAL2-G726-32", "aal2-g726-32", 107, 8000, 1, NULL, 80, 219, 7, 25,
     &codec_aal2_g726[1]},
    {CODEC_AAL2_G726_24, "AAL2-G726-24", "aal2-g726-24", 108, 8000, 1, NULL, 80, 207, 25, 25,
     &codec_aal2_g726[2]},
    {CODEC_AAL2_G726_16, "AAL2-G726-16", "aal2-g726-16", 109, 8000, 1, NULL, 80, 200, 50, 25,
     &codec_aal2_g726[3]},
    {CODEC_L16, "L16", "l16", 110, 8000, 1, NULL, 80, 1, 0, 25, &codec_l16},
    {CODEC_CLEARMODE, "CLEARMODE", "clearmode", 97, 8000, 1, NULL, 80, 0, 0, 0, NULL},
};

const struct codec *codec_by_name(const char *name, size_t n, unsigned clock, unsigned channels)
{
    for (unsigned i = 0; i < CODEC_COUNT; i++) {
        const struct codec *c = &codec_table[i];
        if (strlen(c->name) == n && strncasecmp(c->name, name, n) == 0 && c->clock == clock &&
            c->channels == channels)
            return c;
    }
    return NULL;
}

const struct codec *codec_by_word(const char *word)
{
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if (strcmp(codec_table[i].word, word) == 0)
            return &codec_table[i];
    return NULL;
}

bool codec_ready(const struct codec *c)
{
    return c->ops && (!c->ops->ready || c->ops->ready());
}

size_t codec_encoder_size(const struct codec *c)
{
    return c->ops && c->ops->encoder_size ? c->ops->encoder_size() : 0;
}

size_t codec_decoder_size(const struct codec *c)
{
    return c->ops && c->ops->decoder_size ? c->ops->decoder_size() : 0;
}

int codec_encoder_start(const struct codec *c, void *state, const struct codec_params *p)
{
    if (!c->ops)
        return ENOTSUP;
    return c->ops->encoder_start ? c->ops->encoder_start(state, p) : 0;
}

int codec_decoder_start(const struct codec *c, void *state)
{
    if (!c->ops)
        return ENOTSUP;
    return c->ops->decoder_start ? c->ops->decoder_start(state) : 0;
}

void codec_encoder_stop(const struct codec *c, void *state)
{
    if (c->ops && c->ops->encoder_stop)
        c->ops->encoder_stop(state);
}

void codec_decoder_stop(const struct codec *c, void *state)
{
    if (c->ops && c->ops->decoder_stop)
        c->ops->decoder_stop(state);
}

uint32_t codec_ticks(const struct codec *c, uint32_t samples)
{
    return samples * (c->clock / 8000);
}
