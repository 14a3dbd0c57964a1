/* The HTTP server by libmicrohttpd, without threads of its own: its epoll descriptor is watched by
 * our loop, its timeouts are a timer of ours. We accept connections ourselves: so the limits are
 * counted over all addresses, and another certificate is another engine, the old one staying until
 * its last connection ends.
 */
#include "gw/rt/log.h"
#include "gw/rt/os_http_priv.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#define CONNECTIONS 2000
#define PER_SOURCE  1000
#define RESERVED    64 /* above the limit, for users of this machine */
#define BODY        ((size_t)8 << 20)
#define HELD        ((size_t)256 << 20)
#define IDLE        (30 * RT_S)
#define MEMORY      (32u << 10) /* of a connection; a head that does not fit is 431 */
#define PRIORITIES  "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/** Connections of one IPv4 address, or of the IPv6 /64 that one household has. */
struct rt_http_source {
    uint8_t host[16];
    unsigned conns;
    UT_hash_handle hh;
};

/** libmicrohttpd with one certificate, or none. */
struct rt_http_engine {
    struct rt_http *http;
    struct MHD_Daemon *mhd;
    struct rt_watch watch;
    struct rt_timer timer;
    struct rt_defer again, reaper;
    bool tls, old;
    unsigned conns;
    struct rt_http_engine *prev, *next;
};

/* ---- connections ---- */

static void next_deadline(struct rt_http *h)
{
    if (h->waiting)
        rt_timer_start_at(&h->idle, h->waiting->deadline);
    else
        rt_timer_stop(&h->idle);
}

void rt_http_conn_busy(struct rt_http_conn *c)
{
    if (!c->waiting)
        return;
    c->waiting = false;
    DL_DELETE2(c->http->waiting, c, wait_prev, wait_next);
}

/** All wait equally long: who came last is the last of the list. The timer may be early then, and
 * is put right when it fires. */
void rt_http_conn_wait(struct rt_http_conn *c)
{
    struct rt_http *h = c->http;

    rt_http_conn_busy(c);
    c->waiting = true;
    c->deadline = rt_now() + h->limits.idle;
    DL_APPEND2(h->waiting, c, wait_prev, wait_next);
    if (!rt_timer_running(&h->idle))
        next_deadline(h);
}

static void on_idle(void *arg)
{
    struct rt_http *h = arg;
    rt_time now = rt_now();

    while (h->waiting && h->waiting->deadline <= now) {
        struct rt_http_conn *c = h->waiting;
        rt_http_conn_busy(c);
        shutdown(c->fd, SHUT_RDWR); /* libmicrohttpd sees that it has ended */
    }
    next_deadline(h);
}

static void on_leaving(void *arg, uint32_t events)
{
    struct rt_http_conn *c = arg;

    (void)events;
    rt_watch_stop(&c->leaving);
    if (c->request)
        rt_http_request_leave(c->request);
}

void rt_http_conn_park(struct rt_http_conn *c)
{
    if (c->parked)
        return;
    c->parked = true;
    MHD_suspend_connection(c->mhd);
    int err = rt_watch_start(&c->leaving, c->http->loop, c->fd, EPOLLRDHUP, on_leaving, c);
    if (err != 0) /* it is noticed when something is written */
        rt_log(RT_LOG_RT, RT_WARN, "http: not watched: %s", strerror(err));
}

void rt_http_conn_unpark(struct rt_http_conn *c)
{
    if (!c->parked)
        return;
    c->parked = false;
    if (c->leaving.loop)
        rt_watch_stop(&c->leaving);
    MHD_resume_connection(c->mhd);
    rt_defer_start(&c->engine->again); /* without threads it does not wake itself */
}

static struct rt_http_source *source_of(struct rt_http *h, const union rt_addr *peer, bool make)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct rt_http_source *s = NULL;
    uint8_t host[16];

    if (!rt_addr_octets(host, peer))
        return NULL;
    if (memcmp(host, mapped, sizeof mapped) != 0)
        memset(host + 8, 0, 8);
    HASH_FIND(hh, h->sources, host, sizeof host, s);
    if (!s && make && (s = calloc(1, sizeof *s)) != NULL) {
        memcpy(s->host, host, sizeof host);
        HASH_ADD(hh, h->sources, host, sizeof s->host, s);
    }
    return s;
}

static void conn_begins(struct rt_http_engine *e, struct MHD_Connection *mhd, void **context)
{
    struct rt_http *h = e->http;
    struct rt_http_conn *c = calloc(1, sizeof *c);
    const struct sockaddr *sa =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;

    *context = c;
    if (!c)
        return; /* its requests are refused */
    c->engine = e;
    c->http = h;
    c->mhd = mhd;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (sa->sa_family == AF_UNIX)
        c->peer.sa.sa_family = AF_UNIX;
    else
        memcpy(&c->peer, sa, sa->sa_family == AF_INET ? sizeof c->peer.in4 : sizeof c->peer.in6);
    if ((c->source = source_of(h, &c->peer, true)) != NULL)
        c->source->conns++;
    e->conns++;
    h->nconns++;
    DL_APPEND(h->conns, c);
    rt_http_conn_wait(c);
}

static void conn_ends(struct rt_http_conn *c)
{
    struct rt_http_engine *e = c->engine;
    struct rt_http *h = c->http;

    if (c->leaving.loop)
        rt_watch_stop(&c->leaving);
    rt_http_conn_busy(c);
    rt_http_request_free(c->request);
    if (c->source && --c->source->conns == 0) {
        HASH_DEL(h->sources, c->source);
        free(c->source);
    }
    DL_DELETE(h->conns, c);
    h->nconns--;
    if (--e->conns == 0 && e->old)
        rt_defer_start(&e->reaper);
    free(c);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        conn_begins(cls, mhd, context);
    else if (*context)
        conn_ends(*context);
}

/* ---- engines ---- */

/** What it complains about; requests that it answers itself are seen nowhere else. */
static void RT_PRINTF(2, 0) on_log(void *cls, const char *fmt, va_list ap)
{
    char line[256];

    (void)cls;
    if (strncmp(fmt, "Error processing request", 24) == 0)
        rt_count(&rt_http_counters[RT_HTTP_BAD]);
    if (!rt_log_on(RT_LOG_RT, RT_DEBUG))
        return;
    vsnprintf(line, sizeof line, fmt, ap);
    line[strcspn(line, "\n")] = '\0';
    rt_log(RT_LOG_RT, RT_DEBUG, "http: %s", line);
}

/** Lets it do what there is to do. */
static void on_time(void *arg)
{
    struct rt_http_engine *e = arg;
    MHD_UNSIGNED_LONG_LONG ms;

    MHD_run(e->mhd);
    if (MHD_get_timeout(e->mhd, &ms) == MHD_YES)
        rt_timer_start(&e->timer, (rt_time)ms * RT_MS);
    else
        rt_timer_stop(&e->timer);
}

static void on_ready(void *arg, uint32_t events)
{
    (void)events;
    on_time(arg);
}

static void engine_free(struct rt_http_engine *e)
{
    if (e->watch.loop)
        rt_watch_stop(&e->watch);
    if (e->mhd)
        MHD_stop_daemon(e->mhd);
    rt_timer_stop(&e->timer);
    rt_defer_stop(&e->again);
    rt_defer_stop(&e->reaper);
    DL_DELETE(e->http->engines, e);
    free(e);
}

static void on_reap(void *arg)
{
    engine_free(arg);
}

static void retire(struct rt_http_engine *e)
{
    if (!e)
        return;
    e->old = true;
    if (e->conns == 0)
        rt_defer_start(&e->reaper);
}

/** EINVAL when these are no certificate and no key that fit. */
static int check_certificate(const char *cert, const char *key, struct rt_buf *why)
{
    gnutls_certificate_credentials_t c;
    gnutls_datum_t chain, secret;
    const char *texts[] = {cert, key};

    memcpy(&chain.data, &texts[0], sizeof chain.data); /* GnuTLS only reads them */
    memcpy(&secret.data, &texts[1], sizeof secret.data);
    chain.size = (unsigned)strlen(cert);
    secret.size = (unsigned)strlen(key);
    if (gnutls_certificate_allocate_credentials(&c) != 0)
        return ENOMEM;
    int err = gnutls_certificate_set_x509_key_mem(c, &chain, &secret, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(c);
    if (err < 0 && why)
        rt_buf_printf(why, "certificate or key: %s", gnutls_strerror(err));
    return err < 0 ? EINVAL : 0;
}

static int start_engine(struct rt_http_engine *e, const char *cert, const char *key)
{
    struct rt_http *h = e->http;
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_ERROR_LOG | (cert ? MHD_USE_TLS : 0u);
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, NULL},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, NULL},
                                   {MHD_OPTION_END, 0, NULL}};

    memcpy(&tls[0].ptr_value, &cert, sizeof cert);
    memcpy(&tls[1].ptr_value, &key, sizeof key);
    if (!cert)
        tls[0].option = MHD_OPTION_END;
    errno = 0;
    e->mhd = MHD_start_daemon(
        flags, 0, NULL, NULL, rt_http_on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, rt_http_on_target, h, MHD_OPTION_NOTIFY_COMPLETED,
        rt_http_on_completed, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, e,
        MHD_OPTION_CONNECTION_LIMIT, h->limits.connections + RESERVED + 1,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((h->limits.idle + RT_S - 1) / RT_S),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_ARRAY, tls, cert ? MHD_OPTION_HTTPS_PRIORITIES : MHD_OPTION_END, PRIORITIES,
        MHD_OPTION_END);
    if (!e->mhd)
        return errno != 0 ? errno : ENOMEM;
    int fd = MHD_get_daemon_info(e->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return rt_watch_start(&e->watch, h->loop, fd, EPOLLIN, on_ready, e);
}

/** `cert` NULL: one without TLS. */
static int engine_new(struct rt_http_engine **out, struct rt_http *h, const char *cert,
                      const char *key)
{
    struct rt_http_engine *e = calloc(1, sizeof *e);

    if (!e)
        return ENOMEM;
    e->http = h;
    e->tls = cert != NULL;
    rt_timer_init(&e->timer, h->loop, on_time, e);
    rt_defer_init(&e->again, h->loop, on_time, e);
    rt_defer_init(&e->reaper, h->loop, on_reap, e);
    DL_APPEND(h->engines, e);
    int err = start_engine(e, cert, key);
    if (err != 0)
        engine_free(e);
    else
        *out = e;
    return err;
}

int rt_http_certificate(struct rt_http *h, const char *cert, const char *key)
{
    struct rt_http_engine *e;

    if (!h->tls)
        return ENOTSUP;
    int err = check_certificate(cert, key, NULL);
    if (err == 0)
        err = engine_new(&e, h, cert, key);
    if (err != 0)
        return err;
    retire(h->tls);
    h->tls = e;
    return 0;
}

/* ---- those who come ---- */

/** True when one more of this peer is within the limits. */
static bool allowed(struct rt_http *h, const union rt_addr *peer)
{
    const struct rt_http_source *s = source_of(h, peer, false);
    unsigned most = h->limits.connections + (peer->sa.sa_family == AF_UNIX ? RESERVED : 0);

    return h->nconns < most && (!s || s->conns < h->limits.per_source);
}

void rt_http_take(struct rt_http *h, int fd, const union rt_addr *peer)
{
    bool local = peer->sa.sa_family == AF_UNIX;
    struct rt_http_engine *e = h->tls && !local ? h->tls : h->plain;

    if (!allowed(h, peer)) {
        rt_count(&rt_http_counters[RT_HTTP_REFUSED]);
        close(fd);
        return;
    }
    if (MHD_add_connection(e->mhd, fd, &peer->sa,
                           local ? (socklen_t)sizeof peer->sa : rt_addr_size(peer)) != MHD_YES) {
        rt_count(&rt_http_counters[RT_HTTP_REFUSED]); /* it has closed it */
        return;
    }
    on_time(e); /* it is counted before the next one comes */
}

/* ---- the server ---- */

static struct rt_http_limits defaults(struct rt_http_limits l)
{
    unsigned room = rt_http_room(), connections = l.connections ? l.connections : CONNECTIONS;

    return (struct rt_http_limits){
        .connections = connections < room ? connections : room,
        .held = l.held ? l.held : HELD,
        .per_source = l.per_source ? l.per_source : PER_SOURCE,
        .body = l.body ? l.body : BODY,
        .idle = l.idle ? l.idle : IDLE,
    };
}

static int start(struct rt_http *h, const struct rt_http_config *cfg, struct rt_buf *why)
{
    int err = cfg->cert && cfg->key ? check_certificate(cfg->cert, cfg->key, why) : 0;

    if (err == 0)
        err = engine_new(&h->plain, h, NULL, NULL);
    if (err == 0 && cfg->cert && cfg->key)
        err = engine_new(&h->tls, h, cfg->cert, cfg->key);
    if (err != 0 && why->n == 0)
        rt_buf_printf(why, "HTTP server: %s", strerror(err));
    for (size_t i = 0; i < cfg->nlisten && err == 0; i++)
        err = rt_http_listen(h, &cfg->listen[i], why);
    return err;
}

int rt_http_new(struct rt_http **out, struct rt_loop *loop, const struct rt_http_config *config,
                const struct rt_http_ops *ops, void *arg, struct rt_buf *why)
{
    struct rt_http *h = calloc(1, sizeof *h);

    if (!h)
        return ENOMEM;
    h->loop = loop;
    h->ops = ops;
    h->arg = arg;
    h->always = config->always;
    h->limits = defaults(config->limits);
    rt_timer_init(&h->idle, loop, on_idle, h);
    h->listener = calloc(config->nlisten + 1, sizeof *h->listener);
    int err = h->listener ? start(h, config, why) : ENOMEM;
    if (err != 0)
        rt_http_free(h);
    else
        *out = h;
    return err;
}

void rt_http_free(struct rt_http *h)
{
    struct rt_http_conn *c;

    if (!h)
        return;
    while (h->nlisteners > 0)
        rt_http_unlisten(&h->listener[--h->nlisteners]);
    DL_FOREACH(h->conns, c)
    if (c->parked)
        rt_http_request_leave(c->request);
    while (h->engines)
        engine_free(h->engines);
    rt_timer_stop(&h->idle);
    free(h->listener);
    free(h);
}

const union rt_addr *rt_http_local(const struct rt_http *h, size_t i)
{
    return i < h->nlisteners ? &h->listener[i].local : NULL;
}

unsigned rt_http_connections(const struct rt_http *h)
{
    return h->nconns;
}

int rt_http_uid(const struct rt_http_request *r, unsigned *uid)
{
    struct ucred cred;
    socklen_t len = sizeof cred;

    if (r->conn->peer.sa.sa_family != AF_UNIX)
        return ENOTSUP;
    if (getsockopt(r->conn->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
        return errno;
    *uid = cred.uid;
    return 0;
}

bool rt_http_secure(const struct rt_http_request *r)
{
    return r->conn->engine->tls;
}
