/* Byte streams of the kernel: TCP and UNIX sockets, connected or accepted, with a queue each way.
 */
#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/os_listen.h"
#include "gw/rt/os_loop.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define WRITE_LIMIT (4u << 20)
#define READ_LIMIT  (64u << 10)
#define READ_CHUNK  (16u << 10)

struct rt_stream {
    int fd;
    struct rt_watch watch;
    struct rt_loop *loop;
    const struct rt_stream_ops *ops;
    void *arg;
    struct rt_buf in, out;
    size_t sent; /* of out */
    size_t limit;
    bool connecting, ended, closing;
    union rt_addr peer, local;
    struct rt_defer reaper;
};

static void reap(void *arg)
{
    struct rt_stream *s = arg;

    rt_buf_release(&s->in);
    rt_buf_release(&s->out);
    free(s);
}

static void destroy(struct rt_stream *s)
{
    rt_watch_stop(&s->watch);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    rt_defer_start(&s->reaper);
}

/** The far end or the kernel ended it: told once; a stream being closed just goes. */
static void end(struct rt_stream *s, int err)
{
    if (s->ended)
        return;
    s->ended = true;
    if (s->closing) {
        destroy(s);
        return;
    }
    rt_watch_stop(&s->watch);
    if (s->ops)
        s->ops->closed(s->arg, s, err);
}

static void want(struct rt_stream *s)
{
    bool more = s->sent < s->out.n || s->connecting;
    if (s->watch.loop)
        rt_watch_events(&s->watch, (s->closing ? 0 : EPOLLIN) | (more ? EPOLLOUT : 0));
}

static void flush(struct rt_stream *s)
{
    while (s->sent < s->out.n) {
        ssize_t n = send(s->fd, s->out.p + s->sent, s->out.n - s->sent, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                end(s, errno);
                return;
            }
            break;
        }
        s->sent += (size_t)n;
    }
    if (s->sent == s->out.n) {
        rt_buf_reset(&s->out);
        s->sent = 0;
        if (s->closing) {
            end(s, 0);
            return;
        }
    }
    want(s);
}

static void finish_connect(struct rt_stream *s)
{
    int err = 0;
    socklen_t len = sizeof err;

    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err != 0) {
        end(s, err);
        return;
    }
    s->connecting = false;
    len = sizeof s->local;
    getsockname(s->fd, &s->local.sa, &len);
    if (s->ops && s->ops->connected && !s->closing)
        s->ops->connected(s->arg, s);
    if (!s->ended && s->fd >= 0)
        flush(s);
}

/** Hands over what has come; true while the stream lives on. */
static bool hand_over(struct rt_stream *s)
{
    while (s->in.n > 0 && !s->closing) {
        size_t used = s->ops->data(s->arg, s, s->in.p, s->in.n);
        if (used == 0)
            break;
        memmove(s->in.p, s->in.p + used, s->in.n - used);
        s->in.n -= used;
    }
    return !s->ended && !s->closing;
}

static void receive(struct rt_stream *s)
{
    char chunk[READ_CHUNK];

    for (;;) {
        ssize_t n = recv(s->fd, chunk, sizeof chunk, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            end(s, n == 0 ? 0 : errno);
            return;
        }
        rt_buf_put(&s->in, chunk, (size_t)n);
        if (s->in.failed) {
            end(s, ENOMEM);
            return;
        }
        if (!hand_over(s))
            return;
        if (s->in.n > s->limit) {
            end(s, EMSGSIZE);
            return;
        }
    }
}

static void on_event(void *arg, uint32_t events)
{
    struct rt_stream *s = arg;

    if (s->connecting) {
        finish_connect(s);
        return;
    }
    if (events & EPOLLOUT)
        flush(s);
    if (!s->ended && !s->closing && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        receive(s);
    else if (s->closing && !s->ended && (events & (EPOLLHUP | EPOLLERR)))
        end(s, EPIPE);
}

static int stream_new(struct rt_stream **out, struct rt_loop *loop, int fd,
                      const union rt_addr *peer)
{
    struct rt_stream *s = calloc(1, sizeof *s);
    int on = 1;

    if (!s)
        return ENOMEM;
    s->fd = fd;
    s->loop = loop;
    s->peer = *peer;
    s->limit = READ_LIMIT;
    rt_defer_init(&s->reaper, loop, reap, s);
    if (peer->sa.sa_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *out = s;
    return 0;
}

int rt_stream_connect(struct rt_stream **out, struct rt_loop *loop, const union rt_addr *to,
                      const struct rt_stream_ops *ops, void *arg)
{
    struct rt_stream *s;
    int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno;
    if (connect(fd, &to->sa, rt_addr_size(to)) != 0 && errno != EINPROGRESS) {
        int err = errno;
        close(fd);
        return err;
    }
    int err = stream_new(&s, loop, fd, to);
    if (err != 0) {
        close(fd);
        return err;
    }
    s->ops = ops;
    s->arg = arg;
    s->connecting = true;
    err = rt_watch_start(&s->watch, loop, fd, EPOLLOUT, on_event, s);
    if (err != 0) {
        destroy(s);
        return err;
    }
    *out = s;
    return 0;
}

void rt_stream_own(struct rt_stream *s, const struct rt_stream_ops *ops, void *arg)
{
    s->ops = ops;
    s->arg = arg;
}

int rt_stream_write(struct rt_stream *s, const void *buf, size_t len)
{
    if (s->ended || s->closing)
        return EPIPE;
    if (rt_stream_pending(s) + len > WRITE_LIMIT)
        return ENOBUFS;
    bool idle = s->out.n == 0 && !s->connecting;
    if (idle) {
        ssize_t n = send(s->fd, buf, len, MSG_NOSIGNAL);
        if (n == (ssize_t)len)
            return 0;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return errno == EPIPE || errno == ECONNRESET ? EPIPE : errno;
        if (n > 0) {
            buf = (const char *)buf + n;
            len -= (size_t)n;
        }
    }
    rt_buf_put(&s->out, buf, len);
    if (s->out.failed)
        return ENOMEM;
    want(s);
    return 0;
}

size_t rt_stream_pending(const struct rt_stream *s)
{
    return s->out.n - s->sent;
}

void rt_stream_set_limit(struct rt_stream *s, size_t octets)
{
    s->limit = octets;
}

void rt_stream_close(struct rt_stream *s)
{
    if (!s || s->closing)
        return;
    s->closing = true;
    if (s->ended || rt_stream_pending(s) == 0)
        destroy(s);
    else
        want(s);
}

const union rt_addr *rt_stream_peer(const struct rt_stream *s)
{
    return &s->peer;
}

int rt_stream_uid(const struct rt_stream *s, unsigned *uid)
{
    struct ucred cred;
    socklen_t len = sizeof cred;

    if (getsockopt(s->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
        return errno;
    if (cred.uid == (uid_t)-1)
        return ENOTSUP; /* it is no UNIX socket */
    *uid = cred.uid;
    return 0;
}

void rt_user_name(char *out, size_t cap, unsigned uid)
{
    char room[4096];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(uid, &entry, room, sizeof room, &found) == 0 && found)
        rt_str_copy(out, cap, rt_str(found->pw_name));
    else
        snprintf(out, cap, "uid %u", uid);
}

const union rt_addr *rt_stream_local(const struct rt_stream *s)
{
    return &s->local;
}

/* ---- listening ---- */

struct rt_listener {
    int fd;
    struct rt_watch watch;
    struct rt_loop *loop;
    rt_accept_fn *fn;
    void *arg;
    union rt_addr local;
};

static void take(struct rt_listener *l, int fd, const union rt_addr *peer)
{
    struct rt_stream *s;
    socklen_t len = sizeof s->local;

    if (stream_new(&s, l->loop, fd, peer) != 0) {
        close(fd);
        return;
    }
    getsockname(fd, &s->local.sa, &len);
    l->fn(l->arg, s);
    if (!s->ops || s->closing ||
        rt_watch_start(&s->watch, l->loop, fd, EPOLLIN, on_event, s) != 0) {
        if (!s->closing)
            destroy(s);
        return;
    }
    want(s);
}

static void on_accept(void *arg, uint32_t events)
{
    struct rt_listener *l = arg;
    union rt_addr peer;

    (void)events;
    for (unsigned i = 0; i < 64; i++) {
        socklen_t len = sizeof peer;
        memset(&peer, 0, sizeof peer);
        int fd = accept4(l->fd, &peer.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (l->local.sa.sa_family == AF_UNIX)
            peer.sa.sa_family = AF_UNIX;
        take(l, fd, &peer);
    }
}

int rt_listen(struct rt_listener **out, struct rt_loop *loop, const union rt_addr *local,
              rt_accept_fn *fn, void *arg)
{
    struct rt_listener *l = calloc(1, sizeof *l);

    if (!l)
        return ENOMEM;
    l->fd = -1;
    l->loop = loop;
    l->fn = fn;
    l->arg = arg;
    int err = rt_listen_open(&l->fd, local, 0, &l->local);
    if (err == 0)
        err = rt_watch_start(&l->watch, loop, l->fd, EPOLLIN, on_accept, l);
    if (err != 0) {
        if (l->fd >= 0)
            rt_listen_close(l->fd, &l->local);
        free(l);
        return err;
    }
    *out = l;
    return 0;
}

void rt_listener_close(struct rt_listener *l)
{
    if (!l)
        return;
    rt_watch_stop(&l->watch);
    rt_listen_close(l->fd, &l->local);
    free(l);
}

const union rt_addr *rt_listener_local(const struct rt_listener *l)
{
    return &l->local;
}
