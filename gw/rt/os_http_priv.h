/* What the files of the HTTP server share: os_http.c has the connections, os_http_request.c what is
 * asked and answered on one. */
#ifndef GW_RT_OS_HTTP_PRIV_H
#define GW_RT_OS_HTTP_PRIV_H

#include "gw/rt/http_priv.h"
#include "gw/rt/os_loop.h"

#include <microhttpd.h>

struct rt_http_engine;

/** A connection of libmicrohttpd's, from accept to close. */
struct rt_http_conn {
    struct rt_http_engine *engine;
    struct rt_http *http;
    struct MHD_Connection *mhd;
    int fd;
    union rt_addr peer;
    struct rt_http_source *source;   /* NULL: a UNIX socket's */
    struct rt_http_request *request; /* the one in progress */
    rt_time deadline;
    bool waiting; /* for a whole request: it is in the server's list */
    bool parked;  /* suspended: only the far end's leaving is looked for */
    struct rt_watch leaving;
    struct rt_http_conn *prev, *next, *wait_prev, *wait_next;
};

struct rt_http_request {
    struct rt_http_conn *conn;
    struct rt_http_target target;
    const char *method;
    int bad; /* errno of reading the target */
    bool begun, whole, swallow;
    bool owned; /* its owner has to answer */
    bool left;  /* the connection is to be closed without more */
    bool stream, ended;
    bool full;    /* too much is held already */
    size_t came;  /* octets of the body */
    size_t limit; /* of them */
    size_t held;  /* octets of the body and the answer that are counted */
    struct rt_buf body, out;
    size_t taken; /* of `out` */
    void *context;
    unsigned status;
    struct MHD_Response *response;
};

struct rt_http_listener {
    struct rt_http *http;
    int fd;
    struct rt_watch watch;
    struct rt_timer retry;
    union rt_addr local;
};

struct rt_http {
    struct rt_loop *loop;
    const struct rt_http_ops *ops;
    void *arg;
    struct rt_http_limits limits;
    const struct rt_http_header *always;
    struct rt_http_listener *listener;
    size_t nlisteners;
    struct rt_http_engine *engines, *plain, *tls;
    struct rt_http_conn *conns, *waiting;
    struct rt_http_source *sources;
    struct rt_timer idle;
    _Atomic unsigned nconns; /**< any thread may ask */
    size_t held;             /* octets of all bodies and answers */
};

/* ---- os_http.c ---- */

/** The connection waits for a request, from now on. */
void rt_http_conn_wait(struct rt_http_conn *c);
/** It has one that is whole. */
void rt_http_conn_busy(struct rt_http_conn *c);
/** Nothing is to be read or written until rt_http_conn_unpark(), but the far end may leave. Only
 * inside libmicrohttpd's callbacks. */
void rt_http_conn_park(struct rt_http_conn *c);
void rt_http_conn_unpark(struct rt_http_conn *c);

/** A connection that was accepted; it is the server's now. */
void rt_http_take(struct rt_http *h, int fd, const union rt_addr *peer);

/* ---- os_http_listen.c ---- */

/** Takes the server's next listener for an address. */
int rt_http_listen(struct rt_http *h, const union rt_addr *local, struct rt_buf *why);
void rt_http_unlisten(struct rt_http_listener *l);
/** Takes all descriptors that the process may have; as many connections fit in a quarter of them.
 */
unsigned rt_http_room(void);

/* ---- os_http_request.c ---- */

/** The far end of a parked connection has left. */
void rt_http_request_leave(struct rt_http_request *r);
void rt_http_request_free(struct rt_http_request *r);
/** Callbacks for libmicrohttpd. */
void *rt_http_on_target(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result rt_http_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *size, void **context);
void rt_http_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_RequestTerminationCode code);

#endif
