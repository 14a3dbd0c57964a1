/* Voice activity, and what the silence between sounds like: for senders that describe silence by
 * comfort noise (RFC 3389; ITU-T G.711 appendix II) instead of sending it.
 *
 * A follower of the background's level tells speech from noise; words' ends and short pauses count
 * as speech. Pure: blocks of 10 ms in, verdicts out.
 */
#ifndef CODEC_VAD_H
#define CODEC_VAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VAD_BLOCK 80
/** Octets of the longest description: level and 10 reflection coefficients. */
#define VAD_NOISE_MAX 11

/** Start zeroed. */
struct vad {
    float floor;     /**< of the background, mean square */
    float noise;     /**< the silence's own, smoothed */
    float corr[11];  /**< its autocorrelation, smoothed; [0] is 0 before any */
    unsigned hang;   /**< blocks that still count as speech */
    unsigned blocks; /**< heard, up to when the background is known */
    unsigned since;  /**< blocks since the last description */
    int said;        /**< its level, -dBov; only while `silent` */
    bool silent;     /**< the last block was no speech */
};

enum vad_verdict {
    VAD_SPEECH,   /**< send it */
    VAD_DESCRIBE, /**< silence, and the far end should be told how it sounds now */
    VAD_SILENCE   /**< send nothing */
};

/** Judges a block. */
enum vad_verdict vad_block(struct vad *v, const int16_t pcm[VAD_BLOCK]);
/** Writes the payload of a comfort noise packet for what was silent lately; returns its length. */
size_t vad_describe(struct vad *v, uint8_t out[VAD_NOISE_MAX]);

#endif
