/* A telephone at the end of a gateway's line: its hook, what it plays and what is listened for
 * (RFC 3660 2.4, package L). The wish is computed from the state, whatever brought it about.
 */
#include "gw/leg_mgcp_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** Defaults of what the trunk may say. */
#define DIAL_TIMEOUT   (20 * RT_S)
#define BUSY_TIMEOUT   (20 * RT_S)
#define HOWLER_TIMEOUT (60 * RT_S)

/* ---- the wish ---- */

static const struct mgcp_peculiar *peculiar(const struct leg_mgcp_line *line)
{
    return mgcp_ca_peculiar(line->endpoint);
}

static void add(struct rt_buf *list, const char *item)
{
    if (list->n > 0)
        rt_buf_puts(list, ",");
    rt_buf_puts(list, item);
}

/** GR-506's pattern of the ringing: the caller's, else the line's own; 0: the usual one. */
static unsigned ring_pattern(const struct leg_mgcp_line *line, const struct leg_mgcp *l)
{
    return l->ring > 0 ? l->ring : line->plan->as ? line->plan->as->ring : 0;
}

static void add_ring(const struct leg_mgcp_line *line, const struct leg_mgcp *l,
                     struct rt_buf *list)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);
    unsigned ring = ring_pattern(line, l);
    char text[8] = "L/rg";

    if (ring > 0)
        snprintf(text, sizeof text, "L/r%u", ring % 8);
    add(list, text);
    if (t && t->caller_id && !l->shown)
        leg_mgcp_add_caller(list, l);
}

/** A call that is not answered yet, of a telephone that lies on its hook. */
static bool rings(const struct leg_mgcp_line *line)
{
    const struct leg_mgcp *l = line->active;

    return l && !line->off_hook && ((l->leg.side == 'b' && !l->answered) || l->held);
}

static void wish_tone(const struct leg_mgcp_line *line, struct rt_buf *signals)
{
    const char *const tones[] = {
        [LEG_MGCP_DIAL] = line->messages ? "L/sl" : "L/dl",
        [LEG_MGCP_BUSY] = "L/bz",
        [LEG_MGCP_CONGESTION] = peculiar(line)->congestion,
        [LEG_MGCP_HOWLER] = "L/ot",
        [LEG_MGCP_LOCKED] = NULL,
    };
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);

    if (line->active && line->active->rings)
        add(signals, strcmp(peculiar(line)->digits, "L") == 0 ? "L/rt" : "G/rt");
    if (line->waiting && line->active) {
        unsigned ring = ring_pattern(line, line->waiting);
        char text[8] = "L/wt";
        if (ring >= 1 && ring <= 4)
            snprintf(text, sizeof text, "L/wt%u", ring);
        add(signals, text);
        if (t && t->caller_id && !line->waiting->shown)
            leg_mgcp_add_caller(signals, line->waiting);
    }
    if (!line->active && !line->dialled && tones[line->tone])
        add(signals, tones[line->tone]);
}

static void wish_digits(const struct leg_mgcp_line *line, struct leg_mgcp_wish *out)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);
    const char *package = peculiar(line)->digits;
    bool single = t && t->digits == GW_LINE_SINGLE;

    if (!line->collecting)
        return;
    rt_buf_printf(&out->events, ",%s/[0-9*#%s](%s)", package, single ? "" : "T",
                  single ? "N" : "D");
    out->loop = single; /* none is lost while one is on its way */
    if (!single)
        leg_mgcp_digit_map(line, &out->map);
}

void leg_mgcp_line_wish(const struct leg_mgcp_line *line, struct leg_mgcp_wish *out)
{
    if (!line->plan->line) {
        leg_mgcp_circuit_wish(line, out);
        return;
    }
    if (!line->off_hook) {
        rt_buf_puts(&out->events, "L/hd(N)");
        if (rings(line))
            add_ring(line, line->active, &out->signals);
    } else {
        rt_buf_puts(&out->events, "L/hu(N)");
        if (line->active && line->active->answered)
            rt_buf_puts(&out->events, ",L/hf(N)");
        wish_digits(line, out);
        wish_tone(line, &out->signals);
    }
    if (leg_mgcp_messages_due(line))
        add(&out->signals, line->messages ? "L/vmwi(+)" : "L/vmwi(-)");
}

void leg_mgcp_wish_request(struct mgcp_request *out, const struct leg_mgcp_wish *w)
{
    *out = (struct mgcp_request){.events = w->events.p,
                                 .signals = w->signals.n > 0 ? w->signals.p : "",
                                 .digit_map = w->map.p,
                                 .loop = w->loop};
}

void leg_mgcp_wish_release(struct leg_mgcp_wish *w)
{
    rt_buf_release(&w->events);
    rt_buf_release(&w->signals);
    rt_buf_release(&w->map);
}

/** What is said once was said. */
static void was_told(struct leg_mgcp_line *line)
{
    line->told = true;
    if (leg_mgcp_messages_due(line))
        leg_mgcp_messages_said(line);
    if (!line->plan->line)
        leg_mgcp_circuit_told(line);
    if (line->active && rings(line))
        line->active->shown = true;
    if (line->waiting)
        line->waiting->shown = true;
}

void leg_mgcp_line_told(struct leg_mgcp_line *line)
{
    was_told(line);
}

/* ---- asked for ---- */

static void lifted(struct leg_mgcp_line *line);
static void put_down(struct leg_mgcp_line *line);
static struct leg_mgcp *successor(struct leg_mgcp_line *line);

/** 401 and 402: the hook is not as we thought (RFC 3435 4.4.3). */
static void on_requested(void *arg, const struct mgcp_result *r)
{
    struct leg_mgcp_line *line = arg;

    if (r->cause == 0)
        return;
    if (r->code == 401 && !line->off_hook)
        lifted(line);
    else if (r->code == 402 && line->off_hook)
        put_down(line);
    else if (r->code != 0)
        rt_log(RT_LOG_CALL, RT_WARN, "mgcp: %s@%s refuses to play or detect: %u %s",
               line->plan->local, line->gateway->name, r->code, mgcp_code_text(r->code));
}

/** The same of a request that told of messages. */
static void on_messages_told(void *arg, const struct mgcp_result *r)
{
    leg_mgcp_messages_answered(arg, r->code, r->cause == 0);
    on_requested(arg, r);
}

static void refresh(void *arg)
{
    struct leg_mgcp_line *line = arg;
    struct leg_mgcp_wish wish = {.loop = false};
    struct mgcp_request request;

    if (line->told || line->service == MGCP_LOST || line->service == MGCP_UNKNOWN ||
        !peculiar(line)->events)
        return;
    leg_mgcp_line_wish(line, &wish);
    leg_mgcp_wish_request(&request, &wish);
    if (mgcp_ca_request(line->endpoint, &request,
                        leg_mgcp_messages_due(line) ? on_messages_told : on_requested, line) == 0)
        was_told(line);
    leg_mgcp_wish_release(&wish);
}

void leg_mgcp_line_changed(struct leg_mgcp_line *line)
{
    line->told = false;
    rt_defer_start(&line->refresh);
}

/* ---- tones that nobody answers ---- */

static rt_time patience(const struct leg_mgcp_line *line)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);

    if (line->tone == LEG_MGCP_DIAL)
        return t && t->dial ? t->dial : DIAL_TIMEOUT;
    if (line->tone == LEG_MGCP_BUSY || line->tone == LEG_MGCP_CONGESTION)
        return t && t->busy ? t->busy : BUSY_TIMEOUT;
    if (line->tone == LEG_MGCP_HOWLER)
        return t && t->howler ? t->howler : HOWLER_TIMEOUT;
    return 0;
}

void leg_mgcp_line_tone(struct leg_mgcp_line *line, enum leg_mgcp_tone tone)
{
    line->tone = tone;
    line->since = rt_now();
    line->collecting = tone == LEG_MGCP_DIAL;
    leg_mgcp_forget_digits(line);
    rt_timer_stop(&line->timer);
    if (patience(line) > 0)
        rt_timer_start(&line->timer, patience(line));
    leg_mgcp_line_changed(line);
}

/** Dial tone, congestion, howler, and then the line is out of order until it is put down. */
static void on_timer(void *arg)
{
    static const enum leg_mgcp_tone next[] = {
        [LEG_MGCP_SILENCE] = LEG_MGCP_SILENCE, [LEG_MGCP_DIAL] = LEG_MGCP_CONGESTION,
        [LEG_MGCP_BUSY] = LEG_MGCP_HOWLER,     [LEG_MGCP_CONGESTION] = LEG_MGCP_HOWLER,
        [LEG_MGCP_HOWLER] = LEG_MGCP_LOCKED,   [LEG_MGCP_LOCKED] = LEG_MGCP_LOCKED,
    };
    struct leg_mgcp_line *line = arg;

    leg_mgcp_line_tone(line, next[line->tone]);
}

/* ---- the hook ---- */

static void answer(struct leg_mgcp_line *line, struct leg_mgcp *l)
{
    struct gw_event ev = {.type = GW_EV_CONNECT};

    if (l->held) {
        leg_mgcp_hold(l, false);
        return;
    }
    l->answered = true;
    if (leg_mgcp_direct(l))
        ev.sdp = rt_buf_str(&l->theirs);
    leg_mgcp_sync(l);
    leg_mgcp_line_changed(line);
    gw_call_event(&l->leg, &ev);
}

static void lifted(struct leg_mgcp_line *line)
{
    if (line->off_hook)
        return;
    line->off_hook = true;
    line->since = rt_now();
    if (line->active && line->active->state == LEG_MGCP_UP)
        answer(line, line->active);
    else if (line->active)
        leg_mgcp_line_changed(line); /* its connection is being made: answered when it is there */
    else
        leg_mgcp_line_tone(line, leg_mgcp_settings(line) ? LEG_MGCP_DIAL : LEG_MGCP_CONGESTION);
}

void leg_mgcp_line_ready(struct leg_mgcp_line *line, struct leg_mgcp *l)
{
    if (line->off_hook && line->active == l && l->leg.side == 'b' && !l->answered)
        answer(line, l);
}

/** Who is held, or waits, is heard ringing again; whom the user talked to is released. */
static void put_down(struct leg_mgcp_line *line)
{
    struct leg_mgcp *held = leg_mgcp_held(line), *active = line->active;
    bool both = line->conference;

    line->off_hook = false;
    line->conference = false;
    line->since = rt_now();
    leg_mgcp_line_tone(line, LEG_MGCP_SILENCE);
    if (active && !active->held)
        leg_mgcp_release(active, 16, active->leg.side == 'a' ? GW_BY_CALLER : GW_BY_CALLED);
    if (both && held && held->listed)
        leg_mgcp_release(held, 16, held->leg.side == 'a' ? GW_BY_CALLER : GW_BY_CALLED);
    if (!line->active)
        line->active = successor(line);
    leg_mgcp_line_changed(line);
}

/** A leg that goes on when the one that was heard is gone. */
static struct leg_mgcp *successor(struct leg_mgcp_line *line)
{
    struct leg_mgcp *next = line->waiting ? line->waiting : leg_mgcp_held(line);

    line->waiting = NULL;
    return next;
}

static enum leg_mgcp_tone tone_after(unsigned cause)
{
    if (cause == 0)
        return LEG_MGCP_CONGESTION;
    return cause == 16 || tone_of_cause(cause) == TONE_BUSY ? LEG_MGCP_BUSY : LEG_MGCP_CONGESTION;
}

void leg_mgcp_line_left(struct leg_mgcp_line *line, struct leg_mgcp *l, unsigned cause)
{
    if (!l->listed)
        return;
    l->listed = false;
    DL_DELETE(line->legs, l);
    if (line->waiting == l)
        line->waiting = NULL;
    bool three = line->conference;
    if (line->active == l)
        line->active = NULL;
    line->conference = false;
    if (!line->active)
        line->active = successor(line);
    if (l->state != LEG_MGCP_GONE)
        leg_mgcp_circuit_release(line, cause);
    if (three && line->active) { /* who is left of three */
        line->active->conferred = false;
        leg_mgcp_sync(line->active);
    }
    if (!line->active && line->off_hook && line->plan->line)
        leg_mgcp_line_tone(line, tone_after(cause));
    else
        leg_mgcp_line_changed(line);
}

/* ---- what the gateway tells ---- */

static void observe(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    if (rt_str_caseeq(ev->name, "hd"))
        lifted(line);
    else if (rt_str_caseeq(ev->name, "hu") && line->off_hook)
        put_down(line);
    else if (rt_str_caseeq(ev->name, "hf"))
        leg_mgcp_flash(line);
    else if (ev->name.n == 1)
        leg_mgcp_digit(line, ev->name.p[0]);
}

static void on_notified(void *arg, const struct mgcp_observed *ev, unsigned n)
{
    struct leg_mgcp_line *line = arg;

    if (!line->plan->line) {
        leg_mgcp_circuit_notified(line, ev, n);
        return;
    }
    for (unsigned i = 0; i < n; i++)
        observe(line, &ev[i]);
    if (line->dialled && line->collecting)
        leg_mgcp_dialled(line);
    leg_mgcp_line_changed(line); /* step: nothing more is told before it is asked for */
}

/** What was there is there no more: calls end, the rest is asked for anew. */
static void on_service(void *arg, enum mgcp_service s, unsigned reason, bool restarted)
{
    struct leg_mgcp_line *line = arg;
    struct leg_mgcp *l, *next;

    line->service = s;
    line->since = rt_now();
    if (restarted)
        leg_mgcp_messages_restarted(line);
    if (restarted || s == MGCP_OUT_OF_SERVICE || s == MGCP_LOST) {
        unsigned cause = reason ? mgcp_reason_cause(reason) : s == MGCP_IN_SERVICE ? 41 : 27;
        DL_FOREACH_SAFE(line->legs, l, next)
        if (l->state == LEG_MGCP_UP)
            leg_mgcp_connection_gone(l, cause);
        line->off_hook = false;
        leg_mgcp_line_tone(line, LEG_MGCP_SILENCE);
    }
    if (s == MGCP_IN_SERVICE)
        leg_mgcp_line_changed(line);
}

static void on_deleted(void *arg, struct rt_str connection, unsigned reason,
                       const struct mgcp_statistics *stats)
{
    struct leg_mgcp_line *line = arg;
    struct leg_mgcp *l, *next;

    DL_FOREACH_SAFE(line->legs, l, next)
    if (rt_str_caseeq(connection, l->id)) {
        l->stats = *stats;
        leg_mgcp_connection_gone(l, mgcp_reason_cause(reason));
        return;
    }
}

static bool among(struct rt_str list, const char *id)
{
    while (list.n > 0)
        if (rt_str_caseeq(rt_str_trim(rt_str_cut(&list, ',')), id))
            return true;
    return false;
}

/** Where the two sides disagree the gateway is right about what there is, and we about what there
 * should be. */
static void on_audited(void *arg, int hook, struct rt_str connections)
{
    struct leg_mgcp_line *line = arg;
    struct leg_mgcp *l, *next;

    DL_FOREACH_SAFE(line->legs, l, next)
    if (l->state == LEG_MGCP_UP && !among(connections, l->id))
        leg_mgcp_connection_gone(l, 41);
    if (line->refs == 0 && connections.n > 0)
        mgcp_ca_delete(line->endpoint, NULL, NULL, NULL, NULL);
    if (hook == MGCP_OFF_HOOK && !line->off_hook && line->plan->line)
        lifted(line);
    else if (hook == MGCP_ON_HOOK && line->off_hook && line->plan->line)
        put_down(line);
}

const struct mgcp_ca_ops leg_mgcp_line_ops = {
    .notified = on_notified,
    .service = on_service,
    .deleted = on_deleted,
    .audited = on_audited,
};

/* ---- life, and words for people ---- */

void leg_mgcp_line_init(struct leg_mgcp_line *line)
{
    rt_timer_init(&line->timer, line->gw->loop, on_timer, line);
    rt_defer_init(&line->refresh, line->gw->loop, refresh, line);
    line->since = rt_now();
}

void leg_mgcp_line_free(struct leg_mgcp_line *line)
{
    rt_timer_stop(&line->timer);
    rt_defer_stop(&line->refresh);
    leg_mgcp_forget_digits(line);
    mgcp_ca_endpoint_free(line->endpoint);
    free(line->name);
    free(line);
}

const char *leg_mgcp_line_state(const struct leg_mgcp_line *line)
{
    static const char *const tones[] = {
        [LEG_MGCP_SILENCE] = "idle",   [LEG_MGCP_DIAL] = "dialling",
        [LEG_MGCP_BUSY] = "busy tone", [LEG_MGCP_CONGESTION] = "congestion tone",
        [LEG_MGCP_HOWLER] = "howler",  [LEG_MGCP_LOCKED] = "off the hook",
    };
    const struct leg_mgcp *l = line->active;

    if (!l)
        return tones[line->tone];
    if (line->conference)
        return "conference";
    if (l->answered)
        return l->held ? "recall" : "talking";
    return l->leg.side == 'a' ? "calling" : "ringing";
}
