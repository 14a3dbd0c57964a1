/* What the accounts' file and their passwords share. */
#ifndef GW_ADMIN_ACCOUNTS_PRIV_H
#define GW_ADMIN_ACCOUNTS_PRIV_H

#include "gw/admin/accounts.h"

#define GW_HASH_LEN 400 /* crypt(5) allows 384 */

/** A line of the file: an account, or a comment. */
struct gw_account_line {
    char *text; /**< of a comment or an empty line; NULL: an account */
    struct gw_admin_account account;
    char hash[GW_HASH_LEN];
    struct gw_account_line *prev, *next;
};

struct gw_accounts {
    char *path;
    struct gw_account_line *lines;
    struct rt_buf text; /**< the file as it was read or written last */
};

/** Letters, digits, `.`, `-`, `_`, `@`. */
bool gw_account_name_good(struct rt_str name);
/** The account's line, or NULL. */
struct gw_account_line *gw_account_line(const struct gw_accounts *a, const char *name);
/** Takes the lines of a text; EINVAL: `why` has what is wrong, each with its line. */
int gw_accounts_read(struct gw_account_line **lines, struct rt_str text, const char *path,
                     struct rt_buf *why);
void gw_account_lines_free(struct gw_account_line **lines);
void gw_account_line_put(struct rt_buf *out, const struct gw_account_line *l);

/* ---- accounts_hash.c ---- */

/** A hash in a form that can be checked. */
bool gw_hash_good(struct rt_str hash, bool *key);
/** EINVAL: too short or too long. */
int gw_hash_password(char out[GW_HASH_LEN], const char *password);
/** `hash` NULL: takes the same time, and it is never the password. */
bool gw_hash_is_password(const char *hash, const char *password);
/** `key$` and the SHA-256 of a key's text. */
void gw_hash_key(char out[GW_HASH_LEN], struct rt_str key);
/** In a time that does not tell where they differ. */
bool gw_same_text(const char *a, const char *b);

#endif
