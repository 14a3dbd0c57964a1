/* Digest header fields read in place, and what is hashed of them (RFC 7616 3.3 to 3.5). */
#include "sip/digest.h"

#include <ctype.h>
#include <nettle/md5.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha2.h>
#include <stdio.h>

struct rt_counter sip_digest_counters[SIP_DIGEST_NCOUNTERS] = {
    [SIP_DIGEST_CHALLENGES] = {"sip_auth_challenges_total", "requests challenged", 0},
    [SIP_DIGEST_ACCEPTED] = {"sip_auth_accepted_total", "requests with valid credentials", 0},
    [SIP_DIGEST_REFUSED] = {"sip_auth_refused_total", "requests with wrong credentials", 0},
    [SIP_DIGEST_STALES] = {"sip_auth_stale_total", "valid credentials for a nonce that is over", 0},
    [SIP_DIGEST_REPLAYS] = {"sip_auth_replays_total", "credentials used a second time", 0},
    [SIP_DIGEST_MALFORMED] = {"sip_auth_malformed_total", "credentials that cannot be read", 0},
    [SIP_DIGEST_EVICTED] = {"sip_auth_evicted_total", "nonces forgotten for want of room", 0},
    [SIP_DIGEST_ANSWERS] = {"sip_auth_answers_total", "challenges answered", 0},
    [SIP_DIGEST_UNANSWERED] = {"sip_auth_unanswered_total",
                               "challenges that could not be answered, or not again", 0},
};

/* ---- text ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_spaces(struct rt_str *s)
{
    while (s->n > 0 && is_space(*s->p)) {
        s->p++;
        s->n--;
    }
}

/** What stands before the first `,` outside quotes. */
static struct rt_str next_element(struct rt_str *rest)
{
    size_t i = 0;
    bool quoted = false;

    for (; i < rest->n && (quoted || rest->p[i] != ','); i++) {
        if (rest->p[i] == '"')
            quoted = !quoted;
        else if (quoted && rest->p[i] == '\\')
            i++;
    }
    if (i > rest->n)
        i = rest->n;
    struct rt_str e = {rest->p, i};
    size_t skip = i < rest->n ? i + 1 : i;
    *rest = (struct rt_str){rest->p + skip, rest->n - skip};
    return rt_str_trim(e);
}

/** `Digest realm="x"` begins another challenge: a word, space, and no `=` after it. */
static bool begins_scheme(struct rt_str e, struct rt_str *scheme, struct rt_str *first)
{
    size_t i = 0;

    while (i < e.n && !is_space(e.p[i]) && e.p[i] != '=' && e.p[i] != '"')
        i++;
    *scheme = (struct rt_str){e.p, i};
    *first = (struct rt_str){e.p + i, e.n - i};
    skip_spaces(first);
    return i > 0 && (i == e.n || (is_space(e.p[i]) && !(first->n > 0 && first->p[0] == '=')));
}

/** A token, or the inside of a quoted string. False: its quotes do not match, so that whoever
 * repeats it would say something else. */
static bool unquote(struct rt_str *out, struct rt_str s)
{
    s = rt_str_trim(s);
    bool quoted = s.n >= 2 && s.p[0] == '"';
    size_t i = quoted ? 1 : 0;

    for (; i < s.n && s.p[i] != '"' && ((unsigned char)s.p[i] >= ' ' || s.p[i] == '\t'); i++)
        if (quoted && s.p[i] == '\\' && i + 1 < s.n && (unsigned char)s.p[i + 1] >= ' ')
            i++;
    *out = quoted ? (struct rt_str){s.p + 1, s.n - 2} : s;
    return quoted ? i == s.n - 1 : i == s.n && !memchr(s.p, '\\', s.n);
}

static void take_parameter(struct sip_digest *d, struct rt_str e)
{
    const struct {
        const char *name;
        struct rt_str *value;
    } known[] = {
        {"username", &d->username},
        {"realm", &d->realm},
        {"nonce", &d->nonce},
        {"opaque", &d->opaque},
        {"uri", &d->uri},
        {"response", &d->response},
        {"cnonce", &d->cnonce},
        {"algorithm", &d->algorithm},
        {"nc", &d->nc},
        {"qop", &d->qop},
        {"stale", &d->stale},
    };
    struct rt_str name = rt_str_trim(rt_str_cut(&e, '='));

    for (size_t i = 0; i < RT_COUNT(known); i++) {
        if (!rt_str_caseeq(name, known[i].name))
            continue;
        bool twice = known[i].value->p != NULL;
        if (!unquote(known[i].value, e) || twice)
            d->bad = true;
    }
}

bool sip_digest_next(struct sip_digest *out, struct rt_str *rest)
{
    struct rt_str first;

    *out = (struct sip_digest){.bad = false};
    do { /* what belongs to no scheme is nothing */
        if (rest->n == 0)
            return false;
    } while (!begins_scheme(next_element(rest), &out->scheme, &first));
    if (first.n > 0)
        take_parameter(out, first);
    while (rest->n > 0) {
        struct rt_str ahead = *rest, scheme, e = next_element(&ahead);
        if (begins_scheme(e, &scheme, &first))
            break;
        *rest = ahead;
        take_parameter(out, e);
    }
    return true;
}

/* ---- algorithms ---- */

static const struct {
    const char *name, *sess;
    const struct nettle_hash *hash;
} algorithms[SIP_NHASHES] = {
    [SIP_SHA512_256] = {"SHA-512-256", "SHA-512-256-sess", &nettle_sha512_256},
    [SIP_SHA256] = {"SHA-256", "SHA-256-sess", &nettle_sha256},
    [SIP_MD5] = {"MD5", "MD5-sess", &nettle_md5},
};

union context {
    struct md5_ctx md5;
    struct sha256_ctx sha256;
    struct sha512_256_ctx sha512_256;
};

const char *sip_digest_name(enum sip_hash hash, bool sess)
{
    return sess ? algorithms[hash].sess : algorithms[hash].name;
}

bool sip_digest_algorithm(enum sip_hash *hash, bool *sess, struct rt_str name)
{
    *hash = SIP_MD5;
    *sess = false;
    if (name.n == 0)
        return true;
    for (enum sip_hash h = 0; h < SIP_NHASHES; h++) {
        *sess = rt_str_caseeq(name, algorithms[h].sess);
        if (*sess || rt_str_caseeq(name, algorithms[h].name)) {
            *hash = h;
            return true;
        }
    }
    return false;
}

size_t sip_digest_digits(enum sip_hash hash)
{
    return 2 * algorithms[hash].hash->digest_size;
}

/** H() of the parts with `:` between them. */
static void hash_parts(char out[SIP_DIGEST_LEN], enum sip_hash h, const struct rt_str *part,
                       size_t n)
{
    const struct nettle_hash *hash = algorithms[h].hash;
    union context ctx;
    uint8_t digest[32];

    hash->init(&ctx);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            hash->update(&ctx, 1, (const uint8_t *)":");
        if (part[i].n > 0)
            hash->update(&ctx, part[i].n, (const uint8_t *)part[i].p);
    }
    hash->digest(&ctx, hash->digest_size, digest);
    for (size_t i = 0; i < hash->digest_size; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void sip_digest_ha1(char out[SIP_DIGEST_LEN], enum sip_hash hash, struct rt_str user,
                    struct rt_str realm, struct rt_str password)
{
    struct rt_str parts[] = {user, realm, password};

    hash_parts(out, hash, parts, RT_COUNT(parts));
}

void sip_digest_response(char out[SIP_DIGEST_LEN], const struct sip_digest_input *in)
{
    char ha1[SIP_DIGEST_LEN], ha2[SIP_DIGEST_LEN], body[SIP_DIGEST_LEN];
    bool whole = rt_str_caseeq(in->qop, "auth-int");

    rt_str_copy(ha1, sizeof ha1, rt_str(in->ha1));
    if (in->sess) {
        struct rt_str a1[] = {rt_str(in->ha1), in->nonce, in->cnonce};
        hash_parts(ha1, in->hash, a1, RT_COUNT(a1));
    }
    struct rt_str a2[3] = {in->method, in->uri};
    if (whole) {
        hash_parts(body, in->hash, &in->body, 1);
        a2[2] = rt_str(body);
    }
    hash_parts(ha2, in->hash, a2, whole ? 3 : 2);
    if (in->qop.n > 0) {
        struct rt_str kd[] = {rt_str(ha1), in->nonce, in->nc, in->cnonce, in->qop, rt_str(ha2)};
        hash_parts(out, in->hash, kd, RT_COUNT(kd));
    } else {
        struct rt_str kd[] = {rt_str(ha1), in->nonce, rt_str(ha2)};
        hash_parts(out, in->hash, kd, RT_COUNT(kd));
    }
}
