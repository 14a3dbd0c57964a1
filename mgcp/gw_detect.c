/* What becomes of events (2.1.7, 4.4.1): an event is processed by the list of requested events
 * while the endpoint is in its normal state, and quarantined while a NTFY waits for its answer or,
 * in step mode, the next request is waited for.
 */
#include "mgcp/gw_events.h"

#include <errno.h>
#include <stdlib.h>

/* ---- which events there are ---- */

bool mgcp_events_is_persistent(const struct mgcp_gw_endpoint *e, const struct mgcp_seen *ev)
{
    static const char *const hook[] = {"hd", "hu", "hf"};

    if (ev->symbol->flags & MGCP_SYM_PERSISTENT)
        return true;
    if (e->kind != MGCP_LINE_ENDPOINT || ev->connection.n > 0 || strcmp(ev->package->name, "L"))
        return false;
    for (size_t i = 0; i < RT_COUNT(hook); i++) {
        if (strcasecmp(ev->symbol->name, hook[i]) == 0)
            return true;
    }
    return false;
}

bool mgcp_events_detectable(const struct mgcp_gw_events *v, const struct mgcp_seen *ev)
{
    return mgcp_wants_find(v->requested, ev) || mgcp_wants_find(v->detect, ev) ||
           mgcp_wants_find(v->persistent, ev) || mgcp_events_is_persistent(v->endpoint, ev);
}

static struct mgcp_seen base_event(const char *name, struct rt_str params)
{
    const struct mgcp_package *b = mgcp_package(rt_str("B"));

    return (struct mgcp_seen){b, mgcp_symbol(b, rt_str(name)), {0}, params};
}

/* ---- notifying ---- */

/* The endpoint leaves the notification state (4.4.1). */
static void leave(struct mgcp_gw_events *v)
{
    mgcp_seen_clear(&v->observed);
    mgcp_digits_reset(v);
    v->state = v->loop ? MGCP_EVENTS_NORMAL : MGCP_EVENTS_LOCKSTEP;
}

/* It could not be sent, for want of memory or of an agent, and is lost. The one NTFY that step mode
 * allows has not gone: the agent, which waits for it, is told of the next event. */
static void give_up(struct mgcp_gw_events *v)
{
    leave(v);
    v->state = MGCP_EVENTS_NORMAL;
}

static void notify(struct mgcp_gw_events *v)
{
    struct rt_buf lines = {0}, seen = {0};
    int err;

    if (v->entity)
        mgcp_write_line(&lines, "N", rt_str(v->entity));
    mgcp_write_line(&lines, "X", rt_str(v->id));
    mgcp_seen_write(&v->observed, &seen);
    mgcp_write_line(&lines, "O", rt_buf_str(&seen));
    v->state = MGCP_EVENTS_NOTIFYING;
    mgcp_digits_reset(v);
    err = lines.failed || seen.failed
              ? ENOMEM
              : mgcp_gw_command(v->endpoint, MGCP_NTFY, rt_buf_str(&lines), v->unanswered > 0);
    rt_buf_release(&seen);
    rt_buf_release(&lines);
    if (err)
        give_up(v);
    else
        v->unanswered++;
}

void mgcp_events_notify_answered(struct mgcp_gw_endpoint *e, unsigned code)
{
    struct mgcp_gw_events *v = e->events;

    if (!v || v->unanswered == 0)
        return;
    v->unanswered--;
    /* Success and failure alike end the notification state. A NTFY that is lost does so once the
     * agent has heard of the endpoint again (4.4.1). */
    if (code > 0 || e->service == MGCP_GW_IN_SERVICE)
        mgcp_events_told(e);
}

void mgcp_events_told(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_events *v = e->events;

    if (!v || v->unanswered > 0 || v->state != MGCP_EVENTS_NOTIFYING)
        return;
    leave(v);
    mgcp_events_process(v);
}

/* ---- acting ---- */

/* True when there was room; the last place brings B/oef. */
static bool observe(struct mgcp_gw_events *v, const struct mgcp_seen *ev, bool beyond)
{
    if (v->observed.n >= MGCP_OBSERVED && !beyond)
        return false;
    return mgcp_seen_add(&v->observed, ev);
}

/* The list is full: whoever asked for B/oef is told, or finds it in the list. */
static void tell_full(struct mgcp_gw_events *v)
{
    struct mgcp_seen full = base_event("oef", (struct rt_str){0});
    const struct mgcp_want *w = mgcp_wants_find(v->requested, &full);

    if (!w)
        w = mgcp_wants_find(v->persistent, &full);
    if (!w || !(w->actions & (MGCP_NOTIFY | MGCP_ACCUMULATE)))
        return;
    observe(v, &full, true);
    if (w->actions & MGCP_NOTIFY)
        notify(v);
}

void mgcp_events_act(struct mgcp_gw_events *v, const struct mgcp_seen *ev,
                     const struct mgcp_wants *in, const struct mgcp_want *want)
{
    unsigned actions = want ? want->actions : MGCP_NOTIFY;
    bool done = actions & MGCP_NOTIFY, noted;

    if (!(actions & MGCP_KEEP))
        mgcp_signals_interrupt(v);
    if (actions & MGCP_IGNORE)
        return;
    if (actions & (MGCP_NOTIFY | MGCP_ACCUMULATE | MGCP_BY_MAP)) {
        noted = observe(v, ev, done);
        if (noted && (actions & MGCP_BY_MAP))
            done = mgcp_digits_feed(v, ev);
        if (done && v->observed.n > 0) /* none: no memory for the only one */
            notify(v);
        else if (noted && v->observed.n == MGCP_OBSERVED)
            tell_full(v);
    }
    if (actions & MGCP_EMBEDDED)
        mgcp_events_embedded(v, in, want);
}

/* What is to be done about it: R goes before B/PR, both before a persistent event's own N, which is
 * `*want` NULL. False: nothing. */
static bool asked(const struct mgcp_gw_events *v, const struct mgcp_seen *ev,
                  const struct mgcp_wants **in, const struct mgcp_want **want)
{
    *in = v->requested;
    *want = mgcp_wants_find(*in, ev);
    if (*want)
        return true;
    *in = v->persistent;
    *want = mgcp_wants_find(*in, ev);
    return *want || mgcp_events_is_persistent(v->endpoint, ev);
}

/* An event in the normal state. */
static void handle(struct mgcp_gw_events *v, const struct mgcp_seen *ev)
{
    const struct mgcp_wants *in;
    const struct mgcp_want *want;

    mgcp_digits_heard(v, ev);
    if (asked(v, ev, &in, &want))
        mgcp_events_act(v, ev, in, want);
}

void mgcp_events_process(struct mgcp_gw_events *v)
{
    if (v->busy)
        return;
    v->busy = true;
    while (v->state == MGCP_EVENTS_NORMAL && v->quarantine.n > 0) {
        struct mgcp_seen_entry first = mgcp_seen_take(&v->quarantine);

        handle(v, &first.seen);
        free(first.owned);
    }
    v->busy = false;
}

/* ---- the quarantine buffer ---- */

static void quarantine(struct mgcp_gw_events *v, const struct mgcp_seen *ev)
{
    struct mgcp_seen overflow = base_event("qbo", (struct rt_str){0});

    if (v->quarantine.n < MGCP_QUARANTINE)
        mgcp_seen_add(&v->quarantine, ev);
    else if (v->quarantine.n == MGCP_QUARANTINE && mgcp_events_detectable(v, &overflow))
        mgcp_seen_add(&v->quarantine, &overflow);
}

/* A requested event stops signals when it is detected, whenever it is told. */
static void interrupt(struct mgcp_gw_events *v, const struct mgcp_seen *ev)
{
    const struct mgcp_wants *in;
    const struct mgcp_want *want;

    if (asked(v, ev, &in, &want) && !(want && (want->actions & MGCP_KEEP)))
        mgcp_signals_interrupt(v);
}

void mgcp_events_detected(struct mgcp_gw_events *v, const struct mgcp_seen *ev)
{
    mgcp_digits_heard(v, ev);
    if (v->busy || v->state != MGCP_EVENTS_NORMAL || v->quarantine.n > 0) {
        if (!mgcp_events_detectable(v, ev))
            return;
        if (!v->busy)
            interrupt(v, ev);
        quarantine(v, ev);
        return;
    }
    v->busy = true;
    handle(v, ev);
    v->busy = false;
    mgcp_events_process(v);
}

/* ---- what owners report ---- */

void mgcp_gw_event(struct mgcp_gw_endpoint *e, struct mgcp_gw_connection *c, const char *package,
                   const char *symbol, struct rt_str params)
{
    struct rt_str name = rt_str(symbol);
    struct mgcp_seen ev = {mgcp_package(rt_str(package)), NULL,
                           c ? rt_str(c->id) : (struct rt_str){0}, params};

    if (e->service == MGCP_GW_OUT || !mgcp_peer_peculiar(e->gw->peer)->events)
        return;
    if (strcasecmp(package, "D") == 0 && mgcp_is_digit_name(name)) {
        ev.package = mgcp_digits_package(e);
        ev.symbol = mgcp_digits_symbol(name);
    } else if (ev.package) {
        ev.symbol = mgcp_symbol(ev.package, name);
    }
    if (!c)
        mgcp_gw_activity(e); /* of a user, told or not */
    if (!ev.symbol || (!e->events && !mgcp_events_is_persistent(e, &ev)))
        return;
    struct mgcp_gw_events *v = mgcp_events_get(e);
    if (v)
        mgcp_events_detected(v, &ev);
}

bool mgcp_gw_wanted(const struct mgcp_gw_endpoint *e, const struct mgcp_gw_connection *c,
                    const char *package, const char *symbol, struct rt_str *params,
                    unsigned *serial)
{
    const struct mgcp_gw_events *v = e->events;
    const struct mgcp_package *p = mgcp_package(rt_str(package));
    struct mgcp_seen ev = {
        p, p ? mgcp_symbol(p, rt_str(symbol)) : NULL, c ? rt_str(c->id) : (struct rt_str){0}, {0}};
    const struct mgcp_wants *in;
    const struct mgcp_want *want;

    if (!v || !ev.symbol)
        return false;
    in = v->requested;
    if ((want = mgcp_wants_find(in, &ev)) == NULL)
        want = mgcp_wants_find(in = v->persistent, &ev);
    if (!want || (want->actions & MGCP_IGNORE))
        return false;
    *params = want->params.n > 0 ? mgcp_wants_text(in, want->params) : (struct rt_str){0};
    *serial = v->serial;
    return true;
}
