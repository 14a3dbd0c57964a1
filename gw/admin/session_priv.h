/* What sessions and the patience with failed logins share. */
#ifndef GW_ADMIN_SESSION_PRIV_H
#define GW_ADMIN_SESSION_PRIV_H

#include "gw/admin/session.h"

#include <nettle/sha2.h>
#include <uthash.h>

/** A source or a name that failed. */
struct gw_login_fail {
    char key[GW_ACCOUNT_NAME_LEN + 2]; /**< "n" and a name, "a" and an address */
    unsigned failures;
    rt_time last;  /**< of them */
    rt_time until; /**< no try before */
    struct gw_login_fail *prev, *next;
    UT_hash_handle hh;
};

/** Sources or names, the one that failed longest ago first. */
struct gw_login_fails {
    struct gw_login_fail *hash, *list;
};
void gw_login_fails_free(struct gw_login_fails *f);

/** A session in the tables. */
struct gw_session_entry {
    uint8_t id[SHA256_DIGEST_SIZE]; /**< of the token */
    struct gw_session s;
    struct gw_session_entry *prev, *next;
    UT_hash_handle hh;
};

struct gw_sessions {
    rt_time idle;
    struct gw_session_entry *hash;
    struct gw_session_entry *list; /**< used longest ago first */
    struct gw_login_fails sources, names;
};

#endif
