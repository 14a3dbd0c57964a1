/* Our certificate for DTLS, and what SDP says of certificates and roles. */
#include "codec/dtls_priv.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX (1u << 20)
/** From a day before, for clocks that are behind, to ten years hence. */
#define DAY   ((time_t)86400)
#define YEARS (3650 * DAY)

/** From weak to strong: the strongest that is offered counts. */
const struct dtls_hash dtls_hashes[] = {
    {"sha-1", GNUTLS_DIG_SHA1, 20},     {"sha-224", GNUTLS_DIG_SHA224, 28},
    {"sha-256", GNUTLS_DIG_SHA256, 32}, {"sha-384", GNUTLS_DIG_SHA384, 48},
    {"sha-512", GNUTLS_DIG_SHA512, 64},
};
const size_t dtls_nhashes = RT_COUNT(dtls_hashes);

static int errno_of(int rc)
{
    return rc == 0 ? 0 : rc == GNUTLS_E_MEMORY_ERROR ? ENOMEM : EINVAL;
}

static int set_fingerprint(struct dtls_identity *id, gnutls_x509_crt_t crt)
{
    uint8_t digest[32];
    size_t n = sizeof digest;
    int rc = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, digest, &n);
    char *at = id->fingerprint + sprintf(id->fingerprint, "sha-256 ");

    for (size_t i = 0; rc == 0 && i < n; i++)
        at += sprintf(at, "%s%02X", i ? ":" : "", digest[i]);
    return rc;
}

static int adopt(struct dtls_identity *id, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    int rc = gnutls_certificate_allocate_credentials(&id->creds);

    if (rc == 0)
        rc = gnutls_certificate_set_x509_key(id->creds, &crt, 1, key);
    return rc == 0 ? set_fingerprint(id, crt) : rc;
}

static int sign_self(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    uint8_t serial[16];
    time_t now = (time_t)(rt_wall() / RT_S);
    int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);

    serial[0] &= 0x7f; /* positive */
    if (rc == 0)
        rc = gnutls_x509_crt_set_version(crt, 3);
    if (rc == 0)
        rc = gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
    if (rc == 0)
        rc = gnutls_x509_crt_set_activation_time(crt, now - DAY);
    if (rc == 0)
        rc = gnutls_x509_crt_set_expiration_time(crt, now + YEARS);
    if (rc == 0)
        rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "dtls-srtp", 9);
    if (rc == 0)
        rc = gnutls_x509_crt_set_key(crt, key);
    return rc == 0 ? gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) : rc;
}

/** Fills an identity from a certificate and a key that `fill` makes. */
static int build(struct dtls_identity **out,
                 int (*fill)(void *arg, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key),
                 void *arg)
{
    struct dtls_identity *id = calloc(1, sizeof *id);
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t key = NULL;

    int rc = id ? gnutls_x509_crt_init(&crt) : GNUTLS_E_MEMORY_ERROR;
    if (rc == 0)
        rc = gnutls_x509_privkey_init(&key);
    if (rc == 0)
        rc = fill(arg, crt, key);
    if (rc == 0)
        rc = adopt(id, crt, key);
    if (crt)
        gnutls_x509_crt_deinit(crt);
    if (key)
        gnutls_x509_privkey_deinit(key);
    if (rc != 0) {
        dtls_identity_free(id);
        return rc;
    }
    *out = id;
    return 0;
}

static int fill_new(void *arg, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    (void)arg;
    int rc = gnutls_x509_privkey_generate(
        key, GNUTLS_PK_ECDSA, (unsigned)GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);

    return rc == 0 ? sign_self(crt, key) : rc;
}

int dtls_identity_new(struct dtls_identity **out)
{
    return errno_of(build(out, fill_new, NULL));
}

/** The files' contents. */
struct pem {
    struct rt_buf cert, key;
};

static gnutls_datum_t datum_of(struct rt_buf *b)
{
    return (gnutls_datum_t){(unsigned char *)b->p, (unsigned)b->n};
}

static int fill_pem(void *arg, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    struct pem *pem = arg;
    gnutls_datum_t cert = datum_of(&pem->cert), secret = datum_of(&pem->key);
    int rc = gnutls_x509_crt_import(crt, &cert, GNUTLS_X509_FMT_PEM);

    return rc == 0 ? gnutls_x509_privkey_import2(key, &secret, GNUTLS_X509_FMT_PEM, NULL, 0) : rc;
}

static int read_file(struct rt_buf *out, const char *path, struct rt_buf *why)
{
    int err = rt_file_read(out, path, FILE_MAX);

    if (err != 0)
        rt_buf_printf(why, "%s: %s", path, strerror(err));
    return err;
}

int dtls_identity_load(struct dtls_identity **out, const char *cert, const char *key,
                       struct rt_buf *why)
{
    struct pem pem = {.cert = {0}};
    int err = read_file(&pem.cert, cert, why);

    if (err == 0)
        err = read_file(&pem.key, key, why);
    if (err == 0) {
        int rc = build(out, fill_pem, &pem);
        if (rc != 0)
            rt_buf_printf(why, "%s, %s: %s", cert, key, gnutls_strerror(rc));
        err = errno_of(rc);
    }
    if (pem.key.p)
        explicit_bzero(pem.key.p, pem.key.n);
    rt_buf_release(&pem.cert);
    rt_buf_release(&pem.key);
    return err;
}

void dtls_identity_free(struct dtls_identity *id)
{
    if (!id)
        return;
    if (id->creds)
        gnutls_certificate_free_credentials(id->creds);
    free(id);
}

const char *dtls_identity_fingerprint(const struct dtls_identity *id)
{
    return id->fingerprint;
}

/* ---- SDP ---- */

static int hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEFabcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    if (!at)
        return -1;
    return (int)(at - digits) < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

/** "AB:CD:...", exactly `n` octets; small letters are taken too. */
static int read_digest(uint8_t *out, size_t n, struct rt_str s)
{
    if (s.n != 3 * n - 1)
        return EBADMSG;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(s.p[3 * i]), low = hex_digit(s.p[3 * i + 1]);
        if (high < 0 || low < 0 || (i + 1 < n && s.p[3 * i + 2] != ':'))
            return EBADMSG;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

int dtls_fingerprint_parse(struct dtls_fingerprint *out, struct rt_str value)
{
    value = rt_str_trim(value);
    struct rt_str name = rt_str_cut(&value, ' ');

    memset(out, 0, sizeof *out);
    if (name.n == 0 || value.n == 0)
        return EBADMSG;
    for (size_t i = 0; i < dtls_nhashes; i++)
        if (rt_str_caseeq(name, dtls_hashes[i].name)) {
            out->hash = (uint8_t)i;
            out->n = dtls_hashes[i].octets;
            return read_digest(out->digest, out->n, rt_str_trim(value));
        }
    return ENOTSUP;
}
