/* Requests of the HTTP server: collected until they are whole, answered whole or in pieces.
 *
 * While a request waits for its answer, and a stream for its next piece, libmicrohttpd has the
 * connection suspended and looks at it no more: then we do, so that whoever left is known at once.
 */
#include "gw/rt/os_http_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** A stream's octets are handed over so many at a time. */
#define BLOCK (16u << 10)
/** So often the limit of a body is read and thrown away, so that the client sees the 413. */
#define SWALLOW 4
/** A body that moves so far in the time of an idle connection is not idle. */
#define PROGRESS (64u << 10)
/** Answers up to here are always sent: refusals, above all. */
#define SMALL (64u << 10)

/* ---- coming in ---- */

static struct rt_http_conn *conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void *rt_http_on_target(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    struct rt_http_conn *c = conn_of(mhd);
    struct rt_http_request *r = c ? calloc(1, sizeof *r) : NULL;

    (void)cls;
    if (!r)
        return NULL;
    r->conn = c;
    r->bad = rt_http_target_read(&r->target, uri);
    c->request = r;
    return r;
}

/** Counts `n` octets more. False: all of them together are too many. */
static bool hold(struct rt_http_request *r, size_t n)
{
    struct rt_http *h = r->conn->http;

    r->held += n;
    h->held += n;
    return h->held <= h->limits.held;
}

static void let_go(struct rt_http_request *r)
{
    r->conn->http->held -= r->held;
    r->held = 0;
}

void rt_http_request_free(struct rt_http_request *r)
{
    if (!r)
        return;
    if (r->response)
        MHD_destroy_response(r->response);
    let_go(r);
    rt_http_target_release(&r->target);
    rt_buf_release(&r->body);
    rt_buf_release(&r->out);
    free(r);
}

static bool has(const struct rt_http_header *h, const char *name)
{
    for (; h && h->name; h++)
        if (strcasecmp(h->name, name) == 0)
            return true;
    return false;
}

/** Those given, and those that every answer has. */
static void add_headers(struct rt_http_request *r, struct MHD_Response *response,
                        const struct rt_http_header *headers)
{
    for (const struct rt_http_header *h = r->conn->http->always; h && h->name; h++)
        if (!has(headers, h->name))
            MHD_add_response_header(response, h->name, h->value);
    for (; headers && headers->name; headers++)
        MHD_add_response_header(response, headers->name, headers->value);
}

/** Answers what never reaches the owner. */
static enum MHD_Result refuse(struct rt_http_request *r, unsigned status, const char *title)
{
    char body[128];
    int n = snprintf(body, sizeof body, "{\"title\":\"%s\",\"status\":%u}\n", title, status);
    struct MHD_Response *response =
        MHD_create_response_from_buffer((size_t)n, body, MHD_RESPMEM_MUST_COPY);

    rt_count(&rt_http_counters[RT_HTTP_BAD]);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "application/problem+json");
    if (!r->whole) /* who knows where the next one begins */
        MHD_add_response_header(response, "Connection", "close");
    add_headers(r, response, NULL);
    enum MHD_Result done = MHD_queue_response(r->conn->mhd, status, response);
    MHD_destroy_response(response);
    return done;
}

/** Headers of which a request has one, or a proxy before us reads another than we do. */
static const char *const once[] = {"Host", "Content-Length", "Transfer-Encoding"};

static enum MHD_Result count_once(void *cls, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    unsigned *n = cls;

    (void)kind;
    (void)value;
    for (size_t i = 0; i < RT_COUNT(once); i++)
        n[i] += strcasecmp(name, once[i]) == 0;
    return MHD_YES;
}

/** False: where its body ends, or whom it is for, can be read in two ways (RFC 9112 3.2, 6.3). */
static bool clear(const struct rt_http_request *r)
{
    const char *length = rt_http_header(r, "Content-Length");
    const char *coding = rt_http_header(r, "Transfer-Encoding");
    unsigned n[RT_COUNT(once)] = {0};
    uint64_t octets;

    (void)MHD_get_connection_values(r->conn->mhd, MHD_HEADER_KIND, count_once, n);
    for (size_t i = 0; i < RT_COUNT(once); i++)
        if (n[i] > 1)
            return false;
    if (coding && (length || strcasecmp(coding, "chunked") != 0))
        return false;
    return !length || rt_str_u64(&octets, rt_str(length), UINT64_MAX) == 0;
}

static size_t limit_of(struct rt_http_request *r)
{
    const struct rt_http *h = r->conn->http;
    size_t own = h->ops->body ? h->ops->body(h->arg, r) : h->limits.body;

    return own < h->limits.body ? own : h->limits.body;
}

/** The head is there. What is wrong already is said now; a body that is too large is read a while
 * first, or the client would see a reset instead of an answer. */
static enum MHD_Result begin(struct rt_http_request *r)
{
    const char *length = rt_http_header(r, "Content-Length"), *expect = rt_http_header(r, "Expect");
    uint64_t octets = 0;

    if (r->bad != 0)
        return refuse(r, r->bad == ENOMEM ? 503 : 400,
                      r->bad == ENOMEM ? "Service Unavailable" : "Bad Request");
    if (!clear(r))
        return refuse(r, 400, "Bad Request");
    size_t limit = r->limit =
        length || rt_http_header(r, "Transfer-Encoding") ? limit_of(r) : r->conn->http->limits.body;
    if (length && rt_str_u64(&octets, rt_str(length), UINT64_MAX) != 0)
        octets = UINT64_MAX;
    if (octets > SWALLOW * (uint64_t)limit || (octets > limit && expect))
        return refuse(r, 413, "Content Too Large");
    return MHD_YES;
}

static enum MHD_Result collect(struct rt_http_request *r, const char *data, size_t n)
{
    size_t limit = r->limit, before = r->came / PROGRESS;

    r->came += n;
    if (r->came / PROGRESS != before)
        rt_http_conn_wait(r->conn);
    if (!r->swallow) {
        rt_buf_put(&r->body, data, n);
        r->full = !hold(r, n) || r->body.failed;
    }
    if (r->came > limit || r->full) {
        r->swallow = true;
        rt_buf_release(&r->body);
        let_go(r);
    }
    return r->came > SWALLOW * limit ? MHD_NO : MHD_YES;
}

/** What is to be sent now; nothing yet: the connection is parked. */
static enum MHD_Result answer(struct rt_http_request *r)
{
    if (r->left)
        return MHD_NO;
    if (!r->response) {
        rt_http_conn_park(r->conn);
        return MHD_YES;
    }
    enum MHD_Result done = MHD_queue_response(r->conn->mhd, r->status, r->response);
    MHD_destroy_response(r->response);
    r->response = NULL;
    return done;
}

enum MHD_Result rt_http_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *size, void **context)
{
    struct rt_http_request *r = *context;

    (void)mhd;
    (void)url;
    (void)version;
    if (!r)
        return MHD_NO; /* no memory */
    if (!r->begun) {
        r->begun = true;
        r->method = method;
        return begin(r);
    }
    if (*size > 0) {
        size_t n = *size;
        *size = 0;
        return collect(r, upload, n);
    }
    if (!r->whole) {
        struct rt_http *h = cls;
        r->whole = true;
        rt_http_conn_busy(r->conn);
        if (r->swallow)
            return r->full ? refuse(r, 503, "Service Unavailable")
                           : refuse(r, 413, "Content Too Large");
        rt_count(&rt_http_counters[RT_HTTP_REQUESTS]);
        r->owned = true;
        h->ops->request(h->arg, r);
    }
    return answer(r);
}

static void tell_gone(struct rt_http_request *r)
{
    struct rt_http *h = r->conn->http;

    r->left = true;
    if (r->owned) {
        r->owned = false;
        h->ops->gone(h->arg, r);
    }
}

void rt_http_request_leave(struct rt_http_request *r)
{
    tell_gone(r);
    rt_http_conn_unpark(r->conn);
}

void rt_http_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_RequestTerminationCode code)
{
    struct rt_http_request *r = *context;

    (void)cls;
    (void)mhd;
    (void)code;
    *context = NULL;
    if (!r)
        return;
    struct rt_http_conn *c = r->conn;
    tell_gone(r);
    c->request = NULL;
    rt_http_request_free(r);
    rt_http_conn_wait(c);
}

/* ---- what was asked ---- */

const char *rt_http_method(const struct rt_http_request *r)
{
    return r->method;
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
    return MHD_lookup_connection_value(r->conn->mhd, MHD_HEADER_KIND, name);
}

struct rt_str rt_http_body(const struct rt_http_request *r)
{
    return rt_buf_str(&r->body);
}

const union rt_addr *rt_http_peer(const struct rt_http_request *r)
{
    return &r->conn->peer;
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

/** The request has its answer, or `response` is NULL for want of memory. */
static void respond(struct rt_http_request *r, unsigned status,
                    const struct rt_http_header *headers, struct MHD_Response *response)
{
    r->status = status;
    r->response = response;
    r->left = response == NULL;
    if (response)
        add_headers(r, response, headers);
}

static void reply(struct rt_http_request *r, unsigned status, const struct rt_http_header *headers,
                  struct rt_str body, enum MHD_ResponseMemoryMode mode)
{
    static const struct rt_http_header later[] = {{"Retry-After", "5"}, {NULL, NULL}};
    void *data;

    if (mode == MHD_RESPMEM_MUST_COPY && !hold(r, body.n) && body.n > SMALL) {
        status = 503; /* others read theirs slowly */
        headers = later;
        body = rt_str("");
        let_go(r);
    }
    memcpy(&data, &body.p, sizeof data); /* libmicrohttpd only reads it */
    respond(r, status, headers, MHD_create_response_from_buffer(body.n, data, mode));
    r->owned = false;
    rt_http_conn_unpark(r->conn);
}

void rt_http_reply(struct rt_http_request *r, unsigned status, const struct rt_http_header *headers,
                   struct rt_str body)
{
    reply(r, status, headers, body, MHD_RESPMEM_MUST_COPY);
}

void rt_http_reply_static(struct rt_http_request *r, unsigned status,
                          const struct rt_http_header *headers, struct rt_str body)
{
    reply(r, status, headers, body, MHD_RESPMEM_PERSISTENT);
}

/* ---- pieces ---- */

/** libmicrohttpd wants more of a stream. */
static ssize_t on_read(void *cls, uint64_t pos, char *out, size_t max)
{
    struct rt_http_request *r = cls;
    size_t n = rt_http_stream_pending(r);

    (void)pos;
    if (r->left)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n == 0 && r->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (n == 0) {
        rt_http_conn_park(r->conn);
        return 0;
    }
    n = n < max ? n : max;
    memcpy(out, r->out.p + r->taken, n);
    r->taken += n;
    if (r->taken == r->out.n) {
        rt_buf_reset(&r->out);
        r->taken = 0;
    }
    return (ssize_t)n;
}

void rt_http_stream(struct rt_http_request *r, unsigned status,
                    const struct rt_http_header *headers)
{
    r->stream = true;
    respond(r, status, headers,
            MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read, r, NULL));
    rt_http_conn_unpark(r->conn);
}

int rt_http_stream_write(struct rt_http_request *r, struct rt_str piece, size_t max)
{
    size_t waits = rt_http_stream_pending(r);

    if (waits + piece.n > max)
        return ENOBUFS;
    if (r->taken > 0) {
        memmove(r->out.p, r->out.p + r->taken, waits);
        r->out.n = waits;
        r->taken = 0;
    }
    rt_buf_reserve(&r->out, piece.n);
    if (r->out.failed)
        return ENOBUFS;
    rt_buf_put(&r->out, piece.p, piece.n);
    rt_http_conn_unpark(r->conn);
    return 0;
}

size_t rt_http_stream_pending(const struct rt_http_request *r)
{
    return r->out.n - r->taken;
}

void rt_http_stream_end(struct rt_http_request *r)
{
    r->ended = true;
    r->owned = false;
    rt_http_conn_unpark(r->conn);
}
