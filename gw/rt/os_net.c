/* UDP sockets of the kernel. */
#include "gw/rt/net.h"
#include "gw/rt/os_loop.h"
#include "gw/rt/os_sieve.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH RT_UDP_BATCH

/** Datagrams taken with one system call, and not yet given on. */
struct batch {
    unsigned n, at;
    bool emptied; /* there was room for more: asking again would find nothing */
    struct mmsghdr msg[BATCH];
    struct iovec iov[BATCH];
    union rt_addr from[BATCH];
    char data[BATCH][RT_UDP_MAX];
};

struct rt_udp {
    struct batch *batch; /* NULL: one at a time */
    int fd;
    struct rt_watch watch;
    rt_udp_fn *fn;
    void *arg;
    union rt_addr local;
};

static void on_readable(void *arg, uint32_t events)
{
    struct rt_udp *u = arg;

    (void)events;
    u->fn(u->arg, u);
}

static int bind_socket(struct rt_udp *u, const union rt_addr *local)
{
    socklen_t len = sizeof u->local;
    int on = 1;

    u->fd = socket(local->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (u->fd < 0)
        return errno;
    if (local->sa.sa_family == AF_INET6) /* [::] is IPv6 alone: 0.0.0.0 may be another listener */
        setsockopt(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(u->fd, &local->sa, rt_addr_size(local)) != 0)
        return errno;
    return getsockname(u->fd, &u->local.sa, &len) == 0 ? 0 : errno;
}

int rt_udp_watch(struct rt_udp *u, struct rt_loop *loop, rt_udp_fn *fn, void *arg)
{
    rt_watch_stop(&u->watch);
    u->fn = fn;
    u->arg = arg;
    return fn ? rt_watch_start(&u->watch, loop, u->fd, EPOLLIN, on_readable, u) : 0;
}

int rt_udp_open(struct rt_udp **out, struct rt_loop *loop, const union rt_addr *local,
                rt_udp_fn *fn, void *arg)
{
    struct rt_udp *u = calloc(1, sizeof *u);

    if (!u)
        return ENOMEM;
    int err = bind_socket(u, local);
    if (err == 0)
        err = rt_udp_watch(u, loop, fn, arg);
    if (err != 0) {
        rt_udp_close(u);
        return err;
    }
    *out = u;
    return 0;
}

void rt_udp_close(struct rt_udp *u)
{
    if (!u)
        return;
    rt_watch_stop(&u->watch);
    if (u->fd >= 0)
        close(u->fd);
    free(u->batch);
    free(u);
}

int rt_udp_batch(struct rt_udp *u)
{
    if (!u->batch)
        u->batch = malloc(sizeof *u->batch);
    if (!u->batch)
        return ENOMEM;
    struct batch *b = u->batch;
    b->n = b->at = 0;
    b->emptied = false;
    for (unsigned i = 0; i < BATCH; i++) {
        b->iov[i] = (struct iovec){b->data[i], sizeof b->data[i]};
        b->msg[i].msg_hdr = (struct msghdr){.msg_name = &b->from[i],
                                            .msg_namelen = sizeof b->from[i],
                                            .msg_iov = &b->iov[i],
                                            .msg_iovlen = 1};
    }
    return 0;
}

/** The network's answer to an earlier packet of ours: the next one may be fine. */
static bool passing(int err)
{
    return err == ECONNREFUSED || err == EHOSTUNREACH || err == ENETUNREACH || err == EINTR;
}

/** 0: there is one in the batch. */
static int fill(struct rt_udp *u)
{
    struct batch *b = u->batch;
    int n;

    if (b->at < b->n)
        return 0;
    if (b->emptied) {
        b->emptied = false;
        return EAGAIN;
    }
    for (unsigned i = 0; i < b->n; i++) /* where the last ones came from said its length here */
        b->msg[i].msg_hdr.msg_namelen = sizeof b->from[i];
    do
        n = recvmmsg(u->fd, b->msg, BATCH, MSG_TRUNC, NULL);
    while (n < 0 && passing(errno));
    b->at = 0;
    b->n = n > 0 ? (unsigned)n : 0;
    b->emptied = n > 0 && n < BATCH;
    return n > 0 ? 0 : n < 0 ? errno : EAGAIN;
}

static int take(struct rt_udp *u, void *buf, size_t cap, size_t *len, union rt_addr *from)
{
    struct batch *b = u->batch;
    int err = fill(u);

    if (err != 0)
        return err;
    size_t n = b->msg[b->at].msg_len, most = n < RT_UDP_MAX ? n : RT_UDP_MAX;
    memcpy(buf, b->data[b->at], most < cap ? most : cap);
    if (from)
        *from = b->from[b->at];
    *len = n;
    b->at++;
    return 0;
}

int rt_udp_recv(struct rt_udp *u, void *buf, size_t cap, size_t *len, union rt_addr *from)
{
    if (u->batch)
        return take(u, buf, cap, len, from);
    for (;;) {
        socklen_t size = sizeof *from;
        ssize_t n =
            recvfrom(u->fd, buf, cap, MSG_TRUNC, from ? &from->sa : NULL, from ? &size : NULL);
        if (n >= 0) {
            *len = (size_t)n;
            return 0;
        }
        if (!passing(errno))
            return errno;
    }
}

int rt_udp_send(struct rt_udp *u, const void *buf, size_t len, const union rt_addr *to)
{
    if (sendto(u->fd, buf, len, 0, &to->sa, rt_addr_size(to)) >= 0)
        return 0;
    if (errno != ECONNREFUSED)
        return errno;
    /* the error of an earlier packet was reported instead of sending this one */
    return sendto(u->fd, buf, len, 0, &to->sa, rt_addr_size(to)) >= 0 ? 0 : errno;
}

const union rt_addr *rt_udp_local(const struct rt_udp *u)
{
    return &u->local;
}

void rt_udp_set_buffers(struct rt_udp *u, int bytes)
{
    static const int forced[] = {SO_RCVBUFFORCE, SO_SNDBUFFORCE}, plain[] = {SO_RCVBUF, SO_SNDBUF};

    for (size_t i = 0; i < 2; i++)
        if (setsockopt(u->fd, SOL_SOCKET, forced[i], &bytes, sizeof bytes) != 0)
            setsockopt(u->fd, SOL_SOCKET, plain[i], &bytes, sizeof bytes);
}

int rt_udp_sieve(struct rt_udp *u, const struct rt_sieve_row *rows, unsigned n, unsigned share)
{
    return rt_sieve_attach(u->fd, u->local.sa.sa_family, rows, n, share);
}

uint64_t rt_udp_dropped(const struct rt_udp *u)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;

    if (getsockopt(u->fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
        return 0;
    return info[SK_MEMINFO_DROPS];
}

void rt_udp_set_dscp(struct rt_udp *u, unsigned dscp)
{
    int tos = (int)(dscp << 2);

    if (u->local.sa.sa_family == AF_INET6)
        setsockopt(u->fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
    else
        setsockopt(u->fd, IPPROTO_IP, IP_TOS, &tos, sizeof tos);
}

static int ask_kernel(union rt_addr *out, const union rt_addr *to)
{
    union rt_addr target = *to, local;
    socklen_t len = sizeof local;
    int err = 0;

    memset(&local, 0, sizeof local);
    if (rt_addr_port(&target) == 0)
        rt_addr_set_port(&target, 9); /* nothing is sent: connect only asks the routing table */
    int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, &target.sa, rt_addr_size(&target)) != 0 ||
        getsockname(fd, &local.sa, &len) != 0)
        err = errno;
    close(fd);
    if (err == 0) {
        rt_addr_set_port(&local, 0);
        *out = local;
    }
    return err;
}

/** Every message asks, and the answer takes four system calls: each thread remembers the last few
 * for so long that a changed route is noticed before a retransmission is given up. */
#define ROUTES      8
#define ROUTE_VALID RT_S

struct route {
    union rt_addr to, local;
    rt_time until;
};

static bool same_way(const union rt_addr *a, const union rt_addr *b)
{
    return a->sa.sa_family == b->sa.sa_family && rt_addr_same_host(a, b) &&
           (a->sa.sa_family != AF_INET6 || a->in6.sin6_scope_id == b->in6.sin6_scope_id);
}

int rt_local_towards(union rt_addr *out, const union rt_addr *to)
{
    static _Thread_local struct route routes[ROUTES];
    static _Thread_local unsigned oldest;
    rt_time now = rt_now();

    for (unsigned i = 0; i < ROUTES; i++)
        if (routes[i].until > now && same_way(&routes[i].to, to)) {
            *out = routes[i].local;
            return 0;
        }
    struct route r = {.to = *to, .until = now + ROUTE_VALID};
    int err = ask_kernel(&r.local, to);
    if (err == 0) {
        routes[oldest++ % ROUTES] = r;
        *out = r.local;
    }
    return err;
}
