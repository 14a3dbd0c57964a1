/* The fake network: datagrams between sockets of this process. */
#include "fake_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define FIRST_FREE_PORT 49152
/** What waits in one socket at most: octets, each datagram with its IP and UDP headers. */
#define QUEUE_MAX (256u << 10)
#define HEADERS   28u
#define PORTS     4096u /* lists of sockets by port */
#define USUAL     1500u /* octets of a datagram; whose memory is used again */

struct datagram {
    union rt_addr from, to;
    rt_time due;
    uint64_t serial; /* of those due at once the one that was sent first lands first */
    size_t len;
    struct datagram *prev, *next;
    char data[];
};

struct rt_udp {
    rt_udp_fn *fn;
    void *arg;
    union rt_addr local;
    struct fake_place owner;
    uint64_t serial; /* callbacks come in the order in which sockets were made */
    struct datagram *queue;
    size_t queued;
    struct rt_udp *prev, *next;     /* by port, or closed */
    struct rt_udp *before, *behind; /* in `ready` */
    bool closed, listed;
};

static struct rt_udp *bound[PORTS]; /* by port */
static struct rt_udp *closed;       /* freed by the next delivery */
static struct rt_udp *ready;        /* with a callback, and something to be read */
static unsigned nsockets;
static uint64_t serial;
/* A heap of datagrams under way: the first is the next to land. */
static struct datagram **flying;
static size_t nflying, room;
static struct datagram *spare; /* with room for USUAL octets; by `next` */
static fake_net_fn *hook;
static void *hook_arg;
static union rt_addr towards;
static union rt_addr machine[FAKE_PROCESSES]; /* AF_UNSPEC: `towards` */
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

void fake_process_address(unsigned id, const char *text)
{
    if (id < FAKE_PROCESSES)
        rt_addr_parse(&machine[id], text, strlen(text), 0);
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
    const union rt_addr *own = &machine[fake_process_now()];
    *out = own->sa.sa_family != AF_UNSPEC ? *own : towards;
    return 0;
}

/* ---- datagrams: the allocator's caches would show in what tests measure of the heap ---- */

static struct datagram *datagram_new(size_t len)
{
    struct datagram *d = len <= USUAL ? spare : NULL;

    if (d)
        spare = d->next;
    else
        d = fake_alloc(sizeof *d + (len < USUAL ? USUAL : len));
    d->len = len;
    return d;
}

static void datagram_free(struct datagram *d)
{
    if (d->len > USUAL) {
        free(d);
        return;
    }
    d->next = spare;
    spare = d;
}

/* ---- sockets ---- */

static struct rt_udp **list_of(const union rt_addr *a)
{
    return &bound[rt_addr_port(a) % PORTS];
}

static struct rt_udp *bound_to(const union rt_addr *a)
{
    struct rt_udp *u;

    DL_FOREACH(*list_of(a), u)
    {
        bool host =
            u->local.sa.sa_family == a->sa.sa_family && /* [::] is IPv6 alone */
            (rt_addr_is_any(&u->local) || rt_addr_is_any(a) || rt_addr_same_host(&u->local, a));
        if (host && rt_addr_port(&u->local) == rt_addr_port(a))
            return u;
    }
    return NULL;
}

static void choose_port(struct rt_udp *u)
{
    while (rt_addr_port(&u->local) == 0) {
        rt_addr_set_port(&u->local, free_port++);
        if (free_port == 0)
            free_port = FIRST_FREE_PORT;
        if (bound_to(&u->local))
            rt_addr_set_port(&u->local, 0);
    }
}

int rt_udp_open(struct rt_udp **out, struct rt_loop *loop, const union rt_addr *local,
                rt_udp_fn *fn, void *arg)
{
    int err;

    if (fake_net_failing(&err))
        return err;
    if (rt_addr_port(local) != 0 && bound_to(local))
        return EADDRINUSE;
    struct rt_udp *u = fake_alloc(sizeof *u);
    u->owner = (struct fake_place){fake_process_now(), loop};
    u->serial = serial++;
    u->local = *local;
    u->fn = fn;
    u->arg = arg;
    choose_port(u);
    DL_APPEND(*list_of(&u->local), u);
    nsockets++;
    *out = u;
    return 0;
}

/** Its callback is due when something waits. */
static void enlist(struct rt_udp *u)
{
    if (u->listed || u->closed || !u->fn || !u->queue)
        return;
    u->listed = true;
    DL_APPEND2(ready, u, before, behind);
}

static void unlist(struct rt_udp *u)
{
    if (!u->listed)
        return;
    u->listed = false;
    DL_DELETE2(ready, u, before, behind);
}

int rt_udp_watch(struct rt_udp *u, struct rt_loop *loop, rt_udp_fn *fn, void *arg)
{
    u->owner = (struct fake_place){fake_process_now(), loop};
    u->fn = fn;
    u->arg = arg;
    unlist(u);
    enlist(u);
    return 0;
}

static struct datagram *take(struct rt_udp *u)
{
    struct datagram *d = u->queue;

    DL_DELETE(u->queue, d);
    u->queued -= d->len + HEADERS;
    if (!u->queue)
        unlist(u);
    return d;
}

void rt_udp_close(struct rt_udp *u)
{
    if (!u || u->closed)
        return;
    u->closed = true; /* freed by the next delivery: it may be the one calling */
    while (u->queue)
        datagram_free(take(u));
    DL_DELETE(*list_of(&u->local), u);
    DL_APPEND(closed, u);
    nsockets--;
}

int rt_udp_recv(struct rt_udp *u, void *buf, size_t cap, size_t *len, union rt_addr *from)
{
    if (!u->queue)
        return EAGAIN;
    struct datagram *d = take(u);
    memcpy(buf, d->data, d->len < cap ? d->len : cap);
    *len = d->len;
    if (from)
        *from = d->from;
    datagram_free(d);
    return 0;
}

/* ---- what is under way ---- */

static bool sooner(const struct datagram *a, const struct datagram *b)
{
    return a->due != b->due ? a->due < b->due : a->serial < b->serial;
}

static void fly(const union rt_addr *from, const union rt_addr *to, const void *buf, size_t len,
                rt_time delay)
{
    struct datagram *d = datagram_new(len);
    size_t i = nflying++;

    d->from = *from;
    d->to = *to;
    d->due = rt_now() + delay;
    d->serial = serial++;
    memcpy(d->data, buf, len);
    if (nflying > room) {
        struct datagram **more = fake_alloc((room = 2 * nflying + 64) * sizeof *more);
        if (i > 0)
            memcpy(more, flying, i * sizeof *more);
        free(flying);
        flying = more;
    }
    for (; i > 0 && sooner(d, flying[(i - 1) / 2]); i = (i - 1) / 2)
        flying[i] = flying[(i - 1) / 2];
    flying[i] = d;
}

static struct datagram *first_to_land(void)
{
    struct datagram *first = flying[0], *last = flying[--nflying];
    size_t i = 0;

    for (size_t child; (child = 2 * i + 1) < nflying; i = child) {
        if (child + 1 < nflying && sooner(flying[child + 1], flying[child]))
            child++;
        if (!sooner(flying[child], last))
            break;
        flying[i] = flying[child];
    }
    flying[i] = last;
    return first;
}

/** What the script makes of a datagram; asked in nobody's name. */
static unsigned copies_of(const union rt_addr *from, const union rt_addr *to, const void *buf,
                          size_t len, rt_time *delay)
{
    unsigned n = 1;

    if (hook) {
        struct fake_place before = fake_enter(0, NULL);
        n = hook(hook_arg, from, to, buf, len, delay);
        fake_leave(before);
    }
    return n;
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
    for (unsigned copies = copies_of(&from, to, buf, len, &delay); copies > 0; copies--)
        fly(&from, to, buf, len, delay);
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

int rt_udp_sieve(struct rt_udp *u, const struct rt_sieve_row *rows, unsigned n, unsigned share)
{
    (void)u, (void)rows, (void)n, (void)share;
    return ENOTSUP;
}

uint64_t rt_udp_dropped(const struct rt_udp *u)
{
    (void)u;
    return 0;
}

void rt_udp_set_dscp(struct rt_udp *u, unsigned dscp)
{
    (void)u;
    (void)dscp;
}

/* ---- delivery ---- */

/** When the callbacks of sockets are due; INT64_MAX: nothing waits. */
static rt_time callbacks_next(void)
{
    rt_time best = INT64_MAX;
    struct rt_udp *u;

    DL_FOREACH2(ready, u, behind)
    {
        rt_time until = fake_stalled_until(u->owner.process, u->owner.loop);
        if (until == 0)
            return rt_now();
        if (until < best)
            best = until;
    }
    return best;
}

rt_time fake_net_next(void)
{
    rt_time best = callbacks_next(), stream = fake_stream_next();

    if (nflying > 0 && flying[0]->due < best)
        best = flying[0]->due;
    return stream < best ? stream : best;
}

/** To the socket that is bound there; what finds no room is lost. */
static void land(struct datagram *d)
{
    struct rt_udp *u = bound_to(&d->to);

    if (!u || u->queued + d->len + HEADERS > QUEUE_MAX) {
        datagram_free(d);
        return;
    }
    DL_APPEND(u->queue, d);
    u->queued += d->len + HEADERS;
    enlist(u);
}

static void sweep(void)
{
    while (closed) {
        struct rt_udp *u = closed;
        DL_DELETE(closed, u);
        free(u);
    }
}

static int by_serial(const void *a, const void *b)
{
    const struct rt_udp *first = *(struct rt_udp *const *)a, *second = *(struct rt_udp *const *)b;
    return (first->serial > second->serial) - (first->serial < second->serial);
}

/** A callback may close any socket, so none is freed meanwhile. */
static void call_back(void)
{
    struct rt_udp *u, **list;
    size_t n = 0, i = 0;

    DL_COUNT2(ready, u, n, behind);
    if (n == 0)
        return;
    list = fake_alloc(n * sizeof(struct rt_udp *));
    DL_FOREACH2(ready, u, behind)
    list[i++] = u;
    qsort(list, n, sizeof(struct rt_udp *), by_serial);
    for (i = 0; i < n; i++) {
        u = list[i];
        if (!u->listed || fake_stalled_until(u->owner.process, u->owner.loop) != 0)
            continue;
        struct fake_place before = fake_enter(u->owner.process, u->owner.loop);
        u->fn(u->arg, u);
        fake_leave(before);
    }
    free(list);
}

void fake_net_deliver(rt_time now)
{
    sweep();
    while (nflying > 0 && flying[0]->due <= now)
        land(first_to_land());
    call_back();
    fake_stream_deliver();
}

/* ---- ends ---- */

void fake_net_kill(unsigned process)
{
    for (unsigned i = 0; i < PORTS; i++)
        for (struct rt_udp *u = bound[i], *next; u; u = next) {
            next = u->next;
            if (u->owner.process == process)
                rt_udp_close(u);
        }
    fake_stream_kill(process);
}

void fake_net_loop_gone(const struct rt_loop *loop)
{
    struct rt_udp *u;

    for (unsigned i = 0; nsockets > 0 && i < PORTS; i++)
        DL_FOREACH(bound[i], u)
    if (u->owner.loop == loop)
        u->owner.loop = NULL;
    fake_stream_loop_gone(loop);
}

void fake_net_reset(void)
{
    for (unsigned i = 0; nsockets > 0 && i < PORTS; i++)
        while (bound[i])
            rt_udp_close(bound[i]);
    sweep();
    while (nflying > 0)
        datagram_free(flying[--nflying]);
    while (spare) {
        struct datagram *d = spare;
        spare = d->next;
        free(d);
    }
    free(flying);
    flying = NULL;
    room = 0;
    serial = 0;
    fake_stream_reset();
    hook = NULL;
    failures = 0;
    free_port = FIRST_FREE_PORT;
    memset(&towards, 0, sizeof towards);
    memset(machine, 0, sizeof machine);
}

void fake_net_leaks(struct fake_leaks *out)
{
    out->udp = nsockets;
    fake_stream_leaks(out);
}
