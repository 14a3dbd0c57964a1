/* Digest as a server: challenges, credentials checked, nothing accepted twice.
 *
 * A nonce is its time, random octets and an HMAC over both and the address that asked, by a key of
 * this process, so that nothing is kept for those who only ask. Credentials are looked at for a
 * nonce that was issued to where they come from alone: who answers it is there, so neither does
 * anybody guess in another one's name, nor is what was overheard of use elsewhere. One that was
 * used with the right password is kept until it is over, with a window of the counts (nc) that
 * came: a count is accepted once, and may come late.
 */
#include "gw/rt/random.h"
#include "sip/ban.h"
#include "sip/sip.h"

#include <ctype.h>
#include <errno.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#define ID_LEN    16 /* time and random octets */
#define MAC_LEN   16
#define NONCE_LEN (2 * (ID_LEN + MAC_LEN))
#define WINDOW    64
#define RECENT    4
/** 64*T1: as long a request may be repeated (RFC 3261 17.1), or rather less. */
#define REPEATED (32 * RT_S)
/** Sets of credentials for our realm looked at in one request. */
#define CREDENTIALS_MAX 4

/** A nonce in use. */
struct nonce {
    uint8_t id[ID_LEN];
    rt_time issued;
    uint32_t high;   /* the largest count so far */
    uint64_t window; /* bit n: high - n has come */
    struct {
        uint32_t nc;
        uint64_t request;
        rt_time at;
    } recent[RECENT];
    unsigned next;
    UT_hash_handle hh;
};

struct sip_digest_server {
    char *realm;
    rt_time life;
    unsigned max;
    uint8_t key[32];
    struct nonce *nonces; /* in the order of their first use */
    rt_time floor;        /* what was issued until then and is not known is stale */
};

int sip_digest_server_new(struct sip_digest_server **out, const char *realm, rt_time life,
                          unsigned max)
{
    struct sip_digest_server *s = calloc(1, sizeof *s);

    if (s)
        s->realm = rt_str_dup(rt_str(realm));
    if (!s || !s->realm) {
        free(s);
        return ENOMEM;
    }
    s->life = life;
    s->max = max;
    s->floor = INT64_MIN;
    rt_random_bytes(s->key, sizeof s->key);
    *out = s;
    return 0;
}

static void forget(struct sip_digest_server *s, struct nonce *n)
{
    HASH_DEL(s->nonces, n);
    free(n);
}

void sip_digest_server_free(struct sip_digest_server *s)
{
    if (!s)
        return;
    while (s->nonces)
        forget(s, s->nonces);
    free(s->realm);
    free(s);
}

unsigned sip_digest_nonces(const struct sip_digest_server *s)
{
    return HASH_COUNT(s->nonces);
}

/* ---- nonces ---- */

static void make_mac(const struct sip_digest_server *s, const union rt_addr *from,
                     const uint8_t id[ID_LEN], uint8_t mac[MAC_LEN])
{
    struct sip_who who = sip_who(from);
    struct hmac_sha256_ctx ctx;

    hmac_sha256_set_key(&ctx, sizeof s->key, s->key);
    hmac_sha256_update(&ctx, ID_LEN, id);
    hmac_sha256_update(&ctx, sizeof who, (const uint8_t *)&who);
    hmac_sha256_digest(&ctx, MAC_LEN, mac);
}

static void make_nonce(const struct sip_digest_server *s, const union rt_addr *from,
                       char out[NONCE_LEN + 1])
{
    uint8_t raw[ID_LEN + MAC_LEN];
    rt_time now = rt_now();

    for (unsigned i = 0; i < 8; i++)
        raw[i] = (uint8_t)((uint64_t)now >> (56 - 8 * i));
    rt_random_bytes(raw + 8, ID_LEN - 8);
    make_mac(s, from, raw, raw + ID_LEN);
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

static bool read_hex(uint8_t *out, size_t len, struct rt_str text)
{
    static const char digits[] = "0123456789abcdef";

    if (text.n != 2 * len)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        const char *d = memchr(digits, text.p[i], 16);
        if (!d)
            return false;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | (d - digits));
    }
    return true;
}

/** Whether we made this nonce for that address; then who it is and when it was issued. */
static bool ours(const struct sip_digest_server *s, const union rt_addr *from, struct rt_str text,
                 uint8_t id[ID_LEN], rt_time *issued)
{
    uint8_t raw[ID_LEN + MAC_LEN] = {0}, mac[MAC_LEN];
    uint64_t at = 0;

    if (!read_hex(raw, sizeof raw, text))
        return false;
    make_mac(s, from, raw, mac);
    if (!memeql_sec(mac, raw + ID_LEN, MAC_LEN))
        return false;
    for (unsigned i = 0; i < 8; i++)
        at = at << 8 | raw[i];
    memcpy(id, raw, ID_LEN);
    *issued = (rt_time)at;
    return true;
}

/** Room for one more: those that are over go first, then the one used first. */
static void make_room(struct sip_digest_server *s)
{
    rt_time now = rt_now();

    while (s->nonces && now - s->nonces->issued >= s->life)
        forget(s, s->nonces);
    while (HASH_COUNT(s->nonces) >= s->max) {
        if (s->nonces->issued > s->floor)
            s->floor = s->nonces->issued;
        rt_count(&sip_digest_counters[SIP_DIGEST_EVICTED]);
        forget(s, s->nonces);
    }
}

static struct nonce *nonce_of(struct sip_digest_server *s, const uint8_t id[ID_LEN], rt_time issued)
{
    struct nonce *n;

    HASH_FIND(hh, s->nonces, id, ID_LEN, n);
    if (n || issued <= s->floor)
        return n;
    make_room(s);
    n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    memcpy(n->id, id, ID_LEN);
    n->issued = issued;
    HASH_ADD(hh, s->nonces, id, ID_LEN, n);
    return n;
}

/* ---- replay ---- */

/** What tells a repeated request from another one with the same credentials. */
static uint64_t request_of(const struct sip_message *m)
{
    char from[RT_ADDR_LEN];
    struct rt_str part[] = {sip_message_header(m, "Via", 0), sip_message_header(m, "CSeq", 0),
                            m->call_id, rt_str(rt_addr_format(from, &m->from_addr))};
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (size_t k = 0; k < RT_COUNT(part); k++)
        for (size_t i = 0; i < part[k].n; i++)
            hash = (hash ^ (uint8_t)part[k].p[i]) * 1099511628211u;
    return hash;
}

static bool repeated(const struct nonce *n, uint32_t nc, uint64_t request)
{
    for (unsigned i = 0; i < RECENT; i++)
        if (n->recent[i].nc == nc && n->recent[i].request == request &&
            rt_now() - n->recent[i].at < REPEATED)
            return true;
    return false;
}

/** Marks the count as used. False: it had been, or is too old to tell. */
static bool first_time(struct nonce *n, uint32_t nc)
{
    if (nc > n->high) {
        uint32_t by = nc - n->high;
        n->window = by < WINDOW ? n->window << by : 0;
        n->window |= 1;
        n->high = nc;
        return true;
    }
    uint32_t behind = n->high - nc;
    if (behind >= WINDOW || (n->window >> behind & 1))
        return false;
    n->window |= UINT64_C(1) << behind;
    return true;
}

static enum sip_digest_verdict stale(void)
{
    rt_count(&sip_digest_counters[SIP_DIGEST_STALES]);
    return SIP_DIGEST_STALE;
}

/** `nc` 0: without qop there is no count, so the nonce serves once. */
static enum sip_digest_verdict use_nonce(struct sip_digest_server *s, const uint8_t id[ID_LEN],
                                         rt_time issued, uint32_t nc, const struct sip_message *m)
{
    struct nonce *n = nonce_of(s, id, issued);
    uint64_t request = request_of(m);

    if (!n)
        return stale();
    if (repeated(n, nc, request))
        return SIP_DIGEST_GOOD;
    if (nc == 0 ? n->high != 0 : !first_time(n, nc)) {
        rt_count(&sip_digest_counters[SIP_DIGEST_REPLAYS]);
        return SIP_DIGEST_STALE;
    }
    if (nc == 0)
        n->high = UINT32_MAX;
    n->recent[n->next].nc = nc;
    n->recent[n->next].request = request;
    n->recent[n->next].at = rt_now();
    n->next = (n->next + 1) % RECENT;
    rt_count(&sip_digest_counters[SIP_DIGEST_ACCEPTED]);
    return SIP_DIGEST_GOOD;
}

/* ---- credentials ---- */

static bool read_count(uint32_t *out, struct rt_str s)
{
    *out = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!isxdigit((unsigned char)s.p[i]))
            return false;
        char c = (char)tolower((unsigned char)s.p[i]);
        *out = *out << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return s.n > 0 && s.n <= 8 && *out > 0;
}

/** Whether all is there, and nothing twice. */
static bool readable(const struct sip_digest *d, bool sess, uint32_t *nc)
{
    *nc = 0;
    if (d->bad || d->username.n == 0 || d->nonce.n == 0 || d->uri.n == 0 || d->response.n == 0 ||
        (sess && d->cnonce.n == 0))
        return false;
    if (d->qop.n == 0)
        return true;
    return rt_str_caseeq(d->qop, "auth") && d->cnonce.n > 0 && read_count(nc, d->nc);
}

/** Without a hint, by its time, of where the two differ. */
static bool same_response(const char *expected, size_t digits, struct rt_str got)
{
    char lower[SIP_DIGEST_LEN];

    if (got.n != digits)
        return false;
    for (size_t i = 0; i < digits; i++)
        lower[i] = (char)tolower((unsigned char)got.p[i]);
    return memeql_sec(expected, lower, digits);
}

static enum sip_digest_verdict check_one(struct sip_digest_server *s, const struct sip_message *m,
                                         const struct sip_digest *d, sip_digest_ha1_fn *ha1,
                                         void *arg, char *user, size_t cap)
{
    static const char nobody[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct sip_digest_input in = {.nonce = d->nonce,
                                  .cnonce = d->cnonce,
                                  .nc = d->nc,
                                  .qop = d->qop,
                                  .method = m->method,
                                  .uri = d->uri};
    char expected[SIP_DIGEST_LEN];
    uint8_t id[ID_LEN];
    rt_time issued;
    uint32_t nc;

    bool known = sip_digest_algorithm(&in.hash, &in.sess, d->algorithm);
    if (!readable(d, in.sess, &nc)) {
        rt_count(&sip_digest_counters[SIP_DIGEST_MALFORMED]);
        return SIP_DIGEST_BAD;
    }
    sip_copy_quoted(user, cap, d->username);
    if (!ours(s, &m->from_addr, d->nonce, id, &issued) || rt_now() - issued >= s->life)
        return stale();
    in.ha1 = known && d->username.n < cap ? ha1(arg, rt_str(user), in.hash) : NULL;
    known = in.ha1 != NULL;
    if (!known)
        in.ha1 = nobody; /* takes as long as a user that there is */
    sip_digest_response(expected, &in);
    bool same = same_response(expected, sip_digest_digits(in.hash), d->response);
    if (!known || !same || !sip_uri_same(d->uri, m->request_uri)) {
        rt_count(&sip_digest_counters[SIP_DIGEST_REFUSED]);
        return SIP_DIGEST_WRONG;
    }
    return use_nonce(s, id, issued, nc, m);
}

enum sip_digest_verdict sip_digest_check(struct sip_digest_server *s, const struct sip_message *m,
                                         bool proxy, sip_digest_ha1_fn *ha1, void *arg, char *user,
                                         size_t cap)
{
    const char *name = proxy ? "Proxy-Authorization" : "Authorization";
    enum sip_digest_verdict verdict = SIP_DIGEST_NONE;
    struct sip_digest d;
    struct rt_str rest;
    unsigned seen = 0;

    user[0] = '\0';
    for (unsigned i = 0; (rest = sip_message_header(m, name, i)).n > 0; i++)
        while (sip_digest_next(&d, &rest)) {
            if (!rt_str_caseeq(d.scheme, "Digest") || !rt_str_eq(d.realm, s->realm) ||
                seen++ >= CREDENTIALS_MAX)
                continue;
            verdict = check_one(s, m, &d, ha1, arg, user, cap);
            if (verdict == SIP_DIGEST_GOOD || verdict == SIP_DIGEST_WRONG)
                return verdict; /* a guess is one, whatever stands beside it */
        }
    return verdict;
}

void sip_digest_challenge(struct sip_digest_server *s, struct rt_buf *lines,
                          const union rt_addr *from, bool proxy, unsigned hashes, bool again)
{
    char nonce[NONCE_LEN + 1];

    make_nonce(s, from, nonce);
    for (enum sip_hash h = 0; h < SIP_NHASHES; h++)
        if (hashes >> h & 1)
            rt_buf_printf(lines,
                          "%s-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, "
                          "qop=\"auth\"%s\r\n",
                          proxy ? "Proxy" : "WWW", s->realm, nonce, sip_digest_name(h, false),
                          again ? ", stale=true" : "");
    rt_count(&sip_digest_counters[SIP_DIGEST_CHALLENGES]);
}
