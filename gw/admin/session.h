/* Who is logged in: sessions of browsers, and the patience with those who guess passwords.
 *
 * A session is 32 random octets in a cookie; only their SHA-256 is kept. Each has a second token
 * that every write must carry (CSRF). A session ends after `idle` without a request, and in any
 * case after GW_SESSION_MAX_AGE. No clock of its own: `now` is rt_now().
 */
#ifndef GW_ADMIN_SESSION_H
#define GW_ADMIN_SESSION_H

#include "gw/admin/accounts.h"
#include "gw/rt/net.h"
#include "gw/rt/stats.h"
#include "gw/rt/time.h"

#define GW_SESSION_MAX_AGE (24 * 3600 * RT_S)
#define GW_SESSIONS_MAX    1000 /**< the one used longest ago is ended for another */
#define GW_SESSIONS_OF_ONE 50   /**< of one account: nobody drives out the others */
#define GW_TOKEN_LEN       65   /**< 64 hexadecimal digits and the NUL */

struct gw_sessions;

struct gw_session {
    char name[GW_ACCOUNT_NAME_LEN];
    enum gw_role role;
    char csrf[GW_TOKEN_LEN];
    rt_time begun, used;
    char from[RT_ADDR_LEN];
};

/** `idle`: 0 is 8 hours. ENOMEM. */
int gw_sessions_new(struct gw_sessions **out, rt_time idle);
void gw_sessions_free(struct gw_sessions *s);

/** Begins one; `token` is for the cookie. ENOMEM. */
int gw_session_begin(struct gw_sessions *s, const struct gw_admin_account *who, const char *from,
                     char token[GW_TOKEN_LEN], rt_time now);
/** The session of a cookie's token, whose idle time begins anew; NULL: none, or over. Borrowed
 * until the next call. */
const struct gw_session *gw_session_find(struct gw_sessions *s, struct rt_str token, rt_time now);
void gw_session_end(struct gw_sessions *s, struct rt_str token);
/** True while the session with this second token lasts; its idle time goes on. */
bool gw_session_lasts(const struct gw_sessions *s, const char *csrf, rt_time now);
/** Ends those of an account: it is gone, or has another password or role. */
void gw_sessions_end_of(struct gw_sessions *s, const char *name);
/** Sessions now. */
unsigned gw_sessions_count(struct gw_sessions *s, rt_time now);

/* ---- guessing: after 5 failures of a source or of a name in 5 minutes each next one waits longer,
 * 1 s doubling to 5 min; a source is an IPv4 address or an IPv6 /64 ---- */

/** 0: may try now; else how long not yet. */
rt_time gw_login_wait(struct gw_sessions *s, const union rt_addr *from, const char *name,
                      rt_time now);
/** What came of a try. */
void gw_login_tried(struct gw_sessions *s, const union rt_addr *from, const char *name, bool good,
                    rt_time now);

enum gw_session_counter {
    GW_SESSION_LOGINS,
    GW_SESSION_LOGIN_FAILURES,
    GW_SESSION_LOGIN_LIMITED, /**< tries that were not even looked at */
    GW_SESSION_CSRF,          /**< writes without the right token */
    GW_SESSION_NCOUNTERS
};
extern struct rt_counter gw_session_counters[GW_SESSION_NCOUNTERS];

#endif
