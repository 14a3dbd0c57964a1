/* Keys for SRTP by DTLS (RFC 5763, 5764), over GnuTLS: the handshake as a pure object, datagrams
 * and the time in, datagrams and keys out.
 *
 * Nobody signs these certificates: the far end's is right when its fingerprint is the one that came
 * by SIP (RFC 8122). A handshake costs half a millisecond of CPU and allocates: it is no work for
 * a media thread.
 */
#ifndef CODEC_DTLS_H
#define CODEC_DTLS_H

#include "codec/srtp.h"

/* ---- our certificate ---- */

struct dtls_identity;

/** Makes a key (ECDSA P-256) and a certificate signed by itself: once per process. */
int dtls_identity_new(struct dtls_identity **out);
/** Reads a certificate and its key from PEM files. EINVAL, or the file's errno; `why` says which
 * and what. */
int dtls_identity_load(struct dtls_identity **out, const char *cert, const char *key,
                       struct rt_buf *why);
/** Not while a handshake uses it. NULL is allowed. */
void dtls_identity_free(struct dtls_identity *id);
/** For a=fingerprint: "sha-256 AB:CD:...". */
const char *dtls_identity_fingerprint(const struct dtls_identity *id);

/* ---- what SDP says ---- */

#define DTLS_DIGEST_MAX 64
/** Fingerprints of the far end that are kept. */
#define DTLS_FINGERPRINTS 8

struct dtls_fingerprint {
    uint8_t hash; /**< row of our table; the higher, the stronger */
    uint8_t n;
    uint8_t digest[DTLS_DIGEST_MAX];
};
/** Reads the value of a fingerprint attribute. EBADMSG; ENOTSUP: a hash function that we do not
 * have, or must not use (md2, md5: RFC 8122 5). */
int dtls_fingerprint_parse(struct dtls_fingerprint *out, struct rt_str value);

/* ---- handshake ---- */

/** No datagram is longer. */
#define DTLS_MTU 1200
/** Datagrams of ours that may wait for dtls_output(). */
#define DTLS_QUEUE 16

struct dtls;

enum dtls_state {
    DTLS_WAITING,    /**< nothing came or went yet */
    DTLS_SHAKING,    /**< in the middle */
    DTLS_UNVERIFIED, /**< done, and the far end's fingerprint is not told yet: no keys */
    DTLS_UP,         /**< keys are there */
    DTLS_FAILED,     /**< for ever; dtls_failure() says why */
    DTLS_CLOSED      /**< the far end, or we, ended it */
};

struct dtls_config {
    const struct dtls_identity *identity;
    bool active;     /**< we begin: our side of a=setup is active */
    unsigned suites; /**< MEDIA_SRTP_BIT()s; those without a DTLS profile do not count */
    rt_time retry;   /**< until the first retransmission, doubling; 0: 500 ms */
    rt_time limit;   /**< for the whole handshake; 0: 30 s */
};

/** ENOMEM; EINVAL: no suite that DTLS has a profile for. */
int dtls_new(struct dtls **out, const struct dtls_config *config);
/** NULL is allowed. */
void dtls_free(struct dtls *d);
/** The far end's fingerprints, at any time before or after the handshake (the answer may come later
 * than the first datagrams). Its certificate must match one of those with the strongest hash
 * (RFC 8122 5.1). */
void dtls_set_fingerprints(struct dtls *d, const struct dtls_fingerprint *list, size_t n);
/** Begins: the active side sends its first flight, the clock of the limit runs. */
void dtls_start(struct dtls *d, rt_time now);
/** A datagram that demux_kind() calls DTLS. Before dtls_start() it is dropped. */
void dtls_input(struct dtls *d, const uint8_t *p, size_t n, rt_time now);
/** When dtls_timeout() is to be called next; INT64_MAX: not. It changes with every call. */
rt_time dtls_next(const struct dtls *d);
void dtls_timeout(struct dtls *d, rt_time now);
/** Takes the next datagram to send, of at most DTLS_MTU octets; 0: none. After every call. */
size_t dtls_output(struct dtls *d, uint8_t out[DTLS_MTU]);
/** Says good-bye (close_notify, to be taken by dtls_output()). */
void dtls_close(struct dtls *d);

enum dtls_state dtls_state(const struct dtls *d);
/** In words for the log, never NULL: "far end's certificate does not match its fingerprint". */
const char *dtls_failure(const struct dtls *d);
/** The keys of both directions: what we send, what we receive. EAGAIN: not DTLS_UP. */
int dtls_keys(const struct dtls *d, struct media_srtp_keys *tx, struct media_srtp_keys *rx);

#endif
