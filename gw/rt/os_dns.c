/* Asks name servers by c-ares: its sockets are watched by our loop, its timeouts are a timer of
 * ours. What the answers say is read by dns_message.c, as c-ares does not tell every TTL.
 */
#include "gw/rt/dns_priv.h"
#include "gw/rt/os_loop.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <utlist.h>

#define TIMEOUT_MS 2000
#define TRIES      2
#define EDNS_SIZE  1232 /* what no path cuts into fragments */

/** A socket of c-ares. */
struct channel_fd {
    struct rt_dns_port *port;
    struct rt_watch watch;
    struct channel_fd *prev, *next;
};

struct rt_dns_port {
    struct rt_loop *loop;
    ares_channel channel;
    struct rt_timer timer;
    struct channel_fd *fds;
    bool closing;
};

struct question {
    rt_dns_reply_fn *fn;
    void *arg;
    struct rt_dns_port *port;
};

/* ---- sockets and time ---- */

static void arm(struct rt_dns_port *p)
{
    struct timeval tv, *next = ares_timeout(p->channel, NULL, &tv);

    if (next)
        rt_timer_start(&p->timer, next->tv_sec * RT_S + next->tv_usec);
    else
        rt_timer_stop(&p->timer);
}

static void on_ready(void *arg, uint32_t events)
{
    struct channel_fd *f = arg;
    struct rt_dns_port *p = f->port;
    ares_socket_t fd = f->watch.fd;
    bool in = events & (EPOLLIN | EPOLLERR | EPOLLHUP), out = events & (EPOLLOUT | EPOLLERR);

    ares_process_fd(p->channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
    arm(p);
}

static void on_time(void *arg)
{
    struct rt_dns_port *p = arg;

    ares_process_fd(p->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(p);
}

static void forget(struct channel_fd *f)
{
    rt_watch_stop(&f->watch);
    DL_DELETE(f->port->fds, f);
    free(f);
}

static struct channel_fd *find(struct rt_dns_port *p, ares_socket_t fd)
{
    struct channel_fd *f;

    DL_FOREACH(p->fds, f)
    if (f->watch.fd == fd)
        return f;
    return NULL;
}

/** c-ares says what it waits for on a socket; nothing: it is about to close it. */
static void on_state(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct rt_dns_port *p = arg;
    struct channel_fd *f = find(p, fd);
    uint32_t events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);

    if (f && events == 0) {
        forget(f);
    } else if (f) {
        rt_watch_events(&f->watch, events);
    } else if (events != 0 && (f = calloc(1, sizeof *f)) != NULL) {
        f->port = p;
        if (rt_watch_start(&f->watch, p->loop, fd, events, on_ready, f) == 0)
            DL_APPEND(p->fds, f);
        else
            free(f); /* the question will time out */
    }
}

/* ---- questions ---- */

static void on_answer(void *arg, int status, int timeouts, unsigned char *msg, int len)
{
    struct question *q = arg;
    bool readable =
        msg && (status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND);

    (void)timeouts;
    if (!q->port->closing) {
        if (readable)
            q->fn(q->arg, 0, msg, (size_t)len);
        else
            q->fn(q->arg, status == ARES_ETIMEOUT ? ETIMEDOUT : EIO, NULL, 0);
    }
    free(q);
}

void rt_dns_port_ask(struct rt_dns_port *p, const char *name, enum rt_dns_type type,
                     rt_dns_reply_fn *fn, void *arg)
{
    struct question *q = malloc(sizeof *q);

    if (!q) {
        fn(arg, EIO, NULL, 0);
        return;
    }
    *q = (struct question){fn, arg, p};
    ares_query(p->channel, name, 1, (int)type, on_answer, q); /* 1: class IN */
    arm(p);
}

/* ---- life ---- */

static int set_servers(struct rt_dns_port *p, const struct rt_dns_config *cfg)
{
    struct rt_buf list = {0};
    char text[RT_ADDR_LEN];

    if (cfg->nservers == 0)
        return 0;
    for (unsigned i = 0; i < cfg->nservers; i++) {
        union rt_addr a = cfg->server[i];
        if (rt_addr_port(&a) == 0)
            rt_addr_set_port(&a, 53);
        rt_buf_printf(&list, "%s%s", i > 0 ? "," : "", rt_addr_format(text, &a));
    }
    int status = list.failed ? ARES_ENOMEM : ares_set_servers_ports_csv(p->channel, list.p);
    rt_buf_release(&list);
    return status == ARES_SUCCESS ? 0 : status == ARES_ENOMEM ? ENOMEM : EINVAL;
}

int rt_dns_port_new(struct rt_dns_port **out, struct rt_loop *loop, const struct rt_dns_config *cfg)
{
    struct rt_dns_port *p = calloc(1, sizeof *p);
    struct ares_options o = {
        .flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS,
        .timeout = cfg->timeout ? (int)(cfg->timeout / RT_MS) : TIMEOUT_MS,
        .tries = TRIES,
        .ednspsz = EDNS_SIZE,
        .sock_state_cb = on_state,
        .sock_state_cb_data = p,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
               ARES_OPT_SOCK_STATE_CB;

    if (!p)
        return ENOMEM;
    p->loop = loop;
    rt_timer_init(&p->timer, loop, on_time, p);
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
        ares_init_options(&p->channel, &o, mask) != ARES_SUCCESS) {
        free(p);
        return ENOMEM;
    }
    int err = set_servers(p, cfg);
    if (err != 0) {
        rt_dns_port_free(p);
        return err;
    }
    *out = p;
    return 0;
}

void rt_dns_port_free(struct rt_dns_port *p)
{
    if (!p)
        return;
    p->closing = true;
    ares_destroy(p->channel);
    rt_timer_stop(&p->timer);
    while (p->fds)
        forget(p->fds);
    ares_library_cleanup();
    free(p);
}
