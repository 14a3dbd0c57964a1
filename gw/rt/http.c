/* Targets of HTTP requests: percent signs, queries, and what is refused before anybody sees it. */
#include "gw/rt/http_priv.h"

#include <errno.h>
#include <stdlib.h>

struct rt_counter rt_http_counters[RT_HTTP_NCOUNTERS] = {
    [RT_HTTP_REQUESTS] = {"http_requests_total", "Requests of HTTP that came whole.", 0},
    [RT_HTTP_REFUSED] = {"http_refused_total", "Connections of HTTP above the limits.", 0},
    [RT_HTTP_BAD] = {"http_bad_requests_total", "Requests of HTTP that were none, or too large.",
                     0},
};

/** Length of the UTF-8 character at `p`, which NUL ends; 0: it is none (RFC 3629). */
static size_t character(const unsigned char *p)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : 4;

    if (n == 4 && (p[0] < 0xf0 || p[0] > 0xf4))
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || /* long, surrogates */
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

static bool is_utf8(const char *text)
{
    for (size_t n; *text; text += n)
        if ((n = character((const unsigned char *)text)) == 0)
            return false;
    return true;
}

/** Decodes `s` to `*at` and moves that behind the NUL. EINVAL. */
static int decode(const char **out, char **at, struct rt_str s, bool plus)
{
    char *start = *at, *p = start;

    for (size_t i = 0; i < s.n; i++) {
        int octet = (unsigned char)s.p[i];
        if (octet == '%') {
            octet = rt_str_escape(s, i);
            i += 2;
        } else if (octet == '+' && plus) {
            octet = ' ';
        }
        if (octet <= 0)
            return EINVAL; /* NUL, or no hexadecimal digits */
        *p++ = (char)octet;
    }
    *p++ = '\0';
    *at = p;
    *out = start;
    return is_utf8(start) ? 0 : EINVAL;
}

/** True when a segment of the path is "..": there is nothing to climb out of, but who asks for that
 * means no good. */
static bool climbs(const char *path)
{
    for (const char *p = path; (p = strstr(p, "..")) != NULL; p += 2)
        if (p[-1] == '/' && (p[2] == '/' || p[2] == '\0'))
            return true;
    return false;
}

static int read_queries(struct rt_http_target *t, char **at, struct rt_str rest)
{
    int err = 0;

    while (rest.n > 0 && err == 0) {
        struct rt_str value = rt_str_cut(&rest, '&'), name = rt_str_cut(&value, '=');
        if (name.n == 0)
            continue;
        if (t->nqueries == RT_HTTP_QUERIES)
            return EINVAL;
        err = decode(&t->query[t->nqueries].name, at, name, true);
        if (err == 0)
            err = decode(&t->query[t->nqueries].value, at, value, true);
        t->nqueries++;
    }
    return err;
}

/** What stands behind the authority of an absolute target. */
static struct rt_str origin_form(struct rt_str s)
{
    size_t skip = s.n > 7 && strncasecmp(s.p, "http://", 7) == 0    ? 7
                  : s.n > 8 && strncasecmp(s.p, "https://", 8) == 0 ? 8
                                                                    : 0;
    const char *slash = skip > 0 ? memchr(s.p + skip, '/', s.n - skip) : NULL;

    return slash ? (struct rt_str){slash, s.n - (size_t)(slash - s.p)} : s;
}

int rt_http_target_read(struct rt_http_target *out, const char *text)
{
    struct rt_str rest = origin_form(rt_str(text));

    *out = (struct rt_http_target){.room = malloc(rest.n + 2 * RT_HTTP_QUERIES + 2)};
    if (!out->room)
        return ENOMEM;
    char *at = out->room;
    struct rt_str path = rt_str_cut(&rest, '?');
    int err = path.n > 0 && path.p[0] == '/' ? decode(&out->path, &at, path, false) : EINVAL;
    if (err == 0 && climbs(out->path))
        err = EINVAL;
    if (err == 0)
        err = read_queries(out, &at, rest);
    if (err != 0)
        rt_http_target_release(out);
    return err;
}

void rt_http_target_release(struct rt_http_target *t)
{
    free(t->room);
    *t = (struct rt_http_target){.room = NULL};
}

const char *rt_http_target_query(const struct rt_http_target *t, const char *name)
{
    for (unsigned i = 0; i < t->nqueries; i++)
        if (strcmp(t->query[i].name, name) == 0)
            return t->query[i].value;
    return NULL;
}

/** Reads a name or a value of a form: EINVAL, ENAMETOOLONG. */
static int decode_into(char *out, size_t cap, struct rt_str s)
{
    char *room = malloc(s.n + 1), *at = room;
    const char *text;
    int err = room ? decode(&text, &at, s, true) : ENOMEM;

    if (err == 0 && !rt_str_copy(out, cap, rt_str(text)))
        err = ENAMETOOLONG;
    free(room);
    return err;
}

int rt_http_form(const struct rt_http_request *r, const char *name, char *out, size_t cap)
{
    struct rt_str rest = rt_http_body(r);
    char found[64];

    while (rest.n > 0) {
        struct rt_str value = rt_str_cut(&rest, '&'), key = rt_str_cut(&value, '=');
        if (decode_into(found, sizeof found, key) == 0 && strcmp(found, name) == 0)
            return decode_into(out, cap, value);
    }
    return ENOENT;
}
