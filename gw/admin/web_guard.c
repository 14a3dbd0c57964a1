/* Which requests of browsers are let in at all: those to a name of ours, and writes of our own
 * page.
 */
#include "gw/admin/web_priv.h"

/** A Host header without its port and brackets. */
static struct rt_str bare(const char *host)
{
    struct rt_str s = rt_str(host);
    const char *end = s.n > 0 && s.p[0] == '[' ? memchr(s.p, ']', s.n) : NULL;

    if (end)
        return (struct rt_str){s.p + 1, (size_t)(end - s.p) - 1};
    return rt_str_cut(&s, ':');
}

bool gw_web_host(const struct gw_web *w, const struct rt_http_request *r)
{
    const char *host = rt_http_header(r, "Host");
    union rt_addr a;

    if (!host || rt_http_peer(r)->sa.sa_family == AF_UNIX)
        return true; /* no browser: they all send it */
    struct rt_str name = bare(host);
    if (name.n > 0 && name.p[name.n - 1] == '.')
        name.n--;
    if (rt_addr_parse(&a, name.p, name.n, 0) == 0 || rt_str_caseeq(name, "localhost"))
        return true;
    for (unsigned i = 0; i < w->nhosts; i++)
        if (rt_str_caseeq(name, w->host[i]))
            return true;
    return false;
}

bool gw_web_origin(const struct rt_http_request *r)
{
    const char *site = rt_http_header(r, "Sec-Fetch-Site"), *origin = rt_http_header(r, "Origin");
    const char *host = rt_http_header(r, "Host");

    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (!origin)
        return true;
    const char *authority = strstr(origin, "://"); /* the scheme may be a proxy's */
    return authority && host && strcasecmp(authority + 3, host) == 0;
}
