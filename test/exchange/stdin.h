/* Commands from standard input. */
#ifndef TEST_EXCHANGE_STDIN_H
#define TEST_EXCHANGE_STDIN_H

#include "gw/rt/os_loop.h"
#include "test/exchange/commands.h"

/** Start zeroed. */
struct ex_stdin {
    struct rt_watch watch;
    struct ex_commands *commands;
};

/** Hands over what is read from now on. epoll's errno. */
int ex_stdin_start(struct ex_stdin *in, struct rt_loop *loop, struct ex_commands *commands);
void ex_stdin_stop(struct ex_stdin *in);

#endif
