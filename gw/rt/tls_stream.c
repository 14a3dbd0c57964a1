/* TLS connections: GnuTLS between a raw stream and its owner. */
#include "gw/rt/log.h"
#include "gw/rt/tls_priv.h"

#include <errno.h>
#include <stdlib.h>

#define WRITE_LIMIT (4u << 20)
#define READ_LIMIT  (64u << 10)
#define RECORD      (16u << 10) /* the largest that TLS has */

/** Nothing older than 1.2, no cipher under 128 bits. */
#define PRIORITY "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static void reap(void *arg)
{
    struct rt_tls_stream *s = arg;

    gnutls_deinit(s->session);
    rt_tls_creds_unref(s->creds);
    rt_buf_release(&s->plain);
    rt_buf_release(&s->out);
    rt_buf_release(&s->why);
    free(s->domain);
    free(s);
}

/* ---- what GnuTLS reads and writes ---- */

static ssize_t pull(gnutls_transport_ptr_t p, void *out, size_t n)
{
    struct rt_tls_stream *s = p;

    if (s->left == 0) {
        gnutls_transport_set_errno(s->session, EAGAIN);
        return -1;
    }
    n = n < s->left ? n : s->left;
    memcpy(out, s->in, n);
    s->in += n;
    s->left -= n;
    return (ssize_t)n;
}

static ssize_t push(gnutls_transport_ptr_t p, const void *data, size_t n)
{
    struct rt_tls_stream *s = p;
    int err = rt_stream_write(s->raw, data, n);

    if (err == 0)
        return (ssize_t)n;
    gnutls_transport_set_errno(s->session, err);
    return -1;
}

/* ---- ends ---- */

static void end(struct rt_tls_stream *s, int err)
{
    if (s->ended || s->closing)
        return;
    s->ended = true;
    s->ops->closed(s->arg, s, err);
}

static void tell(const struct rt_tls_stream *s, const char *why)
{
    char peer[RT_ADDR_LEN];

    /* anybody may knock with anything; where we call, somebody has to put it right */
    rt_log(RT_LOG_RT, s->domain ? RT_WARN : RT_INFO, "tls %s %s: %s%s", s->domain ? "to" : "from",
           rt_addr_format(peer, rt_stream_peer(s->raw)), s->up ? "" : "handshake failed: ", why);
}

/** An error of TLS: told to the far end, to the log, to the owner. */
static void fail(struct rt_tls_stream *s, int rc)
{
    const char *why = gnutls_strerror(rc);

    if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
        why = gnutls_alert_get_name(gnutls_alert_get(s->session));
    else if (s->why.n > 0)
        why = s->why.p;
    rt_count(&rt_tls_counters[s->up ? RT_TLS_BROKEN : RT_TLS_FAILED]);
    tell(s, why ? why : "unknown alert");
    gnutls_alert_send_appropriate(s->session, rc);
    end(s, EPROTO);
}

/* ---- running ---- */

static int send_all(struct rt_tls_stream *s, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t sent = gnutls_record_send(s->session, p, n);
        if (sent == GNUTLS_E_INTERRUPTED)
            continue;
        if (sent < 0)
            return EPIPE;
        p += sent;
        n -= (size_t)sent;
    }
    return 0;
}

/** One more step of the handshake; true when it is over and the stream still open. */
static bool shake(struct rt_tls_stream *s)
{
    int rc;

    do {
        rc = gnutls_handshake(s->session);
    } while (rc < 0 && rc != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(rc));
    if (rc == GNUTLS_E_AGAIN)
        return false;
    if (rc < 0) {
        fail(s, rc);
        return false;
    }
    s->up = true;
    rt_count(&rt_tls_counters[RT_TLS_HANDSHAKES]);
    int err = send_all(s, s->out.p, s->out.n);
    rt_buf_release(&s->out);
    if (err != 0)
        end(s, err);
    else if (s->ops->connected)
        s->ops->connected(s->arg, s);
    return !s->ended && !s->closing;
}

/** Hands over what was deciphered; true while the stream lives on. */
static bool hand_over(struct rt_tls_stream *s)
{
    while (s->plain.n > 0 && !s->closing) {
        size_t used = s->ops->data(s->arg, s, s->plain.p, s->plain.n);
        if (used == 0)
            break;
        memmove(s->plain.p, s->plain.p + used, s->plain.n - used);
        s->plain.n -= used;
    }
    if (!s->closing && (s->plain.failed || s->plain.n > s->limit))
        end(s, s->plain.failed ? ENOMEM : EMSGSIZE);
    return !s->ended && !s->closing;
}

static void receive(struct rt_tls_stream *s)
{
    char chunk[RECORD];

    for (;;) {
        size_t left = s->left;
        ssize_t n = gnutls_record_recv(s->session, chunk, sizeof chunk);
        if (n == GNUTLS_E_AGAIN && s->left > 0 && s->left < left)
            continue; /* it has read what is no data: a ticket of TLS 1.3 */
        if (n == GNUTLS_E_AGAIN)
            return;
        if (n == 0) {
            end(s, 0);
            return;
        }
        if (n == GNUTLS_E_REHANDSHAKE) { /* nobody needs it, attackers like it */
            gnutls_alert_send(s->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
            continue;
        }
        if (n < 0 && gnutls_error_is_fatal((int)n)) {
            fail(s, (int)n);
            return;
        }
        if (n > 0) {
            rt_buf_put(&s->plain, chunk, (size_t)n);
            if (!hand_over(s))
                return;
        }
    }
}

static void on_connected(void *arg, struct rt_stream *raw)
{
    (void)raw;
    shake(arg);
}

static size_t on_data(void *arg, struct rt_stream *raw, const char *buf, size_t len)
{
    struct rt_tls_stream *s = arg;

    (void)raw;
    s->in = buf;
    s->left = len;
    if (!s->ended && (s->up || shake(s)))
        receive(s);
    s->in = NULL;
    s->left = 0;
    return len;
}

static void on_closed(void *arg, struct rt_stream *raw, int err)
{
    struct rt_tls_stream *s = arg;

    (void)raw;
    if (!s->up && !s->ended) {
        rt_count(&rt_tls_counters[RT_TLS_FAILED]);
        tell(s, err ? strerror(err) : "the far end hung up");
    }
    end(s, err);
}

static const struct rt_stream_ops raw_ops = {
    .connected = on_connected, .data = on_data, .closed = on_closed};

/* ---- doors ---- */

static int set_up(struct rt_tls_stream *s)
{
    unsigned flags = GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS;
    union rt_addr numeric;

    if (gnutls_init(&s->session, flags | (s->domain ? GNUTLS_CLIENT : GNUTLS_SERVER)) < 0)
        return ENOMEM;
    if (gnutls_priority_set_direct(s->session, PRIORITY, NULL) < 0 ||
        gnutls_credentials_set(s->session, GNUTLS_CRD_CERTIFICATE, s->creds->x509) < 0)
        return EPROTO;
    gnutls_session_set_ptr(s->session, s);
    gnutls_transport_set_ptr(s->session, s);
    gnutls_transport_set_pull_function(s->session, pull);
    gnutls_transport_set_push_function(s->session, push);
    if (s->domain || s->creds->verify != RT_TLS_OFF)
        gnutls_session_set_verify_function(s->session, rt_tls_judge);
    if (s->domain) {
        bool name = rt_addr_parse(&numeric, s->domain, strlen(s->domain), 0) != 0;
        if (name) /* RFC 6066 3: no addresses there */
            gnutls_server_name_set(s->session, GNUTLS_NAME_DNS, s->domain, strlen(s->domain));
    } else if (s->creds->verify != RT_TLS_OFF) {
        /* which authorities are trusted is nobody's business, and all of a system's are long */
        gnutls_certificate_send_x509_rdn_sequence(s->session, 1);
        gnutls_certificate_server_set_request(s->session, s->creds->verify == RT_TLS_REQUIRED
                                                              ? GNUTLS_CERT_REQUIRE
                                                              : GNUTLS_CERT_REQUEST);
    }
    return 0;
}

static int stream_new(struct rt_tls_stream **out, struct rt_tls *t, struct rt_loop *loop,
                      const char *domain, const struct rt_tls_ops *ops, void *arg)
{
    struct rt_tls_stream *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->loop = loop;
    s->ops = ops;
    s->arg = arg;
    s->limit = READ_LIMIT;
    s->creds = rt_tls_creds_ref(t->creds);
    s->domain = domain ? rt_str_dup(rt_str(domain)) : NULL;
    rt_defer_init(&s->reaper, loop, reap, s);
    int err = domain && !s->domain ? ENOMEM : set_up(s);
    if (err != 0) {
        reap(s);
        return err;
    }
    *out = s;
    return 0;
}

int rt_tls_connect(struct rt_tls_stream **out, struct rt_tls *t, struct rt_loop *loop,
                   const union rt_addr *to, const char *domain, const struct rt_tls_ops *ops,
                   void *arg)
{
    struct rt_tls_stream *s;
    int err = stream_new(&s, t, loop, domain, ops, arg);

    if (err != 0)
        return err;
    err = rt_stream_connect(&s->raw, loop, to, &raw_ops, s);
    if (err != 0) {
        reap(s);
        return err;
    }
    *out = s;
    return 0;
}

int rt_tls_accept(struct rt_tls_stream **out, struct rt_tls *t, struct rt_loop *loop,
                  struct rt_stream *raw, const struct rt_tls_ops *ops, void *arg)
{
    struct rt_tls_stream *s;
    int err = stream_new(&s, t, loop, NULL, ops, arg);

    if (err != 0)
        return err;
    s->raw = raw;
    rt_stream_own(raw, &raw_ops, s);
    *out = s;
    return 0;
}

int rt_tls_write(struct rt_tls_stream *s, const void *buf, size_t len)
{
    if (s->ended || s->closing)
        return EPIPE;
    if (rt_stream_pending(s->raw) + s->out.n + len > WRITE_LIMIT)
        return ENOBUFS;
    if (s->up)
        return send_all(s, buf, len);
    rt_buf_put(&s->out, buf, len);
    return s->out.failed ? ENOMEM : 0;
}

void rt_tls_set_limit(struct rt_tls_stream *s, size_t octets)
{
    s->limit = octets;
}

void rt_tls_close(struct rt_tls_stream *s)
{
    if (!s || s->closing)
        return;
    if (s->up && !s->ended)
        gnutls_bye(s->session, GNUTLS_SHUT_WR);
    s->closing = true;
    rt_stream_close(s->raw);
    rt_defer_start(&s->reaper);
}
