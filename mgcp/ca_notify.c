/* What gateways tell their agent (RFC 3435 2.3.4, 2.3.8, 2.3.12, appendix B.3): NTFY, DLCX, RSIP
 * and MESG are checked and answered, and only then the owners of the endpoints hear of them.
 */
#include "gw/rt/log.h"
#include "mgcp/ca_priv.h"
#include "mgcp/event.h"
#include "mgcp/name.h"
#include "mgcp/options.h"

#include <errno.h>
#include <stdio.h>

#define EVENTS_MAX 64 /* that an owner is told of at a time */

static void say(struct mgcp_transaction *t, unsigned code)
{
    struct rt_buf text = {0};

    if (code >= 300) {
        mgcp_refuse(t, code, NULL);
        return;
    }
    mgcp_write_response(&text, code, mgcp_transaction_tid(t), NULL, NULL);
    mgcp_answer(t, rt_buf_str(&text));
    rt_buf_release(&text);
}

/* E: three digits, and perhaps words. */
static unsigned reason_of(const struct mgcp_message *m)
{
    struct rt_str text = mgcp_value(m, MGCP_P_E);
    uint64_t v;

    if (text.n > 3)
        text.n = 3;
    return rt_str_u64(&v, text, 999) == 0 ? (unsigned)v : 0;
}

/* A name that is more than one endpoint. */
static bool is_wild(struct rt_str local)
{
    enum mgcp_wildcard kind;

    return mgcp_name_check(local, &kind) == 0 && kind == MGCP_ALL;
}

/* ---- NTFY ---- */

static bool is_hook(struct rt_str event)
{
    return rt_str_caseeq(event, "hd") || rt_str_caseeq(event, "hu") || rt_str_caseeq(event, "hf");
}

static bool is_digit(char c, bool letters)
{
    return (c >= '0' && c <= '9') || c == '#' || c == '*' ||
           (letters && ((c >= 'A' && c <= 'D') || (c >= 'a' && c <= 'd') || c == 'T' || c == 't'));
}

/* Several digits as one event: "D/8295555T" (3.2.2.7). Letters alone would be a name. */
static bool is_digits(struct rt_str event)
{
    bool figures = false;

    for (size_t i = 0; i < event.n; i++) {
        if (!is_digit(event.p[i], true))
            return false;
        figures = figures || is_digit(event.p[i], false);
    }
    return event.n > 1 && figures;
}

struct telling {
    struct mgcp_ca_endpoint *e;
    struct mgcp_ca_gateway *g;
    bool stale;
    struct mgcp_observed ev[EVENTS_MAX];
    unsigned n;
};

/* False: the endpoint is gone. */
static bool flush(struct telling *to)
{
    unsigned n = to->n;

    to->n = 0;
    if (n == 0)
        return true;
    to->g->current = to->e;
    to->e->ops->notified(to->e->arg, to->ev, n);
    return to->g->current == to->e;
}

static bool add(struct telling *to, const struct mgcp_item *item, struct rt_str event)
{
    struct rt_str package = item->package;

    if (package.n == 0)
        package =
            rt_str(is_digit(event.n == 1 ? event.p[0] : 'x', false) ? mgcp_ca_dialect(to->g)->digits
                                                                    : "L");
    if (to->n == EVENTS_MAX && !flush(to))
        return false;
    to->ev[to->n++] = (struct mgcp_observed){
        .package = package,
        .name = event,
        .connection = item->connection,
        .params = item->params,
    };
    return true;
}

static bool add_item(struct telling *to, const struct mgcp_item *item)
{
    if (to->stale && !is_hook(item->name))
        return true;
    if (!is_digits(item->name))
        return add(to, item, item->name);
    for (size_t i = 0; i < item->name.n; i++)
        if (!add(to, item, (struct rt_str){item->name.p + i, 1}))
            return false;
    return true;
}

static void tell_events(struct mgcp_ca_endpoint *e, struct rt_str events, bool stale)
{
    struct telling to = {.e = e, .g = e->g, .stale = stale};
    struct mgcp_item item;

    while (mgcp_item_next(&events, MGCP_LIST_O, &item, NULL) == 0)
        if (!add_item(&to, &item))
            return;
    flush(&to);
}

static bool is_rid(struct rt_str x, uint32_t rid)
{
    char text[9];

    snprintf(text, sizeof text, "%x", (unsigned)rid);
    return rid != 0 && rt_str_caseeq(x, text);
}

/* X is that of no request which is in force or on its way. */
static bool is_stale(const struct mgcp_ca_endpoint *e, struct rt_str x)
{
    while (x.n > 1 && x.p[0] == '0') {
        x.p++;
        x.n--;
    }
    return !rt_str_eq(x, "0") && !is_rid(x, e->rid) && !(e->sent && is_rid(x, e->sent->rid));
}

static unsigned check_events(struct rt_str events)
{
    struct mgcp_item item;
    unsigned refusal = 510;
    int err;

    while ((err = mgcp_item_next(&events, MGCP_LIST_O, &item, &refusal)) == 0)
        continue;
    return err == ENOENT ? 200 : refusal;
}

static void notify(struct mgcp_ca_gateway *g, struct mgcp_transaction *t,
                   const struct mgcp_message *m)
{
    struct mgcp_ca_endpoint *e = mgcp_ca_find(g, m->local);
    struct rt_str events = mgcp_value(m, MGCP_P_O);
    unsigned code = e ? check_events(events) : is_wild(m->local) ? 200 : 500;
    bool stale = e && is_stale(e, mgcp_value(m, MGCP_P_X));

    say(t, code);
    if (stale && code == 200)
        rt_count(&mgcp_counters[MGCP_UNMATCHED]);
    if (e && code == 200)
        tell_events(e, events, stale);
}

/* ---- DLCX ---- */

static void deleted(struct mgcp_ca_gateway *g, struct mgcp_transaction *t,
                    const struct mgcp_message *m)
{
    struct mgcp_ca_endpoint *e = mgcp_ca_find(g, m->local);
    struct rt_str connection = mgcp_value(m, MGCP_P_I);
    struct mgcp_statistics stats = {0};

    if (!e || connection.n == 0) {
        say(t, e ? 510 : 500);
        return;
    }
    say(t, 250);
    if (mgcp_has(m, MGCP_P_P))
        stats.present = mgcp_statistics_read(&stats, mgcp_value(m, MGCP_P_P)) == 0;
    e->ops->deleted(e->arg, connection, reason_of(m), &stats);
}

/* ---- RSIP ---- */

static unsigned read_restart(struct mgcp_ca_restart *r, const struct mgcp_message *m)
{
    struct rt_str delay = mgcp_value(m, MGCP_P_RD);
    unsigned method = mgcp_ca_method(mgcp_value(m, MGCP_P_RM));
    uint64_t v = 0;

    if (method == MGCP_CA_METHODS)
        return 536;
    if (delay.n > 0 && rt_str_u64(&v, delay, 999999) != 0)
        return 510;
    r->method = method;
    r->delay = (unsigned)v;
    r->reason = reason_of(m);
    return 200;
}

/* All that a wildcard or a range names. */
static void restart_named(struct mgcp_ca_gateway *g, struct rt_str local,
                          const struct mgcp_ca_restart *r)
{
    struct mgcp_ca_endpoint *e, *next;

    HASH_ITER(hh, g->endpoints, e, next)
    {
        if (mgcp_name_matches(local, rt_str(e->local)))
            mgcp_ca_restart(e, r);
    }
}

struct named {
    unsigned all, idle; /**< `idle`: those that would be further ones in the queue */
};

static struct named count_named(struct mgcp_ca_gateway *g, struct mgcp_ca_endpoint *one,
                                struct rt_str local)
{
    struct mgcp_ca_endpoint *e;
    struct named n = {0};

    if (one)
        return (struct named){1, one->list != MGCP_CA_URGENT};
    if (!is_wild(local))
        return n;
    for (e = g->endpoints; e; e = e->hh.next) {
        if (!mgcp_name_matches(local, rt_str(e->local)))
            continue;
        n.all++;
        n.idle += e->list != MGCP_CA_URGENT;
    }
    return n;
}

static unsigned check_restart(struct mgcp_ca_restart *r, struct mgcp_ca_gateway *g,
                              struct mgcp_ca_endpoint *e, const struct mgcp_message *m)
{
    struct named n = count_named(g, e, m->local);
    unsigned code = read_restart(r, m);

    if (code != 200)
        return code;
    if (n.all == 0)
        return 500;
    if (r->method == MGCP_CA_FORCED || r->method == MGCP_CA_GRACEFUL ||
        g->pool->pending + n.idle <= MGCP_CA_PENDING_MAX)
        return 200;
    rt_count(&mgcp_counters[MGCP_OVERLOADED]);
    return 409;
}

static void restarted(struct mgcp_ca_gateway *g, struct mgcp_transaction *t,
                      const struct mgcp_message *m)
{
    struct mgcp_ca_endpoint *e = mgcp_ca_find(g, m->local);
    struct mgcp_ca_restart r;
    unsigned code = check_restart(&r, g, e, m);

    rt_count(&mgcp_counters[MGCP_RESTARTS]);
    rt_log(RT_LOG_MGCP, RT_DEBUG, "gateway %s: restart of %.*s: %u", g->name, RT_STR(m->local),
           code);
    say(t, code);
    if (code != 200)
        return;
    if (e)
        mgcp_ca_restart(e, &r);
    else
        restart_named(g, m->local, &r);
}

/* ---- MESG ---- */

/* A message with nothing in it that an agent would have to act on. */
static void message(struct mgcp_ca_gateway *g, struct mgcp_transaction *t,
                    const struct mgcp_message *m)
{
    say(t, mgcp_ca_find(g, m->local) || is_wild(m->local) ? 200 : 500);
}

void mgcp_ca_commanded(void *arg, struct mgcp_transaction *t, const struct mgcp_message *m,
                       unsigned refusal)
{
    static const struct {
        enum mgcp_verb verb;
        void (*fn)(struct mgcp_ca_gateway *g, struct mgcp_transaction *t,
                   const struct mgcp_message *m);
    } verbs[] = {
        {MGCP_NTFY, notify},
        {MGCP_DLCX, deleted},
        {MGCP_RSIP, restarted},
        {MGCP_MESG, message},
    };

    ((struct mgcp_ca_gateway *)arg)->heard_at = rt_now();
    if (refusal) {
        say(t, refusal);
        return;
    }
    for (unsigned i = 0; i < RT_COUNT(verbs); i++) {
        if (verbs[i].verb == m->verb) {
            verbs[i].fn(arg, t, m);
            return;
        }
    }
    say(t, 504);
}
