/* What a user dials: digits that come together by a digit map, or one by one while the plan says
 * whether they are enough. Either way they become a call once the gateway has described its side.
 */
#include "gw/dial_maps.h"
#include "gw/leg_mgcp_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** Between two digits (RFC 3660 2.2): while the number cannot be complete, and when it may be. */
#define T_PARTIAL  (16 * RT_S)
#define T_CRITICAL (4 * RT_S)

static bool single(const struct leg_mgcp_line *line)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);

    return t && t->digits == GW_LINE_SINGLE;
}

void leg_mgcp_digit_map(const struct leg_mgcp_line *line, struct rt_buf *out)
{
    const struct gw_mgcp_trunk *t = leg_mgcp_settings(line);

    if (t && t->digit_map)
        rt_buf_puts(out, t->digit_map);
    else if (!t || gw_dial_maps_put(&line->gateway->mgcp->maps, line->plan->trunk, out) != 0)
        rt_buf_puts(out, "(x.T)");
}

void leg_mgcp_forget_digits(struct leg_mgcp_line *line)
{
    free(line->dialled);
    line->dialled = NULL;
}

static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || c == '*' || c == '#' || (c >= 'A' && c <= 'D');
}

static bool append(struct leg_mgcp_line *line, char digit)
{
    if (!line->dialled)
        line->dialled = calloc(1, DP_DIGITS_MAX + 1);
    if (!line->dialled || strlen(line->dialled) == DP_DIGITS_MAX)
        return false;
    line->dialled[strlen(line->dialled)] = digit;
    return true;
}

void leg_mgcp_digit(struct leg_mgcp_line *line, char digit)
{
    struct leg_mgcp *l = line->active;
    struct gw_event ev = {.type = GW_EV_INFORMATION, .digits = {digit}};

    if (!line->collecting || !is_digit(digit))
        return; /* a 'T' alone is the timer: the digits before it are all */
    if (line->tone == LEG_MGCP_DIAL)
        rt_timer_stop(&line->timer);
    if (!single(line) || !l || !l->leg.call || l->leg.done) {
        append(line, digit);
        return;
    }
    gw_call_event(&l->leg, &ev);
    if (!l->leg.done && gw_call_grows(l->leg.call))
        leg_mgcp_await_digit(l);
}

void leg_mgcp_await_digit(struct leg_mgcp *l)
{
    const struct gw_call *call = l->leg.call;
    bool may_end = call && call->dial && call->dial->decision.complete != DP_INCOMPLETE;

    rt_timer_start(&l->patience, may_end ? T_CRITICAL : T_PARTIAL);
}

void leg_mgcp_enough_digits(struct leg_mgcp *l)
{
    rt_timer_stop(&l->patience);
    if (l->line->active != l || !l->line->collecting)
        return;
    l->line->collecting = false;
    leg_mgcp_line_changed(l->line);
}

void leg_mgcp_dialled(struct leg_mgcp_line *line)
{
    const struct gw_trunk *trunk = line->plan->trunk;

    if (line->active || !trunk)
        return;
    struct leg_mgcp *l = leg_mgcp_new(line->gw, trunk);
    if (!l) {
        leg_mgcp_line_tone(line, LEG_MGCP_CONGESTION);
        return;
    }
    l->incoming = true;
    l->leg.side = 'a';
    line->collecting = single(line);
    leg_mgcp_seize(l, line);
    unsigned cause = leg_mgcp_connect(l, NULL);
    if (cause != 0)
        leg_mgcp_release(l, cause, GW_BY_GATEWAY);
}

/** Digits of a circuit have no "+": a trunk in E.164 means them so. */
static void set_numbers(struct gw_setup *out, const struct leg_mgcp *l)
{
    bool whole = l->leg.trunk->numbers == DP_E164;

    out->calling = l->caller;
    out->calling.ton = whole && l->caller.digits[0] ? DP_TON_INTERNATIONAL : DP_TON_UNKNOWN;
    out->called.ton = whole ? DP_TON_INTERNATIONAL : DP_TON_UNKNOWN;
}

/** The line's own number and name, which the plan vouches for. */
static void set_caller(struct gw_setup *out, const struct leg_mgcp *l)
{
    const struct gw_line *as = l->line->plan->as;

    if (!l->line->plan->line) {
        set_numbers(out, l);
    } else if (as && as->number[0] != '\0') {
        dp_number_parse(&out->calling, rt_str(as->number));
        out->calling.screen = DP_NETWORK;
    }
    if (as && as->name)
        rt_str_copy(out->name, sizeof out->name, rt_str(as->name));
    if (out->calling.digits[0] == '\0')
        out->calling.present = DP_UNAVAILABLE;
}

int leg_mgcp_offer_call(struct leg_mgcp *l, const char *digits, bool complete)
{
    struct gw_setup setup = {.complete = complete,
                             .sdp = rt_buf_str(&l->theirs),
                             .source = l->line->plan->gateway->address};

    rt_str_copy(setup.called.digits, sizeof setup.called.digits, rt_str(digits));
    set_caller(&setup, l);
    gw_carrier_came(&setup.carrier, l->leg.trunk);
    snprintf(setup.opening, sizeof setup.opening, "NTFY %s %s", l->line->name, digits);
    return gw_call_new(l->leg.gw, &l->leg, &setup);
}

unsigned leg_mgcp_begin_call(struct leg_mgcp *l)
{
    struct leg_mgcp_line *line = l->line;
    char digits[DP_DIGITS_MAX + 1] = "";

    if (line->dialled)
        rt_str_copy(digits, sizeof digits, rt_str(line->dialled));
    leg_mgcp_forget_digits(line);
    int err = leg_mgcp_offer_call(l, digits, !single(line));
    return err == 0 ? 0 : err == EBUSY ? 42 : 41;
}
