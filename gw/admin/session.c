/* Sessions of browsers: found by the hash of their token, ended by time. */
#include "gw/admin/session_priv.h"

#include "gw/rt/random.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define IDLE_USUAL (8 * 3600 * RT_S)

struct rt_counter gw_session_counters[GW_SESSION_NCOUNTERS] = {
    [GW_SESSION_LOGINS] = {.name = "http_logins_total", .help = "Logins to the web page"},
    [GW_SESSION_LOGIN_FAILURES] = {.name = "http_login_failures_total",
                                   .help = "Logins with a wrong name or password"},
    [GW_SESSION_LOGIN_LIMITED] = {.name = "http_logins_limited_total",
                                  .help = "Logins refused unseen after too many failures"},
    [GW_SESSION_CSRF] = {.name = "http_csrf_refused_total",
                         .help = "Writes of a browser without its session's token"},
};

int gw_sessions_new(struct gw_sessions **out, rt_time idle)
{
    struct gw_sessions *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->idle = idle > 0 ? idle : IDLE_USUAL;
    *out = s;
    return 0;
}

static void end(struct gw_sessions *s, struct gw_session_entry *e)
{
    HASH_DEL(s->hash, e);
    DL_DELETE(s->list, e);
    explicit_bzero(e, sizeof *e);
    free(e);
}

void gw_sessions_free(struct gw_sessions *s)
{
    if (!s)
        return;
    while (s->list)
        end(s, s->list);
    gw_login_fails_free(&s->sources);
    gw_login_fails_free(&s->names);
    free(s);
}

static void hash_token(uint8_t id[SHA256_DIGEST_SIZE], struct rt_str token)
{
    struct sha256_ctx sha;

    sha256_init(&sha);
    sha256_update(&sha, token.n, (const uint8_t *)token.p);
    sha256_digest(&sha, SHA256_DIGEST_SIZE, id);
}

static struct gw_session_entry *entry_of(struct gw_sessions *s, struct rt_str token)
{
    struct gw_session_entry *e = NULL;
    uint8_t id[SHA256_DIGEST_SIZE];

    if (token.n != GW_TOKEN_LEN - 1)
        return NULL;
    hash_token(id, token);
    HASH_FIND(hh, s->hash, id, sizeof id, e);
    return e;
}

static bool is_over(const struct gw_sessions *s, const struct gw_session_entry *e, rt_time now)
{
    return now - e->s.used >= s->idle || now - e->s.begun >= GW_SESSION_MAX_AGE;
}

/** The account's session that was used longest ago makes room for another of it. */
static void make_room(struct gw_sessions *s, const char *name)
{
    struct gw_session_entry *e, *oldest = NULL;
    unsigned n = 0;

    DL_FOREACH(s->list, e)
    if (strcmp(e->s.name, name) == 0) {
        oldest = oldest ? oldest : e;
        n++;
    }
    if (n >= GW_SESSIONS_OF_ONE)
        end(s, oldest);
    if (HASH_COUNT(s->hash) >= GW_SESSIONS_MAX)
        end(s, s->list);
}

int gw_session_begin(struct gw_sessions *s, const struct gw_admin_account *who, const char *from,
                     char token[GW_TOKEN_LEN], rt_time now)
{
    struct gw_session_entry *e = calloc(1, sizeof *e);

    if (!e)
        return ENOMEM;
    make_room(s, who->name);
    rt_random_hex(token, GW_TOKEN_LEN - 1);
    rt_random_hex(e->s.csrf, GW_TOKEN_LEN - 1);
    hash_token(e->id, (struct rt_str){token, GW_TOKEN_LEN - 1});
    rt_str_copy(e->s.name, sizeof e->s.name, rt_str(who->name));
    rt_str_copy(e->s.from, sizeof e->s.from, rt_str(from));
    e->s.role = who->role;
    e->s.begun = e->s.used = now;
    HASH_ADD(hh, s->hash, id, sizeof e->id, e);
    DL_APPEND(s->list, e);
    return 0;
}

const struct gw_session *gw_session_find(struct gw_sessions *s, struct rt_str token, rt_time now)
{
    struct gw_session_entry *e = entry_of(s, token);

    if (!e)
        return NULL;
    if (is_over(s, e, now)) {
        end(s, e);
        return NULL;
    }
    e->s.used = now;
    DL_DELETE(s->list, e);
    DL_APPEND(s->list, e);
    return &e->s;
}

bool gw_session_lasts(const struct gw_sessions *s, const char *csrf, rt_time now)
{
    const struct gw_session_entry *e;

    DL_FOREACH(s->list, e)
    if (strcmp(e->s.csrf, csrf) == 0)
        return !is_over(s, e, now);
    return false;
}

void gw_session_end(struct gw_sessions *s, struct rt_str token)
{
    struct gw_session_entry *e = entry_of(s, token);

    if (e)
        end(s, e);
}

void gw_sessions_end_of(struct gw_sessions *s, const char *name)
{
    struct gw_session_entry *e, *next;

    DL_FOREACH_SAFE(s->list, e, next)
    if (strcmp(e->s.name, name) == 0)
        end(s, e);
}

unsigned gw_sessions_count(struct gw_sessions *s, rt_time now)
{
    struct gw_session_entry *e, *next;

    DL_FOREACH_SAFE(s->list, e, next)
    if (is_over(s, e, now))
        end(s, e);
    return HASH_COUNT(s->hash);
}
