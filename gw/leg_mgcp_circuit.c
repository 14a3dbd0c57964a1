/* Circuits of a trunking gateway: set up and released in the words of package MS (RFC 3064), which
 * are Q.931's in spirit: sup, ans, rel, rlc. A gateway that reports no events has circuits without
 * signalling: they are connected at once.
 */
#include "gw/leg_mgcp_priv.h"

#include <stdio.h>
#include <utlist.h>

/** Releases a circuit with this Q.850 cause; 16 is the 0 of table 12. */
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

/** addr(k0,1,2,3,s0) */
static void write_address(struct rt_buf *out, const char *name, const char *digits)
{
    rt_buf_printf(out, "%s(k0", name);
    for (; *digits; digits++)
        rt_buf_printf(out, ",%c", *digits);
    rt_buf_puts(out, ",s0)");
}

void leg_mgcp_circuit_wish(const struct leg_mgcp_line *line, struct leg_mgcp_wish *out)
{
    const struct leg_mgcp *l = line->active;

    rt_buf_puts(&out->events,
                "MS/sup(N),MS/inf(N),MS/ans(N),MS/rel(N),MS/rlc(N),MS/sus(N),MS/of(N)");
    out->loop = true;
    if (line->clearing != 0)
        rt_buf_printf(&out->signals, "MS/rel(%u)", release_code(line->clearing));
    else if (l && l->seizing) {
        rt_buf_puts(&out->signals, "MS/sup(");
        write_address(&out->signals, "addr", l->called);
        if (l->caller.digits[0] != '\0' && l->caller.present == DP_ALLOWED) {
            rt_buf_puts(&out->signals, ",");
            write_address(&out->signals, "id", l->caller.digits);
        }
        rt_buf_puts(&out->signals, ")");
    } else if (l && l->rings && l->incoming)
        rt_buf_puts(&out->signals, "MS/rt");
    else if (l && l->answering)
        rt_buf_puts(&out->signals, "MS/ans");
}

/** What was said once was said: brief signals are not said again. */
void leg_mgcp_circuit_told(struct leg_mgcp_line *line)
{
    line->clearing = 0;
    if (line->active)
        line->active->seizing = line->active->answering = false;
}

void leg_mgcp_circuit_seize(struct leg_mgcp *l)
{
    struct gw_event ev = {.type = GW_EV_CONNECT};

    if (mgcp_ca_peculiar(l->line->endpoint)->events) {
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
    if (line->plan->line || !mgcp_ca_peculiar(line->endpoint)->events)
        return;
    line->clearing = cause ? cause : 16;
    leg_mgcp_line_changed(line);
}

/* ---- what the gateway tells ---- */

/** The digits of "k0,5,5,5,s0"; `*complete` when an end mark is among them. */
static void read_digits(char *out, size_t cap, struct rt_str list, bool *complete)
{
    size_t n = 0;

    while (list.n > 0) {
        struct rt_str d = rt_str_trim(rt_str_cut(&list, ','));
        if (d.n == 1 && n + 1 < cap && strchr("0123456789*#ABCD", d.p[0]))
            out[n++] = d.p[0];
        else if (d.n > 0 && (d.p[0] == 's' || d.p[0] == 'S'))
            *complete = true;
    }
    out[n] = '\0';
}

/** The contents of `name(...)` in a list of parameters. */
static struct rt_str group(struct rt_str params, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i + len + 1 < params.n; i++)
        if (strncasecmp(params.p + i, name, len) == 0 && params.p[i + len] == '(') {
            struct rt_str rest = {params.p + i + len + 1, params.n - i - len - 1};
            return rt_str_cut(&rest, ')');
        }
    return (struct rt_str){"", 0};
}

static void start(struct leg_mgcp_line *line, struct rt_str digits, struct rt_str id)
{
    const struct gw_trunk *trunk = line->plan->trunk;
    bool complete = false;
    struct leg_mgcp *l = trunk ? leg_mgcp_new(line->gw, trunk) : NULL;

    if (!l) {
        leg_mgcp_circuit_release(line, 41);
        return;
    }
    l->incoming = true;
    l->leg.side = 'a';
    read_digits(l->called, sizeof l->called, digits, &complete);
    read_digits(l->caller.digits, sizeof l->caller.digits, id, &complete);
    leg_mgcp_seize(l, line);
    unsigned cause = leg_mgcp_connect(l, NULL);
    if (cause != 0)
        leg_mgcp_release(l, cause, GW_BY_GATEWAY);
}

/** A seizure: the digits come with it, or follow (inf). Both sides at once: theirs goes before
 * ours (4.1). */
static void on_sup(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    struct rt_str digits = group(ev->params, "addr");

    if (line->active && line->active->incoming)
        return;
    if (line->active)
        leg_mgcp_release(line->active, 44, GW_BY_GATEWAY);
    if (digits.n > 0)
        start(line, digits, group(ev->params, "id"));
}

static void on_inf(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    if (!line->active)
        start(line, ev->params, (struct rt_str){"", 0});
}

static void on_ans(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    struct leg_mgcp *l = line->active;
    struct gw_event out = {.type = GW_EV_CONNECT};

    (void)ev;
    if (!l || l->incoming || l->answered)
        return;
    l->answered = true;
    if (leg_mgcp_direct(l))
        out.sdp = rt_buf_str(&l->theirs);
    leg_mgcp_sync(l);
    gw_call_event(&l->leg, &out);
}

static void on_rel(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    struct leg_mgcp *l = line->active;

    if (l)
        leg_mgcp_release(l, release_cause(ev->params), l->incoming ? GW_BY_CALLER : GW_BY_CALLED);
}

/** The called side hangs up: the call is over (RFC 3064 3.2 leaves it to us to wait). */
static void on_sus(struct leg_mgcp_line *line, const struct mgcp_observed *ev)
{
    (void)ev;
    if (line->active)
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
    } events[] = {{"sup", on_sup}, {"inf", on_inf}, {"ans", on_ans},
                  {"rel", on_rel}, {"sus", on_sus}, {"of", on_of}};

    for (unsigned i = 0; i < n; i++)
        for (size_t k = 0; k < RT_COUNT(events); k++)
            if (rt_str_caseeq(ev[i].name, events[k].name))
                events[k].heard(line, &ev[i]);
}
