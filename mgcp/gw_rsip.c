/* Announcements (RSIP) as sets of endpoints, and the few names with wildcards that cover them
 * (RFC 3435 2.3.12: a gateway takes full advantage of wildcards).
 */
#include "mgcp/gw_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/** Room for the local part of a name. */
#define NAME_LEN 256

struct mgcp_gw_rsip *mgcp_gw_rsip_new(struct mgcp_gw *g, enum mgcp_gw_method method,
                                      unsigned reason)
{
    struct mgcp_gw_rsip *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->gw = g;
    r->method = (uint8_t)method;
    r->reason = (uint16_t)reason;
    rt_timer_init(&r->timer, g->loop, mgcp_gw_rsip_due, r);
    DL_APPEND(g->rsips, r);
    return r;
}

void mgcp_gw_rsip_add(struct mgcp_gw_rsip *r, struct mgcp_gw_endpoint *e)
{
    DL_APPEND2(r->endpoints, e, rsip_prev, rsip_next);
    e->rsip = r;
    r->n++;
}

void mgcp_gw_rsip_remove(struct mgcp_gw_endpoint *e)
{
    DL_DELETE2(e->rsip->endpoints, e, rsip_prev, rsip_next);
    e->rsip->n--;
    e->rsip = NULL;
}

void mgcp_gw_rsip_free(struct mgcp_gw_rsip *r)
{
    while (r->endpoints)
        mgcp_gw_rsip_remove(r->endpoints);
    rt_timer_stop(&r->timer);
    mgcp_gw_forget(r->gw, r->sent);
    DL_DELETE(r->gw->rsips, r);
    free(r->name);
    free(r);
}

struct mgcp_gw_rsip *mgcp_gw_rsip_open(struct mgcp_gw *g, enum mgcp_gw_method method,
                                       unsigned reason)
{
    struct mgcp_gw_rsip *r;
    DL_FOREACH(g->rsips, r)
    {
        if (r->method == method && r->reason == reason && !r->sent && !r->name)
            return r;
    }
    return NULL;
}

/* ---- names ---- */

/** What a split works with. */
struct split {
    struct mgcp_gw_rsip *from;
    struct mgcp_gw_endpoint **all, **e; /**< of the role; those of `from`, in order */
    const char **name, **other;         /**< room for names */
    struct mgcp_gw_rsip **out;
    unsigned nout;
    int err;
};

static int by_agent_and_name(const void *a, const void *b)
{
    const struct mgcp_gw_endpoint *x = *(struct mgcp_gw_endpoint *const *)a;
    const struct mgcp_gw_endpoint *y = *(struct mgcp_gw_endpoint *const *)b;
    int d = strcasecmp(x->notified ? x->notified : "", y->notified ? y->notified : "");
    return d ? d : strcmp(x->key, y->key);
}

/** Length of the first `terms` terms of a name; 0: it has no more of them than that. */
static size_t front(const char *name, unsigned terms)
{
    const char *p = name;
    for (unsigned i = 0; i < terms; i++) {
        p = strchr(p, '/');
        if (!p)
            return 0;
        p++;
    }
    return (size_t)(p - name);
}

/** One announcement of e[0..n-1]. */
static void put(struct split *s, struct mgcp_gw_endpoint **e, unsigned n, const char *name)
{
    const struct mgcp_gw_rsip *from = s->from;
    struct mgcp_gw_rsip *r = mgcp_gw_rsip_new(from->gw, from->method, from->reason);
    char *copy = rt_str_dup(rt_str(name));
    if (!r || !copy) {
        if (r)
            mgcp_gw_rsip_free(r);
        free(copy);
        s->err = ENOMEM;
        return;
    }
    r->name = copy;
    r->since = from->since;
    r->ended = from->ended;
    r->delay = from->delay;
    r->redirects = from->redirects;
    for (unsigned i = 0; i < n; i++) {
        mgcp_gw_rsip_remove(e[i]);
        mgcp_gw_rsip_add(r, e[i]);
    }
    s->out[s->nout++] = r;
}

/** One name for e[0..n-1] that no other endpoint has. */
static bool merge(struct split *s, struct mgcp_gw_endpoint **e, unsigned n, char name[NAME_LEN])
{
    unsigned total = s->from->gw->nendpoints, others = 0;
    for (unsigned i = 0; i < n; i++) {
        s->name[i] = e[i]->name;
        e[i]->picked = 1;
    }
    for (unsigned i = 0; i < total; i++) {
        if (!s->all[i]->picked)
            s->other[others++] = s->all[i]->name;
    }
    for (unsigned i = 0; i < n; i++)
        e[i]->picked = 0;
    return mgcp_name_merge(name, NAME_LEN, s->name, n, s->other, others, false);
}

/** Names e[0..n-1], which have their first `terms` terms in common. */
static void cover(struct split *s, struct mgcp_gw_endpoint **e, unsigned n, unsigned terms)
{
    char name[NAME_LEN];
    if (n == 1 || merge(s, e, n, name)) {
        put(s, e, n, n == 1 ? e[0]->name : name);
        return;
    }
    for (unsigned i = 0, end; i < n && !s->err; i = end) {
        size_t len = front(e[i]->key, terms + 1);
        end = i + 1;
        while (len > 0 && end < n && strncmp(e[i]->key, e[end]->key, len) == 0)
            end++;
        if (end - i == 1)
            put(s, &e[i], 1, e[i]->name);
        else
            cover(s, &e[i], end - i, terms + 1);
    }
}

static bool same_agent(const struct mgcp_gw_endpoint *a, const struct mgcp_gw_endpoint *b)
{
    return strcasecmp(a->notified ? a->notified : "", b->notified ? b->notified : "") == 0;
}

static void split(struct split *s)
{
    struct mgcp_gw *g = s->from->gw;
    struct mgcp_gw_endpoint *e, *tmp;
    unsigned n = 0, total = 0;
    HASH_ITER(hh, g->endpoints, e, tmp)
    {
        s->all[total++] = e;
    }
    DL_FOREACH2(s->from->endpoints, e, rsip_next)
    {
        s->e[n++] = e;
    }
    qsort(s->e, n, sizeof(*s->e), by_agent_and_name);
    for (unsigned i = 0, end; i < n && !s->err; i = end) {
        for (end = i + 1; end < n && same_agent(s->e[i], s->e[end]);)
            end++;
        cover(s, &s->e[i], end - i, 0);
    }
}

int mgcp_gw_rsip_split(struct mgcp_gw_rsip *r, struct mgcp_gw_rsip ***out, unsigned *n)
{
    unsigned total = r->gw->nendpoints;
    struct split s = {.from = r};
    s.all = calloc(total, sizeof(struct mgcp_gw_endpoint *));
    s.e = calloc(total, sizeof(struct mgcp_gw_endpoint *));
    s.name = calloc(total, sizeof(char *));
    s.other = calloc(total, sizeof(char *));
    s.out = calloc(total, sizeof(struct mgcp_gw_rsip *));
    s.err = s.all && s.e && s.name && s.other && s.out ? 0 : ENOMEM;
    if (!s.err)
        split(&s);
    free(s.all);
    free(s.e);
    free(s.name);
    free(s.other);
    if (s.err && s.nout == 0) {
        free(s.out);
        return s.err;
    }
    if (s.err) /* what could not be named any more is said by the next try */
        rt_timer_start(&r->timer, RT_S);
    else
        mgcp_gw_rsip_free(r);
    *out = s.out;
    *n = s.nout;
    return 0;
}
