/* Logging in with a password. Its hash takes some 50 ms by design, so a thread of its own does
 * that, one try after the other: the page stays usable, and who guesses by a thousand connections
 * at once is as patient as who guesses by one. The queue is short; who finds it full comes again.
 */
#ifndef GW_ADMIN_LOGIN_H
#define GW_ADMIN_LOGIN_H

#include "gw/admin/session.h"
#include "gw/rt/loop.h"

#define GW_LOGINS_MAX 64 /**< tries that wait for their turn */

struct gw_logins;
struct gw_login;

/** What came of a try. 0: `account` is who it is, borrowed until this returns; EACCES: wrong;
 * EAGAIN: too soon after others that failed, `wait` says how long; ECANCELED: all ends. */
typedef void gw_login_fn(void *arg, int err, const struct gw_admin_account *account, rt_time wait);

/** `accounts` is read at each try: it may be replaced in between. ENOMEM, or the thread's errno. */
int gw_logins_new(struct gw_logins **out, struct rt_loop *loop, struct gw_sessions *sessions,
                  struct gw_accounts *const *accounts);
/** NULL is allowed. */
void gw_logins_free(struct gw_logins *l);

/** Tries a name and a password, which are copied; `fn` is called later, never before this returns.
 * EAGAIN: too soon, `*wait` says how long; EBUSY: too many try now; ENOMEM. */
int gw_login_begin(struct gw_login **out, struct gw_logins *l, const union rt_addr *from,
                   const char *name, const char *password, gw_login_fn *fn, void *arg,
                   rt_time *wait);
/** Nobody waits any more. True: it was not its turn yet, and `fn` is not called; false: it is
 * hashed, counts, and `fn` is called. */
bool gw_login_cancel(struct gw_login *t);

#endif
