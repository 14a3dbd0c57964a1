/* POST of a JSON body over HTTP or HTTPS, by libcurl. It waits for the answer. */
#ifndef GW_EXPORT_POST_H
#define GW_EXPORT_POST_H

#include "gw/rt/buf.h"

struct export_post;

/** `token` (its bearer's) and `ca` are files, or NULL; they are read for each request. ENOMEM. */
int export_post_new(struct export_post **out, const char *url, const char *token, const char *ca);
/** NULL is allowed. */
void export_post_free(struct export_post *p);
/** Posts; `key` makes a repetition known as such (Idempotency-Key). 0: it was taken (2xx). EAGAIN:
 * no connection, or an answer that is worth another attempt (5xx, 408, 429); EPROTO: another one.
 * `why` says it. */
int export_post_send(struct export_post *p, struct rt_str body, const char *key, char *why,
                     size_t cap);

#endif
