/* A telephone at the end of a gateway's line: its hook, its calls, and who hears what when they
 * change. What its gateway is asked for follows from that (leg_mgcp_wish.c).
 */
#include "gw/leg_mgcp_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/** Defaults of what the trunk may say. */
#define DIAL_TIMEOUT   (20 * RT_S)
#define DIAL_LIMIT     (120 * RT_S) /**< with all digits, where the gateway tells the tone's end */
#define BUSY_TIMEOUT   (20 * RT_S)
#define HOWLER_TIMEOUT (60 * RT_S)
/** How long a held call is rung back to who has hung up. */
#define RECALL_TIMEOUT (180 * RT_S)

/* ---- what its gateway is asked for ---- */

/** What is said once was said. */
void leg_mgcp_line_told(struct leg_mgcp_line *line)
{
    line->told = true;
    if (leg_mgcp_messages_due(line))
        leg_mgcp_messages_said(line);
    if (!line->plan->line)
        leg_mgcp_circuit_told(line);
    if (line->active && leg_mgcp_line_rings(line))
        line->active->shown = true;
    if (line->waiting)
        line->waiting->shown = true;
}

static rt_time patience(const struct leg_mgcp_line *line);
static void lifted(struct leg_mgcp_line *line);
static void put_down(struct leg_mgcp_line *line);
static void ring_back(struct leg_mgcp_line *line);

/** The line is deaf now: what it cannot play is left out; else it is asked again after the next
 * audit. */
static void refused(struct leg_mgcp_line *line, const struct mgcp_result *r)
{
    bool again = r->category == MGCP_PROVISIONING && line->plan->line && !line->plain;

    rt_log(RT_LOG_CALL, RT_WARN, "mgcp: %s@%s refuses to play or detect: %u %s", line->name,
           line->gateway->name, r->code, r->code ? mgcp_code_text(r->code) : "no answer");
    line->told = false;
    if (!again)
        return;
    if (leg_mgcp_wants_report(line) && (r->code == 512 || r->code == 522 || r->code == 538)) {
        line->gateway->no_reports = true; /* nor a length of its own */
        rt_timer_start(&line->timer, patience(line));
    } else {
        line->plain = true;
    }
    rt_defer_start(&line->refresh);
}

/** 401 and 402: the hook is not as we thought (RFC 3435 4.4.3). */
static void on_requested(void *arg, const struct mgcp_result *r)
{
    struct leg_mgcp_line *line = arg;

    line->requests--;
    if (r->cause == 0)
        return;
    if (!line->plan->line)
        leg_mgcp_circuit_failed(line, r->cause);
    if (r->code == 401 && !line->off_hook && line->plan->line)
        lifted(line);
    else if (r->code == 402 && line->off_hook)
        put_down(line);
    else if (line->requests == 0) /* else it has been asked for something else meanwhile */
        refused(line, r);
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
        line->service == MGCP_OUT_OF_SERVICE || !mgcp_ca_peculiar(line->endpoint)->events)
        return;
    leg_mgcp_line_wish(line, &wish);
    if (line->plain)
        rt_buf_reset(&wish.signals);
    leg_mgcp_wish_request(&request, &wish);
    if (mgcp_ca_request(line->endpoint, &request,
                        leg_mgcp_messages_due(line) ? on_messages_told : on_requested, line) == 0) {
        line->requests++;
        leg_mgcp_line_told(line);
    }
    leg_mgcp_wish_release(&wish);
}

void leg_mgcp_line_changed(struct leg_mgcp_line *line)
{
    line->told = line->plain = false;
    rt_defer_start(&line->refresh);
}

/* ---- tones that nobody answers ---- */

static rt_time patience(const struct leg_mgcp_line *line)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);

    if (leg_mgcp_wants_report(line))
        return DIAL_LIMIT + t->dial;
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

    if (!line->plan->line)
        leg_mgcp_circuit_timer(line);
    else if (line->off_hook)
        leg_mgcp_line_tone(line, next[line->tone]);
    else if (line->active && line->active->held)
        leg_mgcp_release(line->active, 19, GW_BY_GATEWAY); /* no answer from user */
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
    rt_timer_stop(&line->timer);
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
    if (active && held)
        leg_mgcp_join(active, held);
    if (active && active->listed && !active->held)
        leg_mgcp_release(active, 16, active->leg.side == 'a' ? GW_BY_CALLER : GW_BY_CALLED);
    if (both && held && held->listed)
        leg_mgcp_release(held, 16, held->leg.side == 'a' ? GW_BY_CALLER : GW_BY_CALLED);
    if (!line->active)
        ring_back(line);
    leg_mgcp_line_changed(line);
}

/** A leg that rings a telephone whose user has hung up. */
static void ring_back(struct leg_mgcp_line *line)
{
    line->active = line->waiting ? line->waiting : leg_mgcp_held(line);
    line->waiting = NULL;
    if (line->active && line->active->held)
        rt_timer_start(&line->timer, RECALL_TIMEOUT);
}

static enum leg_mgcp_tone tone_after(unsigned cause)
{
    if (cause == 0)
        return LEG_MGCP_CONGESTION;
    return cause == 16 || tone_of_cause(cause) == TONE_BUSY ? LEG_MGCP_BUSY : LEG_MGCP_CONGESTION;
}

/** Who is left of three is talked to. */
static void dissolve(struct leg_mgcp_line *line)
{
    struct leg_mgcp *other = line->active ? line->active : leg_mgcp_held(line);

    line->conference = false;
    line->active = other;
    if (!other)
        return;
    other->conferred = false;
    leg_mgcp_sync(other);
}

/** Of a line whose user is off the hook nobody takes the place of who has gone: the flash brings
 * who is held, or waits. */
void leg_mgcp_line_left(struct leg_mgcp_line *line, struct leg_mgcp *l, unsigned cause)
{
    bool heard = line->active == l;

    if (!l->listed)
        return;
    l->listed = false;
    DL_DELETE(line->legs, l);
    if (line->waiting == l)
        line->waiting = NULL;
    if (heard)
        line->active = NULL;
    if (line->conference)
        dissolve(line);
    if (!line->active && !line->off_hook)
        ring_back(line);
    leg_mgcp_circuit_release(line, cause);
    if (heard && !line->active && line->off_hook && line->plan->line)
        leg_mgcp_line_tone(line, tone_after(cause));
    else
        leg_mgcp_line_changed(line);
}

void leg_mgcp_line_busy(struct leg_mgcp_line *line)
{
    if (!line->off_hook)
        lifted(line);
    else if (!line->active)
        leg_mgcp_line_tone(line, leg_mgcp_settings(line) ? LEG_MGCP_DIAL : LEG_MGCP_CONGESTION);
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
    else if (rt_str_caseeq(ev->name, "oc") && leg_mgcp_wants_report(line) && !line->active)
        on_timer(line);
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
        leg_mgcp_circuit_reset(line);
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

void leg_mgcp_line_hook(struct leg_mgcp_line *line, bool off_hook)
{
    if (off_hook)
        lifted(line);
    else if (line->off_hook)
        put_down(line);
}

const struct mgcp_ca_ops leg_mgcp_line_ops = {
    .notified = on_notified,
    .service = on_service,
    .deleted = on_deleted,
    .audited = leg_mgcp_line_audited,
};

/* ---- life, and words for people ---- */

void leg_mgcp_line_init(struct leg_mgcp_line *line)
{
    rt_timer_init(&line->timer, line->gw->loop, on_timer, line);
    rt_defer_init(&line->refresh, line->gw->loop, refresh, line);
    line->since = rt_now();
}

void leg_mgcp_line_plan(struct leg_mgcp_line *line, const struct gw_mgcp_endpoint *plan)
{
    struct gw_plan *old = line->kept;

    line->kept = gw_plan_ref(line->gw->plan);
    line->plan = plan;
    gw_plan_unref(old);
}

void leg_mgcp_line_free(struct leg_mgcp_line *line)
{
    rt_timer_stop(&line->timer);
    rt_defer_stop(&line->refresh);
    leg_mgcp_forget_digits(line);
    mgcp_ca_endpoint_free(line->endpoint);
    gw_plan_unref(line->kept);
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
