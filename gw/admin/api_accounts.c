/* Accounts over HTTP. Changes leave their lines in the audit log, without passwords and keys. */
#include "gw/admin/api_priv.h"

#include <errno.h>
#include <stdio.h>

static json_t *json_of(const struct gw_admin_account *a)
{
    return json_pack("{s:s, s:s, s:s, s:b}", "type", "account", "name", a->name, "role",
                     gw_role_name(a->role), "key", a->key);
}

/** False: there is no file of them, which was answered. */
static bool accounts_of(struct gw_api_call *c, struct gw_accounts **out)
{
    *out = c->api->config.accounts ? *c->api->config.accounts : NULL;
    if (!*out)
        gw_api_refuse(c, 409, "the plan names no file of accounts: admin { users FILE }");
    return *out != NULL;
}

void gw_api_accounts(struct gw_api_call *c)
{
    json_t *items = json_array();
    struct gw_accounts *accounts;
    const struct gw_admin_account *a;

    if (!accounts_of(c, &accounts)) {
        json_decref(items);
        return;
    }
    for (size_t i = 0; (a = gw_accounts_at(accounts, i)) != NULL; i++)
        json_array_append_new(items, json_of(a));
    gw_api_reply_items(c, items, "");
}

/* ---- changes ---- */

static void say_failure(struct gw_api_call *c, int err, const char *what)
{
    gw_api_note(c, what, strerror(err));
    if (err == EINVAL)
        gw_api_refuse(c, 400,
                      "a name of letters, digits, \".\", \"-\", \"_\", \"@\", and a "
                      "password of 10 characters or more");
    else if (err == ENOENT)
        gw_api_refuse(c, 404,
                      "there is no such account: a new one needs a role, and a password or "
                      "a key");
    else if (err == EPERM)
        gw_api_refuse(c, 409, "it is the last admin");
    else
        gw_api_refuse(c, 409, "the file of accounts cannot be written: %s", strerror(err));
}

/** The role that was asked for, else the one that it has. False: it was refused. */
static bool role_of(struct gw_api_call *c, const struct gw_admin_account *before,
                    enum gw_role *role)
{
    const char *text = gw_api_value(c, "role");

    *role = before ? before->role : GW_ROLE_NONE;
    if (text && gw_role_parse(role, rt_str(text)) != 0) {
        gw_api_refuse(c, 400, "role: viewer, operator, planner or admin");
        return false;
    }
    if (*role == GW_ROLE_NONE) {
        gw_api_refuse(c, 400, "role is missing");
        return false;
    }
    return true;
}

/** Who takes the last admin away locks everybody out. */
static bool last_admin(const struct gw_accounts *accounts, const struct gw_admin_account *a)
{
    const struct gw_admin_account *other;
    unsigned admins = 0;

    for (size_t i = 0; (other = gw_accounts_at(accounts, i)) != NULL; i++)
        admins += other->role == GW_ROLE_ADMIN;
    return a && a->role == GW_ROLE_ADMIN && admins == 1;
}

static void say_account(struct gw_api_call *c, const struct gw_admin_account *a, const char *key)
{
    json_t *items = json_array(), *one = json_of(a);

    if (key[0])
        json_object_set_new(one, "secret", json_string(key));
    json_array_append_new(items, one);
    gw_api_reply_items(c, items, key[0] ? "the key is told this once" : "");
}

void gw_api_account_put(struct gw_api_call *c)
{
    const char *name = gw_api_value(c, "name"), *password = gw_api_value(c, "password");
    bool key = gw_api_flag(c, "key");
    struct gw_accounts *accounts;
    char secret[65] = "", what[160];
    enum gw_role role;

    if (!accounts_of(c, &accounts))
        return;
    const struct gw_admin_account *before = gw_accounts_find(accounts, name);
    if (!role_of(c, before, &role))
        return;
    if (key && password) {
        gw_api_refuse(c, 400, "a key and a password exclude each other");
        return;
    }
    (void)snprintf(what, sizeof what, "account %.64s: role %s%s%s", name, gw_role_name(role),
                   password ? ", password" : "", key ? ", key" : "");
    int err = role != GW_ROLE_ADMIN && last_admin(accounts, before) ? EPERM
              : key ? gw_accounts_new_key(accounts, name, role, secret)
                    : gw_accounts_set(accounts, name, role, password);
    if (err != 0) {
        say_failure(c, err, what);
        return;
    }
    gw_api_end_of(c->api, name);
    gw_api_note(c, what, "ok");
    say_account(c, gw_accounts_find(accounts, name), secret);
}

void gw_api_account_delete(struct gw_api_call *c)
{
    const char *name = gw_api_value(c, "name");
    struct gw_accounts *accounts;
    char what[160];

    if (!accounts_of(c, &accounts))
        return;
    (void)snprintf(what, sizeof what, "account %.64s: removed", name);
    int err = gw_accounts_remove(accounts, name);
    if (err != 0) {
        say_failure(c, err, what);
        return;
    }
    gw_api_end_of(c->api, name);
    gw_api_note(c, what, "ok");
    gw_api_reply_items(c, NULL, "removed");
}
