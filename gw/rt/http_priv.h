/* What os_http.c and the tests' server share: how a request's target is read. */
#ifndef GW_RT_HTTP_PRIV_H
#define GW_RT_HTTP_PRIV_H

#include "gw/rt/http.h"

/** Parameters of a query that are read; those behind are a request that is none. */
#define RT_HTTP_QUERIES 32

/** A target, decoded. Zeroed: none. */
struct rt_http_target {
    char *room; /* all texts, one after the other */
    const char *path;
    struct {
        const char *name, *value;
    } query[RT_HTTP_QUERIES];
    unsigned nqueries;
};

/** Reads "/a%20b?c=d", and "http://host/a" too (RFC 9112 3.2.2). EINVAL: it is none, has NUL or
 * "..", or is not UTF-8; ENOMEM. */
int rt_http_target_read(struct rt_http_target *out, const char *text);
void rt_http_target_release(struct rt_http_target *t);
/** Of its query; NULL: not there. */
const char *rt_http_target_query(const struct rt_http_target *t, const char *name);

#endif
