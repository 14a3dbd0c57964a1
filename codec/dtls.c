/* The DTLS handshake.
 *
 * GnuTLS reads the real clock to see whether a flight is to go out again. It is told to wait 0 ms,
 * so that it would always find the time come, and it asks our pull-timeout function first: that one
 * says "interrupted" as long as our own deadline, in the caller's time, has not passed. So all
 * retransmission follows the caller's clock. What remains is that GnuTLS forgets its last flight a
 * minute of real time after the handshake.
 */
#include "codec/dtls_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY       (500 * RT_MS)
#define RETRY_MAX   (8 * RT_S)
#define LIMIT       (30 * RT_S)
#define FOR_EVER_MS 0x7fffffffu
/** Rounds of GnuTLS for one datagram; each takes at least a record. */
#define ROUNDS 32
#define RECORD 16384

struct dtls {
    gnutls_session_t session;
    const struct dtls_identity *identity;
    bool active;
    enum dtls_state state;
    struct dtls_fingerprint print[DTLS_FINGERPRINTS];
    unsigned nprints;
    const uint8_t *in; /**< the datagram being taken, NULL: none */
    size_t in_len;
    bool due, pushed; /**< GnuTLS may send again; it has sent something in this call */
    rt_time retry, interval, next, limit, end;
    struct {
        uint16_t n;
        uint8_t p[DTLS_MTU];
    } out[DTLS_QUEUE];
    unsigned head, count;
    struct media_srtp_keys tx, rx;
    char failure[160];
};

/* ---- GnuTLS's transport ---- */

static ssize_t push(gnutls_transport_ptr_t ptr, const void *p, size_t n)
{
    struct dtls *d = ptr;

    d->pushed = true;
    if (n > DTLS_MTU) {
        gnutls_transport_set_errno(d->session, EMSGSIZE);
        return -1;
    }
    if (d->count == DTLS_QUEUE) { /* as good as lost on the way: it will be sent again */
        d->head = (d->head + 1) % DTLS_QUEUE;
        d->count--;
    }
    unsigned at = (d->head + d->count++) % DTLS_QUEUE;
    d->out[at].n = (uint16_t)n;
    memcpy(d->out[at].p, p, n);
    return (ssize_t)n;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *p, size_t n)
{
    struct dtls *d = ptr;

    if (!d->in) {
        gnutls_transport_set_errno(d->session, EAGAIN);
        return -1;
    }
    if (n > d->in_len)
        n = d->in_len;
    memcpy(p, d->in, n);
    d->in = NULL;
    return (ssize_t)n;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned ms)
{
    struct dtls *d = ptr;

    (void)ms;
    if (d->in)
        return 1;
    if (d->due || d->pushed)
        return 0;
    gnutls_transport_set_errno(d->session, EAGAIN);
    return -1;
}

/* ---- the end ---- */

static void failed(struct dtls *d, const char *why)
{
    d->state = DTLS_FAILED;
    d->next = INT64_MAX;
    rt_str_copy(d->failure, sizeof d->failure, rt_str(why));
}

static void failed_by(struct dtls *d, int rc)
{
    char why[sizeof d->failure];

    if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED) {
        const char *alert = gnutls_alert_get_name(gnutls_alert_get(d->session));
        snprintf(why, sizeof why, "the far end's alert: %s", alert ? alert : "unknown");
    } else {
        gnutls_alert_send_appropriate(d->session, rc);
        snprintf(why, sizeof why, "%s", gnutls_strerror(rc));
    }
    failed(d, why);
}

/** Over, with our alert to the far end. */
static void refuse(struct dtls *d, gnutls_alert_description_t alert, const char *why)
{
    gnutls_alert_send(d->session, GNUTLS_AL_FATAL, alert);
    failed(d, why);
}

/* ---- what the handshake gave ---- */

static const struct media_srtp_suite *suite_of(gnutls_srtp_profile_t profile)
{
    for (size_t i = 0; i < MEDIA_SRTP_NSUITES; i++)
        if (media_srtp_suites[i].profile != 0 && media_srtp_suites[i].profile == (unsigned)profile)
            return &media_srtp_suites[i];
    return NULL;
}

/** Cuts one side's key and salt out of the material: both keys, then both salts (RFC 5764 4.2). */
static void cut_keys(struct media_srtp_keys *k, const struct media_srtp_suite *suite,
                     const uint8_t *material, unsigned side)
{
    memset(k, 0, sizeof *k);
    k->suite = media_srtp_id(suite);
    memcpy(k->key, material + side * suite->key, suite->key);
    memcpy(k->salt, material + 2u * suite->key + side * suite->salt, suite->salt);
}

/** NULL, or why there are no keys. GnuTLS's own gnutls_srtp_get_keys() knows none of the AEAD
 * profiles, so the material is exported by hand. */
static const char *take_keys(struct dtls *d)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    uint8_t material[2 * (MEDIA_SRTP_KEY_MAX + MEDIA_SRTP_SALT_MAX)];
    gnutls_srtp_profile_t profile;

    if (gnutls_srtp_get_selected_profile(d->session, &profile) != 0)
        return "no SRTP profile in common";
    const struct media_srtp_suite *suite = suite_of(profile);
    if (!suite || gnutls_prf_rfc5705(d->session, sizeof label - 1, label, 0, NULL,
                                     2 * (suite->key + (size_t)suite->salt), (char *)material) != 0)
        return "no SRTP keys";
    cut_keys(&d->tx, suite, material, !d->active);
    cut_keys(&d->rx, suite, material, d->active);
    explicit_bzero(material, sizeof material);
    return NULL;
}

/** Whether the far end's certificate is the one that SIP spoke of. */
static bool fingerprint_matches(const struct dtls *d)
{
    unsigned n = 0;
    const gnutls_datum_t *cert = gnutls_certificate_get_peers(d->session, &n);
    uint8_t hash = 0, digest[DTLS_DIGEST_MAX];
    size_t len = sizeof digest;

    for (unsigned i = 0; i < d->nprints; i++)
        if (d->print[i].hash > hash)
            hash = d->print[i].hash;
    if (!cert || n == 0 || gnutls_fingerprint(dtls_hashes[hash].id, cert, digest, &len) != 0)
        return false;
    for (unsigned i = 0; i < d->nprints; i++)
        if (d->print[i].hash == hash && d->print[i].n == len &&
            memcmp(d->print[i].digest, digest, len) == 0)
            return true;
    return false;
}

static void verify(struct dtls *d)
{
    if (d->nprints == 0)
        return;
    if (fingerprint_matches(d))
        d->state = DTLS_UP;
    else
        refuse(d, GNUTLS_A_BAD_CERTIFICATE,
               "the far end's certificate does not match its fingerprint");
}

static void handshake_done(struct dtls *d)
{
    d->state = DTLS_UNVERIFIED;
    d->next = INT64_MAX;
    const char *why = take_keys(d);
    if (why)
        refuse(d, GNUTLS_A_HANDSHAKE_FAILURE, why);
    else
        verify(d);
}

/* ---- steps ---- */

/** One call of GnuTLS; false when it would only wait. */
static bool shake(struct dtls *d)
{
    int rc = gnutls_handshake(d->session);

    if (rc == GNUTLS_E_SUCCESS)
        handshake_done(d);
    else if (rc != GNUTLS_E_AGAIN && rc != GNUTLS_E_INTERRUPTED && gnutls_error_is_fatal(rc))
        failed_by(d, rc);
    return d->state == DTLS_SHAKING && d->in;
}

/** After the handshake: the far end's last flight again, its alerts; data is not for us. */
static bool listen_on(struct dtls *d)
{
    uint8_t record[RECORD];
    ssize_t rc = gnutls_record_recv(d->session, record, sizeof record);

    if (rc == 0) {
        d->state = DTLS_CLOSED;
        rt_str_copy(d->failure, sizeof d->failure, rt_str("the far end closed"));
    } else if (rc == GNUTLS_E_REHANDSHAKE) {
        gnutls_alert_send(d->session, GNUTLS_AL_WARNING, GNUTLS_A_NO_RENEGOTIATION);
    } else if (rc < 0 && gnutls_error_is_fatal((int)rc)) {
        failed_by(d, (int)rc);
    }
    return d->in && (d->state == DTLS_UP || d->state == DTLS_UNVERIFIED);
}

static void step(struct dtls *d)
{
    bool more = true;

    d->pushed = false;
    for (unsigned i = 0; i < ROUNDS && more; i++)
        more = d->state == DTLS_SHAKING ? shake(d) : listen_on(d);
    d->in = NULL;
}

/** Whether the clock of the next retransmission starts anew: a flight is out that wants an answer.
 */
static void rearm(struct dtls *d, rt_time now)
{
    if (d->state != DTLS_SHAKING)
        d->next = INT64_MAX;
    else if (d->pushed)
        d->next = now + d->interval;
}

void dtls_start(struct dtls *d, rt_time now)
{
    if (d->state != DTLS_WAITING)
        return;
    d->state = DTLS_SHAKING;
    d->end = now + d->limit;
    d->interval = d->retry;
    if (d->active) {
        step(d);
        rearm(d, now);
    }
}

void dtls_input(struct dtls *d, const uint8_t *p, size_t n, rt_time now)
{
    if (n == 0 || (d->state != DTLS_SHAKING && d->state != DTLS_UP && d->state != DTLS_UNVERIFIED))
        return;
    d->in = p;
    d->in_len = n;
    step(d);
    if (d->pushed)
        d->interval = d->retry;
    rearm(d, now);
}

rt_time dtls_next(const struct dtls *d)
{
    if (d->state != DTLS_SHAKING)
        return INT64_MAX;
    return d->next < d->end ? d->next : d->end;
}

void dtls_timeout(struct dtls *d, rt_time now)
{
    if (d->state != DTLS_SHAKING || now < dtls_next(d))
        return;
    if (now >= d->end) {
        failed(d, "no answer in time");
        return;
    }
    d->due = true;
    step(d);
    d->due = false;
    d->interval = d->interval * 2 < RETRY_MAX ? d->interval * 2 : RETRY_MAX;
    d->next = now + d->interval;
    rearm(d, now);
}

size_t dtls_output(struct dtls *d, uint8_t out[DTLS_MTU])
{
    if (d->count == 0)
        return 0;
    size_t n = d->out[d->head].n;
    memcpy(out, d->out[d->head].p, n);
    d->head = (d->head + 1) % DTLS_QUEUE;
    d->count--;
    return n;
}

void dtls_close(struct dtls *d)
{
    if (d->state == DTLS_UP || d->state == DTLS_UNVERIFIED)
        gnutls_bye(d->session, GNUTLS_SHUT_WR);
    if (d->state != DTLS_FAILED)
        d->state = DTLS_CLOSED;
}

/* ---- life ---- */

/** In the table's order of preference for DTLS: AEAD first, it is cheaper; GnuTLS takes the first
 * that both have. */
static int set_profiles(struct dtls *d, unsigned suites)
{
    static const enum media_srtp_suite_id order[] = {MEDIA_SRTP_GCM_128, MEDIA_SRTP_AES_128_SHA1_80,
                                                     MEDIA_SRTP_AES_128_SHA1_32,
                                                     MEDIA_SRTP_GCM_256};
    int rc = GNUTLS_E_INVALID_REQUEST;

    for (size_t i = 0; i < RT_COUNT(order); i++)
        if (suites & MEDIA_SRTP_BIT(order[i])) {
            rc = gnutls_srtp_set_profile(
                d->session, (gnutls_srtp_profile_t)media_srtp_suites[order[i]].profile);
            if (rc != 0)
                return rc;
        }
    return rc;
}

static int set_up(struct dtls *d, const struct dtls_config *c)
{
    unsigned flags = c->active ? GNUTLS_CLIENT : GNUTLS_SERVER;
    int rc = gnutls_init(&d->session, flags | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK |
                                          GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL);

    if (rc == 0)
        rc = gnutls_priority_set_direct(d->session, "PFS:-VERS-ALL:+VERS-DTLS1.2", NULL);
    if (rc == 0)
        rc = gnutls_credentials_set(d->session, GNUTLS_CRD_CERTIFICATE, c->identity->creds);
    if (rc == 0)
        rc = set_profiles(d, c->suites);
    if (rc != 0)
        return rc;
    gnutls_certificate_server_set_request(d->session, GNUTLS_CERT_REQUIRE);
    gnutls_dtls_set_mtu(d->session, DTLS_MTU);
    gnutls_dtls_set_timeouts(d->session, 0, FOR_EVER_MS);
    gnutls_transport_set_ptr(d->session, d);
    gnutls_transport_set_push_function(d->session, push);
    gnutls_transport_set_pull_function(d->session, pull);
    gnutls_transport_set_pull_timeout_function(d->session, pull_timeout);
    return 0;
}

int dtls_new(struct dtls **out, const struct dtls_config *config)
{
    struct dtls *d = calloc(1, sizeof *d);

    if (!d)
        return ENOMEM;
    d->identity = config->identity;
    d->active = config->active;
    d->retry = config->retry ? config->retry : RETRY;
    d->limit = config->limit ? config->limit : LIMIT;
    d->next = d->end = INT64_MAX;
    int rc = set_up(d, config);
    if (rc != 0) {
        dtls_free(d);
        return rc == GNUTLS_E_MEMORY_ERROR ? ENOMEM : EINVAL;
    }
    *out = d;
    return 0;
}

void dtls_free(struct dtls *d)
{
    if (!d)
        return;
    if (d->session)
        gnutls_deinit(d->session);
    explicit_bzero(d, sizeof *d);
    free(d);
}

void dtls_set_fingerprints(struct dtls *d, const struct dtls_fingerprint *list, size_t n)
{
    d->nprints = n < DTLS_FINGERPRINTS ? (unsigned)n : DTLS_FINGERPRINTS;
    memcpy(d->print, list, d->nprints * sizeof *list);
    if (d->state == DTLS_UNVERIFIED)
        verify(d);
}

enum dtls_state dtls_state(const struct dtls *d)
{
    return d->state;
}

const char *dtls_failure(const struct dtls *d)
{
    return d->failure;
}

int dtls_keys(const struct dtls *d, struct media_srtp_keys *tx, struct media_srtp_keys *rx)
{
    if (d->state != DTLS_UP)
        return EAGAIN;
    *tx = d->tx;
    *rx = d->rx;
    return 0;
}
