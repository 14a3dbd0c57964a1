/* STUN messages. */
#include "codec/stun.h"

#include <errno.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

#define COOKIE             0x2112a442u
#define FINGERPRINT_XOR    0x5354554eu
#define MESSAGE_INTEGRITY  0x0008
#define ERROR_CODE         0x0009
#define UNKNOWN_ATTRIBUTES 0x000a
#define REALM              0x0014
#define NONCE              0x0015
#define INTEGRITY_SHA256   0x001c
#define XOR_MAPPED_ADDRESS 0x0020
#define FINGERPRINT        0x8028

/** CRC-32 of ISO 3309, four bits at a time. */
static uint32_t crc32_of(const uint8_t *p, size_t n)
{
    static const uint32_t nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = ~0u;

    while (n-- > 0) {
        crc ^= *p++;
        crc = crc >> 4 ^ nibble[crc & 15];
        crc = crc >> 4 ^ nibble[crc & 15];
    }
    return ~crc;
}

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/** The code over a message up to `end`, as if `length` stood in its header (RFC 8489 14.5). */
static void integrity_of(uint8_t out[SHA1_DIGEST_SIZE], const uint8_t *p, size_t end, size_t length,
                         const void *key, size_t n)
{
    const uint8_t said[2] = {(uint8_t)(length >> 8), (uint8_t)length};
    struct hmac_sha1_ctx ctx;

    hmac_sha1_set_key(&ctx, n, key);
    hmac_sha1_update(&ctx, 2, p);
    hmac_sha1_update(&ctx, 2, said);
    hmac_sha1_update(&ctx, end - 4, p + 4);
    hmac_sha1_digest(&ctx, SHA1_DIGEST_SIZE, out);
    explicit_bzero(&ctx, sizeof ctx);
}

/* ---- reading ---- */

/** One attribute: its value, and where it stands. */
struct attribute {
    const uint8_t *p;
    size_t n, at;
};

typedef int read_fn(struct stun_message *m, const struct attribute *a);

static struct rt_str text_of(const struct attribute *a)
{
    return (struct rt_str){(const char *)a->p, a->n};
}

static int read_username(struct stun_message *m, const struct attribute *a)
{
    m->username = text_of(a);
    m->has_username = true;
    return 0;
}

static int read_software(struct stun_message *m, const struct attribute *a)
{
    m->software = text_of(a);
    return 0;
}

static int read_realm(struct stun_message *m, const struct attribute *a)
{
    m->realm = text_of(a);
    return 0;
}

static int read_nonce(struct stun_message *m, const struct attribute *a)
{
    m->nonce = text_of(a);
    return 0;
}

static int read_integrity(struct stun_message *m, const struct attribute *a)
{
    if (a->n != SHA1_DIGEST_SIZE)
        return EBADMSG;
    m->integrity = a->at;
    return 0;
}

static int read_error(struct stun_message *m, const struct attribute *a)
{
    if (a->n < 4 || (a->p[2] & 7) < 3 || a->p[3] > 99)
        return EBADMSG;
    m->error = (a->p[2] & 7u) * 100 + a->p[3];
    m->reason = (struct rt_str){(const char *)a->p + 4, a->n - 4};
    return 0;
}

static int read_priority(struct stun_message *m, const struct attribute *a)
{
    if (a->n != 4)
        return EBADMSG;
    m->has_priority = true;
    m->priority = get32(a->p);
    return 0;
}

static int read_use_candidate(struct stun_message *m, const struct attribute *a)
{
    m->use_candidate = true;
    return a->n == 0 ? 0 : EBADMSG;
}

static int read_tie(struct stun_message *m, const struct attribute *a)
{
    if (a->n != 8)
        return EBADMSG;
    m->tie = (uint64_t)get32(a->p) << 32 | get32(a->p + 4);
    return 0;
}

static int read_controlled(struct stun_message *m, const struct attribute *a)
{
    m->controlled = true;
    return read_tie(m, a);
}

static int read_controlling(struct stun_message *m, const struct attribute *a)
{
    m->controlling = true;
    return read_tie(m, a);
}

static int read_mapped(struct stun_message *m, const struct attribute *a)
{
    size_t n = a->n >= 4 && a->p[1] == 1 ? 4 : 16;
    uint8_t host[16];

    if (a->n != 4 + n || (a->p[1] != 1 && a->p[1] != 2))
        return EBADMSG;
    for (size_t i = 0; i < n; i++) /* cookie and transaction lie one behind the other */
        host[i] = a->p[4 + i] ^ m->whole[4 + i];
    memset(&m->mapped, 0, sizeof m->mapped);
    if (n == 4) {
        m->mapped.in4.sin_family = AF_INET;
        memcpy(&m->mapped.in4.sin_addr, host, 4);
    } else {
        m->mapped.in6.sin6_family = AF_INET6;
        memcpy(&m->mapped.in6.sin6_addr, host, 16);
    }
    rt_addr_set_port(&m->mapped, get16(a->p + 2) ^ (uint16_t)(COOKIE >> 16));
    return 0;
}

static int read_nothing(struct stun_message *m, const struct attribute *a)
{
    (void)m;
    (void)a;
    return 0;
}

static const struct {
    uint16_t type;
    read_fn *read;
} attributes[] = {
    {STUN_USERNAME, read_username},
    {MESSAGE_INTEGRITY, read_integrity},
    {ERROR_CODE, read_error},
    {UNKNOWN_ATTRIBUTES, read_nothing},
    {REALM, read_realm},
    {NONCE, read_nonce},
    {INTEGRITY_SHA256, read_nothing}, /* a second code beside the first (RFC 8489 9.1.5) */
    {XOR_MAPPED_ADDRESS, read_mapped},
    {STUN_PRIORITY, read_priority},
    {STUN_USE_CANDIDATE, read_use_candidate},
    {STUN_SOFTWARE, read_software},
    {STUN_ICE_CONTROLLED, read_controlled},
    {STUN_ICE_CONTROLLING, read_controlling},
};

static int read_attribute(struct stun_message *m, uint16_t type, const struct attribute *a)
{
    for (size_t i = 0; i < RT_COUNT(attributes); i++)
        if (attributes[i].type == type)
            return attributes[i].read(m, a);
    if (type < 0x8000 && m->nunknown < STUN_UNKNOWN_MAX)
        m->unknown[m->nunknown++] = type;
    return 0;
}

static int check_fingerprint(struct stun_message *m, const struct attribute *a, size_t whole)
{
    if (a->n != 4 || a->at + 8 != whole)
        return EBADMSG;
    m->fingerprint = true;
    return get32(a->p) == (crc32_of(m->whole, a->at) ^ FINGERPRINT_XOR) ? 0 : EBADMSG;
}

static int read_attributes(struct stun_message *m, const uint8_t *p, size_t n)
{
    for (size_t at = STUN_HEADER; at < n;) {
        if (n - at < 4)
            return EBADMSG;
        uint16_t type = get16(p + at);
        struct attribute a = {p + at + 4, get16(p + at + 2), at};
        size_t padded = (a.n + 3) & ~(size_t)3;
        if (padded > n - at - 4)
            return EBADMSG;
        int err = 0;
        if (type == FINGERPRINT)
            err = check_fingerprint(m, &a, n);
        else if (m->integrity == 0) /* what follows it is not covered, and so not believed */
            err = read_attribute(m, type, &a);
        if (err != 0)
            return err;
        at += 4 + padded;
    }
    return 0;
}

int stun_parse(struct stun_message *out, const uint8_t *p, size_t n)
{
    memset(out, 0, sizeof *out);
    if (n < STUN_HEADER || n > STUN_MAX || p[0] > 0x3f || get32(p + 4) != COOKIE)
        return EBADMSG;
    if (get16(p + 2) != n - STUN_HEADER || n % 4 != 0)
        return EBADMSG;
    unsigned type = get16(p);
    out->class = (enum stun_class)((type >> 4 & 1) | (type >> 7 & 2));
    out->method = (uint16_t)((type & 0xf) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
    memcpy(out->id, p + 8, STUN_ID);
    out->whole = p;
    return read_attributes(out, p, n);
}

bool stun_authentic(const struct stun_message *m, const void *key, size_t n)
{
    uint8_t right[SHA1_DIGEST_SIZE];

    if (m->integrity == 0)
        return false;
    integrity_of(right, m->whole, m->integrity, m->integrity + 4 + SHA1_DIGEST_SIZE - STUN_HEADER,
                 key, n);
    return memeql_sec(right, m->whole + m->integrity + 4, sizeof right);
}

/* ---- writing ---- */

void stun_begin(struct rt_writer *w, enum stun_class class, uint16_t method,
                const uint8_t id[STUN_ID])
{
    unsigned c = class, m = method;

    rt_write_u16(w, (uint16_t)((m & 0xf) | (m & 0x70) << 1 | (m & 0xf80) << 2 | (c & 1) << 4 |
                               (c & 2) << 7));
    rt_write_u16(w, 0);
    rt_write_u32(w, COOKIE);
    rt_write_bytes(w, id, STUN_ID);
}

/** Makes the header's length that of a message of `n` octets. */
static void set_length(struct rt_writer *w, size_t n)
{
    if (w->failed)
        return;
    w->start[2] = (uint8_t)((n - STUN_HEADER) >> 8);
    w->start[3] = (uint8_t)(n - STUN_HEADER);
}

static void put(struct rt_writer *w, uint16_t type, const void *p, size_t n)
{
    static const uint8_t zeros[3];

    rt_write_u16(w, type);
    rt_write_u16(w, (uint16_t)n);
    rt_write_bytes(w, p, n);
    rt_write_bytes(w, zeros, (4 - n % 4) % 4);
    set_length(w, rt_written(w));
}

void stun_put_text(struct rt_writer *w, uint16_t type, struct rt_str text)
{
    put(w, type, text.p, text.n);
}

void stun_put_u32(struct rt_writer *w, uint16_t type, uint32_t v)
{
    const uint8_t b[] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    put(w, type, b, sizeof b);
}

void stun_put_u64(struct rt_writer *w, uint16_t type, uint64_t v)
{
    uint8_t b[8];

    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t)(v >> (56 - 8 * i));
    put(w, type, b, sizeof b);
}

void stun_put_flag(struct rt_writer *w, uint16_t type)
{
    put(w, type, "", 0);
}

void stun_put_xor_address(struct rt_writer *w, const union rt_addr *a)
{
    bool v4 = a->sa.sa_family == AF_INET;
    size_t n = v4 ? 4 : 16;
    uint16_t port = rt_addr_port(a) ^ (uint16_t)(COOKIE >> 16);
    uint8_t b[20] = {0, v4 ? 1 : 2, (uint8_t)(port >> 8), (uint8_t)port};

    if (w->failed)
        return;
    if (v4)
        memcpy(b + 4, &a->in4.sin_addr, 4);
    else
        memcpy(b + 4, &a->in6.sin6_addr, 16);
    for (size_t i = 0; i < n; i++)
        b[4 + i] ^= w->start[4 + i];
    put(w, XOR_MAPPED_ADDRESS, b, 4 + n);
}

void stun_put_error(struct rt_writer *w, enum stun_code code)
{
    static const struct {
        enum stun_code code;
        const char *reason;
    } reasons[] = {{STUN_BAD_REQUEST, "Bad Request"},
                   {STUN_UNAUTHENTICATED, "Unauthenticated"},
                   {STUN_UNKNOWN_ATTRIBUTE, "Unknown Attribute"},
                   {STUN_ROLE_CONFLICT, "Role Conflict"}};
    uint8_t b[4 + 32] = {0, 0, (uint8_t)(code / 100), (uint8_t)(code % 100)};

    for (size_t i = 0; i < RT_COUNT(reasons); i++)
        if (reasons[i].code == code) {
            size_t n = strlen(reasons[i].reason);
            memcpy(b + 4, reasons[i].reason, n);
            put(w, ERROR_CODE, b, 4 + n);
        }
}

void stun_put_unknown(struct rt_writer *w, const struct stun_message *request)
{
    uint8_t b[2 * STUN_UNKNOWN_MAX];

    for (size_t i = 0; i < request->nunknown; i++) {
        b[2 * i] = (uint8_t)(request->unknown[i] >> 8);
        b[2 * i + 1] = (uint8_t)request->unknown[i];
    }
    put(w, UNKNOWN_ATTRIBUTES, b, 2 * (size_t)request->nunknown);
}

void stun_put_integrity(struct rt_writer *w, const void *key, size_t n)
{
    uint8_t code[SHA1_DIGEST_SIZE];
    size_t at = rt_written(w);

    if (w->failed)
        return;
    integrity_of(code, w->start, at, at + 4 + sizeof code - STUN_HEADER, key, n);
    put(w, MESSAGE_INTEGRITY, code, sizeof code);
}

void stun_put_fingerprint(struct rt_writer *w)
{
    size_t at = rt_written(w);

    if (w->failed)
        return;
    set_length(w, at + 8);
    stun_put_u32(w, FINGERPRINT, crc32_of(w->start, at) ^ FINGERPRINT_XOR);
}
