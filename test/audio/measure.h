/* What a signal is: its level, and the tone in it. Levels are dBm0 as G.711 defines them: a sine of
 * 0 dBm0 peaks 3.14 dB below A-law's full scale. */
#ifndef TEST_AUDIO_MEASURE_H
#define TEST_AUDIO_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIO_FLOOR       (-96.0) /**< dBm0 shown for no signal at all */
#define AUDIO_TONE_WINDOW 4096    /**< samples that audio_tone() looks at */

/** Level of a sum of squares over `n` samples. */
double audio_level_of(double squares, size_t n);
/** RMS level of `n` samples in dBm0. */
double audio_level(const int16_t *pcm, size_t n);
/** The amplitude in samples of a sine of `dbm0`. */
double audio_amplitude(double dbm0);

struct audio_tone {
    double hz;
    double dbm0; /**< of the tone alone */
    double snr;  /**< tone to everything else, dB */
};

/** Finds the strongest sine in AUDIO_TONE_WINDOW samples. False: there is no signal, or what there
 * is is not mainly one tone. */
bool audio_tone(struct audio_tone *out, const int16_t *pcm);

#endif
