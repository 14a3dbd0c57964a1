/* The fake network: datagrams between sockets of this process. */
#include "fake_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define FIRST_FREE_PORT 49152

struct datagram {
    union rt_addr from, to;
    rt_time due;
    size_t len;
    struct datagram *prev, *next;
    char data[];
};

struct rt_udp {
    rt_udp_fn *fn;
    void *arg;
    union rt_addr local;
    struct datagram *queue;
    struct rt_udp *prev, *next;
    bool closed;
};

static struct rt_udp *sockets;
static struct datagram *flying;
static fake_net_fn *hook;
static void *hook_arg;
static union rt_addr towards;
static unsigned failures;
static int failure;
static uint16_t free_port = FIRST_FREE_PORT;

void fake_net_hook(fake_net_fn *fn, void *arg)
{
    hook = fn;
    hook_arg = arg;
}

void fake_local_address(const char *text)
{
    rt_addr_parse(&towards, text, strlen(text), 0);
}

void fake_net_fail(unsigned n, int err)
{
    failures = n;
    failure = err;
}

bool fake_net_failing(int *err)
{
    if (failures == 0)
        return false;
    failures--;
    *err = failure;
    return true;
}

int rt_local_towards(union rt_addr *out, const union rt_addr *to)
{
    if (to->sa.sa_family == AF_INET6)
        return rt_addr_parse(out, "::1", 3, 0);
    if (to->sa.sa_family == AF_UNSPEC)
        return EAFNOSUPPORT;
    if (towards.sa.sa_family == AF_UNSPEC)
        fake_local_address("127.0.0.1");
    *out = towards;
    return 0;
}

/* ---- sockets ---- */

static struct rt_udp *bound_to(const union rt_addr *a)
{
    struct rt_udp *u;

    DL_FOREACH(sockets, u)
    {
        bool host =
            u->local.sa.sa_family == a->sa.sa_family && /* [::] is IPv6 alone */
            (rt_addr_is_any(&u->local) || rt_addr_is_any(a) || rt_addr_same_host(&u->local, a));
        if (!u->closed && host && rt_addr_port(&u->local) == rt_addr_port(a))
            return u;
    }
    return NULL;
}

int rt_udp_open(struct rt_udp **out, struct rt_loop *loop, const union rt_addr *local,
                rt_udp_fn *fn, void *arg)
{
    int err;

    (void)loop;
    if (fake_net_failing(&err))
        return err;
    if (rt_addr_port(local) != 0 && bound_to(local))
        return EADDRINUSE;
    struct rt_udp *u = calloc(1, sizeof *u);
    if (!u)
        return ENOMEM;
    u->local = *local;
    u->fn = fn;
    u->arg = arg;
    while (rt_addr_port(&u->local) == 0) {
        rt_addr_set_port(&u->local, free_port++);
        if (bound_to(&u->local))
            rt_addr_set_port(&u->local, 0);
    }
    DL_APPEND(sockets, u);
    *out = u;
    return 0;
}

int rt_udp_watch(struct rt_udp *u, struct rt_loop *loop, rt_udp_fn *fn, void *arg)
{
    (void)loop;
    u->fn = fn;
    u->arg = arg;
    return 0;
}

static void empty(struct datagram **list)
{
    while (*list) {
        struct datagram *d = *list;
        DL_DELETE(*list, d);
        free(d);
    }
}

static void forget(struct rt_udp *u)
{
    empty(&u->queue);
    DL_DELETE(sockets, u);
    free(u);
}

void rt_udp_close(struct rt_udp *u)
{
    if (u)
        u->closed = true; /* freed by the next delivery: it may be the one calling */
}

int rt_udp_recv(struct rt_udp *u, void *buf, size_t cap, size_t *len, union rt_addr *from)
{
    struct datagram *d = u->queue;

    if (!d)
        return EAGAIN;
    DL_DELETE(u->queue, d);
    memcpy(buf, d->data, d->len < cap ? d->len : cap);
    *len = d->len;
    if (from)
        *from = d->from;
    free(d);
    return 0;
}

static int fly(const union rt_addr *from, const union rt_addr *to, const void *buf, size_t len,
               rt_time delay)
{
    struct datagram *d = malloc(sizeof *d + len), *after = NULL, *x;

    if (!d)
        return ENOMEM;
    d->from = *from;
    d->to = *to;
    d->due = rt_now() + delay;
    d->len = len;
    memcpy(d->data, buf, len);
    DL_FOREACH(flying, x)
    if (x->due <= d->due)
        after = x;
    if (after)
        DL_APPEND_ELEM(flying, after, d);
    else
        DL_PREPEND(flying, d);
    return 0;
}

int rt_udp_send(struct rt_udp *u, const void *buf, size_t len, const union rt_addr *to)
{
    union rt_addr from = u->local;
    rt_time delay = 0;

    if (rt_addr_is_any(&from)) {
        uint16_t port = rt_addr_port(&from);
        rt_local_towards(&from, to);
        rt_addr_set_port(&from, port);
    }
    unsigned copies = hook ? hook(hook_arg, &from, to, buf, len, &delay) : 1;
    for (; copies > 0; copies--)
        if (fly(&from, to, buf, len, delay) != 0)
            return ENOMEM;
    return 0;
}

const union rt_addr *rt_udp_local(const struct rt_udp *u)
{
    return &u->local;
}

int rt_udp_batch(struct rt_udp *u)
{
    (void)u;
    return 0;
}

void rt_udp_set_buffers(struct rt_udp *u, int bytes)
{
    (void)u;
    (void)bytes;
}

void rt_udp_set_dscp(struct rt_udp *u, unsigned dscp)
{
    (void)u;
    (void)dscp;
}

/* ---- delivery ---- */

static bool waits(void)
{
    struct rt_udp *u;

    DL_FOREACH(sockets, u)
    if (!u->closed && u->fn && u->queue)
        return true;
    return false;
}

rt_time fake_net_next(void)
{
    rt_time stream = fake_stream_next();
    rt_time udp = waits() ? rt_now() : flying ? flying->due : INT64_MAX;
    return udp < stream ? udp : stream;
}

static void land(struct datagram *d)
{
    struct rt_udp *u = bound_to(&d->to);

    if (u)
        DL_APPEND(u->queue, d);
    else
        free(d);
}

static void sweep(void)
{
    for (struct rt_udp *u = sockets, *next; u; u = next) {
        next = u->next;
        if (u->closed)
            forget(u);
    }
}

void fake_net_deliver(rt_time now)
{
    struct rt_udp *u;

    sweep();
    while (flying && flying->due <= now) {
        struct datagram *d = flying;
        DL_DELETE(flying, d);
        land(d);
    }
    DL_FOREACH(sockets, u)
    if (!u->closed && u->fn && u->queue)
        u->fn(u->arg, u);
    fake_stream_deliver();
}

void fake_net_reset(void)
{
    while (sockets)
        forget(sockets);
    empty(&flying);
    fake_stream_reset();
    hook = NULL;
    failures = 0;
    free_port = FIRST_FREE_PORT;
    memset(&towards, 0, sizeof towards);
}

void fake_net_leaks(struct fake_leaks *out)
{
    struct rt_udp *u;

    DL_FOREACH(sockets, u)
    out->udp += !u->closed;
    fake_stream_leaks(out);
}
