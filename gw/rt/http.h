/* A server of HTTP/1.1, over TCP, TLS or a UNIX socket, in a loop of its own or of others.
 *
 * os_http.c does it with libmicrohttpd, whose descriptor is one of the loop's; test/fake/ hands in
 * requests from a script. A request is given to its owner when it is whole; the owner answers at
 * once or later, with one body or with pieces for as long as the client stays. Nothing here waits.
 */
#ifndef GW_RT_HTTP_H
#define GW_RT_HTTP_H

#include "gw/rt/buf.h"
#include "gw/rt/loop.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"

struct rt_http;
struct rt_http_request;
struct rt_http_header;

/** What a server allows; 0: the default in brackets. */
struct rt_http_limits {
    /** At once [2000]; never more than a quarter of the descriptors that the process may have. */
    unsigned connections;
    unsigned per_source; /**< of an IPv4 address or an IPv6 /64; not of UNIX sockets [1000] */
    size_t body;         /**< octets of a request's body; more is 413 [8 MiB] */
    size_t held;         /**< of all bodies and answers together; beyond it 503 [256 MiB] */
    rt_time idle;        /**< a connection without a request, or with half of one, ends [30 s] */
};

struct rt_http_config {
    const union rt_addr *listen; /**< `nlisten` addresses; a UNIX socket's file has mode 0660 */
    size_t nlisten;
    const char *cert,
        *key; /**< PEM texts, not paths; both NULL: no TLS. UNIX sockets never have it */
    struct rt_http_limits limits;
    /** In every answer that does not have them already, up to a NULL name; NULL: none. They outlive
     * the server. */
    const struct rt_http_header *always;
};

struct rt_http_ops {
    /** A whole request. It lives until it is answered by rt_http_reply(), or until
     * rt_http_stream_end() after rt_http_stream(), or until `gone`. */
    void (*request)(void *arg, struct rt_http_request *r);
    /** The client has left before the answer, or while a stream went on: the request must not be
     * touched after this returns. Not called once it was answered whole. */
    void (*gone)(void *arg, struct rt_http_request *r);
    /** The most octets that a body may have whose head is there: strangers send no large ones.
     * NULL: as the limits say. */
    size_t (*body)(void *arg, const struct rt_http_request *r);
};

/** Listens. The errno of a socket, EADDRINUSE above all, with the address in `why`; EINVAL: the
 * certificate or the key is none. */
int rt_http_new(struct rt_http **out, struct rt_loop *loop, const struct rt_http_config *config,
                const struct rt_http_ops *ops, void *arg, struct rt_buf *why);
/** Ends every connection; `gone` is called for requests that wait. NULL is allowed. */
void rt_http_free(struct rt_http *h);
/** The `i`-th address, with the port the kernel chose. */
const union rt_addr *rt_http_local(const struct rt_http *h, size_t i);
/** Another certificate for connections from now on. EINVAL: none. ENOTSUP: the server has no TLS.
 */
int rt_http_certificate(struct rt_http *h, const char *cert, const char *key);
/** Connections now; any thread may ask. */
unsigned rt_http_connections(const struct rt_http *h);

/* ---- a request; all text is borrowed and lives as long as it ---- */

/** "GET" */
const char *rt_http_method(const struct rt_http_request *r);
/** The path, percent-decoded, without the query: "/api/v1/calls". A path with NUL or that is not
 * UTF-8 never gets here: 400. */
const char *rt_http_path(const struct rt_http_request *r);
/** A parameter of the query, decoded; NULL: not there. */
const char *rt_http_query(const struct rt_http_request *r, const char *name);
/** Calls `fn` for each parameter of the query. */
void rt_http_queries(const struct rt_http_request *r,
                     void (*fn)(void *arg, const char *name, const char *value), void *arg);
/** A header by name, in any case; NULL: not there. */
const char *rt_http_header(const struct rt_http_request *r, const char *name);
struct rt_str rt_http_body(const struct rt_http_request *r);
/** A field of a form (application/x-www-form-urlencoded) in the body, decoded. ENOENT: not there;
 * ENAMETOOLONG; EINVAL: not UTF-8, or NUL in it. */
int rt_http_form(const struct rt_http_request *r, const char *name, char *out, size_t cap);
/** Who asks; a UNIX socket's address for those of this machine. */
const union rt_addr *rt_http_peer(const struct rt_http_request *r);
/** The user at the far end of a UNIX socket. ENOTSUP: of another one. */
int rt_http_uid(const struct rt_http_request *r, unsigned *uid);
/** True when it came over TLS. */
bool rt_http_secure(const struct rt_http_request *r);
/** A pointer of the owner's, NULL at first. */
void rt_http_set_context(struct rt_http_request *r, void *context);
void *rt_http_context(const struct rt_http_request *r);

/* ---- the answer ---- */

/** A header to be sent. A list ends with a NULL name. */
struct rt_http_header {
    const char *name, *value;
};

/** Answers: status, headers (NULL: none) and a body, which are copied. Content-Length and Date are
 * the server's. HEAD gets no body. The request is gone afterwards. */
void rt_http_reply(struct rt_http_request *r, unsigned status, const struct rt_http_header *headers,
                   struct rt_str body);
/** The same with a body that outlives the server (embedded files): it is not copied. */
void rt_http_reply_static(struct rt_http_request *r, unsigned status,
                          const struct rt_http_header *headers, struct rt_str body);
/** Begins an answer of pieces (chunked, never stored by proxies that keep to Cache-Control). */
void rt_http_stream(struct rt_http_request *r, unsigned status,
                    const struct rt_http_header *headers);
/** Queues a piece, which is copied. ENOBUFS when more than `max` octets would wait: nothing was
 * queued, and the owner decides whether to end the stream. */
int rt_http_stream_write(struct rt_http_request *r, struct rt_str piece, size_t max);
/** Octets queued and not yet taken. */
size_t rt_http_stream_pending(const struct rt_http_request *r);
/** Ends it after what is queued. The request is gone afterwards. */
void rt_http_stream_end(struct rt_http_request *r);

enum rt_http_counter {
    RT_HTTP_REQUESTS,
    RT_HTTP_REFUSED, /**< connections above the limits */
    RT_HTTP_BAD,     /**< requests that were none: 400, 413, 431 */
    RT_HTTP_NCOUNTERS
};
extern struct rt_counter rt_http_counters[RT_HTTP_NCOUNTERS];

#endif
