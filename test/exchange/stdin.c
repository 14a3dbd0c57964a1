/* The only file of the exchange but main.c that asks the kernel itself. */
#include "test/exchange/stdin.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

static void on_input(void *arg, uint32_t events)
{
    struct ex_stdin *in = arg;
    char text[4096];
    ssize_t n;

    (void)events;
    while ((n = read(STDIN_FILENO, text, sizeof text - 1)) > 0) {
        text[n] = '\0';
        ex_commands_feed(in->commands, text);
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    rt_watch_stop(&in->watch);
    ex_commands_end(in->commands);
}

int ex_stdin_start(struct ex_stdin *in, struct rt_loop *loop, struct ex_commands *commands)
{
    in->commands = commands;
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    int err = rt_watch_start(&in->watch, loop, STDIN_FILENO, EPOLLIN, on_input, in);
    if (err != EPERM)
        return err;
    /* a file, or /dev/null: always readable, and so not to be watched */
    on_input(in, EPOLLIN);
    return 0;
}

void ex_stdin_stop(struct ex_stdin *in)
{
    rt_watch_stop(&in->watch);
}
