/* A table of commands, and the line reader: `wait` holds the lines that follow it back. */
#include "test/exchange/commands.h"

#include "gw/rt/os_loop.h"
#include "test/exchange/load.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

#define WORDS_MAX 64
#define LOOK      (10 * RT_MS) /* how often a wait looks at what it waits for */
#define STEPS_MAX 32

enum wait_for { WAIT_NOTHING, WAIT_TIME, WAIT_UP, WAIT_CALLS };

struct ex_commands {
    struct exchange *ex;
    struct rt_watch watch;
    struct rt_buf input;
    struct rt_timer timer;
    enum wait_for wait;
    rt_time wait_until;
    bool ended, daemon;
};

/* ---- call ---- */

struct call_line {
    struct ex_order order;
    struct ex_step steps[STEPS_MAX];
    rt_time duration;
    unsigned count;
    double rate;
};

static bool read_flag(struct call_line *l, const char *word)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"overlap", &l->order.overlap}, {"data", &l->order.data}, {"now", &l->order.early}};

    for (size_t i = 0; i < RT_COUNT(flags); i++) {
        if (strcmp(word, flags[i].name) == 0)
            return *flags[i].flag = true;
    }
    return false;
}

static int read_option(struct call_line *l, struct ex_words *w)
{
    const char *word = w->word[w->at];

    w->at++;
    if (read_flag(l, word))
        return 0;
    if (strcmp(word, "from") == 0)
        return ex_word_text(w, "a number", l->order.from, sizeof l->order.from);
    if (strcmp(word, "for") == 0)
        return ex_word_duration(w, "a duration", &l->duration);
    if (strcmp(word, "count") == 0)
        return ex_word_uint(w, "a count", 1000000, &l->count);
    if (strcmp(word, "channel") == 0)
        return ex_word_uint(w, "a timeslot", 31, &l->order.channel);
    if (strcmp(word, "rate") == 0) {
        char text[32], *end = NULL;
        int err = ex_word_text(w, "a rate like 5/s", text, sizeof text);
        l->rate = err == 0 ? strtod(text, &end) : 0;
        if (err == 0 && l->rate > 0 && (*end == '\0' || strcmp(end, "/s") == 0))
            return 0;
        snprintf(w->error, sizeof w->error, "a rate is calls a second, like 5/s");
        return EINVAL;
    }
    w->at--;
    if (l->order.nsteps + 2 > STEPS_MAX)
        return E2BIG;
    int err = ex_step_parse(&l->steps[l->order.nsteps], w);
    if (err == 0)
        l->order.nsteps++;
    return err;
}

static int parse_call(struct call_line *l, struct ex_words *w)
{
    int err = ex_word_text(w, "a number", l->order.number, sizeof l->order.number);

    while (err == 0 && w->at < w->n)
        err = read_option(l, w);
    if (err == ENOENT)
        snprintf(w->error, sizeof w->error, "unknown word \"%.60s\"", w->word[w->at]);
    if (err == 0 && l->duration > 0)
        l->steps[l->order.nsteps++] =
            (struct ex_step){.op = EX_HANGUP, .cause = 16, .after = l->duration};
    return err;
}

static int call(struct ex_commands *c, struct ex_words *w)
{
    struct call_line *l = calloc(1, sizeof *l);

    if (!l)
        return ENOMEM;
    l->count = 1;
    l->rate = 10;
    int err = parse_call(l, w);
    if (err == 0) {
        size_t size = (l->order.nsteps + 1) * sizeof *l->steps;
        l->order.steps = malloc(size);
        if (l->order.steps)
            memcpy(l->order.steps, l->steps, size);
        err = l->order.steps ? ex_load_start(c->ex, &l->order, l->count, l->rate) : ENOMEM;
        if (err != 0)
            free(l->order.steps);
    }
    free(l);
    return err;
}

/* ---- the others ---- */

static int release(struct ex_commands *c, struct ex_words *w)
{
    struct ex_call *call, *tmp;
    unsigned cause = 16, id = 0;
    bool all = w->at < w->n && strcmp(w->word[w->at], "all") == 0;

    w->at += all;
    int err = all ? 0 : ex_word_uint(w, "a call or `all`", 0x7fffffff, &id);
    if (err == 0 && w->at < w->n && strcmp(w->word[w->at], "cause") == 0) {
        w->at++;
        err = ex_word_uint(w, "a cause", 127, &cause);
    }
    if (err == 0 && !all && !ex_call_find(c->ex, id)) {
        snprintf(w->error, sizeof w->error, "there is no call %u", id);
        return EINVAL;
    }
    if (err == 0 && all)
        ex_load_stop_all(c->ex);
    DL_FOREACH_SAFE(c->ex->calls, call, tmp)
    {
        if (err == 0 && (all || call->id == id))
            ex_call_release(call, cause, c->ex->rules.span.network ? 2 : 0);
    }
    return err;
}

static int status(struct ex_commands *c, struct ex_words *w)
{
    const struct exchange *ex = c->ex;
    json_t *o = ex_event("totals"), *causes = json_object();
    struct ex_call *call;
    char name[8];

    (void)w;
    ex_span_report(c->ex, "status");
    DL_FOREACH(ex->calls, call)
    {
        ex_call_report(call, "call");
    }
    for (unsigned i = 0; i < RT_COUNT(ex->totals.cause); i++) {
        snprintf(name, sizeof name, "%u", i & 127u);
        if (ex->totals.cause[i])
            ex_put_int(causes, name, ex->totals.cause[i]);
    }
    ex_put_int(o, "incoming", ex->totals.incoming);
    ex_put_int(o, "outgoing", ex->totals.outgoing);
    ex_put_int(o, "answered", ex->totals.answered);
    ex_put_int(o, "released", ex->totals.released);
    ex_put(o, "causes", causes);
    ex_emit(o);
    return 0;
}

static int set_span(struct ex_commands *c, bool open)
{
    c->ex->want_span = open;
    rt_loop_stop(c->ex->loop); /* main() opens and closes spans while the loop stands */
    return 0;
}

static int down(struct ex_commands *c, struct ex_words *w)
{
    (void)w;
    return set_span(c, false);
}

static int up(struct ex_commands *c, struct ex_words *w)
{
    (void)w;
    return set_span(c, true);
}

static int restart(struct ex_commands *c, struct ex_words *w)
{
    (void)w;
    if (!c->ex->span)
        return ENETDOWN;
    isdn_span_restart(c->ex->span);
    return 0;
}

static int block_channel(struct ex_commands *c, struct ex_words *w, bool blocked)
{
    unsigned slot;
    int err = ex_word_uint(w, "a timeslot", 31, &slot);

    if (err == 0)
        err = c->ex->span ? isdn_channel_block(c->ex->span, slot, blocked) : ENETDOWN;
    return err;
}

static int block(struct ex_commands *c, struct ex_words *w)
{
    return block_channel(c, w, true);
}

static int unblock(struct ex_commands *c, struct ex_words *w)
{
    return block_channel(c, w, false);
}

static int quit(struct ex_commands *c, struct ex_words *w)
{
    (void)w;
    ex_stop(c->ex);
    return 0;
}

/** `wait up [TIME]`, `wait calls [TIME]`, `wait TIME`. */
static int wait(struct ex_commands *c, struct ex_words *w)
{
    rt_time limit = 60 * RT_S;
    enum wait_for what = WAIT_TIME;

    if (w->at < w->n && strcmp(w->word[w->at], "up") == 0)
        what = WAIT_UP;
    else if (w->at < w->n && strcmp(w->word[w->at], "calls") == 0)
        what = WAIT_CALLS;
    w->at += what != WAIT_TIME;
    int err = 0;
    if (what == WAIT_TIME || w->at < w->n)
        err = ex_word_duration(w, "`up`, `calls` or a duration", &limit);
    if (err == 0) {
        c->wait = what;
        c->wait_until = rt_now() + limit;
    }
    return err;
}

static const struct {
    const char *word;
    int (*fn)(struct ex_commands *c, struct ex_words *w);
} table[] = {{"call", call}, {"release", release}, {"status", status}, {"down", down},
             {"up", up},     {"restart", restart}, {"block", block},   {"unblock", unblock},
             {"wait", wait}, {"quit", quit}};

/* ---- lines ---- */

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

static void do_line(struct ex_commands *c, char *line)
{
    const char *word[WORDS_MAX];
    struct ex_words w = {.word = word, .n = split(line, word), .at = 1};
    int err = ENOENT;

    if (w.n == 0)
        return;
    for (size_t i = 0; i < RT_COUNT(table); i++) {
        if (strcmp(word[0], table[i].word) == 0)
            err = table[i].fn(c, &w);
    }
    if (err == ENOENT && !w.error[0])
        ex_error("unknown command \"%s\"", word[0]);
    else if (err != 0)
        ex_error("%s: %s", word[0], w.error[0] ? w.error : strerror(err));
}

static bool wait_over(const struct ex_commands *c)
{
    const struct exchange *ex = c->ex;

    if (c->wait == WAIT_NOTHING || rt_now() >= c->wait_until)
        return true;
    return (c->wait == WAIT_UP && ex_span_up(ex)) ||
           (c->wait == WAIT_CALLS && !ex->calls && !ex->loads);
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
        c->wait = WAIT_NOTHING;
        done = (size_t)(end - c->input.p) + 1;
        *end = '\0';
        do_line(c, line);
        if (c->ex->want_span != (c->ex->span != NULL))
            break; /* main() opens or closes the span before the next command */
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
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    int err = rt_watch_start(&c->watch, ex->loop, STDIN_FILENO, EPOLLIN, on_input, c);
    if (err == EPERM) { /* a file, or /dev/null: always readable, and so not to be watched */
        on_input(c, EPOLLIN);
        err = 0;
    }
    if (err != 0) {
        free(c);
        return err;
    }
    *out = c;
    return 0;
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
