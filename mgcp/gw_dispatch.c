/* Commands of the agent: which endpoints they name, whether these may be commanded now, and the
 * answer. What stands in several commands, N, EPCF and requests for events, is done here too.
 */
#include "mgcp/gw_priv.h"

#include <errno.h>
#include <stdlib.h>

typedef unsigned handle_fn(struct mgcp_gw_request *r);

static unsigned handle_rqnt(struct mgcp_gw_request *r);
static unsigned handle_epcf(struct mgcp_gw_request *r);

/** What the agent may send us (3.2.1.1): NTFY and RSIP are ours alone, MESG asks nothing of us. */
static const struct verb {
    handle_fn *handle;
    bool all, any; /**< wildcards in the endpoint's name */
    bool audit;    /**< answered by endpoints that are not in service as well */
} verbs[MGCP_VERBS] = {
    [MGCP_EPCF] = {handle_epcf, true, false, false},
    [MGCP_CRCX] = {mgcp_gw_crcx, false, true, false},
    [MGCP_MDCX] = {mgcp_gw_mdcx, false, false, false},
    [MGCP_DLCX] = {mgcp_gw_dlcx, true, false, false},
    [MGCP_RQNT] = {handle_rqnt, true, false, false},
    [MGCP_AUEP] = {mgcp_gw_auep, true, false, true},
    [MGCP_AUCX] = {mgcp_gw_aucx, false, false, true},
};

/* ---- which endpoints ---- */

struct mgcp_gw_endpoint *mgcp_gw_pick(struct mgcp_gw *g, struct rt_str local,
                                      const struct mgcp_gw_endpoint *but, bool *known)
{
    struct mgcp_gw_endpoint *e, *tmp;
    *known = false;
    HASH_ITER(hh, g->endpoints, e, tmp)
    {
        if (!mgcp_name_matches(local, rt_str(e->key)))
            continue;
        *known = true;
        bool serves = e->service == MGCP_GW_IN_SERVICE || e->service == MGCP_GW_DISCONNECTED;
        if (serves && !e->graceful && !e->connections && e != but)
            return e;
    }
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    const struct mgcp_gw_endpoint *x = *(struct mgcp_gw_endpoint *const *)a;
    const struct mgcp_gw_endpoint *y = *(struct mgcp_gw_endpoint *const *)b;
    return (x->number > y->number) - (x->number < y->number);
}

static unsigned select_all(struct mgcp_gw_request *r)
{
    struct mgcp_gw_endpoint *e, *tmp;
    r->endpoint = calloc(r->gw->nendpoints + 1u, sizeof(struct mgcp_gw_endpoint *));
    if (!r->endpoint)
        return 403;
    HASH_ITER(hh, r->gw->endpoints, e, tmp)
    {
        if (mgcp_name_matches(r->m->local, rt_str(e->key)))
            r->endpoint[r->n++] = e;
    }
    qsort(r->endpoint, r->n, sizeof(*r->endpoint), by_number);
    return r->n > 0 ? 200 : 500;
}

static unsigned select_one(struct mgcp_gw_request *r)
{
    bool known = false;
    r->endpoint = calloc(1, sizeof(struct mgcp_gw_endpoint *));
    if (!r->endpoint)
        return 403;
    r->endpoint[0] = r->kind == MGCP_ANY ? mgcp_gw_pick(r->gw, r->m->local, NULL, &known)
                                         : mgcp_gw_find(r->gw, r->m->local);
    r->n = r->endpoint[0] != NULL;
    if (r->n > 0)
        return 200;
    return known ? 410 : 500;
}

static unsigned select_endpoints(struct mgcp_gw_request *r, const struct verb *v)
{
    if (mgcp_name_check(r->m->local, &r->kind))
        return 500;
    if (r->kind == MGCP_ALL && !v->all)
        return 503;
    if (r->kind == MGCP_ANY && !v->any)
        return 500;
    return r->kind == MGCP_ALL ? select_all(r) : select_one(r);
}

/* ---- whether they may be commanded ---- */

/** By the table of 4.4.5. DLCX of all "succeeds even if there were no connections" as long as the
 * name is valid, and "*" names endpoints whatever their service (2.3.9, 2.1.2): one out of service
 * has nothing left to delete and does not stop the others' deletion. Where all that a command names
 * are out of service, or it is another command, one that is decides: all of it or nothing. */
static unsigned check_service(const struct mgcp_gw_request *r)
{
    unsigned code = 200, out = 0;
    for (unsigned i = 0; i < r->n; i++) {
        unsigned service = r->endpoint[i]->service;
        if (service == MGCP_GW_QUIET || service == MGCP_GW_RESTARTING)
            code = 405;
        out += service == MGCP_GW_OUT;
    }
    if (out == 0 || (r->m->verb == MGCP_DLCX && out < r->n))
        return code;
    return code == 405 ? 405 : 501;
}

/** Lines of packages that we know: `audit` in AUEP, else beside a request for events or EPCF. */
static const struct {
    const char *name;
    bool audit;
} package_lines[] = {{"B/PR", false}, {"BA/F", true}, {"BA/SE", true}, {"BA/NU", true}};

static unsigned check_package_line(const struct mgcp_gw_endpoint *e, struct rt_str name, bool audit)
{
    struct rt_str rest = name, package = rt_str_cut(&rest, '/');
    if (!mgcp_gw_package(e, package))
        return 518;
    for (unsigned i = 0; i < RT_COUNT(package_lines); i++) {
        if (rt_str_caseeq(name, package_lines[i].name) && package_lines[i].audit == audit)
            return 200;
    }
    return 539;
}

static unsigned check_package_lines(const struct mgcp_gw_request *r)
{
    const struct mgcp_message *m = r->m;
    unsigned code = 200;
    for (unsigned i = 0; i < m->nlines && code == 200; i++) {
        if (m->line[i].param == MGCP_P_PACKAGE)
            code = check_package_line(r->endpoint[0], m->line[i].name, m->verb == MGCP_AUEP);
    }
    return code;
}

/* ---- N, EPCF and requests for events ---- */

/** Whether the lines of a request for events are there. An agent of some dialects says X with every
 * command and means nothing by it. */
static bool with_events(const struct mgcp_gw_request *r)
{
    static const enum mgcp_param part[] = {MGCP_P_R, MGCP_P_S, MGCP_P_D, MGCP_P_T, MGCP_P_Q};
    if (r->m->verb == MGCP_RQNT)
        return true;
    for (unsigned i = 0; i < RT_COUNT(part); i++) {
        if (mgcp_has(r->m, part[i]))
            return true;
    }
    return mgcp_has(r->m, MGCP_P_X) && !mgcp_peer_peculiar(r->gw->peer)->lone_x;
}

static const struct {
    const char *value;
    enum mgcp_bearer bearer;
} encoding[] = {{"A", MGCP_BEARER_A}, {"mu", MGCP_BEARER_MU}};

/** One attribute of B: "e:A". 200; 510: no attribute; 518, 507: one that we have not. */
static unsigned read_bearer(struct rt_str attribute, enum mgcp_bearer *out)
{
    struct rt_str value = attribute, name = rt_str_trim(rt_str_cut(&value, ':'));
    value = rt_str_trim(value);
    if (name.n == 0 || value.n == 0)
        return 510;
    if (!rt_str_caseeq(name, "e"))
        return memchr(name.p, '/', name.n) ? 518 : 507;
    for (unsigned i = 0; i < RT_COUNT(encoding); i++) {
        if (rt_str_caseeq(value, encoding[i].value)) {
            *out = encoding[i].bearer;
            return 200;
        }
    }
    return 507;
}

static unsigned check_bearer(const struct mgcp_gw_request *r, struct mgcp_gw_also *out)
{
    struct rt_str list = mgcp_value(r->m, MGCP_P_B);
    out->with_bearer = mgcp_has(r->m, MGCP_P_B) && list.n > 0;
    while (list.n > 0) {
        unsigned code = read_bearer(rt_str_trim(rt_str_cut(&list, ',')), &out->bearer);
        if (code != 200)
            return code;
    }
    return 200;
}

unsigned mgcp_gw_also_check(struct mgcp_gw_request *r, struct mgcp_gw_endpoint *e,
                            struct mgcp_gw_connection *created, struct mgcp_gw_also *out)
{
    memset(out, 0, sizeof(*out));
    out->with_notified = mgcp_has(r->m, MGCP_P_N);
    if (out->with_notified &&
        mgcp_gw_notified_check(r->gw, r->t, mgcp_value(r->m, MGCP_P_N)) != 200) {
        r->comment = "notified entity refused";
        return 510;
    }
    unsigned code = check_bearer(r, out);
    if (code != 200)
        return code;
    out->with_events = with_events(r);
    return out->with_events ? mgcp_events_check(e, r->m, created, &out->events) : 200;
}

void mgcp_gw_also_commit(struct mgcp_gw_request *r, struct mgcp_gw_endpoint *e,
                         struct mgcp_gw_also *a)
{
    if (a->with_bearer)
        e->bearer = (uint8_t)a->bearer;
    if (a->with_notified)
        mgcp_gw_notified(e, r->t, mgcp_value(r->m, MGCP_P_N));
    if (a->with_events)
        mgcp_events_commit(e, a->events);
    a->events = NULL;
}

void mgcp_gw_also_drop(struct mgcp_gw_also *a)
{
    mgcp_events_drop(a->events);
    a->events = NULL;
}

/** RQNT and EPCF: all endpoints agree, or nothing is done. */
static unsigned handle_rqnt(struct mgcp_gw_request *r)
{
    struct mgcp_gw_also *also = calloc(r->n, sizeof(*also));
    unsigned code = also ? 200 : 403, n = 0;
    while (code == 200 && n < r->n) {
        code = mgcp_gw_also_check(r, r->endpoint[n], NULL, &also[n]);
        n++;
    }
    for (unsigned i = 0; i < n; i++) {
        if (code == 200)
            mgcp_gw_also_commit(r, r->endpoint[i], &also[i]);
        else
            mgcp_gw_also_drop(&also[i]);
    }
    free(also);
    return code;
}

static unsigned handle_epcf(struct mgcp_gw_request *r)
{
    return handle_rqnt(r);
}

/* ---- the answer ---- */

static void write_answer(struct mgcp_gw_request *r, unsigned code, struct rt_buf *out)
{
    mgcp_write_response(out, code, mgcp_transaction_tid(r->t), r->package, r->comment);
    if (code == 518 && r->n > 0) {
        struct rt_buf list = {0};
        mgcp_gw_write_packages(r->endpoint[0], true, &list);
        mgcp_write_line(out, "PL", rt_buf_str(&list));
        rt_buf_release(&list);
    }
    rt_buf_put(out, r->out.p, r->out.n);
}

/** The first non-audit message that an agent sees from a disconnected endpoint tells it so: the
 * answer has a RSIP behind it (4.4.7). Of many endpoints one RSIP goes so, others go at once. */
static struct mgcp_gw_sent *news(struct mgcp_gw_request *r, const struct verb *v, uint32_t *tid,
                                 struct rt_buf *text)
{
    struct mgcp_gw_sent *s = NULL;
    for (unsigned i = 0; i < r->n; i++) {
        struct mgcp_gw_endpoint *e = r->endpoint[i];
        if (!s && !v->audit && e->service == MGCP_GW_DISCONNECTED)
            s = mgcp_gw_piggyback(e, tid, text);
        else
            mgcp_gw_commanded(e);
    }
    return s;
}

static void answer(struct mgcp_gw_request *r, const struct verb *v, unsigned code)
{
    struct rt_buf out = {0}, also = {0};
    uint32_t tid = 0;
    if (code >= 300) /* what was written before the refusal was found goes with it */
        rt_buf_reset(&r->out);
    write_answer(r, code, &out);
    struct mgcp_gw_sent *s = news(r, v, &tid, &also);
    if (out.failed || r->out.failed)
        mgcp_refuse(r->t, 403, NULL);
    else if (s)
        mgcp_answer_with(r->t, rt_buf_str(&out), tid, rt_buf_str(&also), s);
    else
        mgcp_answer(r->t, rt_buf_str(&out));
    rt_buf_release(&out);
    rt_buf_release(&also);
}

/** Our domain as the agent writes it is how we write it to the agent (2.1.2). */
static void adopt_domain(struct mgcp_gw *g, struct rt_str domain)
{
    if (domain.n == 0 || (g->domain && rt_str_eq(domain, g->domain)))
        return;
    if (mgcp_domain_check(domain))
        mgcp_gw_set_text(&g->domain, domain);
}

void mgcp_gw_on_command(void *arg, struct mgcp_transaction *t, const struct mgcp_message *m,
                        unsigned refusal)
{
    struct mgcp_gw_request r = {.gw = arg, .t = t, .m = m};
    if (refusal != 0) {
        mgcp_refuse(t, refusal, NULL);
        return;
    }
    const struct verb *v = &verbs[m->verb];
    if (!v->handle) {
        mgcp_refuse(t, 504, NULL);
        return;
    }
    unsigned code = select_endpoints(&r, v);
    if (code == 200) {
        adopt_domain(r.gw, m->domain);
        code = v->audit ? 200 : check_service(&r);
    }
    if (code == 200)
        code = check_package_lines(&r);
    if (code == 200)
        code = v->handle(&r);
    answer(&r, v, code);
    rt_buf_release(&r.out);
    free(r.endpoint);
}
