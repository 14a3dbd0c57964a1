/* Did this speech arrive: a recording against what was played. */
#ifndef TEST_AUDIO_COMPARE_H
#define TEST_AUDIO_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIO_BLOCK 160 /**< 20 ms: what a lost RTP packet takes */

/** Blocks are 20 ms of the reference; only those with speech in them are judged. */
struct audio_compared {
    bool found;         /**< the reference was recognised in the recording at all */
    double correlation; /**< at the best delay, 0..1 */
    double delay_ms;    /**< of the whole; negative: the recording begins inside the reference */
    double delay_min_ms, delay_max_ms;
    unsigned delay_changes; /**< the far jitter buffer moved, or a slip */
    double gain_db;
    double snr_db;       /**< segmental: mean over blocks, each limited to -10..35 dB */
    double snr_total_db; /**< signal to error over all that arrived */
    unsigned blocks;     /**< with speech in the reference */
    unsigned silent;     /**< of these: nothing arrived instead */
    unsigned damaged;    /**< something else arrived instead */
    unsigned cut;        /**< before the recording's begin or after its end */
};

/** ENOMEM, or EINVAL when one of them is empty or silent. */
int audio_compare(struct audio_compared *out, const int16_t *ref, size_t nref, const int16_t *rec,
                  size_t nrec);
/** Blocks with speech that did not arrive, in percent. */
double audio_lost_percent(const struct audio_compared *c);

#endif
