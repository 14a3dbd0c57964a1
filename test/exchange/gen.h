/* What a call sends: silence, a wav file, tones, DTMF, a marker. Echo is not made here: it is the
 * received octets themselves (media.c). */
#ifndef TEST_EXCHANGE_GEN_H
#define TEST_EXCHANGE_GEN_H

#include "codec/tone.h"
#include "test/audio/wav.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ex_gen_kind { EX_GEN_SILENCE, EX_GEN_FILE, EX_GEN_TONE, EX_GEN_DTMF, EX_GEN_MARKER };

#define EX_DTMF_MAX    64
#define EX_MARKER_LEN  256        /**< samples of noise in one marker */
#define EX_MARKER_STEP AUDIO_RATE /**< samples from one marker to the next */

struct ex_gen {
    enum ex_gen_kind kind;
    const struct audio_pcm *file; /**< borrowed */
    bool loop;
    size_t at;
    struct tone_spec own;
    struct tone_player tone;
    char digits[EX_DTMF_MAX];
    size_t digit, left; /**< DTMF: which, and how many samples of it are still to come */
    double level;
};

void ex_gen_silence(struct ex_gen *g);
void ex_gen_file(struct ex_gen *g, const struct audio_pcm *file, bool loop);
void ex_gen_tone(struct ex_gen *g, double hz, double dbm0);
/** A call progress tone. EINVAL: no such kind. */
int ex_gen_country(struct ex_gen *g, const char *country, const char *kind);
/** The tone for a Q.850 cause; silence when there is none. */
void ex_gen_cause(struct ex_gen *g, const char *country, unsigned cause);
/** EINVAL: a character that is no DTMF digit, or too many. */
int ex_gen_dtmf(struct ex_gen *g, const char *digits, unsigned on_ms, unsigned off_ms, double dbm0);
/** A burst of noise each second, the first one at once. */
void ex_gen_marker(struct ex_gen *g, double dbm0);
/** With which of the next `n` samples a marker begins; -1: with none. */
int ex_gen_marked(const struct ex_gen *g, size_t n);
/** The samples of a marker, +-10000; EX_MARKER_LEN of them. Static. */
const int16_t *ex_marker(void);

void ex_gen_fill(struct ex_gen *g, int16_t *pcm, size_t n);
/** A file or digits have been played to their end (the others never end, silence has). */
bool ex_gen_done(const struct ex_gen *g);

#endif
