/* Reads what a name server answered (RFC 1035 4): records of the name that was asked for, through
 * its aliases, and how long each may be believed.
 *
 * A record that belongs to another name is never used, whoever sent it: the additional section is
 * not looked at.
 */
#include "gw/rt/dns_priv.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define CLASS_IN     1
#define NXDOMAIN     3
#define CHAIN_MAX    12
#define LABELS_MAX   127
#define NEGATIVE_TTL 60 /* seconds, when the denial does not say (no SOA) */

/** A record in place. */
struct rr {
    char name[RT_DNS_NAME_LEN];
    uint16_t type;
    uint32_t ttl;
    struct rt_reader data;
};

struct message {
    const uint8_t *p;
    size_t len;
    unsigned rcode, nanswers, nauthority;
    struct rt_reader r; /* behind the question */
};

bool rt_dns_name(char out[RT_DNS_NAME_LEN], const char *text)
{
    size_t n = strlen(text), label = 0;

    if (n > 1 && text[n - 1] == '.')
        n--;
    if (n == 0 || n > 253)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        label = c == '.' ? 0 : label + 1;
        if (c <= ' ' || c >= 0x7f || c == '\\' || label > 63 ||
            (c == '.' && n > 1 && label == 0 && (i == 0 || text[i - 1] == '.')))
            return false;
        out[i] = (char)tolower(c);
    }
    out[n] = '\0';
    return true;
}

/** Appends one label; false: it cannot be shown, or there is no room. */
static bool add_label(char out[RT_DNS_NAME_LEN], size_t *n, const uint8_t *label, size_t len)
{
    if (*n + len + 2 > RT_DNS_NAME_LEN)
        return false;
    if (*n > 0)
        out[(*n)++] = '.';
    for (size_t i = 0; i < len; i++) {
        if (label[i] <= ' ' || label[i] >= 0x7f || label[i] == '.' || label[i] == '\\')
            return false;
        out[(*n)++] = (char)tolower(label[i]);
    }
    return true;
}

/** Reads a name at `r`, which may go on elsewhere: each pointer must lead further back, so that it
 * ends. */
static bool read_name(char out[RT_DNS_NAME_LEN], const struct message *m, struct rt_reader *r)
{
    struct rt_reader at = *r;
    size_t n = 0, limit = (size_t)(r->p - m->p);
    bool jumped = false, ok = true;

    for (unsigned labels = 0; labels < LABELS_MAX; labels++) {
        uint8_t len = rt_read_u8(&at);
        if (at.failed || (len & 0xc0) == 0x40 || (len & 0xc0) == 0x80)
            return false;
        if ((len & 0xc0) == 0xc0) {
            size_t to = (size_t)(len & 0x3f) << 8 | rt_read_u8(&at);
            if (!jumped)
                *r = at;
            if (at.failed || to >= limit)
                return false;
            jumped = true;
            limit = to;
            at = rt_reader(m->p + to, m->len - to);
            continue;
        }
        if (len == 0) {
            if (!jumped)
                *r = at;
            out[n] = '\0';
            if (n == 0)
                memcpy(out, ".", 2);
            return ok;
        }
        const uint8_t *label = rt_read_bytes(&at, len);
        ok = label && ok && add_label(out, &n, label, len);
        if (!label)
            return false;
    }
    return false;
}

/** Takes the next record; false: the message ends within it. A name that cannot be shown is "". */
static bool read_rr(struct rr *rr, const struct message *m, struct rt_reader *r)
{
    const uint8_t *start = r->p;

    if (!read_name(rr->name, m, r)) {
        rr->name[0] = '\0';
        if (r->p == start)
            return false;
    }
    rr->type = rt_read_u16(r);
    if (rt_read_u16(r) != CLASS_IN)
        rr->type = 0;
    rr->ttl = rt_read_u32(r);
    if (rr->ttl > INT32_MAX) /* RFC 2181 8 */
        rr->ttl = 0;
    uint16_t len = rt_read_u16(r);
    const uint8_t *data = rt_read_bytes(r, len);
    if (r->failed || !data)
        return false;
    rr->data = rt_reader(data, len);
    return true;
}

/** Reads the header and the question, which must be ours. */
static bool open_message(struct message *m, const uint8_t *msg, size_t len, const char *name,
                         enum rt_dns_type type)
{
    char asked[RT_DNS_NAME_LEN];

    *m = (struct message){.p = msg, .len = len, .r = rt_reader(msg, len)};
    rt_read_u16(&m->r);
    uint16_t flags = rt_read_u16(&m->r), questions = rt_read_u16(&m->r);
    m->nanswers = rt_read_u16(&m->r);
    m->nauthority = rt_read_u16(&m->r);
    rt_read_u16(&m->r);
    m->rcode = flags & 0xf;
    if (m->r.failed || !(flags & 0x8000) || (flags & 0x0200) || questions != 1 ||
        !read_name(asked, m, &m->r) || strcmp(asked, name) != 0)
        return false;
    uint16_t qtype = rt_read_u16(&m->r), qclass = rt_read_u16(&m->r);
    return !m->r.failed && qtype == type && qclass == CLASS_IN;
}

/* ---- what each type of record carries ---- */

static bool read_a(union rt_dns_record *out, const struct message *m, struct rt_reader *r)
{
    const uint8_t *p = rt_read_bytes(r, 4);

    (void)m;
    out->addr.in4.sin_family = AF_INET;
    if (p)
        memcpy(&out->addr.in4.sin_addr, p, 4);
    return p != NULL;
}

static bool read_aaaa(union rt_dns_record *out, const struct message *m, struct rt_reader *r)
{
    const uint8_t *p = rt_read_bytes(r, 16);

    (void)m;
    out->addr.in6.sin6_family = AF_INET6;
    if (p)
        memcpy(&out->addr.in6.sin6_addr, p, 16);
    return p != NULL;
}

static bool read_srv(union rt_dns_record *out, const struct message *m, struct rt_reader *r)
{
    out->srv.priority = rt_read_u16(r);
    out->srv.weight = rt_read_u16(r);
    out->srv.port = rt_read_u16(r);
    return !r->failed && read_name(out->srv.target, m, r);
}

/** A character-string; one too long for its room is no string that we could use. */
static bool read_text(char *out, size_t cap, struct rt_reader *r)
{
    uint8_t len = rt_read_u8(r);
    const uint8_t *p = rt_read_bytes(r, len);

    return p && rt_str_copy(out, cap, (struct rt_str){(const char *)p, len}) && strlen(out) == len;
}

static bool read_naptr(union rt_dns_record *out, const struct message *m, struct rt_reader *r)
{
    struct rt_dns_naptr *n = &out->naptr;

    n->order = rt_read_u16(r);
    n->preference = rt_read_u16(r);
    return !r->failed && read_text(n->flags, sizeof n->flags, r) &&
           read_text(n->service, sizeof n->service, r) &&
           read_text(n->regexp, sizeof n->regexp, r) && read_name(n->replacement, m, r);
}

static const struct {
    enum rt_dns_type type;
    bool (*read)(union rt_dns_record *, const struct message *, struct rt_reader *);
} readers[] = {
    {RT_DNS_A, read_a},
    {RT_DNS_AAAA, read_aaaa},
    {RT_DNS_SRV, read_srv},
    {RT_DNS_NAPTR, read_naptr},
};

static bool read_record(union rt_dns_record *out, const struct message *m, const struct rr *rr)
{
    struct rt_reader data = rr->data;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < RT_COUNT(readers); i++)
        if (readers[i].type == rr->type)
            return readers[i].read(out, m, &data);
    return false;
}

/* ---- sections ---- */

static void shorten(uint32_t *ttl, uint32_t other)
{
    if (other < *ttl)
        *ttl = other;
}

/** Follows one alias of `name`, if it has any. */
static bool follow(const struct message *m, char name[RT_DNS_NAME_LEN], uint32_t *ttl)
{
    struct rt_reader r = m->r;
    struct rr rr;

    for (unsigned i = 0; i < m->nanswers && read_rr(&rr, m, &r); i++) {
        char target[RT_DNS_NAME_LEN];
        if (rr.type != RT_DNS_CNAME || strcmp(rr.name, name) != 0 ||
            !read_name(target, m, &rr.data))
            continue;
        memcpy(name, target, sizeof target);
        shorten(ttl, rr.ttl);
        return true;
    }
    return false;
}

static void collect(struct rt_dns_found *out, const struct message *m, const char *name,
                    enum rt_dns_type type)
{
    struct rt_reader r = m->r;
    struct rr rr;

    for (unsigned i = 0; i < m->nanswers && read_rr(&rr, m, &r); i++) {
        if (rr.type != (uint16_t)type || strcmp(rr.name, name) != 0 ||
            out->n == RT_DNS_RECORDS_MAX || !read_record(&out->record[out->n], m, &rr))
            continue;
        out->n++;
        shorten(&out->ttl, rr.ttl);
    }
}

/** How long a denial holds (RFC 2308 5): the lesser of the SOA's TTL and its last field. */
static uint32_t denial_ttl(const struct message *m)
{
    struct rt_reader r = m->r;
    struct rr rr;
    char name[RT_DNS_NAME_LEN];

    for (unsigned i = 0; i < m->nanswers + m->nauthority && read_rr(&rr, m, &r); i++) {
        if (i < m->nanswers || rr.type != RT_DNS_SOA || !read_name(name, m, &rr.data) ||
            !read_name(name, m, &rr.data))
            continue;
        for (unsigned skipped = 0; skipped < 4; skipped++) /* serial, refresh, retry, expire */
            rt_read_u32(&rr.data);
        uint32_t minimum = rt_read_u32(&rr.data);
        if (!rr.data.failed)
            return minimum < rr.ttl ? minimum : rr.ttl;
    }
    return NEGATIVE_TTL;
}

void rt_dns_read(struct rt_dns_found *out, const uint8_t *msg, size_t len, const char *name,
                 enum rt_dns_type type)
{
    char owner[RT_DNS_NAME_LEN];
    struct message m;

    *out = (struct rt_dns_found){.ttl = INT32_MAX};
    if (!rt_dns_name(owner, name) || !open_message(&m, msg, len, owner, type)) {
        out->err = EBADMSG;
        return;
    }
    if (m.rcode != 0 && m.rcode != NXDOMAIN) {
        out->err = EIO;
        return;
    }
    for (unsigned i = 0; i < CHAIN_MAX && follow(&m, owner, &out->ttl); i++)
        ;
    out->record = calloc(RT_DNS_RECORDS_MAX, sizeof *out->record);
    if (!out->record) {
        out->err = ENOMEM;
        return;
    }
    collect(out, &m, owner, type);
    if (out->n == 0) {
        free(out->record);
        out->record = NULL;
        out->err = ENOENT;
        shorten(&out->ttl, denial_ttl(&m));
    }
}
