/* What contexts, streams and the judging of certificates share. */
#ifndef GW_RT_TLS_PRIV_H
#define GW_RT_TLS_PRIV_H

#include "gw/rt/loop.h"
#include "gw/rt/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

/** What connections begin with; the last of them frees it. */
struct rt_tls_creds {
    gnutls_certificate_credentials_t x509;
    enum rt_tls_verify verify;
    rt_time expiry;
    unsigned refs;
};

struct rt_tls {
    struct rt_tls_creds *creds; /**< for new connections */
};

struct rt_tls_stream {
    struct rt_loop *loop;
    struct rt_stream *raw;
    struct rt_tls_creds *creds;
    gnutls_session_t session;
    const struct rt_tls_ops *ops;
    void *arg;
    char *domain; /**< whom the far end must prove to be; NULL: accepted */
    const char *in;
    size_t left;         /**< at `in`: came, not yet taken by GnuTLS */
    struct rt_buf plain; /**< deciphered, not consumed */
    struct rt_buf out;   /**< waits for the end of the handshake */
    size_t limit;
    bool up, ended, closing, verified;
    struct rt_buf why; /**< what is wrong with the far end's certificate */
    struct rt_defer reaper;
};

struct rt_tls_creds *rt_tls_creds_ref(struct rt_tls_creds *c);
void rt_tls_creds_unref(struct rt_tls_creds *c);

/** GnuTLS asks: is the far end's certificate good? 0, or a negative number with the reason in
 * `why` of the stream. */
int rt_tls_judge(gnutls_session_t session);
/** True when the certificate's identities (RFC 5922 7.1) hold `domain`. */
bool rt_tls_names(gnutls_x509_crt_t crt, const char *domain);

#endif
