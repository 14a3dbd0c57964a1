/* sip:, sips: and tel: URIs, read in place and written (RFC 3261 19.1, RFC 3966 3). What the
 * telephone-subscriber in a sip: URI says is told in the same fields as that of a tel: URI.
 */
#ifndef SIP_URI_H
#define SIP_URI_H

#include "gw/rt/buf.h"

#include <stdbool.h>

enum sip_scheme { SIP_SCHEME_SIP, SIP_SCHEME_SIPS, SIP_SCHEME_TEL };

/** The parts of a URI as they stand, escapes and all; each may be empty. */
struct sip_uri {
    enum sip_scheme scheme;
    struct rt_str user;        /**< name or number, without what follows its first `;` */
    struct rt_str user_params; /**< of the number: `phone-context=...;tgrp=...` (RFC 3966) */
    struct rt_str password;
    struct rt_str host, port; /**< host with its brackets when it is IPv6 */
    struct rt_str params;     /**< of a sip: URI: `transport=tcp;user=phone` */
    struct rt_str headers;    /**< after `?`: `Privacy=history&Reason=...` */
};

/** Splits a URI. EINVAL: no scheme that is known here, no host in a sip: URI, no number in a tel:
 * one, or a character that no URI has. */
int sip_uri_read(struct sip_uri *out, struct rt_str text);
/** Appends it; what is empty is left out. Parts are written as they are. */
void sip_uri_write(struct rt_buf *out, const struct sip_uri *u);

/** The value of a parameter of the number, whether the peer has put it into the user part, where it
 * belongs, or after the host. `p` is NULL when it is not there. */
struct rt_str sip_uri_phone_param(const struct sip_uri *u, const char *name);
/** The value of a parameter after the host; `p` is NULL when it is not there. */
struct rt_str sip_uri_param(const struct sip_uri *u, const char *name);
/** The value of an escaped header field, still escaped; `p` is NULL when it is not there. */
struct rt_str sip_uri_header(const struct sip_uri *u, const char *name);

/** Undoes %XX into `out[cap]`, always NUL-terminated. EINVAL: a broken escape, or one of NUL;
 * E2BIG. */
int sip_uri_unescape(char *out, size_t cap, struct rt_str s);

/** Where a text goes: each part has its own characters that need no escape. */
enum sip_uri_part { SIP_URI_USER, SIP_URI_PARAM, SIP_URI_HEADER };
/** Writes `s` with %XX for what its part does not allow, NUL-terminated. E2BIG: cut. */
int sip_uri_escape(char *out, size_t cap, struct rt_str s, enum sip_uri_part part);
/** True when every character may stand in that part, escapes included. */
bool sip_uri_fits(struct rt_str s, enum sip_uri_part part);

#endif
