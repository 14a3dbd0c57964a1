/* Time scaling: a moment of sound made longer or shorter without a change of pitch (WSOLA). One
 * block is played as a crossfade from where the sound is to where it is `shift` samples later (cut)
 * or earlier (repeated); with a shift of whole pitch periods both are alike, and nobody hears it.
 */
#ifndef CODEC_STRETCH_H
#define CODEC_STRETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Samples of a crossfade: one block of 10 ms. */
#define STRETCH_BLOCK 80
/** Pitch periods are looked for from 2.5 ms (400 Hz) to 20 ms (50 Hz, or more periods of a higher
 * one). */
#define STRETCH_LEAST 20
#define STRETCH_MOST  160

/** The shift from `lo` to `hi` (both positive: cut; both negative: repeat) at which
 * x[shift..shift+80) is most like x[0..80); `likeness` is their normalised correlation, at most 1.
 */
int stretch_find(const int16_t *x, int lo, int hi, float *likeness);
/** out[0..80) goes from x[0..) to x[shift..). */
void stretch_fade(int16_t *out, const int16_t *x, int shift);
/** The largest magnitude. */
int stretch_peak(const int16_t *x, size_t n);

#endif
