/* Commands on standard input, one a line. */
#ifndef TEST_EXCHANGE_COMMANDS_H
#define TEST_EXCHANGE_COMMANDS_H

#include "test/exchange/exchange.h"

struct ex_commands;

/** Reads standard input. Its end stops the exchange once its own calls are over, unless `daemon`.
 */
int ex_commands_new(struct ex_commands **out, struct exchange *ex, bool daemon);
void ex_commands_free(struct ex_commands *c);

#endif
