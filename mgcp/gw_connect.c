/* CreateConnection and ModifyConnection (RFC 3435 2.3.5, 2.3.6). The owner prepares the media, then
 * all is committed: the connection, events that are asked for with it, bearer and notified entity.
 */
#include "mgcp/gw_events.h"
#include "mgcp/gw_priv.h"
#include "mgcp/options.h"

#include <stdlib.h>
#include <utlist.h>

/** A connection on its way. */
struct attempt {
    struct mgcp_gw_request *r;
    struct mgcp_gw_endpoint *e;
    struct mgcp_gw_connection *c;
    struct mgcp_gw_media media;
    struct mgcp_options options;
    struct mgcp_gw_also also;
    struct rt_buf local; /**< our description */
};

/* ---- what both verbs check ---- */

/** Modes in which we send to somebody (2.3.5). */
static bool needs_remote(enum mgcp_mode m)
{
    return m == MGCP_SENDONLY || m == MGCP_SENDRECV || m == MGCP_CONFRNCE || m == MGCP_NETWLOOP ||
           m == MGCP_NETWTEST;
}

static unsigned read_options(struct attempt *a)
{
    struct rt_str text = mgcp_value(a->r->m, MGCP_P_L);
    if (!mgcp_has(a->r->m, MGCP_P_L))
        return 200;
    unsigned code = mgcp_options_read(&a->options, text);
    if (code != 0 && code != 200)
        return code;
    a->media.options = text;
    a->media.parsed = &a->options;
    return 200;
}

static unsigned read_remote(struct attempt *a)
{
    const struct mgcp_message *m = a->r->m;
    if (m->nsdp == 0)
        return 200;
    if (m->nsdp > 1)
        return 510;
    struct rt_str sdp = rt_str_trim(m->sdp[0]);
    if (sdp.n < 3 || strncasecmp(sdp.p, "v=0", 3) != 0)
        return 509;
    a->media.remote = m->sdp[0];
    return 200;
}

/** Mode, L and RC. */
static unsigned read_media(struct attempt *a, enum mgcp_mode mode, bool has_remote)
{
    struct rt_str text = mgcp_value(a->r->m, MGCP_P_M);
    a->media.mode = mgcp_has(a->r->m, MGCP_P_M) ? mgcp_mode_read(text) : mode;
    if (a->media.mode == MGCP_MODES)
        return memchr(text.p, '/', text.n) ? 518 : 517;
    unsigned code = read_options(a);
    if (code == 200)
        code = read_remote(a);
    if (code == 200 && needs_remote(a->media.mode) && !has_remote && a->media.remote.n == 0)
        code = 527;
    return code;
}

static unsigned prepare(struct attempt *a)
{
    unsigned code = a->e->ops->prepare(a->e->arg, a->c, &a->media, &a->local);
    if (code == 200 && a->local.failed) {
        a->e->ops->abort(a->e->arg, a->c);
        return 403;
    }
    return code;
}

/** L as it holds: what is new, and what was said before of other options (2.3.11). */
static void keep_options(struct mgcp_gw_connection *c, struct rt_str now)
{
    struct rt_buf all = {0};
    struct rt_str old = rt_str(c->options);
    rt_buf_put(&all, now.p, now.n);
    while (c->options && old.n > 0) {
        struct rt_str item = rt_str_trim(rt_str_cut(&old, ','));
        struct rt_str rest = item, name = rt_str_trim(rt_str_cut(&rest, ':'));
        struct rt_str left = now;
        bool said = item.n == 0;
        while (left.n > 0 && !said) {
            struct rt_str other = rt_str_cut(&left, ',');
            other = rt_str_trim(rt_str_cut(&other, ':'));
            said = other.n == name.n && strncasecmp(other.p, name.p, name.n) == 0;
        }
        if (!said)
            rt_buf_printf(&all, "%s%.*s", all.n > 0 ? ", " : "", RT_STR(item));
    }
    if (!all.failed)
        mgcp_gw_set_text(&c->options, rt_buf_str(&all));
    rt_buf_release(&all);
}

/** What the command said holds from now on. */
static void keep(struct attempt *a)
{
    struct mgcp_gw_connection *c = a->c;
    c->mode = a->media.mode;
    if (a->media.options.n > 0)
        keep_options(c, a->media.options);
    if (a->media.remote.n > 0)
        mgcp_gw_set_text(&c->remote, a->media.remote);
    if (a->local.n > 0)
        mgcp_gw_set_text(&c->local, rt_buf_str(&a->local));
}

static void end_attempt(struct attempt *a)
{
    mgcp_gw_also_drop(&a->also);
    rt_buf_release(&a->local);
}

/* ---- CreateConnection ---- */

static unsigned count(const struct mgcp_gw_endpoint *e)
{
    const struct mgcp_gw_connection *c;
    unsigned n = 0;
    DL_FOREACH(e->connections, c)
    {
        n++;
    }
    return n;
}

static unsigned new_connection(struct attempt *a, struct mgcp_gw_endpoint *e, unsigned more)
{
    a->e = e;
    if (count(e) + more > MGCP_GW_CONNECTIONS)
        return 540;
    a->c = mgcp_gw_connection_new(e);
    if (!a->c)
        return 403;
    struct rt_str call = mgcp_value(a->r->m, MGCP_P_C);
    if (!rt_str_copy(a->c->call, sizeof(a->c->call), call))
        return 510;
    a->media.call = call;
    return 200;
}

static void link_connection(struct attempt *a)
{
    a->e->ops->commit(a->e->arg, a->c);
    DL_APPEND(a->e->connections, a->c);
    mgcp_events_connection_made(a->e, a->c);
}

/** The second endpoint of a local call; its name is whole, "$" stands for one in service. */
static unsigned second_endpoint(struct mgcp_gw_request *r, struct mgcp_gw_endpoint **out,
                                bool *wild)
{
    struct rt_str name = mgcp_value(r->m, MGCP_P_Z2), local = rt_str_cut(&name, '@');
    enum mgcp_wildcard kind = MGCP_ONE;
    bool known = false;
    if (mgcp_name_check(local, &kind) || kind == MGCP_ALL)
        return 500;
    *wild = kind == MGCP_ANY;
    *out = *wild ? mgcp_gw_pick(r->gw, local, r->endpoint[0], &known) : mgcp_gw_find(r->gw, local);
    if (!*out)
        return known ? 410 : 500;
    if ((*out)->service == MGCP_GW_OUT)
        return 501;
    return (*out)->service == MGCP_GW_QUIET || (*out)->service == MGCP_GW_RESTARTING ? 405 : 200;
}

/** The second side of a local call hears of the first one's description, and the first of the
 * second's: each is prepared and done as any connection is. */
static unsigned join(struct attempt *first, struct attempt *second)
{
    second->media.mode = MGCP_SENDRECV;
    second->media.remote = rt_buf_str(&first->local);
    unsigned code = prepare(second);
    if (code != 200)
        return code;
    keep(second);
    link_connection(second);
    struct attempt answer = {.r = first->r, .e = first->e, .c = first->c};
    answer.media = first->media;
    answer.media.modify = true;
    answer.media.options = (struct rt_str){0};
    answer.media.parsed = NULL;
    answer.media.remote = rt_buf_str(&second->local);
    code = prepare(&answer);
    if (code == 200) {
        answer.e->ops->commit(answer.e->arg, answer.c);
        keep(&answer);
    } else {
        mgcp_gw_delete(second->c, NULL);
        second->c = NULL;
    }
    rt_buf_release(&answer.local);
    return code;
}

static void write_created(struct attempt *a, const struct attempt *second, bool wild)
{
    struct mgcp_gw_request *r = a->r;
    struct rt_buf name = {0};
    mgcp_write_line(&r->out, "I", rt_str(a->c->id));
    if (r->kind == MGCP_ANY) {
        mgcp_gw_full_name(a->e, &name);
        mgcp_write_line(&r->out, "Z", rt_buf_str(&name));
    }
    if (second && wild) {
        rt_buf_reset(&name);
        mgcp_gw_full_name(second->e, &name);
        mgcp_write_line(&r->out, "Z2", rt_buf_str(&name));
    }
    if (second)
        mgcp_write_line(&r->out, "I2", rt_str(second->c->id));
    if (a->c->local)
        mgcp_write_sdp(&r->out, rt_str(a->c->local));
    rt_buf_release(&name);
}

/** A prepared connection is there, and what came with it is done. */
static void create(struct attempt *a)
{
    keep(a);
    link_connection(a);
}

/** A call between two endpoints of ours. While the second side can still refuse, the first has its
 * connection and nothing else. */
static unsigned create_local(struct attempt *a, struct attempt *second)
{
    enum mgcp_mode mode = a->media.mode;
    if (needs_remote(mode)) /* it is told to whom at once */
        a->media.mode = MGCP_RECVONLY;
    unsigned code = prepare(a);
    if (code != 200)
        return code;
    create(a);
    a->media.mode = mode;
    code = join(a, second);
    if (code != 200) {
        mgcp_gw_delete(a->c, NULL);
        a->c = NULL;
    }
    return code;
}

static unsigned crcx_local(struct attempt *a)
{
    struct mgcp_gw_request *r = a->r;
    struct attempt second = {.r = r};
    bool wild = false;
    struct mgcp_gw_endpoint *other = NULL;
    unsigned code = second_endpoint(r, &other, &wild);
    if (code == 200)
        code = new_connection(&second, other, other == a->e ? 2 : 1);
    if (code == 200)
        code = mgcp_gw_also_check(r, a->e, a->c, &a->also);
    if (code == 200) {
        code = create_local(a, &second);
        if (code == 200) {
            mgcp_gw_also_commit(r, a->e, &a->also);
            write_created(a, &second, wild);
            second.c = NULL;
        }
    }
    if (second.c)
        mgcp_gw_connection_free(second.c);
    end_attempt(&second);
    return code;
}

static unsigned crcx_one(struct attempt *a)
{
    unsigned code = 200;
    if (a->media.remote.n > 0 && mgcp_gw_set_text(&a->c->remote, a->media.remote))
        return 403; /* who checks signals on "@$" looks for it (527) */
    code = mgcp_gw_also_check(a->r, a->e, a->c, &a->also);
    if (code == 200)
        code = prepare(a);
    if (code != 200)
        return code;
    create(a);
    mgcp_gw_also_commit(a->r, a->e, &a->also);
    write_created(a, NULL, false);
    return 200;
}

unsigned mgcp_gw_crcx(struct mgcp_gw_request *r)
{
    struct attempt a = {.r = r};
    bool local = mgcp_has(r->m, MGCP_P_Z2);
    if (local && r->m->nsdp > 0)
        return 510;
    unsigned code = new_connection(&a, r->endpoint[0], 1);
    if (code == 200)
        code = read_media(&a, MGCP_MODES, local);
    if (code == 200)
        code = local ? crcx_local(&a) : crcx_one(&a);
    if (code != 200 && a.c)
        mgcp_gw_connection_free(a.c);
    end_attempt(&a);
    return code;
}

/* ---- ModifyConnection ---- */

static unsigned modify(struct attempt *a)
{
    struct mgcp_gw_request *r = a->r;
    unsigned code = mgcp_gw_also_check(r, a->e, a->c, &a->also);
    if (code == 200)
        code = prepare(a);
    if (code != 200)
        return code;
    a->e->ops->commit(a->e->arg, a->c);
    bool changed =
        a->local.n > 0 && !(a->c->local && rt_str_eq(rt_buf_str(&a->local), a->c->local));
    keep(a);
    mgcp_gw_also_commit(r, a->e, &a->also);
    if (changed)
        mgcp_write_sdp(&r->out, rt_buf_str(&a->local));
    return 200;
}

unsigned mgcp_gw_mdcx(struct mgcp_gw_request *r)
{
    struct attempt a = {.r = r, .e = r->endpoint[0]};
    a.c = mgcp_gw_connection(a.e, mgcp_value(r->m, MGCP_P_I));
    if (!a.c)
        return 515;
    if (!rt_str_caseeq(mgcp_value(r->m, MGCP_P_C), a.c->call))
        return 516;
    a.media.modify = true;
    a.media.call = rt_str(a.c->call);
    unsigned code = read_media(&a, a.c->mode, a.c->remote != NULL);
    if (code == 200)
        code = modify(&a);
    end_attempt(&a);
    return code;
}
