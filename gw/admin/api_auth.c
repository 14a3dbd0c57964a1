/* Who asks: by cookie, by key, or as a user of this machine; logging in and out. */
#include "gw/admin/api_priv.h"

#include "gw/rt/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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
    who->key = true;
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

    if (!accounts && !passed_on(r) && rt_cidr_parse(&loop4, "127.0.0.0/8", 11) == 0 &&
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

bool gw_api_lasts(const struct gw_api *api, const struct gw_api_who *who)
{
    if (who->session && !gw_session_lasts(api->config.sessions, who->csrf, rt_now()))
        return false;
    return (!who->session && !who->key) || account(api, who->name);
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

/** One who tries; the request may be gone before it is known how it ends. */
struct gw_api_try {
    struct gw_api *api;
    struct rt_http_request *r; /* NULL: gone */
    struct gw_login *login;
    struct gw_api_who who;
    gw_api_login_fn *fn;
    void *arg;
};

/** Ends the session of the request's cookie, with its streams. */
static void end_session(struct gw_api *api, const struct rt_http_request *r)
{
    struct rt_str token = token_of(r);
    const struct gw_session *s =
        token.n > 0 ? gw_session_find(api->config.sessions, token, rt_now()) : NULL;

    if (!s)
        return;
    gw_api_events_end(api, s->name, s->csrf);
    gw_session_end(api->config.sessions, token);
}

/** A session is never taken over by another user: each has a token of its own. */
static int begin_session(struct gw_api_try *t, const struct gw_admin_account *a,
                         char cookie[GW_API_COOKIE_LEN])
{
    const union rt_addr *from = rt_http_peer(t->r);
    char token[GW_TOKEN_LEN], host[RT_ADDR_LEN] = "local";

    if (from->sa.sa_family != AF_UNIX)
        rt_addr_host(host, from);
    end_session(t->api, t->r);
    int err = gw_session_begin(t->api->config.sessions, a, host, token, rt_now());
    if (err == 0)
        write_cookie(cookie, t->r, token, "");
    explicit_bzero(token, sizeof token);
    return err;
}

/** Whoever has left is told nothing, but his try is noted. */
static void on_login(void *arg, int err, const struct gw_admin_account *a, rt_time wait)
{
    char cookie[GW_API_COOKIE_LEN] = "";
    struct gw_api_try *t = arg;

    if (err == 0 || err == EACCES)
        gw_api_note_of(t->api, &t->who, NULL, "log in", err == 0 ? "ok" : "refused");
    if (err == 0 && t->r)
        err = begin_session(t, a, cookie);
    if (t->r)
        t->fn(t->arg, err, cookie, wait);
    explicit_bzero(cookie, sizeof cookie);
    free(t);
}

struct gw_api_try *gw_api_login(struct gw_api *api, struct rt_http_request *r, const char *name,
                                const char *password, gw_api_login_fn *fn, void *arg)
{
    struct gw_api_try *t = calloc(1, sizeof *t);
    rt_time wait = 0;

    if (!t) {
        fn(arg, ENOMEM, "", 0);
        return NULL;
    }
    *t = (struct gw_api_try){.api = api, .r = r, .fn = fn, .arg = arg};
    take_from(r, &t->who);
    rt_str_copy(t->who.name, sizeof t->who.name, rt_str(name));
    int err =
        gw_login_begin(&t->login, api->logins, rt_http_peer(r), name, password, on_login, t, &wait);
    if (err == 0)
        return t;
    free(t);
    fn(arg, err, "", wait);
    return NULL;
}

void gw_api_login_forget(struct gw_api_try *t)
{
    if (!t)
        return;
    t->r = NULL;
    if (gw_login_cancel(t->login))
        free(t);
}

void gw_api_logout(struct gw_api *api, const struct rt_http_request *r,
                   char cookie[GW_API_COOKIE_LEN])
{
    struct gw_api_who who;

    gw_api_who(api, r, &who);
    if (who.session)
        gw_api_note_of(api, &who, NULL, "log out", "ok");
    end_session(api, r);
    write_cookie(cookie, r, "", "; Max-Age=0");
}

void gw_api_end_of(struct gw_api *api, const char *name)
{
    gw_sessions_end_of(api->config.sessions, name);
    gw_api_events_end(api, name, NULL);
}
