/* Commands of the call agent (RFC 3435 2.3): written by what the gateway understands, sent one at a
 * time to each endpoint and in order, and what came of them.
 */
#include "gw/rt/log.h"
#include "mgcp/ca_priv.h"
#include "mgcp/event.h"
#include "mgcp/options.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

#define CAUSE_OUT_OF_ORDER 27 /* destination out of order */
#define CAUSE_TEMPORARY    41

/* What we ask of an endpoint: the request it has, its connections, states of events, service. */
static const char requested_info[] = "X,I,ES,RM,RD,E";

/* ---- life of a command ---- */

/* What the peer has lives until it says what came of it. */
static void release(struct mgcp_ca_command *c)
{
    if (!c->flying) {
        free(c);
        return;
    }
    c->e = NULL;
    c->done = NULL;
    c->failed = false;
    c->orphan = true;
    DL_APPEND(c->g->orphans, c);
}

void mgcp_ca_free_orphans(struct mgcp_ca_gateway *g)
{
    struct mgcp_ca_command *c, *next;

    DL_FOREACH_SAFE(g->orphans, c, next)
    {
        free(c);
    }
    g->orphans = NULL;
}

static void tell(const struct mgcp_ca_command *c, const struct mgcp_result *r)
{
    if (c->done)
        c->done(c->arg, r);
}

/* One that will not be answered: told at the end of the round. */
static void fail_later(struct mgcp_ca_command *c, unsigned code, unsigned cause)
{
    c->code = (uint16_t)code;
    c->cause = (uint16_t)cause;
    c->failed = true;
    DL_APPEND(c->g->failed, c);
    rt_defer_start(&c->g->defer);
}

void mgcp_ca_tell_failed(struct mgcp_ca_gateway *g)
{
    struct mgcp_ca_command *c;
    unsigned n;

    /* What owners send meanwhile is told of in the next round. */
    DL_COUNT(g->failed, c, n);
    while (n-- > 0 && (c = g->failed)) {
        struct mgcp_result r = {.code = c->code,
                                .cause = c->cause,
                                .category = c->code ? mgcp_code_category(c->code) : MGCP_TEMPORARY};
        DL_DELETE(g->failed, c);
        if (c->verb == MGCP_AUEP && c->code == 0 && !g->lost)
            mgcp_ca_work(c->e, MGCP_CA_AUDIT, MGCP_CA_SOON);
        tell(c, &r);
        release(c);
    }
}

/* Sends the lines of a command behind its command line. */
static int transmit(struct mgcp_ca_command *c, const char *local)
{
    struct mgcp_ca_gateway *g = c->g;
    uint32_t tid = mgcp_peer_tid(g->peer);
    struct rt_buf text = {0};
    int err;

    mgcp_write_command(&text, (enum mgcp_verb)c->verb, tid, rt_str(local), rt_str(g->name),
                       mgcp_ca_dialect(g));
    rt_buf_put(&text, c->lines, c->n);
    err = text.failed ? ENOMEM : mgcp_peer_command(g->peer, tid, rt_buf_str(&text), false, c);
    rt_buf_release(&text);
    c->flying = err == 0;
    c->sent_at = rt_now();
    return err;
}

void mgcp_ca_next(struct mgcp_ca_endpoint *e)
{
    struct mgcp_ca_command *c;

    while (!e->sent && e->queue && !(e->work & MGCP_CA_SEND) && !e->g->lost) {
        c = e->queue;
        DL_DELETE(e->queue, c);
        e->queued--;
        e->g->queued--;
        if (transmit(c, e->local) == 0)
            e->sent = c;
        else
            fail_later(c, 0, CAUSE_TEMPORARY);
    }
}

static struct mgcp_ca_command *make(struct mgcp_ca_gateway *g, enum mgcp_verb verb,
                                    struct rt_buf *lines)
{
    struct mgcp_ca_command *c = lines->failed ? NULL : calloc(1, sizeof *c + lines->n);

    if (c) {
        c->g = g;
        c->verb = (uint8_t)verb;
        c->n = lines->n;
        if (lines->n > 0)
            memcpy(c->lines, lines->p, lines->n);
    }
    rt_buf_release(lines);
    return c;
}

/* Puts a command behind those of its endpoint. Takes `lines`. */
static int enqueue(struct mgcp_ca_endpoint *e, enum mgcp_verb verb, struct rt_buf *lines,
                   uint32_t rid, mgcp_done_fn *done, void *arg)
{
    struct mgcp_ca_command *c;

    if (e->queued >= MGCP_CA_QUEUE_MAX) {
        rt_buf_release(lines);
        return ENOBUFS;
    }
    c = make(e->g, verb, lines);
    if (!c)
        return ENOMEM;
    c->e = e;
    c->rid = rid;
    c->done = done;
    c->arg = arg;
    if (e->g->lost) {
        fail_later(c, 0, CAUSE_OUT_OF_ORDER);
        return 0;
    }
    DL_APPEND(e->queue, c);
    e->queued++;
    e->g->queued++;
    mgcp_ca_next(e);
    return 0;
}

/* What the gateway has no use for is done without it. */
static int nothing_to_send(struct mgcp_ca_endpoint *e, enum mgcp_verb verb, mgcp_done_fn *done,
                           void *arg)
{
    struct rt_buf none = {0};
    struct mgcp_ca_command *c = make(e->g, verb, &none);

    if (!c)
        return ENOMEM;
    c->e = e;
    c->done = done;
    c->arg = arg;
    fail_later(c, 200, 0);
    return 0;
}

void mgcp_ca_fail(struct mgcp_ca_endpoint *e, bool sent, unsigned code, unsigned cause)
{
    struct mgcp_ca_command *c, *next;

    if (sent && e->sent) {
        c = e->sent;
        e->sent = NULL;
        fail_later(c, code, cause);
    }
    DL_FOREACH_SAFE(e->queue, c, next)
    {
        DL_DELETE(e->queue, c);
        e->g->queued--;
        fail_later(c, code, cause);
    }
    e->queued = 0;
}

void mgcp_ca_discard(struct mgcp_ca_endpoint *e)
{
    struct mgcp_ca_gateway *g = e->g;
    struct mgcp_ca_command *c, *next;

    mgcp_ca_fail(e, true, 0, 0);
    DL_FOREACH_SAFE(g->failed, c, next)
    {
        if (c->e != e)
            continue;
        DL_DELETE(g->failed, c);
        release(c);
    }
    if (g->answering && g->answering->e == e)
        g->answering->done = NULL;
}

static void forget(struct mgcp_ca_command *c, const struct mgcp_ca_endpoint *e, const void *arg)
{
    if (c && c->e == e && c->arg == arg)
        c->done = NULL;
}

void mgcp_ca_forget(struct mgcp_ca_endpoint *e, void *arg)
{
    struct mgcp_ca_command *c;

    forget(e->sent, e, arg);
    forget(e->g->answering, e, arg);
    DL_FOREACH(e->queue, c)
    {
        forget(c, e, arg);
    }
    DL_FOREACH(e->g->failed, c)
    {
        forget(c, e, arg);
    }
}

/* ---- writing ---- */

static void put(struct rt_buf *b, const char *name, const char *value)
{
    if (value)
        mgcp_write_line(b, name, rt_str(value));
}

/* N: where the gateway finds us. */
static void put_entity(struct rt_buf *b, const struct mgcp_ca_gateway *g)
{
    union rt_addr to;
    char entity[256 + RT_ADDR_LEN];

    if (mgcp_ca_dialect(g)->notified_entity && mgcp_peer_address(g->peer, &to))
        put(b, "N", mgcp_node_entity(g->node, &to, entity, sizeof entity));
}

/* X and what comes with it; returns X. */
static uint32_t put_request(struct rt_buf *b, struct mgcp_ca_gateway *g,
                            const struct mgcp_request *r)
{
    if (++g->rid == 0)
        g->rid = 1;
    mgcp_write_linef(b, "X", "%x", (unsigned)g->rid);
    put(b, "R", r->events);
    put(b, "S", r->signals);
    put(b, "D", r->digit_map);
    put(b, "T", r->detect);
    if (r->loop && mgcp_ca_dialect(g)->quarantine)
        put(b, "Q", "loop");
    return g->rid;
}

/* L for a gateway that takes one codec alone, and always 20 ms of it. */
static void put_one_codec(struct rt_buf *b, const char *options)
{
    struct rt_str rest = rt_str(options), field;
    struct rt_buf text = {0};

    while (rest.n > 0) {
        field = rt_str_trim(rt_str_cut(&rest, ','));
        if (field.n < 2 || strncasecmp(field.p, "p:", 2) == 0)
            continue;
        if (strncasecmp(field.p, "a:", 2) == 0)
            field = rt_str_cut(&field, ';');
        rt_buf_puts(&text, ", ");
        rt_buf_put(&text, field.p, field.n);
    }
    mgcp_write_linef(b, "L", "p:20%s", text.p ? text.p : "");
    b->failed = b->failed || text.failed;
    rt_buf_release(&text);
}

static void put_options(struct rt_buf *b, const struct mgcp_peculiar *p, const char *options)
{
    if (options && p->one_codec)
        put_one_codec(b, options);
    else
        put(b, "L", options);
}

int mgcp_ca_request(struct mgcp_ca_endpoint *e, const struct mgcp_request *r, mgcp_done_fn *done,
                    void *arg)
{
    struct rt_buf b = {0};
    uint32_t rid;

    if (!mgcp_ca_peculiar(e)->events)
        return nothing_to_send(e, MGCP_RQNT, done, arg);
    put_entity(&b, e->g);
    rid = put_request(&b, e->g, r);
    return enqueue(e, MGCP_RQNT, &b, rid, done, arg);
}

int mgcp_ca_connect(struct mgcp_ca_endpoint *e, const struct mgcp_connect *c, mgcp_done_fn *done,
                    void *arg)
{
    const struct mgcp_peculiar *p = mgcp_ca_peculiar(e);
    const struct mgcp_request *request = p->events ? c->request : NULL;
    struct rt_buf b = {0};
    uint32_t rid = 0;

    put(&b, "C", c->call);
    put(&b, "I", c->connection);
    if (!c->connection || request)
        put_entity(&b, e->g);
    put_options(&b, p, c->options);
    put(&b, "M", c->mode);
    if (request)
        rid = put_request(&b, e->g, request);
    if (c->sdp.n > 0)
        mgcp_write_sdp(&b, c->sdp);
    return enqueue(e, c->connection ? MGCP_MDCX : MGCP_CRCX, &b, rid, done, arg);
}

int mgcp_ca_delete(struct mgcp_ca_endpoint *e, const char *call, const char *connection,
                   mgcp_done_fn *done, void *arg)
{
    struct rt_buf b = {0};

    put(&b, "C", call);
    put(&b, "I", connection);
    return enqueue(e, MGCP_DLCX, &b, 0, done, arg);
}

int mgcp_ca_delete_stray(struct mgcp_ca_endpoint *e, struct rt_str connection)
{
    struct rt_buf b = {0};

    mgcp_write_line(&b, "I", connection);
    put(&b, "F", "C");
    return enqueue(e, MGCP_AUCX, &b, 0, NULL, NULL);
}

int mgcp_ca_audit(struct mgcp_ca_endpoint *e, mgcp_done_fn *done, void *arg)
{
    struct rt_buf b = {0};

    if (!mgcp_ca_peculiar(e)->audits)
        return nothing_to_send(e, MGCP_AUEP, done, arg);
    put(&b, "F", requested_info);
    return enqueue(e, MGCP_AUEP, &b, 0, done, arg);
}

void mgcp_ca_audit_send(struct mgcp_ca_endpoint *e)
{
    const struct mgcp_ca_command *c;

    if (e->sent && e->sent->verb == MGCP_AUEP)
        return;
    DL_FOREACH(e->queue, c)
    {
        if (c->verb == MGCP_AUEP)
            return;
    }
    if (mgcp_ca_audit(e, NULL, NULL) != 0)
        mgcp_ca_work(e, MGCP_CA_AUDIT, MGCP_CA_SOON);
}

struct mgcp_ca_command *mgcp_ca_ask(struct mgcp_ca_gateway *g, const char *local)
{
    struct rt_buf none = {0};
    struct mgcp_ca_command *c = make(g, MGCP_AUEP, &none);

    if (c && transmit(c, local) != 0) {
        release(c);
        c = NULL;
    }
    return c;
}

void mgcp_ca_ask_end(struct mgcp_ca_command *c)
{
    if (c)
        release(c);
}

/* ---- results ---- */

/* ES: the state of the hook, as the package L has it. */
static int hook_of(struct rt_str states)
{
    struct mgcp_item item;

    while (mgcp_item_next(&states, MGCP_LIST_S, &item, NULL) == 0) {
        if (rt_str_caseeq(item.name, "hd"))
            return MGCP_OFF_HOOK;
        if (rt_str_caseeq(item.name, "hu"))
            return MGCP_ON_HOOK;
    }
    return MGCP_HOOK_UNKNOWN;
}

static void read_result(struct mgcp_result *r, const struct mgcp_ca_command *c,
                        const struct mgcp_message *m)
{
    struct rt_str z;

    *r = (struct mgcp_result){.category = MGCP_TEMPORARY,
                              .cause = c->g->lost ? CAUSE_OUT_OF_ORDER : CAUSE_TEMPORARY};
    if (!m)
        return;
    r->code = mgcp_code_known(m->code);
    r->connection = mgcp_value(m, MGCP_P_I);
    if (c->verb == MGCP_CRCX && r->code < 300 && !mgcp_ca_names_connection(m))
        r->code = 510; /* a connection that has no name is none */
    r->category = mgcp_code_category(r->code);
    r->cause = r->code < 300 ? 0 : mgcp_code_cause(r->code);
    if (r->code >= 300)
        return;
    z = mgcp_value(m, MGCP_P_Z);
    r->endpoint = rt_str_cut(&z, '@');
    if (m->nsdp > 0)
        r->sdp = m->sdp[0];
    if (mgcp_has(m, MGCP_P_P))
        r->stats.present = mgcp_statistics_read(&r->stats, mgcp_value(m, MGCP_P_P)) == 0;
    if (c->verb == MGCP_AUEP)
        r->hook = hook_of(mgcp_value(m, MGCP_P_ES));
}

/* An endpoint that is busy gets requests and deletions again: lost, they would leave a dead line,
 * or a connection that nobody knows. Calls cannot wait: their owners are told. */
static bool again(struct mgcp_ca_command *c, unsigned code)
{
    struct mgcp_ca_endpoint *e = c->e;

    if ((code != 405 && code != 409) || (c->verb != MGCP_RQNT && c->verb != MGCP_DLCX) ||
        c->tries >= MGCP_CA_TRIES || e->g->lost)
        return false;
    c->tries++;
    DL_PREPEND(e->queue, c);
    e->queued++;
    e->g->queued++;
    mgcp_ca_work(e, MGCP_CA_SEND, MGCP_CA_SOON);
    return true;
}

/* An answer to a command of the gateway's own. */
static void answer_gateway(struct mgcp_ca_command *c, const struct mgcp_message *m)
{
    struct mgcp_ca_gateway *g = c->g;

    if (c->orphan) {
        DL_DELETE(g->orphans, c);
    } else if (c == g->wild) {
        g->wild = NULL;
        mgcp_ca_named(g, m);
    } else if (c == g->question) {
        g->question = NULL;
        mgcp_ca_questioned(g, m != NULL);
    }
    release(c);
}

static void answer_endpoint(struct mgcp_ca_command *c, const struct mgcp_message *m)
{
    struct mgcp_ca_endpoint *e = c->e;
    struct mgcp_ca_gateway *g = c->g;
    struct mgcp_result r;

    e->sent = NULL;
    read_result(&r, c, m);
    mgcp_ca_delete_nameless(c, m);
    if (again(c, r.code))
        return;
    if (c->rid != 0 && r.code < 300)
        e->rid = c->rid; /* also when no answer came: it may be in force */
    mgcp_ca_next(e);
    g->answering = c;
    if (mgcp_ca_judge(e, c, &r, m))
        tell(c, &r);
    g->answering = NULL;
    release(c);
}

void mgcp_ca_response(void *arg, void *command_arg, const struct mgcp_message *m)
{
    struct mgcp_ca_gateway *g = arg;
    struct mgcp_ca_command *c = command_arg;

    if (m && (m->code == 101 || m->code == 405 || m->code == 409))
        mgcp_ca_slow(g);
    if (m)
        g->heard_at = rt_now();
    else
        g->unanswered_at = c->sent_at;
    if (m && m->code < 200)
        return;
    c->flying = false;
    if (c->failed) /* its owner is told so at the end of this round */
        return;
    if (c->e)
        answer_endpoint(c, m);
    else
        answer_gateway(c, m);
}
