/* What audits and statistics tell of an endpoint's events (2.3.10). */
#include "mgcp/gw_events.h"

#include <utlist.h>

static void put_wants(const struct mgcp_wants *w, struct rt_buf *out)
{
    if (w)
        rt_buf_put(out, w->text, w->length);
}

/* The persistent events that the endpoint has anyway, but for those that the list has. */
static void put_persistent(const struct mgcp_gw_endpoint *e, const struct mgcp_wants *list,
                           struct rt_buf *out)
{
    for (const char *const *n = mgcp_gw_packages(e->kind); *n; n++) {
        const struct mgcp_package *p = mgcp_package(rt_str(*n));

        for (unsigned i = 0; p && i < p->nsymbols; i++) {
            struct mgcp_seen ev = {p, &p->symbol[i], {0}, {0}};

            if (mgcp_events_is_persistent(e, &ev) && !mgcp_wants_find(list, &ev))
                rt_buf_printf(out, "%s%s/%s", out->n > 0 ? "," : "", p->name, ev.symbol->name);
        }
    }
}

static void put_requested(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    const struct mgcp_wants *requested = e->events ? e->events->requested : NULL;

    put_wants(requested, out);
    put_persistent(e, requested, out);
}

static void put_signals(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    if (e->events)
        mgcp_signals_write(e->events, out);
}

static void put_map(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    if (e->events && e->events->map) {
        struct rt_str text = mgcp_map_text(e->events->map);

        rt_buf_put(out, text.p, text.n);
    }
}

static void put_detected(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    const struct mgcp_wants *detect = e->events ? e->events->detect : NULL;

    put_wants(detect, out);
    put_persistent(e, detect, out);
}

static void put_quarantine(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    const struct mgcp_gw_events *v = e->events;

    rt_buf_printf(out, "%s,%s", v && v->loop ? "loop" : "step",
                  v && v->discard ? "discard" : "process");
}

static void put_id(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    rt_buf_puts(out, e->events ? e->events->id : "0");
}

static void put_observed(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    if (e->events)
        mgcp_seen_write(&e->events->observed, out);
}

static void put_states(const struct mgcp_gw_endpoint *e, struct rt_buf *out)
{
    if (e->kind == MGCP_LINE_ENDPOINT && e->ops->off_hook)
        rt_buf_puts(out, e->ops->off_hook(e->arg) ? "L/hd" : "L/hu");
}

void mgcp_events_audit(const struct mgcp_gw_endpoint *e, enum mgcp_param p, struct rt_buf *out)
{
    static const struct {
        enum mgcp_param param;
        void (*put)(const struct mgcp_gw_endpoint *e, struct rt_buf *out);
    } rows[] = {{MGCP_P_R, put_requested}, {MGCP_P_S, put_signals},    {MGCP_P_D, put_map},
                {MGCP_P_T, put_detected},  {MGCP_P_Q, put_quarantine}, {MGCP_P_X, put_id},
                {MGCP_P_O, put_observed},  {MGCP_P_ES, put_states}};

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct rt_buf value = {0};

        if (rows[i].param != p)
            continue;
        rows[i].put(e, &value);
        rt_buf_put(out, rt_buf_str(&value).p, value.n);
        rt_buf_release(&value);
    }
}

/* Values of B/NS (B.2.2) */
static const char *const state_names[] = {
    [MGCP_EVENTS_NORMAL] = "o", [MGCP_EVENTS_NOTIFYING] = "ns", [MGCP_EVENTS_LOCKSTEP] = "ls"};

bool mgcp_events_audit_base(const struct mgcp_gw_endpoint *e, struct rt_str name,
                            struct rt_buf *out)
{
    if (rt_str_caseeq(name, "B/NS")) {
        rt_buf_puts(out, state_names[e->events ? e->events->state : MGCP_EVENTS_NORMAL]);
        return true;
    }
    if (!rt_str_caseeq(name, "B/PR"))
        return false;
    put_wants(e->events ? e->events->persistent : NULL, out);
    return true;
}

void mgcp_events_status(const struct mgcp_gw_endpoint *e, struct mgcp_gw_endpoint_status *out)
{
    const struct mgcp_gw_events *v = e->events;
    const struct mgcp_signal *s;

    out->signals = out->requested = out->quarantined = 0;
    if (!v)
        return;
    DL_FOREACH(v->signals, s)
    {
        out->signals++;
    }
    out->requested = v->requested ? v->requested->n : 0;
    out->quarantined = v->quarantine.n;
}

bool mgcp_events_notifying(const struct mgcp_gw_endpoint *e)
{
    return e->events && e->events->state != MGCP_EVENTS_NORMAL;
}

bool mgcp_events_signalling(const struct mgcp_gw_endpoint *e)
{
    const struct mgcp_signal *s;

    DL_FOREACH(e->events ? e->events->signals : NULL, s)
    {
        if (s->symbol->signal != MGCP_BRIEF)
            return true;
    }
    return false;
}
