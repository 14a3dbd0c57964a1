/* Users of the registrar from a file of lines. */
#include "gw/users.h"

#include "gw/rt/file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <uthash.h>

#define FILE_MAX ((size_t)64 << 20)

struct user {
    char *name;
    char *ha1[SIP_NHASHES];
    UT_hash_handle hh;
};

struct gw_users {
    char *source, *realm;
    rt_time began; /* when reading it did */
    struct user *users;
    unsigned hashes; /* of all together */
};

/* ---- entries ---- */

static struct user *find(const struct gw_users *u, struct rt_str name)
{
    struct user *found;

    HASH_FIND(hh, u->users, name.p, name.n, found);
    return found;
}

static struct user *make(struct gw_users *u, struct rt_str name)
{
    struct user *user = find(u, name);

    if (user)
        return user;
    user = calloc(1, sizeof *user);
    if (user)
        user->name = rt_str_dup(name);
    if (!user || !user->name) {
        free(user);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, u->users, user->name, name.n, user);
    return user;
}

static bool is_hex(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isxdigit((unsigned char)s.p[i]))
            return false;
    return true;
}

/** What can stand in a URI, in a header field and in a line of the file. */
static bool good_name(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("\"\\:@", s.p[i]))
            return false;
    return s.n > 0 && s.n < GW_USER_LEN;
}

bool gw_users_add(struct gw_users *u, struct conf_diag *diag, struct conf_pos at,
                  struct rt_str name, struct rt_str realm, struct rt_str algorithm,
                  struct rt_str ha1)
{
    enum sip_hash hash;
    bool sess;
    unsigned before = diag->errors;

    if (!good_name(name))
        conf_error(diag, at, "this cannot be the name of a user");
    else if (!sip_digest_algorithm(&hash, &sess, algorithm) || sess)
        conf_error(diag, at, "unknown algorithm \"%.*s\"", RT_STR(algorithm));
    else if (ha1.n != sip_digest_digits(hash) || !is_hex(ha1))
        conf_error(diag, at, "the HA1 of \"%.*s\" is not %zu hexadecimal digits", RT_STR(name),
                   sip_digest_digits(hash));
    if (diag->errors > before)
        return false;
    if (realm.n > 0 && !rt_str_eq(realm, u->realm))
        return true; /* somebody else's */
    struct user *user = make(u, name);
    if (!user || user->ha1[hash]) {
        conf_error(diag, at, user ? "user \"%.*s\" stands twice with %s" : "%.*s: out of memory %s",
                   RT_STR(name), sip_digest_name(hash, false));
        return false;
    }
    user->ha1[hash] = rt_str_dup(ha1);
    for (char *p = user->ha1[hash]; p && *p; p++)
        *p = (char)tolower((unsigned char)*p);
    u->hashes |= 1u << hash;
    return true;
}

/* ---- the file ---- */

/** `name:HA1`, `name:realm:HA1` (as htdigest writes it) or `name:realm:algorithm:HA1`. */
static void read_line(struct gw_users *u, struct conf_diag *diag, struct conf_pos at,
                      struct rt_str line)
{
    struct rt_str part[4] = {{0}}, none = {0};
    unsigned n = 0;

    line = rt_str_trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return;
    while (line.n > 0 && n < RT_COUNT(part))
        part[n++] = rt_str_trim(rt_str_cut(&line, ':'));
    if (n < 2 || line.n > 0) {
        conf_error(diag, at, "a user is name:HA1 or name:realm:algorithm:HA1");
        return;
    }
    gw_users_add(u, diag, at, part[0], n > 2 ? part[1] : none, n > 3 ? part[2] : none, part[n - 1]);
}

static void read_file(struct gw_users *u, const char *path, struct conf_pos at,
                      struct conf_diag *diag)
{
    struct rt_buf text = {0};
    struct conf_pos line = {path, 0, 1};
    int err = rt_file_read(&text, path, FILE_MAX);
    struct rt_str rest = rt_buf_str(&text);

    if (err != 0)
        conf_error(diag, at, "%s: %s", path, strerror(err));
    while (err == 0 && rest.n > 0) {
        line.line++;
        read_line(u, diag, line, rt_str_cut(&rest, '\n'));
    }
    rt_buf_release(&text);
}

int gw_users_load(struct gw_users **out, const char *source, const char *realm, struct conf_pos at,
                  struct conf_diag *diag)
{
    struct gw_users *u = calloc(1, sizeof *u);
    struct rt_str path = rt_str(source), kind = rt_str_cut(&path, ':');
    unsigned before = diag->errors;

    if (!u)
        return ENOMEM;
    u->source = rt_str_dup(rt_str(source));
    u->realm = rt_str_dup(rt_str(realm));
    u->began = rt_now();
    if (!u->source || !u->realm) {
        gw_users_free(u);
        return ENOMEM;
    }
    if (rt_str_eq(kind, "file") && path.n > 0)
        read_file(u, path.p, at, diag);
    else if (rt_str_eq(kind, "sqlite") && path.n > 0)
        gw_users_read_sqlite(u, path.p, at, diag);
    else if (rt_str_eq(kind, "postgres"))
        conf_error(diag, at, "\"postgres\" is not supported yet");
    else
        conf_error(diag, at, "\"%s\" is neither file:PATH nor sqlite:PATH", source);
    if (diag->errors > before) {
        gw_users_free(u);
        return EINVAL;
    }
    *out = u;
    return 0;
}

void gw_users_free(struct gw_users *u)
{
    struct user *user, *next;

    if (!u)
        return;
    HASH_ITER(hh, u->users, user, next)
    {
        HASH_DEL(u->users, user);
        for (unsigned h = 0; h < SIP_NHASHES; h++)
            free(user->ha1[h]);
        free(user->name);
        free(user);
    }
    free(u->source);
    free(u->realm);
    free(u);
}

/* ---- asked ---- */

const char *gw_users_ha1(const struct gw_users *u, struct rt_str name, enum sip_hash hash)
{
    const struct user *user = find(u, name);
    return user ? user->ha1[hash] : NULL;
}

bool gw_users_has(const struct gw_users *u, struct rt_str name)
{
    return find(u, name) != NULL;
}

unsigned gw_users_hashes(const struct gw_users *u, struct rt_str name)
{
    const struct user *user = find(u, name);
    unsigned hashes = 0;

    for (unsigned h = 0; user && h < SIP_NHASHES; h++)
        hashes |= user->ha1[h] ? 1u << h : 0;
    return hashes ? hashes : u->hashes ? u->hashes : 1u << SIP_MD5;
}

unsigned gw_users_count(const struct gw_users *u)
{
    return HASH_COUNT(u->users);
}

bool gw_users_outdated(const struct gw_users *u, const struct gw_users *other)
{
    return strcmp(u->source, other->source) == 0 && u->began < other->began;
}

/* ---- tandem passwd ---- */

int gw_users_passwd(struct rt_buf *out, const char *user, const char *realm, struct rt_str password)
{
    char ha1[SIP_DIGEST_LEN];
    struct rt_str name = rt_str(user), place = rt_str(realm);

    if (!good_name(name) || place.n == 0 || strpbrk(realm, "\"\\:\r\n"))
        return EINVAL;
    for (enum sip_hash h = 0; h < SIP_NHASHES; h++) {
        sip_digest_ha1(ha1, h, name, place, password);
        rt_buf_printf(out, "%s:%s:%s:%s\n", user, realm, sip_digest_name(h, false), ha1);
    }
    return out->failed ? ENOMEM : 0;
}
