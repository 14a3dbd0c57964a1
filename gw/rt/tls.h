/* TLS 1.2 and 1.3 over the streams of net.h, by GnuTLS. It never sees a socket or a clock: octets
 * go through rt_stream, the time is rt_wall(), files are read by rt_file_read(). So it runs under
 * the fake kernel too.
 *
 * A context holds our certificate and whom we trust; a stream is one connection. Whom we connect to
 * must prove to be the domain that was looked up (RFC 5922 7.1 to 7.3). Who connects to us is asked
 * for a certificate when the context says so.
 */
#ifndef GW_RT_TLS_H
#define GW_RT_TLS_H

#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"

/* ---- contexts ---- */

/** Whether those who connect to us need a certificate. */
enum rt_tls_verify {
    RT_TLS_OFF,      /**< it is not asked for */
    RT_TLS_OPTIONAL, /**< asked for; one that is shown must be good */
    RT_TLS_REQUIRED
};

struct rt_tls_config {
    /** PEM files: the certificate with its chain, and its private key; NULL: there is none, which
     * serves connections of our own alone. */
    const char *cert, *key;
    const char *ca; /**< PEM file or folder of whom we trust; NULL: what the system trusts */
    enum rt_tls_verify verify;
};

/** Which file an error speaks of. */
enum rt_tls_file { RT_TLS_CERT, RT_TLS_KEY, RT_TLS_CA };

struct rt_tls;

/** Reads the files. On failure `why` says what is wrong and `*which` (if given) with which file:
 * the errno of reading, EINVAL for what is no certificate or key or does not fit the other. */
int rt_tls_new(struct rt_tls **out, const struct rt_tls_config *cfg, struct rt_buf *why,
               enum rt_tls_file *which);
/** Takes `from` for the connections to come, which was read anew; those there are keep what they
 * began with. In the thread of the connections, while rt_tls_new() may be in another one. */
void rt_tls_take(struct rt_tls *t, struct rt_tls *from);
/** Connections live on without it. NULL is allowed. */
void rt_tls_free(struct rt_tls *t);
/** When our certificate ends, wall clock. */
rt_time rt_tls_expiry(const struct rt_tls *t);
/** When the first of the certificates in a PEM file ends, wall clock. The errno of reading; EINVAL:
 * it has none. */
int rt_tls_certificate_end(const char *path, rt_time *end);
/** True when certificates are asked of those who connect to us. */
bool rt_tls_mutual(const struct rt_tls *t);

/* ---- streams: as rt_stream, with the same callbacks ---- */

struct rt_tls_stream;

struct rt_tls_ops {
    /** The handshake is over, on accepted streams too. May be NULL. */
    void (*connected)(void *arg, struct rt_tls_stream *s);
    /** As in rt_stream_ops. */
    size_t (*data)(void *arg, struct rt_tls_stream *s, const char *buf, size_t len);
    /** Ended: 0 is an orderly close, EPROTO an error of TLS (it is in the log), else an errno. The
     * handle is still to be closed. */
    void (*closed)(void *arg, struct rt_tls_stream *s, int err);
};

/** Connects to `to`, which must prove to be `domain`: a name, or an address as text. What is
 * written before the handshake is over waits for it. */
int rt_tls_connect(struct rt_tls_stream **out, struct rt_tls *t, struct rt_loop *loop,
                   const union rt_addr *to, const char *domain, const struct rt_tls_ops *ops,
                   void *arg);
/** Takes over an accepted stream, inside the accept callback. On failure the stream is not owned
 * and gets closed. */
int rt_tls_accept(struct rt_tls_stream **out, struct rt_tls *t, struct rt_loop *loop,
                  struct rt_stream *raw, const struct rt_tls_ops *ops, void *arg);
/** Queues `len` octets. EPIPE, ENOBUFS as rt_stream_write(). */
int rt_tls_write(struct rt_tls_stream *s, const void *buf, size_t len);
void rt_tls_set_limit(struct rt_tls_stream *s, size_t octets);
/** Says goodbye and closes after what is queued has gone out; no callback comes any more. */
void rt_tls_close(struct rt_tls_stream *s);
/** True when the far end has shown a certificate and it was good. */
bool rt_tls_verified(const struct rt_tls_stream *s);
/** True when it is verified to be `domain`. */
bool rt_tls_is(const struct rt_tls_stream *s, const char *domain);

/* ---- counters ---- */

enum rt_tls_counter {
    RT_TLS_HANDSHAKES,
    RT_TLS_FAILED,
    RT_TLS_UNTRUSTED,
    RT_TLS_MISNAMED,
    RT_TLS_BROKEN,
    RT_TLS_RELOADS,
    RT_TLS_NCOUNTERS
};
extern struct rt_counter rt_tls_counters[RT_TLS_NCOUNTERS];

#endif
