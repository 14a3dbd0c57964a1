/* A clip: sound that is played, such as an announcement. It never changes once it is made; all that
 * play it share it. Its references are counted in signalling alone: a media thread that plays it
 * gives its reference back by a report. */
#ifndef CODEC_CLIP_H
#define CODEC_CLIP_H

#include <stddef.h>
#include <stdint.h>

/** Linear samples at 8 kHz. */
struct clip {
    unsigned users; /**< signalling's */
    size_t n;
    int16_t pcm[];
};

/** A copy of `n` samples, with one reference. EINVAL: there are none; ENOMEM. */
int clip_new(struct clip **out, const int16_t *pcm, size_t n);
struct clip *clip_hold(struct clip *c);
/** NULL is allowed. */
void clip_drop(struct clip *c);

#endif
