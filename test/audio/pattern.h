/* A signal that tells each octet's place in it: what arrives shows what was lost, doubled, moved or
 * changed on the way, to the octet. For ways that promise to carry octets unchanged. */
#ifndef TEST_AUDIO_PATTERN_H
#define TEST_AUDIO_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIO_PATTERN_PERIOD                                                                       \
    16384u /**< octets until it repeats: 2 s, more than any way is long                            \
            */

/** What was heard so far, in blocks. Start zeroed. */
struct audio_heard {
    bool found;
    uint32_t place;        /**< of the octet that has to come next */
    unsigned long fit;     /**< just what had to come */
    unsigned long before;  /**< something else, before any that fits */
    unsigned long damaged; /**< something else, between some that fit */
    unsigned long after;   /**< something else, after the last that fits */
    unsigned long slips;   /**< how often the pattern went on at another place */
    unsigned long last;    /**< damaged or slipped: the number of the last such block, from 1 */
    long jump;             /**< octets left out by the last slip; less than 0: said again, or new */
};

/** `n` octets, 160 at most, of the pattern from `place` on. */
void audio_pattern_fill(uint8_t *out, size_t n, uint32_t place);
/** Looks at one block of what arrived, of 16 to 160 octets. */
void audio_pattern_hear(struct audio_heard *h, const uint8_t *in, size_t n);

#endif
