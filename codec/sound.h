/* 10 ms of sound on its way from one port to another, in whatever forms it is wanted: octets of
 * either law, or linear samples. Forms are made when somebody asks for them and kept, so that a
 * call between two A-law sides copies octets and nothing else.
 */
#ifndef CODEC_SOUND_H
#define CODEC_SOUND_H

#include "codec/g711.h"

#include <stdbool.h>

/** Samples in 10 ms. */
#define SOUND_BLOCK 80

/** Forms that are there. */
enum sound_form {
    SOUND_A = 1 << G711_A,
    SOUND_MU = 1 << G711_MU,
    SOUND_PCM = 4,
    SOUND_CLEAR = 8, /**< no sound: a clear channel's octets, kept in octets[0] */
};

struct sound {
    uint8_t forms; /**< enum sound_form; 0: nothing */
    uint8_t octets[2][SOUND_BLOCK];
    int16_t pcm[SOUND_BLOCK];
};

/** Nothing. */
void sound_none(struct sound *s);
/** Silence, in the form that `law` has. */
void sound_silence(struct sound *s, enum g711_law law);
/** From octets of a law, of a clear channel, or samples. */
void sound_set_octets(struct sound *s, const uint8_t octets[SOUND_BLOCK], enum g711_law law);
void sound_set_clear(struct sound *s, const uint8_t octets[SOUND_BLOCK]);
void sound_set_pcm(struct sound *s, const int16_t pcm[SOUND_BLOCK]);
/** True when it is sound, and not nothing or a clear channel's. */
bool sound_is(const struct sound *s);
/** Sound as samples or as octets of a law; made now if it is not there yet. */
const int16_t *sound_pcm(struct sound *s);
const uint8_t *sound_octets(struct sound *s, enum g711_law law);
/** Louder by `tenths` of a dB, softer when negative; 0 changes nothing. Clips at full scale. */
void sound_gain(struct sound *s, int tenths);

#endif
