/* Digest as a client: one entry for each realm that asked, at a server or at a proxy.
 *
 * The rules that keep us from asking for ever (RFC 3261 22.2, RFC 7616 3.4.1): a nonce that was
 * answered and came back is not answered again; after an answer that was not believed only one new
 * challenge is answered, and only when it says that the nonce was stale.
 */
#include "gw/rt/random.h"
#include "sip/sip.h"
#include "sip/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define CNONCE_LEN 16
#define TEXT_MAX   1024 /* of a realm, a nonce, an opaque */
#define REALMS_MAX 8

struct sip_auth_entry {
    bool proxy;
    char *realm, *nonce, *opaque; /* as they came: inside their quotes */
    char cnonce[CNONCE_LEN + 1];
    enum sip_hash hash;
    bool sess, plain_algorithm; /* no algorithm was named: none is named in return */
    enum { NO_QOP, QOP_AUTH, QOP_AUTH_INT } qop;
    uint32_t nc;
    bool waiting;    /* answered, and not believed yet */
    bool stale_once; /* and a stale nonce replaced since */
    const struct sip_credentials *with;
    struct sip_auth_entry *prev, *next;
};

static void free_entry(struct sip_auth_entry *e)
{
    free(e->realm);
    free(e->nonce);
    free(e->opaque);
    free(e);
}

void sip_auth_release(struct sip_auth_state *st)
{
    while (st->entries) {
        struct sip_auth_entry *e = st->entries;
        DL_DELETE(st->entries, e);
        free_entry(e);
    }
}

void sip_digest_believed(struct sip_auth_state *st)
{
    struct sip_auth_entry *e;

    DL_FOREACH(st->entries, e)
    e->waiting = e->stale_once = false;
}

/* ---- what we have for a challenge ---- */

static bool same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static struct sip_auth_entry *find(struct sip_auth_state *st, bool proxy, struct rt_str realm)
{
    struct sip_auth_entry *e;

    DL_FOREACH(st->entries, e)
    if (e->proxy == proxy && rt_str_eq(realm, e->realm))
        return e;
    return NULL;
}

/** Credentials that name the realm, else those for any. */
static const struct sip_credentials *matching(const struct sip_credentials *c, struct rt_str realm,
                                              enum sip_hash hash)
{
    const struct sip_credentials *any = NULL;
    char plain[TEXT_MAX];

    sip_copy_quoted(plain, sizeof plain, realm);
    for (; c; c = c->next) {
        if (!c->user || (!c->password && !c->ha1[hash]))
            continue;
        if (c->realm && strcmp(c->realm, plain) == 0)
            return c;
        if (!c->realm && !any)
            any = c;
    }
    return any;
}

/** Which qop of the list we take: `auth` before `auth-int`. False: none of them is known. */
static bool choose_qop(const struct sip_digest *d, int *out)
{
    struct rt_str rest = d->qop;
    bool whole = false;

    *out = NO_QOP;
    if (rest.n == 0)
        return true;
    while (rest.n > 0) {
        struct rt_str q = rt_str_trim(rt_str_cut(&rest, ','));
        if (rt_str_caseeq(q, "auth")) {
            *out = QOP_AUTH;
            return true;
        }
        whole = whole || rt_str_caseeq(q, "auth-int");
    }
    *out = QOP_AUTH_INT;
    return whole;
}

/** A challenge that we can answer, and how. */
struct candidate {
    struct sip_digest d;
    enum sip_hash hash;
    bool sess, proxy;
    int qop;
    const struct sip_credentials *with;
};

static bool usable(struct candidate *c, const struct sip_credentials *credentials)
{
    if (!rt_str_caseeq(c->d.scheme, "Digest") || c->d.bad || !c->d.realm.p || c->d.nonce.n == 0 ||
        c->d.realm.n >= TEXT_MAX || c->d.nonce.n >= TEXT_MAX || c->d.opaque.n >= TEXT_MAX ||
        !choose_qop(&c->d, &c->qop) || !sip_digest_algorithm(&c->hash, &c->sess, c->d.algorithm))
        return false;
    c->with = matching(credentials, c->d.realm, c->hash);
    return c->with != NULL;
}

/** Puts `c` into the list, or in the place of a weaker one for the same realm. */
static unsigned offer(struct candidate *list, unsigned n, const struct candidate *c)
{
    for (unsigned i = 0; i < n; i++)
        if (list[i].proxy == c->proxy && same(list[i].d.realm, c->d.realm)) {
            if (c->hash < list[i].hash)
                list[i] = *c;
            return n;
        }
    if (n < REALMS_MAX)
        list[n++] = *c;
    return n;
}

static unsigned gather(struct candidate list[REALMS_MAX], const struct sip_message *m,
                       const struct sip_credentials *credentials)
{
    static const char *const names[] = {"WWW-Authenticate", "Proxy-Authenticate"};
    struct candidate c = {.proxy = false};
    struct rt_str rest;
    unsigned n = 0;

    for (unsigned k = 0; k < RT_COUNT(names); k++)
        for (unsigned i = 0; (rest = sip_message_header(m, names[k], i)).n > 0; i++)
            while (sip_digest_next(&c.d, &rest)) {
                c.proxy = k == 1;
                if (usable(&c, credentials))
                    n = offer(list, n, &c);
            }
    return n;
}

/* ---- answering ---- */

static bool replace(char **text, struct rt_str by)
{
    char *copy = rt_str_dup(by);

    if (!copy)
        return false;
    free(*text);
    *text = copy;
    return true;
}

static struct sip_auth_entry *new_entry(struct sip_auth_state *st, const struct candidate *c)
{
    struct sip_auth_entry *e, *last;
    unsigned n;

    DL_COUNT(st->entries, last, n);
    if (n >= REALMS_MAX) { /* servers that ask for ever new realms */
        e = st->entries;
        DL_DELETE(st->entries, e);
        free_entry(e);
    }
    e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->proxy = c->proxy;
    e->realm = rt_str_dup(c->d.realm);
    if (!e->realm) {
        free(e);
        return NULL;
    }
    DL_APPEND(st->entries, e);
    return e;
}

/** Takes the challenge as the one to answer from now on. False: it was answered before. */
static bool take(struct sip_auth_state *st, const struct candidate *c)
{
    struct sip_auth_entry *e = find(st, c->proxy, c->d.realm);
    bool stale = rt_str_caseeq(c->d.stale, "true");

    if (e && e->nonce && rt_str_eq(c->d.nonce, e->nonce) && e->nc > 0)
        return false;
    if (e && e->waiting && (!stale || e->stale_once))
        return false;
    if (!e)
        e = new_entry(st, c);
    if (!e || !replace(&e->nonce, c->d.nonce))
        return false;
    free(e->opaque);
    e->opaque = c->d.opaque.p ? rt_str_dup(c->d.opaque) : NULL;
    e->stale_once = e->waiting && stale;
    e->hash = c->hash;
    e->sess = c->sess;
    e->plain_algorithm = c->d.algorithm.n == 0;
    e->qop = c->qop;
    e->with = c->with;
    e->nc = 0;
    e->waiting = true;
    rt_random_hex(e->cnonce, CNONCE_LEN);
    return true;
}

static void put_response(struct sip_auth_entry *e, char out[SIP_DIGEST_LEN], const char *nc,
                         struct rt_str method, struct rt_str uri, struct rt_str body)
{
    static const char *const qops[] = {
        [NO_QOP] = "", [QOP_AUTH] = "auth", [QOP_AUTH_INT] = "auth-int"};
    char ha1[SIP_DIGEST_LEN], realm[TEXT_MAX];
    const struct sip_credentials *c = e->with;

    if (c->ha1[e->hash]) {
        rt_str_copy(ha1, sizeof ha1, rt_str(c->ha1[e->hash]));
    } else {
        sip_copy_quoted(realm, sizeof realm, rt_str(e->realm));
        sip_digest_ha1(ha1, e->hash, rt_str(c->user), rt_str(realm), rt_str(c->password));
    }
    sip_digest_response(out, &(struct sip_digest_input){.hash = e->hash,
                                                        .sess = e->sess,
                                                        .ha1 = ha1,
                                                        .nonce = rt_str(e->nonce),
                                                        .cnonce = rt_str(e->cnonce),
                                                        .nc = rt_str(nc),
                                                        .qop = rt_str(qops[e->qop]),
                                                        .method = method,
                                                        .uri = uri,
                                                        .body = body});
}

/** The header field; `nc` and `qop` stand without quotes (RFC 3261 25.1). */
static void put_line(struct sip_auth_entry *e, struct rt_str method, struct rt_str uri,
                     struct rt_str body, struct rt_buf *lines)
{
    char response[SIP_DIGEST_LEN], nc[9];

    snprintf(nc, sizeof nc, "%08x", ++e->nc);
    put_response(e, response, nc, method, uri, body);
    rt_buf_printf(lines, "%s: Digest username=\"",
                  e->proxy ? "Proxy-Authorization" : "Authorization");
    sip_put_quoted(lines, rt_str(e->with->user));
    rt_buf_printf(lines, "\", realm=\"%s\", nonce=\"%s\", uri=\"%.*s\", response=\"%s\"", e->realm,
                  e->nonce, RT_STR(uri), response);
    if (!e->plain_algorithm)
        rt_buf_printf(lines, ", algorithm=%s", sip_digest_name(e->hash, e->sess));
    if (e->qop != NO_QOP)
        rt_buf_printf(lines, ", qop=%s, nc=%s", e->qop == QOP_AUTH ? "auth" : "auth-int", nc);
    if (e->qop != NO_QOP || e->sess)
        rt_buf_printf(lines, ", cnonce=\"%s\"", e->cnonce);
    if (e->opaque)
        rt_buf_printf(lines, ", opaque=\"%s\"", e->opaque);
    rt_buf_puts(lines, "\r\n");
}

/** Whether these credentials are still among those we have: they may have been loaded anew. */
static bool have(const struct sip_credentials *c, const struct sip_credentials *wanted)
{
    while (c && c != wanted)
        c = c->next;
    return c != NULL;
}

void sip_digest_repeat(struct sip_auth_state *st, const struct sip_credentials *credentials,
                       struct rt_str method, struct rt_str uri, struct rt_str body,
                       struct rt_buf *lines)
{
    struct sip_auth_entry *e, *next;

    DL_FOREACH_SAFE(st->entries, e, next)
    if (!have(credentials, e->with)) {
        DL_DELETE(st->entries, e);
        free_entry(e);
    } else {
        put_line(e, method, uri, body, lines);
    }
}

bool sip_digest_answer(struct sip_auth_state *st, const struct sip_credentials *credentials,
                       const struct sip_message *challenge, struct rt_str method, struct rt_str uri,
                       struct rt_str body, struct rt_buf *lines)
{
    struct candidate list[REALMS_MAX];
    unsigned n = gather(list, challenge, credentials);
    bool fresh = false;

    for (unsigned i = 0; i < n; i++)
        fresh = take(st, &list[i]) || fresh;
    if (!fresh) {
        rt_count(&sip_digest_counters[SIP_DIGEST_UNANSWERED]);
        return false;
    }
    rt_count(&sip_digest_counters[SIP_DIGEST_ANSWERS]);
    sip_digest_repeat(st, credentials, method, uri, body, lines);
    return true;
}
