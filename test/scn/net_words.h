/* What the ISDN network's SETUP and answers carry beside their numbers. */
#ifndef TEST_SCN_NET_WORDS_H
#define TEST_SCN_NET_WORDS_H

#include "isdn/isdn.h"

struct words;

#define NET_WORDS_LEN 768

/** Reads those of NET CALL. */
void net_words_setup(struct isdn_setup *s, const struct words *w);
/** The same for an answer that is about to be said. */
void net_words_answer(struct isdn_call *call, const struct words *w);
/** What came, as words. */
void net_words_of_setup(char out[NET_WORDS_LEN], const struct isdn_setup *s);
void net_words_of_event(char out[NET_WORDS_LEN], const struct isdn_event *ev);
/** Each word after `carries` must be among them, or with `!` before it must not. */
void net_words_expect(const char *has, struct words *w);

#endif
