/* The HTTP API: a table of paths (api_rows.def) onto the verbs of the control socket, and a few
 * rows of its own (sessions, accounts, records, events). Lives in the HTTP thread; all that
 * concerns calls is asked of the signalling thread (ask.h). web.c owns the server and hands in what
 * is below GW_API_PREFIX.
 */
#ifndef GW_ADMIN_API_H
#define GW_ADMIN_API_H

#include "gw/admin/accounts.h"
#include "gw/admin/ask.h"
#include "gw/admin/session.h"
#include "gw/records.h"
#include "gw/rt/http.h"
#include "gw/rt/loop.h"

#define GW_API_PREFIX "/api/v1"
/** The cookie's name; over TLS it has the attribute Secure. */
#define GW_API_COOKIE "tandem"

struct gw_api;

/** What it works with; all is borrowed and outlives it. */
struct gw_api_config {
    struct rt_loop *loop; /**< the HTTP thread's */
    struct gw_ask *ask;
    struct gw_sessions *sessions;
    /** Read at each use: SIGHUP replaces it. NULL behind it: there is no file of accounts. */
    struct gw_accounts *const *accounts;
    struct gw_records *records; /**< NULL: no `cdr sqlite:` */
    const char *const *host;    /**< names that the Host header may have; none: any */
    unsigned nhosts;
};

/** EINVAL: the rows are wrong, which is logged. ENOMEM. */
int gw_api_new(struct gw_api **out, const struct gw_api_config *config);
/** After the server is gone. NULL is allowed. */
void gw_api_free(struct gw_api *api);

/** A request whose path is below GW_API_PREFIX: it is answered, now or later. The request's context
 * (rt_http_set_context) is the API's. */
void gw_api_request(struct gw_api *api, struct rt_http_request *r);
/** For rt_http_ops.gone: of requests that were given to gw_api_request(). Others (context NULL) are
 * ignored. */
void gw_api_gone(struct gw_api *api, struct rt_http_request *r);

/** Who asks. */
struct gw_api_who {
    char name[GW_ACCOUNT_NAME_LEN]; /**< an account, or a user of this machine; empty: nobody */
    enum gw_role role;              /**< GW_ROLE_NONE: nobody */
    bool session;                   /**< by a cookie: writes need `csrf` */
    bool key;                       /**< by a key */
    char csrf[GW_TOKEN_LEN];        /**< of a session; else empty */
    char from[64];                  /**< for the audit log: "web 192.0.2.7", "local" */
};
/** Finds out by the cookie, `Authorization: Bearer KEY`, or the user at the far end of a UNIX
 * socket (root and the daemon's own user are admins; others may read and write the socket at all,
 * by its group, and are operators). A session's idle time begins anew. */
void gw_api_who(struct gw_api *api, const struct rt_http_request *r, struct gw_api_who *who);
/** True when a write carries what it must: `token` is the CSRF token of the header X-CSRF-Token or
 * of a form's field, NULL when there is none. Keys and UNIX sockets need none. Counts a refusal. */
bool gw_api_may_write(const struct gw_api_who *who, const char *token);

/** What came of logging in. 0: `cookie` is the cookie's whole Set-Cookie value; EACCES: wrong;
 * EAGAIN: too soon, `wait` says how long; EBUSY: too many try now; ENOMEM. */
typedef void gw_api_login_fn(void *arg, int err, const char *cookie, rt_time wait);
/** Tries to log in by name and password, in a thread (login.h): for the form of pages without
 * JavaScript and for POST /session alike. `fn` is called once. NULL: it was, before this returned.
 */
struct gw_api_try *gw_api_login(struct gw_api *api, struct rt_http_request *r, const char *name,
                                const char *password, gw_api_login_fn *fn, void *arg);
/** The request is gone: `fn` is not called. NULL is allowed. */
void gw_api_login_forget(struct gw_api_try *t);
#define GW_API_COOKIE_LEN 192
/** Ends the session of the request's cookie, with what listens by it; `cookie` is a Set-Cookie
 * value that removes it. */
void gw_api_logout(struct gw_api *api, const struct rt_http_request *r,
                   char cookie[GW_API_COOKIE_LEN]);
/** Ends the sessions of an account, and what listens by them or by its key. */
void gw_api_end_of(struct gw_api *api, const char *name);

/** Answers with application/problem+json. `detail` may be NULL. */
void gw_api_problem(struct rt_http_request *r, unsigned status, const char *detail);

/** The OpenAPI 3.1 document of this interface. Written by openapi.c. */
void gw_openapi(struct rt_buf *out);

#endif
