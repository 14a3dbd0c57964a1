/* What a call hears: level, tone, gaps, DTMF digits, and the delay of its own marker. */
#ifndef TEST_EXCHANGE_METER_H
#define TEST_EXCHANGE_METER_H

#include "test/audio/measure.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EX_METER_DIGITS 128

/** Start with ex_meter_init(). */
struct ex_meter {
    uint64_t samples;
    double squares;
    int16_t window[AUDIO_TONE_WINDOW];
    size_t filled;
    unsigned windows;
    double level_last, level_max;
    struct audio_tone best; /**< the window with the highest tone to noise ratio */
    double hz_last;         /**< of the last window with a tone */
    unsigned tone_windows;
    /* gaps: signal, then digital silence for 10 ms and more, then signal */
    bool heard;
    size_t quiet;
    unsigned gaps;
    uint64_t gap_samples, gap_longest;
    /* repeats: 20 ms that equal the 20 ms before */
    int16_t past[160];
    size_t same, same_loud;
    unsigned repeats;
    /* DTMF */
    struct dtmf_rx_state_s *dtmf;
    char digits[EX_METER_DIGITS];
    size_t ndigits;
    /* the marker's way back */
    int16_t *back; /**< EX_MARKER_STEP samples, or NULL */
    size_t nback;
    unsigned delays;
    double delay_last, delay_min, delay_max; /**< ms */
    uint64_t marker;                         /**< the sample heard with which the last one began */
};

/** ENOMEM. */
int ex_meter_init(struct ex_meter *m);
void ex_meter_release(struct ex_meter *m);
/** A marker begins with the very next sample sent: what is heard from here on is searched for it.
 */
int ex_meter_marker(struct ex_meter *m);
void ex_meter_feed(struct ex_meter *m, const int16_t *pcm, size_t n);
/** Everything so far as an object; NULL without memory. */
json_t *ex_meter_json(const struct ex_meter *m);

#endif
