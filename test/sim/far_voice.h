/* The mouth and the ear of a far end, far enough for digits as sound (Q.23): what it hears is
 * judged by spandsp's receiver.
 */
#ifndef TEST_SIM_FAR_VOICE_H
#define TEST_SIM_FAR_VOICE_H

#include "codec/g711.h"
#include "codec/tone.h"

#include <stdbool.h>
#include <stddef.h>

/** Digits that one call may have. */
#define FAR_DIGITS_MAX 16

struct far_voice {
    enum g711_law law;
    struct tone_spec spec;
    struct tone_player tone;
    unsigned left; /**< samples of the digit still to be said */
    void *ear;
    char heard[FAR_DIGITS_MAX]; /**< that nobody has taken yet */
};

/** NULL: no memory. */
struct far_voice *far_voice_new(enum g711_law law);
/** NULL is allowed. */
void far_voice_free(struct far_voice *v);
/** From now on that digit is said, for 100 ms. */
void far_voice_dial(struct far_voice *v, char digit);
/** What is said in `n` octets of the line; silence between digits. */
void far_voice_say(struct far_voice *v, uint8_t *out, size_t n);
/** What is heard in `n` octets. */
void far_voice_hear(struct far_voice *v, const uint8_t *in, size_t n);

/** The call's nth digit; 400 ms apart. */
char far_digit(unsigned seed, unsigned nth);
/** Appends a digit to a list of FAR_DIGITS_MAX. */
void far_digit_add(char list[FAR_DIGITS_MAX], char digit);

#endif
