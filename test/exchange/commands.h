/* Commands, one a line: from standard input, or handed in. */
#ifndef TEST_EXCHANGE_COMMANDS_H
#define TEST_EXCHANGE_COMMANDS_H

#include "test/exchange/exchange.h"
#include "test/exchange/words.h"

struct ex_commands;

/** Without `daemon` the end of the input stops the exchange once its own calls are over. ENOMEM. */
int ex_commands_new(struct ex_commands **out, struct exchange *ex, bool daemon);
void ex_commands_free(struct ex_commands *c);
/** Lines, as if they had been read: done at once, or when what they wait for has come. */
void ex_commands_feed(struct ex_commands *c, const char *text);
/** No more lines will come. */
void ex_commands_end(struct ex_commands *c);

/** What a `wait` waits for. */
enum ex_wait { EX_WAIT_NOTHING, EX_WAIT_TIME, EX_WAIT_UP, EX_WAIT_CALLS };

/** Does one line. EINVAL and others with `w->error` set, perhaps; ENOENT: no such command. */
int ex_command(struct exchange *ex, struct ex_words *w);
/** Reads what follows `wait`. */
int ex_command_wait(struct ex_words *w, enum ex_wait *what, rt_time *limit);
/** `span N` at the end of a command; without it the first span. EINVAL: there is none of that
 * number, or something else stands there. */
int ex_command_span(struct exchange *ex, struct ex_words *w, struct ex_span **out);

/* commands_fault.c: `w` stands behind the command's name */
int ex_command_fault(struct exchange *ex, struct ex_words *w);
int ex_command_mute(struct exchange *ex, struct ex_words *w);
int ex_command_storm(struct exchange *ex, struct ex_words *w);
int ex_command_raw(struct exchange *ex, struct ex_words *w);

#endif
