/* The mimicry of header fields told from the real ones.
 *
 * `Conta ct:`, `From : Alice W,<sip:a@b>`, a bare LF: one implementation skips the blank, another
 * takes the field for an unknown one. Whoever sends such a thing past a proxy that judges calls may
 * mean different things to the two of us. So nothing of it is repaired. What the grammar allows is
 * read as ever: blanks before the colon, folding, compact forms (RFC 3261 7.3.1, 25.1).
 */
#include "sip/strict.h"
#include "sip/value.h"

/** Separators of lists and parameters in one message. Reading them costs their square in places,
 * and no message of use has a tenth of them. */
#define SEPARATORS_MAX 500

enum { TOKEN = 1, CONTROL = 2, SEPARATOR = 4 };

#define T TOKEN
#define C CONTROL
#define S SEPARATOR
/** RFC 3261 25.1: token; and what may not stand anywhere. Beyond ASCII: neither. */
static const uint8_t kinds[256] = {
    C, C, C, C, C, C, C, C, C, 0, C, C, C, C, C, C, /* tab is blank */
    C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, /* */
    0, T, 0, 0, 0, T, 0, T, 0, 0, T, T, S, T, T, 0, /*  !"#$%&'()*+,-./ */
    T, T, T, T, T, T, T, T, T, T, 0, S, 0, 0, 0, 0, /* 0-9 :;<=>? */
    0, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* @A-O */
    T, T, T, T, T, T, T, T, T, T, T, 0, 0, 0, 0, T, /* P-Z [\]^_ */
    T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, /* `a-o */
    T, T, T, T, T, T, T, T, T, T, T, 0, 0, 0, T, C, /* p-z {|}~ DEL */
};
#undef T
#undef C
#undef S

static bool is(char c, uint8_t kind)
{
    return kinds[(uint8_t)c] & kind;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n'; /* CR and LF: folding, seen before */
}

/** No control characters but in a quoted pair, line ends of two octets, and no more separators than
 * make sense. */
static bool clean(struct rt_str head)
{
    unsigned separators = 0;

    for (size_t i = 0; i < head.n; i++) {
        uint8_t kind = kinds[(uint8_t)head.p[i]];
        if (kind & CONTROL) {
            bool end = head.p[i] == '\r' && i + 1 < head.n && head.p[i + 1] == '\n';
            bool pair = i > 0 && head.p[i - 1] == '\\' && head.p[i] != '\r' && head.p[i] != '\n';
            if (!end && !pair)
                return false;
            i += end;
        }
        separators += (kind & SEPARATOR) != 0;
    }
    return separators <= SEPARATORS_MAX;
}

/** One line, with single blanks between its words; the words themselves are judged elsewhere. */
static bool plain_line(struct rt_str line)
{
    return line.n > 0 && !memchr(line.p, '\r', line.n) && !memchr(line.p, '\t', line.n);
}

/** A token, then blanks on the same line, then the colon. */
static bool plain_name(struct rt_str name)
{
    const char *p = name.p + name.n;

    for (size_t i = 0; i < name.n; i++)
        if (!is(name.p[i], TOKEN))
            return false;
    while (*p == ' ' || *p == '\t')
        p++; /* ends at the latest with the line's CR */
    return name.n > 0 && *p == ':';
}

/* ---- addresses ---- */

/** Where a reader of a value stands. */
struct at {
    const char *p, *end;
};

static char next(const struct at *a)
{
    return a->p < a->end ? *a->p : '\0';
}

static void skip_blanks(struct at *a)
{
    while (a->p < a->end && blank(*a->p))
        a->p++;
}

/** A quoted string. False: it does not end. */
static bool quoted(struct at *a)
{
    for (a->p++; a->p < a->end && *a->p != '"'; a->p++)
        if (*a->p == '\\' && ++a->p == a->end)
            return false;
    return a->p < a->end && *a->p++ == '"';
}

/** A scheme, a colon, and no blank, quote or bracket up to the first of `stops`. */
static bool uri(struct at *a, const char *stops)
{
    const char *start = a->p;

    while (is(next(a), TOKEN))
        a->p++;
    if (a->p == start || next(a) != ':')
        return false;
    const char *rest = ++a->p;
    while (a->p<a->end && * a->p> ' ' && *a->p < 0x7f && !strchr(stops, *a->p)) {
        if (strchr("<\"", *a->p))
            return false;
        a->p++;
    }
    return a->p > rest;
}

/** `;name=value;name...` up to a comma or the end. */
static bool parameters(struct at *a)
{
    for (skip_blanks(a); next(a) == ';'; skip_blanks(a)) {
        a->p++;
        while (a->p < a->end && !strchr(";,<>", *a->p))
            if (*a->p != '"')
                a->p++;
            else if (!quoted(a))
                return false;
    }
    return a->p == a->end || *a->p == ',';
}

/** A display name of tokens, or none; before a bracket. */
static bool words(const struct at *a, struct at *after)
{
    *after = *a;
    while (is(next(after), TOKEN) || (after->p < after->end && blank(*after->p)))
        after->p++;
    return next(after) == '<';
}

/** name-addr or addr-spec with parameters (25.1). */
static bool address(struct at *a)
{
    struct at after;

    skip_blanks(a);
    if (next(a) == '"') {
        if (!quoted(a))
            return false;
        skip_blanks(a);
        if (next(a) != '<')
            return false;
    } else if (words(a, &after)) {
        *a = after;
    }
    if (next(a) != '<')
        return uri(a, ";,>") && next(a) != '>' && parameters(a);
    a->p++;
    if (!uri(a, ">") || next(a) != '>')
        return false;
    a->p++;
    return parameters(a);
}

static bool addresses(struct rt_str value, bool list)
{
    struct at a = {value.p, value.p + value.n};

    if (list && rt_str_eq(value, "*"))
        return true; /* Contact: all of them */
    while (address(&a)) {
        if (a.p == a.end)
            return true;
        if (!list)
            return false;
        a.p++; /* the comma: another one has to follow */
    }
    return false;
}

/* ---- fields ---- */

enum { ONCE = 1, ADDRESS = 2, LIST = 4, HOPS = 8 };

static const struct {
    const char *name;
    char compact;
    uint8_t length, what;
} fields[] = {
    {"From", 'f', 4, ONCE | ADDRESS},
    {"To", 't', 2, ONCE | ADDRESS},
    {"Contact", 'm', 7, ADDRESS | LIST},
    {"Route", 0, 5, ADDRESS | LIST},
    {"Record-Route", 0, 12, ADDRESS | LIST},
    {"P-Asserted-Identity", 0, 19, ADDRESS | LIST},
    {"P-Preferred-Identity", 0, 20, ADDRESS | LIST},
    {"Max-Forwards", 0, 12, ONCE | HOPS},
    {"Content-Type", 'c', 12, ONCE},
    {"Content-Disposition", 0, 19, ONCE},
    {"Session-Expires", 'x', 15, ONCE},
    {"Refer-To", 'r', 8, ONCE},
    {"Replaces", 0, 8, ONCE},
};

/** Its place in the table above, or the table's size. */
static size_t field_of(struct rt_str name)
{
    size_t i = 0;

    for (; i < RT_COUNT(fields); i++) {
        if (name.n == 1
                ? (name.p[0] | 0x20) == fields[i].compact
                : name.n == fields[i].length && strncasecmp(name.p, fields[i].name, name.n) == 0)
            break;
    }
    return i;
}

/** 0 to 255 (20.22). */
static bool hops(struct rt_str value)
{
    uint64_t n;
    return rt_str_u64(&n, value, 255) == 0;
}

static bool plain_field(const struct sip_header *h, unsigned *seen)
{
    size_t i = field_of(h->name);

    if (i == RT_COUNT(fields))
        return true;
    uint8_t what = fields[i].what;
    if ((what & ONCE) && (*seen & 1u << i))
        return false;
    *seen |= 1u << i;
    if ((what & ADDRESS) && !addresses(h->value, what & LIST))
        return false;
    return !(what & HOPS) || hops(h->value);
}

/** A parameter that stands twice is two answers to one question. */
static bool twice(struct rt_str params, const char *name)
{
    struct rt_str first = sip_param(params, name);

    if (!first.p)
        return false;
    const char *after = first.p + first.n, *end = params.p + params.n;
    if (after < end && *after == '"')
        after++;
    return sip_param((struct rt_str){after, (size_t)(end - after)}, name).p != NULL;
}

static bool plain_tags(const struct sip_msg *m)
{
    struct sip_name_addr from, to;
    struct rt_str via = m->via;

    sip_name_addr(&from, m->from);
    sip_name_addr(&to, m->to);
    rt_str_cut(&via, ';');
    return !twice(from.params, "tag") && !twice(to.params, "tag") && !twice(via, "branch");
}

static bool plain_fields(const struct sip_scan *s)
{
    unsigned seen = 0;

    for (unsigned i = 0; i < s->nheaders; i++)
        if (!plain_name(s->header[i].name) || !plain_field(&s->header[i], &seen))
            return false;
    return true;
}

bool sip_strict(const struct sip_msg *m, struct rt_str head)
{
    bool good = clean(head) && plain_line(m->scan.start) && plain_fields(&m->scan) && plain_tags(m);

    if (!good)
        rt_count(&sip_guard_counters[SIP_GUARD_MIMICRY]);
    return good;
}
