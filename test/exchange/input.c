/* Lines are done one after the other: `wait` holds the lines that follow it back. */
#include "test/exchange/calls.h"
#include "test/exchange/commands.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define WORDS_MAX 128
#define LOOK      (10 * RT_MS) /* how often a wait looks at what it waits for */

struct ex_commands {
    struct exchange *ex;
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

void ex_commands_feed(struct ex_commands *c, const char *text)
{
    rt_buf_puts(&c->input, text);
    go_on(c);
}

void ex_commands_end(struct ex_commands *c)
{
    c->ended = true;
    ex_commands_feed(c, "\n"); /* the last line may lack its own */
}

void ex_commands_free(struct ex_commands *c)
{
    if (!c)
        return;
    rt_timer_stop(&c->timer);
    rt_buf_release(&c->input);
    free(c);
}
