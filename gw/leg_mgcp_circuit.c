/* Circuits of a trunking gateway: set up and released in the words of package MS (RFC 3064), which
 * are Q.931's in spirit: sup, ans, rel, rlc. A gateway that reports no events has circuits without
 * signalling: they are connected at once.
 *
 * A circuit is free again when its release is complete on both sides, not when its call is over.
 */
#include "gw/leg_mgcp_priv.h"

#include <utlist.h>

/** How long a gateway may take to complete a release. */
#define RLC_TIMEOUT (60 * RT_S)
/** ... and to tell the digits of a seizure. */
#define DIGITS_TIMEOUT (20 * RT_S)

/** The code that releases a circuit with this Q.850 cause; 16 is the 0 of table 12. */
static unsigned release_code(unsigned cause)
{
    return cause == 16 ? 0 : cause;
}

static unsigned release_cause(struct rt_str params)
{
    uint64_t code;

    if (rt_str_u64(&code, rt_str_trim(params), 127) != 0 || code == 0)
        return 16;
    return (unsigned)code;
}

/* ---- what the gateway is told ---- */

static void wish_setup(const struct leg_mgcp *l, struct rt_buf *out)
{
    rt_buf_puts(out, "MS/sup(addr(");
    leg_mgcp_write_address(out, l->called);
    if (l->leg.trunk->mgcp->caller_id && l->caller.digits[0] != '\0' &&
        l->caller.present == DP_ALLOWED) {
        rt_buf_puts(out, "),id(");
        leg_mgcp_write_address(out, l->caller.digits);
    }
    rt_buf_puts(out, "))");
}

void leg_mgcp_circuit_wish(const struct leg_mgcp_line *line, struct leg_mgcp_wish *out)
{
    const struct leg_mgcp *l = line->active;

    rt_buf_puts(&out->events,
                "MS/sup(N),MS/inf(N),MS/ans(N),MS/rel(N),MS/rlc(N),MS/sus(N),MS/of(N)");
    out->loop = true;
    if (line->confirming)
        rt_buf_puts(&out->signals, "MS/rlc");
    else if (line->clearing != 0)
        rt_buf_printf(&out->signals, "MS/rel(%u)", release_code(line->clearing));
    else if (l && l->seizing)
        wish_setup(l, &out->signals);
    else if (l && l->rings && l->incoming)
        rt_buf_puts(&out->signals, "MS/rt");
    else if (l && l->answering)
        rt_buf_puts(&out->signals, "MS/ans");
}

/** What was said once was said: brief signals are not said again. */
void leg_mgcp_circuit_told(struct leg_mgcp_line *line)
{
    const struct leg_mgcp *l = line->active;

    if (line->confirming) {
        line->confirming = false;
        if (line->clearing != 0 || (l && (l->seizing || l->answering)))
            leg_mgcp_line_changed(line); /* there is more to say */
        return;
    }
    if (line->clearing != 0) {
        line->clearing = 0;
        rt_timer_start(&line->timer, RLC_TIMEOUT);
        return;
    }
    if (line->active)
        line->active->seizing = line->active->answering = false;
}

void leg_mgcp_circuit_failed(struct leg_mgcp_line *line, unsigned cause)
{
    struct leg_mgcp *l = line->active;

    if (!l || l->incoming || l->answered || line->use != LEG_MGCP_SEIZED)
        return;
    line->use = LEG_MGCP_FREE; /* it was not */
    leg_mgcp_release(l, cause, GW_BY_GATEWAY);
}

void leg_mgcp_circuit_seize(struct leg_mgcp *l)
{
    struct gw_event ev = {.type = GW_EV_CONNECT};

    if (mgcp_ca_peculiar(l->line->endpoint)->events) {
        l->line->use = LEG_MGCP_SEIZED;
        l->seizing = true;
        leg_mgcp_line_changed(l->line);
        return;
    }
    l->answered = true;
    if (leg_mgcp_direct(l))
        ev.sdp = rt_buf_str(&l->theirs);
    gw_call_event(&l->leg, &ev);
}

void leg_mgcp_circuit_answered(struct leg_mgcp *l)
{
    if (l->line->plan->line || !l->incoming)
        return;
    l->answering = true;
    leg_mgcp_line_changed(l->line);
}

void leg_mgcp_circuit_release(struct leg_mgcp_line *line, unsigned cause)
{
    if (line->plan->line || line->use != LEG_MGCP_SEIZED)
        return;
    line->use = LEG_MGCP_CLEARING;
    line->clearing = cause ? cause : 16;
    leg_mgcp_line_changed(line);
}

void leg_mgcp_circuit_clear(struct leg_mgcp_line *line)
{
    if (line->use == LEG_MGCP_FREE)
        line->use = LEG_MGCP_SEIZED;
    leg_mgcp_circuit_release(line, 41); /* temporary failure */
}

void leg_mgcp_circuit_reset(struct leg_mgcp_line *line)
{
    line->use = LEG_MGCP_FREE;
    line->clearing = 0;
    line->confirming = false;
    rt_timer_stop(&line->timer);
}

/** The digits of a seizure did not come, or the end of a release. */
void leg_mgcp_circuit_timer(struct leg_mgcp_line *line)
{
    if (line->use == LEG_MGCP_SEIZED && !line->active)
        leg_mgcp_circuit_release(line, 28); /* invalid number format */
    if (line->use != LEG_MGCP_CLEARING || line->clearing != 0)
        return;
    rt_log(RT_LOG_CALL, RT_WARN, "mgcp: %s@%s does not complete its release", line->name,
           line->gateway->name);
    leg_mgcp_circuit_reset(line);
}

/* ---- what the gateway tells ---- */

static void start(struct leg_mgcp_line *line, struct rt_str params, bool addressed)
{
    const struct gw_trunk *trunk = line->plan->trunk;
    struct leg_mgcp *l = trunk ? leg_mgcp_new(line->gw, trunk) : NULL;

    if (!l) {
        leg_mgcp_circuit_release(line, 41);
        return;
    }
    rt_timer_stop(&line->timer);
    l->incoming = true;
    l->leg.side = 'a';
    l->complete =
        leg_mgcp_read_address(l->called, sizeof l->called, params, addressed ? "addr" : NULL) ||
        !addressed;
    if (addressed)
        leg_mgcp_read_address(l->caller.digits, sizeof l->caller.digits, params, "id");
    leg_mgcp_seize(l, line);
    unsigned cause = leg_mgcp_connect(l, NULL);
    if (cause != 0)
        leg_mgcp_release(l, cause, GW_BY_GATEWAY);
}

/** A seizure: the digits come with it, or follow (inf). Both sides at once: theirs goes before
 * ours (4.1), and there is nothing to release. */
static void on_sup(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    char digits[DP_DIGITS_MAX + 1];

    if (line->active && line->active->incoming)
        return;
    leg_mgcp_circuit_reset(line);
    if (line->active)
        leg_mgcp_release(line->active, 44, GW_BY_GATEWAY);
    line->use = LEG_MGCP_SEIZED;
    leg_mgcp_read_address(digits, sizeof digits, ev->params, "addr");
    if (digits[0] != '\0')
        start(line, ev->params, true);
    else
        rt_timer_start(&line->timer, DIGITS_TIMEOUT);
}

/** The digits, or more of them. */
static void on_inf(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    struct gw_event more = {.type = GW_EV_INFORMATION};
    struct leg_mgcp *l = line->active;
    bool ended = leg_mgcp_read_address(more.digits, sizeof more.digits, ev->params, NULL);

    if (!l && line->use != LEG_MGCP_CLEARING) {
        line->use = LEG_MGCP_SEIZED;
        start(line, ev->params, false);
        return;
    }
    if (!l || !l->incoming || l->complete)
        return;
    l->complete = ended;
    if (!l->leg.call) {
        size_t have = strlen(l->called);
        rt_str_copy(l->called + have, sizeof l->called - have, rt_str(more.digits));
        return;
    }
    if (more.digits[0] != '\0')
        gw_call_event(&l->leg, &more);
    if (ended)
        gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_COMPLETE});
}

static void on_ans(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    struct leg_mgcp *l = line->active;
    struct gw_event out = {.type = GW_EV_CONNECT};

    (void)ev;
    if (!l || l->incoming || l->answered || l->state != LEG_MGCP_UP)
        return;
    l->answered = true;
    if (leg_mgcp_direct(l))
        out.sdp = rt_buf_str(&l->theirs);
    leg_mgcp_sync(l);
    gw_call_event(&l->leg, &out);
}

/** Their release is confirmed. One that is not a caller's own ends with their confirmation (table
 * 12: the trunk is still being released). */
static void on_rel(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    struct leg_mgcp *l = line->active;
    unsigned cause = release_cause(ev->params);

    leg_mgcp_circuit_reset(line);
    line->confirming = true;
    if (cause != 16) {
        line->use = LEG_MGCP_CLEARING;
        rt_timer_start(&line->timer, RLC_TIMEOUT);
    }
    leg_mgcp_line_changed(line);
    if (l)
        leg_mgcp_release(l, cause, l->incoming ? GW_BY_CALLER : GW_BY_CALLED);
}

static void on_rlc(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    (void)ev;
    if (line->use == LEG_MGCP_CLEARING && line->clearing == 0)
        leg_mgcp_circuit_reset(line);
}

/** The called side hangs up: the call is over (RFC 3064 3.2 leaves it to us to wait). */
static void on_sus(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    (void)ev;
    if (line->active && !line->active->incoming)
        leg_mgcp_release(line->active, 16, GW_BY_CALLED);
}

/** Outpulsing failed. */
static void on_of(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    (void)ev;
    if (line->active && !line->active->answered)
        leg_mgcp_release(line->active, 41, GW_BY_GATEWAY);
}

void leg_mgcp_circuit_notified(struct leg_mgcp_line *line, const struct mgcp_observed *ev,
                               unsigned n)
{
    static const struct {
        const char *name;
        void (*heard)(struct leg_mgcp_line *, const struct mgcp_observed *);
    } events[] = {{"sup", on_sup}, {"inf", on_inf}, {"ans", on_ans}, {"rel", on_rel},
                  {"rlc", on_rlc}, {"sus", on_sus}, {"of", on_of}};

    for (unsigned i = 0; i < n; i++)
        for (size_t k = 0; k < RT_COUNT(events); k++)
            if (rt_str_caseeq(ev[i].name, events[k].name))
                events[k].heard(line, &ev[i]);
}
