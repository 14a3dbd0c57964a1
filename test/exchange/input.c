/* The line reader: `wait` holds the lines that follow it back. */
#include "gw/rt/os_loop.h"
#include "test/exchange/calls.h"
#include "test/exchange/commands.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

#define WORDS_MAX 128
#define LOOK      (10 * RT_MS) /* how often a wait looks at what it waits for */

struct ex_commands {
    struct exchange *ex;
    struct rt_watch watch;
    struct rt_buf input;
    struct rt_timer timer;
    enum ex_wait wait;
    rt_time wait_until;
    bool ended, daemon;
};

/** Splits in place; "..." keeps blanks together, # begins a comment. */
static size_t split(char *line, const char **word)
{
    size_t n = 0;

    for (char *p = line; n < WORDS_MAX;) {
        p += strspn(p, " \t\r");
        if (*p == '\0' || *p == '#')
            break;
        bool quoted = *p == '"';
        p += quoted;
        word[n++] = p;
        p += strcspn(p, quoted ? "\"" : " \t\r");
        if (*p == '\0')
            break;
        *p++ = '\0';
    }
    return n;
}

/** The lines that follow are held back. */
static int wait(struct ex_commands *c, struct ex_words *w)
{
    rt_time limit = 60 * RT_S;
    enum ex_wait what;
    int err = ex_command_wait(w, &what, &limit);

    if (err == 0) {
        c->wait = what;
        c->wait_until = rt_now() + limit;
    }
    return err;
}

static void do_line(struct ex_commands *c, char *line)
{
    const char *word[WORDS_MAX];
    struct ex_words w = {.word = word, .n = split(line, word), .at = 1};
    int err;

    if (w.n == 0)
        return;
    if (strcmp(word[0], "wait") == 0)
        err = wait(c, &w);
    else
        err = ex_command(c->ex, &w);
    if (err == ENOENT && !w.error[0])
        ex_error("unknown command \"%s\"", word[0]);
    else if (err != 0)
        ex_error("%s: %s", word[0], w.error[0] ? w.error : strerror(err));
}

static bool wait_over(const struct ex_commands *c)
{
    const struct exchange *ex = c->ex;

    if (c->wait == EX_WAIT_NOTHING || rt_now() >= c->wait_until)
        return true;
    return (c->wait == EX_WAIT_UP && ex_spans_up(ex)) ||
           (c->wait == EX_WAIT_CALLS && !ex->calls && !ex->loads);
}

/** What was asked for here is over; calls from the far end are not waited for. */
static bool idle(const struct ex_commands *c)
{
    const struct ex_call *call;

    if (c->ex->loads || ex_worker_pending(c->ex->worker) > 0)
        return false;
    DL_FOREACH(c->ex->calls, call)
    {
        if (!call->incoming)
            return false;
    }
    return true;
}

static void go_on(void *arg)
{
    struct ex_commands *c = arg;
    size_t done = 0;
    char *end;

    while (wait_over(c) && !c->ex->stopping && done < c->input.n &&
           (end = memchr(c->input.p + done, '\n', c->input.n - done)) != NULL) {
        char *line = c->input.p + done;
        c->wait = EX_WAIT_NOTHING;
        done = (size_t)(end - c->input.p) + 1;
        *end = '\0';
        do_line(c, line);
        if (ex_spans_pending(c->ex)) {
            rt_loop_stop(c->ex->loop);
            break; /* who runs the loop opens or closes the span before the next command */
        }
    }
    struct rt_buf rest = {0};
    if (done < c->input.n)
        rt_buf_put(&rest, c->input.p + done, c->input.n - done);
    rt_buf_release(&c->input);
    c->input = rest;
    bool more = memchr(rt_buf_str(&rest).p, '\n', rest.n) != NULL;
    if (c->ended && !c->daemon && !more && wait_over(c) && !c->ex->stopping && idle(c))
        ex_stop(c->ex);
    if (!c->ex->stopping && (more || !wait_over(c) || (c->ended && !c->daemon)))
        rt_timer_start(&c->timer, LOOK);
}

static void on_input(void *arg, uint32_t events)
{
    struct ex_commands *c = arg;
    char buf[4096];
    ssize_t n;

    (void)events;
    while ((n = read(STDIN_FILENO, buf, sizeof buf)) > 0)
        rt_buf_put(&c->input, buf, (size_t)n);
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        c->ended = true;
        rt_buf_puts(&c->input, "\n"); /* the last line may lack its own */
        rt_watch_stop(&c->watch);
    }
    go_on(c);
}

int ex_commands_new(struct ex_commands **out, struct exchange *ex, bool daemon)
{
    struct ex_commands *c = calloc(1, sizeof *c);

    if (!c)
        return ENOMEM;
    c->ex = ex;
    c->daemon = daemon;
    rt_timer_init(&c->timer, ex->loop, go_on, c);
    *out = c;
    return 0;
}

int ex_commands_watch(struct ex_commands *c)
{
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    int err = rt_watch_start(&c->watch, c->ex->loop, STDIN_FILENO, EPOLLIN, on_input, c);
    if (err != EPERM)
        return err;
    /* a file, or /dev/null: always readable, and so not to be watched */
    on_input(c, EPOLLIN);
    return 0;
}

void ex_commands_feed(struct ex_commands *c, const char *text)
{
    rt_buf_puts(&c->input, text);
    go_on(c);
}

void ex_commands_free(struct ex_commands *c)
{
    if (!c)
        return;
    rt_watch_stop(&c->watch);
    rt_timer_stop(&c->timer);
    rt_buf_release(&c->input);
    free(c);
}
