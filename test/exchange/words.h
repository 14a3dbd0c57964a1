/* Words of a command or of a rule's statement being read, one after the other. */
#ifndef TEST_EXCHANGE_WORDS_H
#define TEST_EXCHANGE_WORDS_H

#include "gw/rt/time.h"
#include "isdn/isdn.h"

#include <stdbool.h>
#include <stddef.h>

/** Words being read, and why that failed. */
struct ex_words {
    const char *const *word;
    size_t n, at;
    char error[160];
};

/** The next word is this one: takes it. */
bool ex_word_is(struct ex_words *w, const char *word);
/** Nothing is left. */
bool ex_words_end(const struct ex_words *w);

/* Values: the next word. EINVAL with `w->error` set. */
int ex_word_text(struct ex_words *w, const char *what, char *out, size_t cap);
int ex_word_duration(struct ex_words *w, const char *what, rt_time *out);
int ex_word_uint(struct ex_words *w, const char *what, unsigned max, unsigned *out);
int ex_word_real(struct ex_words *w, const char *what, double *out);
/** One of the names in `names`, which are separated by `|`; its place. */
int ex_word_one_of(struct ex_words *w, const char *names, unsigned *out);
/** "08028001", at most `cap` octets. */
int ex_word_hex(struct ex_words *w, const char *what, uint8_t *out, size_t cap, size_t *len);
/** `0x` and hex digits are octets, anything else is its own characters. */
int ex_word_octets(struct ex_words *w, const char *what, uint8_t *out, size_t cap, size_t *len);

/** Reads "08028001". EINVAL: no hex, or more than `cap` octets. */
int ex_hex(const char *text, uint8_t *out, size_t cap, size_t *len);
/** As ex_word_octets(). */
int ex_octets(const char *text, uint8_t *out, size_t cap, size_t *len);
/** `+49...` is an international number, anything else of unknown type; ISDN numbering plan. */
void ex_number(struct isdn_number *out, const char *text);
/** At most 19 characters are an NSAP address of IA5, `0x` and hex digits a user's own octets.
 * EINVAL: too long, or none. */
int ex_subaddress(struct isdn_subaddress *out, const char *text);
/** User-user information: characters (protocol discriminator 4), or octets by `0x` (0). EINVAL: too
 * long, or none. */
int ex_uui(struct isdn_uui *out, const char *text);

#endif
