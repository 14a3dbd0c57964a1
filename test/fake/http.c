/* An HTTP server without sockets: a test hands in requests and reads what was answered. One server
 * at a time. */
#include "fake_priv.h"

#include "gw/rt/http_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct rt_http {
    const struct rt_http_ops *ops;
    void *arg;
    union rt_addr listen[8];
    size_t nlisten;
    bool tls;
    struct fake_place owner;
};

struct rt_http_request {
    struct rt_http_target target;
    const struct fake_http_ask *ask;
    union rt_addr peer;
    void *context;
    struct fake_http_answer answer;
    bool owned;
    struct rt_http_request *prev, *next;
};

static struct rt_http *server;
static struct rt_http_request *requests;

void fake_http_reset(void)
{
    server = NULL;
    requests = NULL;
}

int rt_http_new(struct rt_http **out, struct rt_loop *loop, const struct rt_http_config *config,
                const struct rt_http_ops *ops, void *arg, struct rt_buf *why)
{
    struct rt_http *h = fake_alloc(sizeof *h);

    (void)why;
    h->owner = (struct fake_place){fake_process_now(), loop};
    h->ops = ops;
    h->arg = arg;
    h->tls = config->cert != NULL;
    for (; h->nlisten < config->nlisten && h->nlisten < RT_COUNT(h->listen); h->nlisten++)
        h->listen[h->nlisten] = config->listen[h->nlisten];
    *out = server = h;
    return 0;
}

static void let_go(struct rt_http_request *r)
{
    if (!r->owned)
        return;
    r->owned = false;
    struct fake_place before = fake_enter(server->owner.process, server->owner.loop);
    server->ops->gone(server->arg, r);
    fake_leave(before);
}

void rt_http_free(struct rt_http *h)
{
    struct rt_http_request *r;

    if (!h)
        return;
    DL_FOREACH(requests, r)
    let_go(r);
    server = NULL;
    free(h);
}

void fake_http_kill(unsigned process)
{
    struct rt_http_request *r;

    if (!server || server->owner.process != process)
        return;
    DL_FOREACH(requests, r)
    r->owned = false;
    free(server);
    server = NULL;
}

const union rt_addr *rt_http_local(const struct rt_http *h, size_t i)
{
    return i < h->nlisten ? &h->listen[i] : NULL;
}

int rt_http_certificate(struct rt_http *h, const char *cert, const char *key)
{
    return !h->tls ? ENOTSUP : cert && key ? 0 : EINVAL;
}

unsigned rt_http_connections(const struct rt_http *h)
{
    struct rt_http_request *r;
    unsigned n = 0;

    (void)h;
    DL_FOREACH(requests, r)
    n += r->owned;
    return n;
}

/* ---- the test's side ---- */

struct rt_http_request *fake_http_ask(const struct fake_http_ask *ask)
{
    struct rt_http_request *r = server ? calloc(1, sizeof *r) : NULL;

    if (!r)
        return NULL;
    if (rt_http_target_read(&r->target, ask->target) != 0) {
        free(r);
        return NULL;
    }
    r->ask = ask;
    if (ask->peer)
        rt_addr_parse(&r->peer, ask->peer, strlen(ask->peer), 40000);
    else
        r->peer.sa.sa_family = AF_UNIX;
    r->owned = true;
    DL_APPEND(requests, r);
    struct fake_place before = fake_enter(server->owner.process, server->owner.loop);
    server->ops->request(server->arg, r);
    fake_leave(before);
    return r;
}

const struct fake_http_answer *fake_http_answer(const struct rt_http_request *r)
{
    return &r->answer;
}

void fake_http_drop(struct rt_http_request *r)
{
    if (!r)
        return;
    let_go(r);
    DL_DELETE(requests, r);
    rt_http_target_release(&r->target);
    rt_buf_release(&r->answer.headers);
    rt_buf_release(&r->answer.body);
    free(r);
}

/* ---- what was asked ---- */

const char *rt_http_method(const struct rt_http_request *r)
{
    return r->ask->method ? r->ask->method : "GET";
}

const char *rt_http_path(const struct rt_http_request *r)
{
    return r->target.path;
}

const char *rt_http_query(const struct rt_http_request *r, const char *name)
{
    return rt_http_target_query(&r->target, name);
}

void rt_http_queries(const struct rt_http_request *r,
                     void (*fn)(void *arg, const char *name, const char *value), void *arg)
{
    for (unsigned i = 0; i < r->target.nqueries; i++)
        fn(arg, r->target.query[i].name, r->target.query[i].value);
}

const char *rt_http_header(const struct rt_http_request *r, const char *name)
{
    for (const struct rt_http_header *h = r->ask->headers; h && h->name; h++)
        if (strcasecmp(h->name, name) == 0)
            return h->value;
    return NULL;
}

struct rt_str rt_http_body(const struct rt_http_request *r)
{
    return rt_str(r->ask->body ? r->ask->body : "");
}

const union rt_addr *rt_http_peer(const struct rt_http_request *r)
{
    return &r->peer;
}

int rt_http_uid(const struct rt_http_request *r, unsigned *uid)
{
    if (r->peer.sa.sa_family != AF_UNIX)
        return ENOTSUP;
    *uid = r->ask->uid;
    return 0;
}

bool rt_http_secure(const struct rt_http_request *r)
{
    return r->ask->secure;
}

void rt_http_set_context(struct rt_http_request *r, void *context)
{
    r->context = context;
}

void *rt_http_context(const struct rt_http_request *r)
{
    return r->context;
}

/* ---- the answer ---- */

void rt_http_stream(struct rt_http_request *r, unsigned status,
                    const struct rt_http_header *headers)
{
    unsigned before = fake_process(0); /* whose memory is not refused */

    r->answer.status = status;
    for (; headers && headers->name; headers++)
        rt_buf_printf(&r->answer.headers, "%s: %s\n", headers->name, headers->value);
    fake_process(before);
}

void rt_http_stream_end(struct rt_http_request *r)
{
    r->answer.whole = true;
    r->owned = false;
}

int rt_http_stream_write(struct rt_http_request *r, struct rt_str piece, size_t max)
{
    if (r->ask->deaf && r->answer.body.n + piece.n > max)
        return ENOBUFS;
    fake_put(&r->answer.body, piece.p, piece.n);
    return 0;
}

size_t rt_http_stream_pending(const struct rt_http_request *r)
{
    return r->ask->deaf ? r->answer.body.n : 0;
}

void rt_http_reply(struct rt_http_request *r, unsigned status, const struct rt_http_header *headers,
                   struct rt_str body)
{
    rt_http_stream(r, status, headers);
    fake_put(&r->answer.body, body.p, body.n);
    rt_http_stream_end(r);
}

void rt_http_reply_static(struct rt_http_request *r, unsigned status,
                          const struct rt_http_header *headers, struct rt_str body)
{
    rt_http_reply(r, status, headers, body);
}
