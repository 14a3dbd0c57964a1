/* Forms of sound, made on demand. */
#include "codec/sound.h"

#include <math.h>
#include <string.h>

void sound_none(struct sound *s)
{
    s->forms = 0;
}

void sound_silence(struct sound *s, enum g711_law law)
{
    memset(s->octets[law], g711_silence(law), SOUND_BLOCK);
    s->forms = (uint8_t)(1u << law);
}

void sound_set_octets(struct sound *s, const uint8_t octets[SOUND_BLOCK], enum g711_law law)
{
    memcpy(s->octets[law], octets, SOUND_BLOCK);
    s->forms = (uint8_t)(1u << law);
}

void sound_set_clear(struct sound *s, const uint8_t octets[SOUND_BLOCK])
{
    memcpy(s->octets[0], octets, SOUND_BLOCK);
    s->forms = SOUND_CLEAR;
}

void sound_set_pcm(struct sound *s, const int16_t pcm[SOUND_BLOCK])
{
    memcpy(s->pcm, pcm, sizeof s->pcm);
    s->forms = SOUND_PCM;
}

bool sound_is(const struct sound *s)
{
    return s->forms & (SOUND_A | SOUND_MU | SOUND_PCM);
}

const int16_t *sound_pcm(struct sound *s)
{
    if (!(s->forms & SOUND_PCM)) {
        enum g711_law law = s->forms & SOUND_A ? G711_A : G711_MU;
        g711_expand(s->pcm, s->octets[law], SOUND_BLOCK, law);
        s->forms |= SOUND_PCM;
    }
    return s->pcm;
}

const uint8_t *sound_octets(struct sound *s, enum g711_law law)
{
    enum g711_law other = law == G711_A ? G711_MU : G711_A;

    if (s->forms & 1u << law)
        return s->octets[law];
    if (s->forms & 1u << other) /* G.711 tables 3 and 4: not quite the way over samples */
        g711_convert(s->octets[law], s->octets[other], SOUND_BLOCK, other, law);
    else
        g711_compress(s->octets[law], s->pcm, SOUND_BLOCK, law);
    s->forms |= (uint8_t)(1u << law);
    return s->octets[law];
}

void sound_gain(struct sound *s, int tenths)
{
    if (tenths == 0 || !sound_is(s))
        return;
    float factor = powf(10.0f, (float)tenths / 200.0f);
    sound_pcm(s);
    for (unsigned i = 0; i < SOUND_BLOCK; i++) {
        float v = (float)s->pcm[i] * factor;
        v += v < 0 ? -0.5f : 0.5f; /* the conversion cuts off */
        s->pcm[i] = (int16_t)(v > 32767.0f ? 32767.0f : v < -32768.0f ? -32768.0f : v);
    }
    s->forms = SOUND_PCM;
}
