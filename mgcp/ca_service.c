/* Whether the endpoints of other people's gateways are there (RFC 3435 2.3.10, 2.3.12, 4.4.5 to
 * 4.4.7): what restarts, audits and answers say of it, and gateways that fall silent and return.
 */
#include "gw/rt/log.h"
#include "mgcp/ca_priv.h"

#include <stdlib.h>

#define CAUSE_TEMPORARY    41
#define CAUSE_OUT_OF_ORDER 27 /* destination out of order */

#define DOUBT (3 * RT_S) /* within this a command is repeated some times */

static void set_service(struct mgcp_ca_endpoint *e, enum mgcp_service s)
{
    if (e->service == MGCP_IN_SERVICE)
        e->g->in_service--;
    if (s == MGCP_IN_SERVICE)
        e->g->in_service++;
    e->service = (uint8_t)s;
}

bool mgcp_ca_tell(struct mgcp_ca_endpoint *e, enum mgcp_service s, unsigned reason, bool restarted)
{
    struct mgcp_ca_gateway *g = e->g;

    set_service(e, s);
    if (restarted)
        e->rid = 0;
    g->current = e;
    e->ops->service(e->arg, s, reason, restarted);
    return g->current == e;
}

/* ---- audits ---- */

static void audit_all(struct mgcp_ca_gateway *g, enum mgcp_ca_list list)
{
    struct mgcp_ca_endpoint *e;

    for (e = g->endpoints; e; e = e->hh.next)
        mgcp_ca_work(e, MGCP_CA_AUDIT, list);
}

void mgcp_ca_serve(struct mgcp_ca_endpoint *e)
{
    unsigned work = e->work;

    e->work = 0;
    if (work & MGCP_CA_SEND)
        mgcp_ca_next(e);
    if (work & MGCP_CA_RESTARTED)
        mgcp_ca_tell(e, MGCP_IN_SERVICE, e->reason, true);
    else if (!(work & MGCP_CA_AUDIT))
        return;
    else if (mgcp_ca_peculiar(e)->audits)
        mgcp_ca_audit_send(e);
    else if (e->service != MGCP_IN_SERVICE)
        mgcp_ca_tell(e, MGCP_IN_SERVICE, 0, false); /* it cannot be asked: commands will tell */
}

void mgcp_ca_start(struct mgcp_ca_gateway *g)
{
    const struct mgcp_peculiar *p = mgcp_ca_dialect(g);

    if (g->started)
        return;
    g->started = true;
    if (g->audit_every > 0)
        rt_timer_start(&g->audit, g->audit_every);
    if (p->audits && p->wildcard_audit && HASH_COUNT(g->endpoints) > 1)
        g->wild = mgcp_ca_ask(g, "*");
    if (!g->wild)
        audit_all(g, MGCP_CA_URGENT);
}

void mgcp_ca_added(struct mgcp_ca_endpoint *e)
{
    if (e->g->lost)
        set_service(e, MGCP_LOST);
    else
        mgcp_ca_work(e, MGCP_CA_AUDIT, MGCP_CA_URGENT);
}

void mgcp_ca_on_audit(void *arg)
{
    struct mgcp_ca_gateway *g = arg;

    rt_timer_start(&g->audit, g->audit_every);
    if (!g->lost && mgcp_ca_dialect(g)->audits)
        audit_all(g, MGCP_CA_IDLE);
}

static void not_there(struct mgcp_ca_endpoint *e, enum mgcp_ca_list again)
{
    if (e->service != MGCP_OUT_OF_SERVICE)
        rt_log(RT_LOG_MGCP, RT_WARN, "gateway %s: endpoint %s is out of service", e->g->name,
               e->local);
    mgcp_ca_work(e, MGCP_CA_AUDIT, again);
}

static bool is_out(struct mgcp_ca_endpoint *e, enum mgcp_ca_list again)
{
    bool told = e->service == MGCP_OUT_OF_SERVICE;

    not_there(e, again);
    return told || mgcp_ca_tell(e, MGCP_OUT_OF_SERVICE, 0, false);
}

/* Those that it names are asked one by one; what it does not name is not there. A list that it
 * cannot or will not give (503, 533) is no harm: then all are asked. */
void mgcp_ca_named(struct mgcp_ca_gateway *g, const struct mgcp_message *m)
{
    struct rt_str lines = m ? m->lines : rt_str("");
    struct mgcp_ca_endpoint *e, *next;
    struct mgcp_line line;
    unsigned named = 0;

    while (m && m->code < 300 && mgcp_line_next(&lines, &line)) {
        if (line.param != MGCP_P_Z || !(e = mgcp_ca_find(g, rt_str_cut(&line.value, '@'))))
            continue;
        named += !e->named;
        e->named = true;
    }
    HASH_ITER(hh, g->endpoints, e, next)
    {
        bool there = e->named || named == 0;

        e->named = false;
        if (g->lost || e->service != MGCP_UNKNOWN || (e->work & MGCP_CA_RESTARTED))
            continue;
        if (there)
            mgcp_ca_work(e, MGCP_CA_AUDIT, MGCP_CA_URGENT);
        else
            is_out(e, MGCP_CA_LATER);
    }
}

/* ---- what answers say ---- */

static unsigned number(struct rt_str text)
{
    uint64_t v;

    return rt_str_u64(&v, text, 999999) == 0 ? (unsigned)v : 0;
}

/* RM and RD of an audit (4.4.5): restart is the normal state, and with a delay its beginning. */
static enum mgcp_service audited_service(const struct mgcp_message *m)
{
    static const enum mgcp_service states[] = {
        [MGCP_CA_GRACEFUL] = MGCP_GRACEFUL,  [MGCP_CA_FORCED] = MGCP_OUT_OF_SERVICE,
        [MGCP_CA_RESTART] = MGCP_IN_SERVICE, [MGCP_CA_DISCONNECTED] = MGCP_IN_SERVICE,
        [MGCP_CA_CANCEL] = MGCP_IN_SERVICE,  [MGCP_CA_METHODS] = MGCP_IN_SERVICE,
    };
    unsigned method = mgcp_ca_method(mgcp_value(m, MGCP_P_RM));

    if (method == MGCP_CA_RESTART && number(mgcp_value(m, MGCP_P_RD)) > 0)
        return MGCP_OUT_OF_SERVICE;
    return states[method];
}

/* The gateway has no request where we made one: it restarted, and we did not hear of it. */
static bool lost_request(const struct mgcp_ca_endpoint *e, const struct mgcp_message *m)
{
    return e->rid != 0 && !e->sent && rt_str_eq(mgcp_value(m, MGCP_P_X), "0") &&
           mgcp_value(m, MGCP_P_I).n == 0;
}

/* All I lines as one list. */
static void put_connections(struct rt_buf *out, const struct mgcp_message *m)
{
    struct rt_str lines = m->lines;
    struct mgcp_line line;

    while (mgcp_line_next(&lines, &line)) {
        if (line.param != MGCP_P_I || line.value.n == 0)
            continue;
        if (out->n > 0)
            rt_buf_puts(out, ",");
        rt_buf_put(out, line.value.p, line.value.n);
    }
}

/* An endpoint that answered an audit: its owner learns what was found, then the change. */
static bool audited(struct mgcp_ca_endpoint *e, const struct mgcp_result *r,
                    const struct mgcp_message *m)
{
    struct mgcp_ca_gateway *g = e->g;
    enum mgcp_service s = r->code < 300 ? audited_service(m) : MGCP_IN_SERVICE;
    bool restarted = r->code < 300 && lost_request(e, m);
    struct rt_str reason = mgcp_value(m, MGCP_P_E);
    struct rt_buf connections = {0};

    if (e->work & MGCP_CA_RESTARTED)
        return true; /* the restart came after the question */
    reason = rt_str_cut(&reason, ' ');
    if (r->code < 300) {
        put_connections(&connections, m);
        g->current = e;
        e->ops->audited(e->arg, r->hook, rt_buf_str(&connections));
        rt_buf_release(&connections);
        if (g->current != e)
            return false;
    }
    if (e->service == s && !restarted)
        return true;
    return mgcp_ca_tell(e, s, number(reason), restarted);
}

static bool judge_audit(struct mgcp_ca_endpoint *e, const struct mgcp_result *r,
                        const struct mgcp_message *m)
{
    if (r->code == 500 || r->category == MGCP_SERVICE)
        return is_out(e, MGCP_CA_LATER);
    if (r->code < 200 || (r->code >= 400 && r->code < 500)) {
        mgcp_ca_work(e, MGCP_CA_AUDIT, MGCP_CA_SOON);
        return true;
    }
    return audited(e, r, m);
}

bool mgcp_ca_names_connection(const struct mgcp_message *m)
{
    struct rt_str id = mgcp_value(m, MGCP_P_I);

    for (size_t i = 0; i < id.n; i++)
        if (rt_is_blank(id.p[i]))
            return false;
    return id.n > 0 && id.n <= 32;
}

void mgcp_ca_delete_nameless(struct mgcp_ca_command *c, const struct mgcp_message *m)
{
    struct rt_str lines = {c->lines, c->n};
    struct mgcp_line line;
    char call[33];

    if (c->verb != MGCP_CRCX || c->g->lost ||
        (m && (mgcp_code_known(m->code) >= 300 || mgcp_ca_names_connection(m))))
        return;
    while (mgcp_line_next(&lines, &line))
        if (line.param == MGCP_P_C && rt_str_copy(call, sizeof call, line.value)) {
            (void)mgcp_ca_delete(c->e, call, NULL, NULL, NULL); /* else an audit finds it */
            return;
        }
}

/* What AUCX says of a stray connection. Without an answer that helps it stays where it is until the
 * next audit: asking at once again would never end with a gateway that lists what it does not know.
 */
static void delete_stray(const struct mgcp_ca_command *c, const struct mgcp_message *m)
{
    struct rt_str lines = {c->lines, c->n}, of = m ? mgcp_value(m, MGCP_P_C) : rt_str("");
    struct mgcp_line line;
    char call[33], id[33];

    if (!m || m->code >= 300 || of.n == 0 || !rt_str_copy(call, sizeof call, of))
        return;
    while (mgcp_line_next(&lines, &line))
        if (line.param == MGCP_P_I && rt_str_copy(id, sizeof id, line.value)) {
            (void)mgcp_ca_delete(c->e, call, id, NULL, NULL);
            return;
        }
}

bool mgcp_ca_judge(struct mgcp_ca_endpoint *e, const struct mgcp_ca_command *c,
                   const struct mgcp_result *r, const struct mgcp_message *m)
{
    if (e->g->lost || !mgcp_ca_peculiar(e)->audits)
        return true;
    if (c->verb == MGCP_AUEP)
        return judge_audit(e, r, m);
    if (c->verb == MGCP_AUCX) {
        delete_stray(c, m);
        return true;
    }
    if (r->code == 0 || (c->verb == MGCP_DLCX && r->code >= 400)) /* what is there now? */
        mgcp_ca_work(e, MGCP_CA_AUDIT, MGCP_CA_SOON);
    if (r->code < 400)
        return true;
    if (r->code == 500)
        return is_out(e, MGCP_CA_LATER);
    if (r->category == MGCP_SERVICE)
        return is_out(e, MGCP_CA_SOON);
    if (r->category == MGCP_STATE)
        mgcp_ca_work(e, MGCP_CA_AUDIT, MGCP_CA_URGENT);
    if (r->category == MGCP_PROVISIONING)
        rt_log(RT_LOG_MGCP, RT_WARN, "gateway %s: %s of %s is refused with %u (%s)", e->g->name,
               mgcp_verb_name((enum mgcp_verb)c->verb), e->local, r->code, mgcp_code_text(r->code));
    return true;
}

/* ---- restarts ---- */

static const char *const methods[MGCP_CA_METHODS] = {
    [MGCP_CA_GRACEFUL] = "graceful",      [MGCP_CA_FORCED] = "forced",
    [MGCP_CA_RESTART] = "restart",        [MGCP_CA_DISCONNECTED] = "disconnected",
    [MGCP_CA_CANCEL] = "cancel-graceful",
};

unsigned mgcp_ca_method(struct rt_str text)
{
    unsigned i = 0;

    while (i < MGCP_CA_METHODS && !rt_str_caseeq(text, methods[i]))
        i++;
    return i;
}

/* What waits for it was meant for what it was before. */
static void came_back(struct mgcp_ca_endpoint *e, unsigned reason)
{
    e->work = 0; /* its place in the queue stays, if it has one */
    mgcp_ca_fail(e, false, 405, CAUSE_TEMPORARY);
    set_service(e, MGCP_UNKNOWN);
    e->rid = 0;
    e->reason = (uint16_t)reason;
    mgcp_ca_work(e, MGCP_CA_RESTARTED, MGCP_CA_URGENT);
}

void mgcp_ca_restart(struct mgcp_ca_endpoint *e, const struct mgcp_ca_restart *r)
{
    if (r->method == MGCP_CA_DISCONNECTED) {
        mgcp_ca_work(e, MGCP_CA_AUDIT, MGCP_CA_URGENT);
    } else if (r->method == MGCP_CA_RESTART && r->delay == 0) {
        came_back(e, r->reason);
    } else if (r->method == MGCP_CA_RESTART || r->method == MGCP_CA_FORCED) {
        mgcp_ca_idle(e);
        mgcp_ca_fail(e, false, 501, CAUSE_OUT_OF_ORDER);
        mgcp_ca_tell(e, MGCP_OUT_OF_SERVICE, r->reason, true);
    } else if (r->method == MGCP_CA_GRACEFUL) {
        mgcp_ca_tell(e, MGCP_GRACEFUL, r->reason, false);
    } else if (e->service == MGCP_GRACEFUL) {
        mgcp_ca_tell(e, MGCP_IN_SERVICE, r->reason, false);
    } else {
        mgcp_ca_work(e, MGCP_CA_AUDIT, MGCP_CA_URGENT);
    }
}

/* ---- a gateway that falls silent ---- */

void mgcp_ca_drop(struct mgcp_ca_gateway *g)
{
    struct mgcp_ca_endpoint *e, *next;

    g->dropped = true;
    rt_log(RT_LOG_MGCP, RT_WARN, "gateway %s: does not answer", g->name);
    mgcp_ca_ask_end(g->wild);
    g->wild = NULL;
    for (e = g->endpoints; e; e = e->hh.next) {
        mgcp_ca_idle(e);
        mgcp_ca_fail(e, true, 0, CAUSE_OUT_OF_ORDER);
    }
    mgcp_ca_tell_failed(g);
    HASH_ITER(hh, g->endpoints, e, next)
    {
        if (e->service != MGCP_LOST)
            mgcp_ca_tell(e, MGCP_LOST, 0, false);
    }
}

static void lose(struct mgcp_ca_gateway *g)
{
    g->lost = true;
    g->dropped = false;
    rt_timer_start(&g->probe, MGCP_CA_PROBE);
    rt_defer_start(&g->defer);
}

/* The command that was given up is an old one, or of the one endpoint that does not answer, as
 * others were answered long after it was sent: before all calls of the gateway are given up, it is
 * asked. */
static bool doubt(struct mgcp_ca_gateway *g)
{
    if (!g->question && g->heard_at - g->unanswered_at > DOUBT && g->endpoints)
        g->question = mgcp_ca_ask(g, g->endpoints->local);
    g->doubted = g->question != NULL;
    return g->doubted;
}

void mgcp_ca_questioned(struct mgcp_ca_gateway *g, bool answered)
{
    if (g->doubted && !answered)
        lose(g);
    g->doubted = false;
}

void mgcp_ca_reached(void *arg, bool answers)
{
    struct mgcp_ca_gateway *g = arg;

    if (!answers) {
        if (!g->lost && !doubt(g))
            lose(g);
        return;
    }
    g->heard_at = rt_now();
    g->doubted = false;
    if (!g->lost)
        return;
    g->lost = false;
    rt_timer_stop(&g->probe);
    rt_log(RT_LOG_MGCP, RT_NOTICE, "gateway %s: answers again", g->name);
    audit_all(g, MGCP_CA_URGENT);
}

void mgcp_ca_on_probe(void *arg)
{
    struct mgcp_ca_gateway *g = arg;

    rt_timer_start(&g->probe, MGCP_CA_PROBE);
    mgcp_ca_ask_end(g->question);
    g->question = NULL;
    mgcp_peer_retry(g->peer);
    if (g->endpoints)
        g->question = mgcp_ca_ask(g, g->endpoints->local);
}
