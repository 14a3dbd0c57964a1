/* A number as one integer, ordered as a dictionary orders its digits: a prefix and all that
 * continues it are one interval, and a comparison is one instruction.
 *
 * Up to 15 digits (E.164 6.1) stand in nibbles from the top, the count of them in the lowest one.
 * The count keeps 491 before 4910 and out of its interval, which zero-padded numbers get wrong.
 */
#ifndef DIALPLAN_KEY_H
#define DIALPLAN_KEY_H

#include <stdint.h>

/** Digits that a key holds; longer numbers are cut. */
#define DP_KEY_DIGITS 15
/** Above the key of any number. */
#define DP_KEY_LAST UINT64_MAX
/** Room for a key as text with NUL. */
#define DP_KEY_TEXT_LEN (DP_KEY_DIGITS + 1)

/** The key of `digits` (no "+"): 0-9, A-D, `*` or E (14), `#` or F (15), RFC 4967. It ends at the
 * first character that is no digit. Below DP_KEY_LAST, always. */
uint64_t dp_key_of(const char *digits);
/** The exclusive end of the interval of `prefix`: its interval is [prefix, dp_key_end(prefix)). It
 * is the first key that a number can have from there on, so that neighbours have no gap between
 * them. DP_KEY_LAST for the last prefix and for no digits at all. */
uint64_t dp_key_end(uint64_t prefix);
/** Digits in the key of a number. */
static inline unsigned dp_key_length(uint64_t key)
{
    return key & 15;
}
/** The digits; for a bound between numbers, the first number from there on. Returns `out`. */
char *dp_key_text(char out[DP_KEY_TEXT_LEN], uint64_t key);

#endif
