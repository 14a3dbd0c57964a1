/* The fake network's streams: pairs of handles whose octets arrive in the next round. */
#include "fake_priv.h"

#include "gw/rt/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define WRITE_LIMIT (4u << 20)
#define READ_LIMIT  (64u << 10)

struct rt_stream {
    const struct rt_stream_ops *ops;
    void *arg;
    struct rt_stream *other; /* NULL: gone */
    struct rt_buf in;        /* arrived, not consumed */
    size_t limit;
    bool fresh; /* octets came since the last hand-over */
    bool say_connected;
    bool say_closed, told; /* the far end has gone; its owner knows */
    bool closed;           /* by its owner */
    int error;
    union rt_addr peer, local;
    struct rt_stream *prev, *next;
};

struct rt_listener {
    rt_accept_fn *fn;
    void *arg;
    union rt_addr local;
    struct rt_listener *prev, *next;
};

static struct rt_stream *streams;
static struct rt_listener *listeners;
static uint16_t free_port = 40000;

static struct rt_stream *stream_new(void)
{
    struct rt_stream *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->limit = READ_LIMIT;
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

int rt_stream_connect(struct rt_stream **out, struct rt_loop *loop, const union rt_addr *to,
                      const struct rt_stream_ops *ops, void *arg)
{
    struct rt_listener *l = listening(to);
    int err;

    (void)loop;
    if (fake_net_failing(&err))
        return err;
    if (!l && to->sa.sa_family == AF_UNIX)
        return ENOENT;
    struct rt_stream *s = stream_new();
    if (!s)
        return ENOMEM;
    s->ops = ops;
    s->arg = arg;
    s->peer = *to;
    *out = s;
    if (!l) {
        s->say_closed = true;
        s->error = ECONNREFUSED;
        return 0;
    }
    rt_local_towards(&s->local, to);
    rt_addr_set_port(&s->local, free_port++);
    struct rt_stream *t = stream_new();
    if (!t)
        return ENOMEM;
    s->other = t;
    t->other = s;
    s->say_connected = true;
    t->local = *to;
    t->peer = to->sa.sa_family == AF_UNIX ? *to : s->local;
    l->fn(l->arg, t);
    if (!t->ops)
        rt_stream_close(t);
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
    rt_buf_put(&s->other->in, buf, len);
    s->other->fresh = true;
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

    (void)loop;
    if (fake_net_failing(&err))
        return err;
    if (listening(local))
        return EADDRINUSE;
    struct rt_listener *l = calloc(1, sizeof *l);
    if (!l)
        return ENOMEM;
    l->fn = fn;
    l->arg = arg;
    l->local = *local;
    if (local->sa.sa_family != AF_UNIX && rt_addr_port(local) == 0)
        rt_addr_set_port(&l->local, free_port++);
    DL_APPEND(listeners, l);
    *out = l;
    return 0;
}

void rt_listener_close(struct rt_listener *l)
{
    if (!l)
        return;
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
    return s->closed || s->say_connected || s->fresh || (s->say_closed && !s->told);
}

rt_time fake_stream_next(void)
{
    struct rt_stream *s;

    DL_FOREACH(streams, s)
    if (due(s))
        return rt_now();
    return INT64_MAX;
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
    for (struct rt_stream *s = streams, *next; s; s = next) {
        next = s->next;
        if (s->closed)
            forget(s);
    }
    for (struct rt_stream *s = streams; s; s = s->next)
        if (due(s) && !s->closed)
            run(s);
}

void fake_stream_reset(void)
{
    while (streams)
        forget(streams);
    while (listeners)
        rt_listener_close(listeners);
    free_port = 40000;
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
