/* Waveform concealment in the manner of ITU-T G.711 appendix I: what is missing is made of the last
 * pitch period played, from 10 ms on softer and from 20 ms on of more periods, until after 60 ms
 * there is silence. Unlike the appendix it holds nothing back: the seam at the start is closed by a
 * correction that dies away, so it costs no delay.
 */
#ifndef CODEC_CONCEAL_H
#define CODEC_CONCEAL_H

#include <stddef.h>
#include <stdint.h>

/** Samples played that the search looks at: two of the longest periods and the stretch compared. */
#define CONCEAL_HISTORY 480
/** Periods from 5 ms (200 Hz) to 15 ms (66 Hz). */
#define CONCEAL_PITCH_MIN 40
#define CONCEAL_PITCH_MAX 120
/** After this much it is silent. */
#define CONCEAL_END 480

struct conceal {
    uint16_t pitch;
    uint16_t at;                           /**< samples made so far */
    uint16_t read;                         /**< next sample of the period repeated */
    uint8_t periods;                       /**< repeated now, 1 to 3 */
    int16_t seam;                          /**< what the first sample is off */
    int16_t tail[3 * CONCEAL_PITCH_MAX];   /**< the last three periods played */
    int16_t before[CONCEAL_PITCH_MAX / 4]; /**< what preceded them: closes the loop */
};

/** After the CONCEAL_HISTORY samples before `end` something is missing. */
void conceal_start(struct conceal *c, const int16_t *end);
/** The next `n` samples. */
void conceal_make(struct conceal *c, int16_t *out, size_t n);
/** pcm[0..n) goes from what would have been made up next to what it is. */
void conceal_join(struct conceal *c, int16_t *pcm, size_t n);

#endif
