/* Bindings kept by user, with their timers. */
#include "gw/gw.h"
#include "gw/registrar_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/** Changes that come together are written together. */
#define SAVE_DELAY RT_S

static struct gw_aor *find(const struct gw_registrar *r, struct rt_str user)
{
    struct gw_aor *a;

    HASH_FIND(hh, r->aors, user.p, user.n, a);
    return a;
}

static struct gw_aor *make(struct gw_registrar *r, const char *user)
{
    struct gw_aor *a = find(r, rt_str(user));

    if (a)
        return a;
    a = calloc(1, sizeof *a);
    if (a)
        a->user = rt_str_dup(rt_str(user));
    if (!a || !a->user) {
        free(a);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, r->aors, a->user, strlen(a->user), a);
    return a;
}

static void changed(struct gw_registrar *r)
{
    if (r->state && !rt_timer_running(&r->save))
        rt_timer_start(&r->save, SAVE_DELAY);
}

/* ---- bindings ---- */

static const char *const empty = "";

static void release(const char *text)
{
    if (text != empty)
        free((void *)(uintptr_t)text);
}

static void release_texts(struct gw_binding *b)
{
    release(b->uri);
    release(b->path);
    release(b->call_id);
    release(b->agent);
}

/** A copy that `release()` takes; empty texts cost nothing. NULL: no memory. */
static const char *keep(const char *text)
{
    return text && text[0] ? rt_str_dup(rt_str(text)) : empty;
}

static bool copy_texts(struct gw_binding *to, const struct gw_binding *from)
{
    to->uri = keep(from->uri);
    to->path = keep(from->path);
    to->call_id = keep(from->call_id);
    to->agent = keep(from->agent);
    return to->uri && to->path && to->call_id && to->agent;
}

void gw_registrar_unbind(struct gw_registrar *r, struct gw_bound *b)
{
    struct gw_aor *a = b->aor;

    rt_timer_stop(&b->timer);
    DL_DELETE(a->bounds, b);
    r->n--;
    if (--a->n == 0) {
        HASH_DEL(r->aors, a);
        free(a->user);
        free(a);
    }
    release_texts(&b->pub);
    free(b);
    changed(r);
}

static void on_expired(void *arg)
{
    struct gw_bound *b = arg;

    rt_count(&gw_registrar_counters[GW_REGISTRAR_EXPIRED]);
    gw_registrar_unbind(b->registrar, b);
}

static struct gw_bound *add(struct gw_registrar *r, struct gw_aor *a)
{
    struct gw_bound *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->registrar = r;
    b->aor = a;
    b->pub.user = a->user;
    b->pub.uri = b->pub.path = b->pub.call_id = b->pub.agent = empty;
    rt_timer_init(&b->timer, r->loop, on_expired, b);
    DL_APPEND(a->bounds, b);
    a->n++;
    r->n++;
    return b;
}

static struct gw_bound *among(const struct gw_aor *a, struct rt_str uri)
{
    struct gw_bound *b;

    if (a)
        DL_FOREACH(a->bounds, b)
    if (sip_uri_same(rt_str(b->pub.uri), uri))
        return b;
    return NULL;
}

struct gw_bound *gw_registrar_same(const struct gw_registrar *r, const char *user,
                                   struct rt_str uri)
{
    return among(find(r, rt_str(user)), uri);
}

unsigned gw_registrar_bounds(const struct gw_registrar *r, const char *user)
{
    const struct gw_aor *a = find(r, rt_str(user));
    return a ? a->n : 0;
}

static void drop_if_empty(struct gw_registrar *r, struct gw_aor *a)
{
    if (a->n > 0)
        return;
    HASH_DEL(r->aors, a);
    free(a->user);
    free(a);
}

int gw_registrar_bind(struct gw_registrar *r, const struct gw_binding *b)
{
    struct gw_aor *a = make(r, b->user);
    struct gw_bound *bound = among(a, rt_str(b->uri));
    struct gw_binding texts = *b;

    if (!a)
        return ENOMEM;
    bool good = copy_texts(&texts, b);
    if (good && !bound)
        bound = add(r, a);
    if (!good || !bound) {
        release_texts(&texts);
        drop_if_empty(r, a);
        return ENOMEM;
    }
    release_texts(&bound->pub);
    bound->pub = texts;
    bound->pub.user = a->user;
    bound->serial = ++r->serial;
    rt_timer_start_at(&bound->timer, b->expires);
    changed(r);
    return 0;
}

static void clear(struct gw_registrar *r, const struct gw_aor *a)
{
    for (unsigned left = a->n; left > 0; left--) /* the last one takes `a` along */
        gw_registrar_unbind(r, a->bounds);
}

void gw_registrar_clear(struct gw_registrar *r, const char *user)
{
    struct gw_aor *a, *next;

    if (user) {
        a = find(r, rt_str(user));
        if (a)
            clear(r, a);
        return;
    }
    HASH_ITER(hh, r->aors, a, next)
    clear(r, a);
}

/* ---- asked ---- */

/** The larger q first, then the newer. */
static bool before(const struct gw_bound *a, const struct gw_bound *b)
{
    return a->pub.q != b->pub.q ? a->pub.q > b->pub.q : a->serial > b->serial;
}

unsigned gw_registrar_find(const struct gw_registrar *r, struct rt_str user, struct gw_binding *out,
                           unsigned max)
{
    const struct gw_aor *a = r ? find(r, user) : NULL;
    const struct gw_bound *last = NULL, *b, *best;
    unsigned n = 0;

    for (; a && n < max; n++, last = best) {
        best = NULL;
        DL_FOREACH(a->bounds, b)
        if ((!last || before(last, b)) && (!best || before(b, best)))
            best = b;
        if (!best)
            break;
        out[n] = best->pub;
    }
    return n;
}

unsigned gw_registrar_contacts(const struct gw *gw, struct rt_str user, struct gw_binding *out,
                               unsigned max)
{
    return gw_registrar_find(gw->registrar, user, out, max);
}

void gw_registrar_each(const struct gw_registrar *r,
                       void (*fn)(void *arg, const struct gw_binding *b), void *arg)
{
    const struct gw_bound *b;

    for (const struct gw_aor *a = r ? r->aors : NULL; a; a = a->hh.next)
        DL_FOREACH(a->bounds, b)
    fn(arg, &b->pub);
}

unsigned gw_registrar_count(const struct gw_registrar *r)
{
    return r ? r->n : 0;
}
