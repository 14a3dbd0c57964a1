/* The control socket's server: takes request lines from clients and sends back what the verbs
 * write.
 *
 * An answer may be longer than a stream takes at once, so it waits beside the connection and goes
 * out in pieces.
 */
#include "gw/admin/control.h"

#include "gw/admin/control_priv.h"
#include "gw/apply.h"
#include "gw/rt/net.h"
#include "gw/trace_file.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <utlist.h>

#define ARGV_MAX     32
#define CLIENTS_MAX  32
#define PIECE        ((size_t)256 << 10)
#define PENDING_MAX  ((size_t)1 << 20)
#define PIECE_PERIOD (5 * RT_MS)
/** Answers a client may leave unread. */
#define ANSWERS_MAX ((size_t)64 << 20)
/** Packets that a client which follows may leave unread. */
#define FOLLOW_MAX ((size_t)8 << 20)
/** Requests that wait. */
#define WAITING_MAX ((size_t)64 << 10)

struct conn {
    struct gw_control *control;
    struct rt_stream *stream;
    struct rt_buf out; /* the answer, from `sent` on still to go */
    size_t sent;
    struct rt_timer timer;
    struct gw_trace_follower follower;
    struct rt_buf in;         /* lines that are not answered yet */
    struct gw_apply_job *job; /* whose end is waited for: no line is answered before it */
    unsigned uid;
    struct conn *prev, *next;
};

struct gw_control {
    struct rt_loop *loop;
    struct gw *const *gw;
    struct rt_listener *listener;
    void (*stop)(void *arg);
    void *arg;
    struct conn *conns;
    unsigned nconns;
};

/* ---- one request ---- */

/** The words of {"argv": [...]}; borrowed from `root`. EBADMSG. */
static int take_argv(const char **argv, size_t *argc, const json_t *root)
{
    const json_t *array = json_object_get(root, "argv");
    size_t n = json_array_size(array);

    if (!json_is_array(array) || n == 0 || n > ARGV_MAX)
        return EBADMSG;
    for (size_t i = 0; i < n; i++) {
        argv[i] = json_string_value(json_array_get(array, i));
        if (!argv[i])
            return EBADMSG;
    }
    *argc = n;
    return 0;
}

/** All but the closing line. */
static int answer(struct gw_answer *a, struct rt_str line)
{
    const char *argv[ARGV_MAX];
    size_t argc = 0;
    json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    int code;

    if (root && take_argv(argv, &argc, root) == 0)
        code = gw_control_run(a, argc, argv);
    else
        code = gw_answer_fail(a, GW_EXIT_USAGE, "not a request: {\"argv\": [\"show\", ...]}");
    json_decref(root);
    return code;
}

void gw_control_answer(struct gw *gw, struct rt_str line, struct rt_buf *out, bool *stop)
{
    struct gw_answer a = {.gw = gw, .plan = gw ? gw->plan : NULL, .out = out};
    int code = answer(&a, line);

    if (a.follow.kind == GW_TRACE_NUMBER) /* nobody is there to follow */
        dp_pattern_free(a.follow.pattern);
    gw_answer_close(&a, code);
    *stop = a.stop;
}

/* ---- connections ---- */

static void conn_free(struct conn *c)
{
    DL_DELETE(c->control->conns, c);
    c->control->nconns--;
    rt_timer_stop(&c->timer);
    gw_trace_unfollow(&c->follower);
    gw_apply_forget(c->job);
    rt_stream_close(c->stream);
    rt_buf_release(&c->in);
    rt_buf_release(&c->out);
    free(c);
}

/** Sends what the stream takes now; the timer sends the rest. Frees `c` when the stream is dead. */
static void send_piece(void *arg)
{
    struct conn *c = arg;

    while (c->sent < c->out.n && rt_stream_pending(c->stream) < PENDING_MAX) {
        size_t n = c->out.n - c->sent < PIECE ? c->out.n - c->sent : PIECE;
        if (rt_stream_write(c->stream, c->out.p + c->sent, n) != 0) {
            conn_free(c);
            return;
        }
        c->sent += n;
    }
    if (c->sent < c->out.n) {
        rt_timer_start(&c->timer, PIECE_PERIOD);
        return;
    }
    rt_buf_release(&c->out); /* a long answer's memory is not kept for the next short one */
    c->sent = 0;
}

/** A packet for a client that follows. What it does not take in time is missing. */
static void on_block(void *arg, struct rt_str block)
{
    struct conn *c = arg;

    if (c->out.n - c->sent > FOLLOW_MAX) {
        rt_count(&gw_trace_counters[GW_TRACE_DROPPED]);
        return;
    }
    gw_answer_pcapng(&c->out, block);
    if (!rt_timer_running(&c->timer))
        rt_timer_start(&c->timer, PIECE_PERIOD);
}

static void on_applied(void *arg, const struct gw_apply_result *r);

/** Answers one line; what follows something is closed by the client's leaving. */
static void take_line(struct conn *c, struct rt_str line, bool *stop)
{
    struct gw *gw = *c->control->gw;
    struct gw_answer a = {.gw = gw, .plan = gw ? gw->plan : NULL, .out = &c->out, .uid = c->uid};
    int code = answer(&a, line);

    if (a.job) {
        c->job = a.job;
        gw_apply_await(a.job, on_applied, c);
        return;
    }
    if (a.follow.kind != GW_TRACE_NOTHING) {
        if (gw_trace_follow(&c->follower, gw->trace, &a.follow, on_block, c) == 0)
            return;
        code = gw_answer_fail(&a, GW_EXIT_FAILED, "too many traces are running");
    }
    gw_answer_close(&a, code);
    *stop = *stop || a.stop;
}

static bool too_much(const struct conn *c)
{
    return c->out.failed || c->out.n > ANSWERS_MAX || c->in.failed || c->in.n > WAITING_MAX;
}

/** Every whole line is a request; the answers queue up. May free `c`. */
static void take_lines(struct conn *c)
{
    struct gw_control *control = c->control;
    size_t used = 0;
    bool stop = false;

    for (const char *end; !c->job && !too_much(c) && c->in.n > used &&
                          (end = memchr(c->in.p + used, '\n', c->in.n - used)) != NULL;) {
        struct rt_str line = {c->in.p + used, (size_t)(end - c->in.p) - used};
        take_line(c, line, &stop);
        used += line.n + 1;
    }
    if (used > 0) {
        memmove(c->in.p, c->in.p + used, c->in.n - used);
        c->in.n -= used;
    }
    if (too_much(c))
        conn_free(c);
    else
        send_piece(c);
    if (stop)
        control->stop(control->arg);
}

/** The plan is in force, or refused. */
static void on_applied(void *arg, const struct gw_apply_result *r)
{
    struct conn *c = arg;
    struct gw *gw = *c->control->gw;
    struct gw_answer a = {.gw = gw, .plan = gw->plan, .out = &c->out, .uid = c->uid};

    c->job = NULL;
    gw_answer_close(&a, gw_answer_applied(&a, r));
    take_lines(c);
}

static size_t on_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    struct conn *c = arg;

    (void)s;
    rt_buf_put(&c->in, buf, len);
    take_lines(c);
    return len;
}

static void on_closed(void *arg, struct rt_stream *s, int err)
{
    (void)s;
    (void)err;
    conn_free(arg);
}

static const struct rt_stream_ops conn_ops = {.data = on_data, .closed = on_closed};

static void on_accept(void *arg, struct rt_stream *s)
{
    struct gw_control *control = arg;
    struct conn *c = control->nconns < CLIENTS_MAX ? calloc(1, sizeof *c) : NULL;

    if (!c)
        return; /* without an owner the stream is closed */
    c->control = control;
    c->stream = s;
    (void)rt_stream_uid(s, &c->uid); /* a UNIX socket says who is there */
    rt_timer_init(&c->timer, control->loop, send_piece, c);
    rt_stream_own(s, &conn_ops, c);
    DL_APPEND(control->conns, c);
    control->nconns++;
}

/* ---- life ---- */

int gw_control_new(struct gw_control **out, struct rt_loop *loop, struct gw *const *gw,
                   const char *path, void (*stop)(void *arg), void *arg)
{
    union rt_addr addr;
    int err = rt_addr_unix(&addr, path);

    if (err != 0)
        return err;
    struct gw_control *control = calloc(1, sizeof *control);
    if (!control)
        return ENOMEM;
    *control = (struct gw_control){.loop = loop, .gw = gw, .stop = stop, .arg = arg};
    err = rt_listen(&control->listener, loop, &addr, on_accept, control);
    if (err != 0) {
        free(control);
        return err;
    }
    *out = control;
    return 0;
}

void gw_control_free(struct gw_control *control)
{
    if (!control)
        return;
    while (control->conns)
        conn_free(control->conns);
    rt_listener_close(control->listener);
    free(control);
}
