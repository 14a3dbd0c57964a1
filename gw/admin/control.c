/* The control socket's server: takes request lines from clients and sends back what the verbs
 * write.
 *
 * An answer may be longer than a stream takes at once, so it waits beside the connection and goes
 * out in pieces.
 */
#include "gw/admin/control.h"

#include "gw/admin/control_request.h"
#include "gw/aside.h"
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
    struct rt_buf in;          /* lines that are not answered yet */
    struct gw_request request; /* the one in hand */
    bool busy;                 /* it ends later: no line is answered before */
    unsigned uid;
    struct conn *prev, *next;
};

struct gw_control {
    struct rt_loop *loop;
    struct gw *const *gw;
    struct rt_listener *listener;
    void (*stop)(void *arg);
    void *arg;
    struct gw_aside *names; /* who is user 1000? A directory may have to be asked */
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

/** The answer to one line, closed unless something is followed; GW_REQUEST_LATER. */
static int answer(struct gw_request *q, struct rt_str line)
{
    const char *argv[ARGV_MAX];
    size_t argc = 0;
    json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    int code = GW_EXIT_USAGE;

    if (root && take_argv(argv, &argc, root) == 0) {
        code = gw_request_begin(q, argc, argv);
    } else {
        q->answer = (struct gw_answer){.out = q->out};
        gw_answer_fail(&q->answer, GW_EXIT_USAGE, "not a request: {\"argv\": [\"show\", ...]}");
        gw_answer_close(&q->answer, code);
    }
    json_decref(root);
    return code;
}

void gw_control_answer(struct gw *gw, struct rt_str line, struct rt_buf *out, bool *stop)
{
    struct gw_request q = {.gw = &gw, .out = out, .from = "cli"};
    struct gw_answer *a = &q.answer;
    int code = answer(&q, line);

    if (a->follow.kind == GW_TRACE_NUMBER) /* nobody is there to follow */
        dp_pattern_free(a->follow.pattern);
    if (a->follow.kind != GW_TRACE_NOTHING && code == GW_EXIT_OK)
        gw_answer_close(a, code);
    if (code == GW_REQUEST_LATER) { /* nor to wait */
        q.write = false;
        gw_request_forget(&q);
        gw_answer_close(a, GW_EXIT_OK);
    }
    *stop = a->stop;
}

/* ---- the audit log ---- */

/** A line of which it has to be found out who the user is. */
struct audited {
    struct gw_aside_job aside;
    struct gw *const *gw;
    unsigned uid;
    uint64_t seen;
    struct gw_audit_entry entry;
};

static void find_name(struct gw_aside_job *j)
{
    struct audited *w = (struct audited *)j;
    rt_user_name(w->entry.who, sizeof w->entry.who, w->uid);
}

static void note_entry(struct gw_aside_job *j)
{
    struct audited *w = (struct audited *)j;
    gw_request_note(*w->gw, &w->entry, w->seen);
    free(w);
}

/** The daemon ends: what led to that above all has to be written down. */
static void note_at_once(struct gw_aside_job *j)
{
    find_name(j);
    note_entry(j);
}

/** Of a connection's request. */
static void on_note(void *arg, const struct gw_audit_entry *e, uint64_t seen)
{
    struct conn *c = arg;
    struct audited *w = calloc(1, sizeof *w);

    if (!w) {
        gw_request_note(*c->control->gw, e, seen);
        return;
    }
    w->aside = (struct gw_aside_job){.work = find_name, .done = note_entry, .drop = note_at_once};
    w->gw = c->control->gw;
    w->uid = c->uid;
    w->seen = seen;
    w->entry = *e;
    gw_aside_do(c->control->names, &w->aside);
}

/* ---- connections ---- */

static void conn_free(struct conn *c)
{
    DL_DELETE(c->control->conns, c);
    c->control->nconns--;
    rt_timer_stop(&c->timer);
    gw_trace_unfollow(&c->follower);
    if (c->busy)
        gw_request_forget(&c->request);
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

/** The call that the client follows is over, and so is the answer. */
static void over(struct conn *c)
{
    struct gw_answer a = {.gw = *c->control->gw, .out = &c->out};

    gw_trace_unfollow(&c->follower);
    gw_answer_close(&a, GW_EXIT_OK);
    if (!rt_timer_running(&c->timer))
        rt_timer_start(&c->timer, PIECE_PERIOD);
}

/** A packet for a client that follows. What it does not take in time is missing. */
static void on_block(void *arg, struct rt_str block)
{
    struct conn *c = arg;

    if (block.n == 0) {
        over(c);
        return;
    }
    if (c->out.n - c->sent > FOLLOW_MAX) {
        rt_count(&gw_trace_counters[GW_TRACE_DROPPED]);
        return;
    }
    gw_answer_pcapng(&c->out, block);
    if (!rt_timer_running(&c->timer))
        rt_timer_start(&c->timer, PIECE_PERIOD);
}

static void on_request_done(void *arg, int code);

/** Answers one line; what follows something is closed by the client's leaving. */
static void take_line(struct conn *c, struct rt_str line, bool *stop)
{
    struct gw *const *gw = c->control->gw;
    struct gw_request *q = &c->request;
    struct gw_answer *a = &q->answer;

    *q = (struct gw_request){.gw = gw,
                             .out = &c->out,
                             .from = "cli",
                             .uid = c->uid,
                             .done = on_request_done,
                             .note = on_note,
                             .arg = c};
    int code = answer(q, line);

    c->busy = code == GW_REQUEST_LATER;
    *stop = *stop || a->stop;
    if (a->follow.kind == GW_TRACE_NOTHING || code != GW_EXIT_OK)
        return;
    if (gw_trace_follow(&c->follower, (*gw)->trace, &a->follow, on_block, c) != 0)
        gw_answer_close(a, gw_answer_fail(a, GW_EXIT_FAILED, "too many traces are running"));
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

    for (const char *end; !c->busy && !too_much(c) && c->in.n > used &&
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

static void on_request_done(void *arg, int code)
{
    struct conn *c = arg;

    (void)code;
    c->busy = false;
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
    if (err == 0)
        err = gw_aside_new(&control->names, loop);
    if (err != 0) {
        rt_listener_close(control->listener);
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
    gw_aside_free(control->names);
    free(control);
}
