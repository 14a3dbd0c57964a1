/* Commands from our endpoints to their agent, and whom they go to: the notified entity (RFC 3435
 * 4.1, 4.4.7).
 *
 * One peer serves all endpoints of the role. N of a command is remembered with its endpoint, and
 * the peer is turned to it before the endpoint sends again; so agents that share the endpoints
 * among themselves each get what is theirs, one after the other.
 */
#include "mgcp/gw_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** Commands that an endpoint keeps back while its agent is not told that it is there. */
#define HELD_MAX 16
/** Room for an address as an entity. */
#define ENTITY_LEN (RT_ADDR_LEN + 16)

/** A command of ours that is under way, or kept back. */
struct mgcp_gw_sent {
    struct mgcp_gw_sent *prev, *next;  /**< of the endpoint */
    struct mgcp_gw_endpoint *endpoint; /**< NULL: a RSIP */
    struct mgcp_gw_rsip *rsip;
    enum mgcp_verb verb;
    bool with;
    char *held; /**< its lines, when it is kept back */
};

/* ---- the notified entity ---- */

static bool host_is(const char *agent, struct rt_str host)
{
    union rt_addr a, b;
    if (!rt_addr_parse(&b, host.p, host.n, 0))
        return !rt_addr_parse(&a, agent, strlen(agent), 0) && rt_addr_same_host(&a, &b);
    struct rt_str name = rt_str(agent);
    name = rt_str_cut(&name, ':');
    return name.n == host.n && strncasecmp(name.p, host.p, host.n) == 0;
}

static bool is_agent(const struct mgcp_gw *g, const struct mgcp_transaction *t, struct rt_str host)
{
    char text[RT_ADDR_LEN];
    union rt_addr now;
    for (unsigned i = 0; i < g->nagents; i++) {
        if (host_is(g->agents[i], host))
            return true;
    }
    if (host_is(rt_addr_host(text, mgcp_transaction_source(t)), host))
        return true;
    return mgcp_peer_address(g->peer, &now) && host_is(rt_addr_host(text, &now), host);
}

unsigned mgcp_gw_notified_check(struct mgcp_gw *g, const struct mgcp_transaction *t,
                                struct rt_str n)
{
    struct mgcp_entity entity;
    if (n.n == 0)
        return 200;
    if (mgcp_entity_read(&entity, n))
        return 510;
    return g->foreign || is_agent(g, t, entity.host) ? 200 : 510;
}

/** "[192.0.2.1]:2727" (appendix A, domainName). */
static void write_address(char out[ENTITY_LEN], const union rt_addr *a)
{
    char host[RT_ADDR_LEN];
    snprintf(out, ENTITY_LEN, "[%s]:%u", rt_addr_host(host, a), (unsigned)rt_addr_port(a));
}

/** The first agent of the configuration, as N would have it. */
static struct rt_str provisioned(const struct mgcp_gw *g, char room[ENTITY_LEN])
{
    union rt_addr a;
    const char *text = g->nagents > 0 ? g->agents[0] : "";
    if (rt_addr_parse(&a, text, strlen(text), MGCP_PORT_AGENT))
        return rt_str(text);
    write_address(room, &a);
    return rt_str(room);
}

/** Turns the peer to this endpoint's agent. The peer's errno. */
static int follow(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw *g = e->gw;
    char room[ENTITY_LEN];
    if (!e->notified && !g->notified)
        return 0;
    if (e->notified && g->notified && strcasecmp(e->notified, g->notified) == 0)
        return 0;
    struct rt_str to = e->notified ? rt_str(e->notified) : provisioned(g, room);
    int err = mgcp_peer_redirect(g->peer, to, g->foreign);
    if (err && err != ENOENT)
        return err;
    mgcp_gw_set_text(&g->notified, rt_str(e->notified));
    return err;
}

int mgcp_gw_notified(struct mgcp_gw_endpoint *e, const struct mgcp_transaction *t, struct rt_str n)
{
    char source[ENTITY_LEN];
    struct mgcp_entity entity;
    if (n.n == 0 && t) {
        write_address(source, mgcp_transaction_source(t));
        n = rt_str(source);
    }
    if (n.n == 0 || mgcp_entity_read(&entity, n))
        return EINVAL;
    if (mgcp_gw_set_text(&e->notified, n))
        return ENOMEM;
    int err = follow(e);
    if (err && err != ENOENT)
        mgcp_gw_set_text(&e->notified, (struct rt_str){0});
    return err;
}

void mgcp_gw_write_notified(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    char room[ENTITY_LEN];
    struct rt_str to = e->notified ? rt_str(e->notified) : provisioned(e->gw, room);
    rt_buf_put(out, to.p, to.n);
}

/* ---- sending ---- */

static void write_command(struct mgcp_gw *g, enum mgcp_verb v, uint32_t tid, const char *local,
                          struct rt_str lines, struct rt_buf *out)
{
    const char *domain = g->domain ? g->domain : mgcp_node_domain(g->node);
    mgcp_write_command(out, v, tid, rt_str(local), rt_str(domain), mgcp_peer_peculiar(g->peer));
    rt_buf_put(out, lines.p, lines.n);
}

static int transmit(struct mgcp_gw_sent *s, struct rt_str lines, bool with)
{
    struct mgcp_gw *g = s->endpoint->gw;
    struct rt_buf out = {0};
    uint32_t tid = mgcp_peer_tid(g->peer);
    follow(s->endpoint);
    write_command(g, s->verb, tid, s->endpoint->name, lines, &out);
    int err = out.failed ? ENOMEM : mgcp_peer_command(g->peer, tid, rt_buf_str(&out), with, s);
    rt_buf_release(&out);
    return err;
}

static void sent_free(struct mgcp_gw_sent *s)
{
    if (s->endpoint)
        DL_DELETE(s->endpoint->sent, s);
    free(s->held);
    free(s);
}

static unsigned held(const struct mgcp_gw_endpoint *e)
{
    const struct mgcp_gw_sent *s;
    unsigned n = 0;
    DL_FOREACH(e->sent, s)
    {
        n += s->held != NULL;
    }
    return n;
}

/** Keeps it until the agent has heard of the endpoint: RSIP has to be the first it hears. */
static int hold(struct mgcp_gw_sent *s, struct rt_str lines)
{
    if (held(s->endpoint) >= HELD_MAX)
        return ENOBUFS;
    s->held = rt_str_dup(lines);
    if (!s->held)
        return ENOMEM;
    mgcp_gw_activity(s->endpoint);
    return 0;
}

int mgcp_gw_command(struct mgcp_gw_endpoint *e, enum mgcp_verb v, struct rt_str lines, bool with)
{
    if (e->service == MGCP_GW_OUT || e->refused)
        return ENOTCONN;
    struct mgcp_gw_sent *s = calloc(1, sizeof(*s));
    if (!s)
        return ENOMEM;
    s->endpoint = e;
    s->verb = v;
    s->with = with;
    DL_APPEND(e->sent, s);
    bool now = e->service == MGCP_GW_IN_SERVICE && held(e) == 0;
    int err = now ? transmit(s, lines, with) : hold(s, lines);
    if (err) {
        rt_count(&mgcp_counters[MGCP_UNTOLD]);
        sent_free(s);
    }
    return err;
}

/** Takes the next one that was kept back; NULL: none. */
static struct mgcp_gw_sent *next_held(const struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_sent *s;
    DL_FOREACH(e->sent, s)
    {
        if (s->held)
            return s;
    }
    return NULL;
}

/** It could not be sent, or nobody answered. */
static void unanswered(struct mgcp_gw_sent *s)
{
    struct mgcp_gw_endpoint *e = s->endpoint;
    enum mgcp_verb verb = s->verb;
    sent_free(s);
    if (verb == MGCP_NTFY)
        mgcp_events_notify_answered(e, 0);
}

void mgcp_gw_release(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_sent *s;
    while (e->service == MGCP_GW_IN_SERVICE && (s = next_held(e)) != NULL) {
        char *lines = s->held;
        s->held = NULL;
        int err = transmit(s, rt_str(lines), s->with || s->prev->next != NULL);
        free(lines);
        if (err)
            unanswered(s);
    }
}

void mgcp_gw_give_up(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_sent *s;
    for (unsigned left = held(e); left > 0 && (s = next_held(e)) != NULL; left--) {
        rt_count(&mgcp_counters[MGCP_UNTOLD]);
        unanswered(s);
    }
}

void mgcp_gw_forget_all(struct mgcp_gw_endpoint *e)
{
    while (e->sent) {
        struct mgcp_gw_sent *s = e->sent;
        mgcp_peer_forget(e->gw->peer, s);
        sent_free(s);
    }
}

/* ---- RSIP ---- */

int mgcp_gw_send_rsip(struct mgcp_gw *g, struct mgcp_gw_rsip *r, const char *name,
                      struct rt_str lines, struct mgcp_gw_sent **out, uint32_t *tid,
                      struct rt_buf *text)
{
    struct rt_buf now = {0}, *b = text ? text : &now;
    struct mgcp_gw_sent *s = calloc(1, sizeof(*s));
    if (!s)
        return ENOMEM;
    s->rsip = r;
    s->verb = MGCP_RSIP;
    *tid = mgcp_peer_tid(g->peer);
    follow(r->endpoints);
    write_command(g, MGCP_RSIP, *tid, name, lines, b);
    int err = b->failed ? ENOMEM : 0;
    if (!err && !text)
        err = mgcp_peer_command(g->peer, *tid, rt_buf_str(b), false, s);
    rt_buf_release(&now);
    if (err)
        free(s);
    else
        *out = s;
    return err;
}

void mgcp_gw_forget(struct mgcp_gw *g, struct mgcp_gw_sent *s)
{
    if (!s)
        return;
    mgcp_peer_forget(g->peer, s);
    free(s);
}

/* ---- answers ---- */

static void on_own_answer(struct mgcp_gw_sent *s, const struct mgcp_message *m)
{
    struct mgcp_gw_endpoint *e = s->endpoint;
    enum mgcp_verb verb = s->verb;
    sent_free(s);
    /* Who does not know MESG does not answer it: this says nothing of the agent (appendix B). */
    if (!m && verb != MGCP_MESG)
        mgcp_gw_disconnected(e);
    if (verb == MGCP_NTFY)
        mgcp_events_notify_answered(e, m ? mgcp_code_known(m->code) : 0);
}

void mgcp_gw_on_response(void *arg, void *command_arg, const struct mgcp_message *m)
{
    struct mgcp_gw_sent *s = command_arg;
    (void)arg;
    if (m && m->code >= 100 && m->code < 200)
        return;
    if (s->endpoint) {
        on_own_answer(s, m);
        return;
    }
    struct mgcp_gw_rsip *r = s->rsip;
    free(s);
    r->sent = NULL;
    mgcp_gw_rsip_answered(r, m);
}
