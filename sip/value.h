/* Pieces of a header field's value, read in place: lists, name-addr, parameters (RFC 3261 25.1). */
#ifndef SIP_VALUE_H
#define SIP_VALUE_H

#include "gw/rt/buf.h"

/** Takes the next value off a comma-separated list, aware of quotes and angle brackets; empty at
 * the end. */
struct rt_str sip_list_next(struct rt_str *rest);

/** `"Name" <uri>;params` or `uri;params` in its parts; each may be empty. */
struct sip_name_addr {
    struct rt_str name; /**< without quotes; escapes are left as they are */
    struct rt_str uri;
    struct rt_str params; /**< after the first `;` outside the brackets */
};
void sip_name_addr(struct sip_name_addr *out, struct rt_str value);

/** The value of `;name=value` in `params`; a bare `;name` gives an empty slice with `p` set.
 * `p` is NULL when it is not there. */
struct rt_str sip_param(struct rt_str params, const char *name);

/** Appends a quoted string's inside: what would end it is escaped, what would end the line is
 * dropped. */
void sip_put_quoted(struct rt_buf *out, struct rt_str text);

#endif
