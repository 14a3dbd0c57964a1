/* The first look at a message: lines, header fields, framing. It is cheap, allocates nothing and
 * bounds what everything after it can cost.
 */
#include "sip/message.h"

#include <errno.h>
#include <string.h>

/* RFC 3261 7.3.3 and 20; Refer-To and Session-Expires from their own RFCs. */
static const struct {
    char compact;
    const char *name;
} compact_forms[] = {
    {'i', "Call-ID"},
    {'m', "Contact"},
    {'e', "Content-Encoding"},
    {'l', "Content-Length"},
    {'c', "Content-Type"},
    {'f', "From"},
    {'s', "Subject"},
    {'k', "Supported"},
    {'t', "To"},
    {'v', "Via"},
    {'r', "Refer-To"},
    {'b', "Referred-By"},
    {'x', "Session-Expires"},
    {'o', "Event"},
};

/** The name that one letter stands for, or the letter itself. */
static struct rt_str long_name(struct rt_str name)
{
    for (size_t i = 0; name.n == 1 && i < RT_COUNT(compact_forms); i++)
        if ((name.p[0] | 0x20) == compact_forms[i].compact)
            return rt_str(compact_forms[i].name);
    return name;
}

static const struct rt_str *find(const struct sip_scan *s, struct rt_str name, unsigned i)
{
    uint16_t key = sip_name_key(name.p, name.n);

    for (unsigned k = 0; k < s->nheaders; k++) {
        if (s->key[k] != key)
            continue;
        struct rt_str have = long_name(s->header[k].name);
        if (have.n == name.n && strncasecmp(have.p, name.p, name.n) == 0 && i-- == 0)
            return &s->header[k].value;
    }
    return NULL;
}

struct rt_str sip_scan_find(const struct sip_scan *s, struct rt_str name, unsigned i)
{
    const struct rt_str *value = find(s, name, i);

    return value ? *value : (struct rt_str){"", 0};
}

bool sip_scan_has(const struct sip_scan *s, const char *name, unsigned i)
{
    struct rt_str n = rt_str(name);

    return (s->keys & sip_key_bit(sip_name_key(n.p, n.n))) != 0 && find(s, n, i) != NULL;
}

/** The end of a header field that starts at `p`: folded lines belong to it (RFC 3261 7.3.1). */
static const char *field_end(const char *p, const char *end)
{
    for (;;) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        if (!nl || nl + 1 >= end || (nl[1] != ' ' && nl[1] != '\t'))
            return nl ? nl : end;
        p = nl + 1;
    }
}

static int add_header(struct sip_scan *out, struct rt_str line)
{
    struct sip_header *h = &out->header[out->nheaders];

    if (out->nheaders == SIP_HEADERS_MAX)
        return E2BIG;
    h->value = line;
    h->name = rt_str_trim(rt_str_cut(&h->value, ':'));
    h->value = rt_str_trim(h->value);
    struct rt_str name = long_name(h->name);
    uint16_t key = name.n > 0 ? sip_name_key(name.p, name.n) : 0;
    out->keys |= sip_key_bit(key);
    out->key[out->nheaders++] = key;
    return 0;
}

/** Octets of the header section with its empty line, or 0 when it is not complete. */
static size_t head_size(struct rt_str wire)
{
    const char *end = memmem(wire.p, wire.n, "\r\n\r\n", 4);
    return end ? (size_t)(end + 4 - wire.p) : 0;
}

static void take_body(struct sip_scan *out, struct rt_str wire, size_t head)
{
    struct rt_str length = sip_scan_header(out, "Content-Length", 0);
    uint64_t n = wire.n - head;

    if (length.n > 0) {
        out->bad_length = rt_str_u64(&n, length, SIP_MESSAGE_MAX) != 0 || n > wire.n - head;
        if (out->bad_length)
            n = wire.n - head;
    }
    out->body = (struct rt_str){wire.p + head, (size_t)n};
    out->total = head + (size_t)n;
}

/** True at the line end before the empty line that ends the header section. */
static bool last_line(const char *nl, const char *start, const char *end)
{
    return nl > start && nl[-1] == '\r' && end - nl > 2 && nl[1] == '\r' && nl[2] == '\n';
}

int sip_scan(struct sip_scan *out, struct rt_str wire)
{
    const char *p = wire.p, *end = wire.p + wire.n;

    out->nheaders = 0;
    out->keys = 0;
    out->bad_length = false;
    for (bool first = true, last = false; !last; first = false) {
        const char *stop = field_end(p, end);
        if (stop == end)
            return EBADMSG;
        struct rt_str line = rt_str_trim((struct rt_str){p, (size_t)(stop - p)});
        int err = 0;
        if (first)
            out->start = line;
        else
            err = add_header(out, line);
        if (err != 0)
            return err;
        last = last_line(stop, wire.p, end);
        p = stop + 1;
    }
    take_body(out, wire, (size_t)(p + 2 - wire.p));
    return 0;
}

/** The value of Content-Length in a header section, found without splitting the rest. Two of them
 * are none: whoever believes the other one sees other messages. */
static int content_length(struct rt_str head, uint64_t *out)
{
    const char *end = head.p + head.n;
    bool found = false;

    for (const char *p = head.p, *stop; p < end; p = stop + 1) {
        stop = field_end(p, end);
        struct rt_str line = {p, (size_t)(stop - p)}, name = rt_str_cut(&line, ':');
        if (!rt_str_caseeq(long_name(rt_str_trim(name)), "Content-Length"))
            continue;
        if (found || rt_str_u64(out, rt_str_trim(line), SIP_MESSAGE_MAX) != 0)
            return EBADMSG;
        found = true;
    }
    return found ? 0 : EBADMSG; /* RFC 3261 18.3: a stream must say */
}

int sip_frame(struct rt_str buf, size_t *scanned, size_t *total)
{
    size_t back = *scanned > 3 ? *scanned - 3 : 0;
    size_t head = head_size((struct rt_str){buf.p + back, buf.n - back});
    uint64_t body;

    *total = 0;
    *scanned = buf.n;
    if (head == 0)
        return buf.n > SIP_MESSAGE_MAX ? EBADMSG : 0;
    head += back;
    *scanned = head - 1;
    if (content_length((struct rt_str){buf.p, head}, &body) != 0 || head + body > SIP_MESSAGE_MAX)
        return EBADMSG;
    if (buf.n >= head + body)
        *total = head + (size_t)body;
    return 0;
}
