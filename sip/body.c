/* Multipart bodies (RFC 2046 5.1, RFC 5621) taken apart in place: one session description is found
 * among what else peers send with it, ISUP above all (RFC 3204, RFC 3372).
 *
 * Depth and number of parts are bounded, and each octet is looked at once for each level.
 */
#include "sip/body.h"
#include "sip/value.h"

#define DEPTH_MAX    4
#define PARTS_MAX    32
#define BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

/** A body or a part of one, with the fields that say what it is; empty: not there. */
struct part {
    struct rt_str type, disposition, encoding, transfer;
    struct rt_str data;
};

/** What has been found so far. */
struct search {
    struct rt_str sdp;
    unsigned parts, descriptions;
    struct sip_message *response; /**< its other parts are kept for its owner; NULL: a request */
};

static int read_part(struct search *f, const struct part *p, unsigned depth);

/* ---- what a part is ---- */

static bool is_value(struct rt_str field, const char *wanted)
{
    return rt_str_caseeq(rt_str_trim(rt_str_cut(&field, ';')), wanted);
}

/** `multipart/` anything: what is unknown is like mixed (RFC 2046 5.1.3). */
static bool is_multipart(struct rt_str type)
{
    return type.n > 10 && strncasecmp(type.p, "multipart/", 10) == 0;
}

/** As it stands, so that it can be read. */
static bool is_plain(const struct part *p)
{
    static const char *const same[] = {"7bit", "8bit", "binary"};
    bool plain = p->transfer.n == 0;

    for (size_t i = 0; i < RT_COUNT(same); i++)
        plain |= rt_str_caseeq(p->transfer, same[i]);
    return plain && (p->encoding.n == 0 || rt_str_caseeq(p->encoding, "identity"));
}

/** RFC 3261 20.11: whoever says nothing wants it understood. */
static bool is_optional(const struct part *p)
{
    struct rt_str params = p->disposition;

    rt_str_cut(&params, ';');
    return rt_str_caseeq(sip_param(params, "handling"), "optional");
}

/** SDP that is about the session: not `early-session` (RFC 3959) and the like. */
static bool is_description(const struct part *p)
{
    return is_plain(p) && is_value(p->type, "application/sdp") &&
           (p->disposition.n == 0 || is_value(p->disposition, "session"));
}

/* ---- parts ---- */

/** Takes a line with what is folded under it; without its end. False: none that ends. */
static bool take_line(struct rt_str *rest, struct rt_str *line)
{
    size_t i = 0;

    for (;;) {
        const char *nl = i < rest->n ? memmem(rest->p + i, rest->n - i, "\r\n", 2) : NULL;
        if (!nl)
            return false;
        i = (size_t)(nl - rest->p) + 2;
        bool folded = i > 2 && i < rest->n && (rest->p[i] == ' ' || rest->p[i] == '\t');
        if (!folded) {
            *line = (struct rt_str){rest->p, i - 2};
            *rest = (struct rt_str){rest->p + i, rest->n - i};
            return true;
        }
    }
}

static bool is_field_name(struct rt_str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] >= 0x7f)
            return false;
    return name.n > 0;
}

/** A part's own header section. False: malformed, or something is said twice. */
static bool read_fields(struct part *p, struct rt_str *rest)
{
    const struct {
        const char *name;
        struct rt_str *value;
    } fields[] = {{"Content-Type", &p->type},
                  {"Content-Disposition", &p->disposition},
                  {"Content-Encoding", &p->encoding},
                  {"Content-Transfer-Encoding", &p->transfer}};
    struct rt_str line;
    unsigned seen = 0;

    while (take_line(rest, &line)) {
        if (line.n == 0)
            return true;
        struct rt_str value = line, name = rt_str_cut(&value, ':');
        if (name.n == line.n)
            return false;
        while (name.n > 0 && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
            name.n--;
        if (!is_field_name(name))
            return false;
        for (size_t i = 0; i < RT_COUNT(fields); i++) {
            if (!rt_str_caseeq(name, fields[i].name))
                continue;
            if (seen & 1u << i)
                return false;
            seen |= 1u << i;
            *fields[i].value = rt_str_trim(value);
        }
    }
    return false;
}

/* ---- boundaries ---- */

/** True when the delimiter that starts at `p` is a whole line; `*after` is what follows it. */
static bool ends_line(const char *p, const char *end, bool *last, const char **after)
{
    *last = end - p >= 2 && p[0] == '-' && p[1] == '-';
    if (*last)
        p += 2;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    *after = p == end ? p : p + 2;
    return (p == end && *last) || (end - p >= 2 && p[0] == '\r' && p[1] == '\n');
}

/** The next delimiter line in `rest`: `*before` is what stands before it without the line end that
 * belongs to it. */
static bool take_delimiter(struct rt_str *rest, struct rt_str delimiter, struct rt_str *before,
                           bool *last)
{
    const char *end = rest->p + rest->n, *p = rest->p, *after;

    while ((p = p < end ? memmem(p, (size_t)(end - p), delimiter.p, delimiter.n) : NULL)) {
        bool fresh = p == rest->p || (p - rest->p >= 2 && p[-1] == '\n' && p[-2] == '\r');
        if (fresh && ends_line(p + delimiter.n, end, last, &after)) {
            size_t n = p == rest->p ? 0 : (size_t)(p - rest->p) - 2;
            *before = (struct rt_str){rest->p, n};
            *rest = (struct rt_str){after, (size_t)(end - after)};
            return true;
        }
        p += delimiter.n;
    }
    return false;
}

/** `--` and the boundary. False: there is no usable one. */
static bool read_boundary(char out[BOUNDARY_MAX + 3], struct rt_str type)
{
    rt_str_cut(&type, ';');
    struct rt_str boundary = sip_param(type, "boundary");

    if (boundary.n == 0 || boundary.n > BOUNDARY_MAX || boundary.p[boundary.n - 1] == ' ')
        return false;
    memcpy(out, "--", 2);
    rt_str_copy(out + 2, BOUNDARY_MAX + 1, boundary);
    return strpbrk(out, "\r\n\"") == NULL;
}

/** RFC 2046 5.1.4: of alternatives the last one that is understood. */
static void note_alternative(struct search *best, const struct search *one, int status)
{
    best->parts = one->parts;
    if (status == 0 && one->descriptions > 0) {
        best->sdp = one->sdp;
        best->descriptions = one->descriptions;
    }
}

static int read_parts(struct search *f, const struct part *whole, unsigned depth)
{
    bool alternative = is_value(whole->type, "multipart/alternative"), last = false;
    char delimiter[BOUNDARY_MAX + 3];
    struct rt_str rest = whole->data, data;
    int status = 400;

    if (depth == DEPTH_MAX || !read_boundary(delimiter, whole->type) ||
        !take_delimiter(&rest, rt_str(delimiter), &data, &last) || last)
        return 400;
    unsigned before = f->descriptions;
    while (!last) {
        struct part p = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}};
        if (!take_delimiter(&rest, rt_str(delimiter), &data, &last) || ++f->parts > PARTS_MAX)
            return 400;
        /* a part may be nothing but its header section: then its empty line is the delimiter's */
        struct rt_str text = {data.p, data.n + 2};
        if (!read_fields(&p, &text))
            return 400;
        p.data = (struct rt_str){text.p, text.n >= 2 ? text.n - 2 : 0};
        struct search one = {.parts = f->parts, .response = f->response};
        status = read_part(alternative ? &one : f, &p, depth + 1);
        if (status == 400 || (status != 0 && !alternative))
            return status;
        if (alternative)
            note_alternative(f, &one, status);
    }
    return alternative && f->descriptions == before && status != 0 ? status : 0;
}

/** A response cannot be refused: what its other parts are is for its owner to see. */
static bool take_aside(struct search *f, const struct part *p)
{
    struct sip_message *msg = f->response;

    if (!msg || !is_plain(p) || is_value(p->type, "application/sdp"))
        return false;
    if (p->data.n > 0 && msg->nasides < SIP_ASIDE_MAX)
        msg->aside[msg->nasides++] = (struct sip_body){p->type, p->data};
    return true;
}

/** Takes what there is to be understood in a part. */
static int read_part(struct search *f, const struct part *p, unsigned depth)
{
    if (is_description(p)) {
        f->sdp = p->data;
        return ++f->descriptions > 1 ? 400 : 0; /* which of them is meant? */
    }
    if (is_multipart(p->type) && is_plain(p)) {
        struct search inside = *f;
        int status = read_parts(&inside, p, depth);
        if (status == 415 && is_optional(p)) {
            f->parts = inside.parts;
            return 0;
        }
        *f = inside;
        return status;
    }
    return take_aside(f, p) || is_optional(p) ? 0 : 415;
}

/* ---- messages ---- */

/** Whether its body may be a description. */
static bool describes(const struct sip_msg *m)
{
    return m->method == SIP_INVITE || m->method == SIP_ACK || m->method == SIP_PRACK ||
           m->method == SIP_UPDATE;
}

int sip_body_read(struct sip_msg *m)
{
    struct part p = {.type = m->pub.body.type,
                     .disposition = sip_scan_header(&m->scan, "Content-Disposition", 0),
                     .encoding = sip_scan_header(&m->scan, "Content-Encoding", 0),
                     .data = m->pub.body.data};
    struct search found = {.response = m->pub.status ? &m->pub : NULL};
    bool alone = p.disposition.n == 0 && !is_multipart(p.type);

    m->pub.nasides = 0;
    if (p.data.n == 0 || !describes(m) ||
        (alone && (!found.response || is_value(p.type, "application/sdp") || p.type.n == 0)))
        return 0; /* whoever looks at the body's type sees what it is */
    int status = read_part(&found, &p, 0);
    if (status != 0) {
        rt_count(&sip_guard_counters[SIP_GUARD_BODY]);
        return status;
    }
    m->pub.body.data = found.descriptions > 0 ? found.sdp : (struct rt_str){"", 0};
    m->pub.body.type = rt_str(found.descriptions > 0 ? "application/sdp" : "");
    return 0;
}
