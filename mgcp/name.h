/* Names of endpoints (RFC 3435 2.1.2, appendix E.5): terms between slashes, wildcards, ranges. */
#ifndef MGCP_NAME_H
#define MGCP_NAME_H

#include "gw/rt/buf.h"

#include <stdbool.h>

enum mgcp_wildcard { MGCP_ONE, MGCP_ALL, MGCP_ANY };

/** Checks the local part of a name: at most 255 octets, no empty term, none of `* $ @` within a
 * term, wildcards as whole terms, ranges "[1-15,17]" as last ones. EINVAL. `*kind`: "*" or a range
 * is in it, or "$". */
int mgcp_name_check(struct rt_str local, enum mgcp_wildcard *kind);
/** True when `local`, which may have wildcards and ranges, names `name`. Case does not count. A
 * wildcard at the end names whatever follows. */
bool mgcp_name_matches(struct rt_str local, struct rt_str name);
/** Checks a domain: host name, [address], "#number". */
bool mgcp_domain_check(struct rt_str domain);
/** "aaln", 3: the name of the n-th endpoint of a set; false when it does not fit. */
bool mgcp_name_nth(char *out, size_t cap, const char *prefix, unsigned n);
/** The shortest wildcard name that names all of `name[n]` and none of `other[m]`; false: none
 * does, or `cap` is too small. All 24 of "aaln/1" to "aaln/24": "aaln/" and a star; some of them:
 * "aaln/[1-5,7]" where `ranges`. */
bool mgcp_name_merge(char *out, size_t cap, const char *const *name, unsigned n,
                     const char *const *other, unsigned m, bool ranges);

/** A notified entity: [local@]domain[:port] (3.2.2.12). EINVAL. `port` 0: not said. */
struct mgcp_entity {
    struct rt_str local, host; /**< host without brackets */
    unsigned port;
};
int mgcp_entity_read(struct mgcp_entity *out, struct rt_str text);

#endif
