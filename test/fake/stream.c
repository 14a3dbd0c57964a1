/* The fake network's streams: pairs of handles whose octets arrive in the next round. */
#include "fake_priv.h"

#include "gw/rt/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define WRITE_LIMIT     (4u << 20)
#define READ_LIMIT      (64u << 10)
#define FIRST_FREE_PORT 40000

struct rt_stream {
    const struct rt_stream_ops *ops;
    void *arg;
    struct rt_stream *other; /* NULL: gone */
    struct rt_listener *at;  /* that has yet to accept it: its process stands still */
    struct rt_buf in;        /* arrived, not consumed */
    size_t limit;
    bool fresh; /* octets came since the last hand-over */
    bool say_connected;
    bool say_closed, told; /* the far end has gone; its owner knows */
    bool closed;           /* by its owner */
    int error;
    struct fake_place owner;
    union rt_addr peer, local;
    struct rt_stream *prev, *next;
};

struct rt_listener {
    rt_accept_fn *fn;
    void *arg;
    struct fake_place owner;
    union rt_addr local;
    struct rt_listener *prev, *next;
};

static struct rt_stream *streams;
static struct rt_listener *listeners;
static uint16_t free_port = FIRST_FREE_PORT;
static bool restless; /* one of them may be due */
static fake_stream_fn *hook;
static void *hook_arg;

void fake_stream_hook(fake_stream_fn *fn, void *arg)
{
    hook = fn;
    hook_arg = arg;
}

/** What the script makes of octets on their way; asked in nobody's name. */
static bool carried(const struct rt_stream *s, const void *buf, size_t len)
{
    if (!hook || s->peer.sa.sa_family == AF_UNIX)
        return true;
    struct fake_place before = fake_enter(0, NULL);
    bool carries = hook(hook_arg, &s->local, &s->peer, buf, len);
    fake_leave(before);
    return carries;
}

/** Both ends are told that it is over. */
static void break_off(struct rt_stream *s)
{
    struct rt_stream *ends[] = {s, s->other};

    for (unsigned i = 0; i < 2; i++) {
        ends[i]->error = ECONNRESET;
        ends[i]->say_closed = true;
        ends[i]->other = NULL;
    }
    restless = true;
}

static uint16_t next_port(void)
{
    uint16_t port = free_port++;

    if (free_port == 0)
        free_port = FIRST_FREE_PORT;
    return port;
}

static struct rt_stream *stream_new(unsigned process, struct rt_loop *loop)
{
    struct rt_stream *s = fake_alloc(sizeof *s);

    s->owner = (struct fake_place){process, loop};
    s->limit = READ_LIMIT;
    restless = true;
    DL_APPEND(streams, s);
    return s;
}

static struct rt_listener *listening(const union rt_addr *to)
{
    struct rt_listener *l;

    DL_FOREACH(listeners, l)
    {
        if (rt_addr_equal(&l->local, to))
            return l;
        if (to->sa.sa_family == l->local.sa.sa_family && rt_addr_is_any(&l->local) &&
            rt_addr_port(&l->local) == rt_addr_port(to))
            return l;
    }
    return NULL;
}

static bool listener_stalls(const struct rt_listener *l)
{
    return fake_stalled_until(l->owner.process, l->owner.loop) != 0;
}

static void take_in(struct rt_stream *s, struct rt_listener *l)
{
    struct fake_place before = fake_enter(l->owner.process, l->owner.loop);

    s->at = NULL;
    l->fn(l->arg, s);
    if (!s->ops)
        rt_stream_close(s);
    fake_leave(before);
}

/** The listener's end of `s`. */
static void answer(struct rt_stream *s, struct rt_listener *l)
{
    struct rt_stream *t = stream_new(l->owner.process, l->owner.loop);

    s->other = t;
    t->other = s;
    s->say_connected = true;
    t->local = s->peer;
    t->peer = s->peer.sa.sa_family == AF_UNIX ? s->peer : s->local;
    t->at = l;
    if (!listener_stalls(l))
        take_in(t, l);
}

int rt_stream_connect(struct rt_stream **out, struct rt_loop *loop, const union rt_addr *to,
                      const struct rt_stream_ops *ops, void *arg)
{
    struct rt_listener *l = listening(to);
    int err;

    if (fake_net_failing(&err))
        return err;
    if (!l && to->sa.sa_family == AF_UNIX)
        return ENOENT;
    struct rt_stream *s = stream_new(fake_process_now(), loop);
    s->ops = ops;
    s->arg = arg;
    s->peer = *to;
    *out = s;
    rt_local_towards(&s->local, to);
    if (l)
        rt_addr_set_port(&s->local, next_port());
    bool carries = carried(s, NULL, 0);
    if (l && carries) {
        answer(s, l);
        return 0;
    }
    s->say_closed = true;
    s->error = carries ? ECONNREFUSED : ETIMEDOUT;
    return 0;
}

void rt_stream_own(struct rt_stream *s, const struct rt_stream_ops *ops, void *arg)
{
    s->ops = ops;
    s->arg = arg;
}

int rt_stream_write(struct rt_stream *s, const void *buf, size_t len)
{
    if (s->closed || s->told || !s->other)
        return EPIPE;
    if (rt_stream_pending(s) + len > WRITE_LIMIT)
        return ENOBUFS;
    if (!carried(s, buf, len)) {
        break_off(s);
        return 0;
    }
    fake_put(&s->other->in, buf, len);
    s->other->fresh = true;
    restless = true;
    return 0;
}

size_t rt_stream_pending(const struct rt_stream *s)
{
    return s->other && s->other->fresh ? s->other->in.n : 0;
}

void rt_stream_set_limit(struct rt_stream *s, size_t octets)
{
    s->limit = octets;
}

void rt_stream_close(struct rt_stream *s)
{
    if (!s || s->closed)
        return;
    s->closed = true;
    restless = true;
    if (s->other) {
        s->other->say_closed = true;
        s->other->other = NULL;
        s->other = NULL;
    }
}

const union rt_addr *rt_stream_peer(const struct rt_stream *s)
{
    return &s->peer;
}

int rt_stream_uid(const struct rt_stream *s, unsigned *uid)
{
    if (s->peer.sa.sa_family != AF_UNIX)
        return ENOTSUP;
    *uid = 1000;
    return 0;
}

void rt_user_name(char *out, size_t cap, unsigned uid)
{
    snprintf(out, cap, "uid %u", uid);
}

const union rt_addr *rt_stream_local(const struct rt_stream *s)
{
    return &s->local;
}

int rt_listen(struct rt_listener **out, struct rt_loop *loop, const union rt_addr *local,
              rt_accept_fn *fn, void *arg)
{
    int err;

    if (fake_net_failing(&err))
        return err;
    if (listening(local))
        return EADDRINUSE;
    struct rt_listener *l = fake_alloc(sizeof *l);
    l->owner = (struct fake_place){fake_process_now(), loop};
    l->fn = fn;
    l->arg = arg;
    l->local = *local;
    if (local->sa.sa_family != AF_UNIX && rt_addr_port(local) == 0)
        rt_addr_set_port(&l->local, next_port());
    DL_APPEND(listeners, l);
    *out = l;
    return 0;
}

static void reset_stream(struct rt_stream *s)
{
    if (s->other)
        s->other->error = ECONNRESET;
    rt_stream_close(s);
}

void rt_listener_close(struct rt_listener *l)
{
    struct rt_stream *s;

    if (!l)
        return;
    DL_FOREACH(streams, s)
    if (s->at == l)
        reset_stream(s);
    DL_DELETE(listeners, l);
    free(l);
}

const union rt_addr *rt_listener_local(const struct rt_listener *l)
{
    return &l->local;
}

/* ---- delivery ---- */

static bool due(const struct rt_stream *s)
{
    return s->closed || s->at || s->say_connected || s->fresh || (s->say_closed && !s->told);
}

/** When it is due; INT64_MAX: not at all. */
static rt_time due_at(const struct rt_stream *s)
{
    if (!due(s))
        return INT64_MAX;
    rt_time until = s->closed ? 0 : fake_stalled_until(s->owner.process, s->owner.loop);
    return until ? until : rt_now();
}

rt_time fake_stream_next(void)
{
    rt_time best = INT64_MAX;
    struct rt_stream *s;

    if (!restless)
        return best;
    DL_FOREACH(streams, s)
    {
        rt_time at = due_at(s);
        if (at < best)
            best = at;
    }
    restless = best != INT64_MAX;
    return best;
}

static void tell_closed(struct rt_stream *s, int err)
{
    s->told = true;
    if (s->ops)
        s->ops->closed(s->arg, s, err);
}

static void hand_over(struct rt_stream *s)
{
    s->fresh = false;
    while (s->in.n > 0 && !s->closed) {
        size_t used = s->ops->data(s->arg, s, s->in.p, s->in.n);
        if (used == 0)
            break;
        memmove(s->in.p, s->in.p + used, s->in.n - used);
        s->in.n -= used;
    }
    if (!s->closed && s->in.n > s->limit)
        tell_closed(s, EMSGSIZE);
}

static void run(struct rt_stream *s)
{
    if (s->at)
        take_in(s, s->at);
    if (s->say_connected && !s->closed) {
        s->say_connected = false;
        if (s->ops && s->ops->connected)
            s->ops->connected(s->arg, s);
    }
    if (s->fresh && !s->closed && !s->told && s->ops)
        hand_over(s);
    s->fresh = false;
    if (s->say_closed && !s->told && !s->closed)
        tell_closed(s, s->error);
}

static void forget(struct rt_stream *s)
{
    rt_buf_release(&s->in);
    DL_DELETE(streams, s);
    free(s);
}

void fake_stream_deliver(void)
{
    if (!restless)
        return;
    for (struct rt_stream *s = streams, *next; s; s = next) {
        next = s->next;
        if (s->closed)
            forget(s);
    }
    for (struct rt_stream *s = streams; s; s = s->next)
        if (!s->closed && due_at(s) <= rt_now()) {
            struct fake_place before = fake_enter(s->owner.process, s->owner.loop);
            run(s);
            fake_leave(before);
        }
}

void fake_stream_kill(unsigned process)
{
    struct rt_stream *s;

    DL_FOREACH(streams, s)
    if (s->owner.process == process && !s->closed)
        reset_stream(s);
    for (struct rt_listener *l = listeners, *next; l; l = next) {
        next = l->next;
        if (l->owner.process == process)
            rt_listener_close(l);
    }
}

void fake_stream_loop_gone(const struct rt_loop *loop)
{
    struct rt_stream *s;
    struct rt_listener *l;

    DL_FOREACH(streams, s)
    if (s->owner.loop == loop)
        s->owner.loop = NULL;
    DL_FOREACH(listeners, l)
    if (l->owner.loop == loop)
        l->owner.loop = NULL;
}

void fake_stream_reset(void)
{
    while (streams)
        forget(streams);
    while (listeners)
        rt_listener_close(listeners);
    free_port = FIRST_FREE_PORT;
    hook = NULL;
}

void fake_stream_leaks(struct fake_leaks *out)
{
    struct rt_stream *s;
    struct rt_listener *l;

    DL_FOREACH(streams, s)
    out->streams += !s->closed;
    DL_FOREACH(listeners, l)
    out->listeners++;
}
