/* Who asks: by cookie, by key, or as a user of this machine; logging in and out. */
#include "gw/admin/api_priv.h"

#include "gw/rt/log.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* ---- from where ---- */

static void take_from(const struct rt_http_request *r, struct gw_api_who *who)
{
    const union rt_addr *peer = rt_http_peer(r);
    char host[RT_ADDR_LEN] = "";

    if (peer->sa.sa_family == AF_UNIX)
        (void)snprintf(who->from, sizeof who->from, "web local");
    else
        (void)snprintf(who->from, sizeof who->from, "web %.56s", rt_addr_host(host, peer));
}

/* ---- by cookie ---- */

/** The session's token; empty: there is none. */
static struct rt_str token_of(const struct rt_http_request *r)
{
    struct rt_str rest = rt_str(rt_http_header(r, "Cookie"));

    while (rest.n > 0) {
        struct rt_str value = rt_str_trim(rt_str_cut(&rest, ';'));
        struct rt_str name = rt_str_cut(&value, '=');
        if (rt_str_eq(name, GW_API_COOKIE))
            return value;
    }
    return (struct rt_str){"", 0};
}

static const struct gw_admin_account *account(const struct gw_api *api, const char *name)
{
    const struct gw_accounts *accounts = api->config.accounts ? *api->config.accounts : NULL;
    return accounts ? gw_accounts_find(accounts, name) : NULL;
}

/** A session counts as long as its account does, in the role that it has now. */
static bool by_cookie(struct gw_api *api, const struct rt_http_request *r, struct gw_api_who *who)
{
    struct rt_str token = token_of(r);
    const struct gw_session *s =
        token.n > 0 ? gw_session_find(api->config.sessions, token, rt_now()) : NULL;
    const struct gw_admin_account *a = s ? account(api, s->name) : NULL;

    if (!a || a->key)
        return false;
    rt_str_copy(who->name, sizeof who->name, rt_str(s->name));
    rt_str_copy(who->csrf, sizeof who->csrf, rt_str(s->csrf));
    who->role = a->role;
    who->session = true;
    return true;
}

/* ---- by key ---- */

static bool by_key(const struct gw_api *api, const struct rt_http_request *r,
                   struct gw_api_who *who)
{
    const struct gw_accounts *accounts = api->config.accounts ? *api->config.accounts : NULL;
    struct rt_str value = rt_str_trim(rt_str(rt_http_header(r, "Authorization")));
    struct rt_str scheme = rt_str_cut(&value, ' ');
    const struct gw_admin_account *a = accounts && rt_str_caseeq(scheme, "Bearer")
                                           ? gw_accounts_key(accounts, rt_str_trim(value))
                                           : NULL;

    if (!a)
        return false;
    rt_str_copy(who->name, sizeof who->name, rt_str(a->name));
    who->role = a->role;
    return true;
}

/* ---- as a user of this machine ---- */

static const char *user_name(struct gw_api *api, unsigned uid)
{
    for (unsigned i = 0; i < api->nusers; i++)
        if (api->users[i].uid == uid)
            return api->users[i].name;
    struct gw_api_user *u = &api->users[api->nusers % RT_COUNT(api->users)];
    u->uid = uid;
    rt_user_name(u->name, sizeof u->name, uid);
    if (api->nusers < RT_COUNT(api->users))
        api->nusers++;
    return u->name;
}

/** A proxy that passes on what strangers ask is no user of this machine. */
static bool passed_on(const struct rt_http_request *r)
{
    return rt_http_header(r, "Forwarded") || rt_http_header(r, "X-Forwarded-For") ||
           rt_http_header(r, "Via");
}

static bool by_user(struct gw_api *api, const struct rt_http_request *r, struct gw_api_who *who)
{
    const struct gw_admin_account *a;
    unsigned uid;

    if (rt_http_uid(r, &uid) != 0 || passed_on(r))
        return false;
    const char *name = user_name(api, uid);
    a = account(api, name);
    who->role = uid == 0 || uid == geteuid() ? GW_ROLE_ADMIN
                : a && !a->key               ? a->role
                                             : GW_ROLE_NONE;
    if (who->role == GW_ROLE_NONE)
        return false;
    rt_str_copy(who->name, sizeof who->name, rt_str(name));
    return true;
}

/** Without a file of accounts whoever reaches us from this machine may look. */
static void by_nothing(struct gw_api *api, const struct rt_http_request *r, struct gw_api_who *who)
{
    const bool accounts = api->config.accounts && *api->config.accounts;
    struct rt_cidr loop4, loop6;

    if (!accounts && rt_cidr_parse(&loop4, "127.0.0.0/8", 11) == 0 &&
        rt_cidr_parse(&loop6, "::1", 3) == 0 &&
        (rt_cidr_contains(&loop4, rt_http_peer(r)) || rt_cidr_contains(&loop6, rt_http_peer(r))))
        who->role = GW_ROLE_VIEWER;
}

void gw_api_who(struct gw_api *api, const struct rt_http_request *r, struct gw_api_who *who)
{
    *who = (struct gw_api_who){.role = GW_ROLE_NONE};
    take_from(r, who);
    if (rt_http_header(r, "Authorization"))
        (void)by_key(api, r, who); /* a wrong key is nobody, whatever else there is */
    else if (!by_cookie(api, r, who) && !by_user(api, r, who))
        by_nothing(api, r, who);
}

/** In a time that says nothing of how much is right. */
static bool same_token(const char *a, const char *b)
{
    unsigned char differ = strlen(a) != strlen(b);

    for (size_t i = 0; a[i] && b[i]; i++)
        differ |= (unsigned char)(a[i] ^ b[i]);
    return differ == 0;
}

bool gw_api_may_write(const struct gw_api_who *who, const char *token)
{
    if (!who->session || (token && same_token(who->csrf, token)))
        return true;
    rt_count(&gw_session_counters[GW_SESSION_CSRF]);
    return false;
}

/* ---- logging in and out ---- */

static void write_cookie(char cookie[GW_API_COOKIE_LEN], const struct rt_http_request *r,
                         const char *token, const char *end)
{
    (void)snprintf(cookie, GW_API_COOKIE_LEN, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s%s",
                   GW_API_COOKIE, token, rt_http_secure(r) ? "; Secure" : "", end);
}

int gw_api_login(struct gw_api *api, const struct rt_http_request *r, const char *name,
                 const char *password, char cookie[GW_API_COOKIE_LEN], rt_time *wait)
{
    const struct gw_accounts *accounts = api->config.accounts ? *api->config.accounts : NULL;
    const union rt_addr *from = rt_http_peer(r);
    struct gw_sessions *sessions = api->config.sessions;
    char token[GW_TOKEN_LEN], host[RT_ADDR_LEN] = "local";
    rt_time now = rt_now();

    *wait = gw_login_wait(sessions, from, name, now);
    if (*wait > 0)
        return EAGAIN;
    const struct gw_admin_account *a =
        accounts ? gw_accounts_password(accounts, name, password) : NULL;
    gw_login_tried(sessions, from, name, a != NULL, now);
    if (!a)
        return EACCES;
    if (from->sa.sa_family != AF_UNIX)
        rt_addr_host(host, from);
    struct rt_str before = token_of(r);
    if (before.n > 0) /* a session is never taken over by another user */
        gw_session_end(sessions, before);
    int err = gw_session_begin(sessions, a, host, token, now);
    if (err == 0)
        write_cookie(cookie, r, token, "");
    return err;
}

void gw_api_logout(struct gw_api *api, const struct rt_http_request *r,
                   char cookie[GW_API_COOKIE_LEN])
{
    struct rt_str token = token_of(r);

    if (token.n > 0)
        gw_session_end(api->config.sessions, token);
    write_cookie(cookie, r, "", "; Max-Age=0");
}
