/* Where the HTTP server listens: TCP and UNIX sockets. */
#include "gw/rt/os_http_priv.h"
#include "gw/rt/os_listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#define FILE_MODE 0660 /* of a UNIX socket */
#define BATCH     64   /* connections accepted before others have their turn */
#define RETRY     (200 * RT_MS)

static void on_retry(void *arg)
{
    struct rt_http_listener *l = arg;

    rt_watch_events(&l->watch, EPOLLIN);
}

static void on_accept(void *arg, uint32_t events)
{
    struct rt_http_listener *l = arg;

    (void)events;
    for (int i = 0; i < BATCH; i++) {
        union rt_addr peer;
        socklen_t len = sizeof peer;
        memset(&peer, 0, sizeof peer);
        int fd = accept4(l->fd, &peer.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED))
            return;
        if (fd < 0) { /* no descriptors: another try now would fail as well */
            rt_watch_events(&l->watch, 0);
            rt_timer_start(&l->retry, RETRY);
            return;
        }
        if (l->local.sa.sa_family == AF_UNIX)
            peer.sa.sa_family = AF_UNIX;
        else
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        rt_http_take(l->http, fd, &peer);
    }
}

int rt_http_listen(struct rt_http *h, const union rt_addr *local, struct rt_buf *why)
{
    struct rt_http_listener *l = &h->listener[h->nlisteners];
    char text[RT_ADDR_LEN];

    *l = (struct rt_http_listener){.http = h, .fd = -1};
    rt_timer_init(&l->retry, h->loop, on_retry, l);
    int err = rt_listen_open(&l->fd, local, FILE_MODE, &l->local);
    if (err == 0)
        err = rt_watch_start(&l->watch, h->loop, l->fd, EPOLLIN, on_accept, l);
    if (err != 0) {
        rt_buf_printf(why, "%s: %s", rt_addr_format(text, local), strerror(err));
        if (l->fd >= 0)
            rt_listen_close(l->fd, &l->local);
        return err;
    }
    h->nlisteners++;
    return 0;
}

void rt_http_unlisten(struct rt_http_listener *l)
{
    rt_timer_stop(&l->retry);
    rt_watch_stop(&l->watch);
    rt_listen_close(l->fd, &l->local);
}

/** Calls need descriptors too: who fills the server with connections must not take those. */
unsigned rt_http_room(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 0;
    r.rlim_cur = r.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &r) != 0)
        (void)getrlimit(RLIMIT_NOFILE, &r);
    return r.rlim_cur / 4 < UINT32_MAX ? (unsigned)(r.rlim_cur / 4) : UINT32_MAX;
}
