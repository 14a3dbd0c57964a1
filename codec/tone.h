/* Tones: call progress by country (ITU-T E.180 and its supplement 2), DTMF (Q.23) and milliwatt, as
 * linear samples. */
#ifndef CODEC_TONE_H
#define CODEC_TONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tone_kind {
    TONE_NONE,
    TONE_DIAL,
    TONE_RINGBACK,
    TONE_BUSY,
    TONE_CONGESTION,
    TONE_SIT,
    TONE_KINDS
};

/** One tone: up to two frequencies at once, on for `on` ms, off for `off` ms, steps in turn, then
 * from the start. */
struct tone_step {
    float hz[2];
    uint16_t on, off; /**< ms */
};
struct tone_spec {
    struct tone_step step[4];
    unsigned nsteps;
    float dbm0; /**< of each frequency */
};

/** The country's tone ("de", "us", ...; others get the ITU recommendation). Static. */
const struct tone_spec *tone_country(const char *country, enum tone_kind kind);
/** The tone a cause is heard as: 17 busy, 34, 38, 41, 42, 47 congestion, 1, 22, 28 special
 * information, ... */
enum tone_kind tone_of_cause(unsigned q850);

/** Plays a spec. Start zeroed and tone_start(). */
struct tone_player {
    const struct tone_spec *spec;
    unsigned step;
    uint32_t left; /**< samples left in this phase */
    bool off;
    uint32_t phase[2], rate[2];
    int32_t amplitude;
};
void tone_start(struct tone_player *p, const struct tone_spec *spec);
/** Writes `n` samples at 8 kHz. */
void tone_play(struct tone_player *p, int16_t *pcm, size_t n);

/** The two frequencies of a DTMF digit (0-9 * # A-D). False: no such digit. */
bool tone_dtmf(char digit, float hz[2]);

#endif
