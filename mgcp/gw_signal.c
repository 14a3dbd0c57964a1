/* Signals of an endpoint and its connections (2.1.7, 2.3.3): on and off ones stay until they are
 * turned off, those with a time-out until that, a requested event or the next list, brief ones play
 * to their end and make later ones wait.
 */
#include "mgcp/gw_events.h"

#include <stdlib.h>
#include <utlist.h>

/* ---- starting and stopping ---- */

static void tell(const struct mgcp_signal *s, struct mgcp_gw_connection *c,
                 enum mgcp_signal_verb what)
{
    s->endpoint->ops->signal(s->endpoint->arg, c, what, s->package->name, s->symbol->name,
                             rt_str(s->params));
}

/* Tells the owner, once for each connection. */
static void tell_all(const struct mgcp_signal *s, enum mgcp_signal_verb what)
{
    struct mgcp_gw_connection *c, *next;

    if (!s->connection[0]) {
        tell(s, NULL, what);
    } else if (strcmp(s->connection, "*") != 0) {
        c = mgcp_gw_connection(s->endpoint, rt_str(s->connection));
        if (c)
            tell(s, c, what);
    } else {
        DL_FOREACH_SAFE(s->endpoint->connections, c, next)
        {
            tell(s, c, what);
        }
    }
}

static void take(struct mgcp_gw_events *v, struct mgcp_signal *s)
{
    rt_timer_stop(&s->timer);
    DL_DELETE(v->signals, s);
}

static void stop(struct mgcp_gw_events *v, struct mgcp_signal *s)
{
    take(v, s);
    if (!s->pending)
        tell_all(s, MGCP_SIGNAL_STOP);
    free(s);
}

/* "G/oc(G/rt@0A3F58)": what a signal came to, by its own package where that has the event. */
static void report_on(struct mgcp_gw_events *v, const struct mgcp_signal *s, const char *event,
                      const char *connection)
{
    const struct mgcp_package *g = mgcp_package(rt_str("G"));
    struct rt_buf what = {0};
    struct mgcp_seen ev = {s->package, mgcp_symbol(s->package, rt_str(event)), {0}, {0}};
    struct mgcp_seen general = {g, mgcp_symbol(g, rt_str(event)), {0}, {0}};

    rt_buf_printf(&what, "%s/%s%s%s", s->package->name, s->symbol->name, connection[0] ? "@" : "",
                  connection);
    ev.params = general.params = rt_buf_str(&what);
    if (general.symbol &&
        (!ev.symbol || (!mgcp_events_detectable(v, &ev) && mgcp_events_detectable(v, &general))))
        ev = general;
    if (ev.symbol)
        mgcp_events_detected(v, &ev);
    rt_buf_release(&what);
}

/* On all connections: the event names each of them (2.1.7). */
static void report(struct mgcp_gw_events *v, const struct mgcp_signal *s, const char *event)
{
    struct mgcp_gw_connection *c, *next;

    if (strcmp(s->connection, "*") != 0) {
        report_on(v, s, event, s->connection);
        return;
    }
    DL_FOREACH_SAFE(s->endpoint->connections, c, next)
    {
        report_on(v, s, event, c->id);
    }
}

static void timed_out(void *arg)
{
    struct mgcp_signal *s = arg;
    struct mgcp_gw_events *v = s->endpoint->events;

    take(v, s);
    tell_all(s, MGCP_SIGNAL_STOP);
    report(v, s, "oc");
    free(s);
}

/* The owner may say at once that it failed: `s` may be dead afterwards. */
static void start(struct mgcp_gw_events *v, struct mgcp_signal *s)
{
    rt_timer_init(&s->timer, s->endpoint->gw->loop, timed_out, s);
    DL_APPEND(v->signals, s);
    if (s->symbol->signal == MGCP_TIME_OUT && s->timeout > 0)
        rt_timer_start(&s->timer, s->timeout);
    if (!s->pending)
        tell_all(s, MGCP_SIGNAL_START);
}

static struct mgcp_signal *first(struct mgcp_gw_events *v, bool (*is)(const struct mgcp_signal *))
{
    struct mgcp_signal *s;

    DL_FOREACH(v->signals, s)
    {
        if (is(s))
            return s;
    }
    return NULL;
}

static bool stops_by_event(const struct mgcp_signal *s)
{
    return s->symbol->signal == MGCP_TIME_OUT || s->pending;
}

static bool any(const struct mgcp_signal *s)
{
    (void)s;
    return true;
}

void mgcp_signals_interrupt(struct mgcp_gw_events *v)
{
    struct mgcp_signal *s;

    while ((s = first(v, stops_by_event)) != NULL)
        stop(v, s);
}

void mgcp_signals_clear(struct mgcp_gw_events *v)
{
    struct mgcp_signal *s;

    while ((s = first(v, any)) != NULL)
        stop(v, s);
}

/* ---- a new list ---- */

/* A brief signal plays there. */
static bool playing(const struct mgcp_gw_events *v, const char *connection)
{
    const struct mgcp_signal *s;

    DL_FOREACH(v->signals, s)
    {
        if (s->symbol->signal == MGCP_BRIEF && !s->pending &&
            strcasecmp(s->connection, connection) == 0)
            return true;
    }
    return false;
}

/* Signals with a time-out that are not in the new list end; brief ones that wait are forgotten. */
static void stop_old(struct mgcp_gw_events *v, struct mgcp_signal *list)
{
    struct mgcp_signal *s;

    do {
        DL_FOREACH(v->signals, s)
        {
            if (stops_by_event(s) && (s->pending || !mgcp_signals_find(list, s)))
                break;
        }
        if (s)
            stop(v, s);
    } while (s);
}

static void apply_on_off(struct mgcp_gw_events *v, struct mgcp_signal *s)
{
    struct mgcp_signal *old = mgcp_signals_find(v->signals, s);

    if (s->off) {
        if (old)
            take(v, old);
        free(old);
        tell_all(s, MGCP_SIGNAL_STOP);
        free(s);
    } else if (old && strcmp(old->params, s->params) == 0) {
        free(s);
    } else {
        if (old)
            take(v, old);
        free(old);
        start(v, s);
    }
}

static void apply_one(struct mgcp_gw_events *v, struct mgcp_signal *s)
{
    if (s->symbol->signal == MGCP_ON_OFF)
        apply_on_off(v, s);
    else if (s->symbol->signal == MGCP_TIME_OUT && mgcp_signals_find(v->signals, s))
        free(s); /* it goes on as it was, its parameters too */
    else
        start(v, s);
}

void mgcp_signals_apply(struct mgcp_gw_events *v, struct mgcp_signal *list)
{
    struct mgcp_signal *s;

    stop_old(v, list);
    /* Those of one list play at the same time (2.3.3): only what played before makes them wait. */
    DL_FOREACH(list, s)
    {
        s->pending = s->symbol->signal == MGCP_BRIEF && playing(v, s->connection);
    }
    while ((s = list) != NULL) {
        DL_DELETE(list, s);
        apply_one(v, s);
    }
}

/* ---- what the owner tells ---- */

/* Brief signals that waited begin once none plays there any more. */
static void start_pending(struct mgcp_gw_events *v, const char *connection)
{
    struct mgcp_signal *s, *ready = NULL, *next;

    if (playing(v, connection))
        return;
    DL_FOREACH_SAFE(v->signals, s, next)
    {
        if (!s->pending || strcasecmp(s->connection, connection) != 0)
            continue;
        DL_DELETE(v->signals, s);
        s->pending = false;
        DL_APPEND(ready, s);
    }
    while ((s = ready) != NULL) {
        DL_DELETE(ready, s);
        start(v, s);
    }
}

static bool is_played(const struct mgcp_signal *s, const struct mgcp_gw_connection *c,
                      const char *package, const char *symbol)
{
    if (s->pending || strcasecmp(s->package->name, package) != 0 ||
        strcasecmp(s->symbol->name, symbol) != 0)
        return false;
    return c ? strcasecmp(s->connection, c->id) == 0 || strcmp(s->connection, "*") == 0
             : !s->connection[0];
}

/* It is over; of a signal on all connections it is over on one of them. */
static void ended(struct mgcp_gw_events *v, struct mgcp_signal *s, const char *connection,
                  const char *event)
{
    char target[MGCP_ID_LEN];
    bool everywhere = strcmp(s->connection, "*") == 0;

    rt_str_copy(target, sizeof target, rt_str(s->connection));
    if (!everywhere || s->symbol->signal == MGCP_BRIEF)
        take(v, s);
    if (event)
        report_on(v, s, event, everywhere ? connection : target);
    if (!everywhere || s->symbol->signal == MGCP_BRIEF) {
        free(s);
        start_pending(v, target);
    }
}

void mgcp_gw_played(struct mgcp_gw_endpoint *e, struct mgcp_gw_connection *c, const char *package,
                    const char *symbol, bool failed)
{
    struct mgcp_gw_events *v = e->events;
    struct mgcp_signal *s = NULL;

    if (!v)
        return;
    DL_FOREACH(v->signals, s)
    {
        if (is_played(s, c, package, symbol))
            break;
    }
    if (!s)
        return;
    if (failed)
        ended(v, s, c ? c->id : "", "of");
    else if (s->symbol->signal != MGCP_ON_OFF)
        ended(v, s, c ? c->id : "", s->symbol->signal == MGCP_TIME_OUT ? "oc" : NULL);
}

/* ---- connections ---- */

void mgcp_signals_connection_gone(struct mgcp_gw_events *v, struct mgcp_gw_connection *c)
{
    struct mgcp_signal *s;

    do {
        DL_FOREACH(v->signals, s)
        {
            if (strcasecmp(s->connection, c->id) == 0)
                break;
        }
        if (s) {
            bool fails = s->symbol->signal == MGCP_TIME_OUT;

            take(v, s);
            if (fails)
                report_on(v, s, "of", c->id);
            free(s);
        }
    } while (s);
}

void mgcp_events_connection_made(struct mgcp_gw_endpoint *e, struct mgcp_gw_connection *c)
{
    struct mgcp_signal *s, *next;

    if (!e->events)
        return;
    DL_FOREACH_SAFE(e->events->signals, s, next)
    {
        if (strcmp(s->connection, "*") == 0 && !s->pending && s->symbol->signal != MGCP_BRIEF)
            tell(s, c, MGCP_SIGNAL_START);
    }
}

/* ---- audits ---- */

void mgcp_signals_write(const struct mgcp_gw_events *v, struct rt_buf *out)
{
    const struct mgcp_signal *s;
    size_t before = out->n;

    DL_FOREACH(v->signals, s)
    {
        /* A brief signal that plays is not told (2.3.10). */
        if (s->symbol->signal == MGCP_BRIEF && !s->pending)
            continue;
        rt_buf_printf(out, "%s%s/%s", out->n > before ? "," : "", s->package->name,
                      s->symbol->name);
        if (s->connection[0])
            rt_buf_printf(out, "@%s", s->connection);
        if (s->params[0])
            rt_buf_printf(out, "(%s)", s->params);
    }
}
