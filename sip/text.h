/* Pieces of SIP's text that are read in place: those of sip/value.h, tokens, hosts. */
#ifndef SIP_TEXT_H
#define SIP_TEXT_H

#include "sip/message.h"
#include "sip/value.h"

/** True when the header field's lists of that name hold `token` (any case; parameters aside). */
bool sip_has_token(const struct sip_scan *s, const char *name, const char *token);

/** Host and port of what follows `sip:`, as they stand. */
struct rt_str sip_uri_host(struct rt_str rest);

/** The host and port of `sip:user@host:port;...` when the host is numeric, as a hop. False when a
 * resolver would be needed. `transport=tcp` and `tls` are honoured. */
bool sip_uri_hop(struct rt_str uri, struct sip_hop *out);

#endif
