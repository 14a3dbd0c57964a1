/* TLS contexts: our certificate, whom we trust, and how both are read again. */
#include "gw/rt/file.h"
#include "gw/rt/tls_priv.h"

#include <errno.h>
#include <stdlib.h>

#define FILE_MAX (4u << 20)

struct rt_counter rt_tls_counters[RT_TLS_NCOUNTERS] = {
    [RT_TLS_HANDSHAKES] = {"tls_handshakes_total", "TLS handshakes completed", 0},
    [RT_TLS_FAILED] = {"tls_handshake_failures_total", "TLS handshakes that failed", 0},
    [RT_TLS_UNTRUSTED] = {"tls_untrusted_total", "certificates that were not good", 0},
    [RT_TLS_MISNAMED] = {"tls_misnamed_total", "good certificates of somebody else", 0},
    [RT_TLS_BROKEN] = {"tls_broken_total", "TLS connections ended by an error", 0},
    [RT_TLS_RELOADS] = {"tls_reloads_total", "times that certificates were read again", 0},
};

/** What is being read. */
struct reading {
    struct rt_tls_creds *creds;
    struct rt_buf *why;
    enum rt_tls_file which;
};

static time_t wall_seconds(time_t *out)
{
    time_t now = (time_t)(rt_wall() / RT_S);

    if (out)
        *out = now;
    return now;
}

struct rt_tls_creds *rt_tls_creds_ref(struct rt_tls_creds *c)
{
    c->refs++;
    return c;
}

void rt_tls_creds_unref(struct rt_tls_creds *c)
{
    if (!c || --c->refs > 0)
        return;
    gnutls_certificate_free_credentials(c->x509);
    free(c);
}

/* ---- reading ---- */

static int wrong(struct reading *r, const char *path, int rc)
{
    static const char *const what[] = {
        [RT_TLS_CERT] = "certificate", [RT_TLS_KEY] = "private key", [RT_TLS_CA] = "certificate"};

    if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
        rc == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR)
        rt_buf_printf(r->why, "%s: there is no %s in it", path, what[r->which]);
    else
        rt_buf_printf(r->why, "%s: %s", path, gnutls_strerror(rc));
    return rc == GNUTLS_E_MEMORY_ERROR ? ENOMEM : EINVAL;
}

static int read_file(struct reading *r, enum rt_tls_file which, const char *path,
                     struct rt_buf *out)
{
    r->which = which;
    int err = rt_file_read(out, path, FILE_MAX);
    if (err != 0 && err != EISDIR)
        rt_buf_printf(r->why, "%s: %s", path, strerror(err));
    return err;
}

/** The instant at which the first of `n` certificates ends. */
static rt_time earliest_end(gnutls_x509_crt_t *crts, unsigned n)
{
    time_t first = gnutls_x509_crt_get_expiration_time(crts[0]);

    for (unsigned i = 1; i < n; i++) {
        time_t end = gnutls_x509_crt_get_expiration_time(crts[i]);
        first = end < first ? end : first;
    }
    return (rt_time)first * RT_S;
}

static int join(struct reading *r, const struct rt_tls_config *cfg, gnutls_x509_crt_t *crts,
                unsigned n, gnutls_datum_t *key_text)
{
    gnutls_x509_privkey_t key;
    int rc = gnutls_x509_privkey_init(&key);

    if (rc < 0)
        return wrong(r, cfg->key, rc);
    rc = gnutls_x509_privkey_import2(key, key_text, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (rc >= 0)
        rc = gnutls_certificate_set_x509_key(r->creds->x509, crts, (int)n, key);
    gnutls_x509_privkey_deinit(key);
    r->creds->expiry = earliest_end(crts, n);
    return rc < 0 ? wrong(r, cfg->key, rc) : 0;
}

static int read_own(struct reading *r, const struct rt_tls_config *cfg)
{
    struct rt_buf cert = {0}, key = {0};
    gnutls_x509_crt_t *crts = NULL;
    unsigned n = 0;
    if (!cfg->cert)
        return 0;
    int err = read_file(r, RT_TLS_CERT, cfg->cert, &cert);

    if (err == EISDIR)
        rt_buf_printf(r->why, "%s: %s", cfg->cert, strerror(err));
    gnutls_datum_t text = {(unsigned char *)cert.p, (unsigned)cert.n};
    int rc = err == 0 ? gnutls_x509_crt_list_import2(&crts, &n, &text, GNUTLS_X509_FMT_PEM, 0) : 0;
    if (rc < 0)
        err = wrong(r, cfg->cert, rc);
    if (err == 0) {
        err = read_file(r, RT_TLS_KEY, cfg->key, &key);
        if (err == EISDIR)
            rt_buf_printf(r->why, "%s: %s", cfg->key, strerror(err));
    }
    text = (gnutls_datum_t){(unsigned char *)key.p, (unsigned)key.n};
    if (err == 0)
        err = join(r, cfg, crts, n, &text);
    for (unsigned i = 0; i < n; i++)
        gnutls_x509_crt_deinit(crts[i]);
    gnutls_free(crts);
    if (key.p)
        explicit_bzero(key.p, key.cap);
    rt_buf_release(&cert);
    rt_buf_release(&key);
    return err;
}

static int read_trusted(struct reading *r, const char *path)
{
    struct rt_buf text = {0};
    int rc = 0;

    r->which = RT_TLS_CA;
    if (!path) /* a system without any trusts nobody: connections will fail and say so */
        return gnutls_certificate_set_x509_system_trust(r->creds->x509) == GNUTLS_E_MEMORY_ERROR
                   ? ENOMEM
                   : 0;
    int err = read_file(r, RT_TLS_CA, path, &text);
    gnutls_datum_t pem = {(unsigned char *)text.p, (unsigned)text.n};
    if (err == EISDIR) {
        rc = gnutls_certificate_set_x509_trust_dir(r->creds->x509, path, GNUTLS_X509_FMT_PEM);
        err = 0;
    } else if (err == 0) {
        rc = gnutls_certificate_set_x509_trust_mem(r->creds->x509, &pem, GNUTLS_X509_FMT_PEM);
    }
    if (rc < 0) {
        err = wrong(r, path, rc);
    } else if (err == 0 && rc == 0) {
        err = wrong(r, path, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    }
    rt_buf_release(&text);
    return err;
}

static int read_all(struct reading *r, const struct rt_tls_config *cfg)
{
    gnutls_global_set_time_function(wall_seconds);
    r->creds = calloc(1, sizeof *r->creds);
    if (!r->creds)
        return ENOMEM;
    if (gnutls_certificate_allocate_credentials(&r->creds->x509) < 0) {
        free(r->creds);
        return ENOMEM;
    }
    r->creds->refs = 1;
    r->creds->verify = cfg->verify;
    int err = read_own(r, cfg);
    if (err == 0)
        err = read_trusted(r, cfg->ca);
    if (err != 0)
        rt_tls_creds_unref(r->creds);
    return err;
}

/* ---- doors ---- */

int rt_tls_new(struct rt_tls **out, const struct rt_tls_config *cfg, struct rt_buf *why,
               enum rt_tls_file *which)
{
    struct reading r = {.why = why};
    struct rt_tls *t = calloc(1, sizeof *t);
    int err = t ? read_all(&r, cfg) : ENOMEM;

    if (err != 0) {
        if (which)
            *which = r.which;
        free(t);
        return err;
    }
    t->creds = r.creds;
    *out = t;
    return 0;
}

void rt_tls_take(struct rt_tls *t, struct rt_tls *from)
{
    rt_tls_creds_unref(t->creds);
    t->creds = from->creds;
    free(from);
    rt_count(&rt_tls_counters[RT_TLS_RELOADS]);
}

void rt_tls_free(struct rt_tls *t)
{
    if (!t)
        return;
    rt_tls_creds_unref(t->creds);
    free(t);
}

rt_time rt_tls_expiry(const struct rt_tls *t)
{
    return t->creds->expiry;
}

int rt_tls_certificate_end(const char *path, rt_time *end)
{
    struct rt_buf pem = {0};
    gnutls_x509_crt_t *crts = NULL;
    unsigned n = 0;
    int err = rt_file_read(&pem, path, FILE_MAX);
    gnutls_datum_t text = {(unsigned char *)pem.p, (unsigned)pem.n};

    if (err == 0 && gnutls_x509_crt_list_import2(&crts, &n, &text, GNUTLS_X509_FMT_PEM, 0) < 0)
        err = EINVAL;
    if (err == 0 && n > 0)
        *end = earliest_end(crts, n);
    for (unsigned i = 0; i < n; i++)
        gnutls_x509_crt_deinit(crts[i]);
    gnutls_free(crts);
    rt_buf_release(&pem);
    return err != 0 ? err : n > 0 ? 0 : EINVAL;
}

bool rt_tls_mutual(const struct rt_tls *t)
{
    return t->creds->verify != RT_TLS_OFF;
}
