/* A call's ear and mouth: generator, meter and recorder on its timeslot. */
#ifndef TEST_EXCHANGE_MEDIA_H
#define TEST_EXCHANGE_MEDIA_H

#include "codec/g711.h"
#include "isdn/isdn.h"
#include "test/exchange/files.h"
#include "test/exchange/gen.h"
#include "test/exchange/meter.h"
#include "test/exchange/step.h"

/** A recording ends after this many samples: one hour. */
#define EX_RECORD_MAX ((size_t)3600 * AUDIO_RATE)

struct ex_media {
    enum g711_law law;
    struct ex_gen gen;
    struct ex_meter meter;
    struct audio_pcm heard;
    bool echo, recording, measure;
    int marked; /**< the sample of the last tick with which a marker began, or -1 */
    char record[EX_TEXT_MAX], compare[EX_TEXT_MAX]; /**< files, or empty */
};

/** ENOMEM. Without `measure` nothing is heard but what is recorded: that is cheap. */
int ex_media_init(struct ex_media *m, enum g711_law law, bool measure);
/** Does not measure from here on, nor has it. */
void ex_media_deafen(struct ex_media *m);
/** Neither hears nor says anything: it needs no tick. */
bool ex_media_idle(const struct ex_media *m);
void ex_media_release(struct ex_media *m);
/** Does a step that concerns the audio alone. EINVAL, or a file's errno; ENOENT: no such step;
 * ENOTSUP: a marker that nobody would measure. */
int ex_media_step(struct ex_media *m, struct ex_files *files, const struct ex_step *s);
/** One tick: hears `rx`, fills `tx`. */
void ex_media_tick(struct ex_media *m, const uint8_t *rx, uint8_t *tx, unsigned frames);
/** Nothing is left to be played. */
bool ex_media_played(const struct ex_media *m);

#endif
