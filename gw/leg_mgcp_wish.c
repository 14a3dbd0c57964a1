/* What the gateway of a telephone is to detect and to play: computed from the state of its line,
 * whatever brought it about (RFC 3660 2.4, package L).
 */
#include "gw/leg_mgcp_priv.h"

#include <stdio.h>

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

bool leg_mgcp_line_rings(const struct leg_mgcp_line *line)
{
    const struct leg_mgcp *l = line->active;

    return l && !line->off_hook && ((l->leg.side == 'b' && !l->answered) || l->held);
}

bool leg_mgcp_wants_report(const struct leg_mgcp_line *line)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);

    return line->tone == LEG_MGCP_DIAL && line->collecting && t && t->digits == GW_LINE_MAP &&
           !line->gateway->no_reports;
}

static void add_dial_tone(const struct leg_mgcp_line *line, struct rt_buf *signals)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);

    add(signals, line->messages ? "L/sl" : "L/dl");
    if (leg_mgcp_wants_report(line) && t->dial)
        rt_buf_printf(signals, "(to=%lld)", (long long)(t->dial / RT_MS));
}

static void wish_tone(const struct leg_mgcp_line *line, struct rt_buf *signals)
{
    const char *const tones[] = {
        [LEG_MGCP_BUSY] = "L/bz",
        [LEG_MGCP_CONGESTION] = peculiar(line)->congestion,
        [LEG_MGCP_HOWLER] = "L/ot",
        [LEG_MGCP_LOCKED] = NULL,
    };
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);

    if (line->active && line->active->rings)
        add(signals, strcmp(peculiar(line)->digits, "L") == 0 ? "L/rt" : "G/rt");
    if (line->waiting && !line->waiting->shown) {
        unsigned ring = ring_pattern(line, line->waiting);
        char text[8] = "L/wt";
        if (ring >= 1 && ring <= 4)
            snprintf(text, sizeof text, "L/wt%u", ring);
        add(signals, text);
        if (t && t->caller_id)
            leg_mgcp_add_caller(signals, line->waiting);
    }
    if (!line->active && !line->dialled && line->tone == LEG_MGCP_DIAL)
        add_dial_tone(line, signals);
    else if (!line->active && !line->dialled && tones[line->tone])
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

/** There is something to hold, or to go back to. */
static bool wants_flash(const struct leg_mgcp_line *line)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);
    bool talks = line->active && line->active->answered;

    return t && t->flash && (talks || line->waiting || leg_mgcp_held(line));
}

void leg_mgcp_line_wish(const struct leg_mgcp_line *line, struct leg_mgcp_wish *out)
{
    if (!line->plan->line) {
        leg_mgcp_circuit_wish(line, out);
        return;
    }
    if (!line->off_hook) {
        rt_buf_puts(&out->events, "L/hd(N)");
        if (leg_mgcp_line_rings(line))
            add_ring(line, line->active, &out->signals);
    } else {
        rt_buf_puts(&out->events, "L/hu(N)");
        if (wants_flash(line))
            rt_buf_puts(&out->events, ",L/hf(N)");
        if (leg_mgcp_wants_report(line))
            rt_buf_puts(&out->events, ",L/oc(N)");
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
