/* Accounts: looked up, and changed by writing the file anew. */
#include "gw/admin/accounts.h"

#include "gw/admin/accounts_priv.h"
#include "gw/rt/file.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define FILE_MAX   ((size_t)1 << 20)
#define FILE_MODE  0600
#define KEY_DIGITS 64

/* ---- reading ---- */

int gw_accounts_load(struct gw_accounts **out, const char *path, struct rt_buf *why)
{
    struct gw_accounts *a = calloc(1, sizeof *a);

    if (!a)
        return ENOMEM;
    a->path = rt_str_dup(rt_str(path));
    int err = a->path ? rt_file_read(&a->text, path, FILE_MAX) : ENOMEM;
    if (err != 0)
        rt_buf_printf(why, "%s: %s", path, strerror(err));
    else
        err = gw_accounts_read(&a->lines, rt_buf_str(&a->text), path, why);
    if (err != 0) {
        gw_accounts_free(a);
        return err;
    }
    *out = a;
    return 0;
}

void gw_accounts_free(struct gw_accounts *a)
{
    if (!a)
        return;
    gw_account_lines_free(&a->lines);
    rt_buf_release(&a->text);
    free(a->path);
    free(a);
}

/* ---- looking up ---- */

const struct gw_admin_account *gw_accounts_find(const struct gw_accounts *a, const char *name)
{
    const struct gw_account_line *l = gw_account_line(a, name);

    return l ? &l->account : NULL;
}

bool gw_accounts_same(const struct gw_accounts *before, const struct gw_accounts *after,
                      const char *name)
{
    const struct gw_account_line *a = gw_account_line(before, name);
    const struct gw_account_line *b = gw_account_line(after, name);

    return a && b && a->account.role == b->account.role && strcmp(a->hash, b->hash) == 0;
}

const struct gw_admin_account *gw_accounts_at(const struct gw_accounts *a, size_t i)
{
    const struct gw_account_line *l;

    DL_FOREACH(a->lines, l)
    if (!l->text && i-- == 0)
        return &l->account;
    return NULL;
}

/** All of them are compared, so that the time tells nothing. */
const struct gw_admin_account *gw_accounts_key(const struct gw_accounts *a, struct rt_str key)
{
    const struct gw_admin_account *found = NULL;
    const struct gw_account_line *l;
    char hash[GW_HASH_LEN] = "";

    if (key.n != KEY_DIGITS)
        return NULL;
    gw_hash_key(hash, key);
    DL_FOREACH(a->lines, l)
    if (!l->text && l->account.key && gw_same_text(l->hash, hash))
        found = &l->account;
    return found;
}

/* ---- changing ---- */

/** What others have written into the file since it was read is not lost: it is read again. */
static int refresh(struct gw_accounts *a)
{
    struct gw_account_line *lines = NULL;
    struct rt_buf now = {0}, why = {0};

    int err = rt_file_read(&now, a->path, FILE_MAX);
    bool same =
        err == 0 && now.n == a->text.n && (now.n == 0 || memcmp(now.p, a->text.p, now.n) == 0);
    if (err == 0 && !same)
        err = gw_accounts_read(&lines, rt_buf_str(&now), a->path, &why);
    rt_buf_release(&why);
    if (err != 0 || same) {
        gw_account_lines_free(&lines);
        rt_buf_release(&now);
        return err == EINVAL ? EBADMSG : err == ENOENT ? 0 : err;
    }
    gw_account_lines_free(&a->lines);
    a->lines = lines;
    rt_buf_release(&a->text);
    a->text = now;
    return 0;
}

static int write_file(struct gw_accounts *a)
{
    const struct gw_account_line *l;
    struct rt_buf text = {0};

    DL_FOREACH(a->lines, l)
    gw_account_line_put(&text, l);
    struct rt_str all = rt_buf_str(&text);
    int err = text.failed ? ENOMEM : rt_file_replace(a->path, all.p, all.n, FILE_MODE);
    if (err != 0) {
        rt_buf_release(&text);
        return err;
    }
    rt_buf_release(&a->text);
    a->text = text;
    return 0;
}

/** Writes `l`'s account as `changed`, or as it was when the file cannot be written. */
static int change_line(struct gw_accounts *a, struct gw_account_line *l,
                       const struct gw_admin_account *changed, const char *hash)
{
    struct gw_account_line before = *l;

    l->account = *changed;
    if (hash)
        rt_str_copy(l->hash, sizeof l->hash, rt_str(hash));
    int err = write_file(a);
    if (err != 0) {
        l->account = before.account;
        memcpy(l->hash, before.hash, sizeof l->hash);
    }
    return err;
}

static int add_line(struct gw_accounts *a, const struct gw_admin_account *account, const char *hash)
{
    struct gw_account_line *l = calloc(1, sizeof *l);

    if (!l)
        return ENOMEM;
    l->account = *account;
    rt_str_copy(l->hash, sizeof l->hash, rt_str(hash));
    DL_APPEND(a->lines, l);
    int err = write_file(a);
    if (err != 0) {
        DL_DELETE(a->lines, l);
        free(l);
    }
    return err;
}

static bool is_last_admin(const struct gw_accounts *a, const struct gw_account_line *which)
{
    const struct gw_account_line *l;

    if (which->account.role != GW_ROLE_ADMIN)
        return false;
    DL_FOREACH(a->lines, l)
    if (!l->text && l != which && l->account.role == GW_ROLE_ADMIN)
        return false;
    return true;
}

/** `hash` NULL: the one it has. */
static int put(struct gw_accounts *a, const char *name, enum gw_role role, const char *hash,
               bool key)
{
    struct gw_admin_account account = {.role = role, .key = key};

    int err = refresh(a);
    if (err != 0)
        return err;
    struct gw_account_line *l = gw_account_line(a, name);
    if (!l && !hash)
        return ENOENT;
    if (l && role != GW_ROLE_ADMIN && is_last_admin(a, l))
        return EPERM;
    rt_str_copy(account.name, sizeof account.name, rt_str(name));
    if (!hash)
        account.key = l->account.key;
    return l ? change_line(a, l, &account, hash) : add_line(a, &account, hash);
}

static bool is_role(enum gw_role role)
{
    return role >= GW_ROLE_VIEWER && role <= GW_ROLE_ADMIN;
}

int gw_accounts_set(struct gw_accounts *a, const char *name, enum gw_role role,
                    const char *password)
{
    char hash[GW_HASH_LEN];

    if (!gw_account_name_good(rt_str(name)) || !is_role(role))
        return EINVAL;
    int err = password ? gw_hash_password(hash, password) : 0;
    return err != 0 ? err : put(a, name, role, password ? hash : NULL, false);
}

int gw_accounts_new_key(struct gw_accounts *a, const char *name, enum gw_role role, char key[65])
{
    char hash[GW_HASH_LEN];

    if (!gw_account_name_good(rt_str(name)) || !is_role(role))
        return EINVAL;
    rt_random_hex(key, KEY_DIGITS);
    gw_hash_key(hash, (struct rt_str){key, KEY_DIGITS});
    int err = put(a, name, role, hash, true);
    if (err != 0)
        explicit_bzero(key, KEY_DIGITS);
    return err;
}

int gw_accounts_remove(struct gw_accounts *a, const char *name)
{
    int err = refresh(a);
    struct gw_account_line *l = err == 0 ? gw_account_line(a, name) : NULL;

    if (!l)
        return err != 0 ? err : ENOENT;
    if (is_last_admin(a, l))
        return EPERM;
    struct gw_account_line *behind = l->next;
    DL_DELETE(a->lines, l);
    err = write_file(a);
    if (err == 0) {
        l->prev = l->next = NULL;
        gw_account_lines_free(&l);
    } else if (behind) {
        DL_PREPEND_ELEM(a->lines, behind, l);
    } else {
        DL_APPEND(a->lines, l);
    }
    return err;
}

/* ---- the command line ---- */

static int put_line(struct rt_buf *out, const char *name, enum gw_role role, const char *hash)
{
    struct gw_account_line l = {.account = {.role = role}};

    rt_str_copy(l.account.name, sizeof l.account.name, rt_str(name));
    rt_str_copy(l.hash, sizeof l.hash, rt_str(hash));
    gw_account_line_put(out, &l);
    return out->failed ? ENOMEM : 0;
}

int gw_accounts_line(struct rt_buf *out, const char *name, enum gw_role role, const char *password)
{
    char hash[GW_HASH_LEN];

    if (!gw_account_name_good(rt_str(name)) || !is_role(role))
        return EINVAL;
    int err = gw_hash_password(hash, password);
    return err != 0 ? err : put_line(out, name, role, hash);
}

int gw_accounts_key_line(struct rt_buf *out, const char *name, enum gw_role role, char key[65])
{
    char hash[GW_HASH_LEN] = "";

    if (!gw_account_name_good(rt_str(name)) || !is_role(role))
        return EINVAL;
    rt_random_hex(key, KEY_DIGITS);
    gw_hash_key(hash, (struct rt_str){key, KEY_DIGITS});
    return put_line(out, name, role, hash);
}
