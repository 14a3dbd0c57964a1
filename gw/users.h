/* The users of the registrar: names and what their passwords hash to (HA1), never a password.
 *
 * Read whole into memory, so that no disk is asked while a call waits.
 */
#ifndef GW_USERS_H
#define GW_USERS_H

#include "conf/conf.h"
#include "sip/sip.h"

struct gw_users;

/** Longest name of a user, with its NUL. */
#define GW_USER_LEN 128

/** Reads `source` (`file:PATH` or `sqlite:PATH`): the entries for `realm`, others are passed over.
 * EINVAL: something is wrong, every error is in `diag` with its line; `at` stands for the source
 * when it cannot be read at all. */
int gw_users_load(struct gw_users **out, const char *source, const char *realm, struct conf_pos at,
                  struct conf_diag *diag);
/** NULL is allowed. */
void gw_users_free(struct gw_users *u);
/** The HA1 of a user in lower case, or NULL. */
const char *gw_users_ha1(const struct gw_users *u, struct rt_str name, enum sip_hash hash);
bool gw_users_has(const struct gw_users *u, struct rt_str name);
/** The algorithms that this user can be challenged with (bit `1 << enum sip_hash`); those of all
 * together for one that is not known. */
unsigned gw_users_hashes(const struct gw_users *u, struct rt_str name);
unsigned gw_users_count(const struct gw_users *u);
/** True when `other` was read from the same source, and later: it counts. */
bool gw_users_outdated(const struct gw_users *u, const struct gw_users *other);

/** `tandem passwd USER REALM`: appends the lines of a users file for this password. EINVAL: a name
 * or a realm that cannot stand in one. */
int gw_users_passwd(struct rt_buf *out, const char *user, const char *realm,
                    struct rt_str password);

/* ---- inside: users_sqlite.c fills what users.c keeps ---- */

/** Adds what one entry says; `algorithm` empty is MD5. False: it is wrong (reported). */
bool gw_users_add(struct gw_users *u, struct conf_diag *diag, struct conf_pos at,
                  struct rt_str name, struct rt_str realm, struct rt_str algorithm,
                  struct rt_str ha1);
/** Reads the table users(name, realm, algorithm, ha1) of the database at `path`. */
void gw_users_read_sqlite(struct gw_users *u, const char *path, struct conf_pos at,
                          struct conf_diag *diag);

#endif
