/* The HTTP side: a thread with a loop of its own, the server, the accounts, the page. Signalling
 * never waits for it, whatever browsers do.
 */
#ifndef GW_ADMIN_WEB_H
#define GW_ADMIN_WEB_H

#include "gw/plan_admin.h"
#include "gw/rt/buf.h"
#include "gw/rt/loop.h"

struct gw;
struct gw_web;

/** Listens where `admin` says, and answers once gw_web_start() was called; `records`: the SQLite
 * file of `cdr`, or NULL. EINVAL, or the errno of a socket or a file: `why` has a message for the
 * operator. */
int gw_web_new(struct gw_web **out, struct rt_loop *signalling, struct gw *const *gw,
               const struct gw_admin_plan *admin, const char *records, void (*stop)(void *arg),
               void *arg, struct rt_buf *why);
/** Starts its thread; by then the process has given up what only starting needs. */
int gw_web_start(struct gw_web *w);
/** Certificates and accounts are read again (SIGHUP). */
void gw_web_reload(struct gw_web *w);
void gw_web_free(struct gw_web *w);

#endif
