/* Is the far end's certificate good, and whose is it? Chain by GnuTLS, identities by RFC 5922 7.1
 * and 7.2, purposes by RFC 5924. */
#include "gw/rt/tls_priv.h"

#include <errno.h>

/* ---- identities ---- */

/** What a certificate's subjectAltName says about one domain. */
struct claims {
    bool any;     /* there is a subjectAltName */
    bool sip_uri; /* it names a SIP domain, so that DNS names do not count */
    bool by_uri, by_dns, by_ip;
};

static bool same_name(struct rt_str name, const char *domain)
{
    union rt_addr a, b;

    if (rt_str_caseeq(name, domain))
        return true;
    return rt_addr_parse(&a, name.p, name.n, 0) == 0 &&
           rt_addr_parse(&b, domain, strlen(domain), 0) == 0 && rt_addr_same_host(&a, &b);
}

/** Host of `sip:host:port;params`; empty when the URI names a user or is of another scheme. */
static struct rt_str sip_host(struct rt_str uri)
{
    struct rt_str scheme = rt_str_cut(&uri, ':');

    if (!rt_str_caseeq(scheme, "sip") || uri.n == 0 || memchr(uri.p, '@', uri.n))
        return (struct rt_str){"", 0};
    uri = rt_str_cut(&uri, ';');
    uri = rt_str_cut(&uri, '?');
    return uri.n > 0 && uri.p[0] != '[' ? rt_str_cut(&uri, ':') : uri;
}

static bool same_ip(const char *raw, size_t n, const char *domain)
{
    union rt_addr a;

    if (rt_addr_parse(&a, domain, strlen(domain), 0) != 0)
        return false;
    if (a.sa.sa_family == AF_INET)
        return n == sizeof a.in4.sin_addr && memcmp(raw, &a.in4.sin_addr, n) == 0;
    return n == sizeof a.in6.sin6_addr && memcmp(raw, &a.in6.sin6_addr, n) == 0;
}

static void read_claim(struct claims *c, int type, const char *value, size_t n, const char *domain)
{
    struct rt_str name = {value, n};

    c->any = true;
    if (type == GNUTLS_SAN_URI) {
        struct rt_str host = sip_host(name);
        c->sip_uri |= host.n > 0;
        c->by_uri |= host.n > 0 && same_name(host, domain);
    } else if (type == GNUTLS_SAN_DNSNAME) {
        c->by_dns |= rt_str_caseeq(name, domain);
    } else if (type == GNUTLS_SAN_IPADDRESS) {
        c->by_ip |= same_ip(value, n, domain);
    }
}

static bool common_name_is(gnutls_x509_crt_t crt, const char *domain)
{
    char name[256];
    size_t n = sizeof name;

    return gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &n) >= 0 &&
           rt_str_caseeq((struct rt_str){name, n}, domain);
}

bool rt_tls_names(gnutls_x509_crt_t crt, const char *domain)
{
    struct claims c = {.any = false};
    char value[1024];

    for (unsigned i = 0;; i++) {
        size_t n = sizeof value;
        int type = gnutls_x509_crt_get_subject_alt_name(crt, i, value, &n, NULL);
        if (type == GNUTLS_E_SHORT_MEMORY_BUFFER)
            c.any = true; /* longer than any name of a host */
        else if (type < 0)
            break;
        else
            read_claim(&c, type, value, n, domain);
    }
    if (!c.any)
        return common_name_is(crt, domain);
    return c.by_uri || c.by_ip || (!c.sip_uri && c.by_dns);
}

/* ---- purposes ---- */

/** A certificate that lists what it is for must list one of these. */
static bool purpose_fits(gnutls_x509_crt_t crt, bool of_server)
{
    static const struct {
        const char *oid;
        bool server;
    } good[] = {{"1.3.6.1.5.5.7.3.20", true}, /* SIP domain, RFC 5924 */
                {GNUTLS_KP_ANY, true},
                {GNUTLS_KP_TLS_WWW_SERVER, true},
                {GNUTLS_KP_TLS_WWW_CLIENT, false}};
    char oid[128];

    for (unsigned i = 0;; i++) {
        size_t n = sizeof oid;
        int rc = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &n, NULL);
        if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return i == 0;
        for (size_t k = 0; rc >= 0 && k < RT_COUNT(good); k++)
            if (strcmp(oid, good[k].oid) == 0 && (good[k].server || !of_server))
                return true;
    }
}

/* ---- judging ---- */

/** The far end's own certificate; NULL when it showed none, or without memory. */
static gnutls_x509_crt_t leaf(gnutls_session_t session)
{
    unsigned n = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
    gnutls_x509_crt_t crt;

    if (!chain || n == 0 || gnutls_x509_crt_init(&crt) < 0)
        return NULL;
    if (gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) < 0) {
        gnutls_x509_crt_deinit(crt);
        return NULL;
    }
    return crt;
}

static int refuse(enum rt_tls_counter counter)
{
    rt_count(&rt_tls_counters[counter]);
    return GNUTLS_E_CERTIFICATE_ERROR;
}

static int judge_chain(struct rt_tls_stream *s)
{
    gnutls_datum_t text = {NULL, 0};
    unsigned status = 0;
    int rc = gnutls_certificate_verify_peers2(s->session, &status);

    if (rc < 0) {
        rt_buf_puts(&s->why, gnutls_strerror(rc));
        return refuse(RT_TLS_UNTRUSTED);
    }
    if (status == 0)
        return 0;
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) >= 0)
        rt_buf_puts(&s->why, (const char *)text.data);
    gnutls_free(text.data);
    return refuse(RT_TLS_UNTRUSTED);
}

int rt_tls_judge(gnutls_session_t session)
{
    struct rt_tls_stream *s = gnutls_session_get_ptr(session);
    gnutls_x509_crt_t crt = leaf(session);
    int rc;

    if (!crt && !s->domain && s->creds->verify != RT_TLS_REQUIRED)
        return 0;
    if (!crt) {
        rt_buf_puts(&s->why, "it shows no certificate");
        return refuse(RT_TLS_UNTRUSTED);
    }
    rc = judge_chain(s);
    if (rc == 0 && !purpose_fits(crt, s->domain != NULL)) {
        rt_buf_puts(&s->why, "its certificate is for another purpose");
        rc = refuse(RT_TLS_UNTRUSTED);
    }
    if (rc == 0 && s->domain && !rt_tls_names(crt, s->domain)) {
        rt_buf_printf(&s->why, "its certificate is not that of %s", s->domain);
        rc = refuse(RT_TLS_MISNAMED);
    }
    s->verified = rc == 0;
    gnutls_x509_crt_deinit(crt);
    return rc;
}

bool rt_tls_verified(const struct rt_tls_stream *s)
{
    return s->up && s->verified;
}

bool rt_tls_is(const struct rt_tls_stream *s, const char *domain)
{
    gnutls_x509_crt_t crt = rt_tls_verified(s) ? leaf(s->session) : NULL;

    if (!crt)
        return false;
    bool is = rt_tls_names(crt, domain);
    gnutls_x509_crt_deinit(crt);
    return is;
}
