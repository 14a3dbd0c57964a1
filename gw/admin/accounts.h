/* Accounts of the HTTP interface: a file of lines `NAME:ROLE:HASH`.
 *
 * HASH is a password's (yescrypt, crypt(5), `$y$...`; scrypt `$7$...` is read too) or a key's for
 * programs (`key$` and the SHA-256 of 64 hexadecimal digits, 32 random octets: nobody guesses
 * those, so no slow hash is needed). `tandem passwd --admin` writes such lines; so does the web
 * page. Comments begin with `#`. Passwords are checked by login.h.
 */
#ifndef GW_ADMIN_ACCOUNTS_H
#define GW_ADMIN_ACCOUNTS_H

#include "gw/admin/role.h"

#include <stddef.h>

#define GW_ACCOUNT_NAME_LEN 64

struct gw_accounts;

struct gw_admin_account {
    char name[GW_ACCOUNT_NAME_LEN]; /**< letters, digits, `.`, `-`, `_`, `@` */
    enum gw_role role;
    bool key; /**< for programs: it cannot log in with a password */
};

/** Reads a file. ENOENT and the like; EINVAL: `why` has `FILE:LINE: ...` of every bad line. */
int gw_accounts_load(struct gw_accounts **out, const char *path, struct rt_buf *why);
/** NULL is allowed. */
void gw_accounts_free(struct gw_accounts *a);

/** The account of a key as the client sends it (`Authorization: Bearer`), or NULL. */
const struct gw_admin_account *gw_accounts_key(const struct gw_accounts *a, struct rt_str key);
/** By name, or NULL. */
const struct gw_admin_account *gw_accounts_find(const struct gw_accounts *a, const char *name);
/** True when the account is there before and after, with the same role and the same secret. */
bool gw_accounts_same(const struct gw_accounts *before, const struct gw_accounts *after,
                      const char *name);
/** In the file's order; NULL behind the last. */
const struct gw_admin_account *gw_accounts_at(const struct gw_accounts *a, size_t i);

/* ---- changes: the file is replaced whole, comments and order kept. What others have written into
 * it since is read first: pointers to accounts are not good any more. EBADMSG: it cannot be read.
 * The last admin stays one: EPERM ---- */

/** Adds an account or changes the one of that name; `password` NULL: it keeps the one it has.
 * EINVAL: a bad name, or a password of under 10 characters; ENOENT: no such account and no
 * password; the errno of writing. */
int gw_accounts_set(struct gw_accounts *a, const char *name, enum gw_role role,
                    const char *password);
/** Adds an account for programs, or gives it another key, which is told in `key` this once. */
int gw_accounts_new_key(struct gw_accounts *a, const char *name, enum gw_role role, char key[65]);
/** ENOENT; EPERM: it is the last admin. */
int gw_accounts_remove(struct gw_accounts *a, const char *name);

/** One line of such a file, for `tandem passwd --admin`. EINVAL as above. */
int gw_accounts_line(struct rt_buf *out, const char *name, enum gw_role role, const char *password);
/** The same for `tandem passwd --key`; the key goes to `key`. */
int gw_accounts_key_line(struct rt_buf *out, const char *name, enum gw_role role, char key[65]);

#endif
