/* The ordinary message read strictly and in place: one line per field, `Name: value`, one value in
 * each of the fields whose grammar matters, none of the characters that need thought. Nearly every
 * message is of this form, and libosip2 takes ten times as long to say so. What is not goes to
 * libosip2, so nothing is refused here.
 *
 * Every line has been seen to end in CR LF before it is read, and CR is in no class: so the readers
 * need no end. Each returns where it stopped, or NULL.
 */
#include "sip/plain.h"

enum {
    DIGIT = 1,
    UPPER = 2,
    HOST = 4,   /* name or IPv4 address */
    TOKEN = 8,  /* and what else parameters are made of */
    TEXT = 16,  /* printable */
    QUOTED = 32 /* printable, but `"` and `\` */
};

#define SEPARATORS_MAX 500 /* commas and semicolons, as in strict.c */

#define SOME_TEXT TEXT | QUOTED
#define ALNUM     HOST | TOKEN | TEXT | QUOTED

/* clang-format off */
static const uint8_t classes[256] = {
    [' '] = SOME_TEXT, ['!'] = SOME_TEXT, ['"'] = TEXT, ['#' ... ','] = SOME_TEXT,
    ['-'] = ALNUM, ['.'] = ALNUM, ['/'] = SOME_TEXT, ['0' ... '9'] = ALNUM | DIGIT,
    [':' ... '@'] = SOME_TEXT, ['A' ... 'Z'] = ALNUM | UPPER, ['['] = SOME_TEXT,
    [']' ... '^'] = SOME_TEXT, ['_'] = SOME_TEXT | TOKEN, ['`'] = SOME_TEXT,
    ['a' ... 'z'] = ALNUM, ['{' ... '}'] = SOME_TEXT, ['~'] = SOME_TEXT | TOKEN,
};
/* clang-format on */

static bool is(char c, unsigned class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

/** One character of the class, and those after it. */
static const char *run(const char *p, unsigned class)
{
    if (!is(*p, class))
        return NULL;
    while (is(*++p, class))
        continue;
    return p;
}

/** The very octets of `z`, which has none of a line's end. */
static const char *word(const char *p, const char *z)
{
    for (; *z; z++)
        if (*p++ != *z)
            return NULL;
    return p;
}

/** `;name=value;flag`, or nothing. */
static const char *parameters(const char *p)
{
    while (p && *p == ';') {
        p = run(p + 1, TOKEN);
        if (p && *p == '=')
            p = run(p + 1, TOKEN);
    }
    return p;
}

static const char *host_port(const char *p)
{
    const char *end;

    p = run(p, HOST);
    if (!p || *p != ':')
        return p;
    end = run(++p, DIGIT);
    return end && end - p <= 5 ? end : NULL;
}

/** `sip:user@host:port;parameters`. */
static const char *uri(const char *p)
{
    const char *user;

    p = word(p, "sip:");
    if (!p)
        return NULL;
    user = *p == '+' ? run(p + 1, TOKEN) : run(p, TOKEN);
    if (user && *user == '@')
        p = user + 1;
    return parameters(host_port(p));
}

/** `"Name" <uri>`. */
static const char *bracketed(const char *p)
{
    if (*p == '"') {
        p = is(p[1], QUOTED) ? run(p + 1, QUOTED) : p + 1;
        if (*p != '"')
            return NULL;
        p++;
        while (*p == ' ')
            p++;
    }
    if (*p != '<')
        return NULL;
    p = uri(p + 1);
    return p && *p == '>' ? p + 1 : NULL;
}

/** The same and parameters. */
static const char *name_addr(const char *p)
{
    return parameters(bracketed(p));
}

/** The same and nothing but a tag. */
static const char *party(const char *p)
{
    p = bracketed(p);
    if (!p || *p != ';')
        return p;
    p = word(p + 1, "tag=");
    return p ? run(p, TOKEN) : NULL;
}

/** With one branch at most. */
static const char *via(const char *p)
{
    unsigned branches = 0;

    p = word(p, "SIP/2.0/");
    p = p ? run(p, UPPER) : NULL;
    p = p && *p == ' ' ? host_port(p + 1) : NULL;
    while (p && *p == ';') {
        const char *name = p + 1;
        p = run(name, TOKEN);
        branches += p == name + 6 && strncasecmp(name, "branch", 6) == 0;
        if (p && *p == '=')
            p = run(p + 1, TOKEN);
    }
    return branches < 2 ? p : NULL;
}

static const char *call_id(const char *p)
{
    p = run(p, TOKEN);
    p = p && *p == '@' ? run(p + 1, TOKEN) : p;
    return p && *p == ':' ? run(p + 1, DIGIT) : p; /* many end in an address */
}

static const char *cseq(const char *p)
{
    p = run(p, DIGIT);
    return p && *p == ' ' ? run(p + 1, UPPER) : NULL;
}

static const char *content_length(const char *p)
{
    const char *end = run(p, DIGIT);
    return end && end - p <= 5 ? end : NULL;
}

/** 0 to 255. */
static const char *max_forwards(const char *p)
{
    unsigned n = 0;

    if (!is(*p, DIGIT))
        return NULL;
    while (is(*p, DIGIT) && n <= 255)
        n = n * 10 + (unsigned)(*p++ - '0');
    return n <= 255 ? p : NULL;
}

static const char *content_type(const char *p)
{
    return word(p, "application/sdp");
}

/** `INVITE, ACK, BYE`. */
static const char *allow(const char *p)
{
    for (;;) {
        p = run(p, UPPER);
        if (!p || *p != ',')
            return p;
        p += p[1] == ' ' ? 2 : 1;
    }
}

/** For libosip2 to judge. */
static const char *never(const char *p)
{
    (void)p;
    return NULL;
}

/** A field that libosip2 takes as it is, but for a list that it takes apart. */
static const char *other(const char *p)
{
    const char *end = run(p, TEXT);
    unsigned quotes = 0;

    if (!end)
        return NULL;
    size_t n = (size_t)(end - p);
    if (!memchr(p, ',', n) && !memchr(p, '"', n))
        return end;
    for (const char *q = p; q < end; q++) {
        quotes += *q == '"';
        if (*q != ',')
            continue;
        const char *next = q[1] == ' ' ? q + 2 : q + 1;
        if (quotes > 0 || q == p || !is(*next, TOKEN))
            return NULL; /* something of a value on both sides */
    }
    return quotes % 2 == 0 ? end : NULL;
}

typedef const char *reader(const char *p);

enum { ANY, ONCE };

/** Those that somebody reads further, or that may stand only once. */
static const struct {
    uint8_t n, once;
    const char *name;
    reader *read;
} fields[] = {
#define FIELD(name, read, once)                                                                    \
    {                                                                                              \
        sizeof name - 1, once, name, read                                                          \
    }
    FIELD("Via", via, ANY),
    FIELD("From", party, ONCE),
    FIELD("To", party, ONCE),
    FIELD("Call-ID", call_id, ONCE),
    FIELD("CSeq", cseq, ONCE),
    FIELD("Contact", name_addr, ANY),
    FIELD("Max-Forwards", max_forwards, ONCE),
    FIELD("Content-Length", content_length, ONCE),
    FIELD("Content-Type", content_type, ONCE),
    FIELD("Record-Route", name_addr, ANY),
    FIELD("Route", name_addr, ANY),
    FIELD("P-Asserted-Identity", name_addr, ANY),
    FIELD("P-Preferred-Identity", name_addr, ANY),
    FIELD("Session-Expires", other, ONCE),
    FIELD("Allow", allow, ANY),
    FIELD("Accept", content_type, ANY), /* as nearly every OPTIONS has it */
    FIELD("Accept-Encoding", never, ANY),
    FIELD("Accept-Language", never, ANY),
    FIELD("Alert-Info", never, ANY),
    FIELD("Authentication-Info", never, ANY),
    FIELD("Authorization", never, ANY),
    FIELD("Call-Info", never, ANY),
    FIELD("Content-Disposition", never, ANY),
    FIELD("Content-Encoding", never, ANY),
    FIELD("Error-Info", never, ANY),
    FIELD("Mime-Version", never, ANY),
    FIELD("Proxy-Authenticate", never, ANY),
    FIELD("Proxy-Authentication-Info", never, ANY),
    FIELD("Proxy-Authorization", never, ANY),
    FIELD("Refer-To", never, ANY),
    FIELD("Replaces", never, ANY),
    FIELD("WWW-Authenticate", never, ANY),
#undef FIELD
};
_Static_assert(RT_COUNT(fields) <= 32, "a bit for each in `seen`");

/** Who reads a field of that name; NULL: nobody, since it stands again. Single letters stand for
 * other names. */
static reader *reader_of(struct rt_str name, uint32_t *seen)
{
    if (name.n < 2)
        return NULL;
    for (size_t i = 0; i < RT_COUNT(fields); i++) {
        if (fields[i].n != name.n || ((fields[i].name[0] ^ name.p[0]) & 0xdf) != 0 ||
            strncasecmp(fields[i].name, name.p, name.n) != 0)
            continue;
        bool again = *seen & (uint32_t)1 << i;
        *seen |= (uint32_t)fields[i].once << i;
        return again ? NULL : fields[i].read;
    }
    return other;
}

static bool ends_line(const char *p)
{
    return p[0] == '\r' && p[1] == '\n';
}

/** The field whose line begins at `*line`, which is moved to the next one. */
static bool plain_field(const struct sip_header *h, const char **line, uint32_t *seen)
{
    const char *name = h->name.p, *value = h->value.p, *end = value + h->value.n;

    if (name != *line || h->name.n == 0 || h->value.n == 0 ||
        run(name, TOKEN) != name + h->name.n || name + h->name.n + 2 != value || value[-2] != ':' ||
        value[-1] != ' ' || !ends_line(end))
        return false;
    *line = end + 2;
    reader *read = reader_of(h->name, seen);
    return read && read(value) == end;
}

static bool plain_start(struct rt_str start)
{
    const char *p = start.p, *end = p + start.n;

    if (!ends_line(end))
        return false;
    if (start.n > 12 && memcmp(p, "SIP/2.0 ", 8) == 0)
        return run(p + 8, DIGIT) == p + 11 && p[11] == ' ' && run(p + 12, TEXT) == end;
    p = run(p, UPPER);
    p = p && *p == ' ' ? uri(p + 1) : NULL;
    return p && *p == ' ' && word(p + 1, "SIP/2.0") == end;
}

/** sip_strict() lets no message through that would take long to read. */
static bool few_separators(struct rt_str head)
{
    unsigned n = 0;

    if (head.n <= SEPARATORS_MAX)
        return true;
    for (size_t i = 0; i < head.n; i++)
        n += head.p[i] == ',' || head.p[i] == ';';
    return n <= SEPARATORS_MAX;
}

bool sip_plain(const struct sip_msg *m, struct rt_str wire)
{
    const struct sip_scan *s = &m->scan;
    const char *line = s->start.p + s->start.n + 2;
    uint32_t seen = 0;

    if (s->start.p != wire.p || s->bad_length || (m->pub.body.type.n > 0) != (s->body.n > 0) ||
        !plain_start(s->start))
        return false;
    for (unsigned i = 0; i < s->nheaders; i++)
        if (!plain_field(&s->header[i], &line, &seen))
            return false;
    return line + 2 == s->body.p && sip_scan_header(s, "Content-Length", 0).n > 0 &&
           few_separators((struct rt_str){wire.p, wire.n - s->body.n});
}
