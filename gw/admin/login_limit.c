/* The patience with those who guess passwords: each source and each name has its own. */
#include "gw/admin/session_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define FREE_TRIES 5
#define WINDOW     (300 * RT_S)
#define FIRST_WAIT RT_S
#define LONGEST    (300 * RT_S)
/** Of sources and of names each; the one that failed longest ago makes room. */
#define KEPT_MAX 4096u

static void drop(struct gw_login_fails *f, struct gw_login_fail *e)
{
    HASH_DEL(f->hash, e);
    DL_DELETE(f->list, e);
    free(e);
}

void gw_login_fails_free(struct gw_login_fails *f)
{
    while (f->list)
        drop(f, f->list);
}

/** It is forgotten when nothing failed for a while after the time it had to wait. */
static struct gw_login_fail *find(struct gw_login_fails *f, const char *key, rt_time now)
{
    struct gw_login_fail *e = NULL;

    HASH_FIND_STR(f->hash, key, e);
    if (!e)
        return NULL;
    rt_time since = e->until > e->last ? e->until : e->last;
    if (now - since < WINDOW)
        return e;
    drop(f, e);
    return NULL;
}

static struct gw_login_fail *make(struct gw_login_fails *f, const char *key)
{
    struct gw_login_fail *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    if (HASH_COUNT(f->hash) >= KEPT_MAX)
        drop(f, f->list);
    rt_str_copy(e->key, sizeof e->key, rt_str(key));
    HASH_ADD_STR(f->hash, key, e);
    DL_APPEND(f->list, e);
    return e;
}

static rt_time wait_after(unsigned failures)
{
    rt_time wait = FIRST_WAIT;

    if (failures < FREE_TRIES)
        return 0;
    for (; failures > FREE_TRIES && wait < LONGEST; failures--)
        wait *= 2;
    return wait < LONGEST ? wait : LONGEST;
}

static void failed(struct gw_login_fails *f, const char *key, rt_time now)
{
    struct gw_login_fail *e = find(f, key, now);

    if (!e)
        e = make(f, key);
    if (!e)
        return;
    e->failures++;
    e->last = now;
    e->until = now + wait_after(e->failures);
    DL_DELETE(f->list, e);
    DL_APPEND(f->list, e);
}

static rt_time wait_of(struct gw_login_fails *f, const char *key, rt_time now)
{
    const struct gw_login_fail *e = find(f, key, now);

    return e && e->until > now ? e->until - now : 0;
}

/* ---- keys ---- */

#define KEY_LEN (GW_ACCOUNT_NAME_LEN + 2)

/** An IPv4 address; else the /64 that one household has. Who is no host is one source. */
static void source_key(char out[KEY_LEN], const union rt_addr *from)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    uint8_t octets[16];
    size_t n = !rt_addr_octets(octets, from)                ? 0
               : memcmp(octets, mapped, sizeof mapped) == 0 ? 16
                                                            : 8;

    out[0] = 'a';
    out[1] = '\0';
    for (size_t i = 0; i < n; i++)
        snprintf(out + 1 + 2 * i, 3, "%02x", octets[i]);
}

static void name_key(char out[KEY_LEN], const char *name)
{
    RT_JOIN(out, KEY_LEN, rt_str("n"), rt_str(name));
}

/* ---- the two together ---- */

rt_time gw_login_wait(struct gw_sessions *s, const union rt_addr *from, const char *name,
                      rt_time now)
{
    char source[KEY_LEN], who[KEY_LEN];

    source_key(source, from);
    name_key(who, name);
    rt_time a = wait_of(&s->sources, source, now), b = wait_of(&s->names, who, now);
    if (a > 0 || b > 0)
        rt_count(&gw_session_counters[GW_SESSION_LOGIN_LIMITED]);
    return a > b ? a : b;
}

/** Who knows one password may still guess others: success is no comfort to its source. */
void gw_login_tried(struct gw_sessions *s, const union rt_addr *from, const char *name, bool good,
                    rt_time now)
{
    char source[KEY_LEN], who[KEY_LEN];

    source_key(source, from);
    name_key(who, name);
    rt_count(&gw_session_counters[good ? GW_SESSION_LOGINS : GW_SESSION_LOGIN_FAILURES]);
    if (!good) {
        failed(&s->sources, source, now);
        failed(&s->names, who, now);
        return;
    }
    struct gw_login_fail *e = find(&s->names, who, now);
    if (e)
        drop(&s->names, e);
}
